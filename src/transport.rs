//! `wasi:http` and the clocks: the only door to the outside.
//!
//! Three rules of `wasi:http`, each learnt from a host that hangs or traps without it:
//! - The body is written after `handle`: before, nothing drains the host's buffer.
//! - Writing waits for the stream *or* the response: a connection that fails, or a server that answers
//!   early, leaves the stream unwritable for ever.
//! - A write never exceeds the permit of `check-write`.
//!
//! `Host` is never set: the host derives it from the authority, which is what was signed.

use std::time::{Duration, SystemTime};

use http::{Uri, uri};

use crate::bindings::wasi::clocks::monotonic_clock::{self, Instant, subscribe_duration};
use crate::bindings::wasi::clocks::wall_clock;
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody,
    OutgoingRequest, RequestOptions, Scheme,
};
use crate::bindings::wasi::io::poll::{Pollable, poll};
use crate::bindings::wasi::io::streams::StreamError;
use crate::error::{UnknownCause, UnreachableCause};
use crate::exchange::{Failure, Interruption, Moment, Reply};
use crate::timeouts::Timeouts;
use crate::wire::{Request, Response};

/// The largest answer that is read, in bytes: SQS's own have less than 2 KiB.
const MAX_ANSWER: usize = 256 * 1024;
/// How much of an answer is read at a time, in bytes.
const READ_SIZE: u64 = 16 * 1024;
/// The headers of an answer that matter.
const ANSWER_HEADERS: [&str; 5] = [
    "age",
    "content-type",
    "date",
    "x-amz-retry-after",
    "x-amzn-requestid",
];

/// The way out, for one call.
pub(crate) struct Transport {
    timeouts: Timeouts,
    began: Instant,
}

/// What ended a wait.
enum Awaited {
    /// What was waited for: of several that have happened, the last one by position.
    Event(usize),
    /// There was no more patience.
    Patience,
    /// The call's time is over.
    Deadline,
}

/// What became of a body that was handed to the host.
enum Upload {
    /// The host has all of it.
    Whole,
    /// The response came first. The rest of the body ends with this, and must not before the response is
    /// read: to end it early ends the connection.
    Partial(#[expect(dead_code, reason = "held for its drop")] OutgoingBody),
}

impl Transport {
    /// Opens the way out; the call's deadline begins to run.
    pub(crate) fn new(timeouts: Timeouts) -> Self {
        Self {
            began: monotonic_clock::now(),
            timeouts,
        }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Moment {
        let since_epoch = Duration::from_secs(wall_clock::now().seconds);
        Moment {
            time: SystemTime::UNIX_EPOCH + since_epoch,
            elapsed: self.elapsed(),
        }
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now().saturating_sub(self.began))
    }

    /// What is left of the call's time.
    fn left(&self) -> Duration {
        self.timeouts.total.saturating_sub(self.elapsed())
    }

    /// Lets time pass, but not beyond the call's deadline.
    pub(crate) fn pause(&self, duration: Duration) {
        poll(&[&subscribe_duration(nanoseconds(duration.min(self.left())))]);
    }

    /// Sends a request and reads the answer.
    pub(crate) fn send(&self, request: Request) -> Reply {
        self.exchange(request).unwrap_or_else(Reply::None)
    }

    fn exchange(&self, request: Request) -> Result<Reply, Failure> {
        let Request {
            uri,
            headers,
            body: bytes,
        } = request;
        let outgoing = outgoing(&uri, headers)?;
        let body = outgoing.body().map_err(|()| not_sent("no request body"))?;
        let pending = outgoing_handler::handle(outgoing, Some(self.options()))
            .map_err(|code| failure(&code, false))?;
        let upload = self.upload(body, &bytes, &pending)?;
        drop(bytes);

        let whole = matches!(upload, Upload::Whole);
        let patience = self.timeouts.first_byte;
        match self.wait(&[&pending.subscribe()], patience) {
            Awaited::Event(_) => {}
            over => return Err(too_late(&self.overdue(&over, patience), whole)),
        }
        match pending.get() {
            Some(Ok(Ok(response))) => Ok(self.download(&response)),
            Some(Ok(Err(code))) => Err(failure(&code, whole)),
            _ => Err(lost("the host gave no response", whole)),
        }
    }

