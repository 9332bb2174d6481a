//! What a call came to, as a number and in words.
#![allow(unsafe_code, reason = "a function that C finds by its name has a name that nobody else may have")]

use std::ffi::{CStr, c_char};

use fulmar_engine::contract::NotSubmitted;

use crate::memory::{Out, c_bytes, put};

/// What a call came to. Zero: it did what it says. Above zero: the session is over. Below zero: nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Outcome {
    /// It did what it says.
    Ok = 0,
    /// The session is over: somebody called fulmar_stop.
    Stopped = 1,
    /// The session is over: the engine is gone, or sent the process away.
    EngineGone = 2,
    /// The session is over: the engine came to the end of the journal that it plays.
    Played = 3,
    /// The session is over: another process took the place of this one, and has its orders and what it held.
    Replaced = 4,
    /// What is asked for is not known, or not now.
    Unknown = -1,
    /// An argument is NULL, not one of the values that it can have, or does not fit the others.
    Argument = -2,
    /// Not here: a turn is running already, in this thread or in another.
    Busy = -3,
    /// The strategy does not trade that instrument.
    NotTraded = -4,
    /// As many of its orders are unsettled as it may have.
    OrdersFull = -5,
    /// The quantity is not above zero.
    Quantity = -6,
    /// The order that it is to wait for is not known, or was wanted before the engine was killed.
    Parent = -7,
    /// There is nothing to cancel or to change, or no room for the wish now.
    Nothing = -8,
    /// The program was compiled with another fulmar.h than this library.
    Abi = -9,
    /// The engine refused, and said why.
    Refused = -10,
    /// No engine that takes strategies is there.
    Unreachable = -11,
    /// Something here is broken: the session is over, and does nothing any more.
    Panic = -12,
    /// What the engine shares is not what an engine shares: the session is over.
    Broken = -13,
}

impl Outcome {
    pub(crate) const fn text(self) -> &'static CStr {
        match self {
            Outcome::Ok => c"it did what it says",
            Outcome::Stopped => c"the session was stopped",
            Outcome::EngineGone => c"the engine is gone, or sent this process away",
            Outcome::Played => c"the journal is played",
            Outcome::Replaced => c"another process took the place of this one",
            Outcome::Unknown => c"that is not known now",
            Outcome::Argument => c"an argument is NULL, or cannot have that value",
            Outcome::Busy => c"a turn is running already, in this thread or in another",
            Outcome::NotTraded => c"the strategy does not trade that instrument",
            Outcome::OrdersFull => c"as many orders are unsettled as the strategy may have",
            Outcome::Quantity => c"the quantity is not above zero",
            Outcome::Parent => c"the order to wait for is not known",
            Outcome::Nothing => c"there is nothing to cancel or to change, or no room for the wish now",
            Outcome::Abi => c"the program was compiled with another fulmar.h than this library",
            Outcome::Refused => c"the engine refused",
            Outcome::Unreachable => c"no engine that takes strategies is there",
            Outcome::Panic => c"the library failed, and ended the session",
            Outcome::Broken => c"what the engine shares is not what an engine shares",
        }
    }

    /// What it came to, where nothing is to be handed out.
    pub(crate) fn of(result: Result<(), Outcome>) -> Self {
        result.err().unwrap_or(Outcome::Ok)
    }

    /// What it came to, with the answer put where it is wanted.
    pub(crate) fn put<T>(result: Result<T, Outcome>, out: Out<'_, T>) -> Self {
        Self::of(result.map(|value| put(out, value)))
    }
}

impl From<NotSubmitted> for Outcome {
    fn from(reason: NotSubmitted) -> Self {
        match reason {
            NotSubmitted::NotTraded => Outcome::NotTraded,
            NotSubmitted::OrdersFull => Outcome::OrdersFull,
            NotSubmitted::Quantity => Outcome::Quantity,
            NotSubmitted::Parent => Outcome::Parent,
        }
    }
}

/// What went wrong, for a program and for a person.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Error {
    /// What it came to.
    pub result: Outcome,
    /// The same in words, which end in a zero.
    pub text: [c_char; 508],
}

impl Error {
    pub(crate) fn new(result: Outcome, text: &str) -> Self {
        let mut error = Error { result, text: [0; 508] };
        let end = text.floor_char_boundary(error.text.len() - 1);
        error.text.iter_mut().zip(c_bytes(&text[..end])).for_each(|(place, byte)| *place = byte);
        error
    }
}

impl From<Outcome> for Error {
    fn from(result: Outcome) -> Self {
        Error::new(result, result.text().to_str().unwrap_or_default())
    }
}

/// A result in words, in English. They stay for ever.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_result_text(result: i32) -> *const c_char {
    const ALL: [Outcome; 18] = [
        Outcome::Ok,
        Outcome::Stopped,
        Outcome::EngineGone,
        Outcome::Played,
        Outcome::Replaced,
        Outcome::Unknown,
        Outcome::Argument,
        Outcome::Busy,
        Outcome::NotTraded,
        Outcome::OrdersFull,
        Outcome::Quantity,
        Outcome::Parent,
        Outcome::Nothing,
        Outcome::Abi,
        Outcome::Refused,
        Outcome::Unreachable,
        Outcome::Panic,
        Outcome::Broken,
    ];
    let known = ALL.into_iter().find(|outcome| *outcome as i32 == result);
    known.map_or(c"no result of this library", Outcome::text).as_ptr()
}
