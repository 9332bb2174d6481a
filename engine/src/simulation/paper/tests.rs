//! The paper venue's assumptions, one by one.

use fulmar_bus::record::{
    ContractKind, ContractSize, ModifyIntent, ModifyOrder, OrderTerms, StrategyId, TopSource,
};
use proptest::prelude::*;

use super::*;

const NOW: UnixNanos = UnixNanos(7);

struct Scene {
    venue: PaperVenue,
    reports: Vec<ExecutionReport>,
}

impl Scene {
    fn new(bid: (i64, i64), ask: (i64, i64)) -> Self {
        let rate = |text| FeeRate::parse_bps(text).expect("a rate");
        let fees = PaperFees { maker: rate("-0.5"), taker: rate("10") };
        let mut scene = Scene { venue: PaperVenue::new(fees), reports: Vec::new() };
        scene.top(bid, ask);
        scene
    }

    fn top(&mut self, bid: (i64, i64), ask: (i64, i64)) {
        let level = |(price, quantity)| Level { price: Price(price), quantity: Quantity(quantity) };
        let top = TopOfBook::new(level(bid), level(ask), 0, NOW, TopSource::Ticker);
        self.venue.on_top(&top, NOW, &mut self.reports);
    }

    fn trade(&mut self, price: i64, quantity: i64) {
        let trade = Trade::new(Price(price), Quantity(quantity), Side::Sell, 1, NOW);
        self.venue.on_trade(&trade, NOW, &mut self.reports);
    }

    fn submit(&mut self, intent: Intent) {
        self.venue.submit(&intent, NOW, &mut self.reports);
    }

    /// Price and quantity of each fill since the last look, and the last status.
    fn told(&mut self) -> (Vec<(i64, i64)>, OrderStatus) {
        let fills = self.reports.iter().filter(|report| report.execution == ExecutionType::Trade);
        let fills = fills.map(|report| (report.last_px.0, report.last_qty.0)).collect();
        let status = self.reports.last().expect("something was told").status;
        self.reports.clear();
        (fills, status)
    }
}

fn id(counter: u64) -> ClientOrderId {
    ClientOrderId::new(1, StrategyId(2), counter)
}

fn limit(counter: u64, side: Side, price: i64, quantity: i64) -> Intent {
    Intent::limit(id(counter), side, Price(price), Quantity(quantity))
}

#[test]
fn a_marketable_order_takes_the_touch_once_and_the_rest_waits_for_the_next_one() {
    let mut scene = Scene::new((99, 5), (101, 5));
    scene.submit(limit(1, Side::Buy, 105, 8));
    assert_eq!(scene.told(), (vec![(101, 5)], OrderStatus::PartiallyFilled));
    scene.submit(limit(2, Side::Buy, 101, 1));
    assert_eq!(scene.told(), (vec![], OrderStatus::Accepted), "the touch was taken");
    scene.top((99, 5), (102, 9));
    assert_eq!(scene.told(), (vec![(102, 3)], OrderStatus::Filled), "at the next touch, not at its limit");
}

#[test]
fn an_order_that_waits_fills_at_its_price_where_the_market_comes_to_it() {
    let mut scene = Scene::new((99, 5), (101, 5));
    scene.submit(limit(1, Side::Buy, 100, 8));
    scene.told();
    scene.trade(100, 4);
    assert!(scene.reports.is_empty(), "a trade at its price may have gone to others");
    scene.trade(99, 2);
    assert_eq!(scene.told(), (vec![(100, 2)], OrderStatus::PartiallyFilled));
    scene.top((98, 5), (99, 4));
    assert_eq!(scene.told(), (vec![(100, 4)], OrderStatus::PartiallyFilled));
    scene.top((98, 5), (99, 4));
    assert!(scene.reports.is_empty(), "the same touch gives nothing twice");
    scene.top((98, 5), (99, 3));
    assert_eq!(scene.told(), (vec![(100, 2)], OrderStatus::Filled));
    assert_eq!(scene.venue.open_orders(), 0);
}

#[test]
fn better_prices_and_older_orders_fill_first() {
    let mut scene = Scene::new((90, 5), (110, 5));
    for (counter, price) in [(1, 105), (2, 104), (3, 104)] {
        scene.submit(limit(counter, Side::Sell, price, 2));
    }
    scene.reports.clear();
    scene.top((105, 5), (110, 5));
    let order: Vec<u64> = scene.reports.iter().map(|report| report.client_order_id.counter).collect();
    assert_eq!(order, [2, 3, 1]);
    assert_eq!(scene.told().0, [(104, 2), (104, 2), (105, 1)]);
}

