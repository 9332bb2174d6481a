//! The one place that names concrete venues: from a name and a configuration to what stands behind it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use fulmar_adapters::binance::{BinanceConfig, BinanceOrderEntry, Product};
pub use fulmar_adapters::binance::{Credentials, KeyError, KeyKind};
use fulmar_adapters::session::{
    self, Assumption, InstrumentConfig, MarketData, Protocol, VenueSettings, each_symbol_named,
};
use fulmar_adapters::transport::{RateLimit, TransportLimits};
pub use fulmar_adapters::venues::VENUE_NAMES as NAMES;
use fulmar_bus::record::{ContractKind, InstrumentId, Nanos};
use fulmar_engine::contract::{InboundFrame, MarketSession, OrderSession};

use crate::configuration::{Environment, InstrumentName, Venue};

/// The id of the instrument at this place of a plan.
pub fn instrument_id(index: usize) -> InstrumentId {
    InstrumentId(u32::try_from(index).expect("a plan has far fewer instruments than 2^32"))
}

/// A symbol as its venue writes it; as it stands where this build does not know the venue.
pub fn spelled(venue: &str, symbol: &str) -> String {
    fulmar_adapters::venues::venue(venue).map_or(symbol.to_owned(), |entry| (entry.spelled)(symbol))
}

/// The worlds that a venue can have, by name.
pub const ENVIRONMENTS: [&str; 2] =
    [session::Environment::Production.name(), session::Environment::Testnet.name()];

/// Those of them that `venue` has.
pub fn environments(venue: &str) -> Vec<&'static str> {
    let of_venue = fulmar_adapters::venues::venue(venue).map_or(&[][..], |entry| entry.environments);
    of_venue.iter().map(|environment| environment.name()).collect()
}

/// How often `venue` can send changes of a book; none where there is no choice.
pub fn depth_intervals(venue: &str) -> &'static [&'static str] {
    fulmar_adapters::venues::venue(venue).map_or(&[], |entry| entry.depth_intervals)
}

/// The depths of book that can be subscribed to at `venue`; none where there is no choice.
pub fn depths(venue: &str) -> &'static [u32] {
    fulmar_adapters::venues::venue(venue).map_or(&[], |entry| entry.depths)
}

/// The bars of its own making that `venue` sends.
pub fn bars(venue: &str) -> &'static [&'static str] {
    fulmar_adapters::venues::venue(venue).map_or(&[], |entry| entry.bars)
}

/// What is assumed of `venue` and can be stated otherwise.
pub fn assumed(venue: &str) -> &'static [Assumption] {
    fulmar_adapters::venues::venue(venue).map_or(&[], |entry| entry.assumed)
}

/// Tells each symbol that a recorded frame of `venue` has market data of; none where this build does not know the
/// venue.
pub fn symbols_named(venue: &str, frame: InboundFrame<'_>, tell: &mut dyn FnMut(&str)) {
    if let Ok(protocol) = protocol(venue, &VenueSettings::default()) {
        each_symbol_named(&*protocol, frame, tell);
    }
}

/// What an instrument is as far as its venue and symbol say: what it must share with the others of its pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// `spot`, or how a derivative is settled: `linear`, `inverse`.
    pub contract: &'static str,
    /// Base and quote currency, where the symbol says them.
    pub currencies: Option<(String, String)>,
}

impl Likeness {
    /// What the two are where they cannot be alike, in words. A date, and currencies that are not told, are left to the
    /// definitions.
    pub fn difference(&self, other: &Likeness) -> Option<(String, String)> {
        if self.contract != other.contract {
            return Some((self.contract.to_owned(), other.contract.to_owned()));
        }
        let (own, others) = self.currencies.as_ref().zip(other.currencies.as_ref())?;
        let told = |(base, quote): &(String, String)| format!("{base} in {quote}");
        (own != others).then(|| (told(own), told(others)))
    }
}

/// What the instrument that `venue` calls `symbol` is; `None` where this build does not know the venue.
pub fn likeness(venue: &str, symbol: &str) -> Option<Likeness> {
    let protocol = protocol(venue, &VenueSettings::default()).ok()?;
    let contract = match protocol.contract(symbol) {
        ContractKind::Spot => "spot",
        ContractKind::LinearPerpetual | ContractKind::LinearFuture => "linear",
        ContractKind::InversePerpetual | ContractKind::InverseFuture => "inverse",
    };
    let currencies = protocol.currencies(symbol).map(|(base, quote)| (base.to_owned(), quote.to_owned()));
    Some(Likeness { contract, currencies })
}

/// How long a recording may say nothing. Whether a line lived is told by its recorder, which writes what closed; many
/// keep no heartbeats, so that silence proves nothing, and the frames behind it are there to be judged.
const RECORDED_SILENCE_MAX: Nanos = Nanos::from_secs(24 * 60 * 60);

/// The translator for a capture of `venue` with these instruments.
///
/// # Errors
/// Where this build does not know the venue; names those that it does.
pub fn capture_session(
    venue: &str,
    instruments: &[(&str, InstrumentId)],
) -> anyhow::Result<Box<dyn MarketSession>> {
    let settings = VenueSettings { book_idle_max: Some(RECORDED_SILENCE_MAX), ..VenueSettings::default() };
    let protocol = protocol(venue, &settings)?;
    let named = instruments.iter().map(|(symbol, id)| InstrumentConfig::new(symbol, *id));
    Ok(Box::new(MarketData::new(protocol, &named.collect::<Vec<_>>())))
}

