//! What the tests speak to the venue with.

use std::net::SocketAddr;
use std::time::Duration;

use fulmar_bus::record::UnixNanos;
use fulmar_engine::market::decimal::parse_signed;
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::simulated::{SCALE, SimulatedVenueConfig, VenueReport, serve};

/// The venue's time at its start.
pub const STARTED_AT: UnixNanos = UnixNanos(1_723_161_255_208_000_000);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A venue that is being served.
pub struct Served {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    report: JoinHandle<std::io::Result<VenueReport>>,
}

impl Served {
    pub async fn start(config: SimulatedVenueConfig) -> Served {
        let (ready, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let report = tokio::spawn(serve(config, ready, async move {
            let _asked = stopped.await;
        }));
        Served { address: address.await.expect("it listens"), stop, report }
    }

    pub async fn connect(&self, path: &str) -> Client {
        let url = format!("ws://{}{path}", self.address);
        let (socket, _) = tokio_tungstenite::connect_async(url).await.expect("the venue accepts");
        Client { socket, aside: Vec::new(), id: 0 }
    }

    pub async fn http(&self, method: Method, path: &str) -> (u16, Value, reqwest::header::HeaderMap) {
        let url = format!("http://{}{path}", self.address);
        let client = reqwest::Client::builder().tls_certs_only([]).build().expect("a client without TLS");
        let answer = client.request(method, url).send().await.expect("the venue answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.expect("the answer has a body");
        (status, serde_json::from_str(&text).expect("the answer is JSON"), headers)
    }

    /// A request with a key in its head.
    pub async fn keyed(&self, method: Method, path: &str, api_key: &str) -> (u16, Value) {
        let url = format!("http://{}{path}", self.address);
        let client = reqwest::Client::builder().tls_certs_only([]).build().expect("a client without TLS");
        let request = client.request(method, url).header("X-MBX-APIKEY", api_key);
        let answer = request.send().await.expect("the venue answers");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("the answer has a body");
        (status, serde_json::from_str(&text).expect("the answer is JSON"))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body, _) = self.http(Method::GET, path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn pause(&self) -> u64 {
        let (_, body, _) = self.http(Method::POST, "/simulated/pause").await;
        body["update_id"].as_u64().expect("a pause tells where the book stands")
    }

    pub async fn stop(self) -> VenueReport {
        self.stop.send(()).expect("the venue is there");
        let report = timeout(PATIENCE, self.report).await.expect("the venue stops");
        report.expect("the venue did not panic").expect("the venue had no trouble with its socket")
    }
}

/// A WebSocket to it.
pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Events that came while an answer was awaited.
    pub aside: Vec<Value>,
    id: u64,
}

impl Client {
    pub async fn next_text(&mut self) -> Option<String> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.expect("a frame comes in time")?;
            match message {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub async fn next(&mut self) -> Value {
        if !self.aside.is_empty() {
            return self.aside.remove(0);
        }
        let text = self.next_text().await.expect("the connection stands");
        serde_json::from_str(&text).expect("a frame is JSON")
    }

    pub async fn send(&mut self, value: Value) {
        self.socket.send(Message::text(value.to_string())).await.expect("the connection stands");
    }

    pub async fn request(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let id = self.id;
        self.send(json!({"id": id, "method": method, "params": params})).await;
        loop {
            let text = self.next_text().await.expect("the connection stands");
            let value: Value = serde_json::from_str(&text).expect("a frame is JSON");
            if value["id"] == id {
                return value;
            }
            self.aside.push(value);
        }
    }

    /// Places an order and gives the venue's answer.
    pub async fn place(&mut self, account: &str, client_id: &str, mut order: Value) -> Value {
        order["apiKey"] = json!(account);
        order["newClientOrderId"] = json!(client_id);
        self.request("order.place", order).await
    }

    /// The next execution report that tells of `execution`.
    pub async fn report(&mut self, execution: &str) -> Value {
        loop {
            let event = self.next().await["event"].take();
            if event["e"] == "executionReport" && event["x"] == execution {
                return event;
            }
        }
    }
}

/// A limit order that stands.
pub fn limit(side: &str, price: &str, quantity: &str) -> Value {
    json!({
        "symbol": "BTCUSDT", "side": side, "type": "LIMIT", "timeInForce": "GTC", "price": price,
        "quantity": quantity,
    })
}

/// The error number of an answer, zero where it is none.
pub fn code(answer: &Value) -> i64 {
    answer["error"]["code"].as_i64().unwrap_or(0)
}

/// A venue without flow: best bid 59999.99, best ask 60000.01.
pub fn still() -> SimulatedVenueConfig {
    SimulatedVenueConfig { events_per_second: 0, ..SimulatedVenueConfig::new(STARTED_AT) }
}

/// Futures without flow: best bid 59999.9, best ask 60000.1.
pub fn still_futures() -> SimulatedVenueConfig {
    SimulatedVenueConfig { events_per_second: 0, ..SimulatedVenueConfig::usd_margined(STARTED_AT) }
}

/// A decimal text of at most eight digits behind the point.
pub fn fixed(value: &Value) -> i128 {
    parse_signed(value.as_str().expect("a number is text").as_bytes(), SCALE)
        .expect("eight digits at most")
        .into()
}
