//! Writes the module of Python that knows the library: its values, its structs, its functions, and the class that
//! strategies are made of.

use std::fmt::Write as _;

use super::api::{Api, screaming, wrapped};
use super::c::inner;
use super::source::{Doc, Field, Function, Struct};

const COLUMNS: usize = 100;
/// What a Python program gives: as wide as it is, and nothing looked up in it.
const GIVEN: [&str; 3] = ["NewOrder", "OrderTerms", "Options"];

/// The module.
pub fn module(api: &Api) -> String {
    let mut text = HEAD.replace("{version}", &fulmar_c::session::ABI_VERSION.to_string());
    for one in &api.enums {
        write!(text, "\n\nclass {}(IntEnum):\n", camel(one.named.c)).expect("a String takes all text");
        text.push_str(&docstring(api, &one.doc, "    "));
        for (name, value, doc) in &one.items {
            writeln!(text, "\n    {} = {value}", screaming(name)).expect("a String takes all text");
            text.push_str(&docstring(api, doc, "    "));
        }
    }
    for one in &api.structs {
        text.push_str(&structure(api, one));
    }
    text.push_str(&strategy(api));
    text.push_str(&callbacks(api));
    text.push_str(&prototypes(api));
    text
}

/// `order_id` as `OrderId`.
fn camel(c: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    c.split('_').map(capital).collect()
}

fn docstring(api: &Api, doc: &Doc, indent: &str) -> String {
    let told: Vec<String> = doc.iter().map(|one| api.told(one, |path| name(api, path))).collect();
    let columns = COLUMNS - indent.len() - 3;
    let paragraphs: Vec<String> =
        told.iter().map(|one| wrapped(one, columns).join(&format!("\n{indent}"))).collect();
    if paragraphs.is_empty() {
        return String::new();
    }
    let text = paragraphs.join(&format!("\n\n{indent}"));
    let end = if text.contains('\n') { format!("\n{indent}") } else { String::new() };
    format!("{indent}\"\"\"{text}{end}\"\"\"\n")
}

/// What a link to something of Rust's is in Python.
fn name(api: &Api, path: &str) -> String {
    let path = path.trim_end_matches("()");
    let (owner, last) = path.rsplit_once("::").unwrap_or(("", path));
    let owner = owner.rsplit("::").next().unwrap_or_default();
    if let Some(one) = api.enum_named(owner) {
        return format!("`{}.{}`", camel(one.named.c), screaming(last));
    }
    let known = api.struct_named(last).map(|one| one.named.c).or(api.enum_named(last).map(|one| one.named.c));
    match (known, last) {
        (Some(c), _) => format!("`{}`", camel(c)),
        (None, "Notional") => "notional".to_owned(),
        (None, last) => format!("`{last}`"),
    }
}

/// How a field is seen, where it is not seen as it lies there.
enum Seen {
    Plain,
    Enum(String),
    Truth,
    Text,
    Wide,
    Levels,
}

fn seen(api: &Api, field: &Field, is_given: bool) -> Seen {
    let Field { name, rust_type, .. } = field;
    let is_truth = rust_type == "u8" && (name.starts_with("is_") || name == "gave_way");
    match api.enum_named(rust_type) {
        Some(one) => Seen::Enum(camel(one.named.c)),
        None if is_truth && !is_given => Seen::Truth,
        None if rust_type.starts_with("Text<") || rust_type.starts_with("[c_char") => Seen::Text,
        None if rust_type == "WideNumber" => Seen::Wide,
        None if rust_type.starts_with("*const") => Seen::Levels,
        None => Seen::Plain,
    }
}

