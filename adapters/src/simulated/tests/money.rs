//! No money is made or lost at the simulated venue, whatever its clients do and whatever goes wrong: after each request
//! its book and its accounts are those of a reference, and all that anybody owns is all that was deposited.
//!
//! Fifty seeds a product, and five hundred with `FULMAR_CAMPAIGN=full`. `FULMAR_SEED=7 cargo test -p fulmar-adapters
//! --lib money -- --nocapture` plays one again and tells each step.

mod driver;
mod reference;

use std::collections::BTreeMap;

use super::client::STARTED_AT;
use crate::simulated::{Fault, SimulatedVenueConfig};
use driver::Day;
use reference::Seen;

/// Days of each product in a full campaign, of which a tenth is in every run.
const SEEDS: u64 = 500;

/// Plays days, and says what was seen in them: nothing, where one seed alone is played.
fn campaign(config: impl Fn() -> SimulatedVenueConfig) -> Option<Seen> {
    let (mut seen, mut faults) = (Seen::default(), BTreeMap::new());
    let is_full = std::env::var("FULMAR_CAMPAIGN").is_ok_and(|campaign| campaign == "full");
    let one = std::env::var("FULMAR_SEED").ok().map(|seed| seed.parse().expect("a seed is a whole number"));
    let seeds = one.map_or(1..=if is_full { SEEDS } else { SEEDS / 10 }, |seed: u64| seed..=seed);
    for seed in seeds {
        println!("{:?}, seed {seed}", config().dialect);
        let mut day = Day::new(config(), seed, one.is_some());
        day.play();
        seen.add(&day.reference.seen);
        for (name, count) in day.bench.venue.faults.counts() {
            *faults.entry(name).or_insert(0) += count;
        }
    }
    println!("{:?} {seen:?} {faults:?}", config().dialect);
    if one.is_some() {
        return None;
    }
    let missing: Vec<_> = Fault::ALL.iter().filter(|fault| !faults.contains_key(fault.name())).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
    let Seen { partial_fills, self_trades_prevented, halted, changes, .. } = seen;
    let rarest = partial_fills.min(self_trades_prevented).min(halted).min(changes);
    assert!(seen.trades > 1_000 && rarest > 10, "{seen:?}");
    Some(seen)
}

#[test]
fn no_money_is_made_or_lost_at_spot() {
    let spot = || SimulatedVenueConfig { fee_bps: 7, ..SimulatedVenueConfig::new(STARTED_AT) };
    if let Some(seen) = campaign(spot) {
        assert!(seen.refills > 25, "{seen:?}");
    }
}

#[test]
fn no_money_is_made_or_lost_at_futures() {
    let futures = || SimulatedVenueConfig { fee_bps: 4, ..SimulatedVenueConfig::usd_margined(STARTED_AT) };
    if let Some(seen) = campaign(futures) {
        assert!(seen.reductions_ended > 0 && seen.funded > 100, "{seen:?}");
    }
}
