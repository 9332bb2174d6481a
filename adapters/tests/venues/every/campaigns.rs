//! Hostile input of our own making for every venue, in counted campaigns, the same on every machine.
//! `FULMAR_FUZZ_EXECUTIONS` says how many inputs each campaign tries.

use fulmar_adapters::session::VenueEntry;
use fulmar_adapters::session::sample::{LevelText, SampleFrame};
use fulmar_adapters::venues::VENUES;
use fulmar_bus::record::FrameSource;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::agree::{Judge, Verdict};
use super::damage::damage;
use super::session::{self, FIRST_SOURCE, SOURCES};
use crate::flow::Flow;

const SEED: u64 = 0x00f0_11a3;
const EXECUTIONS: usize = 50_000;

fn executions() -> usize {
    let wanted = std::env::var("FULMAR_FUZZ_EXECUTIONS").ok();
    wanted.map_or(EXECUTIONS, |count| count.parse().expect("FULMAR_FUZZ_EXECUTIONS is a number"))
}

/// A message that comes all day.
#[derive(Clone, Copy, Debug)]
enum Hot {
    Books,
    Trades,
    BestPrices,
}

/// Tries messages of one kind of each venue, three of four of them damaged: taken, slowly, refused.
fn campaign(hot: Hot) {
    for (place, entry) in VENUES.iter().enumerate() {
        let mut random = ChaCha8Rng::seed_from_u64(SEED + place as u64 + 100 * hot as u64);
        let (mut judge, mut flow) = (Judge::new(entry), Flow::new((entry.sample)()));
        let is_slow = matches!(hot, Hot::BestPrices) && flow.sample.is_top_seldom();
        let wanted = if is_slow { Verdict::TakenSlowly } else { Verdict::Taken };
        let (mut whole, mut damaged) = (0, [0_usize; 3]);
        for execution in 0..executions() {
            let Some(text) = message(&mut random, &mut flow, hot) else { break };
            if execution % 4 == 0 {
                let verdict = judge.check(text.as_bytes());
                assert_eq!(verdict, wanted, "{}: how its own layout is read: {text}", entry.name);
                whole += 1;
            } else {
                let mut input = text.into_bytes();
                damage(&mut random, &mut input);
                damaged[judge.check(&input) as usize] += 1;
            }
        }
        println!("{hot:?} of {}, seed {SEED:#x}: {whole} whole, damaged: {damaged:?}", entry.name);
        let refused = damaged[Verdict::Refused as usize];
        assert!(whole == 0 || refused > damaged.iter().sum::<usize>() / 5, "{}", entry.name);
    }
}

#[test]
fn fuzz_books_are_read_alike_by_both_decoders_of_every_venue() {
    campaign(Hot::Books);
}

#[test]
fn fuzz_trades_are_read_alike_by_both_decoders_of_every_venue() {
    campaign(Hot::Trades);
}

#[test]
fn fuzz_best_prices_are_read_alike_by_both_decoders_of_every_venue() {
    campaign(Hot::BestPrices);
}

#[test]
fn fuzz_the_session_of_every_venue_survives_any_frames() {
    for (place, entry) in VENUES.iter().enumerate() {
        let mut random = ChaCha8Rng::seed_from_u64(SEED + 1_000 + place as u64);
        // Each execution is a session's whole life of some fifteen frames.
        let count = executions() / 15 / VENUES.len() + 1;
        for _ in 0..count {
            session::survives(entry, &life(&mut random, entry));
        }
        println!("{}, seed {SEED:#x}: {count} sessions", entry.name);
    }
}

/// A message of a kind in the venue's own layout, if it has one.
fn message(random: &mut ChaCha8Rng, flow: &mut Flow, hot: Hot) -> Option<String> {
    let index = random.random_range(0..2);
    match hot {
        Hot::Books => {
            let frame = if random.random_bool(0.1) {
                let (bids, asks) = (side(random, 9_000), side(random, 11_000));
                flow.replace(index, sorted(bids, true), sorted(asks, false));
                flow.snapshot(index)
            } else {
                let (mut bids, mut asks) = (side(random, 9_000), side(random, 11_000));
                if flow.sample.is_level_by_level() {
                    bids.truncate(1);
                    asks.truncate(usize::from(bids.is_empty()));
                }
                flow.change(index, &bids, &asks)
            };
            match frame {
                SampleFrame::Message(text) => Some(text),
                // A book that is asked for is no message of the stream.
                SampleFrame::Answer(..) => message(random, flow, hot),
            }
        }
        Hot::Trades => {
            let (price, quantity) = level(random, 10_000);
            Some(flow.trade(index, &price, &above_zero(quantity), random.random()))
        }
        Hot::BestPrices => {
            let (bid, ask) = (level(random, 9_000), level(random, 11_000));
            let (bid, ask) = ((bid.0, above_zero(bid.1)), (ask.0, above_zero(ask.1)));
            flow.top(index, (&bid.0, &bid.1), (&ask.0, &ask.1))
        }
    }
}

