//! Functions about strings. Lengths and positions count UTF-16 code units, as in Java.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{Builtin, Failure, Outcome, function};
use crate::error::EvaluationErrorKind;
use crate::evaluation::Evaluator;
use crate::number::Number;
use crate::pattern::between;
use crate::value::Value;

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("substring", &["string", "start position"], substring),
    function(
        "substring",
        &["string", "start position", "length"],
        substring,
    ),
    function("string length", &["string"], string_length),
    function("upper case", &["string"], upper_case),
    function("lower case", &["string"], lower_case),
    function("substring before", &["string", "match"], substring_before),
    function("substring after", &["string", "match"], substring_after),
    function("contains", &["string", "match"], contains),
    function("starts with", &["string", "match"], starts_with),
    function("ends with", &["string", "match"], ends_with),
    function("matches", &["input", "pattern"], matches),
    function("matches", &["input", "pattern", "flags"], matches),
    function("replace", &["input", "pattern", "replacement"], replace),
    function(
        "replace",
        &["input", "pattern", "replacement", "flags"],
        replace,
    ),
    function("split", &["string", "delimiter"], split),
    function("extract", &["input", "pattern"], extract),
    function("extract", &["string", "pattern"], extract),
    function("trim", &["string"], trim),
    function("is blank", &["string"], is_blank),
    function("to base64", &["value"], to_base64),
    function("from base64", &["value"], from_base64),
    function("uuid", &[], uuid),
];

/// The steps for going through a text once.
fn read(evaluator: &mut Evaluator<'_>, text: &str) -> Result<(), Failure> {
    Ok(evaluator.step(text.len() / 64)?)
}

/// A position from 1, or from -1 for the last, as an index from 0.
fn index(length: usize, position: &Number) -> Option<usize> {
    let position = position.to_i64()?;
    if position > 0 {
        usize::try_from(position - 1).ok()
    } else {
        usize::try_from(i64::try_from(length).ok()?.checked_add(position)?).ok()
    }
    .filter(|index| *index <= length)
}

fn substring(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (text, start, length) = match arguments {
        [Value::String(text), Value::Number(start)] => (text, start, None),
        [
            Value::String(text),
            Value::Number(start),
            Value::Number(length),
        ] => (text, start, Some(length)),
        _ => return Failure::illegal(arguments),
    };
    evaluator.step(text.len() / 16)?;
    let outside = || Failure::null("the position is outside of the string");
    let units = if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    };
    let start = index(units, start).ok_or_else(outside)?;
    let length = match length {
        Some(length) if length.is_negative() => {
            return Err(Failure::null("the length is negative"));
        }
        Some(length) => length
            .to_i64()
            .and_then(|length| usize::try_from(length).ok())
            .unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let end = start.saturating_add(length).min(units);
    if text.is_ascii() {
        return Ok(evaluator.string(text[start..end].to_owned())?);
    }
    // Half of a pair of code units is no character: it becomes U+FFFD.
    let part: Vec<u16> = text.encode_utf16().skip(start).take(end - start).collect();
    Ok(evaluator.string(String::from_utf16_lossy(&part))?)
}

fn string_length(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::String(text)] = arguments else {
        return Failure::illegal(arguments);
    };
    read(evaluator, text)?;
    Ok(Number::from_count(text.encode_utf16().count()).into())
}

fn upper_case(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    convert(evaluator, arguments, str::to_uppercase)
}

fn lower_case(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    convert(evaluator, arguments, str::to_lowercase)
}

fn convert(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
    convert: fn(&str) -> String,
) -> Outcome {
    let [Value::String(text)] = arguments else {
        return Failure::illegal(arguments);
    };
    read(evaluator, text)?;
    // A letter may become three.
    let longest = if text.is_ascii() {
        text.len()
    } else {
        3 * text.len()
    };
    evaluator.step(text.len() / 8)?;
    evaluator.grow(text.len(), longest + 40)?;
    Ok(convert(text).into())
}

/// Two strings, of which the second is searched for: it is gone through more than once.
fn two<'a>(
    evaluator: &mut Evaluator<'_>,
    arguments: &'a [Value],
) -> Result<(&'a str, &'a str), Failure> {
    match arguments {
        [Value::String(first), Value::String(second)] => {
            evaluator.step(second.len() / 16)?;
            Ok((first, second))
        }
        _ => Failure::illegal(arguments),
    }
}

