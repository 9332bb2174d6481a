//! Updates of an order book, by where they fall.
//!
//! The flow is made before it is timed: forward, then everything undone in reverse order, so that it can go round for
//! ever while the book stays the same size and every insert and delete still is one. What it is made of was counted in
//! recordings of a busy symbol, spot and futures: see `RECORDED`, `TOGGLED_PERCENT` and those beside them.

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
const FLOW_UPDATES: usize = 1 << 14;
/// A message has up to two to the power of this many updates of a side, and each doubling is as likely: a mean of 27, a
/// median of 11, and half of all updates come in messages of 64 and more.
const MESSAGE_DOUBLINGS: u32 = 7;
/// Of a hundred updates so many make a level where there is none, or delete the one that stands.
const TOGGLED_PERCENT: u32 = 58;
/// So many delete a level that is not there.
const ABSENT_PERCENT: u32 = 6;
/// So many tell the quantity that stands already. All others change it.
const SAME_PERCENT: u32 = 3;
/// The touch lies between this price and the next.
const MIDDLE: i64 = 6_183_763;

/// Measures updates of books of three shapes.
pub fn run(rig: &Rig) -> Report {
    let limit = rig.limit(rig.share(8));
    let rows = vec![
        Shape { level_count: 5_000, bands: &RECORDED }.row(rig, "book.update"),
        Shape { level_count: 5_000, bands: &TOUCH }.row(rig, "book.update.touch"),
        Shape { level_count: 46_000, bands: &SPREAD }.row(rig, "book.update.deep"),
    ];
    let mut report = rig.report("book", limit, rows);
    report.notes.push(
        "mix, message lengths and distances from the touch are those of recordings of Binance's BTCUSDT, the mean of \
         spot and futures: 58 % of the updates insert or delete, 30 % fall on the best 50 levels, 74 % on the best \
         400; 5000 levels a side. touch: all on the best 5. deep: 46000 levels a side, two in five updates on the best \
         50, the others as many on each doubling of the distance, which is farther out than recordings show"
            .to_owned(),
    );
    report
}

/// Where updates fall: on the levels below `end_level` and not below that of the band before, so many in a thousand.
struct Band {
    end_level: u32,
    per_mille: u32,
}

const fn band(end_level: u32, per_mille: u32) -> Band {
    Band { end_level, per_mille }
}

/// As two recordings of a busy symbol have them.
const RECORDED: [Band; 12] = [
    band(1, 33),
    band(5, 54),
    band(10, 44),
    band(25, 82),
    band(50, 88),
    band(100, 120),
    band(200, 155),
    band(400, 168),
    band(800, 125),
    band(1_600, 71),
    band(3_200, 44),
    band(5_000, 16),
];
/// At the touch alone.
const TOUCH: [Band; 1] = [band(5, 1_000)];
/// All over a deep book.
const SPREAD: [Band; 11] = [
    band(50, 400),
    band(100, 60),
    band(200, 60),
    band(400, 60),
    band(800, 60),
    band(1_600, 60),
    band(3_200, 60),
    band(6_400, 60),
    band(12_800, 60),
    band(25_600, 60),
    band(46_000, 60),
];

struct Shape {
    /// Levels a side.
    level_count: u32,
    bands: &'static [Band],
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
        let mut side = Side::Buy;
        while flow.len() < FLOW_UPDATES {
            for update in self.message(book, random, side) {
                let before = book.quantity_at(side, price(side, update.place)).0;
                let quantity = u32::try_from(before).expect("what stands was made here");
                undone.push(Update { quantity, ..update });
                update.apply(book);
                flow.push(update);
            }
            side = side.opposite();
        }
        for update in undone.iter().rev() {
            update.apply(book);
        }
        flow.extend(undone.into_iter().rev());
        flow
    }

    /// The updates of one side in a message: each price once, best first.
    fn message(&self, book: &Book, random: &mut ChaCha8Rng, side: Side) -> Vec<Update> {
        let shortest = 1 << random.random_range(0..MESSAGE_DOUBLINGS);
        let length = random.random_range(shortest..2 * shortest);
        let mut updates: Vec<Update> = (0..length).map(|_| self.update(book, random, side)).collect();
        updates.sort_unstable_by_key(|update| update.place);
        updates.dedup_by_key(|update| update.place);
        updates
    }

    /// One update, where the bands and as the mix say.
    fn update(&self, book: &Book, random: &mut ChaCha8Rng, side: Side) -> Update {
        let place = self.place(random);
        let quantity_at = |place: &u32| book.quantity_at(side, price(side, *place)).0;
        // Every second place has a level, so one that has, or has not, is near.
        let mut from_here = place..2 * self.level_count;
        let kind = random.random_range(0..100);
        let (place, quantity) = if kind < TOGGLED_PERCENT {
            (Some(place), if quantity_at(&place) == 0 { quantity(random) } else { 0 })
        } else if kind < TOGGLED_PERCENT + ABSENT_PERCENT {
            (from_here.find(|place| quantity_at(place) == 0), 0)
        } else if kind < TOGGLED_PERCENT + ABSENT_PERCENT + SAME_PERCENT {
            let stands = from_here.find(|place| quantity_at(place) != 0);
            let quantity = stands.map_or(0, |place| quantity_at(&place));
            (stands, u32::try_from(quantity).expect("what stands was made here"))
        } else {
            (from_here.find(|place| quantity_at(place) != 0), quantity(random))
        };
        Update { side, place: place.unwrap_or(0), quantity }
    }

    /// How many places from the touch an update falls: there are two places to a level.
    fn place(&self, random: &mut ChaCha8Rng) -> u32 {
        let mut rest = random.random_range(0..1_000);
        let mut begin = 0;
        for band in self.bands {
            if rest < band.per_mille {
                return random.random_range(2 * begin..2 * band.end_level);
            }
            rest -= band.per_mille;
            begin = band.end_level;
        }
        unreachable!("the bands share out all thousand")
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
