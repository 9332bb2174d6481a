//! One engine with an account at each of two venues: orders go to the gateway of their instrument, what comes back goes
//! into the books of its account, a dead wire of one leaves the other trading, and a kill cancels at both.

use fulmar_adapters::binance::Product;
use fulmar_adapters::simulated::FaultPlan;
use fulmar_bus::record::{
    AccountId, CancelAll, Control, ControlCommand, Denial, InstrumentId, Nanos, Order, Position, Record,
};
use fulmar_engine::contract::Strategy;
use fulmar_engine::market::decimal::format_scaled;
use fulmar_engine::runtime::{Origin, counters};
use fulmar_engine::trading::risk::RiskCheck;
use fulmar_strategies::{Parameters, quoter};
use fulmar_tests::desk::{API_KEY, Desk, Market};
use fulmar_tests::stage::drain;

const STEP: Nanos = Nanos::from_millis(1);
/// How long is traded.
const TRADING: u32 = 4_000;
/// Until all of it is over after a kill.
const SETTLED: u32 = 6_000;
/// The venues, with the digits of their quantities.
const VENUES: [(Product, u8); 2] = [(Product::Spot, 8), (Product::UsdMargined, 3)];

fn quoter() -> Box<dyn Strategy> {
    let pairs = [("quantity", "0.01"), ("half_spread_ticks", "2"), ("requote_ticks", "1")];
    quoter::ENTRY.strategy(&Parameters::from_pairs(pairs)).expect("its parameters are right")
}

fn pass(desk: &mut Desk, steps: u32) {
    (0..steps).for_each(|_| desk.pass(STEP, |engine| engine()));
}

fn kill(desk: &mut Desk) {
    let control = desk.assembly.control.as_mut().expect("there is a gate");
    let kill = Control::engine(ControlCommand::Kill);
    control.send(Origin::time(desk.now), InstrumentId::NONE, &kill).expect("the gate drains its orders");
}

/// What one run published: its hash, and how often a cancel of all was sent to each venue.
fn traded(seed: u64) -> (u64, [usize; 2]) {
    let products = VENUES.map(|(product, _)| product);
    let mut desk = Desk::of(Market::traded(&products), quoter(), seed);
    let ring = |name: &str| desk.assembly.ring(name).expect(name).reader();
    let mut approved = products.map(|product| ring(&format!("approved.{}", product.venue())));
    let mut reports = ring("reports.trader");
    let (mut told, mut sent) = (Vec::new(), [Vec::new(), Vec::new()]);
    for step in 0..TRADING + SETTLED {
        if step == TRADING {
            kill(&mut desk);
        }
        pass(&mut desk, 1);
        told.extend(drain(&mut reports));
        sent.iter_mut().zip(&mut approved).for_each(|(sent, reader)| sent.extend(drain(reader)));
    }
    for (index, (product, scale)) in VENUES.into_iter().enumerate() {
        let of_it = |record: &&Record| record.header().instrument_id.index() == index;
        assert!(sent[index].iter().all(|record| of_it(&record)), "{product:?}: it is sent what is its own");
        let account = AccountId(u16::try_from(index).expect("there are two"));
        let orders = sent[index].iter().filter_map(|record| record.read::<Order>().ok());
        assert!(orders.clone().count() > 0, "{product:?}: nothing was wanted there");
        assert!(orders.into_iter().all(|order| order.intent.account_id == account), "{product:?}");
        let mut positions = told.iter().filter(of_it).filter_map(|record| record.read::<Position>().ok());
        let position = *positions.next_back().unwrap_or_else(|| panic!("{product:?}: nothing is held"));
        assert_eq!(position.account_id, account);
        let truth = desk.venues[index].truth(API_KEY, desk.now).expect("the account is there");
        let held = format_scaled(position.quantity.0.into(), scale).to_string();
        assert_eq!(held, truth.position, "{product:?}");
        assert_eq!((truth.open_orders, truth.duplicates), (0, 0), "{product:?}");
    }
    let seats = desk.player.stop(desk.now);
    let counted = counters(&seats);
    for counter in [
        "decode_errors",
        "lost_records",
        "malformed_records",
        "orphan_reports",
        "account_differences",
        "balances_apart",
        "positions_apart",
    ] {
        assert_eq!(counted.get(counter), None, "{counter}");
    }
    let swept = sent.map(|sent| sent.iter().filter(|record| record.read::<CancelAll>().is_ok()).count());
    (desk.assembly.digests().output_hash(), swept)
}

#[test]
fn one_engine_trades_at_two_venues_its_positions_are_those_of_each_and_a_kill_cancels_at_both() {
    let first = traded(7);
    assert_eq!(first.1, [1, 1], "a bid and an offer stood at each");
    assert_eq!(first, traded(7), "a seed is a run");
}

#[test]
fn where_the_wire_of_one_account_is_dead_the_other_trades_on() {
    for dead in [0, 1] {
        let mut desk = Desk::of(Market::traded(&VENUES.map(|(product, _)| product)), quoter(), 11);
        pass(&mut desk, TRADING / 2);
        let orders = |desk: &Desk, index: usize| {
            desk.venues[index].truth(API_KEY, desk.now).expect("the account is there").orders_received
        };
        let before = [orders(&desk, 0), orders(&desk, 1)];
        // Every order cuts its connection before it is executed.
        let plan: FaultPlan = "cut_before_execution=always".parse().expect("a plan");
        desk.venues[dead].plague(plan);
        pass(&mut desk, TRADING);
        let after = [orders(&desk, 0), orders(&desk, 1)];
        let alive = 1 - dead;
        assert!(after[alive] > before[alive] + 10, "{before:?} {after:?}");
        assert_eq!(after[dead], before[dead], "none arrived");
    }
}

#[test]
fn what_is_wanted_where_there_is_no_account_is_denied_and_the_other_is_traded() {
    let products = VENUES.map(|(product, _)| product);
    let mut desk = Desk::of(Market { products: &products, account_count: 1 }, quoter(), 5);
    let mut reports = desk.assembly.ring("reports.trader").expect("a strategy has reports").reader();
    let mut told = Vec::new();
    for _ in 0..TRADING {
        pass(&mut desk, 1);
        told.extend(drain(&mut reports));
    }
    let denied = told.iter().filter(|record| record.header().instrument_id == InstrumentId(1));
    let codes: Vec<Option<RiskCheck>> = denied
        .map(|record| record.read::<Denial>().expect("nothing else is told").code)
        .map(RiskCheck::from_code)
        .collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == Some(RiskCheck::UnknownInstrument)));
    let truth = |index: usize| desk.venues[index].truth(API_KEY, desk.now).expect("the account is there");
    assert!(truth(0).orders_received > 0);
    assert_eq!(truth(1).orders_received, 0);
}
