//! A forward proxy: tunnels for what is encrypted, requests passed on for what is not.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that connects to one server, whatever it is asked for. Ends with the runtime of the test.
pub(crate) struct ForwardProxy {
    pub(crate) address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl ForwardProxy {
    /// In front of a server.
    pub(crate) async fn to(server: SocketAddr) -> Self {
        Self::start(Some(server)).await
    }

    /// Refuses whatever it is asked for.
    pub(crate) async fn that_refuses() -> Self {
        Self::start(None).await
    }

    async fn start(server: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heads);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, server, Arc::clone(&kept)));
            }
        });
        Self { address, heads }
    }

    /// What it was asked for, head by head.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut client: TcpStream, server: Option<SocketAddr>, heads: Arc<Mutex<Vec<String>>>) {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
        match client.read_buf(&mut read).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    heads.lock().unwrap().push(head.clone());
    let Some(server) = server else {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        let _ = client.write_all(refusal).await;
        return;
    };
    let mut server = TcpStream::connect(server).await.unwrap();
    if head.starts_with("CONNECT ") {
        let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    } else {
        // To a server, a request names its path alone.
        let (line, rest) = head.split_once("\r\n").unwrap();
        let mut words = line.split(' ');
        let (method, uri) = (words.next().unwrap(), words.next().unwrap());
        let uri: http::Uri = uri.parse().unwrap();
        let head = format!("{method} {} HTTP/1.1\r\n{rest}", uri.path());
        let _ = server.write_all(head.as_bytes()).await;
        let _ = server.write_all(&read[end..]).await;
    }
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}
