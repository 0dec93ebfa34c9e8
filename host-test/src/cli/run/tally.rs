//! What became of the jobs of a run, in numbers.

use std::time::{Duration, Instant};

use connector_host::job::{Outcome, Work};
use hdrhistogram::Histogram;
use serde_json::{Value, json};

/// Counts jobs and their times.
pub(super) struct Tally {
    began: Instant,
    done: usize,
    not_done: usize,
    unknown: usize,
    not_begun: usize,
    /// Outcomes that are failures to the process engine.
    failed: usize,
    /// Microseconds.
    latencies: Histogram<u64>,
}

/// Decimal digits that latencies are kept to.
const DIGITS: u8 = 3;
/// The longest latency that is told apart, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

impl Tally {
    pub(super) fn new() -> Self {
        let latencies = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        Self {
            began: Instant::now(),
            done: 0,
            not_done: 0,
            unknown: 0,
            not_begun: 0,
            failed: 0,
            latencies: latencies.expect("bounds and digits are within what is allowed"),
        }
    }

    /// Counts a job that was run.
    pub(super) fn add(&mut self, outcome: &Outcome, work: Work, latency: Duration) {
        *match work {
            Work::Done => &mut self.done,
            Work::NotDone => &mut self.not_done,
            Work::Unknown => &mut self.unknown,
            Work::NotBegun => &mut self.not_begun,
        } += 1;
        self.failed += usize::from(matches!(outcome, Outcome::Failed { .. }));
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latencies.saturating_record(micros);
    }

    /// How many jobs have come to their end.
    pub(super) fn all(&self) -> usize {
        self.done + self.not_done + self.unknown + self.not_begun
    }

    /// How many outcomes are failures.
    pub(super) fn failed(&self) -> usize {
        self.failed
    }

    fn per_second(&self) -> f64 {
        // Numbers that people can imagine are exact enough.
        #[allow(clippy::cast_precision_loss)]
        let all = self.all() as f64;
        all / self.began.elapsed().as_secs_f64().max(1e-9)
    }

    /// What became of the jobs so far.
    pub(super) fn line(&self) -> String {
        let counts = [
            (self.not_done, "not done"),
            (self.unknown, "unknown"),
            (self.not_begun, "not begun"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: String = counts
            .map(|(count, name)| [", ", &count.to_string(), " ", name].concat())
            .collect();
        format!(
            "{} done{counts}; {:.0} a second",
            self.done,
            self.per_second()
        )
    }

    /// All of it, for people.
    pub(super) fn summary(&self) -> String {
        if self.all() == 0 {
            return "no jobs".to_owned();
        }
        let within = |quantile| {
            let micros = self.latencies.value_at_quantile(quantile);
            format!("{:.1?}", Duration::from_micros(micros))
        };
        format!(
            "{} jobs in {:.1?}: {}; half of them within {}, 99 % within {}, the slowest {}",
            self.all(),
            self.began.elapsed(),
            self.line(),
            within(0.5),
            within(0.99),
            within(1.0),
        )
    }

    /// All of it, for programs.
    pub(super) fn to_json(&self) -> Value {
        let micros = |quantile| self.latencies.value_at_quantile(quantile);
        let elapsed_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        json!({
            "jobs": self.all(),
            "done": self.done,
            "notDone": self.not_done,
            "unknown": self.unknown,
            "notBegun": self.not_begun,
            "failed": self.failed,
            "elapsedUs": elapsed_us,
            "latencyUs": {"p50": micros(0.5), "p90": micros(0.9), "p99": micros(0.99), "max": micros(1.0)},
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn every_job_is_counted_once() {
        let mut tally = Tally::new();
        let completed = Outcome::Completed {
            variables: Map::new(),
        };
        let failed = Outcome::Failed {
            message: String::new(),
            retries: 0,
            retry_backoff: None,
            variables: Map::new(),
        };
        for (outcome, work, milliseconds) in [
            (&completed, Work::Done, 1),
            (&completed, Work::Unknown, 2),
            (&failed, Work::Done, 3),
            (&failed, Work::NotDone, 4),
            (&failed, Work::NotBegun, 1_000_000_000),
        ] {
            tally.add(outcome, work, Duration::from_millis(milliseconds));
        }
        assert_eq!((tally.all(), tally.failed()), (5, 3));
        let line = tally.line();
        assert!(
            line.starts_with("2 done, 1 not done, 1 unknown, 1 not begun; "),
            "{line}"
        );
        let json = tally.to_json();
        assert_eq!((&json["jobs"], &json["notBegun"]), (&json!(5), &json!(1)));
        let half = json["latencyUs"]["p50"].as_u64().unwrap();
        assert!((3_000..3_010).contains(&half), "{half}");
    }

    #[test]
    fn no_jobs_take_no_time() {
        let json = Tally::new().to_json();
        assert_eq!(
            (&json["jobs"], &json["latencyUs"]["max"]),
            (&json!(0), &json!(0))
        );
    }
}
