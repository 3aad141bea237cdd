//! How a value is used in the end: dropped, awaited, tested, shown, given on.
//!
//! Knows: the expressions around a value and the local names that it is bound to. Does not know: what the value is, or what
//! becomes of it in collections, attributes and other functions: that is elsewhere.

use crate::semantic::{
    BindingId, BindingKind, BoolOp, CmpOp, Expr, ExprId, Module, ScopeKind, Stmt, StmtId, UnaryOp, Use,
};

/// Through how many names and expressions a value is followed.
const STEPS: usize = 12;

/// One end of a value's way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fate {
    /// Nothing looks at it.
    Dropped,
    /// It is bound to a name that nothing reads.
    NeverRead,
    /// Its truth decides.
    Tested(ExprId),
    /// It is compared by value.
    Compared(ExprId),
    /// An operator takes it.
    Operand(ExprId),
    /// It becomes text.
    Shown(ExprId),
    /// A loop or unpacking goes through it.
    GoneThrough(ExprId),
    /// An attribute is read from it, by the expression that reads it.
    Attribute(ExprId),
    /// An item is taken from it.
    Item(ExprId),
    /// A `with` enters it.
    Entered(ExprId),
    /// It is an item of this list, tuple or set.
    Listed(ExprId),
    /// It is awaited, by this expression.
    Awaited(ExprId),
    /// It is returned.
    Returned(ExprId),
    /// It is an argument of a call.
    Argument(ExprId),
    /// It is asked whether it is an object, `x is None`; or stands in a place that says nothing.
    Nothing,
    /// It goes where it is not followed.
    Elsewhere,
}

/// The ends of the ways that a value takes. A name that is bound in several places may hold other values, too: what reads it
/// is elsewhere.
pub(super) fn fates_of(module: &Module, expr: ExprId) -> Vec<Fate> {
    let mut follower = Follower { module, found: Vec::new() };
    follower.follow(expr, STEPS);
    follower.found
}

/// The ends of the ways from a name that a loop binds.
pub(super) fn fates_of_binding(module: &Module, binding: BindingId) -> Vec<Fate> {
    let mut follower = Follower { module, found: Vec::new() };
    follower.binding(binding, STEPS);
    follower.found
}

/// Whether a value is put into a local list that nothing reads: there is no way to it any more.
pub(super) fn is_kept_unread(module: &Module, expr: ExprId) -> bool {
    let Use::Argument { call, .. } = module.uses().use_of(expr) else { return false };
    let Some(Expr::Name { name, block, .. }) = filled_by(module, call).map(|list| module[list]) else { return false };
    let Some(variable) = module.variable(module[block].scope, name) else { return false };
    let is_empty_list = |binding: &BindingId| match module[*binding].kind {
        BindingKind::Assign { value, path, .. } => {
            let is_alone = match module.uses().use_of(value) {
                Use::Bound(statement) => match module[statement] {
                    Stmt::Assign { targets, .. } => module.list(targets).len() == 1,
                    Stmt::Declare { .. } => true,
                    _ => false,
                },
                _ => false,
            };
            matches!(module[value], Expr::List(items) if items.is_empty()) && path.is_empty() && is_alone
        }
        _ => false,
    };
    let is_filled = |read: ExprId| match module.uses().use_of(read) {
        Use::AttributeOf(method, _) => match module.uses().use_of(method) {
            Use::Called(call) => filled_by(module, call) == Some(read),
            _ => false,
        },
        _ => false,
    };
    let bindings = &module[variable].bindings;
    matches!(module[module[variable].scope].kind, ScopeKind::Function(_))
        && bindings.iter().all(is_empty_list)
        && bindings.iter().all(|binding| module.reads_of(*binding).all(is_filled))
}

/// The list to which a statement such as `items.append(item)` adds something.
fn filled_by(module: &Module, call: ExprId) -> Option<ExprId> {
    let Expr::Call { callee, .. } = module[call] else { return None };
    let Expr::Attribute { value, name } = module[callee] else { return None };
    let is_statement = matches!(module.uses().use_of(call), Use::Discarded(_));
    (is_statement && matches!(name.as_str(), "append" | "insert")).then_some(value)
}

