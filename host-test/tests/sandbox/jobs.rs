//! Jobs in every shape that Camunda's templates give them, and what goes beyond.

use std::time::Duration;

use connector_host::job::{Expressions, JobRunner};
use connector_host::outbound::FailureKind;
use connector_host::secrets::{FolderSecrets, SecretFilter};
use connector_host::{AwsIdentity, Host, Limits, OriginPattern};
use serde_json::{Value, json};

use crate::support::jobs::{self, Setting, outbound, runner, secrets};
use crate::support::{artifacts, canned, host, lab};

/// The message id that came back, and the message that is in the queue.
async fn sent(setting: &Setting, job: &Value) -> (Value, Value) {
    let mut job = job.clone();
    job["customHeaders"]["resultVariable"] = json!("result");
    let mut outcome = setting.run(&job).await;
    assert_eq!(outcome["outcome"], "completed", "{outcome}");
    (outcome["variables"]["result"].take(), setting.received())
}

#[tokio::test]
async fn the_connector_describes_itself() {
    let connector = host(&[]).load_outbound(artifacts::connector()).unwrap();
    let description = connector.describe().await.unwrap();
    assert_eq!(description.job_type, "io.camunda:aws-sqs:1");
    assert_eq!(description.version, env!("CARGO_PKG_VERSION"));
    assert_eq!(
        description.input_variables,
        ["authentication", "awsCredential", "configuration", "queue"]
    );
    let template: Value = serde_json::from_str(&description.element_template).unwrap();
    let job_type = &template["properties"][0];
    assert_eq!(job_type["value"], description.job_type.as_str());
    let origins = description.network.service_origins.iter();
    let origins: Vec<OriginPattern> = origins.map(|origin| origin.parse().unwrap()).collect();
    let reaches = |host: &str| {
        let address = format!("https://{host}/123456789012/orders")
            .parse()
            .unwrap();
        origins.iter().any(|origin| origin.matches(&address))
    };
    for host in [
        "sqs.eu-west-1.amazonaws.com",
        "sqs.us-gov-west-1.amazonaws.com",
        "sqs.cn-north-1.amazonaws.com.cn",
        "sqs-fips.us-east-2.amazonaws.com",
        "sqs-fips.us-west-2.api.aws",
        "sqs.ap-southeast-4.api.aws",
        "sqs.cn-northwest-1.api.amazonwebservices.com.cn",
        "eu-central-1.queue.amazonaws.com",
        "cn-north-1.queue.amazonaws.com.cn",
        "queue.amazonaws.com",
        "vpce-0a1b-2c3d.sqs.us-east-1.vpce.amazonaws.com",
        "vpce-0a1b-2c3d-us-east-1a.sqs.us-east-1.vpce.amazonaws.com",
        "sqs.eusc-de-east-1.amazonaws.eu",
        "sqs.us-iso-east-1.c2s.ic.gov",
        "sqs.us-isob-east-1.sc2s.sgov.gov",
        "sqs.eu-isoe-west-1.cloud.adc-e.uk",
        "sqs.us-isof-south-1.csp.hci.ic.gov",
    ] {
        assert!(reaches(host), "{host}");
    }
    // Buckets of S3 that anybody may own.
    for host in [
        "sqs.s3-us-west-2.amazonaws.com",
        "sqs.s3.amazonaws.com",
        "sqs-fips.s3.amazonaws.com",
        "sqs.example.com",
    ] {
        assert!(!reaches(host), "{host}");
    }
    assert_eq!(
        description.network.url_variables,
        ["queue.url", "configuration.endpoint"]
    );
}

#[tokio::test]
async fn every_input_of_the_template_is_one_that_the_connector_asks_for() {
    let connector = host(&[]).load_outbound(artifacts::connector()).unwrap();
    let description = connector.describe().await.unwrap();
    let template: Value = serde_json::from_str(&description.element_template).unwrap();
    for property in template["properties"].as_array().unwrap() {
        if property["binding"]["type"] == "zeebe:input" {
            let name = property["binding"]["name"].as_str().unwrap();
            let variable = name.split('.').next().unwrap().to_owned();
            assert!(description.input_variables.contains(&variable), "{name}");
        }
    }
}

