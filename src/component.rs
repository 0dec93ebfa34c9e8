//! The contract's exports. They translate, and drive an exchange through the transport.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::bindings::exports::connectors::aws_sqs::sender as wit;
use crate::bindings::exports::connectors::outbound::connector as outbound;
use crate::bindings::wasi::random::random::get_random_u64;
use crate::connector::job::Job;
use crate::connector::{description, outcome};
use crate::error::SendError;
use crate::exchange::{Call, Exchange, Outcome, Step, Terms};
use crate::retry::{Budget, Retries};
use crate::timeouts::Timeouts;
use crate::transport::Transport;
use crate::{answer, credentials, error, message, queue};

/// Smaller than the allocator of the standard library, and as fast.
#[global_allocator]
static HEAP: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// The component.
pub(crate) struct Component;

/// What is left of this instance's budget for attempts after the first, in tokens.
static BUDGET: AtomicU32 = AtomicU32::new(Budget::FULL.tokens());

impl wit::Guest for Component {
    fn send_message(
        queue: wit::Queue,
        credentials: wit::Credentials,
        message: wit::Message,
        timeouts: wit::Timeouts,
        retries: wit::Retries,
    ) -> Result<wit::Receipt, wit::SendError> {
        let call = call(queue, credentials, timeouts, retries);
        let transport = Transport::new(call.terms.timeouts);
        let exchange = Exchange::one(call, message.into()).map_err(SendError::InvalidInput)?;
        Ok(only(drive(exchange, &transport))?.into())
    }

    fn send_message_batch(
        queue: wit::Queue,
        credentials: wit::Credentials,
        messages: Vec<wit::Message>,
        timeouts: wit::Timeouts,
        retries: wit::Retries,
    ) -> Result<Vec<Result<wit::Receipt, wit::SendError>>, Vec<wit::Violation>> {
        let call = call(queue, credentials, timeouts, retries);
        let transport = Transport::new(call.terms.timeouts);
        let messages = messages.into_iter().map(Into::into).collect();
        let exchange = Exchange::many(call, messages)
            .map_err(|violations| violations.into_iter().map(Into::into).collect::<Vec<_>>())?;
        let outcomes = drive(exchange, &transport).into_iter();
        Ok(outcomes
            .map(|outcome| outcome.map(Into::into).map_err(Into::into))
            .collect())
    }
}

/// A call by the typed door.
fn call(
    queue: wit::Queue,
    credentials: wit::Credentials,
    timeouts: wit::Timeouts,
    retries: wit::Retries,
) -> Call {
    Call {
        queue: queue.into(),
        credentials: credentials.into(),
        terms: terms(timeouts.into(), retries.into()),
    }
}

fn terms(timeouts: Timeouts, retries: Retries) -> Terms {
    Terms {
        timeouts,
        retries,
        budget: Budget::new(BUDGET.load(Ordering::Relaxed)),
        seed: get_random_u64(),
    }
}

impl outbound::Guest for Component {
    fn describe() -> outbound::Description {
        let list = |texts: &[&str]| texts.iter().copied().map(Into::into).collect();
        outbound::Description {
            name: description::NAME.into(),
            version: description::VERSION.into(),
            job_type: description::JOB_TYPE.into(),
            input_variables: list(description::INPUT_VARIABLES),
            element_template: description::ELEMENT_TEMPLATE.into(),
            network: outbound::Network {
                service_origins: list(description::SERVICE_ORIGINS),
                url_variables: list(description::URL_VARIABLES),
            },
        }
    }

    fn execute(variables: String, timeout_ms: Option<u32>) -> Result<String, outbound::Failure> {
        let terms = terms(Timeouts::within(timeout_ms), Retries::default());
        let transport = Transport::new(terms.timeouts);
        let job = Job::from_json(&variables, terms)
            .map_err(|violations| outcome::Failure::invalid_input(&violations))?;
        // Half of what a large message takes.
        drop(variables);
        match only(drive(job.exchange, &transport)) {
            Ok(receipt) => Ok(outcome::response(&receipt, job.extended_response)),
            Err(error) => Err(outcome::Failure::new(&error, job.is_deduplicated).into()),
        }
    }
}

/// Carries an exchange through to its end.
fn drive(mut exchange: Exchange, transport: &Transport) -> Vec<Outcome> {
    loop {
        match exchange.next(transport.now()) {
            Step::Send(request) => {
                let reply = transport.send(request);
                exchange.replied(reply, transport.now());
            }
            Step::Wait(duration) => transport.pause(duration),
            Step::Done => break,
        }
    }
    let (outcomes, budget) = exchange.outcomes();
    BUDGET.store(budget.tokens(), Ordering::Relaxed);
    outcomes
}

/// The outcome of an exchange of one message.
fn only(outcomes: Vec<Outcome>) -> Outcome {
    outcomes
        .into_iter()
        .next()
        .unwrap_or_else(|| Err(SendError::InvalidInput(Vec::new())))
}

impl From<outcome::Failure> for outbound::Failure {
    fn from(failure: outcome::Failure) -> Self {
        use outcome::FailureKind;
        Self {
            kind: match failure.kind {
                FailureKind::Retry => outbound::FailureKind::Retry,
                FailureKind::GiveUp => outbound::FailureKind::GiveUp,
                FailureKind::OutcomeUnknown => outbound::FailureKind::OutcomeUnknown,
            },
            error_type: failure.error_type.into(),
            code: failure.code,
            message: failure.message,
            variables: failure.variables,
            repeatable_for_ms: failure.repeatable_for_ms,
        }
    }
}

