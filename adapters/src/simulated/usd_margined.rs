//! What clients of futures can ask beyond what all clients can: other terms, leverage, positions, and that their orders
//! end where they fall silent.

use std::collections::BTreeMap;

use fulmar_bus::record::{Nanos, Price, Quantity, UnixNanos};
use fulmar_engine::simulation::matching::NewOrder;

use super::dialect::Refusal;
use super::limits::LEVERAGE_MAX;
use super::market::Market;
use super::reports;
use super::request::{ApiError, Params, check_filters, decimal, param};
use super::signature::text;
use super::venue::Venue;
use super::wire::number;

impl Venue {
    /// Answers a method that only futures have; nothing where there is no such method.
    pub(super) fn usd_margined(
        &mut self,
        account: usize,
        method: &str,
        params: &Params,
        now: UnixNanos,
    ) -> Option<Result<String, ApiError>> {
        Some(match method {
            "order.modify" => self.modify(account, params, now),
            "leverage" => self.lever(account, params),
            "countdownCancelAll" => self.count_down(account, params, now),
            "account.position" => self.positions(account, params, now),
            "account.balance" => Ok(format!("[{}]", self.futures_balances(account, now).join(","))),
            "account.status" => Ok(self.futures_account(account, now)),
            _ => return None,
        })
    }

    fn modify(&mut self, account: usize, params: &Params, now: UnixNanos) -> Result<String, ApiError> {
        let found = self.find_order(account, params)?;
        let (price, quantity) = (Price(decimal(params, "price")?), Quantity(decimal(params, "quantity")?));
        let unknown = || ApiError::new(400, -2013, "Order does not exist.");
        let (index, key) = found.ok_or_else(unknown)?;
        let (dialect, market) = (self.config.dialect, &mut self.markets[index]);
        let order = market.orders().get(key.number).filter(|order| order.status.is_open());
        let order = order.ok_or_else(unknown)?;
        if (order.price, order.quantity) == (price, quantity) {
            return Err(ApiError::new(400, -5027, "No need to modify the order."));
        }
        let (side, kind, self_trade) = (order.side, order.kind, order.self_trade);
        let wanted = NewOrder { side, kind, price, quantity, display_qty: Quantity(0), self_trade };
        // What more it needs than it has: less is always covered.
        let more = NewOrder { quantity: Quantity((quantity.0 - order.quantity.0).max(0)), ..wanted };
        let (account, reduces_only) = (order.account, order.reduces_only);
        check_filters(market, &wanted, reduces_only).map_err(|refusal| dialect.refused(refusal))?;
        let refusal = match reduces_only {
            true => (more.quantity.0 > market.reducible(account, side).max(0)).then_some(Refusal::ReduceOnly),
            false => (!market.affords(account, &more)).then_some(Refusal::no_money()),
        };
        if let Some(refusal) = refusal {
            return Err(dialect.refused(refusal));
        }
        let modified = market.modify(key, (price, quantity), now);
        let modified = modified.map_err(|rejection| dialect.refused(Refusal::Matching(rejection)))?;
        let order = modified.ok_or_else(unknown)?.clone();
        Ok(reports::status(market.wire(), &order))
    }

    fn lever(&mut self, account: usize, params: &Params) -> Result<String, ApiError> {
        let market = self.market(param(params, "symbol"))?;
        let leverage = params.get("leverage").and_then(|value| text(value).parse::<u32>().ok());
        let leverage = leverage.filter(|leverage| (1..=LEVERAGE_MAX).contains(leverage));
        let leverage = leverage.ok_or_else(|| ApiError::new(400, -4028, "Leverage is not valid"))?;
        let (account, market) = (self.accounts[account].id, &mut self.markets[market]);
        market.contracts_mut().into_iter().for_each(|contracts| contracts.lever(account, leverage));
        let symbol = market.symbol();
        Ok(format!(r#"{{"symbol":"{symbol}","leverage":{leverage},"maxNotionalValue":"1000000000"}}"#))
    }

    /// All orders of the account in a symbol end in so many milliseconds unless it asks again; zero asks for no end.
    fn count_down(&mut self, account: usize, params: &Params, now: UnixNanos) -> Result<String, ApiError> {
        let market = self.market(param(params, "symbol"))?;
        let millis = params.get("countdownTime").and_then(|value| text(value).parse::<u64>().ok());
        let millis = millis.ok_or_else(|| ApiError::missing("countdownTime"))?;
        let ends_at = (millis > 0).then(|| now + Nanos::from_millis(millis));
        let (account, market) = (self.accounts[account].id, &mut self.markets[market]);
        market.contracts_mut().into_iter().for_each(|contracts| contracts.count_down(account, ends_at));
        Ok(format!(r#"{{"symbol":"{}","countdownTime":"{millis}"}}"#, market.symbol()))
    }

    fn positions(&self, account: usize, params: &Params, now: UnixNanos) -> Result<String, ApiError> {
        let wanted = param(params, "symbol").map(|symbol| self.market(Some(symbol))).transpose()?;
        let markets = self.markets.iter().enumerate();
        let wanted = markets.filter(|(index, _)| wanted.is_none_or(|wanted| wanted == *index));
        let rows = wanted.map(|(_, market)| self.position_row(account, market, now));
        Ok(format!("[{}]", rows.collect::<Vec<_>>().join(",")))
    }

    fn position_row(&self, account: usize, market: &Market, now: UnixNanos) -> String {
        reports::position(market, self.accounts[account].id, now.0 / 1_000_000)
    }

    fn futures_balances(&self, account: usize, now: UnixNanos) -> Vec<String> {
        let mut sums: BTreeMap<&str, [i128; 3]> = BTreeMap::new();
        for market in &self.markets {
            let account = self.accounts[account].id;
            let held = market.holding(account);
            let sum = sums.entry(&market.wire().quote).or_default();
            let more = [held.wallet, held.unrealized(), market.available(account).max(0)];
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        sums.iter().map(|(asset, sums)| reports::balance(asset, *sums, now.0 / 1_000_000)).collect()
    }

    fn futures_account(&self, account: usize, now: UnixNanos) -> String {
        let positions: Vec<String> =
            self.markets.iter().map(|market| self.position_row(account, market, now)).collect();
        format!(
            concat!(
                r#"{{"feeTier":0,"canTrade":true,"canDeposit":true,"canWithdraw":true,"multiAssetsMargin":false,"#,
                r#""updateTime":0,"assets":[{}],"positions":[{}]}}"#
            ),
            self.futures_balances(account, now).join(","),
            positions.join(","),
        )
    }

    /// Answers `premiumIndex`: one symbol's, or a list of all.
    pub(super) fn premium_index(&self, symbol: Option<&str>, now: UnixNanos) -> Result<String, ApiError> {
        let row = |market: &Market| {
            let contracts = market.contracts().expect("futures are contracts");
            let (rate, next_at_ms) = contracts.funding();
            format!(
                concat!(
                    r#"{{"symbol":"{symbol}","markPrice":"{mark}","indexPrice":"{mark}","#,
                    r#""estimatedSettlePrice":"{mark}","lastFundingRate":"{rate}","interestRate":"0.00010000","#,
                    r#""nextFundingTime":{next},"time":{at}}}"#
                ),
                symbol = market.symbol(),
                mark = number(contracts.mark().0),
                rate = number(rate),
                next = next_at_ms,
                at = now.0 / 1_000_000,
            )
        };
        match symbol {
            Some(_) => Ok(row(&self.markets[self.market(symbol)?])),
            None => Ok(format!("[{}]", self.markets.iter().map(row).collect::<Vec<_>>().join(","))),
        }
    }
}
