//! JSON objects whose values stay text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The entries of a JSON object, in order and with every repetition; values as the text that they are.
pub(crate) fn entries(json: &str) -> serde_json::Result<Vec<(String, &RawValue)>> {
    serde_json::from_str(json).map(|Entries(entries)| entries)
}

/// The one item of an array that has no other; any other value itself.
pub(crate) fn unwrapped(value: &RawValue) -> &RawValue {
    match serde_json::from_str::<[&RawValue; 1]>(value.get()) {
        Ok([item]) => item,
        Err(_) => value,
    }
}

/// The JSON object of entries.
pub(crate) fn object<'j>(entries: impl IntoIterator<Item = (&'j str, &'j str)>) -> String {
    let mut object = String::from("{");
    for (index, (name, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            object.push(',');
        }
        object.push_str(&serde_json::Value::from(name).to_string());
        object.push(':');
        object.push_str(value);
    }
    object.push('}');
    object
}

/// The object with a value at a path of names, if there is none or null. Everything else is as it was, to the byte.
/// None where there is a value, or where an object on the way is missing or something else.
pub(crate) fn with_missing(object: &str, path: &[&str], value: &str) -> Option<String> {
    let entries = entries(object).ok()?;
    let (name, rest) = path.split_first()?;
    let known = entries.iter().position(|(known, _)| known == name);
    let value = match (known, rest.is_empty()) {
        (Some(index), false) => with_missing(unwrapped(entries[index].1).get(), rest, value)?,
        (Some(index), true) if entries[index].1.get() != "null" => return None,
        (None, false) => return None,
        (_, true) => value.to_owned(),
    };
    let replaced = entries.iter().enumerate().map(|(index, (name, old))| {
        let value = if known == Some(index) {
            &value
        } else {
            old.get()
        };
        (name.as_str(), value)
    });
    let added = known.is_none().then_some((*name, value.as_str()));
    Some(self::object(replaced.chain(added)))
}

struct Entries<'j>(Vec<(String, &'j RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a json object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
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

    #[test]
    fn a_missing_value_is_put_where_its_path_ends() {
        let put = |object, path: &[&str]| with_missing(object, path, "\"x\"");
        for (object, wanted) in [
            (r#"{"a":{"b":1.10}}"#, Some(r#"{"a":{"b":1.10,"c":"x"}}"#)),
            (r#"{"z":1e2,"a":{}}"#, Some(r#"{"z":1e2,"a":{"c":"x"}}"#)),
            (
                r#"{"a":{"c":null,"b":[ 1]}}"#,
                Some(r#"{"a":{"c":"x","b":[ 1]}}"#),
            ),
            (r#"{"a":[{}]}"#, Some(r#"{"a":{"c":"x"}}"#)),
            (r#"{"a":{"c":""}}"#, None),
            (r#"{"a":"text"}"#, None),
            (r#"{"b":{}}"#, None),
            ("[]", None),
        ] {
            assert_eq!(put(object, &["a", "c"]).as_deref(), wanted, "{object}");
        }
        assert_eq!(put("{}", &["a"]).as_deref(), Some(r#"{"a":"x"}"#));
        assert_eq!(put("{}", &[]), None);
    }
}
