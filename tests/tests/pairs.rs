//! One thing at several venues: its best prices over all of them reach a strategy, at one scale, and so does what the
//! venues say of each other; what is another thing is never merged into them, whatever a configuration calls a pair.

use std::sync::mpsc::{Receiver, Sender, channel};

use fulmar_bus::record::{
    AccountId, Arbitrage, Bar, ConsolidatedTop, ContractKind, ContractSize, CrossVenue, InstrumentDefinition,
    InstrumentId, Level, Nanos, Price, Quantity, TopOfBook, TopSource,
};
use fulmar_engine::contract::{BookDepth, Context, Event, MarketSession, Strategy};
use fulmar_engine::market::FeeRate;
use fulmar_engine::runtime::{Player, counters};
use fulmar_engine::simulation::paper::PaperFees;
use fulmar_engine::trading::treasury::TreasuryPlan;
use fulmar_engine::wiring::{
    EnginePlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan,
    Surroundings, VenuePlan, build,
};
use fulmar_tests::scripted::{Scripted, Tell, definition};
use fulmar_tests::stage::OPENS_AT;

const HERE: InstrumentId = InstrumentId(0);
const THERE: InstrumentId = InstrumentId(1);
const FUTURE: InstrumentId = InstrumentId(2);

/// What the strategy was told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Quote(InstrumentId, TopOfBook),
    Consolidated(ConsolidatedTop),
    CrossVenue(CrossVenue),
}

/// Trades at one venue and sees the other through the pair.
struct Watcher(Sender<Told>);

impl Strategy for Watcher {
    fn on_quote(&mut self, _: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        self.0.send(Told::Quote(quote.instrument_id, *quote.payload)).expect("the test listens");
    }

    fn on_consolidated(&mut self, context: &mut Context<'_>, top: Event<'_, ConsolidatedTop>) {
        let here = context.instrument(HERE).expect("it trades here");
        assert_eq!(here.consolidated, Some(*top.payload), "the view shows what the callback tells");
        assert!(context.instrument(THERE).is_none(), "it does not trade there");
        self.0.send(Told::Consolidated(*top.payload)).expect("the test listens");
    }

    fn on_cross_venue(&mut self, context: &mut Context<'_>, signals: Event<'_, CrossVenue>) {
        let here = context.instrument(HERE).expect("it trades here");
        assert_eq!(here.cross_venue, Some(*signals.payload), "the view shows what the callback tells");
        self.0.send(Told::CrossVenue(*signals.payload)).expect("the test listens");
    }

    fn on_bar(&mut self, _: &mut Context<'_>, bar: Event<'_, Bar>) {
        panic!("nobody traded, and there are bars of {:?}", bar.instrument_id);
    }
}

/// As [`engine_of`], with a strategy that trades at the first venue.
fn engine(scripts: Vec<Vec<(u64, Tell)>>) -> (Player, Receiver<Told>) {
    let (sender, told) = channel();
    (engine_of(scripts, Box::new(Watcher(sender)), HERE, &[]), told)
}

/// As [`engine`], of venues that take these hundredths of a percent of a taker.
fn engine_with_fees(scripts: Vec<Vec<(u64, Tell)>>, bps: &[u32]) -> (Player, Receiver<Told>) {
    let (sender, told) = channel();
    (engine_of(scripts, Box::new(Watcher(sender)), HERE, bps), told)
}

