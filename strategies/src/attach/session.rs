//! One attachment from the first call to its end: attaches, gives the strategy its turns, waits between them as it is
//! told, and notices when the engine is gone.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fulmar_bus::attach::{Answer, AttachError, Attached, Hello, Link, Refusal, Request, call};
use fulmar_bus::record::{InstrumentId, Nanos, Text, UnixNanos};
use fulmar_engine::contract::{Context, Strategy};
use fulmar_engine::runtime::{Clock, Wait, Work};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::client::{Client, ClientError, Wakers};

/// How long each answer of the engine may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it is looked at whether the engine is there still, and shown that we are.
const LOOK_INTERVAL: Nanos = Nanos(50_000_000);
/// To look and not to wait.
const NO_TIME: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
/// How long, and how often, who is not taken yet waits before it calls again: two seconds in all, in which the line of
/// the process before it is closed.
const AGAIN_AFTER: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
const CALLS_MAX: u32 = 40;
/// How long a waiting strategy looks before it lets others run, or sleeps.
const SPIN_FOR: Nanos = Nanos(20_000);

/// Why an attachment did not come about.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The engine did not take us, or is not there.
    #[error("{0}")]
    Attach(AttachError),
    /// What it shares is not what an engine shares.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// No strategy has such a name.
    #[error("\"{0}\" is longer than the name of a strategy can be")]
    Name(String),
    /// There is no token to show.
    #[error(
        "no engine that takes strategies runs there: {0} does not exist. Start one whose configuration has a strategy \
         of the kind \"attached\", and name its bus"
    )]
    NoEngine(PathBuf),
    /// The token cannot be read.
    #[error("read {path}: {source}")]
    Token {
        /// Where it lies.
        path: PathBuf,
        /// Why it cannot.
        source: std::io::Error,
    },
}

/// Why an attachment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// We were told to end it.
    Stopped,
    /// The engine is gone, or sent us away.
    EngineGone,
    /// Another process took our place, with all that we had.
    Replaced,
    /// The engine came to the end of what it plays.
    Played,
    /// What the engine shares is not what an engine shares.
    Broken,
}

/// A strategy of this process that is attached to an engine.
pub struct Session {
    client: Client,
    wakers: Wakers,
    link: Link,
    clock: Clock,
    wait: Wait,
    now: UnixNanos,
    looked_at: UnixNanos,
    /// Since when there was nothing to do.
    idle_since: Option<UnixNanos>,
    /// What was asked of the engine and not answered yet.
    asked_count: u32,
    snapshot_count: u64,
    /// What the engine said when it sent us away.
    last_words: Option<String>,
    instruments: Vec<(InstrumentId, Text<64>)>,
    end: Option<SessionEnd>,
}

impl Session {
    /// Attaches `strategy` as `name` to the engine whose bus is at `path`. It waits for records as `wait` says.
    ///
    /// # Errors
    /// [`SessionError`], with the engine's own words where it refuses.
    pub fn attach(
        path: &Path,
        (name, token): (&str, [u8; 32]),
        strategy: Box<dyn Strategy>,
        wait: Wait,
    ) -> Result<Self, SessionError> {
        Self::enter(path, &hello(name, token)?, strategy, wait)
    }

    /// The same in the place of the process that is attached as `name`, if one is: orders and positions are this one's
    /// from then on, and nothing is canceled. Should this fail, that one stays.
    ///
    /// # Errors
    /// As [`Session::attach`].
    pub fn take_over(
        path: &Path,
        (name, token): (&str, [u8; 32]),
        strategy: Box<dyn Strategy>,
        wait: Wait,
    ) -> Result<Self, SessionError> {
        Self::enter(path, &hello(name, token)?.taking_over(), strategy, wait)
    }

    fn enter(
        path: &Path,
        hello: &Hello,
        strategy: Box<dyn Strategy>,
        wait: Wait,
    ) -> Result<Self, SessionError> {
        let mut attached = call_until_ready(path, hello).map_err(SessionError::Attach)?;
        let name = hello.strategy.as_str();
        let (mut client, wakers) = Client::new(name, strategy, &attached.welcome, attached.handed)?;
        if attached.welcome.is_successor {
            client.count_from(take_place(&mut attached.link).map_err(SessionError::Attach)?);
        }
        let clock = Clock::new();
        let now = clock.now();
        Ok(Session {
            client,
            wakers,
            link: attached.link,
            clock,
            wait,
            now,
            looked_at: now,
            idle_since: None,
            asked_count: 0,
            snapshot_count: 0,
            last_words: None,
            instruments: attached.welcome.instruments,
            end: None,
        })
    }

