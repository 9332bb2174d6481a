//! Which symbols a frame is about, for a recording that does not say which instruments it holds.
//!
//! Of messages and snapshots alone: an `exchangeInfo` tells of every instrument of the venue, recorded or not.

use fulmar_bus::record::FrameSource;
use fulmar_engine::contract::InboundFrame;

use super::market_data::asked_symbol;
use super::slow;

/// Tells each symbol that `frame` has market data of. A frame that cannot be read has none.
pub fn each_symbol_named(frame: InboundFrame<'_>, tell: &mut dyn FnMut(&str)) {
    match frame.source {
        FrameSource::Message => {
            if let Ok(tape) = slow::parse(frame.bytes)
                && let Some(symbol) = slow::symbol_named(&tape)
            {
                tell(symbol);
            }
        }
        FrameSource::Http => {
            let path = frame.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
            if let Some(Ok(symbol)) = asked_symbol(path).map(std::str::from_utf8) {
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

    fn named(source: FrameSource, text: &str) -> Vec<String> {
        let mut bytes = text.as_bytes().to_vec();
        let frame =
            InboundFrame { source, connection: 0, status: 200, received_at: UnixNanos(1), bytes: &mut bytes };
        let mut symbols = Vec::new();
        each_symbol_named(frame, &mut |symbol| symbols.push(symbol.to_owned()));
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
