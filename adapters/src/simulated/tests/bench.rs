//! The venue alone, on the test's thread and in the test's time: no sockets and no engine.

use axum::extract::ws::Utf8Bytes;
use fulmar_bus::record::{Nanos, UnixNanos};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::client::STARTED_AT;
use crate::simulated::connections::Purpose;
use crate::simulated::truth::{OrderTruth, TradeTruth, Truth};
use crate::simulated::venue::Venue;
use crate::simulated::{FaultPlan, SimulatedVenueConfig};

/// A venue and one connection to it, which is made anew where the venue ends it.
pub struct Bench {
    pub venue: Venue,
    pub now: UnixNanos,
    frames: mpsc::Receiver<Utf8Bytes>,
    connection: u64,
    /// Everything that came, as it came.
    pub heard: Vec<String>,
    id: u64,
}

impl Bench {
    pub fn new(config: SimulatedVenueConfig) -> Self {
        let (sender, frames) = mpsc::channel(1 << 12);
        let mut venue = Venue::new(config);
        venue.connections.connect(0, Purpose::Api, sender, STARTED_AT);
        Bench { venue, now: STARTED_AT, frames, connection: 0, heard: Vec::new(), id: 0 }
    }

    /// A bench whose client hears its user data, and then has this plan ahead.
    pub fn subscribed(config: SimulatedVenueConfig, plan: FaultPlan) -> Self {
        let mut bench = Bench::new(SimulatedVenueConfig { faults: plan, ..config });
        bench.subscribe();
        bench
    }

    pub fn subscribe(&mut self) {
        self.ask("userDataStream.subscribe", json!({}));
    }

    /// Sends a request for the account `me`, and gives all that is heard at that moment.
    pub fn ask(&mut self, method: &str, mut params: Value) -> Vec<Value> {
        params["apiKey"] = json!("me");
        self.id += 1;
        let request = json!({"id": self.id, "method": method, "params": params}).to_string();
        self.venue.api_request(self.connection, &request, self.now);
        self.hear()
    }

    /// The answer to a request that is answered at once.
    pub fn answer(&mut self, method: &str, params: Value) -> Value {
        let heard = self.ask(method, params);
        let answer = heard.into_iter().find(|frame| frame["id"] == self.id);
        answer.unwrap_or_else(|| panic!("{method} is answered"))
    }

    pub fn place(&mut self, id: &str, mut order: Value) -> Vec<Value> {
        order["newClientOrderId"] = json!(id);
        self.ask("order.place", order)
    }

    /// What comes as time passes.
    pub fn pass(&mut self, time: Nanos) -> Vec<Value> {
        self.now = self.now + time;
        self.venue.advance(self.now);
        self.hear()
    }

    pub fn is_connected(&self) -> bool {
        !self.frames.is_closed()
    }

    pub fn connect(&mut self) {
        let (sender, frames) = mpsc::channel(1 << 12);
        self.connection += 1;
        self.frames = frames;
        self.venue.connections.connect(self.connection, Purpose::Api, sender, self.now);
    }

    fn hear(&mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        while let Ok(frame) = self.frames.try_recv() {
            self.heard.push(frame.as_str().to_owned());
            frames.push(serde_json::from_str(frame.as_str()).expect("a frame is JSON"));
        }
        frames
    }

    fn account(&self) -> usize {
        let mut accounts = self.venue.accounts.iter();
        accounts.position(|account| account.api_key == "me").expect("it has asked already")
    }

    pub fn truth(&self) -> Truth {
        self.venue.truth(self.account(), &self.venue.markets[0], self.now)
    }

    pub fn orders(&self) -> Vec<OrderTruth> {
        self.venue.orders_of(self.account())
    }

    pub fn trades(&self) -> Vec<TradeTruth> {
        self.venue.trades_of(self.account())
    }
}

/// What a frame is, in a word: the code of an answer, or what an event tells.
pub fn word(frame: &Value) -> String {
    let event = frame.get("event").unwrap_or(frame);
    match (event["x"].as_str(), event["e"].as_str()) {
        (Some(execution), _) => execution.to_owned(),
        (None, Some(kind)) => kind.to_owned(),
        (None, None) => frame["error"]["code"].as_i64().map_or("ok".to_owned(), |code| code.to_string()),
    }
}

/// The words of frames, without those of balances.
pub fn words(frames: &[Value]) -> Vec<String> {
    let words = frames.iter().map(word);
    words.filter(|word| word != "outboundAccountPosition").collect()
}
