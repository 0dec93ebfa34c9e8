//! What clients are asked to do, and what they answer: a line of JSON each, over standard input and output.

use serde::{Deserialize, Serialize};

/// One round: messages, for so long or so many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Round {
    /// The body of every message, with [`Round::sequenced`] in place of the digits.
    pub(crate) template: String,
    /// Messages of one call.
    pub(crate) batch: usize,
    /// Calls at a time.
    pub(crate) in_flight: usize,
    /// For how long calls begin, in milliseconds.
    pub(crate) milliseconds: u64,
    /// How many messages at most.
    pub(crate) messages: u64,
    /// The sequence number of the first message.
    pub(crate) first: u64,
}

/// What a round took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Messages that were accepted.
    pub(crate) messages: u64,
    /// Processor time of the client's process, in microseconds.
    pub(crate) cpu_us: f64,
    /// The median of what a call took, in microseconds.
    pub(crate) p50_us: f64,
    /// What 99 of 100 calls took no longer than, in microseconds.
    pub(crate) p99_us: f64,
    /// Instructions of the client's process, where the machine counts them.
    pub(crate) instructions: Option<u64>,
    /// The first error, if there was one.
    pub(crate) error: Option<String>,
}

/// Where the sequence number stands in a body, and how many digits it has.
const DIGITS: std::ops::Range<usize> = 12..22;
/// What a body begins with.
const HEAD: &str = r#"{"sequence":0000000000,"items":[""#;
/// What a body is filled with: text as processes send it, an eighth of it quotes and the like.
const FILLING: &str =
    r#"{"sku":"A-1029","quantity":3,"price":19.90,"note":"two of them as a gift, please"},"#;

impl Round {
    /// A round of single messages, one at a time.
    pub(crate) fn new(size: usize) -> Self {
        let mut template = HEAD.to_owned();
        template.extend(FILLING.chars().cycle().take(size - HEAD.len()));
        Self {
            template,
            batch: 1,
            in_flight: 1,
            milliseconds: 0,
            messages: 1 << 50,
            first: 0,
        }
    }

    /// The body of a message.
    pub(crate) fn body(&self, sequence: u64) -> String {
        let mut body = self.template.clone();
        body.replace_range(DIGITS, &format!("{sequence:010}"));
        body
    }
}

/// The sequence number of a body.
pub(crate) fn sequence(body: &str) -> Option<u64> {
    body.get(DIGITS)?.parse().ok()
}
