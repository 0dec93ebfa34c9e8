//! What a message costs through this connector, and what it costs through what one would use instead, in one run:
//! `make bench`. Every client is a process of its own, so that its processor time is its alone; they take turns, round
//! by round, against one server in this process.

mod client;
mod clients;
mod contest;
mod process;
mod processor_time;
mod report;
mod sink;
mod soak;
mod workload;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use connector_host::CompiledCache;

/// Measure what a message costs.
#[derive(Parser)]
struct Arguments {
    /// What cargo adds, behind everything else.
    #[arg(long, hide = true, global = true)]
    bench: bool,
    /// The component, a .wasm file
    #[arg(long, env = "COMPONENT")]
    component: PathBuf,
    /// A Python that has boto3
    #[arg(long, env = "BOTO3_PYTHON")]
    python: Option<PathBuf>,
    /// The folder in which npm has installed @aws-sdk/client-sqs
    #[arg(long, env = "AWS_SDK_JS")]
    node: Option<PathBuf>,
    /// Rounds of each client in each setting
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// For how long each round goes on, in milliseconds
    #[arg(long, default_value_t = 200)]
    milliseconds: u64,
    /// Only the settings whose names hold this
    #[arg(long, default_value = "")]
    only: String,
    /// The folder for the results
    #[arg(long, default_value = "../target/bench")]
    output: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Send a million messages, each in a sandbox of its own, and watch what the process takes
    Soak {
        /// How many
        #[arg(long, default_value_t = 1_000_000)]
        messages: u64,
        /// Calls at a time
        #[arg(long, default_value_t = 64)]
        in_flight: usize,
    },
    /// Be a client
    Client { name: String, url: String },
}

fn main() {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Client { name, url }) => be_client(name, url, &arguments),
        Some(Command::Soak {
            messages,
            in_flight,
        }) => soak::run(&arguments, *messages, *in_flight),
        None => contest::run(&arguments),
    }
}

fn be_client(name: &str, url: &str, arguments: &Arguments) {
    let component = &arguments.component;
    let in_sandbox = |cache, is_kept| clients::InSandbox::new(url, component, cache, is_kept);
    match name {
        "floor" => client::answer(|| clients::Floor::new(url)),
        "fresh" => client::answer(|| in_sandbox(None, false)),
        "cached" => {
            let cache = CompiledCache::in_folder(arguments.output.join("cache"));
            client::answer(|| in_sandbox(Some(cache), false));
        }
        "kept" => client::answer(|| in_sandbox(None, true)),
        "sdk" => client::answer(|| clients::AwsSdk::new(url)),
        other => panic!("no client {other}"),
    }
}
