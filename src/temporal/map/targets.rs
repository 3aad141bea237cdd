//! What the arguments of calls lead to.
//!
//! Knows: references and names, as a certain call of the function that holds them sees them. Does not know: what the call
//! does with it.

use super::super::constants::Constant;
use super::super::definitions::{Located, Role};
use super::super::making::made_by;
use super::super::messages::handled_by;
use super::super::routing::{only_owner, owner, workflow_of};
use super::super::sdk_calls::{SdkArgument, SdkCall};
use super::super::signatures::WireName;
use super::super::targets::Target;
use super::links::View;
use super::{End, Mapper, NodeKind};
use crate::python::{ClassRef, FunctionRef, Place, Rest, Value, Values};
use crate::semantic::{BlockId, Expr, ExprId};
use crate::source::{FileId, Span};

/// Where an argument leads.
pub(super) struct Aim {
    pub end: End,
    /// The message or operation.
    pub member: Option<String>,
    pub is_sure: bool,
}

/// What an argument may be.
#[derive(PartialEq)]
struct Found {
    target: Target,
    /// The node of the activity for which the SDK calls this function.
    called: Option<usize>,
}

impl Mapper<'_, '_, '_> {
    /// What an argument may be, one target for each value.
    fn targets(&self, call: &SdkCall, argument: &SdkArgument, view: Option<&View<'_, '_>>) -> (Vec<Found>, bool) {
        let mut values = argument.values.clone();
        if let (Some(view), Some(expr)) = (view, argument.expr) {
            let seen = view.evaluator.value(expr, view.place);
            if !seen.known.is_empty() {
                values = view.evaluator.transfer_values(&seen, self.analysis.evaluator);
            }
        }
        let is_sure = values.known.len() == 1 && values.rest != Rest::Anything && !call.is_doubtful;
        let one = |values: Values| {
            let value = values.single();
            let target = self.analysis.target_of(call, &SdkArgument { values, ..argument.clone() })?;
            let called = value.and_then(|value| match self.analysis.evaluator.get(value) {
                Value::Function(callable) => self.activity_called(callable),
                _ => None,
            });
            Some(Found { target, called })
        };
        if values.known.len() < 2 && values.rest != Rest::Anything {
            return (one(values).into_iter().collect(), is_sure);
        }
        let mut found: Vec<Found> = Vec::new();
        for target in values.known.iter().filter_map(|value| one(Values::of(*value))) {
            if !found.contains(&target) {
                found.push(target);
            }
        }
        if found.is_empty()
            && let Some(Constant::Text(name)) = self.analysis.constant_of(call, argument)
        {
            found.push(Found { target: Target::Name(name), called: None });
        }
        (found, is_sure)
    }

    /// The workflows or activities that an argument names.
    pub(super) fn started(
        &self,
        call: &SdkCall,
        argument: &SdkArgument,
        kind: NodeKind,
        view: Option<&View<'_, '_>>,
    ) -> Vec<Aim> {
        let (targets, is_sure) = self.targets(call, argument, view);
        let aim = |end| Aim { end, member: None, is_sure };
        let unknown = || End::Unknown(kind, self.text(Span { file: call.span.file, range: argument.range }));
        let end = |found: Found| match found.target {
            Target::Activity(activity) => found.called.or(self.activities[activity]).map_or_else(unknown, End::Piece),
            Target::Workflow(workflow) => End::Piece(self.workflows[workflow]),
            Target::Handler { role: Role::Run, function, workflow } => {
                let of_class = owner(self.analysis, call, argument).or_else(|| only_owner(self.analysis, function));
                of_class.or(workflow).map_or_else(unknown, |workflow| End::Piece(self.workflows[workflow]))
            }
            Target::Called(function) => match self.analysis.activity_of(function) {
                Some(activity) => self.activities[activity].map_or_else(unknown, End::Piece),
                None => unknown(),
            },
            Target::Class(class) => match self.called_of(class) {
                Some(activity) => self.activities[activity].map_or_else(unknown, End::Piece),
                None => unknown(),
            },
            Target::Name(name) => End::Named(kind, name.to_string()),
            Target::Function(function) => End::Unknown(kind, self.analysis.name_of(function)),
            _ => unknown(),
        };
        match targets.is_empty() {
            true => vec![Aim { end: unknown(), member: None, is_sure: false }],
            false => targets.into_iter().map(|target| aim(end(target))).collect(),
        }
    }

    /// The activity that the objects of a class are, by position.
    fn called_of(&self, class: ClassRef) -> Option<usize> {
        self.analysis.definitions.activities.iter().position(|activity| {
            let function = activity.function;
            let definition = &self.analysis.project.module(function.file)[function.function];
            function.file == class.file && definition.class == Some(class.class) && definition.name == "__call__"
        })
    }

    /// The handler that a message is for. `to` is the workflow, where the call itself says it.
    pub(super) fn message(
        &self,
        call: &SdkCall,
        argument: &SdkArgument,
        kind: &'static str,
        to: Option<usize>,
        view: Option<&View<'_, '_>>,
    ) -> Vec<Aim> {
        let (targets, is_sure) = self.targets(call, argument, view);
        let to = to.or_else(|| handled_by(self.analysis, call));
        let text = self.text(Span { file: call.span.file, range: argument.range });
        let aim = |found: Found| match (found.target, to) {
            (Target::Handler { function, workflow, .. }, _) => {
                let has_it = |index: &usize| self.has_handler(*index, function);
                let owner = to.filter(has_it).or(workflow).map(|workflow| self.workflows[workflow]);
                let name = self.message_name(function);
                let end = owner.map_or_else(|| End::Taking(kind, name.clone()), End::Piece);
                Aim { end, member: Some(name), is_sure }
            }
            (Target::Name(name), Some(workflow)) => {
                Aim { end: End::Piece(self.workflows[workflow]), member: Some(name.to_string()), is_sure }
            }
            (Target::Name(name), None) => {
                Aim { end: End::Taking(kind, name.to_string()), member: Some(name.to_string()), is_sure }
            }
            _ => self.untold(call, &text, to),
        };
        match targets.is_empty() {
            true => vec![self.untold(call, &text, to)],
            false => targets.into_iter().map(aim).collect(),
        }
    }

    /// A message of which it cannot be told what it is.
    fn untold(&self, call: &SdkCall, text: &str, to: Option<usize>) -> Aim {
        let member = Some(text.to_owned());
        match to {
            Some(workflow) => Aim { end: End::Piece(self.workflows[workflow]), member, is_sure: false },
            None => {
                let range = call.callee_range;
                let whole = self.text(Span { file: call.span.file, range });
                let handle = whole.rsplit_once('.').map_or(whole.as_str(), |(handle, _)| handle);
                Aim { end: End::Unknown(NodeKind::Workflow, handle.to_owned()), member, is_sure: false }
            }
        }
    }

    fn has_handler(&self, workflow: usize, function: FunctionRef) -> bool {
        self.analysis
            .definitions
            .entry_points
            .iter()
            .any(|entry| entry.workflow == Some(workflow) && entry.runs(function))
    }

    fn message_name(&self, function: FunctionRef) -> String {
        let mut entries = self.analysis.definitions.entry_points.iter();
        let entry = entries.find(|entry| entry.runs(function));
        match entry.map(|entry| self.analysis.wire_of_handler(entry)) {
            Some(WireName::Known(name)) => name.to_string(),
            _ => self.analysis.project.module(function.file)[function.function].name.to_string(),
        }
    }

    /// The workflow that the operation starts which an update is given to.
    pub(super) fn started_with(&self, call: &SdkCall) -> Option<usize> {
        let operation = call.argument("start_workflow_operation")?;
        let made = made_by(self.analysis.evaluator, Located { expr: operation.expr?, file: call.span.file })?;
        workflow_of(self.analysis, self.analysis.sdk_call_at(made)?)
    }

    /// The Nexus operation that a call is for.
    pub(super) fn operation(&mut self, call: &SdkCall, argument: &SdkArgument) -> Aim {
        let place = Place { file: call.span.file, frame: None };
        let module = self.analysis.project.module(place.file);
        let text = self.text(Span { file: place.file, range: argument.range });
        let class_of = |values: &Values| match self.analysis.evaluator.get(values.single()?) {
            Value::Class(class, _) => Some(*class),
            _ => None,
        };
        // `Service.operation`, or the method that handles it.
        if let Some(Expr::Attribute { value, name }) = argument.expr.map(|expr| module[expr])
            && let Some(class) = class_of(&self.analysis.evaluator.value(value, place))
            && let Some(service) = self.service_of(class)
        {
            return Aim { end: End::Piece(service), member: Some(name.to_string()), is_sure: !call.is_doubtful };
        }
        let value = argument.values.single().map(|value| self.analysis.evaluator.get(value));
        if let Some(Value::Function(callable)) = value {
            let function = callable.function;
            let module = self.analysis.project.module(function.file);
            let class = module[function.function].class.map(|class| ClassRef { file: function.file, class });
            if let Some(service) = class.and_then(|class| self.service_of(class)) {
                let name = module[function.function].name.to_string();
                return Aim { end: End::Piece(service), member: Some(name), is_sure: !call.is_doubtful };
            }
        }
        let (member, is_sure) = match self.analysis.constant_of(call, argument) {
            Some(Constant::Text(name)) => (name.to_string(), !call.is_doubtful),
            _ => (text, false),
        };
        Aim { end: self.service_called(call), member: Some(member), is_sure }
    }

    /// The service that the client of a call was made for.
    fn service_called(&mut self, call: &SdkCall) -> End {
        let file = call.span.file;
        let module = self.analysis.project.module(file);
        let whole = self.text(Span { file, range: call.callee_range });
        let client = whole.rsplit_once('.').map_or(whole.as_str(), |(client, _)| client).to_owned();
        let unknown = End::Unknown(NodeKind::NexusService, client);
        let Expr::Call { callee, .. } = module[call.expr] else { return unknown };
        let Expr::Attribute { value, .. } = module[callee] else { return unknown };
        let made = made_by(self.analysis.evaluator, Located { expr: self.kept_as(file, value), file });
        let Some(made) = made.and_then(|made| self.analysis.sdk_call_at(made)) else { return unknown };
        let Some(service) = made.argument("service") else { return unknown };
        match service.values.single().map(|service| self.analysis.evaluator.get(service)) {
            Some(Value::Class(class, _)) => match self.service_of(*class) {
                Some(node) => End::Piece(node),
                None => End::Named(NodeKind::NexusService, self.analysis.name_of_class(*class).to_owned()),
            },
            Some(Value::Str(name)) => End::Named(NodeKind::NexusService, name.to_string()),
            _ => unknown,
        }
    }

    /// What is kept as an attribute of `self`, where one statement of the class alone sets that.
    fn kept_as(&self, file: FileId, expr: ExprId) -> ExprId {
        let module = self.analysis.project.module(file);
        let Expr::Attribute { value, name } = module[expr] else { return expr };
        let Expr::Name { block, .. } = module[value] else { return expr };
        let around = |block: BlockId| module.method_around(module[block].scope).map(|(_, class)| class);
        let own = around(block);
        let mut stores = module.attribute_stores(name).filter(|store| own.is_some() && around(store.block) == own);
        match (stores.next().and_then(|store| store.value), stores.next()) {
            (Some(value), None) => value,
            _ => expr,
        }
    }
}
