//! Exact decimal numbers of 34 digits, as FEEL has them.

use std::cmp::Ordering;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::num_traits::{Signed, ToPrimitive, Zero};
use bigdecimal::{BigDecimal, Context, RoundingMode};

/// The digits that an operation keeps, rounded half even: IEEE 754 decimal128, as the FEEL
/// specification (DMN 1.5, 10.3.2.3.1) and feel-scala have it.
pub const PRECISION: u64 = 34;

/// The largest exponent of ten of a number, as in decimal128. Beyond it there is no number.
const MAX_EXPONENT: i64 = 6_144;

/// The largest exponent that is read; what is smaller than any number may be is zero.
const MAX_PARSED_EXPONENT: u64 = 100_000;

/// The most digits of a number that no operation has rounded: a literal, or a text that was converted.
pub(crate) const MAX_DIGITS: u32 = 128;

/// The most decimals of a zero that are kept.
const MAX_ZEROS: i64 = 100;

/// A decimal number. Results of arithmetic have at most [`PRECISION`] digits; the number of decimals
/// is kept, so that `1.50` stays `1.50`, while two numbers are equal if their values are.
#[derive(Clone)]
pub struct Number(Repr);

/// Whole numbers without decimals, which most are, need no memory of their own.
#[derive(Clone)]
enum Repr {
    Integer(i64),
    Decimal(Arc<BigDecimal>),
}

