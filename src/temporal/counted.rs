//! Handlers that a workflow counts itself, or lets in one by one, and a `run` that waits until none is at work.
//!
//! Knows: a number that a handler raises before it first waits and lowers in a `finally` behind all that it waits for, or a lock
//! that it holds for all of that, and a condition in `run` that holds only where the number is zero, or the lock free, with
//! nothing waited for behind it. (Who waits for a lock has it before the condition is asked again.) Does not know: flags, which
//! one of two handlers lowers for both, collections, and counts that are kept in several functions.

use super::code::each_statement;
use crate::semantic::{
    ArgumentKind, BlockId, Body, BoolOp, CmpOp, Expr, ExprId, FunctionId, Module, Name, Operator, Stmt, StmtId, Suite,
    UnaryOp,
};
use crate::source::TextRange;

/// What says whether a handler is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// An attribute that counts them.
    Count(Name),
    /// An attribute that holds a lock.
    Lock(Name),
}

impl Sign {
    /// The attribute.
    pub(super) fn attribute(self) -> Name {
        match self {
            Sign::Count(name) | Sign::Lock(name) => name,
        }
    }

    /// Whether a handler gives the sign while it is at work.
    pub(super) fn is_given_by(self, module: &Module, handler: FunctionId) -> bool {
        match self {
            Sign::Count(attribute) => is_counted_by(module, handler, attribute),
            Sign::Lock(attribute) => holds_lock(module, handler, attribute),
        }
    }
}

/// Whether all that a handler waits for stands in one `async with self.lock:` of its own body.
fn holds_lock(module: &Module, handler: FunctionId, attribute: Name) -> bool {
    let Body::Statements(body) = module[handler].body else { return false };
    let held = module.list(body).iter().find_map(|statement| match module[*statement] {
        Stmt::With(with) => match module.list(module[with].items) {
            [only] if module[with].is_async && is_attribute(module, only.manager, attribute) => {
                Some(module.statement_span(*statement))
            }
            _ => None,
        },
        _ => None,
    });
    let mut waits = module.waits().iter().filter(|(of, _)| *of == Some(handler));
    held.is_some_and(|held| waits.all(|(_, wait)| held.contains_range(*wait)))
}

/// Whether a handler counts itself by an attribute while it is at work.
fn is_counted_by(module: &Module, handler: FunctionId, attribute: Name) -> bool {
    let Body::Statements(body) = module[handler].body else { return false };
    let body = module.list(body);
    let Some(raised) = body.iter().position(|statement| counts(module, *statement, attribute, Operator::Add).is_some())
    else {
        return false;
    };
    let step = counts(module, body[raised], attribute, Operator::Add);
    let lowered = body[raised..].iter().find_map(|statement| match module[*statement] {
        Stmt::Try(tried) => {
            let finally = module.list(module[tried].finally);
            let lowers = |inner: &StmtId| counts(module, *inner, attribute, Operator::Sub) == step;
            finally.iter().any(lowers).then(|| {
                let start = module.statement_span(*statement).start();
                TextRange::new(start, module.statement_span(finally[0]).start())
            })
        }
        _ => None,
    });
    let Some(protected) = lowered else { return false };
    let stores = module.attribute_stores(attribute).filter(|store| module[store.block].function == Some(handler));
    let mut waits = module.waits().iter().filter(|(of, _)| *of == Some(handler));
    stores.count() == 2 && waits.all(|(_, wait)| protected.contains_range(*wait))
}

/// By how much a statement raises or lowers an attribute of the object: `self.open += 1`.
fn counts(module: &Module, statement: StmtId, attribute: Name, by: Operator) -> Option<i32> {
    let Stmt::Augment { target, op, value } = module[statement] else { return None };
    match module[value] {
        Expr::Int(step) if op == by && step > 0 && is_attribute(module, target, attribute) => Some(step),
        _ => None,
    }
}

fn is_attribute(module: &Module, expr: ExprId, attribute: Name) -> bool {
    matches!(module[expr], Expr::Attribute { value, name } if name == attribute && module.method_of_object(value).is_some())
}

/// The signs of which `run` waits until none is given, just before it ends. `waits_for_condition` says of a call whether it
/// waits for a condition; `continues` are the places where it continues as new.
pub(super) fn waited_for_at_the_end(
    module: &Module,
    run: FunctionId,
    waits_for_condition: &dyn Fn(ExprId) -> bool,
    continues: &[TextRange],
) -> Vec<Sign> {
    let (Body::Statements(body), Some(object)) = (module[run].body, module.parameters(run).first()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for statement in module.list(body) {
        let Stmt::Expr(expr) = module[*statement] else { continue };
        let Expr::Await(call) = module[expr] else { continue };
        let Expr::Call { arguments, .. } = module[call] else { continue };
        let [only] = module.list(arguments) else { continue };
        let Expr::Lambda(condition) = module[only.value] else { continue };
        let Body::Expression(test) = module[condition].body else { continue };
        let range = module.statement_span(*statement);
        let is_last = is_last(module, run, body, range) && continues.iter().all(|other| other.start() >= range.end());
        if only.kind == ArgumentKind::Positional && waits_for_condition(call) && is_last {
            zeros(module, test, object.name, &mut found);
        }
    }
    found
}

/// Whether nothing is waited for behind a statement, and control does not leave before it.
fn is_last(module: &Module, run: FunctionId, body: Suite, range: TextRange) -> bool {
    let waits_behind = module.waits().iter().any(|(of, wait)| *of == Some(run) && wait.start() >= range.end());
    let mut leaves_before = false;
    each_statement(module, body, &mut |inner| {
        leaves_before |=
            matches!(module[inner], Stmt::Return(_)) && module.statement_span(inner).start() < range.start();
    });
    !waits_behind && !leaves_before
}

/// The signs, attributes of an object, that nobody gives where a test holds.
fn zeros(module: &Module, test: ExprId, object: Name, found: &mut Vec<Sign>) {
    let of_self = |expr: ExprId| match module[expr] {
        Expr::Attribute { value, name } if matches!(module[value], Expr::Name { name, .. } if name == object) => {
            Some(name)
        }
        _ => None,
    };
    match module[test] {
        Expr::BoolOp { op: BoolOp::And, operands } => {
            module.list(operands).iter().for_each(|operand| zeros(module, *operand, object, found));
        }
        Expr::Unary { op: UnaryOp::Not, operand } => {
            let asked = match module[operand] {
                Expr::Call { callee, .. } => match module[callee] {
                    Expr::Attribute { value, name } if name == "locked" => of_self(value).map(Sign::Lock),
                    _ => None,
                },
                _ => of_self(operand).map(Sign::Count),
            };
            found.extend(asked);
        }
        Expr::Compare { left, rest } => {
            if let [only] = module.list(rest)
                && matches!(only.op, CmpOp::Eq | CmpOp::LtE)
                && matches!(module[only.right], Expr::Int(0))
            {
                found.extend(of_self(left).map(Sign::Count));
            }
        }
        _ => {}
    }
}

/// Whether a block is in a function that only makes the object.
pub(super) fn is_in_constructor(module: &Module, block: BlockId) -> bool {
    module[block]
        .function
        .is_some_and(|function| matches!(module[function].name.as_str(), "__init__" | "__post_init__"))
}
