//! Every fault that a plan can have, by its name and over real sockets: what a client hears, and what is true.

use fulmar_bus::record::Nanos;
use futures_util::SinkExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::bench::word;
use super::client::{Client, Served, limit, still, still_futures};
use crate::simulated::{Dialect, Fault, FaultPlan};

/// What a client does.
#[derive(Clone, Copy)]
enum Scene {
    /// Orders more than the best price gives: NEW, a TRADE, and the rest stands.
    Takes,
    /// Orders less than the best price gives: NEW and TRADE.
    Fills,
    /// Orders what must not take.
    Makes,
    /// Orders at a better price than all others, and cancels that.
    Cancels,
    /// Orders twice: the second order stands.
    Twice,
}

/// What is heard of a fault, in words: answers; events; and where the orders stand that arrived.
fn expected(fault: Fault, is_spot: bool) -> (Scene, [&'static str; 3]) {
    let of = |spot, futures| if is_spot { spot } else { futures };
    let (told, part) = ("NEW TRADE", "PARTIALLY_FILLED");
    match fault {
        Fault::RequestLost | Fault::CutBeforeExecution => (Scene::Takes, ["", "", ""]),
        Fault::AnswerLost => (Scene::Takes, ["", told, part]),
        // On spot the events go the way of the answer.
        Fault::CutBeforeAnswer => (Scene::Takes, ["", of("", told), part]),
        Fault::AnswerLate | Fault::EventBeforeAnswer | Fault::CutAfterAnswer | Fault::FeeMistold => {
            (Scene::Takes, ["ok", told, part])
        }
        Fault::UnknownExecuted | Fault::UnknownExecutedLate => (Scene::Takes, ["unknown", told, part]),
        Fault::UnknownNotExecuted => (Scene::Takes, ["unknown", "", ""]),
        Fault::CodeExecuted => (Scene::Takes, ["-9876", told, part]),
        Fault::CodeNotExecuted => (Scene::Takes, ["-9876", "", ""]),
        Fault::RateLimited => (Scene::Takes, ["-1003", "", ""]),
        Fault::Overloaded => (Scene::Takes, ["-1008", "", ""]),
        Fault::Refused => (Scene::Takes, [of("-2010", "-2019"), "", ""]),
        Fault::PriceBandRefused => (Scene::Takes, [of("-1013", "-4016"), "", ""]),
        Fault::PostOnlyRefused => (Scene::Makes, [of("-2010", "-5022"), "", ""]),
        Fault::DuplicateTold => (Scene::Takes, [of("-2010", "-4116"), told, part]),
        Fault::FillBeforeAck | Fault::EventsReordered => (Scene::Takes, ["ok", "TRADE NEW", part]),
        Fault::CancelRefused => (Scene::Cancels, ["ok -2011", "NEW", "NEW"]),
        Fault::FilledInPart => (Scene::Cancels, ["ok ok", "NEW CANCELED TRADE", "CANCELED"]),
        Fault::FilledBeforeCancel => (Scene::Cancels, ["ok -2011", told, "FILLED"]),
        Fault::StreamEnded => {
            (Scene::Takes, ["ok", of("NEW TRADE eventStreamTerminated", "NEW TRADE listenKeyExpired"), part])
        }
        Fault::StreamSilent => (Scene::Twice, ["ok ok", told, "PARTIALLY_FILLED NEW"]),
        Fault::Maintenance => (Scene::Takes, ["-1016", "", ""]),
        Fault::KeyRevoked => (Scene::Takes, ["-2015", of("eventStreamTerminated", "listenKeyExpired"), ""]),
        Fault::ExpiredByVenue => (Scene::Takes, ["ok", "NEW TRADE EXPIRED", "EXPIRED"]),
        Fault::CanceledByVenue => (Scene::Takes, ["ok", "NEW TRADE CANCELED", "CANCELED"]),
        Fault::SelfTradeEnded => {
            let events = of("NEW TRADE TRADE_PREVENTION", "NEW TRADE EXPIRED");
            (Scene::Takes, ["ok", events, "EXPIRED_IN_MATCH"])
        }
        Fault::Overfilled => (Scene::Fills, ["ok", "NEW TRADE TRADE", "FILLED"]),
        Fault::ForeignOrder => (Scene::Takes, ["ok", "NEW TRADE NEW TRADE", part]),
        Fault::EventDuplicated => (Scene::Takes, ["ok", "NEW NEW TRADE", part]),
        Fault::EventLost => (Scene::Takes, ["ok", "TRADE", part]),
        Fault::EventLate => (Scene::Takes, ["ok", "TRADE NEW", part]),
        Fault::FillHeldBack => (Scene::Takes, ["ok", "NEW", part]),
    }
}

/// The requests of a scene.
fn requests(scene: Scene, is_spot: bool) -> Vec<(&'static str, Value)> {
    let best = if is_spot { "60000.01" } else { "60000.1" };
    let order = |id: &str, mut order: Value| {
        order["newClientOrderId"] = json!(id);
        ("order.place", order)
    };
    match scene {
        Scene::Takes => vec![order("one", limit("BUY", best, "10"))],
        Scene::Fills => vec![order("one", limit("BUY", best, "0.01"))],
        Scene::Twice => {
            vec![order("one", limit("BUY", best, "10")), order("two", limit("BUY", "59000", "0.01"))]
        }
        Scene::Cancels => {
            let cancel = json!({"symbol": "BTCUSDT", "origClientOrderId": "one"});
            vec![order("one", limit("BUY", "60000", "0.01")), ("order.cancel", cancel)]
        }
        Scene::Makes => {
            let mut maker = limit("BUY", "59000", "0.01");
            match is_spot {
                true => {
                    maker["type"] = json!("LIMIT_MAKER");
                    maker.as_object_mut().expect("an order is an object").remove("timeInForce");
                }
                false => maker["timeInForce"] = json!("GTX"),
            }
            vec![order("one", maker)]
        }
    }
}

fn words_of(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// The word of the next frame that is not of balances, and whether it answers something; nothing where the connection
/// ended.
async fn next_word(client: &mut Client) -> Option<(bool, String)> {
    loop {
        let text = client.next_text().await?;
        let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
        let is_answer = frame.get("id").is_some();
        let word = match word(&frame).as_str() {
            "outboundAccountPosition" | "ACCOUNT_UPDATE" => continue,
            "-1000" | "-1006" | "-1007" => "unknown".to_owned(),
            word => word.to_owned(),
        };
        return Some((is_answer, word));
    }
}

/// Answers and events until there are so many, and then no more: what is asked last is answered next.
async fn listen(client: &mut Client, count: usize, last: Value, is_cut: bool) -> [Vec<String>; 2] {
    let mut heard: [Vec<String>; 2] = Default::default();
    while heard[0].len() + heard[1].len() < count {
        let (is_answer, word) = next_word(client).await.expect("more is to come");
        heard[usize::from(!is_answer)].push(word);
    }
    if is_cut {
        assert_eq!(next_word(client).await, None, "the venue hangs up");
    } else {
        client.send(last).await;
        let (is_answer, word) = next_word(client).await.expect("the connection stands");
        assert!(is_answer, "{word} was not to come");
    }
    heard
}

async fn happens(fault: Fault, dialect: Dialect) {
    let is_spot = dialect == Dialect::Spot;
    let soon = Nanos::from_millis(20);
    let faults = FaultPlan { late: soon, ..FaultPlan::once(fault) };
    let mut config = if is_spot { still() } else { still_futures() };
    config.faults = faults;
    let venue = Served::start(config).await;
    let mut api = venue.connect(dialect.api_path()).await;
    let mut user = None;
    if is_spot {
        api.request("userDataStream.subscribe", json!({"apiKey": "me"})).await;
    } else {
        let (_, key) = venue.keyed(Method::POST, "/fapi/v1/listenKey", "me").await;
        let key = key["listenKey"].as_str().expect("a key").to_owned();
        user = Some(venue.connect(&format!("/private/ws/{key}")).await);
    }
    let (scene, [answers, events, orders]) = expected(fault, is_spot);
    let [answers, events, orders] = [answers, events, orders].map(words_of);
    for (id, (method, mut params)) in (1..).zip(requests(scene, is_spot)) {
        params["apiKey"] = json!("me");
        let request = json!({"id": 1_000 + id, "method": method, "params": params});
        api.socket.send(Message::text(request.to_string())).await.expect("the connection stands");
    }
    let is_cut = matches!(fault, Fault::CutBeforeExecution | Fault::CutBeforeAnswer | Fault::CutAfterAnswer);
    let time = json!({"id": 9_000, "method": "time"});
    let heard = match &mut user {
        None => listen(&mut api, answers.len() + events.len(), time, is_cut).await,
        Some(user) => {
            let list = json!({"id": 9_001, "method": "LIST_SUBSCRIPTIONS"});
            let [answers, none] = listen(&mut api, answers.len(), time, is_cut).await;
            assert_eq!(none, Vec::<String>::new(), "events have a way of their own");
            let [none, events] = listen(user, events.len(), list, false).await;
            assert_eq!(none, Vec::<String>::new());
            [answers, events]
        }
    };
    assert_eq!(heard, [answers, events], "{fault:?} at {dialect:?}");
    let (_, told, _) = venue.http(Method::GET, "/simulated/orders?account=me").await;
    let stand: Vec<&str> =
        told.as_array().expect("a list").iter().filter_map(|it| it["status"].as_str()).collect();
    assert_eq!(stand, orders, "{fault:?} at {dialect:?}");
    let truth = venue.get("/simulated/truth?account=me").await;
    assert_eq!(truth["faults"], json!({fault.name(): 1}), "{fault:?} at {dialect:?}");
    venue.stop().await;
}

#[tokio::test]
async fn every_fault_happens_at_spot() {
    for fault in Fault::ALL {
        happens(*fault, Dialect::Spot).await;
    }
}

#[tokio::test]
async fn every_fault_happens_at_futures() {
    for fault in Fault::ALL {
        happens(*fault, Dialect::UsdMargined).await;
    }
}
