//! Everything that a network and a server do wrong, and what the caller is told: `faults.json`, case by case.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connector_host::{
    AttributeValue, CallError, Connector, Credentials, Host, Message, MessagePart, Queue, Receipt,
    Retries, SendError, Timeouts,
};
use serde::Deserialize;
use socket2::{Domain, Socket, Type};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::support::fault_server::{FaultServer, Turn, in_turn};
use crate::support::{artifacts, queue, tls};

/// How many cases run at the same time: most of them wait.
const AT_ONCE: usize = 8;

/// A row of the table.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    pub(crate) name: String,
    /// What is sent, and in what time.
    #[serde(default)]
    pub(crate) send: Send,
    /// What the server does, one turn for each request, the last for all that follow. Without any, nothing listens.
    pub(crate) server: Vec<Turn>,
    #[serde(flatten)]
    expected: Expected,
    /// What is told in Node, where that differs.
    node: Option<serde_json::Map<String, serde_json::Value>>,
    /// What is told in Python, where that differs.
    python: Option<serde_json::Map<String, serde_json::Value>>,
    /// How long the call takes at most: 5 seconds where nothing is said.
    #[serde(default = "within_ms")]
    within_ms: u64,
    /// How long it takes at least.
    #[serde(default)]
    after_ms: u64,
}

fn within_ms() -> u64 {
    5_000
}

#[derive(Clone, Deserialize)]
struct Expected {
    /// The outcome: a case of the contract, and a code, a status or a cause; or several, if it depends on chance.
    expect: OneOf<String>,
    /// How many requests reach the server.
    requests: Range,
    /// How many messages are stored.
    stored: Range,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum OneOf<T> {
    One(T),
    Several(Vec<T>),
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Range {
    Exactly(usize),
    Between(usize, usize),
}

impl Range {
    fn contains(self, count: usize) -> bool {
        match self {
            Self::Exactly(expected) => count == expected,
            Self::Between(least, most) => (least..=most).contains(&count),
        }
    }
}

/// What a case sends. Its timeouts are short, 1.5 seconds, but for that of the whole, which is 8 seconds.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Send {
    queue: Kind,
    /// Several, as a batch. Without, one message alone.
    messages: Option<usize>,
    /// Into how many message groups they go, on a FIFO queue: one where nothing is said.
    groups: Option<usize>,
    /// A message that no buffer on the way takes whole.
    large: bool,
    max_attempts: Option<u32>,
    accept_duplicates: bool,
    first_byte_ms: Option<u32>,
    between_bytes_ms: Option<u32>,
    total_ms: Option<u32>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Standard,
    Fifo,
}

impl Send {
    pub(crate) fn is_large(&self) -> bool {
        self.large
    }

    pub(crate) fn is_batch(&self) -> bool {
        self.messages.is_some()
    }

    pub(crate) fn queue(&self, address: &str) -> Queue {
        let suffix = if self.queue == Kind::Fifo {
            ".fifo"
        } else {
            ""
        };
        queue(&format!("{address}/000000000000/q{suffix}"))
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        let message = |index: usize| {
            let body = if self.large {
                "€".repeat((1 << 20) / 3 - 100)
            } else {
                format!("message {index}")
            };
            let is_fifo = self.queue == Kind::Fifo;
            Message {
                message_group_id: is_fifo.then(|| format!("g{}", index % self.groups.unwrap_or(1))),
                message_deduplication_id: is_fifo.then(|| index.to_string()),
                aws_trace_header: Some("Root=1-5759e988-bd862e3fe1be46a994272793".into()),
                ..Message::new(body).with_attribute("k", AttributeValue::String("x".into()))
            }
        };
        (0..self.messages.unwrap_or(1)).map(message).collect()
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        Timeouts {
            first_byte_ms: Some(self.first_byte_ms.unwrap_or(1_500)),
            between_bytes_ms: Some(self.between_bytes_ms.unwrap_or(1_500)),
            total_ms: Some(self.total_ms.unwrap_or(8_000)),
        }
    }

