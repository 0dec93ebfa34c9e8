//! The AWS identity of the host, from wherever AWS's default chain has it, lent to jobs.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::lab::Key;
use crate::support::program::{self, Run};
use crate::support::{artifacts, canned, lab};

/// A job that asks for the identity of the host.
fn job(url: &str) -> String {
    json!({
        "jobKey": "1", "retries": 3, "customHeaders": {"resultExpression": "= response"},
        "variables": {
            "authentication": {"type": "defaultCredentialsChain"},
            "configuration": {"region": "us-east-1"},
            "queue": {"url": url, "messageBody": "text"},
        }
    })
    .to_string()
}

/// Runs the job with nothing in the environment but this, and no instance or profile of the machine's.
fn run(url: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let connector = artifacts::connector_path();
    let mut all = vec![
        "run",
        "--component",
        connector.to_str().unwrap(),
        "--allow",
        url,
    ];
    all.extend(arguments);
    let endpoint = lab::endpoint();
    let mut whole = vec![
        ("HOME", "/nowhere"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL_STS", endpoint.as_str()),
    ];
    whole.retain(|(name, _)| environment.iter().all(|(other, _)| name != other));
    whole.extend(environment);
    program::run(&all, &whole, job(url).as_bytes())
}

/// Asserts that the job has sent its message, and that nothing secret was printed.
fn assert_sent(url: &str, run: &Run, secrets: &[&str]) {
    let outcome: Value = run.json();
    let messages = lab::receive(url);
    assert_eq!(messages.len(), 1, "{outcome} {}", run.stderr);
    assert_eq!(outcome["variables"]["messageId"], messages[0]["MessageId"]);
    for secret in secrets {
        assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret));
    }
}

/// Keys as AWS's metadata services hand them out.
fn document(key: &Key) -> String {
    json!({
        "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-11-22T10:00:00Z",
        "AccessKeyId": key.id, "SecretAccessKey": key.secret, "Token": key.token,
        "Expiration": "2099-01-01T00:00:00Z",
    })
    .to_string()
}

const LENT: &[&str] = &["--aws-default-credentials"];

#[test]
fn no_identity_is_lent_unless_the_operator_says_so() {
    let (url, key) = lab::queue_and_key("");
    let environment = [
        ("AWS_ACCESS_KEY_ID", key.id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &key.secret),
    ];
    let outcome = run(&url, &[], &environment).json();
    assert_eq!(outcome["retries"], 0);
    let message = outcome["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("authentication: this host lends no aws identity of its own to jobs"),
        "{message}"
    );
    assert!(lab::receive(&url).is_empty());
}

#[test]
fn keys_come_from_the_environment() {
    let (url, key) = lab::queue_and_temporary_key();
    let token = key.token.as_deref().unwrap();
    let environment = [
        ("AWS_ACCESS_KEY_ID", key.id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &key.secret),
        ("AWS_SESSION_TOKEN", token),
    ];
    assert_sent(&url, &run(&url, LENT, &environment), &[&key.secret, token]);
}

#[test]
fn keys_come_from_a_profile_and_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for is_process in [false, true] {
        let (url, key) = lab::queue_and_key("");
        let lines = if is_process {
            let keys = json!({"Version": 1, "AccessKeyId": key.id, "SecretAccessKey": key.secret});
            std::fs::write(path("keys.json"), keys.to_string()).unwrap();
            format!("credential_process = /bin/cat {}", path("keys.json"))
        } else {
            format!(
                "aws_access_key_id = {}\naws_secret_access_key = {}",
                key.id, key.secret
            )
        };
        std::fs::write(path("config"), format!("[profile orders]\n{lines}\n")).unwrap();
        let environment = [
            ("AWS_CONFIG_FILE", path("config")),
            ("AWS_SHARED_CREDENTIALS_FILE", path("none")),
            ("AWS_PROFILE", "orders".to_owned()),
            ("PATH", "/bin:/usr/bin".to_owned()),
        ];
        let environment = environment
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        assert_sent(&url, &run(&url, LENT, &environment), &[&key.secret]);
    }
}

#[test]
fn a_role_is_assumed() {
    let (url, role, key) = lab::queue_role_and_key();
    let environment = [
        ("AWS_ACCESS_KEY_ID", key.id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &key.secret),
    ];
    // The user itself may not send.
    let outcome = run(&url, LENT, &environment).json();
    assert_eq!(
        outcome["variables"]["error"]["code"], "AccessDenied",
        "{outcome}"
    );
    assert_sent(
        &url,
        &run(&url, &["--aws-role", &role], &environment),
        &[&key.secret],
    );
}

#[test]
fn a_role_that_cannot_be_assumed_fails_the_job_and_is_tried_again() {
    let (url, key) = lab::queue_and_key("");
    let environment = [
        ("AWS_ACCESS_KEY_ID", key.id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", "wrong"),
    ];
    let role = "arn:aws:iam::000000000000:role/none";
    let run = run(&url, &["--aws-role", role], &environment);
    let outcome = run.json();
    assert_eq!(outcome["retries"], 2, "{outcome}");
    let message = outcome["errorMessage"].as_str().unwrap();
    assert!(
        message.starts_with("the host could not get its aws credentials |"),
        "{message}"
    );
    // Why is for the operator alone.
    assert!(
        run.stderr.contains("no aws credentials: "),
        "{}",
        run.stderr
    );
    assert!(!message.contains(role), "{message}");
}

#[test]
fn keys_come_for_a_web_identity() {
    let (url, role, token) = lab::queue_web_role_and_token();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, &token).unwrap();
    let environment = [
        ("AWS_ROLE_ARN", role.as_str()),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
    ];
    assert_sent(&url, &run(&url, LENT, &environment), &[&token]);
}

#[test]
fn keys_come_from_a_container() {
    let (url, key) = lab::queue_and_temporary_key();
    let keys = document(&key);
    let server = canned::server(move |_| ok(&keys));
    let environment = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.as_str())];
    assert_sent(&url, &run(&url, LENT, &environment), &[&key.secret]);
}

#[test]
fn keys_come_from_an_instance() {
    let (url, key) = lab::queue_and_temporary_key();
    let keys = document(&key);
    let server = canned::server(move |request| {
        let line = request.lines().next().unwrap_or_default();
        let path = Path::new(line.split(' ').nth(1).unwrap_or_default());
        if path.ends_with("api/token") {
            ok("t0k3n").replace(
                "\r\n\r\n",
                "\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n\r\n",
            )
        } else if path.ends_with("orders") {
            ok(&keys)
        } else if line.contains("security-credentials") {
            ok("orders")
        } else {
            canned::http("404 Not Found", "")
        }
    });
    let environment = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.as_str()),
        ("AWS_REGION", "us-east-1"),
    ];
    assert_sent(&url, &run(&url, LENT, &environment), &[&key.secret]);
}

fn ok(body: &str) -> String {
    canned::http("200 OK", body).replace("text/xml", "application/json")
}
