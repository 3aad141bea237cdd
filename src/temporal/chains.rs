//! Methods of interceptors and plugins that do not go on to what they wrap.
//!
//! Knows: which methods the SDK calls one inside the other (temporalio/worker/_interceptor.py, temporalio/plugin.py), and
//! whether a method mentions the next one. Does not know: whether it gets there each time.

use rustc_hash::FxHashSet;

use crate::python::{Ancestor, ClassRef, FunctionRef};
use crate::semantic::{BlockId, Body, Expr, FunctionId, Module, Name, Return, Stmt, Use};
use crate::source::Span;

use super::analysis::Analysis;

/// A method that breaks a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenChain {
    /// The method's name, where it is defined.
    pub span: Span,
    /// The class and the method.
    pub name: String,
    /// The method.
    pub method: Name,
    /// In which chain.
    pub kind: ChainKind,
    /// Whether it gives a result of its own, as one that answers in place of what it wraps does.
    pub answers: bool,
}

/// What a method is a link of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainKind {
    /// `init` of a workflow's interceptor.
    Init,
    /// Another method of an interceptor.
    Interceptor,
    /// A method of a plugin that is given what comes next.
    Plugin,
    /// A method of a plugin that gives back a configuration.
    Configuration,
}

/// The methods of interceptors and plugins that never go on.
#[must_use]
pub fn broken_chains(analysis: &Analysis<'_, '_>) -> Vec<BrokenChain> {
    let mut found = Vec::new();
    for &file in &analysis.files {
        let module = analysis.project.module(file);
        for id in module.class_ids() {
            let class = ClassRef { file, class: id };
            let Some(links) = Links::of(analysis, class) else { continue };
            found.extend(links.methods(analysis, class).filter_map(|method| links.broken(analysis, method)));
            let mut before = vec![class];
            for mixin in links.mixins(analysis, class) {
                let methods = links.methods(analysis, mixin).filter_map(|method| links.broken(analysis, method));
                // The first that has the method answers.
                let is_first =
                    |broken: &BrokenChain| !before.iter().any(|earlier| defines(analysis, *earlier, broken.method));
                found.extend(methods.filter(is_first));
                before.push(mixin);
            }
        }
    }
    let mut seen = FxHashSet::default();
    found.retain(|broken| seen.insert(broken.span));
    found
}

/// Whether a class has a method of this name of its own.
fn defines(analysis: &Analysis<'_, '_>, class: ClassRef, method: Name) -> bool {
    let module = analysis.project.module(class.file);
    !module.bindings_of(module[class.class].scope, method).is_empty()
}

/// The methods of a class that are links of a chain.
#[derive(Clone, Copy)]
enum Links {
    Interceptor(&'static [&'static str]),
    Plugin,
}

const INBOUND: &[&str] =
    &["init", "execute_workflow", "handle_signal", "handle_query", "handle_update_validator", "handle_update_handler"];
const OUTBOUND: &[&str] = &[
    "continue_as_new",
    "info",
    "signal_child_workflow",
    "signal_external_workflow",
    "start_activity",
    "start_child_workflow",
    "start_local_activity",
    "start_nexus_operation",
];
const ACTIVITY_INBOUND: &[&str] = &["init", "execute_activity"];
const ACTIVITY_OUTBOUND: &[&str] = &["info", "heartbeat"];
const NEXUS_INBOUND: &[&str] = &["execute_nexus_operation_start", "execute_nexus_operation_cancel"];
const CLIENT_OUTBOUND: &[&str] = &[
    "start_workflow",
    "cancel_workflow",
    "describe_workflow",
    "fetch_workflow_history_events",
    "query_workflow",
    "signal_workflow",
    "terminate_workflow",
    "start_workflow_update",
    "start_update_with_start_workflow",
    "heartbeat_async_activity",
    "complete_async_activity",
    "fail_async_activity",
    "create_schedule",
];
const CHAINS: &[(&str, &[&str])] = &[
    ("temporalio.worker.WorkflowInboundInterceptor", INBOUND),
    ("temporalio.worker.WorkflowOutboundInterceptor", OUTBOUND),
    ("temporalio.worker.ActivityInboundInterceptor", ACTIVITY_INBOUND),
    ("temporalio.worker.ActivityOutboundInterceptor", ACTIVITY_OUTBOUND),
    ("temporalio.worker.NexusOperationInboundInterceptor", NEXUS_INBOUND),
    ("temporalio.client.OutboundInterceptor", CLIENT_OUTBOUND),
];
const PLUGINS: &[&str] = &[
    "temporalio.client.Plugin",
    "temporalio.worker.Plugin",
    "temporalio.plugin.SimplePlugin",
    "temporalio.service.Plugin",
];
const NEXT: &[&str] = &["run_worker", "run_replayer", "connect_service_client"];
const CONFIGURES: &[&str] = &["configure_client", "configure_worker", "configure_replayer"];

