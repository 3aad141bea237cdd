//! Decorators of the project that put a function of their own in the place of a definition, and what the SDK no longer sees.
//!
//! Knows: decorators, called or not, that return the one function which they define; whether that keeps the attributes, the
//! parameters and the kind of what it stands for. Does not know: decorators that return several things, or that hand on what
//! they make; nothing is said of these.

use crate::python::{FunctionRef, Place, Value};
use crate::semantic::{BindingId, BindingKind, Expr, ExprId, FunctionId, Module, Name, ParameterKind};
use crate::source::{FileId, Span};

use super::agreement::is_decoded_by_hints;
use super::analysis::Analysis;
use super::constants::Constant;
use super::signatures::{FunctionDefinition, Sdk, Told};

/// A definition of which a decorator hides something from the SDK.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// Where the decorator stands.
    pub decorator: Span,
    /// The function that stands in the definition's place.
    pub wrapper: Span,
    /// How that function is called.
    pub wrapper_name: Name,
    /// The parameter by which it gets what it stands for.
    pub wrapped: Name,
    /// How the definition is called.
    pub name: String,
    /// What the SDK is to take the definition for.
    pub sdk: Sdk,
    /// What is hidden.
    pub hides: Hides,
}

/// What a decorator hides from the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hides {
    /// That it is defined at all: it stands above the SDK's decorator.
    Definition,
    /// That it is async.
    Async,
    /// Its name, its parameters and what it returns.
    Signature,
}

/// The definitions of which decorators of the project hide something from the SDK.
#[must_use]
pub fn replaced(analysis: &Analysis<'_, '_>) -> Vec<Replaced> {
    let definitions = &analysis.definitions;
    let methods = definitions.classes.iter().flat_map(|class| &class.methods);
    methods.chain(&definitions.functions).flat_map(|definition| of_definition(analysis, definition)).collect()
}

fn of_definition(analysis: &Analysis<'_, '_>, definition: &FunctionDefinition) -> Vec<Replaced> {
    let Some((sdk, own)) = definition.sdk().next().filter(|(sdk, _)| is_judged(*sdk)) else { return Vec::new() };
    let FunctionRef { file, function } = definition.function;
    let module = analysis.project.module(file);
    let expressions = module.list(module[function].decorators);
    let Some(position) = definition.decorators.iter().position(|decorator| decorator.span == own.span) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (at, expr) in expressions.iter().enumerate().filter(|(at, _)| *at != position) {
        let Some(wrapper) = Wrapper::of(analysis, *expr, file) else { continue };
        let hides = if at < position {
            (!wrapper.keeps).then_some(Hides::Definition)
        } else {
            let is_named =
                own.call.as_ref().is_some_and(|call| matches!(call.named("name"), Told::Known(Constant::Text(_))));
            wrapper.hides_below(
                definition,
                sdk,
                at == position + 1,
                is_named && !is_decoded_by_hints(analysis, definition),
            )
        };
        found.extend(hides.map(|hides| Replaced {
            decorator: definition.decorators[at].span,
            wrapper: wrapper.span,
            wrapper_name: wrapper.name,
            wrapped: wrapper.wrapped,
            name: definition.qualified_name.clone(),
            sdk,
            hides,
        }));
    }
    found
}

/// Whether the SDK leaves a mark at such a definition that it looks for later.
fn is_judged(sdk: Sdk) -> bool {
    matches!(sdk, Sdk::Activity | Sdk::Run | Sdk::Signal | Sdk::Query | Sdk::Update)
}

/// The function that a decorator puts in the place of what it is applied to.
struct Wrapper {
    span: Span,
    name: Name,
    /// The parameter by which the decorator gets what it is applied to.
    wrapped: Name,
    /// `functools.wraps` stands at it.
    keeps: bool,
    is_async: bool,
    /// It returns what a call of the wrapped function gives, and does not await it.
    hands_on: bool,
    takes_any: bool,
}

