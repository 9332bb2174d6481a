//! The session against frames of its own making: definitions, scales, faults, requests, in virtual time.

use fulmar_adapters::binance::{BinanceConfig, Product, limits};
use fulmar_adapters::session::InstrumentConfig;
use fulmar_bus::record::{
    ContractKind, ContractSize, FrameSource, InstrumentDefinition, InstrumentId, Listing, Nanos, Notional,
    Price, Quantity, RequestKind, SyncReason, SyncState,
};
use fulmar_engine::contract::{DecodeError, MarketSession as _};
use fulmar_engine::market::PairKey;
use fulmar_engine::market::instrument::{Redefinition, compare};

use super::bench::{ASKS, BIDS, BTC, Bench, ETH, NOTHING};
use super::writer::Writer;

#[test]
fn a_session_asks_for_definitions_and_then_for_each_books_snapshot() {
    let mut bench = Bench::new(Product::Spot);
    assert_eq!(bench.asked(), ["/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D"]);
    bench.message(&bench.write.depth("ETHUSDT", [100, 101, 0], BIDS, ASKS));
    assert_eq!(bench.asked(), ["/api/v3/depth?symbol=ETHUSDT&limit=5000"], "its first update waits");
    bench.pass(Nanos::from_secs(1));
    assert_eq!(
        bench.asked(),
        ["/api/v3/depth?symbol=BTCUSDT&limit=5000"],
        "a quiet book is asked for as well"
    );

    let mut bench = Bench::new(Product::UsdMargined);
    bench.message(&bench.write.depth("BTCUSDT", [100, 101, 99], BIDS, ASKS));
    assert_eq!(bench.asked(), ["/fapi/v1/exchangeInfo", "/fapi/v1/depth?symbol=BTCUSDT&limit=1000"]);
}

