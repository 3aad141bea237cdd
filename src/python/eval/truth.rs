//! Whether a condition holds.
//!
//! Knows: which values decide a test, and how surely. Does not know: what follows from it.

use super::narrow::are_apart;
use super::{Evaluator, Place};
use crate::python::value::{Besides, Rest, Sequence, Value, ValueId, Values, builtin};
use crate::semantic::{
    ArgumentKind, BindingId, BindingKind, BoolOp, CmpOp, Expr, ExprId, MatchId, Name, Pattern, PatternId, ScopeKind,
    UnaryOp,
};

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It is never asked: what it asks of cannot be.
    Never,
    /// Proven.
    Known(bool),
    /// So if annotations hold, and if nobody takes out of a dict what it was made with.
    Likely(bool),
    /// It may or may not.
    Unknown,
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Truth::Known(truth) => Truth::Known(!truth),
            Truth::Likely(truth) => Truth::Likely(!truth),
            other => other,
        }
    }

    fn of(decided: Option<bool>, rest: Rest) -> Self {
        match (decided, rest) {
            (Some(truth), Rest::Nothing) => Truth::Known(truth),
            (Some(truth), Rest::Declared) => Truth::Likely(truth),
            _ => Truth::Unknown,
        }
    }
}

impl Evaluator<'_> {
    /// Whether a condition holds, where that can be told for the code at hand.
    pub fn truth(&self, test: ExprId, place: Place) -> Truth {
        let module = self.project.module(place.file);
        match module[test] {
            Expr::Unary { op: UnaryOp::Not, operand } => self.truth(operand, place).not(),
            Expr::BoolOp { op, operands } => self.logical_truth(op, module.list(operands), place),
            Expr::Compare { left, rest } => {
                let rest = module.list(rest);
                let lefts = std::iter::once(left).chain(rest.iter().map(|compared| compared.right));
                all_of(BoolOp::And, lefts.zip(rest).map(|(left, to)| self.comparison(left, to.op, to.right, place)))
            }
            Expr::Named { value, .. } => self.truth(value, place),
            Expr::Name { name, block, .. } => {
                let values = self.value(test, place);
                if self.is_setting(name, module[block].scope, &values, place) {
                    return Truth::Unknown;
                }
                if let Some(has) = self.has_keywords(test, place) {
                    return Truth::Known(has);
                }
                self.truthiness(&values)
            }
            Expr::Call { callee, .. } if self.is_method_of_setting(callee, place) => Truth::Unknown,
            _ => self.truthiness(&self.value(test, place)),
        }
    }

    fn logical_truth(&self, op: BoolOp, operands: &[ExprId], place: Place) -> Truth {
        all_of(op, operands.iter().map(|operand| self.truth(*operand, place)))
    }

    /// A module's constant is no guard: it is changed by hand. What a function was given or has computed is.
    fn is_setting(&self, name: Name, scope: crate::semantic::ScopeId, values: &Values, place: Place) -> bool {
        let module = self.project.module(place.file);
        let global = module
            .scopes_around(scope)
            .find(|scope| module.variable(*scope, name).is_some())
            .is_none_or(|scope| module[scope].kind == ScopeKind::Module);
        global
            && values.known.iter().all(|value| {
                matches!(
                    self.get(*value),
                    Value::None
                        | Value::Bool(_)
                        | Value::Int(_)
                        | Value::Str(_)
                        | Value::Items(..)
                        | Value::Set { .. }
                        | Value::Table(_)
                        | Value::OutsideInstance { besides: Besides::True | Besides::Number(_), .. }
                ) || self.is_made_elsewhere(*value, name, place)
            })
            && !values.known.is_empty()
    }

    /// `BACKEND = UNSET`: a name of the module for an object that was made under another one.
    fn is_made_elsewhere(&self, value: ValueId, name: Name, place: Place) -> bool {
        let module = self.project.module(place.file);
        let is_made_there = |binding: &BindingId| match module[*binding].kind {
            BindingKind::Assign { value, .. } => matches!(module[value], Expr::Call { .. }),
            _ => true,
        };
        matches!(self.get(value), Value::OutsideInstance { besides: Besides::Made(..), .. })
            && !module.bindings_of(module.global(), name).iter().all(is_made_there)
    }

    /// `MODE.startswith("test")`: what follows from a setting is no more of a guard.
    fn is_method_of_setting(&self, callee: ExprId, place: Place) -> bool {
        let Expr::Attribute { value, .. } = self.project.module(place.file)[callee] else { return false };
        self.is_setting_expr(value, place)
    }

    fn is_setting_expr(&self, expr: ExprId, place: Place) -> bool {
        match self.project.module(place.file)[expr] {
            Expr::Name { name, block, .. } => {
                let values = self.value(expr, place);
                self.is_setting(name, self.project.module(place.file)[block].scope, &values, place)
            }
            _ => false,
        }
    }

    fn comparison(&self, left: ExprId, op: CmpOp, right: ExprId, place: Place) -> Truth {
        if self.asks_for_main(left, right, place) || self.asks_for_main(right, left, place) {
            // Code that something reaches was imported.
            let denies = matches!(op, CmpOp::NotEq | CmpOp::NotIn);
            return if self.world.may_be_the_program() { Truth::Unknown } else { Truth::Known(denies) };
        }
        if let Some(truth) = self.of_version(left, op, right, place) {
            return Truth::Known(truth);
        }
        let (lefts, rights) = (self.value(left, place), self.value(right, place));
        if lefts.is_never() || rights.is_never() {
            return Truth::Never;
        }
        if matches!(op, CmpOp::In | CmpOp::NotIn)
            && let Some(given) = self.given_under(right, &lefts, right, place)
        {
            return Truth::Known(given.is_some() == (op == CmpOp::In));
        }
        if self.is_kept_key(left, op, (&lefts, &rights), place) {
            return Truth::Likely(op == CmpOp::In);
        }
        // Two settings of a module compared say nothing about the code at hand.
        if self.is_setting_expr(left, place) || (self.is_setting_expr(right, place) && !self.are_members(&rights)) {
            return Truth::Unknown;
        }
        match op {
            CmpOp::Is => self.sameness(&lefts, &self.ellipsis(right, place).unwrap_or(rights), true),
            CmpOp::IsNot => self.sameness(&lefts, &self.ellipsis(right, place).unwrap_or(rights), true).not(),
            CmpOp::Eq => self.sameness(&lefts, &rights, false),
            CmpOp::NotEq => self.sameness(&lefts, &rights, false).not(),
            CmpOp::In => self.membership((left, &lefts), (right, &rights), place),
            CmpOp::NotIn => self.membership((left, &lefts), (right, &rights), place).not(),
            // What an object or a table holds, and what is worked out of settings, is changed by hand.
            _ if self.is_given(left, place) != self.is_given(right, place) => {
                self.order_of_numbers(op, &lefts, &rights)
            }
            _ => Truth::Unknown,
        }
    }

    /// Whether what is looked for in a dict can only be one of its keys, as long as nobody takes that out. What is written on the
    /// spot is no value that the code was given.
    fn is_kept_key(&self, left: ExprId, op: CmpOp, (lefts, rights): (&Values, &Values), place: Place) -> bool {
        let is_asked = matches!(op, CmpOp::In | CmpOp::NotIn) && lefts.rest == Rest::Nothing;
        let Some(Value::Table(entries)) = rights.only().filter(|_| is_asked).map(|right| self.get(right)) else {
            return false;
        };
        let is_key = |left: &ValueId| {
            entries.iter().any(|(key, _)| key.is_some_and(|key| self.is_same(*left, key) == Some(true)))
        };
        let is_written = matches!(self.project.module(place.file)[left], Expr::Str(_) | Expr::Int(_));
        !is_written && !self.is_setting_expr(left, place) && !lefts.known.is_empty() && lefts.known.iter().all(is_key)
    }

    fn are_members(&self, values: &Values) -> bool {
        values.known.iter().all(|value| matches!(self.get(*value), Value::Member(..)))
    }

    /// `sys.version_info >= (3, 11)`, where all versions that the code may run on answer alike.
    fn of_version(&self, left: ExprId, op: CmpOp, right: ExprId, place: Place) -> Option<bool> {
        let module = self.project.module(place.file);
        if let (Expr::Subscript { value, index }, Expr::Int(major)) = (module[left], module[right]) {
            return self.of_major_version((value, index), op, major, place);
        }
        let Expr::Tuple(numbers) = module[right] else { return None };
        let oldest = self.least_version(left, place)?;
        let number = |at: usize| match module.list(numbers).get(at).map(|number| module[*number]) {
            Some(Expr::Int(number)) => u8::try_from(number).ok(),
            Some(_) => None,
            None => Some(0),
        };
        let is_reached = oldest >= (number(0)?, number(1)?) && module.list(numbers).len() <= 2;
        match op {
            CmpOp::GtE if is_reached => Some(true),
            CmpOp::Lt if is_reached => Some(false),
            _ => None,
        }
    }

    /// The least version that an expression may be, where it is one.
    fn least_version(&self, version: ExprId, place: Place) -> Option<(u8, u8)> {
        let Value::Outside(name) = self.get(self.value(version, place).only()?) else { return None };
        self.world.least_version(*name)
    }

    /// `sys.version_info[0] == 2`.
    fn of_major_version(&self, item: (ExprId, ExprId), op: CmpOp, asked: i32, place: Place) -> Option<bool> {
        let (value, index) = item;
        let is_first = self.project.module(place.file)[index] == Expr::Int(0);
        let (oldest, _) = is_first.then(|| self.least_version(value, place)).flatten()?;
        let oldest = i32::from(oldest);
        match op {
            CmpOp::Eq | CmpOp::LtE if asked < oldest => Some(false),
            CmpOp::NotEq | CmpOp::Gt if asked < oldest => Some(true),
            CmpOp::Lt if asked <= oldest => Some(false),
            CmpOp::GtE if asked <= oldest => Some(true),
            _ => None,
        }
    }

    /// Whether a module asks whether it is the program: `__name__ == "__main__"`, `__name__ in ("__main__", "__mp_main__")`.
    fn asks_for_main(&self, name: ExprId, value: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        // `__mp_main__` is what a process that another one has spawned calls the program (multiprocessing/spawn.py).
        let is_program =
            |text: ExprId| matches!(module[text], Expr::Str(text) if text == "__main__" || text == "__mp_main__");
        let asks = match module[value] {
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                !items.is_empty() && module.list(items).iter().all(|item| is_program(*item))
            }
            _ => is_program(value),
        };
        asks && matches!(module[name], Expr::Name { name, .. } if name == "__name__")
    }

    fn sameness(&self, lefts: &Values, rights: &Values, identical: bool) -> Truth {
        let rest = lefts.rest.max(rights.rest);
        let Some(right) = rights.single() else { return Truth::Unknown };
        let answers = lefts.known.iter().map(|left| self.are_alike(*left, right, identical));
        Truth::of(agreed(answers), rest)
    }

    /// Whether two values are equal, as far as that can be told.
    pub(super) fn is_same(&self, left: ValueId, right: ValueId) -> Option<bool> {
        let (a, b) = (self.get(left), self.get(right));
        if matches!(a, Value::None) || matches!(b, Value::None) {
            return match (a, b) {
                (Value::ResultOf(_), _) | (_, Value::ResultOf(_)) => None,
                (Value::OutsideMethod { name, .. }, _) | (_, Value::OutsideMethod { name, .. })
                    if !self.world.is_callable(*name) =>
                {
                    None
                }
                _ => Some(matches!((a, b), (Value::None, Value::None))),
            };
        }
        let constant =
            |value: &Value| matches!(value, Value::Bool(_) | Value::Str(_) | Value::Member(..) | Value::Int(_));
        let definition = |value: &Value| matches!(value, Value::Class(..) | Value::Outside(_));
        match (a, b) {
            // Members of an enumeration that is a `str` equal strings.
            (Value::Member(..), Value::Str(_) | Value::Int(_)) | (Value::Str(_) | Value::Int(_), Value::Member(..)) => {
                None
            }
            _ if constant(a) && constant(b) => Some(left == right),
            _ if definition(a) && definition(b) => Some(left == right),
            _ => None,
        }
    }

    fn membership(&self, (left, lefts): (ExprId, &Values), (right, rights): (ExprId, &Values), place: Place) -> Truth {
        let Some(container) = rights.only() else { return Truth::Unknown };
        // A dict may be given further keys. What is written on the spot is no value that the code was given.
        let is_table = matches!(self.get(container), Value::Table(_));
        let is_written = matches!(self.project.module(place.file)[left], Expr::Str(_) | Expr::Int(_));
        if is_table && is_written {
            return Truth::Unknown;
        }
        let answers = lefts.known.iter().map(|left| self.is_in(*left, container, right, place));
        Truth::of(agreed(answers), if is_table { lefts.rest.max(Rest::Declared) } else { lefts.rest })
    }

    /// Whether a value is in a container: the value of an expression.
    pub(super) fn is_in(&self, left: ValueId, container: ValueId, expr: ExprId, place: Place) -> Option<bool> {
        match self.get(container) {
            Value::Items(_, items) => {
                one_of(items.iter().map(|item| item.only().and_then(|item| self.is_same(left, item))))
            }
            Value::Set { item, .. } if item.rest == Rest::Nothing => {
                let answer = one_of(item.known.iter().map(|other| self.is_same(left, *other)));
                // What a set may hold it need not hold, unless it is written on the spot.
                let is_written = matches!(self.project.module(place.file)[expr], Expr::Set(_));
                answer.filter(|found| !found || is_written)
            }
            Value::Str(text) => match self.get(left) {
                Value::Str(part) => Some(text.as_str().contains(part.as_str())),
                _ => None,
            },
            Value::Table(entries) if !entries.is_empty() => {
                let keys: Option<Vec<ValueId>> = entries.iter().map(|(key, _)| *key).collect();
                one_of(keys?.into_iter().map(|key| self.is_same(left, key))).filter(|found| !found)
            }
            _ => None,
        }
    }

    /// Whether something counts as true.
    pub(in crate::python) fn truthiness(&self, values: &Values) -> Truth {
        if values.is_never() {
            return Truth::Never;
        }
        Truth::of(agreed(values.known.iter().map(|value| self.is_true(*value))), values.rest)
    }

    /// Whether a value counts as true.
    pub(super) fn is_true(&self, id: ValueId) -> Option<bool> {
        match self.get(id) {
            Value::None => Some(false),
            Value::Bool(truth) => Some(*truth),
            Value::Int(number) => Some(*number != 0),
            Value::Str(text) => Some(!text.as_str().is_empty()),
            Value::Function(_) | Value::Class(..) | Value::Module(_) | Value::Partial { .. } => Some(true),
            Value::Awaitable { .. } => Some(true),
            Value::Items(_, items) => Some(!items.is_empty()),
            // An attribute of an object may be anything; a method is true.
            Value::OutsideMethod { name, .. } => {
                self.world.truth(*name).or_else(|| self.world.is_callable(*name).then_some(true))
            }
            // A function that is handed over; a value such as `sys.argv` may be empty.
            Value::Outside(name) => self
                .world
                .truth(*name)
                .or_else(|| (self.world.knows(*name) && !self.world.is_watched(*name)).then_some(true)),
            Value::OutsideInstance { besides: Besides::True | Besides::Made(..), .. } => Some(true),
            Value::OutsideInstance { besides: Besides::Number(bits), .. } => Some(f32::from_bits(*bits) != 0.0),
            Value::OutsideInstance { class, .. } => self.world.is_always_true(*class).then_some(true),
            Value::Member(class, _) if !self.has_truth_method(id, *class) => Some(true),
            Value::Instance(instance) => (!self.has_truth_method(id, instance.class)).then_some(true),
            _ => None,
        }
    }

    /// Whether an object of a class of the project may have one of some methods: its class or a base of the project has it, or
    /// a base that is not known to the last.
    #[must_use]
    pub fn may_have_method(&self, object: ValueId, names: &[&str]) -> bool {
        let Value::Instance(instance) = self.get(object) else { return true };
        names.iter().any(|name| self.method(object, Name::new(name)).is_some())
            || self.order(instance.class, instance.outer).iter().any(|ancestor| match ancestor {
                crate::python::Ancestor::Outside(name) => !self.world.is_plain_base(*name),
                crate::python::Ancestor::Unknown | crate::python::Ancestor::Dynamic(_) => true,
                crate::python::Ancestor::Project(..) => false,
            })
    }

    fn has_truth_method(&self, id: ValueId, class: crate::python::ClassRef) -> bool {
        let own = ["__bool__", "__len__"].iter().any(|name| self.method(id, Name::new(name)).is_some());
        own || self.order(class, None).iter().any(|ancestor| match ancestor {
            crate::python::Ancestor::Outside(name) => !self.world.is_plain_base(*name) && !self.is_truth_free(*name),
            crate::python::Ancestor::Unknown => true,
            _ => false,
        })
    }

    /// A base from outside that gives objects neither a length nor a truth of their own.
    fn is_truth_free(&self, base: Name) -> bool {
        self.world.generates(base) != crate::python::Generated::No || self.world.is_always_true(base)
    }

    // ---- match

    /// Whether a case matches, where that can be told; its guard left aside.
    pub(super) fn case_truth(&self, matched: MatchId, case: u32, place: Place) -> Truth {
        let module = self.project.module(place.file);
        let subject = module[matched].subject;
        let Some(case) = module.list(module[matched].cases).get(case as usize) else { return Truth::Unknown };
        let values = self.subject_before(matched, case.pattern, place).unwrap_or_else(|| self.value(subject, place));
        if values.is_never() {
            return Truth::Never;
        }
        let answers = values.known.iter().map(|value| self.matches(case.pattern, *value, place));
        let decided = agreed(answers);
        if self.is_irrefutable(case.pattern, place) {
            return Truth::Known(true);
        }
        Truth::of(decided, values.rest)
    }

    /// What the subject still can be when a case is asked: what earlier cases took is gone.
    fn subject_before(&self, matched: MatchId, pattern: PatternId, place: Place) -> Option<Values> {
        let module = self.project.module(place.file);
        let cases = module.list(module[matched].cases);
        let position = cases.iter().position(|case| case.pattern == pattern)?;
        let mut values = self.value(module[matched].subject, place);
        for earlier in &cases[..position] {
            if earlier.guard.is_some() {
                continue;
            }
            values = self.expanded(values);
            values.known.retain(|value| self.matches(earlier.pattern, *value, place) != Some(true));
            if self.is_irrefutable(earlier.pattern, place) {
                values = Values::NEVER;
            }
        }
        Some(values)
    }

    pub(super) fn is_irrefutable(&self, pattern: PatternId, place: Place) -> bool {
        let module = self.project.module(place.file);
        match module[pattern] {
            Pattern::As { pattern: None, .. } => true,
            Pattern::As { pattern: Some(inner), .. } => self.is_irrefutable(inner, place),
            Pattern::Or(inner) => module.list(inner).iter().any(|inner| self.is_irrefutable(*inner, place)),
            _ => false,
        }
    }

    /// Whether a pattern matches a value.
    pub(super) fn matches(&self, pattern: PatternId, value: ValueId, place: Place) -> Option<bool> {
        let module = self.project.module(place.file);
        match module[pattern] {
            Pattern::Value(expected) | Pattern::Singleton(expected) => {
                let expected = self.value(expected, place).only()?;
                self.is_same(value, expected)
            }
            Pattern::Class { class, patterns, .. } => {
                let classes = self.value(class, place);
                let is_instance = self.is_instance_of(value, &classes)?;
                // Patterns that only bind take any attribute.
                let only_binds = module.list(patterns).iter().all(|inner| self.is_irrefutable(*inner, place));
                (!is_instance || only_binds).then_some(is_instance)
            }
            Pattern::As { pattern: None, .. } => Some(true),
            Pattern::As { pattern: Some(inner), .. } => self.matches(inner, value, place),
            Pattern::Or(inner) => {
                let answers: Vec<Option<bool>> =
                    module.list(inner).iter().map(|inner| self.matches(*inner, value, place)).collect();
                if answers.contains(&Some(true)) {
                    return Some(true);
                }
                answers.iter().all(Option::is_some).then_some(false)
            }
            Pattern::Sequence(parts) => self.matches_sequence(module.list(parts), value, place),
            Pattern::Mapping { .. } => match self.get(value) {
                Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) => Some(false),
                _ => None,
            },
            Pattern::Star => None,
        }
    }

    /// Whether `[first, *others]` matches a value. Of a list it is not asked how long it is: what was in it may be taken out.
    fn matches_sequence(&self, parts: &[PatternId], value: ValueId, place: Place) -> Option<bool> {
        let module = self.project.module(place.file);
        let star = parts.iter().position(|part| matches!(module[*part], Pattern::Star));
        match self.get(value) {
            Value::Items(kind, _) | Value::Many(kind, _)
                if kind.class().is_some() && star.is_some() && parts.len() == 1 =>
            {
                Some(true)
            }
            Value::Items(Sequence::Tuple, items) => {
                let is_short = items.len() < parts.len() - usize::from(star.is_some());
                if is_short || star.is_none() && items.len() > parts.len() {
                    return Some(false);
                }
                let item = |at: usize| match star {
                    Some(star) if at > star => &items[at + items.len() - parts.len()],
                    _ => &items[at],
                };
                let answers = parts.iter().enumerate().filter(|(at, _)| star != Some(*at)).map(|(at, part)| {
                    if self.is_irrefutable(*part, place) {
                        return Some(true);
                    }
                    let answer = agreed(item(at).known.iter().map(|item| self.matches(*part, *item, place)));
                    answer.filter(|_| item(at).rest == Rest::Nothing)
                });
                one_of(answers.map(|answer| answer.map(|matches| !matches))).map(|differs| !differs)
            }
            Value::Items(..) | Value::Many(..) | Value::ResultOf(_) => None,
            // A text is no sequence here, nor is a number.
            Value::OutsideInstance { class, .. } => {
                ["list", "tuple"].iter().all(|kind| are_apart(*class, builtin(kind))).then_some(false)
            }
            Value::Instance(instance) => {
                let is_plain = |base: Name| {
                    self.world.is_plain_base(base) || self.is_truth_free(base) && !self.world.is_named_tuple(base)
                };
                let order = self.order(instance.class, instance.outer);
                let is_apart = |ancestor: &crate::python::Ancestor| match ancestor {
                    crate::python::Ancestor::Outside(base) => is_plain(*base),
                    crate::python::Ancestor::Project(..) => true,
                    crate::python::Ancestor::Unknown | crate::python::Ancestor::Dynamic(_) => false,
                };
                order.iter().all(is_apart).then_some(false)
            }
            _ => Some(false),
        }
    }

    /// The arguments of `isinstance(object, classes)` and the like.
    pub(super) fn positional_arguments(&self, call: ExprId, place: Place) -> Vec<ExprId> {
        let module = self.project.module(place.file);
        let Expr::Call { arguments, .. } = module[call] else { return Vec::new() };
        let given = module.list(arguments).iter();
        given.take_while(|given| given.kind == ArgumentKind::Positional).map(|given| given.value).collect()
    }
}

/// What several conditions come to that are asked one after another, until one decides.
fn all_of(op: BoolOp, truths: impl Iterator<Item = Truth>) -> Truth {
    let decisive = op == BoolOp::Or;
    let mut all = Truth::Known(!decisive);
    for truth in truths {
        match truth {
            Truth::Known(truth) if truth == decisive => return Truth::Known(decisive),
            Truth::Likely(truth) if truth == decisive => return Truth::Likely(decisive),
            Truth::Known(_) => {}
            Truth::Likely(_) if matches!(all, Truth::Known(_)) => all = Truth::Likely(!decisive),
            Truth::Likely(_) => {}
            Truth::Never => return Truth::Never,
            Truth::Unknown => all = Truth::Unknown,
        }
    }
    all
}

/// Whether one of several questions is answered with yes; nothing where one that is open decides.
fn one_of(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut is_open = false;
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => is_open = true,
        }
    }
    (!is_open).then_some(false)
}

/// What all answers say, if they say the same.
pub(super) fn agreed(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = answers.next()??;
    answers.all(|answer| answer == Some(first)).then_some(first)
}
