//! Makes actors and channels in the order of the flow, and hands each actor its ends.
//!
//! An actor's inboxes are added in the order in which it drains them; that order is part of what makes two runs alike.

mod estimator;

use std::io;
use std::path::Path;

use fulmar_bus::record::{AccountId, HeldOrder, InstrumentId, Nanos, StrategyId};

use super::channels::{Channel, ChannelRole, Channels};
use super::plan::{EnginePlan, OrderRoute, PairPlan, RingSizes, StrategyPlan, VenuePlan};
use super::{Assembly, Link, Surroundings, held};
use crate::actors::{
    Aggregator, BookBuilder, Feed, Gateway, HELD_SLOTS, HeldPlan, PaperGateway, Risk, RiskOutboxes, RiskPlan,
    StrategyHost, StrategyPorts,
};
use crate::contract::Connection;
use crate::market::JumpGuard;
use crate::runtime::{Actor, Doorbell, FrameWriter, Hop, Inboxes, Outbox, RequestReader, Seat, Stage};
use crate::simulation::paper::PaperFees;
use crate::trading::risk::{RiskSettings, ScopeLimits};
use crate::trading::treasury::TreasuryPlan;

/// Slots of a channel that carries a wish now and then: what two of the longest records take.
const RECALL_SLOTS: usize = 128;

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
}