    /// Gives the strategy its turns until `is_over` says so, or the engine ends it.
    pub fn run(&mut self, is_over: impl Fn() -> bool) -> SessionEnd {
        let mut asked_at = self.now;
        loop {
            if let Some(end) = self.turn() {
                return end;
            }
            if self.now.since(asked_at) >= LOOK_INTERVAL {
                asked_at = self.now;
                if is_over() {
                    return self.stop();
                }
            }
        }
    }

    /// One turn, and the wait after it where it had no work; says so where there are no more.
    pub fn turn(&mut self) -> Option<SessionEnd> {
        if self.end.is_some() {
            return self.end;
        }
        self.have_turn().map(|end| self.end_by(end))
    }

    /// Ends it, where it has not ended before: the strategy is told, and may cancel what it has.
    pub fn stop(&mut self) -> SessionEnd {
        self.end.unwrap_or_else(|| self.end_by(SessionEnd::Stopped))
    }

    fn end_by(&mut self, end: SessionEnd) -> SessionEnd {
        self.end = Some(end);
        // In step, the engine gave it its end.
        if !self.client.is_in_step() {
            self.client.stop(self.now);
        }
        end
    }

    /// Lets `act` see and want what the strategy may, between two turns.
    pub fn act<R>(&mut self, act: impl FnOnce(&mut Context<'_>) -> R) -> R {
        let command_count = self.client.command_count();
        let told = self.client.act(self.now, act);
        self.ring_for_commands_after(command_count);
        told
    }

    /// The moment of the last turn.
    pub fn now(&self) -> UnixNanos {
        self.now
    }

    /// The strategy's instruments by their durable names.
    pub fn instruments(&self) -> &[(InstrumentId, Text<64>)] {
        &self.instruments
    }

    /// The engine's core may sleep: it is rung, and finds our commands.
    fn ring_for_commands_after(&self, command_count: u64) {
        if self.wakers.engine_sleeps && self.client.command_count() > command_count {
            self.wakers.engine.ring();
        }
    }

    fn have_turn(&mut self) -> Option<SessionEnd> {
        self.now = self.clock.now_after(self.now);
        if self.now.since(self.looked_at) >= LOOK_INTERVAL {
            self.looked_at = self.now;
            self.clock.follow_the_wall();
            if let Some(end) = self.listen() {
                return Some(end);
            }
        }
        if self.client.is_in_step() {
            return self.step();
        }
        let command_count = self.client.command_count();
        let work = self.client.turn(self.now);
        self.ring_for_commands_after(command_count);
        for instrument_id in self.client.lost() {
            match self.link.ask(Request::Snapshot { instrument_id }) {
                Ok(()) => self.asked_count += 1,
                Err(_) => self.client.go_on(instrument_id),
            }
        }
        if self.asked_count > 0
            && let Some(end) = self.listen()
        {
            return Some(end);
        }
        self.rest(work, self.wait);
        None
    }

    /// What the engine says beside the rings: answers, and that it is over.
    fn listen(&mut self) -> Option<SessionEnd> {
        let mut file = [PollFd::from_borrowed_fd(self.link.fd(), PollFlags::IN)];
        while poll(&mut file, Some(&NO_TIME)).is_ok_and(|count| count > 0) {
            match self.link.receive(ANSWER_TIMEOUT) {
                Ok((answer, file)) => match self.hear(answer, file) {
                    Ok(()) => {}
                    Err(end) => return Some(end),
                },
                Err(_) => return Some(SessionEnd::EngineGone),
            }
            file = [PollFd::from_borrowed_fd(self.link.fd(), PollFlags::IN)];
        }
        None
    }

    fn hear(&mut self, answer: Answer, file: Option<OwnedFd>) -> Result<(), SessionEnd> {
        match (answer, file) {
            (Answer::Snapshot { instrument_id, market_sequence, book_sequence }, Some(file)) => {
                self.asked_count = self.asked_count.saturating_sub(1);
                self.snapshot_count += 1;
                let places = (market_sequence, book_sequence);
                self.client.restore(instrument_id, file, places).map_err(|_| SessionEnd::Broken)
            }
            (Answer::NoSnapshot { instrument_id, .. }, _) => {
                self.asked_count = self.asked_count.saturating_sub(1);
                self.client.go_on(instrument_id);
                Ok(())
            }
            (Answer::Ended { reason, words }, _) => {
                self.last_words = Some(words);
                Err(if reason == Refusal::Replaced { SessionEnd::Replaced } else { SessionEnd::EngineGone })
            }
            (Answer::Snapshot { .. }, None) | (Answer::InPlace { .. }, _) => Err(SessionEnd::Broken),
        }
    }

    /// One turn that the engine gives. It waits for us all the while, so that nobody sleeps.
    fn step(&mut self) -> Option<SessionEnd> {
        let Ok(work) = self.client.step() else { return Some(SessionEnd::Broken) };
        self.rest(work, Wait::Yield);
        self.client.has_ended().then_some(SessionEnd::Played)
    }

    /// The wait behind a turn that did so much.
    fn rest(&mut self, work: Work, wait: Wait) {
        if work.is_some() {
            self.idle_since = None;
            return;
        }
        let idle_for = self.now.since(*self.idle_since.get_or_insert(self.now));
        match wait {
            Wait::Yield if idle_for >= SPIN_FOR => std::thread::yield_now(),
            Wait::Park if idle_for >= SPIN_FOR => self.sleep(),
            Wait::Spin | Wait::Yield | Wait::Park => std::hint::spin_loop(),
        }
    }

    /// Orders, changes and cancels that were wanted so far.
    pub fn command_count(&self) -> u64 {
        self.client.command_count()
    }

    /// Tells every figure of the strategy's host by its name.
    pub fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        self.client.counters(tell);
        tell("snapshots", self.snapshot_count);
    }

