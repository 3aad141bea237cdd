//! What the lists of workers hold that a worker cannot take, and what it holds twice.
//!
//! Knows: what `Worker(…)` does with each item of `workflows`, `activities` and `nexus_service_handlers`. Does not know: what
//! an item that is not resolved is; nothing is said of it.

use rustc_hash::FxHashMap;

use crate::python::{ClassRef, Evaluator, FunctionRef, MethodKind, Place, Value, ValueId, Values};
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, given_for};
use crate::source::{FileId, Span};

use super::analysis::Analysis;
use super::definitions::{ACTIVITY, Located, Workflow};
use super::lists::{Item, Listed};
use super::nexus_services::{SERVICE, SERVICE_HANDLER};
use super::registration::{activity, function_of};
use super::signatures::WireName;
use super::wiring::{Worker, WorkerKind};

/// Something that stands in a worker's list and does not belong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongElement {
    /// Its place.
    pub span: Span,
    /// The place of the list, as a worker is given it.
    pub list: Span,
    /// The option whose list it is.
    pub option: &'static str,
    /// What is wrong with it.
    pub fault: Fault,
    /// How it is called.
    pub name: String,
    /// How what should stand there is written, if that can be told.
    pub instead: Option<String>,
    /// Where a worker is given the list, if it is made elsewhere.
    pub given: Option<Span>,
}

/// Why an element does not belong into a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The option is one thing and no list.
    NoList,
    /// A text.
    Text,
    /// A function that no decorator makes an activity.
    Undecorated,
    /// What a call of an activity gives.
    Called,
    /// A class where an object or its methods belong.
    Class,
    /// An object where its class belongs.
    Object,
    /// A method where its class belongs.
    Method,
    /// A method of no object.
    Unbound,
    /// A partial call.
    Partial,
    /// A mock object.
    Mock,
}

/// What stands in lists of workers and does not belong there.
#[must_use]
pub fn wrong_elements(analysis: &Analysis<'_, '_>) -> Vec<WrongElement> {
    let mut found = Vec::new();
    for worker in checked(analysis) {
        let lists = [
            ("workflows", &worker.workflows, workflow_fault as Judge),
            ("activities", &worker.activities, activity_fault),
            ("nexus_service_handlers", &worker.services, service_fault),
        ];
        for (option, list, judge) in lists {
            if let Some(wrong) = no_list(analysis, worker, option) {
                found.push(wrong);
                continue;
            }
            for item in &list.items {
                let fault = called_activity(analysis, item).filter(|_| option == "activities");
                let fault = fault.or_else(|| judge(analysis, item.only()?));
                if let Some((fault, name, instead)) = fault {
                    // Several workers may be given one list.
                    if !found.iter().any(|known| (known.span, known.option) == (item.span, option)) {
                        let given = given_to(worker, option, item.span);
                        let list = list_of(worker, option);
                        found.push(WrongElement { span: item.span, list, option, fault, name, instead, given });
                    }
                }
            }
        }
    }
    found
}

/// The place of the list that a worker is given; where that cannot be told, of the call that makes the worker.
fn list_of(worker: &Worker, option: &str) -> Span {
    let range = worker.call.argument(option).map_or(worker.span.range, |given| given.range);
    Span { file: worker.span.file, range }
}

/// Where a worker is given the list that holds something, if it stands outside the call that makes the worker.
fn given_to(worker: &Worker, option: &str, item: Span) -> Option<Span> {
    let is_within = item.file == worker.span.file && worker.span.range.contains_range(item.range);
    let given = worker.call.argument(option).filter(|_| !is_within)?;
    Some(Span { file: worker.span.file, range: given.range })
}

/// What is wrong with an element, how it is called, and what should stand there.
type Judged = Option<(Fault, String, Option<String>)>;
type Judge = fn(&Analysis<'_, '_>, ValueId) -> Judged;

/// A call of an activity: what it gives is registered in its place.
fn called_activity(analysis: &Analysis<'_, '_>, item: &Item) -> Judged {
    let function = item.called.filter(|_| item.is_sure)?;
    analysis.wire_of_activity(activity(analysis, function)?)?;
    let name = function_name(analysis, function);
    Some((Fault::Called, format!("{name}(…)"), Some(name)))
}

fn checked<'a>(analysis: &'a Analysis<'_, '_>) -> impl Iterator<Item = &'a Worker> {
    analysis.definitions.workers().filter(|worker| worker.kind != WorkerKind::Own && !worker.is_expected_to_fail)
}

