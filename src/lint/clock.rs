//! How long a run takes, by the wall and by the processor.
//!
//! Knows: the system's clocks. Does not know: what was done meanwhile.
//!
//! What threads were ready to do while other programs had the processors counts as if it had been done: or a busy machine
//! would look like a program that works on one thread.

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
    let done: Duration = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).try_into().ok()?;
    Some(done + waited())
}

/// How long the threads that there are were ready and had no processor; nothing where the system does not tell.
#[cfg(unix)]
fn waited() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let told = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    let waited = told.filter_map(|told| told.split(' ').nth(1)?.parse::<u64>().ok());
    Duration::from_nanos(waited.sum())
}

#[cfg(not(unix))]
fn work() -> Option<Duration> {
    None
}
