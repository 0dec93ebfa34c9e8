//! Functions that turn a value into one of another type.

use std::sync::Arc;

use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::{Builtin, Failure, Outcome, function};
use crate::evaluation::{Evaluated, Evaluator};
use crate::json::{self, Budget, JsonStyle};
use crate::number::Number;
use crate::temporal::{self, YearsMonthsDuration, Zone, ZonedDateTime, ZonedTime};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("string", &["from"], string),
    function("number", &["from"], number),
    function("number", &["from", "grouping separator"], number),
    function(
        "number",
        &["from", "grouping separator", "decimal separator"],
        number,
    ),
    function("date", &["from"], date),
    function("date", &["year", "month", "day"], date_of),
    function("time", &["from"], time),
    function("time", &["hour", "minute", "second"], time_of),
    function("time", &["hour", "minute", "second", "offset"], time_of),
    function("date and time", &["from"], date_and_time),
    function("date and time", &["date", "time"], date_and_time_of),
    function("date and time", &["date", "timezone"], date_and_time_of),
    function("duration", &["from"], duration),
    function(
        "years and months duration",
        &["from", "to"],
        years_and_months_duration,
    ),
    function("from json", &["value"], from_json),
    function("from json", &["json"], from_json),
    function("to json", &["value"], to_json),
];

fn string(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(match arguments {
        [text @ (Value::Null | Value::String(_))] => text.clone(),
        [value] => {
            let size = charge(evaluator, value, |text| text.len() + 2)?;
            evaluator.grow(size, size)?;
            let text = value.to_string();
            evaluator.string(text)?
        }
        _ => return Failure::illegal(arguments),
    })
}

/// Uses up, before it is made, what the text of a value will take; strings count as this says.
fn charge(
    evaluator: &mut Evaluator<'_>,
    value: &Value,
    length: fn(&str) -> usize,
) -> Evaluated<usize> {
    evaluator.step(1)?;
    let size = match value {
        Value::String(text) => {
            evaluator.step(text.len() / 16)?;
            length(text)
        }
        Value::List(list) => {
            let mut size = 2;
            for item in list.items() {
                size += charge(evaluator, item, length)? + 2;
            }
            size
        }
        Value::Context(context) => {
            let mut size = 2;
            for (name, value) in context.entries() {
                size += length(name) + charge(evaluator, value, length)? + 3;
            }
            size
        }
        // Any other value is shorter than the longest number.
        Value::Number(number) if number.is_decimal() => 140,
        _ => 64,
    };
    // The sum of the parts is charged where they are put together, which no limit may come after.
    evaluator.grow(size, 0)?;
    Ok(size)
}

/// The bytes of a string in JSON.
fn json_length(text: &str) -> usize {
    let escaped = |byte| match byte {
        b'"' | b'\\' => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + 2
}

fn number(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let Some((Value::String(text), separators)) = arguments.split_first() else {
        return Failure::illegal(arguments);
    };
    let (grouping, decimal) = match separators {
        [] => (None, None),
        [Value::String(grouping)] | [Value::String(grouping), Value::Null] => {
            (Some(&**grouping), None)
        }
        [Value::Null, Value::String(decimal)] => (None, Some(&**decimal)),
        [Value::String(grouping), Value::String(decimal)] => (Some(&**grouping), Some(&**decimal)),
        _ => return Failure::illegal(arguments),
    };
    if grouping.is_some_and(|g| !matches!(g, " " | "," | "."))
        || decimal.is_some_and(|d| !matches!(d, "," | "."))
    {
        return Err(Failure::null(
            "a separator must be ' ' (of groups only), ',' or '.'",
        ));
    }
    if grouping.is_some() && grouping == decimal {
        return Err(Failure::null("the separators must not be the same"));
    }
    evaluator.step(text.len() / 16)?;
    evaluator.allocate(2 * text.len())?;
    let text = grouping.map_or_else(|| text.to_string(), |grouping| text.replace(grouping, ""));
    let text = decimal.map_or_else(|| text.clone(), |decimal| text.replace(decimal, "."));
    let number = Number::parse(&text).ok_or_else(|| Failure::null("the text is not a number"))?;
    Ok(evaluator.number(Some(number))?)
}

/// A part of a date or time, without its decimals.
fn part<T: TryFrom<i64>>(number: &Number) -> Option<T> {
    T::try_from(number.to_i64()?).ok()
}

fn date(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [Value::String(text)] => temporal::parse_date(text)
            .map(Value::Date)
            .ok_or_else(|| Failure::null("the text is not a date")),
        [value] if value.date().is_some() => Ok(value.date().map_or(Value::Null, Value::Date)),
        _ => Failure::illegal(arguments),
    }
}

fn date_of(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [
        Value::Number(year),
        Value::Number(month),
        Value::Number(day),
    ] = arguments
    else {
        return Failure::illegal(arguments);
    };
    let date = || Date::new(part(year)?, part(month)?, part(day)?).ok();
    date()
        .map(Value::Date)
        .ok_or_else(|| Failure::null("there is no such day"))
}

