//! Jobs from a file or a stream.

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use connector_host::job::InvalidJob;
use serde_json::value::RawValue;

/// Jobs, one on each line. Where the first line is no whole value, but the whole of the input is one or several: those.
/// An object of nothing but `jobs`, as an engine answers an activation, stands for the jobs in it.
pub(super) struct Jobs {
    input: Box<dyn BufRead + Send>,
    /// The bytes that were read.
    read: Arc<AtomicU64>,
    /// Blank lines before all others.
    blank: usize,
    /// Lines from the first that is not blank.
    lines: usize,
    /// What was read ahead.
    ahead: VecDeque<JobText>,
}

/// A text that should be a job, and where it stands.
pub(super) struct JobText {
    pub(super) text: Result<String, InvalidJob>,
    pub(super) place: String,
}

impl Jobs {
    /// Reads this, and counts the bytes.
    pub(super) fn new(input: Box<dyn BufRead + Send>, read: Arc<AtomicU64>) -> Self {
        Self {
            input,
            read,
            blank: 0,
            lines: 0,
            ahead: VecDeque::new(),
        }
    }

    /// The next job.
    pub(super) fn next(&mut self) -> io::Result<Option<JobText>> {
        while self.ahead.is_empty() {
            let mut line = Vec::new();
            if self.input.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            self.read.fetch_add(line.len() as u64, Ordering::Relaxed);
            if self.lines == 0 && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            if self.lines == 0 && line.trim_ascii().is_empty() {
                self.blank += 1;
                continue;
            }
            if self.lines == 0 && is_incomplete(&line) {
                let rest = self.input.read_to_end(&mut line)?;
                self.read.fetch_add(rest as u64, Ordering::Relaxed);
                self.ahead = values(&line).unwrap_or_else(|| lines(&line));
                self.lines = 1;
                continue;
            }
            self.lines += 1;
            self.ahead.extend(on_line(&line, self.blank + self.lines));
        }
        Ok(self.ahead.pop_front())
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Whether a line begins a value that goes on behind it.
fn is_incomplete(line: &[u8]) -> bool {
    let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(line);
    parsed.is_err_and(|error| error.is_eof()) && !line.trim_ascii().is_empty()
}

/// The values of a text that has nothing else in it. None if any line of a text that is broken is a value of its own:
/// then each line is to be told of by itself.
fn values(bytes: &[u8]) -> Option<VecDeque<JobText>> {
    let stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Box<RawValue>>();
    let mut found = VecDeque::new();
    for (index, value) in stream.enumerate() {
        let number = index + 1;
        let place = format!("job {number}");
        match value {
            Ok(value) => {
                let place_of_answer = format!("answer {number}");
                found.extend(activated(value.get(), &place, &place_of_answer));
            }
            Err(error) => {
                let is_object = |line: &[u8]| {
                    line.trim_ascii().starts_with(b"{")
                        && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
                };
                if bytes.split(|byte| *byte == b'\n').any(is_object) {
                    return None;
                }
                let text = Err(InvalidJob::NotJson {
                    line: error.line(),
                    column: error.column(),
                });
                found.push_back(JobText { text, place });
            }
        }
    }
    Some(found)
}

fn lines(bytes: &[u8]) -> VecDeque<JobText> {
    let numbered = bytes.split(|byte| *byte == b'\n').zip(1..);
    numbered
        .flat_map(|(line, number)| on_line(line, number))
        .collect()
}

/// The jobs on a line: one, unless it is blank or the answer of an activation.
fn on_line(line: &[u8], number: usize) -> Vec<JobText> {
    let place = format!("line {number}");
    match std::str::from_utf8(line) {
        Ok(text) if text.trim().is_empty() => Vec::new(),
        Ok(text) => activated(text, &place, &place),
        Err(error) => {
            let at = error.valid_up_to();
            let text = Err(InvalidJob::NotUtf8 { at });
            vec![JobText { text, place }]
        }
    }
}

/// The jobs of an engine's answer, or the one that a text is, with the place of either.
fn activated(text: &str, place: &str, place_of_answer: &str) -> Vec<JobText> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Answer<'j> {
        #[serde(borrow)]
        jobs: Vec<&'j RawValue>,
    }
    let job = |text: &str, place: String| JobText {
        text: Ok(text.to_owned()),
        place,
    };
    match serde_json::from_str::<Answer<'_>>(text) {
        Ok(Answer { jobs }) => jobs
            .into_iter()
            .zip(1..)
            .map(|(value, number)| job(value.get(), format!("{place_of_answer}, job {number}")))
            .collect(),
        Err(_) => vec![job(text, place.to_owned())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The jobs of an input, with what is wrong in place of those that are none.
    fn jobs(input: &'static [u8]) -> Vec<(String, String)> {
        let mut jobs = Jobs::new(Box::new(input), Arc::default());
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
        assert_eq!(jobs(b"\n\n{}\n"), pairs(&[("line 3", "{}")]));
        assert!(jobs(b"").is_empty() && jobs(b"\n\n").is_empty());
    }

    #[test]
    fn a_job_may_take_several_lines() {
        for input in [
            b"{\n \"a\": 1\n}\n{\n}\n".as_slice(),
            b"\xef\xbb\xbf{\n \"a\": 1\n}\n{\n}\n",
            b"\n \n{\n \"a\": 1\n}\n{\n}\n",
        ] {
            assert_eq!(
                jobs(input),
                pairs(&[("job 1", "{\n \"a\": 1\n}"), ("job 2", "{\n}")])
            );
        }
        assert_eq!(
            jobs(b"{\n}\n{\n"),
            pairs(&[("job 1", "{\n}"), ("job 2", "not json: line 4, column 0")])
        );
    }

    #[test]
    fn a_first_line_that_is_cut_hides_none_of_the_others() {
        assert_eq!(
            jobs(b"{\"a\":{\n{\"b\":1}\n{\"c\":2}\n"),
            pairs(&[
                ("line 1", "{\"a\":{"),
                ("line 2", "{\"b\":1}"),
                ("line 3", "{\"c\":2}"),
            ])
        );
    }

    #[test]
    fn the_answer_of_an_activation_stands_for_its_jobs() {
        assert_eq!(
            jobs(b"{\"jobs\":[{\"a\":1},{\"b\":2}]}\n{\"jobs\":[]}\n{\"jobs\":1}\n"),
            pairs(&[
                ("line 1, job 1", "{\"a\":1}"),
                ("line 1, job 2", "{\"b\":2}"),
                ("line 3", "{\"jobs\":1}"),
            ])
        );
        assert_eq!(
            jobs(b"{\n\"jobs\": [\n{}\n]}"),
            pairs(&[("answer 1, job 1", "{}")])
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
