//! How findings look.
//!
//! Knows: the formats, and a [`Report`] to fill them from. Does not know: rules beyond their addresses, options, or
//! where the output goes.

mod agent;
mod concise;
mod defence;
mod diff;
mod excerpt;
mod full;
mod github;
mod gitlab;
mod json;
mod junit;
mod map;
mod markdown;
mod place;
mod rdjson;
mod sarif;
mod statistics;
mod text;
mod trace;

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use crate::lint::Report;

pub use agent::AgentLines;
pub use defence::{Defence, Guarded};
pub use diff::render_diff;
pub use map::{MAP_VERSION, MapFormat, map_page_parts, map_schema, render_map};
pub use statistics::render_statistics;
pub use text::{Paint, display_path, printable, wrap};
pub use trace::{Hop, Skip, Trace, render_trace};

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum OutputFormat {
    /// A snippet, the way that leads to it, and what to do
    #[default]
    Full,
    /// One line a finding
    Concise,
    /// An array of objects, in ruff's shape
    Json,
    /// The same objects, one a line
    JsonLines,
    /// SARIF 2.1.0, for code scanning and viewers
    Sarif,
    /// GitHub's annotations; taken by itself in GitHub Actions
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// JUnit's XML
    Junit,
    /// What reviewdog reads
    Rdjson,
    /// A table, for a job summary or a comment
    Markdown,
    /// One line a finding with the way that leads to it and what to do, in few words, for coding agents
    Agent,
}

impl OutputFormat {
    /// How text of this format is kept from being taken for commands.
    #[must_use]
    pub fn defence(self) -> Defence {
        match self {
            Self::Json | Self::JsonLines | Self::Sarif | Self::Gitlab | Self::Rdjson => Defence::Json,
            Self::Junit => Defence::Xml,
            Self::Github => Defence::Commands,
            Self::Full | Self::Concise | Self::Markdown | Self::Agent => Defence::Text,
        }
    }
}

/// What the place of output can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub color: bool,
    /// Characters beyond ASCII for frames and bullets.
    pub unicode: bool,
    /// Columns.
    pub width: usize,
    /// Paths below this folder are shown relative to it.
    pub cwd: Utf8PathBuf,
}

impl Style {
    /// No colour, ASCII, 80 columns.
    #[must_use]
    pub fn plain(cwd: &Utf8Path) -> Self {
        Self { color: false, unicode: false, width: 80, cwd: cwd.to_owned() }
    }

    /// What stands for what is left out.
    fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

/// Prints the findings of a run.
///
/// # Errors
///
/// Those of `out`.
pub fn render(format: OutputFormat, report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        OutputFormat::Full => full::render(report, style, out),
        OutputFormat::Concise => concise::render(report, style, out),
        OutputFormat::Json => json::render(report, out),
        OutputFormat::JsonLines => json::render_lines(report, out),
        OutputFormat::Sarif => sarif::render(report, style, out),
        OutputFormat::Github => github::render(report, style, out),
        OutputFormat::Gitlab => gitlab::render(report, style, out),
        OutputFormat::Junit => junit::render(report, style, out),
        OutputFormat::Rdjson => rdjson::render(report, style, out),
        OutputFormat::Markdown => markdown::render(report, style, out),
        OutputFormat::Agent => agent::render(report, style, out),
    }
}
