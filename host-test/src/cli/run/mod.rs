//! `connector-host run`.

// Doc comments here are the text of `--help`, which is not Markdown.
#![allow(clippy::doc_markdown)]

mod jobs;
mod printer;
mod progress;
mod shutdown;
mod tally;
mod worker;

use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use connector_host::job::{Expressions, JobRunner};
use connector_host::secrets::{
    EnvironmentSecrets, FileSecrets, FolderSecrets, SecretFilter, SecretProviders,
};
use connector_host::{AwsIdentity, Host, OriginPattern, Origins, OutboundConnector};
use feel::jiff::tz::TimeZone;

use super::cache::Cache;
use super::exit::{self, Failure};
use super::files::is_stdin;
use super::limits::LimitArgs;
use super::network::Network;
use shutdown::Signals;
use worker::{Input, Worker};

/// Run jobs of a process engine on a connector, each in a sandbox of its own.
///
/// A job is JSON as Camunda's REST API hands it out: "variables",
/// "customHeaders", "retries", "jobKey", "type", "deadline"; "traceparent" may
/// name the trace that it belongs to. Jobs stand one on each line, or alone over
/// several lines, or in a whole answer, {"jobs": [...]}.
/// One past its deadline is not begun: the engine has given it to another worker.
///
/// Where no engine has evaluated the input mappings, a job may bring them in
/// "inputs", from target to source: {"queue.messageBody": "= {id: order.id}"}.
/// They are evaluated over its variables, and it gets what they map and no other
/// variable.
///
/// For each job, one line of JSON tells the command that ends it: "outcome" is
/// "completed", "failed" or "error" (a BPMN error). "work" says what became of
/// the work itself, whatever the diagram makes of it: "done", "not-done",
/// "unknown", or "not-begun", which leaves the job as it was. A job without a
/// key is told by its "place" in the input.
///
/// A line is written as soon as its job has ended, and whole. With --order jobs,
/// one that takes long holds up the lines of others, up to 16 times as many as
/// are run at a time.
///
/// SIGINT, SIGTERM and SIGHUP end the run in order: no job is begun any more,
/// those in flight end, and standard error says which one was begun last. A run
/// that was killed has lines of all jobs that had ended; as many more as are run
/// at a time may have done their work, and nothing tells which.
///
/// Secrets, {{secrets.NAME}} or secrets.NAME, are put in place where "inputs"
/// write them. In variables that an engine has evaluated, they are left alone
/// unless --secret names them: there, whoever can put text into a variable could
/// ask for any.
#[derive(clap::Args)]
#[command(after_help = exit::RUN_HELP, verbatim_doc_comment)]
pub(super) struct Args {
    /// The connector, a .wasm file
    #[arg(long, value_name = "FILE")]
    component: PathBuf,
    /// The jobs, a file; standard input with -
    #[arg(default_value = "-")]
    jobs: PathBuf,
    /// The time zone of today() and now() in expressions, as the process engine has it
    #[arg(long, value_name = "NAME", default_value = "Etc/UTC", value_parser = parse_time_zone)]
    time_zone: TimeZone,

