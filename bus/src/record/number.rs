//! Prices, quantities and money as integers. A float never holds one of them.
//!
//! A [`Price`] or [`Quantity`] is a mantissa at the decimal scale that its instrument states: 61837.63 at scale 2 is
//! `Price(6183763)`. A [`Notional`] is price times quantity at the sum of both scales, wide enough that it cannot
//! overflow. Text becomes a number, and a number text, in the engine's `market::decimal`.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A price: a mantissa at the instrument's price scale. It says no scale of its own, so prices of two instruments are
/// never compared as they are.
///
/// ```
/// use fulmar_bus::record::{Notional, Price, Quantity};
/// assert_eq!(Price(6_183_763).times(Quantity(2_000)), Notional(12_367_526_000));
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(transparent)]
pub struct Price(pub i64);

/// A quantity: a mantissa at the instrument's quantity scale. Positions are signed; orders and levels are not negative.
///
/// ```
/// use fulmar_bus::record::Quantity;
/// let (wanted, traded) = (Quantity(1_500), Quantity(1_500)); // 0.01500 at scale 5.
/// assert!(Quantity(wanted.0 - traded.0).is_zero());
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
#[repr(transparent)]
pub struct Quantity(pub i64);

/// Money: price times quantity, at the sum of the price scale and the quantity scale. Never on the wire as it is: a
/// record carries it as a [`WideNumber`].
/// Made by [`Price::times`], as its example shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notional(pub i128);

impl Price {
    /// This price times `quantity`. Cannot overflow: the product of two 64-bit numbers fits 128 bits.
    pub const fn times(self, quantity: Quantity) -> Notional {
        Notional(self.0 as i128 * quantity.0 as i128)
    }
}

impl Quantity {
    /// True where nothing is left of it.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// A 128-bit integer as two aligned 64-bit halves, so that a record needs no 16-byte alignment.
///
/// ```
/// use fulmar_bus::record::{Notional, WideNumber};
/// let money = Notional(-170_141_183_460_469_231_731);
/// assert_eq!(Notional::from(WideNumber::from(money)), money);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct WideNumber {
    low: u64,
    high: u64,
}

impl From<Notional> for WideNumber {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the two halves of one bit pattern"
    )]
    fn from(value: Notional) -> Self {
        let bits = value.0 as u128;
        WideNumber { low: bits as u64, high: (bits >> 64) as u64 }
    }
}

impl From<WideNumber> for Notional {
    #[expect(clippy::cast_possible_wrap, reason = "the two halves of one bit pattern")]
    fn from(value: WideNumber) -> Self {
        Notional(((u128::from(value.high) << 64) | u128::from(value.low)) as i128)
    }
}
