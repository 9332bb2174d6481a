//! The newcomer's second hour: one order, from the tick that leads to it to the money that it makes, on one thread.
//!
//! Read it from top to bottom. Each chapter lets something happen outside the engine, and then looks at the records
//! that the actors published because of it. There is nothing else to look at: what one actor knows of another is what
//! it read from a channel.
//!
//! ```text
//!   frame -> feed -> market -> book -> strategy -> intents -> risk -> approved -> gateway -> reports -> risk -> ...
//! ```

use fulmar_adapters::binance::{Binance, BinanceConfig, Product};
use fulmar_adapters::session::InstrumentConfig;
use fulmar_bus::channel::Reader;
use fulmar_bus::record::{
    AccountId, ClientOrderId, ExecutionReport, ExecutionType, Flags, InstrumentDefinition, Kind,
    LiquiditySide, Notional, Order, OrderStatus, Payload, Position, Price, Quantity, Record, RecordId,
    Request, RequestKind, Side, StrategyId, SyncChange, SyncState, TopOfBook, Trade,
};
use fulmar_engine::market::decimal;
use fulmar_engine::runtime::counters;
use fulmar_engine::simulation::paper::PaperFees;
use fulmar_engine::trading::risk::{GuardSettings, RiskSettings};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan, VenuePlan,
};
use fulmar_strategies::sdk::{
    BookDepth, Context, Event, InstrumentId, Intent, Nanos, NewOrder, Strategy, TimeInForce,
};
use fulmar_tests::market::{self, INSTRUMENT, SYMBOL};
use fulmar_tests::stage::{Stage, drain, kinds};

const BTC: InstrumentId = InstrumentId(0);

/// One thousandth of a bitcoin, at the eight digits behind the point that the venue writes.
const A_LITTLE: Quantity = Quantity(100_000);

/// A price at the same eight digits: an integer, never a float.
fn price(text: &str) -> Price {
    Price(decimal::parse(text.as_bytes(), 8).expect("a price"))
}

/// A strategy is a struct, and the callbacks that it cares for. This one buys once, when somebody offers cheaply.
struct BuyOnce {
    offered_at_most: Price,
    is_done: bool,
}

impl Strategy for BuyOnce {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        if self.is_done || !quote.is_two_sided() || quote.ask.price > self.offered_at_most {
            return;
        }
        let order = NewOrder::limit(Side::Buy, quote.ask.price, A_LITTLE).tag(7);
        self.is_done = context.submit(quote.instrument_id, order).is_ok();
    }
}

/// What we look at: the channels between the actors, each with the name of who writes it.
struct Desk {
    stage: Stage,
    requests: Reader,
    market: Reader,
    book: Reader,
    intents: Reader,
    approved: Reader,
    fills: Reader,
    reports: Reader,
}

#[test]
fn one_order_from_tick_to_fill() {
    nothing_was_lost(the_whole_story());
}

#[test]
fn told_twice_it_is_the_same_story() {
    let [first, second] =
        [the_whole_story(), the_whole_story()].map(|desk| desk.stage.assembly.digests().output_hash());
    assert_eq!(first, second, "what an engine publishes depends on its inputs and their order alone");
}

fn the_whole_story() -> Desk {
    let mut desk = Desk::build();
    the_feed_asks_what_is_traded(&mut desk);
    the_venue_says_what_an_order_must_fit(&mut desk);
    a_book_is_proven_before_it_is_believed(&mut desk);
    nothing_is_wanted_at_a_bad_price(&mut desk);
    let cause = a_tick_becomes_an_order(&mut desk);
    the_order_is_filled(&mut desk, cause);
    the_position_earns(&mut desk);
    desk
}

impl Desk {
    /// A plan is data: instruments, venues, strategies, where orders go. `build` makes actors and channels of it, in
    /// the order in which a tick goes through them.
    fn build() -> Self {
        let mut config = BinanceConfig::production(Product::Spot);
        config.instruments = vec![InstrumentConfig::new(SYMBOL, BTC)];
        let venue = VenuePlan { session: Box::new(Binance::market_data(&config)), instruments: vec![BTC] };
        let buyer = StrategyPlan {
            name: "buyer".to_owned(),
            home: Home::Engine(Box::new(BuyOnce { offered_at_most: price("61000.50"), is_done: false })),
            instruments: vec![BTC],
            book: BookDepth::Top,
        };
        let stage = Stage::build(EnginePlan {
            instruments: vec![InstrumentPlan::new(INSTRUMENT.to_owned(), Some(limits()))],
            venues: vec![venue],
            pairs: vec![PairPlan {
                name: INSTRUMENT.to_owned(),
                instruments: vec![BTC],
                taker_fees: Vec::new(),
            }],
            bar_intervals: vec![Nanos::from_secs(60)],
            strategies: vec![buyer],
            treasury: TreasuryPlan::default(),
            orders: OrderRoute::Paper { account_id: AccountId(0), fees: PaperFees::default() },
            rings: RingSizes::default(),
            epoch: 1,
            held: KeptOrders::default(),
            journal_directory: None,
        });
        Desk {
            requests: stage.reader("requests.binance-spot"),
            market: stage.reader(&format!("market.{INSTRUMENT}")),
            book: stage.reader(&format!("book.{INSTRUMENT}")),
            intents: stage.reader("intents.buyer"),
            approved: stage.reader("approved"),
            fills: stage.reader("gateway.paper"),
            reports: stage.reader("reports.buyer"),
            stage,
        }
    }
}