#[tokio::test]
async fn every_generation_of_templates_sends() {
    let setting = Setting::new("");
    let key = json!({"accessKey": setting.key.id, "secretKey": setting.key.secret});
    let typed = json!({"type": "credentials", "accessKey": setting.key.id, "secretKey": setting.key.secret});
    let region = json!({"region": "us-east-1"});
    let queue = |more: Value| {
        let mut queue = json!({"url": setting.url, "messageBody": {"data": "ok"}});
        queue
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        queue
    };
    for (generation, variables) in [
        (
            "1",
            json!({"authentication": key, "queue": queue(json!({"region": "us-east-1", "messageAttributes": {}}))}),
        ),
        (
            "2",
            json!({"authentication": key, "queue": queue(json!({"region": "us-east-1", "type": "standard"}))}),
        ),
        (
            "3",
            json!({"authentication": key, "configuration": region, "queue": queue(json!({"type": "standard"}))}),
        ),
        (
            "4",
            json!({"authentication": key, "configuration": region, "nonce": "x", "queue": queue(json!({"region": "us-east-1"}))}),
        ),
        (
            "9",
            json!({"authentication": typed, "configuration": region, "queue": queue(json!({"type": "standard"}))}),
        ),
        (
            "10",
            json!({"authentication": typed, "configuration": {"region": "us-east-1", "endpoint": ""}, "queue": queue(json!({"type": "standard"}))}),
        ),
        (
            "12",
            json!({"awsCredential": {"authentication": typed, "region": "us-east-1"}, "configuration": {}, "queue": queue(json!({}))}),
        ),
    ] {
        let job = json!({"retries": 3, "variables": variables});
        let (result, message) = sent(&setting, &job).await;
        assert_eq!(message["Body"], r#"{"data":"ok"}"#, "template {generation}");
        assert_eq!(result, json!({"messageId": message["MessageId"]}));
    }
}

#[tokio::test]
async fn every_authentication_works_with_every_kind_of_input() {
    let setting = Setting::new("");
    let fifo = Setting::new(".fifo");
    let url = "secrets.SQS_QUEUE_URL";
    let inputs = |to: &Setting| {
        [
            json!({"queue": {"messageAttributes": {}, "messageBody": {"data": "ok"}, "region": "us-east-1", "url": url}}),
            json!({"configuration": {"region": "us-east-1"}, "queue": {"messageBody": {"data": "ok"}, "url": url}}),
            json!({"configuration": {"region": "us-east-1"}, "queue": {"messageBody": {"data": "ok"}, "url": to.url}}),
            json!({"configuration": {"region": "us-east-1"}, "queue": {
                "messageBody": {"data": "ok"}, "url": url, "messageAttributes": {
                    "attribute1": {"StringValue": "attribute 1 value", "DataType": "String"},
                    "attribute2": {"StringValue": "attribute 2 value", "DataType": "String"},
                }
            }}),
        ]
    };
    let keys = json!({"secretKey": "{{secrets.MY_AWS_SECRET_KEY}}", "accessKey": "{{secrets.MY_AWS_ACCESS_KEY}}"});
    let mut typed = keys.clone();
    typed["type"] = json!("credentials");
    let chain = json!({"type": "defaultCredentialsChain"});
    for (place, authentication) in [
        ("authentication", &keys),
        ("authentication", &typed),
        ("authentication", &chain),
        ("awsCredential", &typed),
        ("awsCredential", &chain),
    ] {
        let put = |mut variables: Value| {
            variables[place] = match place {
                "awsCredential" => {
                    json!({"authentication": authentication, "region": "us-east-1"})
                }
                _ => authentication.clone(),
            };
            json!({"retries": 3, "customHeaders": {"resultExpression": "= response"}, "variables": variables})
        };
        for variables in inputs(&setting) {
            let count = variables["queue"]["messageAttributes"]
                .as_object()
                .map_or(0, serde_json::Map::len);
            let outcome = lending(&setting).run(&put(variables)).await;
            let message = setting.received();
            assert_eq!(
                outcome["variables"],
                json!({"messageId": message["MessageId"]})
            );
            assert_eq!(message["Body"], r#"{"data":"ok"}"#);
            let arrived = message.get("MessageAttributes").and_then(Value::as_object);
            assert_eq!(arrived.map_or(0, serde_json::Map::len), count);
        }
        let variables = json!({"configuration": {"region": "us-east-1"}, "queue": {
            "messageBody": {"data": "ok"}, "url": url, "type": "fifo",
            "messageGroupId": "messageGroupId", "messageDeduplicationId": place.to_owned() + &authentication.to_string().len().to_string(),
        }});
        let outcome = lending(&fifo).run(&put(variables)).await;
        let message = fifo.received();
        assert_eq!(
            outcome["variables"],
            json!({"messageId": message["MessageId"]})
        );
        assert_eq!(message["Attributes"]["MessageGroupId"], "messageGroupId");
    }
}

/// The setting, with the URL of its queue as a secret too, and its key as the identity of the host.
fn lending(setting: &Setting) -> Lending<'_> {
    let identity = aws_credential_types::Credentials::new(
        &setting.key.id,
        &setting.key.secret,
        None,
        None,
        "test",
    );
    let secrets = secrets(&setting.key).and("SQS_QUEUE_URL", &setting.url);
    let runner = JobRunner::new(Expressions::default(), secrets)
        .with_filter(SecretFilter::Off)
        .with_identity(AwsIdentity::from_provider(identity));
    Lending { setting, runner }
}

struct Lending<'s> {
    setting: &'s Setting,
    runner: JobRunner,
}

