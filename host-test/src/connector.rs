//! Connectors by their typed door.

use std::sync::Arc;

use wasmtime::Store;

use crate::contract::{Message, Queue, Receipt, Retries, SendError, Sender, SenderPre, Timeouts};
use crate::credentials::Credentials;
use crate::error::{CallError, Stopped};
use crate::limits::{longest, milliseconds};
use crate::sandbox::{Open, Sandbox, Sandboxes};

/// A connector, ready to be called from any number of tasks at once. A clone is the same connector.
#[derive(Clone)]
pub struct Connector(Arc<Loaded>);

struct Loaded {
    sandboxes: Sandboxes,
    instance: SenderPre<Sandbox>,
}

impl Connector {
    pub(crate) fn new(sandboxes: Sandboxes, instance: SenderPre<Sandbox>) -> Self {
        Self(Arc::new(Loaded {
            sandboxes,
            instance,
        }))
    }

    /// Sends one message, in a sandbox of its own, and again as `retries` say. A budget for that which the component
    /// keeps in its sandbox is always full here.
    ///
    /// To drop the future ends the call, and nobody knows whether the message arrived: a deadline of the
    /// host's [`Limits`](crate::Limits) says whether a request had left, a timeout around this call cannot.
    pub async fn send_message(
        &self,
        queue: &Queue,
        credentials: &Credentials,
        message: &Message,
        timeouts: Timeouts,
        retries: Retries,
    ) -> Result<Receipt, CallError> {
        self.session()
            .send_message(queue, credentials, message, timeouts, retries)
            .await
    }

    /// Sends any number of messages to one queue, in one sandbox and as few requests as SQS allows: a result for each,
    /// in the same order. The error is for what concerns all of them; a [`CallError::Send`] is then
    /// [`SendError::InvalidInput`], and nothing was sent.
    ///
    /// The time that `timeouts` gives the call, 30 seconds by default, is for all of them, and so is the memory of the
    /// sandbox: ten thousand messages of 1 KiB, or forty of 1 MiB, are no trouble. For more, raise both in the host's
    /// [`Limits`](crate::Limits): the call ends by itself 5 seconds before their deadline, so that no receipt is lost.
    ///
    /// ```no_run
    /// # use connector_host::{CallError, Connector, Credentials, Message, Queue, Retries, Timeouts};
    /// # async fn send(connector: Connector, queue: Queue, credentials: Credentials) -> Result<(), CallError> {
    /// let messages: Vec<Message> = (1..=25).map(|order| Message::new(format!("order {order}"))).collect();
    /// let results = connector
    ///     .send_message_batch(&queue, &credentials, &messages, Timeouts::default(), Retries::default())
    ///     .await?;
    /// for (message, result) in messages.iter().zip(results) {
    ///     match result {
    ///         Ok(receipt) => println!("{}: {}", message.body, receipt.message_id),
    ///         Err(error) => println!("{}: {}", message.body, error.case()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_message_batch(
        &self,
        queue: &Queue,
        credentials: &Credentials,
        messages: &[Message],
        timeouts: Timeouts,
        retries: Retries,
    ) -> Result<Vec<Result<Receipt, SendError>>, CallError> {
        self.session()
            .send_message_batch(queue, credentials, messages, timeouts, retries)
            .await
    }

    /// Keeps one sandbox for calls that may share it.
    #[must_use]
    pub fn session(&self) -> Session {
        Session {
            loaded: Arc::clone(&self.0),
            open: None,
        }
    }
}

/// A sandbox that is kept from call to call: for those of one tenant, since a component could carry over what it
/// learns. The limit of memory holds for all of its calls together, the deadline for each. The connector's budget
/// for attempts after the first is kept, too.
///
/// A call that the host stopped, or that was dropped, takes the sandbox with it, and the next one opens another.
pub struct Session {
    loaded: Arc<Loaded>,
    open: Option<(Open, Sender)>,
}

impl Session {
    /// As [`Connector::send_message`], in this sandbox.
    pub async fn send_message(
        &mut self,
        queue: &Queue,
        credentials: &Credentials,
        message: &Message,
        timeouts: Timeouts,
        retries: Retries,
    ) -> Result<Receipt, CallError> {
        let timeouts = self.within_deadline(timeouts);
        let call = async |sender: &Sender, store: &mut Store<Sandbox>| {
            let credentials = credentials.to_contract();
            sender
                .connectors_aws_sqs_sender()
                .call_send_message(store, queue, &credentials, message, timeouts, retries)
                .await
        };
        self.call(call).await?.map_err(CallError::Send)
    }

    /// As [`Connector::send_message_batch`], in this sandbox.
    pub async fn send_message_batch(
        &mut self,
        queue: &Queue,
        credentials: &Credentials,
        messages: &[Message],
        timeouts: Timeouts,
        retries: Retries,
    ) -> Result<Vec<Result<Receipt, SendError>>, CallError> {
        let timeouts = self.within_deadline(timeouts);
        let call = async |sender: &Sender, store: &mut Store<Sandbox>| {
            let credentials = credentials.to_contract();
            sender
                .connectors_aws_sqs_sender()
                .call_send_message_batch(store, queue, &credentials, messages, timeouts, retries)
                .await
        };
        let results = self.call(call).await?;
        results.map_err(|violations| CallError::Send(SendError::InvalidInput(violations)))
    }

    /// Timeouts that end before the deadline of the host, which would take what is known along with the sandbox.
    fn within_deadline(&self, timeouts: Timeouts) -> Timeouts {
        let longest = milliseconds(longest(self.loaded.sandboxes.limits.deadline));
        Timeouts {
            total_ms: match timeouts.total_ms {
                Some(total) => Some(total.min(longest)),
                // The component's own.
                None if longest < 30_000 => Some(longest),
                None => None,
            },
            ..timeouts
        }
    }

    async fn call<T>(
        &mut self,
        call: impl AsyncFnOnce(&Sender, &mut Store<Sandbox>) -> wasmtime::Result<T>,
    ) -> Result<T, Stopped> {
        let Loaded {
            sandboxes,
            instance,
        } = &*self.loaded;
        // Put back only if the call comes to its end.
        let (mut open, sender) = match self.open.take() {
            Some((open, sender)) => (open, Some(sender)),
            None => (sandboxes.open().await?, None),
        };
        let call = async |store: &mut Store<Sandbox>| {
            let sender = match sender {
                Some(sender) => sender,
                None => instance.instantiate_async(&mut *store).await?,
            };
            let result = call(&sender, store).await?;
            Ok((result, sender))
        };
        let (result, sender) = open.call(sandboxes.limits.deadline, call).await?;
        self.open = Some((open, sender));
        Ok(result)
    }
}
