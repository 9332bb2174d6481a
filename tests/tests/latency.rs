//! Latencies are told of all that passed, of each by what caused it, and stamping changes nothing of what is published.
//!
//! Proven by how often each was counted: how long it took is the machine's.

use fulmar_adapters::binance::{Binance, BinanceConfig, Product};
use fulmar_adapters::session::InstrumentConfig;
use fulmar_bus::record::{
    AccountId, ClientOrderId, ExecutionReport, Price, Quantity, RecordId, Request, Side, Timer, TopOfBook,
};
use fulmar_engine::contract::{BookDepth, Context, Event, NewOrder, Strategy};
use fulmar_engine::runtime::{Hop, HopBoard, HopLatencies, Way};
use fulmar_engine::simulation::paper::PaperFees;
use fulmar_engine::trading::risk::{GuardSettings, RiskSettings};
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan, VenuePlan,
};
use fulmar_strategies::sdk::{InstrumentId, Nanos};
use fulmar_strategies::{Parameters, quoter};
use fulmar_tests::desk::Desk;
use fulmar_tests::market::{self, INSTRUMENT, SYMBOL};
use fulmar_tests::stage::{Stage, drain};

const BTC: InstrumentId = InstrumentId(0);
const A_LITTLE: Quantity = Quantity(100_000);
/// Far below the market of these tests, at eight digits.
const FAR_BELOW: Price = Price(6_000_000_000_000);

/// Two orders of its first tick. When the venue has the first, one order more; when it has the second, that is
/// canceled. A while later, an order that nothing but time caused. At the second tick, the third order is canceled.
#[derive(Default)]
struct Busy {
    has_begun: bool,
    third: Option<ClientOrderId>,
}

fn order(context: &mut Context<'_>, tag: u64) -> ClientOrderId {
    let order = NewOrder::limit(Side::Buy, FAR_BELOW, A_LITTLE).tag(tag);
    context.submit(BTC, order).expect("it is defined")
}

impl Strategy for Busy {
    fn on_quote(&mut self, context: &mut Context<'_>, _: Event<'_, TopOfBook>) {
        if !self.has_begun {
            self.has_begun = true;
            order(context, 1);
            order(context, 2);
            context.set_timer(1, context.now() + Nanos::from_millis(100));
        } else if let Some(third) = self.third.take() {
            context.cancel(third);
        }
    }

    fn on_order_accepted(&mut self, context: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        match report.tag {
            1 => self.third = Some(order(context, 3)),
            2 => assert!(context.cancel(report.client_order_id), "it stands"),
            _ => {}
        }
    }

    fn on_timer(&mut self, context: &mut Context<'_>, _: Event<'_, Timer>) {
        order(context, 4);
    }
}

fn paper_plan() -> EnginePlan {
    let mut config = BinanceConfig::production(Product::Spot);
    config.instruments = vec![InstrumentConfig::new(SYMBOL, BTC)];
    let risk = RiskSettings {
        order_quantity_max: "1".to_owned(),
        order_notional_max: "100000".to_owned(),
        position_max: "10".to_owned(),
        open_orders_max: 8,
        messages_per_second: 1_000,
        stale_after: Nanos::from_secs(5),
        guards: GuardSettings::default(),
    };
    let venue = VenuePlan { session: Box::new(Binance::market_data(&config)), instruments: vec![BTC] };
    let busy = StrategyPlan {
        name: "busy".to_owned(),
        home: Home::Engine(Box::new(Busy::default())),
        instruments: vec![BTC],
        book: BookDepth::Top,
    };
    EnginePlan {
        instruments: vec![InstrumentPlan::new(INSTRUMENT.to_owned(), Some(risk))],
        venues: vec![venue],
        pairs: vec![PairPlan { name: INSTRUMENT.to_owned(), instruments: vec![BTC], taker_fees: Vec::new() }],
        bar_intervals: vec![Nanos::from_secs(60)],
        strategies: vec![busy],
        treasury: TreasuryPlan::default(),
        orders: OrderRoute::Paper { account_id: AccountId(0), fees: PaperFees::default() },
        rings: RingSizes::default(),
        epoch: 1,
        held: KeptOrders::default(),
        journal_directory: None,
    }
}

