//! Functions about dates and times.

use jiff::civil::{Date, Weekday};

use super::{Builtin, Failure, Outcome, function};
use crate::evaluation::Evaluator;
use crate::temporal::ZonedDateTime;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("now", &[], now),
    function("today", &[], today),
    function("day of week", &["date"], day_of_week),
    function("day of year", &["date"], day_of_year),
    function("week of year", &["date"], week_of_year),
    function("month of year", &["date"], month_of_year),
    function("last day of month", &["date"], last_day_of_month),
];

fn now(evaluator: &mut Evaluator<'_>, _: &[Value]) -> Outcome {
    Ok(ZonedDateTime::new((evaluator.engine.clock)()).into())
}

fn today(evaluator: &mut Evaluator<'_>, _: &[Value]) -> Outcome {
    Ok(Value::Date((evaluator.engine.clock)().date()))
}

/// A function of the day of a date or date-time.
fn of_date(arguments: &[Value], function: impl FnOnce(Date) -> Value) -> Outcome {
    match arguments {
        [value] => value
            .date()
            .map_or_else(|| Failure::illegal(arguments), |date| Ok(function(date))),
        _ => Failure::illegal(arguments),
    }
}

fn day_of_week(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    of_date(arguments, |date| {
        Value::from(match date.weekday() {
            Weekday::Monday => "Monday",
            Weekday::Tuesday => "Tuesday",
            Weekday::Wednesday => "Wednesday",
            Weekday::Thursday => "Thursday",
            Weekday::Friday => "Friday",
            Weekday::Saturday => "Saturday",
            Weekday::Sunday => "Sunday",
        })
    })
}

fn day_of_year(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    of_date(arguments, |date| i64::from(date.day_of_year()).into())
}

fn week_of_year(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    of_date(arguments, |date| {
        i64::from(date.iso_week_date().week()).into()
    })
}

fn month_of_year(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    of_date(arguments, |date| {
        let index = usize::try_from(date.month() - 1).unwrap_or(0);
        MONTHS
            .get(index)
            .map_or(Value::Null, |month| Value::from(*month))
    })
}

fn last_day_of_month(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    of_date(arguments, |date| Value::Date(date.last_of_month()))
}
