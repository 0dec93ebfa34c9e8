//! Functions about what is true and what is there.

use super::{Builtin, Failure, Outcome, function};
use crate::error::EvaluationErrorKind;
use crate::evaluation::Evaluator;
use crate::value::Value;

/// How much of the cause of an assertion an error shows, in bytes.
const MAX_CAUSE: usize = 1_024;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("not", &["negand"], not),
    function("is defined", &["value"], is_defined),
    function("get or else", &["value", "default"], get_or_else),
    function("assert", &["value", "condition"], assert),
    function("assert", &["value", "condition", "cause"], assert),
    function("fromAi", &["value"], from_ai),
    function("fromAi", &["value", "description"], from_ai),
    function("fromAi", &["value", "description", "type"], from_ai),
    function(
        "fromAi",
        &["value", "description", "type", "schema"],
        from_ai,
    ),
    function(
        "fromAi",
        &["value", "description", "type", "schema", "options"],
        from_ai,
    ),
];

fn not(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [Value::Boolean(boolean)] => Ok((!boolean).into()),
        _ => Failure::illegal(arguments),
    }
}

fn is_defined(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok((!matches!(arguments, [Value::Null])).into())
}

fn get_or_else(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [Value::Null, default] => Ok(default.clone()),
        [value, _] => Ok(value.clone()),
        _ => Failure::illegal(arguments),
    }
}

fn assert(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let cause = match arguments {
        [value, Value::Boolean(true), ..] => return Ok(value.clone()),
        [_, _, Value::String(cause)] => &**cause,
        _ => "the condition is not fulfilled",
    };
    let cause = cause[..cause.floor_char_boundary(MAX_CAUSE)].to_owned();
    Err(evaluator.stop(EvaluationErrorKind::Assertion(cause)).into())
}

fn from_ai(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [value, ..] => Ok(value.clone()),
        [] => Failure::illegal(arguments),
    }
}
