//! Constants, worked out: `timedelta(minutes=5)`, `RETRIES * 2`, `settings.QUEUE`.
//!
//! Knows: literals, arithmetic, `timedelta`, members of the SDK's enumerations, and names that are bound once, in this module
//! or another of the project. Does not know: what a parameter is, or what is only set at run time: that is no constant.

use crate::python::{ClassRef, Evaluator, Place, Value, ValueId, Values};
use crate::registry::enumeration_member;
use crate::semantic::{Argument, ArgumentKind, BindingKind, Expr, ExprId, List, Name, Operator, UnaryOp, VariableId};
use crate::source::FileId;

/// Through how many names and operators a constant is followed.
const DEPTH: u8 = 24;

/// The longest text that is worked out, in bytes.
const LONGEST: u16 = 4096;

/// What an expression always is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Constant {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    Text(Name),
    /// A `timedelta`, in seconds.
    Duration(f64),
    /// A member of an enumeration of the SDK: the enumeration, the member.
    Member(Name, Name),
}

impl Constant {
    /// The seconds of a duration.
    #[must_use]
    pub fn seconds(self) -> Option<f64> {
        match self {
            Constant::Duration(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn text(self) -> Option<&'static str> {
        match self {
            Constant::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        match self {
            Constant::Number(number) => Some(number),
            _ => None,
        }
    }
}

/// The constant that an expression is; nothing where it is none, or may be several.
#[must_use]
pub(super) fn constant(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> Option<Constant> {
    Folder { evaluator }.fold(expr, place, DEPTH)
}

/// The constant that a name of a module is.
#[must_use]
pub(super) fn global_constant(evaluator: &Evaluator<'_>, file: FileId, name: Name) -> Option<Constant> {
    Folder { evaluator }.global(file, name, DEPTH)
}

/// The constant that a value is.
#[must_use]
pub(super) fn constant_value(evaluator: &Evaluator<'_>, value: ValueId) -> Option<Constant> {
    match evaluator.get(value) {
        Value::None => Some(Constant::None),
        Value::Bool(truth) => Some(Constant::Bool(*truth)),
        Value::Int(number) => Some(Constant::Number(f64::from(*number))),
        Value::Str(text) => Some(Constant::Text(*text)),
        Value::Member(class, _) if is_text(evaluator, *class) => {
            let text = evaluator.attribute(&Values::of(value), Name::new("value")).only()?;
            matches!(evaluator.get(text), Value::Str(_)).then(|| constant_value(evaluator, text))?
        }
        Value::Outside(name) => enumeration_member(name.as_str())
            .map(|(class, member)| Constant::Member(Name::new(class), Name::new(member))),
        _ => None,
    }
}

/// Whether the members of an enumeration are texts themselves: `class Queue(StrEnum)`, `class Queue(str, Enum)`.
fn is_text(evaluator: &Evaluator<'_>, class: ClassRef) -> bool {
    evaluator.derives_from(class, None, &|base| base == "enum.StrEnum" || base == "builtins.str")
}

/// The number with the fewest digits that is kept as this one: 0.167, and not 0.16699999570846558.
pub(super) fn as_written(kept: f32) -> f64 {
    kept.to_string().parse().unwrap_or_else(|_| f64::from(kept))
}

struct Folder<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
}

impl Folder<'_, '_> {
    fn fold(&self, expr: ExprId, place: Place, depth: u8) -> Option<Constant> {
        let depth = depth.checked_sub(1)?;
        let module = self.evaluator.project().module(place.file);
        match module[expr] {
            Expr::Float(number) => Some(Constant::Number(as_written(number))),
            Expr::Unary { op: UnaryOp::USub, operand } => negated(self.fold(operand, place, depth)?),
            Expr::Binary { op, left, right } => {
                combined(op, self.fold(left, place, depth)?, self.fold(right, place, depth)?)
            }
            Expr::Call { callee, arguments } => self.call(callee, arguments, place, depth),
            Expr::Name { name, block, .. } => self
                .as_value(expr, place)
                .or_else(|| self.variable(place.file, module.variable_read(name, block)?, depth)),
            Expr::Attribute { value, name } => self.as_value(expr, place).or_else(|| {
                let owner = self.evaluator.value(value, place);
                match self.evaluator.get(owner.only()?) {
                    Value::Module(file) => self.global(*file, name, depth),
                    Value::Class(class, _) => {
                        let module = self.evaluator.project().module(class.file);
                        let variable = module.variable(module[class.class].scope, name)?;
                        self.variable(class.file, variable, depth)
                    }
                    _ => None,
                }
            }),
            _ => self.as_value(expr, place),
        }
    }

    fn as_value(&self, expr: ExprId, place: Place) -> Option<Constant> {
        constant_value(self.evaluator, self.evaluator.value(expr, place).only()?)
    }

    fn global(&self, file: FileId, name: Name, depth: u8) -> Option<Constant> {
        let module = self.evaluator.project().module(file);
        self.variable(file, module.variable(module.global(), name)?, depth)
    }

    /// A name that is bound once, and not changed through `global`: what it is bound to.
    fn variable(&self, file: FileId, variable: VariableId, depth: u8) -> Option<Constant> {
        let module = self.evaluator.project().module(file);
        let [binding] = module[variable].bindings.as_slice() else { return None };
        match module[*binding].kind {
            BindingKind::Assign { value, path, .. } if path.is_empty() => {
                self.fold(value, Place { file, frame: None }, depth)
            }
            BindingKind::ImportFrom { module: source, level, name } => {
                let source = self.evaluator.import_source(file, source, level);
                match self.evaluator.get(source.only()?) {
                    Value::Module(origin) => self.global(*origin, name, depth.checked_sub(1)?),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn call(&self, callee: ExprId, arguments: List<Argument>, place: Place, depth: u8) -> Option<Constant> {
        let callee = self.evaluator.value(callee, place);
        match self.evaluator.get(callee.only()?) {
            Value::Outside(name) if *name == "datetime.timedelta" => self.timedelta(arguments, place, depth),
            _ => None,
        }
    }

    fn timedelta(&self, arguments: List<Argument>, place: Place, depth: u8) -> Option<Constant> {
        let module = self.evaluator.project().module(place.file);
        let mut seconds = 0.0;
        for (position, argument) in module.list(arguments).iter().enumerate() {
            let unit = match argument.kind {
                ArgumentKind::Positional => UNITS.get(position)?.1,
                ArgumentKind::Keyword(name) => UNITS.iter().find(|(unit, _)| name == *unit)?.1,
                ArgumentKind::Star | ArgumentKind::DoubleStar => return None,
            };
            seconds += self.fold(argument.value, place, depth)?.number()? * unit;
        }
        Some(Constant::Duration(seconds))
    }
}

/// The parameters of `timedelta` in their order, with their seconds.
const UNITS: [(&str, f64); 7] = [
    ("days", 86_400.0),
    ("seconds", 1.0),
    ("microseconds", 1e-6),
    ("milliseconds", 1e-3),
    ("minutes", 60.0),
    ("hours", 3_600.0),
    ("weeks", 604_800.0),
];

fn negated(constant: Constant) -> Option<Constant> {
    match constant {
        Constant::Number(number) => Some(Constant::Number(-number)),
        Constant::Duration(seconds) => Some(Constant::Duration(-seconds)),
        _ => None,
    }
}

fn combined(op: Operator, left: Constant, right: Constant) -> Option<Constant> {
    use Constant::{Duration, Number, Text};
    Some(match (op, left, right) {
        (Operator::Add, Number(a), Number(b)) => Number(a + b),
        (Operator::Sub, Number(a), Number(b)) => Number(a - b),
        (Operator::Mult, Number(a), Number(b)) => Number(a * b),
        (Operator::Div, Number(a), Number(b)) if b != 0.0 => Number(a / b),
        (Operator::FloorDiv, Number(a), Number(b)) if b != 0.0 => Number((a / b).floor()),
        (Operator::Pow, Number(a), Number(b)) => Number(a.powf(b)),
        (Operator::Add, Duration(a), Duration(b)) => Duration(a + b),
        (Operator::Sub, Duration(a), Duration(b)) => Duration(a - b),
        (Operator::Mult, Duration(a), Number(b)) | (Operator::Mult, Number(b), Duration(a)) => Duration(a * b),
        (Operator::Div | Operator::FloorDiv, Duration(a), Number(b)) if b != 0.0 => Duration(a / b),
        (Operator::Add, Text(a), Text(b)) => Text(Name::new(&format!("{}{}", a.as_str(), b.as_str()))),
        (Operator::Mult, Text(text), Number(times)) | (Operator::Mult, Number(times), Text(text)) => {
            Text(Name::new(&repeated(text.as_str(), times)?))
        }
        _ => return None,
    })
}

/// A string so many times, where that is a text of reasonable length.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and between 0 and LONGEST")]
fn repeated(text: &str, times: f64) -> Option<String> {
    let is_count = times.fract() == 0.0 && (0.0..=f64::from(LONGEST)).contains(&times);
    let times = is_count.then_some(times as usize)?;
    (text.len().checked_mul(times)? <= usize::from(LONGEST)).then(|| text.repeat(times))
}
