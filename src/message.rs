//! A message and its attributes: limits and validation.
//!
//! Sources: the Amazon SQS API reference (`SendMessage`, `MessageAttributeValue`) and the developer
//! guide's pages "message quotas" and "message metadata". Where SQS itself is known to be laxer than
//! these, or where they say nothing, the server decides.

use crate::error::Violation;

/// The largest message: body and attributes, in bytes.
pub const MAX_SIZE: usize = 1_048_576;
/// The most message attributes of one message.
pub const MAX_ATTRIBUTES: usize = 10;
/// The longest attribute name, in characters, and the longest data type with its label, in bytes.
const MAX_NAME: usize = 256;
/// The longest group id and deduplication id, in characters.
const MAX_ID: usize = 128;
/// The longest delay, in seconds.
const MAX_DELAY: u16 = 900;
/// The most significant digits of a Number.
const MAX_DIGITS: usize = 38;
/// The decimal exponents between which a Number's first significant digit stands.
const NUMBER_MAGNITUDE: std::ops::RangeInclusive<i64> = -128..=126;

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The body.
    pub body: String,
    /// Message attributes, in the order in which they are sent.
    pub attributes: Vec<Attribute>,
    /// `MessageGroupId`.
    pub message_group_id: Option<String>,
    /// `MessageDeduplicationId`.
    pub message_deduplication_id: Option<String>,
    /// `DelaySeconds`.
    pub delay_seconds: Option<u16>,
    /// The message system attribute `AWSTraceHeader`.
    pub aws_trace_header: Option<String>,
}

/// One message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Value,
    /// The custom label of the data type, without its dot.
    pub label: Option<String>,
}

/// The value of a message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Data type `String`.
    String(String),
    /// Data type `Number`, as text.
    Number(String),
    /// Data type `Binary`.
    Binary(Vec<u8>),
}

impl Value {
    /// The bytes that SQS counts and hashes: for a Binary, those before base64.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::String(text) | Self::Number(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

impl Attribute {
    /// The data type with its label: `Number.int`.
    #[must_use]
    pub fn data_type(&self) -> String {
        let base = match self.value {
            Value::String(_) => "String",
            Value::Number(_) => "Number",
            Value::Binary(_) => "Binary",
        };
        match &self.label {
            Some(label) => format!("{base}.{label}"),
            None => base.to_owned(),
        }
    }
}

impl Message {
    /// The size that SQS counts, in bytes: the body, and each attribute's name, data type and value.
    /// System attributes do not count.
    #[must_use]
    pub fn size(&self) -> usize {
        let attributes = self.attributes.iter().map(|attribute| {
            attribute.name.len() + attribute.data_type().len() + attribute.value.as_bytes().len()
        });
        self.body.len() + attributes.sum::<usize>()
    }

    /// Lists every rule of SQS that this message breaks, on a FIFO queue or on a standard one. Of more
    /// attributes than there may be, the rest is not looked at.
    #[must_use]
    pub fn violations(&self, fifo: bool) -> Vec<Violation> {
        let mut violations = Violations(Vec::new());
        violations.check("message.body", check_text(&self.body));
        let size = self.size();
        if size > MAX_SIZE {
            violations.add(
                "message",
                format!(
                    "must be at most {MAX_SIZE} bytes, body and attributes together: has {size}"
                ),
            );
        }
        self.attribute_violations(&mut violations);
        match &self.message_group_id {
            Some(id) => violations.check("message.message-group-id", check_id(id)),
            None if fifo => violations.add(
                "message.message-group-id",
                "is required on a fifo queue".into(),
            ),
            None => {}
        }
        if let Some(id) = &self.message_deduplication_id {
            violations.check("message.message-deduplication-id", check_id(id));
        }
        match self.delay_seconds {
            Some(delay) if delay > MAX_DELAY => violations.add(
                "message.delay-seconds",
                format!("must be at most {MAX_DELAY}: is {delay}"),
            ),
            Some(delay) if fifo && delay > 0 => violations.add(
                "message.delay-seconds",
                format!("must be 0 or absent on a fifo queue: is {delay}"),
            ),
            _ => {}
        }
        if let Some(header) = &self.aws_trace_header {
            violations.check("message.aws-trace-header", check_text(header));
        }
        violations.0
    }

