//! What a sandbox may use.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// How much later than its own timeout the host ends a connector: so it is the connector that tells what happened.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// The longest time that a connector may be given, so that it is the connector that ends the call.
pub(crate) fn longest(deadline: Duration) -> Duration {
    deadline.saturating_sub(GRACE).max(deadline / 2)
}

/// A time as connectors are told it.
pub(crate) fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis())
        .unwrap_or(u32::MAX)
        .max(1)
}

/// What calls may use. Reaching a limit of one call ends it with [`Stopped`](crate::Stopped); the next call starts in a
/// fresh sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Time for the whole call, whether it computes or waits: 60 seconds by default. The component is told to end 5
    /// seconds earlier, or in half of the time where there is little, so that it can tell what happened.
    pub deadline: Duration,
    /// Time that the call may keep a thread busy: 10 seconds by default. It is measured by the clock, so that a thread
    /// that has to wait for its processor is taken for busy. A message of 1 MiB takes some 20 milliseconds.
    pub computation: Duration,
    /// Linear memory, in bytes, of all memories together: 64 MiB by default. A message of 1 MiB that
    /// needs encoding throughout takes 12 MiB.
    pub memory: usize,
    /// Requests that the call may send, whether or not they are let out: 5,000 by default. Ten thousand messages in one
    /// call take a thousand.
    pub requests: u32,
    /// The body of one response, in bytes: 16 MiB by default.
    pub response: u64,
    /// Sandboxes that may be open at a time: 1,000 by default, and at least one. A call for which none is free waits for
    /// one, and its deadline does not run before. A job waits no longer than it has time. Each
    /// [`Session`](crate::Session) that has been called keeps one.
    pub sandboxes: u32,
    /// Connections that may be open at a time, in use or idle, to all servers together: 1,000 by default. A request for
    /// which none is free waits for one, within the time that a connection may take to stand. An idle one gives its place
    /// away when its time is over, not before: where several servers are busy, allow more than there are sandboxes.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_mins(1),
            computation: Duration::from_secs(10),
            memory: 64 << 20,
            requests: 5_000,
            response: 16 << 20,
            sandboxes: 1000,
            connections: 1000,
        }
    }
}

impl Limits {
    /// The same limits with another deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The same limits with another time to keep a thread busy.
    #[must_use]
    pub fn with_computation(self, computation: Duration) -> Self {
        Self {
            computation,
            ..self
        }
    }

    /// The same limits with another amount of memory, in bytes.
    #[must_use]
    pub fn with_memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }

    /// The same limits with another number of requests of a call.
    #[must_use]
    pub fn with_requests(self, requests: u32) -> Self {
        Self { requests, ..self }
    }

    /// The same limits with another size of a response, in bytes.
    #[must_use]
    pub fn with_response(self, response: u64) -> Self {
        Self { response, ..self }
    }

    /// The same limits with another number of sandboxes at a time.
    #[must_use]
    pub fn with_sandboxes(self, sandboxes: u32) -> Self {
        Self { sandboxes, ..self }
    }

    /// The same limits with another number of connections at a time.
    #[must_use]
    pub fn with_connections(self, connections: usize) -> Self {
        Self {
            connections,
            ..self
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
pub(crate) struct MemoryLimit {
    limit: usize,
    used: usize,
    table_elements: usize,
}

/// The most entries of all tables together: far more than a component of this kind has.
pub(crate) const MAX_TABLE_ELEMENTS: usize = 20_000;
/// The most core instances. A component as it comes from Rust's toolchain has four: its own, and three for its imports.
pub(crate) const MAX_INSTANCES: u32 = 4;
/// The most memories: its own.
pub(crate) const MAX_MEMORIES: u32 = 1;
/// The most tables: its own, and one for its imports.
pub(crate) const MAX_TABLES: u32 = 2;

impl MemoryLimit {
    /// Allows this many bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: 0,
            table_elements: 0,
        }
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let requested = self.used.saturating_add(desired.saturating_sub(current));
        if requested > self.limit {
            return Err(wasmtime::Error::new(MemoryExceeded {
                requested,
                limit: self.limit,
            }));
        }
        self.used = requested;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let requested = self
            .table_elements
            .saturating_add(desired.saturating_sub(current));
        let allowed = requested <= MAX_TABLE_ELEMENTS;
        if allowed {
            self.table_elements = requested;
        }
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_count_together() {
        let mut limit = MemoryLimit::new(100);
        assert!(limit.memory_growing(0, 60, None).unwrap());
        assert!(limit.memory_growing(0, 30, None).unwrap());
        assert!(limit.memory_growing(60, 70, None).unwrap());
        let error = limit.memory_growing(30, 31, None).unwrap_err();
        assert_eq!(
            error.downcast_ref(),
            Some(&MemoryExceeded {
                requested: 101,
                limit: 100
            })
        );
    }

    #[test]
    fn tables_count_together() {
        let mut limit = MemoryLimit::new(0);
        assert!(limit.table_growing(0, MAX_TABLE_ELEMENTS, None).unwrap());
        assert!(!limit.table_growing(0, 1, None).unwrap());
    }
}
