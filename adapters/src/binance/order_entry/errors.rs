//! What the venue's errors say: one table. It says of each number whether the request was carried out, why not in words
//! that a strategy can use, and what it means for what is sent next.
//!
//! Only what is documented as a refusal refuses. A number that is not in the table leaves the fate of its order open,
//! which a query settles.

use fulmar_engine::contract::{local_reason, venue_reason};

/// Why a request was not carried out, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VenueError {
    /// The venue's number.
    pub(super) code: i32,
    /// What became of the request.
    pub(super) fate: Fate,
    /// What it means for the next ones.
    pub(super) consequence: Consequence,
}

/// What became of a request that was answered by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was not carried out: for this reason, or where it has no name for the one whose number the venue gave.
    Refused(Option<i32>),
    /// The venue knows no such order, at this moment, under this name. No proof that it was canceled.
    NoSuchOrder,
    /// It may have been carried out.
    Unknown,
}

/// What an error means for the requests that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    None,
    /// No order leaves for a while: the count of orders is limited, or the venue is overloaded or about to restart.
    HoldOrders,
    /// Nothing leaves until the venue lets this address speak again.
    HoldAll,
    /// Our moments are not the venue's: its clock is asked for at once.
    AskClock,
    /// The key is not believed, or may not trade: no order leaves any more.
    Halt,
}

pub(super) struct Row {
    /// The least and the greatest number that it is about.
    pub(super) codes: (i64, i64),
    /// What the venue's words contain.
    pub(super) words: &'static str,
    fate: Fate,
    consequence: Consequence,
}

const REFUSED: Fate = Fate::Refused(None);
const LIMITED: Fate = Fate::Refused(Some(local_reason::VENUE_LIMIT));
const FILTERED: Fate = Fate::Refused(Some(venue_reason::FILTER));
const NOT_PERMITTED: Fate = Fate::Refused(Some(venue_reason::NOT_PERMITTED));
const NO_BALANCE: Fate = Fate::Refused(Some(venue_reason::INSUFFICIENT_BALANCE));
const WOULD_TAKE: Fate = Fate::Refused(Some(venue_reason::WOULD_TAKE));
const CLOSED: Fate = Fate::Refused(Some(venue_reason::MARKET_CLOSED));
const NOT_REDUCING: Fate = Fate::Refused(Some(venue_reason::NOT_REDUCING));