impl Lending<'_> {
    async fn run(&self, job: &Value) -> Value {
        jobs::run(&self.runner, &self.setting.connector, job).await
    }
}

#[tokio::test]
async fn keys_that_do_not_count_are_not_looked_at() {
    let setting = Setting::new("");
    let stale = json!({"accessKey": "secrets.OLD", "secretKey": "secrets.OLD"});
    let fresh = json!({"accessKey": setting.key.id, "secretKey": setting.key.secret});
    let mut chain = stale.clone();
    chain["type"] = json!("defaultCredentialsChain");
    for (inline, credential) in [
        (
            &stale,
            json!({"authentication": fresh, "region": "us-east-1"}),
        ),
        (&chain, Value::Null),
    ] {
        let job = json!({"retries": 3, "variables": {
            "authentication": inline, "awsCredential": credential,
            "configuration": {"region": "us-east-1"}, "queue": {"url": setting.url, "messageBody": "x"},
        }});
        let lending = lending(&setting);
        let runner = lending.runner.with_filter(SecretFilter::named_in([]));
        let outcome = jobs::run(&runner, &setting.connector, &job).await;
        assert_eq!(outcome["outcome"], "completed", "{outcome}");
        setting.received();
    }
}

#[tokio::test]
async fn a_provider_that_is_down_costs_one_retry() {
    let setting = Setting::new("");
    let folder = FolderSecrets::new("/nowhere/secrets");
    let runner = JobRunner::new(Expressions::default(), folder);
    let outcome = jobs::run(&runner, &setting.connector, &setting.job(&[])).await;
    assert_eq!(outcome["retries"], 2, "{outcome}");
    let message = outcome["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("secret 'MY_AWS_ACCESS_KEY' could not be fetched |"),
        "{message}"
    );
    assert!(!outcome.to_string().contains("nowhere"), "{outcome}");
}

#[tokio::test]
async fn a_job_to_a_fifo_queue_carries_group_and_deduplication_id() {
    let setting = Setting::new(".fifo");
    let job = setting.job(&[
        ("queue.type", "fifo"),
        (
            "queue.messageBody",
            "={\"sqsMessage\":\"Hello SQS FIFO world\"}",
        ),
        ("queue.messageGroupId", "group1"),
        (
            "queue.messageDeduplicationId",
            "=\"id-\" + string(order.id)",
        ),
    ]);
    let (_, message) = sent(&setting, &job).await;
    assert_eq!(message["Body"], r#"{"sqsMessage":"Hello SQS FIFO world"}"#);
    assert_eq!(message["Attributes"]["MessageGroupId"], "group1");
    assert_eq!(message["Attributes"]["MessageDeduplicationId"], "id-4711");
}

#[tokio::test]
async fn a_body_keeps_the_order_of_its_names_and_the_digits_of_its_numbers() {
    let setting = Setting::new("");
    let body = r#"{"z":1.10,"a":[1e10,123456789012345678901234567890],"é":"€"}"#;
    let variables = setting.job(&[]);
    let job = format!(
        r#"{{"retries": 3, "variables": {{"authentication": {{"accessKey": "{}", "secretKey": "{}"}},
            "configuration": {{"region": "us-east-1"}}, "queue": {{"url": {}, "messageBody": {body}}}}}}}"#,
        setting.key.id, setting.key.secret, variables["inputs"]["queue.url"]
    );
    let job = connector_host::job::Job::from_json(&job).unwrap();
    let outcome = setting
        .runner
        .run_on(&setting.connector, job)
        .await
        .outcome
        .to_json();
    assert_eq!(outcome["outcome"], "completed", "{outcome}");
    assert_eq!(setting.received()["Body"], body);
}

