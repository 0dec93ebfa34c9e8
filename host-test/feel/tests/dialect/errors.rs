//! What a designer is told.

use feel::{Context, EvaluationErrorKind, Expression, MAX_NESTING, ParseErrorKind, WarningKind};

use crate::support::{engine, evaluate};

#[test]
fn a_text_that_is_no_expression_says_what_and_where() {
    for (expression, message, column) in [
        ("1 +", "expected an expression but found the end", 4),
        ("{a: 1,}", "expected a key but found '}'", 7),
        ("{a 1}", "expected ':' but found '}'", 5),
        ("[1, 2", "expected ',' or ']' but found the end", 6),
        ("(1", "expected ')' but found the end", 3),
        ("if a then b", "expected 'else' but found the end", 12),
        ("if a b", "expected 'then' but found 'b'", 6),
        (
            "for x in xs",
            "expected ',' or 'return' but found the end",
            12,
        ),
        (
            "some x in xs",
            "expected ',' or 'satisfies' but found the end",
            13,
        ),
        ("a = = b", "expected an expression but found '='", 5),
        (
            "a < b < c",
            "expected an operator or the end but found '<'",
            7,
        ),
        (
            "order total + 1",
            "a name with spaces must be in backticks: `order total`",
            1,
        ),
        ("1 + \"open", "a string is never closed", 5),
        ("`open", "a name in backticks is never closed", 1),
        ("1e3", "expected an operator or the end but found 'e3'", 2),
        (
            "a.then",
            "expected the name of a property but found 'then'",
            3,
        ),
        (
            "x in 1..5",
            "expected an operator or the end but found '..'",
            7,
        ),
        (
            "for x in [1..3] return x",
            "expected a value but found a range",
            10,
        ),
        (
            "f(a: 1, 2)",
            "expected the name of a parameter but found '2'",
            9,
        ),
        ("a # b", "expected an operator or the end but found '#'", 3),
        (
            "@ 5",
            "expected a date, time or duration in quotation marks but found '5'",
            3,
        ),
        (
            "function(x) external {java: {}}",
            "an external function is not supported",
            13,
        ),
    ] {
        let error = Expression::parse(expression).expect_err(expression);
        assert_eq!(error.kind.to_string(), message, "{expression}");
        assert_eq!(
            (error.place.line, error.place.column),
            (1, column),
            "{expression}"
        );
    }
}

#[test]
fn a_caret_points_at_the_place() {
    let error = Expression::parse("{\n  größe: 1,\n  \"é\" 2\n}").unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "expected ':' but found '2' at line 3, column 7\n    \"é\" 2\n        ^"
    );
}

#[test]
fn an_expression_has_a_largest_length_and_depth() {
    let long = "1".repeat((1 << 20) + 1);
    let error = Expression::parse(&long).unwrap_err();
    assert_eq!(
        error.kind,
        ParseErrorKind::TooLong {
            length: (1 << 20) + 1,
            limit: 1 << 20
        }
    );
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a:", "}"),
        ("if true then ", ""),
        ("function() ", ""),
        ("x[", "]"),
    ] {
        let deep = open.repeat(10_000) + "1" + &close.repeat(10_000);
        let error = Expression::parse(&deep).unwrap_err();
        assert_eq!(
            error.kind,
            ParseErrorKind::TooDeep { limit: MAX_NESTING },
            "{open}"
        );
    }
    let wide = format!("1{}", " + 1".repeat(100_000));
    assert_eq!(evaluate(&wide, "{}").unwrap().value.to_string(), "100001");
}

#[test]
fn what_opens_again_and_again_is_refused() {
    let openings = [
        "]",
        "(",
        "[",
        "{a:",
        "{",
        "-",
        "--",
        "not(",
        "1 in ",
        "1 in (",
        "if ",
        "if a then ",
        "function(a) ",
        "<",
        "< ",
        "for a in ",
        "for a in [",
        "some a in b satisfies ",
        "a.",
        "a[",
        "a(",
        "a(b:",
        "a ",
        "`",
        "\"",
        "/*",
        "{/* ",
        "{a /* ",
        "// ",
        "@",
        "1 between ",
        "1 instance of ",
        "1..",
        "..",
        "1 + ",
        "2 ** ",
        "a and ",
        "{a b c ",
        "é",
        "\\",
    ];
    for opening in openings {
        for count in [1, 99, 1_000_000 / opening.len()] {
            drop(Expression::parse(&opening.repeat(count)));
            drop(Expression::parse(&(opening.repeat(count) + "1")));
        }
    }
}

