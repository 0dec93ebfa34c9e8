//! What the table of faults has no column for: the words of a timeout, a broken handshake.

use std::io::{Read, Write};

use connector_host::{
    CallError, Connector, Credentials, Host, Message, Queue, Receipt, Retries, SendError, Timeouts,
    UnknownCause,
};

use crate::support::canned;
use crate::support::tls::Terminator;
use crate::support::{artifacts, connector, queue, send, send_error, unknown_outcome};

fn credentials() -> Credentials {
    Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret")
}

fn queue_at(address: &str) -> Queue {
    queue(&format!("{address}/000000000000/q"))
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
        let unknown = unknown_outcome(result);
        assert_eq!(unknown.cause, UnknownCause::Timeout);
        assert_eq!(unknown.detail, detail);
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
        unknown_outcome(over_tls(&server).await).cause,
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
