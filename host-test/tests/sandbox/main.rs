//! The component in a real sandbox, against a real server that verifies signatures.

mod addresses;
mod cache;
mod command_line;
mod connections;
mod count;
mod fault_table;
mod faults;
mod hosts;
mod identity;
mod job_failures;
mod jobs;
mod judges;
mod kept_instance;
mod limits;
mod many_jobs;
mod modeler;
mod proxies;
mod refusals;
mod run_command;
mod secrets;
mod seed_page;
mod sending;
mod support;
mod surface;
mod wrong_jobs;
