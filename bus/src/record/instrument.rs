//! What an instrument is: its names, its scales, what one unit of it is, and what its venue asks of orders. Every price
//! and quantity of a record is an integer at the scales that stand here.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::{Kind, Payload, Price, Quantity, Text, WideNumber};

/// What kind of thing an instrument is.
/// Stands in an [`InstrumentDefinition`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, TryFromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(u8)]
pub enum ContractKind {
    /// The asset itself.
    Spot = 1,
    /// A perpetual future settled in the quote currency.
    LinearPerpetual = 2,
    /// A perpetual future settled in the base currency.
    InversePerpetual = 3,
    /// A dated future settled in the quote currency.
    LinearFuture = 4,
    /// A dated future settled in the base currency.
    InverseFuture = 5,
}

/// How much one unit of quantity is: so much of the base asset, or where the contract is inverse so much of the quote
/// currency. A contract of bitcoin may be 0.01 of it at one venue and all of it at another, at the same price.
///
/// It is kept without the zeros behind its last digit, so that equal sizes are equal values.
///
/// ```
/// use fulmar_bus::record::ContractSize;
/// let size = ContractSize::new(10, 3);
/// assert_eq!((size.mantissa(), size.scale()), (1, 2), "0.010 is 0.01");
/// assert_eq!(size.times(ContractSize::new(100, 0)), ContractSize::ONE);
/// assert!(!ContractSize::default().is_known());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ContractSize {
    mantissa: i64,
    scale: u8,
    reserved: [u8; 7],
}

impl ContractSize {
    /// Nobody said it.
    pub const UNKNOWN: Self = ContractSize::new(0, 0);

    /// A quantity is in the base asset itself, or in the quote currency of an inverse contract.
    pub const ONE: Self = ContractSize::new(1, 0);

    /// `mantissa` with so many digits behind the point. What is not above zero is no size, and unknown.
    pub const fn new(mut mantissa: i64, mut scale: u8) -> Self {
        if mantissa <= 0 {
            (mantissa, scale) = (0, 0);
        }
        while scale > 0 && mantissa % 10 == 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        ContractSize { mantissa, scale, reserved: [0; 7] }
    }

    /// Its digits; zero where it is not known.
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many of its digits are behind the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// True where somebody said it.
    pub const fn is_known(self) -> bool {
        self.mantissa > 0
    }

    /// So many times this size; unknown where either is, or where 64 bits do not hold it.
    #[must_use]
    pub const fn times(self, count: ContractSize) -> Self {
        match (self.mantissa.checked_mul(count.mantissa), self.scale.checked_add(count.scale)) {
            (Some(mantissa), Some(scale)) => ContractSize::new(mantissa, scale),
            _ => ContractSize::UNKNOWN,
        }
    }
}

/// What an instrument is from this record on. A new revision resets its book, but for one that only widens a scale,
/// which rescales it.
///
/// ```
/// use fulmar_bus::record::*;
/// # let text = |text| Text::new(text).expect("it fits");
/// # let definition = InstrumentDefinition {
/// #     venue: Text::new("binance-spot").expect("it fits"), symbol: Text::new("BTCUSDT").expect("it fits"),
/// #     base: text("BTC"), quote: text("USDT"), tick: Price(1), lot: Quantity(1), quantity_min: Quantity(1),
/// #     quantity_max: Quantity(0), notional_min: Notional(50_000_000).into(), revision: 1, price_scale: 2,
/// #     quantity_scale: 5, contract: ContractKind::Spot, is_inferred: 0,
/// #     contract_size: ContractSize::ONE, iceberg_parts_max: 0,
/// # };
/// assert_eq!((definition.symbol.as_str(), definition.contract), ("BTCUSDT", ContractKind::Spot));
/// assert_eq!((definition.price_scale, definition.tick), (2, Price(1)), "a tick is 0.01");
/// assert_eq!((definition.quantity_scale, definition.lot), (5, Quantity(1)), "a lot is 0.00001");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct InstrumentDefinition {
    /// The venue's name, such as `binance-spot`.
    pub venue: Text<24>,
    /// The venue's symbol, such as `BTCUSDT`.
    pub symbol: Text<32>,
    /// Base currency, empty where it is not known.
    pub base: Text<16>,
    /// Quote currency, empty where it is not known.
    pub quote: Text<16>,
    /// Smallest step of an order's price, at the price scale; zero where it is not known.
    pub tick: Price,
    /// Smallest step of an order's quantity, at the quantity scale; zero where it is not known.
    pub lot: Quantity,
    /// Smallest order quantity, at the quantity scale; zero where there is none.
    pub quantity_min: Quantity,
    /// Largest order quantity, at the quantity scale; zero where there is none.
    pub quantity_max: Quantity,
    /// Smallest order notional, a [`super::Notional`]; zero where there is none.
    pub notional_min: WideNumber,
    /// Counts the definitions of this instrument in this boot, from one.
    pub revision: u32,
    /// Decimal digits behind the point of every price.
    pub price_scale: u8,
    /// Decimal digits behind the point of every quantity.
    pub quantity_scale: u8,
    /// What kind of thing it is.
    pub contract: ContractKind,
    /// One where no definition of the venue stands behind this, only the digits seen.
    pub is_inferred: u8,
    /// How much one unit of quantity is.
    pub contract_size: ContractSize,
    /// Of how many parts an order that shows one of them at a time may be; zero where the venue has no such orders, or
    /// nobody said.
    pub iceberg_parts_max: u64,
}

