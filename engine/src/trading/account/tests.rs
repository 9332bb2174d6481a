//! Proves what the books of an account owe: money is conserved whatever trades come, in every kind of contract and by
//! both methods, the largest numbers are refused whole, and each payment goes where it belongs, once.

use fulmar_bus::record::{
    AccountId, ContractKind, ContractSize, FundingRate, InstrumentDefinition, InstrumentId, LiquiditySide,
    Price, Quantity, Side, StrategyId, Text, UnixNanos,
};
use proptest::prelude::*;

use super::*;
use crate::market::FeeRate;
use crate::trading::TRANCHES_MAX;

/// A multiple of every price up to 24, so that what is owed by inverse contracts is compared without rounding.
const MULTIPLE: i128 = 5_354_228_880;

const ACCOUNT: AccountId = AccountId(3);
const FIRST: InstrumentId = InstrumentId(0);
const SECOND: InstrumentId = InstrumentId(1);

fn asset(name: &str) -> Asset {
    Text::new(name).expect("it is short")
}

fn amount(mantissa: i128, scale: u8) -> Amount {
    Amount::floor(mantissa, scale).expect("it fits")
}

/// BTC against USDT, prices at scale 0, quantities at scale 3 or, where it is inverse, 0.
fn definition(kind: ContractKind) -> InstrumentDefinition {
    let is_inverse = matches!(kind, ContractKind::InversePerpetual | ContractKind::InverseFuture);
    let scales = if is_inverse { (0, 0) } else { (0, 3) };
    let inferred = InstrumentDefinition::inferred(("lake", "BTCUSDT"), kind, scales);
    let (base, quote, contract_size) = (asset("BTC"), asset("USDT"), ContractSize::ONE);
    InstrumentDefinition { base, quote, contract_size, ..inferred }
}

fn contract(kind: ContractKind) -> Contract {
    Contract::new(&definition(kind)).expect("its scales are few")
}

fn position(kind: ContractKind, method: CostMethod) -> AccountPosition {
    AccountPosition::new(contract(kind), method)
}

/// Books with one instrument of this kind.
fn account(kind: ContractKind) -> Account {
    let rates = FeeRates { maker: FeeRate::from_bps(2), taker: FeeRate::from_bps(5) };
    let fees = FeeSchedule::new(rates);
    let plan = AccountPlan { account_id: ACCOUNT, method: CostMethod::Average, fees, instrument_count: 2 };
    let mut account = Account::new(plan);
    account.define(FIRST, &definition(kind)).expect("there is room");
    account
}

fn fill(side: Side, quantity: i64, price: i64) -> Fill {
    let (quantity, price) = (Quantity(quantity), Price(price));
    Fill { instrument_id: FIRST, strategy_id: StrategyId(0), account_id: ACCOUNT, side, quantity, price }
}

