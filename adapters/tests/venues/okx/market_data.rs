//! What is special to OKX: its layouts over the years, its links, its checksums, and what it says beside prices.

use fulmar_adapters::bybit;
use fulmar_adapters::okx::{OKX, Okx};
use fulmar_adapters::session::{
    Decoded, InstrumentConfig, MarketData, Protocol as _, Symbols, VenueSettings, read_message,
};
use fulmar_bus::record::{
    ContractKind, ContractSize, FrameSource, FundingRate, InstrumentDefinition, InstrumentId, Listing, Nanos,
    Notional, Price, Quantity, RequestKind, SyncReason, SyncState, UnixNanos,
};
use fulmar_engine::contract::{InboundFrame, MarketSession as _};
use fulmar_engine::market::PairKey;
use fulmar_engine::market::instrument::{Redefinition, compare};

use crate::conformance::{self, bench::IDS};
use crate::keeper::{Keeper, Kept};

const SPOT: InstrumentId = InstrumentId(0);
const SWAP: InstrumentId = InstrumentId(1);
const FUTURE: InstrumentId = InstrumentId(2);
const NAMES: [&str; 3] = ["BTC-USDT", "BTC-USD-SWAP", "BTC-USD_UM-261030"];

/// The three instruments as the venue's lists tell them, with what is not read left out.
const LISTS: [(&str, &str); 3] = [
    (
        "SPOT",
        r#"{"baseCcy":"BTC","ctType":"","instId":"BTC-USDT","lotSz":"0.00000001","maxLmtSz":"9999999999","minSz":"0.00001","quoteCcy":"USDT","state":"live","tickSz":"0.1","uly":"","upcChg":[]}"#,
    ),
    (
        "SWAP",
        r#"{"baseCcy":"","ctMult":"1","ctType":"inverse","ctVal":"100","ctValCcy":"USD","instId":"BTC-USD-SWAP","lotSz":"0.1","maxLmtSz":"100000000.0000000000000000","minSz":"0.1","quoteCcy":"","state":"live","tickSz":"0.1","uly":"BTC-USD"}"#,
    ),
    (
        "FUTURES",
        r#"{"baseCcy":"","ctMult":"1","ctType":"linear","ctVal":"0.01","ctValCcy":"BTC","instId":"BTC-USD_UM-261030","lotSz":"0.01","maxLmtSz":"","minSz":"0.01","quoteCcy":"","state":"suspend","tickSz":"0.1","uly":"BTC-USD"}"#,
    ),
];

/// A session of three instruments, its sink, and a clock that is moved by hand.
struct Bench {
    session: MarketData,
    keeper: Keeper,
    now: UnixNanos,
}

impl Bench {
    fn new() -> Self {
        let instruments: Vec<_> =
            NAMES.iter().zip(0..).map(|(name, id)| InstrumentConfig::new(name, InstrumentId(id))).collect();
        let session = MarketData::new(Box::new(Okx::new(&VenueSettings::default())), &instruments);
        let mut bench = Bench { session, keeper: Keeper::default(), now: UnixNanos::from_millis(1_000_000) };
        bench.session.on_start(bench.now, &mut bench.keeper);
        bench
    }

