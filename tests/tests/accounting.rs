//! The books of an account, followed step by step through files of fills: after each line equity and what was realized
//! are what the file says, by both cost methods.
//!
//! What a file expects was computed by a program of its own, in fractions, from the money that moved; the formula
//! stands at its head. A line is one of these, its columns parted by commas, the last three what is expected after it:
//!
//! ```text
//! currency,ASSET                                            equity is in this
//! within,EQUITY,REALIZED                                    how far ours may be off, in 10^-18
//! instrument,NAME,KIND,BASE,QUOTE,SIZE,PRICE_DIGITS,QUANTITY_DIGITS
//! transfer,ASSET,,AMOUNT,,,,EQUITY,AVERAGE,FIFO
//! fill,NAME,buy|sell,QUANTITY,PRICE,FEE|maker|taker,FEE_ASSET,EQUITY,AVERAGE,FIFO
//! funding,NAME,MOMENT,RATE,MARK,,,EQUITY,AVERAGE,FIFO
//! mark,NAME,,,PRICE,,,EQUITY,AVERAGE,FIFO
//! price,ASSET,times|over,,PRICE,,,EQUITY,AVERAGE,FIFO
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use fulmar_bus::record::{
    AccountId, ContractKind, ContractSize, FundingRate, InstrumentDefinition, InstrumentId, LiquiditySide,
    Price, Quantity, Side, StrategyId, Text, UnixNanos,
};
use fulmar_engine::market::FeeRate;
use fulmar_engine::market::decimal::{digits_behind_point, parse_signed};
use fulmar_engine::trading::account::{
    Account, AccountPlan, Amount, Asset, Conversion, Conversions, CostMethod, Fee, FeeRates, FeeSchedule,
    FundingDue, ScaledPrice,
};
use fulmar_engine::trading::order::Fill;

const ACCOUNT: AccountId = AccountId(0);
/// In hundredths of a percent: what `maker` and `taker` are charged.
const RATES: (u32, u32) = (2, 5);
/// More than any file has.
const INSTRUMENTS_MAX: usize = 8;

/// An account that is led through a file.
struct Books {
    account: Account,
    conversions: Conversions,
    /// Id and digits of prices and quantities, by name.
    instruments: BTreeMap<String, (InstrumentId, u8, u8)>,
    /// How far equity and what was realized may be off.
    within: (i128, i128),
}

/// Column of what is expected of equity; what is expected of each method comes behind it.
const EQUITY: usize = 7;

#[test]
fn partial_fills_are_each_booked() {
    check("partial_fills");
}

#[test]
fn a_position_goes_through_zero_and_back() {
    check("through_zero");
}

#[test]
fn fees_in_a_third_currency_are_worth_what_it_is() {
    check("fees_in_a_third_currency");
}

#[test]
fn funding_follows_the_sign_of_what_is_held() {
    check("funding_over_a_change_of_sign");
}

#[test]
fn an_inverse_contract_goes_round() {
    check("inverse_round_trip");
}

#[test]
fn an_inverse_contract_loses_no_dust() {
    check("inverse_dust");
}

#[test]
fn several_currencies_are_one_equity() {
    check("two_currencies");
}

#[test]
fn an_equity_is_told_in_what_dollars_are_priced_by() {
    check("into_bitcoin");
}

#[test]
fn trillions_and_single_units_are_both_exact() {
    check("dust");
}

#[test]
fn a_contract_counts_as_often_as_its_size() {
    check("contract_size");
}

#[test]
fn every_file_is_followed() {
    let code = include_str!("accounting.rs");
    for entry in std::fs::read_dir(folder()).expect("the folder of scenarios is there") {
        let name = entry.expect("it can be read").file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".csv")).expect("a scenario is a CSV");
        assert!(code.contains(&format!("check(\"{name}\")")), "no test follows {name}");
    }
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/accounting")
}

/// Follows a scenario by both methods.
fn check(name: &str) {
    let text = std::fs::read_to_string(folder().join(format!("{name}.csv"))).expect("the scenario is there");
    for (method, realized_column) in [(CostMethod::Average, EQUITY + 1), (CostMethod::Fifo, EQUITY + 2)] {
        let mut books = Books::new(method, currency(&text));
        let mut step_count = 0;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split(',').collect();
            books.take(&columns);
            let [Some(equity), Some(realized)] = [EQUITY, realized_column].map(|column| columns.get(column))
            else {
                continue;
            };
            let place = format!("{name}.csv:{}: {line}: {method:?}", index + 1);
            books.expect_equity(equity, &place);
            books.expect_realized(realized, &place);
            step_count += 1;
        }
        assert!(step_count > 5, "{name} has no steps");
    }
}

/// The asset that a scenario's equity is in.
fn currency(text: &str) -> Asset {
    let named = text.lines().find_map(|line| line.strip_prefix("currency,"));
    asset(named.expect("a scenario names its currency"))
}

impl Books {
    fn new(method: CostMethod, currency: Asset) -> Self {
        let rates = FeeRates { maker: FeeRate::from_bps(RATES.0), taker: FeeRate::from_bps(RATES.1) };
        let fees = FeeSchedule::new(rates);
        let plan = AccountPlan { account_id: ACCOUNT, method, fees, instrument_count: INSTRUMENTS_MAX };
        Books {
            account: Account::new(plan),
            conversions: Conversions::new(currency),
            instruments: BTreeMap::new(),
            within: (0, 0),
        }
    }

