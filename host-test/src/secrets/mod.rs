//! Secrets: found where a job names them, put in place by the host, and cut out of whatever leaves it again.
//!
//! A diagram names a secret as `{{secrets.NAME}}` or `secrets.NAME`. Where its input mappings are at hand,
//! [`Placeholders`] keep what the diagram writes apart from what data brings, whatever that looks like. Where an
//! engine has evaluated them before, a [`SecretFilter`] says which names count. Each name is looked up once, and
//! what a secret holds is never searched for further names.

mod placeholder;
mod provider;
mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

pub use placeholder::Placeholders;
pub use provider::{
    EnvironmentSecrets, FileSecrets, FolderSecrets, ProviderError, SecretFuture, SecretProvider,
    SecretProviders,
};

/// A secret value. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a value secret.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, to be handed on and not to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Which names count as secrets. What is not let through stays as it is, unresolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretFilter {
    /// These names alone, wherever they stand: whoever can put text into a variable can have these secrets put
    /// into it.
    Only(BTreeSet<String>),
    /// Every name, wherever it stands: whoever can put text into a variable can ask for any secret.
    Off,
}

impl SecretFilter {
    /// The names that these texts write: the input mappings of a diagram, before an engine evaluates them.
    #[must_use]
    pub fn named_in<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let names = texts
            .into_iter()
            .flat_map(reference::find)
            .map(|reference| reference.name.to_owned());
        Self::Only(names.collect())
    }

    /// Whether a name counts.
    #[must_use]
    pub fn lets_through(&self, name: &str) -> bool {
        match self {
            Self::Only(names) => names.contains(name),
            Self::Off => true,
        }
    }
}

/// The names of secrets that a text writes.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    reference::find(text).map(|reference| reference.name)
}

/// Secrets that could not be put in place.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// No provider has the secret.
    #[error("secret '{0}' is not available")]
    Missing(String),
    /// An expression has changed the reference, so that its value cannot take its place.
    #[error(
        "secret '{0}' must not be changed by an expression: its value is put in place afterwards"
    )]
    Changed(String),
    /// A provider failed. Why is the source of this error, for the host's own log: it may tell more than a process
    /// should know.
    #[error("secret '{name}' could not be fetched")]
    Provider {
        /// The name of the secret.
        name: String,
        /// Why.
        source: ProviderError,
    },
}

/// The variables of a job with secrets in place, and what is needed to mask them again.
pub struct Resolved {
    /// The JSON text with the values, as a connector gets it.
    pub json: String,
    /// Masks these values.
    pub mask: Mask,
}

impl fmt::Debug for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "variables with {} secrets", self.mask.values.len())
    }
}

/// Puts secrets in place in the JSON text of a job's variables. Values are escaped as in a JSON string. Each name
/// is looked up once, and no value is searched for names.
///
/// Fails if a secret that is let through is not there, or if a provider fails; the text is then of no use.
pub async fn resolve(
    json: &str,
    filter: &SecretFilter,
    provider: &dyn SecretProvider,
) -> Result<Resolved, SecretError> {
    let references = reference::find(json)
        .filter(|reference| filter.lets_through(reference.name))
        .map(|reference| (reference.range, reference.name));
    substitute(json, references.collect(), provider).await
}

/// The text with a secret in place of each range, of which each has the name of one.
async fn substitute(
    json: &str,
    references: Vec<(Range<usize>, &str)>,
    provider: &dyn SecretProvider,
) -> Result<Resolved, SecretError> {
    let mut known: BTreeMap<&str, Secret> = BTreeMap::new();
    let mut resolved = String::with_capacity(json.len());
    let mut end = 0;
    for (range, name) in references {
        let secret = match known.get(name) {
            Some(secret) => secret.clone(),
            None => fetch(name, provider).await?,
        };
        resolved.push_str(&json[end..range.start]);
        resolved.push_str(&escaped(secret.expose()));
        end = range.end;
        known.insert(name, secret);
    }
    resolved.push_str(&json[end..]);
    Ok(Resolved {
        json: resolved,
        mask: Mask::new(known.into_values()),
    })
}

async fn fetch(name: &str, provider: &dyn SecretProvider) -> Result<Secret, SecretError> {
    match provider.secret(name).await {
        Ok(Some(secret)) => Ok(secret),
        Ok(None) => Err(SecretError::Missing(shown(name))),
        Err(source) => Err(SecretError::Provider {
            name: shown(name),
            source,
        }),
    }
}

/// As much of a name as is fit for an error.
pub(crate) fn shown(name: &str) -> String {
    name.chars().take(100).collect()
}

/// As it stands within a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Cuts secret values out of texts.
///
/// Values are also found where they are escaped as in JSON, where their line breaks have become spaces, where a line
/// of them stands alone, and where a text has been cut within one. Those of one or two characters are none to keep, and
/// to cut them out would leave little of a text.
#[derive(Clone, Default)]
pub struct Mask {
    values: BTreeSet<String>,
}

