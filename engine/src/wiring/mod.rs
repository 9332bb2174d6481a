//! From a plan to actors, channels and the borders with the IO. Everything is made here, before any thread starts;
//! nothing is made later.
//!
//! The order of making is the order of the flow (feeds, books, aggregators, strategies, risk, gateway), so the numbers
//! of actors and the ids of channels are the same in every run of one plan, whatever cores it is placed on.

mod channels;
mod plan;

use std::io;

use fulmar_bus::channel::{Region, Ring};
use fulmar_bus::record::InstrumentId;

use crate::actors::{
    Aggregator, BookBuilder, Feed, Gateway, PaperGateway, Risk, RiskPlan, StrategyHost, StrategyPorts,
};
use crate::contract::Connection;
use crate::runtime::{
    Actor, DigestBoard, Doorbell, FrameWriter, Hop, HopStamps, Inboxes, NoteWriter, Outbox, RequestReader,
    Seat,
};
use channels::{Channel, Channels};
pub use channels::{ChannelName, ChannelRole};
pub use plan::{EnginePlan, InstrumentPlan, OrderRoute, PairPlan, RingSizes, StrategyPlan, VenuePlan};

/// A whole engine that stands still.
pub struct Assembly {
    /// The actors, in the order of the flow, with their numbers.
    pub seats: Vec<Seat>,
    /// The borders with the IO.
    pub links: Vec<Link>,
    /// Where the operator's orders go in; `None` where there is no risk gate to take them.
    pub control: Option<Outbox>,
    channels: Channels,
}

/// One border with the IO: a venue's market data or its order entry.
pub struct Link {
    /// What it is called: the venue's name, with `.orders` behind it for order entry.
    pub name: String,
    /// The connections that it needs.
    pub connections: Vec<Connection>,
    /// Where frames go in.
    pub frames: FrameWriter,
    /// Where requests come out.
    pub requests: RequestReader,
}

/// What surrounds the actors: who is woken, and who is timed.
pub struct Surroundings<'a> {
    /// The bell of the core that runs the actor of this name, where that core may sleep.
    pub bell_of: &'a dyn Fn(&str) -> Option<Doorbell>,
    /// Where hops are stamped; `None` in virtual time.
    pub stamps: Option<HopStamps>,
}

impl Assembly {
    /// Readers that do not hold anybody up, for whoever looks at the engine from outside.
    pub fn ring(&self, name: &str) -> Option<&Ring> {
        let mut named = self.channels().filter(|(channel, _)| channel.name == name);
        named.next().map(|(_, ring)| ring)
    }

    /// The channels by id, with their rings.
    pub fn channels(&self) -> impl Iterator<Item = (&ChannelName, &Ring)> {
        self.channels.iter()
    }

    /// The hash of every output channel.
    pub fn digests(&self) -> &DigestBoard {
        self.channels.digests()
    }

    /// What a core loop of this name notes goes to a channel of its own.
    pub fn note_channel(&mut self, core: &str) -> NoteWriter {
        let channel = self.channels.make(&format!("notes.{core}"), ChannelRole::Note, NOTE_SLOTS, 0);
        NoteWriter::new(channel.outbox())
    }
}

/// The names of the actors that `plan` will have, in their order: what a placement is checked against.
pub fn actor_names(plan: &EnginePlan) -> Vec<String> {
    let mut names: Vec<String> =
        plan.venues.iter().map(|venue| format!("feed.{}", venue.session.venue())).collect();
    let books = plan.venues.iter().flat_map(|venue| &venue.instruments);
    names.extend(books.map(|id| format!("book.{}", plan.instruments[id.index()].name)));
    names.extend(plan.pairs.iter().map(|pair| format!("aggregate.{}", pair.name)));
    names.extend(plan.strategies.iter().map(|strategy| format!("strategy.{}", strategy.name)));
    match &plan.orders {
        OrderRoute::None => {}
        OrderRoute::Paper { .. } => names.extend(["risk".to_owned(), "gateway.paper".to_owned()]),
        OrderRoute::Venue { session, .. } => {
            names.extend(["risk".to_owned(), format!("gateway.{}", session.venue())]);
        }
    }
    names
}

