//! `connector-host`: run the SQS connector component from a command line.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return cli::cannot_begin(&error),
    };
    let code = runtime.block_on(cli::run());
    // What the system's resolver does yet is of no interest any more.
    runtime.shutdown_background();
    code
}
