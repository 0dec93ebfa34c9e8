//! What an evaluation may take.

use feel::{Context, EvaluationErrorKind, Expression, Limit, Limits, Value};

use crate::support::{engine, evaluate};

fn limit(expression: &str, variables: &str) -> Option<Limit> {
    match evaluate(expression, variables).map_err(|error| error.kind) {
        Err(EvaluationErrorKind::Limit(limit)) => Some(limit),
        _ => None,
    }
}

#[test]
fn a_long_loop_answers_or_reaches_a_limit() {
    let list = "count(for x in 0..1000000 return \"Hi there\")";
    assert_eq!(limit(list, "{}"), Some(Limit::ValueSize(8 << 20)));
    let answer = evaluate("every x in 0..1000000 satisfies x >= 0", "{}").unwrap();
    assert_eq!(answer.value.to_string(), "true");
    assert_eq!(
        limit("every x in 1..9999999999 satisfies true", "{}"),
        Some(Limit::Steps(5_000_000))
    );
    assert_eq!(
        limit("some x in 1..9999, y in 1..9999 satisfies false", "{}"),
        Some(Limit::Steps(5_000_000))
    );
}

#[test]
fn a_recursion_without_end_reaches_a_limit() {
    let recursion = "{o: {f: function(o, n) o.f(o, n + 1)}, r: o.f(o, 0)}.r";
    assert_eq!(limit(recursion, "{}"), Some(Limit::Depth(400)));
    let factorial =
        "{o: {f: function(o, n) if n = 0 then 1 else n * o.f(o, n - 1)}, r: o.f(o, 20)}.r";
    assert_eq!(
        evaluate(factorial, "{}").unwrap().value.to_string(),
        "2432902008176640000"
    );
}

#[test]
fn the_deepest_evaluation_fits_into_a_small_stack() {
    let kibibytes = if cfg!(debug_assertions) { 1536 } else { 512 };
    let thread = std::thread::Builder::new().stack_size(kibibytes << 10);
    let deep = thread.spawn(|| {
        let mut expression = "o.f(o, n + 1)".to_owned();
        for _ in 0..20 {
            expression = format!("if [{{a: ({expression})}}][1].a = 1 then 1 else 2");
        }
        let recursion = format!("{{o: {{f: function(o, n) {expression}}}, r: o.f(o, 0)}}.r");
        assert_eq!(limit(&recursion, "{}"), Some(Limit::Depth(400)));
        for (open, close) in [
            ("[(", ")]"),
            ("{a:", "}"),
            ("f(a:", ")"),
            ("1 in (", ")"),
            ("-(", ")"),
        ] {
            let brackets = open.repeat(99) + "1" + &close.repeat(99);
            drop(Expression::parse(&brackets));
        }
        let nested = "for i in 1..300 return [partial]";
        assert_eq!(limit(nested, "{}"), Some(Limit::ValueDepth(256)));
    });
    deep.unwrap().join().unwrap();
}

#[test]
fn a_value_does_not_grow_without_end() {
    let doubled = (0..30).fold("\"0123456789\"".to_owned(), |text, index| {
        if index == 0 {
            format!("{{a0: {text}")
        } else {
            format!("{text}, a{index}: a{0} + a{0}", index - 1)
        }
    }) + "}";
    assert_eq!(limit(&doubled, "{}"), Some(Limit::ValueSize(8 << 20)));
    assert_eq!(
        limit("for x in 1..9 return text + \"x\"", &large("text", 7 << 20)),
        Some(Limit::Memory(32 << 20))
    );
    assert_eq!(
        limit("text + text", &large("text", 10 << 20)),
        Some(Limit::ValueSize(8 << 20))
    );
    let kept = "for x in 1..100000 return partial";
    assert!(matches!(
        limit(kept, "{}"),
        Some(Limit::Memory(_) | Limit::ValueDepth(_))
    ));
    let replaced = r#"replace(text, "a", "0123456789")"#;
    assert_eq!(
        limit(replaced, &large("text", 1 << 20)),
        Some(Limit::ValueSize(8 << 20))
    );
}

