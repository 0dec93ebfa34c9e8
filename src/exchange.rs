//! The sends of one call as a state machine that never touches a clock or a socket.
//!
//! ```text
//!  Exchange::one, ::many ──invalid──▶ violations
//!       │
//!       ▼        ┌──────────────────────────────────────────────┐
//!    next(now) ──┼─▶ Step::Send(request)  send it, then replied(reply, now)
//!       ▲        ├─▶ Step::Wait(duration) let so much time pass │
//!       └────────┴──────────────────────────────────────────────┘
//!                └─▶ Step::Done  every message has an outcome: outcomes()
//! ```
//!
//! The caller owns the clocks, the transport and chance: it asks for the next step, carries it out, and reports
//! back. So every path is a plain native test.
//!
//! In scope: validation, which messages go into which request, what an answer or a failure means for each of them,
//! whether and when to send again. Out of scope: how bytes travel, and how long to wait for them (the transport keeps
//! the timeouts).

use std::time::{Duration, SystemTime};

use crate::answer::{self, Answer, Receipt};
use crate::checksum::corruption;
use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::{Doubt, SendError, UnknownCause, UnreachableCause, Violation};
use crate::message::{self, Message};
use crate::query;
use crate::queue::Queue;
use crate::retry::{Budget, Reason, Retries};
use crate::timeouts::Timeouts;
use crate::wire::{Request, Response};

/// The most messages of one request.
const MAX_ENTRIES: usize = 10;

/// For how long after its first attempt a message with a deduplication id can be sent again: SQS drops a second one for
/// 5 minutes, of which the rest is for that attempt to arrive.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
const DEDUPLICATED_FOR: Duration = Duration::from_mins(4);

/// What all messages of a call have in common. There is no `Debug`: it carries credentials.
pub struct Call {
    /// Where they go.
    pub queue: Queue,
    /// Who sends them.
    pub credentials: Credentials,
    /// What it may take.
    pub terms: Terms,
}

/// What a call may take.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long it waits.
    pub timeouts: Timeouts,
    /// How often it sends.
    pub retries: Retries,
    /// What attempts after the first may cost.
    pub budget: Budget,
    /// A number by chance.
    pub seed: u64,
}

/// A point in time.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time of day.
    pub time: SystemTime,
    /// What has passed since the call began.
    pub elapsed: Duration,
}

/// What to do next. There is no `Debug`: a request carries bodies and a session token.
pub enum Step {
    /// Send this request, then report to [`Exchange::replied`].
    Send(Request),
    /// Let so much time pass.
    Wait(Duration),
    /// It is over.
    Done,
}

/// What came back for a request.
pub enum Reply {
    /// An answer.
    Whole(Response),
    /// An answer that broke off, and why.
    Cut(Response, Interruption),
    /// No answer, and why.
    None(Failure),
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request did not reach the server, or not whole: the cause, and a detail for people.
    Unreachable(UnreachableCause, String),
    /// The request may have reached the server.
    Interrupted(Interruption),
}

/// Why an answer that may have been under way did not come, or not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// The cause, to branch on.
    pub cause: UnknownCause,
    /// The host's own error, for people.
    pub detail: String,
}

impl From<Failure> for SendError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(cause, detail) => Self::Unreachable { cause, detail },
            Failure::Interrupted(interruption) => interruption.into(),
        }
    }
}

impl From<Interruption> for SendError {
    fn from(interruption: Interruption) -> Self {
        Self::OutcomeUnknown {
            cause: interruption.cause,
            detail: interruption.detail,
            request_id: None,
        }
    }
}

/// What became of a message.
pub type Outcome = Result<Receipt, SendError>;

/// The sends of one call. There is no `Debug`: it carries bodies and credentials.
pub struct Exchange {
    client: Client,
    queue_url: String,
    is_fifo: bool,
    is_batch: bool,
    total: Duration,
    retries: Retries,
    budget: Budget,
    random: fastrand::Rng,
    entries: Vec<Entry>,
    /// The first entry that has not been in any request.
    next: usize,
    /// The entries of the request that is under way, or the next one: their positions.
    request: Vec<usize>,
    /// How long to wait before that request.
    wait: Option<Duration>,
    /// What that request cost, if it is not the first attempt.
    paid: Option<u32>,
    /// When that request began.
    began: Duration,
    /// Message groups of a FIFO queue that have a message without a receipt, in order: its position.
    failed_groups: Vec<(String, usize)>,
}

/// A message, and what is known of it.
struct Entry {
    message: Message,
    attempts: u32,
    /// When it was sent for the first time.
    first_sent: Duration,
    /// What an earlier attempt left in doubt.
    doubtful: Option<SendError>,
    outcome: Option<Outcome>,
}

