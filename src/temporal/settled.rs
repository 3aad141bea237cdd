//! Conditions that code asks again where the wait for them has just come back, so that their outcome is settled.
//!
//! Knows: an `if` right behind a wait with a timeout, whose test is what the wait waited for, or its opposite, and whether anything
//! stands there for the other case. Does not know: what runs between the two, of which there is little: what else the workflow
//! does in the same activation.

use crate::semantic::{Body, BoolOp, CmpOp, Expr, ExprId, Module, Stmt, StmtId, Suite, UnaryOp, Use};

use super::code::{each_within, statements_after};
use super::sdk_calls::SdkCall;

/// The test behind a wait with a timeout whose outcome the wait has settled.
pub(super) fn settled_test(module: &Module, waited: &Waited) -> Option<ExprId> {
    let condition = waited.condition;
    let mut behind =
        statements_after(module, waited.body, waited.statement).into_iter().filter(|next| !does_nothing(module, *next));
    let Stmt::If(branches) = module[behind.next()?] else { return None };
    let branches = module.list(branches);
    let first = branches.first()?;
    let test = first.test?;
    // What stands behind a branch that leaves is an `else`, too.
    let has_else = branches.len() > 1 || leaves(module, first.body) && behind.next().is_some();
    let is_settled = is_negation(module, test, condition) || has_else && is_same(module, test, condition);
    is_settled.then_some(test)
}

/// Whether an `if` right behind a wait asks again for what the wait waited for, and nothing stands there for the other case.
pub(super) fn is_asked_again(module: &Module, waited: &Waited) -> bool {
    let mut behind =
        statements_after(module, waited.body, waited.statement).into_iter().filter(|next| !does_nothing(module, *next));
    let Some(Stmt::If(branches)) = behind.next().map(|next| module[next]) else { return false };
    let test = module.list(branches).first().and_then(|branch| branch.test);
    test.is_some_and(|test| is_same(module, test, waited.condition)) && settled_test(module, waited).is_none()
}

/// A wait with a timeout for what a lambda asks.
pub(super) struct Waited {
    /// The statement that waits.
    pub statement: StmtId,
    /// The body of the function that it stands in.
    pub body: Suite,
    /// What the lambda asks.
    pub condition: ExprId,
}

/// The wait that a call is, where it is a statement of its own.
pub(super) fn waited(module: &Module, call: &SdkCall) -> Option<Waited> {
    call.argument("timeout")?;
    let Expr::Lambda(lambda) = module[call.argument("fn")?.expr?] else { return None };
    let Body::Expression(condition) = module[lambda].body else { return None };
    let Use::Awaited(awaited) = module.uses().use_of(call.expr) else { return None };
    let Use::Discarded(statement) = module.uses().use_of(awaited) else { return None };
    let Body::Statements(body) = module[call.function?.function].body else { return None };
    Some(Waited { statement, body, condition })
}

fn leaves(module: &Module, body: Suite) -> bool {
    let last = module.list(body).last();
    last.is_some_and(|last| {
        matches!(module[*last], Stmt::Return(_) | Stmt::Raise { .. } | Stmt::Break | Stmt::Continue)
    })
}

/// Whether a statement neither binds, calls nor awaits anything.
pub(super) fn does_nothing(module: &Module, statement: StmtId) -> bool {
    match module[statement] {
        Stmt::Nothing => true,
        Stmt::Expr(value) => {
            let mut acts = false;
            each_within(module, value, &mut |part| {
                acts |= matches!(
                    module[part],
                    Expr::Call { .. } | Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Named { .. }
                );
            });
            !acts
        }
        _ => false,
    }
}

/// Whether one is true where the other is false: `not a and not b` of `a or b`.
fn is_negation(module: &Module, one: ExprId, other: ExprId) -> bool {
    [(BoolOp::And, BoolOp::Or), (BoolOp::Or, BoolOp::And)].into_iter().any(|(joined, joined_too)| {
        let (ours, theirs) = (parts(module, one, true, joined), parts(module, other, true, joined_too));
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| are_opposite(module, *a, *b))
    })
}

/// What is asked, and for which truth.
pub(super) type Part = (ExprId, bool);

