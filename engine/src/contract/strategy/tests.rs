//! The contract from both sides: what records call, and what leaves at the sink.

use fulmar_bus::record::{
    AccountId, ClientOrderId, ExecutionType, Flags, FundingRate, Heading, HeldStage, Intent, Listing,
    Malformed, ModifyIntent, Nanos, Notional, OrderStatus, OrderType, Payload, Price, Quantity, Record,
    RecordId, Side, StrategyId, SyncChange, SyncReason, SyncState, TopSource,
};

use super::*;
use crate::trading::order::TrackedOrder;

const INSTRUMENT: InstrumentId = InstrumentId(1);

/// Keeps what was wanted.
#[derive(Default)]
struct Sink {
    wanted: Vec<String>,
    counter: u64,
    has_no_room: bool,
}

impl IntentSink for Sink {
    fn submit(&mut self, instrument_id: InstrumentId, intent: &mut Intent) {
        self.counter += 1;
        intent.client_order_id = ClientOrderId::new(1, StrategyId(4), self.counter);
        intent.strategy_id = StrategyId(4);
        self.wanted.push(format!("submit {} {:?}", instrument_id.0, intent.side));
    }

    fn cancel(&mut self, _: InstrumentId, id: ClientOrderId) -> bool {
        self.wanted.push(format!("cancel {}", id.counter));
        !self.has_no_room
    }

    fn modify(&mut self, _: InstrumentId, modify: &ModifyIntent) -> bool {
        let ModifyIntent { client_order_id, terms, revision, .. } = *modify;
        self.wanted.push(format!("modify {} to {} ({revision})", client_order_id.counter, terms.price.0));
        !self.has_no_room
    }

    fn set_timer(&mut self, tag: u64, due_at: UnixNanos) {
        self.wanted.push(format!("timer {tag} at {}", due_at.0));
    }
}

/// Keeps which callbacks were called.
#[derive(Default)]
struct Calls(Vec<&'static str>);

impl Strategy for Calls {
    fn on_trade(&mut self, _: &mut Context<'_>, _: Event<'_, Trade>) {
        self.0.push("trade");
    }
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        let seen = context.instrument(quote.instrument_id).and_then(|instrument| instrument.top);
        assert_eq!(seen, Some(*quote.payload), "the view shows what the callback tells");
        self.0.push("quote");
    }
    fn on_bar(&mut self, _: &mut Context<'_>, _: Event<'_, Bar>) {
        self.0.push("bar");
    }
    fn on_venue_bar(&mut self, _: &mut Context<'_>, _: Event<'_, Bar>) {
        self.0.push("venue bar");
    }
    fn on_funding(&mut self, context: &mut Context<'_>, funding: Event<'_, Funding>) {
        let seen = context.instrument(funding.instrument_id).and_then(|instrument| instrument.funding());
        assert_eq!(seen, Some(funding.payload), "the view shows what the callback tells");
        self.0.push("funding");
    }
    fn on_mark_price(&mut self, context: &mut Context<'_>, told: Event<'_, MarkPrice>) {
        let seen = context.instrument(told.instrument_id).and_then(|instrument| instrument.mark_price());
        assert_eq!(seen, Some(told.payload), "the view shows what the callback tells");
        self.0.push("mark price");
    }
    fn on_status(&mut self, context: &mut Context<'_>, status: Event<'_, InstrumentStatus>) {
        let seen = context.instrument(status.instrument_id).and_then(|instrument| instrument.status());
        assert_eq!(seen, Some(status.payload), "the view shows what the callback tells");
        self.0.push("status");
    }
    fn on_timer(&mut self, _: &mut Context<'_>, timer: Event<'_, Timer>) {
        assert_eq!(timer.tag, 6);
        self.0.push("timer");
    }
    fn on_order_accepted(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
        self.0.push("accepted");
    }
    fn on_order_cancel_rejected(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
        self.0.push("cancel rejected");
    }
    fn on_order_filled(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
        self.0.push("filled");
    }
    fn on_order_canceled(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
        self.0.push("canceled");
    }
    fn on_order_restored(&mut self, context: &mut Context<'_>, order: Event<'_, HeldOrder>) {
        let id = order.intent.client_order_id;
        assert!(context.view().orders().get(id).is_some(), "the view shows what the callback tells");
        self.0.push("restored");
    }
    fn on_order_denied(&mut self, _: &mut Context<'_>, _: Event<'_, Denial>) {
        self.0.push("denied");
    }
    fn on_order_rejected(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
        self.0.push("rejected");
    }
}

