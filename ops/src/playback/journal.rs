//! Plays a journal: the inputs as they came, every turn as its note says, on this one thread, to the hash that the run
//! had live.
//!
//! The journal holds inputs and notes in the order in which the recorder found them, so a note may stand before what it
//! drained. Turns therefore wait in line, core by core, until what they drained has been published.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use fulmar_bus::record::{ChannelId, Note, Record, RecordId, UnixNanos};
use fulmar_engine::journal::{JournalReader, Tail};
use fulmar_engine::runtime::{NotedTurn, Player, note};
use fulmar_engine::wiring::{Assembly, ChannelRole, Surroundings, actor_names, build};
use serde::Serialize;

use crate::live::Summary;
use crate::live::journal::Manifest;

/// Inputs and turns that may wait for what comes before them; a sound journal is far below it.
const WAITING_MAX: usize = 1 << 20;

/// What playing one journal gave.
#[derive(Debug, Serialize)]
pub struct JournalReport {
    /// The directory.
    pub directory: String,
    /// Records in it.
    pub entries: u64,
    /// Turns that were played.
    pub turns: u64,
    /// How it ends: `closed` by a clean stop, `open` where the process was killed, `torn` where it was killed inside a
    /// record.
    pub tail: &'static str,
    /// Bytes of a torn last record, which is left out.
    pub torn_bytes: u64,
    /// Turns at the end whose inputs did not reach the journal before the kill; zero in a closed one.
    pub unplayed_turns: u64,
    /// The hash that the run had live; `null` where it did not come to a clean end.
    pub live_output_hash: Option<String>,
    /// Records that the engine published, played again.
    pub records: u64,
    /// The hash of them.
    pub output_hash: String,
}

/// Plays the journal in `directory`.
///
/// # Errors
/// Where the journal is damaged, is of another build's plan, or its run lost inputs; and where the hash is not the live
/// one, naming the channels that differ.
pub fn play(directory: &Path) -> anyhow::Result<(JournalReport, u64)> {
    let mut reader = JournalReader::open(directory)?;
    let manifest: Manifest =
        serde_json::from_slice(reader.manifest()).context("the journal's manifest cannot be read")?;
    let mut stage = Stage::set(&manifest)?;
    let mut record = Record::new();
    let mut entries = 0;
    while reader.next(&mut record)?.is_some() {
        entries += 1;
        stage.take(&record)?;
        stage.progress()?;
    }
    let summary: Option<Summary> = reader
        .summary()
        .map(|bytes| serde_json::from_slice(bytes).context("the journal's summary cannot be read"))
        .transpose()?;
    let (tail, torn_bytes) = match reader.tail() {
        Some(Tail::Closed) => ("closed", 0),
        Some(Tail::Torn { dropped_bytes }) => ("torn", dropped_bytes),
        Some(Tail::Open) | None => ("open", 0),
    };
    let (turns, unplayed_turns) = (stage.turn_count, stage.waiting_turns());
    let digests = stage.finish(summary.as_ref().map(|summary| UnixNanos(summary.stopped_at_ns)));
    if let Some(summary) = &summary {
        ensure!(
            unplayed_turns == 0,
            "{unplayed_turns} turns of the run wait for inputs that the journal does not hold"
        );
        compare(summary, &digests)?;
    }
    let report = JournalReport {
        directory: directory.display().to_string(),
        entries,
        turns,
        tail,
        torn_bytes,
        unplayed_turns,
        live_output_hash: summary.map(|summary| summary.output_hash),
        records: digests.records,
        output_hash: format!("{:016x}", digests.output_hash),
    };
    Ok((report, digests.output_hash))
}

/// What the engine published, played again.
struct Digests {
    records: u64,
    output_hash: u64,
    channels: Vec<(String, u64, u64)>,
}

/// The engine of a journal, standing by.
struct Stage {
    assembly: Assembly,
    player: Player,
    roles: BTreeMap<ChannelId, ChannelRole>,
    /// Inputs that found no room yet.
    inputs: VecDeque<Record>,
    /// By note channel: the turns of one core, in their order.
    turns: BTreeMap<ChannelId, VecDeque<NotedTurn>>,
    turn_count: u64,
}

