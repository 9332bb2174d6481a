//! What a venue tells of a derivative beside its trades and its book: what holding it costs, and the prices that the
//! venue computes for it. Nobody trades at these prices.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{Kind, Nanos, Payload, Price, UnixNanos};

/// The part of a position's notional that is paid for one funding interval, in 10^-12 of it. Above zero, who is long
/// pays who is short; below zero, the other way round.
///
/// ```
/// use fulmar_bus::record::{FundingRate, Price, Quantity};
/// let rate = FundingRate(100_000_000); // 0.0001, which venues also write as 0.01 %.
/// let held = Price(6_000_000).times(Quantity(2_000));
/// let paid = held.0 * i128::from(rate.0) / 10_i128.pow(FundingRate::SCALE.into());
/// assert_eq!(paid, 1_200_000, "at the scale of the notional");
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
pub struct FundingRate(pub i64);

impl FundingRate {
    /// Decimal digits behind the point of every rate.
    pub const SCALE: u8 = 12;
}

/// What is paid between those who are long and those who are short of a perpetual future, as the venue says it now: its
/// forecast of the next payment, until that is made.
///
/// ```
/// use fulmar_bus::record::*;
/// let (interval, next_at) = (Nanos::from_secs(8 * 3_600), UnixNanos::from_millis(1_723_190_400_000));
/// let venue_at = UnixNanos::from_millis(1_723_161_255_208);
/// let funding = Funding { rate: FundingRate(-100_000_000), interval, next_at, venue_at };
/// assert!(funding.rate < FundingRate(0), "who is short pays");
/// assert!(funding.next_at.since(funding.venue_at) > Nanos::from_secs(8 * 3_600), "not within this interval");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Funding {
    /// What is paid for one interval.
    pub rate: FundingRate,
    /// From one payment to the next, zero where the venue does not say.
    pub interval: Nanos,
    /// When the next payment is due, zero where the venue does not say.
    pub next_at: UnixNanos,
    /// When the venue says that it held, zero where it does not say.
    pub venue_at: UnixNanos,
}

impl Funding {
    /// True where what this foretells was paid by the time at which the venue tells `next`: another payment is the
    /// next.
    pub const fn is_paid_before(&self, next: &Funding) -> bool {
        self.next_at.0 != 0 && next.next_at.0 > self.next_at.0
    }
}

impl Payload for Funding {
    const KIND: Kind = Kind::Funding;
}

/// The price at which the venue values positions, and liquidates them; and the price of what lies beneath the
/// instrument. Both are computed by the venue, so that no tick binds them: they stand at the scale stated here, which
/// may be finer than the instrument's.
///
/// ```
/// use fulmar_bus::record::{MarkPrice, Price, UnixNanos};
/// // 61837.63452871 and 61840.12 of an instrument whose own prices have scale 1.
/// let told = MarkPrice::new(Price(6_183_763_452_871), Price(6_184_012_000_000), UnixNanos(8), 8);
/// assert!(told.mark < told.index, "both are at one scale, and so can be compared");
/// let without_index = MarkPrice::new(Price(618_376), Price(0), UnixNanos(8), 1);
/// assert_eq!(without_index.index, Price(0), "the venue did not tell it");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct MarkPrice {
    /// What positions are valued at.
    pub mark: Price,
    /// The price of what lies beneath, over several markets; zero where the venue does not tell it here.
    pub index: Price,
    /// When the venue says that both held, zero where it does not say.
    pub venue_at: UnixNanos,
    /// Decimal digits behind the point of both.
    pub price_scale: u8,
    reserved: [u8; 7],
}

impl MarkPrice {
    /// A mark price and an index price, both with `price_scale` decimal digits behind the point.
    pub const fn new(mark: Price, index: Price, venue_at: UnixNanos, price_scale: u8) -> Self {
        MarkPrice { mark, index, venue_at, price_scale, reserved: [0; 7] }
    }
}

impl Payload for MarkPrice {
    const KIND: Kind = Kind::MarkPrice;
}
