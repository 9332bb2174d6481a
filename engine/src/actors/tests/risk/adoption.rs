//! What the gate did not begin: orders of before and of others, and trades that nobody explains.

use super::*;

/// The first word of an order of 0.50 to buy at 99, of which so much traded before us.
fn standing(id: ClientOrderId, traded: i64) -> ExecutionReport {
    let status = if traded == 0 { OrderStatus::Accepted } else { OrderStatus::PartiallyFilled };
    let mut report = ExecutionReport::new(id, Side::Buy, ExecutionType::Accepted, status);
    (report.price, report.quantity, report.venue_order_id) = (Price(99), Quantity(50), 900);
    (report.cumulative_qty, report.leaves_qty) = (Quantity(traded), Quantity(50 - traded));
    report
}

fn trade(id: ClientOrderId, quantity: i64, cumulative: i64) -> ExecutionReport {
    let status = OrderStatus::PartiallyFilled;
    let mut report = ExecutionReport::new(id, Side::Buy, ExecutionType::Trade, status);
    (report.trade_id, report.last_px, report.last_qty) = (70, Price(100), Quantity(quantity));
    report.cumulative_qty = Quantity(cumulative);
    report
}

fn feed(stage: &mut Stage, report: &ExecutionReport) {
    send(&mut stage.gateway, stage.now, report);
    stage.turn();
}

/// The last position that was told of what is nobody's.
fn nobodys(stage: &mut Stage) -> Option<Quantity> {
    let positions = drain_all::<Position>(&mut stage.account);
    positions.last().map(|position| {
        assert_eq!(position.strategy_id, StrategyId::NONE);
        position.quantity
    })
}

/// True where an order of so much passes the gate's limit on the position, which is 1.00.
fn passes(stage: &mut Stage, quantity: i64) -> bool {
    let id = stage.want(quantity);
    let passed = !drain_all::<Order>(&mut stage.approved).is_empty();
    if passed {
        stage.report(id, ExecutionType::Canceled, OrderStatus::Canceled);
    }
    stage.told();
    passed
}

#[test]
fn an_order_of_an_earlier_boot_counts_as_exposure_and_what_it_traded_before_is_history() {
    let earlier = ClientOrderId::new(0, StrategyId(0), 7);
    let mut stage = Stage::open();
    feed(&mut stage, &standing(earlier, 20));
    let [told] = drain_all::<ExecutionReport>(&mut stage.account)[..] else { panic!("it is shown") };
    assert_eq!((told.client_order_id, told.leaves_qty), (earlier, Quantity(30)));
    assert_eq!(stage.told().len(), 0, "no strategy of this run sent it");
    assert!(!passes(&mut stage, 71), "0.30 of it could still trade");
    assert!(passes(&mut stage, 70));
    feed(&mut stage, &trade(earlier, 10, 30));
    assert_eq!(nobodys(&mut stage), Some(Quantity(10)), "what trades now is booked");
    feed(&mut stage, &trade(earlier, 10, 30));
    assert_eq!(stage.actor_counter("duplicate_trades"), 1);
    assert_eq!(stage.actor_counter("adopted_orders"), 1);
    assert!(!passes(&mut stage, 71), "0.10 held, 0.20 open");
    assert!(passes(&mut stage, 70));
}

#[test]
fn a_kill_cancels_our_own_orders_of_before_and_leaves_those_of_others_alone() {
    let earlier = ClientOrderId::new(0, StrategyId(0), 7);
    let foreign = ClientOrderId::foreign(901).expect("a small number");
    let mut stage = Stage::open();
    feed(&mut stage, &standing(earlier, 0));
    feed(&mut stage, &standing(foreign, 0));
    assert!(!passes(&mut stage, 1), "both count");
    stage.kill();
    assert_eq!(stage.canceled(), [earlier]);
    stage.report(earlier, ExecutionType::Canceled, OrderStatus::Canceled);
    for _ in 0..2 {
        stage.wait(CANCEL_RETRY_NS);
        assert_eq!(stage.canceled(), [], "there is nothing left to cancel");
    }
    assert_eq!(stage.actor.due_at(), None);
}

