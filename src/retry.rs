//! When a message is sent again, and how long to wait before: the standard mode of AWS's SDKs, as of 2026.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>

use std::time::Duration;

use crate::answer::is_code_of_trouble;
use crate::error::{AwsError, SendError, UnknownCause, UnreachableCause, Violation};

/// The longest wait, before what a server asks for.
const LONGEST: Duration = Duration::from_secs(20);
/// How much more than the component's own wait a server may ask for.
const MOST_ASKED: Duration = Duration::from_secs(5);

/// How often to send again, as the caller says. The default is the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Requests for each message, the first one included.
    pub max_attempts: u32,
    /// Whether to send again where nobody knows whether the message was stored.
    pub accept_duplicates: bool,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            accept_duplicates: false,
        }
    }
}

impl Retries {
    /// Lists what is wrong with these.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        if self.max_attempts > 0 {
            return Vec::new();
        }
        vec![Violation::new("retries.max-attempts", "must be at least 1")]
    }
}

/// Why a message is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Something went wrong that may go right the next time.
    Transient,
    /// SQS asked for fewer requests.
    Throttling,
}

impl Reason {
    /// The reason for which a message with this error is sent again, if there is one. To send one again
    /// that `is_repeatable` does no harm, even where it was stored.
    #[must_use]
    pub fn of(error: &SendError, is_repeatable: bool) -> Option<Self> {
        let is_transient = match error {
            SendError::Throttled(_) => return Some(Self::Throttling),
            SendError::Unavailable(error) => is_transient(error),
            SendError::Unreachable { cause, .. } => matches!(
                cause,
                UnreachableCause::NameNotResolved
                    | UnreachableCause::ConnectionRefused
                    | UnreachableCause::ConnectionTimeout
                    | UnreachableCause::NotSent
            ),
            // What answered with something else than SQS's answer would do so again.
            SendError::OutcomeUnknown { cause, .. } => {
                is_repeatable && *cause != UnknownCause::UnreadableAnswer
            }
            _ => false,
        };
        is_transient.then_some(Self::Transient)
    }

    /// How long to wait after so many attempts, given a number from 0 to 1 by chance, and what the server
    /// asked for.
    #[must_use]
    pub fn delay(self, attempts: u32, chance: f64, asked: Option<Duration>) -> Duration {
        let base = match self {
            Self::Transient => Duration::from_millis(50),
            Self::Throttling => Duration::from_secs(1),
        };
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let own = base.saturating_mul(doubled).min(LONGEST).mul_f64(chance);
        asked.map_or(own, |asked| asked.clamp(own, own + MOST_ASKED))
    }

    /// What an attempt costs, in tokens.
    fn price(self) -> u32 {
        match self {
            Self::Transient => 14,
            Self::Throttling => 5,
        }
    }
}

/// Whether a server that could not may be able to the next time. An entry of a batch comes with 200, and an answer that
/// broke off before it said why with any status.
fn is_transient(error: &AwsError) -> bool {
    !matches!(error.status, 408 | 501 | 505..)
        || error.code.as_deref().is_some_and(is_code_of_trouble)
}

/// What attempts after the first may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(u32);

impl Budget {
    /// What there is at first, and at most.
    pub const FULL: Self = Self(500);

    /// As many tokens as are left, up to as many as there are at first.
    #[must_use]
    pub fn new(tokens: u32) -> Self {
        Self(tokens.min(Self::FULL.0))
    }

    /// How many tokens are left.
    #[must_use]
    pub const fn tokens(self) -> u32 {
        self.0
    }

    /// Pays for another attempt, if there is enough. Gives the price.
    pub fn pay(&mut self, reason: Reason) -> Option<u32> {
        let price = reason.price();
        self.0 = self.0.checked_sub(price)?;
        Some(price)
    }

