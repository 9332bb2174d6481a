//! What can be written into a command ring and a cursor page: anything at all.

use std::sync::atomic::Ordering;

use fulmar_bus::channel::{Full, RingShape, Words as _, create};
use fulmar_bus::record::{
    CancelIntent, ChannelId, ClientOrderId, Intent, ModifyIntent, OrderTerms, OrderType, Price, Quantity,
    Record, RecordId, StrategyId, TimeInForce, Timer, UnixNanos,
};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rustix::fs::{FallocateFlags, fallocate, ftruncate};
use rustix::io::Errno;

use super::{DAMAGE, Fate, MISUSE, name_of};
use crate::attached::outside::Client;

const SEED: u64 = 0x0057_11E0;
/// Words of a ring before the slots of one that has one gate.
const SLOTS_AT: usize = 48;
/// The word of its writer's cursor, and of its gate.
const CURSOR_AT: usize = 16;
const GATE_AT: usize = 32;
/// What its records call themselves: the engine's name for rings that are no channels of the run.
const COMMANDS: ChannelId = ChannelId(u16::MAX - 1);

fn check(test: &str, rounds: u64, fate: Fate, act: fn(&mut Client, u64)) {
    super::check(&name_of(module_path!(), test), rounds, fate, act);
}

/// Publishes a record as the first command, then changes words of it where it stands: the first of a slot is its stamp.
fn publish_changed(client: &Client, record: &mut Record, changes: &[(usize, u64)]) {
    client.writer().publish(record).expect("the ring is empty");
    for (word, value) in changes {
        client.commands.store(SLOTS_AT + word, *value, Ordering::Release);
    }
}

fn random() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(SEED)
}

#[test]
fn random_bytes_all_over_its_command_ring() {
    check("random_bytes_all_over_its_command_ring", 1, Fate::SentAway(DAMAGE), |client, _| {
        let mut random = random();
        for word in 0..client.commands.word_count() {
            client.commands.store(word, random.next_u64(), Ordering::Relaxed);
        }
    });
}

#[test]
fn random_bytes_all_over_its_cursor_page() {
    check("random_bytes_all_over_its_cursor_page", 1, Fate::InVain, |client, _| {
        let mut random = random();
        let mut writer = client.writer();
        for counter in 1..=200 {
            (0..10).for_each(|_| {
                (0..client.page.word_count())
                    .for_each(|word| client.page.store(word, random.next_u64(), Ordering::Relaxed));
            });
            writer.publish(&mut client.record_of(&client.order(counter))).expect("the ring has room");
        }
    });
}

#[test]
fn a_command_that_lies_about_its_length() {
    const LENGTHS: [u64; 4] = [0, 2, 64, 255];
    check("a_command_that_lies_about_its_length", 4, Fate::SentAway(DAMAGE), |client, round| {
        let mut record = client.record_of(&client.order(1));
        let first = record.words()[0] & !0x00FF_0000 | LENGTHS[usize::try_from(round).expect("small")] << 16;
        // The stamp goes last, as a writer's does: nobody sees the true length.
        client.commands.store(SLOTS_AT + 1, first, Ordering::Relaxed);
        record.relay();
        for (word, value) in (2..8).zip(&record.words()[1..]) {
            client.commands.store(SLOTS_AT + word, *value, Ordering::Relaxed);
        }
        client.commands.store(SLOTS_AT + 2, RecordId::new(COMMANDS, 1).0, Ordering::Relaxed);
        client.commands.store(SLOTS_AT, 1 << 3 | 3, Ordering::Release);
    });
}

#[test]
fn a_command_that_lies_about_its_channel_or_its_place() {
    let test = "a_command_that_lies_about_its_channel_or_its_place";
    check(test, 4, Fate::SentAway(DAMAGE), |client, round| {
        let ids = [
            RecordId::new(COMMANDS, 2).0,
            RecordId::new(ChannelId(0), 1).0,
            RecordId::new(COMMANDS, RecordId::SEQUENCE_MAX).0,
            RecordId::NONE.0,
        ];
        let id = ids[usize::try_from(round).expect("small")];
        // The engine may have read it before it was changed: then the next one lies.
        for place in 0..2 {
            client.commands.store(SLOTS_AT + place * 24 + 2, id, Ordering::Relaxed);
            client.commands.store(SLOTS_AT + place * 24, (place as u64 * 3 + 1) << 3 | 3, Ordering::Release);
        }
    });
}

