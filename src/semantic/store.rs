use super::module::ScopeId;
use crate::source::ast::{self, Expr};

/// A value that a statement puts into a collection: `handlers[kind] = handler`, `self.steps.append(step)`.
#[derive(Debug, Clone, Copy)]
pub struct Store<'a> {
    /// What the collection is an attribute of: `self` in `self.steps`; absent for a plain name.
    pub owner: Option<&'a str>,
    /// The scope of the statement.
    pub scope: ScopeId,
    /// The key, where it is spelled out.
    pub key: Option<&'a str>,
    /// What is put into it.
    pub value: &'a Expr,
    /// Whether it is put into a collection that is an item of the one named: `handlers[kind].append(handler)`.
    pub nested: bool,
    /// Whether all items of the value are put into it: `steps.extend(more)`, `handlers.update(more)`.
    pub unpacked: bool,
}

/// A collection that a statement fills: its name, and what [`Store`] says of the statement.
pub(super) type Stored<'a> = (&'a str, Store<'a>);

/// What an assignment to a target puts where.
pub(super) fn of_assignment<'a>(target: &'a Expr, value: &'a Expr, scope: ScopeId) -> Option<Stored<'a>> {
    let Expr::Subscript(subscript) = target else { return None };
    let (name, owner, nested) = collection(&subscript.value)?;
    Some((name, Store { owner, scope, key: spelled(&subscript.slice), value, nested, unpacked: false }))
}

/// What `collection |= more` and `collection += more` put where.
pub(super) fn of_augmented<'a>(assign: &'a ast::StmtAugAssign, scope: ScopeId) -> Option<Stored<'a>> {
    let (name, owner, nested) = collection(&assign.target)?;
    let merges = matches!(assign.op, ast::Operator::BitOr | ast::Operator::Add);
    merges.then_some((name, Store { owner, scope, key: None, value: &assign.value, nested, unpacked: true }))
}

/// What a call of a method puts where.
pub(super) fn of_call(call: &ast::ExprCall, scope: ScopeId) -> Option<Stored<'_>> {
    let Expr::Attribute(method) = &*call.func else { return None };
    let (position, unpacked) = match method.attr.as_str() {
        "append" | "appendleft" | "put" | "put_nowait" => (0, false),
        "insert" | "setdefault" => (1, false),
        "extend" | "update" => (0, true),
        _ => return None,
    };
    let (name, owner, nested) = collection(&method.value)?;
    let value = call.arguments.find_positional(position)?;
    let key = (method.attr.as_str() == "setdefault").then(|| call.arguments.find_positional(0).and_then(spelled));
    Some((name, Store { owner, scope, key: key.flatten(), value, nested, unpacked }))
}

/// The collection that an expression names, what it is an attribute of, and whether one of its items is meant.
fn collection(expression: &Expr) -> Option<(&str, Option<&str>, bool)> {
    match expression {
        Expr::Name(name) => Some((name.id.as_str(), None, false)),
        Expr::Attribute(attribute) => match &*attribute.value {
            Expr::Name(owner) => Some((attribute.attr.as_str(), Some(owner.id.as_str()), false)),
            _ => None,
        },
        Expr::Subscript(subscript) => item(collection(&subscript.value)?),
        Expr::Call(call) => match &*call.func {
            Expr::Attribute(method) if matches!(method.attr.as_str(), "setdefault" | "get") => {
                item(collection(&method.value)?)
            }
            _ => None,
        },
        _ => None,
    }
}

/// An item of a collection; items of items are not told apart.
fn item<'a>((name, owner, nested): (&'a str, Option<&'a str>, bool)) -> Option<(&'a str, Option<&'a str>, bool)> {
    (!nested).then_some((name, owner, true))
}

fn spelled(key: &Expr) -> Option<&str> {
    match key {
        Expr::StringLiteral(text) => Some(text.value.to_str()),
        _ => None,
    }
}
