use std::io::Write;

use clap::Command;

use super::args::CompletionsArgs;
use super::streams::Streams;
use super::{Failure, Status};

/// Prints completions of `command`.
pub(super) fn run(args: &CompletionsArgs, command: &mut Command, streams: &mut Streams) -> Result<Status, Failure> {
    let name = command.get_name().to_owned();
    // The generator panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, name, &mut script);
    streams.out.write_all(&script)?;
    Ok(Status::Clean)
}
