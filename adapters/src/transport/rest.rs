//! HTTP for a venue's sessions: each request that reaches the venue becomes one frame, whatever happens then. It
//! keeps within the venue's rate, and is still for as long as the venue asks. A request that cannot reach the venue
//! waits, and is tried again as a lost connection is.

use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use rustls::ClientConfig;
use tokio::select;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Bytes;

use super::address::Address;
use super::hub::{Hub, stopped};
use super::limits::RestLimits;
use super::rate::RateWindow;
use super::reconnect::Reconnect;
use super::refusal::Refusal;
use super::status::{LinkStatus, count};
use super::tls;
use super::websocket::io_cause;

/// The HTTP side of a link.
pub(super) struct RestTask {
    pub(super) hub: Arc<Hub>,
    pub(super) address: Address,
    pub(super) client: Client,
    pub(super) gets: mpsc::Receiver<Get>,
    /// True once the link is to stop.
    pub(super) stop: watch::Receiver<bool>,
}

/// An HTTP request without a body that a session asked for.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Get {
    /// Which connection's session asked; it comes back in the frame.
    pub(super) connection: u8,
    pub(super) method: Method,
    /// Path and query as the session wrote them, which come back in the frame.
    pub(super) written: String,
    /// Path and query as they leave, beginning with a slash.
    pub(super) target: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum GetError {
    /// It did not even reach the venue.
    #[error("{0}")]
    Unreachable(String),
    #[error("no whole answer within {:.1} s", .0.as_secs_f64())]
    TimedOut(Duration),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("{0}")]
    Http(String),
}