/// The fewest characters that are a secret.
const SHORTEST: usize = 3;
/// The fewest characters that are certainly no part of what a connector says by itself, such as an id.
const CERTAIN: usize = 8;
/// The fewest characters of the beginning of a secret that give it away.
const BEGINNING: usize = 12;

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mask of {} values", self.values.len())
    }
}

impl Mask {
    /// Masks these values.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self::default().and(secrets)
    }

    /// The same mask for these values too.
    #[must_use]
    pub fn and(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        for Secret(value) in secrets {
            let trimmed = value.trim();
            for form in [&value, trimmed] {
                for text in [
                    form.to_owned(),
                    escaped(form),
                    form.replace(char::is_control, " "),
                    form.replace(char::is_control, "?"),
                ] {
                    self.add(text, SHORTEST);
                }
            }
            for line in value.lines() {
                self.add(line.trim().to_owned(), CERTAIN);
            }
        }
        self
    }

    fn add(&mut self, value: String, shortest: usize) {
        if value.chars().count() >= shortest {
            self.values.insert(value);
        }
    }

    /// The mask for what a connector says when all is well: without short values, which may stand in an id by chance.
    #[must_use]
    pub fn for_response(&self) -> Self {
        let is_certain = |value: &&String| value.chars().count() >= CERTAIN;
        Self {
            values: self.values.iter().filter(is_certain).cloned().collect(),
        }
    }

    /// The text with `***` in place of every value.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut places: Vec<Range<usize>> = self
            .values
            .iter()
            .flat_map(|value| places(value, text))
            .collect();
        places.sort_unstable_by_key(|place| place.start);
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for place in places {
            // Values that overlap are one.
            if place.start >= end {
                masked.push_str(&text[end..place.start]);
                masked.push_str("***");
            }
            end = end.max(place.end);
        }
        masked.push_str(&text[end..]);
        masked
    }

    /// The JSON with `***` in place of every value in its strings. Names stay: they are the connector's own.
    #[must_use]
    pub fn json(&self, json: serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match json {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Value::Object(entries) => Value::Object(self.object(entries)),
            other => other,
        }
    }

    /// The JSON object with `***` in place of every value in its strings.
    #[must_use]
    pub fn object(
        &self,
        object: serde_json::Map<String, serde_json::Value>,
    ) -> serde_json::Map<String, serde_json::Value> {
        object
            .into_iter()
            .map(|(name, value)| (name, self.json(value)))
            .collect()
    }
}

