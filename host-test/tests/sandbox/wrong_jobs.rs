//! Jobs that cannot be run: each ends in one clear failure, and nothing is sent.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::{artifacts, program};

/// A job that would run, if anybody listened.
fn job() -> Value {
    json!({
        "retries": 3,
        "variables": {
            "authentication": {"type": "credentials", "accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "marker-s"},
            "configuration": {"region": "us-east-1"},
            "queue": {"url": "URL/1/orders", "type": "standard", "messageBody": {"data": "ok"}},
        }
    })
}

/// The job with another value at a path.
fn with(pointer: &str, value: Value) -> String {
    let mut job = job();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = job.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    parent.insert(name.to_owned(), value);
    job.to_string()
}

/// The job with a raw JSON text in place of its body.
fn with_body(json: &str) -> String {
    job().to_string().replace(r#"{"data":"ok"}"#, json)
}

fn attribute(value: &Value) -> String {
    with("/variables/queue/messageAttributes", json!({"a": value}))
}

fn inputs(inputs: &Value) -> String {
    json!({"retries": 3, "inputs": inputs, "variables": {"order": {"id": 1}}}).to_string()
}

/// Wrong jobs, and what the failure names.
#[allow(clippy::too_many_lines)]
fn wrong_jobs() -> Vec<(String, &'static str)> {
    let large = "x".repeat(10 << 20);
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let eleven: serde_json::Map<String, Value> = (0..11)
        .map(|index| {
            (
                format!("a{index}"),
                json!({"DataType": "String", "StringValue": "x"}),
            )
        })
        .collect();
    vec![
        // What is no job.
        ("marker".to_owned(), "not json"),
        ("{\"variables\":".to_owned(), "not json"),
        ("[]".to_owned(), "job must be an object"),
        ("null".to_owned(), "job must be an object"),
        (deep.clone(), "job must be an object"),
        (json!({"variables": []}).to_string(), "variables must be an object"),
        (json!({"variables": "marker"}).to_string(), "variables must be an object"),
        (json!({"retries": "3"}).to_string(), "retries must be a whole number"),
        (json!({"retries": 1.5}).to_string(), "retries must be a whole number"),
        (json!({"jobKey": 1}).to_string(), "jobKey must be a string"),
        (json!({"type": {}}).to_string(), "type must be a string"),
        (json!({"customHeaders": []}).to_string(), "customHeaders must be an object"),
        (json!({"customHeaders": {"resultVariable": 1}}).to_string(), "customHeaders must be an object of strings"),
        (json!({"inputs": {"a": 1}}).to_string(), "inputs must be an object of strings"),
        (r#"{"variables":{},"variables":{}}"#.to_owned(), "variables must be given once"),
        (
            r#"{"jobKey":"\ud800"}"#.to_owned(),
            "jobKey must be text and numbers that can be read",
        ),
        // Headers.
        (json!({"type": "io.camunda:http-json:1"}).to_string(), "the job is of type"),
        (json!({"customHeaders": {"retryBackoff": "P1D1S"}}).to_string(), "header retryBackoff"),
        (json!({"customHeaders": {"retryBackoff": "soon"}}).to_string(), "header retryBackoff"),
        (json!({"customHeaders": {"jobTimeout": "PT0S"}}).to_string(), "header jobTimeout"),
        (json!({"customHeaders": {"jobTimeout": "PT-10M"}}).to_string(), "header jobTimeout"),
        (json!({"customHeaders": {"resultExpression": "= {a: "}}).to_string(), "header resultExpression"),
        (json!({"customHeaders": {"errorExpression": "= if a then"}}).to_string(), "header errorExpression"),
        (json!({"customHeaders": {"resultExpression": "(".repeat(100_000)}}).to_string(), "header resultExpression"),
        // Inputs.
        (inputs(&json!({"queue.messageBody": "= 1 +"})), "input queue.messageBody: expected an expression"),
        (inputs(&json!({"queue..url": "x"})), "input queue..url: the target must be names"),
        (inputs(&json!({"": "x"})), "the target must be names"),
        (inputs(&json!({"a": "= for i in 1..1000000000 return i"})), "input a: "),
        (inputs(&json!({"queue.url": "secrets.NONE"})), "secret 'NONE' is not available"),
        (with("/variables/authentication/secretKey", json!("secrets.HELD")), "not let through by this host: secret 'HELD'"),
        // Missing.
        (json!({}).to_string(), "authentication is required"),
        (with("/variables/authentication", Value::Null), "authentication is required"),
        (with("/variables/authentication/accessKey", Value::Null), "authentication.accessKey is required"),
        (with("/variables/authentication/secretKey", Value::Null), "authentication.secretKey is required"),
        (with("/variables/configuration", Value::Null), "configuration.region is required"),
        (with("/variables/configuration/region", json!("")), "configuration.region must not be blank"),
        (with("/variables/queue", Value::Null), "queue is required"),
        (with("/variables/queue/url", Value::Null), "queue.url is required"),
        (with("/variables/queue/messageBody", Value::Null), "queue.messageBody is required"),
        (with("/variables/queue/messageBody", json!("")), "queue.messageBody must not be empty"),
        // Types.
        (with("/variables/authentication", json!("marker")), "authentication must be an object: is a string"),
        (with("/variables/authentication/accessKey", json!({})), "authentication.accessKey must be a string: is an object"),
        (with("/variables/authentication/secretKey", json!(["marker", 2])), "authentication.secretKey must be a string: is an array"),
        (with("/variables/awsCredential", json!("marker")), "awsCredential must be an object: is a string"),
        (with("/variables/awsCredential", json!({"region": "us-east-1"})), "awsCredential.authentication is required"),
        (with("/variables/configuration", json!(7)), "configuration must be an object: is a number"),
        (with("/variables/configuration/endpoint", json!({})), "configuration.endpoint must be a string"),
        (with("/variables/queue", json!("marker")), "queue must be an object: is a string"),
        (with("/variables/queue/url", json!({})), "queue.url must be a string: is an object"),
        (with("/variables/queue/type", json!(["a", "b"])), "queue.type must be a string"),
        (with("/variables/queue/type", json!("topic")), "queue.type must be standard or fifo"),
        (with("/variables/queue/type", Value::Null), "queue.type must be standard or fifo"),
        (with("/variables/queue/messageAttributes", json!([1, 2])), "queue.messageAttributes must be an object: is an array"),
        (attribute(&Value::Null), "queue.messageAttributes.a must be an object: is null"),
        (attribute(&json!("marker")), "queue.messageAttributes.a must be an object: is a string"),
        (attribute(&json!({"StringValue": "marker"})), "queue.messageAttributes.a.DataType is required"),
        (attribute(&json!({"DataType": "String"})), "queue.messageAttributes.a.StringValue is required"),
        (attribute(&json!({"DataType": "Binary", "BinaryValue": "!"})), "queue.messageAttributes.a.BinaryValue must be base64"),
        (attribute(&json!({"DataType": "Number", "StringValue": "marker"})), "queue.messageAttributes.a.StringValue must be a decimal number"),
        (attribute(&json!({"DataType": "StringList", "StringValue": "x"})), "queue.messageAttributes.a.DataType must be String, Number or Binary"),
        (with("/variables/queue/messageAttributes", json!(eleven)), "queue.messageAttributes must be at most 10: are 11"),
        (with("/variables/queue/delaySeconds", json!("soon")), "queue.delaySeconds must be a whole number"),
        (with("/variables/queue/delaySeconds", json!(901)), "queue.delaySeconds must be at most 900"),
        // Contradictory.
        (with("/variables/queue/type", json!("fifo")), "queue.messageGroupId is required where queue.type is fifo"),
        (with("/variables/queue/url", json!("URL/1/orders.fifo")), "queue.messageGroupId is required on a fifo queue"),
        (with("/variables/authentication/type", json!("defaultCredentialsChain")), "this host lends no aws identity"),
        (attribute(&json!({"DataType": "String", "StringValue": "x", "stringValue": "y"})), "must not stand beside stringValue"),
        (job().to_string().replace("\"queue\":", "\"queue\":{\"url\":\"URL/2/q\"},\"queue\":"), "queue must be given once"),
        (job().to_string().replace("\"accessKey\":", "\"accessKey\":\"A\",\"accessKey\":"), "authentication.accessKey must be given once"),
        (job().to_string().replace("\"messageBody\":", "\"messageBody\":1,\"messageBody\":"), "queue.messageBody must be given once"),
        (
            with("/variables/queue/messageAttributes", json!({"T": 1})).replace(
                "\"T\":1",
                r#""a":{"DataType":"String","StringValue":"x"},"a":{"DataType":"String","StringValue":"y"}"#,
            ),
            "queue.messageAttributes.a must be unique",
        ),
        // Hostile.
        (with("/variables/queue/messageBody", json!(large)), "queue.messageBody must be at most 1048576 bytes"),
        (with("/variables/queue/messageBody", json!([large])), "queue.messageBody must be at most 1048576 bytes"),
        (with("/variables/authentication/accessKey", json!(large)), "authentication.accessKey must be at most 128 bytes"),
        (with("/variables/queue/url", json!(large)), "queue.url must be an absolute http or https url"),
        (with("/variables/queue/messageAttributes", json!({ large.as_str(): {"DataType": "String", "StringValue": "x"} })), "must be at most 256 characters"),
        (with_body(&deep), "queue.messageBody must be nested at most 1000 levels deep"),
        (with_body(&format!("{{\"a\":{deep}}}")), "queue.messageBody must be nested at most 1000 levels deep"),
        (with("/variables/queue", json!("D")).replace("\"D\"", &deep), "queue must be an object: is an array"),
        (with_body(r#""\ud800""#), "queue.messageBody must be text: half of a surrogate pair"),
        (with_body(r#"{"a":"\udfff"}"#), "queue.messageBody must be text: half of a surrogate pair"),
        (with_body(r#""a\u0000b""#), "queue.messageBody must not contain U+0000"),
        (with("/variables/queue/url", json!("URL/1/a\u{0}b")), "queue.url must be an absolute http or https url"),
        (with("/variables/authentication/accessKey", json!("AKID\r\nHost: evil")), "authentication.accessKey must be ascii without white space"),
        (with("/variables/queue/messageGroupId", json!("a\u{0}")), "queue.messageGroupId must be ascii"),
        (with("/variables/queue/url", json!("http://user:marker@127.0.0.1/1/q")), "queue.url must not contain user information"),
        (with("/variables/configuration/endpoint", json!("file:///etc/passwd")), "configuration.endpoint must be an absolute http or https url"),
    ]
}

#[test]
fn each_wrong_job_ends_in_one_clear_failure_and_nothing_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });

    let jobs = wrong_jobs();
    assert!(jobs.len() >= 60, "{}", jobs.len());
    let lines: Vec<String> = jobs
        .iter()
        .map(|(job, _)| job.replace("URL", &url))
        .collect();
    let connector = artifacts::connector_path();
    let arguments = [
        "run",
        "--component",
        connector.to_str().unwrap(),
        "--allow",
        &url,
        "--order",
        "jobs",
    ];
    let run = program::run(&arguments, &[], (lines.join("\n") + "\n").as_bytes());
    assert_eq!(run.code, 11, "{}", run.stderr);

    let outcomes: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(outcomes.len(), jobs.len());
    for ((job, problem), line) in jobs.iter().zip(outcomes) {
        let shown: String = job.chars().take(200).collect();
        let outcome: Value = serde_json::from_str(line).unwrap();
        assert_eq!(outcome["outcome"], "failed", "{shown}");
        assert_eq!(outcome["retries"], 0, "{shown}: {line}");
        let message = outcome["errorMessage"].as_str().unwrap();
        assert!(message.contains(problem), "{shown}: {message}");
        assert!(
            message.chars().count() <= 6_000 && !message.contains('\n'),
            "{shown}"
        );
        assert!(!line.contains("marker"), "{line}");
    }
    assert_eq!(connections.load(Ordering::Relaxed), 0);
}
