//! Times with and without a zone that workflow code compares or subtracts.
//!
//! Knows: which calls give a `datetime` with a zone and which one without, and through which names, of other modules too,
//! such a value goes, and what the nearest calls give a parameter, or the fields of an object. Does not know: values that come
//! in from farther away.

use rustc_hash::FxHashMap;

use super::analysis::ReachedCode;
use super::exceptions::Kinds;
use super::zone_questions::{Asked, ZoneQuestions};
use super::zones::zone_given;
use crate::python::{Callable, Code, Evaluator, Field, FunctionRef, Generated, NodeId, Origin, Place, Value, ValueId};
use crate::registry::behaviour;
use crate::semantic::{
    Argument, ArgumentKind, BindingKind, BlockId, CmpOp, Expr, ExprId, Handler, Module, Name, Operator, Parameter,
    RegionKind, given_for,
};
use crate::source::{FileId, TextRange};

/// Through how many names a value is followed.
const DEPTH: usize = 5;
/// How many calls of a function are asked what they give.
const CALLS: usize = 16;
/// How many statements that may have given a name its value are looked at.
const BINDINGS: usize = 8;

/// Whether a `datetime` knows its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Aware,
    Naive,
}

/// A comparison or difference of a time with a zone and one without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MixedTimes {
    /// The reached code that it stands in.
    pub node: NodeId,
    /// The comparison or difference.
    pub range: TextRange,
    /// The side without a zone.
    pub naive: TextRange,
    /// Whether it is a comparison.
    pub compares: bool,
}

impl ReachedCode<'_> {
    /// The places in it that mix times with and without a zone.
    #[must_use]
    pub fn mixed_times(&self) -> &[MixedTimes] {
        self.mixed_times.get_or_init(|| mixed_times(self))
    }
}

fn mixed_times(reached: &ReachedCode<'_>) -> Vec<MixedTimes> {
    let mut found = Vec::new();
    let mut pairs: FxHashMap<FileId, Vec<Pair>> = FxHashMap::default();
    let zones = ZoneQuestions::default();
    for (id, node) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
        let Code::Function(function) = node.code else { continue };
        let evaluator = reached.reach.evaluator();
        let module = evaluator.project().module(function.file);
        let place = reached.reach.place(id);
        let range = module[function.function].range;
        let reader = Reader { evaluator, zones: &zones, module, place, given: None };
        let given: Vec<Given> =
            calls_of(reached, id).filter_map(|(call, from)| given(reached, function, call, from)).collect();
        for &Pair { range: whole, left, right, compares } in pairs_of(&mut pairs, module, function.file) {
            if !range.contains_range(whole) {
                continue;
            }
            let naive_of = |reader: &Reader<'_, '_>| match (reader.time(left, DEPTH), reader.time(right, DEPTH)) {
                (Some(Time::Aware), Some(Time::Naive)) => Some(right),
                (Some(Time::Naive), Some(Time::Aware)) => Some(left),
                _ => None,
            };
            // One call that gives the two kinds is enough.
            let by_calls = || {
                let mut calls = given.iter().filter(|given| given.comes_to(&reader, whole));
                calls.find_map(|given| naive_of(&Reader { given: Some(*given), ..reader }))
            };
            let Some(naive) = naive_of(&reader).or_else(by_calls) else { continue };
            found.push(MixedTimes { node: id, range: whole, naive: module.span(naive), compares });
        }
    }
    found
}

/// The calls that run some code, with the code that they stand in.
fn calls_of<'r>(reached: &'r ReachedCode<'_>, node: NodeId) -> impl Iterator<Item = (TextRange, NodeId)> + 'r {
    let node = reached.reach.node(node);
    node.parent.iter().chain(&node.others).take(CALLS).map(|edge| (edge.site, edge.from))
}

