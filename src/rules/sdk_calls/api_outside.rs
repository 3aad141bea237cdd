use crate::diagnostic::{Annotation, Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{ApiGroup, Context, Misplaced, MisplacedIn, Start, misplaced};

/// What only workflows may call, in other code.
pub(crate) fn of_workflows(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    check(context, &[ApiGroup::Workflow], out);
}

/// What only activities, or handlers of Nexus operations, may call, in other code.
pub(crate) fn of_activities(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    check(context, &[ApiGroup::Activity, ApiGroup::Nexus], out);
}

fn check(context: &RuleContext<'_, '_, '_>, groups: &[ApiGroup], out: &mut Vec<Diagnostic>) {
    misplaced(context.analysis, groups, |reached, calls| {
        let findings = calls.into_iter().map(|call| (call.node, finding(call))).collect();
        context.report_reached(reached, findings, out);
    });
}

fn finding(call: Misplaced) -> Finding<'static> {
    let is_helper = call.through.as_ref().is_some_and(|through| !through.is_entry);
    // Who tests a helper by itself may have set up more than can be seen.
    let tests_a_helper =
        call.side == MisplacedIn::Elsewhere(Start::Test) && call.through.is_none() && !call.is_in_tests;
    let confidence = match (call.unlikely || tests_a_helper, call.doubtful, is_helper) {
        (true, ..) | (_, true, true) => Confidence::Low,
        (_, true, _) | (_, _, true) => Confidence::Medium,
        _ => Confidence::High,
    };
    let mut facts = Vec::new();
    facts.extend(match call.side {
        MisplacedIn::WithoutLoop(_) => Some(Fact::NoLoop),
        MisplacedIn::Elsewhere(Start::Thread { .. }) => Some(Fact::Thread),
        MisplacedIn::Elsewhere(Start::Module) if call.group != ApiGroup::Nexus => Some(Fact::Import),
        _ => None,
    });
    facts.extend((call.group == ApiGroup::Nexus).then_some(Fact::Nexus));
    facts.extend(call.through.is_some().then_some(Fact::Through));
    facts.extend(instead(&call).map(|_| Fact::Alike));
    let mut words = vec![("where", runs_where(call.side).to_owned())];
    words.extend(instead(&call).map(|instead| ("use", instead.to_owned())));
    words.push(("callee", call.api));
    let mut secondary = Vec::new();
    if let Some(through) = call.through {
        secondary.push(Annotation { span: through.at, label: "called here".to_owned() });
        words.push(("through", through.name));
    }
    if let MisplacedIn::Elsewhere(Start::Thread { site, .. }) | MisplacedIn::WithoutLoop(Start::Thread { site, .. }) =
        call.side
    {
        secondary.push(Annotation { span: site, label: "handed to a thread or process here".to_owned() });
    }
    Finding { range: call.range, words, confidence: Some(confidence), secondary, facts, ..Finding::default() }
}

fn runs_where(side: MisplacedIn) -> &'static str {
    match side {
        MisplacedIn::Workflow => "a workflow",
        MisplacedIn::Activity => "an activity",
        MisplacedIn::Elsewhere(Start::Module) => "a module's own code",
        MisplacedIn::Elsewhere(Start::Test) => "a test",
        MisplacedIn::Elsewhere(Start::Client) => "client code",
        MisplacedIn::Elsewhere(Start::Thread { from: Context::Workflow, .. }) => "a thread that a workflow starts",
        MisplacedIn::Elsewhere(Start::Thread { .. }) => "a thread or process that an activity starts",
        MisplacedIn::WithoutLoop(_) => "a thread that an async activity starts",
    }
}

/// What does the same on the side at hand.
fn instead(call: &Misplaced) -> Option<&'static str> {
    let in_activity = call.side == MisplacedIn::Activity;
    if call.through.is_some() {
        return None;
    }
    Some(match call.api.as_str() {
        "workflow.now" => "`datetime.now(timezone.utc)`",
        "workflow.time" => "`time.time()`",
        "workflow.time_ns" => "`time.time_ns()`",
        "workflow.uuid4" => "`uuid.uuid4()`",
        "workflow.random" => "`random`",
        "workflow.sleep" => "`asyncio.sleep(…)`",
        "workflow.info" if in_activity => "`activity.info()`",
        "workflow.metric_meter" if in_activity => "`activity.metric_meter()`",
        "workflow.payload_converter" if in_activity => "`activity.payload_converter()`",
        api if api.starts_with("workflow.logger.") && in_activity => "`activity.logger`",
        api if api.starts_with("workflow.logger.") => "`logging`",
        "activity.info" if call.side == MisplacedIn::Workflow => "`workflow.info()`",
        "activity.metric_meter" if call.side == MisplacedIn::Workflow => "`workflow.metric_meter()`",
        "activity.payload_converter" if call.side == MisplacedIn::Workflow => "`workflow.payload_converter()`",
        _ => return None,
    })
}
