//! One request on its way, as it is told to whoever traces.

use std::time::Instant;

use http::{Request, Response};
use hyper::body::Incoming;
use tracing::Span;
use wasmtime_wasi_http::{Error, WasiBody};

use super::server;

/// The headers in which AWS's services tell the id of a request.
const REQUEST_ID: [&str; 2] = ["x-amzn-requestid", "x-amz-request-id"];

/// A request from when it leaves a sandbox until its answer has come. Within the span, one event tells what came of it:
/// sizes, times and ids, never a body, a header's secret or a query.
pub(super) struct Attempt {
    span: Span,
    began: Instant,
    response_bytes: u64,
    /// Whether it has been told what came of it.
    is_told: bool,
}

impl Attempt {
    /// Begins where a guest sends: within the span of its job.
    pub(super) fn new(request: &Request<WasiBody>) -> Self {
        let span = tracing::debug_span!(
            "attempt",
            method = %request.method(),
            host = server(request.uri()),
            request_bytes = content_length(request.headers()),
            status = tracing::field::Empty,
            aws_request_id = tracing::field::Empty,
        );
        Self {
            span,
            began: Instant::now(),
            response_bytes: 0,
            is_told: false,
        }
    }

    /// The head of the answer has come.
    pub(super) fn has_head(&self, response: &Response<Incoming>) {
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

    /// So many bytes more of its body have come. Tells how many there are now.
    pub(super) fn has_more(&mut self, bytes: usize) -> u64 {
        self.response_bytes += bytes as u64;
        self.response_bytes
    }

    /// The whole answer has come.
    pub(super) fn answered(&mut self) {
        self.tell(|response_bytes, elapsed_us| {
            tracing::debug!(response_bytes, elapsed_us, "answered");
        });
    }

    /// No answer has come, or not all of it.
    pub(super) fn failed(&mut self, error: &Error) {
        self.tell(|response_bytes, elapsed_us| {
            tracing::debug!(response_bytes, elapsed_us, %error, "failed");
        });
    }

    fn tell(&mut self, event: impl FnOnce(u64, u64)) {
        if !std::mem::replace(&mut self.is_told, true) {
            // Some formatters look for the span that is entered, whatever an event names as its parent.
            let elapsed_us = micros(self.began);
            self.span
                .in_scope(|| event(self.response_bytes, elapsed_us));
        }
    }
}

/// Nobody waits for it any more: the call was ended, or the guest has read as much as it wanted.
impl Drop for Attempt {
    fn drop(&mut self) {
        self.tell(|response_bytes, elapsed_us| {
            tracing::debug!(response_bytes, elapsed_us, "left");
        });
    }
}

fn micros(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn content_length(headers: &http::HeaderMap) -> Option<u64> {
    let length = headers.get(http::header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}
