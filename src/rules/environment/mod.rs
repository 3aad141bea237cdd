//! Rules about what the worker's process is made of, and about the sandbox in it.

pub(super) mod gevent_patching;
pub(super) mod import_inside_workflow;
pub(super) mod import_that_fails_in_sandbox;
pub(super) mod misused_sandbox_setting;
pub(super) mod side_effect_at_workflow_import;
pub(super) mod worker_started_at_import;
pub(super) mod zoneinfo_in_sandboxed_module;
