//! A component that means harm is ended, and harms no later call.

use std::io::Write as _;
use std::time::Duration;

use connector_host::{
    CallError, Connector, Credentials, ExecuteError, Host, Limits, MemoryExceeded, Message,
    Retries, SendError, StopReason, Stopped, Timeouts,
};

use crate::support::{artifacts, canned, lab, queue, send};

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

/// The same limits, but for time enough to reach any other.
fn unhurried() -> Limits {
    limits().with_deadline(Duration::from_mins(5))
}

fn misbehaving(limits: Limits, server: &str) -> Connector {
    let host = Host::builder()
        .allow(server.parse().unwrap())
        .limits(limits);
    let host = host.build().unwrap();
    host.load(artifacts::misbehaving()).unwrap()
}

/// Why the host stopped a component that has sent something.
async fn stopped_after_a_request(connector: &Connector, misdeed: &str) -> StopReason {
    match misbehave(connector, misdeed).await {
        CallError::Stopped(Stopped {
            reason,
            request_left: true,
        }) => reason,
        other => panic!("{misdeed}: {other:?}"),
    }
}

/// A server whose answers never end. Gives its address.
fn endless() -> String {
    canned::raw_server(|mut client| {
        canned::read_request(&mut client);
        std::thread::spawn(move || {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 1_u64 << 30);
            let _ = client.write_all(head.as_bytes());
            while client.write_all(&[0; 1 << 13]).is_ok() {}
        });
    })
}

#[tokio::test]
async fn a_component_that_computes_for_too_long_is_ended_though_there_is_time_to_wait() {
    let most = Duration::from_millis(300);
    let host = Host::builder().limits(unhurried().with_computation(most));
    let connector = host
        .build()
        .unwrap()
        .load(artifacts::misbehaving())
        .unwrap();
    assert_eq!(
        stopped(&connector, "loop for ever").await,
        StopReason::Computation(most)
    );
    // One that waits computes nothing: it is the deadline that ends it.
    let host = Host::builder().limits(limits().with_computation(Duration::from_millis(100)));
    let connector = host
        .build()
        .unwrap()
        .load(artifacts::misbehaving())
        .unwrap();
    assert_eq!(
        stopped(&connector, "wait for ever").await,
        StopReason::Deadline(DEADLINE)
    );
}

#[tokio::test]
async fn a_component_that_sends_too_many_requests_is_ended() {
    let server = canned::server(|_| canned::http("200 OK", ""));
    let authority = server.strip_prefix("http://").unwrap();
    let connector = misbehaving(unhurried().with_requests(50), &server);
    for way in ["ask", "ask at once"] {
        let misdeed = format!("{way} ten thousand times {authority}");
        assert_eq!(
            stopped_after_a_request(&connector, &misdeed).await,
            StopReason::Requests(50)
        );
    }
}

#[tokio::test]
async fn a_job_waits_for_a_sandbox_no_longer_than_it_has_time() {
    let host = Host::builder().limits(Limits::default().with_sandboxes(1));
    let connector = host.build().unwrap();
    let connector = connector.load_outbound(artifacts::misbehaving()).unwrap();
    let time = Duration::from_millis(300);
    let (busy, waited) = tokio::join!(
        connector.execute("wait for ever", Some(Duration::from_secs(1))),
        async {
            tokio::task::yield_now().await;
            connector.execute("none", Some(time)).await
        },
    );
    let stopped = |result: Result<String, ExecuteError>| match result.unwrap_err() {
        ExecuteError::Stopped(stopped) => stopped,
        failed @ ExecuteError::Failed(_) => panic!("{failed:?}"),
    };
    assert!(matches!(stopped(busy).reason, StopReason::Deadline(_)));
    let waited = stopped(waited);
    assert_eq!(waited.reason, StopReason::NoSandbox(time));
    assert!(!waited.request_left);
}

#[tokio::test]
async fn a_component_that_reads_too_much_of_an_answer_is_ended() {
    let server = endless();
    let authority = server.strip_prefix("http://").unwrap();
    let connector = misbehaving(unhurried().with_response(3 << 20), &server);
    assert_eq!(
        stopped_after_a_request(&connector, &format!("read all of {authority}")).await,
        StopReason::Response(3 << 20)
    );
}

#[tokio::test]
async fn the_connector_itself_reads_no_endless_answer() {
    let server = endless();
    let host = Host::builder()
        .allow(server.parse().unwrap())
        .build()
        .unwrap();
    let connector = host.load(artifacts::connector()).unwrap();
    let queue = queue(&format!("{server}/000000000000/q"));
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
    let sent = send(&connector, &queue, &credentials, &Message::new("x")).await;
    crate::support::unknown_outcome(sent);
}

