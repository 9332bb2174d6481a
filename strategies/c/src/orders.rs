//! What C wants of orders: to place, change and cancel them, and to see what is open. Each passes the host's own doors,
//! and after them the risk gate.
#![allow(unsafe_code, reason = "a function that C finds by its name has a name that nobody else may have")]

use fulmar_bus::record::{
    ClientOrderId, InstrumentId, OrderStatus, OrderTerms, OrderType, Price, Quantity, Side, TimeInForce,
    TriggerBy, UnixNanos,
};
use fulmar_engine::contract;
use fulmar_engine::trading::order::TrackedOrder;
use zerocopy::TryFromBytes;

use crate::context::Context;
use crate::memory::{Items, Out, Places};
use crate::outcome::Outcome;

/// An order as a strategy asks for it. Make one with a function of its type and change what else is to hold; what is
/// zero says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct NewOrder {
    /// Limit price, at the instrument's price scale, of an order that has one.
    pub price: Price,
    /// How much, at the instrument's quantity scale.
    pub quantity: Quantity,
    /// The price that it waits for, of an order that waits for one.
    pub trigger_price: Price,
    /// How far the trigger of a trailing stop stays behind the market.
    pub trailing_offset: Price,
    /// The most of it that the book shows at one time; zero for all.
    pub display_qty: Quantity,
    /// The last moment at which it may stand, with FULMAR_TIME_IN_FORCE_GTD.
    pub expire_at: UnixNanos,
    /// What the strategy calls it; comes back in every report.
    pub tag: u64,
    /// The order that it waits for; zero where it waits for none.
    pub after: ClientOrderId,
    /// Buy or sell: a fulmar_side.
    pub side: u8,
    /// A fulmar_order_type.
    pub order_type: u8,
    /// A fulmar_time_in_force; zero for until canceled, of a market order for at once or never.
    pub time_in_force: u8,
    /// Which price triggers it: a fulmar_trigger_by.
    pub trigger_by: u8,
    /// One where it may take nothing: it rests, or is rejected.
    pub post_only: u8,
    /// One where it may only bring the position nearer to zero.
    pub reduce_only: u8,
    reserved: [u8; 2],
}

/// An order of the strategy's own, as it is known.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Order {
    /// The name that the engine knows it by.
    pub id: ClientOrderId,
    /// What the strategy calls it.
    pub tag: u64,
    /// Its price, zero of a market order.
    pub price: Price,
    /// Its trigger price, zero where it has none.
    pub trigger_price: Price,
    /// How much was wanted.
    pub quantity: Quantity,
    /// How much of it traded.
    pub traded_qty: Quantity,
    /// How much of it still stands.
    pub leaves_qty: Quantity,
    /// When it was wanted.
    pub submitted_at: UnixNanos,
    /// Its instrument.
    pub instrument_id: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// Of which type it is.
    pub order_type: OrderType,
    /// Where it stands.
    pub status: OrderStatus,
    /// One where its cancel is on its way.
    pub is_cancel_wanted: u8,
}

impl Order {
    fn of(order: &TrackedOrder) -> Self {
        let intent = order.intent();
        Order {
            id: intent.client_order_id,
            tag: intent.tag,
            price: intent.price,
            trigger_price: intent.trigger_price,
            quantity: intent.quantity,
            traded_qty: order.traded_qty(),
            leaves_qty: order.leaves_qty(),
            submitted_at: order.submitted_at(),
            instrument_id: order.instrument_id(),
            side: intent.side,
            order_type: intent.order_type,
            status: order.status(),
            is_cancel_wanted: u8::from(order.is_cancel_wanted()),
        }
    }
}

/// A value of C's, where it is one of those that there are.
fn known<T: TryFromBytes>(byte: u8) -> Result<T, Outcome> {
    T::try_read_from_bytes(&[byte]).map_err(|_| Outcome::Argument)
}

impl NewOrder {
    fn plain(order_type: OrderType, side: u8, quantity: i64) -> Self {
        NewOrder { order_type: order_type as u8, side, quantity: Quantity(quantity), ..NewOrder::default() }
    }

