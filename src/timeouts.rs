//! How long a call waits.

use std::time::Duration;

use crate::error::Violation;

/// How long to wait for each part of a call. The defaults are the contract's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the request, handed over whole, to the first byte of the answer.
    pub first_byte: Duration,
    /// Between two parts of the answer.
    pub between_bytes: Duration,
    /// For the whole call.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(20),
            between_bytes: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

impl Timeouts {
    /// The defaults, with another time for the whole call.
    #[must_use]
    pub fn within(total_ms: Option<u32>) -> Self {
        let default = Self::default();
        Self {
            total: total_ms.map_or(default.total, |ms| Duration::from_millis(ms.into())),
            ..default
        }
    }

    /// Lists the timeouts that are zero: nothing can happen in no time, and hosts differ in what they
    /// make of it.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        [
            ("first-byte-ms", self.first_byte),
            ("between-bytes-ms", self.between_bytes),
            ("total-ms", self.total),
        ]
        .into_iter()
        .filter(|(_, duration)| duration.is_zero())
        .map(|(name, _)| Violation::new(format!("timeouts.{name}"), "must be at least 1"))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_usable() {
        assert_eq!(Timeouts::default().violations(), []);
    }

    #[test]
    fn a_timeout_of_zero_is_named() {
        let violations = Timeouts {
            first_byte: Duration::ZERO,
            ..Timeouts::default()
        }
        .violations();
        assert_eq!(
            violations,
            [Violation::new(
                "timeouts.first-byte-ms",
                "must be at least 1"
            )]
        );
    }
}