/// An option that is a function, a class or a text instead of a list of such.
fn no_list(analysis: &Analysis<'_, '_>, worker: &Worker, option: &'static str) -> Option<WrongElement> {
    let given = worker.call.argument(option)?;
    let value = given.values.only()?;
    let name = match analysis.evaluator.get(value) {
        Value::Function(callable) => function_name(analysis, callable.function),
        Value::Class(class, _) => class_name(analysis, *class),
        Value::Str(text) => format!("\"{text}\""),
        _ => return None,
    };
    let instead = Some(format!("{option}=[{name}]"));
    let span = Span { file: worker.span.file, range: given.range };
    Some(WrongElement { span, list: span, option, fault: Fault::NoList, name, instead, given: None })
}

fn workflow_fault(analysis: &Analysis<'_, '_>, value: ValueId) -> Judged {
    match analysis.evaluator.get(value) {
        Value::Str(text) => Some((Fault::Text, format!("\"{text}\""), None)),
        Value::Instance(instance) => {
            let name = class_name(analysis, instance.class);
            Some((Fault::Object, format!("{name}()"), Some(name)))
        }
        Value::Function(callable) => {
            let module = analysis.project.module(callable.function.file);
            let class = module[callable.function.function].class?;
            let class = class_name(analysis, ClassRef { file: callable.function.file, class });
            Some((Fault::Method, function_name(analysis, callable.function), Some(class)))
        }
        _ => None,
    }
}

fn activity_fault(analysis: &Analysis<'_, '_>, value: ValueId) -> Judged {
    let evaluator = analysis.evaluator;
    match evaluator.get(value) {
        Value::Str(text) => Some((Fault::Text, format!("\"{text}\""), None)),
        Value::Class(class, _) => {
            let name = class_name(analysis, *class);
            let instead = is_callable_activity(analysis, *class).then(|| format!("{name}(…)"));
            Some((Fault::Class, name, instead))
        }
        Value::Partial { callee, .. } => {
            let inner = callee.only().and_then(|callee| function_of(analysis, callee))?;
            Some((Fault::Partial, function_name(analysis, inner), None))
        }
        Value::OutsideInstance { class, .. } if MOCKS.contains(&class.as_str()) => {
            let name = class.as_str().rsplit('.').next().unwrap_or_default();
            Some((Fault::Mock, format!("{name}()"), None))
        }
        Value::Function(callable) => {
            function_fault(analysis, function_of(analysis, value)?, callable.receiver.is_some())
        }
        _ => None,
    }
}

fn function_fault(analysis: &Analysis<'_, '_>, function: FunctionRef, is_bound: bool) -> Judged {
    let module = analysis.project.module(function.file);
    let definition = &module[function.function];
    let name = function_name(analysis, function);
    let is_declared =
        activity(analysis, function).is_some_and(|activity| analysis.wire_of_activity(activity).is_some());
    if !is_declared {
        return is_plain(analysis, function).then_some((Fault::Undecorated, name, None));
    }
    let is_method = definition.class.is_some()
        && analysis.evaluator.method_kind(function.file, function.function) == MethodKind::Plain
        // A function in a class that is called as a plain one says what its first parameter is.
        && module.parameters(function.function).first().is_some_and(|first| first.annotation.is_none());
    (is_method && !is_bound).then(|| {
        let method = definition.name;
        let class = name.rsplit_once('.').map_or(name.as_str(), |(class, _)| class).to_owned();
        (Fault::Unbound, name, Some(format!("{class}(…).{method}")))
    })
}

/// Whether nothing but the definition itself decides what a function is: no decorator of unknown doing stands at it, and no
/// other function hands it out in the place of one that has the SDK's mark.
fn is_plain(analysis: &Analysis<'_, '_>, function: FunctionRef) -> bool {
    let module = analysis.project.module(function.file);
    let definition = &module[function.function];
    let leaves_it = |decorator: &ExprId| matches!(module[*decorator], Expr::Name { name, .. } if name == "staticmethod" || name == "classmethod");
    let marks = module.all_attribute_stores().iter().any(|store| store.name == "__temporal_activity_definition");
    module.list(definition.decorators).iter().all(leaves_it) && !marks && !is_given_to_defn(analysis, function)
}

/// Whether a call makes an activity of a function, as the decorator would.
fn is_given_to_defn(analysis: &Analysis<'_, '_>, function: FunctionRef) -> bool {
    let module = analysis.project.module(function.file);
    let name = module[function.function].name;
    let is_defn = |callee: ExprId| {
        let maker = module.named_by(callee);
        let value = analysis.evaluator.value(maker, Place { file: function.file, frame: None }).single();
        value.and_then(|value| analysis.evaluator.outside_name(value)).is_some_and(|known| known == ACTIVITY)
    };
    let is_it = |argument: &Argument| matches!(module[argument.value], Expr::Name { name: given, .. } if given == name);
    module.calls().iter().any(|call| {
        let Expr::Call { callee, arguments } = module[*call] else { return false };
        module.list(arguments).iter().any(is_it) && is_defn(callee)
    })
}