/// What a call gives the parameters of a function.
fn given<'p>(reached: &ReachedCode<'p>, function: FunctionRef, site: TextRange, from: NodeId) -> Option<Given<'p>> {
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(reached.reach.node(from).code.file());
    let place = reached.reach.place(from);
    let call = module.call_at(site)?;
    let Expr::Call { callee, .. } = module[call] else { return None };
    let Value::Function(callable) = evaluator.get(evaluator.value(callee, place).single()?) else { return None };
    (callable.function == function).then_some(Given { callable: *callable, call, module, place })
}

/// What a call gives the parameters of the function that it runs.
#[derive(Clone, Copy)]
struct Given<'p> {
    callable: Callable,
    call: ExprId,
    /// Where the call stands.
    module: &'p Module,
    place: Place,
}

impl Given<'_> {
    /// Whether a call comes to a pair of times in the function that it runs, and nobody there or here takes what that raises.
    fn comes_to(&self, reader: &Reader<'_, '_>, pair: TextRange) -> bool {
        let (evaluator, there) = (reader.evaluator, reader.module);
        let FunctionRef { file, function } = self.callable.function;
        let Some(block) = there.expression_at(pair).and_then(|expr| there.block_of_expression(expr)) else {
            return false;
        };
        let Some(arguments) = evaluator.arguments_of(self.call, self.place) else { return false };
        let frame = evaluator.frame_of_call(&self.callable, &arguments);
        let inside = Place { file, frame };
        let is_taken_here =
            self.module.block_of_call(self.call).is_some_and(|block| takes_type_error(evaluator, block, self.place));
        there[block].function == Some(function)
            && evaluator.may_run(block, inside)
            && !takes_type_error(evaluator, block, inside)
            && !is_taken_here
    }
}

/// Whether something around a block takes a `TypeError`, or may: a handler, or a context manager that swallows it.
fn takes_type_error(evaluator: &Evaluator<'_>, block: BlockId, place: Place) -> bool {
    let module = evaluator.project().module(place.file);
    let class = evaluator.store().id(Value::Outside(Name::new("builtins.TypeError")));
    let takes =
        |handler: &Handler| Kinds::of(evaluator, handler.kind, place).take_class(evaluator, class) != Some(false);
    module.regions_around(block).any(|(_, region)| match region.kind {
        RegionKind::Try(tried) => module.list(module[tried].handlers).iter().any(takes),
        RegionKind::With(with) => {
            module.list(module[with].items).iter().any(|item| evaluator.manager_suppresses(item.manager, place))
        }
        _ => false,
    })
}

/// The operands of an ordering comparison or a difference.
struct Pair {
    range: TextRange,
    left: ExprId,
    right: ExprId,
    compares: bool,
}

impl Pair {
    /// (`==` of the two kinds of times is false, and raises nothing.)
    fn of(module: &Module, expr: ExprId) -> Option<Self> {
        let (left, right, compares) = match module[expr] {
            Expr::Compare { left, rest } => {
                let [only] = module.list(rest) else { return None };
                let orders = matches!(only.op, CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE);
                (left, orders.then_some(only.right)?, true)
            }
            Expr::Binary { op: Operator::Sub, left, right } => (left, right, false),
            _ => return None,
        };
        Some(Self { range: module.span(expr), left, right, compares })
    }
}

/// The pairs of a file, looked for once: a file is reached in many ways.
fn pairs_of<'a>(known: &'a mut FxHashMap<FileId, Vec<Pair>>, module: &Module, file: FileId) -> &'a [Pair] {
    known.entry(file).or_insert_with(|| module.expression_ids().filter_map(|expr| Pair::of(module, expr)).collect())
}

#[derive(Clone, Copy)]
struct Reader<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    /// Which functions ask about the zone of a time.
    zones: &'e ZoneQuestions,
    module: &'p Module,
    place: Place,
    /// The call that runs the code.
    given: Option<Given<'p>>,
}

