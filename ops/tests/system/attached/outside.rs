//! Processes of these tests that attach to an engine: this very program once more, with what it is to be in its
//! environment. One is a good client that trades and watches; one is whatever a test needs, with everything that an
//! engine handed out in its hands.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use fulmar_bus::attach::{Answer, AttachError, Handed, Hello, Link, Refusal, Welcome, call};
use fulmar_bus::channel::{Access, Poll, Reader, Region, Writer, open, open_writer};
use fulmar_bus::record::{
    ClientOrderId, Denial, ExecutionReport, Flags, Heading, InstrumentId, Intent, Payload, Price, Quantity,
    Record, RecordId, Side, Text, TopOfBook, UnixNanos,
};
use fulmar_bus::segment::OpenSegment;
use fulmar_engine::contract::{Context, Event, NewOrder, Strategy};
use fulmar_engine::runtime::Wait;
use fulmar_strategies::attach::Session;
use rustix::process::geteuid;

use crate::program::{PATIENCE, Program};

/// What a process is to be, where it is not the tests themselves.
const ROLE: &str = "FULMAR_TEST_OUTSIDE";
/// The user that has no rights by convention.
pub const NOBODY: u32 = 65534;

/// What this process is to be.
pub struct Role {
    /// In one word.
    pub name: String,
    /// Which of several such it is.
    pub number: u64,
    /// Where the engine listens.
    pub socket: PathBuf,
}

/// What this process is to be; `None` where it is the tests.
pub fn role() -> Option<Role> {
    let role = std::env::var(ROLE).ok()?;
    let mut words = role.splitn(3, ' ');
    let mut next = || words.next().expect("a role has three words").to_owned();
    let (name, number) = (next(), next().parse().expect("a number"));
    Some(Role { name, number, socket: next().into() })
}

/// Starts this program as `role`, in the test of this name.
pub fn outside(test: &str, role: &str, number: u64, socket: &Path) -> Program {
    let program = std::env::current_exe().expect("this test's program");
    Program::start(&mut command(&program, test, role, number, socket))
}

/// The same as a user without privileges, where these tests have some.
pub fn unprivileged(test: &str, role: &str, number: u64, socket: &Path) -> Program {
    // Through a descriptor, since the folders that the program lies in may be closed to him.
    let program = File::open(std::env::current_exe().expect("this test's program")).expect("it is there");
    let path = PathBuf::from(format!("/proc/self/fd/{}", program.as_raw_fd()));
    Program::start(as_nobody(&mut command(&path, test, role, number, socket)))
}

/// Gives up what privileges there are.
pub fn as_nobody(command: &mut Command) -> &mut Command {
    if geteuid().is_root() { command.uid(NOBODY).gid(NOBODY) } else { command }
}

fn command(program: &Path, test: &str, role: &str, number: u64, socket: &Path) -> Command {
    let mut command = Command::new(program);
    command.args([test, "--exact", "--test-threads=1", "--nocapture"]).env_clear();
    command.env(ROLE, format!("{role} {number} {}", socket.display()));
    command
}

/// Says something to the test that started this process.
pub fn say(words: &str) {
    // The harness leaves its line open.
    writeln!(std::io::stdout(), "\n{words}").expect("somebody reads");
}

/// A word for each line that the test says, and the end of them with it.
pub fn asked() -> Receiver<()> {
    let (ask, asked) = channel();
    std::thread::spawn(move || std::io::stdin().lines().map_while(Result::ok).try_for_each(|_| ask.send(())));
    asked
}

/// Waits until the test is done with this process.
pub fn wait_for_the_end() {
    asked().iter().for_each(drop);
}

/// The token of the engine that listens there.
pub fn token(socket: &Path) -> [u8; 32] {
    let token = std::fs::read(fulmar_strategies::attach::token_path(socket))
        .expect("an engine that listens has a token");
    token.try_into().expect("32 bytes")
}

