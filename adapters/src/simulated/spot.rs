//! What clients of spot can ask beyond what all clients can: balances, less of an order, and a cancel and a new order
//! in one request, of which each can fail alone.

use std::collections::BTreeMap;

use fulmar_bus::record::{Quantity, UnixNanos};
use fulmar_engine::market::decimal::format_fixed;

use super::config::SCALE;
use super::market::Held;
use super::orders::Status;
use super::reports;
use super::request::{ApiError, Params, client_id, decimal, param};
use super::venue::Venue;
use super::wire::money;

/// What stands in the parameters of the cancel, and what `order.cancel` calls it.
const RENAMED: [(&str, &str); 3] = [
    ("cancelOrderId", "orderId"),
    ("cancelOrigClientOrderId", "origClientOrderId"),
    ("cancelNewClientOrderId", "newClientOrderId"),
];

impl Venue {
    /// Answers a method that only spot has; nothing where there is no such method.
    pub(super) fn spot(
        &mut self,
        account: usize,
        method: &str,
        params: &Params,
        now: UnixNanos,
    ) -> Option<Result<String, ApiError>> {
        Some(match method {
            "order.cancelReplace" => self.cancel_replace(account, params, now),
            "order.amend.keepPriority" => self.amend(account, params, now),
            "account.status" => Ok(self.account_status(account, now)),
            _ => return None,
        })
    }

    /// Lowers the quantity of an order, which has a new id from then on.
    fn amend(&mut self, account: usize, params: &Params, now: UnixNanos) -> Result<String, ApiError> {
        let key = self.find_order(account, params)?;
        let quantity = Quantity(decimal(params, "newQty")?);
        let generated = self.generated_id();
        let new_id = client_id(params, "newClientOrderId", generated)?;
        let (market, key) = key.ok_or_else(|| ApiError::new(400, -2013, "Order does not exist."))?;
        let market = &mut self.markets[market];
        let original_id = market.orders().get(key.number).map(|order| order.client_order_id.clone());
        if market.is_halted() {
            return Err(ApiError::new(400, -1013, "Market is closed."));
        }
        if quantity.0 % market.config().step.0 != 0 {
            return Err(ApiError::new(400, -1013, "Filter failure: LOT_SIZE"));
        }
        let refused = || ApiError::new(400, -2038, "The requested action would change no state; rejecting.");
        let amended = market.reduce(key, quantity, new_id, now).ok_or_else(refused)?.clone();
        Ok(reports::amended(market.wire(), &amended, &original_id.unwrap_or_default()))
    }

    fn account_status(&self, account: usize, now: UnixNanos) -> String {
        let id = self.accounts[account].id;
        let mut sums: BTreeMap<&str, Held> = BTreeMap::new();
        for market in &self.markets {
            let assets = [&market.config().base, &market.config().quote];
            for (asset, held) in assets.into_iter().zip(market.held_here(id)) {
                let sum = sums.entry(asset).or_default();
                *sum = sum.plus(held);
            }
        }
        let row = |(asset, held): (&&str, &Held)| {
            format!(
                r#"{{"asset":"{asset}","free":"{}","locked":"{}"}}"#,
                money(held.free),
                money(held.locked)
            )
        };
        let balances: Vec<String> = sums.iter().map(row).collect();
        let fee_bps = self.config.fee_bps;
        let rate = format_fixed(i128::from(fee_bps), 4, SCALE);
        format!(
            concat!(
                r#"{{"makerCommission":{fee},"takerCommission":{fee},"buyerCommission":0,"sellerCommission":0,"#,
                r#""canTrade":true,"canWithdraw":true,"canDeposit":true,"commissionRates":{{"maker":"{rate}","#,
                r#""taker":"{rate}","buyer":"0.00000000","seller":"0.00000000"}},"brokered":false,"#,
                r#""requireSelfTradePrevention":false,"preventSor":false,"updateTime":{now},"accountType":"SPOT","#,
                r#""balances":[{balances}],"permissions":["SPOT"],"uid":{uid}}}"#
            ),
            fee = fee_bps,
            rate = rate,
            now = now.0 / 1_000_000,
            balances = balances.join(","),
            uid = id.0,
        )
    }

    /// True where an order stands and may not be canceled, by what is said of how much of it may have traded.
    fn is_restricted(
        &self,
        account: usize,
        params: &Params,
        restriction: Option<&str>,
    ) -> Result<bool, ApiError> {
        let allowed = match restriction {
            None => return Ok(false),
            Some("ONLY_NEW") => Status::New,
            Some("ONLY_PARTIALLY_FILLED") => Status::PartiallyFilled,
            Some(_) => return Err(ApiError::new(400, -1145, "Invalid cancelRestrictions.")),
        };
        let found = self.find_order(account, params)?;
        let order = found.and_then(|(market, key)| self.markets[market].orders().get(key.number));
        Ok(order.is_some_and(|order| order.status.is_open() && order.status != allowed))
    }

    /// Cancels an order and places another one; where the cancel fails, only if the mode is `ALLOW_FAILURE`.
    fn cancel_replace(
        &mut self,
        account: usize,
        params: &Params,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        let goes_on = match param(params, "cancelReplaceMode") {
            Some("STOP_ON_FAILURE") => false,
            Some("ALLOW_FAILURE") => true,
            _ => return Err(ApiError::missing("cancelReplaceMode")),
        };
        let mut cancel = Params::new();
        cancel.extend(params.get("symbol").map(|symbol| ("symbol".to_owned(), symbol.clone())));
        for (name, inner) in RENAMED {
            cancel.extend(params.get(name).map(|value| (inner.to_owned(), value.clone())));
        }
        let canceled = match self.is_restricted(account, &cancel, param(params, "cancelRestrictions"))? {
            true => Err(ApiError::new(400, -2011, "Order was not canceled due to cancel restrictions.")),
            false => self.cancel(account, &cancel, now),
        };
        let placed = (canceled.is_ok() || goes_on).then(|| self.place(account, params, now));

        let is_done = (canceled.is_ok(), placed.as_ref().is_some_and(Result::is_ok));
        let response = |result: Result<String, ApiError>| result.unwrap_or_else(|error| error.body());
        let result = |is_ok| if is_ok { "SUCCESS" } else { "FAILURE" };
        let data = format!(
            r#"{{"cancelResult":"{}","newOrderResult":"{}","cancelResponse":{},"newOrderResponse":{}}}"#,
            result(is_done.0),
            placed.as_ref().map_or("NOT_ATTEMPTED", |placed| result(placed.is_ok())),
            response(canceled),
            placed.map_or("null".to_owned(), response),
        );
        let failed = |status, code, words: &'static str| {
            Err(ApiError { data: Some(data.clone()), ..ApiError::new(status, code, words) })
        };
        match is_done {
            (true, true) => Ok(data),
            (false, false) => failed(400, -2022, "Order cancel-replace failed."),
            _ => failed(409, -2021, "Order cancel-replace partially failed."),
        }
    }
}
