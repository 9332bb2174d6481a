//! What stands between `mode = "live"` and an order at a venue: that somebody asked for it on the command line, a key
//! that may trade and may not withdraw, and a page that says what follows, before anything is sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fulmar_adapters::binance::permissions;
use fulmar_adapters::transport::ask_once;
use fulmar_engine::contract::Seal;

use super::CommandError;
use crate::configuration::{Configuration, Environment, InstrumentName, Venue};
use crate::exit::Exit;
use crate::keys::{self, FoundKey};
use crate::live::{Seals, order_venues};
use crate::venues::{self, KeyKind};

/// A run that may send orders.
pub struct LiveTrading {
    /// One a venue.
    accounts: Vec<LiveAccount>,
}

/// An account that orders are sent for.
struct LiveAccount {
    venue: Venue,
    key: FoundKey,
}

impl LiveTrading {
    /// Judges what can be judged without asking anybody.
    ///
    /// # Errors
    /// Where nobody asked for it, where a venue takes no orders from here, or where there is no key.
    pub fn prepare(is_asked_for: bool, configuration: &Configuration) -> Result<Self, CommandError> {
        let venues = order_venues(configuration);
        let refused = |what: String| Err(CommandError::told(Exit::NotAllowed, what));
        if !is_asked_for {
            let to = |venue: &&Venue| format!("{}, with {} money", venue.name, money(venue));
            return refused(format!(
                "mode = \"live\" sends orders to {}: say so on the command line too, `fulmar run --live`; \
                 mode = \"paper\" fills them inside the engine",
                venues.iter().map(to).collect::<Vec<_>>().join(", and to ")
            ));
        }
        if let Some(venue) = venues.iter().find(|venue| !venues::has_order_entry(&venue.name)) {
            let had = venues::ORDER_ENTRIES.join(", ");
            return refused(format!("this build sends no orders to {}; it does to {had}", venue.name));
        }
        let variable = |name: &str| std::env::var(name).ok();
        let account = |venue: &Venue| {
            let key = keys::find(venue, &variable);
            let key = key.map_err(|error| CommandError::told(Exit::NotAllowed, error.to_string()))?;
            Ok(LiveAccount { venue: venue.clone(), key })
        };
        Ok(LiveTrading { accounts: venues.into_iter().map(account).collect::<Result<_, CommandError>>()? })
    }

    /// How each key signs, by venue.
    pub fn key_kinds(&self) -> BTreeMap<String, KeyKind> {
        let kind = |account: &LiveAccount| (account.venue.name.clone(), account.key.credentials.kind());
        self.accounts.iter().map(kind).collect()
    }

    /// Asks each venue what its key may do; what it says, in words.
    ///
    /// # Errors
    /// Where one may withdraw, or may not trade, or its venue does not say.
    pub async fn judge_keys(&mut self) -> Result<Vec<&'static str>, CommandError> {
        let mut told = Vec::new();
        for account in &mut self.accounts {
            told.push(account.judge_key().await?);
        }
        Ok(told)
    }

    /// What will be traded, where, and within which limits.
    pub fn page(&self, configuration: &Configuration, of_keys: &[&str]) -> String {
        let accounts = self.accounts.iter().zip(of_keys);
        let mut page: String =
            accounts.map(|(account, of_key)| account.page(configuration, of_key)).collect();
        page.push_str(
            "  stop     Ctrl-C or SIGTERM cancels all orders; docs/live.md says what happens otherwise",
        );
        page
    }

    /// What signs, by venue.
    pub fn into_seals(self) -> Seals {
        let seal = |LiveAccount { venue, key }| (venue.name, Box::new(key.credentials) as Box<dyn Seal>);
        self.accounts.into_iter().map(seal).collect()
    }
}

