//! The same component in other hosts: Node.js with jco, and Python with wasmtime's package.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connector_host::{AttributeValue, Message, Queue, Retries, Timeouts};
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::fault_table::{Case, Told, assert_all_as_expected, closed_port};
use crate::support::lab::{self, Key, python};
use crate::support::{artifacts, queue};

/// How many processes of a host run at the same time: most cases wait.
const AT_ONCE: usize = 4;

/// A host that is not this project's.
#[derive(Clone, Copy)]
enum Other {
    Node,
    Python,
}

impl Other {
    fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    /// A program of this host, with the component.
    fn program(self, name: &str) -> Command {
        let mut command = match self {
            Self::Node => {
                let mut node = Command::new("node");
                node.arg(node_programs().join(name).with_extension("mjs"));
                node
            }
            Self::Python => {
                let mut interpreter = Command::new(python());
                let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/python");
                interpreter.arg(programs.join(name).with_extension("py"));
                interpreter
            }
        };
        command.arg(artifacts::connector_path());
        command
    }
}

/// The programs for Node.js, as they are in the project now: their libraries lie in the folder that cargo builds into.
fn node_programs() -> &'static Path {
    static COPIED: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = artifacts::target().join("node");
        let installed = folder.join("installed");
        assert!(
            installed.exists(),
            "{} is missing: run `make node`",
            installed.display()
        );
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/node");
        for file in ["calls.mjs", "example.mjs"] {
            std::fs::copy(programs.join(file), folder.join(file)).unwrap();
        }
        folder
    });
    &COPIED
}

