//! The command line, and the lab and the demonstration that it is shown with.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::canned::{self, http};
use crate::support::lab::{Key, Lab};
use crate::support::program::{run, send};
use crate::support::{artifacts, host, lab};

fn stranger() -> Key {
    Key {
        id: "AKIAIOSFODNN7EXAMPLE".into(),
        secret: "wrong".into(),
        token: None,
    }
}

#[test]
fn a_message_is_sent_with_everything_from_arguments() {
    let (url, key) = lab::queue_and_key(".fifo");
    let attributes = r#"{"n": {"DataType": "Number.int", "StringValue": "1"},
                         "b": {"DataType": "Binary", "BinaryValue": "AAEC"}}"#;
    let sent = send(
        &key,
        &[
            "--queue-url",
            &url,
            "--region",
            "us-east-1",
            "--message-body",
            "hello",
            "--message-attributes",
            attributes,
            "--message-group-id",
            "g",
            "--message-deduplication-id",
            "d",
            "--aws-trace-header",
            "Root=1",
            "--json",
        ],
        b"",
    );
    assert_eq!(sent.code, 0, "{}", sent.stderr);
    let receipt = &sent.json()["receipt"];
    let received = &lab::receive(&url)[0];
    assert_eq!(receipt["messageId"], received["MessageId"]);
    assert_eq!(
        receipt["sequenceNumber"],
        received["Attributes"]["SequenceNumber"]
    );
    assert_eq!(
        receipt["md5OfMessageAttributes"],
        received["MD5OfMessageAttributes"]
    );
    assert_eq!(received["Body"], "hello");
    assert_eq!(
        received["MessageAttributes"],
        json!({
            "n": {"DataType": "Number.int", "StringValue": "1"},
            "b": {"DataType": "Binary", "BinaryValue": "AAEC"},
        })
    );
    assert_eq!(received["Attributes"]["MessageGroupId"], "g");
    assert_eq!(received["Attributes"]["MessageDeduplicationId"], "d");
}

