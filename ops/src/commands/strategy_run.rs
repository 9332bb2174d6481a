//! `fulmar strategy run`: one of this program's strategies, in this process, attached to an engine that runs already;
//! or a program of somebody's own, in the place of this process.
//!
//! It needs no configuration: what the strategy may see and trade, and within which limits, the engine says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fulmar_bus::record::{Nanos, UnixNanos};
use fulmar_engine::contract::Strategy;
use fulmar_engine::runtime::{Clock, Wait};
use fulmar_strategies::attach::{Session, SessionEnd, SessionError, read_token};
use fulmar_strategies::{ParameterError, Parameters, StrategyEntry};
use rustix::event::{Timespec, poll};
use serde::Serialize;

use super::strategy_program;
use super::{CommandError, Format, Global, StrategyRunArguments};
use crate::exit::Exit;
use crate::output;

/// How long it waits before it looks again whether an engine is there.
const AGAIN_AFTER: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// What a strategy did in its process.
#[derive(Debug, Serialize)]
struct StrategyReport {
    name: String,
    kind: &'static str,
    ended_by: &'static str,
    commands: u64,
    counters: BTreeMap<&'static str, u64>,
}

/// Attaches, and trades until the engine is gone, a signal comes, or its time is over.
///
/// # Errors
/// Where there is no such strategy, no engine, or the engine refuses, with its own words.
pub fn run(arguments: &StrategyRunArguments, global: &Global) -> Result<Exit, CommandError> {
    let stated = stated(&arguments.set)?;
    if global.registry.get(&arguments.what).is_none() && Path::new(&arguments.what).is_file() {
        return strategy_program::run(arguments, &stated);
    }
    let entry = entry(&arguments.what, global)?;
    let parameters = Parameters::from_pairs(stated);
    let stop = stop_on_signals()?;
    let clock = Clock::new();
    let ends_at = arguments.seconds.map(|seconds| clock.now() + Nanos::from_secs(seconds));
    let is_over = || stop.load(Ordering::Relaxed) || ends_at.is_some_and(|at: UnixNanos| clock.now() >= at);
    let mut exit = Exit::Done;
    let mut is_first = true;
    while is_first || (arguments.reattach && exit == Exit::Unreachable && !is_over()) {
        let strategy = entry.strategy(&parameters).map_err(told)?;
        match attach(arguments, entry, strategy) {
            Ok(session) => exit = trade(session, (arguments, entry), &is_over, global.format)?,
            // The next engine is not there yet.
            Err(error) if !is_first && error.exit() == Exit::Unreachable => wait_a_little(),
            Err(error) => return Err(error),
        }
        is_first = false;
    }
    // Who was to attach again, and is told to end while no engine is there, did what he was asked.
    Ok(if arguments.reattach && exit == Exit::Unreachable { Exit::Done } else { exit })
}

/// What the strategy is called in the engine.
fn name<'a>(arguments: &'a StrategyRunArguments, entry: &StrategyEntry) -> &'a str {
    arguments.name.as_deref().unwrap_or(entry.kind)
}

fn attach(
    arguments: &StrategyRunArguments,
    entry: &StrategyEntry,
    strategy: Box<dyn Strategy>,
) -> Result<Session, CommandError> {
    let wait = if arguments.spin { Wait::Spin } else { Wait::Park };
    let refused = |error: SessionError| refused(&error, &arguments.socket);
    let token = read_token(&arguments.socket).map_err(refused)?;
    let attach = if arguments.take_over { Session::take_over } else { Session::attach };
    let name = name(arguments, entry);
    let session = attach(&arguments.socket, (name, token), strategy, wait).map_err(refused)?;
    output::notice(format_args!("attached to {} as \"{name}\"", arguments.socket.display()));
    Ok(session)
}

