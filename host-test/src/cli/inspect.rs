//! `connector-host inspect`.

use std::path::PathBuf;

use connector_host::{Host, LoadError};

use super::exit::Failure;

/// Print what a component asks of its host, what it offers, and its size.
///
/// Nothing of the component is run. With --json, imports are listed down to the function.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The component, a .wasm file
    component: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let inspect = || {
        let wasm = std::fs::read(&args.component).map_err(LoadError::Read)?;
        Host::builder().build()?.inspect(&wasm)
    };
    let surface = inspect().map_err(|error| Failure::from(error).in_json(args.json))?;
    if args.json {
        println!("{}", serde_json::json!(surface));
    } else {
        println!("imports");
        for interface in &surface.imports {
            println!("  {}", interface.name);
        }
        println!("exports");
        for interface in &surface.exports {
            println!("  {}: {}", interface.name, interface.functions.join(", "));
        }
        println!("size\n  {} bytes", surface.size);
    }
    Ok(())
}
