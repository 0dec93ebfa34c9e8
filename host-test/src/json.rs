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
