//! A venue's bytes to numbers: the decoders that live trading uses, beside the reference that they must agree with,
//! which is simd-json and a look at each field by its key.

use std::hint::black_box;

use fulmar_adapters::binance::slow::{self, Reading};
use fulmar_adapters::binance::symbols::Symbols;
use fulmar_adapters::binance::wire::{self, DepthUpdate, Message};
use fulmar_adapters::binance::{InstrumentConfig, Product};
use fulmar_adapters::decode::Scales;
use fulmar_bus::record::InstrumentId;

use super::frames::{Frames, SYMBOL};
use super::limits::DEPTH_BYTES;
use super::measure::Rig;
use super::report::{Report, Row};

/// Frames of a row, in turn: too many for a processor to learn their digits, and no more than its cache holds.
const FRAME_COUNT: usize = 1_024;
/// Frames that make one sample.
const BATCH: u32 = 16;

/// Measures every message of both products, each with its reference beside it.
pub fn run(rig: &Rig) -> Report {
    let subjects: Vec<Subject> =
        [Product::Spot, Product::UsdMargined].into_iter().flat_map(subjects).collect();
    let limit = rig.limit(rig.share(16));
    let rows = subjects.iter().flat_map(|subject| subject.rows(rig)).collect();
    let mut report = rig.report("decode", limit, rows);
    report.notes.extend(subjects.iter().map(Subject::note));
    report.notes.push("/simd-json includes the copy that it scribbles on".to_owned());
    report
}

/// One message of one product.
struct Subject {
    name: &'static str,
    product: Product,
    frames: Vec<Vec<u8>>,
    symbols: Symbols,
}

fn subjects(product: Product) -> [Subject; 3] {
    let names = match product {
        Product::Spot => {
            ["decode.binance_spot_depth", "decode.binance_spot_trade", "decode.binance_spot_book_ticker"]
        }
        Product::UsdMargined => {
            ["decode.binance_usdm_depth", "decode.binance_usdm_trade", "decode.binance_usdm_book_ticker"]
        }
    };
    let writers: [fn(&mut Frames) -> &str; 3] =
        [|frames| frames.depth(DEPTH_BYTES), Frames::trade, Frames::book_ticker];
    let subject = |(name, write): (&'static str, fn(&mut Frames) -> &str)| {
        let mut frames = Frames::new(product);
        let frames = (0..FRAME_COUNT).map(|_| write(&mut frames).as_bytes().to_vec()).collect();
        Subject { name, product, frames, symbols: symbols(product) }
    };
    let [depth, trade, ticker] = names;
    [(depth, writers[0]), (trade, writers[1]), (ticker, writers[2])].map(subject)
}

fn symbols(product: Product) -> Symbols {
    let mut symbols = Symbols::new(&[InstrumentConfig::new(SYMBOL, InstrumentId(0))]);
    let scales = match product {
        Product::Spot => Scales { price: 8, quantity: 8 },
        Product::UsdMargined => Scales { price: 2, quantity: 3 },
    };
    symbols.set_scales(0, scales);
    symbols
}

impl Subject {
    /// The fast decoder's row, then the reference's.
    fn rows(&self, rig: &Rig) -> [Row; 2] {
        self.check();
        let mut depth = DepthUpdate::new();
        let mut turn = self.frames.iter().cycle();
        let fast = rig.repeat(rig.share(16), BATCH, || {
            let frame = turn.next().expect("a cycle does not end");
            black_box(self.fast(frame, &mut depth));
            black_box(&depth);
        });
        let mut copy = Vec::with_capacity(DEPTH_BYTES * 2);
        let slow = rig.repeat(rig.share(24), BATCH, || {
            copy.clear();
            copy.extend_from_slice(turn.next().expect("a cycle does not end"));
            black_box(self.reference(&mut copy, &mut depth));
            black_box(&depth);
        });
        [fast.row(self.name), slow.row(format!("{}/simd-json", self.name))]
    }

    fn fast(&self, frame: &[u8], depth: &mut DepthUpdate) -> Option<Message> {
        wire::decode(black_box(self.product), frame, &self.symbols, depth)
    }

    fn reference(&self, frame: &mut [u8], depth: &mut DepthUpdate) -> Option<Message> {
        let tape = slow::parse(frame).ok()?;
        let reading = Reading::message(self.product, &tape, &self.symbols).ok()?;
        reading.decode(self.symbols.scales(0)?, depth).ok()
    }

    /// A figure of frames that the fast decoder leaves to the reference would be a lie.
    fn check(&self) {
        let (mut fast, mut slow) = (DepthUpdate::new(), DepthUpdate::new());
        for frame in &self.frames {
            let message = self.fast(frame, &mut fast);
            assert!(message.is_some(), "no frame of the venue's layout: {}", frame.escape_ascii());
            assert_eq!(message, self.reference(&mut frame.clone(), &mut slow));
            assert_eq!(fast, slow, "both decoders read the same levels");
        }
    }

    fn note(&self) -> String {
        let bytes: usize = self.frames.iter().map(Vec::len).sum();
        format!("{}: frames of {} bytes on average", self.name, bytes / self.frames.len())
    }
}
