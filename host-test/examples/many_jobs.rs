//! Many jobs, so many at a time, until the input or an operator ends them.

use connector_host::job::{Expressions, Job, JobRunner};
use connector_host::secrets::FolderSecrets;
use connector_host::{CompiledCache, Host, Limits};
use futures_util::{StreamExt, stream};

/// How many jobs are run at a time.
const AT_ONCE: u32 = 32;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut host = Host::builder()
        .allow("aws:sqs:eu-west-1".parse()?)
        .limits(Limits::default().with_sandboxes(AT_ONCE));
    if let Some(cache) = CompiledCache::of_user() {
        host = host.cache(cache);
    }
    let host = host.build()?;
    let connector = host.load_outbound_file("sqs_connector.wasm")?;
    let runner = JobRunner::new(Expressions::default(), FolderSecrets::new("/run/secrets"));

    let lines = std::fs::read_to_string("jobs.ndjson")?;
    let jobs: Vec<Job> = lines
        .lines()
        .map(Job::from_json)
        .collect::<Result<_, _>>()?;
    let run = stream::iter(jobs)
        .map(|job| async {
            let key = job.key.clone();
            (key, runner.run_on(&connector, job).await)
        })
        .buffer_unordered(AT_ONCE as usize)
        .for_each(async |(key, ended)| {
            println!("{key:?}: {} {}", ended.work.name(), ended.outcome.to_json());
        });
    tokio::pin!(run);
    tokio::select! {
        () = &mut run => {}
        _ = tokio::signal::ctrl_c() => {
            // Jobs in flight end with what is known of them, the others are not begun.
            host.interrupt();
            run.await;
        }
    }
    Ok(())
}
