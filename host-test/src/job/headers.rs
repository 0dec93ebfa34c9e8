//! The task headers that every connector of Camunda understands.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use feel::Expression;
use feel::jiff::{Span, SpanRelativeTo};
use regex::Regex;

/// What to make of a job's result, and how to go on after a failure. The headers are texts of the diagram; no
/// engine evaluates them before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskHeaders {
    /// `resultVariable`: the variable that takes the whole response.
    pub result_variable: Option<String>,
    /// `resultExpression`: FEEL that maps the response to variables.
    pub result_expression: Option<Expression>,
    /// `errorExpression`: FEEL that turns a response or an error into a BPMN error, a failure or nothing.
    pub error_expression: Option<Expression>,
    /// `retryBackoff`: how long to wait before a failed job is tried again.
    pub retry_backoff: Option<Duration>,
    /// `jobTimeout`: how long the job may take.
    pub job_timeout: Option<Duration>,
}

/// A header that cannot be used. The job must not run: nobody would know what to do with its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("header {name}: {problem}")]
pub struct InvalidHeader {
    /// The name of the header.
    pub name: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl TaskHeaders {
    /// Reads the headers of a job. Blank ones are as good as none, others than those named here do not matter.
    ///
    /// Fails if a duration is none, if the job timeout is not longer than nothing, or if an expression cannot be
    /// parsed: it would only be noticed when the work is done.
    pub fn new(headers: &BTreeMap<String, String>) -> Result<Self, InvalidHeader> {
        let text = |name: &str| {
            headers
                .get(name)
                .map(|text| text.trim())
                .filter(|text| !text.is_empty())
        };
        let job_timeout = text("jobTimeout")
            .map(|text| duration("jobTimeout", text))
            .transpose()?;
        if job_timeout.is_some_and(|timeout| timeout.is_zero()) {
            let problem = "must be longer than nothing".to_owned();
            return Err(InvalidHeader {
                name: "jobTimeout",
                problem,
            });
        }
        let expression = |name| {
            let parsed = text(name).map(Expression::parse).transpose();
            parsed.map_err(|error| InvalidHeader {
                name,
                problem: error.to_string(),
            })
        };
        Ok(Self {
            result_variable: text("resultVariable").map(str::to_owned),
            result_expression: expression("resultExpression")?,
            error_expression: expression("errorExpression")?,
            retry_backoff: text("retryBackoff")
                .map(|text| duration("retryBackoff", text))
                .transpose()?,
            job_timeout,
        })
    }
}

/// A duration of days, hours, minutes and seconds in ISO 8601, to the millisecond, and not negative.
fn duration(name: &'static str, text: &str) -> Result<Duration, InvalidHeader> {
    let milliseconds =
        unsigned_duration(text).and_then(|duration| u64::try_from(duration.as_millis()).ok());
    milliseconds.map(Duration::from_millis).ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        InvalidHeader {
            name,
            problem: format!("must be a duration in iso 8601 like PT5M: is {shown:?}"),
        }
    })
}

/// What of ISO 8601 an engine takes: days, and a time of which seconds alone may have decimals.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    let form = r"(?i)^[+-]?P(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:[.,]\d+)?S)?)?$";
    Regex::new(form).expect("the form is a regular expression")
});

/// A duration of days of 24 hours and less, unless it is negative.
pub(super) fn unsigned_duration(text: &str) -> Option<Duration> {
    let span: Span = text.parse().ok().filter(|_| FORM.is_match(text))?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(duration).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Result<TaskHeaders, InvalidHeader> {
        TaskHeaders::new(
            &pairs
                .iter()
                .map(|(name, text)| (name.to_string(), text.to_string()))
                .collect(),
        )
    }

    #[test]
    fn blank_headers_are_none() {
        for blank in ["", " ", "\t", "\n"] {
            let names = [
                "resultVariable",
                "resultExpression",
                "errorExpression",
                "retryBackoff",
                "jobTimeout",
            ];
            assert_eq!(
                headers(&names.map(|name| (name, blank))).unwrap(),
                TaskHeaders::default()
            );
        }
        assert_eq!(
            headers(&[("elementTemplateVersion", "13")]).unwrap(),
            TaskHeaders::default()
        );
    }

    #[test]
    fn durations_are_those_of_iso_8601() {
        for (text, seconds) in [
            ("PT1M", 60),
            ("P1D", 86_400),
            ("PT0S", 0),
            ("P1DT1H", 90_000),
            ("PT36H", 129_600),
        ] {
            let backoff = headers(&[("retryBackoff", text)]).unwrap().retry_backoff;
            assert_eq!(backoff, Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "P1D1S",
            "P1W",
            "PT1.5M",
            "5 minutes",
            "-PT5M",
            "P1M",
            "P1Y",
            "PT",
            "P",
            "60",
            "PT99999999999999999999S",
        ] {
            let error = headers(&[("retryBackoff", text)]).unwrap_err();
            assert_eq!(error.name, "retryBackoff");
            assert!(
                error
                    .to_string()
                    .ends_with(&format!("like PT5M: is {text:?}")),
                "{error}"
            );
        }
    }

    #[test]
    fn a_job_timeout_is_longer_than_nothing() {
        let timeout = headers(&[("jobTimeout", "PT10M")]).unwrap().job_timeout;
        assert_eq!(timeout, Some(Duration::from_mins(10)));
        for text in [
            "not-a-duration",
            "PT0S",
            "P0D",
            "PT-10M",
            "PT0.000000001S",
            "P99999999999D",
        ] {
            assert_eq!(
                headers(&[("jobTimeout", text)]).unwrap_err().name,
                "jobTimeout",
                "{text}"
            );
        }
    }
}
