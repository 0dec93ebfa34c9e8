//! Jobs side by side: begun in order and only so many at a time, told of in order or as they end.

use std::io::{self, BufRead};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use connector_host::job::{InvalidJob, Job, JobRunner, Outcome, Work};
use connector_host::{Host, OutboundConnector};
use futures_util::StreamExt as _;
use futures_util::stream::{FuturesOrdered, FuturesUnordered};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::jobs::{JobText, Jobs};
use super::progress::{Bytes, Progress};
use super::shutdown::{Signal, Signals};
use super::tally::Tally;
use super::{Order, Pace, exit};
use crate::cli::exit::Failure;

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
struct Told {
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
        let slots = Arc::new(Semaphore::new(pace.concurrency as usize));
        let most = (pace.concurrency as usize - 1) * WAITING + 1;
        let mut flight = Flight::new(pace.order);
        let every = (pace.progress_every > 0).then_some(Duration::from_millis(pace.progress_every));
        let mut progress = Progress::new(bytes, every, logs_json);
        let mut tally = Tally::new();
        let mut end = End::default();
        let mut last = None;
        let mut grace = Box::pin(tokio::time::sleep(Duration::MAX));
        while !(end.takes_no_more() && flight.is_empty()) {
            let signals_before = if end.signal.is_none() { 1 } else { 2 };
            tokio::select! {
                biased;
                signal = signals.wait_for(signals_before), if !end.interrupted => {
                    if end.signal.replace(signal).is_some() {
                        end.interrupt(&worker.host);
                    } else {
                        let time = Duration::from_millis(pace.grace);
                        grace = Box::pin(tokio::time::sleep(time));
                        tracing::warn!("{signal}: {} jobs in flight have {time:?} to end", flight.len());
                    }
                }
                () = &mut grace, if end.signal.is_some() && !end.interrupted => {
                    end.interrupt(&worker.host);
                }
                Some(told) = flight.next() => {
                    tally.add(&told.outcome, told.work, told.latency);
                    if let Err(failure) = progress.suspend(|| told.print()) {
                        // Nobody knows of a job that is done and not told of: no more are to follow it.
                        end.fail(failure);
                    }
                }
                next = next(&slots, &mut jobs), if !end.takes_no_more() && flight.len() < most => {
                    match next {
                        Some(Ok((slot, job))) => {
                            last = Some(job.place.clone());
                            flight.push(begin(Arc::clone(&worker), slot, job));
                        }
                        Some(Err(error)) => end.fail(Failure::usage(format!("jobs: {error}"))),
                        None => end.input = true,
                    }
                }
                () = progress.tick() => {
                    let in_flight = pace.concurrency as usize - slots.available_permits();
                    progress.tell(&tally, in_flight);
                }
            }
        }
        progress.end();
        end.told(&tally, last.as_deref(), logs_json)
    }

    async fn end_of(&self, JobText { text, place }: JobText) -> Told {
        let began = Instant::now();
        let (key, outcome, work) = match &text {
            Ok(text) => match Job::from_json(text) {
                Ok(job) => {
                    let key = job.key.clone();
                    let ended = self.runner.run_on(&self.connector, job).await;
                    (key, ended.outcome, ended.work)
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

/// Why a run comes to its end, as far as it does.
#[derive(Default)]
struct End {
    /// The input has no more jobs.
    input: bool,
    signal: Option<Signal>,
    /// What is in flight was ended.
    interrupted: bool,
    failure: Option<Failure>,
}

impl End {
    fn takes_no_more(&self) -> bool {
        self.input || self.signal.is_some() || self.failure.is_some()
    }

    fn interrupt(&mut self, host: &Host) {
        host.interrupt();
        self.interrupted = true;
    }

    /// Takes a failure for that of the run. Where there is one already, it is told at once.
    fn fail(&mut self, failure: Failure) {
        if self.failure.is_some() {
            tracing::error!("{failure}");
        } else {
            self.failure = Some(failure);
        }
    }

    /// What the run has come to.
    fn told(self, tally: &Tally, last: Option<&str>, logs_json: bool) -> Result<(), Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        if tally.all() > 1 || self.signal.is_some() {
            if logs_json {
                eprintln!(r#"{{"summary":{}}}"#, tally.to_json());
            } else {
                eprintln!("{}", tally.summary());
            }
        }
        if let Some(signal) = self.signal {
            let begun = match last {
                Some(place) => format!("the last job that was begun is {place}"),
                None => "no job was begun".to_owned(),
            };
            let text = format!("ended by {signal}: {begun}; of the input behind it, nothing was");
            return Err(Failure::signal(signal.exit_code(), text));
        }
        match tally.failed() {
            0 => Ok(()),
            failed => Err(Failure::jobs(failed, tally.all())),
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

    fn is_empty(&self) -> bool {
        self.len() == 0
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
            outcome: failed(format!(
                "{place}: the host has failed, and the work may be done"
            )),
            place,
            work: Work::Unknown,
            latency: began.elapsed(),
        })
    })
}

/// What becomes of a text that is no job: nothing was done, and nothing can be.
fn not_a_job(place: &str, error: &InvalidJob) -> Outcome {
    failed(format!("{place}: {error}"))
}

fn failed(message: String) -> Outcome {
    Outcome::Failed {
        message,
        retries: 0,
        retry_backoff: None,
        variables: serde_json::Map::new(),
    }
}

impl Told {
    /// Prints the line of a job. If that fails, the error tells what the line would have.
    fn print(&self) -> Result<(), Failure> {
        exit::print_line(&self.line()).map_err(|error| {
            let job = self.key.as_ref().unwrap_or(&self.place);
            let outcome = &self.outcome;
            Failure::setup(format!(
                "the outcome of job {job} cannot be printed: {error}; it is {outcome:?}"
            ))
        })
    }

    fn line(&self) -> String {
        let mut line = self.outcome.to_json();
        if let Value::Object(fields) = &mut line {
            if let Some(key) = &self.key {
                fields.shift_insert(0, "jobKey".to_owned(), key.as_str().into());
            }
            fields.insert("work".to_owned(), self.work.name().into());
        }
        line.to_string()
    }
}
