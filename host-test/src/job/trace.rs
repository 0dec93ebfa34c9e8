//! The trace that a job belongs to.

use std::fmt;
use std::str::FromStr;

/// Where a job stands in a distributed trace, as the W3C has it: `traceparent`, of version 00 or of a later one that
/// begins in the same way. <https://www.w3.org/TR/trace-context/#traceparent-header>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: String,
    parent_id: String,
    sampled: bool,
}

/// A text is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent of the w3c")]
pub struct InvalidTraceContext;

impl TraceContext {
    /// The id of the trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// The same as a header of AWS X-Ray, which SQS takes as the system attribute `AWSTraceHeader`. X-Ray takes ids of
    /// the W3C, written in two parts.
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
    #[must_use]
    pub fn to_aws_trace_header(&self) -> String {
        let (time, random) = self.trace_id.split_at(8);
        let sampled = u8::from(self.sampled);
        format!(
            "Root=1-{time}-{random};Parent={};Sampled={sampled}",
            self.parent_id
        )
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTraceContext;

    fn from_str(text: &str) -> Result<Self, InvalidTraceContext> {
        let mut parts = text.split('-');
        let mut digits = |count: usize| {
            let part = parts.next().filter(|part| part.len() == count);
            let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            part.filter(|part| part.chars().all(is_hex))
                .ok_or(InvalidTraceContext)
        };
        let (version, trace_id, parent_id, flags) =
            (digits(2)?, digits(32)?, digits(16)?, digits(2)?);
        let is_zero = |id: &str| id.chars().all(|c| c == '0');
        let goes_on = parts.next().is_some();
        if version == "ff"
            || (version == "00" && goes_on)
            || is_zero(trace_id)
            || is_zero(parent_id)
        {
            return Err(InvalidTraceContext);
        }
        let flags = u8::from_str_radix(flags, 16).map_err(|_| InvalidTraceContext)?;
        Ok(Self {
            trace_id: trace_id.to_owned(),
            parent_id: parent_id.to_owned(),
            sampled: flags & 1 == 1,
        })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{}-{}-{flags:02x}", self.trace_id, self.parent_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_context_is_told_to_aws_in_its_own_words() {
        let context: TraceContext = TRACE.parse().unwrap();
        assert_eq!(context.to_string(), TRACE);
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(
            context.to_aws_trace_header(),
            "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1"
        );
        let unsampled: TraceContext = TRACE.replace("-01", "-00").parse().unwrap();
        assert!(unsampled.to_aws_trace_header().ends_with(";Sampled=0"));
    }

    #[test]
    fn what_the_w3c_calls_invalid_is_invalid() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bä-1",
        ] {
            assert_eq!(
                text.parse::<TraceContext>(),
                Err(InvalidTraceContext),
                "{text}"
            );
        }
        let later = TRACE.replace("00-4", "01-4") + "-more";
        assert!(later.parse::<TraceContext>().is_ok());
    }
}
