//! Keeps the arrows: which crate may know which, and which module may name what.
//!
//! A broken arrow is told with its file, its line and the rule in words. To draw a new arrow, say why in the commit and
//! change the rule here.

use fulmar_tests::source::{Mention, Source, files, names, relative, root, sources};

/// A rule on the paths that shipped code names.
struct Rule {
    /// The rule in words.
    says: &'static str,
    /// Files that it holds for: they begin so.
    files: &'static [&'static str],
    /// Files among them that it does not hold for.
    except: &'static [&'static str],
    /// Paths that they may not name, with all below these.
    banned: &'static [&'static str],
    /// Paths below the banned ones that they may name.
    allowed: &'static [&'static str],
}

/// Which of our own crates each may depend on.
const CRATES: [(&str, &[&str]); 9] = [
    ("bus", &[]),
    ("engine", &["fulmar-bus"]),
    ("adapters", &["fulmar-bus", "fulmar-engine"]),
    ("strategies", &["fulmar-bus", "fulmar-engine"]),
    ("strategies/c", &["fulmar-bus", "fulmar-engine", "fulmar-strategies"]),
    // The last two for its tests alone: the venues on loopback, and the library that strategies in C attach by.
    ("ops", EVERY_CRATE_BUT_ITSELF),
    // A user's project sees the program and the SDK, and needs no more.
    ("ops/template", &["fulmar", "fulmar-strategies"]),
    ("tests", EVERY_CRATE),
    ("benches", EVERY_CRATE),
];

const EVERY_CRATE_BUT_ITSELF: &[&str] =
    &["fulmar-bus", "fulmar-engine", "fulmar-adapters", "fulmar-strategies", "fulmar-tests", "fulmar-c"];

const EVERY_CRATE: &[&str] =
    &["fulmar", "fulmar-bus", "fulmar-engine", "fulmar-adapters", "fulmar-strategies", "fulmar-tests"];

/// Crates of others that speak to the network or wait for it: no business of these rooms.
const NO_NETWORK: [&str; 3] = ["bus", "engine", "strategies"];

const NETWORK: &[&str] = &[
    "axum",
    "futures",
    "futures_util",
    "hyper",
    "kameo",
    "reqwest",
    "rustls",
    "sqlx",
    "tokio",
    "tokio_tungstenite",
    "tungstenite",
];

const SOCKETS: &[&str] = &["std::net", "std::os::unix::net", "rustix::net"];

const CLOCKS: &[&str] = &["std::time::Instant", "std::time::SystemTime", "quanta"];

