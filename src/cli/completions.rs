use std::io::Write;

use clap::Command;
use clap::builder::PossibleValuesParser;

use super::args::CompletionsArgs;
use super::streams::Streams;
use super::{Failure, Status};
use crate::registry;

/// Options that take rules.
const SELECTORS: [&str; 3] = ["select", "ignore", "extend_select"];

/// Prints completions of `command`, those of rules too.
pub(super) fn run(args: &CompletionsArgs, command: &Command, streams: &mut Streams) -> Result<Status, Failure> {
    let name = command.get_name().to_owned();
    // The generator panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut with_rules(command.clone()), name, &mut script);
    streams.out.write_all(&script)?;
    Ok(Status::Clean)
}

/// The command with the codes and names of rules as values of what takes them.
fn with_rules(command: Command) -> Command {
    let rules = registry::rules().iter().flat_map(|rule| [rule.code.as_str(), rule.name.as_str()]);
    let rules = PossibleValuesParser::new(rules);
    let with = |command: Command, argument: &str| {
        command.mut_arg(argument, |argument| argument.value_parser(rules.clone()).hide_possible_values(true))
    };
    let selecting = |command: Command| SELECTORS.iter().fold(command, |command, argument| with(command, argument));
    selecting(command).mut_subcommand("check", selecting).mut_subcommand("explain", |explain| with(explain, "rule"))
}
