//! Camunda's AWS SQS connector as one WebAssembly component.
//!
//! The crate is a sans-IO core with a thin shell. Data flows one way:
//!
//! ```text
//!  component  the contract's exports, typed and for jobs: translates, and drives an exchange
//!      │
//!      ├─ connector  variables of a job → exchange; outcome → response or failure
//!      │
//!  exchange   the sends of a call as a state machine; never touches a clock or a socket
//!      │
//!      ├─ queue, message, credentials, timeouts   arguments, checked → violations
//!      ├─ query      messages → form
//!      ├─ client     form → request, for the time at the server
//!      ├─ signing    request → signed request (AWS Signature Version 4)
//!      ├─ answer     response → what SQS said
//!      ├─ checksum   what SQS said it stored = what was sent?
//!      └─ retry      error → whether to send again, after how long, at what price
//!      │
//!  transport  the only door to the outside: `wasi:http` and the clocks
//! ```
//!
//! `component` and `transport` exist on WebAssembly alone. Everything else is pure and is tested
//! natively, beside the code.
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]
#![cfg_attr(target_arch = "wasm32", deny(unsafe_code))]

pub mod answer;
pub mod checksum;
pub mod client;
pub mod connector;
pub mod credentials;
pub mod error;
pub mod exchange;
pub mod message;
pub mod query;
pub mod queue;
pub mod retry;
pub mod signing;
pub mod timeouts;
pub mod wire;

#[cfg(test)]
mod vectors;

#[cfg(target_arch = "wasm32")]
mod bindings;
#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(target_arch = "wasm32")]
mod transport;