struct Follower<'m> {
    module: &'m Module,
    found: Vec<Fate>,
}

impl Follower<'_> {
    fn follow(&mut self, expr: ExprId, steps: usize) {
        if steps == 0 {
            return self.found.push(Fate::Elsewhere);
        }
        let fate = match self.module.uses().use_of(expr) {
            Use::Discarded(_) => Fate::Dropped,
            Use::Bound(statement) => return self.bound(expr, statement, steps - 1),
            Use::Named(around) => {
                if let Expr::Named { target, .. } = self.module[around]
                    && let Expr::Target(binding) = self.module[target]
                {
                    self.reads(binding, steps - 1);
                }
                return self.follow(around, steps - 1);
            }
            Use::ConditionalResult(around) => return self.follow(around, steps - 1),
            Use::Logical(around) => return self.logical(expr, around, steps - 1),
            Use::IfTest(_) | Use::WhileTest(_) | Use::ConditionalTest(_) | Use::FilterOf(_) => Fate::Tested(expr),
            Use::Asserted(statement) => match self.module[statement] {
                Stmt::Assert { test, .. } if test == expr => Fate::Tested(expr),
                _ => Fate::Shown(expr),
            },
            Use::Operand(around) => match self.module[around] {
                Expr::Unary { op: UnaryOp::Not, .. } => Fate::Tested(expr),
                _ => Fate::Operand(expr),
            },
            Use::Compared(around) => self.compared(expr, around),
            Use::Formatted(_) => Fate::Shown(expr),
            Use::AttributeOf(around, _) => Fate::Attribute(around),
            Use::ItemOf(_) => Fate::Item(expr),
            Use::Managed(_) => Fate::Entered(expr),
            Use::Item(list) => Fate::Listed(list),
            Use::LoopedOver(looped) if !self.module[looped].is_async => Fate::GoneThrough(expr),
            Use::Unpacked(_) => Fate::GoneThrough(expr),
            Use::Awaited(around) => Fate::Awaited(around),
            Use::Returned(_) => Fate::Returned(expr),
            Use::Argument { .. } => Fate::Argument(expr),
            _ => Fate::Elsewhere,
        };
        self.found.push(fate);
    }

    /// `a and b` gives the last operand, or one whose truth has decided.
    fn logical(&mut self, expr: ExprId, around: ExprId, steps: usize) {
        let Expr::BoolOp { op, operands } = self.module[around] else { return };
        let is_last = self.module.list(operands).last() == Some(&expr);
        if !is_last || op == BoolOp::And && self.is_tested(around) {
            self.found.push(Fate::Tested(expr));
        }
        if is_last {
            self.follow(around, steps);
        }
    }

    fn is_tested(&self, expr: ExprId) -> bool {
        matches!(
            self.module.uses().use_of(expr),
            Use::IfTest(_) | Use::WhileTest(_) | Use::ConditionalTest(_) | Use::FilterOf(_)
        )
    }

    fn compared(&self, expr: ExprId, around: ExprId) -> Fate {
        let Expr::Compare { rest, .. } = self.module[around] else { return Fate::Elsewhere };
        let by_identity = self.module.list(rest).iter().all(|other| matches!(other.op, CmpOp::Is | CmpOp::IsNot));
        if by_identity { Fate::Nothing } else { Fate::Compared(expr) }
    }

    fn bound(&mut self, expr: ExprId, statement: StmtId, steps: usize) {
        let targets = match self.module[statement] {
            Stmt::Assign { targets, .. } => self.module.list(targets).to_vec(),
            Stmt::Declare { target, .. } => vec![target],
            Stmt::Augment { .. } => return self.found.push(Fate::Operand(expr)),
            _ => return self.found.push(Fate::Elsewhere),
        };
        for target in targets {
            match self.module[target] {
                Expr::Target(binding) => self.binding(binding, steps),
                Expr::Tuple(_) | Expr::List(_) => self.found.push(Fate::GoneThrough(expr)),
                _ => self.found.push(Fate::Elsewhere),
            }
        }
    }

    fn binding(&mut self, binding: BindingId, steps: usize) {
        if self.module.reads_of(binding).next().is_none() && self.is_local(binding) {
            return self.found.push(Fate::NeverRead);
        }
        self.reads(binding, steps);
    }

    fn is_local(&self, binding: BindingId) -> bool {
        let variable = &self.module[self.module[binding].variable];
        matches!(self.module[variable.scope].kind, ScopeKind::Function(_) | ScopeKind::Comprehension)
            && !variable.bindings.iter().any(|id| matches!(self.module[*id].kind, BindingKind::Delete))
    }

    fn reads(&mut self, binding: BindingId, steps: usize) {
        let variable = &self.module[self.module[binding].variable];
        if !self.is_local(binding) || variable.bindings.len() > 1 {
            return self.found.push(Fate::Elsewhere);
        }
        let reads: Vec<ExprId> = self.module.reads_of(binding).collect();
        reads.into_iter().for_each(|read| self.follow(read, steps));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::lower;
    use crate::source::parse;

    /// The ends of the ways of what the first call gives, by name.
    fn fates(code: &str) -> Vec<String> {
        let parsed = parse(code, false);
        let module = lower(parsed.body(), code);
        let call = module.calls()[0];
        let name = |fate: &Fate| format!("{fate:?}").split('(').next().unwrap_or_default().to_owned();
        fates_of(&module, call).iter().map(name).collect()
    }

    #[test]
    fn what_is_put_into_a_list_that_nothing_reads_is_lost() {
        let is_lost = |rest: &str| {
            let code = format!("def f(made, items_of):\n    items = []\n    items.append(made(1))\n    {rest}\n");
            let parsed = parse(&code, false);
            let module = lower(parsed.body(), &code);
            let is_made = |call: &&ExprId| matches!(module[**call], Expr::Call { callee, .. } if matches!(module[callee], Expr::Name { name, .. } if name == "made"));
            is_kept_unread(&module, *module.calls().iter().find(is_made).expect("a call"))
        };
        assert!(is_lost("pass") && is_lost("items.append(2)"));
        for rest in ["return items", "items_of(items)", "return lambda: items", "del items", "items = items_of(1)"] {
            assert!(!is_lost(rest), "{rest}");
        }
    }

    #[test]
    fn a_value_is_followed_through_the_names_of_a_function() {
        assert_eq!(fates("def f():\n    made()\n"), ["Dropped"]);
        assert_eq!(fates("def f():\n    x = made()\n"), ["NeverRead"]);
        assert_eq!(fates("def f():\n    x = made()\n    y = x\n    if y: pass\n"), ["Tested"]);
        assert_eq!(fates("def f():\n    if (x := made()): return x\n"), ["Returned", "Tested"]);
        assert_eq!(fates("async def f():\n    x = made()\n    print(x)\n    await x\n"), ["Argument", "Awaited"]);
    }

    #[test]
    fn what_other_code_may_read_or_bind_is_elsewhere() {
        assert_eq!(fates("x = made()\n"), ["Elsewhere"], "other modules may read it");
        assert_eq!(fates("def f(self):\n    self.x = made()\n"), ["Elsewhere"]);
        assert_eq!(fates("def f(a):\n    x = made()\n    if a: x = 1\n    return x\n"), ["Elsewhere"]);
        assert_eq!(fates("def f():\n    return [made()]\n"), ["Listed"]);
    }

    #[test]
    fn what_asks_for_identity_says_nothing_of_a_value() {
        assert_eq!(fates("def f():\n    if made() is None: pass\n"), ["Nothing"]);
        assert_eq!(fates("def f():\n    if made() == 1: pass\n"), ["Compared"]);
        assert_eq!(fates("def f():\n    if not made(): pass\n"), ["Tested"]);
    }
}
