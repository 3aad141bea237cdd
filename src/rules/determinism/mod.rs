//! Rules about what differs on replay.

pub(super) mod code_loaded_at_run_time;
pub(super) mod host_time_zone_in_workflow;
pub(super) mod import_time_value_in_workflow;
pub(super) mod object_identity_in_workflow;
pub(super) mod replay_dependent_branch;
pub(super) mod set_order_in_workflow;
pub(super) mod shared_state_in_workflow;