impl Number {
    /// Reads digits with an optional sign, decimals and exponent (`-1.50`, `.5`, `2e3`): what a
    /// `java.math.BigDecimal` reads. `None` for anything else, and for a number that is too large.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = [whole, decimals].concat();
        let too_large =
            digits.len() > MAX_DIGITS as usize || exponent.unsigned_abs() > MAX_PARSED_EXPONENT;
        if digits.is_empty() || too_large || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if text.starts_with('-') {
            digits.insert(0, '-');
        }
        let scale = i64::try_from(decimals.len()).ok()?.checked_sub(exponent)?;
        Self::from_decimal(BigDecimal::new(digits.parse().ok()?, scale))
    }

    /// A count or a position, which is far below the limit of the type.
    pub(crate) fn from_count(count: usize) -> Self {
        Self(Repr::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
    }

    /// The number that a floating-point number prints as in Java: `4` is `4.0`. `None` for infinity
    /// and what is not a number.
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let shortest = format!("{value:e}");
        let (mantissa, exponent) = shortest.split_once('e')?;
        let exponent: i64 = exponent.parse().ok()?;
        let digits: BigInt = mantissa.replace('.', "").parse().ok()?;
        let decimals = i64::try_from(mantissa.split_once('.').map_or(0, |(_, d)| d.len())).ok()?;
        // Java prints at least one decimal, after the exponent of ten is taken off or not.
        let scale = if (-3..7).contains(&exponent) {
            (decimals - exponent).max(1)
        } else {
            decimals.max(1) - exponent
        };
        let zeros = u32::try_from(scale - (decimals - exponent)).ok()?;
        Self::from_decimal(BigDecimal::new(digits * BigInt::from(10).pow(zeros), scale))
    }

    /// `None` if the number is too large; what is too small to be told from zero is zero.
    fn from_decimal(decimal: BigDecimal) -> Option<Self> {
        let (digits, scale) = decimal.as_bigint_and_scale();
        if scale == 0
            && let Some(integer) = digits.to_i64()
        {
            return Some(Self(Repr::Integer(integer)));
        }
        if digits.is_zero() {
            let scale = scale.clamp(-MAX_ZEROS, MAX_ZEROS);
            return Some(Self(Repr::Decimal(Arc::new(BigDecimal::new(
                BigInt::zero(),
                scale,
            )))));
        }
        drop(digits);
        match decimal.order_of_magnitude() {
            _ if decimal.digits() > u64::from(MAX_DIGITS) => None,
            magnitude if magnitude > MAX_EXPONENT => None,
            magnitude if magnitude < -MAX_EXPONENT => Some(Self::from(0)),
            _ => Some(Self(Repr::Decimal(Arc::new(decimal)))),
        }
    }

    fn rounded(decimal: BigDecimal) -> Option<Self> {
        Self::from_decimal(rounded_to(PRECISION, decimal))
    }

    fn decimal(&self) -> BigDecimal {
        match &self.0 {
            Repr::Integer(integer) => BigDecimal::from(*integer),
            Repr::Decimal(decimal) => BigDecimal::clone(decimal),
        }
    }

    /// The sum. `None`, here and below, if the result is too large to be a number.
    #[must_use]
    pub fn add(&self, other: &Self) -> Option<Self> {
        if let (Repr::Integer(a), Repr::Integer(b)) = (&self.0, &other.0)
            && let Some(sum) = a.checked_add(*b)
        {
            return Some(Self(Repr::Integer(sum)));
        }
        let (a, b) = close(self.decimal(), other.decimal());
        let (a, b, scale) = aligned(a, b);
        Self::rounded(BigDecimal::new(a + b, scale))
    }

    /// The difference.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Option<Self> {
        if let (Repr::Integer(a), Repr::Integer(b)) = (&self.0, &other.0)
            && let Some(difference) = a.checked_sub(*b)
        {
            return Some(Self(Repr::Integer(difference)));
        }
        let (a, b) = close(self.decimal(), other.decimal());
        let (a, b, scale) = aligned(a, b);
        Self::rounded(BigDecimal::new(a - b, scale))
    }

    /// The product.
    #[must_use]
    pub fn multiply(&self, other: &Self) -> Option<Self> {
        if let (Repr::Integer(a), Repr::Integer(b)) = (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Some(Self(Repr::Integer(product)));
        }
        Self::rounded(product(self.decimal(), other.decimal()))
    }

    /// The quotient, with no more decimals than it needs. `None` also for a division by zero.
    #[must_use]
    pub fn divide(&self, other: &Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        let (dividend, dividend_scale) = self.decimal().into_bigint_and_scale();
        let (divisor, divisor_scale) = other.decimal().into_bigint_and_scale();
        let preferred_scale = dividend_scale - divisor_scale;
        let missing = PRECISION + 1 + digit_count(&divisor);
        let shift = missing.saturating_sub(digit_count(&dividend));
        let shifted = dividend * BigInt::from(10).pow(u32::try_from(shift).ok()?);
        let (mut quotient, remainder) = (&shifted / &divisor, &shifted % &divisor);
        let mut scale = preferred_scale + i64::try_from(shift).ok()?;
        if remainder.is_zero() {
            while scale > preferred_scale && (&quotient % 10_u32).is_zero() {
                quotient /= 10_u32;
                scale -= 1;
            }
        } else {
            // One more digit stands for everything behind, so that rounding sees no tie where is none.
            let negative = shifted.is_negative() != divisor.is_negative();
            quotient = quotient * 10 + if negative { -1 } else { 1 };
            scale += 1;
        }
        Self::rounded(BigDecimal::new(quotient, scale))
    }

    /// The remainder of a division that truncates. `None` for a divisor of zero, and one that is too small
    /// beside the dividend.
    #[must_use]
    pub fn remainder(&self, divisor: &Self) -> Option<Self> {
        if divisor.is_zero() || self.magnitude() - divisor.magnitude() > i64::from(MAX_DIGITS) {
            return None;
        }
        if divisor.magnitude() - self.magnitude() > i64::from(MAX_DIGITS) {
            return Some(self.clone());
        }
        let (dividend, divisor, scale) = aligned(self.decimal(), divisor.decimal());
        Self::rounded(BigDecimal::new(dividend % divisor, scale))
    }

    /// The power: exact to [`PRECISION`] digits for a whole exponent, in floating point otherwise.
    /// `None` also where there is no such number (`0 ** -1`, `(-1) ** 0.5`).
    #[must_use]
    pub fn power(&self, exponent: &Self) -> Option<Self> {
        if !exponent.is_whole() {
            return Self::from_f64(self.to_f64().powf(exponent.to_f64()));
        }
        let exponent = exponent.to_i64()?;
        let guarded = |decimal| rounded_to(PRECISION + 12, decimal);
        let mut result = BigDecimal::from(1);
        let mut square = self.decimal();
        let mut left = exponent.unsigned_abs();
        while left > 0 {
            if left & 1 == 1 {
                result = guarded(product(result, square.clone()));
            }
            left >>= 1;
            if left > 0 {
                square = guarded(product(square.clone(), square));
                // Twice the range: an inverse of what is out of range may be in it.
                if !square.is_zero() && square.order_of_magnitude().abs() > 2 * MAX_EXPONENT {
                    return match (square.order_of_magnitude() > 0, exponent > 0) {
                        (true, true) | (false, false) => None,
                        _ => Some(Self::from(0)),
                    };
                }
            }
        }
        if exponent < 0 {
            return Self::from(1).divide(&Self::from_decimal(result)?);
        }
        Self::rounded(result)
    }

    /// The number with its sign turned.
    #[must_use]
    pub fn negate(&self) -> Self {
        match &self.0 {
            Repr::Integer(integer) if *integer != i64::MIN => Self(Repr::Integer(-integer)),
            _ => Self(Repr::Decimal(Arc::new(-self.decimal()))),
        }
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() {
            self.negate()
        } else {
            self.clone()
        }
    }

    /// Rounded to a number of decimals, which may be negative. `None` if the scale is out of range.
    pub(crate) fn round(&self, scale: i64, mode: RoundingMode) -> Option<Self> {
        let digits = self.magnitude().saturating_add(scale).saturating_add(1);
        if scale.unsigned_abs() > MAX_EXPONENT.unsigned_abs() || digits > i64::from(MAX_DIGITS) {
            return None;
        }
        Self::from_decimal(self.decimal().with_scale_round(scale, mode))
    }

    /// The exponent of ten of the first digit.
    fn magnitude(&self) -> i64 {
        match &self.0 {
            Repr::Integer(integer) => integer.unsigned_abs().checked_ilog10().map_or(0, i64::from),
            Repr::Decimal(decimal) => decimal.order_of_magnitude(),
        }
    }

    /// The closest floating-point number.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            // The conversion rounds to the nearest, which is what is asked for.
            #[allow(clippy::cast_precision_loss)]
            Repr::Integer(integer) => *integer as f64,
            Repr::Decimal(decimal) => {
                let (digits, scale) = decimal.as_bigint_and_scale();
                format!("{digits}e{}", -scale).parse().unwrap_or(f64::NAN)
            }
        }
    }

    /// The number without its decimals, if it fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Integer(integer) => Some(*integer),
            Repr::Decimal(decimal) => match decimal.order_of_magnitude() {
                ..0 => Some(0),
                0..19 => decimal.to_i64(),
                _ => None,
            },
        }
    }

    /// Whether the number has no decimals but zeros.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Repr::Integer(_) => true,
            Repr::Decimal(decimal) => {
                decimal.is_zero() || decimal.order_of_magnitude() >= 0 && decimal.is_integer()
            }
        }
    }

    /// Whether the number takes memory of its own.
    pub(crate) fn is_decimal(&self) -> bool {
        matches!(self.0, Repr::Decimal(_))
    }

    /// Whether the number is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match &self.0 {
            Repr::Integer(integer) => *integer == 0,
            Repr::Decimal(decimal) => decimal.is_zero(),
        }
    }

    /// Whether the number is less than zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match &self.0 {
            Repr::Integer(integer) => *integer < 0,
            Repr::Decimal(decimal) => decimal.sign() == Sign::Minus,
        }
    }
}

