//! Values that TOML writes as text or numbers and that are more than that: how each is read.
//!
//! The schema has judged them before, so that none is refused here.

use std::collections::BTreeMap;

use fulmar_adapters::session::Assumed;
use fulmar_bus::record::Nanos;
use fulmar_engine::contract::BookDepth;
use fulmar_engine::market::FeeRate;
use fulmar_engine::market::interval;
use fulmar_engine::simulation::paper::PaperFees;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// How much of its books a strategy sees: a word, or a number of levels.
pub fn book_depth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BookDepth, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stated {
        Word(Word),
        Levels(usize),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Top,
        Full,
    }
    Ok(match Stated::deserialize(deserializer)? {
        Stated::Word(Word::Top) => BookDepth::Top,
        Stated::Word(Word::Full) => BookDepth::Full,
        Stated::Levels(count) => BookDepth::Levels(count),
    })
}

/// What is stated of what is assumed of a venue: texts, and numbers as texts.
pub fn assumed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Assumed, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stated {
        Number(u32),
        Text(String),
    }
    let stated = BTreeMap::<String, Stated>::deserialize(deserializer)?;
    let text = |(name, stated)| match stated {
        Stated::Number(number) => (name, number.to_string()),
        Stated::Text(text) => (name, text),
    };
    let texts: Vec<(String, String)> = stated.into_iter().map(text).collect();
    Ok(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect())
}

/// A number of milliseconds.
pub fn from_millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Nanos, D::Error> {
    u64::deserialize(deserializer).map(Nanos::from_millis)
}

/// A number of milliseconds, where one is stated.
pub fn from_millis_stated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Nanos>, D::Error> {
    from_millis(deserializer).map(Some)
}

/// Lengths of bars.
pub fn intervals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Nanos>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let length = |text: &String| interval::parse(text).ok_or_else(|| D::Error::custom("no length of a bar"));
    texts.iter().map(length).collect()
}

/// What fills of paper trading cost.
pub fn paper_fees<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PaperFees, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Stated {
        maker_bps: String,
        taker_bps: String,
    }
    let stated = Stated::deserialize(deserializer)?;
    Ok(PaperFees { maker: fee(&stated.maker_bps)?, taker: fee(&stated.taker_bps)? })
}

/// A rate of a fee, where one is stated.
pub fn fee_stated<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<FeeRate>, D::Error> {
    fee(&String::deserialize(deserializer)?).map(Some)
}

fn fee<E: Error>(text: &str) -> Result<FeeRate, E> {
    FeeRate::parse_bps(text).ok_or_else(|| E::custom("no rate of a fee"))
}
