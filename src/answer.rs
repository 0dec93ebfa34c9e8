//! What SQS answered: XML → receipt or error.
//!
//! Servers differ in the order of elements, in nesting and in namespaces, load balancers answer in
//! HTML or not at all, and SQS itself echoes control characters that no XML may have. So the answer
//! is scanned for the elements that matter, wherever they stand; what cannot be read falls back to
//! the HTTP status. Nothing but an answer that names SQS's own response element and a message id
//! counts as a receipt.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

use crate::credentials::Credentials;
use crate::error::{AwsError, SendError, UnknownCause};
use crate::wire::Response;

/// The deepest nesting that is followed. SQS's own answers have four levels.
const MAX_DEPTH: usize = 32;
/// The most of any text of a server that is passed on, in bytes.
const MAX_TEXT: usize = 1024;

/// SQS has stored the message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The id that SQS gave to the message.
    pub message_id: String,
    /// The position within the message group, on a FIFO queue.
    pub sequence_number: Option<String>,
    /// The MD5 of the body that SQS stored, in hexadecimal.
    pub md5_of_message_body: Option<String>,
    /// The MD5 of the message attributes that SQS stored.
    pub md5_of_message_attributes: Option<String>,
    /// The MD5 of the message system attributes that SQS stored.
    pub md5_of_message_system_attributes: Option<String>,
    /// The id that AWS gave to the request.
    pub request_id: Option<String>,
    /// How many requests it took.
    pub attempts: u32,
}

/// What SQS said of the messages of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One message was stored: the answer to a `SendMessage`.
    Stored(Receipt),
    /// Some or all were, and some not: the answer to a `SendMessageBatch`, by the ids of its entries. Not every one
    /// need be there.
    Entries(Vec<(String, Result<Receipt, SendError>)>),
}

/// Reads the answer to a `SendMessage` or a `SendMessageBatch`.
///
/// SQS explains a wrong signature with the request it would have expected, session token and all:
/// what `credentials` keep secret is cut out of every text that is passed on.
///
/// # Errors
/// What SQS refused as a whole, or that the answer is not one of SQS's.
pub fn read(response: &Response, credentials: &Credentials) -> Result<Answer, SendError> {
    let text = String::from_utf8_lossy(&response.body);
    let Answered {
        root,
        mut elements,
        entries,
    } = Answered::scan(&text, credentials);
    let status = response.status;
    let request_id = elements
        .request_id
        .take()
        .or_else(|| request_id(response, credentials));

    if elements.code.is_none() && response.is_success() {
        let answer = match root {
            Some(Root::SendMessage) => elements.receipt(request_id.as_ref()).map(Answer::Stored),
            Some(Root::SendMessageBatch) => Some(Answer::Entries(
                entries
                    .into_iter()
                    .filter_map(|entry| entry.result(status, request_id.as_ref()))
                    .collect(),
            )),
            None => None,
        };
        return answer.ok_or_else(|| SendError::OutcomeUnknown {
            cause: UnknownCause::UnreadableAnswer,
            detail: format!(
                "http {} without an sqs message id: {}",
                status,
                describe(response, credentials)
            ),
            request_id,
        });
    }

    let error = AwsError {
        status,
        message: match elements.message {
            Some(message) => message,
            None => format!(
                "no explanation in the answer: {}",
                describe(response, credentials)
            ),
        },
        code: elements.code,
        request_id,
    };
    Err(classify(error))
}

/// The id that AWS gave to a request, where the answer's head has one.
#[must_use]
pub fn request_id(response: &Response, credentials: &Credentials) -> Option<String> {
    header(response, "x-amzn-requestid", credentials)
}

/// The kind and size of an answer that says nothing else.
fn describe(response: &Response, credentials: &Credentials) -> String {
    let content_type = header(response, "content-type", credentials);
    format!(
        "{}, {} bytes",
        content_type.as_deref().unwrap_or("no content type"),
        response.body.len()
    )
}

/// A header of an answer, fit to be passed on.
fn header(response: &Response, name: &str, credentials: &Credentials) -> Option<String> {
    Some(clean(response.header(name)?, credentials))
}

