//! What the project's own wrappers around a client are told to start: `Temporal.start(Order.run, …)`.
//!
//! Knows: the calls of a function that hands one of its parameters on to the SDK. Does not know: what is put together from
//! parameters, or handed on by `*rest` and `**options`.

use rustc_hash::FxHashSet;

use super::super::definitions::Located;
use super::super::factories::calls_of;
use super::super::sdk_calls::{SdkArgument, SdkCall};
use super::links::Does;
use super::{End, Mapper};
use crate::python::{FunctionRef, Place, Value};
use crate::semantic::{BindingKind, BlockId, Expr, ExprId, Module, Name, Use, given_for};
use crate::source::{FileId, Span};

/// Through how many functions an argument is followed to where it is written.
const HOPS: usize = 4;

/// An argument as it is written for a wrapper, by a caller or as a default, and the call as if it stood there.
struct Passed {
    call: SdkCall,
    argument: SdkArgument,
    /// The call as if it stood where the wrapper is called.
    from: SdkCall,
}

impl Mapper<'_, '_, '_> {
    /// Links those who call a wrapper with what they have started; says whether all that a call starts is told so.
    pub(super) fn started_by_callers(&mut self, call: &SdkCall, does: &[Does]) -> bool {
        let [Does::Starts(kind, of, parameter), ..] = *does else { return false };
        if !call.callee.as_str().starts_with("temporalio.client.") {
            return false;
        }
        let Some(argument) = call.argument(parameter) else { return false };
        let passed = self.all_passed(call, argument);
        let aims: Vec<_> = passed.iter().map(|passed| self.started(&passed.call, &passed.argument, of, None)).collect();
        if !aims.iter().flatten().any(|aim| !matches!(aim.end, End::Unknown(..))) {
            return false;
        }
        let queues = call.argument("task_queue").map(|queue| self.all_passed(call, queue)).unwrap_or_default();
        for (passed, aims) in passed.iter().zip(aims) {
            let Some(holder) = self.calling(passed) else { continue };
            self.aimed(&passed.call, &passed.argument, &[holder], kind, aims);
            if queues.is_empty() {
                self.sent_to(call, &[holder], None);
            }
        }
        for queue in &queues {
            if let Some(holder) = self.calling(queue) {
                self.sent_by(&queue.call, &queue.argument, &[holder], None);
            }
        }
        true
    }

    /// The node of who calls a wrapper; none for workflows and activities, on whose behalf their calls are looked at.
    fn calling(&mut self, passed: &Passed) -> Option<usize> {
        let is_elsewhere = !self.analysis.sides_of(passed.from.function).any();
        is_elsewhere.then(|| self.holding(&passed.from))
    }

    fn all_passed(&self, call: &SdkCall, argument: &SdkArgument) -> Vec<Passed> {
        let mut found = Vec::new();
        self.follow(call, argument, HOPS, &mut FxHashSet::default(), &mut found);
        found
    }

    /// Where an argument is written that comes from a parameter; says whether it does.
    fn follow(
        &self,
        call: &SdkCall,
        argument: &SdkArgument,
        hops: usize,
        seen: &mut FxHashSet<(FunctionRef, Name)>,
        found: &mut Vec<Passed>,
    ) -> bool {
        let Some((function, parameter)) = self.parameter(call, argument) else { return false };
        let Some(hops) = hops.checked_sub(1).filter(|_| seen.insert((function, parameter))) else { return false };
        let mut is_given = false;
        for (at, called) in self.calls_and_adapted(function) {
            let from = self.as_if_at(call, at);
            let passed = match self.given((at, called), function, parameter) {
                Some(expr) => Passed { argument: self.written_there(argument, &from, expr), call: from.clone(), from },
                None => {
                    let Some(default) = self.default(function, parameter) else { continue };
                    let call = SdkCall { span: Span { file: function.file, ..call.span }, ..from.clone() };
                    Passed { argument: self.written_there(argument, &call, default), call, from }
                }
            };
            is_given = true;
            if !self.follow(&passed.call, &passed.argument, hops, seen, found) {
                found.push(passed);
            }
        }
        is_given
    }

    /// The parameter that an argument is, of the function that holds the call.
    fn parameter(&self, call: &SdkCall, argument: &SdkArgument) -> Option<(FunctionRef, Name)> {
        self.parameter_of(call.span.file, argument.expr?)
    }

    /// The parameter that an expression is, with its function.
    pub(super) fn parameter_of(&self, file: FileId, expr: ExprId) -> Option<(FunctionRef, Name)> {
        let module = self.analysis.project.module(file);
        let Expr::Name { name, block, .. } = module[expr] else { return None };
        let [binding] = module[module.variable_read(name, block)?].bindings.as_slice() else { return None };
        let BindingKind::Parameter { .. } = module[*binding].kind else { return None };
        Some((FunctionRef { file, function: module[module[*binding].block].function? }, name))
    }

    /// The calls of a function, each with the expression that is the function: what is called, or what something outside the
    /// project makes callable in another way, as `async_to_sync(start)(…)`.
    pub(super) fn calls_and_adapted(&self, function: FunctionRef) -> Vec<(Located, ExprId)> {
        let callee_of = |at: Located| match self.analysis.project.module(at.file)[at.expr] {
            Expr::Call { callee, .. } => Some((at, callee)),
            _ => None,
        };
        let mut found: Vec<(Located, ExprId)> =
            calls_of(self.analysis, function).into_iter().filter_map(callee_of).collect();
        let name = self.analysis.project.module(function.file)[function.function].name;
        for file in &self.analysis.files {
            let module = self.analysis.project.module(*file);
            let is_named = |expr: &ExprId| matches!(module[*expr], Expr::Name { name: own, .. } | Expr::Attribute { name: own, .. } if own == name);
            for expr in module.expression_ids().filter(is_named) {
                let Use::Argument { call: adapter, position: 0, .. } = module.uses().use_of(expr) else { continue };
                let Use::Called(call) = module.uses().use_of(adapter) else { continue };
                let Expr::Call { callee, .. } = module[adapter] else { continue };
                let place = Place { file: *file, frame: None };
                let only = |expr| self.analysis.evaluator.value(expr, place).only();
                let is_outside =
                    only(callee).is_some_and(|value| self.analysis.evaluator.outside_name(value).is_some());
                let is_it = |value| matches!(self.analysis.evaluator.get(value), Value::Function(callable) if callable.function == function);
                if is_outside && only(expr).is_some_and(is_it) {
                    found.push((Located { expr: call, file: *file }, expr));
                }
            }
        }
        found
    }

    /// What a call of a function gives one of its parameters.
    pub(super) fn given(
        &self,
        (at, called): (Located, ExprId),
        function: FunctionRef,
        parameter: Name,
    ) -> Option<ExprId> {
        let module = self.analysis.project.module(at.file);
        let Expr::Call { arguments, .. } = module[at.expr] else { return None };
        let called = self.analysis.evaluator.value(called, at.place()).only()?;
        let Value::Function(callable) = self.analysis.evaluator.get(called) else { return None };
        let parameters = self.analysis.project.module(function.file).parameters(function.function);
        let receiver = usize::from(callable.receiver.is_some());
        let position = parameters.iter().skip(receiver).position(|own| own.name == parameter);
        given_for(module.list(arguments), parameter.as_str(), position)
    }

    pub(super) fn default(&self, function: FunctionRef, parameter: Name) -> Option<ExprId> {
        let parameters = self.analysis.project.module(function.file).parameters(function.function);
        parameters.iter().find(|own| own.name == parameter)?.default
    }

    /// A call as if it stood where another one does.
    pub(super) fn as_if_at(&self, call: &SdkCall, at: Located) -> SdkCall {
        let module = self.analysis.project.module(at.file);
        let block = block_of(module, at.expr);
        let function = block.and_then(|block| module[block].function);
        let function = function.map(|function| FunctionRef { file: at.file, function });
        let range = module.span(at.expr);
        let (span, block) = (Span { file: at.file, range }, block.unwrap_or(call.block));
        SdkCall { span, function, expr: at.expr, block, callee_range: range, ..call.clone() }
    }

    /// An argument as if it were written as this expression, in the file of a call.
    pub(super) fn written_there(&self, argument: &SdkArgument, call: &SdkCall, expr: ExprId) -> SdkArgument {
        let file = call.span.file;
        let values = self.analysis.evaluator.value(expr, Place { file, frame: None });
        let range = self.analysis.project.module(file).span(expr);
        SdkArgument { range, expr: Some(expr), values, keyword: None, ..argument.clone() }
    }
}

/// The block that runs a call, by the first name that it reads.
fn block_of(module: &Module, call: ExprId) -> Option<BlockId> {
    let mut found = match module[call] {
        Expr::Name { block, .. } => Some(block),
        _ => None,
    };
    if found.is_none() {
        module.each_part(call, &mut |part| found = found.or_else(|| block_of(module, part)));
    }
    found
}