/// Two ticks on paper, a trade between them and time. Gives the output hash and how many records the feed told.
fn play_on_paper(mut stage: Stage) -> (u64, u64) {
    let mut told = stage.reader(&format!("market.{INSTRUMENT}"));
    stage.player.start(stage.now);
    stage.answer(&market::definition());
    stage.opened();
    stage.message(&market::depth((101, 103), &[("60999.00", "1.5")], &[]));
    stage.answer(&market::snapshot(102, &[("60990.00", "1.0")], &[("61010.00", "2.0")]));
    stage.message(&market::trade(1, "61010.00", "0.25"));
    stage.now = stage.now + Nanos::from_millis(200);
    // Deep in the book: no top changes, nobody is told.
    stage.message(&market::depth((104, 104), &[("60500.00", "1.0")], &[]));
    stage.message(&market::depth((105, 105), &[("60999.50", "1.0")], &[]));
    let told = u64::try_from(drain(&mut told).len()).expect("few");
    (stage.assembly.digests().output_hash(), told)
}

fn ways(latencies: &HopLatencies) -> [u64; 4] {
    Way::ALL.map(|way| latencies.ways[way as usize].len())
}

fn hop(latencies: &HopLatencies, hop: Hop) -> u64 {
    latencies.hops[hop as usize - 1].len()
}

#[test]
fn on_paper_each_order_and_cancel_is_told_by_what_caused_it_and_has_no_encode() {
    let (stage, board) = Stage::stamped(paper_plan());
    let (_, told) = play_on_paper(stage);
    let latencies = board.latencies();
    assert_eq!(ways(&latencies), [2, 1, 1, 1], "the order that time caused is in none of them");
    assert_eq!(hop(&latencies, Hop::Decode), told, "every record of the feed is stamped");
    // All but the trade pass the book; what made it live was told with its top, which is one more.
    assert_eq!(hop(&latencies, Hop::Book), told);
    assert_eq!([Hop::Strategy, Hop::Risk, Hop::Encode].map(|at| hop(&latencies, at)), [5, 5, 0]);
    assert_eq!(latencies.lost_count, 0);
}

#[test]
fn stamps_change_nothing_of_what_is_published() {
    let (stamped, _) = Stage::stamped(paper_plan());
    assert_eq!(play_on_paper(stamped), play_on_paper(Stage::build(paper_plan())));
    let run = |mut desk: Desk| {
        trade(&mut desk);
        desk.assembly.digests().output_hash()
    };
    assert_eq!(run(Desk::stamped(quoter(), 1).0), run(Desk::open(quoter(), 1)));
}

fn quoter() -> Box<dyn Strategy> {
    let pairs = [("quantity", "0.01"), ("half_spread_ticks", "2"), ("requote_ticks", "1")];
    quoter::ENTRY.strategy(&Parameters::from_pairs(pairs)).expect("its parameters are right")
}

/// A second of trading.
fn trade(desk: &mut Desk) {
    (0..1_000).for_each(|_| desk.pass(Nanos::from_millis(1), |engine| engine()));
}

#[test]
fn at_a_venue_what_left_as_bytes_is_what_the_ways_count() {
    let (mut desk, board): (Desk, HopBoard) = Desk::stamped(quoter(), 2);
    let mut outbound = desk.assembly.ring("requests.binance-spot.orders").expect("it trades").reader();
    let (mut orders, mut cancels) = (0, 0);
    for _ in 0..10 {
        trade(&mut desk);
        for record in drain(&mut outbound) {
            let (_, bytes) = Request::read(&record).expect("a request");
            // What time caused has no cause, and is on no way.
            let is = |method: &[u8]| bytes.windows(method.len()).any(|part| part == method);
            let is_caused = record.header().cause != RecordId::NONE;
            orders += u64::from(is_caused && is(b"order.place"));
            cancels += u64::from(is_caused && is(b"order.cancel"));
        }
    }
    let latencies = board.latencies();
    let [tick_to_order, report_to_order, tick_to_cancel, report_to_cancel] = ways(&latencies);
    assert!(tick_to_order > 0 && report_to_order > 0 && tick_to_cancel > 0, "{:?}", ways(&latencies));
    assert_eq!((tick_to_order + report_to_order, tick_to_cancel + report_to_cancel), (orders, cancels));
    assert_eq!(hop(&latencies, Hop::Encode), ways(&latencies).iter().sum::<u64>(), "each has its bytes");
    assert!(hop(&latencies, Hop::Book) > 10 * tick_to_order, "most ticks bring no order");
    assert_eq!(latencies.lost_count, 0);
}