    /// What the engine said when it sent us away, if it said something.
    pub fn last_words(&self) -> Option<&str> {
        self.last_words.as_deref()
    }

    /// Sleeps until the engine has something, a timer is due, or it is time to look at the engine.
    fn sleep(&mut self) {
        self.client.page().fall_asleep();
        if self.client.is_idle(self.now) {
            let until_due = self.client.due_at().map_or(LOOK_INTERVAL, |due_at| due_at.since(self.now));
            let ns = until_due.min(LOOK_INTERVAL).0;
            let timeout = Timespec { tv_sec: 0, tv_nsec: i64::try_from(ns).expect("it is below a second") };
            let files: [BorrowedFd<'_>; 2] = [self.wakers.client.fd(), self.link.fd()];
            let mut files = files.map(|file| PollFd::from_borrowed_fd(file, PollFlags::IN));
            // A sleep that ends early does no harm.
            let _ = poll(&mut files, Some(&timeout));
            self.wakers.client.hush();
        }
        self.client.page().awake();
    }
}

/// Calls again as long as the engine is just not ready, as where the process before this one is still leaving.
fn call_until_ready(path: &Path, hello: &Hello) -> Result<Attached, AttachError> {
    for _ in 1..CALLS_MAX {
        match call(path, hello, ANSWER_TIMEOUT) {
            Err(AttachError::Refused { refusal: Refusal::NotReady, .. }) => {
                // It waits for nothing but its time.
                let _ = poll(&mut [], Some(&AGAIN_AFTER));
            }
            answer => return answer,
        }
    }
    call(path, hello, ANSWER_TIMEOUT)
}

fn hello(name: &str, token: [u8; 32]) -> Result<Hello, SessionError> {
    let strategy_name = Text::new(name).ok_or_else(|| SessionError::Name(name.to_owned()))?;
    Ok(Hello::new(strategy_name, token))
}

/// Takes the place that we were welcomed to, now that we have all that it needs. Gives the counter of the last order of
/// the process that had it.
fn take_place(link: &mut Link) -> Result<u64, AttachError> {
    link.ask(Request::Ready)?;
    match link.receive(ANSWER_TIMEOUT)?.0 {
        Answer::InPlace { order_counter } => Ok(order_counter),
        Answer::Ended { reason, words } => Err(AttachError::Refused { refusal: reason, words }),
        _ => Err(AttachError::Malformed("an engine answered what was not asked")),
    }
}
