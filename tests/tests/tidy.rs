//! Keeps the house style, as far as a machine can: file headers and lengths, banned words, the wording that unsafe code
//! and atomics owe their reader, the examples that the bus and the strategy SDK owe their user.
//!
//! What rustfmt and clippy keep is not repeated here.

use std::collections::BTreeSet;

use fulmar_tests::source::{Source, files, names, relative, sources};

const FILE_LINES_MAX: usize = 400;
const TEST_FILE_LINES_MAX: usize = 800;
const EXCEPTION_LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 120;
/// How far above an atomic operation its partner may be named.
const PAIRS_WITHIN_LINES: usize = 4;

/// Files that are longer than a sitting, and why.
const LONG_FILES: [(&str, &str); 1] =
    [("engine/src/simulation/flow.rs", "one seeded market, whose draws are in one order")];

/// One word, one meaning: what is not said here, and what is said instead. Whole words of code and comments.
const GLOSSARY: [(&str, &str); 21] = [
    ("adaptor", "adapter"),
    ("asap", "when"),
    ("blacklist", "the list of what is refused"),
    ("buf", "buffer, or what is in it"),
    ("cancelled", "canceled, as the venues spell it"),
    ("ctx", "context"),
    ("dummy", "what it stands for"),
    ("helper", "what it does"),
    ("helpers", "what they do"),
    ("idx", "index"),
    ("len_bytes", "a name that ends in `_bytes`"),
    ("manager", "what it does"),
    ("mgr", "what it does"),
    ("misc", "what it is"),
    ("obviously", "nothing, or the reason"),
    ("order_book", "book"),
    ("orderbook", "book"),
    ("timestamp", "a moment that ends in `_at`, or stamp"),
    ("tmp", "what it is"),
    ("utils", "what it does"),
    ("whitelist", "the list of what is allowed"),
];

/// Marks of work that is not done.
const UNFINISHED: [&str; 4] = ["FIXME", "TODO", "XXX", "HACK"];

/// Paths of one machine, which mean nothing on another. Written in two parts, so that this file does not hold them.
const MACHINE_PATHS: [[&str; 2]; 4] = [["/wo", "rk/"], ["/ro", "ot/"], ["/fa", "rm/"], ["/ho", "me/"]];

/// Where the folder beside the repository may be named: what runs the checks there, and what tells people of it.
const SHARED_NAMED_IN: [&str; 2] = [".ci/run", "README.md"];

/// Files that are read as text beside the Rust ones.
const TEXT_ENDINGS: [&str; 5] = [".md", ".toml", "/run", ".yml", ".yaml"];

#[test]
fn every_file_says_first_what_it_is() {
    check(|source, tell| {
        if !source.lines.first().is_some_and(|line| line.starts_with("//! ")) {
            tell(1, "a file opens with `//!`: what it is, why, and what it never does");
        }
    });
}

#[test]
fn no_file_is_longer_than_a_sitting() {
    check(|source, tell| {
        let is_exception = LONG_FILES.iter().any(|(path, _)| *path == source.path);
        let limit = if is_exception {
            EXCEPTION_LINES_MAX
        } else if source.tests_at == 0 {
            TEST_FILE_LINES_MAX
        } else {
            FILE_LINES_MAX
        };
        if source.lines.len() > limit {
            tell(source.lines.len(), "too long: find the second idea in it and give that a file");
        }
        if is_exception && source.lines.len() <= FILE_LINES_MAX {
            tell(1, "no longer too long: take it off the list of exceptions");
        }
    });
}

#[test]
fn no_line_is_wider_than_a_page() {
    check(|source, tell| {
        for (index, (line, code)) in source.lines.iter().zip(&source.code).enumerate() {
            // A text cannot be broken; code and comments around it can.
            let columns =
                if is_comment(line) { line.trim_end().chars().count() } else { columns_of_code(line, code) };
            let can_break = line.split_whitespace().all(|word| word.len() < COLUMNS_MAX - 20);
            if columns > COLUMNS_MAX && (can_break || !is_comment(line)) {
                tell(index + 1, "wider than 120 columns");
            }
        }
    });
}

#[test]
fn nothing_is_left_unfinished() {
    check(|source, tell| {
        if source.path == "tests/tests/tidy.rs" {
            return;
        }
        for (index, line) in source.lines.iter().enumerate() {
            if words(line).any(|word| UNFINISHED.contains(&word)) {
                tell(index + 1, "finish it, or leave it out");
            }
        }
    });
}

