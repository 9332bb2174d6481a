//! Recordings of real venues through the whole engine, against what an independent program made of them: books, trades,
//! bars and states, and one hash however often and on however many threads they are played. The book that is compared
//! is made of the market channel, and what the book actor itself published is held against both.

use std::collections::BTreeSet;
use std::path::Path;

use fulmar::playback::capture::{Played, play};
use fulmar_tests::captures::folder;
use serde_json::Value;

/// Short enough to be played on threads that wait for each other after every frame.
const SMALL: [&str; 2] = ["binance-spot_nkn_blz_2021-10-12", "binance-usdm_sushi_akro_2021-07-22"];
/// Long ones, which a full campaign plays on threads too.
const LONG: [&str; 2] = ["binance-spot_btcusdt_2024-08-08", "binance-usdm_btcusdt_2024-08-08"];

#[test]
fn every_capture_of_a_known_venue_ends_as_an_independent_program_says() {
    let Some(folder) = folder("captures::every_capture") else { return };
    let expected = std::fs::read(folder.join("EXPECTED.json")).expect("the captures come with EXPECTED.json");
    let expected: Value = serde_json::from_slice(&expected).expect("EXPECTED.json is JSON");
    let expected = expected.as_object().expect("captures, by name");
    let mut differences = Vec::new();
    let mut played = BTreeSet::new();
    for (name, wanted) in expected.iter().filter(|(name, _)| is_known(name)) {
        let once = play_on(&folder, name, 0);
        differences.extend(compare(name, wanted, &once));
        let again = play_on(&folder, name, 0);
        if (again.records, again.output_hash) != (once.records, once.output_hash) {
            differences.push(format!("{name}: played twice, two results"));
        }
        played.insert(name.as_str());
    }
    assert!(SMALL.iter().all(|name| played.contains(name)), "captures are missing; there are {played:?}");
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn a_book_actor_that_told_otherwise_is_found() {
    let wanted = serde_json::json!({"state": "live", "book": {"bid": ["1.5", "2"], "ask": ["1.6", "3"]}});
    let right = serde_json::json!({
        "state": "live", "source": "book", "bid": ["1.5", "2"], "ask": ["1.6", "3"], "compared": 7, "differing": 0,
    });
    assert_eq!(compare_actor("x", &wanted, &right), Vec::<String>::new());
    for (key, wrong) in [
        ("state", "syncing".into()),
        ("bid", serde_json::json!(["1.5", "4"])),
        ("ask", Value::Null),
        ("compared", 0.into()),
        ("differing", 1.into()),
    ] {
        let mut actor = right.clone();
        actor[key] = wrong;
        assert_eq!(compare_actor("x", &wanted, &actor).len(), 1, "{key}");
    }
}

#[test]
fn threads_change_nothing() {
    let Some(folder) = folder("captures::threads_change_nothing") else { return };
    let is_full = std::env::var("FULMAR_CAMPAIGN").is_ok_and(|campaign| campaign == "full");
    for name in SMALL.into_iter().chain(LONG.into_iter().filter(|_| is_full)) {
        let played: Vec<_> = [0, 1, 2].map(|threads| play_on(&folder, name, threads)).into();
        let results: BTreeSet<_> = played.iter().map(|played| (played.records, played.output_hash)).collect();
        assert_eq!(results.len(), 1, "{name}: on this thread, on one and on two: {results:x?}");
    }
}

/// A number that two programs may write in two ways.
#[test]
fn decimals_are_compared_as_numbers_and_names_as_text() {
    let wanted =
        serde_json::json!({"bid": ["1.50", "2"], "state": "live", "count": 3, "note": "not compared"});
    let differences = |got: Value| {
        let mut found = Vec::new();
        difference("x", &wanted, &got, &mut found);
        found.len()
    };
    assert_eq!(differences(serde_json::json!({"bid": ["1.5", "2.0"], "state": "live", "count": 3})), 0);
    assert_eq!(differences(serde_json::json!({"bid": ["1.51", "20"], "state": "syncing", "count": 4})), 4);
    assert_eq!(differences(serde_json::json!({"bid": ["1.5"], "state": "live"})), 2);
}

/// True for captures of venues that this build speaks to.
fn is_known(name: &str) -> bool {
    fulmar::venues::NAMES
        .iter()
        .any(|venue| name.strip_prefix(venue).is_some_and(|rest| rest.starts_with('_')))
}

fn play_on(folder: &Path, name: &str, threads: usize) -> Played {
    let path = folder.join(format!("{name}.capture.zst"));
    play(&path, threads, None).unwrap_or_else(|error| panic!("{name}: {error:#}"))
}

/// What `played` says otherwise than `wanted`, an instrument of which is live where it does not say.
fn compare(name: &str, wanted: &Value, played: &Played) -> Vec<String> {
    let mut found = Vec::new();
    if played.report.decode_errors != 0 {
        found.push(format!("{name}: {} decode errors", played.report.decode_errors));
    }
    let got = serde_json::to_value(&played.report.instruments).expect("a report is JSON");
    for (symbol, wanted) in wanted.as_object().expect("instruments, by symbol") {
        let mut wanted = wanted.clone();
        let fields = wanted.as_object_mut().expect("fields, by name");
        fields.entry("state").or_insert_with(|| "live".into());
        let (path, got) = (format!("{name}.{symbol}"), &got[symbol.as_str()]);
        difference(&path, &wanted, got, &mut found);
        found.extend(compare_actor(&path, &wanted, &got["book_actor"]));
    }
    found
}

/// What the book actor published otherwise than `wanted`, or otherwise than the book of its market channel at any
/// moment on the way.
fn compare_actor(path: &str, wanted: &Value, actor: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let path = format!("{path}.book_actor");
    difference(&format!("{path}.state"), &wanted["state"], &actor["state"], &mut found);
    difference(&format!("{path}.differing"), &0.into(), &actor["differing"], &mut found);
    if wanted["state"] != "live" {
        return found;
    }
    if actor["compared"] == 0 {
        found.push(format!("{path}: it published nothing that could be compared"));
    }
    // A ticker of the venue is ahead of its depth stream, so the best prices of the book are not its own.
    if actor["source"] == "book" {
        for side in ["bid", "ask"] {
            difference(&format!("{path}.{side}"), &wanted["book"][side], &actor[side], &mut found);
        }
    }
    found
}

fn difference(path: &str, wanted: &Value, got: &Value, found: &mut Vec<String>) {
    match (wanted, got) {
        (Value::Null, _) => {}
        (Value::Object(fields), _) => {
            let compared = fields.iter().filter(|(key, _)| !matches!(key.as_str(), "note" | "checkpoints"));
            for (key, wanted) in compared {
                difference(&format!("{path}.{key}"), wanted, &got[key.as_str()], found);
            }
        }
        (Value::Array(wanted), Value::Array(got)) if wanted.len() == got.len() => {
            for (index, (wanted, got)) in wanted.iter().zip(got).enumerate() {
                difference(&format!("{path}[{index}]"), wanted, got, found);
            }
        }
        (Value::String(one), Value::String(other)) if plain(one) == plain(other) => {}
        _ if wanted == got => {}
        _ => found.push(format!("{path}: wanted {wanted}, got {got}")),
    }
}

/// A decimal without the zeros that say nothing; any other text as it is.
fn plain(text: &str) -> &str {
    let is_decimal =
        text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte));
    if is_decimal { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}
