use std::io::Write;

use super::args::{GlobalArgs, InitArgs};
use super::streams::Streams;
use super::{Failure, Status, repository_of, working_directory};
use crate::init::{Action, InitError, steps};
use crate::output::{display_path, printable};

impl From<InitError> for Failure {
    fn from(error: InitError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Sets a project up: prints what was written, and what is left to do.
pub(super) fn run(args: &InitArgs, global: &GlobalArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let cwd = working_directory()?;
    let root = repository_of(&cwd);
    let steps = steps(&root, args.edit)?;
    for step in &steps {
        if !args.dry_run {
            step.take(&root)?;
        }
        let path = display_path(&step.path, &cwd);
        let (words, text) = match (&step.action, args.dry_run) {
            (Action::Write(_), false) => (format!("{path} is written."), None),
            (Action::Write(text), true) => (format!("{path} would be written:"), Some(text)),
            (Action::Add { added, .. }, false) => (format!("{path} is there, and got this added:"), Some(added)),
            (Action::Add { added, .. }, true) => (format!("{path} is there, and would get this added:"), Some(added)),
            (Action::Tell(text), _) => (format!("{path} is there, and is left alone; add this to it:"), Some(text)),
            (Action::Nothing, _) => (format!("{path} is there already, and is left alone."), None),
        };
        if global.quiet < 2 {
            writeln!(streams.out, "{words}")?;
            if let Some(text) = text {
                let lines: Vec<String> = text.lines().map(|line| format!("    {}", printable(line))).collect();
                writeln!(streams.out, "\n{}\n", lines.join("\n"))?;
            }
        }
    }
    if global.quiet == 0 {
        streams
            .tell("Next: `temporal-py-lint` checks the project. Where there is much at first, accept it for now with");
        streams.tell(
            "`temporal-py-lint --write-baseline temporal-baseline.jsonl`, and name that file in the configuration.",
        );
    }
    Ok(Status::Clean)
}