#[test]
fn words_mean_what_the_glossary_says() {
    check(|source, tell| {
        // A venue's own words stand where its messages are written, and in texts.
        let is_venue_test = source.path.starts_with("adapters/") && source.tests_at == 0;
        if source.path == "tests/tests/tidy.rs" || is_venue_test {
            return;
        }
        for (index, (line, code)) in source.lines.iter().zip(&source.code).enumerate() {
            let comment = line.find("//").map_or("", |at| &line[at..]);
            let comment = if comment.contains('"') { "" } else { comment };
            for word in words(code).chain(words(comment)) {
                let banned = GLOSSARY.iter().find(|(banned, _)| word == *banned);
                if let Some((banned, instead)) = banned {
                    tell(index + 1, &format!("not `{banned}`: {instead}"));
                }
            }
        }
    });
}

#[test]
fn every_unsafe_block_says_why_it_is_safe() {
    check(|source, tell| {
        for (index, line) in source.code.iter().enumerate() {
            let is_block = line.contains("unsafe {") || line.contains("unsafe impl");
            let is_told = comment_above(source, index).iter().any(|line| line.contains("SAFETY:"));
            if is_block && !is_told {
                tell(index + 1, "`// SAFETY:` just above names the fact and who guarantees it");
            }
        }
    });
}

#[test]
fn every_ordered_atomic_names_its_partner() {
    const ORDERED: [&str; 4] = ["Acquire", "Release", "AcqRel", "SeqCst"];
    check(|source, tell| {
        if !source.path.starts_with("bus/src") && !source.path.starts_with("engine/src") {
            return;
        }
        for (number, line) in source.shipped() {
            let is_ordered = line.contains("Ordering::") && words(line).any(|word| ORDERED.contains(&word));
            let above = number.saturating_sub(PAIRS_WITHIN_LINES + 1)..number;
            if is_ordered && !source.lines[above].iter().any(|line| line.contains("PAIRS WITH:")) {
                tell(number, "`// PAIRS WITH:` above names the operation on the other side");
            }
        }
    });
}

#[test]
fn what_users_hold_in_their_hands_is_explained_and_shown() {
    let owed = owed_to_users(&sources());
    assert!(owed.is_empty(), "{} found:\n{}", owed.len(), owed.join("\n"));
}

#[test]
fn a_public_type_without_an_example_is_told_with_its_line() {
    let bus = "/// Shown.\n///\n/// ```\n/// let a = 1;\n/// ```\npub struct Shown;\n\n\
        /// Part of a [`Shown`].\n#[derive(Debug)]\npub enum Part {}\n\n\
        /// A drawing is no example.\n/// ```text\n/// ```\npub trait Drawn {}\n\npub const fn bare() {}\n";
    let sdk = "pub use fulmar_engine::contract::{Context, Gone};\n";
    let engine = "/// Shown nowhere.\npub struct Context;\n\n/// Not exported.\npub struct Inner;\n";
    let source = |path, text| Source::new(path, text);
    let owed = owed_to_users(&[
        source("bus/src/record/made_up.rs", bus),
        source("strategies/src/sdk/mod.rs", sdk),
        source("engine/src/contract/strategy.rs", engine),
        source("engine/src/trading/risk.rs", engine),
    ]);
    let places: Vec<_> = owed.iter().map(|line| line.split(": ").next().unwrap_or_default()).collect();
    let expected = [
        "bus/src/record/made_up.rs:15",
        "bus/src/record/made_up.rs:17",
        "engine/src/contract/strategy.rs:2",
        "strategies/src/sdk/mod.rs:1",
    ];
    assert_eq!(places, expected, "{owed:?}");
}

