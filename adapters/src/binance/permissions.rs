//! What a key may do, asked before anything is sent with it: whether it may trade, and whether it may withdraw, which a
//! key that trades has no business to. Pure.

use fulmar_bus::record::{RequestKind, UnixNanos};
use fulmar_engine::contract::{DecodeError, Seal};
use serde::Deserialize;

use super::config::Product;
use super::credentials::Credentials;
use super::limits::RECEIVE_WINDOW_MS;

/// What tells the venue's clock, by which the question is dated.
pub fn clock_target(product: Product) -> String {
    format!("{}/time", product.rest_path())
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions {
    /// It may send money away.
    pub may_withdraw: bool,
    /// It may trade what the product is.
    pub may_trade: bool,
    /// It is believed from stated addresses alone.
    pub is_bound_to_addresses: bool,
}

/// The path and query, signed, that ask what the key may do, as of this moment.
pub fn question(credentials: &mut Credentials, at: UnixNanos) -> String {
    let moment = at.0 / 1_000_000;
    let written = format!(
        "/sapi/v1/account/apiRestrictions?recvWindow={RECEIVE_WINDOW_MS}&timestamp={moment}&signature="
    );
    let mut sealed = Vec::with_capacity(256);
    credentials.seal(RequestKind::HttpGet, written.as_bytes(), &mut sealed);
    String::from_utf8(sealed).expect("a signature is text")
}

/// The venue's clock, as the answer to [`clock_target`] tells it.
///
/// # Errors
/// Where it is no such answer.
pub fn clock(body: &[u8]) -> Result<UnixNanos, DecodeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        server_time: u64,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|_| DecodeError::Malformed)?;
    Ok(UnixNanos::from_millis(answer.server_time))
}

/// What the answer says of a key that is to trade this product.
///
/// # Errors
/// Where it is no such answer.
pub fn answered(product: Product, body: &[u8]) -> Result<Permissions, DecodeError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        ip_restrict: bool,
        enable_withdrawals: bool,
        enable_spot_and_margin_trading: bool,
        enable_futures: bool,
    }
    let answer: Answer = serde_json::from_slice(body).map_err(|_| DecodeError::Malformed)?;
    Ok(Permissions {
        may_withdraw: answer.enable_withdrawals,
        may_trade: if product.is_futures() {
            answer.enable_futures
        } else {
            answer.enable_spot_and_margin_trading
        },
        is_bound_to_addresses: answer.ip_restrict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_may_do_is_read_for_the_product_that_it_is_to_trade() {
        let body = br#"{"ipRestrict":true,"createTime":1,"enableReading":true,"enableWithdrawals":false,
"enableSpotAndMarginTrading":true,"enableFutures":false}"#;
        let spot = answered(Product::Spot, body).expect("an answer");
        assert_eq!(spot, Permissions { may_withdraw: false, may_trade: true, is_bound_to_addresses: true });
        let futures = answered(Product::UsdMargined, body).expect("an answer");
        assert!(!futures.may_trade);
        assert_eq!(answered(Product::Spot, br#"{"enableWithdrawals":false}"#), Err(DecodeError::Malformed));
        assert_eq!(clock(br#"{"serverTime":7}"#), Ok(UnixNanos::from_millis(7)));
    }

    #[test]
    fn the_question_is_signed() {
        let mut credentials = Credentials::new("key", "secret").expect("words");
        let question = question(&mut credentials, UnixNanos::from_millis(9));
        let (head, signature) = question.split_once("&signature=").expect("a signature");
        assert_eq!(head, "/sapi/v1/account/apiRestrictions?recvWindow=5000&timestamp=9");
        assert_eq!(signature.len(), 64, "HMAC-SHA256 in hexadecimal");
    }
}
