//! Requests over connections that sandboxes share.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use pin_project_lite::pin_project;
use tokio::time::error::Elapsed;
use tower_http::timeout::TimeoutBody;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::attempt::Attempt;
use super::connect::{self, Connect};
use super::errors::{body_error, request_error};
use super::proxies::Proxies;
use super::server;
use crate::meter::Meter;
pub(crate) use connect::Settings;

/// What `wasi:http` hosts wait where a guest names no timeout.
const NO_TIMEOUT: Duration = Duration::from_mins(10);

/// A response, and what else is to be done for it: nothing.
pub(super) type Sent = (
    Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// The way out, shared by every sandbox of a host.
pub(crate) struct Outgoing {
    client: Client<Connect, WasiBody>,
    proxies: Arc<Proxies>,
}

impl Outgoing {
    pub(crate) fn new(settings: Settings) -> Self {
        let proxies = Arc::clone(&settings.proxies);
        let idle = settings.idle_timeout;
        let connections = settings.connections;
        // A request that a connection has not begun to send, since the server had closed it, goes over another: this
        // is the client's default, and repeats nothing.
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(idle)
            .pool_max_idle_per_host(connections)
            .build(connect::connector(settings));
        Self { client, proxies }
    }

    /// Sends a request of a guest's.
    pub(super) async fn send(
        self: Arc<Self>,
        request: Request<WasiBody>,
        options: RequestOptions,
        meter: Arc<Meter>,
        mut attempt: Attempt,
    ) -> Result<Sent, Error> {
        let proxy = self.proxies.on_the_way_to(request.uri());
        let proxy = proxy.map(|proxy| server(proxy.uri()));
        let response = match self.respond(request, options).await {
            Ok(response) => response,
            Err(error) => {
                if let Some(proxy) = proxy {
                    tracing::warn!("no answer through the proxy {proxy}: {error}");
                }
                attempt.failed(&error);
                return Err(error);
            }
        };
        attempt.has_head(&response);
        let between_bytes = options.between_bytes_timeout.unwrap_or(NO_TIMEOUT);
        let response = response.map(|body| {
            let body = TimeoutBody::new(between_bytes, body);
            let body = body.map_err(|error| body_error(error.as_ref()));
            let answer = Answer {
                body,
                meter,
                attempt,
            };
            answer.boxed_unsync()
        });
        Ok((response, Box::new(async { Ok(()) })))
    }

    async fn respond(
        &self,
        mut request: Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Response<Incoming>, Error> {
        if let Some(authorization) = self.proxies.authorization(request.uri()) {
            request
                .headers_mut()
                .insert(PROXY_AUTHORIZATION, authorization);
        }
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

pin_project! {
    /// The body of an answer, as far as a guest reads it and is allowed to.
    struct Answer<B> {
        #[pin]
        body: B,
        meter: Arc<Meter>,
        attempt: Attempt,
    }
}

impl<B: Body<Data = Bytes, Error = Error>> Body for Answer<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let answer = self.project();
        let frame = match ready!(answer.body.poll_frame(context)) {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                let bytes = answer.attempt.has_more(bytes);
                if answer.meter.response_has(bytes) {
                    return Poll::Ready(Some(Ok(frame)));
                }
                Some(Err(Error::HttpResponseBodySize(Some(bytes))))
            }
            end => end,
        };
        match &frame {
            Some(Err(error)) => answer.attempt.failed(error),
            _ => answer.attempt.answered(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
