//! How the venue writes symbols.

/// A symbol as this venue writes it: capitals, digits, and `_` before a date. Another spelling is subscribed to without
/// an error, and nothing ever comes.
///
/// ```
/// use fulmar_adapters::binance::symbols::spelled;
/// assert_eq!(spelled("btc-usdt"), "BTCUSDT");
/// assert_eq!(spelled("BTCUSDT_260327"), "BTCUSDT_260327");
/// ```
pub fn spelled(symbol: &str) -> String {
    symbol.chars().filter(|sign| !"-/.".contains(*sign)).map(|sign| sign.to_ascii_uppercase()).collect()
}