fn at(price: i64) -> ScaledPrice {
    ScaledPrice { price: Price(price), scale: 0 }
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn trades(prices: std::ops::RangeInclusive<i64>) -> impl Strategy<Value = Vec<(Side, i64, i64)>> {
    prop::collection::vec((side(), 1_i64..1_000, prices), 0..400)
}

fn signed((side, quantity, _): (Side, i64, i64)) -> i128 {
    i128::from(if side == Side::Buy { quantity } else { -quantity })
}

/// What a position earned in all, if it were closed at `mark`.
fn earned(position: &AccountPosition, mark: i64) -> i128 {
    position.realized().0 + position.unrealized(at(mark)).expect("it fits").0
}

fn traded(kind: ContractKind, method: CostMethod, trades: &[(Side, i64, i64)]) -> AccountPosition {
    let mut position = position(kind, method);
    for &(side, quantity, price) in trades {
        position.trade(side, Quantity(quantity), Price(price)).expect("small numbers fit");
    }
    position
}

proptest! {
    #![proptest_config(crate::trading::seeded(500))]

    #[test]
    fn of_a_linear_contract_what_was_earned_is_what_was_received_and_what_is_held(
        trades in trades(-20..=1_000_007),
        mark in -100_i64..1_000_007,
    ) {
        // Of quantities at scale 3, a whole price is 10^15 amounts.
        let money: i128 = trades.iter().map(|trade| -signed(*trade) * i128::from(trade.2)).sum();
        let held: i128 = trades.iter().map(|trade| signed(*trade)).sum();
        let expected = (money + held * i128::from(mark)) * 10_i128.pow(15);
        for method in [CostMethod::Average, CostMethod::Fifo] {
            let position = traded(ContractKind::LinearPerpetual, method, &trades);
            prop_assert_eq!(earned(&position, mark), expected, "{:?}", method);
            prop_assert!(held != 0 || position.cost() == Amount::ZERO, "nothing open costs nothing");
        }
    }

    #[test]
    fn of_an_inverse_contract_no_number_of_trades_loses_two_amounts(
        trades in trades(1..=24),
        mark in 1_i64..=24,
    ) {
        // In amounts, and as many times larger as makes them whole.
        let owed = |quantity: i128, price: i64| quantity * 10_i128.pow(18) * (MULTIPLE / i128::from(price));
        let received: i128 = trades.iter().map(|trade| owed(signed(*trade), trade.2)).sum();
        let held: i128 = trades.iter().map(|trade| signed(*trade)).sum();
        let expected = received - owed(held, mark);
        for method in [CostMethod::Average, CostMethod::Fifo] {
            let position = traded(ContractKind::InversePerpetual, method, &trades);
            let off = earned(&position, mark) * MULTIPLE - expected;
            prop_assert!(off.abs() < 2 * MULTIPLE, "{:?} is {} off", method, off);
        }
    }

    #[test]
    fn both_methods_come_to_the_same_to_the_last_amount_at_every_mark(
        trades in trades(1..=1_000_007),
        mark in 1_i64..1_000_007,
    ) {
        for kind in [ContractKind::LinearPerpetual, ContractKind::InversePerpetual, ContractKind::Spot] {
            let average = traded(kind, CostMethod::Average, &trades);
            let fifo = traded(kind, CostMethod::Fifo, &trades);
            prop_assert_eq!(average.quantity(), fifo.quantity());
            prop_assert_eq!(earned(&average, mark), earned(&fifo, mark), "{:?}", kind);
        }
    }

    #[test]
    fn first_in_first_out_is_what_a_list_of_all_that_is_open_says(
        trades in prop::collection::vec((side(), 1_i64..1_000, 1_i64..1_000_007), 0..TRANCHES_MAX),
    ) {
        let mut open: std::collections::VecDeque<(i128, i64)> = Default::default();
        let mut expected = 0_i128;
        for trade in &trades {
            let mut left = signed(*trade);
            while let Some((held, price)) = open.front_mut().filter(|(held, _)| held.signum() == -left.signum()) {
                let closed = held.abs().min(left.abs()) * held.signum();
                expected += closed * i128::from(trade.2 - *price);
                left += closed;
                *held -= closed;
                if *held == 0 {
                    open.pop_front();
                }
            }
            if left != 0 {
                open.push_back((left, trade.2));
            }
        }
        let position = traded(ContractKind::LinearPerpetual, CostMethod::Fifo, &trades);
        prop_assert_eq!(position.realized().0, expected * 10_i128.pow(15));
        prop_assert_eq!(position.merged_count(), 0);
    }

    #[test]
    fn in_whichever_order_the_same_fills_and_fees_come_the_account_is_worth_the_same(
        trades in trades(1..=1_000_007),
        turn in 0_usize..400,
        mark in 1_i64..1_000_007,
    ) {
        for kind in [ContractKind::LinearPerpetual, ContractKind::Spot] {
            let worth = |trades: &[(Side, i64, i64)]| {
                let mut account = account(kind);
                for &(side, quantity, price) in trades {
                    let fill = fill(side, quantity, price);
                    account.apply_fill(&fill).expect("it fits");
                    account.apply_fee(&fill, Fee::Scheduled(LiquiditySide::Taker)).expect("it fits");
                }
                account.mark(FIRST, at(mark)).expect("it is defined");
                let mut conversions = Conversions::new(asset("USDT"));
                conversions.set(asset("BTC"), Conversion::Times(at(mark))).expect("there is room");
                account.equity(&conversions).expect("all is known").total
            };
            let mut turned = trades.clone();
            turned.rotate_left(turn % trades.len().max(1));
            prop_assert_eq!(worth(&trades), worth(&turned));
            turned.reverse();
            prop_assert_eq!(worth(&trades), worth(&turned));
        }
    }

    #[test]
    fn the_largest_numbers_either_fit_exactly_or_are_refused_whole(
        trades in prop::collection::vec((side(), 1_i64..=i64::MAX, 1_i64..=i64::MAX), 1..12),
        shift in 0_u32..62,
    ) {
        for kind in [ContractKind::LinearPerpetual, ContractKind::InversePerpetual] {
            for method in [CostMethod::Average, CostMethod::Fifo] {
                let mut position = position(kind, method);
                let mut worth = 0_i128;
                for &(side, quantity, price) in &trades {
                    let before = format!("{position:?}");
                    match position.trade(side, Quantity((quantity >> shift).max(1)), Price(price)) {
                        // Of cost and realized each fits, and what both come to need not.
                        Ok(traded) => worth = worth.wrapping_add(traded.worth.0),
                        Err(error) => {
                            prop_assert_eq!(error, AccountError::Overflow);
                            prop_assert_eq!(format!("{position:?}"), before);
                        }
                    }
                    let booked = position.realized().0.wrapping_sub(position.cost().0);
                    prop_assert_eq!(booked, worth.wrapping_neg());
                }
            }
        }
    }

    #[test]
    fn a_balance_is_the_sum_of_its_entries_and_what_is_paid_is_what_another_receives(
        moves in prop::collection::vec((0_u8..4, side(), 1_i64..1_000, 1_i64..100_000), 0..60),
    ) {
        let (mut one, mut other) = (account(ContractKind::LinearPerpetual), account(ContractKind::LinearPerpetual));
        for (index, (what, side, quantity, price)) in moves.into_iter().enumerate() {
            for (account, side) in [(&mut one, side), (&mut other, side.opposite())] {
                let fill = fill(side, quantity, price);
                let rate = FundingRate(quantity * 1_000_000);
                let due_at = UnixNanos(u64::try_from(index).expect("it is small"));
                let due = FundingDue { instrument_id: FIRST, mark: at(price), rate, due_at };
                match what {
                    0 => account.transfer(asset("USDT"), amount(quantity.into(), 3)).expect("it fits"),
                    1 => drop(account.apply_funding(&due).expect("it fits")),
                    _ => drop(account.apply_fill(&fill).expect("it fits")),
                }
                account.mark(FIRST, at(price)).expect("it is defined");
                for balance in account.balances() {
                    let entries =
                        [Entry::Transfer, Entry::Exchange, Entry::Realized, Entry::Fee, Entry::Funding];
                    let sum: i128 = entries.iter().map(|entry| balance.sum(*entry).0).sum();
                    prop_assert_eq!(sum, balance.total().0);
                }
            }
            let into_usdt = Conversions::new(asset("USDT"));
            let worth = |account: &Account| account.equity(&into_usdt).expect("all is known").total.0;
            let brought = |account: &Account| {
                account.balance(asset("USDT")).expect("it is settled in it").sum(Entry::Transfer).0
            };
            // Who is long and who is short share what there is.
            prop_assert_eq!(worth(&one) + worth(&other), brought(&one) + brought(&other));
        }
    }
}

#[test]
fn a_linear_contract_is_worth_its_size() {
    let contract_size = ContractSize::new(1, 2);
    let defined = InstrumentDefinition { contract_size, ..definition(ContractKind::LinearFuture) };
    let contract = Contract::new(&defined).expect("its scales are few");
    let mut position = AccountPosition::new(contract, CostMethod::Average);
    position.trade(Side::Sell, Quantity(2_000), Price(60_000)).expect("it fits");
    assert_eq!(position.cost(), amount(-1_200, 0));
    assert_eq!(position.unrealized(at(59_000)), Ok(amount(20, 0)), "0.02 bitcoin, a thousand lower");
}

#[test]
fn an_average_price_is_harmonic_where_a_contract_is_inverse() {
    for (kind, expected) in
        [(ContractKind::LinearPerpetual, 45_000), (ContractKind::InversePerpetual, 44_444)]
    {
        for (side, sign) in [(Side::Buy, 1), (Side::Sell, -1)] {
            let position =
                traded(kind, CostMethod::Average, &[(side, 1_000_000, 50_000), (side, 1_000_000, 40_000)]);
            assert_eq!(position.quantity(), Quantity(sign * 2_000_000));
            assert_eq!(position.avg_px(), Some(Price(expected)), "{kind:?} {side:?}");
        }
        assert_eq!(position(kind, CostMethod::Average).avg_px(), None);
    }
    let negative = traded(ContractKind::LinearFuture, CostMethod::Fifo, &[(Side::Buy, 5, -37)]);
    assert_eq!(negative.avg_px(), Some(Price(-37)), "oil, once");
}

#[test]
fn contracts_that_no_amount_tells_are_refused_when_they_are_defined() {
    let of = |kind, scales, contract_size| {
        let inferred = InstrumentDefinition::inferred(("a", "B"), kind, scales);
        Contract::new(&InstrumentDefinition { contract_size, ..inferred }).map(|_| ())
    };
    let thousandth = ContractSize::new(1, 3);
    assert_eq!(of(ContractKind::LinearFuture, (1, 5), ContractSize::UNKNOWN), Err(AccountError::UnknownSize));
    assert_eq!(of(ContractKind::LinearFuture, (10, 5), thousandth), Ok(()));
    assert_eq!(of(ContractKind::LinearFuture, (10, 6), thousandth), Err(AccountError::TooFine));
    assert_eq!(of(ContractKind::InverseFuture, (10, 15), thousandth), Ok(()));
    assert_eq!(of(ContractKind::InverseFuture, (10, 16), thousandth), Err(AccountError::TooFine));
    assert_eq!(of(ContractKind::Spot, (19, 0), ContractSize::ONE), Err(AccountError::TooFine));
}

#[test]
fn an_inverse_contract_has_no_worth_at_a_price_of_nothing() {
    let mut position = position(ContractKind::InversePerpetual, CostMethod::Average);
    for price in [0, -5] {
        assert_eq!(position.trade(Side::Buy, Quantity(1), Price(price)), Err(AccountError::BadPrice));
        assert_eq!(position.unrealized(at(price)), Ok(Amount::ZERO), "but nothing is nothing");
    }
    position.trade(Side::Buy, Quantity(1), Price(5)).expect("it fits");
    assert_eq!(position.unrealized(at(0)), Err(AccountError::BadPrice));
}

#[test]
fn who_is_long_pays_a_rate_above_zero_and_once_a_moment() {
    let due = |rate, due_at| FundingDue {
        instrument_id: FIRST,
        mark: ScaledPrice { price: Price(4_000_000), scale: 2 },
        rate: FundingRate(rate),
        due_at: UnixNanos(due_at),
    };
    // 10 bitcoin at 40000, or 400000 dollars that are 10 bitcoin; a hundredth of a percent.
    let cases = [
        (ContractKind::LinearPerpetual, 10_000, amount(40, 0)),
        (ContractKind::InversePerpetual, 400_000, amount(1, 3)),
    ];
    for (kind, quantity, size) in cases {
        for (side, rate, paid) in [
            (Side::Buy, 100_000_000, Amount(-size.0)),
            (Side::Buy, -100_000_000, size),
            (Side::Sell, 100_000_000, size),
            (Side::Sell, -100_000_000, Amount(-size.0)),
        ] {
            let mut account = account(kind);
            account.apply_fill(&fill(side, quantity, 50_000)).expect("it fits");
            assert_eq!(
                account.apply_funding(&due(rate, 8)),
                Ok(Funded::Paid(paid)),
                "{kind:?} {side:?} {rate}"
            );
            assert_eq!(account.apply_funding(&due(rate, 8)), Ok(Funded::Before));
            assert_eq!(account.apply_funding(&due(rate, 7)), Ok(Funded::Before));
            assert_eq!(account.apply_funding(&due(rate, 16)), Ok(Funded::Paid(paid)));
            let settled_in = account.settled_in(FIRST).expect("it is defined");
            let balance = account.balance(settled_in).expect("it is settled in it");
            assert_eq!(
                (balance.sum(Entry::Funding).0, balance.sum(Entry::Realized)),
                (2 * paid.0, Amount::ZERO)
            );
        }
    }
    assert_eq!(account(ContractKind::Spot).apply_funding(&due(1, 8)), Err(AccountError::NoFunding));
}

#[test]
fn funding_that_does_not_fit_is_still_to_be_paid() {
    let mut account = account(ContractKind::InversePerpetual);
    account.apply_fill(&fill(Side::Buy, 1, 50_000)).expect("it fits");
    let mut due =
        FundingDue { instrument_id: FIRST, mark: at(0), rate: FundingRate(1), due_at: UnixNanos(8) };
    assert_eq!(account.apply_funding(&due), Err(AccountError::BadPrice));
    due.mark = at(50_000);
    assert!(matches!(account.apply_funding(&due), Ok(Funded::Paid(_))));
}

#[test]
fn a_fee_goes_to_the_asset_that_it_was_stated_in_and_to_no_other() {
    let mut account = account(ContractKind::LinearPerpetual);
    let fill = fill(Side::Buy, 500, 60_000);
    account.apply_fill(&fill).expect("it fits");
    let bnb = asset("BNB");
    assert_eq!(account.apply_fee(&fill, Fee::Stated(bnb, amount(25, 3))), Ok(amount(-25, 3)));
    assert_eq!(account.apply_fee(&fill, Fee::Stated(bnb, amount(-5, 3))), Ok(amount(5, 3)), "a rebate");
    let total = |name| account.balance(asset(name)).map(Balance::total);
    assert_eq!((total("BNB"), total("USDT")), (Some(amount(-20, 3)), Some(Amount::ZERO)));
    let nameless = Fee::Stated(Asset::default(), Amount(1));
    assert_eq!(account.apply_fee(&fill, nameless), Err(AccountError::UnknownCurrency));
}

#[test]
fn a_fee_that_was_not_stated_is_the_schedules() {
    let mut linear = account(ContractKind::LinearPerpetual);
    let bought = fill(Side::Buy, 500, 60_000);
    let of = |side| Fee::Scheduled(side);
    assert_eq!(linear.apply_fee(&bought, of(LiquiditySide::Maker)), Ok(amount(-6, 0)));
    assert_eq!(linear.apply_fee(&bought, of(LiquiditySide::Taker)), Ok(amount(-15, 0)));
    assert_eq!(linear.apply_fee(&bought, of(LiquiditySide::None)), Ok(amount(-15, 0)), "the higher");
    let mut inverse = account(ContractKind::InversePerpetual);
    let sold = fill(Side::Sell, 300, 3);
    assert_eq!(inverse.apply_fee(&sold, of(LiquiditySide::Taker)), Ok(amount(-5, 2)), "of a hundred coins");
    assert_eq!(inverse.balance(asset("BTC")).map(Balance::total), Some(amount(-5, 2)));
}

#[test]
fn spot_moves_both_assets_and_books_nothing_twice() {
    let mut account = account(ContractKind::Spot);
    account.transfer(asset("USDT"), amount(100, 0)).expect("it fits");
    account.apply_fill(&fill(Side::Buy, 2_000, 40)).expect("it fits");
    let sold = account.apply_fill(&fill(Side::Sell, 500, 60)).expect("it fits");
    assert_eq!(sold.earned, amount(10, 0));
    let total = |name| account.balance(asset(name)).expect("it was traded").total();
    assert_eq!((total("USDT"), total("BTC")), (amount(50, 0), amount(15, 1)));
    let mut into_usdt = Conversions::new(asset("USDT"));
    assert_eq!(account.equity(&into_usdt), Err(EquityUnknown::Price(asset("BTC"))), "and not fifty");
    into_usdt.set(asset("BTC"), Conversion::Times(at(60))).expect("there is room");
    let equity = account.equity(&into_usdt).expect("all is known");
    assert_eq!((equity.total, equity.unrealized), (amount(140, 0), Amount::ZERO));
    into_usdt.forget(asset("BTC"));
    assert!(account.equity(&into_usdt).is_err());
}

#[test]
fn an_asset_past_the_limit_is_told_and_its_fill_stands() {
    let mut account = account(ContractKind::LinearPerpetual);
    for index in account.balances().len()..crate::trading::ACCOUNT_ASSETS_MAX {
        account.transfer(asset(&format!("A{index}")), Amount(1)).expect("there is room");
    }
    assert_eq!(account.transfer(asset("MORE"), Amount(1)), Err(AccountError::TooManyAssets));
    let fill = fill(Side::Buy, 500, 60_000);
    account.apply_fill(&fill).expect("it is settled in what is known");
    let fee = Fee::Stated(asset("BNB"), Amount(1));
    assert_eq!(account.apply_fee(&fill, fee), Err(AccountError::TooManyAssets));
    assert_eq!(account.position(FIRST).map(AccountPosition::quantity), Some(Quantity(500)));
}

#[test]
fn what_is_held_keeps_its_contract_but_for_the_scale_of_its_price() {
    let mut account = account(ContractKind::LinearPerpetual);
    account.apply_fill(&fill(Side::Buy, 500, 60_000)).expect("it fits");
    let define = |account: &mut Account, change: fn(&mut InstrumentDefinition), contract_size| {
        let mut changed = InstrumentDefinition { contract_size, ..definition(ContractKind::LinearPerpetual) };
        change(&mut changed);
        account.define(FIRST, &changed)
    };
    let one = ContractSize::ONE;
    assert_eq!(define(&mut account, |to| to.quantity_scale = 4, one), Err(AccountError::Redefined));
    assert_eq!(define(&mut account, |to| to.quote = asset("USDC"), one), Err(AccountError::Redefined));
    let two = ContractSize::new(2, 0);
    assert_eq!(define(&mut account, |_| {}, two), Err(AccountError::Redefined));
    assert_eq!(define(&mut account, |to| to.price_scale = 1, one), Ok(()));
    let closed = account.apply_fill(&fill(Side::Sell, 500, 601_000)).expect("it fits");
    assert_eq!(closed.earned, amount(50, 0), "60100.0 is a hundred more than 60000");
    assert_eq!(define(&mut account, |to| to.quantity_scale = 4, two), Ok(()), "nothing is held now");
    let realized = |account: &Account| account.position(FIRST).map(AccountPosition::realized);
    assert_eq!(realized(&account), Some(amount(50, 0)));
    assert_eq!(define(&mut account, |to| to.quote = asset("USDC"), one), Ok(()));
    assert_eq!(realized(&account), Some(Amount::ZERO), "of USDC there is nothing");
    assert_eq!(
        account.balance(asset("USDT")).map(Balance::total),
        Some(amount(50, 0)),
        "and nothing is lost"
    );
}

#[test]
fn what_is_not_defined_is_refused_and_so_is_what_has_no_currency() {
    let mut account = account(ContractKind::LinearPerpetual);
    let fill = Fill { instrument_id: SECOND, ..fill(Side::Buy, 1, 1) };
    assert_eq!(account.apply_fill(&fill), Err(AccountError::UnknownInstrument));
    let mut nameless = definition(ContractKind::Spot);
    nameless.quote = Asset::default();
    assert_eq!(account.define(SECOND, &nameless), Err(AccountError::UnknownCurrency));
    nameless.quote = nameless.base;
    assert_eq!(account.define(SECOND, &nameless), Err(AccountError::UnknownCurrency));
    let third = account.define(InstrumentId(2), &definition(ContractKind::Spot));
    assert_eq!(third, Err(AccountError::UnknownInstrument));
}

#[test]
fn what_the_venue_says_of_a_balance_is_kept_beside_our_own() {
    let mut account = account(ContractKind::Spot);
    account.transfer(asset("USDT"), amount(100, 0)).expect("it fits");
    let told = ToldBalance { free: amount(90, 0), locked: amount(9, 0) };
    assert_eq!(account.balance(asset("USDT")).and_then(Balance::difference), None);
    account.tell_balance(asset("USDT"), told).expect("there is room");
    let balance = account.balance(asset("USDT")).expect("it was named");
    assert_eq!((balance.total(), balance.told()), (amount(100, 0), Some(told)));
    assert_eq!(balance.difference(), Some(amount(-1, 0)));
}

#[test]
fn a_balance_that_does_not_fit_leaves_the_position_as_it_was() {
    for kind in [ContractKind::LinearPerpetual, ContractKind::Spot] {
        let mut account = account(kind);
        account.apply_fill(&fill(Side::Buy, 500, 40_000)).expect("it fits");
        account.transfer(asset("USDT"), Amount(i128::MAX - amount(10, 0).0)).expect("it fits");
        let before = format!("{account:?}");
        assert_eq!(account.apply_fill(&fill(Side::Sell, 500, 100_000)), Err(AccountError::Overflow));
        assert_eq!(format!("{account:?}"), before, "{kind:?}");
    }
}

#[test]
fn books_say_whose_they_are_what_the_venue_told_and_what_a_holding_is_marked_at() {
    let mut account = account(ContractKind::LinearPerpetual);
    assert_eq!(account.account_id(), ACCOUNT);
    assert_eq!((account.settled_in(FIRST), account.settled_in(SECOND)), (Some(asset("USDT")), None));
    let told = ToldBalance { free: amount(7, 0), locked: amount(2, 0) };
    account.tell_balance(asset("USDT"), told).expect("there is room");
    let balance = account.balance(asset("USDT")).expect("it was told");
    assert_eq!((balance.asset(), balance.told()), (asset("USDT"), Some(told)));
    assert_eq!((balance.total(), balance.difference()), (Amount::ZERO, Some(amount(9, 0))));
    assert_eq!(account.balance(asset("ETH")), None);
    let mark = |account: &Account| account.position(FIRST).expect("it is defined").mark();
    assert_eq!(mark(&account), None);
    account.mark(FIRST, at(7)).expect("it is defined");
    assert_eq!(mark(&account), Some(at(7)));
}

#[test]
fn the_price_of_a_worth_is_the_one_that_it_was_worth_at_whatever_the_size_of_a_contract() {
    for kind in [ContractKind::Spot, ContractKind::LinearPerpetual, ContractKind::InversePerpetual] {
        let size = if kind == ContractKind::Spot { ContractSize::ONE } else { ContractSize::new(100, 0) };
        let contract = Contract::new(&InstrumentDefinition { contract_size: size, ..definition(kind) });
        let contract = contract.expect("its scales are few");
        for quantity in [40, -40] {
            let worth = contract.worth(Quantity(quantity), at(250)).expect("it fits");
            assert_eq!(contract.price_of(Quantity(quantity), worth), Some(Price(250)), "{kind:?}");
        }
        assert_eq!(contract.price_of(Quantity(0), Amount::ZERO), None, "nothing has no price");
    }
}
