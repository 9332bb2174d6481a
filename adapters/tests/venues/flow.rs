//! A venue's side of the wire: books that change, and the frames that say so, in the venue's own words.

use fulmar_adapters::session::sample::{
    BarSample, BookSample, LevelText, Sample, SampleFrame, TopSample, TradeSample,
};
use fulmar_engine::market::decimal;

/// Levels as a test writes them.
pub type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Digits that texts are compared at: as many as any has.
const SCALE: u8 = 8;
/// The first state of every book.
const FIRST_STEP: u64 = 1_000;
/// When the first frame is sent, in milliseconds.
const FIRST_AT_MS: u64 = 1_786_310_816_516;

/// The books of a venue, and what was sent of them.
pub struct Flow {
    pub sample: Box<dyn Sample>,
    pub symbols: [&'static str; 2],
    books: [[Vec<LevelText>; 2]; 2],
    steps: [u64; 2],
    frame: u64,
    at_ms: u64,
    trade_id: u64,
}

impl Flow {
    /// Two books of a few levels each.
    pub fn new(sample: Box<dyn Sample>) -> Self {
        let symbols = sample.symbols();
        Flow::of(sample, symbols)
    }

    /// As [`Flow::new`], of these symbols.
    pub fn of(sample: Box<dyn Sample>, symbols: [&'static str; 2]) -> Self {
        let side =
            |levels: Pairs<'_>| levels.iter().map(|(p, q)| ((*p).to_owned(), (*q).to_owned())).collect();
        let book = || {
            [
                side(&[("100.5", "1.00000000"), ("100.4", "2.50000000"), ("99.0", "3.00000000")]),
                side(&[("100.6", "4.00000000"), ("101.0", "5.25000000")]),
            ]
        };
        Flow {
            symbols,
            sample,
            books: [book(), book()],
            steps: [FIRST_STEP; 2],
            frame: 0,
            at_ms: FIRST_AT_MS,
            trade_id: 0,
        }
    }

    /// The book as it should be: bids and asks, the best first.
    pub fn book(&self, index: usize) -> &[Vec<LevelText>; 2] {
        &self.books[index]
    }

    /// When the next frame is sent, in milliseconds.
    pub const fn at_ms(&self) -> u64 {
        self.at_ms
    }

    /// The venue's clock shows this from now on.
    pub const fn set_clock(&mut self, at_ms: u64) {
        self.at_ms = at_ms;
    }

    /// A connection opens anew: its frames are counted from zero.
    pub fn reconnect(&mut self) {
        self.frame = 0;
    }

    /// The venue counts the states of this book from one again.
    pub fn restart(&mut self, index: usize) {
        self.steps[index] = 1;
    }

    /// The venue's number of this book's state jumps ahead by so much.
    pub fn skip(&mut self, index: usize, count: u64) {
        self.steps[index] += count;
    }

    /// The whole book as it is.
    pub fn snapshot(&mut self, index: usize) -> SampleFrame {
        let [bids, asks] = self.books[index].clone();
        self.frame(index, true, [&bids, &asks])
    }

    /// The book changes by these levels.
    pub fn update(&mut self, index: usize, bids: Pairs<'_>, asks: Pairs<'_>) -> SampleFrame {
        let owned = |levels: Pairs<'_>| -> Vec<LevelText> {
            levels.iter().map(|(price, quantity)| ((*price).to_owned(), (*quantity).to_owned())).collect()
        };
        self.change(index, &owned(bids), &owned(asks))
    }

    /// As [`Flow::update`], of levels that were made.
    pub fn change(&mut self, index: usize, bids: &[LevelText], asks: &[LevelText]) -> SampleFrame {
        self.steps[index] += 1;
        let [own_bids, own_asks] = &mut self.books[index];
        bids.iter().for_each(|level| apply(own_bids, level, true));
        asks.iter().for_each(|level| apply(own_asks, level, false));
        self.frame(index, false, [bids, asks])
    }

