//! How the venue writes symbols.

/// A symbol as this venue writes it: capitals and digits, `-` before a date alone.
pub fn spelled(symbol: &str) -> String {
    let (pair, date) = match symbol.rsplit_once('-') {
        Some((pair, date)) if date.starts_with(|first: char| first.is_ascii_digit()) => (pair, Some(date)),
        _ => (symbol, None),
    };
    let pair: String = pair.chars().filter(char::is_ascii_alphanumeric).collect();
    let symbol = date.map_or(pair.clone(), |date| format!("{pair}-{date}"));
    symbol.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_capitals_and_digits_and_a_date_stands_behind_a_dash() {
        assert_eq!(spelled("btc-usdt"), "BTCUSDT");
        assert_eq!(spelled("BTC/USDT"), "BTCUSDT");
        assert_eq!(spelled("btcusdt-26dec26"), "BTCUSDT-26DEC26");
        assert_eq!(spelled("1000PEPEUSDT"), "1000PEPEUSDT");
    }
}