    /// Hands the body over, or as much of it as goes before the response comes.
    fn upload(
        &self,
        body: OutgoingBody,
        mut rest: &[u8],
        pending: &FutureIncomingResponse,
    ) -> Result<Upload, Failure> {
        {
            let stream = body.write().map_err(|()| not_sent("no body stream"))?;
            while !rest.is_empty() {
                let Ok(permit) = stream.check_write() else {
                    break;
                };
                if permit == 0 {
                    let writable_or_responded = [&stream.subscribe(), &pending.subscribe()];
                    match self.wait(&writable_or_responded, Duration::MAX) {
                        Awaited::Event(0) => continue,
                        Awaited::Event(_) => break,
                        _ => return Err(too_late(&self.out_of_time(), false)),
                    }
                }
                let permit = permit.try_into().unwrap_or(usize::MAX);
                let (now, later) = rest.split_at(rest.len().min(permit));
                if stream.write(now).is_err() {
                    break;
                }
                rest = later;
            }
            // A stream that is dropped unflushed may lose what was written last.
            if rest.is_empty() && stream.flush().is_ok() && matches!(stream.check_write(), Ok(0)) {
                self.wait(&[&stream.subscribe(), &pending.subscribe()], Duration::MAX);
            }
        }
        if !rest.is_empty() {
            return Ok(Upload::Partial(body));
        }
        // If this fails, so does the response, and that tells more.
        let _ = OutgoingBody::finish(body, None);
        Ok(Upload::Whole)
    }

    /// Reads an answer, as far as it comes.
    fn download(&self, response: &IncomingResponse) -> Reply {
        let mut headers = response.headers().entries();
        let text = |name: &'static str| {
            let mut entries = headers.iter_mut();
            let (_, value) = entries.find(|(header, _)| header.eq_ignore_ascii_case(name))?;
            Some((name, String::from_utf8(std::mem::take(value)).ok()?))
        };
        let mut answer = Response {
            status: response.status(),
            headers: ANSWER_HEADERS.into_iter().filter_map(text).collect(),
            body: Vec::new(),
        };
        match self.read_body(response, &mut answer.body) {
            Ok(()) => Reply::Whole(answer),
            Err(interruption) => Reply::Cut(answer, interruption),
        }
    }

    fn read_body(
        &self,
        response: &IncomingResponse,
        into: &mut Vec<u8>,
    ) -> Result<(), Interruption> {
        let body = response
            .consume()
            .map_err(|()| interruption(UnknownCause::ConnectionLost, "no response body"))?;
        let stream = body
            .stream()
            .map_err(|()| interruption(UnknownCause::ConnectionLost, "no response stream"))?;
        while into.len() < MAX_ANSWER {
            match stream.read(READ_SIZE) {
                Ok(bytes) if bytes.is_empty() => {
                    let patience = self.timeouts.between_bytes;
                    let mut over = self.wait(&[&stream.subscribe()], patience);
                    // The deadline counts even if there is more: what there is may be without end.
                    if self.left().is_zero() {
                        over = Awaited::Deadline;
                    }
                    if !matches!(over, Awaited::Event(_)) {
                        let detail = self.overdue(&over, patience);
                        return Err(interruption(UnknownCause::Timeout, &detail));
                    }
                }
                Ok(bytes) => into.extend(bytes),
                Err(StreamError::Closed) => break,
                // Not asked for its `http-error-code`: wasmtime has none, and jco traps where it has none.
                Err(StreamError::LastOperationFailed(error)) => {
                    let detail = error.to_debug_string();
                    return Err(interruption(UnknownCause::ConnectionLost, &detail));
                }
            }
        }
        Ok(())
    }

    /// Waits for one of some events, but no longer than there is patience and time.
    fn wait(&self, events: &[&Pollable], patience: Duration) -> Awaited {
        let left = self.left();
        let timer = subscribe_duration(nanoseconds(patience.min(left)));
        let ready = poll(&[events, &[&timer]].concat());
        let ready = ready.into_iter().map(|index| index as usize);
        if let Some(event) = ready.filter(|index| *index < events.len()).max() {
            Awaited::Event(event)
        } else if patience < left {
            Awaited::Patience
        } else {
            Awaited::Deadline
        }
    }

    /// Says which time is over.
    fn overdue(&self, over: &Awaited, patience: Duration) -> String {
        match over {
            Awaited::Deadline => self.out_of_time(),
            _ => format!("nothing within {} ms", patience.as_millis()),
        }
    }

    fn out_of_time(&self) -> String {
        format!("no end within {} ms", self.timeouts.total.as_millis())
    }

    /// How long the host may wait, so that it waits no longer than this call: not its own shorter timeouts, which hosts
    /// take for other times than they are. Some apply the one for a connection to silence, and would report a late
    /// answer as a connection that never was; or the one for the first byte to the body, and would lose an answer
    /// that is slow. So those are kept here, and the one for a connection is the host's own: it may have one already.
    fn options(&self) -> RequestOptions {
        let options = RequestOptions::new();
        let _ = options.set_first_byte_timeout(Some(nanoseconds(self.timeouts.total)));
        options
    }
}

/// A time is over: the server can only have acted on a request that it had whole.
fn too_late(detail: &str, whole: bool) -> Failure {
    if whole {
        Failure::Interrupted(interruption(UnknownCause::Timeout, detail))
    } else {
        Failure::Unreachable(UnreachableCause::Timeout, detail.to_owned())
    }
}

