//! Plays a journal: the inputs as they came, every turn as its note says, on this one thread, to the hash that the run
//! had live.
//!
//! The journal holds inputs and notes in the order in which the recorder found them, so a note may stand before what it
//! drained. Turns therefore wait in line, core by core, until what they drained has been published. A run that was
//! killed is played up to the kill: behind the journal's last entry come the rings that the run left, and what it kept
//! of its outputs is compared with what is made again.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use fulmar_bus::record::{ChannelId, Note, Record, RecordId, UnixNanos};
use fulmar_engine::journal::{JournalReader, Tail, recover_ahead, ring_path};
use fulmar_engine::runtime::{NotedTurn, Player, note};
use fulmar_engine::wiring::{Assembly, ChannelRole, Surroundings, actor_names, build_shared};
use fulmar_strategies::Registry;
use serde::Serialize;

use super::company::{Company, Invitation, Welcoming};
use super::outputs::OutputCheck;
use crate::live::Summary;
use crate::live::journal::Manifest;

/// Inputs of a channel that may wait for room, each of them up to four kilobytes; a sound journal is far below it.
const INPUTS_WAITING_MAX: usize = 1 << 17;
/// Turns of a core that may wait for what comes before them; a sound journal is far below it.
const TURNS_WAITING_MAX: usize = 1 << 20;

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
    /// Records behind the last entry, recovered from the rings that a killed run left.
    pub recovered: u64,
    /// Turns at the end that drained what no noted turn made: they came after the one that the kill interrupted. Zero
    /// in a closed journal.
    pub unplayed_turns: u64,
    /// Inputs at the end that no turn drained.
    pub unplayed_inputs: u64,
    /// Intents, approvals, reports and requests to the venue that the run kept, and that were made again, byte for
    /// byte.
    pub outputs_compared: u64,
    /// Those that were not made again: published in the turn that the kill interrupted. Zero in a closed journal.
    pub outputs_beyond: u64,
    /// The hash that the run had live; `null` where it did not come to a clean end.
    pub live_output_hash: Option<String>,
    /// Records that the engine published, played again.
    pub records: u64,
    /// The hash of them.
    pub output_hash: String,
}

impl JournalReport {
    /// What a reader of text wants to know of it.
    pub(super) fn line(&self) -> String {
        let JournalReport { entries, turns, tail, recovered, outputs_compared, .. } = self;
        if self.live_output_hash.is_some() {
            return format!("{entries} entries, {turns} turns, {tail}; the same hash as live");
        }
        let mut line = format!(
            "{entries} entries and {recovered} records from the rings, {turns} turns, {tail}; no live hash to compare \
             with, {outputs_compared} orders and reports are those of the run"
        );
        if self.unplayed_turns > 0 {
            let _ = write!(line, ", {} turns wait for what no noted turn made", self.unplayed_turns);
        }
        if self.outputs_beyond > 0 {
            let _ = write!(line, ", {} came in the turn that the kill interrupted", self.outputs_beyond);
        }
        line
    }
}

