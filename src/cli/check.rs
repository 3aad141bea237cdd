//! `check`: a run from arguments to the exit code.
//!
//! Knows: the order of the steps, which format is taken, and what is done with a baseline. Does not know: how findings
//! are found, accepted or printed.

use std::io::{self, Read, Write};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;

use super::add_ignores;
use super::args::{COMMANDS, CheckArgs, GlobalArgs};
use super::fixes;
use super::progress::ProgressLine;
use super::streams::Streams;
use super::summary;
use super::{Failure, Status, working_directory};
use crate::config::{ConfigError, Resolved, Settings, absolute, resolve};
use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::lint::{self, Baseline, ChangedLines, Edits, Fixed, Report};
use crate::output::{OutputFormat, Style, display_path, printable, render, render_statistics};
use crate::source::{Exclude, MAX_FILE_SIZE, discover};

/// Checks, prints findings to standard output and what is to be said about the run to standard error.
pub(super) fn run(args: &CheckArgs, global: &GlobalArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    let resolved = settings(args, &cwd)?;
    let settings = &resolved.settings;
    if args.show_files {
        return show_files(settings, &cwd, streams);
    }
    if global.verbose {
        streams.tell_all(&summary::decisions(&resolved, args.isolated));
    }
    fixes::refuse_impossible(args)?;
    let earlier = super::replay_check::configured(args, &resolved, &cwd)?;
    let checked = |settings: &Settings, changes: Option<&ChangedLines>| {
        with_progress(global, |on_progress| match &earlier {
            Some((before, base)) => lint::check_against(settings, changes, (before, base), on_progress),
            None => lint::check_changes(settings, changes, on_progress),
        })
    };
    let changed = || args.since.as_deref().map(|since| changes(since, args, settings)).transpose();
    let check = || -> Result<Report, Failure> { Ok(checked(settings, changed()?.as_ref())) };
    let (mut report, fixed) = checked_or_fixed(args, settings, changed()?.as_ref(), &checked);
    told_of_configuration(settings, &cwd, global, streams)?;
    if let Some(error) = report.baseline_errors.first() {
        return Err(Failure::Usage(error.to_string()));
    }
    let mut is_unwritten = false;
    if let Some(reason) = args.reason.as_deref() {
        let added = add_ignores::run(report, reason, settings, &check, streams.err_paint())?;
        streams.tell_all(&added.told(&cwd, global.quiet));
        (report, is_unwritten) = (added.report, added.is_unwritten);
    }
    if let Some(path) = &args.write_baseline {
        return write_baseline(&report, &absolute(&cwd, path), &cwd, global, streams);
    }
    let status = finish(args, &resolved, report, fixed.as_ref(), global, streams)?;
    Ok(if is_unwritten { Status::Failed } else { status })
}

/// Runs with a line of how far it has come.
pub(super) fn with_progress<R>(global: &GlobalArgs, run: impl FnOnce(&(dyn Fn(lint::Progress) + Sync)) -> R) -> R {
    let progress = ProgressLine::new(global.quiet == 0);
    let result = run(&|step| progress.update(step.done, step.total));
    progress.finish();
    result
}

/// Checks, and fixes what is found if that was asked for.
pub(super) fn checked_or_fixed(
    args: &CheckArgs,
    settings: &Settings,
    changes: Option<&ChangedLines>,
    check: &lint::Check<'_>,
) -> (Report, Option<Edits>) {
    if !args.fixes.fix && !args.fixes.diff {
        return (check(settings, changes), None);
    }
    let Fixed { report, edits } = lint::fix(settings, changes, args.fixes.unsafe_fixes, check);
    (report, Some(edits))
}

/// Prints what would be fixed, or writes what was, and what is left.
pub(super) fn finish(
    args: &CheckArgs,
    resolved: &Resolved,
    report: Report,
    fixed: Option<&Edits>,
    global: &GlobalArgs,
    streams: &mut Streams,
) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    if args.fixes.diff
        && let Some(edits) = fixed
    {
        return fixes::show(edits, &cwd, global, streams);
    }
    let is_unwritten = fixed.is_some_and(|edits| !fixes::write(edits, &resolved.settings, &cwd, streams));
    let status = show(args, resolved, report, fixed, global, streams)?;
    Ok(if is_unwritten { Status::Failed } else { status })
}

