//! Makes actors and channels in the order of the flow, and hands each actor its ends.
//!
//! An actor's inboxes are added in the order in which it drains them; that order is part of what makes two runs alike.

mod estimator;
mod orders;
mod strategies;

use std::io;

use fulmar_bus::record::{InstrumentId, Nanos};
use fulmar_bus::segment::SegmentBuilder;

use super::channels::{Channel, ChannelRole, Channels};
use super::plan::{EnginePlan, OrderRoute, PairPlan, RingSizes, VenuePlan};
use super::{Assembly, Link, Surroundings};
use crate::actors::{Aggregator, BookBuilder, Feed};
use crate::contract::Connection;
use crate::market::JumpGuard;
use crate::runtime::{Actor, Doorbell, FrameWriter, Hop, Inboxes, Outbox, RequestReader, Seat, Stage};
use crate::trading::risk::RiskSettings;
use crate::trading::treasury::TreasuryPlan;

/// Slots of a channel that carries a wish now and then: what two of the longest records take.
pub(super) const RECALL_SLOTS: usize = 128;

/// Places in the flow.
mod rank {
    pub const FEED: u8 = 0;
    pub const BOOK: u8 = 1;
    pub const AGGREGATOR: u8 = 2;
    pub const STRATEGY: u8 = 3;
    pub const RISK: u8 = 4;
    pub const GATEWAY: u8 = 5;
}

