//! The way to a server may lead through a proxy.

use std::net::SocketAddr;

use connector_host::{Host, Message, Proxies, Queue, SendError, UnreachableCause};

use crate::support::forward_proxy::ForwardProxy;
use crate::support::tls::Terminator;
use crate::support::{artifacts, lab, program, queue, send, send_error};

const AWS: &str = "sqs.us-east-1.amazonaws.com";

fn address(url: &str) -> SocketAddr {
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

fn through(proxy: &ForwardProxy) -> Proxies {
    Proxies::all(&format!("http://user:m4rk3r@{}", proxy.address), "").unwrap()
}

/// What the proxy is told of who asks.
const AUTHORIZATION: &str = "proxy-authorization: Basic dXNlcjptNHJrM3I=";

#[tokio::test]
async fn a_request_goes_through_a_proxy_as_it_is() {
    let (url, key) = lab::queue_and_key("");
    let server = ForwardProxy::to(address(&lab::endpoint())).await;
    // A name that nothing but the proxy knows.
    let endpoint = "http://sqs.invalid";
    let host = Host::builder()
        .allow(endpoint.parse().unwrap())
        .proxies(through(&server));
    let connector = host.build().unwrap().load(artifacts::connector()).unwrap();
    let queue = Queue {
        endpoint: Some(endpoint.to_owned()),
        ..queue(&url)
    };
    let credentials = key.credentials();
    let receipt = send(&connector, &queue, &credentials, &Message::new("x")).await;
    let received = lab::receive(&url);
    assert_eq!(received[0]["MessageId"], receipt.unwrap().message_id);
    let head = server.heads().remove(0).to_lowercase();
    assert!(head.starts_with("post http://sqs.invalid/ "), "{head}");
    assert!(head.contains(&AUTHORIZATION.to_lowercase()), "{head}");
}

#[tokio::test]
async fn what_is_encrypted_goes_through_a_tunnel_that_the_proxy_cannot_look_into() {
    let (url, key) = lab::queue_and_key("");
    let server = Terminator::new(&[AWS], &lab::endpoint()).await;
    let proxy = ForwardProxy::to(server.address).await;
    let host = Host::builder()
        .allow(format!("https://{AWS}").parse().unwrap())
        .trust(server.ca.as_bytes())
        .proxies(through(&proxy));
    let connector = host.build().unwrap().load(artifacts::connector()).unwrap();
    let queue = Queue {
        endpoint: Some(format!("https://{AWS}")),
        ..queue(&url)
    };
    for _ in 0..2 {
        let credentials = key.credentials();
        send(&connector, &queue, &credentials, &Message::new("x"))
            .await
            .unwrap();
    }
    assert_eq!(lab::receive(&url).len(), 2);
    // One tunnel for both.
    let [head] = &proxy.heads()[..] else {
        panic!("{:?}", proxy.heads());
    };
    assert!(head.starts_with(&format!("CONNECT {AWS}:443 ")), "{head}");
    let head = head.to_lowercase();
    assert!(head.contains(&AUTHORIZATION.to_lowercase()), "{head}");
    assert!(!head.contains("aws4-hmac"), "{head}");
}

#[tokio::test]
async fn a_proxy_that_refuses_or_is_not_there_leaves_nothing_sent() {
    let refuses = ForwardProxy::that_refuses().await;
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for proxies in [through(&refuses), Proxies::all(&gone, "").unwrap()] {
        let host = Host::builder()
            .allow(format!("https://{AWS}").parse().unwrap())
            .proxies(proxies);
        let connector = host.build().unwrap().load(artifacts::connector()).unwrap();
        let queue = Queue::new(format!("https://{AWS}/000000000000/q"));
        let credentials = connector_host::Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
        let sent = send(&connector, &queue, &credentials, &Message::new("x")).await;
        match send_error(sent) {
            SendError::Unreachable(unreachable) => {
                assert_eq!(unreachable.cause, UnreachableCause::ConnectionRefused);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_allow_list_is_about_the_server_and_not_the_proxy() {
    let proxy = ForwardProxy::to(address(&lab::endpoint())).await;
    let host = Host::builder()
        .allow(format!("http://{}", proxy.address).parse().unwrap())
        .proxies(through(&proxy));
    let connector = host.build().unwrap().load(artifacts::connector()).unwrap();
    let credentials = connector_host::Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret");
    let queue = queue("http://sqs.invalid/000000000000/q");
    let sent = send(&connector, &queue, &credentials, &Message::new("x")).await;
    match send_error(sent) {
        SendError::Unreachable(unreachable) => {
            assert_eq!(unreachable.cause, UnreachableCause::DeniedByHost);
        }
        other => panic!("{other:?}"),
    }
    assert!(proxy.heads().is_empty());
}

#[tokio::test]
async fn the_command_line_goes_by_the_proxies_of_its_environment() {
    let (url, key) = lab::queue_and_key("");
    let proxy = ForwardProxy::to(address(&lab::endpoint())).await;
    let variable = format!("http://{}", proxy.address);
    let send = |variable: (&'static str, String), more: &'static [&str]| {
        let (url, key) = (url.clone(), key.clone());
        let connector = artifacts::connector_path();
        tokio::task::spawn_blocking(move || {
            let arguments = [
                &["send", "--component", connector.to_str().unwrap()][..],
                &[
                    "--queue-url",
                    &url,
                    "--region",
                    "us-east-1",
                    "--message-body",
                    "x",
                ],
                more,
            ]
            .concat();
            let environment = [
                ("AWS_ACCESS_KEY_ID", key.id.as_str()),
                ("AWS_SECRET_ACCESS_KEY", &key.secret),
                (variable.0, &variable.1),
            ];
            program::run(&arguments, &environment, b"")
        })
    };
    let direct = send(("HTTP_PROXY", variable.clone()), &["--no-proxies"]).await;
    assert_eq!(direct.unwrap().code, 0);
    assert_eq!(proxy.heads().len(), 0);
    let through = send(("http_proxy", variable), &[]).await;
    assert_eq!(through.unwrap().code, 0);
    assert_eq!(proxy.heads().len(), 1);
    let gone = send(
        ("HTTP_PROXY", "http://u:m4rk3r@127.0.0.1:1".into()),
        &["--log-level", "warn"],
    )
    .await;
    let gone = gone.unwrap();
    let told = "no answer through the proxy 127.0.0.1:1: connection refused";
    assert!(
        gone.stderr.contains(told) && !gone.stderr.contains("m4rk3r"),
        "{}",
        gone.stderr
    );
    let wrong = send(("HTTP_PROXY", "socks5://u:m4rk3r@localhost:1".into()), &[]).await;
    let wrong = wrong.unwrap();
    assert_eq!(
        (wrong.code, wrong.stderr.as_str()),
        (
            1,
            "error: HTTP_PROXY: a proxy must have an http or https url\n"
        )
    );
    assert_eq!(lab::receive(&url).len(), 2);
}
