//! Asks a running simulated venue what is really so: for the demo and for tests, which compare it with what the engine
//! believes. No real venue has this.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What an account really has, in one symbol, since it began to trade. Decimals without trailing zeros.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Truth {
    /// What was bought less what was sold, in base currency.
    pub position: String,
    /// What was received less what was paid, in quote currency.
    pub cash: String,
    /// The middle of best bid and ask.
    pub mark: String,
    /// Cash and position at the mark.
    pub pnl: String,
    /// Orders that arrived.
    pub orders_received: u64,
    /// Trades of the account.
    pub fills: u64,
    /// Orders that stand.
    pub open_orders: u64,
    /// The book state that the mark is of.
    pub update_id: u64,
}

/// Why the truth is not known.
#[derive(Debug, Error)]
pub enum TruthError {
    /// The venue does not answer.
    #[error("the simulated venue does not answer")]
    Unreachable(#[from] reqwest::Error),
    /// It answers something else.
    #[error("the simulated venue answers what is no truth")]
    Malformed(#[from] serde_json::Error),
}

/// Lets the order flow rest, flushes every stream, then says what is so of the account of this key.
///
/// # Errors
/// Where the venue does not answer, or not as it should.
pub async fn pause_and_ask(venue: SocketAddr, api_key: &str) -> Result<Truth, TruthError> {
    let client = client()?;
    client.post(format!("http://{venue}/simulated/pause")).send().await?.error_for_status()?;
    ask(venue, api_key).await
}

/// What is so of the account of this key.
///
/// # Errors
/// As [`pause_and_ask`].
pub async fn ask(venue: SocketAddr, api_key: &str) -> Result<Truth, TruthError> {
    let client = client()?;
    let answer = client.get(format!("http://{venue}/simulated/truth?account={api_key}")).send().await?;
    let bytes = answer.error_for_status()?.bytes().await?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// What never leaves this machine must work on one without certificates, and goes through no proxy.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().tls_certs_only([]).no_proxy().timeout(TIMEOUT).build()
}
