//! Values to JSON and from JSON.

use feel::{Context, Engine, Expression, JsonStyle, Value};

use crate::support::engine;

fn styles(expression: &str) -> [String; 3] {
    let expression = Expression::parse(expression).unwrap();
    let value = engine()
        .evaluate(&expression, &Context::new())
        .unwrap()
        .value;
    [JsonStyle::Engine, JsonStyle::Connector, JsonStyle::Text]
        .map(|style| serde_json::to_string(&value.json(style)).unwrap())
}

#[test]
fn each_style_has_its_own_dates_times_and_durations() {
    for (expression, engine, connector, text) in [
        (
            "@\"2026-11-22\"",
            "\"2026-11-22\"",
            "\"2026-11-22\"",
            "\"2026-11-22\"",
        ),
        ("@\"10:00:00\"", "\"10:00\"", "\"10:00:00\"", "\"10:00:00\""),
        (
            "@\"10:00:00+01:00\"",
            "\"10:00:00+01:00\"",
            "\"10:00+01:00\"",
            "\"10:00:00+01:00\"",
        ),
        (
            "@\"10:00:00@Europe/Berlin\"",
            "\"10:00:00@Europe/Berlin\"",
            "\"10:00+01:00\"",
            "\"10:00:00+01:00[Europe/Berlin]\"",
        ),
        (
            "@\"2026-11-22T10:00:00\"",
            "\"2026-11-22T10:00:00\"",
            "\"2026-11-22T10:00:00\"",
            "\"2026-11-22T10:00:00\"",
        ),
        (
            "@\"2026-11-22T10:00:00@Europe/Berlin\"",
            "\"2026-11-22T10:00:00+01:00\"",
            "\"2026-11-22T10:00:00+01:00\"",
            "\"2026-11-22T10:00:00+01:00[Europe/Berlin]\"",
        ),
        ("@\"P1DT2H\"", "\"P1DT2H\"", "\"PT26H\"", "\"PT26H\""),
        (
            "@\"-PT90M\"",
            "\"-PT1H30M\"",
            "\"PT-1H-30M\"",
            "\"PT-1H-30M\"",
        ),
        ("@\"P14M\"", "\"P1Y2M\"", "\"P1Y2M\"", "\"P1Y2M\""),
        ("@\"P0M\"", "\"P0Y\"", "\"P0D\"", "\"P0D\""),
        ("function(a) a", "null", "null", "\"function(a)\""),
    ] {
        assert_eq!(
            styles(expression),
            [engine, connector, text],
            "{expression}"
        );
    }
}

#[test]
fn a_whole_number_is_an_integer_and_any_other_the_closest_floating_point_number() {
    for (expression, json) in [
        ("10.0", "10"),
        ("1.50", "1.5"),
        ("-0.0", "0"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9.223372036854776e+18"),
        ("1/3", "0.3333333333333333"),
        ("123456789.123456789123456789", "123456789.12345679"),
    ] {
        assert_eq!(styles(expression), [json, json, json], "{expression}");
    }
}

#[test]
fn a_number_that_json_has_no_form_for_is_an_error() {
    let expression = Expression::parse("10 ** 400").unwrap();
    let value = engine()
        .evaluate(&expression, &Context::new())
        .unwrap()
        .value;
    let error = serde_json::to_string(&value.json(JsonStyle::Engine)).unwrap_err();
    assert_eq!(error.to_string(), "a number is too large for JSON");
    let text = engine()
        .evaluate(
            &Expression::parse("to json(10 ** 400)").unwrap(),
            &Context::new(),
        )
        .unwrap();
    assert_eq!(text.value.to_string(), "null");
    assert_eq!(text.warnings.len(), 1);
}

#[test]
fn debug_tells_types_and_sizes_but_no_values() {
    let value = Value::from_json(r#"{"key": ["s3cr3t", 4711]}"#).unwrap();
    let evaluation = engine()
        .evaluate(
            &Expression::parse("[\"s3cr3t\"][1]").unwrap(),
            &Context::new(),
        )
        .unwrap();
    let told = format!("{value:?} {evaluation:?} {:?}", value.json(JsonStyle::Text));
    assert!(!told.contains("s3cr3t") && !told.contains("4711"), "{told}");
}

#[test]
fn json_keeps_the_order_of_names() {
    let value = Value::from_json(r#"{"z": 1, "a": {"y": [], "b": null}, "k": "ü"}"#).unwrap();
    let json = serde_json::to_string(&value.json(JsonStyle::Engine)).unwrap();
    assert_eq!(json, r#"{"z":1,"a":{"y":[],"b":null},"k":"ü"}"#);
}

#[test]
fn numbers_in_json_are_those_of_java() {
    let variables = Context::from_json(
        r#"{"a": 19.9, "b": 1.50, "c": 10.0, "d": 12345678901234567890, "e": 1e3}"#,
    );
    let expression = Expression::parse("string([a, b, c, d, e])").unwrap();
    let value = engine()
        .evaluate(&expression, &variables.unwrap())
        .unwrap()
        .value;
    assert_eq!(
        value.to_string(),
        "\"[19.9, 1.5, 10.0, 12345678901234567890, 1000.0]\""
    );
}

#[test]
fn variables_are_an_object() {
    let error = Context::from_json("[1]").unwrap_err();
    assert_eq!(error.to_string(), "expected an object but found a list");
    assert!(Context::from_json("{").is_err());
}

#[test]
fn values_are_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Value>();
    shared::<Expression>();
    shared::<Engine>();
}
