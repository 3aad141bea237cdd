//! `--fix` and `--diff`: what is done with edits, and what is said about them.
//!
//! Knows: the options, and the words. Does not know: how a change is made, or how a file is replaced.

use camino::Utf8Path;

use super::args::{CheckArgs, GlobalArgs};
use super::streams::Streams;
use super::summary::count;
use super::{Failure, Status};
use crate::config::Settings;
use crate::diagnostic::{Applicability, Diagnostic};
use crate::lint::{Edits, Report};
use crate::output::{display_path, printable, render_diff};
use crate::source::rewrite;

/// Combinations of options that mean nothing.
pub(super) fn refuse_impossible(args: &CheckArgs) -> Result<(), Failure> {
    if args.fixes.unsafe_fixes && !args.fixes.fix && !args.fixes.diff {
        let help = "add `--diff` to read what would change, or `--fix` to change it";
        return Err(Failure::Usage(format!("`--unsafe-fixes` alone does nothing\n  help: {help}")));
    }
    if args.fixes.fix && !args.fixes.diff && args.reads_stdin() {
        let help = "`--diff` prints what would change";
        return Err(Failure::Usage(format!("standard input cannot be fixed in place\n  help: {help}")));
    }
    Ok(())
}

/// Prints what would change.
pub(super) fn show(
    edits: &Edits,
    cwd: &Utf8Path,
    global: &GlobalArgs,
    streams: &mut Streams,
) -> Result<Status, Failure> {
    if global.quiet < 2 {
        for file in &edits.files {
            render_diff(file, &streams.style(cwd), &mut streams.out)?;
        }
    }
    tell_refused(edits, cwd, streams);
    if global.quiet == 0 {
        let files = count(edits.files.len(), "file", "files");
        let fixes = count(edits.count, "place", "places");
        streams.tell(&match edits.count {
            0 => "Nothing would be fixed.".to_owned(),
            _ => format!("Would fix {fixes} in {files}."),
        });
    }
    Ok(if edits.files.is_empty() { Status::Clean } else { Status::Findings })
}

/// Writes the files; whether all could be.
pub(super) fn write(edits: &Edits, settings: &Settings, cwd: &Utf8Path, streams: &mut Streams) -> bool {
    let mut all = true;
    for file in &edits.files {
        if let Err(error) = rewrite(&file.path, &settings.project_root, &file.before, &file.after) {
            all = false;
            let (path, why) = (display_path(&file.path, cwd), printable(&error.message));
            streams.tell(&format!(
                "error: {path} {why}. What is said below is about the fixed file.
  help: {}",
                error.hint
            ));
        }
    }
    tell_refused(edits, cwd, streams);
    all
}

fn tell_refused(edits: &Edits, cwd: &Utf8Path, streams: &mut Streams) {
    for (path, reason) in &edits.refused {
        streams.tell(&format!("warning: {} is not fixed: {reason}.", display_path(path, cwd)));
    }
}

/// What was fixed, or what can be.
pub(super) fn summary(report: &Report, left_out: &[Diagnostic], edits: Option<&Edits>) -> Option<String> {
    if let Some(edits) = edits.filter(|edits| edits.count > 0) {
        let (fixed, files) = (count(edits.count, "place", "places"), count(edits.files.len(), "file", "files"));
        let left = report.diagnostics.len() + left_out.len();
        return Some(format!("Fixed {fixed} in {files}; {} left.", count(left, "finding is", "findings are")));
    }
    let all = || report.diagnostics.iter().chain(left_out).flat_map(Diagnostic::fixes);
    let number = |kind: Applicability| all().filter(|fix| fix.applicability == kind).count();
    let (safe, unsafe_ones) = (number(Applicability::Safe), number(Applicability::Unsafe));
    let safe_done = edits.is_some();
    match (safe, unsafe_ones) {
        (0, 0) => None,
        (0, more) => Some(format!(
            "{} fixed with `--unsafe-fixes`: read `--diff --unsafe-fixes` first.",
            count(more, "place can be", "places can be")
        )),
        (safe, 0) if !safe_done => {
            Some(format!("{} fixed with `--fix`.", count(safe, "place can be", "places can be")))
        }
        (safe, more) if !safe_done => Some(format!(
            "{} fixed with `--fix`, and {more} more with `--unsafe-fixes`.",
            count(safe, "place can be", "places can be")
        )),
        _ => None,
    }
}
