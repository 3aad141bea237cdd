//! `torture --seconds 300 --seed 1`: hostile inputs, as many as fit into the time, each checked in a child process.
//!
//! Three kinds: small random programs that are dense in references to themselves, fixtures and real modules broken in
//! the ways in which files get broken, and real modules with a workflow and an activity that call everything in them.
//! What fails is kept below `target/torture`, made small, and listed; the exit code is 1 then. An input depends on the
//! seed and its number alone, and on the modules that the machine has.

mod attached;
#[path = "../child.rs"]
mod child;
mod mutations;
mod numbers;
mod programs;
mod runs;

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use numbers::Numbers;
use runs::{CHILD, Failed, Failure, Files};

const USAGE: &str = "usage: torture [--seconds N] [--first N] [--inputs N] [--seed N] [--packages FOLDER]...";

/// How many inputs one child looks at. Where it fails each is looked at alone.
const BATCH: u64 = 12;

/// The largest real module that is taken, in bytes: what is larger is no input of ordinary size.
const LARGEST: u64 = 200_000;

/// How long one failure is made smaller, and how many are.
const PATIENCE: Duration = Duration::from_secs(15);
const MOST_MINIMISED: usize = 8;

struct Options {
    seconds: u64,
    /// The number of the first input: a failure is repeated with its number and `--inputs 1`.
    first: u64,
    inputs: u64,
    seed: u64,
    packages: Vec<PathBuf>,
}

/// An input that fails.
struct Kept {
    number: u64,
    kind: &'static str,
    files: Files,
    failed: Failed,
}

fn main() -> ExitCode {
    if std::env::var_os(CHILD).is_some() {
        return temporal_py_lint::cli::main();
    }
    let options = match options() {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("error: {problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match torture(&options) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options { seconds: 300, first: 0, inputs: u64::MAX, seed: 1, packages: Vec::new() };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("`{name}` has no value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("`{value}` is not a number"));
        match name.as_str() {
            "--seconds" => options.seconds = number()?,
            "--first" => options.first = number()?,
            "--inputs" => options.inputs = number()?,
            "--seed" => options.seed = number()?,
            "--packages" => options.packages.push(value.into()),
            _ => return Err(format!("`{name}` is no option")),
        }
    }
    Ok(options)
}

/// How many inputs failed.
fn torture(options: &Options) -> io::Result<usize> {
    let sources = Sources::find(options)?;
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let (next, checked) = (AtomicU64::new(options.first), AtomicU64::new(0));
    let last = options.first.saturating_add(options.inputs);
    let kept: Mutex<Vec<Kept>> = Mutex::default();
    let work = || -> io::Result<()> {
        while Instant::now() < end {
            let first = next.fetch_add(BATCH, Ordering::Relaxed);
            if first >= last {
                break;
            }
            let numbers = first..(first + BATCH).min(last);
            checked.fetch_add(numbers.end - numbers.start, Ordering::Relaxed);
            let found = batch(options.seed, numbers, &sources)?;
            if let Ok(mut kept) = kept.lock() {
                kept.extend(found);
            }
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| io::Error::other("a worker failed"))?)
    })?;
    let mut kept = kept.into_inner().unwrap_or_default();
    kept.sort_by_key(|kept| kept.number);
    report(options, checked.into_inner(), kept)
}

