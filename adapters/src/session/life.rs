//! Whether the stream of a book lives: what others say of the instrument shows when it should have said something.
//!
//! A quiet book is no sign of anything, and a venue that sends nothing of one instrument while the connection speaks
//! breaks no rule of numbers. But a trade takes from the book, and other best prices are another book. Where such a
//! sign stays without an update for long, and another comes, the stream stands still.

use fulmar_bus::record::{TopOfBook, UnixNanos};

use super::limits::BOOK_STALL_MAX;

/// What one connection said so far of an instrument.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    /// Its book spoke at all.
    has_begun: bool,
    /// When the first sign came that its book has not answered since.
    unanswered_at: Option<UnixNanos>,
    last_top: Option<TopOfBook>,
}

impl Life {
    /// True once something came of its book.
    pub(super) const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// The book spoke.
    #[inline]
    pub(super) fn on_book(&mut self) {
        self.has_begun = true;
        self.unanswered_at = None;
    }

    /// A trade took from the book; true where the book stands still.
    #[inline]
    pub(super) fn on_trade(&mut self, now: UnixNanos) -> bool {
        self.on_sign(now)
    }

    /// The venue told its best prices; true where the book stands still. The same again are no sign.
    #[inline]
    pub(super) fn on_top(&mut self, now: UnixNanos, top: &TopOfBook) -> bool {
        let last = self.last_top.replace(*top);
        last.is_some_and(|last| (last.bid, last.ask) != (top.bid, top.ask)) && self.on_sign(now)
    }

    fn on_sign(&mut self, now: UnixNanos) -> bool {
        let unanswered_at = *self.unanswered_at.get_or_insert(now);
        let is_stalled = unanswered_at + BOOK_STALL_MAX <= now;
        if is_stalled {
            self.unanswered_at = None;
        }
        is_stalled
    }
}