fn record<P: Payload>(instrument_id: InstrumentId, payload: &P) -> Record {
    let heading =
        Heading { instrument_id, cause: RecordId::NONE, received_at: UnixNanos(9), flags: Flags::NONE };
    let mut record = Record::new();
    record.write(heading, payload);
    record
}

fn top() -> TopOfBook {
    let level = |price| Level { price: Price(price), quantity: Quantity(1) };
    TopOfBook::new(level(99), level(101), 1, UnixNanos(1), TopSource::Book)
}

/// How a host gives a record to a strategy.
type Deliver = fn(&mut dyn Strategy, &mut Context<'_>, &Record) -> Result<(), Malformed>;

/// What delivering `payload` calls.
fn called_by<P: Payload>(view: &mut View, payload: &P) -> Vec<&'static str> {
    called_over(deliver, view, payload)
}

/// What `payload` calls where it comes over the market channel.
fn called_by_market<P: Payload>(view: &mut View, payload: &P) -> Vec<&'static str> {
    called_over(deliver_market, view, payload)
}

fn called_over<P: Payload>(deliver: Deliver, view: &mut View, payload: &P) -> Vec<&'static str> {
    let (mut calls, mut sink) = (Calls::default(), Sink::default());
    let mut context = Context::new(UnixNanos(10), view, &mut sink);
    deliver(&mut calls, &mut context, &record(INSTRUMENT, payload)).expect("the record is sound");
    calls.0
}

fn funding() -> Funding {
    let (rate, interval) = (FundingRate(-100_000_000), Nanos::from_secs(3_600));
    Funding { rate, interval, next_at: UnixNanos(20), venue_at: UnixNanos(8) }
}

fn mark_price() -> MarkPrice {
    MarkPrice::new(Price(1_000_001), Price(0), UnixNanos(8), 4)
}

fn bar() -> Bar {
    let price = Price(100);
    Bar {
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Quantity(1),
        notional: Notional(100).into(),
        start_at: UnixNanos(1),
        interval: Nanos::from_secs(60),
        trade_count: 1,
    }
}

fn view() -> View {
    View::new(&[INSTRUMENT], 4)
}

/// A view that knows one order.
fn view_with_order() -> (View, ClientOrderId) {
    let (mut view, mut sink) = (view(), Sink::default());
    let order = NewOrder::limit(Side::Buy, Price(100), Quantity(5));
    let mut context = Context::new(UnixNanos(10), &mut view, &mut sink);
    let id = context.submit(INSTRUMENT, order).expect("there is room");
    (view, id)
}

#[test]
fn each_record_calls_what_it_is_for() {
    let trade = Trade::new(Price(1), Quantity(1), Side::Buy, 1, UnixNanos(1));
    assert_eq!(called_by(&mut view(), &trade), ["trade"]);
    assert_eq!(called_by(&mut view(), &top()), ["quote"]);
    assert_eq!(called_by(&mut view(), &Timer { tag: 6, due_at: UnixNanos(1) }), ["timer"]);
    let synced = SyncChange::new(SyncState::Live, SyncReason::Joined, 1, 0, 0);
    assert_eq!(called_by(&mut view(), &synced), Vec::<&str>::new());
}

