//! A venue's bytes to numbers: the decoders that live trading uses, beside the reference that they must agree with,
//! which is simd-json and a look at each field by its key.

use std::hint::black_box;

use fulmar_adapters::decode::Scales;
use fulmar_adapters::session::{Decoded, InstrumentConfig, Protocol, Symbols, VenueEntry, read_message};
use fulmar_adapters::venues::VENUES;
use fulmar_bus::record::InstrumentId;

use super::frames::Frames;
use super::limits::DEPTH_BYTES;
use super::measure::Rig;
use super::report::{Report, Row};

/// Frames of a row, in turn: too many for a processor to learn their digits, and no more than its cache holds.
const FRAME_COUNT: usize = 1_024;
/// Frames that make one sample.
const BATCH: u32 = 16;

/// Measures every message that comes all day of every venue, each with its reference beside it.
pub fn run(rig: &Rig) -> Report {
    let subjects: Vec<Subject> = VENUES.iter().flat_map(subjects).collect();
    // A fast decoder takes a fifth of the time that its reference takes.
    let share = u64::try_from(subjects.len()).expect("a few rows") * 5 / 2;
    let limit = rig.limit(rig.share(16));
    let rows = subjects.iter().flat_map(|subject| subject.rows(rig, share)).collect();
    let mut report = rig.report("decode", limit, rows);
    report.notes.extend(subjects.iter().map(Subject::note));
    report.notes.push("/simd-json includes the copy that it scribbles on".to_owned());
    report
}

/// One message of one venue.
struct Subject {
    name: String,
    protocol: Box<dyn Protocol>,
    frames: Vec<Vec<u8>>,
    symbols: Symbols,
}

/// Makes the next frame of a kind, where the venue has it.
type Write = fn(&mut Frames) -> Option<&str>;

fn subjects(entry: &VenueEntry) -> Vec<Subject> {
    let writers: [(&str, Write); 3] = [
        ("depth", |frames| Some(frames.depth(DEPTH_BYTES))),
        ("trade", |frames| Some(frames.trade())),
        ("book_ticker", Frames::book_ticker),
    ];
    let subject = |(message, write): (&str, Write)| {
        let mut frames = Frames::new(entry);
        let texts: Option<Vec<Vec<u8>>> =
            (0..FRAME_COUNT).map(|_| write(&mut frames).map(|text| text.as_bytes().to_vec())).collect();
        Some(Subject {
            name: format!("decode.{}_{message}", entry.name.replace('-', "_")),
            protocol: (entry.sample)(),
            frames: texts?,
            symbols: symbols(entry),
        })
    };
    writers.into_iter().filter_map(subject).collect()
}

fn symbols(entry: &VenueEntry) -> Symbols {
    let sample = (entry.sample)();
    let [price, quantity] = sample.digits();
    let mut symbols = Symbols::new(&[InstrumentConfig::new(sample.symbols()[0], InstrumentId(0))]);
    symbols.set_scales(0, Scales { price, quantity }, true);
    symbols
}

impl Subject {
    /// The fast decoder's row, then the reference's.
    fn rows(&self, rig: &Rig, share: u64) -> [Row; 2] {
        self.check();
        let mut out = Decoded::default();
        let mut turn = self.frames.iter().cycle();
        let fast = rig.repeat(rig.share(share), BATCH, || {
            let frame = turn.next().expect("a cycle does not end");
            black_box(self.fast(frame, &mut out));
            black_box(&out);
        });
        let mut copy = Vec::with_capacity(DEPTH_BYTES * 2);
        let slow = rig.repeat(rig.share(share), BATCH, || {
            copy.clear();
            copy.extend_from_slice(turn.next().expect("a cycle does not end"));
            black_box(self.reference(&mut copy, &mut out));
            black_box(&out);
        });
        [fast.row(self.name.as_str()), slow.row(format!("{}/simd-json", self.name))]
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
