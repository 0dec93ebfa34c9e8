//! A server that answers whatever a test wants to be answered.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// Answers each request with what `answer` makes of it, and closes the connection. Gives its address.
pub(crate) fn server(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    raw_server(move |mut client| {
        let request = read_request(&mut client);
        let _ = client.write_all(answer(&request).as_bytes());
    })
}

/// Hands each connection to `serve`. Gives its address.
pub(crate) fn raw_server(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            serve(client.unwrap());
        }
    });
    address
}

/// A whole request, head and body.
pub(crate) fn read_request(client: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text.into_owned();
            }
        }
        match client.read(&mut part).unwrap() {
            0 => return String::from_utf8_lossy(&request).into_owned(),
            length => request.extend(&part[..length]),
        }
    }
}

/// An answer with a status line and a body.
pub(crate) fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The XML of an error.
pub(crate) fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    )
}

/// The XML of a receipt.
pub(crate) fn receipt(message_id: &str, md5_of_body: &str) -> String {
    format!(
        "<SendMessageResponse><SendMessageResult><MessageId>{message_id}</MessageId>\
         <MD5OfMessageBody>{md5_of_body}</MD5OfMessageBody></SendMessageResult></SendMessageResponse>"
    )
}