/// What has been made so far.
pub(super) struct Builder<'a> {
    surroundings: &'a Surroundings<'a>,
    sizes: RingSizes,
    is_trading: bool,
    channels: Channels,
    actors: Vec<(u8, Box<dyn Actor>)>,
    links: Vec<Link>,
    instruments: Vec<String>,
    risk: Vec<Option<RiskSettings>>,
    jumps: Vec<JumpGuard>,
    treasury: TreasuryPlan,
    epoch: u32,
    /// By instrument id.
    markets: Vec<Option<Channel>>,
    books: Vec<Option<Channel>>,
    /// By pair.
    aggregates: Vec<(Vec<InstrumentId>, Channel)>,
    intents: Vec<Channel>,
    /// What value at risk allows, where that is limited.
    estimates: Option<Channel>,
    /// By strategy: what it may trade.
    traded: Vec<Vec<InstrumentId>>,
    /// Made before the strategies that read them; the gate takes the writing ends; then the same channels.
    reports: Vec<Outbox>,
    told: Vec<Channel>,
    control: Option<Outbox>,
    /// By instrument: where the gate asks its feed to tell all of it anew.
    recalls: Vec<Option<Outbox>>,
    /// Wishes of attached processes, to be repeated.
    replayed: Vec<Outbox>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        plan: &EnginePlan,
        surroundings: &'a Surroundings<'a>,
        shared: Option<SegmentBuilder>,
    ) -> Self {
        let none = || plan.instruments.iter().map(|_| None).collect();
        Builder {
            surroundings,
            sizes: plan.rings,
            is_trading: !matches!(plan.orders, OrderRoute::None),
            channels: Channels::new(plan.journal_directory.clone(), shared),
            actors: Vec::new(),
            links: Vec::new(),
            instruments: plan.instruments.iter().map(|instrument| instrument.name.clone()).collect(),
            risk: orders::risk(plan),
            jumps: plan
                .instruments
                .iter()
                .map(|instrument| JumpGuard::new(instrument.jump_max_bps))
                .collect(),
            treasury: orders::treasury(plan),
            epoch: plan.epoch,
            markets: none(),
            books: none(),
            aggregates: Vec::new(),
            intents: Vec::new(),
            estimates: None,
            traded: Vec::new(),
            reports: Vec::new(),
            told: Vec::new(),
            control: None,
            recalls: plan.instruments.iter().map(|_| None).collect(),
            replayed: Vec::new(),
        }
    }

    fn bell(&self, actor: &str) -> Option<Doorbell> {
        (self.surroundings.bell_of)(actor)
    }

    /// The feeds of all venues, then the books of all their instruments.
    pub(super) fn venues(&mut self, venues: Vec<VenuePlan>) -> io::Result<()> {
        let mut books = Vec::new();
        for venue in venues {
            let (feed, wishes) = self.feed(venue)?;
            self.actors.push((rank::FEED, Box::new(feed)));
            books.extend(wishes);
        }
        for (instrument_id, resync) in books {
            let book = self.book(instrument_id, resync)?;
            self.actors.push((rank::BOOK, Box::new(book)));
        }
        Ok(())
    }

    fn feed(&mut self, venue: VenuePlan) -> io::Result<(Feed, Vec<(InstrumentId, Outbox)>)> {
        let name = venue.session.venue();
        let actor = format!("feed.{name}");
        let mut inboxes = Inboxes::new();
        let ports = (ChannelRole::Request, &mut inboxes);
        let requests = self.link((name, &actor), venue.session.connections(), ports)?;
        let mut markets: Vec<Option<Outbox>> = self.instruments.iter().map(|_| None).collect();
        let mut wishes = Vec::new();
        let slots = self.sizes.market_of(venue.session.book_levels_max());
        for instrument_id in venue.instruments {
            let instrument = self.instruments[instrument_id.index()].clone();
            let market =
                self.channels.make(&format!("market.{instrument}"), ChannelRole::Market, slots, 0)?;
            let mut outbox = market.outbox();
            self.stamp(&mut outbox, Stage::Hop(Hop::Decode));
            self.ring_at(&mut outbox, &[&format!("book.{instrument}")]);
            if self.is_trading && self.risk[instrument_id.index()].is_some() {
                // A trade may trigger an order that the gate holds.
                self.ring_at(&mut outbox, &["risk"]);
            }
            markets[instrument_id.index()] = Some(outbox);
            self.markets[instrument_id.index()] = Some(market);
            let resync = format!("resync.{instrument}");
            let resync = self.channels.make(&resync, ChannelRole::Book, self.sizes.resync, 1)?;
            inboxes.add(resync.gated());
            let mut wish = resync.outbox();
            self.stamp(&mut wish, Stage::Carry);
            self.ring_at(&mut wish, &[&actor]);
            wishes.push((instrument_id, wish));
            if self.is_trading && self.risk[instrument_id.index()].is_some() {
                let name = format!("recall.{instrument}");
                let recall = self.channels.make(&name, ChannelRole::Book, RECALL_SLOTS, 1)?;
                inboxes.add(recall.gated());
                let mut wish = recall.outbox();
                self.stamp(&mut wish, Stage::Carry);
                self.ring_at(&mut wish, &[&actor]);
                self.recalls[instrument_id.index()] = Some(wish);
            }
        }
        let stamps = self.surroundings.stamps.clone();
        Ok((Feed::new(venue.session, inboxes, markets, requests, stamps), wishes))
    }

    fn book(&mut self, instrument_id: InstrumentId, mut resync: Outbox) -> io::Result<BookBuilder> {
        let name = self.instruments[instrument_id.index()].clone();
        let mut inboxes = Inboxes::new();
        inboxes.add(self.market(instrument_id).reader());
        resync.tell_refusals(inboxes.refusals());
        let channel = self.channels.make(&format!("book.{name}"), ChannelRole::Book, self.sizes.book, 0)?;
        let mut outbox = channel.outbox();
        self.stamp(&mut outbox, Stage::Hop(Hop::Book));
        self.books[instrument_id.index()] = Some(channel);
        let jump = self.jumps[instrument_id.index()].clone();
        Ok(BookBuilder::new(&name, (instrument_id, jump), inboxes, outbox, resync))
    }

    pub(super) fn aggregators(&mut self, pairs: Vec<PairPlan>, intervals: &[Nanos]) -> io::Result<()> {
        for pair in pairs {
            let mut inboxes = Inboxes::new();
            for instrument_id in &pair.instruments {
                inboxes.add(self.book_of(*instrument_id).reader());
            }
            for instrument_id in &pair.instruments {
                inboxes.add(self.market(*instrument_id).reader());
            }
            let name = format!("aggregate.{}", pair.name);
            let channel = self.channels.make(&name, ChannelRole::Book, self.sizes.book, 0)?;
            let mut outbox = channel.outbox();
            self.stamp(&mut outbox, Stage::Carry);
            let fee_of = |id| pair.taker_fees.iter().find(|(of, _)| *of == id).map(|(_, fee)| *fee);
            let members: Vec<_> = pair.instruments.iter().map(|id| (*id, fee_of(*id))).collect();
            let actor = Aggregator::new(&pair.name, &members, intervals, inboxes, outbox);
            self.actors.push((rank::AGGREGATOR, Box::new(actor)));
            self.aggregates.push((pair.instruments, channel));
        }
        Ok(())
    }

    /// A border with the IO: the first inbox of `actor` gives its frames; the outbox returned takes its requests.
    fn link(
        &mut self,
        (name, actor): (&str, &str),
        connections: Vec<Connection>,
        (role, inboxes): (ChannelRole, &mut Inboxes),
    ) -> io::Result<Outbox> {
        let frames =
            self.channels.make(&format!("frames.{name}"), ChannelRole::Input, self.sizes.frames, 1)?;
        inboxes.add(frames.gated());
        let requests = self.channels.make(&format!("requests.{name}"), role, self.sizes.small, 2)?;
        let bell = Doorbell::new();
        let mut outbox = requests.gated_outbox(inboxes);
        outbox.ring(bell.clone());
        let frames = FrameWriter::new(frames.writer(), self.bell(actor));
        let requests = RequestReader::new(requests.gated(), bell);
        self.links.push(Link { name: name.to_owned(), connections, frames, requests });
        Ok(outbox)
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

    fn stamp(&self, outbox: &mut Outbox, stage: Stage) {
        if let Some(stamps) = &self.surroundings.stamps {
            outbox.stamp(stamps.station(stage));
        }
    }

    pub(super) fn finish(self) -> Assembly {
        let number = |index: usize| u16::try_from(index).expect("a plan has far fewer actors than 2^16");
        let seats = self.actors.into_iter().enumerate();
        let seats = seats.map(|(index, (rank, actor))| Seat { number: number(index), rank, actor }).collect();
        let Builder { links, control, channels, replayed: wishes, .. } = self;
        Assembly { seats, links, control, wishes, channels }
    }
}
