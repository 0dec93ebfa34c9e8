//! `connector-host run` with many jobs: how many at a time, in which order, how far, and how it ends.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::artifacts;
use crate::support::fault_server::{FaultServer, Script, Turn, in_turn};
use crate::support::lab::{self, Judge};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A turn of a server that stores and answers, after a while.
fn success(pause_ms: u64) -> Turn {
    let turn = json!({
        "store": true, "status": "200 OK", "body": "receipt", "pause-ms": pause_ms
    });
    serde_json::from_value(turn).unwrap()
}

/// A turn of a server that stores, and never answers.
fn silence() -> Turn {
    serde_json::from_value(json!({"store": true, "then": "silence"})).unwrap()
}

fn server(script: Script) -> FaultServer {
    FaultServer::start(script, None, false)
}

fn job(server: &FaultServer, number: usize, body: &str) -> String {
    let job = json!({
        "jobKey": number.to_string(), "retries": 3, "type": "io.camunda:aws-sqs:1",
        "variables": {
            "authentication": {"accessKey": "AKIAIOSFODNN7EXAMPLE", "secretKey": "m4rk3r-secret"},
            "configuration": {"region": "us-east-1"},
            "queue": {
                "url": format!("http://{}/000000000000/q", server.address),
                "messageBody": format!("{number} {body}"),
            },
        }
    });
    job.to_string() + "\n"
}

/// A run whose jobs come from a file, and whose lines go to one.
struct Running {
    folder: TempDir,
    process: Child,
}

