//! How the venue writes symbols.

use fulmar_bus::record::ContractKind;

/// A symbol as the streams write it: capitals, its kind, its pair, and the day of its end. Definitions were once
/// written small, and are compared without regard to that.
///
/// ```
/// use fulmar_adapters::kraken_futures::symbols::spelled;
/// assert_eq!(spelled("pi_xbtusd"), "PI_XBTUSD");
/// assert_eq!(spelled("FI-XBTUSD-260925"), "FI_XBTUSD_260925");
/// ```
pub fn spelled(symbol: &str) -> String {
    symbol.replace(['-', '/'], "_").to_ascii_uppercase()
}

/// What the instrument is by its symbol: `PI_` and `FI_` are settled in what they are of, all others in dollars; those
/// that begin with `P` have no end.
pub fn contract(symbol: &str) -> ContractKind {
    contract_of(symbol, symbol.get(1..2).is_some_and(|kind| kind.eq_ignore_ascii_case("i")))
}

/// As [`contract`], where the venue itself says whether it is inverse.
pub fn contract_of(symbol: &str, is_inverse: bool) -> ContractKind {
    let is_perpetual = symbol.get(..1).is_some_and(|kind| kind.eq_ignore_ascii_case("p"));
    match (is_inverse, is_perpetual) {
        (true, true) => ContractKind::InversePerpetual,
        (true, false) => ContractKind::InverseFuture,
        (false, true) => ContractKind::LinearPerpetual,
        (false, false) => ContractKind::LinearFuture,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_says_what_it_is() {
        let kinds = [
            ("PI_XBTUSD", ContractKind::InversePerpetual),
            ("PF_XBTUSD", ContractKind::LinearPerpetual),
            ("FI_XBTUSD_260925", ContractKind::InverseFuture),
            ("ff_xbtusd_260925", ContractKind::LinearFuture),
            ("", ContractKind::LinearFuture),
        ];
        for (symbol, kind) in kinds {
            assert_eq!(contract(symbol), kind, "{symbol}");
        }
    }
}