#[tokio::test]
async fn what_goes_beyond_camunda_s_connector_arrives() {
    let setting = Setting::new(".fifo");
    let job = setting.job(&[
        ("queue.type", "fifo"),
        ("queue.messageGroupId", "g"),
        ("queue.messageDeduplicationId", "d"),
        (
            "queue.messageAttributes",
            r#"= {logo: {DataType: "Binary.png", BinaryValue: "iVBORw=="}}"#,
        ),
        (
            "queue.awsTraceHeader",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
        ),
        ("queue.extendedResponse", "true"),
    ]);
    let (result, message) = sent(&setting, &job).await;
    assert_eq!(
        message["MessageAttributes"],
        json!({"logo": {"DataType": "Binary.png", "BinaryValue": "iVBORw=="}})
    );
    assert_eq!(result["messageId"], message["MessageId"]);
    assert_eq!(
        result["sequenceNumber"],
        message["Attributes"]["SequenceNumber"]
    );
    assert_eq!(result["md5OfMessageBody"], message["MD5OfBody"]);
    assert_eq!(
        result["md5OfMessageAttributes"],
        message["MD5OfMessageAttributes"]
    );
    assert!(result["requestId"].is_string(), "{result}");
}

#[tokio::test]
async fn a_group_id_is_let_through_on_a_standard_queue() {
    let setting = Setting::new("");
    let job = setting.job(&[("queue.messageGroupId", "tenant-1")]);
    let (_, message) = sent(&setting, &job).await;
    assert_eq!(message["Attributes"]["MessageGroupId"], "tenant-1");
}

#[tokio::test]
async fn a_delayed_message_is_hidden_at_first() {
    let setting = Setting::new("");
    let job = setting.job(&[("queue.delaySeconds", "900")]);
    assert_eq!(setting.run(&job).await["outcome"], "completed");
    assert!(lab::receive(&setting.url).is_empty());
}

#[tokio::test]
async fn temporary_keys_work_with_their_session_token() {
    let (url, key) = lab::queue_and_temporary_key();
    let setting = Setting::of(url, key);
    let token = [(
        "authentication.sessionToken",
        "secrets.MY_AWS_SESSION_TOKEN",
    )];
    sent(&setting, &setting.job(&token)).await;
    let outcome = setting.run(&setting.job(&[])).await;
    assert_eq!(outcome["variables"]["error"]["type"], "Denied", "{outcome}");
}

#[tokio::test]
async fn an_endpoint_takes_the_request() {
    let setting = Setting::new("");
    let endpoint = lab::endpoint();
    let name = setting.url.rsplit('/').next().unwrap();
    let url = format!("https://sqs.us-east-1.amazonaws.com/000000000000/{name}");
    let job = setting.job(&[("configuration.endpoint", &endpoint), ("queue.url", &url)]);
    sent(&setting, &job).await;
}

#[tokio::test]
async fn a_job_ends_within_its_timeout_and_tells_what_it_knows() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/000000000000/q", silent.local_addr().unwrap());
    let (_, key) = lab::queue_and_key("");
    let setting = Setting::of(url, key);
    let mut job = setting.job(&[]);
    job["customHeaders"]["jobTimeout"] = json!("PT0.5S");
    let outcome = setting.run(&job).await;
    let error = &outcome["variables"]["error"];
    assert_eq!(error["type"], "OutcomeUnknown", "{outcome}");
    assert_eq!(error["variables"]["cause"], "timeout");
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("no end within") || message.contains("nothing within"),
        "{message}"
    );
    assert_eq!(outcome["retries"], 0);
}

#[tokio::test]
async fn a_connector_that_does_not_end_in_time_is_ended() {
    let limits = Limits::default().with_deadline(Duration::from_millis(400));
    let host = Host::builder().limits(limits).build().unwrap();
    let connector = host.load_outbound(artifacts::misbehaving()).unwrap();
    for misdeed in ["loop for ever", "wait for ever"] {
        for timeout in [None, Some(Duration::from_secs(9))] {
            let error = connector.execute(misdeed, timeout).await.unwrap_err();
            let told = error.to_string();
            assert!(
                told.starts_with("stopped by the host: no end within "),
                "{told}"
            );
        }
    }
}

#[tokio::test]
async fn jobs_run_on_any_thread() {
    let setting = Setting::new("");
    let (url, job) = (setting.url.clone(), setting.job(&[]));
    let outcome = tokio::spawn(async move {
        let job = connector_host::job::Job::from_json(&job.to_string()).unwrap();
        setting.runner.run_on(&setting.connector, job).await
    });
    assert_eq!(
        outcome.await.unwrap().outcome.to_json()["outcome"],
        "completed"
    );
    assert_eq!(lab::receive(&url).len(), 1);
}

