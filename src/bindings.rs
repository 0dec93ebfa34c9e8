//! The contract in Rust, generated from `wit/`: the one place with unsafe code.
#![allow(missing_docs, unreachable_pub, unsafe_code, clippy::pedantic)]

use super::component::Component;

wit_bindgen::generate!({
    path: "wit",
    world: "sqs-connector",
    generate_all,
});

export!(Component);
