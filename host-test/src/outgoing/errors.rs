//! What goes wrong on the way out, in the terms of `wasi:http`.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy::Error as ClientError;
use rustls::pki_types::InvalidDnsNameError;
use tower_http::timeout::TimeoutError;
use wasmtime_wasi_http::Error;

use super::resolver::NotResolved;

/// What a failed request means in the terms of `wasi:http`.
pub(super) fn request_error(error: &ClientError) -> Error {
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
pub(super) fn body_error(error: &(dyn StdError + 'static)) -> Error {
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