    /// Every definition told, every subscription sent.
    fn defined() -> Self {
        let mut bench = Bench::new();
        for (list, instrument) in LISTS {
            bench.answer(list, &format!(r#"{{"code":"0","data":[{instrument}],"msg":""}}"#));
        }
        bench.feed(FrameSource::Opened, 0, "wss://");
        bench.keeper.requests.clear();
        bench.keeper.statuses.clear();
        bench
    }

    fn feed(&mut self, source: FrameSource, status: u16, text: &str) {
        let mut bytes = text.as_bytes().to_vec();
        let frame = InboundFrame { source, connection: 0, status, received_at: self.now, bytes: &mut bytes };
        self.session.on_frame(self.now, frame, &mut self.keeper);
    }

    fn message(&mut self, text: &str) {
        self.feed(FrameSource::Message, 0, text);
    }

    fn answer(&mut self, list: &str, body: &str) {
        self.feed(FrameSource::Http, 200, &format!("/api/v5/public/instruments?instType={list}\n{body}"));
    }

    fn kept(&self, id: InstrumentId) -> &Kept {
        &self.keeper.instruments[&id]
    }

    fn definition(&self, id: InstrumentId) -> InstrumentDefinition {
        self.kept(id).definition.expect("defined")
    }

    fn state(&self, id: InstrumentId) -> (SyncState, SyncReason) {
        let change = self.kept(id).state.expect("a state");
        (change.state, change.reason)
    }

    fn told(&mut self) -> Vec<(InstrumentId, Listing)> {
        self.keeper.statuses.drain(..).map(|(id, status)| (id, status.listing)).collect()
    }

    fn counter(&self, name: &str) -> u64 {
        let mut value = None;
        self.session.tell_counters(&mut |told, count| {
            if told == name {
                value = Some(value.unwrap_or(0) + count);
            }
        });
        value.expect("a counter of this name")
    }
}

/// A message of the spot book, with what proves it.
fn book(action: &str, bids: &str, asks: &str, proof: &str) -> String {
    format!(
        r#"{{"arg":{{"channel":"books","instId":"BTC-USDT"}},"action":"{action}","data":[{{"asks":[{asks}],"bids":[{bids}],"ts":"1790358602106",{proof}}}]}}"#
    )
}

fn snapshot(number: u64) -> String {
    let proof = format!(r#""checksum":0,"seqId":{number},"prevSeqId":-1"#);
    book("snapshot", r#"["100.5","1.5","0","2"],["100","2","0","1"]"#, r#"["100.7","0.003","0","1"]"#, &proof)
}

fn update(previous: u64, number: u64, bids: &str) -> String {
    book("update", bids, "", &format!(r#""checksum":0,"seqId":{number},"prevSeqId":{previous}"#))
}

fn symbols(has_scales: bool) -> Symbols {
    let instruments: Vec<_> =
        NAMES.iter().zip(0..).map(|(name, id)| InstrumentConfig::new(name, InstrumentId(id))).collect();
    let mut symbols = Symbols::new(&instruments);
    for place in (0..NAMES.len()).filter(|_| has_scales) {
        symbols.set_scales(place, fulmar_adapters::decode::Scales { price: 1, quantity: 8 }, true);
    }
    symbols
}

#[test]
fn every_layout_that_comes_all_day_is_read_fast_and_as_the_reference_reads_it() {
    let levels = r#"["100.5","1.5","0","2"],["100","2","0","1"]"#;
    let trade = r#"{"instId":"BTC-USDT","tradeId":"77","px":"100.5","sz":"0.25","side":"sell","ts":"5""#;
    let trades = |more: &str| {
        format!(r#"{{"arg":{{"channel":"trades","instId":"BTC-USDT"}},"data":[{trade}{more}}}]}}"#)
    };
    let best = |sides: &str| {
        format!(
            r#"{{"arg":{{"channel":"bbo-tbt","instId":"BTC-USDT"}},"data":[{{{sides},"ts":"5","seqId":9}}]}}"#
        )
    };
    let frames = [
        snapshot(7),
        update(7, 11, levels),
        update(11, 11, ""),
        book("snapshot", levels, "", r#""checksum":-855196043"#),
        book("update", levels, "", r#""checksum":-855196043,"prevSeqId":3,"seqId":9"#),
        book("snapshot", levels, "", r#""checksum":0,"prevSeqId":-1,"seqId":9"#),
        book("snapshot", levels, "", r#""seqId":9"#),
        book("update", levels, "", r#""seqId":9,"prevSeqId":3"#)
            .replace(r#""ts""#, r#""instId":"BTC-USDT","ts""#),
        trades(""),
        trades(r#","count":"3""#),
        trades(r#","count":"3","source":"1","seqId":81625379835"#),
        trades(&format!("}},{}", trade.replace("sell", "buy"))),
        best(r#""asks":[["100.7","3","0","1"]],"bids":[["100.5","1","0","7"]]"#),
        best(r#""asks":[],"bids":[["100.5","1","0","7"]]"#),
    ];
    let (okx, symbols) = (Okx::new(&VenueSettings::default()), symbols(true));
    for frame in frames {
        let [mut fast, mut reference] = [Decoded::new(10), Decoded::new(10)];
        assert!(okx.decode(frame.as_bytes(), &symbols, &mut fast).is_some(), "{frame}");
        let read = read_message(&okx, &mut frame.clone().into_bytes(), &symbols, &mut reference);
        assert_eq!(read, Ok(()), "{frame}");
        assert_eq!(
            (&fast.messages, &fast.bids, &fast.asks),
            (&reference.messages, &reference.bids, &reference.asks)
        );
        assert!(!fast.is_unused(), "{frame}");
    }
}

#[test]
fn what_proves_nothing_is_refused_by_both_decoders() {
    let (okx, symbols) = (Okx::new(&VenueSettings::default()), symbols(true));
    for proof in [
        r#""checksum":0"#,
        r#""checksum":2147483648"#,
        r#""checksum":0,"seqId":9"#,
        r#""checksum":5,"prevSeqId":9"#,
        r#""seqId":9,"prevSeqId":-1"#,
        r#""seqId":-9,"prevSeqId":9"#,
    ] {
        let frame = book("update", "", "", proof);
        let mut out = Decoded::new(10);
        assert!(okx.decode(frame.as_bytes(), &symbols, &mut out).is_none(), "{frame}");
        assert!(read_message(&okx, &mut frame.clone().into_bytes(), &symbols, &mut out).is_err(), "{frame}");
    }
}

#[test]
fn a_session_asks_for_the_lists_of_its_markets_and_opens_with_a_message_an_instrument() {
    let mut bench = Bench::new();
    let asked: Vec<String> = bench.keeper.requests.drain(..).map(|(_, _, text)| text).collect();
    assert_eq!(asked, LISTS.map(|(list, _)| format!("/api/v5/public/instruments?instType={list}")));
    bench.feed(FrameSource::Opened, 0, "wss://");
    assert_eq!(bench.keeper.requests.len(), 5, "three instruments, the venue, an index");
    assert!(bench.keeper.requests.iter().all(|(kind, delay, _)| (*kind, delay.0) == (RequestKind::Send, 0)));
    bench.keeper.requests.clear();
    bench.now = bench.now + Nanos::from_secs(20);
    bench.session.on_time(bench.now, &mut bench.keeper);
    assert!(bench.keeper.requests.iter().any(|(_, _, text)| text == "ping"));
    bench.message("pong");
    let counters = bench.session.counters();
    assert_eq!((counters.decode_error_count(), counters.ignored_frames), (0, 1), "no JSON, and no error");
}

#[test]
fn definitions_say_what_their_contracts_are() {
    let bench = Bench::defined();
    let spot = bench.definition(SPOT);
    assert_eq!(
        (spot.venue.as_str(), spot.symbol.as_str(), spot.contract),
        ("okx", "BTC-USDT", ContractKind::Spot)
    );
    assert_eq!((spot.base.as_str(), spot.quote.as_str()), ("BTC", "USDT"));
    assert_eq!((spot.price_scale, spot.quantity_scale), (1, 8));
    assert_eq!((spot.tick, spot.lot, spot.quantity_min), (Price(1), Quantity(1), Quantity(1_000)));
    assert_eq!(spot.quantity_max, Quantity(999_999_999_900_000_000));
    let swap = bench.definition(SWAP);
    assert_eq!((swap.base.as_str(), swap.quote.as_str()), ("BTC", "USD"));
    assert_eq!(
        (swap.contract, swap.quantity_scale, swap.lot),
        (ContractKind::InversePerpetual, 1, Quantity(1))
    );
    let future = bench.definition(FUTURE);
    assert_eq!((future.base.as_str(), future.quote.as_str()), ("BTC", "USD"));
    assert_eq!((future.contract, future.quantity_max), (ContractKind::LinearFuture, Quantity(0)));
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn a_contract_is_as_much_as_the_venue_says_in_the_currency_that_its_kind_is_in() {
    let defined = |id: InstrumentId, from: &str, to: &str| {
        let (list, text) = LISTS[id.index()];
        let mut bench = Bench::new();
        bench.answer(list, &format!(r#"{{"code":"0","data":[{}]}}"#, text.replace(from, to)));
        bench.definition(id)
    };
    let size = |id, from, to| defined(id, from, to).contract_size;
    assert_eq!(size(SPOT, "", ""), ContractSize::ONE);
    assert_eq!(size(SWAP, "", ""), ContractSize::new(100, 0), "dollars");
    assert_eq!(size(FUTURE, "", ""), ContractSize::new(1, 2), "bitcoins");
    assert_eq!(size(FUTURE, r#""ctMult":"1""#, r#""ctMult":"10""#), ContractSize::new(1, 1), "so many times");
    let unknown = [
        size(SWAP, r#""ctValCcy":"USD""#, r#""ctValCcy":"BTC""#),
        size(FUTURE, r#""ctValCcy":"BTC""#, r#""ctValCcy":"USD""#),
        size(FUTURE, r#""ctMult":"1""#, r#""ctMult":"""#),
        size(FUTURE, r#""ctVal":"0.01""#, r#""ctVal":"""#),
    ];
    assert_eq!(unknown, [ContractSize::UNKNOWN; 4]);
    let moved = defined(SWAP, r#""ctVal":"100""#, r#""ctVal":"10""#);
    assert_eq!(compare(&defined(SWAP, "", ""), &moved), Redefinition::Changed);
}

#[test]
fn a_swap_of_a_hundredth_of_a_bitcoin_is_no_pair_with_one_whose_quantities_are_bitcoins() {
    let first = |entry| {
        let bench = conformance::bench::Bench::of_derivatives(entry).expect("it trades derivatives");
        bench.keeper.instruments[&IDS[0]].definition.expect("defined")
    };
    let (swap, linear) = (first(&OKX), first(&bybit::LINEAR));
    assert!(PairKey::of(&swap).is_some() && PairKey::of(&linear).is_some());
    assert_ne!(PairKey::of(&swap), PairKey::of(&linear));
    let whole = InstrumentDefinition { contract_size: ContractSize::ONE, ..swap };
    assert_eq!(PairKey::of(&whole), PairKey::of(&linear), "nothing else tells them apart");
}

#[test]
fn an_instrument_that_is_not_live_is_halted_until_the_stream_says_that_it_is() {
    let mut bench = Bench::new();
    bench.answer("FUTURES", &format!(r#"{{"code":"0","data":[{}]}}"#, LISTS[2].1));
    assert_eq!(bench.told(), [(FUTURE, Listing::Halted)]);
    let list = |state: &str| {
        let instrument = LISTS[2].1.replace("suspend", state);
        format!(r#"{{"arg":{{"channel":"instruments","instType":"FUTURES"}},"data":[{instrument}]}}"#)
    };
    bench.message(&list("live"));
    assert_eq!(bench.told(), [(FUTURE, Listing::Listed)]);
    bench.message(&list("rebase"));
    assert_eq!(bench.told(), [(FUTURE, Listing::Halted)]);
    assert_eq!(bench.definition(FUTURE).revision, 1, "nothing else changed");
}

#[test]
fn a_list_without_an_instrument_unlists_it_and_a_failed_one_does_not() {
    let mut bench = Bench::new();
    bench.answer("SPOT", r#"{"code":"50011","data":[],"msg":"Too Many Requests"}"#);
    assert_eq!((bench.told(), bench.session.counters().decode_error_count()), (vec![], 1));
    bench.answer("SPOT", r#"{"code":"0","data":[],"msg":""}"#);
    assert_eq!(bench.told(), [(SPOT, Listing::Unlisted)], "the others are in other lists");
}

#[test]
fn updates_are_linked_by_what_they_name_and_not_by_their_numbers() {
    let mut bench = Bench::defined();
    bench.message(&snapshot(10));
    bench.message(&update(10, 4_588_911, r#"["100.5","0","0","0"]"#));
    bench.message(&update(4_588_911, 4_588_911, ""));
    bench.message(&update(4_588_911, 3, r#"["100.4","1","0","1"]"#));
    bench.message(&update(3, 5, ""));
    assert_eq!(bench.state(SPOT), (SyncState::Live, SyncReason::Joined), "the venue began to count anew");
    let bids: Vec<i64> = bench.kept(SPOT).bids.keys().map(|price| price.0).collect();
    assert_eq!(bids, [1_000, 1_004]);

    bench.message(&update(6, 9, ""));
    assert_eq!(bench.state(SPOT), (SyncState::Desynced, SyncReason::Gap));
    assert_eq!(bench.state(SWAP).0, SyncState::Syncing, "no business of the others");
    let (_, _, unsubscribe) = &bench.keeper.requests[0];
    let (_, _, subscribe) = &bench.keeper.requests[1];
    assert_eq!(unsubscribe, r#"{"op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}"#);
    assert_eq!(subscribe, r#"{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}"#);
    bench.message(&update(9, 12, ""));
    assert_eq!(bench.counter("updates_unfounded"), 2, "the one that did not follow, and what came behind it");
    bench.message(&snapshot(20));
    assert_eq!(bench.state(SPOT).0, SyncState::Live);
}

#[test]
fn a_checksum_proves_what_has_no_numbers_and_one_that_is_wrong_breaks_the_book() {
    let sum = |text: &[u8]| format!(r#""checksum":{}"#, crc32fast::hash(text).cast_signed());
    let mut bench = Bench::defined();
    let (bids, asks) = (r#"["100.5","1.5","0","2"]"#, r#"["100.7","0.003","0","1"]"#);
    bench.message(&book("snapshot", bids, asks, &sum(b"100.5:1.5:100.7:0.003")));
    bench.message(&book("update", r#"["100","2","0","1"]"#, "", &sum(b"100.5:1.5:100.7:0.003:100:2")));
    assert_eq!((bench.state(SPOT).0, bench.counter("checksums_right")), (SyncState::Live, 2));
    bench.message(&book("update", r#"["99","2","0","1"]"#, "", &sum(b"something else")));
    assert_eq!(bench.state(SPOT), (SyncState::Desynced, SyncReason::Checksum));
    assert_eq!((bench.kept(SPOT).bids.len(), bench.counter("checksums_wrong")), (2, 1), "not handed on");
}

#[test]
fn a_checksum_beside_numbers_proves_the_book_as_well() {
    let proof = |sum: &[u8], number: u64, previous: i64| {
        let sum = crc32fast::hash(sum).cast_signed();
        format!(r#""checksum":{sum},"seqId":{number},"prevSeqId":{previous}"#)
    };
    let mut bench = Bench::defined();
    let (bids, asks) = (r#"["100.5","1.5","0","2"]"#, r#"["100.7","0.003","0","1"]"#);
    bench.message(&book("snapshot", bids, asks, &proof(b"100.5:1.5:100.7:0.003", 7, -1)));
    let update = |sum: &[u8], number, previous| {
        book("update", r#"["100","2","0","1"]"#, "", &proof(sum, number, previous))
    };
    bench.message(&update(b"100.5:1.5:100.7:0.003:100:2", 9, 7));
    assert_eq!((bench.state(SPOT).0, bench.counter("checksums_right")), (SyncState::Live, 2));
    bench.message(&update(b"something else", 11, 9));
    assert_eq!(bench.state(SPOT), (SyncState::Desynced, SyncReason::Checksum), "although its number follows");
}

#[test]
fn trades_are_told_in_order_with_the_side_of_their_taker() {
    let mut bench = Bench::defined();
    bench.message(
        r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"7","px":"100.5","sz":"0.25","side":"buy","ts":"5","count":"2"},{"instId":"BTC-USDT","tradeId":"8","px":"100","sz":"1","side":"sell","ts":"6","count":"1"}]}"#,
    );
    let kept = bench.kept(SPOT);
    assert_eq!((kept.trade_count, kept.buy_count, kept.traded), (2, 1, 125_000_000));
    // Every trade by itself is another stream, which would count them twice.
    bench.message(
        r#"{"arg":{"channel":"trades-all","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"6","px":"100.5","sz":"0.1","side":"buy","ts":"5"}]}"#,
    );
    assert_eq!(bench.kept(SPOT).trade_count, 2);
}

#[test]
fn the_last_trade_told_anew_to_who_subscribes_is_no_second_trade() {
    let mut bench = Bench::defined();
    let trade = |id: u64| {
        format!(
            r#"{{"arg":{{"channel":"trades","instId":"BTC-USDT"}},"data":[{{"instId":"BTC-USDT","tradeId":"{id}","px":"100.5","sz":"1","side":"buy","ts":"5","count":"1"}}]}}"#
        )
    };
    bench.message(&trade(7));
    bench.feed(FrameSource::Closed, 0, "gone");
    bench.feed(FrameSource::Opened, 0, "wss://");
    bench.message(&trade(7));
    bench.message(&trade(8));
    assert_eq!((bench.kept(SPOT).trade_count, bench.counter("trades_repeated")), (2, 1));
}

#[test]
fn mark_index_and_funding_are_told_of_derivatives() {
    let mut bench = Bench::defined();
    bench.message(
        r#"{"arg":{"channel":"mark-price","instId":"BTC-USD-SWAP"},"data":[{"instId":"BTC-USD-SWAP","instType":"SWAP","markPx":"83679.8","ts":"1790358817778"}]}"#,
    );
    bench.message(
        r#"{"arg":{"channel":"index-tickers","instId":"BTC-USD"},"data":[{"instId":"BTC-USD","idxPx":"83700.12","ts":"1790358817779"}]}"#,
    );
    let mark = bench.kept(SWAP).mark_price.expect("told");
    assert_eq!((mark.mark, mark.index, mark.price_scale), (Price(8_367_980), Price(8_370_012), 2));
    assert_eq!(bench.kept(FUTURE).mark_price, None, "its index alone is no mark price");
    assert_eq!(bench.kept(SPOT).mark_price, None);
    bench.message(
        r#"{"arg":{"channel":"funding-rate","instId":"BTC-USD-SWAP"},"data":[{"fundingRate":"-0.0000263463215391","fundingTime":"1790380800000","instId":"BTC-USD-SWAP","method":"current_period","nextFundingRate":"","nextFundingTime":"1790409600000","ts":"1790358563915"}]}"#,
    );
    let funding = bench.kept(SWAP).funding.expect("told");
    assert_eq!((funding.rate, funding.interval), (FundingRate(-26_346_321), Nanos::from_secs(8 * 3_600)));
    assert_eq!(funding.next_at, UnixNanos::from_millis(1_790_380_800_000));
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn bars_are_told_once_they_are_closed() {
    let mut bench = Bench::defined();
    let bar = |symbol: &str, is_closed: u8| {
        format!(
            r#"{{"arg":{{"channel":"candle6Hutc","instId":"{symbol}"}},"data":[["1699999920000","103","108","102","104.5","3","312","312.25","{is_closed}"]]}}"#
        )
    };
    bench.message(&bar("BTC-USDT", 0));
    assert_eq!(bench.kept(SPOT).bars, []);
    bench.message(&bar("BTC-USDT", 1));
    bench.message(&bar("BTC-USD-SWAP", 1));
    let bar = bench.kept(SPOT).bars[0];
    assert_eq!([bar.open, bar.high, bar.low, bar.close].map(|price| price.0), [1_030, 1_080, 1_020, 1_045]);
    assert_eq!((bar.volume, bar.interval), (Quantity(300_000_000), Nanos::from_secs(6 * 3_600)));
    assert_eq!(bar.start_at, UnixNanos::from_millis(1_699_999_920_000));
    assert_eq!(Notional::from(bar.notional), Notional(312_250_000_000));
    let contracts = bench.kept(SWAP).bars[0];
    assert_eq!((contracts.volume, Notional::from(contracts.notional)), (Quantity(30), Notional(0)));
}

#[test]
fn a_refusal_of_a_book_unlists_and_one_of_another_channel_is_counted() {
    let mut bench = Bench::defined();
    let refuse = |channel: &str, symbol: &str| {
        format!(
            r#"{{"event":"error","msg":"Wrong URL or channel:{channel},instId:{symbol} doesn't exist. Please use the correct URL, channel and parameters referring to API document.","code":"60018","connId":"a4d3ae55"}}"#
        )
    };
    bench.message(&refuse("index-tickers", "BTC-USDT"));
    bench.message(&refuse("books", "ETH-USDT"));
    bench.message(r#"{"event":"error","msg":"Invalid request: {}","code":"60012","connId":"a4d3ae55"}"#);
    assert_eq!((bench.told(), bench.session.counters().venue_refusals), (vec![], 3));
    bench.message(&refuse("books", "BTC-USDT"));
    assert_eq!(bench.told(), [(SPOT, Listing::Unlisted)]);
    bench.message(r#"{"event":"notice","code":"64008","msg":"The connection will soon be closed."}"#);
    assert_eq!(bench.keeper.requests.last().expect("one").0, RequestKind::Reconnect);
}

#[test]
fn maintenance_halts_the_instruments_of_its_market() {
    let mut bench = Bench::defined();
    let status = |state: &str, service: u8, environment: u8| {
        format!(
            r#"{{"arg":{{"channel":"status"}},"data":[{{"title":"Perpetual upgrade","state":"{state}","serviceType":"{service}","env":"{environment}","ts":"1"}}]}}"#
        )
    };
    for unconcerned in [status("scheduled", 3, 1), status("ongoing", 0, 1), status("ongoing", 3, 2)] {
        bench.message(&unconcerned);
    }
    assert_eq!(bench.told(), []);
    bench.message(&status("ongoing", 3, 1));
    bench.message(&status("ongoing", 3, 1));
    assert_eq!(bench.told(), [(SWAP, Listing::Halted)]);
    bench.message(&status("completed", 3, 1));
    assert_eq!(bench.told(), [(SWAP, Listing::Listed)]);
}

#[test]
fn a_ticker_of_a_recording_is_taken_as_best_prices() {
    let mut bench = Bench::defined();
    bench.message(
        r#"{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","last":"100.6","askPx":"","askSz":"","bidPx":"100.5","bidSz":"2","ts":"5"}]}"#,
    );
    let top = bench.kept(SPOT).ticker.expect("told");
    assert_eq!(
        (top.bid.price, top.bid.quantity, top.ask.quantity),
        (Price(1_005), Quantity(200_000_000), Quantity(0))
    );
}
