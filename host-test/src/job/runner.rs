//! A job from beginning to end.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tokio::time::timeout_at;
use tracing::Instrument as _;

use super::activated::Job;
use super::authentication;
use super::expressions::Expressions;
use super::headers::TaskHeaders;
use super::inputs::InputMapping;
use super::outcome::{Failure, FailureKind, Outcome, Work, conclude};
use super::trace::TraceContext;
use crate::contract::outbound;
use crate::error::{ExecuteError, StopReason, Stopped, one_line};
use crate::identity::AwsIdentity;
use crate::json;
use crate::outbound_connector::OutboundConnector;
use crate::secrets::{
    self, Mask, Placeholders, Resolved, SecretError, SecretFilter, SecretProvider,
};

/// The most bytes of JSON that a connector gets: four times what an engine hands out.
const MAX_VARIABLES: usize = 16 << 20;

/// Nobody knows what became of the work, and it is not known to be repeatable.
const UNKNOWN: FailureKind = FailureKind::OutcomeUnknown {
    repeatable_for: None,
};

/// How long it may take to get secrets and identity for a job that says nothing of time.
const PREPARATION: Duration = Duration::from_mins(1);

/// A job that has come to its end.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ended {
    /// What the process is told.
    pub outcome: Outcome,
    /// What became of the work. An expression of the process may make of an unknown outcome what it likes: here it is
    /// unknown.
    pub work: Work,
}

/// Runs jobs: evaluates their inputs, puts secrets in place, has a connector do the work, and maps the result.
pub struct JobRunner {
    expressions: Expressions,
    secrets: Box<dyn SecretProvider>,
    filter: SecretFilter,
    identity: Option<AwsIdentity>,
    job_type: Option<String>,
    /// Where the AWS trace header goes, name by name.
    trace_header: Option<Vec<String>>,
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
            trace_header: None,
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

    /// Hands the trace of a job on, as an AWS trace header in this variable, a path of names: `queue.awsTraceHeader` for
    /// the SQS connector. A job that has a value there keeps it; one without a trace, or without the object that the
    /// variable is in, is left as it is.
    #[must_use]
    pub fn with_aws_trace_header(mut self, variable: &str) -> Self {
        self.trace_header = Some(variable.split('.').map(str::to_owned).collect());
        self
    }

    /// Runs a job on a connector. Where its host is interrupted before the connector is called, the job is not begun.
    pub async fn run_on(&self, connector: &OutboundConnector, job: Job) -> Ended {
        let execute = async |variables: String, timeout| {
            let executed = connector.execute(&variables, timeout).await;
            executed.map_err(Failure::from)
        };
        let interrupted = connector.interrupted();
        self.run_in_span(job, interrupted, execute).await
    }

    /// Runs a job to the one outcome that it ends in, with secret values cut out of it.
    ///
    /// `execute` does the work: it gets the variables as JSON and the job's timeout, if it has one, and yields the
    /// response as JSON. It is not called for a job that cannot be run.
    ///
    /// All of it happens in a span `job`, with the key and the type of the job and the id of its trace.
    pub async fn run<E>(&self, job: Job, execute: E) -> Ended
    where
        E: AsyncFnOnce(String, Option<Duration>) -> Result<String, Failure>,
    {
        self.run_in_span(job, std::future::pending(), execute).await
    }

    async fn run_in_span<E>(
        &self,
        job: Job,
        interrupted: impl Future<Output = ()>,
        execute: E,
    ) -> Ended
    where
        E: AsyncFnOnce(String, Option<Duration>) -> Result<String, Failure>,
    {
        // Of a level that is always on: a warning must tell which job it is about.
        let span = tracing::error_span!(
            "job",
            key = job.key.as_deref().map(shown),
            r#type = job.job_type.as_deref().map(shown),
            trace_id = job.trace_context.as_ref().map(TraceContext::trace_id),
        );
        let began = Instant::now();
        async {
            let (headers, result) = self.result(&job, interrupted, execute).await;
            let work = Work::of(&result);
            if let Err(Failure {
                error_type, code, ..
            }) = &result
            {
                tracing::info!(error_type, code, "failed");
            }
            let outcome = conclude(&self.expressions, &headers, job.retries, result);
            let elapsed_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            tracing::info!(work = work.name(), elapsed_us, "ended");
            Ended { outcome, work }
        }
        .instrument(span)
        .await
    }

