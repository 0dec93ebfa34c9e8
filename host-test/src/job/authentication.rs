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
    let root = json::entries(variables).ok()?;
    let (place, authentication) = match field(&root, "awsCredential") {
        // It stands in for the one inline.
        Some(credential) => {
            let credential = json::entries(credential.get()).ok()?;
            (Place::Credential, field(&credential, "authentication")?)
        }
        None => (Place::Inline, field(&root, "authentication")?),
    };
    let authentication = json::entries(authentication.get()).ok()?;
    let kind: String = serde_json::from_str(field(&authentication, "type")?.get()).ok()?;
    (kind == DEFAULT_CHAIN).then_some(place)
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

/// The parts of a job's variables that carry keys.
pub(super) fn texts(variables: &str) -> impl Iterator<Item = &str> {
    let root = json::entries(variables).unwrap_or_default();
    root.into_iter()
        .filter(|(name, _)| name == "authentication" || name == "awsCredential")
        .map(|(_, value)| value.get())
}

fn field<'j>(entries: &[(String, &'j RawValue)], name: &str) -> Option<&'j RawValue> {
    let mut named = entries.iter().filter(|(known, _)| known == name);
    let (_, value) = named.next()?;
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
            (r#"{"queue": "defaultCredentialsChain"}"#, None),
            (r#"{"authentication": "defaultCredentialsChain"}"#, None),
            ("defaultCredentialsChain", None),
            ("{}", None),
        ] {
            assert_eq!(asks_for_host_identity(variables), wanted, "{variables}");
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
