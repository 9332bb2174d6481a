//! What a run leaves in its journal beside the records: at its head the launch, at its end a summary.

use std::path::Path;

use anyhow::Context;
use fulmar_bus::record::{Text, UnixNanos};
use fulmar_engine::actors::KeptJournal;
use fulmar_engine::journal::{JournalHeader, JournalLimits, JournalWriter};
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
    let text = serde_json::to_vec(manifest).context("cannot write the journal's manifest")?;
    let header = JournalHeader {
        boot_id: boot_id(launch),
        tenant: Text::new(&configuration.engine.tenant).unwrap_or_default(),
        epoch: launch.epoch,
        created_at: UnixNanos(launch.started_at_ns),
        build: Text::new(env!("CARGO_PKG_VERSION")).unwrap_or_default(),
        configuration_hash: [0; 32],
        manifest: text,
    };
    let limits =
        JournalLimits { segment_bytes: configuration.journal.segment_bytes, ..JournalLimits::default() };
    let writer = JournalWriter::create(directory, header, limits)
        .with_context(|| format!("cannot start a journal in {}", directory.display()))?;
    Ok(KeptJournal::new(writer))
}

/// Sixteen bytes that no other boot has: moment, process and epoch.
fn boot_id(launch: &Launch) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(launch.started_at_ns.as_bytes());
    id[8..12].copy_from_slice(std::process::id().as_bytes());
    id[12..].copy_from_slice(launch.epoch.as_bytes());
    id
}