impl Wrapper {
    fn of(analysis: &Analysis<'_, '_>, decorator: ExprId, file: FileId) -> Option<Self> {
        let module = analysis.project.module(file);
        let (callee, is_called) = match module[decorator] {
            Expr::Call { callee, .. } => (callee, true),
            _ => (decorator, false),
        };
        let Value::Function(callable) = analysis.evaluator.get(analysis.evaluator.value(callee, place(file)).only()?)
        else {
            return None;
        };
        let (file, mut deciding) = (callable.function.file, callable.function.function);
        let module = analysis.project.module(file);
        if is_called {
            deciding = inner(module, deciding)?.0;
        }
        let (function, binding) = inner(module, deciding)?;
        let keeps = keeps(analysis, file, function)?;
        // What else is done to it may give it what it lacks.
        if !keeps && module.reads_of(binding).count() != 1 {
            return None;
        }
        let wrapped = module.parameters(deciding).iter().find(|parameter| parameter.name != "self")?.name;
        let hands_on = |value: ExprId| calls(module, value, wrapped);
        let definition = &module[function];
        Some(Self {
            span: Span { file, range: definition.name_range },
            name: definition.name,
            wrapped,
            keeps,
            is_async: definition.is_async,
            hands_on: definition.returns.iter().filter_map(|returned| returned.value).any(hands_on),
            takes_any: module.parameters(function).iter().any(|parameter| parameter.kind == ParameterKind::Rest),
        })
    }

    /// What it hides where it stands below the SDK's decorator; `is_next`: with nothing between; `is_told`: the decorator
    /// names the definition, and what it takes and gives arrives as it is without its annotations.
    fn hides_below(&self, definition: &FunctionDefinition, sdk: Sdk, is_next: bool, is_told: bool) -> Option<Hides> {
        let must_be_async = matches!(sdk, Sdk::Activity | Sdk::Run);
        if is_next && must_be_async && definition.signature.is_async && !self.is_async && self.hands_on {
            return Some(Hides::Async);
        }
        (!self.keeps && self.takes_any && !is_told).then_some(Hides::Signature)
    }
}

fn place(file: FileId) -> Place {
    Place { file, frame: None }
}

/// The function that a function defines and returns, where it returns nothing else.
fn inner(module: &Module, outer: FunctionId) -> Option<(FunctionId, BindingId)> {
    let definition = &module[outer];
    let [returned] = definition.returns.as_slice() else { return None };
    let Expr::Name { name, block, .. } = module[returned.value?] else { return None };
    if definition.runs_later() {
        return None;
    }
    let [binding] = module[module.variable_read(name, block)?].bindings.as_slice() else { return None };
    match module[*binding].kind {
        BindingKind::Function(inner) if module[inner].parent == definition.scope => Some((inner, *binding)),
        _ => None,
    }
}

/// Whether `functools.wraps` stands at a function; nothing where something else does.
fn keeps(analysis: &Analysis<'_, '_>, file: FileId, function: FunctionId) -> Option<bool> {
    let module = analysis.project.module(file);
    let mut keeps = false;
    for decorator in module.list(module[function].decorators) {
        let callee = module.named_by(*decorator);
        let name = analysis.evaluator.value(callee, place(file)).only();
        let name = name.and_then(|value| analysis.evaluator.outside_name(value))?;
        if name != "functools.wraps" {
            return None;
        }
        keeps = true;
    }
    Some(keeps)
}

/// Whether an expression is a call of a name that is not awaited, or a name that is bound to one.
fn calls(module: &Module, value: ExprId, called: Name) -> bool {
    match module[value] {
        Expr::Call { callee, .. } => matches!(module[callee], Expr::Name { name, .. } if name == called),
        Expr::Name { name, block, .. } => module.variable_read(name, block).is_some_and(|variable| {
            module[variable].bindings.iter().any(|binding| match module[*binding].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() => {
                    matches!(module[value], Expr::Call { .. }) && calls(module, value, called)
                }
                _ => false,
            })
        }),
        _ => false,
    }
}
