//! Hosts: what the sandboxes of connectors share.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use crate::connector::Connector;
use crate::contract::{OutboundPre, SenderPre};
use crate::egress::{AllowList, OriginPattern};
use crate::engine;
use crate::error::LoadError;
use crate::inspect::Surface;
use crate::limits::Limits;
use crate::outbound_connector::OutboundConnector;
use crate::outgoing::{CONNECT_TIMEOUT, Outgoing};
use crate::sandbox::{Sandbox, Sandboxes};

/// Loads connectors, and holds what their sandboxes share: the engine, the allow-list, connections.
pub struct Host {
    engine: Engine,
    linker: Linker<Sandbox>,
    outgoing: Arc<Outgoing>,
    allowed: Arc<AllowList>,
    limits: Limits,
    /// How many more sandboxes may be open.
    free: Arc<Semaphore>,
}

/// Sets up a [`Host`].
#[derive(Default)]
pub struct HostBuilder {
    allowed: AllowList,
    addresses: HashMap<String, SocketAddr>,
    certificates: Vec<Vec<u8>>,
    connect_timeout: Option<Duration>,
    limits: Limits,
}

impl HostBuilder {
    /// Lets requests out to these servers. None is let out to any other.
    #[must_use]
    pub fn allow(mut self, origins: OriginPattern) -> Self {
        self.allowed.add(origins);
        self
    }

    /// Connects to a fixed address for a host name, instead of asking the system's resolver. Its port
    /// stands in for the scheme's own; one that the URL spells out wins. Signatures, TLS and the
    /// allow-list still go by the name.
    #[must_use]
    pub fn resolve(mut self, host: impl Into<String>, address: SocketAddr) -> Self {
        self.addresses
            .insert(host.into().to_ascii_lowercase(), address);
        self
    }

    /// Trusts the certificate authorities of a PEM text, beside those that the system trusts. A system
    /// without any is no error until a server's certificate is looked at.
    #[must_use]
    pub fn trust(mut self, pem: &[u8]) -> Self {
        self.certificates.push(pem.to_owned());
        self
    }

    /// Gives a connection this long to stand, with its TLS handshake: 10 seconds by default.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// Limits what each call may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Builds the host.
    pub fn build(self) -> Result<Host, LoadError> {
        let engine =
            engine::new(self.limits).map_err(|error| LoadError::Engine(one_line(&error)))?;
        let linker = linker(&engine).map_err(|error| LoadError::Engine(one_line(&error)))?;
        let tls = tls(&self.certificates)?;
        Ok(Host {
            engine,
            linker,
            allowed: Arc::new(self.allowed),
            outgoing: Arc::new(Outgoing::new(
                tls,
                self.addresses,
                self.connect_timeout.unwrap_or(CONNECT_TIMEOUT),
            )),
            limits: self.limits,
            free: Arc::new(Semaphore::new(self.limits.sandboxes as usize)),
        })
    }
}

impl Host {
    /// Begins to set up a host: nothing allowed, default limits, the system's certificates.
    #[must_use]
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// Loads a connector from a file.
    pub fn load_file(&self, path: impl AsRef<Path>) -> Result<Connector, LoadError> {
        self.load(&read(path.as_ref())?)
    }

    /// Loads a connector: compiles it, and checks that it asks for nothing that this host does not
    /// offer and offers what a connector must. Takes most of a second; calls then start in
    /// microseconds.
    pub fn load(&self, wasm: &[u8]) -> Result<Connector, LoadError> {
        let component = self.compile(wasm)?;
        let instance = self
            .linker
            .instantiate_pre(&component)
            .and_then(SenderPre::new)
            .map_err(|error| LoadError::NotAConnector(one_line(&error)))?;
        Ok(Connector::new(self.sandboxes(), instance))
    }

    /// Loads a connector for jobs from a file.
    pub fn load_outbound_file(
        &self,
        path: impl AsRef<Path>,
    ) -> Result<OutboundConnector, LoadError> {
        self.load_outbound(&read(path.as_ref())?)
    }

    /// Loads a connector for jobs, of whatever service; otherwise as [`load`](Self::load).
    pub fn load_outbound(&self, wasm: &[u8]) -> Result<OutboundConnector, LoadError> {
        let component = self.compile(wasm)?;
        let instance = self
            .linker
            .instantiate_pre(&component)
            .and_then(OutboundPre::new)
            .map_err(|error| LoadError::NotAConnector(one_line(&error)))?;
        Ok(OutboundConnector {
            sandboxes: self.sandboxes(),
            instance,
        })
    }

    fn sandboxes(&self) -> Sandboxes {
        Sandboxes {
            engine: self.engine.clone(),
            outgoing: Arc::clone(&self.outgoing),
            allowed: Arc::clone(&self.allowed),
            limits: self.limits,
            free: Arc::clone(&self.free),
        }
    }

    /// Tells what a component in a file asks for and offers, without running any of it. It need not be a
    /// connector.
    pub fn inspect_file(&self, path: impl AsRef<Path>) -> Result<Surface, LoadError> {
        self.inspect(&read(path.as_ref())?)
    }

    /// Tells what a component asks for and offers, without running any of it. It need not be a
    /// connector.
    pub fn inspect(&self, wasm: &[u8]) -> Result<Surface, LoadError> {
        let component = self.compile(wasm)?;
        Ok(Surface::of(&component, &self.engine, wasm))
    }

    fn compile(&self, wasm: &[u8]) -> Result<Component, LoadError> {
        Component::from_binary(&self.engine, wasm)
            .map_err(|error| LoadError::NotAComponent(one_line(&error)))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })
}

fn one_line(error: &wasmtime::Error) -> String {
    let text = format!("{error:#}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a plain `wasi:http/proxy` host offers, and nothing else.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<Sandbox>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    Ok(linker)
}

/// Trusts what the system trusts, and the certificates of PEM texts.
fn tls(texts: &[Vec<u8>]) -> Result<ClientConfig, LoadError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for pem in texts {
        let before = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| LoadError::Certificates(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| LoadError::Certificates(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(LoadError::Certificates("no certificate in the pem".into()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LoadError::Engine(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