/// Two numbers of which one may be as good as nothing beside the other: then something closer, with the same
/// effect on a sum, stands for it, so that a sum never has thousands of digits.
fn close(a: BigDecimal, b: BigDecimal) -> (BigDecimal, BigDecimal) {
    if a.is_zero() || b.is_zero() {
        return (a, b);
    }
    let reach = |x: &BigDecimal| {
        x.order_of_magnitude() - i64::try_from(x.digits() + PRECISION).unwrap_or(i64::MAX) - 2
    };
    let stand_in = |x: &BigDecimal, magnitude: i64| {
        BigDecimal::new(BigInt::new(x.sign(), vec![1]), -magnitude)
    };
    let (reach_of_a, reach_of_b) = (reach(&a), reach(&b));
    if b.order_of_magnitude() < reach_of_a {
        let b = stand_in(&b, reach_of_a);
        (a, b)
    } else if a.order_of_magnitude() < reach_of_b {
        (stand_in(&a, reach_of_b), b)
    } else {
        (a, b)
    }
}

/// The digits of two numbers at the larger of their scales.
fn aligned(a: BigDecimal, b: BigDecimal) -> (BigInt, BigInt, i64) {
    let (mut a, a_scale) = a.into_bigint_and_scale();
    let (mut b, b_scale) = b.into_bigint_and_scale();
    let shift = |scale: i64| BigInt::from(10).pow(u32::try_from(scale).unwrap_or(0));
    if a_scale < b_scale {
        a *= shift(b_scale - a_scale);
    } else if b_scale < a_scale {
        b *= shift(a_scale - b_scale);
    }
    (a, b, a_scale.max(b_scale))
}

