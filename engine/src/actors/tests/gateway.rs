//! The gateway: what leaves, what does not, and what the venue says, with a session that is a script.

use fulmar_bus::record::{
    AccountId, CancelAll, CancelOrder, ClientOrderId, ExecutionReport, ExecutionType, FrameSource,
    InstrumentDefinition, Intent, ModifyOrder, Nanos, Order, OrderStatus, Request, RequestKind, Side,
    StrategyId,
};

use super::*;
use crate::actors::Gateway;
use crate::contract::local_reason;
use crate::contract::{Connection, InboundFrame, OrderSession, OrderSink, SessionCounters};
use crate::runtime::{FrameHead, FrameWriter, Inboxes};
use crate::trading::risk::Approved;

/// Slots of the outbound channel, few enough to be filled.
const OUTBOUND_SLOTS: usize = 128;

/// A venue's order entry whose messages are words: `ready`, `lost`, and `reject REASON` of the last order.
#[derive(Default)]
struct Scripted {
    is_ready: bool,
    scale: Option<u8>,
    last: Option<ClientOrderId>,
    due_at: Option<UnixNanos>,
    counters: SessionCounters,
}

impl OrderSession for Scripted {
    fn venue(&self) -> &'static str {
        "scripted"
    }

    fn connections(&self) -> Vec<Connection> {
        Vec::new()
    }

    fn define(&mut self, _: InstrumentId, definition: &InstrumentDefinition) {
        self.scale = Some(definition.quantity_scale);
    }

    fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn submit(&mut self, now: UnixNanos, order: &Approved<Order>, sink: &mut dyn OrderSink) {
        let intent = &order.payload().intent;
        let scale = self.scale.expect("a definition comes before every order");
        let text =
            format!("submit {} of {} at scale {scale}", intent.client_order_id.counter, intent.quantity.0);
        sink.request(0, RequestKind::Send, Nanos(0), text.as_bytes());
        self.last = Some(intent.client_order_id);
        self.due_at = Some(now + Nanos::from_secs(1));
    }

    fn change(&mut self, _: UnixNanos, change: &Approved<ModifyOrder>, sink: &mut dyn OrderSink) {
        let ModifyOrder { client_order_id, terms, .. } = change.payload();
        let text = format!("change {} to {}", client_order_id.counter, terms.price.0);
        sink.request(0, RequestKind::Send, Nanos(0), text.as_bytes());
    }

    fn cancel(&mut self, _: UnixNanos, cancel: &Approved<CancelOrder>, sink: &mut dyn OrderSink) {
        let text = format!("cancel {}", cancel.payload().client_order_id.counter);
        sink.request(0, RequestKind::Send, Nanos(0), text.as_bytes());
    }

    fn cancel_all(&mut self, _: UnixNanos, all: &Approved<CancelAll>, sink: &mut dyn OrderSink) {
        let text = format!("cancel all of {}", all.instrument_id().0);
        sink.request(0, RequestKind::Send, Nanos(0), text.as_bytes());
    }

    fn on_frame(&mut self, _: UnixNanos, frame: InboundFrame<'_>, sink: &mut dyn OrderSink) {
        let text = std::str::from_utf8(frame.bytes).expect("the script is text");
        match text.split_once(' ') {
            Some(("reject", reason)) => {
                let id = self.last.expect("an order was sent");
                let status = OrderStatus::Rejected;
                let mut report = ExecutionReport::new(id, Side::Buy, ExecutionType::Rejected, status);
                report.reason = reason.trim().parse().expect("a reason is a number");
                self.due_at = None;
                sink.report(INSTRUMENT, &report);
            }
            _ => self.is_ready = text == "ready",
        }
    }

    fn due_at(&self) -> Option<UnixNanos> {
        self.due_at
    }

    fn on_time(&mut self, _: UnixNanos, sink: &mut dyn OrderSink) {
        self.due_at = None;
        sink.request(0, RequestKind::Send, Nanos(0), b"ask");
    }

    fn counters(&self) -> &SessionCounters {
        &self.counters
    }
}

