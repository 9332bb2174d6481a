//! `fulmar replay`: captures and journals through the engine, as fast as it can or at a pace, with the same answer each
//! time.

use fulmar_engine::journal::JournalError;
use fulmar_engine::runtime::{Clock, digest};
use fulmar_strategies::Registry;

use super::{CommandError, Format, Global, ReplayArguments};
use crate::exit::Exit;
use crate::output;
use crate::playback::{Invitation, ReplayReport, capture, journal};

/// Plays every file and tells what came of it.
///
/// # Errors
/// Where a file is not there, or is not what it should be; and, behind the report, where the replay is no proof.
pub fn run(arguments: &ReplayArguments, global: &Global) -> Result<Exit, CommandError> {
    let report = play(arguments, &global.registry)?;
    tell(&report, global.format)
}

fn tell(report: &ReplayReport, format: Format) -> Result<Exit, CommandError> {
    match format {
        Format::Json => output::json(report)?,
        Format::Text => output::text(report.text())?,
    }
    super::verdict(&report.failures())
}

fn play(arguments: &ReplayArguments, registry: &Registry) -> Result<ReplayReport, CommandError> {
    let clock = Clock::new();
    let started_at = clock.now();
    let (mut captures, mut journals, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut records, mut reading_ns) = (0, 0);
    let invitation = invitation(arguments)?;
    for path in &arguments.files {
        if !path.exists() {
            return Err(CommandError::not_found(format!("{}: no such file", path.display())));
        }
        let failed = |error| CommandError::failed(format!("replay {}", path.display()), error);
        if path.is_dir() {
            if arguments.threads > 0 || arguments.speed.is_some() {
                return Err(CommandError::usage(format!(
                    "{} is a journal: it plays the turns that were noted, on one thread and as fast as it goes; \
                     --threads and --speed are for captures",
                    path.display()
                )));
            }
            let (report, output_hash) =
                journal::play(path, registry, invitation.as_ref()).map_err(|error| {
                    match error.downcast_ref() {
                        Some(JournalError::NotThere { .. }) => CommandError::not_found(error.to_string()),
                        _ => failed(error),
                    }
                })?;
            records += report.records;
            hashes.push(output_hash);
            journals.push(report);
        } else {
            let played = capture::play(path, arguments.threads, arguments.speed).map_err(failed)?;
            records += played.records;
            reading_ns += played.reading_ns;
            hashes.push(played.output_hash);
            captures.push(played.report);
        }
    }
    let elapsed_ns = clock.now().since(started_at).0;
    let output_hash = format!("{:016x}", digest::combined(&hashes));
    Ok(ReplayReport { captures, journals, records, elapsed_ns, reading_ns, output_hash })
}

/// Who is to attach to the journal that is played.
fn invitation(arguments: &ReplayArguments) -> Result<Option<Invitation>, CommandError> {
    if arguments.attach.is_empty() {
        return Ok(None);
    }
    let [path] = arguments.files.as_slice() else {
        return Err(CommandError::usage("--attach is for one journal at a time".to_owned()));
    };
    if path.is_file() {
        let words =
            format!("{} is a capture: it has no strategies; --attach is for journals", path.display());
        return Err(CommandError::usage(words));
    }
    let (names, socket) = (arguments.attach.clone(), arguments.socket.clone());
    Ok(Some(Invitation { names, socket }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::report::tests::with_a_differing_actor;

    #[test]
    fn a_replay_whose_book_actor_differed_fails_behind_its_report() {
        let mut report = with_a_differing_actor();
        let error = tell(&report, Format::Json).expect_err("it is no proof");
        assert_eq!(error.exit(), Exit::Failed);
        let told = "x.capture.zst: the book actor of BTCUSDT differed from its market channel (differing: 1)";
        assert_eq!(error.to_string(), told);
        report.captures.clear();
        assert!(matches!(tell(&report, Format::Text), Ok(Exit::Done)));
    }
}
