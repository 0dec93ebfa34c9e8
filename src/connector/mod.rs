//! The door for jobs: a service task's variables in, a response in JSON out.
//!
//! ```text
//!  variables (JSON) ──json──▶ job ──▶ queue, credentials, message ──▶ exchange ──▶ outcome ──▶ response or failure
//! ```
//!
//! Names and shapes are those of Camunda's AWS SQS connector, in every version of its element template. It is
//! documented at <https://docs.camunda.io/docs/components/connectors/out-of-the-box-connectors/amazon-sqs/>.

pub mod description;
pub mod job;
pub mod json;
pub mod outcome;
