//! Outgoing HTTP for sandboxes: the allow-list, and connections that outlive a sandbox.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::client::legacy::connect::{HttpConnector, capture_connection};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::pki_types::InvalidDnsNameError;
use tokio::time::error::Elapsed;
use tower_http::timeout::{TimeoutBody, TimeoutError};
use tower_service::Service;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::egress::AllowList;

/// How long a connection may lie idle before it is closed: shorter than servers wait, so that a request
/// seldom meets a connection that the server is closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// The most of a body that a guest hands over at a time, in bytes. Three of these are under way at most,
/// so a guest that cannot hand over more knows that its request is not sent whole.
const BODY_CHUNK: usize = 256 * 1024;
/// How long a connection may take to stand, with its TLS handshake, where the host's builder says
/// nothing else.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What `wasi:http` hosts wait where a guest names no timeout.
const NO_TIMEOUT: Duration = Duration::from_mins(10);

type Sent = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// The way out, shared by every sandbox of a host.
pub(crate) struct Outgoing {
    client: Client<TimeoutConnector<HttpsConnector<HttpConnector<Resolver>>>, WasiBody>,
}

impl Outgoing {
    pub(crate) fn new(
        tls: ClientConfig,
        addresses: HashMap<String, SocketAddr>,
        connect_timeout: Duration,
    ) -> Self {
        let mut http = HttpConnector::new_with_resolver(Resolver {
            addresses: addresses.into(),
            system: GaiResolver::new(),
        });
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let mut connector = TimeoutConnector::new(https);
        connector.set_connect_timeout(Some(connect_timeout));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Self { client }
    }

    async fn send(
        self: Arc<Self>,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Sent, Error> {
        let response = self.respond(request, options).await?;
        let between_bytes = options.between_bytes_timeout.unwrap_or(NO_TIMEOUT);
        let response = response.map(|body| {
            TimeoutBody::new(between_bytes, body)
                .map_err(|error| body_error(error.as_ref()))
                .boxed_unsync()
        });
        Ok((response, Box::new(async { Ok(()) })))
    }

    async fn respond(
        &self,
        mut request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<Incoming>, Error> {
        let first_byte = options.first_byte_timeout.unwrap_or(NO_TIMEOUT);
        let Some(connect_timeout) = options.connect_timeout else {
            // A new connection has the host's own timeout.
            let response = tokio::time::timeout(first_byte, self.client.request(request));
            return response_or_timeout(response.await);
        };
        let mut connection = capture_connection(&mut request);
        let mut response = self.client.request(request);
        let connected = tokio::select! {
            result = &mut response => return result.map_err(|error| request_error(&error)),
            connected = tokio::time::timeout(
                connect_timeout,
                connection.wait_for_connection_metadata(),
            ) => connected.is_ok(),
        };
        if !connected {
            return Err(Error::ConnectionTimeout);
        }
        response_or_timeout(tokio::time::timeout(first_byte, response).await)
    }
}

fn response_or_timeout(
    result: Result<Result<Response<Incoming>, ClientError>, Elapsed>,
) -> Result<Response<Incoming>, Error> {
    match result {
        Ok(result) => result.map_err(|error| request_error(&error)),
        Err(_) => Err(Error::ConnectionReadTimeout),
    }
}

/// One sandbox's way out.
pub(crate) struct Hooks {
    outgoing: Arc<Outgoing>,
    allowed: Arc<AllowList>,
    /// Whether a request was let out.
    pub(crate) request_left: bool,
}

impl Hooks {
    pub(crate) fn new(outgoing: Arc<Outgoing>, allowed: Arc<AllowList>) -> Self {
        Self {
            outgoing,
            allowed,
            request_left: false,
        }
    }
}

impl WasiHttpHooks for Hooks {
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_CHUNK
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        if !self.allowed.allows(request.uri()) {
            let authority = request.uri().authority().map_or("", |part| part.as_str());
            tracing::warn!("a request to {authority} is not on the allow-list");
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        self.request_left = true;
        let outgoing = Arc::clone(&self.outgoing);
        Box::new(outgoing.send(request, options.unwrap_or_default()))
    }
}

/// The system's resolver, behind a table of fixed addresses.
#[derive(Clone)]
struct Resolver {
    addresses: Arc<HashMap<String, SocketAddr>>,
    system: GaiResolver,
}

/// A name does not resolve.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotResolved(io::Error);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NotResolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NotResolved>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NotResolved>> {
        self.system.poll_ready(context).map_err(NotResolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        if let Some(address) = self.addresses.get(name.as_str()) {
            let addresses = vec![*address].into_iter();
            return Box::pin(async { Ok(addresses) });
        }
        let lookup = self.system.call(name);
        Box::pin(async {
            let addresses: Vec<_> = lookup.await.map_err(NotResolved)?.collect();
            Ok(addresses.into_iter())
        })
    }
}

/// What a failed request means in the terms of `wasi:http`.
fn request_error(error: &ClientError) -> Error {
    // Once a connection stands, no failure may look like one of connecting: the server may have acted.
    if !error.is_connect() {
        return body_error(error);
    }
    let not_resolved = find::<NotResolved>(error).map(ToString::to_string);
    let not_a_name = find::<InvalidDnsNameError>(error).map(ToString::to_string);
    if let Some(text) = not_resolved.or(not_a_name) {
        return Error::DnsError {
            rcode: Some(text),
            info_code: None,
        };
    }
    if let Some(error) = find::<rustls::Error>(error) {
        return tls_error(error);
    }
    connect_error(find::<io::Error>(error))
}

fn tls_error(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            Error::TlsCertificateError
        }
        rustls::Error::AlertReceived(alert) => Error::TlsAlertReceived {
            alert_id: Some(u8::from(*alert)),
            alert_message: Some(format!("{alert:?}")),
        },
        _ => Error::TlsProtocolError,
    }
}

fn connect_error(error: Option<&io::Error>) -> Error {
    match error.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => Error::ConnectionRefused,
        Some(io::ErrorKind::TimedOut) => Error::ConnectionTimeout,
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            Error::DestinationIpUnroutable
        }
        // In the middle of a TLS handshake: nothing has been asked yet.
        _ => Error::DestinationUnavailable,
    }
}

/// What it means that a connection failed after it stood.
fn body_error(error: &(dyn StdError + 'static)) -> Error {
    if find::<TimeoutError>(error).is_some() {
        return Error::ConnectionReadTimeout;
    }
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse() => Error::HttpProtocolError,
        Some(error) if error.is_timeout() => Error::HttpResponseTimeout,
        _ => Error::ConnectionTerminated,
    }
}

/// The first error of a type in a chain of causes, also inside of I/O errors, which hide theirs.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    if let Some(found) = error.downcast_ref::<T>() {
        return Some(found);
    }
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match inner {
        Some(inner) => find(inner),
        None => find(error.source()?),
    }
}
