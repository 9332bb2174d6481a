//! The venue without sockets: on the caller's thread, in the caller's time, joined to an engine's links as transport
//! would join them to the real one.
//!
//! What takes part is the venue's whole protocol: bytes of requests in, bytes of frames out, each under way for as long
//! as the caller says. So a test, a measurement or a simulation drives an engine and its venue together, and the same
//! seed gives the same run, byte for byte. What goes wrong is what the venue's plan of faults says; nothing else fails
//! here that a wire could fail at.

use std::collections::{BTreeMap, VecDeque};

use axum::extract::ws::Utf8Bytes;
use fulmar_bus::record::{FrameSource, Nanos, RequestKind, UnixNanos};
use fulmar_engine::contract::Connection;
use fulmar_engine::runtime::FrameHead;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::config::{SimulatedVenueConfig, VenueReport};
use super::connections::Purpose;
use super::dialect::Dialect;
use super::faults::{FaultPlan, Faults};
use super::limits::{OUTBOX_FRAMES, RECONNECT_AFTER};
use super::rest::{HttpAnswer, HttpRequest};
use super::server::split;
use super::truth::{OrderTruth, TradeTruth, Truth};
use super::venue::Venue;
use crate::transport::LinkEnds;

/// The venue and the links that are joined to it.
pub struct OfflineVenue {
    venue: Venue,
    /// How long a request or a frame is under way.
    latency: Nanos,
    links: Vec<JoinedLink>,
    lines: Vec<Line>,
    line_count: u64,
    /// Requests that are under way, by the moment of their arrival, then in the order in which they came.
    delayed: BTreeMap<(UnixNanos, u64), (usize, Request)>,
    delayed_count: u64,
    frames: VecDeque<OfflineFrame>,
    /// Connections that the venue ended, and when they are made anew.
    reopening: Vec<(UnixNanos, usize, u8)>,
    /// Bytes of the first frame that the engine has already.
    delivered_bytes: usize,
}

struct JoinedLink {
    connections: Vec<Connection>,
    ends: LinkEnds,
}

/// A connection of a link.
struct Line {
    link: usize,
    index: u8,
    /// As the venue counts connections.
    connection: u64,
    outbox: mpsc::Receiver<Utf8Bytes>,
}

struct Request {
    kind: RequestKind,
    connection: u8,
    text: String,
}

struct OfflineFrame {
    arrives_at: UnixNanos,
    link: usize,
    source: FrameSource,
    connection: u8,
    status: u16,
    bytes: Vec<u8>,
}

impl OfflineVenue {
    /// A venue that nobody is joined to, and that is `latency` away. Without any, a strategy that answers what it
    /// caused itself does so for ever in one moment.
    ///
    /// # Panics
    /// Where the configuration makes no market.
    pub fn new(config: SimulatedVenueConfig, latency: Nanos) -> Self {
        OfflineVenue {
            latency,
            venue: Venue::new(config),
            links: Vec::new(),
            lines: Vec::new(),
            line_count: 0,
            delayed: BTreeMap::new(),
            delayed_count: 0,
            frames: VecDeque::new(),
            reopening: Vec::new(),
            delivered_bytes: 0,
        }
    }

    /// Joins a link of an engine to the venue, and opens its connections.
    pub fn join(&mut self, connections: Vec<Connection>, ends: LinkEnds, now: UnixNanos) {
        let place = self.links.len();
        for connection in connections.iter().filter(|connection| !connection.url.is_empty()) {
            self.open(place, connection.index, &connection.url, now);
        }
        self.links.push(JoinedLink { connections, ends });
    }

    /// Takes what the engine asks for, lets the venue do what is due, and keeps the frames that come of it for
    /// [`OfflineVenue::deliver`].
    pub fn serve(&mut self, now: UnixNanos) {
        for place in 0..self.links.len() {
            while let Some((not_before_at, request)) = take(&mut self.links[place].ends) {
                self.delayed_count += 1;
                let arrives_at = not_before_at.max(now) + self.latency;
                self.delayed.insert((arrives_at, self.delayed_count), (place, request));
            }
        }
        self.reopen(now);
        while let Some(first) = self.delayed.first_entry()
            && first.key().0 <= now
        {
            let (place, request) = first.remove();
            self.obey(place, request, now);
        }
        self.venue.advance(now);
        self.collect(now);
    }

