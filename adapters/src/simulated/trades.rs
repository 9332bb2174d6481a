//! The trades of each account, as `myTrades` tells them: what a client asks for that missed an event.

use std::collections::{BTreeMap, VecDeque};

use fulmar_bus::record::AccountId;
use serde_json::Value;

use super::limits::ACCOUNT_TRADES_MAX;
use super::queries::page;
use super::reports::{self, Fill};
use super::request::{ApiError, Params, param};
use super::signature::text;
use super::venue::Venue;

/// One trade, from the side of one account.
#[derive(Clone, Copy, Debug)]
pub struct AccountTrade {
    /// The account's order.
    pub order_number: u64,
    /// When it was, in milliseconds.
    pub at_ms: u64,
    /// True where the account bought.
    pub is_buyer: bool,
    /// What traded.
    pub fill: Fill,
}

/// The trades of one symbol's clients: all are counted, the latest are kept.
#[derive(Debug, Default)]
pub struct AccountTrades {
    by_account: BTreeMap<AccountId, Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    latest: VecDeque<AccountTrade>,
}

impl AccountTrades {
    /// Adds a trade, and forgets the account's oldest where too many are kept.
    pub fn add(&mut self, account: AccountId, trade: AccountTrade) {
        let kept = self.by_account.entry(account).or_default();
        kept.count += 1;
        if kept.latest.len() == ACCOUNT_TRADES_MAX {
            kept.latest.pop_front();
        }
        kept.latest.push_back(trade);
    }

    /// How many there were, of all accounts.
    pub fn count(&self) -> u64 {
        self.by_account.values().map(|kept| kept.count).sum()
    }

    /// How many there were of one account.
    pub fn count_of(&self, account: AccountId) -> u64 {
        self.by_account.get(&account).map_or(0, |kept| kept.count)
    }

    /// The latest of one account, oldest first.
    pub fn of(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &AccountTrade> {
        self.by_account.get(&account).into_iter().flat_map(|kept| &kept.latest)
    }
}

impl Venue {
    /// Answers `myTrades`: the latest that fit the request, or from an id on the first, in the order of time.
    pub(super) fn my_trades(&self, account: usize, params: &Params) -> Result<String, ApiError> {
        let market = &self.markets[self.market(param(params, "symbol"))?];
        let [order_number, from_id, limit, start_ms, end_ms] =
            ["orderId", "fromId", "limit", "startTime", "endTime"].map(|name| whole_number(params, name));
        let (order_number, from_id, start_ms, end_ms) = (order_number?, from_id?, start_ms?, end_ms?);
        let is_wanted = |trade: &&AccountTrade| {
            order_number.is_none_or(|number| number == trade.order_number)
                && from_id.is_none_or(|id| id <= trade.fill.trade.trade_id)
                && start_ms.is_none_or(|at_ms| at_ms <= trade.at_ms)
                && end_ms.is_none_or(|at_ms| trade.at_ms <= at_ms)
        };
        let wanted = market.trades().of(self.accounts[account].id).filter(is_wanted);
        let row = |trade: &AccountTrade| reports::trade(market.wire(), trade);
        Ok(page(wanted.map(row).collect(), from_id.is_some(), limit?))
    }
}

/// A parameter that is a whole number.
pub fn whole_number(params: &Params, name: &str) -> Result<Option<u64>, ApiError> {
    let number = |value: &Value| text(value).parse().map_err(|_| ApiError::missing(name));
    params.get(name).map(number).transpose()
}
