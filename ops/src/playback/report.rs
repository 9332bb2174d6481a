//! What `fulmar replay` reports: the shape of its JSON, and its text.

use std::collections::BTreeMap;
use std::fmt::Write;

use fulmar_bus::record::{Bar, FundingRate, Level, Side, SyncState, TopOfBook, TopSource, UnixNanos};
use fulmar_engine::market::decimal::format_scaled;
use serde::Serialize;

use super::journal::JournalReport;
use super::told::Told;
use crate::window::Picture;

/// Levels a side that the checksum of a book covers.
const CHECKSUM_LEVELS: usize = 20;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct ReplayReport {
    /// A part a file, in the order asked for.
    pub captures: Vec<CaptureReport>,
    /// A part a journal, in the order asked for.
    pub journals: Vec<JournalReport>,
    /// Records that the engine published.
    pub records: u64,
    /// How long all of it took.
    pub elapsed_ns: u64,
    /// The part of it that was reading and unpacking files.
    pub reading_ns: u64,
    /// The hash of every record that the engine published.
    pub output_hash: String,
}

/// One capture.
#[derive(Debug, Serialize)]
pub struct CaptureReport {
    /// The file.
    pub file: String,
    /// The venue that it was recorded from.
    pub venue: String,
    /// Frames in it: messages and HTTP answers.
    pub frames: u64,
    /// Frames that could not be read.
    pub decode_errors: u64,
    /// Frames of channels that the engine does not use.
    pub ignored_frames: u64,
    /// What the feed counted, by name (a decode error each by its own); what stayed zero is left out.
    pub counters: BTreeMap<&'static str, u64>,
    /// True where the file ends before its recorder did.
    pub truncated: bool,
    /// Each instrument, by symbol.
    pub instruments: BTreeMap<String, InstrumentReport>,
}

/// One instrument of a capture.
#[derive(Debug, Serialize)]
pub struct InstrumentReport {
    state: &'static str,
    gaps: u32,
    resyncs: u32,
    /// Updates and snapshots that the venue's own checksum proved.
    checksum_ok: u64,
    /// Those that it did not, after which the book was given up.
    checksum_bad: u64,
    crossed: u64,
    book: Option<BookReport>,
    book_actor: BookActorReport,
    trades: TradesReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    derivative: Option<DerivativeReport>,
    /// Bars of the venue's own making.
    #[serde(skip_serializing_if = "Option::is_none")]
    venue_bars: Option<u64>,
}

/// What the venue told last of a derivative, as far as it did.
#[derive(Debug, Serialize)]
struct DerivativeReport {
    mark_price: Option<String>,
    index_price: Option<String>,
    funding_rate: Option<String>,
    funding_interval_ns: Option<u64>,
    next_funding_at_ns: Option<u64>,
}

#[derive(Debug, Serialize)]
struct BookReport {
    bid: Option<[String; 2]>,
    ask: Option<[String; 2]>,
    bid_levels: usize,
    ask_levels: usize,
    top20_crc32: u32,
}

/// What the book actor told last, and how often it was held against the book that its market channel makes.
#[derive(Debug, Serialize)]
struct BookActorReport {
    state: &'static str,
    /// `book` or `ticker`: where its best prices are from.
    source: Option<&'static str>,
    bid: Option<[String; 2]>,
    ask: Option<[String; 2]>,
    compared: u64,
    differing: u64,
}

#[derive(Debug, Serialize)]
struct TradesReport {
    count: u64,
    quantity: String,
    notional: String,
    aggressor_buy: u64,
    bars_1m: BTreeMap<String, (String, String, String, String, String, u64)>,
}

impl InstrumentReport {
    /// What `picture` shows, and the book actor `told`, at the end.
    pub fn of(picture: &Picture, told: &Told) -> Self {
        let (price_scale, quantity_scale) = picture
            .replica
            .definition()
            .map_or((0, 0), |definition| (definition.price_scale, definition.quantity_scale));
        let scales = Scales { price_scale, quantity_scale };
        let is_live = picture.replica.state() == SyncState::Live;
        InstrumentReport {
            state: picture.state(),
            gaps: picture.sync.gap_count,
            resyncs: picture.sync.resync_count,
            checksum_ok: picture.checksum_ok_count,
            checksum_bad: picture.checksum_bad_count,
            crossed: picture.crossed_count,
            book: is_live.then(|| scales.book(picture)),
            book_actor: scales.book_actor(told),
            trades: scales.trades(picture),
            derivative: DerivativeReport::of(picture),
            venue_bars: (picture.venue_bar_count > 0).then_some(picture.venue_bar_count),
        }
    }
}

