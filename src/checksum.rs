//! The MD5 digests that SQS answers with, computed from what was sent.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation>

use md5::{Digest, Md5};

use crate::answer::Receipt;
use crate::error::{Corruption, MessagePart};
use crate::message::{Attribute, Message, Value};

/// The first part of a message that SQS stored otherwise than it was sent. A digest that the server left out says
/// nothing.
#[must_use]
pub fn corruption(sent: &Message, stored: &Receipt) -> Option<Corruption> {
    type Digests<'s> = (
        MessagePart,
        &'s Option<String>,
        fn(&Message) -> Option<String>,
    );
    let parts: [Digests; 3] = [
        (MessagePart::Body, &stored.md5_of_message_body, |sent| {
            Some(md5_of_body(&sent.body))
        }),
        (
            MessagePart::Attributes,
            &stored.md5_of_message_attributes,
            |sent| md5_of_attributes(&sent.attributes),
        ),
        (
            MessagePart::SystemAttributes,
            &stored.md5_of_message_system_attributes,
            md5_of_system_attributes,
        ),
    ];
    parts.into_iter().find_map(|(part, stored_md5, digest)| {
        let stored_md5 = stored_md5.as_ref()?;
        let sent_md5 = digest(sent)?;
        (!sent_md5.eq_ignore_ascii_case(stored_md5)).then(|| Corruption {
            message_id: stored.message_id.clone(),
            part,
            sent_md5,
            stored_md5: stored_md5.clone(),
            request_id: stored.request_id.clone(),
        })
    })
}

/// The MD5 of a body, in lower-case hexadecimal.
#[must_use]
pub fn md5_of_body(body: &str) -> String {
    hexadecimal(Md5::new_with_prefix(body))
}

/// The MD5 of message attributes, in lower-case hexadecimal, or nothing where there are none.
#[must_use]
pub fn md5_of_attributes(attributes: &[Attribute]) -> Option<String> {
    let mut fields: Vec<Field> = attributes
        .iter()
        .map(|attribute| Field {
            name: &attribute.name,
            data_type: attribute.data_type(),
            transport: match attribute.value {
                Value::String(_) | Value::Number(_) => 1,
                Value::Binary(_) => 2,
            },
            value: attribute.value.as_bytes(),
        })
        .collect();
    fields.sort_unstable_by_key(|field| field.name);
    md5_of_fields(&fields)
}

/// The MD5 of a message's system attributes, in lower-case hexadecimal, or nothing where there are
/// none.
#[must_use]
pub fn md5_of_system_attributes(message: &Message) -> Option<String> {
    let header = message.aws_trace_header.as_ref()?;
    md5_of_fields(&[Field {
        name: "AWSTraceHeader",
        data_type: "String".into(),
        transport: 1,
        value: header.as_bytes(),
    }])
}

/// What of an attribute is hashed.
struct Field<'a> {
    name: &'a str,
    data_type: String,
    /// 1 for a `StringValue`, 2 for a `BinaryValue`.
    transport: u8,
    value: &'a [u8],
}

fn md5_of_fields(fields: &[Field]) -> Option<String> {
    if fields.is_empty() {
        return None;
    }
    let mut md5 = Md5::new();
    let length_and_bytes = |md5: &mut Md5, bytes: &[u8]| {
        // Lengths are 32 bits wide. A message is at most 1 MiB.
        md5.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        md5.update(bytes);
    };
    for field in fields {
        length_and_bytes(&mut md5, field.name.as_bytes());
        length_and_bytes(&mut md5, field.data_type.as_bytes());
        md5.update([field.transport]);
        length_and_bytes(&mut md5, field.value);
    }
    Some(hexadecimal(md5))
}

fn hexadecimal(md5: Md5) -> String {
    format!("{:032x}", u128::from_be_bytes(md5.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors;

    #[test]
    fn digests_equal_those_that_sqs_answered() {
        for (mut attributes, md5) in vectors::attribute_digests() {
            assert_eq!(md5_of_attributes(&attributes).as_ref(), Some(&md5));
            attributes.reverse();
            assert_eq!(md5_of_attributes(&attributes), Some(md5));
        }
    }

    #[test]
    fn the_digest_of_a_body_is_that_of_its_utf8() {
        assert_eq!(md5_of_body("é"), "66ddcd97cfdeabb2f6fb8a999b4bc76f");
        assert_eq!(md5_of_body(""), "d41d8cd98f00b204e9800998ecf8427e");
    }

    #[test]
    fn nothing_has_no_digest() {
        assert_eq!(md5_of_attributes(&[]), None);
        assert_eq!(md5_of_system_attributes(&Message::default()), None);
    }

    #[test]
    fn a_trace_header_is_hashed_as_an_attribute_of_its_name() {
        let message = Message {
            aws_trace_header: Some("Root=1".into()),
            ..Message::default()
        };
        let attribute = Attribute {
            name: "AWSTraceHeader".into(),
            value: Value::String("Root=1".into()),
            label: None,
        };
        assert_eq!(
            md5_of_system_attributes(&message),
            md5_of_attributes(&[attribute])
        );
    }
}
