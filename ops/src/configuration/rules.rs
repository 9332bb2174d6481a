//! What keys can be wrong about together: names that must exist elsewhere, pairs that must be in order.
//!
//! The rules read the document, not the types, so that they speak even where another key is wrong, and can say on
//! which line. What is missing or of the wrong kind was told by [`super::check`] and is passed over here.

mod scopes;

use std::collections::{BTreeMap, BTreeSet};

use fulmar_bus::record::Nanos;
use fulmar_engine::market::interval;
use fulmar_engine::market::limits::PAIR_INSTRUMENTS_MAX;
use fulmar_strategies::{Registry, StrategyEntry};

use super::check::{element_path, joined};
use super::document::Node;
use super::nearest::nearest;
use super::schema::{Kind, one_of};
use super::strategies::{entry_of, intervals_asked, parameters_go_together};
use super::text;
use super::violation::Violations;
use crate::venues;

/// The limits without which nothing may be traded.
const LIMITS_REQUIRED: [&str; 3] = ["order_quantity_max", "order_notional_max", "position_max"];

/// The rules of a configuration, in a program with these strategies.
pub fn configuration(document: &Node, registry: &Registry, violations: &mut Violations) {
    let known = instruments_of(document);
    for (path, venue) in row(document, "venue") {
        if let (Some(name), Some(listed)) = (venue.name(), venue.get("instruments")) {
            let key = joined(&path, "instruments");
            symbols_are_spelled_as_by_their_venue(name, listed.elements(), &key, violations);
        }
        environment_is_one_of_its_venue(venue, &path, violations);
        depth_interval_is_one_of_its_venue(venue, &path, violations);
        depth_is_one_of_its_venue(venue, &path, violations);
        bars_are_made_by_their_venue(venue, &path, violations);
        backoff_is_in_order(venue, &path, violations);
        key_has_its_file(venue, &path, violations);
        scales_are_of_its_instruments(venue, &path, violations);
    }
    for (path, strategy) in row(document, "strategy") {
        for instrument in strategy.get("instruments").map(Node::elements).unwrap_or_default() {
            instrument_is_known(
                instrument,
                instrument.as_text(),
                &known,
                (&joined(&path, "instruments"), violations),
            );
        }
        // What is of no known kind was told by the check.
        let Some(entry) = entry_of(strategy, registry) else { continue };
        parameters_go_together(strategy, entry, (&path, violations));
        its_bars_are_made(strategy, entry, document, (&path, violations));
        if entry.is_trading {
            what_it_trades_has_limits(strategy, document.get("risk"), &known, (&path, violations));
        }
    }
    pairs_share_nothing(document, &known, violations);
    lengths_of_bars_differ(document, violations);
    memory_with_names_has_no_huge_pages(document, violations);
    scopes::scopes(document, violations);
    let limits = document.get("risk").and_then(|risk| risk.get("instrument")).and_then(Node::as_table);
    for (name, limit) in limits.into_iter().flatten() {
        instrument_is_known(limit, Some(name), &known, ("risk.instrument", violations));
    }
}

/// The rules of a placement file.
pub fn placement(document: &Node, violations: &mut Violations) {
    let mut by_cpu: BTreeMap<i128, (&str, bool)> = BTreeMap::new();
    let mut core_of_pattern: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, core) in row(document, "core") {
        let name = core.name().unwrap_or_default();
        let spins = core.get("wait").and_then(Node::as_text) == Some("spin");
        match core.get("cpu").map(|cpu| (cpu, cpu.as_integer())) {
            None if spins => {
                let right = "state `cpu`, or wait by \"yield\" or \"park\"";
                violations.add(
                    &core.origin,
                    &joined(&path, "wait"),
                    "it spins, but on no processor of its own",
                    right,
                );
            }
            Some((cpu, Some(number))) => {
                if let Some((other, _)) = by_cpu.get(&number).filter(|(_, other_spins)| spins || *other_spins)
                {
                    let wrong =
                        format!("processor {number} is shared with \"{other}\", and one of the two spins");
                    violations.add(
                        &cpu.origin,
                        &joined(&path, "cpu"),
                        wrong,
                        "give each its own, or let both yield",
                    );
                }
                by_cpu.insert(number, (name, spins));
            }
            _ => {}
        }
        for pattern in core.get("actors").map(Node::elements).unwrap_or_default() {
            let Some(text) = pattern.as_text() else { continue };
            // Twice on one core is a repetition in a list, which the check tells.
            if let Some(other) = core_of_pattern.insert(text, name).filter(|other| *other != name) {
                let wrong = format!("{text:?} stands on \"{other}\" too");
                violations.add(&pattern.origin, &joined(&path, "actors"), wrong, "an actor runs on one core");
            }
        }
    }
}