impl DerivativeReport {
    fn of(picture: &Picture) -> Option<Self> {
        let (funding, told) = (picture.funding, picture.venue_mark);
        let text = |mantissa: i64, scale| format_scaled(mantissa.into(), scale).as_str().to_owned();
        (funding.is_some() || told.is_some()).then(|| DerivativeReport {
            mark_price: told.map(|told| text(told.mark.0, told.price_scale)),
            index_price: told
                .filter(|told| told.index.0 != 0)
                .map(|told| text(told.index.0, told.price_scale)),
            funding_rate: funding.map(|funding| text(funding.rate.0, FundingRate::SCALE)),
            funding_interval_ns: funding.map(|funding| funding.interval.0).filter(|interval| *interval > 0),
            next_funding_at_ns: funding.map(|funding| funding.next_at.0).filter(|next_at| *next_at > 0),
        })
    }
}

/// What numbers of an instrument mean.
struct Scales {
    price_scale: u8,
    quantity_scale: u8,
}

impl Scales {
    fn level(&self, level: Level) -> [String; 2] {
        [self.price(level.price.0), self.quantity(i128::from(level.quantity.0))]
    }

    fn book_actor(&self, told: &Told) -> BookActorReport {
        let side = |level: fn(&TopOfBook) -> Level| {
            let level = told.top.as_ref().map(level)?;
            (!level.quantity.is_zero()).then(|| self.level(level))
        };
        BookActorReport {
            state: told.state.name(),
            source: told.top.map(|top| match top.source {
                TopSource::Ticker => "ticker",
                TopSource::Book => "book",
            }),
            bid: side(|top| top.bid),
            ask: side(|top| top.ask),
            compared: told.compared_count,
            differing: told.differing_count,
        }
    }

    fn book(&self, picture: &Picture) -> BookReport {
        let level = |level: Level| self.level(level);
        BookReport {
            bid: picture.replica.book().best_bid().map(level),
            ask: picture.replica.book().best_ask().map(level),
            bid_levels: picture.replica.book().level_count(Side::Buy),
            ask_levels: picture.replica.book().level_count(Side::Sell),
            top20_crc32: picture.replica.book().top_crc32(
                CHECKSUM_LEVELS,
                self.price_scale,
                self.quantity_scale,
            ),
        }
    }

    fn trades(&self, picture: &Picture) -> TradesReport {
        let trades = &picture.trades;
        TradesReport {
            count: trades.count,
            quantity: self.quantity(trades.quantity),
            notional: format_scaled(trades.notional.0, self.price_scale + self.quantity_scale)
                .as_str()
                .to_owned(),
            aggressor_buy: trades.aggressor_buy_count,
            bars_1m: trades.bars().map(|bar| (minute(bar.start_at), self.bar(bar))).collect(),
        }
    }

    fn bar(&self, bar: &Bar) -> (String, String, String, String, String, u64) {
        let [open, high, low, close] =
            [bar.open, bar.high, bar.low, bar.close].map(|price| self.price(price.0));
        (open, high, low, close, self.quantity(i128::from(bar.volume.0)), bar.trade_count)
    }

    fn price(&self, mantissa: i64) -> String {
        format_scaled(i128::from(mantissa), self.price_scale).as_str().to_owned()
    }

    fn quantity(&self, mantissa: i128) -> String {
        format_scaled(mantissa, self.quantity_scale).as_str().to_owned()
    }
}

impl ReplayReport {
    /// The report for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for capture in &self.captures {
            let _ = writeln!(
                text,
                "{}  {}  {} frames, {} decode errors{}",
                capture.file,
                capture.venue,
                capture.frames,
                capture.decode_errors,
                if capture.truncated { "; the file ends before its recorder did" } else { "" },
            );
            for (symbol, instrument) in &capture.instruments {
                let _ = writeln!(text, "  {symbol:<16} {}", instrument.line());
            }
        }
        for journal in &self.journals {
            let _ = writeln!(text, "{}  {}", journal.directory, journal.line());
        }
        let milliseconds = self.elapsed_ns / 1_000_000;
        let _ =
            write!(text, "{} records in {milliseconds} ms, output hash {}", self.records, self.output_hash);
        text
    }
}

impl ReplayReport {
    /// Why the replay is no proof: books whose actors told otherwise than their market channels, which is a bug.
    pub fn failures(&self) -> Vec<String> {
        let of_capture = |capture: &CaptureReport| {
            let differing = |(symbol, instrument): (&String, &InstrumentReport)| {
                let moments = instrument.book_actor.differing;
                let file = &capture.file;
                (moments > 0).then(|| {
                    format!("{file}: the book actor of {symbol} differed from its market channel (differing: {moments})")
                })
            };
            capture.instruments.iter().filter_map(differing).collect::<Vec<_>>()
        };
        self.captures.iter().flat_map(of_capture).collect()
    }
}

