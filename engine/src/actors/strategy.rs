//! Hosts one strategy inside the engine: records in, callbacks, intents out.
//!
//! Reads: its reports, then of each of its instruments the book channel and the market channel, then the aggregates;
//! with depth, the market channel before the book channel. Writes: its channel of intents. Owns: the strategy, its
//! view, its timers. On failure: its core loop ends, the gate is told to cancel all, and the run ends. It can reach
//! nothing but its intents, and those meet the risk gate.

use fulmar_bus::channel::Reader;
use fulmar_bus::record::{
    AccountId, CancelIntent, ClientOrderId, Flags, Heading, InstrumentId, Intent, Kind, ModifyIntent, Record,
    RecordId, StrategyId, Timer, UnixNanos,
};

use super::attached::turn_done;
use super::limits::{BOOK_LEVELS_MAX, STRATEGY_ORDERS_MAX, STRATEGY_TIMERS_MAX};
use crate::contract::strategy::{BookDepth, Context, IntentSink, Strategy, View, deliver, deliver_market};
use crate::runtime::{Actor, Delivery, Inboxes, Origin, Outbox, Work};
use crate::trading::risk::{Breach, RiskCheck};

/// The actor of one strategy.
pub struct StrategyHost {
    name: String,
    inboxes: Inboxes,
    sources: Vec<Source>,
    strategy: Box<dyn Strategy>,
    view: View,
    desk: Desk,
    record: Record,
    malformed_count: u64,
    /// Of which records were lost, where what stands can be asked for: they are not read on until it is here.
    lost: Option<Vec<InstrumentId>>,
}

/// What an inbox gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Reports,
    Book(InstrumentId),
    /// What the venue tells of this instrument. Whether levels count is the view's to say, which keeps a book or not.
    Market(InstrumentId),
    Aggregate,
}

/// What a strategy reads, before it is hosted.
pub struct StrategyPorts {
    inboxes: Inboxes,
    sources: Vec<Source>,
    instruments: Vec<InstrumentId>,
    pairs: Vec<Vec<InstrumentId>>,
    depth: BookDepth,
}

impl StrategyPorts {
    /// Its reports, which it must not lose, and how much of its books it sees.
    pub fn new(reports: Reader, depth: BookDepth) -> Self {
        let mut ports = StrategyPorts {
            inboxes: Inboxes::new(),
            sources: Vec::new(),
            instruments: Vec::new(),
            pairs: Vec::new(),
            depth,
        };
        ports.add(reports, Source::Reports);
        ports
    }

    /// An instrument that it sees and may trade.
    pub fn add_instrument(
        &mut self,
        instrument_id: InstrumentId,
        book: impl Into<Stream>,
        market: impl Into<Stream>,
    ) {
        self.instruments.push(instrument_id);
        if self.depth == BookDepth::Top {
            self.add(book, Source::Book(instrument_id));
            self.add(market, Source::Market(instrument_id));
        } else {
            // When a quote comes, the levels that led to it stand in the view.
            self.add(market, Source::Market(instrument_id));
            self.add(book, Source::Book(instrument_id));
        }
    }

    /// Bars and consolidated tops of the pair of these instruments.
    pub fn add_aggregate(&mut self, pair: &[InstrumentId], aggregate: impl Into<Stream>) {
        self.pairs.push(pair.to_vec());
        self.add(aggregate, Source::Aggregate);
    }

    /// What it reads.
    pub fn inboxes(&self) -> &Inboxes {
        &self.inboxes
    }

    /// The same, for whoever reads it in the strategy's place.
    pub(super) fn into_inboxes(self) -> Inboxes {
        self.inboxes
    }

    fn add(&mut self, stream: impl Into<Stream>, source: Source) {
        let Stream { standing, live } = stream.into();
        match standing {
            Some(standing) => {
                let inbox = self.inboxes.add(standing);
                self.inboxes.go_on_with(inbox, live);
            }
            None => {
                self.inboxes.add(live);
            }
        }
        self.sources.push(source);
    }
}

/// What is read of a channel.
pub struct Stream {
    /// What stood before, where it was not heard from the beginning.
    pub standing: Option<Reader>,
    /// What is told from there on.
    pub live: Reader,
}

impl From<Reader> for Stream {
    fn from(live: Reader) -> Self {
        Stream { standing: None, live }
    }
}

