//! The wire between an engine's order entry and the venue, and all that goes wrong on it and at its end.
//!
//! What a connection carries arrives in the order in which it was sent, or not at all: only the venue's own lateness
//! puts one thing behind another. A connection that ended comes back as a new one, on which nothing of the old arrives.

use std::collections::{BTreeMap, VecDeque};

use fulmar_adapters::simulated::OfflineVenue;
use fulmar_adapters::transport::LinkEnds;
use fulmar_bus::record::{FrameSource, Nanos, RequestKind, UnixNanos};
use fulmar_engine::runtime::FrameHead;
use fulmar_tests::venue_end::permissions;

use super::far_end::{FarEnd, method_of};
use super::story::Story;
use super::weather::{Fault, Weather};

/// How long a request or a frame is on its way, in microseconds, where nothing is wrong.
const LATENCY_US: std::ops::Range<u64> = 200..4_000;
/// What ends the chances of a request: it never arrives, or nobody hears of it.
const OF_REQUESTS: [Fault; 4] =
    [Fault::CutBeforeArrival, Fault::CutAfterArrival, Fault::HalfOpen, Fault::Stall];

/// What everything that passes needs.
pub struct Surroundings<'a> {
    pub now: UnixNanos,
    pub venue: &'a mut OfflineVenue,
    pub weather: &'a mut Weather,
    pub story: &'a mut Story,
}

/// The wire. See the file.
pub struct Wire {
    engine: LinkEnds,
    far_end: FarEnd,
    line: Line,
    /// How many connections there were.
    connection: u64,
    /// Before their moment, and the connection that they are for.
    held: Vec<(UnixNanos, u64, String)>,
    up: VecDeque<(UnixNanos, String)>,
    down: BTreeMap<(UnixNanos, u64), Frame>,
    down_count: u64,
    /// When the last one arrives that was sent in order.
    up_until: UnixNanos,
    down_until: UnixNanos,
    /// How often each order left the engine, by its id.
    placed: BTreeMap<String, u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Open,
    /// Nothing passes; it is noticed then.
    HalfOpen(UnixNanos),
    /// It is opened anew then.
    Closed(UnixNanos),
}

struct Frame {
    source: FrameSource,
    status: u16,
    bytes: Vec<u8>,
}

impl Wire {
    /// Joins an engine to the venue; the connection is not open yet.
    pub fn join(engine: LinkEnds, far_end: FarEnd, now: UnixNanos) -> Self {
        Wire {
            engine,
            far_end,
            line: Line::Closed(now),
            connection: 0,
            held: Vec::new(),
            up: VecDeque::new(),
            down: BTreeMap::new(),
            down_count: 0,
            up_until: now,
            down_until: now,
            placed: BTreeMap::new(),
        }
    }

    /// How often each order left the engine.
    pub fn placed(&self) -> &BTreeMap<String, u32> {
        &self.placed
    }

    /// When something happens next.
    pub fn due_at(&self) -> Option<UnixNanos> {
        let line = match self.line {
            Line::Open => None,
            Line::HalfOpen(at) | Line::Closed(at) => Some(at),
        };
        let held = self.held.iter().map(|(at, ..)| *at).min();
        let up = self.up.front().map(|(at, _)| *at);
        let down = self.down.keys().next().map(|(at, _)| *at);
        [line, held, up, down, self.far_end.due_at()].into_iter().flatten().min()
    }

    /// Takes what the engine sends, lets arrive at the venue what is due, and what it says begin its way back.
    pub fn carry(&mut self, around: &mut Surroundings<'_>) {
        self.look_at_line(around);
        self.take_requests(around);
        while self.line == Line::Open
            && let Some((_, text)) = self.up.pop_front_if(|(at, _)| *at <= around.now)
        {
            self.far_end.receive(text, around);
        }
        self.far_end.work(around);
        self.take_frames(around);
        if self.far_end.take_cut() && self.line == Line::Open {
            self.end_after_what_was_said(around);
        }
    }

