//! What operators do with two values.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};

use crate::evaluation::{Evaluated, Evaluator};
use crate::number::Number;
use crate::syntax::ArithmeticOperator;
use crate::temporal::{DaysTimeDuration, YearsMonthsDuration, ZonedTime};
use crate::value::Value;
use crate::warning::WarningKind;

impl Evaluator<'_> {
    /// The result of an operator; null with a warning for values that it does not fit.
    pub(crate) fn arithmetic(
        &mut self,
        operator: ArithmeticOperator,
        left: &Value,
        right: &Value,
    ) -> Evaluated {
        if let (Value::Number(left), Value::Number(right)) = (left, right) {
            self.step(cost(operator, left, right))?;
            let result = match operator {
                ArithmeticOperator::Add => left.add(right),
                ArithmeticOperator::Subtract => left.subtract(right),
                ArithmeticOperator::Multiply => left.multiply(right),
                ArithmeticOperator::Divide => left.divide(right),
                ArithmeticOperator::Exponentiate => left.power(right),
            };
            return self.number(result);
        }
        if let (Value::String(left), ArithmeticOperator::Add, Value::String(right)) =
            (left, operator, right)
        {
            self.allocate(left.len() + right.len())?;
            return Ok([&**left, &**right].concat().into());
        }
        let result = match operator {
            ArithmeticOperator::Add => add(left, right).or_else(|| add(right, left)),
            ArithmeticOperator::Subtract => subtract(left, right),
            ArithmeticOperator::Multiply => multiply(left, right).or_else(|| multiply(right, left)),
            ArithmeticOperator::Divide => divide(left, right),
            ArithmeticOperator::Exponentiate => None,
        };
        Ok(result.unwrap_or_else(|| {
            let (left, right) = (left.type_name(), right.type_name());
            self.null(WarningKind::InvalidType, || match operator {
                ArithmeticOperator::Add => format!("a {right} cannot be added to a {left}"),
                ArithmeticOperator::Subtract => {
                    format!("a {right} cannot be subtracted from a {left}")
                }
                ArithmeticOperator::Multiply => {
                    format!("a {left} cannot be multiplied by a {right}")
                }
                ArithmeticOperator::Divide => format!("a {left} cannot be divided by this {right}"),
                ArithmeticOperator::Exponentiate => format!("a {left} has no power by a {right}"),
            })
        }))
    }

    /// Whether two values are equal: null only to itself, other values to those of their type. `None` for
    /// values of different types.
    pub(crate) fn equal(&mut self, left: &Value, right: &Value) -> Evaluated<Option<bool>> {
        Ok(Some(match (left, right) {
            (Value::Null, other) | (other, Value::Null) => matches!(other, Value::Null),
            (Value::Boolean(a), Value::Boolean(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => {
                self.step(if a.is_decimal() && b.is_decimal() {
                    4
                } else {
                    0
                })?;
                a == b
            }
            (Value::String(a), Value::String(b)) => {
                self.step(a.len().min(b.len()) / 64)?;
                a == b
            }
            (Value::List(a), Value::List(b)) => {
                if a.items().len() != b.items().len() {
                    return Ok(Some(false));
                }
                for (a, b) in a.items().iter().zip(b.items()) {
                    self.step(1)?;
                    if self.equal(a, b)? != Some(true) {
                        return Ok(Some(false));
                    }
                }
                true
            }
            (Value::Context(a), Value::Context(b)) => {
                if a.len() != b.len() {
                    return Ok(Some(false));
                }
                for (name, a) in a.entries() {
                    self.step(1)?;
                    let Some(b) = b.get(name) else {
                        return Ok(Some(false));
                    };
                    if self.equal(a, b)? != Some(true) {
                        return Ok(Some(false));
                    }
                }
                true
            }
            (Value::Date(a), Value::Date(b)) => a == b,
            (Value::LocalTime(a), Value::LocalTime(b)) => a == b,
            (Value::Time(a), Value::Time(b)) => a == b,
            (Value::LocalDateTime(a), Value::LocalDateTime(b)) => a == b,
            (Value::DateTime(a), Value::DateTime(b)) => a == b,
            (Value::YearsMonthsDuration(a), Value::YearsMonthsDuration(b)) => a == b,
            (Value::DaysTimeDuration(a), Value::DaysTimeDuration(b)) => a == b,
            _ => return Ok(None),
        }))
    }
}

impl Evaluator<'_> {
    /// The order of two values; `None` for values of different types, or of a type without an order.
    pub(crate) fn order(&mut self, left: &Value, right: &Value) -> Evaluated<Option<Ordering>> {
        match (left, right) {
            (Value::String(a), Value::String(b)) => self.step(a.len().min(b.len()) / 16)?,
            (Value::Number(a), Value::Number(b)) if a.is_decimal() && b.is_decimal() => {
                self.step(4)?;
            }
            _ => {}
        }
        Ok(order(left, right))
    }
}

/// The steps of a calculation with numbers, beyond that of evaluating it.
fn cost(operator: ArithmeticOperator, left: &Number, right: &Number) -> usize {
    match operator {
        ArithmeticOperator::Exponentiate => 1_500,
        ArithmeticOperator::Divide => 20,
        _ if left.is_decimal() || right.is_decimal() => 5,
        _ => 0,
    }
}

