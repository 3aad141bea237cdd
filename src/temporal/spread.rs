//! Options that a call is given by `**options`: where they are written down.
//!
//! Knows: dictionaries that stand in the call, those that a name of the same module is given, and what statements put under
//! a key of that name. Does not know: dictionaries that come from elsewhere; there an option may be given or not.

use super::definitions::Located;
use crate::python::{Evaluator, Value};
use crate::semantic::{ArgumentKind, BindingKind, Expr, ExprId, Module, Name};

/// The expressions that a call is given for an option: the one that stands in it, or those that dictionaries may hold which
/// are spread in it.
pub(super) fn given(evaluator: &Evaluator<'_>, call: Located, option: &str) -> Vec<ExprId> {
    let module = evaluator.project().module(call.file);
    let Expr::Call { arguments, .. } = module[call.expr] else { return Vec::new() };
    let arguments = module.list(arguments);
    let is_option = |kind: ArgumentKind| matches!(kind, ArgumentKind::Keyword(name) if name == option);
    if let Some(argument) = arguments.iter().find(|argument| is_option(argument.kind)) {
        return vec![argument.value];
    }
    let spread = arguments.iter().filter(|argument| argument.kind == ArgumentKind::DoubleStar);
    spread.flat_map(|argument| held(module, argument.value, option)).collect()
}

/// Whether something is spread in a call that may hold the option although nobody sees it there.
pub(super) fn may_hide(evaluator: &Evaluator<'_>, call: Located, option: &str) -> bool {
    let module = evaluator.project().module(call.file);
    let Expr::Call { arguments, .. } = module[call.expr] else { return true };
    let spread = module.list(arguments).iter().filter(|argument| argument.kind == ArgumentKind::DoubleStar);
    spread.into_iter().any(|argument| {
        let values = evaluator.value(argument.value, call.place());
        match values.only().map(|value| evaluator.get(value)) {
            Some(Value::Table(entries)) => {
                evaluator.under_name(entries, option).is_some() || entries.iter().any(|(key, _)| key.is_none())
            }
            _ => true,
        }
    })
}

/// What a dictionary may hold under a key, as far as that is written in the same module.
fn held(module: &Module, dictionary: ExprId, key: &str) -> Vec<ExprId> {
    let mut found = displayed(module, dictionary, key);
    if let Expr::Name { name, block, .. } = module[dictionary] {
        let variable = module.variable_read(name, block);
        let bindings = variable.map(|variable| &module[variable].bindings);
        for binding in bindings.into_iter().flatten() {
            if let BindingKind::Assign { value, .. } = module[*binding].kind {
                found.extend(displayed(module, value, key));
            }
        }
        let is_this = |store: &&crate::semantic::Store| {
            store.key.is_some_and(|stored| is_text(module, stored, key))
                && matches!(module[store.collection], Expr::Name { name, block, .. } if module.variable_read(name, block) == variable)
        };
        found.extend(module.stores(name).filter(is_this).map(|store| store.value));
    }
    found
}

/// What stands under a key in `{"key": value}` or `dict(key=value)`.
fn displayed(module: &Module, dictionary: ExprId, key: &str) -> Vec<ExprId> {
    match module[dictionary] {
        Expr::Dict(items) => {
            let items = module.list(items).iter();
            items.filter(|item| item.key.is_some_and(|own| is_text(module, own, key))).map(|item| item.value).collect()
        }
        Expr::Call { callee, arguments } if matches!(module[callee], Expr::Name { name, .. } if name == "dict") => {
            let arguments = module.list(arguments).iter();
            let is_key = |kind: ArgumentKind| matches!(kind, ArgumentKind::Keyword(name) if name == key);
            arguments.filter(|argument| is_key(argument.kind)).map(|argument| argument.value).collect()
        }
        _ => Vec::new(),
    }
}

fn is_text(module: &Module, expr: ExprId, text: &str) -> bool {
    matches!(module[expr], Expr::Str(name) if name == Name::new(text))
}
