//! The stream of an account of futures: a key for it is asked for over HTTP, a second connection is opened with it, and
//! it is kept alive. Where it ended, or its connection did, nobody listened: a new one is taken and what was missed is
//! asked for.
//!
//! The key opens the stream to whoever has it, for an hour at most. It trades nothing. It comes in a frame, so a
//! journal has it.

use fulmar_bus::record::{Nanos, RequestKind, UnixNanos};
use fulmar_engine::contract::OrderSink;

use super::super::limits::{LISTEN_KEY_INTERVAL, LOGIN_WAIT};
use super::login::{Line, Step};
use super::{BinanceOrderEntry, Handled, http};

/// Which connection carries what is told of the account, where it is not the one that carries requests.
pub(super) const STREAM: u8 = 1;

/// The key of the account's stream.
#[derive(Default)]
pub(super) struct ListenKey {
    text: String,
    /// When to keep it alive.
    renew_at: Option<UnixNanos>,
}

impl BinanceOrderEntry {
    /// Asks for a key, or keeps the one that there is alive: the venue does both alike.
    pub(super) fn ask_listen_key(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        let delay = self.weight.take(now, self.weights.login);
        sink.request(0, RequestKind::HttpPost, delay, http::LISTEN_KEY.as_bytes());
        self.listen_key.renew_at = Some(now + delay + LISTEN_KEY_INTERVAL);
    }

    pub(super) fn on_listen_key(&mut self, now: UnixNanos, key: &str, sink: &mut dyn OrderSink) -> Handled {
        let is_wanted = matches!(self.line, Line::LoggingIn(Step::Subscription, _));
        let is_new = self.listen_key.text != key;
        if is_new {
            key.clone_into(&mut self.listen_key.text);
        }
        if is_wanted || (is_new && self.line.is_logged_in()) {
            self.reconciliation.silence();
            self.wait_for(Step::Stream, now);
            let url = format!("{}/ws/{key}", self.stream_url);
            sink.request(STREAM, RequestKind::Open, Nanos(0), url.as_bytes());
        }
        Ok(())
    }

    /// The venue gives no key. The login begins anew where one was waited for, and else the old one lasts a while.
    pub(super) fn on_listen_key_refused(&mut self, sink: &mut dyn OrderSink) {
        if matches!(self.line, Line::LoggingIn(Step::Subscription, _)) {
            sink.request(0, RequestKind::Reconnect, LOGIN_WAIT, b"there is no listen key");
        }
    }

    /// The stream is open.
    pub(super) fn on_stream_opened(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        if matches!(self.line, Line::LoggingIn(Step::Stream, _)) {
            self.on_subscribed(now, sink);
        }
    }

    /// Nobody is told any more: its connection is lost, or its key ended.
    pub(super) fn on_stream_lost(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        if self.line.is_logged_in() {
            self.reconciliation.silence();
            self.subscribe(now, sink);
        }
    }

    pub(super) fn keep_listen_key(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        if !self.product.is_futures() || !self.line.is_logged_in() {
            return;
        }
        if self.listen_key.renew_at.is_some_and(|at| at <= now) {
            self.ask_listen_key(now, sink);
        }
        self.listen_key.renew_at.into_iter().for_each(|at| self.wake_at(at));
    }
}
