//! A kill with orders on both sides of the book, at the simulated venue of either product: one request cancels all, and
//! whatever goes wrong with it, at the end nothing stands, and what traded on the way is booked.

use fulmar_adapters::simulated::{Fault, FaultPlan, Occasion};
use fulmar_bus::record::{
    CancelAll, CancelOrder, Control, ControlCommand, InstrumentId, Nanos, Position, Price, Quantity, Side,
    TopOfBook, UnixNanos,
};
use fulmar_engine::contract::{Context, Event, NewOrder, Strategy};
use fulmar_engine::market::decimal::format_scaled;
use fulmar_engine::runtime::{Origin, counters};
use fulmar_tests::desk::{API_KEY, Desk};
use fulmar_tests::stage::{OPENS_AT, drain};

const STEP: Nanos = Nanos::from_millis(1);
/// Once order entry takes orders.
const LOGGED_IN_AT: UnixNanos = UnixNanos(OPENS_AT.0 + 500_000_000);
/// More than it takes until the orders stand.
const STANDING: u32 = 1_000;
/// Until what goes wrong has begun to; the market trades on.
const STRUCK: u32 = 3_000;
/// Longer than a venue that was asked too much shuts us out, in longer steps.
const SETTLED: u32 = 4_500;
const LONG_STEP: Nanos = Nanos::from_millis(20);
/// Orders a side.
const ORDERS: i64 = 3;

/// Orders some at both best prices and behind them, once, and nothing more.
struct Once(bool);

impl Strategy for Once {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        let definition = context.instrument(quote.instrument_id).and_then(|it| it.definition);
        let Some(definition) =
            definition.filter(|_| !self.0 && quote.is_two_sided() && context.now() >= LOGGED_IN_AT)
        else {
            return;
        };
        self.0 = true;
        let quantity = Quantity(2 * 10_i64.pow(u32::from(definition.quantity_scale) - 3));
        for step in 0..ORDERS {
            let away = 1_000 * step * definition.tick.0;
            for (side, price) in
                [(Side::Buy, quote.bid.price.0 - away), (Side::Sell, quote.ask.price.0 + away)]
            {
                let order = NewOrder::limit(side, Price(price), quantity);
                context.submit(quote.instrument_id, order).expect("there is room");
            }
        }
    }
}

/// What the gate sent: requests for all, and cancels of one.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sent {
    all: usize,
    by_name: usize,
}

/// Kills all while this goes wrong with cancels, once. Gives what the gate sent, and how often it went wrong.
fn killed(is_futures: bool, fault: Option<Fault>) -> (Sent, u64) {
    let strategy = Box::new(Once(false));
    let mut desk = if is_futures { Desk::of_futures(strategy, 7) } else { Desk::open(strategy, 7) };
    let mut approved = desk.assembly.ring("approved").expect("the gate's").reader();
    let mut reports = desk.assembly.ring("reports.trader").expect("a strategy has reports").reader();
    let truth_of = |desk: &Desk| desk.venues[0].truth(API_KEY, desk.now).expect("the account is there");
    let wanted = 2 * ORDERS.unsigned_abs();
    let steps = (0..STANDING).take_while(|_| {
        desk.pass(STEP, |engine| engine());
        truth_of(&desk).orders_received < wanted
    });
    assert_ne!(steps.count(), STANDING as usize, "{fault:?}: the orders never came");
    drain(&mut approved);
    let before = truth_of(&desk);
    assert!(before.open_orders >= 2, "{fault:?}: {before:?}");
    desk.venues[0].plague(fault.map_or(FaultPlan::none(), FaultPlan::once));
    let control = desk.assembly.control.as_mut().expect("there is a gate");
    let kill = Control::engine(ControlCommand::Kill);
    control.send(Origin::time(desk.now), InstrumentId::NONE, &kill).expect("the gate drains its orders");
    (0..STRUCK).for_each(|_| desk.pass(STEP, |engine| engine()));
    desk.venues[0].calm(desk.now);
    (0..SETTLED).for_each(|_| desk.pass(LONG_STEP, |engine| engine()));

    let truth = truth_of(&desk);
    assert_eq!((truth.open_orders, truth.duplicates), (0, 0), "{fault:?}");
    assert_eq!(truth.orders_received, before.orders_received, "{fault:?}: nothing more was sent");
    let held =
        drain(&mut reports).iter().filter_map(|record| record.read::<Position>().ok().copied()).next_back();
    let scale = if is_futures { 3 } else { 8 };
    let held = format_scaled(held.map_or(0, |held| held.quantity.0.into()), scale).to_string();
    assert_eq!(held, truth.position, "{fault:?}");
    let records = drain(&mut approved);
    let count =
        |is_it: fn(&fulmar_bus::record::Record) -> bool| records.iter().filter(|it| is_it(it)).count();
    let sent = Sent {
        all: count(|record| record.read::<CancelAll>().is_ok()),
        by_name: count(|record| record.read::<CancelOrder>().is_ok()),
    };
    let went_wrong = fault.and_then(|fault| truth.faults.get(fault.name())).copied().unwrap_or_default();
    assert_eq!(desk.player.due_at().filter(|at| *at <= desk.now), None);
    let seats = desk.player.stop(desk.now);
    for counter in ["lost_records", "malformed_records", "decode_errors", "positions_apart"] {
        assert_eq!(counters(&seats).get(counter), None, "{fault:?}: {counter}");
    }
    (sent, went_wrong)
}

#[test]
fn a_kill_cancels_all_of_an_instrument_by_one_request_where_nothing_goes_wrong() {
    for is_futures in [false, true] {
        assert_eq!(killed(is_futures, None).0, Sent { all: 1, by_name: 0 });
    }
}

#[test]
fn whatever_goes_wrong_with_a_cancel_of_all_nothing_stands_at_the_end_and_what_traded_is_booked() {
    let faults = Fault::ALL.iter().copied().filter(|fault| fault.fits(Occasion::Cancel));
    for (fault, is_futures) in faults.flat_map(|fault| [(fault, false), (fault, true)]) {
        let (sent, went_wrong) = killed(is_futures, Some(fault));
        assert_eq!((sent.all, went_wrong), (1, 1), "{fault:?}");
    }
}
