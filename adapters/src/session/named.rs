//! Which symbols a frame is about, for a recording that does not say which instruments it holds.
//!
//! Of messages and snapshots alone: an answer with definitions tells of every instrument of the venue, recorded or not.

use fulmar_bus::record::FrameSource;
use fulmar_engine::contract::InboundFrame;

use super::definitions::quoted_max;
use super::protocol::{Answer, Protocol};
use crate::decode::json;

/// Tells each symbol that `frame` has market data of. A frame that cannot be read has none.
pub fn each_symbol_named(protocol: &dyn Protocol, frame: InboundFrame<'_>, tell: &mut dyn FnMut(&str)) {
    match frame.source {
        FrameSource::Message => {
            let bytes_max = protocol.limits().message_bytes_max;
            let mut quoted = Vec::new();
            let bytes = if protocol.has_bare_numbers() {
                json::quote_numbers(frame.bytes, bytes_max, &mut quoted)
            } else {
                Ok(frame.bytes)
            };
            if let Ok(tape) = bytes.and_then(|bytes| json::parse(bytes, quoted_max(bytes_max)))
                && let Some(symbol) = protocol.symbol_named(&tape)
            {
                tell(symbol);
            }
        }
        FrameSource::Http => {
            let path = frame.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            if let Answer::Snapshot(symbol) = protocol.answer(std::str::from_utf8(path).unwrap_or_default()) {
                tell(symbol);
            }
        }
        FrameSource::Opened | FrameSource::Closed => {}
    }
}

#[cfg(test)]
mod tests {
    use fulmar_bus::record::UnixNanos;

    use super::*;
    use crate::binance::{Binance, BinanceConfig, Product};

    fn named(source: FrameSource, text: &str) -> Vec<String> {
        let mut bytes = text.as_bytes().to_vec();
        let frame =
            InboundFrame { source, connection: 0, status: 200, received_at: UnixNanos(1), bytes: &mut bytes };
        let mut symbols = Vec::new();
        let protocol = Binance::new(&BinanceConfig::production(Product::Spot));
        each_symbol_named(&protocol, frame, &mut |symbol| symbols.push(symbol.to_owned()));
        symbols
    }

    #[test]
    fn market_data_names_its_symbol_and_nothing_else_does() {
        let message = |text: &str| named(FrameSource::Message, text);
        assert_eq!(
            message(r#"{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[],"a":[]}"#),
            ["BTCUSDT"]
        );
        assert_eq!(message(r#"{"stream":"x","data":{"e":"trade","s":"ETHUSDT"}}"#), ["ETHUSDT"]);
        assert_eq!(message(r#"{"u":1,"s":"BNBUSDT","b":"1","B":"1","a":"2","A":"1"}"#), ["BNBUSDT"]);
        for other in [r#"{"e":"kline","s":"BTCUSDT"}"#, r#"{"result":null,"id":1}"#, "[]", "no json", ""] {
            assert!(message(other).is_empty(), "{other}");
        }
        let snapshot = "/api/v3/depth?symbol=BTCUSDT&limit=5000\n{}";
        assert_eq!(named(FrameSource::Http, snapshot), ["BTCUSDT"]);
        assert!(named(FrameSource::Http, "/api/v3/exchangeInfo\n{\"symbols\":[]}").is_empty());
        assert!(named(FrameSource::Opened, snapshot).is_empty());
    }
}
