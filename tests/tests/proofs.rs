//! Pages that say which test proves what: every row names tests that there are, and no proof is missing from its page.

use fulmar_tests::source::{Source, files, relative, sources};

/// The rows of the tables of a page whose first line begins so: what each says, and the tests that its last
/// cell names.
fn rows(page: &str, head: &str) -> Vec<(String, Vec<String>)> {
    let path = files(".md").into_iter().find(|path| relative(path) == page).expect("the page is there");
    let text = std::fs::read_to_string(path).expect("text");
    let table = text.lines().skip_while(|line| !line.starts_with(head)).skip(2);
    let rows = table.take_while(|line| line.starts_with("| "));
    let last_cell =
        |row: &str| row.trim_end_matches(['|', ' ']).rsplit(" | ").next().unwrap_or_default().to_owned();
    let named = |row: &str| last_cell(row).split('`').skip(1).step_by(2).map(str::to_owned).collect();
    rows.map(|row| (row.to_owned(), named(row))).collect()
}

/// The names of all tests in `sources`, those of tables of tests included.
fn tests_in<'a>(sources: impl Iterator<Item = &'a Source>) -> Vec<String> {
    let name = |line: &String| {
        let name = line.trim_start().strip_prefix("fn ")?.split('(').next()?;
        Some(name.to_owned())
    };
    let of = |source: &Source| {
        let code = source.code.clone();
        let attributes = (0..code.len()).filter(|at| code[*at].trim() == "#[test]").collect::<Vec<_>>();
        attributes.into_iter().filter_map(|at| code[at + 1..].iter().find_map(name)).collect::<Vec<_>>()
    };
    sources.flat_map(of).collect()
}

/// Each row names something, and all of it is there; a test over several kinds of a thing is a function with that name.
fn check(rows: &[(String, Vec<String>)], sources: &[Source]) {
    let is_there = |name: &&String| {
        let start = format!("fn {name}(");
        sources.iter().any(|source| source.code.iter().any(|line| line.trim_start().starts_with(&start)))
    };
    for (row, names) in rows {
        assert!(!names.is_empty(), "nothing shows {row}");
        let missing: Vec<&String> = names.iter().filter(|name| !is_there(name)).collect();
        assert!(missing.is_empty(), "no test is called {missing:?}");
    }
}

#[test]
fn every_fault_of_an_order_names_tests_that_there_are() {
    let sources = sources();
    let rows = rows("docs/order-faults.md", "| ");
    assert_eq!(rows.len(), 31, "as many as there are faults");
    check(&rows, &sources);
}

#[test]
fn every_attempt_on_the_bus_names_tests_that_there_are_and_every_such_test_is_told() {
    let sources = sources();
    let rows = rows("docs/bus.md", "| attempt | what stops it |");
    let told: Vec<String> = rows.iter().flat_map(|(_, names)| names.clone()).collect();
    check(&rows, &sources);
    let attempts = sources.iter().filter(|source| {
        source.path.starts_with("ops/tests/system/attached/") || source.path.ends_with("/attach/storm.rs")
    });
    let untold: Vec<String> = tests_in(attempts).into_iter().filter(|name| !told.contains(name)).collect();
    assert!(untold.is_empty(), "docs/bus.md does not tell of {untold:?}");
}
