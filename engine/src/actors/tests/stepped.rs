//! A strategy whose turns are had elsewhere: what its process is given, and what becomes of what it wants.

use std::task::Waker;

use fulmar_bus::attach::{CursorPage, cursor_page_word_count};
use fulmar_bus::channel::Writer;
use fulmar_bus::record::{
    CancelIntent, ClientOrderId, ExecutionReport, ExecutionType, Heading, Intent, Kind, Nanos, Note,
    OrderStatus, RecordId, Side, StrategyId, Timer,
};

use super::*;
use crate::actors::{Line, PortNews, StepPlan, SteppedHost, StrategyPorts};
use crate::contract::BookDepth;
use crate::runtime::{Doorway, Ended, LineStatus, NotedTurn, door, note};

const EPOCH: u32 = 7;
const STRATEGY: StrategyId = StrategyId(2);
const LATER: UnixNanos = UnixNanos(OPENS_AT.0 + 5_000);

/// A stand-in, and both sides of it.
struct Scene {
    host: SteppedHost,
    reports: Outbox,
    books: Outbox,
    intents: Reader,
    door: Doorway<PortNews>,
    status: LineStatus,
    turns: Reader,
    events: Reader,
    commands: Writer,
}

impl Scene {
    /// A process is there, and the engine did not start yet.
    fn new() -> Self {
        let [(reports, report_ring), (books, book_ring), (_, market_ring), (intents, intent_ring)] =
            [1, 2, 3, 4].map(|id| channel(id, ROOMY));
        let shape = RingShape { slot_count: ROOMY, gate_count: 1 };
        let [(commands, command_ring), (events, event_ring), (turns, turn_ring)] =
            [10, 11, 12].map(|id| create(Region::heap(shape.word_count()), shape, ChannelId(id)));
        let page = CursorPage::new(Region::heap(cursor_page_word_count()));
        let line = Line::new(&command_ring, (events, &event_ring), (page, Waker::noop().clone()), vec![], 1);
        let (doorway, door) = door(2);
        let came = PortNews::Came(Box::new(line.in_step(turns)));
        assert!(doorway.hand(came).is_ok(), "there is room at the door");
        let status = LineStatus::default();
        let plan = StepPlan { door, status: status.clone() };
        let mut ports = StrategyPorts::new(gated(&report_ring), BookDepth::Top);
        ports.add_instrument(INSTRUMENT, book_ring.reader(), market_ring.reader());
        Scene {
            host: SteppedHost::new("outside", (EPOCH, STRATEGY), plan, ports, intents),
            reports,
            books,
            intents: gated(&intent_ring),
            door: doorway,
            status,
            turns: turn_ring.reader(),
            events: event_ring.reader(),
            commands,
        }
    }

    /// The process wants this, before the engine looks.
    fn want<P: Payload>(&mut self, payload: &P) {
        let (cause, received_at) = (RecordId::new(ChannelId(2), 9), UnixNanos(OPENS_AT.0 + 900));
        let mut record = Record::new();
        record.write(Heading { instrument_id: INSTRUMENT, cause, received_at, flags: Flags::NONE }, payload);
        self.commands.publish(&mut record).expect("the ring has room");
    }

    /// Its turn is done; it is due then, if at all.
    fn done(&mut self, due_at: Option<UnixNanos>) {
        self.want(&Timer { tag: u64::from(due_at.is_some()), due_at: due_at.unwrap_or(UnixNanos(0)) });
    }

    /// The turns that it was given, each with its moment.
    fn given(&mut self) -> Vec<(UnixNanos, Vec<NotedTurn>)> {
        let notes = drain(&mut self.turns);
        let read = |record: &Record| {
            let (note, numbers) = Note::read(record).expect("it is a note");
            (note.now, note::turns(note, numbers).expect("it is sound"))
        };
        notes.iter().map(read).collect()
    }
}

fn order(counter: u64) -> Intent {
    Intent::limit(ClientOrderId::new(EPOCH, STRATEGY, counter), Side::Buy, Price(100), Quantity(1))
}

