//! The language server: findings while code is written, on the text that the editor holds.
//!
//! Knows: the protocol, <https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/>,
//! which documents are open, and when to look again. Does not know: how anything is found or fixed; each look is a run as
//! the command's own, with the open documents in place of what is on disk.
//!
//! Messages are read and written here as JSON and not by a library: what a client sends may be malformed, cut off or of
//! any size, and none of that may end the server.

mod actions;
mod calls;
mod documents;
mod findings;
mod look;
mod place;
mod server;
mod transport;
mod uri;

pub use server::{Ended, serve};
