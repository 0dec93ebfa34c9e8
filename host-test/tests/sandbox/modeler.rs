//! The element template in a real modeler, and the diagram that comes out of it in the sandbox.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use quick_xml::Reader;
use quick_xml::XmlVersion::Implicit1_0;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};

use crate::support::jobs::{Setting, outbound};
use crate::support::{artifacts, host, lab};

/// The modeler, as it is in the project now: its libraries lie in the folder that cargo builds into.
fn modeler() -> &'static Path {
    static COPIED: LazyLock<PathBuf> = LazyLock::new(copy);
    &COPIED
}

fn copy() -> PathBuf {
    let folder = artifacts::target().join("modeler");
    assert!(
        folder.join("installed").exists(),
        "{} is missing: run `make modeler`",
        folder.display()
    );
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("modeler");
    for file in ["modeler.mjs", "page.js", "page.css"] {
        std::fs::copy(sources.join(file), folder.join(file)).unwrap();
    }
    folder.join("modeler.mjs")
}

/// The values of the seed page, as a designer types them.
fn seed_page() -> Vec<(String, String)> {
    serde_json::from_str(include_str!("../../modeler/seed-page.json")).unwrap()
}

/// What a modeler showed, and the diagram that it saved.
struct Designed {
    report: Value,
    diagram: String,
}

fn run(template: &str, values: &[(String, String)], folder: &Path) -> Output {
    std::fs::write(folder.join("template.json"), template).unwrap();
    std::fs::write(folder.join("values.json"), json!(values).to_string()).unwrap();
    Command::new("node")
        .arg(modeler())
        .args([
            "--template",
            "template.json",
            "--values",
            "values.json",
            "--xml",
            "diagram.bpmn",
        ])
        .current_dir(folder)
        .output()
        .unwrap()
}

/// Applies the template that the component carries to a task, and fills it in.
async fn design(values: &[(String, String)]) -> Designed {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&template().await, values, folder.path());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    Designed {
        report: serde_json::from_slice(&output.stdout).unwrap(),
        diagram: std::fs::read_to_string(folder.path().join("diagram.bpmn")).unwrap(),
    }
}

async fn template() -> String {
    let connector = outbound(&[]);
    connector.describe().await.unwrap().element_template
}

/// The job that an engine makes of a diagram's one service task, its inputs still to be evaluated.
fn job(diagram: &str) -> Value {
    let attribute = |element: &BytesStart<'_>, name: &str| {
        let found = element.try_get_attribute(name).unwrap();
        let value = found.unwrap_or_else(|| panic!("no {name}"));
        value.normalized_value(Implicit1_0).unwrap().into_owned()
    };
    let mut job = json!({"customHeaders": {}, "inputs": {}});
    let mut reader = Reader::from_str(diagram);
    loop {
        let element = match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) => element,
            Event::Eof => return job,
            _ => continue,
        };
        match element.name().into_inner() {
            "zeebe:taskDefinition" => {
                job["type"] = attribute(&element, "type").into();
                let retries: u32 = attribute(&element, "retries").parse().unwrap();
                job["retries"] = retries.into();
            }
            "zeebe:input" => {
                job["inputs"][attribute(&element, "target")] = attribute(&element, "source").into();
            }
            "zeebe:header" => {
                job["customHeaders"][attribute(&element, "key")] =
                    attribute(&element, "value").into();
            }
            _ => {}
        }
    }
}

/// The fields of a report, by their ids, with the errors that the panel shows.
fn fields(panel: &Value) -> Map<String, Value> {
    let groups = panel.as_array().unwrap();
    groups
        .iter()
        .flat_map(|group| group["entries"].as_array().unwrap())
        .map(|entry| {
            (
                entry["id"].as_str().unwrap().to_owned(),
                entry["error"].clone(),
            )
        })
        .collect()
}