fn time(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(match arguments {
        [Value::String(text)] => temporal::parse_time(text)
            .ok_or_else(|| Failure::null("the text is not a time"))?
            .into(),
        [Value::LocalDateTime(local)] => Value::LocalTime(local.time()),
        [Value::DateTime(zoned)] => Value::Time(Arc::new(zoned.time())),
        [Value::Date(_)] => Value::Time(Arc::new(ZonedTime::at_offset(
            Time::midnight(),
            Offset::UTC,
        ))),
        [time @ (Value::LocalTime(_) | Value::Time(_))] => time.clone(),
        _ => return Failure::illegal(arguments),
    })
}

fn time_of(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [
        Value::Number(hour),
        Value::Number(minute),
        Value::Number(second),
        offset @ ..,
    ] = arguments
    else {
        return Failure::illegal(arguments);
    };
    let time = || {
        let whole = second.to_i64()?;
        let fraction = second
            .subtract(&Number::from(whole))?
            .multiply(&Number::from(1_000_000_000))?;
        let second = i8::try_from(whole)
            .ok()
            .filter(|second| (0..60).contains(second))?;
        Time::new(part(hour)?, part(minute)?, second, part(&fraction)?).ok()
    };
    let time = time().ok_or_else(|| Failure::null("there is no such time"))?;
    match offset {
        [] | [Value::Null] => Ok(Value::LocalTime(time)),
        [Value::DaysTimeDuration(offset)] => {
            let seconds = i32::try_from(offset.duration.as_secs()).ok();
            let offset = seconds
                .filter(|seconds| seconds.unsigned_abs() <= 18 * 3_600)
                .and_then(|s| Offset::from_seconds(s).ok());
            let offset = offset.ok_or_else(|| Failure::null("there is no such offset"))?;
            Ok(Value::Time(Arc::new(ZonedTime::at_offset(time, offset))))
        }
        _ => Failure::illegal(arguments),
    }
}

fn date_and_time(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [Value::String(text)] => temporal::parse_date_time(text)
            .map(Value::from)
            .ok_or_else(|| Failure::null("the text is not a date and time")),
        _ => Failure::illegal(arguments),
    }
}

fn date_and_time_of(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [first, second] = arguments else {
        return Failure::illegal(arguments);
    };
    let zone =
        |name: &str| Zone::parse(name).ok_or_else(|| Failure::null("there is no such time zone"));
    let result: Option<Value> = match (first, second) {
        (Value::LocalDateTime(local), Value::String(name)) => {
            ZonedDateTime::from_local(*local, &zone(name)?).map(Value::from)
        }
        (Value::DateTime(zoned), Value::String(name)) => Some(zoned.at_zone(&zone(name)?).into()),
        (_, Value::LocalTime(time)) => first
            .date()
            .map(|date| Value::LocalDateTime(date.to_datetime(*time))),
        (_, Value::Time(time)) => first.date().and_then(|date| time.on(date)).map(Value::from),
        _ => None,
    };
    result.map_or_else(|| Failure::illegal(arguments), Ok)
}

fn duration(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [Value::String(text)] => temporal::parse_duration(text)
            .map(Value::from)
            .ok_or_else(|| Failure::null("the text is not a duration")),
        _ => Failure::illegal(arguments),
    }
}

/// Whole months only: a month that has begun does not count.
fn years_and_months_duration(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [from, to] = arguments else {
        return Failure::illegal(arguments);
    };
    let (Some(from), Some(to)) = (from.date(), to.date()) else {
        return Failure::illegal(arguments);
    };
    let count = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
    let mut months = count(to) - count(from);
    if months > 0 && to.day() < from.day() {
        months -= 1;
    } else if months < 0 && to.day() > from.day() {
        months += 1;
    }
    Ok(Value::YearsMonthsDuration(YearsMonthsDuration { months }))
}

fn from_json(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    match arguments {
        [Value::Null] => Ok(Value::Null),
        [Value::String(text)] => {
            evaluator.step(text.len() / 8)?;
            let budget = Budget::new(evaluator.memory_left());
            let value = json::read_floating_point(text, &budget);
            evaluator.grow(0, budget.used())?;
            evaluator
                .shallow(value.map_err(|_| Failure::null("the text is not valid JSON"))?)
                .map_err(Failure::from)
        }
        _ => Failure::illegal(arguments),
    }
}

fn to_json(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [value] = arguments else {
        return Failure::illegal(arguments);
    };
    let size = charge(evaluator, value, json_length)?;
    evaluator.grow(size, size)?;
    let text = serde_json::to_string(&value.json(JsonStyle::Text));
    Ok(evaluator.string(text.map_err(|_| Failure::null("the value has no JSON"))?)?)
}
