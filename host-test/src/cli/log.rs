//! What the operator is told beside outcomes.

use tracing::Level;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Writes warnings to standard error, a line each.
pub(super) fn to_stderr() {
    // The log of this host alone: what libraries log may show more than it should.
    let own = Targets::new().with_target("connector_host", Level::WARN);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .with_ansi(false);
    tracing_subscriber::registry()
        .with(lines.with_filter(own))
        .init();
}
