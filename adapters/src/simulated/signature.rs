//! Who a request is from: its key, its signature and its time, checked as the real venue checks them.

use aws_lc_rs::hmac;
use fulmar_bus::record::UnixNanos;
use serde_json::{Map, Value};

use super::config::Credentials;
use super::limits::{AHEAD_MS_MAX, RECEIVE_WINDOW_MS, RECEIVE_WINDOW_MS_MAX};
use super::request::ApiError;

/// The key that signed `params`. Where `credentials` is empty any key is believed, also none.
pub fn authenticate<'a>(
    params: &'a Map<String, Value>,
    credentials: &[Credentials],
    now: UnixNanos,
) -> Result<&'a str, ApiError> {
    let api_key = params.get("apiKey").and_then(Value::as_str);
    if credentials.is_empty() {
        return Ok(api_key.unwrap_or_default());
    }
    let api_key = api_key.ok_or_else(|| ApiError::missing("apiKey"))?;
    let signature = params.get("signature").and_then(Value::as_str);
    let signature = signature.ok_or_else(|| ApiError::missing("signature"))?;
    check_time(params, now)?;
    let known = credentials
        .iter()
        .find(|known| known.api_key == api_key)
        .ok_or_else(|| ApiError::new(401, -2015, "Invalid API-key, IP, or permissions for action."))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, known.secret.as_bytes());
    let is_valid =
        decode_hex(signature).is_some_and(|tag| hmac::verify(&key, payload(params).as_bytes(), &tag).is_ok());
    if is_valid {
        Ok(api_key)
    } else {
        Err(ApiError::new(400, -1022, "Signature for this request is not valid."))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "key";
    const SECRET: &str = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

    fn check(params: &str, now_ms: u64) -> Result<(), i32> {
        let credentials = [Credentials { api_key: KEY.to_owned(), secret: SECRET.to_owned() }];
        let params: Map<String, Value> = serde_json::from_str(params).expect("the test writes JSON");
        let now = UnixNanos::from_millis(now_ms);
        authenticate(&params, &credentials, now).map(|_| ()).map_err(|error| error.code)
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
    fn the_published_vector_signs_as_published() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
        let payload = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000\
                       &timestamp=1499827319559";
        let hex = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
        let tag = decode_hex(hex).expect("the vector is hexadecimal");
        assert!(hmac::verify(&key, payload.as_bytes(), &tag).is_ok());
    }
}
