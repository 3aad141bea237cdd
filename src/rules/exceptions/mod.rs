//! Rules about exceptions and cancellation.

pub(super) mod bare_except;
pub(super) mod non_failure_exception_in_workflow;
pub(super) mod swallowed_cancellation;
mod words;
