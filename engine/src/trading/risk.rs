//! The risk gate: every order of every strategy passes here, or does not pass.
//!
//! All checks are evaluated, in one fixed order, on integers with checked arithmetic. What cannot be known (no
//! reference price, no limits, a number that overflows) is refused. A denial names the first check that refused and,
//! as bits, all that did. Cancels pass in every state.
//!
//! The gate judges by what it is told in [`Context`]; it owns no order, no position and no book.

pub(crate) mod approval;
mod bucket;
mod check;
mod checks;
mod conduct;
mod guards;
mod held;
mod limits;
mod settings;

pub(crate) use approval::admit;
pub use approval::{Admitted, Approved};
pub use check::{Breach, RiskCheck};
pub use guards::Guards;
pub use limits::{ORDERS_BEFORE_RATIO, REJECT_WINDOW, RiskLimits};
pub use settings::{GuardSettings, RiskSettings};

use bucket::TokenBucket;
use checks::Case;
use conduct::Conduct;
use fulmar_bus::record::{
    CancelOrder, Denial, InstrumentId, Intent, Listing, ModifyIntent, ModifyOrder, Nanos, Order, Price,
    Quantity, SyncState, TopOfBook, UnixNanos,
};

use super::order::TrackedOrder;
use super::{InstrumentRules, ORDER_INSTRUMENTS_MAX};

/// What the gate has to know of the moment, of one instrument.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The turn's time.
    pub now: UnixNanos,
    /// Best bid and ask, as far as known.
    pub top: Option<TopOfBook>,
    /// How far the book can be believed.
    pub sync: SyncState,
    /// When the last update of that book reached this machine.
    pub last_update_at: UnixNanos,
    /// Position over all strategies.
    pub position: Quantity,
    /// What open orders to buy could still trade, those of unknown fate included.
    pub open_buy_qty: i128,
    /// What open orders to sell could still trade, those of unknown fate included.
    pub open_sell_qty: i128,
    /// How many orders are open.
    pub open_orders: u32,
    /// What open orders are worth at their prices; those without one count nothing.
    pub open_notional: i128,
    /// The price of our own order, on the side that the judged one trades with, that it would meet first.
    pub own_opposite: Option<Price>,
    /// How many orders are open of which nobody knows what became of them.
    pub unknown_orders: u32,
    /// Since when there is one such; none where there is none.
    pub unknown_since: Option<UnixNanos>,
    /// Whether the strategy may trade the instrument.
    pub is_permitted: bool,
}

/// The gate's answer.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict<T = Order> {
    /// It may go.
    Approved(Approved<T>),
    /// It may not, and why.
    Denied(Denial),
}

/// At which point of its life an order is judged.
#[derive(Clone, Copy, Debug)]
struct Stage {
    /// It was not judged before.
    is_new: bool,
    /// The engine holds it: nothing leaves yet.
    is_held: bool,
}

impl Stage {
    /// It is wanted, and leaves.
    const NEW: Stage = Stage { is_new: true, is_held: false };
    /// It was judged before, and is another now.
    const AGAIN: Stage = Stage { is_new: false, is_held: false };
}

/// What the gate keeps of one instrument.
#[derive(Clone, Copy, Debug)]
struct Controlled {
    rules: InstrumentRules,
    limits: RiskLimits,
    messages: TokenBucket,
    conduct: Conduct,
    /// No order passes until it is controlled again; what is remembered stays.
    is_released: bool,
}

/// The gate. See the module.
#[derive(Debug, Default)]
pub struct RiskGate {
    instruments: Vec<Option<Controlled>>,
    /// By instrument, as far as venues spoke of them; where they did not, it is listed.
    listings: Vec<Listing>,
    is_killed: bool,
    cancels_over_budget: u64,
}

impl RiskGate {
    /// A gate that lets nothing pass: no instrument is known.
    pub fn new() -> Self {
        RiskGate::default()
    }

    /// Sets what holds for an instrument from now on. A new revision of its definition needs limits at its new scales.
    /// The message budget starts full the first time and keeps its level where rate and window stay.
    ///
    /// # Panics
    /// Where the id is beyond [`ORDER_INSTRUMENTS_MAX`]: the instrument table is checked when it is built.
    pub fn control(&mut self, instrument_id: InstrumentId, rules: InstrumentRules, limits: RiskLimits) {
        let index = checked_index(instrument_id);
        if self.instruments.len() <= index {
            self.instruments.resize(index + 1, None);
        }
        let known = self.instruments[index].as_ref();
        let messages = match known {
            Some(known) if known.limits.has_rate_of(&limits) => known.messages,
            _ => TokenBucket::new(limits.messages_max, Nanos(limits.message_window_ns)),
        };
        let conduct = match known {
            Some(known) => known.conduct.under(&known.limits.guards, &limits.guards),
            None => Conduct::new(&limits.guards),
        };
        self.instruments[index] = Some(Controlled { rules, limits, messages, conduct, is_released: false });
    }

