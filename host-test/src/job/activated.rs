//! A job as it comes in, and its outcome as it goes out, as JSON. Field names are those of Camunda's REST API
//! (`POST /v2/jobs/activation`, and the commands that end a job).

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::inputs::InputMapping;
use super::outcome::Outcome;
use super::trace::TraceContext;
use crate::json;

/// A job.
#[derive(Clone)]
#[non_exhaustive]
pub struct Job {
    /// `jobKey`: what the process engine calls it.
    pub key: Option<String>,
    /// `type`: the kind of connector that it is for.
    pub job_type: Option<String>,
    /// `retries`: how often it may be tried, this time included. 1 if it does not say.
    pub retries: u32,
    /// `deadline`: when the engine gives it to another worker.
    pub deadline: Option<SystemTime>,
    /// `traceparent`: the trace that it belongs to, as whoever fetched it from the engine knows. One that is none is as
    /// good as absent, as the W3C has it.
    pub trace_context: Option<TraceContext>,
    /// `customHeaders`: its task headers.
    pub headers: BTreeMap<String, String>,
    /// `variables`: those of the job; with `inputs`, those of its process. A JSON object, as the text that came.
    pub variables: Box<RawValue>,
    /// `inputs`, from target to source: input mappings that no engine has evaluated yet.
    pub inputs: Vec<InputMapping>,
}

/// Shows what the job is, not its variables.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "job {:?} of type {:?}", self.key, self.job_type)
    }
}

/// A text that is no job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidJob {
    /// It is not JSON.
    #[error("not json: line {line}, column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is not UTF-8.
    #[error("not utf-8 at byte {at}")]
    NotUtf8 {
        /// The byte, from 0.
        at: usize,
    },
    /// A field has another type than it must have, or stands there twice.
    #[error("{field} must be {expected}")]
    Field {
        /// The name of the field; `job` for the whole.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

impl Job {
    /// The key in a text that is no job: whoever gave it out wants to know which one it was.
    #[must_use]
    pub fn key_in(text: &str) -> Option<String> {
        let fields = json::entries(text).ok()?;
        let (_, key) = fields.iter().find(|(name, _)| name == "jobKey")?;
        serde_json::from_str(key.get()).ok()
    }

    /// Reads a job. Fields that are not named here do not matter; those that are null are as good as absent.
    ///
    /// Fails if it is not JSON or a field has another type. The error carries nothing of the text.
    pub fn from_json(text: &str) -> Result<Self, InvalidJob> {
        let fields = json::entries(text).map_err(|error| no_object(text, &error))?;
        for field in FIELDS {
            if fields.iter().filter(|(name, _)| name == field).count() > 1 {
                return Err(InvalidJob::Field {
                    field,
                    expected: "given once",
                });
            }
        }
        let field = |wanted: &str| {
            let mut named = fields.iter().filter(|(name, _)| name == wanted);
            let (_, value) = named.next()?;
            (value.get() != "null").then_some(*value)
        };
        let take = |name: &'static str| match field(name) {
            None => Ok(None),
            Some(value) => serde_json::from_str(value.get()).map_err(|_| InvalidJob::Field {
                field: name,
                expected: "text and numbers that can be read",
            }),
        };
        Ok(Self {
            key: optional_text("jobKey", take("jobKey")?)?,
            job_type: optional_text("type", take("type")?)?,
            retries: retries(take("retries")?)?,
            deadline: deadline(take("deadline")?)?,
            trace_context: optional_text("traceparent", take("traceparent")?)?
                .and_then(|text| text.parse().ok()),
            headers: texts("customHeaders", take("customHeaders")?)?
                .into_iter()
                .collect(),
            variables: match field("variables") {
                None => no_variables(),
                Some(variables) if variables.get().starts_with('{') => variables.to_owned(),
                Some(_) => {
                    return Err(InvalidJob::Field {
                        field: "variables",
                        expected: "an object",
                    });
                }
            },
            inputs: texts("inputs", take("inputs")?)?
                .into_iter()
                .map(|(target, source)| InputMapping { source, target })
                .collect(),
        })
    }
}