#[tokio::test]
async fn connections_are_no_more_than_allowed_and_requests_wait_for_one() {
    let open = std::sync::Arc::new(std::sync::Mutex::new((0, 0)));
    let counted = std::sync::Arc::clone(&open);
    let server = canned::raw_server(move |mut client| {
        let open = std::sync::Arc::clone(&counted);
        {
            let (now, most) = &mut *open.lock().unwrap();
            *now += 1;
            *most = (*most).max(*now);
        }
        std::thread::spawn(move || {
            canned::read_request(&mut client);
            // Gone before the client can know that it is.
            open.lock().unwrap().0 -= 1;
            let _ = client.write_all(canned::http("200 OK", "").as_bytes());
        });
    });
    let limits = Limits::default().with_connections(2);
    let host = Host::builder()
        .allow(server.parse().unwrap())
        .limits(limits)
        .build()
        .unwrap();
    let connector = host.load(artifacts::connector()).unwrap();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let connector = connector.clone();
            let queue = queue(&format!("{server}/000000000000/q"));
            tokio::spawn(async move {
                let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
                send(&connector, &queue, &credentials, &Message::new("x")).await
            })
        })
        .collect();
    for call in calls {
        // An empty answer is none of SQS: it has been asked.
        crate::support::unknown_outcome(call.await.unwrap());
    }
    assert_eq!(open.lock().unwrap().1, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_harm_is_meant_each_is_stopped_and_others_are_undisturbed() {
    let (url, key) = lab::queue_and_key("");
    let servers = [endless(), canned::server(|_| canned::http("200 OK", ""))];
    let authority = |server: &str| server.strip_prefix("http://").unwrap().to_owned();
    let limits = Limits::default()
        .with_deadline(Duration::from_secs(20))
        .with_computation(Duration::from_secs(2))
        .with_response(8 << 20)
        .with_requests(500);
    let host = servers
        .iter()
        .fold(Host::builder(), |host, server| {
            host.allow(server.parse().unwrap())
        })
        .allow(url.parse().unwrap())
        .limits(limits)
        .build()
        .unwrap();
    let misbehaving = host.load(artifacts::misbehaving()).unwrap();
    let connector = host.load(artifacts::connector()).unwrap();
    let misdeeds = [
        "loop for ever".to_owned(),
        "take 4 GiB".to_owned(),
        "hoard headers".to_owned(),
        "trap".to_owned(),
        format!("ask ten thousand times {}", authority(&servers[1])),
        format!("ask at once ten thousand times {}", authority(&servers[1])),
        format!("read all of {}", authority(&servers[0])),
        format!("wait for ever for {}", authority(&servers[1])),
        // It does not get there, and goes on asking.
        "ask ten thousand times evil.example".to_owned(),
    ];
    let stopped: Vec<_> = misdeeds
        .into_iter()
        .map(|misdeed| {
            let connector = misbehaving.clone();
            tokio::spawn(async move { (misbehave(&connector, &misdeed).await, misdeed) })
        })
        .collect();
    let mut sent = 0;
    while stopped.iter().any(|call| !call.is_finished()) || sent == 0 {
        let message = Message::new("undisturbed");
        send(&connector, &queue(&url), &key.credentials(), &message)
            .await
            .unwrap();
        sent += 1;
    }
    for call in stopped {
        let (error, misdeed) = call.await.unwrap();
        let told = error.to_string();
        let wanted = match misdeed.as_str() {
            "loop for ever" => "more than 2s of computation",
            "take 4 GiB" => "bytes of memory requested",
            "hoard headers" => "resource table has no free keys",
            "trap" => "trap: ",
            "ask ten thousand times evil.example" => {
                "more than 500 requests; nothing had been sent"
            }
            misdeed if misdeed.starts_with("ask") => "more than 500 requests",
            misdeed if misdeed.starts_with("read") => "a response of more than 8388608 bytes",
            _ => "no end within 20s",
        };
        assert!(told.contains(wanted), "{misdeed}: {told}");
    }
    assert_eq!(lab::receive(&url).len(), sent);
}

#[tokio::test]
async fn a_host_that_is_interrupted_ends_what_is_under_way_and_begins_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let host = Host::builder()
        .allow(format!("http://{server}").parse().unwrap())
        .build()
        .unwrap();
    let connector = host.load(artifacts::misbehaving()).unwrap();
    let misdeed = format!("wait for ever for {server}");
    let (waiting, asking, ()) = tokio::join!(
        misbehave(&connector, "wait for ever"),
        misbehave(&connector, &misdeed),
        async {
            let asked = tokio::task::spawn_blocking(move || {
                let (mut client, _) = listener.accept().unwrap();
                canned::read_request(&mut client);
                client
            });
            // Until the end, it is open.
            let _client = asked.await.unwrap();
            host.interrupt();
        },
    );
    let interrupted = |request_left| {
        let reason = StopReason::Interrupted;
        CallError::Stopped(Stopped {
            reason,
            request_left,
        })
    };
    assert_eq!(waiting, interrupted(false));
    assert_eq!(asking, interrupted(true));
    assert_eq!(misbehave(&connector, "none").await, interrupted(false));
}
