//! One input, both decoders: they agree on whether it is taken, and on what it says.
//!
//! A message of the market data has a fast decoder and the reference of the adapter. What comes seldom, or on orders,
//! has one decoder; the second is [`super::reference`], over another library's JSON. Mark prices, candles and the
//! venue's other channels are not decoded at all.

use fulmar_adapters::binance::order_entry::translate;
use fulmar_adapters::binance::{Binance, BinanceConfig, Product, limits};
use fulmar_adapters::decode::Scales;
use fulmar_adapters::decode::json::{self, Fields, Tape};
use fulmar_adapters::session::{
    Decoded, InstrumentConfig, Message, Protocol as _, Reader, Symbols, read_message,
};
use fulmar_bus::record::{ClientOrderId, ExecutionReport, InstrumentId, Quantity, StrategyId};
use fulmar_engine::contract::DecodeError;

use super::json::{Json, is_read_alike};
use super::{layout, reference};

/// The symbols that the frames may name, and the scales that their numbers are read at.
pub const SYMBOLS: [(&str, Scales); 3] = [
    ("BTCUSDT", Scales { price: 8, quantity: 8 }),
    ("ETHUSDT", Scales { price: 2, quantity: 3 }),
    ("SHIBUSDT", Scales { price: 10, quantity: 0 }),
];

/// What is decoded. Each has a campaign and a folder of the corpus of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoder {
    Trades,
    Depth,
    Ticker,
    Snapshot,
    Definitions,
    OrderAnswers,
    UserData,
}

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Both decoders took it and read the same, the fast one where there is one.
    Taken,
    /// Both took it, and the fast one left it to the reference, as its rule says.
    TakenSlowly,
    /// Both refused it.
    Refused,
    /// It was decoded, and compared with nothing: the rule about JSON.
    NotCompared,
}

/// Both decoders of one product, with memory that is used again.
pub struct Judge {
    protocol: Binance,
    symbols: Symbols,
    fast: Decoded,
    slow: Decoded,
}

impl Judge {
    pub fn new(product: Product) -> Self {
        let instrument = |(index, symbol)| InstrumentConfig::new(symbol, InstrumentId(index));
        let names = SYMBOLS.iter().map(|(symbol, _)| *symbol);
        let mut symbols = Symbols::new(&(0..).zip(names).map(instrument).collect::<Vec<_>>());
        for (index, (_, scales)) in SYMBOLS.into_iter().enumerate() {
            symbols.set_scales(index, scales, true);
        }
        let protocol = Binance::new(&BinanceConfig::production(product));
        Judge { protocol, symbols, fast: Decoded::default(), slow: Decoded::default() }
    }

    /// Runs both decoders.
    ///
    /// # Panics
    /// Where they disagree.
    pub fn check(&mut self, decoder: Decoder, input: &[u8]) -> Verdict {
        let json = is_read_alike(input).then(|| serde_json::from_slice::<Json>(input).ok());
        match decoder {
            Decoder::Trades | Decoder::Depth | Decoder::Ticker => self.message(input),
            Decoder::Snapshot => self.snapshot(input, json),
            Decoder::Definitions => self.definitions(input, json),
            Decoder::OrderAnswers => on_orders(input, json, answer, reference_answer),
            Decoder::UserData => on_orders(input, json, event, reference_event),
        }
    }

    fn message(&mut self, input: &[u8]) -> Verdict {
        let product = self.protocol.product();
        self.fast.clear();
        let fast = self.protocol.decode(input, &self.symbols, &mut self.fast);
        let slow = read_message(&self.protocol, &mut input.to_vec(), &self.symbols, &mut self.slow);
        let what = || format!("{product:?} {}", input.escape_ascii());
        let is_of_hot_kind = slow.is_ok()
            && matches!(
                self.slow.messages.first(),
                Some(Message::Book(_) | Message::Trade { .. } | Message::Top { .. })
            );
        let is_taken_fast = is_of_hot_kind && layout::is_taken_fast(product, input);
        assert_eq!(fast.is_some(), is_taken_fast, "the fast decoder against its rule: {slow:?} {}", what());
        match (fast, slow) {
            (Some(()), slow) => {
                // The fast decoder has no use for what the frame is about.
                self.slow.subject = self.fast.subject;
                assert_eq!((slow, &self.fast), (Ok(()), &self.slow), "{}", what());
                Verdict::Taken
            }
            (None, Ok(())) => Verdict::TakenSlowly,
            (None, Err(_)) => Verdict::Refused,
        }
    }

