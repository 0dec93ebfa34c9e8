//! `connector-host run`, as an operator runs it.

use serde_json::{Value, json};

use crate::support::program::{self, Run};
use crate::support::{artifacts, lab};

fn run(arguments: &[&str], environment: &[(&str, &str)], stdin: &str) -> Run {
    let connector = artifacts::connector_path();
    let mut all = vec!["run", "--component", connector.to_str().unwrap()];
    all.extend(arguments);
    program::run(&all, environment, stdin.as_bytes())
}

/// A job that sends, with the key as secrets.
fn job(url: &str, number: u32) -> Value {
    json!({
        "jobKey": number.to_string(), "retries": 3,
        "customHeaders": {"resultExpression": "= {createdMessageID: response.messageId}"},
        "variables": {"order": {"id": number}},
        "inputs": {
            "authentication.accessKey": "{{secrets.ACCESS_KEY}}",
            "authentication.secretKey": "{{secrets.SECRET_KEY}}",
            "configuration.region": "us-east-1",
            "queue.url": url,
            "queue.messageBody": "= order",
        }
    })
}

fn outcomes(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_stream_of_jobs_ends_in_an_outcome_for_each() {
    let (url, key) = lab::queue_and_key("");
    let environment = [
        ("CONNECTOR_SECRET_ACCESS_KEY", key.id.as_str()),
        ("CONNECTOR_SECRET_SECRET_KEY", &key.secret),
    ];
    let lines = [
        job(&url, 1).to_string(),
        "not a job".to_owned(),
        json!({"jobKey": "2", "retries": "3"}).to_string(),
        job(&url, 3).to_string(),
    ];
    let secrets = ["--secrets-env", "CONNECTOR_SECRET_"];
    let arguments = [&["--allow", &url, "--concurrency", "1"], &secrets[..]].concat();
    let run = run(&arguments, &environment, &lines.join("\n"));
    assert_eq!(run.code, 11);
    let (summary, error) = run.stderr.split_once('\n').unwrap();
    assert_eq!(error, "error: 2 of 4 jobs failed\n");
    assert!(summary.starts_with("4 jobs in "), "{summary}");
    assert!(summary.contains(": 2 done, 2 not done; "), "{summary}");
    let outcomes = outcomes(&run);
    let messages = lab::receive(&url);
    assert_eq!(
        outcomes[0],
        json!({
            "jobKey": "1", "outcome": "completed", "work": "done",
            "variables": {"createdMessageID": messages[0]["MessageId"]}
        })
    );
    assert_eq!(
        outcomes[1]["errorMessage"],
        "line 2: not json: line 1, column 2"
    );
    assert_eq!(outcomes[1]["place"], "line 2");
    assert_eq!(outcomes[1]["variables"]["error"]["type"], "InvalidJob");
    assert_eq!(outcomes[1]["work"], "not-done");
    assert_eq!(outcomes[2]["jobKey"], "2");
    assert_eq!(
        outcomes[3]["variables"]["createdMessageID"],
        messages[1]["MessageId"]
    );
    assert_eq!((outcomes.len(), messages.len()), (4, 2));
}

#[test]
fn secrets_come_from_a_folder_or_a_file_and_the_first_that_has_one_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (url, key) = lab::queue_and_key("");
    std::fs::create_dir(path("mounted")).unwrap();
    std::fs::write(path("mounted/ACCESS_KEY"), format!("{}\n", key.id)).unwrap();
    std::fs::write(
        path(".env"),
        format!("ACCESS_KEY=wrong\nSECRET_KEY='{}'\n", key.secret),
    )
    .unwrap();
    std::fs::write(path("job.json"), format!("{:#}", job(&url, 1))).unwrap();
    let (mounted, file, jobs) = (path("mounted"), path(".env"), path("job.json"));
    let sources = [
        "--secrets-dir",
        &mounted,
        "--secrets-file",
        &file,
        "--allow",
        &url,
        &jobs,
    ];
    let run = run(&sources, &[], "");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(lab::receive(&url).len(), 1);
}

#[test]
fn an_engine_s_job_gets_the_secrets_that_are_let_through() {
    let (url, key) = lab::queue_and_key("");
    let environment = [
        ("S_A", key.id.as_str()),
        ("S_B", &key.secret),
        ("S_C", "marker"),
    ];
    let job = json!({
        "retries": 3,
        "variables": {
            "authentication": {"accessKey": "secrets.A", "secretKey": "{{secrets.B}}"},
            "configuration": {"region": "us-east-1"},
            "queue": {"url": url, "messageBody": "{{secrets.C}}"},
        }
    });
    let arguments = [
        "--allow",
        &url,
        "--secrets-env",
        "S_",
        "--secret",
        "A",
        "--secret",
        "B",
    ];
    let sent = run(&arguments, &environment, &job.to_string());
    assert_eq!(sent.code, 0, "{}", sent.stdout);
    // What data names is what data says.
    assert_eq!(lab::receive(&url)[0]["Body"], "{{secrets.C}}");
    let held = run(&arguments[..4], &environment, &job.to_string());
    assert_eq!(held.code, 11);
    let message = held.json()["errorMessage"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("not let through by this host: secret 'A'"),
        "{message}"
    );
}