/// The product with as many decimals as both have together, also for `1.0` and `0.0`.
fn product(a: BigDecimal, b: BigDecimal) -> BigDecimal {
    let (a, a_scale) = a.into_bigint_and_scale();
    let (b, b_scale) = b.into_bigint_and_scale();
    BigDecimal::new(a * b, a_scale + b_scale)
}

/// With at most so many digits.
fn rounded_to(precision: u64, decimal: BigDecimal) -> BigDecimal {
    match NonZeroU64::new(precision) {
        Some(precision) if decimal.digits() > precision.get() => {
            Context::new(precision, RoundingMode::HalfEven).round_decimal(decimal)
        }
        _ => decimal,
    }
}

fn digit_count(integer: &BigInt) -> u64 {
    BigDecimal::new(integer.clone(), 0).digits()
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        Self(Repr::Integer(integer))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Integer(a), Repr::Integer(b)) = (&self.0, &other.0) {
            return a.cmp(b);
        }
        let signed = |x: &Self| match (x.is_zero(), x.is_negative()) {
            (true, _) => (0, 0),
            (false, true) => (-1, -x.magnitude()),
            (false, false) => (1, x.magnitude()),
        };
        // By sign and size first, which are known at once.
        signed(self)
            .cmp(&signed(other))
            .then_with(|| match (&self.0, &other.0) {
                (Repr::Decimal(a), Repr::Decimal(b)) => a.cmp(b),
                _ => self.decimal().cmp(&other.decimal()),
            })
    }
}

