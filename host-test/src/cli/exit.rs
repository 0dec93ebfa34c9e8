//! Exit codes, and how a failure is printed.

use std::io::{self, Write};
use std::process::ExitCode;

use connector_host::{CallError, LoadError, SendError, Stopped};
use serde_json::{Value, json};

use super::{report, stderr};

/// The table of exit codes, for `--help`.
pub(super) const HELP: &str = "Exit codes:
   0  sent, SQS has the message
   1  the host or the component could not be set up
   2  wrong usage: arguments, files, no credentials in the environment
   3  invalid input: nothing was sent, fix the arguments
   4  denied: fix the credentials, the clock or the policy
   5  rejected: fix the queue or the message
   6  throttled, or unavailable, which may rarely have stored the message: call again later
   7  unreachable: nothing was sent, fix the address, the allow-list or the trust
   8  outcome unknown: the message may have arrived, also when the host stopped the component
   9  corrupted: SQS stored something else
  10  stopped by the host before anything was sent: a limit, or a bug in the component";

/// The table of exit codes of `run`, for `--help`.
pub(super) const RUN_HELP: &str = "Exit codes:
   0  every job is completed, or has thrown a BPMN error
   1  the host or the component could not be set up, or an outcome not be printed
   2  wrong usage: arguments, files
  11  at least one job has failed: its outcome says why
 129  ended by SIGHUP, 130 by SIGINT, 143 by SIGTERM: jobs in flight have ended, the others were not begun";

/// Prints what the parser of the arguments has to say: help, or what is wrong with them.
pub(super) fn unparsed(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        let line = line.trim_start_matches("error: ");
        return Failure::usage(line).in_json(true).print(false);
    }
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Prints a line to standard output, where it matters whether anybody reads it.
pub(super) fn print_line(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Prints a result to standard output. That nobody reads it changes nothing about the result.
pub(super) fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{}", text.trim_end());
}

/// Why a command failed.
pub(super) struct Failure {
    code: u8,
    text: String,
    details: Value,
    json: bool,
}

impl Failure {
    /// Wrong usage that clap cannot see.
    pub(super) fn usage(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            code: 2,
            details: json!({ "case": "usage", "message": text }),
            text,
            json: false,
        }
    }

    /// Jobs that failed, of so many. Their outcomes have told.
    pub(super) fn jobs(failed: usize, all: usize) -> Self {
        let text = format!("{failed} of {all} jobs failed");
        Self {
            code: 11,
            details: json!({ "case": "jobs", "message": text }),
            text,
            json: false,
        }
    }

    /// A signal, after all that was begun has ended.
    pub(super) fn signal(code: u8, text: String) -> Self {
        Self {
            code,
            details: json!({ "case": "signal", "message": text }),
            text,
            json: false,
        }
    }

    /// A host or a component that cannot do its work.
    pub(super) fn setup(text: String) -> Self {
        Self {
            code: 1,
            details: json!({ "case": "load", "message": text }),
            text,
            json: false,
        }
    }

    /// The same failure, and what else is to be known.
    pub(super) fn and(self, more: &str) -> Self {
        Self {
            text: format!("{}; {more}", self.text),
            ..self
        }
    }

    /// The same failure, to be printed as JSON or as text.
    pub(super) fn in_json(self, json: bool) -> Self {
        Self { json, ..self }
    }

    /// Tells the failure on standard error, where everything may have to be a log in JSON.
    pub(super) fn tell(&self, logs_json: bool) {
        if logs_json {
            tracing::error!(exit_code = self.code, "{}", self.text);
        } else {
            stderr::tell(&format!("error: {}", self.text));
        }
    }

    /// Prints the failure: as JSON to standard output, or as a line to standard error, where everything may have to be
    /// a log in JSON.
    pub(super) fn print(self, logs_json: bool) -> ExitCode {
        if self.json {
            print(&json!({ "error": self.details }).to_string());
        } else {
            self.tell(logs_json);
        }
        ExitCode::from(self.code)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::setup(error.to_string())
    }
}

impl From<Stopped> for Failure {
    /// A component that cannot even say what it is.
    fn from(stopped: Stopped) -> Self {
        Self::setup(stopped.to_string())
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let code = match &error {
            CallError::Send(SendError::InvalidInput(_)) => 3,
            CallError::Send(SendError::Denied(_)) => 4,
            CallError::Send(SendError::Rejected(_)) => 5,
            CallError::Send(SendError::Throttled(_) | SendError::Unavailable(_)) => 6,
            CallError::Send(SendError::Unreachable(_)) => 7,
            CallError::Send(SendError::OutcomeUnknown(_))
            | CallError::Stopped(Stopped {
                request_left: true, ..
            }) => 8,
            CallError::Send(SendError::Corrupted(_)) => 9,
            // The second: only among several messages, and nothing was sent.
            CallError::Stopped(_) | CallError::Send(SendError::HeldBack(_)) => 10,
        };
        Self {
            code,
            details: report::error(&error),
            text: error.to_string(),
            json: false,
        }
    }
}
