//! Clients in processes of their own.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command};

use super::contest::Contestant;
use super::workload::{Measured, Round};

/// A client at work.
pub(crate) struct Process {
    pub(crate) contestant: Contestant,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    sent: u64,
}

impl Process {
    pub(crate) fn start(contestant: Contestant, mut command: Command) -> Self {
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{contestant}: {error}"));
        Self {
            contestant,
            input: child.stdin.take().expect("a pipe"),
            output: BufReader::new(child.stdout.take().expect("a pipe")),
            child,
            sent: 0,
        }
    }

    /// What a round took.
    ///
    /// # Errors
    /// What the client says, if it failed.
    pub(crate) fn run(&mut self, mut round: Round) -> Result<Measured, String> {
        round.first = self.sent;
        let request = serde_json::to_string(&round).expect("json");
        writeln!(self.input, "{request}").map_err(|error| error.to_string())?;
        let mut answer = String::new();
        let _ = self.output.read_line(&mut answer);
        let measured: Measured =
            serde_json::from_str(&answer).map_err(|error| format!("{error}: {answer}"))?;
        if let Some(error) = measured.error {
            return Err(error);
        }
        self.sent += measured.messages;
        Ok(measured)
    }

    /// What the system says of the process under a name, such as `VmHWM`: memory is in KiB.
    pub(crate) fn status(&self, name: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let figure = line.trim_start_matches(':').trim_end_matches("kB");
        figure.trim().parse().ok()
    }

    /// How many files and sockets the process has open.
    pub(crate) fn descriptors(&self) -> Option<usize> {
        let entries = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        Some(entries.ok()?.count())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