#[tokio::test]
async fn a_job_of_another_type_is_not_run() {
    let setting = Setting::new("");
    let runner: JobRunner = runner(&setting.key).with_job_type("io.camunda:aws-sqs:1");
    assert_eq!(
        jobs::run(&runner, &setting.connector, &setting.job(&[])).await["outcome"],
        "completed"
    );
    setting.received();
    let mut job = setting.job(&[]);
    job["type"] = json!("io.camunda:http-json:1");
    let outcome = jobs::run(&runner, &setting.connector, &job).await;
    assert_eq!(outcome["retries"], 0);
    let message = outcome["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("the job is of type \"io.camunda:http-json:1\""),
        "{message}"
    );
    assert!(lab::receive(&setting.url).is_empty());
}

#[tokio::test]
async fn an_error_expression_goes_by_the_code_of_sqs() {
    let setting = Setting::new("");
    let missing = setting.url.clone() + "-missing";
    let expression = "= if error.code = \"AWS.SimpleQueueService.NonExistentQueue\" \
                      then bpmnError(\"QUEUE_MISSING\", error.message, {status: error.variables.httpStatus}) else null";
    let (_, key) = lab::missing_queue_and_key();
    let runner = runner(&key);
    let mut job = setting.job(&[("queue.url", &missing)]);
    job["customHeaders"]["errorExpression"] = json!(expression);
    let outcome = jobs::run(&runner, &setting.connector, &job).await;
    // A user without the policy does not hear that there is no such queue.
    assert_eq!(
        outcome["variables"]["error"]["code"], "AccessDenied",
        "{outcome}"
    );

    let (url, key) = lab::missing_queue_and_key();
    let setting = Setting::of(url, key);
    let mut job = setting.job(&[]);
    job["customHeaders"]["errorExpression"] = json!(expression);
    let outcome = setting.run(&job).await;
    assert_eq!(outcome["outcome"], "error", "{outcome}");
    assert_eq!(outcome["errorCode"], "QUEUE_MISSING");
    assert_eq!(outcome["variables"], json!({"status": 400}));
}

#[tokio::test]
async fn a_send_whose_result_cannot_be_mapped_says_that_the_message_is_out() {
    let setting = Setting::new("");
    let mut job = setting.job(&[]);
    job["customHeaders"]["resultExpression"] = json!("= response.messageId");
    let outcome = setting.run(&job).await;
    assert_eq!(outcome["retries"], 0);
    let message = outcome["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("the work is done, but its result could not be mapped"),
        "{message}"
    );
    setting.received();
}

#[tokio::test]
async fn a_send_that_nobody_knows_of_is_tried_again_only_where_sqs_drops_a_second_one() {
    let lost = |name: &str| canned::raw_server(drop) + "/000000000000/" + name;
    let (_, key) = lab::queue_and_key("");
    let ids = json!({"messageDeduplicationId": "d", "messageGroupId": "g"});
    for (url, ids, retries) in [
        (lost("q"), json!({}), 0),
        (lost("q"), ids.clone(), 0),
        (lost("q.fifo"), json!({"messageGroupId": "g"}), 0),
        (lost("q.fifo"), ids, 2),
    ] {
        let mut queue = json!({"url": url, "messageBody": "x"});
        queue
            .as_object_mut()
            .unwrap()
            .extend(ids.as_object().unwrap().clone());
        let job = json!({"retries": 3, "variables": {
            "authentication": {"accessKey": key.id, "secretKey": key.secret},
            "configuration": {"region": "us-east-1"}, "queue": queue,
        }});
        let outcome = jobs::run(&runner(&key), &outbound(&[&url]), &job).await;
        assert_eq!(
            outcome["variables"]["error"]["type"], "OutcomeUnknown",
            "{outcome}"
        );
        assert_eq!(outcome["retries"], retries, "{url}");
    }
}

#[tokio::test]
async fn what_is_no_connector_for_jobs_is_not_loaded() {
    let host = Host::builder().build().unwrap();
    assert!(host.load_outbound(b"not wasm").is_err());
    let echo = host.load_outbound(artifacts::misbehaving()).unwrap();
    assert_eq!(echo.execute("{\"a\":1}", None).await.unwrap(), "{\"a\":1}");
    let wrong = outbound(&[]).execute("[]", None).await.unwrap_err();
    match wrong {
        connector_host::ExecuteError::Failed(failure) => {
            assert_eq!(failure.kind, FailureKind::GiveUp);
        }
        stopped @ connector_host::ExecuteError::Stopped(_) => panic!("{stopped:?}"),
    }
}
