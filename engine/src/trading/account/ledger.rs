//! What an account has of each asset, and by what it came: a small table, and no entry that does not say its reason.
//!
//! Entries are sums, so they commute: in whichever order transfers, fees and trades come, the balances are the same.

use fulmar_bus::record::Text;

use super::AccountError;
use super::amount::Amount;
use crate::trading::limits::ACCOUNT_ASSETS_MAX;

/// The name of an asset, as definitions write it.
pub type Asset = Text<16>;

/// Why a balance moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It was brought in or taken out, or stood there at the start.
    Transfer = 0,
    /// It was exchanged for another by a spot trade.
    Exchange = 1,
    /// A contract was closed, and earned or lost it.
    Realized = 2,
    /// A fee or a rebate.
    Fee = 3,
    /// Funding.
    Funding = 4,
}

const ENTRIES: usize = 5;

/// What the venue says of a balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToldBalance {
    /// What orders and transfers may use.
    pub free: Amount,
    /// What stands behind open orders.
    pub locked: Amount,
}

/// What an account has of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    asset: Asset,
    total: Amount,
    sums: [Amount; ENTRIES],
    told: Option<ToldBalance>,
}

impl Balance {
    fn new(asset: Asset) -> Self {
        Balance { asset, total: Amount::ZERO, sums: [Amount::ZERO; ENTRIES], told: None }
    }

    /// Of which asset.
    pub fn asset(&self) -> Asset {
        self.asset
    }

    /// All of it, by our own books: the sum of [`Balance::sum`] over all entries.
    pub fn total(&self) -> Amount {
        self.total
    }

    /// What came by one kind of entry; below zero where it went.
    pub fn sum(&self, entry: Entry) -> Amount {
        self.sums[entry as usize]
    }

    /// What the venue said of it last; `None` where it has not yet. What is free and what is locked it alone knows.
    pub fn told(&self) -> Option<ToldBalance> {
        self.told
    }

    /// What the venue told less what our books say; `None` where it told nothing, or that does not fit. Fills that are
    /// on their way make a difference too: it means something once nothing is.
    pub fn difference(&self) -> Option<Amount> {
        let told = self.told?;
        let told = told.free.checked_add(told.locked)?;
        told.checked_add(self.total.checked_neg()?)
    }

    fn after(&self, entry: Entry, amount: Amount) -> Result<Balance, AccountError> {
        let mut after = *self;
        let sum = &mut after.sums[entry as usize];
        *sum = sum.checked_add(amount).ok_or(AccountError::Overflow)?;
        after.total = after.total.checked_add(amount).ok_or(AccountError::Overflow)?;
        Ok(after)
    }
}

/// Where in a ledger the balance of an asset stands; for as long as the ledger does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

/// All balances of an account.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    balances: Vec<Balance>,
}

impl Ledger {
    /// Room for all that it may ever hold.
    pub fn new() -> Self {
        Ledger { balances: Vec::with_capacity(ACCOUNT_ASSETS_MAX) }
    }

    /// Where an asset stands, from now on if it did not.
    pub fn place(&mut self, asset: Asset) -> Result<Place, AccountError> {
        if asset == Asset::default() {
            return Err(AccountError::UnknownCurrency);
        }
        if let Some(place) = self.balances.iter().position(|balance| balance.asset == asset) {
            return Ok(Place(place));
        }
        if self.balances.len() == ACCOUNT_ASSETS_MAX {
            return Err(AccountError::TooManyAssets);
        }
        self.balances.push(Balance::new(asset));
        Ok(Place(self.balances.len() - 1))
    }

    /// All of them, in the order in which they were first named.
    pub fn balances(&self) -> &[Balance] {
        &self.balances
    }

    /// The asset at a place.
    pub fn asset(&self, place: Place) -> Asset {
        self.balances[place.0].asset
    }

    /// What a balance becomes; [`Ledger::put`] makes it so.
    pub fn after(&self, place: Place, entry: Entry, amount: Amount) -> Result<Balance, AccountError> {
        self.balances[place.0].after(entry, amount)
    }

    /// A balance becomes this.
    pub fn put(&mut self, place: Place, after: Balance) {
        assert!(self.asset(place) == after.asset, "a balance stays of its asset");
        self.balances[place.0] = after;
    }

    /// Moves one balance.
    pub fn enter(&mut self, place: Place, entry: Entry, amount: Amount) -> Result<(), AccountError> {
        let after = self.after(place, entry, amount)?;
        self.put(place, after);
        Ok(())
    }

    /// Keeps what the venue says.
    pub fn tell(&mut self, place: Place, told: ToldBalance) {
        self.balances[place.0].told = Some(told);
    }
}
