//! Hostile input of our own making, in counted campaigns, the same on every machine. `FULMAR_FUZZ_EXECUTIONS` says how
//! many inputs each campaign tries.

use std::path::Path;

use fulmar_adapters::binance::Product;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::judge::{Decoder, Judge, Verdict};
use super::{PRODUCTS, inputs, sessions};
use crate::binance::writer::Writer;
use crate::fuzz::every::damage::damage;

const SEED: u64 = 0x00f0_11a2;
const EXECUTIONS: usize = 50_000;

fn executions() -> usize {
    let wanted = std::env::var("FULMAR_FUZZ_EXECUTIONS").ok();
    wanted.map_or(EXECUTIONS, |count| count.parse().expect("FULMAR_FUZZ_EXECUTIONS is a number"))
}

/// Tries inputs of one decoder, three of four of them damaged.
fn campaign(decoder: Decoder) {
    let mut random = ChaCha8Rng::seed_from_u64(SEED + decoder as u64);
    let mut judges = PRODUCTS.map(Judge::new);
    let mut verdicts: [Vec<Verdict>; 2] = Default::default();
    let count = executions();
    for execution in 0..count {
        let product = random.random_range(0..PRODUCTS.len());
        let mut input = inputs::input(&mut random, PRODUCTS[product], decoder).into_bytes();
        let is_damaged = execution % 4 != 0;
        if is_damaged {
            damage(&mut random, &mut input);
        }
        verdicts[usize::from(is_damaged)].push(judges[product].check(decoder, &input));
    }
    let share = |is_damaged: usize, verdict| {
        let verdicts = &verdicts[is_damaged];
        verdicts.iter().filter(|told| **told == verdict).count() * 100 / verdicts.len()
    };
    let all = [Verdict::Taken, Verdict::TakenSlowly, Verdict::Refused, Verdict::NotCompared];
    let shares = [0, 1].map(|is_damaged| all.map(|verdict| share(is_damaged, verdict)));
    println!("{decoder:?}, seed {SEED:#x}: {count} executions; percent of each verdict, whole and damaged:");
    println!("  taken, taken slowly, refused, not compared: {:?} {:?}", shares[0], shares[1]);
    assert!(share(0, Verdict::Taken) > 20, "a campaign of which little is taken proves little");
    assert!(share(1, Verdict::Taken) + share(1, Verdict::TakenSlowly) > 5, "damage that still decodes");
    assert!(share(1, Verdict::Refused) > 20, "damage that is refused");
    assert!(share(0, Verdict::NotCompared) + share(1, Verdict::NotCompared) < 25, "most is compared");
}

#[test]
fn two_decoders_agree_on_trades() {
    campaign(Decoder::Trades);
}

#[test]
fn two_decoders_agree_on_depth_updates() {
    campaign(Decoder::Depth);
}

#[test]
fn two_decoders_agree_on_best_prices() {
    campaign(Decoder::Ticker);
}

#[test]
fn two_decoders_agree_on_snapshots() {
    campaign(Decoder::Snapshot);
}

#[test]
fn two_decoders_agree_on_definitions() {
    campaign(Decoder::Definitions);
}

#[test]
fn two_decoders_agree_on_answers_to_orders() {
    campaign(Decoder::OrderAnswers);
}

#[test]
fn two_decoders_agree_on_user_data() {
    campaign(Decoder::UserData);
}

/// Every input of a decoder's corpus: `PRODUCT-VERDICT-WHAT`.
#[test]
fn the_corpus_is_judged_as_its_names_say() {
    let folders = [
        ("binance-trades", Decoder::Trades),
        ("binance-depth", Decoder::Depth),
        ("binance-ticker", Decoder::Ticker),
        ("binance-snapshot", Decoder::Snapshot),
        ("binance-definitions", Decoder::Definitions),
        ("binance-order-answers", Decoder::OrderAnswers),
        ("binance-user-data", Decoder::UserData),
    ];
    for (folder, decoder) in folders {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(folder);
        for file in std::fs::read_dir(&path).expect("each decoder has a folder") {
            let file = file.expect("a file").path();
            let name = file.file_name().and_then(|name| name.to_str()).expect("a plain name").to_owned();
            let product = if name.starts_with("spot-") { Product::Spot } else { Product::UsdMargined };
            let input = std::fs::read(&file).expect("it can be read");
            let verdict = Judge::new(product).check(decoder, input.trim_ascii_end());
            let word = match verdict {
                Verdict::Taken => "-taken-",
                Verdict::TakenSlowly => "-slowly-",
                Verdict::Refused => "-refused-",
                Verdict::NotCompared => "-odd-",
            };
            assert!(name.contains(word), "{folder}/{name}: {verdict:?}");
        }
    }
}

#[test]
fn every_kind_of_message_in_the_venues_layout_is_read_fast() {
    for product in PRODUCTS {
        let (writer, mut judge) = (Writer(product), Judge::new(product));
        let levels: &[(&str, &str)] = &[("61800.20", "0.014"), ("61800.1", "5")];
        for (decoder, text) in [
            (
                Decoder::Depth,
                writer.depth("ETHUSDT", [5123107832006, 5123107837557, 5123107831937], levels, levels),
            ),
            (Decoder::Depth, writer.depth("ETHUSDT", [7, 8, 6], &[], &[])),
            (Decoder::Trades, writer.trade("ETHUSDT", 3735683259, levels[0], true)),
            (Decoder::Trades, writer.aggregate("ETHUSDT", 7, "61800.20", "123456789.5")),
            (Decoder::Ticker, writer.ticker("ETHUSDT", 5123107840016, levels[1], levels[0])),
        ] {
            let data_at = text.find("\"data\":").expect("a combined frame") + 7;
            for frame in [&text, &text[data_at..text.len() - 1]] {
                assert_eq!(judge.check(decoder, frame.as_bytes()), Verdict::Taken, "{frame}");
            }
        }
    }
}

#[test]
fn an_order_session_survives_any_frames() {
    let mut random = ChaCha8Rng::seed_from_u64(SEED + 200);
    let mut desk = sessions::Desk::new();
    let count = executions();
    for execution in 0..count {
        let text = match random.random_range(0..4) {
            0 => inputs::execution_report(&mut random),
            1 => inputs::standing(&mut random),
            2 => inputs::trades_of_order(&mut random),
            _ => inputs::refusal(&mut random),
        };
        let mut bytes = text.into_bytes();
        if execution % 2 == 1 {
            damage(&mut random, &mut bytes);
        }
        desk.feed(&bytes);
    }
    println!("seed {SEED:#x}: {count} frames, {} reports", desk.report_count());
    assert!(desk.report_count() > count / 10, "a session that hears nothing proves nothing");
}
