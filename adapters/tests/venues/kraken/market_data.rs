//! What is special to Kraken Spot: books proven by digits, definitions in the stream, bars that never close.

use fulmar_adapters::decode::Scales;
use fulmar_adapters::kraken::Kraken;
use fulmar_adapters::session::{
    Decoded, InstrumentConfig, MarketData, Message, Protocol as _, Symbols, VenueSettings, read_message,
};
use fulmar_bus::record::{
    FrameSource, InstrumentId, Listing, Nanos, Notional, Price, Quantity, RequestKind, SyncReason, SyncState,
    UnixNanos,
};
use fulmar_engine::contract::{InboundFrame, MarketSession as _};

use crate::keeper::Keeper;

const BTC: InstrumentId = InstrumentId(0);
const ETH: InstrumentId = InstrumentId(1);

/// A session of two pairs, its sink and a clock.
struct Bench {
    session: MarketData,
    keeper: Keeper,
    now: UnixNanos,
}

impl Bench {
    fn new() -> Self {
        let instruments = [InstrumentConfig::new("BTC/USD", BTC), InstrumentConfig::new("ETH/USD", ETH)];
        let protocol = Kraken::new(&VenueSettings { depth: Some(10), ..VenueSettings::default() });
        let mut bench = Bench {
            session: MarketData::new(Box::new(protocol), &instruments),
            keeper: Keeper::default(),
            now: UnixNanos::from_millis(1_786_310_740_000),
        };
        bench.session.on_start(bench.now, &mut bench.keeper);
        bench.feed(FrameSource::Opened, "wss://");
        bench.keeper.requests.clear();
        bench
    }

    fn feed(&mut self, source: FrameSource, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        let frame =
            InboundFrame { source, connection: 0, status: 0, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.keeper);
    }

    fn message(&mut self, text: &str) {
        self.feed(FrameSource::Message, text);
    }

    /// A book of these levels of BTC/USD, and the checksum of it.
    fn book(&mut self, kind: &str, (bids, asks): (&str, &str), digits: &str) {
        let checksum = crc32fast::hash(digits.as_bytes());
        self.message(&format!(
            r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"BTC/USD","bids":[{bids}],"asks":[{asks}],"checksum":{checksum},"timestamp":"2026-08-09T21:05:48.228568Z"}}]}}"#
        ));
    }

    fn state(&self) -> (SyncState, SyncReason) {
        let change = self.keeper.instruments[&BTC].state.expect("a state");
        (change.state, change.reason)
    }
}