#[test]
fn what_may_not_stand_expires_and_what_may_not_take_is_rejected() {
    let mut scene = Scene::new((99, 5), (101, 5));
    let mut order = limit(1, Side::Buy, 101, 6);
    order.time_in_force = TimeInForce::Fok;
    scene.submit(order);
    assert_eq!(scene.told(), (vec![], OrderStatus::Expired));
    order.time_in_force = TimeInForce::Ioc;
    scene.submit(order);
    assert_eq!(scene.told(), (vec![(101, 5)], OrderStatus::Expired));
    let mut order = limit(3, Side::Sell, 99, 1);
    order.post_only = 1;
    scene.submit(order);
    assert_eq!(scene.reports[0].reason, REASON_WOULD_TAKE);
    assert_eq!(scene.told(), (vec![], OrderStatus::Rejected));
    scene.submit(Intent::market(id(4), Side::Sell, Quantity(2)));
    assert_eq!(
        Notional::from(scene.reports[1].commission),
        Notional(10_i128.pow(18)),
        "198 at ten, rounded up"
    );
    assert_eq!(scene.told(), (vec![(99, 2)], OrderStatus::Filled));
}

#[test]
fn who_takes_pays_and_who_waited_is_paid_in_the_quote_currency() {
    let mut scene = Scene::new((99_000, 5), (101_000, 5));
    scene.venue.define(&InstrumentDefinition {
        venue: Text::default(),
        symbol: Text::default(),
        base: Text::default(),
        quote: Text::new("USDT").expect("four bytes"),
        tick: Price(1),
        lot: Quantity(1),
        quantity_min: Quantity(0),
        quantity_max: Quantity(0),
        notional_min: WideNumber::default(),
        revision: 1,
        price_scale: 0,
        quantity_scale: 0,
        contract: ContractKind::Spot,
        is_inferred: 0,
        contract_size: ContractSize::ONE,
        iceberg_parts_max: 0,
    });
    scene.submit(limit(1, Side::Buy, 101_000, 3));
    scene.submit(limit(2, Side::Buy, 100_000, 1));
    scene.top((98_000, 5), (99_999, 5));
    let fills = scene.reports.iter().filter(|report| report.execution == ExecutionType::Trade);
    let paid: Vec<_> = fills
        .map(|fill| {
            (
                fill.liquidity_side,
                Notional::from(fill.commission).0 / 10_i128.pow(18),
                fill.commission_asset.to_string(),
            )
        })
        .collect();
    let usdt = || "USDT".to_owned();
    assert_eq!(
        paid,
        [(LiquiditySide::Taker, 303, usdt()), (LiquiditySide::Maker, -5, usdt())],
        "303,000 at ten; 100,000 at half of one, back"
    );
}

#[test]
fn an_id_is_open_once_and_canceled_once() {
    let mut scene = Scene::new((99, 5), (101, 5));
    scene.submit(limit(1, Side::Buy, 98, 1));
    scene.submit(limit(1, Side::Buy, 97, 1));
    assert_eq!(scene.told().1, OrderStatus::Rejected);
    scene.venue.cancel(id(1), NOW, &mut scene.reports);
    assert_eq!(scene.told().1, OrderStatus::Canceled);
    scene.venue.cancel(id(1), NOW, &mut scene.reports);
    assert_eq!(scene.reports[0].execution, ExecutionType::CancelRejected);
}

