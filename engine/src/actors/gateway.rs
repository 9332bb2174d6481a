//! The gateway of one account: approved orders to bytes, the venue's bytes to reports.
//!
//! Reads: the approved channel, which the risk gate alone writes, and the frames of its connection. Writes: its report
//! channel and its outbound channel. That one lies in a file mapping where the run has a journal, so that publishing an
//! order is writing it ahead. Owns: the [`OrderSession`]. On failure: the run ends; what it left at the venue
//! stands in the journal's rings.

use fulmar_bus::record::{
    BalanceStatement, ExecutionReport, ExecutionType, InstrumentDefinition, InstrumentId, Nanos, OrderStatus,
    Payload, PositionStatement, RECORD_SLOTS_MAX, Record, RequestKind, UnixNanos,
};

use super::frames::FrameAssembly;
use super::requests::send_request;
use crate::contract::{OrderSession, OrderSink, local_reason};
use crate::runtime::{Actor, Arrival, Delivery, HopStamps, Inboxes, Origin, Outbox, Start, Work};
use crate::trading::risk::{Admitted, admit};

const APPROVED: usize = 0;

/// The actor of one account's order entry.
pub struct Gateway {
    name: String,
    inboxes: Inboxes,
    session: Box<dyn OrderSession>,
    assembly: FrameAssembly,
    output: Output,
    stamps: Option<HopStamps>,
}

struct Output {
    origin: Origin,
    reports: Outbox,
    outbound: Outbox,
    rejected_here: u64,
    lost_reports: u64,
    lost_requests: u64,
}

impl Gateway {
    /// The gateway of `session`. Inbox 0 of `inboxes` gives what the risk gate approved, inbox 1 the frames.
    pub fn new(
        session: Box<dyn OrderSession>,
        inboxes: Inboxes,
        (reports, outbound): (Outbox, Outbox),
        stamps: Option<HopStamps>,
    ) -> Self {
        let output = Output {
            origin: Origin::time(UnixNanos(0)),
            reports,
            outbound,
            rejected_here: 0,
            lost_reports: 0,
            lost_requests: 0,
        };
        let name = format!("gateway.{}", session.venue());
        Gateway { name, inboxes, session, assembly: FrameAssembly::default(), output, stamps }
    }
}

impl Actor for Gateway {
    fn name(&self) -> &str {
        &self.name
    }

    fn inboxes(&mut self) -> &mut Inboxes {
        &mut self.inboxes
    }

    fn work(&mut self, now: UnixNanos) -> Work {
        let mut work = Work::NONE;
        while let Some((inbox, delivery)) = self.inboxes.next_delivery() {
            work += Work(1);
            let Delivery::Record(record) = delivery else {
                unreachable!("both inboxes of a gateway are gated: nothing overtakes it");
            };
            self.output.origin = Origin::of(record);
            if inbox == APPROVED {
                on_approved(now, record, self.session.as_mut(), &mut self.output);
            } else if let Some(frame) = self.assembly.add(record) {
                if let Some(stamps) = &self.stamps {
                    stamps.begin(Start::Report, record.header().id);
                }
                self.session.on_frame(now, frame, &mut self.output);
            }
        }
        if self.session.due_at().is_some_and(|due_at| due_at <= now) {
            work += Work(1);
            self.output.origin = Origin::time(now);
            self.session.on_time(now, &mut self.output);
        }
        work
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.session.due_at()
    }

    fn counters(&self, tell: &mut dyn FnMut(&'static str, u64)) {
        let counters = self.session.counters();
        tell("order_frames", self.assembly.from_venue_count());
        tell("rejected_before_sending", self.output.rejected_here);
        tell("decode_errors", counters.decode_error_count());
        tell("venue_refusals", counters.venue_refusals);
        tell("lost_records", self.output.lost_reports + self.output.lost_requests);
        tell("malformed_records", self.assembly.malformed_count());
    }
}

fn on_approved(now: UnixNanos, record: &Record, session: &mut dyn OrderSession, output: &mut Output) {
    if let Ok(definition) = record.read::<InstrumentDefinition>() {
        session.define(record.header().instrument_id, definition);
        return;
    }
    if let Ok(question) = record.read::<ExecutionReport>() {
        session.inquire(now, record.header().instrument_id, question, output);
        return;
    }
    match admit(record) {
        Some(Admitted::Order(order)) => match output.obstacle(now, session) {
            None => {
                output.outbound.leave(Some(Arrival::Order));
                session.submit(now, &order, output);
                output.outbound.leave(None);
            }
            Some(reason) => {
                output.rejected_here += 1;
                let intent = &order.payload().intent;
                let (execution, status) = (ExecutionType::Rejected, OrderStatus::Rejected);
                let mut report = ExecutionReport::new(intent.client_order_id, intent.side, execution, status);
                report.reason = reason;
                output.report(order.instrument_id(), &report);
            }
        },
        Some(Admitted::Change(change)) => match output.obstacle(now, session) {
            None => session.change(now, &change, output),
            Some(reason) => {
                let report = ExecutionReport::refused_change(change.payload(), reason);
                output.report(change.instrument_id(), &report);
            }
        },
        Some(Admitted::Cancel(cancel)) => {
            output.outbound.leave(Some(Arrival::Cancel));
            session.cancel(now, &cancel, output);
            output.outbound.leave(None);
        }
        Some(Admitted::CancelAll(all)) => {
            output.outbound.leave(Some(Arrival::Cancel));
            session.cancel_all(now, &all, output);
            output.outbound.leave(None);
        }
        None => {
            unreachable!("the risk gate writes definitions, questions, orders, changes and cancels alone")
        }
    }
}

impl Output {
    /// Why an order cannot leave now.
    fn obstacle(&mut self, now: UnixNanos, session: &dyn OrderSession) -> Option<i32> {
        if !session.is_ready() {
            return Some(local_reason::NOT_READY);
        }
        if !session.has_budget(now) {
            return Some(local_reason::VENUE_LIMIT);
        }
        let has_room = self.outbound.has_room(RECORD_SLOTS_MAX);
        (!has_room).then_some(local_reason::OUTBOUND_FULL)
    }
}

impl Output {
    fn tell<P: Payload>(&mut self, instrument_id: InstrumentId, told: &P) {
        let sent = self.reports.send(self.origin, instrument_id, told);
        self.lost_reports += u64::from(sent.is_err());
    }
}

impl OrderSink for Output {
    fn report(&mut self, instrument_id: InstrumentId, report: &ExecutionReport) {
        self.tell(instrument_id, report);
    }

    fn balance(&mut self, told: &BalanceStatement) {
        self.tell(InstrumentId::NONE, told);
    }

    fn position(&mut self, instrument_id: InstrumentId, told: &PositionStatement) {
        self.tell(instrument_id, told);
    }

    fn request(&mut self, connection: u8, kind: RequestKind, delay: Nanos, bytes: &[u8]) {
        let sent = send_request(&mut self.outbound, self.origin, (connection, kind, delay), bytes);
        self.lost_requests += u64::from(!sent);
    }
}
