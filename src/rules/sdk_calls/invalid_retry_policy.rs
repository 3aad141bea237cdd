use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::repair::in_list;
use crate::temporal::{Constant, SdkCall, Shape};

const POLICY: &str = "temporalio.common.RetryPolicy";

/// What `RetryPolicy` takes where nothing is given, in seconds (temporalio/common.py).
const INITIAL_INTERVAL: f64 = 1.0;

/// A retry policy that the SDK refuses, or that says something else than it seems to.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for call in context.analysis.sdk_calls() {
        if call.callee == POLICY {
            values(context, call, out);
        }
        kind(context, call, out);
    }
}

/// The values of a policy, by the SDK's own checks (`RetryPolicy._validate`), which a policy of one attempt skips.
fn values(context: &RuleContext<'_, '_, '_>, call: &SdkCall, out: &mut Vec<Diagnostic>) {
    let constant = |name: &str| call.argument(name).and_then(|given| context.analysis.constant_of(call, given));
    let attempts = constant("maximum_attempts").and_then(Constant::number);
    let initial = constant("initial_interval").and_then(Constant::seconds);
    let longest = constant("maximum_interval").and_then(Constant::seconds);
    let mut report = |name: &str, what: String, instead: &str, fact: Option<Fact>| {
        let Some(given) = call.argument(name) else { return };
        let facts: Vec<Fact> = fact.into_iter().collect();
        let words = vec![("name", name.to_owned()), ("what", what), ("use", instead.to_owned())];
        let is_doubtful = fact == Some(Fact::Loop);
        let fix = (fact == Some(Fact::Text)).then(|| in_list(context.analysis, call, given)).flatten();
        let finding = Finding {
            range: given.range,
            words,
            severity: is_doubtful.then_some(Severity::Warning),
            confidence: is_doubtful.then_some(Confidence::Low),
            facts,
            fix,
            ..Finding::default()
        };
        context.report_call(call, finding, out);
    };
    types(context, call, &mut report);
    // Who says how long to pause means to retry. Who says nothing else writes out what holds anyway, and mostly knows it.
    if attempts == Some(0.0) && call.arguments.len() == 1 && !call.is_open {
        report("maximum_attempts", "is 0, which means without end".to_owned(), "maximum_attempts=1", Some(Fact::Loop));
    }
    if attempts == Some(1.0) {
        return;
    }
    if attempts.is_some_and(|attempts| attempts < 0.0) {
        report("maximum_attempts", "is negative".to_owned(), "a number from 1 on", None);
    }
    if constant("backoff_coefficient").and_then(Constant::number).is_some_and(|by| by < 1.0) {
        report(
            "backoff_coefficient",
            "is below 1".to_owned(),
            "1.0 for the same pause each time, 2.0 to double it",
            None,
        );
    }
    if initial.is_some_and(|seconds| seconds < 0.0) {
        report("initial_interval", "is negative".to_owned(), "a `timedelta` above zero", None);
    }
    let first = if call.lacks("initial_interval") { Some(INITIAL_INTERVAL) } else { initial };
    if let (Some(first), Some(longest)) = (first, longest)
        && longest < first
    {
        let what = format!("is shorter than `initial_interval` ({first} s)");
        report("maximum_interval", what, "a longer one, or none", None);
    }
}

const TYPE_OF_APPLICATION_ERROR: &str =
    "what the error is given as `type=`; an `ApplicationError` without one has no type";

/// `non_retryable_error_types` is a list of names.
fn types(context: &RuleContext<'_, '_, '_>, call: &SdkCall, report: &mut impl FnMut(&str, String, &str, Option<Fact>)) {
    const NAME: &str = "non_retryable_error_types";
    let Some(given) = call.argument(NAME) else { return };
    if context.analysis.shape_of(call, given) == Some(Shape::Text) {
        report(
            NAME,
            "is one string, of which each letter becomes a name".to_owned(),
            "a list of names",
            Some(Fact::Text),
        );
    } else if context.analysis.holds_classes(given) {
        report(NAME, "holds classes".to_owned(), "their names as strings", Some(Fact::Class));
    } else if let Some(path) = context.analysis.class_by_path(call, given) {
        let instead = match path.last_part() {
            "ApplicationError" => TYPE_OF_APPLICATION_ERROR.to_owned(),
            class => format!("`\"{class}\"`"),
        };
        report(NAME, format!("holds `\"{path}\"`"), &instead, Some(Fact::Dotted));
    } else if context.analysis.names_application_error(given) {
        report(NAME, "holds `\"ApplicationError\"`".to_owned(), TYPE_OF_APPLICATION_ERROR, Some(Fact::Missing));
    }
}

/// What is given as a policy but is none.
fn kind(context: &RuleContext<'_, '_, '_>, call: &SdkCall, out: &mut Vec<Diagnostic>) {
    for given in &call.arguments {
        if given.parameter.and_then(|parameter| parameter.class.as_deref()) != Some(POLICY) {
            continue;
        }
        let what = match context.analysis.shape_of(call, given) {
            Some(Shape::Outside(name)) if name == POLICY => "is the class `RetryPolicy`, not an object of it",
            Some(Shape::Table) => "is a dict",
            Some(Shape::Number) => "is a number",
            Some(Shape::Text) => "is a string",
            _ => continue,
        };
        let mut facts = vec![Fact::Class];
        if call.callee == "temporalio.workflow.continue_as_new" {
            facts.insert(0, Fact::Dropped);
        }
        let words = vec![
            ("name", "retry_policy".to_owned()),
            ("what", what.to_owned()),
            ("use", "RetryPolicy(maximum_attempts=3)".to_owned()),
        ];
        let finding = Finding { range: given.range, words, facts, ..Finding::default() };
        context.report_call(call, finding, out);
    }
}
