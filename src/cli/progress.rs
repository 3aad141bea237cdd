use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run that is over sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on standard error, where that is a terminal and there is something to wait for.
pub(super) struct ProgressLine {
    started: Instant,
    wanted: bool,
    bar: OnceLock<ProgressBar>,
}

impl ProgressLine {
    pub(super) fn new(wanted: bool) -> Self {
        Self { started: Instant::now(), wanted: wanted && io::stderr().is_terminal(), bar: OnceLock::new() }
    }

    /// So many files of so many are done. Called from any thread.
    pub(super) fn update(&self, done: usize, total: usize) {
        if !self.wanted || self.started.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_init(bar);
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let template = "checking [{bar:30}] {pos}/{len} files";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style.progress_chars("=> "))
}