/// Says hello as the strategy `name`.
pub fn hello(name: &str, socket: &Path) -> Hello {
    Hello::new(Text::new(name).expect("a short name"), token(socket))
}

/// What the good client has seen.
#[derive(Default)]
struct Seen {
    quotes: AtomicU64,
    accepted: AtomicU64,
    canceled: AtomicU64,
}

/// Places an order far from the market and cancels it, again and again.
struct Witness {
    seen: Arc<Seen>,
    order: Option<ClientOrderId>,
    is_leaving: bool,
}

impl Strategy for Witness {
    fn on_quote(&mut self, context: &mut Context<'_>, quote: Event<'_, TopOfBook>) {
        self.seen.quotes.fetch_add(1, Ordering::Relaxed);
        let rules = context.instrument(quote.instrument_id).and_then(|view| view.rules());
        let Some(rules) = rules.filter(|_| quote.is_two_sided()) else { return };
        match self.order {
            Some(id) if !self.is_leaving => self.is_leaving = context.cancel(id),
            Some(_) => {}
            None => {
                let price = Price(quote.bid.price.0 - 1_000 * rules.price_step());
                let quantity = Quantity(1_000 * rules.quantity_step());
                let order = NewOrder::limit(Side::Buy, price, quantity).post_only();
                self.order = context.submit(quote.instrument_id, order).ok();
            }
        }
    }

    fn on_order_accepted(&mut self, _: &mut Context<'_>, _: Event<'_, ExecutionReport>) {
        self.seen.accepted.fetch_add(1, Ordering::Relaxed);
    }

    fn on_order_canceled(&mut self, _: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        assert!(self.is_leaving, "somebody else canceled {}", report.client_order_id);
        self.seen.canceled.fetch_add(1, Ordering::Relaxed);
        (self.order, self.is_leaving) = (None, false);
    }

    fn on_order_filled(&mut self, _: &mut Context<'_>, report: Event<'_, ExecutionReport>) {
        if report.leaves_qty == Quantity(0) {
            (self.order, self.is_leaving) = (None, false);
        }
    }

    fn on_order_denied(&mut self, _: &mut Context<'_>, _: Event<'_, Denial>) {
        (self.order, self.is_leaving) = (None, false);
    }
}

/// Quotes, orders and cancels that the good client must see before it says that it goes on.
const MORE: u64 = 5;

/// The good client: it trades until the test says no more, says so each time that it saw more, and fails where
/// anything was lost, or done to its orders by others.
pub fn witness(role: &Role) {
    let seen = Arc::new(Seen::default());
    let strategy = Witness { seen: Arc::clone(&seen), order: None, is_leaving: false };
    let mut session =
        Session::attach(&role.socket, ("good", token(&role.socket)), Box::new(strategy), Wait::Park)
            .expect("the engine takes it");
    say("attached");
    let least = || {
        let all = [&seen.quotes, &seen.accepted, &seen.canceled];
        all.map(|count| count.load(Ordering::Relaxed)).into_iter().min().expect("there are three")
    };
    let asked = asked();
    let mut goal = None;
    loop {
        session.turn();
        match asked.try_recv() {
            Ok(()) => goal = Some(least() + MORE),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => break,
        }
        if goal.is_some_and(|goal| least() >= goal) {
            goal = None;
            say("saw more");
        }
    }
    session.run(|| true);
    session.counters(&mut |name, value| assert_eq!(value, 0, "{name} of the good client"));
    say("lost nothing");
}

/// Everything that an engine handed out, in the hands of one who may do anything with it.
pub struct Client {
    /// The connection.
    pub link: Link,
    /// What it was told.
    pub welcome: Welcome,
    /// The descriptors, as they came.
    pub handed: Handed<OwnedFd>,
    /// The words of its command ring, and of its cursor page.
    pub commands: Region,
    pub page: Region,
    /// The rings of the market data that it sees, and of its events.
    pub markets: Vec<Reader>,
    pub events: Reader,
}

