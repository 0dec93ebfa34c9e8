//! Functions about numbers.

use bigdecimal::RoundingMode;

use super::{Builtin, Failure, Outcome, function};
use crate::error::EvaluationErrorKind;
use crate::evaluation::Evaluator;
use crate::number::Number;
use crate::temporal::{DaysTimeDuration, YearsMonthsDuration};
use crate::value::Value;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("decimal", &["n", "scale"], decimal),
    function("decimal", &["n", "scale", "mode"], decimal),
    function("floor", &["n"], floor),
    function("floor", &["n", "scale"], floor),
    function("ceiling", &["n"], ceiling),
    function("ceiling", &["n", "scale"], ceiling),
    function("round up", &["n"], round_up),
    function("round up", &["n", "scale"], round_up),
    function("round down", &["n"], round_down),
    function("round down", &["n", "scale"], round_down),
    function("round half up", &["n"], round_half_up),
    function("round half up", &["n", "scale"], round_half_up),
    function("round half down", &["n"], round_half_down),
    function("round half down", &["n", "scale"], round_half_down),
    function("abs", &["number"], abs),
    function("abs", &["n"], abs),
    function("modulo", &["dividend", "divisor"], modulo),
    function("sqrt", &["number"], sqrt),
    function("log", &["number"], log),
    function("exp", &["number"], exp),
    function("odd", &["number"], odd),
    function("even", &["number"], even),
    function("random number", &[], random_number),
];

fn decimal(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::Number(number), scale @ Value::Number(_), mode @ ..] = arguments else {
        return Failure::illegal(arguments);
    };
    let mode = match mode {
        [] => Some(RoundingMode::HalfEven),
        [Value::String(mode)] if mode.len() > 11 => {
            return Err(Failure::null("there is no such rounding mode"));
        }
        [Value::String(mode)] => match mode.to_uppercase().as_str() {
            "UP" => Some(RoundingMode::Up),
            "DOWN" => Some(RoundingMode::Down),
            "CEILING" => Some(RoundingMode::Ceiling),
            "FLOOR" => Some(RoundingMode::Floor),
            "HALF_UP" => Some(RoundingMode::HalfUp),
            "HALF_DOWN" => Some(RoundingMode::HalfDown),
            "HALF_EVEN" => Some(RoundingMode::HalfEven),
            "UNNECESSARY" => None,
            _ => return Err(Failure::null("there is no such rounding mode")),
        },
        _ => return Failure::illegal(arguments),
    };
    let rounded = round(
        evaluator,
        &arguments[..1],
        Some(scale),
        mode.unwrap_or(RoundingMode::Down),
    )?;
    match &rounded {
        Value::Number(rounded) if mode.is_none() && rounded != number => {
            Err(Failure::null("rounding is necessary"))
        }
        _ => Ok(rounded),
    }
}

fn round(
    evaluator: &mut Evaluator<'_>,
    number: &[Value],
    scale: Option<&Value>,
    mode: RoundingMode,
) -> Outcome {
    let zero = Value::from(0);
    let ([Value::Number(number)], Value::Number(scale)) = (number, scale.unwrap_or(&zero)) else {
        return Failure::illegal(number);
    };
    let scale = scale
        .to_i64()
        .ok_or_else(|| Failure::null("the scale is out of range"))?;
    let rounded = number
        .round(scale, mode)
        .ok_or_else(|| Failure::null("the scale is out of range"))?;
    Ok(evaluator.number(Some(rounded))?)
}

fn round_with(evaluator: &mut Evaluator<'_>, arguments: &[Value], mode: RoundingMode) -> Outcome {
    let (number, scale) = arguments.split_at(arguments.len().min(1));
    round(evaluator, number, scale.first(), mode)
}

fn floor(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    round_with(evaluator, arguments, RoundingMode::Floor)
}

fn ceiling(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    round_with(evaluator, arguments, RoundingMode::Ceiling)
}

fn round_up(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    round_with(evaluator, arguments, RoundingMode::Up)
}

fn round_down(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    round_with(evaluator, arguments, RoundingMode::Down)
}

fn round_half_up(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    round_with(evaluator, arguments, RoundingMode::HalfUp)
}

fn round_half_down(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    round_with(evaluator, arguments, RoundingMode::HalfDown)
}

fn abs(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let too_large = || Failure::null("the duration is too large");
    Ok(match arguments {
        [Value::Number(number)] => evaluator.number(Some(number.abs()))?,
        [Value::YearsMonthsDuration(duration)] => {
            let months = duration.months.checked_abs().ok_or_else(too_large)?;
            Value::YearsMonthsDuration(YearsMonthsDuration { months })
        }
        [Value::DaysTimeDuration(duration)] => {
            let duration = duration.duration;
            let size = if duration.is_negative() {
                duration.checked_neg()
            } else {
                Some(duration)
            };
            Value::DaysTimeDuration(DaysTimeDuration {
                duration: size.ok_or_else(too_large)?,
            })
        }
        _ => return Failure::illegal(arguments),
    })
}

/// The remainder with the sign of the divisor.
fn modulo(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::Number(dividend), Value::Number(divisor)] = arguments else {
        return Failure::illegal(arguments);
    };
    let modulo = dividend
        .remainder(divisor)
        .and_then(|rest| rest.add(divisor)?.remainder(divisor));
    Ok(evaluator.number(Some(
        modulo.ok_or_else(|| Failure::null("the divisor is zero"))?,
    ))?)
}

/// A function in floating point; null where it has no value.
fn float(evaluator: &mut Evaluator<'_>, arguments: &[Value], function: fn(f64) -> f64) -> Outcome {
    let [Value::Number(number)] = arguments else {
        return Failure::illegal(arguments);
    };
    let result = Number::from_f64(function(number.to_f64()))
        .ok_or_else(|| Failure::null("there is no such number"))?;
    Ok(evaluator.number(Some(result))?)
}

fn sqrt(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    float(evaluator, arguments, f64::sqrt)
}

fn log(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    float(evaluator, arguments, f64::ln)
}

fn exp(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    float(evaluator, arguments, f64::exp)
}

fn remainder_by_two(arguments: &[Value]) -> Result<Number, Failure> {
    match arguments {
        [Value::Number(number)] => number
            .abs()
            .remainder(&Number::from(2))
            .ok_or_else(|| Failure::null("there is no such number")),
        _ => Failure::illegal(arguments),
    }
}

fn odd(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok((remainder_by_two(arguments)? == Number::from(1)).into())
}

fn even(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(remainder_by_two(arguments)?.is_zero().into())
}

/// From 0, and less than 1.
fn random_number(evaluator: &mut Evaluator<'_>, _: &[Value]) -> Outcome {
    let random = evaluator
        .engine
        .random
        .as_ref()
        .ok_or_else(|| evaluator.stop(EvaluationErrorKind::NoRandomness))?;
    let mut bytes = [0; 8];
    random(&mut bytes);
    // As many bits as a floating-point number holds exactly.
    #[allow(clippy::cast_precision_loss)]
    let fraction = (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64;
    Ok(evaluator.number(Number::from_f64(fraction))?)
}
