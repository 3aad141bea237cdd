//! Rules about exceptions and cancellation.

pub(super) mod bare_except;
pub(super) mod except_of_wrong_class;
pub(super) mod lost_continue_as_new;
pub(super) mod non_failure_exception_in_workflow;
pub(super) mod swallowed_cancellation;
pub(super) mod task_group_in_workflow;
mod words;