    /// Gives the engine the next frame that arrived; false where there is none. The actors must have their turns then.
    pub fn deliver(&mut self, around: &mut Surroundings<'_>) -> bool {
        let Some(first) = self.down.first_entry().filter(|first| first.key().0 <= around.now) else {
            return false;
        };
        let Frame { source, status, bytes } = first.remove();
        let text = String::from_utf8_lossy(&bytes);
        around.story.tell(around.now, format_args!("<- {source:?} {text}"));
        let head = FrameHead { source, connection: 0, status, received_at: around.now };
        let mut end = 0;
        loop {
            let written = self.engine.frames.write_part(head, &bytes, end);
            end = written.expect("the actors drain each frame, and none is longer than the ring");
            if end == bytes.len() {
                return true;
            }
        }
    }

    /// Ends the connection and opens a new one soon: what its user does that heard nothing for too long.
    pub fn replace(&mut self, around: &mut Surroundings<'_>) {
        if !matches!(self.line, Line::Closed(_)) {
            self.close(Nanos::from_millis(100), around);
        }
    }

    /// The engine's process died, and this is the end of the next one. Some of what had left may still arrive.
    pub fn restart(&mut self, engine: LinkEnds, around: &mut Surroundings<'_>) {
        let wait = Nanos::from_millis(around.weather.draw(1..2_000));
        self.close(wait, around);
        self.held.clear();
        self.down.clear();
        self.engine = engine;
    }

    fn look_at_line(&mut self, around: &mut Surroundings<'_>) {
        match self.line {
            Line::HalfOpen(at) if at <= around.now => self.close(Nanos::from_millis(50), around),
            Line::Closed(at) if at <= around.now => {
                self.far_end.connect(around);
                (self.line, self.connection) = (Line::Open, self.connection + 1);
                (self.up_until, self.down_until) = (around.now, around.now);
                self.bring(around.now, FrameSource::Opened, Vec::new());
            }
            _ => {}
        }
    }

