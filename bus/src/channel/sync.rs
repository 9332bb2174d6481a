//! The one door to fences: the processor's, or those of a model checker. The atomics themselves come in through
//! [`super::Words`], so a ring that is model-checked is the very code that trades.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::fence;
#[cfg(not(any(loom, shuttle)))]
pub(crate) use std::sync::atomic::fence;

/// Under shuttle every access is sequentially consistent, and a fence has nothing to add.
#[cfg(all(shuttle, not(loom)))]
pub(crate) fn fence(_: Ordering) {}

pub(crate) use std::sync::atomic::Ordering;
