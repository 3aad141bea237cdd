//! Options that a call is given by `**options`: where they are written down.
//!
//! Knows: dictionaries that stand in the call, those that a name of the same module is given, and what statements put under
//! a key of that name. Does not know: dictionaries that come from elsewhere; there an option may be given or not.

use super::definitions::Located;
use super::lists::stores_into;
use crate::python::Evaluator;
use crate::semantic::{Argument, ArgumentKind, BindingKind, Expr, ExprId, List, Module, Name, Store, given_for};

/// The expressions that a call is given for an option: the one that stands in it, or those that dictionaries may hold which
/// are spread in it.
pub(super) fn given(evaluator: &Evaluator<'_>, call: Located, option: &str) -> Vec<ExprId> {
    let module = evaluator.project().module(call.file);
    let Expr::Call { arguments, .. } = module[call.expr] else { return Vec::new() };
    if let Some(value) = keyword(module, arguments, option) {
        return vec![value];
    }
    let spread = module.list(arguments).iter().filter(|argument| argument.kind == ArgumentKind::DoubleStar);
    spread.flat_map(|argument| held(module, argument.value, option)).collect()
}

/// What stands in a call by a keyword.
pub(super) fn keyword(module: &Module, arguments: List<Argument>, name: &str) -> Option<ExprId> {
    given_for(module.list(arguments), name, None)
}

/// What a dictionary may hold under a key, as far as that is written in the same module.
fn held(module: &Module, dictionary: ExprId, key: &str) -> Vec<ExprId> {
    let mut found = displayed(module, dictionary, key);
    if let Expr::Name { name, block, .. } = module[dictionary] {
        let Some(variable) = module.variable_read(name, block) else { return found };
        for binding in &module[variable].bindings {
            if let BindingKind::Assign { value, .. } = module[*binding].kind {
                found.extend(displayed(module, value, key));
            }
        }
        let is_this = |store: &&Store| store.key.is_some_and(|stored| is_text(module, stored, key));
        found.extend(stores_into(module, variable).into_iter().filter(is_this).map(|store| store.value));
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
            keyword(module, arguments, key).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn is_text(module: &Module, expr: ExprId, text: &str) -> bool {
    matches!(module[expr], Expr::Str(name) if name == Name::new(text))
}
