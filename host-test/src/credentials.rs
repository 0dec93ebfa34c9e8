//! AWS credentials that never show in a text.

use std::fmt;

use crate::contract::ContractCredentials;
use crate::secrets::Secret;

/// AWS credentials of one identity. `Debug` shows the access key id alone.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Credentials {
    /// Credentials of an access key id and its secret.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
        }
    }

    /// The same credentials with the session token that temporary ones need.
    #[must_use]
    pub fn with_session_token(mut self, session_token: impl Into<String>) -> Self {
        self.session_token = Some(session_token.into());
        self
    }

    /// The access key id.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What must not show anywhere.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = Secret> {
        [Some(&self.secret_access_key), self.session_token.as_ref()]
            .into_iter()
            .flatten()
            .map(Secret::new)
    }

    /// The variable `authentication` of a job, as JSON.
    pub(crate) fn to_authentication(&self) -> serde_json::Value {
        serde_json::json!({
            "type": "credentials",
            "accessKey": self.access_key_id,
            "secretKey": self.secret_access_key,
            "sessionToken": self.session_token,
        })
    }

    pub(crate) fn to_contract(&self) -> ContractCredentials {
        ContractCredentials {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: self.session_token.clone(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_access_key_id_alone() {
        let credentials =
            Credentials::new("AKIDEXAMPLE", "marker-secret").with_session_token("marker-token");
        let text = format!("{credentials:?} {credentials:#?}");
        assert!(text.contains("AKIDEXAMPLE"), "{text}");
        assert!(!text.contains("marker"), "{text}");
    }
}
