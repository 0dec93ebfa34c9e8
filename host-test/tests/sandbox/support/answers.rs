//! Answers of SQS, and of servers that are not SQS.

use std::io::Write;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use serde::Deserialize;

/// The body of an answer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Body {
    #[default]
    Empty,
    Text(String),
    /// Receipts for the messages of the request, and the errors of those refused.
    Receipt,
    /// A receipt with a wrong digest of the body.
    WrongBodyMd5,
    /// A receipt with a wrong digest of the attributes.
    WrongAttributesMd5,
    /// A receipt with a wrong digest of the system attributes.
    WrongSystemAttributesMd5,
    /// A receipt without its message id.
    WithoutMessageId,
    /// Receipts for all messages but the last.
    AllButTheLast,
    /// Receipts, compressed.
    Gzip,
    /// An error of SQS, with this code.
    Error(String),
    /// An error whose message is not UTF-8 and has characters that no XML has.
    ErrorInBrokenUtf8,
    /// 10 MiB of XML without an end.
    TenMebibytes,
    /// A receipt behind ten thousand levels of elements.
    DeepNesting,
    /// A document type whose entities multiply.
    EntityBomb,
}

/// A message of a request, as the server reads it.
pub(crate) struct Entry {
    /// Its id in a batch.
    id: Option<String>,
    pub(crate) body: String,
    pub(crate) deduplication_id: Option<String>,
    pub(crate) group_id: Option<String>,
    /// The code with which it is refused.
    pub(crate) refused: Option<String>,
}

/// The messages of a request. The first ones are refused with these codes, of which an empty one is none.
pub(crate) fn entries(request: &str, refused: &[String]) -> Vec<Entry> {
    let (_, form) = request.split_once("\r\n\r\n").unwrap_or_default();
    let pairs: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes())
        .into_owned()
        .collect();
    let value = |key: &str| {
        let found = pairs.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.clone())
    };
    let is_batch = value("Action").is_some_and(|action| action == "SendMessageBatch");
    let prefixes: Vec<String> = if is_batch {
        (1..=10)
            .map(|number| format!("SendMessageBatchRequestEntry.{number}."))
            .collect()
    } else {
        vec![String::new()]
    };
    let entry = |(index, prefix): (usize, &String)| {
        Some(Entry {
            body: value(&format!("{prefix}MessageBody"))?,
            id: value(&format!("{prefix}Id")),
            group_id: value(&format!("{prefix}MessageGroupId")),
            deduplication_id: value(&format!("{prefix}MessageDeduplicationId")),
            refused: refused.get(index).filter(|code| !code.is_empty()).cloned(),
        })
    };
    prefixes.iter().enumerate().filter_map(entry).collect()
}

