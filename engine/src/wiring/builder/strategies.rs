//! Strategies: those that live in the engine, and the ports of those that live in processes of their own.

use std::io;

use fulmar_bus::channel::Reader;
use fulmar_bus::record::{InstrumentId, StrategyId};

use super::{Builder, rank};
use crate::actors::{AttachedPort, PortPlan, SteppedHost, StrategyHost, StrategyPorts};
use crate::contract::strategy::BookDepth;
use crate::runtime::{Actor, Hop, Inboxes, Outbox, Stage};
use crate::wiring::channels::ChannelRole;
use crate::wiring::plan::{Home, StrategyPlan};

impl Builder<'_> {
    pub(in crate::wiring) fn strategies(
        &mut self,
        strategies: Vec<StrategyPlan>,
        epoch: u32,
    ) -> io::Result<()> {
        let report_readers = 1 + self.estimator_count();
        for (index, plan) in strategies.into_iter().enumerate() {
            self.traded.push(plan.instruments.clone());
            let actor = format!("strategy.{}", plan.name);
            let mut order_channel = |stream: &str, role, readers| {
                let name = format!("{stream}.{}", plan.name);
                self.channels.make(&name, role, self.sizes.small, readers)
            };
            // What another process wants is an input, since nothing here makes it again.
            let wish_role = match plan.home {
                Home::Engine(_) | Home::Step(_) => ChannelRole::Order,
                Home::Process(_) => ChannelRole::Input,
            };
            let reports = order_channel("reports", ChannelRole::Order, report_readers)?;
            let intents = order_channel("intents", wish_role, 1)?;
            let strategy_id = StrategyId(u16::try_from(index).expect("a plan has few strategies"));
            let name = plan.name.as_str();
            let host: Box<dyn Actor> = match plan.home {
                Home::Engine(strategy) => {
                    let ports = self.strategy_ports(reports.gated(), &plan.instruments, plan.book);
                    let outbox = self.wishes(intents.gated_outbox(ports.inboxes()));
                    Box::new(StrategyHost::new(name, (epoch, strategy_id), strategy, ports, outbox))
                }
                Home::Step(process) => {
                    let ports = self.strategy_ports(reports.gated(), &plan.instruments, plan.book);
                    let outbox = self.wishes(intents.gated_outbox(ports.inboxes()));
                    Box::new(SteppedHost::new(name, (epoch, strategy_id), process, ports, outbox))
                }
                Home::Process(process) => {
                    let mut inboxes = Inboxes::new();
                    inboxes.add(reports.gated());
                    let mut outbox = Some(self.wishes(intents.outbox()));
                    if process.is_played {
                        self.replayed.extend(outbox.take());
                    }
                    let plan = PortPlan { name: name.to_owned(), strategy_id, epoch, process };
                    Box::new(AttachedPort::new(plan, inboxes, outbox))
                }
            };
            let mut told = reports.outbox();
            self.stamp(&mut told, Stage::Report);
            self.ring_at(&mut told, &[&actor, "estimator"]);
            self.reports.push(told);
            self.told.push(reports);
            self.intents.push(intents);
            self.actors.push((rank::STRATEGY, host));
        }
        Ok(())
    }

    /// What a strategy in the engine reads.
    fn strategy_ports(
        &self,
        reports: Reader,
        instruments: &[InstrumentId],
        book: BookDepth,
    ) -> StrategyPorts {
        let mut ports = StrategyPorts::new(reports, book);
        for instrument_id in instruments {
            let (book, market) =
                (self.book_of(*instrument_id).reader(), self.market(*instrument_id).reader());
            ports.add_instrument(*instrument_id, book, market);
        }
        for (members, aggregate) in &self.aggregates {
            if members.iter().any(|member| instruments.contains(member)) {
                ports.add_aggregate(members, aggregate.reader());
            }
        }
        ports
    }

    /// Where the wishes of a strategy go.
    fn wishes(&self, mut intents: Outbox) -> Outbox {
        self.stamp(&mut intents, Stage::Hop(Hop::Strategy));
        self.ring_at(&mut intents, &["risk"]);
        intents
    }
}
