//! Each fault alone, by its name, and all of them together.

use fulmar_bus::record::Nanos;
use fulmar_engine::market::decimal::parse_signed;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};

use super::bench::{Bench, words};
use super::client::{STARTED_AT, Served, code, limit, still};
use crate::simulated::limits::RECONNECT_AFTER;
use crate::simulated::truth::OrderTruth;
use crate::simulated::{Fault, FaultPlan, SCALE, SimulatedVenueConfig};

/// Long enough for what is late.
const LATER: Nanos = Nanos::from_secs(1);

/// What came of an order that takes half of what it wants, with this fault once: what was heard at once and later, and
/// how it really stands.
fn placed(fault: Fault) -> (Vec<String>, Vec<String>, Vec<OrderTruth>) {
    let mut bench = Bench::subscribed(still(), FaultPlan::once(fault));
    let at_once = bench.place("one", limit("BUY", "60000.01", "1"));
    let later = bench.pass(LATER);
    let faults = bench.truth().faults;
    assert_eq!(faults.into_iter().collect::<Vec<_>>(), [(fault.name().to_owned(), 1)]);
    (words(&at_once), words(&later), bench.orders())
}

/// A fault, what is heard at once and later, and how the order stands where it arrived.
type Case = (Fault, &'static [&'static str], &'static [&'static str], Option<&'static str>);

#[test]
fn each_fault_of_a_new_order_is_what_its_name_says() {
    let told: &'static [&'static str] = &["ok", "NEW", "TRADE"];
    let cases: [Case; 17] = [
        (Fault::RequestLost, &[], &[], None),
        (Fault::AnswerLost, &told[1..], &[], Some("PARTIALLY_FILLED")),
        (Fault::AnswerLate, &told[1..], &["ok"], Some("PARTIALLY_FILLED")),
        (Fault::CodeExecuted, &["-9876", "NEW", "TRADE"], &[], Some("PARTIALLY_FILLED")),
        (Fault::CodeNotExecuted, &["-9876"], &[], None),
        (Fault::RateLimited, &["-1003"], &[], None),
        (Fault::EventBeforeAnswer, &["NEW", "TRADE", "ok"], &[], Some("PARTIALLY_FILLED")),
        (Fault::FillBeforeAck, &["TRADE", "NEW", "ok"], &[], Some("PARTIALLY_FILLED")),
        (Fault::EventsReordered, &["TRADE", "NEW", "ok"], &[], Some("PARTIALLY_FILLED")),
        (Fault::CutBeforeExecution, &[], &[], None),
        (Fault::CutBeforeAnswer, &[], &[], Some("PARTIALLY_FILLED")),
        (Fault::CutAfterAnswer, told, &[], Some("PARTIALLY_FILLED")),
        (Fault::StreamEnded, &["ok", "NEW", "TRADE", "eventStreamTerminated"], &[], Some("PARTIALLY_FILLED")),
        (Fault::Maintenance, &["-1016"], &[], None),
        (Fault::KeyRevoked, &["eventStreamTerminated", "-2015"], &[], None),
        (Fault::ExpiredByVenue, &["ok", "NEW", "TRADE", "EXPIRED"], &[], Some("EXPIRED")),
        (Fault::CanceledByVenue, &["ok", "NEW", "TRADE", "CANCELED"], &[], Some("CANCELED")),
    ];
    for (fault, at_once, later, status) in cases {
        let (heard, heard_later, orders) = placed(fault);
        assert_eq!((heard, heard_later), (owned(at_once), owned(later)), "{fault:?}");
        let stands: Vec<&str> = orders.iter().map(|order| order.status.as_str()).collect();
        assert_eq!(stands, status.into_iter().collect::<Vec<_>>(), "{fault:?}");
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

#[test]
fn an_unknown_outcome_is_said_in_the_venues_words_whether_it_was_executed_or_not() {
    for (fault, now, later) in [
        (Fault::UnknownExecuted, 1, 1),
        (Fault::UnknownNotExecuted, 0, 0),
        (Fault::UnknownExecutedLate, 0, 1),
    ] {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..20 {
            let plan = FaultPlan { seed, ..FaultPlan::once(fault) };
            let mut bench = Bench::subscribed(still(), plan);
            let heard = bench.place("one", limit("BUY", "59000", "1"));
            let answer = heard.iter().find(|frame| !frame["error"].is_null()).expect("it is answered");
            seen.insert((answer["status"].as_u64(), code(answer)));
            assert_eq!(bench.orders().len(), now, "{fault:?}");
            bench.pass(LATER);
            assert_eq!((bench.orders().len(), bench.truth().open_orders), (later, later as u64), "{fault:?}");
        }
        let shapes = [(Some(500), -1006), (Some(503), -1000), (Some(504), -1007)];
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), shapes, "{fault:?}");
    }
}

