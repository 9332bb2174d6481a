//! What order entry of futures asks over HTTP, since its WebSocket API does not answer it: the listen key, what stands,
//! what traded, the dead-man timer, and that all orders be canceled. An answer comes with the path and query that it
//! answers, and is told by these.

use fulmar_bus::record::{InstrumentId, UnixNanos};
use fulmar_engine::contract::{DecodeError, InboundFrame, OrderSink};

use super::errors::{self, VenueError};
use super::reconcile::Ask;
use super::{BinanceOrderEntry, Handled};
use crate::decode::json::Fields;

pub(super) const LISTEN_KEY: &str = "/fapi/v1/listenKey";
pub(super) const OPEN_ORDERS: &str = "/fapi/v1/openOrders";
pub(super) const ALL_OPEN_ORDERS: &str = "/fapi/v1/allOpenOrders";
pub(super) const TRADES: &str = "/fapi/v1/userTrades";
pub(super) const COUNTDOWN: &str = "/fapi/v1/countdownCancelAll";

/// A parameter of what was asked.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(known, _)| *known == name)
        .map(|pair| pair.1)
}

impl BinanceOrderEntry {
    pub(super) fn on_http(
        &mut self,
        now: UnixNanos,
        frame: InboundFrame<'_>,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        let status = frame.status;
        let end = frame.bytes.iter().position(|byte| *byte == b'\n').ok_or(DecodeError::Malformed)?;
        let (target, body) = frame.bytes.split_at_mut(end);
        let target = std::str::from_utf8(target).map_err(|_| DecodeError::NotUtf8)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let asked = (path, query);
        if status != 200 {
            return self.on_http_refused(now, asked, (status, &mut body[1..]), sink);
        }
        let tape = self.parser.parse(&mut body[1..])?;
        let handled = self.on_http_told(now, asked, tape.as_value(), sink);
        self.parser.keep(tape);
        handled
    }

    fn on_http_told(
        &mut self,
        now: UnixNanos,
        (path, query): (&str, &str),
        told: simd_json::tape::Value<'_, '_>,
        sink: &mut dyn OrderSink,
    ) -> Handled {
        match (path, parameter(query, "orderId")) {
            (LISTEN_KEY, _) => self.on_listen_key(now, Fields::of(told)?.text("listenKey")?, sink),
            (COUNTDOWN, _) => Ok(()),
            (ALL_OPEN_ORDERS, _) => {
                let instrument_id = self.instrument_of(query).ok_or(DecodeError::UnknownInstrument)?;
                self.on_all_canceled(now, instrument_id, None)
            }
            (TRADES, Some(number)) => {
                let number = number.parse().map_err(|_| DecodeError::BadNumber)?;
                match self.orders.named_by_venue(number) {
                    Some(order) => self.on_trades(now, told, order.client_order_id, sink),
                    None => self.ignore(),
                }
            }
            (OPEN_ORDERS | TRADES, None) => match self.question_of(path, query) {
                Some(ask) => self.on_told(now, ask, told, sink),
                None => self.ignore(),
            },
            _ => self.ignore(),
        }
    }

    /// An answer that says no, or that is none of the venue's at all.
    fn on_http_refused(
        &mut self,
        now: UnixNanos,
        (path, query): (&str, &str),
        (status, body): (u16, &mut [u8]),
        sink: &mut dyn OrderSink,
    ) -> Handled {
        self.counters.venue_refusals += 1;
        let (told, words) = match self.parser.parse(body) {
            Ok(tape) => {
                let read = || -> Result<(VenueError, String), DecodeError> {
                    let error = Fields::of(tape.as_value())?;
                    let words = error.text("msg")?;
                    Ok((errors::meaning(status.into(), error.signed("code")?, words), words.to_owned()))
                };
                let read = read().ok();
                self.parser.keep(tape);
                read.unwrap_or((errors::meaning(500, 0, ""), format!("HTTP {status}")))
            }
            Err(_) => (errors::meaning(500, 0, ""), format!("HTTP {status}")),
        };
        tracing::warn!("{}: {path} is refused: {} {words}", self.product.venue(), told.code);
        self.heed(now, &told, &words, sink);
        match (path, parameter(query, "orderId")) {
            (LISTEN_KEY, _) => self.on_listen_key_refused(sink),
            (TRADES, Some(number)) => {
                let order = number.parse().ok().and_then(|number| self.orders.named_by_venue(number));
                order.into_iter().for_each(|order| self.ask_soon(now, order.client_order_id));
            }
            (OPEN_ORDERS | TRADES, None) if self.question_of(path, query).is_some() => self.ask_later(now),
            (ALL_OPEN_ORDERS, _) => {
                let instrument_id = self.instrument_of(query).ok_or(DecodeError::UnknownInstrument)?;
                self.on_not_canceled(now, instrument_id, &told, sink);
            }
            _ => {}
        }
        Ok(())
    }

    /// The instrument that was asked about.
    fn instrument_of(&self, query: &str) -> Option<InstrumentId> {
        self.find_symbol(parameter(query, "symbol")?).map(|(instrument_id, _)| instrument_id)
    }

    /// The question of the reconciliation that was asked so.
    fn question_of(&self, path: &str, query: &str) -> Option<Ask> {
        let ask = self.reconciliation.asked()?;
        let index = match (ask, path) {
            (Ask::Orders(index), OPEN_ORDERS) | (Ask::Trades(index), TRADES) => index,
            _ => return None,
        };
        let tradable = self.instruments[index].as_ref()?;
        (parameter(query, "symbol") == Some(tradable.symbol.as_str())).then_some(ask)
    }
}
