//! The way from an open connection to one on which orders may leave: the venue's clock, the login, what stands.

use fulmar_bus::record::{Nanos, RequestKind, UnixNanos};
use fulmar_engine::contract::{OrderSession, OrderSink};

use super::super::credentials::KeyKind;
use super::super::limits::LOGIN_WAIT;
use super::encode::{self, purpose};
use super::errors::{self, Consequence};
use super::{BinanceOrderEntry, Handled};
use crate::decode::json::Fields;

/// How far the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Closed,
    /// Open; what the next step waits for was sent at this moment.
    LoggingIn(Step, UnixNanos),
    /// Logged in, and told of everything from now on. What happened before is being asked for.
    Reconciling,
    Ready,
}

/// What a login waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The venue's clock, since the login is dated.
    Clock,
    /// That the connection is vouched for.
    Logon,
    /// That we hear of our own orders, or may open the stream on which we do.
    Subscription,
    /// That this stream opens.
    Stream,
}

impl Line {
    /// True where the venue takes requests and tells us what becomes of them.
    pub(super) const fn is_logged_in(self) -> bool {
        matches!(self, Line::Reconciling | Line::Ready)
    }
}

impl BinanceOrderEntry {
    pub(super) fn on_opened(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        self.writer.is_vouched_for = false;
        self.wait_for(Step::Clock, now);
        self.ask_clock(now, sink);
    }

    pub(super) fn on_closed(&mut self, sink: &mut dyn OrderSink) {
        self.line = Line::Closed;
        self.clock.silence();
        self.reconciliation.silence();
        for order in self.orders.iter_mut() {
            order.check_at = None;
            if let Some(report) = order.become_unknown() {
                sink.report(order.instrument_id, &report);
            }
        }
    }

    pub(super) fn ask_clock(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        // It is never held back: what waits cannot be measured.
        self.weight.take(now, self.weights.clock);
        self.clock.asked(now);
        sink.request(0, RequestKind::Send, Nanos(0), encode::time(&mut self.writer));
    }

    /// Takes the answer to a request of the session's own, with what the venue says against it.
    pub(super) fn on_own_answer(
        &mut self,
        now: UnixNanos,
        purpose: &[u8],
        answer: &Fields<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let error = answer.find("error").map(Fields::of).transpose()?;
        if purpose == purpose::CLOCK {
            return self.on_clock(now, answer, sink);
        }
        if let Some(error) = error {
            let (code, words) = (error.signed("code")?, error.text("msg")?);
            tracing::error!("{}: the login is refused: {code} {words}", self.venue());
            let told = errors::meaning(0, code, words);
            if told.consequence == Consequence::AskClock {
                self.clock.distrust();
            }
            sink.request(0, RequestKind::Reconnect, LOGIN_WAIT, b"the login was refused");
            return Ok(());
        }
        if purpose == purpose::LOGON {
            self.writer.is_vouched_for = true;
            self.subscribe(now, sink);
        } else {
            self.on_subscribed(now, sink);
        }
        Ok(())
    }

    fn on_clock(&mut self, now: UnixNanos, answer: &Fields<'_, '_>, sink: &mut dyn OrderSink) -> Handled {
        let was_known = self.clock.is_known();
        if let Some(result) = answer.find("result") {
            self.clock.answered(now, UnixNanos::from_millis(Fields::of(result)?.unsigned("serverTime")?));
        }
        match self.line {
            Line::LoggingIn(Step::Clock, _) if self.writer.kind() == KeyKind::Ed25519 => {
                self.wait_for(Step::Logon, now);
                self.weight.take(now, self.weights.login);
                let logon = encode::logon(&mut self.writer, self.clock.at(now));
                sink.request(0, RequestKind::Send, Nanos(0), logon);
            }
            Line::LoggingIn(Step::Clock, _) => self.subscribe(now, sink),
            // The venue had refused our moments, so that nothing could be asked.
            _ if !was_known => {
                self.orders.ask_for_unknown(now);
                self.ask_for_due(now, sink);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn subscribe(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        self.wait_for(Step::Subscription, now);
        if self.product.is_futures() {
            return self.ask_listen_key(now, sink);
        }
        self.weight.take(now, self.weights.login);
        let subscribe = encode::subscribe(&mut self.writer, self.clock.at(now));
        sink.request(0, RequestKind::Send, Nanos(0), subscribe);
    }

    pub(super) fn on_subscribed(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        self.line = Line::Reconciling;
        // Whatever happened while nobody listened: each order is asked for once.
        for order in self.orders.iter_mut() {
            (order.check_at, order.attempts) = (Some(now), 0);
        }
        self.ask_for_due(now, sink);
        self.reconcile(now, sink);
    }

    pub(super) fn wait_for(&mut self, step: Step, now: UnixNanos) {
        self.line = Line::LoggingIn(step, now);
        self.wake_at(now + LOGIN_WAIT);
    }

    /// Begins anew where a step of the login was not answered, and asks the clock when it is time to.
    pub(super) fn keep_line(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        match self.line {
            Line::LoggingIn(step, since) if since + LOGIN_WAIT <= now => {
                self.wait_for(step, now);
                sink.request(0, RequestKind::Reconnect, Nanos(0), b"no answer to the login");
            }
            Line::LoggingIn(_, since) => self.wake_at(since + LOGIN_WAIT),
            Line::Reconciling | Line::Ready => {
                if self.clock.due_at().is_some_and(|at| at <= now) {
                    self.ask_clock(now, sink);
                }
                self.clock.due_at().into_iter().for_each(|at| self.wake_at(at));
            }
            Line::Closed => {}
        }
    }

    /// The venue does not let us trade: nothing new leaves until somebody has looked and started anew. What stands can
    /// still be canceled.
    pub(super) fn halt(&mut self, cause: &str) {
        if !self.is_halted {
            self.is_halted = true;
            tracing::error!("{}: HALTED, no order leaves any more, cancels are tried: {cause}", self.venue());
        }
    }
}
