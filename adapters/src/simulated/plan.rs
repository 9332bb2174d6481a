//! A plan of faults in words: `answer_lost=2%, event_late=10%, late=2s`, on one line or in a file.

use std::str::FromStr;

use fulmar_bus::record::Nanos;
use fulmar_engine::market::decimal::parse;
use thiserror::Error;

use super::faults::{Fault, FaultPlan, Occasion, WHOLE};

/// Digits behind the point of a chance in percent, so that the least is a millionth.
const PERCENT_SCALE: u8 = 4;

/// Why a plan cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// An entry is not a name and what it is.
    #[error("\"{0}\" is not NAME=CHANCE, such as answer_lost=2%")]
    NotAnEntry(String),
    /// Nothing is called so.
    #[error("there is no fault \"{0}\"")]
    UnknownFault(String),
    /// What is said of a fault is no chance.
    #[error("\"{0}\" is no chance: it takes a percentage, such as 0.5%, or always")]
    NotAChance(String),
    /// What is said of a time is none.
    #[error("\"{0}\" is no time: it takes milliseconds or seconds, such as 700ms or 5s")]
    NotATime(String),
    /// What is said of how many there are is no number.
    #[error("\"{0}\" is no number of faults")]
    NotACount(String),
    /// More is to happen on an occasion than can.
    #[error("the chances of all that can happen {0} come to more than 100%")]
    TooMuch(&'static str),
}

/// Reads a plan: `NAME=CHANCE` of each fault, and of `all`; `late=TIME`, `outage=TIME` and `most=COUNT`. Entries stand
/// between commas or on lines of their own; what follows a `#` is not read. A later entry wins over an earlier one.
///
/// ```
/// use fulmar_adapters::simulated::{Fault, FaultPlan};
/// let plan: FaultPlan = "all=0.1%, answer_lost=2%, late=2s # a slow day".parse().expect("a plan");
/// assert_eq!((plan.chances[&Fault::AnswerLost], plan.chances[&Fault::EventLost]), (20_000, 1_000));
/// assert_eq!(plan.late.0, 2_000_000_000);
/// let error = "answer_lots=2%".parse::<FaultPlan>().expect_err("a slip of the hand");
/// assert_eq!(error.to_string(), "there is no fault \"answer_lots\"");
/// ```
impl FromStr for FaultPlan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let mut plan = FaultPlan::none();
        let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(entries, _)| entries));
        for entry in lines.flat_map(|line| line.split(',')).map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, value) =
                entry.split_once('=').ok_or_else(|| PlanError::NotAnEntry(entry.to_owned()))?;
            plan.set(name.trim(), value.trim())?;
        }
        plan.check()
    }
}

impl FaultPlan {
    fn set(&mut self, name: &str, value: &str) -> Result<(), PlanError> {
        match name {
            "late" => self.late = time(value)?,
            "outage" => self.outage = time(value)?,
            "most" => self.most = Some(value.parse().map_err(|_| PlanError::NotACount(value.to_owned()))?),
            "all" => self.chances.extend(FaultPlan::all(chance(value)?).chances),
            _ => {
                let fault = Fault::named(name).ok_or_else(|| PlanError::UnknownFault(name.to_owned()))?;
                self.chances.insert(fault, chance(value)?);
            }
        }
        Ok(())
    }

    /// One fault at most is drawn for an occasion, so that all chances of one must fit into the whole.
    fn check(self) -> Result<Self, PlanError> {
        for (occasion, words) in [
            (Occasion::Place, "to a new order"),
            (Occasion::Cancel, "to a cancel"),
            (Occasion::Change, "to a change"),
            (Occasion::PartialFill, "to an event of a partial fill"),
            (Occasion::Fill, "to an event of a fill"),
            (Occasion::Event, "to an event"),
        ] {
            let fitting = self.chances.iter().filter(|(fault, _)| fault.fits(occasion));
            if fitting.map(|(_, chance)| u64::from(*chance)).sum::<u64>() > u64::from(WHOLE) {
                return Err(PlanError::TooMuch(words));
            }
        }
        Ok(self)
    }
}

/// A chance in millionths.
fn chance(text: &str) -> Result<u32, PlanError> {
    if text == "always" {
        return Ok(WHOLE);
    }
    let percent =
        text.strip_suffix('%').and_then(|percent| parse(percent.trim().as_bytes(), PERCENT_SCALE).ok());
    let chance = percent.and_then(|percent| u32::try_from(percent).ok()).filter(|chance| *chance <= WHOLE);
    chance.ok_or_else(|| PlanError::NotAChance(text.to_owned()))
}

fn time(text: &str) -> Result<Nanos, PlanError> {
    let number = |unit, length: u64| {
        let count: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        count.checked_mul(length).map(Nanos)
    };
    let time = number("ms", 1_000_000).or_else(|| number("s", 1_000_000_000));
    time.ok_or_else(|| PlanError::NotATime(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_what_goes_wrong_how_often_and_how_long() {
        let text = "all=0.1%\n# the worst day\nanswer_lost = 2.5 %, event_late=0.0001%\nkey_revoked=0%\n\
                    late=50ms, outage=3s, most=7";
        let plan: FaultPlan = text.parse().expect("a plan");
        assert_eq!(
            (plan.late, plan.outage, plan.most),
            (Nanos::from_millis(50), Nanos::from_secs(3), Some(7))
        );
        let chance = |fault| plan.chances[&fault];
        assert_eq!((chance(Fault::AnswerLost), chance(Fault::EventLate)), (25_000, 1));
        assert_eq!((chance(Fault::KeyRevoked), chance(Fault::Maintenance)), (0, 50), "outages are rarer");
        assert_eq!("".parse(), Ok(FaultPlan::none()));
        assert_eq!("answer_lost=always".parse(), Ok(FaultPlan::always(Fault::AnswerLost)));
        assert_eq!("answer_lost=always, most=1".parse(), Ok(FaultPlan::once(Fault::AnswerLost)));
    }

    #[test]
    fn what_is_no_plan_is_told_in_its_own_words() {
        let error = |text: &str| text.parse::<FaultPlan>().expect_err(text).to_string();
        assert_eq!(error("answer_lost"), "\"answer_lost\" is not NAME=CHANCE, such as answer_lost=2%");
        assert_eq!(error("nothing=1%"), "there is no fault \"nothing\"");
        for wrong in ["1", "-1%", "101%", "0.00001%", "%", "often"] {
            assert!(error(&format!("answer_lost={wrong}")).contains("is no chance"), "{wrong}");
        }
        for wrong in ["late=5", "late=s", "outage=1h", "late=99999999999999999999s", "late=18446744074s"] {
            assert!(error(wrong).contains("is no time"), "{wrong}");
        }
        assert_eq!(error("most=few"), "\"few\" is no number of faults");
        let all = "the chances of all that can happen to a new order come to more than 100%";
        assert_eq!(error("answer_lost=60%, request_lost=50%"), all);
    }
}
