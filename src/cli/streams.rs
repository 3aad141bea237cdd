use std::io::{self, BufWriter, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use camino::Utf8Path;

use super::args::ColorWhen;
use crate::output::{Defence, Guarded, Paint, Style};

/// Lines are not made longer than this, however wide the terminal.
const WIDEST: usize = 100;

/// Lines are not made shorter than this.
const NARROWEST: usize = 40;

/// Columns where there is no terminal.
const USUAL: usize = 80;

/// Where a command's output goes, and what can be shown there.
pub(super) struct Streams {
    /// Standard output, buffered.
    pub out: Guarded<Box<dyn Write>>,
    out_color: bool,
    err_color: bool,
}

impl Streams {
    pub(super) fn new(when: ColorWhen) -> Self {
        choice(when).write_global();
        let out_choice = AutoStream::choice(&io::stdout());
        Self {
            out: Guarded::new(Box::new(BufWriter::new(AutoStream::new(io::stdout(), out_choice))), Defence::Text),
            out_color: out_choice != ColorChoice::Never,
            err_color: AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        }
    }

    /// What standard output can show.
    pub(super) fn style(&self, cwd: &Utf8Path) -> Style {
        Style { color: self.out_color, unicode: unicode(), width: width(), cwd: cwd.to_owned() }
    }

    /// Colours of standard output.
    pub(super) fn out_paint(&self) -> Paint {
        Paint { color: self.out_color }
    }

    /// Colours of standard error.
    pub(super) fn err_paint(&self) -> Paint {
        Paint { color: self.err_color }
    }

    /// Writes lines to standard error.
    pub(super) fn tell_all(&mut self, lines: &[String]) {
        for line in lines {
            self.tell(line);
        }
    }

    /// Writes a line to standard error, after what standard output holds. That nobody reads it is no error.
    pub(super) fn tell(&mut self, line: &str) {
        let _ = self.out.flush();
        let _ = writeln!(Guarded::new(anstream::stderr(), Defence::Text), "{line}");
    }
}

/// `FORCE_COLOR` is known to anstream under another name only.
fn choice(when: ColorWhen) -> ColorChoice {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match when {
        ColorWhen::Always => ColorChoice::AlwaysAnsi,
        ColorWhen::Never => ColorChoice::Never,
        ColorWhen::Auto if set("FORCE_COLOR") && !set("NO_COLOR") => ColorChoice::AlwaysAnsi,
        ColorWhen::Auto => ColorChoice::Auto,
    }
}

/// Columns of standard output.
fn width() -> usize {
    if !io::stdout().is_terminal() {
        return USUAL;
    }
    terminal_size::terminal_size_of(io::stdout())
        .map_or(USUAL, |(width, _)| usize::from(width.0).clamp(NARROWEST, WIDEST))
}

/// Whether the locale has more than ASCII, by the variables in the order in which they count.
fn unicode() -> bool {
    let value = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if value("TERM").is_some_and(|term| term == "dumb") {
        return false;
    }
    let locale = value("LC_ALL").or_else(|| value("LC_CTYPE")).or_else(|| value("LANG"));
    locale.map_or(cfg!(windows), |locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
