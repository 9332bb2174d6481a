//! Instruments that the venue does not know: told by name, asked for seldom, and no trouble to the others.

use fulmar_adapters::binance::Product;
use fulmar_adapters::session::limits as session_limits;
use fulmar_bus::record::{FrameSource, Listing, Nanos, SyncState};
use fulmar_engine::contract::MarketSession as _;

use super::bench::{ASKS, BIDS, BTC, Bench, ETH, NOTHING};

const INVALID: &str = r#"{"code":-1121,"msg":"Invalid symbol."}"#;

/// The definition of the first symbol, as spot tells it.
const BTC_DEFINITION: &str = r#"{"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","baseAssetPrecision":8,
"quoteAsset":"USDT","quotePrecision":8,"filters":[
{"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000000.00","tickSize":"0.01"}]}"#;

/// Answers what was asked, as a venue that knows the first symbol alone.
fn answer_as_a_venue_that_knows_one(bench: &mut Bench) -> Vec<String> {
    let asked = bench.asked();
    for path in asked.iter().filter(|path| path.contains("exchangeInfo") || path.contains("ETHUSDT")) {
        let (status, body) = match path.contains("ETHUSDT") {
            true => (400, INVALID.to_owned()),
            false => (200, format!("{{\"symbols\":[{BTC_DEFINITION}]}}")),
        };
        bench.feed(FrameSource::Http, 0, status, format!("{path}\n{body}").as_bytes());
    }
    asked
}

fn told(bench: &mut Bench) -> Vec<(fulmar_bus::record::InstrumentId, Listing, String)> {
    let told = std::mem::take(&mut bench.keeper.statuses);
    told.into_iter().map(|(id, status)| (id, status.listing, status.text.to_string())).collect()
}

#[test]
fn a_symbol_that_spot_does_not_know_is_told_by_name_and_the_others_trade() {
    let mut bench = Bench::new(Product::Spot);
    assert_eq!(answer_as_a_venue_that_knows_one(&mut bench).len(), 1, "both at once");
    assert_eq!(told(&mut bench), [], "the answer does not say which of them it is");
    assert_eq!(
        answer_as_a_venue_that_knows_one(&mut bench),
        [
            "/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%5D",
            "/api/v3/exchangeInfo?symbols=%5B%22ETHUSDT%22%5D"
        ]
    );
    assert_eq!(told(&mut bench), [(ETH, Listing::Unlisted, "Invalid symbol.".to_owned())]);
    assert_eq!(bench.keeper.instruments[&BTC].definition.expect("defined").is_inferred, 0);

    bench.message(&bench.write.depth("BTCUSDT", [100, 100, 0], NOTHING, NOTHING));
    bench.answer(&bench.write.snapshot("BTCUSDT", 99, BIDS, ASKS));
    assert_eq!(bench.state(BTC), SyncState::Live);
    bench.asked();
    bench.pass(session_limits::TRADES_IDLE_MAX);
    let asked = bench.asked();
    assert!(!asked.iter().any(|path| path.contains("ETHUSDT")), "nobody asks for its book: {asked:?}");
}

#[test]
fn a_symbol_that_is_not_in_the_list_of_all_futures_is_told_by_name() {
    let mut bench = Bench::new(Product::UsdMargined);
    bench.answer(
        r#"/fapi/v1/exchangeInfo
{"symbols":[{"symbol":"BTCUSDT","contractType":"PERPETUAL","baseAsset":"BTC","quoteAsset":"USDT","pricePrecision":2,
"quantityPrecision":3,"filters":[]}]}"#,
    );
    assert_eq!(
        told(&mut bench),
        [(ETH, Listing::Unlisted, "its list of instruments does not have it".to_owned())]
    );
    assert_eq!(bench.keeper.instruments[&BTC].definition.expect("defined").is_inferred, 0);
}

#[test]
fn an_unknown_instrument_is_asked_about_now_and_then_and_begins_once_it_is_listed() {
    let mut bench = Bench::new(Product::Spot);
    answer_as_a_venue_that_knows_one(&mut bench);
    answer_as_a_venue_that_knows_one(&mut bench);
    told(&mut bench);
    let trade = bench.write.trade("BTCUSDT", 1, ("100.00", "1"), true);
    for _ in 0..299 {
        bench.pass(Nanos::from_secs(1));
        bench.message(&trade);
    }
    assert!(!bench.asked().iter().any(|path| path.contains("exchangeInfo")), "not before its time");
    bench.pass(Nanos::from_secs(2));
    assert_eq!(session_limits::UNLISTED_WAIT, Nanos::from_secs(300));
    let alone = "/api/v3/exchangeInfo?symbols=%5B%22ETHUSDT%22%5D".to_owned();
    assert!(bench.asked().contains(&alone), "asked about alone");
    let definition = BTC_DEFINITION.replace("BTCUSDT", "ETHUSDT");
    bench.answer(&format!("{alone}\n{{\"symbols\":[{definition}]}}"));
    let listed: Vec<_> = told(&mut bench).into_iter().map(|(id, listing, _)| (id, listing)).collect();
    assert_eq!(listed, [(ETH, Listing::Listed)]);
    assert_eq!(bench.asked(), ["/api/v3/depth?symbol=ETHUSDT&limit=5000"]);
}

#[test]
fn a_book_that_stands_is_known_whatever_a_list_says() {
    let mut bench = Bench::live(Product::UsdMargined);
    bench.answer("/fapi/v1/exchangeInfo\n{\"symbols\":[]}");
    assert_eq!((told(&mut bench), bench.state(ETH)), (Vec::new(), SyncState::Live));
}

#[test]
fn a_refused_snapshot_says_it_as_well() {
    let mut bench = Bench::new(Product::Spot);
    bench.feed(
        FrameSource::Http,
        0,
        400,
        format!("/api/v3/depth?symbol=ETHUSDT&limit=5000\n{INVALID}").as_bytes(),
    );
    assert_eq!(told(&mut bench), [(ETH, Listing::Unlisted, "Invalid symbol.".to_owned())]);
    assert_eq!(bench.session.counters().venue_refusals, 1);
}
