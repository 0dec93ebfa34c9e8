//! Names of hosts.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower_service::Service;

/// The system's resolver, behind a table of fixed addresses.
#[derive(Clone)]
pub(super) struct Resolver {
    addresses: Arc<HashMap<String, SocketAddr>>,
    system: GaiResolver,
}

impl Resolver {
    pub(super) fn new(addresses: HashMap<String, SocketAddr>) -> Self {
        Self {
            addresses: addresses.into(),
            system: GaiResolver::new(),
        }
    }
}

/// A name does not resolve.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotResolved(io::Error);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NotResolved;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NotResolved>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NotResolved>> {
        self.system.poll_ready(context).map_err(NotResolved)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        if let Some(address) = self.addresses.get(name.as_str()) {
            let addresses = vec![*address].into_iter();
            return Box::pin(async { Ok(addresses) });
        }
        let lookup = self.system.call(name);
        Box::pin(async {
            let addresses: Vec<_> = lookup.await.map_err(NotResolved)?.collect();
            Ok(addresses.into_iter())
        })
    }
}