/// As [`Evaluator::order`]. Strings go by their UTF-16 code units, as in Java.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    Some(match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.encode_utf16().cmp(b.encode_utf16()),
        (Value::Date(a), Value::Date(b)) => a.cmp(b),
        (Value::LocalTime(a), Value::LocalTime(b)) => a.cmp(b),
        (Value::Time(a), Value::Time(b)) => a.nanoseconds().cmp(&b.nanoseconds()),
        (Value::LocalDateTime(a), Value::LocalDateTime(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        (Value::YearsMonthsDuration(a), Value::YearsMonthsDuration(b)) => a.cmp(b),
        (Value::DaysTimeDuration(a), Value::DaysTimeDuration(b)) => a.cmp(b),
        _ => return None,
    })
}

fn days_time(duration: SignedDuration) -> Value {
    Value::DaysTimeDuration(DaysTimeDuration { duration })
}

fn years_months(months: i64) -> Value {
    Value::YearsMonthsDuration(YearsMonthsDuration { months })
}

/// A value and a duration; the other way round is the caller's.
fn add(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::YearsMonthsDuration(a), Value::YearsMonthsDuration(b)) => {
            Some(years_months(a.months.checked_add(b.months)?))
        }
        (Value::DaysTimeDuration(a), Value::DaysTimeDuration(b)) => {
            Some(days_time(a.duration.checked_add(b.duration)?))
        }
        (_, Value::YearsMonthsDuration(duration)) => add_months(left, *duration),
        (_, Value::DaysTimeDuration(duration)) => add_time(left, duration.duration),
        _ => None,
    }
}

fn add_months(value: &Value, duration: YearsMonthsDuration) -> Option<Value> {
    Some(match value {
        Value::Date(date) => Value::Date(date.checked_add(duration.span()?).ok()?),
        Value::LocalDateTime(local) => {
            Value::LocalDateTime(local.checked_add(duration.span()?).ok()?)
        }
        Value::DateTime(zoned) => zoned.add_months(duration)?.into(),
        _ => return None,
    })
}

fn add_time(value: &Value, duration: SignedDuration) -> Option<Value> {
    let add = |local: DateTime| local.checked_add(duration).ok();
    Some(match value {
        // A day has 24 hours; what is left of the time after the sum is dropped.
        Value::Date(date) => Value::Date(add(date.to_datetime(Time::midnight()))?.date()),
        Value::LocalDateTime(local) => Value::LocalDateTime(add(*local)?),
        Value::DateTime(zoned) => zoned.add(duration)?.into(),
        Value::LocalTime(time) => Value::LocalTime(time.wrapping_add(duration)),
        Value::Time(zoned) => Value::Time(Arc::new(ZonedTime {
            time: zoned.time.wrapping_add(duration),
            ..ZonedTime::clone(zoned)
        })),
        _ => return None,
    })
}

fn subtract(left: &Value, right: &Value) -> Option<Value> {
    Some(match (left, right) {
        (Value::LocalTime(a), Value::LocalTime(b)) => days_time(a.duration_since(*b)),
        // The distance, whichever is first, as in feel-scala.
        (Value::Time(a), Value::Time(b)) => days_time(SignedDuration::try_from_nanos_i128(
            (a.nanoseconds() - b.nanoseconds()).abs(),
        )?),
        (Value::LocalDateTime(a), Value::LocalDateTime(b)) => days_time(a.duration_since(*b)),
        (Value::DateTime(a), Value::DateTime(b)) => days_time(a.since(b)),
        (Value::Date(a), Value::Date(b)) => days_time(a.duration_since(*b)),
        (Value::YearsMonthsDuration(a), Value::YearsMonthsDuration(b)) => {
            years_months(a.months.checked_sub(b.months)?)
        }
        (Value::DaysTimeDuration(a), Value::DaysTimeDuration(b)) => {
            days_time(a.duration.checked_sub(b.duration)?)
        }
        (_, Value::YearsMonthsDuration(duration)) => {
            return add_months(
                left,
                YearsMonthsDuration {
                    months: duration.months.checked_neg()?,
                },
            );
        }
        (_, Value::DaysTimeDuration(duration)) => {
            return add_time(left, duration.duration.checked_neg()?);
        }
        _ => return None,
    })
}

/// A duration and a number, of which only the whole part counts; the other way round is the caller's.
fn multiply(duration: &Value, factor: &Value) -> Option<Value> {
    let Value::Number(factor) = factor else {
        return None;
    };
    let factor = factor.to_i64()?;
    match duration {
        Value::YearsMonthsDuration(duration) => {
            Some(years_months(duration.months.checked_mul(factor)?))
        }
        Value::DaysTimeDuration(duration) => {
            let nanoseconds = duration.duration.as_nanos().checked_mul(factor.into())?;
            Some(days_time(SignedDuration::try_from_nanos_i128(nanoseconds)?))
        }
        _ => None,
    }
}

/// By a duration of the same kind, without decimals; by a number, to the month or the millisecond.
fn divide(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::YearsMonthsDuration(a), Value::YearsMonthsDuration(b)) => {
            Some(Value::from(a.months.checked_div(b.months)?))
        }
        (Value::DaysTimeDuration(a), Value::DaysTimeDuration(b)) => {
            let quotient = a.duration.as_millis().checked_div(b.duration.as_millis())?;
            Some(Value::from(i64::try_from(quotient).ok()?))
        }
        (Value::YearsMonthsDuration(duration), Value::Number(divisor)) => {
            let months = Number::from(duration.months).divide(divisor)?;
            Some(years_months(months.to_i64()?))
        }
        (Value::DaysTimeDuration(duration), Value::Number(divisor)) => {
            let milliseconds = i64::try_from(duration.duration.as_millis()).ok()?;
            let milliseconds = Number::from(milliseconds).divide(divisor)?;
            Some(days_time(SignedDuration::from_millis(
                milliseconds.to_i64()?,
            )))
        }
        _ => None,
    }
}
