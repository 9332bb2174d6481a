//! Frames as a venue sends them, made from what they are to say: what tests and measurements feed a session with.
//!
//! A venue that has this is held to the conformance suite of all venues, fuzzed, and measured, without a line more.

use super::protocol::Protocol;

/// A venue whose frames can be made.
pub trait Sample: Protocol {
    /// Two symbols of the venue.
    fn symbols(&self) -> [&'static str; 2];

    /// Digits behind the point of prices and of quantities, as the venue writes those of its best known instrument.
    fn digits(&self) -> [u8; 2] {
        [1, 8]
    }

    /// As many symbols as are wanted, as the venue writes them: the first two are [`Sample::symbols`], the others are
    /// of coins that nobody trades.
    ///
    /// # Panics
    /// Where the venue's first symbol does not begin with `BTC`, and the venue has no spelling of its own here.
    fn symbol(&self, number: usize) -> String {
        let symbols = self.symbols();
        match symbols.get(number) {
            Some(symbol) => (*symbol).to_owned(),
            None => format!(
                "{}{}",
                coin(number),
                symbols[0].strip_prefix("BTC").expect("it begins with the coin")
            ),
        }
    }

    /// What the venue says of these symbols: a tick of 0.1 and a lot of 0.00000001, all of them traded. None where it
    /// has no such message.
    fn definitions(&self, symbols: &[&str]) -> Option<SampleFrame> {
        self.instruments(&InstrumentSample { symbols, tick: "0.1", is_traded: true, is_snapshot: true })
    }

    /// What the venue says of instruments, all of a lot of 0.00000001. None where it has no such message.
    fn instruments(&self, instruments: &InstrumentSample<'_>) -> Option<SampleFrame>;

    /// Two symbols whose mark price or funding the venue tells. None where it trades no such thing.
    fn derivatives(&self) -> Option<[&'static str; 2]>;

    /// A whole book, or levels of it that changed. Where a message of the venue carries fewer levels than are to be
    /// said, it is a snapshot of [`BookSample::after`], as the venue might send one at any time.
    fn book(&self, book: &BookSample<'_>) -> SampleFrame;

    /// True where a message carries one level, so that what comes all day is that.
    fn is_level_by_level(&self) -> bool {
        false
    }

    /// A trade.
    fn trade(&self, trade: &TradeSample<'_>) -> String;

    /// True where the venue's own best bid and ask come too seldom for a fast decoder.
    fn is_top_seldom(&self) -> bool {
        false
    }

    /// The venue's own best bid and ask, where it sends them.
    fn top(&self, top: &TopSample<'_>) -> Option<String>;

    /// The venue's own mark price and index price, in as many frames as it takes. None where it tells no mark price.
    fn mark_price(&self, mark: &MarkPriceSample<'_>) -> Vec<SampleFrame>;

    /// The funding of a perpetual, where the venue tells it.
    fn funding(&self, funding: &FundingSample<'_>) -> Option<SampleFrame>;

    /// A bar of five minutes of the venue's own making, where it makes them.
    fn bar(&self, bar: &BarSample<'_>) -> Option<String>;

    /// A message of a kind that nobody here uses.
    fn unused(&self, frame: u64) -> String;

    /// What the venue says where it does not take the subscription to a symbol, if it says anything.
    fn refusal(&self, symbol: &str, frame: u64) -> Option<String>;

    /// What the venue says before it closes a connection, if it says anything.
    fn notice(&self, frame: u64) -> Option<String>;

    /// Status and body of the answer to one HTTP request too many, of a venue that will answer none before this moment
    /// where it says so, in milliseconds of the Unix epoch.
    fn too_many_requests(&self, until_ms: u64) -> (u16, String);
}

/// What `one` writes of each symbol, as the members of a list.
pub(crate) fn joined(symbols: &[&str], one: impl Fn(&str) -> String) -> String {
    let all: Vec<String> = symbols.iter().map(|symbol| one(symbol)).collect();
    all.join(",")
}

/// The list of what `one` writes of each level's price and quantity.
pub(crate) fn level_list(levels: &[LevelText], one: impl Fn(&str, &str) -> String) -> String {
    let all: Vec<String> = levels.iter().map(|(price, quantity)| one(price, quantity)).collect();
    format!("[{}]", all.join(","))
}

/// The levels as a list of pairs, which is how most venues write them.
pub(crate) fn level_pairs(levels: &[LevelText]) -> String {
    level_list(levels, |price, quantity| format!(r#"["{price}","{quantity}"]"#))
}

/// The name of a coin that nobody trades: three letters, another for each number below 17,576.
///
/// ```
/// use fulmar_adapters::session::sample::coin;
/// assert_eq!([coin(2), coin(27)], ["QAC", "QBB"]);
/// ```
pub fn coin(number: usize) -> String {
    let letter = |place: usize| char::from(b'A' + u8::try_from(place % 26).expect("a letter has a place"));
    [letter(16 + number / 676), letter(number / 26), letter(number)].into_iter().collect()
}

/// The number of `steps`, written with `digits` behind its point, of which at most `own` are not zeros.
///
/// ```
/// use fulmar_adapters::session::sample::written;
/// assert_eq!([written(600_001, 2, 1), written(7, 0, 5)], ["60000.10", "7"]);
/// ```
pub fn written(steps: u64, digits: u8, own: u8) -> String {
    let own = own.min(digits);
    let one = 10_u64.pow(u32::from(own));
    let zeros = "0".repeat(usize::from(digits - own));
    if digits == 0 {
        return steps.to_string();
    }
    format!("{}.{:02$}{zeros}", steps / one, steps % one, usize::from(own))
}

/// A frame that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleFrame {
    /// A message of the connection.
    Message(String),
    /// The path of an HTTP request, and the body of its answer.
    Answer(String, String),
}

/// A level as it is written: price and quantity.
pub type LevelText = (String, String);

/// What a message or an answer about instruments is to say.
#[derive(Clone, Copy, Debug)]
pub struct InstrumentSample<'a> {
    /// Of these symbols.
    pub symbols: &'a [&'a str],
    /// The step of their prices.
    pub tick: &'a str,
    /// The venue trades them now.
    pub is_traded: bool,
    /// They are all that there are, and not those that changed, of a venue that says it in the stream.
    pub is_snapshot: bool,
}

/// What a message of a book is to say.
#[derive(Clone, Debug)]
pub struct BookSample<'a> {
    /// Of this symbol.
    pub symbol: &'a str,
    /// All of the book.
    pub is_snapshot: bool,
    /// Which state of the book holds after it. An update leads from one state to the next number.
    pub step: u64,
    /// Which frame of the connection it is, counted from zero.
    pub frame: u64,
    /// When the venue sends it, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// Bids, in this order; a quantity of zero where one is gone.
    pub bids: &'a [LevelText],
    /// Asks, in this order.
    pub asks: &'a [LevelText],
    /// All bids and all asks once it is applied, the best first: what a checksum is made of.
    pub after: [&'a [LevelText]; 2],
}

/// What a message of a trade is to say.
#[derive(Clone, Debug)]
pub struct TradeSample<'a> {
    /// Of this symbol.
    pub symbol: &'a str,
    /// The venue's number of it.
    pub trade_id: u64,
    /// Which frame of the connection it is.
    pub frame: u64,
    /// When it happened, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// Its price.
    pub price: &'a str,
    /// Its quantity.
    pub quantity: &'a str,
    /// The one who crossed the spread bought.
    pub is_buy: bool,
}

/// What a message of best prices is to say.
#[derive(Clone, Debug)]
pub struct TopSample<'a> {
    /// Of this symbol.
    pub symbol: &'a str,
    /// The venue's number of it.
    pub step: u64,
    /// Which frame of the connection it is.
    pub frame: u64,
    /// When the venue sends it, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// The best bid.
    pub bid: &'a LevelText,
    /// The best ask.
    pub ask: &'a LevelText,
}

/// What a message of computed prices is to say.
#[derive(Clone, Copy, Debug)]
pub struct MarkPriceSample<'a> {
    /// Of this symbol.
    pub symbol: &'a str,
    /// When the venue sends it, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// The mark price.
    pub mark: &'a str,
    /// The price of what lies beneath.
    pub index: &'a str,
}

/// What a message of funding is to say.
#[derive(Clone, Copy, Debug)]
pub struct FundingSample<'a> {
    /// Of this symbol.
    pub symbol: &'a str,
    /// When the venue sends it, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// The rate.
    pub rate: &'a str,
    /// The moment of the next payment, in milliseconds of the Unix epoch: a full hour.
    pub next_at_ms: u64,
}

/// What a message of a bar is to say.
#[derive(Clone, Copy, Debug)]
pub struct BarSample<'a> {
    /// Of this symbol.
    pub symbol: &'a str,
    /// Which frame of the connection it is.
    pub frame: u64,
    /// When the venue sends it, in milliseconds of the Unix epoch.
    pub at_ms: u64,
    /// When it begins, in milliseconds of the Unix epoch.
    pub start_ms: u64,
    /// Open, high, low and close.
    pub prices: [&'a str; 4],
    /// What was traded in it.
    pub volume: &'a str,
    /// Nothing comes to it any more, of a venue that says so.
    pub is_closed: bool,
}
