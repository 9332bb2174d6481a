//! What the venues of a pair say of each other, held against plain computations of the same.

use fulmar_bus::record::{InstrumentId, LeadLag, Level, Nanos, Price, Quantity, TopOfBook, TopSource};
use proptest::prelude::*;

use super::*;
use crate::market::limits::{FOLLOW_WINDOW, FOLLOWS_MAX, FOLLOWS_MIN};

const FREE: Option<FeeRate> = Some(FeeRate::ZERO);

fn top(bid: (i64, i64), ask: (i64, i64)) -> TopOfBook {
    let level = |(price, quantity)| Level { price: Price(price), quantity: Quantity(quantity) };
    TopOfBook::new(level(bid), level(ask), 1, UnixNanos(1), TopSource::Book)
}

fn id(place: usize) -> InstrumentId {
    InstrumentId(u32::try_from(place * 3).unwrap())
}

/// A pair and its signals.
struct Stage {
    pair: Consolidated,
    signals: Signals,
}

impl Stage {
    /// Members of these price scales, which take these fees.
    fn new(scales: &[u8], fees: &[Option<FeeRate>]) -> Self {
        let list: Vec<_> = scales.iter().enumerate().map(|(place, scale)| (id(place), *scale, 0)).collect();
        Stage { pair: Consolidated::new(&list), signals: Signals::new(fees) }
    }

    fn tell(&mut self, place: usize, top: Option<TopOfBook>, at_ns: u64) -> Option<CrossVenue> {
        self.pair.on_top(id(place), top.as_ref());
        self.signals.on_top(&self.pair, place, UnixNanos(at_ns))
    }

    /// A book of one unit around twice this middle.
    fn mid(&mut self, place: usize, mid: i64, at_ns: u64) {
        self.tell(place, Some(top((mid - 1, 1), (mid + 1, 1))), at_ns);
    }

    fn lead_lag(&self) -> LeadLag {
        self.signals.told().lead_lag
    }
}

#[test]
fn the_spread_is_between_the_highest_and_the_lowest_middle_at_the_pairs_scale() {
    let mut stage = Stage::new(&[0, 1, 0], &[FREE; 3]);
    assert_eq!(stage.tell(0, Some(top((10, 1), (13, 1))), 1), None, "one venue has no other");
    let told = stage.tell(1, Some(top((117, 1), (120, 1))), 2).expect("there are two");
    assert_eq!((told.mids.high, told.mids.high_instrument_id), (Price(118), id(1)), "118.5, rounded down");
    assert_eq!((told.mids.low, told.mids.low_instrument_id), (Price(115), id(0)));
    assert_eq!((told.mids.spread(), told.price_scale), (Some(Price(3)), 1));
    let one_sided = stage.tell(2, Some(top((0, 0), (99, 1))), 3);
    assert_eq!(one_sided, None, "half a book has no middle");
    let told = stage.tell(1, None, 4).expect("the spread is gone");
    assert!(told.is_empty());
    assert_eq!(stage.tell(0, None, 5), None, "there was nothing before");
}

#[test]
fn fees_turn_an_apparent_arbitrage_into_none() {
    let (here, there) = (Some(top((9_999, 4), (10_000, 4))), Some(top((10_011, 3), (10_012, 3))));
    let profit = |fees: &[Option<FeeRate>]| {
        let mut stage = Stage::new(&[0, 0], fees);
        stage.tell(0, here, 1);
        stage.tell(1, there, 2);
        stage.signals.told().arbitrage.profit
    };
    let bps = |text| FeeRate::parse_bps(text);
    assert_eq!(profit(&[FREE, FREE]), Price(11));
    assert_eq!(profit(&[bps("2"), bps("3")]), Price(5), "11 less 2 and less 3.0033, rounded down");
    assert_eq!(profit(&[bps("5"), bps("5")]), Price(0), "0.9945 is less than a unit");
    assert_eq!(profit(&[bps("10"), bps("10")]), Price(0));
    assert_eq!(profit(&[bps("-1"), FREE]), Price(12), "a rebate adds to it");
    assert_eq!(profit(&[FREE, None]), Price(0), "a fee that is not known is not taken for none");
}

