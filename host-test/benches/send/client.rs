//! A client in a process of its own: it gets rounds on standard input, and answers each on standard output.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use perf_event::Builder;
use perf_event::events::Hardware;

use super::processor_time;
use super::workload::{Measured, Round};

/// Something that sends messages.
pub(crate) trait Client: Send + Sync + 'static {
    /// What one of the calls that are under way at a time has for itself.
    type Lane: Send + 'static;

    /// Gets ready for one call at a time.
    fn lane(&self, round: &Round) -> Self::Lane;

    /// Sends messages in one call, to success.
    fn send(
        &self,
        lane: &mut Self::Lane,
        bodies: Vec<String>,
    ) -> impl Future<Output = Result<(), String>> + Send;
}

/// Answers rounds until there are no more.
pub(crate) fn answer<C: Client>(make: impl FnOnce() -> C) {
    // Opened before any thread begins: those that begin later are counted too.
    let mut instructions = Builder::new(Hardware::INSTRUCTIONS)
        .inherit(true)
        .build()
        .and_then(|mut counter| counter.enable().map(|()| counter))
        .ok();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let client = {
        let _context = runtime.enter();
        Arc::new(make())
    };
    for line in std::io::stdin().lock().lines() {
        let round: Round = serde_json::from_str(&line.expect("a line")).expect("a round");
        let counted = |counter: &mut perf_event::Counter| counter.read().ok();
        let (before, began) = (
            instructions.as_mut().and_then(counted),
            processor_time::of_process(),
        );
        let mut answer = runtime.block_on(run(&client, round));
        answer.cpu_us = micros(processor_time::of_process().saturating_sub(began));
        let after = instructions.as_mut().and_then(counted);
        answer.instructions = after.zip(before).map(|(after, before)| after - before);
        println!("{}", serde_json::to_string(&answer).expect("json"));
        let _ = std::io::stdout().flush();
    }
}

/// Sends the messages of a round.
async fn run<C: Client>(client: &Arc<C>, round: Round) -> Measured {
    let round = Arc::new(round);
    let next = Arc::new(AtomicU64::new(0));
    let end = Instant::now() + Duration::from_millis(round.milliseconds);
    let lanes: Vec<_> = (0..round.in_flight)
        .map(|_| {
            let (client, round, next) = (Arc::clone(client), Arc::clone(&round), Arc::clone(&next));
            tokio::spawn(async move {
                let mut lane = client.lane(&round);
                let (mut times, mut error) = (Vec::new(), None);
                while Instant::now() < end && error.is_none() {
                    let batch = round.batch as u64;
                    let first = next.fetch_add(batch, Ordering::Relaxed);
                    if first >= round.messages {
                        break;
                    }
                    let numbers = first..(first + batch).min(round.messages);
                    let bodies = numbers.map(|n| round.body(round.first + n)).collect();
                    let began = Instant::now();
                    error = client.send(&mut lane, bodies).await.err();
                    times.push(began.elapsed());
                }
                (times, error)
            })
        })
        .collect();
    let (mut times, mut error) = (Vec::new(), None);
    for lane in lanes {
        let (lane_times, lane_error) = lane.await.expect("no panic");
        times.extend(lane_times);
        error = error.or(lane_error);
    }
    times.sort_unstable();
    let quantile = |of_hundred: usize| {
        let index = (times.len() * of_hundred / 100).min(times.len().saturating_sub(1));
        times.get(index).copied().map_or(0.0, micros)
    };
    let messages = next.load(Ordering::Relaxed).min(round.messages);
    Measured {
        messages: messages.min((times.len() * round.batch) as u64),
        cpu_us: 0.0,
        p50_us: quantile(50),
        p99_us: quantile(99),
        instructions: None,
        error,
    }
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
