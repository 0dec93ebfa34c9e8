//! What does not work is told apart, and nothing leaves that should not.

use std::net::TcpListener;

use connector_host::{
    AttributeValue, AwsError, Credentials, Message, Queue, Retries, SendError, Timeouts,
    UnknownCause, UnreachableCause, Violation,
};

use crate::support::{artifacts, connector, lab, queue, send, send_error, unknown_outcome};

fn credentials() -> Credentials {
    Credentials::new("AKIAIOSFODNN7EXAMPLE", "wrong")
}

/// Sends with credentials to a queue of the lab, and expects SQS to refuse.
async fn refused(url: &str, credentials: &Credentials) -> SendError {
    let connector = connector(&[url]);
    send_error(send(&connector, &queue(url), credentials, &Message::new("x")).await)
}

fn code(error: &AwsError) -> (u16, &str) {
    (error.status, error.code.as_deref().unwrap_or(""))
}

#[tokio::test]
async fn a_wrong_secret_is_denied() {
    let (url, key) = lab::queue_and_key("");
    match refused(&url, &Credentials::new(key.id, "wrong")).await {
        SendError::Denied(error) => assert_eq!(code(&error), (403, "SignatureDoesNotMatch")),
        other => panic!("{other:?}"),
    }
    assert!(lab::receive(&url).is_empty());
}

#[tokio::test]
async fn an_unknown_key_is_denied() {
    let (url, _) = lab::queue_and_key("");
    match refused(&url, &credentials()).await {
        SendError::Denied(error) => assert_eq!(code(&error), (403, "InvalidClientTokenId")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_user_without_the_policy_is_denied() {
    let (url, _) = lab::queue_and_key("");
    let (_, other) = lab::queue_and_key("");
    match refused(&url, &other.credentials()).await {
        SendError::Denied(error) => assert_eq!(code(&error), (403, "AccessDenied")),
        other => panic!("{other:?}"),
    }
    assert!(lab::receive(&url).is_empty());
}

#[tokio::test]
async fn temporary_credentials_without_their_session_token_are_denied() {
    let (url, key) = lab::queue_and_temporary_key();
    let error = refused(&url, &Credentials::new(key.id, key.secret)).await;
    assert!(matches!(error, SendError::Denied(_)), "{error:?}");
}

#[tokio::test]
async fn a_missing_queue_is_rejected() {
    let (url, key) = lab::missing_queue_and_key();
    match refused(&url, &key.credentials()).await {
        SendError::Rejected(error) => assert_eq!(
            code(&error),
            (400, "AWS.SimpleQueueService.NonExistentQueue")
        ),
        other => panic!("{other:?}"),
    }
}

/// Why a request to this address did not get there.
async fn unreachable(address: &str, allowed: &[&str]) -> (UnreachableCause, String) {
    let connector = connector(allowed);
    let queue = queue(&format!("{address}/000000000000/q"));
    let result = send(&connector, &queue, &credentials(), &Message::new("x")).await;
    match send_error(result) {
        SendError::Unreachable(unreachable) => (unreachable.cause, unreachable.detail),
        other => panic!("{other:?}"),
    }
}

/// An address of this machine where nothing listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_server_that_is_down_refuses_the_connection() {
    let address = nobody();
    assert_eq!(
        unreachable(&address, &[&address]).await,
        (
            UnreachableCause::ConnectionRefused,
            "connection-refused".into()
        )
    );
}

#[tokio::test]
async fn a_name_that_does_not_resolve_is_told() {
    // Labels have at most 63 characters: the resolver refuses this one without asking anybody.
    for scheme in ["http", "https"] {
        let address = &format!("{scheme}://{}.invalid", "a".repeat(64));
        let (cause, detail) = unreachable(address, &[address]).await;
        assert_eq!(cause, UnreachableCause::NameNotResolved);
        assert!(detail.starts_with("DNS-error: "), "{detail}");
    }
}

#[tokio::test]
async fn a_server_off_the_allow_list_is_denied_by_the_host_and_sees_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let denied = (
        UnreachableCause::DeniedByHost,
        "HTTP-request-denied".to_owned(),
    );
    let other_port = nobody();
    let other_scheme = address.replace("http:", "https:");
    for allowed in [&[][..], &[other_port.as_str()], &[other_scheme.as_str()]] {
        assert_eq!(unreachable(&address, allowed).await, denied);
    }
    assert!(listener.accept().is_err(), "a connection was made");
}

#[tokio::test]
async fn a_message_over_one_mebibyte_is_refused_before_any_request_leaves() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let connector = connector(&[&address]);
    let queue = queue(&format!("{address}/000000000000/q"));
    let limit = 1 << 20;
    // Name, data type and value: 1 + 6 + 4 bytes.
    let with_attribute = Message::new("a".repeat(limit - 10))
        .with_attribute("n", AttributeValue::String("four".into()));
    for message in [
        Message::new("a".repeat(limit + 1)),
        Message::new("é".repeat(limit / 2) + "a"),
        with_attribute,
    ] {
        let result = send(&connector, &queue, &credentials(), &message).await;
        assert_eq!(
            send_error(result),
            SendError::InvalidInput(vec![Violation {
                field: "message".into(),
                problem: "must be at most 1048576 bytes, body and attributes together: has 1048577"
                    .into()
            }])
        );
    }
    assert!(listener.accept().is_err(), "a connection was made");
}

