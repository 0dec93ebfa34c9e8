//! Jobs from a file or a stream.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use connector_host::job::InvalidJob;
use serde_json::value::RawValue;

/// Jobs, one on each line; or, where the first line is not whole, one after the other.
pub(super) struct Jobs {
    input: Box<dyn BufRead>,
    lines: usize,
    /// What was read ahead, where a job takes more than a line.
    values: VecDeque<JobText>,
}

/// A text that should be a job, and where it stands.
pub(super) struct JobText {
    pub(super) text: Result<String, InvalidJob>,
    pub(super) place: String,
}

impl Jobs {
    pub(super) fn new(input: Box<dyn BufRead>) -> Self {
        Self {
            input,
            lines: 0,
            values: VecDeque::new(),
        }
    }

    /// The next job.
    pub(super) fn next(&mut self) -> io::Result<Option<JobText>> {
        if let Some(value) = self.values.pop_front() {
            return Ok(Some(value));
        }
        let is_first = self.lines == 0;
        loop {
            let mut line = Vec::new();
            if self.input.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            self.lines += 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            if is_first && is_incomplete(&line) {
                self.input.read_to_end(&mut line)?;
                self.values = values(line);
                return Ok(self.values.pop_front());
            }
            return Ok(Some(JobText {
                text: text(line),
                place: format!("line {}", self.lines),
            }));
        }
    }
}

fn text(bytes: Vec<u8>) -> Result<String, InvalidJob> {
    let text = String::from_utf8(bytes).map_err(|error| InvalidJob::NotUtf8 {
        at: error.utf8_error().valid_up_to(),
    })?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Whether a line begins a value that goes on behind it.
fn is_incomplete(line: &[u8]) -> bool {
    let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(line);
    parsed.is_err_and(|error| error.is_eof())
}

/// The values of a text, one after the other. Behind one that is none, nothing can be told apart.
fn values(bytes: Vec<u8>) -> VecDeque<JobText> {
    let place = |number: usize| format!("job {number}");
    let text = match text(bytes) {
        Ok(text) => text,
        Err(error) => {
            let text = Err(error);
            return [JobText {
                text,
                place: place(1),
            }]
            .into();
        }
    };
    let mut values = VecDeque::new();
    let stream = serde_json::Deserializer::from_str(&text).into_iter::<Box<RawValue>>();
    for value in stream {
        values.push_back(JobText {
            text: value
                .map(|value| value.get().to_owned())
                .map_err(|error| InvalidJob::NotJson {
                    line: error.line(),
                    column: error.column(),
                }),
            place: place(values.len() + 1),
        });
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The jobs of an input, with what is wrong in place of those that are none.
    fn jobs(input: &'static [u8]) -> Vec<(String, String)> {
        let mut jobs = Jobs::new(Box::new(input));
        let mut found = Vec::new();
        while let Some(JobText { text, place }) = jobs.next().unwrap() {
            let told = text.unwrap_or_else(|error| error.to_string());
            found.push((place, told.trim().to_owned()));
        }
        found
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(place, text)| ((*place).to_owned(), (*text).to_owned()))
            .collect()
    }

    #[test]
    fn each_line_is_a_job_and_blank_ones_are_none() {
        assert_eq!(
            jobs(b"{\"a\":1}\n\n  \r\n{\"b\":\r\nnot json\n{}"),
            pairs(&[
                ("line 1", "{\"a\":1}"),
                ("line 4", "{\"b\":"),
                ("line 5", "not json"),
                ("line 6", "{}"),
            ])
        );
        assert_eq!(jobs(b"\xef\xbb\xbf{}\n"), pairs(&[("line 1", "{}")]));
        assert!(jobs(b"").is_empty() && jobs(b"\n\n").is_empty());
    }

    #[test]
    fn a_job_may_take_several_lines() {
        assert_eq!(
            jobs(b"\n{\n \"a\": 1\n}\n{\n}\n"),
            pairs(&[("job 1", "{\n \"a\": 1\n}"), ("job 2", "{\n}")])
        );
        assert_eq!(
            jobs(b"{\n}\n{\n"),
            pairs(&[("job 1", "{\n}"), ("job 2", "not json: line 4, column 0")])
        );
    }

    #[test]
    fn what_is_not_utf_8_is_told_by_its_place() {
        assert_eq!(
            jobs(b"{}\n\"\xff\"\n{}"),
            pairs(&[
                ("line 1", "{}"),
                ("line 2", "not utf-8 at byte 1"),
                ("line 3", "{}")
            ])
        );
    }
}
