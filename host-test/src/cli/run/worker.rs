//! Jobs side by side: begun in order and only so many at a time, told of in order or as they end.

use std::io::{self, BufRead};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connector_host::job::{InvalidJob, Job, JobRunner, Outcome, Work};
use connector_host::{Host, OutboundConnector};
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::jobs::{JobText, Jobs};
use super::printer::{Printed, Printer};
use super::progress::{Bytes, Progress};
use super::shutdown::{Signal, Signals};
use super::tally::Tally;
use super::{Order, Pace};
use crate::cli::exit::Failure;
use crate::cli::stderr;

/// Where jobs come from.
pub(super) type Input = Box<dyn BufRead + Send>;

/// How many jobs may be done and not told of, for each that may be in flight: where outcomes are told in order, one slow
/// job holds up those of others, but not the others.
const WAITING: usize = 16;

/// Runs the jobs of a connector.
pub(super) struct Worker {
    pub(super) host: Host,
    pub(super) connector: OutboundConnector,
    pub(super) runner: JobRunner,
}

/// A job that has ended, and is to be told of.
pub(super) struct Told {
    key: Option<String>,
    place: String,
    outcome: Outcome,
    work: Work,
    latency: Duration,
}

type Pending = Pin<Box<dyn Future<Output = Told> + Send>>;

/// Jobs that are not told of yet.
enum Flight {
    InOrder(FuturesOrdered<Pending>),
    AsTheyEnd(FuturesUnordered<Pending>),
}

impl Worker {
    /// Runs all jobs of an input, or as many as a signal lets it begin.
    pub(super) async fn run(
        self,
        input: Input,
        size: Option<u64>,
        pace: &Pace,
        mut signals: Signals,
        logs_json: bool,
    ) -> Result<(), Failure> {
        let worker = Arc::new(self);
        let bytes = Bytes {
            read: Arc::default(),
            all: size,
        };
        let mut jobs = read_ahead(Jobs::new(input, Arc::clone(&bytes.read)));
        let concurrency = pace.concurrency as usize;
        let slots = Arc::new(Semaphore::new(concurrency));
        let most = (concurrency - 1) * WAITING + 1;
        let mut flight = Flight::new(pace.order);
        let every = (pace.progress_every > 0).then_some(Duration::from_millis(pace.progress_every));
        let mut progress = Progress::new(bytes, every, logs_json);
        let mut printer = Printer::new(progress.terminal());
        let mut tally = Tally::new();
        let mut end = End {
            logs_json,
            ..End::default()
        };
        // Until when jobs may end after a signal, and then, until when their outcomes may be printed.
        let mut patience = Box::pin(tokio::time::sleep(Duration::MAX));
        while !(end.takes_no_more() && flight.len() + printer.len() == 0) {
            let next_signal = if end.signal.is_none() { 1 } else { 2 };
            tokio::select! {
                biased;
                signal = signals.wait_for(next_signal), if !end.interrupted => {
                    if end.signal.replace(signal).is_some() {
                        patience = end.interrupt(&worker.host);
                    } else {
                        let time = Duration::from_millis(pace.grace);
                        patience = Box::pin(tokio::time::sleep(time));
                        let in_flight = concurrency - slots.available_permits();
                        tracing::warn!("{signal}: {in_flight} in flight, with {time:?} to end");
                    }
                }
                () = &mut patience, if end.signal.is_some() => {
                    if end.interrupted {
                        break;
                    }
                    patience = end.interrupt(&worker.host);
                }
                Some(Printed { told, result }) = printer.next() => {
                    if let Err(error) = result {
                        // Nobody knows of a job that is done and not told of: no more are to follow it.
                        end.fail(told.unprinted(&error));
                    }
                }
                Some(told) = flight.next() => {
                    tally.add(&told.outcome, told.work, told.latency);
                    printer.print(told);
                }
                next = next(&slots, &mut jobs),
                    if !end.takes_no_more() && flight.len() + printer.len() < most => match next
                {
                    Some(Ok((slot, job))) => {
                        end.last = Some(job.place.clone());
                        flight.push(begin(Arc::clone(&worker), slot, job));
                    }
                    Some(Err(error)) => end.fail(Failure::usage(format!("jobs: {error}"))),
                    None => end.input = true,
                },
                () = progress.tick() => {
                    progress.tell(&tally, concurrency - slots.available_permits());
                }
            }
        }
        progress.end();
        for told in printer.into_waiting() {
            end.fail(told.unprinted(&"nobody reads it"));
        }
        end.told(&tally)
    }

    async fn end_of(&self, JobText { text, place }: JobText) -> Told {
        let began = Instant::now();
        let (key, outcome, work) = match &text {
            Ok(text) => match Job::from_json(text) {
                Ok(job) => {
                    let key = job.key.clone();
                    let run = self.runner.run_on(&self.connector, job);
                    // A bug in here is to cost the one job, and not its outcome.
                    match AssertUnwindSafe(run).catch_unwind().await {
                        Ok(ended) => (key, ended.outcome, ended.work),
                        Err(_) => (key, lost(&place), Work::Unknown),
                    }
                }
                Err(error) => (Job::key_in(text), not_a_job(&place, &error), Work::NotDone),
            },
            Err(error) => (None, not_a_job(&place, error), Work::NotDone),
        };
        Told {
            key,
            place,
            outcome,
            work,
            latency: began.elapsed(),
        }
    }
}

/// How long outcomes may take to be printed when jobs were ended.
const LAST_LINES: Duration = Duration::from_secs(5);

