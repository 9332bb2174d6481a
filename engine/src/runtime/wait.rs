//! What a core loop does when there is nothing to do.
//!
//! Spinning is fastest and takes the whole core. Two spinners on one core wait four milliseconds for each other, so the
//! plan refuses that. Parking sleeps until a doorbell rings or a timer is due.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use fulmar_bus::record::Nanos;

use super::doorbell::Doorbell;

/// How a core loop waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Looks again at once.
    Spin,
    /// Looks again a few thousand times, then lets others run between looks.
    Yield,
    /// Looks again a few hundred times, then sleeps until it is woken.
    Park,
}

/// Idle passes before a yielding loop begins to yield.
const YIELD_AFTER_PASSES: u32 = 2_000;
/// Idle passes before a parking loop parks: long enough to bridge the records of one burst.
const PARK_AFTER_PASSES: u32 = 200;
/// The longest sleep, so that a stop is seen in time.
const PARK_NS_MAX: u64 = 20_000_000;

/// The waiting of one core loop.
#[derive(Debug)]
pub struct Waiter {
    wait: Wait,
    idle_passes: u32,
    bell: Doorbell,
    waker: Waker,
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Waiter {
    /// Waits on this thread; `bell` wakes it where it parks.
    pub fn new(wait: Wait, bell: Doorbell) -> Self {
        Waiter { wait, idle_passes: 0, bell, waker: Waker::from(Arc::new(Unpark(std::thread::current()))) }
    }

    /// The pass had work.
    #[inline]
    pub fn worked(&mut self) {
        self.idle_passes = 0;
    }

    /// The pass had none. `look` tells whether there is work now; it is asked once more before a sleep of at most
    /// `until_due`.
    #[inline]
    pub fn idle(&mut self, until_due: Option<Nanos>, look: impl FnMut() -> bool) {
        self.idle_passes = self.idle_passes.saturating_add(1);
        match self.wait {
            Wait::Spin => std::hint::spin_loop(),
            Wait::Yield if self.idle_passes < YIELD_AFTER_PASSES => std::hint::spin_loop(),
            Wait::Yield => std::thread::yield_now(),
            Wait::Park if self.idle_passes < PARK_AFTER_PASSES => std::hint::spin_loop(),
            Wait::Park => self.park(until_due, look),
        }
    }

    fn park(&self, until_due: Option<Nanos>, mut look: impl FnMut() -> bool) {
        self.bell.wait_with(&self.waker);
        if !look() {
            let sleep_ns = until_due.map_or(PARK_NS_MAX, |due| due.0.min(PARK_NS_MAX));
            std::thread::park_timeout(Duration::from_nanos(sleep_ns));
        }
    }
}
