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

/// The servers of SQS: regional, FIPS and dual-stack, in every partition, VPC endpoints, and the legacy ones. A label
/// that is any would let out to buckets of S3 too: `sqs.s3-us-west-2.amazonaws.com` is one.
/// <https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>
pub const SERVICE_ORIGINS: &[&str] = &[
    "https://sqs.{region}.amazonaws.com",
    "https://sqs-fips.{region}.amazonaws.com",
    "https://sqs.{region}.api.aws",
    "https://sqs-fips.{region}.api.aws",
    "https://sqs.{region}.amazonaws.com.cn",
    "https://sqs.{region}.api.amazonwebservices.com.cn",
    "https://sqs.{region}.amazonaws.eu",
    "https://sqs.{region}.c2s.ic.gov",
    "https://sqs.{region}.sc2s.sgov.gov",
    "https://sqs.{region}.cloud.adc-e.uk",
    "https://sqs.{region}.csp.hci.ic.gov",
    "https://*.sqs.{region}.vpce.amazonaws.com",
    "https://*.sqs.{region}.vpce.amazonaws.com.cn",
    "https://{region}.queue.amazonaws.com",
    "https://{region}.queue.amazonaws.com.cn",
    "https://queue.amazonaws.com",
];

/// The variables that name a server.
pub const URL_VARIABLES: &[&str] = &["queue.url", "configuration.endpoint"];
