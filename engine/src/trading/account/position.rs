//! What an account holds of one instrument, in money of the currency that it is settled in.
//!
//! What a trade is worth is seldom a whole number of anything where a contract is inverse. It is rounded down to an
//! [`Amount`], and the fraction that this took is kept and added to the next trade's, in 2^-64. So after any number of
//! trades, whatever the method,
//!
//! ```text
//! realized - cost + residue  ==  - sum of what all trades were worth
//! ```
//!
//! is off by less than 2^-64 of an amount for each trade that does not divide; of a linear contract, by nothing. What
//! the position earned in all, at any mark, is therefore the same by each method, and in each order of the same trades,
//! to the last amount but one.

use fulmar_bus::record::{FundingRate, Price, Quantity, Side, UnixNanos};

use super::amount::{Amount, ScaledPrice};
use super::contract::Contract;
use super::{AccountError, CostMethod};
use crate::trading::limits::TRANCHES_MAX;
use crate::trading::position::{Netting, Parts, Tranches};

/// The position of an account in one instrument.
///
/// ```
/// # use fulmar_bus::record::{ContractKind, ContractSize, InstrumentDefinition, Price, Quantity, Side};
/// # let inferred = InstrumentDefinition::inferred(("a", "B"), ContractKind::InversePerpetual, (0, 0));
/// # let defined = InstrumentDefinition { contract_size: ContractSize::new(100, 0), ..inferred };
/// use fulmar_engine::trading::account::*;
/// let contract = Contract::new(&defined)?; // A hundred dollars each.
/// let mut position = AccountPosition::new(contract, CostMethod::Average);
/// position.trade(Side::Buy, Quantity(100), Price(50_000))?; // It owes 0.2 coins,
/// position.trade(Side::Sell, Quantity(50), Price(62_500))?; // and pays 0.08 for the half of it.
/// assert_eq!(position.realized().to_string(), "0.02");
/// let mark = ScaledPrice { price: Price(40_000), scale: 0 };
/// assert_eq!(position.unrealized(mark)?.to_string(), "-0.025", "the other half owes 0.125 now, not 0.1");
/// # Ok::<(), AccountError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccountPosition {
    contract: Contract,
    net: Netting,
    residue: u64,
    /// Of first in, first out alone.
    tranches: Option<Tranches>,
    mark: Option<ScaledPrice>,
    funded_at: Option<UnixNanos>,
}

/// What a trade did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traded {
    /// What all of it is worth, signed as its quantity is, or the other way round for an inverse contract.
    pub worth: Amount,
    /// What its closing part earned.
    pub earned: Amount,
}

/// A trade that is not booked yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    net: Netting,
    residue: u64,
    parts: Parts<i64>,
    cost_opened: i128,
    price: Price,
    pub traded: Traded,
}

impl AccountPosition {
    /// Nothing, of this contract. Makes room for all that it may ever hold.
    pub fn new(contract: Contract, method: CostMethod) -> Self {
        let tranches = match method {
            CostMethod::Average => None,
            CostMethod::Fifo => Some(Tranches::new(TRANCHES_MAX)),
        };
        AccountPosition {
            contract,
            net: Netting::default(),
            residue: 0,
            tranches,
            mark: None,
            funded_at: None,
        }
    }

    /// What it is a position in.
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Signed, at the instrument's quantity scale: above zero is long.
    pub fn quantity(&self) -> Quantity {
        Quantity(self.net.quantity)
    }

    /// What closing trades earned, fees and funding apart.
    pub fn realized(&self) -> Amount {
        Amount(self.net.realized)
    }

    /// What is open was worth, as [`Contract::worth`], when it was opened.
    pub fn cost(&self) -> Amount {
        Amount(self.net.cost)
    }

    /// The average price of what is open, at the instrument's price scale, as [`Contract::price_of`]; `None` where
    /// nothing is.
    pub fn avg_px(&self) -> Option<Price> {
        self.contract.price_of(self.quantity(), self.cost())
    }

    /// What closing all of it at `mark` would earn, rounded down.
    ///
    /// # Errors
    /// As [`Contract::worth`].
    pub fn unrealized(&self, mark: ScaledPrice) -> Result<Amount, AccountError> {
        if self.net.quantity == 0 {
            return Ok(Amount::ZERO);
        }
        let worth = self.contract.worth(self.quantity(), mark)?;
        worth.0.checked_sub(self.net.cost).map(Amount).ok_or(AccountError::Overflow)
    }

    /// The mark that was told last.
    pub fn mark(&self) -> Option<ScaledPrice> {
        self.mark
    }

    /// When funding was paid last.
    pub fn funded_at(&self) -> Option<UnixNanos> {
        self.funded_at
    }