    /// Takes what a success earns: what the last attempt was paid, or 1 if it was the first.
    pub fn earn(&mut self, paid: Option<u32>) {
        self.0 = (self.0 + paid.unwrap_or(1)).min(Self::FULL.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws(status: u16, code: Option<&str>) -> AwsError {
        AwsError {
            status,
            code: code.map(Into::into),
            message: String::new(),
            request_id: None,
        }
    }

    fn unknown(cause: UnknownCause) -> SendError {
        SendError::OutcomeUnknown {
            cause,
            detail: String::new(),
            request_id: None,
        }
    }

    #[test]
    fn what_was_not_stored_is_sent_again_unless_it_would_meet_the_same() {
        let unreachable = |cause| SendError::Unreachable {
            cause,
            detail: String::new(),
        };
        let transient = Some(Reason::Transient);
        for (error, reason) in [
            (
                SendError::Throttled(aws(403, Some("RequestThrottled"))),
                Some(Reason::Throttling),
            ),
            (SendError::Unavailable(aws(500, None)), transient),
            (SendError::Unavailable(aws(502, None)), transient),
            (SendError::Unavailable(aws(503, None)), transient),
            (SendError::Unavailable(aws(504, None)), transient),
            (SendError::Unavailable(aws(501, None)), None),
            (SendError::Unavailable(aws(505, None)), None),
            (
                SendError::Unavailable(aws(400, Some("InternalError"))),
                transient,
            ),
            (SendError::Unavailable(aws(501, Some("Odd"))), None),
            (SendError::Denied(aws(403, None)), None),
            (SendError::Rejected(aws(400, None)), None),
            (unreachable(UnreachableCause::NameNotResolved), transient),
            (unreachable(UnreachableCause::ConnectionRefused), transient),
            (unreachable(UnreachableCause::ConnectionTimeout), transient),
            (unreachable(UnreachableCause::NotSent), transient),
            (unreachable(UnreachableCause::DeniedByHost), None),
            (unreachable(UnreachableCause::TlsFailed), None),
            (unreachable(UnreachableCause::Timeout), None),
            (SendError::InvalidInput(Vec::new()), None),
        ] {
            for is_repeatable in [false, true] {
                assert_eq!(Reason::of(&error, is_repeatable), reason, "{error:?}");
            }
        }
    }

    #[test]
    fn what_may_have_been_stored_is_sent_again_where_that_does_no_harm() {
        for cause in [UnknownCause::Timeout, UnknownCause::ConnectionLost] {
            assert_eq!(Reason::of(&unknown(cause), false), None);
            assert_eq!(Reason::of(&unknown(cause), true), Some(Reason::Transient));
        }
        let unreadable = unknown(UnknownCause::UnreadableAnswer);
        assert_eq!(Reason::of(&unreadable, true), None);
    }

    #[test]
    fn waits_double_and_are_longer_for_throttling() {
        let ms = Duration::from_millis;
        for (reason, attempts, longest) in [
            (Reason::Transient, 1, ms(50)),
            (Reason::Transient, 2, ms(100)),
            (Reason::Transient, 5, ms(800)),
            (Reason::Transient, u32::MAX, LONGEST),
            (Reason::Throttling, 1, ms(1_000)),
            (Reason::Throttling, 3, ms(4_000)),
            (Reason::Throttling, 6, LONGEST),
        ] {
            assert_eq!(reason.delay(attempts, 1.0, None), longest);
            assert_eq!(reason.delay(attempts, 0.5, None), longest / 2);
            assert_eq!(reason.delay(attempts, 0.0, None), Duration::ZERO);
        }
    }

    #[test]
    fn a_server_may_ask_for_up_to_five_seconds_more() {
        let ms = Duration::from_millis;
        for (asked, delay) in [(0, 25), (25, 25), (26, 26), (5_025, 5_025), (5_026, 5_025)] {
            assert_eq!(Reason::Transient.delay(1, 0.5, Some(ms(asked))), ms(delay));
        }
    }

    #[test]
    fn a_budget_ends_and_is_earned_back() {
        let mut budget = Budget::FULL;
        let mut attempts = 0;
        while budget.pay(Reason::Transient).is_some() {
            attempts += 1;
        }
        assert_eq!((attempts, budget.tokens()), (35, 10));
        assert_eq!(budget.pay(Reason::Throttling), Some(5));
        budget.earn(Some(5));
        budget.earn(None);
        assert_eq!(budget.tokens(), 11);
        let mut full = Budget::FULL;
        full.earn(Some(14));
        assert_eq!(full, Budget::FULL);
    }

    #[test]
    fn no_attempt_at_all_is_refused() {
        assert_eq!(Retries::default().violations(), []);
        let none = Retries {
            max_attempts: 0,
            ..Retries::default()
        };
        assert_eq!(none.violations()[0].field, "retries.max-attempts");
    }
}
