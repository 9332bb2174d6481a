//! A session from its attachment to its end, as C drives it.
#![allow(unsafe_code, reason = "a function that C finds by its name has a name that nobody else may have")]

use std::env::{self, VarError};
use std::ffi::c_char;
use std::path::PathBuf;
use std::sync::Arc;

use fulmar_bus::attach::AttachError;
use fulmar_bus::record::Nanos;
use fulmar_engine::runtime;
use fulmar_strategies::attach::{self, SessionEnd, SessionError, read_token};

use crate::callbacks::{Bridge, Callbacks};
use crate::context::Context;
use crate::memory::{Out, Places, TextIn, User, put};
use crate::outcome::{Error, Outcome};

/// The version of all that stands in the header. Another number is another header.
pub const ABI_VERSION: u32 = 1;

/// Where an engine listens whose state directory is `state`.
const SOCKET: &str = "state/bus/bus.sock";

/// How a session waits for something to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Wait {
    /// As the environment says (FULMAR_WAIT is spin, yield or sleep); where it says nothing, as the last.
    Default = 0,
    /// Looks without a pause. It takes a whole core, and is the fastest.
    Spin = 1,
    /// Looks, and lets others run.
    Yield = 2,
    /// Looks for some microseconds, then sleeps until the engine wakes it.
    Sleep = 3,
}

/// How to attach. What is zero is left to the environment, in which `fulmar strategy run` says all of it.
#[derive(Debug)]
#[repr(C)]
pub struct Options {
    /// FULMAR_ABI_VERSION, as the program was compiled with.
    pub abi_version: u32,
    /// How to wait: a fulmar_wait.
    pub wait: u8,
    /// One to take the place of the process that is attached under the name, if one is: its orders and what it holds
    /// are this one's from then on, and nothing is canceled. Zero where FULMAR_TAKE_OVER says, which is 1 or is not
    /// set.
    pub take_over: u8,
    reserved: [u8; 2],
    /// The name that the engine's configuration gives the strategy; NULL for FULMAR_STRATEGY.
    pub name: TextIn,
    /// Where the engine's bus listens; NULL for FULMAR_SOCKET, and where that is not set for state/bus/bus.sock.
    pub socket: TextIn,
}

/// An opaque session.
pub struct Session(Arc<Context>);

/// The version that this library was built with: FULMAR_ABI_VERSION of its header.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_abi_version() -> u32 {
    ABI_VERSION
}

/// Attaches a strategy to a running engine. `user` comes back in every callback. Callbacks are copied, and are called
/// by `fulmar_run`, `fulmar_turn` and `fulmar_detach`, on the thread that calls those. NULL where it failed; then
/// `error` says why.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_attach(
    options: Option<&Options>,
    callbacks: Option<&Callbacks>,
    user: User,
    error: Out<'_, Error>,
) -> Option<Box<Session>> {
    let context = Arc::new(Context::default());
    let mut told = None;
    let attached = context.guarded(|| {
        let options = options.ok_or(Outcome::Argument)?;
        let bridge =
            Bridge { callbacks: *callbacks.ok_or(Outcome::Argument)?, user, context: Arc::clone(&context) };
        attach(options, bridge).map_err(|Why(outcome, text)| {
            told = Some(Error::new(outcome, &text));
            outcome
        })
    });
    match attached {
        Ok(()) => Some(Box::new(Session(context))),
        Err(outcome) => {
            put(error, told.unwrap_or_else(|| Error::from(outcome)));
            None
        }
    }
}

/// Why an attachment did not come about, for a program and for a person.
struct Why(Outcome, String);

impl From<Outcome> for Why {
    fn from(outcome: Outcome) -> Self {
        Why(outcome, outcome.text().to_str().unwrap_or_default().to_owned())
    }
}

