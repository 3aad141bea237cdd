use std::io::Write;

use camino::Utf8PathBuf;

use super::args::{AgentCheckArgs, AgentCommand, GlobalArgs, InstallArgs};
use super::streams::Streams;
use super::{Failure, Status, home, repository_of, working_directory};
use crate::agent::{self, Harness, InstallError, Installation, Outcome, Problem, Scope};
use crate::config::absolute;
use crate::output::{Paint, display_path, printable};
use crate::source::read_at_most;

impl From<InstallError> for Failure {
    fn from(error: InstallError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Installs the agent, or checks agent files.
pub(super) fn run(command: &AgentCommand, global: &GlobalArgs, streams: &mut Streams) -> Result<Status, Failure> {
    match command {
        AgentCommand::Install(args) => install(args, global, streams),
        AgentCommand::Check(args) => check(args, global, streams),
    }
}

/// Prints the path to standard output, and what became of the file to standard error.
fn install(args: &InstallArgs, global: &GlobalArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let (scope, base) =
        if args.user { (Scope::User, known_home()?) } else { (Scope::Project, repository_of(&working_directory()?)) };
    let path = args.harness.path(scope, &base, &variable);
    let (force, dry_run) = (args.force, args.dry_run);
    let project = (scope == Scope::Project).then_some(base);
    let outcome = agent::install(&Installation { harness: args.harness, path: path.clone(), project, force, dry_run })?;
    if global.quiet < 2 {
        writeln!(streams.out, "{path}")?;
    }
    if global.quiet == 0 {
        streams.tell(match (outcome, dry_run) {
            (Outcome::Written, false) => "Written.",
            (Outcome::Replaced, false) => "Replaced.",
            (Outcome::Unchanged, _) => "It is there already, and up to date.",
            (Outcome::Written, true) => "It would be written.",
            (Outcome::Replaced, true) => "It would be replaced.",
        });
    }
    Ok(Status::Clean)
}

/// A variable of the environment that holds an absolute path.
fn variable(name: &str) -> Option<Utf8PathBuf> {
    std::env::var(name).ok().map(Utf8PathBuf::from).filter(|path| path.is_absolute())
}

fn known_home() -> Result<Utf8PathBuf, Failure> {
    home().ok_or_else(|| Failure::Usage("the home folder is not known\n  help: set `HOME`".to_owned()))
}

/// Prints problems as `path:row:column: severity: message`, with help below.
fn check(args: &AgentCheckArgs, global: &GlobalArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    let mut number = 0;
    for path in &args.files {
        let path = absolute(&cwd, path);
        let bytes = read_at_most(&path, agent::MAX_SIZE, "name an agent file").map_err(|problem| {
            let shown = display_path(&path, &cwd);
            Failure::Usage(format!("`{shown}` cannot be read: {}\n  help: {}", problem.message, problem.hint))
        })?;
        let problems = agent::check(&path, &bytes, args.harness.unwrap_or_else(|| Harness::of(&path)));
        number += problems.len();
        if global.quiet < 2 {
            print(&problems, &display_path(&path, &cwd), streams)?;
        }
    }
    if global.quiet == 0 {
        streams.tell(&match number {
            0 => streams.err_paint().good("No problems."),
            1 => "Found 1 problem.".to_owned(),
            number => format!("Found {number} problems."),
        });
    }
    Ok(if number == 0 { Status::Clean } else { Status::Findings })
}

fn print(problems: &[Problem], path: &str, streams: &mut Streams) -> Result<(), Failure> {
    let paint: Paint = streams.out_paint();
    for problem in problems {
        let place = paint.bold(&format!("{path}:{}:{}", problem.row, problem.column));
        let severity = paint.severity(problem.severity, &problem.severity.to_string());
        writeln!(streams.out, "{place}: {severity}: {}", printable(&problem.message))?;
        if !problem.help.is_empty() {
            writeln!(streams.out, "  help: {}", printable(&problem.help))?;
        }
    }
    Ok(())
}
