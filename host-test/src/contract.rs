//! The contract in Rust, generated from `wit/`, and what makes its records pleasant to write.

#[allow(missing_docs, clippy::pedantic)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        inline: "
            package connectors:host;
            world sender {
                export connectors:aws-sqs/sender@0.1.0;
            }
        ",
        exports: { default: async },
        additional_derives: [PartialEq],
    });
}

#[allow(missing_docs, clippy::pedantic)]
mod outbound_bindings {
    wasmtime::component::bindgen!({
        path: "../wit",
        inline: "
            package connectors:host;
            world outbound {
                export connectors:outbound/connector@0.1.0;
            }
        ",
        exports: { default: async },
        additional_derives: [PartialEq],
    });
}

pub use bindings::exports::connectors::aws_sqs::sender::{
    AttributeValue, AwsError, Corruption, Message, MessageAttribute, MessagePart, Queue, Receipt,
    Retries, SendError, Timeouts, UnknownCause, UnknownOutcome, Unreachable, UnreachableCause,
    Violation,
};
pub(crate) use outbound_bindings::exports::connectors::outbound::connector as outbound;
// Its `Debug` shows every field: the crate has its own `Credentials`.
pub(crate) use bindings::exports::connectors::aws_sqs::sender::Credentials as ContractCredentials;
pub(crate) use bindings::{Sender, SenderPre};
pub(crate) use outbound_bindings::OutboundPre;

impl Queue {
    /// A queue by its URL. Its region is read from the URL, which is also where the request goes.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            region: None,
            endpoint: None,
        }
    }

    /// The same queue in a region, for a URL that does not carry it.
    #[must_use]
    pub fn with_region(self, region: impl Into<String>) -> Self {
        Self {
            region: Some(region.into()),
            ..self
        }
    }
}

impl Message {
    /// A message with a body and nothing else.
    pub fn new(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            attributes: Vec::new(),
            message_group_id: None,
            message_deduplication_id: None,
            delay_seconds: None,
            aws_trace_header: None,
        }
    }

    /// The same message with one attribute more.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<String>, value: AttributeValue) -> Self {
        self.attributes.push(MessageAttribute {
            name: name.into(),
            value,
            label: None,
        });
        self
    }
}

impl SendError {
    /// The case, by the name that it has in the contract.
    #[must_use]
    pub fn case(&self) -> &'static str {
        match self {
            Self::InvalidInput(_) => "invalid-input",
            Self::Denied(_) => "denied",
            Self::Rejected(_) => "rejected",
            Self::Throttled(_) => "throttled",
            Self::Unavailable(_) => "unavailable",
            Self::Unreachable(_) => "unreachable",
            Self::OutcomeUnknown(_) => "outcome-unknown",
            Self::Corrupted(_) => "corrupted",
            Self::HeldBack(_) => "held-back",
        }
    }
}

impl UnreachableCause {
    /// The cause, by the name that it has in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DeniedByHost => "denied-by-host",
            Self::NameNotResolved => "name-not-resolved",
            Self::ConnectionRefused => "connection-refused",
            Self::ConnectionTimeout => "connection-timeout",
            Self::TlsFailed => "tls-failed",
            Self::Timeout => "timeout",
            Self::NotSent => "not-sent",
        }
    }
}

impl UnknownCause {
    /// The cause, by the name that it has in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::ConnectionLost => "connection-lost",
            Self::UnreadableAnswer => "unreadable-answer",
        }
    }
}

impl Default for Timeouts {
    /// The component's own defaults.
    fn default() -> Self {
        Self {
            first_byte_ms: None,
            between_bytes_ms: None,
            total_ms: None,
        }
    }
}

impl Default for Retries {
    /// The component's own defaults.
    fn default() -> Self {
        Self {
            max_attempts: None,
            accept_duplicates: false,
        }
    }
}

impl Retries {
    /// No attempt but the first.
    pub const NONE: Self = Self {
        max_attempts: Some(1),
        accept_duplicates: false,
    };
}