    /// Does what a line says.
    fn take(&mut self, columns: &[&str]) {
        match *columns {
            ["currency", _] => {}
            ["within", equity, realized] => self.within = (whole(equity), whole(realized)),
            ["instrument", name, ref terms @ ..] => self.define(name, terms),
            ["transfer", name, _, amount, ..] => {
                self.account.transfer(asset(name), decimal(amount)).expect("it fits");
            }
            ["fill", name, side, quantity, price, fee, fee_asset, ..] => {
                let fill = self.fill(name, side, quantity, price);
                self.account.apply_fill(&fill).expect("it fits");
                self.account.apply_fee(&fill, charged(fee, fee_asset)).expect("it fits");
            }
            ["funding", name, moment, rate, mark, ..] => {
                let rate = FundingRate(parse_signed(rate.as_bytes(), FundingRate::SCALE).expect("a rate"));
                let due_at = UnixNanos(moment.parse().expect("a moment"));
                let (instrument_id, ..) = self.instruments[name];
                let due = FundingDue { instrument_id, mark: price(mark), rate, due_at };
                let _ = self.account.apply_funding(&due).expect("it fits");
            }
            ["mark", name, _, _, mark, ..] => {
                self.account.mark(self.instruments[name].0, price(mark)).expect("it is defined");
            }
            ["price", name, how, _, by, ..] => {
                let conversion = match how {
                    "times" => Conversion::Times(price(by)),
                    "over" => Conversion::Over(price(by)),
                    other => panic!("an asset is not converted by {other}"),
                };
                self.conversions.set(asset(name), conversion).expect("there is room");
            }
            _ => panic!("no line begins like this: {columns:?}"),
        }
    }

    fn define(&mut self, name: &str, terms: &[&str]) {
        let &[kind, base, quote, size, price_digits, quantity_digits] = terms else {
            panic!("an instrument has six terms: {terms:?}")
        };
        let kind = match kind {
            "spot" => ContractKind::Spot,
            "linear-perpetual" => ContractKind::LinearPerpetual,
            "linear-future" => ContractKind::LinearFuture,
            "inverse-perpetual" => ContractKind::InversePerpetual,
            other => panic!("no contract is called {other}"),
        };
        let digits = |text: &str| text.parse().expect("a number of digits");
        let (price_digits, quantity_digits) = (digits(price_digits), digits(quantity_digits));
        let inferred = InstrumentDefinition::inferred(("lake", name), kind, (price_digits, quantity_digits));
        let ScaledPrice { price: Price(size), scale } = price(size);
        let (base, quote, contract_size) = (asset(base), asset(quote), ContractSize::new(size, scale));
        let definition = InstrumentDefinition { base, quote, contract_size, ..inferred };
        let id = InstrumentId(u32::try_from(self.instruments.len()).expect("they are few"));
        self.account.define(id, &definition).expect("it can be held");
        self.instruments.insert(name.to_owned(), (id, price_digits, quantity_digits));
    }

    fn fill(&self, name: &str, side: &str, quantity: &str, price: &str) -> Fill {
        let (instrument_id, price_digits, quantity_digits) = self.instruments[name];
        let number = |text: &str, digits| parse_signed(text.as_bytes(), digits).expect("a number");
        Fill {
            instrument_id,
            strategy_id: StrategyId(0),
            account_id: ACCOUNT,
            side: if side == "buy" { Side::Buy } else { Side::Sell },
            quantity: Quantity(number(quantity, quantity_digits)),
            price: Price(number(price, price_digits)),
        }
    }

    fn expect_equity(&self, expected: &str, place: &str) {
        match (self.account.equity(&self.conversions), expected) {
            (Err(_), "unknown") => {}
            (Ok(equity), expected) if expected != "unknown" => {
                let off = equity.total.0 - decimal(expected).0;
                assert!(off.abs() <= self.within.0, "{place}: equity is {}, {off} off", equity.total);
                assert_eq!(equity.balance.0 + equity.unrealized.0, equity.total.0, "{place}");
            }
            (equity, _) => panic!("{place}: equity is {equity:?}"),
        }
    }

    /// Of all instruments that are settled in the currency of the equity.
    fn expect_realized(&self, expected: &str, place: &str) {
        let currency = self.conversions.currency();
        let ids = self.instruments.values().map(|(id, ..)| *id);
        let ids = ids.filter(|id| self.account.settled_in(*id) == Some(currency));
        let realized = ids.filter_map(|id| self.account.position(id)).map(|position| position.realized().0);
        let realized: i128 = realized.sum();
        let off = realized - decimal(expected).0;
        assert!(off.abs() <= self.within.1, "{place}: realized is {}, {off} off", Amount(realized));
    }
}

fn charged(fee: &str, fee_asset: &str) -> Fee {
    match fee {
        "maker" => Fee::Scheduled(LiquiditySide::Maker),
        "taker" => Fee::Scheduled(LiquiditySide::Taker),
        stated => Fee::Stated(asset(fee_asset), decimal(stated)),
    }
}

fn asset(name: &str) -> Asset {
    Text::new(name).expect("an asset has a short name")
}

/// A price at as many digits as it is written with.
fn price(text: &str) -> ScaledPrice {
    let scale = digits_behind_point(text.as_bytes());
    ScaledPrice { price: Price(parse_signed(text.as_bytes(), scale).expect("a price")), scale }
}

/// An amount: more digits than a price has.
fn decimal(text: &str) -> Amount {
    let scale = digits_behind_point(text.as_bytes());
    let digits: String = text.chars().filter(|character| *character != '.').collect();
    Amount::floor(whole(&digits), scale).expect("it fits")
}

fn whole(text: &str) -> i128 {
    text.parse().expect("a whole number")
}
