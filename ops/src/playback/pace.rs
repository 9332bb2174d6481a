//! Playing at the recorded pace, or a multiple of it.

use std::time::Duration;

use fulmar_bus::record::UnixNanos;
use fulmar_engine::runtime::Clock;

/// Waits so that recorded time passes `factor` times as fast as real time.
#[derive(Debug)]
pub struct Pace {
    clock: Clock,
    factor: f64,
    began: Option<(UnixNanos, UnixNanos)>,
}

impl Pace {
    /// A pace that begins at the first moment it is given.
    pub fn new(clock: Clock, factor: f64) -> Self {
        Pace { clock, factor, began: None }
    }

    /// Returns once recorded moment `at` has come.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a pace is for the eye: microseconds of rounding over hours do not show"
    )]
    pub fn wait_for(&mut self, at: UnixNanos) {
        let now = self.clock.now();
        let (recorded, real) = *self.began.get_or_insert((at, now));
        let due_at = real.0 + (at.since(recorded).0 as f64 / self.factor) as u64;
        let mut left_ns = due_at.saturating_sub(now.0);
        while left_ns > 0 {
            std::thread::park_timeout(Duration::from_nanos(left_ns));
            left_ns = due_at.saturating_sub(self.clock.now().0);
        }
    }
}
