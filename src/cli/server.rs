use std::io::{self, BufReader, IsTerminal};

use super::streams::Streams;
use super::{Failure, Status};
use crate::lsp::{Ended, serve};

/// Serves an editor on standard input and output.
pub(super) fn run(streams: &mut Streams) -> Result<Status, Failure> {
    if io::stdin().is_terminal() {
        streams.tell("temporal-py-lint server speaks the Language Server Protocol; an editor starts it");
    }
    // What is wrong within is told to the editor.
    std::panic::set_hook(Box::new(|_| {}));
    let ended = serve(BufReader::new(io::stdin()), &mut io::stdout().lock(), super::home())?;
    Ok(match ended {
        Ended::Orderly => Status::Clean,
        Ended::Early => Status::Findings,
    })
}
