//! What the connector's page promises a process designer, line by line.

use serde_json::{Value, json};

use crate::support::jobs::{Setting, outbound, runner};
use crate::support::{jobs, lab};

/// The result expression of the page.
const RESULT_EXPRESSION: &str = "= {\n  \"createdMessageID\": response.messageId\n}";

/// The attributes of the page.
const ATTRIBUTES: &str = r#"= {
  "timestamp":{
    "StringValue":today(),
    "DataType":"String"
  },
  "messageSubmittedBy":{
    "StringValue":"user12345",
    "DataType":"String"
  }
}"#;

#[tokio::test]
async fn send_messages_to_amazon_simple_queue_service_from_your_bpmn_process() {
    let setting = Setting::new("");
    let outcome = setting.run(&setting.job(&[])).await;
    assert_eq!(outcome, json!({"outcome": "completed", "variables": {}}));
    assert_eq!(setting.received()["Body"], r#"{"id":4711}"#);
}

#[tokio::test]
async fn you_need_an_iam_key_and_secret_pair_with_sqs_send_message_policy() {
    // Keys of the lab may send to their own queue, and do nothing else.
    let setting = Setting::new("");
    assert_eq!(setting.run(&setting.job(&[])).await["outcome"], "completed");
    let (other, _) = lab::queue_and_key("");
    let denied = setting.run(&setting.job(&[("queue.url", &other)])).await;
    assert_eq!(denied["outcome"], "failed");
    assert_eq!(denied["variables"]["error"]["code"], "AccessDenied");
    assert!(lab::receive(&other).is_empty());
}

#[tokio::test]
async fn set_relevant_iam_key_and_secret_pair_in_the_authentication_section() {
    let setting = Setting::new("");
    for (access_key, secret_key) in [
        ("secrets.MY_AWS_ACCESS_KEY", "secrets.MY_AWS_SECRET_KEY"),
        (
            "{{secrets.MY_AWS_ACCESS_KEY}}",
            "{{ secrets.MY_AWS_SECRET_KEY }}",
        ),
        (
            "=\"{{secrets.MY_AWS_ACCESS_KEY}}\"",
            "=\"secrets.MY_AWS_SECRET_KEY\"",
        ),
    ] {
        let inputs = [
            ("authentication.accessKey", access_key),
            ("authentication.secretKey", secret_key),
        ];
        assert_eq!(
            setting.run(&setting.job(&inputs)).await["outcome"],
            "completed"
        );
        setting.received();
    }
}

#[tokio::test]
async fn the_value_can_be_plain_text_but_this_is_not_recommended() {
    let setting = Setting::new("");
    let inputs = [
        ("authentication.accessKey", setting.key.id.as_str()),
        ("authentication.secretKey", &setting.key.secret),
    ];
    assert_eq!(
        setting.run(&setting.job(&inputs)).await["outcome"],
        "completed"
    );
    setting.received();
}

#[tokio::test]
async fn set_the_url_of_your_sqs_queue_as_well_as_its_region() {
    let setting = Setting::new("");
    for (input, problem) in [
        ("queue.url", "queue.url is required"),
        ("configuration.region", "configuration.region is required"),
    ] {
        let mut job = setting.job(&[]);
        job["inputs"].as_object_mut().unwrap().remove(input);
        let outcome = setting.run(&job).await;
        let message = outcome["errorMessage"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("invalid input: {problem} |")),
            "{message}"
        );
        assert_eq!(outcome["retries"], 0);
    }
    assert_eq!(setting.run(&setting.job(&[])).await["outcome"], "completed");
    setting.received();
}

#[tokio::test]
async fn fill_the_field_message_body_with_the_data_you_would_like_to_submit_to_the_queue() {
    let setting = Setting::new("");
    for (body, wanted) in [
        ("= \"I am a string value!\"", "I am a string value!"),
        (
            "= {order: order.id, on: today()}",
            r#"{"order":4711,"on":"2026-11-22"}"#,
        ),
        ("= [order.id, 1.5, true, null]", "[4711,1.5,true,null]"),
        ("= order.id", "4711"),
    ] {
        let outcome = setting
            .run(&setting.job(&[("queue.messageBody", body)]))
            .await;
        assert_eq!(outcome["outcome"], "completed", "{outcome}");
        assert_eq!(setting.received()["Body"], wanted);
    }
}

#[tokio::test]
async fn fill_the_field_message_attributes_to_set_optional_message_metadata() {
    let setting = Setting::new("");
    assert_eq!(setting.run(&setting.job(&[])).await["outcome"], "completed");
    assert_eq!(setting.received().get("MessageAttributes"), None);
    let attributes = r#"= {
        "timestamp": {StringValue: string(now()), DataType: "String"},
        "place": {StringValue: "52.5,13.4", DataType: "String.geo"},
        "signature": {StringValue: "c2lnbmVk", DataType: "String"},
        "id": {StringValue: order.id, DataType: "Number.int"}
    }"#;
    let job = setting.job(&[("queue.messageAttributes", attributes)]);
    assert_eq!(setting.run(&job).await["outcome"], "completed");
    assert_eq!(
        setting.received()["MessageAttributes"],
        json!({
            "timestamp": {"StringValue": "2026-11-22T10:00:00@Etc/UTC", "DataType": "String"},
            "place": {"StringValue": "52.5,13.4", "DataType": "String.geo"},
            "signature": {"StringValue": "c2lnbmVk", "DataType": "String"},
            "id": {"StringValue": "4711", "DataType": "Number.int"},
        })
    );
}

