//! `connector-host describe`.

use std::path::PathBuf;

use connector_host::Host;
use connector_host::outbound::Description;
use serde_json::{Value, json};

use super::cache::Cache;
use super::exit::{self, Failure};

/// Print what a connector for jobs says of itself, as JSON: its job type, the variables that it reads,
/// its element template, and what it needs from the network.
///
/// The component is asked in a sandbox that can reach nothing.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The component, a .wasm file
    component: PathBuf,
    /// Print the element template alone
    #[arg(long)]
    element_template: bool,
    #[command(flatten)]
    cache: Cache,
}

/// Runs the command.
pub(super) async fn run(args: &Args) -> Result<(), Failure> {
    let host = args.cache.of(Host::builder()).build()?;
    let connector = host.load_outbound_file(&args.component)?;
    let description = connector.describe().await?;
    if args.element_template {
        exit::print(&description.element_template);
    } else {
        exit::print(&format!("{:#}", to_json(&description)));
    }
    Ok(())
}

fn to_json(description: &Description) -> Value {
    // A template that is no JSON is shown as it is.
    let template: Result<Value, _> = serde_json::from_str(&description.element_template);
    let template = template.unwrap_or_else(|_| description.element_template.as_str().into());
    json!({
        "name": description.name,
        "version": description.version,
        "jobType": description.job_type,
        "inputVariables": description.input_variables,
        "network": {
            "serviceOrigins": description.network.service_origins,
            "urlVariables": description.network.url_variables,
        },
        "elementTemplate": template,
    })
}
