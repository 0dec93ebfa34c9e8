//! What a sandbox may use.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// What one call may use. Reaching a limit ends the call with [`Stopped`](crate::CallError::Stopped);
/// the next call starts in a fresh sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for the whole call, whether it computes or waits: 60 seconds by default. The component's
    /// own deadline is shorter, and tells more.
    pub deadline: Duration,
    /// Linear memory, in bytes: 64 MiB by default. A message of 1 MiB that needs encoding throughout
    /// takes about 10 MiB.
    pub memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_mins(1),
            memory: 64 << 20,
        }
    }
}

/// A sandbox asked for more memory than it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{requested} bytes of memory requested, {limit} allowed")]
pub struct MemoryExceeded {
    /// What it would have had, in bytes.
    pub requested: usize,
    /// What it may have, in bytes.
    pub limit: usize,
}

/// Ends a sandbox that asks for too much, instead of letting it find out that it got nothing: guests
/// answer that with a trap that says nothing.
#[derive(Debug)]
pub(crate) struct MemoryLimit(pub(crate) usize);

/// The most entries of a table of functions: far more than a component of this kind has.
const MAX_TABLE: usize = 100_000;

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        _current: usize,
        requested: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if requested > self.0 {
            return Err(wasmtime::Error::new(MemoryExceeded {
                requested,
                limit: self.0,
            }));
        }
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE)
    }
}