fn attach(options: &Options, bridge: Bridge) -> Result<(), Why> {
    if options.abi_version != ABI_VERSION {
        let theirs = options.abi_version;
        let text = format!(
            "the program was compiled with version {theirs} of fulmar.h, this library is {ABI_VERSION}"
        );
        return Err(Why(Outcome::Abi, text));
    }
    let name = options.name.read()?.map(str::to_owned).or(variable("FULMAR_STRATEGY")?);
    let name = name.ok_or_else(|| {
        let text = "the strategy has no name: neither an option nor FULMAR_STRATEGY says it";
        Why(Outcome::Argument, text.to_owned())
    })?;
    let socket = options.socket.read()?.map(str::to_owned).or(variable("FULMAR_SOCKET")?);
    let socket = PathBuf::from(socket.unwrap_or_else(|| SOCKET.to_owned()));
    let wait = wait(options.wait)?;
    if options.take_over > 1 {
        return Err(Outcome::Argument.into());
    }
    let seconds = variable("FULMAR_SECONDS")?.map(|text| text.parse::<u64>()).transpose();
    let seconds = seconds.map_err(|_| Why(Outcome::Argument, "FULMAR_SECONDS is no number".to_owned()))?;

    let context = Arc::clone(&bridge.context);
    let refused = |error: SessionError| refusal(&error, &socket);
    let token = read_token(&socket).map_err(refused)?;
    let is_taking_over =
        options.take_over == 1 || variable("FULMAR_TAKE_OVER")?.is_some_and(|text| text == "1");
    let attach = if is_taking_over { attach::Session::take_over } else { attach::Session::attach };
    let session = attach(&socket, (&name, token), Box::new(bridge), wait).map_err(refused)?;
    context.instruments.get_or_init(|| session.instruments().to_vec());
    if let Some(seconds) = seconds {
        context.ends_at.get_or_init(|| session.now() + Nanos::from_secs(seconds));
    }
    *context.attached.lock().map_err(|_| Outcome::Panic)? = Some(session);
    Ok(())
}

fn variable(name: &str) -> Result<Option<String>, Why> {
    match env::var(name) {
        Ok(text) if text.is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Why(Outcome::Argument, format!("{name} holds bytes that are no text")))
        }
    }
}

fn wait(option: u8) -> Result<runtime::Wait, Why> {
    let word = match option {
        0 => variable("FULMAR_WAIT")?.unwrap_or_else(|| "sleep".to_owned()),
        1 => "spin".to_owned(),
        2 => "yield".to_owned(),
        3 => "sleep".to_owned(),
        _ => return Err(Outcome::Argument.into()),
    };
    match word.as_str() {
        "spin" => Ok(runtime::Wait::Spin),
        "yield" => Ok(runtime::Wait::Yield),
        "sleep" => Ok(runtime::Wait::Park),
        other => {
            let text = format!("FULMAR_WAIT is \"{other}\", and not spin, yield or sleep");
            Err(Why(Outcome::Argument, text))
        }
    }
}

fn refusal(error: &SessionError, socket: &std::path::Path) -> Why {
    let outcome = match error {
        SessionError::Attach(AttachError::Refused { .. }) => Outcome::Refused,
        SessionError::Name(_) => Outcome::Argument,
        _ => Outcome::Unreachable,
    };
    Why(outcome, format!("{}: {error}", socket.display()))
}

/// Gives the strategy its turns until the session is over, and gives why: FULMAR_RESULT_STOPPED,
/// FULMAR_RESULT_ENGINE_GONE, FULMAR_RESULT_PLAYED or FULMAR_RESULT_REPLACED, after `on_stop`. Below zero where it
/// could not. `error` says it in words, the engine's own where it sent the process away.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_run(session: Option<&Session>, error: Out<'_, Error>) -> Outcome {
    ended(session, error, |context, attached| {
        loop {
            let outcome = turn(context, attached);
            if outcome != Outcome::Ok {
                return outcome;
            }
        }
    })
}

/// One turn, for a loop of one's own: takes what came, calls back for each, and where nothing came waits, for a
/// twentieth of a second at the most. FULMAR_RESULT_OK as long as the session goes on; else as `fulmar_run`.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_turn(session: Option<&Session>, error: Out<'_, Error>) -> Outcome {
    ended(session, error, turn)
}

