//! Whether the stream of a book lives: what others say of the instrument shows when it should have said something.
//!
//! A quiet book is no sign of anything, and a venue that sends nothing of one instrument while the connection speaks
//! breaks no rule of numbers. But a trade takes from the book, and other best prices are another book. Where such a
//! sign stays without an update for long, and more of them come, the stream stands still.

use fulmar_bus::record::{TopOfBook, UnixNanos};

use super::limits::{BOOK_ANSWER_MAX, BOOK_STALL_MAX};

/// What one connection said so far of an instrument.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    /// Its book spoke at all.
    has_begun: bool,
    /// When the first sign came that its book has not answered since.
    unanswered_at: Option<UnixNanos>,
    /// When the first of those came that was too late for that.
    suspected_at: Option<UnixNanos>,
    /// What else there is of the instrument was asked for again.
    has_asked_others: bool,
    last_top: Option<TopOfBook>,
}

impl Life {
    /// The book spoke.
    #[inline]
    pub(super) fn on_book(&mut self) {
        self.has_begun = true;
        (self.unanswered_at, self.suspected_at) = (None, None);
    }

    /// True the first time, where nothing of the instrument came: what else there is of it is to be asked for.
    pub(super) fn wants_others(&mut self) -> bool {
        !self.has_begun && !std::mem::replace(&mut self.has_asked_others, true)
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

    /// A sign may come before the update that answers it, and another behind the one that it belongs to. So one that
    /// comes long after another that was not answered only makes the stream suspect, which its update takes back.
    fn on_sign(&mut self, now: UnixNanos) -> bool {
        let unanswered_at = *self.unanswered_at.get_or_insert(now);
        if unanswered_at + BOOK_STALL_MAX > now {
            return false;
        }
        let suspected_at = *self.suspected_at.get_or_insert(now);
        let is_stalled = suspected_at + BOOK_ANSWER_MAX <= now;
        if is_stalled {
            (self.unanswered_at, self.suspected_at) = (None, None);
        }
        is_stalled
    }
}
