//! An engine as Camunda's connector runtime has it, and short ways to evaluate with it.

use feel::{Context, Engine, Evaluation, EvaluationError, Expression, JsonStyle, Value};
use serde_json::Value as Json;

/// The instant that `now()` is.
pub(crate) const NOW: &str = "2026-11-22T14:26:52.263667932+00:00[Etc/UTC]";

fn entries<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Context::from_iter(entries).into()
}

/// With the functions that connectors have in error expressions.
pub(crate) fn engine() -> Engine {
    Engine::new(|| NOW.parse().unwrap())
        .with_random(|bytes| (0..).zip(bytes).for_each(|(index, byte)| *byte = index))
        .with_function("bpmnError", &["code"], |arguments| {
            Ok(entries([
                ("errorType", "bpmnError".into()),
                ("errorCode", arguments[0].clone()),
            ]))
        })
        .with_function("bpmnError", &["code", "message"], |arguments| {
            Ok(entries([
                ("errorType", "bpmnError".into()),
                ("errorCode", arguments[0].clone()),
                ("errorMessage", arguments[1].clone()),
            ]))
        })
        .with_function(
            "bpmnError",
            &["code", "message", "variables"],
            |arguments| {
                Ok(entries([
                    ("errorType", "bpmnError".into()),
                    ("errorCode", arguments[0].clone()),
                    ("errorMessage", arguments[1].clone()),
                    ("variables", arguments[2].clone()),
                ]))
            },
        )
        .with_function("ignoreError", &[], |_| {
            Ok(entries([("errorType", "ignoreError".into())]))
        })
}

pub(crate) fn evaluate(expression: &str, variables: &str) -> Result<Evaluation, EvaluationError> {
    let parsed = Expression::parse(expression).unwrap_or_else(|error| panic!("{error:#}"));
    engine().evaluate(&parsed, &Context::from_json(variables).unwrap())
}

/// The value of an expression without variables, as FEEL writes it.
pub(crate) fn feel(expression: &str) -> String {
    match evaluate(expression, "{}") {
        Ok(evaluation) => evaluation.value.to_string(),
        Err(error) => format!("error: {}", error.kind),
    }
}

/// The value of an expression, as the connector runtime stores it.
pub(crate) fn json(expression: &str, variables: &str) -> Json {
    let evaluation = evaluate(expression, variables).unwrap_or_else(|error| panic!("{error:#}"));
    serde_json::to_value(evaluation.value.json(JsonStyle::Connector)).unwrap()
}