#[test]
fn body_and_attributes_come_from_files_and_standard_input() {
    let (url, key) = lab::queue_and_key("");
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let body = file("body", "from a file\n");
    let attributes = file(
        "attributes",
        r#"{"a": {"DataType": "String", "StringValue": "1"}}"#,
    );
    let common = ["--queue-url", &url, "--region", "us-east-1"];
    let with = |more: &[&str], stdin: &[u8]| {
        let sent = send(&key, &[&common[..], more].concat(), stdin);
        assert_eq!(sent.code, 0, "{}", sent.stderr);
        assert!(sent.stdout.starts_with("message id   "), "{}", sent.stdout);
    };
    with(
        &[
            "--message-body-file",
            &body,
            "--message-attributes-file",
            "-",
        ],
        br#"{"a": {"DataType": "String", "StringValue": "2"}}"#,
    );
    with(
        &[
            "--message-body-file",
            "-",
            "--message-attributes-file",
            &attributes,
        ],
        b"from standard input",
    );
    let mut received: Vec<_> = lab::receive(&url)
        .iter()
        .map(|message| {
            let attribute = &message["MessageAttributes"]["a"]["StringValue"];
            (message["Body"].to_string(), attribute.to_string())
        })
        .collect();
    received.sort();
    let expected = [
        (r#""from a file\n""#.to_owned(), r#""2""#.to_owned()),
        (r#""from standard input""#.to_owned(), r#""1""#.to_owned()),
    ];
    assert_eq!(received, expected);
}

#[test]
fn each_kind_of_failure_has_its_exit_code_and_case() {
    let (url, key) = lab::queue_and_key("");
    let (_, other) = lab::queue_and_key("");
    let (missing, missing_key) = lab::missing_queue_and_key();
    let stranger = stranger();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}/000000000000/q", listener.local_addr().unwrap());

    let canned = |answer: String| canned::server(move |_| answer.clone()) + "/000000000000/q";
    let throttling = canned(http(
        "403 Forbidden",
        &canned::error("RequestThrottled", "a\nb\x1b"),
    ));
    let unavailable = canned(http("502 Bad Gateway", "<html>"));
    let corrupting = canned(http("200 OK", &canned::receipt("m", "0")));

    for (key, queue, more, code, case) in [
        (&key, "orders", &[][..], 3, "invalid-input"),
        (&stranger, &url, &[], 4, "denied"),
        (&other, &url, &[], 4, "denied"),
        (&missing_key, &missing, &[], 5, "rejected"),
        (
            &key,
            &url,
            &["--allow", "https://sqs.example"],
            7,
            "unreachable",
        ),
        (&key, &silent, &["--timeout", "1000"], 8, "outcome-unknown"),
        (&key, &throttling, &[], 6, "throttled"),
        (&key, &unavailable, &[], 6, "unavailable"),
        (&key, &corrupting, &[], 9, "corrupted"),
        (&key, &url, &["--message-attributes", "[]"], 2, "usage"),
        (&key, &url, &["--ca-file", "/nowhere"], 2, "usage"),
    ] {
        let common = [
            "--queue-url",
            queue,
            "--region",
            "us-east-1",
            "--message-body",
            "x",
        ];
        let arguments = [&common[..], more].concat();
        let text = send(key, &arguments, b"");
        assert_eq!(text.code, code, "{case}: {}", text.stderr);
        assert_eq!(text.stdout, "");
        assert!(text.stderr.starts_with("error: "), "{}", text.stderr);
        assert_eq!(text.stderr.lines().count(), 1, "{}", text.stderr);
        assert!(!text.stderr.contains('\x1b'), "{}", text.stderr);
        let json = send(key, &[&arguments[..], &["--json"]].concat(), b"");
        assert_eq!(json.code, code, "{case}");
        assert_eq!(json.stderr, "");
        assert_eq!(json.json()["error"]["case"], case);
        assert!(
            json.json()["error"]["message"].is_string(),
            "{}",
            json.stdout
        );
    }
}

#[test]
fn a_component_that_is_stopped_before_it_sent_has_an_exit_code_of_its_own() {
    let path = artifacts::misbehaving_path();
    let arguments = ["send", "--component", path.to_str().unwrap(), "--json"];
    let message = [
        "--queue-url",
        "http://127.0.0.1/1/q",
        "--message-body",
        "trap",
    ];
    let environment = [("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")];
    let stopped = run(&[arguments, message].concat(), &environment, b"");
    assert_eq!(stopped.code, 10);
    let error = &stopped.json()["error"];
    assert_eq!(error["case"], "stopped");
    assert_eq!(error["reason"], "trap");
    assert_eq!(error["requestLeft"], false);
}

#[test]
fn that_nobody_reads_the_result_does_not_change_the_exit_code() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_connector-host"))
        .arg("inspect")
        .arg(artifacts::connector_path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(process.stdout.take());
    assert_eq!(process.wait().unwrap().code(), Some(0));
}

#[test]
fn wrong_usage_is_told_in_a_line() {
    let arguments = ["--queue-url", "http://localhost/1/q", "--message-body", "x"];
    let component = artifacts::connector_path();
    let all = [
        &["send", "--component", component.to_str().unwrap()],
        &arguments[..],
    ]
    .concat();
    let unset = run(&all, &[], b"");
    assert_eq!(unset.code, 2);
    assert_eq!(
        unset.stderr,
        "error: AWS_ACCESS_KEY_ID is not set in the environment\n"
    );
    let unparsed = run(&["send", "--json", "--delay-seconds", "x"], &[], b"");
    assert_eq!(unparsed.code, 2);
    assert_eq!(unparsed.json()["error"]["case"], "usage");
    let both = [
        "--queue-url",
        "http://localhost/1/q",
        "--message-body-file",
        "-",
        "--message-attributes-file",
        "-",
    ];
    let both = send(&stranger(), &both, b"");
    assert_eq!(both.code, 2);
    assert_eq!(
        both.stderr,
        "error: body and attributes cannot both come from standard input\n"
    );
    let broken = [
        "--queue-url",
        "http://localhost/1/q",
        "--message-body-file",
        "-",
    ];
    let broken = send(&stranger(), &broken, b"ab\xff");
    assert_eq!(broken.code, 2);
    assert_eq!(
        broken.stderr,
        "error: message body: not utf-8 at byte 2 of 3\n"
    );
}

#[test]
fn a_component_that_is_none_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "not wasm").unwrap();
    let inspected = run(&["inspect", file.path().to_str().unwrap()], &[], b"");
    assert_eq!(inspected.code, 1);
    assert!(
        inspected
            .stderr
            .starts_with("error: not a webassembly component: ")
    );
    assert_eq!(inspected.stderr.lines().count(), 1, "{}", inspected.stderr);
    let missing = run(&["inspect", "/nowhere"], &[], b"");
    assert!(
        missing.stderr.starts_with("error: /nowhere: "),
        "{}",
        missing.stderr
    );
    let missing = run(&["inspect", "/nowhere", "--json"], &[], b"");
    assert_eq!(missing.code, 1);
    assert_eq!(missing.json()["error"]["case"], "load");
}

