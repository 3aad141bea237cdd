//! Files read from disk, never without bound.
//!
//! Knows: what is no regular file, sizes, and why something could not be read. Does not know: what is in a file.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};

/// The largest Python file that is read, in bytes.
pub const MAX_FILE_SIZE: u64 = 10 * 1024 * 1024;

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Unreadable {
    /// Which file or folder; where its name is no UTF-8, with U+FFFD for what is not.
    pub path: Utf8PathBuf,
    /// Why.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Unreadable {
    pub(super) fn new(path: &Path, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { path: path.to_string_lossy().into_owned().into(), message: message.into(), hint: hint.into() }
    }

    pub(super) fn io(path: &Path, problem: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (message, hint) = match problem.kind() {
            ErrorKind::NotFound => ("no such file or folder".to_owned(), "check the path"),
            ErrorKind::PermissionDenied => {
                ("permission denied".to_owned(), "give yourself the right to read it, or exclude it")
            }
            _ => (lower_first(&problem.to_string()), "make it readable, or exclude it"),
        };
        Self::new(path, message, hint)
    }
}

pub(super) fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// The bytes of a Python file of at most [`MAX_FILE_SIZE`].
///
/// # Errors
///
/// What is no regular file, is larger, or cannot be opened.
pub fn read(path: &Utf8Path) -> Result<Vec<u8>, Unreadable> {
    read_at_most(path, MAX_FILE_SIZE, "exclude it, or split it")
}

/// The bytes of a file of at most so many; `smaller` is what to do about one that has more. What could be waited for, or
/// read without end, is not opened.
///
/// # Errors
///
/// What is no regular file, is larger, or cannot be opened.
pub fn read_at_most(path: &Utf8Path, limit: u64, smaller: &str) -> Result<Vec<u8>, Unreadable> {
    let std_path = path.as_std_path();
    let metadata = std::fs::metadata(path).map_err(|problem| Unreadable::io(std_path, &problem))?;
    // Opening a pipe may wait forever, so the kind is asked for first.
    if let Some(kind) = irregular(&metadata) {
        return Err(Unreadable::new(std_path, format!("is a {kind}, not a file"), "name a file"));
    }
    let file = File::open(path).map_err(|problem| Unreadable::io(std_path, &problem))?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit) + 1).unwrap_or_default());
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|problem| Unreadable::io(std_path, &problem))?;
    if bytes.len() as u64 > limit {
        return Err(Unreadable::new(std_path, format!("is larger than {}", size(limit)), smaller));
    }
    Ok(bytes)
}

fn size(bytes: u64) -> String {
    const MB: u64 = 1024 * 1024;
    if bytes >= MB { format!("{} MB", bytes / MB) } else { format!("{} kB", bytes / 1024) }
}

/// What a path leads to, where that is no file.
#[cfg(unix)]
pub(super) fn irregular(metadata: &Metadata) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    match () {
        () if kind.is_file() => None,
        () if kind.is_dir() => Some("folder"),
        () if kind.is_fifo() => Some("named pipe"),
        () if kind.is_socket() => Some("socket"),
        () => Some("device"),
    }
}

/// What a path leads to, where that is no file.
#[cfg(not(unix))]
pub(super) fn irregular(metadata: &Metadata) -> Option<&'static str> {
    match () {
        () if metadata.is_file() => None,
        () if metadata.is_dir() => Some("folder"),
        () => Some("device"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        std::fs::write(folder.join("a.py"), "x = 1\n").expect("written");
        assert_eq!(read(&folder.join("a.py")).expect("readable"), b"x = 1\n");
        let large = folder.join("large.py");
        File::create(&large).and_then(|file| file.set_len(MAX_FILE_SIZE + 1)).expect("sized");
        assert_eq!(read(&large).expect_err("too large").message, "is larger than 10 MB");
        File::options().write(true).open(&large).and_then(|file| file.set_len(MAX_FILE_SIZE)).expect("sized");
        assert_eq!(read(&large).expect("just small enough").len() as u64, MAX_FILE_SIZE);
        assert_eq!(read_at_most(&large, 2048, "").expect_err("too large").message, "is larger than 2 kB");
        assert_eq!(read(folder).expect_err("no file").message, "is a folder, not a file");
        assert_eq!(read(&folder.join("nowhere")).expect_err("no file").message, "no such file or folder");
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_not_read() {
        assert_eq!(read(Utf8Path::new("/dev/zero")).expect_err("endless").message, "is a device, not a file");
    }
}
