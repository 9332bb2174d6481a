//! Hostile input for every venue alike: its two decoders must agree, and its session must survive any frames.
//!
//! An input is the name of a venue, a line feed, and what that venue is said to have sent. A new venue is tried without
//! a line here; its examples in the corpus begin with its name.

pub mod agree;
#[cfg(test)]
mod campaigns;
#[cfg(test)]
pub mod damage;
pub mod session;
mod strict;

use fulmar_adapters::session::VenueEntry;
use fulmar_adapters::venues::venue;

use super::Target;

/// What takes any bytes, by the name of its corpus.
pub const TARGETS: [Target; 2] = [
    ("every-decoder", |input| {
        if let Some((entry, frame)) = split(input) {
            agree::with(entry, |judge| {
                judge.check(frame);
            });
        }
    }),
    ("every-session", |input| {
        if let Some((entry, frames)) = split(input) {
            session::survives(entry, frames);
        }
    }),
];

fn split(input: &[u8]) -> Option<(&'static VenueEntry, &[u8])> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    let entry = venue(std::str::from_utf8(&input[..end]).ok()?)?;
    Some((entry, &input[end + 1..]))
}