/// Does something with the session, and tells an end or a failure in words: the engine's own, where it said some.
fn ended(
    session: Option<&Session>,
    error: Out<'_, Error>,
    act: impl FnOnce(&Context, &mut attach::Session) -> Outcome,
) -> Outcome {
    let outcome = session.ok_or(Outcome::Argument).and_then(|session| {
        let context = &*session.0;
        context.guarded(|| {
            let mut attached = context.attached.try_lock().map_err(|_| Outcome::Busy)?;
            let attached = attached.as_mut().ok_or(Outcome::Busy)?;
            let outcome = act(context, attached);
            Ok((outcome, attached.last_words().map(|words| Error::new(outcome, words))))
        })
    });
    let (outcome, words) = outcome.unwrap_or_else(|outcome| (outcome, None));
    if outcome != Outcome::Ok {
        put(error, words.unwrap_or_else(|| Error::from(outcome)));
    }
    outcome
}

fn turn(context: &Context, attached: &mut attach::Session) -> Outcome {
    let is_over = context.is_stopped() || context.ends_at.get().is_some_and(|at| attached.now() >= *at);
    let end = if is_over { Some(attached.stop()) } else { attached.turn() };
    match end {
        // It failed in a callback of this very turn.
        None if context.is_broken() => Outcome::Panic,
        None => Outcome::Ok,
        Some(SessionEnd::Stopped) => Outcome::Stopped,
        Some(SessionEnd::EngineGone) => Outcome::EngineGone,
        Some(SessionEnd::Played) => Outcome::Played,
        Some(SessionEnd::Replaced) => Outcome::Replaced,
        Some(SessionEnd::Broken) => Outcome::Broken,
    }
}

/// Ends the session soon: the turn that runs is the last. From any thread, from a callback, and from a signal handler.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_stop(session: Option<&Session>) {
    if let Some(session) = session {
        session.0.stop();
    }
}

/// Detaches: `on_stop`, where that was not called yet, and the session is freed. What becomes of the strategy's orders
/// the engine's configuration says (`on_disconnect`). Not from a callback, and not while another thread is in
/// `fulmar_run` or `fulmar_turn`: FULMAR_RESULT_BUSY then, and the session stays. NULL is nothing to detach.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_detach(session: Option<Box<Session>>) -> Outcome {
    let Some(session) = session else { return Outcome::Ok };
    let context = Arc::clone(&session.0);
    let Ok(mut attached) = context.attached.try_lock() else {
        std::mem::forget(session);
        return Outcome::Busy;
    };
    let told = context.guarded(|| {
        if let Some(mut attached) = attached.take() {
            attached.stop();
        }
        Ok(())
    });
    Outcome::of(told)
}

/// The session's context, for what a program of one's own loop does between two turns.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_session_context(session: Option<&Session>) -> Option<&Context> {
    session.map(|session| &*session.0)
}

/// A parameter of the strategy by its name, out of FULMAR_PARAMETERS, where `fulmar strategy run` puts what `--set`
/// says. FULMAR_RESULT_UNKNOWN where nobody stated it, FULMAR_RESULT_ARGUMENT where it does not fit `capacity` bytes
/// with a zero behind it, or where FULMAR_PARAMETERS is no JSON object of texts.
#[unsafe(no_mangle)]
pub extern "C" fn fulmar_parameter(name: TextIn, text: Places<c_char>, capacity: usize) -> Outcome {
    let parameter = || -> Result<String, Outcome> {
        let name = name.required()?;
        let all = env::var("FULMAR_PARAMETERS").map_err(|_| Outcome::Unknown)?;
        let all: std::collections::BTreeMap<String, String> =
            serde_json::from_str(&all).map_err(|_| Outcome::Argument)?;
        all.get(name).cloned().ok_or(Outcome::Unknown)
    };
    match parameter() {
        Ok(value) => text.put(capacity, &value),
        Err(outcome) => outcome,
    }
}
