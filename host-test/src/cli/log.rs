//! What the operator is told beside outcomes.

use tracing::Level;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, fmt};

use super::stderr;

#[derive(clap::Args)]
#[command(next_help_heading = "Log, on standard error")]
pub(super) struct Log {
    /// What is logged: with info, how each job ended; with debug, each request too. Never bodies or
    /// secrets [default: warn with run, or else error]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<LogLevel>,
    /// How it is logged
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum LogFormat {
    Text,
    /// A JSON object on each line
    Json,
}

/// The parts of this program. What libraries log may show more than it should.
const OWN: [&str; 2] = ["connector_host", "compiled_cache"];

impl Log {
    /// Begins to log: of a command that says all by itself, errors alone. Until the end of what this gives.
    pub(super) fn begin(&self, tells_all: bool) -> WorkerGuard {
        let default = if tells_all {
            LogLevel::Error
        } else {
            LogLevel::Warn
        };
        let level = match self.log_level.unwrap_or(default) {
            LogLevel::Off => LevelFilter::OFF,
            LogLevel::Error => Level::ERROR.into(),
            LogLevel::Warn => Level::WARN.into(),
            LogLevel::Info => Level::INFO.into(),
            LogLevel::Debug => Level::DEBUG.into(),
        };
        let own = Targets::new().with_targets(OWN.map(|target| (target, level)));
        let (writer, guard) = stderr::begin();
        let lines = fmt::layer().with_writer(writer).with_target(false);
        let lines = match self.log_format {
            LogFormat::Text => lines.with_ansi(false).boxed(),
            LogFormat::Json => lines.json().with_current_span(false).boxed(),
        };
        tracing_subscriber::registry()
            .with(lines.with_filter(own))
            .init();
        guard
    }

    /// Whether all that standard error gets is JSON.
    pub(super) fn is_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }
}
