//! Outcomes on their way to standard output, on a thread of their own: whoever reads them may stop reading, and the run
//! must hear signals all the same.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::progress::Terminal;
use super::worker::Told;
use crate::cli::exit;

/// Prints outcomes, one after the other.
pub(super) struct Printer {
    lines: std::sync::mpsc::Sender<String>,
    printed: mpsc::UnboundedReceiver<std::io::Result<()>>,
    /// What is not printed yet, in order.
    waiting: VecDeque<Told>,
}

/// An outcome that was printed, or could not be.
pub(super) struct Printed {
    pub(super) told: Told,
    pub(super) result: std::io::Result<()>,
}

impl Printer {
    pub(super) fn new(terminal: Terminal) -> Self {
        let (lines, to_print) = std::sync::mpsc::channel::<String>();
        let (results, printed) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in to_print {
                let result = terminal.suspend(|| exit::print_line(&line));
                if results.send(result).is_err() {
                    break;
                }
            }
        });
        Self {
            lines,
            printed,
            waiting: VecDeque::new(),
        }
    }

    /// Has an outcome printed behind all others.
    pub(super) fn print(&mut self, told: Told) {
        // The thread ends after this only.
        let _ = self.lines.send(told.line());
        self.waiting.push_back(told);
    }

    /// The next outcome that is printed. None while there are none.
    pub(super) async fn next(&mut self) -> Option<Printed> {
        if self.waiting.is_empty() {
            return None;
        }
        let result = self.printed.recv().await?;
        let told = self.waiting.pop_front()?;
        Some(Printed { told, result })
    }

    /// How many are not printed yet.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Those that are not, and will not be waited for.
    pub(super) fn into_waiting(self) -> VecDeque<Told> {
        self.waiting
    }
}
