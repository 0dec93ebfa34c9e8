//! A host for the SQS connector component, and for any other connector with the same contract for jobs.
//!
//! It loads a component once and runs each call in a fresh sandbox, so no call sees what another
//! left behind. A sandbox gets no files, no environment, no sockets and no standard streams. Requests
//! leave through the host, to the servers that were allowed only ([`OriginPattern`]), over connections that
//! sandboxes share. A call that loops, waits or grows beyond its [`Limits`] is ended.
//!
//! # One message
//!
//! ```no_run
#![doc = include_str!("../examples/embed.rs")]
//! ```
//!
//! # One job
//!
//! Jobs of a process engine run on the other door of a connector, with FEEL, secrets and the identity of the host:
//! see [`job`].
//!
//! ```no_run
#![doc = include_str!("../examples/run_job.rs")]
//! ```
//!
//! # Many jobs
//!
//! A [`Host`] and what it loads are made once and shared: calls run side by side, as many as [`Limits`] say, and further
//! ones wait. [`Host::interrupt`] ends what is under way; each call then says what it had sent.
//!
//! ```no_run
#![doc = include_str!("../examples/many_jobs.rs")]
//! ```
//!
//! # Secrets of your own
//!
//! [`secrets`] has providers for folders, files and the environment. Any other is a
//! [`SecretProvider`](secrets::SecretProvider), which may take its time: its own page has an example.
//!
//! # A policy of your own
//!
//! ```no_run
#![doc = include_str!("../examples/own_policy.rs")]
//! ```
//!
//! # Seeing inside
//!
//! The crate tells what it does through [`tracing`](https://docs.rs/tracing): any subscriber of the embedder's hears it.
//!
//! | span | level | fields |
//! |---|---|---|
//! | `job` | error, so that it is there for every event | `key`, `type`, `trace_id` |
//! | `attempt`, one request within a call | debug | `method`, `host`, `request_bytes`, `status`, `aws_request_id` |
//!
//! | event | level | fields |
//! |---|---|---|
//! | `ended`, in `job` | info | `work` ([`Work::name`](job::Work::name)), `elapsed_us` |
//! | `failed`, in `job` | info | `error_type`, `code` |
//! | `answered`, in `attempt` | debug | `response_bytes`, `elapsed_us` |
//! | `failed`, in `attempt` | debug | the same, `error` |
//! | `left`, in `attempt`: nobody waits for more | debug | the same but the last |
//! | what an operator should see to | warn | a text |
//!
//! None of them has a body, a secret, or a message that could quote one.

#![forbid(unsafe_code)]

mod connector;
mod contract;
mod credentials;
mod egress;
mod engine;
mod error;
mod host;
mod identity;
mod inspect;
pub mod job;
mod json;
mod limits;
mod meter;
mod outbound_connector;
mod outgoing;
mod sandbox;
pub mod secrets;

pub use contract::{
    AttributeValue, AwsError, Corruption, Message, MessageAttribute, MessagePart, Queue, Receipt,
    Retries, SendError, Timeouts, UnknownCause, UnknownOutcome, Unreachable, UnreachableCause,
    Violation,
};
/// The contract `connectors:outbound/connector`, in which every connector for jobs speaks.
pub mod outbound {
    pub use crate::contract::outbound::{Description, Failure, FailureKind, Network};
}

/// What [`AwsIdentity::from_provider`] takes.
pub use aws_credential_types;
pub use compiled_cache::CompiledCache;
pub use connector::{Connector, Session};
pub use credentials::Credentials;
pub use egress::{EgressPolicy, EgressRequest, NotAnOrigin, OriginPattern, Origins};
pub use error::{CallError, ExecuteError, LoadError, StopReason, Stopped};
pub use host::{Host, HostBuilder};
/// What [`EgressPolicy`] sees.
pub use http;
pub use identity::{AwsIdentity, IdentityError};
pub use inspect::{Interface, Surface};
pub use limits::{Limits, MemoryExceeded};
pub use outbound_connector::OutboundConnector;
pub use outgoing::{InvalidProxy, Proxies};