/// Where what the strategy wants is gathered.
struct Desk {
    intents: Outbox,
    epoch: u32,
    strategy_id: StrategyId,
    counter: u64,
    origin: Origin,
    /// Intents that found no room; denied in the next turn.
    refused: Vec<(InstrumentId, Intent, UnixNanos)>,
    /// In the order in which they are due.
    timers: Vec<Timer>,
    refused_timers: u64,
}

impl StrategyHost {
    /// Hosts `strategy`, called `name`, whose orders name this boot and strategy id.
    pub fn new(
        name: &str,
        (epoch, strategy_id): (u32, StrategyId),
        strategy: Box<dyn Strategy>,
        ports: StrategyPorts,
        intents: Outbox,
    ) -> Self {
        let desk = Desk {
            intents,
            epoch,
            strategy_id,
            counter: 0,
            origin: Origin::time(UnixNanos(0)),
            refused: Vec::with_capacity(STRATEGY_ORDERS_MAX),
            timers: Vec::with_capacity(STRATEGY_TIMERS_MAX),
            refused_timers: 0,
        };
        let mut view = View::new(&ports.instruments, STRATEGY_ORDERS_MAX);
        view.keep_books(ports.depth, BOOK_LEVELS_MAX);
        ports.pairs.iter().for_each(|pair| view.join(pair));
        StrategyHost {
            name: format!("strategy.{name}"),
            inboxes: ports.inboxes,
            sources: ports.sources,
            strategy,
            view,
            desk,
            record: Record::new(),
            malformed_count: 0,
            lost: None,
        }
    }

    /// Names orders from the one behind `counter` on: those up to it were another host's.
    pub fn count_from(&mut self, counter: u64) {
        self.desk.counter = counter;
    }

