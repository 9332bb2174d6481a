//! Who is connected, what they listen to, and the bounded queues that lead to them.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::ws::Utf8Bytes;
use fulmar_bus::record::{AccountId, UnixNanos};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::limits::STREAMS_MAX;
use super::session::Session;
use super::wire;

/// What a connection was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Market data, of these streams to begin with; combined streams carry their name.
    Streams {
        /// True on `/stream`, false on `/ws`.
        is_combined: bool,
        /// The streams that the address names.
        names: Vec<String>,
    },
    /// Requests and user data.
    Api,
}

#[derive(Debug)]
struct Connection {
    outbox: mpsc::Sender<Utf8Bytes>,
    is_api: bool,
    is_combined: bool,
    streams: BTreeSet<String>,
    /// Accounts whose user data it has; the position is the subscription id, and an ended one leaves its place empty.
    users: Vec<Option<AccountId>>,
    session: Session,
    is_gone: bool,
}

/// All connections.
#[derive(Debug, Default)]
pub struct Connections {
    by_id: BTreeMap<u64, Connection>,
    /// Frames handed over so far.
    pub frames_sent: u64,
    /// Connections cut off because their queue was full.
    pub slow_disconnects: u64,
}

impl Connections {
    /// Adds a connection that was made just `now`; frames to it go to `outbox`.
    pub fn connect(&mut self, id: u64, purpose: Purpose, outbox: mpsc::Sender<Utf8Bytes>, now: UnixNanos) {
        let (is_api, is_combined, names) = match purpose {
            Purpose::Streams { is_combined, names } => (false, is_combined, names),
            Purpose::Api => (true, false, Vec::new()),
        };
        let streams = names.into_iter().take(STREAMS_MAX).collect();
        let session = Session { connected_at: now, authorized: None };
        let users = Vec::new();
        let connection = Connection { outbox, is_api, is_combined, streams, users, session, is_gone: false };
        self.by_id.insert(id, connection);
    }

    /// Forgets a connection.
    pub fn disconnect(&mut self, id: u64) {
        self.by_id.remove(&id);
    }

    /// Ends a connection: its queue ends, and who reads it closes the socket.
    pub fn cut(&mut self, id: u64) {
        self.by_id.remove(&id);
    }

    /// Takes an account's user data from all connections.
    pub fn unsubscribe_account(&mut self, account: AccountId) {
        let users = self.by_id.values_mut().flat_map(|connection| &mut connection.users);
        users.filter(|user| **user == Some(account)).for_each(|user| *user = None);
    }

    /// True where the connection carries requests, false where it carries streams or is not known.
    pub fn is_api(&self, id: u64) -> bool {
        self.by_id.get(&id).is_some_and(|connection| connection.is_api)
    }

    /// Sends a frame to one connection.
    pub fn send(&mut self, id: u64, frame: String) {
        if let Some(connection) = self.by_id.get_mut(&id) {
            self.frames_sent += u64::from(connection.push(frame.into()));
        }
    }

    /// Sends what a stream carries to all who have it.
    pub fn broadcast(&mut self, stream: &str, data: &str) {
        let (mut raw, mut combined) = (None, None);
        for connection in self.by_id.values_mut().filter(|connection| connection.streams.contains(stream)) {
            let frame: &mut Option<Utf8Bytes> = if connection.is_combined { &mut combined } else { &mut raw };
            let frame = frame.get_or_insert_with(|| {
                let text =
                    if connection.is_combined { wire::combined(stream, data) } else { data.to_owned() };
                text.into()
            });
            self.frames_sent += u64::from(connection.push(frame.clone()));
        }
    }

