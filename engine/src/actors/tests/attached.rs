//! The port of an attached strategy: what a process may do to it, and what not.

mod hostile;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use fulmar_bus::attach::{CursorPage, cursor_page_word_count};
use fulmar_bus::channel::{Words, Writer};
use fulmar_bus::record::{
    CancelIntent, ClientOrderId, ExecutionReport, ExecutionType, Heading, Intent, Kind, ModifyIntent, Nanos,
    OnDisconnect, OrderStatus, OrderTerms, Position, Presence, PresenceNews, RecordId, Side, StrategyId,
    Timer,
};

use super::*;
use crate::actors::limits::COMMANDS_PER_TURN_MAX;
use crate::actors::{AttachedPort, Line, PortNews, PortPlan, ProcessPlan};
use crate::runtime::{Doorway, Ended, Inboxes, LineStatus, door};
use crate::trading::OWN_COUNTER_MIN;

const EPOCH: u32 = 7;
const STRATEGY: StrategyId = StrategyId(2);
const SILENCE_MAX: Nanos = Nanos::from_secs(3);
const MISUSES_MAX: u32 = 3;
/// Slots of the process's rings.
const SLOTS: usize = if cfg!(miri) { 128 } else { 512 };

/// A port, and both sides of it.
struct Scene {
    port: AttachedPort,
    reports: Outbox,
    intents: Reader,
    door: Doorway<PortNews>,
    status: LineStatus,
    now: UnixNanos,
}

/// The ends of a process.
struct Process {
    commands: Writer,
    command_words: Region,
    events: Reader,
    page: CursorPage,
    page_words: Region,
    wakes: Arc<Wakes>,
    markets: Outbox,
    counter: u64,
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Scene {
    fn new() -> Self {
        let (reports, report_ring) = channel(1, ROOMY);
        let (intents, intent_ring) = channel(2, ROOMY);
        let (doorway, door) = door(4);
        let status = LineStatus::default();
        let process = ProcessPlan {
            on_disconnect: OnDisconnect::Cancel,
            silence_max: SILENCE_MAX,
            misuses_max: MISUSES_MAX,
            door,
            status: status.clone(),
            is_played: false,
        };
        let plan = PortPlan { name: "outside".into(), strategy_id: STRATEGY, epoch: EPOCH, process };
        let mut inboxes = Inboxes::new();
        inboxes.add(gated(&report_ring));
        let intent_reader = gated(&intent_ring);
        let port = AttachedPort::new(plan, inboxes, Some(intents));
        Scene { port, reports, intents: intent_reader, door: doorway, status, now: OPENS_AT }
    }

    fn turn(&mut self) -> Work {
        self.now = self.now + Nanos(1_000_000);
        turn(&mut self.port, self.now)
    }

    /// A process attaches that may command so often in a second.
    fn attach(&mut self, commands_max: u32) -> Process {
        let ring = |id| {
            let shape = RingShape { slot_count: SLOTS, gate_count: 1 };
            let words = Region::heap(shape.word_count());
            let (writer, ring) = create(words.clone(), shape, ChannelId(id));
            (writer, ring, words)
        };
        let (commands, command_ring, command_words) = ring(10);
        let (events, event_ring, _) = ring(11);
        let page_words = Region::heap(cursor_page_word_count());
        let page = CursorPage::new(page_words.clone());
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let (markets, market_ring) = channel(12, ROOMY);
        let reader = event_ring.reader();
        let line = Line::new(
            &command_ring,
            (events, &event_ring),
            (page.clone(), waker),
            vec![market_ring],
            commands_max,
        );
        assert!(self.door.hand(PortNews::Came(Box::new(line))).is_ok(), "there is room at the door");
        self.turn();
        let here = self.told();
        assert_eq!(here.len(), 1, "the gate hears that it came, and no more");
        assert_eq!(presence(&here[0]).news, PresenceNews::Here);
        Process { commands, command_words, events: reader, page, page_words, wakes, markets, counter: 0 }
    }

    /// What the gate heard since this was last asked.
    fn told(&mut self) -> Vec<Record> {
        drain(&mut self.intents)
    }

    /// What the gate heard is that the process is gone, and nothing behind it.
    fn assert_gone(&mut self, ended: Ended) {
        let told = self.told();
        let gone = presence(told.last().expect("the gate heard something"));
        assert_eq!((gone.news, gone.on_disconnect), (PresenceNews::Gone, OnDisconnect::Cancel));
        assert_eq!(self.status.ends(), (1, Some(ended)));
        assert!(!self.status.is_attached());
    }
}

impl Process {
    fn command<P: Payload>(&mut self, payload: &P) {
        let mut record = Record::new();
        let heading = Heading {
            instrument_id: INSTRUMENT,
            cause: RecordId::NONE,
            received_at: OPENS_AT,
            flags: Flags::NONE,
        };
        record.write(heading, payload);
        self.commands.publish(&mut record).expect("the ring has room");
    }

