//! Input mappings: what a process engine does before a job exists. A host that runs without an engine does it
//! itself.

use feel::{Context, Expression, JsonStyle};
use serde_json::{Map, Value};

use super::expressions::Expressions;
use crate::error::one_line;

/// The most names that a target has.
const MAX_DEPTH: usize = 32;

/// One input mapping of a diagram: `<zeebe:input source="=order.id" target="queue.messageBody"/>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputMapping {
    /// A FEEL expression behind `=`, or else the text itself.
    pub source: String,
    /// The variable, with a path of names into it: `queue.messageBody`.
    pub target: String,
}

/// An input mapping that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("input {target}: {problem}")]
pub struct InputError {
    /// The target of the mapping.
    pub target: String,
    /// What is wrong.
    pub problem: String,
}

impl Expressions {
    /// The local variables that mappings make of the variables of a process, a JSON object, in order: each sees
    /// those before it.
    ///
    /// Fails if the variables cannot be read, a target is no path of names, or an expression cannot be evaluated.
    pub fn map_inputs(
        &self,
        mappings: &[InputMapping],
        process: &str,
    ) -> Result<Map<String, Value>, InputError> {
        let mut local = Map::new();
        let mut scope = Context::from_json(process).map_err(|error| InputError {
            target: mappings
                .iter()
                .map(|mapping| shown(&mapping.target))
                .take(1)
                .collect(),
            problem: format!("the variables cannot be read: {error}"),
        })?;
        for InputMapping { source, target } in mappings {
            let failed = |problem: String| InputError {
                target: shown(target),
                problem,
            };
            let path: Vec<&str> = target.split('.').collect();
            if path.iter().any(|name| name.trim().is_empty()) {
                return Err(failed(
                    "the target must be names with dots between them".to_owned(),
                ));
            }
            if path.len() > MAX_DEPTH {
                return Err(failed(format!(
                    "the target may have at most {MAX_DEPTH} names, it has {}",
                    path.len()
                )));
            }
            let value = match source.strip_prefix('=') {
                Some(text) if !text.is_empty() => {
                    let evaluated = Expression::parse(text)
                        .map_err(|error| error.to_string())
                        .and_then(|expression| {
                            self.value_in(&expression, &scope, JsonStyle::Engine)
                        });
                    let (value, warnings) = evaluated.map_err(failed)?;
                    for warning in warnings {
                        let told = one_line(&format!("input {}: {warning}", shown(target)));
                        tracing::warn!("{told}");
                    }
                    value
                }
                _ => source.clone().into(),
            };
            put(&mut local, &path, value);
            // What an engine stores is what later mappings see: a date, say, is a text by then.
            if let Some(changed) = local.get(path[0]) {
                let stored: feel::Value = serde_json::from_value(changed.clone())
                    .map_err(|error| failed(error.to_string()))?;
                scope.insert(path[0], stored);
            }
        }
        Ok(local)
    }
}

/// As much of a target as is fit for an error.
fn shown(target: &str) -> String {
    target.chars().take(100).collect()
}

/// Puts a value at a path. What is on the way and is no object gives way to one.
fn put(variables: &mut Map<String, Value>, path: &[&str], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    if rest.is_empty() {
        variables.insert((*first).to_owned(), value);
        return;
    }
    let inner = variables.entry((*first).to_owned()).or_insert(Value::Null);
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(mappings: &[(&str, &str)], process: &Value) -> Result<Value, InputError> {
        let expressions = Expressions::new(|| "2026-11-22T10:00:00[Etc/UTC]".parse().unwrap());
        let mappings: Vec<InputMapping> = mappings
            .iter()
            .map(|(target, source)| InputMapping {
                source: source.to_string(),
                target: target.to_string(),
            })
            .collect();
        expressions
            .map_inputs(&mappings, &process.to_string())
            .map(Value::Object)
    }

    #[test]
    fn the_seed_s_attributes_become_variables() {
        let attributes = r#"= {
          "timestamp":{
            "StringValue":today(),
            "DataType":"String"
          },
          "messageSubmittedBy":{
            "StringValue":"user12345",
            "DataType":"String"
          }
        }"#;
        let mapped = map(
            &[
                ("authentication.accessKey", "secrets.MY_AWS_ACCESS_KEY"),
                ("queue.url", "http://localhost/1/orders"),
                ("queue.messageBody", "= {order: order.id}"),
                ("queue.messageAttributes", attributes),
                ("configuration.region", "eu-west-1"),
            ],
            &json!({"order": {"id": 4711}}),
        );
        assert_eq!(
            mapped.unwrap(),
            json!({
                "authentication": {"accessKey": "secrets.MY_AWS_ACCESS_KEY"},
                "queue": {
                    "url": "http://localhost/1/orders",
                    "messageBody": {"order": 4711},
                    "messageAttributes": {
                        "timestamp": {"StringValue": "2026-11-22", "DataType": "String"},
                        "messageSubmittedBy": {"StringValue": "user12345", "DataType": "String"}
                    }
                },
                "configuration": {"region": "eu-west-1"}
            })
        );
    }

    #[test]
    fn later_mappings_see_earlier_ones_and_replace_what_is_no_object() {
        let mapped = map(
            &[("a", "=1"), ("b", "=a + n"), ("a.c", "=b"), ("d", "=a.c")],
            &json!({"n": 2, "a": 9}),
        );
        assert_eq!(mapped.unwrap(), json!({"a": {"c": 3}, "b": 3, "d": 3}));
    }

    #[test]
    fn values_are_those_of_the_engine() {
        let mapped = map(
            &[
                ("a", "=duration(\"P1DT2H\")"),
                ("b", "=missing"),
                ("c", "plain"),
                ("d", "="),
            ],
            &json!({}),
        );
        assert_eq!(
            mapped.unwrap(),
            json!({"a": "P1DT2H", "b": null, "c": "plain", "d": "="})
        );
    }

    #[test]
    fn variables_that_cannot_be_read_are_the_first_mapping_s() {
        let expressions = Expressions::new(|| "2026-11-22T10:00:00[Etc/UTC]".parse().unwrap());
        let mapping = InputMapping {
            source: "=a".to_owned(),
            target: "b".to_owned(),
        };
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(500), "]".repeat(500));
        let error = expressions.map_inputs(&[mapping], &deep).unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("input b: the variables cannot be read: "),
            "{told}"
        );
    }

    #[test]
    fn a_mapping_that_fails_is_named() {
        for (target, source, problem) in [
            (
                "a.b",
                "=1 +",
                "expected an expression but found the end at line 1, column 4",
            ),
            (
                "a..b",
                "1",
                "the target must be names with dots between them",
            ),
            ("", "1", "the target must be names with dots between them"),
            (
                "a",
                "=assert(1, false, \"no\")",
                "assertion failed: no at line 1, column 1",
            ),
        ] {
            let error = map(&[(target, source)], &json!({})).unwrap_err();
            assert_eq!(error.to_string(), format!("input {target}: {problem}"));
        }
        let deep = vec!["a"; 50_000].join(".");
        let error = map(&[(&deep, "1")], &json!({})).unwrap_err();
        assert_eq!(
            error.problem,
            "the target may have at most 32 names, it has 50000"
        );
        assert!(map(&[(&deep[..63], "1")], &json!({})).is_ok());
    }
}
