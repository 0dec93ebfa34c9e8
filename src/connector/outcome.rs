//! What became of a send, as a host of jobs hears it.
//!
//! | `error-type` | `code` | kind |
//! |---|---|---|
//! | `InvalidInput` | the same | give up |
//! | `Denied`, `Rejected`, `Throttled`, `Unavailable` | SQS's own, or the type where it has none | retry |
//! | `Unreachable` | the same | retry |
//! | `OutcomeUnknown` | the same | outcome unknown; repeatable for a while where SQS drops a second message |
//! | `Corrupted` | the same | outcome unknown |
//!
//! Retry after `Denied` and `Rejected` is what Camunda's connector does for whatever SQS refuses: policies and queues
//! may be set right in between.

use serde::Serialize;

use crate::answer::Receipt;
use crate::error::{
    AwsError, Corruption, MessagePart, SendError, UnknownCause, UnreachableCause, Violation,
};

/// Why a job has no response: the contract's `failure`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it means for another try.
    pub kind: FailureKind,
    /// The case of [`SendError`].
    pub error_type: &'static str,
    /// SQS's own code, or the case.
    pub code: String,
    /// What went wrong, in one line.
    pub message: String,
    /// Facts, as a JSON object.
    pub variables: Option<String>,
    /// For how long another try does no harm although the outcome is unknown.
    pub repeatable_for_ms: Option<u32>,
}

/// For how long SQS takes a message with the same deduplication id for the same message.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
const DEDUPLICATION_INTERVAL_MS: u32 = 5 * 60 * 1_000;

/// What a failure means for another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The same job may work later.
    Retry,
    /// The same variables will never work.
    GiveUp,
    /// The message may be in the queue.
    OutcomeUnknown,
}

/// The response of a job: the message id alone, as from Camunda's connector, or all of the receipt.
#[must_use]
pub fn response(receipt: &Receipt, extended: bool) -> String {
    let response = Response {
        message_id: &receipt.message_id,
        ..Response::default()
    };
    if !extended {
        return json(&response);
    }
    json(&Response {
        sequence_number: receipt.sequence_number.as_deref(),
        md5_of_message_body: receipt.md5_of_message_body.as_deref(),
        md5_of_message_attributes: receipt.md5_of_message_attributes.as_deref(),
        md5_of_message_system_attributes: receipt.md5_of_message_system_attributes.as_deref(),
        request_id: receipt.request_id.as_deref(),
        attempts: Some(receipt.attempts),
        ..response
    })
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'r> {
    message_id: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_number: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5_of_message_body: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5_of_message_attributes: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5_of_message_system_attributes: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
}

/// What an error expression sees as `error.variables`.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Variables<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'f str>,
}

fn json(value: &impl Serialize) -> String {
    // Texts and numbers have no reason to fail.
    serde_json::to_string(value).unwrap_or_default()
}

impl Failure {
    /// The failure of a job whose variables are missing or wrong.
    #[must_use]
    pub fn invalid_input(violations: &[Violation]) -> Self {
        let mut message = "invalid input:".to_owned();
        for (index, Violation { field, problem }) in violations.iter().enumerate() {
            message.push_str(if index == 0 { " " } else { "; " });
            message.push_str(if field.is_empty() { "variables" } else { field });
            message.push(' ');
            message.push_str(problem);
        }
        Self {
            kind: FailureKind::GiveUp,
            error_type: "InvalidInput",
            code: "InvalidInput".into(),
            message: one_line(&message),
            variables: None,
            repeatable_for_ms: None,
        }
    }

