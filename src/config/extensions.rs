//! Files of `extend-rules` on disk.
//!
//! Knows: where they lie, and how a fault in one is shown. Does not know: what they may say
//! ([`Extension`](crate::registry::Extension)).

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{ConfigError, Place};
use crate::registry::{Extension, Fault};
use crate::source::read_at_most;

/// The largest file that is read, in bytes.
const MAX_SIZE: u64 = 1024 * 1024;
/// As many files are read from one folder.
const MAX_FILES: usize = 200;
/// As many entries of a folder are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Why a path gives no tables.
pub(super) enum NoTables {
    /// There is nothing of this name.
    Missing,
    /// There are more files than this.
    TooMany(usize),
}

/// The files that a path stands for: itself, or what a folder holds, by name.
pub(super) fn files(path: &Utf8Path) -> Result<Vec<Utf8PathBuf>, NoTables> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = path.read_dir_utf8().map_err(|_| NoTables::Missing)?.take(MAX_ENTRIES).flatten();
    let paths = entries.map(camino::Utf8DirEntry::into_path);
    let mut files: Vec<Utf8PathBuf> =
        paths.filter(|path| matches!(path.extension(), Some("yaml" | "yml")) && path.is_file()).collect();
    files.sort();
    if files.len() > MAX_FILES { Err(NoTables::TooMany(MAX_FILES)) } else { Ok(files) }
}

/// Reads a file; of its faults the first is told.
pub(super) fn read(path: &Utf8Path) -> Result<Extension, ConfigError> {
    let bytes = read_at_most(path, MAX_SIZE, "divide it").map_err(ConfigError::Read)?;
    let text = String::from_utf8(bytes).map_err(|_| {
        fault_at(path, "", &Fault { line: 1, column: 1, width: 1, message: "not valid UTF-8".to_owned() })
    })?;
    Extension::read(path, text.clone()).map_err(|faults| {
        let at_top = Fault { line: 1, column: 1, width: 1, message: "this is no file of tables".to_owned() };
        fault_at(path, &text, faults.first().unwrap_or(&at_top))
    })
}

fn fault_at(path: &Utf8Path, text: &str, fault: &Fault) -> ConfigError {
    let line_start: usize = text.split_inclusive('\n').take(fault.line.saturating_sub(1)).map(str::len).sum();
    let width = |count: usize| text[line_start..].chars().take(count).map(char::len_utf8).sum::<usize>();
    let start = line_start + width(fault.column.saturating_sub(1));
    let end = line_start + width(fault.column.saturating_sub(1) + fault.width);
    let help = concat!(
        "what such a file holds: ",
        env!("CARGO_PKG_REPOSITORY"),
        "/blob/main/docs/configuration.md#your-own-libraries"
    );
    ConfigError::InFile {
        message: fault.message.clone(),
        place: Place::new(path, text, &(start..end)),
        help: Some(help.to_owned()),
    }
}