/// Where a text has a value, or a beginning of it that gives it away.
fn places<'t>(value: &'t str, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    let beginning = match value.char_indices().nth(BEGINNING) {
        Some((end, _)) => &value[..end],
        None => value,
    };
    text.match_indices(beginning).map(move |(start, _)| {
        let same = |(a, b): &(char, char)| a == b;
        let common = value.chars().zip(text[start..].chars()).take_while(same);
        start..start + common.map(|(c, _)| c.len_utf8()).sum::<usize>()
    })
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use serde_json::json;

    use super::*;

    /// All providers here know at once.
    fn resolve(
        json: &str,
        filter: &SecretFilter,
        provider: &dyn SecretProvider,
    ) -> Result<Resolved, SecretError> {
        let resolved = super::resolve(json, filter, provider);
        resolved.now_or_never().unwrap()
    }

    /// Secrets that are known beforehand.
    struct Known(&'static [(&'static str, &'static str)]);

    impl SecretProvider for Known {
        fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
            let mut known = self.0.iter().filter(|(known, _)| *known == name);
            let secret = known.next().map(|(_, value)| Secret::new(*value));
            Box::pin(async { Ok(secret) })
        }
    }

    const KEYS: Known = Known(&[
        ("KEY1", "VALUE1"),
        ("KEY2", "VALUE2"),
        ("KEY3", "VALUE3"),
        ("QUOTED", "a \"b\"\n\\c"),
        ("CHAIN", "{{secrets.KEY1}} secrets.KEY1"),
        ("NUMBER", "42"),
    ]);

    fn resolved(json: &str) -> String {
        resolve(json, &SecretFilter::Off, &KEYS).unwrap().json
    }

    #[test]
    fn both_forms_are_put_in_place() {
        assert_eq!(
            resolved(r#"{"field1": "secrets.KEY1", "field2": "{{secrets.KEY2}}"}"#),
            r#"{"field1": "VALUE1", "field2": "VALUE2"}"#
        );
        assert_eq!(
            resolved("{{ secrets.KEY1 }}-{{secrets.KEY2}}"),
            "VALUE1-VALUE2"
        );
        assert_eq!(
            resolved(r#"{"port": {{secrets.NUMBER}}}"#),
            r#"{"port": 42}"#
        );
    }

    #[test]
    fn a_value_is_escaped_and_stays_one_string() {
        let json = resolved(r#"{"a": "secrets.QUOTED"}"#);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&json).unwrap(),
            json!({"a": "a \"b\"\n\\c"})
        );
    }

    #[test]
    fn a_value_is_not_searched_for_further_names() {
        assert_eq!(resolved("secrets.CHAIN"), "{{secrets.KEY1}} secrets.KEY1");
    }

    #[test]
    fn only_the_names_that_the_filter_lets_through_are_asked_for() {
        let text = "Hello {{secrets.KEY1}} and {{secrets.KEY2}} and {{secrets.KEY3}}";
        let filter = SecretFilter::named_in(["={a: \"{{secrets.KEY1}}\"}", "secrets.KEY2"]);
        let resolved = resolve(text, &filter, &KEYS).unwrap();
        assert_eq!(
            resolved.json,
            "Hello VALUE1 and VALUE2 and {{secrets.KEY3}}"
        );
        let none = SecretFilter::named_in(["no names"]);
        assert_eq!(
            resolve("secrets.MISSING", &none, &KEYS).unwrap().json,
            "secrets.MISSING"
        );
    }

    #[test]
    fn a_name_does_not_reach_into_the_next_string() {
        let json = r#"{"note":"{{secrets.x","key":"secrets.KEY1","body":"x}}"}"#;
        let filter = SecretFilter::Only(["KEY1".to_owned()].into());
        assert_eq!(
            resolve(json, &filter, &KEYS).unwrap().json,
            r#"{"note":"{{secrets.x","key":"VALUE1","body":"x}}"}"#
        );
    }

    #[test]
    fn why_a_provider_failed_is_not_for_the_process() {
        let down = |_: &str| Err(ProviderError::new("vault", "GET /?token=t0k3n: 503"));
        let error = resolve("secrets.KEY", &SecretFilter::Off, &down).unwrap_err();
        assert_eq!(error.to_string(), "secret 'KEY' could not be fetched");
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.to_string().contains("503"));
    }

    #[test]
    fn a_secret_that_is_not_there_is_named() {
        let error = resolve("secrets.FOO2", &SecretFilter::Off, &KEYS).unwrap_err();
        assert_eq!(error.to_string(), "secret 'FOO2' is not available");
    }

    #[test]
    fn values_are_masked_wherever_they_turn_up() {
        let mask = resolve("secrets.KEY1 secrets.QUOTED", &SecretFilter::Off, &KEYS)
            .unwrap()
            .mask;
        assert_eq!(
            mask.text("denied: VALUE1 is not the password"),
            "denied: *** is not the password"
        );
        assert_eq!(
            mask.text("a \"b\"\n\\c, {\"x\":\"a \\\"b\\\"\\n\\\\c\"}"),
            "***, {\"x\":\"***\"}"
        );
        assert_eq!(
            mask.json(json!({"VALUE1": ["xVALUE1x", 1, null]})),
            json!({"VALUE1": ["x***x", 1, null]})
        );
        let nested = Mask::new([Secret::new("abc"), Secret::new("abcdef"), Secret::new("")]);
        assert_eq!(nested.text("abcdef abc"), "*** ***");
        let overlapping = Mask::new([Secret::new("abcX"), Secret::new("Xdef"), Secret::new("***")]);
        assert_eq!(overlapping.text("_abcXdef_abcX"), "_***_***");
        let lines = Mask::new([Secret::new("first line\n\tsecond line\r\nx")]);
        for told in [
            "first line  second line  x",
            "first line??second line??x",
            "first line",
            "second line",
        ] {
            assert_eq!(lines.text(&format!("'{told}'")), "'***'", "{told}");
        }
        let long = Mask::new([Secret::new("0123456789abcdef".repeat(100))]);
        let cut = "0123456789abcdef".repeat(64);
        assert_eq!(long.text(&format!("{cut}.")), "***.");
        assert_eq!(long.text("0123456789a"), "0123456789a");
        let short = Mask::new([Secret::new("a"), Secret::new("ab\n")]);
        assert_eq!(short.text("abacus ab\n"), "abacus ***");
        let padded = Mask::new([Secret::new(" key\n")]);
        assert_eq!(padded.text("'key', ' key\n'"), "'***', '***'");
    }

    #[test]
    fn debug_shows_no_value() {
        let resolved = resolve("secrets.KEY1", &SecretFilter::Off, &KEYS).unwrap();
        let told = format!(
            "{resolved:?} {:?} {:?}",
            resolved.mask,
            Secret::new("VALUE1")
        );
        assert!(!told.contains("VALUE1"), "{told}");
    }
}