fn structure(api: &Api, one: &Struct) -> String {
    let is_given = GIVEN.contains(&one.named.rust);
    let mut payloads = api.callbacks.iter().flat_map(|callback| &callback.parameters);
    let base = match payloads.any(|payload| payload.rust_type == one.named.rust) {
        true => "Happened",
        false => "Record",
    };
    let mut text = format!("\n\nclass {}({base}):\n", camel(one.named.c));
    text.push_str(&docstring(api, &one.doc, "    "));
    let mut fields = String::new();
    let mut views = String::new();
    for field in &one.fields {
        let Field { name, rust_type, doc } = field;
        let seen = seen(api, field, is_given);
        let is_hidden = name == "reserved" || !matches!(seen, Seen::Plain);
        let place = if is_hidden { format!("_{name}") } else { name.clone() };
        writeln!(fields, "        (\"{place}\", {}),", ctype(api, rust_type))
            .expect("a String takes all text");
        if name == "reserved" {
            continue;
        }
        let (python, value) = match seen {
            Seen::Plain => {
                let python = match rust_type.as_str() {
                    "TextIn" => "bytes | None".to_owned(),
                    _ => api.struct_named(rust_type).map_or("int".to_owned(), |one| camel(one.named.c)),
                };
                writeln!(views, "\n    {name}: {python}").expect("a String takes all text");
                views.push_str(&docstring(api, doc, "    "));
                continue;
            }
            Seen::Enum(python) => (python.clone(), format!("{python}(self._{name})")),
            Seen::Truth => ("bool".to_owned(), format!("bool(self._{name})")),
            Seen::Text => ("str".to_owned(), format!("_text(self._{name})")),
            Seen::Wide => ("int".to_owned(), format!("int(self._{name}.value)")),
            Seen::Levels => {
                let count = format!("{}_count", name.trim_end_matches('s'));
                ("list[Level]".to_owned(), format!("_levels(self._{name}, self.{count})"))
            }
        };
        write!(views, "\n    @property\n    def {name}(self) -> {python}:\n")
            .expect("a String takes all text");
        views.push_str(&docstring(api, doc, "        "));
        writeln!(views, "        return {value}").expect("a String takes all text");
    }
    write!(text, "\n    _fields_ = [\n{fields}    ]\n{views}").expect("a String takes all text");
    if one.named.rust == "WideNumber" {
        text.push_str(WIDE);
    }
    text
}

fn ctype(api: &Api, rust: &str) -> String {
    if let Some(bytes) = inner(rust, "Text<") {
        return format!("c_char * {bytes}");
    }
    if let Some(array) = inner(rust, "[") {
        let (item, count) = array.trim_end_matches(']').split_once("; ").expect("an array has a length");
        return format!("{} * {count}", ctype(api, item));
    }
    if let Some(of) = rust.strip_prefix("*const ").or(inner(rust, "Items<")).or(inner(rust, "Out<'_, ")) {
        return pointer(&ctype(api, of));
    }
    if let Some(of) = inner(rust, "Places<") {
        return if of == "c_char" { "c_char_p".to_owned() } else { pointer(&ctype(api, of)) };
    }
    if let Some(of) = inner(rust, "Option<&") {
        return match of {
            "Session" | "Context" => "c_void_p".to_owned(),
            "Callbacks" => pointer("Callbacks"),
            _ => pointer(&ctype(api, of)),
        };
    }
    let word = match rust {
        "Price" | "Quantity" | "FundingRate" | "i64" => "c_int64",
        "UnixNanos" | "Nanos" | "u64" => "c_uint64",
        "InstrumentId" | "u32" => "c_uint32",
        "Outcome" | "i32" => "c_int32",
        "StrategyId" | "AccountId" | "u16" => "c_uint16",
        "u8" => "c_uint8",
        "c_char" => "c_char",
        "usize" => "c_size_t",
        "TextIn" => "c_char_p",
        "User" | "Option<Box<Session>>" => "c_void_p",
        _ if api.enum_named(rust).is_some() => "c_uint8",
        _ => return camel(api.struct_named(rust).unwrap_or_else(|| panic!("{rust} is not known")).named.c),
    };
    word.to_owned()
}

fn pointer(to: &str) -> String {
    format!("POINTER({to})")
}

