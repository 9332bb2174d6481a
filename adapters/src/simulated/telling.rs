//! What the venue tells: what its markets have to say, but for what goes wrong with it, and what waits for its moment.

use fulmar_bus::record::{AccountId, UnixNanos};

use super::faults::{Fault, Occasion};
use super::market::{Output, UserEvent};
use super::request::ApiRequest;
use super::venue::Venue;

/// What an event says of a fee that it says wrong.
const WRONG_FEE: &str = "0.12345678";

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

impl Venue {
    /// Sends what the markets have to tell, but for what goes wrong with it.
    pub fn dispatch(&mut self, now: UnixNanos) {
        self.share_balances();
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
        let occasion = match event {
            UserEvent::PartialFill => Occasion::PartialFill,
            UserEvent::Fill => Occasion::Fill,
            UserEvent::Other => Occasion::Event,
        };
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
            Some(Fault::FeeMistold) => self.hand(account, &with_wrong_fee(&frame)),
            _ => self.hand(account, &frame),
        }
    }

    /// Keeps back what accounts are to be told, until then.
    pub(super) fn keep_back(&mut self, until: UnixNanos) {
        for index in 0..self.markets.len() {
            for output in self.markets[index].take_outputs() {
                match output {
                    Output::Stream(..) => self.markets[index].send(output),
                    Output::User(account, _, frame) => self.after(until, Later::Event(account, frame)),
                }
            }
        }
    }

    /// Has something wait for its moment.
    pub(super) fn after(&mut self, at: UnixNanos, later: Later) {
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

/// An event of a trade, whose fee is another than it was.
fn with_wrong_fee(frame: &str) -> String {
    const NAME: &str = r#""n":""#;
    let (before, fee) = frame.split_once(NAME).expect("a trade tells its fee");
    let (_, after) = fee.split_once('"').expect("a text ends");
    format!(r#"{before}{NAME}{WRONG_FEE}"{after}"#)
}
