//! `connector-host inspect`.

use std::path::PathBuf;

use connector_host::{Host, Surface};

use super::cache::Cache;
use super::exit::{self, Failure};

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
    #[command(flatten)]
    cache: Cache,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let inspect = |host: Host| host.inspect_file(&args.component);
    let inspected = args.cache.of(Host::builder()).build().and_then(inspect);
    let surface = inspected.map_err(|error| Failure::from(error).in_json(args.json))?;
    exit::print(&if args.json {
        serde_json::json!(surface).to_string()
    } else {
        lines(&surface)
    });
    Ok(())
}

fn lines(surface: &Surface) -> String {
    let imports = surface.imports.iter().map(|interface| &interface.name);
    let exports = surface
        .exports
        .iter()
        .map(|interface| format!("{}: {}", interface.name, interface.functions.join(", ")));
    let list = |lines: Vec<String>| lines.join("\n  ");
    format!(
        "imports\n  {}\nexports\n  {}\nsize\n  {} bytes, {} gzipped",
        list(imports.cloned().collect()),
        list(exports.collect()),
        surface.size,
        surface.gzipped_size
    )
}
