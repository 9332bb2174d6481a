//! Where something that is no record is handed to an actor while it runs: a line to a process that attached.
//!
//! It is an arrival from outside, so nothing that an actor publishes may depend on it but inputs. It never blocks the
//! actor; the other side waits, or is told that there is no room.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, atomic::AtomicUsize, atomic::Ordering};

use super::doorbell::Doorbell;

/// The actor's side.
#[derive(Debug)]
pub struct Door<T> {
    comers: Receiver<T>,
    count: Arc<AtomicUsize>,
}

/// The side of those who bring something.
#[derive(Clone, Debug)]
pub struct Doorway<T> {
    sender: SyncSender<T>,
    count: Arc<AtomicUsize>,
    bell: Option<Doorbell>,
}

/// A door for so many at a time.
pub fn door<T>(room: usize) -> (Doorway<T>, Door<T>) {
    let (sender, comers) = sync_channel(room);
    let count = Arc::new(AtomicUsize::new(0));
    (Doorway { sender, count: Arc::clone(&count), bell: None }, Door { comers, count })
}

impl<T> Doorway<T> {
    /// Rings `bell` for each that comes: the actor's core may sleep.
    pub fn ring(&mut self, bell: Option<Doorbell>) {
        self.bell = bell;
    }

    /// Hands over `comer`.
    ///
    /// # Errors
    /// Gives it back where there is no room, or the actor is gone.
    pub fn hand(&self, comer: T) -> Result<(), T> {
        use std::sync::mpsc::TrySendError::{Disconnected, Full};
        self.sender.try_send(comer).map_err(|(Full(comer) | Disconnected(comer))| comer)?;
        // PAIRS WITH: the acquire load in `is_empty`: who sees the count finds the comer.
        self.count.fetch_add(1, Ordering::Release);
        self.call();
        Ok(())
    }

    /// Wakes the actor's core, where it sleeps.
    pub fn call(&self) {
        self.bell.iter().for_each(Doorbell::ring);
    }
}

impl<T> Door<T> {
    /// True where nobody waits: one load, since it is asked in every turn.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // PAIRS WITH: the release add in `hand`.
        self.count.load(Ordering::Acquire) == 0
    }

    /// The next that came, if any.
    #[inline]
    pub fn take(&self) -> Option<T> {
        if self.is_empty() {
            return None;
        }
        let comer = self.comers.try_recv().ok()?;
        self.count.fetch_sub(1, Ordering::Relaxed);
        Some(comer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_taken_once_in_its_order_and_no_more_than_there_is_room_for() {
        let (doorway, door) = door(2);
        assert!(door.is_empty() && door.take().is_none());
        assert_eq!((doorway.hand(1), doorway.hand(2), doorway.hand(3)), (Ok(()), Ok(()), Err(3)));
        assert!(!door.is_empty());
        assert_eq!((door.take(), door.take(), door.take()), (Some(1), Some(2), None));
        assert_eq!(doorway.hand(4), Ok(()));
        drop(door);
        assert_eq!(doorway.hand(5), Err(5), "nobody is there");
    }
}