    fn take_requests(&mut self, around: &mut Surroundings<'_>) {
        while let Some((request, bytes)) =
            self.engine.requests.poll().expect("the engine writes requests, and nothing else, to this ring")
        {
            let text = String::from_utf8(bytes.to_vec()).expect("an adapter sends text");
            let (kind, not_before_at) = (request.kind, request.not_before_at);
            if let Some((_, rest)) = text.split_once(r#""newClientOrderId":""#)
                && matches!(method_of(&text), "order.place" | "order.cancelReplace")
            {
                let id = rest.split('"').next().unwrap_or_default();
                *self.placed.entry(id.to_owned()).or_default() += 1;
            }
            match kind {
                RequestKind::Reconnect => {
                    around.story.tell(around.now, format_args!("-> reconnect: {text}"));
                    let wait = Nanos(not_before_at.since(around.now).0.max(1_000_000));
                    self.replace_after(wait, around);
                }
                RequestKind::HttpGet => self.answer_http(&text, around),
                _ if not_before_at > around.now => self.held.push((not_before_at, self.connection, text)),
                _ => self.send(text, around),
            }
        }
        let due = self.held.extract_if(.., |(at, ..)| *at <= around.now);
        for (_, connection, text) in due.collect::<Vec<_>>() {
            if connection == self.connection {
                self.send(text, around);
            }
        }
    }

    fn replace_after(&mut self, wait: Nanos, around: &mut Surroundings<'_>) {
        if !matches!(self.line, Line::Closed(_)) {
            self.close(wait, around);
        }
    }

    /// A request leaves.
    fn send(&mut self, text: String, around: &mut Surroundings<'_>) {
        let now = around.now;
        if self.line != Line::Open {
            around.story.tell(now, format_args!("-> into nothing ({:?}): {text}", self.line));
            return;
        }
        let struck = around.weather.first_of(&OF_REQUESTS);
        around.story.tell(now, format_args!("-> {struck:?} {text}"));
        let mut latency_us = around.weather.draw(LATENCY_US);
        match struck {
            Some(Fault::CutBeforeArrival) => {
                let wait = Nanos::from_millis(around.weather.draw(1..2_500));
                return self.close(wait, around);
            }
            Some(Fault::CutAfterArrival) => {
                self.up.push_back((now, text));
                let wait = Nanos::from_millis(around.weather.draw(1..2_500));
                return self.close_after_arrival(wait, around);
            }
            Some(Fault::HalfOpen) => {
                if around.weather.draw(0..2) == 0 {
                    self.up.push_back((now, text));
                    self.arrive_all(around);
                }
                let noticed_at = now + Nanos::from_millis(around.weather.draw(100..9_000));
                self.line = Line::HalfOpen(noticed_at);
                self.up.clear();
                self.down.clear();
                return;
            }
            Some(Fault::Stall) => latency_us = around.weather.draw(100_000..4_000_000),
            _ => {}
        }
        self.up_until = self.up_until.max(now + Nanos(latency_us * 1_000));
        self.up.push_back((self.up_until, text));
    }

    fn close_after_arrival(&mut self, wait: Nanos, around: &mut Surroundings<'_>) {
        self.arrive_all(around);
        self.close(wait, around);
    }

    /// All that is on its way to the venue arrives there now; nobody hears what comes of it.
    fn arrive_all(&mut self, around: &mut Surroundings<'_>) {
        while let Some((_, text)) = self.up.pop_front() {
            self.far_end.receive(text, around);
        }
        self.far_end.forget_frames();
    }

    /// The connection ends. Of what is on its way to the venue the first part may still arrive.
    fn close(&mut self, wait: Nanos, around: &mut Surroundings<'_>) {
        let arriving_count = usize::try_from(around.weather.draw(0..self.up.len() as u64 + 1));
        self.up.truncate(arriving_count.expect("a few"));
        self.arrive_all(around);
        self.down.clear();
        self.line = Line::Closed(around.now + wait);
        self.bring(around.now, FrameSource::Closed, b"the storm".to_vec());
    }

    /// The venue ended the connection: what it said before still arrives, what is on its way to it does not.
    fn end_after_what_was_said(&mut self, around: &mut Surroundings<'_>) {
        around.story.tell(around.now, format_args!("   the venue ends the connection"));
        self.up.clear();
        let last_at = self.down_until.max(around.now);
        self.down.retain(|(at, _), _| *at <= last_at);
        // Its own end is open again after a tenth of a second.
        let wait = Nanos::from_millis(around.weather.draw(101..2_500));
        self.line = Line::Closed(last_at + wait);
        self.bring(last_at, FrameSource::Closed, b"the venue".to_vec());
    }

    /// What the venue said since goes on its way to the engine.
    fn take_frames(&mut self, around: &mut Surroundings<'_>) {
        for (bytes, late) in self.far_end.take_frames(around) {
            if self.line != Line::Open {
                continue;
            }
            let mut latency_us = around.weather.draw(LATENCY_US);
            if around.weather.strikes(Fault::CutUnderway) {
                let wait = Nanos::from_millis(around.weather.draw(1..2_500));
                around.story.tell(around.now, format_args!("   the connection ends"));
                self.close(wait, around);
                continue;
            }
            if around.weather.strikes(Fault::Stall) {
                latency_us = around.weather.draw(100_000..4_000_000);
            }
            let arrives_at = self.down_until.max(around.now + Nanos(latency_us * 1_000));
            if late == Nanos(0) {
                self.down_until = arrives_at;
            }
            self.bring(arrives_at + late, FrameSource::Message, bytes);
        }
    }

    fn bring(&mut self, at: UnixNanos, source: FrameSource, bytes: Vec<u8>) {
        self.down_count += 1;
        self.down.insert((at, self.down_count), Frame { source, status: 0, bytes });
    }

    /// What the key may do is asked by HTTP, beside the connection.
    fn answer_http(&mut self, target: &str, around: &mut Surroundings<'_>) {
        around.story.tell(around.now, format_args!("-> {target}"));
        let is_failing = around.weather.strikes(Fault::ErrorNotDone);
        let (status, bytes) =
            if is_failing { (503, format!("{target}\n").into_bytes()) } else { (200, permissions(target)) };
        let at = around.now + Nanos(around.weather.draw(LATENCY_US) * 1_000);
        self.down_count += 1;
        self.down.insert((at, self.down_count), Frame { source: FrameSource::Http, status, bytes });
    }
}
