use std::io::{self, Read};

use camino::Utf8Path;

use super::args::{COMMANDS, CheckArgs, GlobalArgs};
use super::progress::ProgressLine;
use super::streams::Streams;
use super::summary;
use super::{Failure, Status, working_directory};
use crate::config::{ConfigError, Resolved, resolve};
use crate::lint::{self, Report};
use crate::output::{OutputFormat, render, render_statistics};

/// Checks, prints findings to standard output and what is to be said about the run to standard error.
pub(super) fn run(args: &CheckArgs, global: &GlobalArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    let resolved = settings(args, &cwd)?;
    if global.verbose {
        streams.tell_all(&summary::decisions(&resolved, args.isolated));
    }
    let progress = ProgressLine::new(global.quiet == 0);
    let report = lint::check(&resolved.settings, &resolved.selection, &|step| progress.update(step.done, step.total));
    progress.finish();
    if global.quiet < 2 {
        print(args, &report, &cwd, streams)?;
    }
    if global.verbose {
        streams.tell_all(&summary::parsed(&report, &cwd));
        streams.tell_all(&summary::shortfalls(&report, &cwd));
        streams.tell(&summary::threads(&report.stats));
    }
    if global.quiet == 0 {
        let paint = streams.err_paint();
        if args.output_format == OutputFormat::Full {
            streams.tell_all(&summary::summary(&report, resolved.settings.confidence, paint));
        }
        if let Some(line) = summary::cut_short(&report, &cwd, global.verbose, paint) {
            streams.tell(&line);
        }
    }
    streams.tell_all(&summary::internal_errors(&report, &cwd, streams.err_paint()));
    let status = if !report.stats.internal_errors.is_empty() {
        Status::Failed
    } else if report.diagnostics.is_empty() || args.exit_zero {
        Status::Clean
    } else {
        Status::Findings
    };
    // The process ends: taking thousands of syntax trees apart would only take time.
    std::mem::forget(report);
    Ok(status)
}

fn settings(args: &CheckArgs, cwd: &Utf8Path) -> Result<Resolved, Failure> {
    let stdin = if args.reads_stdin() {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        Some(bytes)
    } else {
        None
    };
    resolve(&args.options(stdin), cwd).map_err(|error| match error {
        ConfigError::NoSuchPath { path, .. } => ConfigError::NoSuchPath { help: command_meant(&path), path }.into(),
        error => error.into(),
    })
}

/// Help for a path that may have been meant as a command.
fn command_meant(path: &Utf8Path) -> Option<String> {
    if COMMANDS.contains(&path.as_str()) {
        return Some(format!("a command comes first: `temporal-py-lint {path} ...`"));
    }
    let near = |command: &&&str| strsim::damerau_levenshtein(command, path.as_str()) <= 2;
    COMMANDS.iter().find(near).map(|command| format!("did you mean the command `{command}`?"))
}

fn print(args: &CheckArgs, report: &Report, cwd: &Utf8Path, streams: &mut Streams) -> io::Result<()> {
    let style = streams.style(cwd);
    let render = if args.statistics { render_statistics } else { render };
    render(args.output_format, report, &style, &mut streams.out)?;
    streams.out.flush()
}