    /// How often first in, first out made the two oldest of what is open one, for want of room: from then on those two
    /// cost their average.
    pub fn merged_count(&self) -> u64 {
        self.tranches.as_ref().map_or(0, Tranches::merged_count)
    }

    /// Books `quantity`, above zero, bought or sold at `price`.
    ///
    /// # Errors
    /// [`AccountError::Overflow`], [`AccountError::BadPrice`]; the position stands as it stood.
    pub fn trade(&mut self, side: Side, quantity: Quantity, price: Price) -> Result<Traded, AccountError> {
        let plan = self.plan(side, quantity, price)?;
        self.commit(&plan)?;
        Ok(plan.traded)
    }

    /// What a trade will do, once it is committed.
    pub(super) fn plan(&self, side: Side, quantity: Quantity, price: Price) -> Result<Plan, AccountError> {
        assert!(quantity.0 > 0, "a trade has a quantity, {} is none", quantity.0);
        let signed = match side {
            Side::Buy => quantity.0,
            Side::Sell => -quantity.0,
        };
        let parts = self.net.parts(signed)?;
        let all = self.contract.quotient(signed, self.contract.price(price))?;
        let (residue, is_carried) = self.residue.overflowing_add(all.fraction());
        let worth = all.whole.checked_add(i128::from(is_carried)).ok_or(AccountError::Overflow)?;
        let worth_of = self.worth_of(parts, worth, price)?;
        let cost_closed = match &self.tranches {
            None => self.net.average_cost(parts.closing),
            Some(tranches) => tranches.cost_of(parts.closing)?,
        };
        let net = self.net.after(parts, worth_of, cost_closed)?;
        let traded = Traded { worth: Amount(worth), earned: Amount(net.realized - self.net.realized) };
        Ok(Plan { net, residue, parts, cost_opened: worth_of.opening, price, traded })
    }

    /// Books a plan that was made of this very position.
    ///
    /// # Errors
    /// [`AccountError::Overflow`]; the position stands as it stood.
    pub(super) fn commit(&mut self, plan: &Plan) -> Result<(), AccountError> {
        let Plan { net, residue, parts, cost_opened, price, .. } = *plan;
        if let Some(tranches) = &mut self.tranches {
            // Whatever closes leaves room, so that opening fails only where nothing was closed.
            tranches.close(parts.closing);
            if parts.opening != 0 {
                let ScaledPrice { price, scale } = self.contract.price(price);
                tranches.open(parts.opening, cost_opened, (price, scale))?;
            }
        }
        (self.net, self.residue) = (net, residue);
        Ok(())
    }

    /// From now on positions are valued at this.
    pub(super) fn set_mark(&mut self, mark: ScaledPrice) {
        self.mark = Some(mark);
    }

    /// The same position from a new definition on.
    ///
    /// # Errors
    /// [`AccountError::Redefined`] where something is held and its quantity would mean something else.
    pub(super) fn redefine(&mut self, contract: Contract) -> Result<(), AccountError> {
        if self.net.quantity != 0 && !self.contract.is_like(&contract) {
            return Err(AccountError::Redefined);
        }
        self.contract = contract;
        Ok(())
    }

    /// What funding moves at a mark: where the rate is above zero, who is long pays. Rounded down, against us.
    pub(super) fn funding(&self, mark: ScaledPrice, rate: FundingRate) -> Result<Amount, AccountError> {
        const WHOLE: i64 = 10_i64.pow(FundingRate::SCALE as u32);
        if !self.contract.is_perpetual() {
            return Err(AccountError::NoFunding);
        }
        if self.net.quantity == 0 {
            return Ok(Amount::ZERO);
        }
        let worth = self.contract.worth(self.quantity(), mark)?;
        let held = if self.contract.is_inverse() { worth.checked_neg() } else { Some(worth) };
        let part = rate.0.checked_neg().ok_or(AccountError::Overflow)?;
        held.and_then(|held| held.times(part, WHOLE)).ok_or(AccountError::Overflow)
    }

    /// Funding was paid for this moment.
    pub(super) fn set_funded_at(&mut self, moment: UnixNanos) {
        self.funded_at = Some(moment);
    }

    /// What the two parts of a trade are worth, so that they make up all of it.
    fn worth_of(&self, parts: Parts<i64>, all: i128, price: Price) -> Result<Parts<i128>, AccountError> {
        let opening = match (parts.closing, parts.opening) {
            (0, _) => all,
            (_, 0) => 0,
            (_, opening) => self.contract.worth(Quantity(opening), self.contract.price(price))?.0,
        };
        let closing = opening.checked_sub(all).ok_or(AccountError::Overflow)?;
        Ok(Parts { closing, opening })
    }
}
