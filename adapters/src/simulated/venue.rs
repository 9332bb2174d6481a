//! The venue itself: its markets, its accounts, what they have used of their limits, and who is told.
//!
//! Pure but for the queues that it writes to: whoever serves it passes what arrives and the time. The requests that it
//! answers stand in [`super::api`] and [`super::rest`].

use std::collections::BTreeMap;

use fulmar_bus::record::{AccountId, UnixNanos};

use super::config::{SCALE, SimulatedVenueConfig, VenueReport};
use super::connections::Connections;
use super::faults::Faults;
use super::ledger::Receipts;
use super::limits::ACCOUNTS_MAX;
use super::listen_keys::ListenKeys;
use super::market::{Held, Market};
use super::request::{ApiError, ApiRequest, param};
use super::telling::Later;

/// Counts what was used within an interval that starts on the clock, as the real venue does.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    interval_ms: u64,
    interval: u64,
    count: u32,
}

impl Usage {
    /// Nothing used.
    pub fn new(interval_ms: u64) -> Self {
        Usage { interval_ms, interval: 0, count: 0 }
    }

    /// Adds to what was used in the interval of `now`, and gives the sum.
    pub fn add(&mut self, now: UnixNanos, amount: u32) -> u32 {
        let interval = now.0 / 1_000_000 / self.interval_ms;
        if interval != self.interval {
            (self.interval, self.count) = (interval, 0);
        }
        self.count = self.count.saturating_add(amount);
        self.count
    }

    /// Whole seconds until the interval of `now` ends, rounded up.
    pub fn seconds_left(&self, now: UnixNanos) -> u64 {
        let now_ms = now.0 / 1_000_000;
        (self.interval_ms - now_ms % self.interval_ms).div_ceil(1_000)
    }
}

/// An account: one API key, the same number in each market.
#[derive(Debug)]
pub struct Account {
    /// Its key.
    pub api_key: String,
    /// Its number in every market's ledger.
    pub id: AccountId,
    /// Orders of ten seconds.
    pub orders_10_seconds: Usage,
    /// Orders of the longer interval that the product counts in.
    pub orders_long: Usage,
    /// Orders received, refused ones included.
    pub orders_received: u64,
    /// Until when its key is not valid.
    pub revoked_until: UnixNanos,
}

/// The venue.
#[derive(Debug)]
pub struct Venue {
    /// How it was set up.
    pub config: SimulatedVenueConfig,
    /// Its markets, in the order of the configuration.
    pub markets: Vec<Market>,
    /// Its accounts.
    pub accounts: Vec<Account>,
    /// Who is connected.
    pub connections: Connections,
    /// Request weight of a minute.
    pub weight: Usage,
    /// What happened so far, as far as it is counted here.
    pub report: VenueReport,
    /// Counts the ids that the venue made for clients that sent none.
    pub generated_ids: u64,
    /// The names of user-data streams.
    pub listen_keys: ListenKeys,
    /// The orders that came.
    pub receipts: Receipts,
    /// What goes wrong.
    pub faults: Faults,
    /// Until when it takes no request.
    pub closed_until: UnixNanos,
    /// What waits for its moment, in the order of it and then of its coming.
    pub later: BTreeMap<(UnixNanos, u64), Later>,
    /// Counts what waited.
    pub later_count: u64,
}

impl Venue {
    /// A venue whose books are filled and whose known keys have accounts.
    ///
    /// # Panics
    /// Where the configuration has no symbol, a symbol whose tick and step do not fit the wire, or more keys than
    /// accounts.
    pub fn new(config: SimulatedVenueConfig) -> Self {
        assert!(!config.symbols.is_empty(), "a venue trades something");
        for symbol in &config.symbols {
            let (smallest, unit) = (symbol.tick.times(symbol.step).0, 10i128.pow(u32::from(SCALE)));
            assert!(
                smallest > 0 && smallest % unit == 0,
                "tick times step is a whole number of the money's unit"
            );
        }
        let now = config.started_at;
        let markets = config.symbols.iter().map(|symbol| Market::new(symbol, &config, now)).collect();
        let mut venue = Venue {
            markets,
            accounts: Vec::new(),
            connections: Connections::default(),
            weight: Usage::new(60_000),
            report: VenueReport::default(),
            generated_ids: 0,
            listen_keys: ListenKeys::default(),
            receipts: Receipts::default(),
            faults: Faults::new(config.faults.clone()),
            closed_until: UnixNanos(0),
            later: BTreeMap::new(),
            later_count: 0,
            config,
        };
        let secrets = venue.config.credentials.iter().map(|known| known.api_key.clone());
        let pairs = venue.config.public_keys.iter().map(|known| known.api_key.clone());
        for known in secrets.chain(pairs).collect::<Vec<_>>() {
            venue.account(&known).expect("there is an account for every configured key");
        }
        venue
    }