const RULES: &[Rule] = &[
    Rule {
        says: "the bus, the engine and strategies open no socket but the one that processes attach at",
        files: &["bus/src", "engine/src", "strategies/src"],
        except: &["bus/src/attach"],
        banned: SOCKETS,
        allowed: &[],
    },
    Rule {
        says: "the bus, the engine and strategies speak to no network and await nothing",
        files: &["bus/src", "engine/src", "strategies/src"],
        except: &[],
        banned: NETWORK,
        allowed: &[],
    },
    Rule {
        says: "records are words: they know no channel that carries them",
        files: &["bus/src/record"],
        except: &[],
        banned: &["fulmar_bus::channel", "std::sync", "rustix"],
        allowed: &[],
    },
    Rule {
        says: "the bus asks the operating system for memory where it maps it, and where it shares it",
        files: &["bus/src"],
        except: &["bus/src/channel/region.rs", "bus/src/segment", "bus/src/attach"],
        banned: &["rustix", "shared_memory", "std::fs", "std::os"],
        allowed: &[],
    },
    Rule {
        says: "a clock is read in engine::runtime::clock alone: time is an argument",
        files: &["bus/src", "engine/src", "adapters/src", "strategies/src", "ops/src"],
        except: &["engine/src/runtime/clock.rs"],
        banned: CLOCKS,
        allowed: &[],
    },
    Rule {
        says: "books and numbers are pure: they know no actor, no runtime, no order, no file",
        files: &["engine/src/market"],
        except: &[],
        banned: &["fulmar_bus::channel", "fulmar_engine", "std::fs", "std::io", "std::sync", "std::thread"],
        allowed: &["fulmar_engine::market"],
    },
    Rule {
        says: "orders, risk and positions are pure: of the engine they know the market's numbers alone",
        files: &["engine/src/trading"],
        except: &[],
        banned: &["fulmar_bus::channel", "fulmar_engine", "std::fs", "std::io", "std::sync", "std::thread"],
        allowed: &["fulmar_engine::trading", "fulmar_engine::market"],
    },
    Rule {
        says: "the contracts know neither who runs them nor who keeps them",
        files: &["engine/src/contract"],
        except: &[],
        banned: &["fulmar_engine", "std::fs", "std::io", "std::sync", "std::thread"],
        allowed: &["fulmar_engine::contract", "fulmar_engine::market", "fulmar_engine::trading"],
    },
    Rule {
        says: "the runtime gives turns; what an actor does in one is not its business",
        files: &["engine/src/runtime"],
        except: &[],
        banned: &["fulmar_engine"],
        allowed: &["fulmar_engine::runtime"],
    },
    Rule {
        says: "simulated markets are pure: the same calls give the same result",
        files: &["engine/src/simulation"],
        except: &[],
        banned: &["fulmar_bus::channel", "fulmar_engine", "std::fs", "std::io", "std::sync", "std::thread"],
        allowed: &["fulmar_engine::simulation", "fulmar_engine::market"],
    },
    Rule {
        says: "the journal keeps records, whoever made them",
        files: &["engine/src/journal"],
        except: &[],
        banned: &["fulmar_engine"],
        allowed: &["fulmar_engine::journal"],
    },
    Rule {
        says: "actors are wired by engine::wiring; they do not wire",
        files: &["engine/src/actors"],
        except: &[],
        banned: &["fulmar_engine::wiring", "fulmar_bus::channel::create", "std::fs", "std::thread"],
        allowed: &[],
    },
    Rule {
        says: "actors share no memory but channels; the journal alone outlives its actor, off the tick path",
        files: &["engine/src/actors"],
        except: &["engine/src/actors/recorder.rs"],
        banned: &["std::sync", "std::rc", "std::cell"],
        allowed: &[],
    },
    Rule {
        says: "threads of the engine are started and parked by the runtime alone",
        files: &["bus/src", "engine/src", "strategies/src"],
        except: &[
            "engine/src/runtime/core_loop.rs",
            "engine/src/runtime/team.rs",
            "engine/src/runtime/wait.rs",
            // The loop of a process of its own.
            "strategies/src/attach/session.rs",
        ],
        banned: &["std::thread"],
        allowed: &[],
    },
    Rule {
        says: "a venue is a translator: it owns no socket, no clock, no thread, no file, and does no IO",
        files: &["adapters/src"],
        except: &["adapters/src/transport", "adapters/src/simulated"],
        banned: &[
            "std::fs",
            "std::io",
            "std::net",
            "std::os",
            "std::sync",
            "std::thread",
            "std::time",
            "axum",
            "futures_util",
            "reqwest",
            "rustls",
            "tokio",
            "tokio_tungstenite",
            "fulmar_adapters::transport",
            "fulmar_adapters::simulated",
            "fulmar_engine::actors",
            "fulmar_engine::runtime",
            "fulmar_engine::wiring",
            "fulmar_engine::journal",
            "fulmar_bus::channel",
        ],
        allowed: &[],
    },
    Rule {
        says: "what all venues share does not know the simulated one",
        files: &[
            "adapters/src/sync",
            "adapters/src/decode",
            "adapters/src/pacer.rs",
            "adapters/src/transport",
        ],
        except: &[],
        banned: &["fulmar_adapters::simulated"],
        allowed: &[],
    },
    Rule {
        says: "adapters decide nothing about trading: of it they see what the risk gate approved",
        files: &["adapters/src"],
        except: &[],
        banned: &[
            "fulmar_engine::actors",
            "fulmar_engine::wiring",
            "fulmar_engine::trading",
            "fulmar_strategies",
        ],
        allowed: &["fulmar_engine::trading::risk::Approved", "fulmar_engine::trading::InstrumentRules"],
    },
    Rule {
        says: "a strategy sees its contract, the market's numbers, its orders, its position and what to size by; no door but the gate",
        files: &["strategies/src"],
        // What hosts a strategy in a process of its own.
        except: &["strategies/src/attach"],
        banned: &[
            "fulmar_engine",
            "fulmar_bus::channel",
            "std::env",
            "std::fs",
            "std::io",
            "std::sync",
            "std::time",
        ],
        allowed: &[
            "fulmar_engine::contract",
            "fulmar_engine::market",
            "fulmar_engine::trading::InstrumentRules",
            "fulmar_engine::trading::account::Amount",
            "fulmar_engine::trading::sizing",
            "fulmar_engine::trading::order::Fill",
            "fulmar_engine::trading::order::TrackedOrder",
            "fulmar_engine::trading::position::OpenPosition",
        ],
    },
    Rule {
        says: "the supervisor alone knows kameo; nothing of it is on the path of a tick",
        files: &["bus/src", "engine/src", "adapters/src", "strategies/src", "ops/src"],
        except: &["ops/src/supervisor"],
        banned: &["kameo"],
        allowed: &[],
    },
    Rule {
        says: "the environment is read by the program, not by its libraries",
        files: &["bus/src", "engine/src", "adapters/src", "strategies/src"],
        except: &[],
        banned: &["std::env", "env::var", "env::var_os", "env::vars_os"],
        allowed: &[],
    },
    Rule {
        says: "errors of libraries are enums; anyhow belongs to the program",
        files: &["bus/src", "engine/src", "adapters/src", "strategies/src"],
        except: &[],
        banned: &["anyhow"],
        allowed: &[],
    },
    Rule {
        says: "the program brings an allocator, and what tests share is linked with one that brings its own",
        files: &["tests/src"],
        except: &[],
        banned: &["fulmar"],
        allowed: &[],
    },
    Rule {
        says: "concrete venues and strategies are named where the program is put together, not in its parts",
        files: &["engine/src", "bus/src"],
        except: &[],
        banned: &["fulmar_adapters", "fulmar_strategies", "fulmar"],
        allowed: &[],
    },
];