/// A host that makes calls, until this is dropped.
struct Caller {
    process: Child,
    calls: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Caller {
    fn start(other: Other) -> Self {
        let mut process = other
            .program("calls")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            calls: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    fn call(&mut self, call: &Value) -> Value {
        writeln!(self.calls.as_mut().unwrap(), "{call}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("the host has failed: its error is above")
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.calls = None;
        let _ = self.process.wait();
    }
}

/// A call with everything that both calls of the typed door have.
fn call(name: &str, queue: &Queue, key: &Key, timeouts: Timeouts, retries: Retries) -> Value {
    json!({
        "call": name,
        "queue": { "url": queue.url, "region": queue.region },
        "credentials": {
            "access-key-id": key.id,
            "secret-access-key": key.secret,
            "session-token": key.token,
        },
        "timeouts": {
            "first-byte-ms": timeouts.first_byte_ms,
            "between-bytes-ms": timeouts.between_bytes_ms,
            "total-ms": timeouts.total_ms,
        },
        "retries": {
            "max-attempts": retries.max_attempts,
            "accept-duplicates": retries.accept_duplicates,
        },
    })
}

fn message(message: &Message) -> Value {
    let attribute = |attribute: &connector_host::MessageAttribute| {
        let value = match &attribute.value {
            AttributeValue::String(text) => json!({ "string": text }),
            AttributeValue::Number(text) => json!({ "number": text }),
            AttributeValue::Binary(bytes) => json!({ "binary": STANDARD.encode(bytes) }),
        };
        json!({ "name": attribute.name, "value": value, "label": attribute.label })
    };
    json!({
        "body": message.body,
        "attributes": message.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "message-group-id": message.message_group_id,
        "message-deduplication-id": message.message_deduplication_id,
        "delay-seconds": message.delay_seconds,
        "aws-trace-header": message.aws_trace_header,
    })
}

fn send_call(queue: &Queue, key: &Key, sent: &Message) -> Value {
    let mut call = call(
        "send-message",
        queue,
        key,
        Timeouts::default(),
        Retries::default(),
    );
    call["message"] = message(sent);
    call
}

/// An outcome as the table of faults writes it.
fn outcome(result: &Value) -> String {
    if result.get("receipt").is_some() {
        return "receipt".to_owned();
    }
    let error = &result["error"];
    let value = &error["value"];
    let detail = [
        &value["code"],
        &value["status"],
        &value["cause"],
        &value["part"],
        &value[0]["field"],
        value,
    ];
    let detail = detail.into_iter().find(|detail| !detail.is_null()).unwrap();
    let detail = detail
        .as_str()
        .map_or_else(|| detail.to_string(), ToOwned::to_owned);
    match error["case"].as_str() {
        Some(case) => format!("{case} {detail}"),
        None => result.to_string(),
    }
}

fn told(answer: &Value) -> Told {
    let outcomes = match &answer["results"] {
        Value::Array(results) => results.iter().map(outcome).collect(),
        _ => vec![outcome(answer)],
    };
    let attempts = answer["receipt"]["attempts"].as_u64();
    let elapsed = answer["ms"].as_f64().unwrap_or(f64::MAX);
    Told {
        outcomes,
        attempts: attempts.map(|attempts| attempts.try_into().unwrap()),
        elapsed: Duration::from_secs_f64(elapsed / 1_000.0),
    }
}

fn stranger() -> Key {
    Key {
        id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret: "secret".into(),
        token: None,
    }
}

/// Runs each case of the table of faults in a host, and gives what is not as it says.
async fn faults(other: Other) -> Vec<String> {
    let (_closed, nobody) = closed_port();
    let mut prepared = VecDeque::new();
    for case in Case::all() {
        let server = case.start_server(None);
        let address = server
            .as_ref()
            .map_or_else(|| nobody.clone(), |server| server.address.to_string());
        let send = &case.send;
        let name = if send.is_batch() {
            "send-message-batch"
        } else {
            "send-message"
        };
        let queue = send.queue(&format!("http://{address}"));
        let mut call = call(name, &queue, &stranger(), send.timeouts(), send.retries());
        let messages: Vec<_> = send.messages().iter().map(message).collect();
        call["message"] = messages[0].clone();
        call["messages"] = messages.into();
        prepared.push_back((case, server, call));
    }
    let prepared = Arc::new(Mutex::new(prepared));
    let mut callers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let prepared = Arc::clone(&prepared);
        callers.spawn_blocking(move || {
            let mut caller = Caller::start(other);
            let next = || prepared.lock().unwrap().pop_front();
            let mut failures = Vec::new();
            while let Some((case, server, call)) = next() {
                let told = told(&caller.call(&call));
                failures.extend(case.check(other.name(), &told, server.as_ref()).err());
            }
            failures
        });
    }
    callers.join_all().await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_told_as_the_table_says_in_node() {
    assert_all_as_expected(&faults(Other::Node).await, Case::all().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_is_told_as_the_table_says_in_python() {
    assert_all_as_expected(&faults(Other::Python).await, Case::all().len());
}

/// A message with an attribute of each type.
fn rich(body: &str) -> Message {
    Message::new(body)
        .with_attribute("text", AttributeValue::String("a b+c=ü&".into()))
        .with_attribute("count", AttributeValue::Number("-12.50".into()))
        .with_attribute("bytes", AttributeValue::Binary(vec![0, 1, 254, 255]))
}

/// What the connector is for, in a host.
fn work(other: Other) {
    let mut caller = Caller::start(other);
    let (url, key) = lab::queue_and_key("");
    let here = queue(&url);

    let sent = caller.call(&send_call(&here, &key, &rich("é漢😀")));
    assert_eq!(sent["receipt"]["attempts"], 1, "{sent}");
    let large = "é".repeat(1 << 19);
    let sent_large = caller.call(&send_call(&here, &key, &Message::new(&large)));
    assert!(
        sent_large["receipt"]["message-id"].is_string(),
        "{sent_large}"
    );
    let received = lab::receive(&url);
    assert_eq!(received[0]["MessageId"], sent["receipt"]["message-id"]);
    assert_eq!(received[0]["Body"], "é漢😀");
    assert_eq!(
        received[0]["MessageAttributes"],
        json!({
            "text": {"DataType": "String", "StringValue": "a b+c=ü&"},
            "count": {"DataType": "Number", "StringValue": "-12.50"},
            "bytes": {"DataType": "Binary", "BinaryValue": "AAH+/w=="},
        })
    );
    assert!(received[1]["Body"] == large);

    let (temporary_url, temporary) = lab::queue_and_temporary_key();
    let there = queue(&temporary_url);
    let sent = caller.call(&send_call(&there, &temporary, &Message::new("x")));
    assert_eq!(outcome(&sent), "receipt", "{sent}");

    let (fifo_url, fifo_key) = lab::queue_and_key(".fifo");
    let messages: Vec<Message> = (0..25)
        .map(|index| Message {
            message_group_id: Some("g".into()),
            message_deduplication_id: Some(index.to_string()),
            ..Message::new(format!("{index:02}"))
        })
        .collect();
    let timeouts = Timeouts::default();
    let mut batch = call(
        "send-message-batch",
        &queue(&fifo_url),
        &fifo_key,
        timeouts,
        Retries::default(),
    );
    batch["messages"] = messages.iter().map(message).collect();
    let answer = caller.call(&batch);
    assert_eq!(told(&answer).outcomes, vec!["receipt"; 25], "{answer}");
    let bodies: Vec<_> = lab::receive(&fifo_url)
        .iter()
        .map(|message| message["Body"].clone())
        .collect();
    assert_eq!(
        bodies,
        messages
            .iter()
            .map(|message| json!(message.body))
            .collect::<Vec<_>>()
    );

    let (missing_url, missing_key) = lab::missing_queue_and_key();
    let wrong = Key {
        secret: "wrong".into(),
        ..key.clone()
    };
    for (call, expected) in [
        (
            send_call(&here, &wrong, &Message::new("x")),
            "denied SignatureDoesNotMatch",
        ),
        (
            send_call(&queue(&missing_url), &missing_key, &Message::new("x")),
            "rejected AWS.SimpleQueueService.NonExistentQueue",
        ),
        (
            send_call(&here, &key, &Message::new("")),
            "invalid-input message.body",
        ),
    ] {
        let answer = caller.call(&call);
        assert_eq!(outcome(&answer), expected, "{answer}");
    }

    let variables = json!({
        "authentication": { "accessKey": key.id, "secretKey": key.secret },
        "configuration": { "region": "us-east-1" },
        "queue": { "url": url, "messageBody": { "a": "é" } },
    });
    let execute =
        json!({ "call": "execute", "variables": variables.to_string(), "timeout-ms": 5_000 });
    let answer = caller.call(&execute);
    let response: Map<String, Value> =
        serde_json::from_str(answer["response"].as_str().unwrap()).unwrap();
    let received = lab::receive(&url);
    assert_eq!(received.len(), 1);
    assert_eq!(response["messageId"], received[0]["MessageId"]);
    assert_eq!(received[0]["Body"], "{\"a\":\"é\"}");
    let answer = caller.call(&json!({ "call": "execute", "variables": "[]" }));
    assert_eq!(answer["failure"]["error-type"], "InvalidInput", "{answer}");
}

#[test]
fn the_connector_does_its_work_in_node() {
    work(Other::Node);
}

#[test]
fn the_connector_does_its_work_in_python() {
    work(Other::Python);
}

/// Runs the example that a user can copy, and gives what it printed and its error.
fn example(other: Other, url: &str, key: &Key) -> (String, String) {
    let output = other
        .program("example")
        .env("QUEUE_URL", url)
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", &key.id)
        .env("AWS_SECRET_ACCESS_KEY", &key.secret)
        .env_remove("AWS_SESSION_TOKEN")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().trim().to_owned();
    (text(output.stdout), text(output.stderr))
}

fn example_sends(other: Other) {
    let (url, key) = lab::queue_and_key("");
    let (message_id, error) = example(other, &url, &key);
    assert_eq!(error, "");
    let received = lab::receive(&url);
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["MessageId"], message_id);
    let wrong = Key {
        secret: "wrong".into(),
        ..key
    };
    let (nothing, error) = example(other, &url, &wrong);
    assert_eq!(nothing, "");
    assert!(
        error.contains("denied") && error.contains("SignatureDoesNotMatch"),
        "{error}"
    );
}

#[test]
fn the_example_for_node_sends_a_message() {
    let transpiled = Command::new("npm")
        .args(["run", "--silent", "transpile", "--"])
        .arg(artifacts::connector_path())
        .current_dir(node_programs())
        .status()
        .unwrap();
    assert!(transpiled.success());
    example_sends(Other::Node);
}

#[test]
fn the_example_for_python_sends_a_message() {
    example_sends(Other::Python);
}
