//! Why something did not work.

use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use crate::contract::outbound::Failure;
use crate::contract::{AwsError, SendError, UnknownCause, UnreachableCause};
use crate::limits::MemoryExceeded;

/// A host could not be set up, or a component not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The engine refused its configuration.
    #[error("the engine could not be set up: {0}")]
    Engine(String),
    /// A proxy cannot be used.
    #[error(transparent)]
    Proxy(#[from] crate::InvalidProxy),
    /// A PEM text that was given to trust holds no certificate, or a broken one.
    #[error("certificates to trust: {0}")]
    Certificates(String),
    /// The component's file could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The bytes are not a WebAssembly component.
    #[error("not a webassembly component: {0}")]
    NotAComponent(String),
    /// It is a component, but not a connector: it asks for something that this host does not offer, or
    /// does not offer what a connector must.
    #[error("not a connector for this host: {0}")]
    NotAConnector(String),
}

/// A call has no receipt.
#[derive(Debug, PartialEq)]
pub enum CallError {
    /// The component says why.
    Send(SendError),
    /// The host stopped the component.
    Stopped(Stopped),
}

/// A job has no response.
#[derive(PartialEq)]
pub enum ExecuteError {
    /// The connector says why.
    Failed(Failure),
    /// The host stopped the component.
    Stopped(Stopped),
}

/// Shows what the failure is, not its message: it may quote what a process must not show.
impl fmt::Debug for ExecuteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => {
                write!(
                    f,
                    "{:?} {:?} {:?}",
                    failure.kind, failure.error_type, failure.code
                )
            }
            Self::Stopped(stopped) => stopped.fmt(f),
        }
    }
}

/// The host stopped a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// What it did.
    pub reason: StopReason,
    /// Whether a request had begun to leave the sandbox. If so, nobody knows whether its work was done; if not,
    /// it certainly was not.
    pub request_left: bool,
}

/// Why the host stopped a component.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// The call took longer than this.
    Deadline(Duration),
    /// It kept a thread busy for longer than this.
    Computation(Duration),
    /// It asked for too much memory.
    Memory(MemoryExceeded),
    /// It sent more requests than this.
    Requests(u32),
    /// A response had a body of more bytes than this.
    Response(u64),
    /// No sandbox was free within this time: the call was not begun.
    NoSandbox(Duration),
    /// The host was told to end what is under way: [`Host::interrupt`](crate::Host::interrupt).
    Interrupted,
    /// It broke a rule of WebAssembly or of an interface: a bug in the component.
    Trap(String),
}

impl StopReason {
    /// Its name: `deadline`, `computation`, `memory`, `requests`, `response`, `no-sandbox`, `interrupted` or `trap`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Deadline(_) => "deadline",
            Self::Computation(_) => "computation",
            Self::Memory(_) => "memory",
            Self::Requests(_) => "requests",
            Self::Response(_) => "response",
            Self::NoSandbox(_) => "no-sandbox",
            Self::Interrupted => "interrupted",
            Self::Trap(_) => "trap",
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deadline(limit) => write!(f, "no end within {limit:?}"),
            Self::Computation(limit) => write!(f, "more than {limit:?} of computation"),
            Self::Memory(exceeded) => exceeded.fmt(f),
            Self::Requests(limit) => write!(f, "more than {limit} requests"),
            Self::Response(limit) => write!(f, "a response of more than {limit} bytes"),
            Self::NoSandbox(time) => write!(f, "no sandbox was free within {time:?}"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Trap(text) => write!(f, "trap: {text}"),
        }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = if self.request_left {
            "a request had left, nobody knows whether it arrived"
        } else {
            "nothing had been sent"
        };
        write!(f, "stopped by the host: {}; {outcome}", self.reason)
    }
}

impl std::error::Error for Stopped {}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        match self {
            Self::Send(error) => describe(error, &mut text)?,
            Self::Stopped(stopped) => write!(text, "{stopped}")?,
        }
        write_line(&text, f)
    }
}

impl std::error::Error for CallError {}

impl From<Stopped> for CallError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<Stopped> for ExecuteError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl fmt::Display for ExecuteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => write_line(&failure.message, f),
            Self::Stopped(stopped) => write_line(&stopped.to_string(), f),
        }
    }
}

impl std::error::Error for ExecuteError {}

fn write_line(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&one_line(text))
}

/// One line: texts from outside may hold line breaks and worse, which must not forge a log.
pub(crate) fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// One line for each case of the contract's error.
fn describe(error: &SendError, f: &mut String) -> fmt::Result {
    match error {
        SendError::InvalidInput(violations) => {
            f.write_str("invalid input:")?;
            for (index, violation) in violations.iter().enumerate() {
                let separator = if index == 0 { " " } else { "; " };
                write!(f, "{separator}{} {}", violation.field, violation.problem)?;
            }
            Ok(())
        }
        SendError::Denied(error) => describe_aws("denied", error, f),
        SendError::Rejected(error) => describe_aws("rejected", error, f),
        SendError::Throttled(error) => describe_aws("throttled", error, f),
        SendError::Unavailable(error) => describe_aws("unavailable", error, f),
        SendError::Unreachable(unreachable) => {
            let cause = match unreachable.cause {
                UnreachableCause::DeniedByHost => "not on the allow-list of this host",
                UnreachableCause::NameNotResolved => "the name does not resolve",
                UnreachableCause::ConnectionRefused => "no connection",
                UnreachableCause::ConnectionTimeout => "no connection in time",
                UnreachableCause::TlsFailed => "no trusted tls connection",
                UnreachableCause::Timeout => "out of time before the request was sent whole",
                UnreachableCause::NotSent => "the request was not sent whole",
            };
            write!(f, "unreachable: {cause} ({})", unreachable.detail)
        }
        SendError::OutcomeUnknown(unknown) => {
            let cause = match unknown.cause {
                UnknownCause::Timeout => "no answer in time",
                UnknownCause::ConnectionLost => "the connection ended before the answer",
                UnknownCause::UnreadableAnswer => "the answer is not one of sqs",
            };
            write!(
                f,
                "outcome unknown, the message may have arrived: {cause} ({})",
                unknown.detail
            )
        }
        SendError::Corrupted(corruption) => write!(
            f,
            "corrupted: message {} was stored with another {}",
            corruption.message_id,
            match corruption.part {
                crate::MessagePart::Body => "body",
                crate::MessagePart::Attributes => "set of attributes",
                crate::MessagePart::SystemAttributes => "set of system attributes",
            }
        ),
        SendError::HeldBack(position) => write!(
            f,
            "held back: message {position}, an earlier one of its group, has no receipt"
        ),
    }
}

fn describe_aws(case: &str, error: &AwsError, f: &mut String) -> fmt::Result {
    write!(f, "{case}: ")?;
    match &error.code {
        Some(code) => write!(f, "{code} (http {})", error.status)?,
        None => write!(f, "http {}", error.status)?,
    }
    write!(f, ": {}", error.message)
}
