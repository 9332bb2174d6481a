//! The schema of a placement file: which core runs which actors. A document of its own, that a configuration names.

use crate::configuration::schema::Kind::{Choice, Integer, List, Name, Pattern, Tables};
use crate::configuration::schema::Need::{Optional, Required};
use crate::configuration::schema::{Key, Table, default, key};

/// The document that `[placement] file` names.
pub fn placement_file() -> Table {
    Table {
        doc: "What `[placement] file` names: which core runs which actors, on one page.",
        keys: vec![Key {
            name: "core",
            kind: Tables(core(), 1),
            need: Required,
            doc: "A thread of the engine, in the order in which the page is read.",
        }],
    }
}

fn core() -> Table {
    Table {
        doc: "One thread and the actors that take turns on it, in the order of their patterns.",
        keys: vec![
            key("name", Name, Required, "Names the thread; no two are alike."),
            key(
                "cpu",
                Integer(0, 1023),
                Optional,
                "The processor to pin it to; without it, the system chooses.",
            ),
            key(
                "wait",
                Choice(vec!["spin", "yield", "park"]),
                default("\"park\""),
                "What it does without work: `spin` burns its processor and is the fastest, `yield` lets others run \
             between looks, `park` sleeps until woken.",
            ),
            key(
                "actors",
                List(&Pattern),
                Required,
                "The actors that it runs; a `*` at the end stands for any rest.",
            ),
        ],
    }
}
