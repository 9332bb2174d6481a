//! The task of one WebSocket connection: opens it, serves it, and opens it anew, until it is told to stop.
//!
//! Sending and receiving run side by side, so that an order never waits behind frames that the engine has not taken
//! yet. What waits to be sent when a connection ends is dropped and told, never sent on the next connection: an order
//! session that saw the end has already called its fate unknown.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fulmar_bus::record::FrameSource;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::select;
use tokio::sync::{mpsc, watch};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use super::address::Address;
use super::budget::ConnectBudget;
use super::hub::{Hub, stopped};
use super::limits::{CLOSE_TIMEOUT, MESSAGES_A_TURN, TOLD_AGAIN_AFTER};
use super::rate::RateWindow;
use super::reconnect::{Reconnect, Wait};
use super::refusal::Refusal;
use super::status::{LinkStatus, count};
use super::websocket::{ConnectError, Socket, connect, socket_cause};

/// One connection of a link.
pub(super) struct ConnectionTask {
    pub(super) hub: Arc<Hub>,
    pub(super) index: u8,
    /// Where it is to be; nowhere, as long as the session has not said where.
    pub(super) place: watch::Receiver<Option<Place>>,
    pub(super) requests: ConnectionRequests,
    /// How often it ended so far, for those who hold requests back for it.
    pub(super) ends: Arc<AtomicU64>,
    /// True once the link is to stop.
    pub(super) stop: watch::Receiver<bool>,
}

/// Where a connection goes.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) address: Address,
    /// Of attempts to connect there, shared by all that do.
    pub(super) budget: Arc<ConnectBudget>,
}

/// What the link wants of a connection. Each queue is bounded; the link holds the other ends.
pub(super) struct ConnectionRequests {
    pub(super) messages: mpsc::Receiver<Bytes>,
    /// Reasons to close and open anew. It has room for one: a second would ask for the same.
    pub(super) reconnects: mpsc::Receiver<String>,
}

/// Why a connection ended.
#[derive(Debug, PartialEq, Eq)]
enum Ending {
    Stopped,
    Asked(String),
    Idle(Duration),
    Unsent(Duration),
    ByVenue(String),
    Broken(String),
}

impl ConnectionTask {
    /// Keeps the connection open until the link stops. A link that is run again says first that what it had open is
    /// closed: the run before may have ended without a word.
    pub(super) async fn run(mut self, is_run_again: bool) {
        if is_run_again {
            let reason = Bytes::from_static(b"the link was started again");
            self.hub.frame(FrameSource::Closed, self.index, reason).await;
        }
        let seed = (self.hub.clock)().0 ^ u64::from(self.index);
        let mut reconnect = Reconnect::new(self.hub.limits.reconnect.clone(), seed);
        let mut told_at = Instant::now();
        loop {
            let Some(place) = self.placed().await else { return };
            if self.until_turn(&place, reconnect.next_attempt(), told_at).await.is_none() {
                return;
            }
            let attempt = reconnect.begin(Instant::now());
            count(&self.hub.counters.connect_attempts, 1);
            self.tell(LinkStatus::Connecting { address: place.address.to_string(), attempt });
            let hub = Arc::clone(&self.hub);
            let connecting = connect(&place.address, &hub.limits.connection);
            let Some(result) = self.while_closed(connecting).await else { return };
            let failure = match result {
                Ok(socket) => {
                    let opened_at = Instant::now();
                    if self.serve(socket, &place).await == Ending::Stopped {
                        return;
                    }
                    reconnect.ended(opened_at.elapsed());
                    None
                }
                Err(error) => {
                    self.keep_still_after(&error);
                    Some(error.to_string())
                }
            };
            let wait = reconnect.wait(Instant::now());
            let Wait { duration: next_in, is_over_budget } = within_budget(&place, wait);
            told_at = Instant::now() + next_in;
            let address = place.address.to_string();
            if let Some(cause) = failure {
                let status = LinkStatus::ConnectFailed { address, cause, attempt, next_in, is_over_budget };
                self.tell(status);
            } else if is_over_budget {
                let attempt = reconnect.next_attempt();
                self.tell(LinkStatus::Waiting { address, attempt, next_in, is_over_budget });
            }
            if self.while_closed(sleep(wait.duration)).await.is_none() {
                return;
            }
        }
    }

