//! One question over HTTP, asked before there is a link: whom it trusts is whom links trust, and it is asked once.

use reqwest::Method;
use tokio::time::timeout;

use super::address::{Address, AddressError, Protocol};
use super::limits::RestLimits;
use super::rest::{self, Get};

/// Why there is no answer. None of these shows what was asked, which may be signed.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Where it was to be asked is no address that may be.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The venue could not be reached, or gave no whole answer in time.
    #[error("{0}")]
    NoAnswer(String),
}

/// Gets `target`, a path and query, from `rest_url`, with this header: the status and the body.
///
/// # Errors
/// Where there is no whole answer.
pub async fn ask_once(
    rest_url: &str,
    target: &str,
    header: Option<(&'static str, &str)>,
) -> Result<(u16, Vec<u8>), AskError> {
    let limits = RestLimits::default();
    let address = Address::parse(rest_url, Protocol::Http)?;
    let client = rest::client(&limits, header).map_err(|error| AskError::NoAnswer(rest::cause_of(&error)))?;
    let get = Get { connection: 0, method: Method::GET, written: String::new(), target: target.to_owned() };
    let url = format!("{}{target}", address.url().trim_end_matches('/'));
    let answer = timeout(limits.timeout, rest::ask(&client, &url, &get, &limits)).await;
    let answer = answer.map_err(|_| AskError::NoAnswer("it did not answer in time".to_owned()))?;
    let answer = answer.map_err(|error| AskError::NoAnswer(error.to_string()))?;
    // What was written, which is nothing here, and a line end stand before the body.
    Ok((answer.status, answer.frame[1..].to_vec()))
}
