//! Facts that the tests compare with: requests as AWS's own SDK made them, digests as SQS answered
//! them. `vectors/requests.py` made the requests.

use std::time::{Duration, SystemTime};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use crate::credentials::Credentials;
use crate::exchange::{Call, Exchange, Terms};
use crate::message::{Attribute, Message, Value};
use crate::queue::Queue;
use crate::retry::{Budget, Retries};
use crate::timeouts::Timeouts;

pub(crate) const REGION: &str = "us-east-1";

/// 2026-01-02T03:04:05Z.
pub(crate) fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045)
}

/// The contract's defaults, and a chance that is always the same.
pub(crate) fn terms() -> Terms {
    Terms {
        timeouts: Timeouts::default(),
        retries: Retries::default(),
        budget: Budget::FULL,
        seed: 0,
    }
}

/// A request as AWS's own SDK made it.
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) queue_url: String,
    pub(crate) credentials: Credentials,
    /// One message, or those of a batch.
    pub(crate) messages: Messages,
    pub(crate) form: String,
    pub(crate) signed_headers: String,
    pub(crate) signature: String,
}

/// What a request carries.
pub(crate) enum Messages {
    One(Message),
    Batch(Vec<Message>),
}

impl Golden {
    /// The same request, about to be sent.
    pub(crate) fn exchange(&self) -> Exchange {
        let call = Call {
            queue: Queue {
                url: self.queue_url.clone(),
                region: Some(REGION.into()),
                endpoint: Some(self.url.clone()),
            },
            credentials: self.credentials.clone(),
            terms: terms(),
        };
        let exchange = match &self.messages {
            Messages::One(message) => Exchange::one(call, message.clone()),
            Messages::Batch(messages) => Exchange::many(call, messages.clone()),
        };
        exchange.unwrap_or_else(|violations| panic!("{}: {violations:?}", self.name))
    }
}

pub(crate) fn requests() -> Vec<Golden> {
    let vectors: Json = serde_json::from_str(include_str!("vectors/requests.json")).unwrap();
    let golden = |case: &Json| Golden {
        name: text(case, "name").unwrap(),
        url: text(case, "url").unwrap(),
        queue_url: text(case, "queue_url").unwrap(),
        credentials: Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session_token: text(case, "session_token"),
        },
        messages: match case["message"].as_array() {
            Some(messages) => Messages::Batch(messages.iter().map(message).collect()),
            None => Messages::One(message(&case["message"])),
        },
        form: text(case, "body").unwrap(),
        signed_headers: text(case, "signed_headers").unwrap(),
        signature: text(case, "signature").unwrap(),
    };
    vectors["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(golden)
        .collect()
}

/// Lists of attributes, each with the MD5 that SQS answered for it.
pub(crate) fn attribute_digests() -> Vec<(Vec<Attribute>, String)> {
    let vectors: Json = serde_json::from_str(include_str!("vectors/md5.json")).unwrap();
    let cases = vectors["md5_of_message_attributes"].as_array().unwrap();
    cases
        .iter()
        .map(|case| (attributes(&case["attributes"]), text(case, "md5").unwrap()))
        .collect()
}

fn text(json: &Json, key: &str) -> Option<String> {
    json[key].as_str().map(Into::into)
}

fn message(json: &Json) -> Message {
    Message {
        body: text(json, "MessageBody").unwrap(),
        attributes: attributes(&json["MessageAttributes"]),
        message_group_id: text(json, "MessageGroupId"),
        message_deduplication_id: text(json, "MessageDeduplicationId"),
        delay_seconds: json["DelaySeconds"]
            .as_u64()
            .map(|seconds| seconds.try_into().unwrap()),
        aws_trace_header: text(
            &json["MessageSystemAttributes"]["AWSTraceHeader"],
            "StringValue",
        ),
    }
}

fn attributes(json: &Json) -> Vec<Attribute> {
    let Some(attributes) = json.as_object() else {
        return Vec::new();
    };
    let attribute = |(name, json): (&String, &Json)| {
        let data_type = text(json, "DataType").unwrap();
        let (base, label) = match data_type.split_once('.') {
            Some((base, label)) => (base, Some(label.to_owned())),
            None => (data_type.as_str(), None),
        };
        Attribute {
            name: name.clone(),
            value: match base {
                "String" => Value::String(text(json, "StringValue").unwrap()),
                "Number" => Value::Number(text(json, "StringValue").unwrap()),
                _ => Value::Binary(binary(json)),
            },
            label,
        }
    };
    attributes.iter().map(attribute).collect()
}

fn binary(json: &Json) -> Vec<u8> {
    if let Some(base64) = text(json, "BinaryValue") {
        return STANDARD.decode(base64).unwrap();
    }
    let hex = text(json, "BinaryValueHex").unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}