/// The fields that a job may have once.
const FIELDS: [&str; 8] = [
    "jobKey",
    "type",
    "retries",
    "deadline",
    "traceparent",
    "customHeaders",
    "variables",
    "inputs",
];

/// What is wrong with a text that cannot be read as an object.
fn no_object(text: &str, error: &serde_json::Error) -> InvalidJob {
    match serde_json::from_str::<&RawValue>(text) {
        Err(error) => not_json(&error),
        Ok(whole) if whole.get().starts_with('{') => not_json(error),
        Ok(_) => InvalidJob::Field {
            field: "job",
            expected: "an object",
        },
    }
}

fn not_json(error: &serde_json::Error) -> InvalidJob {
    InvalidJob::NotJson {
        line: error.line(),
        column: error.column(),
    }
}

fn no_variables() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap_or_default()
}

fn optional_text(field: &'static str, value: Option<Value>) -> Result<Option<String>, InvalidJob> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(InvalidJob::Field {
            field,
            expected: "a string",
        }),
    }
}

fn retries(value: Option<Value>) -> Result<u32, InvalidJob> {
    match value {
        None => Ok(1),
        // An engine may hand out a job that has none left.
        Some(value) => value
            .as_i64()
            .and_then(|retries| u32::try_from(retries.max(0)).ok())
            .ok_or(InvalidJob::Field {
                field: "retries",
                expected: "a whole number of at most 4294967295",
            }),
    }
}

fn deadline(value: Option<Value>) -> Result<Option<SystemTime>, InvalidJob> {
    let Some(value) = value else {
        return Ok(None);
    };
    let since_epoch = value.as_u64().map(Duration::from_millis);
    let deadline = since_epoch.and_then(|since_epoch| UNIX_EPOCH.checked_add(since_epoch));
    deadline.map(Some).ok_or(InvalidJob::Field {
        field: "deadline",
        expected: "a time in milliseconds since 1970",
    })
}

/// An object of strings, in its order.
fn texts(field: &'static str, value: Option<Value>) -> Result<Vec<(String, String)>, InvalidJob> {
    let wrong = || InvalidJob::Field {
        field,
        expected: "an object of strings",
    };
    match value {
        None => Ok(Vec::new()),
        Some(Value::Object(entries)) => entries
            .into_iter()
            .map(|(name, value)| match value {
                Value::String(text) => Ok((name, text)),
                _ => Err(wrong()),
            })
            .collect(),
        Some(_) => Err(wrong()),
    }
}

