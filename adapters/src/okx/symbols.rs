//! How the venue writes symbols, and what it says with them: `BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-261030`,
//! `BTC-USD_UM-261030`.

use fulmar_bus::record::ContractKind;

use crate::decode::definition::{dated, perpetual};

/// One of the venue's markets. Which one a symbol is of stands in its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    /// `BASE-QUOTE`.
    Spot,
    /// `BASE-QUOTE-SWAP`: a perpetual.
    Swap,
    /// `BASE-QUOTE-YYMMDD`.
    Future,
}

impl Market {
    /// Every market.
    pub const ALL: [Market; 3] = [Market::Spot, Market::Swap, Market::Future];

    /// The market of this symbol.
    pub fn of(symbol: &str) -> Self {
        match symbol.rsplit_once('-') {
            Some((_, "SWAP")) => Market::Swap,
            Some((pair, date)) if pair.contains('-') && is_date(date) => Market::Future,
            _ => Market::Spot,
        }
    }

    /// The venue's name of its instruments: `instType`.
    pub const fn instrument_type(self) -> &'static str {
        match self {
            Market::Spot => "SPOT",
            Market::Swap => "SWAP",
            Market::Future => "FUTURES",
        }
    }

    /// What an instrument of it is, settled in the base currency or in the quote.
    pub const fn contract(self, is_inverse: bool) -> ContractKind {
        match self {
            Market::Spot => ContractKind::Spot,
            Market::Swap => perpetual(is_inverse),
            Market::Future => dated(is_inverse),
        }
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What an instrument is, by its symbol alone: those quoted in dollars are settled in the base currency, but for those
/// marked `_UM`.
pub fn contract(symbol: &str) -> ContractKind {
    let is_inverse = symbol.split('-').nth(1) == Some("USD");
    Market::of(symbol).contract(is_inverse)
}

/// The index that lies beneath a derivative: what its definition calls `uly`. It is the pair in front of its symbol,
/// without the mark of how it is settled; so it is in every definition seen.
///
/// ```
/// use fulmar_adapters::okx::symbols::underlying;
/// assert_eq!(underlying("BTC-USDT-SWAP"), Some("BTC-USDT"));
/// assert_eq!(underlying("BTC-USD_UM-261030"), Some("BTC-USD"));
/// assert_eq!(underlying("BTC-USDT"), None);
/// ```
pub fn underlying(symbol: &str) -> Option<&str> {
    if Market::of(symbol) == Market::Spot {
        return None;
    }
    let (pair, _) = symbol.rsplit_once('-')?;
    pair.split('_').next()
}

/// A symbol as this venue writes it: capitals, and a dash between its parts.
///
/// ```
/// use fulmar_adapters::okx::symbols::spelled;
/// assert_eq!(spelled("btc/usdt"), "BTC-USDT");
/// assert_eq!(spelled("btc-usd_um-261030"), "BTC-USD_UM-261030");
/// ```
pub fn spelled(symbol: &str) -> String {
    symbol.replace('/', "-").to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_says_what_it_is() {
        for (symbol, market, contract) in [
            ("BTC-USDT", Market::Spot, ContractKind::Spot),
            ("BTC-USD", Market::Spot, ContractKind::Spot),
            ("BTC-USDT-SWAP", Market::Swap, ContractKind::LinearPerpetual),
            ("BTC-USD-SWAP", Market::Swap, ContractKind::InversePerpetual),
            ("BTC-USD_UM-SWAP", Market::Swap, ContractKind::LinearPerpetual),
            ("BTC-USD-261030", Market::Future, ContractKind::InverseFuture),
            ("BTC-USDT-220527", Market::Future, ContractKind::LinearFuture),
            ("BTC-USD_UM-261030", Market::Future, ContractKind::LinearFuture),
            ("BTC-220527", Market::Spot, ContractKind::Spot),
        ] {
            assert_eq!((Market::of(symbol), super::contract(symbol)), (market, contract), "{symbol}");
        }
    }
}
