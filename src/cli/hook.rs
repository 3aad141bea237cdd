use std::io::{self, IsTerminal, Read, Write};
use std::panic::AssertUnwindSafe;

use camino::Utf8PathBuf;

use super::Status;
use super::streams::Streams;
use crate::hook;

/// The largest event that is read, in bytes. Events hold the texts of files before and after an edit.
const MAX_EVENT: u64 = 64 * 1024 * 1024;

/// The variable that turns the hook off.
const SWITCH: &str = "TEMPORAL_PY_LINT_HOOK";

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
        let _ = writeln!(streams.out, "{answer}").and_then(|()| streams.out.flush());
    }
    Status::Clean
}

fn answer(input: &mut impl Read) -> Option<String> {
    let mut event = Vec::new();
    input.take(MAX_EVENT).read_to_end(&mut event).ok()?;
    // The rest too is read: the writer is not to meet a closed pipe.
    let rest = io::copy(input, &mut io::sink()).ok()?;
    if rest > 0 || std::env::var_os(SWITCH).is_some_and(|value| value == "off") {
        return None;
    }
    let home = std::env::home_dir().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    hook::answer(&event, home.as_deref())
}