    /// What the connector made of a job, and the headers that say what to make of that.
    async fn result<E>(
        &self,
        job: &Job,
        interrupted: impl Future<Output = ()>,
        execute: E,
    ) -> (TaskHeaders, Result<Value, Failure>)
    where
        E: AsyncFnOnce(String, Option<Duration>) -> Result<String, Failure>,
    {
        let left = left(job);
        let headers = match TaskHeaders::new(&job.headers) {
            _ if is_late(job) => Err(late()),
            Ok(headers) => Ok(headers),
            Err(invalid) => Err(Failure::of_input("InvalidHeader", invalid.to_string())),
        };
        match headers {
            Ok(headers) => {
                let timeout = headers.job_timeout.into_iter().chain(left).min();
                let result = self.attempt(job, timeout, interrupted, execute).await;
                (headers, result)
            }
            // No expression is asked about a job that is none, or no longer this host's.
            Err(failure) => (TaskHeaders::default(), Err(failure)),
        }
    }

    /// The response of a job, or why it has none, with secret values cut out.
    async fn attempt<E>(
        &self,
        job: &Job,
        timeout: Option<Duration>,
        interrupted: impl Future<Output = ()>,
        execute: E,
    ) -> Result<Value, Failure>
    where
        E: AsyncFnOnce(String, Option<Duration>) -> Result<String, Failure>,
    {
        let begin = Instant::now();
        let until = begin + timeout.unwrap_or(PREPARATION);
        let Resolved { json, mask } = tokio::select! {
            biased;
            () = interrupted => {
                let reason = StopReason::Interrupted;
                let stopped = Stopped { reason, request_left: false };
                return Err(ExecuteError::Stopped(stopped).into());
            }
            resolved = self.prepared(job, until.into()) => resolved.map_err(|failure| {
                if is_late(job) { late() } else { failure }
            })?,
        };
        if is_late(job) {
            return Err(late());
        }
        let timeout = timeout.map(|timeout| timeout.saturating_sub(begin.elapsed()));
        let mut response = execute(json, timeout).await;
        if let Err(Failure {
            kind: FailureKind::OutcomeUnknown { repeatable_for },
            ..
        }) = &mut response
        {
            // What is evaluated here is evaluated anew at every try, and may come out differently.
            *repeatable_for = repeatable_for
                .filter(|_| job.inputs.is_empty())
                .and_then(|window| window.checked_sub(begin.elapsed()));
        }
        masked(
            response.and_then(|response| parse_response(&response)),
            &mask,
        )
    }

    /// The variables that a connector gets, with the identity of the host where they ask for it. There is no more time
    /// for it than that.
    async fn prepared(&self, job: &Job, until: tokio::time::Instant) -> Result<Resolved, Failure> {
        if let (Some(wanted), Some(given)) = (&self.job_type, &job.job_type)
            && wanted != given
        {
            let given: String = given.chars().take(100).collect();
            let problem = format!("the job is of type {given:?}, the connector is for {wanted:?}");
            return Err(Failure::of_input("WrongJobType", problem));
        }
        let mut resolved = timeout_at(until, self.variables(job))
            .await
            .unwrap_or_else(|_| Err(no_secrets()))?;
        if let (Some(variable), Some(context)) = (&self.trace_header, &job.trace_context) {
            let path: Vec<&str> = variable.iter().map(String::as_str).collect();
            let header = Value::from(context.to_aws_trace_header()).to_string();
            if let Some(json) = json::with_missing(&resolved.json, &path, &header) {
                resolved.json = json;
            }
        }
        let Some(place) = authentication::asks_for_host_identity(&resolved.json) else {
            return Ok(resolved);
        };
        let Some(identity) = &self.identity else {
            let problem = "authentication: this host lends no aws identity of its own to jobs";
            return Err(Failure::of_input("Identity", problem.to_owned()));
        };
        let credentials = timeout_at(until, identity.credentials()).await;
        let credentials = credentials.map_err(|_| no_identity())?.map_err(|error| {
            let told = one_line(&error.to_string());
            tracing::warn!("{told}");
            no_identity()
        })?;
        let authentication = credentials.to_authentication().to_string();
        let json = authentication::replaced(&resolved.json, place, &authentication);
        Ok(Resolved {
            json: json.unwrap_or(resolved.json),
            mask: resolved.mask.and(credentials.secrets()),
        })
    }