/// Where `unsafe` may stand, and why.
const UNSAFE: [(&str, &str); 11] = [
    ("bus/src/channel/region.rs", "a region of memory, heap or mapped, that is read as atomics"),
    ("strategies/c/src/memory.rs", "texts and arrays that C points at"),
    ("strategies/c/src/context.rs", "a context that goes through C for the length of a callback"),
    ("strategies/c/src/session.rs", "names of functions, by which C finds them"),
    ("strategies/c/src/view.rs", "the same"),
    ("strategies/c/src/orders.rs", "the same"),
    ("strategies/c/src/numbers.rs", "the same"),
    ("strategies/c/src/outcome.rs", "the same"),
    (
        "bus/tests/attach/ways.rs",
        "what a hostile process tries with another process, and with memory to read",
    ),
    ("bus/tests/segment/hostile.rs", "what a hostile process tries with memory that it was given"),
    ("tests/tests/allocations.rs", "an allocator that counts"),
];

#[test]
fn crates_depend_in_the_direction_of_the_arrows() {
    let mut broken = Vec::new();
    for manifest in files("Cargo.toml") {
        let path = relative(&manifest);
        let Some(room) = path.strip_suffix("/Cargo.toml") else { continue };
        let text = std::fs::read_to_string(&manifest).expect("a manifest is text");
        if text.lines().any(|line| line == "[workspace]") {
            // A project of somebody's own, which stands here by chance.
            continue;
        }
        let Some((_, allowed)) = CRATES.iter().find(|(name, _)| *name == room) else {
            broken.push(format!("{path}:1: a crate without a place among the arrows"));
            continue;
        };
        for (line, name) in dependencies(&text) {
            if name.starts_with("fulmar") && !allowed.contains(&name.as_str()) {
                broken.push(format!(
                    "{path}:{line}: {name}: the arrows are bus <- engine <- the others <- ops"
                ));
            }
            if NO_NETWORK.contains(&room) && NETWORK.contains(&name.replace('-', "_").as_str()) {
                broken.push(format!("{path}:{line}: {name}: {room} speaks to no network"));
            }
        }
    }
    tell(&broken);
}

