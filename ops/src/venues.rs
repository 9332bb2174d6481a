//! The one place that names concrete venues: from a name and a configuration to what stands behind it.

use std::time::Duration;

use anyhow::bail;
use fulmar_adapters::binance::{
    BinanceConfig, BinanceMarketData, BinanceOrderEntry, Credentials, InstrumentConfig, Product,
    each_symbol_named, symbols,
};
use fulmar_adapters::transport::{RateLimit, TransportLimits};
use fulmar_bus::record::{InstrumentId, Nanos};
use fulmar_engine::contract::{InboundFrame, MarketSession, OrderSession};

use crate::configuration::{Environment, InstrumentName, Venue};

/// The venues that this build speaks to.
pub const NAMES: [&str; 2] = ["binance-spot", "binance-usdm"];

/// The id of the instrument at this place of a plan.
pub fn instrument_id(index: usize) -> InstrumentId {
    InstrumentId(u32::try_from(index).expect("a plan has far fewer instruments than 2^32"))
}

/// A symbol as its venue writes it; as it stands where this build does not know the venue.
pub fn spelled(venue: &str, symbol: &str) -> String {
    match product(venue) {
        Ok(_) => symbols::spelled(symbol),
        Err(_) => symbol.to_owned(),
    }
}

/// Tells each symbol that a recorded frame of `venue` has market data of; none where this build does not know the
/// venue.
pub fn symbols_named(venue: &str, frame: InboundFrame<'_>, tell: &mut dyn FnMut(&str)) {
    if product(venue).is_ok() {
        each_symbol_named(frame, tell);
    }
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

/// The translator of a configured venue's market data.
///
/// # Errors
/// As [`capture_session`].
pub fn market_session(
    venue: &Venue,
    id_of: &dyn Fn(&InstrumentName) -> InstrumentId,
) -> anyhow::Result<Box<dyn MarketSession>> {
    let mut config = binance(venue)?;
    for symbol in &venue.instruments {
        let name = InstrumentName { venue: venue.name.clone(), symbol: symbol.clone() };
        let mut instrument = InstrumentConfig::new(symbol, id_of(&name));
        if let Some(scale) = venue.scales.get(symbol) {
            instrument.price_scale = Some(scale.price);
            instrument.quantity_scale = Some(scale.quantity);
        }
        config.instruments.push(instrument);
    }
    Ok(Box::new(BinanceMarketData::new(&config)))
}

/// The translator of a configured venue's order entry, for the owner of `api_key`. Only a venue that takes requests
/// without a signature, which is the simulated one, can be traded at.
///
/// # Errors
/// Where this build has no order entry for the venue.
pub fn order_session(venue: &Venue, api_key: &str) -> anyhow::Result<Box<dyn OrderSession>> {
    if product(&venue.name)? != Product::Spot {
        bail!("venue \"{}\" has no order entry in this build; binance-spot has", venue.name);
    }
    let credentials = Credentials { api_key: api_key.to_owned(), secret: None };
    Ok(Box::new(BinanceOrderEntry::new(&binance(venue)?, &credentials)))
}

/// Where a venue answers HTTP requests.
///
/// # Errors
/// Where this build does not know the venue.
pub fn rest_url(venue: &Venue) -> anyhow::Result<String> {
    Ok(binance(venue)?.rest_url)
}

/// What a link of a venue keeps within. Order entry is limited by the venue's order limits, which the gate and the
/// session keep; the socket itself takes what they let pass.
pub fn transport_limits(venue: &Venue, link: &str) -> TransportLimits {
    let mut limits = TransportLimits::default();
    let reconnect = &venue.reconnect;
    limits.reconnect.backoff_min = duration(reconnect.backoff_min);
    limits.reconnect.backoff_max = duration(reconnect.backoff_max);
    limits.reconnect.attempts_short.count_max = reconnect.attempts_per_minute;
    if link.ends_with(".orders") {
        limits.connection.messages = RateLimit { count_max: 1_000, window: Duration::from_secs(1) };
    }
    limits
}

fn binance(venue: &Venue) -> anyhow::Result<BinanceConfig> {
    let product = product(&venue.name)?;
    let mut config = match venue.environment {
        Environment::Production => BinanceConfig::production(product),
        Environment::Testnet => BinanceConfig::testnet(product),
    };
    if let Some(url) = &venue.stream_url {
        config.stream_url.clone_from(url);
    }
    if let Some(url) = &venue.rest_url {
        config.rest_url.clone_from(url);
    }
    if let Some(url) = &venue.order_url {
        config.order_url = format!("{}/ws-api/v3", url.trim_end_matches('/'));
    }
    config.book_idle_max = venue.book_idle_max;
    config.depth_speed = format!("@{}", venue.depth_interval);
    Ok(config)
}

fn product(venue: &str) -> anyhow::Result<Product> {
    Ok(match venue {
        "binance-spot" => Product::Spot,
        "binance-usdm" => Product::UsdMargined,
        _ => bail!("venue \"{venue}\" is not in this build; it has {}", NAMES.join(", ")),
    })
}

fn duration(nanos: Nanos) -> Duration {
    Duration::from_nanos(nanos.0)
}
