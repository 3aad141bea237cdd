//! Rules about what blocks the event loop.

pub(super) mod blocking_import;
pub(super) mod busy_wait_in_workflow;
