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

use std::collections::BTreeMap;
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

impl Failure {
    /// The same, without what must not be shown.
    fn cleaned(self, credentials: &Credentials) -> Self {
        match self {
            Self::Unreachable(cause, detail) => {
                Self::Unreachable(cause, answer::clean(&detail, credentials))
            }
            Self::Interrupted(interruption) => Self::Interrupted(interruption.cleaned(credentials)),
        }
    }
}

impl Interruption {
    fn cleaned(self, credentials: &Credentials) -> Self {
        Self {
            detail: answer::clean(&self.detail, credentials),
            ..self
        }
    }
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
    request: UnderWay,
    /// How long to wait before the next request.
    wait: Option<Duration>,
}

/// A message, and what is known of it.
struct Entry {
    message: Message,
    /// The one before it in its message group on a FIFO queue.
    previous: Option<usize>,
    /// One of its group without a receipt, up to this one.
    failed: Option<usize>,
    /// The error of the attempts so far that leaves most in doubt.
    error: Option<SendError>,
    outcome: Option<Outcome>,
}

/// The request that is under way, or the next one. It is sent with fewer messages each time, never with others.
#[derive(Default)]
struct UnderWay {
    /// The messages.
    positions: Vec<usize>,
    /// How often it was sent.
    attempts: u32,
    /// When it was sent for the first time.
    first_began: Duration,
    /// When it was sent for the last time.
    began: Duration,
    /// What that cost, if it was not the first time.
    paid: Option<u32>,
}

