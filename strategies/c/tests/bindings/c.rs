//! Writes the header.

use std::fmt::Write as _;

use super::api::{Api, screaming, wrapped};
use super::source::{Doc, Field, Function};

const COLUMNS: usize = 110;

/// The header.
pub fn header(api: &Api) -> String {
    let mut text = HEAD.replace("{version}", &fulmar_c::session::ABI_VERSION.to_string());
    text.push_str(&section("Values."));
    for one in &api.enums {
        text.push_str(&comment(api, &one.doc, ""));
        writeln!(text, "typedef enum fulmar_{} {{", one.named.c).expect("a String takes all text");
        for (name, value, doc) in &one.items {
            text.push_str(&comment(api, doc, "    "));
            let constant = constant(one.named.c, name);
            writeln!(text, "    {constant} = {value},").expect("a String takes all text");
        }
        writeln!(text, "}} fulmar_{};\n", one.named.c).expect("a String takes all text");
    }
    text.push_str(&section("What happens, and what is wanted."));
    for one in &api.structs {
        text.push_str(&comment(api, &one.doc, ""));
        writeln!(text, "typedef struct fulmar_{} {{", one.named.c).expect("a String takes all text");
        for field in &one.fields {
            let mut doc = match &field.doc[..] {
                [] if field.name == "reserved" => vec!["Zero.".to_owned()],
                doc => doc.to_vec(),
            };
            if let (Some(one), Some(last)) = (api.enum_named(&field.rust_type), doc.last_mut()) {
                write!(last, " A `fulmar_{}`.", one.named.c).expect("a String takes all text");
            }
            text.push_str(&comment(api, &doc, "    "));
            writeln!(text, "    {};", declared(api, field)).expect("a String takes all text");
        }
        writeln!(text, "}} fulmar_{};\n", one.named.c).expect("a String takes all text");
    }
    text.push_str(&callbacks(api));
    for (title, functions) in &api.functions {
        text.push_str(&section(title));
        for function in functions {
            text.push_str(&comment(api, &function.doc, ""));
            text.push_str(&prototype(api, function));
        }
    }
    text.push_str(FOOT);
    text
}

fn callbacks(api: &Api) -> String {
    let mut text = section(
        "Callbacks, each on the thread that runs the session. A callback returns; it does not jump out.",
    );
    text.push_str(
        "/* What a strategy does when something happens. Each may be NULL, and then nothing is done. */\n",
    );
    text.push_str("typedef struct fulmar_callbacks {\n");
    for callback in &api.callbacks {
        text.push_str(&comment(api, &callback.doc, "    "));
        let payload = callback.parameters.iter().map(|what| {
            format!(", const fulmar_event *event, {} *{}", pointee(api, &what.rust_type), what.name)
        });
        let payload: String = payload.collect();
        let begin = format!("    void (*{})(", callback.name);
        let line = format!("{begin}void *user, fulmar_context *context{payload});");
        text.push_str(&broken(&line, &" ".repeat(begin.len())));
    }
    text.push_str("} fulmar_callbacks;\n\n");
    text
}

/// The type that a pointer to what happened points to.
fn pointee(api: &Api, rust: &str) -> String {
    let named = &api.struct_named(rust).unwrap_or_else(|| panic!("{rust} has no name in C")).named;
    format!("const fulmar_{}", named.c)
}

fn section(title: &str) -> String {
    let mut text = format!("/* {} */\n", "-".repeat(COLUMNS - 6));
    for line in wrapped(title, COLUMNS - 6) {
        writeln!(text, "/* {line:<width$} */", width = COLUMNS - 6).expect("a String takes all text");
    }
    format!("{text}/* {} */\n\n", "-".repeat(COLUMNS - 6))
}

