//! The clients that are written in Rust. Each gives what it sends no more than it needs for a receipt.

use std::path::Path;
use std::sync::Mutex;

use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use aws_smithy_http_client::tls;
use connector_host::{
    CallError, CompiledCache, Connector, Credentials, Host, Message, Queue, Retries, Session,
    Timeouts,
};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::client::Client;
use super::workload::Round;

const REGION: &str = "us-east-1";
const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// What any client costs: the bytes of the connector's request, made beforehand, over hyper's pooled client.
pub(crate) struct Floor {
    url: String,
    http: HttpClient<HttpConnector, Full<Bytes>>,
    /// The form of the last round: its messages' size, how many they are, and the bytes.
    form: Mutex<(usize, usize, Bytes)>,
}

impl Floor {
    pub(crate) fn new(url: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            url: url.to_owned(),
            http: HttpClient::builder(TokioExecutor::new()).build(connector),
            form: Mutex::default(),
        }
    }

    /// The form of a round, made once.
    fn form_of(&self, round: &Round) -> Bytes {
        let mut form = self.form.lock().expect("a lock");
        let (size, batch, bytes) = &mut *form;
        if (*size, *batch) != (round.template.len(), round.batch) {
            *bytes = self.form(round).into();
            (*size, *batch) = (round.template.len(), round.batch);
        }
        bytes.clone()
    }

    fn form(&self, round: &Round) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        if round.batch == 1 {
            form.append_pair("Action", "SendMessage");
        } else {
            form.append_pair("Action", "SendMessageBatch");
        }
        form.append_pair("Version", "2012-11-05");
        form.append_pair("QueueUrl", &self.url);
        if round.batch == 1 {
            form.append_pair("MessageBody", &round.body(0));
        } else {
            for n in 1..=round.batch {
                let entry = format!("SendMessageBatchRequestEntry.{n}");
                form.append_pair(&format!("{entry}.Id"), &n.to_string());
                form.append_pair(&format!("{entry}.MessageBody"), &round.body(0));
            }
        }
        form.finish()
    }
}

impl Client for Floor {
    type Lane = (HeaderMap, Bytes);

    fn lane(&self, round: &Round) -> Self::Lane {
        let body = self.form_of(round);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={KEY_ID}/20260102/{REGION}/sqs/aws4_request, \
             SignedHeaders=content-type;host;x-amz-date, Signature={:064x}",
            0
        );
        let mut headers = HeaderMap::new();
        let mut insert = |name: &'static str, value: &str| {
            headers.insert(name, value.parse().expect("a header's value"));
        };
        insert(
            "content-type",
            "application/x-www-form-urlencoded; charset=utf-8",
        );
        insert("user-agent", "sqs-connector/0.1.0");
        insert("x-amz-date", "20260102T030405Z");
        insert("authorization", &authorization);
        (headers, body)
    }

    async fn send(&self, lane: &mut Self::Lane, _: Vec<String>) -> Result<(), String> {
        let (headers, body) = lane;
        let mut request = Request::post(&self.url)
            .body(Full::new(body.clone()))
            .map_err(|error| error.to_string())?;
        request.headers_mut().clone_from(headers);
        let response = self.http.request(request).await;
        let response = response.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await;
        body.map_err(|error| error.to_string())?;
        if status.is_success() {
            Ok(())
        } else {
            Err(status.to_string())
        }
    }
}

/// This connector, with a sandbox for each call, or one that is kept for each of the calls under way at a time.
pub(crate) struct InSandbox {
    queue: Queue,
    credentials: Credentials,
    connector: Connector,
    is_kept: bool,
}

impl InSandbox {
    pub(crate) fn new(
        url: &str,
        component: &Path,
        cache: Option<CompiledCache>,
        is_kept: bool,
    ) -> Self {
        let mut host = Host::builder().allow(url.parse().expect("an origin"));
        if let Some(cache) = cache {
            host = host.cache(cache);
        }
        let host = host.build().expect("a host");
        Self {
            queue: Queue::new(url).with_region(REGION),
            credentials: Credentials::new(KEY_ID, SECRET),
            connector: host.load_file(component).expect("a connector"),
            is_kept,
        }
    }

    async fn send_in(&self, session: &mut Session, bodies: Vec<String>) -> Result<(), CallError> {
        let Self {
            queue, credentials, ..
        } = self;
        let (timeouts, retries) = (Timeouts::default(), Retries::default());
        match <[String; 1]>::try_from(bodies) {
            Ok([body]) => {
                let message = Message::new(body);
                let call = session.send_message(queue, credentials, &message, timeouts, retries);
                call.await.map(drop)
            }
            Err(bodies) => {
                let messages: Vec<_> = bodies.into_iter().map(Message::new).collect();
                let call =
                    session.send_message_batch(queue, credentials, &messages, timeouts, retries);
                let failed = call.await?.into_iter().find_map(Result::err);
                failed.map_or(Ok(()), |error| Err(CallError::Send(error)))
            }
        }
    }
}

impl Client for InSandbox {
    type Lane = Session;

    fn lane(&self, _: &Round) -> Session {
        self.connector.session()
    }

    async fn send(&self, session: &mut Session, bodies: Vec<String>) -> Result<(), String> {
        let sent = self.send_in(session, bodies).await;
        if !self.is_kept {
            *session = self.connector.session();
        }
        sent.map_err(|error| error.to_string())
    }
}

/// AWS's SDK for Rust, as it comes: its own HTTP client, with ring for TLS, which no request of the benchmark uses.
pub(crate) struct AwsSdk {
    url: String,
    client: aws_sdk_sqs::Client,
}

impl AwsSdk {
    pub(crate) fn new(url: &str) -> Self {
        let (endpoint, _) = url.rsplit_once("/123456789012").expect("a queue's url");
        let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        let http = aws_smithy_http_client::Builder::new().tls_provider(tls);
        let config = aws_sdk_sqs::Config::builder()
            .http_client(http.build_https())
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .endpoint_url(endpoint)
            .credentials_provider(aws_sdk_sqs::config::Credentials::new(
                KEY_ID, SECRET, None, None, "bench",
            ))
            .build();
        Self {
            url: url.to_owned(),
            client: aws_sdk_sqs::Client::from_conf(config),
        }
    }
}

impl Client for AwsSdk {
    type Lane = ();

    fn lane(&self, _: &Round) {}

    async fn send(&self, (): &mut (), bodies: Vec<String>) -> Result<(), String> {
        let bodies = match <[String; 1]>::try_from(bodies) {
            Ok([body]) => {
                let call = self.client.send_message().queue_url(&self.url);
                let sent = call.message_body(body).send().await;
                return sent.map(drop).map_err(|error| format!("{error:?}"));
            }
            Err(bodies) => bodies,
        };
        let mut call = self.client.send_message_batch().queue_url(&self.url);
        for (index, body) in bodies.into_iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body)
                .build()
                .map_err(|error| error.to_string())?;
            call = call.entries(entry);
        }
        let sent = call.send().await.map_err(|error| format!("{error:?}"))?;
        match sent.failed().first() {
            Some(failed) => Err(failed.code().to_owned()),
            None => Ok(()),
        }
    }
}
