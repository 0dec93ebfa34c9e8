//! The results as tables and as JSON.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::contest::Contestant;
use super::workload::Measured;

/// Everything that was measured.
#[derive(Default, Serialize)]
pub(crate) struct Results {
    pub(crate) cold_starts: Vec<ColdStart>,
    pub(crate) memory: Vec<Memory>,
    pub(crate) costs: Vec<Cost>,
}

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Setting {
    /// The size of each body, in bytes.
    pub(crate) size: usize,
    /// Messages of one call.
    pub(crate) batch: usize,
    /// Calls at a time.
    pub(crate) in_flight: usize,
}

/// What messages cost, in one round.
#[derive(Serialize)]
pub(crate) struct Cost {
    setting: Setting,
    contestant: Contestant,
    messages: u64,
    /// Processor time of the client for each message, in microseconds.
    cpu_us: f64,
    /// Processor time of the server for each message, in microseconds: no part of the other.
    sink_cpu_us: f64,
    /// Instructions of the client for each message.
    instructions: Option<f64>,
    /// What a call took: the median, and what 99 of 100 took no longer than.
    p50_us: f64,
    p99_us: f64,
    messages_per_second: f64,
}

/// The first message of a process.
#[derive(Serialize)]
pub(crate) struct ColdStart {
    pub(crate) contestant: Contestant,
    /// From the start of the process until the server accepted the message.
    pub(crate) milliseconds: f64,
    /// What of this was the call itself.
    pub(crate) first_call_ms: f64,
}

/// The most memory of a process.
#[derive(Serialize)]
pub(crate) struct Memory {
    pub(crate) contestant: Contestant,
    pub(crate) in_flight: usize,
    pub(crate) kib: Option<u64>,
}

impl Serialize for Contestant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All settings. A batch of ten bodies of 1 MiB is more than SQS takes.
pub(crate) fn settings() -> Vec<Setting> {
    let mut settings = Vec::new();
    for (size, batches) in [
        (1 << 10, &[1, 10][..]),
        (64 << 10, &[1, 10]),
        (1 << 20, &[1]),
    ] {
        for &batch in batches {
            for in_flight in [1, 32, 256] {
                settings.push(Setting {
                    size,
                    batch,
                    in_flight,
                });
            }
        }
    }
    settings
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size >> 20 {
            0 => write!(f, "{} KiB", self.size >> 10)?,
            mebibytes => write!(f, "{mebibytes} MiB")?,
        }
        if self.batch > 1 {
            write!(f, " × {}", self.batch)?;
        }
        write!(f, ", {} in flight", self.in_flight)
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "counts of a benchmark are far below 2^52"
)]
impl Cost {
    pub(crate) fn new(
        setting: Setting,
        contestant: Contestant,
        measured: &Measured,
        sink: Duration,
        wall: Duration,
    ) -> Self {
        let messages = measured.messages as f64;
        Self {
            setting,
            contestant,
            messages: measured.messages,
            cpu_us: measured.cpu_us / messages,
            sink_cpu_us: sink.as_secs_f64() * 1e6 / messages,
            instructions: measured.instructions.map(|count| count as f64 / messages),
            p50_us: measured.p50_us,
            p99_us: measured.p99_us,
            messages_per_second: messages / wall.as_secs_f64(),
        }
    }
}

/// The middle of some figures, and how far they spread.
#[derive(Clone, Copy)]
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(figures: impl Iterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.collect();
        figures.sort_unstable_by(f64::total_cmp);
        Some(Self {
            least: *figures.first()?,
            median: figures[figures.len() / 2],
            most: *figures.last()?,
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.median < 100.0);
        write!(
            f,
            "{:.digits$} ({:.digits$}–{:.digits$})",
            self.median, self.least, self.most
        )
    }
}

impl Results {
    /// A figure of a client in a setting, over all rounds.
    fn cost(
        &self,
        setting: Setting,
        contestant: Contestant,
        figure: fn(&Cost) -> Option<f64>,
    ) -> Option<Spread> {
        let costs = self.costs.iter();
        let costs = costs.filter(|cost| cost.setting == setting && cost.contestant == contestant);
        Spread::of(costs.filter_map(figure))
    }

    /// A figure of a client's cold starts.
    fn cold_start(&self, contestant: Contestant, figure: fn(&ColdStart) -> f64) -> Option<Spread> {
        let starts = self.cold_starts.iter();
        let starts = starts.filter(|start| start.contestant == contestant);
        Spread::of(starts.map(figure))
    }

    /// What a client's process took.
    fn memory(&self, contestant: Contestant) -> impl Iterator<Item = &Memory> {
        let memory = self.memory.iter();
        memory.filter(move |memory| memory.contestant == contestant)
    }
}

/// Prints the tables, and writes them and the JSON to a folder.
pub(crate) fn write(results: &Results, folder: &Path) {
    let mut text = String::new();
    tables(results, &mut text).expect("a string");
    summary(results, &mut text).expect("a string");
    println!("{text}");
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("send.md"), &text).expect("a file");
    let json = serde_json::to_string_pretty(results).expect("json");
    std::fs::write(folder.join("send.json"), json).expect("a file");
}

