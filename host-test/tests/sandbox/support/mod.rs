//! What the tests share.

pub(crate) mod answers;
pub(crate) mod artifacts;
pub(crate) mod canned;
pub(crate) mod fault_server;
pub(crate) mod forward_proxy;
pub(crate) mod jobs;
pub(crate) mod lab;
pub(crate) mod program;
pub(crate) mod relay;
pub(crate) mod tls;

use connector_host::{
    CallError, Connector, Credentials, Host, Message, Queue, Receipt, Retries, SendError, Timeouts,
    UnknownOutcome,
};

/// A host that lets requests out to these addresses.
pub(crate) fn host(addresses: &[&str]) -> Host {
    addresses
        .iter()
        .map(|address| address.parse().unwrap())
        .fold(Host::builder(), connector_host::HostBuilder::allow)
        .build()
        .unwrap()
}

/// The connector on a host that lets requests out to these addresses.
pub(crate) fn connector(addresses: &[&str]) -> Connector {
    host(addresses).load(artifacts::connector()).unwrap()
}

/// A queue on a server that is none of AWS's.
pub(crate) fn queue(url: &str) -> Queue {
    Queue::new(url).with_region("us-east-1")
}

/// Sends once, with the component's own timeouts.
pub(crate) async fn send(
    connector: &Connector,
    queue: &Queue,
    credentials: &Credentials,
    message: &Message,
) -> Result<Receipt, CallError> {
    connector
        .send_message(
            queue,
            credentials,
            message,
            Timeouts::default(),
            Retries::NONE,
        )
        .await
}

/// Sends messages in one call, with the component's own timeouts and retries.
pub(crate) async fn send_batch(
    connector: &Connector,
    queue: &Queue,
    credentials: &Credentials,
    messages: &[Message],
) -> Result<Vec<Result<Receipt, SendError>>, CallError> {
    let (timeouts, retries) = (Timeouts::default(), Retries::default());
    connector
        .send_message_batch(queue, credentials, messages, timeouts, retries)
        .await
}

/// The component's own error.
pub(crate) fn send_error(result: Result<Receipt, CallError>) -> SendError {
    match result {
        Err(CallError::Send(error)) => error,
        other => panic!("not an error of the component: {other:?}"),
    }
}

/// What is known of a send whose outcome is not.
pub(crate) fn unknown_outcome(result: Result<Receipt, CallError>) -> UnknownOutcome {
    match send_error(result) {
        SendError::OutcomeUnknown(unknown) => unknown,
        other => panic!("{other:?}"),
    }
}