/// What a reply says.
struct Reading {
    /// Of each message of the request.
    outcomes: Vec<Outcome>,
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
        exchange.entries.push(Entry::new(message, None, None));
        Ok(exchange)
    }

    /// Prepares to send messages, by `SendMessageBatch`. One that breaks a rule gets that for its outcome.
    ///
    /// # Errors
    /// Every rule that an argument breaks that is not a message.
    pub fn many(call: Call, messages: Vec<Message>) -> Result<Self, Vec<Violation>> {
        let mut exchange = Self::new(call, &[])?;
        exchange.is_batch = true;
        let previous = if exchange.is_fifo {
            previous_of_groups(&messages)
        } else {
            vec![None; messages.len()]
        };
        for (message, previous) in messages.into_iter().zip(previous) {
            let violations = message.violations(exchange.is_fifo);
            let outcome =
                (!violations.is_empty()).then_some(Err(SendError::InvalidInput(violations)));
            exchange
                .entries
                .push(Entry::new(message, previous, outcome));
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
                request: UnderWay::default(),
                wait: None,
            }),
            destination => Err([destination.err().unwrap_or_default(), violations].concat()),
        }
    }

    /// What to do next.
    pub fn next(&mut self, now: Moment) -> Step {
        if let Some(wait) = self.wait.take() {
            return Step::Wait(wait);
        }
        // The wait may have taken longer than it should.
        if self.is_forgotten(now.elapsed) && self.is_in_doubt() {
            for position in std::mem::take(&mut self.request.positions) {
                self.settle_as_known(position, &self.out_of_time());
            }
        }
        if self.request.positions.is_empty() {
            self.pack();
        }
        if self.request.positions.is_empty() {
            return Step::Done;
        }
        if now.elapsed >= self.total {
            return self.abandon(&self.out_of_time());
        }
        match self.client.request(self.form(), now.time) {
            Ok(request) => {
                if self.request.attempts == 0 {
                    self.request.first_began = now.elapsed;
                }
                self.request.attempts += 1;
                self.request.began = now.elapsed;
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
        if outcomes.iter().any(Result::is_ok) {
            self.budget.earn(self.request.paid.take());
        }
        // A request that is refused as a whole is not stored in part, as far as the server can be believed.
        let hindrance = match error {
            Some(_) => Doubt::Whole,
            None => Doubt::Little,
        };
        let mut reasons: Vec<Option<Reason>> = Vec::new();
        for (index, outcome) in outcomes.iter().enumerate() {
            let reason = self.reason(index, outcome, is_corrected, now.elapsed);
            let keeps_order = |_: &Reason| self.keeps_order(index, &outcomes, &reasons, hindrance);
            reasons.push(reason.filter(keeps_order));
        }
        let reason = reasons.iter().flatten().max().copied();
        let is_known = self.is_known(&outcomes, &reasons);
        self.wait = reason.and_then(|reason| self.wait_before(reason, asked, is_known, now));
        let goes_on = self.wait.is_some();

        let positions = std::mem::take(&mut self.request.positions);
        let is_throttled = outcomes
            .iter()
            .any(|outcome| matches!(outcome, Err(SendError::Throttled(_))));
        for ((position, outcome), reason) in positions.into_iter().zip(outcomes).zip(reasons) {
            match outcome {
                Err(error) if goes_on && reason.is_some() => {
                    let entry = &mut self.entries[position];
                    entry.error = Some(worse(entry.error.take(), error));
                    self.request.positions.push(position);
                }
                outcome => self.settle(position, outcome),
            }
        }
        if goes_on {
            return;
        }
        match error {
            Some(error) if !is_corrected && would_meet_all(&error) => {
                self.abandon(&error);
            }
            // What is to come is not to be sent at once to a server that asks for less.
            _ if is_throttled => {
                let wait =
                    Reason::Throttling.delay(self.request.attempts, self.random.f64(), asked);
                self.pack();
                if now.elapsed.saturating_add(wait) >= self.total {
                    self.abandon(&self.out_of_time());
                } else if !self.request.positions.is_empty() {
                    self.wait = Some(wait);
                }
            }
            _ => {}
        }
    }

    /// What became of each message, in the order in which they came, and what is left of the budget.
    #[must_use]
    pub fn outcomes(self) -> (Vec<Outcome>, Budget) {
        let mut outcomes = Vec::new();
        // Of each message's group, the first up to it that has no receipt: known now that all is over.
        let mut failed: Vec<Option<usize>> = Vec::new();
        for (position, entry) in self.entries.into_iter().enumerate() {
            let before = entry.previous.and_then(|previous| failed[previous]);
            let outcome = match (entry.outcome, before) {
                (Some(Err(SendError::HeldBack(_))), Some(failed)) => {
                    let failed = u32::try_from(failed).unwrap_or(u32::MAX);
                    Err(SendError::HeldBack(failed))
                }
                (Some(outcome), _) => outcome,
                (None, _) => Err(SendError::Unreachable {
                    cause: UnreachableCause::NotSent,
                    detail: "the call was not carried through".to_owned(),
                }),
            };
            failed.push(before.or(outcome.is_err().then_some(position)));
            outcomes.push(outcome);
        }
        (outcomes, self.budget)
    }

    /// Fills the next request: as many messages as it may have, in order.
    fn pack(&mut self) {
        self.request = UnderWay::default();
        let mut size = 0;
        while self.request.positions.len() < MAX_ENTRIES && self.next < self.entries.len() {
            let position = self.next;
            let failed = self.failed_before(position);
            let entry = &mut self.entries[position];
            match (&entry.outcome, failed) {
                // Broke a rule.
                (Some(_), failed) => entry.failed = failed.or(Some(position)),
                (None, Some(failed)) => {
                    let failed = u32::try_from(failed).unwrap_or(u32::MAX);
                    self.settle(position, Err(SendError::HeldBack(failed)));
                }
                (None, None) => {
                    size += entry.message.size();
                    if size > message::MAX_SIZE {
                        return;
                    }
                    self.request.positions.push(position);
                }
            }
            self.next += 1;
        }
    }

    /// A message without a receipt before this one in its group.
    fn failed_before(&self, position: usize) -> Option<usize> {
        self.entries[self.entries[position].previous?].failed
    }

    fn form(&self) -> Vec<u8> {
        let message = |position: &usize| &self.entries[*position].message;
        match &self.request.positions[..] {
            [position] if !self.is_batch => query::send_message(&self.queue_url, message(position)),
            positions => {
                let entries: Vec<_> = positions
                    .iter()
                    .map(|position| (position.to_string(), message(position)))
                    .collect();
                query::send_message_batch(&self.queue_url, &entries)
            }
        }
    }

    fn read(&mut self, reply: Reply, time: SystemTime) -> Reading {
        let credentials = &self.client.credentials;
        let (response, interruption) = match reply {
            Reply::Whole(response) => (response, None),
            Reply::Cut(response, interruption) => (response, Some(interruption)),
            Reply::None(failure) => {
                let error = failure.cleaned(credentials).into();
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
        let Interruption { cause, detail } = interruption.map_or_else(
            || Interruption {
                cause: UnknownCause::UnreadableAnswer,
                detail: "the answer does not tell of this message".to_owned(),
            },
            |interruption| interruption.cleaned(credentials),
        );
        let untold = SendError::OutcomeUnknown {
            cause,
            detail,
            request_id: answer::request_id(&response, credentials),
        };
        let answer = match answer::read(&response, credentials) {
            // The rest of the answer would have told.
            Err(SendError::OutcomeUnknown { .. }) if is_cut => Err(untold.clone()),
            // Or have said what to do: SQS answers throttling with the status of a denial.
            Err(SendError::Denied(error) | SendError::Rejected(error))
                if is_cut && error.code.is_none() =>
            {
                Err(SendError::Unavailable(error))
            }
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
    fn all(&self, error: &SendError) -> Vec<Outcome> {
        vec![Err(error.clone()); self.request.positions.len()]
    }

    /// What an answer tells of each message of the request.
    fn told(&self, answer: Result<Answer, SendError>, untold: &SendError) -> Vec<Outcome> {
        let entries = match answer {
            Ok(Answer::Entries(entries)) if self.is_batch => entries,
            Ok(Answer::Stored(receipt)) if !self.is_batch => vec![("0".to_owned(), Ok(receipt))],
            Ok(_) => Vec::new(),
            Err(error) => return self.all(&error),
        };
        let told = |position: &usize| {
            let id = position.to_string();
            let mut found = entries.iter().filter(|(told, _)| *told == id);
            // What is told twice is not told.
            let outcome = match (found.next(), found.next()) {
                (Some((_, outcome)), None) => outcome.clone()?,
                _ => return Err(untold.clone()),
            };
            match corruption(&self.entries[*position].message, &outcome) {
                Some(corruption) => Err(SendError::Corrupted(corruption)),
                None => Ok(outcome),
            }
        };
        self.request.positions.iter().map(told).collect()
    }

    /// Why a message would be sent again.
    fn reason(
        &self,
        index: usize,
        outcome: &Outcome,
        is_corrected: bool,
        elapsed: Duration,
    ) -> Option<Reason> {
        let entry = &self.entries[self.request.positions[index]];
        let error = outcome.as_ref().err()?;
        if self.request.attempts >= self.retries.max_attempts {
            return None;
        }
        let is_deduplicated = self.is_fifo && entry.message.message_deduplication_id.is_some();
        let is_repeatable = is_deduplicated || self.retries.accept_duplicates;
        let doubt = entry
            .error
            .as_ref()
            .map_or(Doubt::None, SendError::doubt)
            .max(error.doubt());
        if doubt == Doubt::Whole && !is_repeatable
            || doubt > Doubt::None && self.is_forgotten(elapsed)
        {
            None
        } else if is_corrected {
            Some(Reason::Transient)
        } else {
            Reason::of(error, is_repeatable)
        }
    }

    /// Whether a message of a request can be sent again without being out of order in its group on a FIFO queue: no
    /// later one may have been stored, which is a matter of `hindrance`, and no earlier one be given up. `reasons` are
    /// those of the earlier ones.
    fn keeps_order(
        &self,
        index: usize,
        outcomes: &[Outcome],
        reasons: &[Option<Reason>],
        hindrance: Doubt,
    ) -> bool {
        let group = |index: usize| {
            let position = self.request.positions[index];
            &self.entries[position].message.message_group_id
        };
        let is_hindered_by = |other: usize| match &outcomes[other] {
            Ok(_) => other > index,
            Err(_) if other < index => reasons[other].is_none(),
            Err(error) => other > index && error.doubt() >= hindrance,
        };
        !self.is_fifo
            || !(0..outcomes.len())
                .any(|other| is_hindered_by(other) && group(other) == group(index))
    }

    /// Whether it is known of every message that is to be sent again that it was not stored.
    fn is_known(&self, outcomes: &[Outcome], reasons: &[Option<Reason>]) -> bool {
        let is_in_doubt = |error: &SendError| error.doubt() == Doubt::Whole;
        let positions = self.request.positions.iter();
        !positions
            .zip(outcomes)
            .zip(reasons)
            .any(|((position, outcome), reason)| {
                let errors = [
                    outcome.as_ref().err(),
                    self.entries[*position].error.as_ref(),
                ];
                reason.is_some() && errors.into_iter().flatten().any(is_in_doubt)
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
        let wait = reason.delay(self.request.attempts, self.random.f64(), asked);
        // An attempt without end would leave in doubt what is known now.
        let needed = if is_known {
            now.elapsed.saturating_sub(self.request.began)
        } else {
            Duration::ZERO
        };
        if now.elapsed.saturating_add(wait).saturating_add(needed) >= self.total {
            return None;
        }
        self.request.paid = Some(self.budget.pay(reason)?);
        Some(wait)
    }

    /// Whether SQS may have forgotten the deduplication ids of the request, or the digests of its bodies, so that it would
    /// store a second one.
    fn is_forgotten(&self, elapsed: Duration) -> bool {
        self.is_fifo
            && !self.retries.accept_duplicates
            && self.request.attempts > 0
            && elapsed.saturating_sub(self.request.first_began) >= DEDUPLICATED_FOR
    }

    /// Whether a message of the request that is to be sent again may have been stored.
    fn is_in_doubt(&self) -> bool {
        let errors = self
            .request
            .positions
            .iter()
            .filter_map(|position| self.entries[*position].error.as_ref());
        errors
            .map(SendError::doubt)
            .any(|doubt| doubt > Doubt::None)
    }

    fn out_of_time(&self) -> SendError {
        SendError::Unreachable {
            cause: UnreachableCause::Timeout,
            detail: format!("no end within {} ms", self.total.as_millis()),
        }
    }

    /// Ends the call: what has been sent keeps the error that it has, and all else without an outcome gets this one.
    fn abandon(&mut self, error: &SendError) -> Step {
        for position in std::mem::take(&mut self.request.positions) {
            self.settle_as_known(position, error);
        }
        for position in self.next..self.entries.len() {
            if self.entries[position].outcome.is_none() {
                self.settle(position, Err(error.clone()));
            }
        }
        self.next = self.entries.len();
        Step::Done
    }

    /// Gives a message up: with the error that it has, or else with this one.
    fn settle_as_known(&mut self, position: usize, otherwise: &SendError) {
        let known = self.entries[position].error.take();
        self.settle(position, Err(known.unwrap_or_else(|| otherwise.clone())));
    }

    fn settle(&mut self, position: usize, outcome: Outcome) {
        let failed = self.failed_before(position);
        let entry = &mut self.entries[position];
        entry.failed = failed.or(outcome.is_err().then_some(position));
        // No longer needed, and it may be large.
        entry.message = Message::default();
        entry.outcome = Some(match outcome {
            Ok(receipt) => Ok(Receipt {
                attempts: self.request.attempts,
                ..receipt
            }),
            Err(error) => Err(worse(entry.error.take(), error)),
        });
    }
}

impl Entry {
    fn new(message: Message, previous: Option<usize>, outcome: Option<Outcome>) -> Self {
        Self {
            message,
            previous,
            failed: None,
            error: None,
            outcome,
        }
    }
}

/// For each message, the one before it in its group.
fn previous_of_groups(messages: &[Message]) -> Vec<Option<usize>> {
    let mut last = BTreeMap::new();
    let groups = messages
        .iter()
        .map(|message| message.message_group_id.as_deref());
    groups
        .enumerate()
        .map(|(position, group)| last.insert(group?, position))
        .collect()
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
