//! Hostile input: the fast decoders against the reference, and a session against anything.

#![expect(clippy::print_stdout, reason = "a campaign says its seed and what it proved")]

use fulmar_adapters::binance::{Product, fuzz};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::writer::Writer;

const SEED: u64 = 0x00f0_11a2;
const EXECUTIONS: usize = 50_000;
const SYMBOLS: [&str; 4] = ["BTCUSDT", "ETHUSDT", "SHIBUSDT", "DOGEUSDT"];

fn executions() -> usize {
    let wanted = std::env::var("FULMAR_FUZZ_EXECUTIONS").ok();
    let count = wanted.map_or(EXECUTIONS, |count| count.parse().expect("FULMAR_FUZZ_EXECUTIONS is a number"));
    println!("seed {SEED:#x}, {count} executions");
    count
}

#[test]
fn the_fast_decoders_say_nothing_or_what_the_reference_says() {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut taken = [0_usize; 2];
    let count = executions();
    for execution in 0..count {
        let mut data = frame(&mut random);
        let is_damaged = execution % 4 != 0;
        if is_damaged {
            damage(&mut random, &mut data);
        }
        taken[usize::from(is_damaged)] += usize::from(fuzz::decoders_agree(&data));
    }
    println!("taken by the fast decoders: {} whole, {} damaged", taken[0], taken[1]);
    assert!(taken[0] > count / 16, "a campaign that the fast decoders refuse proves nothing");
    assert!(taken[1] > count / 100, "damage that still decodes is where decoders disagree");
}

#[test]
fn every_kind_of_message_in_the_venues_layout_is_read_fast() {
    for (product, number) in [(Product::Spot, 0), (Product::UsdMargined, 1)] {
        let writer = Writer(product);
        let levels: &[(&str, &str)] = &[("61800.20", "0.014"), ("61800.1", "5")];
        for text in [
            writer.depth("ETHUSDT", [5123107832006, 5123107837557, 5123107831937], levels, levels),
            writer.depth("ETHUSDT", [7, 8, 6], &[], &[]),
            writer.trade("ETHUSDT", 3735683259, levels[0], true),
            writer.aggregate("ETHUSDT", 7, "61800.20", "123456789.5"),
            writer.ticker("ETHUSDT", 5123107840016, levels[1], levels[0]),
        ] {
            let data_at = text.find("\"data\":").expect("a combined frame") + 7;
            for frame in [&text, &text[data_at..text.len() - 1]] {
                assert!(fuzz::decoders_agree(&[&[number], frame.as_bytes()].concat()), "{frame}");
            }
        }
    }
}

#[test]
fn a_session_survives_any_frames() {
    let mut random = ChaCha8Rng::seed_from_u64(SEED + 1);
    for _ in 0..executions() / 10 {
        let mut data = vec![random.random::<u8>() % 2];
        let writer = Writer(if data[0] == 0 { Product::Spot } else { Product::UsdMargined });
        for _ in 0..random.random_range(1..30) {
            let mut part =
                if random.random_bool(0.3) { answer(&mut random, writer) } else { frame(&mut random) };
            if random.random_bool(0.2) {
                damage(&mut random, &mut part);
            }
            part[0] = if part.starts_with(b"/") { 3 } else { random.random_range(0..16) };
            data.extend(part.into_iter().filter(|byte| *byte != 0));
            data.push(0);
        }
        fuzz::session_survives(&data);
    }
}

/// A product's number, and a frame of it in the venue's layout.
fn frame(random: &mut ChaCha8Rng) -> Vec<u8> {
    let product = random.random_range(0..2_u8);
    let writer = Writer(if product == 0 { Product::Spot } else { Product::UsdMargined });
    let symbol = SYMBOLS[random.random_range(0..SYMBOLS.len())];
    let id = number(random);
    let texts: Vec<(String, String)> =
        (0..random.random_range(2..12)).map(|_| (decimal(random, symbol), decimal(random, symbol))).collect();
    let pairs: Vec<(&str, &str)> = texts.iter().map(|(price, quantity)| (&**price, &**quantity)).collect();
    let (bids, asks) = pairs.split_at(random.random_range(0..pairs.len()));
    let text = match random.random_range(0..5) {
        0 | 1 => writer.depth(symbol, [id, id + random.random_range(0..9), id.saturating_sub(1)], bids, asks),
        2 => writer.trade(symbol, id, pairs[0], random.random()),
        3 => writer.aggregate(symbol, id, pairs[0].0, pairs[0].1),
        _ => writer.ticker(symbol, id, pairs[0], pairs[1]),
    };
    let data_at = text.find("\"data\":").expect("a combined frame") + 7;
    let is_raw = random.random_bool(0.3);
    let frame = if is_raw { &text[data_at..text.len() - 1] } else { &text };
    [&[product], frame.as_bytes()].concat()
}

fn answer(random: &mut ChaCha8Rng, writer: Writer) -> Vec<u8> {
    let symbol = SYMBOLS[random.random_range(0..SYMBOLS.len())];
    writer.snapshot(symbol, random.random_range(90..120), &[("10.5", "1")], &[("10.75", "2.5")]).into_bytes()
}

/// Small numbers, so that updates and snapshots meet, and now and then the extremes.
fn number(random: &mut ChaCha8Rng) -> u64 {
    match random.random_range(0..8) {
        0 => 10_u64.pow(random.random_range(0..19)) - random.random_range(0..2),
        1 => random.next_u64(),
        _ => random.random_range(90..120),
    }
}

fn decimal(random: &mut ChaCha8Rng, symbol: &str) -> String {
    let digits = if symbol == "SHIBUSDT" { 0 } else { random.random_range(0..10) };
    let whole = match random.random_range(0..6) {
        0 => 0,
        1 => 10_u64.pow(random.random_range(0..12)),
        _ => random.random_range(0..99_999),
    };
    let fraction = random.random_range(0..10_u64.pow(digits));
    match digits {
        0 => whole.to_string(),
        _ if random.random_bool(0.5) => format!("{whole}.{:0<1$}", fraction % 10, digits as usize),
        _ => format!("{whole}.{fraction:0>0$}", digits as usize),
    }
}

/// One to three small changes, all but the first byte.
fn damage(random: &mut ChaCha8Rng, data: &mut Vec<u8>) {
    const TOKENS: [&[u8]; 16] = [
        b"0", b"9", b".", b"-", b"e5", b"00", b" ", b"\"", b"\\u0041", b"null", b"[", b"]}", b",", b"true",
        b"NaN", b"\xff",
    ];
    for _ in 0..random.random_range(1..4) {
        let at = random.random_range(1..=data.len());
        match random.random_range(0..6) {
            0 => data.truncate(at),
            1 if at < data.len() => data[at] ^= 1 << random.random_range(0..8),
            2 if at < data.len() => {
                data.remove(at);
            }
            3 => {
                let digits: Vec<_> = (1..data.len()).filter(|at| data[*at].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    data[digits[random.random_range(0..digits.len())]] = b'0' + random.random_range(0..10);
                }
            }
            4 => {
                let end = random.random_range(at..=data.len());
                let part = data[at..end].to_vec();
                data.splice(at..at, part);
            }
            _ => {
                let token = TOKENS[random.random_range(0..TOKENS.len())];
                data.splice(at..at, token.iter().copied());
            }
        }
        if data.len() < 2 {
            data.push(b'{');
        }
    }
}
