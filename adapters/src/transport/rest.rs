//! HTTP GET for a venue's sessions: each request becomes one frame, whatever happens. It keeps within the venue's
//! rate, and is still for as long as the venue asks.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::ClientConfig;
use tokio::select;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Bytes;

use super::address::Address;
use super::hub::{Hub, stopped};
use super::limits::RestLimits;
use super::rate::RateWindow;
use super::refusal::Refusal;
use super::status::{LinkStatus, count};
use super::tls;

/// The HTTP side of a link.
pub(super) struct RestTask {
    pub(super) hub: Arc<Hub>,
    pub(super) address: Address,
    pub(super) client: Client,
    pub(super) gets: mpsc::Receiver<Get>,
    /// True once the link is to stop.
    pub(super) stop: watch::Receiver<bool>,
}

/// An HTTP GET that a session asked for.
pub(super) struct Get {
    /// Which connection's session asked; it comes back in the frame.
    pub(super) connection: u8,
    /// Path and query, beginning with a slash.
    pub(super) target: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum GetError {
    #[error("no whole answer within {:.1} s", .0.as_secs_f64())]
    TimedOut(Duration),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("{0}")]
    Http(String),
}

/// A client that trusts whom the WebSockets trust, and never follows a venue elsewhere or goes through a proxy, as they
/// do not.
pub(super) fn client(limits: &RestLimits) -> Result<Client, reqwest::Error> {
    Client::builder()
        .tls_backend_preconfigured(ClientConfig::clone(&tls::config()))
        .user_agent(concat!("fulmar/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        .pool_max_idle_per_host(limits.in_flight_max)
        .build()
}

impl RestTask {
    /// Serves requests until the link stops.
    pub(super) async fn run(mut self) {
        let in_flight_max = self.hub.limits.rest.in_flight_max;
        let mut rate = RateWindow::new(self.hub.limits.rest.requests);
        let mut still_until = Instant::now();
        let mut in_flight = FuturesUnordered::new();
        loop {
            let next = async {
                sleep_until(still_until).await;
                self.hub.until_heard().await;
                rate.ready().await;
                self.gets.recv().await
            };
            select! {
                biased;
                () = stopped(&mut self.stop) => return,
                Some(keep_still) = in_flight.next() => {
                    match keep_still {
                        Some(Refusal::TooMuch(duration)) => {
                            still_until = still_until.max(Instant::now() + duration);
                        }
                        Some(Refusal::ShutOut(duration)) => self.hub.keep_still(duration),
                        None => {}
                    }
                }
                Some(get) = next, if in_flight.len() < in_flight_max => {
                    rate.take(Instant::now());
                    count(&self.hub.counters.http_requests, 1);
                    in_flight.push(serve(&self.hub, &self.client, &self.address, get));
                }
            }
        }
    }
}

/// Asks, gives the answer to the engine, and returns what that refuses, if it does. A request without an answer becomes
/// a frame of status zero whose body says why: the session counts on one for each.
async fn serve(hub: &Hub, client: &Client, address: &Address, get: Get) -> Option<Refusal> {
    // It may have waited for its turn while a connection was refused.
    hub.until_heard().await;
    let limits = &hub.limits.rest;
    let url = format!("{}{}", address.url().trim_end_matches('/'), get.target);
    let answer = timeout(limits.timeout, ask(client, &url, &get.target, limits.body_bytes_max))
        .await
        .unwrap_or(Err(GetError::TimedOut(limits.timeout)));
    match answer {
        Ok(Answer { status, headers, frame }) => {
            hub.http_frame(get.connection, status, Bytes::from(frame)).await;
            let refusal = Refusal::of(status, &headers, &hub.limits.refusal)?;
            hub.tell(None, LinkStatus::KeepStill { status, duration: refusal.duration() });
            Some(refusal)
        }
        Err(error) => {
            count(&hub.counters.http_failures, 1);
            let cause = error.to_string();
            let frame = Bytes::from(format!("{}\n{cause}", get.target));
            hub.tell(None, LinkStatus::HttpFailed { address: address.to_string(), cause });
            hub.http_frame(get.connection, 0, frame).await;
            None
        }
    }
}

/// A whole answer.
struct Answer {
    status: u16,
    headers: HeaderMap,
    /// The path and query, a line feed, the body.
    frame: Vec<u8>,
}

async fn ask(client: &Client, url: &str, target: &str, body_bytes_max: usize) -> Result<Answer, GetError> {
    let mut response: Response = client.get(url).send().await.map_err(cause_of)?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut frame = Vec::with_capacity(target.len() + 1);
    frame.extend_from_slice(target.as_bytes());
    frame.push(b'\n');
    let frame_bytes_max = frame.len() + body_bytes_max;
    while let Some(chunk) = response.chunk().await.map_err(cause_of)? {
        if frame.len() + chunk.len() > frame_bytes_max {
            return Err(GetError::TooLong(body_bytes_max));
        }
        frame.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, frame })
}

/// The innermost cause: the layers around it only repeat the URL, which may hold a key.
fn cause_of(error: reqwest::Error) -> GetError {
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    GetError::Http(cause.to_string())
}
