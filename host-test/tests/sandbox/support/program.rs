//! The command line as a user runs it.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::artifacts;
use super::lab::Key;

/// What a run printed, and how it ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The JSON that was printed.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

/// Runs `connector-host send` for the connector, with an environment of nothing but credentials.
pub(crate) fn send(key: &Key, arguments: &[&str], stdin: &[u8]) -> Run {
    let connector = artifacts::connector_path();
    let mut all = vec!["send", "--component", connector.to_str().unwrap()];
    all.extend(arguments);
    let mut environment = vec![
        ("AWS_ACCESS_KEY_ID", key.id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &key.secret),
    ];
    environment.extend(
        key.token
            .as_deref()
            .map(|token| ("AWS_SESSION_TOKEN", token)),
    );
    run(&all, &environment, stdin)
}

/// Runs `connector-host`.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)], stdin: &[u8]) -> Run {
    let mut process = Command::new(env!("CARGO_BIN_EXE_connector-host"))
        .args(arguments)
        .env_clear()
        // Not that of whoever runs the tests.
        .env("XDG_CACHE_HOME", artifacts::target().join("test-cache"))
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input has closed it.
    let _ = process.stdin.take().unwrap().write_all(stdin);
    let output = process.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