#[test]
fn an_arbitrage_takes_two_venues() {
    let mut stage = Stage::new(&[0, 0, 0], &[FREE; 3]);
    stage.tell(0, Some(top((109, 1), (101, 1))), 1);
    assert!(stage.signals.told().arbitrage.is_none(), "one venue's book crosses itself");
    stage.tell(1, Some(top((103, 2), (104, 2))), 2);
    let told = stage.tell(2, Some(top((100, 9), (103, 9))), 3).expect("a better ask").arbitrage;
    assert_eq!((told.profit, told.quantity), (Price(6), Quantity(1)));
    assert_eq!((told.buy_instrument_id, told.sell_instrument_id), (id(2), id(0)));
}

#[test]
fn what_has_not_changed_is_not_told() {
    let mut stage = Stage::new(&[0, 0], &[FREE; 2]);
    stage.tell(0, Some(top((10, 1), (12, 1))), 1);
    assert!(stage.tell(1, Some(top((10, 1), (12, 1))), 2).is_some());
    assert_eq!(stage.tell(1, Some(top((10, 8), (12, 5))), 3), None, "a quantity that nobody can profit from");
    assert_eq!(stage.tell(1, Some(top((9, 8), (13, 5))), 4), None, "the same middle");
}

const SECOND_NS: u64 = 1_000_000_000;

#[test]
fn the_venue_whose_moves_are_followed_is_told_with_its_share_and_the_lag() {
    let mut stage = Stage::new(&[0, 0], &[FREE; 2]);
    let (mut mid, mut at_ns) = (1_000, SECOND_NS);
    stage.mid(0, mid, at_ns);
    stage.mid(1, mid, at_ns);
    for round in 0..u64::from(FOLLOWS_MIN) {
        assert!(stage.lead_lag().is_none(), "{round} follows are too few");
        let (first, second) = if round % 8 == 7 { (0, 1) } else { (1, 0) };
        mid += if round % 3 == 0 { -1 } else { 1 };
        // Rounds come close behind one another, and still a follower's move leads none.
        at_ns += 100_000_000;
        stage.mid(first, mid, at_ns);
        stage.mid(second, mid, at_ns + 4_000_000 + (round % 2) * 2_000_000);
    }
    let told = stage.lead_lag();
    assert_eq!((told.leader_instrument_id, told.follower_instrument_id), (id(1), id(0)));
    assert_eq!((told.follow_count, told.leader_share), (FOLLOWS_MIN, 8_750));
    assert_eq!(told.lag, Nanos(4_857_142), "16 of 4 ms and 12 of 6 ms");
}

#[test]
fn what_is_late_opposite_or_of_one_moment_is_no_follow_and_order_of_reading_is_no_order_of_coming() {
    let mut stage = Stage::new(&[0, 0], &[FREE; 2]);
    let window_ns = FOLLOW_WINDOW.0;
    let mut at_ns = SECOND_NS;
    stage.mid(0, 1_000, at_ns);
    stage.mid(1, 1_000, at_ns);
    for round in 0..i64::from(FOLLOWS_MIN) {
        let mid = 1_000 + round * 10;
        for (up, down, later_ns) in [(1, 1, window_ns + 1), (2, 0, 1_000), (3, 3, 0)] {
            at_ns += 10 * window_ns;
            stage.mid(0, mid + up, at_ns);
            stage.mid(1, mid + down, at_ns + later_ns);
        }
    }
    assert!(stage.lead_lag().is_none(), "{:?}", stage.lead_lag());
    stage.signals.on_definition(&stage.pair);
    stage.mid(0, 5_000, at_ns);
    stage.mid(1, 5_000, at_ns);
    for round in 1..=i64::from(FOLLOWS_MIN) {
        at_ns += 10 * window_ns;
        stage.mid(0, 5_000 + round, at_ns);
        stage.mid(1, 5_000 + round, at_ns - window_ns);
    }
    let told = stage.lead_lag();
    assert_eq!(
        (told.leader_instrument_id, told.leader_share),
        (id(1), 10_000),
        "it came first, and was read second"
    );
    assert_eq!(told.lag, FOLLOW_WINDOW);
}

