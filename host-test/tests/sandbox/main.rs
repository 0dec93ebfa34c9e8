//! The component in a real sandbox, against a real server that verifies signatures.

mod addresses;
mod command_line;
mod connections;
mod faults;
mod limits;
mod refusals;
mod secrets;
mod sending;
mod support;
mod surface;
