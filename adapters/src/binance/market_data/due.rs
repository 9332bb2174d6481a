//! The session's half about time: snapshots that are wanted, connections that fell silent.

use std::fmt::Write as _;

use fulmar_bus::record::{Nanos, RequestKind, SyncReason, UnixNanos};
use fulmar_engine::contract::MarketSink;

use super::BinanceMarketData;
use crate::binance::limits::TRADES_IDLE_MAX;

impl BinanceMarketData {
    pub(super) fn break_off(
        &mut self,
        now: UnixNanos,
        index: usize,
        reason: SyncReason,
        sink: &mut dyn MarketSink,
    ) {
        self.instruments[index].sync.break_off(now, reason, sink);
        self.ask_if_due(now, index, sink);
    }

    /// Breaks off every book that this connection carries.
    pub(super) fn break_off_all(
        &mut self,
        now: UnixNanos,
        connection: u8,
        reason: SyncReason,
        sink: &mut dyn MarketSink,
    ) {
        let line = usize::from(connection);
        for place in 0..self.lines.get(line).map_or(0, |line| line.planned.books.len()) {
            self.break_off(now, self.lines[line].planned.books[place], reason, sink);
        }
    }

    /// Asks for the book's snapshot if it wants one now; remembers when it will.
    pub(super) fn ask_if_due(&mut self, now: UnixNanos, index: usize, sink: &mut dyn MarketSink) {
        let instrument = &self.instruments[index];
        let (Some(ask_at), false) = (instrument.sync.ask_at(), instrument.is_unlisted()) else {
            return;
        };
        if ask_at > now {
            return self.wake_at(ask_at);
        }
        let delay = self.weight.take(now, self.product.snapshot_weight());
        let instrument = &mut self.instruments[index];
        instrument.sync.on_asked(now + delay);
        self.path.clear();
        let symbol = &instrument.config.symbol;
        let (path, levels) = (self.product.rest_path(), self.product.snapshot_levels());
        write!(self.path, "{path}/depth?symbol={symbol}&limit={levels}").expect("a String takes all text");
        sink.request(instrument.connection, RequestKind::HttpGet, delay, self.path.as_bytes());
        let again_at = instrument.sync.ask_at();
        again_at.into_iter().for_each(|at| self.wake_at(at));
    }

    /// How long a connection may say nothing before its books are given up and it is replaced.
    pub(super) fn idle_max(&self, line: usize) -> Nanos {
        let carries_books =
            self.lines[line].planned.books.iter().any(|book| !self.instruments[*book].is_unlisted());
        if carries_books { self.book_idle_max } else { TRADES_IDLE_MAX }
    }

    pub(super) fn reconnect_if_idle(&mut self, now: UnixNanos, sink: &mut dyn MarketSink) {
        for index in 0..self.lines.len() {
            let idle_max = self.idle_max(index);
            let line = &mut self.lines[index];
            let Some(heard_at) = &mut line.heard_at else {
                continue;
            };
            if *heard_at + idle_max <= now {
                *heard_at = now;
                for book in &line.planned.books {
                    self.instruments[*book].sync.on_closed(now, SyncReason::Silent, sink);
                }
                sink.request(
                    line.planned.connection.index,
                    RequestKind::Reconnect,
                    Nanos(0),
                    b"nothing came",
                );
            }
            let idle_at = *heard_at + idle_max;
            self.wake_at(idle_at);
        }
    }

    pub(super) fn wake_at(&mut self, at: UnixNanos) {
        self.due_at = Some(self.due_at.map_or(at, |due_at| due_at.min(at)));
    }
}
