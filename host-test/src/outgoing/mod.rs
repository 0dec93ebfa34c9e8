//! Outgoing HTTP for sandboxes: the allow-list, and connections that outlive a sandbox.

mod attempt;
mod client;
mod connect;
mod errors;
mod proxies;
mod resolver;

use std::sync::Arc;

use http::{Request, Uri};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::egress::Egress;
use crate::meter::Meter;
use attempt::Attempt;
use client::Sent;
pub(crate) use client::{Outgoing, Settings};
pub use proxies::{InvalidProxy, Proxies};

/// The most of a body that a guest hands over at a time, in bytes. Three of these are under way at most,
/// so a guest that cannot hand over more knows that its request is not sent whole.
const BODY_CHUNK: usize = 256 * 1024;

/// The server of an address, as it may be shown: user and password, if it has any, are not.
fn server(uri: &Uri) -> String {
    let host = uri.host().unwrap_or_default();
    match uri.port_u16() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// One sandbox's way out.
pub(crate) struct Hooks {
    outgoing: Arc<Outgoing>,
    egress: Arc<Egress>,
    /// That of the call under way.
    pub(crate) meter: Arc<Meter>,
}

impl Hooks {
    pub(crate) fn new(outgoing: Arc<Outgoing>, egress: Arc<Egress>, meter: Arc<Meter>) -> Self {
        Self {
            outgoing,
            egress,
            meter,
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
        let is_allowed = self.egress.allows(request.method(), request.uri());
        if !is_allowed && self.meter.denies_first() {
            let (server, scheme) = (server(request.uri()), request.uri().scheme_str());
            let origin = format!("{}://{server}", scheme.unwrap_or("https"));
            tracing::warn!(
                "a request to {server} is not on the allow-list: allow {origin} if it should be"
            );
        }
        if !self.meter.counts_request() || !is_allowed {
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        self.meter.request_leaves();
        let attempt = Attempt::new(&request);
        let outgoing = Arc::clone(&self.outgoing);
        let meter = Arc::clone(&self.meter);
        Box::new(outgoing.send(request, options.unwrap_or_default(), meter, attempt))
    }
}
