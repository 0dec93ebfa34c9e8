//! Functions about contexts.

use std::sync::Arc;

use super::{Builtin, Failure, Outcome, function, variadic};
use crate::evaluation::{Evaluated, Evaluator};
use crate::value::{Context, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("get value", &["context", "key"], get_value),
    function("get value", &["m", "key"], get_value),
    function("get value", &["context", "keys"], get_value),
    function("get entries", &["context"], get_entries),
    function("get entries", &["m"], get_entries),
    function("context put", &["context", "key", "value"], context_put),
    function("context put", &["context", "keys", "value"], context_put),
    function("put", &["context", "key", "value"], context_put),
    variadic("context merge", &["contexts"], context_merge),
    variadic("put all", &["contexts"], context_merge),
    function("context", &["entries"], context),
];

fn get_value(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let missing = || Failure::null("the context has no such entry");
    match arguments {
        [Value::Context(context), Value::String(key)] => {
            context.get(key).cloned().ok_or_else(missing)
        }
        [Value::Context(_), Value::List(keys)] if !keys.items().is_empty() => {
            let mut value = &arguments[0];
            for key in keys.items() {
                let (Value::Context(context), Value::String(key)) = (value, key) else {
                    return Err(missing());
                };
                value = context.get(key).ok_or_else(missing)?;
            }
            Ok(value.clone())
        }
        _ => Failure::illegal(arguments),
    }
}

fn get_entries(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::Context(context)] = arguments else {
        return Failure::illegal(arguments);
    };
    let mut entries = Vec::with_capacity(context.len());
    for (key, value) in context.shared_entries() {
        evaluator.step(1)?;
        evaluator.allocate_context(2)?;
        let key = Value::String(Arc::clone(key));
        entries.push(Context::from_iter([("key", key), ("value", value.clone())]).into());
    }
    Ok(evaluator.list(entries)?)
}

fn context_put(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [Value::Context(context), Value::String(key), value] => {
            put(evaluator, context, std::slice::from_ref(key), value)
        }
        [Value::Context(context), Value::List(keys), value] if !keys.items().is_empty() => {
            let names: Option<Vec<Arc<str>>> = keys
                .items()
                .iter()
                .map(|key| match key {
                    Value::String(key) => Some(Arc::clone(key)),
                    _ => None,
                })
                .collect();
            put(
                evaluator,
                context,
                &names.ok_or_else(|| Failure::null("the keys must be strings"))?,
                value,
            )
        }
        _ => Failure::illegal(arguments),
    }
}

/// The context with a value at a path. What is on the path and is no context gives way to one.
fn put(
    evaluator: &mut Evaluator<'_>,
    context: &Context,
    path: &[Arc<str>],
    value: &Value,
) -> Outcome {
    let (last, before) = path
        .split_last()
        .ok_or_else(|| Failure::null("there is no key"))?;
    let mut parents = vec![copy(evaluator, context)?];
    for key in before {
        let child = match parents.last().and_then(|parent| parent.get(key)) {
            Some(Value::Context(child)) => Arc::clone(child),
            _ => Arc::default(),
        };
        parents.push(copy(evaluator, &child)?);
    }
    let mut value = value.clone();
    for (key, mut parent) in std::iter::once(last)
        .chain(before.iter().rev())
        .zip(parents.into_iter().rev())
    {
        parent.insert(Arc::clone(key), value);
        value = evaluator.shallow(parent.into())?;
    }
    Ok(value)
}

/// The entries, without the functions, with room for one more.
fn copy(evaluator: &mut Evaluator<'_>, context: &Context) -> Evaluated<Context> {
    evaluator.step(context.len() + 1)?;
    evaluator.allocate_context(context.len() + 1)?;
    let entries = context
        .shared_entries()
        .map(|(key, value)| (Arc::clone(key), value.clone()));
    Ok(entries.collect())
}

fn context_merge(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(contexts)] = arguments else {
        return Failure::illegal(arguments);
    };
    let mut merged = Context::new();
    for context in contexts.items() {
        let Value::Context(context) = context else {
            return Failure::illegal(contexts.items());
        };
        evaluator.step(context.len())?;
        evaluator.allocate_context(context.len())?;
        for (key, value) in context.shared_entries() {
            merged.insert(Arc::clone(key), value.clone());
        }
    }
    Ok(merged.into())
}

fn context(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::List(entries)] = arguments else {
        return Failure::illegal(arguments);
    };
    evaluator.allocate_context(entries.items().len())?;
    let mut context = Context::new();
    for entry in entries.items() {
        evaluator.step(1)?;
        let Value::Context(entry) = entry else {
            return Failure::illegal(entries.items());
        };
        let (Some(Value::String(key)), Some(value)) = (entry.get("key"), entry.get("value")) else {
            return Err(Failure::null(
                "an entry needs a 'key' that is a string and a 'value'",
            ));
        };
        context.insert(Arc::clone(key), value.clone());
    }
    Ok(context.into())
}
