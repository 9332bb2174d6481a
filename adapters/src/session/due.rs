//! The session's half about time: books that are wanted, connections that fell silent, pings.

use fulmar_bus::record::{Nanos, RequestKind, SyncReason, UnixNanos};
use fulmar_engine::contract::MarketSink;

use super::definitions::Standing;
use super::life::Life;
use super::limits::{LEAVE_MAX, TRADES_IDLE_MAX, UNLISTED_WAIT};
use super::{Instrument, MarketData, connection_of};

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

    /// A frame of this connection is lost, and nobody knows whose: no book that it carries is believed. Where books
    /// come in the stream, one that opens brings all of them sooner than as many requests would.
    pub(super) fn distrust_line(&mut self, now: UnixNanos, line: usize, sink: &mut dyn MarketSink) {
        if self.protocol.rule().is_streamed() {
            let text = "a frame of it cannot be read";
            return self.give_up_line(now, line, (SyncReason::DecodeError, text), sink);
        }
        for place in 0..self.lines[line].books.len() {
            self.break_off(now, self.lines[line].books[place], SyncReason::DecodeError, sink);
        }
    }

    /// Asks for the whole book if it is wanted now; remembers when it will be.
    pub(super) fn ask_if_due(&mut self, now: UnixNanos, index: usize, sink: &mut dyn MarketSink) {
        let is_streamed = self.protocol.rule().is_streamed();
        let instrument = &mut self.instruments[index];
        let Some(ask_at) = instrument.sync.ask_at() else {
            return;
        };
        let ask_at = match instrument.standing {
            // Where the book comes in the stream, it may come although the venue did not know it once.
            Standing::Unlisted(at) if is_streamed => ask_at.max(at + UNLISTED_WAIT),
            Standing::Unlisted(_) => return,
            Standing::Presumed | Standing::Doubted => ask_at,
        };
        if ask_at > now {
            return self.wake_at(ask_at);
        }
        if instrument.is_unlisted() {
            instrument.standing = Standing::Unlisted(now);
            instrument.life = Life::default();
            // The two moments are one: what it is is asked for together with its book.
            self.ask_definitions_of(now, &[index], &mut Vec::new(), sink);
        }
        let instrument = &mut self.instruments[index];
        let line = instrument.line;
        let sent_in = match self.protocol.snapshot_path(&instrument.config.symbol) {
            Some((path, weight)) => {
                let delay = self.weight.take(now, weight);
                sink.request(connection_of(line), RequestKind::HttpGet, delay, path.as_bytes());
                delay
            }
            None => self.ask_anew(now, index, sink),
        };
        let sync = &mut self.instruments[index].sync;
        sync.on_asked(now + sent_in);
        let again_at = sync.ask_at();
        again_at.into_iter().for_each(|at| self.wake_at(at));
    }

    /// Asks for the stream of a book anew, and for what else there is of an instrument of which nothing came; says when
    /// the book is asked for.
    fn ask_anew(&mut self, now: UnixNanos, index: usize, sink: &mut dyn MarketSink) -> Nanos {
        let Instrument { config, line, life, .. } = &mut self.instruments[index];
        let line = *line;
        let book = self.protocol.book_anew(&config.symbol);
        let others = if life.wants_others() { self.protocol.others_anew(&config.symbol) } else { Vec::new() };
        let mut send = |message: &String| {
            let delay = self.take_message(now, line);
            sink.request(connection_of(line), RequestKind::Send, delay, message.as_bytes());
            delay
        };
        let asked_in = book.map(|message| send(&message))[1];
        for message in &others {
            send(message);
        }
        asked_in
    }

    /// Gives up a book whose stream says nothing any more while others show that it must have changed.
    pub(super) fn restart_book_if(
        &mut self,
        is_stalled: bool,
        now: UnixNanos,
        index: usize,
        sink: &mut dyn MarketSink,
    ) {
        if !is_stalled || !self.instruments[index].sync.has_begun() {
            return;
        }
        if self.protocol.snapshot_path(self.symbols.symbol(index)).is_some() {
            // Where the stream of a book does not begin with it, it is asked for by itself.
            self.ask_anew(now, index, sink);
        }
        self.break_off(now, index, SyncReason::Silent, sink);
    }

    /// Believes no book of a connection any more, and has it opened anew.
    pub(super) fn give_up_line(
        &mut self,
        now: UnixNanos,
        line: usize,
        (reason, text): (SyncReason, &str),
        sink: &mut dyn MarketSink,
    ) {
        for book in &self.lines[line].books {
            self.instruments[*book].sync.on_closed(now, reason, sink);
        }
        self.leave_line(now, line, text, sink);
    }

    /// Has a connection opened anew; while it still stands, again after a while.
    pub(super) fn leave_line(&mut self, now: UnixNanos, line: usize, text: &str, sink: &mut dyn MarketSink) {
        let state = &mut self.lines[line].state;
        if state.left_at.is_none() {
            state.left_at = Some(now);
            sink.request(connection_of(line), RequestKind::Reconnect, Nanos(0), text.as_bytes());
            self.wake_at(now + LEAVE_MAX);
        }
    }

    pub(super) fn leave_again_if_due(&mut self, now: UnixNanos, line: usize, sink: &mut dyn MarketSink) {
        match self.lines[line].state.left_at {
            Some(left_at) if left_at + LEAVE_MAX <= now => {
                self.lines[line].state.left_at = None;
                self.leave_line(now, line, "it still stands", sink);
            }
            Some(left_at) => self.wake_at(left_at + LEAVE_MAX),
            None => {}
        }
    }

    /// How long a connection may say nothing before its books are given up and it is replaced.
    pub(super) fn idle_max(&self, line: usize) -> Nanos {
        let is_listed = |book: &usize| !self.instruments[*book].is_unlisted();
        let carries_books = self.lines[line].books.iter().any(is_listed);
        if carries_books { self.limits.book_idle_max } else { TRADES_IDLE_MAX }
    }

    pub(super) fn reconnect_if_idle(&mut self, now: UnixNanos, index: usize, sink: &mut dyn MarketSink) {
        let idle_max = self.idle_max(index);
        let Some(heard_at) = self.lines[index].state.heard_at else {
            return;
        };
        if heard_at + idle_max > now {
            return self.wake_at(heard_at + idle_max);
        }
        self.lines[index].state.heard_at = Some(now);
        self.give_up_line(now, index, (SyncReason::Silent, "nothing came"), sink);
        self.wake_at(now + idle_max);
    }

    pub(super) fn ping_if_due(&mut self, now: UnixNanos, index: usize, sink: &mut dyn MarketSink) {
        let (Some((text, interval)), Some(ping_at)) = (self.limits.ping, self.lines[index].state.ping_at)
        else {
            return;
        };
        let mut ping_at = ping_at;
        if ping_at <= now {
            // It is counted, and does not wait behind what is to be asked for: without it the connection ends.
            let _ = self.take_message(now, index);
            sink.request(connection_of(index), RequestKind::Send, Nanos(0), text.as_bytes());
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
