//! A strategy on its own: told what happens by hand, and asked what it wants. For tests.

use fulmar_bus::record::{
    AccountId, Bar, BookLevels, ClientOrderId, ContractKind, ContractSize, Denial, ExecutionReport,
    ExecutionType, Flags, Heading, InstrumentDefinition, InstrumentId, Intent, Level, Malformed,
    ModifyIntent, Nanos, Notional, OrderStatus, OrderTerms, Payload, Position, Price, Quantity, Record,
    RecordId, Side, SnapshotBegin, StrategyId, SyncChange, SyncReason, SyncState, Text, Timer, TopOfBook,
    TopSource, UnixNanos,
};
use fulmar_engine::contract::{BookDepth, Context, IntentSink, Strategy, View, deliver, deliver_market};
use fulmar_engine::trading::order::Fill;
use fulmar_engine::trading::position::OpenPosition;
use zerocopy::IntoBytes;

/// The one instrument of a rehearsal: prices and quantities at scale 2, tick and lot of one.
pub const INSTRUMENT: InstrumentId = InstrumentId(0);

const STRATEGY: StrategyId = StrategyId(0);
const ACCOUNT: AccountId = AccountId(0);

/// Orders that the strategy may have unsettled.
const ORDERS_MAX: usize = 64;

/// Levels that a side of the book may have.
const LEVELS_MAX: usize = 1_024;

/// How a host gives a record to a strategy.
type Deliver = fn(&mut dyn Strategy, &mut Context<'_>, &Record) -> Result<(), Malformed>;

/// What a strategy wanted.
///
/// ```
/// use fulmar_strategies::sdk::*;
///
/// /// The orders among what was wanted.
/// fn orders(wanted: &[Wanted]) -> impl Iterator<Item = &Intent> {
///     wanted.iter().filter_map(|wanted| match wanted {
///         Wanted::Order(intent) => Some(intent),
///         Wanted::Cancel(_) | Wanted::Change(..) | Wanted::Timer { .. } => None,
///     })
/// }
///
/// assert_eq!(orders(&[Wanted::Timer { tag: 1, due_at: UnixNanos(5) }]).count(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An order.
    Order(Intent),
    /// Its order to be canceled.
    Cancel(ClientOrderId),
    /// Its order to be changed to these terms.
    Change(ClientOrderId, OrderTerms),
    /// A call of its timer.
    Timer {
        /// What it calls it.
        tag: u64,
        /// When.
        due_at: UnixNanos,
    },
}

/// A strategy, what it sees, and what it wanted and has not been asked for yet. Each event comes a millisecond after
/// the one before.
///
/// ```
/// use fulmar_strategies::sdk::*;
///
/// /// Bids for ten where nothing of its own stands.
/// struct Bidder;
///
/// impl Strategy for Bidder {
///     fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
///         if context.view().orders().open_count(quote.instrument_id) == 0 {
///             let order = NewOrder::limit(Side::Buy, quote.bid.price, Quantity(10));
///             context.submit(quote.instrument_id, order).expect("it is traded");
///         }
///     }
/// }
///
/// let mut rehearsal = Rehearsal::new(Bidder);
/// rehearsal.quote(100, 102);
/// let [Wanted::Order(intent)] = rehearsal.wanted()[..] else { panic!("one order is wanted") };
/// rehearsal.accept(intent.client_order_id);
/// rehearsal.fill(intent.client_order_id, 10, 100);
/// let seen = rehearsal.view().instrument(INSTRUMENT).expect("its one instrument");
/// assert_eq!(seen.position_quantity(), Quantity(10));
/// ```
pub struct Rehearsal<S> {
    strategy: S,
    view: View,
    sink: Keep,
    now: UnixNanos,
    position: OpenPosition,
    update_id: u64,
}

/// Keeps what is wanted, in order.
#[derive(Default)]
struct Keep {
    wanted: Vec<Wanted>,
    order_count: u64,
    trade_count: u64,
}

impl IntentSink for Keep {
    fn submit(&mut self, _: InstrumentId, intent: &mut Intent) {
        self.order_count += 1;
        intent.client_order_id = ClientOrderId::new(1, STRATEGY, self.order_count);
        intent.strategy_id = STRATEGY;
        self.wanted.push(Wanted::Order(*intent));
    }

    fn cancel(&mut self, _: InstrumentId, client_order_id: ClientOrderId) -> bool {
        self.wanted.push(Wanted::Cancel(client_order_id));
        true
    }

    fn modify(&mut self, _: InstrumentId, modify: &ModifyIntent) -> bool {
        self.wanted.push(Wanted::Change(modify.client_order_id, modify.terms));
        true
    }

    fn set_timer(&mut self, tag: u64, due_at: UnixNanos) {
        self.wanted.push(Wanted::Timer { tag, due_at });
    }
}