    /// Sends an event of an account's user-data stream to all who have it.
    pub fn send_user(&mut self, account: AccountId, event: &str) {
        for connection in self.by_id.values_mut() {
            for index in 0..connection.users.len() {
                if connection.users[index] == Some(account) {
                    let frame = format!(r#"{{"subscriptionId":{index},"event":{event}}}"#);
                    self.frames_sent += u64::from(connection.push(frame.into()));
                }
            }
        }
    }

    /// Gives an account's user data to a connection, and says under which subscription id.
    pub fn subscribe_user(&mut self, id: u64, account: AccountId) -> Option<usize> {
        let connection = self.by_id.get_mut(&id)?;
        if connection.users.len() >= STREAMS_MAX {
            return None;
        }
        connection.users.push(Some(account));
        Some(connection.users.len() - 1)
    }

    /// True where the connection has the user data of some account.
    pub fn has_user(&self, id: u64) -> bool {
        self.by_id.get(&id).is_some_and(|connection| connection.users.iter().any(Option::is_some))
    }

    /// Who the connection is logged on as.
    pub fn session(&self, id: u64) -> Option<&Session> {
        self.by_id.get(&id).map(|connection| &connection.session)
    }

    /// Who the connection is logged on as, to be changed.
    pub fn session_mut(&mut self, id: u64) -> Option<&mut Session> {
        self.by_id.get_mut(&id).map(|connection| &mut connection.session)
    }

    /// Ends one user-data subscription of a connection, or all of them.
    pub fn unsubscribe_user(&mut self, id: u64, subscription: Option<usize>) {
        let Some(connection) = self.by_id.get_mut(&id) else { return };
        for (index, user) in connection.users.iter_mut().enumerate() {
            if subscription.is_none_or(|wanted| wanted == index) {
                *user = None;
            }
        }
    }

    /// Cuts off the connections that did not read fast enough: their queue ends, and its reader closes the socket.
    pub fn drop_slow(&mut self) {
        let before = self.by_id.len();
        self.by_id.retain(|_, connection| !connection.is_gone);
        self.slow_disconnects += (before - self.by_id.len()) as u64;
    }

    /// Answers a request of a stream connection.
    pub fn stream_request(&mut self, id: u64, text: &str) {
        let Some(connection) = self.by_id.get_mut(&id) else { return };
        let answer = match serde_json::from_str::<Value>(text) {
            Ok(request) => connection.answer(&request),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                json!({"code": 3, "msg": format!("Invalid JSON: expected value at line {line} column {column}")})
                    .to_string()
            }
        };
        self.frames_sent += u64::from(connection.push(answer.into()));
    }
}

impl Connection {
    /// Queues a frame; a full or closed queue marks the connection as gone.
    fn push(&mut self, frame: Utf8Bytes) -> bool {
        let is_queued = !self.is_gone && self.outbox.try_send(frame).is_ok();
        self.is_gone |= !is_queued;
        is_queued
    }

    fn answer(&mut self, request: &Value) -> String {
        let id = request.get("id").unwrap_or(&Value::Null);
        let names = || {
            request.get("params").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        };
        match request.get("method").and_then(Value::as_str) {
            Some("SUBSCRIBE") => {
                self.streams.extend(names().map(str::to_owned));
                if self.streams.len() > STREAMS_MAX {
                    self.is_gone = true;
                }
                format!(r#"{{"result":null,"id":{id}}}"#)
            }
            Some("UNSUBSCRIBE") => {
                for name in names() {
                    self.streams.remove(name);
                }
                format!(r#"{{"result":null,"id":{id}}}"#)
            }
            Some("LIST_SUBSCRIPTIONS") => format!(r#"{{"result":{},"id":{id}}}"#, json!(self.streams)),
            Some("SET_PROPERTY") => match request.get("params").and_then(|params| params.get(1)) {
                Some(Value::Bool(is_combined)) => {
                    self.is_combined = *is_combined;
                    format!(r#"{{"result":null,"id":{id}}}"#)
                }
                _ => r#"{"code":1,"msg":"Invalid value type: expected Boolean"}"#.to_owned(),
            },
            Some("GET_PROPERTY") => format!(r#"{{"result":{},"id":{id}}}"#, self.is_combined),
            Some(other) => {
                let message = format!(
                    "Invalid request: unknown variant `{other}`, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, \
                     `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`"
                );
                json!({"code": 2, "msg": message}).to_string()
            }
            None => r#"{"code":2,"msg":"Invalid request: missing field `method`"}"#.to_owned(),
        }
    }
}
