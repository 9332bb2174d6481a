//! The guide of the risk gate names every check that there is, by its number and its name, and no other.

use fulmar_engine::trading::risk::RiskCheck;

#[test]
fn the_guide_has_a_line_for_every_check_and_for_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/risk.md");
    let guide = std::fs::read_to_string(path).expect("the guide is there");
    let lines = guide.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | `"));
    let named =
        lines.filter_map(|(number, rest)| Some((number.parse::<u16>().ok()?, rest.split_once('`')?.0)));
    let mut named: Vec<(u16, &str)> = named.collect();
    named.sort_unstable();
    assert_eq!(named, RiskCheck::ALL.map(|check| (check.code(), check.name())));
}
