//! A placement file held against what it places: the actors that the configuration makes, and the processors that
//! this process may use.
//!
//! The engine judges a plan, here as at its start; this file says on which line each of its complaints stands, and
//! which name was most likely meant. The names are read from the document, not from the types, so that they are known
//! even where another key is wrong.

use std::collections::BTreeSet;

use fulmar_engine::runtime::Wait;
use fulmar_engine::runtime::placement::{CorePlan, PlacementError, check};
use fulmar_strategies::Registry;

use super::check::joined;
use super::document::Node;
use super::nearest::nearest;
use super::rules::{row, symbols_of};
use super::strategies::entry_of;
use super::violation::Violations;
use crate::venues;

/// The rules of the placement file `placement` under the configuration `document` of a program with these strategies,
/// on `processors`.
pub fn placement(
    (document, registry): (&Node, &Registry),
    placement: &Node,
    processors: &[usize],
    violations: &mut Violations,
) {
    // Where a name is missing, or a venue's is misspelt, complaints about patterns would be about a guess.
    let Some(actors) = actors_of(document, registry) else { return };
    let names: Vec<&str> = actors.iter().map(String::as_str).collect();
    let cores: Vec<(String, &Node)> = row(placement, "core").collect();
    let plan: Vec<CorePlan> = cores.iter().filter_map(|(_, core)| core_plan(core)).collect();
    if cores.is_empty() || plan.len() < cores.len() {
        return;
    }
    // Where a core lists nothing, which was told, what it was meant to take is not known.
    let is_one_empty = plan.iter().any(|core| core.actors.is_empty());
    for error in check(&plan, processors, &names).err().unwrap_or_default() {
        match error {
            PlacementError::NotAllowed { core, cpu, allowed } => {
                let (path, node) = named(&cores, &core);
                let wrong = format!("processor {cpu} is not one that this process may use");
                let right = format!("it may use {allowed:?} (taskset or cgroup mask)");
                violations.add(&node.get("cpu").unwrap_or(node).origin, &joined(path, "cpu"), wrong, right);
            }
            PlacementError::Unmatched { core, pattern } => {
                let (path, node) = named(&cores, &core);
                let listed = node.get("actors").map(Node::elements).unwrap_or_default();
                let origin = listed.iter().find(|element| element.as_text() == Some(&pattern));
                violations.add(
                    &origin.unwrap_or(node).origin,
                    &joined(path, "actors"),
                    format!("{pattern:?} matches no actor of this configuration"),
                    advice(&pattern, &names),
                );
            }
            PlacementError::Unplaced { .. } if is_one_empty => {}
            PlacementError::Unplaced { actor } => {
                let (path, node) = cores.last().expect("there is one, or nothing was judged");
                let wrong = format!("no core takes {actor:?}");
                let right = "add it, or a pattern such as \"*\", to one";
                violations.add(
                    &node.get("actors").unwrap_or(node).origin,
                    &joined(path, "actors"),
                    wrong,
                    right,
                );
            }
            // The rules of the file alone tell it, with both names.
            PlacementError::SharedSpin { .. } => {}
        }
    }
}

/// The actors that a run of this configuration has, by the names that the engine's wiring gives them; `None` where the
/// document leaves open what they are.
fn actors_of(document: &Node, registry: &Registry) -> Option<Vec<String>> {
    let (mut feeds, mut instruments, mut strategies) = (Vec::new(), Vec::new(), Vec::new());
    for (_, venue) in row(document, "venue") {
        let name = venue.name().filter(|name| venues::NAMES.contains(name))?;
        feeds.push(format!("feed.{name}"));
        venue.get("instruments")?;
        instruments.extend(symbols_of(venue).map(|symbol| format!("{name}:{symbol}")));
    }
    let mut traded = BTreeSet::new();
    for (_, strategy) in row(document, "strategy") {
        strategies.push(format!("strategy.{}", strategy.name()?));
        let trades = entry_of(strategy, registry).is_none_or(|entry| entry.is_trading);
        let instruments = strategy.get("instruments").filter(|_| trades);
        let instruments = instruments.map(Node::elements).unwrap_or_default();
        let venues = instruments.iter().filter_map(|name| Some(name.as_text()?.split_once(':')?.0));
        traded.extend(venues);
    }
    let gateways: Vec<String> = match document.get("engine")?.get("mode")?.as_text()? {
        "live" => {
            let is_traded = |feed: &&String| traded.contains(&feed["feed.".len()..]);
            let of = |feed: &String| feed.replacen("feed.", "gateway.", 1);
            let of_traded: Vec<String> = feeds.iter().filter(is_traded).map(of).collect();
            if of_traded.is_empty() { vec![of(feeds.first()?)] } else { of_traded }
        }
        _ => vec!["gateway.paper".to_owned()],
    };
    let is_trading = !strategies.is_empty();
    let mut actors = feeds;
    actors.extend(instruments.iter().map(|name| format!("book.{name}")));
    actors.extend(instruments.iter().map(|name| format!("aggregate.{name}")));
    actors.extend(strategies);
    if is_trading && limits_value_at_risk(document) {
        actors.push("estimator".to_owned());
    }
    if is_trading {
        actors.push("risk".to_owned());
        actors.extend(gateways);
    }
    Some(actors)
}