/// What the risk gate allows, in decimals: they become integers once the venue has said how many digits it writes.
fn limits() -> RiskSettings {
    RiskSettings {
        order_quantity_max: "0.01".to_owned(),
        order_notional_max: "1000".to_owned(),
        position_max: "0.02".to_owned(),
        open_orders_max: 4,
        messages_per_second: 50,
        stale_after: Nanos::from_millis(500),
        guards: GuardSettings::default(),
    }
}

/// Chapter one. An actor that starts may already want something. The feed's translator asks its venue for the
/// instruments; a request is a record like any other, and whoever does the IO reads it from the feed's channel.
fn the_feed_asks_what_is_traded(desk: &mut Desk) {
    desk.stage.player.start(desk.stage.now);
    let requests = drain(&mut desk.requests);
    let (request, path) = Request::read(&requests[0]).expect("a request");
    assert_eq!((requests.len(), request.kind), (1, RequestKind::HttpGet));
    assert!(path.starts_with(b"/api/v3/exchangeInfo"));
}

/// Chapter two. The answer says in which steps prices and quantities move. The feed publishes a definition, the book
/// hands it on once it agrees, and the risk gate tells the gateway, so that nobody judges an order by old rules.
fn the_venue_says_what_an_order_must_fit(desk: &mut Desk) {
    desk.stage.answer(&market::definition());
    let told = drain(&mut desk.market);
    assert_eq!(kinds(&told), [Kind::InstrumentDefinition, Kind::SyncChange]);
    let definition = only::<InstrumentDefinition>(&told);
    assert_eq!(
        (definition.symbol.as_str(), definition.tick, definition.revision),
        (SYMBOL, price("0.01"), 1)
    );
    assert_eq!(
        only::<SyncChange>(&told).state,
        SyncState::Syncing,
        "it is known what it is, not how it stands"
    );
    assert_eq!(kinds(&drain(&mut desk.book)), [Kind::InstrumentDefinition, Kind::SyncChange]);
    assert_eq!(kinds(&drain(&mut desk.approved)), [Kind::InstrumentDefinition]);
}

/// Chapter three. The connection opens; what it subscribes to stands in its URL. An update comes, and is kept: it
/// says what changed, not how the book stands, so the translator asks for the whole of it. The answer and the updates
/// behind it make a book with no hole in it; only then is it live, and only then is there a top to trade by.
fn a_book_is_proven_before_it_is_believed(desk: &mut Desk) {
    desk.stage.opened();
    desk.stage.message(&market::depth((101, 103), &[("60999.00", "1.5")], &[]));
    let requests = drain(&mut desk.requests);
    let (request, path) = Request::read(&requests[0]).expect("a request");
    assert_eq!((requests.len(), request.kind), (1, RequestKind::HttpGet));
    assert!(path.starts_with(b"/api/v3/depth"));
    assert_eq!(kinds(&drain(&mut desk.market)), [], "an update alone is no book");

    desk.stage.answer(&market::snapshot(
        102,
        &[("60990.00", "1.0")],
        &[("61010.00", "2.0"), ("61020.00", "3.0")],
    ));
    let told = drain(&mut desk.market);
    let expected =
        [Kind::SnapshotBegin, Kind::BookLevels, Kind::SnapshotEnd, Kind::BookLevels, Kind::SyncChange];
    assert_eq!(kinds(&told), expected);
    assert!(told[1].header().flags.contains(Flags::SNAPSHOT), "these levels replace, the others change");

    let told = drain(&mut desk.book);
    assert_eq!(kinds(&told), [Kind::SyncChange, Kind::TopOfBook]);
    assert_eq!(only::<SyncChange>(&told).state, SyncState::Live);
    let top = only::<TopOfBook>(&told);
    assert_eq!((top.bid.price, top.ask.price), (price("60999.00"), price("61010.00")));
}

/// Chapter four. Somebody trades, far above what our strategy would pay. It was called for the top of chapter three
/// and for this trade, and wants nothing.
fn nothing_is_wanted_at_a_bad_price(desk: &mut Desk) {
    desk.stage.message(&market::trade(1, "61010.00", "0.25"));
    let traded = only::<Trade>(&drain(&mut desk.market));
    assert_eq!((traded.price, traded.aggressor), (price("61010.00"), Side::Buy));
    assert_eq!(kinds(&drain(&mut desk.intents)), []);
}

