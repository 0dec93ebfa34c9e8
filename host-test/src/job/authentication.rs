//! Jobs that ask for the AWS identity of the host.

use serde_json::value::RawValue;

use crate::json;

/// The value of `authentication.type` that asks for it.
const DEFAULT_CHAIN: &str = "defaultCredentialsChain";

/// Where a job's authentication stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `authentication`
    Inline,
    /// `awsCredential.authentication`
    Credential,
}

/// Where the variables of a job ask for the identity of the host, if they do. What cannot be read is left to the
/// connector, which says what is wrong with it.
pub(super) fn asks_for_host_identity(variables: &str) -> Option<Place> {
    if !variables.contains(DEFAULT_CHAIN) {
        return None;
    }
    let (place, authentication) = effective(variables)?;
    is_default_chain(authentication).then_some(place)
}

/// The text of the keys that a job signs with, if it brings any.
pub(super) fn keys(variables: &str) -> Option<&str> {
    let (_, authentication) = effective(variables)?;
    (!is_default_chain(authentication)).then_some(authentication.get())
}

/// The authentication that counts.
fn effective(variables: &str) -> Option<(Place, &RawValue)> {
    let root = json::entries(variables).ok()?;
    match field(&root, "awsCredential") {
        // It stands in for the one inline.
        Some(credential) => {
            let credential = json::entries(credential.get()).ok()?;
            Some((Place::Credential, field(&credential, "authentication")?))
        }
        None => Some((Place::Inline, field(&root, "authentication")?)),
    }
}

fn is_default_chain(authentication: &RawValue) -> bool {
    let entries = json::entries(authentication.get()).unwrap_or_default();
    let kind = field(&entries, "type").and_then(|kind| serde_json::from_str(kind.get()).ok());
    kind.is_some_and(|kind: String| kind == DEFAULT_CHAIN)
}

/// The variables with another authentication at a place. Everything else is as it was, to the byte.
pub(super) fn replaced(variables: &str, place: Place, authentication: &str) -> Option<String> {
    let root = json::entries(variables).ok()?;
    let (name, value) = match place {
        Place::Inline => ("authentication", authentication.to_owned()),
        Place::Credential => {
            let credential = json::entries(field(&root, "awsCredential")?.get()).ok()?;
            let credential = with(&credential, "authentication", authentication);
            ("awsCredential", credential)
        }
    };
    Some(with(&root, name, &value))
}

fn field<'j>(entries: &[(String, &'j RawValue)], name: &str) -> Option<&'j RawValue> {
    let mut named = entries.iter().filter(|(known, _)| known == name);
    let (_, value) = named.next()?;
    // As for the connector, an array of one is its item.
    let value = json::unwrapped(value);
    (value.get() != "null").then_some(value)
}

/// The object with another value for a name.
fn with(entries: &[(String, &RawValue)], name: &str, value: &str) -> String {
    json::object(entries.iter().map(|(known, old)| {
        let value = if known == name { value } else { old.get() };
        (known.as_str(), value)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_asks_inline_or_by_a_credential() {
        for (variables, wanted) in [
            (
                r#"{"authentication": {"type": "defaultCredentialsChain"}}"#,
                Some(Place::Inline),
            ),
            (
                r#"{"authentication": {"type": "defaultCredentialsChain"}, "awsCredential": null}"#,
                Some(Place::Inline),
            ),
            (
                r#"{"awsCredential": {"authentication": {"type": "defaultCredentialsChain"}}}"#,
                Some(Place::Credential),
            ),
            (
                r#"{"authentication": {"type": "defaultCredentialsChain"}, "awsCredential": {"authentication": {"type": "credentials"}}}"#,
                None,
            ),
            (
                r#"{"authentication": {"type": "credentials"}, "queue": "defaultCredentialsChain"}"#,
                None,
            ),
            (
                r#"{"authentication": [{"type": ["defaultCredentialsChain"]}]}"#,
                Some(Place::Inline),
            ),
            (r#"{"queue": "defaultCredentialsChain"}"#, None),
            (r#"{"authentication": "defaultCredentialsChain"}"#, None),
            ("defaultCredentialsChain", None),
            ("{}", None),
        ] {
            assert_eq!(asks_for_host_identity(variables), wanted, "{variables}");
        }
    }

    #[test]
    fn keys_are_those_that_count() {
        for (variables, wanted) in [
            (
                r#"{"authentication": {"accessKey": "A"}}"#,
                Some(r#"{"accessKey": "A"}"#),
            ),
            (
                r#"{"authentication": {"accessKey": "A"}, "awsCredential": {"authentication": {"accessKey": "B"}}}"#,
                Some(r#"{"accessKey": "B"}"#),
            ),
            (
                r#"{"authentication": {"type": "defaultCredentialsChain", "accessKey": "A"}}"#,
                None,
            ),
            ("{}", None),
        ] {
            assert_eq!(keys(variables), wanted);
        }
    }

    #[test]
    fn nothing_else_changes() {
        let inline = r#"{"n": 1.10, "authentication": {"type": "x"}, "a": [ 1 ]}"#;
        assert_eq!(
            replaced(inline, Place::Inline, "{}").unwrap(),
            r#"{"n":1.10,"authentication":{},"a":[ 1 ]}"#
        );
        let credential =
            r#"{"awsCredential": {"region": "r", "authentication": {}}, "authentication": 1}"#;
        assert_eq!(
            replaced(credential, Place::Credential, "[]").unwrap(),
            r#"{"awsCredential":{"region":"r","authentication":[]},"authentication":1}"#
        );
    }
}
