//! Checks any messages. What is accepted is encoded, and decodes to the same; what is refused says so in short.

#![no_main]

use arbitrary::Arbitrary;
use base64::{Engine, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;
use sqs_connector::checksum::{md5_of_attributes, md5_of_system_attributes};
use sqs_connector::message::{Attribute, MAX_ATTRIBUTES, MAX_SIZE, Message, Value};
use sqs_connector::query;

#[derive(Arbitrary, Debug)]
struct Input {
    body: String,
    attributes: Vec<(String, Kind, Option<String>)>,
    group_id: Option<String>,
    deduplication_id: Option<String>,
    delay: Option<u16>,
    trace_header: Option<String>,
    fifo: bool,
}

#[derive(Arbitrary, Debug)]
enum Kind {
    String(String),
    Number(String),
    Binary(Vec<u8>),
}

fuzz_target!(|input: Input| {
    let attribute = |(name, kind, label)| Attribute {
        name,
        value: match kind {
            Kind::String(text) => Value::String(text),
            Kind::Number(text) => Value::Number(text),
            Kind::Binary(bytes) => Value::Binary(bytes),
        },
        label,
    };
    let message = Message {
        body: input.body,
        attributes: input.attributes.into_iter().map(attribute).collect(),
        message_group_id: input.group_id,
        message_deduplication_id: input.deduplication_id,
        delay_seconds: input.delay,
        aws_trace_header: input.trace_header,
    };
    let violations = message.violations(input.fifo);
    for violation in &violations {
        assert!(violation.problem.len() < 200, "{}", violation.problem);
    }
    let _ = (md5_of_attributes(&message.attributes), md5_of_system_attributes(&message));
    if !violations.is_empty() {
        return;
    }
    assert!(message.size() <= MAX_SIZE && message.attributes.len() <= MAX_ATTRIBUTES);
    let url = "https://sqs.eu-west-1.amazonaws.com/1/q";
    assert_decodes(&query::send_message(url, &message), "", &message);
    let entries = [("0".to_owned(), &message), ("1".to_owned(), &message)];
    let batch = query::send_message_batch(url, &entries);
    assert_decodes(&batch, "SendMessageBatchRequestEntry.2.", &message);
});

/// Reads a form with a library of others, and compares it with what it was made of.
fn assert_decodes(form: &[u8], prefix: &str, message: &Message) {
    let pairs: Vec<_> = form_urlencoded::parse(form).collect();
    let value = |key: &str| {
        let key = format!("{prefix}{key}");
        let mut found = pairs.iter().filter(|(name, _)| *name == key);
        let value = found.next().map(|(_, value)| value.as_ref());
        assert!(found.next().is_none(), "{key} twice");
        value
    };
    assert_eq!(value("MessageBody"), Some(message.body.as_str()));
    assert_eq!(value("MessageGroupId"), message.message_group_id.as_deref());
    assert_eq!(value("MessageDeduplicationId"), message.message_deduplication_id.as_deref());
    let delay = message.delay_seconds.map(|seconds| seconds.to_string());
    assert_eq!(value("DelaySeconds"), delay.as_deref());
    let header = value("MessageSystemAttribute.1.Value.StringValue");
    assert_eq!(header, message.aws_trace_header.as_deref());
    for (index, attribute) in message.attributes.iter().enumerate() {
        let part = |name: &str| value(&format!("MessageAttribute.{}.{name}", index + 1));
        assert_eq!(part("Name"), Some(attribute.name.as_str()));
        assert_eq!(part("Value.DataType"), Some(attribute.data_type().as_str()));
        match &attribute.value {
            Value::String(text) | Value::Number(text) => {
                assert_eq!(part("Value.StringValue"), Some(text.as_str()));
            }
            Value::Binary(bytes) => {
                let decoded = STANDARD.decode(part("Value.BinaryValue").unwrap()).unwrap();
                assert_eq!(decoded, *bytes);
            }
        }
    }
    assert_eq!(value(&format!("MessageAttribute.{}.Name", message.attributes.len() + 1)), None);
}
