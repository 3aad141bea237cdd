//! What a call of the SDK names that it cannot run.
//!
//! Knows: which kind of definition each parameter has to name, and which kinds there are. Does not know: what an argument
//! refers to ([`Target`]); what cannot be told is not reported.

use crate::diagnostic::{Confidence, Diagnostic, Unit};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Analysis, Role, SdkArgument, SdkCall, Shape, Target};

/// What the SDK is to call is no activity, workflow or handler of that kind.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for call in context.analysis.sdk_calls() {
        start_signal(context, call, out);
        let Some((argument, kind)) = named(call) else { continue };
        let Some((fact, what, instead)) = wrong(context, call, argument, kind) else {
            of_several(context, call, (argument, kind), out);
            continue;
        };
        let facts: Vec<Fact> = fact.into_iter().collect();
        // One object is one thing to mend, and one that opens nothing does no harm.
        let making = context.analysis.making_of(call, argument).filter(|_| fact == Some(Fact::Made));
        let confidence = making.filter(|making| making.is_bare).map(|_| Confidence::Low);
        let unit = making.and(context.function_around(call)).map(Unit::function);
        let words = vec![("callee", call.short_name().to_owned()), ("what", what), ("use", instead)];
        let finding = Finding { range: argument.range, words, facts, confidence, unit, ..Finding::default() };
        context.report_call(call, finding, out);
    }
}

/// One of several things that a call may be given is a definition of another kind. Where it is that, the call fails.
fn of_several(
    context: &RuleContext<'_, '_, '_>,
    call: &SdkCall,
    (argument, kind): (&SdkArgument, Kind),
    out: &mut Vec<Diagnostic>,
) {
    let targets = context.analysis.targets_of(call, argument);
    let Some((_, what, instead)) = targets.into_iter().find_map(|target| other_kind(context.analysis, target, kind))
    else {
        return;
    };
    let words = vec![("callee", call.short_name().to_owned()), ("what", what), ("use", instead)];
    // What the call stands under may tell the one from the other.
    let confidence = Some(Confidence::Low);
    context.report_call(call, Finding { range: argument.range, words, confidence, ..Finding::default() }, out);
}

/// What a parameter has to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Activity,
    Workflow,
    Signal,
    Query,
    Update,
    Operation,
    Service,
}

impl Kind {
    fn described(self) -> &'static str {
        match self {
            Kind::Activity => "an activity",
            Kind::Workflow => "a workflow",
            Kind::Signal => "a signal handler",
            Kind::Query => "a query handler",
            Kind::Update => "an update handler",
            Kind::Operation => "an operation of a Nexus service",
            Kind::Service => "a Nexus service",
        }
    }

    fn decorator(self) -> &'static str {
        match self {
            Kind::Activity => "@activity.defn",
            Kind::Workflow => "@workflow.run",
            Kind::Signal => "@workflow.signal",
            Kind::Query => "@workflow.query",
            Kind::Update => "@workflow.update",
            Kind::Operation => "@nexusrpc.handler.sync_operation",
            Kind::Service => "@nexusrpc.service",
        }
    }
}

/// The argument that names what is called, and what it has to name.
fn named(call: &SdkCall) -> Option<(&SdkArgument, Kind)> {
    // A class whose `__call__` is the activity is a reference of its own kind.
    if call.short_name().ends_with("_class") {
        return None;
    }
    let kinds = [
        ("activity", Kind::Activity),
        ("workflow", Kind::Workflow),
        ("signal", Kind::Signal),
        ("query", Kind::Query),
        ("update", Kind::Update),
        ("operation", Kind::Operation),
        ("service", Kind::Service),
    ];
    let takes = |name: &str| call.signature.parameter(name).is_some_and(|parameter| parameter.required);
    kinds.into_iter().filter(|(name, _)| takes(name)).find_map(|(name, kind)| Some((call.argument(name)?, kind)))
}

type Wrong = (Option<Fact>, String, String);