impl Body {
    /// The bytes of the body, as the answer to a request with these messages.
    pub(crate) fn bytes(&self, entries: &[Entry]) -> Vec<u8> {
        let wrong = "0123456789abcdef0123456789abcdef";
        let more = |element: &str| receipt(entries, &|_| format!("<{element}>{wrong}</{element}>"));
        match self {
            Self::Empty => Vec::new(),
            Self::Text(text) => text.clone().into(),
            Self::Receipt => receipt(entries, &md5_of_body).into(),
            Self::WrongBodyMd5 => more("MD5OfMessageBody").into(),
            Self::WrongAttributesMd5 => more("MD5OfMessageAttributes").into(),
            Self::WrongSystemAttributesMd5 => more("MD5OfMessageSystemAttributes").into(),
            Self::WithoutMessageId => receipt(entries, &md5_of_body)
                .replace("MessageId>", "Id>")
                .into(),
            Self::AllButTheLast => {
                receipt(&entries[..entries.len().saturating_sub(1)], &md5_of_body).into()
            }
            Self::Gzip => {
                let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
                gzip.write_all(receipt(entries, &md5_of_body).as_bytes())
                    .unwrap();
                gzip.finish().unwrap()
            }
            Self::Error(code) => error(code).into(),
            Self::ErrorInBrokenUtf8 => [
                &b"<ErrorResponse><Error><Code>InvalidParameterValue</Code><Message>"[..],
                b"\x01\x08\xff\xc3",
                b"</Message></Error></ErrorResponse>",
            ]
            .concat(),
            Self::TenMebibytes => {
                let mut xml = b"<SendMessageResponse><SendMessageResult>".to_vec();
                xml.resize(10 << 20, b'a');
                xml
            }
            Self::DeepNesting => ["<a>".repeat(10_000), receipt(entries, &md5_of_body)]
                .concat()
                .into(),
            Self::EntityBomb => {
                let entity = |level: u32| {
                    let ten = format!("&e{};", level.saturating_sub(1)).repeat(10);
                    format!("<!ENTITY e{level} \"{ten}\">")
                };
                let entities: String = (1..10).map(entity).collect();
                format!(
                    "<!DOCTYPE r [<!ENTITY e0 \"boom\">{entities}]><SendMessageResponse><SendMessageResult>\
                     <MessageId>&e9;</MessageId></SendMessageResult></SendMessageResponse>"
                )
                .into()
            }
        }
    }
}

fn md5_of_body(entry: &Entry) -> String {
    let digest = u128::from_be_bytes(Md5::digest(&entry.body).into());
    format!("<MD5OfMessageBody>{digest:032x}</MD5OfMessageBody>")
}

fn error(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error>\
         <Type>Sender</Type><Code>{code}</Code><Message>no</Message><Detail/></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    )
}

/// The answer that messages are stored, or not, with digests.
fn receipt(entries: &[Entry], digests: &dyn Fn(&Entry) -> String) -> String {
    let message_id = |entry: &Entry| {
        format!(
            "<MessageId>m-{}</MessageId>{}",
            entry.body.len(),
            digests(entry)
        )
    };
    let metadata = "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>";
    match entries {
        [
            Entry {
                id: None,
                refused: Some(code),
                ..
            },
        ] => error(code),
        [entry] if entry.id.is_none() => format!(
            "<SendMessageResponse><SendMessageResult>{}</SendMessageResult>{metadata}</SendMessageResponse>",
            message_id(entry)
        ),
        entries => {
            let result = |entry: &Entry| {
                let id = entry.id.as_deref().unwrap_or_default();
                match &entry.refused {
                    None => format!(
                        "<SendMessageBatchResultEntry><Id>{id}</Id>{}</SendMessageBatchResultEntry>",
                        message_id(entry)
                    ),
                    Some(code) => format!(
                        "<BatchResultErrorEntry><Id>{id}</Id><Code>{code}</Code><Message>no</Message>\
                         <SenderFault>true</SenderFault></BatchResultErrorEntry>"
                    ),
                }
            };
            let results: String = entries.iter().map(result).collect();
            format!(
                "<SendMessageBatchResponse><SendMessageBatchResult>{results}</SendMessageBatchResult>{metadata}\
                 </SendMessageBatchResponse>"
            )
        }
    }
}

/// A header, with what a table cannot well write out: the time, `{now}` or some hours from then, `{now+2h}`; and a
/// great length, `{100 kB}`.
pub(crate) fn expanded(header: &str, now: SystemTime) -> String {
    let header = header.replace("{100 kB}", &"a".repeat(100_000));
    let Some((before, hours)) = header.split_once("{now") else {
        return header;
    };
    let hours = hours.trim_end_matches(['h', '}']);
    let shift = |hours: &str| Duration::from_hours(hours.parse().unwrap());
    let time = match hours.split_at_checked(1) {
        Some(("+", hours)) => now + shift(hours),
        Some(("-", hours)) => now - shift(hours),
        _ => now,
    };
    before.to_owned() + &httpdate::fmt_http_date(time)
}
