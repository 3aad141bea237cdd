//! The rules' logic: from facts to findings.
//!
//! Knows: for each rule, what in the analysis is a finding. Does not know: which findings are shown, suppressed or how
//! they look.
//!
//! A rule whose file has a `check` is run by `general`. What that does not ask, a function of its own in `CHECKS` does.

mod blocking;
mod calls;
mod context;
mod data;
mod definitions;
mod determinism;
mod ends;
mod environment;
mod exceptions;
mod general;
mod sdk_calls;
mod versioning;
mod weighing;
mod workers;

pub use context::{Comments, Finding, NoComments, RuleContext};
use ends::Ends;

use crate::diagnostic::Diagnostic;
use crate::registry::{Rule, RuleSelection};
use crate::temporal::{Ahead, Analysis};

/// A rule's function.
type RuleFunction = fn(&RuleContext<'_, '_, '_>, &mut Vec<Diagnostic>);

/// The rules that need code of their own, by name, in the order of their codes.
const CHECKS: &[(&str, RuleFunction)] = &[
    ("host-time-zone-in-workflow", determinism::host_time_zone_in_workflow::check),
    ("set-order-in-workflow", determinism::set_order_in_workflow::check),
    ("object-identity-in-workflow", determinism::object_identity_in_workflow::check),
    ("import-time-value-in-workflow", determinism::import_time_value_in_workflow::check),
    ("code-loaded-at-run-time", determinism::code_loaded_at_run_time::check),
    ("replay-dependent-branch", determinism::replay_dependent_branch::check),
    ("shared-state-in-workflow", determinism::shared_state_in_workflow::check),
    ("blocking-import", blocking::blocking_import::check),
    ("busy-wait-in-workflow", blocking::busy_wait_in_workflow::check),
    ("gevent-patching", environment::gevent_patching::check),
    ("import-that-fails-in-sandbox", environment::import_that_fails_in_sandbox::check),
    ("import-inside-workflow", environment::import_inside_workflow::check),
    ("misused-sandbox-setting", environment::misused_sandbox_setting::check),
    ("subclass-of-restricted-class", environment::import_that_fails_in_sandbox::of_subclasses),
    ("side-effect-at-workflow-import", environment::side_effect_at_workflow_import::check),
    ("worker-started-at-import", environment::worker_started_at_import::check),
    ("zoneinfo-in-sandboxed-module", environment::zoneinfo_in_sandboxed_module::check),
    ("bare-except-in-workflow", exceptions::bare_except::in_workflow),
    ("bare-except-in-activity", exceptions::bare_except::in_activity),
    ("swallowed-cancellation", exceptions::swallowed_cancellation::check),
    ("except-of-wrong-class", exceptions::except_of_wrong_class::check),
    ("non-failure-exception-in-workflow", exceptions::non_failure_exception_in_workflow::check),
    ("cancellation-as-failure", exceptions::cancellation_as_failure::check),
    ("task-group-in-workflow", exceptions::task_group_in_workflow::check),
    ("lost-continue-as-new", exceptions::lost_continue_as_new::check),
    ("ignored-gather-exceptions", exceptions::ignored_gather_exceptions::check),
    ("cause-of-own-type", exceptions::cause_of_own_type::check),
    ("misused-application-error", exceptions::misused_application_error::check),
    ("sdk-error-raised-by-hand", exceptions::sdk_error_raised_by_hand::check),
    ("return-in-finally", exceptions::return_in_finally::check),
    ("failure-in-signal-handler", exceptions::failure_in_signal_handler::check),
    ("malformed-run-method", definitions::malformed_run_method::check),
    ("undecorated-override", definitions::undecorated_override::check),
    ("misused-decorator", definitions::misused_decorator::check),
    ("clashing-handlers", definitions::clashing_handlers::check),
    ("malformed-workflow-init", definitions::malformed_workflow_init::check),
    ("malformed-update-validator", definitions::malformed_update_validator::check),
    ("malformed-dynamic-definition", definitions::malformed_dynamic_definition::check),
    ("unsupported-parameters", definitions::unsupported_parameters::check),
    ("annotation-missing-at-run-time", definitions::annotation_missing_at_run_time::check),
    ("malformed-activity-definition", definitions::malformed_activity_definition::check),
    ("wrapper-hides-definition", definitions::wrapper_hides_definition::check),
    ("undecorated-workflow-class", definitions::undecorated_workflow_class::check),
    ("state-change-in-read-only-handler", definitions::state_change_in_read_only_handler::check),
    ("uninitialised-handler-attribute", definitions::uninitialised_handler_attribute::check),
    ("handler-state-cleared-after-wait", definitions::handler_state_cleared_after_wait::check),
    ("handler-state-reset-in-run", definitions::handler_state_reset_in_run::check),
    ("unfinished-handlers", definitions::unfinished_handlers::check),
    ("handler-waits-for-itself", definitions::handler_waits_for_itself::check),
    ("unknown-sdk-name", sdk_calls::unknown_sdk_name::check),
    ("refused-sdk-arguments", sdk_calls::refused_sdk_arguments::check),
    ("sdk-name-of-other-version", sdk_calls::sdk_name_of_other_version::check),
    ("missing-await", sdk_calls::missing_await::check),
    ("wrong-async-form", sdk_calls::wrong_async_form::check),
    ("uncalled-function", sdk_calls::uncalled_function::check),
    ("activity-without-timeout", sdk_calls::activity_without_timeout::check),
    ("non-timedelta-duration", sdk_calls::non_timedelta_duration::check),
    ("impossible-duration", sdk_calls::impossible_duration::check),
    ("mismatched-call-arguments", sdk_calls::mismatched_call_arguments::check),
    ("argument-type-mismatch", sdk_calls::argument_type_mismatch::check),
    ("wrong-call-target", sdk_calls::wrong_call_target::check),
    ("activity-called-directly", sdk_calls::activity_called_directly::check),
    ("misused-wait-condition", sdk_calls::misused_wait_condition::check),
    ("polling-loop", sdk_calls::polling_loop::check),
    ("unawaited-task", sdk_calls::unawaited_task::check),
    ("child-lost-at-close", sdk_calls::child_lost_at_close::check),
    ("policy-of-another-kind", sdk_calls::policy_of_another_kind::check),
    ("invalid-retry-policy", sdk_calls::invalid_retry_policy::check),
    ("workflow-api-outside-workflow", sdk_calls::api_outside::of_workflows),
    ("activity-api-outside-activity", sdk_calls::api_outside::of_activities),
    ("misused-activity-api", sdk_calls::misused_activity_api::check),
    ("heartbeat-mismatch", sdk_calls::heartbeat_mismatch::check),
    ("unloggable-fields", sdk_calls::unloggable_fields::check),
    ("plain-logging-in-workflow", sdk_calls::plain_logging_in_workflow::check),
    ("naive-time-in-workflow", sdk_calls::naive_time_in_workflow::check),
    ("commands-in-turn", sdk_calls::commands_in_turn::check),
    ("sync-activity-without-executor", workers::sync_activity_without_executor::check),
    ("unregistrable-element", workers::unregistrable_element::check),
    ("duplicate-registration", workers::duplicate_registration::check),
    ("unregistered-target", workers::unregistered_target::check),
    ("unknown-handler-name", workers::unknown_handler_name::check),
    ("task-queue-without-worker", workers::task_queue_without_worker::check),
    ("worker-never-run", workers::worker_never_run::check),
    ("contradictory-worker-options", workers::contradictory_options::of_workers),
    ("versioning-without-deployment", workers::versioning_without_deployment::check),
    ("overlapping-workers", workers::overlapping_workers::check),
    ("doubled-plugin-or-interceptor", workers::doubled_plugin_or_interceptor::check),
    ("broken-interceptor-chain", workers::broken_interceptor_chain::check),
    ("contradictory-start-options", workers::contradictory_options::of_starts),
    ("unserialisable-payload", data::unserialisable_payload::check),
    ("datetime-in-sandboxed-payload", data::datetime_in_sandboxed_payload::check),
    ("pydantic-without-converter", data::pydantic_without_converter::check),
    ("untyped-payload", data::untyped_payload::check),
    ("undecodable-payload-type", data::undecodable_payload_type::check),
    ("untyped-result", data::untyped_result::check),
    ("ignored-patch-result", versioning::ignored_patch_result::check),
    ("ineffective-mock", versioning::ineffective_mock::check),
];

/// Facts that take long to find out, and rules that always ask for them.
const AHEAD: &[(Ahead, &[&str])] = &[
    (Ahead::SdkCalls, &["activity-without-timeout", "mismatched-call-arguments", "refused-sdk-arguments"]),
    (Ahead::UnknownNames, &["unknown-sdk-name"]),
    (Ahead::OtherVersions, &["sdk-name-of-other-version"]),
    (Ahead::WithoutContext, &["workflow-api-outside-workflow", "activity-api-outside-activity"]),
    (Ahead::State, &["uninitialised-handler-attribute", "handler-state-reset-in-run"]),
    (Ahead::WaitingLoops, &["busy-wait-in-workflow", "polling-loop"]),
    (Ahead::MixedTimes, &["naive-time-in-workflow"]),
    (Ahead::ReplayBranches, &["replay-dependent-branch"]),
    (Ahead::Catches, &["bare-except-in-workflow", "bare-except-in-activity"]),
];

/// Rules about the tool's own input, which the run itself reports.
const REPORTED_BY_THE_RUN: &[&str] = &["syntax-error", "unreadable-file", "unused-suppression", "invalid-suppression"];

/// Whether a rule is about the change from one version to another: such rules are asked by `replay-check` alone.
fn is_about_changes(rule: &Rule) -> bool {
    rule.docs.before.is_some()
}

/// What the selected rules ask for that is better found out ahead.
#[must_use]
pub fn ahead(selection: &RuleSelection) -> Vec<Ahead> {
    let is_asked_for = |rules: &[&str]| selection.iter().any(|rule| rules.contains(&rule.name.as_str()));
    AHEAD.iter().filter(|(_, rules)| is_asked_for(rules)).map(|(fact, _)| *fact).collect()
}

/// Runs the selected rules.
#[must_use]
pub fn run(analysis: &Analysis<'_, '_>, selection: &RuleSelection, comments: &dyn Comments) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let ends = Ends::new(analysis, selection, comments);
    for rule in selection.iter() {
        let context = RuleContext { rule, analysis, comments, ends: Some(&ends) };
        if let Some(check) = &rule.check {
            general::check(&context, check, &mut found);
        }
        if let Some(function) = function_of(rule) {
            function(&context, &mut found);
        }
    }
    found
}

fn function_of(rule: &Rule) -> Option<RuleFunction> {
    CHECKS.iter().find(|(name, _)| *name == rule.name).map(|(_, function)| *function)
}

/// Whether something answers a rule: a general check, a function, or the run itself.
#[must_use]
pub fn is_answered(rule: &Rule) -> bool {
    let is_reported_by_the_run = REPORTED_BY_THE_RUN.contains(&rule.name.as_str());
    rule.check.is_some() || function_of(rule).is_some() || is_reported_by_the_run || is_about_changes(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_is_found_out_ahead_for_rules_that_there_are() {
        for (fact, rules) in AHEAD {
            assert!(!rules.is_empty(), "{fact:?}");
            for rule in *rules {
                assert!(crate::registry::find(rule).is_some(), "{rule}");
            }
        }
    }
}
