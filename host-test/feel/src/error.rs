//! What is wrong with an expression, where, and what would be right.

use std::fmt;

use crate::limits::Limit;

/// How much of a line an error shows, in characters.
const EXCERPT: usize = 76;

/// Where in an expression something stands.
///
/// `{}` prints `line 1, column 8`. `{:#}` prints the line and a caret below the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    excerpt: String,
    caret: usize,
}

impl Place {
    pub(crate) fn new(source: &str, at: usize) -> Self {
        let (before, after) = source.split_at(source.floor_char_boundary(at));
        let start_of_line = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[start_of_line..].chars().count() + 1;
        let mut left: Vec<char> = before[start_of_line..]
            .chars()
            .rev()
            .take(EXCERPT / 2)
            .collect();
        left.reverse();
        let right = after
            .chars()
            .take_while(|c| !matches!(c, '\n' | '\r'))
            .take(EXCERPT - left.len());
        // Every character takes one column, so that the caret is where it belongs.
        let excerpt = left
            .iter()
            .copied()
            .chain(right)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Self {
            line,
            column,
            excerpt,
            caret: left.len(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            write!(
                f,
                "  {}\n  {:indent$}^",
                self.excerpt,
                "",
                indent = self.caret
            )
        } else {
            write!(f, "line {}, column {}", self.line, self.column)
        }
    }
}

/// An expression that cannot be read.
///
/// `{}` prints one line, `{:#}` also the place with a caret:
///
/// ```
/// let error = feel::Expression::parse("{a: 1,}").unwrap_err();
/// assert_eq!(error.to_string(), "expected a key but found '}' at line 1, column 7");
/// assert_eq!(
///     format!("{error:#}"),
///     "expected a key but found '}' at line 1, column 7\n  {a: 1,}\n        ^"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Where.
    pub place: Place,
}

/// What is wrong with an expression that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// Something else is expected at this place.
    #[error("expected {expected} but found {found}")]
    Unexpected {
        /// What could stand here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// A string, a name in backticks or a comment that does not end.
    #[error("{0} is never closed")]
    Unclosed(&'static str),
    /// Words with spaces between them, which are a name only in backticks.
    #[error("a name with spaces must be in backticks: `{0}`")]
    Spaces(String),
    /// A number with more digits than a number can have.
    #[error("a number may have at most 128 digits")]
    NumberTooLarge,
    /// Something that other engines of FEEL have and this one does not.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// A name that is longer than a name may be.
    #[error("a name may have at most {limit} bytes")]
    NameTooLong {
        /// The bytes that it may have.
        limit: usize,
    },
    /// More parameters, arguments with names, or iterators than there may be.
    #[error("there may be at most {limit} {what}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// More text than an expression may have.
    #[error("an expression may have at most {limit} bytes, this one has {length}")]
    TooLong {
        /// The bytes of the expression.
        length: usize,
        /// The bytes that it may have.
        limit: usize,
    },
    /// Brackets or `if`s nested more deeply than they may be.
    #[error("an expression may be nested at most {limit} levels deep")]
    TooDeep {
        /// The levels that it may have.
        limit: usize,
    },
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_error(f, &self.kind, &self.place)
    }
}

/// An evaluation that has no result. What merely has no value is `null` with a warning; this is for what
/// must not be overlooked.
///
/// `{}` prints one line, `{:#}` also the place with a caret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct EvaluationError {
    /// What went wrong.
    pub kind: EvaluationErrorKind,
    /// Where.
    pub place: Place,
}

/// Why an evaluation has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationErrorKind {
    /// No function has this name: none that is built in, none of the host and none in the expression.
    #[error("there is no function '{name}'{}", suggestion.as_ref().map_or_else(String::new, |s| format!("; did you mean '{s}'?")))]
    UnknownFunction {
        /// The name.
        name: String,
        /// The name of a function that is much like it.
        suggestion: Option<String>,
    },
    /// `assert()` found its condition not to be true. The text is the cause that it was given, the only text of an
    /// error that an expression can put values into.
    #[error("assertion failed: {0}")]
    Assertion(String),
    /// A function of the host failed.
    #[error("{name}(): {message}")]
    Function {
        /// The name of the function.
        name: String,
        /// What it says.
        message: String,
    },
    /// A limit was reached.
    #[error("{0}")]
    Limit(Limit),
    /// `?` stands where no value is tested.
    #[error("'?' stands for a value only behind 'in'")]
    NoInput,
    /// A regular expression that backtracks, which takes time without limit: it is refused, not run.
    #[error("{0} in a regular expression is not supported")]
    Pattern(&'static str),
    /// `uuid()` or `random number()` without a source of random bytes.
    #[error("the host offers no random bytes")]
    NoRandomness,
}

impl fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_error(f, &self.kind, &self.place)
    }
}

fn write_error(f: &mut fmt::Formatter<'_>, kind: &dyn fmt::Display, place: &Place) -> fmt::Result {
    write!(f, "{kind} at {place}")?;
    if f.alternate() {
        write!(f, "\n{place:#}")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters() {
        let place = Place::new("a\nßé + x", 8);
        assert_eq!(place.to_string(), "line 2, column 5");
        assert_eq!(format!("{place:#}"), "  ßé + x\n      ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let source = "x".repeat(1_000);
        let place = Place::new(&source, 500);
        assert_eq!(place.column, 501);
        let shown = format!("{place:#}");
        assert_eq!(shown.lines().next().map(str::len), Some(EXCERPT + 2));
        assert_eq!(shown.lines().nth(1).map(str::len), Some(EXCERPT / 2 + 3));
    }
}
