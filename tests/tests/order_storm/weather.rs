//! Which faults a seed brings, and how often. Each seed has some kinds of them and not the others, since faults that
//! always come together hide each other.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A kind of fault. A name without [`Fault::ALL`] would never strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The connection ends, and a request on it never arrives.
    CutBeforeArrival,
    /// The connection ends after a request arrived; its answer is lost.
    CutAfterArrival,
    /// The connection ends with what is on its way to us.
    CutUnderway,
    /// Nothing passes any more, and for a while nobody notices.
    HalfOpen,
    /// What is sent arrives much later, and what is sent after it no sooner.
    Stall,
    /// The venue says that it does not know, or something that nobody knows, of a request that it carried out.
    ErrorThoughDone,
    /// The same of a request that it did not carry out.
    ErrorNotDone,
    /// The venue refuses a request, and did not carry it out.
    Refusal,
    /// The venue carries a request out and does not answer.
    NoAnswer,
    /// The venue forgets a request.
    Forgotten,
    /// The venue answers long after it told of what came of it: a fill before its acknowledgement.
    LateAnswer,
    /// The venue carries a request out later, and those behind it before.
    LateExecution,
    /// The venue tells something twice.
    EventTwice,
    /// The venue tells something too late, behind what came after it.
    EventLate,
    /// The venue does not tell something: the sums of what it tells next jump.
    EventLost,
}

impl Fault {
    /// All of them.
    pub const ALL: [Fault; 15] = [
        Fault::CutBeforeArrival,
        Fault::CutAfterArrival,
        Fault::CutUnderway,
        Fault::HalfOpen,
        Fault::Stall,
        Fault::ErrorThoughDone,
        Fault::ErrorNotDone,
        Fault::Refusal,
        Fault::NoAnswer,
        Fault::Forgotten,
        Fault::LateAnswer,
        Fault::LateExecution,
        Fault::EventTwice,
        Fault::EventLate,
        Fault::EventLost,
    ];

    /// How often it may strike at most, in a thousand chances: what ends a connection leaves some of it to the others.
    fn rate_max(self) -> u32 {
        match self {
            Fault::CutBeforeArrival | Fault::CutAfterArrival | Fault::CutUnderway | Fault::HalfOpen => 15,
            _ => 150,
        }
    }
}

/// The chances of one run, and what came of them.
pub struct Weather {
    rng: ChaCha8Rng,
    /// In a thousand chances, by kind.
    rates: [u32; Fault::ALL.len()],
    struck: [u64; Fault::ALL.len()],
}

impl Weather {
    /// The weather of a seed: about every second kind of fault.
    pub fn of(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x57_0A_77);
        let rates = Fault::ALL.map(|fault| match rng.random_bool(0.5) {
            true => rng.random_range(1..=fault.rate_max()),
            false => 0,
        });
        Weather { rng, rates, struck: [0; Fault::ALL.len()] }
    }

    /// No fault comes any more.
    pub fn clear(&mut self) {
        self.rates = [0; Fault::ALL.len()];
    }

    /// Whether a fault strikes now, where it could.
    pub fn strikes(&mut self, fault: Fault) -> bool {
        let rate = self.rates[fault as usize];
        let does = rate > 0 && self.rng.random_range(0..1_000) < rate;
        self.struck[fault as usize] += u64::from(does);
        does
    }

    /// The first of these that strikes now.
    pub fn first_of(&mut self, faults: &[Fault]) -> Option<Fault> {
        faults.iter().copied().find(|fault| self.strikes(*fault))
    }

    /// A number of this range, as the other draws of the run.
    pub fn draw(&mut self, range: std::ops::Range<u64>) -> u64 {
        self.rng.random_range(range)
    }

    /// How often each kind struck.
    pub fn struck(&self) -> [u64; Fault::ALL.len()] {
        self.struck
    }
}