/// Makes everything that `plan` says.
///
/// # Errors
/// What the system says where the outbound channel's file cannot be made.
pub fn build(plan: EnginePlan, surroundings: &Surroundings<'_>) -> io::Result<Assembly> {
    let names = actor_names(&plan);
    let mut builder = Builder::new(&plan, surroundings);
    builder.venues(plan.venues);
    builder.aggregators(plan.pairs, &plan.bar_intervals);
    let has_gate = !matches!(plan.orders, OrderRoute::None);
    let strategies = plan.strategies.iter().map(|strategy| strategy.name.clone()).collect::<Vec<_>>();
    if has_gate {
        builder.strategies(plan.strategies, plan.epoch);
        builder.orders(plan.orders, &strategies, plan.journal_directory.as_deref())?;
    }
    let assembly = builder.finish();
    let made: Vec<&str> = assembly.seats.iter().map(|seat| seat.actor.name()).collect();
    assert_eq!(made, names, "actors are made in the order in which they are named");
    Ok(assembly)
}

/// What has been made so far.
struct Builder<'a> {
    surroundings: &'a Surroundings<'a>,
    sizes: RingSizes,
    channels: Channels,
    actors: Vec<(u8, Box<dyn Actor>)>,
    links: Vec<Link>,
    instruments: Vec<String>,
    risk: Vec<Option<crate::trading::risk::RiskSettings>>,
    /// By instrument id.
    markets: Vec<Option<Channel>>,
    books: Vec<Option<Channel>>,
    /// By pair.
    aggregates: Vec<(Vec<InstrumentId>, Channel)>,
    intents: Vec<Channel>,
    /// Made before the strategies that read them; the gate takes the writing ends.
    reports: Vec<Outbox>,
    control: Option<Outbox>,
}

impl<'a> Builder<'a> {
    fn new(plan: &EnginePlan, surroundings: &'a Surroundings<'a>) -> Self {
        let none = || plan.instruments.iter().map(|_| None).collect();
        Builder {
            surroundings,
            sizes: plan.rings,
            channels: Channels::default(),
            actors: Vec::new(),
            links: Vec::new(),
            instruments: plan.instruments.iter().map(|instrument| instrument.name.clone()).collect(),
            risk: plan.instruments.iter().map(|instrument| instrument.risk.clone()).collect(),
            markets: none(),
            books: none(),
            aggregates: Vec::new(),
            intents: Vec::new(),
            reports: Vec::new(),
            control: None,
        }
    }

    fn bell(&self, actor: &str) -> Option<Doorbell> {
        (self.surroundings.bell_of)(actor)
    }

    /// The feeds of all venues, then the books of all their instruments.
    fn venues(&mut self, venues: Vec<VenuePlan>) {
        let mut books = Vec::new();
        for venue in venues {
            let (feed, wishes) = self.feed(venue);
            self.actors.push((rank::FEED, Box::new(feed)));
            books.extend(wishes);
        }
        for (instrument_id, resync) in books {
            let book = self.book(instrument_id, resync);
            self.actors.push((rank::BOOK, Box::new(book)));
        }
    }

    fn feed(&mut self, venue: VenuePlan) -> (Feed, Vec<(InstrumentId, Outbox)>) {
        let name = venue.session.venue();
        let actor = format!("feed.{name}");
        let mut inboxes = Inboxes::new();
        let requests = self.link((name, &actor), venue.session.connections(), None, &mut inboxes);
        let mut markets: Vec<Option<Outbox>> = self.instruments.iter().map(|_| None).collect();
        let mut wishes = Vec::new();
        for instrument_id in venue.instruments {
            let instrument = self.instruments[instrument_id.index()].clone();
            let market = self.channels.make(
                &format!("market.{instrument}"),
                ChannelRole::Market,
                self.sizes.market,
                0,
            );
            let mut outbox = market.outbox();
            self.ring_at(&mut outbox, &[&format!("book.{instrument}")]);
            self.stamp(&mut outbox, Hop::Decode);
            markets[instrument_id.index()] = Some(outbox);
            self.markets[instrument_id.index()] = Some(market);
            let resync =
                self.channels.make(&format!("resync.{instrument}"), ChannelRole::Book, self.sizes.small, 1);
            inboxes.add(resync.gated());
            let mut wish = resync.outbox();
            self.ring_at(&mut wish, &[&actor]);
            wishes.push((instrument_id, wish));
        }
        let stamps = self.surroundings.stamps.clone();
        (Feed::new(venue.session, inboxes, markets, requests, stamps), wishes)
    }

    fn book(&mut self, instrument_id: InstrumentId, resync: Outbox) -> BookBuilder {
        let name = self.instruments[instrument_id.index()].clone();
        let mut inboxes = Inboxes::new();
        inboxes.add(self.market(instrument_id).reader());
        let channel = self.channels.make(&format!("book.{name}"), ChannelRole::Book, self.sizes.small, 0);
        let mut outbox = channel.outbox();
        self.stamp(&mut outbox, Hop::Book);
        self.books[instrument_id.index()] = Some(channel);
        BookBuilder::new(&name, instrument_id, inboxes, outbox, resync)
    }

