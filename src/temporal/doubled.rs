//! Plugins and interceptors that stand in a wrong place: with a client and its worker, or with one that cannot use them.
//!
//! Knows: what the client of a worker is made with, and which of the SDK's bases a class has. Does not know: what a plugin or
//! interceptor does.

use crate::python::{Ancestor, ClassRef, Value, ValueId};
use crate::semantic::Name;
use crate::source::Span;

use super::analysis::Analysis;
use super::lists::{Item, Listed};
use super::sdk_calls::SdkCall;
use super::wiring::{CLIENTS, WorkerKind};

/// A plugin or interceptor that stands where it should not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisplacedItem {
    /// Where it stands.
    pub span: Span,
    /// Its class.
    pub class: String,
    /// Why it should not.
    pub kind: PlacementFault,
    /// Where it stands already.
    pub other: Option<Span>,
}

/// Why a plugin or interceptor should not stand where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacementFault {
    /// The client has the same plugin, and its worker takes it from there.
    Plugin,
    /// The client has the same interceptor, and its worker takes it from there.
    Interceptor,
    /// It is no interceptor of clients.
    NoneOfClients,
    /// It is no interceptor of workers.
    NoneOfWorkers,
}

const CLIENT_INTERCEPTOR: &str = "temporalio.client.Interceptor";
const WORKER_INTERCEPTOR: &str = "temporalio.worker.Interceptor";

/// Interceptors of the SDK for clients and workers alike.
const OF_BOTH: &[&str] = &[
    "temporalio.contrib.opentelemetry.TracingInterceptor",
    "temporalio.contrib.opentelemetry.OpenTelemetryInterceptor",
    "temporalio.contrib.datadog.TracingInterceptor",
];

/// The plugins and interceptors that stand where they should not.
#[must_use]
pub fn misplaced_items(analysis: &Analysis<'_, '_>) -> Vec<MisplacedItem> {
    let mut found = Vec::new();
    for worker in analysis.definitions.worker_calls() {
        if worker.kind != WorkerKind::Worker || worker.is_expected_to_fail {
            continue;
        }
        let own = |option| Listed::option(analysis.evaluator, &worker.call, option);
        for item in &own("interceptors").items {
            found.extend(foreign(
                analysis,
                (item, &worker.call),
                WORKER_INTERCEPTOR,
                CLIENT_INTERCEPTOR,
                PlacementFault::NoneOfWorkers,
            ));
        }
        let Some(client) = &worker.client else { continue };
        for (option, kind) in [("plugins", PlacementFault::Plugin), ("interceptors", PlacementFault::Interceptor)] {
            let listed = Listed::option(analysis.evaluator, client, option);
            for item in &own(option).items {
                let Some(class) = class_of(analysis, item) else { continue };
                let is_same = |other: &&Item| class_of(analysis, other).as_ref() == Some(&class);
                let Some(other) = listed.items.iter().find(is_same) else { continue };
                if kind == PlacementFault::Plugin || class.is_of_both(analysis) {
                    let span = at_option(&worker.call, option, item);
                    let other = Some(at_option(client, option, other));
                    found.push(MisplacedItem { span, class: class.name(analysis), kind, other });
                }
            }
        }
    }
    for call in analysis.sdk_calls().iter().filter(|call| !call.is_doubtful) {
        if CLIENTS.contains(&call.callee.as_str()) {
            for item in &Listed::option(analysis.evaluator, call, "interceptors").items {
                found.extend(foreign(
                    analysis,
                    (item, call),
                    CLIENT_INTERCEPTOR,
                    WORKER_INTERCEPTOR,
                    PlacementFault::NoneOfClients,
                ));
            }
        }
    }
    found
}

/// Where a call is given an item: what is wrong is that it is given there, wherever it is made.
fn at_option(call: &SdkCall, option: &str, item: &Item) -> Span {
    let is_within = item.span.file == call.span.file && call.span.range.contains_range(item.span.range);
    match call.argument(option).filter(|_| !is_within) {
        Some(given) => Span { file: call.span.file, range: given.range },
        None => item.span,
    }
}

/// An item whose class has the base of the other side, and not that of this one.
fn foreign(
    analysis: &Analysis<'_, '_>,
    (item, call): (&Item, &SdkCall),
    wanted: &str,
    other: &str,
    kind: PlacementFault,
) -> Option<MisplacedItem> {
    let Class::Project(class) = class_of(analysis, item)? else { return None };
    let bases = bases(analysis, class)?;
    let is_foreign = bases.iter().any(|base| *base == other) && !bases.iter().any(|base| *base == wanted);
    is_foreign.then(|| MisplacedItem {
        span: at_option(call, "interceptors", item),
        class: Class::Project(class).name(analysis),
        kind,
        other: None,
    })
}

/// The bases of a class outside the project, if all of them are known.
fn bases(analysis: &Analysis<'_, '_>, class: ClassRef) -> Option<Vec<Name>> {
    let order = analysis.evaluator.order(class, None);
    let mut found = Vec::new();
    for ancestor in order.iter() {
        match ancestor {
            Ancestor::Project(..) => {}
            Ancestor::Outside(name) => found.push(*name),
            Ancestor::Dynamic(_) | Ancestor::Unknown => return None,
        }
    }
    Some(found)
}

/// The class of a plugin or interceptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Project(ClassRef),
    Outside(Name),
}

fn class_of(analysis: &Analysis<'_, '_>, item: &Item) -> Option<Class> {
    class_of_value(analysis, item.values.single().filter(|_| item.is_sure)?)
}

fn class_of_value(analysis: &Analysis<'_, '_>, value: ValueId) -> Option<Class> {
    match analysis.evaluator.get(value) {
        Value::Instance(instance) => Some(Class::Project(instance.class)),
        Value::OutsideInstance { class, .. } => Some(Class::Outside(*class)),
        _ => None,
    }
}

impl Class {
    fn name(self, analysis: &Analysis<'_, '_>) -> String {
        match self {
            Class::Project(class) => analysis.project.module(class.file).qualified_class_name(class.class),
            Class::Outside(name) => name.as_str().rsplit('.').next().unwrap_or_default().to_owned(),
        }
    }

    /// Whether it is an interceptor for clients and workers alike.
    fn is_of_both(self, analysis: &Analysis<'_, '_>) -> bool {
        match self {
            Class::Outside(name) => OF_BOTH.contains(&name.as_str()),
            Class::Project(class) => bases(analysis, class).is_some_and(|bases| {
                let has = |wanted: &str| bases.iter().any(|base| *base == wanted || OF_BOTH.contains(&base.as_str()));
                has(CLIENT_INTERCEPTOR) && has(WORKER_INTERCEPTOR)
            }),
        }
    }
}