#[test]
fn names_and_parts_are_not_without_end() {
    let name = "n".repeat(1_025);
    for expression in [
        name.clone(),
        format!("{{{name}: 1}}"),
        format!("a.{name}"),
        format!("{name}(1)"),
    ] {
        assert_eq!(
            Expression::parse(&expression).unwrap_err().kind,
            ParseErrorKind::NameTooLong { limit: 1_024 }
        );
    }
    let many = |part: &str, separator: &str| vec![part; 65].join(separator);
    for (expression, what) in [
        (
            format!("for {} return 1", many("a in b", ", ")),
            "iterators",
        ),
        (format!("function({}) 1", many("a", ", ")), "parameters"),
        (
            format!(
                "f({})",
                (0..65)
                    .map(|i| format!("a{i}: 1"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            "arguments with names",
        ),
    ] {
        let error = Expression::parse(&expression).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::TooMany { what, limit: 64 });
    }
}

#[test]
fn digits_without_end_are_no_number() {
    let error = Expression::parse(&"9".repeat(10_000)).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::NumberTooLarge);
}

#[test]
fn an_evaluation_that_fails_says_where() {
    let error = evaluate("{\n  a: frobnicate(1)\n}", "{}").unwrap_err();
    assert_eq!(
        error.kind,
        EvaluationErrorKind::UnknownFunction {
            name: "frobnicate".to_owned(),
            suggestion: None
        }
    );
    assert_eq!(
        format!("{error:#}"),
        "there is no function 'frobnicate' at line 2, column 6\n    a: frobnicate(1)\n       ^"
    );
}

#[test]
fn every_null_has_its_reason() {
    use WarningKind::{
        FunctionInvocationFailure, InvalidType, NoContextEntryFound, NoFunctionFound,
        NoPropertyFound, NoVariableFound, NotComparable,
    };
    for (expression, kind, message) in [
        ("missing", NoVariableFound, "there is no variable 'missing'"),
        (
            "{a: 1}.b",
            NoContextEntryFound,
            "there is no entry 'b': the keys are 'a'",
        ),
        (
            "{}.b",
            NoContextEntryFound,
            "there is no entry 'b': the context is empty",
        ),
        (
            "null.b",
            NoContextEntryFound,
            "there is no entry 'b': the context is null",
        ),
        ("(1).b", NoPropertyFound, "a number has no property 'b'"),
        (
            "1 < \"a\"",
            NotComparable,
            "a number cannot be compared with a string",
        ),
        (
            "1 = \"a\"",
            NotComparable,
            "a number cannot be compared with a string",
        ),
        (
            "1 + \"a\"",
            InvalidType,
            "a string cannot be added to a number",
        ),
        ("1 / 0", InvalidType, "there is no such number"),
        ("1[1]", InvalidType, "expected a list but found a number"),
        (
            "true and 1",
            InvalidType,
            "expected a boolean but found a number",
        ),
        (
            "for x in 1 return x",
            InvalidType,
            "expected a list but found a number",
        ),
        (
            "count()",
            NoFunctionFound,
            "no function 'count' has 0 parameters",
        ),
        (
            "count(items: 1)",
            NoFunctionFound,
            "no function 'count' has the parameters items",
        ),
        (
            "count(1)",
            FunctionInvocationFailure,
            "count(): the arguments may not be number",
        ),
        (
            "number(\"x\")",
            FunctionInvocationFailure,
            "number(): the text is not a number",
        ),
        (
            "date(\"x\")",
            FunctionInvocationFailure,
            "date: the text is not valid",
        ),
    ] {
        let evaluation = evaluate(expression, "{}").unwrap();
        assert_eq!(evaluation.value.to_string(), "null", "{expression}");
        let warnings: Vec<_> = evaluation
            .warnings
            .iter()
            .map(|w| (w.kind, w.message.as_str()))
            .collect();
        assert_eq!(warnings, [(kind, message)], "{expression}");
    }
}

#[test]
fn what_is_not_null_has_no_warnings() {
    for expression in [
        "[{a: 1}][a > 0]",
        "if 1 = null then 1 else 2",
        "{a: 1}.a",
        "is defined(1)",
    ] {
        assert!(
            evaluate(expression, "{}").unwrap().warnings.is_empty(),
            "{expression}"
        );
    }
}

#[test]
fn warnings_are_not_without_end() {
    assert_eq!(
        evaluate("for x in 1..1000 return missing", "{}")
            .unwrap()
            .warnings
            .len(),
        100
    );
}

#[test]
fn nothing_tells_a_value() {
    let secret = "s3cr3t-v4lue";
    let variables = format!(r#"{{"secret": "{secret}", "holder": {{"key": "{secret}"}}}}"#);
    for expression in [
        "secret + 1",
        "secret < 1",
        "secret.property",
        "holder.missing",
        "number(secret)",
        "date(secret)",
        "date and time(secret)",
        "duration(secret)",
        "from json(secret)",
        "secret in [1..2]",
        "matches(secret, \"(\")",
        "matches(\"a\", secret + \"(\")",
        "secret(1)",
        "get value(holder, secret)",
        "count(secret)",
        "secret[1]",
        "unknown(secret)",
        "holder.unknown(secret)",
        "date and time(now(), secret)",
        "for x in secret return x",
        "substring(secret, 99)",
        "decimal(1, 1, secret)",
    ] {
        let parsed = Expression::parse(expression).unwrap();
        let variables = Context::from_json(&variables).unwrap();
        let told = match engine().evaluate(&parsed, &variables) {
            Ok(evaluation) => {
                assert!(!evaluation.warnings.is_empty(), "{expression}");
                evaluation
                    .warnings
                    .iter()
                    .fold(String::new(), |told, warning| {
                        format!("{told}{warning:#} {warning:?}")
                    })
            }
            Err(error) => format!("{error:#} {error:?}"),
        };
        assert!(!told.contains(secret), "{expression}: {told}");
    }
}
