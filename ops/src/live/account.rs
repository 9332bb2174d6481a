//! What the gate tells of the account beside the orders of strategies, seen from outside: what was there before the
//! run, what the venue states, how every scope stands, which limits changed. News of it goes into the log.

use std::collections::{BTreeMap, BTreeSet};

use fulmar_bus::channel::{Poll, Reader};
use fulmar_bus::record::{
    BalanceStatement, ClientOrderId, ExecutionReport, InstrumentId, Kind, LimitChange, LimitVerdict,
    Notional, Position, Record, Restraint, ScopeKind, ScopeReport, Side, StrategyId,
};
use fulmar_engine::market::decimal::format_scaled;
use serde::Serialize;

use super::launch::{Route, instrument_names, order_venues};
use crate::configuration::Configuration;
use crate::window::Picture;

/// Orders that this run did not send and that are told one by one: somebody else may send very many.
const TOLD_ORDERS_MAX: usize = 50;

/// What the venue says that the account has of an asset, as decimal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BalanceText {
    /// What orders and transfers may use.
    pub free: String,
    /// What stands behind open orders.
    pub locked: String,
}

/// What the parts of a run are called, each by its number.
pub struct AccountNames {
    /// The instruments.
    pub instruments: Vec<String>,
    /// The strategies.
    pub strategies: Vec<String>,
    /// The accounts that are traded for, by their venues.
    pub accounts: Vec<String>,
}

impl AccountNames {
    /// Those of a run of this configuration whose orders go there.
    pub fn of(configuration: &Configuration, route: Route) -> Self {
        let accounts = if route == Route::Venue { order_venues(configuration) } else { Vec::new() };
        AccountNames {
            instruments: instrument_names(configuration).iter().map(ToString::to_string).collect(),
            strategies: configuration.strategies.iter().map(|strategy| strategy.name.clone()).collect(),
            accounts: accounts.iter().map(|venue| venue.name.clone()).collect(),
        }
    }
}

/// The account of a run, or its accounts.
pub struct AccountBoard {
    /// None where nothing trades.
    reader: Option<Reader>,
    record: Box<Record>,
    names: AccountNames,
    balances: BTreeMap<String, BalanceText>,
    /// Those that stand.
    adopted: BTreeSet<ClientOrderId>,
    adopted_count: usize,
    restraints: BTreeMap<(u8, u16), Restraint>,
    is_ending: bool,
    lost_count: u64,
}

impl AccountBoard {
    /// A board of what this channel tells, in these names.
    pub fn new(reader: Option<Reader>, names: AccountNames) -> Self {
        AccountBoard {
            reader,
            record: Box::default(),
            names,
            balances: BTreeMap::new(),
            adopted: BTreeSet::new(),
            adopted_count: 0,
            restraints: BTreeMap::new(),
            is_ending: false,
            lost_count: 0,
        }
    }

    /// What the venue says that the account has, by asset; of several accounts, with the venue before the asset.
    pub fn balances(&self) -> &BTreeMap<String, BalanceText> {
        &self.balances
    }

    /// Orders that stood at the venue and were not sent by this run.
    pub fn adopted_count(&self) -> usize {
        self.adopted_count
    }

    /// The run ends: that nothing may be traded any more is what was wanted.
    pub fn end(&mut self) {
        self.is_ending = true;
    }

    /// True once the gate has killed everything.
    pub fn is_killed(&self) -> bool {
        self.restraints.get(&(ScopeKind::Engine as u8, 0)) == Some(&Restraint::Killed)
    }

    /// Records that were overwritten before they were seen here.
    pub fn lost_count(&self) -> u64 {
        self.lost_count
    }

    /// Takes all that was told since the last look, and says in the log what is news.
    pub fn look(&mut self, pictures: &[Picture]) {
        while let Some(reader) = &mut self.reader {
            match reader.poll(&mut self.record) {
                Poll::Empty => break,
                Poll::Lapped { lost_count } => self.lost_count += lost_count,
                Poll::Record => self.take(pictures),
            }
        }
    }