fn substring_before(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (text, wanted) = two(evaluator, arguments)?;
    let before = text.split_once(wanted).map_or("", |(before, _)| before);
    Ok(evaluator.string(before.to_owned())?)
}

fn substring_after(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (text, wanted) = two(evaluator, arguments)?;
    let after = text.split_once(wanted).map_or("", |(_, after)| after);
    Ok(evaluator.string(after.to_owned())?)
}

fn contains(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (text, wanted) = two(evaluator, arguments)?;
    Ok(text.contains(wanted).into())
}

fn starts_with(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (text, wanted) = two(evaluator, arguments)?;
    Ok(text.starts_with(wanted).into())
}

fn ends_with(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (text, wanted) = two(evaluator, arguments)?;
    Ok(text.ends_with(wanted).into())
}

fn matches(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (text, pattern, flags) = match arguments {
        [Value::String(text), Value::String(pattern)] => (text, pattern, ""),
        [
            Value::String(text),
            Value::String(pattern),
            Value::String(flags),
        ] => (text, pattern, &**flags),
        _ => return Failure::illegal(arguments),
    };
    Ok((!evaluator.find(pattern, flags, text, 1)?.is_empty()).into())
}

fn replace(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let (text, pattern, replacement, flags) = match arguments {
        [
            Value::String(text),
            Value::String(pattern),
            Value::String(replacement),
        ] => (text, pattern, replacement, ""),
        [
            Value::String(text),
            Value::String(pattern),
            Value::String(replacement),
            Value::String(flags),
        ] => (text, pattern, replacement, &**flags),
        _ => return Failure::illegal(arguments),
    };
    Ok(evaluator.replace(pattern, flags, text, replacement)?.into())
}

fn split(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::String(text), Value::String(delimiter)] = arguments else {
        return Failure::illegal(arguments);
    };
    let delimiters = evaluator.find(delimiter, "", text, usize::MAX)?;
    strings(evaluator, between(text, delimiters))
}

fn extract(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::String(text), Value::String(pattern)] = arguments else {
        return Failure::illegal(arguments);
    };
    let matches = evaluator.find(pattern, "", text, usize::MAX)?;
    strings(evaluator, matches.into_iter().map(|found| &text[found]))
}

fn strings<'t>(evaluator: &mut Evaluator<'_>, texts: impl Iterator<Item = &'t str>) -> Outcome {
    let mut list = Vec::new();
    for text in texts {
        evaluator.step(1)?;
        evaluator.grow_list(list.len() + 1)?;
        evaluator.allocate(text.len())?;
        list.push(text.into());
    }
    Ok(list.into())
}

/// Without the control characters and spaces at both ends, as in Java.
fn trim(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::String(text)] = arguments else {
        return Failure::illegal(arguments);
    };
    read(evaluator, text)?;
    Ok(evaluator.string(text.trim_matches(|c| c <= ' ').to_owned())?)
}

fn is_blank(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::String(text)] = arguments else {
        return Failure::illegal(arguments);
    };
    read(evaluator, text)?;
    Ok(text.chars().all(is_java_whitespace).into())
}

/// White space but for what keeps words together, and the separators of information.
fn is_java_whitespace(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}')
        || ('\u{1c}'..='\u{1f}').contains(&c)
}

fn to_base64(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::String(text)] = arguments else {
        return Failure::illegal(arguments);
    };
    read(evaluator, text)?;
    evaluator.allocate(text.len() / 3 * 4 + 4)?;
    Ok(BASE64_STANDARD.encode(text.as_bytes()).into())
}

fn from_base64(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    let [Value::String(text)] = arguments else {
        return Failure::illegal(arguments);
    };
    read(evaluator, text)?;
    evaluator.allocate(text.len())?;
    let bytes = BASE64_STANDARD
        .decode(text.as_bytes())
        .map_err(|_| Failure::null("the value is no base64"))?;
    let text =
        String::from_utf8(bytes).map_err(|_| Failure::null("the value is no text in utf-8"))?;
    Ok(text.into())
}

/// A random one (version 4).
fn uuid(evaluator: &mut Evaluator<'_>, _: &[Value]) -> Outcome {
    let random = evaluator
        .engine
        .random
        .as_ref()
        .ok_or_else(|| evaluator.stop(EvaluationErrorKind::NoRandomness))?;
    let mut bytes = [0; 16];
    random(&mut bytes);
    let uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
    Ok(evaluator.string(uuid.to_string())?)
}
