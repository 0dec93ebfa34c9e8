//! The AWS identity of the host, lent to jobs that ask for it.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};
use tokio::sync::{Mutex, OnceCell};

use crate::credentials::Credentials;

/// How long before their end keys are fetched anew. A call may take a minute, and a signature must be accepted at its
/// end.
const REFRESH: Duration = Duration::from_mins(5);

/// Where the role's regional service is asked for, where neither environment nor profile name a region.
const REGION: &str = "us-east-1";

/// The AWS identity of this host. Keys are fetched when a job first asks for them, kept, and fetched anew before they
/// expire.
#[derive(Default)]
pub struct AwsIdentity {
    /// To be assumed with the default chain, where that is the provider.
    role: Option<Role>,
    way: Way,
    /// The embedder's own, or else made of the default chain when first needed.
    provider: OnceCell<SharedCredentialsProvider>,
    kept: Mutex<Option<aws_credential_types::Credentials>>,
}

/// The way to the services that the default chain asks.
#[derive(Clone, Default)]
struct Way {
    /// PEM texts of certificate authorities, beside those of the system.
    certificates: Vec<Vec<u8>>,
    is_direct: bool,
}

/// A role to assume.
struct Role {
    arn: String,
    external_id: Option<String>,
}

/// The host has no AWS identity to lend. Why is for the host's own log: it may tell more than a process should know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no aws credentials: {0}")]
pub struct IdentityError(String);

impl fmt::Debug for AwsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("aws identity")
    }
}

impl AwsIdentity {
    /// AWS's default credentials chain: environment, profile (with SSO and credential processes), web identity,
    /// container, instance. <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>
    #[must_use]
    pub fn default_chain() -> Self {
        Self::default()
    }

    /// Assumes a role with the identity of the default chain. The role may ask for an external id.
    #[must_use]
    pub fn role(arn: impl Into<String>, external_id: Option<String>) -> Self {
        let arn = arn.into();
        Self {
            role: Some(Role { arn, external_id }),
            ..Self::default()
        }
    }

    /// Takes keys from a provider of the embedder's own.
    #[must_use]
    pub fn from_provider(provider: impl ProvideCredentials + 'static) -> Self {
        let provider = SharedCredentialsProvider::new(provider);
        Self {
            provider: OnceCell::new_with(Some(provider)),
            ..Self::default()
        }
    }

    /// The same identity, which trusts the certificate authorities of a PEM text too.
    #[must_use]
    pub fn trust(mut self, pem: &[u8]) -> Self {
        self.way.certificates.push(pem.to_owned());
        self
    }

    /// The same identity, asked for without the proxies of the environment.
    #[must_use]
    pub fn without_proxies(mut self) -> Self {
        self.way.is_direct = true;
        self
    }

    /// Keys that are good for some minutes more.
    ///
    /// Fails if there are none to be had.
    pub async fn credentials(&self) -> Result<Credentials, IdentityError> {
        self.credentials_at(SystemTime::now()).await
    }

    async fn credentials_at(&self, now: SystemTime) -> Result<Credentials, IdentityError> {
        // Held while keys are fetched: whoever comes meanwhile waits for the same ones.
        let mut kept = self.kept.lock().await;
        if let Some(credentials) = kept.as_ref().filter(|kept| lasts(kept, now + REFRESH)) {
            return Ok(credentials.into());
        }
        let provider = self
            .provider
            .get_or_try_init(|| default_chain(self.role.as_ref(), &self.way))
            .await?;
        match provider.provide_credentials().await {
            Ok(credentials) => Ok((&*kept.insert(credentials)).into()),
            Err(error) => match kept.as_ref().filter(|kept| lasts(kept, now)) {
                Some(credentials) => Ok(credentials.into()),
                None => Err(IdentityError(told(&error))),
            },
        }
    }
}

fn lasts(credentials: &aws_credential_types::Credentials, until: SystemTime) -> bool {
    credentials.expiry().is_none_or(|expiry| expiry > until)
}