fn comment(api: &Api, doc: &Doc, indent: &str) -> String {
    let told = doc.iter().map(|paragraph| api.told(paragraph, |path| name(api, path)));
    let lines: Vec<String> = told
        .flat_map(|paragraph| {
            wrapped(&paragraph, COLUMNS - 6 - indent.len()).into_iter().chain([String::new()])
        })
        .collect();
    let Some((_, lines)) = lines.split_last() else { return String::new() };
    let text = lines.join(&format!("\n{indent} * "));
    let text: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{indent}/* {} */\n", text.join("\n"))
}

/// What a link to something of Rust's is in C.
fn name(api: &Api, path: &str) -> String {
    let path = path.trim_end_matches("()");
    let (owner, last) = path.rsplit_once("::").unwrap_or(("", path));
    let owner = owner.rsplit("::").next().unwrap_or_default();
    if let Some(one) = api.enum_named(owner) {
        return format!("`{}`", constant(one.named.c, last));
    }
    let known = api.struct_named(last).map(|one| one.named.c).or(api.enum_named(last).map(|one| one.named.c));
    match (known, last) {
        (Some(c), _) => format!("`fulmar_{c}`"),
        (None, "COMMISSION_SCALE") => "`FULMAR_COMMISSION_SCALE`".to_owned(),
        (None, "Notional") => "notional".to_owned(),
        (None, last) => format!("`{last}`"),
    }
}

/// The name of a value.
pub fn constant(c: &str, value: &str) -> String {
    format!("FULMAR_{}_{}", c.to_uppercase(), screaming(value))
}

/// A field or parameter as C declares it.
fn declared(api: &Api, field: &Field) -> String {
    let Field { name, rust_type, .. } = field;
    if let Some(bytes) = inner(rust_type, "Text<") {
        return format!("char {name}[{bytes}]");
    }
    if let Some(array) = inner(rust_type, "[") {
        let (item, count) = array.trim_end_matches(']').split_once("; ").expect("an array has a length");
        return format!("{} {name}[{count}]", c_type(api, item));
    }
    let c_type = c_type(api, rust_type);
    let space = if c_type.ends_with('*') { "" } else { " " };
    format!("{c_type}{space}{name}")
}

/// What stands within `Option<...>` and its like.
pub fn inner<'a>(rust_type: &'a str, before: &str) -> Option<&'a str> {
    let inner = rust_type.strip_prefix(before)?;
    Some(inner.strip_suffix('>').unwrap_or(inner))
}

fn c_type(api: &Api, rust: &str) -> String {
    if let Some(of) = inner(rust, "Option<&") {
        return match of {
            "Session" | "Context" => format!("fulmar_{} *", of.to_lowercase()),
            "Callbacks" => "const fulmar_callbacks *".to_owned(),
            _ => format!("const {} *", c_type(api, of)),
        };
    }
    if let Some(of) = inner(rust, "Out<'_, ").or(inner(rust, "Places<")) {
        return format!("{} *", c_type(api, of));
    }
    if let Some(of) = inner(rust, "Items<").or(rust.strip_prefix("*const ")) {
        return format!("const {} *", c_type(api, of));
    }
    let word = match rust {
        "Price" | "Quantity" | "FundingRate" | "i64" => "int64_t",
        "UnixNanos" | "Nanos" | "u64" => "uint64_t",
        "InstrumentId" | "u32" => "uint32_t",
        "i32" => "int32_t",
        "StrategyId" | "AccountId" | "u16" => "uint16_t",
        "u8" => "uint8_t",
        "c_char" => "char",
        "usize" => "size_t",
        "TextIn" => "const char *",
        "User" => "void *",
        "Outcome" => "fulmar_result",
        "Option<Box<Session>>" => "fulmar_session *",
        _ if api.enum_named(rust).is_some() => "uint8_t",
        _ => {
            let known = api.struct_named(rust).unwrap_or_else(|| panic!("{rust} has no name in C"));
            return format!("fulmar_{}", known.named.c);
        }
    };
    word.to_owned()
}

