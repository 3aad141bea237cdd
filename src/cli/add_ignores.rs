use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::Failure;
use super::summary::count;
use crate::config::Settings;
use crate::diagnostic::Severity;
use crate::lint::{Report, check_reason, ignore_plan};
use crate::output::{Paint, display_path, printable};
use crate::source::rewrite;

/// How often files are written and checked again. A comment on a call holds back what lies behind it, so that what else
/// needs one shows only then.
const ROUNDS: usize = 8;

/// What came of writing comments.
pub(super) struct Added {
    /// What is found now.
    pub report: Report,
    /// A file that needs a comment could not be written.
    pub is_unwritten: bool,
    /// New comments by file.
    comments: BTreeMap<Utf8PathBuf, usize>,
    refused: BTreeMap<Utf8PathBuf, String>,
    elsewhere: usize,
    paint: Paint,
}

/// Whether comments with this reason can be written at all.
pub(super) fn check(reason: &str, reads_stdin: bool) -> Result<(), Failure> {
    if reads_stdin {
        let message = "`--add-ignores` writes files, and standard input is none\n  help: name the file itself";
        return Err(Failure::Usage(message.to_owned()));
    }
    check_reason(reason).map_err(|why| {
        Failure::Usage(format!(
            "`{}` cannot be the reason in a comment: {why}\n  help: say in one line why the findings are right as they are",
            printable(reason)
        ))
    })
}

/// Writes a comment for each finding of a report, until a new check finds none that needs one.
pub(super) fn run(
    report: Report,
    reason: &str,
    settings: &Settings,
    check: &dyn Fn() -> Result<Report, Failure>,
    paint: Paint,
) -> Result<Added, Failure> {
    let (comments, refused) = (BTreeMap::new(), BTreeMap::new());
    let mut added = Added { report, is_unwritten: false, comments, refused, elsewhere: 0, paint };
    for _ in 0..ROUNDS {
        let plan = ignore_plan(&added.report, reason);
        added.elsewhere = plan.elsewhere;
        added.refused.extend(plan.refused.into_iter().map(|(path, why)| (path, why.to_owned())));
        let mut is_new = false;
        for file in plan.files {
            if added.refused.contains_key(&file.path) {
                continue;
            }
            match rewrite(&file.path, &settings.project_root, &file.before, &file.after) {
                Ok(()) => {
                    is_new = true;
                    *added.comments.entry(file.path).or_default() += file.comments;
                }
                Err(problem) => {
                    let why = format!("{}\n  help: {}", problem.message, problem.hint);
                    added.refused.insert(file.path, why);
                }
            }
        }
        if !is_new {
            break;
        }
        added.report = check()?;
    }
    added.is_unwritten = !added.refused.is_empty();
    Ok(added)
}

impl Added {
    /// What is to be said on standard error.
    pub(super) fn told(&self, cwd: &Utf8Path, quiet: u8) -> Vec<String> {
        let error = self.paint.severity(Severity::Error, "error:");
        let refused = self.refused.iter().map(|(path, why)| {
            let why: Vec<_> = why.split('\n').map(printable).collect();
            format!("{error} no comment was written in {}: {}", display_path(path, cwd), why.join("\n"))
        });
        let mut lines: Vec<String> = refused.collect();
        if quiet == 0 {
            let comments = count(self.comments.values().sum(), "comment is", "comments are");
            lines.push(format!("{comments} added in {}.", count(self.comments.len(), "file", "files")));
            if self.elsewhere > 0 {
                let what = count(self.elsewhere, "finding lies", "findings lie");
                lines.push(format!("{what} in files that were not named, and no comment was written there."));
            }
        }
        lines
    }
}