    fn order(&mut self) -> Intent {
        self.counter += 1;
        let id = ClientOrderId::new(EPOCH, STRATEGY, self.counter);
        let intent = Intent::limit(id, Side::Buy, Price(100), Quantity(1));
        self.command(&intent);
        intent
    }

    fn events(&mut self) -> Vec<Record> {
        let events = drain(&mut self.events);
        self.page.set_consumed(self.events.sequence());
        events
    }
}

fn presence(record: &Record) -> Presence {
    *record.read().expect("it is news of a process")
}

fn report(counter: u64) -> ExecutionReport {
    let id = ClientOrderId::new(EPOCH, STRATEGY, counter);
    ExecutionReport::new(id, Side::Buy, ExecutionType::Accepted, OrderStatus::Accepted)
}

#[test]
fn what_a_process_wants_reaches_the_gate_in_its_order_and_under_its_own_name_alone() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    let mut intent = process.order();
    process.command(&CancelIntent { client_order_id: intent.client_order_id });
    let terms = OrderTerms { price: Price(101), trigger_price: Price(0), quantity: Quantity(2) };
    process.command(&ModifyIntent::new(intent.client_order_id, terms, 1));
    // Whose it is, a process may not say.
    process.counter += 1;
    intent.client_order_id.counter = 2;
    intent.strategy_id = StrategyId(0);
    process.command(&intent);
    scene.turn();
    let told = scene.told();
    let kinds: Vec<_> = told.iter().map(|record| record.header().kind()).collect();
    let [wish, cancel, change] = [Kind::Intent, Kind::CancelIntent, Kind::ModifyIntent].map(Some);
    assert_eq!(kinds, [wish, cancel, change, wish]);
    assert!(told.iter().all(|record| record.header().instrument_id == INSTRUMENT));
    assert_eq!(told[3].read::<Intent>().map(|intent| intent.strategy_id), Ok(STRATEGY));
    assert_eq!(scene.status.counter(), 2, "the next process counts on from there");
}

#[test]
fn orders_of_others_and_orders_again_are_not_its_to_want_and_too_many_of_them_end_it() {
    let other = ClientOrderId::new(EPOCH, StrategyId(0), 50);
    let later = ClientOrderId::new(EPOCH + 1, STRATEGY, 50);
    let gates_own = ClientOrderId::new(EPOCH, STRATEGY, OWN_COUNTER_MIN);
    let foreign = ClientOrderId::foreign(5).expect("it is small");
    for id in [other, later, gates_own, foreign] {
        let mut scene = Scene::new();
        let mut process = scene.attach(1_000);
        for _ in 0..MISUSES_MAX {
            process.command(&CancelIntent { client_order_id: id });
        }
        scene.turn();
        assert!(scene.told().is_empty() && scene.status.is_attached(), "{id:?}");
        process.command(&Intent::limit(id, Side::Buy, Price(100), Quantity(1)));
        process.order();
        scene.turn();
        scene.assert_gone(Ended::Misuse);
    }
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    let intent = process.order();
    process.command(&intent);
    scene.turn();
    assert_eq!((scene.told().len(), counter(&scene.port, "attached_misuses")), (1, 1), "a number comes once");
}

