//! A connection of a session: what it carries, what is sent when it opens, and whether it lives.

use fulmar_bus::record::{Nanos, Request, UnixNanos};

use super::symbols::InstrumentConfig;
use crate::pacer::Pacer;

/// A connection and what it carries.
pub struct Line {
    /// The whole URL.
    pub url: String,
    /// Messages to send once it is open.
    pub subscriptions: Vec<String>,
    /// Places in the session of the instruments whose book it carries.
    pub books: Vec<usize>,
    /// Messages that may leave at once after a quiet time.
    message_burst: u32,
    pub(super) state: LineState,
}

/// What is known of a connection.
#[derive(Default)]
pub(super) struct LineState {
    /// When it last said something; none while it is not open.
    pub heard_at: Option<UnixNanos>,
    /// When the venue is to be told that we are still there.
    pub ping_at: Option<UnixNanos>,
    /// When it was asked for that it is opened anew.
    pub left_at: Option<UnixNanos>,
    /// The number of its last frame, where the venue counts so.
    pub sequence: Option<u64>,
    /// Keeps to the venue's rate of messages.
    pub pacer: Option<Pacer>,
}

impl Line {
    /// A connection that is not open yet.
    ///
    /// # Panics
    /// Where a subscription is longer than a request can be: whoever planned it splits it.
    pub fn new(url: String, subscriptions: Vec<String>, books: Vec<usize>) -> Self {
        let is_sendable = |message: &String| message.len() <= Request::BYTES_MAX;
        assert!(subscriptions.iter().all(is_sendable), "a subscription fits a request");
        Line { url, subscriptions, books, message_burst: 1, state: LineState::default() }
    }

    /// The same connection, where the venue counts messages over so long a time that `burst` of them may leave at once.
    pub fn with_message_burst(self, burst: u32) -> Self {
        Line { message_burst: burst, ..self }
    }

    /// How long the next message must wait.
    pub(super) fn take_message(&mut self, now: UnixNanos, interval: Nanos) -> Nanos {
        self.state.pacer.get_or_insert_with(|| Pacer::new(interval, self.message_burst)).take(now, 1)
    }
}

/// Connections to `url` of at most so many instruments each, their books on them, and one where there are none: what is
/// sent when one opens is what `subscriptions` says of its symbols.
pub fn lines_of(
    instruments: &[InstrumentConfig],
    (url, instruments_max): (&str, usize),
    mut subscriptions: impl FnMut(&[&str]) -> Vec<String>,
) -> Vec<Line> {
    let mut line = |places: Vec<usize>| {
        let symbols: Vec<&str> = places.iter().map(|place| instruments[*place].symbol.as_str()).collect();
        Line::new(url.to_owned(), subscriptions(&symbols), places)
    };
    if instruments.is_empty() {
        return vec![line(Vec::new())];
    }
    let places: Vec<usize> = (0..instruments.len()).collect();
    places.chunks(instruments_max).map(|some| line(some.to_vec())).collect()
}

/// The members of a JSON list of texts that need no escape, such as symbols: `"a","b"`.
///
/// ```
/// use fulmar_adapters::session::quoted_list;
/// assert_eq!(quoted_list(&["BTC-USD", "ETH-USD"]), r#""BTC-USD","ETH-USD""#);
/// ```
pub fn quoted_list<T: AsRef<str>>(texts: &[T]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("\"{}\"", text.as_ref())).collect();
    quoted.join(",")
}

/// Texts in groups of as many as fit `bytes_max` together, each counted with `extra` bytes more, and `count_max` at
/// most: what a subscription message can name.
///
/// ```
/// use fulmar_adapters::session::batches;
/// let names = ["a", "b", "c", "d", "e"];
/// assert_eq!(batches(&names, 3, (2, 100)), [&names[..2], &names[2..4], &names[4..]]);
/// assert_eq!(batches(&names, 3, (9, 12)), [&names[..3], &names[3..]]);
/// ```
pub fn batches<T: AsRef<str>>(
    texts: &[T],
    extra: usize,
    (count_max, bytes_max): (usize, usize),
) -> Vec<&[T]> {
    let mut batches = Vec::new();
    let mut rest = texts;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |text: &&T| {
            bytes += text.as_ref().len() + extra;
            bytes <= bytes_max
        };
        let count = rest.iter().take(count_max).take_while(fits).count().max(1);
        let (batch, others) = rest.split_at(count);
        batches.push(batch);
        rest = others;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_leaves_at_once_and_then_the_interval_holds() {
        let mut line = Line::new(String::new(), Vec::new(), Vec::new()).with_message_burst(2);
        let delays = [0; 3].map(|_| line.take_message(UnixNanos(0), Nanos(100)).0);
        assert_eq!(delays, [0, 0, 100]);
    }
}
