//! The `Host` header, which is signed, is right for every way to write an address.

use connector_host::{Host, HostBuilder, Message, Queue, SendError, UnreachableCause};

use crate::support::tls::Terminator;
use crate::support::{artifacts, lab, queue, send, send_error};

const AWS: &str = "sqs.us-east-1.amazonaws.com";

/// Sends to a queue of the lab by way of an endpoint, and expects that the server, which verifies the
/// signature over the `Host` header, stores the message.
async fn arrives(host: HostBuilder, endpoint: &str) {
    let (url, key) = lab::queue_and_key("");
    let host = host.allow(endpoint.parse().unwrap()).build().unwrap();
    let connector = host.load(artifacts::connector()).unwrap();
    let queue = Queue {
        endpoint: Some(endpoint.into()),
        ..queue(&url)
    };
    let result = send(&connector, &queue, &key.credentials(), &Message::new("x")).await;
    assert!(result.is_ok(), "{endpoint}: {result:?}");
    assert_eq!(lab::receive(&url).len(), 1, "{endpoint}");
}

#[tokio::test]
async fn over_http_with_and_without_a_port() {
    let server = lab::endpoint().strip_prefix("http://").unwrap().to_owned();
    let address = server.parse().unwrap();
    let port = server.rsplit(':').next().unwrap();
    arrives(Host::builder(), &format!("http://127.0.0.1:{port}")).await;
    arrives(Host::builder(), &format!("http://127.0.0.1:{port}/")).await;
    for endpoint in [
        format!("http://localhost:{port}"),
        format!("http://LocalHost:{port}"),
        format!("http://{AWS}"),
        format!("http://{AWS}:80"),
        format!("http://{AWS}:80/"),
    ] {
        let host = Host::builder()
            .resolve("localhost", address)
            .resolve(AWS, address);
        arrives(host, &endpoint).await;
    }
}

#[tokio::test]
async fn over_https_with_and_without_a_port() {
    let server = Terminator::new(&[AWS, "localhost", "127.0.0.1"], &lab::endpoint()).await;
    let port = server.address.port();
    for endpoint in [
        format!("https://127.0.0.1:{port}"),
        format!("https://localhost:{port}"),
        format!("https://{AWS}"),
        format!("https://{AWS}:443"),
        format!("https://{AWS}:443/"),
    ] {
        let host = Host::builder()
            .trust(server.ca.as_bytes())
            .resolve("localhost", server.address)
            .resolve(AWS, server.address);
        arrives(host, &endpoint).await;
    }
}

#[tokio::test]
async fn a_queue_url_of_aws_needs_neither_endpoint_nor_region() {
    let (url, key) = lab::queue_and_key("");
    let server = Terminator::new(&[AWS], &lab::endpoint()).await;
    let host = Host::builder()
        .allow(format!("https://{AWS}").parse().unwrap())
        .trust(server.ca.as_bytes())
        .resolve(AWS, server.address)
        .build()
        .unwrap();
    let connector = host.load(artifacts::connector()).unwrap();
    let path = url.strip_prefix(&lab::endpoint()).unwrap();
    let queue = Queue::new(format!("https://{AWS}{path}"));
    let receipt = send(&connector, &queue, &key.credentials(), &Message::new("x"))
        .await
        .unwrap();
    let received = lab::receive(&url);
    assert_eq!(received[0]["MessageId"], receipt.message_id);
}

#[tokio::test]
async fn a_certificate_that_the_host_does_not_trust_is_refused() {
    let trusted = Terminator::new(&[AWS], &lab::endpoint()).await;
    let (url, key) = lab::queue_and_key("");
    let other_name = Terminator::new(&["sqs.example"], &lab::endpoint()).await;
    let untrusted = Host::builder().resolve(AWS, trusted.address);
    let misnamed = Host::builder()
        .trust(other_name.ca.as_bytes())
        .resolve(AWS, other_name.address);
    for host in [untrusted, misnamed] {
        let host = host
            .allow(format!("https://{AWS}").parse().unwrap())
            .build()
            .unwrap();
        let connector = host.load(artifacts::connector()).unwrap();
        let queue = Queue {
            endpoint: Some(format!("https://{AWS}")),
            ..queue(&url)
        };
        let result = send(&connector, &queue, &key.credentials(), &Message::new("x")).await;
        match send_error(result) {
            SendError::Unreachable(unreachable) => {
                assert_eq!(unreachable.cause, UnreachableCause::TlsFailed);
                assert_eq!(unreachable.detail, "TLS-certificate-error");
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(lab::receive(&url).is_empty());
}