#[test]
fn modules_name_only_what_they_may() {
    let mut broken = Vec::new();
    for source in sources() {
        let rules: Vec<&Rule> = RULES.iter().filter(|rule| rule.holds_for(&source.path)).collect();
        for mention in source.mentions() {
            for rule in rules.iter().filter(|rule| rule.is_broken_by(&mention)) {
                broken.push(format!("{}:{}: {}: {}", source.path, mention.line, mention.path, rule.says));
            }
        }
    }
    tell(&broken);
}

/// The folders of venues: those of the adapters that speak a protocol.
fn venues() -> Vec<String> {
    let folder = |source: &Source| {
        let path = source.path.strip_prefix("adapters/src/")?;
        path.strip_suffix("/market_data.rs").map(str::to_owned)
    };
    sources().iter().filter_map(folder).collect()
}

#[test]
fn a_venue_knows_no_other_and_what_they_share_knows_none() {
    const SHARED: [&str; 4] = ["session/", "sync", "decode/", "transport/"];
    let venues = venues();
    let mut broken = Vec::new();
    for source in sources() {
        let Some(path) = source.path.strip_prefix("adapters/src/") else { continue };
        let own = venues.iter().find(|venue| path.starts_with(&format!("{venue}/")));
        if own.is_none() && !SHARED.iter().any(|shared| path.starts_with(shared)) {
            continue;
        }
        for mention in source.mentions() {
            let named = mention.path.strip_prefix("fulmar_adapters::").unwrap_or_default();
            let named = named.split("::").next().unwrap_or_default();
            if own.is_none_or(|own| own != named) && venues.iter().any(|venue| venue == named) {
                broken.push(format!(
                    "{}:{}: {}: a venue is known by nobody else",
                    source.path, mention.line, mention.path
                ));
            }
        }
    }
    tell(&broken);
    let read = |file: &str| std::fs::read_to_string(root().join(file)).expect("it is there");
    let (modules, list) = (read("adapters/src/lib.rs"), read("adapters/src/venues.rs"));
    assert!(!venues.is_empty(), "there are venues");
    for venue in venues {
        assert!(
            modules.contains(&format!("pub mod {venue};")),
            "{venue} is no module of adapters/src/lib.rs"
        );
        assert!(
            list.contains(&format!(" {venue}::")),
            "{venue} is not in the list of adapters/src/venues.rs"
        );
    }
}

#[test]
fn every_rule_holds_for_a_file_that_exists() {
    let all = sources();
    for rule in RULES {
        for start in rule.files.iter().chain(rule.except) {
            let is_there = all.iter().any(|source| begins(&source.path, start));
            // The supervisor's room may be built later than its door.
            assert!(
                is_there || *start == "ops/src/supervisor",
                "\"{}\" is about {start}, which is gone",
                rule.says
            );
        }
    }
}

#[test]
fn unsafe_code_stands_where_it_is_named_and_nowhere_else() {
    let mut broken = Vec::new();
    for source in sources() {
        let is_named = UNSAFE.iter().any(|(path, _)| *path == source.path);
        for (index, line) in source.code.iter().enumerate().filter(|_| !is_named) {
            if words(line).any(|word| word == "unsafe") {
                broken.push(format!("{}:{}: unsafe code may not stand here", source.path, index + 1));
            }
        }
    }
    tell(&broken);
}

