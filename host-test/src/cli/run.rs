//! `connector-host run`.

// Doc comments here are the text of `--help`, which is not Markdown.
#![allow(clippy::doc_markdown)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use connector_host::job::{Expressions, InvalidJob, Job, JobRunner, Outcome};
use connector_host::secrets::{
    EnvironmentSecrets, FileSecrets, FolderSecrets, SecretFilter, SecretProviders,
};
use connector_host::{AwsIdentity, Limits, OriginPattern, OutboundConnector};
use feel::jiff::tz::TimeZone;
use serde_json::Value;

use super::exit::{self, Failure};
use super::files::is_stdin;
use super::jobs::{JobText, Jobs};
use super::log;
use super::network::Network;

/// Run jobs of a process engine on a connector, each in a sandbox of its own.
///
/// A job is JSON as Camunda's REST API hands it out: "variables", "customHeaders", "retries", "jobKey",
/// "type", "deadline". Jobs stand one on each line, or one alone over several lines. One past its
/// deadline is not begun: the engine has given it to another worker.
///
/// Where no engine has evaluated the input mappings, a job may bring them: "inputs", from target to
/// source, as in {"queue.messageBody": "= {id: order.id}"}. They are evaluated over its variables, and
/// it gets what they map and no other variable.
///
/// For each job, one line of JSON tells the command that ends it: "outcome" is "completed", "failed" or
/// "error" (a BPMN error).
///
/// Secrets, {{secrets.NAME}} or secrets.NAME, are put in place where "inputs" write them. In variables
/// that an engine has evaluated, they are left alone unless --secret names them: there, whoever can put
/// text into a variable could ask for any.
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

    #[command(flatten)]
    secrets: Secrets,
    #[command(flatten)]
    identity: Identity,
    #[command(flatten)]
    network: Network,
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
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    log::to_stderr();
    let mut jobs = Jobs::new(open(&args.jobs)?);
    let expressions = Expressions::in_time_zone(args.time_zone);
    let runner = args.secrets.runner(expressions)?;
    let runner = match args.identity.of_host() {
        Some(identity) => runner.with_identity(identity),
        None => runner,
    };
    let (connector, job_type) = load(args.network, &args.component).await?;
    let runner = runner.with_job_type(job_type);

    let (mut all, mut failed) = (0_usize, 0_usize);
    loop {
        let next = jobs.next();
        let Some(JobText { text, place }) =
            next.map_err(|error| Failure::usage(format!("jobs: {error}")))?
        else {
            break;
        };
        let (key, outcome) = match &text {
            Ok(text) => match Job::from_json(text) {
                Ok(job) => (job.key.clone(), runner.run_on(&connector, job).await),
                Err(error) => (Job::key_in(text), not_a_job(&place, &error)),
            },
            Err(error) => (None, not_a_job(&place, error)),
        };
        all += 1;
        failed += usize::from(matches!(outcome, Outcome::Failed { .. }));
        // Nobody knows of a job that is done and not told of: no more are to follow it.
        exit::print_line(&line(key.clone(), &outcome)).map_err(|error| {
            let job = key.unwrap_or(place);
            Failure::setup(format!(
                "the outcome of job {job} cannot be printed: {error}; it is {outcome:?}"
            ))
        })?;
    }
    if failed > 0 {
        return Err(Failure::jobs(failed, all));
    }
    Ok(())
}

/// The connector and the type of its jobs, on a host that lets it out to the servers of its own service unless the
/// arguments name others.
async fn load(network: Network, component: &Path) -> Result<(OutboundConnector, String), Failure> {
    let is_default = network.is_default();
    let connector = network
        .host(Limits::default())?
        .load_outbound_file(component)?;
    let description = connector.describe().await?;
    if !is_default {
        return Ok((connector, description.job_type));
    }
    // A component may ask for anything: what is not encrypted is for the operator to allow.
    let origins = description.network.service_origins.iter();
    let connector = origins
        .filter_map(|origin| origin.parse::<OriginPattern>().ok())
        .filter(OriginPattern::is_https)
        .fold(connector, OutboundConnector::allow);
    Ok((connector, description.job_type))
}

/// What becomes of a text that is no job: nothing was done, and nothing can be.
fn not_a_job(place: &str, error: &InvalidJob) -> Outcome {
    Outcome::Failed {
        message: format!("{place}: {error}"),
        retries: 0,
        retry_backoff: None,
        variables: serde_json::Map::new(),
    }
}

fn line(key: Option<String>, outcome: &Outcome) -> String {
    let mut line = outcome.to_json();
    if let (Some(key), Value::Object(fields)) = (key, &mut line) {
        fields.shift_insert(0, "jobKey".to_owned(), key.into());
    }
    line.to_string()
}

fn open(path: &Path) -> Result<Box<dyn io::BufRead>, Failure> {
    if is_stdin(Some(path)) {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
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
    fn of_host(self) -> Option<AwsIdentity> {
        match self.role {
            Some(role) => Some(AwsIdentity::role(role, self.external_id)),
            None => self.default_credentials.then(AwsIdentity::default_chain),
        }
    }
}