impl LiveAccount {
    /// Asks the venue what the key may do; what it says, in words.
    ///
    /// # Errors
    /// Where it may withdraw, or may not trade, or the venue does not say.
    async fn judge_key(&mut self) -> Result<&'static str, CommandError> {
        let Some(rest_url) = venues::permissions_url(&self.venue) else {
            return Ok("a test exchange does not say what it may do");
        };
        let unknown = |cause: String| {
            let what = format!("{rest_url} does not say what the key may do, so it is not used: {cause}");
            CommandError::told(Exit::Unreachable, what)
        };
        let product = venues::product(&self.venue.name).expect("it has order entry");
        let own = venues::rest_url(&self.venue).map_err(|error| unknown(error.to_string()))?;
        let asked = ask_once(&own, &permissions::clock_target(product), None).await;
        let (_, body) = asked.map_err(|error| unknown(error.to_string()))?;
        let at = permissions::clock(&body).map_err(|_| unknown("it tells no time".to_owned()))?;
        let question = permissions::question(&mut self.key.credentials, at);
        let asked = ask_once(&rest_url, &question, self.key.credentials.http_header()).await;
        let (status, body) = asked.map_err(|error| unknown(error.to_string()))?;
        let place = &self.key.place;
        if status == 401 || status == 403 {
            let what = format!("{rest_url} does not take the key from {place}: HTTP {status}");
            return Err(CommandError::told(Exit::NotAllowed, what));
        }
        let told = permissions::answered(product, &body).map_err(|_| unknown(format!("HTTP {status}")))?;
        let refused = |why: &str| {
            let what = format!("the key from {place} {why}; nothing was sent with it");
            Err(CommandError::told(Exit::NotAllowed, what))
        };
        match told {
            told if told.may_withdraw => {
                refused("may withdraw, which a key that trades must not: make one at the venue that may not")
            }
            told if !told.may_trade => refused("may not trade here: allow it at the venue, and nothing else"),
            told if told.is_bound_to_addresses => Ok("may trade, may not withdraw, is bound to addresses"),
            _ => Ok("may trade, may not withdraw; it is NOT bound to an address, and should be"),
        }
    }

    /// What will be traded there.
    fn page(&self, configuration: &Configuration, of_key: &str) -> String {
        let LiveAccount { venue, key } = self;
        let mut page = format!("LIVE: orders go to {}, with {} money\n", venue.name, money(venue));
        let orders = venues::order_url(venue);
        let _ = writeln!(page, "  where    orders {orders}");
        let _ = writeln!(page, "  account  that of the key from {}: {of_key}", key.place);
        let mut names: Vec<&InstrumentName> =
            traded(configuration).filter(|name| name.venue == venue.name).collect();
        names.sort();
        names.dedup();
        if names.is_empty() {
            page.push_str("  trades   nothing: no strategy of this configuration trades\n");
        }
        for name in names {
            let by: Vec<&str> = (configuration.strategies.iter())
                .filter(|strategy| strategy.entry.is_trading && strategy.instruments.contains(name))
                .map(|strategy| strategy.name.as_str())
                .collect();
            let _ = writeln!(page, "  trades   {name}, by {}", by.join(", "));
            let Some(limits) = configuration.risk.limits(name) else { continue };
            let _ = writeln!(
                page,
                "           an order: {} at most, worth {} at most; a position: {}; {} open orders; {} messages a second",
                limits.order_quantity_max,
                limits.order_notional_max,
                limits.position_max,
                limits.open_orders_max,
                limits.messages_per_second
            );
        }
        page
    }
}

fn money(venue: &Venue) -> &'static str {
    match venue.environment {
        Environment::Production => "REAL",
        Environment::Testnet => "play",
    }
}

/// What the strategies of a configuration trade.
fn traded(configuration: &Configuration) -> impl Iterator<Item = &InstrumentName> {
    let trading = configuration.strategies.iter().filter(|strategy| strategy.entry.is_trading);
    trading.flat_map(|strategy| &strategy.instruments)
}
