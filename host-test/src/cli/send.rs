//! `connector-host send`.

// Doc comments here are the text of `--help`, which is not Markdown.
#![allow(clippy::doc_markdown)]

use std::fs;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use connector_host::{
    Credentials, Host, HostBuilder, Limits, Message, MessageAttribute, Origin, Queue, Receipt,
    Timeouts,
};
use serde_json::json;

use super::exit::{self, Failure};
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
    network: Network,
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
    /// For a connection, with its TLS handshake
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    connect_timeout: u32,
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
#[command(next_help_heading = "What the sandbox may reach")]
struct Network {
    /// A server that the sandbox may send to, as https://host; may be repeated. Replaces the
    /// default, which is the server of the endpoint or of the queue URL
    #[arg(long, value_name = "ORIGIN")]
    allow: Vec<Origin>,
    /// Connect to ADDRESS:PORT for HOST; may be repeated
    #[arg(long, value_name = "HOST=ADDRESS:PORT", value_parser = parse_resolve)]
    resolve: Vec<(String, SocketAddr)>,
    /// Trust the certificate authorities of this PEM file too
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
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
    let host = host(args.network, &queue, &args.timeouts)?;
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
    let connector = host.load_file(&args.component)?;
    Ok(connector
        .send_message(&queue, &credentials, &message, timeouts)
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

/// A host that lets out what the arguments name: without an allow-list, the one server that the queue
/// needs. An address that is none is left to the component, which says so.
fn host(network: Network, queue: &Queue, timeouts: &TimeoutArgs) -> Result<Host, Failure> {
    let mut allowed = network.allow;
    if allowed.is_empty() {
        let address = queue.endpoint.as_ref().unwrap_or(&queue.url);
        allowed.extend(address.parse::<Origin>());
    }
    let host = Host::builder()
        .limits(timeouts.limits())
        .connect_timeout(Duration::from_millis(timeouts.connect_timeout.into()));
    let mut host = allowed.into_iter().fold(host, HostBuilder::allow);
    for (name, address) in network.resolve {
        host = host.resolve(name, address);
    }
    if let Some(path) = network.ca_file {
        host = host.trust(&read(&path, "certificates")?);
    }
    Ok(host.build()?)
}

/// How much later than the component's own deadline the host's comes, so that the component tells what
/// happened.
const GRACE: Duration = Duration::from_secs(5);

impl TimeoutArgs {
    fn limits(&self) -> Limits {
        let limits = Limits::default();
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

fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    String::from_utf8(read(path, what)?).map_err(|error| {
        Failure::usage(format!(
            "{what}: not utf-8 at byte {} of {}",
            error.utf8_error().valid_up_to(),
            error.as_bytes().len()
        ))
    })
}

fn is_stdin(path: Option<&Path>) -> bool {
    path == Some(Path::new("-"))
}

/// Reads a file, or standard input for `-`.
fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let result = if is_stdin(Some(path)) {
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    result.map_err(|error| Failure::usage(format!("{what}: {}: {error}", path.display())))
}

fn parse_resolve(text: &str) -> Result<(String, SocketAddr), String> {
    let (host, address) = text.split_once('=').ok_or("must be HOST=ADDRESS:PORT")?;
    let address = address
        .parse()
        .map_err(|_| "must end in an ip address and a port")?;
    Ok((host.to_owned(), address))
}
