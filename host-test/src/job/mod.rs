//! Jobs as a process engine hands them out, and what they end in.
//!
//! A job has variables, which a connector works on, and task headers, which say what to make of the result.
//! [`JobRunner`] takes it from one end to the other: it evaluates inputs, puts secrets and identity in place, has the
//! connector do the work, and hands the result to [`conclude`]. That maps a response to variables, and decides with
//! the error expression between a completed job, a failed one and a BPMN error; it does no I/O.

mod activated;
mod authentication;
mod expressions;
mod functions;
mod headers;
mod inputs;
mod outcome;
mod runner;
mod trace;

pub use activated::{InvalidJob, Job};
pub use expressions::Expressions;
pub use headers::{InvalidHeader, TaskHeaders};
pub use inputs::{InputError, InputMapping};
pub use outcome::{Failure, FailureKind, Outcome, Work, conclude};
pub use runner::{Ended, JobRunner};
pub use trace::{InvalidTraceContext, TraceContext};