/// Ten bids below 100.0 and one ask, and their digits.
fn ten_bids() -> (String, String, String) {
    let level = |n: i64| format!(r#"{{"price":{}.5,"qty":0.0000510{n}}}"#, 90 + n);
    let bids: Vec<String> = (0..10).rev().map(level).collect();
    let digits: String = (0..10).rev().map(|n| format!("{}5510{n}", 90 + n)).collect();
    (bids.join(","), r#"{"price":100.0,"qty":1.50000000}"#.to_owned(), format!("1000150000000{digits}"))
}

/// The digits of that book with 1.00000000 wanted at 99.7: the tenth bid is not among them any more.
fn with_a_better_bid(digits: &str) -> String {
    digits.replace("1000150000000", "1000150000000997100000000").replace("9055100", "")
}

#[test]
fn a_level_that_leaves_the_depth_is_deleted_without_the_venue_saying_so() {
    let mut bench = Bench::new();
    let (bids, asks, digits) = ten_bids();
    bench.book("snapshot", (&bids, &asks), &digits);
    assert_eq!(bench.state().0, SyncState::Live);
    let lowest = Price(905);
    assert!(bench.keeper.instruments[&BTC].bids.contains_key(&lowest));
    let after = with_a_better_bid(&digits);
    bench.book("update", (r#"{"price":99.7,"qty":1.00000000}"#, ""), &after);
    assert_eq!(bench.state().0, SyncState::Live);
    let kept = &bench.keeper.instruments[&BTC];
    assert_eq!((kept.bids.len(), kept.bids.contains_key(&lowest)), (10, false));
}

#[test]
fn the_depth_is_what_the_venue_says_that_it_is() {
    let mut bench = Bench::new();
    bench.message(r#"{"method":"subscribe","result":{"channel":"book","depth":25,"snapshot":true,"symbol":"BTC/USD"},"success":true,"time_in":"2026-08-09T21:05:40.000001Z"}"#);
    let (bids, asks, digits) = ten_bids();
    bench.book("snapshot", (&bids, &asks), &digits);
    let after = with_a_better_bid(&digits);
    bench.book("update", (r#"{"price":99.7,"qty":1.00000000}"#, ""), &after);
    assert_eq!(bench.keeper.instruments[&BTC].bids.len(), 11, "the checksum covers ten, the book has more");
    assert_eq!(bench.state().0, SyncState::Live);
}

#[test]
fn a_level_that_stands_twice_in_a_message_is_as_it_was_said_last() {
    let mut bench = Bench::new();
    let bids =
        r#"{"price":99.5,"qty":1.00000000},{"price":99.5,"qty":0.00000000},{"price":99.5,"qty":3.00000000}"#;
    bench.book("snapshot", (bids, ""), "995300000000");
    assert_eq!(bench.state().0, SyncState::Live);
    assert_eq!(bench.keeper.instruments[&BTC].bids[&Price(995)], 300_000_000);
}

#[test]
fn a_wrong_checksum_subscribes_the_book_anew() {
    let mut bench = Bench::new();
    let (bids, asks, digits) = ten_bids();
    bench.book("snapshot", (&bids, &asks), &digits);
    bench.book("update", (r#"{"price":99.7,"qty":1.00000000}"#, ""), "nothing like it");
    assert_eq!(bench.state(), (SyncState::Desynced, SyncReason::Checksum));
    assert!(!bench.keeper.instruments[&BTC].bids.contains_key(&Price(997)), "nothing of it is told");
    let asked: Vec<_> = bench.keeper.requests.iter().map(|(kind, _, text)| (*kind, text.as_str())).collect();
    let about = |method| {
        format!(r#"{{"method":"{method}","params":{{"channel":"book","symbol":["BTC/USD"],"depth":10}}}}"#)
    };
    let expected = [about("unsubscribe"), about("subscribe")];
    assert_eq!(asked, expected.each_ref().map(|text| (RequestKind::Send, text.as_str())));
    bench.book("snapshot", (&bids, &asks), &digits);
    assert_eq!(bench.state().0, SyncState::Live);
}

#[test]
fn definitions_come_in_the_stream_with_the_digits_of_the_wire() {
    let mut bench = Bench::new();
    bench.message(r#"{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"USD"}],"pairs":[{"symbol":"SOL/USD"},{"symbol":"BTC/USD","base":"BTC","quote":"USD","status":"online","qty_precision":8,"qty_increment":1e-08,"price_precision":1,"cost_precision":5,"marginable":true,"cost_min":0.50000,"tick_size":0.1,"price_increment":0.1,"qty_min":0.00005000}]}}"#);
    let definition = bench.keeper.instruments[&BTC].definition.expect("defined");
    assert_eq!((definition.price_scale, definition.quantity_scale, definition.is_inferred), (1, 8, 0));
    assert_eq!((definition.base.as_str(), definition.quote.as_str()), ("BTC", "USD"));
    assert_eq!((definition.tick, definition.lot), (Price(1), Quantity(1)));
    assert_eq!(definition.quantity_min, Quantity(5_000));
    assert_eq!(Notional::from(definition.notional_min), Notional(500_000_000));
    assert!(bench.keeper.statuses.is_empty(), "what is traded as ever is no news");
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn a_pair_or_the_whole_venue_is_halted_and_listed_again() {
    let mut bench = Bench::new();
    let (bids, asks, digits) = ten_bids();
    bench.book("snapshot", (&bids, &asks), &digits);
    let said = |bench: &mut Bench| -> Vec<(InstrumentId, Listing)> {
        std::mem::take(&mut bench.keeper.statuses).iter().map(|(id, status)| (*id, status.listing)).collect()
    };
    let system = |state| format!(r#"{{"channel":"status","type":"update","data":[{{"system":"{state}"}}]}}"#);
    bench.message(&system("online"));
    assert_eq!(said(&mut bench), []);
    bench.message(&system("maintenance"));
    assert_eq!(said(&mut bench), [(BTC, Listing::Halted), (ETH, Listing::Halted)]);
    bench.message(&system("online"));
    assert_eq!(said(&mut bench), [(BTC, Listing::Listed), (ETH, Listing::Listed)]);
    let pair = |state| {
        format!(
            r#"{{"channel":"instrument","type":"update","data":{{"assets":[],"pairs":[{{"symbol":"BTC/USD","base":"BTC","quote":"USD","status":"{state}","qty_precision":8,"qty_increment":0.00000001,"price_precision":1,"price_increment":0.1,"qty_min":0.0001}}]}}}}"#
        )
    };
    bench.message(&pair("cancel_only"));
    assert_eq!(said(&mut bench), [(BTC, Listing::Halted)]);
    bench.message(&pair("limit_only"));
    assert_eq!(said(&mut bench), [(BTC, Listing::Listed)]);
    bench.message(&system("post_only"));
    said(&mut bench);
    bench.message(&pair("online").replace("update", "snapshot"));
    assert_eq!(said(&mut bench), [], "the venue does not trade, whatever the pair would");
}

#[test]
fn a_pair_that_the_venue_does_not_know_is_told_and_every_refusal_is_counted() {
    let mut bench = Bench::new();
    let refused = |words, symbol| {
        format!(
            r#"{{"error":"{words}","method":"subscribe","success":false,"symbol":"{symbol}","time_in":"2026-08-09T21:05:40.000001Z"}}"#
        )
    };
    bench.message(&refused("Currency pair not supported ETH/USD", "ETH/USD"));
    let (id, status) = bench.keeper.statuses[0];
    assert_eq!((id, status.listing), (ETH, Listing::Unlisted));
    assert_eq!(status.text.as_str(), "Currency pair not supported ETH/USD");
    bench.message(&refused("Subscription depth not supported", "BTC/USD"));
    bench.message(r#"{"Error":"Exceeded msg rate"}"#);
    bench.message(r#"{"method":"pong","time_in":"2026-08-09T21:05:40.000001Z"}"#);
    assert_eq!((bench.keeper.statuses.len(), bench.session.counters().venue_refusals), (1, 3));
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn trades_of_a_snapshot_are_no_trades_and_exponents_are_read() {
    let mut bench = Bench::new();
    let trades = |kind| {
        format!(
            r#"{{"channel":"trade","type":"{kind}","data":[{{"symbol":"BTC/USD","side":"sell","price":99.5,"qty":5.1e-05,"ord_type":"limit","trade_id":7,"timestamp":"2026-08-09T21:05:48.5Z"}},{{"symbol":"SOL/USD"}},{{"symbol":"BTC/USD","side":"buy","price":99.6,"qty":2,"ord_type":"market","trade_id":8,"timestamp":"2026-08-09T21:05:48.6Z"}}]}}"#
        )
    };
    bench.message(&trades("snapshot"));
    assert!(bench.keeper.instruments.is_empty(), "they happened long before");
    bench.message(&trades("update"));
    let kept = &bench.keeper.instruments[&BTC];
    assert_eq!((kept.trade_count, kept.buy_count), (2, 1));
    assert_eq!(kept.traded, 2_000_051, "at the six digits that the first needs");
    assert_eq!(kept.last_trade.expect("a trade").trade_id, 8);
}

#[test]
fn a_bar_is_told_once_the_next_has_begun() {
    let mut bench = Bench::new();
    let bar = |kind, minute: u64, close: &str| {
        format!(
            r#"{{"channel":"ohlc","type":"{kind}","timestamp":"2026-08-09T21:05:48.5Z","data":[{{"symbol":"BTC/USD","open":99.5,"high":101.0,"low":99.0,"close":{close},"trades":15,"volume":0.58051276,"vwap":100.2,"interval_begin":"2026-08-09T21:{minute:02}:00.000000000Z","interval":1,"timestamp":"2026-08-09T21:59:00.000000Z"}}]}}"#
        )
    };
    bench.message(&bar("snapshot", 4, "100.0"));
    bench.message(&bar("update", 5, "100.1"));
    bench.message(&bar("update", 5, "100.2"));
    assert!(bench.keeper.instruments[&BTC].bars.is_empty());
    bench.message(&bar("update", 7, "100.3"));
    let [bar] = bench.keeper.instruments[&BTC].bars[..] else { panic!("one bar") };
    assert_eq!((bar.close, bar.trade_count), (Price(1_002), 15));
    assert_eq!((bar.start_at, bar.interval), (UnixNanos(1_786_309_500_000_000_000), Nanos::from_secs(60)));
}

#[test]
fn both_decoders_read_a_snapshot_an_update_and_several_trades_alike() {
    let venue = Kraken::new(&VenueSettings::default());
    let mut symbols = Symbols::new(&[InstrumentConfig::new("BTC/USD", BTC)]);
    symbols.set_scales(0, Scales { price: 1, quantity: 8 }, true);
    let frames = [
        r#"{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":99.5,"qty":1.00000000}],"asks":[],"checksum":4294967295,"timestamp":"2026-08-09T21:05:48.228568Z"}]}"#,
        r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":[{"price":100.0,"qty":0.00000000},{"price":100.1,"qty":7.0}],"checksum":0,"timestamp":"2026-08-09T21:05:48Z"}]}"#,
        r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":99.5,"qty":0.00003630,"ord_type":"limit","trade_id":106799953,"timestamp":"2026-08-09T21:05:48.564568Z"},{"symbol":"BTC/USD","side":"sell","price":99.4,"qty":0.00200000,"ord_type":"market","trade_id":106799954,"timestamp":"2026-08-09T21:05:48.564568Z"}]}"#,
        r#"{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":99.5,"bid_qty":0.58905885,"ask":99.6,"ask_qty":0.69697106,"last":99.6,"volume":4696.17832496,"vwap":98.4,"low":97.6,"high":102.1,"change":-4.6,"change_pct":-5.41,"trades":145275,"timestamp":"2026-08-09T21:05:48.217476Z"}]}"#,
    ];
    for frame in frames {
        let (mut fast, mut slow) = (Decoded::default(), Decoded::default());
        venue.decode(frame.as_bytes(), &symbols, &mut fast).expect("the venue's own layout");
        read_message(&venue, &mut frame.as_bytes().to_vec(), &symbols, &mut slow).expect("a message");
        assert_eq!((fast.messages.len(), &fast.messages), (slow.messages.len(), &slow.messages), "{frame}");
        assert!(!matches!(fast.messages[0], Message::Refused));
    }
}

#[test]
fn a_message_of_two_books_is_read_whole() {
    let mut bench = Bench::new();
    let one = |symbol, price: &str| {
        let checksum = crc32fast::hash(format!("{}100000000", price.replace('.', "")).as_bytes());
        format!(
            r#"{{"symbol":"{symbol}","bids":[{{"price":{price},"qty":1.00000000}}],"asks":[],"checksum":{checksum},"timestamp":"2026-08-09T21:05:48.228568Z"}}"#
        )
    };
    let (btc, eth) = (one("BTC/USD", "99.5"), one("ETH/USD", "9.5"));
    bench.message(&format!(r#"{{"channel":"book","type":"snapshot","data":[{btc},{eth}]}}"#));
    for id in [BTC, ETH] {
        assert_eq!(bench.keeper.instruments[&id].state.expect("a state").state, SyncState::Live);
    }
}
