//! Messages arrive as they were sent.

use connector_host::{AttributeValue, Message, MessageAttribute};
use serde_json::json;

use crate::support::{connector, lab, queue, send};

fn attribute(name: &str, value: AttributeValue, label: Option<&str>) -> MessageAttribute {
    MessageAttribute {
        name: name.into(),
        value,
        label: label.map(Into::into),
    }
}

#[tokio::test]
async fn a_body_and_attributes_of_every_type_arrive_as_sent() {
    let (url, key) = lab::queue_and_key("");
    let body = "{\"größe\": \"5 & 6\", \"x\": [1, 2.50]}\n\t~*+%20 €\u{10FFFF}";
    let message = Message {
        attributes: vec![
            attribute("text", AttributeValue::String("a b+c=ü&".into()), None),
            attribute(
                "named.text",
                AttributeValue::String("x".into()),
                Some("label"),
            ),
            attribute("count", AttributeValue::Number("-12.50".into()), None),
            attribute("whole", AttributeValue::Number("7".into()), Some("int")),
            attribute("bytes", AttributeValue::Binary(vec![0, 1, 254, 255]), None),
            attribute(
                "picture",
                AttributeValue::Binary(b"\x89PNG".to_vec()),
                Some("png"),
            ),
        ],
        // This server takes it and does not keep it; that it is sent right is compared with AWS's SDK.
        aws_trace_header: Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".into()),
        ..Message::new(body)
    };
    let connector = connector(&[&url]);
    let receipt = send(&connector, &queue(&url), &key.credentials(), &message)
        .await
        .unwrap();

    let received = lab::receive(&url);
    assert_eq!(received.len(), 1);
    let received = &received[0];
    assert_eq!(received["MessageId"], receipt.message_id);
    assert_eq!(received["Body"], body);
    assert_eq!(
        received["MessageAttributes"],
        json!({
            "text": {"DataType": "String", "StringValue": "a b+c=ü&"},
            "named.text": {"DataType": "String.label", "StringValue": "x"},
            "count": {"DataType": "Number", "StringValue": "-12.50"},
            "whole": {"DataType": "Number.int", "StringValue": "7"},
            "bytes": {"DataType": "Binary", "BinaryValue": "AAH+/w=="},
            "picture": {"DataType": "Binary.png", "BinaryValue": "iVBORw=="},
        })
    );
    assert_eq!(
        receipt.md5_of_message_body.as_deref(),
        received["MD5OfBody"].as_str()
    );
    assert_eq!(
        receipt.md5_of_message_attributes.as_deref(),
        received["MD5OfMessageAttributes"].as_str()
    );
    assert!(receipt.request_id.is_some());
    assert_eq!(receipt.sequence_number, None);
}

#[tokio::test]
async fn a_fifo_queue_keeps_order_and_drops_a_repeated_deduplication_id() {
    let (url, key) = lab::queue_and_key(".fifo");
    let connector = connector(&[&url]);
    let mut receipts = Vec::new();
    for (body, deduplication_id) in [("first", "a"), ("second", "b"), ("first again", "a")] {
        let message = Message {
            message_group_id: Some("group".into()),
            message_deduplication_id: Some(deduplication_id.into()),
            ..Message::new(body)
        };
        let sent = send(&connector, &queue(&url), &key.credentials(), &message).await;
        receipts.push(sent);
    }
    let received = lab::receive(&url);
    let bodies: Vec<_> = received.iter().map(|message| &message["Body"]).collect();
    assert_eq!(bodies, ["first", "second"]);
    let first = receipts[0].as_ref().unwrap();
    assert_eq!(received[0]["MessageId"], first.message_id);
    assert_eq!(
        received[0]["Attributes"]["SequenceNumber"],
        first.sequence_number.clone().unwrap()
    );
    assert_eq!(received[0]["Attributes"]["MessageGroupId"], "group");
    assert_eq!(received[0]["Attributes"]["MessageDeduplicationId"], "a");
    assert!(receipts[1].is_ok());
}

#[tokio::test]
async fn bodies_of_one_mebibyte_arrive_whole() {
    let (url, key) = lab::queue_and_key("");
    let connector = connector(&[&url]);
    for body in ["a".repeat(1 << 20), "é€".repeat((1 << 20) / 5) + "a"] {
        assert_eq!(body.len(), 1 << 20);
        let message = Message::new(&body);
        send(&connector, &queue(&url), &key.credentials(), &message)
            .await
            .unwrap();
        let received = lab::receive(&url);
        assert_eq!(received.len(), 1);
        assert!(received[0]["Body"] == body, "the body differs");
    }
}

#[tokio::test]
async fn a_delayed_message_is_hidden_at_first() {
    let (url, key) = lab::queue_and_key("");
    let message = Message {
        delay_seconds: Some(900),
        ..Message::new("later")
    };
    let connector = connector(&[&url]);
    send(&connector, &queue(&url), &key.credentials(), &message)
        .await
        .unwrap();
    assert!(lab::receive(&url).is_empty());
}

#[tokio::test]
async fn temporary_credentials_work_with_their_session_token() {
    let (url, key) = lab::queue_and_temporary_key();
    let connector = connector(&[&url]);
    send(
        &connector,
        &queue(&url),
        &key.credentials(),
        &Message::new("x"),
    )
    .await
    .unwrap();
    assert_eq!(lab::receive(&url).len(), 1);
}
