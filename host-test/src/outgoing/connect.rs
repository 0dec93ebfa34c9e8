//! Connections: to a server or through a proxy, encrypted or not, so many at a time.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

use super::proxies::Proxies;
use super::resolver::Resolver;

/// What makes connections for a host.
pub(super) type Connect = TimeoutConnector<HttpsConnector<Route>>;

/// How a host connects.
pub(crate) struct Settings {
    pub(crate) tls: ClientConfig,
    /// From name to address, in place of the system's resolver.
    pub(crate) addresses: HashMap<String, SocketAddr>,
    pub(crate) proxies: Arc<Proxies>,
    /// How long a connection may take to stand, with a proxy and its TLS handshake, and with the wait for others to end
    /// where there are as many as there may be.
    pub(crate) connect_timeout: Duration,
    /// How long a connection may lie idle before it is closed.
    pub(crate) idle_timeout: Duration,
    /// The most connections at a time.
    pub(crate) connections: usize,
}

pub(super) fn connector(settings: Settings) -> Connect {
    let mut http = HttpConnector::new_with_resolver(Resolver::new(settings.addresses));
    http.enforce_http(false);
    http.set_nodelay(true);
    let https = |tls| {
        HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
    };
    let route = Route {
        proxy: https(settings.tls.clone()).wrap_connector(http.clone()),
        http,
        proxies: settings.proxies,
        free: Arc::new(Semaphore::new(
            settings.connections.min(Semaphore::MAX_PERMITS),
        )),
    };
    let mut connector = TimeoutConnector::new(https(settings.tls).wrap_connector(route));
    connector.set_connect_timeout(Some(settings.connect_timeout));
    connector
}

/// The way to a server, up to where TLS with that server itself begins.
#[derive(Clone)]
pub(super) struct Route {
    http: HttpConnector<Resolver>,
    /// The way to a proxy, encrypted if the proxy is.
    proxy: HttpsConnector<HttpConnector<Resolver>>,
    proxies: Arc<Proxies>,
    /// How many more connections may be open.
    free: Arc<Semaphore>,
}

type BoxError = Box<dyn StdError + Send + Sync>;

impl Route {
    async fn connect(mut self, server: Uri) -> Result<Stream, BoxError> {
        // The semaphore is never closed.
        let place = Arc::clone(&self.free).acquire_owned().await.ok();
        let (stream, is_proxied) = match self.proxies.on_the_way_to(&server) {
            None => (MaybeHttpsStream::Http(self.http.call(server).await?), false),
            Some(proxy) if server.scheme() == Some(&Scheme::HTTPS) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.proxy);
                if let Some(authorization) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                (tunnel.call(server).await?, false)
            }
            Some(proxy) => (self.proxy.call(proxy.uri().clone()).await?, true),
        };
        Ok(Stream {
            io: stream,
            is_proxied,
            _place: place,
        })
    }
}

impl Service<Uri> for Route {
    type Response = Stream;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        Box::pin(self.clone().connect(server))
    }
}

/// A connection to a server or to a proxy, which has a place among those that may be open.
pub(super) struct Stream {
    io: MaybeHttpsStream<TokioIo<TcpStream>>,
    /// Whether requests must tell a proxy where they go.
    is_proxied: bool,
    _place: Option<OwnedSemaphorePermit>,
}

impl Stream {
    fn inner(self: Pin<&mut Self>) -> Pin<&mut MaybeHttpsStream<TokioIo<TcpStream>>> {
        Pin::new(&mut self.get_mut().io)
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.io.connected().proxy(self.is_proxied)
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.inner().poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write_vectored(context, slices)
    }
}
