//! The AWS Query protocol: an action and its parameters as a form.
//!
//! The form is encoded byte for byte as AWS's own SDKs for this protocol did: unreserved characters
//! (`A-Z a-z 0-9 - . _ ~`) literally, a space as `+`, every other byte as an upper-case `%XX`.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html>

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::message::{Message, Value};

/// The content type of a form, as AWS's SDKs sent it. It is one of the signed headers.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The version of the SQS API, which every request names.
const VERSION: &str = "2012-11-05";

/// The form of the action `SendMessage`, its parameters in the order of AWS's service model.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
#[must_use]
pub fn send_message(queue_url: &str, message: &Message) -> Vec<u8> {
    let mut form = Form::new("SendMessage", message.size());
    form.push("QueueUrl", queue_url);
    form.push_message("", message);
    form.0
}

/// The form of the action `SendMessageBatch`, of messages by their ids in it.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
#[must_use]
pub fn send_message_batch(queue_url: &str, entries: &[(String, &Message)]) -> Vec<u8> {
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
struct Form(Vec<u8>);

impl Form {
    /// Begins the form of an action. `payload` is the size of what will be pushed, in bytes, as far as it
    /// is known: most text grows little.
    fn new(action: &str, payload: usize) -> Self {
        let mut form = Self(Vec::with_capacity(payload + payload / 4 + 512));
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
            self.0.push(b'&');
        }
        self.0.extend_from_slice(key.as_bytes());
        self.0.push(b'=');
        self.push_encoded(value.as_bytes());
    }

    /// Appends bytes, encoded. Every byte of a message comes through here: so there is no branch that depends on it, and
    /// four bytes are written for each, of which the next one overwrites what does not count.
    fn push_encoded(&mut self, bytes: &[u8]) {
        self.0
            .reserve(bytes.iter().map(|byte| Encoded::of(*byte).size()).sum());
        for block in bytes.chunks(BLOCK) {
            let mut room = [0; 3 * BLOCK + 1];
            let mut end = 0;
            for byte in block {
                let encoded = Encoded::of(*byte);
                if let Some(place) = room.get_mut(end..).and_then(<[u8]>::first_chunk_mut) {
                    *place = encoded.0.to_le_bytes();
                }
                end += encoded.size();
            }
            self.0
                .extend_from_slice(room.get(..end).unwrap_or_default());
        }
    }
}

/// How many bytes are encoded at a time.
const BLOCK: usize = 256;

/// What a byte becomes: up to three bytes, the first one lowest, and above them how many they are.
#[derive(Clone, Copy)]
struct Encoded(u32);

impl Encoded {
    fn of(byte: u8) -> Self {
        ENCODED[usize::from(byte)]
    }

    fn size(self) -> usize {
        (self.0 >> 24) as usize
    }
}

/// An unreserved character of RFC 3986 becomes itself, a space a plus sign, and every other byte `%XX`.
static ENCODED: [Encoded; 256] = {
    let mut encoded = [Encoded(0); 256];
    let mut byte: u8 = 0;
    loop {
        encoded[byte as usize] = Encoded(match byte {
            b' ' => u32::from_le_bytes([b'+', 0, 0, 1]),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                u32::from_le_bytes([byte, 0, 0, 1])
            }
            _ => {
                let digits = b"0123456789ABCDEF";
                u32::from_le_bytes([
                    b'%',
                    digits[byte as usize >> 4],
                    digits[byte as usize & 15],
                    3,
                ])
            }
        });
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    encoded
};

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
            assert_eq!(
                String::from_utf8(form).unwrap(),
                golden.form,
                "{}",
                golden.name
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_decodes_to_itself(text in ".*") {
            let mut form = Form(Vec::new());
            form.push("k", &text);
            let encoded = String::from_utf8(form.0).unwrap();
            let encoded = encoded.strip_prefix("k=").unwrap().replace('+', "%20");
            let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap();
            proptest::prop_assert_eq!(decoded, text.as_str());
            proptest::prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        }
    }
}
