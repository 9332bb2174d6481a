//! The venue alone, on the test's thread and in the test's time: no sockets and no engine.

use axum::extract::ws::Utf8Bytes;
use fulmar_bus::record::{Nanos, UnixNanos};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::client::STARTED_AT;
use crate::simulated::Dialect;
use crate::simulated::connections::Purpose;
use crate::simulated::rest::{HttpAnswer, HttpRequest};
use crate::simulated::server::split;
use crate::simulated::truth::{OrderTruth, TradeTruth, Truth};
use crate::simulated::venue::Venue;
use crate::simulated::{FaultPlan, SimulatedVenueConfig};

/// A venue and connections to it: one for requests, which is made anew where the venue ends it, and of futures one for
/// what is told.
pub struct Bench {
    pub venue: Venue,
    pub now: UnixNanos,
    lines: Vec<mpsc::Receiver<Utf8Bytes>>,
    /// Counts connections; the latest for requests is below.
    connections: u64,
    connection: u64,
    /// Everything that came, as it came.
    pub heard: Vec<String>,
    id: u64,
}

impl Bench {
    pub fn new(config: SimulatedVenueConfig) -> Self {
        let (venue, now) = (Venue::new(config), STARTED_AT);
        let (lines, heard) = (Vec::new(), Vec::new());
        let mut bench = Bench { venue, now, lines, connections: 0, connection: 0, heard, id: 0 };
        bench.connect();
        bench
    }

    /// A bench whose client hears its user data, and then has this plan ahead.
    pub fn subscribed(config: SimulatedVenueConfig, plan: FaultPlan) -> Self {
        let mut bench = Bench::new(SimulatedVenueConfig { faults: plan, ..config });
        bench.subscribe();
        bench
    }

    pub fn subscribe(&mut self) {
        self.subscribe_as("me");
    }

    /// Has an account's user data told to this bench.
    pub fn subscribe_as(&mut self, account: &str) {
        match self.venue.config.dialect {
            Dialect::Spot => {
                self.ask_as(account, "userDataStream.subscribe", json!({}));
            }
            Dialect::UsdMargined => {
                let heard = self.ask_as(account, "userDataStream.start", json!({}));
                let key = heard.iter().find_map(|frame| frame["result"]["listenKey"].as_str());
                self.listen(key.unwrap_or_default());
            }
        }
    }

    /// Has a connection hear these streams, on its own.
    pub fn listen(&mut self, names: &str) {
        self.line(Purpose::Streams { is_combined: false, names: split(names) });
    }

    fn line(&mut self, purpose: Purpose) {
        let (sender, frames) = mpsc::channel(1 << 12);
        self.connections += 1;
        self.lines.push(frames);
        self.venue.connections.connect(self.connections, purpose, sender, self.now);
    }

    /// Sends a request for the account `me`, and gives all that is heard at that moment.
    pub fn ask(&mut self, method: &str, params: Value) -> Vec<Value> {
        self.ask_as("me", method, params)
    }

    /// Sends a request for an account, and gives all that is heard at that moment.
    pub fn ask_as(&mut self, account: &str, method: &str, mut params: Value) -> Vec<Value> {
        params["apiKey"] = json!(account);
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
        self.venue.connections.is_api(self.connection)
    }

    /// Makes the connection for requests anew.
    pub fn connect(&mut self) {
        self.lines.retain(|line| !line.is_closed());
        self.line(Purpose::Api);
        self.connection = self.connections;
    }

    /// Asks by HTTP: `GET /fapi/v1/depth`, and a query.
    pub fn http(&mut self, route: &str, raw_query: &str) -> (u16, Value) {
        self.http_as("me", route, raw_query)
    }

    /// Asks by HTTP for an account.
    pub fn http_as(&mut self, account: &str, route: &str, raw_query: &str) -> (u16, Value) {
        let pairs = raw_query.split('&').filter_map(|pair| pair.split_once('='));
        let query = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (raw_query, api_key) = (raw_query.to_owned(), Some(account.to_owned()));
        let request = HttpRequest { route: route.to_owned(), query, raw_query, api_key };
        let HttpAnswer { status, body, .. } = self.venue.http_request(&request, self.now);
        (status, serde_json::from_str(&body).expect("an answer is JSON"))
    }

    /// All that is heard at this moment, connection by connection.
    pub fn hear(&mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        for line in &mut self.lines {
            while let Ok(frame) = line.try_recv() {
                self.heard.push(frame.as_str().to_owned());
                frames.push(serde_json::from_str(frame.as_str()).expect("a frame is JSON"));
            }
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
    let execution = event["x"].as_str().or_else(|| event["o"]["x"].as_str());
    match (execution, event["e"].as_str()) {
        (Some(execution), _) => execution.to_owned(),
        (None, Some(kind)) => kind.to_owned(),
        (None, None) => frame["error"]["code"].as_i64().map_or("ok".to_owned(), |code| code.to_string()),
    }
}

/// The words of frames, without those of balances.
pub fn words(frames: &[Value]) -> Vec<String> {
    let words = frames.iter().map(word);
    words.filter(|word| word != "outboundAccountPosition" && word != "ACCOUNT_UPDATE").collect()
}