/// What a reply says of each message of a request.
struct Reading {
    /// Each message by its position.
    outcomes: Vec<(usize, Outcome)>,
    /// The error of the request as a whole.
    error: Option<SendError>,
    /// How long the server asks to wait.
    asked: Option<Duration>,
    /// The signature's time was wrong, and will be right the next time.
    is_corrected: bool,
}

impl Exchange {
    /// Prepares to send one message, by `SendMessage`.
    ///
    /// # Errors
    /// Every rule that an argument breaks.
    pub fn one(call: Call, message: Message) -> Result<Self, Vec<Violation>> {
        let violations = message.violations(call.queue.is_fifo());
        let mut exchange = Self::new(call, &violations)?;
        exchange.add(message);
        Ok(exchange)
    }

    /// Prepares to send messages, by `SendMessageBatch`. One that breaks a rule gets that for its outcome.
    ///
    /// # Errors
    /// Every rule that an argument breaks that is not a message.
    pub fn many(call: Call, messages: Vec<Message>) -> Result<Self, Vec<Violation>> {
        let mut exchange = Self::new(call, &[])?;
        exchange.is_batch = true;
        for (position, message) in messages.into_iter().enumerate() {
            let violations = message.violations(exchange.is_fifo);
            exchange.add(message);
            if !violations.is_empty() {
                exchange.settle(position, Err(SendError::InvalidInput(violations)));
            }
        }
        Ok(exchange)
    }

    fn new(call: Call, others: &[Violation]) -> Result<Self, Vec<Violation>> {
        let destination = call.queue.destination();
        let terms = call.terms;
        let violations = [
            &call.credentials.violations(),
            others,
            &terms.timeouts.violations(),
            &terms.retries.violations(),
        ]
        .concat();
        match destination {
            Ok(destination) if violations.is_empty() => Ok(Self {
                client: Client::new(destination, call.credentials),
                is_fifo: call.queue.is_fifo(),
                queue_url: call.queue.url,
                is_batch: false,
                total: terms.timeouts.total,
                retries: terms.retries,
                budget: terms.budget,
                random: fastrand::Rng::with_seed(terms.seed),
                entries: Vec::new(),
                next: 0,
                request: Vec::new(),
                wait: None,
                paid: None,
                began: Duration::ZERO,
                failed_groups: Vec::new(),
            }),
            destination => Err([destination.err().unwrap_or_default(), violations].concat()),
        }
    }

    fn add(&mut self, message: Message) {
        self.entries.push(Entry {
            message,
            attempts: 0,
            first_sent: Duration::ZERO,
            doubtful: None,
            outcome: None,
        });
    }

    /// What to do next.
    pub fn next(&mut self, now: Moment) -> Step {
        if let Some(wait) = self.wait.take() {
            return Step::Wait(wait);
        }
        if self.request.is_empty() {
            self.pack();
            self.paid = None;
        }
        if self.request.is_empty() {
            return Step::Done;
        }
        if now.elapsed >= self.total {
            let detail = format!("no end within {} ms", self.total.as_millis());
            return self.abandon(&SendError::Unreachable {
                cause: UnreachableCause::Timeout,
                detail,
            });
        }
        match self.client.request(self.form(), now.time) {
            Ok(request) => {
                for position in &self.request {
                    let entry = &mut self.entries[*position];
                    if entry.attempts == 0 {
                        entry.first_sent = now.elapsed;
                    }
                    entry.attempts += 1;
                }
                self.began = now.elapsed;
                Step::Send(request)
            }
            Err(violation) => self.abandon(&SendError::InvalidInput(vec![violation])),
        }
    }

    /// What the answer to a request, or its absence, means for each of its messages.
    pub fn replied(&mut self, reply: Reply, now: Moment) {
        let Reading {
            outcomes,
            error,
            asked,
            is_corrected,
        } = self.read(reply, now.time);
        if outcomes.iter().any(|(_, outcome)| outcome.is_ok()) {
            self.budget.earn(self.paid.take());
        }
        let reasons: Vec<Option<Reason>> = outcomes
            .iter()
            .map(|(position, outcome)| self.reason(*position, outcome, is_corrected, now.elapsed))
            .collect();
        let again: Vec<bool> = (0..outcomes.len())
            .map(|index| reasons[index].is_some() && self.keeps_order(index, &outcomes, &reasons))
            .collect();
        let goes_again = |index: &usize| again[*index];
        let reason = (0..again.len())
            .filter(goes_again)
            .filter_map(|index| reasons[index])
            .max();
        let is_known = outcomes.iter().zip(&again).all(|((_, outcome), again)| {
            !again
                || outcome
                    .as_ref()
                    .is_err_and(|error| error.doubt() < Doubt::Whole)
        });
        self.wait = reason.and_then(|reason| self.wait_before(reason, asked, is_known, now));

        let is_over = self.wait.is_none();
        self.request.clear();
        for ((position, outcome), again) in outcomes.into_iter().zip(again) {
            match outcome {
                Err(error) if again && !is_over => {
                    let entry = &mut self.entries[position];
                    entry.doubtful = Some(worse(entry.doubtful.take(), error));
                    self.request.push(position);
                }
                outcome => self.settle(position, outcome),
            }
        }
        if let Some(error) = error.filter(|error| is_over && would_meet_all(error)) {
            self.abandon(&error);
        }
    }

