//! A server that takes messages as SQS does, by the Query protocol and by AWS JSON 1.0, on a thread of its own, whose
//! processor time is told apart from that of clients. It answers with the digests of what it got, and counts.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::processor_time;
use super::workload::sequence;

/// The server.
pub(crate) struct Sink {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    questions: mpsc::UnboundedSender<oneshot::Sender<Duration>>,
}

/// What the server knows.
struct State {
    /// How long it thinks before an answer, in milliseconds.
    delay: AtomicU64,
    messages: AtomicU64,
    first_accepted: Mutex<Option<Instant>>,
    /// How often a message of this sequence number came. Others are not counted one by one.
    seen: Vec<AtomicU8>,
}

impl Sink {
    /// A server that tells messages with sequence numbers below `tracked` from each other.
    pub(crate) fn start(tracked: usize) -> Self {
        let state = Arc::new(State {
            delay: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            first_accepted: Mutex::new(None),
            seen: (0..tracked).map(|_| AtomicU8::new(0)).collect(),
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (questions, mut asked) = mpsc::unbounded_channel::<oneshot::Sender<Duration>>();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                loop {
                    tokio::select! {
                        accepted = listener.accept() => {
                            let Ok((stream, _)) = accepted else { continue };
                            let _ = stream.set_nodelay(true);
                            tokio::spawn(serve(stream, Arc::clone(&shared)));
                        }
                        question = asked.recv() => match question {
                            Some(answer) => { let _ = answer.send(processor_time::of_thread()); }
                            None => return,
                        },
                    }
                }
            });
        });
        Self {
            address,
            state,
            questions,
        }
    }

    /// The queue that messages are sent to.
    pub(crate) fn queue_url(&self) -> String {
        format!("http://{}/123456789012/orders", self.address)
    }

    /// Lets some time pass before each answer.
    pub(crate) fn set_delay(&self, delay: Duration) {
        let delay = delay.as_millis().try_into().unwrap_or(u64::MAX);
        self.state.delay.store(delay, Ordering::Relaxed);
    }

    /// The processor time that the server has taken so far.
    pub(crate) fn processor_time(&self) -> Duration {
        let (answer, answered) = oneshot::channel();
        let _ = self.questions.send(answer);
        answered.blocking_recv().expect("a server")
    }

    /// The messages so far.
    pub(crate) fn messages(&self) -> u64 {
        self.state.messages.load(Ordering::Relaxed)
    }

    /// When the first message came since this was asked the last time.
    pub(crate) fn take_first_accepted(&self) -> Option<Instant> {
        self.state.first_accepted.lock().expect("a lock").take()
    }

    /// How many sequence numbers never came, and how many came more than once.
    pub(crate) fn missing_and_repeated(&self) -> (usize, usize) {
        let count = |test: fn(u8) -> bool| {
            let seen = self.state.seen.iter();
            seen.filter(|seen| test(seen.load(Ordering::Relaxed)))
                .count()
        };
        (count(|times| times == 0), count(|times| times > 1))
    }
}

async fn serve(stream: tokio::net::TcpStream, state: Arc<State>) {
    let service = service_fn(|request| answer(request, &state));
    // Without a timer: a client may take its time with what it keeps open.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    state: &State,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let signed = parts
        .headers
        .get("authorization")
        .is_some_and(|value| value.as_bytes().starts_with(b"AWS4-HMAC-SHA256 "));
    let Ok(body) = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
    else {
        return Ok(response(400, "text/plain", "the body broke off".into()));
    };
    let delay = state.delay.load(Ordering::Relaxed);
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay)).await;
    }
    let target = parts
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    let answered = match target {
        _ if !signed => None,
        None => query(&body, state).map(|text| ("text/xml", text)),
        Some(target) => json(target, &body, state).map(|text| ("application/x-amz-json-1.0", text)),
    };
    Ok(match answered {
        Some((content_type, text)) => {
            let mut first = state.first_accepted.lock().expect("a lock");
            first.get_or_insert_with(Instant::now);
            response(200, content_type, text)
        }
        None => response(400, "text/plain", "not a request of this benchmark".into()),
    })
}

fn response(status: u16, content_type: &str, text: String) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("x-amzn-requestid", "7f0e1d2c-3b4a-5968-8776-a5b4c3d2e1f0")
        .body(Full::new(text.into()))
        .expect("a response")
}

impl State {
    /// Takes a message: its id and the digest of its body.
    fn take(&self, body: &str) -> (String, String) {
        let number = self.messages.fetch_add(1, Ordering::Relaxed);
        let seen =
            sequence(body).and_then(|sequence| self.seen.get(usize::try_from(sequence).ok()?));
        if let Some(seen) = seen {
            seen.fetch_add(1, Ordering::Relaxed);
        }
        let mut digest = String::with_capacity(32);
        for byte in Md5::digest(body) {
            let _ = write!(digest, "{byte:02x}");
        }
        (format!("00000000-0000-4000-8000-{number:012}"), digest)
    }
}

/// The answer of the Query protocol.
fn query(body: &[u8], state: &State) -> Option<String> {
    let (mut action, mut bodies, mut ids) = (None, Vec::new(), Vec::new());
    for (key, value) in form_urlencoded::parse(body) {
        match &*key {
            "Action" => action = Some(value),
            key if key.ends_with("MessageBody") => bodies.push(value),
            key if key.ends_with(".Id") => ids.push(value),
            _ => {}
        }
    }
    let metadata = "<ResponseMetadata><RequestId>7f0e1d2c-3b4a-5968-8776-a5b4c3d2e1f0</RequestId></ResponseMetadata>";
    let stored = |body: &Cow<str>| {
        let (id, digest) = state.take(body);
        format!("<MessageId>{id}</MessageId><MD5OfMessageBody>{digest}</MD5OfMessageBody>")
    };
    match (action.as_deref()?, &bodies[..]) {
        ("SendMessage", [body]) => Some(format!(
            "<SendMessageResponse><SendMessageResult>{}</SendMessageResult>{metadata}</SendMessageResponse>",
            stored(body)
        )),
        ("SendMessageBatch", bodies) if bodies.len() == ids.len() => {
            let mut results = String::new();
            for (id, body) in ids.iter().zip(bodies) {
                let _ = write!(
                    results,
                    "<SendMessageBatchResultEntry><Id>{id}</Id>{}</SendMessageBatchResultEntry>",
                    stored(body)
                );
            }
            Some(format!(
                "<SendMessageBatchResponse><SendMessageBatchResult>{results}</SendMessageBatchResult>{metadata}</SendMessageBatchResponse>"
            ))
        }
        _ => None,
    }
}

/// The answer of AWS JSON 1.0.
fn json(target: &str, body: &[u8], state: &State) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Message {
        id: Option<String>,
        message_body: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Batch {
        entries: Vec<Message>,
    }
    let answer = match target {
        "AmazonSQS.SendMessage" => {
            let message: Message = serde_json::from_slice(body).ok()?;
            let (id, digest) = state.take(&message.message_body);
            json!({"MessageId": id, "MD5OfMessageBody": digest})
        }
        "AmazonSQS.SendMessageBatch" => {
            let batch: Batch = serde_json::from_slice(body).ok()?;
            let stored = batch.entries.into_iter().map(|message| {
                let (id, digest) = state.take(&message.message_body);
                json!({"Id": message.id, "MessageId": id, "MD5OfMessageBody": digest})
            });
            json!({"Successful": stored.collect::<Vec<_>>(), "Failed": []})
        }
        _ => return None,
    };
    Some(answer.to_string())
}