#[test]
fn an_order_may_skip_numbers_and_not_use_up_those_of_the_processes_that_come_after_it() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    for (counter, is_taken) in [(1 << 19, true), (1 << 21, false), ((1 << 19) + 1, true)] {
        let id = ClientOrderId::new(EPOCH, STRATEGY, counter);
        process.command(&Intent::limit(id, Side::Buy, Price(100), Quantity(1)));
        scene.turn();
        assert_eq!(scene.told().len(), usize::from(is_taken), "{counter}");
    }
    assert_eq!(counter(&scene.port, "attached_misuses"), 1);
}

#[test]
fn misuse_is_forgiven_with_time() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    let id = ClientOrderId::new(EPOCH, StrategyId(0), 50);
    for _ in 0..4 * MISUSES_MAX {
        process.command(&CancelIntent { client_order_id: id });
        process.page.beat();
        scene.now = scene.now + Nanos::from_secs(21);
        scene.turn();
        process.page.beat();
    }
    assert!(scene.status.is_attached(), "three a minute are forgiven");
}

#[test]
fn what_is_no_command_ends_it_at_once() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    process.order();
    process.command(&Timer { tag: 1, due_at: OPENS_AT });
    process.order();
    scene.turn();
    let told = scene.told();
    assert_eq!(told[0].header().kind(), Some(Kind::Intent), "what came before stands");
    assert_eq!((told.len(), presence(&told[1]).news), (2, PresenceNews::Gone), "what came after does not");
    assert_eq!(scene.status.ends(), (1, Some(Ended::Damage)));
    assert_eq!(counter(&scene.port, "attached_quarantines"), 1);
}

#[test]
fn a_byte_that_its_enum_does_not_have_ends_it_at_once() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    let id = ClientOrderId::new(EPOCH, STRATEGY, 1);
    let mut record = Record::new();
    let (instrument_id, cause, flags) = (INSTRUMENT, RecordId::NONE, Flags::NONE);
    let heading = Heading { instrument_id, cause, received_at: OPENS_AT, flags };
    record.write(heading, &Intent::limit(id, Side::Buy, Price(100), Quantity(1)));
    let mut bytes = record.bytes().to_vec();
    bytes[fulmar_bus::record::HEADER_BYTES + std::mem::offset_of!(Intent, side)] = 9;
    record.copy_from(&bytes).expect("it is as long as a record");
    process.commands.publish(&mut record).expect("the ring has room");
    scene.turn();
    scene.assert_gone(Ended::Damage);
}

#[test]
fn a_writer_that_overtakes_us_in_its_own_ring_is_sent_away() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    // It lays another ring over the same memory, which has no gate that could hold it up.
    let shape = RingShape { slot_count: SLOTS, gate_count: 1 };
    let (writer, _) = create(process.command_words.clone(), shape, ChannelId(10));
    process.commands = writer;
    for _ in 0..3 * SLOTS {
        process.order();
    }
    scene.turn();
    scene.assert_gone(Ended::Damage);
}

#[test]
fn a_stamp_that_no_command_stands_behind_ends_it_and_is_not_looked_at_for_ever() {
    // Slots follow the header, the writer's cursor and one gate.
    let stamp_of_first = 3 * 16;
    for stamp in [u64::MAX, 5 << 3 | 3, 1 << 3 | 5, 2 << 3] {
        let mut scene = Scene::new();
        let process = scene.attach(1_000);
        process.command_words.store(stamp_of_first, stamp, Ordering::Release);
        assert!(scene.port.has_callers(), "{stamp:#x} looks like something that waits");
        scene.turn();
        scene.assert_gone(Ended::Damage);
        assert!(!scene.port.has_callers(), "its core may sleep");
    }
}