    /// An order of the instrument traded.
    pub fn on_trade(&mut self, instrument_id: InstrumentId) {
        if let Some(controlled) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            controlled.conduct.on_trade();
        }
    }

    /// The venue rejected an order of the instrument.
    pub fn on_reject(&mut self, instrument_id: InstrumentId, now: UnixNanos) {
        if let Some(controlled) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            controlled.conduct.on_reject(now);
        }
    }

    /// Lets no order of the instrument pass any more, until it is controlled again.
    pub fn release(&mut self, instrument_id: InstrumentId) {
        if let Some(controlled) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            controlled.is_released = true;
        }
    }

    /// Takes in what the venue says of an instrument: no order passes until it is listed, whatever it is controlled by.
    ///
    /// # Panics
    /// As [`RiskGate::control`].
    pub fn list(&mut self, instrument_id: InstrumentId, listing: Listing) {
        let index = checked_index(instrument_id);
        if self.listings.len() <= index {
            self.listings.resize(index + 1, Listing::Listed);
        }
        self.listings[index] = listing;
    }

    /// Judges an intent. An approval takes one message of the budget; a denial takes none, since nothing leaves.
    pub fn check(&mut self, intent: &Intent, instrument_id: InstrumentId, context: &Context) -> Verdict {
        match self.judge((intent, intent.quantity, Stage::NEW), instrument_id, context) {
            None => {
                let order = Order { intent: *intent, approved_at: context.now };
                Verdict::Approved(Approved::new(instrument_id, order))
            }
            Some(denial) => Verdict::Denied(denial),
        }
    }

    /// Judges a change of `order` as the order that it makes of it: what may trade on then is all of its new quantity
    /// that is in no position yet. `context` is that of the instrument without this order.
    pub fn check_change(
        &mut self,
        order: &TrackedOrder,
        modify: &ModifyIntent,
        context: &Context,
    ) -> Verdict<ModifyOrder> {
        let (before, instrument_id) = (order.intent(), order.instrument_id());
        let intent = modify.terms.applied_to(*before);
        let adding_qty = Quantity(intent.quantity.0.saturating_sub(order.booked_qty().0));
        match self.judge((&intent, adding_qty, Stage::AGAIN), instrument_id, context) {
            None => {
                let change = ModifyOrder::new(before, modify, order.venue_order_id());
                Verdict::Approved(Approved::new(instrument_id, change))
            }
            Some(denial) => Verdict::Denied(denial),
        }
    }

    /// Why what is wanted may not be; `None` where it may. What leaves then takes a message of the budget.
    fn judge(
        &mut self,
        (intent, adding_qty, stage): (&Intent, Quantity, Stage),
        instrument_id: InstrumentId,
        context: &Context,
    ) -> Option<Denial> {
        let always = [
            (RiskCheck::KillSwitch, kill_breach(self.is_killed)),
            (RiskCheck::InstrumentHalted, self.halt_breach(instrument_id)),
        ];
        let controlled = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut);
        let Some(controlled) = controlled.filter(|controlled| !controlled.is_released) else {
            return Some(deny_unknown(intent, always));
        };
        let Controlled { rules, limits, messages, conduct, .. } = controlled;
        let (now, guards) = (context.now, &limits.guards);
        let tokens = messages.tokens(now);
        let case = Case { intent, adding_qty, context, rules, limits };
        // A change is no further order: it is held against the market and the limits, not against how orders went.
        let of_new = |breach: Option<Breach>| breach.filter(|_| stage.is_new);
        // What is held neither leaves nor meets anybody.
        let of_sent = |breach: Option<Breach>| breach.filter(|_| !stage.is_held);
        let [killed, halted] = always;
        let breaches = [
            killed,
            halted,
            // Before all that multiplies, which means nothing where a unit is not one of the base asset.
            (RiskCheck::NotSupported, case.not_supported(stage)),
            (RiskCheck::StaleMarketData, case.stale_market_data()),
            (RiskCheck::MaxOrderQty, case.max_order_qty()),
            (RiskCheck::MaxOrderNotional, case.max_order_notional()),
            (RiskCheck::TickLotPrecision, case.tick_lot_precision()),
            (RiskCheck::MinQty, case.min_qty()),
            (RiskCheck::MinNotional, case.min_notional()),
            (RiskCheck::ReduceOnly, case.reduce_only()),
            (RiskCheck::MaxPosition, case.max_position()),
            (RiskCheck::MaxOpenOrders, case.max_open_orders()),
            (RiskCheck::MaxMsgRate, of_sent(case.max_msg_rate(tokens))),
            (RiskCheck::PriceCollar, case.price_collar()),
            (RiskCheck::MarketOrderProtection, of_sent(case.market_order_protection())),
            (RiskCheck::MaxOpenNotional, case.max_open_notional()),
            (RiskCheck::DuplicateOrder, of_new(conduct.duplicate_order(intent, now, guards))),
            (RiskCheck::SelfTrade, of_sent(case.self_trade())),
            (RiskCheck::NotPermitted, permission_breach(context.is_permitted)),
            (RiskCheck::ShortNotAllowed, case.short_not_allowed()),
            (RiskCheck::OrderToTradeRatio, of_new(conduct.order_to_trade_ratio(guards))),
            (RiskCheck::UnknownOrderState, case.unknown_order_state()),
            (RiskCheck::RejectStorm, conduct.reject_storm(now, guards)),
        ];
        let denial = denial(intent, &breaches);
        if denial.is_none() && !stage.is_held {
            let is_taken = messages.take();
            assert!(is_taken, "the rate check saw a token");
        }
        if denial.is_none() && stage.is_new {
            conduct.on_order(intent, now);
        }
        denial
    }

    /// Lets a cancel pass, whatever holds. It takes a message of the budget where one is left; where none is, it
    /// passes all the same and is counted.
    pub fn pass_cancel(
        &mut self,
        cancel: CancelOrder,
        instrument_id: InstrumentId,
        now: UnixNanos,
    ) -> Approved<CancelOrder> {
        if let Some(controlled) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            controlled.messages.tokens(now);
            if !controlled.messages.take() {
                self.cancels_over_budget += 1;
            }
        }
        Approved::new(instrument_id, cancel)
    }

    /// Latches the kill: no order passes any more, cancels do. Only a new process undoes it.
    pub fn kill(&mut self) {
        self.is_killed = true;
    }

    /// True once the kill is latched.
    pub fn is_killed(&self) -> bool {
        self.is_killed
    }

    /// Cancels that passed with no message left in the budget.
    pub fn cancels_over_budget(&self) -> u64 {
        self.cancels_over_budget
    }

    fn halt_breach(&self, instrument_id: InstrumentId) -> Option<Breach> {
        let listing = self.listings.get(instrument_id.index()).copied().unwrap_or(Listing::Listed);
        let (value, limit) = (listing as u8, Listing::Listed as u8);
        (listing != Listing::Listed).then_some(Breach { value: value.into(), limit: limit.into() })
    }
}

