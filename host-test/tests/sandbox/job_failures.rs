//! A marker secret through every way for a job to fail: the marker appears nowhere.

use std::time::Duration;

use connector_host::job::{Expressions, JobRunner};
use connector_host::{Host, HostBuilder};
use serde_json::{Value, json};

use crate::secrets::{SECRET, TOKEN, endings, marked};
use crate::support::jobs::{self, Setting, outbound, runner};
use crate::support::{artifacts, canned, lab};

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
        let allowed = ending.allowed.iter().map(|origin| origin.parse().unwrap());
        let host = Host::builder().connect_timeout(Duration::from_millis(500));
        let host = allowed.fold(host, HostBuilder::allow).build().unwrap();
        let setting = Setting {
            url: ending.url,
            runner: runner(&marked("AKIAIOSFODNN7EXAMPLE")),
            connector: host.load_outbound(artifacts::connector()).unwrap(),
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
            if ending.timeouts.total_ms.is_some() {
                job["customHeaders"]["jobTimeout"] = json!("PT1S");
            }
            let outcome = setting.run(&job).await;
            let told = outcome.to_string();
            assert!(!told.contains("marker-"), "{told}");
            for part in [&SECRET[8..20], &TOKEN[8..20]] {
                assert!(!told.contains(part), "{told}");
            }
            masked += usize::from(told.contains("***"));
            if is_plain {
                let error_type = outcome["variables"]["error"]["type"].as_str().unwrap();
                assert_eq!(case(error_type), ending.case, "{told}");
            }
        }
    }
    assert!(masked > 20, "{masked}");
}

/// A server that quotes the body of the message, decoded, as SQS quotes what it cannot take.
fn quoting_server(code: &'static str) -> String {
    let address = canned::server(move |request| {
        let form = request.split("\r\n\r\n").nth(1).unwrap_or_default();
        let parameter = form
            .split('&')
            .find_map(|pair| pair.strip_prefix("MessageBody="));
        let body = parameter.unwrap_or_default().replace('+', " ");
        let body = percent_decode(&body);
        let code = if code.is_empty() { body.as_str() } else { code };
        canned::http(
            "400 Bad Request",
            &canned::error(code, &format!("bad body: {body}")),
        )
    });
    address + "/000000000000/q"
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first == b'%' {
            let digits = std::str::from_utf8(&behind[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &behind[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_secret_that_was_cut_or_put_on_one_line_is_recognised() {
    for (secret, code) in [
        (
            "TOPSECRET-LINE1\nTOPSECRET-LINE2\nX".to_owned(),
            "InvalidMessageContents",
        ),
        (
            "TOPSECRET\tTOPSECRET\r\nTOPSECRET".to_owned(),
            "InvalidMessageContents",
        ),
        ("TOPSECRET".repeat(170), "InvalidMessageContents"),
        ("TOPSECRET".to_owned(), ""),
    ] {
        let url = quoting_server(code);
        let (_, key) = lab::queue_and_key("");
        let secrets = jobs::secrets(&key).and("NOTE", &secret);
        let setting = Setting {
            runner: JobRunner::new(Expressions::default(), secrets),
            connector: outbound(&[&url]),
            url,
            key,
        };
        for headers in headers() {
            let mut job = setting.job(&[("queue.messageBody", "secrets.NOTE")]);
            job["customHeaders"] = headers;
            let told = setting.run(&job).await.to_string();
            assert!(!told.contains("TOPSECRET"), "{told}");
        }
    }
}

#[tokio::test]
async fn a_secret_as_the_name_of_an_attribute_is_not_told() {
    let (url, key) = lab::queue_and_key("");
    for secret in ["TOPSECRETNAME".repeat(5), "TOPSECRET\tNAME".to_owned()] {
        let secrets = jobs::secrets(&key).and("NAME", &secret);
        let runner = JobRunner::new(Expressions::default(), secrets);
        let job = json!({
            "variables": {"n": 1},
            "inputs": {
                "authentication.accessKey": "secrets.MY_AWS_ACCESS_KEY",
                "authentication.secretKey": "secrets.MY_AWS_SECRET_KEY",
                "configuration.region": "us-east-1", "queue.url": url, "queue.messageBody": "x",
                "queue.messageAttributes": "=put({}, \"{{secrets.NAME}}\", {DataType: \"wrong\"})",
            }
        });
        let outcome = jobs::run(&runner, &outbound(&[&url]), &job).await;
        let told = outcome.to_string();
        assert!(told.contains("must be String, Number or Binary"), "{told}");
        assert!(!told.contains("TOPSECRET"), "{told}");
    }
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
            let is_plain = headers.as_object().unwrap().is_empty();
            job["customHeaders"] = headers;
            let outcome = setting.run(&job).await;
            let told = outcome.to_string();
            assert!(!told.contains("marker"), "{target} {source}: {told}");
            if is_plain {
                assert_eq!(outcome["outcome"], "failed", "{told}");
            }
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
