//! What a core loop does when there is nothing to do.
//!
//! Spinning is fastest and takes the whole core. Two spinners on one core wait four milliseconds for each other, so the
//! plan refuses that. Parking sleeps until a doorbell rings or a timer is due.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use fulmar_bus::record::{Nanos, UnixNanos};

use super::doorbell::Doorbell;

/// How a core loop waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Looks again at once.
    Spin,
    /// Looks again for some microseconds, then lets others run between looks.
    Yield,
    /// Looks again for some microseconds, then sleeps until it is woken.
    Park,
}

/// How long a yielding loop looks before it begins to yield. Time, not passes: a pass is as long as the loop has
/// actors.
const YIELD_AFTER: Nanos = Nanos(50_000);
/// How long a parking loop looks before it parks: long enough to bridge the records of one burst.
const PARK_AFTER: Nanos = Nanos(10_000);
/// The longest sleep, so that a stop is seen in time.
const PARK_NS_MAX: u64 = 20_000_000;

/// The waiting of one core loop.
#[derive(Debug)]
pub struct Waiter {
    wait: Wait,
    /// When the first pass without work began, since the last that had some.
    idle_since: Option<UnixNanos>,
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
        Waiter { wait, idle_since: None, bell, waker: Waker::from(Arc::new(Unpark(std::thread::current()))) }
    }

    /// The pass had work.
    #[inline]
    pub fn worked(&mut self) {
        self.idle_since = None;
    }

    /// The pass that began at `now` had none. `look` tells whether there is work now; it is asked once more before a
    /// sleep of at most `until_due`.
    #[inline]
    pub fn idle(&mut self, now: UnixNanos, until_due: Option<Nanos>, look: impl FnMut() -> bool) {
        let idle = now.since(*self.idle_since.get_or_insert(now));
        match self.wait {
            Wait::Spin => std::hint::spin_loop(),
            Wait::Yield if idle < YIELD_AFTER => std::hint::spin_loop(),
            Wait::Yield => std::thread::yield_now(),
            Wait::Park if idle < PARK_AFTER => std::hint::spin_loop(),
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

/// Lets other threads of the machine run, as one of them is to do what is waited for.
pub fn give_way() {
    std::thread::yield_now();
}
