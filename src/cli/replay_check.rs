//! `replay-check`: from arguments to two versions and their report.
//!
//! Knows: where the version before comes from. Does not know: how versions are compared, or how a report is printed
//! ([`check`](super::check)).

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{CheckArgs, GlobalArgs, ReplayCheckArgs};
use super::check::{checked_or_fixed, finish, told_of_configuration, with_progress};
use super::streams::Streams;
use super::{Failure, Status, fixes, summary, working_directory};
use crate::config::{Options, Resolved, Settings, absolute, resolve};
use crate::lint::{self, ChangedLines, Earlier, EarlierError, Report, Tree};
use crate::output::display_path;

/// Compares, prints findings to standard output and what is to be said about the run to standard error.
pub(super) fn run(args: &ReplayCheckArgs, global: &GlobalArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    let check = args.check_args();
    fixes::refuse_impossible(&check)?;
    let options = Options { no_baseline: true, ..check.options(None) };
    let resolved = resolve(&options, &cwd)?;
    let settings = &resolved.settings;
    if global.verbose {
        streams.tell_all(&summary::decisions(&resolved, args.isolated));
    }
    if let Some(path) = &args.write_baseline {
        return write(&absolute(&cwd, path), &resolved, &cwd, global, streams);
    }
    let (before, base) = before(args, &check, &resolved, &cwd)?;
    let compared = |settings: &Settings, _: Option<&ChangedLines>| {
        with_progress(global, |on_progress| lint::replay_check(settings, &before, &base, on_progress))
    };
    let (report, fixed) = checked_or_fixed(&check, settings, None, &compared);
    told_of_configuration(settings, &cwd, global, streams)?;
    let nothing = nothing_compared(&before, &report);
    // A file that says nothing of what is checked is hardly the one that was meant: that all is well would be untrue.
    if args.baseline.is_some() && !before.is_empty() && report.stats.uncompared > 0 && !nothing.is_empty() {
        return Err(Failure::Usage(nothing.join("\n")));
    }
    if global.quiet == 0 {
        streams.tell_all(&nothing);
    }
    finish(&check, &resolved, report, fixed.as_ref(), global, streams)
}

/// What is to be said where no workflow of the version before was compared with one of now.
fn nothing_compared(before: &Earlier, report: &Report) -> Vec<String> {
    if before.is_empty() {
        return vec!["There are no workflows in the version before, so there was nothing to compare.".to_owned()];
    }
    if report.stats.compared > 0 || !report.diagnostics.is_empty() {
        return Vec::new();
    }
    let left_aside = match before.len() {
        1 => "The workflow of the version before is not".to_owned(),
        more => format!("None of the {more} workflows of the version before is"),
    };
    vec![
        format!("{left_aside} among what was checked, so nothing was compared."),
        "  help: check the files that they stand in; a baseline names them from its own folder".to_owned(),
    ]
}

/// The version before, and the folder of the version now that it is compared with.
fn before(
    args: &ReplayCheckArgs,
    check: &CheckArgs,
    resolved: &Resolved,
    cwd: &Utf8Path,
) -> Result<(Earlier, Utf8PathBuf), Failure> {
    let paths = &resolved.settings.paths;
    if let Some(path) = &args.baseline {
        return written(&absolute(cwd, path));
    }
    if let Some(revision) = &args.since {
        return at(revision, check, resolved, cwd);
    }
    let around = paths.first().map_or(cwd, |path| path.as_path());
    let Some(folder) = &args.against else { return Ok((Earlier::default(), cwd.to_owned())) };
    let folder = absolute(cwd, folder);
    if !folder.is_dir() {
        let error =
            format!("`{}` is no folder\n  help: name one that holds the version before", display_path(&folder, cwd));
        return Err(Failure::Usage(error));
    }
    let now = if around.is_dir() { around } else { cwd };
    let tree = lint::of_folder(&folder, now);
    let before = read(&tree, check, resolved, &format!("`{}`", display_path(&folder, cwd)))?;
    Ok((before, now.to_owned()))
}

/// What a file says of the version before.
fn written(path: &Utf8Path) -> Result<(Earlier, Utf8PathBuf), Failure> {
    let before = lint::read_baseline(path).map_err(|error| failure(&error))?;
    Ok((before, folder_of(path).to_owned()))
}

/// The version before at a revision.
fn at(
    revision: &str,
    check: &CheckArgs,
    resolved: &Resolved,
    cwd: &Utf8Path,
) -> Result<(Earlier, Utf8PathBuf), Failure> {
    let around = resolved.settings.paths.first().map_or(cwd, |path| path.as_path());
    let around = around.canonicalize_utf8().unwrap_or_else(|_| around.to_owned());
    let tree = lint::at_revision(&around, revision).map_err(|error| failure(&error))?;
    let before = read(&tree, check, resolved, &format!("`{revision}`"))?;
    Ok((before, tree.now.clone()))
}

/// The version before that the configuration names, for `check`.
pub(super) fn configured(
    check: &CheckArgs,
    resolved: &Resolved,
    cwd: &Utf8Path,
) -> Result<Option<(Earlier, Utf8PathBuf)>, Failure> {
    match (&resolved.replay_baseline, &resolved.replay_since) {
        (Some(path), _) => written(path).map(Some),
        (None, Some(revision)) => at(revision, check, resolved, cwd).map(Some),
        (None, None) => Ok(None),
    }
}

/// What the workflows of a version did.
fn read(tree: &Tree, check: &CheckArgs, resolved: &Resolved, name: &str) -> Result<Earlier, Failure> {
    lint::earlier_in(tree, &resolved.settings, name, |paths, src, folder| {
        let options = Options { paths, src, no_baseline: true, ..check.options(None) };
        Ok(resolve(&options, folder)?.settings)
    })
}

fn write(
    path: &Utf8Path,
    resolved: &Resolved,
    cwd: &Utf8Path,
    global: &GlobalArgs,
    streams: &mut Streams,
) -> Result<Status, Failure> {
    let now = lint::earlier(&resolved.settings, folder_of(path), "now");
    told_of_configuration(&resolved.settings, cwd, global, streams)?;
    lint::write_baseline(path, &now).map_err(|error| failure(&error))?;
    if global.quiet == 0 {
        let shown = display_path(path, cwd);
        let what = summary::count(now.len(), "workflow is", "workflows are");
        streams.tell(&format!("{what} written to {shown}."));
        streams.tell(&format!("Commit it, and compare with `temporal-py-lint replay-check --baseline {shown}`."));
    }
    Ok(Status::Clean)
}

fn folder_of(path: &Utf8Path) -> &Utf8Path {
    path.parent().unwrap_or(path)
}

fn failure(error: &EarlierError) -> Failure {
    Failure::Usage(error.to_string())
}
