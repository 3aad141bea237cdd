//! Exceptions by their names: what waiting raises, and which handlers catch it.

use crate::temporal::skeleton::step::Text;

/// What waiting for something may raise.
pub(super) fn kinds_of(token: &str) -> &'static [&'static str] {
    let of = [
        ("activity", &["ActivityError", "TimeoutError", "CancelledError"]),
        ("local activity", &["ActivityError", "TimeoutError", "CancelledError"]),
        ("child workflow", &["ChildWorkflowError", "TimeoutError", "CancelledError"]),
        ("Nexus operation", &["NexusOperationError", "TimeoutError", "CancelledError"]),
        ("signal", &["ApplicationError", "TimeoutError", "CancelledError"]),
        ("cancel request", &["ApplicationError", "TimeoutError", "CancelledError"]),
    ];
    of.iter().find(|(kind, _)| token.starts_with(kind)).map_or(&["TimeoutError", "CancelledError"], |(_, kinds)| *kinds)
}

/// Exceptions, each with what it is a kind of.
const KINDS: [(&str, &str); 14] = [
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
    ("KeyError", "Exception"),
    ("TypeError", "Exception"),
    ("RuntimeError", "Exception"),
    ("Exception", "BaseException"),
];

/// Whether a handler of some kinds catches what is of a kind.
pub(super) fn catches(handler: &Text, raised: &str) -> bool {
    let last = |kind: &str| kind.rsplit('.').next().unwrap_or(kind).to_owned();
    let raised = last(raised);
    let parent = |kind: &&str| KINDS.iter().find(|(known, _)| known == kind).map(|(_, parent)| *parent);
    let is_of = |kind: &str| {
        let kind = last(kind);
        kind == "anything"
            || kind == "finally"
            || kind == "BaseException"
            || kind == raised
            || std::iter::successors(Some(raised.as_str()), parent).any(|known| known == kind)
    };
    handler.name.split(", ").any(is_of)
}