/// Tells of each of the `listed` symbols that `venue` spells otherwise. `key` is what lists them.
pub fn symbols_are_spelled_as_by_their_venue(
    venue: &str,
    listed: &[Node],
    key: &str,
    violations: &mut Violations,
) {
    for symbol in listed {
        // What is no symbol at all was told by the check, and is not to be told as the spelling of another.
        let is_symbol = |text: &&str| text::fault(text, &Kind::Symbol).is_none();
        let Some(written) = symbol.as_text().filter(is_symbol) else { continue };
        let right = venues::spelled(venue, written);
        if right != written {
            let wrong = format!("{written:?} is not how this venue spells a symbol");
            violations.add(&symbol.origin, key, wrong, format!("write {right:?}"));
        }
    }
}

/// Where a venue has no test exchange, one that is asked for must not be the real one in silence.
fn environment_is_one_of_its_venue(venue: &Node, path: &str, violations: &mut Violations) {
    let Some(name) = venue.name().filter(|name| venues::NAMES.contains(name)) else { return };
    let had = venues::environments(name);
    let Some(environment) = venue.get("environment") else { return };
    // What is the name of no world at all was told by the check.
    let is_another = |text: &&str| venues::ENVIRONMENTS.contains(text) && !had.contains(text);
    if let Some(text) = environment.as_text().filter(is_another) {
        let wrong = format!("this venue has no {text:?}");
        violations.add(&environment.origin, &joined(path, "environment"), wrong, takes(&had));
    }
}

fn memory_with_names_has_no_huge_pages(document: &Node, violations: &mut Violations) {
    let stated = |key| document.get("bus").and_then(|bus| bus.get(key));
    let is_named = stated("backend").and_then(Node::as_text) == Some("named");
    if let Some(pages) = stated("pages").filter(|pages| is_named && pages.as_text() == Some("huge")) {
        let right = "state pages = \"normal\", or backend = \"memfd\"";
        violations.add(&pages.origin, "bus.pages", "memory with names has no huge pages", right);
    }
}

fn depth_interval_is_one_of_its_venue(venue: &Node, path: &str, violations: &mut Violations) {
    let Some(name) = venue.name().filter(|name| venues::NAMES.contains(name)) else { return };
    let taken = venues::depth_intervals(name);
    let Some(interval) = venue.get("depth_interval") else { return };
    if let Some(text) = interval.as_text().filter(|text| !taken.contains(text) && text.ends_with("ms")) {
        let wrong = format!("{text:?} is not sent by this venue");
        violations.add(&interval.origin, &joined(path, "depth_interval"), wrong, takes(taken));
    }
}

fn depth_is_one_of_its_venue(venue: &Node, path: &str, violations: &mut Violations) {
    let Some(name) = venue.name().filter(|name| venues::NAMES.contains(name)) else { return };
    let taken = venues::depths(name);
    let Some(depth) = venue.get("depth") else { return };
    let is_taken = |depth: i128| taken.iter().any(|taken| i128::from(*taken) == depth);
    if let Some(number) = depth.as_integer().filter(|number| !is_taken(*number)) {
        let wrong = format!("no book of {number} levels can be subscribed to at this venue");
        let texts: Vec<String> = taken.iter().map(u32::to_string).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        violations.add(&depth.origin, &joined(path, "depth"), wrong, takes(&texts));
    }
}

fn bars_are_made_by_their_venue(venue: &Node, path: &str, violations: &mut Violations) {
    let Some(name) = venue.name().filter(|name| venues::NAMES.contains(name)) else { return };
    let made = venues::bars(name);
    let Some(bars) = venue.get("bars") else { return };
    for bar in bars.elements() {
        if let Some(text) = bar.as_text().filter(|text| !made.contains(text)) {
            let wrong = format!("this venue makes no bars of {text:?}");
            violations.add(&bar.origin, &joined(path, "bars"), wrong, takes(made));
        }
    }
}