    fn take(&mut self, pictures: &[Picture]) {
        let header = *self.record.header();
        match header.kind() {
            Some(Kind::ExecutionReport) => self.take_report(header.instrument_id, pictures),
            Some(Kind::Position) => {
                if let Ok(position) = self.record.read::<Position>()
                    && position.strategy_id == StrategyId::NONE
                    && let Some(picture) = pictures.get(header.instrument_id.index())
                {
                    let (name, held) =
                        (self.name(header.instrument_id), picture.quantity_text(position.quantity));
                    tracing::info!("{name}: {held} is held that no strategy of this run traded");
                }
            }
            Some(Kind::BalanceStatement) => {
                if let Ok(told) = self.record.read::<BalanceStatement>() {
                    let text =
                        |number| format_scaled(Notional::from(number).0, BalanceStatement::SCALE).to_string();
                    let balance = BalanceText { free: text(told.free), locked: text(told.locked) };
                    let asset = match &self.names.accounts[..] {
                        [] | [_] => told.asset.to_string(),
                        accounts => {
                            let of = accounts.get(usize::from(told.account_id.0)).map_or("?", String::as_str);
                            format!("{of}:{}", told.asset)
                        }
                    };
                    self.balances.insert(asset, balance);
                }
            }
            Some(Kind::ScopeReport) => self.take_scope(),
            Some(Kind::LimitChange) => self.take_limit(header.instrument_id),
            _ => {}
        }
    }

    fn take_report(&mut self, instrument_id: InstrumentId, pictures: &[Picture]) {
        let Ok(report) = self.record.read::<ExecutionReport>() else { return };
        let id = report.client_order_id;
        let is_over = report.status.is_terminal();
        let is_news = if is_over { self.adopted.remove(&id) } else { self.adopted.insert(id) };
        if is_over || !is_news {
            return;
        }
        self.adopted_count += 1;
        if self.adopted_count > TOLD_ORDERS_MAX {
            return;
        }
        let whose = if id.is_foreign() { "somebody else" } else { "an earlier run" };
        let side = if report.side == Side::Buy { "buys" } else { "sells" };
        let (name, venue_order_id) = (self.name(instrument_id), report.venue_order_id);
        if let Some(picture) = pictures.get(instrument_id.index()) {
            let (leaves, price) =
                (picture.quantity_text(report.leaves_qty), picture.price_text(report.price));
            tracing::warn!(
                "{name}: order {venue_order_id} of {whose} {side} {leaves} at {price} there; it counts"
            );
        }
        if self.adopted_count == TOLD_ORDERS_MAX {
            tracing::warn!("further orders that this run did not send count, and are not told one by one");
        }
    }

    fn take_scope(&mut self) {
        let Ok(report) = self.record.read::<ScopeReport>().copied() else { return };
        let before = self.restraints.insert((report.scope as u8, report.index), report.restraint);
        if before.unwrap_or_default() == report.restraint {
            return;
        }
        let text = |number| format_scaled(Notional::from(number).0, ScopeReport::SCALE);
        let (scope, currency) = (self.scope(report.scope, report.index), report.currency);
        let (today, drawdown) = (text(report.daily_loss), text(report.drawdown));
        let lost = format!("{today} {currency} lost today, {drawdown} from the best moment");
        match report.restraint {
            Restraint::Free => tracing::info!("{scope} may trade again"),
            Restraint::ReduceOnly => tracing::error!("{scope} may only reduce what it holds: {lost}"),
            Restraint::Flatten => {
                tracing::error!("{scope} may hold nothing, and what it holds is closed: {lost}")
            }
            Restraint::Killed if self.is_ending => {}
            Restraint::Killed => tracing::error!("{scope} was killed: its orders are canceled"),
        }
    }

    fn take_limit(&self, instrument_id: InstrumentId) {
        let Ok(change) = self.record.read::<LimitChange>() else { return };
        let LimitChange { by, limit, verdict, value, value_scale, .. } = *change;
        let scope = match change.scope {
            ScopeKind::Instrument => self.name(instrument_id).to_owned(),
            scope => self.scope(scope, change.index),
        };
        let value = format_scaled(Notional::from(value).0, value_scale);
        match verdict {
            LimitVerdict::Applied => {
                tracing::warn!("{by} changed a limit: {limit:?} of {scope} is {value} now")
            }
            LimitVerdict::OutOfBounds => {
                tracing::warn!(
                    "{by} may not change {limit:?} of {scope} to {value}: the configuration allows less"
                )
            }
            LimitVerdict::NoSuchLimit => tracing::warn!("{by} wants {limit:?} of {scope}: there is none"),
            LimitVerdict::Asked => {}
        }
    }

    fn name(&self, instrument_id: InstrumentId) -> &str {
        self.names.instruments.get(instrument_id.index()).map_or("?", String::as_str)
    }

    fn scope(&self, scope: ScopeKind, index: u16) -> String {
        match scope {
            ScopeKind::Engine => "the engine".to_owned(),
            ScopeKind::Venue => format!("venue {index}"),
            ScopeKind::Strategy => {
                let name = self.names.strategies.get(usize::from(index)).map_or("?", String::as_str);
                format!("strategy {name}")
            }
            ScopeKind::Instrument => format!("instrument {index}"),
        }
    }
}
