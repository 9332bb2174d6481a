//! `fulmar strategy run`: one of this program's strategies, in this process, attached to an engine that runs already.
//!
//! It needs no configuration: what the strategy may see and trade, and within which limits, the engine says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fulmar_bus::record::{Nanos, UnixNanos};
use fulmar_engine::runtime::{Clock, Wait};
use fulmar_strategies::attach::{Session, SessionEnd, SessionError};
use fulmar_strategies::{ParameterError, Parameters, StrategyEntry};
use serde::Serialize;

use super::{CommandError, Format, Global, StrategyRunArguments};
use crate::bus::token_path;
use crate::exit::Exit;
use crate::output;

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
    let entry = entry(&arguments.kind, global)?;
    let strategy = (entry.strategy(&parameters(&arguments.set)?)).map_err(told)?;
    let name = arguments.name.as_deref().unwrap_or(entry.kind);
    let token = token(&arguments.socket)?;
    let wait = if arguments.spin { Wait::Spin } else { Wait::Park };
    let attach = if arguments.take_over { Session::take_over } else { Session::attach };
    let session = attach(&arguments.socket, (name, token), strategy, wait);
    let mut session = session.map_err(|error| refused(&error, &arguments.socket))?;
    output::notice(format_args!("attached to {} as \"{name}\"", arguments.socket.display()));
    let stop = stop_on_signals()?;
    let clock = Clock::new();
    let ends_at = arguments.seconds.map(|seconds| clock.now() + Nanos::from_secs(seconds));
    let is_over = || stop.load(Ordering::Relaxed) || ends_at.is_some_and(|at: UnixNanos| clock.now() >= at);
    let end = session.run(is_over);
    if let Some(words) = session.last_words() {
        output::notice(format_args!("the engine sent it away: {words}"));
    }
    let report = report(entry, name, end, &session);
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(format_args!("{}", report.text()))?,
    }
    Ok(match end {
        SessionEnd::Stopped | SessionEnd::Replaced | SessionEnd::Played => Exit::Done,
        SessionEnd::EngineGone => Exit::Unreachable,
        SessionEnd::Broken => Exit::Failed,
    })
}

fn entry<'g>(kind: &str, global: &'g Global) -> Result<&'g StrategyEntry, CommandError> {
    let is_own = |entry: &&StrategyEntry| entry.kind != fulmar_strategies::attach::ENTRY.kind;
    global.registry.get(kind).filter(is_own).ok_or_else(|| {
        let kinds: Vec<&str> =
            global.registry.entries().iter().filter(is_own).map(|entry| entry.kind).collect();
        CommandError::not_found(format!("this program has no strategy {kind:?}; it has {}", kinds.join(", ")))
    })
}

/// What `--set NAME=VALUE` states.
fn parameters(stated: &[String]) -> Result<Parameters, CommandError> {
    let pair = |text: &String| {
        let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        pair.ok_or_else(|| CommandError::usage(format!("--set takes NAME=VALUE, and {text:?} is none")))
    };
    let pairs: Vec<(String, String)> = stated.iter().map(pair).collect::<Result<_, _>>()?;
    Ok(Parameters::from_pairs(pairs))
}

fn told(error: ParameterError) -> CommandError {
    CommandError::usage(format!("--set: {error}"))
}

/// Whoever may read it may call.
fn token(socket: &Path) -> Result<[u8; 32], CommandError> {
    let path = token_path(socket);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let what = format!(
                "no engine that takes strategies runs there: {} does not exist. Start one whose configuration has a \
                 strategy of the kind \"attached\", and name its bus with --socket",
                path.display()
            );
            return Err(CommandError::told(Exit::Unreachable, what));
        }
        Err(error) => return Err(CommandError::failed(format_args!("read {}", path.display()), error)),
    };
    bytes
        .try_into()
        .map_err(|_| CommandError::told(Exit::Unreachable, format!("{} holds no token", path.display())))
}

fn refused(error: &SessionError, socket: &Path) -> CommandError {
    use fulmar_bus::attach::AttachError;
    let exit = match error {
        SessionError::Attach(AttachError::Refused { .. }) => Exit::NotAllowed,
        SessionError::Attach(_) => Exit::Unreachable,
        SessionError::Client(_) | SessionError::Name(_) => Exit::Failed,
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