impl Client {
    /// Attaches as `name`; another that is just leaving is waited for.
    pub fn attach(name: &str, socket: &Path) -> Client {
        let hello = hello(name, socket);
        let attached = loop {
            match call(socket, &hello, PATIENCE) {
                Err(AttachError::Refused {
                    refusal: Refusal::AlreadyAttached | Refusal::NotReady, ..
                }) => std::thread::yield_now(),
                attached => break attached.expect("the engine takes it"),
            }
        };
        let segment = |file: &OwnedFd, access| {
            let segment = OpenSegment::open(file.try_clone().expect("a descriptor"), access);
            let segment = segment.expect("it is a segment");
            assert_eq!(segment.boot_id(), attached.welcome.boot_id);
            segment
        };
        let handed = attached.handed;
        let part = |file, access, name| segment(file, access).part(name).expect("it is there");
        let market = segment(&handed.market, Access::Read);
        let markets = market.parts().map(|(_, words)| open(words).expect("a ring").reader()).collect();
        let events = open(part(&handed.events, Access::Read, "events")).expect("a ring").reader();
        let commands = part(&handed.commands, Access::Write, "commands");
        let page = part(&handed.cursor, Access::Write, "cursor");
        Client { link: attached.link, welcome: attached.welcome, handed, commands, page, markets, events }
    }

    /// The writer of its commands, as long as it wrote none.
    pub fn writer(&self) -> Writer {
        open_writer(self.commands.clone()).expect("nothing is written").0
    }

    /// The instrument that it may trade.
    pub fn instrument(&self) -> InstrumentId {
        self.welcome.instruments[0].0
    }

    /// An order of its own, counted from one, that no market ever meets.
    pub fn order(&self, number: u64) -> Intent {
        let counter = self.welcome.order_counter + number;
        let id = ClientOrderId::new(self.welcome.epoch, self.welcome.strategy_id, counter);
        Intent::limit(id, Side::Buy, Price(1), Quantity(1))
    }

    /// The record of a command.
    pub fn record_of<P: Payload>(&self, payload: &P) -> Record {
        let heading = Heading {
            instrument_id: self.instrument(),
            cause: RecordId::NONE,
            received_at: UnixNanos(1),
            flags: Flags::NONE,
        };
        let mut record = Record::new();
        record.write(heading, payload);
        record
    }

    /// Reads what is there of its market data and events; says how much it was. Each record is the next one of its
    /// ring, or what was lost is told.
    pub fn read(&mut self) -> u64 {
        let mut record = Record::new();
        let mut count = 0;
        for ring in self.markets.iter_mut().chain([&mut self.events]) {
            if ring.poll(&mut record) == Poll::Record {
                assert!(record.header().kind().is_some(), "no engine writes {record:?}");
                count += 1;
            }
        }
        count
    }

    /// Waits until the engine answers its order of this number.
    pub fn hears_of(&mut self, number: u64) {
        let counter = self.order(number).client_order_id.counter;
        let mut record = Record::new();
        loop {
            assert!(!self.link.is_closed(), "the engine let it go");
            match self.events.poll(&mut record) {
                Poll::Empty => std::thread::yield_now(),
                Poll::Lapped { lost_count } => panic!("{lost_count} events were overwritten"),
                Poll::Record => {
                    let denied = record.read::<Denial>().map(|denial| denial.client_order_id.counter);
                    let told = record.read::<ExecutionReport>().map(|told| told.client_order_id.counter);
                    if denied == Ok(counter) || told == Ok(counter) {
                        return;
                    }
                }
            }
        }
    }

    /// Waits until the engine sends it away, and gives the engine's words.
    pub fn words_of_the_end(&mut self) -> String {
        loop {
            match self.link.receive(PATIENCE) {
                Ok((Answer::Ended { reason: Refusal::Quarantined, words }, _)) => return words,
                Ok(_) => {}
                Err(error) => panic!("nobody told it why: {error}"),
            }
        }
    }
}
