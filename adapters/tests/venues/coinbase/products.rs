//! What the list of products says: definitions, halts, funding.

use fulmar_adapters::coinbase::ENTRY;
use fulmar_adapters::decode::json;
use fulmar_adapters::decode::time;
use fulmar_adapters::session::sample::SampleFrame;
use fulmar_adapters::session::{Decoded, InstrumentConfig, Message, Symbols, VenueSettings};
use fulmar_bus::record::{
    ContractKind, ContractSize, FundingRate, InstrumentDefinition, InstrumentId, Listing, Nanos, Notional,
    Price, Quantity,
};
use fulmar_engine::contract::DecodeError;

use crate::conformance::bench::Bench;

const SPOT: &str = r#"{"product_id":"BTC-USD","price":"65086.18","base_increment":"0.00000001","quote_increment":"0.01","quote_min_size":"1","quote_max_size":"150000000","base_min_size":"0.00000001","base_max_size":"3400","is_disabled":false,"status":"online","cancel_only":false,"limit_only":true,"post_only":false,"trading_disabled":false,"auction_mode":false,"product_type":"SPOT","quote_currency_id":"USD","base_currency_id":"BTC","fcm_trading_session_details":null,"view_only":false,"price_increment":"0.01","future_product_details":{"contract_size":""}}"#;
const FUTURE: &str = r#"{"product_id":"BIP-20DEC30-CDE","base_increment":"1","quote_increment":"0.01","quote_min_size":"0","base_min_size":"1","base_max_size":"5000","status":"","cancel_only":false,"product_type":"FUTURE","quote_currency_id":"USD","base_currency_id":"","fcm_trading_session_details":{"is_session_open":true},"price_increment":"5","future_product_details":{"contract_size":"0.01","contract_root_unit":"BTC","contract_expiry_type":"EXPIRING","perpetual_details":{"funding_rate":"","funding_time":null},"funding_interval":"3600s","funding_rate":"-0.000013","funding_time":"2026-04-07T00:00:00Z","index_price":"68899.882564"}}"#;

