//! One send as a state machine that never touches a clock or a socket.
//!
//! ```text
//!  Exchange::new ──invalid──▶ error
//!       │
//!     start(now)
//!       ▼
//!  Step::Send(request) ──▶ the caller sends it, and tells what happened: sent(result)
//!       │
//!       ▼
//!  Step::Done(receipt or error)
//! ```
//!
//! The caller owns the clock and the transport: it asks for the next step, carries it out, and reports
//! back. So every path is a plain native test.
//!
//! In scope: validation, the order of steps, what an answer or a failure means. Out of scope: how
//! bytes travel, and how long to wait for them (the transport keeps the timeouts).

use std::time::SystemTime;

use http::{Request, Response, header};

use crate::answer::{self, Receipt};
use crate::checksum::{md5_of_attributes, md5_of_body, md5_of_system_attributes};
use crate::credentials::Credentials;
use crate::error::{Corruption, MessagePart, SendError, UnknownCause, UnreachableCause, Violation};
use crate::message::Message;
use crate::query;
use crate::queue::{Destination, Queue};
use crate::signing::sign_request;
use crate::timeouts::Timeouts;

/// How requests introduce themselves. It is not signed: hosts may change it.
const USER_AGENT: &str = concat!("sqs-connector/", env!("CARGO_PKG_VERSION"));

/// What to do next. There is no `Debug`: a request carries a body and a session token.
pub enum Step {
    /// Send this request, then report to [`Exchange::sent`].
    Send(Request<Vec<u8>>),
    /// It is over.
    Done(Result<Receipt, SendError>),
}

/// What came back for a request.
pub enum Reply {
    /// An answer.
    Whole(Response<Vec<u8>>),
    /// An answer that broke off, and why.
    Cut(Response<Vec<u8>>, Interruption),
    /// No answer, and why.
    None(Failure),
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request did not reach the server, or not whole: the cause, and a detail for people.
    Unreachable(UnreachableCause, String),
    /// The request may have reached the server.
    Interrupted(Interruption),
}

/// Why an answer that may have been under way did not come, or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The cause, to branch on.
    pub cause: UnknownCause,
    /// The host's own error, for people.
    pub detail: String,
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(cause, detail) => Self::Unreachable { cause, detail },
            Failure::Interrupted(interruption) => interruption.into(),
        }
    }
}

impl From<Interruption> for SendError {
    fn from(interruption: Interruption) -> Self {
        Self::OutcomeUnknown {
            cause: interruption.cause,
            detail: interruption.detail,
            request_id: None,
        }
    }
}

/// One send. There is no `Debug`: it carries a body and credentials.
pub struct Exchange {
    destination: Destination,
    credentials: Credentials,
    form: Vec<u8>,
    sent_md5: [(MessagePart, Option<String>); 3],
}

impl Exchange {
    /// Checks every argument and prepares the request.
    ///
    /// # Errors
    /// [`SendError::InvalidInput`] with every rule that is broken.
    pub fn new(
        queue: &Queue,
        credentials: Credentials,
        message: &Message,
        timeouts: &Timeouts,
    ) -> Result<Self, SendError> {
        let destination = queue.destination();
        let others = [
            credentials.violations(),
            message.violations(queue.is_fifo()),
            timeouts.violations(),
        ]
        .concat();
        match destination {
            Ok(destination) if others.is_empty() => Ok(Self {
                destination,
                credentials,
                form: query::send_message(&queue.url, message).into_bytes(),
                sent_md5: [
                    (MessagePart::Body, Some(md5_of_body(&message.body))),
                    (
                        MessagePart::Attributes,
                        md5_of_attributes(&message.attributes),
                    ),
                    (
                        MessagePart::SystemAttributes,
                        md5_of_system_attributes(message),
                    ),
                ],
            }),
            destination => Err(SendError::InvalidInput(
                [destination.err().unwrap_or_default(), others].concat(),
            )),
        }
    }

    /// The first step, at the time of day `now`.
    pub fn start(&mut self, now: SystemTime) -> Step {
        match self.request(now) {
            Ok(request) => Step::Send(request),
            Err(violation) => Step::Done(Err(SendError::InvalidInput(vec![violation]))),
        }
    }

