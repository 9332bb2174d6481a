//! Changes of orders: what the venue can do, and what becomes of an answer that does not come.

use fulmar_bus::record::{ModifyIntent, OrderTerms};
use fulmar_engine::contract::local_reason;
use fulmar_engine::trading::order::OrderTable;

use super::*;

const UPDATED: (ExecutionType, OrderStatus) = (ExecutionType::Updated, OrderStatus::Accepted);
const UPDATE_REJECTED: (ExecutionType, OrderStatus) = (ExecutionType::UpdateRejected, OrderStatus::Accepted);

impl Bench {
    /// The strategy wants order 1 to be this, for the first time.
    pub(super) fn change(&mut self, price: i64, quantity: i64) {
        self.change_again(1, price, quantity);
    }

    /// It wants it to be this, by the change of this number.
    pub(super) fn change_again(&mut self, revision: u16, price: i64, quantity: i64) {
        let mut orders = OrderTable::new(1);
        let intent = Intent::limit(order_id(1), Side::Buy, Price(10_000), Quantity(50_000));
        orders.submit(intent, BTC, self.now).expect("there is room");
        let terms = OrderTerms { price: Price(price), trigger_price: Price(0), quantity: Quantity(quantity) };
        let modify = ModifyIntent::new(order_id(1), terms, revision);
        let order = orders.get(order_id(1)).expect("it was submitted");
        match self.gate.check_change(order, &modify, &context(self.now)) {
            Verdict::Approved(change) => self.session.change(self.now, &change, &mut self.log),
            Verdict::Denied(denial) => panic!("the gate denied the test's change: {denial:?}"),
        }
    }

    /// An order whose change is on its way.
    fn changing() -> Self {
        let mut bench = Bench::accepted();
        bench.change(10_000, 20_000);
        bench.asked();
        bench
    }

    /// What was reported since the last call, with quantity and revision.
    fn told_terms(&mut self) -> Vec<(ExecutionType, i64, u16)> {
        let term = |report: ExecutionReport| (report.execution, report.quantity.0, report.revision);
        self.log.reports.drain(..).map(term).collect()
    }
}

fn amended(quantity: &str) -> String {
    let id = order_id(1);
    format!(
        r#"{{"id":"a{id}r0001","status":200,"result":{{"transactTime":1700000000500,"executionId":60,"amendedOrder":{{
"symbol":"BTCUSDT","orderId":77,"orderListId":-1,"origClientOrderId":"{id}","clientOrderId":"{id}","price":"100.00000000",
"qty":"{quantity}","executedQty":"0.00000000","preventedQty":"0.00000000","status":"NEW","timeInForce":"GTC","type":"LIMIT",
"side":"BUY"}}}}}}"#
    )
}

/// The answer to a query: an order of this quantity stands.
fn stands(quantity: &str) -> String {
    standing("s", "NEW", "0.00000").replace(r#""origQty":"0.50000""#, &format!(r#""origQty":"{quantity}""#))
}

#[test]
fn less_of_an_order_is_asked_for_under_its_own_id_and_the_answer_tells_its_new_quantity() {
    let mut bench = Bench::accepted();
    bench.change(10_000, 20_000);
    let (id, timestamp) = (order_id(1), bench.now.0 / 1_000_000);
    assert_eq!(
        bench.asked(),
        [format!(
            r#"{{"id":"a{id}r0001","method":"order.amend.keepPriority","params":{{"apiKey":"","newClientOrderId":"{id}","newQty":"0.2","origClientOrderId":"{id}","recvWindow":5000,"symbol":"BTCUSDT","timestamp":{timestamp}}}}}"#
        )]
    );
    bench.message(&amended("0.20000000"));
    assert_eq!(bench.told_terms(), [(ExecutionType::Updated, 20_000, 1)]);
    bench.stands_there("0.00000");
    bench.pass(Nanos::from_secs(60));
    assert_eq!(bench.asked_methods(), Vec::<String>::new(), "nothing is left to ask");
}

#[test]
fn the_event_of_a_change_answers_it_as_well_and_comes_before_or_after() {
    for is_first in [true, false] {
        let mut bench = Bench::changing();
        let event = |bench: &mut Bench| {
            let id = order_id(1).to_string();
            let text = r#""q":"0.20000000","l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"t":-1,"m":false"#;
            bench.message(&format!(
                r#"{{"subscriptionId":0,"event":{{"e":"executionReport","E":9,"s":"BTCUSDT","c":"{id}","S":"BUY","o":"LIMIT",
"f":"GTC","p":"100.00000000","C":"{id}","x":"REPLACED","X":"NEW","r":"NONE","i":77,"T":1700000000500,{text}}}}}"#
            ));
        };
        if is_first {
            event(&mut bench);
        }
        bench.message(&amended("0.20000000"));
        if !is_first {
            event(&mut bench);
        }
        let told = bench.told_terms();
        assert_eq!(told[0], (ExecutionType::Updated, 20_000, 1), "{told:?}");
        assert!(told.iter().all(|told| told.1 == 20_000));
    }
}

