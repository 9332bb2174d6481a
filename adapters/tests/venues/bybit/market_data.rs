//! What is special to Bybit: changes of a ticker, definitions, refusals, trades that are none of the book's.

use fulmar_adapters::bybit::LINEAR;
use fulmar_adapters::session::{InstrumentConfig, MarketData, VenueSettings};
use fulmar_bus::record::{ContractKind, ContractSize, Listing, Price, Quantity, SyncState};
use fulmar_engine::contract::MarketSession as _;

use crate::conformance::bench::{Bench, IDS};
use crate::keeper::Keeper;

#[test]
fn a_ticker_says_what_changed_and_the_rest_stays() {
    let mut bench = Bench::live(&LINEAR);
    bench.message(
        br#"{"topic":"tickers.BTCUSDT","type":"snapshot","data":{"symbol":"BTCUSDT","markPrice":"65117.44","indexPrice":"65137.769","fundingIntervalHour":"8","nextFundingTime":"1786320000000","fundingRate":"0.0001","bid1Price":"65114.20"},"cs":1,"ts":1786310817883}"#,
    );
    let kept = &bench.keeper.instruments[&IDS[0]];
    let (mark, funding) = (kept.mark_price.expect("told"), kept.funding.expect("told"));
    assert_eq!((mark.mark, mark.index, mark.price_scale), (Price(65_117_440), Price(65_137_769), 3));
    assert_eq!((funding.rate.0, funding.interval.0), (100_000_000, 8 * 3_600_000_000_000));
    bench.message(
        br#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","bid1Price":"65114.30"},"cs":2,"ts":1786310817983}"#,
    );
    bench.message(
        br#"{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"65118.00"},"cs":3,"ts":1786310818083}"#,
    );
    let kept = &bench.keeper.instruments[&IDS[0]];
    assert_eq!(
        (kept.mark_prices_told, kept.fundings_told),
        (2, 1),
        "a change of either is told, and no other"
    );
    let mark = kept.mark_price.expect("told");
    assert_eq!((mark.mark, mark.index), (Price(65_118_000), Price(65_137_769)));
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}

#[test]
fn a_bar_is_judged_once_its_prices_stand_at_one_scale() {
    let mut bench = Bench::new(&LINEAR);
    // One that was told no definitions.
    let instruments = [InstrumentConfig::new("BTCUSDT", IDS[0])];
    bench.session = MarketData::new((LINEAR.protocol)(&VenueSettings::default()), &instruments);
    bench.keeper = Keeper::default();
    let bar = |high: &str| {
        format!(
            r#"{{"topic":"kline.1.BTCUSDT","type":"snapshot","ts":1672324988882,"data":[{{"start":1672324980000,"end":1672325039999,"interval":"1","open":"16649.5","close":"16677","high":"{high}","low":"16608.25","volume":"2.081","turnover":"34666.4005","confirm":true,"timestamp":1672324988882}}]}}"#
        )
    };
    bench.message(bar("16677").as_bytes());
    assert_eq!(bench.session.counters().decode_error_count(), 0);
    let [told] = &bench.keeper.instruments[&IDS[0]].bars[..] else { panic!("one bar") };
    assert_eq!([told.open, told.high, told.low], [1_664_950, 1_667_700, 1_660_825].map(Price));
    bench.message(bar("16650").as_bytes());
    assert_eq!(bench.session.counters().decode_error_count(), 1, "it closed above its high");
}

#[test]
fn a_definition_says_scales_steps_and_whether_it_is_traded() {
    let mut bench = Bench::live(&LINEAR);
    let answer = |status: &str| {
        format!(
            r#"{{"retCode":0,"retMsg":"OK","result":{{"list":[{{"symbol":"BTCUSDT","contractType":"LinearPerpetual","status":"{status}","baseCoin":"BTC","quoteCoin":"USDT","priceFilter":{{"minPrice":"0.10","maxPrice":"1999999.80","tickSize":"0.10"}},"lotSizeFilter":{{"maxOrderQty":"1190.000","minOrderQty":"0.001","qtyStep":"0.001","minNotionalValue":"5"}}}}]}}}}"#
        )
    };
    let path = "/v5/market/instruments-info?category=linear&symbol=BTCUSDT";
    for status in ["Trading", "PreLaunch"] {
        let body = answer(status);
        bench.give(&fulmar_adapters::session::sample::SampleFrame::Answer(path.to_owned(), body));
    }
    let definition = bench.keeper.instruments[&IDS[0]].definition.expect("defined");
    assert_eq!((definition.price_scale, definition.quantity_scale), (2, 3));
    assert_eq!(
        (definition.tick, definition.lot, definition.quantity_min),
        (Price(10), Quantity(1), Quantity(1))
    );
    assert_eq!(definition.contract, ContractKind::LinearPerpetual);
    assert_eq!(definition.contract_size, ContractSize::ONE, "quantities are in the base asset");
    let told: Vec<_> = bench.keeper.statuses.iter().map(|(id, status)| (*id, status.listing)).collect();
    assert_eq!(told, [(IDS[0], Listing::Halted)]);
    assert_eq!(bench.state(1), SyncState::Live, "the other book stands");
}

#[test]
fn a_symbol_that_the_venue_does_not_know_is_unlisted() {
    let mut bench = Bench::new(&LINEAR);
    let path = "/v5/market/instruments-info?category=linear&symbol=ETHUSDT";
    let body =
        r#"{"retCode":10001,"retMsg":"params error: symbol invalid","result":{},"retExtInfo":{},"time":1}"#;
    bench.give(&fulmar_adapters::session::sample::SampleFrame::Answer(path.to_owned(), body.to_owned()));
    let told: Vec<_> = bench.keeper.statuses.iter().map(|(id, status)| (*id, status.listing)).collect();
    assert_eq!(told, [(IDS[1], Listing::Unlisted)]);
}

#[test]
fn a_block_trade_is_no_trade_of_the_book() {
    let mut bench = Bench::live(&LINEAR);
    let trade = bench.flow.trade(0, "100.5", "1.00000000", true);
    bench.message(trade.replace("\"BT\":false", "\"BT\":true").as_bytes());
    assert_eq!(bench.keeper.instruments[&IDS[0]].trade_count, 0);
    bench.message(trade.as_bytes());
    assert_eq!(bench.keeper.instruments[&IDS[0]].trade_count, 1);
    assert_eq!(bench.session.counters().decode_error_count(), 0);
}