#[test]
fn a_spot_definition_says_scales_steps_and_limits() {
    let mut bench = Bench::new(Product::Spot);
    bench.answer(
        r#"/api/v3/exchangeInfo?symbols=x
{"timezone":"UTC","symbols":[{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","baseAssetPrecision":8,
"quoteAsset":"USDT","quotePrecision":8,"filters":[
{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":"0.01000000"},
{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"},
{"filterType":"NOTIONAL","minNotional":"5.00000000","maxNotional":"9000000.00000000"},
{"filterType":"SOMETHING_NEW","of":["no",{"use":1}]}]}]}"#,
    );
    let definition = bench.keeper.instruments[&BTC].definition.expect("defined");
    assert_eq!((definition.venue.as_str(), definition.symbol.as_str()), ("binance-spot", "BTCUSDT"));
    assert_eq!((definition.base.as_str(), definition.quote.as_str()), ("BTC", "USDT"));
    assert_eq!((definition.price_scale, definition.quantity_scale), (8, 8));
    assert_eq!((definition.tick, definition.lot), (Price(1_000_000), Quantity(1_000)));
    assert_eq!(
        (definition.quantity_min, definition.quantity_max),
        (Quantity(1_000), Quantity(900_000_000_000))
    );
    assert_eq!(Notional::from(definition.notional_min), Notional(5 * 10_i128.pow(16)));
    assert_eq!((definition.contract, definition.revision), (ContractKind::Spot, 1));
    assert_eq!((definition.is_inferred, bench.state(BTC)), (0, SyncState::Syncing));
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn a_spot_definition_says_of_how_many_parts_an_order_may_be_where_the_venue_takes_such() {
    let parts = |said: &str| {
        let mut bench = Bench::new(Product::Spot);
        bench.answer(&format!(
            r#"/api/v3/exchangeInfo?symbols=x
{{"symbols":[{{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","baseAssetPrecision":8,
"quoteAsset":"USDT","quotePrecision":8{said}}}]}}"#
        ));
        bench.keeper.instruments[&BTC].definition.expect("defined").iceberg_parts_max
    };
    let filter = r#""filters":[{"filterType":"ICEBERG_PARTS","limit":10}]"#;
    assert_eq!(parts(&format!(r#","icebergAllowed":true,{filter}"#)), 10);
    assert_eq!(parts(&format!(r#","icebergAllowed":false,{filter}"#)), 0, "it takes none");
    assert_eq!(parts(&format!(",{filter}")), 0, "it does not say");
    assert_eq!(parts(r#","icebergAllowed":true,"filters":[]"#), 0, "it does not say how many");
}

#[test]
fn a_futures_definition_says_its_contract() {
    let mut bench = Bench::new(Product::UsdMargined);
    bench.answer(
        r#"/fapi/v1/exchangeInfo
{"symbols":[{"symbol":"ETHUSDT","contractType":"CURRENT_QUARTER","baseAsset":"ETH","quoteAsset":"USDT",
"pricePrecision":2,"quantityPrecision":3,"filters":[
{"tickSize":"0.01","maxPrice":"306177","filterType":"PRICE_FILTER","minPrice":"39.86"},
{"maxQty":"10000","filterType":"LOT_SIZE","minQty":"0.001","stepSize":"0.001"},
{"notional":"20","filterType":"MIN_NOTIONAL"}]}]}"#,
    );
    let definition = bench.keeper.instruments[&ETH].definition.expect("defined");
    assert_eq!(definition.contract_size, ContractSize::ONE, "quantities are in the base asset");
    assert_eq!((definition.price_scale, definition.quantity_scale), (2, 3));
    assert_eq!(Notional::from(definition.notional_min), Notional(2_000_000));
    assert_eq!(definition.contract, ContractKind::LinearFuture);
}

#[test]
fn a_contract_in_dollars_is_as_many_as_the_venue_says_and_another_number_is_another_thing() {
    let mut bench = Bench::new(Product::CoinMargined);
    let mut sizes = |sizes: [&str; 2]| {
        let one = |symbol: &str, base: &str, size: &str| {
            format!(
                r#"{{"symbol":"{symbol}","contractType":"PERPETUAL","baseAsset":"{base}","quoteAsset":"USD",{size}
"pricePrecision":1,"quantityPrecision":0,"filters":[]}}"#
            )
        };
        let (btc, eth) = (one("BTCUSDT", "BTC", sizes[0]), one("ETHUSDT", "ETH", sizes[1]));
        bench.answer(&format!("/dapi/v1/exchangeInfo\n{{\"symbols\":[{btc},{eth}]}}"));
        [BTC, ETH].map(|id| bench.keeper.instruments[&id].definition.expect("defined"))
    };
    let [btc, eth] = sizes([r#""contractSize":100,"#, r#""contractSize":10,"#]);
    assert_eq!(btc.contract_size, ContractSize::new(100, 0));
    assert_eq!(eth.contract_size, ContractSize::new(10, 0));
    let bitcoins = InstrumentDefinition { base: btc.base, ..eth };
    assert_ne!(PairKey::of(&btc), PairKey::of(&bitcoins), "ten dollars are no hundred");
    assert_eq!(
        PairKey::of(&btc),
        PairKey::of(&InstrumentDefinition { contract_size: btc.contract_size, ..bitcoins })
    );
    let [changed, silent] = sizes([r#""contractSize":10,"#, ""]);
    assert_eq!(compare(&btc, &changed), Redefinition::Changed);
    assert_eq!(silent.contract_size, ContractSize::UNKNOWN);
    assert_eq!(PairKey::of(&silent), None);
}

#[test]
fn a_coin_of_huge_quantities_gets_a_scale_that_cannot_overflow() {
    let mut bench = Bench::new(Product::Spot);
    bench.answer(
        r#"/api/v3/exchangeInfo
{"symbols":[{"symbol":"BTCUSDT","baseAsset":"PEPE","baseAssetPrecision":8,"quoteAsset":"USDT","quotePrecision":8,
"filters":[{"filterType":"LOT_SIZE","minQty":"1.00","maxQty":"92141578737.00","stepSize":"1.00"}]}]}"#,
    );
    let definition = bench.keeper.instruments[&BTC].definition.expect("defined");
    assert_eq!(definition.quantity_scale, 5);
    bench.message(&bench.write.trade("BTCUSDT", 1, ("0.00001234", "92141578737.00000000"), false));
    assert_eq!(
        bench.keeper.instruments[&BTC].traded,
        92_141_578_737 * 10_i128.pow(5),
        "zeros behind are no misfit"
    );
}

#[test]
fn a_definition_that_changes_makes_the_book_begin_anew() {
    let mut bench = Bench::live(Product::UsdMargined);
    let define = |tick: &str| {
        format!(
            r#"/fapi/v1/exchangeInfo
{{"symbols":[{{"symbol":"BTCUSDT","contractType":"PERPETUAL","baseAsset":"BTC","quoteAsset":"USDT","pricePrecision":2,
"quantityPrecision":3,"filters":[{{"tickSize":"{tick}","maxPrice":"4529764","filterType":"PRICE_FILTER"}}]}}]}}"#
        )
    };
    bench.answer(&define("0.20"));
    assert_eq!(bench.state(BTC), SyncState::Live, "what was not known before is no change");
    assert_eq!(bench.asked(), [""; 0]);
    bench.answer(&define("0.10"));
    assert_eq!((bench.state(BTC), bench.reason(BTC)), (SyncState::Desynced, SyncReason::Redefined));
    assert_eq!(bench.asked(), ["/fapi/v1/depth?symbol=BTCUSDT&limit=1000"]);
    assert_eq!(bench.state(ETH), SyncState::Live);
    bench.answer(&bench.write.snapshot("BTCUSDT", 100, BIDS, ASKS));
    bench.message(&bench.write.depth("BTCUSDT", [101, 101, 100], NOTHING, NOTHING));
    bench.answer(&define("0.10"));
    let kept = &bench.keeper.instruments[&BTC];
    assert_eq!(
        (kept.definition.expect("defined").revision, bench.state(BTC)),
        (3, SyncState::Live),
        "said again"
    );
}

#[test]
fn scales_come_from_the_digits_seen_and_widen_without_a_resync() {
    let mut bench = Bench::live(Product::Spot);
    let definition = bench.keeper.instruments[&BTC].definition.expect("defined");
    assert_eq!((definition.price_scale, definition.quantity_scale), (2, 3), "as sent, zeros counted");
    assert_eq!((definition.is_inferred, definition.revision), (1, 1));
    bench.message(&bench.write.trade("BTCUSDT", 1, ("100.500000", "1"), false));
    assert_eq!(
        bench.keeper.instruments[&BTC].definition.expect("defined").revision,
        1,
        "zeros are no misfit"
    );
    bench.message(&bench.write.depth("BTCUSDT", [101, 102, 0], &[("100.5001", "7")], NOTHING));
    let definition = bench.keeper.instruments[&BTC].definition.expect("defined");
    assert_eq!((definition.price_scale, definition.quantity_scale, definition.revision), (4, 3, 2));
    assert_eq!((bench.state(BTC), bench.reason(BTC)), (SyncState::Live, SyncReason::Joined));
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn what_waits_is_rescaled_when_scales_widen() {
    let mut bench = Bench::new(Product::Spot);
    bench.message(&bench.write.depth("BTCUSDT", [101, 102, 0], &[("100.5", "7")], NOTHING));
    bench.message(&bench.write.depth("BTCUSDT", [103, 104, 0], &[("100.625", "8")], NOTHING));
    bench.answer(&bench.write.snapshot("BTCUSDT", 101, NOTHING, ASKS));
    let bids: Vec<_> = bench.keeper.instruments[&BTC].bids.clone().into_iter().collect();
    assert_eq!(bids, [(Price(100_500), 7), (Price(100_625), 8)]);
}

#[test]
fn configured_scales_stand_until_the_venue_says_more() {
    let mut config = BinanceConfig::production(Product::Spot);
    let scales = InstrumentConfig {
        price_scale: Some(4),
        quantity_scale: Some(5),
        ..InstrumentConfig::new("BTCUSDT", BTC)
    };
    config.instruments = vec![scales];
    let mut bench = Bench::with(&config);
    bench.message(&bench.write.trade("BTCUSDT", 1, ("100.50000000", "1.00000000"), true));
    let definition = bench.keeper.instruments[&BTC].definition.expect("defined");
    assert_eq!((definition.price_scale, definition.quantity_scale, definition.is_inferred), (4, 5, 1));
    assert_eq!(bench.keeper.instruments[&BTC].traded, 100_000);
}

#[test]
fn a_gap_touches_one_book_alone() {
    let mut bench = Bench::live(Product::Spot);
    bench.message(&bench.write.depth("BTCUSDT", [102, 103, 0], BIDS, NOTHING));
    assert_eq!((bench.state(BTC), bench.reason(BTC)), (SyncState::Desynced, SyncReason::Gap));
    assert_eq!(bench.state(ETH), SyncState::Live);
    assert_eq!(bench.asked(), ["/api/v3/depth?symbol=BTCUSDT&limit=5000"]);
    bench.message(&bench.write.depth("BTCUSDT", [104, 105, 0], &[("99.00", "5")], NOTHING));
    bench.answer(&bench.write.snapshot("BTCUSDT", 103, &[("98.00", "4")], ASKS));
    assert_eq!(bench.state(BTC), SyncState::Live);
    let bids: Vec<_> = bench.keeper.instruments[&BTC].bids.keys().copied().collect();
    assert_eq!(bids, [Price(9_800), Price(9_900)], "the snapshot replaced what was there");
}

#[test]
fn a_depth_frame_that_cannot_be_read_desyncs_its_book_in_the_same_call() {
    for (damage, error) in [
        (("\"100.50\"", "\"1e2\""), DecodeError::BadNumber),
        (("\"100.50\"", "\"NaN\""), DecodeError::BadNumber),
        (("\"100.50\"", "\"\""), DecodeError::BadNumber),
        (("\"100.50\"", "\"0.00\""), DecodeError::OutOfRange),
        (("\"100.50\"", "\"-100.50\""), DecodeError::OutOfRange),
        (("\"1.000\"", "\"-1.000\""), DecodeError::OutOfRange),
        (("\"100.50\"", "\"99999999999999999999\""), DecodeError::Overflow),
        (("\"100.50\"", "\"1.00000000000000000001\""), DecodeError::TooPrecise),
        (("\"100.50\"", "100.50"), DecodeError::Malformed),
        (("\"U\":", "\"V\":"), DecodeError::MissingField),
        (("\"u\":101", "\"u\":-1"), DecodeError::BadNumber),
        (("\"b\":[", "\"b\":[[],"), DecodeError::Malformed),
    ] {
        let mut bench = Bench::live(Product::Spot);
        let frame = bench.write.depth("BTCUSDT", [101, 101, 0], BIDS, NOTHING);
        assert!(frame.contains(damage.0), "{damage:?}");
        bench.message(&frame.replacen(damage.0, damage.1, 1));
        assert_eq!(bench.errors(error), 1, "{damage:?}: {:?}", bench.session.counters());
        assert_eq!(
            (bench.state(BTC), bench.reason(BTC)),
            (SyncState::Desynced, SyncReason::DecodeError),
            "{damage:?}"
        );
        assert_eq!(bench.state(ETH), SyncState::Live);
    }
}

#[test]
fn a_frame_of_which_nothing_is_known_is_counted_and_desyncs_every_book_of_its_connection() {
    let whole = Writer(Product::Spot).depth("BTCUSDT", [101, 101, 0], BIDS, NOTHING);
    let cut = &whole.as_bytes()[..whole.len() - 9];
    let not_utf8 = [&whole.as_bytes()[..20], b"\xff\xfe", &whole.as_bytes()[20..]].concat();
    let too_long = [whole.as_bytes(), &vec![b' '; limits::MESSAGE_BYTES_MAX]].concat();
    let cases: [(&[u8], DecodeError); 7] = [
        (cut, DecodeError::Truncated),
        (b"", DecodeError::Truncated),
        (&not_utf8, DecodeError::NotUtf8),
        (&too_long, DecodeError::TooLong),
        (b"{\"e\":\"depthUpdate\",}", DecodeError::Malformed),
        (b"[1,2]", DecodeError::Malformed),
        (br#"{"e":"depthUpdate","U":101,"u":101,"b":[],"a":[]}"#, DecodeError::MissingField),
    ];
    for (bytes, error) in cases {
        let mut bench = Bench::live(Product::Spot);
        bench.feed(FrameSource::Message, 0, 0, bytes);
        assert_eq!(bench.errors(error), 1, "{error:?}: {:?}", bench.session.counters());
        for id in [BTC, ETH] {
            let told = (bench.state(id), bench.reason(id));
            assert_eq!(told, (SyncState::Desynced, SyncReason::DecodeError), "{error:?}");
        }
        assert_eq!(bench.asked().len(), 2, "both snapshots, at once");
    }
}

#[test]
fn a_frame_of_which_nothing_is_known_touches_no_book_of_another_connection() {
    let mut bench = Bench::live(Product::UsdMargined);
    bench.feed(FrameSource::Message, 1, 0, b"{\"stream\":\"btcusdt@aggTr");
    bench.feed(FrameSource::Message, 9, 0, b"{");
    assert_eq!((bench.errors(DecodeError::Truncated), bench.state(BTC)), (2, SyncState::Live));
}

#[test]
fn more_levels_than_a_message_may_have_are_refused() {
    let mut bench = Bench::live(Product::UsdMargined);
    let levels = vec![("100.50", "1.000"); limits::LEVELS_MAX + 1];
    bench.message(&bench.write.depth("BTCUSDT", [101, 101, 100], &levels, NOTHING));
    assert_eq!((bench.errors(DecodeError::TooManyLevels), bench.state(BTC)), (1, SyncState::Desynced));
    bench.message(&bench.write.depth("ETHUSDT", [101, 101, 100], &levels[1..], NOTHING));
    assert_eq!((bench.errors(DecodeError::TooManyLevels), bench.state(ETH)), (1, SyncState::Live));
}

#[test]
fn an_empty_side_is_a_valid_state() {
    let mut bench = Bench::live(Product::Spot);
    bench.message(&bench.write.depth("BTCUSDT", [101, 101, 0], NOTHING, &[("101.00", "0.000")]));
    bench.message(&bench.write.ticker("BTCUSDT", 101, ("100.50", "1"), ("0.00000000", "0.00000000")));
    let kept = &bench.keeper.instruments[&BTC];
    assert!(kept.asks.is_empty() && !kept.ticker.expect("a ticker").is_two_sided());
    assert_eq!((bench.state(BTC), bench.session.counters().decode_error_count()), (SyncState::Live, 0));
    bench.message(&bench.write.ticker("BTCUSDT", 102, ("100.50", "0"), ("101.00", "1")));
    assert_eq!(bench.errors(DecodeError::OutOfRange), 1, "a best price at which nothing stands");
}

#[test]
fn deleting_a_level_that_is_not_there_and_crossing_prices_pass_to_the_book() {
    let mut bench = Bench::live(Product::Spot);
    bench.message(&bench.write.depth(
        "BTCUSDT",
        [101, 101, 0],
        &[("1.00", "0.000"), ("102.00", "1.000")],
        NOTHING,
    ));
    assert_eq!((bench.state(BTC), bench.session.counters().decode_error_count()), (SyncState::Live, 0));
}

#[test]
fn messages_without_use_are_counted_and_new_fields_are_not_even_that() {
    let mut bench = Bench::live(Product::Spot);
    for unused in [
        r#"{"stream":"btcusdt@kline_1m","data":{"e":"24hrMiniTicker","E":1,"s":"BTCUSDT","k":{"t":1}}}"#,
        r#"{"result":null,"id":1}"#,
        r#"{"stream":"x","data":[]}"#,
        &Writer(Product::Spot).trade("DOGEUSDT", 1, ("1", "1"), true),
        r#"{"lastUpdateId":1,"bids":[],"asks":[]}"#,
    ] {
        bench.message(unused);
    }
    assert_eq!(
        (bench.session.counters().ignored_frames, bench.session.counters().decode_error_count()),
        (5, 0)
    );
    let frame = bench.write.depth("BTCUSDT", [101, 101, 0], BIDS, NOTHING);
    bench.message(&frame.replacen("\"U\":", "\"new\":{\"u\":[7]},\"U\":", 1));
    assert_eq!(
        (bench.keeper.instruments[&BTC].update_id, bench.session.counters().decode_error_count()),
        (101, 0)
    );
    bench.message(r#"{"error":{"code":2,"msg":"Invalid request"},"id":1}"#);
    assert_eq!(bench.session.counters().venue_refusals, 1);
}

#[test]
fn a_futures_trade_that_was_not_made_in_the_book_is_not_used() {
    let mut bench = Bench::live(Product::UsdMargined);
    let frame = bench.write.trade("BTCUSDT", 1, ("100.00", "1.000"), true);
    for (kind, ignored, unknown) in [("INSURANCE_FUND", 1, 0), ("ADL", 2, 0), ("NA", 3, 0), ("MYSTERY", 3, 1)]
    {
        bench.message(&frame.replace("MARKET", kind));
        let counters = bench.session.counters();
        assert_eq!(
            (counters.ignored_frames, bench.errors(DecodeError::UnknownValue)),
            (ignored, unknown),
            "{kind}"
        );
    }
    bench.message(&frame);
    assert_eq!(bench.keeper.instruments[&BTC].trade_count, 1);
}

#[test]
fn a_trade_of_nothing_is_refused() {
    let mut bench = Bench::live(Product::Spot);
    bench.message(&bench.write.trade("BTCUSDT", 1, ("100.00", "0.00000000"), true));
    bench.message(&bench.write.trade("BTCUSDT", 1, ("0.00", "1.0"), true));
    assert_eq!((bench.errors(DecodeError::OutOfRange), bench.state(BTC)), (2, SyncState::Live));
    assert_eq!(bench.keeper.instruments[&BTC].trade_count, 0);
}

#[test]
fn trades_come_from_the_stream_that_spoke_first() {
    for is_aggregate_first in [true, false] {
        let mut bench = Bench::live(Product::Spot);
        let write = bench.write;
        let frame = |is_aggregate: bool, id| match is_aggregate {
            true => write.aggregate("BTCUSDT", id, "100.00", "3"),
            false => write.trade("BTCUSDT", id, ("100.00", "1"), true),
        };
        for (is_aggregate, id) in [(is_aggregate_first, 1), (!is_aggregate_first, 1), (is_aggregate_first, 2)]
        {
            bench.message(&frame(is_aggregate, id));
        }
        assert_eq!(bench.keeper.instruments[&BTC].trade_count, 2);
        assert_eq!(bench.session.counters().ignored_frames, 1);
    }
}

#[test]
fn a_lost_connection_desyncs_the_books_that_it_carried() {
    let mut bench = Bench::live(Product::UsdMargined);
    bench.feed(FrameSource::Closed, 1, 0, b"trades alone");
    assert_eq!(bench.state(BTC), SyncState::Live);
    bench.feed(FrameSource::Closed, 0, 0, b"reset");
    for id in [BTC, ETH] {
        assert_eq!((bench.state(id), bench.reason(id)), (SyncState::Desynced, SyncReason::Disconnected));
    }
    bench.pass(Nanos::from_secs(20));
    assert!(!bench.asked().iter().any(|path| path.contains("depth")), "nobody asks without a connection");
    bench.feed(FrameSource::Closed, 9, 0, b"a connection that was never planned");
}

#[test]
fn a_snapshot_answer_that_is_refused_or_cannot_be_read_is_asked_for_again() {
    let mut bench = Bench::new(Product::Spot);
    bench.message(&bench.write.depth("BTCUSDT", [100, 101, 0], BIDS, ASKS));
    bench.asked();
    bench.feed(FrameSource::Http, 0, 503, b"/api/v3/depth?symbol=BTCUSDT&limit=5000\nUnavailable");
    bench.pass(Nanos::from_millis(300));
    assert_eq!(bench.asked(), ["/api/v3/depth?symbol=BTCUSDT&limit=5000"]);
    bench.answer("/api/v3/depth?symbol=BTCUSDT&limit=5000\n{\"lastUpdateId\":5");
    assert_eq!((bench.errors(DecodeError::Truncated), bench.session.counters().venue_refusals), (1, 1));
    bench.pass(Nanos::from_millis(600));
    assert_eq!(bench.asked(), ["/api/v3/depth?symbol=BTCUSDT&limit=5000"]);
}

#[test]
fn a_ban_stops_every_request_until_it_ends() {
    let mut bench = Bench::live(Product::Spot);
    let ban = bench.now + Nanos::from_secs(600);
    let body = format!("{{\"code\":-1003,\"msg\":\"banned until {}. Use streams\"}}", ban.0 / 1_000_000);
    bench.feed(
        FrameSource::Http,
        0,
        418,
        format!("/api/v3/depth?symbol=BTCUSDT&limit=5000\n{body}").as_bytes(),
    );
    bench.session.resync(bench.now, BTC, SyncReason::Crossed, &mut bench.keeper);
    assert_eq!((bench.state(BTC), bench.reason(BTC)), (SyncState::Desynced, SyncReason::Crossed));
    let (kind, delay, _) = bench.keeper.requests.pop().expect("asked, but not to be sent yet");
    assert_eq!((kind, delay), (RequestKind::HttpGet, Nanos::from_secs(600)));
    assert_eq!(bench.session.counters().venue_refusals, 1);

    let mut bench = Bench::live(Product::Spot);
    bench.feed(FrameSource::Http, 0, 429, b"/api/v3/exchangeInfo\n{\"code\":-1003}");
    bench.session.resync(bench.now, ETH, SyncReason::Lapped, &mut bench.keeper);
    assert_eq!(bench.keeper.requests.pop().expect("asked").1, limits::REFUSED_WAIT);
}

#[test]
fn snapshots_are_paced_to_the_venues_weight() {
    let mut config = BinanceConfig::production(Product::Spot);
    let symbol = |n: u32| InstrumentConfig::new(&format!("COIN{n}USDT"), InstrumentId(n));
    config.instruments = (0..60).map(symbol).collect();
    let mut bench = Bench::with(&config);
    bench.pass(Nanos::from_millis(1_500));
    let delays: Vec<_> = bench.keeper.requests.iter().filter(|(_, _, path)| path.contains("depth")).collect();
    assert_eq!(delays.len(), 60);
    let in_first_minute = delays.iter().filter(|(_, delay, _)| *delay < Nanos::from_secs(59)).count();
    assert!(in_first_minute * 250 < 6_000 && in_first_minute > 10, "{in_first_minute}");
}

#[test]
fn a_venue_that_shuts_down_is_reconnected_to() {
    let mut bench = Bench::live(Product::Spot);
    bench.message(r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1723161256299}}"#);
    assert_eq!(bench.keeper.requests.pop().expect("a request").0, RequestKind::Reconnect);
}

#[test]
fn a_connection_that_falls_silent_loses_its_books_and_is_replaced() {
    let mut bench = Bench::live(Product::UsdMargined);
    bench.pass(Nanos::from_secs(4));
    bench.message(&bench.write.ticker("BTCUSDT", 7, ("1.00", "1"), ("2.00", "1")));
    bench.asked();
    bench.pass(Nanos(limits::BOOK_IDLE_MAX.0 - 1));
    assert_eq!((bench.state(BTC), bench.state(ETH)), (SyncState::Live, SyncState::Live));
    assert!(bench.keeper.requests.is_empty());
    bench.pass(Nanos(1));
    for id in [BTC, ETH] {
        assert_eq!((bench.state(id), bench.reason(id)), (SyncState::Desynced, SyncReason::Silent));
    }
    let asked: Vec<_> = bench.keeper.requests.drain(..).map(|(kind, ..)| kind).collect();
    assert_eq!(asked, [RequestKind::Reconnect], "a snapshot waits for the connection");
    bench.feed(FrameSource::Closed, 0, 0, b"reconnecting: nothing came");
    bench.feed(FrameSource::Opened, 0, 0, b"wss://");
    bench.pass(Nanos::from_secs(2));
    assert_eq!(bench.asked().iter().filter(|path| path.contains("depth")).count(), 2);
}

#[test]
fn a_quiet_connection_of_trades_alone_costs_no_book() {
    let mut bench = Bench::live(Product::UsdMargined);
    bench.feed(FrameSource::Opened, 1, 0, b"wss://");
    let mut reconnects = 0;
    for second in 1..=65 {
        bench.pass(Nanos::from_secs(1));
        bench.message(&bench.write.ticker("BTCUSDT", 100 + second, ("1.00", "1"), ("2.00", "1")));
        let asked = bench.keeper.requests.drain(..);
        reconnects += asked.filter(|(kind, ..)| *kind == RequestKind::Reconnect).count();
    }
    assert_eq!((reconnects, bench.state(BTC)), (1, SyncState::Live));
}

#[test]
fn how_long_a_connection_may_be_silent_is_configured() {
    let mut config = BinanceConfig::production(Product::Spot);
    config.instruments = vec![InstrumentConfig::new("BTCUSDT", BTC)];
    config.book_idle_max = Nanos::from_secs(90);
    let mut bench = Bench::with(&config);
    bench.pass(Nanos::from_secs(89));
    assert!(bench.keeper.requests.iter().all(|(kind, ..)| *kind == RequestKind::HttpGet));
    bench.pass(Nanos::from_secs(1));
    assert!(bench.keeper.requests.iter().any(|(kind, ..)| *kind == RequestKind::Reconnect));
}

#[test]
fn definitions_that_do_not_come_are_asked_for_again() {
    let mut bench = Bench::new(Product::UsdMargined);
    bench.asked();
    bench.answer("/fapi/v1/exchangeInfo\n{\"symbols\":7}");
    bench.pass(Nanos::from_secs(31));
    assert!(bench.asked().contains(&"/fapi/v1/exchangeInfo".to_owned()));
    assert_eq!(bench.errors(DecodeError::Malformed), 1);
}

#[test]
fn mark_price_and_funding_are_told_once_and_again_where_they_changed() {
    let mut bench = Bench::live(Product::UsdMargined);
    let said = |mark: &str, rate: &str| {
        format!(
            r#"{{"stream":"btcusdt@markPrice@1s","data":{{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"{mark}","i":"11784.62659091","P":"11784.25641265","r":"{rate}","T":1562306400000}}}}"#
        )
    };
    bench.message(&said("11794.15000000", "0.00038167"));
    bench.message(&said("11794.15000000", "0.00038167"));
    let kept = &bench.keeper.instruments[&BTC];
    let (mark, funding) = (kept.mark_price.expect("told"), kept.funding.expect("told"));
    assert_eq!(
        (mark.mark, mark.index, mark.price_scale),
        (Price(1_179_415_000_000), Price(1_178_462_659_091), 8)
    );
    assert_eq!((funding.rate.0, funding.next_at.0), (381_670_000, 1_562_306_400_000_000_000));
    assert_eq!((kept.mark_prices_told, kept.fundings_told), (1, 1), "what changed nothing is not told");
    bench.message(&said("11794.15000000", "-0.00010000"));
    let kept = &bench.keeper.instruments[&BTC];
    assert_eq!((kept.mark_prices_told, kept.fundings_told), (1, 2));
    assert_eq!(kept.funding.expect("told").rate.0, -100_000_000, "shorts pay longs");
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn a_bar_of_the_venue_is_told_once_it_is_closed() {
    let mut bench = Bench::live(Product::Spot);
    let said = |is_closed: bool| {
        format!(
            r#"{{"e":"kline","E":1,"s":"BTCUSDT","k":{{"t":1672515780000,"T":1672515839999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"100.10","c":"100.20","h":"100.25","l":"100.00","v":"1.000","n":100,"x":{is_closed},"q":"1","V":"1","Q":"1","B":"0"}}}}"#
        )
    };
    bench.message(&said(false));
    assert!(bench.keeper.instruments[&BTC].bars.is_empty());
    bench.message(&said(true));
    let bar = bench.keeper.instruments[&BTC].bars[0];
    assert_eq!(
        (bar.open, bar.high, bar.low, bar.close),
        (Price(10_010), Price(10_025), Price(10_000), Price(10_020))
    );
    assert_eq!((bar.volume, bar.interval, bar.trade_count), (Quantity(1_000), Nanos::from_secs(60), 100));
    bench.message(&said(true).replace("100.25", "100.05"));
    assert_eq!(bench.errors(DecodeError::OutOfRange), 1, "a high that is none");
}

#[test]
fn an_instrument_that_is_not_traded_is_halted_until_it_is() {
    let mut bench = Bench::live(Product::Spot);
    let define = |status: &str| {
        format!(
            r#"/api/v3/exchangeInfo
{{"symbols":[{{"symbol":"BTCUSDT","status":"{status}","baseAsset":"BTC","baseAssetPrecision":3,"quoteAsset":"USDT","quotePrecision":2,"filters":[]}}]}}"#
        )
    };
    for status in ["TRADING", "HALT", "BREAK", "TRADING"] {
        bench.answer(&define(status));
    }
    let told: Vec<_> = bench
        .keeper
        .statuses
        .iter()
        .map(|(id, status)| (*id, status.listing, status.text.as_str()))
        .collect();
    let told: Vec<_> = told.into_iter().filter(|(id, ..)| *id == BTC).collect();
    assert_eq!(told, [(BTC, Listing::Halted, "HALT"), (BTC, Listing::Listed, "TRADING")], "changes alone");
}
