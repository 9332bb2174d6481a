//! Who owns what in a market: free and locked, of the base and of the quote currency.
//!
//! Each movement takes from one place what it puts into another, so the sum over accounts and fees never changes
//! between deposits. Base is counted at the quantity scale, quote at the scale of a notional.

use fulmar_bus::record::{AccountId, Notional, Quantity};

use super::order::{Fee, Settlement};
use crate::simulation::limits::ACCOUNTS_MAX;

/// An amount of each currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Base currency, at the quantity scale.
    pub base: i128,
    /// Quote currency, at the scale of a notional.
    pub quote: i128,
}

impl Balance {
    /// Both amounts added.
    pub fn plus(self, other: Balance) -> Balance {
        Balance { base: self.base + other.base, quote: self.quote + other.quote }
    }

    /// Both amounts subtracted.
    pub fn minus(self, other: Balance) -> Balance {
        Balance { base: self.base - other.base, quote: self.quote - other.quote }
    }
}

#[derive(Clone, Copy, Debug)]
struct Account {
    free: Balance,
    locked: Balance,
    deposit: Balance,
}

/// The accounts of a market, and the fees that it took.
///
/// Of contracts nothing is locked, base is what an account is long or short, and quote may be owed.
#[derive(Debug)]
pub struct Ledger {
    settlement: Settlement,
    accounts: Vec<Account>,
    fees: Balance,
}

impl Ledger {
    pub(super) fn new(settlement: Settlement) -> Self {
        Ledger { settlement, accounts: Vec::new(), fees: Balance::default() }
    }

    /// True where the account exists.
    pub fn has(&self, account: AccountId) -> bool {
        account.index() < self.accounts.len()
    }

    /// What an account may spend.
    pub fn free(&self, account: AccountId) -> Balance {
        self.accounts[account.index()].free
    }

    /// What stands behind an account's open orders.
    pub fn locked(&self, account: AccountId) -> Balance {
        self.accounts[account.index()].locked
    }

    /// All that an account owns.
    pub fn total(&self, account: AccountId) -> Balance {
        self.free(account).plus(self.locked(account))
    }

    /// What an account won or lost by trading and fees since it was opened.
    pub fn change(&self, account: AccountId) -> Balance {
        self.total(account).minus(self.accounts[account.index()].deposit)
    }

    /// The fees taken so far.
    pub fn fees(&self) -> Balance {
        self.fees
    }

    /// All there is: of every account, and the fees. Equals the deposits, always.
    pub fn sum(&self) -> Balance {
        self.accounts.iter().fold(self.fees, |sum, account| sum.plus(account.free).plus(account.locked))
    }

    pub(super) fn open(&mut self, deposit: Balance) -> Option<AccountId> {
        assert!(deposit.base >= 0 && deposit.quote >= 0, "an account starts without debt");
        if self.accounts.len() >= ACCOUNTS_MAX {
            return None;
        }
        let id = AccountId(u16::try_from(self.accounts.len()).ok()?);
        self.accounts.push(Account { free: deposit, locked: Balance::default(), deposit });
        Some(id)
    }

    /// True where an account may lock this much.
    pub(super) fn covers(&self, account: AccountId, amount: Balance) -> bool {
        let free = self.free(account);
        self.settlement == Settlement::Contracts || (free.base >= amount.base && free.quote >= amount.quote)
    }

    /// Takes money from an account and gives it to the venue; the other way round where it is negative.
    pub(super) fn charge(&mut self, account: AccountId, money: Notional) {
        self.accounts[account.index()].free.quote -= money.0;
        self.fees.quote += money.0;
    }

    pub(super) fn unlock_base(&mut self, account: AccountId, quantity: Quantity) {
        self.unlock(account, Balance { base: i128::from(quantity.0), quote: 0 });
    }

    pub(super) fn unlock_quote(&mut self, account: AccountId, money: Notional) {
        self.unlock(account, Balance { base: 0, quote: money.0 });
    }

    /// The buyer's half of a trade: of the `reserved` money `paid` goes to the seller and the rest is free again; it
    /// receives a quantity less its fee.
    pub(super) fn pay_buyer(
        &mut self,
        account: AccountId,
        reserved: Notional,
        paid: Notional,
        (quantity, fee): (Quantity, Fee),
    ) {
        assert!(paid <= reserved, "a buyer never pays more than its order locked");
        self.unlock_quote(account, reserved);
        let fee = match fee {
            Fee::Base(fee) => Balance { base: i128::from(fee.0), quote: 0 },
            Fee::Quote(fee) => Balance { base: 0, quote: fee.0 },
        };
        let received = Balance { base: i128::from(quantity.0), quote: -paid.0 };
        let free = &mut self.accounts[account.index()].free;
        *free = free.plus(received).minus(fee);
        self.fees = self.fees.plus(fee);
    }

    /// The seller's half: it gives a quantity out of what it locked and receives money less its fee.
    pub(super) fn pay_seller(
        &mut self,
        account: AccountId,
        quantity: Quantity,
        (money, fee): (Notional, Notional),
    ) {
        self.unlock_base(account, quantity);
        let free = &mut self.accounts[account.index()].free;
        free.base -= i128::from(quantity.0);
        free.quote += money.0 - fee.0;
        self.fees.quote += fee.0;
    }

    pub(super) fn lock(&mut self, account: AccountId, amount: Balance) {
        if self.settlement == Settlement::Contracts {
            return;
        }
        let account = &mut self.accounts[account.index()];
        account.free = account.free.minus(amount);
        account.locked = account.locked.plus(amount);
        assert!(account.free.base >= 0 && account.free.quote >= 0, "no account spends what it has not");
    }

    fn unlock(&mut self, account: AccountId, amount: Balance) {
        if self.settlement == Settlement::Contracts {
            return;
        }
        let account = &mut self.accounts[account.index()];
        account.free = account.free.plus(amount);
        account.locked = account.locked.minus(amount);
        assert!(
            account.locked.base >= 0 && account.locked.quote >= 0,
            "no order releases more than it locked"
        );
    }
}