/// A price of one digit around `around` tenths, and a quantity of eight.
fn level(random: &mut ChaCha8Rng, around: u64) -> LevelText {
    let tenths = around + random.random_range(0..900);
    let quantity = match random.random_range(0..10) {
        0..=2 => "0.00000000".to_owned(),
        3 => format!("0.0000{:04}", random.random_range(1..9_999)),
        4 => format!("{}.00000000", random.random_range(1..999_999)),
        _ => format!("{}.{:08}", random.random_range(0..99), random.random_range(1..99_999_999)),
    };
    (format!("{}.{}", tenths / 10, tenths % 10), quantity)
}

fn above_zero(quantity: String) -> String {
    if quantity == "0.00000000" { "0.00000001".to_owned() } else { quantity }
}

fn side(random: &mut ChaCha8Rng, around: u64) -> Vec<LevelText> {
    let count = *[0, 1, 2, 3, 8, 20].choose(random).expect("one");
    (0..count).map(|_| level(random, around)).collect()
}

/// The levels as those of a whole book: each once, none empty, the best first.
fn sorted(mut levels: Vec<LevelText>, is_bid: bool) -> Vec<LevelText> {
    use crate::flow::mantissa;
    levels.iter_mut().for_each(|level| level.1 = above_zero(std::mem::take(&mut level.1)));
    levels.sort_by_key(|level| if is_bid { -mantissa(&level.0) } else { mantissa(&level.0) });
    levels.dedup_by_key(|level| mantissa(&level.0));
    levels
}

/// The frames of a session's life, one in five of them damaged, as [`session::survives`] takes them.
fn life(random: &mut ChaCha8Rng, entry: &VenueEntry) -> Vec<u8> {
    let mut flow = Flow::new((entry.sample)());
    let mut data = Vec::new();
    for _ in 0..random.random_range(1..30) {
        let source = random.random_range(0..SOURCES.len());
        let (source, text) = frame(random, &mut flow, source);
        let mut bytes = text.into_bytes();
        if random.random_bool(0.2) {
            damage(random, &mut bytes);
        }
        data.push(FIRST_SOURCE + u8::try_from(source).expect("a few sources"));
        data.extend(bytes.into_iter().filter(|byte| *byte != 0));
        data.push(0);
    }
    data
}

/// A frame of this source, or of the one that fits what was made.
fn frame(random: &mut ChaCha8Rng, flow: &mut Flow, source: usize) -> (usize, String) {
    let place_of = |wanted: (FrameSource, u16)| {
        SOURCES.iter().position(|source| *source == wanted).expect("a source of the list")
    };
    let [answer, said] = [(FrameSource::Http, 200), (FrameSource::Message, 0)].map(place_of);
    let as_sent = |frame: SampleFrame| match frame {
        SampleFrame::Message(text) => (said, text),
        SampleFrame::Answer(path, body) => (answer, format!("{path}\n{body}")),
    };
    let index = random.random_range(0..2);
    match random.random_range(0..12) {
        0 => (source, String::new()),
        1 => flow.sample.definitions(&flow.symbols).map_or((source, String::new()), as_sent),
        2..=4 => as_sent(flow.snapshot(index)),
        5 => {
            let next = flow.next_frame();
            let refused = flow.sample.refusal(flow.symbols[index], next);
            (said, refused.unwrap_or_default())
        }
        6 => {
            let next = flow.next_frame();
            let notice = flow.sample.notice(next);
            (said, notice.unwrap_or_default())
        }
        7 => (said, message(random, flow, Hot::Trades).unwrap_or_default()),
        8 => (said, message(random, flow, Hot::BestPrices).unwrap_or_default()),
        _ => (said, message(random, flow, Hot::Books).unwrap_or_default()),
    }
}
