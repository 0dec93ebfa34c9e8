//! A provider of secrets of your own, for a vault on the network.

use std::collections::HashMap;

use connector_host::job::{Expressions, JobRunner};
use connector_host::secrets::{ProviderError, Secret, SecretFuture, SecretProvider};
use tokio::sync::Mutex;

/// A vault that is asked over the network, once for each name.
struct Vault {
    fetched: Mutex<HashMap<String, Option<Secret>>>,
}

impl Vault {
    /// What the vault says, or why it says nothing.
    async fn fetch(&self, name: &str) -> Result<Option<Secret>, ProviderError> {
        tokio::task::yield_now().await; // In place of a request.
        match name {
            "MY_AWS_ACCESS_KEY" => Ok(Some(Secret::new("AKIAIOSFODNN7EXAMPLE"))),
            "SEALED" => Err(ProviderError::new("the vault", "it is sealed")),
            _ => Ok(None),
        }
    }
}

impl SecretProvider for Vault {
    fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            let mut fetched = self.fetched.lock().await;
            if let Some(secret) = fetched.get(name) {
                return Ok(secret.clone());
            }
            let secret = self.fetch(name).await?;
            fetched.insert(name.to_owned(), secret.clone());
            Ok(secret)
        })
    }
}

fn main() {
    let vault = Vault {
        fetched: Mutex::default(),
    };
    let runner = JobRunner::new(Expressions::default(), vault);
    println!("{runner:?}");
}