fn names(list: &Value) -> BTreeSet<&str> {
    let list = list.as_array().unwrap();
    list.iter().map(|name| name.as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_task_that_is_filled_in_as_on_the_seed_page_runs() {
    let setting = Setting::new("");
    let mut values = seed_page();
    for (field, value) in &mut values {
        if field == "queue.url" {
            value.clone_from(&setting.url);
        }
    }
    let designed = design(&values).await;

    // The panel says what is missing, and no more once it is there.
    let before = fields(&designed.report["before"]);
    for required in [
        "authentication.accessKey",
        "authentication.secretKey",
        "queue.url",
        "configuration.region",
        "queue.messageBody",
    ] {
        let error = before[required].as_str().unwrap();
        assert!(error.ends_with("must not be empty."), "{required}: {error}");
    }
    let after = fields(&designed.report["after"]);
    assert!(after.values().all(Value::is_null), "{after:?}");
    let groups: Vec<&str> = designed.report["after"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["label"].as_str().unwrap())
        .skip_while(|label| *label != "Authentication")
        .take(7)
        .collect();
    assert_eq!(
        groups,
        [
            "Authentication",
            "Queue properties",
            "Input message data",
            "Beyond Camunda's connector",
            "Output mapping",
            "Error handling",
            "Retries"
        ]
    );

    // A FIFO queue has fields of its own.
    let steps = designed.report["steps"].as_array().unwrap();
    let to_fifo = steps.iter().find(|step| step["value"] == "fifo").unwrap();
    let ids = BTreeSet::from(["queue.messageGroupId", "queue.messageDeduplicationId"]);
    assert_eq!(names(&to_fifo["appeared"]), ids);
    let fair = BTreeSet::from(["queue.delaySeconds", "queue.fairQueueGroupId"]);
    assert_eq!(names(&to_fifo["vanished"]), fair);

    // The diagram is a job that runs.
    let mut job = job(&designed.diagram);
    assert_eq!(job["type"], "io.camunda:aws-sqs:1");
    assert_eq!(job["retries"], 3);
    assert_eq!(job["customHeaders"]["retryBackoff"], "PT30S");
    job["variables"] = json!({"order": {"id": 4711, "items": ["tea", "milk"]}});
    let outcome = setting.run(&job).await;
    let message = setting.received();
    let id = &message["MessageId"];
    assert_eq!(
        outcome,
        json!({"outcome": "completed", "variables": {"myResultVariable": {"messageId": id}, "createdMessageID": id}})
    );
    assert_eq!(
        message["Body"],
        r#"{"orderId":4711,"items":["tea","milk"]}"#
    );
    assert_eq!(
        message["MessageAttributes"],
        json!({
            "timestamp": {"StringValue": "2026-11-22", "DataType": "String"},
            "messageSubmittedBy": {"StringValue": "user12345", "DataType": "String"},
        })
    );
}

#[tokio::test]
async fn the_fields_of_a_fifo_queue_and_what_goes_beyond_reach_the_connector() {
    let setting = Setting::new(".fifo");
    let values = [
        ("authentication.accessKey", "{{secrets.MY_AWS_ACCESS_KEY}}"),
        ("authentication.secretKey", "{{secrets.MY_AWS_SECRET_KEY}}"),
        ("queue.url", &setting.url),
        ("configuration.region", "us-east-1"),
        ("queue.type", "fifo"),
        ("queue.messageBody", "=\"text\""),
        (
            "queue.messageAttributes",
            "={logo: {DataType: \"Binary\", BinaryValue: \"AAEC\"}}",
        ),
        ("queue.messageGroupId", "=\"group-\" + string(order.id)"),
        ("queue.messageDeduplicationId", "once"),
        (
            "queue.awsTraceHeader",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ),
        ("queue.extendedResponse", "true"),
        ("resultVariable", "sent"),
        (
            "errorExpression",
            "=if error != null then bpmnError(error.code, error.message) else null",
        ),
        ("retryCount", "5"),
        ("retryBackoff", "PT1M"),
        ("jobTimeout", "PT2M"),
    ]
    .map(|(field, value)| (field.to_owned(), value.to_owned()));
    let mut job = job(&design(&values).await.diagram);
    let trace_header = "Root=1-5759e988-bd862e3fe1be46a994272793";
    assert_eq!(job["inputs"]["queue.awsTraceHeader"], trace_header);
    assert_eq!(job["customHeaders"]["jobTimeout"], "PT2M");
    assert_eq!(job["retries"], 5);
    job["variables"] = json!({"order": {"id": 7}});
    let outcome = setting.run(&job).await;
    let message = setting.received();
    let sent = &outcome["variables"]["sent"];
    assert_eq!(sent["messageId"], message["MessageId"], "{outcome}");
    assert_eq!(
        sent["sequenceNumber"],
        message["Attributes"]["SequenceNumber"]
    );
    assert_eq!(message["Body"], "text");
    assert_eq!(message["Attributes"]["MessageGroupId"], "group-7");
    assert_eq!(message["Attributes"]["MessageDeduplicationId"], "once");
    assert_eq!(message["MessageAttributes"]["logo"]["BinaryValue"], "AAEC");

    job["inputs"]["queue.url"] = (setting.url.clone() + "/missing").into();
    let outcome = setting.run(&job).await;
    assert_eq!(outcome["outcome"], "error", "{outcome}");
}

#[tokio::test]
async fn the_fields_of_a_standard_queue_that_go_beyond_reach_the_connector() {
    let (url, key) = lab::queue_and_temporary_key();
    let setting = Setting::of(url, key);
    let name = setting.url.rsplit('/').next().unwrap();
    let endpoint = lab::endpoint();
    let aws_url = format!("https://sqs.us-east-1.amazonaws.com/000000000000/{name}");
    let values = [
        ("authentication.accessKey", "secrets.MY_AWS_ACCESS_KEY"),
        ("authentication.secretKey", "secrets.MY_AWS_SECRET_KEY"),
        (
            "authentication.sessionToken",
            "secrets.MY_AWS_SESSION_TOKEN",
        ),
        ("queue.url", &aws_url),
        ("configuration.endpoint", &endpoint),
        ("configuration.region", "us-east-1"),
        ("queue.messageBody", "=[1, 2]"),
        ("queue.delaySeconds", "0"),
        ("queue.fairQueueGroupId", "tenant-1"),
    ]
    .map(|(field, value)| (field.to_owned(), value.to_owned()));
    let job = job(&design(&values).await.diagram);
    assert_eq!(job["inputs"]["queue.delaySeconds"], "0");
    let outcome = setting.run(&job).await;
    assert_eq!(outcome["outcome"], "completed", "{outcome}");
    let message = setting.received();
    assert_eq!(message["Body"], "[1,2]");
    assert_eq!(message["Attributes"]["MessageGroupId"], "tenant-1");
}

#[tokio::test]
async fn a_template_that_is_not_valid_is_refused() {
    let mut template: Value = serde_json::from_str(&template().await).unwrap();
    template["properties"][1]["type"] = json!("Strin");
    let folder = tempfile::tempdir().unwrap();
    let output = run(&template.to_string(), &[], folder.path());
    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("is not a valid element template"), "{told}");
}

#[test]
fn the_template_is_the_one_in_the_project() {
    let connector = artifacts::connector();
    let template = include_bytes!("../../../src/connector/element-template.json");
    let carried = connector
        .windows(template.len())
        .any(|window| window == template);
    assert!(carried, "the component carries another template");
    assert!(!host(&[]).inspect(connector).unwrap().exports.is_empty());
}
