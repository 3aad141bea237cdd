//! How certain a finding about a call is, and which facts choose its sentences.
//!
//! Knows: what the use of a value, the sandbox, the role of the code and the weight of a call mean for that. Does not know:
//! which symbols have an effect, or which rule asks.

use super::context::RuleContext;
use crate::diagnostic::{Confidence, Severity};
use crate::registry::schema::{CallableRole, Fact, Weight};
use crate::registry::{Blocking, BlockingKind, Effect, EffectKind, behaviour};
use crate::source::last_part;
use crate::temporal::{
    Analysis, Context, Event, FileUse, InSandbox, NodeId, REFUSED_BY_THE_LOOP, REFUSED_BY_THE_SANDBOX, Reached,
    ReachedCode, Refusals, Role, Taken, ValueUse, effect_of_owner, file_of_own_class, file_use, has_guard,
    in_sandbox_for, is_given_memory, is_kept_since_start, is_memory_database, is_on_plain_object, is_restricted,
    is_written_down, role_of, use_of, use_of_made, waits_for_what_is_done,
};

/// What there is to say of a call.
pub(super) struct Weighed {
    pub confidence: Confidence,
    pub facts: Vec<Fact>,
    /// Where it is not as bad as the rule says.
    pub severity: Option<Severity>,
}

/// What is said of a value by what becomes of it.
pub(super) fn fact_of_use(used: ValueUse) -> Option<Fact> {
    match used {
        ValueUse::Decides => Some(Fact::Decides),
        ValueUse::Identifies => Some(Fact::Identifies),
        ValueUse::State => Some(Fact::State),
        ValueUse::Timer => Some(Fact::Timer),
        ValueUse::Argument | ValueUse::Unused => Some(Fact::Argument),
        ValueUse::Outside => Some(Fact::Elsewhere),
        ValueUse::Text => Some(Fact::ForPeople),
        ValueUse::Unknown => None,
    }
}

/// How bad another value is on replay, where that is less than the rule says: neither what the workflow does nor what it
/// says of itself differs.
pub(super) fn severity_of_use(used: ValueUse) -> Option<Severity> {
    used.is_light().then_some(Severity::Warning)
}

/// A call or read in workflow code, or while the sandbox imports a module; nothing where it does no harm.
pub(super) fn effect(
    context: &RuleContext<'_, '_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    event: &Event,
    call: Reached<'_>,
    effect: &'static Effect,
    refusals: &Refusals<'_, '_, '_>,
) -> Option<Weighed> {
    if reached.context == Context::Import {
        return Some(at_import(context, reached, node, event, call, effect));
    }
    let file = reached.reach.place(node).file;
    if effect.settings.as_ref().is_some_and(|settings| is_written_down(context.analysis, file, call.name, settings)) {
        return None;
    }
    let own = file_of_own_class(reached, node, event);
    let guarded = match own {
        // A class that is taken from outside the sandbox has the base from there, too.
        Some(file) if !context.analysis.is_sandboxed(file) => InSandbox::Off,
        _ => guard(context, reached, node, event, call),
    };
    let stopped = is_restricted(call.name.as_str()) && guarded == InSandbox::On;
    let role = role_of(reached, node);
    // Whether an update is accepted is recorded, and a replay does not ask its validator: it may go by what it likes.
    if role == Some(Role::Validator) && is_value(effect.kind) && !stopped {
        return None;
    }
    let refused = |by: &str| refusals.taken(node, event, by);
    let mut facts: Vec<Fact> = hindrance(call, effect, guarded, role, &refused).into_iter().collect();
    let is_query = role == Some(Role::Query);
    if is_query {
        facts.push(Fact::Query);
    }
    let mut severity = None;
    let kind = if own.is_some() { kind_of_base(reached, call, effect) } else { effect.kind };
    let confidence = match kind {
        kind if is_value(kind) => {
            let used = value_use(reached, node, event, effect.kind);
            facts.extend(fact_of_use(used));
            severity = severity_of_use(used).filter(|_| !stopped);
            let is_certain = stopped || effect.kind == EffectKind::TimeZone;
            if is_certain { Confidence::High } else { of_value(used, is_query) }
        }
        EffectKind::Network | EffectKind::File if is_memory_database(reached, node, event) => return None,
        EffectKind::File if is_given_memory(reached, node, event) => return None,
        EffectKind::File => of_file(reached, node, event, call, stopped),
        EffectKind::Restricted => of_restricted(guarded)?,
        // A lock that nobody else has is taken at once; whether somebody has it is not known.
        EffectKind::ThreadTool if is_restricted(call.name.as_str()) => {
            of_restricted(guarded).unwrap_or(Confidence::Low)
        }
        EffectKind::ThreadTool => Confidence::Low,
        _ => Confidence::High,
    };
    if effect.kind == EffectKind::Restricted && behaviour().does(call.name.as_str(), CallableRole::AsksPath) {
        facts.insert(0, Fact::Text);
    }
    if kind == EffectKind::ThreadTool {
        facts.push(Fact::ForThreads);
    }
    Some(Weighed { confidence: confidence.min(effect.confidence), facts, severity })
}

