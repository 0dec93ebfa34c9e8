//! A marker secret through every way for a job to fail: the marker appears nowhere.

use serde_json::{Value, json};

use crate::secrets::{SECRET, TOKEN, endings, marked};
use crate::support::jobs::{Setting, outbound, runner};

/// Task headers that show whatever there is to be shown.
fn headers() -> [Value; 6] {
    [
        json!({}),
        json!({"errorExpression": "= bpmnError(\"A\", error.message, {e: error, r: response})"}),
        json!({"errorExpression": "= jobError(string(error), {e: error}, 1)"}),
        json!({"errorExpression": "= ignoreError(error)"}),
        json!({"errorExpression": "= bpmnError(error.message, to json(error))"}),
        json!({"errorExpression": "= assert(1, false, error.message)"}),
    ]
}

fn case(error_type: &str) -> String {
    error_type
        .chars()
        .enumerate()
        .flat_map(|(index, c)| {
            let dash = (c.is_uppercase() && index > 0).then_some('-');
            dash.into_iter().chain(c.to_lowercase())
        })
        .collect()
}

#[tokio::test]
async fn no_outcome_shows_a_secret_whatever_goes_wrong() {
    let mut masked = 0;
    for ending in endings() {
        let allowed: Vec<&str> = ending.allowed.iter().map(String::as_str).collect();
        let setting = Setting {
            url: ending.url,
            runner: runner(&marked("AKIAIOSFODNN7EXAMPLE")),
            connector: outbound(&allowed),
            key: marked("AKIAIOSFODNN7EXAMPLE"),
        };
        for headers in headers() {
            let mut job = setting.job(&[
                (
                    "authentication.sessionToken",
                    "{{secrets.MY_AWS_SESSION_TOKEN}}",
                ),
                // A secret that the connector does not take for one.
                (
                    "queue.messageBody",
                    "=\"note {{secrets.MY_AWS_SESSION_TOKEN}} \" + string(order.id)",
                ),
            ]);
            let is_plain = headers.as_object().unwrap().is_empty();
            job["customHeaders"] = headers;
            job["customHeaders"]["jobTimeout"] = json!("PT1S");
            let outcome = setting.run(&job).await;
            let told = outcome.to_string();
            assert!(!told.contains("marker-"), "{told}");
            for part in [&SECRET[8..20], &TOKEN[8..20]] {
                assert!(!told.contains(part), "{told}");
            }
            masked += usize::from(told.contains("***"));
            if is_plain {
                let error_type = outcome["variables"]["error"]["type"].as_str().unwrap();
                // A job that is out of time is stopped by the host.
                let wanted = if error_type == "Stopped" {
                    "outcome-unknown"
                } else {
                    ending.case
                };
                let found = if error_type == "Stopped" {
                    "outcome-unknown".to_owned()
                } else {
                    case(error_type)
                };
                assert_eq!(found, wanted, "{told}");
            }
        }
    }
    assert!(masked > 20, "{masked}");
}

#[tokio::test]
async fn no_outcome_of_a_job_that_is_not_run_shows_a_secret() {
    let key = marked("AKIAIOSFODNN7EXAMPLE");
    let setting = Setting {
        url: "http://127.0.0.1:1/000000000000/q".to_owned(),
        runner: runner(&key),
        connector: outbound(&[]),
        key,
    };
    let secret = "{{secrets.MY_AWS_SECRET_KEY}}";
    for (target, source) in [
        ("authentication.type", secret),
        ("authentication.accessKey", "={{secrets.MY_AWS_SECRET_KEY}}"),
        (
            "authentication.sessionToken",
            "=[\"{{secrets.MY_AWS_SECRET_KEY}}\", 1]",
        ),
        ("authentication", secret),
        ("configuration.region", secret),
        ("configuration.endpoint", secret),
        ("queue", secret),
        ("queue.url", secret),
        ("queue.type", secret),
        ("queue.delaySeconds", secret),
        ("queue.extendedResponse", secret),
        ("queue.messageAttributes", secret),
        (
            "queue.messageAttributes",
            "={a: {DataType: \"{{secrets.MY_AWS_SECRET_KEY}}\"}}",
        ),
        (
            "queue.messageAttributes",
            "={\"{{secrets.MY_AWS_SECRET_KEY}} \": {}}",
        ),
        (
            "queue.messageBody",
            "=assert(1, false, \"{{secrets.MY_AWS_SECRET_KEY}}\")",
        ),
    ] {
        for headers in headers() {
            let mut job = setting.job(&[(target, source)]);
            job["customHeaders"] = headers;
            let told = setting.run(&job).await.to_string();
            assert!(!told.contains("marker"), "{target} {source}: {told}");
        }
    }
}

#[tokio::test]
async fn no_debug_text_of_a_job_shows_a_secret() {
    let setting = Setting::new("");
    let job = connector_host::job::Job::from_json(
        &json!({"variables": {"authentication": {"secretKey": SECRET}}}).to_string(),
    )
    .unwrap();
    let error = setting.connector.execute(job.variables.get(), None).await;
    let told = format!("{job:?} {error:?} {:?}", setting.runner);
    assert!(!told.contains("marker"), "{told}");
}
