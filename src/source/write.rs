//! Files changed on disk, whole or not at all.
//!
//! Knows: how a file takes another's place, and what stays of the one before: its encoding and byte order mark, its line
//! ends, its mode. Does not know: what is written, or why.

use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};

use super::decode::{decode, encode, encode_like};
use super::read;

/// Why a file was not changed. It is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {message}")]
pub struct Unwritten {
    /// The file.
    pub path: Utf8PathBuf,
    /// Why.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Unwritten {
    fn new(path: &Utf8Path, message: impl Into<String>, hint: &str) -> Self {
        Self { path: path.to_owned(), message: message.into(), hint: hint.to_owned() }
    }

    fn io(path: &Utf8Path, problem: &io::Error) -> Self {
        Self::new(path, format!("cannot be written: {problem}"), "check the file's and its folder's permissions")
    }
}

/// Writes a file through another beside it, which then takes its place: whole or not at all. A link is replaced, not
/// followed.
///
/// # Errors
///
/// Where that fails; what was there is then as it was.
pub fn write_whole(path: &Utf8Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let beside = Beside::write(path, bytes, permissions)?;
    std::fs::rename(&beside.path, path)
}

/// Writes a file that is not there yet, whole or not at all; never over one that appears meanwhile.
///
/// # Errors
///
/// Where that fails, or where there is something already.
pub fn write_new(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let beside = Beside::write(path, bytes, None)?;
    // Unlike a rename, a hard link is refused where there is something.
    std::fs::hard_link(&beside.path, path)
}

/// Gives a Python file another text. `before` is the text that the new one was made from; encoding, byte order mark and
/// mode stay. A link is followed, but not out of the folder `within`.
///
/// # Errors
///
/// Where the file holds something else by now, lies elsewhere, is read-only, or its encoding has no such characters.
pub fn rewrite(path: &Utf8Path, within: &Utf8Path, before: &str, after: &str) -> Result<(), Unwritten> {
    let (target, metadata) = target(path, within)?;
    let bytes = read(&target).map_err(|problem| Unwritten::new(path, problem.message, &problem.hint))?;
    if decode(bytes.clone()).ok().as_deref() != Some(before) {
        return Err(Unwritten::new(path, "was changed while it was checked", "run the command again"));
    }
    // What the encoding writes in more than one way would be changed elsewhere too.
    if encode(before, &bytes).as_ref() != Some(&bytes) {
        let message = "is in an encoding that cannot be written without changing other places";
        return Err(Unwritten::new(path, message, "save it as UTF-8"));
    }
    let Some(after) = encode_like(&bytes, before, after) else {
        let message = "is in an encoding that has not all characters of what is to be written";
        return Err(Unwritten::new(path, message, "save it as UTF-8, or write ASCII"));
    };
    write_whole(&target, &after, Some(metadata.permissions())).map_err(|problem| Unwritten::io(path, &problem))
}

/// Where a path really leads, if that is out of a folder. Of a file that is not there yet the folder that is there decides.
///
/// # Errors
///
/// Where that cannot be looked up.
pub fn leads_out_of(within: &Utf8Path, path: &Utf8Path) -> io::Result<Option<Utf8PathBuf>> {
    // A link that leads nowhere is there as well, and would be written through.
    let there = path.ancestors().find(|above| std::fs::symlink_metadata(above).is_ok()).unwrap_or(path);
    let real = there.canonicalize_utf8()?;
    Ok((!real.starts_with(within.canonicalize_utf8()?)).then_some(real))
}

/// The file that a path leads to, if it may be changed.
fn target(path: &Utf8Path, within: &Utf8Path) -> Result<(Utf8PathBuf, Metadata), Unwritten> {
    let io = |problem: io::Error| Unwritten::io(path, &problem);
    if let Some(target) = leads_out_of(within, path).map_err(io)? {
        let message = format!("leads out of the project, to `{target}`");
        return Err(Unwritten::new(path, message, "change that file itself"));
    }
    let target = path.canonicalize_utf8().map_err(io)?;
    let metadata = std::fs::metadata(&target).map_err(io)?;
    if !metadata.is_file() {
        return Err(Unwritten::new(path, "is not a regular file", "name a Python file"));
    }
    if metadata.permissions().readonly() {
        return Err(Unwritten::new(path, "is read-only", "give yourself the right to write it, or exclude it"));
    }
    Ok((target, metadata))
}

/// How many names are tried for the file beside: those of runs that were ended may still be there.
const ATTEMPTS: u32 = 64;

/// A file beside another, which is gone in the end, unless it was renamed.
struct Beside {
    path: Utf8PathBuf,
}

impl Beside {
    fn write(path: &Utf8Path, bytes: &[u8], mode: Option<Permissions>) -> io::Result<Self> {
        let (beside, mut file) = Self::create(path)?;
        if let Some(mode) = mode {
            std::fs::set_permissions(&beside.path, mode)?;
        }
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(beside)
    }