    fn aggregators(&mut self, pairs: Vec<PairPlan>, intervals: &[fulmar_bus::record::Nanos]) {
        for pair in pairs {
            let mut inboxes = Inboxes::new();
            for instrument_id in &pair.instruments {
                inboxes.add(self.book_of(*instrument_id).reader());
            }
            for instrument_id in &pair.instruments {
                inboxes.add(self.market(*instrument_id).reader());
            }
            let name = format!("aggregate.{}", pair.name);
            let channel = self.channels.make(&name, ChannelRole::Book, self.sizes.small, 0);
            let outbox = channel.outbox();
            let actor = Aggregator::new(&pair.name, &pair.instruments, intervals, inboxes, outbox);
            self.actors.push((rank::AGGREGATOR, Box::new(actor)));
            self.aggregates.push((pair.instruments, channel));
        }
    }

    fn strategies(&mut self, strategies: Vec<StrategyPlan>, epoch: u32) {
        for (index, plan) in strategies.into_iter().enumerate() {
            let actor = format!("strategy.{}", plan.name);
            let reports = self.channels.make(
                &format!("reports.{}", plan.name),
                ChannelRole::Order,
                self.sizes.small,
                1,
            );
            let intents = self.channels.make(
                &format!("intents.{}", plan.name),
                ChannelRole::Order,
                self.sizes.small,
                1,
            );
            let mut ports = StrategyPorts::new(reports.gated());
            for instrument_id in &plan.instruments {
                let (book, market) =
                    (self.book_of(*instrument_id).reader(), self.market(*instrument_id).reader());
                ports.add_instrument(*instrument_id, book, market);
            }
            for (members, aggregate) in &self.aggregates {
                if members.iter().any(|member| plan.instruments.contains(member)) {
                    ports.add_aggregate(aggregate.reader());
                }
            }
            let mut outbox = intents.outbox();
            self.stamp(&mut outbox, Hop::Strategy);
            self.ring_at(&mut outbox, &["risk"]);
            let mut told = reports.outbox();
            self.ring_at(&mut told, &[&actor]);
            self.reports.push(told);
            self.intents.push(intents);
            let strategy_id =
                fulmar_bus::record::StrategyId(u16::try_from(index).expect("a plan has few strategies"));
            let host = StrategyHost::new(&plan.name, (epoch, strategy_id), plan.strategy, ports, outbox);
            self.actors.push((rank::STRATEGY, Box::new(host)));
        }
    }

    fn orders(
        &mut self,
        route: OrderRoute,
        strategies: &[String],
        directory: Option<&std::path::Path>,
    ) -> io::Result<()> {
        let (gateway_name, account_id) = match &route {
            OrderRoute::None => return Ok(()),
            OrderRoute::Paper { account_id } => ("paper", *account_id),
            OrderRoute::Venue { session, account_id } => (session.venue(), *account_id),
        };
        let gateway = format!("gateway.{gateway_name}");
        let control = self.channels.make("control", ChannelRole::Input, self.sizes.small, 1);
        let reports = self.channels.make(&gateway, ChannelRole::Order, self.sizes.small, 1);
        let approved = self.channels.make("approved", ChannelRole::Order, self.sizes.small, 1);
        let risk = self.risk_gate(account_id, (&control, &reports, &approved), &gateway);
        assert_eq!(strategies.len(), self.intents.len(), "every strategy has its channel of intents");
        self.actors.push((rank::RISK, Box::new(risk)));
        let mut operator = control.outbox();
        self.ring_at(&mut operator, &["risk"]);
        self.control = Some(operator);
        let mut told = reports.outbox();
        self.ring_at(&mut told, &["risk"]);
        let actor: Box<dyn Actor> = match route {
            OrderRoute::None => return Ok(()),
            OrderRoute::Paper { .. } => Box::new(self.paper(&approved, told)),
            OrderRoute::Venue { session, .. } => {
                let mut inboxes = Inboxes::new();
                inboxes.add(approved.gated());
                let name = format!("{gateway_name}.orders");
                let region = self.outbound_region(directory)?;
                let mut outbound = self.link((&name, &gateway), session.connections(), region, &mut inboxes);
                self.stamp(&mut outbound, Hop::Encode);
                Box::new(Gateway::new(session, inboxes, told, outbound))
            }
        };
        self.actors.push((rank::GATEWAY, actor));
        Ok(())
    }