    /// The position of a key's account, opened where it has none yet.
    pub fn account(&mut self, api_key: &str) -> Result<usize, ApiError> {
        if let Some(index) = self.accounts.iter().position(|account| account.api_key == api_key) {
            return Ok(index);
        }
        if self.accounts.len() >= ACCOUNTS_MAX {
            return Err(ApiError::unknown_key());
        }
        let mut id = None;
        for market in &mut self.markets {
            let opened = market.open_account().ok_or_else(ApiError::unknown_key)?;
            assert!(id.is_none_or(|id| id == opened), "an account has the same number in each market");
            id = Some(opened);
        }
        self.accounts.push(Account {
            api_key: api_key.to_owned(),
            id: id.expect("a venue has a market"),
            orders_10_seconds: Usage::new(10_000),
            orders_long: Usage::new(self.config.dialect.long_interval().1),
            orders_received: 0,
            revoked_until: UnixNanos(0),
        });
        Ok(self.accounts.len() - 1)
    }

    /// The position of a market.
    pub fn market(&self, symbol: Option<&str>) -> Result<usize, ApiError> {
        let symbol = symbol.ok_or_else(|| ApiError::missing("symbol"))?;
        let found = self.markets.iter().position(|market| market.symbol() == symbol);
        found.ok_or_else(|| ApiError::new(400, -1121, "Invalid symbol."))
    }

    /// When there is something to do next without a client asking.
    pub fn due_at(&self) -> UnixNanos {
        let markets = self.markets.iter().map(Market::due_at);
        let later = self.later.first_key_value().map(|((at, _), _)| *at);
        markets.chain(later).chain(self.listen_keys.due_at()).min().unwrap_or(UnixNanos(u64::MAX))
    }

    /// Does what is due.
    pub fn advance(&mut self, now: UnixNanos) {
        self.catch_up(now);
        self.expire_listen_keys(now);
        for index in 0..self.markets.len() {
            self.report.flow_events += self.markets[index].advance(now);
            self.share_balances();
        }
        self.dispatch(now);
    }

    /// Lets each market know what accounts have in the others, since an event tells of all.
    pub(super) fn share_balances(&mut self) {
        if self.markets.len() < 2 {
            return;
        }
        for account in self.accounts.iter().map(|account| account.id) {
            let mut sums: BTreeMap<String, Held> = BTreeMap::new();
            for market in &self.markets {
                let assets = [&market.config().base, &market.config().quote];
                for (asset, held) in assets.into_iter().zip(market.held_here(account)) {
                    let sum = sums.entry(asset.clone()).or_default();
                    *sum = sum.plus(held);
                }
            }
            for market in &mut self.markets {
                let here = market.held_here(account);
                let assets = [&market.config().base, &market.config().quote];
                let all = assets.map(|asset| sums[asset]);
                let less = |all: Held, here: Held| Held {
                    free: all.free - here.free,
                    locked: all.locked - here.locked,
                };
                market.note_elsewhere(account, [less(all[0], here[0]), less(all[1], here[1])]);
            }
        }
    }

    /// The account that a request speaks for, where it is there.
    pub(super) fn account_of(&self, request: &ApiRequest) -> Option<AccountId> {
        let api_key = param(&request.params, "apiKey").unwrap_or_default();
        self.accounts.iter().find(|account| account.api_key == api_key).map(|account| account.id)
    }

    /// What happened so far.
    pub fn report(&self) -> VenueReport {
        VenueReport {
            trades: self.markets.iter().map(|market| market.matching().trade_count()).sum(),
            fills: self.markets.iter().map(|market| market.trades().count()).sum(),
            orders_received: self.accounts.iter().map(|account| account.orders_received).sum(),
            frames_sent: self.connections.frames_sent,
            slow_disconnects: self.connections.slow_disconnects,
            faults: self.faults.counts().collect(),
            ..self.report.clone()
        }
    }
}
