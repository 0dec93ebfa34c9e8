//! No secret in any output: not in a result, not in an error, not in what a program prints.

use std::fmt::Write as _;

use connector_host::{CallError, Connector, Host, Limits, Message, Retries, Timeouts};

use crate::support::canned::{self, http};
use crate::support::lab::Key;
use crate::support::{artifacts, host, lab, program, queue};

pub(crate) const SECRET: &str = "marker-secret-pHCTfcIJ7FlrZrbhPtUF";
pub(crate) const TOKEN: &str = "marker-token-dz0sJbhYPIxkbHTzkBIj";

pub(crate) fn marked(id: &str) -> Key {
    Key {
        id: id.into(),
        secret: SECRET.into(),
        token: Some(TOKEN.into()),
    }
}

/// A server that quotes each request in its answer, and the secret with it, as SQS quotes parts of one
/// that it cannot verify: `{}` in the answer is the quotation.
fn quoting(status: &'static str, body: &'static str) -> String {
    let address = canned::server(move |request| {
        let quotation = format!(
            "{SECRET} {}",
            request.replace('&', "&amp;").replace('<', "&lt;")
        );
        let head = quotation.replace(['\r', '\n'], " ");
        http(status, &body.replace("{}", &quotation))
            .replace("text/xml", &format!("text/xml; quoting={head}"))
    });
    address + "/000000000000/q"
}

/// A way for a call to end, what the host lets out, and the case that it ends in.
pub(crate) struct Ending {
    pub(crate) case: &'static str,
    pub(crate) url: String,
    pub(crate) allowed: Vec<String>,
    pub(crate) timeouts: Timeouts,
}

/// Every way for a call to end without the right secret.
pub(crate) fn endings() -> Vec<Ending> {
    let ending = |case, url: &str| Ending {
        case,
        url: url.into(),
        allowed: vec![url.into()],
        timeouts: Timeouts::default(),
    };
    let (url, _) = lab::queue_and_key("");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_url = format!("http://{}/000000000000/q", silent.local_addr().unwrap());
    // Stays open for as long as the tests run.
    std::mem::forget(silent);
    let down = "http://127.0.0.1:1/000000000000/q";
    let error = "<ErrorResponse><Error><Code>{}</Code><Message>{}</Message></Error>\
                 <RequestId>{}</RequestId></ErrorResponse>";
    let throttled = "<ErrorResponse><Error><Code>Throttling</Code><Message>{}</Message></Error>\
                     <RequestId>{}</RequestId></ErrorResponse>";
    let wrong_signature =
        "<Error><Code>SignatureDoesNotMatch</Code><Message>expected {}</Message></Error>";
    let receipt = "<SendMessageResponse><MessageId>{}</MessageId><MD5OfMessageBody>{}</MD5OfMessageBody>\
                   <RequestId>{}</RequestId></SendMessageResponse>";
    vec![
        ending("denied", &url),
        ending("denied", &quoting("403 Forbidden", wrong_signature)),
        ending("rejected", &quoting("400 Bad Request", error)),
        ending("throttled", &quoting("400 Bad Request", throttled)),
        ending("unavailable", &quoting("503 Service Unavailable", "{}")),
        ending("corrupted", &quoting("200 OK", receipt)),
        ending("outcome-unknown", &quoting("200 OK", "{}")),
        ending("unreachable", down),
        ending(
            "unreachable",
            &quoting("200 OK", "{}").replace("http:", "https:"),
        ),
        Ending {
            allowed: vec!["https://sqs.example".into()],
            ..ending("unreachable", down)
        },
        Ending {
            allowed: vec![],
            ..ending("invalid-input", "not a url")
        },
        Ending {
            timeouts: SOON,
            ..ending("outcome-unknown", &silent_url)
        },
    ]
}

/// The case of an error, in the contract's name.
fn case(error: &CallError) -> &'static str {
    match error {
        CallError::Send(error) => error.case(),
        CallError::Stopped(_) => "stopped",
    }
}

fn assert_no_secret(text: &str) {
    assert!(!text.contains("marker-"), "a secret shows: {text}");
    assert!(!text.is_empty());
}

const SOON: Timeouts = Timeouts {
    first_byte_ms: None,
    between_bytes_ms: None,
    total_ms: Some(1_000),
};

#[tokio::test]
async fn no_result_and_no_debug_text_shows_a_secret() {
    let key = marked("AKIAIOSFODNN7EXAMPLE");
    let mut text = format!("{:?} {:#?}", key.credentials(), key.credentials());
    for ending in endings() {
        let allowed: Vec<&str> = ending.allowed.iter().map(String::as_str).collect();
        let connector = host(&allowed).load(artifacts::connector()).unwrap();
        let queue = queue(&ending.url);
        let error = connector
            .send_message(
                &queue,
                &key.credentials(),
                &Message::new("x"),
                ending.timeouts,
                Retries::default(),
            )
            .await
            .unwrap_err();
        assert_eq!(case(&error), ending.case, "{error}");
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
            .send_message(
                &queue,
                &key.credentials(),
                &Message::new("x"),
                SOON,
                Retries::NONE,
            )
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
            Retries::default(),
        )
        .await
        .unwrap();
    let text = format!("{receipt:?}");
    assert!(!text.contains(&key.secret), "{text}");
    assert!(!text.contains(&key.token.unwrap()), "{text}");
}

#[tokio::test]
async fn a_component_that_is_stopped_shows_no_secret() {
    let limits = Limits::default()
        .with_deadline(std::time::Duration::from_millis(50))
        .with_memory(8 << 20);
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
                Retries::NONE,
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
        &[
            "send",
            "--component",
            "/nowhere",
            "--queue-url",
            "http://a/1/q",
            "--message-body",
            "x",
        ],
    ] {
        let run = program::run(arguments, &environment, b"");
        assert_no_secret(&(run.stdout + &run.stderr));
    }
    for ending in endings() {
        let mut arguments = vec!["send", "--component", connector, "--queue-url", &ending.url];
        arguments.extend(["--region", "us-east-1", "--message-body", "x"]);
        if ending.timeouts.total_ms.is_some() {
            arguments.extend(["--timeout", "1000"]);
        }
        for allowed in &ending.allowed {
            arguments.extend(["--allow", allowed]);
        }
        let text = program::run(&arguments, &environment, b"");
        assert_ne!(text.code, 0);
        assert_no_secret(&(text.stdout + &text.stderr));
        arguments.push("--json");
        let json = program::run(&arguments, &environment, b"");
        assert_eq!(json.json()["error"]["case"], ending.case);
        assert_no_secret(&(json.stdout + &json.stderr));
    }
}