/// The settings that the summary shows.
const SHOWN: [Setting; 4] = [
    Setting {
        size: 1 << 10,
        batch: 1,
        in_flight: 32,
    },
    Setting {
        size: 1 << 10,
        batch: 10,
        in_flight: 32,
    },
    Setting {
        size: 64 << 10,
        batch: 1,
        in_flight: 32,
    },
    Setting {
        size: 1 << 20,
        batch: 1,
        in_flight: 1,
    },
];

/// One table of medians: what the README shows.
fn summary(results: &Results, out: &mut String) -> fmt::Result {
    write!(out, "| CPU per message, µs |")?;
    for setting in SHOWN {
        let size = setting.to_string();
        write!(out, " {} |", size.split(',').next().unwrap_or_default())?;
    }
    writeln!(out, " cold start, ms | 1,000 in flight, MiB |")?;
    writeln!(out, "|---|{}", "--:|".repeat(SHOWN.len() + 2))?;
    for contestant in Contestant::ALL {
        write!(out, "| {contestant} |")?;
        let write = |out: &mut String, spread: Option<Spread>| match spread {
            Some(spread) if spread.median < 100.0 => write!(out, " {:.1} |", spread.median),
            Some(spread) => write!(out, " {:.0} |", spread.median),
            None => write!(out, " – |"),
        };
        for setting in SHOWN {
            let cpu = results.cost(setting, contestant, |cost| Some(cost.cpu_us));
            write(out, cpu)?;
        }
        write(
            out,
            results.cold_start(contestant, |start| start.milliseconds),
        )?;
        let memory = results.memory(contestant);
        let memory = memory.filter(|memory| memory.in_flight == 1000);
        let mebibytes = memory.filter_map(|memory| u32::try_from(memory.kib? >> 10).ok());
        write(out, Spread::of(mebibytes.map(f64::from)))?;
        writeln!(out)?;
    }
    Ok(())
}

fn tables(results: &Results, out: &mut String) -> fmt::Result {
    let mut settings: Vec<Setting> = results.costs.iter().map(|cost| cost.setting).collect();
    settings.dedup();
    if !settings.is_empty() {
        writeln!(
            out,
            "Median of all rounds (least–most). Ratios are of medians.\n"
        )?;
    }
    for setting in settings {
        writeln!(out, "{setting}\n")?;
        writeln!(
            out,
            "| client | CPU per message, µs | of aws-sdk-sqs | above the floor | server's CPU, µs | instructions | messages/s | p50, µs | p99, µs |"
        )?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        let of = |contestant: Contestant, figure: fn(&Cost) -> Option<f64>| {
            results.cost(setting, contestant, figure)
        };
        let cpu = |contestant| of(contestant, |cost| Some(cost.cpu_us));
        let (floor, sdk) = (cpu(Contestant::Floor), cpu(Contestant::Sdk));
        for contestant in Contestant::ALL {
            let Some(own) = cpu(contestant) else { continue };
            let whole = sdk.map(|sdk| own.median / sdk.median);
            let above = floor
                .zip(sdk)
                .map(|(floor, sdk)| (own.median - floor.median) / (sdk.median - floor.median));
            let ratio =
                |ratio: Option<f64>| ratio.map_or("–".into(), |ratio| format!("{ratio:.2}"));
            let shown =
                |figure| of(contestant, figure).map_or("–".into(), |spread| spread.to_string());
            writeln!(
                out,
                "| {contestant} | {own} | {} | {} | {} | {} | {} | {} | {} |",
                ratio(whole),
                ratio(above),
                shown(|cost| Some(cost.sink_cpu_us)),
                shown(|cost| cost.instructions),
                shown(|cost| Some(cost.messages_per_second)),
                shown(|cost| Some(cost.p50_us)),
                shown(|cost| Some(cost.p99_us)),
            )?;
        }
        writeln!(out)?;
    }
    if !results.cold_starts.is_empty() {
        writeln!(
            out,
            "| cold start | to the first message accepted, ms | of it the call, ms |\n|---|--:|--:|"
        )?;
        for contestant in Contestant::ALL {
            let of = |figure| results.cold_start(contestant, figure);
            if let (Some(all), Some(call)) = (
                of(|start| start.milliseconds),
                of(|start| start.first_call_ms),
            ) {
                writeln!(out, "| {contestant} | {all} | {call} |")?;
            }
        }
        writeln!(out)?;
    }
    if !results.memory.is_empty() {
        writeln!(
            out,
            "| memory at most, MiB | 1 in flight | 100 | 1,000 |\n|---|--:|--:|--:|"
        )?;
        for contestant in Contestant::ALL {
            let mut of = results.memory(contestant).peekable();
            if of.peek().is_some() {
                write!(out, "| {contestant} |")?;
                for memory in of {
                    write!(
                        out,
                        " {} |",
                        memory.kib.map_or("–".into(), |kib| (kib >> 10).to_string())
                    )?;
                }
                writeln!(out)?;
            }
        }
    }
    Ok(())
}
