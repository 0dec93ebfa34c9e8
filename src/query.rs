//! The AWS Query protocol: an action and its parameters as a form.
//!
//! The form is encoded byte for byte as AWS's own SDKs for this protocol did: unreserved characters
//! (`A-Z a-z 0-9 - . _ ~`) literally, a space as `+`, every other byte as an upper-case `%XX`.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html>

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::message::{Message, Value};

/// The content type of a form, as AWS's SDKs sent it. It is one of the signed headers.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The version of the SQS API, which every request names.
const VERSION: &str = "2012-11-05";

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The form of the action `SendMessage`, its parameters in the order of AWS's service model.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
#[must_use]
pub fn send_message(queue_url: &str, message: &Message) -> String {
    let mut form = Form::new("SendMessage", message.size());
    form.push("QueueUrl", queue_url);
    form.push_message("", message);
    form.0
}

/// The form of the action `SendMessageBatch`, of messages by their ids in it.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
#[must_use]
pub fn send_message_batch(queue_url: &str, entries: &[(String, &Message)]) -> String {
    let payload = entries
        .iter()
        .map(|(_, message)| message.size() + 512)
        .sum();
    let mut form = Form::new("SendMessageBatch", payload);
    form.push("QueueUrl", queue_url);
    for (index, (id, message)) in entries.iter().enumerate() {
        let prefix = format!("SendMessageBatchRequestEntry.{}.", index + 1);
        form.push(&format!("{prefix}Id"), id);
        form.push_message(&prefix, message);
    }
    form.0
}

/// A form under construction.
struct Form(String);

impl Form {
    /// Begins the form of an action. `payload` is the size of what will be pushed, in bytes, as far as it
    /// is known: most text grows little.
    fn new(action: &str, payload: usize) -> Self {
        let mut form = Self(String::with_capacity(payload + payload / 4 + 512));
        form.push("Action", action);
        form.push("Version", VERSION);
        form
    }

    /// Appends the parameters of a message, under names with a prefix.
    fn push_message(&mut self, prefix: &str, message: &Message) {
        let mut push = |key: &str, value: &str| self.push(&format!("{prefix}{key}"), value);
        push("MessageBody", &message.body);
        if let Some(seconds) = message.delay_seconds {
            push("DelaySeconds", &seconds.to_string());
        }
        for (index, attribute) in message.attributes.iter().enumerate() {
            let key = format!("MessageAttribute.{}", index + 1);
            push(&format!("{key}.Name"), &attribute.name);
            match &attribute.value {
                Value::String(text) | Value::Number(text) => {
                    push(&format!("{key}.Value.StringValue"), text);
                }
                Value::Binary(bytes) => {
                    push(&format!("{key}.Value.BinaryValue"), &STANDARD.encode(bytes));
                }
            }
            push(&format!("{key}.Value.DataType"), &attribute.data_type());
        }
        if let Some(header) = &message.aws_trace_header {
            push("MessageSystemAttribute.1.Name", "AWSTraceHeader");
            push("MessageSystemAttribute.1.Value.StringValue", header);
            push("MessageSystemAttribute.1.Value.DataType", "String");
        }
        if let Some(id) = &message.message_deduplication_id {
            push("MessageDeduplicationId", id);
        }
        if let Some(id) = &message.message_group_id {
            push("MessageGroupId", id);
        }
    }

    /// Appends a parameter. Keys are ASCII letters, digits and dots: they need no encoding.
    fn push(&mut self, key: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(key);
        self.0.push('=');
        for (index, word) in value.split(' ').enumerate() {
            if index > 0 {
                self.0.push('+');
            }
            self.0.extend(utf8_percent_encode(word, RESERVED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{self, Messages};

    #[test]
    fn forms_equal_those_of_aws_own_sdk() {
        for golden in vectors::requests() {
            let form = match &golden.messages {
                Messages::One(message) => send_message(&golden.queue_url, message),
                Messages::Batch(messages) => {
                    let ids = (0..).map(|id: usize| id.to_string());
                    let entries: Vec<_> = ids.zip(messages).collect();
                    send_message_batch(&golden.queue_url, &entries)
                }
            };
            assert_eq!(form, golden.form, "{}", golden.name);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_decodes_to_itself(text in ".*") {
            let mut form = Form(String::new());
            form.push("k", &text);
            let encoded = form.0.strip_prefix("k=").unwrap().replace('+', "%20");
            let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap();
            proptest::prop_assert_eq!(decoded, text.as_str());
            proptest::prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        }
    }
}
