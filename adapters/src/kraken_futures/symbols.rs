//! How the venue writes symbols, and what they say of a contract: `PF_XBTUSD`, `FI_XBTUSD_261225`.

use fulmar_bus::record::ContractKind;

use crate::decode::definition::{dated, perpetual};

/// A symbol as the streams write it: capitals, its kind, its pair, and the day of its end; bitcoin by its older name.
///
/// ```
/// use fulmar_adapters::kraken_futures::symbols::spelled;
/// assert_eq!(spelled("pf_btcusd"), "PF_XBTUSD");
/// assert_eq!(spelled("FI-ETHUSD-261225"), "FI_ETHUSD_261225");
/// ```
pub fn spelled(symbol: &str) -> String {
    symbol.replace(['-', '/'], "_").to_ascii_uppercase().replace("_BTCUSD", "_XBTUSD")
}

/// An asset by the name that other venues call it. Definitions say the one today, tickers still the other.
pub fn asset(name: &str) -> &str {
    if name == "XBT" { "BTC" } else { name }
}

/// What the instrument is by its symbol. A second letter `I` is settled in what it is of, all others in dollars; a
/// first letter `P` has no end.
pub fn contract(symbol: &str) -> ContractKind {
    let is_inverse = symbol.get(1..2) == Some("I");
    if symbol.starts_with('P') { perpetual(is_inverse) } else { dated(is_inverse) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_says_what_it_is() {
        let kinds = [
            ("PI_XBTUSD", ContractKind::InversePerpetual),
            ("PF_XBTUSD", ContractKind::LinearPerpetual),
            ("FI_XBTUSD_261225", ContractKind::InverseFuture),
            ("FF_XBTUSD_261225", ContractKind::LinearFuture),
            ("", ContractKind::LinearFuture),
        ];
        for (symbol, kind) in kinds {
            assert_eq!(contract(symbol), kind, "{symbol}");
        }
    }
}
