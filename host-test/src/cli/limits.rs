//! What a call may use, as arguments.

use std::time::Duration;

use connector_host::Limits;

#[derive(clap::Args)]
#[command(next_help_heading = "What a call may use")]
pub(super) struct LimitArgs {
    /// Time for the whole call, in milliseconds [default: 60000]
    #[arg(long = "max-time", value_name = "MS")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    time: Option<u64>,
    /// Time that the call may keep a thread busy, in milliseconds [default: 10000]
    #[arg(long = "max-computation", value_name = "MS")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    computation: Option<u64>,
    /// Memory, in mebibytes [default: 64]
    #[arg(long = "max-memory", value_name = "MIB")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=4096))]
    memory: Option<u32>,
    /// Requests that the call may send [default: 5000]
    #[arg(long = "max-requests", value_name = "N")]
    requests: Option<u32>,
    /// The body of one response, in bytes [default: 16777216]
    #[arg(long = "max-response", value_name = "BYTES")]
    response: Option<u64>,
    /// Connections that may be open at a time, of all calls together [default: 1000]
    #[arg(long = "max-connections", value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    connections: Option<u32>,
}

impl LimitArgs {
    /// Whether the time for a call is among them.
    pub(super) fn has_time(&self) -> bool {
        self.time.is_some()
    }

    /// The limits that the arguments name, and the defaults of others.
    pub(super) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(milliseconds) = self.time {
            limits.deadline = Duration::from_millis(milliseconds);
        }
        if let Some(milliseconds) = self.computation {
            limits.computation = Duration::from_millis(milliseconds);
        }
        if let Some(mebibytes) = self.memory {
            limits.memory = (mebibytes as usize) << 20;
        }
        if let Some(requests) = self.requests {
            limits.requests = requests;
        }
        if let Some(bytes) = self.response {
            limits.response = bytes;
        }
        if let Some(connections) = self.connections {
            limits.connections = connections as usize;
        }
        limits
    }
}
