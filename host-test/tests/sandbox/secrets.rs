//! No secret in any output: not in a result, not in an error, not in what a program prints.

use std::fmt::Write as _;

use connector_host::{Connector, Host, Limits, Message, Queue, Timeouts};

use crate::support::lab::Key;
use crate::support::{artifacts, host, lab, program, queue};

const SECRET: &str = "marker-secret-pHCTfcIJ7FlrZrbhPtUF";
const TOKEN: &str = "marker-token-dz0sJbhYPIxkbHTzkBIj";

fn marked(id: &str) -> Key {
    Key {
        id: id.into(),
        secret: SECRET.into(),
        token: Some(TOKEN.into()),
    }
}

/// A server that gives every request back in its answer, as SQS does with parts of one that it
/// cannot verify.
fn echo(status: &'static str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut request = vec![0; 16 * 1024];
            let length = client.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]);
            let body = format!(
                "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>expected \
                 {SECRET} and {}</Message></Error></ErrorResponse>",
                request.replace('&', "&amp;").replace('<', "&lt;")
            );
            let _ = write!(
                client,
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    address
}

/// Every way for a call to end without the right secret: a queue, and what the host allows.
fn endings() -> Vec<(Queue, Vec<String>)> {
    let (url, _) = lab::queue_and_key("");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_address = format!("http://{}", silent.local_addr().unwrap());
    // Stays open for as long as the tests run.
    std::mem::forget(silent);
    let down = "http://127.0.0.1:1".to_owned();
    let at = |address: &str| queue(&format!("{address}/000000000000/q"));
    let allowed = |address: &str| vec![address.to_owned()];
    let denied = echo("403 Forbidden");
    let unavailable = echo("503 Service Unavailable");
    let redirected = echo("301 Moved Permanently");
    vec![
        (queue(&url), allowed(&url)),
        (queue("not a url"), vec![]),
        (at(&down), allowed(&down)),
        (at(&down), vec![]),
        (at("http://sqs.invalid"), allowed("http://sqs.invalid")),
        (at(&silent_address), allowed(&silent_address)),
        (at(&denied), allowed(&denied)),
        (at(&unavailable), allowed(&unavailable)),
        (at(&redirected), allowed(&redirected)),
    ]
}

fn assert_no_secret(text: &str) {
    assert!(!text.contains("marker-"), "a secret shows: {text}");
    assert!(!text.is_empty());
}

const SOON: Timeouts = Timeouts {
    connect_ms: None,
    first_byte_ms: None,
    between_bytes_ms: None,
    total_ms: Some(100),
};

#[tokio::test]
async fn no_result_and_no_debug_text_shows_a_secret() {
    let key = marked("AKIAIOSFODNN7EXAMPLE");
    let mut text = format!("{:?} {:#?}", key.credentials(), key.credentials());
    for (queue, allowed) in endings() {
        let allowed: Vec<&str> = allowed.iter().map(String::as_str).collect();
        let connector = host(&allowed).load(artifacts::connector()).unwrap();
        let error = connector
            .send_message(&queue, &key.credentials(), &Message::new("x"), SOON)
            .await
            .unwrap_err();
        write!(text, "{error} {error:?} {error:#?}").unwrap();
    }
    assert_no_secret(&text);
}

#[tokio::test]
async fn credentials_that_are_refused_are_not_shown() {
    let refused = |id: &str, secret: &str, token: &str| Key {
        id: id.into(),
        secret: secret.into(),
        token: Some(token.into()),
    };
    let connector = host(&[]).load(artifacts::connector()).unwrap();
    for key in [
        refused("AKID", "marker-secret ", "t"),
        refused("AKID", "s", "marker-token\n"),
        refused("AKID", "marker-\u{fc}", "marker-\0"),
    ] {
        let queue = queue("http://127.0.0.1/000000000000/q");
        let error = connector
            .send_message(&queue, &key.credentials(), &Message::new("x"), SOON)
            .await
            .unwrap_err();
        assert_no_secret(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn a_receipt_shows_no_secret() {
    let (url, key) = lab::queue_and_temporary_key();
    let connector = host(&[&url]).load(artifacts::connector()).unwrap();
    let receipt = connector
        .send_message(
            &queue(&url),
            &key.credentials(),
            &Message::new("x"),
            Timeouts::default(),
        )
        .await
        .unwrap();
    let text = format!("{receipt:?}");
    assert!(!text.contains(&key.secret), "{text}");
    assert!(!text.contains(&key.token.unwrap()), "{text}");
}

#[tokio::test]
async fn a_component_that_is_stopped_shows_no_secret() {
    let limits = Limits {
        deadline: std::time::Duration::from_millis(50),
        memory: 8 << 20,
    };
    let host = Host::builder().limits(limits).build().unwrap();
    let misbehaving: Connector = host.load(artifacts::misbehaving()).unwrap();
    let mut text = String::new();
    for misdeed in ["loop for ever", "wait for ever", "take 4 GiB", "trap"] {
        let error = misbehaving
            .send_message(
                &queue("http://127.0.0.1/000000000000/q"),
                &marked("AKID").credentials(),
                &Message::new(misdeed),
                SOON,
            )
            .await
            .unwrap_err();
        write!(text, "{error} {error:?}").unwrap();
    }
    assert_no_secret(&text);
}

#[test]
fn no_command_prints_a_secret() {
    let key = marked("AKIAIOSFODNN7EXAMPLE");
    let connector = artifacts::connector_path();
    let connector = connector.to_str().unwrap();
    let environment = [
        ("AWS_ACCESS_KEY_ID", key.id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_SESSION_TOKEN", TOKEN),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "1"),
    ];
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["send", "--help"],
        &["inspect", "--help"],
        &["inspect", connector],
        &["inspect", connector, "--json"],
        &["inspect", "/nowhere"],
        &["send"],
        &["send", "--no-such-argument"],
    ] {
        let run = program::run(arguments, &environment, b"");
        assert_no_secret(&(run.stdout + &run.stderr));
    }
    for (queue, allowed) in endings() {
        let mut arguments = vec!["send", "--component", connector, "--queue-url", &queue.url];
        arguments.extend([
            "--region",
            "us-east-1",
            "--message-body",
            "x",
            "--timeout",
            "100",
        ]);
        for allowed in &allowed {
            arguments.extend(["--allow", allowed]);
        }
        for more in [&[][..], &["--json"], &["--message-attributes", "{"]] {
            let run = program::run(&[&arguments[..], more].concat(), &environment, b"");
            assert_ne!(run.code, 0);
            assert_no_secret(&(run.stdout + &run.stderr));
        }
    }
}
