//! A component with the connector's contract that tries to harm its host: the message's body says how.
//!
//! It exists to prove that the host survives it.
#![cfg(target_arch = "wasm32")]
#![deny(unsafe_code)]

use bindings::exports::connectors::aws_sqs::sender::{
    Credentials, Guest, Message, Queue, Receipt, SendError, Timeouts, Violation,
};
use bindings::wasi::clocks::monotonic_clock::subscribe_duration;
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

impl Guest for Misbehaving {
    fn send_message(
        _: Queue,
        _: Credentials,
        message: Message,
        _: Timeouts,
    ) -> Result<Receipt, SendError> {
        match message.body.as_str() {
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
            "trap" => core::arch::wasm32::unreachable(),
            _ => {}
        }
        Err(SendError::InvalidInput(vec![Violation {
            field: "message.body".into(),
            problem: "names no misdeed".into(),
        }]))
    }
}