    fn attribute_violations(&self, violations: &mut Violations) {
        let count = self.attributes.len();
        if count > MAX_ATTRIBUTES {
            violations.add(
                "message.attributes",
                format!("must be at most {MAX_ATTRIBUTES}: are {count}"),
            );
        }
        for (index, attribute) in self.attributes.iter().take(MAX_ATTRIBUTES).enumerate() {
            let field = format!("message.attributes[{index}]");
            violations.check(&format!("{field}.name"), check_name(&attribute.name));
            let twin = self.attributes[..index]
                .iter()
                .position(|earlier| earlier.name == attribute.name);
            if let Some(twin) = twin {
                violations.add(
                    &format!("{field}.name"),
                    format!("must be unique: attributes[{twin}] has the same"),
                );
            }
            if let Some(label) = &attribute.label {
                let length = attribute.data_type().len();
                let problem = check_text(label).or_else(|| {
                    (length > MAX_NAME).then(|| {
                        format!("must leave the data type at most {MAX_NAME} bytes: has {length}")
                    })
                });
                violations.check(&format!("{field}.label"), problem);
            }
            violations.check(&format!("{field}.value"), check_value(&attribute.value));
        }
    }
}

/// The rules broken so far.
struct Violations(Vec<Violation>);

impl Violations {
    fn add(&mut self, field: &str, problem: String) {
        self.0.push(Violation::new(field, problem));
    }

    fn check(&mut self, field: &str, problem: Option<String>) {
        if let Some(problem) = problem {
            self.add(field, problem);
        }
    }
}

/// Text that SQS stores: not empty, of the characters that XML 1.0 has.
fn check_text(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("must not be empty".into());
    }
    let at = first_forbidden(text.as_bytes())?;
    let forbidden = text.get(at..).and_then(|rest| rest.chars().next())?;
    Some(format!(
        "must not contain U+{:04X}: byte {at} of {}",
        u32::from(forbidden),
        text.len()
    ))
}

/// Where the first character is that a body must not have. Those it may have are
/// `#x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF`: what UTF-8 can say beside them is the other
/// control characters, U+FFFE and U+FFFF.
fn first_forbidden(bytes: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        // Most text is plain: eight bytes from the space on and below 0x80, as their highest bits tell.
        if let Some(eight) = rest.first_chunk() {
            let eight = u64::from_ne_bytes(*eight);
            if (eight | eight.wrapping_sub(0x20 * EACH)) & (0x80 * EACH) == 0 {
                at += 8;
                continue;
            }
        }
        match rest {
            [b'\t' | b'\n' | b'\r', ..] => {}
            [..b' ', ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..] => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn check_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => check_text(text),
        Value::Number(text) => check_number(text),
        Value::Binary(bytes) => bytes.is_empty().then(|| "must not be empty".into()),
    }
}

