//! Rules about workers and clients: what workers register and how they are set up.

pub(super) mod broken_interceptor_chain;
pub(super) mod contradictory_options;
pub(super) mod doubled_plugin_or_interceptor;
pub(super) mod duplicate_registration;
pub(super) mod overlapping_workers;
pub(super) mod sync_activity_without_executor;
pub(super) mod task_queue_without_worker;
pub(super) mod unknown_handler_name;
pub(super) mod unregistered_target;
pub(super) mod unregistrable_element;
pub(super) mod versioning_without_deployment;
pub(super) mod worker_never_run;

/// What is said of the place where a worker is given a list that is made elsewhere.
const GIVEN: &str = "a worker is given the list here";
