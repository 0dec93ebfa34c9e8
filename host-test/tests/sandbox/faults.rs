//! Servers and connections that fail: what happened is told as it was.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use connector_host::{
    CallError, Connector, Credentials, Host, Message, MessagePart, Queue, Receipt, Retries,
    SendError, Timeouts, UnknownCause, UnreachableCause,
};

use crate::support::canned::{self, http};
use crate::support::tls::Terminator;
use crate::support::{artifacts, connector, queue, send, send_error};

fn credentials() -> Credentials {
    Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret")
}

fn queue_at(address: &str) -> Queue {
    queue(&format!("{address}/000000000000/q"))
}

/// The error of sending a message to a server.
async fn fails(address: &str, body: &str) -> SendError {
    let connector = connector(&[address]);
    let message = Message::new(body);
    send_error(send(&connector, &queue_at(address), &credentials(), &message).await)
}

fn unknown(error: SendError) -> UnknownCause {
    match error {
        SendError::OutcomeUnknown(unknown) => unknown.cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn throttling_with_the_status_of_a_denial_is_throttling() {
    let address =
        canned::server(|_| http("403 Forbidden", &canned::error("RequestThrottled", "no")));
    match fails(&address, "x").await {
        SendError::Throttled(error) => {
            assert_eq!(error.status, 403);
            assert_eq!(error.code.as_deref(), Some("RequestThrottled"));
            assert_eq!(error.request_id.as_deref(), Some("r-1"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_error_without_explanation_is_unavailable() {
    let address = canned::server(|_| http("503 Service Unavailable", "<html>no</html>"));
    match fails(&address, "x").await {
        SendError::Unavailable(error) => {
            assert_eq!((error.status, error.code), (503, None));
            assert_eq!(
                error.message,
                "no explanation in the answer: text/xml, 15 bytes"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_success_that_is_not_of_sqs_leaves_the_outcome_unknown() {
    for body in ["", "<html>Welcome</html>", "{\"MessageId\": \"m\"}"] {
        let address = canned::server(move |_| http("200 OK", body));
        let error = fails(&address, "x").await;
        assert_eq!(unknown(error), UnknownCause::UnreadableAnswer);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let address = canned::server(|_| {
        "HTTP/1.1 301 Moved Permanently\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n"
            .into()
    });
    match fails(&address, "x").await {
        SendError::Rejected(error) => assert_eq!(error.status, 301),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_body_stored_with_another_digest_is_corrupted() {
    let wrong = "00000000000000000000000000000000";
    let address = canned::server(move |_| http("200 OK", &canned::receipt("m-1", wrong)));
    match fails(&address, "x").await {
        SendError::Corrupted(corruption) => {
            assert_eq!(corruption.message_id, "m-1");
            assert_eq!(corruption.part, MessagePart::Body);
            assert_eq!(corruption.sent_md5, "9dd4e461268c8034f5c8564e155c67a6");
            assert_eq!(corruption.stored_md5, wrong);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_the_outcome_unknown() {
    let address = canned::server(|_| {
        let whole = http("200 OK", &canned::receipt("m-1", "digest"));
        whole[..whole.find("<MessageId>").unwrap()].to_owned()
    });
    assert_eq!(
        unknown(fails(&address, "x").await),
        UnknownCause::ConnectionLost
    );
}

#[tokio::test]
async fn an_error_that_breaks_off_is_told_by_its_status() {
    let address = canned::server(|_| {
        let whole = http("502 Bad Gateway", "<html>no</html>");
        whole[..whole.len() - 5].to_owned()
    });
    match fails(&address, "x").await {
        SendError::Unavailable(error) => assert_eq!(error.status, 502),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_stops_in_the_middle_is_waited_for_no_longer_than_told() {
    let address = canned::raw_server(|mut client| {
        canned::read_request(&mut client);
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n<SendMessage";
        client.write_all(head.as_bytes()).unwrap();
        // Until the client has had enough.
        let _ = client.read(&mut [0]);
    });
    let connector = connector(&[&address]);
    let between_bytes = Timeouts {
        between_bytes_ms: Some(100),
        ..Timeouts::default()
    };
    let total = Timeouts {
        total_ms: Some(1_000),
        ..Timeouts::default()
    };
    for (timeouts, detail) in [
        (between_bytes, "nothing within 100 ms"),
        (total, "no end within 1000 ms"),
    ] {
        let queue = queue_at(&address);
        let result = connector
            .send_message(
                &queue,
                &credentials(),
                &Message::new("x"),
                timeouts,
                Retries::NONE,
            )
            .await;
        match send_error(result) {
            SendError::OutcomeUnknown(unknown) => {
                assert_eq!(unknown.cause, UnknownCause::Timeout);
                assert_eq!(unknown.detail, detail);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Takes the beginning of a request, then goes on with `then`.
fn impatient(then: impl Fn(TcpStream) + Send + 'static) -> String {
    canned::narrow_server(move |mut client| {
        let _ = client.read(&mut [0; 1024]).unwrap();
        then(client);
    })
}

/// A form so large that no buffer on the way takes all of it.
fn large() -> String {
    "€".repeat((1 << 20) / 3)
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_sent_whole_is_read() {
    let address = impatient(|mut client| {
        let answer = http("403 Forbidden", &canned::error("RequestThrottled", "no"));
        let (head, body) = answer.split_at(answer.find("<ErrorResponse>").unwrap());
        client.write_all(head.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        client.write_all(body.as_bytes()).unwrap();
        // Hanging up with something unread would take the answer back.
        let _ = std::io::copy(&mut client, &mut std::io::sink());
    });
    match fails(&address, &large()).await {
        SendError::Throttled(error) => {
            assert_eq!(error.code.as_deref(), Some("RequestThrottled"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_the_request_is_sent_whole_stored_nothing() {
    let address = impatient(drop);
    match fails(&address, &large()).await {
        SendError::Unreachable(unreachable) => {
            assert_eq!(unreachable.cause, UnreachableCause::NotSent);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_out_of_time_before_the_request_is_sent_whole_stored_nothing() {
    let address = impatient(std::mem::forget);
    let connector = connector(&[&address]);
    let timeouts = Timeouts {
        total_ms: Some(300),
        ..Timeouts::default()
    };
    let message = Message::new(large());
    let result = connector
        .send_message(
            &queue_at(&address),
            &credentials(),
            &message,
            timeouts,
            Retries::NONE,
        )
        .await;
    match send_error(result) {
        SendError::Unreachable(unreachable) => {
            assert_eq!(unreachable.cause, UnreachableCause::Timeout);
            assert_eq!(unreachable.detail, "no end within 300 ms");
        }
        other => panic!("{other:?}"),
    }
}

/// Sends over TLS to a server of the test.
async fn over_tls(server: &Terminator) -> Result<Receipt, CallError> {
    let address = format!("https://127.0.0.1:{}", server.address.port());
    let host = Host::builder()
        .allow(address.parse().unwrap())
        .trust(server.ca.as_bytes())
        .build()
        .unwrap();
    let connector: Connector = host.load(artifacts::connector()).unwrap();
    send(
        &connector,
        &queue_at(&address),
        &credentials(),
        &Message::new("x"),
    )
    .await
}

#[tokio::test]
async fn a_tls_connection_that_breaks_after_the_request_leaves_the_outcome_unknown() {
    let server = Terminator::that_breaks(&["127.0.0.1"]).await;
    assert_eq!(
        unknown(send_error(over_tls(&server).await)),
        UnknownCause::ConnectionLost
    );
}

#[tokio::test]
async fn arguments_too_long_for_a_header_are_refused_and_end_nothing() {
    let connector = connector(&[]);
    let long = "x".repeat(1 << 20);
    let queue = Queue {
        region: Some(long.clone()),
        ..Queue::new("https://sqs.eu-west-1.amazonaws.com/1/q")
    };
    let credentials = Credentials::new(&long, "secret").with_session_token(&long);
    match send_error(send(&connector, &queue, &credentials, &Message::new("x")).await) {
        SendError::InvalidInput(violations) => assert_eq!(violations.len(), 3),
        other => panic!("{other:?}"),
    }
}
