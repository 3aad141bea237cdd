//! The command line.
//!
//! Knows: commands, their options, what goes to which stream, exit codes. Does not know: how anything is found, or how
//! a finding looks. A command is a module with a `run` and a variant of `args::Command`.

mod add_ignores;
mod agent;
mod args;
mod check;
mod completions;
mod config;
mod explain;
mod fixes;
mod hook;
mod init;
mod man;
mod map;
mod progress;
mod replay_check;
mod rules;
mod server;
mod streams;
mod summary;
mod why;

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{CommandFactory, Parser};

use self::args::{Cli, Command};
use self::streams::Streams;
use crate::config::ConfigError;
use crate::diagnostic::Severity;
use crate::output::{Defence, Guarded, printable};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Nothing to report.
    Clean,
    /// There are findings.
    Findings,
    /// Usage, configuration or internal error.
    Failed,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::Clean => ExitCode::SUCCESS,
            Status::Findings => ExitCode::from(1),
            Status::Failed => ExitCode::from(2),
        }
    }
}

/// Why a command came to no result.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Usage(String),
}

/// The page of a rule, in Markdown, as `explain` prints it and `docs/rules` holds it.
#[must_use]
pub fn rule_page(rule: &crate::registry::Rule) -> String {
    explain::page(rule)
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let status = std::panic::catch_unwind(run).unwrap_or_else(|_| {
        let bug = "this is a bug in temporal-py-lint; please report it with the message above at";
        let _ =
            writeln!(io::stderr(), "temporal-py-lint: internal error: {bug} {}/issues", env!("CARGO_PKG_REPOSITORY"));
        Status::Failed
    });
    status.into()
}

fn run() -> Status {
    let cli = match Cli::try_parse_from(args::command_first(std::env::args_os().collect())) {
        Ok(cli) => cli,
        Err(error) => {
            tell_usage(&error);
            return if error.use_stderr() { Status::Failed } else { Status::Clean };
        }
    };
    let mut streams = Streams::new(cli.global.color);
    let result = dispatch(&cli, &mut streams).and_then(|status| {
        streams.out.flush()?;
        Ok(status)
    });
    match result {
        Ok(status) => status,
        // Whoever runs a hook takes its failure for a refusal, or shows it to the user at every edit.
        Err(_) if matches!(cli.command, Some(Command::Hook(_))) => Status::Clean,
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Status::Clean,
        Err(failure) => {
            let prefix = streams.err_paint().severity(Severity::Error, "error:");
            let text = failure.to_string();
            let lines: Vec<Cow<'_, str>> = text.split('\n').map(printable).collect();
            streams.tell(&format!("{prefix} {}", lines.join("\n")));
            Status::Failed
        }
    }
}

/// Prints help, or what is wrong with the arguments: in colours, unless an argument would steer the terminal.
fn tell_usage(error: &clap::Error) {
    let text = error.render().to_string();
    if text.split('\n').all(|line| matches!(printable(line), Cow::Borrowed(_))) {
        // Nothing can be done about a closed stream.
        let _ = error.print();
        return;
    }
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(printable).collect();
    let _ = Guarded::new(io::stderr(), Defence::Text).write_all(lines.join("\n").as_bytes());
}

fn dispatch(cli: &Cli, streams: &mut Streams) -> Result<Status, Failure> {
    match &cli.command {
        None => check::run(&cli.check, &cli.global, streams),
        Some(Command::Check(args)) => check::run(args, &cli.global, streams),
        Some(Command::Explain(args)) => explain::run(args, streams),
        Some(Command::Rules(args)) => rules::run(args, streams),
        Some(Command::Config(args)) => config::run(args, streams),
        Some(Command::Init(args)) => init::run(args, &cli.global, streams),
        Some(Command::ReplayCheck(args)) => replay_check::run(args, &cli.global, streams),
        Some(Command::Map(args)) => map::run(args, &cli.global, streams),
        Some(Command::Why(args)) => why::run(args, streams),
        Some(Command::Completions(args)) => completions::run(args, &Cli::command(), streams),
        Some(Command::Man(args)) => man::run(args, &Cli::command(), streams),
        Some(Command::Agent(command)) => agent::run(command, &cli.global, streams),
        Some(Command::Server) => server::run(streams),
        Some(Command::Hook(_)) => Ok(hook::run(streams)),
    }
}

fn working_directory() -> Result<Utf8PathBuf, Failure> {
    let path = std::env::current_dir()?;
    Utf8PathBuf::from_path_buf(path)
        .map_err(|path| Failure::Usage(format!("the working directory's path is not UTF-8: {}", path.display())))
}

/// The top of the repository that a folder lies in; the folder itself where there is none. A home folder that is under
/// version control is no project.
fn repository_of(folder: &Utf8Path) -> Utf8PathBuf {
    let home = home();
    let below_home = folder.ancestors().take_while(|above| home.as_deref() != Some(above));
    let mut tops = below_home.filter(|above| above.join(".git").exists());
    tops.next().unwrap_or(folder).to_owned()
}

/// The user's home folder, if it is known.
fn home() -> Option<Utf8PathBuf> {
    let home = std::env::home_dir().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    home.filter(|path| path.is_absolute())
}
