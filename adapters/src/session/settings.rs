//! What a program knows of a venue before it speaks to it, and what a configuration may say of it.

use fulmar_bus::record::Nanos;

use super::assumed::{Assumed, Assumption};
use super::protocol::Protocol;
use super::sample::Sample;

/// A venue that this build speaks to.
pub struct VenueEntry {
    /// Its name, such as `binance-spot`.
    pub name: &'static str,
    /// A symbol as the venue writes it. Another spelling is often subscribed to without an error, and nothing ever
    /// comes.
    pub spelled: fn(&str) -> String,
    /// Its worlds. What stands for another one (an interface on trial, say) shows the real market, and is none.
    pub environments: &'static [Environment],
    /// The depths of book that can be subscribed to, the deepest first; none where there is no choice.
    pub depths: &'static [u32],
    /// How often it can send changes of a book, in its own words, the fastest first; none where there is no choice.
    pub depth_intervals: &'static [&'static str],
    /// The bars of its own making that can be subscribed to, as we write intervals.
    pub bars: &'static [&'static str],
    /// What is assumed of it and can be stated otherwise.
    pub assumed: &'static [Assumption],
    /// Its market data, as configured.
    pub protocol: fn(&VenueSettings) -> Box<dyn Protocol>,
    /// The venue as one whose frames can be made.
    pub sample: fn() -> Box<dyn Sample>,
}

/// Real money or the venue's own test exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Environment {
    /// Real.
    #[default]
    Production,
    /// The test exchange.
    Testnet,
}

impl Environment {
    /// Every world that a venue can have.
    pub const ALL: [Environment; 2] = [Environment::Production, Environment::Testnet];

    /// As a configuration names it.
    pub const fn name(self) -> &'static str {
        match self {
            Environment::Production => "production",
            Environment::Testnet => "testnet",
        }
    }
}

/// Settings of a venue's market data. What is not said is as the venue has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VenueSettings {
    /// Which of the venue's worlds.
    pub environment: Environment,
    /// Scheme, host and port of the streams, instead of the venue's own.
    pub stream_url: Option<String>,
    /// Scheme and host of the REST interface, instead of the venue's own.
    pub rest_url: Option<String>,
    /// Levels of a side of the books to subscribe to, one of [`VenueEntry::depths`]; else the deepest.
    pub depth: Option<u32>,
    /// How often changes of a book come, one of [`VenueEntry::depth_intervals`]; else the fastest.
    pub depth_interval: Option<String>,
    /// Bars of its own making to subscribe to, each one of [`VenueEntry::bars`].
    pub bars: Vec<String>,
    /// How long a connection that carries books may say nothing, instead of what is assumed of the venue.
    pub book_idle_max: Option<Nanos>,
    /// What of [`VenueEntry::assumed`] is otherwise than assumed.
    pub assumed: Assumed,
}

impl VenueSettings {
    /// Where the streams and the REST interface are: as said here, or else where the venue has them in this world of
    /// its.
    pub fn urls(&self, production: [&str; 2], testnet: [&str; 2]) -> [String; 2] {
        let [stream, rest] = match self.environment {
            Environment::Production => production,
            Environment::Testnet => testnet,
        };
        let or = |said: &Option<String>, own: &str| said.clone().unwrap_or_else(|| own.to_owned());
        [or(&self.stream_url, stream), or(&self.rest_url, rest)]
    }
}