#[test]
fn a_market_channel_calls_for_trades_derivatives_and_bars_and_leaves_the_rest_to_the_book() {
    let mut view = view();
    let trade = Trade::new(Price(1), Quantity(1), Side::Buy, 1, UnixNanos(1));
    assert_eq!(called_by_market(&mut view, &trade), ["trade"]);
    assert_eq!(called_by_market(&mut view, &funding()), ["funding"]);
    assert_eq!(called_by_market(&mut view, &mark_price()), ["mark price"]);
    assert_eq!(called_by_market(&mut view, &bar()), ["venue bar"]);
    assert_eq!(called_by(&mut view, &bar()), ["bar"], "the engine's own comes over another channel");
    assert_eq!(called_by_market(&mut view, &top()), Vec::<&str>::new());
    let halted = InstrumentStatus::new(Listing::Halted, "auction");
    assert_eq!(called_by_market(&mut view, &halted), Vec::<&str>::new());
    let levels = BookLevels { update_id: 1, venue_at: UnixNanos(1), bid_count: 0, ask_count: 0 };
    assert_eq!(called_by_market(&mut view, &levels), Vec::<&str>::new(), "it asked for the top alone");
}

#[test]
fn a_status_that_is_told_again_is_heard_once() {
    let mut view = view();
    let halted = InstrumentStatus::new(Listing::Halted, "maintenance");
    assert_eq!(called_by(&mut view, &halted), ["status"]);
    assert_eq!(called_by(&mut view, &halted), Vec::<&str>::new());
    assert_eq!(called_by(&mut view, &InstrumentStatus::new(Listing::Halted, "auction")), ["status"]);
    assert_eq!(called_by(&mut view, &InstrumentStatus::new(Listing::Listed, "online")), ["status"]);
}

#[test]
fn funding_and_mark_price_that_may_be_older_than_what_was_lost_are_not_shown() {
    let mut view = view();
    called_by_market(&mut view, &funding());
    called_by_market(&mut view, &mark_price());
    called_by(&mut view, &InstrumentStatus::new(Listing::Halted, "maintenance"));
    view.lose_market(InstrumentId(0));
    view.distrust();
    let shown = |view: &View| {
        let seen = view.instrument(INSTRUMENT).expect("it is traded");
        (seen.funding().copied(), seen.mark_price().copied())
    };
    assert_eq!(shown(&view), (Some(funding()), Some(mark_price())), "nothing of its own market was lost");
    view.lose_market(INSTRUMENT);
    assert_eq!(shown(&view), (None, None));
    let status = view.instrument(INSTRUMENT).and_then(InstrumentView::status);
    assert_eq!(status.map(|status| status.listing), Some(Listing::Halted), "the market channel tells none");
    called_by_market(&mut view, &funding());
    assert_eq!(shown(&view).0, Some(funding()));
}

#[test]
fn each_report_calls_what_it_tells() {
    let expected: [(ExecutionType, &[&str]); 8] = [
        (ExecutionType::Submitted, &[]),
        (ExecutionType::Accepted, &["accepted"]),
        (ExecutionType::Rejected, &["rejected"]),
        (ExecutionType::Trade, &["filled"]),
        (ExecutionType::Canceled, &["canceled"]),
        (ExecutionType::Expired, &["canceled"]),
        (ExecutionType::CancelRejected, &["cancel rejected"]),
        (ExecutionType::Unknown, &[]),
    ];
    for (execution, calls) in expected {
        let (mut view, id) = view_with_order();
        let report = ExecutionReport::new(id, Side::Buy, execution, OrderStatus::Accepted);
        assert_eq!(called_by(&mut view, &report), calls, "{execution:?}");
    }
}

