//! What a configuration alone knows of the instruments that it calls one pair: whether each is spot, linear or inverse,
//! and, where the venue's spelling says it, of which currencies. Those that are unlike are left out by the run, which
//! knows more (`engine/src/market/pair.rs`); here it is told before there is one. It refuses nothing.

use super::check::joined;
use super::document::Node;
use super::rules::row;
use super::violation::{Violation, Violations};
use crate::venues::{self, Likeness};

/// Each instrument of a pair of `document` that cannot be what the first of its list is.
pub fn unlike(document: &Node) -> Vec<Violation> {
    let mut notes = Violations::default();
    for (path, pair) in row(document, "pair") {
        let named = pair.get("instruments").map(Node::elements).unwrap_or_default().iter();
        let mut members = named.filter_map(|node| Some((node, node.as_text()?, likeness(node.as_text()?)?)));
        let Some((_, first, like)) = members.next() else { continue };
        for (node, name, own) in members {
            if let Some((own, like)) = own.difference(&like) {
                let wrong = format!("{name:?} is {own}, and {first:?} is {like}");
                let right = "a run leaves it out of the pair; list what is alike";
                notes.add(&node.origin, &joined(&path, "instruments"), wrong, right);
            }
        }
    }
    notes.0
}

fn likeness(instrument: &str) -> Option<Likeness> {
    let (venue, symbol) = instrument.split_once(':')?;
    venues::likeness(venue, symbol)
}