impl<S: Strategy> Rehearsal<S> {
    /// The strategy, started, and told what its instrument is.
    pub fn new(strategy: S) -> Self {
        Self::with_book(strategy, BookDepth::Top)
    }

    /// As [`Rehearsal::new`], of a strategy that is configured to see as much of its book as `depth` says.
    pub fn with_book(strategy: S, depth: BookDepth) -> Self {
        let mut view = View::new(&[INSTRUMENT], ORDERS_MAX);
        view.keep_books(depth, LEVELS_MAX);
        let mut rehearsal = Rehearsal {
            strategy,
            view,
            sink: Keep::default(),
            now: UnixNanos(1_700_000_000_000_000_000),
            position: OpenPosition::default(),
            update_id: 0,
        };
        let mut context = Context::new(rehearsal.now, &mut rehearsal.view, &mut rehearsal.sink);
        rehearsal.strategy.on_start(&mut context);
        rehearsal.tell(&definition());
        rehearsal
    }

    /// What it wanted since this was last asked.
    pub fn wanted(&mut self) -> Vec<Wanted> {
        std::mem::take(&mut self.sink.wanted)
    }

    /// What it sees.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The present moment.
    pub fn now(&self) -> UnixNanos {
        self.now
    }

    /// Tells anything that a record can.
    pub fn tell<P: Payload>(&mut self, payload: &P) {
        self.now = self.now + Nanos::from_millis(1);
        self.give(deliver, payload, &[]);
    }

    /// The whole book is this, price and quantity of each level, best first; it is live, and its best prices are told.
    pub fn snapshot(&mut self, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        self.update_id += 1;
        self.now = self.now + Nanos::from_millis(1);
        let (update_id, venue_at) = (self.update_id, self.now);
        self.give(deliver_market, &SnapshotBegin { update_id, venue_at, bid_count: 0, ask_count: 0 }, &[]);
        let live = SyncChange::new(SyncState::Live, SyncReason::Joined, update_id, 0, 0);
        self.give_levels(bids, asks);
        self.give(deliver_market, &live, &[]);
        self.give(deliver, &live, &[]);
        let best = |side: &[(i64, i64)]| side.first().copied().map(level).unwrap_or_default();
        self.give(
            deliver,
            &TopOfBook::new(best(bids), best(asks), update_id, venue_at, TopSource::Book),
            &[],
        );
    }

    /// Levels of the book changed; a quantity of zero takes one away. Call [`Rehearsal::quote`] where that changes the
    /// best prices.
    pub fn levels(&mut self, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        self.update_id += 1;
        self.now = self.now + Nanos::from_millis(1);
        self.give_levels(bids, asks);
    }

    fn give_levels(&mut self, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        let count = |side: &[(i64, i64)]| u32::try_from(side.len()).expect("a rehearsal has few levels");
        let (bid_count, ask_count) = (count(bids), count(asks));
        let levels: Vec<Level> = bids.iter().chain(asks).copied().map(level).collect();
        let update = BookLevels { update_id: self.update_id, venue_at: self.now, bid_count, ask_count };
        self.give(deliver_market, &update, levels.as_bytes());
    }

    /// Gives the strategy a record, by the way that the host gives those of its channel.
    fn give<P: Payload>(&mut self, deliver: Deliver, payload: &P, tail: &[u8]) {
        let heading = Heading {
            instrument_id: INSTRUMENT,
            cause: RecordId::NONE,
            received_at: self.now,
            flags: Flags::LAST,
        };
        let mut record = Record::new();
        record.write_with_tail(heading, payload, tail);
        let mut context = Context::new(self.now, &mut self.view, &mut self.sink);
        deliver(&mut self.strategy, &mut context, &record).expect("what is written here can be read");
    }

    /// The best bid and ask are these, at scale 2 as every price here, with a hundred (1.00) at each.
    pub fn quote(&mut self, bid: i64, ask: i64) {
        self.tell(&TopOfBook::new(level((bid, 100)), level((ask, 100)), 1, self.now, TopSource::Book));
    }

    /// The book is not to be believed any more.
    pub fn desync(&mut self) {
        self.tell(&SyncChange::new(SyncState::Desynced, SyncReason::Gap, 1, 1, 1));
    }

    /// A bar of one minute closed at this price.
    pub fn bar(&mut self, close: i64) {
        self.bar_of(Nanos::from_secs(60), close);
    }

    /// A bar of this length closed at this price.
    pub fn bar_of(&mut self, interval: Nanos, close: i64) {
        self.tell(&bar(self.now, interval, Price(close)));
    }

    /// A bar of one minute of the venue's own making closed at this price.
    pub fn venue_bar(&mut self, close: i64) {
        self.now = self.now + Nanos::from_millis(1);
        self.give(deliver_market, &bar(self.now, Nanos::from_secs(60), Price(close)), &[]);
    }

    /// A timer fired.
    pub fn timer(&mut self, tag: u64) {
        self.tell(&Timer { tag, due_at: self.now });
    }