/// A text of the server or of the host, fit to be passed on: without secrets, cut to `MAX_TEXT` bytes at a character.
pub(crate) fn clean(text: &str, credentials: &Credentials) -> String {
    let mut text = credentials.redact(text);
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

/// Codes of credentials, signatures and permissions.
const DENIED: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSignatureException",
    "KMS.AccessDeniedException",
    "KMS.OptInRequired",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "NotAuthorized",
    "OptInRequired",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Codes of too many requests: those of AWS's SDKs, and that of KMS.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "KMS.ThrottlingException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Codes of a server that could not.
const UNAVAILABLE: &[&str] = &[
    "InternalError",
    "InternalFailure",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
];

/// Whether a code is one of a server that could not.
#[must_use]
pub fn is_code_of_trouble(code: &str) -> bool {
    UNAVAILABLE.contains(&code)
}

/// Sorts an error by what the caller should do next. The code decides: SQS answers throttling with
/// the status of a denial (403). The status decides where there is no known code.
fn classify(error: AwsError) -> SendError {
    let is_one_of = |codes: &[&str]| {
        error
            .code
            .as_deref()
            .is_some_and(|code| codes.contains(&code))
    };
    if is_one_of(THROTTLED) {
        SendError::Throttled(error)
    } else if is_one_of(DENIED) {
        SendError::Denied(error)
    } else if is_one_of(UNAVAILABLE) {
        SendError::Unavailable(error)
    } else {
        match (error.status, &error.code) {
            (429, _) => SendError::Throttled(error),
            (408 | 500.., _) => SendError::Unavailable(error),
            (401 | 403 | 407, None) => SendError::Denied(error),
            _ => SendError::Rejected(error),
        }
    }
}

/// The answers of SQS to what is sent here, by their root elements.
enum Root {
    SendMessage,
    SendMessageBatch,
}

/// What an answer says, of the whole and of each entry of a batch.
#[derive(Default)]
struct Answered {
    root: Option<Root>,
    elements: Elements,
    entries: Vec<Elements>,
}

/// The elements that matter, each as first found.
#[derive(Default)]
struct Elements {
    id: Option<String>,
    message_id: Option<String>,
    sequence_number: Option<String>,
    md5_of_message_body: Option<String>,
    md5_of_message_attributes: Option<String>,
    md5_of_message_system_attributes: Option<String>,
    request_id: Option<String>,
    code: Option<String>,
    message: Option<String>,
    sender_fault: Option<String>,
}

impl Elements {
    fn receipt(self, request_id: Option<&String>) -> Option<Receipt> {
        Some(Receipt {
            message_id: self.message_id?,
            sequence_number: self.sequence_number,
            md5_of_message_body: self.md5_of_message_body,
            md5_of_message_attributes: self.md5_of_message_attributes,
            md5_of_message_system_attributes: self.md5_of_message_system_attributes,
            request_id: request_id.cloned(),
            attempts: 0,
        })
    }

    /// What became of an entry of a batch, with its id.
    fn result(
        mut self,
        status: u16,
        request_id: Option<&String>,
    ) -> Option<(String, Result<Receipt, SendError>)> {
        let id = self.id.take()?;
        if self.code.is_none() {
            return Some((id, Ok(self.receipt(request_id)?)));
        }
        let is_fault_of_server = self.sender_fault.as_deref() == Some("false");
        let error = classify(AwsError {
            status,
            code: self.code,
            message: self
                .message
                .unwrap_or_else(|| "no explanation in the answer".to_owned()),
            request_id: request_id.cloned(),
        });
        let error = match error {
            SendError::Rejected(error) if is_fault_of_server => SendError::Unavailable(error),
            error => error,
        };
        Some((id, Err(error)))
    }
}

impl Answered {
    /// Reads as far as the text can be read.
    fn scan(text: &str, credentials: &Credentials) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;

        let mut answered = Self::default();
        let mut path: Vec<String> = Vec::new();
        let mut content = String::new();
        // The entry of a batch that is being read: it counts once it is whole.
        let mut entry: Option<Elements> = None;
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(_) if path.len() == MAX_DEPTH => break,
                Event::Start(start) => {
                    let name = start.local_name().as_ref().to_owned();
                    if is_entry(&name) {
                        entry = Some(Elements::default());
                    }
                    path.push(name);
                    content.clear();
                }
                Event::Text(text) => content.push_str(&text),
                Event::CData(data) => content.push_str(&data),
                Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                    Ok(Some(character)) => content.push(character),
                    _ => content.push_str(resolve_predefined_entity(&reference).unwrap_or("?")),
                },
                Event::End(_) => {
                    let Some(name) = path.pop() else { continue };
                    match name.as_str() {
                        "SendMessageResponse" if path.is_empty() => {
                            answered.root = Some(Root::SendMessage);
                        }
                        "SendMessageBatchResponse" if path.is_empty() => {
                            answered.root = Some(Root::SendMessageBatch);
                        }
                        name if is_entry(name) => answered.entries.extend(entry.take()),
                        name => entry.as_mut().unwrap_or(&mut answered.elements).note(
                            name,
                            &path,
                            content.trim(),
                            credentials,
                        ),
                    }
                    content.clear();
                }
                // SQS declares no document type, and what one could define is not followed.
                Event::Eof | Event::DocType(_) => break,
                _ => {}
            }
        }
        // A batch that broke off still tells of the entries before that.
        if path
            .first()
            .is_some_and(|root| root == "SendMessageBatchResponse")
        {
            answered.root = Some(Root::SendMessageBatch);
        }
        answered
    }
}

