//! The run: who takes part, in which settings, and in which order.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Arguments;
use super::process::Process;
use super::report::{self, ColdStart, Cost, Memory, Results, Setting};
use super::sink::Sink;
use super::workload::Round;

/// How often each client starts cold.
const COLD_STARTS: usize = 9;
/// How long rounds of a setting may begin, after the first few.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many rounds there are at least, with the one that warms up.
const FEWEST_ROUNDS: usize = 4;
/// How long the server thinks where memory is measured, so that so many calls are under way indeed.
const THOUGHT: Duration = Duration::from_millis(500);

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contestant {
    Floor,
    Fresh,
    /// As `Fresh`, with the component compiled before.
    Cached,
    Kept,
    Sdk,
    Boto3,
    Node,
}

impl Contestant {
    pub(crate) const ALL: [Self; 7] = [
        Self::Floor,
        Self::Fresh,
        Self::Cached,
        Self::Kept,
        Self::Sdk,
        Self::Boto3,
        Self::Node,
    ];

    /// What it is called in commands and results.
    fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Fresh => "fresh",
            Self::Cached => "cached",
            Self::Kept => "kept",
            Self::Sdk => "sdk",
            Self::Boto3 => "boto3",
            Self::Node => "node",
        }
    }

    pub(crate) fn command(self, arguments: &Arguments, url: &str) -> Option<Command> {
        let script = |name| {
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("benches/send")
                .join(name)
        };
        let mut command = match self {
            Self::Boto3 => {
                let mut command = Command::new(arguments.python.as_ref()?);
                command.arg(script("boto3_client.py")).arg(url);
                command
            }
            Self::Node => {
                let mut command = Command::new("node");
                command
                    .arg(script("sdk_client.mjs"))
                    .arg(url)
                    .arg(arguments.node.as_ref()?)
                    // What versions of Node.js the SDK will ask for one day.
                    .env("NODE_NO_WARNINGS", "1");
                command
            }
            _ => {
                let mut command = Command::new(std::env::current_exe().expect("this program"));
                command.arg("--component").arg(&arguments.component);
                command.arg("--output").arg(&arguments.output);
                command.args(["client", self.name(), url]);
                command
            }
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Some(command)
    }
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Floor => "raw hyper",
            Self::Fresh => "connector, fresh sandbox",
            Self::Cached => "connector, compiled before",
            Self::Kept => "connector, kept sandbox",
            Self::Sdk => "aws-sdk-sqs",
            Self::Boto3 => "boto3",
            Self::Node => "@aws-sdk/client-sqs",
        })
    }
}

/// Runs everything, prints the tables, and writes them to files.
pub(crate) fn run(arguments: &Arguments) {
    let sink = Sink::start(0);
    let url = sink.queue_url();
    let present: Vec<Contestant> = Contestant::ALL
        .into_iter()
        .filter(|contestant| contestant.command(arguments, &url).is_some())
        .collect();
    let start = |contestant: Contestant| {
        let command = contestant.command(arguments, &url).expect("a command");
        Process::start(contestant, command)
    };
    let mut results = Results::default();
    let is_wanted = |name: &str| name.contains(&arguments.only);
    if is_wanted("cold start") {
        results.cold_starts = cold_starts(&sink, &present, start);
    }
    if is_wanted("memory") {
        results.memory = memory(&sink, &present, start);
    }
    let settings: Vec<Setting> = report::settings()
        .into_iter()
        .filter(|setting| is_wanted(&setting.to_string()))
        .collect();
    results.costs = costs(&sink, &present, start, &settings, arguments);
    report::write(&results, &arguments.output);
}

/// What messages cost: in each setting, clients take turns.
fn costs(
    sink: &Sink,
    present: &[Contestant],
    start: impl Fn(Contestant) -> Process,
    settings: &[Setting],
    arguments: &Arguments,
) -> Vec<Cost> {
    let present = present.iter().copied();
    // Once it stands, it is as any other.
    let present = present.filter(|contestant| *contestant != Contestant::Cached);
    let mut processes: Vec<Process> = present.map(&start).collect();
    let mut costs = Vec::new();
    for setting in settings {
        eprintln!("{setting}");
        let round = Round {
            batch: setting.batch,
            in_flight: setting.in_flight,
            milliseconds: arguments.milliseconds,
            ..Round::new(setting.size)
        };
        // The first turn warms up: connections, caches, just-in-time compilers.
        let start_of_setting = Instant::now();
        for turn in 0..=arguments.rounds {
            if turn >= FEWEST_ROUNDS && start_of_setting.elapsed() > PATIENCE {
                break;
            }
            for process in &mut processes {
                let (messages, processor) = (sink.messages(), sink.processor_time());
                let began = Instant::now();
                let measured = match process.run(round.clone()) {
                    Ok(measured) => measured,
                    Err(error) => {
                        eprintln!("{}: {error}", process.contestant);
                        *process = start(process.contestant);
                        continue;
                    }
                };
                let wall = began.elapsed();
                let processor = sink.processor_time().saturating_sub(processor);
                assert!(
                    sink.messages() - messages >= measured.messages,
                    "{}: not every message arrived",
                    process.contestant
                );
                if turn > 0 {
                    costs.push(Cost::new(
                        *setting,
                        process.contestant,
                        &measured,
                        processor,
                        wall,
                    ));
                }
            }
        }
    }
    costs
}

/// How long it takes from the start of a process until its first message is accepted.
fn cold_starts(
    sink: &Sink,
    present: &[Contestant],
    start: impl Fn(Contestant) -> Process,
) -> Vec<ColdStart> {
    eprintln!("cold start");
    let mut starts = Vec::new();
    for turn in 0..=COLD_STARTS {
        for contestant in present
            .iter()
            .copied()
            .filter(|one| *one != Contestant::Kept)
        {
            let _ = sink.take_first_accepted();
            let began = Instant::now();
            let mut process = start(contestant);
            let round = Round {
                messages: 1,
                milliseconds: 60_000,
                ..Round::new(1024)
            };
            let measured = process.run(round).expect("a client that works");
            let accepted = sink.take_first_accepted().expect("a message");
            if turn > 0 {
                starts.push(ColdStart {
                    contestant,
                    milliseconds: accepted.duration_since(began).as_secs_f64() * 1e3,
                    first_call_ms: measured.p50_us / 1e3,
                });
            }
        }
    }
    starts
}

/// The most memory that a client's process takes, with so many calls under way.
fn memory(
    sink: &Sink,
    present: &[Contestant],
    start: impl Fn(Contestant) -> Process,
) -> Vec<Memory> {
    let mut memory = Vec::new();
    sink.set_delay(THOUGHT);
    for in_flight in [1, 100, 1000] {
        eprintln!("memory, {in_flight} in flight");
        for &contestant in present.iter().filter(|one| **one != Contestant::Cached) {
            let mut process = start(contestant);
            let round = Round {
                in_flight,
                messages: 3 * in_flight as u64,
                milliseconds: 60_000,
                ..Round::new(1024)
            };
            process.run(round).expect("a client that works");
            memory.push(Memory {
                contestant,
                in_flight,
                kib: process.status("VmHWM"),
            });
        }
    }
    sink.set_delay(Duration::ZERO);
    memory
}