    /// Hand the trace of a job on, its "traceparent", as the message system attribute AWSTraceHeader
    #[arg(long)]
    aws_trace_header: bool,

    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    identity: Identity,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    cache: Cache,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Many jobs")]
struct Pace {
    /// Jobs that are run at a time. Those of more than one may change their order; with 1, they keep it
    #[arg(long, value_name = "N", default_value_t = 32)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    concurrency: u32,
    /// Whether outcomes are printed as they come, or in the order of the jobs
    #[arg(long, value_name = "ORDER", default_value = "completion")]
    order: Order,
    /// How long jobs in flight may take after a signal, in milliseconds; a second one ends them at once
    #[arg(long, value_name = "MS", default_value_t = 25_000)]
    grace: u64,
    /// How often the progress is told where standard error is no terminal, in milliseconds; never with 0
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    progress_every: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Order {
    Completion,
    Jobs,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Secrets, from the first of these that has one")]
struct Secrets {
    /// A folder with a file for each secret, as Kubernetes and Docker mount them
    #[arg(long = "secrets-dir", value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// A file with a NAME=value on each line
    #[arg(long = "secrets-file", value_name = "FILE")]
    file: Option<PathBuf>,
    /// Variables of the environment whose names begin with PREFIX
    #[arg(long = "secrets-env", value_name = "PREFIX")]
    prefix: Option<String>,
    /// A secret that variables evaluated by an engine may name; may be repeated
    #[arg(long = "secret", value_name = "NAME")]
    let_through: Vec<String>,
}

#[derive(clap::Args)]
#[command(next_help_heading = "The AWS identity of this host")]
struct Identity {
    /// Lend AWS's default credentials chain to jobs that ask for it (environment, profile, SSO, web
    /// identity, container, instance)
    #[arg(long = "aws-default-credentials")]
    default_credentials: bool,
    /// Lend the identity of this role, assumed with the default chain
    #[arg(long = "aws-role", value_name = "ARN")]
    role: Option<String>,
    /// The external id that the role asks for
    #[arg(long = "aws-external-id", value_name = "ID", requires = "role")]
    external_id: Option<String>,
}

/// Runs the command.
pub(super) async fn run(args: Args, logs_json: bool) -> Result<(), Failure> {
    let signals = Signals::listen()
        .map_err(|error| Failure::setup(format!("signals cannot be received: {error}")))?;
    let (input, size) = open(&args.jobs)?;
    let runner = args
        .secrets
        .runner(Expressions::in_time_zone(args.time_zone))?;
    let runner = match args.identity.of_host(&args.network)? {
        Some(identity) => runner.with_identity(identity),
        None => runner,
    };
    let runner = if args.aws_trace_header {
        runner.with_aws_trace_header(TRACE_HEADER)
    } else {
        runner
    };
    let limits = args.limits.limits().with_sandboxes(args.pace.concurrency);
    let host = args.network.host(limits, &args.cache)?;
    let (connector, job_type) = load(&host, args.network.is_default(), &args.component).await?;
    let worker = Worker {
        host,
        connector,
        runner: runner.with_job_type(job_type),
    };
    worker
        .run(input, size, &args.pace, signals, logs_json)
        .await
}

/// The variable in which the SQS connector takes the header.
const TRACE_HEADER: &str = "queue.awsTraceHeader";

/// The connector and the type of its jobs. It is let out to the servers of its own service unless the arguments name
/// others.
async fn load(
    host: &Host,
    is_default: bool,
    component: &Path,
) -> Result<(OutboundConnector, String), Failure> {
    let connector = host.load_outbound_file(component)?;
    let description = connector.describe().await?;
    if !is_default {
        return Ok((connector, description.job_type));
    }
    // A component may ask for anything: what is more than a domain is for the operator to allow.
    let (granted, refused): (Vec<_>, Vec<_>) = description
        .network
        .service_origins
        .iter()
        .filter_map(|origin| origin.parse::<OriginPattern>().ok())
        .partition(OriginPattern::is_of_one_domain);
    let list = |origins: &[OriginPattern]| {
        let texts: Vec<String> = origins.iter().map(ToString::to_string).collect();
        texts.join(" ")
    };
    tracing::info!(
        "let out to what the connector describes: {}",
        list(&granted)
    );
    if !refused.is_empty() {
        tracing::warn!(
            "not let out without --allow, though the connector asks: {}",
            list(&refused)
        );
    }
    let granted = granted.into_iter().map(Origins::from);
    Ok((
        granted.fold(connector, OutboundConnector::allow),
        description.job_type,
    ))
}

/// The input, and its size in bytes if that is known.
fn open(path: &Path) -> Result<(Input, Option<u64>), Failure> {
    if is_stdin(Some(path)) {
        return Ok((Box::new(BufReader::new(io::stdin())), None));
    }
    match File::open(path) {
        Ok(file) => {
            let metadata = file.metadata().ok().filter(Metadata::is_file);
            let size = metadata.map(|metadata| metadata.len());
            Ok((Box::new(BufReader::new(file)), size))
        }
        Err(error) => Err(Failure::usage(format!("jobs: {}: {error}", path.display()))),
    }
}

fn parse_time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "must be a name of the iana database, as Europe/Berlin".into())
}

impl Secrets {
    fn runner(self, expressions: Expressions) -> Result<JobRunner, Failure> {
        let mut providers = SecretProviders::new();
        if let Some(folder) = self.folder {
            if !folder.is_dir() {
                let problem = format!("secrets from {}: no such folder", folder.display());
                return Err(Failure::usage(problem));
            }
            providers = providers.and(FolderSecrets::new(folder));
        }
        if let Some(path) = self.file {
            let secrets = FileSecrets::read(&path);
            providers = providers.and(secrets.map_err(|error| Failure::usage(error.to_string()))?);
        }
        if let Some(prefix) = self.prefix {
            providers = providers.and(EnvironmentSecrets::with_prefix(prefix));
        }
        let runner = JobRunner::new(expressions, providers);
        let names: BTreeSet<String> = self.let_through.into_iter().collect();
        Ok(runner.with_filter(SecretFilter::Only(names)))
    }
}

impl Identity {
    fn of_host(self, network: &Network) -> Result<Option<AwsIdentity>, Failure> {
        let identity = match self.role {
            Some(role) => Some(AwsIdentity::role(role, self.external_id)),
            None => self.default_credentials.then(AwsIdentity::default_chain),
        };
        let way_of = |identity| network.way_of(identity);
        identity.map(way_of).transpose()
    }
}
