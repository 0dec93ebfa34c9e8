//! A server that does what a script says, request by request, and remembers what it has stored.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::answers::{self, Body, Entry};

/// What the server does with one request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Turn {
    /// How much of the request is read.
    #[serde(default)]
    read: Extent,
    /// Whether its messages are stored.
    #[serde(default)]
    store: bool,
    /// The codes with which its first messages are refused, of several; an empty one stands for none.
    #[serde(default)]
    refuse: Vec<String>,
    /// What is written as it stands, before anything else.
    #[serde(default)]
    raw: String,
    /// The status of the answer, `200 OK`. Without one there is no answer.
    status: Option<String>,
    /// Headers, beside those of the body.
    #[serde(default)]
    headers: Vec<String>,
    /// The body of the answer.
    #[serde(default)]
    body: Body,
    /// How the body goes over the wire.
    #[serde(default)]
    framing: Framing,
    /// How long the server waits before the body, in milliseconds.
    #[serde(default)]
    pause_ms: u64,
    /// How long each byte of the answer takes, in milliseconds.
    #[serde(default)]
    drip_ms: u64,
    /// How much of the answer is written.
    #[serde(default)]
    write: Extent,
    /// What becomes of the connection.
    #[serde(default)]
    then: Then,
}

impl Turn {
    /// Whether messages are stored, and nothing is wrong with the answer.
    pub(crate) fn is_plain_success(&self) -> bool {
        let is_sound = matches!(self.body, Body::Receipt) && self.refuse.is_empty();
        let is_whole = self.write == Extent::All && self.drip_ms + self.pause_ms == 0;
        self.store && is_sound && is_whole && self.headers.is_empty()
    }

    /// Whether messages are stored, and the answer is that they are not.
    pub(crate) fn stores_and_denies_it(&self) -> bool {
        self.store
            && self
                .status
                .as_ref()
                .is_some_and(|status| !status.starts_with('2'))
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Extent {
    Nothing,
    /// A request's head, or half of an answer's.
    HalfHead,
    /// A request's head, and so little of its body that no buffers on the way take the rest.
    Part,
    /// The head, and half of the body.
    HalfBody,
    #[default]
    All,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Framing {
    /// With its length.
    #[default]
    Length,
    /// In chunks.
    Chunked,
    /// In chunks whose sizes are none.
    BadChunks,
    /// Until the connection ends.
    UntilClosed,
    /// With a length that is ten bytes too long.
    TooLong,
    /// With a length that is ten bytes too short.
    TooShort,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Then {
    /// It is kept for the next request.
    #[default]
    Keep,
    /// It is closed.
    Close,
    /// It is reset.
    Reset,
    /// Nothing is heard on it until the client leaves.
    Silence,
}

/// How the server tells what to do with a request.
pub(crate) type Script = Arc<dyn Fn(usize) -> Turn + Send + Sync>;

/// A script that does one after the other, and the last for all that come then.
pub(crate) fn in_turn(turns: Vec<Turn>) -> Script {
    Arc::new(move |request| turns[request.min(turns.len() - 1)].clone())
}

/// A running server. It ends with the runtime of the test.
#[derive(Clone)]
pub(crate) struct FaultServer {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

struct State {
    script: Script,
    requests: AtomicUsize,
    /// How often each message was stored, by its body.
    stored: Mutex<HashMap<String, usize>>,
    /// The deduplication ids that were met.
    known: Mutex<HashSet<String>>,
    /// The bodies of each message group, in the order in which they were stored.
    groups: Mutex<HashMap<String, Vec<String>>>,
}

impl FaultServer {
    /// Starts a server. A narrow one takes little that it does not read, so that a large request cannot be handed over
    /// whole.
    pub(crate) fn start(script: Script, tls: Option<TlsAcceptor>, is_narrow: bool) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        if is_narrow {
            socket.set_recv_buffer_size(4096).unwrap();
            // Buffers on the other side grow with the size of a segment, which is 64 KiB on loopback.
            socket.set_tcp_mss(536).unwrap();
        }
        socket.set_nonblocking(true).unwrap();
        let any_port: SocketAddr = "127.0.0.1:0".parse().unwrap();
        socket.bind(&any_port.into()).unwrap();
        socket.listen(1024).unwrap();
        let listener = TcpListener::from_std(socket.into()).unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::new(State {
                script,
                requests: AtomicUsize::new(0),
                stored: Mutex::default(),
                known: Mutex::default(),
                groups: Mutex::default(),
            }),
        };
        let state = Arc::clone(&server.state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (state, tls) = (Arc::clone(&state), tls.clone());
                tokio::spawn(async move {
                    let _ = client.set_nodelay(true);
                    match tls {
                        None => state.serve(client).await,
                        Some(tls) => match tls.accept(client).await {
                            Ok(client) => state.serve(client).await,
                            Err(_) => Ok(()),
                        },
                    }
                });
            }
        });
        server
    }

    /// How many requests have begun.
    pub(crate) fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// How often each message was stored, by its body.
    pub(crate) fn stored(&self) -> HashMap<String, usize> {
        self.state.stored.lock().unwrap().clone()
    }

    /// Whether the messages of each group are stored in the order in which they were sent, which is that of the numbers
    /// at the end of their bodies.
    pub(crate) fn is_in_order(&self) -> bool {
        let number = |body: &String| {
            body.rsplit(' ')
                .next()
                .and_then(|number| number.parse::<usize>().ok())
        };
        let groups = self.state.groups.lock().unwrap();
        groups
            .values()
            .all(|bodies| bodies.is_sorted_by_key(number))
    }
}

/// A connection that can end in a reset.
trait Connection: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Connection for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Connection for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl State {
    /// Serves a connection, until it ends or a turn says so. An error is the client's leaving.
    async fn serve(&self, mut client: impl Connection) -> io::Result<()> {
        let mut unread = Vec::new();
        loop {
            // The beginning of a request tells it from a connection that is kept.
            if unread.is_empty() && client.read_buf(&mut unread).await? == 0 {
                return Ok(());
            }
            let turn = (self.script)(self.requests.fetch_add(1, Ordering::SeqCst));
            let Some(request) = read_request(&mut client, &mut unread, turn.read).await? else {
                return Ok(());
            };
            let entries = answers::entries(&request, &turn.refuse);
            if turn.store {
                self.store(&entries);
            }
            answer(&mut client, &turn, &entries).await?;
            match turn.then {
                Then::Keep => {}
                Then::Close => return client.shutdown().await,
                Then::Reset => return SockRef::from(client.tcp()).set_linger(Some(Duration::ZERO)),
                // Longer than any call lasts.
                Then::Silence => tokio::time::sleep(Duration::from_mins(1)).await,
            }
        }
    }

