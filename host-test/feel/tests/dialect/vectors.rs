//! The answers of feel-scala itself. `vectors.json` says how they were made.

use feel::{Context, Expression, JsonStyle};
use serde_json::Value as Json;

use crate::support::engine;

/// JSON has one kind of number: `10` and `10.0` are the same.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

#[test]
fn every_answer_is_that_of_feel_scala() {
    let vectors: Json = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let contexts = vectors["contexts"].as_array().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 104);
    let mut wrong = Vec::new();
    for case in cases {
        let context = &contexts[usize::try_from(case["context"].as_u64().unwrap()).unwrap()];
        let variables = Context::from_json(&context.to_string()).unwrap();
        let expression = case["expression"].as_str().unwrap();
        let result = Expression::parse(expression)
            .map_err(|error| error.to_string())
            .and_then(|expression| {
                let evaluation = engine().evaluate(&expression, &variables);
                evaluation
                    .map(|evaluation| {
                        serde_json::to_value(evaluation.value.json(JsonStyle::Connector)).unwrap()
                    })
                    .map_err(|error| error.to_string())
            });
        let right = match &result {
            Ok(value) => case["error"] != Json::Bool(true) && same(value, &case["result"]),
            Err(_) => case["error"] == Json::Bool(true),
        };
        if !right {
            wrong.push(format!(
                "{}: {expression}\n  expected {}, found {result:?}",
                case["id"], case["result"]
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
