//! From a plan to actors, channels and the borders with the IO. Everything is made here, before any thread starts;
//! nothing is made later.
//!
//! The order of making is the order of the flow (feeds, books, aggregators, strategies, risk, gateway), so the numbers
//! of actors and the ids of channels are the same in every run of one plan, whatever cores it is placed on.

mod builder;
mod channels;
mod held;
mod memory;
mod plan;

use std::io;

use fulmar_bus::channel::Ring;
use fulmar_bus::segment::{Segment, SegmentBuilder, SegmentError};

use crate::actors::Estimator;
use crate::contract::Connection;
use crate::runtime::{
    DigestBoard, Doorbell, FrameWriter, HopStamps, NoteWriter, Outbox, RequestReader, Seat,
};
use builder::Builder;
use channels::Channels;
pub use channels::{ChannelName, ChannelRole};
pub use memory::{Footprint, VenueFootprint};
pub use plan::{
    EnginePlan, GatewayPlan, Home, InstrumentPlan, KeptOrders, OrderRoute, PairPlan, RingSizes, StrategyPlan,
    VenuePlan,
};

/// A whole engine that stands still.
pub struct Assembly {
    /// The actors, in the order of the flow, with their numbers.
    pub seats: Vec<Seat>,
    /// The borders with the IO.
    pub links: Vec<Link>,
    /// Where the operator's orders go in; `None` where there is no risk gate to take them.
    pub control: Option<Outbox>,
    /// Where what attached processes wanted goes in, where a run is played again.
    pub wishes: Vec<Outbox>,
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

    /// Memory that the rings take.
    pub fn rings_bytes(&self) -> u64 {
        self.channels.bytes()
    }

    /// The hash of every output channel.
    pub fn digests(&self) -> &DigestBoard {
        self.channels.digests()
    }

    /// What other processes may read, for ever read-only to them; `None` where nothing is shared.
    ///
    /// # Errors
    /// What the system says.
    pub fn share(&mut self) -> Result<Option<Segment>, SegmentError> {
        self.channels.take_shared().map(SegmentBuilder::seal).transpose()
    }

    /// What a core loop of this name notes goes to a channel of its own.
    ///
    /// # Errors
    /// What the system says where the channel's file cannot be made.
    pub fn note_channel(&mut self, core: &str) -> io::Result<NoteWriter> {
        let channel = self.channels.make(&format!("notes.{core}"), ChannelRole::Note, NOTE_SLOTS, 0)?;
        Ok(NoteWriter::new(channel.outbox()))
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
    if !matches!(plan.orders, OrderRoute::None) && Estimator::is_needed(&plan.treasury) {
        names.push("estimator".to_owned());
    }
    if !matches!(plan.orders, OrderRoute::None) {
        names.push("risk".to_owned());
    }
    names.extend(plan.orders.accounts().into_iter().map(|(name, _)| format!("gateway.{name}")));
    names
}

/// Makes everything that `plan` says.
///
/// # Errors
/// What the system says where the file of a channel that is written ahead cannot be made.
pub fn build(plan: EnginePlan, surroundings: &Surroundings<'_>) -> io::Result<Assembly> {
    build_shared(plan, surroundings, None)
}

/// As [`build`], with market data in memory that other processes may read: [`Assembly::share`] gives it.
///
/// # Errors
/// As [`build`], and what the system says where there is no such memory.
pub fn build_shared(
    plan: EnginePlan,
    surroundings: &Surroundings<'_>,
    shared: Option<SegmentBuilder>,
) -> io::Result<Assembly> {
    let names = actor_names(&plan);
    let mut builder = Builder::new(&plan, surroundings, shared);
    builder.venues(plan.venues)?;
    builder.aggregators(plan.pairs, &plan.bar_intervals)?;
    if !matches!(plan.orders, OrderRoute::None) {
        let names = builder.names(&plan.strategies, plan.held.restored);
        builder.strategies(plan.strategies, plan.epoch)?;
        builder.orders(plan.orders, (names, plan.held.file.as_deref()))?;
    }
    let assembly = builder.finish();
    let made: Vec<&str> = assembly.seats.iter().map(|seat| seat.actor.name()).collect();
    assert_eq!(made, names, "actors are made in the order in which they are named");
    Ok(assembly)
}

/// Slots of a note channel: room for what a busy loop notes while the recorder waits for the disk.
const NOTE_SLOTS: usize = 1 << 16;