    /// Where it is to be from now on, once somebody has said so. `None` where the link stops.
    async fn placed(&mut self) -> Option<Place> {
        let mut places = self.place.clone();
        self.while_closed(async move { places.wait_for(Option::is_some).await.map(drop) }).await?.ok()?;
        self.place.borrow_and_update().clone()
    }

    /// Waits until the venue may be spoken to and one more attempt is within the budget, which it takes. Tells so where
    /// that comes later than was told before. `None` where the link stops.
    async fn until_turn(&mut self, place: &Place, attempt: u32, mut told_at: Instant) -> Option<()> {
        let (hub, budget) = (Arc::clone(&self.hub), Arc::clone(&place.budget));
        loop {
            self.while_closed(hub.until_heard()).await?;
            let now = Instant::now();
            let expected = budget.expected(now);
            if expected.at > told_at.max(now) + TOLD_AGAIN_AFTER {
                told_at = expected.at;
                let (address, next_in) = (place.address.to_string(), expected.at - now);
                let is_over_budget = expected.is_over_budget;
                self.tell(LinkStatus::Waiting { address, attempt, next_in, is_over_budget });
            }
            if self.while_closed(budget.take(|| hub.is_heard())).await? {
                return Some(());
            }
        }
    }

    /// A venue that refuses a handshake for what was asked before is left alone for as long as it says.
    fn keep_still_after(&self, error: &ConnectError) {
        let ConnectError::Refused { status, headers } = error else { return };
        if let Some(refusal) = Refusal::of(*status, headers, &self.hub.limits.refusal) {
            let duration = refusal.duration();
            self.tell(LinkStatus::KeepStill { status: *status, duration });
            self.hub.keep_still(duration);
        }
    }

    /// Waits for `work` while there is no connection: what is to be sent is dropped. `None` where the link stops.
    async fn while_closed<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            select! {
                biased;
                () = stopped(&mut self.stop) => return None,
                Some(_message) = self.requests.messages.recv() => {
                    self.hub.drop_request(self.index, "the connection is closed");
                }
                // It is being opened anew already.
                Some(_reason) = self.requests.reconnects.recv() => {}
                result = &mut work => return Some(result),
            }
        }
    }

    /// Serves an open connection to its end.
    async fn serve(&mut self, socket: Socket, place: &Place) -> Ending {
        count(&self.hub.counters.connections_opened, 1);
        self.tell(LinkStatus::Open { address: place.address.to_string() });
        let url = Bytes::copy_from_slice(place.address.url().as_bytes());
        self.hub.frame(FrameSource::Opened, self.index, url).await;

        let (mut sink, stream) = socket.split();
        let ending = self.exchange(&mut sink, stream).await;
        // Relaxed: a number alone, read by the router when a request's moment comes.
        self.ends.fetch_add(1, Ordering::Relaxed);

        while self.requests.messages.try_recv().is_ok() {
            self.hub.drop_request(self.index, "the connection closed before its turn");
        }
        let reason = ending.to_string();
        let address = place.address.to_string();
        self.tell(match ending {
            Ending::Stopped => LinkStatus::Stopped { address },
            _ => LinkStatus::Closed { address, reason: reason.clone() },
        });
        self.hub.frame(FrameSource::Closed, self.index, Bytes::from(reason)).await;
        // A polite end, where the venue still listens; the connection is over either way.
        drop(timeout(CLOSE_TIMEOUT, sink.close()).await);
        ending
    }

    /// Sends and receives side by side until one of them, the link or the engine ends it.
    async fn exchange(
        &mut self,
        sink: &mut SplitSink<Socket, Message>,
        stream: SplitStream<Socket>,
    ) -> Ending {
        let (ping, pings) = mpsc::channel(1);
        let ConnectionRequests { messages, reconnects } = &mut self.requests;
        select! {
            biased;
            () = stopped(&mut self.stop) => Ending::Stopped,
            Some(reason) = reconnects.recv() => Ending::Asked(reason),
            Ok(()) = self.place.changed() => Ending::Asked("to another address".to_owned()),
            ending = send(&self.hub, self.index, sink, Outgoing { messages, pings }) => ending,
            ending = receive(&self.hub, self.index, stream, ping) => ending,
        }
    }

    fn tell(&self, status: LinkStatus) {
        self.hub.tell(Some(self.index), status);
    }
}

