//! Rules about how code uses the SDK itself.

pub(super) mod activity_called_directly;
pub(super) mod activity_without_timeout;
pub(super) mod api_outside;
pub(super) mod argument_type_mismatch;
pub(super) mod child_lost_at_close;
pub(super) mod commands_in_turn;
pub(super) mod heartbeat_mismatch;
pub(super) mod impossible_duration;
pub(super) mod invalid_retry_policy;
pub(super) mod mismatched_call_arguments;
pub(super) mod missing_await;
pub(super) mod misused_activity_api;
pub(super) mod misused_wait_condition;
pub(super) mod naive_time_in_workflow;
pub(super) mod non_timedelta_duration;
pub(super) mod plain_logging_in_workflow;
pub(super) mod policy_of_another_kind;
pub(super) mod polling_loop;
pub(super) mod refused_sdk_arguments;
pub(super) mod sdk_name_of_other_version;
pub(super) mod unawaited_task;
pub(super) mod uncalled_function;
pub(super) mod unknown_sdk_name;
pub(super) mod unloggable_fields;
pub(super) mod wrong_async_form;
pub(super) mod wrong_call_target;