/// Prints a report and what is to be said about the run. Says how the command ended.
fn show(
    args: &CheckArgs,
    resolved: &Resolved,
    mut report: Report,
    fixed: Option<&Edits>,
    global: &GlobalArgs,
    streams: &mut Streams,
) -> Result<Status, Failure> {
    let cwd = &working_directory()?;
    let settings = &resolved.settings;
    let format = format(args, resolved);
    let fails = |diagnostic: &Diagnostic| {
        let rules = settings.configurations.of_file(&report.path(diagnostic.primary.span.file));
        rules.fail_on.fails(diagnostic.severity)
    };
    let is_failed = report.diagnostics.iter().any(fails);
    let left_out = cut(&mut report, args.max_findings);
    streams.out.set(format.defence());
    if global.quiet < 2 {
        print(args, format, &report, cwd, streams)?;
    }
    if global.verbose {
        streams.tell_all(&summary::import_roots(&report.stats, cwd));
        streams.tell_all(&summary::parsed(&report, cwd));
        streams.tell_all(&summary::shortfalls(&report, cwd));
        streams.tell(&summary::threads(&report.stats));
    }
    if format == OutputFormat::Github {
        summarise_job(&report, cwd);
        if global.quiet == 0 && args.output_format.is_none() && resolved.output_format.is_none() {
            streams.tell(
                "Findings are printed for GitHub's annotations, since this is one of its jobs: see `--output-format`.",
            );
        }
    }
    if global.quiet == 0 && matches!(format, OutputFormat::Full | OutputFormat::Github) {
        let lines = summary::summary(&report, &left_out, confidence(args, settings, cwd), streams.err_paint());
        streams.tell_all(&lines);
        fixes::summary(&report, &left_out, fixed).iter().for_each(|line| streams.tell(line));
    }
    if global.quiet == 0 && format == OutputFormat::Concise {
        let confidence = confidence(args, settings, cwd);
        streams.tell_all(&summary::counts(&report, &left_out, confidence, streams.err_paint()));
    }
    // The summary and the text for agents say it themselves.
    if global.quiet == 0 && !matches!(format, OutputFormat::Full | OutputFormat::Github | OutputFormat::Agent) {
        summary::no_files(&report.stats, streams.err_paint()).iter().for_each(|line| streams.tell(line));
    }
    if global.quiet == 0
        && let Some(line) = summary::cut_short(&report, cwd, global.verbose, streams.err_paint())
    {
        streams.tell(&line);
    }
    if global.quiet == 0 {
        streams.tell_all(&summary::unfollowed(&report.stats, cwd, global.verbose, streams.err_paint()));
    }
    told_of_baselines(args, &report, cwd, global, streams)?;
    streams.tell_all(&summary::internal_errors(&report, cwd, streams.err_paint()));
    let status = if !report.stats.internal_errors.is_empty() {
        Status::Failed
    } else if is_failed {
        Status::Findings
    } else {
        Status::Clean
    };
    // The process ends: taking thousands of syntax trees apart would only take time.
    std::mem::forget(report);
    Ok(status)
}

/// What was changed since a revision.
fn changes(since: &str, args: &CheckArgs, settings: &Settings) -> Result<ChangedLines, Failure> {
    if args.reads_stdin() {
        let message = "`--since` compares files on disk, and standard input is none\n  help: name the file itself";
        return Err(Failure::Usage(message.to_owned()));
    }
    ChangedLines::since(since, settings).map_err(|error| Failure::Usage(error.to_string()))
}

/// Takes out findings beyond so many, and says what they were.
fn cut(report: &mut Report, most: Option<usize>) -> Vec<Diagnostic> {
    match most {
        Some(most) if most < report.diagnostics.len() => report.diagnostics.split_off(most),
        _ => Vec::new(),
    }
}

fn write_baseline(
    report: &Report,
    path: &Utf8Path,
    cwd: &Utf8Path,
    global: &GlobalArgs,
    streams: &mut Streams,
) -> Result<Status, Failure> {
    let baseline = Baseline::of(report, path).and_then(|baseline| baseline.write().map(|()| baseline));
    let baseline = baseline.map_err(|error| Failure::Usage(error.to_string()))?;
    if global.quiet == 0 {
        let shown = display_path(path, cwd);
        streams.tell(&format!("{} written to {shown}.", summary::written(report, baseline.len())));
        streams.tell(&format!(
            "Commit it, and check with `--baseline {shown}`, or with `baseline = \"{shown}\"` in the configuration."
        ));
    }
    Ok(Status::Clean)
}