/// What would be right where a venue takes these values alone.
fn takes(taken: &[&str]) -> String {
    if taken.is_empty() {
        "leave the key out: it has no choice".to_owned()
    } else {
        format!("it takes {}", one_of(taken))
    }
}

fn backoff_is_in_order(venue: &Node, path: &str, violations: &mut Violations) {
    let Some(reconnect) = venue.get("reconnect") else { return };
    let (Some(low), Some(high)) = (reconnect.get("backoff_min_ms"), reconnect.get("backoff_max_ms")) else {
        return;
    };
    if low.as_integer() > high.as_integer() && high.as_integer().is_some() {
        let path = joined(&joined(path, "reconnect"), "backoff_min_ms");
        violations.add(&low.origin, &path, "it is above backoff_max_ms", "lower it, or raise backoff_max_ms");
    }
}

fn key_has_its_file(venue: &Node, path: &str, violations: &mut Violations) {
    let Some(key) = venue.get("key") else { return };
    let is_file = key.get("from").and_then(Node::as_text) == Some("file");
    match (is_file, key.get("path")) {
        (true, None) => {
            let wrong = "it is from a file, and none is named";
            violations.add(&key.origin, &joined(path, "key"), wrong, "state `path`");
        }
        (false, Some(file)) => {
            let path = joined(&joined(path, "key"), "path");
            violations.add(&file.origin, &path, "no file is read", "state `from = \"file\"`, or remove this");
        }
        _ => {}
    }
}

fn scales_are_of_its_instruments(venue: &Node, path: &str, violations: &mut Violations) {
    let Some(scales) = venue.get("scale").and_then(Node::as_table) else { return };
    let listed: BTreeSet<String> = symbols_of(venue).collect();
    for (symbol, scale) in scales.iter().filter(|(symbol, _)| !listed.contains(*symbol)) {
        let right = match nearest(symbol, listed.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "list it in `instruments`, or remove this".to_owned(),
        };
        let wrong = format!("{symbol:?} is not among its instruments");
        violations.add(&scale.origin, &joined(path, "scale"), wrong, right);
    }
}

fn pairs_share_nothing(document: &Node, known: &BTreeSet<String>, violations: &mut Violations) {
    let mut pair_of: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, pair) in row(document, "pair") {
        let path = joined(&path, "instruments");
        let instruments = pair.get("instruments").map(Node::elements).unwrap_or_default();
        if instruments.len() > PAIR_INSTRUMENTS_MAX {
            let wrong = format!("{} are listed", instruments.len());
            let right = format!("a pair has {PAIR_INSTRUMENTS_MAX} instruments at most");
            violations.add(&pair.origin, &path, wrong, right);
        }
        for instrument in instruments {
            let Some(name) = instrument.as_text() else { continue };
            instrument_is_known(instrument, Some(name), known, (&path, violations));
            let own = pair.name().unwrap_or_default();
            // Twice in one pair is a repetition in a list, which the check tells.
            if let Some(other) = pair_of.insert(name, own).filter(|other| *other != own) {
                let wrong = format!("{name:?} is in {other:?} too");
                violations.add(&instrument.origin, &path, wrong, "an instrument is in one pair");
            }
        }
    }
}

/// Two texts may name one length, which a list's check for repetition does not see.
fn lengths_of_bars_differ(document: &Node, violations: &mut Violations) {
    let mut seen: BTreeMap<Nanos, &str> = BTreeMap::new();
    for (node, text, length) in bars_of(document) {
        if let Some(other) = seen.insert(length, text).filter(|other| *other != text) {
            let wrong = format!("{text:?} is as long as {other:?}");
            violations.add(&node.origin, "bars.intervals", wrong, "list one of the two");
        }
    }
}

