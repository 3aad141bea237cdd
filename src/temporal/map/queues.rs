//! The task queues that work goes to.
//!
//! Knows: names, and variables, which are one queue wherever they are read. Does not know: who polls a queue, or what the
//! environment says.

use super::super::constants::{Constant, constant, constant_value};
use super::super::queues::Queue;
use super::super::sdk_calls::{SdkArgument, SdkCall};
use super::links::View;
use super::{Mapper, NodeKind, Piece};
use crate::python::{Place, Value};
use crate::semantic::{BindingId, BindingKind, BoolOp, Expr, ExprId, given_for};
use crate::source::{FileId, Span};

impl Mapper<'_, '_, '_> {
    /// The node of the task queue that an argument names; none where it names none.
    pub(super) fn queue(
        &mut self,
        call: &SdkCall,
        argument: &SdkArgument,
        view: Option<&View<'_, '_>>,
    ) -> Option<usize> {
        let span = Span { file: call.span.file, range: argument.range };
        let queue = match view.and_then(|view| view.text(argument)) {
            Some(text) => Queue::Text(text.as_str()),
            None if self.analysis.constant_of(call, argument) == Some(Constant::None) => return None,
            None => Queue::of_argument(self.analysis.evaluator, call, argument),
        };
        // What `**options` bring has no name of its own: it is no more than that a task queue may be named.
        if argument.expr.is_none() && !matches!(queue, Queue::Text(_)) {
            return None;
        }
        let text = self.text(span);
        let (key, name, is_wire_name) = match queue {
            Queue::Text(name) => (format!("={name}"), name.to_owned(), true),
            Queue::Bound(file, binding) => {
                let module = self.analysis.project.module(file);
                let name = module[module[binding].variable].name.to_string();
                (format!("{}:{}", file.index(), binding.index()), name, false)
            }
            Queue::Unknown if self.is_bare(call, argument) => {
                let function = call.function.map_or(0, |function| function.function.index() + 1);
                (format!("{}:{function}:{text}", call.span.file.index()), text, false)
            }
            Queue::Unknown => (text.clone(), text, false),
        };
        if let Some(known) = self.queues.get(&key) {
            return Some(*known);
        }
        let variable = match queue {
            Queue::Bound(file, binding) => Some((file, binding)),
            _ => None,
        };
        let at = variable
            .map_or(span, |(file, binding)| Span { file, range: self.analysis.project.module(file)[binding].range });
        let piece = Piece {
            kind: NodeKind::TaskQueue,
            code_name: variable.map(|_| name.clone()),
            name,
            is_wire_name,
            takes_any: false,
            spot: (!is_wire_name).then(|| self.spot(at)),
            range: at.range,
            // Who uses it decides.
            in_tests: false,
            members: Vec::new(),
            is_open: (false, false),
            is_handed_on: false,
            default: variable.and_then(|(file, binding)| self.default_of(file, binding)),
        };
        let node = self.add(piece);
        self.queues.insert(key, node);
        Some(node)
    }

    /// Whether an argument is a name, which means something else in another function.
    fn is_bare(&self, call: &SdkCall, argument: &SdkArgument) -> bool {
        let module = self.analysis.project.module(call.span.file);
        argument.expr.is_some_and(|expr| matches!(module[expr], Expr::Name { .. }))
    }

    /// The name that a variable has where nothing else is told: what is written behind the key of `os.getenv`, or as the
    /// default of a parameter.
    fn default_of(&self, file: FileId, binding: BindingId) -> Option<String> {
        let module = self.analysis.project.module(file);
        match module[binding].kind {
            BindingKind::Assign { value, path, .. } if path.is_empty() => self.fallback(file, value),
            BindingKind::Parameter { index } => {
                let function = module[module[binding].block].function?;
                self.written(file, module.parameters(function).get(index as usize)?.default?)
            }
            _ => None,
        }
    }

    fn fallback(&self, file: FileId, value: ExprId) -> Option<String> {
        let module = self.analysis.project.module(file);
        match module[value] {
            Expr::BoolOp { op: BoolOp::Or, operands } => self.written(file, *module.list(operands).last()?),
            Expr::Call { callee, arguments } => {
                let callee = self.analysis.evaluator.value(callee, Place { file, frame: None }).only()?;
                let is_environment = matches!(self.analysis.evaluator.get(callee), Value::Outside(name) if ENVIRONMENT.contains(&name.as_str()));
                let position = is_environment.then_some(1);
                self.written(file, given_for(module.list(arguments), "default", position)?)
            }
            _ => None,
        }
    }

    fn written(&self, file: FileId, expr: ExprId) -> Option<String> {
        match constant(self.analysis.evaluator, expr, Place { file, frame: None })? {
            Constant::Text(text) => Some(text.to_string()),
            _ => None,
        }
    }
}

/// What gives a setting of the environment, or what stands behind its key.
const ENVIRONMENT: &[&str] = &["os.getenv", "os.environ.get"];

impl View<'_, '_> {
    /// The text that an argument is, as this call of its function sees it.
    fn text(&self, argument: &SdkArgument) -> Option<crate::semantic::Name> {
        let values = self.evaluator.value(argument.expr?, self.place);
        match constant_value(self.evaluator, values.only()?)? {
            Constant::Text(text) => Some(text),
            _ => None,
        }
    }
}
