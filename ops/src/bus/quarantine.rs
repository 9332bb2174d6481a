//! Processes that misbehaved: they are let in no more, for as long as they live. Another one may come in their place.

use fulmar_bus::attach::Peer;

use super::usage::is_dead;

/// Processes that are kept out at one time; of more, the first is forgotten.
const KEPT_OUT_MAX: usize = 64;

/// Those who are kept out.
#[derive(Debug, Default)]
pub struct Quarantine(Vec<Peer>);

impl Quarantine {
    /// Lets it in no more.
    pub fn keep_out(&mut self, peer: Peer) {
        self.0.retain(|other| !is_dead(other));
        if self.0.len() == KEPT_OUT_MAX {
            self.0.remove(0);
        }
        self.0.push(peer);
    }

    /// True where it is one of them. While it lives, no other process has its number.
    pub fn holds(&self, peer: &Peer) -> bool {
        self.0.iter().any(|other| other.pid == peer.pid && !is_dead(other))
    }
}
