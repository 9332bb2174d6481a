//! The risk gate: every order of every strategy passes here, or does not pass.
//!
//! All checks are evaluated, in one fixed order, on integers with checked arithmetic. What cannot be known (no
//! reference price, no limits, a number that overflows) is refused. A denial names the first check that refused and,
//! as bits, all that did. Cancels pass in every state.
//!
//! The gate judges by what it is told in [`Context`]; it owns no order, no position and no book.

pub(crate) mod approval;
mod cancels;
mod check;
mod checks;
mod conduct;
mod context;
mod exposure;
mod findings;
mod guards;
mod held;
mod iceberg;
mod limits;
mod losses;
mod scope;
mod settings;

pub(crate) use approval::admit;
pub use approval::{Admitted, Approved};
pub use check::{Breach, RiskCheck};
pub use context::Context;
pub use exposure::Exposures;
pub use guards::Guards;
pub(crate) use guards::middle;
pub use limits::{EXECUTION_WINDOW, ORDERS_BEFORE_RATIO, REJECT_WINDOW, RiskLimits};
pub use losses::{LossGuard, LossLimits};
pub(crate) use losses::{beyond, millionths};
pub use scope::{ScopeBreaches, ScopeLimits, ScopeSettings};
pub use settings::{GuardSettings, RiskSettings};

use super::TokenBucket;
use checks::Case;
use conduct::Conduct;
use findings::{Findings, deny_unknown, flag};
use fulmar_bus::record::{
    Denial, InstrumentId, Intent, Listing, ModifyIntent, ModifyOrder, Nanos, Order, Price, Quantity,
    TopOfBook, UnixNanos,
};

use super::order::TrackedOrder;
use super::{InstrumentRules, ORDER_INSTRUMENTS_MAX};

/// The gate's answer.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict<T = Order> {
    /// It may go.
    Approved(Approved<T>),
    /// It may not, and why.
    Denied(Denial),
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
    is_stopped: bool,
    cancels_over_budget: u64,
}

/// What is judged.
#[derive(Clone, Copy)]
struct Wish<'a> {
    intent: &'a Intent,
    /// What of it would be in no position yet.
    adding_qty: Quantity,
    /// A change is no further order: it is held against the market and the limits, not against how orders went.
    is_new: bool,
    /// It closes what one strategy holds, whatever the others hold against it.
    is_closing: bool,
    /// The engine holds it: nothing leaves yet.
    is_held: bool,
}

impl<'a> Wish<'a> {
    /// An order that is wanted, and leaves.
    const fn new(intent: &'a Intent) -> Self {
        Wish { intent, adding_qty: intent.quantity, is_new: true, is_closing: false, is_held: false }
    }

    /// One that was judged before, and is this now.
    const fn again(intent: &'a Intent, adding_qty: Quantity) -> Self {
        Wish { adding_qty, is_new: false, ..Wish::new(intent) }
    }
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

