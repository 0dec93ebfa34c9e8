//! What the embedder brings along.

use feel::{Context, Engine, EvaluationErrorKind, Expression, FunctionError, Value, WarningKind};

use crate::support::{NOW, engine};

fn evaluate(engine: &Engine, expression: &str) -> String {
    let expression = Expression::parse(expression).unwrap();
    engine
        .evaluate(&expression, &Context::new())
        .unwrap()
        .value
        .to_string()
}

#[test]
fn functions_of_the_host_are_told_apart_by_their_parameters() {
    let engine = engine();
    assert_eq!(
        evaluate(&engine, "bpmnError(\"A\")"),
        "{errorType:\"bpmnError\", errorCode:\"A\"}"
    );
    assert_eq!(
        evaluate(
            &engine,
            "bpmnError(\"A\", \"b\").errorMessage + bpmnError(message: \"c\", code: 1).errorMessage"
        ),
        "\"bc\""
    );
    assert_eq!(
        evaluate(&engine, "bpmnError(\"A\", \"b\", {c: 1}).variables.c"),
        "1"
    );
    assert_eq!(evaluate(&engine, "bpmnError()"), "null");
    assert_eq!(
        evaluate(&engine, "bpmnError(variables: {c: 1})"),
        "{errorType:\"bpmnError\", errorCode:null, errorMessage:null, variables:{c:1}}"
    );
    assert_eq!(
        evaluate(&engine, "ignoreError()"),
        "{errorType:\"ignoreError\"}"
    );
}

#[test]
fn a_built_in_function_comes_before_one_of_the_host() {
    let engine = engine()
        .with_function("count", &["list"], |_| Ok(7.into()))
        .with_function("count", &["a", "b"], |_| Ok(8.into()));
    assert_eq!(evaluate(&engine, "[count([]), count(1, 2)]"), "[0, 8]");
}

#[test]
fn a_function_of_the_host_that_fails_is_null_with_its_message() {
    let engine = engine().with_function("fail", &[], |_| {
        Err(FunctionError::Null("out of order".to_owned()))
    });
    let evaluation = engine
        .evaluate(&Expression::parse("fail()").unwrap(), &Context::new())
        .unwrap();
    assert!(matches!(evaluation.value, Value::Null));
    assert_eq!(evaluation.warnings[0].message, "fail(): out of order");
}

#[test]
fn a_function_of_the_host_may_end_the_evaluation() {
    let engine = engine().with_function("fail", &["text"], |_| {
        Err(FunctionError::Fail("the text must be a string".to_owned()))
    });
    let error = engine
        .evaluate(&Expression::parse("[1, fail(2)]").unwrap(), &Context::new())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "fail(): the text must be a string at line 1, column 5"
    );
}

#[test]
fn a_function_that_does_not_exist_is_null_if_the_host_wants_it() {
    let engine = engine().with_unknown_functions_as_null();
    for expression in [
        "frobnicate(1)",
        "missing.f(1)",
        "if frobnicate(error.code) then 1 else null",
    ] {
        let expression = Expression::parse(expression).unwrap();
        let evaluation = engine.evaluate(&expression, &Context::new()).unwrap();
        assert!(matches!(evaluation.value, Value::Null));
        let warned = evaluation
            .warnings
            .iter()
            .any(|warning| warning.kind == WarningKind::NoFunctionFound);
        assert!(warned, "{expression:?}");
    }
}

#[test]
fn without_random_bytes_there_is_nothing_random() {
    let engine = Engine::new(|| NOW.parse().unwrap());
    for expression in ["uuid()", "random number()"] {
        let error = engine
            .evaluate(&Expression::parse(expression).unwrap(), &Context::new())
            .unwrap_err();
        assert_eq!(error.kind, EvaluationErrorKind::NoRandomness);
    }
}

#[test]
fn the_clock_has_a_time_zone() {
    let engine = Engine::new(|| "2026-11-22T23:30:00[America/New_York]".parse().unwrap());
    assert_eq!(
        evaluate(&engine, "now()"),
        "2026-11-22T23:30:00@America/New_York"
    );
    assert_eq!(evaluate(&engine, "today()"), "2026-11-22");
    let utc = Engine::new(|| "2026-11-22T23:30:00+00:00[+00:00]".parse().unwrap());
    assert_eq!(evaluate(&utc, "now()"), "2026-11-22T23:30:00Z");
}

#[test]
fn an_expression_is_read_once_and_evaluated_often() {
    let expression = Expression::parse("n * 2").unwrap();
    let engine = engine();
    for n in 0..3_i64 {
        let variables = Context::from_iter([("n", n)]);
        assert_eq!(
            engine
                .evaluate(&expression, &variables)
                .unwrap()
                .value
                .to_string(),
            (n * 2).to_string()
        );
    }
}

#[test]
fn a_function_outlives_its_expression() {
    let engine = engine();
    let function =
        Expression::parse("{factor: 3, make: function() function(x) x * factor, f: make()}")
            .unwrap();
    let Value::Context(made) = engine.evaluate(&function, &Context::new()).unwrap().value else {
        panic!("a context")
    };
    drop(function);
    let call = Expression::parse("f(2)").unwrap();
    assert_eq!(
        engine.evaluate(&call, &made).unwrap().value.to_string(),
        "6"
    );
}