#[test]
fn a_denied_order_is_done_in_the_view_when_the_callback_comes() {
    let (mut view, id) = view_with_order();
    let denial = Denial {
        client_order_id: id,
        tag: 0,
        codes: 2,
        limit: 0,
        value: 0,
        code: 1,
        strategy_id: StrategyId(4),
        account_id: AccountId(0),
        reserved: [0; 2],
    };
    assert_eq!(called_by(&mut view, &denial), ["denied"]);
    assert_eq!(view.orders().get(id).map(TrackedOrder::status), Some(OrderStatus::Denied));
    assert_eq!(view.orphans(), 0);
}

#[test]
fn the_view_knows_an_order_as_soon_as_it_is_wanted() {
    let (view, id) = view_with_order();
    let order = view.orders().get(id).expect("it was submitted");
    assert_eq!((order.status(), order.instrument_id()), (OrderStatus::Submitted, INSTRUMENT));
    assert_eq!(order.intent().strategy_id, StrategyId(4));
    assert_eq!(view.orders().open_quantity(INSTRUMENT, Side::Buy), 5);
}

#[test]
fn what_is_not_traded_or_has_no_room_or_no_quantity_never_reaches_the_sink() {
    let (mut view, mut sink) = (view(), Sink::default());
    let mut context = Context::new(UnixNanos(10), &mut view, &mut sink);
    let order = NewOrder::market(Side::Buy, Quantity(5));
    assert_eq!(context.submit(InstrumentId(0), order), Err(NotSubmitted::NotTraded));
    assert_eq!(context.submit(InstrumentId::NONE, order), Err(NotSubmitted::NotTraded));
    let nothing = NewOrder::market(Side::Buy, Quantity(0));
    assert_eq!(context.submit(INSTRUMENT, nothing), Err(NotSubmitted::Quantity));
    for _ in 0..4 {
        context.submit(INSTRUMENT, order).expect("there is room");
    }
    assert_eq!(context.submit(INSTRUMENT, order), Err(NotSubmitted::OrdersFull));
    assert_eq!((sink.wanted.len(), view.not_submitted()), (4, 4));
}

#[test]
fn a_cancel_is_sent_once_and_again_only_where_there_was_no_room() {
    let (mut view, id) = view_with_order();
    let mut sink = Sink { has_no_room: true, ..Sink::default() };
    let mut context = Context::new(UnixNanos(10), &mut view, &mut sink);
    assert!(!context.cancel(id));
    sink.has_no_room = false;
    let mut context = Context::new(UnixNanos(10), &mut view, &mut sink);
    assert!(context.cancel(id));
    assert!(context.cancel(id), "it is on its way");
    assert_eq!(context.cancel_all(INSTRUMENT), 0);
    assert_eq!(sink.wanted, ["cancel 1", "cancel 1"]);
    let canceled = ExecutionReport::new(id, Side::Buy, ExecutionType::Canceled, OrderStatus::Canceled);
    view.apply(&record(INSTRUMENT, &canceled)).expect("the record is sound");
    let mut context = Context::new(UnixNanos(10), &mut view, &mut sink);
    assert!(!context.cancel(id), "there is nothing left to cancel");
    assert!(!context.cancel(ClientOrderId::new(9, StrategyId(9), 9)));
}

#[test]
fn cancelling_all_cancels_the_orders_of_one_instrument() {
    let other = InstrumentId(3);
    let (mut view, mut sink) = (View::new(&[INSTRUMENT, other], 4), Sink::default());
    let mut context = Context::new(UnixNanos(10), &mut view, &mut sink);
    for instrument_id in [INSTRUMENT, other, INSTRUMENT] {
        let order = NewOrder::limit(Side::Sell, Price(1), Quantity(1));
        context.submit(instrument_id, order).expect("there is room");
    }
    assert_eq!(context.cancel_all(INSTRUMENT), 2);
    context.set_timer(3, UnixNanos(10) + Nanos(5));
    assert_eq!(sink.wanted[3..], ["cancel 1", "cancel 3", "timer 3 at 15"]);
}

