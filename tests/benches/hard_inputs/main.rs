//! `hard-inputs [--check] [NAME]`: each hard input at four sizes, each twice the one before, checked in a child process.
//!
//! Prints wall time, peak memory, and the exponents with which both grow: 1 is linear, 2 quadratic. With `--check` it
//! fails where an input takes over 2 s, grows worse than n log n in time or n in memory, or where findings are lost.

#[path = "../../child.rs"]
mod child;
mod inputs;

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use inputs::{Files, INPUTS, Input};

/// By this variable a process knows that it is to be the linter.
const CHILD: &str = "HARD_INPUTS_CHILD";

/// What one run may take.
const LIMIT: Duration = Duration::from_secs(2);

/// A run that takes longer is ended.
const DEADLINE: Duration = Duration::from_secs(10);

/// From this time on growth is told from noise.
const TIME_NOISE: Duration = Duration::from_millis(60);

/// The same for memory above what the process takes for nothing, in kilobytes.
const MEMORY_NOISE: u64 = 8 * 1024;

/// Time may grow with n log n, which from 1,000 to 8,000 is an exponent of 1.13; the rest is tolerance.
const TIME_EXPONENT: f64 = 1.35;

/// Memory may grow with n.
const MEMORY_EXPONENT: f64 = 1.2;

/// Eight gigabytes of address space: what asks for more is not to take the machine down.
const ADDRESS_SPACE: u64 = 8 * 1024 * 1024;

/// What one run took and gave.
#[derive(Clone, Copy)]
struct Measured {
    time: Duration,
    /// Peak memory in kilobytes; 0 where the system does not tell.
    memory: u64,
    found: usize,
    ended: Ended,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    Badly,
    Late,
}

fn main() -> ExitCode {
    if std::env::var_os(CHILD).is_some() {
        return linter();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    match measure_all(check, &wanted) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}

/// The linter, which says at its end how much memory it took.
fn linter() -> ExitCode {
    let code = temporal_py_lint::cli::main();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|rest| rest.split_whitespace().next()).unwrap_or("0");
    eprintln!("peak memory: {kilobytes}");
    code
}

fn measure_all(check: bool, wanted: &[&String]) -> io::Result<bool> {
    let nothing = measure(&vec![("flows.py".to_owned(), "from temporalio import workflow\n".to_owned())])?;
    println!("{:<44} {:>7} {:>9} {:>9} {:>7} {:>7}", "input", "size", "ms", "MB", "time^", "memory^");
    let mut good = true;
    for input in INPUTS.iter().filter(|input| wanted.is_empty() || wanted.iter().any(|name| input.name.contains(*name)))
    {
        let faults = measured(input, nothing.memory)?;
        good &= faults.is_empty();
        faults.iter().for_each(|fault| println!("    {fault}"));
    }
    Ok(good || !check)
}

/// Prints an input's figures, and says what is wrong with them.
fn measured(input: &Input, nothing: u64) -> io::Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut runs: Vec<(usize, Measured)> = Vec::new();
    for size in (0..4).map(|doubled| input.size << doubled) {
        let run = measure(&(input.make)(size))?;
        runs.push((size, run));
        let growth = |of: fn(&Measured) -> f64| match runs.as_slice() {
            [.., (_, before), (_, after)] => format!("{:.2}", (of(after) / of(before)).log2()),
            _ => String::new(),
        };
        let (time, memory) = (growth(seconds), growth(kilobytes));
        let ms = run.time.as_secs_f64() * 1e3;
        println!("{:<44} {size:>7} {ms:>9.1} {:>9.1} {time:>7} {memory:>7}", input.name, kilobytes(&run) / 1024.0);
        match run.ended {
            Ended::Late => faults.push(format!("at {size}: ended after {} s", DEADLINE.as_secs())),
            Ended::Badly => faults.push(format!("at {size}: ended badly")),
            Ended::Well if run.time > LIMIT => faults.push(format!("at {size}: over {} s", LIMIT.as_secs())),
            Ended::Well => {}
        }
        if run.ended != Ended::Well {
            return Ok(faults);
        }
        if let Some(expected) = input.found.map(|found| found(size)).filter(|expected| *expected != run.found) {
            faults.push(format!("at {size}: {} of {expected} found", run.found));
        }
    }
    let (before, after) = (runs[runs.len() - 2].1, runs[runs.len() - 1].1);
    let (first, doublings) = (runs[0].1, 3.0);
    let over = |of: fn(&Measured) -> f64, least: f64| {
        // What is small is noise, and only lowers an exponent where it stands first.
        let whole = (of(&after) / of(&first).max(least)).log2() / doublings;
        let last = (of(&after) / of(&before).max(least)).log2();
        whole.min(last)
    };
    let time = over(seconds, TIME_NOISE.as_secs_f64());
    if after.time > TIME_NOISE && time > TIME_EXPONENT {
        faults.push(format!("time grows with n^{time:.2}"));
    }
    let above = |run: &Measured| run.memory.saturating_sub(nothing).max(MEMORY_NOISE) as f64;
    let memory = (above(&after) / above(&before)).log2().min((above(&after) / above(&first)).log2() / doublings);
    if memory > MEMORY_EXPONENT {
        faults.push(format!("memory grows with n^{memory:.2}"));
    }
    Ok(faults)
}

fn seconds(run: &Measured) -> f64 {
    run.time.as_secs_f64()
}

fn kilobytes(run: &Measured) -> f64 {
    run.memory as f64
}

/// The better of two runs, since other work on the machine only makes a run longer.
fn measure(files: &Files) -> io::Result<Measured> {
    let folder = tempfile::tempdir()?;
    for (name, text) in files {
        let path = folder.path().join(name);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, text)?;
    }
    let first = run(folder.path())?;
    if first.ended != Ended::Well || first.time > LIMIT {
        return Ok(first);
    }
    let second = run(folder.path())?;
    Ok(if second.time < first.time { second } else { first })
}

fn run(folder: &std::path::Path) -> io::Result<Measured> {
    let mut command = child::bounded(CHILD, ADDRESS_SPACE)?;
    command.args(["check", "--isolated", "--select", "TPY101", "--confidence", "low", "--output-format", "concise"]);
    command.arg(folder);
    let (out, err) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
    command.stdout(out.reopen()?).stderr(err.reopen()?);
    let start = Instant::now();
    let mut child = command.spawn()?;
    let status = child::wait(&mut child, DEADLINE, Duration::from_micros(500))?;
    let time = start.elapsed();
    let found = std::fs::read_to_string(out.path())?.matches("TPY101").count();
    let said = std::fs::read_to_string(err.path()).unwrap_or_default();
    let peak = said.lines().find_map(|line| line.strip_prefix("peak memory: "));
    let memory = peak.and_then(|number| number.parse().ok()).unwrap_or(0);
    let ended = match status.map(|status| status.code()) {
        None => Ended::Late,
        Some(Some(0 | 1)) => Ended::Well,
        Some(_) => Ended::Badly,
    };
    Ok(Measured { time, memory, found, ended })
}
