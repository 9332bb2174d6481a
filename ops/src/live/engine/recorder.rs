//! The core loop that keeps the journal: what it reads, through a gate and without. It decides nothing of a run.

use anyhow::anyhow;
use fulmar_engine::actors::{KeptJournal, Recorder};
use fulmar_engine::runtime::{Actor, CoreLoop, Doorbell, Inboxes, Seat, Wait};
use fulmar_engine::wiring::{Assembly, ChannelRole};

/// The loop of the recorder, which reads what a replay needs and what an operator asks for afterwards.
pub(super) fn recorder(
    assembly: &Assembly,
    journal: &KeptJournal,
    cpu: Option<usize>,
) -> anyhow::Result<CoreLoop> {
    let mut inboxes = Inboxes::new();
    for (channel, ring) in assembly.channels() {
        let reader = match channel.role {
            ChannelRole::Market | ChannelRole::Book | ChannelRole::Request => continue,
            // Frames may come faster than a disk takes them; what must not happen is that a venue waits for it.
            ChannelRole::Input => ring.reader(),
            ChannelRole::Note | ChannelRole::Order | ChannelRole::Outbound => {
                ring.gated_reader().ok_or_else(|| anyhow!("channel {} has no gate left", channel.name))?
            }
        };
        inboxes.add(reader);
    }
    let actor: Box<dyn Actor> = Box::new(Recorder::new(inboxes, journal.clone()));
    let seats = vec![Seat { number: u16::MAX, rank: u8::MAX, actor }];
    Ok(CoreLoop {
        name: "recorder".to_owned(),
        cpu,
        wait: Wait::Park,
        bell: Doorbell::new(),
        seats,
        notes: None,
    })
}