/// The first row that fits says it. Numbers from -1000 to -2999 as spot documents them (`errors.md`), from -4000 on as
/// futures do; both share the first where both have them. Of -5022 nothing was read but the name.
pub(super) const TABLE: [Row; 36] = [
    one(-1002, "", NOT_PERMITTED, Consequence::Halt),
    one(-1003, "", LIMITED, Consequence::HoldAll),
    one(-1008, "", Fate::Unknown, Consequence::HoldOrders),
    one(-1013, "", FILTERED, Consequence::None),
    one(-1015, "", LIMITED, Consequence::HoldOrders),
    one(-1016, "", Fate::Unknown, Consequence::HoldOrders),
    one(-1020, "", REFUSED, Consequence::None),
    // The moment is looked at before matching too, so that what was refused is not said.
    one(-1021, "", Fate::Unknown, Consequence::AskClock),
    one(-1022, "", NOT_PERMITTED, Consequence::Halt),
    one(-1111, "", FILTERED, Consequence::None),
    // Parameters that are missing, unknown or malformed.
    Row { codes: (-1199, -1100), words: "", fate: REFUSED, consequence: Consequence::None },
    // The id is ours alone, so the order is there already: sent before, and arrived.
    one(-2010, "Duplicate", Fate::Unknown, Consequence::None),
    one(-2010, "insufficient balance", NO_BALANCE, Consequence::None),
    one(-2010, "immediately match", WOULD_TAKE, Consequence::None),
    one(-2010, "Market is closed", CLOSED, Consequence::None),
    one(-2010, "disabled on this account", NOT_PERMITTED, Consequence::Halt),
    one(-2010, "may not place", NOT_PERMITTED, Consequence::Halt),
    one(-2010, "trading is not enabled", NOT_PERMITTED, Consequence::Halt),
    one(-2010, "", REFUSED, Consequence::None),
    one(-2011, "Unknown order", Fate::NoSuchOrder, Consequence::None),
    one(-2011, "", REFUSED, Consequence::None),
    one(-2013, "", Fate::NoSuchOrder, Consequence::None),
    // A key that is none, or that is not believed from this address or for this.
    Row { codes: (-2015, -2014), words: "", fate: NOT_PERMITTED, consequence: Consequence::Halt },
    // Balance or margin that does not suffice.
    Row { codes: (-2019, -2018), words: "", fate: NO_BALANCE, consequence: Consequence::None },
    // It would trigger at once, or a change is none.
    Row { codes: (-2021, -2020), words: "", fate: REFUSED, consequence: Consequence::None },
    one(-2022, "", NOT_REDUCING, Consequence::None),
    one(-2038, "", REFUSED, Consequence::None),
    one(-2025, "", REFUSED, Consequence::None),
    // Prices and quantities that are no multiples, or out of bounds.
    Row { codes: (-4030, -4000), words: "", fate: FILTERED, consequence: Consequence::None },
    one(-4108, "", CLOSED, Consequence::None),
    // As -2010 of a duplicate: the id is ours alone, so the order is there already.
    one(-4116, "", Fate::Unknown, Consequence::None),
    one(-4131, "", REFUSED, Consequence::None),
    one(-4164, "", FILTERED, Consequence::None),
    // At once or not at all, and not at once.
    one(-5021, "", REFUSED, Consequence::None),
    one(-5022, "", WOULD_TAKE, Consequence::None),
    // A change that is none.
    one(-5027, "", REFUSED, Consequence::None),
];

const fn one(code: i64, words: &'static str, fate: Fate, consequence: Consequence) -> Row {
    Row { codes: (code, code), words, fate, consequence }
}

/// What an error says that came with this status. A status of the venue's own failing says that nobody knows, whatever
/// else it says.
pub(super) fn meaning(status: u64, code: i64, words: &str) -> VenueError {
    let fits = |row: &&Row| {
        let (least, greatest) = row.codes;
        (least..=greatest).contains(&code) && words.contains(row.words)
    };
    let row = TABLE.iter().find(fits);
    let fate = row.map_or(Fate::Unknown, |row| row.fate);
    VenueError {
        code: i32::try_from(code).unwrap_or_default(),
        fate: if status >= 500 { Fate::Unknown } else { fate },
        consequence: row.map_or(Consequence::None, |row| row.consequence),
    }
}

impl VenueError {
    /// What a report gives as the reason; `None` where it was not refused.
    pub(super) fn reason(&self) -> Option<i32> {
        match self.fate {
            Fate::Refused(reason) => Some(reason.unwrap_or(self.code)),
            Fate::NoSuchOrder => Some(self.code),
            Fate::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_not_in_the_table_and_a_failing_venue_leave_everything_open() {
        let open = |code| VenueError { code, fate: Fate::Unknown, consequence: Consequence::None };
        for code in [-1000, -1001, -1006, -1007, -9_999, -3_999, 0, 7] {
            assert_eq!(meaning(400, i64::from(code), "Something new"), open(code));
        }
        assert_eq!(meaning(503, -2010, "Filter"), open(-2010), "the venue failed, whatever it says");
        assert_eq!(meaning(400, i64::MIN, "").code, 0);
    }

    #[test]
    fn no_row_hides_behind_an_earlier_one() {
        for (place, row) in TABLE.iter().enumerate() {
            let code = (row.codes.0..=row.codes.1).find(|code| {
                !TABLE[..place].iter().any(|earlier| {
                    (earlier.codes.0..=earlier.codes.1).contains(code) && row.words.contains(earlier.words)
                })
            });
            assert!(code.is_some(), "{:?} {} is never reached", row.codes, row.words);
        }
    }
}
