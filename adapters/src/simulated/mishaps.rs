//! What each fault does to the request that it was drawn for, and to events.

use fulmar_bus::record::{AccountId, UnixNanos};
use serde_json::Value;

use super::faults::{Fault, Occasion};
use super::market::{Output, UserEvent};
use super::request::{ApiError, ApiRequest, param};
use super::venue::Venue;

/// What waits for its moment.
#[derive(Debug)]
pub enum Later {
    /// A frame to a connection, if that still stands.
    Frame(u64, String),
    /// An event of an account's user data.
    Event(AccountId, String),
    /// A request that is executed and not answered.
    Execution(ApiRequest),
}

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
        "order.cancel" => Some(Occasion::Cancel),
        "order.cancelReplace" | "order.amend.keepPriority" | "order.modify" | "openOrders.cancelAll" => {
            Some(Occasion::Change)
        }
        _ => None,
    }
}

impl Venue {
    /// Lets a fault happen to a request.
    pub(super) fn go_wrong(&mut self, fault: Fault, asked: &Asked, now: UnixNanos) {
        let Asked { connection, id, request } = asked;
        let late_at = now + self.faults.plan().late;
        match fault {
            Fault::FilledBeforeCancel if !self.fill_first(request, now) => return self.obey(asked, now),
            Fault::FillBeforeAck | Fault::EventsReordered | Fault::EventBeforeAnswer => {
                let frame = self.answer(id, request, now);
                self.rearrange(fault);
                self.dispatch(now);
                self.connections.send(*connection, frame);
            }
            Fault::RequestLost => {}
            Fault::AnswerLost | Fault::CutBeforeAnswer => {
                self.answer(id, request, now);
                if fault == Fault::CutBeforeAnswer {
                    self.connections.cut(*connection);
                }
                self.dispatch(now);
            }
            Fault::AnswerLate => {
                let frame = self.answer(id, request, now);
                self.dispatch(now);
                self.after(late_at, Later::Frame(*connection, frame));
            }
            Fault::CutBeforeExecution => self.connections.cut(*connection),
            Fault::Maintenance => {
                self.closed_until = now + self.faults.plan().outage;
                self.obey(asked, now);
            }
            Fault::KeyRevoked => {
                self.revoke(request, now);
                self.obey(asked, now);
            }
            _ => match self.wrong_answer(fault) {
                Some((error, is_executed)) => {
                    if is_executed {
                        self.answer(id, request, now);
                    } else if fault == Fault::UnknownExecutedLate {
                        self.after(late_at, Later::Execution(request.clone()));
                    }
                    let frame = self.written(id, request, Err(error), now);
                    self.connections.send(*connection, frame);
                    self.dispatch(now);
                }
                None => {
                    self.obey(asked, now);
                    self.afterwards(fault, asked, now);
                }
            },
        }
        self.faults.count(fault);
    }

    /// Lets a fault happen to a request that came by HTTP: what a socket would have lost is a gateway's timeout.
    pub(super) fn go_wrong_http(
        &mut self,
        fault: Fault,
        request: &ApiRequest,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        self.faults.count(fault);
        let timeout = || ApiError::new(504, -1007, "Timeout waiting for response from backend server.");
        match fault {
            Fault::RequestLost | Fault::CutBeforeExecution => return Err(timeout()),
            Fault::Maintenance => self.closed_until = now + self.faults.plan().outage,
            Fault::KeyRevoked => self.revoke(request, now),
            _ => {}
        }
        let wrong = self.wrong_answer(fault);
        if let Some((error, false)) = wrong {
            return Err(error);
        }
        let result = self.api_result(request, now);
        self.rearrange(fault);
        self.dispatch(now);
        match (fault, wrong) {
            (_, Some((error, _))) => Err(error),
            (Fault::AnswerLost | Fault::CutBeforeAnswer, _) => Err(timeout()),
            _ => result,
        }
    }

    /// What is answered instead of the truth, and whether the request is executed all the same.
    fn wrong_answer(&mut self, fault: Fault) -> Option<(ApiError, bool)> {
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
        let (status, code, words) = match fault {
            Fault::UnknownExecuted | Fault::UnknownNotExecuted | Fault::UnknownExecutedLate => {
                self.faults.choose(&unknown)
            }
            Fault::CodeExecuted | Fault::CodeNotExecuted => (400, -9_876, "A code that nobody has heard of."),
            Fault::RateLimited => (429, -1003, "Too many requests; current limit is 1 requests per minute."),
            _ => return None,
        };
        let is_executed = matches!(fault, Fault::UnknownExecuted | Fault::CodeExecuted);
        Some((ApiError::new(status, code, words), is_executed))
    }