impl InstrumentDefinition {
    /// An instrument of this venue and symbol of which no more is known than its contract and the scales, of prices and
    /// of quantities, that its numbers need. A name that does not fit a record is left out rather than cut. Of spot the
    /// size is one; how much a derivative is, its venue alone says.
    ///
    /// ```
    /// use fulmar_bus::record::{ContractKind, InstrumentDefinition, Price};
    /// let seen = InstrumentDefinition::inferred(("kraken", "BTC/USD"), ContractKind::Spot, (1, 8));
    /// assert_eq!((seen.symbol.as_str(), seen.is_inferred), ("BTC/USD", 1));
    /// assert_eq!(seen.tick, Price(0), "not known");
    /// ```
    pub fn inferred(
        (venue, symbol): (&str, &str),
        contract: ContractKind,
        (price_scale, quantity_scale): (u8, u8),
    ) -> Self {
        InstrumentDefinition {
            venue: Text::new(venue).unwrap_or_default(),
            symbol: Text::new(symbol).unwrap_or_default(),
            base: Text::default(),
            quote: Text::default(),
            tick: Price(0),
            lot: Quantity(0),
            quantity_min: Quantity(0),
            quantity_max: Quantity(0),
            notional_min: WideNumber::default(),
            revision: 0,
            price_scale,
            quantity_scale,
            contract,
            is_inferred: 1,
            contract_size: if contract == ContractKind::Spot {
                ContractSize::ONE
            } else {
                ContractSize::UNKNOWN
            },
            iceberg_parts_max: 0,
        }
    }
}

impl Payload for InstrumentDefinition {
    const KIND: Kind = Kind::InstrumentDefinition;
    const VERSION: u8 = 3;
}

/// Whether a venue knows an instrument, and trades it now; part of an [`InstrumentStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(u8)]
pub enum Listing {
    /// It does both, as far as it says.
    Listed = 1,
    /// It does not know it: misspelled, delisted, or not listed yet.
    Unlisted = 2,
    /// It knows it and does not trade it now: maintenance, cancels alone, an auction.
    Halted = 3,
}

/// What a venue says of whether it knows an instrument and trades it now. Told where it does not, and where it does
/// again; in between no order of the instrument passes.
///
/// ```
/// use fulmar_bus::record::{InstrumentStatus, Listing};
/// let status = InstrumentStatus::new(Listing::Unlisted, "Invalid symbol.");
/// assert_eq!((status.listing, status.text.as_str()), (Listing::Unlisted, "Invalid symbol."));
/// let status = InstrumentStatus::new(Listing::Halted, "cancel only");
/// assert!(status.listing != Listing::Listed, "no order may be sent");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct InstrumentStatus {
    /// The venue's own words, as far as they fit.
    pub text: Text<96>,
    /// From now on.
    pub listing: Listing,
    reserved: [u8; 7],
}

impl InstrumentStatus {
    /// The instrument is `listing` from now on, since the venue says `text`.
    pub fn new(listing: Listing, text: &str) -> Self {
        let end = text.floor_char_boundary(96);
        InstrumentStatus { text: Text::new(&text[..end]).unwrap_or_default(), listing, reserved: [0; 7] }
    }
}

impl Payload for InstrumentStatus {
    const KIND: Kind = Kind::InstrumentStatus;
}
