//! The linter as a child process of a driver that is the linter too, with bounds on its memory and time.
//!
//! Knows: how the child is started and ended. Does not know: what a run shows.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The driver's own program, to be the linter where `variable` is set, with so many kilobytes of address space.
pub fn bounded(variable: &str, address_space: u64) -> io::Result<Command> {
    let script = format!("ulimit -c 0; ulimit -v {address_space}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(std::env::current_exe()?).env(variable, "1").stdin(Stdio::null());
    Ok(command)
}

/// How the child ended, asked for at every step; nothing where it had to be ended at the deadline.
pub fn wait(child: &mut Child, deadline: Duration, step: Duration) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if start.elapsed() > deadline => {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            None => std::thread::sleep(step),
        }
    }
}
