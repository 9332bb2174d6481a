//! Recorded frames of Binance, through the session, against what an independent program made of them.

use fulmar_adapters::binance::{Binance, BinanceConfig, Product};
use fulmar_adapters::session::InstrumentConfig;
use fulmar_bus::record::InstrumentId;

use crate::player::Capture;

/// Plays a capture; of each of its instruments, its scales and whether these were inferred must be as said.
fn check(product: Product, name: &str, scales: &[(u8, u8, u8)]) {
    let Some(capture) = Capture::open(name) else { return };
    let mut config = BinanceConfig::production(product);
    let symbols = capture.symbols.iter().zip(0..);
    config.instruments =
        symbols.map(|(symbol, id)| InstrumentConfig::new(symbol, InstrumentId(id))).collect();
    let keeper = capture.check(&mut Binance::market_data(&config));
    let definitions = keeper.instruments.values().map(|kept| kept.definition.expect("a definition"));
    let known = definitions.map(|known| (known.price_scale, known.quantity_scale, known.is_inferred));
    assert_eq!(known.collect::<Vec<_>>(), scales);
    assert!(keeper.instruments.values().all(|kept| kept.ticker.is_some()), "best prices of every instrument");
}

#[test]
fn spot_btcusdt_over_midnight() {
    check(Product::Spot, "binance-spot_btcusdt_2024-08-08", &[(8, 8, 1)]);
}

#[test]
fn two_spot_symbols_on_one_connection() {
    check(Product::Spot, "binance-spot_nkn_blz_2021-10-12", &[(8, 8, 0), (8, 8, 0)]);
}

#[test]
fn futures_btcusdt_whose_snapshot_ends_where_an_update_ends() {
    check(Product::UsdMargined, "binance-usdm_btcusdt_2024-08-08", &[(2, 3, 1)]);
}

#[test]
fn two_futures_on_one_connection() {
    check(Product::UsdMargined, "binance-usdm_sushi_akro_2021-07-22", &[(4, 0, 0), (5, 0, 0)]);
}
