//! Waking someone who sleeps: the waiting side says so before it sleeps, and the writing side rings only then.
//!
//! Ringing costs a fence and a load while nobody sleeps. What is woken is a [`Waker`], so a parked core loop and a task
//! of an async runtime are woken alike, and this room needs to know neither.

use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

/// One waiting side and any number of ringing sides. Clones ring the same bell.
#[derive(Clone, Debug, Default)]
pub struct Doorbell {
    bell: Arc<Bell>,
}

#[derive(Debug, Default)]
struct Bell {
    is_waiting: AtomicBool,
    /// Taken only by a side that waits, and by a side that found it waiting; never while both are awake.
    waker: Mutex<Option<Waker>>,
}

impl Doorbell {
    /// A bell that nobody waits at.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wakes the waiting side if it waits. Call it after what it is to find has been published.
    pub fn ring(&self) {
        // PAIRS WITH: the fence in `wait_with` — either this load sees the wish to sleep, or the sleeper's last look
        // sees what was published before this fence.
        fence(Ordering::SeqCst);
        if self.bell.is_waiting.load(Ordering::Relaxed) && self.bell.is_waiting.swap(false, Ordering::AcqRel)
        {
            let waker = self.bell.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Says that this side is about to sleep. The caller must look once more for work after this, and sleep only where
    /// there is none: a ring from then on wakes it.
    pub fn wait_with(&self, waker: &Waker) {
        *self.bell.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker.clone());
        // PAIRS WITH: the swap in `ring` — the waker is in its place before anyone may take it.
        self.bell.is_waiting.store(true, Ordering::Release);
        // PAIRS WITH: the fence in `ring`.
        fence(Ordering::SeqCst);
    }
}
