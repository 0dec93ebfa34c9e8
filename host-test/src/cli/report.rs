//! Results as JSON, in SQS's own names, and as text.

use connector_host::{CallError, MessagePart, Receipt, SendError, Stopped};
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
        "attempts": receipt.attempts,
    })
}

/// A receipt as lines of text.
pub(super) fn receipt_lines(receipt: &Receipt) -> String {
    let attempts = (receipt.attempts > 1).then(|| receipt.attempts.to_string());
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
        ("attempts", attempts.as_ref()),
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
            "reason": reason.name(),
            "requestLeft": request_left,
        }),
    };
    if json.get("message").is_none() {
        json["message"] = error.to_string().into();
    }
    json
}

fn send_error(error: &SendError) -> Value {
    let mut json = match error {
        SendError::InvalidInput(violations) => {
            let violations: Vec<_> = violations
                .iter()
                .map(|violation| json!({ "field": violation.field, "problem": violation.problem }))
                .collect();
            json!({ "violations": violations })
        }
        SendError::Denied(error)
        | SendError::Rejected(error)
        | SendError::Throttled(error)
        | SendError::Unavailable(error) => json!({
            "status": error.status,
            "code": error.code,
            "message": error.message,
            "requestId": error.request_id,
        }),
        SendError::Unreachable(unreachable) => json!({
            "cause": unreachable.cause.name(),
            "detail": unreachable.detail,
        }),
        SendError::OutcomeUnknown(unknown) => json!({
            "cause": unknown.cause.name(),
            "detail": unknown.detail,
            "requestId": unknown.request_id,
        }),
        SendError::Corrupted(corruption) => json!({
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
        SendError::HeldBack(position) => json!({ "position": position }),
    };
    json["case"] = error.case().into();
    json
}