impl From<wit::Queue> for queue::Queue {
    fn from(queue: wit::Queue) -> Self {
        Self {
            url: queue.url,
            region: queue.region,
            endpoint: queue.endpoint,
        }
    }
}

impl From<wit::Credentials> for credentials::Credentials {
    fn from(credentials: wit::Credentials) -> Self {
        Self {
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_access_key,
            session_token: credentials.session_token,
        }
    }
}

impl From<wit::Message> for message::Message {
    fn from(message: wit::Message) -> Self {
        Self {
            body: message.body,
            attributes: message.attributes.into_iter().map(Into::into).collect(),
            message_group_id: message.message_group_id,
            message_deduplication_id: message.message_deduplication_id,
            delay_seconds: message.delay_seconds,
            aws_trace_header: message.aws_trace_header,
        }
    }
}

impl From<wit::MessageAttribute> for message::Attribute {
    fn from(attribute: wit::MessageAttribute) -> Self {
        Self {
            name: attribute.name,
            value: match attribute.value {
                wit::AttributeValue::String(text) => message::Value::String(text),
                wit::AttributeValue::Number(text) => message::Value::Number(text),
                wit::AttributeValue::Binary(bytes) => message::Value::Binary(bytes),
            },
            label: attribute.label,
        }
    }
}

impl From<wit::Timeouts> for Timeouts {
    fn from(timeouts: wit::Timeouts) -> Self {
        let or = |milliseconds: Option<u32>, default| {
            milliseconds.map_or(default, |ms| Duration::from_millis(ms.into()))
        };
        let default = Self::default();
        Self {
            first_byte: or(timeouts.first_byte_ms, default.first_byte),
            between_bytes: or(timeouts.between_bytes_ms, default.between_bytes),
            total: or(timeouts.total_ms, default.total),
        }
    }
}

impl From<wit::Retries> for Retries {
    fn from(retries: wit::Retries) -> Self {
        Self {
            max_attempts: retries.max_attempts.unwrap_or(Self::default().max_attempts),
            accept_duplicates: retries.accept_duplicates,
        }
    }
}

impl From<answer::Receipt> for wit::Receipt {
    fn from(receipt: answer::Receipt) -> Self {
        Self {
            message_id: receipt.message_id,
            sequence_number: receipt.sequence_number,
            md5_of_message_body: receipt.md5_of_message_body,
            md5_of_message_attributes: receipt.md5_of_message_attributes,
            md5_of_message_system_attributes: receipt.md5_of_message_system_attributes,
            request_id: receipt.request_id,
            attempts: receipt.attempts,
        }
    }
}

impl From<error::SendError> for wit::SendError {
    fn from(error: error::SendError) -> Self {
        use error::SendError;
        match error {
            SendError::InvalidInput(violations) => {
                Self::InvalidInput(violations.into_iter().map(Into::into).collect())
            }
            SendError::Denied(error) => Self::Denied(error.into()),
            SendError::Rejected(error) => Self::Rejected(error.into()),
            SendError::Throttled(error) => Self::Throttled(error.into()),
            SendError::Unavailable(error) => Self::Unavailable(error.into()),
            SendError::Unreachable { cause, detail } => Self::Unreachable(wit::Unreachable {
                cause: cause.into(),
                detail,
            }),
            SendError::OutcomeUnknown {
                cause,
                detail,
                request_id,
            } => Self::OutcomeUnknown(wit::UnknownOutcome {
                cause: cause.into(),
                detail,
                request_id,
            }),
            SendError::Corrupted(corruption) => Self::Corrupted(corruption.into()),
            SendError::HeldBack(position) => Self::HeldBack(position),
        }
    }
}

impl From<error::Violation> for wit::Violation {
    fn from(violation: error::Violation) -> Self {
        Self {
            field: violation.field,
            problem: violation.problem,
        }
    }
}

impl From<error::AwsError> for wit::AwsError {
    fn from(error: error::AwsError) -> Self {
        Self {
            status: error.status,
            code: error.code,
            message: error.message,
            request_id: error.request_id,
        }
    }
}

impl From<error::UnreachableCause> for wit::UnreachableCause {
    fn from(cause: error::UnreachableCause) -> Self {
        use error::UnreachableCause;
        match cause {
            UnreachableCause::DeniedByHost => Self::DeniedByHost,
            UnreachableCause::NameNotResolved => Self::NameNotResolved,
            UnreachableCause::ConnectionRefused => Self::ConnectionRefused,
            UnreachableCause::ConnectionTimeout => Self::ConnectionTimeout,
            UnreachableCause::TlsFailed => Self::TlsFailed,
            UnreachableCause::Timeout => Self::Timeout,
            UnreachableCause::NotSent => Self::NotSent,
        }
    }
}

impl From<error::UnknownCause> for wit::UnknownCause {
    fn from(cause: error::UnknownCause) -> Self {
        use error::UnknownCause;
        match cause {
            UnknownCause::Timeout => Self::Timeout,
            UnknownCause::ConnectionLost => Self::ConnectionLost,
            UnknownCause::UnreadableAnswer => Self::UnreadableAnswer,
        }
    }
}

impl From<error::Corruption> for wit::Corruption {
    fn from(corruption: error::Corruption) -> Self {
        Self {
            message_id: corruption.message_id,
            part: match corruption.part {
                error::MessagePart::Body => wit::MessagePart::Body,
                error::MessagePart::Attributes => wit::MessagePart::Attributes,
                error::MessagePart::SystemAttributes => wit::MessagePart::SystemAttributes,
            },
            sent_md5: corruption.sent_md5,
            stored_md5: corruption.stored_md5,
            request_id: corruption.request_id,
        }
    }
}
