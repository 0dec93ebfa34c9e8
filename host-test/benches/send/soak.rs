//! Many messages, for as long as it takes: none is lost, and the process takes no more at the end than early on.

use std::process::exit;
use std::time::{Duration, Instant};

use super::Arguments;
use super::contest::Contestant;
use super::process::Process;
use super::sink::Sink;
use super::workload::Round;

/// From when on memory is to stay where it is.
const SETTLED: Duration = Duration::from_mins(1);
/// How much more memory may be taken from then on, in percent.
const MOST_GROWTH: u64 = 5;
/// How many parts the run has, with a line for each.
const PARTS: u64 = 50;

/// What the process had after a part of the run.
struct Sample {
    memory_kib: u64,
    descriptors: usize,
    threads: u64,
}

/// Sends the messages, and ends the process with an error if one is lost or something leaks.
pub(crate) fn run(arguments: &Arguments, messages: u64, in_flight: usize) {
    let sink = Sink::start(usize::try_from(messages).expect("an address space"));
    let command = Contestant::Fresh.command(arguments, &sink.queue_url());
    let mut process = Process::start(Contestant::Fresh, command.expect("a command"));
    println!("messages\tmemory, KiB\tdescriptors\tthreads\tp50, us\tp99, us");
    let began = Instant::now();
    let mut settled: Option<Sample> = None;
    let mut last = None;
    while sink.messages() < messages {
        let measured = process.run(Round {
            in_flight,
            messages: messages.div_ceil(PARTS).min(messages - sink.messages()),
            milliseconds: 3_600_000,
            ..Round::new(1024)
        });
        let measured = measured.expect("a client that works");
        let sample = Sample {
            memory_kib: process.status("VmRSS").unwrap_or_default(),
            descriptors: process.descriptors().unwrap_or_default(),
            threads: process.status("Threads").unwrap_or_default(),
        };
        println!(
            "{}\t{}\t{}\t{}\t{:.0}\t{:.0}",
            sink.messages(),
            sample.memory_kib,
            sample.descriptors,
            sample.threads,
            measured.p50_us,
            measured.p99_us
        );
        if settled.is_none() && began.elapsed() >= SETTLED {
            settled = Some(sample);
        } else {
            last = Some(sample);
        }
    }
    let (missing, repeated) = sink.missing_and_repeated();
    println!(
        "missing: {missing}, repeated: {repeated}, in {:?}",
        began.elapsed()
    );
    let leaks = settled.zip(last).is_some_and(|(settled, last)| {
        last.memory_kib * 100 > settled.memory_kib * (100 + MOST_GROWTH)
            || last.descriptors > settled.descriptors
            || last.threads > settled.threads
    });
    if leaks {
        println!("memory, descriptors or threads have grown");
    }
    if missing > 0 || repeated > 0 || leaks {
        exit(1);
    }
}