    /// The failure of a job whose send has no receipt. Another send of a message `is_deduplicated` does no harm.
    #[must_use]
    pub fn new(error: &SendError, is_deduplicated: bool) -> Self {
        match error {
            SendError::InvalidInput(violations) => Self::invalid_input(violations),
            SendError::Denied(error) => Self::aws("Denied", error),
            SendError::Rejected(error) => Self::aws("Rejected", error),
            SendError::Throttled(error) => Self::aws("Throttled", error),
            SendError::Unavailable(error) => Self::aws("Unavailable", error),
            SendError::Unreachable { cause, detail } => {
                let (name, text) = unreachable(*cause);
                Self {
                    kind: FailureKind::Retry,
                    error_type: "Unreachable",
                    code: "Unreachable".into(),
                    message: one_line(&format!("unreachable: {text} ({detail})")),
                    variables: Some(json(&Variables {
                        cause: Some(name),
                        ..Variables::default()
                    })),
                    repeatable_for_ms: None,
                }
            }
            SendError::OutcomeUnknown {
                cause,
                detail,
                request_id,
            } => {
                let (name, text) = unknown(*cause);
                Self {
                    kind: FailureKind::OutcomeUnknown,
                    error_type: "OutcomeUnknown",
                    code: "OutcomeUnknown".into(),
                    message: one_line(&format!(
                        "outcome unknown, the message may have arrived: {text} ({detail})"
                    )),
                    variables: Some(json(&Variables {
                        cause: Some(name),
                        request_id: request_id.as_deref(),
                        ..Variables::default()
                    })),
                    repeatable_for_ms: is_deduplicated.then_some(DEDUPLICATION_INTERVAL_MS),
                }
            }
            SendError::Corrupted(corruption) => Self::corrupted(corruption),
            // A job has one message.
            SendError::HeldBack(_) => Self::invalid_input(&[]),
        }
    }

    fn aws(error_type: &'static str, error: &AwsError) -> Self {
        let code = error.code.as_deref().unwrap_or(error_type);
        let message = format!(
            "{}: {code} (http {}): {}",
            error_type.to_ascii_lowercase(),
            error.status,
            error.message
        );
        Self {
            kind: FailureKind::Retry,
            error_type,
            code: one_line(code),
            message: one_line(&message),
            variables: Some(json(&Variables {
                http_status: Some(error.status),
                request_id: error.request_id.as_deref(),
                ..Variables::default()
            })),
            repeatable_for_ms: None,
        }
    }

    fn corrupted(corruption: &Corruption) -> Self {
        let part = match corruption.part {
            MessagePart::Body => "body",
            MessagePart::Attributes => "set of attributes",
            MessagePart::SystemAttributes => "set of system attributes",
        };
        let message = format!(
            "corrupted: message {} was stored with another {part}",
            corruption.message_id
        );
        Self {
            kind: FailureKind::OutcomeUnknown,
            error_type: "Corrupted",
            code: "Corrupted".into(),
            message: one_line(&message),
            variables: Some(json(&Variables {
                message_id: Some(&corruption.message_id),
                request_id: corruption.request_id.as_deref(),
                ..Variables::default()
            })),
            repeatable_for_ms: None,
        }
    }
}

/// A cause, by the contract's name and for people.
fn unreachable(cause: UnreachableCause) -> (&'static str, &'static str) {
    match cause {
        UnreachableCause::DeniedByHost => ("denied-by-host", "not on the allow-list of the host"),
        UnreachableCause::NameNotResolved => ("name-not-resolved", "the name does not resolve"),
        UnreachableCause::ConnectionRefused => ("connection-refused", "no connection"),
        UnreachableCause::ConnectionTimeout => ("connection-timeout", "no connection in time"),
        UnreachableCause::TlsFailed => ("tls-failed", "no trusted tls connection"),
        UnreachableCause::Timeout => ("timeout", "out of time before the request was sent whole"),
        UnreachableCause::NotSent => ("not-sent", "the request was not sent whole"),
    }
}

/// A cause, by the contract's name and for people.
fn unknown(cause: UnknownCause) -> (&'static str, &'static str) {
    match cause {
        UnknownCause::Timeout => ("timeout", "no answer in time"),
        UnknownCause::ConnectionLost => {
            ("connection-lost", "the connection ended before the answer")
        }
        UnknownCause::UnreadableAnswer => ("unreadable-answer", "the answer is not one of sqs"),
    }
}

