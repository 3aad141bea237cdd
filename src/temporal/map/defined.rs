//! The nodes of workflows and activities.
//!
//! Knows: how they are called on the wire and in the code, and which messages a workflow takes. Does not know: what leads there.

use rustc_hash::FxHashSet;

use super::super::definitions::{Activity, Role};
use super::super::signatures::WireName;
use super::{Mapper, Member, NodeKind, Piece};
use crate::python::{Callable, FunctionRef, Value};
use crate::source::TextRange;

impl Mapper<'_, '_, '_> {
    pub(super) fn workflow(&self, position: usize) -> Piece {
        let workflow = &self.analysis.definitions.workflows[position];
        let (code_name, range) = match self.analysis.evaluator.get(workflow.class) {
            Value::Class(class, _) => {
                let module = self.analysis.project.module(class.file);
                (Some(module.qualified_class_name(class.class)), module[class.class].range)
            }
            _ => (None, workflow.span.range),
        };
        let wire = self.analysis.wire_of_workflow(workflow);
        let (name, is_wire_name) = named(wire, code_name.as_deref());
        Piece {
            kind: NodeKind::Workflow,
            name: name.unwrap_or_else(|| self.text(workflow.span)),
            is_wire_name,
            takes_any: wire == WireName::Dynamic,
            code_name,
            spot: Some(self.spot(workflow.span)),
            range,
            in_tests: workflow.in_tests,
            members: self.handlers(position),
            is_open: (false, false),
            is_handed_on: false,
            default: None,
        }
    }

    /// The signals, queries and updates that a workflow takes.
    fn handlers(&self, workflow: usize) -> Vec<Member> {
        let entries = self.analysis.definitions.entry_points.iter();
        let mut found: Vec<Member> = entries
            .filter(|entry| entry.workflow == Some(workflow))
            .filter_map(|entry| {
                let kind = message_kind(entry.role)?;
                let own = entry.name.rsplit('.').next().unwrap_or(&entry.name);
                let name = match self.analysis.wire_of_handler(entry) {
                    WireName::Known(name) => Some(name.to_string()),
                    WireName::Dynamic => None,
                    WireName::Unknown => Some(own.to_owned()),
                };
                Some(Member { kind, name, spot: self.spot(entry.span) })
            })
            .collect();
        found.sort_by(|one, other| (one.kind, &one.name, &one.spot).cmp(&(other.kind, &other.name, &other.spot)));
        found.dedup();
        found
    }

    /// The nodes of activities. A function that is one only since a decorator puts it around others is known by these.
    pub(super) fn find_activities(&mut self) {
        let activities = &self.analysis.definitions.activities;
        let around = |activity: &Activity| {
            let is_other = |called: &&Callable| called.function != activity.function;
            activity.called.iter().filter(is_other).map(|called| called.function).collect::<Vec<_>>()
        };
        let wrappers: FxHashSet<FunctionRef> = activities.iter().flat_map(around).collect();
        for (position, activity) in activities.iter().enumerate() {
            if wrappers.contains(&activity.function) && self.analysis.wire_of_activity(activity).is_none() {
                self.activities.push(None);
                continue;
            }
            let piece = self.activity(position);
            let node = self.add(piece);
            self.activities.push(Some(node));
        }
    }

    fn activity(&self, position: usize) -> Piece {
        let activity = &self.analysis.definitions.activities[position];
        let function = activity.function;
        let code_name = self.analysis.name_of(function);
        let own = code_name.strip_suffix(".__call__").unwrap_or(&code_name);
        let short = own.rsplit('.').next().unwrap_or(own);
        let wire = self.analysis.wire_of_activity(activity).unwrap_or(WireName::Unknown);
        let (name, is_wire_name) = named(wire, Some(short));
        Piece {
            kind: NodeKind::Activity,
            name: name.unwrap_or_else(|| short.to_owned()),
            is_wire_name,
            takes_any: wire == WireName::Dynamic,
            code_name: Some(code_name),
            spot: Some(self.spot(activity.span)),
            range: self.range_of(function),
            in_tests: self.analysis.is_test(function.file),
            members: Vec::new(),
            is_open: (false, false),
            is_handed_on: false,
            default: None,
        }
    }

    /// The node of the activity for which the SDK calls a function.
    pub(super) fn activity_called(&self, callable: &Callable) -> Option<usize> {
        self.activities[self.analysis.activity_called(callable)?]
    }

    fn range_of(&self, function: FunctionRef) -> TextRange {
        self.analysis.project.module(function.file)[function.function].range
    }
}

/// The name of what the server knows by a name on the wire, and whether it is that.
fn named(wire: WireName, own: Option<&str>) -> (Option<String>, bool) {
    match wire {
        WireName::Known(name) => (Some(name.to_string()), true),
        WireName::Dynamic | WireName::Unknown => (own.map(str::to_owned), false),
    }
}

/// How the messages that a method takes are called.
fn message_kind(role: Role) -> Option<&'static str> {
    match role {
        Role::Signal => Some("signal"),
        Role::Query => Some("query"),
        Role::Update => Some("update"),
        _ => None,
    }
}
