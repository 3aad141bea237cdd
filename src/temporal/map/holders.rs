//! On whose behalf a call runs: of a workflow, an activity, a Nexus service, or of other code.
//!
//! Knows: the entry points that lead to a function. Does not know: what the call does.

use rustc_hash::FxHashMap;

use super::super::analysis::{Context, ReachedCode};
use super::super::sdk_calls::SdkCall;
use super::{Mapper, NodeKind, Piece};
use crate::python::{Callable, ClassRef, Code, FunctionRef, NodeId, Root};
use crate::source::{FileId, Span, TextRange};

/// The nodes of code that is neither a workflow nor an activity.
#[derive(Default)]
pub(super) struct CodeNodes {
    nodes: FxHashMap<(NodeKind, FileId, Option<FunctionRef>), usize>,
}

impl Mapper<'_, '_, '_> {
    /// The nodes of the workflows or activities that lead to reached code; none where something else does.
    pub(super) fn entered_from(&self, reached: &ReachedCode<'_>, id: NodeId) -> Vec<usize> {
        let entries = reached.entries_of(id).filter_map(|entry| match (reached.context, entry.root.code) {
            (Context::Workflow, _) => entry.workflow.map(|workflow| self.workflows[workflow]),
            (_, Code::Function(function)) => {
                let Root { receiver, outer, .. } = entry.root;
                self.activity_called(&Callable { function, receiver, outer })
            }
            _ => None,
        });
        let mut found: Vec<usize> = entries.collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The node of the code that a call stands in, where nothing is known to lead there.
    pub(super) fn holding(&mut self, call: &SdkCall) -> usize {
        let file = call.span.file;
        let function = call.function.map(|function| self.named_function(function));
        if let Some(function) = function {
            let called = Callable { function, receiver: None, outer: None };
            if let Some(activity) = self.activity_called(&called) {
                return activity;
            }
            let module = self.analysis.project.module(file);
            let class = module[function.function].class.map(|class| ClassRef { file, class });
            if let Some(service) = class.and_then(|class| self.services.of(class)) {
                return service;
            }
            if let Some(workflow) = self.analysis.workflow_around(call) {
                return self.workflows[workflow];
            }
        }
        let kind = match call.callee.as_str().starts_with("temporalio.workflow.") {
            true => NodeKind::Code,
            false => NodeKind::Client,
        };
        self.code_node(kind, file, function, call.span)
    }

    /// The node of a function, or of a module's own statements.
    pub(super) fn code_node(
        &mut self,
        kind: NodeKind,
        file: FileId,
        function: Option<FunctionRef>,
        call: Span,
    ) -> usize {
        if let Some(known) = self.code.nodes.get(&(kind, file, function)) {
            return *known;
        }
        let (name, span, range) = self.named_code(file, function, call);
        let piece = Piece {
            kind,
            name: name.clone(),
            is_wire_name: false,
            takes_any: false,
            code_name: Some(name),
            spot: Some(self.spot(span)),
            range,
            in_tests: self.analysis.is_test(file),
            members: Vec::new(),
            is_open: (false, false),
            is_handed_on: false,
            default: None,
        };
        let node = self.add(piece);
        self.code.nodes.insert((kind, file, function), node);
        node
    }

    /// How code is called, where that stands, and what belongs to it. Of a module the call that it makes alone does.
    pub(super) fn named_code(
        &self,
        file: FileId,
        function: Option<FunctionRef>,
        call: Span,
    ) -> (String, Span, TextRange) {
        let module = self.analysis.project.module(file);
        match function {
            Some(function) => {
                let definition = &module[function.function];
                let span = Span { file, range: definition.name_range };
                (module.qualified_name(function.function), span, definition.range)
            }
            None => {
                let path = self.analysis.project.source(file).path();
                (path.file_stem().unwrap_or(path.as_str()).to_owned(), call, call.range)
            }
        }
    }

    /// The function itself; that around it where it is a lambda.
    pub(super) fn named_function(&self, function: FunctionRef) -> FunctionRef {
        let module = self.analysis.project.module(function.file);
        let mut at = function.function;
        while module[at].is_lambda() {
            let Some(around) = module.function_around(module[at].parent) else { break };
            at = around;
        }
        FunctionRef { file: function.file, function: at }
    }
}