    /// The variables of a job, secrets in place.
    async fn variables(&self, job: &Job) -> Result<Resolved, Failure> {
        let resolved = if job.inputs.is_empty() {
            let variables = job.variables.get();
            self.check_authentication(variables)?;
            secrets::resolve(variables, &self.filter, &*self.secrets).await
        } else {
            let (inputs, placeholders) = with_placeholders(&job.inputs);
            // What is told of an expression is told of the one that the diagram has.
            let variables = self
                .mapped(&inputs, job)
                .map_err(|failure| self.mapped(&job.inputs, job).err().unwrap_or(failure))?;
            placeholders.resolve(&variables, &*self.secrets).await
        };
        let resolved = resolved.map_err(|error| {
            if let Some(cause) = error.source() {
                let told = one_line(&format!("{error}: {cause}"));
                tracing::warn!("{told}");
            }
            let kind = match error {
                SecretError::Missing(_) | SecretError::Changed(_) => FailureKind::InvalidInput,
                // Nothing was done yet, and the provider may be back the next time.
                SecretError::Provider { .. } => FailureKind::Retryable,
            };
            Failure::new(kind, "Secret", error.to_string()).with_code("Secret")
        })?;
        if resolved.json.len() > MAX_VARIABLES {
            let problem = format!(
                "variables must be at most {MAX_VARIABLES} bytes: have {}",
                resolved.json.len()
            );
            return Err(Failure::of_input("InvalidInput", problem));
        }
        Ok(resolved)
    }

    /// A key that stays a reference would be refused far away, and not for what is wrong with it.
    fn check_authentication(&self, variables: &str) -> Result<(), Failure> {
        let held_back: BTreeSet<String> = authentication::keys(variables)
            .into_iter()
            .flat_map(secrets::names)
            .filter(|name| !self.filter.lets_through(name))
            .map(|name| format!("'{}'", secrets::shown(name)))
            .collect();
        if held_back.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = held_back.into_iter().collect();
        let problem = format!("not let through by this host: secret {}", names.join(", "));
        Err(Failure::of_input("Secret", problem))
    }

    /// The variables after input mappings, as JSON.
    fn mapped(&self, inputs: &[InputMapping], job: &Job) -> Result<String, Failure> {
        let mapped = self.expressions.map_inputs(inputs, job.variables.get());
        let mapped =
            mapped.map_err(|error| Failure::of_input("InvalidInput", error.to_string()))?;
        Ok(Value::Object(mapped).to_string())
    }
}

/// As much of a text as is fit for a log.
fn shown(text: &str) -> &str {
    let end = text
        .char_indices()
        .nth(100)
        .map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// How long the engine waits for a job yet, if it says so.
fn left(job: &Job) -> Option<Duration> {
    let left = job.deadline?.duration_since(SystemTime::now());
    Some(left.unwrap_or_default())
}

fn is_late(job: &Job) -> bool {
    left(job).is_some_and(|left| left.is_zero())
}

/// The failure of a job that the engine has given to another worker by now. It is not this one's to fail: its retries
/// stay.
fn late() -> Failure {
    let problem = "the deadline of the job has passed: another worker may have it";
    Failure::new(FailureKind::Postponed, "Deadline", problem).with_code("Deadline")
}

fn no_secrets() -> Failure {
    let problem = "the secrets of the job could not be fetched in time";
    Failure::new(FailureKind::Retryable, "Secret", problem).with_code("Secret")
}

fn no_identity() -> Failure {
    let problem = "the host could not get its aws credentials";
    Failure::new(FailureKind::Retryable, "Identity", problem).with_code("Identity")
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
                    outbound::FailureKind::OutcomeUnknown => {
                        let window = failure.repeatable_for_ms;
                        FailureKind::OutcomeUnknown {
                            repeatable_for: window.map(|ms| Duration::from_millis(ms.into())),
                        }
                    }
                };
                let variables = failure.variables.as_deref().unwrap_or("{}");
                Self::new(kind, failure.error_type, message)
                    .with_code(failure.code)
                    .with_variables(serde_json::from_str(variables).unwrap_or_default())
            }
            ExecuteError::Stopped(stopped) => {
                let kind = match &stopped {
                    Stopped {
                        request_left: true, ..
                    } => UNKNOWN,
                    Stopped {
                        reason: StopReason::Interrupted | StopReason::NoSandbox(_),
                        ..
                    } => FailureKind::Postponed,
                    _ => FailureKind::Retryable,
                };
                Self::new(kind, "Stopped", message).with_code("Stopped")
            }
        }
    }
}

