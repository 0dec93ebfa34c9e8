//! Two servers, which verify signatures with code of their own, take the same requests for the same messages.

use connector_host::{AttributeValue, CallError, Message, MessageAttribute, SendError};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::lab::Judge;
use crate::support::{connector, queue, send, send_batch, send_error};

const JUDGES: [Judge; 2] = [Judge::MiniStack, Judge::Moto];

/// Text of SQS's characters, those among them that need encoding more often than others. It does not begin or end
/// with white space, which a client that is not under test may lose.
fn text() -> impl Strategy<Value = String> {
    "[!-~]([ +%&=?/*~\t\n\r<>'\"a-zé漢😀\u{7f}\u{85}\u{a0}\u{e000}\u{fffd}]|[\u{10000}-\u{10ffff}]){0,20}[!-~]"
}

fn attribute() -> impl Strategy<Value = MessageAttribute> {
    let value = prop_oneof![
        text().prop_map(AttributeValue::String),
        "[+-]?[1-9][0-9]{0,9}(\\.[0-9]{1,9})?([eE][+-]?[0-9])?".prop_map(AttributeValue::Number),
        vec(any::<u8>(), 1..40).prop_map(AttributeValue::Binary),
    ];
    ("[A-Za-z0-9_-]{3,20}", value, option::of("[a-z0-9]{1,9}"))
        .prop_map(|(name, value, label)| MessageAttribute { name, value, label })
}

fn message() -> impl Strategy<Value = Message> {
    (text(), vec(attribute(), 0..4)).prop_map(|(body, mut attributes)| {
        attributes.sort_by(|left, right| left.name.cmp(&right.name));
        attributes.dedup_by(|left, right| left.name == right.name);
        Message {
            attributes,
            ..Message::new(body)
        }
    })
}

/// The attributes as a client shows them.
fn shown(attributes: &[MessageAttribute]) -> Value {
    let show = |attribute: &MessageAttribute| {
        let (data_type, key, value) = match &attribute.value {
            AttributeValue::String(text) => ("String", "StringValue", text.clone()),
            AttributeValue::Number(text) => ("Number", "StringValue", text.clone()),
            AttributeValue::Binary(bytes) => {
                use base64::Engine;
                let text = base64::engine::general_purpose::STANDARD.encode(bytes);
                ("Binary", "BinaryValue", text)
            }
        };
        let label = attribute.label.iter().map(|label| format!(".{label}"));
        let data_type = label.fold(data_type.to_owned(), |base, label| base + &label);
        (
            attribute.name.clone(),
            json!({ "DataType": data_type, key: value }),
        )
    };
    Value::Object(attributes.iter().map(show).collect())
}

fn by_body(mut messages: Vec<Value>) -> Vec<Value> {
    messages.sort_by_key(|message| message["Body"].as_str().map(ToOwned::to_owned));
    messages
}

#[tokio::test]
async fn whatever_validation_accepts_arrives_as_it_was_sent() {
    // The same messages each time.
    let mut runner = TestRunner::deterministic();
    let mut messages: Vec<Message> = (0..60)
        .map(|_| message().new_tree(&mut runner).unwrap().current())
        .collect();
    for (index, message) in messages.iter_mut().enumerate() {
        message.body.insert_str(0, &format!("{index:03}: "));
    }
    for judge in JUDGES {
        let (url, key) = judge.queue_and_key("");
        let connector = connector(&[&url]);
        let (alone, together) = messages.split_at(20);
        for message in alone {
            send(&connector, &queue(&url), &key.credentials(), message)
                .await
                .unwrap_or_else(|error| panic!("{judge:?}: {error}: {message:?}"));
        }
        let results = send_batch(&connector, &queue(&url), &key.credentials(), together)
            .await
            .unwrap();
        for result in results {
            assert!(result.is_ok(), "{judge:?}: {result:?}");
        }
        let received = by_body(judge.receive(&url));
        assert_eq!(received.len(), messages.len(), "{judge:?}");
        for (received, sent) in received.iter().zip(&messages) {
            assert_eq!(received["Body"], sent.body, "{judge:?}");
            let attributes = received
                .get("MessageAttributes")
                .cloned()
                .unwrap_or(json!({}));
            assert_eq!(attributes, shown(&sent.attributes), "{judge:?}");
        }
    }
}

#[tokio::test]
async fn a_second_judge_verifies_signatures_of_every_kind() {
    let judge = Judge::Moto;
    let (url, key) = judge.queue_and_key("");
    let connector = connector(&[&url]);
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    let traced = Message {
        aws_trace_header: Some(header.into()),
        ..Message::new("traced")
    };
    send(&connector, &queue(&url), &key.credentials(), &traced)
        .await
        .unwrap();
    let received = judge.receive(&url);
    assert_eq!(received[0]["Attributes"]["AWSTraceHeader"], header);

    let mut wrong = key.clone();
    wrong.secret.push('x');
    let error = send_error(send(&connector, &queue(&url), &wrong.credentials(), &traced).await);
    match error {
        SendError::Denied(error) => {
            assert_eq!(error.code.as_deref(), Some("SignatureDoesNotMatch"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(judge.receive(&url), Vec::<Value>::new());
}

#[tokio::test]
async fn a_second_judge_verifies_session_tokens() {
    let (url, key) = Judge::Moto.queue_and_temporary_key();
    let connector = connector(&[&url]);
    let message = Message::new("x");
    send(&connector, &queue(&url), &key.credentials(), &message)
        .await
        .unwrap();
    let mut without = key.clone();
    without.token = None;
    let error = send_error(send(&connector, &queue(&url), &without.credentials(), &message).await);
    assert!(matches!(error, SendError::Denied(_)), "{error:?}");
    assert_eq!(Judge::Moto.receive(&url).len(), 1);
}

#[tokio::test]
async fn a_batch_to_a_fifo_queue_keeps_its_order() {
    for judge in JUDGES {
        let (url, key) = judge.queue_and_key(".fifo");
        let connector = connector(&[&url]);
        let message = |index: usize| Message {
            message_group_id: Some("g".into()),
            message_deduplication_id: Some(index.to_string()),
            ..Message::new(format!("{index:02}"))
        };
        let messages: Vec<_> = (0..25).map(message).collect();
        let results = send_batch(&connector, &queue(&url), &key.credentials(), &messages)
            .await
            .unwrap();
        assert!(results.iter().all(Result::is_ok), "{judge:?}: {results:?}");
        let bodies: Vec<_> = judge
            .receive(&url)
            .iter()
            .map(|message| message["Body"].clone())
            .collect();
        let sent: Vec<_> = messages.iter().map(|message| json!(message.body)).collect();
        assert_eq!(bodies, sent, "{judge:?}");
    }
}

#[tokio::test]
async fn a_batch_with_wrong_credentials_sends_nothing() {
    let (url, mut key) = Judge::MiniStack.queue_and_key("");
    key.secret.push('x');
    let connector = connector(&[&url]);
    let messages = vec![Message::new("x"); 11];
    let results = send_batch(&connector, &queue(&url), &key.credentials(), &messages)
        .await
        .unwrap();
    assert_eq!(results.len(), 11);
    assert!(
        results
            .iter()
            .all(|result| matches!(result, Err(SendError::Denied(_))))
    );
    let none = send_batch(&connector, &queue("nowhere"), &key.credentials(), &messages).await;
    match none {
        Err(CallError::Send(SendError::InvalidInput(violations))) => {
            assert_eq!(violations[0].field, "queue.url");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(Judge::MiniStack.receive(&url), Vec::<Value>::new());
}
