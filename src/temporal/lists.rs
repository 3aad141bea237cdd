//! What the lists hold that calls of the SDK are given, item by item.
//!
//! Knows: displays, sums, stars, and names that one place binds. Does not know: what an item means.

use crate::python::{Evaluator, FunctionRef, Place, Rest, Value, ValueId, Values};
use crate::semantic::{ArgumentKind, BindingKind, Expr, ExprId, Module, Use};
use crate::source::{Span, TextRange};

use super::sdk_calls::{Presence, SdkCall};

/// Through how many names, sums and stars a list is followed to its displays.
const LIST_DEPTH: usize = 8;

/// What a list holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// The items that are known.
    pub items: Vec<Item>,
    /// There may be more.
    pub is_open: bool,
}

/// An item of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The place of the item, or of the nearest expression that brings it in.
    pub span: Span,
    /// What it is.
    pub values: Values,
    /// Whether it is in the list whatever happens.
    pub is_sure: bool,
    /// The function of the project whose call it is.
    pub called: Option<FunctionRef>,
}

impl Item {
    /// What it is, if it is in the list and can be nothing else.
    #[must_use]
    pub fn only(&self) -> Option<ValueId> {
        self.values.only().filter(|_| self.is_sure)
    }
}

impl Listed {
    /// A list whose content is unknown.
    #[must_use]
    pub fn unknown() -> Self {
        Self { items: Vec::new(), is_open: true }
    }

    /// What the list of a call's option holds; nothing where it is not given.
    pub(super) fn option(evaluator: &Evaluator<'_>, call: &SdkCall, name: &str) -> Self {
        let argument = match call.given(name) {
            Presence::Argument(argument) => argument,
            Presence::Absent => return Self::default(),
            Presence::Unknown => return Self::unknown(),
        };
        let file = call.span.file;
        if let Some(expr) = argument.expr {
            return Self::of(evaluator, expr, Place { file, frame: None });
        }
        let mut listed = Self::default();
        listed.add_values(evaluator, &argument.values, Span { file, range: argument.range });
        listed
    }

    /// What an expression's value holds.
    pub(super) fn of(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> Self {
        let mut listed = Self::default();
        listed.add(evaluator, expr, place, None, LIST_DEPTH);
        listed
    }

    fn add(&mut self, evaluator: &Evaluator<'_>, expr: ExprId, place: Place, around: Option<TextRange>, depth: usize) {
        let module = evaluator.project().module(place.file);
        let span = |expr| Span { file: place.file, range: around.unwrap_or_else(|| module.span(expr)) };
        match module[expr] {
            Expr::List(items) | Expr::Tuple(items) if depth > 0 => {
                for item in module.list(items) {
                    if let Expr::Starred(inner) = module[*item] {
                        self.add(evaluator, inner, place, Some(span(inner).range), depth - 1);
                    } else {
                        let values = evaluator.value(*item, place);
                        let called = called(evaluator, *item, place);
                        self.items.push(Item { span: span(*item), values, is_sure: true, called });
                    }
                }
            }
            Expr::Binary { left, right, op: crate::semantic::Operator::Add } if depth > 0 => {
                self.add(evaluator, left, place, around, depth - 1);
                self.add(evaluator, right, place, around, depth - 1);
            }
            _ => {
                self.is_open |= is_handed_on(module, expr);
                self.add_values(evaluator, &evaluator.value(expr, place), span(expr));
            }
        }
    }

    fn add_values(&mut self, evaluator: &Evaluator<'_>, values: &Values, span: Span) {
        // What is nothing at all stands where the engine sees no way for control to come: nothing is proven by it.
        self.is_open |= values.rest != Rest::Nothing || values.is_never();
        let is_only = values.only().is_some();
        for value in &values.known {
            if let Value::Items(items) = evaluator.get(*value) {
                let item = |values: &Values| Item { span, values: values.clone(), is_sure: is_only, called: None };
                self.items.extend(items.iter().map(item));
                continue;
            }
            let items = evaluator.item_of(&Values::of(*value));
            self.is_open |= items.rest != Rest::Nothing;
            let item = |value: &ValueId| Item { span, values: Values::of(*value), is_sure: false, called: None };
            self.items.extend(items.known.iter().map(item));
        }
    }
}

/// The function of the project that an expression calls.
fn called(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> Option<FunctionRef> {
    let Expr::Call { callee, .. } = evaluator.project().module(place.file)[expr] else { return None };
    match evaluator.get(evaluator.value(callee, place).only()?) {
        Value::Function(callable) => Some(callable.function),
        _ => None,
    }
}

/// Whether the list of a name is given to a call that may put something into it.
fn is_handed_on(module: &Module, expr: ExprId) -> bool {
    let Expr::Name { name, block, .. } = module[expr] else { return false };
    let Some(variable) = module.variable_read(name, block) else { return false };
    let hands_on = |read: ExprId| match module.uses().use_of(read) {
        Use::Argument { call, kind: ArgumentKind::Positional, .. } => !only_looks(module, call),
        _ => false,
    };
    module[variable].bindings.iter().any(|binding| {
        matches!(module[*binding].kind, BindingKind::Assign { .. }) && module.reads_of(*binding).any(hands_on)
    })
}

/// Whether a call only looks at a list that it is given, judged by its name.
fn only_looks(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module[call] else { return false };
    matches!(module[callee], Expr::Name { name, .. } if LOOKS.contains(&name.as_str()))
}

/// Functions that every module sees and that leave a list as it is.
const LOOKS: &[&str] =
    &["len", "list", "tuple", "set", "frozenset", "sorted", "print", "repr", "str", "enumerate", "zip"];