impl Stage {
    fn set(manifest: &Manifest) -> anyhow::Result<Self> {
        let loaded = manifest.launch.load()?;
        let mut plan = manifest.launch.plan(&loaded.configuration, None)?;
        plan.rings = plan.rings.for_replay();
        ensure!(
            actor_names(&plan) == manifest.actors,
            "this build makes other actors of the configuration than the one that wrote the journal"
        );
        let mut assembly = build(plan, &Surroundings { bell_of: &|_| None, stamps: None })?;
        let ids = (0..).map(ChannelId);
        let roles = ids.zip(assembly.channels()).map(|(id, (channel, _))| (id, channel.role)).collect();
        let mut player = Player::new(std::mem::take(&mut assembly.seats));
        player.start(manifest.launch.started_at());
        Ok(Stage { assembly, player, roles, inputs: VecDeque::new(), turns: BTreeMap::new(), turn_count: 0 })
    }

    /// Puts one entry of the journal where it waits for its turn.
    fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        let channel = record.header().id.channel();
        match self.roles.get(&channel) {
            Some(ChannelRole::Input) => {
                self.inputs.push_back(record.clone());
                ensure!(
                    self.inputs.len() < WAITING_MAX,
                    "{WAITING_MAX} inputs wait for turns that do not come"
                );
            }
            // Outputs are made again; what was kept of them is for those who read the journal.
            Some(_) => {}
            // Note channels are made after all others, one a core loop.
            None => {
                let Ok((noted, numbers)) = Note::read(record) else {
                    bail!("record {:?} is of no channel of this configuration", record.header().id);
                };
                let Some(turns) = note::turns(noted, numbers) else {
                    bail!("note {:?} cannot be read", record.header().id);
                };
                let line = self.turns.entry(channel).or_default();
                line.extend(turns);
                ensure!(line.len() < WAITING_MAX, "{WAITING_MAX} turns wait for inputs that do not come");
            }
        }
        Ok(())
    }

    /// Publishes what has room and plays what is ready, until neither goes on.
    fn progress(&mut self) -> anyhow::Result<()> {
        loop {
            let mut has_moved = self.publish_inputs()?;
            for line in self.turns.values_mut() {
                while line.front().is_some_and(|turn| self.player.try_turn(turn)) {
                    line.pop_front();
                    self.turn_count += 1;
                    has_moved = true;
                    discard_requests(&mut self.assembly);
                }
            }
            if !has_moved {
                return Ok(());
            }
        }
    }

    fn publish_inputs(&mut self) -> anyhow::Result<bool> {
        let mut has_moved = false;
        while let Some(input) = self.inputs.front() {
            let Some(given) = publish(&mut self.assembly, input) else { break };
            let id = input.header().id;
            ensure!(
                given == id,
                "inputs before {id:?} are missing: the recorder was overtaken when the run was live"
            );
            self.inputs.pop_front();
            has_moved = true;
        }
        Ok(has_moved)
    }

    fn waiting_turns(&self) -> u64 {
        self.turns.values().map(|line| line.len() as u64).sum()
    }

    /// Stops the actors at the moment at which they stopped live, if they did.
    fn finish(self, stopped_at: Option<UnixNanos>) -> Digests {
        if let Some(stopped_at) = stopped_at {
            self.player.stop(stopped_at);
        }
        let digests = self.assembly.digests();
        Digests {
            records: digests.record_count(),
            output_hash: digests.output_hash(),
            channels: digests.channels(),
        }
    }
}

/// Publishes an input on its channel again; `None` where there is no room yet.
fn publish(assembly: &mut Assembly, input: &Record) -> Option<RecordId> {
    let channel = input.header().id.channel();
    if let Some(link) = assembly.links.iter_mut().find(|link| link.frames.channel() == channel) {
        return link.frames.repeat(input).ok();
    }
    let control = assembly.control.as_mut().filter(|control| control.channel() == channel);
    control.expect("every input channel is a link's or the operator's").repeat(input).ok()
}

/// Nobody sends in a replay: what was to go out has been hashed, and makes room.
fn discard_requests(assembly: &mut Assembly) {
    for link in &mut assembly.links {
        while let Ok(Some(_)) = link.requests.poll() {}
    }
}

fn compare(summary: &Summary, played: &Digests) -> anyhow::Result<()> {
    if summary.output_hash == format!("{:016x}", played.output_hash) {
        return Ok(());
    }
    let mut differing = Vec::new();
    for ((name, live_records, live_hash), (_, records, hash)) in summary.channels.iter().zip(&played.channels)
    {
        if *live_hash != format!("{hash:016x}") {
            differing.push(format!("{name} ({live_records} records live, {records} played)"));
        }
    }
    bail!("the replay differs from the live run on: {}", differing.join(", "))
}