#[test]
fn a_stream_that_ends_without_a_word_leaves_the_queries() {
    let mut bench = Bench::subscribed(still(), FaultPlan::once(Fault::StreamSilent));
    bench.place("one", limit("BUY", "59000", "1"));
    assert_eq!(words(&bench.place("two", limit("BUY", "59000", "1"))), ["ok"], "the answer and no event");
    let open = bench.answer("openOrders.status", json!({"symbol": "BTCUSDT"}));
    assert_eq!(open["result"].as_array().map(Vec::len), Some(2));
    bench.subscribe();
    assert_eq!(words(&bench.place("three", limit("BUY", "59000", "1"))), ["ok", "NEW"]);
}

#[test]
fn an_order_that_trades_just_before_its_cancel_is_filled_and_the_cancel_refused() {
    let mut bench = Bench::subscribed(still(), FaultPlan::once(Fault::FilledBeforeCancel));
    let cancel = |id: &str| json!({"symbol": "BTCUSDT", "origClientOrderId": id});
    bench.place("far", limit("BUY", "59000", "1"));
    assert_eq!(words(&bench.ask("order.cancel", cancel("far"))), ["ok", "CANCELED"], "not at the touch");
    bench.place("near", limit("BUY", "60000", "1"));
    assert_eq!(words(&bench.ask("order.cancel", cancel("near"))), ["TRADE", "-2011"]);
    let status = bench.answer("order.status", cancel("near"));
    assert_eq!(status["result"]["status"], "FILLED");
}

#[test]
fn events_are_doubled_lost_late_and_held_back_and_the_trades_query_knows_all() {
    let buy = |bench: &mut Bench, quantity: &str| bench.place("one", limit("BUY", "60010", quantity));
    let mut bench = Bench::subscribed(still(), FaultPlan::once(Fault::EventDuplicated));
    assert_eq!(words(&bench.place("one", limit("BUY", "59000", "1"))), ["ok", "NEW", "NEW"]);
    let mut bench = Bench::subscribed(still(), FaultPlan::once(Fault::EventLost));
    assert_eq!(words(&bench.place("one", limit("BUY", "59000", "1"))), ["ok"]);
    let mut bench = Bench::subscribed(still(), FaultPlan::once(Fault::EventLate));
    assert_eq!(words(&bench.place("one", limit("BUY", "60000.01", "1"))), ["ok", "TRADE"]);
    assert_eq!(words(&bench.pass(LATER)), ["NEW"]);

    let mut bench = Bench::subscribed(still(), FaultPlan::once(Fault::FillHeldBack));
    let heard = buy(&mut bench, "1");
    let trades: Vec<&Value> =
        heard.iter().map(|frame| &frame["event"]).filter(|event| event["x"] == "TRADE").collect();
    let number =
        |value: &Value| parse_signed(value.as_str().expect("text").as_bytes(), SCALE).expect("a number");
    assert!(
        trades.len() > 1 && number(&trades[0]["l"]) < number(&trades[0]["z"]),
        "the first one is missing"
    );
    let asked = bench.answer("myTrades", json!({"symbol": "BTCUSDT"}));
    assert_eq!(asked["result"].as_array().map(Vec::len), Some(trades.len() + 1));
    assert_eq!(bench.trades().len(), trades.len() + 1);
}