#[test]
fn a_process_has_the_beginning_every_turn_with_what_it_drained_and_the_end() {
    let mut scene = Scene::new();
    scene.done(None);
    scene.host.on_start(OPENS_AT);
    let level = |price| Level { price: Price(price), quantity: Quantity(1) };
    send(&mut scene.books, OPENS_AT, &TopOfBook::new(level(99), level(101), 1, OPENS_AT, TopSource::Book));
    let id = order(1).client_order_id;
    let report = ExecutionReport::new(id, Side::Buy, ExecutionType::Accepted, OrderStatus::Accepted);
    send(&mut scene.reports, OPENS_AT, &report);
    scene.want(&order(1));
    scene.want(&CancelIntent { client_order_id: id });
    scene.done(Some(LATER));
    assert!(turn(&mut scene.host, UnixNanos(OPENS_AT.0 + 1)).is_some());
    assert_eq!(scene.host.due_at(), Some(LATER));
    assert!(!turn(&mut scene.host, UnixNanos(OPENS_AT.0 + 2)).is_some(), "there is nothing to do");
    scene.done(None);
    assert!(turn(&mut scene.host, LATER).is_some(), "its timer is due");
    scene.done(None);
    scene.host.on_stop(LATER + Nanos(1));

    let given = scene.given();
    let moments: Vec<u64> = given.iter().map(|(now, _)| now.0 - OPENS_AT.0).collect();
    assert_eq!(moments, [0, 1, 5_000, 5_001]);
    let drained: Vec<_> = given
        .iter()
        .map(|(_, turns)| turns.iter().map(|turn| turn.drained.clone()).collect::<Vec<_>>())
        .collect();
    let (bounds, timer) = (Vec::<Vec<(usize, u32)>>::new(), vec![vec![]]);
    assert_eq!(drained, [bounds.clone(), vec![vec![(0, 1), (1, 1)]], timer, bounds]);
    assert_eq!(drain(&mut scene.events).len(), 1, "its report is where it reads it");
    let wanted = drain(&mut scene.intents);
    let kinds: Vec<_> = wanted.iter().map(|record| record.header().kind()).collect();
    assert_eq!(kinds, [Some(Kind::Intent), Some(Kind::CancelIntent)]);
    let header = wanted[0].header();
    assert_eq!(header.cause, RecordId::new(ChannelId(2), 9));
    assert_eq!(header.received_at.0, OPENS_AT.0 + 900, "also where that came after the turn began");
}

#[test]
fn what_a_strategy_cannot_want_ends_it_and_it_wants_nothing_more() {
    let other = ClientOrderId::new(EPOCH, StrategyId(0), 1);
    for ended in [Ended::Misuse, Ended::Damage] {
        let mut scene = Scene::new();
        if ended == Ended::Misuse {
            scene.want(&CancelIntent { client_order_id: other });
        } else {
            scene.want(&ExecutionReport::new(
                other,
                Side::Buy,
                ExecutionType::Accepted,
                OrderStatus::Accepted,
            ));
        }
        scene.want(&order(1));
        scene.done(None);
        scene.host.on_start(OPENS_AT);
        scene.host.on_stop(LATER);
        assert_eq!(scene.status.ends(), (1, Some(ended)));
        assert!(drain(&mut scene.intents).is_empty(), "{ended:?}");
        assert_eq!(scene.given().len(), 1, "it is given no more");
    }
}

#[test]
fn a_process_that_is_gone_holds_nobody_up() {
    let mut scene = Scene::new();
    scene.want(&order(1));
    assert!(scene.door.hand(PortNews::Went(Ended::Gone)).is_ok(), "there is room at the door");
    scene.host.on_start(OPENS_AT);
    assert_eq!(scene.status.ends(), (1, Some(Ended::Gone)));
    assert_eq!(drain(&mut scene.intents).len(), 1, "what it wanted before stands");
    send(
        &mut scene.reports,
        OPENS_AT,
        &ExecutionReport::new(
            order(1).client_order_id,
            Side::Buy,
            ExecutionType::Accepted,
            OrderStatus::Accepted,
        ),
    );
    assert!(turn(&mut scene.host, LATER).is_some(), "its reports are drained all the same");
}