/// What a list of these products says, of which the session has `symbols`.
fn read(symbols: &[&str], products: &[&str]) -> Decoded {
    let instruments =
        symbols.iter().zip(0..).map(|(symbol, id)| InstrumentConfig::new(symbol, InstrumentId(id)));
    let symbols = Symbols::new(&instruments.collect::<Vec<_>>());
    let mut body = format!(r#"{{"products":[{}]}}"#, products.join(",")).into_bytes();
    let tape = json::parse(&mut body, 1 << 20).expect("JSON");
    let mut out = Decoded::default();
    let protocol = (ENTRY.protocol)(&VenueSettings::default());
    protocol.read_definitions(&tape, &symbols, &mut out).expect("a list of products");
    out
}

fn definition(symbol: &str, product: &str) -> Result<InstrumentDefinition, DecodeError> {
    read(&[symbol], &[product]).definitions.first().expect("a definition").1
}

#[test]
fn a_spot_product_is_defined_by_its_increments() {
    let known = definition("BTC-USD", SPOT).expect("a definition");
    assert_eq!((known.venue.as_str(), known.symbol.as_str()), ("coinbase", "BTC-USD"));
    assert_eq!((known.base.as_str(), known.quote.as_str()), ("BTC", "USD"));
    assert_eq!((known.price_scale, known.tick), (2, Price(1)));
    assert_eq!((known.quantity_scale, known.lot), (8, Quantity(1)));
    assert_eq!((known.quantity_min, known.quantity_max), (Quantity(1), Quantity(340_000_000_000)));
    assert_eq!(known.notional_min, Notional(10_i128.pow(10)).into());
    assert_eq!((known.contract, known.is_inferred), (ContractKind::Spot, 0));
    assert_eq!(known.contract_size, ContractSize::ONE);
    let coarse = SPOT.replace(r#""base_increment":"0.00000001""#, r#""base_increment":"0.1""#);
    let coarse = definition("BTC-USD", &coarse).expect("a definition");
    assert_eq!((coarse.quantity_scale, coarse.lot), (8, Quantity(10_000_000)), "books may be finer");
}

#[test]
fn a_largest_order_that_moves_with_the_price_is_left_out() {
    let moving = SPOT.replace("\"3400\"", "\"6444.2747452094872613\"");
    let known = definition("BTC-USD", &moving).expect("a definition");
    assert_eq!((known.quantity_scale, known.quantity_max), (8, Quantity(0)));
}

#[test]
fn a_future_that_pays_funding_is_a_perpetual() {
    let symbol = "BIP-20DEC30-CDE";
    let told = read(&[symbol], &[SPOT, FUTURE]);
    let known = told.definitions[0].1.expect("a definition");
    assert_eq!((known.base.as_str(), known.contract), ("BTC", ContractKind::LinearPerpetual));
    assert_eq!(
        (known.price_scale, known.tick),
        (2, Price(500)),
        "its own step, at the digits of its currency"
    );
    assert_eq!((known.quantity_scale, known.lot), (0, Quantity(1)), "contracts");
    assert_eq!(known.contract_size, ContractSize::new(1, 2), "of a hundredth");
    let [Message::Derived { symbol: 0, derived }] = told.messages[..] else {
        panic!("funding: {:?}", told.messages);
    };
    assert_eq!(derived.rate, Some(FundingRate(-13 * 10_i64.pow(u32::from(FundingRate::SCALE) - 6))));
    assert_eq!(derived.interval, Some(Nanos::from_secs(3_600)));
    assert_eq!(derived.next_at, Some(time::parse("2026-04-07T01:00:00Z").expect("a moment")));
    assert_eq!(derived.index.map(|index| (index.price, index.scale)), Some((Price(68_899_882_564), 6)));

    let dated = FUTURE.replace(r#""funding_interval":"3600s""#, r#""funding_interval":null"#);
    assert_eq!(definition(symbol, &dated).map(|known| known.contract), Ok(ContractKind::LinearFuture));
}

#[test]
fn every_reason_not_to_trade_is_a_halt() {
    let status = |product: &str, symbol: &str| read(&[symbol], &[product]).statuses[0].1;
    assert_eq!(status(SPOT, "BTC-USD").listing, Listing::Listed, "limit orders alone are orders");
    for key in ["trading_disabled", "cancel_only", "post_only", "auction_mode", "is_disabled", "view_only"] {
        let halted = SPOT.replace(&format!("\"{key}\":false"), &format!("\"{key}\":true"));
        let status = status(&halted, "BTC-USD");
        assert_eq!((status.listing, status.text.as_str()), (Listing::Halted, key));
    }
    let delisted = SPOT.replace("\"online\"", "\"delisted\"");
    assert_eq!(status(&delisted, "BTC-USD").listing, Listing::Halted);
    let closed = FUTURE.replace("\"is_session_open\":true", "\"is_session_open\":false");
    assert_eq!(status(&closed, "BIP-20DEC30-CDE").listing, Listing::Halted);
    assert_eq!(status(FUTURE, "BIP-20DEC30-CDE").listing, Listing::Listed);
}

#[test]
fn what_the_list_lacks_or_says_wrongly_is_told() {
    let lacks = SPOT.replace("\"base_min_size\"", "\"min\"");
    assert_eq!(definition("BTC-USD", &lacks), Err(DecodeError::MissingField));
    let wrong = SPOT.replace(r#""base_min_size":"0.00000001""#, r#""base_min_size":"none""#);
    assert_eq!(definition("BTC-USD", &wrong), Err(DecodeError::BadNumber));
}

#[test]
fn products_are_asked_for_by_name_and_again_each_minute() {
    let mut bench = Bench::live(&ENTRY);
    let path = "/api/v3/brokerage/market/products?product_ids=BTC-USD&product_ids=ETH-USD";
    let mut asked = 0;
    for _ in 0..90 {
        let update = bench.flow.update(0, &[("100.4", "7.00000000")], &[]);
        bench.give(&update);
        bench.pass(Nanos::from_secs(1));
        let is_path = |text: &str| text == path;
        if bench.keeper.requests.drain(..).any(|(_, _, text)| is_path(&text)) {
            asked += 1;
            let Some(SampleFrame::Answer(_, body)) = bench.flow.sample.definitions(&bench.flow.symbols)
            else {
                panic!("a list")
            };
            bench.give(&SampleFrame::Answer(path.to_owned(), body));
        }
    }
    assert_eq!(asked, 1);
}

#[test]
fn a_product_that_the_list_lacks_is_unlisted() {
    let mut bench = Bench::new(&ENTRY);
    let path = "/api/v3/brokerage/market/products?product_ids=BTC-USD&product_ids=ETH-USD";
    let body = format!(r#"{{"products":[{SPOT}]}}"#);
    bench.give(&SampleFrame::Answer(path.to_owned(), body));
    let told: Vec<_> = bench.keeper.statuses.iter().map(|(id, status)| (*id, status.listing)).collect();
    assert_eq!(told, [(InstrumentId(1), Listing::Unlisted)]);
}

#[test]
fn only_an_answer_that_says_so_refuses_a_product() {
    let protocol = (ENTRY.protocol)(&VenueSettings::default());
    let says = |status, body: &[u8]| protocol.unknown_symbol(status, &mut body.to_vec()).map(str::to_owned);
    let unknown = br#"{"error":"NOT_FOUND","error_details":"","message":"valid product_id is required"}"#;
    assert_eq!(says(404, unknown).as_deref(), Some("valid product_id is required"));
    assert_eq!(says(429, unknown), None);
    assert_eq!(says(404, br#"{"error":"unknown","message":"no such path"}"#), None);
    assert_eq!(says(404, b"<html>"), None);
}
