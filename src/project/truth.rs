use super::evaluate::Evaluator;
use super::value::{Literal, Place, Value};
use crate::source::ast::{self, BoolOp, CmpOp, Expr, UnaryOp};

impl<'a> Evaluator<'_, 'a> {
    /// Whether a condition holds, where that is certain for the code at hand.
    pub fn truth(&self, test: &'a Expr, place: Place) -> Option<bool> {
        match test {
            Expr::BooleanLiteral(literal) => Some(literal.value),
            Expr::NoneLiteral(_) => Some(false),
            Expr::NumberLiteral(number) => match &number.value {
                ast::Number::Int(number) => Some(number.as_u8() != Some(0)),
                _ => None,
            },
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.truth(&operation.operand, place).map(|truth| !truth)
            }
            Expr::BoolOp(operation) => {
                let decisive = operation.op == BoolOp::Or;
                let truths: Vec<_> = operation.values.iter().map(|operand| self.truth(operand, place)).collect();
                if truths.contains(&Some(decisive)) {
                    Some(decisive)
                } else {
                    truths.iter().all(Option::is_some).then_some(!decisive)
                }
            }
            Expr::Compare(comparison) => self.comparison(comparison, place),
            Expr::Named(named) => self.truth(&named.value, place),
            Expr::Name(name) => self.named_truth(name, place),
            Expr::Call(_) | Expr::Attribute(_) | Expr::Await(_) | Expr::Subscript(_) => {
                self.truthiness(&self.value(test, place))
            }
            _ => None,
        }
    }

    /// A module's constant is no guard: it is changed by hand. What a function was given or has computed is.
    fn named_truth(&self, name: &'a ast::ExprName, place: Place) -> Option<bool> {
        let value = self.value_of_name(name, place);
        if matches!(value, Value::Literal(_) | Value::Function(_) | Value::Class(..) | Value::Module(_))
            && self.is_global(name, place)
        {
            return None;
        }
        self.truthiness(&value)
    }

    fn value_of_name(&self, name: &'a ast::ExprName, place: Place) -> Value<'a> {
        use crate::source::ast::Ranged;
        self.deeper(|| self.name(name.id.as_str(), name.range().start(), place))
    }

    fn is_global(&self, name: &ast::ExprName, place: Place) -> bool {
        let module = self.project.module(place.file);
        let mut scope = Some(place.scope);
        while let Some(id) = scope {
            if id != module.global() && module.scope(id).names.contains_key(name.id.as_str()) {
                return false;
            }
            scope = module.scope(id).parent;
        }
        true
    }

    fn comparison(&self, comparison: &'a ast::ExprCompare, place: Place) -> Option<bool> {
        let ([op], [right]) = (&*comparison.ops, &*comparison.comparators) else { return None };
        if asks_for_main(&comparison.left, right) || asks_for_main(right, &comparison.left) {
            // Code that something reaches was imported.
            return Some(*op == CmpOp::NotEq);
        }
        match op {
            CmpOp::Is | CmpOp::IsNot if right.is_none_literal_expr() => {
                let is_none = self.is_none(&self.value(&comparison.left, place))?;
                Some(is_none == (*op == CmpOp::Is))
            }
            CmpOp::Is | CmpOp::IsNot | CmpOp::Eq | CmpOp::NotEq => {
                let (left, right) = (self.value(&comparison.left, place), self.value(right, place));
                let same = match (&left, &right) {
                    (Value::Literal(Literal::Number), _) | (_, Value::Literal(Literal::Number)) => return None,
                    (Value::Literal(left), Value::Literal(right)) => left == right,
                    _ => return None,
                };
                // Two constants of a module compared say nothing about the code at hand.
                let given = |side: &'a Expr| !matches!(side, Expr::Name(name) if self.is_global(name, place));
                (given(&comparison.left) && given(&comparison.comparators[0]))
                    .then_some(same == matches!(op, CmpOp::Is | CmpOp::Eq))
            }
            _ => None,
        }
    }

    fn is_none(&self, value: &Value<'a>) -> Option<bool> {
        let mut answers = value.alternatives().iter().map(|alternative| match alternative {
            Value::Literal(Literal::None) => Some(true),
            Value::Unknown => None,
            _ => Some(false),
        });
        let first = answers.next()??;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }

    fn truthiness(&self, value: &Value<'a>) -> Option<bool> {
        let mut answers = value.alternatives().iter().map(|alternative| match alternative {
            Value::Literal(Literal::None) => Some(false),
            Value::Literal(Literal::Bool(truth)) => Some(*truth),
            Value::Function(_) | Value::Class(..) | Value::Module(_) => Some(true),
            // A function that is handed over; a value such as `sys.argv` may be empty.
            Value::External(name) => self
                .world
                .truth(name)
                .or_else(|| (self.world.knows(name) && !self.world.is_watched(name)).then_some(true)),
            Value::ExternalInstance(class) => ALWAYS_TRUE.contains(&&**class).then_some(true),
            Value::Instance(_) => (self.method(alternative, "__bool__").is_none()
                && self.method(alternative, "__len__").is_none())
            .then_some(true),
            _ => None,
        });
        let first = answers.next()??;
        answers.all(|answer| answer == Some(first)).then_some(first)
    }
}

/// `__name__ == "__main__"`.
fn asks_for_main(name: &Expr, value: &Expr) -> bool {
    let is_main = matches!(value, Expr::StringLiteral(text) if text.value.to_str() == "__main__");
    is_main && matches!(name, Expr::Name(name) if name.id.as_str() == "__name__")
}

/// Classes whose objects are always true.
const ALWAYS_TRUE: &[&str] =
    &["datetime.datetime", "datetime.date", "uuid.UUID", "pathlib.Path", "random.Random", "logging.Logger"];
