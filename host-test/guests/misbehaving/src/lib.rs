//! A component with the connector's contract that tries to harm its host: the message's body says how.
//!
//! It exists to prove that the host survives it.
#![cfg(target_arch = "wasm32")]
#![deny(unsafe_code)]

use bindings::exports::connectors::aws_sqs::sender::{
    self, Credentials, Message, Queue, Receipt, Retries, SendError, Timeouts, Violation,
};
use bindings::exports::connectors::outbound::connector::{self, Description, Failure, Network};
use bindings::wasi::clocks::monotonic_clock::subscribe_duration;
use bindings::wasi::http::outgoing_handler;
use bindings::wasi::http::types::{Fields, FutureIncomingResponse, OutgoingRequest, Scheme};
use bindings::wasi::io::poll::poll;

#[allow(missing_docs, unreachable_pub, unsafe_code, clippy::pedantic)]
mod bindings {
    use super::Misbehaving;

    wit_bindgen::generate!({
        path: "../../../wit",
        world: "sqs-connector",
        generate_all,
    });

    export!(Misbehaving);
}

struct Misbehaving;

impl sender::Guest for Misbehaving {
    fn send_message(
        _: Queue,
        _: Credentials,
        message: Message,
        _: Timeouts,
        _: Retries,
    ) -> Result<Receipt, SendError> {
        misbehave(&message.body);
        Err(SendError::InvalidInput(no_misdeed()))
    }

    fn send_message_batch(
        _: Queue,
        _: Credentials,
        messages: Vec<Message>,
        _: Timeouts,
        _: Retries,
    ) -> Result<Vec<Result<Receipt, SendError>>, Vec<Violation>> {
        for message in messages {
            misbehave(&message.body);
        }
        Err(no_misdeed())
    }
}

fn no_misdeed() -> Vec<Violation> {
    vec![Violation {
        field: "message.body".into(),
        problem: "names no misdeed".into(),
    }]
}

impl connector::Guest for Misbehaving {
    fn describe() -> Description {
        let none = || String::new();
        Description {
            name: none(),
            version: none(),
            job_type: none(),
            input_variables: Vec::new(),
            element_template: none(),
            network: Network {
                service_origins: Vec::new(),
                url_variables: Vec::new(),
            },
        }
    }

    /// Takes the misdeed for variables, and anything else for the response.
    fn execute(variables: String, _: Option<u32>) -> Result<String, Failure> {
        misbehave(&variables);
        Ok(variables)
    }
}

fn misbehave(misdeed: &str) {
    match misdeed {
        "loop for ever" => loop {
            std::hint::spin_loop();
        },
        "wait for ever" => {
            poll(&[&subscribe_duration(u64::MAX)]);
        }
        "take 4 GiB" => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            for _ in 0..4096 {
                hoard.push(vec![1; 1 << 20]);
            }
            std::hint::black_box(hoard);
        }
        "hoard headers" => {
            let value = vec![b'x'; 1_000];
            let mut hoard = Vec::new();
            while let Ok(headers) = Fields::from_list(&[("x".into(), value.clone())]) {
                hoard.push(headers);
            }
        }
        "trap" => core::arch::wasm32::unreachable(),
        _ => {
            if let Some(server) = misdeed.strip_prefix("wait for ever for ") {
                let _answer = ask(server);
                misbehave("wait for ever");
            }
            if let Some(server) = misdeed.strip_prefix("ask ten thousand times ") {
                for _ in 0..10_000 {
                    if let Some(answer) = ask(server) {
                        poll(&[&answer.subscribe()]);
                    }
                }
            }
            if let Some(server) = misdeed.strip_prefix("ask at once ten thousand times ") {
                let _answers: Vec<_> = (0..10_000).map(|_| ask(server)).collect();
                misbehave("wait for ever");
            }
            if let Some(server) = misdeed.strip_prefix("read all of ") {
                let _ = read_all(server);
            }
        }
    }
}

/// Sends a request. None if the host lets it not out.
fn ask(server: &str) -> Option<FutureIncomingResponse> {
    let headers = Fields::from_list(&[]).ok()?;
    let request = OutgoingRequest::new(headers);
    request.set_scheme(Some(&Scheme::Http)).ok()?;
    request.set_authority(Some(server)).ok()?;
    request.set_path_with_query(Some("/")).ok()?;
    outgoing_handler::handle(request, None).ok()
}

/// Reads what a server answers, however much it is.
fn read_all(server: &str) -> Option<u64> {
    let answer = ask(server)?;
    poll(&[&answer.subscribe()]);
    let response = answer.get()?.ok()?.ok()?;
    let body = response.consume().ok()?;
    let stream = body.stream().ok()?;
    let mut length = 0;
    while let Ok(bytes) = stream.read(1 << 16) {
        length += bytes.len() as u64;
        poll(&[&stream.subscribe()]);
    }
    Some(length)
}