#[test]
fn what_was_told_wrong_or_done_by_others_is_right_in_the_truth() {
    let fixed = |text: &str| parse_signed(text.as_bytes(), SCALE).expect("a number");
    let config = SimulatedVenueConfig { fee_bps: 10, ..still() };
    let mut bench = Bench::subscribed(config.clone(), FaultPlan::once(Fault::FeeMistold));
    let heard = bench.place("one", limit("BUY", "60000.01", "10"));
    let told = heard.iter().map(|frame| &frame["event"]).find(|event| event["x"] == "TRADE");
    let (told, paid) = (&told.expect("it trades")["n"], &bench.trades()[0].fee);
    assert!(told == "0.12345678" && told != paid, "{told} {paid}");

    let mut bench = Bench::subscribed(config.clone(), FaultPlan::once(Fault::Overfilled));
    let heard = bench.place("one", limit("BUY", "60000.01", "0.01"));
    let last =
        heard.iter().map(|frame| &frame["event"]).rfind(|event| event["x"] == "TRADE").expect("it trades");
    assert_eq!(
        (&last["z"], &last["q"], &last["X"]),
        (&json!("0.01001000"), &json!("0.01000000"), &json!("FILLED"))
    );
    let trades = bench.trades();
    assert_eq!(trades.iter().map(|trade| fixed(&trade.quantity)).sum::<i64>(), 1_001_000);
    assert!(trades.iter().all(|trade| trade.client_order_id == "one"));
    assert_eq!(bench.orders()[0].executed, "0.01001");

    let mut bench = Bench::subscribed(config.clone(), FaultPlan::once(Fault::ForeignOrder));
    bench.place("one", limit("BUY", "59000", "0.01"));
    let (truth, trades) = (bench.truth(), bench.trades());
    assert_eq!((truth.orders_received, truth.fills, bench.orders().len()), (1, 1, 1), "it was not sent");
    assert!(trades[0].client_order_id.starts_with("web_"), "{trades:?}");

    let mut bench = Bench::subscribed(config, FaultPlan::once(Fault::FilledInPart));
    bench.place("one", limit("BUY", "60000", "0.01001"));
    let heard = bench.ask("order.cancel", json!({"symbol": "BTCUSDT", "origClientOrderId": "one"}));
    assert_eq!(heard[0]["result"]["executedQty"], "0.00500000", "the answer knows what was not told");
    assert_eq!(words(&heard), ["ok", "CANCELED"]);
    let late = bench.pass(LATER);
    let event = &late[0]["event"];
    assert_eq!(
        (&event["x"], &event["l"], &event["X"]),
        (&json!("TRADE"), &json!("0.00500000"), &json!("PARTIALLY_FILLED"))
    );
}

#[test]
fn maintenance_and_a_revoked_key_pass() {
    for (fault, expected) in [(Fault::Maintenance, -1016), (Fault::KeyRevoked, -2015)] {
        let mut bench = Bench::subscribed(still(), FaultPlan::once(fault));
        bench.place("one", limit("BUY", "59000", "1"));
        bench.pass(Nanos::from_secs(4));
        let status = json!({"symbol": "BTCUSDT", "origClientOrderId": "one"});
        assert_eq!(code(&bench.answer("order.status", status.clone())), expected, "queries are refused too");
        bench.pass(Nanos::from_secs(1));
        assert_eq!(code(&bench.answer("order.status", status)), -2013, "{fault:?}: it is over");
    }
}

/// A client that trades through a bad day, and asks for what it did not hear.
fn bad_day(seed: u64) -> Vec<String> {
    let plan = FaultPlan { seed, outage: Nanos::from_millis(100), ..FaultPlan::all(15_000) };
    let config = SimulatedVenueConfig {
        seed,
        orders_per_10_seconds: 1 << 20,
        ..SimulatedVenueConfig::new(STARTED_AT)
    };
    let mut bench = Bench::subscribed(config, plan);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for order in 0..300 {
        let side = if rng.random() { "BUY" } else { "SELL" };
        let price = 60_000 + rng.random_range(-3..=3);
        bench.place(&format!("order-{order}"), limit(side, &price.to_string(), "0.05"));
        let old = format!("order-{}", rng.random_range(0..=order));
        bench.ask("order.cancel", json!({"symbol": "BTCUSDT", "origClientOrderId": old}));
        bench.pass(Nanos::from_millis(20));
        if !bench.is_connected() {
            bench.pass(RECONNECT_AFTER);
            bench.connect();
            bench.subscribe();
        }
    }
    bench.venue.faults.rest();
    bench.pass(Nanos::from_secs(10));
    settles(&mut bench, seed);
    bench.heard
}