/// An error with its causes, in one line.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The default chain, and a role to assume with it.
async fn default_chain(
    role: Option<&Role>,
    way: &Way,
) -> Result<SharedCredentialsProvider, IdentityError> {
    let config = load(way).await?;
    let Some(role) = role else {
        let provider = config.credentials_provider();
        return provider.ok_or_else(|| IdentityError("the default chain is empty".to_owned()));
    };
    let provider = AssumeRoleProvider::builder(&role.arn)
        .configure(&config)
        .session_name("connector-host");
    let provider = match &role.external_id {
        Some(id) => provider.external_id(id),
        None => provider,
    };
    Ok(SharedCredentialsProvider::new(provider.build().await))
}

async fn load(way: &Way) -> Result<SdkConfig, IdentityError> {
    let certificates = way.certificates.iter().cloned();
    let trusted = certificates.fold(TrustStore::default(), TrustStore::with_pem_certificate);
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|error| IdentityError(told(&error)))?;
    // By the environment, as the rest of the chain.
    let proxies = if way.is_direct {
        ProxyConfig::disabled()
    } else {
        ProxyConfig::from_env()
    };
    let client =
        aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, runtime| {
            let mut connector = Connector::builder()
                .proxy_config(proxies.clone())
                .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
                .tls_context(context.clone());
            connector.set_connector_settings(settings.cloned());
            if let Some(runtime) = runtime {
                connector.set_sleep_impl(runtime.sleep_impl());
            }
            connector.build()
        });
    let loader = || aws_config::defaults(BehaviorVersion::latest()).http_client(client.clone());
    let config = loader().load().await;
    if config.region().is_some() {
        return Ok(config);
    }
    Ok(loader().region(Region::from_static(REGION)).load().await)
}

impl From<&aws_credential_types::Credentials> for Credentials {
    fn from(credentials: &aws_credential_types::Credentials) -> Self {
        let own = Self::new(credentials.access_key_id(), credentials.secret_access_key());
        match credentials.session_token() {
            Some(token) => own.with_session_token(token),
            None => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use aws_credential_types::provider::{error::CredentialsError, future};

    use super::*;

    /// Gives keys that are numbered, and good for an hour from the beginning of time, until there are no more.
    #[derive(Debug)]
    struct Numbered {
        given: Arc<AtomicU64>,
        most: u64,
    }

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.given.fetch_add(1, Ordering::Relaxed) + 1;
            if number > self.most {
                let error = CredentialsError::not_loaded("no more keys");
                return future::ProvideCredentials::ready(Err(error));
            }
            let expiry = SystemTime::UNIX_EPOCH + Duration::from_hours(number);
            let credentials = aws_credential_types::Credentials::new(
                format!("AKID{number}"),
                "marker-secret",
                Some("marker-token".to_owned()),
                Some(expiry),
                "test",
            );
            future::ProvideCredentials::ready(Ok(credentials))
        }
    }

    fn identity(most: u64) -> (AwsIdentity, Arc<AtomicU64>) {
        let given = Arc::new(AtomicU64::new(0));
        let provider = Numbered {
            given: Arc::clone(&given),
            most,
        };
        (AwsIdentity::from_provider(provider), given)
    }

    async fn key_id(identity: &AwsIdentity, minutes: u64) -> Result<String, IdentityError> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_mins(minutes);
        let credentials = identity.credentials_at(now).await?;
        Ok(credentials.access_key_id().to_owned())
    }

    #[tokio::test]
    async fn keys_are_kept_until_shortly_before_they_expire() {
        let (identity, given) = identity(9);
        for (minutes, wanted) in [(0, "AKID1"), (54, "AKID1"), (55, "AKID2"), (100, "AKID2")] {
            assert_eq!(key_id(&identity, minutes).await.unwrap(), wanted);
        }
        assert_eq!(given.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn keys_that_cannot_be_refreshed_are_used_to_their_end() {
        let (identity, _) = identity(1);
        for minutes in [0, 59] {
            assert_eq!(key_id(&identity, minutes).await.unwrap(), "AKID1");
        }
        let error = key_id(&identity, 60).await.unwrap_err();
        assert!(error.to_string().contains("no more keys"), "{error}");
    }

    #[tokio::test]
    async fn no_debug_text_shows_a_key() {
        let (identity, _) = identity(1);
        let credentials = identity.credentials().await;
        let told = format!("{identity:?} {credentials:?}");
        assert!(!told.contains("marker"), "{told}");
    }
}
