//! Context managers of the project whose `__exit__` gives `True`: which exceptions of their block end there.
//!
//! Knows: `return True`, alone or behind questions for what is raised, and exits that give the answer to such a question. Does not
//! know: exits that decide by something else; nothing is said of these.

use super::classes::Kinds;
use crate::python::{Callable, Evaluator, Place, Value, says_something};
use crate::semantic::{
    BlockId, CmpOp, Condition, Expr, ExprId, FunctionId, Module, Name, ParameterKind, Return, Stmt, StmtId,
};

/// What ends at the exit of a manager.
pub(super) struct Exit {
    pub kinds: Kinds,
    /// `__exit__` or `__aexit__`.
    pub method: &'static str,
}

/// What ends at the exit of the manager that an expression is.
pub(super) fn taken_at_exit(evaluator: &Evaluator<'_>, manager: ExprId, place: Place) -> Option<Exit> {
    let object = evaluator.value(manager, place).only()?;
    if !matches!(evaluator.get(object), Value::Instance(_)) {
        return None;
    }
    evaluator.exits(object).into_iter().find_map(|(method, found)| {
        let Value::Function(exit) = evaluator.get(found.only()?) else { return None };
        Some(Exit { kinds: kinds_of(evaluator, exit)?, method })
    })
}

fn kinds_of(evaluator: &Evaluator<'_>, exit: &Callable) -> Option<Kinds> {
    let module = evaluator.project().module(exit.function.file);
    let reader = Reader {
        evaluator,
        module,
        place: Place { file: exit.function.file, frame: None },
        exit: exit.function.function,
        given: module
            .parameters(exit.function.function)
            .iter()
            .skip(1)
            .filter(|parameter| parameter.kind != ParameterKind::Rest)
            .map(|parameter| parameter.name)
            .collect(),
    };
    if reader.may_raise_itself() {
        return None;
    }
    let mut kinds = Kinds::default();
    for returned in &module[exit.function.function].returns {
        kinds.classes.extend(reader.taken_by(returned)?.classes);
    }
    (!kinds.classes.is_empty()).then_some(kinds)
}

/// What asks an exception, or makes a text of it.
const ASKS: &[&str] = &["isinstance", "issubclass", "print", "repr", "str", "type"];

struct Reader<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    module: &'p Module,
    place: Place,
    exit: FunctionId,
    /// The parameters that say what is raised.
    given: Vec<Name>,
}

/// What the answer to a question says of what is raised.
enum Says {
    /// Nothing is.
    Nothing,
    /// Something is.
    Something,
    /// It is one of these.
    OneOf(Kinds),
}

impl Reader<'_, '_> {
    /// Whether something in the exit may raise what it is given: an `assert`, or a call that takes it and does more than ask or tell.
    fn may_raise_itself(&self) -> bool {
        let module = self.module;
        let is_here = |block: BlockId| module[block].function == Some(self.exit);
        let asserts = |id: StmtId| matches!(module[id], Stmt::Assert { .. }) && is_here(module.block_of(id));
        let hands_on = |call: &ExprId| {
            let Expr::Call { callee, arguments } = module[*call] else { return false };
            let is_harmless = match module[callee] {
                Expr::Name { name, .. } => ASKS.contains(&name.as_str()),
                Expr::Attribute { name, .. } => says_something(name),
                _ => false,
            };
            module.block_of_call(*call).is_some_and(is_here)
                && !is_harmless
                && module.list(arguments).iter().any(|given| self.is_given(given.value))
        };
        module.statement_ids().any(asserts) || module.calls().iter().any(hands_on)
    }

    /// What ends by a `return`; nothing where that cannot be told.
    fn taken_by(&self, returned: &Return) -> Option<Kinds> {
        let Some(value) = returned.value else { return Some(Kinds::default()) };
        let asked = match self.module[value] {
            Expr::None | Expr::Bool(false) => return Some(Kinds::default()),
            Expr::Bool(true) => Says::Something,
            _ => self.said(value, true)?,
        };
        self.with_guards(asked, returned.block)
    }

    fn with_guards(&self, asked: Says, block: BlockId) -> Option<Kinds> {
        let mut taken = asked;
        for (_, condition) in self.module.guards(block) {
            let (test, holds) = match condition {
                Condition::Test(test, holds) => (test, holds),
                // What is done before comes back, or nothing is given.
                Condition::Always | Condition::Returns(_) | Condition::Completes(_) => continue,
                Condition::Case { .. } | Condition::Raises(_) | Condition::Suppresses(_) => return None,
            };
            match (self.said(test, holds)?, &taken) {
                (Says::Nothing, _) => return Some(Kinds::default()),
                (Says::OneOf(kinds), Says::Something) => taken = Says::OneOf(kinds),
                _ => {}
            }
        }
        Some(match taken {
            Says::Nothing => Kinds::default(),
            Says::Something => Kinds::of(self.evaluator, None, self.place),
            Says::OneOf(kinds) => kinds,
        })
    }

    /// What it says of what is raised that a test comes out so.
    fn said(&self, test: ExprId, holds: bool) -> Option<Says> {
        let whether = |holds: bool| if holds { Says::Something } else { Says::Nothing };
        match self.module[test] {
            Expr::Name { .. } => self.is_given(test).then(|| whether(holds)),
            Expr::Unary { op: crate::semantic::UnaryOp::Not, operand } => self.said(operand, !holds),
            Expr::Compare { left, rest } => {
                let [only] = self.module.list(rest) else { return None };
                let is_none = matches!(self.module[only.right], Expr::None) && self.is_given(left);
                match only.op {
                    CmpOp::Is | CmpOp::Eq if is_none => Some(whether(!holds)),
                    CmpOp::IsNot | CmpOp::NotEq if is_none => Some(whether(holds)),
                    CmpOp::Is if holds && self.is_given(left) => Some(Says::OneOf(self.kinds(only.right)?)),
                    _ => None,
                }
            }
            Expr::Call { callee, arguments } if holds => {
                let asks = matches!(self.module[callee], Expr::Name { name, .. } if matches!(name.as_str(), "isinstance" | "issubclass"));
                match self.module.list(arguments) {
                    [object, classes] if asks && self.is_given(object.value) => {
                        Some(Says::OneOf(self.kinds(classes.value)?))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn kinds(&self, classes: ExprId) -> Option<Kinds> {
        let kinds = Kinds::of(self.evaluator, Some(classes), self.place);
        (!kinds.open).then_some(kinds)
    }

    fn is_given(&self, expr: ExprId) -> bool {
        matches!(self.module[expr], Expr::Name { name, block, .. }
            if self.given.contains(&name) && self.module[block].function == Some(self.exit))
    }
}