/// A request without its body, as the host takes it.
fn outgoing(uri: &Uri, headers: Vec<(String, String)>) -> Result<OutgoingRequest, Failure> {
    let entries: Vec<_> = headers
        .into_iter()
        .map(|(name, value)| (name, value.into_bytes()))
        .collect();
    let fields =
        Fields::from_list(&entries).map_err(|_| not_sent("headers refused by the host"))?;
    let outgoing = OutgoingRequest::new(fields);
    let scheme = if uri.scheme() == Some(&uri::Scheme::HTTP) {
        Scheme::Http
    } else {
        Scheme::Https
    };
    let authority = uri.authority().map(uri::Authority::as_str);
    outgoing
        .set_method(&Method::Post)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(authority))
        .and_then(|()| outgoing.set_path_with_query(Some(uri.path())))
        .map_err(|()| not_sent("address refused by the host"))?;
    Ok(outgoing)
}

fn not_sent(detail: &str) -> Failure {
    Failure::Unreachable(UnreachableCause::NotSent, detail.to_owned())
}

/// The connection is gone. The server can only have acted on a request that it had whole.
fn lost(detail: &str, whole: bool) -> Failure {
    if whole {
        Failure::Interrupted(interruption(UnknownCause::ConnectionLost, detail))
    } else {
        not_sent(detail)
    }
}

fn interruption(cause: UnknownCause, detail: &str) -> Interruption {
    Interruption {
        cause,
        detail: detail.to_owned(),
    }
}

/// What a host's error means, given whether it had the whole request.
fn failure(code: &ErrorCode, whole: bool) -> Failure {
    let cause = match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            UnreachableCause::DeniedByHost
        }
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            UnreachableCause::NameNotResolved
        }
        ErrorCode::ConnectionRefused
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable => UnreachableCause::ConnectionRefused,
        ErrorCode::ConnectionTimeout => UnreachableCause::ConnectionTimeout,
        ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => UnreachableCause::TlsFailed,
        ErrorCode::ConnectionLimitReached
        | ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestBodySize(_)
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_)
        | ErrorCode::LoopDetected
        | ErrorCode::ConfigurationError => UnreachableCause::NotSent,
        ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => return too_late(&describe(code), whole),
        _ if whole => {
            let lost = UnknownCause::ConnectionLost;
            return Failure::Interrupted(interruption(lost, &describe(code)));
        }
        _ => UnreachableCause::NotSent,
    };
    Failure::Unreachable(cause, describe(code))
}

/// A host's error, for people: its name in `wasi:http`, and what the host adds.
fn describe(code: &ErrorCode) -> String {
    let (name, more) = match code {
        ErrorCode::DnsTimeout => ("DNS-timeout", None),
        ErrorCode::DnsError(error) => ("DNS-error", error.rcode.as_deref()),
        ErrorCode::DestinationNotFound => ("destination-not-found", None),
        ErrorCode::DestinationUnavailable => ("destination-unavailable", None),
        ErrorCode::DestinationIpProhibited => ("destination-IP-prohibited", None),
        ErrorCode::DestinationIpUnroutable => ("destination-IP-unroutable", None),
        ErrorCode::ConnectionRefused => ("connection-refused", None),
        ErrorCode::ConnectionTerminated => ("connection-terminated", None),
        ErrorCode::ConnectionTimeout => ("connection-timeout", None),
        ErrorCode::ConnectionReadTimeout => ("connection-read-timeout", None),
        ErrorCode::ConnectionWriteTimeout => ("connection-write-timeout", None),
        ErrorCode::ConnectionLimitReached => ("connection-limit-reached", None),
        ErrorCode::TlsProtocolError => ("TLS-protocol-error", None),
        ErrorCode::TlsCertificateError => ("TLS-certificate-error", None),
        ErrorCode::TlsAlertReceived(alert) => {
            ("TLS-alert-received", alert.alert_message.as_deref())
        }
        ErrorCode::HttpRequestDenied => ("HTTP-request-denied", None),
        ErrorCode::HttpResponseIncomplete => ("HTTP-response-incomplete", None),
        ErrorCode::HttpResponseTimeout => ("HTTP-response-timeout", None),
        ErrorCode::HttpProtocolError => ("HTTP-protocol-error", None),
        ErrorCode::ConfigurationError => ("configuration-error", None),
        ErrorCode::InternalError(text) => ("internal-error", text.as_deref()),
        ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestBodySize(_)
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_)
        | ErrorCode::LoopDetected => ("request refused by the host", None),
        ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseBodySize(_)
        | ErrorCode::HttpResponseTrailerSectionSize(_)
        | ErrorCode::HttpResponseTrailerSize(_)
        | ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_)
        | ErrorCode::HttpUpgradeFailed => ("answer refused by the host", None),
    };
    match more {
        Some(more) => format!("{name}: {more}"),
        None => name.to_owned(),
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    duration.as_nanos().try_into().unwrap_or(u64::MAX)
}
