//! TLS servers, with a certificate authority of the test's own.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A TLS server. Ends with the runtime of the test.
pub(crate) struct Terminator {
    pub(crate) address: SocketAddr,
    /// The certificate authority to trust.
    pub(crate) ca: String,
}

impl Terminator {
    /// Listens for these names, before a server.
    pub(crate) async fn new(names: &[&str], server: &str) -> Self {
        let server = server.strip_prefix("http://").unwrap().to_owned();
        Self::listen(names, move |mut client| {
            let server = server.clone();
            async move {
                let mut server = TcpStream::connect(server).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
        })
        .await
    }

    /// Listens for these names, and answers the beginning of a request with what is no TLS.
    pub(crate) async fn that_breaks(names: &[&str]) -> Self {
        Self::listen(names, |mut client| async move {
            let _ = client.read(&mut [0; 1024]).await;
            let (mut tcp, _) = client.into_inner();
            let _ = tcp.write_all(&[0; 64]).await;
            let _ = tcp.read(&mut [0; 1024]).await;
        })
        .await
    }

    async fn listen<F: Future<Output = ()> + Send + 'static>(
        names: &[&str],
        serve: impl Fn(TlsStream<TcpStream>) -> F + Clone + Send + 'static,
    ) -> Self {
        let (config, ca) = certified(names);
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (acceptor, serve) = (acceptor.clone(), serve.clone());
                tokio::spawn(async move {
                    // A client that does not trust the certificate does not get this far.
                    if let Ok(client) = acceptor.accept(client).await {
                        serve(client).await;
                    }
                });
            }
        });
        Self { address, ca }
    }
}

/// A server with a certificate for these names, and the certificate authority to trust.
pub(crate) fn certified(names: &[&str]) -> (ServerConfig, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names)
        .unwrap()
        .signed_by(&key, &ca)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    (config, ca.pem())
}
