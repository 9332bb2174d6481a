//! Hostile input: each decoder against a second one that must agree, and the order session, which must survive any
//! frames.
//!
//! The campaigns make inputs of the venue's kinds and damage them; the targets are the same checks for the fuzzer,
//! which knows nothing of the venue.

#[cfg(test)]
mod campaigns;
#[cfg(test)]
mod inputs;
mod json;
mod judge;
mod layout;
mod reference;
mod sessions;

use std::cell::RefCell;

use fulmar_adapters::binance::Product;

use super::Target;
use judge::{Decoder, Judge};

/// Each decoder and session, by the name of its corpus.
pub const TARGETS: [Target; 8] = [
    ("binance-trades", |input| both_products(Decoder::Trades, input)),
    ("binance-depth", |input| both_products(Decoder::Depth, input)),
    ("binance-ticker", |input| both_products(Decoder::Ticker, input)),
    ("binance-snapshot", |input| both_products(Decoder::Snapshot, input)),
    ("binance-definitions", |input| both_products(Decoder::Definitions, input)),
    ("binance-order-answers", |input| both_products(Decoder::OrderAnswers, input)),
    ("binance-user-data", |input| both_products(Decoder::UserData, input)),
    ("binance-order-session", sessions::order_entry_survives),
];

const PRODUCTS: [Product; 3] = [Product::Spot, Product::UsdMargined, Product::CoinMargined];

/// Judges `input` as if each product had sent it.
fn both_products(decoder: Decoder, input: &[u8]) {
    thread_local! {
        // Made once: a fuzzer calls this as often as it can.
        static JUDGES: RefCell<[Judge; 3]> = RefCell::new(PRODUCTS.map(Judge::new));
    }
    JUDGES.with_borrow_mut(|judges| {
        for judge in judges {
            judge.check(decoder, input);
        }
    });
}