/// Whether the sandbox refuses a call or read in workflow code, and nothing takes the error.
pub(super) fn is_stopped(
    context: &RuleContext<'_, '_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    event: &Event,
    call: Reached<'_>,
    refusals: &Refusals<'_, '_, '_>,
) -> bool {
    is_restricted(call.name.as_str())
        && guard(context, reached, node, event, call) == InSandbox::On
        && matches!(refusals.taken(node, event, REFUSED_BY_THE_SANDBOX), Taken::No)
}

/// What the sandbox does about a call or read.
fn guard(
    context: &RuleContext<'_, '_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    event: &Event,
    call: Reached<'_>,
) -> InSandbox {
    let is_plain = || is_restricted(call.name.as_str()) && is_on_plain_object(reached, node, event);
    match event.shielded || is_plain() {
        true => InSandbox::Off,
        false => in_sandbox_for(context.analysis, reached, node, call.name.as_str()),
    }
}

/// A call or read in the statements of a module that the sandbox loads.
fn at_import(
    context: &RuleContext<'_, '_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    event: &Event,
    call: Reached<'_>,
    effect: &Effect,
) -> Weighed {
    // What a condition guards, such as a missing file, mostly does not run.
    let rare = has_guard(&reached.reach, node, event);
    let is_sure = in_sandbox_for(context.analysis, reached, node, call.name.as_str()) == InSandbox::On;
    let confidence = if rare || !is_sure { Confidence::Low } else { effect.confidence };
    Weighed { confidence, facts: vec![Fact::Import], severity: None }
}

/// What stands in the way of a call in workflow code: the sandbox, the workflow's event loop, or nothing. `refused` says whether
/// the code around takes the error that one of them raises.
fn hindrance(
    call: Reached<'_>,
    effect: &Effect,
    guarded: InSandbox,
    role: Option<Role>,
    refused: &dyn Fn(&str) -> Taken,
) -> Option<Fact> {
    let surely_refused = |by: &str| matches!(refused(by), Taken::Surely | Taken::Unread);
    match (is_restricted(call.name.as_str()), guarded) {
        _ if effect.asks_loop => {
            Some(if surely_refused(REFUSED_BY_THE_LOOP) { Fact::NoNetworkCaught } else { Fact::NoNetwork })
        }
        (true, InSandbox::On) => Some(match (refused(REFUSED_BY_THE_SANDBOX), role) {
            (Taken::Surely, _) => Fact::Caught,
            // What fails there is the query or the update, and no task; whether it does depends on the code around.
            (Taken::Perhaps, Some(Role::Query | Role::Validator)) => Fact::PerhapsStopped,
            (Taken::Unread, _) => Fact::Unread,
            (Taken::Perhaps, _) => Fact::PerhapsCaught,
            (Taken::No, Some(Role::Query)) => Fact::QueryStopped,
            (Taken::No, Some(Role::Validator)) => Fact::ValidatorStopped,
            (Taken::No, _) => Fact::Stopped,
        }),
        _ if effect.kind == EffectKind::EventLoop && surely_refused(REFUSED_BY_THE_LOOP) => Some(Fact::Caught),
        (true, InSandbox::Perhaps) => Some(Fact::PerhapsStopped),
        (_, InSandbox::Through | InSandbox::Off) => Some(Fact::Unstopped),
        _ => None,
    }
}

