//! Jobs on the connector, in its sandbox.

use std::collections::BTreeMap;

use connector_host::OutboundConnector;
use connector_host::job::{Expressions, Job, JobRunner};
use connector_host::secrets::{Secret, SecretFuture, SecretProvider};
use serde_json::{Value, json};

use super::lab::{self, Key};
use super::{artifacts, host};

/// Secrets by name.
pub(crate) struct Secrets(BTreeMap<String, String>);

impl SecretProvider for Secrets {
    fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        let secret = self.0.get(name).map(Secret::new);
        Box::pin(async { Ok(secret) })
    }
}

impl Secrets {
    /// The same, and one more.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// The names of a key's parts as secrets, as the seed page has them.
pub(crate) fn secrets(key: &Key) -> Secrets {
    let pairs = [
        ("MY_AWS_ACCESS_KEY", Some(&key.id)),
        ("MY_AWS_SECRET_KEY", Some(&key.secret)),
        ("MY_AWS_SESSION_TOKEN", key.token.as_ref()),
    ];
    let known = pairs
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
    Secrets(known.collect())
}

/// A runner whose day is 2026-11-22.
pub(crate) fn runner(key: &Key) -> JobRunner {
    let expressions = Expressions::new(|| "2026-11-22T10:00:00[Etc/UTC]".parse().unwrap());
    JobRunner::new(expressions, secrets(key))
}

/// The connector on a host that lets requests out to these addresses.
pub(crate) fn outbound(addresses: &[&str]) -> OutboundConnector {
    host(addresses)
        .load_outbound(artifacts::connector())
        .unwrap()
}

/// The outcome of a job, as JSON.
pub(crate) async fn run(runner: &JobRunner, connector: &OutboundConnector, job: &Value) -> Value {
    let job = Job::from_json(&job.to_string()).unwrap();
    runner.run_on(connector, job).await.outcome.to_json()
}

/// A queue, a runner with the key that may send to it, and a connector that reaches it.
pub(crate) struct Setting {
    pub(crate) url: String,
    pub(crate) key: Key,
    pub(crate) runner: JobRunner,
    pub(crate) connector: OutboundConnector,
}

impl Setting {
    /// A queue whose name ends like this.
    pub(crate) fn new(kind: &str) -> Self {
        let (url, key) = lab::queue_and_key(kind);
        Self::of(url, key)
    }

    /// A queue by its URL, and the key to send with.
    pub(crate) fn of(url: String, key: Key) -> Self {
        Self {
            runner: runner(&key),
            connector: outbound(&[&url]),
            url,
            key,
        }
    }

    /// A job with the inputs that every one has, and these.
    pub(crate) fn job(&self, inputs: &[(&str, &str)]) -> Value {
        let mut job = json!({
            "jobKey": "2251799813685249", "type": "io.camunda:aws-sqs:1", "retries": 3, "customHeaders": {},
            "variables": {"order": {"id": 4711}},
            "inputs": {
                "authentication.type": "credentials",
                "authentication.accessKey": "secrets.MY_AWS_ACCESS_KEY",
                "authentication.secretKey": "{{secrets.MY_AWS_SECRET_KEY}}",
                "queue.url": self.url,
                "queue.type": "standard",
                "queue.messageBody": "= order",
                "configuration.region": "us-east-1",
            }
        });
        for (target, source) in inputs {
            job["inputs"][*target] = (*source).into();
        }
        job
    }

    /// The outcome of a job.
    pub(crate) async fn run(&self, job: &Value) -> Value {
        run(&self.runner, &self.connector, job).await
    }

    /// The one message that is in the queue.
    pub(crate) fn received(&self) -> Value {
        let mut messages = lab::receive(&self.url);
        assert_eq!(messages.len(), 1, "{messages:?}");
        messages.remove(0)
    }
}