/// Without the line breaks and worse that a server's text may hold, which must not forge a log.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            message_id: "m-\"1\"".into(),
            sequence_number: Some("18849496460467696128".into()),
            md5_of_message_body: Some("b".into()),
            md5_of_message_attributes: None,
            md5_of_message_system_attributes: Some("s".into()),
            request_id: Some("r".into()),
            attempts: 2,
        }
    }

    fn aws(code: Option<&str>) -> AwsError {
        AwsError {
            status: 403,
            code: code.map(Into::into),
            message: "no\nway".into(),
            request_id: Some("r-1".into()),
        }
    }

    #[test]
    fn a_response_is_the_message_id_and_more_where_asked_for() {
        assert_eq!(response(&receipt(), false), r#"{"messageId":"m-\"1\""}"#);
        assert_eq!(
            response(&receipt(), true),
            r#"{"messageId":"m-\"1\"","sequenceNumber":"18849496460467696128","md5OfMessageBody":"b","md5OfMessageSystemAttributes":"s","requestId":"r","attempts":2}"#
        );
    }

    #[test]
    fn every_violation_is_told_in_one_line() {
        let failure = Failure::invalid_input(&[
            Violation::new("queue.url", "is required"),
            Violation::new("", "must be json"),
        ]);
        assert_eq!(
            failure.message,
            "invalid input: queue.url is required; variables must be json"
        );
        assert_eq!(failure.kind, FailureKind::GiveUp);
        assert_eq!(failure.code, "InvalidInput");
    }

    #[test]
    fn what_sqs_answers_carries_its_own_code() {
        let failure = Failure::new(&SendError::Denied(aws(Some("AccessDenied"))), false);
        assert_eq!(
            failure,
            Failure {
                kind: FailureKind::Retry,
                error_type: "Denied",
                code: "AccessDenied".into(),
                message: "denied: AccessDenied (http 403): no way".into(),
                variables: Some(r#"{"httpStatus":403,"requestId":"r-1"}"#.into()),
                repeatable_for_ms: None,
            }
        );
        for (error, code) in [
            (SendError::Rejected(aws(None)), "Rejected"),
            (SendError::Throttled(aws(None)), "Throttled"),
            (SendError::Unavailable(aws(None)), "Unavailable"),
        ] {
            let failure = Failure::new(&error, false);
            assert_eq!((failure.error_type, failure.code.as_str()), (code, code));
            assert_eq!(failure.kind, FailureKind::Retry);
        }
    }

    #[test]
    fn a_send_that_nobody_knows_of_is_repeatable_while_sqs_drops_a_second_one() {
        let error = SendError::OutcomeUnknown {
            cause: UnknownCause::Timeout,
            detail: "20s".into(),
            request_id: None,
        };
        for (is_deduplicated, repeatable) in [(false, None), (true, Some(300_000))] {
            let failure = Failure::new(&error, is_deduplicated);
            assert_eq!(failure.kind, FailureKind::OutcomeUnknown);
            assert_eq!(failure.repeatable_for_ms, repeatable);
            assert_eq!(failure.code, "OutcomeUnknown");
            assert_eq!(failure.variables.as_deref(), Some(r#"{"cause":"timeout"}"#));
        }
    }

    #[test]
    fn a_message_that_was_stored_differently_is_named() {
        let failure = Failure::new(
            &SendError::Corrupted(Corruption {
                message_id: "m-1".into(),
                part: MessagePart::Body,
                sent_md5: "a".into(),
                stored_md5: "b".into(),
                request_id: None,
            }),
            true,
        );
        assert_eq!(failure.kind, FailureKind::OutcomeUnknown);
        assert_eq!(failure.variables.as_deref(), Some(r#"{"messageId":"m-1"}"#));
    }

    #[test]
    fn what_was_never_sent_is_tried_again() {
        let failure = Failure::new(
            &SendError::Unreachable {
                cause: UnreachableCause::DeniedByHost,
                detail: "HTTP-request-denied".into(),
            },
            false,
        );
        assert_eq!(failure.kind, FailureKind::Retry);
        assert_eq!(
            failure.message,
            "unreachable: not on the allow-list of the host (HTTP-request-denied)"
        );
        let variables = r#"{"cause":"denied-by-host"}"#;
        assert_eq!(failure.variables.as_deref(), Some(variables));
    }
}
