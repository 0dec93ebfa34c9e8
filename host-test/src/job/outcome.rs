//! What a job ends in: the mapping of its result, and the error expression's say.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::expressions::Expressions;
use super::headers::{TaskHeaders, unsigned_duration};

/// The most bytes of JSON that the variables of a job may have: 1.5 MB, the limit of Camunda's runtime.
const MAX_VARIABLES: usize = 3 * 1024 * 1024 / 2;

/// The most characters of a message.
const MAX_MESSAGE: usize = 6_000;

/// How much later than asked for a job may be tried again: engines and workers are not on time.
const DELAY: Duration = Duration::from_mins(1);

/// The most retries that an engine takes.
const MAX_RETRIES: u32 = i32::MAX.unsigned_abs();

/// What a job ends in: one command to the process engine.
#[derive(Clone, PartialEq)]
pub enum Outcome {
    /// The job is done.
    Completed {
        /// The variables that go back into the process.
        variables: Map<String, Value>,
    },
    /// The job failed.
    Failed {
        /// Why, for people: at most 6,000 characters.
        message: String,
        /// How often the job is tried again. At 0 the engine raises an incident.
        retries: u32,
        /// How long the engine waits before that; as it likes if there is none.
        retry_backoff: Option<Duration>,
        /// Variables for the element.
        variables: Map<String, Value>,
    },
    /// A BPMN error, which a boundary event may catch.
    Error {
        /// The code that the event names.
        code: String,
        /// Why, for people: at most 6,000 characters.
        message: Option<String>,
        /// Variables for the handler.
        variables: Map<String, Value>,
    },
}

/// Shows how the job ended, not its variables or messages.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed { variables } => {
                write!(f, "completed with {} variables", variables.len())
            }
            Self::Failed { retries, .. } => write!(f, "failed with {retries} retries"),
            Self::Error { code, .. } => write!(f, "bpmn error {code:?}"),
        }
    }
}

/// Why a job has no response.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// What it means for another try.
    pub kind: FailureKind,
    /// The name of the kind of error, as `error.type` in the error expression.
    pub error_type: String,
    /// A stable code to branch on, as `error.code`.
    pub code: Option<String>,
    /// Why, for people, as `error.message`.
    pub message: String,
    /// Facts about the failure, as `error.variables`.
    pub variables: Box<Map<String, Value>>,
}

impl Failure {
    /// A failure with a message, and nothing more that is known of it.
    #[must_use]
    pub fn new(
        kind: FailureKind,
        error_type: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            error_type: error_type.into(),
            code: None,
            message: message.into(),
            variables: Box::default(),
        }
    }

    /// The same failure with a code.
    #[must_use]
    pub fn with_code(self, code: impl Into<String>) -> Self {
        Self {
            code: Some(code.into()),
            ..self
        }
    }

    /// The same failure with facts about it.
    #[must_use]
    pub fn with_variables(self, variables: Map<String, Value>) -> Self {
        Self {
            variables: Box::new(variables),
            ..self
        }
    }
}

/// Shows the kind and the code, not the message.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.kind, self.code)
    }
}

/// What a failure means for another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The job itself is wrong: no retry helps.
    InvalidInput,
    /// It may work another time.
    Retryable,
    /// It was not begun, for a reason that is none of its own: its retries stay as they are, and no error expression is
    /// asked.
    Postponed,
    /// The work may have been done: another try may do it twice.
    OutcomeUnknown {
        /// For how long another try with the same variables does no harm all the same.
        repeatable_for: Option<Duration>,
    },
}

/// What became of the work of a job, whatever the process is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It is done.
    Done,
    /// It is certainly not done, as far as the service can be believed.
    NotDone,
    /// Nobody knows.
    Unknown,
    /// It was not begun, and the job is as good as before.
    NotBegun,
}

impl Work {
    /// Its name: `done`, `not-done`, `unknown` or `not-begun`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not-done",
            Self::Unknown => "unknown",
            Self::NotBegun => "not-begun",
        }
    }

    /// What became of the work that has this result.
    #[must_use]
    pub fn of(result: &Result<Value, Failure>) -> Self {
        match result.as_ref().map_err(|failure| failure.kind) {
            Ok(_) => Self::Done,
            Err(FailureKind::InvalidInput | FailureKind::Retryable) => Self::NotDone,
            Err(FailureKind::OutcomeUnknown { .. }) => Self::Unknown,
            Err(FailureKind::Postponed) => Self::NotBegun,
        }
    }
}