    /// The order as Rust asks for it, where it makes sense.
    fn wanted(&self) -> Result<contract::NewOrder, Outcome> {
        let (order_type, side) = (known::<OrderType>(self.order_type)?, known::<Side>(self.side)?);
        let NewOrder { price, quantity, trigger_price, trailing_offset, .. } = *self;
        let is_trailing = order_type == OrderType::TrailingStop;
        let has_stray_price = price.0 != 0 && !order_type.is_limited();
        let has_stray_trigger = trigger_price.0 != 0 && (is_trailing || !order_type.is_triggered());
        let has_stray_offset = trailing_offset.0 != 0 && !is_trailing;
        let has_stray_flag = self.post_only > 1 || self.reduce_only > 1;
        if has_stray_price || has_stray_trigger || has_stray_offset || has_stray_flag {
            return Err(Outcome::Argument);
        }
        use contract::NewOrder as Wanted;
        let mut order = match order_type {
            OrderType::Market => Wanted::market(side, quantity),
            OrderType::Limit => Wanted::limit(side, price, quantity),
            OrderType::Stop => Wanted::stop(side, trigger_price, quantity),
            OrderType::StopLimit => Wanted::stop_limit(side, trigger_price, price, quantity),
            OrderType::TrailingStop => Wanted::trailing_stop(side, trailing_offset, quantity),
            OrderType::MarketIfTouched => Wanted::market_if_touched(side, trigger_price, quantity),
            OrderType::LimitIfTouched => Wanted::limit_if_touched(side, trigger_price, price, quantity),
        };
        order =
            order.tag(self.tag).display(self.display_qty).trigger_by(known::<TriggerBy>(self.trigger_by)?);
        order = if self.post_only == 1 { order.post_only() } else { order };
        order = if self.reduce_only == 1 { order.reduce_only() } else { order };
        order = if self.after.counter == 0 { order } else { order.after(self.after) };
        let time_in_force = match self.time_in_force {
            0 => None,
            byte => Some(known::<TimeInForce>(byte)?),
        };
        match (time_in_force, self.expire_at) {
            (Some(TimeInForce::Gtd), UnixNanos(0)) => Err(Outcome::Argument),
            (Some(TimeInForce::Gtd), expire_at) => Ok(order.until(expire_at)),
            (_, UnixNanos(1..)) => Err(Outcome::Argument),
            (Some(time_in_force), _) => Ok(order.time_in_force(time_in_force)),
            (None, _) => Ok(order),
        }
    }
}

/// At `price` or better, until it is canceled.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_limit_order(side: u8, price: i64, quantity: i64) -> NewOrder {
    NewOrder { price: Price(price), ..NewOrder::plain(OrderType::Limit, side, quantity) }
}

/// At any price, now.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_market_order(side: u8, quantity: i64) -> NewOrder {
    NewOrder::plain(OrderType::Market, side, quantity)
}

/// A market order once the market has gone against its trigger: to `trigger` or above for a buyer, to it or below for a
/// seller. It ends a loss. The engine holds it until then, as all orders that wait.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_stop_order(side: u8, trigger: i64, quantity: i64) -> NewOrder {
    NewOrder { trigger_price: Price(trigger), ..NewOrder::plain(OrderType::Stop, side, quantity) }
}

/// As a stop order, and at `price` or better from then on.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_stop_limit_order(side: u8, trigger: i64, price: i64, quantity: i64) -> NewOrder {
    let plain = NewOrder::plain(OrderType::StopLimit, side, quantity);
    NewOrder { trigger_price: Price(trigger), price: Price(price), ..plain }
}

/// A stop order whose trigger follows the market at `offset`, and never steps back.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_trailing_stop_order(side: u8, offset: i64, quantity: i64) -> NewOrder {
    NewOrder { trailing_offset: Price(offset), ..NewOrder::plain(OrderType::TrailingStop, side, quantity) }
}

/// A market order once the market has come to `trigger`: there or below for a buyer, there or above for a seller.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_market_if_touched_order(side: u8, trigger: i64, quantity: i64) -> NewOrder {
    NewOrder { trigger_price: Price(trigger), ..NewOrder::plain(OrderType::MarketIfTouched, side, quantity) }
}

/// As a market order if touched, and at `price` or better from then on.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_limit_if_touched_order(
    side: u8,
    trigger: i64,
    price: i64,
    quantity: i64,
) -> NewOrder {
    let plain = NewOrder::plain(OrderType::LimitIfTouched, side, quantity);
    NewOrder { trigger_price: Price(trigger), price: Price(price), ..plain }
}

fn with<R>(
    context: Option<&Context>,
    act: impl FnOnce(&mut contract::Context<'_>) -> Result<R, Outcome>,
) -> Result<R, Outcome> {
    context.ok_or(Outcome::Argument)?.with(act)
}

/// Wants an order, and gives its id. From now on it counts as open until something else is heard; what the gate refuses
/// comes as `on_order_denied`.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_submit(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    order: Option<&NewOrder>,
    order_id: Out<'_, ClientOrderId>,
) -> Outcome {
    let submitted = with(context, |context| {
        let order = order.ok_or(Outcome::Argument)?.wanted()?;
        Ok(context.submit(instrument_id, order)?)
    });
    Outcome::put(submitted, order_id)
}

