//! How the venue writes symbols.

/// A symbol as this API writes it: base and quote around a slash, in capitals. Another spelling is refused, even that
/// of the venue's own older interfaces, which call two assets by other names.
///
/// ```
/// use fulmar_adapters::kraken::symbols::spelled;
/// assert_eq!(spelled("btc-usd"), "BTC/USD");
/// assert_eq!(spelled("XBT/EUR"), "BTC/EUR");
/// assert_eq!(spelled("AAPLx/USD"), "AAPLx/USD", "what has capitals is written as it is meant");
/// ```
pub fn spelled(symbol: &str) -> String {
    let is_shouted = symbol.contains(|sign: char| sign.is_ascii_uppercase());
    let symbol = symbol.replace(['-', '_'], "/");
    let symbol = if is_shouted { symbol } else { symbol.to_ascii_uppercase() };
    let asset = |name: &str| match name {
        "XBT" => "BTC".to_owned(),
        "XDG" => "DOGE".to_owned(),
        name => name.to_owned(),
    };
    symbol.split('/').map(asset).collect::<Vec<_>>().join("/")
}