fn service_fault(analysis: &Analysis<'_, '_>, value: ValueId) -> Judged {
    match analysis.evaluator.get(value) {
        Value::Str(text) => Some((Fault::Text, format!("\"{text}\""), None)),
        Value::Class(class, _) => {
            let name = class_name(analysis, *class);
            let instead = format!("{name}(…)");
            Some((Fault::Class, name, Some(instead)))
        }
        _ => None,
    }
}

/// Whether `@activity.defn` stands at a class itself.
fn is_callable_activity(analysis: &Analysis<'_, '_>, class: ClassRef) -> bool {
    let module = analysis.project.module(class.file);
    let scope = module[class.class].scope;
    let called = module.function_ids().filter(|function| module[*function].parent == scope);
    called.into_iter().any(|function| {
        module[function].name == "__call__"
            && activity(analysis, FunctionRef { file: class.file, function })
                .is_some_and(|found| analysis.wire_of_activity(found).is_some())
    })
}

/// Classes of `unittest.mock` whose objects have any attribute that is asked for.
const MOCKS: &[&str] =
    &["unittest.mock.AsyncMock", "unittest.mock.MagicMock", "unittest.mock.Mock", "unittest.mock.NonCallableMock"];

fn function_name(analysis: &Analysis<'_, '_>, function: FunctionRef) -> String {
    analysis.project.module(function.file).qualified_name(function.function)
}

fn class_name(analysis: &Analysis<'_, '_>, class: ClassRef) -> String {
    analysis.project.module(class.file).qualified_class_name(class.class)
}

/// Two things of one name in one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The later one's place in the list.
    pub span: Span,
    /// The earlier one's.
    pub first: Span,
    /// What they are.
    pub kind: DuplicateKind,
    /// Their name; nothing where they are dynamic.
    pub name: Option<String>,
    /// Whether they are one and the same.
    pub is_same: bool,
    /// How the later one is called in the code.
    pub what: String,
    /// How the earlier one is called in the code.
    pub other: String,
    /// Where a worker is given the list, if it is made elsewhere.
    pub given: Option<Span>,
}

/// What is registered twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DuplicateKind {
    /// Activities.
    Activity,
    /// Workflows.
    Workflow,
    /// Nexus services.
    Service,
}

/// What is registered twice with one worker.
#[must_use]
pub fn duplicates(analysis: &Analysis<'_, '_>) -> Vec<Duplicate> {
    let mut found = Vec::new();
    for worker in checked(analysis).filter(|worker| worker.kind == WorkerKind::Worker) {
        let lists = [
            (DuplicateKind::Workflow, "workflows", &worker.workflows),
            (DuplicateKind::Activity, "activities", &worker.activities),
            (DuplicateKind::Service, "nexus_service_handlers", &worker.services),
        ];
        for (kind, option, list) in lists {
            for mut duplicate in in_list(analysis, kind, list) {
                // Several workers may be given one list.
                if !found.iter().any(|known: &Duplicate| (known.span, known.first) == (duplicate.span, duplicate.first))
                {
                    duplicate.given = given_to(worker, option, duplicate.span);
                    found.push(duplicate);
                }
            }
        }
    }
    found
}

fn in_list(analysis: &Analysis<'_, '_>, kind: DuplicateKind, list: &Listed) -> Vec<Duplicate> {
    let mut found = Vec::new();
    let mut seen: FxHashMap<WireName, (Span, Named)> = FxHashMap::default();
    for item in &list.items {
        let Some((wire, named)) = item.only().and_then(|value| named(analysis, kind, value)) else { continue };
        let name = match wire {
            WireName::Known(name) => Some(name.to_string()),
            WireName::Dynamic => None,
            WireName::Unknown => continue,
        };
        match seen.get(&wire) {
            Some((first, earlier)) => {
                let is_same = earlier.definition == named.definition;
                let (mut what, mut other) = (named.name, earlier.name.clone());
                if !is_same && what == other {
                    let (later, sooner) = module_names(analysis, named.definition.file, earlier.definition.file);
                    (what, other) = (format!("{later}.{what}"), format!("{sooner}.{other}"));
                }
                let (span, first) = (item.span, *first);
                found.push(Duplicate { span, first, kind, name, is_same, what, other, given: None });
            }
            None => _ = seen.insert(wire, (item.span, named)),
        }
    }
    found
}

/// How the code calls a thing, and where it is defined.
struct Named {
    name: String,
    definition: Span,
}

/// The names of two modules, as far from the end as it takes to tell them apart.
fn module_names(analysis: &Analysis<'_, '_>, one: FileId, other: FileId) -> (String, String) {
    let parts = |file| -> Vec<&str> {
        let path = analysis.project.source(file).path();
        let folders = path.parent().into_iter().flat_map(|folder| folder.components().map(|part| part.as_str()));
        folders.chain(path.file_stem()).collect()
    };
    let (one, other) = (parts(one), parts(other));
    let end = |parts: &[&str], length: usize| parts[parts.len().saturating_sub(length)..].join(".");
    let longest = one.len().max(other.len());
    let length = (1..longest).find(|length| end(&one, *length) != end(&other, *length)).unwrap_or(longest);
    (end(&one, length), end(&other, length))
}