impl Reader<'_, '_> {
    fn time(&self, expr: ExprId, depth: usize) -> Option<Time> {
        if depth == 0 {
            return None;
        }
        match self.module[expr] {
            Expr::Call { callee, arguments } => {
                let called = self.evaluator.value(callee, self.place).single()?;
                if let Value::Function(callable) = self.evaluator.get(called) {
                    return self.given_by(callable, expr, depth);
                }
                let name = self.evaluator.outside_name(called)?;
                self.made_by(name, callee, self.module.list(arguments), depth)
            }
            // A time and a span of time give a time of the same kind.
            Expr::Binary { op: Operator::Add | Operator::Sub, left, right } => {
                match (self.time(left, depth - 1), self.time(right, depth - 1)) {
                    (Some(time), None) => Some(time),
                    _ => None,
                }
            }
            Expr::Attribute { .. } if self.is_end_of_day(expr) => Some(Time::Naive),
            Expr::Name { .. } | Expr::Attribute { .. } if self.elsewhere(expr).is_some() => {
                let (value, there) = self.elsewhere(expr)?;
                there.time(value, depth - 1)
            }
            Expr::Name { name, block, .. } => {
                let variable = self.module.variable_read(name, block)?;
                let bindings = &self.module[variable].bindings;
                let mut times = bindings.iter().take(BINDINGS).map(|id| match self.module[*id].kind {
                    BindingKind::Assign { value, path, .. } if path.is_empty() => self.time(value, depth - 1),
                    BindingKind::Parameter { index } => self.of_parameter(self.module[*id].block, index, depth),
                    _ => None,
                });
                let first = times.next()??;
                (bindings.len() <= BINDINGS && times.all(|time| time == Some(first))).then_some(first)
            }
            Expr::Attribute { value, name } if self.module.method_of_object(value).is_none() => {
                self.of_field(value, name, depth).or_else(|| self.of_given_field(value, name, depth))
            }
            Expr::Attribute { value, name } => {
                let mut stores = self.module.attribute_stores(name);
                let Some(first) = stores.next() else { return self.of_given_field(value, name, depth) };
                let first = self.time(first.value?, depth - 1)?;
                let alike = |value: Option<ExprId>| value.and_then(|value| self.time(value, depth - 1)) == Some(first);
                stores.all(|store| alike(store.value)).then_some(first)
            }
            _ => None,
        }
    }

    /// What the call that runs a function gives one of its parameters.
    fn of_parameter(&self, block: BlockId, index: u32, depth: usize) -> Option<Time> {
        let function = self.given?.callable.function;
        let time = match self.argument(block, index)? {
            Some((given, there)) => there.time(given, depth - 1),
            None => self.time(self.parameter(block, index)?.default?, depth - 1),
        }?;
        let variable =
            self.module.variable(self.module[function.function].scope, self.parameter(block, index)?.name)?;
        (!self.zones.asks(self.evaluator, function, Asked::Variable(variable))).then_some(time)
    }

    /// A parameter of the function that is looked at.
    fn parameter(&self, block: BlockId, index: u32) -> Option<&Parameter> {
        let FunctionRef { file, function } = self.given?.callable.function;
        let is_its_own = file == self.place.file && self.module[block].function == Some(function);
        self.module.parameters(function).get(index as usize).filter(|_| is_its_own)
    }

