//! Who calls: he is let in, with all that he needs, or told why not.

use std::sync::Arc;
use std::task::{Wake, Waker};

use fulmar_bus::attach::{ABI_MINOR, Bell, Caller, Handed, Refusal, Welcome};
use fulmar_bus::record::{InstrumentId, Nanos, Text};
use fulmar_engine::runtime::LineFigures;
use fulmar_strategies::attach::{Pair, Place, Terms, token_path};

use super::guest::{Guest, Stage};
use super::memory::{Ends, Made, make};
use super::server::{Bus, BusError};
use super::snapshot::SNAPSHOTS_MAX;
use super::usage::Usage;

/// How long one may take who is to take another's place, until he is ready.
const READY_WITHIN: Nanos = Nanos::from_secs(10);

/// The minor version of the first clients that can take another's place.
const SUCCESSOR_ABI_MINOR: u16 = 1;

/// Looks that a caller waits until whoever was in his berth has left it: a second, where nothing else happens.
pub(super) const LEAVING_LOOKS_MAX: u32 = 200;
/// Callers who wait so at one time.
const WAITING_MAX: usize = 16;

/// Where a caller may lie.
struct Entry {
    berth: usize,
    /// Another one lies there, who stays until this one is ready, or did when it was asked for.
    is_successor: bool,
}

/// Wakes a process.
struct Alarm(Bell);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.ring();
    }
}

impl Bus {
    /// Lets a caller in, or tells him why not. He may wait so many looks until his berth is left.
    pub(super) fn greet(&mut self, caller: Caller, looks_left: u32) {
        let (name, pid) = (caller.hello().strategy.as_str().to_owned(), caller.peer().pid);
        let entry = match self.judge(&caller) {
            // The numbers of orders that the last one wanted are known once its port is done with it.
            Ok(entry) if !entry.is_successor && !self.is_left(entry.berth) => {
                if looks_left > 0 && self.waiting.len() < WAITING_MAX {
                    self.waiting.push((caller, looks_left - 1));
                } else {
                    let words = "the process that was there is just leaving; try again";
                    tracing::warn!("bus: process {pid} may not be {name:?}: {words}");
                    caller.refuse(Refusal::NotReady, words);
                }
                return;
            }
            Ok(entry) => entry,
            Err((refusal, words)) => {
                tracing::warn!("bus: process {pid} may not be {name:?}: {words}");
                return caller.refuse(refusal, &words);
            }
        };
        let is_successor = entry.is_successor;
        match self.welcome(caller, entry) {
            Ok(()) if is_successor => tracing::info!("strategy {name}: process {pid} is to take its place"),
            Ok(()) => tracing::info!("strategy {name}: process {pid} attached"),
            Err(error) => tracing::error!("strategy {name}: process {pid} could not attach: {error}"),
        }
    }

    /// True where the port of a berth is done with every line that it was handed.
    fn is_left(&self, berth: usize) -> bool {
        self.plan.berths[berth].status.ends().0 == self.handed[berth]
    }

    /// Which berth a caller may lie in, or why he may in none.
    fn judge(&self, caller: &Caller) -> Result<Entry, (Refusal, String)> {
        let (hello, peer) = (caller.hello(), caller.peer());
        let own = rustix::process::geteuid().as_raw();
        if peer.uid != own {
            return Err((
                Refusal::NotAllowed,
                format!("user {} is not {own}, whose engine this is", peer.uid),
            ));
        }
        if self.quarantine.holds(peer) {
            let words = "this process was sent away, and may not come back; another one may".to_owned();
            return Err((Refusal::Quarantined, words));
        }
        let wanted = hello.strategy.as_str();
        let Some(berth) = self.plan.berths.iter().position(|berth| berth.name == wanted) else {
            let names: Vec<&str> = self.plan.berths.iter().map(|berth| berth.name.as_str()).collect();
            let words =
                format!("no strategy of the kind \"attached\" is called so; there are: {}", names.join(", "));
            return Err((Refusal::UnknownStrategy, words));
        };
        if !hello.has_token(&self.token) {
            let path = token_path(&self.plan.socket);
            return Err((Refusal::Token, format!("its token is not the one in {}", path.display())));
        }
        let is_awaited = self.awaited.contains(&berth) && hello.abi_minor >= SUCCESSOR_ABI_MINOR;
        // In step with an engine a strategy is one process from its beginning to its end.
        let may_replace = is_awaited || (hello.takes_over() && self.plan.berths[berth].is_replaceable);
        let is_successor = !self.plan.is_in_step && may_replace;
        let there = |is_moored| {
            self.guests.iter().find(move |guest| guest.berth == berth && guest.is_moored() == is_moored)
        };
        if let Some(other) = there(false) {
            let words = format!("process {} is just taking the place of \"{wanted}\"", other.pid());
            return Err((Refusal::NotReady, words));
        }
        if let Some(other) = there(true).filter(|_| !is_successor) {
            let words = format!(
                "process {} is \"{wanted}\" already; one that asks to takes its place where the strategy's \
                 parameters say take_over = \"allow\"",
                other.pid()
            );
            return Err((Refusal::AlreadyAttached, words));
        }
        Ok(Entry { berth, is_successor })
    }

