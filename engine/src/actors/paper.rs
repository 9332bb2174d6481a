//! The gateway of paper trading: approved orders meet the real market's prices inside the engine, and nothing leaves.
//!
//! Reads: the book channel of each instrument, the market channel of each, then the approved channel, so that an order
//! meets the market that it was decided by, and what is there already is not taken for what comes later. Writes: the
//! report channel, as the gateway of a venue does. Owns: a [`PaperVenue`] an instrument. On failure: as any gateway.

use fulmar_bus::record::{
    ExecutionReport, ExecutionType, Flags, InstrumentDefinition, InstrumentId, Kind, Malformed, OrderStatus,
    Record, TopOfBook, Trade, UnixNanos,
};

use super::limits::STRATEGY_ORDERS_MAX;
use crate::runtime::{Actor, Arrival, Delivery, Inboxes, Origin, Outbox, Station, Work};
use crate::simulation::paper::{PaperFees, PaperVenue};
use crate::trading::risk::{Admitted, admit};

/// The actor of the paper account.
pub struct PaperGateway {
    inboxes: Inboxes,
    /// Inboxes before this one are books.
    first_market: usize,
    /// The inbox of what was approved; those before it are markets.
    approved: usize,
    state: State,
}

struct State {
    /// By instrument id.
    venues: Vec<PaperVenue>,
    reports: Outbox,
    station: Option<Station>,
    /// What one record led to; emptied before the next.
    made: Vec<ExecutionReport>,
    malformed_count: u64,
    lost_reports: u64,
}

impl PaperGateway {
    /// A paper account for `instrument_count` instruments, whose fills cost `fees`. The first `book_count` of `inboxes`
    /// give the book channels, the last what was approved, those between the market channels.
    pub fn new(
        inboxes: Inboxes,
        (instrument_count, book_count): (usize, usize),
        fees: PaperFees,
        reports: Outbox,
        station: Option<Station>,
    ) -> Self {
        let state = State {
            venues: (0..instrument_count).map(|_| PaperVenue::new(fees)).collect(),
            reports,
            station,
            made: Vec::with_capacity(STRATEGY_ORDERS_MAX),
            malformed_count: 0,
            lost_reports: 0,
        };
        let approved = inboxes.count() - 1;
        PaperGateway { inboxes, first_market: book_count, approved, state }
    }
}

impl Actor for PaperGateway {
    fn name(&self) -> &str {
        "gateway.paper"
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((inbox, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            // What a lap lost of the market fills nothing: the next top stands for all before it.
            let Delivery::Record(record) = delivery else { continue };
            let taken = if inbox < self.first_market {
                self.state.on_book(now, record)
            } else if inbox < self.approved {
                self.state.on_market(now, record)
            } else {
                self.state.on_approved(now, record)
            };
            self.state.malformed_count += u64::from(taken.is_err());
        }
        work
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        tell("malformed_records", self.state.malformed_count);
        tell("lost_records", self.state.lost_reports);
    }
}

impl State {
    fn on_approved(&mut self, now: UnixNanos, record: &Record) -> Result<(), Malformed> {
        match admit(record) {
            Some(Admitted::Order(order)) => {
                self.arrive(Arrival::Order, record);
                let venue = &mut self.venues[order.instrument_id().index()];
                venue.submit(&order.payload().intent, now, &mut self.made);
                self.report(record, order.instrument_id());
            }
            Some(Admitted::Change(change)) => {
                let venue = &mut self.venues[change.instrument_id().index()];
                venue.change(change.payload(), now, &mut self.made);
                self.report(record, change.instrument_id());
            }
            Some(Admitted::Cancel(cancel)) => {
                self.arrive(Arrival::Cancel, record);
                let venue = &mut self.venues[cancel.instrument_id().index()];
                venue.cancel(cancel.payload().client_order_id, now, &mut self.made);
                self.report(record, cancel.instrument_id());
            }
            Some(Admitted::CancelAll(all)) => {
                self.arrive(Arrival::Cancel, record);
                self.venues[all.instrument_id().index()].cancel_all(now, &mut self.made);
                self.report(record, all.instrument_id());
            }
            None => self.on_question(record),
        }
        Ok(())
    }

    /// An order of an earlier boot: it was at a paper venue that ended with its process. A definition asks nothing: the
    /// paper venue takes numbers as they are.
    fn on_question(&mut self, record: &Record) {
        if let Ok(question) = record.read::<ExecutionReport>() {
            let mut gone = *question;
            (gone.execution, gone.status) = (ExecutionType::Canceled, OrderStatus::Canceled);
            self.made.push(gone);
            self.report(record, record.header().instrument_id);
        }
    }

    /// Here ends the way of what was approved: there are no bytes that would leave.
    fn arrive(&self, arrival: Arrival, approved: &Record) {
        if let Some(station) = &self.station {
            station.end(arrival, approved.header().id);
        }
    }

    fn on_book(&mut self, now: UnixNanos, record: &Record) -> Result<(), Malformed> {
        let instrument_id = record.header().instrument_id;
        let venue = &mut self.venues[instrument_id.index()];
        match record.header().kind() {
            Some(Kind::TopOfBook) if record.header().flags.contains(Flags::SUSPECT) => {
                record.read::<TopOfBook>()?;
                venue.doubt();
            }
            Some(Kind::TopOfBook) => {
                venue.on_top(record.read::<TopOfBook>()?, now, &mut self.made);
                self.report(record, instrument_id);
            }
            Some(Kind::InstrumentDefinition) => venue.define(record.read::<InstrumentDefinition>()?),
            _ => {}
        }
        Ok(())
    }

    fn on_market(&mut self, now: UnixNanos, record: &Record) -> Result<(), Malformed> {
        if record.header().kind() == Some(Kind::Trade) {
            let instrument_id = record.header().instrument_id;
            self.venues[instrument_id.index()].on_trade(record.read::<Trade>()?, now, &mut self.made);
            self.report(record, instrument_id);
        }
        Ok(())
    }

    fn report(&mut self, record: &Record, instrument_id: InstrumentId) {
        let origin = Origin::of(record);
        for report in self.made.drain(..) {
            // Of an order that is gone it knows no status, only that it cannot be canceled.
            debug_assert!(report.execution != ExecutionType::Unknown, "a paper venue always knows");
            let sent = self.reports.send(origin, instrument_id, &report);
            self.lost_reports += u64::from(sent.is_err());
        }
    }
}
