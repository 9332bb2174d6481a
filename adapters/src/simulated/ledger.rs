//! What the venue remembers of each account for those who compare: every order that came, the most that ever stood, and
//! the truth made of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fulmar_bus::record::{AccountId, Side, UnixNanos};
use fulmar_engine::market::decimal::format_scaled;
use serde_json::json;

use super::config::SCALE;
use super::limits::RECEIPTS_MAX;
use super::market::Market;
use super::request::{ApiError, Params};
use super::signature::text;
use super::truth::{OrderTruth, TradeTruth, Truth};
use super::venue::Venue;

/// An order as it came, and what was made of it: its market and number, or the code of its refusal.
#[derive(Clone, Debug)]
pub struct Receipt {
    account: AccountId,
    told: OrderTruth,
    outcome: Result<(usize, u64), i32>,
}

/// The orders that came, the latest of them.
#[derive(Debug, Default)]
pub struct Receipts {
    latest: VecDeque<Receipt>,
    ids: BTreeSet<(AccountId, String)>,
    duplicates: BTreeMap<AccountId, u64>,
}

impl Receipts {
    fn add(&mut self, receipt: Receipt) {
        let id = receipt.told.client_order_id.clone();
        if !id.is_empty() && !self.ids.insert((receipt.account, id)) {
            *self.duplicates.entry(receipt.account).or_default() += 1;
        }
        if self.latest.len() == RECEIPTS_MAX
            && let Some(oldest) = self.latest.pop_front()
        {
            self.ids.remove(&(oldest.account, oldest.told.client_order_id));
        }
        self.latest.push_back(receipt);
    }
}

impl Venue {
    /// Notes an order that came.
    pub(super) fn note_order(
        &mut self,
        account: usize,
        params: &Params,
        outcome: &Result<(usize, u64), ApiError>,
    ) {
        let sent = |name: &str| params.get(name).map_or(String::new(), text);
        let told = OrderTruth {
            client_order_id: sent("newClientOrderId"),
            symbol: sent("symbol"),
            side: sent("side"),
            price: sent("price"),
            quantity: sent("quantity"),
            executed: "0".to_owned(),
            status: "REJECTED".to_owned(),
            code: 0,
        };
        let account = self.accounts[account].id;
        let outcome = outcome.as_ref().map_err(|error| error.code).copied();
        self.receipts.add(Receipt { account, told, outcome });
    }

    /// What only a simulated venue answers: the truth, and what holds the market still.
    pub(super) fn simulated(
        &mut self,
        route: &str,
        query: &BTreeMap<String, String>,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        let symbol = query.get("symbol").map(String::as_str);
        let account = || {
            let key = query.get("account");
            let found = self.accounts.iter().position(|account| Some(&account.api_key) == key);
            found.ok_or_else(|| ApiError::new(404, -2015, "No such account."))
        };
        match route {
            "GET truth" => {
                let market = symbol.map_or(Ok(0), |symbol| self.market(Some(symbol)))?;
                Ok(json!(self.truth(account()?, &self.markets[market], now)).to_string())
            }
            "GET orders" => Ok(json!(self.orders_of(account()?)).to_string()),
            "GET trades" => Ok(json!(self.trades_of(account()?)).to_string()),
            "POST pause" => Ok(self.pause(now)),
            "POST resume" => Ok(self.resume(now)),
            "POST halt" => self.halt(symbol, true, now),
            "POST open" => self.halt(symbol, false, now),
            _ => Err(ApiError::new(404, -1000, "Not found.")),
        }
    }