fn strategy(api: &Api) -> String {
    let mut text = STRATEGY.to_owned();
    for callback in &api.callbacks {
        let payload = callback
            .parameters
            .iter()
            .map(|what| format!(", {}: {}", what.name, ctype(api, &what.rust_type)));
        let payload: String = payload.collect();
        let Function { name, doc, .. } = callback;
        write!(text, "\n    def {name}(self, context: Context{payload}) -> None:\n")
            .expect("a String takes all text");
        text.push_str(&docstring(api, doc, "        "));
    }
    text
}

fn callbacks(api: &Api) -> String {
    let mut text = CALLBACKS.to_owned();
    for callback in &api.callbacks {
        let payload = callback.parameters.first().map(|what| ctype(api, &what.rust_type));
        let kind = payload.map_or("_ON_SESSION".to_owned(), |payload| format!("_on({payload})"));
        writeln!(text, "        (\"{}\", {kind}),", callback.name).expect("a String takes all text");
    }
    text + "    ]\n"
}

fn prototypes(api: &Api) -> String {
    let mut text = PROTOTYPES.to_owned();
    for function in api.functions.iter().flat_map(|(_, functions)| functions) {
        let parameters: Vec<String> =
            function.parameters.iter().map(|one| ctype(api, &one.rust_type)).collect();
        let returns = match function.returns.as_deref() {
            None => "None".to_owned(),
            Some("*const c_char") => "c_char_p".to_owned(),
            Some(rust) => ctype(api, rust),
        };
        let Function { name, .. } = function;
        writeln!(text, "    \"{name}\": ({returns}, [{}]),", parameters.join(", "))
            .expect("a String takes all text");
    }
    text + "}\n"
}

const HEAD: &str = r#""""What Fulmar's library for other languages knows: its values, structs and functions.

Written by strategies/c/tests/bindings from the sources. Do not change it here.
"""

# ruff: noqa: E501
from __future__ import annotations

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char,
    c_char_p,
    c_int32,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint16,
    c_uint32,
    c_uint64,
    c_void_p,
)
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context

ABI_VERSION = {version}
"""Says which library this module is for."""

NO_INSTRUMENT = 0xFFFF_FFFF
"""The id of no instrument, in an event that concerns none."""

COMMISSION_SCALE = 18
"""Digits behind the point of every fee."""

FUNDING_SCALE = 12
"""Digits behind the point of every funding rate."""


class Record(Structure):
    """Something that is known. Two of them are equal where all that they tell is."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(self) is type(other) and bytes(self) == bytes(other)

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __repr__(self) -> str:
        names = [field[0].lstrip("_") for field in self._fields_]
        told = [f"{name}={getattr(self, name)!r}" for name in names if name != "reserved"]
        return f"{type(self).__name__}({', '.join(told)})"


class Happened(Record):
    """Something that happened, as a callback is given it."""

    instrument_id: int
    """The instrument that it happened to, or `NO_INSTRUMENT`."""

    received_at: int
    """When that reached this machine, in nanoseconds since 1970."""

    is_suspect: bool
    """Of a quote: it lies further from the last good one than the configured band, and may be wrong."""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _levels(levels: Any, count: int) -> list[Level]:
    return [Level.from_buffer_copy(levels[index]) for index in range(count)]
"#;

const WIDE: &str = r#"
    @property
    def value(self) -> int:
        """The number itself, with its sign."""
        value = self.high << 64 | self.low
        return value - (1 << 128) if value >> 127 else value
"#;

const STRATEGY: &str = r#"

class Strategy:
    """A strategy: what it does when something happens. A callback that is not written does nothing.

    What it decides may depend on what it is told and on its own memory alone: no clock, no random numbers. Its time is
    `context.now`. What a callback is given may be kept.
    """
"#;

const CALLBACKS: &str = r#"

_ON_SESSION = CFUNCTYPE(None, c_void_p, c_void_p)


def _on(payload: Any) -> Any:
    return CFUNCTYPE(None, c_void_p, c_void_p, POINTER(Event), POINTER(payload))


class Callbacks(Structure):
    """The table that the library calls."""

    _fields_ = [
"#;

const PROTOTYPES: &str = r#"

PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
"#;
