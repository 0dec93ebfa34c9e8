//! `connector-host send`.

// Doc comments here are the text of `--help`, which is not Markdown.
#![allow(clippy::doc_markdown)]

use std::path::PathBuf;
use std::time::Duration;

use connector_host::{
    Credentials, Limits, Message, MessageAttribute, Origins, Queue, Receipt, Retries, Timeouts,
};
use serde_json::json;

use super::cache::Cache;
use super::exit::{self, Failure};
use super::files::{is_stdin, read_text};
use super::limits::LimitArgs;
use super::network::Network;
use super::{attributes, report};

/// Send one message through the component, in a sandbox.
///
/// Credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones,
/// AWS_SESSION_TOKEN, never from an argument.
#[derive(clap::Args)]
#[command(after_help = exit::HELP, verbatim_doc_comment)]
pub(super) struct Args {
    /// The component, a .wasm file
    #[arg(long, value_name = "FILE")]
    component: PathBuf,
    /// The queue's URL; a name that ends in .fifo is a FIFO queue
    #[arg(long, value_name = "URL")]
    queue_url: String,
    /// The AWS region, where the URL's host does not carry it
    #[arg(long)]
    region: Option<String>,
    /// Where to send the request instead of the URL's own host
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,

    #[command(flatten)]
    body: Body,
    #[command(flatten)]
    attributes: Attributes,
    /// The message group: needed on a FIFO queue
    #[arg(long, value_name = "ID")]
    message_group_id: Option<String>,
    /// On a FIFO queue, messages with the same id within 5 minutes are one message
    #[arg(long, value_name = "ID")]
    message_deduplication_id: Option<String>,
    /// How long the message stays hidden, 0 to 900 seconds
    #[arg(long, value_name = "SECONDS")]
    delay_seconds: Option<u16>,
    /// An AWS X-Ray trace header, sent as the message system attribute AWSTraceHeader
    #[arg(long, value_name = "HEADER")]
    aws_trace_header: Option<String>,

    /// Print JSON: {"receipt": ...} or {"error": {"case": ...}}
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    timeouts: TimeoutArgs,
    #[command(flatten)]
    retries: RetryArgs,
    #[command(flatten)]
    network: Network,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    cache: Cache,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Body {
    /// The message body
    #[arg(long, value_name = "TEXT")]
    message_body: Option<String>,
    /// The message body from a file, or from standard input with -
    #[arg(long, value_name = "FILE")]
    message_body_file: Option<PathBuf>,
}

#[derive(clap::Args)]
#[group(multiple = false)]
struct Attributes {
    /// Message attributes, {"name": {"DataType": "String", "StringValue": "..."}}; a Binary has a
    /// "BinaryValue" in base64
    #[arg(long, value_name = "JSON")]
    message_attributes: Option<String>,
    /// Message attributes from a file, or from standard input with -
    #[arg(long, value_name = "FILE")]
    message_attributes_file: Option<PathBuf>,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Timeouts, in milliseconds")]
struct TimeoutArgs {
    /// For the first byte of the answer, connecting included [default: 20000]
    #[arg(long, value_name = "MS")]
    first_byte_timeout: Option<u32>,
    /// Between two parts of the answer [default: 10000]
    #[arg(long, value_name = "MS")]
    between_bytes_timeout: Option<u32>,
    /// For the whole call, connecting included [default: 30000]
    #[arg(long, value_name = "MS")]
    timeout: Option<u32>,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Retries")]
struct RetryArgs {
    /// Requests for the message at most, the first one included [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    max_attempts: Option<u32>,
    /// Send again also where nobody knows whether the message arrived, so that it may arrive twice
    #[arg(long)]
    accept_duplicates: bool,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let json = args.json;
    let receipt = send(args).await.map_err(|failure| failure.in_json(json))?;
    if json {
        exit::print(&json!({ "receipt": report::receipt(&receipt) }).to_string());
    } else {
        exit::print(&report::receipt_lines(&receipt));
    }
    Ok(())
}

async fn send(args: Args) -> Result<Receipt, Failure> {
    let credentials = credentials()?;
    if is_stdin(args.body.message_body_file.as_deref())
        && is_stdin(args.attributes.message_attributes_file.as_deref())
    {
        return Err(Failure::usage(
            "body and attributes cannot both come from standard input",
        ));
    }
    let queue = Queue {
        url: args.queue_url,
        region: args.region,
        endpoint: args.endpoint_url,
    };
    let mut network = args.network;
    if network.is_default() {
        // An address that is none is left to the component, which says so.
        let address = queue.endpoint.as_ref().unwrap_or(&queue.url);
        network.allow.extend(address.parse::<Origins>());
    }
    let host = network.host(args.timeouts.within(&args.limits), &args.cache)?;
    let message = Message {
        body: args.body.read()?,
        attributes: args.attributes.read()?,
        message_group_id: args.message_group_id,
        message_deduplication_id: args.message_deduplication_id,
        delay_seconds: args.delay_seconds,
        aws_trace_header: args.aws_trace_header,
    };
    let timeouts = Timeouts {
        first_byte_ms: args.timeouts.first_byte_timeout,
        between_bytes_ms: args.timeouts.between_bytes_timeout,
        total_ms: args.timeouts.timeout,
    };
    let retries = Retries {
        max_attempts: args.retries.max_attempts,
        accept_duplicates: args.retries.accept_duplicates,
    };
    let connector = host.load_file(&args.component)?;
    Ok(connector
        .send_message(&queue, &credentials, &message, timeouts, retries)
        .await?)
}

fn credentials() -> Result<Credentials, Failure> {
    let required = |name: &str| {
        std::env::var(name)
            .map_err(|_| Failure::usage(format!("{name} is not set in the environment")))
    };
    let credentials = Credentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
    );
    Ok(match std::env::var("AWS_SESSION_TOKEN") {
        Ok(token) if !token.is_empty() => credentials.with_session_token(token),
        _ => credentials,
    })
}

/// How much later than the component's own deadline the host's comes, so that the component tells what
/// happened.
const GRACE: Duration = Duration::from_secs(5);

impl TimeoutArgs {
    /// Limits that let the component come to its own end.
    fn within(&self, limits: &LimitArgs) -> Limits {
        let (limits, is_chosen) = (limits.limits(), limits.has_time());
        if is_chosen {
            return limits;
        }
        let total = Duration::from_millis(self.timeout.unwrap_or(0).into());
        limits.with_deadline(limits.deadline.max(total + GRACE))
    }
}

impl Body {
    fn read(self) -> Result<String, Failure> {
        match (self.message_body, self.message_body_file) {
            (Some(text), _) => Ok(text),
            (None, Some(path)) => read_text(&path, "message body"),
            (None, None) => Err(Failure::usage("a message body is required")),
        }
    }
}

impl Attributes {
    fn read(self) -> Result<Vec<MessageAttribute>, Failure> {
        let json = match (self.message_attributes, self.message_attributes_file) {
            (Some(json), _) => json,
            (None, Some(path)) => read_text(&path, "message attributes")?,
            (None, None) => return Ok(Vec::new()),
        };
        attributes::parse(&json).map_err(Failure::usage)
    }
}