fn is_entry(name: &str) -> bool {
    matches!(
        name,
        "SendMessageBatchResultEntry" | "BatchResultErrorEntry"
    )
}

impl Elements {
    /// Takes an element that has ended, given the names from the root down to its parent.
    fn note(&mut self, name: &str, parents: &[String], content: &str, credentials: &Credentials) {
        let within = |parent: &str| parents.iter().any(|name| name == parent);
        let is_error = within("Error") || within("BatchResultErrorEntry");
        let place = match name {
            "RequestId" | "RequestID" => &mut self.request_id,
            "Id" => &mut self.id,
            "Code" if is_error => &mut self.code,
            "Message" if is_error => &mut self.message,
            "SenderFault" => &mut self.sender_fault,
            "MessageId" => &mut self.message_id,
            "SequenceNumber" => &mut self.sequence_number,
            "MD5OfMessageBody" => &mut self.md5_of_message_body,
            "MD5OfMessageAttributes" => &mut self.md5_of_message_attributes,
            "MD5OfMessageSystemAttributes" => &mut self.md5_of_message_system_attributes,
            _ => return,
        };
        if place.is_none() && !content.is_empty() {
            *place = Some(clean(content, credentials));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::SKEW_CODES;
    use crate::retry::Reason;

    fn credentials() -> Credentials {
        Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "marker-secret".into(),
            session_token: Some("marker-token".into()),
        }
    }

    fn answer(status: u16, body: impl Into<Vec<u8>>) -> Result<Receipt, SendError> {
        let response = Response {
            status,
            headers: vec![
                ("x-amzn-requestid", "from-header".into()),
                ("content-type", "text/xml".into()),
            ],
            body: body.into(),
        };
        match read(&response, &credentials())? {
            Answer::Stored(receipt) => Ok(receipt),
            Answer::Entries(_) => panic!("the answer to a batch"),
        }
    }

    /// An error answer of SQS.
    fn error(code: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">\
             <Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message><Detail/></Error>\
             <RequestId>r-1</RequestId></ErrorResponse>"
        )
    }