/// Plays the journal in `directory`, in a program with these strategies, those that are invited in processes of their
/// own.
///
/// # Errors
/// Where the journal is damaged, is of another build's plan, or its run lost inputs; and where the hash is not the live
/// one, naming the channels that differ.
pub fn play(
    directory: &Path,
    registry: &Registry,
    invitation: Option<&Invitation>,
) -> anyhow::Result<(JournalReport, u64)> {
    let mut reader = JournalReader::open(directory)?;
    let manifest: Manifest =
        serde_json::from_slice(reader.manifest()).context("the journal's manifest cannot be read")?;
    let mut stage = Stage::set(&manifest, registry, invitation)?;
    let mut record = Record::new();
    let mut last_sequences = BTreeMap::new();
    let mut entries = 0;
    while reader.next(&mut record)?.is_some() {
        entries += 1;
        let id = record.header().id;
        last_sequences.insert(id.channel(), id.sequence());
        stage.take(&record)?;
        stage.progress()?;
    }
    let mut recovered = 0;
    let last_sequence = |channel| last_sequences.get(&channel).copied().unwrap_or_default();
    stage.check_rings(directory)?;
    for ahead in recover_ahead(directory, last_sequence)? {
        let lost_count = ahead.lost_count;
        ensure!(
            lost_count == 0,
            "the journal stops before the run did: {lost_count} records of channel {} are neither in it nor in the \
             rings; nothing behind entry {entries} can be played",
            ahead.channel.0
        );
        for record in &ahead.records {
            recovered += 1;
            stage.take(record)?;
            stage.progress()?;
        }
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
    let played = stage.finish(summary.as_ref().map(|summary| UnixNanos(summary.stopped_at_ns)))?;
    compare(summary.as_ref(), &played)?;
    let report = JournalReport {
        directory: directory.display().to_string(),
        entries,
        turns: played.turns,
        tail,
        torn_bytes,
        recovered,
        unplayed_turns: played.unplayed_turns,
        unplayed_inputs: played.unplayed_inputs,
        outputs_compared: played.outputs.compared_count(),
        outputs_beyond: played.outputs.ahead_count(),
        live_output_hash: summary.map(|summary| summary.output_hash),
        records: played.records,
        output_hash: format!("{:016x}", played.output_hash),
    };
    Ok((report, played.output_hash))
}

/// What came of a play.
struct Played {
    turns: u64,
    unplayed_turns: u64,
    unplayed_inputs: u64,
    outputs: OutputCheck,
    records: u64,
    output_hash: u64,
    channels: Vec<(String, u64, u64)>,
}

/// The engine of a journal, standing by.
struct Stage {
    assembly: Assembly,
    player: Player,
    company: Option<Company>,
    roles: BTreeMap<ChannelId, ChannelRole>,
    /// By channel: inputs that found no room yet.
    inputs: BTreeMap<ChannelId, VecDeque<Record>>,
    /// By channel: the sequence of the last input.
    last_inputs: BTreeMap<ChannelId, u64>,
    /// By note channel: the turns of one core, in their order.
    turns: BTreeMap<ChannelId, VecDeque<NotedTurn>>,
    turn_count: u64,
    outputs: OutputCheck,
}

impl Stage {
    fn set(
        manifest: &Manifest,
        registry: &Registry,
        invitation: Option<&Invitation>,
    ) -> anyhow::Result<Self> {
        let loaded = manifest.launch.load(registry)?;
        let mut plan = manifest.launch.plan(&loaded.configuration, None)?;
        plan.rings = plan.rings.for_replay();
        ensure!(
            actor_names(&plan) == manifest.actors,
            "this build makes other actors of the configuration than the one that wrote the journal"
        );
        let prepare = |invitation| Welcoming::prepare(invitation, &mut plan, &loaded.configuration);
        let welcoming = invitation.map(prepare).transpose()?;
        let memory = welcoming.as_ref().map(Welcoming::memory).transpose()?;
        let surroundings = Surroundings { bell_of: &|_| None, stamps: None };
        let mut assembly = build_shared(plan, &surroundings, memory)?;
        let company = welcoming.map(|welcoming| welcoming.receive(&mut assembly)).transpose()?;
        let ids = (0..).map(ChannelId);
        let roles = ids.zip(assembly.channels()).map(|(id, (channel, _))| (id, channel.role)).collect();
        let mut player = Player::new(std::mem::take(&mut assembly.seats));
        player.start(manifest.launch.started_at());
        let outputs = OutputCheck::of(&assembly);
        let (inputs, last_inputs, turns) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let turn_count = 0;
        Ok(Stage { assembly, player, company, roles, inputs, last_inputs, turns, turn_count, outputs })
    }

    /// A run that was killed leaves the rings of all that is written ahead, or none where they were taken away.
    fn check_rings(&self, directory: &Path) -> anyhow::Result<()> {
        let ahead = self.assembly.channels().filter(|(channel, _)| channel.role.is_written_ahead());
        let paths: Vec<_> = ahead.map(|(channel, _)| ring_path(directory, &channel.name)).collect();
        let missing = paths.iter().find(|path| !path.exists());
        match missing {
            Some(missing) if paths.iter().any(|path| path.exists()) => {
                bail!("{} is missing beside the other rings of the run", missing.display())
            }
            _ => Ok(()),
        }
    }

    /// Puts one entry of the journal where it waits for its turn.
    fn take(&mut self, record: &Record) -> anyhow::Result<()> {
        let channel = record.header().id.channel();
        match self.roles.get(&channel) {
            Some(ChannelRole::Input) => {
                let line = self.inputs.entry(channel).or_default();
                line.push_back(record.clone());
                ensure!(
                    line.len() < INPUTS_WAITING_MAX,
                    "{INPUTS_WAITING_MAX} inputs wait for turns that do not come"
                );
                self.last_inputs.insert(channel, record.header().id.sequence());
            }
            // Outputs are made again; what was kept of them is compared.
            Some(_) => self.outputs.expect(record)?,
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
                ensure!(
                    line.len() < TURNS_WAITING_MAX,
                    "{TURNS_WAITING_MAX} turns wait for inputs that do not come"
                );
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
                self.company.as_ref().map_or(Ok(()), Company::is_complete)?;
                return self.outputs.compare();
            }
        }
    }

    fn publish_inputs(&mut self) -> anyhow::Result<bool> {
        let mut has_moved = false;
        for line in self.inputs.values_mut() {
            while let Some(input) = line.front() {
                let Some(given) = publish(&mut self.assembly, input) else { break };
                let id = input.header().id;
                ensure!(
                    given == id,
                    "inputs before {id:?} are missing: the recorder was overtaken when the run was live"
                );
                line.pop_front();
                has_moved = true;
            }
        }
        Ok(has_moved)
    }

    /// Inputs that no turn has drained.
    fn unplayed_inputs(&mut self) -> u64 {
        let consumed: BTreeMap<ChannelId, u64> = self.player.consumed().collect();
        let left = |(channel, last): (&ChannelId, &u64)| {
            last.saturating_sub(consumed.get(channel).copied().unwrap_or_default())
        };
        self.last_inputs.iter().map(left).sum()
    }

    /// Stops the actors at the moment at which they stopped live, if they did.
    fn finish(mut self, stopped_at: Option<UnixNanos>) -> anyhow::Result<Played> {
        let unplayed_inputs = self.unplayed_inputs();
        if let Some(stopped_at) = stopped_at {
            self.player.stop(stopped_at);
            self.company.as_ref().map_or(Ok(()), Company::is_complete)?;
            self.outputs.compare()?;
        }
        let digests = self.assembly.digests();
        Ok(Played {
            turns: self.turn_count,
            unplayed_turns: self.turns.values().map(|line| line.len() as u64).sum(),
            unplayed_inputs,
            outputs: self.outputs,
            records: digests.record_count(),
            output_hash: digests.output_hash(),
            channels: digests.channels(),
        })
    }
}

