//! What C calls a context: the way to the strategy's view and its wishes, open within a callback and between two turns.
//!
//! The host's own context lives for one callback. It is lent to C for as long as the callback runs, on its thread; who
//! asks at another time takes the session between two turns, or is told that it is busy. So a context that was kept is
//! no danger as long as its session is there.
#![allow(
    unsafe_code,
    reason = "a context that lives for one callback goes through C, which knows no lifetimes"
)]

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use fulmar_bus::record::{InstrumentId, Text, UnixNanos};
use fulmar_engine::contract;
use fulmar_strategies::attach;

use crate::outcome::Outcome;

/// An opaque context.
#[derive(Default)]
pub struct Context {
    /// The host's context while a callback runs; NULL else, and while it is in use.
    lent: AtomicPtr<c_void>,
    /// The thread that it is lent to.
    thread: AtomicUsize,
    is_stopped: AtomicBool,
    is_broken: AtomicBool,
    /// Ends the session by itself; zero where nothing does.
    pub(crate) ends_at: OnceLock<UnixNanos>,
    /// The instruments by their names.
    pub(crate) instruments: OnceLock<Vec<(InstrumentId, Text<64>)>>,
    /// Locked for as long as a turn runs; `None` once it is detached.
    pub(crate) attached: Mutex<Option<attach::Session>>,
}

/// A number that no other living thread has.
fn this_thread() -> usize {
    thread_local! {
        static PLACE: u8 = const { 0 };
    }
    PLACE.with(|place| ptr::from_ref(place).addr())
}

impl Context {
    /// Calls out with the host's context in reach.
    pub(crate) fn lend(&self, context: &mut contract::Context<'_>, call: impl FnOnce(&Context)) {
        if self.is_broken() {
            return;
        }
        self.thread.store(this_thread(), Ordering::Relaxed);
        self.lent.store(ptr::from_mut(context).cast(), Ordering::Relaxed);
        call(self);
        self.lent.store(ptr::null_mut(), Ordering::Relaxed);
    }

    /// Lets `act` have the host's context: the one that is lent, or between two turns one of its own.
    pub(crate) fn with<R>(
        &self,
        act: impl FnOnce(&mut contract::Context<'_>) -> Result<R, Outcome>,
    ) -> Result<R, Outcome> {
        self.guarded(|| {
            let is_here = self.thread.load(Ordering::Relaxed) == this_thread();
            let lent =
                if is_here { self.lent.swap(ptr::null_mut(), Ordering::Relaxed) } else { ptr::null_mut() };
            if lent.is_null() {
                let mut attached = self.attached.try_lock().map_err(|_| Outcome::Busy)?;
                return attached.as_mut().ok_or(Outcome::Busy)?.act(act);
            }
            // SAFETY: `lend` stored it on this very thread, and waits in its callback with the exclusive borrow that it
            // was made of; it was taken out just now, so that nobody else has it.
            let context = unsafe { &mut *lent.cast::<contract::Context<'_>>() };
            let told = act(context);
            self.lent.store(lent, Ordering::Relaxed);
            told
        })
    }

    /// As [`Context::with`], for what only looks.
    pub(crate) fn look<R>(
        &self,
        look: impl FnOnce(&contract::Context<'_>) -> Option<R>,
    ) -> Result<R, Outcome> {
        self.with(|context| look(context).ok_or(Outcome::Unknown))
    }

    /// Does something that, should it panic, ends the session instead of the process.
    pub(crate) fn guarded<R>(&self, act: impl FnOnce() -> Result<R, Outcome>) -> Result<R, Outcome> {
        if self.is_broken() {
            return Err(Outcome::Panic);
        }
        // Nothing that was left half done is looked at again: a broken session is never entered.
        catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| {
            self.is_broken.store(true, Ordering::Relaxed);
            Err(Outcome::Panic)
        })
    }

    /// Wants an end. Safe from any thread, and from a signal handler.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    /// True where somebody wants an end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// True where something panicked.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_the_session_and_not_the_process() {
        let context = Context::default();
        let broken: Result<(), Outcome> = context.guarded(|| panic!("this is what the test is about"));
        assert_eq!(broken, Err(Outcome::Panic));
        assert_eq!(context.guarded(|| Ok(1)), Err(Outcome::Panic), "nothing is done any more");
    }

    #[test]
    fn a_context_is_of_no_use_without_a_session() {
        assert_eq!(Context::default().with(|_| Ok(())), Err(Outcome::Busy));
    }
}
