//! All that crosses to C: which types, under which names, and out of which sources. A new type is a line here.

use super::source::{self, Enum, Function, Named, Struct};

/// What there is.
pub struct Api {
    pub enums: Vec<Enum>,
    pub structs: Vec<Struct>,
    pub callbacks: Vec<Function>,
    /// By what they are about.
    pub functions: Vec<(&'static str, Vec<Function>)>,
}

const RECORDS: &str = "bus/src/record/";

/// File, name in Rust, name in C.
const ENUMS: [(&str, &str, &str); 15] = [
    ("strategies/c/src/outcome.rs", "Outcome", "result"),
    ("strategies/c/src/session.rs", "Wait", "wait"),
    ("market.rs", "Side", "side"),
    ("market.rs", "TopSource", "top_source"),
    ("sync.rs", "SyncState", "sync_state"),
    ("instrument.rs", "ContractKind", "contract_kind"),
    ("instrument.rs", "Listing", "listing"),
    ("order.rs", "OrderType", "order_type"),
    ("order.rs", "TriggerBy", "trigger_by"),
    ("order.rs", "TimeInForce", "time_in_force"),
    ("report.rs", "OrderStatus", "order_status"),
    ("report.rs", "ExecutionType", "execution"),
    ("report.rs", "LiquiditySide", "liquidity"),
    ("held.rs", "HeldStage", "held_stage"),
    ("engine/src/trading/risk/check.rs", "RiskCheck", "check"),
];

/// As above, each behind those that it is made of.
const STRUCTS: [(&str, &str, &str); 29] = [
    ("strategies/c/src/outcome.rs", "Error", "error"),
    ("strategies/c/src/session.rs", "Options", "options"),
    ("number.rs", "WideNumber", "wide"),
    ("id.rs", "ClientOrderId", "order_id"),
    ("strategies/c/src/callbacks.rs", "Event", "event"),
    ("market.rs", "Level", "level"),
    ("market.rs", "Trade", "trade"),
    ("market.rs", "TopOfBook", "quote"),
    ("strategies/c/src/callbacks.rs", "BookUpdate", "book_update"),
    ("market.rs", "Bar", "bar"),
    ("pair.rs", "ConsolidatedTop", "consolidated"),
    ("pair.rs", "MidSpread", "mid_spread"),
    ("pair.rs", "Arbitrage", "arbitrage"),
    ("pair.rs", "LeadLag", "lead_lag"),
    ("pair.rs", "CrossVenue", "cross_venue"),
    ("derivative.rs", "Funding", "funding"),
    ("derivative.rs", "MarkPrice", "mark_price"),
    ("instrument.rs", "ContractSize", "contract_size"),
    ("instrument.rs", "InstrumentDefinition", "definition"),
    ("instrument.rs", "InstrumentStatus", "status"),
    ("control.rs", "Timer", "timer"),
    ("order.rs", "OrderTerms", "terms"),
    ("order.rs", "Intent", "intent"),
    ("held.rs", "HeldOrder", "held_order"),
    ("report.rs", "ExecutionReport", "report"),
    ("order.rs", "Denial", "denial"),
    ("report.rs", "Position", "position"),
    ("strategies/c/src/orders.rs", "NewOrder", "new_order"),
    ("strategies/c/src/orders.rs", "Order", "order"),
];

const FUNCTIONS: [(&str, &str); 5] = [
    ("A session from its attachment to its end.", "session.rs"),
    (
        "What a strategy sees. Ids are those of the session; what is copied out is of the moment of the call.",
        "view.rs",
    ),
    (
        "What a strategy wants. Everything passes the risk gate; what became of it comes in callbacks.",
        "orders.rs",
    ),
    ("Numbers as texts and back, without a float in between.", "numbers.rs"),
    ("Results in words.", "outcome.rs"),
];

impl Api {
    /// All of it, out of the sources as they are now.
    pub fn read() -> Self {
        let text = |file: &str| match file.contains('/') {
            true => source::read(file),
            false => source::read(&format!("{RECORDS}{file}")),
        };
        let named = |file: &str, rust, c| Named { rust, c, is_record: !file.contains('/') };
        let enums =
            ENUMS.iter().map(|(file, rust, c)| source::enumeration(&text(file), named(file, rust, c)));
        let structs =
            STRUCTS.iter().map(|(file, rust, c)| source::structure(&text(file), named(file, rust, c)));
        let table = source::read("strategies/c/src/callbacks.rs");
        let strategy = source::read("engine/src/contract/strategy.rs");
        let functions = FUNCTIONS.iter().map(|(title, file)| {
            (*title, source::functions(&source::read(&format!("strategies/c/src/{file}"))))
        });
        Api {
            enums: enums.collect(),
            structs: structs.collect(),
            callbacks: source::callbacks(&table, &strategy),
            functions: functions.collect(),
        }
    }

    /// The name in C of an enumeration of Rust's, without its beginning.
    pub fn enum_named(&self, rust: &str) -> Option<&Enum> {
        self.enums.iter().find(|one| one.named.rust == rust)
    }

    /// The struct of Rust's name.
    pub fn struct_named(&self, rust: &str) -> Option<&Struct> {
        self.structs.iter().find(|one| one.named.rust == rust)
    }

    /// A doc comment with `[`links`]` replaced by what `name` calls them.
    pub fn told(&self, paragraph: &str, name: impl Fn(&str) -> String) -> String {
        let mut told = String::new();
        let mut rest = paragraph;
        while let Some((before, link)) = rest.split_once("[`") {
            told.push_str(before);
            let (path, after) = link.split_once("`]").expect("a link ends");
            told.push_str(&name(path));
            // A link that says where it leads.
            rest = match after.strip_prefix('(').and_then(|target| target.split_once(')')) {
                Some((_, after)) => after,
                None => after,
            };
        }
        told.push_str(rest);
        told
    }
}

/// `TimeInForce` as `TIME_IN_FORCE`, `LimitIfTouched` as `LIMIT_IF_TOUCHED`.
pub fn screaming(name: &str) -> String {
    let mut text = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 && !text.ends_with('_') {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

/// `text` in lines of at most `columns`.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is one");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
