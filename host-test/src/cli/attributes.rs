//! Message attributes as JSON, in the form of the AWS command line.

use base64::{Engine, engine::general_purpose::STANDARD};
use connector_host::{AttributeValue, MessageAttribute};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// Reads `{"name": {"DataType": "Number.int", "StringValue": "1"}}`; a Binary has a `BinaryValue` in
/// base64 instead. Order is kept, and so is a name that occurs twice: the connector refuses that.
pub(super) fn parse(json: &str) -> Result<Vec<MessageAttribute>, String> {
    let Entries(entries) = serde_json::from_str(json).map_err(|error| {
        // Serde's own text can quote values.
        format!(
            "message attributes: not a json object of attributes at line {} column {}",
            error.line(),
            error.column()
        )
    })?;
    entries
        .into_iter()
        .map(|(name, value)| {
            attribute(&name, &value)
                .map_err(|problem| format!("message attribute {name:?}: {problem}"))
        })
        .collect()
}

fn attribute(name: &str, json: &Value) -> Result<MessageAttribute, String> {
    let fields = json.as_object().ok_or("must be a json object")?;
    if let Some(field) = fields
        .keys()
        .find(|key| !["DataType", "StringValue", "BinaryValue"].contains(&key.as_str()))
    {
        return Err(format!("has an unknown field {field:?}"));
    }
    let text = |field: &str| {
        let value = fields.get(field).ok_or(format!("{field} is required"))?;
        value
            .as_str()
            .ok_or(format!("{field} must be a json string"))
    };
    let data_type = text("DataType")?;
    let (base, label) = match data_type.split_once('.') {
        Some((base, label)) => (base, Some(label.to_owned())),
        None => (data_type, None),
    };
    let (value, other) = match base {
        "String" => (
            AttributeValue::String(text("StringValue")?.to_owned()),
            "BinaryValue",
        ),
        "Number" => (
            AttributeValue::Number(text("StringValue")?.to_owned()),
            "BinaryValue",
        ),
        "Binary" => {
            let bytes = STANDARD
                .decode(text("BinaryValue")?)
                .map_err(|error| format!("BinaryValue must be base64: {error}"))?;
            (AttributeValue::Binary(bytes), "StringValue")
        }
        _ => {
            return Err(
                "DataType must be String, Number or Binary, with an optional .label".into(),
            );
        }
    };
    if fields.contains_key(other) {
        return Err(format!("must not have a {other} with this DataType"));
    }
    Ok(MessageAttribute {
        name: name.to_owned(),
        value,
        label,
    })
}

/// The entries of a JSON object, in order and with every repetition.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a json object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
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
    fn every_data_type_is_read_in_order_and_with_repetitions() {
        let json = r#"{
            "z": {"DataType": "String", "StringValue": "text"},
            "a": {"DataType": "Number.int", "StringValue": "1"},
            "z": {"DataType": "Binary.png", "BinaryValue": "AAEC"}
        }"#;
        let attribute = |name: &str, value, label: Option<&str>| MessageAttribute {
            name: name.into(),
            value,
            label: label.map(Into::into),
        };
        assert_eq!(
            parse(json).unwrap(),
            [
                attribute("z", AttributeValue::String("text".into()), None),
                attribute("a", AttributeValue::Number("1".into()), Some("int")),
                attribute("z", AttributeValue::Binary(vec![0, 1, 2]), Some("png")),
            ]
        );
    }

    #[test]
    fn what_is_no_attribute_is_named_and_its_value_is_not_shown() {
        for (json, problem) in [
            (
                "[]",
                "message attributes: not a json object of attributes at line 1 column 0",
            ),
            (
                r#""marker""#,
                "message attributes: not a json object of attributes at line 1 column 8",
            ),
            (
                r#"{"a": "marker"}"#,
                r#"message attribute "a": must be a json object"#,
            ),
            (
                r#"{"a": {"StringValue": "marker"}}"#,
                r#"message attribute "a": DataType is required"#,
            ),
            (
                r#"{"a": {"DataType": "String", "StringValue": 1}}"#,
                r#"message attribute "a": StringValue must be a json string"#,
            ),
            (
                r#"{"a": {"DataType": "Text", "StringValue": "marker"}}"#,
                r#"message attribute "a": DataType must be String, Number or Binary, with an optional .label"#,
            ),
            (
                r#"{"a": {"DataType": "Binary", "BinaryValue": "AAE"}}"#,
                r#"message attribute "a": BinaryValue must be base64: Invalid padding"#,
            ),
            (
                r#"{"a": {"DataType": "String", "StringValue": "marker", "BinaryValue": "AAEC"}}"#,
                r#"message attribute "a": must not have a BinaryValue with this DataType"#,
            ),
            (
                r#"{"a": {"DataType": "String", "stringValue": "marker"}}"#,
                r#"message attribute "a": has an unknown field "stringValue""#,
            ),
        ] {
            assert_eq!(parse(json).unwrap_err(), problem);
        }
    }
}
