//! What each fault does to the request that it was drawn for.

use fulmar_bus::record::{AccountId, UnixNanos};
use fulmar_engine::simulation::matching::{Expiry, OrderKey, OrderKind, Rejection};
use serde_json::Value;

use super::dialect::{Dialect, Refusal};
use super::faults::{Fault, Occasion};
use super::orders::Status;
use super::request::{ApiError, ApiRequest, Params, param, parse_order};
use super::telling::Later;
use super::venue::Venue;

/// The method that cancels all orders of a symbol.
const ALL_CANCELED: &str = "openOrders.cancelAll";

/// A request of a connection and the id that its answer carries.
#[derive(Debug)]
pub struct Asked {
    /// Where it came.
    pub connection: u64,
    /// What its answer is to name.
    pub id: Value,
    /// What it wants.
    pub request: ApiRequest,
}

/// What a method changes, where it changes orders.
pub fn occasion(method: &str) -> Option<Occasion> {
    match method {
        "order.place" => Some(Occasion::Place),
        "order.cancel" | ALL_CANCELED => Some(Occasion::Cancel),
        "order.cancelReplace" | "order.amend.keepPriority" | "order.modify" => Some(Occasion::Change),
        _ => None,
    }
}

impl Venue {
    /// Lets a fault happen to a request of a connection.
    pub(super) fn go_wrong(&mut self, fault: Fault, asked: &Asked, now: UnixNanos) {
        let Asked { connection, id, request } = asked;
        if !self.prepare(fault, request, now) {
            return self.obey(asked, now);
        }
        let result = self.suffer(fault, request, now);
        let is_taken = result.is_ok();
        let frame = self.written(id, request, result, now);
        match fault {
            Fault::RequestLost | Fault::AnswerLost => {}
            Fault::CutBeforeExecution | Fault::CutBeforeAnswer => self.connections.cut(*connection),
            Fault::AnswerLate => {
                let late_at = now + self.faults.plan().late;
                self.after(late_at, Later::Frame(*connection, frame));
            }
            Fault::FillBeforeAck | Fault::EventsReordered | Fault::EventBeforeAnswer => {
                self.dispatch(now);
                self.connections.send(*connection, frame);
            }
            _ => self.connections.send(*connection, frame),
        }
        self.dispatch(now);
        if self.follow(fault, request, is_taken, now) {
            self.faults.count(fault);
        }
        if fault == Fault::CutAfterAnswer {
            self.connections.cut(*connection);
        }
    }

    /// Lets a fault happen to a request that came by HTTP: what a socket would have lost is a gateway's timeout.
    pub(super) fn go_wrong_http(
        &mut self,
        fault: Fault,
        request: &ApiRequest,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        let happens = self.prepare(fault, request, now);
        let result = if happens { self.suffer(fault, request, now) } else { self.api_result(request, now) };
        self.dispatch(now);
        if happens && self.follow(fault, request, result.is_ok(), now) {
            self.faults.count(fault);
        }
        match fault {
            Fault::RequestLost | Fault::CutBeforeExecution | Fault::AnswerLost | Fault::CutBeforeAnswer => {
                Err(ApiError::new(504, -1007, "Timeout waiting for response from backend server."))
            }
            _ => result,
        }
    }

    /// Does what comes before the request; false where the fault cannot happen to it.
    fn prepare(&mut self, fault: Fault, request: &ApiRequest, now: UnixNanos) -> bool {
        let plan = self.faults.plan();
        let (late_at, open_at) = (now + plan.late, now + plan.outage);
        match fault {
            Fault::FilledBeforeCancel => {
                let is_filled = self.trade_first(request, |leaves, _| leaves, now);
                self.dispatch(now);
                is_filled
            }
            Fault::FilledInPart => {
                let is_filled = self.trade_first(request, |leaves, step| leaves / 2 / step * step, now);
                self.keep_back(late_at);
                is_filled
            }
            Fault::PostOnlyRefused => {
                let order = parse_order(self.config.dialect, &request.params);
                order.is_ok_and(|order| order.kind == OrderKind::PostOnly)
            }
            Fault::Maintenance => {
                self.closed_until = open_at;
                true
            }
            Fault::KeyRevoked => {
                let of_request = self.account_of(request);
                let accounts = self.accounts.iter_mut().filter(|account| Some(account.id) == of_request);
                accounts.for_each(|account| account.revoked_until = open_at);
                of_request.into_iter().for_each(|account| self.end_user_stream(account, true, now));
                true
            }
            _ => true,
        }
    }

    /// Executes a request or not, as the fault has it, and gives what is answered where it is.
    fn suffer(&mut self, fault: Fault, request: &ApiRequest, now: UnixNanos) -> Result<String, ApiError> {
        let wrong = self.wrong_answer(fault, &request.params);
        if fault == Fault::UnknownExecutedLate {
            let late_at = now + self.faults.plan().late;
            self.after(late_at, Later::Execution(request.clone()));
        }
        if !fault.is_executed() {
            return wrong.map_or(Ok(String::new()), Err);
        }
        let result = self.api_result(request, now);
        for market in &mut self.markets {
            market.rearrange(|events| match fault {
                Fault::FillBeforeAck => events.sort_by_key(|(event, _)| !event.is_trade()),
                Fault::EventsReordered => events.reverse(),
                _ => {}
            });
        }
        wrong.map_or(result, Err)
    }

