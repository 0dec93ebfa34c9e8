//! Standard error, which nobody waits for: whoever reads it may stop reading, and work must go on.

use std::io::{self, Write as _};
use std::sync::OnceLock;

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

static WRITER: OnceLock<NonBlocking> = OnceLock::new();

/// Where logs are written to, by a thread of its own. What it cannot take any more is dropped. On the end of this, what is
/// left has a second to be written.
pub(super) fn begin() -> (NonBlocking, WorkerGuard) {
    let (writer, guard) = NonBlockingBuilder::default().finish(io::stderr());
    let _ = WRITER.set(writer.clone());
    (writer, guard)
}

/// Tells something. That nobody reads it changes nothing.
pub(super) fn tell(line: &str) {
    let line = format!("{line}\n");
    let _ = match WRITER.get() {
        Some(writer) => writer.clone().write_all(line.as_bytes()),
        None => io::stderr().write_all(line.as_bytes()),
    };
}
