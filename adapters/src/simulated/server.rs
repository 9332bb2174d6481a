//! Sockets: one task owns the venue and takes commands from a bounded queue; a task a connection carries frames.
//!
//! A connection that does not read fast enough fills its queue and is cut off; one that sends too fast waits, because
//! its command does. Nothing here knows what the frames say.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::ws::{Utf8Bytes, WebSocketUpgrade};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::serve::ListenerExt;
use fulmar_bus::record::UnixNanos;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::config::{Hearer, SimulatedVenueConfig, VenueReport};
use super::connections::Purpose;
use super::dialect::Dialect;
use super::limits::{
    COMMANDS_BATCH, COMMANDS_MAX, CONNECTIONS_MAX, MESSAGE_BYTES_MAX, OUTBOX_FRAMES, STOP_TIMEOUT,
};
use super::rest::{HttpAnswer, HttpRequest};
use super::socket::{self, Departure};
use super::venue::Venue;

/// What the venue's task is asked to do.
#[derive(Debug)]
pub enum Command {
    /// A connection is there.
    Connect {
        /// Its number.
        connection: u64,
        /// What it is for.
        purpose: Purpose,
        /// Where its frames go.
        outbox: mpsc::Sender<Utf8Bytes>,
    },
    /// A connection sent a text.
    Text {
        /// Its number.
        connection: u64,
        /// What it sent.
        text: Utf8Bytes,
    },
    /// A connection is gone.
    Disconnect {
        /// Its number.
        connection: u64,
        /// Why.
        departure: Departure,
    },
    /// An HTTP request.
    Http {
        /// What is wanted.
        request: HttpRequest,
        /// Where the answer goes.
        reply: oneshot::Sender<HttpAnswer>,
    },
}

/// Serves the venue until `stop` is done, and says what happened.
///
/// `ready` is told the address once it listens.
///
/// # Errors
/// Where the address cannot be bound.
///
/// # Panics
/// Where the configuration makes no market: no symbol, or one without tick or step.
pub async fn serve(
    config: SimulatedVenueConfig,
    ready: oneshot::Sender<SocketAddr>,
    stop: impl Future<Output = ()>,
) -> io::Result<VenueReport> {
    let listener = TcpListener::bind(config.bind).await?;
    let address = listener.local_addr()?;
    let (commands, inbox) = mpsc::channel(COMMANDS_MAX);
    let (stopping, mut stopped) = watch::channel(false);
    let gate = Gate::new(commands, config.hearer.clone());
    let (dialect, venue) = (config.dialect, Venue::new(config));
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    let server = axum::serve(listener, router(gate, dialect)).with_graceful_shutdown(async move {
        let told = stopped.wait_for(|is_stopping| *is_stopping).await;
        drop(told);
    });
    let serving = tokio::spawn(server.into_future());
    // Nobody may be waiting for the address; the venue serves all the same.
    let _told = ready.send(address);

    let report = run(venue, inbox, stop).await;
    stopping.send_replace(true);
    let abort = serving.abort_handle();
    match tokio::time::timeout(STOP_TIMEOUT, serving).await {
        Ok(Ok(result)) => result?,
        Ok(Err(error)) => return Err(io::Error::other(error)),
        Err(_) => abort.abort(),
    }
    Ok(report)
}

/// The venue's own task: commands as they come, and between them what is due.
async fn run(
    mut venue: Venue,
    mut inbox: mpsc::Receiver<Command>,
    stop: impl Future<Output = ()>,
) -> VenueReport {
    let (started, started_at) = (Instant::now(), venue.config.started_at);
    let time = |moment: Instant| {
        let passed = u64::try_from(moment.duration_since(started).as_nanos()).unwrap_or(u64::MAX);
        UnixNanos(started_at.0.saturating_add(passed))
    };
    let mut batch = Vec::with_capacity(COMMANDS_BATCH);
    tokio::pin!(stop);
    loop {
        let wait = venue.due_at().since(time(Instant::now()));
        tokio::select! {
            biased;
            () = &mut stop => return venue.report(),
            count = inbox.recv_many(&mut batch, COMMANDS_BATCH) => {
                if count == 0 {
                    return venue.report();
                }
                for command in batch.drain(..) {
                    obey(&mut venue, command, time(Instant::now()));
                }
            }
            () = tokio::time::sleep(std::time::Duration::from_nanos(wait.0)) => {}
        }
        venue.advance(time(Instant::now()));
    }
}

