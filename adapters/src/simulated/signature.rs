//! Who a request is from: its key, its signature and its time, checked as the real venue checks them.

use aws_lc_rs::{hmac, signature};
use fulmar_bus::record::UnixNanos;
use serde_json::{Map, Value};

use super::config::SimulatedVenueConfig;
use super::limits::{AHEAD_MS_MAX, RECEIVE_WINDOW_MS, RECEIVE_WINDOW_MS_MAX};
use super::request::{ApiError, ApiRequest, param};

/// The key that `request` is believed to be of. Where the venue knows no keys, any is believed, also none; where the
/// connection is logged on, a request needs no signature.
pub fn authenticate<'a>(
    request: &'a ApiRequest,
    config: &SimulatedVenueConfig,
    now: UnixNanos,
) -> Result<&'a str, ApiError> {
    let params = &request.params;
    let api_key = param(params, "apiKey");
    if !config.has_keys() {
        if params.contains_key("timestamp") {
            check_time(params, now)?;
        }
        return Ok(api_key.unwrap_or_default());
    }
    let api_key = api_key.ok_or_else(|| ApiError::missing("apiKey"))?;
    let signature = param(params, "signature");
    if signature.is_none() && request.is_logged_on {
        check_time(params, now)?;
        return Ok(api_key);
    }
    let signature = signature.ok_or_else(|| ApiError::missing("signature"))?;
    check_time(params, now)?;
    let payload = request.signed.clone().unwrap_or_else(|| payload(params));
    if is_signed(config, api_key, payload.as_bytes(), signature).ok_or_else(ApiError::unknown_key)? {
        Ok(api_key)
    } else {
        Err(ApiError::new(400, -1022, "Signature for this request is not valid."))
    }
}

/// Whether this key's owner signed the payload; nothing where nobody owns it.
fn is_signed(config: &SimulatedVenueConfig, api_key: &str, payload: &[u8], signature: &str) -> Option<bool> {
    if let Some(known) = config.credentials.iter().find(|known| known.api_key == api_key) {
        let key = hmac::Key::new(hmac::HMAC_SHA256, known.secret.as_bytes());
        return Some(decode_hex(signature).is_some_and(|tag| hmac::verify(&key, payload, &tag).is_ok()));
    }
    let known = config.public_keys.iter().find(|known| known.api_key == api_key)?;
    let key = signature::UnparsedPublicKey::new(&signature::ED25519, known.bytes);
    Some(decode_base64(signature).is_some_and(|signed| key.verify(payload, &signed).is_ok()))
}

/// What is signed: every parameter but the signature, sorted by name, joined as in a query.
fn payload(params: &Map<String, Value>) -> String {
    let mut pairs: Vec<(&String, &Value)> = params.iter().filter(|(name, _)| *name != "signature").collect();
    pairs.sort_by_key(|(name, _)| *name);
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
    pairs.join("&")
}

/// A parameter as text: a string as it is, anything else as JSON writes it.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn check_time(params: &Map<String, Value>, now: UnixNanos) -> Result<(), ApiError> {
    let sent = params.get("timestamp").and_then(|value| text(value).parse::<u64>().ok());
    let sent = sent.ok_or_else(|| ApiError::missing("timestamp"))?;
    // Sixteen digits are microseconds, thirteen milliseconds; both are in use until the year 5138.
    let sent_ms = if sent >= 100_000_000_000_000 { sent / 1_000 } else { sent };
    let window = params.get("recvWindow").and_then(|value| text(value).parse::<f64>().ok());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, then is bounded")]
    let window_ms = window.map_or(RECEIVE_WINDOW_MS, |millis| millis as u64);
    if window_ms > RECEIVE_WINDOW_MS_MAX {
        return Err(ApiError::new(400, -1131, "recvWindow must be less than 60000."));
    }
    let now_ms = now.0 / 1_000_000;
    if sent_ms >= now_ms + AHEAD_MS_MAX {
        let message = "Timestamp for this request was 1000ms ahead of the server's time.";
        return Err(ApiError::new(400, -1021, message));
    }
    if now_ms.saturating_sub(sent_ms) > window_ms {
        let message = "Timestamp for this request is outside of the recvWindow.";
        return Err(ApiError::new(400, -1021, message));
    }
    Ok(())
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect();
    let digits = digits?;
    (digits.len() % 2 == 0).then(|| digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// Base64 with the usual alphabet and its padding.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let signs = text.trim_end_matches('=');
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for sign in signs.bytes() {
        let place = ALPHABET.iter().position(|known| *known == sign)?;
        bits = bits << 6 | u32::try_from(place).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    (text.len().is_multiple_of(4) && text.len() - signs.len() <= 2).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::config::Credentials;
    use super::*;

    const KEY: &str = "key";
    const SECRET: &str = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

    fn check(params: &str, now_ms: u64) -> Result<(), i32> {
        let now = UnixNanos::from_millis(now_ms);
        let mut config = SimulatedVenueConfig::new(now);
        config.credentials = vec![Credentials { api_key: KEY.to_owned(), secret: SECRET.to_owned() }];
        let params: Map<String, Value> = serde_json::from_str(params).expect("the test writes JSON");
        let request = ApiRequest { params, ..ApiRequest::default() };
        authenticate(&request, &config, now).map(|_| ()).map_err(|error| error.code)
    }

    #[test]
    fn a_request_is_believed_if_its_signature_covers_every_parameter_in_order() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let tag = hmac::sign(&key, b"apiKey=key&price=0.1&symbol=LTCBTC&timestamp=1499827319559");
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        let request = |price: &str| {
            format!(
                r#"{{"symbol":"LTCBTC","timestamp":1499827319559,"price":"{price}","apiKey":"key","signature":"{hex}"}}"#
            )
        };
        assert_eq!(check(&request("0.1"), 1499827319559), Ok(()));
        assert_eq!(check(&request("0.2"), 1499827319559), Err(-1022));
        assert_eq!(check(&request("0.1"), 1499827319559 + 5_001), Err(-1021), "too old");
        assert_eq!(check(&request("0.1"), 1499827319559 - 1_000), Err(-1021), "from the future");
    }

    #[test]
    fn base64_is_read_as_it_is_written_everywhere_and_nothing_else_is() {
        for (text, bytes) in
            [("", &b""[..]), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9v", b"foo"), ("+/8=", b"\xFB\xFF")]
        {
            assert_eq!(decode_base64(text).as_deref(), Some(bytes), "{text}");
        }
        for wrong in ["Zg", "Zg=", "Z===", "Z-==", "Zm9v=", "ä"] {
            assert_eq!(decode_base64(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_published_vector_signs_as_published() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let payload = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000\
                       &timestamp=1499827319559";
        let hex = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
        let tag = decode_hex(hex).expect("the vector is hexadecimal");
        assert!(hmac::verify(&key, payload.as_bytes(), &tag).is_ok());
    }
}