/// What queries tell is the truth, and the truth agrees with itself.
fn settles(bench: &mut Bench, seed: u64) {
    let fixed = |text: &str| i128::from(parse_signed(text.as_bytes(), SCALE).expect("a number"));
    let (orders, trades, truth) = (bench.orders(), bench.trades(), bench.truth());
    assert!(truth.faults.len() > 15, "seed {seed}: {:?}", truth.faults);
    let mut position = 0;
    for order in &orders {
        let asked = json!({"symbol": "BTCUSDT", "origClientOrderId": order.client_order_id});
        let answer = bench.answer("order.status", asked);
        if order.status == "REJECTED" {
            assert_eq!(code(&answer), -2013, "seed {seed}: {order:?}");
            continue;
        }
        assert_eq!(answer["result"]["status"], order.status.as_str(), "seed {seed}");
        assert_eq!(fixed(answer["result"]["executedQty"].as_str().expect("text")), fixed(&order.executed));
        let of_order = trades.iter().filter(|trade| trade.client_order_id == order.client_order_id);
        let traded: i128 = of_order.map(|trade| fixed(&trade.quantity)).sum();
        assert_eq!(traded, fixed(&order.executed), "seed {seed}: {order:?}");
        position += if order.side == "BUY" { traded } else { -traded };
    }
    for foreign in trades.iter().filter(|trade| trade.client_order_id.starts_with("web_")) {
        position += if foreign.is_buyer { fixed(&foreign.quantity) } else { -fixed(&foreign.quantity) };
    }
    assert_eq!(position, fixed(&truth.position), "seed {seed}");
    assert_eq!((truth.duplicates, truth.fills), (0, trades.len() as u64), "seed {seed}");
    assert_eq!(orders.len() as u64, truth.orders_received, "seed {seed}");
    let [long, short] = [&truth.exposure_max[0], &truth.exposure_max[1]].map(|most| fixed(most));
    assert!(long >= position && short >= -position && long > 0 && short > 0, "seed {seed}: {truth:?}");
}

#[test]
fn after_a_bad_day_queries_tell_the_truth_and_a_seed_is_a_day() {
    for seed in 1..=8 {
        assert_eq!(bad_day(seed), bad_day(seed), "seed {seed}");
    }
}

#[test]
fn by_http_what_a_socket_would_lose_is_a_timeout_of_a_gateway() {
    for (fault, code, now, later) in [
        (Fault::RequestLost, -1007, 0, 0),
        (Fault::AnswerLost, -1007, 1, 1),
        (Fault::CutBeforeAnswer, -1007, 1, 1),
        (Fault::UnknownExecutedLate, -1000, 0, 1),
        (Fault::DuplicateTold, -2010, 1, 1),
        (Fault::ExpiredByVenue, 0, 0, 0),
        (Fault::Overloaded, -1008, 0, 0),
    ] {
        let plan = FaultPlan { seed: 2, ..FaultPlan::once(fault) };
        let mut bench = Bench::subscribed(still(), plan);
        let order =
            "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=59000&quantity=1&newClientOrderId=one";
        let (status, answer) = bench.http("POST /api/v3/order", order);
        assert_eq!(answer["code"].as_i64().unwrap_or(0), code, "{fault:?}: {status} {answer}");
        assert_eq!(bench.truth().open_orders, now, "{fault:?}");
        bench.pass(LATER);
        assert_eq!((bench.truth().open_orders, bench.truth().faults[fault.name()]), (later, 1), "{fault:?}");
    }
}

#[test]
fn an_id_that_comes_twice_is_counted() {
    let mut bench = Bench::subscribed(still(), FaultPlan::none());
    for _ in 0..3 {
        bench.place("same", limit("BUY", "59000", "1"));
    }
    let orders = bench.orders();
    assert_eq!((bench.truth().duplicates, orders.len()), (2, 3));
    assert_eq!((orders[0].status.as_str(), orders[1].code, orders[2].code), ("NEW", -2010, -2010));
}

#[tokio::test]
async fn the_served_venue_has_the_same_bad_day() {
    let faults = FaultPlan::once(Fault::CutBeforeAnswer);
    let venue = Served::start(SimulatedVenueConfig { faults, ..still() }).await;
    let mut client = venue.connect("/ws-api/v3").await;
    let mut order = limit("BUY", "59000", "0.01");
    (order["apiKey"], order["newClientOrderId"]) = (json!("me"), json!("one"));
    client.send(json!({"id": 1, "method": "order.place", "params": order})).await;
    assert_eq!(client.next_text().await, None, "the venue hangs up");
    let (_, orders, _) = venue.http(Method::GET, "/simulated/orders?account=me").await;
    assert_eq!((&orders[0]["status"], &orders[0]["client_order_id"]), (&json!("NEW"), &json!("one")));
    let truth = venue.get("/simulated/truth?account=me").await;
    assert_eq!(truth["faults"], json!({"cut_before_answer": 1}));
    venue.stop().await;
}
