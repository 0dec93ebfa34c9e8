//! A job from beginning to end.

use std::time::Duration;

use serde_json::Value;

use super::activated::Job;
use super::expressions::Expressions;
use super::headers::TaskHeaders;
use super::inputs::InputMapping;
use super::outcome::{Failure, FailureKind, Outcome, conclude};
use crate::secrets::{self, Mask, Placeholders, SecretError, SecretFilter, SecretProvider};

/// Runs jobs: evaluates their inputs, puts secrets in place, has a connector do the work, and maps the result.
pub struct JobRunner {
    expressions: Expressions,
    secrets: Box<dyn SecretProvider>,
    filter: Option<SecretFilter>,
}

impl std::fmt::Debug for JobRunner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobRunner")
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}

impl JobRunner {
    /// A runner with these expressions and secrets. A job gets the secrets that its `inputs` write, where they write
    /// them; one whose inputs an engine has evaluated before gets none, because nobody can tell any more what came
    /// from data.
    #[must_use]
    pub fn new(expressions: Expressions, secrets: impl SecretProvider + 'static) -> Self {
        Self {
            expressions,
            secrets: Box::new(secrets),
            filter: None,
        }
    }

    /// Lets these names through, wherever they stand in the variables, and no others.
    #[must_use]
    pub fn with_filter(mut self, filter: SecretFilter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Runs a job to the one outcome that it ends in, with secret values cut out of it.
    ///
    /// `execute` does the work: it gets the variables as JSON and the job's timeout, if it has one, and yields the
    /// response as JSON. It is not called for a job that cannot be run.
    pub async fn run<E>(&self, job: Job, execute: E) -> Outcome
    where
        E: AsyncFnOnce(String, Option<Duration>) -> Result<String, Failure>,
    {
        let headers = match TaskHeaders::new(&job.headers) {
            Ok(headers) => headers,
            Err(invalid) => {
                let failure = Failure::of_input("InvalidHeader", invalid.to_string());
                return conclude(
                    &self.expressions,
                    &TaskHeaders::default(),
                    job.retries,
                    Err(failure),
                );
            }
        };
        let result = match self.variables(&job) {
            Ok(resolved) => {
                let response = execute(resolved.json, headers.job_timeout).await;
                masked(
                    response.and_then(|response| parse_response(&response)),
                    &resolved.mask,
                )
            }
            Err(failure) => Err(failure),
        };
        conclude(&self.expressions, &headers, job.retries, result)
    }

    /// The variables that a connector gets.
    fn variables(&self, job: &Job) -> Result<secrets::Resolved, Failure> {
        let resolved = if let Some(filter) = &self.filter {
            let variables = self.mapped(&job.inputs, job)?;
            secrets::resolve(&variables, filter, &*self.secrets)
        } else {
            let (inputs, placeholders) = with_placeholders(&job.inputs);
            // What is told of an expression is told of the one that the diagram has.
            let variables = self
                .mapped(&inputs, job)
                .map_err(|failure| self.mapped(&job.inputs, job).err().unwrap_or(failure))?;
            placeholders.resolve(&variables, &*self.secrets)
        };
        let resolved = resolved.map_err(|error| Failure {
            kind: match error {
                SecretError::Missing(_) => FailureKind::InvalidInput,
                // Nothing was done yet, and the provider may be back the next time.
                SecretError::Provider { .. } => FailureKind::Retryable,
            },
            ..Failure::of_input("Secret", error.to_string())
        })?;
        // A value may stand where it breaks the JSON: outside of a string.
        if serde_json::from_str::<serde::de::IgnoredAny>(&resolved.json).is_err() {
            let problem = "the variables are no json once secrets are in place".to_owned();
            return Err(Failure::of_input("Secret", problem));
        }
        Ok(resolved)
    }

    /// The variables after input mappings, as JSON; all of the job's where it has none.
    fn mapped(&self, inputs: &[InputMapping], job: &Job) -> Result<String, Failure> {
        if inputs.is_empty() {
            return Ok(Value::Object(job.variables.clone()).to_string());
        }
        let mapped = self.expressions.map_inputs(inputs, &job.variables);
        let mapped =
            mapped.map_err(|error| Failure::of_input("InvalidInput", error.to_string()))?;
        Ok(Value::Object(mapped).to_string())
    }
}

fn with_placeholders(inputs: &[InputMapping]) -> (Vec<InputMapping>, Placeholders) {
    let mut placeholders = Placeholders::new();
    let inputs = inputs
        .iter()
        .map(|input| InputMapping {
            source: placeholders.put_into(&input.source),
            target: input.target.clone(),
        })
        .collect();
    (inputs, placeholders)
}

impl Failure {
    /// A failure of the job itself, before any work was done.
    fn of_input(error_type: &str, message: String) -> Self {
        Self {
            kind: FailureKind::InvalidInput,
            error_type: error_type.to_owned(),
            code: None,
            message,
        }
    }
}

/// Without secret values, before any expression can turn them into something that is no longer recognised. A code
/// stays as it is: expressions and events of the diagram go by it.
fn masked(result: Result<Value, Failure>, mask: &Mask) -> Result<Value, Failure> {
    match result {
        Ok(response) => Ok(mask.json(response)),
        Err(failure) => Err(Failure {
            error_type: mask.text(&failure.error_type),
            message: mask.text(&failure.message),
            ..failure
        }),
    }
}

fn parse_response(response: &str) -> Result<Value, Failure> {
    serde_json::from_str(response).map_err(|_| Failure {
        kind: FailureKind::OutcomeUnknown,
        error_type: "InvalidResponse".to_owned(),
        code: None,
        message: "the work may be done, but the connector's response is no json".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secrets::{ProviderError, Secret};

    /// Knows one secret, `KEY`.
    struct OneKey;

    impl SecretProvider for OneKey {
        fn secret(&self, name: &str) -> Result<Option<Secret>, ProviderError> {
            Ok((name == "KEY").then(|| Secret::new("m4rk3r")))
        }
    }

    fn runner() -> JobRunner {
        JobRunner::new(
            Expressions::new(|| "2026-11-22T10:00:00[Etc/UTC]".parse().unwrap()),
            OneKey,
        )
    }

    /// The outcome, and the variables that the connector got if it was called.
    async fn run(
        runner: &JobRunner,
        job: Value,
        result: Result<Value, Failure>,
    ) -> (Value, Option<Value>) {
        let mut got = None;
        let outcome = runner
            .run(
                Job::from_json(&job.to_string()).unwrap(),
                async |variables, _| {
                    got = Some(serde_json::from_str(&variables).unwrap());
                    result.map(|response| response.to_string())
                },
            )
            .await;
        (outcome.to_json(), got)
    }

    fn denied() -> Failure {
        Failure {
            kind: FailureKind::Retryable,
            error_type: "Denied".to_owned(),
            code: Some("AccessDenied".to_owned()),
            message: "m4rk3r is not allowed".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_job_is_done_as_the_seed_page_has_it() {
        let job = json!({
            "retries": 3,
            "customHeaders": {"resultExpression": "= {\"createdMessageID\": response.messageId}"},
            "variables": {"order": {"id": 4711}},
            "inputs": {
                "authentication.accessKey": "secrets.KEY",
                "queue.messageBody": "= {order: order.id, on: today()}"
            }
        });
        let (outcome, got) = run(&runner(), job, Ok(json!({"messageId": "219f8380"}))).await;
        assert_eq!(
            outcome,
            json!({"outcome": "completed", "variables": {"createdMessageID": "219f8380"}})
        );
        let wanted = json!({
            "authentication": {"accessKey": "m4rk3r"},
            "queue": {"messageBody": {"order": 4711, "on": "2026-11-22"}}
        });
        assert_eq!(got, Some(wanted));
    }

    #[tokio::test]
    async fn a_secret_that_data_names_is_not_resolved() {
        let job = json!({
            "variables": {"text": "{{secrets.KEY}} secrets.OTHER"},
            "inputs": {
                "authentication.accessKey": "secrets.KEY",
                "queue.messageBody": "=text + \"secrets.KEY\" + text"
            }
        });
        let (_, got) = run(&runner(), job, Ok(json!({}))).await;
        let data = "{{secrets.KEY}} secrets.OTHER";
        let wanted = json!({
            "authentication": {"accessKey": "m4rk3r"},
            "queue": {"messageBody": format!("{data}m4rk3r{data}")}
        });
        assert_eq!(got, Some(wanted));
    }

    #[tokio::test]
    async fn a_job_with_evaluated_inputs_gets_the_secrets_that_are_allowed() {
        let job = json!({"variables": {"a": "{{secrets.KEY}}"}});
        let (_, got) = run(&runner(), job.clone(), Ok(json!({}))).await;
        assert_eq!(got, Some(json!({"a": "{{secrets.KEY}}"})));
        let allowing = runner().with_filter(SecretFilter::Only(["KEY".to_owned()].into()));
        let (_, got) = run(&allowing, job, Ok(json!({}))).await;
        assert_eq!(got, Some(json!({"a": "m4rk3r"})));
    }

    #[tokio::test]
    async fn a_job_that_cannot_be_run_is_not_executed_and_has_no_retries_left() {
        for (job, message) in [
            (
                json!({"customHeaders": {"retryBackoff": "P1D1S"}}),
                "header retryBackoff: must be",
            ),
            (
                json!({"customHeaders": {"jobTimeout": "PT0S"}}),
                "header jobTimeout: must be longer",
            ),
            (
                json!({"customHeaders": {"resultExpression": "{a: }"}}),
                "header resultExpression: expected",
            ),
            (
                json!({"customHeaders": {"errorExpression": "= if a then 1"}}),
                "header errorExpression: expected",
            ),
            (
                json!({"inputs": {"a": "=\"secrets.KEY\" + 1 +"}}),
                "input a: expected an expression but found the end at line 1, column 20",
            ),
            (
                json!({"inputs": {"a": "secrets.NONE"}}),
                "secret 'NONE' is not available",
            ),
        ] {
            let mut job = job;
            job["retries"] = 3.into();
            let (outcome, got) = run(&runner(), job, Ok(json!({}))).await;
            assert_eq!(got, None);
            assert_eq!(outcome["outcome"], "failed");
            assert_eq!(outcome["retries"], 0);
            assert!(
                outcome["errorMessage"]
                    .as_str()
                    .unwrap()
                    .starts_with(message),
                "{outcome}"
            );
        }
    }

    #[tokio::test]
    async fn a_secret_leaves_in_no_outcome() {
        let inputs = json!({"authentication.secretKey": "{{secrets.KEY}}"});
        for (headers, result) in [
            (json!({}), Err(denied())),
            (
                json!({"errorExpression": "bpmnError(\"A\", error.message, {m: error.message})"}),
                Err(denied()),
            ),
            (
                json!({"errorExpression": "jobError(error.message, {m: error.message}, 1)"}),
                Err(denied()),
            ),
            (
                json!({"errorExpression": "ignoreError({m: error.message})"}),
                Err(denied()),
            ),
            (
                json!({"errorExpression": "assert(1, false, error.message)"}),
                Err(denied()),
            ),
            (
                json!({"resultVariable": "a"}),
                Ok(json!({"echo": "m4rk3r"})),
            ),
            (
                json!({"resultExpression": "{a: echo, b: to json(response), c: [{d: echo}]}"}),
                Ok(json!({"echo": "m4rk3r"})),
            ),
            (
                json!({"resultExpression": "assert(1, false, echo)"}),
                Ok(json!({"echo": "m4rk3r"})),
            ),
            (
                json!({"resultExpression": "{a: split(echo, \"r\"), b: substring(echo, 2), c: echo}"}),
                Ok(json!({"echo": "m4rk3r"})),
            ),
            (
                json!({}),
                Err(Failure {
                    message: "x".repeat(5_997) + "m4rk3r",
                    ..denied()
                }),
            ),
        ] {
            let job = json!({"retries": 3, "customHeaders": headers, "inputs": inputs});
            let (outcome, got) = run(&runner(), job, result).await;
            assert!(got.unwrap().to_string().contains("m4rk3r"));
            let told = outcome.to_string();
            assert!(!told.contains("m4") && told.contains("***"), "{told}");
        }
    }

    #[tokio::test]
    async fn a_response_that_is_no_json_leaves_the_outcome_unknown() {
        let outcome = runner()
            .run(
                Job::from_json(r#"{"retries": 3}"#).unwrap(),
                async |_, _| Ok("<html>".to_owned()),
            )
            .await;
        assert_eq!(outcome.to_json()["retries"], 0);
    }

    #[tokio::test]
    async fn the_job_s_timeout_is_handed_on() {
        let job = Job::from_json(r#"{"customHeaders": {"jobTimeout": "PT10M"}}"#).unwrap();
        let mut handed_on = None;
        runner()
            .run(job, async |_, timeout| {
                handed_on = timeout;
                Ok("{}".to_owned())
            })
            .await;
        assert_eq!(handed_on, Some(Duration::from_mins(10)));
    }
}