#[test]
fn without_an_allow_list_only_the_service_itself_is_reached() {
    let (url, _) = lab::queue_and_key("");
    let environment = [("S_ACCESS_KEY", "AKID"), ("S_SECRET_KEY", "s3cr3t")];
    let run = run(
        &["--secrets-env", "S_"],
        &environment,
        &job(&url, 1).to_string(),
    );
    let outcome = run.json();
    assert_eq!(outcome["retries"], 2);
    let error = &outcome["variables"]["error"];
    assert_eq!(
        error["variables"],
        json!({"cause": "denied-by-host"}),
        "{outcome}"
    );
    // Which server is for the operator to know.
    let server = url.split('/').nth(2).unwrap();
    let told = format!("a request to {server} is not on the allow-list");
    assert!(run.stderr.contains(&told), "{}", run.stderr);
    assert!(lab::receive(&url).is_empty());
}

#[test]
fn the_servers_of_the_service_itself_are_reached_unless_others_are_named() {
    let environment = [("S_ACCESS_KEY", "AKID"), ("S_SECRET_KEY", "s3cr3t")];
    let host = "sqs.us-east-1.amazonaws.com";
    let job = job(&format!("https://{host}/000000000000/q"), 1).to_string();
    let nobody = format!("{host}=127.0.0.1:1");
    for (allowed, cause) in [
        (&[][..], "connection-refused"),
        (&["--allow", "https://sqs.example"], "denied-by-host"),
    ] {
        let common = ["--secrets-env", "S_", "--resolve", &nobody];
        let run = run(&[&common[..], allowed].concat(), &environment, &job);
        let error = &run.json()["variables"]["error"];
        assert_eq!(error["variables"], json!({"cause": cause}), "{error}");
    }
}

#[test]
fn wrong_usage_is_told_before_any_job_is_run() {
    for (arguments, told) in [
        (&["/nowhere/jobs"][..], "error: jobs: /nowhere/jobs: "),
        (
            &["--secrets-file", "/nowhere/.env"],
            "error: secrets from /nowhere/.env: ",
        ),
        (
            &["--allow", "localhost"],
            "error: invalid value 'localhost' for '--allow <ORIGIN>'",
        ),
        (
            &["--aws-external-id", "x"],
            "error: the following required arguments were not provided",
        ),
    ] {
        let run = run(arguments, &[], "{}");
        assert_eq!(run.code, 2, "{}", run.stdout);
        assert!(run.stderr.starts_with(told), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn why_an_expression_is_null_is_told_to_the_operator() {
    let job = json!({
        "inputs": {"queue.messageBody": "= nope"},
        "customHeaders": {"errorExpression": "= bpmnerror(error.code)"},
    });
    let run = run(&[], &[], &job.to_string());
    assert_eq!(run.code, 11);
    for told in [
        "WARN job: input queue.messageBody: ",
        "nope",
        "WARN job: expression of a header: ",
        "bpmnerror",
    ] {
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
}

#[test]
fn expressions_go_by_the_time_zone_that_is_asked_for() {
    let expression = "= ignoreError({zone: substring after(string(now()), \"@\")})";
    let job = json!({"customHeaders": {"errorExpression": expression}}).to_string();
    for (arguments, zone) in [
        (&[][..], "Etc/UTC"),
        (&["--time-zone", "Asia/Kolkata"], "Asia/Kolkata"),
    ] {
        let run = run(arguments, &[("TZ", "Europe/Berlin")], &job);
        assert_eq!(run.json()["variables"], json!({"zone": zone}));
    }
}

#[test]
fn no_job_follows_one_whose_outcome_cannot_be_printed() {
    let (url, key) = lab::queue_and_key("");
    let folder = tempfile::tempdir().unwrap();
    let jobs = folder.path().join("jobs");
    let lines = [job(&url, 1).to_string(), job(&url, 2).to_string()];
    std::fs::write(&jobs, lines.join("\n")).unwrap();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_connector-host"))
        .args([
            "run",
            "--component",
            artifacts::connector_path().to_str().unwrap(),
        ])
        .args([
            "--allow",
            &url,
            "--secrets-env",
            "S_",
            "--concurrency",
            "1",
            jobs.to_str().unwrap(),
        ])
        .env("S_ACCESS_KEY", &key.id)
        .env("S_SECRET_KEY", &key.secret)
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.starts_with("error: the outcome of job 1 cannot be printed: "),
        "{told}"
    );
    assert!(
        told.ends_with(
            "; its work is done, and it is completed with 1 variables; the last job that was begun is line 1; of the \
             input behind it, nothing was\n"
        ),
        "{told}"
    );
    assert_eq!(lab::receive(&url).len(), 1);
}

#[test]
fn no_jobs_are_no_failure() {
    let run = run(&[], &[], "\n");
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (0, "", "")
    );
}
