//! What a call uses, where the sandbox itself is no bound.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::error::StopReason;
use crate::limits::Limits;

/// Counts what a call uses, and says when it is too much.
pub(crate) struct Meter {
    limits: Limits,
    requests: AtomicU32,
    has_left: AtomicBool,
    has_denied: AtomicBool,
    exceeded: OnceLock<StopReason>,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            requests: AtomicU32::new(0),
            has_left: AtomicBool::new(false),
            has_denied: AtomicBool::new(false),
            exceeded: OnceLock::new(),
        }
    }

    /// Counts a request. It may not go on if it is one too many.
    pub(crate) fn counts_request(&self) -> bool {
        let most = self.limits.requests;
        let before = self.requests.fetch_add(1, Ordering::Relaxed);
        if before >= most {
            self.requests.store(most, Ordering::Relaxed);
            let _ = self.exceeded.set(StopReason::Requests(most));
        }
        before < most
    }

    /// Takes note of a request that leaves.
    pub(crate) fn request_leaves(&self) {
        self.has_left.store(true, Ordering::Relaxed);
    }

    /// Whether a request has left. It may have no connection yet: but a task of its own may get it one, and send it, at any
    /// time until it is gone, also after this was asked.
    pub(crate) fn has_request_left(&self) -> bool {
        self.has_left.load(Ordering::Relaxed)
    }

    /// Takes note of a request that is not let out, and tells whether it is the first.
    pub(crate) fn denies_first(&self) -> bool {
        !self.has_denied.swap(true, Ordering::Relaxed)
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
        assert!(meter.counts_request() && meter.counts_request());
        assert_eq!(meter.exceeded(), None);
        assert!(!meter.counts_request() && !meter.counts_request());
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
    fn only_what_is_let_out_has_left_and_only_the_first_denial_is_news() {
        let meter = Meter::new(Limits::default());
        assert!(meter.counts_request());
        assert!(meter.denies_first() && !meter.denies_first());
        assert!(!meter.has_request_left());
        meter.request_leaves();
        assert!(meter.has_request_left());
    }
}