/// Chapter five, the tick. Somebody offers at 61,000.50. In the turn that brings the frame, the book makes a top of
/// it, the strategy an intent, and the gate an order. All of them name the frame as their cause, so whoever reads a
/// journal can follow an order back to what it was decided by.
fn a_tick_becomes_an_order(desk: &mut Desk) -> RecordId {
    desk.stage.now = desk.stage.now + Nanos::from_millis(250);
    desk.stage.message(&market::depth((104, 104), &[], &[("61000.50", "0.5")]));

    let levels = drain(&mut desk.market);
    let cause = levels[0].header().cause;
    assert_eq!((kinds(&levels), levels[0].header().received_at), (vec![Kind::BookLevels], desk.stage.now));
    let tops = drain(&mut desk.book);
    assert_eq!(only::<TopOfBook>(&tops).ask.price, price("61000.50"));

    // The engine gives the id: boot, strategy, counter. The strategy gave the tag.
    let intents = drain(&mut desk.intents);
    let intent = only::<Intent>(&intents);
    assert_eq!(intent.client_order_id, ClientOrderId::new(1, StrategyId(0), 1));
    assert_eq!((intent.side, intent.price, intent.quantity), (Side::Buy, price("61000.50"), A_LITTLE));
    assert_eq!((intent.time_in_force, intent.tag), (TimeInForce::Gtc, 7));

    // The gate alone can make what the gateway takes, and adds nothing to what was wanted but the moment.
    let approved = drain(&mut desk.approved);
    let order = only::<Order>(&approved);
    assert_eq!((order.intent, order.approved_at), (intent, desk.stage.now));
    for record in levels.iter().chain(&tops).chain(&intents).chain(&approved) {
        assert_eq!(record.header().cause, cause, "one tick is behind all of it");
    }
    cause
}

/// Chapter six. The gateway of this engine is the paper venue: it fills against the real market's prices. It says that
/// it has the order, and then that it traded. The gate books the fill and tells the strategy, in its own words.
fn the_order_is_filled(desk: &mut Desk, cause: RecordId) {
    let filled = drain(&mut desk.fills);
    let told: Vec<_> = filled.iter().map(|record| read::<ExecutionReport>(record).execution).collect();
    assert_eq!(told, [ExecutionType::Accepted, ExecutionType::Trade]);

    let reports = drain(&mut desk.reports);
    let expected = [Kind::ExecutionReport, Kind::ExecutionReport, Kind::Position, Kind::ExecutionReport];
    assert_eq!(kinds(&reports), expected, "submitted, accepted, what is held now, filled");
    let fill = read::<ExecutionReport>(&reports[3]);
    assert_eq!((fill.status, fill.tag, fill.leaves_qty), (OrderStatus::Filled, 7, Quantity(0)));
    assert_eq!((fill.last_px, fill.last_qty), (price("61000.50"), A_LITTLE));
    assert_eq!(fill.liquidity_side, LiquiditySide::Taker, "it took what was offered");
    assert!(
        reports.iter().all(|record| record.header().cause == cause),
        "all of it within the turn of the tick"
    );

    let position = read::<Position>(&reports[2]);
    assert_eq!((position.quantity, position.avg_px), (A_LITTLE, price("61000.50")));
    assert_eq!(Notional::from(position.cost), price("61000.50").times(A_LITTLE));
}

/// Chapter seven. The market rises, and what we hold is worth more: the money that a sale would bring, less what it
/// cost, in integers that lose nothing. The strategy is done and wants no more.
fn the_position_earns(desk: &mut Desk) {
    desk.stage.now = desk.stage.now + Nanos::from_millis(100);
    desk.stage.message(&market::depth(
        (105, 105),
        &[("61100.50", "1.0")],
        &[("61000.50", "0"), ("61010.00", "0"), ("61020.00", "0"), ("61101.00", "1")],
    ));
    let top = only::<TopOfBook>(&drain(&mut desk.book));
    let earned = Notional(top.bid.price.times(A_LITTLE).0 - price("61000.50").times(A_LITTLE).0);
    // A tenth of a dollar, at the sixteen digits of a price times a quantity.
    assert_eq!(earned, Notional(10_i128.pow(15)));
    assert_eq!(kinds(&drain(&mut desk.intents)), []);
    assert_eq!(kinds(&drain(&mut desk.reports)), []);
}

/// And the end: what is dropped in this house is counted, so zeros prove that nothing was.
fn nothing_was_lost(desk: Desk) {
    let seats = desk.stage.player.stop(desk.stage.now);
    for counter in ["decode_errors", "lost_records", "malformed_records", "orphan_reports", "crossed"] {
        assert_eq!(counters(&seats).get(counter), None, "{counter}");
    }
}

/// The payload of a record that must be of this kind.
fn read<P: Payload + Copy>(record: &Record) -> P {
    *record.read::<P>().unwrap_or_else(|error| panic!("no {:?}: {error:?}", P::KIND))
}

/// The payload of the one record of this kind.
fn only<P: Payload + Copy>(records: &[Record]) -> P {
    let mut found = records.iter().filter(|record| record.header().kind() == Some(P::KIND));
    let first = found.next().unwrap_or_else(|| panic!("no {:?} among {:?}", P::KIND, kinds(records)));
    assert!(found.next().is_none(), "more than one {:?}", P::KIND);
    read(first)
}