    /// Hands the engine as much of the next frame as there is room for; false where none has arrived. The actors must
    /// have their turns in between.
    pub fn deliver(&mut self, now: UnixNanos) -> bool {
        let Some(frame) = self.frames.front().filter(|frame| frame.arrives_at <= now) else { return false };
        let OfflineFrame { link, source, connection, status, ref bytes, .. } = *frame;
        let head = FrameHead { source, connection, status, received_at: now };
        loop {
            match self.links[link].ends.frames.write_part(head, bytes, self.delivered_bytes) {
                Ok(end) if end == bytes.len() => break,
                Ok(end) => self.delivered_bytes = end,
                Err(_) => return true,
            }
        }
        self.delivered_bytes = 0;
        self.frames.pop_front();
        true
    }

    /// What is really so of the account of this key, in the first symbol; `None` where there is no such account.
    pub fn truth(&self, api_key: &str, now: UnixNanos) -> Option<Truth> {
        Some(self.venue.truth(self.account(api_key)?, &self.venue.markets[0], now))
    }

    /// Every order that the account of this key ever sent, in the order of their coming.
    pub fn orders(&self, api_key: &str) -> Vec<OrderTruth> {
        self.account(api_key).map_or(Vec::new(), |account| self.venue.orders_of(account))
    }

    /// Every trade of the account of this key, symbol by symbol.
    pub fn trades(&self, api_key: &str) -> Vec<TradeTruth> {
        self.account(api_key).map_or(Vec::new(), |account| self.venue.trades_of(account))
    }

    /// Stops trading in a symbol, or lets it go on; false where there is no such symbol.
    pub fn halt(&mut self, symbol: &str, is_halted: bool, now: UnixNanos) -> bool {
        self.venue.halt(Some(symbol), is_halted, now).is_ok()
    }

    /// Lets this go wrong from now on, and nothing else.
    pub fn plague(&mut self, faults: FaultPlan) {
        self.venue.faults = Faults::new(faults);
    }

    /// Lets nothing go wrong from now on, and the order flow rest. What has begun to go wrong comes to its end.
    pub fn calm(&mut self, now: UnixNanos) {
        self.venue.faults.rest();
        self.venue.pause(now);
    }

    fn account(&self, api_key: &str) -> Option<usize> {
        self.venue.accounts.iter().position(|account| account.api_key == api_key)
    }

    /// What happened at the venue so far.
    pub fn report(&self) -> VenueReport {
        self.venue.report()
    }

    fn open(&mut self, link: usize, index: u8, url: &str, now: UnixNanos) {
        let (sender, outbox) = mpsc::channel(OUTBOX_FRAMES);
        let connection = self.line_count;
        self.line_count += 1;
        self.venue.connections.connect(connection, purpose_of(url), sender, now);
        self.lines.push(Line { link, index, connection, outbox });
        self.push((link, index), FrameSource::Opened, (0, Vec::new()), now);
    }

    fn ask(&mut self, place: usize, (route, raw_query): (String, &str), now: UnixNanos) -> HttpAnswer {
        let pairs = raw_query.split('&').filter_map(|pair| pair.split_once('='));
        let query = pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
        let key = self.links[place].ends.requests.http_header().map(|(_, key)| key.to_owned());
        let request = HttpRequest { route, query, raw_query: raw_query.to_owned(), api_key: key };
        self.venue.http_request(&request, now)
    }

    fn push(
        &mut self,
        (link, connection): (usize, u8),
        source: FrameSource,
        (status, bytes): (u16, Vec<u8>),
        now: UnixNanos,
    ) {
        let arrives_at = now + self.latency;
        self.frames.push_back(OfflineFrame { arrives_at, link, source, connection, status, bytes });
    }