/// A client that trusts whom the WebSockets trust, and never follows a venue elsewhere or goes through a proxy, as they
/// do not.
///
/// # Panics
/// Where `header` is none: who seals has a bug.
pub(super) fn client(
    limits: &RestLimits,
    header: Option<(&'static str, &str)>,
) -> Result<Client, reqwest::Error> {
    let mut headers = HeaderMap::new();
    if let Some((name, value)) = header {
        let mut value = HeaderValue::from_str(value).expect("a key is a word");
        value.set_sensitive(true);
        headers.insert(HeaderName::try_from(name).expect("it names a header"), value);
    }
    Client::builder()
        .default_headers(headers)
        .tls_backend_preconfigured(ClientConfig::clone(&tls::config()))
        .user_agent(concat!("fulmar/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        // Before the whole request is out of time, so that who cannot be reached is told from who does not answer.
        .connect_timeout(limits.timeout / 2)
        .pool_max_idle_per_host(limits.in_flight_max)
        .build()
}

impl RestTask {
    /// Serves requests until the link stops.
    pub(super) async fn run(mut self) {
        let hub = Arc::clone(&self.hub);
        let limits = &hub.limits.rest;
        let mut rate = RateWindow::new(limits.requests);
        let mut reconnect = Reconnect::new(hub.limits.reconnect.clone(), (hub.clock)().0);
        let mut still_until = Instant::now();
        let mut waiting: VecDeque<Get> = VecDeque::new();
        let mut in_flight = FuturesUnordered::new();
        loop {
            let may_ask = async {
                sleep_until(still_until).await;
                self.hub.until_heard().await;
                rate.ready().await;
            };
            select! {
                biased;
                () = stopped(&mut self.stop) => return,
                Some(served) = in_flight.next() => match served {
                    Served::Done(refusal) => {
                        reconnect.reached();
                        match refusal {
                            Some(Refusal::TooMuch(duration)) => {
                                still_until = still_until.max(Instant::now() + duration);
                            }
                            Some(Refusal::ShutOut(duration)) => hub.keep_still(duration),
                            None => {}
                        }
                    }
                    Served::Unreachable(get, cause) => {
                        wait_for_its_turn(&mut waiting, get);
                        // Those that were under way beside the first that failed are the same try.
                        if Instant::now() >= still_until {
                            still_until = self.failed(&mut reconnect, cause);
                        }
                    }
                },
                Some(get) = self.gets.recv(), if waiting.len() < limits.queue_requests => {
                    wait_for_its_turn(&mut waiting, get);
                }
                () = may_ask, if !waiting.is_empty() && in_flight.len() < limits.in_flight_max => {
                    let get = waiting.pop_front().expect("it is not empty");
                    rate.take(Instant::now());
                    count(&hub.counters.http_requests, 1);
                    in_flight.push(serve(&hub, &self.client, &self.address, get));
                }
            }
        }
    }

    /// The venue could not be reached: tells so, and gives the moment of the next try.
    fn failed(&self, reconnect: &mut Reconnect, cause: String) -> Instant {
        let now = Instant::now();
        let attempt = reconnect.begin(now);
        let wait = reconnect.wait(now);
        let (address, next_in, is_over_budget) =
            (self.address.to_string(), wait.duration, wait.is_over_budget);
        self.hub.tell(None, LinkStatus::HttpUnreachable { address, cause, attempt, next_in, is_over_budget });
        now + next_in
    }
}

/// Puts a request behind those that wait. One that is asked for anew while it waits is the same request.
fn wait_for_its_turn(waiting: &mut VecDeque<Get>, get: Get) {
    if !waiting.contains(&get) {
        waiting.push_back(get);
    }
}

/// What came of a request.
enum Served {
    /// It reached the venue, which may have refused it, or more.
    Done(Option<Refusal>),
    /// It did not, for this cause.
    Unreachable(Get, String),
}

/// Asks, and gives the answer to the engine. A request without an answer becomes a frame of status zero whose body says
/// why: the session counts on one for each that reached the venue.
async fn serve(hub: &Hub, client: &Client, address: &Address, get: Get) -> Served {
    // It may have waited for its turn while a connection was refused.
    hub.until_heard().await;
    let limits = &hub.limits.rest;
    let url = format!("{}{}", address.url().trim_end_matches('/'), get.target);
    let answer = timeout(limits.timeout, ask(client, &url, &get, limits))
        .await
        .unwrap_or(Err(GetError::TimedOut(limits.timeout)));
    match answer {
        Ok(Answer { status, headers, frame }) => {
            hub.http_frame(get.connection, status, Bytes::from(frame)).await;
            let refusal = Refusal::of(status, &headers, &hub.limits.refusal);
            if let Some(refusal) = &refusal {
                hub.tell(None, LinkStatus::KeepStill { status, duration: refusal.duration() });
            }
            Served::Done(refusal)
        }
        Err(error) => {
            count(&hub.counters.http_failures, 1);
            let cause = error.to_string();
            if let GetError::Unreachable(_) = error {
                return Served::Unreachable(get, cause);
            }
            let frame = Bytes::from(format!("{}\n{cause}", get.written));
            hub.tell(None, LinkStatus::HttpFailed { address: address.to_string(), cause });
            hub.http_frame(get.connection, 0, frame).await;
            Served::Done(None)
        }
    }
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// The path and query, a line feed, the body.
    pub(super) frame: Vec<u8>,
}

pub(super) async fn ask(
    client: &Client,
    url: &str,
    get: &Get,
    limits: &RestLimits,
) -> Result<Answer, GetError> {
    let target = &get.written;
    let request = client.request(get.method.clone(), url);
    let mut response: Response = request.send().await.map_err(|error| failure(&error, limits))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut frame = Vec::with_capacity(target.len() + 1);
    frame.extend_from_slice(target.as_bytes());
    frame.push(b'\n');
    let frame_bytes_max = frame.len() + limits.body_bytes_max;
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error, limits))? {
        if frame.len() + chunk.len() > frame_bytes_max {
            return Err(GetError::TooLong(limits.body_bytes_max));
        }
        frame.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, frame })
}

fn failure(error: &reqwest::Error, limits: &RestLimits) -> GetError {
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => {
            let seconds = (limits.timeout / 2).as_secs_f64();
            GetError::Unreachable(format!("no connection within {seconds:.1} s"))
        }
        (true, false) => GetError::Unreachable(cause_of(error)),
        (false, _) => GetError::Http(cause_of(error)),
    }
}

/// The innermost cause, in the words of a connection's: the layers around it only repeat the URL, which may hold a key.
pub(super) fn cause_of(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.downcast_ref::<io::Error>().map_or_else(|| cause.to_string(), io_cause)
}