    fn welcome(&mut self, caller: Caller, entry: Entry) -> Result<(), BusError> {
        let berth = &self.plan.berths[entry.berth];
        let (client, of_client) = Bell::pair().map_err(BusError::Attach)?;
        let (wakes_engine, of_engine) = Bell::pair().map_err(BusError::Attach)?;
        let ends = Ends {
            waker: Waker::from(Arc::new(Alarm(client))),
            markets: berth.rings(&self.plan.rings),
            commands_max: berth.commands_max,
            is_in_step: self.plan.is_in_step,
        };
        let names: Vec<String> = berth.channels().collect();
        let channels = names.iter().filter_map(|name| Some((name.as_str(), self.shadows.get(name)?)));
        self.welcomed += 1;
        let made = make((&self.plan.memory, self.welcomed), channels, ends)?;
        let welcome = self.words_of_welcome(&entry, &made);
        let handed = Handed {
            market: self.plan.market.fd(),
            commands: made.segments.commands.fd(),
            events: made.segments.events.fd(),
            cursor: made.segments.cursor.fd(),
            wakes_client: of_client.fd(),
            wakes_engine: of_engine.fd(),
        };
        let connection = caller.welcome(&welcome, handed).map_err(BusError::Attach)?;
        let stage = Stage::Welcome { line: Box::new(made.line), until: self.clock.now() + READY_WITHIN };
        let Entry { berth, is_successor } = entry;
        self.awaited.remove(&berth);
        self.guests.push(Guest {
            berth,
            usage: Usage::of(connection.peer()),
            connection,
            wakes_engine,
            stage,
            is_successor,
            snapshots_left: SNAPSHOTS_MAX,
            before: LineFigures::default(),
            kept: made.kept,
            _segments: made.segments,
        });
        if is_successor || self.moor(self.guests.len() - 1) {
            return Ok(());
        }
        self.guests.pop();
        Err(BusError::System("reach the engine", std::io::ErrorKind::WouldBlock.into()))
    }

    fn words_of_welcome(&self, entry: &Entry, made: &Made) -> Welcome {
        let berth = &self.plan.berths[entry.berth];
        let mut places = made.places.clone();
        places.resize(berth.channels().count(), 0);
        let (of_instruments, of_pairs) = places.split_at(2 * berth.instruments.len());
        let place = |places: &[u64]| Place { book: places[0], market: places[1] };
        let pair = |((name, members), place): (&(String, Vec<InstrumentId>), &u64)| Pair {
            name: name.clone(),
            members: members.iter().map(|id| id.0).collect(),
            place: *place,
        };
        let terms = Terms {
            levels_shown: berth.levels_shown,
            engine_sleeps: self.plan.engine_sleeps,
            places: of_instruments.chunks(2).map(place).collect(),
            pairs: berth.pairs.iter().zip(of_pairs).map(pair).collect(),
        };
        let named =
            |(id, name): &(InstrumentId, String)| (*id, Text::new(name).expect("a durable name is short"));
        Welcome {
            boot_id: self.plan.memory.boot_id,
            epoch: self.plan.epoch,
            strategy_id: berth.strategy_id,
            abi_minor: ABI_MINOR,
            lock_step: self.plan.is_in_step,
            order_counter: berth.status.counter(),
            is_successor: entry.is_successor,
            instrument_count: self.plan.instrument_count,
            instruments: berth.instruments.iter().map(named).collect(),
            settings: terms.text(),
        }
    }
}