    /// The step after a request: what the answer, or its absence, means.
    pub fn sent(&mut self, reply: Reply) -> Step {
        Step::Done(match reply {
            Reply::Whole(response) => self.read(&response),
            Reply::Cut(response, interruption) => match self.read(&response) {
                // The rest of the answer would have told.
                Err(SendError::OutcomeUnknown { .. }) => Err(interruption.into()),
                told => told,
            },
            Reply::None(failure) => Err(failure.into()),
        })
    }

    fn read(&self, response: &Response<Vec<u8>>) -> Result<Receipt, SendError> {
        answer::read(response, &self.credentials).and_then(|receipt| self.verify(receipt))
    }

    /// The request, signed. The form leaves with it.
    fn request(&mut self, now: SystemTime) -> Result<Request<Vec<u8>>, Violation> {
        let form = std::mem::take(&mut self.form);
        let mut request = Request::post(self.destination.uri.clone())
            .header(header::CONTENT_TYPE, query::CONTENT_TYPE)
            .header(header::CONTENT_LENGTH, form.len())
            .header(header::USER_AGENT, USER_AGENT)
            .body(form)
            .map_err(|_| Violation::new("queue", "has an address that cannot be requested"))?;
        sign_request(
            &mut request,
            &self.credentials,
            &self.destination.region,
            now,
        )?;
        Ok(request)
    }

