//! Connections outlive sandboxes.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use connector_host::{Message, UnknownCause};

use crate::support::relay::Relay;
use crate::support::{canned, connector, lab, queue, send, unknown_outcome};

#[tokio::test]
async fn sandboxes_share_a_connection() {
    let (url, key) = lab::queue_and_key("");
    let relay = Relay::to(&lab::endpoint()).await;
    let address = format!("http://{}", relay.address);
    let connector = connector(&[&address]);
    let queue = connector_host::Queue {
        endpoint: Some(address),
        ..queue(&url)
    };
    for body in ["one", "two", "three"] {
        send(&connector, &queue, &key.credentials(), &Message::new(body))
            .await
            .unwrap();
    }
    assert_eq!(lab::receive(&url).len(), 3);
    assert_eq!(relay.connections(), 1);
}

#[tokio::test]
async fn many_calls_at_once_each_get_their_own_answer() {
    let (url, key) = lab::queue_and_key("");
    let connector = std::sync::Arc::new(connector(&[&url]));
    let calls: Vec<_> = (0..20)
        .map(|number| {
            let (connector, queue) = (std::sync::Arc::clone(&connector), queue(&url));
            let credentials = key.credentials();
            tokio::spawn(async move {
                let message = Message::new(number.to_string());
                let receipt = send(&connector, &queue, &credentials, &message).await;
                (receipt.unwrap().message_id, number.to_string())
            })
        })
        .collect();
    let mut sent = Vec::new();
    for call in calls {
        sent.push(call.await.unwrap());
    }
    let mut received: Vec<_> = lab::receive(&url)
        .iter()
        .map(|message| {
            let text = |field: &str| message[field].as_str().unwrap().to_owned();
            (text("MessageId"), text("Body"))
        })
        .collect();
    sent.sort();
    received.sort();
    assert_eq!(sent, received);
}

/// What a server has seen of requests: those that it answered, and those that came behind on a connection that it had
/// closed.
#[derive(Default)]
struct Seen {
    answered: AtomicUsize,
    late: AtomicUsize,
}

/// A server that answers one request on each connection, says nothing of closing it, and closes it. Gives its address.
fn closing() -> (String, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let counter = Arc::clone(&seen);
    let address = canned::raw_server(move |mut client| {
        canned::read_request(&mut client);
        counter.answered.fetch_add(1, Ordering::SeqCst);
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        client.write_all(answer.as_bytes()).unwrap();
        // Closed for writing: what a client still sends is read, and seen.
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let counter = Arc::clone(&counter);
        std::thread::spawn(move || {
            let rest = canned::read_request(&mut client);
            let is_late = usize::from(!rest.is_empty());
            counter.late.fetch_add(is_late, Ordering::SeqCst);
        });
    });
    (address, seen)
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_costs_no_request_and_none_is_sent_twice() {
    let (address, seen) = closing();
    let connector = connector(&[&address]);
    let queue = queue(&format!("{address}/000000000000/q"));
    let credentials = connector_host::Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
    let mut answered = 0;
    for _ in 0..100 {
        let sent = send(&connector, &queue, &credentials, &Message::new("x")).await;
        // An empty answer is none of SQS, but an answer. There is none only where the end of the connection was on its way
        // when the request left.
        let unknown = unknown_outcome(sent);
        answered += usize::from(unknown.cause == UnknownCause::UnreadableAnswer);
    }
    assert_eq!(seen.answered.load(Ordering::SeqCst), answered);
    // Most connections were known to be closed, or became so before anything was sent.
    assert!(answered > 10, "{answered}");
    let all_seen = async {
        while answered + seen.late.load(Ordering::SeqCst) < 100 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all_seen)
        .await
        .unwrap();
    assert_eq!(answered + seen.late.load(Ordering::SeqCst), 100);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time() {
    let (url, key) = lab::queue_and_key("");
    let relay = Relay::to(&lab::endpoint()).await;
    let address = format!("http://{}", relay.address);
    let host = connector_host::Host::builder()
        .allow(address.parse().unwrap())
        .idle_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let connector = host.load(crate::support::artifacts::connector()).unwrap();
    let queue = connector_host::Queue {
        endpoint: Some(address),
        ..queue(&url)
    };
    for opened in 1..=2 {
        send(&connector, &queue, &key.credentials(), &Message::new("x"))
            .await
            .unwrap();
        assert_eq!(relay.connections(), opened);
        let closed = async {
            while relay.open() > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), closed)
            .await
            .unwrap();
    }
}