/// An engine of venues that tell this and of which the first take these fees of a taker, and a strategy that trades
/// `traded` alone.
fn engine_of(
    scripts: Vec<Vec<(u64, Tell)>>,
    strategy: Box<dyn Strategy>,
    traded: InstrumentId,
    bps: &[u32],
) -> Player {
    let ids: Vec<InstrumentId> = [HERE, THERE, FUTURE][..scripts.len()].to_vec();
    let venues = ["venue-a", "venue-b", "venue-c"].into_iter().zip(&ids).zip(scripts);
    let venue = |((name, id), script): ((&'static str, &InstrumentId), _)| VenuePlan {
        session: Box::new(Scripted::new(name, *id, script)) as Box<dyn MarketSession>,
        instruments: vec![*id],
    };
    let plan = EnginePlan {
        instruments: ids.iter().map(|id| InstrumentPlan::new(format!("venue:{}", id.0), None)).collect(),
        venues: venues.map(venue).collect(),
        pairs: vec![PairPlan {
            name: "BTC-USDT".to_owned(),
            taker_fees: ids.iter().copied().zip(bps.iter().map(|bps| FeeRate::from_bps(*bps))).collect(),
            instruments: ids,
        }],
        bar_intervals: vec![Nanos::from_secs(60)],
        strategies: vec![StrategyPlan {
            name: "watcher".to_owned(),
            home: Home::Engine(strategy),
            instruments: vec![traded],
            book: BookDepth::Top,
        }],
        treasury: TreasuryPlan::default(),
        orders: OrderRoute::Paper { account_id: AccountId(0), fees: PaperFees::default() },
        rings: RingSizes::default(),
        epoch: 1,
        held: KeptOrders::default(),
        journal_directory: None,
    };
    let nobody = Surroundings { bell_of: &|_| None, stamps: None };
    let assembly = build(plan, &nobody).expect("nothing is written to a file");
    let mut player = Player::new(assembly.seats);
    player.start(OPENS_AT);
    player
}

fn level(price: i64, quantity: i64) -> Level {
    Level { price: Price(price), quantity: Quantity(quantity) }
}

/// The best bid and ask that were last told, and where each stands.
fn best(told: &Receiver<Told>) -> Option<(Level, InstrumentId, Level, InstrumentId)> {
    let consolidated = told.try_iter().filter_map(|told| match told {
        Told::Consolidated(top) => Some(top),
        Told::Quote(..) | Told::CrossVenue(_) => None,
    });
    let last = consolidated.last()?;
    assert_eq!((last.price_scale, last.quantity_scale), (2, 5), "the widest of both");
    Some((last.bid, last.bid_instrument_id, last.ask, last.ask_instrument_id))
}

fn spot(scales: (u8, u8)) -> Tell {
    Tell::Definition(definition("BTC", "USDT", scales, ContractKind::Spot))
}

#[test]
fn the_best_over_two_venues_reaches_a_strategy_that_trades_at_one_of_them() {
    let here = vec![
        (1, spot((2, 5))),
        (2, Tell::Snapshot(vec![(10_000, 500_000)], vec![(10_010, 700_000)])),
        (6, Tell::Desync),
    ];
    let there = vec![
        (1, spot((1, 3))),
        (3, Tell::Snapshot(vec![(1_002, 4_000)], vec![(1_003, 9_000)])),
        (5, Tell::Levels(vec![(1_002, 0), (999, 1_000)], vec![])),
    ];
    let (mut player, told) = engine(vec![here, there]);
    let mut at = |millis| player.advance(OPENS_AT + Nanos::from_millis(millis));

    at(2);
    assert_eq!(best(&told), Some((level(10_000, 500_000), HERE, level(10_010, 700_000), HERE)));
    at(4);
    assert_eq!(
        best(&told),
        Some((level(10_020, 400_000), THERE, level(10_010, 700_000), HERE)),
        "the other venue bids more, told at the scale of this one"
    );
    at(5);
    assert_eq!(best(&told), Some((level(10_000, 500_000), HERE, level(10_010, 700_000), HERE)));
    at(6);
    assert_eq!(
        best(&told),
        Some((level(9_990, 100_000), THERE, level(10_030, 900_000), THERE)),
        "a book that is not live has no say"
    );
}

#[test]
fn a_quote_is_always_of_an_instrument_that_the_strategy_trades() {
    let script = || vec![(1, spot((2, 5))), (2, Tell::Snapshot(vec![(10_000, 5)], vec![(10_010, 7)]))];
    let (mut player, told) = engine(vec![script(), script()]);
    player.advance(OPENS_AT + Nanos::from_millis(9));
    let told: Vec<Told> = told.try_iter().collect();
    let quotes: Vec<_> = told.iter().filter(|told| matches!(told, Told::Quote(..))).collect();
    let own = TopOfBook::new(level(10_000, 5), level(10_010, 7), 2, OPENS_AT, TopSource::Book);
    let [Told::Quote(HERE, quote)] = quotes[..] else { panic!("one quote, not {told:?}") };
    assert_eq!((quote.bid, quote.ask, quote.source), (own.bid, own.ask, own.source));
}

#[test]
fn what_is_unlike_is_left_out_of_a_pair_and_counted_whoever_was_defined_first() {
    let future = Tell::Definition(definition("BTC", "USDT", (2, 5), ContractKind::LinearPerpetual));
    let here = vec![(5, spot((2, 5))), (6, Tell::Snapshot(vec![(10_000, 5)], vec![(10_010, 7)]))];
    let there = vec![(5, spot((2, 5))), (6, Tell::Snapshot(vec![(10_001, 5)], vec![(10_020, 7)]))];
    let third = vec![
        (1, future),
        (2, Tell::Snapshot(vec![(9_500, 5)], vec![(9_501, 7)])),
        (9, Tell::Levels(vec![(10_005, 1)], vec![(9_501, 0), (10_006, 1)])),
    ];
    let (mut player, told) = engine(vec![here, there, third]);
    player.advance(OPENS_AT + Nanos::from_millis(4));
    assert_eq!(
        best(&told),
        Some((level(9_500, 5), FUTURE, level(9_501, 7), FUTURE)),
        "the only one that is defined is what the pair is"
    );
    player.advance(OPENS_AT + Nanos::from_millis(9));
    assert_eq!(
        best(&told),
        Some((level(10_001, 5), THERE, level(10_010, 7), HERE)),
        "the first of the list is spot, and a future is not merged with it"
    );
    let counters = counters(&player.stop(OPENS_AT));
    assert_eq!(counters.get("unlike_instruments"), Some(&1), "{counters:?}");
    assert_eq!(counters.get("left_out_tops"), Some(&1), "{counters:?}");
}

/// A venue that shows ten times the price has no say in what is best, nor in what the venues say of each other, until
/// it has stayed there; its own quotes come all the same, marked as suspect.
#[test]
fn a_price_that_jumped_is_not_consolidated_until_the_market_stays_there() {
    let [here, mut there] = apart();
    there.truncate(2);
    let far = |quantity| Tell::Levels(vec![(10_040, quantity)], vec![(1_006, 0), (10_060, 9_000)]);
    there.extend([(10, far(1_000)), (1_000, far(2_000)), (2_010, far(3_000))]);
    let (mut player, told) = engine_with_fees(vec![here[..2].to_vec(), there], &[10, 10]);
    let mut at = |millis| player.advance(OPENS_AT + Nanos::from_millis(millis));

    at(4);
    assert_eq!(best(&told).map(|(bid, ..)| bid), Some(level(10_040, 400_000)));
    for millis in [10, 1_000] {
        at(millis);
        let (mut bids, mut signals) = (Vec::new(), Vec::new());
        for told in told.try_iter() {
            match told {
                Told::Consolidated(top) => bids.push(top.bid),
                Told::CrossVenue(told) => signals.push(told.is_empty()),
                Told::Quote(..) => {}
            }
        }
        let expected =
            if millis == 10 { (vec![level(9_998, 500_000)], vec![true]) } else { (vec![], vec![]) };
        assert_eq!((bids, signals), expected, "it is gone from both at once, and once");
    }
    at(2_010);
    assert_eq!(best(&told).map(|(bid, ..)| bid), Some(level(100_400, 300_000)));
    assert_eq!(counters(&player.stop(OPENS_AT)).get("suspect_tops"), Some(&2));
}

#[test]
fn contracts_of_another_size_are_left_out_of_a_pair_until_theirs_is_the_same() {
    let of = |contract_size| {
        let definition = definition("BTC", "USDT", (2, 5), ContractKind::LinearPerpetual);
        Tell::Definition(InstrumentDefinition { contract_size, ..definition })
    };
    let here = vec![
        (1, of(ContractSize::ONE)),
        (2, Tell::Snapshot(vec![(10_000, 500_000)], vec![(10_010, 700_000)])),
    ];
    let better = || Tell::Snapshot(vec![(10_005, 100)], vec![(10_006, 100)]);
    let there = vec![
        (1, of(ContractSize::UNKNOWN)),
        (3, better()),
        (5, of(ContractSize::new(1, 2))),
        (6, better()),
        (8, of(ContractSize::ONE)),
        (9, better()),
    ];
    let (mut player, told) = engine(vec![here, there]);
    let mut at = |millis| player.advance(OPENS_AT + Nanos::from_millis(millis));
    at(7);
    let own = Some((level(10_000, 500_000), HERE, level(10_010, 700_000), HERE));
    assert_eq!(best(&told), own, "100 contracts of a hundredth are no 100 bitcoins");
    at(10);
    assert_eq!(best(&told), Some((level(10_005, 100), THERE, level(10_006, 100), THERE)));
}

/// The signals that were told since the last look.
fn signals(told: &Receiver<Told>) -> Vec<CrossVenue> {
    let signals = told.try_iter().filter_map(|told| match told {
        Told::CrossVenue(signals) => Some(signals),
        Told::Quote(..) | Told::Consolidated(_) => None,
    });
    signals.collect()
}

/// Two venues of which the second bids more than the first asks, from the third millisecond on.
fn apart() -> [Vec<(u64, Tell)>; 2] {
    let here = vec![
        (1, spot((2, 5))),
        (2, Tell::Snapshot(vec![(9_998, 500_000)], vec![(10_000, 700_000)])),
        (6, Tell::Desync),
    ];
    let there = vec![
        (1, spot((1, 3))),
        (3, Tell::Snapshot(vec![(1_004, 4_000)], vec![(1_006, 9_000)])),
        (5, Tell::Levels(vec![(1_004, 3_000)], vec![])),
    ];
    [here, there]
}

#[test]
fn what_two_venues_say_of_each_other_reaches_a_strategy_once_both_are_live_and_where_it_changed() {
    let (mut player, told) = engine_with_fees(apart().to_vec(), &[10, 10]);
    let mut at = |millis| player.advance(OPENS_AT + Nanos::from_millis(millis));

    at(2);
    assert_eq!(signals(&told), [], "one venue has no other");
    at(4);
    let [first] = signals(&told)[..] else { panic!("both are live, and that is told once") };
    assert_eq!((first.price_scale, first.quantity_scale), (2, 5), "the widest of both");
    assert_eq!((first.mids.high, first.mids.high_instrument_id), (Price(10_050), THERE));
    assert_eq!((first.mids.low, first.mids.low_instrument_id), (Price(9_999), HERE));
    let arbitrage = Arbitrage {
        profit: Price(19), // 40 less fees of 10 and of 10.04, rounded down.
        quantity: Quantity(400_000),
        buy_instrument_id: HERE,
        sell_instrument_id: THERE,
    };
    assert_eq!(first.arbitrage, arbitrage);
    at(5);
    let [smaller] = signals(&told)[..] else { panic!("there is less to sell to") };
    assert_eq!((smaller.arbitrage.quantity, smaller.mids), (Quantity(300_000), first.mids));
    at(6);
    let [last] = signals(&told)[..] else { panic!("it is told once that nothing is known") };
    assert!(last.is_empty(), "a book that is not live has no say");
}

#[test]
fn fees_turn_an_apparent_arbitrage_into_none_and_a_fee_that_is_not_stated_allows_none() {
    let arbitrage = |bps: &[u32]| {
        let (mut player, told) = engine_with_fees(apart().to_vec(), bps);
        player.advance(OPENS_AT + Nanos::from_millis(4));
        signals(&told).last().expect("both are live").arbitrage
    };
    assert_eq!(arbitrage(&[0, 0]).profit, Price(40));
    assert_eq!(arbitrage(&[20, 20]), Arbitrage::NONE, "both venues together take more");
    assert_eq!(arbitrage(&[0]), Arbitrage::NONE, "nobody said what the other takes");
}

#[test]
fn what_is_unlike_has_no_say_in_the_signals_of_a_pair() {
    let future = Tell::Definition(definition("BTC", "USDT", (2, 5), ContractKind::LinearPerpetual));
    let third = vec![(1, future), (3, Tell::Snapshot(vec![(20_000, 500_000)], vec![(20_010, 700_000)]))];
    let [here, there] = apart();
    let (mut player, told) = engine_with_fees(vec![here.clone(), there, third.clone()], &[0, 0, 0]);
    player.advance(OPENS_AT + Nanos::from_millis(5));
    let told = signals(&told);
    assert_eq!(
        told.last().map(|last| last.arbitrage.profit),
        Some(Price(40)),
        "the future bids twice as much"
    );
    assert!(told.iter().all(|told| told.mids.high_instrument_id != FUTURE));

    let unknown = vec![(9, spot((1, 3)))];
    let (mut player, told) = engine_with_fees(vec![here, unknown, third], &[0, 0, 0]);
    player.advance(OPENS_AT + Nanos::from_millis(5));
    assert_eq!(signals(&told), [], "of the pair there is one venue that is live");
}

#[test]
fn the_venue_that_moves_first_is_told() {
    let script = |later: u64| {
        let mut script = vec![(1, spot((2, 5))), (2, Tell::Snapshot(vec![(10_000, 5)], vec![(10_050, 7)]))];
        script.extend((0..40).map(|round: i64| {
            let levels = vec![(10_001 + round, 5)];
            (u64::try_from(10 + round * 20).unwrap() + later, Tell::Levels(levels, vec![]))
        }));
        script
    };
    let (mut player, told) = engine_with_fees(vec![script(7), script(0)], &[]);
    for millis in 0..1_000 {
        player.advance(OPENS_AT + Nanos::from_millis(millis));
    }
    let last = signals(&told).last().expect("they moved").lead_lag;
    assert_eq!((last.leader_instrument_id, last.follower_instrument_id), (THERE, HERE));
    assert_eq!((last.lag, last.leader_share, last.follow_count), (Nanos::from_millis(7), 10_000, 40));
}

/// What a view shows of a pair.
type Shown = (Option<ConsolidatedTop>, Option<CrossVenue>);

/// Keeps what its view shows of the pair at each quote, and panics where it hears of it by a callback.
struct Outsider(Sender<Shown>);

fn shown(context: &Context<'_>) -> Shown {
    let future = context.instrument(FUTURE).expect("it trades there");
    (future.consolidated, future.cross_venue)
}

impl Strategy for Outsider {
    fn on_quote(&mut self, context: &mut Context<'_>, _: Event<'_, TopOfBook>) {
        self.0.send(shown(context)).expect("the test listens");
    }

    fn on_consolidated(&mut self, context: &mut Context<'_>, top: Event<'_, ConsolidatedTop>) {
        assert_eq!(shown(context).0, Some(*top.payload), "it hears of a pair of which its instrument is one");
    }

    fn on_cross_venue(&mut self, context: &mut Context<'_>, signals: Event<'_, CrossVenue>) {
        assert_eq!(shown(context).1, Some(*signals.payload), "as of the best of all");
    }
}

#[test]
fn a_strategy_whose_instrument_is_left_out_is_shown_nothing_of_the_pair_until_it_is_taken_in() {
    let future = || Tell::Definition(definition("BTC", "USDT", (2, 5), ContractKind::LinearPerpetual));
    let here = vec![(1, spot((2, 5))), (2, Tell::Snapshot(vec![(10_000, 5)], vec![(10_010, 7)]))];
    let there = vec![(1, spot((2, 5))), (3, Tell::Snapshot(vec![(10_001, 5)], vec![(10_020, 7)]))];
    let third = vec![
        (1, future()),
        (4, Tell::Snapshot(vec![(9_000, 5)], vec![(9_001, 7)])),
        (5, spot((2, 5))),
        (6, Tell::Snapshot(vec![(9_990, 5)], vec![(10_002, 7)])),
        (7, Tell::Levels(vec![(9_991, 5)], vec![])),
    ];
    let (sender, shown) = channel();
    let mut player = engine_of(vec![here, there, third], Box::new(Outsider(sender)), FUTURE, &[]);
    player.advance(OPENS_AT + Nanos::from_millis(4));
    assert_eq!(shown.try_iter().collect::<Vec<_>>(), [(None, None)]);
    player.advance(OPENS_AT + Nanos::from_millis(7));
    let (Some(last), Some(signals)) = shown.try_iter().last().expect("it has quotes") else {
        panic!("it is spot now, and one of the pair");
    };
    assert_eq!(signals.mids.low_instrument_id, FUTURE);
    assert_eq!((last.bid, last.bid_instrument_id), (level(10_001, 5), THERE));
    assert_eq!((last.ask, last.ask_instrument_id), (level(10_002, 7), FUTURE));
}