/// Why a run comes to its end, as far as it does.
#[derive(Default)]
struct End {
    /// Where the last job stands that was begun.
    last: Option<String>,
    /// The input has no more jobs.
    input: bool,
    signal: Option<Signal>,
    /// What is in flight was ended.
    interrupted: bool,
    failure: Option<Failure>,
    /// Whether standard error is to get nothing but JSON.
    logs_json: bool,
}

impl End {
    fn takes_no_more(&self) -> bool {
        self.input || self.signal.is_some() || self.failure.is_some()
    }

    /// Ends what is in flight. Gives the time for outcomes to be printed.
    fn interrupt(&mut self, host: &Host) -> Pin<Box<tokio::time::Sleep>> {
        host.interrupt();
        self.interrupted = true;
        Box::pin(tokio::time::sleep(LAST_LINES))
    }

    /// Takes a failure for that of the run. Where there is one already, it is told at once.
    fn fail(&mut self, failure: Failure) {
        if self.failure.is_some() {
            failure.tell(self.logs_json);
        } else {
            self.failure = Some(failure);
        }
    }

    /// What the run has come to.
    fn told(self, tally: &Tally) -> Result<(), Failure> {
        if tally.all() > 1 || self.signal.is_some() {
            if self.logs_json {
                stderr::tell(&format!(r#"{{"summary":{}}}"#, tally.to_json()));
            } else {
                stderr::tell(&tally.summary());
            }
        }
        let begun = match self.last {
            Some(place) => format!("the last job that was begun is {place}"),
            None => "no job was begun".to_owned(),
        };
        let begun = format!("{begun}; of the input behind it, nothing was");
        match (self.failure, self.signal) {
            (Some(failure), _) if self.input => Err(failure),
            (Some(failure), _) => Err(failure.and(&begun)),
            (None, Some(signal)) => {
                let text = format!("ended by {signal}: {begun}");
                Err(Failure::signal(signal.exit_code(), text))
            }
            (None, None) if tally.failed() > 0 => Err(Failure::jobs(tally.failed(), tally.all())),
            (None, None) => Ok(()),
        }
    }
}

impl Flight {
    fn new(order: Order) -> Self {
        match order {
            Order::Jobs => Self::InOrder(FuturesOrdered::new()),
            Order::Completion => Self::AsTheyEnd(FuturesUnordered::new()),
        }
    }

    fn push(&mut self, job: Pending) {
        match self {
            Self::InOrder(jobs) => jobs.push_back(job),
            Self::AsTheyEnd(jobs) => jobs.push(job),
        }
    }

    /// The next job to be told of. None while there are none.
    async fn next(&mut self) -> Option<Told> {
        match self {
            Self::InOrder(jobs) => jobs.next().await,
            Self::AsTheyEnd(jobs) => jobs.next().await,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::InOrder(jobs) => jobs.len(),
            Self::AsTheyEnd(jobs) => jobs.len(),
        }
    }
}

/// Jobs from a thread of their own: to read may take for ever.
fn read_ahead(mut jobs: Jobs) -> mpsc::Receiver<io::Result<JobText>> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        while let Some(next) = jobs.next().transpose() {
            let is_last = next.is_err();
            if sender.blocking_send(next).is_err() || is_last {
                break;
            }
        }
    });
    receiver
}

/// The next job, as soon as it may be begun. None if there are no more. To drop the future loses none.
async fn next(
    slots: &Arc<Semaphore>,
    jobs: &mut mpsc::Receiver<io::Result<JobText>>,
) -> Option<io::Result<(OwnedSemaphorePermit, JobText)>> {
    // The semaphore is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    let job = jobs.recv().await?;
    Some(job.map(|job| (slot, job)))
}

/// Begins a job, whether or not anybody waits for its end.
fn begin(worker: Arc<Worker>, slot: OwnedSemaphorePermit, job: JobText) -> Pending {
    let place = job.place.clone();
    let began = Instant::now();
    let task = tokio::spawn(async move {
        let told = worker.end_of(job).await;
        drop(slot);
        told
    });
    Box::pin(async move {
        task.await.unwrap_or_else(|_| Told {
            key: None,
            outcome: lost(&place),
            place,
            work: Work::Unknown,
            latency: began.elapsed(),
        })
    })
}

/// What becomes of a text that is no job: nothing was done, and nothing can be.
fn not_a_job(place: &str, error: &InvalidJob) -> Outcome {
    failed("InvalidJob", format!("{place}: {error}"))
}

/// What becomes of a job in the middle of which the host itself has failed.
fn lost(place: &str) -> Outcome {
    let message = format!("{place}: the host has failed, and the work may be done");
    failed("Stopped", message)
}

fn failed(error_type: &str, message: String) -> Outcome {
    let error = json!({"type": error_type, "code": error_type, "message": message});
    Outcome::Failed {
        message,
        retries: 0,
        retry_backoff: None,
        variables: serde_json::Map::from_iter([("error".to_owned(), error)]),
    }
}

impl Told {
    /// The line of a job.
    pub(super) fn line(&self) -> String {
        let mut line = self.outcome.to_json();
        if let Value::Object(fields) = &mut line {
            let (name, value) = match &self.key {
                Some(key) => ("jobKey", key),
                None => ("place", &self.place),
            };
            fields.shift_insert(0, name.to_owned(), value.as_str().into());
            fields.insert("work".to_owned(), self.work.name().into());
        }
        line.to_string()
    }

    /// The failure of a run that cannot print a line: in short, what it would have told.
    fn unprinted(&self, problem: &dyn std::fmt::Display) -> Failure {
        let job = self.key.as_ref().unwrap_or(&self.place);
        let (outcome, work) = (&self.outcome, self.work.name());
        Failure::setup(format!(
            "the outcome of job {job} cannot be printed: {problem}; its work is {work}, and it is {outcome:?}"
        ))
    }
}