/// The name under which the server knows an item, and how the code calls it.
fn named(analysis: &Analysis<'_, '_>, kind: DuplicateKind, value: ValueId) -> Option<(WireName, Named)> {
    let evaluator = analysis.evaluator;
    let class_named = |class: ClassRef| {
        let range = analysis.project.module(class.file)[class.class].name_range;
        Named { name: class_name(analysis, class), definition: Span { file: class.file, range } }
    };
    match kind {
        DuplicateKind::Activity => {
            let function = function_of(analysis, value)?;
            let activity = activity(analysis, function)?;
            Some((
                analysis.wire_of_activity(activity)?,
                Named { name: function_name(analysis, function), definition: activity.span },
            ))
        }
        DuplicateKind::Workflow => {
            let Value::Class(class, _) = evaluator.get(value) else { return None };
            let is_it = |workflow: &&Workflow| workflow.class == value;
            let workflow = analysis.definitions.workflows.iter().find(is_it)?;
            Some((analysis.wire_of_workflow(workflow), class_named(*class)))
        }
        DuplicateKind::Service => {
            let Value::Instance(instance) = evaluator.get(value) else { return None };
            Some((service_name(evaluator, instance.class), class_named(instance.class)))
        }
    }
}

/// The name of the service that a handler class is for.
fn service_name(evaluator: &Evaluator<'_>, class: ClassRef) -> WireName {
    let module = evaluator.project().module(class.file);
    let found = decorated(evaluator, class, SERVICE_HANDLER);
    let Some(call) = found else { return WireName::Unknown };
    let Some(call) = call else { return WireName::Known(module[class.class].name) };
    let Some(option) = keywords(evaluator, Located { expr: call, file: class.file }) else { return WireName::Unknown };
    match (option("name"), option("service")) {
        (None, None) => WireName::Known(module[class.class].name),
        (Some(name), _) => text(evaluator, &name),
        (None, Some(service)) => match service.only().map(|service| evaluator.get(service)) {
            Some(Value::Class(service, _)) => contract_name(evaluator, *service),
            _ => WireName::Unknown,
        },
    }
}

/// The values of a call's keywords, by name; nothing where it may be given others.
fn keywords<'e>(evaluator: &'e Evaluator<'_>, call: Located) -> Option<impl Fn(&str) -> Option<Values> + 'e> {
    let module = evaluator.project().module(call.file);
    let Expr::Call { arguments, .. } = module[call.expr] else { return None };
    let arguments = module.list(arguments);
    let is_known = |argument: &Argument| !matches!(argument.kind, ArgumentKind::Star | ArgumentKind::DoubleStar);
    arguments
        .iter()
        .all(is_known)
        .then_some(move |name: &str| given_for(arguments, name, None).map(|value| evaluator.value(value, call.place())))
}

fn text(evaluator: &Evaluator<'_>, values: &Values) -> WireName {
    match values.only().map(|value| evaluator.get(value)) {
        Some(Value::Str(text)) => WireName::Known(*text),
        _ => WireName::Unknown,
    }
}

/// The name of a `@nexusrpc.service` class.
fn contract_name(evaluator: &Evaluator<'_>, class: ClassRef) -> WireName {
    let module = evaluator.project().module(class.file);
    let own = WireName::Known(module[class.class].name);
    match decorated(evaluator, class, SERVICE) {
        None => WireName::Unknown,
        Some(None) => own,
        Some(Some(call)) => {
            let Some(option) = keywords(evaluator, Located { expr: call, file: class.file }) else {
                return WireName::Unknown;
            };
            option("name").map_or(own, |name| text(evaluator, &name))
        }
    }
}

/// Whether a decorator from outside stands at a class, and the call that configures it.
fn decorated(evaluator: &Evaluator<'_>, class: ClassRef, wanted: &str) -> Option<Option<ExprId>> {
    let module = evaluator.project().module(class.file);
    module.list(module[class.class].decorators).iter().find_map(|decorator| {
        let (callee, call) = match module[*decorator] {
            Expr::Call { callee, .. } => (callee, Some(*decorator)),
            _ => (*decorator, None),
        };
        is_outside(evaluator, callee, class.file, wanted).then_some(call)
    })
}

fn is_outside(evaluator: &Evaluator<'_>, expr: ExprId, file: FileId, wanted: &str) -> bool {
    let value = evaluator.value(expr, Place { file, frame: None });
    value.only().and_then(|value| evaluator.outside_name(value)).is_some_and(|name| name == wanted)
}
