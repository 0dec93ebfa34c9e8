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

use compiled_cache::CompiledCache;
use tokio_util::sync::CancellationToken;

use crate::connector::Connector;
use crate::contract::{OutboundPre, SenderPre};
use crate::egress::{Egress, EgressPolicy, Origins};
use crate::engine;
use crate::error::LoadError;
use crate::inspect::Surface;
use crate::limits::Limits;
use crate::outbound_connector::OutboundConnector;
use crate::outgoing::{Outgoing, Proxies, Settings};
use crate::sandbox::{Sandbox, Sandboxes};

/// How long a connection may take to stand, with its TLS handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may lie idle before it is closed: shorter than servers wait, so that a request
/// seldom meets a connection that the server is closing.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// Loads connectors, and holds what their sandboxes share: the engine, the allow-list, connections.
pub struct Host {
    engine: Engine,
    linker: Linker<Sandbox>,
    outgoing: Arc<Outgoing>,
    egress: Arc<Egress>,
    limits: Limits,
    cache: Option<CompiledCache>,
    /// How many more sandboxes may be open.
    free: Arc<Semaphore>,
    interrupted: CancellationToken,
}

/// Sets up a [`Host`].
#[derive(Default)]
pub struct HostBuilder {
    egress: Egress,
    addresses: HashMap<String, SocketAddr>,
    certificates: Vec<Vec<u8>>,
    proxies: Option<Proxies>,
    connect_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    limits: Limits,
    cache: Option<CompiledCache>,
}

impl HostBuilder {
    /// Lets requests out to these servers. None is let out to any other.
    #[must_use]
    pub fn allow(mut self, origins: Origins) -> Self {
        self.egress.allow(origins);
        self
    }

    /// Has a policy of the embedder's own decide, too: a request leaves if its server is allowed and the policy lets it
    /// out.
    #[must_use]
    pub fn policy(mut self, policy: impl EgressPolicy + 'static) -> Self {
        self.egress.add_policy(policy);
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

    /// Sends requests through proxies. None by default: [`Proxies::from_environment`] takes those of the environment.
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Keeps a connection open this long after its last request: 20 seconds by default.
    ///
    /// Where a server has closed one all the same, and nothing of a request has been sent over it, the request goes over
    /// another.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        // The pool takes none for ever.
        self.idle_timeout = Some(timeout.max(Duration::from_millis(1)));
        self
    }

    /// Gives a connection this long to stand, with a proxy and its TLS handshake: 10 seconds by default, and never
    /// longer than the call has.
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

    /// Keeps compiled components in a folder, so that to load one again takes a millisecond. Nothing is kept by default.
    #[must_use]
    pub fn cache(mut self, cache: CompiledCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Builds the host.
    pub fn build(mut self) -> Result<Host, LoadError> {
        self.limits.sandboxes = self.limits.sandboxes.max(1);
        let engine =
            engine::new(self.limits).map_err(|error| LoadError::Engine(one_line(&error)))?;
        let linker = linker(&engine).map_err(|error| LoadError::Engine(one_line(&error)))?;
        let tls = tls(&self.certificates)?;
        Ok(Host {
            engine,
            linker,
            egress: Arc::new(self.egress),
            outgoing: Arc::new(Outgoing::new(Settings {
                tls,
                addresses: self.addresses,
                proxies: Arc::new(self.proxies.unwrap_or_else(Proxies::none)),
                connect_timeout: self.connect_timeout.unwrap_or(CONNECT_TIMEOUT),
                idle_timeout: self.idle_timeout.unwrap_or(IDLE_TIMEOUT),
                connections: self.limits.connections,
            })),
            limits: self.limits,
            cache: self.cache,
            free: Arc::new(Semaphore::new(self.limits.sandboxes as usize)),
            interrupted: CancellationToken::new(),
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
    /// offer and offers what a connector must. Takes most of a second, or a few milliseconds where it was kept
    /// ([`HostBuilder::cache`]); calls then start in microseconds.
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

    /// Ends every call that is under way or waits, and every later one, with
    /// [`StopReason::Interrupted`](crate::StopReason::Interrupted). What each of them has sent by then, it says.
    pub fn interrupt(&self) {
        self.interrupted.cancel();
    }

    fn sandboxes(&self) -> Sandboxes {
        Sandboxes {
            engine: self.engine.clone(),
            outgoing: Arc::clone(&self.outgoing),
            egress: Arc::clone(&self.egress),
            limits: self.limits,
            free: Arc::clone(&self.free),
            interrupted: self.interrupted.clone(),
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
        match &self.cache {
            Some(cache) => cache.component(&self.engine, wasm),
            None => Component::from_binary(&self.engine, wasm),
        }
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