    /// The case, the status and the code of an error.
    fn case(result: Result<Receipt, SendError>) -> (&'static str, u16, Option<String>) {
        match result.unwrap_err() {
            SendError::Denied(error) => ("denied", error.status, error.code),
            SendError::Rejected(error) => ("rejected", error.status, error.code),
            SendError::Throttled(error) => ("throttled", error.status, error.code),
            SendError::Unavailable(error) => ("unavailable", error.status, error.code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_receipt_is_read_whatever_the_order_of_its_elements() {
        let aws = "<?xml version=\"1.0\"?>\
            <SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">\
            <SendMessageResult><MessageId>m-1</MessageId><MD5OfMessageBody>b</MD5OfMessageBody>\
            <MD5OfMessageAttributes>a</MD5OfMessageAttributes>\
            <MD5OfMessageSystemAttributes>s</MD5OfMessageSystemAttributes>\
            <SequenceNumber>18849496460467696128</SequenceNumber></SendMessageResult>\
            <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></SendMessageResponse>";
        let other = "<q:SendMessageResponse xmlns:q='x'>\n <ResponseMetadata>\n  <RequestId> r-1 </RequestId>\
            </ResponseMetadata>\n <SendMessageResult>\
            <SequenceNumber>18849496460467696128</SequenceNumber>\
            <MD5OfMessageSystemAttributes>s</MD5OfMessageSystemAttributes>\
            <MD5OfMessageAttributes><![CDATA[a]]></MD5OfMessageAttributes>\
            <MD5OfMessageBody>&#x62;</MD5OfMessageBody><q:MessageId>m-1</q:MessageId>\
            </SendMessageResult></q:SendMessageResponse>";
        let receipt = Receipt {
            message_id: "m-1".into(),
            sequence_number: Some("18849496460467696128".into()),
            md5_of_message_body: Some("b".into()),
            md5_of_message_attributes: Some("a".into()),
            md5_of_message_system_attributes: Some("s".into()),
            request_id: Some("r-1".into()),
            attempts: 0,
        };
        assert_eq!(answer(200, aws), Ok(receipt.clone()));
        assert_eq!(answer(200, other), Ok(receipt));
    }

    #[test]
    fn absent_elements_are_absent_and_the_request_id_may_stand_in_a_header() {
        let xml = "<SendMessageResponse><SendMessageResult><MessageId>m-1</MessageId>\
                   <SequenceNumber/></SendMessageResult></SendMessageResponse>";
        assert_eq!(
            answer(200, xml),
            Ok(Receipt {
                message_id: "m-1".into(),
                request_id: Some("from-header".into()),
                ..Receipt::default()
            })
        );
    }

    #[test]
    fn a_success_that_is_not_of_sqs_is_no_receipt() {
        for body in [
            "",
            "ok",
            "<html><body>Welcome<br></body></html>",
            "{\"MessageId\": \"m-1\"}",
            "<Other><MessageId>m-1</MessageId></Other>",
            "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>",
            "<SendMessageResponse><SendMessageResult/></SendMessageResponse>",
            "<SendMessageResponse><SendMessageResult><MessageId> </MessageId>",
            "<SendMessageResponse><SendMessageResult><MessageId>m-1</Message",
        ] {
            match answer(200, body) {
                Err(SendError::OutcomeUnknown { cause, detail, .. }) => {
                    assert_eq!(cause, UnknownCause::UnreadableAnswer);
                    assert_eq!(
                        detail,
                        format!(
                            "http 200 without an sqs message id: text/xml, {} bytes",
                            body.len()
                        )
                    );
                }
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_error_is_read_with_its_code_message_and_request_id() {
        assert_eq!(
            answer(400, error("AWS.SimpleQueueService.NonExistentQueue")),
            Err(SendError::Rejected(AwsError {
                status: 400,
                code: Some("AWS.SimpleQueueService.NonExistentQueue".into()),
                message: "no".into(),
                request_id: Some("r-1".into()),
            }))
        );
    }

    #[test]
    fn an_error_is_found_in_other_servers_nesting() {
        let xml = "<ErrorResponse><Errors><Error><Code>InvalidClientTokenId</Code>\
                   <Message>a &lt;b&gt; &amp; c &unknown; &</Message></Error></Errors></ErrorResponse>";
        match answer(403, xml) {
            Err(SendError::Denied(error)) => assert_eq!(error.message, "a <b> & c ? &"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn raw_control_characters_and_broken_utf8_do_not_hide_an_error() {
        let mut xml = error("InvalidParameterValue").into_bytes();
        let at = xml.windows(2).position(|pair| pair == b"no").unwrap();
        xml.splice(at..at, *b"\x01\x08\xff");
        match answer(400, xml) {
            Err(SendError::Rejected(error)) => {
                assert_eq!(error.code.as_deref(), Some("InvalidParameterValue"));
                assert_eq!(error.message, "\u{1}\u{8}\u{fffd}no");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_that_breaks_off_is_read_as_far_as_it_goes() {
        let whole = error("AccessDenied");
        let cut = &whole[..whole.find("<Detail/>").unwrap()];
        assert_eq!(case(answer(403, cut)).0, "denied");
    }

    #[test]
    fn every_code_of_the_documented_table_becomes_what_it_says() {
        let table = include_str!("../wit/error-codes.md");
        let mut documented = Vec::new();
        for row in table.lines().filter_map(|line| line.strip_prefix("| ")) {
            let cells: Vec<_> = row
                .split(" | ")
                .map(|cell| cell.trim_matches(['`', ' ', '|']))
                .collect();
            let [code, status, expected, again] = cells[..] else {
                panic!("{row}")
            };
            let Ok(status) = status.parse() else {
                continue;
            };
            let bodies = match code {
                "none" => vec!["<html><h1>no<hr></body></html>".to_owned(), String::new()],
                "any other" => vec![error("SomethingNew")],
                code => vec![error(code)],
            };
            for body in bodies {
                let result = answer(status, body);
                let reason = Reason::of(result.as_ref().unwrap_err(), true);
                assert_eq!(reason.is_some(), again == "yes", "{row}");
                assert_eq!(
                    SKEW_CODES.contains(&code),
                    again == "where the clock was off",
                    "{row}"
                );
                let (case, _, told) = case(result);
                assert_eq!(case, expected, "{row}");
                assert_eq!(told.is_some(), code != "none", "{row}");
            }
            documented.push(code);
        }
        for code in [DENIED, THROTTLED, UNAVAILABLE, SKEW_CODES].concat() {
            assert!(documented.contains(&code), "{code}");
        }
    }

    #[test]
    fn an_error_answered_with_a_success_status_is_an_error() {
        assert_eq!(case(answer(200, error("AccessDenied"))).0, "denied");
    }

    #[test]
    fn an_explanation_is_shortened_and_never_shows_a_secret() {
        let xml = error("SignatureDoesNotMatch").replace(
            "no",
            &format!(
                "x-amz-security-token:marker-token marker-secret {}",
                "é".repeat(1000)
            ),
        );
        match answer(403, xml) {
            Err(SendError::Denied(error)) => {
                assert!(error.message.starts_with("x-amz-security-token:*** *** é"));
                assert!(error.message.len() <= MAX_TEXT);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_text_of_the_server_shows_a_secret_or_is_longer_than_its_limit() {
        let secret = format!("marker-token{}", "x".repeat(5000));
        let texts = format!(
            "<Error><Code>{secret}</Code><Message>{secret}</Message></Error><RequestId>{secret}</RequestId>"
        );
        let receipt = format!(
            "<SendMessageResponse><MessageId>{secret}</MessageId><SequenceNumber>{secret}</SequenceNumber>\
             <MD5OfMessageBody>{secret}</MD5OfMessageBody><RequestId>{secret}</RequestId></SendMessageResponse>"
        );
        for body in [texts.as_str(), &receipt, ""] {
            let response = Response {
                status: 200,
                headers: vec![
                    ("content-type", secret.clone()),
                    ("x-amzn-requestid", secret.clone()),
                ],
                body: body.into(),
            };
            let result = format!("{:?}", read(&response, &credentials()));
            assert!(
                result.contains("***") && !result.contains("marker"),
                "{result}"
            );
            assert!(result.len() < 5 * MAX_TEXT, "{result}");
        }
    }

    #[test]
    fn deep_nesting_is_not_followed() {
        let xml = format!("{}{}", "<a>".repeat(100_000), error("AccessDenied"));
        assert_eq!(case(answer(400, xml)), ("rejected", 400, None));
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_reading_panic(status in 100u16..600, body in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = answer(status, body);
        }

        #[test]
        fn no_almost_xml_makes_reading_panic(status in 100u16..600, body in "(<(/?[a-zA-Z]{1,3}|!\\[CDATA\\[|!--|\\?)?[>a &;#x]{0,6}){0,20}") {
            let _ = answer(status, body);
        }
    }
}