/// Wants two to four alternatives: orders of which no more trades than of one. What one trades is taken from the
/// others, and the end of one ends them. Where one of them cannot be wanted, none is. `order_ids` has `count` places.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_submit_alternatives(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    orders: Items<NewOrder>,
    count: u32,
    order_ids: Places<ClientOrderId>,
) -> Outcome {
    let submitted = with(context, |context| {
        let ids = match &wanted(&orders, count)?[..] {
            [a, b] => context.submit_alternatives(instrument_id, [*a, *b])?.to_vec(),
            [a, b, c] => context.submit_alternatives(instrument_id, [*a, *b, *c])?.to_vec(),
            [a, b, c, d] => context.submit_alternatives(instrument_id, [*a, *b, *c, *d])?.to_vec(),
            _ => return Err(Outcome::Argument),
        };
        order_ids.fill(count, ids.into_iter());
        Ok(())
    });
    Outcome::of(submitted)
}

/// Wants a bracket: an order to enter, which is the first of `orders`, and behind it one to four alternatives to exit,
/// which are held until it has traded, and for as much as that did. `order_ids` has `count` places.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_submit_bracket(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    orders: Items<NewOrder>,
    count: u32,
    order_ids: Places<ClientOrderId>,
) -> Outcome {
    let submitted = with(context, |context| {
        let ids = match &wanted(&orders, count)?[..] {
            [entry, a] => owned(context.submit_bracket(instrument_id, *entry, [*a])?),
            [entry, a, b] => owned(context.submit_bracket(instrument_id, *entry, [*a, *b])?),
            [entry, a, b, c] => owned(context.submit_bracket(instrument_id, *entry, [*a, *b, *c])?),
            [entry, a, b, c, d] => owned(context.submit_bracket(instrument_id, *entry, [*a, *b, *c, *d])?),
            _ => return Err(Outcome::Argument),
        };
        order_ids.fill(count, ids.into_iter());
        Ok(())
    });
    Outcome::of(submitted)
}

fn owned<const N: usize>((entry, exits): (ClientOrderId, [ClientOrderId; N])) -> Vec<ClientOrderId> {
    [&[entry], &exits[..]].concat()
}

/// The most orders of a group: an entry and four exits.
const GROUP_ORDERS_MAX: u32 = 5;

fn wanted(orders: &Items<NewOrder>, count: u32) -> Result<Vec<contract::NewOrder>, Outcome> {
    if count > GROUP_ORDERS_MAX {
        return Err(Outcome::Argument);
    }
    orders.slice(count).iter().map(NewOrder::wanted).collect()
}

/// Wants an order canceled. FULMAR_RESULT_OK where a cancel is on its way.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_cancel(context: Option<&Context>, order_id: ClientOrderId) -> Outcome {
    Outcome::of(with(context, |context| context.cancel(order_id).then_some(()).ok_or(Outcome::Nothing)))
}

/// Wants all open orders of an instrument canceled that the strategy has, and gives how many cancels were sent.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_cancel_all(context: Option<&Context>, instrument_id: InstrumentId) -> u32 {
    let count = with(context, |context| Ok(context.cancel_all(instrument_id)));
    u32::try_from(count.unwrap_or(0)).unwrap_or(u32::MAX)
}

/// Wants an order changed to these terms, all of them. FULMAR_RESULT_OK where the change is on its way.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_modify(
    context: Option<&Context>,
    order_id: ClientOrderId,
    terms: Option<&OrderTerms>,
) -> Outcome {
    Outcome::of(with(context, |context| {
        let terms = terms.ok_or(Outcome::Argument)?;
        context.modify(order_id, *terms).then_some(()).ok_or(Outcome::Nothing)
    }))
}

/// Wants `on_timer` with `tag`, once, at `due_at` or as soon after it as there is a turn.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_set_timer(context: Option<&Context>, tag: u64, due_at: UnixNanos) -> Outcome {
    Outcome::of(with(context, |context| {
        context.set_timer(tag, due_at);
        Ok(())
    }))
}

/// An order of the strategy's own, as long as it is known.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_find_order(
    context: Option<&Context>,
    order_id: ClientOrderId,
    order: Out<'_, Order>,
) -> Outcome {
    let found = with(context, |context| context.order(order_id).map(Order::of).ok_or(Outcome::Unknown));
    Outcome::put(found, order)
}

/// The strategy's orders of an instrument that did not end: writes as many as there is room for, and gives how many
/// there are.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_open_orders(
    context: Option<&Context>,
    instrument_id: InstrumentId,
    orders: Places<Order>,
    capacity: u32,
) -> u32 {
    let count = with(context, |context| {
        let open = context.view().orders().open_orders();
        let open = open.filter(|order| order.instrument_id() == instrument_id).map(Order::of);
        Ok(orders.fill(capacity, open))
    });
    count.unwrap_or(0)
}

/// How many orders of an instrument may still trade, as far as the strategy has heard.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_open_order_count(context: Option<&Context>, instrument_id: InstrumentId) -> u32 {
    with(context, |context| Ok(context.view().orders().open_count(instrument_id))).unwrap_or(0)
}
