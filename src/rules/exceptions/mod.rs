//! Rules about exceptions and cancellation.

pub(super) mod bare_except;
mod handlers;
pub(super) mod non_failure_exception_in_workflow;
pub(super) mod swallowed_cancellation;