/// Says which accepted findings are gone, and takes them out where that was asked for.
fn told_of_baselines(
    args: &CheckArgs,
    report: &Report,
    cwd: &Utf8Path,
    global: &GlobalArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    for (path, fixed) in report.fixed.iter().filter(|(_, fixed)| !fixed.is_empty()) {
        let number =
            summary::count(fixed.iter().map(|(_, count)| count).sum(), "accepted place is", "accepted places are");
        let shown = display_path(path, cwd);
        if args.prune_baseline {
            let pruned = Baseline::read(path).and_then(|mut baseline| {
                baseline.prune(fixed);
                baseline.write()
            });
            pruned.map_err(|error| Failure::Usage(error.to_string()))?;
        }
        if global.quiet == 0 {
            let done = if args.prune_baseline { "and taken out of" } else { "and still listed in" };
            let how = if args.prune_baseline { "" } else { " `--prune-baseline` takes them out." };
            streams.tell(&format!("{number} fixed {done} {shown}.{how}"));
        }
    }
    Ok(())
}

/// The format that was asked for, else the configured one, else GitHub's where a job of GitHub's runs.
fn format(args: &CheckArgs, resolved: &Resolved) -> OutputFormat {
    let configured = || OutputFormat::from_str(resolved.output_format.as_deref()?, false).ok();
    let usual = || if is_github_job() { OutputFormat::Github } else { OutputFormat::Full };
    args.output_format.or_else(configured).unwrap_or_else(usual)
}

fn is_github_job() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Adds a table of the findings to the page that GitHub shows of a job. That it cannot be written is no failure.
fn summarise_job(report: &Report, cwd: &Utf8Path) {
    let path = std::env::var("GITHUB_STEP_SUMMARY").ok().map(Utf8PathBuf::from);
    let Some(path) = path.filter(|path| is_github_job() && path.is_file()) else { return };
    let mut text = Vec::new();
    if render(OutputFormat::Markdown, report, &Style::plain(cwd), &mut text).is_ok() {
        let file = std::fs::File::options().append(true).open(&path);
        let _ = file.and_then(|mut file| file.write_all(&text));
    }
}

/// The level from which on findings are shown.
fn confidence(args: &CheckArgs, settings: &Settings, cwd: &Utf8Path) -> Confidence {
    let path = settings.paths.first().map_or(cwd, |path| path.as_path());
    args.confidence.unwrap_or_else(|| settings.configurations.of_file(path).confidence)
}

/// What is wrong in configuration files that were met on the way: errors end the run, warnings are told.
pub(super) fn told_of_configuration(
    settings: &Settings,
    cwd: &Utf8Path,
    global: &GlobalArgs,
    streams: &mut Streams,
) -> Result<(), Failure> {
    if global.quiet == 0 {
        let prefix = streams.err_paint().severity(Severity::Warning, "warning:");
        let configurations = &settings.configurations;
        // While a file is edited, each of its states would be told the same.
        let unmatched = if settings.paths.is_empty() { Vec::new() } else { configurations.unmatched() };
        for warning in configurations.take_warnings().into_iter().chain(unmatched) {
            streams.tell(&format!("{prefix} {}", warning.seen_from(cwd)));
        }
    }
    match settings.configurations.take_problems().into_iter().next() {
        Some(problem) => Err(problem.seen_from(cwd).into()),
        None => Ok(()),
    }
}

fn show_files(settings: &Settings, cwd: &Utf8Path, streams: &mut Streams) -> Result<Status, Failure> {
    let exclude: Arc<dyn Exclude> = Arc::clone(&settings.configurations) as _;
    let found = discover(&settings.paths, &exclude, &settings.project_root, settings.threads);
    for file in &found.files {
        writeln!(streams.out, "{}", display_path(file, cwd))?;
    }
    for problem in &found.problems {
        let path = display_path(&problem.path, cwd);
        streams.tell(&format!("{path}: {}", printable(&problem.message)));
    }
    Ok(Status::Clean)
}

fn settings(args: &CheckArgs, cwd: &Utf8Path) -> Result<Resolved, Failure> {
    if let Some(reason) = &args.reason {
        add_ignores::check(reason, args.reads_stdin())?;
    }
    let stdin = if args.reads_stdin() {
        let mut bytes = Vec::new();
        io::stdin().lock().take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE_SIZE {
            let most = MAX_FILE_SIZE / (1024 * 1024);
            return Err(Failure::Usage(format!(
                "standard input is larger than {most} MB\n  help: name the file itself"
            )));
        }
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

fn print(
    args: &CheckArgs,
    format: OutputFormat,
    report: &Report,
    cwd: &Utf8Path,
    streams: &mut Streams,
) -> io::Result<()> {
    let style = streams.style(cwd);
    let render = if args.statistics { render_statistics } else { render };
    render(format, report, &style, &mut streams.out)?;
    streams.out.flush()
}
