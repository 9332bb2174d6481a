//! The table against a model that keeps every report and computes everything anew.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What a venue did to one order, in its own order.
#[derive(Clone, Debug)]
struct Truth {
    side: Side,
    quantity: i64,
    reports: Vec<ExecutionReport>,
}

/// An order, some trades and changes by the venue alone, and an end or none. Each report states the order as it is.
fn truth(counter: u64) -> impl Strategy<Value = Truth> {
    let happenings = prop::collection::vec((1_i64..12, prop::option::weighted(0.2, 1_i64..20)), 0..6);
    (any::<bool>(), 1_i64..40, happenings, 0_u8..4).prop_map(move |(is_buy, ordered, happenings, end)| {
        let side = if is_buy { Side::Buy } else { Side::Sell };
        let mut reports = vec![report(counter, ExecutionType::Accepted, OrderStatus::Accepted)];
        let (mut traded, mut quantity) = (0, ordered);
        for ((part, left_after_change), at) in happenings.into_iter().zip(1..) {
            let part = part.min(quantity - traded);
            if part == 0 {
                break;
            }
            let mut told = match left_after_change {
                Some(left) => {
                    quantity = traded + left;
                    let status =
                        if traded > 0 { OrderStatus::PartiallyFilled } else { OrderStatus::Accepted };
                    let mut updated = report(counter, ExecutionType::Updated, status);
                    updated.cumulative_qty = Quantity(traded);
                    updated
                }
                None => {
                    traded += part;
                    trade(counter, 100 + at, part, traded)
                }
            };
            (told.venue_at, told.quantity, told.price) = (UnixNanos(at), Quantity(quantity), Price(100));
            if traded == quantity {
                told.status = OrderStatus::Filled;
            }
            reports.push(told);
        }
        let ends = [
            (ExecutionType::Canceled, OrderStatus::Canceled),
            (ExecutionType::Expired, OrderStatus::Expired),
        ];
        if let (Some((execution, status)), true) = (ends.get(usize::from(end)), traded < quantity) {
            // Of the same moment as what happened last.
            let mut report = report(counter, *execution, *status);
            report.venue_at = reports.last().map_or(UnixNanos(0), |last| last.venue_at);
            (report.quantity, report.price) = (Quantity(quantity), Price(100));
            report.cumulative_qty = Quantity(traded);
            reports.push(report);
        }
        Truth { side, quantity: ordered, reports }
    })
}

/// A report of one of the orders, or the wish to cancel it, or a timeout.
#[derive(Clone, Debug)]
enum Step {
    Report(ExecutionReport),
    Cancel(u64),
    Timeout(u64),
}

/// Some orders, and everything that happened to them, out of order and some of it more than once.
fn story() -> impl Strategy<Value = (Vec<Truth>, Vec<Step>)> {
    prop::collection::vec(Just(()), 1..5)
        .prop_flat_map(|orders| (0..orders.len()).map(|place| truth(place as u64)).collect::<Vec<_>>())
        .prop_flat_map(|truths| {
            let orders = truths.len() as u64;
            let once: Vec<Step> =
                truths.iter().flat_map(|truth| truth.reports.iter().copied().map(Step::Report)).collect();
            let more = prop_oneof![
                8 => prop::sample::select(once.clone()),
                1 => (0..orders).prop_map(Step::Cancel),
                1 => (0..orders).prop_map(Step::Timeout),
            ];
            let steps = prop::collection::vec(more, 0..20).prop_flat_map(move |more| {
                Just(once.iter().cloned().chain(more).collect::<Vec<Step>>()).prop_shuffle()
            });
            (Just(truths), steps)
        })
}

/// One order of the model: all that ever came, and everything computed anew from that.
#[derive(Default)]
struct Model {
    quantity: i64,
    seen: Vec<ExecutionReport>,
    is_cancel_wanted: bool,
}

impl Model {
    fn booked(&self) -> i64 {
        let trades: BTreeMap<u64, i64> = self
            .seen
            .iter()
            .filter(|report| report.trade_id != 0)
            .map(|report| (report.trade_id, report.last_qty.0))
            .collect();
        trades.values().sum()
    }

    fn told(&self) -> i64 {
        self.seen.iter().map(|report| report.cumulative_qty.0).max().unwrap_or(0)
    }

    /// Of what the venue stated last.
    fn quantity(&self) -> i64 {
        let stated = self.seen.iter().filter(|report| report.quantity.0 > 0);
        let order = |report: &&ExecutionReport| (report.status.is_terminal(), report.venue_at);
        stated.max_by_key(order).map_or(self.quantity, |report| report.quantity.0)
    }

    fn status(&self) -> OrderStatus {
        let came = |status| self.seen.iter().any(|report| report.status == status);
        let traded = self.booked().max(self.told());
        if traded >= self.quantity() || came(OrderStatus::Filled) {
            OrderStatus::Filled
        } else if came(OrderStatus::Canceled) {
            OrderStatus::Canceled
        } else if came(OrderStatus::Expired) {
            OrderStatus::Expired
        } else if self.seen.iter().all(|report| report.status == OrderStatus::Unknown)
            && !self.seen.is_empty()
        {
            OrderStatus::Unknown
        } else if self.is_cancel_wanted {
            OrderStatus::PendingCancel
        } else if traded > 0 {
            OrderStatus::PartiallyFilled
        } else if self.seen.iter().any(|report| report.status != OrderStatus::Unknown) {
            OrderStatus::Accepted
        } else {
            OrderStatus::Submitted
        }
    }

