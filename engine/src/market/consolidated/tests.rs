use fulmar_bus::record::{TopSource, UnixNanos};
use proptest::prelude::*;

use super::*;

fn top(bid: (i64, i64), ask: (i64, i64)) -> TopOfBook {
    let level = |(price, quantity)| Level { price: Price(price), quantity: Quantity(quantity) };
    TopOfBook::new(level(bid), level(ask), 1, UnixNanos(1), TopSource::Book)
}

const FIRST: InstrumentId = InstrumentId(4);
const SECOND: InstrumentId = InstrumentId(2);

#[test]
fn equal_prices_go_to_the_earlier_instrument_whoever_came_first() {
    let mut pair = Consolidated::new(&[(FIRST, 1, 2), (SECOND, 2, 0)]);
    pair.on_top(SECOND, Some(&top((1_000, 3), (1_010, 3))));
    let best = pair.on_top(FIRST, Some(&top((100, 7), (101, 7)))).expect("the holder changed");
    assert_eq!((best.bid_instrument_id, best.ask_instrument_id), (FIRST, FIRST));
    assert_eq!(best.bid, Level { price: Price(1_000), quantity: Quantity(7) });
    assert_eq!((best.price_scale, best.quantity_scale, best.live_count), (2, 2, 2));
}

#[test]
fn only_a_changed_result_is_given() {
    let mut pair = Consolidated::new(&[(FIRST, 0, 0), (SECOND, 0, 0)]);
    let best = top((10, 1), (12, 1));
    assert!(pair.on_top(FIRST, Some(&best)).is_some());
    assert_eq!(pair.on_top(FIRST, Some(&best)), None);
    assert!(pair.on_top(SECOND, Some(&top((9, 5), (13, 5)))).is_some_and(|top| top.live_count == 2));
    assert_eq!(pair.on_top(SECOND, Some(&top((8, 5), (14, 5)))), None);
}

#[test]
fn a_venue_that_is_not_live_has_no_say() {
    let mut pair = Consolidated::new(&[(FIRST, 0, 0), (SECOND, 0, 0)]);
    pair.on_top(FIRST, Some(&top((10, 1), (12, 1))));
    pair.on_top(SECOND, Some(&top((9, 1), (11, 1))));
    let without = pair.on_top(SECOND, None).expect("the best ask is gone");
    assert_eq!((without.ask.price, without.ask_instrument_id, without.live_count), (Price(12), FIRST, 1));
    assert_eq!(pair.on_top(FIRST, None), Some(ConsolidatedTop::empty(0, 0)));
    assert_eq!(pair.on_top(FIRST, None), None);
}

#[test]
fn an_empty_side_is_no_price_of_zero() {
    let mut pair = Consolidated::new(&[(FIRST, 0, 0), (SECOND, 0, 0)]);
    pair.on_top(FIRST, Some(&top((10, 1), (0, 0))));
    let best = pair.on_top(SECOND, Some(&top((0, 0), (12, 4)))).expect("there is an ask now");
    assert_eq!((best.bid_instrument_id, best.ask_instrument_id), (FIRST, SECOND));
}

#[test]
fn a_top_that_does_not_fit_is_counted_and_left_out() {
    let mut pair = Consolidated::new(&[(FIRST, 0, 0), (SECOND, 8, 8)]);
    assert_eq!(pair.on_top(FIRST, Some(&top((i64::MAX / 10, 1), (12, 1)))), None);
    assert_eq!((pair.overflow_count(), pair.top().live_count), (1, 0));
}

#[test]
fn a_wider_scale_of_one_rescales_the_others_and_waits_for_its_next_top() {
    let mut pair = Consolidated::new(&[(FIRST, 1, 0), (SECOND, 1, 0)]);
    pair.on_top(FIRST, Some(&top((100, 1), (102, 1))));
    pair.on_top(SECOND, Some(&top((101, 1), (102, 1))));
    let best = pair.redefine(SECOND, 2, 3).expect("the scale is another");
    assert_eq!((best.price_scale, best.quantity_scale, best.live_count), (2, 3, 1));
    assert_eq!(best.bid, Level { price: Price(1_000), quantity: Quantity(1_000) });
    let best = pair.on_top(SECOND, Some(&top((1_011, 5), (1_019, 5)))).expect("both are better");
    assert_eq!((best.bid.price, best.ask.price), (Price(1_011), Price(1_019)));
}

#[test]
#[should_panic(expected = "listed twice")]
fn an_instrument_is_listed_once() {
    Consolidated::new(&[(FIRST, 1, 0), (FIRST, 2, 0)]);
}

/// The best of `tops` on one side, by comparing price fractions: highest or lowest, earliest of equals.
fn scan(tops: &[Option<(i64, i64)>], scales: &[u8], is_bid: bool) -> Option<usize> {
    let mut best: Option<(usize, i128)> = None;
    for (place, top) in tops.iter().enumerate() {
        let Some((price, quantity)) = *top else { continue };
        let common = i128::from(price) * 10_i128.pow(20 - u32::from(scales[place]));
        let is_better = best.is_none_or(|(_, other)| if is_bid { common > other } else { common < other });
        if quantity > 0 && is_better {
            best = Some((place, common));
        }
    }
    best.map(|(place, _)| place)
}

proptest! {
    #![proptest_config(crate::market::fixed_cases(256))]

    #[test]
    fn the_pair_is_always_what_a_plain_scan_finds(
        scales in prop::collection::vec(0_u8..4, 1..6),
        steps in prop::collection::vec((0_usize..6, any::<bool>(), 0_i64..30, 0_i64..3, 0_i64..30, 0_i64..3), 1..200),
    ) {
        let id = |place: usize| InstrumentId(u32::try_from(place * 3).unwrap());
        let list = scales.iter().enumerate().map(|(place, scale)| (id(place), *scale, *scale)).collect::<Vec<_>>();
        let mut pair = Consolidated::new(&list);
        let (mut bids, mut asks) = (vec![None; scales.len()], vec![None; scales.len()]);
        let mut last = *pair.top();
        for (place, is_live, bid, bid_quantity, ask, ask_quantity) in steps {
            let place = place % scales.len();
            // Whole units, so that instruments of different scales meet at equal prices.
            let unit = 10_i64.pow(u32::from(scales[place]));
            let (bid, ask) = ((bid * unit, bid_quantity), (ask * unit, ask_quantity));
            bids[place] = is_live.then_some(bid);
            asks[place] = is_live.then_some(ask);
            let given = pair.on_top(id(place), is_live.then_some(&top(bid, ask)));
            let now = *pair.top();
            prop_assert_eq!(given, (now != last).then_some(now));
            last = now;
            let best_bid = scan(&bids, &scales, true).map_or(InstrumentId::NONE, id);
            let best_ask = scan(&asks, &scales, false).map_or(InstrumentId::NONE, id);
            prop_assert_eq!((now.bid_instrument_id, now.ask_instrument_id), (best_bid, best_ask));
            prop_assert_eq!(usize::from(now.live_count), bids.iter().flatten().count());
        }
    }
}