/// Beyond ASCII the server decides: SQS is known to accept letters that its documentation excludes.
fn check_name(name: &str) -> Option<String> {
    let length = name.chars().count();
    let starts_with = |prefix: &str| {
        name.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if name.is_empty() {
        Some("must not be empty".into())
    } else if length > MAX_NAME {
        Some(format!(
            "must be at most {MAX_NAME} characters: has {length}"
        ))
    } else if starts_with("aws.") || starts_with("amazon.") {
        Some("must not begin with 'AWS.' or 'Amazon.' in any case".into())
    } else if name.starts_with('.') || name.ends_with('.') || name.contains("..") {
        Some("must not begin or end with a dot or contain two in a row".into())
    } else {
        let allowed =
            |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let (at, _) = name.char_indices().find(|(_, c)| !allowed(*c))?;
        Some(format!(
            "must be letters, digits, '_', '-' and '.': byte {at} of {} is not",
            name.len()
        ))
    }
}

fn check_id(id: &str) -> Option<String> {
    let length = id.chars().count();
    if length == 0 || length > MAX_ID {
        return Some(format!("must be 1 to {MAX_ID} characters: has {length}"));
    }
    let at = id.chars().position(|c| !c.is_ascii_graphic())?;
    Some(format!(
        "must be ascii letters, digits and punctuation: character {at} of {length} is not"
    ))
}

/// A decimal number, with an optional sign, fraction and exponent.
fn check_number(text: &str) -> Option<String> {
    let malformed = || {
        Some(format!(
            "must be a decimal number: the {} bytes given are not",
            text.len()
        ))
    };
    if text.is_empty() {
        return Some("must not be empty".into());
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => match exponent.parse::<i64>() {
            Ok(exponent) => (mantissa, exponent),
            Err(_) => return malformed(),
        },
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return malformed();
    }
    let leading_zeros = digits.len() - digits.trim_start_matches('0').len();
    let significant = digits.trim_matches('0').len();
    if significant > MAX_DIGITS {
        return Some(format!(
            "must have at most {MAX_DIGITS} significant digits: has {significant}"
        ));
    }
    // Where the first significant digit stands: 0 in 5, 2 in 500, -3 in 0.005.
    let position = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let magnitude = exponent
        .saturating_add(position(whole.len()))
        .saturating_sub(position(leading_zeros))
        .saturating_sub(1);
    (significant > 0 && !NUMBER_MAGNITUDE.contains(&magnitude)).then(|| {
        format!("must be between 1e-128 and 1e+126 in magnitude: is of the order 1e{magnitude:+}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> Message {
        Message {
            body: body.into(),
            ..Message::default()
        }
    }

    fn with_attribute(name: &str, value: Value, label: Option<&str>) -> Message {
        Message {
            attributes: vec![Attribute {
                name: name.into(),
                value,
                label: label.map(Into::into),
            }],
            ..message("x")
        }
    }

    fn text(value: &str) -> Value {
        Value::String(value.into())
    }

    /// The fields and problems of a message on a standard queue, for comparison.
    fn problems(message: &Message) -> Vec<(String, String)> {
        message
            .violations(false)
            .into_iter()
            .map(|violation| (violation.field, violation.problem))
            .collect()
    }

    fn one(field: &str, problem: &str) -> Vec<(String, String)> {
        vec![(field.into(), problem.into())]
    }

    #[test]
    fn a_body_of_exactly_one_mebibyte_is_accepted() {
        assert_eq!(problems(&message(&"a".repeat(MAX_SIZE))), []);
        assert_eq!(problems(&message(&"é".repeat(MAX_SIZE / 2))), []);
    }

    #[test]
    fn a_byte_more_than_one_mebibyte_is_refused() {
        let expected = one(
            "message",
            "must be at most 1048576 bytes, body and attributes together: has 1048577",
        );
        assert_eq!(problems(&message(&"a".repeat(MAX_SIZE + 1))), expected);
        // Bytes count, not characters.
        let multibyte = format!("{}a", "é".repeat(MAX_SIZE / 2));
        assert_eq!(problems(&message(&multibyte)), expected);
    }

    #[test]
    fn attributes_count_with_name_data_type_and_value() {
        let mut message = with_attribute("name", Value::Binary(vec![0; 5]), Some("png"));
        assert_eq!(message.size(), 1 + "name".len() + "Binary.png".len() + 5);
        message.body = "a".repeat(MAX_SIZE - 19);
        assert_eq!(problems(&message), []);
        message.body.push('a');
        assert_eq!(problems(&message).len(), 1);
    }

    #[test]
    fn the_trace_header_does_not_count() {
        let message = Message {
            aws_trace_header: Some("Root=1".into()),
            ..message(&"a".repeat(MAX_SIZE))
        };
        assert_eq!(problems(&message), []);
    }

    #[test]
    fn an_empty_body_is_refused() {
        assert_eq!(
            problems(&message("")),
            one("message.body", "must not be empty")
        );
    }

    #[test]
    fn characters_that_sqs_does_not_store_are_refused_by_position() {
        for allowed in [
            "\t\n\r ",
            "\u{7f}\u{80}",
            "\u{D7FF}\u{E000}\u{FFFD}",
            "\u{10000}\u{10FFFF}",
        ] {
            assert_eq!(problems(&message(allowed)), [], "{allowed:?}");
        }
        for (body, problem) in [
            ("a\0", "must not contain U+0000: byte 1 of 2"),
            ("é\u{8}", "must not contain U+0008: byte 2 of 3"),
            ("\u{1f}", "must not contain U+001F: byte 0 of 1"),
            ("\u{FFFE}", "must not contain U+FFFE: byte 0 of 3"),
            ("\u{FFFF}", "must not contain U+FFFF: byte 0 of 3"),
        ] {
            assert_eq!(problems(&message(body)), one("message.body", problem));
        }
    }

    #[test]
    fn more_than_ten_attributes_are_refused() {
        let attribute = |index: usize| Attribute {
            name: format!("a{index}"),
            value: text("v"),
            label: None,
        };
        let mut message = message("x");
        message.attributes = (0..10).map(attribute).collect();
        assert_eq!(problems(&message), []);
        message.attributes.push(attribute(10));
        assert_eq!(
            problems(&message),
            one("message.attributes", "must be at most 10: are 11")
        );
    }

    #[test]
    fn attribute_names_follow_the_rules_and_sqs_own_laxness() {
        for name in [
            "a",
            "A-b_c.9",
            "øßä",
            "awsome",
            "Amazonas.x",
            &"n".repeat(256),
        ] {
            assert_eq!(
                problems(&with_attribute(name, text("v"), None)),
                [],
                "{name}"
            );
        }
        for (name, problem) in [
            ("", "must not be empty"),
            (&"n".repeat(257), "must be at most 256 characters: has 257"),
            (
                "aWs.x",
                "must not begin with 'AWS.' or 'Amazon.' in any case",
            ),
            (
                "amazon.x",
                "must not begin with 'AWS.' or 'Amazon.' in any case",
            ),
            (
                ".a",
                "must not begin or end with a dot or contain two in a row",
            ),
            (
                "a.",
                "must not begin or end with a dot or contain two in a row",
            ),
            (
                "a..b",
                "must not begin or end with a dot or contain two in a row",
            ),
            (
                "a b",
                "must be letters, digits, '_', '-' and '.': byte 1 of 3 is not",
            ),
        ] {
            assert_eq!(
                problems(&with_attribute(name, text("v"), None)),
                one("message.attributes[0].name", problem),
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_that_occurs_twice_is_refused() {
        let mut message = with_attribute("a", text("1"), None);
        message.attributes.push(Attribute {
            name: "A".into(),
            ..message.attributes[0].clone()
        });
        message.attributes.push(message.attributes[0].clone());
        assert_eq!(
            problems(&message),
            one(
                "message.attributes[2].name",
                "must be unique: attributes[0] has the same"
            )
        );
    }

    #[test]
    fn labels_make_a_data_type_of_at_most_256_bytes() {
        for label in ["int", "png.v2", &"l".repeat(249)] {
            assert_eq!(
                problems(&with_attribute("a", text("v"), Some(label))),
                [],
                "{label}"
            );
        }
        for (label, problem) in [
            ("", "must not be empty"),
            ("a\0", "must not contain U+0000: byte 1 of 2"),
            (
                &"l".repeat(250),
                "must leave the data type at most 256 bytes: has 257",
            ),
        ] {
            assert_eq!(
                problems(&with_attribute("a", text("v"), Some(label))),
                one("message.attributes[0].label", problem)
            );
        }
    }

    #[test]
    fn empty_values_are_refused() {
        for value in [
            text(""),
            Value::Number(String::new()),
            Value::Binary(vec![]),
        ] {
            assert_eq!(
                problems(&with_attribute("a", value, None)),
                one("message.attributes[0].value", "must not be empty")
            );
        }
    }

    #[test]
    fn numbers_are_decimal_within_38_digits_and_the_range() {
        let digits = "1".repeat(38);
        for number in [
            "0",
            "-0",
            "7",
            "+7",
            "-12.50",
            ".5",
            "5.",
            "1e5",
            "1E-5",
            "1e+126",
            "1e-128",
            "0e999",
            &digits,
            &format!("000{digits}000"),
        ] {
            let value = Value::Number(number.to_owned());
            assert_eq!(problems(&with_attribute("a", value, None)), [], "{number}");
        }
        for (number, problem) in [
            ("abc", "must be a decimal number: the 3 bytes given are not"),
            ("1e", "must be a decimal number: the 2 bytes given are not"),
            (".", "must be a decimal number: the 1 bytes given are not"),
            ("1 ", "must be a decimal number: the 2 bytes given are not"),
            ("--1", "must be a decimal number: the 3 bytes given are not"),
            ("NaN", "must be a decimal number: the 3 bytes given are not"),
            (
                &"1".repeat(39),
                "must have at most 38 significant digits: has 39",
            ),
            (
                "10e126",
                "must be between 1e-128 and 1e+126 in magnitude: is of the order 1e+127",
            ),
            (
                "0.1e-128",
                "must be between 1e-128 and 1e+126 in magnitude: is of the order 1e-129",
            ),
        ] {
            let value = Value::Number(number.to_owned());
            assert_eq!(
                problems(&with_attribute("a", value, None)),
                one("message.attributes[0].value", problem),
                "{number}"
            );
        }
    }

    #[test]
    fn ids_are_1_to_128_ascii_letters_digits_and_punctuation() {
        let with_ids = |id: &str| Message {
            message_group_id: Some(id.into()),
            message_deduplication_id: Some(id.into()),
            ..message("x")
        };
        let punctuation = "azAZ09!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
        assert_eq!(problems(&with_ids(punctuation)), []);
        assert_eq!(problems(&with_ids(&"g".repeat(128))), []);
        for (id, problem) in [
            ("", "must be 1 to 128 characters: has 0"),
            (&"g".repeat(129), "must be 1 to 128 characters: has 129"),
            (
                "a b",
                "must be ascii letters, digits and punctuation: character 1 of 3 is not",
            ),
            (
                "é",
                "must be ascii letters, digits and punctuation: character 0 of 1 is not",
            ),
        ] {
            let expected = [
                ("message.message-group-id".to_owned(), problem.to_owned()),
                (
                    "message.message-deduplication-id".to_owned(),
                    problem.to_owned(),
                ),
            ];
            assert_eq!(problems(&with_ids(id)), expected);
        }
    }

    #[test]
    fn a_fifo_queue_needs_a_group_and_takes_no_delay() {
        let fifo = |group: Option<&str>, delay| {
            Message {
                message_group_id: group.map(Into::into),
                delay_seconds: delay,
                ..message("x")
            }
            .violations(true)
        };
        assert_eq!(fifo(Some("g"), Some(0)), []);
        assert_eq!(
            fifo(None, Some(2)),
            [
                Violation::new("message.message-group-id", "is required on a fifo queue"),
                Violation::new(
                    "message.delay-seconds",
                    "must be 0 or absent on a fifo queue: is 2"
                ),
            ]
        );
    }

    #[test]
    fn a_delay_is_at_most_900_seconds() {
        let delayed = |seconds| Message {
            delay_seconds: Some(seconds),
            ..message("x")
        };
        assert_eq!(problems(&delayed(900)), []);
        assert_eq!(
            problems(&delayed(901)),
            one("message.delay-seconds", "must be at most 900: is 901")
        );
    }

    #[test]
    fn every_violation_is_listed_at_once() {
        let message = Message {
            body: String::new(),
            delay_seconds: Some(1000),
            ..with_attribute("", text(""), None)
        };
        let fields: Vec<_> = message
            .violations(true)
            .into_iter()
            .map(|v| v.field)
            .collect();
        assert_eq!(
            fields,
            [
                "message.body",
                "message.attributes[0].name",
                "message.attributes[0].value",
                "message.message-group-id",
                "message.delay-seconds"
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn the_first_character_that_xml_does_not_have_is_found(
            text in "[ -~\\t\\n\\r\u{1}\u{1F}\u{7F}\u{80}äü€\u{D7FF}\u{E000}\u{EFFF}\u{FFFD}-\u{FFFF}\u{10000}\u{10FFFF}]*"
        ) {
            let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
            let expected = text.char_indices().find(|(_, c)| !is_allowed(*c)).map(|(at, _)| at);
            proptest::prop_assert_eq!(first_forbidden(text.as_bytes()), expected);
        }

        #[test]
        fn no_message_makes_validation_panic_or_show_a_value(
            body in ".*", name in ".*", value in ".{8,}", label in proptest::option::of(".*"), id in ".*"
        ) {
            let message = Message {
                message_group_id: Some(id),
                ..with_attribute(&name, Value::Number(value.clone()), label.as_deref())
            };
            let message = Message { body, ..message };
            for violation in message.violations(true) {
                proptest::prop_assert!(!violation.problem.contains(&value));
            }
        }
    }
}