/// What was left of a run.
struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Running {
    fn start(server: &FaultServer, jobs: usize, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = (1..=jobs)
            .map(|number| job(server, number, "m4rk3r-body"))
            .collect();
        fs::write(folder.path().join("jobs"), lines).unwrap();
        let process = Self::command(server, &folder, arguments)
            .arg(folder.path().join("jobs"))
            .spawn()
            .unwrap();
        Self { folder, process }
    }

    fn command(server: &FaultServer, folder: &TempDir, arguments: &[&str]) -> Command {
        let file = |name: &str| File::create(folder.path().join(name)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_connector-host"));
        command
            .args(["run", "--component"])
            .arg(artifacts::connector_path())
            .args(["--allow", &format!("http://{}", server.address)])
            .args(arguments)
            .env_clear()
            .env("XDG_CACHE_HOME", artifacts::target().join("test-cache"))
            .stdout(file("stdout"))
            .stderr(file("stderr"));
        command
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// How many lines there are by now.
    fn lines(&self) -> usize {
        self.read("stdout").matches('\n').count()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }

    /// Waits until something is so, or the process has ended.
    async fn until(&mut self, mut is_so: impl FnMut(&Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) && self.process.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "{}", self.read("stderr"));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn end(mut self) -> Ended {
        self.until(|_| false).await;
        Ended {
            status: self.process.wait().unwrap(),
            stdout: self.read("stdout"),
            stderr: self.read("stderr"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

impl Ended {
    /// The lines, which are whole.
    fn outcomes(&self) -> Vec<Value> {
        assert!(self.stdout.is_empty() || self.stdout.ends_with('\n'));
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn keys(&self) -> Vec<usize> {
        let key = |outcome: &Value| outcome["jobKey"].as_str().unwrap().parse().unwrap();
        self.outcomes().iter().map(key).collect()
    }

    /// The keys of jobs of whose work a line says that it is this.
    fn keys_of(&self, work: &str) -> HashSet<usize> {
        let keys = self.keys().into_iter().zip(self.outcomes());
        keys.filter(|(_, outcome)| outcome["work"] == work)
            .map(|(key, _)| key)
            .collect()
    }
}

/// The keys of the jobs whose messages a server has.
fn stored(server: &FaultServer) -> HashSet<usize> {
    let key = |(body, times): (String, usize)| {
        assert_eq!(times, 1, "{body}");
        body.split(' ').next().unwrap().parse().unwrap()
    };
    server.stored().into_iter().map(key).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_leaves_no_job_without_its_outcome() {
    for (round, signal) in [Signal::TERM, Signal::INT]
        .into_iter()
        .cycle()
        .take(20)
        .enumerate()
    {
        let server = server(in_turn(vec![success(5)]));
        let order = ["jobs", "completion"][round / 2 % 2];
        let arguments = ["--concurrency", "16", "--order", order];
        let mut running = Running::start(&server, 5_000, &arguments);
        // From before the first line on.
        let lines = round * round;
        running
            .until(|running| running.lines() >= lines && server.requests() > 0)
            .await;
        running.signal(signal);
        let ended = running.end().await;
        let code = if signal == Signal::TERM { 143 } else { 130 };
        assert_eq!(ended.status.code(), Some(code), "{}", ended.stderr);
        // Every job up to the last one begun has a line, and none behind it was begun.
        let mut keys = ended.keys();
        if order == "completion" {
            keys.sort_unstable();
        }
        let last = keys.len();
        assert!((1..5_000).contains(&last), "{last}");
        assert_eq!(keys, (1..=last).collect::<Vec<_>>());
        assert_eq!(ended.keys_of("done").len(), last, "{}", ended.stdout);
        assert_eq!(stored(&server), keys.into_iter().collect());
        let name = if signal == Signal::TERM {
            "SIGTERM"
        } else {
            "SIGINT"
        };
        let told = format!(
            "error: ended by {name}: the last job that was begun is line {last}; of the input behind it, nothing was\n"
        );
        assert!(ended.stderr.ends_with(&told), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(&format!("{last} jobs in ")),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_run_has_written_when_it_is_killed_is_whole_and_true() {
    for round in 0..10 {
        let server = server(in_turn(vec![success(2)]));
        let arguments = ["--concurrency", "16", "--order", "completion"];
        let mut running = Running::start(&server, 5_000, &arguments);
        let lines = 1 + round * 30;
        running.until(|running| running.lines() >= lines).await;
        running.signal(Signal::KILL);
        let ended = running.end().await;
        assert_eq!(ended.status.code(), None);
        let done = ended.keys_of("done");
        assert_eq!(done.len(), ended.keys().len());
        assert!((lines..5_000).contains(&done.len()));
        assert!(done.is_subset(&stored(&server)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_end_in_time_after_a_signal_is_told_to_be_unknown() {
    for (arguments, signals) in [
        (&["--concurrency", "3"][..], 2),
        (&["--concurrency", "3", "--grace", "50"], 1),
    ] {
        let server = server(in_turn(vec![success(0), success(0), silence()]));
        let mut running = Running::start(&server, 100, arguments);
        running.until(|_| server.requests() == 5).await;
        for _ in 0..signals {
            running.signal(Signal::TERM);
            running
                .until(|running| running.read("stderr").contains("SIGTERM"))
                .await;
        }
        let ended = running.end().await;
        assert_eq!(ended.status.code(), Some(143));
        let mut keys = ended.keys();
        keys.sort_unstable();
        assert_eq!(keys, [1, 2, 3, 4, 5]);
        assert_eq!(ended.keys_of("done").len(), 2, "{}", ended.stdout);
        assert_eq!(ended.keys_of("unknown").len(), 3, "{}", ended.stdout);
        // No more were begun, so that no more were in flight at any time.
        assert_eq!(server.requests(), 5);
        assert!(
            ended.stderr.contains(": 2 done, 3 unknown; "),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_come_in_the_order_of_the_jobs_or_as_they_end() {
    for (order, in_order) in [("jobs", true), ("completion", false)] {
        let turns = |request| success(if request == 0 { 3_000 } else { 0 });
        let server = server(Arc::new(turns));
        let arguments = ["--concurrency", "2", "--order", order];
        let mut running = Running::start(&server, 15, &arguments);
        running.until(|_| server.requests() == 15).await;
        // One that is slow, the first or the second, holds up the lines of others, but not the others.
        assert!(!in_order || running.lines() <= 1);
        let ended = running.end().await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        assert_eq!(ended.keys().is_sorted(), in_order, "{:?}", ended.keys());
        assert_eq!(stored(&server).len(), 15);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_is_read_than_can_be_run() {
    let server = server(in_turn(vec![silence()]));
    let folder = tempfile::tempdir().unwrap();
    let mut process = Running::command(&server, &folder, &["--concurrency", "1", "--grace", "0"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = process.stdin.take().unwrap();
    let body = "x".repeat(200_000);
    let lines: Vec<String> = (1..=1_000)
        .map(|number| job(&server, number, &body))
        .collect();
    let writer = std::thread::spawn(move || {
        let taken = lines
            .iter()
            .take_while(|line| stdin.write_all(line.as_bytes()).is_ok());
        taken.count()
    });
    let mut running = Running { folder, process };
    running.until(|_| server.requests() == 1).await;
    running.signal(Signal::TERM);
    let ended = running.end().await;
    assert_eq!(ended.keys(), [1]);
    // One that runs, two that were read ahead, and what pipes and buffers take.
    let taken = writer.join().unwrap();
    assert!(taken <= 5, "{taken}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_nobody_reads_costs_no_outcome_and_holds_nothing_up() {
    for is_closed in [true, false] {
        let server = server(in_turn(vec![success(5)]));
        let arguments = ["--progress-every", "1", "--log-level", "debug"];
        let folder = tempfile::tempdir().unwrap();
        let lines: String = (1..=200).map(|number| job(&server, number, "x")).collect();
        fs::write(folder.path().join("jobs"), lines).unwrap();
        let mut process = Running::command(&server, &folder, &arguments)
            .arg(folder.path().join("jobs"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = process.stderr.take().unwrap();
        rustix::pipe::fcntl_setpipe_size(&log, 4096).unwrap();
        let log = (!is_closed).then_some(log);
        let ended = Running { folder, process }.end().await;
        assert_eq!(ended.status.code(), Some(0));
        assert_eq!(ended.keys_of("done").len(), 200);
        drop(log);
    }
}

/// Starts a program with SIGHUP as by default, or ignored.
const WITH_HANG_UP: &str = "import os, signal, sys; \
    signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_is_closed_ends_a_run_in_order_unless_that_is_ignored() {
    for (disposition, code, jobs) in [("SIG_DFL", 129, 5_000), ("SIG_IGN", 0, 100)] {
        let server = server(in_turn(vec![success(5)]));
        let folder = tempfile::tempdir().unwrap();
        let lines: String = (1..=jobs).map(|number| job(&server, number, "x")).collect();
        fs::write(folder.path().join("jobs"), lines).unwrap();
        let file = |name: &str| File::create(folder.path().join(name)).unwrap();
        let process = Command::new(lab::python())
            .args(["-c", WITH_HANG_UP, disposition])
            .args([env!("CARGO_BIN_EXE_connector-host"), "run", "--component"])
            .arg(artifacts::connector_path())
            .args(["--allow", &format!("http://{}", server.address)])
            .arg(folder.path().join("jobs"))
            .env("XDG_CACHE_HOME", artifacts::target().join("test-cache"))
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap();
        let mut running = Running { folder, process };
        running.until(|running| running.lines() > 10).await;
        running.signal(Signal::HUP);
        let ended = running.end().await;
        assert_eq!(ended.status.code(), Some(code), "{}", ended.stderr);
        assert_eq!(ended.keys_of("done").len(), ended.keys().len());
        assert_eq!(ended.keys().len(), stored(&server).len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_that_nobody_reads_any_more_keep_no_run_from_its_end() {
    let server = server(in_turn(vec![success(0)]));
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (1..=5_000)
        .map(|number| job(&server, number, "x"))
        .collect();
    fs::write(folder.path().join("jobs"), lines).unwrap();
    let mut process = Running::command(&server, &folder, &["--concurrency", "4"])
        .arg(folder.path().join("jobs"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = process.stdout.take().unwrap();
    rustix::pipe::fcntl_setpipe_size(&stdout, 4096).unwrap();
    let mut running = Running { folder, process };
    // The pipe takes 63 lines of 65 bytes, and 49 more may wait: from here on, some do.
    running.until(|_| server.requests() >= 90).await;
    for _ in 0..2 {
        running.signal(Signal::TERM);
        running
            .until(|running| running.read("stderr").contains("SIGTERM"))
            .await;
    }
    let ended = running.end().await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    // Each that was begun is told of, on one side or the other.
    let mut printed = String::new();
    let mut reader = std::io::BufReader::new(stdout);
    reader.read_to_string(&mut printed).unwrap();
    let whole = printed.matches('\n').count();
    let unprinted = ended
        .stderr
        .matches("cannot be printed: nobody reads it; its work is ")
        .count();
    let begun = format!("the last job that was begun is line {};", whole + unprinted);
    assert!(ended.stderr.contains(&begun), "{whole} {}", ended.stderr);
    // Those that are told to be done or unknown may be at the server, and no others.
    assert!(stored(&server).len() <= whole + unprinted);
    assert!(unprinted > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_far_it_has_come_is_told_line_by_line() {
    let server = server(in_turn(vec![success(50)]));
    let arguments = ["--concurrency", "2", "--progress-every", "20"];
    let ended = Running::start(&server, 20, &arguments).end().await;
    let (progress, summary) = ended.stderr.trim_end().rsplit_once('\n').unwrap();
    assert!(progress.lines().count() > 1, "{progress}");
    for line in progress.lines() {
        assert!(
            line.contains(" done; ") && line.ends_with(" in flight"),
            "{line}"
        );
    }
    assert!(
        summary.starts_with("20 jobs in ") && summary.contains(": 20 done; "),
        "{summary}"
    );
    let silent = ["--concurrency", "2", "--progress-every", "0"];
    let ended = Running::start(&server, 20, &silent).end().await;
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_far_it_has_come_is_told_by_a_bar_on_a_terminal() {
    let server = server(in_turn(vec![success(50)]));
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (1..=40).map(|number| job(&server, number, "x")).collect();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("jobs"), lines).unwrap();
    // Standard error is the terminal, standard output a file.
    let terminal =
        "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut process = Command::new(lab::python())
        .args(["-c", terminal, "sh", "-c"])
        .arg("exec \"$0\" run --concurrency 2 --component \"$1\" --allow \"$2\" \"$3\" >\"$4\"")
        .arg(env!("CARGO_BIN_EXE_connector-host"))
        .arg(artifacts::connector_path())
        .arg(format!("http://{}", server.address))
        .args([path("jobs"), path("stdout")])
        .env("TERM", "xterm")
        .env("XDG_CACHE_HOME", artifacts::target().join("test-cache"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = Vec::new();
    process
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut shown)
        .unwrap();
    let shown = String::from_utf8_lossy(&shown);
    assert_eq!(process.wait().unwrap().code(), Some(0), "{shown}");
    assert!(
        shown.contains('█') && shown.contains(" % ") && shown.contains(" in flight"),
        "{shown}"
    );
    assert!(shown.contains("40 jobs in "), "{shown}");
    let stdout = fs::read_to_string(path("stdout")).unwrap();
    assert_eq!(stdout.lines().count(), 40);
    assert!(
        stdout
            .lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_tells_what_was_sent_and_never_what_was_in_it() {
    let server = server(in_turn(vec![success(0)]));
    let arguments = [
        "--log-format",
        "json",
        "--log-level",
        "debug",
        "--progress-every",
        "1",
    ];
    let ended = Running::start(&server, 3, &arguments).end().await;
    let log: Vec<Value> = ended
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for secret in ["m4rk3r", "AKIAIOSFODNN7EXAMPLE", "AWS4-HMAC"] {
        assert!(!ended.stderr.contains(secret), "{}", ended.stderr);
    }
    for key in ["1", "2", "3"] {
        let of_job: Vec<&Value> = log
            .iter()
            .filter(|line| line["spans"][0]["key"] == key)
            .collect();
        let message = |line: &Value| line["fields"]["message"].as_str().unwrap().to_owned();
        let messages: Vec<String> = of_job.iter().map(|line| message(line)).collect();
        assert_eq!(messages, ["answered", "ended"]);
        let attempt = &of_job[0]["spans"][1];
        assert_eq!(attempt["name"], "attempt");
        assert_eq!(attempt["host"], server.address.to_string());
        assert_eq!(attempt["status"], 200);
        assert_eq!(attempt["aws_request_id"], "r-1");
        assert!(attempt["request_bytes"].as_u64().unwrap() > 50);
        assert!(of_job[0]["fields"]["response_bytes"].as_u64().unwrap() > 50);
        assert!(of_job[0]["fields"]["elapsed_us"].is_u64());
        assert_eq!(of_job[1]["fields"]["work"], "done");
    }
    let summary = log.last().unwrap();
    assert_eq!(summary["summary"]["done"], 3);
    assert!(summary["summary"]["latencyUs"]["p99"].as_u64().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_tells_which_job_failed_and_in_which_way() {
    let refusal = json!({"status": "403 Forbidden", "body": {"error": "AccessDenied"}});
    let server = server(in_turn(vec![serde_json::from_value(refusal).unwrap()]));
    let arguments = ["--log-level", "info"];
    let ended = Running::start(&server, 1, &arguments).end().await;
    assert_eq!(ended.status.code(), Some(11));
    let line = ended.stderr.lines().next().unwrap();
    for told in [
        "INFO job{key=\"1\"",
        "error_type=\"Denied\"",
        "code=\"AccessDenied\"",
    ] {
        assert!(line.contains(told), "{told}: {line}");
    }
}

#[test]
fn the_trace_of_a_job_reaches_sqs_when_asked() {
    let judge = Judge::Moto;
    let (url, key) = judge.queue_and_key("");
    let context = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let own = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let job = |header: Option<&str>| {
        let mut queue = json!({"url": url, "messageBody": "x"});
        if let Some(header) = header {
            queue["awsTraceHeader"] = header.into();
        }
        json!({
            "jobKey": "1", "retries": 1, "traceparent": context,
            "variables": {
                "authentication": {"accessKey": key.id, "secretKey": key.secret},
                "configuration": {"region": "us-east-1"}, "queue": queue,
            }
        })
        .to_string()
    };
    let wanted = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
    for (asked, header, wanted) in [
        (true, None, json!(wanted)),
        (true, Some(own), json!(own)),
        (false, None, Value::Null),
    ] {
        let connector = artifacts::connector_path();
        let mut arguments = vec![
            "run",
            "--component",
            connector.to_str().unwrap(),
            "--allow",
            &url,
        ];
        arguments.extend(asked.then_some("--aws-trace-header"));
        let run = crate::support::program::run(&arguments, &[], job(header).as_bytes());
        assert_eq!(run.code, 0, "{}", run.stdout);
        assert_eq!(
            judge.receive(&url)[0]["Attributes"]["AWSTraceHeader"],
            wanted
        );
    }
}
