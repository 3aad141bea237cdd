//! One check of a folder in a child process, with a deadline and a bound on memory, and how it ended.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::child;

/// What one input may take.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// How much address space a run may use, in kilobytes: 1 GB of memory, and the stacks and arenas of its threads, which
/// are reserved and not used.
const ADDRESS_SPACE: u64 = 1024 * 1024 + 256 * 1024;

/// By this variable a process knows that it is to be the linter.
pub const CHILD: &str = "TORTURE_CHILD";

/// Paths and contents.
pub type Files = Vec<(String, Vec<u8>)>;

/// How a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    Panic,
    Abort,
    Late,
    Memory,
}

impl Failure {
    pub const ALL: [Self; 4] = [Self::Panic, Self::Abort, Self::Late, Self::Memory];

    pub fn words(self) -> &'static str {
        match self {
            Self::Panic => "panic or internal error",
            Self::Abort => "abort or signal",
            Self::Late => "over 5 s",
            Self::Memory => "over 1 GB",
        }
    }
}

/// A failure with the words of the run.
pub struct Failed {
    pub failure: Failure,
    pub said: String,
}

/// Writes the files into a new folder and checks it.
pub fn run(files: &Files) -> io::Result<Option<Failed>> {
    let folder = tempfile::tempdir()?;
    write(folder.path(), files)?;
    check(folder.path())
}

/// Writes the files below a folder.
pub fn write(folder: &Path, files: &Files) -> io::Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes)?;
    }
    Ok(())
}

fn check(folder: &Path) -> io::Result<Option<Failed>> {
    let mut command = child::bounded(CHILD, ADDRESS_SPACE)?;
    command.args(["check", "--isolated", "--threads", "2", "--confidence", "low", "--output-format", "full"]);
    command.arg(folder).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let errors = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(errors) = errors {
            let _ = errors.take(64 * 1024).read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).into_owned()
    });
    let status = child::wait(&mut child, DEADLINE, Duration::from_millis(2))?;
    let said = reader.join().unwrap_or_default();
    let failure = match status.map(|status| status.code()) {
        None => Some(Failure::Late),
        Some(Some(0 | 1)) if !said.contains("internal error") => None,
        _ if said.contains("memory allocation of") => Some(Failure::Memory),
        Some(Some(_)) => Some(Failure::Panic),
        Some(None) => Some(Failure::Abort),
    };
    Ok(failure.map(|failure| Failed { failure, said }))
}

/// The same failure with as few lines as can be found in some time.
pub fn minimised(files: Files, failure: Failure, patience: Duration) -> io::Result<Files> {
    let start = Instant::now();
    let still = |files: &Files| Ok::<_, io::Error>(run(files)?.is_some_and(|failed| failed.failure == failure));
    let mut files = files;
    // Whole files first.
    let mut number = 0;
    while number < files.len() && start.elapsed() < patience {
        let mut fewer = files.clone();
        fewer.remove(number);
        if !fewer.is_empty() && still(&fewer)? {
            files = fewer;
        } else {
            number += 1;
        }
    }
    for number in 0..files.len() {
        let mut lines: Vec<Vec<u8>> =
            files[number].1.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let mut size = lines.len().div_ceil(2);
        while size > 0 && start.elapsed() < patience {
            let mut at = 0;
            while at < lines.len() && start.elapsed() < patience {
                let end = (at + size).min(lines.len());
                let fewer = [&lines[..at], &lines[end..]].concat();
                let mut tried = files.clone();
                tried[number].1 = fewer.concat();
                if still(&tried)? {
                    (files, lines) = (tried, fewer);
                } else {
                    at = end;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }
    Ok(files)
}
