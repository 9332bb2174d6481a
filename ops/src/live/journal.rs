//! What a run leaves in its journal beside the records: at its head the launch, at its end a summary.

use std::path::Path;

use anyhow::Context;
use fulmar_bus::record::{Text, UnixNanos};
use fulmar_engine::actors::KeptJournal;
use fulmar_engine::journal::{JournalHeader, JournalLimits, JournalWriter};
use fulmar_engine::runtime::Seat;
use serde::{Deserialize, Serialize};
use zerocopy::IntoBytes;

use super::launch::Launch;
use crate::configuration::Configuration;

/// What the head of a journal holds beside the launch: who writes what.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// What the run was made from.
    pub launch: Launch,
    /// The actors, by number.
    pub actors: Vec<String>,
}

/// What a clean end of a run leaves behind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// The hash of every record that the engine published.
    pub output_hash: String,
    /// How many they were.
    pub records: u64,
    /// When the actors stopped.
    pub stopped_at_ns: u64,
    /// Name, records and hash of each output channel.
    pub channels: Vec<(String, u64, String)>,
}

/// Starts the journal of a run in `directory`.
pub(super) fn start(
    directory: &Path,
    configuration: &Configuration,
    manifest: &Manifest,
) -> anyhow::Result<KeptJournal> {
    let launch = &manifest.launch;
    let manifest = serde_json::to_vec(manifest).context("cannot write the journal's manifest")?;
    let header = JournalHeader {
        boot_id: boot_id(launch),
        tenant: text(&configuration.engine.tenant)?,
        epoch: launch.epoch,
        created_at: UnixNanos(launch.started_at_ns),
        build: text(env!("CARGO_PKG_VERSION"))?,
        configuration_hash: launch.configuration_hash(),
        manifest,
    };
    let limits =
        JournalLimits { segment_bytes: configuration.journal.segment_bytes, ..JournalLimits::default() };
    let writer = JournalWriter::create(directory, header, limits)
        .with_context(|| format!("cannot start a journal in {}", directory.display()))?;
    Ok(KeptJournal::new(writer))
}

/// Lets the recorder, which has stopped, keep what is still on its way, then closes the journal, where there is a
/// `summary` with one: without, it stays open.
pub(super) fn close(
    journal: &KeptJournal,
    mut recorder: Vec<Seat>,
    summary: Option<&Summary>,
    stopped_at: UnixNanos,
) -> anyhow::Result<()> {
    for seat in &mut recorder {
        loop {
            seat.actor.inboxes().begin_turn(u32::MAX);
            if !seat.actor.work(stopped_at).is_some() {
                break;
            }
        }
    }
    if let Some(summary) = summary {
        let text = serde_json::to_vec(summary).context("cannot write the journal's summary")?;
        journal.finish(&text).context("the journal could not be kept")?;
    }
    Ok(())
}

/// A text as the header holds it.
fn text<const N: usize>(text: &str) -> anyhow::Result<Text<N>> {
    Text::new(text).with_context(|| {
        format!("\"{text}\" is longer than the {N} bytes that a journal's header has for it")
    })
}

/// Sixteen bytes that no other boot has: moment, process and epoch.
fn boot_id(launch: &Launch) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(launch.started_at_ns.as_bytes());
    id[8..12].copy_from_slice(std::process::id().as_bytes());
    id[12..].copy_from_slice(launch.epoch.as_bytes());
    id
}
