//! An engine's process is killed while its orders are on their way, and started again: no order is sent twice, none
//! that arrived is lost sight of, and the books are the venue's.
//!
//! The kill is a real one, of a real process with real files, at the exact point that a test names; the venue is the
//! simulated one, which lives on in the process of the test. What lies on both sides of the point is read from the
//! files that the dead process left (`engine/src/journal/ahead.rs`) and from the venue's truth.

mod victim;

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, Command, Stdio};

use fulmar_adapters::simulated::{self, OfflineVenue, SimulatedVenueConfig};
use fulmar_bus::record::{FrameSource, Nanos, Request, RequestKind, UnixNanos};
use fulmar_engine::contract::Connection;
use fulmar_engine::journal::recover_ahead;
use fulmar_tests::stage::OPENS_AT;
use fulmar_tests::venue_end::{Said, VenueEnd, permissions};
use tempfile::TempDir;
use victim::{CREDENTIALS, LINE_END, STATE, TICK_TIME};

const KILLS: usize = 20;
const RESTARTS: usize = 10;
/// Between a kill and the next start.
const DOWN: Nanos = Nanos::from_secs(30);

/// One boot of the engine, as its parent sees it.
struct Boot {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStderr>,
    epoch: u32,
    /// The orders that the session told of, and where each stood last.
    told: BTreeMap<String, String>,
    /// What it told last of what the account has.
    has: BTreeMap<String, String>,
    /// The requests that left and did not arrive yet.
    leaving: Vec<(RequestKind, String)>,
}

/// The venue, and the state that one boot leaves to the next.
struct House {
    test: &'static str,
    state: TempDir,
    venue: OfflineVenue,
    venue_end: VenueEnd,
    now: UnixNanos,
    /// Every id that an order ever left with.
    placed: BTreeSet<String>,
    last_epoch: u32,
}

impl Boot {
    /// Says a line, and gives what is answered.
    fn say(&mut self, line: &str) -> Vec<String> {
        self.input.write_all(format!("{line}\n").as_bytes()).expect("it lives");
        let mut answers = Vec::new();
        loop {
            let mut answer = String::new();
            assert!(self.output.read_line(&mut answer).expect("text") > 0, "it died: {answers:?}");
            let answer = answer.trim_end();
            let (word, rest) = answer.split_once(' ').unwrap_or((answer, ""));
            let pair = || rest.split_once(' ').expect("a name, and what it is");
            match word {
                "done" => return answers,
                "told" => drop(self.told.insert(pair().0.to_owned(), pair().1.to_owned())),
                "has" => drop(self.has.insert(pair().0.to_owned(), pair().1.to_owned())),
                "send" => self.leaving.push((RequestKind::Send, rest.to_owned())),
                "http" => self.leaving.push((RequestKind::HttpGet, rest.to_owned())),
                _ => answers.push(answer.to_owned()),
            }
        }
    }

    /// Wants an order, and gives its id once it is written ahead. It has not left.
    fn want(&mut self, which: &str, now: UnixNanos) -> String {
        let answers = self.say(&format!("want {} {which}", now.0));
        let id = answers.iter().find_map(|line| line.strip_prefix("submitted ")).expect("it was submitted");
        id.to_owned()
    }

    /// What the session believes to stand.
    fn standing(&self) -> BTreeSet<String> {
        let stands = |status: &String| status == "Accepted" || status == "PartiallyFilled";
        self.told.iter().filter(|(_, status)| stands(status)).map(|(id, _)| id.clone()).collect()
    }

    fn kill(mut self) {
        self.process.kill().expect("it is ours");
        assert_eq!(self.process.wait().expect("it is dead").code(), None, "a kill leaves no exit code");
    }
}

impl House {
    fn new(test: &'static str) -> Self {
        let mut config = SimulatedVenueConfig { events_per_second: 0, ..SimulatedVenueConfig::new(OPENS_AT) };
        let (api_key, secret) = (CREDENTIALS.0.to_owned(), CREDENTIALS.1.to_owned());
        config.credentials = vec![simulated::Credentials { api_key, secret }];
        config.fee_bps = 10;
        let mut venue = OfflineVenue::new(config, Nanos(0));
        let api = Connection { index: 0, url: "wss://here/ws-api/v3".to_owned() };
        let venue_end = VenueEnd::join(vec![api], &mut venue, OPENS_AT);
        let state = tempfile::tempdir().expect("a folder");
        House { test, state, venue, venue_end, now: OPENS_AT, placed: BTreeSet::new(), last_epoch: 0 }
    }