#[test]
fn a_trade_of_an_order_that_nobody_knows_is_booked_and_told_and_holds_the_instrument() {
    let foreign = ClientOrderId::foreign(901).expect("a small number");
    let mut stage = Stage::open();
    feed(&mut stage, &trade(foreign, 10, 10));
    let records = drain(&mut stage.account);
    assert_eq!(all::<ExecutionReport>(&records).len(), 1);
    assert_eq!(all::<Position>(&records)[0].quantity, Quantity(10));
    stage.want(1);
    assert_eq!(stage.denied().code, RiskCheck::UnknownOrderState.code());
    assert_eq!(stage.actor_counter("stray_trades"), 1);
}

#[test]
fn a_trade_that_was_booked_before_its_order_was_known_is_not_booked_again_with_it() {
    let foreign = ClientOrderId::foreign(901).expect("a small number");
    for name in [foreign, ClientOrderId::new(0, StrategyId(0), 7)] {
        let mut stage = Stage::open();
        // A round of reconciliation finds it, and tells nothing of its order.
        for _ in 0..2 {
            feed(&mut stage, &trade(foreign, 10, 10));
        }
        assert_eq!(nobodys(&mut stage), Some(Quantity(10)));
        // The event says of which order it is, under whichever name, and how large that is.
        let mut event = trade(name, 10, 10);
        (event.price, event.quantity) = (Price(99), Quantity(50));
        feed(&mut stage, &event);
        assert_eq!(stage.actor_counter("adopted_orders"), 1);
        assert_eq!(nobodys(&mut stage), None);
        let mut next = trade(name, 5, 15);
        next.trade_id = 71;
        feed(&mut stage, &next);
        assert_eq!(nobodys(&mut stage), Some(Quantity(15)), "what it trades from then on is news");
        // A trade has two sides, and a number for both.
        next.side = Side::Sell;
        next.client_order_id = ClientOrderId::foreign(902).expect("a small number");
        feed(&mut stage, &next);
        assert_eq!(nobodys(&mut stage), Some(Quantity(10)));
    }
}

#[test]
fn a_trade_of_an_order_of_this_boot_that_is_not_known_is_not_booked_twice_but_holds_the_instrument() {
    let mut stage = Stage::open();
    let forgotten = stage.want(10_000);
    stage.told();
    feed(&mut stage, &trade(forgotten, 10, 10));
    assert_eq!(drain(&mut stage.account).len(), 0);
    stage.want(1);
    assert_eq!(stage.denied().code, RiskCheck::UnknownOrderState.code());
}

#[test]
fn the_end_of_an_order_that_nobody_knew_is_nothing_to_adopt() {
    let mut stage = Stage::open();
    let mut ended = standing(ClientOrderId::new(0, StrategyId(0), 7), 0);
    ended.status = OrderStatus::Canceled;
    feed(&mut stage, &ended);
    assert_eq!((stage.actor_counter("adopted_orders"), stage.actor_counter("orphan_reports")), (0, 1));
    assert!(passes(&mut stage, 80));
}

#[test]
fn what_comes_to_light_after_a_kill_is_canceled_too() {
    let earlier = ClientOrderId::new(0, StrategyId(0), 7);
    let mut stage = Stage::open();
    stage.kill();
    assert_eq!(stage.canceled(), []);
    feed(&mut stage, &standing(earlier, 0));
    assert_eq!(stage.canceled(), [earlier]);
}

#[test]
fn an_order_with_the_number_of_a_boot_that_was_counted_before_is_not_taken_for_ours() {
    let mut stage = Stage::open();
    let id = stage.place(10);
    stage.report(id, ExecutionType::Canceled, OrderStatus::Canceled);
    stage.told();
    feed(&mut stage, &standing(ClientOrderId::new(1, StrategyId(0), 900), 0));
    assert_eq!(
        stage.actor_counter("adopted_orders"),
        1,
        "this run has wanted one order, and not nine hundred"
    );
}
