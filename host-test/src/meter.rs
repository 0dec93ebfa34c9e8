//! What a call uses, where the sandbox itself is no bound.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::StopReason;
use crate::limits::Limits;

/// Counts what a call uses, and says when it is too much.
pub(crate) struct Meter {
    limits: Limits,
    requests: AtomicU32,
    exceeded: OnceLock<StopReason>,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            requests: AtomicU32::new(0),
            exceeded: OnceLock::new(),
        }
    }

    /// Counts a request that is about to leave. It may not if it is one too many.
    pub(crate) fn request_leaves(&self) -> bool {
        let most = self.limits.requests;
        let before = self.requests.fetch_add(1, Ordering::Relaxed);
        if before >= most {
            self.requests.store(most, Ordering::Relaxed);
            let _ = self.exceeded.set(StopReason::Requests(most));
        }
        before < most
    }

    /// Whether a request has left.
    pub(crate) fn has_request_left(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0
    }

    /// Takes note of how much of a response's body has come, in bytes. It may not go on if it is too much.
    pub(crate) fn response_has(&self, bytes: u64) -> bool {
        let most = self.limits.response;
        if bytes > most {
            let _ = self.exceeded.set(StopReason::Response(most));
        }
        bytes <= most
    }

    /// What the call has used too much of.
    pub(crate) fn exceeded(&self) -> Option<&StopReason> {
        self.exceeded.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_up_to_the_most() {
        let meter = Meter::new(Limits::default().with_requests(2));
        assert!(!meter.has_request_left());
        assert!(meter.request_leaves() && meter.request_leaves());
        assert!(meter.has_request_left());
        assert_eq!(meter.exceeded(), None);
        assert!(!meter.request_leaves());
        assert_eq!(meter.exceeded(), Some(&StopReason::Requests(2)));
    }

    #[test]
    fn a_response_may_have_what_is_allowed_and_not_a_byte_more() {
        let meter = Meter::new(Limits::default().with_response(10));
        assert!(meter.response_has(10));
        assert_eq!(meter.exceeded(), None);
        assert!(!meter.response_has(11));
        assert_eq!(meter.exceeded(), Some(&StopReason::Response(10)));
    }

    #[test]
    fn a_call_that_may_send_nothing_has_sent_nothing() {
        let meter = Meter::new(Limits::default().with_requests(0));
        assert!(!meter.request_leaves());
        assert!(!meter.has_request_left());
    }
}