    fn create(path: &Utf8Path) -> io::Result<(Self, File)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        for attempt in 0..ATTEMPTS {
            let beside = path.with_file_name(format!(".{name}.{}-{attempt}.tmp", std::process::id()));
            match File::create_new(&beside) {
                Ok(file) => return Ok((Self { path: beside }, file)),
                Err(problem) if problem.kind() == io::ErrorKind::AlreadyExists => {}
                Err(problem) => return Err(problem),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Where it was renamed there is none; that it cannot be removed adds nothing to what is told.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().expect("a folder"))
        }

        fn path(&self, name: &str) -> Utf8PathBuf {
            Utf8PathBuf::from_path_buf(self.0.path().join(name)).expect("UTF-8")
        }

        fn holding(&self, name: &str, bytes: &[u8]) -> Utf8PathBuf {
            let path = self.path(name);
            std::fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
            std::fs::write(&path, bytes).expect("written");
            path
        }

        fn names(&self) -> Vec<String> {
            let entries = self.path("").read_dir_utf8().expect("a folder");
            let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name().to_owned()).collect();
            names.sort();
            names
        }
    }

    fn rewritten(before: &[u8], from: &str, to: &str) -> Result<Vec<u8>, String> {
        let folder = Folder::new();
        let path = folder.holding("a.py", before);
        let text = decode(before.to_vec()).expect("text");
        let outcome = rewrite(&path, &folder.path(""), &text, &text.replace(from, to));
        let after = std::fs::read(&path).expect("still there");
        assert_eq!(folder.names(), ["a.py"], "nothing is left beside it");
        match outcome {
            Ok(()) => Ok(after),
            Err(problem) => {
                assert_eq!(after, before, "what could not be changed is as it was");
                Err(problem.message)
            }
        }
    }

    #[test]
    fn encoding_mark_and_line_ends_stay() {
        let crlf = rewritten(b"\xef\xbb\xbfx = 1\r\ny = 2\r", "x = 1", "x = 1  # \u{e9}");
        assert_eq!(crlf.as_deref(), Ok(&b"\xef\xbb\xbfx = 1  # \xc3\xa9\r\ny = 2\r"[..]));
        let latin = rewritten(b"# coding: latin-1\nx = '\xe9'\n", "'\n", "'  # \u{e8}\n");
        assert_eq!(latin.as_deref(), Ok(&b"# coding: latin-1\nx = '\xe9'  # \xe8\n"[..]));
        let japanese = rewritten(b"# coding: shift_jis\nx = '\x93\xfa'\n", "x", "y");
        assert_eq!(japanese.as_deref(), Ok(&b"# coding: shift_jis\ny = '\x93\xfa'\n"[..]));
    }

    #[test]
    fn what_the_encoding_has_not_is_not_written() {
        for coding in ["latin-1", "ascii", "cp1252"] {
            let text = format!("# coding: {coding}\nx = 1\n");
            let message = rewritten(text.as_bytes(), "1", "'日'").expect_err("no such character");
            assert!(message.contains("has not all characters"), "{coding}: {message}");
        }
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = Folder::new();
        let path = folder.holding("a.py", b"y = 1\n");
        let problem = rewrite(&path, &folder.path(""), "x = 1\n", "x = 2\n").expect_err("changed");
        assert_eq!(problem.message, "was changed while it was checked");
        assert_eq!(std::fs::read(&path).expect("there"), b"y = 1\n");
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_stays_and_links_are_followed_within_the_project_alone() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = Folder::new();
        let (script, outside) = (folder.holding("p/a.py", b"x = 1\n"), folder.holding("other/b.py", b"x = 1\n"));
        std::fs::set_permissions(&script, Permissions::from_mode(0o751)).expect("ours");
        let (link, out, through) = (folder.path("p/link.py"), folder.path("p/out.py"), folder.path("p/dir"));
        symlink(&script, &link).expect("linked");
        symlink(&outside, &out).expect("linked");
        symlink(folder.path("other"), &through).expect("linked");
        rewrite(&link, &folder.path("p"), "x = 1\n", "x = 2\n").expect("within");
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&script).expect("there"), b"x = 2\n");
        assert_eq!(std::fs::metadata(&script).expect("there").permissions().mode() & 0o777, 0o751);
        for path in [out, through.join("b.py")] {
            let problem = rewrite(&path, &folder.path("p"), "x = 1\n", "x = 2\n").expect_err("outside");
            assert!(problem.message.starts_with("leads out of the project"), "{problem}");
        }
        assert_eq!(std::fs::read(&outside).expect("there"), b"x = 1\n");
        std::fs::set_permissions(&script, Permissions::from_mode(0o444)).expect("ours");
        assert_eq!(rewrite(&script, &folder.path("p"), "x = 2\n", "").expect_err("kept").message, "is read-only");
    }

    #[test]
    fn a_new_file_is_written_over_none() {
        let folder = Folder::new();
        let path = folder.path("new.toml");
        write_new(&path, b"a").expect("new");
        assert_eq!(write_new(&path, b"b").expect_err("there").kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).expect("there"), b"a");
        write_whole(&path, b"c", None).expect("replaced");
        assert_eq!(
            (std::fs::read(&path).expect("there"), folder.names()),
            (b"c".to_vec(), vec!["new.toml".to_owned()])
        );
    }
}
