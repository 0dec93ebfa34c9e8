//! One request on its way, as it is told to whoever traces.

use std::time::Instant;

use http::uri::Authority;
use http::{Request, Response};
use hyper::body::Incoming;
use tracing::Span;
use wasmtime_wasi_http::{Error, WasiBody};

/// The headers in which AWS's services tell the id of a request.
const REQUEST_ID: [&str; 2] = ["x-amzn-requestid", "x-amz-request-id"];

/// A request from when it leaves a sandbox until its answer has come. Within the span, one event tells what came of it:
/// sizes, times and ids, never a body, a header's secret or a query.
pub(super) struct Attempt {
    span: Span,
    began: Instant,
}

impl Attempt {
    /// Begins where a guest sends: within the span of its job.
    pub(super) fn new(request: &Request<WasiBody>) -> Self {
        let span = tracing::debug_span!(
            "attempt",
            method = %request.method(),
            host = request.uri().authority().map(Authority::as_str),
            request_bytes = content_length(request.headers()),
            status = tracing::field::Empty,
            aws_request_id = tracing::field::Empty,
        );
        Self {
            span,
            began: Instant::now(),
        }
    }

    /// The head of the answer has come.
    pub(super) fn answered(&self, response: &Response<Incoming>) {
        if self.span.is_disabled() {
            return;
        }
        self.span.record("status", response.status().as_u16());
        let mut ids = REQUEST_ID.iter();
        let id = ids.find_map(|name| response.headers().get(*name));
        // An id is short, and in plain letters: anything else is no id.
        if let Some(id) = id
            .and_then(|id| id.to_str().ok())
            .filter(|id| id.len() <= 128)
        {
            self.span.record("aws_request_id", id);
        }
    }

    /// The whole answer has come, or as much as anybody wanted of it.
    pub(super) fn ended(&self, response_bytes: u64) {
        let elapsed_us = micros(self.began);
        // Some formatters look for the span that is entered, whatever an event names as its parent.
        self.span
            .in_scope(|| tracing::debug!(response_bytes, elapsed_us, "answered"));
    }

    /// No answer has come, or not all of it.
    pub(super) fn failed(&self, error: &Error, response_bytes: u64) {
        let elapsed_us = micros(self.began);
        self.span
            .in_scope(|| tracing::debug!(response_bytes, elapsed_us, %error, "failed"));
    }
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn content_length(headers: &http::HeaderMap) -> Option<u64> {
    let length = headers.get(http::header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}