#[test]
fn a_flood_takes_no_more_of_a_turn_and_of_a_second_than_it_may() {
    let mut scene = Scene::new();
    let mut process = scene.attach(100);
    for _ in 0..120 {
        process.order();
    }
    scene.turn();
    assert_eq!(scene.told().len(), COMMANDS_PER_TURN_MAX);
    scene.turn();
    assert_eq!(scene.told().len(), 100 - COMMANDS_PER_TURN_MAX, "the second's budget is spent");
    scene.now = scene.now + Nanos(50_000_000);
    scene.turn();
    assert_eq!(scene.told().len(), 5, "and grows evenly");
    assert!(scene.status.is_attached(), "the rest waits in its own ring");
}

#[test]
fn reports_reach_it_whole_and_name_what_they_are_of() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    send(&mut scene.reports, OPENS_AT, &report(1));
    send(&mut scene.reports, OPENS_AT, &report(2));
    scene.turn();
    let events = process.events();
    let counters =
        events.iter().map(|event| event.read::<ExecutionReport>().map(|it| it.client_order_id.counter));
    assert_eq!(counters.collect::<Vec<_>>(), [Ok(1), Ok(2)]);
    assert_eq!(
        events[0].header().cause,
        RecordId::new(ChannelId(1), 1),
        "its cause is the gate's own record"
    );
    assert_eq!(scene.status.lag(), 2);
    scene.turn();
    assert_eq!(scene.status.lag(), 0, "it said that it read them");
    assert_eq!(scene.status.figures().lag_events_max, 2, "how far it was behind is remembered");
}

#[test]
fn one_that_reads_nothing_loses_its_reports_and_is_told_anew_and_holds_nobody_up() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    for counter in 1..=u64::try_from(SLOTS).expect("it is small") {
        send(&mut scene.reports, OPENS_AT, &report(counter));
    }
    scene.turn();
    let told = scene.told();
    assert_eq!((told.len(), presence(&told[0]).news), (1, PresenceNews::Here), "the gate is asked once");
    let lost = counter(&scene.port, "attached_events_lost");
    assert!(lost > 0);
    let given = process.events().len() as u64;
    assert_eq!(given + lost, SLOTS as u64, "each is given or counted");
    // What comes before the gate's answer is part of that answer.
    send(&mut scene.reports, OPENS_AT, &report(900));
    send(&mut scene.reports, OPENS_AT, &Presence::anew(EPOCH, 900));
    send(&mut scene.reports, OPENS_AT, &report(901));
    scene.turn();
    let events = process.events();
    assert_eq!((events.len(), presence(&events[0]).news), (2, PresenceNews::Anew));
    assert!(scene.told().is_empty(), "it is asked no more");
}

#[test]
fn a_lie_about_what_it_read_costs_the_liar_alone() {
    for lie in [u64::MAX, 1 << 40, 0] {
        let mut scene = Scene::new();
        let process = scene.attach(1_000);
        for round in 0..20 {
            process.page.set_consumed(lie);
            process.page.beat();
            for counter in 1..=30 {
                send(&mut scene.reports, OPENS_AT, &report(round * 30 + counter));
            }
            assert!(scene.turn().is_some());
        }
        assert!(scene.status.is_attached(), "it goes on to lie to itself");
        let lost = counter(&scene.port, "attached_events_lost");
        assert_eq!(lost == 0, lie > 0, "{lie}: what it says that it read makes room, at its own cost");
    }
}

#[test]
fn one_that_shows_no_sign_of_life_is_given_up_and_one_that_does_is_not() {
    let mut scene = Scene::new();
    let process = scene.attach(1_000);
    for _ in 0..5 {
        process.page.beat();
        scene.now = scene.now + Nanos::from_secs(2);
        scene.turn();
    }
    assert!(scene.status.is_attached());
    assert!(scene.port.due_at().is_some_and(|due_at| due_at > scene.now), "it looks again by itself");
    scene.now = scene.port.due_at().expect("a line has an end");
    scene.turn();
    scene.assert_gone(Ended::Silence);
}

