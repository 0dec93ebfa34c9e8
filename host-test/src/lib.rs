//! A host for the SQS connector component.
//!
//! It loads the component once and runs each call in a fresh sandbox, so no call sees what another
//! left behind. A sandbox gets no files, no environment, no sockets and no standard streams. Requests
//! leave through the host, to the [`Origin`]s that were allowed only, over connections that sandboxes
//! share. A call that loops, waits or grows beyond its [`Limits`] is ended.
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```

#![forbid(unsafe_code)]

mod contract;
mod credentials;
mod egress;
mod error;
mod host;
mod identity;
mod inspect;
pub mod job;
mod json;
mod limits;
mod outgoing;
mod sandbox;
pub mod secrets;

pub use contract::{
    AttributeValue, AwsError, Corruption, Description, Failure, FailureKind, Message,
    MessageAttribute, MessagePart, Network, Queue, Receipt, SendError, Timeouts, UnknownCause,
    UnknownOutcome, Unreachable, UnreachableCause, Violation,
};
pub use credentials::Credentials;
pub use egress::{NotAnOrigin, Origin};
pub use error::{CallError, ExecuteError, LoadError, StopReason, Stopped};
pub use host::{Connector, Host, HostBuilder, OutboundConnector};
pub use identity::{AwsIdentity, IdentityError};
pub use inspect::{Interface, Surface};
pub use limits::{Limits, MemoryExceeded};