    /// What became of each message, in the order in which they came, and what is left of the budget.
    #[must_use]
    pub fn outcomes(self) -> (Vec<Outcome>, Budget) {
        let outcomes = self.entries.into_iter().map(|entry| {
            entry.outcome.unwrap_or_else(|| {
                Err(SendError::Unreachable {
                    cause: UnreachableCause::NotSent,
                    detail: "the call was not carried through".to_owned(),
                })
            })
        });
        (outcomes.collect(), self.budget)
    }

    /// Fills the next request: as many messages as it may have, in order.
    fn pack(&mut self) {
        let mut size = 0;
        while self.request.len() < MAX_ENTRIES && self.next < self.entries.len() {
            let position = self.next;
            let entry = &self.entries[position];
            if entry.outcome.is_none() {
                let group = entry.message.message_group_id.as_ref();
                if let Some(Ok(failed)) = group.map(|group| self.failed_group(group)) {
                    let failed = u32::try_from(self.failed_groups[failed].1);
                    let held_back = SendError::HeldBack(failed.unwrap_or(u32::MAX));
                    self.settle(position, Err(held_back));
                } else {
                    size += entry.message.size();
                    if size > message::MAX_SIZE {
                        return;
                    }
                    self.request.push(position);
                }
            }
            self.next += 1;
        }
    }

    /// Where a group is among those that have failed, or where it would be.
    fn failed_group(&self, group: &str) -> Result<usize, usize> {
        self.failed_groups
            .binary_search_by(|(failed, _)| failed.as_str().cmp(group))
    }

    fn form(&self) -> String {
        let messages = self
            .request
            .iter()
            .map(|position| (position.to_string(), &self.entries[*position].message));
        if self.is_batch {
            return query::send_message_batch(&self.queue_url, &messages.collect::<Vec<_>>());
        }
        messages
            .map(|(_, message)| query::send_message(&self.queue_url, message))
            .collect()
    }

    fn read(&mut self, reply: Reply, time: SystemTime) -> Reading {
        let credentials = &self.client.credentials;
        let (response, interruption) = match reply {
            Reply::Whole(response) => (response, None),
            Reply::Cut(response, interruption) => (response, Some(interruption)),
            Reply::None(failure) => {
                let error = SendError::from(failure);
                return Reading {
                    outcomes: self.all(&error),
                    error: Some(error),
                    asked: None,
                    is_corrected: false,
                };
            }
        };
        let is_cut = interruption.is_some();
        // What becomes of messages that the answer does not tell of.
        let Interruption { cause, detail } = interruption.unwrap_or_else(|| Interruption {
            cause: UnknownCause::UnreadableAnswer,
            detail: "the answer does not tell of this message".to_owned(),
        });
        let untold = SendError::OutcomeUnknown {
            cause,
            detail,
            request_id: answer::request_id(&response, credentials),
        };
        let answer = match answer::read(&response, credentials) {
            // The rest of the answer would have told.
            Err(SendError::OutcomeUnknown { .. }) if is_cut => Err(untold.clone()),
            answer => answer,
        };
        let code = match &answer {
            Err(SendError::Denied(error)) => error.code.as_deref(),
            _ => None,
        };
        let is_corrected = self.client.learn_time(code, &response, time);
        let error = answer.as_ref().err().cloned();
        Reading {
            outcomes: self.told(answer, &untold),
            error,
            asked: retry_after(&response),
            is_corrected,
        }
    }

    /// The same error for every message of the request.
    fn all(&self, error: &SendError) -> Vec<(usize, Outcome)> {
        let error = |position: &usize| (*position, Err(error.clone()));
        self.request.iter().map(error).collect()
    }

    /// What an answer tells of each message of the request.
    fn told(&self, answer: Result<Answer, SendError>, untold: &SendError) -> Vec<(usize, Outcome)> {
        let mut entries = match answer {
            Ok(Answer::Entries(entries)) if self.is_batch => entries,
            Ok(Answer::Stored(receipt)) if !self.is_batch => {
                let id = |position: &usize| position.to_string();
                self.request
                    .iter()
                    .map(id)
                    .map(|id| (id, Ok(receipt.clone())))
                    .collect()
            }
            Ok(_) => Vec::new(),
            Err(error) => return self.all(&error),
        };
        let told = |position: &usize| {
            let id = position.to_string();
            let index = entries.iter().position(|(told, _)| *told == id);
            let outcome = match index.map(|index| entries.swap_remove(index).1) {
                Some(Ok(receipt)) => match corruption(&self.entries[*position].message, &receipt) {
                    Some(corruption) => Err(SendError::Corrupted(corruption)),
                    None => Ok(receipt),
                },
                Some(Err(error)) => Err(error),
                None => Err(untold.clone()),
            };
            (*position, outcome)
        };
        self.request.iter().map(told).collect()
    }

