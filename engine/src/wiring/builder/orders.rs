//! Makes the gate, what joins it to each gateway, and the gateways.

use std::io;
use std::path::Path;

use fulmar_bus::record::{AccountId, HeldOrder};

use super::{Builder, rank};
use crate::actors::{Gateway, HELD_SLOTS, HeldPlan, PaperGateway, Risk, RiskOutboxes, RiskPlan};
use crate::runtime::{Hop, Inboxes, Outbox, Stage};
use crate::simulation::paper::PaperFees;
use crate::trading::risk::{RiskSettings, ScopeLimits};
use crate::trading::treasury::TreasuryPlan;
use crate::wiring::channels::{Channel, ChannelRole};
use crate::wiring::held;
use crate::wiring::plan::{EnginePlan, GatewayPlan, OrderRoute, StrategyPlan};

/// What joins the gate and one gateway.
struct Line<'a> {
    /// What the gateway is called.
    name: &'a str,
    reports: Channel,
    approved: Channel,
}

impl Builder<'_> {
    /// What the gate keeps held orders by, and those that it holds again.
    pub(in crate::wiring) fn names(&self, strategies: &[StrategyPlan], restored: Vec<HeldOrder>) -> HeldPlan {
        held::names(strategies, (&self.instruments, &self.risk), restored)
    }

    pub(in crate::wiring) fn orders(
        &mut self,
        route: OrderRoute,
        (held, file): (HeldPlan, Option<&Path>),
    ) -> io::Result<()> {
        let accounts = route.accounts();
        let control = self.channels.make("control", ChannelRole::Input, self.sizes.small, 1)?;
        let mut lines = Vec::new();
        for (name, _) in &accounts {
            let reports = format!("gateway.{name}");
            // Where there is one gateway, all that is approved is for it.
            let approved =
                if accounts.len() == 1 { "approved".to_owned() } else { format!("approved.{name}") };
            let make =
                |channel: String| self.channels.make(&channel, ChannelRole::Order, self.sizes.small, 1);
            let [reports, approved] = [reports, approved].map(make);
            lines.push(Line { name, reports: reports?, approved: approved? });
        }
        let account = self.account()?;
        let kept = file.map(|file| self.channels.keep_at(file, HELD_SLOTS)).transpose()?;
        let ids = accounts.iter().map(|(_, id)| *id).collect();
        // The paper venue fills, and shows no part of an order.
        let carries_icebergs = matches!(route, OrderRoute::Venues(_));
        let risk = self.risk_gate((ids, carries_icebergs), (&control, &lines, &account), (held, kept));
        self.actors.push((rank::RISK, Box::new(risk)));
        let mut operator = control.outbox();
        self.stamp(&mut operator, Stage::Aside);
        self.ring_at(&mut operator, &["risk"]);
        self.control = Some(operator);
        let mut told = Vec::new();
        for line in &lines {
            let mut reports = line.reports.outbox();
            self.stamp(&mut reports, Stage::Report);
            self.ring_at(&mut reports, &["risk"]);
            told.push(reports);
        }
        match route {
            OrderRoute::None => {}
            OrderRoute::Paper { fees, .. } => {
                let reports = told.pop().expect("there is one");
                let paper = self.paper(&lines[0].approved, fees, reports);
                self.actors.push((rank::GATEWAY, Box::new(paper)));
            }
            OrderRoute::Venues(gateways) => {
                for ((gateway, line), reports) in gateways.into_iter().zip(&lines).zip(told) {
                    let gateway = self.gateway(gateway, line, reports)?;
                    self.actors.push((rank::GATEWAY, Box::new(gateway)));
                }
            }
        }
        Ok(())
    }

    fn gateway(&mut self, plan: GatewayPlan, line: &Line<'_>, mut reports: Outbox) -> io::Result<Gateway> {
        let mut inboxes = Inboxes::new();
        inboxes.add(line.approved.gated());
        reports.tell_refusals(inboxes.refusals());
        let (name, actor) = (format!("{}.orders", line.name), format!("gateway.{}", line.name));
        let ports = (ChannelRole::Outbound, &mut inboxes);
        let mut outbound = self.link((&name, &actor), plan.session.connections(), ports)?;
        self.stamp(&mut outbound, Stage::Leave);
        Ok(Gateway::new(plan.session, inboxes, (reports, outbound), self.surroundings.stamps.clone()))
    }

    fn risk_gate(
        &mut self,
        (accounts, carries_icebergs): (Vec<AccountId>, bool),
        (control, lines, account): (&Channel, &[Line<'_>], &Channel),
        (held, kept): (HeldPlan, Option<Outbox>),
    ) -> Risk {
        let mut inboxes = Inboxes::new();
        inboxes.add(control.gated());
        for line in lines {
            inboxes.add(line.reports.gated());
        }
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
            approved: lines.iter().map(|line| line.approved.gated_outbox(&inboxes)).collect(),
            reports: std::mem::take(&mut self.reports),
            account: account.outbox(),
            recalls: std::mem::take(&mut self.recalls),
            kept,
        };
        let told = outboxes.reports.iter_mut().chain(outboxes.recalls.iter_mut().flatten());
        told.for_each(|outbox| outbox.tell_refusals(inboxes.refusals()));
        outboxes.account.tell_refusals(inboxes.refusals());
        self.stamp(&mut outboxes.account, Stage::Aside);
        for (approved, line) in outboxes.approved.iter_mut().zip(lines) {
            self.stamp(approved, Stage::Hop(Hop::Risk));
            self.ring_at(approved, &[&format!("gateway.{}", line.name)]);
        }
        let plan = RiskPlan {
            settings: std::mem::take(&mut self.risk),
            books,
            strategies: std::mem::take(&mut self.traded),
            accounts,
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
}

/// What may be traded of each instrument: nothing where no gateway leads to its venue.
pub(super) fn risk(plan: &EnginePlan) -> Vec<Option<RiskSettings>> {
    let mut risk: Vec<_> = plan.instruments.iter().map(|instrument| instrument.risk.clone()).collect();
    for venue in plan.venues.iter().filter(|venue| plan.orders.account_at(venue.session.venue()).is_none()) {
        venue.instruments.iter().for_each(|id| risk[id.index()] = None);
    }
    risk
}

/// The plan's treasury with what the rest of the plan says: who is of which venue and account, and that there are so
/// many of each.
pub(super) fn treasury(plan: &EnginePlan) -> TreasuryPlan {
    let mut treasury = plan.treasury.clone();
    treasury.venue_of = vec![0; plan.instruments.len()];
    treasury.account_of = vec![0; plan.instruments.len()];
    for (venue, of_venue) in plan.venues.iter().enumerate() {
        let account = plan.orders.account_at(of_venue.session.venue()).unwrap_or(0);
        for id in &of_venue.instruments {
            (treasury.venue_of[id.index()], treasury.account_of[id.index()]) = (venue, account);
        }
    }
    treasury.venues.resize(plan.venues.len(), ScopeLimits::default());
    treasury.strategies.resize(plan.strategies.len(), ScopeLimits::default());
    treasury
}