/// Without secret values, before any expression can turn them into something that is no longer recognised. The type
/// stays as it is: it is one of a few names of the connector. A code that holds a secret is none of a service, and
/// gives way to the type.
fn masked(result: Result<Value, Failure>, mask: &Mask) -> Result<Value, Failure> {
    match result {
        Ok(response) => Ok(mask.for_response().json(response)),
        Err(failure) => Err(Failure {
            message: mask.text(&failure.message),
            code: failure.code.map(|code| {
                if mask.text(&code) == code {
                    code
                } else {
                    failure.error_type.clone()
                }
            }),
            variables: Box::new(mask.object(*failure.variables)),
            ..failure
        }),
    }
}

fn parse_response(response: &str) -> Result<Value, Failure> {
    serde_json::from_str(response).map_err(|_| {
        Failure::new(
            UNKNOWN,
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
    use crate::secrets::{Secret, SecretFuture};

    /// Knows two secrets, `KEY` and `SHORT`.
    struct Keys;

    impl SecretProvider for Keys {
        fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
            let secret = match name {
                "KEY" => Some(Secret::new("m4rk3r-secret")),
                "SHORT" => Some(Secret::new("9bd")),
                _ => None,
            };
            Box::pin(async { Ok(secret) })
        }
    }

    fn runner() -> JobRunner {
        JobRunner::new(
            Expressions::new(|| "2026-11-22T10:00:00[Etc/UTC]".parse().unwrap()),
            Keys,
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
        (outcome.outcome.to_json(), got)
    }

    fn denied() -> Failure {
        let facts = Map::from_iter([("echo".to_owned(), json!(["m4rk3r-secret"]))]);
        Failure::new(
            FailureKind::Retryable,
            "Denied",
            "m4rk3r-secret is not allowed",
        )
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
            "authentication": {"accessKey": "m4rk3r-secret"},
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
            "authentication": {"accessKey": "m4rk3r-secret"},
            "queue": {"messageBody": format!("{data}m4rk3r-secret{data}")}
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
            message.starts_with("not let through by this host: secret 'KEY'"),
            "{message}"
        );
        let allowing = runner().with_filter(SecretFilter::Only(["KEY".to_owned()].into()));
        let (_, got) = run(&allowing, job, Ok(json!({}))).await;
        assert_eq!(got, Some(json!({"a": "m4rk3r-secret"})));
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
                Ok(json!({"echo": "m4rk3r-secret"})),
            ),
            (
                json!({"resultExpression": "{a: echo, b: to json(response), c: [{d: echo}]}"}),
                Ok(json!({"echo": "m4rk3r-secret"})),
            ),
            (
                json!({"resultExpression": "assert(1, false, echo)"}),
                Ok(json!({"echo": "m4rk3r-secret"})),
            ),
            (
                json!({"resultExpression": "{a: split(echo, \"r\"), b: substring(echo, 2), c: echo}"}),
                Ok(json!({"echo": "m4rk3r-secret"})),
            ),
            (
                json!({}),
                Err(Failure {
                    message: "x".repeat(5_990) + "m4rk3r-secret",
                    ..denied()
                }),
            ),
        ] {
            let job = json!({"retries": 3, "customHeaders": headers, "inputs": inputs});
            let (outcome, got) = run(&runner(), job, result).await;
            assert!(got.unwrap().to_string().contains("m4rk3r-secret"));
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
        assert_eq!(outcome.outcome.to_json()["retries"], 0);
        assert_eq!(outcome.work, Work::Unknown);
    }

    /// The timeout that a job hands on.
    async fn timeout_of(job: Value) -> Option<Duration> {
        let mut handed_on = None;
        runner()
            .run(
                Job::from_json(&job.to_string()).unwrap(),
                async |_, timeout| {
                    handed_on = timeout;
                    Ok("{}".to_owned())
                },
            )
            .await;
        handed_on
    }

    #[tokio::test]
    async fn the_time_that_a_job_has_is_handed_on() {
        let ten_minutes = json!({"jobTimeout": "PT10M"});
        let soon = SystemTime::now() + Duration::from_mins(1);
        let soon = soon
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs()
            * 1_000;
        let within = |timeout: Option<Duration>, minutes| {
            let longest = Duration::from_mins(minutes);
            timeout.is_some_and(|timeout| timeout <= longest && timeout > longest / 2)
        };
        assert_eq!(timeout_of(json!({})).await, None);
        assert!(within(
            timeout_of(json!({"customHeaders": ten_minutes})).await,
            10
        ));
        assert!(within(timeout_of(json!({"deadline": soon})).await, 1));
        assert!(within(
            timeout_of(json!({"deadline": soon, "customHeaders": ten_minutes})).await,
            1
        ));
    }

    #[tokio::test]
    async fn a_job_that_another_worker_may_have_is_not_executed() {
        let headers = json!({"errorExpression": "bpmnError(\"A\")"});
        let job = json!({"retries": 3, "deadline": 1_000, "customHeaders": headers});
        let (outcome, got) = run(&runner(), job, Ok(json!({}))).await;
        assert_eq!(got, None);
        assert_eq!(outcome["retries"], 3);
        assert_eq!(outcome["variables"]["error"]["type"], "Deadline");
    }

    #[tokio::test]
    async fn an_unknown_outcome_is_repeatable_unless_inputs_may_come_out_differently() {
        let kind = FailureKind::OutcomeUnknown {
            repeatable_for: Some(Duration::from_mins(5)),
        };
        let lost = || Failure::new(kind, "OutcomeUnknown", "lost");
        let (outcome, _) = run(&runner(), json!({"retries": 3}), Err(lost())).await;
        assert_eq!(outcome["retries"], 2);
        let evaluated = json!({"retries": 3, "inputs": {"id": "=uuid()"}});
        let (outcome, _) = run(&runner(), evaluated, Err(lost())).await;
        assert_eq!(outcome["retries"], 0);
    }

    #[tokio::test]
    async fn a_code_that_holds_a_secret_gives_way_to_the_type() {
        let failure = denied().with_code("m4rk3r-secret");
        let inputs = json!({"authentication.secretKey": "{{secrets.KEY}}"});
        let headers = json!({"errorExpression": "bpmnError(error.code, error.code)"});
        let job = json!({"retries": 3, "inputs": inputs, "customHeaders": headers});
        let (outcome, _) = run(&runner(), job, Err(failure)).await;
        assert_eq!(outcome["errorCode"], "Denied");
    }

    #[tokio::test]
    async fn a_response_keeps_its_ids_whatever_short_secrets_there_are() {
        let job = json!({
            "inputs": {"a": "{{secrets.SHORT}}"}, "customHeaders": {"resultVariable": "r"}
        });
        let response = json!({"9bd": "9bdb3a56"});
        let (outcome, _) = run(&runner(), job.clone(), Ok(response.clone())).await;
        assert_eq!(outcome["variables"], json!({"r": response}));
        let failure = Failure::new(FailureKind::Retryable, "Denied", "9bd is wrong");
        let (outcome, _) = run(&runner(), job, Err(failure)).await;
        assert_eq!(outcome["variables"]["error"]["message"], "*** is wrong");
    }

    #[tokio::test]
    async fn variables_beyond_measure_are_not_executed() {
        let job = json!({"retries": 3, "variables": {"a": "x".repeat(MAX_VARIABLES)}});
        let (outcome, got) = run(&runner(), job, Ok(json!({}))).await;
        assert_eq!(got, None);
        assert_eq!(outcome["retries"], 0);
        let message = outcome["errorMessage"].as_str().unwrap();
        assert!(
            message.starts_with("variables must be at most 16777216 bytes: have 16777224 |"),
            "{message}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_vault_that_does_not_answer_fails_the_job_in_time() {
        struct Silent;
        impl SecretProvider for Silent {
            fn secret<'a>(&'a self, _: &'a str) -> SecretFuture<'a> {
                Box::pin(std::future::pending())
            }
        }
        let now = || "2026-11-22T10:00:00[Etc/UTC]".parse().unwrap();
        let runner = JobRunner::new(Expressions::new(now), Silent);
        let job = json!({"retries": 3, "inputs": {"a": "secrets.KEY"}});
        let (outcome, got) = run(&runner, job, Ok(json!({}))).await;
        assert_eq!((got, &outcome["retries"]), (None, &json!(2)));
        assert_eq!(outcome["variables"]["error"]["type"], "Secret");
    }

    #[tokio::test]
    async fn a_job_that_is_interrupted_before_its_work_is_as_good_as_before() {
        let headers = json!({"errorExpression": "bpmnError(\"A\")"});
        let job = json!({"retries": 3, "customHeaders": headers}).to_string();
        let job = Job::from_json(&job).unwrap();
        let execute = async |_, _| panic!("it is not executed");
        let ended = runner()
            .run_in_span(job, std::future::ready(()), execute)
            .await;
        assert_eq!(ended.work, Work::NotBegun);
        assert_eq!(ended.outcome.to_json()["retries"], 3);
    }
}
