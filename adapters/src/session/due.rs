//! The session's half about time: books that are wanted, connections that fell silent, pings.

use fulmar_bus::record::{Nanos, RequestKind, SyncReason, UnixNanos};
use fulmar_engine::contract::MarketSink;

use super::limits::TRADES_IDLE_MAX;
use super::protocol::SnapshotRequest;
use super::{MarketData, connection_of};

impl MarketData {
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
        line: usize,
        reason: SyncReason,
        sink: &mut dyn MarketSink,
    ) {
        for place in 0..self.lines[line].books.len() {
            self.break_off(now, self.lines[line].books[place], reason, sink);
        }
    }

    /// Asks for the whole book if it is wanted now; remembers when it will be.
    pub(super) fn ask_if_due(&mut self, now: UnixNanos, index: usize, sink: &mut dyn MarketSink) {
        let instrument = &mut self.instruments[index];
        let (Some(ask_at), false) = (instrument.sync.ask_at(), instrument.is_unlisted()) else {
            return;
        };
        if ask_at > now {
            return self.wake_at(ask_at);
        }
        let line = instrument.line;
        let sent_in = match self.protocol.snapshot_request(&instrument.config.symbol) {
            SnapshotRequest::Http(path, weight) => {
                let delay = self.weight.take(now, weight);
                sink.request(connection_of(line), RequestKind::HttpGet, delay, path.as_bytes());
                delay
            }
            SnapshotRequest::Messages(messages) => {
                let mut delay = Nanos(0);
                for message in messages {
                    delay = self.take_message(now, line);
                    sink.request(connection_of(line), RequestKind::Send, delay, message.as_bytes());
                }
                delay
            }
        };
        let sync = &mut self.instruments[index].sync;
        sync.on_asked(now + sent_in);
        let again_at = sync.ask_at();
        again_at.into_iter().for_each(|at| self.wake_at(at));
    }

    /// How long a connection may say nothing before its books are given up and it is replaced.
    pub(super) fn idle_max(&self, line: usize) -> Nanos {
        let is_listed = |book: &usize| !self.instruments[*book].is_unlisted();
        let carries_books = self.lines[line].books.iter().any(is_listed);
        if carries_books { self.limits.book_idle_max } else { TRADES_IDLE_MAX }
    }

    pub(super) fn reconnect_if_idle(&mut self, now: UnixNanos, index: usize, sink: &mut dyn MarketSink) {
        let idle_max = self.idle_max(index);
        let line = &mut self.lines[index];
        let Some(heard_at) = &mut line.state.heard_at else {
            return;
        };
        if *heard_at + idle_max <= now {
            *heard_at = now;
            for book in &line.books {
                self.instruments[*book].sync.on_closed(now, SyncReason::Silent, sink);
            }
            sink.request(connection_of(index), RequestKind::Reconnect, Nanos(0), b"nothing came");
        }
        let idle_at = *heard_at + idle_max;
        self.wake_at(idle_at);
    }

    pub(super) fn ping_if_due(&mut self, now: UnixNanos, index: usize, sink: &mut dyn MarketSink) {
        let (Some((text, interval)), Some(ping_at)) = (self.limits.ping, self.lines[index].state.ping_at)
        else {
            return;
        };
        let mut ping_at = ping_at;
        if ping_at <= now {
            let delay = self.take_message(now, index);
            sink.request(connection_of(index), RequestKind::Send, delay, text.as_bytes());
            ping_at = now + interval;
            self.lines[index].state.ping_at = Some(ping_at);
        }
        self.wake_at(ping_at);
    }

    /// How long the next message of a connection must wait.
    pub(super) fn take_message(&mut self, now: UnixNanos, line: usize) -> Nanos {
        match &mut self.messages {
            Some(messages) => messages.take(now, 1),
            None => self.lines[line].take_message(now, self.limits.message_interval),
        }
    }

    pub(super) fn wake_at(&mut self, at: UnixNanos) {
        self.due_at = Some(self.due_at.map_or(at, |due_at| due_at.min(at)));
    }
}