impl Outcome {
    /// The outcome as JSON: `outcome` is `completed`, `failed` or `error`, the other fields are those of the
    /// command to the engine, durations in milliseconds.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Completed { variables } => {
                json!({"outcome": "completed", "variables": variables})
            }
            Self::Failed {
                message,
                retries,
                retry_backoff,
                variables,
            } => {
                let mut failed = json!({
                    "outcome": "failed", "retries": retries, "errorMessage": message, "variables": variables
                });
                if let Some(backoff) = retry_backoff {
                    let milliseconds = u64::try_from(backoff.as_millis()).unwrap_or(u64::MAX);
                    failed["retryBackOff"] = milliseconds.into();
                }
                failed
            }
            Self::Error {
                code,
                message,
                variables,
            } => {
                let mut error =
                    json!({"outcome": "error", "errorCode": code, "variables": variables});
                if let Some(message) = message {
                    error["errorMessage"] = message.as_str().into();
                }
                error
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn a_job_is_read_as_camunda_hands_it_out() {
        let job = Job::from_json(
            r#"{"jobKey": "2251799813685249", "type": "io.camunda:aws-sqs:1", "elementId": "send", "retries": 3, "deadline": 1757280974277,
               "customHeaders": {"resultVariable": "sqs", "retryBackoff": "PT30S"},
               "variables": {"queue": {"url": "http://localhost/1/orders"}}, "userTask": null}"#,
        )
        .unwrap();
        assert_eq!(job.key.as_deref(), Some("2251799813685249"));
        assert_eq!(job.job_type.as_deref(), Some("io.camunda:aws-sqs:1"));
        assert_eq!(job.retries, 3);
        let deadline = UNIX_EPOCH + Duration::from_millis(1_757_280_974_277);
        assert_eq!(job.deadline, Some(deadline));
        assert_eq!(job.headers["resultVariable"], "sqs");
        assert_eq!(
            job.variables.get(),
            r#"{"queue": {"url": "http://localhost/1/orders"}}"#
        );
        assert!(job.inputs.is_empty());
    }

    #[test]
    fn what_a_job_does_not_say_has_a_default() {
        let job = Job::from_json(r#"{"variables": null, "retries": -1}"#).unwrap();
        assert_eq!(
            (job.retries, job.variables.get(), job.headers.len()),
            (0, "{}", 0)
        );
        assert_eq!(Job::from_json("{}").unwrap().retries, 1);
    }

    #[test]
    fn the_key_of_what_is_no_job_is_found() {
        for (text, key) in [
            (r#"{"jobKey": "1", "retries": "3"}"#, Some("1")),
            (r#"{"jobKey": 1}"#, None),
            ("[]", None),
            ("{", None),
        ] {
            assert_eq!(Job::key_in(text).as_deref(), key);
        }
    }

    #[test]
    fn inputs_keep_their_order() {
        let job = Job::from_json(r#"{"inputs": {"b": "=1", "a": "=b"}}"#).unwrap();
        let targets: Vec<&str> = job
            .inputs
            .iter()
            .map(|input| input.target.as_str())
            .collect();
        assert_eq!(targets, ["b", "a"]);
    }

    #[test]
    fn what_is_no_job_is_refused_without_being_quoted() {
        for (text, message) in [
            ("{\"s3cr3t\"", "not json: line 1, column 9"),
            ("[\"s3cr3t\"]", "job must be an object"),
            (r#"{"jobKey": 5}"#, "jobKey must be a string"),
            (r#"{"type": ["s3cr3t"]}"#, "type must be a string"),
            (
                r#"{"retries": "s3cr3t"}"#,
                "retries must be a whole number of at most 4294967295",
            ),
            (
                r#"{"retries": 5000000000}"#,
                "retries must be a whole number of at most 4294967295",
            ),
            (
                r#"{"retries": 1e400}"#,
                "retries must be text and numbers that can be read",
            ),
            (
                r#"{"deadline": "now"}"#,
                "deadline must be a time in milliseconds since 1970",
            ),
            (
                r#"{"customHeaders": {"a": 1}}"#,
                "customHeaders must be an object of strings",
            ),
            (
                r#"{"customHeaders": "s3cr3t"}"#,
                "customHeaders must be an object of strings",
            ),
            (r#"{"variables": "s3cr3t"}"#, "variables must be an object"),
            (
                r#"{"variables": {}, "variables": {}}"#,
                "variables must be given once",
            ),
            (
                r#"{"inputs": ["s3cr3t"]}"#,
                "inputs must be an object of strings",
            ),
        ] {
            assert_eq!(
                Job::from_json(text).unwrap_err().to_string(),
                message,
                "{text}"
            );
        }
        let deep = "[".repeat(10_000);
        assert!(Job::from_json(&deep).is_err());
    }

    #[test]
    fn an_outcome_has_the_fields_of_the_command() {
        let variables = || Map::from_iter([("a".to_owned(), json!(1))]);
        for (outcome, wanted) in [
            (
                Outcome::Completed {
                    variables: variables(),
                },
                json!({"outcome": "completed", "variables": {"a": 1}}),
            ),
            (
                Outcome::Failed {
                    message: "m".to_owned(),
                    retries: 2,
                    retry_backoff: Some(Duration::from_secs(30)),
                    variables: variables(),
                },
                json!({"outcome": "failed", "retries": 2, "errorMessage": "m", "retryBackOff": 30_000, "variables": {"a": 1}}),
            ),
            (
                Outcome::Error {
                    code: "C".to_owned(),
                    message: None,
                    variables: Map::new(),
                },
                json!({"outcome": "error", "errorCode": "C", "variables": {}}),
            ),
        ] {
            assert_eq!(outcome.to_json(), wanted);
        }
    }
}
