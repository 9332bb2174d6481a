//! Orders that leave slice by slice: one order for its strategy, and never more than a slice at the venue.

use fulmar_bus::record::{
    CancelIntent, CancelOrder, ExecutionReport, ExecutionType, HeldOrder, InstrumentStatus, Intent, Listing,
    ModifyIntent, Order, OrderStatus, OrderTerms, OrderType, Side,
};

use super::held::{id, limit};
use super::risk::Stage;
use super::*;
use crate::actors::limits::CANCEL_RETRY_NS;
use crate::contract::local_reason;
use crate::trading::held::living;
use crate::trading::risk::RiskCheck;
use ExecutionType::{
    Accepted, CancelRejected, Canceled, Rejected, Submitted, Trade, Unknown, UpdateRejected, Updated,
};

/// What left: which slice and how much of it, or the cancel of a slice.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    Slice(u16, i64),
    Cancel(u16),
}

/// Buys fifty at the bid and shows twenty.
fn iceberg() -> Intent {
    let mut intent = limit(1, Side::Buy, 100, 50);
    intent.display_qty = Quantity(20);
    intent
}

impl Stage {
    fn slices_left(&mut self) -> Vec<Left> {
        let left = |record: &Record| match record.read::<Order>() {
            Ok(order) => {
                let Intent { client_order_id, quantity, display_qty, .. } = order.intent;
                assert_eq!((client_order_id.whole(), display_qty), (id(1), Quantity(0)));
                Left::Slice(client_order_id.slice_number(), quantity.0)
            }
            Err(_) => {
                let cancel = record.read::<CancelOrder>().expect("slices and their cancels alone leave here");
                assert_eq!(cancel.client_order_id.whole(), id(1));
                Left::Cancel(cancel.client_order_id.slice_number())
            }
        };
        drain(&mut self.approved).iter().map(left).collect()
    }

    /// What the strategy heard of its order: what happened, where it stands, and what is left of it.
    fn heard_of_it(&mut self) -> Vec<(ExecutionType, OrderStatus, i64)> {
        let reports = all::<ExecutionReport>(&self.told());
        assert!(
            reports.iter().all(|report| report.client_order_id == id(1)),
            "it knows one order: {reports:?}"
        );
        reports.iter().map(|report| (report.execution, report.status, report.leaves_qty.0)).collect()
    }

    /// The venue says something of a slice, of which so much traded in all.
    fn says(&mut self, number: u16, execution: ExecutionType, status: OrderStatus, cumulative_qty: i64) {
        let mut report = ExecutionReport::new(id(1).slice(number), Side::Buy, execution, status);
        report.cumulative_qty = Quantity(cumulative_qty);
        self.reports_of(report);
    }

    /// The venue says that so much more of a slice traded, by this trade.
    fn trades_slice(
        &mut self,
        number: u16,
        (trade_id, last_qty, cumulative_qty): (u64, i64, i64),
        status: OrderStatus,
    ) {
        let mut report = ExecutionReport::new(id(1).slice(number), Side::Buy, Trade, status);
        (report.trade_id, report.last_px) = (trade_id, Price(100));
        (report.last_qty, report.cumulative_qty) = (Quantity(last_qty), Quantity(cumulative_qty));
        self.reports_of(report);
    }

    /// What the venue states of quantity and price is of its order, which is the slice.
    fn reports_of(&mut self, mut report: ExecutionReport) {
        (report.quantity, report.price, report.venue_order_id) = (Quantity(20), Price(100), 900);
        report.venue_at = self.now;
        send(&mut self.gateway, self.now, &report);
        self.turn();
    }

    fn cancels(&mut self) {
        send(&mut self.intents, self.now, &CancelIntent { client_order_id: id(1) });
        self.turn();
    }

    fn changes(&mut self, revision: u16, price: i64, quantity: i64) {
        let terms = OrderTerms { price: Price(price), quantity: Quantity(quantity), ..OrderTerms::default() };
        send(&mut self.intents, self.now, &ModifyIntent::new(id(1), terms, revision));
        self.turn();
    }

    /// One with the iceberg, whose first slice stands.
    fn standing() -> Self {
        let mut stage = Stage::open();
        stage.wants(&[iceberg()]);
        assert_eq!(stage.slices_left(), [Left::Slice(1, 20)]);
        stage.says(1, Accepted, OrderStatus::Accepted, 0);
        stage.heard_of_it();
        stage
    }