fn large(name: &str, length: usize) -> String {
    format!(r#"{{"{name}": "{}"}}"#, "a".repeat(length))
}

#[test]
fn json_within_an_expression_does_not_take_more_than_is_allowed() {
    let text = format!("[{}[]]", "[],".repeat(1 << 19));
    let variables = Context::from_iter([("text", Value::from(text))]);
    let error = engine()
        .evaluate(&Expression::parse("from json(text)").unwrap(), &variables)
        .unwrap_err();
    assert_eq!(
        error.kind,
        EvaluationErrorKind::Limit(Limit::Memory(32 << 20))
    );
    let deep = Context::from_iter([("text", Value::from("[".repeat(100_000)))]);
    let evaluation = engine()
        .evaluate(&Expression::parse("from json(text)").unwrap(), &deep)
        .unwrap();
    assert_eq!(evaluation.value.to_string(), "null");
}

#[test]
fn a_regular_expression_takes_no_more_than_is_allowed() {
    let text = "a".repeat(30_000) + "b";
    let variables = format!(r#"{{"text": "{text}"}}"#);
    for pattern in ["(a+)+$", "(a|aa)+$", "(a*)*c$", "(.*)(.*)(.*)(.*)[^b]$"] {
        let answer = evaluate(&format!("matches(text, \"{pattern}\")"), &variables).unwrap();
        assert_eq!(answer.value.to_string(), "false", "{pattern}");
    }
    assert!(matches!(
        limit("matches(\"a\", \"((a{99}){99}){99}\")", "{}"),
        Some(Limit::Pattern(_))
    ));
    let blowup = limit(
        "matches(text, \"[ab]*a[ab]{2000}c\")",
        &large("text", 1 << 20),
    );
    assert_eq!(blowup, Some(Limit::Steps(5_000_000)));
    let nested = format!(
        "matches(\"a\", \"{}a{}\")",
        "(".repeat(1_000),
        ")".repeat(1_000)
    );
    assert!(limit(&nested, "{}").is_some());
}

#[test]
fn limits_are_the_embedder_s() {
    let small = engine().with_limits(Limits::default().with_steps(10));
    let expression = Expression::parse("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]").unwrap();
    let error = small.evaluate(&expression, &Context::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the evaluation may take at most 10 steps at line 1, column 29"
    );
}

#[test]
fn variables_are_not_nested_without_end() {
    let deep = (0..300).fold(Value::Null, |value, _| Value::from(vec![value]));
    let variables = Context::from_iter([("deep", deep)]);
    let error = engine()
        .evaluate(&Expression::parse("string(deep)").unwrap(), &variables)
        .unwrap_err();
    assert_eq!(
        error.kind,
        EvaluationErrorKind::Limit(Limit::ValueDepth(256))
    );
    assert!(Value::from_json(&("[".repeat(128) + &"]".repeat(128))).is_err());
}

#[test]
fn numbers_at_the_ends_of_their_types_are_no_problem() {
    let ends = [
        "-9223372036854775808",
        "9223372036854775807",
        "-2147483648",
        "2147483648",
        "10**6144",
        "10**-6144",
    ];
    let calls = [
        "decimal(1.5, X)",
        "floor(1.5, X)",
        "floor(X)",
        "round half up(X, 1)",
        "substring(\"abc\", X)",
        "substring(\"abc\", 1, X)",
        "sublist([1], X)",
        "sublist([1], 1, X)",
        "insert before([1], X, 2)",
        "remove([1], X)",
        "partition([1], X)",
        "date(X, 1, 1)",
        "date(1, X, X)",
        "time(X, 1, 1)",
        "time(1, X, X)",
        "[1][X]",
        "modulo(X, 7)",
        "modulo(7, X)",
        "odd(X)",
        "even(X)",
        "sqrt(X)",
        "exp(X)",
        "log(X)",
        "abs(X)",
        "-X",
        "X + 0.5",
        "X - 0.5",
        "X * X",
        "X / 3",
        "2 ** X",
        "X ** 2",
        "X = 0.5",
        "X < 0.5",
        "@\"P1D\" * X",
        "@\"P1D\" / X",
        "@\"P1Y\" * X",
        "@\"P1Y\" / X",
        "string(X)",
        "to json(X)",
        "some i in X..X satisfies i = X",
    ];
    for call in calls {
        for end in ends {
            let expression = call.replace('X', &format!("({end})"));
            let Ok(parsed) = Expression::parse(&expression) else {
                panic!("{expression}")
            };
            drop(engine().evaluate(&parsed, &Context::new()));
        }
    }
    for seconds in ["2147483648", "9223372036854775807"] {
        let offset = format!("time(10, 0, 0, duration(\"-PT{seconds}S\"))");
        assert_eq!(evaluate(&offset, "{}").unwrap().value.to_string(), "null");
        let moved = format!(
            "[@\"10:00:00\" + @\"PT{seconds}S\", now() - @\"PT{seconds}S\", abs(@\"-PT{seconds}S\")]"
        );
        drop(evaluate(&moved, "{}"));
    }
}