    /// What is answered instead of the truth.
    fn wrong_answer(&mut self, fault: Fault, params: &Params) -> Option<ApiError> {
        let unknown = [
            (
                500,
                -1006,
                "An unexpected response was received from the message bus. Execution status unknown.",
            ),
            (
                504,
                -1007,
                "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
            ),
            (503, -1000, "Unknown error, please check your request or try again later."),
        ];
        let dialect = self.config.dialect;
        let refusal = match fault {
            Fault::Refused => Refusal::no_money(),
            Fault::PostOnlyRefused => Refusal::Matching(Rejection::WouldTake),
            Fault::PriceBandRefused if param(params, "side") == Some("SELL") => Refusal::TooLow,
            Fault::PriceBandRefused => Refusal::TooHigh,
            Fault::DuplicateTold => Refusal::Duplicate,
            _ => {
                let (status, code, words) = match fault {
                    Fault::UnknownExecuted | Fault::UnknownNotExecuted | Fault::UnknownExecutedLate => {
                        self.faults.choose(&unknown)
                    }
                    Fault::CodeExecuted | Fault::CodeNotExecuted => {
                        (400, -9_876, "A code that nobody has heard of.")
                    }
                    Fault::CancelRefused => (400, -2011, "Unknown order sent."),
                    Fault::RateLimited => {
                        (429, -1003, "Too many requests; current limit is 1 requests per minute.")
                    }
                    Fault::Overloaded => (
                        503,
                        -1008,
                        "Server is currently overloaded with other requests. Please try again in a few minutes.",
                    ),
                    _ => return None,
                };
                return Some(ApiError::new(status, code, words));
            }
        };
        Some(dialect.refused(refusal))
    }

    /// What goes wrong once a request was answered; false where it cannot, as with an order that was not taken.
    fn follow(&mut self, fault: Fault, request: &ApiRequest, is_taken: bool, now: UnixNanos) -> bool {
        let Some(account) = self.account_of(request) else { return true };
        let has_happened = match fault {
            Fault::StreamEnded | Fault::StreamSilent => {
                self.end_user_stream(account, fault == Fault::StreamEnded, now);
                true
            }
            Fault::ExpiredByVenue | Fault::CanceledByVenue | Fault::SelfTradeEnded | Fault::Overfilled
                if !is_taken =>
            {
                false
            }
            Fault::ExpiredByVenue | Fault::CanceledByVenue | Fault::SelfTradeEnded => {
                self.end_order(fault, request, account, now)
            }
            Fault::Overfilled => {
                let order = self.named(account, param(&request.params, "newClientOrderId"));
                let filled = order.filter(|order| order.2 == Status::Filled);
                filled.is_some_and(|(market, key, _)| self.markets[market].overfill(key, now))
            }
            Fault::ForeignOrder => self.place_foreign(request, account, now),
            _ => return true,
        };
        self.dispatch(now);
        has_happened
    }

    /// Ends the order that was just placed, if it stands.
    fn end_order(&mut self, fault: Fault, request: &ApiRequest, account: AccountId, now: UnixNanos) -> bool {
        let cancel_id = self.generated_id();
        let order = self.named(account, param(&request.params, "newClientOrderId"));
        let Some((market, key, _)) = order.filter(|order| order.2.is_open()) else { return false };
        let market = &mut self.markets[market];
        match fault {
            Fault::CanceledByVenue => {
                market.cancel(key, &cancel_id, now);
            }
            Fault::SelfTradeEnded => market.expire(key, Expiry::SelfTrade, now),
            _ => market.expire(key, Expiry::Venue, now),
        }
        true
    }

    /// Places an order that the account's owner never sent: least of what may be ordered, at the market.
    fn place_foreign(&mut self, request: &ApiRequest, account: AccountId, now: UnixNanos) -> bool {
        let Ok(market) = self.market(param(&request.params, "symbol")) else { return false };
        let words = match self.config.dialect {
            Dialect::Spot => "web_",
            Dialect::UsdMargined => "autoclose-",
        };
        let id = format!("{words}{}", self.generated_id());
        self.markets[market].place_foreign(account, id, now)
    }

    /// The account's order of this name: its market, its key and where it stands.
    fn named(&self, account: AccountId, id: Option<&str>) -> Option<(usize, OrderKey, Status)> {
        id?;
        self.markets.iter().enumerate().find_map(|(index, market)| {
            let order = market.orders().find(account, None, id)?;
            Some((index, order.key, order.status))
        })
    }

    /// Has the market trade with the order that a request names, or with the first of those that it cancels, if its
    /// price is the best: as much of it as `part` says of what is left and the smallest step.
    fn trade_first(&mut self, request: &ApiRequest, part: fn(i64, i64) -> i64, now: UnixNanos) -> bool {
        let Some(account) = self.account_of(request) else { return false };
        let names = ["origClientOrderId", "cancelOrigClientOrderId"];
        let id = names.iter().find_map(|name| param(&request.params, name));
        if request.method == ALL_CANCELED {
            let Ok(market) = self.market(param(&request.params, "symbol")) else { return false };
            let market = &mut self.markets[market];
            let keys: Vec<OrderKey> = market.orders().open(account).map(|order| order.key).collect();
            return keys.into_iter().any(|key| market.trade_with(key, part, now));
        }
        let order = self.named(account, id);
        order.is_some_and(|(market, key, _)| self.markets[market].trade_with(key, part, now))
    }
}
