//! A component that means harm is ended, and harms no later call.

use std::time::Duration;

use connector_host::{
    CallError, Connector, Credentials, Host, Limits, MemoryExceeded, Message, Retries, SendError,
    StopReason, Stopped, Timeouts,
};

use crate::support::{artifacts, lab, queue, send};

const DEADLINE: Duration = Duration::from_millis(200);
const MEMORY: usize = 16 << 20;

fn limits() -> Limits {
    Limits::default()
        .with_deadline(DEADLINE)
        .with_memory(MEMORY)
}

fn host() -> Host {
    Host::builder().limits(limits()).build().unwrap()
}

/// Has a misdeed done, and tells how the host stopped it.
async fn stopped(connector: &Connector, misdeed: &str) -> StopReason {
    // Far beyond any deadline here: a host that does not stop it at all is told from a slow machine.
    let ended = tokio::time::timeout(Duration::from_mins(1), misbehave(connector, misdeed));
    match ended.await.unwrap() {
        CallError::Stopped(Stopped {
            reason,
            request_left: false,
        }) => reason,
        other => panic!("{misdeed}: {other:?}"),
    }
}

async fn misbehave(connector: &Connector, misdeed: &str) -> CallError {
    connector
        .send_message(
            &queue("http://127.0.0.1/000000000000/q"),
            &Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret"),
            &Message::new(misdeed),
            Timeouts::default(),
            Retries::default(),
        )
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_component_that_loops_or_waits_for_ever_is_ended_by_the_deadline() {
    let connector = host().load(artifacts::misbehaving()).unwrap();
    for misdeed in ["loop for ever", "wait for ever"] {
        assert_eq!(
            stopped(&connector, misdeed).await,
            StopReason::Deadline(DEADLINE)
        );
    }
}

#[tokio::test]
async fn a_component_that_takes_too_much_memory_is_ended() {
    let connector = host().load(artifacts::misbehaving()).unwrap();
    match stopped(&connector, "take 4 GiB").await {
        StopReason::Memory(MemoryExceeded { requested, limit }) => {
            assert_eq!(limit, MEMORY);
            assert!(requested > limit);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_component_that_traps_is_ended() {
    let connector = host().load(artifacts::misbehaving()).unwrap();
    match stopped(&connector, "trap").await {
        StopReason::Trap(text) => assert!(text.contains("unreachable"), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_call_after_a_misdeed_works() {
    let (url, key) = lab::queue_and_key("");
    let host = Host::builder()
        .allow(url.parse().unwrap())
        .limits(limits().with_deadline(Duration::from_secs(2)))
        .build()
        .unwrap();
    let misbehaving = host.load(artifacts::misbehaving()).unwrap();
    let connector = host.load(artifacts::connector()).unwrap();
    for misdeed in ["loop for ever", "wait for ever", "take 4 GiB", "trap"] {
        stopped(&misbehaving, misdeed).await;
        let error = misbehave(&misbehaving, "none").await;
        assert!(
            matches!(error, CallError::Send(SendError::InvalidInput(_))),
            "{error:?}"
        );
        send(
            &connector,
            &queue(&url),
            &key.credentials(),
            &Message::new("x"),
        )
        .await
        .unwrap();
    }
    assert_eq!(lab::receive(&url).len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn more_loops_than_threads_all_end() {
    let connector = std::sync::Arc::new(host().load(artifacts::misbehaving()).unwrap());
    let loops: Vec<_> = (0..4)
        .map(|_| {
            let connector = std::sync::Arc::clone(&connector);
            tokio::spawn(async move { stopped(&connector, "loop for ever").await })
        })
        .collect();
    for ended in loops {
        assert_eq!(ended.await.unwrap(), StopReason::Deadline(DEADLINE));
    }
}

#[tokio::test]
async fn a_deadline_may_be_as_long_as_can_be() {
    let limits = limits().with_deadline(Duration::MAX);
    let host = Host::builder().limits(limits).build().unwrap();
    let connector = host.load(artifacts::misbehaving()).unwrap();
    let error = misbehave(&connector, "none").await;
    assert!(
        matches!(error, CallError::Send(SendError::InvalidInput(_))),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_component_that_loops_does_not_hold_up_others_on_the_same_thread() {
    let host = host();
    let misbehaving = host.load(artifacts::misbehaving()).unwrap();
    let (looping, other) = tokio::join!(
        stopped(&misbehaving, "loop for ever"),
        misbehave(&misbehaving, "none"),
    );
    assert_eq!(looping, StopReason::Deadline(DEADLINE));
    assert!(matches!(other, CallError::Send(SendError::InvalidInput(_))));
}

/// A connector on a host that ends calls after 2 seconds, and a server that says nothing.
fn silent(wasm: &[u8]) -> (std::net::TcpListener, String, Connector) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let host = Host::builder()
        .allow(format!("http://{server}").parse().unwrap())
        .limits(limits().with_deadline(Duration::from_secs(2)))
        .build()
        .unwrap();
    let connector = host.load(wasm).unwrap();
    (listener, server, connector)
}

#[tokio::test]
async fn a_call_that_the_host_ends_after_a_request_left_says_so() {
    let (_listener, server, connector) = silent(artifacts::misbehaving());
    let error = misbehave(&connector, &format!("wait for ever for {server}")).await;
    assert_eq!(
        error.to_string(),
        "stopped by the host: no end within 2s; a request had left, nobody knows whether it arrived"
    );
}

#[tokio::test]
async fn a_call_ends_by_itself_before_the_host_ends_it() {
    let (_listener, server, connector) = silent(artifacts::connector());
    let queue = queue(&format!("http://{server}/000000000000/q"));
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
    let messages = vec![Message::new("x"); 25];
    for total_ms in [None, Some(60_000)] {
        let timeouts = Timeouts {
            total_ms,
            ..Timeouts::default()
        };
        let results = connector
            .send_message_batch(&queue, &credentials, &messages, timeouts, Retries::NONE)
            .await
            .unwrap();
        assert!(matches!(results[0], Err(SendError::OutcomeUnknown(_))));
        assert!(matches!(results[24], Err(SendError::Unreachable(_))));
    }
}

#[tokio::test]
async fn a_call_waits_for_a_free_sandbox() {
    let (url, key) = lab::queue_and_key("");
    let host = Host::builder()
        .allow(url.parse().unwrap())
        .limits(Limits::default().with_sandboxes(1))
        .build()
        .unwrap();
    let connector = host.load(artifacts::connector()).unwrap();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let (connector, url, credentials) = (connector.clone(), url.clone(), key.credentials());
            tokio::spawn(async move {
                send(&connector, &queue(&url), &credentials, &Message::new("x"))
                    .await
                    .unwrap();
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(lab::receive(&url).len(), 10);
}