    /// As a kill leaves it: another gate, made out of what was kept.
    fn killed_sliced(mut self) -> Stage {
        let mut kept: Vec<HeldOrder> = Vec::new();
        for saved in drain_all::<HeldOrder>(&mut self.kept) {
            kept.retain(|known| known.intent.client_order_id != saved.intent.client_order_id);
            kept.push(saved);
        }
        Stage::after(living(kept).into_iter().map(|saved| (INSTRUMENT, saved)).collect())
    }
}

const PARTLY: OrderStatus = OrderStatus::PartiallyFilled;

#[test]
fn slice_after_slice_leaves_and_the_strategy_sees_one_order() {
    let mut stage = Stage::open();
    stage.wants(&[iceberg()]);
    assert_eq!(stage.slices_left(), [Left::Slice(1, 20)]);
    let standing = OrderStatus::Accepted;
    assert_eq!(stage.heard_of_it(), [(Accepted, standing, 50), (Submitted, OrderStatus::Submitted, 50)]);
    stage.says(1, Accepted, standing, 0);
    assert_eq!(stage.heard_of_it(), [(Accepted, standing, 50)]);
    stage.trades_slice(1, (1, 5, 5), PARTLY);
    assert_eq!((stage.slices_left(), stage.heard_of_it()), (vec![], vec![(Trade, PARTLY, 45)]));
    stage.trades_slice(1, (2, 15, 20), OrderStatus::Filled);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![Left::Slice(2, 20)], vec![(Trade, PARTLY, 30)])
    );
    stage.says(1, Accepted, OrderStatus::Filled, 20);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![], vec![]),
        "a late word on a slice that is over"
    );
    stage.trades_slice(2, (3, 20, 20), OrderStatus::Filled);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![Left::Slice(3, 10)], vec![(Trade, PARTLY, 10)])
    );
    stage.trades_slice(3, (4, 10, 10), OrderStatus::Filled);
    assert_eq!((stage.slices_left(), stage.heard_of_it()), (vec![], vec![(Trade, OrderStatus::Filled, 0)]));
    assert!(stage.killed_sliced().opens().len() == 1, "nothing of it is kept, and nothing asked");
}

#[test]
fn the_whole_counts_from_the_beginning_and_no_slice_counts_beside_it() {
    let mut stage = Stage::standing();
    let beside = |stage: &mut Stage, quantity| {
        stage.want(quantity);
        stage.denied()
    };
    for (number, trade_id) in [(1, 1), (2, 2)] {
        // A hundred may be held: with what traded of the iceberg, and what is left of it, half is taken.
        let denial = beside(&mut stage, 51);
        assert_eq!((denial.code, denial.limit, denial.value), (RiskCheck::MaxPosition.code(), 100, 101));
        stage.trades_slice(number, (trade_id, 20, 20), OrderStatus::Filled);
        stage.heard_of_it();
    }
}

#[test]
fn a_trade_that_is_told_twice_is_booked_once_whichever_slice_it_is_of() {
    let mut stage = Stage::standing();
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!((stage.slices_left(), stage.heard_of_it().len()), (vec![Left::Slice(2, 20)], 1));
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!((stage.slices_left(), stage.heard_of_it()), (vec![], vec![]));
    stage.trades_slice(2, (2, 20, 20), OrderStatus::Filled);
    stage.trades_slice(2, (2, 20, 20), OrderStatus::Filled);
    assert_eq!(stage.slices_left(), [Left::Slice(3, 10)]);
    assert_eq!(stage.heard_of_it(), [(Trade, PARTLY, 10)]);
}

#[test]
fn a_slice_that_is_filled_without_its_trade_counts_and_the_trade_is_booked_when_it_comes() {
    let mut stage = Stage::standing();
    stage.says(1, Accepted, OrderStatus::Filled, 20);
    assert_eq!(stage.slices_left(), [Left::Slice(2, 20)]);
    stage.trades_slice(2, (2, 20, 20), OrderStatus::Filled);
    stage.slices_left();
    stage.heard_of_it();
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![], vec![(Trade, PARTLY, 10)]),
        "booked, and nothing sent for it"
    );
}

#[test]
fn a_slice_of_unknown_fate_holds_back_the_next_and_is_never_sent_again() {
    let mut stage = Stage::open();
    stage.wants(&[iceberg()]);
    stage.slices_left();
    stage.heard_of_it();
    stage.says(1, Unknown, OrderStatus::Unknown, 0);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![], vec![(Unknown, OrderStatus::Unknown, 50)])
    );
    stage.wait(10 * CANCEL_RETRY_NS);
    assert_eq!(stage.slices_left(), []);
    stage.want(51);
    assert_eq!(stage.denied().code, RiskCheck::MaxPosition.code(), "all of it counts");
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!(stage.slices_left(), [Left::Slice(2, 20)]);
}