#[test]
fn a_book_that_is_not_live_shows_no_top() {
    fn instrument(view: &View) -> &InstrumentView {
        view.instrument(INSTRUMENT).expect("it is traded")
    }
    let mut view = view();
    assert_eq!(called_by(&mut view, &top()), ["quote"]);
    assert_eq!((instrument(&view).sync, instrument(&view).top_at), (SyncState::Live, UnixNanos(9)));
    assert_eq!(instrument(&view).two_sided_top(), Some(&top()));
    called_by(&mut view, &SyncChange::new(SyncState::Desynced, SyncReason::Gap, 1, 1, 0));
    assert_eq!(instrument(&view).top, None);
    called_by(&mut view, &top());
    view.distrust();
    assert_eq!(instrument(&view).top, None);
    assert_ne!(instrument(&view).sync, SyncState::Live);
}

#[test]
fn a_report_of_an_unknown_order_is_counted() {
    let mut view = view();
    let id = ClientOrderId::new(9, StrategyId(9), 9);
    called_by(
        &mut view,
        &ExecutionReport::new(id, Side::Buy, ExecutionType::Accepted, OrderStatus::Accepted),
    );
    assert_eq!(view.orphans(), 1);
}

#[test]
fn a_suspect_quote_is_told_as_such_and_is_no_top_to_trade_by() {
    /// What each quote was said to be.
    #[derive(Default)]
    struct Doubts(Vec<bool>);

    impl Strategy for Doubts {
        fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
            let seen = context.instrument(quote.instrument_id).expect("it is traded");
            assert_eq!((seen.top.as_ref(), seen.is_suspect()), (Some(quote.payload), quote.is_suspect()));
            assert_eq!(seen.two_sided_top().is_none(), quote.is_suspect());
            self.0.push(quote.is_suspect());
        }
    }

    let (mut view, mut sink, mut strategy) =
        (View::new(&[INSTRUMENT], 16), Sink::default(), Doubts::default());
    let level = |price| Level { price: Price(price), quantity: Quantity(1) };
    let top = TopOfBook::new(level(100), level(102), 1, UnixNanos(1), TopSource::Book);
    for flags in [Flags::NONE, Flags::SUSPECT, Flags::NONE] {
        let mut record = Record::new();
        let (instrument_id, cause, received_at) = (INSTRUMENT, RecordId::NONE, UnixNanos(1));
        record.write(Heading { instrument_id, cause, received_at, flags }, &top);
        let mut context = Context::new(UnixNanos(1), &mut view, &mut sink);
        deliver(&mut strategy, &mut context, &record).expect("a top");
    }
    assert_eq!(strategy.0, [false, true, false]);
}

#[test]
fn an_order_of_an_earlier_boot_stands_in_the_view_when_the_callback_comes_and_nothing_can_wait_for_it() {
    let mut view = View::new(&[INSTRUMENT], 4);
    let old = ClientOrderId::new(3, StrategyId(0), 1);
    let mut stop = Intent::market(old, Side::Sell, Quantity(5));
    (stop.order_type, stop.trigger_price) = (OrderType::Stop, Price(90));
    let saved = HeldOrder::new(stop, UnixNanos(1), HeldStage::Waiting);
    assert_eq!(called_by(&mut view, &saved), ["restored"]);
    let order = view.orders().get(old).expect("it was told of");
    assert_eq!((order.status(), order.intent().trigger_price), (OrderStatus::Accepted, Price(90)));
    // The order of this boot that has the same counter is another one.
    let mut sink = Sink::default();
    let mut context = Context::new(UnixNanos(5), &mut view, &mut sink);
    let after = |parent| NewOrder::limit(Side::Buy, Price(80), Quantity(5)).after(parent);
    assert_eq!(context.submit(INSTRUMENT, after(old)), Err(NotSubmitted::Parent));
    assert_eq!(view.orphans(), 0);
    assert!(called_by(&mut view, &saved).contains(&"restored") && view.orphans() == 1, "it is there already");
}