    fn risk_gate(
        &mut self,
        account_id: fulmar_bus::record::AccountId,
        (control, reports, approved): (&Channel, &Channel, &Channel),
        gateway: &str,
    ) -> Risk {
        let mut inboxes = Inboxes::new();
        inboxes.add(control.gated());
        inboxes.add(reports.gated());
        let traded: Vec<usize> = (0..self.risk.len()).filter(|index| self.risk[*index].is_some()).collect();
        for index in &traded {
            let book = self.books[*index].as_ref().expect("an instrument that is traded has a book");
            inboxes.add(book.reader());
        }
        for intents in &self.intents {
            inboxes.add(intents.gated());
        }
        let mut outbox = approved.outbox();
        self.stamp(&mut outbox, Hop::Risk);
        self.ring_at(&mut outbox, &[gateway]);
        let plan = RiskPlan {
            settings: std::mem::take(&mut self.risk),
            book_count: traded.len(),
            strategy_count: self.intents.len(),
            account_id,
        };
        Risk::new(plan, inboxes, outbox, std::mem::take(&mut self.reports))
    }

    fn paper(&mut self, approved: &Channel, reports: Outbox) -> PaperGateway {
        let mut inboxes = Inboxes::new();
        for channel in self.books.iter().chain(&self.markets).flatten() {
            inboxes.add(channel.reader());
        }
        inboxes.add(approved.gated());
        PaperGateway::new(inboxes, self.instruments.len(), self.books.iter().flatten().count(), reports)
    }

    /// Where orders are written ahead, or `None` for the heap.
    fn outbound_region(&self, directory: Option<&std::path::Path>) -> io::Result<Option<Region>> {
        let shape = channels::shape(self.sizes.small, 2);
        directory.map(|path| Region::map_file(&path.join(OUTBOUND_FILE), shape.word_count())).transpose()
    }

    /// A border with the IO: the first inbox of `actor` gives its frames; the outbox returned takes its requests.
    fn link(
        &mut self,
        (name, actor): (&str, &str),
        connections: Vec<Connection>,
        region: Option<Region>,
        inboxes: &mut Inboxes,
    ) -> Outbox {
        let frames = self.channels.make(&format!("frames.{name}"), ChannelRole::Input, self.sizes.frames, 1);
        inboxes.add(frames.gated());
        let is_outbound = region.is_some() || name.ends_with(".orders");
        let role = if is_outbound { ChannelRole::Outbound } else { ChannelRole::Request };
        let requests = format!("requests.{name}");
        let requests = match region {
            Some(region) => self.channels.make_in(region, &requests, role, (self.sizes.small, 2)),
            None => self.channels.make(&requests, role, self.sizes.small, 2),
        };
        let bell = Doorbell::new();
        let mut outbox = requests.outbox();
        outbox.ring(bell.clone());
        let frames = FrameWriter::new(frames.writer(), self.bell(actor));
        let requests = RequestReader::new(requests.gated(), bell);
        self.links.push(Link { name: name.to_owned(), connections, frames, requests });
        outbox
    }

    fn market(&self, instrument_id: InstrumentId) -> &Channel {
        self.markets[instrument_id.index()].as_ref().expect("its venue was made before")
    }

    fn book_of(&self, instrument_id: InstrumentId) -> &Channel {
        self.books[instrument_id.index()].as_ref().expect("its venue was made before")
    }

    /// Rings the cores of these actors, where they may sleep, at each record.
    fn ring_at(&self, outbox: &mut Outbox, actors: &[&str]) {
        actors.iter().filter_map(|actor| self.bell(actor)).for_each(|bell| outbox.ring(bell));
    }

    fn stamp(&self, outbox: &mut Outbox, hop: Hop) {
        if let Some(stamps) = &self.surroundings.stamps {
            outbox.stamp(hop, stamps.clone());
        }
    }

    fn finish(self) -> Assembly {
        let number = |index: usize| u16::try_from(index).expect("a plan has far fewer actors than 2^16");
        let seats = self.actors.into_iter().enumerate();
        let seats = seats.map(|(index, (rank, actor))| Seat { number: number(index), rank, actor }).collect();
        Assembly { seats, links: self.links, control: self.control, channels: self.channels }
    }
}

/// Places in the flow.
mod rank {
    pub const FEED: u8 = 0;
    pub const BOOK: u8 = 1;
    pub const AGGREGATOR: u8 = 2;
    pub const STRATEGY: u8 = 3;
    pub const RISK: u8 = 4;
    pub const GATEWAY: u8 = 5;
}

/// Slots of a note channel: room for what a busy loop notes while the recorder waits for the disk.
const NOTE_SLOTS: usize = 1 << 16;

/// The outbound channel's file in a journal's directory.
pub const OUTBOUND_FILE: &str = "outbound.ring";
