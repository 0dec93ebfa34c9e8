//! A job from beginning to end.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::Duration;

use serde_json::Value;

use super::activated::Job;
use super::authentication;
use super::expressions::Expressions;
use super::headers::TaskHeaders;
use super::inputs::InputMapping;
use super::outcome::{Failure, FailureKind, Outcome, conclude};
use crate::contract::outbound;
use crate::error::ExecuteError;
use crate::host::OutboundConnector;
use crate::identity::AwsIdentity;
use crate::secrets::{
    self, Mask, Placeholders, Resolved, SecretError, SecretFilter, SecretProvider,
};

/// Runs jobs: evaluates their inputs, puts secrets in place, has a connector do the work, and maps the result.
pub struct JobRunner {
    expressions: Expressions,
    secrets: Box<dyn SecretProvider>,
    filter: SecretFilter,
    identity: Option<AwsIdentity>,
    job_type: Option<String>,
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
            filter: SecretFilter::Only(BTreeSet::new()),
            identity: None,
            job_type: None,
        }
    }

    /// Lets these names through in jobs whose inputs an engine has evaluated, wherever they stand in the variables.
    #[must_use]
    pub fn with_filter(mut self, filter: SecretFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Lends this identity to jobs with `defaultCredentialsChain` for `authentication.type`, as every AWS connector of
    /// Camunda has it. They fail otherwise: an identity of the host's is for whoever writes a process.
    #[must_use]
    pub fn with_identity(mut self, identity: AwsIdentity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Takes jobs of this type only. One that names none is taken too.
    #[must_use]
    pub fn with_job_type(mut self, job_type: impl Into<String>) -> Self {
        self.job_type = Some(job_type.into());
        self
    }

    /// Runs a job on a connector.
    pub async fn run_on(&self, connector: &OutboundConnector, job: Job) -> Outcome {
        self.run(job, async |variables, timeout| {
            Ok(connector.execute(&variables, timeout).await?)
        })
        .await
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
        let result = match self.prepared(&job).await {
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

    /// The variables that a connector gets, with the identity of the host where they ask for it.
    async fn prepared(&self, job: &Job) -> Result<Resolved, Failure> {
        if let (Some(wanted), Some(given)) = (&self.job_type, &job.job_type)
            && wanted != given
        {
            let given: String = given.chars().take(100).collect();
            let problem = format!("the job is of type {given:?}, the connector is for {wanted:?}");
            return Err(Failure::of_input("WrongJobType", problem));
        }
        let resolved = self.variables(job)?;
        let Some(place) = authentication::asks_for_host_identity(&resolved.json) else {
            return Ok(resolved);
        };
        let Some(identity) = &self.identity else {
            let problem = "authentication: this host lends no aws identity of its own to jobs";
            return Err(Failure::of_input("Identity", problem.to_owned()));
        };
        let credentials = identity.credentials().await.map_err(|error| {
            tracing::warn!("{error}");
            let problem = "the host could not get its aws credentials";
            Failure::new(FailureKind::Retryable, "Identity", problem).with_code("Identity")
        })?;
        let authentication = credentials.to_authentication().to_string();
        let json = authentication::replaced(&resolved.json, place, &authentication);
        Ok(Resolved {
            json: json.unwrap_or(resolved.json),
            mask: resolved.mask.and(credentials.secrets()),
        })
    }

    /// The variables of a job, secrets in place.
    fn variables(&self, job: &Job) -> Result<Resolved, Failure> {
        let resolved = if job.inputs.is_empty() {
            let variables = job.variables.get();
            self.check_authentication(variables)?;
            secrets::resolve(variables, &self.filter, &*self.secrets)
        } else {
            let (inputs, placeholders) = with_placeholders(&job.inputs);
            // What is told of an expression is told of the one that the diagram has.
            let variables = self
                .mapped(&inputs, job)
                .map_err(|failure| self.mapped(&job.inputs, job).err().unwrap_or(failure))?;
            placeholders.resolve(&variables, &*self.secrets)
        };
        let resolved = resolved.map_err(|error| {
            if let Some(cause) = error.source() {
                tracing::warn!("{error}: {cause}");
            }
            let kind = match error {
                SecretError::Missing(_) | SecretError::Changed(_) => FailureKind::InvalidInput,
                // Nothing was done yet, and the provider may be back the next time.
                SecretError::Provider { .. } => FailureKind::Retryable,
            };
            Failure::new(kind, "Secret", error.to_string()).with_code("Secret")
        })?;
        // A value may stand where it breaks the JSON: outside of a string.
        if serde_json::from_str::<serde::de::IgnoredAny>(&resolved.json).is_err() {
            let problem = "the variables are no json once secrets are in place".to_owned();
            return Err(Failure::of_input("Secret", problem));
        }
        Ok(resolved)
    }

    /// A key that stays a reference would be refused far away, and not for what is wrong with it.
    fn check_authentication(&self, variables: &str) -> Result<(), Failure> {
        let held_back = authentication::keys(variables)
            .into_iter()
            .flat_map(secrets::names)
            .find(|name| !self.filter.lets_through(name));
        match held_back {
            None => Ok(()),
            Some(name) => {
                let name = secrets::shown(name);
                let problem = format!("secret '{name}' is not let through by this host");
                Err(Failure::of_input("Secret", problem))
            }
        }
    }

    /// The variables after input mappings, as JSON.
    fn mapped(&self, inputs: &[InputMapping], job: &Job) -> Result<String, Failure> {
        let mapped = self.expressions.map_inputs(inputs, job.variables.get());
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
        Self::new(FailureKind::InvalidInput, error_type, message).with_code(error_type)
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        let message = error.to_string();
        match error {
            ExecuteError::Failed(failure) => {
                let kind = match failure.kind {
                    outbound::FailureKind::Retry => FailureKind::Retryable,
                    outbound::FailureKind::GiveUp => FailureKind::InvalidInput,
                    outbound::FailureKind::OutcomeUnknown => FailureKind::OutcomeUnknown,
                };
                let variables = failure.variables.as_deref().unwrap_or("{}");
                Self::new(kind, failure.error_type, message)
                    .with_code(failure.code)
                    .with_variables(serde_json::from_str(variables).unwrap_or_default())
            }
            ExecuteError::Stopped(stopped) => {
                let kind = if stopped.request_left {
                    FailureKind::OutcomeUnknown
                } else {
                    FailureKind::Retryable
                };
                Self::new(kind, "Stopped", message).with_code("Stopped")
            }
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
            variables: Box::new(mask.object(*failure.variables)),
            ..failure
        }),
    }
}

fn parse_response(response: &str) -> Result<Value, Failure> {
    serde_json::from_str(response).map_err(|_| {
        Failure::new(
            FailureKind::OutcomeUnknown,
            "InvalidResponse",
            "the work may be done, but the connector's response is no json",
        )
        .with_code("InvalidResponse")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

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
        let facts = Map::from_iter([("echo".to_owned(), json!(["m4rk3r"]))]);
        Failure::new(FailureKind::Retryable, "Denied", "m4rk3r is not allowed")
            .with_code("AccessDenied")
            .with_variables(facts)
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
        let keys = json!({"variables": {"authentication": {"accessKey": "{{secrets.KEY}}"}}});
        let (outcome, got) = run(&runner(), keys, Ok(json!({}))).await;
        assert_eq!(got, None);
        let message = outcome["errorMessage"].as_str().unwrap();
        assert!(
            message.starts_with("secret 'KEY' is not let through by this host"),
            "{message}"
        );
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