    /// The argument that the call gives a parameter, where it is one that stands there.
    fn argument(&self, block: BlockId, index: u32) -> Option<Option<(ExprId, Self)>> {
        self.parameter(block, index)?;
        let Given { callable, call, module, place } = self.given?;
        let Expr::Call { arguments, .. } = module[call] else { return None };
        let arguments = module.list(arguments);
        let is_open = |given: &Argument| matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar);
        if arguments.iter().any(is_open) {
            return None;
        }
        let taken = (callable.function.function, index as usize);
        let given = self.module.argument_taken_by(taken, callable.receiver.is_some(), arguments);
        Some(given.map(|given| (given.value, Self { module, place, given: None, ..*self })))
    }

    /// What stands at the call for an object that the function is given: the argument, or what the method is called on.
    fn object_given(&self, object: ExprId) -> Option<(ExprId, Self)> {
        let Given { call, module, place, .. } = self.given?;
        let Expr::Name { name, block, .. } = self.module[object] else { return None };
        let variable = self.module.variable_read(name, block)?;
        let [only] = self.module[variable].bindings[..] else { return None };
        let BindingKind::Parameter { index } = self.module[only].kind else { return None };
        let of = self.module[only].block;
        if self.module.method_of_object(object).is_none() {
            return self.argument(of, index)?;
        }
        let Expr::Call { callee, .. } = module[call] else { return None };
        let Expr::Attribute { value, .. } = module[callee] else { return None };
        self.parameter(of, index).map(|_| (value, Self { module, place, given: None, ..*self }))
    }

    /// The same of a field of an object that the function is given.
    fn of_given_field(&self, object: ExprId, name: Name, depth: usize) -> Option<Time> {
        let (given, there) = self.object_given(object)?;
        let function = self.given?.callable.function;
        if self.module.attribute_stores(name).next().is_some() {
            return None;
        }
        let time = there.of_field(given, name, depth)?;
        (!self.zones.asks(self.evaluator, function, Asked::Field(name))).then_some(time)
    }

    /// `time.min`, `time.max`.
    fn is_end_of_day(&self, expr: ExprId) -> bool {
        let value = self.evaluator.value(expr, self.place).single();
        let name = value.and_then(|value| self.evaluator.outside_name(value));
        name.is_some_and(|name| ENDS_OF_DAY.contains(&name.as_str()))
    }

    /// What a field of an object holds: what the call that makes the object gives for it, or its default.
    fn of_field(&self, object: ExprId, name: Name, depth: usize) -> Option<Time> {
        let (made, there) = match self.module[object] {
            Expr::Call { .. } => (object, *self),
            _ => match self.evaluator.origin(object, self.place)? {
                Origin::Value(value, place) => (value, self.at(place)),
                _ => return None,
            },
        };
        let Expr::Call { callee, arguments } = there.module[made] else { return None };
        let Value::Class(class, outer) = *self.evaluator.get(self.evaluator.value(callee, there.place).only()?) else {
            return None;
        };
        let is_set = |module: &Module| module.attribute_stores(name).next().is_some();
        let fields = self.evaluator.fields(class, outer);
        let position = fields.iter().position(|field| field.name == name)?;
        let given = there.module.list(arguments);
        if self.evaluator.generated(class, outer) == Generated::No
            || is_set(self.module)
            || is_set(there.module)
            || is_set(self.evaluator.project().module(class.file))
            || self.evaluator.runs_on_fields(class, outer)
            || self.is_of_its_own(&fields[position])
            || given.iter().any(|given| matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar))
        {
            return None;
        }
        match given_for(given, name.as_str(), Some(position)) {
            Some(given) => there.time(given, depth - 1),
            None => self.at(fields[position].place).time(fields[position].default?, depth - 1),
        }
    }

    /// Whether what a field is declared as says more of a time than that it is one, and may refuse what is given: `AwareDatetime`.
    fn is_of_its_own(&self, field: &Field) -> bool {
        let Some(annotation) = field.annotation else { return false };
        let is_other = |value: &ValueId| match self.evaluator.get(*value) {
            Value::OutsideInstance { class, .. } => class.as_str() != "datetime.datetime",
            _ => false,
        };
        self.evaluator.annotated(annotation, field.place).known.iter().any(is_other)
    }

    /// The same where another expression is evaluated.
    fn at(&self, place: Place) -> Self {
        Self { module: self.evaluator.project().module(place.file), place, ..*self }
    }

    /// What a function of the project gives, where all that it returns is of one kind.
    fn given_by(&self, callable: &Callable, call: ExprId, depth: usize) -> Option<Time> {
        let FunctionRef { file, function } = callable.function;
        let frame = self.evaluator.frame_of_call(callable, &self.evaluator.arguments_of(call, self.place)?);
        let module = self.evaluator.project().module(file);
        let given = Given { callable: *callable, call, module: self.module, place: self.place };
        let there = Self { module, place: Place { file, frame }, given: Some(given), ..*self };
        if module[function].is_async || module[function].is_generator {
            return None;
        }
        let mut times = module[function].returns.iter().map(|given| there.time(given.value?, depth - 1));
        let first = times.next()??;
        times.all(|time| time == Some(first)).then_some(first)
    }

    /// Where another module gives a name its value, that module alone: `settings.LAUNCH`.
    fn elsewhere(&self, expr: ExprId) -> Option<(ExprId, Self)> {
        match self.evaluator.origin(expr, self.place)? {
            Origin::Value(value, place) if place.file != self.place.file => Some((value, self.at(place))),
            _ => None,
        }
    }

    fn made_by(&self, name: Name, callee: ExprId, arguments: &[Argument], depth: usize) -> Option<Time> {
        let open = arguments.iter().any(|given| matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar));
        if open {
            return None;
        }
        let zone = || zone_given(name, arguments);
        let by_zone = |zone: Option<ExprId>| match zone.map(|zone| self.module[zone]) {
            None | Some(Expr::None) => Some(Time::Naive),
            Some(Expr::Attribute { .. } | Expr::Call { .. } | Expr::Name { .. }) => Some(Time::Aware),
            Some(_) => None,
        };
        match name.as_str() {
            "temporalio.workflow.now" | "datetime.datetime.astimezone" => Some(Time::Aware),
            "datetime.datetime.now" => by_zone(given_for(arguments, "tz", Some(0))),
            // A date, the time of a day, and perhaps a zone for both.
            "datetime.datetime.combine" => match zone() {
                Some(given) => by_zone(Some(given)),
                None => self.time(given_for(arguments, "time", Some(1))?, depth - 1),
            },
            "datetime.datetime.time" => Some(Time::Naive),
            "datetime.datetime.utcnow" | "datetime.datetime.utcfromtimestamp" => Some(Time::Naive),
            "datetime.datetime.replace" => match zone() {
                Some(given) => by_zone(Some(given)),
                None => match self.module[callee] {
                    Expr::Attribute { value, .. } => self.time(value, depth - 1),
                    _ => None,
                },
            },
            "datetime.datetime.strptime" => match arguments.get(1).map(|given| self.module[given.value]) {
                Some(Expr::Str(format)) if format.as_str().contains("%z") => Some(Time::Aware),
                Some(Expr::Str(_)) => Some(Time::Naive),
                _ => None,
            },
            "datetime.datetime.fromisoformat" => match arguments.first().map(|given| self.module[given.value]) {
                Some(Expr::Str(text)) => Some(if names_offset(text.as_str()) { Time::Aware } else { Time::Naive }),
                _ => None,
            },
            _ if behaviour().takes_zone(name.as_str()).is_some() => by_zone(zone()),
            _ => None,
        }
    }
}

/// The first and the last time of a day, which know no zone.
const ENDS_OF_DAY: [&str; 2] = ["datetime.time.min", "datetime.time.max"];

/// Whether a time in ISO form says how far it is from UTC.
fn names_offset(text: &str) -> bool {
    let time = text.get(10..).unwrap_or_default();
    time.ends_with('Z') || time.contains('+') || time.contains('-')
}

#[cfg(test)]
mod tests {
    use super::names_offset;

    #[test]
    fn an_offset_stands_after_the_time() {
        assert!(!names_offset("2024-05-01"));
        assert!(!names_offset("2024-05-01T10:00:00"));
        assert!(names_offset("2024-05-01T10:00:00Z"));
        assert!(names_offset("2024-05-01T10:00:00+02:00") && names_offset("2024-05-01T10:00:00-05:00"));
    }
}