/// The translator of a configured venue's market data.
///
/// # Errors
/// As [`capture_session`].
pub fn market_session(
    venue: &Venue,
    id_of: &dyn Fn(&InstrumentName) -> InstrumentId,
) -> anyhow::Result<Box<dyn MarketSession>> {
    let instrument = |symbol: &String| {
        let name = InstrumentName { venue: venue.name.clone(), symbol: symbol.clone() };
        let scale = venue.scales.get(symbol);
        InstrumentConfig {
            price_scale: scale.map(|scale| scale.price),
            quantity_scale: scale.map(|scale| scale.quantity),
            ..InstrumentConfig::new(symbol, id_of(&name))
        }
    };
    let instruments: Vec<InstrumentConfig> = venue.instruments.iter().map(instrument).collect();
    Ok(Box::new(MarketData::new(configured(venue)?, &instruments)))
}

/// The translator of a configured venue's order entry, for the owner of a key of this kind.
///
/// # Errors
/// Where this build has no order entry for the venue.
pub fn order_session(venue: &Venue, key: KeyKind) -> anyhow::Result<Box<dyn OrderSession>> {
    let Some(config) = order_config(venue) else {
        bail!("venue \"{}\" has no order entry in this build; {} has", venue.name, ORDER_ENTRIES.join(", "));
    };
    Ok(Box::new(BinanceOrderEntry::new(&config, key)))
}

/// The venues that orders can be sent to.
pub const ORDER_ENTRIES: [&str; 2] = [Product::Spot.venue(), Product::UsdMargined.venue()];

/// True where orders can be sent to the venue of this name.
pub fn has_order_entry(venue: &str) -> bool {
    ORDER_ENTRIES.contains(&venue)
}

/// The product of Binance that the venue of this name is, where orders can be sent to it.
pub fn product(venue: &str) -> Option<Product> {
    [Product::Spot, Product::UsdMargined].into_iter().find(|product| product.venue() == venue)
}

/// Where the orders of a venue go to.
///
/// # Panics
/// Where no orders can be sent to it.
pub fn order_url(venue: &Venue) -> String {
    order_config(venue).expect("it has order entry").order_url
}

/// Where a venue says what a key may do; nowhere where it does not.
pub fn permissions_url(venue: &Venue) -> Option<String> {
    let is_production = venue.environment == Environment::Production;
    let own = || BinanceConfig::production(Product::Spot).rest_url;
    is_production.then(|| venue.rest_url.clone().unwrap_or_else(own))
}

fn order_config(venue: &Venue) -> Option<BinanceConfig> {
    let mut config = BinanceConfig::of(product(&venue.name)?, &settings(venue));
    if let Some(url) = &venue.order_url {
        let path = if config.product.is_futures() { "ws-fapi/v1" } else { "ws-api/v3" };
        config.order_url = format!("{}/{path}", url.trim_end_matches('/'));
    }
    Some(config)
}

/// Where a venue answers HTTP requests.
///
/// # Errors
/// Where this build does not know the venue.
pub fn rest_url(venue: &Venue) -> anyhow::Result<String> {
    Ok(configured(venue)?.rest_url().to_owned())
}

/// What a link of a venue keeps within. Order entry is limited by the venue's order limits, which the gate and the
/// session keep; the socket itself takes what they let pass.
pub fn transport_limits(venue: &Venue, link: &str) -> TransportLimits {
    let mut limits = TransportLimits::default();
    let reconnect = &venue.reconnect;
    limits.reconnect.backoff_min = duration(reconnect.backoff_min);
    limits.reconnect.backoff_max = duration(reconnect.backoff_max);
    limits.reconnect.attempts_short.count_max = reconnect.attempts_per_minute;
    if let Ok(protocol) = configured(venue) {
        let own = protocol.limits();
        let attempts = &mut limits.reconnect.attempts_short;
        attempts.count_max = attempts.count_max.min(own.connects_per_minute);
        limits.reconnect.attempts_at_once.count_max = own.connects_per_second;
        limits.connection.messages.count_max = own.messages_per_second;
    }
    if link.ends_with(".orders") {
        limits.connection.messages = RateLimit { count_max: 1_000, window: Duration::from_secs(1) };
    }
    limits
}

fn configured(venue: &Venue) -> anyhow::Result<Box<dyn Protocol>> {
    protocol(&venue.name, &settings(venue))
}

fn settings(venue: &Venue) -> VenueSettings {
    VenueSettings {
        environment: match venue.environment {
            Environment::Production => session::Environment::Production,
            Environment::Testnet => session::Environment::Testnet,
        },
        stream_url: venue.stream_url.clone(),
        rest_url: venue.rest_url.clone(),
        depth: venue.depth,
        depth_interval: venue.depth_interval.clone(),
        bars: venue.bars.clone(),
        book_idle_max: venue.book_idle_max,
        assumed: venue.assumed.clone(),
    }
}

fn protocol(venue: &str, settings: &VenueSettings) -> anyhow::Result<Box<dyn Protocol>> {
    let entry = fulmar_adapters::venues::venue(venue)
        .with_context(|| format!("venue \"{venue}\" is not in this build; it has {}", NAMES.join(", ")))?;
    Ok((entry.protocol)(settings))
}

fn duration(nanos: Nanos) -> Duration {
    Duration::from_nanos(nanos.0)
}
