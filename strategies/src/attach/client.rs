//! The host of a strategy in a process of its own, over memory that it shares with the engine. It knows nothing of how
//! it came to that memory, and reads no clock.

use std::os::fd::OwnedFd;

use fulmar_bus::attach::{Bell, CursorPage, Handed, Welcome};
use fulmar_bus::channel::{OpenError, Region, Ring, open, open_writer};
use fulmar_bus::record::{InstrumentId, Text, UnixNanos};
use fulmar_bus::segment::{Access, BootId, OpenSegment, SegmentError};
use fulmar_engine::actors::{StrategyHost, StrategyPorts, Stream};
use fulmar_engine::contract::{Context, Strategy};
use fulmar_engine::runtime::{Actor, NotedTurn, Outbox, Work, give_way};

use super::terms::Terms;
use super::turns::{Given, NoTurn, Turns};

/// Records of each ring that one turn takes: as in the engine.
const TURN_RECORDS_MAX: u32 = 256;

/// Why what an engine shares is not what an engine shares.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A segment cannot be opened.
    #[error("the engine's {what} cannot be read: {source}")]
    Segment {
        /// Which.
        what: &'static str,
        /// What is wrong with it.
        source: SegmentError,
    },
    /// A segment is of another boot than the one that welcomed us.
    #[error("the engine's {0} are of another boot of it")]
    Boot(&'static str),
    /// A part that every engine shares is not there.
    #[error("the engine shares no \"{0}\"")]
    Missing(String),
    /// A part is no ring.
    #[error("the engine's \"{name}\" cannot be read: {source}")]
    Ring {
        /// Its name.
        name: String,
        /// What is wrong with it.
        source: OpenError,
    },
    /// In step: what the engine gave is no turn of this strategy.
    #[error("the engine gave a turn that cannot be had")]
    Turn,
    /// The terms cannot be read.
    #[error("the engine's terms cannot be read: {0}")]
    Terms(#[from] serde_json::Error),
}

/// What a process shares with its engine.
struct Shared {
    /// Its market data; read-only here.
    market: OpenSegment,
    /// What is told to this process alone: what stood when it attached, then its reports; read-only here.
    events: OpenSegment,
    commands: OpenSegment,
    cursor: OpenSegment,
}

/// A strategy that lives here.
pub struct Client {
    host: StrategyHost,
    page: CursorPage,
    has_started: bool,
    /// Where the engine gives its turns one by one; `None` where it takes them as it likes.
    turns: Option<Turns>,
    /// How many it had.
    turn_count: u64,
    boot_id: BootId,
    /// The instruments that it sees, by their durable names.
    instruments: Vec<(InstrumentId, String)>,
    shared: Shared,
}

impl Client {
    /// Hosts `strategy`, called `name`, over what an engine handed out with its welcome. Nothing of it has been called
    /// back yet.
    ///
    /// # Errors
    /// Where the memory is not as an engine lays it.
    pub fn new(
        name: &str,
        strategy: Box<dyn Strategy>,
        welcome: &Welcome,
        handed: Handed<OwnedFd>,
    ) -> Result<(Self, Wakers), ClientError> {
        let terms = Terms::read(&welcome.settings)?;
        let (shared, wakers) = Shared::open(welcome.boot_id, handed)?;
        let mut ports = StrategyPorts::new(ring(&shared.events, "events")?.reader(), terms.book());
        for (index, (instrument_id, name)) in welcome.instruments.iter().enumerate() {
            let place = terms.places.get(index).copied().unwrap_or_default();
            let book = shared.stream(&shared.events, &format!("book.{name}"), place.book)?;
            let market = shared.stream(&shared.events, &format!("market.{name}"), place.market)?;
            ports.add_instrument(*instrument_id, book, market);
        }
        for pair in &terms.pairs {
            let members: Vec<InstrumentId> = pair.members.iter().copied().map(InstrumentId).collect();
            let name = format!("aggregate.{}", pair.name);
            ports.add_aggregate(&members, shared.stream(&shared.events, &name, pair.place)?);
        }
        let commands = open_writer(part(&shared.commands, "commands")?);
        let (commands, _) = commands.map_err(|source| no_ring("commands", source))?;
        let commands = Outbox::new(commands, None);
        let page = CursorPage::new(part(&shared.cursor, "cursor")?);
        let ids = (welcome.epoch, welcome.strategy_id);
        let mut host = StrategyHost::new(name, ids, strategy, ports, commands);
        host.count_from(welcome.order_counter);
        let wakers = Wakers { engine_sleeps: terms.engine_sleeps, ..wakers };
        let turns = match welcome.lock_step {
            true => Some(Turns::new(ring(&shared.events, "turns")?.reader())),
            false => None,
        };
        if turns.is_none() {
            host.ask_for_lost();
        }
        let named = |(id, name): &(InstrumentId, Text<64>)| (*id, name.as_str().to_owned());
        let instruments = welcome.instruments.iter().map(named).collect();
        let (boot_id, has_started, turn_count) = (welcome.boot_id, false, 0);
        Ok((Client { host, page, has_started, turns, turn_count, boot_id, instruments, shared }, wakers))
    }

    /// True where the engine gives the turns, one by one: they are had by [`Client::step`] then.
    pub fn is_in_step(&self) -> bool {
        self.turns.is_some()
    }

    /// In step: true once the engine said that there are no more turns.
    pub fn has_ended(&self) -> bool {
        self.turns.as_ref().is_some_and(Turns::has_ended)
    }

    /// In step: has the turn that the engine gave, if it gave one, as the engine would have had it, and says when it is
    /// done.
    ///
    /// # Errors
    /// [`ClientError::Turn`] where what it gave is no turn of this strategy.
    pub fn step(&mut self) -> Result<Work, ClientError> {
        let Some(turns) = &mut self.turns else { return Ok(Work::NONE) };
        let Some((now, given)) = turns.next()? else { return Ok(Work::NONE) };
        match given {
            Given::Begin => self.host.on_start(now),
            Given::Turns(turns) => turns.iter().try_for_each(|turn| self.have(turn))?,
            Given::End => self.host.on_stop(now),
        }
        self.show();
        // There is room as soon as the engine took what was wanted, which it does meanwhile.
        while !self.host.end_turn(now) {
            give_way();
        }
        self.turn_count += 1;
        Ok(Work(1))
    }

    fn have(&mut self, turn: &NotedTurn) -> Result<(), NoTurn> {
        let inboxes = self.host.inboxes();
        if turn.drained.iter().any(|(inbox, _)| *inbox >= inboxes.count()) || !inboxes.has_available(turn) {
            return Err(NoTurn);
        }
        inboxes.begin_scripted_turn(turn);
        self.host.work(turn.now);
        Ok(())
    }

    /// Names orders from the one behind `counter` on: those up to it were of the process whose place this one takes.
    pub fn count_from(&mut self, counter: u64) {
        self.host.count_from(counter);
    }

    /// One turn, as an actor of the engine has it. The first calls `on_start` before anything else.
    pub fn turn(&mut self, now: UnixNanos) -> Work {
        if !std::mem::replace(&mut self.has_started, true) {
            self.host.on_start(now);
        }
        self.host.inboxes().begin_turn(TURN_RECORDS_MAX);
        let work = self.host.work(now);
        self.show();
        work
    }

    /// Instruments of which records were lost since this was last asked: they are not read on until
    /// [`Client::restore`] says how.
    pub fn lost(&mut self) -> Vec<InstrumentId> {
        self.host.lost()
    }

    /// Reads an instrument on: from what stands, which is in the segment behind `file`, and then behind the sequences
    /// of its market data and its best prices that this holds at.
    ///
    /// # Errors
    /// Where the memory is not as an engine lays it.
    pub fn restore(
        &mut self,
        instrument_id: InstrumentId,
        file: OwnedFd,
        (market_at, book_at): (u64, u64),
    ) -> Result<(), ClientError> {
        let snapshot = open_segment("snapshot", self.boot_id, file, Access::Read)?;
        let named = self.instruments.iter().find(|(id, _)| *id == instrument_id);
        let (_, name) = named.ok_or_else(|| ClientError::Missing(format!("{instrument_id:?}")))?;
        let stream = |name: String, place| self.shared.stream(&snapshot, &name, place);
        let book = stream(format!("book.{name}"), book_at)?;
        let market = stream(format!("market.{name}"), market_at)?;
        self.host.restore(instrument_id, Some((book, market)));
        Ok(())
    }

    /// Reads an instrument on without knowing what stands: its feed tells it sooner or later.
    pub fn go_on(&mut self, instrument_id: InstrumentId) {
        self.host.restore(instrument_id, None);
    }

    /// Shows the engine that this process lives, and how far it came.
    pub fn show(&mut self) {
        let events = self.host.inboxes().consumed().next();
        let (_, sequence) = events.expect("the events are its first inbox");
        self.page.set_consumed(sequence);
        self.page.beat();
    }

    /// Lets `act` see and want what the strategy may, between two turns.
    pub fn act<R>(&mut self, now: UnixNanos, act: impl FnOnce(&mut Context<'_>) -> R) -> R {
        self.host.act(now, act)
    }

    /// Calls `on_stop`.
    pub fn stop(&mut self, now: UnixNanos) {
        self.host.on_stop(now);
        self.show();
    }

    /// True where a turn would find nothing new and no timer due.
    pub fn is_idle(&mut self, now: UnixNanos) -> bool {
        self.host.inboxes().is_empty() && self.due_at().is_none_or(|due_at| due_at > now)
    }

    /// When it has something to do by itself.
    pub fn due_at(&self) -> Option<UnixNanos> {
        self.host.due_at()
    }

    /// The page on which it says that it sleeps.
    pub fn page(&self) -> &CursorPage {
        &self.page
    }

    /// Commands that it sent so far.
    pub fn command_count(&self) -> u64 {
        self.host.wanted_count() - self.turn_count
    }

    /// Tells every figure by its name.
    pub fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        self.host.counters(tell);
    }
}

/// What wakes each side of the other.
pub struct Wakers {
    /// Rings where the engine wakes us.
    pub client: Bell,
    /// Rung, it wakes the engine.
    pub engine: Bell,
    /// Whether the engine may sleep at all.
    pub engine_sleeps: bool,
}

impl Shared {
    fn open(boot_id: BootId, handed: Handed<OwnedFd>) -> Result<(Self, Wakers), ClientError> {
        let open = |what, file, access| open_segment(what, boot_id, file, access);
        let shared = Shared {
            market: open("market data", handed.market, Access::Read)?,
            events: open("events", handed.events, Access::Read)?,
            commands: open("commands", handed.commands, Access::Write)?,
            cursor: open("cursors", handed.cursor, Access::Write)?,
        };
        Ok((
            shared,
            Wakers {
                client: Bell::from(handed.wakes_client),
                engine: Bell::from(handed.wakes_engine),
                engine_sleeps: true,
            },
        ))
    }

    /// A channel from behind a place on, and before it what stood there, where that was written down.
    fn stream(&self, written: &OpenSegment, name: &str, place: u64) -> Result<Stream, ClientError> {
        let standing = match written.part(name) {
            Some(_) => Some(ring(written, name)?.reader()),
            None => None,
        };
        Ok(Stream { standing, live: ring(&self.market, name)?.reader_after(place) })
    }
}

fn open_segment(
    what: &'static str,
    boot_id: BootId,
    file: OwnedFd,
    access: Access,
) -> Result<OpenSegment, ClientError> {
    let segment = OpenSegment::open(file, access).map_err(|source| ClientError::Segment { what, source })?;
    if segment.boot_id() == boot_id { Ok(segment) } else { Err(ClientError::Boot(what)) }
}

fn part(segment: &OpenSegment, name: &str) -> Result<Region, ClientError> {
    segment.part(name).ok_or_else(|| ClientError::Missing(name.to_owned()))
}

fn ring(segment: &OpenSegment, name: &str) -> Result<Ring, ClientError> {
    open(part(segment, name)?).map_err(|source| no_ring(name, source))
}

impl From<NoTurn> for ClientError {
    fn from(_: NoTurn) -> Self {
        ClientError::Turn
    }
}

fn no_ring(name: &str, source: OpenError) -> ClientError {
    ClientError::Ring { name: name.to_owned(), source }
}
