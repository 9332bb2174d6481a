//! `fulmar record`: live frames of a venue into a capture, as they come, byte for byte.
//!
//! The engine runs beside it, market data alone, since it is the engine that knows what to subscribe to and which
//! snapshots a replay will need.

use std::io::ErrorKind;
use std::path::Path;

use fulmar_adapters::transport::capture::{CaptureError, CaptureWriter};
use fulmar_adapters::transport::{Recorder, Tap, start_recorder};
use fulmar_engine::runtime::Clock;
use serde::Serialize;

use super::{CommandError, Format, Global, RecordArguments};
use crate::configuration::{self, Configuration, Source, Variables};
use crate::exit::Exit;
use crate::live::{End, Held, Launch, LiveEngine, Route, Seals, Signals, Silent, Stopped, Watch};
use crate::{log, output, venues};

/// What a recording reports when it has ended.
#[derive(Debug, Serialize)]
struct RecordReport {
    file: String,
    venue: String,
    lines: u64,
    lost: u64,
    decode_errors: u64,
}

/// Records until a signal or the time ends it.
///
/// # Errors
/// Where the venue is not known, the file is there already, or the disk does not take it.
pub fn run(arguments: &RecordArguments, global: &Global) -> Result<Exit, CommandError> {
    let (sources, variables) = sources(arguments, global)?;
    let mut loaded = configuration::load_sources(&sources, &variables, &global.registry)?;
    keep_venue(&mut loaded.configuration, &arguments.venue);
    log::start(&loaded.configuration.log, global)?;
    let now = Clock::new().now();
    let launch = Launch {
        sources: sources.into_iter().map(Into::into).collect(),
        variables,
        route: Route::None,
        keys: std::collections::BTreeMap::new(),
        epoch: 0,
        started_at_ns: now.0,
        held: Held::default(),
    };
    let (tap, recorder) = open(&arguments.out, arguments, &loaded, now)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::failed("start the recording", error))?;
    let (recording, heard) = runtime.block_on(async {
        let mut signals = Signals::catch().map_err(|error| CommandError::failed("catch signals", error))?;
        let started = LiveEngine::start(launch, &loaded, None, (Some(tap), Seals::new())).await;
        let mut engine = started?;
        let mut watch = Watch::new(&engine);
        let end = watch.until_end(&mut engine, &mut signals, arguments.seconds, &mut Silent).await;
        // The recording ends before the connection does, so that a replay of it ends with a live book.
        let recording = recorder
            .finish()
            .map_err(|error| CommandError::failed(format!("write {}", arguments.out.display()), error))?;
        Ok::<_, CommandError>((recording, Heard { end, watch, stopped: engine.stop().await }))
    })?;
    let report = RecordReport {
        file: arguments.out.display().to_string(),
        venue: arguments.venue.clone(),
        lines: recording.lines,
        lost: recording.lost_count,
        decode_errors: heard.stopped.decode_errors,
    };
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Text => output::text(format_args!(
            "{}: {} lines, {} lost, {} frames that could not be read",
            report.file, report.lines, report.lost, report.decode_errors
        ))?,
    }
    heard.verdict(&arguments.out)
}

/// What the engine beside the recording came to.
struct Heard {
    end: End,
    watch: Watch,
    stopped: Stopped,
}

impl Heard {
    /// How the recording ends: well, where every book was live once, so that a replay comes to it.
    fn verdict(&self, file: &Path) -> Result<Exit, CommandError> {
        super::verdict(&self.stopped.failures)?;
        if self.stopped.connections == 0 {
            // It holds nothing of the venue, and would be in the way of the next attempt.
            std::fs::remove_file(file).map_err(|error| {
                CommandError::failed(format!("remove the empty {}", file.display()), error)
            })?;
            return Err(super::unreachable().and(format_args!("; {} is removed", file.display())));
        }
        let never_live = self.watch.pictures.iter().filter(|picture| !picture.was_live);
        let never_live: Vec<&str> = never_live.map(|picture| picture.symbol.as_str()).collect();
        if never_live.is_empty() {
            return Ok(Exit::Done);
        }
        let is_interrupted =
            self.end == End::Wanted("SIGINT") && never_live.len() == self.watch.pictures.len();
        let exit = if is_interrupted { Exit::Interrupted } else { Exit::Failed };
        let books = never_live.join(", ");
        let what = format!("the book of {books} was never live; {} replays without it", file.display());
        Err(CommandError::told(exit, what))
    }
}

/// A configuration of the one venue; with `--config`, that file's addresses and limits for it, but these instruments.
fn sources(arguments: &RecordArguments, global: &Global) -> Result<(Vec<Source>, Variables), CommandError> {
    if !venues::NAMES.contains(&arguments.venue.as_str()) {
        let known = venues::NAMES.join(", ");
        return Err(CommandError::usage(format!(
            "venue \"{}\" is not in this build; it has {known}",
            arguments.venue
        )));
    }
    let in_toml = |symbol: &String| toml::Value::from(symbol.as_str()).to_string();
    let symbols: Vec<String> = arguments.instruments.iter().map(in_toml).collect();
    let text = format!(
        "[engine]\nname = \"record\"\nmode = \"paper\"\n\n[[venue]]\nname = {:?}\ninstruments = [{}]\n",
        arguments.venue,
        symbols.join(", ")
    );
    let own = Source { file: "the command line".into(), text };
    let mut sources = if global.config.is_empty() { Vec::new() } else { configuration::sources(global)? };
    sources.push(own);
    Ok((sources, configuration::variables()))
}

/// Leaves nothing but the venue that is recorded: a capture is of one, whatever else a configuration names.
fn keep_venue(configuration: &mut Configuration, venue: &str) {
    configuration.venues.retain(|known| known.name == venue);
    configuration.strategies.clear();
    configuration.pairs.clear();
}

fn open(
    path: &Path,
    arguments: &RecordArguments,
    loaded: &configuration::Loaded,
    now: fulmar_bus::record::UnixNanos,
) -> Result<(Tap, Recorder), CommandError> {
    let failed =
        |error: anyhow::Error| CommandError::failed(format!("record into {}", path.display()), error);
    let venue = loaded.configuration.venues.iter().find(|venue| venue.name == arguments.venue);
    let rest_url = venues::rest_url(venue.expect("it is the venue of the command line")).map_err(failed)?;
    let writer =
        CaptureWriter::create(path, &arguments.venue, &arguments.instruments, now).map_err(|error| {
            match &error {
                CaptureError::Create { source, .. } if source.kind() == ErrorKind::AlreadyExists => {
                    CommandError::exists(path)
                }
                _ => failed(error.into()),
            }
        })?;
    start_recorder(writer, &rest_url).map_err(|error| failed(error.into()))
}
