//! What is known of one pair over its venues: the best bid and ask of all, and the signals between them. Whatever
//! scales its instruments have, all of it stands at the widest, which each record states.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{InstrumentId, Kind, Level, Nanos, Payload, Price, Quantity};

/// Best bid and ask of one pair over several venues, at the scales stated here.
///
/// ```
/// use fulmar_bus::record::*;
/// let mut top = ConsolidatedTop::empty(2, 5);
/// assert_eq!((top.bid_instrument_id, top.live_count), (InstrumentId::NONE, 0));
/// top.bid = Level { price: Price(6_183_763), quantity: Quantity(1_500) };
/// top.bid_instrument_id = InstrumentId(4);
/// assert!(!top.bid.quantity.is_zero() && top.ask.quantity.is_zero(), "somebody bids, nobody asks");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ConsolidatedTop {
    /// Best bid of all; zero where no venue has one.
    pub bid: Level,
    /// Best ask of all; zero where no venue has one.
    pub ask: Level,
    /// Where the best bid stands.
    pub bid_instrument_id: InstrumentId,
    /// Where the best ask stands.
    pub ask_instrument_id: InstrumentId,
    /// Scale of both prices: the widest of the pair's instruments.
    pub price_scale: u8,
    /// Scale of both quantities: the widest of the pair's instruments.
    pub quantity_scale: u8,
    /// Venues whose book is live.
    pub live_count: u16,
    /// One where the instrument that this is told of is unlike its pair and left out: nothing stands here then, and the
    /// pair goes on without it.
    pub is_left_out: u8,
    reserved: [u8; 3],
}

impl ConsolidatedTop {
    /// Nothing stands anywhere, at these scales.
    pub const fn empty(price_scale: u8, quantity_scale: u8) -> Self {
        const NOTHING: Level = Level { price: Price(0), quantity: Quantity(0) };
        ConsolidatedTop {
            bid: NOTHING,
            ask: NOTHING,
            bid_instrument_id: InstrumentId::NONE,
            ask_instrument_id: InstrumentId::NONE,
            price_scale,
            quantity_scale,
            live_count: 0,
            is_left_out: 0,
            reserved: [0; 3],
        }
    }
}

impl Payload for ConsolidatedTop {
    const KIND: Kind = Kind::ConsolidatedTop;
}

/// What the venues of one pair say of each other: how far apart they value it, what buying at one and selling at
/// another would bring, and which of them moves first. Of venues whose book is live alone.
///
/// ```
/// use fulmar_bus::record::*;
/// let mut signals = CrossVenue::empty(2, 5);
/// assert!(signals.is_empty());
/// signals.mids = MidSpread {
///     high: Price(6_183_763),
///     low: Price(6_183_751),
///     high_instrument_id: InstrumentId(4),
///     low_instrument_id: InstrumentId(7),
/// };
/// assert_eq!(signals.mids.spread(), Some(Price(12)), "0.12, since prices have scale 2");
/// assert!(signals.arbitrage.is_none() && signals.lead_lag.is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CrossVenue {
    /// How far apart the venues value it.
    pub mids: MidSpread,
    /// What buying at one venue and selling at another would bring.
    pub arbitrage: Arbitrage,
    /// Which venue moves first.
    pub lead_lag: LeadLag,
    /// Scale of every price: the widest of the pair's instruments.
    pub price_scale: u8,
    /// Scale of the quantity: the widest of the pair's instruments.
    pub quantity_scale: u8,
    reserved: [u8; 6],
}

impl CrossVenue {
    /// Nothing is known, at these scales.
    pub const fn empty(price_scale: u8, quantity_scale: u8) -> Self {
        CrossVenue {
            mids: MidSpread::NONE,
            arbitrage: Arbitrage::NONE,
            lead_lag: LeadLag::NONE,
            price_scale,
            quantity_scale,
            reserved: [0; 6],
        }
    }

    /// True where nothing is known: fewer than two venues are live.
    pub fn is_empty(&self) -> bool {
        *self == CrossVenue::empty(self.price_scale, self.quantity_scale)
    }
}

impl Payload for CrossVenue {
    const KIND: Kind = Kind::CrossVenue;
}

/// The highest and the lowest middle of best bid and ask, over the venues that have both. Nobody trades at these.
/// Stands in a [`CrossVenue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct MidSpread {
    /// The highest middle, rounded down.
    pub high: Price,
    /// The lowest middle, rounded down.
    pub low: Price,
    /// Where the highest is; of several, the earliest in the pair's list, as for the lowest.
    pub high_instrument_id: InstrumentId,
    /// Where the lowest is; where all are equal, the same instrument.
    pub low_instrument_id: InstrumentId,
}

impl MidSpread {
    /// Fewer than two venues have a middle.
    pub const NONE: MidSpread = MidSpread {
        high: Price(0),
        low: Price(0),
        high_instrument_id: InstrumentId::NONE,
        low_instrument_id: InstrumentId::NONE,
    };

    /// True where fewer than two venues have a middle.
    pub fn is_none(&self) -> bool {
        self.high_instrument_id == InstrumentId::NONE
    }

    /// The highest less the lowest, where there are two.
    pub fn spread(&self) -> Option<Price> {
        (!self.is_none()).then_some(Price(self.high.0 - self.low.0))
    }
}

/// The best of buying at one venue's ask and selling at another's bid, once both have taken their fee of a taker.
/// Stands in a [`CrossVenue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Arbitrage {
    /// What one unit of the base brings, rounded down; above zero, or there is none.
    pub profit: Price,
    /// How much of it can be had: the smaller of the two levels.
    pub quantity: Quantity,
    /// Where to buy.
    pub buy_instrument_id: InstrumentId,
    /// Where to sell.
    pub sell_instrument_id: InstrumentId,
}

impl Arbitrage {
    /// There is none.
    pub const NONE: Arbitrage = Arbitrage {
        profit: Price(0),
        quantity: Quantity(0),
        buy_instrument_id: InstrumentId::NONE,
        sell_instrument_id: InstrumentId::NONE,
    };

    /// True where there is none.
    pub fn is_none(&self) -> bool {
        self.profit == Price(0)
    }
}

/// Which venue's middle moved first, of the two between which it was the clearest of late: a count of what was seen
/// here, not a forecast. It says nothing of causes, and its lag holds the ways from both venues to this machine.
/// Stands in a [`CrossVenue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct LeadLag {
    /// How long the follower took on average, where it followed.
    pub lag: Nanos,
    /// Who moved first.
    pub leader_instrument_id: InstrumentId,
    /// Who followed.
    pub follower_instrument_id: InstrumentId,
    /// Moves of one that the other followed, whichever was first, that are still counted.
    pub follow_count: u32,
    /// The part of them in which the leader was first, in 1/10,000, rounded down; at least half.
    pub leader_share: u32,
}

impl LeadLag {
    /// No venue is known to move first.
    pub const NONE: LeadLag = LeadLag {
        lag: Nanos(0),
        leader_instrument_id: InstrumentId::NONE,
        follower_instrument_id: InstrumentId::NONE,
        follow_count: 0,
        leader_share: 0,
    };

    /// True where no venue is known to move first.
    pub fn is_none(&self) -> bool {
        self.leader_instrument_id == InstrumentId::NONE
    }
}

const _: () = assert!(size_of::<CrossVenue>() == 80, "with its header it fills two slots");
