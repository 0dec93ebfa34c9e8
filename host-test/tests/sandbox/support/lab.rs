//! The server and the independent client, as a process of their own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use connector_host::Credentials;
use serde_json::{Value, json};

use super::artifacts;

/// A running lab. It ends when this is dropped, or when this process ends in whatever way: then its
/// standard input closes.
pub(crate) struct Lab {
    pub(crate) process: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub(crate) endpoint: String,
}

/// What an IAM key is made of.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

impl Key {
    pub(crate) fn credentials(&self) -> Credentials {
        let credentials = Credentials::new(&self.id, &self.secret);
        match &self.token {
            Some(token) => credentials.with_session_token(token),
            None => credentials,
        }
    }
}

/// The servers that verify signatures, each with code of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Judge {
    MiniStack,
    Moto,
}

impl Judge {
    /// The lab that all tests of this process share: each makes queues and users of its own.
    fn lab(self) -> MutexGuard<'static, Lab> {
        static MINISTACK: LazyLock<Mutex<Lab>> = LazyLock::new(|| Mutex::new(Lab::start()));
        static MOTO: LazyLock<Mutex<Lab>> =
            LazyLock::new(|| Mutex::new(Lab::start_program("moto_lab.py")));
        let lab = match self {
            Self::MiniStack => &MINISTACK,
            Self::Moto => &MOTO,
        };
        lab.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new queue, and a user that may send to it and to nothing else. The kind is the suffix of the name: `.fifo` or
    /// nothing.
    pub(crate) fn queue_and_key(self, kind: &str) -> (String, Key) {
        let mut lab = self.lab();
        let url = lab.create_queue(&(unique("queue") + kind));
        let key = lab.create_user(&url);
        (url, key)
    }

    /// A new queue, and temporary credentials that may send to it and to nothing else.
    pub(crate) fn queue_and_temporary_key(self) -> (String, Key) {
        let mut lab = self.lab();
        let url = lab.create_queue(&unique("queue"));
        let key = lab.assume_role(&url);
        (url, key)
    }

    /// Takes every message out of a queue, as botocore shows it; bytes are base64.
    pub(crate) fn receive(self, queue_url: &str) -> Vec<Value> {
        match self.lab().ask(&json!(["receive", queue_url])) {
            Value::Array(messages) => messages,
            other => panic!("{other}"),
        }
    }
}

fn shared() -> MutexGuard<'static, Lab> {
    Judge::MiniStack.lab()
}

/// The address of the shared lab's server.
pub(crate) fn endpoint() -> String {
    shared().endpoint.clone()
}

/// A new queue on the shared lab, and a user that may send to it and to nothing else. The kind is the
/// suffix of the name: `.fifo` or nothing.
pub(crate) fn queue_and_key(kind: &str) -> (String, Key) {
    Judge::MiniStack.queue_and_key(kind)
}

/// A new queue on the shared lab, and temporary credentials that may send to it and to nothing else.
pub(crate) fn queue_and_temporary_key() -> (String, Key) {
    Judge::MiniStack.queue_and_temporary_key()
}

/// A new queue on the shared lab, a role that may send to it, and a user that may assume the role and nothing else.
pub(crate) fn queue_role_and_key() -> (String, String, Key) {
    let mut lab = shared();
    let url = lab.create_queue(&unique("queue"));
    let made = lab.ask(&json!(["create_role_and_user", unique("role-user"), [url]]));
    (url, text(&made["role"]), key(&made))
}

/// A new queue on the shared lab, a role that may send to it, and a token of the identity provider that the role
/// trusts.
pub(crate) fn queue_web_role_and_token() -> (String, String, String) {
    let mut lab = shared();
    let url = lab.create_queue(&unique("queue"));
    let made = lab.ask(&json!(["create_web_role", unique("web-role"), [url]]));
    (url, text(&made["role"]), text(&made["token"]))
}

/// The URL of a queue that the shared lab does not have, and a user that may send to it.
pub(crate) fn missing_queue_and_key() -> (String, Key) {
    let mut lab = shared();
    let url = format!("{}/000000000000/{}", lab.endpoint, unique("missing"));
    let key = lab.create_user(&url);
    (url, key)
}

/// Takes every message out of a queue of the shared lab, as botocore shows it; bytes are base64.
pub(crate) fn receive(queue_url: &str) -> Vec<Value> {
    Judge::MiniStack.receive(queue_url)
}

/// A name that no other test uses.
fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The Python that has the server.
pub(crate) fn python() -> PathBuf {
    let python = artifacts::target().join("python/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run `make lab`",
        python.display()
    );
    python
}

impl Lab {
    pub(crate) fn start() -> Self {
        Self::start_program("ministack_lab.py")
    }

    fn start_program(name: &str) -> Self {
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("lab");
        let mut process = Command::new(python())
            .arg(programs.join(name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lab = Self {
            commands: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            endpoint: String::new(),
            process,
        };
        lab.endpoint = text(&lab.ask(&json!(["endpoint"])));
        lab
    }

    /// Tells the lab to end, as the end of this process would.
    pub(crate) fn hang_up(&mut self) {
        self.commands = None;
    }

    fn create_queue(&mut self, name: &str) -> String {
        text(&self.ask(&json!(["create_queue", name])))
    }

    fn create_user(&mut self, queue_url: &str) -> Key {
        key(&self.ask(&json!(["create_user", unique("user"), [queue_url]])))
    }

    fn assume_role(&mut self, queue_url: &str) -> Key {
        key(&self.ask(&json!(["assume_role", unique("role"), [queue_url]])))
    }

    fn ask(&mut self, command: &Value) -> Value {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("the lab has failed: its error is above")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.hang_up();
        let _ = self.process.wait();
    }
}

fn key(json: &Value) -> Key {
    Key {
        id: text(&json["access_key_id"]),
        secret: text(&json["secret_access_key"]),
        token: json["session_token"].as_str().map(Into::into),
    }
}

fn text(json: &Value) -> String {
    json.as_str().unwrap().to_owned()
}
