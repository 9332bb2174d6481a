//! What the decoders of all venues share.
//!
//! A venue has two decoders for each hot message. The reference ([`json`]) reads any valid JSON by key and alone says
//! what is wrong. The accelerator ([`cursor`], [`number`]) reads the one layout that the venue really sends and gives
//! up on everything else, so that it can never disagree with the reference, only be slower than hoped.

pub mod cursor;
pub mod definition;
pub mod identity;
pub mod json;
pub mod number;
pub mod time;

use fulmar_bus::record::{Level, Price, Quantity};

/// Decimal digits behind the point of an instrument's prices and quantities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scales {
    /// Of every price.
    pub price: u8,
    /// Of every quantity.
    pub quantity: u8,
}

impl Scales {
    /// The scales that are wide enough for both.
    pub fn widest(self, other: Scales) -> Scales {
        Scales { price: self.price.max(other.price), quantity: self.quantity.max(other.quantity) }
    }

    /// The scales, neither wider than `scale_max`.
    pub fn capped(self, scale_max: u8) -> Scales {
        Scales { price: self.price.min(scale_max), quantity: self.quantity.min(scale_max) }
    }
}

/// A level of these mantissas.
pub const fn level(price: i64, quantity: i64) -> Level {
    Level { price: Price(price), quantity: Quantity(quantity) }
}