#[test]
fn nothing_names_one_machine() {
    let mut found = Vec::new();
    let texts = TEXT_ENDINGS.iter().flat_map(|ending| files(ending));
    for path in texts.chain(files(".rs")) {
        let name = relative(&path);
        let text = std::fs::read_to_string(&path).expect("the project's texts are UTF-8");
        for (index, line) in text.lines().enumerate() {
            if MACHINE_PATHS.iter().any(|parts| line.contains(&parts.concat())) {
                found.push(format!("{name}:{}: a path of one machine", index + 1));
            }
            if line.contains(&["..", "shared"].join("/")) && !SHARED_NAMED_IN.contains(&name.as_str()) {
                found.push(format!("{name}:{}: {SHARED_NAMED_IN:?} alone name that folder", index + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Looks at every Rust file; what `look` tells (line and words) fails the test.
fn check(look: impl Fn(&Source, &mut dyn FnMut(usize, &str))) {
    let mut found = Vec::new();
    let all = sources();
    assert!(all.len() > 100, "the project's files were not found");
    for source in &all {
        look(source, &mut |line, what| found.push(format!("{}:{line}: {what}", source.path)));
    }
    assert!(found.is_empty(), "{} found:\n{}", found.len(), found.join("\n"));
}

/// The comment that ends just above a line, attributes and the rest of its statement between.
fn comment_above(source: &Source, index: usize) -> Vec<&str> {
    let above = source.lines[..index].iter().rev();
    let above = above.skip_while(|line| !is_comment(line) && !ends_statement(line));
    let mut comment: Vec<&str> = above.take_while(|line| is_comment(line)).map(|line| line.trim()).collect();
    comment.reverse();
    comment
}

/// Folders whose every public item is there for users.
const FOR_USERS: [&str; 2] = ["bus/src/", "strategies/src/sdk/"];
/// The file whose `pub use` lines say what else strategies are written against.
const SDK: &str = "strategies/src/sdk/mod.rs";

/// A public type, trait or function.
struct Item<'a> {
    source: &'a Source,
    /// Counted from one.
    line: usize,
    is_function: bool,
    name: &'a str,
    /// Lines of its doc comment.
    doc: Vec<&'a str>,
}

/// What the bus and the SDK lack: a public item without a doc comment, and a public type or trait that neither has an
/// example nor links to something that has one.
fn owed_to_users(sources: &[Source]) -> Vec<String> {
    let exports: Vec<_> =
        sources.iter().filter(|source| source.path == SDK).flat_map(Source::mentions).collect();
    let exports: Vec<_> = exports.into_iter().filter(|export| names(&export.path, "fulmar_engine")).collect();
    let is_exported = |item: &Item<'_>| exports.iter().any(|export| defines(item, &export.path));
    let is_for_users = |item: &Item<'_>| {
        FOR_USERS.iter().any(|folder| item.source.path.starts_with(folder)) || is_exported(item)
    };
    let items: Vec<Item<'_>> = sources.iter().flat_map(items_of).filter(is_for_users).collect();
    let shown: BTreeSet<&str> =
        items.iter().filter(|item| has_example(&item.doc)).map(|item| item.name).collect();
    let mut owed = Vec::new();
    for item in &items {
        let (place, name) = (format!("{}:{}", item.source.path, item.line), item.name);
        if item.doc.is_empty() {
            owed.push(format!("{place}: `{name}` says nothing: meaning, unit, failure"));
        } else if !item.is_function
            && !has_example(&item.doc)
            && !links(&item.doc).any(|name| shown.contains(name))
        {
            owed.push(format!("{place}: `{name}` shows nothing: an example, or a link to what has one"));
        }
    }
    for export in &exports {
        if !items.iter().any(|item| defines(item, &export.path)) {
            owed.push(format!("{SDK}:{}: `{}` was not found", export.line, export.path));
        }
    }
    owed
}

/// The public items of a file, those inside of `impl` blocks too.
fn items_of(source: &Source) -> Vec<Item<'_>> {
    let item = |(number, line): (usize, &'_ str)| {
        let indent = line.len() - line.trim_start().len();
        let declared = source.code[number - 1][indent..].strip_prefix("pub ")?;
        let declared = declared.strip_prefix("const ").unwrap_or(declared);
        let (kind, rest) = declared.split_once(' ')?;
        let name = words(rest).next().filter(|name| !name.is_empty())?;
        let is_item = matches!(kind, "struct" | "enum" | "trait" | "fn");
        let mut doc = comment_above(source, number - 1);
        doc.retain(|line| line.starts_with("///"));
        is_item.then_some(Item { source, line: number, is_function: kind == "fn", name, doc })
    };
    source.shipped().filter_map(item).collect()
}

/// True where the item is the type or trait that the SDK exports as `path`: `fulmar_engine::contract::View` is a `View`
/// somewhere in `engine/src/contract`.
fn defines(item: &Item<'_>, path: &str) -> bool {
    let folder = path.replacen("fulmar_engine::", "engine/src/", 1).replace("::", "/");
    let is_there = folder.rsplit_once('/').is_some_and(|(folder, name)| {
        item.name == name
            && item.source.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with(['/', '.']))
    });
    is_there && !item.is_function
}

/// True where a doc comment holds code that runs as a test.
fn has_example(doc: &[&str]) -> bool {
    doc.iter().find(|line| line.starts_with("/// ```")).is_some_and(|fence| *fence == "/// ```")
}

/// Every name in the links of a doc comment.
fn links<'a>(doc: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let inside = |line: &'a str| line.split("[`").skip(1).filter_map(|rest| rest.split_once("`]"));
    doc.iter().copied().flat_map(inside).flat_map(|(path, _)| path.split("::"))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn ends_statement(line: &str) -> bool {
    let line = line.trim_end();
    line.is_empty() || line.ends_with([';', '{', '}'])
}

/// How wide the code of a line is, without the room of its texts.
fn columns_of_code(line: &str, code: &str) -> usize {
    let indent = line.len() - line.trim_start().len();
    indent + code.split_whitespace().map(|word| word.chars().count() + 1).sum::<usize>()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
}