/// As `java.math.BigDecimal` prints itself: plain, but with an exponent for what is smaller than
/// `0.000001` and for what has fewer digits than its size asks for.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = match &self.0 {
            Repr::Integer(integer) => return integer.fmt(f),
            Repr::Decimal(decimal) => decimal,
        };
        let (digits, scale) = decimal.as_bigint_and_scale();
        let magnitude = i64::try_from(digit_count(&digits)).unwrap_or(i64::MAX) - 1 - scale;
        if scale >= 0 && magnitude >= -6 {
            return decimal.write_plain_string(f);
        }
        let text = digits.magnitude().to_string();
        let (first, rest) = text.split_at(1);
        let sign = if digits.is_negative() { "-" } else { "" };
        let point = if rest.is_empty() { "" } else { "." };
        write!(f, "{sign}{first}{point}{rest}E{magnitude:+}")
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn decimals_are_kept() {
        for text in [
            "1.50",
            "0.10",
            "100",
            "-2.0",
            "0.00",
            "12345678901234567890.5",
        ] {
            assert_eq!(number(text).to_string(), text);
        }
        assert_eq!(
            number("1.50").multiply(&number("2")).unwrap().to_string(),
            "3.00"
        );
        assert_eq!(
            number("1.5").add(&number("1.50")).unwrap().to_string(),
            "3.00"
        );
        assert_eq!(number("1.50"), number("1.5"));
        for (a, operation, b, result) in [
            ("1.0", '*', "2", "2.0"),
            ("19.9", '*', "1.00", "19.900"),
            ("1.00", '*', "1.00", "1.0000"),
            ("0.0", '*', "2", "0.0"),
            ("1.5", '+', "0.00", "1.50"),
            ("0.00", '-', "1.5", "-1.50"),
            ("1.5", '-', "1.5", "0.0"),
            ("12.0", '%', "5", "2.0"),
            ("12", '%', "5.0", "2.0"),
            ("1.0", '^', "3", "1.000"),
            ("1.0", '^', "0", "1"),
        ] {
            let (x, y) = (number(a), number(b));
            let found = match operation {
                '+' => x.add(&y),
                '-' => x.subtract(&y),
                '*' => x.multiply(&y),
                '%' => x.remainder(&y),
                _ => x.power(&y),
            };
            assert_eq!(found.unwrap().to_string(), result, "{a} {operation} {b}");
        }
    }

    #[test]
    fn a_number_prints_as_in_java() {
        for (text, printed) in [
            ("0.000001", "0.000001"),
            ("0.0000001", "1E-7"),
            ("0.00000012", "1.2E-7"),
            ("1e3", "1E+3"),
            ("-12e3", "-1.2E+4"),
            ("0e3", "0E+3"),
        ] {
            assert_eq!(number(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn a_floating_point_number_has_a_decimal() {
        for (value, printed) in [
            (4.0, "4.0"),
            (0.1, "0.1"),
            (0.001, "0.001"),
            (1e7, "1.0E+7"),
            (1.5e10, "1.5E+10"),
            (2.081_665_999_466_132_6, "2.0816659994661326"),
            (-123.25, "-123.25"),
            (1e-4, "0.00010"),
        ] {
            assert_eq!(Number::from_f64(value).unwrap().to_string(), printed);
        }
        assert!(Number::from_f64(f64::NAN).is_none());
    }

    #[test]
    fn a_quotient_has_34_digits() {
        let third = number("1").divide(&number("3")).unwrap();
        assert_eq!(third.to_string(), "0.3333333333333333333333333333333333");
        let two_thirds = number("-2").divide(&number("3")).unwrap();
        assert_eq!(
            two_thirds.to_string(),
            "-0.6666666666666666666666666666666667"
        );
        assert_eq!(
            number("10").divide(&number("4")).unwrap().to_string(),
            "2.5"
        );
        assert_eq!(number("6").divide(&number("2")).unwrap().to_string(), "3");
        assert_eq!(
            number("1.00").divide(&number("1")).unwrap().to_string(),
            "1.00"
        );
        assert!(number("1").divide(&number("0.0")).is_none());
    }

    #[test]
    fn a_power_is_exact_for_a_whole_exponent() {
        assert_eq!(
            number("2").power(&number("10")).unwrap().to_string(),
            "1024"
        );
        assert_eq!(
            number("2").power(&number("-2")).unwrap().to_string(),
            "0.25"
        );
        assert_eq!(
            number("1.5").power(&number("2")).unwrap().to_string(),
            "2.25"
        );
        assert_eq!(
            number("2").power(&number("3.1")).unwrap().to_string(),
            "8.574187700290345"
        );
        assert!(number("0").power(&number("-1")).is_none());
        assert!(number("-1").power(&number("0.5")).is_none());
    }

    #[test]
    fn numbers_of_very_different_size_add_up() {
        let (large, small) = (number("1e6000"), number("1e-6000"));
        assert_eq!(large.add(&small).unwrap(), large);
        assert_eq!(small.subtract(&large).unwrap(), large.negate());
        // Just below a tie, on it and just above it, in the digit behind the last.
        let half = number("10000000000000000000000000000000000.5");
        assert_eq!(
            half.add(&number("1e-99")).unwrap().to_string(),
            "1.000000000000000000000000000000000E+34"
        );
        let tie = number("1000000000000000000000000000000001")
            .add(&number("0.5"))
            .unwrap();
        assert_eq!(tie.to_string(), "1000000000000000000000000000000002");
        let above = number("1000000000000000000000000000000000.5")
            .add(&number("1e-99"))
            .unwrap();
        assert_eq!(above.to_string(), "1000000000000000000000000000000001");
        let below = number("1000000000000000000000000000000001.5")
            .subtract(&number("1e-99"))
            .unwrap();
        assert_eq!(below.to_string(), "1000000000000000000000000000000001");
        assert!(small < large && large.negate() < small && number("0") < small);
        assert_eq!(large.to_i64(), None);
        assert_eq!(small.to_i64(), Some(0));
        assert!(large.is_whole() && !small.is_whole() && number("0.00").is_whole());
    }

    #[test]
    fn a_number_has_a_largest_size() {
        assert!(number("10").power(&number("6144")).is_some());
        assert!(number("10").power(&number("6145")).is_none());
        assert!(number("10").power(&number("999999999999")).is_none());
        assert!(Number::parse("1e6145").is_none());
        assert!(Number::parse("1e-6145").unwrap().is_zero());
        assert!(Number::parse("11e9223372036854775807").is_none());
        assert!(Number::parse("11e-9223372036854775808").is_none());
        assert!(Number::parse(&"9".repeat(128)).is_some());
        assert!(Number::parse(&"9".repeat(129)).is_none());
        for scale in [i64::MIN, -6_145, 128, 6_145, i64::MAX] {
            assert!(
                number("1.5").round(scale, RoundingMode::Floor).is_none(),
                "{scale}"
            );
        }
        assert!(number("1e6144").remainder(&number("3")).is_none());
        assert_eq!(
            number("3").remainder(&number("1e6144")).unwrap(),
            number("3")
        );
        assert!(number("1e100").remainder(&number("2")).unwrap().is_zero());
        assert!(
            number("0.1")
                .power(&number("999999999999"))
                .unwrap()
                .is_zero()
        );
        assert!(
            number("1e-6144")
                .multiply(&number("1e-6144"))
                .unwrap()
                .is_zero()
        );
        let largest = Number::from(i64::MAX);
        assert_eq!(
            largest.add(&Number::from(1)).unwrap().to_string(),
            "9223372036854775808"
        );
        assert_eq!(
            Number::from(i64::MIN).negate().to_string(),
            "9223372036854775808"
        );
    }

    proptest! {
        #[test]
        fn what_is_no_number_is_refused(text in "[0-9eE.+-]{0,12}") {
            let java = regex::Regex::new(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$").unwrap();
            if let Some(number) = Number::parse(&text) {
                prop_assert!(java.is_match(&text), "{} was read as {}", text, number);
            } else if java.is_match(&text) {
                let exponent = text.rsplit_once(['e', 'E']).map_or("0", |(_, exponent)| exponent);
                prop_assert!(exponent.parse::<i64>().is_ok_and(|e| e.abs() > 6_000));
            }
        }

        #[test]
        fn small_numbers_calculate_as_integers_do(a in -1_000_000_i64..1_000_000, b in -1000_i64..1000) {
            let (x, y) = (Number::from(a), Number::from(b));
            prop_assert_eq!(x.add(&y).unwrap(), Number::from(a + b));
            prop_assert_eq!(x.subtract(&y).unwrap(), Number::from(a - b));
            prop_assert_eq!(x.multiply(&y).unwrap(), Number::from(a * b));
            prop_assert_eq!(x.remainder(&y), (b != 0).then(|| Number::from(a % b)));
            if b != 0 {
                let back = x.divide(&y).unwrap().multiply(&y).unwrap();
                prop_assert_eq!(back.round(20, RoundingMode::HalfEven), x.round(20, RoundingMode::HalfEven));
            }
        }
    }
}
