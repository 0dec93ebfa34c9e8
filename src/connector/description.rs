//! What the connector tells a host of jobs about itself.

/// For people.
pub const NAME: &str = "AWS SQS connector";

/// The connector's own version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The type of jobs, as in every version of Camunda's element template.
pub const JOB_TYPE: &str = "io.camunda:aws-sqs:1";

/// The variables that [`Job`](super::job::Job) reads.
pub const INPUT_VARIABLES: &[&str] = &["authentication", "awsCredential", "configuration", "queue"];

/// The element template, as JSON.
pub const ELEMENT_TEMPLATE: &str = include_str!("element-template.json");

/// The servers of SQS: regional, FIPS and dual-stack, in every partition, VPC endpoints, and the legacy ones.
/// <https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>
pub const SERVICE_ORIGINS: &[&str] = &[
    "https://sqs.*.amazonaws.com",
    "https://sqs-fips.*.amazonaws.com",
    "https://sqs.*.api.aws",
    "https://sqs-fips.*.api.aws",
    "https://sqs.*.amazonaws.com.cn",
    "https://sqs.*.api.amazonwebservices.com.cn",
    "https://sqs.*.amazonaws.eu",
    "https://sqs.*.c2s.ic.gov",
    "https://sqs.*.sc2s.sgov.gov",
    "https://sqs.*.cloud.adc-e.uk",
    "https://sqs.*.csp.hci.ic.gov",
    "https://*.sqs.*.vpce.amazonaws.com",
    "https://*.queue.amazonaws.com",
    "https://queue.amazonaws.com",
];

/// The variables that name a server.
pub const URL_VARIABLES: &[&str] = &["queue.url", "configuration.endpoint"];