    fn snapshot(&mut self, input: &[u8], json: Option<Option<Json>>) -> Verdict {
        let (index, scales) = (1, SYMBOLS[1].1);
        let mut scribble = input.to_vec();
        self.slow.clear();
        let mut reader = Reader::new(&self.protocol, &self.symbols, &mut self.slow);
        let decoded = parse_answer(&mut scribble)
            .and_then(|tape| self.protocol.read_snapshot(&tape, index, &mut reader))
            .ok();
        let decoded = decoded.map(|()| {
            let Some(Message::Book(book)) = self.slow.messages.first() else { panic!("a book was read") };
            (book.span.last, book.venue_at, self.slow.bids.clone(), self.slow.asks.clone())
        });
        agree(input, decoded, json, |json| reference::snapshot(json, scales))
    }

    fn definitions(&mut self, input: &[u8], json: Option<Option<Json>>) -> Verdict {
        let mut scribble = input.to_vec();
        self.slow.clear();
        let read = parse_answer(&mut scribble)
            .and_then(|tape| self.protocol.read_definitions(&tape, &self.symbols, &mut self.slow));
        let found = self.slow.definitions.iter().map(|(index, definition)| (*index, definition.ok()));
        let found: Vec<_> = found.collect();
        let (product, names) = (self.protocol.product(), SYMBOLS.map(|(symbol, _)| symbol));
        let expected = |json: &Json| reference::definitions(product, json, &names);
        // One that is refused among others that are taken counts as refused, once both agree on each.
        let Some(json) = json else { return Verdict::NotCompared };
        let expected = json.as_ref().map_or((Vec::new(), false), expected);
        assert_eq!((&found, read.is_ok()), (&expected.0, expected.1), "{}", input.escape_ascii());
        let is_taken = read.is_ok() && found.iter().all(|(_, definition)| definition.is_some());
        if is_taken { Verdict::Taken } else { Verdict::Refused }
    }
}

/// The scales that orders are read at.
const ORDER_SCALES: Scales = SYMBOLS[1].1;

/// The order that answers are about.
pub fn order_id() -> ClientOrderId {
    ClientOrderId::new(7, StrategyId(2), 1)
}

type Reports = Vec<ExecutionReport>;

fn on_orders(
    input: &[u8],
    json: Option<Option<Json>>,
    decode: impl FnOnce(&Fields<'_, '_>) -> Result<Reports, DecodeError>,
    expect: impl FnOnce(&Json) -> Option<Reports>,
) -> Verdict {
    let mut scribble = input.to_vec();
    let decoded = json::parse(&mut scribble, limits::MESSAGE_BYTES_MAX)
        .and_then(|tape| decode(&Fields::of(tape.as_value())?));
    agree(input, decoded.ok(), json, expect)
}

/// The `result` of an answer: rows of trades, or where an order stands.
fn answer(answer: &Fields<'_, '_>) -> Result<Reports, DecodeError> {
    let Ok(rows) = answer.objects("result") else {
        let result = Fields::of(answer.value("result")?)?;
        return Ok(vec![translate::standing(&result, order_id(), ORDER_SCALES)?]);
    };
    let mut traded = Quantity(0);
    rows.map(|row| translate::trade(&row?, order_id(), ORDER_SCALES, &mut traded)).collect()
}

fn reference_answer(answer: &Json) -> Option<Reports> {
    let Some(rows) = answer.list("result") else {
        return Some(vec![reference::standing(answer.find("result")?, order_id(), ORDER_SCALES)?]);
    };
    let mut traded = 0;
    let read = rows.iter().map(|row| {
        let report = reference::trade(row, order_id(), ORDER_SCALES, traded)?;
        traded = report.cumulative_qty.0;
        Some(report)
    });
    read.collect()
}

fn event(message: &Fields<'_, '_>) -> Result<Reports, DecodeError> {
    // Spot wraps what happened; futures have the order in it.
    let event = match message.find("event") {
        Some(event) => Fields::of(event)?,
        None => Fields::of(message.value("o")?)?,
    };
    match translate::event_order(&event)?.map(|name| name.id) {
        Some(id) => Ok(vec![translate::event(&event, id, ORDER_SCALES)?]),
        None => Ok(Vec::new()),
    }
}

fn reference_event(message: &Json) -> Option<Reports> {
    let event = message.find("event").or(message.find("o")).filter(|event| event.is_object())?;
    match reference::event_order_id(event)? {
        Some(id) => Some(vec![reference::event(event, id, ORDER_SCALES)?]),
        None => Some(Vec::new()),
    }
}

fn parse_answer(body: &mut [u8]) -> Result<Tape<'_>, DecodeError> {
    json::parse(body, limits::ANSWER_BYTES_MAX)
}

/// Holds what was decoded against what is expected of it.
fn agree<T: PartialEq + std::fmt::Debug>(
    input: &[u8],
    decoded: Option<T>,
    json: Option<Option<Json>>,
    expect: impl FnOnce(&Json) -> Option<T>,
) -> Verdict {
    let Some(json) = json else { return Verdict::NotCompared };
    assert_eq!(decoded, json.as_ref().and_then(expect), "{}", input.escape_ascii());
    if decoded.is_some() { Verdict::Taken } else { Verdict::Refused }
}
