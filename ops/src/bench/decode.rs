//! A venue's bytes to numbers: the decoders that live trading uses, beside the reference that they must agree with,
//! which is simd-json and a look at each field by its key.

use std::hint::black_box;

use fulmar_adapters::binance::{Binance, BinanceConfig, Product};
use fulmar_adapters::decode::Scales;
use fulmar_adapters::session::{Decoded, InstrumentConfig, Protocol, Symbols, read_message};
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
    protocol: Box<dyn Protocol>,
    frames: Vec<Vec<u8>>,
    symbols: Symbols,
}

fn subjects(product: Product) -> [Subject; 3] {
    let names = match product {
        Product::Spot => {
            ["decode.binance_spot_depth", "decode.binance_spot_trade", "decode.binance_spot_book_ticker"]
        }
        _ => ["decode.binance_usdm_depth", "decode.binance_usdm_trade", "decode.binance_usdm_book_ticker"],
    };
    let writers: [fn(&mut Frames) -> &str; 3] =
        [|frames| frames.depth(DEPTH_BYTES), Frames::trade, Frames::book_ticker];
    let subject = |(name, write): (&'static str, fn(&mut Frames) -> &str)| {
        let mut frames = Frames::new(product);
        let frames = (0..FRAME_COUNT).map(|_| write(&mut frames).as_bytes().to_vec()).collect();
        let protocol = Box::new(Binance::new(&BinanceConfig::production(product)));
        Subject { name, protocol, frames, symbols: symbols(product) }
    };
    let [depth, trade, ticker] = names;
    [(depth, writers[0]), (trade, writers[1]), (ticker, writers[2])].map(subject)
}

fn symbols(product: Product) -> Symbols {
    let mut symbols = Symbols::new(&[InstrumentConfig::new(SYMBOL, InstrumentId(0))]);
    let scales = match product {
        Product::Spot => Scales { price: 8, quantity: 8 },
        _ => Scales { price: 2, quantity: 3 },
    };
    symbols.set_scales(0, scales, true);
    symbols
}

impl Subject {
    /// The fast decoder's row, then the reference's.
    fn rows(&self, rig: &Rig) -> [Row; 2] {
        self.check();
        let mut out = Decoded::default();
        let mut turn = self.frames.iter().cycle();
        let fast = rig.repeat(rig.share(16), BATCH, || {
            let frame = turn.next().expect("a cycle does not end");
            black_box(self.fast(frame, &mut out));
            black_box(&out);
        });
        let mut copy = Vec::with_capacity(DEPTH_BYTES * 2);
        let slow = rig.repeat(rig.share(24), BATCH, || {
            copy.clear();
            copy.extend_from_slice(turn.next().expect("a cycle does not end"));
            black_box(self.reference(&mut copy, &mut out));
            black_box(&out);
        });
        [fast.row(self.name), slow.row(format!("{}/simd-json", self.name))]
    }

    fn fast(&self, frame: &[u8], out: &mut Decoded) -> Option<()> {
        out.clear();
        self.protocol.decode(black_box(frame), &self.symbols, out)
    }

    fn reference(&self, frame: &mut [u8], out: &mut Decoded) -> Option<()> {
        read_message(&*self.protocol, frame, &self.symbols, out).ok()
    }

    /// A figure of frames that the fast decoder leaves to the reference would be a lie.
    fn check(&self) {
        let (mut fast, mut slow) = (Decoded::default(), Decoded::default());
        for frame in &self.frames {
            assert!(
                self.fast(frame, &mut fast).is_some(),
                "not the venue's layout: {}",
                frame.escape_ascii()
            );
            assert!(self.reference(&mut frame.clone(), &mut slow).is_some(), "both decoders take it");
            slow.subject = fast.subject;
            assert_eq!(fast, slow, "both decoders read the same");
        }
    }

    fn note(&self) -> String {
        let bytes: usize = self.frames.iter().map(Vec::len).sum();
        format!("{}: frames of {} bytes on average", self.name, bytes / self.frames.len())
    }
}
