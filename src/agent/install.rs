use std::{fs, io};

use camino::{Utf8Path, Utf8PathBuf};

use super::Harness;
use super::harness::is_ours;
use crate::source::{leads_out_of, read_at_most, write_whole};

/// The largest agent file that is read, in bytes.
pub const MAX_SIZE: u64 = 4 * 1024 * 1024;

/// What is to be installed, and how.
#[derive(Debug, Clone)]
pub struct Installation {
    /// For which harness.
    pub harness: Harness,
    /// The agent's file.
    pub path: Utf8PathBuf,
    /// The project that the file belongs to, out of which no link is followed; none for a user's own files.
    pub project: Option<Utf8PathBuf>,
    /// A file that somebody else wrote or changed is replaced.
    pub force: bool,
    /// Nothing is written.
    pub dry_run: bool,
}

/// How an installation ended; with a dry run, how it would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was no such file.
    Written,
    /// Another one was there.
    Replaced,
    /// The file is there as it would be written.
    Unchanged,
}

/// Why an agent was not installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The file that is there may be somebody's work.
    #[error(
        "`{0}` was not written by temporal-py-lint, or was changed since\n  help: `--force` replaces it; keep a copy \
         of what is yours in it"
    )]
    Foreign(Utf8PathBuf),
    /// A link on the way leads out of the project.
    #[error(
        "`{path}` leads out of the project, to `{target}`\n  help: install it there with `--user`, or write that file yourself"
    )]
    Outside {
        /// The file.
        path: Utf8PathBuf,
        /// Where it leads.
        target: Utf8PathBuf,
    },
    /// It cannot be read or written.
    #[error("`{path}` cannot be {action}: {source}")]
    Io {
        /// The file or folder.
        path: Utf8PathBuf,
        /// `read`, `made` or `written`.
        action: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// Writes the agent's file, whole or not at all.
///
/// # Errors
///
/// Where the file is there and is not ours, unless forced, and where it cannot be read or written.
pub fn install(installation: &Installation) -> Result<Outcome, InstallError> {
    let Installation { harness, force, dry_run, .. } = *installation;
    let (path, text) = (followed(&installation.path)?, harness.file());
    if let Some(project) = &installation.project {
        let looked_up = leads_out_of(project, &installation.path);
        let read = |source| InstallError::Io { path: installation.path.clone(), action: "read", source };
        if let Some(target) = looked_up.map_err(read)? {
            return Err(InstallError::Outside { path: installation.path.clone(), target });
        }
    }
    if !path.exists() {
        if !dry_run {
            write(&path, &text)?;
        }
        return Ok(Outcome::Written);
    }
    let outcome = match read_at_most(&path, MAX_SIZE, "look at what it is") {
        Err(problem) => {
            let source = io::Error::other(problem.message);
            return Err(InstallError::Io { path, action: "read", source });
        }
        Ok(bytes) if bytes == text.as_bytes() => Outcome::Unchanged,
        Ok(bytes) if force || std::str::from_utf8(&bytes).is_ok_and(is_ours) => Outcome::Replaced,
        Ok(_) => return Err(InstallError::Foreign(path)),
    };
    if !dry_run && outcome != Outcome::Unchanged {
        write(&path, &text)?;
    }
    Ok(outcome)
}

/// Where a link leads, so that it is not the link that is replaced.
fn followed(path: &Utf8Path) -> Result<Utf8PathBuf, InstallError> {
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    path.canonicalize_utf8().map_err(|source| InstallError::Io { path: path.to_owned(), action: "read", source })
}

/// Makes the folder where it is missing, and writes.
fn write(path: &Utf8Path, text: &str) -> Result<(), InstallError> {
    let folder = path.parent().unwrap_or(path);
    let failed = |path: &Utf8Path, action| {
        let path = path.to_owned();
        move |source| InstallError::Io { path, action, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder, "made"))?;
    write_whole(path, text.as_bytes(), None).map_err(failed(path, "written"))
}
