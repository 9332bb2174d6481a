//! How the venue writes products.

/// Products in USDC that have a market of their own. All others are the market in USD under a second name, and market
/// data never names them by it (documentation, websocket/websocket-endpoints).
const OWN_IN_USDC: [&str; 2] = ["USDT-USDC", "EURC-USDC"];

/// A product as market data names it: capitals, digits and dashes, in USD where USDC is only another name for it.
///
/// ```
/// use fulmar_adapters::venues::venue;
/// let spelled = venue("coinbase").expect("known").spelled;
/// assert_eq!(spelled("btc/usd"), "BTC-USD");
/// assert_eq!(spelled("BTC-USDC"), "BTC-USD");
/// assert_eq!(spelled("USDT-USDC"), "USDT-USDC");
/// assert_eq!(spelled("BIP-20DEC30-CDE"), "BIP-20DEC30-CDE");
/// ```
pub fn spelled(symbol: &str) -> String {
    let dashed = symbol.replace(['/', '_', '.'], "-").to_ascii_uppercase();
    match dashed.strip_suffix("-USDC") {
        Some(base) if !OWN_IN_USDC.contains(&dashed.as_str()) => format!("{base}-USD"),
        _ => dashed,
    }
}
