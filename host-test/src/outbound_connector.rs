//! Connectors for jobs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::Store;

use crate::contract::OutboundPre;
use crate::contract::outbound::Description;
use crate::egress::Origins;
use crate::error::{ExecuteError, StopReason, Stopped};
use crate::limits::{GRACE, longest, milliseconds};
use crate::sandbox::{Sandbox, Sandboxes};

/// A connector for jobs, of whatever service, ready to be called from any number of tasks at once.
pub struct OutboundConnector {
    pub(crate) sandboxes: Sandboxes,
    pub(crate) instance: OutboundPre<Sandbox>,
}

impl OutboundConnector {
    /// Lets this connector's requests out to these servers too, beside those of its host: those that it describes, say,
    /// as far as they are trusted.
    #[must_use]
    pub fn allow(mut self, origins: Origins) -> Self {
        Arc::make_mut(&mut self.sandboxes.egress).allow(origins);
        self
    }

    /// What the connector says of itself.
    pub async fn describe(&self) -> Result<Description, Stopped> {
        let deadline = self.sandboxes.limits.deadline;
        let call = async |store: &mut Store<Sandbox>| {
            let instance = self.instance.instantiate_async(&mut *store).await?;
            let connector = instance.connectors_outbound_connector();
            connector.call_describe(store).await
        };
        self.sandboxes.open().await?.call(deadline, call).await
    }

    /// Does the work of one job, in a sandbox of its own: its variables as a JSON object, secrets in place, to a
    /// response in JSON. The connector is told to end within `timeout`, or shortly before the deadline of the host's
    /// [`Limits`](crate::Limits) if that comes first, and is ended by the host if it does not. The wait for a free sandbox
    /// is part of the timeout.
    ///
    /// To drop the future ends the call, and nobody knows what was done.
    pub async fn execute(
        &self,
        variables: &str,
        timeout: Option<Duration>,
    ) -> Result<String, ExecuteError> {
        let limit = self.sandboxes.limits.deadline;
        let began = Instant::now();
        let mut sandbox = match timeout {
            None => self.sandboxes.open().await?,
            // The time that a job has runs while it waits.
            Some(timeout) => tokio::time::timeout(timeout, self.sandboxes.open())
                .await
                .map_err(|_| Stopped {
                    reason: StopReason::NoSandbox(timeout),
                    request_left: false,
                })??,
        };
        let timeout = timeout.map(|timeout| timeout.saturating_sub(began.elapsed()));
        let timeout = timeout.map(|timeout| timeout.min(longest(limit)));
        let timeout_ms = timeout.map(milliseconds);
        let deadline = timeout.map_or(limit, |timeout| limit.min(timeout + GRACE));
        let call = async |store: &mut Store<Sandbox>| {
            let instance = self.instance.instantiate_async(&mut *store).await?;
            let connector = instance.connectors_outbound_connector();
            connector.call_execute(store, variables, timeout_ms).await
        };
        let ended = sandbox.call(deadline, call).await?;
        ended.map_err(ExecuteError::Failed)
    }

    /// Comes when the host is interrupted.
    pub(crate) async fn interrupted(&self) {
        self.sandboxes.interrupted.cancelled().await;
    }
}