    /// Stores the messages of a request; of those with the same deduplication id, one.
    fn store(&self, entries: &[Entry]) {
        let mut stored = self.stored.lock().unwrap();
        let mut known = self.known.lock().unwrap();
        for entry in entries.iter().filter(|entry| entry.refused.is_none()) {
            let is_new = match &entry.deduplication_id {
                Some(id) => known.insert(id.clone()),
                None => true,
            };
            if is_new {
                *stored.entry(entry.body.clone()).or_insert(0) += 1;
                if let Some(group) = &entry.group_id {
                    let mut groups = self.groups.lock().unwrap();
                    groups
                        .entry(group.clone())
                        .or_default()
                        .push(entry.body.clone());
                }
            }
        }
    }
}

async fn answer(
    client: &mut (impl AsyncWrite + Unpin),
    turn: &Turn,
    entries: &[Entry],
) -> io::Result<()> {
    client.write_all(turn.raw.as_bytes()).await?;
    let Some(status) = &turn.status else {
        return client.flush().await;
    };
    let body = turn.body.bytes(entries);
    let (length, body) = turn.framing.frame(body);
    let mut head = format!("HTTP/1.1 {status}\r\nx-amzn-requestid: r-1\r\n{length}");
    for header in &turn.headers {
        head.push_str(&answers::expanded(header, SystemTime::now()));
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    let head = head.into_bytes();
    let (head, body) = match turn.write {
        Extent::Nothing => (&[][..], &[][..]),
        Extent::HalfHead => (&head[..head.len() / 2], &[][..]),
        Extent::Part | Extent::HalfBody => (&head[..], &body[..body.len() / 2]),
        Extent::All => (&head[..], &body[..]),
    };
    if turn.pause_ms > 0 {
        client.write_all(head).await?;
        client.flush().await?;
        tokio::time::sleep(Duration::from_millis(turn.pause_ms)).await;
        client.write_all(body).await?;
    } else if turn.drip_ms > 0 {
        for byte in [head, body].concat() {
            client.write_all(&[byte]).await?;
            client.flush().await?;
            tokio::time::sleep(Duration::from_millis(turn.drip_ms)).await;
        }
    } else {
        client.write_all(&[head, body].concat()).await?;
    }
    client.flush().await
}

impl Framing {
    /// The headers of a body, and the body as it goes over the wire.
    fn frame(self, body: Vec<u8>) -> (String, Vec<u8>) {
        let length = |length: usize| format!("content-length: {length}\r\n");
        let chunked = "transfer-encoding: chunked\r\n".to_owned();
        match self {
            Self::Length => (length(body.len()), body),
            Self::TooLong => (length(body.len() + 10), body),
            Self::TooShort => (length(body.len().saturating_sub(10)), body),
            Self::UntilClosed => ("connection: close\r\n".to_owned(), body),
            Self::Chunked => {
                let chunk = |chunk: &[u8]| {
                    [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()
                };
                let mut framed: Vec<u8> = body.chunks(100).flat_map(chunk).collect();
                framed.extend(b"0\r\n\r\n");
                (chunked, framed)
            }
            Self::BadChunks => (chunked, [b"zz\r\n", &body[..]].concat()),
        }
    }
}

/// Reads a request, or as much of it as is wanted. None if the client leaves before that.
async fn read_request(
    client: &mut (impl AsyncRead + Unpin),
    unread: &mut Vec<u8>,
    extent: Extent,
) -> io::Result<Option<String>> {
    if extent == Extent::Nothing {
        return Ok(Some(String::new()));
    }
    loop {
        let head = unread.windows(4).position(|part| part == b"\r\n\r\n");
        if let Some(head) = head.map(|at| at + 4) {
            let length = content_length(&unread[..head]);
            let wanted = match extent {
                Extent::HalfHead => head,
                Extent::Part => head + length / 20,
                Extent::HalfBody => head + length / 2,
                _ => head + length,
            };
            if unread.len() >= wanted {
                let request = unread.drain(..wanted).collect();
                return Ok(Some(String::from_utf8(request).unwrap_or_default()));
            }
        }
        if client.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok())
        .unwrap_or(0)
}
