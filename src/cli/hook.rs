//! `hook`, which ends with 0 whatever happens.
//!
//! The answer is worked out in a child process of the same program: a stack that overflows, memory that runs out or a
//! run without end are then the child's, not the session's. Knows: how the child is started, fed, waited for and ended.
//! Does not know: events and answers.

use std::io::{self, IsTerminal, Read, Write};
use std::panic::AssertUnwindSafe;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::Status;
use super::streams::Streams;
use crate::hook;

/// The largest event that is read, in bytes. Events hold the texts of files before and after an edit.
const MAX_EVENT: u64 = 64 * 1024 * 1024;

/// The largest answer that is handed on, in bytes; answers have at most a few thousand characters.
const MAX_ANSWER: u64 = 1024 * 1024;

/// The variable that turns the hook off.
const SWITCH: &str = "TEMPORAL_PY_LINT_HOOK";

/// What [`SWITCH`] says to the child: answer yourself.
const IN_CHILD: &str = "child";

/// The variable that sets another deadline, in milliseconds.
const DEADLINE: &str = "TEMPORAL_PY_LINT_HOOK_DEADLINE_MS";

/// How long the child may take. The plugin gives the hook 30 s.
const USUAL_DEADLINE: Duration = Duration::from_secs(20);

/// Answers the event on standard input. Whatever happens, the command succeeds: an agent's session takes a failing hook
/// for a refusal, or shows it to the user at every edit.
pub(super) fn run(streams: &mut Streams) -> Status {
    let input = io::stdin();
    if input.is_terminal() {
        streams.tell(
            "temporal-py-lint hook answers an event of a coding agent's session, given as JSON on standard input",
        );
        return Status::Clean;
    }
    // What is wrong within is no business of the session's.
    std::panic::set_hook(Box::new(|_| {}));
    if let Ok(Some(answer)) = std::panic::catch_unwind(AssertUnwindSafe(|| answer(&mut input.lock()))) {
        let _ = streams.out.write_all(answer.as_bytes()).and_then(|()| streams.out.flush());
    }
    Status::Clean
}

fn answer(input: &mut impl Read) -> Option<String> {
    let mut event = Vec::new();
    input.take(MAX_EVENT).read_to_end(&mut event).ok()?;
    // The rest too is read: the writer is not to meet a closed pipe.
    let rest = io::copy(input, &mut io::sink()).ok()?;
    let switch = std::env::var_os(SWITCH).unwrap_or_default();
    if rest > 0 || switch == "off" {
        return None;
    }
    if switch == IN_CHILD {
        let home = std::env::home_dir().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
        return hook::answer(&event, home.as_deref()).map(|answer| format!("{answer}\n"));
    }
    // A glance at the event itself is safe, and spares most edits of other files the child.
    if !hook::concerns_python(&event) {
        return None;
    }
    match answer_of(child()?, event, deadline()) {
        Ok(answer) => answer,
        Err(cut) => Some(format!("{}\n", hook::remark(cut.words()))),
    }
}

fn deadline() -> Duration {
    let given = std::env::var(DEADLINE).ok().and_then(|text| text.parse().ok());
    given.map_or(USUAL_DEADLINE, |given| Duration::from_millis(given).min(USUAL_DEADLINE))
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Late,
    Ended,
}

impl Cut {
    fn words(self) -> &'static str {
        match self {
            Self::Late => "the check took too long and was ended, so this edit is unchecked",
            Self::Ended => "the check ended early because of an internal error, so this edit is unchecked",
        }
    }
}

/// What a process prints that is given the event. Nothing where it cannot be started.
fn answer_of(mut command: Command, event: Vec<u8>, deadline: Duration) -> Result<Option<String>, Cut> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return Ok(None) };
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Ok(None) };
    let (sender, receiver) = channel();
    // One thread feeds and then reads: the child reads all of its event before it answers.
    let talk = thread::Builder::new().spawn(move || {
        let _ = input.write_all(&event);
        drop(input);
        let mut text = String::new();
        let read = output.take(MAX_ANSWER).read_to_string(&mut text);
        let _ = sender.send(read.is_ok().then_some(text));
    });
    let told = match talk {
        Ok(_) => receiver.recv_timeout(deadline),
        Err(_) => Err(RecvTimeoutError::Disconnected),
    };
    let told = match told {
        Ok(told) => told,
        Err(problem) => {
            end(&mut child);
            return if problem == RecvTimeoutError::Timeout { Err(Cut::Late) } else { Ok(None) };
        }
    };
    // Standard output is closed, so the child is at its end.
    match child.wait() {
        Ok(status) if status.success() => Ok(told.filter(|text| !text.is_empty())),
        _ => Err(Cut::Ended),
    }
}

fn child() -> Option<Command> {
    let program = std::env::current_exe().ok()?;
    let mut command = Command::new(program);
    command.arg("hook").env(SWITCH, IN_CHILD);
    Some(command)
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn outcome(script: &str, deadline: Duration) -> Result<Option<String>, Cut> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        answer_of(command, vec![b'x'; 1024 * 1024], deadline)
    }

    #[test]
    fn a_child_that_aborts_or_does_not_end_is_told_of_and_one_that_answers_is_heard() {
        let long = Duration::from_secs(60);
        assert_eq!(outcome("cat >/dev/null; echo yes", long), Ok(Some("yes\n".to_owned())));
        assert_eq!(outcome("cat >/dev/null", long), Ok(None));
        assert_eq!(outcome("cat >/dev/null; kill -ABRT $$", long), Err(Cut::Ended));
        assert_eq!(outcome("echo half; kill -SEGV $$", long), Err(Cut::Ended));
        // It neither reads nor ends.
        assert_eq!(outcome("exec sleep 100", Duration::from_millis(50)), Err(Cut::Late));
    }

    #[test]
    fn without_a_child_there_is_no_answer() {
        let none = Command::new("/no/such/program");
        assert_eq!(answer_of(none, Vec::new(), USUAL_DEADLINE), Ok(None));
    }
}
