//! Connections outlive sandboxes.

use connector_host::Message;

use crate::support::proxy::Proxy;
use crate::support::{connector, lab, queue, send};

#[tokio::test]
async fn sandboxes_share_a_connection() {
    let (url, key) = lab::queue_and_key("");
    let proxy = Proxy::to(&lab::endpoint()).await;
    let address = format!("http://{}", proxy.address);
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
    assert_eq!(proxy.connections(), 1);
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