#[test]
fn a_process_that_goes_is_told_of_once_and_another_one_takes_its_place() {
    let mut scene = Scene::new();
    let mut first = scene.attach(1_000);
    first.order();
    scene.turn();
    let went = || PortNews::Went(Ended::Gone);
    assert!(scene.door.hand(went()).is_ok() && scene.door.hand(went()).is_ok());
    scene.turn();
    let told = scene.told();
    assert_eq!((told.len(), presence(&told[1]).news), (2, PresenceNews::Gone));
    assert_eq!(scene.status.ends(), (1, Some(Ended::Gone)));
    let mut second = scene.attach(1_000);
    second.counter = scene.status.counter();
    second.order();
    first.order();
    scene.turn();
    assert_eq!(scene.told().len(), 1, "what the first one writes, nobody reads");
    let zero = Position {
        quantity: Quantity(0),
        avg_px: Price(0),
        realized: Notional(0).into(),
        cost: Notional(0).into(),
        bought_qty: Quantity(0),
        sold_qty: Quantity(0),
        strategy_id: STRATEGY,
        account_id: fulmar_bus::record::AccountId(0),
        reserved: [0; 4],
    };
    send(&mut scene.reports, OPENS_AT, &zero);
    scene.turn();
    assert_eq!((first.events().len(), second.events().len()), (0, 1));
}

#[test]
fn one_that_comes_while_another_is_there_takes_its_place_and_nothing_of_it_is_canceled() {
    let mut scene = Scene::new();
    let mut first = scene.attach(1_000);
    first.order();
    first.order();
    scene.turn();
    assert_eq!(scene.told().len(), 2);
    // That the gate hears that one came, and not that one went, is asserted there.
    let mut second = scene.attach(1_000);
    assert_eq!(scene.status.ends(), (1, Some(Ended::Replaced)));
    assert!(scene.status.is_attached() && scene.status.lines() == 2);

    first.order();
    second.counter = scene.status.counter();
    second.order();
    scene.turn();
    let counters = scene
        .told()
        .iter()
        .map(|told| told.read::<Intent>().map(|it| it.client_order_id.counter))
        .collect::<Vec<_>>();
    assert_eq!(counters, [Ok(3)], "numbers go on, and what the first one writes now, nobody reads");
    send(&mut scene.reports, OPENS_AT, &Presence::anew(EPOCH, 3));
    send(&mut scene.reports, OPENS_AT, &report(1));
    scene.turn();
    assert_eq!((first.events().len(), second.events().len()), (0, 2), "all that stands is its own now");

    assert!(scene.door.hand(PortNews::Went(Ended::Gone)).is_ok());
    scene.turn();
    let told = scene.told();
    assert_eq!((told.len(), presence(&told[0]).news), (1, PresenceNews::Gone), "it goes as any other");
    let figures = scene.status.figures();
    assert_eq!((figures.lines, figures.commands, figures.orders, figures.quarantines), (2, 3, 3, 0));
}

#[test]
fn one_that_sleeps_is_woken_once_for_all_that_is_new_and_one_that_always_says_so_hardly_more_often() {
    let mut scene = Scene::new();
    let mut process = scene.attach(1_000);
    let wakes = Arc::clone(&process.wakes);
    let woken = || wakes.0.load(Ordering::Relaxed);
    scene.turn();
    process.page.fall_asleep();
    scene.turn();
    assert_eq!(woken(), 0, "nothing is new");
    let level = Level { price: Price(100), quantity: Quantity(1) };
    let top = TopOfBook::new(level, level, 1, OPENS_AT, TopSource::Book);
    send(&mut process.markets, OPENS_AT, &top);
    scene.turn();
    assert_eq!(woken(), 1, "market data wakes it");
    send(&mut process.markets, OPENS_AT, &top);
    scene.turn();
    assert_eq!(woken(), 1, "it is awake");
    for _ in 0..1_000 {
        process.page.fall_asleep();
        send(&mut process.markets, OPENS_AT, &top);
        scene.now = scene.now + Nanos(100);
        turn(&mut scene.port, scene.now);
    }
    assert!(woken() <= 7, "{} wakes in 100 us", woken());
}