#[test]
fn the_engine_names_no_venue() {
    const VENUES: [&str; 6] = ["binance", "bybit", "coinbase", "deribit", "kraken", "okx"];
    let mut broken = Vec::new();
    for source in
        sources().iter().filter(|source| in_any(&source.path, &["bus/src", "engine/src", "strategies/src"]))
    {
        for (number, line) in source.shipped() {
            let line = line.to_lowercase();
            if let Some(venue) = VENUES.iter().find(|venue| line.contains(**venue)) {
                broken.push(format!("{}:{number}: {venue}: the engine names no venue", source.path));
            }
        }
    }
    tell(&broken);
}

#[test]
fn a_strategy_is_named_by_its_entry_alone() {
    let kinds = fulmar_strategies::BUILT_IN.iter().map(|entry| format!("\"{}\"", entry.kind));
    let kinds: Vec<String> = kinds.collect();
    let mut broken = Vec::new();
    for source in sources() {
        let is_program = in_any(&source.path, &["bus/src", "engine/src", "adapters/src", "ops/src"]);
        // In texts too: a kind in a `match` is what this is about.
        let shipped = source.lines.iter().take(if is_program { source.tests_at } else { 0 });
        for (index, line) in shipped.enumerate() {
            if let Some(kind) = kinds.iter().find(|kind| line.contains(*kind)) {
                broken.push(format!(
                    "{}:{}: {kind}: what a strategy is, its entry says",
                    source.path,
                    index + 1
                ));
            }
        }
    }
    tell(&broken);
}

#[test]
fn only_what_does_io_awaits() {
    let mut broken = Vec::new();
    for source in sources() {
        let may_await =
            in_any(&source.path, &["adapters/src/transport", "adapters/src/simulated", "ops/src"]);
        if may_await || !source.path.contains("/src/") {
            continue;
        }
        for (number, line) in source.shipped() {
            if words(line).any(|word| word == "async" || word == "await") {
                broken.push(format!(
                    "{}:{number}: only transport, the simulated venue and ops await",
                    source.path
                ));
            }
        }
    }
    tell(&broken);
}

#[test]
fn no_float_is_near_money() {
    const EXACT: [&str; 8] = [
        "bus/src/record",
        "engine/src/market",
        "engine/src/trading",
        "engine/src/simulation/matching",
        "engine/src/simulation/paper",
        "adapters/src/binance",
        "adapters/src/decode",
        "adapters/src/sync",
    ];
    // Statistics of returns, whose results are integers, rounded against us.
    const STATISTICS: [&str; 1] = ["engine/src/trading/value_at_risk"];
    let is_exact = |source: &&Source| in_any(&source.path, &EXACT) && !in_any(&source.path, &STATISTICS);
    let mut broken = Vec::new();
    for source in sources().iter().filter(is_exact) {
        for (number, line) in source.shipped() {
            if words(line).any(|word| word == "f32" || word == "f64") {
                broken.push(format!("{}:{number}: prices, quantities and money are integers", source.path));
            }
        }
    }
    tell(&broken);
}

impl Rule {
    fn holds_for(&self, path: &str) -> bool {
        in_any(path, self.files) && !in_any(path, self.except)
    }

    fn is_broken_by(&self, mention: &Mention) -> bool {
        let is_below = |starts: &[&str]| starts.iter().any(|start| names(&mention.path, start));
        is_below(self.banned) && !is_below(self.allowed)
    }
}

/// True for a path that begins with one of `starts`: a folder, a file, or a module with its folder.
fn in_any(path: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| begins(path, start))
}

fn begins(path: &str, start: &str) -> bool {
    path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_alphanumeric() && character != '_')
}

/// The crates that a manifest depends on, each with its line.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut is_list = false;
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        if let Some(section) = line.strip_prefix('[') {
            is_list = section.trim_end_matches(']').ends_with("dependencies");
        } else if is_list && let Some((key, _)) = line.split_once(['.', '=']) {
            found.push((index + 1, key.trim().to_owned()));
        }
    }
    found
}

fn tell(broken: &[String]) {
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}