#[test]
fn describe_prints_what_a_connector_says_of_itself() {
    let path = artifacts::connector_path();
    let described = run(&["describe", path.to_str().unwrap()], &[], b"");
    assert_eq!(described.code, 0, "{}", described.stderr);
    assert_eq!(described.json()["jobType"], "io.camunda:aws-sqs:1");
    let template = &described.json()["elementTemplate"];
    let alone = run(
        &["describe", path.to_str().unwrap(), "--element-template"],
        &[],
        b"",
    );
    assert_eq!(&alone.json(), template);
    assert_eq!(template["id"], "wasm.connectors.AWSSQS.v1");
    let none = run(&["describe", "/nowhere"], &[], b"");
    assert_eq!(none.code, 1);
}

#[test]
fn send_tries_again_as_often_as_it_is_told() {
    let requests = AtomicUsize::new(0);
    let address = canned::server(
        move |_| match requests.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => http("503 Service Unavailable", ""),
            _ => http("200 OK", &canned::receipt("m-1", "")),
        },
    );
    let url = format!("{address}/000000000000/q");
    let arguments = [
        "--queue-url",
        &url,
        "--region",
        "us-east-1",
        "--message-body",
        "x",
    ];
    let with = |more: &[&str]| send(&stranger(), &[&arguments[..], more].concat(), b"");
    let again = with(&["--json"]);
    assert_eq!(again.json()["receipt"]["attempts"], 2, "{}", again.stderr);
    let once = with(&["--max-attempts", "1"]);
    assert_eq!(once.code, 6, "{}", once.stderr);
    assert_eq!(with(&["--max-attempts", "0"]).code, 2);
}

#[test]
fn inspect_prints_imports_exports_and_size() {
    let path = artifacts::connector_path();
    let inspected = run(&["inspect", path.to_str().unwrap()], &[], b"");
    assert_eq!(inspected.code, 0, "{}", inspected.stderr);
    let surface = host(&[]).inspect(artifacts::connector()).unwrap();
    assert_eq!(
        inspected.stdout,
        format!(
            "imports\n  \
               wasi:clocks/wall-clock@0.2.0\n  \
               wasi:io/poll@0.2.0\n  \
               wasi:clocks/monotonic-clock@0.2.0\n  \
               wasi:random/random@0.2.0\n  \
               wasi:io/error@0.2.0\n  \
               wasi:io/streams@0.2.0\n  \
               wasi:http/types@0.2.0\n  \
               wasi:http/outgoing-handler@0.2.0\n\
             exports\n  \
               connectors:aws-sqs/sender@0.1.0: send-message, send-message-batch\n  \
               connectors:outbound/connector@0.1.0: describe, execute\n\
             size\n  {} bytes, {} gzipped\n",
            surface.size, surface.gzipped_size
        )
    );
    let json = run(&["inspect", path.to_str().unwrap(), "--json"], &[], b"");
    assert_eq!(json.json()["size"], artifacts::connector().len());
    assert_eq!(
        json.json()["exports"][0]["functions"],
        json!(["send-message", "send-message-batch"])
    );
}

#[test]
fn the_lab_ends_when_its_parent_does() {
    let mut lab = Lab::start();
    let address = lab.endpoint.strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok());
    lab.hang_up();
    assert!(lab.process.wait().unwrap().success());
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn the_demonstration_leaves_nothing_behind_when_it_is_interrupted() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let temporary = tempfile::tempdir().unwrap();
        let mut demonstration = Command::new(lab::python())
            .arg(here.join("lab/demo.py"))
            .arg(here.join("tests/sandbox/support/never_ends.sh"))
            .arg("component")
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(demonstration.stdout.take().unwrap()).lines();
        let line = lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains("nowhere else"))
            .unwrap();
        let address = line
            .split(['/', ' '])
            .find(|part| part.contains("127.0.0.1:"));
        let address = address.unwrap();
        assert!(TcpStream::connect(address).is_ok());
        // A terminal sends a signal to the whole group.
        let group = format!("-{}", demonstration.id());
        let killed = Command::new("kill")
            .args(["-s", signal, "--", &group])
            .status();
        assert!(killed.unwrap().success());
        assert_eq!(demonstration.wait().unwrap().code(), Some(code));
        assert!(TcpStream::connect(address).is_err());
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
    }
}