    pub(crate) fn retries(&self) -> Retries {
        Retries {
            max_attempts: self.max_attempts,
            accept_duplicates: self.accept_duplicates,
        }
    }
}

/// What a caller was told.
pub(crate) struct Told {
    /// Of each message: `receipt`, or the case of the error with what matters of it.
    pub(crate) outcomes: Vec<String>,
    /// How many requests it took, for one message with a receipt.
    pub(crate) attempts: Option<u32>,
    pub(crate) elapsed: Duration,
}

impl Told {
    /// All outcomes as one text: `2 x receipt, denied AccessDenied`.
    fn text(&self) -> String {
        let mut text = String::new();
        for run in self.outcomes.chunk_by(|left, right| left == right) {
            let separator = if text.is_empty() { "" } else { ", " };
            match run.len() {
                1 => write!(text, "{separator}{}", run[0]),
                count => write!(text, "{separator}{count} x {}", run[0]),
            }
            .unwrap();
        }
        text
    }
}

impl Case {
    /// The table.
    pub(crate) fn all() -> Vec<Self> {
        let mut cases: Vec<Self> = serde_json::from_str(include_str!("faults.json")).unwrap();
        cases.extend(codes());
        cases
    }

    /// Checks what a caller was told by a host, and what the server saw.
    pub(crate) fn check(
        &self,
        host: &str,
        told: &Told,
        server: Option<&FaultServer>,
    ) -> Result<(), String> {
        let expected = self.expected_in(host);
        let text = told.text();
        let requests = server.map_or(0, FaultServer::requests);
        let stored: usize = server.map_or(0, |server| server.stored().values().sum());
        let elapsed = told.elapsed.as_millis();
        let is_expected = match &expected.expect {
            OneOf::One(outcome) => *outcome == text,
            OneOf::Several(outcomes) => outcomes.contains(&text),
        };
        let deadline = u128::from(self.send.timeouts().total_ms.unwrap_or_default());
        let not_stored = [
            "denied",
            "rejected",
            "throttled",
            "unreachable",
            "held-back",
            "invalid-input",
        ];
        let certain = told
            .outcomes
            .iter()
            .filter(|outcome| not_stored.contains(&outcome.split(' ').next().unwrap_or_default()));
        let problem = if !is_expected {
            "outcome"
        } else if !expected.requests.contains(requests) {
            "requests"
        } else if !expected.stored.contains(stored) {
            "stored"
        } else if told
            .attempts
            .is_some_and(|attempts| attempts as usize != requests)
        {
            "attempts"
        } else if elapsed > deadline + 1_000 || elapsed > self.within_ms.into() {
            "too late"
        } else if elapsed < self.after_ms.into() {
            "too early"
        } else if !self.send.accept_duplicates && stored > told.outcomes.len() - certain.count() {
            "stored what the outcome denies"
        } else if server.is_some_and(|server| !server.is_in_order()) {
            "stored out of order"
        } else {
            return Ok(());
        };
        let attempts = told.attempts;
        Err(format!(
            "{host}: {}: {problem}: {text}, {requests} requests, {stored} stored, {attempts:?} attempts, {elapsed} ms",
            self.name
        ))
    }

