//! The functions that result and error expressions have beside those of FEEL.

use std::time::Duration;

use feel::jiff::SignedDuration;
use feel::{Context, DaysTimeDuration, Engine, FunctionError, Number, Value};

type Result = std::result::Result<Value, FunctionError>;

/// An engine with the functions of a connector runtime: `bpmnError`, `jobError`, `ignoreError`, `backoff`.
pub(super) fn with_connector_functions(engine: Engine) -> Engine {
    engine
        .with_function("bpmnError", &["errorCode"], bpmn_error)
        .with_function("bpmnError", &["errorCode", "errorMessage"], bpmn_error)
        .with_function(
            "bpmnError",
            &["errorCode", "errorMessage", "variables"],
            bpmn_error,
        )
        .with_function("jobError", &["errorMessage"], job_error)
        .with_function("jobError", &["errorMessage", "variables"], job_error)
        .with_function(
            "jobError",
            &["errorMessage", "variables", "retries"],
            job_error,
        )
        .with_function(
            "jobError",
            &["errorMessage", "variables", "retries", "retryBackoff"],
            job_error,
        )
        .with_function("ignoreError", &[], ignore_error)
        .with_function("ignoreError", &["variables"], ignore_error)
        .with_function("backoff", &["attempt"], backoff)
        .with_function("backoff", &["attempt", "minDelay"], backoff)
        .with_function("backoff", &["attempt", "minDelay", "factor"], backoff)
        .with_function(
            "backoff",
            &["attempt", "minDelay", "factor", "maxDelay"],
            backoff,
        )
        .with_function(
            "backoff",
            &["attempt", "minDelay", "factor", "maxDelay", "jitterFactor"],
            backoff,
        )
        .with_function("createDocument", &["content"], |_| {
            Err(FunctionError::Fail(
                "documents are not supported".to_owned(),
            ))
        })
}

/// An argument that is there, of the type that it must have. Null stands for an argument left out.
fn argument<'a>(
    arguments: &'a [Value],
    index: usize,
    name: &str,
    type_name: &str,
) -> std::result::Result<Option<&'a Value>, FunctionError> {
    match arguments.get(index) {
        None | Some(Value::Null) => Ok(None),
        Some(value) if value.type_name() == type_name => Ok(Some(value)),
        Some(value) => {
            let found = value.type_name();
            Err(FunctionError::Fail(format!(
                "{name} must be a {type_name}: is a {found}"
            )))
        }
    }
}

fn bpmn_error(arguments: &[Value]) -> Result {
    let code = argument(arguments, 0, "errorCode", "string")?;
    let mut error = Context::new();
    error.insert("errorType", "bpmnError");
    error.insert("errorCode", code.cloned().unwrap_or(Value::Null));
    if arguments.len() > 1 {
        let message = argument(arguments, 1, "errorMessage", "string")?;
        error.insert("errorMessage", message.cloned().unwrap_or(Value::Null));
    }
    if let Some(variables) = argument(arguments, 2, "variables", "context")? {
        error.insert("variables", variables.clone());
    }
    Ok(error.into())
}

fn job_error(arguments: &[Value]) -> Result {
    let message = argument(arguments, 0, "errorMessage", "string")?;
    let variables = argument(arguments, 1, "variables", "context")?;
    let retries = argument(arguments, 2, "retries", "number")?;
    let backoff = argument(arguments, 3, "retryBackoff", "days and time duration")?;
    let mut error = Context::new();
    error.insert("errorType", "jobError");
    error.insert("errorMessage", message.cloned().unwrap_or(Value::Null));
    error.insert(
        "variables",
        variables.cloned().unwrap_or_else(|| Context::new().into()),
    );
    error.insert(
        "retries",
        retries.cloned().unwrap_or_else(|| Value::from(0)),
    );
    error.insert(
        "retryBackoff",
        backoff.cloned().unwrap_or_else(|| duration(Duration::ZERO)),
    );
    Ok(error.into())
}

fn ignore_error(arguments: &[Value]) -> Result {
    let mut error = Context::new();
    error.insert("errorType", "ignoreError");
    if let Some(variables) = argument(arguments, 0, "variables", "context")? {
        error.insert("variables", variables.clone());
    }
    Ok(error.into())
}

fn duration(duration: Duration) -> Value {
    let duration = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    Value::DaysTimeDuration(DaysTimeDuration { duration })
}

/// A delay that grows with every attempt up to a largest, give or take a random part of it.
fn backoff(arguments: &[Value]) -> Result {
    let number = |index, name, default: f64| {
        argument(arguments, index, name, "number").map(|value| match value {
            Some(Value::Number(number)) => number.to_f64(),
            _ => default,
        })
    };
    let seconds = |index, name, default: f64| {
        argument(arguments, index, name, "days and time duration").map(|value| match value {
            Some(Value::DaysTimeDuration(duration)) => duration.duration.as_secs_f64(),
            _ => default,
        })
    };
    let fail = |problem: &str| Err(FunctionError::Fail(problem.to_owned()));
    let attempt = number(0, "attempt", 0.0)?;
    let (shortest, longest) = (seconds(1, "minDelay", 0.05)?, seconds(3, "maxDelay", 5.0)?);
    let (factor, jitter) = (number(2, "factor", 1.6)?, number(4, "jitterFactor", 0.1)?);
    if attempt < 1.0 {
        return fail("attempt must be at least 1");
    }
    if factor <= 0.0 {
        return fail("factor must be greater than 0");
    }
    if shortest < 0.0 || shortest > longest {
        return fail("minDelay must not be negative, nor longer than maxDelay");
    }
    if jitter < 0.0 {
        return fail("jitterFactor must not be negative");
    }
    let delay = (shortest * factor.powf(attempt - 1.0)).clamp(shortest, longest);
    let spread = (fastrand::f64() * 2.0 - 1.0) * jitter * delay;
    let milliseconds = ((delay + spread) * 1_000.0).round().max(0.0);
    let milliseconds = Number::from_f64(milliseconds).and_then(|number| number.to_i64());
    match milliseconds.and_then(|milliseconds| u64::try_from(milliseconds).ok()) {
        Some(milliseconds) => Ok(duration(Duration::from_millis(milliseconds))),
        None => fail("the delay is too long"),
    }
}