#[test]
fn stamps_of_places_that_nobody_came_to() {
    check("stamps_of_places_that_nobody_came_to", 3, Fate::SentAway(DAMAGE), |client, round| {
        let stamps = [u64::MAX, 5_000 << 3 | 3, 2 << 3];
        client.commands.store(SLOTS_AT, stamps[usize::try_from(round).expect("small")], Ordering::Release);
    });
}

#[test]
fn a_cursor_a_gate_and_a_header_that_lie() {
    check("a_cursor_a_gate_and_a_header_that_lie", 1, Fate::InVain, |client, _| {
        let mut writer = client.writer();
        let mut random = random();
        for counter in 1..=50 {
            for word in (0..8).chain([CURSOR_AT, GATE_AT]) {
                let value = [0, 1, u64::MAX, random.next_u64()][random.random_range(0..4)];
                client.commands.store(word, value, Ordering::Release);
            }
            // It cost nobody anything: the ring has room for all of these, and the engine reads on.
            writer.publish(&mut client.record_of(&client.order(counter))).expect("the ring has room");
            client.hears_of(counter);
        }
    });
}

#[test]
fn a_ring_that_is_laid_anew_and_overtaken() {
    check("a_ring_that_is_laid_anew_and_overtaken", 1, Fate::SentAway(DAMAGE), |client, _| {
        let shape = RingShape { slot_count: 1 << 12, gate_count: 1 };
        let (mut writer, _) = create(client.commands.clone(), shape, COMMANDS);
        let mut number = 0;
        while !client.link.is_closed() && number < 100_000 {
            match writer.publish(&mut client.record_of(&client.order(number + 1))) {
                Ok(_) => number += 1,
                // The engine stands at its gate; nobody keeps the writer from opening that.
                Err(Full) => client.commands.store(GATE_AT, 0, Ordering::Release),
            }
        }
    });
}

#[test]
fn records_that_are_no_commands() {
    check("records_that_are_no_commands", 3, Fate::SentAway(DAMAGE), |client, round| {
        let mut record = client.record_of(&Timer { tag: 1, due_at: UnixNanos(0) });
        let order = client.record_of(&client.order(1));
        let mut bytes = order.bytes().to_vec();
        match round {
            0 => {}
            1 => {
                bytes[fulmar_bus::record::HEADER_BYTES + std::mem::offset_of!(Intent, side)] = 9;
                record.copy_from(&bytes).expect("it is as long as a record");
            }
            // Its first slot alone: a command that ends before its payload does.
            _ => {
                bytes.truncate(56);
                bytes[2] = 1;
                record.copy_from(&bytes).expect("it is as long as a record");
            }
        }
        publish_changed(client, &mut record, &[]);
    });
}

#[test]
fn holes_in_what_it_may_write() {
    check("holes_in_what_it_may_write", 1, Fate::InVain, |client, _| {
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        for file in [&client.handed.commands, &client.handed.cursor] {
            let bytes = rustix::fs::fstat(file).expect("it is open").st_size.unsigned_abs();
            for _ in 0..100 {
                assert_eq!(fallocate(file, punch, 0, bytes), Ok(()), "it is its own");
            }
            assert_eq!(ftruncate(file, 0), Err(Errno::PERM));
            assert_eq!(ftruncate(file, bytes * 2), Err(Errno::PERM));
        }
    });
}

#[test]
fn orders_under_the_name_of_another() {
    check("orders_under_the_name_of_another", 4, Fate::SentAway(MISUSE), |client, round| {
        let (epoch, own) = (client.welcome.epoch, client.welcome.strategy_id);
        let others = (0..3).map(StrategyId).filter(|other| *other != own);
        let mut writer = client.writer();
        for other in others.chain([StrategyId(u16::MAX)]) {
            for counter in 1..=20 {
                let id = ClientOrderId::new(epoch, other, counter);
                // The gate's own orders of this very strategy.
                let gates = ClientOrderId::new(epoch, own, 1 << 35);
                let mut order = client.order(counter);
                order.client_order_id = id;
                let terms = OrderTerms { quantity: Quantity(1), ..OrderTerms::default() };
                let mut record = match round {
                    0 => client.record_of(&CancelIntent { client_order_id: id }),
                    1 => client.record_of(&ModifyIntent::new(id, terms, 1)),
                    2 => client.record_of(&order),
                    _ => client.record_of(&CancelIntent { client_order_id: gates }),
                };
                writer.publish(&mut record).expect("the ring has room");
            }
        }
    });
}

