//! Exceptions by their names: what waiting raises, what is a kind of what, and which handlers catch it.
//!
//! Knows: the SDK's errors and those of the language that workflows tell apart. Does not know: classes of the project.

use super::step::Text;
use crate::registry::tables;
use crate::source::last_part;

/// What a failure of something that is waited for raises, by what it is known by.
pub(super) fn failure_of(token: &str) -> Option<&'static str> {
    let of = [
        ("activity", "ActivityError"),
        ("local activity", "ActivityError"),
        ("child workflow", "ChildWorkflowError"),
        ("Nexus operation", "NexusOperationError"),
        ("signal", "ApplicationError"),
        ("cancel request", "ApplicationError"),
    ];
    of.iter().find(|(kind, _)| token.starts_with(kind)).map(|(_, error)| *error)
}

/// What it raises that a child workflow cannot be started: another of its id runs.
pub(super) fn failure_of_start(token: &str) -> Option<&'static str> {
    (token.starts_with("child workflow ") && token.ends_with(" begun")).then_some("WorkflowAlreadyStartedError")
}

/// What waiting for something may raise.
pub(super) fn kinds_of(token: &str) -> impl Iterator<Item = &'static str> {
    let cancelled = raises_cancellation(token).then_some("CancelledError");
    failure_of(token).into_iter().chain(failure_of_start(token)).chain(["TimeoutError"]).chain(cancelled)
}

/// Whether it is cancelled as such where its wait is: an activity or a child that is under way takes that as a request, and fails
/// as an activity or child does.
pub(super) fn raises_cancellation(token: &str) -> bool {
    let is_of = |kind: &str| token.strip_prefix(kind).is_some_and(|rest| rest.starts_with(' '));
    let takes_request = ["activity", "local activity", "child workflow"].into_iter().any(is_of);
    !takes_request || token.ends_with(" begun")
}

/// Exceptions, each with what it is a kind of.
const KINDS: [(&str, &str); 21] = [
    ("ActivityError", "FailureError"),
    ("ChildWorkflowError", "FailureError"),
    ("NexusOperationError", "FailureError"),
    ("ApplicationError", "FailureError"),
    ("WorkflowAlreadyStartedError", "FailureError"),
    ("FailureError", "TemporalError"),
    ("TemporalError", "Exception"),
    ("TimeoutError", "OSError"),
    ("OSError", "Exception"),
    ("ValueError", "Exception"),
    ("KeyError", "LookupError"),
    ("IndexError", "LookupError"),
    ("LookupError", "Exception"),
    ("TypeError", "Exception"),
    ("RuntimeError", "Exception"),
    ("ExceptionGroup", "BaseExceptionGroup"),
    ("BaseExceptionGroup", "Exception"),
    ("CancelledError", "BaseException"),
    ("KeyboardInterrupt", "BaseException"),
    ("SystemExit", "BaseException"),
    ("Exception", "BaseException"),
];

/// An exception's name without its module, and the names of what it is a kind of, as far as is known.
pub(super) fn lineage(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |kind| parent(kind)).map(last_part)
}

/// What an exception is a kind of; the tables know the rest of the language's, and those of libraries.
fn parent(kind: &str) -> Option<&'static str> {
    let last = last_part(kind);
    if let Some((_, parent)) = KINDS.iter().find(|(known, _)| *known == last) {
        return Some(parent);
    }
    match last == kind {
        true => tables().base(kind).or_else(|| tables().base(&format!("builtins.{kind}"))),
        false => tables().base(kind),
    }
}

/// Whether it is known what all an exception of such a name is a kind of: there is but one of that name.
pub(super) fn has_known_lineage(name: &str) -> bool {
    let last = last_part(name);
    let is_of_language = || name.starts_with("builtins.") && lineage(name).any(|kind| kind == "BaseException");
    !matches!(last, "TimeoutError" | "CancelledError")
        && (KINDS.iter().any(|(known, _)| *known == last) || is_of_language())
}

/// Whether a handler of some kinds catches what is of a kind.
pub(super) fn catches(handler: &Text, raised: &str) -> bool {
    let is_of = |kind: &str| match last_part(kind) {
        "anything" | "finally" | "BaseException" => true,
        kind => lineage(raised).any(|known| known == kind),
    };
    handler.name.split(", ").any(is_of)
}
