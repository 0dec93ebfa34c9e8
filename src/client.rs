//! Who asks, whom, and what time it is there: what every request of a call has in common.

use std::time::{Duration, SystemTime};

use crate::credentials::Credentials;
use crate::error::Violation;
use crate::query;
use crate::queue::Destination;
use crate::signing::sign_request;
use crate::wire::{Request, Response};

/// How requests introduce themselves. It is not signed: hosts may change it.
const USER_AGENT: &str = concat!("sqs-connector/", env!("CARGO_PKG_VERSION"));

/// From where on a clock counts as wrong: SQS takes signatures that are up to 15 minutes off.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
const LEAST_SKEW: Duration = Duration::from_mins(4);

/// The codes that SQS and other services have for a signature of another time. SQS itself says that the signature
/// does not match.
pub(crate) const SKEW_CODES: &[&str] = &[
    "AuthFailure",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

/// The sender of a call's requests. There is no `Debug`: it carries credentials.
pub struct Client {
    destination: Destination,
    /// What requests are signed with.
    pub credentials: Credentials,
    clock: Clock,
}

/// The time at the server, as far as it is known.
#[derive(Clone, Copy)]
enum Clock {
    /// Ours.
    Own,
    /// So much later than ours.
    Ahead(Duration),
    /// So much earlier than ours.
    Behind(Duration),
}

impl Client {
    /// A client that goes by our clock.
    #[must_use]
    pub fn new(destination: Destination, credentials: Credentials) -> Self {
        Self {
            destination,
            credentials,
            clock: Clock::Own,
        }
    }

    /// A signed request, given the time of day here.
    ///
    /// # Errors
    /// The argument that cannot be sent or signed. None is known that passes validation.
    pub fn request(&self, form: Vec<u8>, time: SystemTime) -> Result<Request, Violation> {
        let time = match self.clock {
            Clock::Own => Some(time),
            Clock::Ahead(by) => time.checked_add(by),
            Clock::Behind(by) => time.checked_sub(by),
        };
        let headers = [
            ("content-type", query::CONTENT_TYPE.to_owned()),
            ("content-length", form.len().to_string()),
            ("user-agent", USER_AGENT.to_owned()),
        ];
        let mut request = Request {
            uri: self.destination.uri.clone(),
            headers: headers.map(|(name, value)| (name.to_owned(), value)).into(),
            body: form,
        };
        sign_request(
            &mut request,
            &self.credentials,
            &self.destination.region,
            time.unwrap_or(SystemTime::UNIX_EPOCH),
        )?;
        Ok(request)
    }

    /// Goes by the server's clock from now on, where an answer says that a signature's time is wrong and ours is far
    /// from it. Gives whether anything has changed; it does once, so that a server cannot lead it about.
    ///
    /// An answer with an `Age` comes from a cache, and so does its date.
    pub fn learn_time(&mut self, code: Option<&str>, answer: &Response, time: SystemTime) -> bool {
        if !matches!(self.clock, Clock::Own)
            || !code.is_some_and(|code| SKEW_CODES.contains(&code))
            || answer.header("age").is_some()
        {
            return false;
        }
        let date = answer.header("date").map(httpdate::parse_http_date);
        let Some(Ok(date)) = date else { return false };
        let clock = match date.duration_since(time) {
            Ok(ahead) if ahead >= LEAST_SKEW => Clock::Ahead(ahead),
            Err(error) if error.duration() >= LEAST_SKEW => Clock::Behind(error.duration()),
            _ => return false,
        };
        self.clock = clock;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Queue;
    use crate::vectors;

    const MISMATCH: Option<&str> = Some("SignatureDoesNotMatch");

    fn client() -> Client {
        let queue = Queue {
            url: "https://sqs.us-east-1.amazonaws.com/123456789012/q".into(),
            ..Queue::default()
        };
        Client::new(
            queue.destination().unwrap(),
            vectors::requests().remove(0).credentials,
        )
    }

    /// An answer with the server's time.
    fn dated(time: SystemTime) -> Response {
        Response {
            headers: vec![("date", httpdate::fmt_http_date(time))],
            ..Response::default()
        }
    }

    fn signed_date(client: &Client) -> String {
        let request = client.request(b"x".to_vec(), vectors::time()).unwrap();
        request.header("x-amz-date").unwrap().to_owned()
    }

    #[test]
    fn a_request_is_signed_for_the_time_at_the_server() {
        let hour = Duration::from_hours(1);
        for (server, date) in [
            (vectors::time() + hour, "20260102T040405Z"),
            (vectors::time() - hour, "20260102T020405Z"),
        ] {
            let mut client = client();
            assert_eq!(signed_date(&client), "20260102T030405Z");
            assert!(client.learn_time(MISMATCH, &dated(server), vectors::time()));
            assert_eq!(signed_date(&client), date);
        }
    }

    #[test]
    fn a_clock_is_corrected_once() {
        let mut client = client();
        let hour = Duration::from_hours(1);
        let later = dated(vectors::time() + hour);
        assert!(client.learn_time(MISMATCH, &later, vectors::time()));
        let still_later = dated(vectors::time() + 2 * hour);
        assert!(!client.learn_time(MISMATCH, &still_later, vectors::time()));
    }

    #[test]
    fn a_clock_stays_where_it_is_not_the_cause() {
        let time = vectors::time();
        let hour = Duration::from_hours(1);
        let mut aged = dated(time + hour);
        aged.headers.push(("age", "1".into()));
        let mut unreadable = Response::default();
        unreadable.headers.push(("date", "yesterday".into()));
        for (code, answer) in [
            (Some("AccessDenied"), dated(time + hour)),
            (None, dated(time + hour)),
            (MISMATCH, dated(time + Duration::from_secs(239))),
            (MISMATCH, dated(time - Duration::from_secs(239))),
            (MISMATCH, aged),
            (MISMATCH, unreadable),
            (MISMATCH, Response::default()),
        ] {
            assert!(!client().learn_time(code, &answer, time), "{answer:?}");
        }
    }

    #[test]
    fn a_time_beyond_all_clocks_is_no_panic() {
        let mut client = client();
        assert!(client.learn_time(MISMATCH, &dated(SystemTime::UNIX_EPOCH), vectors::time()));
        assert!(
            client
                .request(b"x".to_vec(), SystemTime::UNIX_EPOCH)
                .is_ok()
        );
    }
}