#[test]
fn its_own_messages_again() {
    check("its_own_messages_again", 1, Fate::SentAway(MISUSE), |client, _| {
        let mut writer = client.writer();
        for _ in 0..20 {
            for counter in 1..=3 {
                writer.publish(&mut client.record_of(&client.order(counter))).expect("the ring has room");
            }
        }
    });
}

#[test]
fn its_own_slots_again_at_a_later_place() {
    check("its_own_slots_again_at_a_later_place", 1, Fate::SentAway(DAMAGE), |client, _| {
        let mut record = client.record_of(&client.order(1));
        publish_changed(client, &mut record, &[]);
        client.hears_of(1);
        let words = 8 * record.words().len() / 7;
        for word in (0..words).rev() {
            let value = client.commands.load(SLOTS_AT + word, Ordering::Relaxed);
            // Stamped for the place where it stands now.
            let stamp = value + ((words as u64 / 8) << 3);
            let value = if word % 8 == 0 { stamp } else { value };
            client.commands.store(SLOTS_AT + words + word, value, Ordering::Release);
        }
    });
}

#[test]
fn a_flood_of_commands() {
    check("a_flood_of_commands", 1, Fate::InVain, |client, _| {
        let mut writer = client.writer();
        let mut counter = 0;
        // More than its ring holds twice over: it has to wait until the engine took them, at the engine's pace.
        while counter < 4_000 {
            let mut record = client.record_of(&client.order(counter + 1));
            if writer.publish(&mut record).is_ok() {
                counter += 1;
            } else {
                assert!(!client.link.is_closed(), "it was sent away");
                client.read();
                std::thread::yield_now();
            }
        }
    });
}

#[test]
fn orders_of_any_numbers() {
    check("orders_of_any_numbers", 1, Fate::InVain, |client, _| {
        const TYPES: [OrderType; 7] = [
            OrderType::Market,
            OrderType::Limit,
            OrderType::Stop,
            OrderType::StopLimit,
            OrderType::TrailingStop,
            OrderType::MarketIfTouched,
            OrderType::LimitIfTouched,
        ];
        const ENDS: [TimeInForce; 5] =
            [TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok, TimeInForce::Gtd, TimeInForce::Day];
        let mut random = random();
        let mut writer = client.writer();
        let mut counter = 0;
        while counter < 3_000 {
            let mut number = || {
                let any = random.next_u64().cast_signed();
                [0, 1, -1, 1_000, any >> 20, any, i64::MAX, i64::MIN][random.random_range(0..8)]
            };
            let terms = OrderTerms {
                price: Price(number()),
                trigger_price: Price(number()),
                quantity: Quantity(number()),
            };
            let mut intent = terms.applied_to(client.order(counter + 1));
            (intent.trailing_offset, intent.display_qty) = (Price(number()), Quantity(number()));
            (intent.expire_at, intent.tag) = (UnixNanos(number().cast_unsigned()), number().cast_unsigned());
            intent.order_type = TYPES[random.random_range(0..7)];
            intent.time_in_force = ENDS[random.random_range(0..5)];
            (intent.post_only, intent.reduce_only) = (random.random_range(0..3), random.random_range(0..3));
            intent.alternatives = random.random_range(0..3);
            intent.after_counter = random.random_range(0..3) * intent.client_order_id.counter / 2;
            if random.random_range(0..2) == 0 {
                intent.side = intent.side.opposite();
            }
            let known = client.order(random.random_range(0..=counter)).client_order_id;
            let mut record = match random.random_range(0..4) {
                0 => client.record_of(&CancelIntent { client_order_id: known }),
                1 => client.record_of(&ModifyIntent::new(known, terms, random.random())),
                _ => client.record_of(&intent),
            };
            if random.random_range(0..4) == 0 {
                let mut bytes = record.bytes().to_vec();
                bytes[4..8].copy_from_slice(&random.random::<u32>().to_ne_bytes());
                record.copy_from(&bytes).expect("it is as long");
            }
            match writer.publish(&mut record) {
                Ok(_) => counter += 1,
                Err(_) => assert!(!client.link.is_closed(), "it was sent away"),
            }
            client.read();
        }
    });
}
