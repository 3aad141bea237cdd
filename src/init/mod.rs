//! What a project needs to start with: a commented configuration, an entry for pre-commit, a job for its CI.
//!
//! Knows: what a project has of these, and what would be added. Nothing is written over what is there: a file that exists is
//! changed only where that was asked for, by adding to it, and otherwise what to add is told. Does not know: how anything is
//! checked.

mod ci;
mod configuration;
mod pre_commit;

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::{Unwritten, leads_out_of, read_at_most, rewrite, write_new};

/// The largest file that is added to, in bytes.
const MAX_SIZE: u64 = 1024 * 1024;

/// Where the tool comes from.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// Its version, as its tags have it.
const TAG: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// One thing that a project has, could have, or is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The file.
    pub path: Utf8PathBuf,
    /// What is to be done with it.
    pub action: Action,
}

/// What is to be done with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// It is not there, and is written.
    Write(String),
    /// It is there, and gets something added.
    Add {
        /// Its text.
        before: String,
        /// Its text with what is added.
        after: String,
        /// What is added.
        added: String,
    },
    /// It is there, and somebody is to add this.
    Tell(String),
    /// All is there already.
    Nothing,
}

/// Why a project cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {message}\n  help: {help}")]
pub struct InitError {
    /// The file.
    pub path: Utf8PathBuf,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// What to do in a project; `edit` says that files that exist may be added to.
///
/// # Errors
///
/// Where a file that is there cannot be read.
pub fn steps(root: &Utf8Path, edit: bool) -> Result<Vec<Step>, InitError> {
    let mut steps = vec![configuration::step(root, edit)?];
    steps.extend(pre_commit::step(root, edit)?);
    steps.extend(ci::steps(root)?);
    Ok(steps)
}

impl Step {
    /// Does it, whole or not at all, and never through a link out of the project.
    ///
    /// # Errors
    ///
    /// Where that fails; the file is then as it was.
    pub fn take(&self, root: &Utf8Path) -> Result<(), InitError> {
        match &self.action {
            Action::Tell(_) | Action::Nothing => Ok(()),
            Action::Write(text) => self.write(root, text),
            Action::Add { before, after, .. } => rewrite(&self.path, root, before, after)
                .map_err(|Unwritten { path, message, hint }| InitError { path, message, help: hint }),
        }
    }

    fn write(&self, root: &Utf8Path, text: &str) -> Result<(), InitError> {
        let wrong = |message: String, help: &str| InitError { path: self.path.clone(), message, help: help.to_owned() };
        let failed = |problem: std::io::Error| {
            let help = "check the folder's permissions";
            match problem.kind() {
                std::io::ErrorKind::AlreadyExists => wrong("is there by now".to_owned(), "run the command again"),
                _ => wrong(format!("cannot be written: {problem}"), help),
            }
        };
        let folder = self.path.parent().unwrap_or(root);
        if let Some(real) = leads_out_of(root, folder).map_err(failed)? {
            return Err(wrong(format!("would be written out of the project, to `{real}`"), "write that file yourself"));
        }
        std::fs::create_dir_all(folder).map_err(failed)?;
        write_new(&self.path, text.as_bytes()).map_err(failed)
    }
}

/// The text of a file; nothing where there is none.
fn text_of(path: &Utf8Path) -> Result<Option<String>, InitError> {
    if std::fs::symlink_metadata(path).is_err() {
        return Ok(None);
    }
    let wrong = |message: String, help: String| InitError { path: path.to_owned(), message, help };
    let bytes = read_at_most(path, MAX_SIZE, "make it smaller, or add to it yourself");
    let bytes = bytes.map_err(|problem| wrong(problem.message, problem.hint))?;
    let text =
        String::from_utf8(bytes).map_err(|_| wrong("is not valid UTF-8".to_owned(), "save it as UTF-8".to_owned()))?;
    Ok(Some(text))
}

/// A text with another behind it, with the line ends that it has.
fn with(before: &str, added: &str) -> String {
    let line_end = if before.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { line_end };
    format!("{before}{gap}{}", added.replace('\n', line_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_has_the_file_s_line_ends() {
        assert_eq!(with("a", "b\nc\n"), "a\nb\nc\n");
        assert_eq!(with("a\r\n", "b\nc\n"), "a\r\nb\r\nc\r\n");
        assert_eq!(with("", "b\n"), "b\n");
    }
}