/// A gateway, the gate's and the venue's ends of its channels, and what it told.
struct Stage {
    actor: Gateway,
    approved: Outbox,
    frames: FrameWriter,
    reports: Reader,
    outbound: Reader,
    now: UnixNanos,
    order_count: u64,
}

impl Stage {
    /// A gateway that knows its instrument and is not logged in.
    fn new() -> Self {
        let (approved, approved_ring) = channel(1, ROOMY);
        let shape = RingShape { slot_count: ROOMY, gate_count: 1 };
        let (frames, frame_ring) = create(Region::heap(shape.word_count()), shape, ChannelId(2));
        let (reports, report_ring) = channel(3, ROOMY);
        let (outbound, outbound_ring) = channel(4, OUTBOUND_SLOTS);
        let mut inboxes = Inboxes::new();
        inboxes.add(gated(&approved_ring));
        inboxes.add(gated(&frame_ring));
        let (report_reader, outbound_reader) = (gated(&report_ring), gated(&outbound_ring));
        let mut stage = Stage {
            actor: Gateway::new(Box::new(Scripted::default()), inboxes, (reports, outbound), None),
            approved,
            frames: FrameWriter::new(frames, None),
            reports: report_reader,
            outbound: outbound_reader,
            now: OPENS_AT,
            order_count: 0,
        };
        send(&mut stage.approved, OPENS_AT, &definition());
        stage
    }

    fn ready() -> Self {
        let mut stage = Stage::new();
        stage.venue_says("ready");
        stage
    }

    fn turn(&mut self) -> Work {
        turn(&mut self.actor, self.now)
    }

    /// The gate approves the next order, and the gateway has a turn.
    fn order(&mut self) -> ClientOrderId {
        self.order_count += 1;
        let id = ClientOrderId::new(1, StrategyId(0), self.order_count);
        let mut intent = Intent::limit(id, Side::Buy, Price(100), Quantity(7));
        intent.account_id = AccountId(0);
        send(&mut self.approved, self.now, &Order { intent, approved_at: self.now });
        self.turn();
        id
    }

    fn venue_says(&mut self, text: &str) {
        let (source, received_at) = (FrameSource::Message, self.now);
        let head = FrameHead { source, connection: 0, status: 0, received_at };
        let mut written_bytes = 0;
        while written_bytes < text.len() {
            written_bytes =
                self.frames.write_part(head, text.as_bytes(), written_bytes).expect("there is room");
        }
        self.turn();
    }

    /// What left, as text.
    fn sent(&mut self) -> Vec<String> {
        let text = |record: &Record| {
            let (_, bytes) = Request::read(record).expect("requests alone leave");
            String::from_utf8(bytes.to_vec()).expect("the script is text")
        };
        drain(&mut self.outbound).iter().map(text).collect()
    }

    /// Status and reason of every report.
    fn told(&mut self) -> Vec<(ClientOrderId, OrderStatus, i32)> {
        let reports = drain_all::<ExecutionReport>(&mut self.reports);
        reports.iter().map(|report| (report.client_order_id, report.status, report.reason)).collect()
    }
}

#[test]
fn an_approved_order_leaves_in_the_turn_that_takes_it() {
    let mut stage = Stage::ready();
    stage.order();
    assert_eq!(stage.sent(), ["submit 1 of 7 at scale 2"]);
    assert_eq!(stage.told(), [], "what the gate knows already is not told again");
}

#[test]
fn an_order_behind_a_definition_is_written_at_its_scales() {
    let mut stage = Stage::ready();
    send(&mut stage.approved, OPENS_AT, &wider_definition());
    stage.order();
    assert_eq!(stage.sent(), ["submit 1 of 7 at scale 3"]);
}

#[test]
fn an_order_of_an_earlier_boot_is_asked_for_whether_or_not_the_venue_can_be() {
    let mut stage = Stage::new();
    let id = ClientOrderId::new(1, StrategyId(0), 9);
    let question = ExecutionReport::new(id, Side::Sell, ExecutionType::Unknown, OrderStatus::Unknown);
    send(&mut stage.approved, OPENS_AT, &question);
    turn(&mut stage.actor, OPENS_AT);
    assert_eq!(stage.told(), [(id, OrderStatus::Unknown, 0)], "its session knows no more");
    assert_eq!(stage.sent(), [""; 0], "and nothing is sent again");
}