    /// Why a message would be sent again.
    fn reason(
        &self,
        position: usize,
        outcome: &Outcome,
        is_corrected: bool,
        elapsed: Duration,
    ) -> Option<Reason> {
        let entry = &self.entries[position];
        let error = outcome.as_ref().err()?;
        if entry.attempts >= self.retries.max_attempts {
            None
        } else if is_corrected {
            Some(Reason::Transient)
        } else {
            let is_deduplicated = self.is_fifo
                && entry.message.message_deduplication_id.is_some()
                && elapsed.saturating_sub(entry.first_sent) < DEDUPLICATED_FOR;
            Reason::of(error, is_deduplicated || self.retries.accept_duplicates)
        }
    }

    /// Whether a message of a request can be sent again without being out of order in its group on a FIFO queue: no
    /// later one may have been stored, and no earlier one be given up.
    fn keeps_order(
        &self,
        index: usize,
        outcomes: &[(usize, Outcome)],
        reasons: &[Option<Reason>],
    ) -> bool {
        let group = |index: usize| &self.entries[outcomes[index].0].message.message_group_id;
        let is_hindered_by = |other: usize| match &outcomes[other].1 {
            Ok(_) => other > index,
            Err(_) if other < index => reasons[other].is_none(),
            Err(error) => error.doubt() == Doubt::Whole && reasons[other].is_none(),
        };
        !self.is_fifo
            || !(0..outcomes.len()).any(|other| {
                other != index && group(other) == group(index) && is_hindered_by(other)
            })
    }

    /// How long to wait before the next attempt, where there is time and budget for one.
    fn wait_before(
        &mut self,
        reason: Reason,
        asked: Option<Duration>,
        is_known: bool,
        now: Moment,
    ) -> Option<Duration> {
        let attempts = self
            .request
            .iter()
            .map(|position| self.entries[*position].attempts);
        let attempts = attempts.max().unwrap_or(1);
        let wait = reason.delay(attempts, self.random.f64(), asked);
        // An attempt without end would leave in doubt what is known now.
        let needed = if is_known {
            now.elapsed.saturating_sub(self.began)
        } else {
            Duration::ZERO
        };
        if now.elapsed.saturating_add(wait).saturating_add(needed) >= self.total {
            return None;
        }
        self.paid = Some(self.budget.pay(reason)?);
        Some(wait)
    }

    /// Ends the call: whatever has no outcome gets this one.
    fn abandon(&mut self, error: &SendError) -> Step {
        for position in std::mem::take(&mut self.request) {
            self.settle(position, Err(error.clone()));
        }
        for position in self.next..self.entries.len() {
            if self.entries[position].outcome.is_none() {
                self.settle(position, Err(error.clone()));
            }
        }
        self.next = self.entries.len();
        Step::Done
    }

    fn settle(&mut self, position: usize, outcome: Outcome) {
        // No longer needed, and it may be large.
        let message = std::mem::take(&mut self.entries[position].message);
        if self.is_fifo
            && outcome.is_err()
            && let Some(group) = message.message_group_id
            && let Err(index) = self.failed_group(&group)
        {
            self.failed_groups.insert(index, (group, position));
        }
        let entry = &mut self.entries[position];
        entry.outcome = Some(match outcome {
            Ok(receipt) => Ok(Receipt {
                attempts: entry.attempts,
                ..receipt
            }),
            Err(error) => Err(worse(entry.doubtful.take(), error)),
        });
    }
}

/// Of two errors, one after the other, that which leaves more in doubt; if both leave the same, the later one.
fn worse(earlier: Option<SendError>, later: SendError) -> SendError {
    match earlier {
        Some(earlier) if earlier.doubt() > later.doubt() => earlier,
        _ => later,
    }
}

/// Whether an error is not of the message: every other request would meet it, too.
fn would_meet_all(error: &SendError) -> bool {
    match error {
        SendError::Denied(_) => true,
        SendError::Unreachable { cause, .. } => *cause != UnreachableCause::NotSent,
        _ => false,
    }
}

/// How long an answer asks to wait.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
fn retry_after(response: &Response) -> Option<Duration> {
    let milliseconds = response.header("x-amz-retry-after")?.trim().parse().ok()?;
    Some(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests;
