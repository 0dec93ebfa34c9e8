//! Connections outlive sandboxes.

use connector_host::Message;

use crate::support::relay::Relay;
use crate::support::{connector, lab, queue, send};

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

/// A server that answers one request on each connection, says that it would take more, and closes it as soon as it is
/// told to. Gives its address, and what it has read of requests.
fn closing() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use std::io::{Read as _, Write as _};
    use std::sync::atomic::{AtomicUsize, Ordering};

    let requests = std::sync::Arc::new(AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&requests);
    let address = crate::support::canned::raw_server(move |mut client| {
        crate::support::canned::read_request(&mut client);
        counter.fetch_add(1, Ordering::SeqCst);
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        client.write_all(answer.as_bytes()).unwrap();
        // Closed for writing: what a client still sends is read, and would be seen.
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let counter = std::sync::Arc::clone(&counter);
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            let _ = client.read_to_end(&mut rest);
            counter.fetch_add(usize::from(!rest.is_empty()), Ordering::SeqCst);
        });
    });
    (address, requests)
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_costs_no_request() {
    let (address, requests) = closing();
    let connector = connector(&[&address]);
    let queue = queue(&format!("{address}/000000000000/q"));
    let credentials = connector_host::Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
    for _ in 0..20 {
        let sent = send(&connector, &queue, &credentials, &Message::new("x")).await;
        // An empty answer is none of SQS, but an answer: no connection was lost.
        let unknown = crate::support::unknown_outcome(sent);
        assert_eq!(
            unknown.cause,
            connector_host::UnknownCause::UnreadableAnswer
        );
    }
    assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 20);
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time() {
    let (url, key) = lab::queue_and_key("");
    let relay = Relay::to(&lab::endpoint()).await;
    let address = format!("http://{}", relay.address);
    let host = connector_host::Host::builder()
        .allow(address.parse().unwrap())
        .idle_timeout(std::time::Duration::from_millis(50))
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
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), closed)
            .await
            .unwrap();
    }
}