#[test]
fn what_the_venue_cannot_change_is_refused_without_being_sent() {
    let partly = r#""l":"0.10000000","z":"0.10000000","L":"99.50000000","n":"0","N":null,"t":8,"m":true"#;
    for (price, quantity) in [(10_001, 50_000), (10_000, 60_000), (9_999, 20_000), (10_000, 50_000)] {
        let mut bench = Bench::accepted();
        bench.event("TRADE", "PARTIALLY_FILLED", (&order_id(1).to_string(), ""), partly);
        bench.told();
        bench.change(price, quantity);
        assert_eq!(bench.asked(), Vec::<String>::new());
        let [refused] = bench.log.reports[..] else { panic!("{:?}", bench.log.reports) };
        assert_eq!((refused.reason, refused.revision), (local_reason::NOT_CHANGEABLE, 1));
    }
    let mut bench = Bench::new();
    bench.change(10_000, 20_000);
    assert_eq!(bench.log.reports[0].reason, local_reason::NOT_STANDING, "there is no such order");
}

#[test]
fn a_refusal_is_told_and_the_order_asked_for() {
    let mut bench = Bench::changing();
    bench.error_of(("a", 1), -2038, "The requested action would change no state; rejecting.");
    assert_eq!(bench.told(), [UPDATE_REJECTED]);
    bench.pass(Nanos::from_secs(1));
    assert_eq!(bench.asked_methods(), ["order.status"]);
}

#[test]
fn a_change_without_an_answer_is_told_by_what_the_order_is() {
    let mut bench = Bench::changing();
    bench.pass(ANSWER_MAX);
    assert_eq!(bench.asked_methods(), ["order.status"]);
    bench.message(&stands("0.50000"));
    let told = bench.told();
    assert!(!told.contains(&UPDATED) && !told.contains(&UPDATE_REJECTED), "it may still come: {told:?}");
    bench.pass(SETTLED_AFTER);
    assert!(bench.asked_methods().contains(&"order.status".to_owned()));
    bench.message(&stands("0.50000"));
    assert_eq!(bench.told().last(), Some(&UPDATE_REJECTED), "now it can come no more");

    let mut bench = Bench::changing();
    bench.error_of(("a", 1), -1007, "Timeout waiting for response from backend server.");
    bench.pass(ANSWER_MAX);
    bench.message(&stands("0.20000"));
    assert_eq!(bench.told(), [UPDATED]);
}

#[test]
fn an_error_that_comes_late_refuses_no_later_change() {
    let mut bench = Bench::changing();
    bench.pass(ANSWER_MAX);
    bench.message(&stands("0.20000"));
    bench.change_again(2, 10_000, 10_000);
    bench.told();
    bench.error_of(("a", 1), -2038, "The requested action would change no state; rejecting.");
    assert_eq!(bench.told(), []);
    bench.error_of(("a", 2), -2038, "The requested action would change no state; rejecting.");
    assert_eq!(bench.told(), [UPDATE_REJECTED]);
}

#[test]
fn a_change_over_a_lost_connection_is_asked_for_on_the_next() {
    let mut bench = Bench::changing();
    bench.feed(FrameSource::Closed, "");
    bench.pass(Nanos::from_secs(1));
    bench.log_in();
    assert_eq!(bench.asked_methods(), ["order.status"]);
    bench.message(&stands("0.20000"));
    assert_eq!(bench.told_terms().last(), Some(&(ExecutionType::Updated, 20_000, 1)));
}