#[test]
fn a_slice_that_the_venue_refuses_ends_the_order() {
    let mut stage = Stage::open();
    stage.wants(&[iceberg()]);
    stage.slices_left();
    stage.heard_of_it();
    stage.says(1, Rejected, OrderStatus::Rejected, 0);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![], vec![(Rejected, OrderStatus::Rejected, 0)])
    );
    let mut stage = Stage::standing();
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    stage.slices_left();
    stage.heard_of_it();
    stage.says(2, Rejected, OrderStatus::Rejected, 0);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![], vec![(Canceled, OrderStatus::Canceled, 0)])
    );
}

#[test]
fn a_slice_that_never_left_is_followed_by_another() {
    let mut stage = Stage::standing();
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!(stage.slices_left(), [Left::Slice(2, 20)]);
    stage.heard_of_it();
    let mut report = ExecutionReport::new(id(1).slice(2), Side::Buy, Rejected, OrderStatus::Rejected);
    report.reason = local_reason::NOT_READY;
    stage.reports_of(report);
    assert_eq!((stage.slices_left(), stage.heard_of_it()), (vec![], vec![]));
    stage.wait(CANCEL_RETRY_NS);
    assert_eq!(stage.slices_left(), [Left::Slice(3, 20)]);
}

#[test]
fn a_cancel_cancels_the_slice_and_no_other_leaves() {
    let mut stage = Stage::standing();
    stage.cancels();
    assert_eq!(stage.slices_left(), [Left::Cancel(1)]);
    stage.trades_slice(1, (1, 5, 5), PARTLY);
    stage.says(1, Canceled, OrderStatus::Canceled, 5);
    let heard = stage.heard_of_it();
    assert_eq!(heard.last(), Some(&(Canceled, OrderStatus::Canceled, 0)));
    assert_eq!(stage.slices_left(), []);
}

#[test]
fn a_cancel_that_the_last_trade_of_a_slice_overtook_ends_the_order_all_the_same() {
    // The refused cancel is told before the trade, or behind it.
    for is_refused_first in [true, false] {
        let mut stage = Stage::standing();
        stage.cancels();
        assert_eq!(stage.slices_left(), [Left::Cancel(1)]);
        if is_refused_first {
            stage.says(1, CancelRejected, OrderStatus::Unknown, 0);
        }
        stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
        if !is_refused_first {
            stage.says(1, CancelRejected, OrderStatus::Unknown, 0);
        }
        stage.wait(CANCEL_RETRY_NS);
        assert_eq!(stage.slices_left(), [], "no further slice");
        let heard = stage.heard_of_it();
        assert!(heard.contains(&(Canceled, OrderStatus::Canceled, 0)), "{heard:?}");
    }
}

#[test]
fn a_kill_and_a_halt_stop_further_slices_and_after_a_halt_they_go_on() {
    let mut stage = Stage::standing();
    stage.kill();
    assert_eq!(stage.slices_left(), [Left::Cancel(1)]);
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!(stage.slices_left(), []);
    assert_eq!(stage.heard_of_it().last(), Some(&(Canceled, OrderStatus::Canceled, 0)));
    let mut stage = Stage::standing();
    send(&mut stage.book, stage.now, &InstrumentStatus::new(Listing::Halted, "maintenance"));
    stage.turn();
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    stage.wait(CANCEL_RETRY_NS);
    assert_eq!(stage.slices_left(), []);
    send(&mut stage.book, stage.now, &InstrumentStatus::new(Listing::Listed, "online"));
    stage.wait(CANCEL_RETRY_NS);
    assert_eq!(stage.slices_left(), [Left::Slice(2, 20)]);
}

#[test]
fn between_two_slices_a_cancel_ends_the_order_at_once() {
    let mut stage = Stage::standing();
    send(&mut stage.book, stage.now, &InstrumentStatus::new(Listing::Halted, "maintenance"));
    stage.turn();
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    stage.heard_of_it();
    stage.cancels();
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![], vec![(Canceled, OrderStatus::Canceled, 0)])
    );
}

#[test]
fn a_change_withdraws_the_slice_and_goes_on_with_what_was_wanted() {
    let mut stage = Stage::standing();
    stage.changes(1, 99, 60);
    assert_eq!((stage.slices_left(), stage.heard_of_it()), (vec![Left::Cancel(1)], vec![]));
    stage.want(41);
    let denial = stage.denied();
    assert_eq!((denial.code, denial.value), (RiskCheck::MaxPosition.code(), 101), "by the larger of both");
    stage.trades_slice(1, (1, 5, 5), PARTLY);
    assert_eq!(stage.heard_of_it(), [(Trade, OrderStatus::PendingUpdate, 45)]);
    stage.says(1, Canceled, OrderStatus::Canceled, 5);
    let [order] = drain_all::<Order>(&mut stage.approved)[..] else { panic!("one slice") };
    assert_eq!((order.intent.client_order_id, order.intent.price), (id(1).slice(2), Price(99)));
    assert_eq!(stage.heard_of_it(), [(Updated, PARTLY, 55)]);
}