    /// Lets `act` see and want what the strategy may, between two turns, as if a timer had fired at `now`.
    pub fn act<R>(&mut self, now: UnixNanos, act: impl FnOnce(&mut Context<'_>) -> R) -> R {
        self.desk.origin = Origin::time(now);
        act(&mut Context::new(now, &mut self.view, &mut self.desk))
    }

    /// From now on an instrument of which records were lost is not read on until [`StrategyHost::restore`] gives what
    /// stands: whoever hosts the strategy can ask for that.
    pub fn ask_for_lost(&mut self) {
        self.lost = Some(Vec::new());
    }

    /// Instruments of which records were lost since this was last asked.
    pub fn lost(&mut self) -> Vec<InstrumentId> {
        self.lost.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Reads an instrument on: with what stands and what follows that, best prices and market data, or without where
    /// nobody could say what stands.
    pub fn restore(&mut self, instrument_id: InstrumentId, streams: Option<(Stream, Stream)>) {
        let (mut book, mut market) =
            streams.map_or((None, None), |(book, market)| (Some(book), Some(market)));
        for (index, source) in self.sources.iter().enumerate() {
            let stream = match source {
                Source::Book(of) if *of == instrument_id => book.take(),
                Source::Market(of) if *of == instrument_id => market.take(),
                _ => continue,
            };
            let (reader, then) = match stream {
                Some(Stream { standing: Some(standing), live }) => (Some(standing), Some(live)),
                Some(Stream { standing: None, live }) => (Some(live), None),
                None => (None, None),
            };
            self.inboxes.set_anew(index, reader);
            then.into_iter().for_each(|live| self.inboxes.go_on_with(index, live));
        }
    }

    /// Records of a channel were lost.
    fn lose(&mut self, inbox: usize) {
        self.view.distrust();
        if let Source::Market(instrument_id) = self.sources[inbox] {
            self.view.lose_market(instrument_id);
        }
        let (Source::Market(lost) | Source::Book(lost)) = self.sources[inbox] else { return };
        if let Some(all) = &mut self.lost {
            let is_of =
                |source: &Source| matches!(source, Source::Market(of) | Source::Book(of) if *of == lost);
            let of_it = self.sources.iter().enumerate().filter(|(_, source)| is_of(source));
            of_it.for_each(|(index, _)| self.inboxes.hold(index));
            all.push(lost);
        }
    }

    /// What the strategy wanted so far: orders, changes and cancels.
    pub fn wanted_count(&self) -> u64 {
        self.desk.intents.sequence()
    }

    /// In step with an engine: says behind what the strategy wanted in a turn that the turn is done; false where that
    /// finds no room yet.
    pub fn end_turn(&mut self, now: UnixNanos) -> bool {
        let done = turn_done(self.due_at());
        self.desk.intents.send(Origin::time(now), InstrumentId::NONE, &done).is_ok()
    }

    /// Fires the timers that are due at `now`, and denies what found no room before.
    fn on_time(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        self.desk.origin = Origin::time(now);
        // What a callback adds here is for the next turn, so a strategy cannot keep its host busy for ever.
        let due_count = self.desk.timers.partition_point(|timer| timer.due_at <= now);
        for _ in 0..due_count {
            let timer = self.desk.timers.remove(0);
            work += Work(1);
            self.record.write(heading(InstrumentId::NONE, now), &timer);
            self.deliver_own(now);
        }
        for _ in 0..self.desk.refused.len() {
            let (instrument_id, intent, _) = self.desk.refused.remove(0);
            work += Work(1);
            let denial = RiskCheck::IntentRingFull.deny(&intent, Breach::UNKNOWABLE);
            self.record.write(heading(instrument_id, now), &denial);
            self.deliver_own(now);
        }
        work
    }

    fn deliver_own(&mut self, now: UnixNanos) {
        let mut context = Context::new(now, &mut self.view, &mut self.desk);
        let delivered = deliver(self.strategy.as_mut(), &mut context, &self.record);
        self.malformed_count += u64::from(delivered.is_err());
    }
}

impl Actor for StrategyHost {
    fn name(&self) -> &str {
        &self.name
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn on_start(&mut self, now: UnixNanos) {
        self.desk.origin = Origin::time(now);
        self.strategy.on_start(&mut Context::new(now, &mut self.view, &mut self.desk));
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((inbox, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            let Delivery::Record(record) = delivery else {
                self.lose(inbox);
                continue;
            };
            self.desk.origin = Origin::of(record);
            let mut context = Context::new(now, &mut self.view, &mut self.desk);
            let delivered = match (&self.sources[inbox], record.header().kind()) {
                (Source::Market(_), _) => deliver_market(self.strategy.as_mut(), &mut context, record),
                // Books tell them again to who reads no market channel.
                (_, Some(Kind::Funding | Kind::MarkPrice)) => Ok(()),
                _ => deliver(self.strategy.as_mut(), &mut context, record),
            };
            self.malformed_count += u64::from(delivered.is_err());
        }
        if self.due_at().is_some_and(|due_at| due_at <= now) {
            work += self.on_time(now);
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        let refused = self.desk.refused.first().map(|(_, _, since)| *since);
        refused.or(self.desk.timers.first().map(|timer| timer.due_at))
    }

    fn on_stop(&mut self, now: UnixNanos) {
        self.desk.origin = Origin::time(now);
        self.strategy.on_stop(&mut Context::new(now, &mut self.view, &mut self.desk));
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell("malformed_records", self.malformed_count);
        tell("lost_records", self.inboxes.lost_count());
        tell("orphan_reports", self.view.orphans());
        tell("not_submitted", self.view.not_submitted());
        tell("dropped_levels", self.view.dropped_levels());
        tell("refused_timers", self.desk.refused_timers);
    }
}

impl IntentSink for Desk {
    fn submit(&mut self, instrument_id: InstrumentId, intent: &mut Intent) {
        self.counter += 1;
        intent.client_order_id = ClientOrderId::new(self.epoch, self.strategy_id, self.counter);
        intent.strategy_id = self.strategy_id;
        intent.account_id = AccountId(0);
        if self.intents.send(self.origin, instrument_id, intent).is_err() {
            self.refused.push((instrument_id, *intent, self.origin.received_at));
        }
    }

    fn cancel(&mut self, instrument_id: InstrumentId, client_order_id: ClientOrderId) -> bool {
        self.intents.send(self.origin, instrument_id, &CancelIntent { client_order_id }).is_ok()
    }

    fn modify(&mut self, instrument_id: InstrumentId, modify: &ModifyIntent) -> bool {
        self.intents.send(self.origin, instrument_id, modify).is_ok()
    }

    fn set_timer(&mut self, tag: u64, due_at: UnixNanos) {
        if self.timers.len() == STRATEGY_TIMERS_MAX {
            self.refused_timers += 1;
            return;
        }
        let place = self.timers.partition_point(|timer| timer.due_at <= due_at);
        self.timers.insert(place, Timer { tag, due_at });
    }
}

fn heading(instrument_id: InstrumentId, now: UnixNanos) -> Heading {
    Heading { instrument_id, cause: RecordId::NONE, received_at: now, flags: Flags::NONE }
}
