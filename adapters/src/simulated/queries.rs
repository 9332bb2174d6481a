//! What clients ask about their orders and their key.

use super::dialect::Dialect;
use super::limits::{ROWS_ANSWER, ROWS_ANSWER_MAX};
use super::orders::ClientOrder;
use super::reports;
use super::request::{ApiError, Params, param};
use super::signature::text;
use super::trades::whole_number;
use super::venue::Venue;
use fulmar_engine::simulation::matching::OrderKey;

impl Venue {
    pub(super) fn order_status(&self, account: usize, params: &Params) -> Result<String, ApiError> {
        let found = self.find_order(account, params)?;
        let found = found.and_then(|(market, key)| {
            let market = &self.markets[market];
            Some(reports::status(market.wire(), market.orders().get(key.number)?))
        });
        found.ok_or_else(|| ApiError::new(400, -2013, "Order does not exist."))
    }

    pub(super) fn open_orders(&self, account: usize, params: &Params) -> Result<String, ApiError> {
        let wanted = match param(params, "symbol") {
            None => None,
            symbol => Some(self.market(symbol)?),
        };
        let account = self.accounts[account].id;
        let markets =
            self.markets.iter().enumerate().filter(|(index, _)| wanted.is_none_or(|wanted| wanted == *index));
        let rows = markets.flat_map(|(_, market)| {
            market.orders().open(account).map(|order| reports::status(market.wire(), order))
        });
        Ok(format!("[{}]", rows.collect::<Vec<_>>().join(",")))
    }

    /// Answers `allOrders`: the latest of a symbol that fit the request, or from an id on the first, in the order of
    /// their coming.
    pub(super) fn all_orders(&self, account: usize, params: &Params) -> Result<String, ApiError> {
        let market = &self.markets[self.market(param(params, "symbol"))?];
        let [from, limit, start_ms, end_ms] =
            ["orderId", "limit", "startTime", "endTime"].map(|name| whole_number(params, name));
        let (from, start_ms, end_ms) = (from?, start_ms?, end_ms?);
        let is_wanted = |order: &&ClientOrder| {
            from.is_none_or(|number| number <= order.key.number)
                && start_ms.is_none_or(|at_ms| at_ms <= order.created_at_ms)
                && end_ms.is_none_or(|at_ms| order.created_at_ms <= at_ms)
        };
        let orders = market.orders().of(self.accounts[account].id).filter(is_wanted);
        let rows = orders.map(|order| reports::status(market.wire(), order)).collect();
        Ok(page(rows, from.is_some(), limit?))
    }

    /// The order that a request names: its market, and its key where the account has such an order.
    pub(super) fn find_order(
        &self,
        account: usize,
        params: &Params,
    ) -> Result<Option<(usize, OrderKey)>, ApiError> {
        let market = self.market(param(params, "symbol"))?;
        let number = params.get("orderId").and_then(|value| text(value).parse().ok());
        let client_id = param(params, "origClientOrderId");
        if number.is_none() && client_id.is_none() {
            return Err(ApiError::new(
                400,
                -1102,
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            ));
        }
        let found = self.markets[market].orders().find(self.accounts[account].id, number, client_id);
        Ok(found.map(|order| (market, order.key)))
    }

    /// What the key may do: trade here, and withdraw where the configuration says so.
    pub(super) fn restrictions(&self) -> String {
        let is_spot = self.config.dialect == Dialect::Spot;
        format!(
            concat!(
                r#"{{"ipRestrict":false,"createTime":{created},"enableReading":true,"enableWithdrawals":{withdraws},"#,
                r#""enableInternalTransfer":false,"enableMargin":false,"enableFutures":{futures},"#,
                r#""permitsUniversalTransfer":false,"enableVanillaOptions":false,"#,
                r#""enableSpotAndMarginTrading":{spot}}}"#
            ),
            created = self.config.started_at.0 / 1_000_000,
            withdraws = self.config.may_withdraw,
            futures = !is_spot,
            spot = is_spot,
        )
    }
}

/// The first of the rows, or the latest, as many as are wanted, as a list.
pub fn page(mut rows: Vec<String>, from_first: bool, limit: Option<u64>) -> String {
    let limit = limit.map_or(ROWS_ANSWER, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let limit = limit.min(ROWS_ANSWER_MAX);
    if from_first {
        rows.truncate(limit);
    } else {
        rows.drain(..rows.len().saturating_sub(limit));
    }
    format!("[{}]", rows.join(","))
}
