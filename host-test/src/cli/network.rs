//! What a sandbox may reach, as arguments.

// Doc comments here are the text of `--help`, which is not Markdown.
#![allow(clippy::doc_markdown)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use connector_host::{AwsIdentity, Host, HostBuilder, Limits, LoadError, Origins, Proxies};

use super::cache::Cache;
use super::exit::Failure;
use super::files;

#[derive(clap::Args)]
#[command(next_help_heading = "What the sandbox may reach")]
pub(super) struct Network {
    /// A server that the sandbox may send to, as https://host; may be repeated. Of a name's labels, *
    /// stands for any one, {region} for one like eu-west-1. Or the endpoints of an AWS service in a
    /// region, as aws:sqs:eu-west-1. Replaces the default: with send, the server of the endpoint or of
    /// the queue URL; with run, those of the service that the connector describes
    #[arg(long, value_name = "ORIGIN")]
    pub(super) allow: Vec<Origins>,
    /// Connect to ADDRESS:PORT for HOST; may be repeated
    #[arg(long, value_name = "HOST=ADDRESS:PORT", value_parser = parse_resolve)]
    resolve: Vec<(String, SocketAddr)>,
    /// Trust the certificate authorities of this PEM file too
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Go straight to servers, without the proxies of HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY
    #[arg(long)]
    no_proxies: bool,
    /// How long a connection may take to stand, with a proxy and its TLS handshake, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    connect_timeout: u32,
    /// How long a connection is kept after its last request, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 20_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    idle_timeout: u32,
}

impl Network {
    /// Whether the arguments leave what the sandbox may reach to a default.
    pub(super) fn is_default(&self) -> bool {
        self.allow.is_empty()
    }

    /// The identity, asked for on the same way as the sandbox's requests go.
    pub(super) fn way_of(&self, identity: AwsIdentity) -> Result<AwsIdentity, Failure> {
        let identity = match &self.ca_file {
            Some(path) => identity.trust(&files::read(path, "certificates")?),
            None => identity,
        };
        Ok(if self.no_proxies {
            identity.without_proxies()
        } else {
            identity
        })
    }

    /// A host that lets out what the arguments name.
    pub(super) fn host(&self, limits: Limits, cache: &Cache) -> Result<Host, Failure> {
        let host = Host::builder()
            .limits(limits)
            .connect_timeout(Duration::from_millis(self.connect_timeout.into()))
            .idle_timeout(Duration::from_millis(self.idle_timeout.into()));
        let mut host = self.allow.iter().cloned().fold(host, HostBuilder::allow);
        for (name, address) in &self.resolve {
            host = host.resolve(name, *address);
        }
        if let Some(path) = &self.ca_file {
            host = host.trust(&files::read(path, "certificates")?);
        }
        if !self.no_proxies {
            host = host.proxies(Proxies::from_environment().map_err(LoadError::Proxy)?);
        }
        Ok(cache.of(host).build()?)
    }
}

fn parse_resolve(text: &str) -> Result<(String, SocketAddr), String> {
    let (host, address) = text.split_once('=').ok_or("must be HOST=ADDRESS:PORT")?;
    let address = address
        .parse()
        .map_err(|_| "must end in an ip address and a port")?;
    Ok((host.to_owned(), address))
}