/// True where somebody has to estimate value at risk.
fn limits_value_at_risk(document: &Node) -> bool {
    let Some(risk) = document.get("risk") else { return false };
    let of_strategy =
        |(_, strategy): (String, &Node)| risk.get("strategy")?.get(strategy.name()?)?.get("var_max");
    let is_limited = risk.get("engine").and_then(|engine| engine.get("var_max")).is_some();
    is_limited || row(document, "strategy").filter_map(of_strategy).next().is_some()
}

fn core_plan(core: &Node) -> Option<CorePlan> {
    let patterns = core.get("actors")?.elements().iter().map(|pattern| pattern.as_text().map(str::to_owned));
    Some(CorePlan {
        name: core.name()?.to_owned(),
        cpu: core.get("cpu").and_then(Node::as_integer).and_then(|cpu| usize::try_from(cpu).ok()),
        // How it waits does not enter into where it is.
        wait: Wait::Park,
        actors: patterns.collect::<Option<_>>()?,
    })
}

fn named<'a>(cores: &'a [(String, &'a Node)], name: &str) -> (&'a str, &'a Node) {
    let found = cores.iter().find(|(_, core)| core.name() == Some(name));
    let (path, node) = found.expect("the engine complains about cores that it was given");
    (path, node)
}

/// The actor, or the pattern for all of its kind, that was most likely meant.
fn advice(pattern: &str, actors: &[&str]) -> String {
    let whole = actors.iter().map(|actor| (*actor).to_owned());
    let kinds = actors.iter().filter_map(|actor| Some(format!("{}.*", actor.split_once('.')?.0)));
    let known: BTreeSet<String> = whole.chain(kinds).collect();
    match nearest(pattern, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("there is {}", actors.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use fulmar_strategies::Registry;

    use crate::configuration::{Source, Variables, load_to_run};
    use crate::live::{Held, Launch, Route};
    use fulmar_engine::wiring::actor_names;

    const DESK: &str = r#"
[[venue]]
name = "binance-spot"
instruments = ["BTCUSDT", "ETHUSDT"]
[[venue]]
name = "binance-usdm"
instruments = ["BTCUSDT"]
[[strategy]]
name = "watcher"
kind = "idle"
instruments = ["binance-usdm:BTCUSDT"]
"#;

    fn told(configuration: &str, placement: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("cores.toml"), placement).unwrap();
        let text = format!("{configuration}[placement]\nfile = \"cores.toml\"\n");
        let source = Source { file: directory.path().join("a.toml"), text };
        let read = load_to_run(&[source], &Variables::new(), &Registry::default(), &[0, 1]);
        let told = read.err().unwrap_or_default().to_string();
        told.replace(&format!("{}/", directory.path().display()), "")
    }

    #[test]
    fn what_places_nobody_who_has_no_place_and_what_core_is_not_ours_is_told_at_once_beside_the_rest() {
        let placement = r#"[[core]]
name = "market"
cpu = 7
wait = "spin"
actors = [
  "fed.*",
  "book.binance-spot:BTCUSD",
  "aggregate.*",
]
[[core]]
name = "trading"
cpu = 1
actors = ["strategy.wachter", "risk", "desk"]
"#;
        let expected = [
            "a.toml:12: venue.binance-spot.depht_interval: unknown key; did you mean `depth_interval`?",
            "cores.toml:3: core.market.cpu: processor 7 is not one that this process may use; it may use [0, 1] (taskset or cgroup mask)",
            "cores.toml:6: core.market.actors: \"fed.*\" matches no actor of this configuration; did you mean \"feed.*\"?",
            "cores.toml:7: core.market.actors: \"book.binance-spot:BTCUSD\" matches no actor of this configuration; did you mean \"book.binance-spot:BTCUSDT\"?",
            "cores.toml:13: core.trading.actors: no core takes \"feed.binance-spot\"; add it, or a pattern such as \"*\", to one",
            "cores.toml:13: core.trading.actors: no core takes \"book.binance-spot:BTCUSDT\"; add it, or a pattern such as \"*\", to one",
            "cores.toml:13: core.trading.actors: no core takes \"strategy.watcher\"; add it, or a pattern such as \"*\", to one",
            "cores.toml:13: core.trading.actors: no core takes \"gateway.paper\"; add it, or a pattern such as \"*\", to one",
            "cores.toml:13: core.trading.actors: \"strategy.wachter\" matches no actor of this configuration; did you mean \"strategy.watcher\"?",
            "cores.toml:13: core.trading.actors: \"desk\" matches no actor of this configuration; there is feed.binance-spot, book.binance-spot:BTCUSDT, aggregate.binance-spot:BTCUSDT, strategy.watcher, risk, gateway.paper",
        ];
        let one_venue = r#"
[[strategy]]
name = "watcher"
kind = "idle"
instruments = ["binance-spot:BTCUSDT"]



[[venue]]
name = "binance-spot"
instruments = ["BTCUSDT"]
depht_interval = "100ms"
"#;
        assert_eq!(told(one_venue, placement), expected.join("\n"));
    }

    #[test]
    fn one_file_serves_a_desk_with_strategies_and_one_without() {
        let kinds = "[[core]]\nname = \"a\"\nactors = [\"feed.*\", \"book.*\", \"aggregate.*\", \"strategy.*\", \"risk\", \"gateway.*\"]\n";
        assert_eq!(told(DESK, kinds), "");
        assert_eq!(told(DESK.split("[[strategy]]").next().unwrap(), kinds), "");
    }

    #[test]
    fn where_a_name_is_missing_no_pattern_is_judged() {
        let told = told(
            &DESK.replace("name = \"watcher\"", ""),
            "[[core]]\nname = \"a\"\nactors = [\"strategy.watcher\"]\n",
        );
        assert_eq!(
            told,
            "a.toml:8: strategy.0.name: missing; it takes a name of a-z, 0-9, - and _, at most 32 bytes"
        );
    }

    #[test]
    fn where_a_venue_is_misspelt_no_pattern_is_judged() {
        let told = told(
            &DESK.replace("\"binance-spot\"", "\"binance-spott\""),
            "[[core]]\nname = \"a\"\nactors = [\"feed.binance-spot\"]\n",
        );
        assert!(
            told.starts_with("a.toml:3: venue.binance-spott.name: ") && !told.contains("cores.toml"),
            "{told}"
        );
    }

    #[test]
    fn where_a_core_lists_nothing_nobody_is_told_to_have_no_place() {
        let placement = r#"[[core]]
name = "a"
cpu = 99
actors = []
[[core]]
name = "b"
actors = ["feed.*", "books.*"]
"#;
        let expected = [
            "cores.toml:3: core.a.cpu: processor 99 is not one that this process may use; it may use [0, 1] (taskset or cgroup mask)",
            "cores.toml:4: core.a.actors: nothing is listed; it takes a list; each element an actor's name, or its beginning and a * (\"feed.*\"), from 1 to 256",
            "cores.toml:7: core.b.actors: \"books.*\" matches no actor of this configuration; did you mean \"book.*\"?",
        ];
        assert_eq!(told(DESK, placement), expected.join("\n"));
    }

    #[test]
    fn the_names_are_those_that_the_engine_gives() {
        let live = format!("{DESK}[engine]\nmode = \"live\"\n");
        let listening = DESK.split("[[strategy]]").next().unwrap();
        let of_all = format!("{DESK}[risk]\ncurrency = \"USDT\"\n[risk.engine]\nvar_max = \"5\"\n");
        let of_one = of_all.replace("risk.engine", "risk.strategy.watcher");
        let quoters = |venues: &[&str]| {
            let text = |venue: &&str| format!("\"{venue}:BTCUSDT\"");
            let instruments = venues.iter().map(text).collect::<Vec<_>>().join(", ");
            let strategy =
                format!("[[strategy]]\nname = \"q\"\nkind = \"quoter\"\ninstruments = [{instruments}]\n");
            let parameters = "parameters = { quantity = \"0.01\" }\n";
            let risk =
                "[risk]\norder_quantity_max = \"1\"\norder_notional_max = \"1\"\nposition_max = \"1\"\n";
            format!("{live}{strategy}{parameters}{risk}")
        };
        let (at_one, at_both) = (quoters(&["binance-usdm"]), quoters(&["binance-usdm", "binance-spot"]));
        let texts = [
            (DESK, Route::Paper),
            (&live, Route::Venue),
            (&at_one, Route::Venue),
            (&at_both, Route::Venue),
            (listening, Route::None),
            (&of_all, Route::Paper),
            (&of_one, Route::Paper),
        ];
        for (text, route) in texts {
            let source = Source { file: "a.toml".into(), text: text.to_owned() };
            let launch = Launch {
                sources: vec![source.into()],
                variables: Variables::new(),
                route,
                keys: std::collections::BTreeMap::new(),
                epoch: 1,
                started_at_ns: 1,
                held: Held::default(),
            };
            let plan = launch.plan(&launch.load(&Registry::default()).unwrap().configuration, None).unwrap();
            let each = format!("[[core]]\nname = \"a\"\nactors = {:?}\n", actor_names(&plan));
            assert_eq!(told(text, &each), "", "{text}");
        }
    }
}