/// The parts that `and` or `or` joins in what has to come out so: `not (a or b)` asks for the same as `not a and not b`.
pub(super) fn parts(module: &Module, expr: ExprId, truth: bool, joined_by: BoolOp) -> Vec<Part> {
    let (inner, says) = asked(module, expr);
    let truth = says == truth;
    match module[inner] {
        Expr::BoolOp { op, operands } if (op == joined_by) == truth => {
            module.list(operands).iter().flat_map(|operand| parts(module, *operand, truth, joined_by)).collect()
        }
        _ => vec![(inner, truth)],
    }
}

/// Whether one holds where the other does not, as far as that can be read from them.
pub(super) fn are_opposite(module: &Module, (one, says): Part, (other, says_too): Part) -> bool {
    match says == says_too {
        true => are_complements(module, one, other),
        false => is_same(module, one, other),
    }
}

/// `self.status != "open"` and `self.status == "open"`.
fn are_complements(module: &Module, one: ExprId, other: ExprId) -> bool {
    let (Expr::Compare { left, rest }, Expr::Compare { left: left_too, rest: rest_too }) = (module[one], module[other])
    else {
        return false;
    };
    let ([a], [b]) = (module.list(rest), module.list(rest_too)) else { return false };
    let is_one_of = |one: CmpOp, other: CmpOp| (a.op, b.op) == (one, other) || (a.op, b.op) == (other, one);
    (is_one_of(CmpOp::Eq, CmpOp::NotEq)
        || is_one_of(CmpOp::Is, CmpOp::IsNot)
        || is_one_of(CmpOp::In, CmpOp::NotIn)
        || is_one_of(CmpOp::Lt, CmpOp::GtE)
        || is_one_of(CmpOp::Gt, CmpOp::LtE))
        && is_same(module, left, left_too)
        && is_same(module, a.right, b.right)
}

/// What is asked, and whether for its truth: `self.closed` and true of `self.closed`, `self.closed is True` and
/// `not (self.closed is False)`.
fn asked(module: &Module, expr: ExprId) -> (ExprId, bool) {
    match module[expr] {
        Expr::Unary { op: UnaryOp::Not, operand } => {
            let (inner, says) = asked(module, operand);
            (inner, !says)
        }
        Expr::Compare { left, rest } => match module.list(rest) {
            [only] => match (only.op, module[only.right]) {
                (CmpOp::Is | CmpOp::Eq, Expr::Bool(says)) => (left, says),
                (CmpOp::IsNot | CmpOp::NotEq, Expr::Bool(says)) => (left, !says),
                _ => (expr, true),
            },
            _ => (expr, true),
        },
        _ => (expr, true),
    }
}

/// Whether two expressions ask the same of the same names.
pub(super) fn is_same(module: &Module, one: ExprId, other: ExprId) -> bool {
    let same_parts = || {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        module.each_part(one, &mut |part| ours.push(part));
        module.each_part(other, &mut |part| theirs.push(part));
        ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(ours, theirs)| is_same(module, *ours, *theirs))
    };
    match (module[one], module[other]) {
        (Expr::Name { name: a, .. }, Expr::Name { name: b, .. }) => a == b,
        (Expr::Attribute { name: a, .. }, Expr::Attribute { name: b, .. }) => a == b && same_parts(),
        (Expr::Compare { rest: a, .. }, Expr::Compare { rest: b, .. }) => {
            let ops = |rest| module.list(rest).iter().map(|comparison: &crate::semantic::Comparison| comparison.op);
            ops(a).eq(ops(b)) && same_parts()
        }
        (Expr::BoolOp { op: a, .. }, Expr::BoolOp { op: b, .. }) => a == b && same_parts(),
        (Expr::Unary { op: a, .. }, Expr::Unary { op: b, .. }) => a == b && same_parts(),
        (Expr::None, Expr::None) => true,
        (Expr::Bool(a), Expr::Bool(b)) => a == b,
        (Expr::Int(a), Expr::Int(b)) => a == b,
        (Expr::Str(a), Expr::Str(b)) => a == b,
        (Expr::Call { arguments: a, .. }, Expr::Call { arguments: b, .. }) => {
            module.list(a).len() == module.list(b).len() && same_parts()
        }
        _ => false,
    }
}
