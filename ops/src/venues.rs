//! The one place that names concrete venues: from a name and a configuration to a translator.

use anyhow::bail;
use fulmar_adapters::binance::{BinanceConfig, BinanceMarketData, InstrumentConfig, Product};
use fulmar_bus::record::InstrumentId;
use fulmar_engine::contract::MarketSession;

/// The venues that this build speaks to.
pub const NAMES: [&str; 2] = ["binance-spot", "binance-usdm"];

/// The id of the instrument at this place of a plan.
pub fn instrument_id(index: usize) -> InstrumentId {
    InstrumentId(u32::try_from(index).expect("a plan has far fewer instruments than 2^32"))
}

/// The translator for a capture of `venue` with these instruments.
///
/// # Errors
/// Where this build does not know the venue; names those that it does.
pub fn capture_session(
    venue: &str,
    instruments: &[(&str, InstrumentId)],
) -> anyhow::Result<Box<dyn MarketSession>> {
    let mut config = BinanceConfig::production(product(venue)?);
    config.instruments = instruments.iter().map(|(symbol, id)| InstrumentConfig::new(symbol, *id)).collect();
    Ok(Box::new(BinanceMarketData::new(&config)))
}

fn product(venue: &str) -> anyhow::Result<Product> {
    Ok(match venue {
        "binance-spot" => Product::Spot,
        "binance-usdm" => Product::UsdMargined,
        _ => bail!("venue \"{venue}\" is not in this build; it has {}", NAMES.join(", ")),
    })
}