    fn missing(&self) -> i64 {
        let is_all = self.seen.iter().any(|report| report.status == OrderStatus::Filled);
        let all = if is_all { self.quantity() } else { 0 };
        (self.told().max(all) - self.booked()).max(0)
    }

    fn exposure(&self) -> i64 {
        if self.status().is_terminal() { self.missing() } else { self.quantity() - self.booked() }
    }
}

fn place(counter: u64) -> usize {
    usize::try_from(counter).expect("a few orders")
}

fn step(orders: &mut OrderTable, models: &mut [Model], step: &Step) -> i64 {
    match step {
        Step::Cancel(counter) => {
            let model = &mut models[place(*counter)];
            assert_eq!(orders.request_cancel(id(*counter)).is_none(), model.status().is_terminal());
            model.is_cancel_wanted |= !model.status().is_terminal();
            0
        }
        Step::Timeout(counter) => {
            let timeout = report(*counter, ExecutionType::Unknown, OrderStatus::Unknown);
            models[place(*counter)].seen.push(timeout);
            booked(&apply(orders, &timeout))
        }
        Step::Report(report) => {
            let model = &mut models[place(report.client_order_id.counter)];
            let before = model.booked();
            model.seen.push(*report);
            let update = apply(orders, report);
            assert_eq!(booked(&update), model.booked() - before);
            assert_eq!(update.missing_qty.0, model.missing());
            booked(&update)
        }
    }
}

proptest! {
    #![proptest_config(crate::trading::seeded(1_000))]

    #[test]
    fn the_table_agrees_with_the_model_after_every_report((truths, steps) in story()) {
        let mut orders = OrderTable::with_shares(8, 1, INSTRUMENT.index() + 1);
        let mut models = Vec::new();
        for (counter, truth) in truths.iter().enumerate() {
            submit(&mut orders, counter as u64, truth.side, truth.quantity);
            models.push(Model { quantity: truth.quantity, ..Model::default() });
        }
        let mut booked_total = 0;
        for one in &steps {
            booked_total += step(&mut orders, &mut models, one);
            for side in [Side::Buy, Side::Sell] {
                let of_side = models.iter().zip(&truths).filter(|(_, truth)| truth.side == side);
                let sum: i64 = of_side.map(|(model, _)| model.exposure()).sum();
                prop_assert_eq!(orders.open_quantity(INSTRUMENT, side), i128::from(sum));
                let of_side = orders.open_orders().filter(|order| order.intent().side == side);
                let prices = of_side.map(|order| order.intent().price);
                let best = if side == Side::Buy { prices.max() } else { prices.min() };
                prop_assert_eq!(orders.best_open_price(INSTRUMENT, side), best);
            }
            for (counter, model) in models.iter().enumerate() {
                prop_assert_eq!(status(&orders, counter as u64), model.status());
            }
            let unknown = models.iter().filter(|model| model.status() == OrderStatus::Unknown).count();
            prop_assert_eq!(orders.unknown_count(INSTRUMENT) as usize, unknown);
            let open = models.iter().filter(|model| !model.status().is_terminal()).count();
            prop_assert_eq!(orders.open_count(INSTRUMENT) as usize, open);
            prop_assert_eq!(orders.open_orders().count(), open);
            prop_assert_eq!(orders.open_orders_of(INSTRUMENT).count(), open);
            let [buy_qty, sell_qty] =
                [Side::Buy, Side::Sell].map(|side| orders.open_quantity(INSTRUMENT, side));
            let share = OpenShare { buy_qty, sell_qty, order_count: orders.open_count(INSTRUMENT) };
            prop_assert_eq!(orders.share(StrategyId(0), INSTRUMENT), share, "all of it is the strategy's");
        }
        let truly: i64 = truths.iter().flat_map(|t| &t.reports).map(|report| report.last_qty.0).sum();
        prop_assert_eq!(booked_total, truly, "every trade is booked, and once");
    }

    #[test]
    fn reports_in_any_order_end_where_the_venues_own_order_ends(
        (truth, shuffled) in truth(0).prop_flat_map(|truth| {
            let reports = Just(truth.reports.clone()).prop_shuffle();
            (Just(truth), reports)
        }),
    ) {
        let end = |reports: &[ExecutionReport]| {
            let mut orders = OrderTable::new(1);
            submit(&mut orders, 0, truth.side, truth.quantity);
            for report in reports {
                apply(&mut orders, report);
            }
            let order = orders.get(id(0)).expect("the order is known");
            (order.status(), order.booked_qty(), order.intent().quantity, order.leaves_qty())
        };
        let last = truth.reports.last().expect("at least the acknowledgement");
        prop_assert_eq!(end(&truth.reports).0, last.status, "the venue's last word");
        prop_assert_eq!(end(&truth.reports), end(&shuffled));
    }
}