#[test]
fn an_order_before_the_login_or_after_the_connection_is_lost_is_rejected_here() {
    let mut stage = Stage::new();
    let early = stage.order();
    assert_eq!(stage.told(), [(early, OrderStatus::Rejected, local_reason::NOT_READY)]);
    stage.venue_says("ready");
    stage.venue_says("lost");
    let late = stage.order();
    assert_eq!(stage.told(), [(late, OrderStatus::Rejected, local_reason::NOT_READY)]);
    assert_eq!(stage.sent(), [""; 0]);
}

#[test]
fn while_the_transport_takes_nothing_orders_are_rejected_here_and_none_is_half_sent() {
    let mut stage = Stage::ready();
    let refused = std::iter::repeat_with(|| {
        let id = stage.order();
        stage.told().first().map(|told| (id, *told))
    });
    let (id, told) = refused.take(OUTBOUND_SLOTS).flatten().next().expect("the ring is full at some time");
    assert_eq!(told, (id, OrderStatus::Rejected, local_reason::OUTBOUND_FULL));
    let sent = stage.sent();
    assert_eq!(sent.len() as u64, stage.order_count - 1, "all before it left");
    assert_eq!(counter(&stage.actor, "lost_records"), 0);

    stage.order();
    assert_eq!(stage.told(), [], "the transport has made room");
    assert_eq!(stage.sent().len(), 1);
}

#[test]
fn a_cancel_is_the_sessions_business_even_while_no_order_could_leave() {
    let mut stage = Stage::new();
    let cancel = CancelOrder { client_order_id: ClientOrderId::new(1, StrategyId(0), 9), venue_order_id: 0 };
    send(&mut stage.approved, OPENS_AT, &cancel);
    stage.turn();
    assert_eq!(stage.sent(), ["cancel 9"]);
    send(&mut stage.approved, OPENS_AT, &CancelAll { approved_at: OPENS_AT });
    stage.turn();
    assert_eq!(stage.sent(), [format!("cancel all of {}", INSTRUMENT.0)]);
}

#[test]
fn a_reject_of_the_venue_is_reported_with_its_reason_and_the_frame_it_came_in() {
    let mut stage = Stage::ready();
    let id = stage.order();
    stage.now = OPENS_AT + Nanos::from_millis(5);
    stage.venue_says("reject -2010");
    let records = drain(&mut stage.reports);
    let [report] = all::<ExecutionReport>(&records)[..] else { panic!("one report") };
    assert_eq!((report.client_order_id, report.status, report.reason), (id, OrderStatus::Rejected, -2010));
    let header = records[0].header();
    assert_eq!((header.cause.channel(), header.cause.sequence()), (ChannelId(2), 2), "the second frame");
    assert_eq!(header.received_at, stage.now);
}

#[test]
fn a_frame_of_several_records_is_understood_once_it_is_whole() {
    let mut stage = Stage::ready();
    stage.order();
    let padding = " ".repeat(10_000);
    stage.venue_says(&format!("reject {padding}-1013"));
    assert_eq!(stage.told().first().map(|told| told.2), Some(-1013));
    assert_eq!(counter(&stage.actor, "order_frames"), 2);
    assert_eq!(counter(&stage.actor, "malformed_records"), 0);
}

#[test]
fn what_the_session_waits_for_is_asked_for_when_it_is_due_and_not_before() {
    let mut stage = Stage::ready();
    stage.order();
    stage.sent();
    let due_at = stage.actor.due_at().expect("an answer is waited for");
    stage.now = UnixNanos(due_at.0 - 1);
    assert_eq!(stage.turn(), Work::NONE);
    stage.now = due_at;
    assert_eq!(stage.turn(), Work(1));
    assert_eq!(stage.sent(), ["ask"]);
}
