//! How long a run takes, by the wall and by the processor.
//!
//! Knows: the system's clocks. Does not know: what was done meanwhile.

use std::time::{Duration, Instant};

/// Begins with a run.
pub(super) struct Clock {
    start: Instant,
    work: Option<Duration>,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { start: Instant::now(), work: work() }
    }

    /// Time that has passed.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// What all threads together have worked, where the system tells.
    pub(super) fn work(&self) -> Option<Duration> {
        work()?.checked_sub(self.work?)
    }
}

#[cfg(unix)]
fn work() -> Option<Duration> {
    rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).try_into().ok()
}

#[cfg(not(unix))]
fn work() -> Option<Duration> {
    None
}
