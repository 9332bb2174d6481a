//! Updates of an order book, by where they fall.
//!
//! The flow never repeats: it is made ahead in chunks, between the samples and without touching the book, so that
//! neither a predictor nor a cache has seen what comes. The book keeps its size all the same, since a place is as
//! likely to be filled as to be emptied. What the flow is made of was counted in recordings of a busy symbol, spot and
//! futures: see `RECORDED`, `TOGGLED_PERCENT` and those beside them.

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
/// Updates of a chunk: 256 samples, of which the first few alone find the caches as the making left them.
const CHUNK_UPDATES: usize = 1 << 16;
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
        let mut flow = Flow::new(self);
        let mut book = flow.book();
        let level_count = book.level_count(Side::Buy);
        let operation = |flow: &mut Flow<'_>| {
            black_box(flow.next().apply(&mut book));
        };
        let samples = rig.repeat_prepared(rig.share(4), BATCH, &mut flow, (Flow::make_ahead, operation));
        assert_eq!(book.dropped_count(), 0, "the book has room for every level");
        assert!(
            book.level_count(Side::Buy).abs_diff(level_count) <= level_count / 2,
            "the book keeps its size"
        );
        samples.row(name)
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

/// A flow without an end: messages of some bids and some asks in turn, each side best first.
struct Flow<'a> {
    shape: &'a Shape,
    random: ChaCha8Rng,
    /// What stands at each place of the bids and of the asks once all that was made is applied; zero where nothing.
    standing: [Vec<u32>; 2],
    made: Vec<Update>,
    /// How many of those made were taken.
    taken: usize,
    side: Side,
}

impl<'a> Flow<'a> {
    /// Begins with every second place filled, at random.
    fn new(shape: &'a Shape) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let standing = [(); 2].map(|()| {
            let place = |_| if random.random_bool(0.5) { quantity(&mut random) } else { 0 };
            (0..2 * shape.level_count).map(place).collect()
        });
        Flow { shape, random, standing, made: Vec::new(), taken: 0, side: Side::Buy }
    }

    /// The book as it stands before the first update.
    fn book(&self) -> Book {
        let levels_max = usize::try_from(4 * self.shape.level_count).expect("a level count is positive");
        let mut book = Book::new(levels_max);
        for side in [Side::Buy, Side::Sell] {
            for (place, quantity) in
                (0..).zip(&self.standing[index(side)]).filter(|(_, standing)| **standing > 0)
            {
                Update { side, place, quantity: *quantity }.apply(&mut book);
            }
        }
        book
    }

    /// Makes the next chunk, where less than a batch is left.
    fn make_ahead(&mut self) {
        if self.made.len() - self.taken >= BATCH as usize {
            return;
        }
        self.made.drain(..self.taken);
        self.taken = 0;
        while self.made.len() < CHUNK_UPDATES {
            self.make_message();
            self.side = self.side.opposite();
        }
    }

    /// The next update of those made ahead.
    fn next(&mut self) -> Update {
        self.taken += 1;
        self.made[self.taken - 1]
    }

    /// The updates of one side in a message: each price once, best first.
    fn make_message(&mut self) {
        let shortest = 1 << self.random.random_range(0..MESSAGE_DOUBLINGS);
        let length = self.random.random_range(shortest..2 * shortest);
        let mut updates: Vec<Update> = (0..length).map(|_| self.update()).collect();
        updates.sort_unstable_by_key(|update| update.place);
        updates.dedup_by_key(|update| update.place);
        for update in &updates {
            self.standing[index(self.side)][update.place as usize] = update.quantity;
        }
        self.made.extend(updates);
    }

    /// One update, where the bands and as the mix say.
    fn update(&mut self) -> Update {
        let (side, place, kind) =
            (self.side, self.shape.place(&mut self.random), self.random.random_range(0..100));
        let standing = &self.standing[index(side)];
        // Every second place has a level, so one that has, or has not, is near.
        let mut from_here =
            (place..).zip(&standing[place as usize..]).map(|(place, standing)| (place, *standing));
        let (place, quantity) = if kind < TOGGLED_PERCENT {
            (place, if standing[place as usize] == 0 { quantity(&mut self.random) } else { 0 })
        } else if kind < TOGGLED_PERCENT + ABSENT_PERCENT {
            from_here.find(|(_, standing)| *standing == 0).unwrap_or((0, 0))
        } else {
            let (place, standing) = from_here.find(|(_, standing)| *standing != 0).unwrap_or((0, 0));
            let is_same = kind < TOGGLED_PERCENT + ABSENT_PERCENT + SAME_PERCENT;
            (place, if is_same { standing } else { quantity(&mut self.random) })
        };
        Update { side, place, quantity }
    }
}

/// Where a side's places stand.
const fn index(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        Side::Sell => 1,
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