#[test]
fn a_new_leader_is_found_and_who_is_not_live_neither_leads_nor_follows() {
    let mut stage = Stage::new(&[0, 0, 0], &[FREE; 3]);
    let (mut mid, mut at_ns) = (1_000, SECOND_NS);
    let mut rounds = |stage: &mut Stage, order: [usize; 3], count: u32| {
        for _ in 0..count {
            mid += 1;
            at_ns += SECOND_NS;
            for (later_ns, place) in [(0, order[0]), (2_000, order[1]), (9_000, order[2])] {
                stage.mid(place, mid, at_ns + later_ns);
            }
        }
    };
    rounds(&mut stage, [2, 0, 1], 10 * FOLLOWS_MAX);
    assert_eq!((stage.lead_lag().leader_instrument_id, stage.lead_lag().leader_share), (id(2), 10_000));
    assert!(stage.lead_lag().follow_count < FOLLOWS_MAX, "it forgets");
    rounds(&mut stage, [1, 0, 2], 2 * FOLLOWS_MAX);
    assert_eq!(stage.lead_lag().leader_instrument_id, id(1));
    stage.tell(1, None, 1);
    assert!(stage.lead_lag().is_none());
    rounds(&mut stage, [0, 2, 2], 2);
    let told = stage.lead_lag();
    assert_eq!((told.leader_instrument_id, told.follower_instrument_id), (id(0), id(2)));
}

/// The most that a unit brings over all two venues, exactly, with the smallest computation that says it.
fn brute_force(tops: &[Option<[(i64, i64); 2]>], rates: &[Option<i64>]) -> i128 {
    const ALL: i128 = 100_000_000;
    let mut most = 0;
    for (buy, sell) in (0..tops.len()).flat_map(|buy| (0..tops.len()).map(move |sell| (buy, sell))) {
        let (Some([_, ask]), Some([bid, _])) = (tops[buy], tops[sell]) else { continue };
        let (Some(buy_rate), Some(sell_rate)) = (rates[buy], rates[sell]) else { continue };
        if buy != sell && ask.1 > 0 && bid.1 > 0 {
            let income = i128::from(bid.0) * (ALL - i128::from(sell_rate));
            most = most.max(income - i128::from(ask.0) * (ALL + i128::from(buy_rate)));
        }
    }
    most
}

/// A rate of so many ten-thousandths of a basis point.
fn rate(units: i64) -> FeeRate {
    let sign = if units < 0 { "-" } else { "" };
    FeeRate::parse_bps(&format!("{sign}{}.{:04}", units.abs() / 10_000, units.abs() % 10_000)).unwrap()
}

fn side(scale: i64) -> impl Strategy<Value = (i64, i64)> {
    (scale..scale + scale / 50 + 10, 0_i64..4)
}

fn member(scale: i64) -> impl Strategy<Value = (Option<[(i64, i64); 2]>, Option<i64>)> {
    (
        prop::option::weighted(0.9, [side(scale), side(scale)]),
        prop::option::weighted(0.9, -50_000_i64..500_000),
    )
}

proptest! {
    #![proptest_config(crate::market::fixed_cases(1_024))]

    #[test]
    fn the_arbitrage_is_what_a_plain_search_finds(
        members in prop_oneof![Just(1_000_i64), Just(6_000_000), Just(5_000_000_000_000_000_000)]
            .prop_flat_map(|scale| prop::collection::vec(member(scale), 2..7)),
    ) {
        let (tops, rates): (Vec<_>, Vec<_>) = members.into_iter().unzip();
        let fees: Vec<_> = rates.iter().map(|units| units.map(rate)).collect();
        let mut stage = Stage::new(&vec![0; tops.len()], &fees);
        for (place, wire) in tops.iter().enumerate() {
            stage.tell(place, wire.map(|[bid, ask]| top(bid, ask)), 1);
        }
        let told = stage.signals.told().arbitrage;
        let most = brute_force(&tops, &rates);
        prop_assert_eq!(i128::from(told.profit.0), most / 100_000_000);
        if !told.is_none() {
            let place = |id: InstrumentId| usize::try_from(id.0 / 3).unwrap();
            let (buy, sell) = (place(told.buy_instrument_id), place(told.sell_instrument_id));
            let pick = |at: usize| if at == buy || at == sell { tops[at] } else { None };
            let both: Vec<_> = (0..tops.len()).map(pick).collect();
            let (ask, bid) = (tops[buy].unwrap()[1], tops[sell].unwrap()[0]);
            prop_assert_eq!(told.quantity, Quantity(ask.1.min(bid.1)));
            prop_assert_eq!(brute_force(&both, &rates), most, "no other two bring more");
        }
    }
}