fn batch(seed: u64, numbers: std::ops::Range<u64>, sources: &Sources) -> io::Result<Vec<Kept>> {
    let inputs: Vec<(u64, &'static str, Files)> = numbers
        .map(|number| {
            let (kind, files) = sources.input(seed, number);
            (number, kind, files)
        })
        .collect();
    let all: Files = inputs.iter().flat_map(|(_, _, files)| files.clone()).collect();
    let Some(failed) = runs::run(&all)? else { return Ok(Vec::new()) };
    let mut kept = Vec::new();
    let first = inputs[0].0;
    for (number, kind, files) in inputs {
        if let Some(failed) = runs::run(&files)? {
            kept.push(Kept { number, kind, files, failed });
        }
    }
    // Many inputs may take longer than one is allowed to, and more memory; all else is a failure of them together.
    if kept.is_empty() && matches!(failed.failure, Failure::Panic | Failure::Abort) {
        kept.push(Kept { number: first, kind: "several together", files: all, failed });
    }
    Ok(kept)
}

/// Texts to start from.
struct Sources {
    fixtures: Vec<PathBuf>,
    modules: Vec<PathBuf>,
}

impl Sources {
    fn find(options: &Options) -> io::Result<Self> {
        let mut folders = options.packages.clone();
        let script = "import sysconfig; p = sysconfig.get_paths(); print(p['stdlib']); print(p['purelib'])";
        let found = Command::new("python3").args(["-c", script]).output()?;
        folders.extend(String::from_utf8_lossy(&found.stdout).lines().map(PathBuf::from));
        let mut modules: Vec<PathBuf> = folders.iter().flat_map(|folder| python_files(folder)).collect();
        modules.sort();
        modules.dedup();
        let fixtures = python_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"));
        if modules.is_empty() || fixtures.is_empty() {
            return Err(io::Error::other("there are no modules to start from: is `python3` installed?"));
        }
        Ok(Self { fixtures, modules })
    }

    /// The files of an input, in a folder of its own.
    fn input(&self, seed: u64, number: u64) -> (&'static str, Files) {
        let numbers = &mut Numbers::of(seed, number);
        let folder = format!("p{number}");
        let one = |kind, bytes| (kind, vec![(format!("{folder}/m.py"), bytes)]);
        match numbers.below(10) {
            0..=4 => ("random program", programs::program(&folder, numbers)),
            5 | 6 => one("broken fixture", mutations::broken(&text(&self.fixtures, numbers), numbers)),
            7 => one("broken module", mutations::broken(&text(&self.modules, numbers), numbers)),
            8 => one("module with everything called", attached::attached(&text(&self.modules, numbers))),
            _ => {
                let bytes = attached::attached(&text(&self.modules, numbers));
                one(
                    "broken module with everything called",
                    mutations::broken(&String::from_utf8_lossy(&bytes), numbers),
                )
            }
        }
    }
}

fn text(files: &[PathBuf], numbers: &mut Numbers) -> String {
    let bytes = std::fs::read(numbers.pick(files)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn python_files(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let wanted = files.filter(|entry| {
        let is_python = entry.path().extension().is_some_and(|ending| ending == "py");
        is_python && entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST)
    });
    wanted.map(walkdir::DirEntry::into_path).collect()
}

fn report(options: &Options, checked: u64, kept: Vec<Kept>) -> io::Result<usize> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/torture/seed-{}", options.seed));
    if place.exists() {
        std::fs::remove_dir_all(&place)?;
    }
    println!("{checked} inputs of seed {}, {} at fault", options.seed, kept.len());
    for failure in Failure::ALL {
        let number = kept.iter().filter(|kept| kept.failed.failure == failure).count();
        println!("{number:>6} {}", failure.words());
    }
    let failures = kept.len();
    let mut minimised = 0;
    for kept in kept {
        let folder = place.join(format!("input-{}", kept.number));
        runs::write(&folder.join("whole"), &kept.files)?;
        let mut lines = String::new();
        if minimised < MOST_MINIMISED {
            minimised += 1;
            let small = runs::minimised(kept.files, kept.failed.failure, PATIENCE)?;
            runs::write(&folder.join("small"), &small)?;
            let number: usize =
                small.iter().map(|(_, bytes)| bytes.iter().filter(|byte| **byte == b'\n').count()).sum();
            let _ = write!(lines, ", {number} lines when made small");
        }
        let words = format!("{} ({}){lines}", kept.failed.failure.words(), kept.kind);
        std::fs::write(folder.join("what.txt"), format!("{words}\n\n{}", kept.failed.said))?;
        println!("{}: {words}", folder.display());
    }
    Ok(failures)
}
