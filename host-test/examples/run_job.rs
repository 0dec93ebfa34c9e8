//! Run a job of a process engine on a connector.

use connector_host::Host;
use connector_host::job::{Expressions, Job, JobRunner};
use connector_host::secrets::FolderSecrets;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = Host::builder()
        .allow("https://sqs.{region}.amazonaws.com".parse()?)
        .build()?;
    let connector = host.load_outbound_file("sqs_connector.wasm")?;
    let runner = JobRunner::new(Expressions::default(), FolderSecrets::new("/run/secrets"));

    let job = Job::from_json(&std::fs::read_to_string("job.json")?)?;
    let ended = runner.run_on(&connector, job).await;
    println!("{}", ended.outcome.to_json());
    Ok(())
}