fn wrong(context: &RuleContext<'_, '_, '_>, call: &SdkCall, argument: &SdkArgument, kind: Kind) -> Option<Wrong> {
    let analysis = context.analysis;
    let target = analysis.target_of(call, argument)?;
    let written = analysis.text_of(call, argument.range);
    let reference = written.split('(').next().unwrap_or(written);
    match target {
        Target::Called(function) => {
            let name = analysis.name_of(function);
            Some((Some(Fact::Called), format!("a call of `{name}`"), format!("{reference}, …")))
        }
        _ if analysis.is_dynamic(target) => {
            let name = analysis.name_of(analysis.function_of(target)?);
            Some((
                None,
                format!("`{name}`, which is dynamic and has no name"),
                "the name that is meant, a string".to_owned(),
            ))
        }
        Target::Activity(_) if kind == Kind::Activity => {
            let in_workflow = analysis.sides_of(call.function).workflow;
            (in_workflow && analysis.making_of(call, argument).is_some()).then(|| {
                let what = "an activity of an object that is made in the workflow".to_owned();
                (Some(Fact::Made), what, "execute_activity_method with the class's method".to_owned())
            })
        }
        Target::Class(class) if kind == Kind::Service && !analysis.has_decorators(target) => {
            let name = analysis.name_of_class(class);
            let what = format!("`{name}`, which is not {}", kind.described());
            analysis.is_without_bases(class).then(|| (None, what, format!("a class with `{}`", kind.decorator())))
        }
        Target::Function(function) if !analysis.has_decorators(target) => {
            let name = analysis.name_of(function);
            let instead = format!("a function with `{}`", kind.decorator());
            (!analysis.is_perhaps_defined(function))
                .then(|| (None, format!("`{name}`, which is not {}", kind.described()), instead))
        }
        Target::Object(_) if kind == Kind::Workflow => {
            Some((None, "an object of a class".to_owned(), "the class's run method".to_owned()))
        }
        _ => other_kind(analysis, target, kind),
    }
}

/// A definition, but of another kind.
fn other_kind(analysis: &Analysis<'_, '_>, target: Target, kind: Kind) -> Option<Wrong> {
    let (is, name) = match target {
        Target::Activity(_) => (Kind::Activity, analysis.function_of(target).map(|f| analysis.name_of(f))?),
        Target::Workflow(_) => (Kind::Workflow, "a workflow's class".to_owned()),
        Target::Handler { role, function, .. } => {
            let kind = match role {
                Role::Run => Kind::Workflow,
                Role::Signal => Kind::Signal,
                Role::Query => Kind::Query,
                Role::Update => Kind::Update,
                _ => return None,
            };
            (kind, analysis.name_of(function))
        }
        _ => return None,
    };
    (is != kind).then(|| {
        let instead = match is {
            Kind::Activity => "execute_activity".to_owned(),
            Kind::Workflow => "execute_workflow or execute_child_workflow".to_owned(),
            Kind::Signal => "signal".to_owned(),
            Kind::Query => "query".to_owned(),
            Kind::Update => "execute_update".to_owned(),
            Kind::Operation | Kind::Service => "execute_operation".to_owned(),
        };
        (None, format!("`{name}`, which is {} and not {}", is.described(), kind.described()), instead)
    })
}

/// `start_signal` takes the name of a signal.
fn start_signal(context: &RuleContext<'_, '_, '_>, call: &SdkCall, out: &mut Vec<Diagnostic>) {
    let Some(argument) = call.argument("start_signal") else { return };
    if !matches!(context.analysis.shape_of(call, argument), Some(Shape::Function(_))) {
        return;
    }
    let words = vec![
        ("callee", call.short_name().to_owned()),
        ("what", "a function as `start_signal`, which takes a name".to_owned()),
        ("use", "the signal's name, a string".to_owned()),
    ];
    let finding = Finding { range: argument.range, words, ..Finding::default() };
    context.report_call(call, finding, out);
}
