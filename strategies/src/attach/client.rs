//! The host of a strategy in a process of its own, over memory that it shares with the engine. It knows nothing of how
//! it came to that memory.

use fulmar_bus::attach::CursorPage;
use fulmar_bus::channel::{OpenError, Region, Ring, open};
use fulmar_bus::record::{InstrumentId, StrategyId, UnixNanos};
use fulmar_bus::segment::OpenSegment;
use fulmar_engine::actors::{StrategyHost, StrategyPorts, Stream};
use fulmar_engine::contract::Strategy;
use fulmar_engine::runtime::{Actor, Outbox, Work};

use super::terms::{self, Terms, TermsError};

/// Records of each ring that one turn takes: as in the engine.
const TURN_RECORDS_MAX: u32 = 256;

/// What a process shares with an engine.
pub struct Shared {
    /// The engine's market data; read-only here.
    pub market: OpenSegment,
    /// What is told to this process alone: its terms, what stood when it attached, its reports; read-only here.
    pub told: OpenSegment,
    /// What this process writes: its commands, and how far it came.
    pub own: OpenSegment,
}

/// Why the memory is not that of an engine.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
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
    /// Another process wrote there before.
    #[error("the engine's \"{0}\" was used before")]
    Used(String),
    /// The terms cannot be read.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

/// A strategy that lives here.
pub struct Client {
    /// As the engine told them.
    pub terms: Terms,
    host: StrategyHost,
    page: CursorPage,
    has_started: bool,
    /// Keep the memory mapped.
    _shared: Shared,
}

impl Client {
    /// Hosts `strategy` over what is shared. Nothing of it has been called back yet.
    ///
    /// # Errors
    /// Where the memory is not as an engine lays it.
    pub fn new(shared: Shared, strategy: Box<dyn Strategy>) -> Result<Self, ClientError> {
        let terms = Terms::read(&part(&shared.told, terms::PART)?)?;
        let events = ring(&shared.told, "events")?.reader();
        let mut ports = StrategyPorts::new(events, terms.book());
        for (id, name) in &terms.instruments {
            let stream = |channel: &str| stream(&shared, &terms, &format!("{channel}.{name}"));
            ports.add_instrument(InstrumentId(*id), stream("book")?, stream("market")?);
        }
        for (name, members) in &terms.pairs {
            let members: Vec<InstrumentId> = members.iter().copied().map(InstrumentId).collect();
            ports.add_aggregate(&members, stream(&shared, &terms, &format!("aggregate.{name}"))?);
        }
        let commands = ring(&shared.own, "commands")?.first_writer();
        let commands = commands.ok_or_else(|| ClientError::Used("commands".to_owned()))?;
        let page = CursorPage::new(part(&shared.own, "page")?);
        let ids = (terms.epoch, StrategyId(terms.strategy_id));
        let mut host = StrategyHost::new(&terms.strategy, ids, strategy, ports, Outbox::new(commands, None));
        host.count_from(terms.counter);
        Ok(Client { terms, host, page, has_started: false, _shared: shared })
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

    /// Shows that it lives, and how far it came.
    pub fn show(&mut self) {
        let events = self.host.inboxes().consumed().next();
        let (_, sequence) = events.expect("the events are its first inbox");
        self.page.set_consumed(sequence);
        self.page.beat();
    }

    /// Calls `on_stop`.
    pub fn stop(&mut self, now: UnixNanos) {
        self.host.on_stop(now);
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

    /// Records that were overwritten before they were read here.
    pub fn lost_count(&mut self) -> u64 {
        self.host.inboxes().lost_count()
    }
}

/// A channel from where the terms say that it is to be read on, behind what stood before.
fn stream(shared: &Shared, terms: &Terms, name: &str) -> Result<Stream, ClientError> {
    let place = terms.places.iter().find(|(of, _)| of == name).map_or(0, |(_, place)| *place);
    let live = ring(&shared.market, name)?.reader_after(place);
    let standing = match shared.told.part(name) {
        Some(_) => Some(ring(&shared.told, name)?.reader()),
        None => None,
    };
    Ok(Stream { standing, live })
}

fn part(segment: &OpenSegment, name: &str) -> Result<Region, ClientError> {
    segment.part(name).ok_or_else(|| ClientError::Missing(name.to_owned()))
}

fn ring(segment: &OpenSegment, name: &str) -> Result<Ring, ClientError> {
    open(part(segment, name)?).map_err(|source| ClientError::Ring { name: name.to_owned(), source })
}
