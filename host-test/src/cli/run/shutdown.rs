//! Signals that ask this process to end.

use tokio::sync::watch;

/// A signal that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
    HangUp,
}

impl std::fmt::Display for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        })
    }
}

impl Signal {
    /// The exit code of a process that a signal has ended, as shells have it.
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::HangUp => 129,
        }
    }
}

/// The signals that have come, counted. From here on they do not end the process by themselves.
pub(super) struct Signals(watch::Receiver<(u32, Option<Signal>)>);

impl Signals {
    /// Begins to count.
    pub(super) fn listen() -> std::io::Result<Self> {
        let (sender, receiver) = watch::channel((0, None));
        let mut source = source::Source::new()?;
        tokio::spawn(async move {
            loop {
                let signal = source.next().await;
                sender.send_modify(|(count, last)| {
                    *count += 1;
                    *last = Some(signal);
                });
            }
        });
        Ok(Self(receiver))
    }

    /// Waits until so many signals have come, and tells the last one.
    pub(super) async fn wait_for(&mut self, count: u32) -> Signal {
        match self
            .0
            .wait_for(|(come, _)| *come >= count)
            .await
            .map(|come| come.1)
        {
            Ok(Some(signal)) => signal,
            // The task that counts never ends.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(unix)]
mod source {
    use tokio::signal::unix::{self, SignalKind};

    use super::Signal;

    pub(super) struct Source {
        interrupt: unix::Signal,
        terminate: unix::Signal,
        /// None where it is ignored, as by nohup: then it stays so.
        hang_up: Option<unix::Signal>,
    }

    /// Whether this process was told to ignore SIGHUP, or does not know.
    fn ignores_hang_up() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mut lines = status.lines();
        let ignored = lines.find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_none_or(|mask| mask & 1 == 1)
    }

    impl Source {
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self {
                interrupt: unix::signal(SignalKind::interrupt())?,
                terminate: unix::signal(SignalKind::terminate())?,
                hang_up: (!ignores_hang_up())
                    .then(|| unix::signal(SignalKind::hangup()))
                    .transpose()?,
            })
        }

        pub(super) async fn next(&mut self) -> Signal {
            let hang_up = async {
                match &mut self.hang_up {
                    Some(signal) => signal.recv().await,
                    None => None,
                }
            };
            tokio::select! {
                Some(()) = hang_up => Signal::HangUp,
                Some(()) = self.interrupt.recv() => Signal::Interrupt,
                Some(()) = self.terminate.recv() => Signal::Terminate,
                else => std::future::pending().await,
            }
        }
    }
}

#[cfg(not(unix))]
mod source {
    use super::Signal;

    pub(super) struct Source;

    impl Source {
        #[expect(clippy::unnecessary_wraps, reason = "as on unix")]
        pub(super) fn new() -> std::io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn next(&mut self) -> Signal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::Interrupt,
                Err(_) => std::future::pending().await,
            }
        }
    }
}