/// The wait of one connection, or what that of all connections makes of it.
fn within_budget(place: &Place, own: Wait) -> Wait {
    let now = Instant::now();
    let expected = place.budget.expected(now + own.duration);
    let duration = expected.at - now;
    let is_longer = duration > own.duration;
    Wait { duration, is_over_budget: own.is_over_budget || is_longer && expected.is_over_budget }
}

/// What goes out on a connection.
struct Outgoing<'a> {
    messages: &'a mut mpsc::Receiver<Bytes>,
    /// The receiving side asks for pings here.
    pings: mpsc::Receiver<()>,
}

/// Sends what is to be sent, each message at once and flushed, within the venue's rate.
async fn send(
    hub: &Hub,
    index: u8,
    sink: &mut SplitSink<Socket, Message>,
    mut outgoing: Outgoing<'_>,
) -> Ending {
    let limits = &hub.limits.connection;
    let mut rate = RateWindow::new(limits.messages);
    loop {
        rate.ready().await;
        let (message, sent) = select! {
            biased;
            Some(bytes) = outgoing.messages.recv() => (message_of(bytes.clone()), Some(bytes)),
            Some(()) = outgoing.pings.recv() => (Message::Ping(Bytes::new()), None),
        };
        match timeout(limits.send_timeout, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Ending::Broken(socket_cause(&error)),
            Err(_elapsed) => return Ending::Unsent(limits.send_timeout),
        }
        rate.take(Instant::now());
        if let Some(bytes) = sent {
            hub.sent(index, &bytes);
        }
    }
}

/// Gives every message to the engine, in order. Pings are answered by the socket itself.
async fn receive(hub: &Hub, index: u8, mut stream: SplitStream<Socket>, ping: mpsc::Sender<()>) -> Ending {
    let limits = &hub.limits.connection;
    let after_ping = limits.idle_timeout.saturating_sub(limits.ping_after);
    let mut messages_this_turn = 0;
    loop {
        let next = match timeout(limits.ping_after, stream.next()).await {
            Ok(next) => next,
            Err(_elapsed) => {
                // Where there is no room, a ping that still waits to be sent asks the same.
                let _ = ping.try_send(());
                match timeout(after_ping, stream.next()).await {
                    Ok(next) => next,
                    Err(_elapsed) => return Ending::Idle(limits.idle_timeout),
                }
            }
        };
        let bytes = match next {
            Some(Ok(Message::Text(text))) => Bytes::from(text),
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Close(None))) => return Ending::ByVenue(" without a reason".to_owned()),
            Some(Ok(Message::Close(Some(close)))) => {
                return Ending::ByVenue(format!(": {} {}", u16::from(close.code), close.reason));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(error)) => return Ending::Broken(socket_cause(&error)),
            None => return Ending::Broken("the stream ended".to_owned()),
        };
        hub.frame(FrameSource::Message, index, bytes).await;
        messages_this_turn += 1;
        if messages_this_turn == MESSAGES_A_TURN {
            messages_this_turn = 0;
            yield_now().await;
        }
    }
}

/// Text where the bytes are text, which is what every venue speaks; binary else.
fn message_of(bytes: Bytes) -> Message {
    match Utf8Bytes::try_from(bytes.clone()) {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Binary(bytes),
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Stopped => out.write_str("stopped"),
            Ending::Asked(reason) => write!(out, "reconnecting: {reason}"),
            Ending::Idle(duration) => write!(out, "nothing came for {:.1} s", duration.as_secs_f64()),
            Ending::Unsent(duration) => {
                write!(out, "the venue took no message for {:.1} s", duration.as_secs_f64())
            }
            Ending::ByVenue(reason) => write!(out, "the venue closed it{reason}"),
            Ending::Broken(cause) => out.write_str(cause),
        }
    }
}
