//! Rules about exceptions and cancellation.

pub(super) mod bare_except;
pub(super) mod cancellation_as_failure;
pub(super) mod cause_of_own_type;
pub(super) mod except_of_wrong_class;
pub(super) mod failure_in_signal_handler;
pub(super) mod ignored_gather_exceptions;
pub(super) mod lost_continue_as_new;
pub(super) mod misused_application_error;
pub(super) mod non_failure_exception_in_workflow;
pub(super) mod return_in_finally;
pub(super) mod sdk_error_raised_by_hand;
pub(super) mod swallowed_cancellation;
pub(super) mod task_group_in_workflow;
mod words;