#[tokio::test]
async fn everything_wrong_with_the_arguments_is_told_at_once() {
    let queue = Queue {
        endpoint: Some("ftp://127.0.0.1".into()),
        ..Queue::new("orders")
    };
    let message = Message::new("").with_attribute("AWS.x", AttributeValue::Binary(vec![]));
    let timeouts = Timeouts {
        total_ms: Some(0),
        ..Timeouts::default()
    };
    let result = connector(&[])
        .send_message(
            &queue,
            &Credentials::new("", ""),
            &message,
            timeouts,
            Retries::NONE,
        )
        .await;
    let SendError::InvalidInput(violations) = send_error(result) else {
        panic!("not refused")
    };
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "queue.url",
            "queue.endpoint",
            "credentials.access-key-id",
            "credentials.secret-access-key",
            "message.body",
            "message.attributes[0].name",
            "message.attributes[0].value",
            "timeouts.total-ms",
        ]
    );
}

#[tokio::test]
async fn a_server_that_stays_silent_leaves_the_outcome_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let connector = connector(&[&address]);
    let queue = queue(&format!("{address}/000000000000/q"));
    let first_byte = Timeouts {
        first_byte_ms: Some(100),
        ..Timeouts::default()
    };
    let total = Timeouts {
        total_ms: Some(1_000),
        ..Timeouts::default()
    };
    for timeouts in [first_byte, total] {
        let result = connector
            .send_message(
                &queue,
                &credentials(),
                &Message::new("x"),
                timeouts,
                Retries::NONE,
            )
            .await;
        assert_eq!(unknown_outcome(result).cause, UnknownCause::Timeout);
    }
}

#[tokio::test]
async fn a_host_that_nobody_answers_at_gives_up_connecting() {
    // A queue of connections that is full: the next one is not answered.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any_port: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    socket.bind(&any_port.into()).unwrap();
    socket.listen(0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let patience = std::time::Duration::from_millis(500);
    let mut waiting = Vec::new();
    while let Ok(connection) = std::net::TcpStream::connect_timeout(&address, patience) {
        waiting.push(connection);
    }
    let address = format!("http://{address}");
    let host = connector_host::Host::builder()
        .allow(address.parse().unwrap())
        .connect_timeout(patience)
        .build()
        .unwrap();
    let connector = host.load(artifacts::connector()).unwrap();
    let queue = queue(&format!("{address}/000000000000/q"));
    let result = send(&connector, &queue, &credentials(), &Message::new("x")).await;
    match send_error(result) {
        SendError::Unreachable(unreachable) => {
            assert_eq!(unreachable.cause, UnreachableCause::ConnectionTimeout);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_leaves_the_outcome_unknown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (client, _) = listener.accept().await.unwrap();
        // Takes the beginning of the request, then hangs up.
        client.readable().await.unwrap();
        let _ = client.try_read(&mut [0; 64]);
    });
    let connector = connector(&[&address]);
    let queue = queue(&format!("{address}/000000000000/q"));
    let result = send(&connector, &queue, &credentials(), &Message::new("x")).await;
    match send_error(result) {
        SendError::OutcomeUnknown(unknown) => {
            assert_eq!(unknown.cause, UnknownCause::ConnectionLost);
        }
        other => panic!("{other:?}"),
    }
}
