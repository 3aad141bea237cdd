use std::io::Write;

use clap::Command;

use super::args::ManArgs;
use super::streams::Streams;
use super::{Failure, Status};

/// Prints the manual page of `command`, or of one of its commands.
pub(super) fn run(args: &ManArgs, command: &Command, streams: &mut Streams) -> Result<Status, Failure> {
    let mut command = command.clone();
    // Gives each command's command its whole name.
    command.build();
    let Some(wanted) = &args.command else { return print(command, streams) };
    let Some(found) = command.get_subcommands().find(|known| known.get_name() == wanted) else {
        let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        let help = format!("the commands are `{}`", names.join("`, `"));
        return Err(Failure::Usage(format!("there is no command `{wanted}`\n  help: {help}")));
    };
    print(found.clone(), streams)
}

fn print(command: Command, streams: &mut Streams) -> Result<Status, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    streams.out.write_all(&page).and_then(|()| streams.out.flush()).map_err(Failure::Io)?;
    Ok(Status::Clean)
}