impl Links {
    fn of(analysis: &Analysis<'_, '_>, class: ClassRef) -> Option<Self> {
        if analysis.project.module(class.file)[class.class].arguments.is_empty() {
            return None;
        }
        let derives = |wanted: &str| analysis.evaluator.derives_from(class, None, &|base| base == wanted);
        let chain = CHAINS.iter().find(|(base, _)| derives(base));
        match chain {
            Some((_, methods)) => Some(Links::Interceptor(methods)),
            None => PLUGINS.iter().any(|base| derives(base)).then_some(Links::Plugin),
        }
    }

    /// The methods that the body of a class defines.
    fn methods(self, analysis: &Analysis<'_, '_>, class: ClassRef) -> impl Iterator<Item = FunctionRef> {
        let module = analysis.project.module(class.file);
        module.list(module[class.class].body).iter().filter_map(move |statement| match module[*statement] {
            Stmt::Function(function) => Some(FunctionRef { file: class.file, function }),
            _ => None,
        })
    }

    /// The bases of an interceptor that stand before the SDK's class and do not derive from it.
    fn mixins(self, analysis: &Analysis<'_, '_>, class: ClassRef) -> Vec<ClassRef> {
        let Links::Interceptor(_) = self else { return Vec::new() };
        let order = analysis.evaluator.order(class, None);
        let before = order.iter().skip(1).take_while(|ancestor| matches!(ancestor, Ancestor::Project(..)));
        let mixin = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(base, _) => Links::of(analysis, *base).is_none().then_some(*base),
            _ => None,
        };
        before.filter_map(mixin).collect()
    }

    fn broken(self, analysis: &Analysis<'_, '_>, function: FunctionRef) -> Option<BrokenChain> {
        let module = analysis.project.module(function.file);
        let definition = &module[function.function];
        let method = definition.name;
        let is_named = |names: &[&str]| names.contains(&method.as_str());
        let kind = match self {
            Links::Interceptor(methods) if is_named(methods) && method == "init" => ChainKind::Init,
            Links::Interceptor(methods) if is_named(methods) => ChainKind::Interceptor,
            Links::Plugin if is_named(NEXT) => ChainKind::Plugin,
            Links::Plugin if is_named(CONFIGURES) => ChainKind::Configuration,
            _ => return None,
        };
        let gives = |found: &Return| found.value.is_some_and(|value| !matches!(module[value], Expr::None));
        let answers = definition.returns.iter().any(gives);
        let is_broken = match kind {
            ChainKind::Configuration => !answers && !definition.is_generator,
            _ => !goes_on(module, function.function, kind),
        };
        let is_broken = is_broken && analysis.project.source(function.file).syntax_problems().is_empty();
        let is_written = !analysis.evaluator.is_placeholder(function.file, function.function);
        let span = Span { file: function.file, range: definition.name_range };
        let name = module.qualified_name(function.function);
        (is_broken && is_written && !only_raises(module, function.function)).then_some(BrokenChain {
            span,
            name,
            method,
            kind,
            answers: answers && kind != ChainKind::Configuration,
        })
    }
}

/// Whether a method mentions the next one: `super()`, `self.next`, a plugin's last parameter; or calls another method of its
/// object, which may.
fn goes_on(module: &Module, function: FunctionId, kind: ChainKind) -> bool {
    let is_inside = |block: BlockId| {
        let mut around = module[block].function;
        while let Some(inner) = around {
            if inner == function {
                return true;
            }
            around = module[module[inner].block].function;
        }
        false
    };
    let receiver = module.parameters(function).first().map(|first| first.name);
    let next = module.parameters(function).last().map(|last| last.name).filter(|_| kind == ChainKind::Plugin);
    module.expression_ids().any(|expr| match module[expr] {
        Expr::Name { name, block, .. } => (name == "super" || next == Some(name)) && is_inside(block),
        Expr::Attribute { value, .. } => match module[value] {
            Expr::Name { name, block, .. } => {
                Some(name) == receiver && is_inside(block) && {
                    matches!(module.uses().use_of(expr), Use::Called(_) | Use::AttributeOf(..) | Use::Argument { .. })
                }
            }
            _ => false,
        },
        _ => false,
    })
}

/// Whether all that a method does is to raise: it refuses what it is asked.
fn only_raises(module: &Module, function: FunctionId) -> bool {
    let Body::Statements(body) = module[function].body else { return false };
    matches!(module.list(body).last().map(|last| module[*last]), Some(Stmt::Raise { .. }))
}