    /// The columns of the table, with those that a host has of its own.
    fn expected_in(&self, host: &str) -> Expected {
        let own = match host {
            "node" => &self.node,
            "python" => &self.python,
            _ => &None,
        };
        let mut expected = self.expected.clone();
        for (column, value) in own.iter().flatten() {
            match column.as_str() {
                "expect" => expected.expect = serde_json::from_value(value.clone()).unwrap(),
                "requests" => expected.requests = serde_json::from_value(value.clone()).unwrap(),
                "stored" => expected.stored = serde_json::from_value(value.clone()).unwrap(),
                other => panic!("{}: {other}", self.name),
            }
        }
        expected
    }
}

/// A case for each code of the documented table.
fn codes() -> Vec<Case> {
    let table = include_str!("../../../wit/error-codes.md");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| "));
    let case = |row: &str| {
        let cells: Vec<_> = row
            .split(" | ")
            .map(|cell| cell.trim_matches(['`', ' ', '|']))
            .collect();
        let status: u16 = cells[1].parse().ok()?;
        let (code, body) = match cells[0] {
            "none" => (
                status.to_string(),
                serde_json::json!({ "text": "<html>no</html>" }),
            ),
            "any other" => (
                "SomethingNew".into(),
                serde_json::json!({ "error": "SomethingNew" }),
            ),
            code => (code.into(), serde_json::json!({ "error": code })),
        };
        let attempts = if cells[3] == "yes" { 2 } else { 1 };
        Some(serde_json::json!({
            "name": format!("the code {}, with the status {status}", cells[0]),
            "send": { "max-attempts": 2 },
            "server": [{ "status": format!("{status} -"), "body": body }],
            "expect": format!("{} {code}", cells[2]),
            "requests": attempts,
            "stored": 0,
        }))
    };
    rows.filter_map(case)
        .map(|case| serde_json::from_value(case).unwrap())
        .collect()
}

/// An outcome as the table writes it.
pub(crate) fn outcome(result: &Result<Receipt, SendError>) -> String {
    let Err(error) = result else {
        return "receipt".to_owned();
    };
    let detail = match error {
        SendError::Denied(error)
        | SendError::Rejected(error)
        | SendError::Throttled(error)
        | SendError::Unavailable(error) => error
            .code
            .clone()
            .unwrap_or_else(|| error.status.to_string()),
        SendError::Unreachable(unreachable) => unreachable.cause.name().to_owned(),
        SendError::OutcomeUnknown(unknown) => unknown.cause.name().to_owned(),
        SendError::Corrupted(corruption) => match corruption.part {
            MessagePart::Body => "body".to_owned(),
            MessagePart::Attributes => "attributes".to_owned(),
            MessagePart::SystemAttributes => "system-attributes".to_owned(),
        },
        SendError::HeldBack(position) => position.to_string(),
        SendError::InvalidInput(violations) => violations[0].field.clone(),
    };
    format!("{} {detail}", error.case())
}

/// Sends what a case sends, in a sandbox of this host.
async fn send(connector: &Connector, send: &Send, address: &str) -> Told {
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
    let (queue, messages) = (send.queue(address), send.messages());
    let (timeouts, retries) = (send.timeouts(), send.retries());
    let begun = Instant::now();
    let results = if send.is_batch() {
        connector
            .send_message_batch(&queue, &credentials, &messages, timeouts, retries)
            .await
    } else {
        let result = connector
            .send_message(&queue, &credentials, &messages[0], timeouts, retries)
            .await;
        match result {
            Ok(receipt) => Ok(vec![Ok(receipt)]),
            Err(CallError::Send(error)) => Ok(vec![Err(error)]),
            Err(stopped) => Err(stopped),
        }
    };
    let elapsed = begun.elapsed();
    let results = results.unwrap_or_else(|error| panic!("{error}"));
    let attempts = match &results[..] {
        [Ok(receipt)] => Some(receipt.attempts),
        _ => None,
    };
    Told {
        outcomes: results.iter().map(outcome).collect(),
        attempts,
        elapsed,
    }
}

/// Runs each case of the table, and gives what is not as it says.
async fn run(scheme: &'static str) -> Vec<String> {
    let (config, ca) = tls::certified(&["127.0.0.1"]);
    let acceptor = (scheme == "https").then(|| TlsAcceptor::from(Arc::new(config)));
    let mut host = Host::builder().trust(ca.as_bytes());
    let mut prepared = Vec::new();
    let (_closed, nobody) = closed_port();
    for case in Case::all() {
        let server = case.start_server(acceptor.clone());
        let address = server
            .as_ref()
            .map_or_else(|| nobody.clone(), |server| server.address.to_string());
        let address = format!("{scheme}://{address}");
        host = host.allow(address.parse().unwrap());
        prepared.push((case, server, address));
    }
    let connector = Arc::new(host.build().unwrap().load(artifacts::connector()).unwrap());
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for (case, server, address) in prepared {
        let (connector, permits) = (Arc::clone(&connector), Arc::clone(&permits));
        running.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            let told = send(&connector, &case.send, &address).await;
            case.check(scheme, &told, server.as_ref()).err()
        });
    }
    running.join_all().await.into_iter().flatten().collect()
}

impl Case {
    /// A server that does what this case says, unless nothing is to listen.
    pub(crate) fn start_server(&self, tls: Option<TlsAcceptor>) -> Option<FaultServer> {
        if self.server.is_empty() {
            return None;
        }
        Some(FaultServer::start(
            in_turn(self.server.clone()),
            tls,
            self.send.large,
        ))
    }
}

/// An address where nothing listens, and nothing will for as long as the socket lives.
pub(crate) fn closed_port() -> (Socket, String) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any_port: SocketAddr = "127.0.0.1:0".parse().unwrap();
    socket.bind(&any_port.into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address.to_string())
}

pub(crate) fn assert_all_as_expected(failures: &[String], cases: usize) {
    assert!(
        failures.is_empty(),
        "{} of {cases}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_told_as_the_table_says() {
    assert!(Case::all().len() > 150);
    assert_all_as_expected(&run("http").await, Case::all().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_told_as_the_table_says_over_tls() {
    assert_all_as_expected(&run("https").await, Case::all().len());
}
