//! What a venue states of an account: what it has of an asset, what it holds of a derivative. Our own books are kept
//! apart, so that both can be compared. Nothing here says what an account may do.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::{AccountId, Kind, Payload, Price, Quantity, Text, UnixNanos, WideNumber};

/// What the venue says that an account has of one asset.
///
/// ```
/// use fulmar_bus::record::*;
/// let asset = Text::new("USDT").expect("it is short");
/// let told = BalanceStatement::new(asset, (Notional(75), Notional(25)), UnixNanos(8));
/// let all = Notional::from(told.free).0 + Notional::from(told.locked).0;
/// assert_eq!((all, BalanceStatement::SCALE), (100, 18), "in 10^-18 of the asset");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct BalanceStatement {
    /// Which asset, as definitions write it.
    pub asset: Text<16>,
    /// What orders and transfers may use, at [`BalanceStatement::SCALE`].
    pub free: WideNumber,
    /// What stands behind open orders, at the same scale. Where positions are margined, all of the balance is free.
    pub locked: WideNumber,
    /// When the venue says that it held.
    pub venue_at: UnixNanos,
    /// Whose; filled in by the engine, zero from a session.
    pub account_id: AccountId,
    reserved: [u8; 6],
}

impl BalanceStatement {
    /// Decimal digits behind the point of every balance: as many as the finest currency has.
    pub const SCALE: u8 = 18;

    /// So much of `asset`: what is free, and what is locked.
    pub fn new(
        asset: Text<16>,
        (free, locked): (super::Notional, super::Notional),
        venue_at: UnixNanos,
    ) -> Self {
        let (free, locked) = (free.into(), locked.into());
        BalanceStatement { asset, free, locked, venue_at, account_id: AccountId(0), reserved: [0; 6] }
    }

    /// The same, of this account.
    pub const fn of_account(self, account_id: AccountId) -> Self {
        BalanceStatement { account_id, ..self }
    }
}

impl Payload for BalanceStatement {
    const KIND: Kind = Kind::BalanceStatement;
}

/// What the venue says that an account holds of a derivative, which its header names.
///
/// ```
/// use fulmar_bus::record::*;
/// let told = PositionStatement::new(Quantity(-300), Price(60_000), UnixNanos(8));
/// assert!(told.quantity < Quantity(0), "it is short");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct PositionStatement {
    /// At the instrument's quantity scale; above zero is long.
    pub quantity: Quantity,
    /// At which price on average, at the instrument's price scale; zero where nothing is held.
    pub entry_px: Price,
    /// When the venue says that it held.
    pub venue_at: UnixNanos,
    /// Whose; filled in by the engine, zero from a session.
    pub account_id: AccountId,
    reserved: [u8; 6],
}

impl PositionStatement {
    /// So much, opened at this price on average.
    pub const fn new(quantity: Quantity, entry_px: Price, venue_at: UnixNanos) -> Self {
        PositionStatement { quantity, entry_px, venue_at, account_id: AccountId(0), reserved: [0; 6] }
    }

    /// The same, of this account.
    pub const fn of_account(self, account_id: AccountId) -> Self {
        PositionStatement { account_id, ..self }
    }
}

impl Payload for PositionStatement {
    const KIND: Kind = Kind::PositionStatement;
}
