//! Why there is a null.

use std::fmt;

use crate::error::Place;

/// The most warnings of one evaluation that are kept.
const MAX_WARNINGS: usize = 100;

/// Why a part of an expression is null. A warning tells of names and types, never of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What kind of reason it is.
    pub kind: WarningKind,
    /// The reason.
    pub message: String,
    /// Where.
    pub place: Place,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.message, self.place)?;
        if f.alternate() {
            write!(f, "\n{:#}", self.place)
        } else {
            Ok(())
        }
    }
}

/// The kinds of reasons for a null, those that feel-scala tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// No variable has the name.
    NoVariableFound,
    /// The context has no entry with the name, or is null.
    NoContextEntryFound,
    /// The value has no property with the name.
    NoPropertyFound,
    /// Values of different types, or of a type that has no order, were compared.
    NotComparable,
    /// A value has another type than the one needed, or is out of range.
    InvalidType,
    /// No function with the name has these parameters.
    NoFunctionFound,
    /// A function has no result for these arguments.
    FunctionInvocationFailure,
}

/// What is noted during an evaluation; places are worked out at its end.
#[derive(Default)]
pub(crate) struct Warnings {
    kept: Vec<(WarningKind, usize, String)>,
    /// Nothing is noted while something is tried out.
    trying: usize,
}

impl Warnings {
    pub(crate) fn add(&mut self, kind: WarningKind, at: usize, message: impl FnOnce() -> String) {
        if self.trying == 0 && self.kept.len() < MAX_WARNINGS {
            self.kept.push((kind, at, message()));
        }
    }

    /// Notes nothing until [`Self::resume`].
    pub(crate) fn pause(&mut self) {
        self.trying += 1;
    }

    pub(crate) fn resume(&mut self) {
        self.trying = self.trying.saturating_sub(1);
    }

    pub(crate) fn into_vec(self, source: &str) -> Vec<Warning> {
        let place = |(kind, at, message)| Warning {
            kind,
            message,
            place: Place::new(source, at),
        };
        self.kept.into_iter().map(place).collect()
    }
}