/// Decides what a job ends in. `retries` is what the activated job had left, this try included.
///
/// A response is mapped to variables first, by result variable and result expression. Then the error
/// expression is asked, on success too. A failure that it does not handle uses up one retry; the job is not
/// tried again if its input is wrong, if an expression is, or if nobody knows whether the work was done.
#[must_use]
pub fn conclude(
    expressions: &Expressions,
    headers: &TaskHeaders,
    retries: u32,
    result: Result<Value, Failure>,
) -> Outcome {
    let mapped = result.and_then(
        |response| match map_response(expressions, headers, &response) {
            Ok(variables) => Ok((response, variables)),
            Err(problem) => Err(unmapped(&problem)),
        },
    );
    let is_postponed = matches!(&mapped, Err(failure) if failure.kind == FailureKind::Postponed);
    if let Some(expression) = &headers.error_expression
        && !is_postponed
    {
        let scope = error_scope(&mapped, retries);
        match expressions
            .evaluate(expression, &scope)
            .and_then(|value| handling(&value))
        {
            Ok(Some(outcome)) => return outcome,
            Ok(None) => {}
            Err(problem) => {
                return failed(headers, retries, &unhandled(&problem, mapped.err()));
            }
        }
    }
    match mapped {
        Ok((_, variables)) => Outcome::Completed { variables },
        Err(failure) => failed(headers, retries, &failure),
    }
}

/// The failure of a job whose work is done, though its result cannot be used.
fn unmapped(problem: &str) -> Failure {
    Failure::new(
        FailureKind::InvalidInput,
        "ResultMapping",
        format!("the work is done, but its result could not be mapped: {problem}"),
    )
    .with_code("ResultMapping")
}

/// The failure of a job whose error expression cannot be used. What went wrong before is not lost over it.
fn unhandled(problem: &str, before: Option<Failure>) -> Failure {
    let message = format!("the error expression failed: {problem}");
    match before {
        None => Failure::new(
            FailureKind::InvalidInput,
            "ErrorExpression",
            format!("the work is done, but {message}"),
        )
        .with_code("ErrorExpression"),
        Some(failure) => Failure {
            kind: FailureKind::InvalidInput,
            message: format!("{}; {message}", failure.message),
            ..failure
        },
    }
}

/// The variables that result variable and result expression make of a response.
fn map_response(
    expressions: &Expressions,
    headers: &TaskHeaders,
    response: &Value,
) -> Result<Map<String, Value>, String> {
    let mut variables = Map::new();
    if let Some(name) = &headers.result_variable {
        variables.insert(name.clone(), response.clone());
    }
    if let Some(expression) = &headers.result_expression {
        let mut scope = response.as_object().cloned().unwrap_or_default();
        scope.insert("response".to_owned(), response.clone());
        match expressions.evaluate(expression, &scope)? {
            Value::Null => {}
            Value::Object(mapped) => variables.extend(mapped),
            other => {
                return Err(format!(
                    "the result expression must yield a context, but yields {}",
                    article(&other)
                ));
            }
        }
    }
    check_variables(&variables)?;
    Ok(variables)
}

/// A key by which connectors recognise a function to execute. No result may bring one into a process.
const FORBIDDEN: &str = "camunda.function.type";

/// Whether an engine takes these variables.
fn check_variables(variables: &Map<String, Value>) -> Result<(), String> {
    let json = serde_json::to_string(variables).map_err(|error| error.to_string())?;
    if json.len() > MAX_VARIABLES {
        return Err(format!(
            "the variables may have at most {MAX_VARIABLES} bytes, they have {}",
            json.len()
        ));
    }
    if json.contains(FORBIDDEN) {
        return Err(format!("the variables must not contain {FORBIDDEN}"));
    }
    Ok(())
}

fn article(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a context",
    }
}

/// What the error expression sees. On success: the variables that the mapping made, with the same as `response`; or
/// else the response itself.
fn error_scope(
    mapped: &Result<(Value, Map<String, Value>), Failure>,
    retries: u32,
) -> Map<String, Value> {
    let mut scope = match mapped {
        Ok((response, variables)) => {
            let response = if variables.is_empty() {
                response.clone()
            } else {
                variables.clone().into()
            };
            let mut scope = response.as_object().cloned().unwrap_or_default();
            scope.insert("response".to_owned(), response);
            scope
        }
        Err(failure) => {
            let error = failure.json();
            let response = json!({ "error": error });
            Map::from_iter([
                ("error".to_owned(), error),
                ("response".to_owned(), response),
            ])
        }
    };
    scope.insert("job".to_owned(), json!({ "retries": retries }));
    scope
}