    /// What an account has really got in a market.
    pub(super) fn truth(&self, account: usize, market: &Market, now: UnixNanos) -> Truth {
        let account = &self.accounts[account];
        let (matching, ledger) = (market.matching(), market.matching().ledger());
        let change = ledger.change(account.id);
        let best = |side| matching.best(side).map_or(0, |level| i128::from(level.price.0));
        // Half the sum of both prices, exactly: five times the sum, at one digit more.
        let mark = (best(Side::Buy) + best(Side::Sell)) * 5;
        let pnl = change.quote * 10 + change.base * mark;
        let total = ledger.total(account.id);
        let config = market.config();
        let text = |value, scale| format_scaled(value, scale).to_string();
        let balances = match market.contracts() {
            Some(_) => {
                let wallet = market.holding(account.id).wallet;
                BTreeMap::from([(config.quote.clone(), text(wallet, 2 * SCALE))])
            }
            None => BTreeMap::from([
                (config.base.clone(), text(total.base, SCALE)),
                (config.quote.clone(), text(total.quote, 2 * SCALE)),
            ]),
        };
        Truth {
            symbol: market.symbol().to_owned(),
            at_ms: now.0 / 1_000_000,
            position: text(change.base, SCALE),
            cash: text(change.quote, 2 * SCALE),
            mark: text(mark, SCALE + 1),
            pnl: text(pnl, 2 * SCALE + 1),
            orders_received: account.orders_received,
            duplicates: self.receipts.duplicates.get(&account.id).copied().unwrap_or(0),
            fills: market.trades().count_of(account.id),
            open_orders: market.orders().open(account.id).count() as u64,
            exposure_max: market.exposure_max(account.id).map(|quantity| text(quantity, SCALE)),
            balances,
            faults: self.faults.counts().map(|(name, count)| (name.to_owned(), count)).collect(),
            update_id: matching.update_id(),
        }
    }

    /// Every order that an account sent.
    pub(super) fn orders_of(&self, account: usize) -> Vec<OrderTruth> {
        let account = self.accounts[account].id;
        let of_account = self.receipts.latest.iter().filter(|receipt| receipt.account == account);
        of_account.map(|receipt| self.told(receipt)).collect()
    }

    fn told(&self, receipt: &Receipt) -> OrderTruth {
        let told = receipt.told.clone();
        let (market, number) = match receipt.outcome {
            Err(code) => return OrderTruth { code, ..told },
            Ok(outcome) => outcome,
        };
        let Some(order) = self.markets[market].orders().get(number) else {
            return OrderTruth { status: "FORGOTTEN".to_owned(), ..told };
        };
        let text = |value: i64| format_scaled(i128::from(value), SCALE).to_string();
        OrderTruth {
            price: text(order.price.0),
            quantity: text(order.quantity.0),
            executed: text(order.executed),
            status: order.status.text().to_owned(),
            ..told
        }
    }

    /// Every trade of an account, market by market.
    pub(super) fn trades_of(&self, account: usize) -> Vec<TradeTruth> {
        let account = self.accounts[account].id;
        let trades = self.markets.iter().flat_map(|market| {
            market.trades().of(account).map(move |trade| {
                let text = |value, scale| format_scaled(value, scale).to_string();
                let order = market.orders().get(trade.order_number);
                let (fee, fee_scale) = trade.fill.fee_value();
                TradeTruth {
                    symbol: market.symbol().to_owned(),
                    trade_id: trade.fill.trade.trade_id,
                    client_order_id: order.map_or(String::new(), |order| order.client_order_id.clone()),
                    is_buyer: trade.is_buyer,
                    price: text(i128::from(trade.fill.trade.price.0), SCALE),
                    quantity: text(i128::from(trade.fill.trade.quantity.0), SCALE),
                    fee: text(fee, fee_scale),
                    fee_asset: trade.fill.fee_asset(market.wire()).to_owned(),
                }
            })
        });
        trades.collect()
    }

    /// Lets the order flow rest.
    pub(super) fn pause(&mut self, now: UnixNanos) -> String {
        for market in &mut self.markets {
            market.pause(now);
        }
        self.dispatch(now);
        self.update_ids(true)
    }

    fn resume(&mut self, now: UnixNanos) -> String {
        for market in &mut self.markets {
            market.resume(now);
        }
        self.update_ids(false)
    }

    /// Stops trading in a symbol, or lets it go on.
    pub(super) fn halt(
        &mut self,
        symbol: Option<&str>,
        is_halted: bool,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        let market = self.market(symbol)?;
        self.markets[market].halt(is_halted, now);
        Ok(format!(r#"{{"halted":{is_halted}}}"#))
    }

    fn update_ids(&self, is_paused: bool) -> String {
        let ids = self
            .markets
            .iter()
            .map(|market| format!(r#""{}":{}"#, market.symbol(), market.matching().update_id()));
        let ids: Vec<String> = ids.collect();
        let first = self.markets[0].matching().update_id();
        format!(r#"{{"paused":{is_paused},"update_id":{first},"update_ids":{{{}}}}}"#, ids.join(","))
    }
}