/// Runs the page's job with task headers, and gives the variables and the message.
async fn with_headers(headers: Value) -> (Value, Value) {
    let setting = Setting::new("");
    let mut job = setting.job(&[("queue.messageAttributes", ATTRIBUTES)]);
    job["customHeaders"] = headers;
    let mut outcome = setting.run(&job).await;
    assert_eq!(outcome["outcome"], "completed", "{outcome}");
    (outcome["variables"].take(), setting.received())
}

#[tokio::test]
async fn the_response_contains_a_message_id_variable() {
    let (variables, message) = with_headers(json!({"resultExpression": "= response"})).await;
    assert_eq!(variables, json!({"messageId": message["MessageId"]}));
}

#[tokio::test]
async fn use_result_variable_to_store_the_response_in_a_process_variable() {
    let (variables, message) = with_headers(json!({"resultVariable": "myResultVariable"})).await;
    let response = json!({"messageId": message["MessageId"]});
    assert_eq!(variables, json!({"myResultVariable": response}));
}

#[tokio::test]
async fn use_result_expression_to_map_fields_from_the_response_into_process_variables() {
    let headers = json!({"resultExpression": RESULT_EXPRESSION});
    let (variables, message) = with_headers(headers).await;
    assert_eq!(variables, json!({"createdMessageID": message["MessageId"]}));
}

#[tokio::test]
async fn example_of_a_valid_message_attribute_as_a_feel_value() {
    let (_, message) = with_headers(json!({})).await;
    assert_eq!(
        message["MessageAttributes"],
        json!({
            "timestamp": {"StringValue": "2026-11-22", "DataType": "String"},
            "messageSubmittedBy": {"StringValue": "user12345", "DataType": "String"},
        })
    );
}

#[tokio::test]
async fn the_connector_allows_you_to_include_non_binary_message_attributes() {
    let setting = Setting::new("");
    let attributes = r#"= {a: {StringValue: "", DataType: "Binary"}}"#;
    let job = setting.job(&[("queue.messageAttributes", attributes)]);
    let outcome = setting.run(&job).await;
    let message = outcome["errorMessage"].as_str().unwrap();
    // Binary ones go beyond the page, and need a value of their own.
    let problem = "invalid input: queue.messageAttributes.a.BinaryValue is required |";
    assert!(message.starts_with(problem), "{message}");
}

#[tokio::test]
async fn it_is_highly_recommended_not_to_expose_your_aws_iam_credentials_as_plain_text() {
    let setting = Setting::new("");
    let mut job = setting.job(&[("queue.url", "http://127.0.0.1:1/1/q")]);
    job["customHeaders"]["errorExpression"] =
        json!("= bpmnError(error.code, error.message, error)");
    let outcome = setting.run(&job).await.to_string();
    assert!(!outcome.contains(&setting.key.secret), "{outcome}");
    let missing = setting.job(&[("authentication.secretKey", "secrets.MY_OTHER_KEY")]);
    let outcome = setting.run(&missing).await;
    let message = outcome["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("secret 'MY_OTHER_KEY' is not available"),
        "{message}"
    );
}

#[tokio::test]
async fn a_job_whose_inputs_the_engine_has_evaluated_gets_the_secrets_that_the_host_lets_through() {
    use connector_host::secrets::SecretFilter;

    let (url, key) = lab::queue_and_key("");
    let connector = outbound(&[&url]);
    let names = ["secrets.MY_AWS_ACCESS_KEY", "secrets.MY_AWS_SECRET_KEY"];
    let job = json!({
        "retries": 3, "customHeaders": {"resultExpression": RESULT_EXPRESSION},
        "variables": {
            "authentication": {"accessKey": names[0], "secretKey": names[1]},
            "configuration": {"region": "us-east-1"},
            "queue": {"url": url, "messageBody": {"data": "ok"}},
        }
    });
    let letting = runner(&key).with_filter(SecretFilter::named_in(names));
    let outcome = jobs::run(&letting, &connector, &job).await;
    let messages = lab::receive(&url);
    let id = &messages[0]["MessageId"];
    assert_eq!(outcome["variables"], json!({"createdMessageID": id}));
    let outcome = jobs::run(&runner(&key), &connector, &job).await;
    let message = outcome["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("not let through by this host: secret 'MY_AWS_ACCESS_KEY'"),
        "{message}"
    );
    assert!(lab::receive(&url).is_empty());
}