/// What a method does that an own class inherits: no more than its base, which leaves it to the class to start threads.
fn kind_of_base(reached: &ReachedCode<'_>, call: Reached<'_>, effect: &Effect) -> EffectKind {
    let is_tool = effect_of_owner(reached.known, call).is_some_and(|base| base.kind == EffectKind::ThreadTool);
    if is_tool && effect.kind == EffectKind::Thread { EffectKind::ThreadTool } else { effect.kind }
}

/// What is only refused by the sandbox does no harm without it.
fn of_restricted(guarded: InSandbox) -> Option<Confidence> {
    match guarded {
        InSandbox::On => Some(Confidence::High),
        InSandbox::Perhaps => Some(Confidence::Low),
        InSandbox::Through | InSandbox::Off => None,
    }
}

/// Whether what a call gives is all that there is to say of it.
fn is_value(kind: EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::Clock | EffectKind::Random | EffectKind::Uuid | EffectKind::Environment | EffectKind::TimeZone
    )
}

/// A factory whose signature is asked for with some confidence: what rules have sentences for.
pub(super) fn inspected(effect: &Effect, asked: Option<Confidence>) -> Option<Confidence> {
    asked.filter(|_| matches!(effect.kind, EffectKind::Clock | EffectKind::Random))
}

fn value_use(reached: &ReachedCode<'_>, node: NodeId, event: &Event, kind: EffectKind) -> ValueUse {
    let made = || use_of_made(&reached.reach, node);
    let used = event.expr.map_or_else(made, |expr| use_of(&reached.reach, node, expr));
    // `random.shuffle(items)` changes what it is given.
    if used == ValueUse::Unused && kind != EffectKind::Clock { ValueUse::Unknown } else { used }
}

fn of_value(used: ValueUse, is_query: bool) -> Confidence {
    match used {
        _ if is_query => Confidence::Low,
        ValueUse::Decides | ValueUse::Identifies => Confidence::High,
        ValueUse::Unknown | ValueUse::State | ValueUse::Timer | ValueUse::Argument => Confidence::Medium,
        ValueUse::Outside | ValueUse::Text | ValueUse::Unused => Confidence::Low,
    }
}

/// Asking for a path or whether it exists only matters for what comes of it.
fn of_file(reached: &ReachedCode<'_>, node: NodeId, event: &Event, call: Reached<'_>, stopped: bool) -> Confidence {
    if stopped || !only_asks(call.name.as_str()) {
        return Confidence::High;
    }
    match event.expr.map_or(ValueUse::Unknown, |expr| use_of(&reached.reach, node, expr)) {
        ValueUse::Decides => Confidence::Medium,
        _ => Confidence::Low,
    }
}

fn only_asks(name: &str) -> bool {
    matches!(last_part(name), "resolve" | "absolute" | "expanduser" | "realpath" | "exists" | "lexists")
}

/// A call on the event loop of an async activity; nothing where it does no harm.
pub(super) fn blocking<'p>(
    analysis: &Analysis<'_, 'p>,
    reached: &ReachedCode<'p>,
    node: NodeId,
    event: &Event,
    blocking: &Blocking,
) -> Option<Weighed> {
    if waits_for_what_is_done(reached, node, event) {
        return None;
    }
    let is_operation = reached.context == Context::AsyncOperation;
    let mut facts: Vec<Fact> = is_operation.then_some(Fact::Operation).into_iter().collect();
    // A cache may have been emptied, or never filled.
    if is_kept_since_start(analysis, reached, node) {
        return Some(Weighed { confidence: Confidence::Low, facts, severity: None });
    }
    if blocking.kind != BlockingKind::File {
        return Some(Weighed { confidence: blocking.confidence, facts, severity: None });
    }
    let heavy = match file_use(reached, node, event) {
        FileUse::NoFile => return None,
        FileUse::EachOfMany => true,
        FileUse::One => blocking.weight == Weight::Heavy,
    };
    if heavy {
        facts.push(Fact::Heavy);
    }
    let confidence = if heavy { blocking.confidence } else { Confidence::Low };
    Some(Weighed { confidence, facts, severity: None })
}
