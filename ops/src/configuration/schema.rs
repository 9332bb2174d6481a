//! The language that the schema is written in: tables of keys, each with its kind, need and meaning.
//!
//! One schema ([`super::keys`]) has many uses: it checks a document, fills in defaults, finds the nearest known key,
//! tells what an environment variable overrides, and writes `docs/configuration.md`. Nothing else knows a key's name
//! but the struct that it lands in.

use std::borrow::Cow;

/// A table of the document: `[engine]`, one `[[venue]]`, one `[risk.instrument."..."]`.
#[derive(Debug)]
pub struct Table {
    /// What it is for, as the reference says it.
    pub doc: &'static str,
    /// Its keys, in the order in which the reference tells them.
    pub keys: Vec<Key>,
}

/// One key of a table.
#[derive(Debug)]
pub struct Key {
    /// As it is written in the document.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Whether it may be left out.
    pub need: Need,
    /// What it means, in one sentence.
    pub doc: &'static str,
}

/// Whether a key may be left out, and what then holds.
#[derive(Clone, Debug)]
pub enum Need {
    /// It must be stated.
    Required,
    /// It may be absent, and absence means something.
    Optional,
    /// Absent, it is this TOML value.
    Default(Cow<'static, str>),
}

/// What a key takes.
#[derive(Debug)]
pub enum Kind {
    /// Lower-case letters, digits, `-` and `_`, up to [`NAME_BYTES_MAX`] bytes.
    Name,
    /// As [`Kind::Name`], in capitals too: what traders call a pair, `BTC-USDT`.
    Label,
    /// One of these words.
    Choice(Vec<&'static str>),
    /// One of these words, or a whole number from the first to the second.
    WordOr(&'static [&'static str], i64, i64),
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// A positive decimal number, written as a string so that no float touches it.
    Decimal,
    /// Hundredths of a percent, as a decimal in a string; below zero where the flag allows a rebate.
    BasisPoints(bool),
    /// The length of a bar: `1s` to `1d`, a part of a day that divides it evenly.
    Interval,
    /// An instrument's durable name, `venue:symbol`.
    Instrument,
    /// A venue's own name of an instrument.
    Symbol,
    /// An address on the network.
    Address(Scheme),
    /// A path; in a file, relative to that file.
    Path,
    /// What stands in a URL before what is asked for, `/market`, or nothing.
    Route,
    /// This word, or a path.
    PathOr(&'static str),
    /// Names of actors, `feed.*`: dotted words, where a `*` at the end stands for any rest.
    Pattern,
    /// A list, without repetition, of at least one of these.
    List(&'static Kind),
    /// A table: `[engine]`.
    Table(Table),
    /// Tables in a row, told apart by their `name`: `[[venue]]`. The number is the fewest that make sense.
    Tables(Table, usize),
    /// Tables by a name that the user gives, of this kind: `[risk.instrument."binance-spot:BTCUSDT"]`.
    Map(&'static Kind, Table),
    /// What belongs to the word that another key of the same table says: a [`Kind::Table`] for each word.
    Variant(&'static str, Vec<(&'static str, Kind)>),
}

/// What an address must speak. In the clear only on loopback: market data that can be altered on the way is no
/// market data, and keys must not be readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `wss://`, or `ws://` on loopback.
    WebSocket,
    /// `https://`, or `http://` on loopback.
    Http,
}

/// The longest [`Kind::Name`]: what a record's text field holds.
pub const NAME_BYTES_MAX: usize = 32;
/// The most elements of a list or tables in a row: configuration is written by people.
pub const ELEMENTS_MAX: usize = 256;

/// A key.
pub const fn key(name: &'static str, kind: Kind, need: Need, doc: &'static str) -> Key {
    Key { name, kind, need, doc }
}

/// A key that may be left out, and then is this TOML value.
pub const fn default(value: &'static str) -> Need {
    Need::Default(Cow::Borrowed(value))
}

impl Table {
    /// The key of this name.
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Kind {
    /// What the key takes, said so that a person knows what to write.
    pub fn expected(&self) -> String {
        match self {
            Kind::Name => format!("a name of a-z, 0-9, - and _, at most {NAME_BYTES_MAX} bytes"),
            Kind::Label => format!("a name of letters, digits, - and _, at most {NAME_BYTES_MAX} bytes"),
            Kind::Choice(words) => one_of(words),
            Kind::WordOr(words, low, high) => {
                let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                format!("{} or a whole number from {low} to {high}", words.join(", "))
            }
            Kind::Integer(low, high) => format!("a whole number from {low} to {high}"),
            Kind::Decimal => "a positive decimal as a string, such as \"0.01\"".to_owned(),
            Kind::BasisPoints(false) => {
                "hundredths of a percent as a string, from \"0\" to \"1000\"".to_owned()
            }
            Kind::BasisPoints(true) => {
                "hundredths of a percent as a string, from \"-1000\" to \"1000\"".to_owned()
            }
            Kind::Interval => {
                "a length from \"1s\" to \"1d\" that divides a day evenly, such as \"5m\"".to_owned()
            }
            Kind::Instrument => "venue:symbol, such as \"binance-spot:BTCUSDT\"".to_owned(),
            Kind::Symbol => {
                "the venue's symbol, of letters, digits and -_./ between them, such as \"BTCUSDT\"".to_owned()
            }
            Kind::Address(Scheme::WebSocket) => "a wss:// address (ws:// on loopback alone)".to_owned(),
            Kind::Address(Scheme::Http) => "an https:// address (http:// on loopback alone)".to_owned(),
            Kind::Path => "a path".to_owned(),
            Kind::Route => "\"\", or a path in a URL that begins with /, such as \"/market\"".to_owned(),
            Kind::PathOr(word) => format!("\"{word}\" or a path"),
            Kind::Pattern => "an actor's name, or its beginning and a * (\"feed.*\")".to_owned(),
            Kind::List(of) => format!("a list; each element {}", of.expected()),
            Kind::Table(_) | Kind::Variant(..) => "a table".to_owned(),
            Kind::Tables(..) => "tables in a row, each under its own [[...]]".to_owned(),
            Kind::Map(of, _) => format!("tables, each named by {}", of.expected()),
        }
    }
}

/// The words, quoted, as a choice: `"a", "b" or "c"`.
pub fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "nothing".to_owned(),
    }
}
