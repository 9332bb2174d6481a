//! Bars against the plainest sums of the same trades, and their edges in time.

use std::collections::BTreeMap;

use fulmar_bus::record::Side;
use proptest::prelude::*;

use super::*;

fn trade(price: i64, quantity: i64, millis: u64) -> Trade {
    Trade::new(Price(price), Quantity(quantity), Side::Sell, 7, UnixNanos::from_millis(millis))
}

fn builder(seconds: u64) -> BarBuilder {
    BarBuilder::new(Nanos::from_secs(seconds))
}

#[test]
fn a_bar_holds_first_highest_lowest_and_last_price_and_both_sums() {
    let mut bars = builder(60);
    for (price, quantity, millis) in [(100, 1, 60_000), (120, 2, 60_001), (90, 3, 90_000), (95, 4, 119_999)] {
        assert_eq!(bars.on_trade(&trade(price, quantity, millis)), None);
    }
    let expected = Bar {
        open: Price(100),
        high: Price(120),
        low: Price(90),
        close: Price(95),
        volume: Quantity(10),
        notional: Notional(100 + 240 + 270 + 380).into(),
        start_at: UnixNanos::from_millis(60_000),
        interval: Nanos::from_secs(60),
        trade_count: 4,
    };
    assert_eq!(bars.current(), Some(&expected));
    assert_eq!(bars.on_time(UnixNanos::from_millis(119_999)), None);
    assert_eq!(bars.on_time(UnixNanos::from_millis(120_000)), Some(expected));
    assert_eq!(bars.current(), None);
    assert_eq!(bars.on_time(UnixNanos::from_millis(180_000)), None, "an interval without a trade has no bar");
}

#[test]
fn a_trade_of_a_finished_interval_is_counted_and_changes_nothing() {
    let mut bars = builder(1);
    bars.on_trade(&trade(100, 1, 5_000));
    assert!(bars.on_trade(&trade(101, 1, 7_000)).is_some());
    let before = bars.current().copied();
    for late in [5_500, 6_999, 0] {
        assert_eq!(bars.on_trade(&trade(1, 1, late)), None);
    }
    assert_eq!(bars.current().copied(), before);
    assert_eq!(bars.late_count(), 3);
    assert!(bars.on_time(UnixNanos::from_millis(9_000)).is_some());
    assert_eq!(bars.on_trade(&trade(1, 1, 7_999)), None);
    assert_eq!(bars.late_count(), 4);
    assert_eq!(bars.current(), None);
}

#[test]
fn a_trade_within_the_open_interval_may_be_out_of_order() {
    let mut bars = builder(60);
    bars.on_trade(&trade(100, 1, 61_500));
    bars.on_trade(&trade(99, 1, 61_400));
    assert_eq!(
        bars.current().map(|bar| (bar.open, bar.close, bar.trade_count)),
        Some((Price(100), Price(99), 2))
    );
}

#[test]
fn a_volume_past_64_bits_is_counted_and_the_notional_stays_right() {
    let mut bars = builder(60);
    bars.on_trade(&trade(2, i64::MAX, 1));
    bars.on_trade(&trade(2, i64::MAX, 2));
    let bar = bars.current().expect("two trades came");
    assert_eq!(bar.volume, Quantity(i64::MAX));
    assert_eq!(Notional::from(bar.notional), Notional(4 * i128::from(i64::MAX)));
    assert_eq!(bars.saturated_count(), 1);
}

#[test]
fn a_wider_scale_multiplies_the_open_bar_or_leaves_it() {
    let mut bars = builder(60);
    bars.on_trade(&trade(5, 7, 1));
    assert_eq!(bars.rescale(10, 100), Ok(()));
    let bar = *bars.current().expect("a trade came");
    assert_eq!(
        (bar.open, bar.volume, Notional::from(bar.notional)),
        (Price(50), Quantity(700), Notional(35_000))
    );
    assert_eq!(bars.rescale(1, i64::MAX), Err(Overflow));
    assert_eq!(bars.current(), Some(&bar));
}

#[test]
#[should_panic(expected = "do not divide a day")]
fn an_interval_that_does_not_divide_a_day_is_a_mistake() {
    BarBuilder::new(Nanos::from_secs(7 * 60));
}

proptest! {
    #![proptest_config(crate::market::fixed_cases(256))]

    #[test]
    fn every_trade_is_in_exactly_one_bar_or_counted_as_late(
        trades in prop::collection::vec((1_i64..1_000, 1_i64..1_000, 0_u64..2_000), 1..200),
        seconds in prop::sample::select(vec![1_u64, 5, 15, 60, 90]),
    ) {
        let mut bars = builder(seconds);
        let mut finished = Vec::new();
        let mut millis = 0_u64;
        for (price, quantity, step) in &trades {
            // Mostly forwards, now and then back.
            millis = (millis + step * 7).saturating_sub(3_000);
            finished.extend(bars.on_trade(&trade(*price, *quantity, millis)));
        }
        finished.extend(bars.on_time(UnixNanos(u64::MAX)));
        let starts = finished.iter().map(|bar| bar.start_at).collect::<Vec<_>>();
        prop_assert!(starts.is_sorted_by(|earlier, later| earlier < later));
        prop_assert!(starts.iter().all(|at| at.0 % Nanos::from_secs(seconds).0 == 0));
        let is_ordered = |bar: &Bar| bar.low <= bar.open.min(bar.close) && bar.open.max(bar.close) <= bar.high;
        prop_assert!(finished.iter().all(is_ordered));
        let counted = finished.iter().map(|bar| bar.trade_count).sum::<u64>() + bars.late_count();
        prop_assert_eq!(counted, trades.len() as u64);
    }

    #[test]
    fn trades_in_order_make_the_bars_that_grouping_them_makes(
        trades in prop::collection::vec((1_i64..1_000, 1_i64..1_000, 0_u64..2_000), 1..200),
    ) {
        let mut bars = builder(2);
        let mut finished = Vec::new();
        let mut groups = BTreeMap::<u64, Vec<(i64, i64)>>::new();
        let mut millis = 0;
        for (price, quantity, step) in trades {
            millis += step;
            finished.extend(bars.on_trade(&trade(price, quantity, millis)));
            groups.entry(millis / 2_000 * 2_000_000_000).or_default().push((price, quantity));
        }
        finished.extend(bars.on_time(UnixNanos(u64::MAX)));
        prop_assert_eq!(bars.late_count(), 0);
        prop_assert_eq!(finished.len(), groups.len());
        for (bar, (start_at, group)) in finished.iter().zip(groups) {
            let mut prices = group.iter().map(|(price, _)| *price);
            prop_assert_eq!(bar.start_at, UnixNanos(start_at));
            prop_assert_eq!(Some(bar.high.0), prices.clone().max());
            prop_assert_eq!(Some(bar.low.0), prices.clone().min());
            prop_assert_eq!(Some(bar.close.0), prices.next_back());
            prop_assert_eq!(bar.volume.0, group.iter().map(|(_, quantity)| quantity).sum::<i64>());
            let notional = group.iter().map(|(price, quantity)| i128::from(price * quantity)).sum::<i128>();
            prop_assert_eq!(Notional::from(bar.notional), Notional(notional));
        }
    }
}
