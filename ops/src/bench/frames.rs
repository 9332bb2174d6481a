//! Frames as venues send them, made from a seed: numbers of many lengths, levels that come and go, ids that follow each
//! other. Never the same frame twice in a run.

use fulmar_adapters::session::VenueEntry;
use fulmar_adapters::session::sample::{
    BookSample, LevelText, Sample, SampleFrame, TopSample, TradeSample, written,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::limits::SEED;

/// The touch stands here, in steps of the price.
const MIDDLE: i64 = 6_183_762;
/// Levels lie at most so far from it.
const RANGE: i64 = 4_000;
/// Of the levels that change, so many in a hundred are deleted: as on the venues.
const DELETED_PERCENT: u32 = 35;
/// The first update.
const FIRST_STEP: u64 = 50_093_239_189;
/// When the venue sends the first frame, in milliseconds of the Unix epoch.
const FIRST_SENT_AT_MS: u64 = 1_723_161_255_208;
/// Levels of a frame that shows how long one is.
const PROBE_LEVELS: i64 = 11;

/// Makes one frame after the other.
pub struct Frames {
    sample: Box<dyn Sample>,
    random: ChaCha8Rng,
    text: String,
    step: u64,
    frame: u64,
    sent_at_ms: u64,
}

impl Frames {
    /// The frames of a venue.
    pub fn new(entry: &VenueEntry) -> Self {
        Frames {
            sample: (entry.sample)(),
            random: ChaCha8Rng::seed_from_u64(SEED),
            text: String::new(),
            step: FIRST_STEP,
            frame: 0,
            sent_at_ms: FIRST_SENT_AT_MS,
        }
    }

    /// The symbol of every frame.
    pub fn symbol(&self) -> &'static str {
        self.sample.symbols()[0]
    }

    /// An update of the book as near to `bytes` as whole levels allow. The best bid and ask are the first of each side,
    /// so that every update moves the top of the book. A venue whose messages carry one level sends one, of either
    /// side in turn.
    pub fn depth(&mut self, bytes: usize) -> &str {
        let counts = match (self.sample.is_level_by_level(), self.step % 2) {
            (true, 0) => [1, 0],
            (true, _) => [0, 1],
            (false, _) => {
                let count = self.levels_of(bytes);
                [count / 2, count - count / 2]
            }
        };
        let (bids, asks) = (self.side(-1, counts[0]), self.side(1, counts[1]));
        self.book(false, &bids, &asks)
    }

    /// A single trade.
    pub fn trade(&mut self) -> &str {
        self.advance();
        let price = self.random_near(20);
        let (price, quantity) = self.level(price, true);
        let is_buy = self.random.random_bool(0.5);
        self.text = self.sample.trade(&TradeSample {
            symbol: self.symbol(),
            trade_id: self.step,
            frame: self.frame,
            at_ms: self.sent_at_ms,
            price: &price,
            quantity: &quantity,
            is_buy,
        });
        &self.text
    }

    /// The best bid and ask, a little elsewhere each time, where the venue sends them all day.
    pub fn book_ticker(&mut self) -> Option<&str> {
        if self.sample.is_top_seldom() {
            return None;
        }
        self.advance();
        let bid = self.random_near(50);
        let (bid, ask) = (self.level(bid, true), self.level(bid + 1, true));
        self.text = self.sample.top(&TopSample {
            symbol: self.symbol(),
            step: self.step,
            frame: self.frame,
            at_ms: self.sent_at_ms,
            bid: &bid,
            ask: &ask,
        })?;
        Some(&self.text)
    }

    /// The whole book: `level_count` levels a side. An HTTP answer has the path that was asked for before it.
    pub fn snapshot(&mut self, level_count: i64) -> &str {
        let mut side = |sign: i64| -> Vec<LevelText> {
            (1..=level_count).map(|distance| self.level(MIDDLE + sign * distance, true)).collect()
        };
        let (bids, asks) = (side(-1), side(1));
        self.book(true, &bids, &asks)
    }

    fn book(&mut self, is_snapshot: bool, bids: &[LevelText], asks: &[LevelText]) -> &str {
        // A book that is asked for holds what was sent of it before.
        if !is_snapshot || self.sample.rule().is_streamed() {
            self.advance();
        }
        self.text = text_of(self.sample.book(&BookSample {
            symbol: self.symbol(),
            is_snapshot,
            step: self.step,
            frame: self.frame,
            at_ms: self.sent_at_ms,
            bids,
            asks,
            after: [bids, asks],
        }));
        &self.text
    }

    fn advance(&mut self) {
        self.step += 1;
        self.frame += 1;
        self.sent_at_ms += self.random.random_range(0..120);
    }

    /// How many levels make a frame of so many bytes: two at least.
    fn levels_of(&self, bytes: usize) -> usize {
        let length = |count: i64| {
            let level = |place: i64| self.text_of_level(MIDDLE - place, 4_321);
            let bids: Vec<LevelText> = (0..count).map(level).collect();
            let (symbol, at_ms) = (self.symbol(), self.sent_at_ms);
            let frame = self.sample.book(&BookSample {
                symbol,
                is_snapshot: false,
                step: self.step,
                frame: self.frame,
                at_ms,
                bids: &bids,
                asks: &[],
                after: [&bids, &[]],
            });
            text_of(frame).len()
        };
        let (shortest, longer) = (length(1), length(PROBE_LEVELS));
        let level_bytes = (longer - shortest) / 10;
        let more = (bytes.saturating_sub(shortest) + level_bytes / 2).checked_div(level_bytes).unwrap_or(0);
        (more + 1).max(2)
    }

    /// So many levels of a side, of which the first is the best.
    fn side(&mut self, sign: i64, count: usize) -> Vec<LevelText> {
        let mut levels = Vec::with_capacity(count);
        levels.extend((count > 0).then(|| self.level(MIDDLE + sign, true)));
        while levels.len() < count {
            let distance = 2 + self.random.random_range(0..RANGE);
            let stays = self.random.random_range(0..100) >= DELETED_PERCENT;
            levels.push(self.level(MIDDLE + sign * distance, stays));
        }
        levels
    }

    fn random_near(&mut self, range: i64) -> i64 {
        MIDDLE + self.random.random_range(-range..range)
    }

    /// A level at this price; most quantities are small, some are large.
    fn level(&mut self, price: i64, stays: bool) -> LevelText {
        let magnitude = self.random.random_range(1..=6);
        let lots = self.random.random_range(1..10_u64.pow(magnitude));
        self.text_of_level(price, if stays { lots } else { 0 })
    }

    fn text_of_level(&self, price: i64, lots: u64) -> LevelText {
        let [price_digits, quantity_digits] = self.sample.digits();
        // Two digits of a price and five of a quantity differ; what a venue writes behind them is zeros.
        (written(price.unsigned_abs(), price_digits, 2), written(lots, quantity_digits, 5))
    }
}

fn text_of(frame: SampleFrame) -> String {
    match frame {
        SampleFrame::Message(text) => text,
        SampleFrame::Answer(path, body) => format!("{path}\n{body}"),
    }
}