#[test]
fn a_change_to_less_than_traded_meanwhile_is_refused_and_the_order_goes_on() {
    let mut stage = Stage::standing();
    stage.changes(1, 100, 20);
    assert_eq!(stage.slices_left(), [Left::Cancel(1)]);
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!(stage.slices_left(), [Left::Slice(2, 20)]);
    assert_eq!(stage.heard_of_it(), [(Trade, OrderStatus::PendingUpdate, 30), (UpdateRejected, PARTLY, 30)]);
    stage.says(1, CancelRejected, OrderStatus::Unknown, 0);
    assert_eq!((stage.slices_left(), stage.heard_of_it()), (vec![], vec![]), "the strategy wanted no cancel");
}

#[test]
fn a_cancel_during_a_change_ends_the_order() {
    let mut stage = Stage::standing();
    stage.changes(1, 99, 50);
    stage.cancels();
    assert_eq!(stage.slices_left(), [Left::Cancel(1), Left::Cancel(1)]);
    stage.says(1, Canceled, OrderStatus::Canceled, 0);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![], vec![(Canceled, OrderStatus::Canceled, 0)])
    );
}

#[test]
fn a_withdrawal_that_the_venue_refuses_is_tried_again() {
    let mut stage = Stage::standing();
    stage.changes(1, 99, 50);
    assert_eq!(stage.slices_left(), [Left::Cancel(1)]);
    stage.says(1, CancelRejected, OrderStatus::Unknown, 0);
    assert_eq!((stage.slices_left(), stage.heard_of_it()), (vec![], vec![]));
    stage.wait(CANCEL_RETRY_NS);
    assert_eq!(stage.slices_left(), [Left::Cancel(1)]);
}

#[test]
fn what_the_venue_cancels_by_itself_ends_the_order() {
    let mut stage = Stage::standing();
    stage.says(1, Canceled, OrderStatus::Canceled, 5);
    assert_eq!(
        (stage.slices_left(), stage.heard_of_it()),
        (vec![], vec![(Canceled, OrderStatus::Canceled, 0)])
    );
}

#[test]
fn a_stop_limit_leaves_slice_by_slice_once_it_fired() {
    let mut stage = Stage::open();
    let mut intent = iceberg();
    (intent.order_type, intent.trigger_price) = (OrderType::StopLimit, Price(105));
    stage.trades_at(100);
    stage.wants(&[intent]);
    assert_eq!(stage.slices_left(), []);
    stage.trades_at(105);
    assert_eq!(stage.slices_left(), [Left::Slice(1, 20)]);
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!(stage.slices_left(), [Left::Slice(2, 20)]);
}

#[test]
fn it_survives_a_kill_of_the_process_with_every_slice_sent_once() {
    // Behind the first slice that was kept as sent, whether or not it left.
    let mut stage = Stage::standing();
    stage.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    let mut next = stage.killed_sliced();
    let opened = next.opens();
    let asked = all::<ExecutionReport>(&opened);
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].client_order_id, asked[0].quantity), (id(1).slice(2), Quantity(20)));
    assert_eq!(all::<Order>(&opened), []);
    assert_eq!(all::<HeldOrder>(&next.told()).len(), 1);
    next.trades_slice(2, (2, 20, 20), OrderStatus::Filled);
    assert_eq!(next.slices_left(), [Left::Slice(3, 10)], "twenty traded before, and twenty now");
    let mut last = next.killed_sliced();
    last.opens();
    last.told();
    last.says(3, Canceled, OrderStatus::Canceled, 4);
    assert_eq!(
        (last.slices_left(), last.heard_of_it()),
        (vec![], vec![(Canceled, OrderStatus::Canceled, 0)])
    );
}

#[test]
fn what_was_stopped_before_a_kill_of_the_process_stays_so() {
    let mut stage = Stage::standing();
    stage.cancels();
    let mut next = stage.killed_sliced();
    next.opens();
    next.told();
    next.trades_slice(1, (1, 20, 20), OrderStatus::Filled);
    assert_eq!(next.slices_left(), []);
    assert_eq!(next.heard_of_it().last(), Some(&(Canceled, OrderStatus::Canceled, 0)));
}