#[test]
fn all_that_stands_is_canceled_at_once_and_nothing_where_nothing_stands() {
    let mut scene = Scene::new((99, 5), (101, 5));
    scene.submit(limit(1, Side::Sell, 102, 1));
    scene.submit(limit(2, Side::Buy, 98, 1));
    scene.submit(limit(3, Side::Buy, 101, 2));
    scene.reports.clear();
    scene.venue.cancel_all(NOW, &mut scene.reports);
    let told = scene.reports.iter().map(|report| (report.client_order_id, report.status));
    let expected = [(id(2), OrderStatus::Canceled), (id(1), OrderStatus::Canceled)];
    assert_eq!(told.collect::<Vec<_>>(), expected, "the third has traded");
    scene.reports.clear();
    scene.venue.cancel_all(NOW, &mut scene.reports);
    assert_eq!((scene.reports.len(), scene.venue.open_orders()), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(20),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_fill_is_worse_than_the_limit_and_none_exceeds_the_order(
        steps in prop::collection::vec((0..4u8, 90..110i64, 1..20i64, any::<bool>()), 1..200)
    ) {
        let mut scene = Scene::new((99, 5), (101, 5));
        let mut counter = 0;
        for (kind, price, quantity, is_buy) in steps {
            let side = if is_buy { Side::Buy } else { Side::Sell };
            match kind {
                0 => scene.top((price - 1, quantity), (price + 1, quantity)),
                1 => scene.trade(price, quantity),
                2 => scene.venue.cancel(id(counter), NOW, &mut scene.reports),
                _ => {
                    counter += 1;
                    scene.submit(limit(counter, side, price, quantity));
                }
            }
        }
        let mut sums = vec![0; usize::try_from(counter).expect("few") + 1];
        for fill in scene.reports.iter().filter(|report| report.execution == ExecutionType::Trade) {
            let sum = &mut sums[usize::try_from(fill.client_order_id.counter).expect("few")];
            *sum += fill.last_qty.0;
            prop_assert_eq!(*sum, fill.cumulative_qty.0);
            prop_assert!(fill.leaves_qty.0 >= 0);
            prop_assert_eq!(fill.leaves_qty.is_zero(), fill.status == OrderStatus::Filled);
            match fill.side {
                Side::Buy => prop_assert!(fill.last_px <= fill.price),
                Side::Sell => prop_assert!(fill.last_px >= fill.price),
            }
        }
    }
}

impl Scene {
    fn change(&mut self, intent: &Intent, price: i64, quantity: i64) {
        let terms =
            OrderTerms { price: Price(price), quantity: Quantity(quantity), ..OrderTerms::of(intent) };
        let modify = ModifyIntent::new(intent.client_order_id, terms, 3);
        self.venue.change(&ModifyOrder::new(intent, &modify, 0), NOW, &mut self.reports);
    }
}

#[test]
fn an_order_with_less_quantity_keeps_its_place_and_one_with_more_goes_behind() {
    for (quantity, fills) in [(4, vec![4, 1]), (6, vec![5])] {
        let mut scene = Scene::new((99, 5), (101, 5));
        let first = limit(1, Side::Buy, 99, 5);
        scene.submit(first);
        scene.submit(limit(2, Side::Buy, 99, 5));
        scene.change(&first, 99, quantity);
        let updated = *scene.reports.last().expect("an answer");
        assert_eq!((updated.execution, updated.revision), (ExecutionType::Updated, 3));
        assert_eq!(updated.quantity, Quantity(quantity));
        scene.told();
        scene.trade(98, 5);
        let told: Vec<i64> = scene.told().0.iter().map(|(_, quantity)| *quantity).collect();
        assert_eq!(told, fills);
    }
}

#[test]
fn an_order_that_is_changed_to_reach_the_touch_takes_it_unless_it_must_not() {
    let mut scene = Scene::new((99, 5), (101, 5));
    let order = limit(1, Side::Buy, 99, 8);
    scene.submit(order);
    scene.change(&order, 101, 8);
    assert_eq!(scene.told(), (vec![(101, 5)], OrderStatus::PartiallyFilled));
    let rests = {
        let mut intent = limit(2, Side::Buy, 99, 8);
        intent.post_only = 1;
        intent
    };
    scene.submit(rests);
    scene.change(&rests, 101, 8);
    let refused = scene.reports.last().expect("an answer");
    assert_eq!((refused.execution, refused.reason), (ExecutionType::UpdateRejected, REASON_WOULD_TAKE));
}

#[test]
fn a_change_of_what_does_not_stand_or_to_less_than_traded_is_refused() {
    let mut scene = Scene::new((99, 5), (101, 5));
    let order = limit(1, Side::Buy, 101, 8);
    scene.change(&order, 101, 9);
    assert_eq!(scene.reports.last().map(|report| report.reason), Some(REASON_UNKNOWN_ORDER));
    scene.submit(order);
    scene.change(&order, 101, 5);
    assert_eq!(scene.reports.last().map(|report| report.reason), Some(REASON_MALFORMED), "five traded");
}

#[test]
fn while_the_market_is_in_doubt_nothing_fills_and_then_what_the_market_is_found_to_reach() {
    let mut scene = Scene::new((99, 5), (101, 5));
    scene.submit(limit(1, Side::Buy, 98, 2));
    scene.venue.doubt();
    scene.submit(limit(2, Side::Buy, 101, 1));
    scene.submit(Intent::market(id(3), Side::Buy, Quantity(1)));
    scene.trade(50, 9);
    assert_eq!(scene.told(), (vec![], OrderStatus::Expired), "neither the old touch nor a trade far off");
    scene.top((40, 5), (50, 5));
    assert_eq!(scene.told(), (vec![(101, 1), (98, 2)], OrderStatus::Filled));
}
