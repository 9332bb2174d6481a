//! Limits that hold for the sessions of all venues, each with its reason. What a venue itself asks for stands in its
//! folder, and is gathered in [`VenueLimits`].

use fulmar_bus::record::Nanos;

use super::settings::VenueSettings;

/// Instruments of one session.
pub const INSTRUMENTS_MAX: usize = 512;

/// Bytes of a symbol: the record's text field holds no more, and the longest seen (a dated future) has 19.
pub const SYMBOL_BYTES_MAX: usize = 32;

/// Levels of a side that rings have room for at once, where a venue sets no lower limit: the largest book seen has
/// 27,239 (bitcoin at Coinbase, August 2026).
pub const BOOK_LEVELS_MAX: usize = 40_000;

/// The widest scale that digits seen may ask for; beyond, a price of nine million would not fit any more.
pub const INFERRED_SCALE_MAX: u8 = 12;

/// Digits behind the point of a price that a venue computes: some write all that a float has.
pub const COMPUTED_DIGITS_MAX: u8 = 9;

/// Between two requests for definitions that did not come or did not fit.
pub const DEFINITIONS_WAIT: Nanos = Nanos::from_secs(30);

/// Between two requests for the definition of an instrument that the venue did not know: a listing that is announced
/// comes to the minute.
pub const UNLISTED_WAIT: Nanos = Nanos::from_secs(300);

/// How long a connection that carries no book may say nothing before it is replaced. Assumed: any instrument worth a
/// subscription trades within a minute.
pub const TRADES_IDLE_MAX: Nanos = Nanos::from_secs(60);

/// How long a book may leave signs that it changed without an update before its stream is suspect.
pub const BOOK_STALL_MAX: Nanos = Nanos::from_secs(10);

/// How long the update may take that answers a sign: books are told at least each second of change. Three trades beside
/// the book of a quiet instrument, of which it tells nothing, cost a snapshot at worst.
pub const BOOK_ANSWER_MAX: Nanos = Nanos::from_secs(2);

/// How long a connection that is to be opened anew may stand before that is asked for again.
pub const LEAVE_MAX: Nanos = Nanos::from_secs(30);
/// How long no HTTP request is made after one that was too much, where the venue says no more: limits are counted by
/// the minute at most.
pub const REFUSED_WAIT: Nanos = Nanos::from_secs(60);

/// How long no HTTP request is made once the venue shut this address out, where it says no more: what is known of such
/// times (Bybit, and Cloudflare before Kraken) is ten minutes.
pub const SHUT_OUT_WAIT: Nanos = Nanos::from_secs(600);

/// How often a frame may be read: at no scales, at those that the configuration gives, and at those that it needs.
pub const READINGS_MAX: usize = 3;

/// What a session keeps to at its venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueLimits {
    /// Bytes of a message.
    pub message_bytes_max: usize,
    /// Bytes of an HTTP answer.
    pub answer_bytes_max: usize,
    /// Levels of one side of one message.
    pub levels_max: usize,
    /// Between two messages to the venue on one connection.
    pub message_interval: Nanos,
    /// Messages of one connection in one second that the transport never exceeds, pings included.
    pub messages_per_second: u32,
    /// Attempts to connect in one second, of all connections, that the transport never exceeds.
    pub connects_per_second: u32,
    /// Attempts to connect in one minute, of all connections, that the transport never exceeds, whatever the
    /// configuration says.
    pub connects_per_minute: u32,
    /// Between two HTTP requests of weight one in the long run.
    pub weight_interval: Nanos,
    /// Weight of HTTP requests that may be used at once.
    pub weight_burst: u32,
    /// Weight of a request for definitions.
    pub definitions_weight: u64,
    /// How long a connection that carries books may say nothing.
    pub book_idle_max: Nanos,
    /// The message that keeps a connection open, and how often it is to be said, whatever else passes. None where the
    /// venue asks, or a ping of the WebSocket does, which the transport sends where it heard nothing for ten seconds.
    pub ping: Option<(&'static str, Nanos)>,
}

impl VenueLimits {
    /// The venue's own, but for what `settings` say otherwise.
    pub fn configured(self, settings: &VenueSettings) -> Self {
        VenueLimits { book_idle_max: settings.book_idle_max.unwrap_or(self.book_idle_max), ..self }
    }
}
