//! What the checks found, made into the answer of the gate: the first refusal, and the bits of all.

use fulmar_bus::record::{Denial, Intent};

use super::{Breach, RiskCheck};

/// What the checks said, in their order.
#[derive(Default)]
pub(super) struct Findings {
    first: Option<(RiskCheck, Breach)>,
    codes: u64,
}

impl Findings {
    pub(super) fn note(&mut self, check: RiskCheck, breach: Option<Breach>) {
        let Some(breach) = breach else { return };
        self.first.get_or_insert((check, breach));
        self.codes |= check.bit();
    }

    /// The first breach as a denial, with the bits of all; `None` where there is none.
    pub(super) fn denial(self, intent: &Intent) -> Option<Denial> {
        let (first, breach) = self.first?;
        Some(Denial { codes: self.codes, ..first.deny(intent, breach) })
    }
}

/// An instrument without rules and limits has nothing that the other checks could measure by.
pub(super) fn deny_unknown(intent: &Intent, killed: Option<Breach>, halted: Option<Breach>) -> Denial {
    let mut found = Findings::default();
    found.note(RiskCheck::KillSwitch, killed);
    found.note(RiskCheck::InstrumentHalted, halted);
    found.note(RiskCheck::UnknownInstrument, Some(Breach::UNKNOWABLE));
    found.denial(intent).expect("the last check refuses")
}

pub(super) fn flag(is_breached: bool) -> Option<Breach> {
    is_breached.then_some(Breach { value: 1, limit: 0 })
}
