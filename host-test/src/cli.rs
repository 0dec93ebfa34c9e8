//! The command line: arguments, and what is printed of a result.

mod attributes;
mod cache;
mod describe;
mod exit;
mod files;
mod inspect;
mod limits;
mod log;
mod network;
mod report;
mod run;
mod send;
mod stderr;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use log::Log;

/// Run connector components, each call in a sandbox of its own
#[derive(Parser)]
#[command(name = "connector-host", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: Log,
}

#[derive(Subcommand)]
enum Command {
    Run(Box<run::Args>),
    Send(Box<send::Args>),
    Describe(describe::Args),
    Inspect(inspect::Args),
}

/// Tells that there is no runtime to be had from the system.
pub(crate) fn cannot_begin(error: &std::io::Error) -> ExitCode {
    exit::Failure::setup(format!("no runtime: {error}")).print(false)
}

/// Parses the arguments and runs the command.
pub(crate) async fn run() -> ExitCode {
    let Cli { command, log } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::unparsed(&error),
    };
    let _guard = log.begin(!matches!(command, Command::Run(_)));
    let result = match command {
        Command::Run(args) => run::run(*args, log.is_json()).await,
        Command::Send(args) => send::run(*args).await,
        Command::Describe(args) => describe::run(&args).await,
        Command::Inspect(args) => inspect::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.print(log.is_json()),
    }
}
