//! What happened in a run, line by line, for whoever replays it. A run that nobody reads writes nothing.

use std::fmt::{Arguments, Write};

use fulmar_bus::record::UnixNanos;
use fulmar_tests::stage::OPENS_AT;

/// The story of a run.
#[derive(Default)]
pub struct Story {
    text: Option<String>,
}

impl Story {
    /// One that is written down.
    pub fn told() -> Self {
        Story { text: Some(String::new()) }
    }

    /// True where somebody reads it.
    pub fn is_told(&self) -> bool {
        self.text.is_some()
    }

    /// Something happened.
    pub fn tell(&mut self, now: UnixNanos, what: Arguments<'_>) {
        if let Some(text) = &mut self.text {
            let micros = now.since(OPENS_AT).0 / 1_000;
            writeln!(text, "{:>7}.{:03} ms  {what}", micros / 1_000, micros % 1_000).expect("a text grows");
        }
    }

    /// All of it.
    pub fn text(self) -> String {
        self.text.unwrap_or_default()
    }
}