fn its_bars_are_made(strategy: &Node, entry: &StrategyEntry, document: &Node, at: (&str, &mut Violations)) {
    let made: Vec<(&str, Nanos)> = bars_of(document).map(|(_, text, length)| (text, length)).collect();
    for (node, path, text) in intervals_asked(strategy, entry, at.0) {
        let is_made = |wanted| made.iter().any(|(_, length)| *length == wanted);
        if !made.is_empty() && interval::parse(text).is_some_and(|wanted| !is_made(wanted)) {
            let texts: Vec<&str> = made.iter().map(|(text, _)| *text).collect();
            let right = format!("list it in [bars] intervals, or take {}", one_of(&texts));
            at.1.add(&node.origin, &path, format!("no bars of {text:?} are made"), right);
        }
    }
}

/// The lengths of bars that can be read, each with where and how it is written.
fn bars_of(document: &Node) -> impl Iterator<Item = (&Node, &str, Nanos)> {
    let listed = document.get("bars").and_then(|bars| bars.get("intervals")).map(Node::elements);
    let read = |node| {
        let text = Node::as_text(node)?;
        Some((node, text, interval::parse(text)?))
    };
    listed.unwrap_or_default().iter().filter_map(read)
}

fn what_it_trades_has_limits(
    strategy: &Node,
    risk: Option<&Node>,
    known: &BTreeSet<String>,
    at: (&str, &mut Violations),
) {
    for instrument in strategy.get("instruments").map(Node::elements).unwrap_or_default() {
        let Some(name) = instrument.as_text().filter(|name| known.contains(*name)) else { continue };
        let own = risk.and_then(|risk| risk.get("instrument")?.get(name));
        let is_stated =
            |limit: &str| [risk, own].into_iter().flatten().any(|table| table.get(limit).is_some());
        let missing: Vec<&str> = LIMITS_REQUIRED.into_iter().filter(|limit| !is_stated(limit)).collect();
        if !missing.is_empty() {
            let wrong = format!("{name:?} has no {}", missing.join(", no "));
            let right = format!("state it in [risk] or in [risk.instrument.{name:?}]");
            at.1.add(&instrument.origin, &joined(at.0, "instruments"), wrong, right);
        }
    }
}

/// `at` is the key that names the instrument, and where to tell.
fn instrument_is_known(
    node: &Node,
    name: Option<&str>,
    known: &BTreeSet<String>,
    at: (&str, &mut Violations),
) {
    let Some(name) = name.filter(|name| name.contains(':') && !known.contains(*name)) else { return };
    // What is of no venue is no better than what was typed.
    let is_of_a_venue =
        |name: &&str| name.split_once(':').is_some_and(|(venue, _)| venues::NAMES.contains(&venue));
    let right = match nearest(name, known.iter().map(String::as_str).filter(is_of_a_venue)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => "list its symbol in the `instruments` of its [[venue]]".to_owned(),
    };
    at.1.add(&node.origin, at.0, format!("no venue has {name:?}"), right);
}

/// The instruments of all venues. Those of a misspelt venue stand under the name that was most likely meant too: the
/// check told of the venue, and whoever names its instruments rightly is not to be told to follow its mistake.
fn instruments_of(document: &Node) -> BTreeSet<String> {
    let of_venue = |(_, venue): (String, &Node)| {
        let name = venue.name().unwrap_or_default();
        let names = BTreeSet::from([name, nearest(name, venues::NAMES).unwrap_or(name)]);
        let named = names
            .into_iter()
            .flat_map(|name| symbols_of(venue).map(move |symbol| format!("{name}:{symbol}")));
        named.collect::<Vec<_>>()
    };
    row(document, "venue").flat_map(of_venue).collect()
}

/// The symbols that a venue lists, as it spells them, so that one that is not is told wherever it is named.
pub fn symbols_of(venue: &Node) -> impl Iterator<Item = String> {
    let name = venue.name().unwrap_or_default();
    let listed = venue.get("instruments").map(Node::elements).unwrap_or_default();
    listed.iter().filter_map(Node::as_text).map(move |symbol| venues::spelled(name, symbol))
}

/// The tables in a row, each with its path.
pub fn row<'a>(document: &'a Node, name: &str) -> impl Iterator<Item = (String, &'a Node)> {
    let elements = document.get(name).map(Node::elements).unwrap_or_default();
    elements.iter().enumerate().map(move |(index, element)| (element_path(name, index, element), element))
}
