//! Recorded frames of Binance, through the session, against what an independent program made of them.

mod support;

use fulmar_adapters::binance::{BinanceConfig, BinanceMarketData, InstrumentConfig, Product};
use fulmar_bus::record::{InstrumentId, SyncState};
use fulmar_engine::contract::MarketSession as _;
use support::{Keeper, captures, expected, instruments_of, play};

fn check(product: Product, name: &str, checkpoint_count: usize) {
    let Some(folder) = captures() else { return };
    let symbols = instruments_of(&folder, name);
    let mut config = BinanceConfig::production(product);
    config.instruments =
        symbols.iter().zip(0..).map(|(symbol, id)| InstrumentConfig::new(symbol, InstrumentId(id))).collect();
    let expected = expected(&folder, name);
    let mut keeper = Keeper::default();
    for instrument in expected.as_object().expect("instruments").values() {
        for checkpoint in instrument["checkpoints"].as_array().into_iter().flatten() {
            let label = checkpoint[0].as_str().expect("a label");
            let update_id = label.rsplit_once("u=").expect("its number").1.trim_end_matches(')');
            keeper.checkpoints.insert(update_id.parse().expect("a number"), checkpoint[1].clone());
        }
    }
    let mut session = BinanceMarketData::new(&config);
    play(&folder, name, &mut session, &mut keeper);

    assert_eq!(session.counters().decode_error_count(), 0, "{:?}", session.counters());
    assert_eq!((keeper.checkpoints_met, keeper.checkpoints.len()), (checkpoint_count, checkpoint_count));
    for (symbol, id) in symbols.iter().zip(0..) {
        let kept = &keeper.instruments[&InstrumentId(id)];
        let state = kept.state.expect("a state");
        assert_eq!((state.state, state.gap_count, state.resync_count), (SyncState::Live, 0, 0), "{symbol}");
        kept.assert_book(&expected[symbol]["book"]);
        if !expected[symbol]["trades"].is_null() {
            kept.assert_trades(&expected[symbol]["trades"]);
        }
        assert!(
            kept.ticker.is_some() && kept.trade_count > 0 || symbol == "BLZETH",
            "{symbol}: tickers and trades"
        );
        println!(
            "{symbol}: {:?} {:?}, {} trades, {} tickers equal to the book",
            kept.definition.map(|d| (d.revision, d.price_scale, d.quantity_scale, d.is_inferred, d.tick)),
            session.sync_counters(InstrumentId(id)),
            kept.trade_count,
            kept.tops_agreeing,
        );
    }
    println!("{:?}", session.counters());
}

#[test]
fn spot_btcusdt_over_midnight() {
    check(Product::Spot, "binance-spot_btcusdt_2024-08-08", 5);
}

#[test]
fn two_spot_symbols_on_one_connection() {
    check(Product::Spot, "binance-spot_nkn_blz_2021-10-12", 0);
}

#[test]
fn futures_btcusdt_whose_snapshot_ends_where_an_update_ends() {
    check(Product::UsdMargined, "binance-usdm_btcusdt_2024-08-08", 5);
}

#[test]
fn two_futures_on_one_connection() {
    check(Product::UsdMargined, "binance-usdm_sushi_akro_2021-07-22", 0);
}
