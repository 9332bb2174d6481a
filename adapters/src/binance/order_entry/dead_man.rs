//! The venue's dead-man timer: while orders of ours of a symbol stand, the venue is told again and again to cancel them
//! unless it hears from us within a minute. It then cancels those of others too, so it is told to wait for nothing as
//! soon as none of ours stand. Spot has no such timer.

use fulmar_bus::record::{InstrumentId, Nanos, RequestKind, UnixNanos};
use fulmar_engine::contract::OrderSink;

use super::super::limits::{COUNTDOWN, COUNTDOWN_INTERVAL};
use super::BinanceOrderEntry;
use super::encode::{self, Tradable};
use super::open_orders::OpenOrder;

/// By instrument: when the venue is to hear from us again; `None` where it waits for nothing.
pub(super) struct DeadMan {
    renew_at: Vec<Option<UnixNanos>>,
}

impl DeadMan {
    pub(super) const fn new() -> Self {
        DeadMan { renew_at: Vec::new() }
    }

    /// An instrument is new.
    pub(super) fn include(&mut self, index: usize) {
        if self.renew_at.len() <= index {
            self.renew_at.resize(index + 1, None);
        }
    }
}

impl BinanceOrderEntry {
    /// An order of the instrument leaves: its timer is armed in the same turn.
    pub(super) fn arm(&mut self, now: UnixNanos, instrument_id: InstrumentId) {
        if self.product.is_futures() && self.dead_man.renew_at[instrument_id.index()].is_none() {
            self.dead_man.renew_at[instrument_id.index()] = Some(now);
            self.wake_at(now);
        }
    }

    /// An order of the instrument ended: where no other stands, its timer is disarmed in the same turn.
    pub(super) fn disarm(&mut self, now: UnixNanos, instrument_id: InstrumentId) {
        if self.dead_man.renew_at.get(instrument_id.index()).is_some_and(Option::is_some) {
            self.wake_at(now);
        }
    }

    /// Tells the venue that we are there, where it is time to.
    pub(super) fn keep_armed(&mut self, now: UnixNanos, sink: &mut dyn OrderSink) {
        if !self.product.is_futures() || !self.line.is_logged_in() {
            return;
        }
        for index in 0..self.dead_man.renew_at.len() {
            // Of an earlier boot, an order may stand of what is not defined yet.
            let Some(tradable) = self.instruments[index] else { continue };
            let is_ours = |order: &OpenOrder| {
                order.instrument_id.index() == index && order.stands() && !order.client_order_id.is_foreign()
            };
            let stands = self.orders.iter().any(is_ours);
            // Orders that come and go at once must not spend on the timer what they need themselves.
            let can_wait = stands || !self.weight.has_room(now, 2 * self.cancel_reserve);
            let renew_at = match self.dead_man.renew_at[index] {
                Some(at) if at > now && can_wait => Some(at),
                None if !stands => None,
                _ => {
                    let wait = if stands { COUNTDOWN } else { Nanos(0) };
                    let delay = self.count_down(now, (&tradable, wait), sink);
                    stands.then_some(now + delay + COUNTDOWN_INTERVAL)
                }
            };
            self.dead_man.renew_at[index] = renew_at;
            renew_at.into_iter().for_each(|at| self.wake_at(at));
        }
    }

    fn count_down(
        &mut self,
        now: UnixNanos,
        (tradable, wait): (&Tradable, Nanos),
        sink: &mut dyn OrderSink,
    ) -> Nanos {
        let delay = self.weight.take(now, self.weights.countdown);
        let at = self.clock.at(now + delay);
        let bytes = encode::countdown(&mut self.writer, at, wait.0 / 1_000_000, tradable);
        sink.request(0, RequestKind::HttpPost, delay, bytes);
        delay
    }
}
