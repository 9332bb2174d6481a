//! The port against whatever can stand in a command ring: what reaches the gate was copied whole, is a command, and is
//! its own strategy's; anything else ends the line, and nothing follows. Small enough for Miri, which sees the copy.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

const SEED: u64 = 0x0A77_AC4E;
/// Words of the command ring before its slots: header, cursor, one gate.
const SLOTS_AT: usize = 3 * 16;
/// Slots that a hostile process writes to: those that the port comes to first.
const NEAR_SLOTS: usize = 24;

/// Where it writes: to where the port looks next, or anywhere.
fn place() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => SLOTS_AT..SLOTS_AT + 8 * NEAR_SLOTS,
        3 => (0..NEAR_SLOTS).prop_map(|slot| SLOTS_AT + 8 * slot),
        1 => 0..SLOTS_AT,
    ]
}

/// What it writes: anything, or what might be believed.
fn value() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0..40_u64,
        Just(u64::MAX),
        (0..64_u32).prop_map(|shift| 1 << shift),
        (0..40_u64).prop_map(|position| (position + 1) << 3 | 3),
        (0..40_u64).prop_map(|position| (position + 1) << 3 | 5),
        (0..12_u64).prop_map(|sequence| RecordId::new(ChannelId(10), sequence).0),
    ]
}

/// What it does next.
#[derive(Clone, Debug)]
enum Step {
    Order,
    Cancel(u64),
    Write(usize, u64),
    Lie(usize, u64),
    Turn,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Order),
        1 => (0..6_u64).prop_map(Step::Cancel),
        3 => (place(), value()).prop_map(|(place, value)| Step::Write(place, value)),
        1 => (0..cursor_page_word_count(), value()).prop_map(|(place, value)| Step::Lie(place, value)),
        3 => Just(Step::Turn),
    ]
}

/// What reached the gate, in its order.
#[derive(Default)]
struct Judged {
    counter: u64,
    has_ended: bool,
}

impl Judged {
    /// Holds all that the gate heard to what it may hear.
    fn take(&mut self, told: &[Record]) {
        for record in told {
            assert!(!self.has_ended, "{record:?} came behind the end of the line");
            let is_own = |id: ClientOrderId| {
                let (epoch, counter) = (1..=EPOCH, 0..OWN_COUNTER_MIN);
                id.strategy_id == STRATEGY && epoch.contains(&id.epoch) && counter.contains(&id.counter)
            };
            match record.header().kind() {
                Some(Kind::Presence) => self.has_ended = presence(record).news == PresenceNews::Gone,
                Some(Kind::Intent) => {
                    let intent = record.read::<Intent>().expect("it was looked at");
                    let ClientOrderId { epoch, counter, .. } = intent.client_order_id;
                    assert!(is_own(intent.client_order_id) && intent.strategy_id == STRATEGY);
                    assert!(epoch == EPOCH && counter > self.counter, "a number comes once");
                    self.counter = counter;
                }
                Some(Kind::CancelIntent) => {
                    assert!(is_own(record.read::<CancelIntent>().expect("it was looked at").client_order_id));
                }
                Some(Kind::ModifyIntent) => {
                    assert!(is_own(record.read::<ModifyIntent>().expect("it was looked at").client_order_id));
                }
                other => panic!("{other:?} is no command"),
            }
        }
    }
}

impl Process {
    /// As [`Process::command`], where what was written over the ring leaves room.
    fn try_command<P: Payload>(&mut self, payload: &P) {
        let heading = Heading {
            instrument_id: INSTRUMENT,
            cause: RecordId::NONE,
            received_at: OPENS_AT,
            flags: Flags::NONE,
        };
        let mut record = Record::new();
        record.write(heading, payload);
        let _ = self.commands.publish(&mut record);
    }

    fn try_order(&mut self) {
        self.counter += 1;
        let id = ClientOrderId::new(EPOCH, STRATEGY, self.counter);
        self.try_command(&Intent::limit(id, Side::Buy, Price(100), Quantity(1)));
    }
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 1_024 },
        rng_seed: RngSeed::Fixed(SEED),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_stands_in_its_ring_the_port_passes_on_whole_commands_of_its_own_or_ends_the_line(
        steps in prop::collection::vec(step(), 1..if cfg!(miri) { 12 } else { 80 }),
    ) {
        let mut scene = Scene::new();
        let mut process = scene.attach(1_000);
        let page = process.page_words.clone();
        let mut judged = Judged::default();
        for step in steps {
            match step {
                Step::Order => process.try_order(),
                Step::Cancel(counter) => {
                    let client_order_id = ClientOrderId::new(EPOCH, STRATEGY, counter);
                    process.try_command(&CancelIntent { client_order_id });
                }
                Step::Write(place, value) => process.command_words.store(place, value, Ordering::Relaxed),
                Step::Lie(place, value) => page.store(place, value, Ordering::Relaxed),
                Step::Turn => {
                    scene.turn();
                    judged.take(&scene.told());
                }
            }
        }
        // However it left its ring, a few turns are enough: the rest is there, or the line is at its end.
        for _ in 0..4 {
            scene.turn();
            judged.take(&scene.told());
        }
        prop_assert!(judged.has_ended != scene.status.is_attached());
        prop_assert!(!scene.port.has_callers(), "its core may sleep");
    }
}

#[test]
fn what_is_written_while_the_port_copies_it_is_taken_as_it_was_copied_or_ends_the_line() {
    const ROUNDS: u64 = if cfg!(miri) { 2 } else { 200 };
    const WRITES: u64 = if cfg!(miri) { 40 } else { 2_000 };
    for round in 1..=ROUNDS {
        let mut scene = Scene::new();
        let mut process = scene.attach(1_000_000);
        let words = process.command_words.clone();
        let neighbour = std::thread::spawn(move || {
            for write in 1..=WRITES {
                let noise = (round << 32 | write).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let word = SLOTS_AT + usize::try_from(noise >> 40).expect("24 bits") % (8 * NEAR_SLOTS);
                // The payload's words most of the time: what is copied then is of two minds.
                let stays = word % 8 < 4 && noise % 61 != 0;
                words.store(
                    word,
                    if stays { words.load(word, Ordering::Relaxed) } else { noise % 7 },
                    Ordering::Release,
                );
            }
        });
        let mut judged = Judged::default();
        let mut orders = 0;
        while !neighbour.is_finished() || orders < 20 {
            orders += 1;
            process.try_order();
            scene.turn();
            judged.take(&scene.told());
        }
        neighbour.join().expect("no panic");
    }
}