    fn obey(&mut self, place: usize, request: Request, now: UnixNanos) {
        let Request { kind, connection: index, text } = request;
        let line = self.lines.iter().position(|line| (line.link, line.index) == (place, index));
        match (kind, line) {
            (RequestKind::HttpGet | RequestKind::HttpPost | RequestKind::HttpDelete, _) => {
                let method = match kind {
                    RequestKind::HttpPost => "POST",
                    RequestKind::HttpDelete => "DELETE",
                    _ => "GET",
                };
                let (path, query) = text.split_once('?').unwrap_or((&text, ""));
                let answer = self.ask(place, (format!("{method} {path}"), query), now);
                let bytes = format!("{text}\n{}", answer.body).into_bytes();
                self.push((place, index), FrameSource::Http, (answer.status, bytes), now);
            }
            (RequestKind::Send, Some(line)) => {
                let connection = self.lines[line].connection;
                if self.venue.connections.is_api(connection) {
                    self.venue.api_request(connection, &text, now);
                } else {
                    self.venue.connections.stream_request(connection, &text);
                }
                self.collect(now);
            }
            (RequestKind::Reconnect, Some(line)) => {
                let gone = self.lines.remove(line);
                self.venue.connections.disconnect(gone.connection);
                self.push((place, index), FrameSource::Closed, (0, Vec::new()), now);
                self.reopening.push((now, place, index));
                self.reopen(now);
            }
            (RequestKind::Open, line) => {
                if let Some(line) = line {
                    let gone = self.lines.remove(line);
                    self.venue.connections.disconnect(gone.connection);
                    self.push((place, index), FrameSource::Closed, (0, Vec::new()), now);
                }
                let mut planned = self.links[place].connections.iter_mut();
                if let Some(planned) = planned.find(|planned| planned.index == index) {
                    planned.url.clone_from(&text);
                }
                self.open(place, index, &text, now);
            }
            // The venue ended the connection, and transport drops what is sent until there is a new one.
            (RequestKind::Send | RequestKind::Reconnect, None) => {}
        }
    }

    /// Makes the connections anew that it is time for.
    fn reopen(&mut self, now: UnixNanos) {
        let (due, waiting) = std::mem::take(&mut self.reopening).into_iter().partition(|(at, ..)| *at <= now);
        self.reopening = waiting;
        let due: Vec<(UnixNanos, usize, u8)> = due;
        for (_, link, index) in due {
            let mut planned = self.links[link].connections.iter();
            let url = planned.find(|planned| planned.index == index).map(|planned| planned.url.clone());
            self.open(link, index, &url.expect("a connection of the link"), now);
        }
    }

    /// What the venue sent since, in the order of its connections, and which of them it ended.
    fn collect(&mut self, now: UnixNanos) {
        let mut place = 0;
        while place < self.lines.len() {
            let (link, index) = (self.lines[place].link, self.lines[place].index);
            match self.lines[place].outbox.try_recv() {
                Ok(text) => {
                    let bytes = text.as_bytes().to_vec();
                    self.push((link, index), FrameSource::Message, (0, bytes), now);
                }
                Err(TryRecvError::Empty) => place += 1,
                Err(TryRecvError::Disconnected) => {
                    self.lines.remove(place);
                    self.push((link, index), FrameSource::Closed, (0, Vec::new()), now);
                    self.reopening.push((now + RECONNECT_AFTER, link, index));
                }
            }
        }
    }
}

fn take(ends: &mut LinkEnds) -> Option<(UnixNanos, Request)> {
    let next = ends.requests.poll().expect("the engine writes requests, and nothing else, to this ring");
    next.map(|(request, bytes)| {
        let text = String::from_utf8(bytes.to_vec()).expect("an adapter sends text");
        (request.not_before_at, Request { kind: request.kind, connection: request.connection, text })
    })
}

/// What a connection to this URL is for.
fn purpose_of(url: &str) -> Purpose {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let is_api = Dialect::ALL.iter().any(|it| path.ends_with(it.api_path()));
    match path.split_once("/ws/") {
        _ if is_api => Purpose::Api,
        Some((_, names)) => Purpose::Streams { is_combined: false, names: split(names) },
        None => Purpose::Streams { is_combined: true, names: split(query.trim_start_matches("streams=")) },
    }
}

/// A value of a query as it was before it was escaped; adapters escape the few signs of a JSON list.
fn decoded(value: &str) -> String {
    [("%5B", "["), ("%5D", "]"), ("%22", "\""), ("%2C", ",")]
        .iter()
        .fold(value.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}