    /// The book becomes this, whatever it was; nothing is sent.
    pub fn replace(&mut self, index: usize, bids: Vec<LevelText>, asks: Vec<LevelText>) {
        self.steps[index] += 1;
        self.books[index] = [bids, asks];
    }

    /// Somebody trades.
    pub fn trade(&mut self, index: usize, price: &str, quantity: &str, is_buy: bool) -> String {
        self.trade_id += 1;
        self.same_trade(index, price, quantity, is_buy)
    }

    /// As [`Flow::trade`], under the number of the trade before it.
    pub fn same_trade(&mut self, index: usize, price: &str, quantity: &str, is_buy: bool) -> String {
        let (frame, at_ms) = (self.frame, self.at_ms);
        self.next_frame();
        self.sample.trade(&TradeSample {
            symbol: self.symbols[index],
            trade_id: self.trade_id,
            frame,
            at_ms,
            price,
            quantity,
            is_buy,
        })
    }

    /// The venue's own best prices, if it sends them.
    pub fn top(&mut self, index: usize, bid: (&str, &str), ask: (&str, &str)) -> Option<String> {
        let own = |level: (&str, &str)| (level.0.to_owned(), level.1.to_owned());
        let frame = self.frame;
        let top = self.sample.top(&TopSample {
            symbol: self.symbols[index],
            step: self.steps[index],
            frame,
            at_ms: self.at_ms,
            bid: &own(bid),
            ask: &own(ask),
        })?;
        self.next_frame();
        Some(top)
    }

    /// A bar of the venue's own making, if it makes them.
    pub fn bar(&mut self, index: usize, bar: &BarSample<'_>) -> Option<String> {
        let (symbol, frame) = (self.symbols[index], self.frame);
        let bar = self.sample.bar(&BarSample { symbol, frame, at_ms: self.at_ms, ..*bar })?;
        self.next_frame();
        Some(bar)
    }

    /// What the venue says where it does not take a subscription, if it says anything. A refusal that does not name the
    /// number of its frame is not counted among the frames.
    pub fn refusal(&mut self, index: usize) -> Option<String> {
        let refusal = |frame| self.sample.refusal(self.symbols[index], frame);
        let (refused, other) = (refusal(self.frame), refusal(self.frame + 1));
        if refused != other {
            self.next_frame();
        }
        refused
    }

    /// The number of the next frame, which is sent now.
    pub fn next_frame(&mut self) -> u64 {
        let frame = self.frame;
        self.frame += 1;
        self.at_ms += 10;
        frame
    }

    fn frame(&mut self, index: usize, is_snapshot: bool, [bids, asks]: [&[LevelText]; 2]) -> SampleFrame {
        let (frame, [own_bids, own_asks]) = (self.frame, &self.books[index]);
        let made = self.sample.book(&BookSample {
            symbol: self.symbols[index],
            is_snapshot,
            step: self.steps[index],
            frame,
            at_ms: self.at_ms,
            bids,
            asks,
            after: [own_bids, own_asks],
        });
        if matches!(made, SampleFrame::Message(_)) {
            self.next_frame();
        }
        made
    }
}

/// Sets, moves or deletes a level, so that the best stays first.
fn apply(levels: &mut Vec<LevelText>, (price, quantity): &LevelText, is_bid: bool) {
    let key = mantissa(price);
    let is_before = |level: &LevelText| {
        let other = mantissa(&level.0);
        if is_bid { other > key } else { other < key }
    };
    let place = levels.partition_point(is_before);
    let is_there = levels.get(place).is_some_and(|level| mantissa(&level.0) == key);
    match (mantissa(quantity) == 0, is_there) {
        (true, true) => drop(levels.remove(place)),
        (true, false) => {}
        (false, true) => levels[place].1.clone_from(quantity),
        (false, false) => levels.insert(place, (price.clone(), quantity.clone())),
    }
}

/// A text as a number at [`SCALE`].
pub fn mantissa(text: &str) -> i64 {
    decimal::parse(text.as_bytes(), SCALE).expect("a test writes numbers")
}