    /// What goes wrong once a request was answered as it should be.
    fn afterwards(&mut self, fault: Fault, asked: &Asked, now: UnixNanos) {
        let Some(account) = self.account_of(&asked.request) else { return };
        match fault {
            Fault::CutAfterAnswer => self.connections.cut(asked.connection),
            Fault::StreamEnded | Fault::StreamSilent => {
                let is_told = fault == Fault::StreamEnded;
                self.end_user_stream(account, is_told, now);
            }
            Fault::ExpiredByVenue | Fault::CanceledByVenue => {
                let cancel_id = self.generated_id();
                let id = param(&asked.request.params, "newClientOrderId");
                for market in &mut self.markets {
                    let key = market.orders().find(account, None, id).map(|order| order.key);
                    let Some(key) = key else { continue };
                    match fault {
                        Fault::ExpiredByVenue => market.expire(key, now),
                        _ => {
                            market.cancel(key, &cancel_id, now);
                        }
                    }
                }
                self.dispatch(now);
            }
            _ => {}
        }
    }

    /// Trades all that stands at the price of the order that is to be canceled, if that is the best price.
    fn fill_first(&mut self, request: &ApiRequest, now: UnixNanos) -> bool {
        let Some(account) = self.account_of(request) else { return false };
        let id = param(&request.params, "origClientOrderId");
        let is_filled = self.markets.iter_mut().any(|market| {
            let key = market.orders().find(account, None, id).map(|order| order.key);
            key.is_some_and(|key| market.fill(key, now))
        });
        if is_filled {
            self.dispatch(now);
        }
        is_filled
    }

    fn revoke(&mut self, request: &ApiRequest, now: UnixNanos) {
        let Some(id) = self.account_of(request) else { return };
        let until = now + self.faults.plan().outage;
        self.accounts.iter_mut().filter(|account| account.id == id).for_each(|it| it.revoked_until = until);
        self.end_user_stream(id, true, now);
    }

    /// Puts the user events that wait into another order.
    fn rearrange(&mut self, fault: Fault) {
        for market in &mut self.markets {
            market.rearrange(|events| match fault {
                Fault::FillBeforeAck => events.sort_by_key(|(event, _)| !event.is_trade()),
                Fault::EventsReordered => events.reverse(),
                _ => {}
            });
        }
    }

    /// Sends what the markets have to tell, but for what goes wrong with it.
    pub fn dispatch(&mut self, now: UnixNanos) {
        for index in 0..self.markets.len() {
            let symbol = self.markets[index].symbol().to_ascii_lowercase();
            for output in self.markets[index].take_outputs() {
                match output {
                    Output::Stream(stream, data) => self.connections.broadcast(&stream.name(&symbol), &data),
                    Output::User(account, event, frame) => self.tell(account, event, frame, now),
                }
            }
        }
        self.connections.drop_slow();
    }

    fn tell(&mut self, account: AccountId, event: UserEvent, frame: String, now: UnixNanos) {
        let occasion = if event == UserEvent::PartialFill { Occasion::PartialFill } else { Occasion::Event };
        let fault = self.faults.draw(occasion);
        fault.into_iter().for_each(|fault| self.faults.count(fault));
        match fault {
            Some(Fault::EventLost | Fault::FillHeldBack) => {}
            Some(Fault::EventLate) => {
                let late_at = now + self.faults.plan().late;
                self.after(late_at, Later::Event(account, frame));
            }
            Some(Fault::EventDuplicated) => {
                self.hand(account, &frame);
                self.hand(account, &frame);
            }
            _ => self.hand(account, &frame),
        }
    }

    fn after(&mut self, at: UnixNanos, later: Later) {
        self.later_count += 1;
        self.later.insert((at, self.later_count), later);
    }

    /// Does what waited for this moment.
    pub(super) fn catch_up(&mut self, now: UnixNanos) {
        while let Some(first) = self.later.first_entry()
            && first.key().0 <= now
        {
            match first.remove() {
                Later::Frame(connection, frame) => self.connections.send(connection, frame),
                Later::Event(account, frame) => self.hand(account, &frame),
                Later::Execution(request) => {
                    // Nobody waits for the answer: the request was given up long ago.
                    let _unheard = self.api_result(&request, now);
                    self.dispatch(now);
                }
            }
        }
    }
}
