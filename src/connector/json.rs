//! JSON that is read piece by piece, and kept as the text that it is.
//!
//! A message body must leave as it came in: with the order of its names and the digits of its numbers. So values
//! stay text, and only what the connector looks into is parsed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The most levels of arrays and objects: what Camunda's own JSON reader takes.
pub const MAX_NESTING: usize = 1_000;

/// A JSON value, as its text.
#[derive(Clone, Copy)]
pub struct Json<'j>(&'j str);

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number
    Number,
    /// A string
    String,
    /// An array
    Array,
    /// An object
    Object,
}

impl Kind {
    /// The kind with its article, for an error.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

impl<'j> Json<'j> {
    /// Reads a whole text.
    ///
    /// # Errors
    /// Where the text is not JSON, as a line and a column.
    pub fn parse(text: &'j str) -> Result<Self, String> {
        serde_json::from_str::<&RawValue>(text)
            .map(Into::into)
            .map_err(|error| {
                format!(
                    "must be json: line {}, column {} is not",
                    error.line(),
                    error.column()
                )
            })
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'"') => Kind::String,
            Some(b'[') => Kind::Array,
            Some(b'{') => Kind::Object,
            _ => Kind::Number,
        }
    }

    /// The entries of an object, in order and with every repetition. None if a name is no text.
    #[must_use]
    pub fn entries(self) -> Option<Vec<(String, Json<'j>)>> {
        serde_json::from_str(self.0)
            .map(|Entries(entries)| entries)
            .ok()
    }

    /// The one item of an array that has no other; any other value itself. Camunda's reader does the same for what
    /// must not be an array.
    #[must_use]
    pub fn unwrapped(self) -> Self {
        if self.kind() != Kind::Array {
            return self;
        }
        match serde_json::from_str::<[&RawValue; 1]>(self.0) {
            Ok([item]) => item.into(),
            Err(_) => self,
        }
    }

    /// The text of a string.
    ///
    /// # Errors
    /// It is not a string, or has half of a surrogate pair in it, which no text can have.
    pub fn text(self) -> Result<String, &'static str> {
        serde_json::from_str(self.0).map_err(|_| "must be text: half of a surrogate pair is not")
    }

    /// The characters of a number or a boolean.
    #[must_use]
    pub fn as_written(self) -> &'j str {
        self.0
    }

    /// The same value without white space, with the order of names and the digits of numbers kept, and no more
    /// escaped than must be.
    ///
    /// # Errors
    /// It is nested too deeply, or has half of a surrogate pair in it.
    pub fn compact(self) -> Result<String, String> {
        let mut compact = String::with_capacity(self.0.len());
        let mut nesting = 0;
        let mut rest = self.0;
        while let Some(start) = rest.find(|c: char| !c.is_ascii_whitespace()) {
            rest = &rest[start..];
            let end = if rest.starts_with('"') {
                end_of_string(rest)
            } else {
                rest.find(|c: char| c == '"' || c.is_ascii_whitespace())
                    .unwrap_or(rest.len())
            };
            let (token, behind) = rest.split_at(end);
            rest = behind;
            if token.starts_with('"') {
                compact.push_str(&unescaped(token)?);
                continue;
            }
            for byte in token.bytes() {
                match byte {
                    b'[' | b'{' => nesting += 1,
                    b']' | b'}' => nesting -= 1,
                    _ => continue,
                }
                if nesting > MAX_NESTING {
                    return Err(format!("must be nested at most {MAX_NESTING} levels deep"));
                }
            }
            compact.push_str(token);
        }
        Ok(compact)
    }
}

impl<'j> From<&'j RawValue> for Json<'j> {
    fn from(value: &'j RawValue) -> Self {
        Self(value.get())
    }
}

/// Where the string that a text begins with ends, behind its second quote.
fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A string, with nothing escaped that need not be.
fn unescaped(string: &str) -> Result<Cow<'_, str>, &'static str> {
    if !string.contains('\\') {
        return Ok(string.into());
    }
    let text = Json(string).text()?;
    Ok(quoted(&text).into())
}

/// A text as a JSON string.
#[must_use]
pub fn quoted(text: &str) -> String {
    // A string has no reason to fail.
    serde_json::to_string(text).unwrap_or_default()
}

/// The entries of an object.
struct Entries<'j>(Vec<(String, Json<'j>)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    entries.push((name, value.into()));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compact(text: &str) -> Result<String, String> {
        Json::parse(text).unwrap().compact()
    }

    #[test]
    fn a_compact_value_keeps_its_order_and_its_numbers() {
        for (text, wanted) in [
            (
                " { \"z\" : 1.10 , \"a\" : [ 1e10 , -0 , 123456789012345678901234567890 ] }\n",
                r#"{"z":1.10,"a":[1e10,-0,123456789012345678901234567890]}"#,
            ),
            (r#"{"a":1, "a" : 2}"#, r#"{"a":1,"a":2}"#),
            (
                r#"[ " { \" [ \\", "\u00e9\/\n", "é" ]"#,
                r#"[" { \" [ \\","é/\n","é"]"#,
            ),
            ("[ true , false , null ]", "[true,false,null]"),
            ("{}", "{}"),
            (" 42 ", "42"),
        ] {
            assert_eq!(compact(text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_place() {
        assert_eq!(
            Json::parse("{\"s3cr3t\": }").err().unwrap(),
            "must be json: line 1, column 12 is not"
        );
        for text in [
            "", "{", "{} {}", "nul", "'a'", "[1,]", "\"a\nb\"", "\"\\x\"",
        ] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_is_no_text() {
        for text in [r#""\ud800""#, r#""\ud800x""#, r#""\udc00""#] {
            assert!(Json::parse(text).unwrap().text().is_err(), "{text}");
            assert!(compact(&format!("[{text}]")).is_err(), "{text}");
        }
        assert_eq!(compact(r#"["\ud83d\ude00"]"#).unwrap(), "[\"😀\"]");
        let named = Json::parse(r#"{"\ud800": 1}"#).unwrap();
        assert!(named.entries().is_none());
    }

    #[test]
    fn nesting_has_a_limit_that_costs_no_stack() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(compact(&nested(1_000)).unwrap(), nested(1_000));
        assert_eq!(
            compact(&nested(1_001)).unwrap_err(),
            "must be nested at most 1000 levels deep"
        );
        assert!(compact(&nested(1_000_000)).is_err());
    }

    #[test]
    fn an_array_of_one_is_unwrapped() {
        for (text, wanted) in [
            ("[ \"a\" ]", "\"a\""),
            ("[[1]]", "[1]"),
            ("[]", "[]"),
            ("[1,2]", "[1,2]"),
            ("1", "1"),
        ] {
            assert_eq!(Json::parse(text).unwrap().unwrapped().0, wanted);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_compact_value_is_the_same_value(
            value in proptest::collection::vec((".*", proptest::num::i64::ANY, ".*"), 0..5)
        ) {
            let value: serde_json::Value = value
                .into_iter()
                .map(|(name, number, text)| serde_json::json!({ &name: [number, text, {"n": null}] }))
                .collect();
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            proptest::prop_assert_eq!(compact(&pretty).unwrap(), value.to_string());
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\":,0-9\\\\ u\\sé]*") {
            if let Ok(json) = Json::parse(&text) {
                let _ = (json.compact(), json.entries(), json.unwrapped().text());
            }
        }
    }
}