impl RiskLimits {
    /// True where both allow the same rate, so that one bucket serves either.
    fn has_rate_of(&self, other: &RiskLimits) -> bool {
        self.messages_max == other.messages_max && self.message_window_ns == other.message_window_ns
    }
}

fn checked_index(instrument_id: InstrumentId) -> usize {
    let index = instrument_id.index();
    assert!(
        index < ORDER_INSTRUMENTS_MAX,
        "instrument {index} is beyond the limit of {ORDER_INSTRUMENTS_MAX}"
    );
    index
}

/// An instrument without rules and limits has nothing that the other checks could measure by.
fn deny_unknown(intent: &Intent, [killed, halted]: [(RiskCheck, Option<Breach>); 2]) -> Denial {
    let unknown = (RiskCheck::UnknownInstrument, Some(Breach::UNKNOWABLE));
    denial(intent, &[killed, halted, unknown]).expect("the last check refuses")
}

fn kill_breach(is_killed: bool) -> Option<Breach> {
    is_killed.then_some(Breach { value: 1, limit: 0 })
}

fn permission_breach(is_permitted: bool) -> Option<Breach> {
    (!is_permitted).then_some(Breach { value: 1, limit: 0 })
}

/// The first breach as a denial, with the bits of all; `None` where there is none.
fn denial(intent: &Intent, breaches: &[(RiskCheck, Option<Breach>)]) -> Option<Denial> {
    let mut refused = breaches.iter().filter_map(|(check, breach)| Some((*check, (*breach)?)));
    let (first, breach) = refused.next()?;
    let mut denial = first.deny(intent, breach);
    denial.codes = refused.fold(denial.codes, |codes, (check, _)| codes | check.bit());
    Some(denial)
}

#[cfg(test)]
mod tests;