    /// So much time passes, and nothing happens in it.
    pub fn pass(&mut self, time: Nanos) {
        self.now = self.now + time;
    }

    /// The venue has the order.
    pub fn accept(&mut self, id: ClientOrderId) {
        self.report(id, ExecutionType::Accepted, OrderStatus::Accepted);
    }

    /// The venue refused the order.
    pub fn reject(&mut self, id: ClientOrderId) {
        self.report(id, ExecutionType::Rejected, OrderStatus::Rejected);
    }

    /// The venue refused to cancel the order, which stands.
    pub fn refuse_cancel(&mut self, id: ClientOrderId) {
        self.report(id, ExecutionType::CancelRejected, OrderStatus::Accepted);
    }

    /// The venue changed the order as it was asked to.
    ///
    /// # Panics
    /// Where no change of it is on its way.
    pub fn update(&mut self, id: ClientOrderId) {
        let order = self.view.orders().get(id).expect("an order of the strategy");
        let terms = order.pending_terms().expect("a change that is on its way");
        let (side, status) = (order.intent().side, OrderStatus::Accepted);
        let mut report = ExecutionReport::new(id, side, ExecutionType::Updated, status);
        (report.price, report.quantity, report.venue_at) = (terms.price, terms.quantity, self.now);
        report.revision = u16::MAX;
        self.tell(&report);
    }

    /// The order is canceled.
    pub fn cancel(&mut self, id: ClientOrderId) {
        self.report(id, ExecutionType::Canceled, OrderStatus::Canceled);
    }

    /// Our gate refused the order, for a reason that does not matter here.
    pub fn deny(&mut self, id: ClientOrderId) {
        self.tell(&Denial {
            client_order_id: id,
            tag: 0,
            codes: 2,
            limit: 0,
            value: 1,
            code: 1,
            strategy_id: STRATEGY,
            account_id: ACCOUNT,
            reserved: [0; 2],
        });
    }

    /// So much of the order traded at `price`; the position changes before the report comes, as in the engine.
    ///
    /// # Panics
    /// Where the strategy has no such order.
    pub fn fill(&mut self, id: ClientOrderId, quantity: i64, price: i64) {
        let order = self.view.orders().get(id).expect("an order of the strategy");
        let side = order.intent().side;
        let cumulative_qty = Quantity(order.booked_qty().0 + quantity);
        let is_all = cumulative_qty >= order.intent().quantity;
        let (quantity, price) = (Quantity(quantity), Price(price));
        self.hold(side, quantity, price);
        let status = if is_all { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
        let mut report = ExecutionReport::new(id, side, ExecutionType::Trade, status);
        self.sink.trade_count += 1;
        report.trade_id = self.sink.trade_count;
        report.last_qty = quantity;
        report.last_px = price;
        report.cumulative_qty = cumulative_qty;
        self.tell(&report);
    }

    /// The position changes by this trade, wherever it came from.
    ///
    /// # Panics
    /// Where the position does not fit its numbers.
    pub fn hold(&mut self, side: Side, quantity: Quantity, price: Price) {
        let fill = Fill {
            instrument_id: INSTRUMENT,
            strategy_id: STRATEGY,
            account_id: ACCOUNT,
            side,
            quantity,
            price,
        };
        self.position.book(&fill).expect("a rehearsal trades small numbers");
        let position: Position = self.position.record(STRATEGY, ACCOUNT);
        self.tell(&position);
    }

    fn report(&mut self, id: ClientOrderId, execution: ExecutionType, status: OrderStatus) {
        let side = self.view.orders().get(id).map_or(Side::Buy, |order| order.intent().side);
        self.tell(&ExecutionReport::new(id, side, execution, status));
    }
}

fn level((price, quantity): (i64, i64)) -> Level {
    Level { price: Price(price), quantity: Quantity(quantity) }
}

/// A bar of one trade.
fn bar(start_at: UnixNanos, interval: Nanos, price: Price) -> Bar {
    Bar {
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Quantity(1),
        notional: price.times(Quantity(1)).into(),
        start_at,
        interval,
        trade_count: 1,
    }
}

fn definition() -> InstrumentDefinition {
    InstrumentDefinition {
        venue: Text::new("rehearsal").expect("nine bytes fit"),
        symbol: Text::new("AAABBB").expect("six bytes fit"),
        base: Text::new("AAA").expect("three bytes fit"),
        quote: Text::new("BBB").expect("three bytes fit"),
        tick: Price(1),
        lot: Quantity(1),
        quantity_min: Quantity(1),
        quantity_max: Quantity(0),
        notional_min: Notional(0).into(),
        revision: 1,
        price_scale: 2,
        quantity_scale: 2,
        contract: ContractKind::Spot,
        is_inferred: 0,
        contract_size: ContractSize::ONE,
        iceberg_parts_max: 0,
    }
}

#[cfg(test)]
mod tests;
