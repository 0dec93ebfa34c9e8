//! AWS credentials that never show in a text.

use std::fmt;

use crate::error::Violation;

/// The longest access key id, in bytes, of AWS's IAM API reference.
const MAX_ACCESS_KEY_ID: usize = 128;
/// The longest session token, in bytes. AWS names no limit; real ones have less than 4 KiB. Hosts end a
/// component whose headers are beyond measure, so there has to be one.
const MAX_SESSION_TOKEN: usize = 32 * 1024;

/// AWS credentials of one identity. `Debug` shows the access key id alone.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token that belongs to temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// Cuts the secret access key and the session token out of a text that came from outside.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        [Some(&self.secret_access_key), self.session_token.as_ref()]
            .into_iter()
            .flatten()
            .filter(|secret| !secret.is_empty())
            .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    /// Lists what keeps these credentials from being used: each part is present, and what goes into a
    /// header can stand there.
    ///
    /// White space is named because it is what a copied key brings along, and the server would call it
    /// a wrong signature.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let parts = [
            (
                "access-key-id",
                Some(&self.access_key_id),
                MAX_ACCESS_KEY_ID,
            ),
            (
                "secret-access-key",
                Some(&self.secret_access_key),
                usize::MAX,
            ),
            (
                "session-token",
                self.session_token.as_ref(),
                MAX_SESSION_TOKEN,
            ),
        ];
        let mut violations = Vec::new();
        for (name, value, max) in parts {
            let Some(value) = value else { continue };
            let problem = if value.is_empty() {
                "must not be empty".to_owned()
            } else if value.len() > max {
                format!("must be at most {max} bytes: has {}", value.len())
            } else if let Some(at) = value.bytes().position(|byte| !byte.is_ascii_graphic()) {
                format!(
                    "must be ascii without white space or control characters: byte {at} of {} is not",
                    value.len()
                )
            } else if name == "access-key-id" && value.contains(['/', ',']) {
                "must not contain '/' or ','".to_owned()
            } else {
                continue;
            };
            violations.push(Violation::new(format!("credentials.{name}"), problem));
        }
        violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "marker-secret".into(),
            session_token: Some("marker-token".into()),
        }
    }

    #[test]
    fn debug_shows_the_access_key_id_alone() {
        let text = format!("{:?} {:#?}", credentials(), credentials());
        assert!(text.contains("AKIDEXAMPLE"), "{text}");
        assert!(!text.contains("marker"), "{text}");
    }

    #[test]
    fn a_redacted_text_has_neither_secret_nor_token() {
        let text = "key AKIDEXAMPLE secret marker-secret token marker-token.";
        assert_eq!(
            credentials().redact(text),
            "key AKIDEXAMPLE secret *** token ***."
        );
    }

    #[test]
    fn usable_credentials_have_no_violations() {
        assert_eq!(credentials().violations(), []);
    }

    #[test]
    fn what_goes_into_a_header_has_a_limit() {
        let of = |id: usize, token: usize| Credentials {
            access_key_id: "A".repeat(id),
            session_token: Some("t".repeat(token)),
            ..credentials()
        };
        assert_eq!(of(128, 32_768).violations(), []);
        assert_eq!(
            of(129, 32_769).violations(),
            [
                Violation::new(
                    "credentials.access-key-id",
                    "must be at most 128 bytes: has 129"
                ),
                Violation::new(
                    "credentials.session-token",
                    "must be at most 32768 bytes: has 32769"
                ),
            ]
        );
    }

    #[test]
    fn every_unusable_part_is_named_and_none_is_shown() {
        let violations = Credentials {
            access_key_id: "AKID/EXAMPLE".into(),
            secret_access_key: "marker-secret\n".into(),
            session_token: Some(String::new()),
        }
        .violations();
        let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "credentials.access-key-id",
                "credentials.secret-access-key",
                "credentials.session-token"
            ]
        );
        assert!(!format!("{violations:?}").contains("marker"));
        assert!(violations[1].problem.contains("byte 13 of 14"));
    }
}