    /// Compares every digest that the server answered with that of what was sent.
    fn verify(&self, receipt: Receipt) -> Result<Receipt, SendError> {
        let stored = [
            &receipt.md5_of_message_body,
            &receipt.md5_of_message_attributes,
            &receipt.md5_of_message_system_attributes,
        ];
        let differing = self
            .sent_md5
            .iter()
            .zip(stored)
            .find_map(|((part, sent), stored)| match (sent, stored) {
                (Some(sent), Some(stored)) if !sent.eq_ignore_ascii_case(stored) => {
                    Some((*part, sent.clone(), stored.clone()))
                }
                _ => None,
            });
        match differing {
            None => Ok(receipt),
            Some((part, sent_md5, stored_md5)) => Err(SendError::Corrupted(Corruption {
                message_id: receipt.message_id,
                part,
                sent_md5,
                stored_md5,
                request_id: receipt.request_id,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Attribute, Value};
    use crate::vectors;
    use http::StatusCode;

    fn queue() -> Queue {
        Queue {
            url: "https://sqs.us-east-1.amazonaws.com/123456789012/my-queue".into(),
            ..Queue::default()
        }
    }

    fn credentials() -> Credentials {
        Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "marker-secret".into(),
            session_token: Some("marker-token".into()),
        }
    }

    fn message() -> Message {
        Message {
            body: "hello".into(),
            attributes: vec![Attribute {
                name: "k".into(),
                value: Value::String("x".into()),
                label: None,
            }],
            aws_trace_header: Some("Root=1".into()),
            ..Message::default()
        }
    }

    fn exchange() -> Exchange {
        match Exchange::new(&queue(), credentials(), &message(), &Timeouts::default()) {
            Ok(exchange) => exchange,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// An answer of SQS with these digests.
    fn answer(body: &str, attributes: &str, system: &str) -> Response<Vec<u8>> {
        let xml = format!(
            "<SendMessageResponse><SendMessageResult><MessageId>m-1</MessageId>\
             <MD5OfMessageBody>{body}</MD5OfMessageBody>\
             <MD5OfMessageAttributes>{attributes}</MD5OfMessageAttributes>\
             <MD5OfMessageSystemAttributes>{system}</MD5OfMessageSystemAttributes>\
             </SendMessageResult></SendMessageResponse>"
        );
        Response::new(xml.into_bytes())
    }

    fn done(step: Step) -> Result<Receipt, SendError> {
        match step {
            Step::Done(outcome) => outcome,
            Step::Send(_) => panic!("nothing more is to be sent"),
        }
    }

    fn lost() -> Interruption {
        Interruption {
            cause: UnknownCause::ConnectionLost,
            detail: "lost".into(),
        }
    }

    const BODY: &str = "5d41402abc4b2a76b9719d911017c592";
    const ATTRIBUTES: &str = "a45daa70926828a2f0a1db3418e6feb4";

    #[test]
    fn the_first_step_is_the_signed_request_that_aws_own_sdk_makes() {
        for golden in vectors::requests() {
            let queue = Queue {
                url: golden.queue_url.clone(),
                region: Some(vectors::REGION.into()),
                endpoint: Some(golden.url.clone()),
            };
            let mut exchange = Exchange::new(
                &queue,
                golden.credentials.clone(),
                &golden.message,
                &Timeouts::default(),
            )
            .unwrap_or_else(|error| panic!("{}: {error:?}", golden.name));
            let Step::Send(request) = exchange.start(vectors::time()) else {
                panic!("{}: nothing to send", golden.name)
            };
            assert_eq!(request.method(), "POST");
            assert_eq!(request.uri().path(), "/");
            assert_eq!(
                String::from_utf8(request.body().clone()).unwrap(),
                golden.form
            );
            let header = |name| request.headers()[name].to_str().unwrap();
            assert!(header("authorization").ends_with(&golden.signature));
            assert_eq!(header("content-length"), golden.form.len().to_string());
            assert!(!request.headers().contains_key("host"));
        }
    }

    #[test]
    fn a_matching_answer_is_a_receipt() {
        let system = md5_of_system_attributes(&message()).unwrap().to_uppercase();
        let receipt =
            done(exchange().sent(Reply::Whole(answer(BODY, ATTRIBUTES, &system)))).unwrap();
        assert_eq!(receipt.message_id, "m-1");
    }

    #[test]
    fn digests_that_the_server_left_out_are_not_compared() {
        assert!(done(exchange().sent(Reply::Whole(answer("", "", "")))).is_ok());
    }

    #[test]
    fn a_differing_digest_is_corruption_and_names_part_and_message() {
        let wrong = "00000000000000000000000000000000";
        for (answer, part) in [
            (answer(wrong, ATTRIBUTES, ""), MessagePart::Body),
            (answer(BODY, wrong, ""), MessagePart::Attributes),
            (
                answer(BODY, ATTRIBUTES, wrong),
                MessagePart::SystemAttributes,
            ),
        ] {
            match done(exchange().sent(Reply::Whole(answer))) {
                Err(SendError::Corrupted(corruption)) => {
                    assert_eq!(corruption.part, part);
                    assert_eq!(corruption.message_id, "m-1");
                    assert_eq!(corruption.stored_md5, wrong);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_request_that_did_not_arrive_is_unreachable_and_one_without_answer_unknown() {
        let failure = Failure::Unreachable(UnreachableCause::ConnectionRefused, "refused".into());
        assert_eq!(
            done(exchange().sent(Reply::None(failure))),
            Err(SendError::Unreachable {
                cause: UnreachableCause::ConnectionRefused,
                detail: "refused".into()
            })
        );
        let failure = Failure::Interrupted(lost());
        assert_eq!(
            done(exchange().sent(Reply::None(failure))),
            Err(SendError::OutcomeUnknown {
                cause: UnknownCause::ConnectionLost,
                detail: "lost".into(),
                request_id: None
            })
        );
    }

    #[test]
    fn an_answer_that_broke_off_counts_where_it_tells_enough() {
        let cut = |status, body: &str| {
            let mut response = Response::new(body.into());
            *response.status_mut() = status;
            done(exchange().sent(Reply::Cut(response, lost())))
        };
        let receipt = "<SendMessageResponse><SendMessageResult><MessageId>m-1</MessageId>\
                       </SendMessageResult></SendMessageResponse>";
        assert!(cut(StatusCode::OK, receipt).is_ok());
        assert!(matches!(
            cut(StatusCode::OK, "<SendMessageResponse>"),
            Err(SendError::OutcomeUnknown {
                cause: UnknownCause::ConnectionLost,
                ..
            })
        ));
        assert!(matches!(
            cut(StatusCode::BAD_GATEWAY, ""),
            Err(SendError::Unavailable(_))
        ));
    }

    #[test]
    fn violations_of_every_argument_are_listed_at_once() {
        let error = Exchange::new(
            &Queue::default(),
            Credentials {
                secret_access_key: String::new(),
                ..credentials()
            },
            &Message::default(),
            &Timeouts {
                total: std::time::Duration::ZERO,
                ..Timeouts::default()
            },
        )
        .err();
        let Some(SendError::InvalidInput(violations)) = error else {
            panic!("{error:?}")
        };
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "queue.url",
                "credentials.secret-access-key",
                "message.body",
                "timeouts.total-ms"
            ]
        );
    }
}