fn obey(venue: &mut Venue, command: Command, now: UnixNanos) {
    match command {
        Command::Connect { connection, purpose, outbox } => {
            venue.report.connections += 1;
            if purpose == Purpose::Api {
                venue.weight.add(now, 2);
            }
            venue.connections.connect(connection, purpose, outbox, now);
        }
        Command::Text { connection, text } if venue.connections.is_api(connection) => {
            venue.api_request(connection, text.as_str(), now);
        }
        Command::Text { connection, text } => venue.connections.stream_request(connection, text.as_str()),
        Command::Disconnect { connection, departure } => {
            venue.report.rate_disconnects += u64::from(departure == Departure::TooManyMessages);
            venue.connections.disconnect(connection);
        }
        Command::Http { request, reply } => {
            // Who asked may have gone meanwhile; then nobody misses the answer.
            let _told = reply.send(venue.http_request(&request, now));
        }
    }
}

/// What each handler needs: the way to the venue, and the number of the next connection.
#[derive(Clone)]
struct Gate {
    commands: mpsc::Sender<Command>,
    connections: Arc<AtomicU64>,
    places: Arc<tokio::sync::Semaphore>,
    hearer: Option<Hearer>,
}

impl Gate {
    fn new(commands: mpsc::Sender<Command>, hearer: Option<Hearer>) -> Self {
        let places = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS_MAX));
        Gate { commands, connections: Arc::default(), places, hearer }
    }

    fn open(self, upgrade: WebSocketUpgrade, purpose: Purpose) -> Response {
        let Ok(place) = self.places.try_acquire_owned() else {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        };
        // PAIRS WITH: nothing; the number only has to be unique.
        let connection = self.connections.fetch_add(1, Ordering::Relaxed);
        let (commands, hearer) = (self.commands, self.hearer);
        upgrade.max_message_size(MESSAGE_BYTES_MAX).on_upgrade(move |socket| async move {
            let (outbox, frames) = mpsc::channel(OUTBOX_FRAMES);
            let is_limited = purpose != Purpose::Api;
            if commands.send(Command::Connect { connection, purpose, outbox }).await.is_ok() {
                let inward = (&commands, hearer.as_ref());
                let departure = socket::carry(socket, connection, (frames, inward), is_limited).await;
                // Fails where the venue has ended, and then it needs no telling.
                let _told = commands.send(Command::Disconnect { connection, departure }).await;
            }
            drop(place);
        })
    }
}

fn router(gate: Gate, dialect: Dialect) -> Router {
    let mut router = Router::new().route(dialect.api_path(), any(api)).fallback(http);
    for room in dialect.stream_rooms() {
        router = router
            .route(&format!("{room}/stream"), any(combined_streams))
            .route(&format!("{room}/ws"), any(raw_streams))
            .route(&format!("{room}/ws/{{*streams}}"), any(raw_streams));
    }
    router.with_state(gate)
}

async fn combined_streams(
    State(gate): State<Gate>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let names = query.get("streams").map_or("", String::as_str);
    gate.open(upgrade, Purpose::Streams { is_combined: true, names: split(names) })
}

async fn raw_streams(
    State(gate): State<Gate>,
    path: Option<Path<String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let names = path.as_ref().map_or("", |Path(path)| path.as_str());
    gate.open(upgrade, Purpose::Streams { is_combined: false, names: split(names) })
}

async fn api(State(gate): State<Gate>, upgrade: WebSocketUpgrade) -> Response {
    gate.open(upgrade, Purpose::Api)
}

async fn http(
    State(gate): State<Gate>,
    Query(query): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    let route = format!("{} {}", request.method(), request.uri().path());
    let raw_query = request.uri().query().unwrap_or_default().to_owned();
    let api_key = request.headers().get("x-mbx-apikey").and_then(|key| key.to_str().ok());
    let api_key = api_key.map(str::to_owned);
    let (reply, answer) = oneshot::channel();
    let command = Command::Http { request: HttpRequest { route, query, raw_query, api_key }, reply };
    if gate.commands.send(command).await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Ok(answer) = answer.await else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let status = StatusCode::from_u16(answer.status).expect("the venue answers with known statuses");
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    headers.insert("x-mbx-used-weight", answer.used_weight.into());
    headers.insert("x-mbx-used-weight-1m", answer.used_weight.into());
    if let Some(seconds) = answer.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

pub(super) fn split(names: &str) -> Vec<String> {
    names.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
