//! Where engines of FEEL differ from each other: each row is what Camunda answers.

use feel::Expression;
use serde_json::json;

use crate::support::{feel, json};

#[test]
fn what_a_connector_maps() {
    let attributes = r#"{
      "timestamp": {"StringValue": today(), "DataType": "String"},
      "messageSubmittedBy": {"StringValue": "user12345", "DataType": "String"}
    }"#;
    assert_eq!(
        json(attributes, "{}"),
        json!({
            "timestamp": {"StringValue": "2026-11-22", "DataType": "String"},
            "messageSubmittedBy": {"StringValue": "user12345", "DataType": "String"}
        })
    );
    let response = r#"{"response": {"messageId": "219f8380"}, "messageId": "219f8380"}"#;
    assert_eq!(
        json(r#"= {"createdMessageID": response.messageId}"#, response),
        json!({"createdMessageID": "219f8380"})
    );
    assert_eq!(json("{id: messageId}", response), json!({"id": "219f8380"}));
}

#[test]
fn dates_and_times() {
    assert_eq!(json("today()", "{}"), json!("2026-11-22"));
    assert_eq!(json("now()", "{}"), json!("2026-11-22T14:26:52.263667932Z"));
    assert_eq!(
        json("string(now())", "{}"),
        json!("2026-11-22T14:26:52.263667932@Etc/UTC")
    );
    let berlin = r#"date and time("2026-11-22T10:00:00@Europe/Berlin")"#;
    assert_eq!(json(berlin, "{}"), json!("2026-11-22T10:00:00+01:00"));
    assert_eq!(
        json(r#"time("10:00:00+01:00")"#, "{}"),
        json!("10:00+01:00")
    );
    assert_eq!(json(r#"duration("P1DT2H")"#, "{}"), json!("PT26H"));
}

#[test]
fn numbers() {
    assert_eq!(json("0.1+0.2", "{}").to_string(), "0.3");
    assert_eq!(json("1/3", "{}").to_string(), "0.3333333333333333");
    assert!(Expression::parse("1e3").is_err());
}

#[test]
fn nulls() {
    for expression in [
        r#""Order " + 42"#,
        r#""a" + null"#,
        "missing",
        "missing.entry",
        "{a: 1}.b",
        "1/0",
    ] {
        assert_eq!(feel(expression), "null", "{expression}");
    }
}

#[test]
fn strings() {
    assert_eq!(feel("string({a:1})"), r#""{a:1}""#);
    assert_eq!(feel(r#""\u00e9""#), r#""\u00e9""#);
    assert_eq!(json(r#"{"g\"h":4}"#, "{}"), json!({r#"g\"h"#: 4}));
    assert_eq!(feel(r#"string length("😀")"#), "2");
}

#[test]
fn a_leading_equals_sign() {
    assert_eq!(feel("=1"), "1");
}

#[test]
fn duplicate_keys_are_overloads() {
    let overloads = "{f: function(a) {x:a}, f: function(a,b) {x:a,y:b}, r: [f(1), f(1,2)]}.r";
    assert_eq!(json(overloads, "{}"), json!([{"x": 1}, {"x": 1, "y": 2}]));
}
