//! Results as JSON, in SQS's own names, and as text.

use connector_host::{
    AwsError, CallError, MessagePart, Receipt, SendError, StopReason, Stopped, UnknownCause,
    UnreachableCause,
};
use serde_json::{Value, json};

/// A receipt as JSON.
pub(super) fn receipt(receipt: &Receipt) -> Value {
    json!({
        "messageId": receipt.message_id,
        "sequenceNumber": receipt.sequence_number,
        "md5OfMessageBody": receipt.md5_of_message_body,
        "md5OfMessageAttributes": receipt.md5_of_message_attributes,
        "md5OfMessageSystemAttributes": receipt.md5_of_message_system_attributes,
        "requestId": receipt.request_id,
    })
}

/// A receipt as lines of text.
pub(super) fn receipt_lines(receipt: &Receipt) -> String {
    let rows = [
        ("message id", Some(&receipt.message_id)),
        ("sequence number", receipt.sequence_number.as_ref()),
        ("md5 of body", receipt.md5_of_message_body.as_ref()),
        (
            "md5 of attributes",
            receipt.md5_of_message_attributes.as_ref(),
        ),
        (
            "md5 of system attributes",
            receipt.md5_of_message_system_attributes.as_ref(),
        ),
        ("request id", receipt.request_id.as_ref()),
    ];
    rows.into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<26}{}\n", value?)))
        .collect()
}

/// An error as JSON: `case` to branch on, and what the contract says of that case.
pub(super) fn error(error: &CallError) -> Value {
    let mut json = match error {
        CallError::Send(error) => send_error(error),
        CallError::Stopped(Stopped {
            reason,
            request_left,
        }) => json!({
            "case": "stopped",
            "reason": match reason {
                StopReason::Deadline(_) => "deadline",
                StopReason::Memory(_) => "memory",
                _ => "trap",
            },
            "requestLeft": request_left,
        }),
    };
    if json.get("message").is_none() {
        json["message"] = error.to_string().into();
    }
    json
}

fn send_error(error: &SendError) -> Value {
    match error {
        SendError::InvalidInput(violations) => {
            let violations: Vec<_> = violations
                .iter()
                .map(|violation| json!({ "field": violation.field, "problem": violation.problem }))
                .collect();
            json!({ "case": "invalid-input", "violations": violations })
        }
        SendError::Denied(error) => aws_error("denied", error),
        SendError::Rejected(error) => aws_error("rejected", error),
        SendError::Throttled(error) => aws_error("throttled", error),
        SendError::Unavailable(error) => aws_error("unavailable", error),
        SendError::Unreachable(unreachable) => json!({
            "case": "unreachable",
            "cause": match unreachable.cause {
                UnreachableCause::DeniedByHost => "denied-by-host",
                UnreachableCause::NameNotResolved => "name-not-resolved",
                UnreachableCause::ConnectionRefused => "connection-refused",
                UnreachableCause::ConnectionTimeout => "connection-timeout",
                UnreachableCause::TlsFailed => "tls-failed",
                UnreachableCause::Timeout => "timeout",
                UnreachableCause::NotSent => "not-sent",
            },
            "detail": unreachable.detail,
        }),
        SendError::OutcomeUnknown(unknown) => json!({
            "case": "outcome-unknown",
            "cause": match unknown.cause {
                UnknownCause::Timeout => "timeout",
                UnknownCause::ConnectionLost => "connection-lost",
                UnknownCause::UnreadableAnswer => "unreadable-answer",
            },
            "detail": unknown.detail,
            "requestId": unknown.request_id,
        }),
        SendError::Corrupted(corruption) => json!({
            "case": "corrupted",
            "messageId": corruption.message_id,
            "part": match corruption.part {
                MessagePart::Body => "body",
                MessagePart::Attributes => "attributes",
                MessagePart::SystemAttributes => "system-attributes",
            },
            "sentMd5": corruption.sent_md5,
            "storedMd5": corruption.stored_md5,
            "requestId": corruption.request_id,
        }),
    }
}

fn aws_error(case: &str, error: &AwsError) -> Value {
    json!({
        "case": case,
        "status": error.status,
        "code": error.code,
        "message": error.message,
        "requestId": error.request_id,
    })
}
