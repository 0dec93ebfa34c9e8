//! How much an evaluation may take, since whoever draws a process writes its expressions.

use std::fmt;

/// The longest expression that is read, in bytes.
pub const MAX_LENGTH: usize = 1 << 20;

/// The most levels of brackets, `if`s and functions that an expression may have.
pub const MAX_NESTING: usize = 100;

/// The longest name of a variable, property, key, parameter or function, in bytes.
pub const MAX_NAME: usize = 1_024;

/// The most parameters of a function, named arguments of a call, or iterators of a loop.
pub(crate) const MAX_PARTS: usize = 64;

/// What one evaluation may take. Reaching a limit is an error that says which.
///
/// ```
/// let strict = feel::Limits::default().with_steps(100_000).with_memory(1 << 20);
/// assert_eq!(strict.depth, 400);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Steps: parts of the expression evaluated, items visited, 64 bytes of a string read. A step takes tens of
    /// nanoseconds, so that the default of 5 million ends within about a second.
    pub steps: u64,
    /// Levels of evaluation within each other, calls of functions among them. The default of 400 needs
    /// less than 512 KiB of stack, and 1.5 MiB in a build without optimisation.
    pub depth: usize,
    /// The bytes of any one string, list or context that is made, without what is in it. 8 MiB unless set.
    pub value_size: usize,
    /// The bytes of all values that are made, those no longer needed included. 32 MiB unless set; what an
    /// evaluation really takes stays below twice as much.
    pub memory: usize,
}

impl Limits {
    /// These limits with other [`steps`](Self::steps).
    #[must_use]
    pub fn with_steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// These limits with another [`depth`](Self::depth).
    #[must_use]
    pub fn with_depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// These limits with another [`value_size`](Self::value_size).
    #[must_use]
    pub fn with_value_size(self, value_size: usize) -> Self {
        Self { value_size, ..self }
    }

    /// These limits with another [`memory`](Self::memory).
    #[must_use]
    pub fn with_memory(self, memory: usize) -> Self {
        Self { memory, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 5_000_000,
            depth: 400,
            value_size: 8 << 20,
            memory: 32 << 20,
        }
    }
}

/// The levels that lists, contexts and functions may be within each other.
pub(crate) const MAX_VALUE_DEPTH: u32 = 256;

/// A limit of [`Limits`] that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::steps`].
    Steps(u64),
    /// [`Limits::depth`].
    Depth(usize),
    /// [`Limits::value_size`].
    ValueSize(usize),
    /// [`Limits::memory`].
    Memory(usize),
    /// Lists and contexts may be at most 256 levels deep.
    ValueDepth(u32),
    /// A regular expression that is too long, or too large once it is compiled, in bytes.
    Pattern(usize),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(limit) => write!(f, "the evaluation may take at most {limit} steps"),
            Self::Depth(limit) => write!(
                f,
                "calls and values may be evaluated at most {limit} levels deep"
            ),
            Self::ValueSize(limit) => write!(f, "a value may have at most {limit} bytes"),
            Self::Memory(limit) => write!(
                f,
                "the values of an evaluation may have at most {limit} bytes"
            ),
            Self::ValueDepth(limit) => {
                write!(f, "lists and contexts may be at most {limit} levels deep")
            }
            Self::Pattern(limit) => {
                write!(f, "a regular expression may take at most {limit} bytes")
            }
        }
    }
}