impl<'a> Builder<'a> {
    pub(super) fn new(plan: &EnginePlan, surroundings: &'a Surroundings<'a>) -> Self {
        let none = || plan.instruments.iter().map(|_| None).collect();
        Builder {
            surroundings,
            sizes: plan.rings,
            is_trading: !matches!(plan.orders, OrderRoute::None),
            channels: Channels::new(plan.journal_directory.clone()),
            actors: Vec::new(),
            links: Vec::new(),
            instruments: plan.instruments.iter().map(|instrument| instrument.name.clone()).collect(),
            risk: plan.instruments.iter().map(|instrument| instrument.risk.clone()).collect(),
            jumps: plan
                .instruments
                .iter()
                .map(|instrument| JumpGuard::new(instrument.jump_max_bps))
                .collect(),
            treasury: treasury(plan),
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

    pub(super) fn strategies(&mut self, strategies: Vec<StrategyPlan>, epoch: u32) -> io::Result<()> {
        let report_readers = 1 + self.estimator_count();
        for (index, plan) in strategies.into_iter().enumerate() {
            self.traded.push(plan.instruments.clone());
            let actor = format!("strategy.{}", plan.name);
            let mut order_channel = |stream: &str, readers| {
                let name = format!("{stream}.{}", plan.name);
                self.channels.make(&name, ChannelRole::Order, self.sizes.small, readers)
            };
            let (reports, intents) =
                (order_channel("reports", report_readers)?, order_channel("intents", 1)?);
            let mut ports = StrategyPorts::new(reports.gated(), plan.book);
            for instrument_id in &plan.instruments {
                let (book, market) =
                    (self.book_of(*instrument_id).reader(), self.market(*instrument_id).reader());
                ports.add_instrument(*instrument_id, book, market);
            }
            for (members, aggregate) in &self.aggregates {
                if members.iter().any(|member| plan.instruments.contains(member)) {
                    ports.add_aggregate(members, aggregate.reader());
                }
            }
            let mut outbox = intents.gated_outbox(ports.inboxes());
            self.stamp(&mut outbox, Stage::Hop(Hop::Strategy));
            self.ring_at(&mut outbox, &["risk"]);
            let mut told = reports.outbox();
            self.stamp(&mut told, Stage::Report);
            self.ring_at(&mut told, &[&actor, "estimator"]);
            self.reports.push(told);
            self.told.push(reports);
            self.intents.push(intents);
            let strategy_id = StrategyId(u16::try_from(index).expect("a plan has few strategies"));
            let host = StrategyHost::new(&plan.name, (epoch, strategy_id), plan.strategy, ports, outbox);
            self.actors.push((rank::STRATEGY, Box::new(host)));
        }
        Ok(())
    }

    /// What the gate keeps held orders by, and those that it holds again.
    pub(super) fn names(&self, strategies: &[StrategyPlan], restored: Vec<HeldOrder>) -> HeldPlan {
        held::names(strategies, (&self.instruments, &self.risk), restored)
    }

    pub(super) fn orders(
        &mut self,
        route: OrderRoute,
        (held, file): (HeldPlan, Option<&Path>),
    ) -> io::Result<()> {
        let (gateway_name, account) = match &route {
            OrderRoute::None => return Ok(()),
            OrderRoute::Paper { account_id, .. } => ("paper", (*account_id, false)),
            OrderRoute::Venue { session, account_id } => (session.venue(), (*account_id, true)),
        };
        let gateway = format!("gateway.{gateway_name}");
        let control = self.channels.make("control", ChannelRole::Input, self.sizes.small, 1)?;
        let reports = self.channels.make(&gateway, ChannelRole::Order, self.sizes.small, 1)?;
        let approved = self.channels.make("approved", ChannelRole::Order, self.sizes.small, 1)?;
        let aside = self.account()?;
        let kept = file.map(|file| self.channels.keep_at(file, HELD_SLOTS)).transpose()?;
        let channels = (&control, &reports, &approved, &aside);
        let risk = self.risk_gate(account, channels, &gateway, (held, kept));
        self.actors.push((rank::RISK, Box::new(risk)));
        let mut operator = control.outbox();
        self.stamp(&mut operator, Stage::Aside);
        self.ring_at(&mut operator, &["risk"]);
        self.control = Some(operator);
        let mut told = reports.outbox();
        self.stamp(&mut told, Stage::Report);
        self.ring_at(&mut told, &["risk"]);
        let actor: Box<dyn Actor> = match route {
            OrderRoute::None => return Ok(()),
            OrderRoute::Paper { fees, .. } => Box::new(self.paper(&approved, fees, told)),
            OrderRoute::Venue { session, .. } => {
                let mut inboxes = Inboxes::new();
                inboxes.add(approved.gated());
                told.tell_refusals(inboxes.refusals());
                let name = format!("{gateway_name}.orders");
                let ports = (ChannelRole::Outbound, &mut inboxes);
                let mut outbound = self.link((&name, &gateway), session.connections(), ports)?;
                self.stamp(&mut outbound, Stage::Leave);
                Box::new(Gateway::new(session, inboxes, (told, outbound), self.surroundings.stamps.clone()))
            }
        };
        self.actors.push((rank::GATEWAY, actor));
        Ok(())
    }

    fn risk_gate(
        &mut self,
        (account_id, carries_icebergs): (AccountId, bool),
        (control, reports, approved, account): (&Channel, &Channel, &Channel, &Channel),
        gateway: &str,
        (held, kept): (HeldPlan, Option<Outbox>),
    ) -> Risk {
        let mut inboxes = Inboxes::new();
        [control, reports].into_iter().for_each(|channel| _ = inboxes.add(channel.gated()));
        let books = self.tradable();
        for instrument_id in &books {
            inboxes.add(self.book_of(*instrument_id).reader());
        }
        for instrument_id in &books {
            inboxes.add(self.market(*instrument_id).reader());
        }
        for intents in self.intents.iter().chain(&self.estimates) {
            inboxes.add(intents.gated());
        }
        let mut outboxes = RiskOutboxes {
            approved: approved.gated_outbox(&inboxes),
            reports: std::mem::take(&mut self.reports),
            account: account.outbox(),
            recalls: std::mem::take(&mut self.recalls),
            kept,
        };
        let told = outboxes.reports.iter_mut().chain(outboxes.recalls.iter_mut().flatten());
        told.for_each(|outbox| outbox.tell_refusals(inboxes.refusals()));
        outboxes.account.tell_refusals(inboxes.refusals());
        self.stamp(&mut outboxes.account, Stage::Aside);
        self.stamp(&mut outboxes.approved, Stage::Hop(Hop::Risk));
        self.ring_at(&mut outboxes.approved, &[gateway]);
        let plan = RiskPlan {
            settings: std::mem::take(&mut self.risk),
            books,
            strategies: std::mem::take(&mut self.traded),
            account_id,
            carries_icebergs,
            held,
            treasury: std::mem::take(&mut self.treasury),
            epoch: self.epoch,
        };
        Risk::new(plan, inboxes, outboxes)
    }

    fn paper(&mut self, approved: &Channel, fees: PaperFees, mut reports: Outbox) -> PaperGateway {
        let mut inboxes = Inboxes::new();
        for channel in self.books.iter().chain(&self.markets).flatten() {
            inboxes.add(channel.reader());
        }
        inboxes.add(approved.gated());
        reports.tell_refusals(inboxes.refusals());
        let station = self.surroundings.stamps.as_ref().map(|stamps| stamps.station(Stage::Arrive));
        let counts = (self.instruments.len(), self.books.iter().flatten().count());
        PaperGateway::new(inboxes, counts, fees, reports, station)
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
        Assembly { seats, links: self.links, control: self.control, channels: self.channels }
    }
}

/// The plan's treasury with what the rest of the plan says: who is of which venue, and that there are so many of each.
fn treasury(plan: &EnginePlan) -> TreasuryPlan {
    let mut treasury = plan.treasury.clone();
    treasury.venue_of = vec![0; plan.instruments.len()];
    for (venue, of_venue) in plan.venues.iter().enumerate() {
        of_venue.instruments.iter().for_each(|id| treasury.venue_of[id.index()] = venue);
    }
    treasury.venues.resize(plan.venues.len(), ScopeLimits::default());
    treasury.strategies.resize(plan.strategies.len(), ScopeLimits::default());
    treasury
}
