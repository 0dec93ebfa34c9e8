#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod engine;
mod error;
mod evaluation;
mod expression;
mod functions;
mod grammar;
mod json;
mod lexer;
mod limits;
mod number;
mod operators;
mod pattern;
mod scope;
mod syntax;
mod temporal;
mod value;
mod warning;

#[doc = include_str!("../FUNCTIONS.md")]
pub mod builtin_functions {}

pub use engine::{Engine, Evaluation, FunctionError};
pub use error::{EvaluationError, EvaluationErrorKind, ParseError, ParseErrorKind, Place};
pub use expression::Expression;
/// The dates, times and time zones of this crate's interface.
pub use jiff;
pub use json::{Json, JsonStyle};
pub use limits::{Limit, Limits, MAX_LENGTH, MAX_NAME, MAX_NESTING};
pub use number::{Number, PRECISION};
pub use temporal::{DaysTimeDuration, YearsMonthsDuration, ZonedDateTime, ZonedTime};
pub use value::{Context, Function, List, Range, Value};
pub use warning::{Warning, WarningKind};