    /// Starts the engine, and lets it do all that it does before an order may leave.
    fn boot(&mut self) -> Boot {
        self.now = self.now + DOWN;
        let mut process = Command::new(env::current_exe().expect("this test has a file"))
            .args(["--exact", self.test, "--nocapture"])
            .env(STATE, self.state.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this test runs again");
        let input = process.stdin.take().expect("it is piped");
        let mut output = BufReader::new(process.stderr.take().expect("it is piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("text");
        let epoch = line.trim_end().strip_prefix("boot ").unwrap_or_else(|| panic!("it says {line}"));
        let epoch = epoch.parse().expect("a number");
        assert!(epoch > self.last_epoch, "no number of a boot is used twice");
        self.last_epoch = epoch;
        let (told, has, leaving) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut boot = Boot { process, input, output, epoch, told, has, leaving };
        self.venue_end.say(RequestKind::Reconnect, "a new process", &mut self.venue, self.now);
        boot.say(&format!("frame {} opened", self.now.0));
        self.carry_all(&mut boot);
        boot
    }

    /// What the engine sends arrives, and it hears what the venue says, until neither has anything to say.
    fn carry_all(&mut self, boot: &mut Boot) {
        loop {
            boot.say(&format!("carry {}", self.now.0));
            if boot.leaving.is_empty() {
                return;
            }
            for said in self.arrive(boot) {
                let source = if said.source == FrameSource::Http { "http" } else { "message" };
                let text = String::from_utf8(said.bytes).expect("text").replace('\n', &LINE_END.to_string());
                boot.say(&format!("frame {} {source} {text}", self.now.0));
            }
        }
    }

    /// What left arrives; gives what the venue says to it.
    fn arrive(&mut self, boot: &mut Boot) -> Vec<Said> {
        let mut said = Vec::new();
        for (kind, text) in std::mem::take(&mut boot.leaving) {
            if kind == RequestKind::HttpGet {
                said.push(Said { source: FrameSource::Http, bytes: permissions(&text) });
                continue;
            }
            if let Some((_, rest)) = text.split_once(r#""newClientOrderId":""#) {
                let id = rest.split('"').next().expect("a word").to_owned();
                assert!(self.placed.insert(id.clone()), "{id} left twice");
            }
            said.extend(self.venue_end.say(kind, &text, &mut self.venue, self.now));
        }
        said
    }

    /// The ids of the orders that stand at the venue.
    fn standing(&self) -> BTreeSet<String> {
        let orders = self.venue.orders(CREDENTIALS.0).into_iter();
        orders.filter(|order| order.status == "NEW").map(|order| order.client_order_id).collect()
    }

    /// What the engine was told of orders and money is what the venue has.
    fn is_agreed(&self, boot: &Boot) {
        let truth = self.venue.truth(CREDENTIALS.0, self.now).expect("the account is there");
        assert_eq!(truth.duplicates, 0);
        assert_eq!(boot.has, truth.balances, "boot {}", boot.epoch);
        assert_eq!(boot.standing(), self.standing(), "boot {}", boot.epoch);
    }

    /// The orders that a dead boot had written ahead.
    fn written(&self, epoch: u32) -> BTreeSet<String> {
        let directory = self.state.path().join(format!("boot-{epoch}"));
        orders_in(&directory)
    }
}

fn orders_in(directory: &Path) -> BTreeSet<String> {
    let channels = recover_ahead(directory, |_| 0).expect("a kill damages nothing");
    let records = channels.iter().flat_map(|channel| &channel.records);
    let texts = records.filter_map(|record| {
        let (_, bytes) = Request::read(record).ok()?;
        std::str::from_utf8(bytes).ok()
    });
    let ids = texts.filter_map(|text| text.split_once(r#""newClientOrderId":""#)?.1.split('"').next());
    ids.map(str::to_owned).collect()
}

#[test]
fn a_kill_before_an_order_arrived_leaves_it_unsent_for_good() {
    victim::become_one();
    let mut house = House::new("a_kill_before_an_order_arrived_leaves_it_unsent_for_good");
    let mut unsent = BTreeSet::new();
    for round in 0..KILLS {
        let mut boot = house.boot();
        house.is_agreed(&boot);
        if round % 2 == 0 {
            // Something else of this boot stands already.
            let _ = boot.want("resting", house.now + TICK_TIME);
            house.carry_all(&mut boot);
        }
        let which = if round % 3 == 0 { "trading" } else { "resting" };
        let id = boot.want(which, house.now + TICK_TIME + TICK_TIME);
        let epoch = boot.epoch;
        boot.kill();
        assert!(house.written(epoch).contains(&id), "it was written before it could leave");
        unsent.insert(id);
    }
    let mut boot = house.boot();
    house.is_agreed(&boot);
    let last = boot.want("resting", house.now + TICK_TIME);
    house.carry_all(&mut boot);
    house.is_agreed(&boot);
    assert!(house.standing().contains(&last), "the next one trades as ever");
    assert_eq!((unsent.len(), house.standing().len()), (KILLS, KILLS / 2 + 1));
    assert!(unsent.is_disjoint(&house.placed), "what had not left leaves never");
    boot.kill();
}

#[test]
fn a_kill_before_an_answer_arrived_sends_no_order_twice() {
    victim::become_one();
    let mut house = House::new("a_kill_before_an_answer_arrived_sends_no_order_twice");
    let mut sent = BTreeSet::new();
    for round in 0..KILLS {
        let mut boot = house.boot();
        house.is_agreed(&boot);
        let which = if round % 3 == 0 { "trading" } else { "resting" };
        let id = boot.want(which, house.now + TICK_TIME);
        boot.say(&format!("carry {}", house.now.0));
        let unheard = house.arrive(&mut boot);
        assert!(!unheard.is_empty(), "the venue answers, and nobody hears it");
        let epoch = boot.epoch;
        boot.kill();
        assert!(house.written(epoch).contains(&id));
        sent.insert(id);
    }
    let boot = house.boot();
    house.is_agreed(&boot);
    assert_eq!(house.placed, sent);
    let orders = house.venue.orders(CREDENTIALS.0);
    let at_venue: Vec<&String> = orders.iter().map(|order| &order.client_order_id).collect();
    assert_eq!(at_venue.len(), KILLS, "each arrived once");
    assert!(at_venue.iter().all(|id| sent.contains(*id)));
    let filled = orders.iter().filter(|order| order.status == "FILLED").count();
    assert_eq!((filled, boot.standing().len()), (7, 13), "both kinds were there");
    boot.kill();
}

#[test]
fn ten_restarts_reconcile_to_the_same_books() {
    victim::become_one();
    let mut house = House::new("ten_restarts_reconcile_to_the_same_books");
    let mut boot = house.boot();
    for which in ["trading", "resting", "trading", "resting", "resting"] {
        let _ = boot.want(which, house.now + TICK_TIME);
        house.now = house.now + TICK_TIME;
        house.carry_all(&mut boot);
    }
    boot.kill();
    let first = (house.standing(), house.venue.truth(CREDENTIALS.0, house.now).expect("an account").balances);
    assert_eq!(first.0.len(), 3);
    for restart in 0..RESTARTS {
        let mut boot = house.boot();
        assert_eq!((boot.standing(), boot.has.clone()), first, "restart {restart}");
        // A round on top of another tells nothing that was not told, and so changes nothing.
        house.now = house.now + Nanos::from_secs(61);
        boot.say(&format!("pass {}", house.now.0));
        house.carry_all(&mut boot);
        house.is_agreed(&boot);
        if restart % 2 == 0 {
            boot.kill();
            continue;
        }
        let counted = boot.say(&format!("stop {}", house.now.0));
        let apart = counted.iter().find(|line| line.starts_with("counted balances_apart"));
        assert_eq!(apart, None, "what the gate booked is what the venue has");
        assert!(boot.process.wait().expect("it ends").success());
    }
}
