//! What the header of a capture may say: held against the kinds and rules of a configuration, so that what can be
//! followed live can be played, and what is wrong is told in the same words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::check;
use super::document::{Node, Value};
use super::rules::symbols_are_spelled_as_by_their_venue;
use super::schema::{ELEMENTS_MAX, Kind, Need, Table, key};
use super::violation::{Origin, Violations};
use crate::venues;

/// The most instruments that one capture is played with: as many as a configuration can list.
pub const INSTRUMENTS_MAX: usize = ELEMENTS_MAX;

/// Judges what the header of the capture at `path` says, or what its frames say for it.
///
/// # Errors
/// Everything that is wrong with it, all of it in line one.
///
/// ```
/// use fulmar::configuration::judge_recording;
/// let symbols = ["BTCUSDT".to_owned(), "BTCUSDT".to_owned()];
/// let error = judge_recording("x.capture.zst".as_ref(), "binance-spot", &symbols).unwrap_err();
/// assert_eq!(error.to_string(), "x.capture.zst:1: instruments: \"BTCUSDT\" is listed twice; list it once");
/// ```
pub fn judge_recording(path: &Path, venue: &str, symbols: &[String]) -> Result<(), Violations> {
    let origin = Origin::Line(Arc::from(path), 1);
    let node = |value| Node { origin: origin.clone(), value };
    let text = |text: &str| node(Value::Text(text.to_owned()));
    let listed: Vec<Node> = symbols.iter().map(|symbol| text(symbol)).collect();
    let mut violations = Violations::default();
    symbols_are_spelled_as_by_their_venue(venue, &listed, "instruments", &mut violations);
    let entries = [("venue", text(venue)), ("instruments", node(Value::List(listed)))];
    let entries: BTreeMap<_, _> = entries.into_iter().map(|(key, node)| (key.to_owned(), node)).collect();
    check::check(&mut node(Value::Table(entries)), &header(), &mut violations);
    violations.or(|| ())
}

/// The first line of a capture, as far as it is judged.
fn header() -> Table {
    Table {
        doc: "The first line of a capture.",
        keys: vec![
            key(
                "venue",
                Kind::Choice(venues::NAMES.to_vec()),
                Need::Required,
                "The venue that it was recorded from.",
            ),
            key("instruments", Kind::List(&Kind::Symbol), Need::Required, "The venue's symbols in it."),
        ],
    }
}
