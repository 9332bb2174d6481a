//! Updates of an order book, by where they fall.
//!
//! The flow is made before it is timed: forward, then everything undone in reverse order, so that it can go round for
//! ever while the book stays the same size and every insert and delete still is one.

use std::hint::black_box;

use fulmar_bus::record::{Price, Quantity, Side};
use fulmar_engine::market::{Book, Change};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::limits::SEED;
use super::measure::Rig;
use super::report::{Report, Row};

/// Updates that make one sample.
const BATCH: u32 = 256;
/// Updates of a flow, one way: too many for a processor to learn, few enough to leave its cache to the book.
const FLOW_UPDATES: usize = 1 << 13;
/// Updates of one side in a message.
const MESSAGE_UPDATES: usize = 8;
/// The touch lies between this price and the next.
const MIDDLE: i64 = 6_183_763;

/// Measures updates of books of three shapes.
pub fn run(rig: &Rig) -> Report {
    let limit = rig.limit(rig.share(8));
    let rows = vec![
        Shape { level_count: 5_000, near: NEAR_REAL }.row(rig, "book.update"),
        Shape { level_count: 5_000, near: NEAR_ALL }.row(rig, "book.update.touch"),
        Shape { level_count: 46_000, near: NEAR_REAL }.row(rig, "book.update.deep"),
    ];
    let mut report = rig.report("book", limit, rows);
    report.notes.push(
        "levels: 5000 a side (46000 in the deep book); a third of the updates insert or delete; four in ten fall on \
         the best 50 levels, the others as many on each doubling of the distance; those of the touch on the best 5"
            .to_owned(),
    );
    report
}

/// Where updates fall: so many in a hundred on the best so many levels, the rest behind them.
#[derive(Clone, Copy)]
struct Near {
    percent: u32,
    level_count: u32,
}

/// As a busy venue sends them.
const NEAR_REAL: Near = Near { percent: 40, level_count: 50 };
/// At the touch alone.
const NEAR_ALL: Near = Near { percent: 100, level_count: 5 };

struct Shape {
    /// Levels a side.
    level_count: u32,
    near: Near,
}

#[derive(Clone, Copy)]
struct Update {
    side: Side,
    /// Places from the touch.
    place: u32,
    quantity: u32,
}

impl Update {
    fn apply(self, book: &mut Book) -> Change {
        book.apply(self.side, price(self.side, self.place), Quantity(i64::from(self.quantity)))
    }
}

impl Shape {
    fn row(&self, rig: &Rig, name: &str) -> Row {
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut book = self.book(&mut random);
        let flow = self.flow(&mut book, &mut random);
        let level_count = book.level_count(Side::Buy);
        let mut turn = flow.iter().cycle();
        let samples = rig.repeat(rig.share(4), BATCH, || {
            let update = turn.next().expect("a cycle does not end");
            black_box(update.apply(&mut book));
        });
        assert_eq!(book.dropped_count(), 0, "the book has room for every level");
        assert!(book.level_count(Side::Buy).abs_diff(level_count) <= level_count / 2, "the flow goes round");
        samples.row(name)
    }

    /// A book in which every second price has a level, at random.
    fn book(&self, random: &mut ChaCha8Rng) -> Book {
        let levels_max = usize::try_from(4 * self.level_count).expect("a level count is positive");
        let mut book = Book::new(levels_max);
        for place in 0..2 * self.level_count {
            for side in [Side::Buy, Side::Sell] {
                if random.random_bool(0.5) {
                    Update { side, place, quantity: quantity(random) }.apply(&mut book);
                }
            }
        }
        book
    }

    /// A flow that leaves `book` as it finds it: messages of some bids and some asks, each side best first.
    fn flow(&self, book: &mut Book, random: &mut ChaCha8Rng) -> Vec<Update> {
        let mut flow = Vec::with_capacity(2 * FLOW_UPDATES);
        let mut undone = Vec::with_capacity(FLOW_UPDATES);
        for message in 0..FLOW_UPDATES / MESSAGE_UPDATES {
            let side = if message % 2 == 0 { Side::Buy } else { Side::Sell };
            let mut places: Vec<u32> = (0..MESSAGE_UPDATES).map(|_| self.place(random)).collect();
            places.sort_unstable();
            for place in places {
                let update = self.update(book, random, (side, place));
                let before = book.quantity_at(side, price(side, update.place)).0;
                let quantity = u32::try_from(before).expect("what stands was made here");
                undone.push(Update { quantity, ..update });
                update.apply(book);
                flow.push(update);
            }
        }
        for update in undone.iter().rev() {
            update.apply(book);
        }
        flow.extend(undone.into_iter().rev());
        flow
    }

    /// How many places from the touch an update falls. Half of the places have a level. Behind the near ones each
    /// doubling of the distance gets as many updates as the one before it, as recordings of venues show.
    fn place(&self, random: &mut ChaCha8Rng) -> u32 {
        let near_places = 2 * self.near.level_count;
        if random.random_range(0..100) < self.near.percent {
            return random.random_range(0..near_places);
        }
        let doublings = (self.level_count / self.near.level_count).ilog2();
        let first = near_places << random.random_range(0..=doublings);
        random.random_range(first..(2 * first).min(2 * self.level_count))
    }

    /// One in three makes a level where there is none, or deletes one; the others change one that stands.
    fn update(&self, book: &Book, random: &mut ChaCha8Rng, (side, place): (Side, u32)) -> Update {
        let stands = |place: u32| !book.quantity_at(side, price(side, place)).is_zero();
        if random.random_range(0..3) == 0 {
            let quantity = if stands(place) { 0 } else { quantity(random) };
            return Update { side, place, quantity };
        }
        let place = (place..2 * self.level_count).find(|place| stands(*place)).unwrap_or(place);
        Update { side, place, quantity: quantity(random) }
    }
}

/// The price so many places from the touch.
fn price(side: Side, place: u32) -> Price {
    match side {
        Side::Buy => Price(MIDDLE - i64::from(place)),
        Side::Sell => Price(MIDDLE + 1 + i64::from(place)),
    }
}

fn quantity(random: &mut ChaCha8Rng) -> u32 {
    random.random_range(1..10_000_000)
}
