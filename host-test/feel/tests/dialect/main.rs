//! The dialect, from outside: expressions and what Camunda makes of them.

mod camunda_functions;
mod differences;
mod engine;
mod errors;
mod language;
mod limits;
mod serialisation;
mod support;
mod vectors;