fn prototype(api: &Api, function: &Function) -> String {
    let parameters: Vec<String> = function.parameters.iter().map(|one| declared(api, one)).collect();
    let parameters = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
    let returns = function.returns.as_deref().map_or("void".to_owned(), |rust| c_type(api, rust));
    let space = if returns.ends_with('*') { "" } else { " " };
    let line = format!("{returns}{space}{}({parameters});", function.name);
    format!("{}\n", broken(&line, &" ".repeat(returns.len() + space.len() + function.name.len() + 1)))
}

/// A line, broken behind a comma where it is too long.
fn broken(line: &str, indent: &str) -> String {
    let mut text = String::new();
    let mut rest = line.to_owned();
    while rest.len() > COLUMNS {
        let at = rest[..COLUMNS].rfind(", ").expect("a long line has a comma") + 1;
        writeln!(text, "{}", &rest[..at]).expect("a String takes all text");
        rest = format!("{indent}{}", rest[at..].trim_start());
    }
    text + &rest + "\n"
}

const HEAD: &str = r#"/*
 * fulmar.h: a strategy in a process of its own, attached to a running Fulmar engine.
 *
 * A strategy is a table of callbacks. It sees the market, its orders and what it holds through a context, and asks for
 * orders there; every one of them passes the engine's risk gate. What it decides depends on what it is told and on its
 * own memory alone: its only time is fulmar_now.
 *
 *     static void on_quote(void *user, fulmar_context *context, const fulmar_event *event, const fulmar_quote *quote)
 *     {
 *         fulmar_new_order order = fulmar_limit_order(FULMAR_SIDE_BUY, quote->bid.price, 10);
 *         order.post_only = 1;
 *         fulmar_submit(context, event->instrument_id, &order, NULL);
 *     }
 *
 *     int main(void)
 *     {
 *         const fulmar_options options = {.abi_version = FULMAR_ABI_VERSION, .name = "outside"};
 *         const fulmar_callbacks callbacks = {.on_quote = on_quote};
 *         fulmar_error error;
 *         fulmar_session *session = fulmar_attach(&options, &callbacks, NULL, &error);
 *         if (session == NULL) {
 *             fprintf(stderr, "%s\n", error.text);
 *             return 1;
 *         }
 *         fulmar_run(session, &error);
 *         fulmar_detach(session);
 *     }
 *
 * Numbers are integers. A price of 61837.63 of an instrument whose price scale is 2 is 6183763; the scales stand in its
 * fulmar_definition. Money is as wide as it needs to be (fulmar_wide), at the sum of both scales. Moments are
 * nanoseconds since 1970. A text of a fixed length is filled up with zeros, and has none where it is full: print it
 * with "%.*s". What is called reserved is zero.
 *
 * A context is good within a callback, and between two turns on any thread that is alone with the session. Pointers
 * that a callback is given are good until it returns. NULL is refused wherever it has no meaning; an answer that is not
 * wanted may go to NULL. Nothing here sets errno, prints, or leaves by a jump.
 *
 * Written by strategies/c/tests/bindings from the sources. Do not change it here.
 */
#ifndef FULMAR_H
#define FULMAR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Says which header a program was compiled with. */
#define FULMAR_ABI_VERSION {version}
/* The id of no instrument, in an event that concerns none. */
#define FULMAR_NO_INSTRUMENT UINT32_MAX
/* Digits behind the point of every fee. */
#define FULMAR_COMMISSION_SCALE 18
/* Digits behind the point of every funding rate. */
#define FULMAR_FUNDING_SCALE 12
/* Room for any text that this library writes of a number or of an order's id. */
#define FULMAR_TEXT_BYTES 80

/* A strategy that is attached. */
typedef struct fulmar_session fulmar_session;
/* What a strategy sees, and the doors for what it wants. */
typedef struct fulmar_context fulmar_context;

"#;

const FOOT: &str = r#"#ifdef __cplusplus
}
#endif

#endif
"#;
