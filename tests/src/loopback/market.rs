//! The books of one venue: levels around a middle that stands, and the frames that say how they change.

use fulmar_adapters::session::sample::{
    BookSample, LevelText, Sample, SampleFrame, TopSample, TradeSample, written,
};
use fulmar_engine::runtime::Clock;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Levels of a side at most.
const LEVELS: usize = 32;
/// Levels of a side at least: as many as a checksum looks at, and some more.
const LEVELS_MIN: usize = 16;
/// The price between bids and asks, in ticks of 0.1.
const MIDDLE: u64 = 600_000;
/// Of so many frames of a symbol one is a trade, and one the best prices.
const FRAMES_PER_TRADE: u64 = 5;
/// The first state of every book.
const FIRST_STEP: u64 = 1_000;

/// A venue's market.
pub(super) struct Market {
    sample: Box<dyn Sample>,
    symbols: Vec<String>,
    books: Vec<Ladder>,
    random: ChaCha8Rng,
    clock: Clock,
    trade_id: u64,
}

/// The quantities of a book, in lots, the best first; zero where nothing stands.
struct Ladder {
    sides: [[u64; LEVELS]; 2],
    step: u64,
    frames: u64,
}

impl Market {
    pub(super) fn new(sample: Box<dyn Sample>, symbols: Vec<String>, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut side = || std::array::from_fn(|_| lots(&mut random));
        let books = symbols.iter().map(|_| Ladder { sides: [side(), side()], step: FIRST_STEP, frames: 0 });
        let books = books.collect();
        Market { sample, symbols, books, random, clock: Clock::new(), trade_id: 0 }
    }

    /// What the venue says of these symbols, where it does.
    pub(super) fn definitions(&self, is_asked: impl Fn(&str) -> bool) -> Option<SampleFrame> {
        let symbols: Vec<&str> =
            self.symbols.iter().map(String::as_str).filter(|symbol| is_asked(symbol)).collect();
        self.sample.definitions(&symbols)
    }

    /// The place of a symbol.
    pub(super) fn find(&self, symbol: &str) -> Option<usize> {
        self.symbols.iter().position(|known| known == symbol)
    }

    /// A message that nobody needs.
    pub(super) fn unused(&self, frame: u64) -> String {
        self.sample.unused(frame)
    }

    /// A whole book, as the frame of this number on its connection.
    pub(super) fn snapshot(&self, place: usize, frame: u64) -> SampleFrame {
        let [bids, asks] = [0, 1].map(|side| self.levels(place, side));
        self.book(place, frame, (true, [&bids, &asks]))
    }

    /// The next thing that happens to a symbol, as the frame of this number on its connection.
    pub(super) fn next(&mut self, place: usize, frame: u64) -> String {
        let book = &mut self.books[place];
        book.frames += 1;
        let turn = book.frames % FRAMES_PER_TRADE;
        match turn {
            0 => self.trade(place, frame),
            1 => self.top(place, frame).unwrap_or_else(|| self.update(place, frame)),
            _ => self.update(place, frame),
        }
    }

    /// One level changes: there are venues that send no more of them in a message.
    fn update(&mut self, place: usize, frame: u64) -> String {
        let side = self.random.random_range(0..2);
        let away = self.random.random_range(0..LEVELS);
        let book = &mut self.books[place];
        let is_full = book.sides[side].iter().filter(|lots| **lots > 0).count() > LEVELS_MIN;
        let is_deleted = is_full && book.sides[side][away] > 0 && self.random.random_bool(0.4);
        book.sides[side][away] = if is_deleted { 0 } else { lots(&mut self.random) };
        book.step += 1;
        let level = [self.level(place, side, away)];
        let changed: [&[LevelText]; 2] = if side == 0 { [&level, &[]] } else { [&[], &level] };
        match self.book(place, frame, (false, changed)) {
            SampleFrame::Message(text) => text,
            SampleFrame::Answer(path, _) => panic!("an update is a message, not an answer to {path}"),
        }
    }

    fn trade(&mut self, place: usize, frame: u64) -> String {
        self.trade_id += 1;
        let is_buy = self.random.random_bool(0.5);
        let (price, quantity) = self.best(place, usize::from(is_buy));
        self.sample.trade(&TradeSample {
            symbol: &self.symbols[place],
            trade_id: self.trade_id,
            frame,
            at_ms: self.now_ms(),
            price: &price,
            quantity: &quantity,
            is_buy,
        })
    }

    fn top(&self, place: usize, frame: u64) -> Option<String> {
        let [bid, ask] = [0, 1].map(|side| self.best(place, side));
        self.sample.top(&TopSample {
            symbol: &self.symbols[place],
            step: self.books[place].step,
            frame,
            at_ms: self.now_ms(),
            bid: &bid,
            ask: &ask,
        })
    }

    fn book(
        &self,
        place: usize,
        frame: u64,
        (is_snapshot, [bids, asks]): (bool, [&[LevelText]; 2]),
    ) -> SampleFrame {
        let [own_bids, own_asks] = [0, 1].map(|side| self.levels(place, side));
        self.sample.book(&BookSample {
            symbol: &self.symbols[place],
            is_snapshot,
            step: self.books[place].step,
            frame,
            at_ms: self.now_ms(),
            bids,
            asks,
            after: [&own_bids, &own_asks],
        })
    }

    fn best(&self, place: usize, side: usize) -> LevelText {
        let away = self.books[place].sides[side].iter().position(|lots| *lots > 0);
        self.level(place, side, away.expect("a side is never empty"))
    }

    /// What stands on a side, the best first.
    fn levels(&self, place: usize, side: usize) -> Vec<LevelText> {
        let standing = (0..LEVELS).filter(|away| self.books[place].sides[side][*away] > 0);
        standing.map(|away| self.level(place, side, away)).collect()
    }

    fn level(&self, place: usize, side: usize, away: usize) -> LevelText {
        let distance = u64::try_from(away + 1).expect("levels are few");
        let ticks = if side == 0 { MIDDLE - distance } else { MIDDLE + distance };
        let [price_digits, quantity_digits] = self.sample.digits();
        (written(ticks, price_digits, 1), written(self.books[place].sides[side][away], quantity_digits, 5))
    }

    fn now_ms(&self) -> u64 {
        self.clock.now().0 / 1_000_000
    }
}

fn lots(random: &mut ChaCha8Rng) -> u64 {
    random.random_range(1..1_000_000)
}
