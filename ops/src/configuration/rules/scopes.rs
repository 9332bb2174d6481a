//! What the limits of scopes can be wrong about: a venue or a strategy that is not there, an amount of no currency.

use fulmar_engine::trading::account::Asset;

use super::row;
use crate::configuration::document::Node;
use crate::configuration::meaning::confidence_ppm;
use crate::configuration::nearest::nearest;
use crate::configuration::violation::Violations;

/// The amounts of a scope: each is of the currency.
const AMOUNTS: [&str; 5] = ["exposure_max", "daily_loss_max", "drawdown_max", "pnl_jump_max", "var_max"];

/// The rules of `[risk.engine]`, `[risk.venue.NAME]`, `[risk.strategy.NAME]` and `[risk.worth.ASSET]`.
pub(super) fn scopes(document: &Node, violations: &mut Violations) {
    let Some(risk) = document.get("risk") else { return };
    let has_currency = risk.get("currency").is_some();
    for (kind, row_name) in [("venue", "venue"), ("strategy", "strategy")] {
        let known: Vec<&str> = row(document, row_name).filter_map(|(_, node)| node.name()).collect();
        for (name, scope) in tables(risk, kind) {
            let path = format!("risk.{kind}.{name}");
            if !known.contains(&name) {
                let right = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => format!("it is the name of a [[{row_name}]]"),
                };
                violations.add(&scope.origin, &path, format!("there is no {kind} {name:?}"), right);
            }
            amounts_have_a_currency(scope, &path, has_currency, violations);
            value_at_risk_can_be_known(scope, &path, violations);
        }
    }
    if let Some(engine) = risk.get("engine") {
        amounts_have_a_currency(engine, "risk.engine", has_currency, violations);
        value_at_risk_can_be_known(engine, "risk.engine", violations);
    }
    let assets = tables(risk, "worth").map(|(name, node)| (name, node, "risk.worth"));
    let currency = risk.get("currency").and_then(|node| Some((node.as_text()?, node, "risk.currency")));
    for (name, node, path) in assets.chain(currency) {
        if Asset::new(name).is_none() {
            let right = "an asset has 16 bytes at most";
            violations.add(&node.origin, path, format!("{name:?} is no asset"), right);
        }
    }
}

fn tables<'a>(risk: &'a Node, name: &str) -> impl Iterator<Item = (&'a str, &'a Node)> {
    let tables = risk.get(name).and_then(Node::as_table);
    tables.into_iter().flatten().map(|(name, node)| (name.as_str(), node))
}

/// The window of returns reaches as far as the confidence asks.
fn value_at_risk_can_be_known(scope: &Node, path: &str, violations: &mut Violations) {
    let Some(confidence) = scope.get("var_confidence_percent") else { return };
    let Some(text) = confidence.as_text() else { return };
    let method = scope.get("var_method").and_then(Node::as_text);
    let right = match confidence_ppm(text) {
        None => "it is above 50 and below 100, with four digits behind the point at most",
        Some(ppm) if method != Some("parametric") && ppm > HISTORICAL_PPM_MAX => {
            "what is seen of three hours reaches to 99.9; `var_method = \"parametric\"` goes beyond"
        }
        Some(_) => return,
    };
    let key = format!("{path}.var_confidence_percent");
    violations.add(&confidence.origin, &key, format!("{text:?} cannot be computed"), right);
}

/// The largest confidence of which one return of those that are kept is expected to be beyond it.
const HISTORICAL_PPM_MAX: u32 = 999_000;

fn amounts_have_a_currency(scope: &Node, path: &str, has_currency: bool, violations: &mut Violations) {
    let stated = AMOUNTS.iter().find_map(|key| scope.get(key));
    if let Some(stated) = stated.filter(|_| !has_currency) {
        let right = "state what it is an amount of, `currency = \"USDT\"` in [risk]";
        violations.add(&stated.origin, path, "its amounts are of no currency", right);
    }
}
