//! Values from JSON and to JSON.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::number::Number;
use crate::temporal::{JavaTime, LocalDate, LocalDateTime, LocalTime, OffsetId};
use crate::value::{Context, List, Value};

/// How a value becomes JSON. Camunda has three ways, which differ in dates, times and durations.
///
/// | value | `Engine` | `Connector` | `Text` |
/// |---|---|---|---|
/// | a time | `10:00` | `10:00:00` | `10:00:00` |
/// | a time at an offset | `10:00:00+01:00` | `10:00+01:00` | `10:00:00+01:00` |
/// | a time in a zone | `10:00:00@Europe/Berlin` | `10:00+01:00` | `10:00:00+01:00[Europe/Berlin]` |
/// | a date-time | `2026-11-22T10:00:00` | the same | the same |
/// | a date-time in a zone | `2026-11-22T10:00:00+01:00` | the same | `2026-11-22T10:00:00+01:00[Europe/Berlin]` |
/// | a day and two hours | `P1DT2H` | `PT26H` | `PT26H` |
/// | no months | `P0Y` | `P0D` | `P0D` |
/// | a range, a function | null | null | its text |
///
/// A number without decimals is an integer if it fits into 64 bits, any other number is the closest
/// floating-point number; one that is larger than all of these is an error. Names of contexts keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonStyle {
    /// As the process engine stores the result of an input mapping.
    Engine,
    /// As the connector runtime stores the result of a result or error expression.
    Connector,
    /// As `to json()` writes.
    Text,
}

/// A value on its way to JSON; see [`Value::json`].
#[derive(Clone, Copy, Debug)]
pub struct Json<'v> {
    value: &'v Value,
    style: JsonStyle,
}

impl Value {
    /// The value for a serializer: `serde_json::to_value(value.json(JsonStyle::Engine))`.
    #[must_use]
    pub fn json(&self, style: JsonStyle) -> Json<'_> {
        Json { value: self, style }
    }

    /// Reads JSON. Numbers with decimals or an exponent are as exact as floating point.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        read(
            text,
            Reader {
                floating_point: false,
                depth: MAX_JSON_DEPTH,
                budget: &Budget::new(usize::MAX),
            },
        )
    }
}

impl Context {
    /// Reads a JSON object; see [`Value::from_json`].
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        match Value::from_json(text)? {
            Value::Context(context) => Ok(std::sync::Arc::unwrap_or_clone(context)),
            other => Err(serde_json::Error::custom(format_args!(
                "expected an object but found a {}",
                other.type_name()
            ))),
        }
    }
}

/// As `from json()` reads: every number is floating point, so that `1` is `1.0`.
pub(crate) fn read_floating_point(text: &str, budget: &Budget) -> serde_json::Result<Value> {
    read(
        text,
        Reader {
            floating_point: true,
            depth: MAX_JSON_DEPTH,
            budget,
        },
    )
}

fn read(text: &str, reader: Reader<'_>) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = reader.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader {
            floating_point: false,
            depth: MAX_JSON_DEPTH,
            budget: &Budget::new(usize::MAX),
        }
        .deserialize(deserializer)
    }
}

/// The levels of JSON that are read: those that `serde_json` reads, whatever the deserializer is.
const MAX_JSON_DEPTH: u32 = 127;

/// How much memory reading may take.
pub(crate) struct Budget {
    limit: usize,
    used: Cell<usize>,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: Cell::new(0),
        }
    }

    /// The bytes that were asked for, which are more than the limit if reading ended because of it.
    pub(crate) fn used(&self) -> usize {
        self.used.get()
    }

    fn take<E: Error>(&self, bytes: usize) -> Result<(), E> {
        self.used.set(self.used.get().saturating_add(bytes));
        if self.used.get() > self.limit {
            Err(E::custom("too large"))
        } else {
            Ok(())
        }
    }
}

#[derive(Clone, Copy)]
struct Reader<'b> {
    floating_point: bool,
    /// The levels that there may be below.
    depth: u32,
    budget: &'b Budget,
}

impl Reader<'_> {
    /// For what is one level below.
    fn below<E: Error>(self) -> Result<Self, E> {
        let depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { depth, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<Value, E> {
        Ok(boolean.into())
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<Value, E> {
        // What is lost is what floating point loses.
        #[allow(clippy::cast_precision_loss)]
        if self.floating_point {
            self.visit_f64(integer as f64)
        } else {
            Ok(integer.into())
        }
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<Value, E> {
        #[allow(clippy::cast_precision_loss)]
        match i64::try_from(integer) {
            Ok(integer) => self.visit_i64(integer),
            Err(_) if self.floating_point => self.visit_f64(integer as f64),
            Err(_) => Ok(Number::parse(&integer.to_string()).map_or(Value::Null, Value::Number)),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        self.budget.take(128)?;
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.budget.take(text.len() + 16)?;
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        self.budget.take(size_of::<List>() + 32)?;
        let mut list = List::default();
        while let Some(item) = items.next_element_seed(below)? {
            // Twice, since a list grows by doubling.
            self.budget.take(2 * size_of::<Value>())?;
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        self.budget.take(size_of::<Context>() + 256)?;
        let mut context = Context::new();
        while let Some(name) = entries.next_key::<String>()? {
            self.budget
                .take(2 * size_of::<Value>() + 128 + name.len())?;
            context.insert(name, entries.next_value_seed(below)?);
        }
        Ok(context.into())
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let style = self.style;
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Value::Number(number) => match number.to_i64().filter(|_| number.is_whole()) {
                Some(integer) => serializer.serialize_i64(integer),
                None if number.to_f64().is_finite() => serializer.serialize_f64(number.to_f64()),
                None => Err(serde::ser::Error::custom("a number is too large for JSON")),
            },
            Value::String(text) => serializer.serialize_str(text),
            Value::List(list) => {
                serializer.collect_seq(list.items().iter().map(|item| item.json(style)))
            }
            Value::Context(context) => {
                let mut map = serializer.serialize_map(Some(context.len()))?;
                for (name, value) in context.entries() {
                    map.serialize_entry(name, &value.json(style))?;
                }
                map.end()
            }
            Value::Range(_) | Value::Function(_) if style != JsonStyle::Text => {
                serializer.serialize_unit()
            }
            value => serializer.serialize_str(&text(value, style)),
        }
    }
}

/// The string that stands for a value that JSON has no other form for.
fn text(value: &Value, style: JsonStyle) -> String {
    match (value, style) {
        (Value::Date(date), _) => LocalDate(*date).to_string(),
        (Value::LocalTime(time), JsonStyle::Engine) => JavaTime(*time).to_string(),
        (Value::LocalTime(time), _) => LocalTime(*time).to_string(),
        (Value::Time(time), JsonStyle::Engine) => time.to_string(),
        (Value::Time(time), JsonStyle::Connector) => {
            format!("{}{}", JavaTime(time.time), OffsetId(time.offset))
        }
        (Value::Time(time), JsonStyle::Text) => time.iso_with_zone(),
        (Value::LocalDateTime(local), _) => LocalDateTime(*local).to_string(),
        (Value::DateTime(zoned), JsonStyle::Text) => zoned.iso_with_zone(),
        (Value::DateTime(zoned), _) => zoned.iso_with_offset(),
        (Value::YearsMonthsDuration(duration), JsonStyle::Engine) => duration.to_string(),
        (Value::YearsMonthsDuration(duration), _) => duration.java(),
        (Value::DaysTimeDuration(duration), JsonStyle::Engine) => duration.to_string(),
        (Value::DaysTimeDuration(duration), _) => duration.java(),
        (value, _) => value.to_string(),
    }
}
