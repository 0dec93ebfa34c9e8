//! What the processor did.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor time of this thread, in user and system mode together.
pub(crate) fn of_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// The processor time of this process, in user and system mode together.
pub(crate) fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

fn read(clock: ClockId) -> Duration {
    clock_gettime(clock).try_into().unwrap_or_default()
}