    /// An order of the instrument traded at `price`, while its market was at `top`, as far as that is known.
    pub fn on_trade(
        &mut self,
        instrument_id: InstrumentId,
        now: UnixNanos,
        price: Price,
        top: Option<&TopOfBook>,
    ) {
        if let Some(controlled) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            controlled.conduct.on_trade(now, price, top, &controlled.limits.guards);
        }
    }

    /// As much of `held` as one order may close of an instrument, in whole steps; nothing where that is too little.
    pub fn closing_qty(&self, instrument_id: InstrumentId, held: Quantity) -> Quantity {
        let Some(Controlled { rules, limits, .. }) = self.controlled(instrument_id) else {
            return Quantity(0);
        };
        let most = match rules.quantity_max.0 {
            0 => limits.order_quantity_max,
            asked => asked.min(limits.order_quantity_max),
        };
        let quantity = held.0.saturating_abs().min(most);
        let whole = quantity - quantity % rules.quantity_step();
        if whole < rules.quantity_min.0 { Quantity(0) } else { Quantity(whole) }
    }

    /// Something is wrong with the orders of an instrument that only a person can judge: until it is enabled, nothing
    /// that adds passes.
    pub fn hold(&mut self, instrument_id: InstrumentId) {
        if let Some(controlled) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            controlled.conduct.hold();
        }
    }

    /// Somebody has looked at what held the orders of an instrument back: they pass again.
    pub fn enable(&mut self, instrument_id: InstrumentId) {
        if let Some(controlled) = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut) {
            controlled.conduct.enable(&controlled.limits.guards);
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
        self.check_order(Wish::new(intent), instrument_id, context)
    }

    /// Judges an order that closes what one strategy holds of the instrument, and no more: what holds back all that
    /// does not reduce does not hold it back, even where other strategies hold the opposite.
    pub fn check_closing(
        &mut self,
        intent: &Intent,
        instrument_id: InstrumentId,
        context: &Context,
    ) -> Verdict {
        self.check_order(Wish { is_closing: true, ..Wish::new(intent) }, instrument_id, context)
    }

    fn check_order(&mut self, wish: Wish<'_>, instrument_id: InstrumentId, context: &Context) -> Verdict {
        match self.judge(wish, instrument_id, context) {
            None => {
                let intent = self.leaving(wish.intent, instrument_id);
                let order = Order { intent, approved_at: context.now };
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
        match self.judge(Wish::again(&intent, adding_qty), instrument_id, context) {
            None => {
                let change = ModifyOrder::new(before, modify, order.venue_order_id());
                Verdict::Approved(Approved::new(instrument_id, change))
            }
            Some(denial) => Verdict::Denied(denial),
        }
    }

    /// Why what is wanted may not be; `None` where it may, for which a message of the budget is taken. What reduces is
    /// held against what it is, and against no state that others brought about.
    fn judge(&mut self, wish: Wish<'_>, instrument_id: InstrumentId, context: &Context) -> Option<Denial> {
        let intent = wish.intent;
        let halted = self.halt_breach(instrument_id);
        let (is_killed, is_stopped) = (self.is_killed || context.is_killed, self.is_stopped);
        let controlled = self.instruments.get_mut(instrument_id.index()).and_then(Option::as_mut);
        let Some(controlled) = controlled.filter(|controlled| !controlled.is_released) else {
            return Some(deny_unknown(intent, flag(is_killed), halted));
        };
        let Controlled { rules, limits, messages, conduct, .. } = controlled;
        let (now, guards, scopes) = (context.now, &limits.guards, &context.scopes);
        messages.fill(now);
        let case = Case { intent, adding_qty: wish.adding_qty, context, rules, limits };
        let is_reducing = wish.is_closing || case.is_reducing();
        let of_new = |breach: Option<Breach>| breach.filter(|_| wish.is_new && !is_reducing);
        let of_adding = |breach: Option<Breach>| breach.filter(|_| !is_reducing);
        // What is held neither leaves nor meets anybody.
        let of_sent = |breach: Option<Breach>| breach.filter(|_| !wish.is_held);
        // What cannot be valued may still be closed.
        let of_known =
            |breach: Option<Breach>| breach.filter(|breach| !is_reducing || breach.value < i128::MAX);
        let mut found = Findings::default();
        found.note(RiskCheck::KillSwitch, flag(is_stopped || (is_killed && !is_reducing)));
        found.note(RiskCheck::InstrumentHalted, halted);
        // Before all that multiplies, which means nothing where a unit is not one of the base asset.
        found.note(RiskCheck::NotSupported, case.not_supported(&wish));
        found.note(RiskCheck::ParentChildOverrun, case.parent_child_overrun());
        found.note(RiskCheck::StaleMarketData, of_adding(case.stale_market_data()));
        found.note(RiskCheck::MaxOrderQty, case.max_order_qty());
        found.note(RiskCheck::MaxOrderNotional, of_known(case.max_order_notional()));
        found.note(RiskCheck::TickLotPrecision, case.tick_lot_precision());
        found.note(RiskCheck::MinQty, case.min_qty());
        found.note(RiskCheck::DisplayQty, case.display_qty(&wish));
        found.note(RiskCheck::MinNotional, of_known(case.min_notional()));
        found.note(RiskCheck::ReduceOnly, case.reduce_only());
        found.note(RiskCheck::MaxPosition, of_adding(case.max_position()));
        found.note(RiskCheck::MaxOpenOrders, of_adding(case.max_open_orders().or(scopes.open_orders)));
        found.note(RiskCheck::MaxMsgRate, of_sent(case.max_msg_rate(messages, is_reducing)));
        found.note(RiskCheck::PriceCollar, of_known(case.price_collar()));
        found.note(RiskCheck::MarketOrderProtection, of_sent(of_adding(case.market_order_protection())));
        found.note(RiskCheck::MaxOpenNotional, of_adding(case.max_open_notional()));
        found.note(RiskCheck::DuplicateOrder, of_new(conduct.duplicate_order(intent, now, guards)));
        found.note(RiskCheck::SelfTrade, of_sent(case.self_trade()));
        found.note(RiskCheck::NotPermitted, flag(!context.is_permitted));
        found.note(RiskCheck::ShortNotAllowed, of_adding(case.short_not_allowed()));
        found.note(RiskCheck::OrderToTradeRatio, of_new(conduct.order_to_trade_ratio(now, guards)));
        found.note(RiskCheck::UnknownOrderState, of_adding(conduct.held().or(case.unknown_order_state())));
        found.note(RiskCheck::RejectStorm, of_adding(conduct.reject_storm(now, guards)));
        found.note(RiskCheck::FillPriceSanity, of_adding(conduct.fill_price_sanity()));
        found.note(RiskCheck::RepeatedExecution, of_adding(conduct.repeated_execution()));
        found.note(RiskCheck::MaxDailyLoss, of_adding(scopes.daily_loss));
        found.note(RiskCheck::MaxDrawdown, of_adding(scopes.drawdown));
        found.note(RiskCheck::PnlJump, of_adding(scopes.pnl_jump));
        found.note(RiskCheck::MaxExposure, of_adding(scopes.exposure));
        found.note(RiskCheck::InsufficientBalance, of_adding(scopes.balance));
        found.note(RiskCheck::MaxVar, of_adding(scopes.var));
        let denial = found.denial(intent);
        if denial.is_none() && !wish.is_held {
            let is_taken = messages.take();
            assert!(is_taken, "the rate check saw a token");
        }
        if denial.is_none() && wish.is_new {
            conduct.on_order(intent, now);
        }
        denial
    }

    /// Latches the kill: nothing passes any more but cancels and what reduces. Only a new process undoes it.
    pub fn kill(&mut self) {
        self.is_killed = true;
    }

    /// The run ends: nothing passes any more but cancels.
    pub fn stop(&mut self) {
        (self.is_killed, self.is_stopped) = (true, true);
    }

    /// True once the kill is latched.
    pub fn is_killed(&self) -> bool {
        self.is_killed
    }

    fn controlled(&self, instrument_id: InstrumentId) -> Option<&Controlled> {
        self.instruments.get(instrument_id.index()).and_then(Option::as_ref)
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

#[cfg(test)]
mod tests;
