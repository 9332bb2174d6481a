//! Orders of spot of which the book shows a part, as the protocol tells of them.

use serde_json::{Value, json};

use super::bench::Bench;
use super::client::{code, limit, still};

fn iceberg(quantity: &str, shown: &str) -> Value {
    let mut order = limit("BUY", "60000", quantity);
    order["icebergQty"] = json!(shown);
    order
}

/// What the book shows at the price of these orders.
fn shown(bench: &mut Bench) -> String {
    let (_, depth) = bench.http_as("me", "GET /api/v3/depth", "symbol=BTCUSDT&limit=5");
    let best = &depth["bids"][0];
    assert_eq!(best[0], "60000.00000000", "{depth}");
    best[1].as_str().expect("a number").to_owned()
}

#[test]
fn the_book_shows_a_part_and_what_traded_of_all_is_told() {
    let mut bench = Bench::new(still());
    bench.subscribe();
    let heard = bench.place("one", iceberg("0.5", "0.2"));
    let event = |heard: &[Value], x: &str| {
        let told = heard.iter().map(|frame| &frame["event"]);
        let found = told.filter(|it| it["c"] == "one" && it["x"] == x).cloned().collect::<Vec<_>>();
        found
            .into_iter()
            .map(|it| [&it["q"], &it["F"], &it["l"], &it["z"], &it["X"]].map(Value::clone))
            .collect::<Vec<_>>()
    };
    let numbers = |values: [&str; 4], status: &str| -> [Value; 5] {
        let [q, shown, last, so_far] = values.map(|value| json!(format!("{value}0000000")));
        [q, shown, last, so_far, json!(status)]
    };
    assert_eq!(event(&heard, "NEW"), [numbers(["0.5", "0.2", "0.0", "0.0"], "NEW")]);
    assert_eq!(shown(&mut bench), "0.20000000");
    bench.place("two", limit("BUY", "60000", "0.1"));
    assert_eq!(shown(&mut bench), "0.30000000");
    let heard = bench.place("sell", limit("SELL", "60000", "0.35"));
    let parts = [numbers(["0.5", "0.2", "0.2", "0.2"], "PARTIALLY_FILLED"), {
        let mut second = numbers(["0.5", "0.2", "0.0", "0.0"], "PARTIALLY_FILLED");
        (second[2], second[3]) = (json!("0.05000000"), json!("0.25000000"));
        second
    }];
    assert_eq!(event(&heard, "TRADE"), parts, "the second part behind the plain order, which is filled");
    assert_eq!(shown(&mut bench), "0.15000000", "what is left of what is shown");
    let status = bench.answer("order.status", json!({"symbol": "BTCUSDT", "origClientOrderId": "one"}));
    assert_eq!(status["result"]["icebergQty"], "0.20000000");
}

#[test]
fn what_the_real_venue_does_not_take_is_refused_with_its_words() {
    let mut bench = Bench::new(still());
    let mut immediate = iceberg("0.5", "0.1");
    immediate["timeInForce"] = json!("IOC");
    let cases = [
        (iceberg("0.5", "0.5"), -1013, "IcebergQty exceeds QTY."),
        (iceberg("0.5", "0.50001"), -1013, "IcebergQty exceeds QTY."),
        (iceberg("0.5", "0.000001"), -1013, "Filter failure: LOT_SIZE"),
        (iceberg("0.5", "0.04999"), -1013, "Filter failure: ICEBERG_PARTS"),
        (immediate, -1106, "Parameter 'icebergQty' sent when not required."),
        (iceberg("0.5", "0.05"), 0, ""),
        (iceberg("0.5", "0.05001"), 0, ""),
    ];
    for (index, (mut order, expected, words)) in cases.into_iter().enumerate() {
        order["newClientOrderId"] = json!(format!("case-{index}"));
        let answer = bench.answer("order.place", order);
        assert_eq!(code(&answer), expected, "{answer}");
        assert!(expected == 0 || answer["error"]["msg"] == words, "{answer}");
    }
}