impl Failure {
    fn json(&self) -> Value {
        let mut error = Map::new();
        error.insert("type".to_owned(), self.error_type.clone().into());
        error.insert("message".to_owned(), self.message.clone().into());
        if let Some(code) = &self.code {
            error.insert("code".to_owned(), code.clone().into());
        }
        if !self.variables.is_empty() {
            error.insert(
                "variables".to_owned(),
                Value::Object(*self.variables.clone()),
            );
        }
        error.into()
    }

    /// The message of a failed job: with what an operator can only see there, unless the job handles it.
    fn job_message(&self) -> String {
        let mut error = self.json();
        if let Value::Object(error) = &mut error {
            error.shift_remove("message");
        }
        let variables = json!({ "error": error });
        cut(&format!("{} | Error variables: {variables}", self.message))
    }
}

/// What the value of an error expression asks for, if it asks for anything.
fn handling(value: &Value) -> Result<Option<Outcome>, String> {
    let fields = match value {
        Value::Null => return Ok(None),
        Value::Object(fields) if fields.is_empty() => return Ok(None),
        Value::Object(fields) => fields,
        other => {
            return Err(format!(
                "it must yield a context or null, but yields {}",
                article(other)
            ));
        }
    };
    let text = |name: &str| match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!(
            "{name} must be a string, but is {}",
            article(other)
        )),
    };
    let mut variables = match fields.get("variables") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(variables)) => variables.clone(),
        Some(other) => {
            return Err(format!(
                "variables must be a context, but is {}",
                article(other)
            ));
        }
    };
    check_variables(&variables)?;
    let message = text("errorMessage")?.map(|message| cut(&message));
    match text("errorType")?.as_deref() {
        Some("bpmnError") => Ok(text("errorCode")?
            .filter(|code| !code.is_empty())
            .map(|code| Outcome::Error {
                code,
                message,
                variables,
            })),
        Some("ignoreError") => Ok(Some(Outcome::Completed { variables })),
        Some("jobError") => {
            let retries = match fields.get("retries") {
                None | Some(Value::Null) => 0,
                Some(retries) => {
                    let retries = retries.as_f64().ok_or("retries must be a number")?.max(0.0);
                    // Whole retries only, and no more than there can be.
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let whole = retries.min(f64::from(MAX_RETRIES)) as u32;
                    whole
                }
            };
            let retry_backoff = text("retryBackoff")?
                .map(|text| backoff(&text))
                .transpose()?;
            let message = message.unwrap_or_default();
            variables.insert("error".to_owned(), message.clone().into());
            Ok(Some(Outcome::Failed {
                message,
                retries,
                retry_backoff,
                variables,
            }))
        }
        _ => Err("errorType must be bpmnError, jobError or ignoreError".to_owned()),
    }
}

fn backoff(text: &str) -> Result<Duration, String> {
    unsigned_duration(text)
        .ok_or_else(|| "retryBackoff must be a duration, and not negative".to_owned())
}

/// A failed job: one retry fewer, as many as before if it was not begun, or none left where another try cannot help or may do harm.
fn failed(headers: &TaskHeaders, retries: u32, failure: &Failure) -> Outcome {
    let backoff = headers
        .retry_backoff
        .filter(|_| failure.kind != FailureKind::Postponed);
    let next = backoff.unwrap_or_default().saturating_add(DELAY);
    let one_fewer = retries.saturating_sub(1);
    let retries = match failure.kind {
        FailureKind::Postponed => retries,
        FailureKind::Retryable => one_fewer,
        FailureKind::OutcomeUnknown {
            repeatable_for: Some(window),
        } if next <= window => one_fewer,
        FailureKind::InvalidInput | FailureKind::OutcomeUnknown { .. } => 0,
    };
    let message = failure.job_message();
    let failure = Failure {
        message: cut(&failure.message),
        ..failure.clone()
    };
    let variables = Map::from_iter([("error".to_owned(), failure.json())]);
    Outcome::Failed {
        message,
        retries: retries.min(MAX_RETRIES),
        retry_backoff: backoff,
        variables,
    }
}