/// Publishes an input on its channel again; `None` where there is no room yet.
fn publish(assembly: &mut Assembly, input: &Record) -> Option<RecordId> {
    let channel = input.header().id.channel();
    if let Some(link) = assembly.links.iter_mut().find(|link| link.frames.channel() == channel) {
        return link.frames.repeat(input).ok();
    }
    let mut others = assembly.control.iter_mut().chain(&mut assembly.wishes);
    let other = others.find(|other| other.channel() == channel);
    other
        .expect("every input channel is a link's, the operator's or an attached strategy's")
        .repeat(input)
        .ok()
}

/// Nobody sends in a replay: what was to go out has been hashed, and makes room.
fn discard_requests(assembly: &mut Assembly) {
    for link in &mut assembly.links {
        while let Ok(Some(_)) = link.requests.poll() {}
    }
}

/// The play must have come to what the run came to: as a whole where that is known, and as far as the run kept what it
/// published where it was killed.
fn compare(summary: Option<&Summary>, played: &Played) -> anyhow::Result<()> {
    let first =
        played.outputs.difference().map(|record| format!("; it begins with {record}")).unwrap_or_default();
    let Some(summary) = summary else {
        ensure!(first.is_empty(), "the replay differs from the run{first}");
        return Ok(());
    };
    let unplayed_turns = played.unplayed_turns;
    ensure!(
        unplayed_turns == 0,
        "{unplayed_turns} turns of the run wait for inputs that the journal does not hold"
    );
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
    bail!("the replay differs from the live run on: {}{first}", differing.join(", "))
}