/// Trades to the end of the session, and tells what came of it.
fn trade(
    mut session: Session,
    (arguments, entry): (&StrategyRunArguments, &StrategyEntry),
    is_over: &impl Fn() -> bool,
    format: Format,
) -> Result<Exit, CommandError> {
    let end = session.run(is_over);
    if let Some(words) = session.last_words() {
        output::notice(format_args!("the engine sent it away: {words}"));
    }
    let report = report(entry, name(arguments, entry), end, &session);
    match format {
        Format::Json => output::json_line(&report)?,
        Format::Text => output::text(format_args!("{}", report.text()))?,
    }
    Ok(match end {
        SessionEnd::Stopped | SessionEnd::Replaced | SessionEnd::Played => Exit::Done,
        SessionEnd::EngineGone => Exit::Unreachable,
        SessionEnd::Broken => Exit::Failed,
    })
}

/// Until an engine may be there again.
fn wait_a_little() {
    // A wait that ends early does no harm.
    let _ = poll(&mut [], Some(&AGAIN_AFTER));
}

fn entry<'g>(kind: &str, global: &'g Global) -> Result<&'g StrategyEntry, CommandError> {
    let is_own = |entry: &&StrategyEntry| entry.kind != fulmar_strategies::attach::ENTRY.kind;
    global.registry.get(kind).filter(is_own).ok_or_else(|| {
        let kinds: Vec<&str> =
            global.registry.entries().iter().filter(is_own).map(|entry| entry.kind).collect();
        CommandError::not_found(format!(
            "this program has no strategy {kind:?}, and no file is called that; it has {}",
            kinds.join(", ")
        ))
    })
}

/// What `--set NAME=VALUE` states.
fn stated(stated: &[String]) -> Result<Vec<(String, String)>, CommandError> {
    let pair = |text: &String| {
        let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        pair.ok_or_else(|| CommandError::usage(format!("--set takes NAME=VALUE, and {text:?} is none")))
    };
    stated.iter().map(pair).collect()
}

fn told(error: ParameterError) -> CommandError {
    CommandError::usage(format!("--set: {error}"))
}

fn refused(error: &SessionError, socket: &Path) -> CommandError {
    use fulmar_bus::attach::AttachError;
    let exit = match error {
        SessionError::Attach(AttachError::Refused { .. }) => Exit::NotAllowed,
        SessionError::Attach(_) | SessionError::NoEngine(_) => Exit::Unreachable,
        SessionError::Client(_) | SessionError::Name(_) | SessionError::Token { .. } => Exit::Failed,
    };
    CommandError::told(exit, format!("{}: {error}", socket.display()))
}

/// A flag that a signal sets which asks the program to end.
fn stop_on_signals() -> Result<Arc<AtomicBool>, CommandError> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let (ready, is_ready) = std::sync::mpsc::channel();
    let wait = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async move {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
            let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else { return };
            let _ = ready.send(());
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
            told.store(true, Ordering::Relaxed);
        });
    };
    let started = std::thread::Builder::new().name("signals".to_owned()).spawn(wait);
    started.map_err(|error| CommandError::failed("wait for signals", error))?;
    is_ready.recv().map_err(|error| CommandError::failed("wait for signals", error))?;
    Ok(stop)
}

fn report(entry: &StrategyEntry, name: &str, end: SessionEnd, session: &Session) -> StrategyReport {
    let mut counters = BTreeMap::new();
    session.counters(&mut |name, value| {
        if value > 0 {
            counters.insert(name, value);
        }
    });
    let ended_by = match end {
        SessionEnd::Stopped => "stop",
        SessionEnd::EngineGone => "the engine is gone",
        SessionEnd::Replaced => "another process took its place",
        SessionEnd::Played => "the journal is played",
        SessionEnd::Broken => "the engine gave what cannot be read",
    };
    let (name, kind, commands) = (name.to_owned(), entry.kind, session.command_count());
    StrategyReport { name, kind, ended_by, commands, counters }
}

impl StrategyReport {
    fn text(&self) -> String {
        let StrategyReport { name, kind, ended_by, commands, counters } = self;
        let mut text =
            format!("strategy {name} ({kind}) ended: {ended_by}; {commands} orders, changes and cancels");
        for (name, value) in counters {
            text.push_str(&format!("\n  {name} {value}"));
        }
        text
    }
}
