//! Takes the engine's requests to where they go: a connection, the HTTP side, or a shelf until their moment comes.
//!
//! What cannot go is dropped and told, never waited for: a connection that does not drain must not hold up the orders
//! of another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fulmar_bus::record::{RequestKind, UnixNanos};
use reqwest::Method;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Bytes;

use super::address::{Address, Protocol};
use super::budget::ConnectBudgets;
use super::connection::Place;
use super::hub::Hub;
use super::limits::DELAYED_REQUESTS_MAX;
use super::requests::Requests;
use super::rest::Get;

/// A request, copied out of its ring.
#[derive(Debug)]
pub(super) struct OwnedRequest {
    kind: RequestKind,
    connection: u8,
    not_before_at: UnixNanos,
    /// As the session wrote it.
    written: Bytes,
    /// As it leaves.
    bytes: Bytes,
}

impl OwnedRequest {
    /// Takes the next one, if there is one.
    ///
    /// # Panics
    /// Where the record is no request: whoever wrote it has a bug.
    pub(super) fn take(requests: &mut Requests) -> Option<OwnedRequest> {
        let next = requests.poll_both().expect("the engine writes requests, and nothing else, to this ring");
        next.map(|(request, written, sealed)| {
            let bytes = Bytes::copy_from_slice(sealed);
            OwnedRequest {
                kind: request.kind,
                connection: request.connection,
                not_before_at: request.not_before_at,
                written: if written == sealed { bytes.clone() } else { Bytes::copy_from_slice(written) },
                bytes,
            }
        })
    }
}

/// The link's ends of the queues of a connection.
pub(super) struct ConnectionEnds {
    pub(super) messages: mpsc::Sender<Bytes>,
    pub(super) reconnects: mpsc::Sender<String>,
    /// Where it is to be.
    pub(super) place: watch::Sender<Option<Place>>,
    /// How often it ended so far.
    pub(super) ends: Arc<AtomicU64>,
}

/// Knows where requests go.
pub(super) struct Router {
    hub: Arc<Hub>,
    connections: Vec<ConnectionEnds>,
    gets: Option<mpsc::Sender<Get>>,
    budgets: ConnectBudgets,
    /// Requests before their moment, by it, then in the order in which they came.
    delayed: BTreeMap<(UnixNanos, u64), Delayed>,
    delayed_count: u64,
}

/// A request before its moment.
struct Delayed {
    request: OwnedRequest,
    /// How often its connection had ended when it was taken: what was meant for one is not sent on the next.
    ends: u64,
}

impl Router {
    pub(super) fn new(
        hub: Arc<Hub>,
        connections: Vec<ConnectionEnds>,
        gets: Option<mpsc::Sender<Get>>,
        budgets: ConnectBudgets,
    ) -> Self {
        Router { hub, connections, gets, budgets, delayed: BTreeMap::new(), delayed_count: 0 }
    }

    /// Sends a request on its way, at once or when its moment comes.
    pub(super) fn take(&mut self, request: OwnedRequest) {
        if request.not_before_at == UnixNanos(0) || request.not_before_at <= (self.hub.clock)() {
            self.send(request);
        } else if self.delayed.len() < DELAYED_REQUESTS_MAX {
            self.delayed_count += 1;
            let ends = self.ends_of(request.connection);
            self.delayed.insert((request.not_before_at, self.delayed_count), Delayed { request, ends });
        } else {
            self.hub.drop_request(request.connection, "too many requests wait for their moment");
        }
    }

    /// The next moment at which a delayed request is due.
    pub(super) fn due_at(&self) -> Option<UnixNanos> {
        self.delayed.first_key_value().map(|((due_at, _), _)| *due_at)
    }

    /// Sends what is due.
    pub(super) fn send_due(&mut self) {
        let now = (self.hub.clock)();
        while let Some(first) = self.delayed.first_entry()
            && first.key().0 <= now
        {
            let Delayed { request, ends } = first.remove();
            if request.kind == RequestKind::Send && ends != self.ends_of(request.connection) {
                self.hub.drop_request(request.connection, "its connection closed before its moment");
            } else {
                self.send(request);
            }
        }
    }

    /// How often a connection ended so far. Relaxed: a number alone. A request that is taken while the connection ends
    /// is dropped by the connection's own task.
    fn ends_of(&self, index: u8) -> u64 {
        self.connections.get(usize::from(index)).map_or(0, |ends| ends.ends.load(Ordering::Relaxed))
    }

    fn send(&self, request: OwnedRequest) {
        let OwnedRequest { kind, connection, written, bytes, .. } = request;
        let sent = match kind {
            RequestKind::Send => self.message(connection, bytes),
            RequestKind::HttpGet => self.ask(connection, Method::GET, (&written, &bytes)),
            RequestKind::HttpPost => self.ask(connection, Method::POST, (&written, &bytes)),
            RequestKind::HttpDelete => self.ask(connection, Method::DELETE, (&written, &bytes)),
            RequestKind::Open => self.open(connection, &bytes),
            RequestKind::Reconnect => self.reconnect(connection, &bytes),
        };
        if let Err(cause) = sent {
            self.hub.drop_request(connection, cause);
        }
    }

    fn message(&self, connection: u8, bytes: Bytes) -> Result<(), &'static str> {
        self.connection(connection)?.messages.try_send(bytes).map_err(refusal)
    }

    fn reconnect(&self, connection: u8, reason: &[u8]) -> Result<(), &'static str> {
        let reason = String::from_utf8_lossy(reason).into_owned();
        match self.connection(connection)?.reconnects.try_send(reason) {
            // The one that waits there asks the same.
            Ok(()) | Err(TrySendError::Full(_)) => Ok(()),
            Err(closed) => Err(refusal(closed)),
        }
    }

    /// Gives a connection another place to be, which ends the one where it is.
    fn open(&self, connection: u8, url: &[u8]) -> Result<(), &'static str> {
        let url = std::str::from_utf8(url).map_err(|_| "the address is no text")?;
        let address = Address::parse(url, Protocol::WebSocket).map_err(|_| "the address is none")?;
        let budget = self.budgets.of(&address, &self.hub.limits.reconnect);
        self.connection(connection)?.place.send_replace(Some(Place { address, budget }));
        Ok(())
    }

    fn ask(
        &self,
        connection: u8,
        method: Method,
        (written, sealed): (&[u8], &[u8]),
    ) -> Result<(), &'static str> {
        let gets = self.gets.as_ref().ok_or("the venue has no HTTP address")?;
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| "the path is no text");
        let (written, target) = (text(written)?.to_owned(), text(sealed)?.to_owned());
        if !target.starts_with('/') || target.contains(char::is_whitespace) {
            return Err("the path does not begin with a slash, or holds a space");
        }
        gets.try_send(Get { connection, method, written, target }).map_err(refusal)
    }

    fn connection(&self, index: u8) -> Result<&ConnectionEnds, &'static str> {
        self.connections.get(usize::from(index)).ok_or("the venue has no such connection")
    }
}

/// Why a queue did not take a request.
fn refusal<T>(error: TrySendError<T>) -> &'static str {
    match error {
        TrySendError::Full(_) => "too many requests wait for their turn",
        TrySendError::Closed(_) => "the link is stopping",
    }
}
