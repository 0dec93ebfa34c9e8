//! What a diagram writes, kept apart from what data brings.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use uuid::Uuid;

use super::{Resolved, SecretError, SecretProvider, reference, shown, substitute};

/// References to secrets that wait for their values: before expressions are evaluated, each gives way to a text
/// that nobody can guess, and that text to the secret afterwards. So a value that comes from data is never taken
/// for a reference, even where it has the name of a secret that the diagram uses.
///
/// Expressions see that text, and may join it to others. One that changes its case is an error, since it would go out
/// as it is; one that takes it apart cannot be noticed.
#[derive(Clone, Debug, Default)]
pub struct Placeholders {
    /// From name to placeholder.
    placeholders: BTreeMap<String, String>,
}

/// In any case, so that one that an expression has changed is noticed. Its first letter is in no other place of it: two
/// placeholders never overlap.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)secret[0-9a-f]{32}").expect("the form is a regular expression")
});

/// A string in FEEL, or another part that may have a quote in it.
static STRING: LazyLock<Regex> = LazyLock::new(|| {
    let parts = r#"(?s)"(?<string>(?:[^"\\]|\\.)*)"|`[^`]*`|//[^\n]*|/\*.*?\*/"#;
    Regex::new(parts).expect("the parts are a regular expression")
});

impl Placeholders {
    /// No reference yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The source of an input mapping with placeholders in place of its references: in all of a text, but only in
    /// the strings of an expression, where `secrets.NAME` is no field of a variable.
    #[must_use]
    pub fn put_into(&mut self, source: &str) -> String {
        if !source.starts_with('=') {
            return self.put_into_text(source);
        }
        let mut replaced = String::with_capacity(source.len());
        let mut end = 0;
        for string in STRING
            .captures_iter(source)
            .filter_map(|part| part.name("string"))
        {
            replaced.push_str(&source[end..string.start()]);
            replaced.push_str(&self.put_into_text(string.as_str()));
            end = string.end();
        }
        replaced.push_str(&source[end..]);
        replaced
    }

    fn put_into_text(&mut self, text: &str) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut end = 0;
        for reference in reference::find(text) {
            let placeholder = self
                .placeholders
                .entry(reference.name.to_owned())
                .or_insert_with(|| format!("secret{}", Uuid::new_v4().simple()));
            replaced.push_str(&text[end..reference.range.start]);
            replaced.push_str(placeholder);
            end = reference.range.end;
        }
        replaced.push_str(&text[end..]);
        replaced
    }

    /// Puts secrets in place of placeholders in the JSON text of a job's variables, as [`resolve`](super::resolve)
    /// does for names.
    ///
    /// Fails if a secret is not there, or if a provider fails; the text is then of no use.
    pub async fn resolve(
        &self,
        json: &str,
        provider: &dyn SecretProvider,
    ) -> Result<Resolved, SecretError> {
        let names: BTreeMap<&str, &str> = self
            .placeholders
            .iter()
            .map(|(name, placeholder)| (placeholder.as_str(), name.as_str()))
            .collect();
        let mut references = Vec::new();
        for found in FORM.find_iter(json) {
            if let Some(name) = names.get(found.as_str()) {
                references.push((found.range(), *name));
            } else if let Some(name) = names.get(found.as_str().to_ascii_lowercase().as_str()) {
                return Err(SecretError::Changed(shown(name)));
            }
        }
        substitute(json, references, provider).await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::super::{Secret, SecretFuture};
    use super::*;

    /// Every secret is its name, backwards.
    struct Backwards;

    impl SecretProvider for Backwards {
        fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
            let backwards = || Secret::new(name.chars().rev().collect::<String>());
            let secret = (name != "NONE").then(backwards);
            Box::pin(async { Ok(secret) })
        }
    }

    #[test]
    fn references_come_back_as_secrets() {
        let mut placeholders = Placeholders::new();
        let text = placeholders.put_into("{{ secrets.AB }}, secrets.AB_, {{secrets.C$D}}secrets.E");
        for name in ["AB", "C$D", "secrets"] {
            assert!(!text.contains(name), "{text}");
        }
        let resolved = placeholders
            .resolve(&text, &Backwards)
            .now_or_never()
            .unwrap()
            .unwrap();
        assert_eq!(resolved.json, "BA, BA_, D$CE");
    }

    #[test]
    fn an_expression_has_them_in_its_strings_only() {
        let mut placeholders = Placeholders::new();
        for kept in [
            "=order.secrets.pin + secrets.KEY",
            "=`a\"secrets.B` // \"secrets.C\"\n + /* \"secrets.D\" */ 1",
        ] {
            assert_eq!(placeholders.put_into(kept), kept);
        }
        let text = placeholders.put_into(r#"="\"secrets.A" + `"` + "{{secrets.B" + "}}" // "#);
        assert_eq!(
            placeholders
                .resolve(&text, &Backwards)
                .now_or_never()
                .unwrap()
                .unwrap()
                .json,
            r#"="\"A" + `"` + "{{B" + "}}" // "#
        );
    }

    #[test]
    fn what_was_not_put_in_is_no_reference() {
        let mut placeholders = Placeholders::new();
        let text = placeholders.put_into("secrets.KEY");
        let data = format!("secret{} secrets.KEY {{{{secrets.KEY}}}} ", "0".repeat(32));
        let json = format!("{data}secretsecret{text}2");
        assert_eq!(
            placeholders
                .resolve(&json, &Backwards)
                .now_or_never()
                .unwrap()
                .unwrap()
                .json,
            format!("{data}secretsecretYEK2")
        );
    }

    #[test]
    fn only_secrets_that_are_still_there_are_asked_for() {
        let mut placeholders = Placeholders::new();
        let text = placeholders.put_into("secrets.NONE");
        assert_eq!(
            placeholders
                .resolve("", &Backwards)
                .now_or_never()
                .unwrap()
                .unwrap()
                .json,
            ""
        );
        assert_eq!(
            placeholders
                .resolve(&text, &Backwards)
                .now_or_never()
                .unwrap()
                .unwrap_err(),
            SecretError::Missing("NONE".to_owned())
        );
    }

    #[test]
    fn a_placeholder_whose_case_is_changed_is_an_error() {
        let mut placeholders = Placeholders::new();
        let text = placeholders.put_into("secrets.KEY");
        for json in [text.to_uppercase(), format!("{text} S{}", &text[1..])] {
            assert_eq!(
                placeholders
                    .resolve(&json, &Backwards)
                    .now_or_never()
                    .unwrap()
                    .unwrap_err(),
                SecretError::Changed("KEY".to_owned())
            );
        }
    }

    #[test]
    fn nobody_can_guess_a_placeholder() {
        let put = || Placeholders::new().put_into("secrets.KEY");
        assert_ne!(put(), put());
    }
}
