//! Where the wire ends at the venue: requests are carried out there, or not, and answered, or not.

use std::fmt::Write;

use fulmar_adapters::simulated::OfflineVenue;
use fulmar_bus::record::{FrameSource, Nanos, RequestKind, UnixNanos};
use fulmar_engine::contract::Connection;
use fulmar_tests::venue_end::{Said, VenueEnd};

use super::weather::Fault;
use super::wire::Surroundings;

/// What may become of a request at the venue.
const OF_REQUESTS: [Fault; 7] = [
    Fault::ErrorThoughDone,
    Fault::ErrorNotDone,
    Fault::Refusal,
    Fault::NoAnswer,
    Fault::Forgotten,
    Fault::LateAnswer,
    Fault::LateExecution,
];
/// Errors that leave open what became of a request; the last two are known to nobody.
const OPEN_ERRORS: [i64; 6] = [-1006, -1007, -1000, -1001, -1099, -9_999];
/// Errors that say that a request was not carried out.
const REFUSALS: [i64; 3] = [-1015, -1013, -2010];

/// The venue's end of the wire.
pub struct FarEnd {
    venue_end: VenueEnd,
    /// Carried out then; those of an earlier connection are not answered.
    waiting: Vec<(UnixNanos, u64, String)>,
    connection: u64,
    /// The venue ended the connection by itself.
    is_cut: bool,
    /// What the venue said, and how much later than it could it says it.
    said: Vec<(Vec<u8>, Nanos)>,
}

/// The method that a request names.
pub fn method_of(request: &str) -> &str {
    word_behind(request, r#""method":""#)
}

fn word_behind<'a>(text: &'a str, mark: &str) -> &'a str {
    text.split_once(mark).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}

impl FarEnd {
    /// Joins the venue, by rings of its own.
    pub fn join(connections: Vec<Connection>, venue: &mut OfflineVenue, now: UnixNanos) -> Self {
        FarEnd {
            venue_end: VenueEnd::join(connections, venue, now),
            waiting: Vec::new(),
            connection: 0,
            is_cut: false,
            said: Vec::new(),
        }
    }

    /// When a request is carried out that waits there.
    pub fn due_at(&self) -> Option<UnixNanos> {
        self.waiting.iter().map(|(at, ..)| *at).min()
    }

    /// A new connection takes the place of the old one.
    pub fn connect(&mut self, around: &mut Surroundings<'_>) {
        self.connection += 1;
        self.pass(RequestKind::Reconnect, "a new connection", around);
        self.is_cut = false;
        self.forget_frames();
    }

    /// A request arrived.
    pub fn receive(&mut self, text: String, around: &mut Surroundings<'_>) {
        // What the session asks for itself is asked so often that with all faults no order would ever leave.
        let is_spared = match method_of(&text) {
            "userDataStream.subscribe.signature" => true,
            "time" | "account.status" | "openOrders.status" => around.weather.draw(0..4) > 0,
            _ => false,
        };
        let struck = if is_spared { None } else { around.weather.first_of(&OF_REQUESTS) };
        if let Some(fault) = struck {
            let id = word_behind(&text, r#""id":""#);
            around.story.tell(around.now, format_args!("   at the venue: {fault:?} of {id}"));
        }
        match struck {
            None => self.execute(&text, around),
            Some(Fault::LateExecution) => {
                let at = around.now + Nanos::from_millis(around.weather.draw(5..4_500));
                self.waiting.push((at, self.connection, text));
            }
            Some(Fault::Forgotten) => {}
            Some(Fault::ErrorNotDone) => self.answer_error(&text, &OPEN_ERRORS, around),
            Some(Fault::Refusal) => self.answer_error(&text, &REFUSALS, around),
            Some(fault) => {
                let place = self.said.len();
                self.execute(&text, around);
                self.change_answer(place, &text, fault, around);
            }
        }
    }

    /// Carries out what waited, and lets the market go on.
    pub fn work(&mut self, around: &mut Surroundings<'_>) {
        let due: Vec<_> = self.waiting.extract_if(.., |(at, ..)| *at <= around.now).collect();
        for (_, connection, text) in due {
            let place = self.said.len();
            self.execute(&text, around);
            if connection != self.connection {
                self.change_answer(place, &text, Fault::NoAnswer, around);
            }
        }
        let said = self.venue_end.hear(around.venue, around.now);
        self.keep(said);
    }

    /// What was said, each with how late it is.
    pub fn take_frames(&mut self, around: &mut Surroundings<'_>) -> Vec<(Vec<u8>, Nanos)> {
        let mut frames = Vec::with_capacity(self.said.len());
        for (bytes, late) in self.said.drain(..) {
            let is_report = bytes.windows(17).any(|part| part == b"\"executionReport\"");
            if is_report && around.weather.strikes(Fault::EventLost) {
                let text = String::from_utf8_lossy(&bytes);
                around.story.tell(around.now, format_args!("   never told: {text}"));
                continue;
            }
            if is_report && around.weather.strikes(Fault::EventTwice) {
                let late = Nanos::from_millis(around.weather.draw(0..2_000));
                frames.push((bytes.clone(), late));
            }
            let is_late = is_report && around.weather.strikes(Fault::EventLate);
            let late = if is_late { Nanos::from_millis(around.weather.draw(1..3_000)) } else { late };
            frames.push((bytes, late));
        }
        frames
    }

    /// True where the venue ended the connection, once.
    pub fn take_cut(&mut self) -> bool {
        std::mem::take(&mut self.is_cut)
    }

    /// Nobody hears what was said so far.
    pub fn forget_frames(&mut self) {
        self.said.clear();
    }

    fn execute(&mut self, text: &str, around: &mut Surroundings<'_>) {
        self.pass(RequestKind::Send, text, around);
    }

    fn pass(&mut self, kind: RequestKind, text: &str, around: &mut Surroundings<'_>) {
        let said = self.venue_end.say(kind, text, around.venue, around.now);
        self.keep(said);
    }

    /// Keeps what the venue says. That a connection opened is the wire's to tell.
    fn keep(&mut self, said: Vec<Said>) {
        for Said { source, bytes } in said {
            match source {
                FrameSource::Message => self.said.push((bytes, Nanos(0))),
                FrameSource::Closed => self.is_cut = true,
                FrameSource::Opened | FrameSource::Http => {}
            }
        }
    }

    /// What becomes of the answer to a request that was carried out.
    fn change_answer(&mut self, place: usize, text: &str, fault: Fault, around: &mut Surroundings<'_>) {
        let start = format!(r#"{{"id":"{}","#, word_behind(text, r#""id":""#));
        let Some(at) = (place..self.said.len()).find(|at| self.said[*at].0.starts_with(start.as_bytes()))
        else {
            return;
        };
        match fault {
            Fault::NoAnswer => {
                self.said.remove(at);
            }
            Fault::LateAnswer => self.said[at].1 = Nanos::from_millis(around.weather.draw(1..4_000)),
            _ => {
                self.said.remove(at);
                self.answer_error(text, &OPEN_ERRORS, around);
            }
        }
    }

    fn answer_error(&mut self, text: &str, codes: &[i64], around: &mut Surroundings<'_>) {
        let id = word_behind(text, r#""id":""#);
        let pick = usize::try_from(around.weather.draw(0..codes.len() as u64)).expect("a few");
        let mut answer = String::new();
        let body = format!(r#"{{"code":{},"msg":"As the storm says."}}"#, codes[pick]);
        write!(answer, r#"{{"id":"{id}","status":400,"error":{body}}}"#).expect("a text grows");
        self.said.push((answer.into_bytes(), Nanos(0)));
    }
}
