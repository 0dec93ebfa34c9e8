//! How far a run has come: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::tally::Tally;
use crate::cli::stderr;

/// How often a bar is drawn.
const REDRAW: Duration = Duration::from_millis(100);
/// The most frames of it in a second.
const FRAMES: u8 = 10;

/// Bytes of the input: how many were read, and how many there are, if that is known.
#[derive(Clone)]
pub(super) struct Bytes {
    pub(super) read: Arc<AtomicU64>,
    pub(super) all: Option<u64>,
}

/// Tells how far a run has come.
pub(super) struct Progress {
    bar: Option<Bar>,
    bytes: Bytes,
    ticks: Option<Interval>,
    logs_json: bool,
}

impl Progress {
    /// A bar if standard error is a terminal, unless that must be a log in JSON; or else a line every so often, if at
    /// all.
    pub(super) fn new(bytes: Bytes, every: Option<Duration>, logs_json: bool) -> Self {
        let on_terminal = std::io::stderr().is_terminal() && !logs_json && every.is_some();
        let every = if on_terminal { Some(REDRAW) } else { every };
        let ticks = every.map(|every| {
            let mut ticks = interval_at(tokio::time::Instant::now() + every, every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
            ticks
        });
        Self {
            bar: on_terminal.then(|| Bar::new(bytes.all)),
            bytes,
            ticks,
            logs_json,
        }
    }

    /// Comes when it is time to tell.
    pub(super) async fn tick(&mut self) {
        match &mut self.ticks {
            Some(ticks) => {
                ticks.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Tells.
    pub(super) fn tell(&self, tally: &Tally, in_flight: usize) {
        let line = format!("{}; {in_flight} in flight", tally.line());
        match &self.bar {
            Some(bar) => bar.draw(self.bytes.read.load(Ordering::Relaxed), line),
            None if self.logs_json => {
                let tally = tally.to_json();
                stderr::tell(&format!(r#"{{"progress":{tally},"inFlight":{in_flight}}}"#));
            }
            None => stderr::tell(&line),
        }
    }

    /// The terminal that others write to as well.
    pub(super) fn terminal(&self) -> Terminal {
        let is_shared = std::io::stdout().is_terminal();
        let bar = self.bar.as_ref().filter(|_| is_shared);
        Terminal(bar.map(|bar| bar.shown.clone()))
    }

    /// Leaves nothing behind.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.end();
        }
    }
}

/// A bar that a thread of its own draws: a terminal may take nothing for as long as it likes.
struct Bar {
    shown: ProgressBar,
    states: SyncSender<(u64, String)>,
    ended: Receiver<()>,
}

/// How long a terminal has to take the end of a bar.
const LAST_FRAME: Duration = Duration::from_secs(1);

impl Bar {
    fn new(all: Option<u64>) -> Self {
        let shown = bar(all);
        let (states, to_draw) = mpsc::sync_channel::<(u64, String)>(1);
        let (end, ended) = mpsc::channel();
        let drawn = shown.clone();
        std::thread::spawn(move || {
            for (position, message) in to_draw {
                drawn.set_message(message);
                drawn.set_position(position);
            }
            drawn.finish_and_clear();
            let _ = end.send(());
        });
        Self {
            shown,
            states,
            ended,
        }
    }

    /// Draws a state, unless the last one is not drawn yet.
    fn draw(&self, position: u64, message: String) {
        let _ = self.states.try_send((position, message));
    }

    fn end(self) {
        drop(self.states);
        let _ = self.ended.recv_timeout(LAST_FRAME);
    }
}

/// A terminal that may have a bar on it.
pub(super) struct Terminal(Option<ProgressBar>);

impl Terminal {
    /// Does something that writes to it, with the bar out of the way.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

fn bar(all: Option<u64>) -> ProgressBar {
    let (bar, template) = match all {
        Some(all) => (
            ProgressBar::new(all),
            "{bar:30} {percent:>3} % {elapsed}: {msg}",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {elapsed}: {msg}"),
    };
    // As often as it is told something, and not once for each part of it.
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(FRAMES));
    let bar = bar.with_message("begun");
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