/// At most as many characters as an engine takes. It counts those of UTF-16.
fn cut(message: &str) -> String {
    let mut units = 0;
    message
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= MAX_MESSAGE
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> TaskHeaders {
        let headers: BTreeMap<String, String> = pairs
            .iter()
            .map(|(name, text)| (name.to_string(), text.to_string()))
            .collect();
        TaskHeaders::new(&headers).unwrap()
    }

    fn end(pairs: &[(&str, &str)], retries: u32, result: Result<Value, Failure>) -> Outcome {
        let expressions = Expressions::new(|| "2026-11-22T10:00:00[Etc/UTC]".parse().unwrap());
        conclude(&expressions, &headers(pairs), retries, result)
    }

    fn completed(pairs: &[(&str, &str)], response: Value) -> Value {
        match end(pairs, 3, Ok(response)) {
            Outcome::Completed { variables } => variables.into(),
            Outcome::Failed {
                message, retries, ..
            } => json!({"failed": message, "retries": retries}),
            Outcome::Error { code, message, .. } => json!({"code": code, "message": message}),
        }
    }

    fn failure(code: Option<&str>) -> Failure {
        Failure {
            code: code.map(str::to_owned),
            ..Failure::new(FailureKind::Retryable, "Rejected", "exception message")
        }
    }

    #[test]
    fn the_result_variable_takes_the_whole_response() {
        for response in [
            json!({"hello": "world"}),
            Value::Null,
            json!({}),
            json!(1),
            json!("text"),
        ] {
            assert_eq!(
                completed(&[("resultVariable", "result")], response.clone()),
                json!({"result": response})
            );
        }
    }

    #[test]
    fn the_result_expression_maps_the_response() {
        let map = |expression, response| completed(&[("resultExpression", expression)], response);
        let response = json!({"callStatus": {"statusCode": "200 OK"}});
        let wanted = json!({"processedOutput": {"statusCode": "200 OK"}});
        assert_eq!(
            map(
                r#"{"processedOutput": response.callStatus }"#,
                response.clone()
            ),
            wanted
        );
        assert_eq!(
            map(
                r#"= {"processedOutput": response.callStatus }"#,
                response.clone()
            ),
            wanted
        );
        let nested = r#"= {"processedOutput": { status: callStatus.statusCode } }"#;
        assert_eq!(
            map(nested, response),
            json!({"processedOutput": {"status": "200 OK"}})
        );
        assert_eq!(
            map("= response", json!({"value": "responseValue"})),
            json!({"value": "responseValue"})
        );
        assert_eq!(
            map("{processedOutput: response}", json!("FOO")),
            json!({"processedOutput": "FOO"})
        );
        for empty in [Value::Null, json!({})] {
            assert_eq!(
                map("{out: response.callStatus}", empty),
                json!({"out": null})
            );
        }
        assert_eq!(map("= null", json!({})), json!({}));
        assert_eq!(
            map("{a: 9223372036854775807}", json!({})),
            json!({"a": i64::MAX})
        );
        assert_eq!(map("{on: today()}", json!({})), json!({"on": "2026-11-22"}));
    }

    #[test]
    fn the_seed_s_own_mapping_creates_a_variable() {
        let pairs = [(
            "resultExpression",
            "= {\n  \"createdMessageID\": response.messageId\n}",
        )];
        assert_eq!(
            completed(&pairs, json!({"messageId": "219f8380"})),
            json!({"createdMessageID": "219f8380"})
        );
    }

    #[test]
    fn both_mappings_add_up_and_the_expression_wins() {
        let pairs = [
            ("resultVariable", "a"),
            ("resultExpression", "{a: 1, b: null}"),
        ];
        assert_eq!(
            completed(&pairs, json!({"x": 2})),
            json!({"a": 1, "b": null})
        );
        assert_eq!(completed(&[], json!({"x": 2})), json!({}));
    }

    #[test]
    fn a_result_that_cannot_be_mapped_says_that_the_work_is_done() {
        let large = "x".repeat(MAX_VARIABLES);
        for (pairs, response, problem) in [
            (
                ("resultExpression", "= response"),
                json!("FOO"),
                "must yield a context, but yields a string",
            ),
            (
                ("resultExpression", "[1]"),
                json!({}),
                "must yield a context, but yields a list",
            ),
            (
                ("resultExpression", "1"),
                json!({}),
                "must yield a context, but yields a number",
            ),
            (
                ("resultExpression", "true"),
                json!({}),
                "must yield a context, but yields a boolean",
            ),
            (
                ("resultExpression", "{a: b, c: response}"),
                json!({"b": [{"camunda.function.type": "getText"}]}),
                "the variables must not contain camunda.function.type",
            ),
            (
                ("resultVariable", "a"),
                json!(large),
                "the variables may have at most 1572864 bytes, they have 1572872",
            ),
        ] {
            let Outcome::Failed {
                message, retries, ..
            } = end(&[pairs], 3, Ok(response))
            else {
                panic!("{problem}")
            };
            assert!(
                message.starts_with("the work is done, but its result could not be mapped: "),
                "{message}"
            );
            let told = format!(
                "{problem} | Error variables: {{\"error\":{{\"type\":\"ResultMapping\",\"code\":\"ResultMapping\"}}}}"
            );
            assert!(message.ends_with(&told), "{message}");
            assert_eq!(retries, 0);
        }
    }

    #[test]
    fn a_failure_uses_up_one_retry() {
        let backoff = [("retryBackoff", "PT1M")];
        let Outcome::Failed {
            message,
            retries,
            retry_backoff,
            variables,
        } = end(&backoff, 3, Err(failure(Some("1013"))))
        else {
            panic!("failed")
        };
        let told =
            r#"exception message | Error variables: {"error":{"type":"Rejected","code":"1013"}}"#;
        assert_eq!((message.as_str(), retries), (told, 2));
        assert_eq!(retry_backoff, Some(Duration::from_mins(1)));
        let error = json!({"type": "Rejected", "message": "exception message", "code": "1013"});
        assert_eq!(Value::from(variables), json!({ "error": error }));
        for (kind, before, after) in [
            (FailureKind::Retryable, 1, 0),
            (FailureKind::Retryable, 0, 0),
            (FailureKind::InvalidInput, 3, 0),
            (
                FailureKind::OutcomeUnknown {
                    repeatable_for: None,
                },
                3,
                0,
            ),
        ] {
            let Outcome::Failed {
                retries,
                retry_backoff,
                ..
            } = end(
                &[],
                before,
                Err(Failure {
                    kind,
                    ..failure(None)
                }),
            )
            else {
                panic!("{kind:?}")
            };
            assert_eq!((retries, retry_backoff), (after, None), "{kind:?}");
        }
    }

    #[test]
    fn an_unknown_outcome_is_tried_again_only_while_that_does_no_harm() {
        for (repeatable_for, backoff, wanted) in [
            (None, "PT0S", 0),
            (Some(300), "PT0S", 2),
            (Some(300), "PT30S", 2),
            (Some(300), "PT4M", 2),
            (Some(300), "PT4M1S", 0),
            (Some(59), "PT0S", 0),
        ] {
            let failure = Failure {
                kind: FailureKind::OutcomeUnknown {
                    repeatable_for: repeatable_for.map(Duration::from_secs),
                },
                ..failure(None)
            };
            let Outcome::Failed { retries, .. } =
                end(&[("retryBackoff", backoff)], 3, Err(failure))
            else {
                panic!("failed")
            };
            assert_eq!(retries, wanted, "{repeatable_for:?} {backoff}");
        }
    }

    #[test]
    fn messages_are_cut() {
        for (character, characters) in [("ä", 6_000), ("😀", 3_000)] {
            let long = Failure {
                message: character.repeat(8_400),
                ..failure(None)
            };
            let thrown = [("errorExpression", "bpmnError(\"A\", error.message)")];
            for headers in [&[][..], &thrown] {
                let message = match end(headers, 3, Err(long.clone())) {
                    Outcome::Failed { message, .. } => message,
                    Outcome::Error { message, .. } => message.unwrap(),
                    Outcome::Completed { .. } => panic!("failed"),
                };
                assert_eq!(message, character.repeat(characters));
            }
        }
    }

    #[test]
    fn a_job_that_was_not_begun_is_as_good_as_before() {
        let pairs = [
            ("retryBackoff", "PT1M"),
            ("errorExpression", "bpmnError(\"A\")"),
        ];
        for (before, after) in [(3, 3), (0, 0), (u32::MAX, i32::MAX.unsigned_abs())] {
            let postponed = Failure::new(FailureKind::Postponed, "Stopped", "interrupted");
            let Outcome::Failed {
                retries,
                retry_backoff,
                ..
            } = end(&pairs, before, Err(postponed))
            else {
                panic!("failed")
            };
            assert_eq!((retries, retry_backoff), (after, None));
        }
    }

    #[test]
    fn a_failure_may_bring_facts() {
        let facts = Map::from_iter([("requestId".to_owned(), json!("r-1"))]);
        let known = failure(Some("Busy")).with_variables(facts);
        let Outcome::Failed {
            message, variables, ..
        } = end(&[], 3, Err(known.clone()))
        else {
            panic!("failed")
        };
        assert_eq!(variables["error"]["variables"], json!({"requestId": "r-1"}));
        assert!(
            message.ends_with(r#""variables":{"requestId":"r-1"}}}"#),
            "{message}"
        );
        let ignoring = [("errorExpression", "ignoreError(error.variables)")];
        let Outcome::Completed { variables } = end(&ignoring, 3, Err(known)) else {
            panic!("completed")
        };
        assert_eq!(Value::from(variables), json!({"requestId": "r-1"}));
    }

    #[test]
    fn an_error_expression_that_asks_for_nothing_changes_nothing() {
        for expression in [
            "null",
            "{}",
            "",
            "  ",
            "if error.code != null then bpmnError(\"123\", \"\") else {}",
            "if error.code != null then bpmnError(\"123\", \"\") else null",
            "if unknownFunction(error.code) then bpmnError(\"123\", \"\") else null",
            "bpmnError(error.code)",
        ] {
            let outcome = end(&[("errorExpression", expression)], 3, Err(failure(None)));
            assert!(
                matches!(outcome, Outcome::Failed { retries: 2, .. }),
                "{expression}"
            );
        }
    }

    #[test]
    fn an_error_expression_can_throw_a_bpmn_error() {
        for (expression, message) in [
            (
                "if error.code != null then bpmnError(error.code, \"Message: \" + error.message) else null",
                Some("Message: exception message"),
            ),
            ("bpmnError(response.error.code)", None),
            (
                "{\"errorType\": \"bpmnError\", \"errorCode\": error.code, \"errorMessage\": error.message}",
                Some("exception message"),
            ),
        ] {
            let outcome = end(
                &[("errorExpression", expression)],
                3,
                Err(failure(Some("1013"))),
            );
            let Outcome::Error {
                code,
                message: found,
                ..
            } = outcome
            else {
                panic!("{expression}")
            };
            assert_eq!(
                (code.as_str(), found.as_deref()),
                ("1013", message),
                "{expression}"
            );
        }
        let on_success =
            "if testProperty = \"foo\" then bpmnError(\"9999\", \"m\", {a: 1}) else null";
        let pairs = [
            ("resultVariable", "testProperty"),
            ("errorExpression", on_success),
        ];
        let Outcome::Error {
            code, variables, ..
        } = end(&pairs, 3, Ok(json!("foo")))
        else {
            panic!("thrown")
        };
        assert_eq!(
            (code.as_str(), Value::from(variables)),
            ("9999", json!({"a": 1}))
        );
    }

    #[test]
    fn an_error_expression_can_fail_the_job() {
        let expression = "if response.testProperty = \"foo\" then jobError(\"Message\", {}, job.retries - 1) else null";
        let outcome = end(
            &[("errorExpression", expression)],
            5,
            Ok(json!({"testProperty": "foo"})),
        );
        let Outcome::Failed {
            message,
            retries,
            retry_backoff,
            ..
        } = outcome
        else {
            panic!("failed")
        };
        assert_eq!(
            (message.as_str(), retries, retry_backoff),
            ("Message", 4, Some(Duration::ZERO))
        );

        let outcome = end(
            &[(
                "errorExpression",
                "jobError(\"MyError\", {myVar: \"myVal\", error: 1})",
            )],
            5,
            Ok(json!({})),
        );
        let Outcome::Failed {
            retries, variables, ..
        } = outcome
        else {
            panic!("failed")
        };
        assert_eq!(retries, 0);
        assert_eq!(
            Value::from(variables),
            json!({"myVar": "myVal", "error": "MyError"})
        );

        let outcome = end(
            &[("errorExpression", "jobError(\"m\", {}, 2, @\"PT1M\")")],
            5,
            Ok(json!({})),
        );
        let minute = Some(Duration::from_mins(1));
        assert!(
            matches!(outcome, Outcome::Failed { retries: 2, retry_backoff, .. } if retry_backoff == minute)
        );
    }

    #[test]
    fn an_error_expression_can_ignore_the_error() {
        for (expression, wanted) in [
            ("ignoreError({a: error.code})", json!({"a": "1013"})),
            ("ignoreError()", json!({})),
        ] {
            let outcome = end(
                &[("errorExpression", expression)],
                3,
                Err(failure(Some("1013"))),
            );
            let Outcome::Completed { variables } = outcome else {
                panic!("{expression}")
            };
            assert_eq!(Value::from(variables), wanted);
        }
    }

    #[test]
    fn an_error_expression_that_fails_leaves_no_retries() {
        for (expression, problem) in [
            (
                "bpmnError(123, \"\")",
                "bpmnError(): errorCode must be a string: is a number",
            ),
            (
                "bpmnError(\"a\", \"b\", 1)",
                "variables must be a context: is a number",
            ),
            ("jobError(1)", "errorMessage must be a string: is a number"),
            ("backoff(0)", "attempt must be at least 1"),
            ("backoff(1, @\"PT1S\", 0)", "factor must be greater than 0"),
            (
                "backoff(1, @\"PT10S\")",
                "minDelay must not be negative, nor longer than maxDelay",
            ),
            (
                "backoff(1, @\"PT1S\", 2, @\"PT5S\", -1)",
                "jitterFactor must not be negative",
            ),
            ("createDocument(1)", "documents are not supported"),
            (
                "\"text\"",
                "it must yield a context or null, but yields a string",
            ),
            (
                "{a: 1}",
                "errorType must be bpmnError, jobError or ignoreError",
            ),
            (
                "{errorType: \"jobError\", retryBackoff: \"5 minutes\"}",
                "retryBackoff must be a duration, and not negative",
            ),
            (
                "{errorType: \"bpmnError\", errorCode: 1}",
                "errorCode must be a string, but is a number",
            ),
            (
                "bpmnError(\"a\", \"b\", {\"camunda.function.type\": 1})",
                "the variables must not contain camunda.function.type",
            ),
        ] {
            for (result, start) in [
                (
                    Err(failure(None)),
                    "exception message; the error expression failed: ",
                ),
                (
                    Ok(json!({})),
                    "the work is done, but the error expression failed: ",
                ),
            ] {
                let outcome = end(&[("errorExpression", expression)], 3, result);
                let Outcome::Failed {
                    message, retries, ..
                } = outcome
                else {
                    panic!("{expression}")
                };
                assert_eq!(retries, 0);
                assert!(
                    message.starts_with(start) && message.contains(problem),
                    "{message}"
                );
            }
        }
    }

    #[test]
    fn a_backoff_grows_and_jitters() {
        for (expression, range) in [
            ("backoff(1)", 45..=55),
            ("backoff(100)", 4_500..=5_500),
            ("backoff(3, @\"PT1S\", 2, @\"PT1M\", 0)", 4_000..=4_000),
        ] {
            let pairs = [(
                "errorExpression",
                format!("jobError(\"m\", {{}}, 1, {expression})"),
            )];
            let pairs: Vec<(&str, &str)> = pairs
                .iter()
                .map(|(name, text)| (*name, text.as_str()))
                .collect();
            let Outcome::Failed {
                retry_backoff: Some(backoff),
                ..
            } = end(&pairs, 3, Ok(json!({})))
            else {
                panic!("{expression}")
            };
            assert!(
                range.contains(&backoff.as_millis()),
                "{expression}: {backoff:?}"
            );
        }
    }

    #[test]
    fn an_expression_sees_what_is_its_and_nothing_else() {
        let response = json!({"messageId": "m"});
        let result =
            "{job: job, error: error, context: context, id: messageId, whole: response.messageId}";
        assert_eq!(
            completed(&[("resultExpression", result)], response.clone()),
            json!({"job": null, "error": null, "context": null, "id": "m", "whole": "m"})
        );
        // On success the error expression sees what the mapping made, and the response only where it made nothing.
        let error =
            "ignoreError({r: response, m: messageId, e: error, c: context, j: job.retries})";
        for (pairs, wanted) in [
            (
                &[("errorExpression", error)][..],
                json!({"r": {"messageId": "m"}, "m": "m", "e": null, "c": null, "j": 3}),
            ),
            (
                &[("resultVariable", "a"), ("errorExpression", error)],
                json!({"r": {"a": {"messageId": "m"}}, "m": null, "e": null, "c": null, "j": 3}),
            ),
        ] {
            assert_eq!(completed(pairs, response.clone()), wanted);
        }
    }

    #[test]
    fn an_error_that_is_ignored_leaves_no_mapped_variables() {
        let pairs = [
            ("resultVariable", "a"),
            ("errorExpression", "ignoreError()"),
        ];
        assert_eq!(completed(&pairs, json!({"messageId": "m"})), json!({}));
    }

    #[test]
    fn an_error_may_be_written_as_a_context() {
        let facts = Map::from_iter([("requestId".to_owned(), json!("r-1"))]);
        let expression = "{ \"errorType\":\"bpmnError\",\"errorCode\":error.code,\"errorMessage\":error.message,\"variables\":error.variables }";
        let outcome = end(
            &[("errorExpression", expression)],
            3,
            Err(failure(Some("1013")).with_variables(facts)),
        );
        let Outcome::Error {
            code, variables, ..
        } = outcome
        else {
            panic!("{outcome:?}")
        };
        assert_eq!(code, "1013");
        assert_eq!(Value::from(variables), json!({"requestId": "r-1"}));
    }

    #[test]
    fn a_function_with_other_parameters_is_as_good_as_none() {
        for expression in [
            "bpmnError()",
            "jobError(\"m\", {}, 1, @\"PT1M\", 5)",
            "ignoreError({}, 1)",
        ] {
            let outcome = end(&[("errorExpression", expression)], 3, Err(failure(None)));
            assert!(
                matches!(outcome, Outcome::Failed { retries: 2, .. }),
                "{expression}"
            );
        }
    }

    #[test]
    fn retries_do_not_fall_below_none() {
        let expression = "jobError(\"m\", {}, job.retries - 1)";
        let outcome = end(&[("errorExpression", expression)], 0, Err(failure(None)));
        assert!(
            matches!(outcome, Outcome::Failed { retries: 0, .. }),
            "{outcome:?}"
        );
    }

    #[test]
    fn the_documented_examples_do_what_they_say() {
        let send_failed =
            "= if error != null then bpmnError(\"SQS_SEND_FAILED\", error.message) else null";
        let outcome = end(&[("errorExpression", send_failed)], 3, Err(failure(None)));
        assert!(matches!(outcome, Outcome::Error { code, .. } if code == "SQS_SEND_FAILED"));
        assert_eq!(
            completed(&[("errorExpression", send_failed)], json!({})),
            json!({})
        );

        let throttled = "= if contains(error.message, \"Throttl\") then jobError(\"retry\", {}, job.retries - 1, backoff(4 - job.retries, duration(\"PT1S\"))) else null";
        let failure = Failure::new(FailureKind::Retryable, "Throttled", "Throttling");
        let outcome = end(&[("errorExpression", throttled)], 3, Err(failure));
        let Outcome::Failed {
            retries: 2,
            retry_backoff: Some(backoff),
            ..
        } = outcome
        else {
            panic!("{outcome:?}")
        };
        assert!((900..=1_100).contains(&backoff.as_millis()), "{backoff:?}");
    }

    #[test]
    fn the_job_is_not_inside_of_the_response() {
        let pairs = [(
            "errorExpression",
            "if response.job.retries = null then bpmnError(\"none\") else null",
        )];
        assert!(matches!(
            end(&pairs, 3, Ok(json!({}))),
            Outcome::Error { .. }
        ));
    }

    #[test]
    fn debug_shows_no_variables_or_messages() {
        let outcomes = [
            end(&[("resultVariable", "a")], 3, Ok(json!("s3cr3t"))),
            end(
                &[],
                3,
                Err(Failure {
                    message: "s3cr3t".to_owned(),
                    ..failure(None)
                }),
            ),
            end(
                &[("errorExpression", "bpmnError(\"A\", error.message)")],
                3,
                Err(Failure {
                    message: "s3cr3t".to_owned(),
                    ..failure(None)
                }),
            ),
        ];
        let told = format!(
            "{outcomes:?} {:?}",
            Failure {
                message: "s3cr3t".to_owned(),
                ..failure(None)
            }
        );
        assert!(!told.contains("s3cr3t"), "{told}");
    }
}