impl InstrumentReport {
    fn line(&self) -> String {
        let mut line = format!("{:<9}", self.state);
        if let Some(book) = &self.book {
            let side = |level: &Option<[String; 2]>| {
                level.as_ref().map_or("none".to_owned(), |[price, quantity]| format!("{quantity} @ {price}"))
            };
            let (bid, ask) = (side(&book.bid), side(&book.ask));
            let _ = write!(line, "bid {bid}, ask {ask}, {} + {} levels, ", book.bid_levels, book.ask_levels);
        }
        let BookActorReport { compared, differing, .. } = &self.book_actor;
        if *differing > 0 {
            let _ = write!(line, "ITS ACTOR DIFFERED AT {differing} MOMENTS ({compared} tops compared), ");
        }
        let (gaps, resyncs, crossed) = (self.gaps, self.resyncs, self.crossed);
        let _ =
            write!(line, "{} trades, {gaps} gaps, {resyncs} resyncs, {crossed} crossed", self.trades.count);
        if self.checksum_ok + self.checksum_bad > 0 {
            let _ = write!(line, ", {} checksums right, {} wrong", self.checksum_ok, self.checksum_bad);
        }
        if let Some(derivative) = &self.derivative {
            let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "not told".to_owned());
            let (mark, rate) = (told(&derivative.mark_price), told(&derivative.funding_rate));
            let _ = write!(line, ", mark price {mark}, funding {rate}");
        }
        line
    }
}

/// A moment as the minute that it starts: `2024-08-08T23:54`.
fn minute(at: UnixNanos) -> String {
    let seconds = i64::try_from(at.0 / 1_000_000_000).expect("nanoseconds of 64 bits are few enough seconds");
    let moment = jiff::Timestamp::from_second(seconds).expect("a moment of this millennium");
    moment.strftime("%Y-%m-%dT%H:%M").to_string()
}

#[cfg(test)]
pub(crate) mod tests {
    use fulmar_bus::channel::{Reader, Region, RingShape, create};
    use fulmar_bus::record::{
        ChannelId, Flags, Funding, Heading, InstrumentId, MarkPrice, Nanos, Payload, Price, Record, RecordId,
        SyncChange, SyncReason,
    };

    use super::*;

    /// A channel that was told this.
    fn told(payloads: &[&dyn Fn(&mut Record)]) -> Reader {
        let shape = RingShape { slot_count: 128, gate_count: 0 };
        let (mut writer, ring) = create(Region::heap(shape.word_count()), shape, ChannelId(0));
        let reader = ring.reader();
        for write in payloads {
            let mut record = Record::new();
            write(&mut record);
            writer.publish(&mut record).expect("nobody holds the writer up");
        }
        reader
    }

    fn written<P: Payload>(payload: P) -> impl Fn(&mut Record) {
        let (instrument_id, cause) = (InstrumentId(0), RecordId::NONE);
        let heading = Heading { instrument_id, cause, received_at: UnixNanos(1), flags: Flags::NONE };
        move |record| record.write(heading, &payload)
    }

    fn report(payloads: &[&dyn Fn(&mut Record)]) -> InstrumentReport {
        let mut picture = Picture::new("BTCUSDT", told(payloads));
        picture.look();
        InstrumentReport::of(&picture, &Told::new(told(&[])))
    }

    /// The report of a capture with an instrument whose actor believes a book that its market channel does not have.
    pub(crate) fn with_a_differing_actor() -> ReplayReport {
        let live = SyncChange::new(SyncState::Live, SyncReason::Joined, 1, 0, 0);
        let mut picture = Picture::new("BTCUSDT", told(&[]));
        let mut actor = Told::new(told(&[&written(live)]));
        picture.look();
        actor.compare(&picture);
        let instruments = BTreeMap::from([("BTCUSDT".to_owned(), InstrumentReport::of(&picture, &actor))]);
        let capture = CaptureReport {
            file: "x.capture.zst".to_owned(),
            venue: "binance-spot".to_owned(),
            frames: 0,
            decode_errors: 0,
            ignored_frames: 0,
            counters: BTreeMap::new(),
            truncated: false,
            instruments,
        };
        ReplayReport {
            captures: vec![capture],
            journals: Vec::new(),
            records: 0,
            elapsed_ns: 0,
            reading_ns: 0,
            output_hash: String::new(),
        }
    }

    #[test]
    fn what_a_venue_told_of_a_derivative_is_reported_as_decimals_and_what_it_did_not_tell_is_left_out() {
        let (rate, next_at) = (FundingRate(-100_000_000), UnixNanos(7));
        let funding = Funding { rate, interval: Nanos(0), next_at, venue_at: UnixNanos(1) };
        let mark_price = MarkPrice::new(Price(618_376_345), Price(0), UnixNanos(1), 4);
        let report = report(&[&written(funding), &written(mark_price)]);
        let expected = serde_json::json!({
            "mark_price": "61837.6345", "index_price": null, "funding_rate": "-0.0001",
            "funding_interval_ns": null, "next_funding_at_ns": 7,
        });
        assert_eq!(serde_json::to_value(&report).expect("a report is JSON")["derivative"], expected);
        assert!(report.line().ends_with(", mark price 61837.6345, funding -0.0001"), "{}", report.line());
    }

    #[test]
    fn an_instrument_of_which_no_such_thing_was_told_is_reported_without_it() {
        let report = serde_json::to_value(report(&[])).expect("a report is JSON");
        assert!(report.get("derivative").is_none() && report.get("venue_bars").is_none());
    }
}
