//! Asks a running simulated venue what is really so: for the demo and for tests, which compare it with what the engine
//! believes. No real venue has this.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What an account really has, in one symbol, since it began to trade. Decimals without trailing zeros.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// The symbol.
    pub symbol: String,
    /// When this was so, in milliseconds.
    pub at_ms: u64,
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
    /// Orders that arrived with a client order id that an earlier one had.
    pub duplicates: u64,
    /// Trades of the account.
    pub fills: u64,
    /// Orders that stand.
    pub open_orders: u64,
    /// The most that stood at one moment, as what was held and what open orders could add to it: long, then short.
    pub exposure_max: [String; 2],
    /// What the account owns of each asset, free and locked together; of futures, its wallet.
    pub balances: BTreeMap<String, String>,
    /// What went wrong so far, of all accounts, by the name of the fault.
    pub faults: BTreeMap<String, u64>,
    /// The book state that the mark is of.
    pub update_id: u64,
}

/// An order that was received, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTruth {
    /// What its owner called it when it came.
    pub client_order_id: String,
    /// The symbol, as it was sent.
    pub symbol: String,
    /// `BUY` or `SELL`, as it was sent.
    pub side: String,
    /// Price as of now, or as it was sent where it was refused.
    pub price: String,
    /// Quantity as of now, or as it was sent where it was refused.
    pub quantity: String,
    /// How much of it traded.
    pub executed: String,
    /// Where it stands in the protocol's words; `REJECTED` where it was refused, `FORGOTTEN` where it ended long ago.
    pub status: String,
    /// Why it was refused; zero where it was not.
    pub code: i32,
}

/// A trade of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeTruth {
    /// The symbol.
    pub symbol: String,
    /// The venue's number of the trade.
    pub trade_id: u64,
    /// The client order id of the account's order, as of now.
    pub client_order_id: String,
    /// True where the account bought.
    pub is_buyer: bool,
    /// Price.
    pub price: String,
    /// How much.
    pub quantity: String,
    /// Fee.
    pub fee: String,
    /// What the fee was paid in.
    pub fee_asset: String,
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

/// What is so of the account of this key, in the first symbol.
///
/// # Errors
/// As [`pause_and_ask`].
pub async fn ask(venue: SocketAddr, api_key: &str) -> Result<Truth, TruthError> {
    get(venue, "truth", api_key).await
}

/// Every order that the account of this key ever sent, in the order of their coming.
///
/// # Errors
/// As [`pause_and_ask`].
pub async fn orders(venue: SocketAddr, api_key: &str) -> Result<Vec<OrderTruth>, TruthError> {
    get(venue, "orders", api_key).await
}

/// Every trade of the account of this key, symbol by symbol.
///
/// # Errors
/// As [`pause_and_ask`].
pub async fn trades(venue: SocketAddr, api_key: &str) -> Result<Vec<TradeTruth>, TruthError> {
    get(venue, "trades", api_key).await
}

async fn get<T: DeserializeOwned>(venue: SocketAddr, what: &str, api_key: &str) -> Result<T, TruthError> {
    let url = format!("http://{venue}/simulated/{what}?account={api_key}");
    let bytes = client()?.get(url).send().await?.error_for_status()?.bytes().await?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// What never leaves this machine must work on one without certificates, and goes through no proxy.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder().tls_certs_only([]).no_proxy().timeout(TIMEOUT).build()
}
