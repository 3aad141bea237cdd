//! Calls of the SDK, with their arguments bound to the parameters that it has for them.
//!
//! Knows: which callable of the SDK a call runs, wherever it was imported from or kept; what each parameter is given; what is
//! made of the result. Does not know: which workflow or activity is meant ([`targets`](super::targets)), or in which
//! context the call runs.
//!
//! Absent and unknown are never the same: with `**options` whose content is not known, what is not named is unknown.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::Analysis;
use super::callers::{Caller, Spot, callers, is_of_parameter};
use super::code::bindings_of;
use super::constants::{Constant, constant, constant_value};
use super::definitions::Located;
use super::exceptions::RaisedAt;
use super::making::made_by;
use crate::python::{
    Arguments, ClassRef, Evaluator, FunctionRef, Origin, Place, Rest, Special, Value, ValueId, Values,
};
use crate::registry::schema::{SdkParameter, Signature};
use crate::registry::{enumeration_member, sdk_class, sdk_functions, sdk_signature};
use crate::semantic::{Argument, ArgumentKind, BindingKind, BlockId, DictItem, Expr, ExprId, Module, Name, Use};
use crate::source::{FileId, Span, TextRange, first_part, last_part};

/// What waits for a condition.
pub(super) const WAIT_CONDITION: &str = "temporalio.workflow.wait_condition";

/// Through how many calls of `replace` an object is followed to where it is made.
const REPLACED: usize = 4;

/// A call of a callable of the SDK.
#[derive(Debug, Clone)]
pub struct SdkCall {
    /// The qualified name of what is called: `temporalio.workflow.execute_activity`.
    pub callee: Name,
    /// What it takes and gives.
    pub signature: &'static Signature,
    /// Where the call stands.
    pub span: Span,
    /// What is called, as it is written.
    pub callee_range: TextRange,
    /// Its arguments, in order.
    pub arguments: Vec<SdkArgument>,
    /// Others may be given: by `*rest` or `**options` of unknown content.
    pub is_open: bool,
    /// Whether what is called may be something else.
    pub is_doubtful: bool,
    /// The function that holds the call; none where it runs when the module is imported.
    pub function: Option<FunctionRef>,
    /// The call's expression.
    pub expr: ExprId,
    /// The block that runs it.
    pub block: BlockId,
    /// What becomes of what the call itself gives: for a coroutine function, of the coroutine.
    pub result: ResultUse,
    /// How the function that holds it is called, where what it is given was read for one such call.
    pub caller: Option<Rc<Caller>>,
}

/// What becomes of what a call gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultUse {
    /// It is awaited on the spot.
    Awaited,
    /// `for … in` goes through it, or `async for`.
    LoopedOver {
        /// `async for`.
        is_async: bool,
    },
    /// `with` enters it, or `async with`.
    Managed {
        /// `async with`.
        is_async: bool,
    },
    /// Nothing.
    Discarded,
    /// Something else.
    Other,
}

/// An argument of a call of the SDK.
#[derive(Debug, Clone)]
pub struct SdkArgument {
    /// The parameter that takes it; none where no parameter does, or one that takes any.
    pub parameter: Option<&'static SdkParameter>,
    /// The name that it is given by.
    pub keyword: Option<Name>,
    /// Where it stands; the whole `**options` for what comes from there.
    pub range: TextRange,
    /// The expression; none for what comes from `*rest` or `**options`.
    pub expr: Option<ExprId>,
    /// Where it is written, for what an object was made with of which the call makes another.
    pub(super) made: Option<Located>,
    /// What it may be.
    pub values: Values,
    /// Whether each run of the call gives it; not sure of what statements put into `**options`, each on its own condition.
    pub is_sure: bool,
}

/// Whether a call gives a parameter something.
#[derive(Debug, Clone, Copy)]
pub enum Presence<'c> {
    /// It does.
    Argument(&'c SdkArgument),
    /// It does not.
    Absent,
    /// That cannot be told.
    Unknown,
}

/// Of which kind a value is, where it can be of one kind only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool,
    /// A number.
    Number,
    /// A string.
    Text,
    /// Bytes.
    Bytes,
    /// A `datetime.timedelta`.
    Duration,
    /// A list or tuple.
    Sequence,
    /// A dict.
    Table,
    /// A set.
    Set,
    /// A member of this enumeration of the SDK.
    Member(Name),
    /// An object of this class outside the project.
    Object(Name),
    /// A class outside the project, or something else there that has this name.
    Outside(Name),
    /// A class of the project.
    Class(ClassRef),
    /// An object of a class of the project.
    Instance(ClassRef),
    /// A function of the project.
    Function(FunctionRef),
    /// A coroutine, task or handle that is not awaited.
    Awaitable,
}

impl SdkCall {
    /// Where it runs, and for whom.
    pub(super) fn spot(&self) -> Spot<'_> {
        let caller = self.caller.as_deref();
        Spot { place: Place { file: self.span.file, frame: caller.and_then(|caller| caller.frame) }, caller }
    }

    /// Where it raises what it refuses.
    #[must_use]
    pub fn raises_at(&self) -> RaisedAt {
        RaisedAt { function: self.function, block: self.block }
    }

    /// The last part of the callee's name: `execute_activity`.
    #[must_use]
    pub fn short_name(&self) -> &'static str {
        self.callee.last_part()
    }

    /// What the call gives a parameter.
    #[must_use]
    pub fn given(&self, parameter: &str) -> Presence<'_> {
        let is_it = |argument: &&SdkArgument| argument.parameter.is_some_and(|taken| taken.name == parameter);
        match self.arguments.iter().find(is_it) {
            Some(argument) => Presence::Argument(argument),
            None if self.is_open => Presence::Unknown,
            None => Presence::Absent,
        }
    }

    /// The argument of a parameter, where one is surely given.
    #[must_use]
    pub fn argument(&self, parameter: &str) -> Option<&SdkArgument> {
        match self.given(parameter) {
            Presence::Argument(argument) => Some(argument),
            _ => None,
        }
    }

    /// Whether a parameter is surely given nothing.
    #[must_use]
    pub fn lacks(&self, parameter: &str) -> bool {
        matches!(self.given(parameter), Presence::Absent)
    }

    /// Arguments by position for which there is no parameter.
    pub fn surplus(&self) -> impl Iterator<Item = &SdkArgument> {
        let takes_rest = self.signature.takes_rest();
        self.arguments.iter().filter(move |given| !takes_rest && given.keyword.is_none() && given.parameter.is_none())
    }

    /// Arguments of names that the callable does not have.
    pub fn misnamed(&self) -> impl Iterator<Item = (&SdkArgument, Name)> {
        let takes_names = self.signature.takes_names();
        self.arguments
            .iter()
            .filter(move |given| !takes_names && given.parameter.is_none())
            .filter_map(|given| Some((given, given.keyword?)))
    }

    /// Required parameters that are surely given nothing.
    pub fn missing(&self) -> impl Iterator<Item = &'static SdkParameter> + '_ {
        self.signature.parameters.iter().filter(|parameter| parameter.required && self.lacks(&parameter.name))
    }
}

impl Analysis<'_, '_> {
    /// A call that is given the `**options` of the function around it, as each call of that function has it; none where others
    /// may call it.
    #[must_use]
    pub fn calls_for_callers(&self, call: &SdkCall) -> Vec<SdkCall> {
        let module = self.project.module(call.span.file);
        let Some(function) = call.function.filter(|_| call.is_open && spreads_parameter(module, call.expr)) else {
            return Vec::new();
        };
        let (ways, is_all) = callers(self.evaluator, &self.files, function);
        let at = Located { expr: call.expr, file: call.span.file };
        let made = |caller| bound_for(self.evaluator, at, call.callee, Some(caller));
        if is_all { ways.into_iter().filter_map(made).collect() } else { Vec::new() }
    }
}

/// Whether a call is given `**options` that a parameter of the function around it holds.
fn spreads_parameter(module: &Module, call: ExprId) -> bool {
    let Expr::Call { arguments, .. } = module[call] else { return false };
    let is_spread = |given: &&Argument| given.kind == ArgumentKind::DoubleStar;
    let spread = module.list(arguments).iter().filter(is_spread);
    spread.into_iter().any(|given| is_of_parameter(module, given.value) && !is_handed_on(module, given.value, call))
}

/// Whether what a name holds is given to another call as it is, which may change it.
fn is_handed_on(module: &Module, options: ExprId, call: ExprId) -> bool {
    let bindings = bindings_of(module, options);
    let mut reads = bindings.iter().flat_map(|binding| module.reads_of(*binding));
    reads.any(|read| {
        matches!(module.uses().use_of(read), Use::Argument { call: other, kind: ArgumentKind::Positional | ArgumentKind::Keyword(_), .. } if other != call)
    })
}

/// The calls of the SDK in files, in the order of the files.
pub(super) fn of_files(evaluator: &Evaluator<'_>, files: &[FileId]) -> Vec<SdkCall> {
    files.iter().flat_map(|file| sdk_calls(evaluator, *file)).collect()
}

/// The calls of the SDK in a file, in the order of the file.
fn sdk_calls(evaluator: &Evaluator<'_>, file: FileId) -> Vec<SdkCall> {
    let module = evaluator.project().module(file);
    let reader = Reader { evaluator, module, file, aliases: aliases(module), caller: None };
    let mut calls: Vec<SdkCall> = module.calls().iter().filter_map(|call| reader.call(*call, REPLACED)).collect();
    calls.sort_by_key(|call| (call.span.range.start(), call.span.range.end()));
    calls
}

/// A call, read as one of a callable of the SDK that it runs in the end. What a `partial` of that holds is given as well.
pub(super) fn bound(evaluator: &Evaluator<'_>, at: Located, callee: Name) -> Option<SdkCall> {
    bound_for(evaluator, at, callee, None)
}

/// The same, as it is for one who calls the function around it.
pub(super) fn bound_for(
    evaluator: &Evaluator<'_>,
    at: Located,
    callee: Name,
    caller: Option<Rc<Caller>>,
) -> Option<SdkCall> {
    let module = evaluator.project().module(at.file);
    let reader = Reader { evaluator, module, file: at.file, aliases: FxHashSet::default(), caller };
    let held = match module[at.expr] {
        Expr::Call { callee, .. } => reader.callee(&evaluator.value(callee, reader.place())),
        _ => None,
    };
    let first = held.filter(|held| held.name == callee).map(|held| held.first).unwrap_or_default();
    reader.bound(at.expr, &Called { name: callee, is_doubtful: false, first })
}

/// Names of a file that may stand for something of the SDK under another name.
fn aliases(module: &Module) -> FxHashSet<Name> {
    let renamed = |binding: &crate::semantic::Binding| {
        let name = module[binding.variable].name;
        match binding.kind {
            BindingKind::ImportFrom { name: original, .. } => (original != name).then_some(name),
            BindingKind::Assign { path, .. } => path.is_empty().then_some(name),
            _ => None,
        }
    };
    module.all_bindings().iter().filter_map(renamed).collect()
}

struct Reader<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    module: &'p Module,
    file: FileId,
    aliases: FxHashSet<Name>,
    caller: Option<Rc<Caller>>,
}

impl Reader<'_, '_> {
    fn place(&self) -> Place {
        Place { file: self.file, frame: self.caller.as_ref().and_then(|caller| caller.frame) }
    }

    fn call(&self, expr: ExprId, hops: usize) -> Option<SdkCall> {
        let Expr::Call { callee, .. } = self.module[expr] else { return None };
        if !self.may_be_sdk(callee) {
            return self.made_again(expr, hops);
        }
        let called = self.callee(&self.evaluator.value(callee, self.place()))?;
        if !self.evaluator.may_run(self.module.block_of_call(expr)?, self.place()) {
            return None;
        }
        self.bound(expr, &called)
    }

    /// `replace(policy, maximum_attempts=3)`: an object of the SDK, made anew of what another was made with and of what the call
    /// names.
    fn made_again(&self, expr: ExprId, hops: usize) -> Option<SdkCall> {
        let hops = hops.checked_sub(1)?;
        let Expr::Call { callee, arguments } = self.module[expr] else { return None };
        let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = self.module[callee] else { return None };
        let [object, changes @ ..] = self.module.list(arguments) else { return None };
        let is_named = |given: &Argument| matches!(given.kind, ArgumentKind::Keyword(_));
        let is_such = object.kind == ArgumentKind::Positional && !changes.is_empty() && changes.iter().all(is_named);
        if name != "replace" && !self.aliases.contains(&name) || !is_such {
            return None;
        }
        let (evaluator, world) = (self.evaluator, self.evaluator.world());
        let name = evaluator.outside_name(evaluator.value(callee, self.place()).only()?)?;
        let Value::OutsideInstance { class, .. } = evaluator.get(evaluator.value(object.value, self.place()).only()?)
        else {
            return None;
        };
        let called = Called { name: *class, is_doubtful: false, first: Arguments::default() };
        if world.special(name) != Some(Special::Replaces) || sdk_class(class.as_str()).is_none() {
            return None;
        }
        let mut call = self.bound(expr, &called)?;
        // The object itself is no argument of the class.
        call.arguments.retain(|given| given.expr != Some(object.value));
        let before = made_by(evaluator, Located { expr: object.value, file: self.file }).and_then(|made| {
            let module = evaluator.project().module(made.file);
            let reader = Reader { evaluator, module, file: made.file, aliases: aliases(module), caller: None };
            reader.call(made.expr, hops).filter(|before| before.callee == *class)
        });
        let Some(before) = before else { return Some(SdkCall { is_open: true, ..call }) };
        // What is set on an object later is not what it was made with.
        let is_set = |name: &str| self.module.attribute_stores(Name::new(name)).next().is_some();
        let is_changed = |name: &str| call.argument(name).is_some() || is_set(name);
        let kept = before.arguments.iter().filter(|given| !given.parameter.is_some_and(|own| is_changed(&own.name)));
        let kept: Vec<SdkArgument> = kept
            .map(|given| SdkArgument {
                keyword: given.parameter.map(|parameter| Name::new(&parameter.name)),
                range: self.module.span(object.value),
                expr: None,
                made: given.made.or(given.expr.map(|expr| Located { expr, file: before.span.file })),
                ..given.clone()
            })
            .collect();
        call.arguments.extend(kept);
        Some(SdkCall { is_open: before.is_open, ..call })
    }

    fn bound(&self, expr: ExprId, called: &Called) -> Option<SdkCall> {
        let module = self.module;
        let Called { name, is_doubtful, ref first } = *called;
        let signature = sdk_signature(name.as_str())?;
        let Expr::Call { callee, arguments } = module[expr] else { return None };
        let block = module.block_of_call(expr)?;
        let mut binder = Binder { by_position: signature.by_position().collect(), next: 0, signature };
        let mut before = binder.all(module.span(callee), first);
        let (given, is_open) = self.arguments(module.list(arguments), &mut binder);
        let is_open = is_open || first.open;
        before.retain(|before| before.keyword.is_none() || given.iter().all(|given| given.keyword != before.keyword));
        let arguments: Vec<SdkArgument> = before.into_iter().chain(given).collect();
        let function = module[block].function.map(|function| FunctionRef { file: self.file, function });
        Some(SdkCall {
            callee: name,
            signature,
            span: Span { file: self.file, range: module.span(expr) },
            callee_range: module.span(callee),
            arguments,
            is_open,
            is_doubtful,
            function,
            expr,
            block,
            result: result_use(module, expr),
            caller: self.caller.clone(),
        })
    }

    /// Whether a callee can be something of the SDK, judged by its name: working out what each callee is takes time.
    fn may_be_sdk(&self, callee: ExprId) -> bool {
        match self.module[callee] {
            // What a name of this file stands for says nothing of an attribute that is called the same.
            Expr::Attribute { name, .. } => last_names().contains(&name),
            Expr::Name { name, .. } => last_names().contains(&name) || self.aliases.contains(&name),
            _ => false,
        }
    }

    /// The one callable of the SDK among what a callee may be, or that a partial call of it runs in the end.
    fn callee(&self, values: &Values) -> Option<Called> {
        if let Some(Value::Partial { callee, arguments }) = values.single().map(|only| self.evaluator.get(only)) {
            let inner = self.callee(callee)?;
            let is_doubtful = inner.is_doubtful || values.rest == Rest::Anything;
            return Some(Called { is_doubtful, first: inner.first.joined(arguments), ..inner });
        }
        let mut found = None;
        let mut others = false;
        for value in &values.known {
            match self.evaluator.outside_name(*value).filter(|name| sdk_signature(name.as_str()).is_some()) {
                Some(name) if found.is_none_or(|known| known == name) => found = Some(name),
                Some(_) => return None,
                None => others |= !matches!(self.evaluator.get(*value), Value::None),
            }
        }
        let is_doubtful = others || values.rest == Rest::Anything;
        Some(Called { name: found?, is_doubtful, first: Arguments::default() })
    }

    fn arguments(&self, given: &[Argument], binder: &mut Binder) -> (Vec<SdkArgument>, bool) {
        let (mut arguments, mut is_open) = (Vec::new(), false);
        for argument in given {
            let values = self.evaluator.value(argument.value, self.place());
            let range = self.module.span(argument.value);
            let expr = Some(argument.value);
            match argument.kind {
                ArgumentKind::Positional if is_open => {}
                ArgumentKind::Positional => arguments.push(binder.next(range, expr, values)),
                ArgumentKind::Keyword(name) => arguments.push(binder.named(name, range, expr, values)),
                ArgumentKind::Star => match values.only().map(|value| self.evaluator.get(value)) {
                    Some(Value::Items(_, items)) if !is_open => {
                        arguments.extend(items.iter().map(|item| binder.next(range, None, item.clone())));
                    }
                    _ => is_open = true,
                },
                ArgumentKind::DoubleStar => match values.only().map(|value| self.evaluator.get(value)) {
                    Some(Value::Table(entries)) => {
                        let written = self.keys_written(argument.value);
                        for (key, values) in entries {
                            match key.map(|key| self.evaluator.get(key)) {
                                Some(Value::Str(name)) => {
                                    let given = binder.named(*name, range, None, values.clone());
                                    arguments.push(SdkArgument { is_sure: written.contains(name), ..given });
                                }
                                _ => is_open = true,
                            }
                        }
                    }
                    _ => is_open = true,
                },
            }
        }
        (arguments, is_open)
    }

    /// The keys with which a dict is written down: `{"task_queue": …}`, `dict(task_queue=…)`.
    fn keys_written(&self, expr: ExprId) -> Vec<Name> {
        let (expr, place) = written_at(self.evaluator, expr, self.place());
        let module = self.evaluator.project().module(place.file);
        match module[expr] {
            Expr::Dict(items) => {
                let key = |item: &DictItem| match module[item.key?] {
                    Expr::Str(name) => Some(name),
                    _ => None,
                };
                module.list(items).iter().filter_map(key).collect()
            }
            Expr::Call { arguments, .. } => {
                let keyword = |argument: &Argument| match argument.kind {
                    ArgumentKind::Keyword(name) => Some(name),
                    _ => None,
                };
                module.list(arguments).iter().filter_map(keyword).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn written_at(evaluator: &Evaluator<'_>, expr: ExprId, place: Place) -> (ExprId, Place) {
    match evaluator.origin(expr, place) {
        Some(Origin::Value(value, origin)) => (value, origin),
        _ => (expr, place),
    }
}

fn result_use(module: &Module, call: ExprId) -> ResultUse {
    match module.uses().use_of(call) {
        Use::Awaited(_) => ResultUse::Awaited,
        Use::LoopedOver(id) => ResultUse::LoopedOver { is_async: module[id].is_async },
        Use::ComprehendedOver(id) => match module[id] {
            Expr::Comprehension(comprehension) => {
                let clauses = module.list(module[comprehension].clauses);
                let is_async = clauses.iter().any(|clause| clause.iterable == call && clause.is_async);
                ResultUse::LoopedOver { is_async }
            }
            _ => ResultUse::Other,
        },
        Use::Managed(id) => ResultUse::Managed { is_async: module[id].is_async },
        Use::Discarded(_) => ResultUse::Discarded,
        _ => ResultUse::Other,
    }
}

/// What a call runs in the end.
struct Called {
    /// The callable of the SDK.
    name: Name,
    /// Whether it may be something else.
    is_doubtful: bool,
    /// What a partial call of it was given before.
    first: Arguments,
}

struct Binder {
    by_position: Vec<&'static SdkParameter>,
    next: usize,
    signature: &'static Signature,
}

impl Binder {
    /// What a partial call was given, wherever that was.
    fn all(&mut self, range: TextRange, given: &Arguments) -> Vec<SdkArgument> {
        let mut bound: Vec<SdkArgument> =
            given.positional.iter().map(|values| self.next(range, None, values.clone())).collect();
        bound.extend(given.named.iter().map(|(name, values)| self.named(*name, range, None, values.clone())));
        bound
    }

    fn next(&mut self, range: TextRange, expr: Option<ExprId>, values: Values) -> SdkArgument {
        let parameter = self.by_position.get(self.next).copied();
        self.next += 1;
        SdkArgument { parameter, keyword: None, range, expr, made: None, values, is_sure: true }
    }

    fn named(&self, name: Name, range: TextRange, expr: Option<ExprId>, values: Values) -> SdkArgument {
        let parameter = self.signature.parameter(name.as_str());
        SdkArgument { parameter, keyword: Some(name), range, expr, made: None, values, is_sure: true }
    }
}

/// The last parts of the names of all callables of the SDK.
fn last_names() -> &'static FxHashSet<Name> {
    static NAMES: std::sync::OnceLock<FxHashSet<Name>> = std::sync::OnceLock::new();
    NAMES.get_or_init(|| sdk_functions().map(|name| Name::new(last_part(name))).collect())
}

/// The kind of what values are, `None` beside it left out; nothing where they are of several kinds, or may be anything.
#[must_use]
pub(super) fn shape(evaluator: &Evaluator<'_>, values: &Values) -> Option<Shape> {
    if values.rest == Rest::Anything {
        return None;
    }
    let mut found: Option<Shape> = None;
    for value in &values.known {
        let shape = shape_of(evaluator, *value)?;
        match found {
            None | Some(Shape::None) => found = Some(shape),
            Some(known) if known == shape || shape == Shape::None => {}
            Some(_) => return None,
        }
    }
    found
}

fn shape_of(evaluator: &Evaluator<'_>, value: ValueId) -> Option<Shape> {
    Some(match evaluator.get(value) {
        Value::None => Shape::None,
        Value::Bool(_) => Shape::Bool,
        Value::Int(_) => Shape::Number,
        Value::Str(_) => Shape::Text,
        Value::Items(..) | Value::Many(..) => Shape::Sequence,
        Value::Table(_) => Shape::Table,
        Value::Set { .. } => Shape::Set,
        Value::Awaitable { .. } => Shape::Awaitable,
        Value::Class(class, _) => Shape::Class(*class),
        Value::Instance(instance) => Shape::Instance(instance.class),
        Value::Function(callable) => Shape::Function(callable.function),
        Value::Outside(name) => match enumeration_member(name.as_str()) {
            Some((class, _)) => Shape::Member(Name::new(class)),
            None => Shape::Outside(*name),
        },
        Value::OutsideInstance { class, .. } => object_of(*class),
        _ => return None,
    })
}

fn object_of(class: Name) -> Shape {
    match class.as_str() {
        "builtins.bool" => Shape::Bool,
        "builtins.int" | "builtins.float" => Shape::Number,
        "builtins.str" => Shape::Text,
        "builtins.bytes" => Shape::Bytes,
        "builtins.list" | "builtins.tuple" => Shape::Sequence,
        "builtins.dict" => Shape::Table,
        "builtins.set" | "builtins.frozenset" => Shape::Set,
        "datetime.timedelta" => Shape::Duration,
        name if sdk_class(name).is_some_and(|class| !class.values.is_empty()) => Shape::Member(class),
        _ => Shape::Object(class),
    }
}

impl Analysis<'_, '_> {
    /// The calls of the SDK in all files that were looked at, in the order of the files.
    #[must_use]
    pub fn sdk_calls(&self) -> &[SdkCall] {
        self.calls.get_or_init(|| of_files(self.evaluator, &self.files))
    }

    /// The call of the SDK that stands somewhere, where nothing else may be called there.
    #[must_use]
    pub(super) fn sdk_call_at(&self, at: Located) -> Option<&SdkCall> {
        let calls = self.sdk_calls();
        let places = self.call_places.get_or_init(|| {
            let place = |call: &SdkCall| Located { file: call.span.file, expr: call.expr };
            calls.iter().enumerate().map(|(position, call)| (place(call), position)).collect()
        });
        places.get(&at).map(|position| &calls[*position]).filter(|call| !call.is_doubtful)
    }

    /// The constant that an argument is.
    #[must_use]
    pub fn constant_of(&self, call: &SdkCall, argument: &SdkArgument) -> Option<Constant> {
        match argument.expr {
            Some(expr) => constant(self.evaluator, expr, Place { file: call.span.file, frame: None }),
            None => match argument.made {
                Some(made) => constant(self.evaluator, made.expr, made.place()),
                None => constant_value(self.evaluator, argument.values.only()?),
            },
        }
    }

    /// The kind of what an argument is; nothing where it may be of several kinds, or anything.
    #[must_use]
    pub fn shape_of(&self, call: &SdkCall, argument: &SdkArgument) -> Option<Shape> {
        let by_constant = || match self.constant_of(call, argument)? {
            Constant::None => Some(Shape::None),
            Constant::Bool(_) => Some(Shape::Bool),
            Constant::Number(_) => Some(Shape::Number),
            Constant::Text(_) => Some(Shape::Text),
            Constant::Duration(_) => Some(Shape::Duration),
            Constant::Member(class, _) => Some(Shape::Member(class)),
        };
        shape(self.evaluator, &argument.values).or_else(by_constant)
    }

    /// Whether a list holds classes.
    #[must_use]
    pub fn holds_classes(&self, argument: &SdkArgument) -> bool {
        let items = self.evaluator.item_of(&argument.values);
        items.known.iter().any(|item| match self.evaluator.get(*item) {
            Value::Class(..) => true,
            Value::Outside(name) => name.as_str().ends_with("Error") || name.as_str().ends_with("Exception"),
            _ => false,
        })
    }

    /// The first text of a list that names a class by the module it stands in, where no error of the program has that type.
    #[must_use]
    pub fn class_by_path(&self, call: &SdkCall, argument: &SdkArgument) -> Option<Name> {
        let items = self.evaluator.item_of(&argument.values);
        let texts = items.known.iter().filter_map(|item| match self.evaluator.get(*item) {
            Value::Str(text) => Some(*text),
            _ => None,
        });
        let mut by_path: Vec<Name> = texts.filter(|text| self.is_path_of_class(call.span.file, *text)).collect();
        by_path.sort_by_key(|text| text.as_str());
        by_path.into_iter().find(|text| !self.is_type_of_error(*text))
    }

    fn is_path_of_class(&self, file: FileId, text: Name) -> bool {
        let Some((module, class)) = text.as_str().rsplit_once('.') else { return false };
        let is_name =
            |part: &str| !part.is_empty() && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if !text.as_str().split('.').all(is_name) {
            return false;
        }
        let source = self.evaluator.import_source(file, Name::new(module), 0);
        match source.only().map(|source| self.evaluator.get(source)) {
            Some(Value::Module(origin)) => {
                let held = self.evaluator.global_name(*origin, Name::new(class));
                held.single().is_some_and(|held| matches!(self.evaluator.get(held), Value::Class(..)))
            }
            Some(Value::Outside(module)) => {
                let top = first_part(module.as_str());
                self.evaluator.world().is_library(top) && class.starts_with(char::is_uppercase)
            }
            _ => false,
        }
    }

    /// Whether a list names `ApplicationError`, which is the type of no failure: neither does an error of the program say that
    /// it is its type, nor has a class of its own that name.
    #[must_use]
    pub fn names_application_error(&self, argument: &SdkArgument) -> bool {
        let name = Name::new("ApplicationError");
        let items = self.evaluator.item_of(&argument.values);
        let is_it = |item: &ValueId| matches!(self.evaluator.get(*item), Value::Str(text) if *text == name);
        let has_class = |file: &FileId| {
            let module = self.project.module(*file);
            module.class_ids().any(|class| module[class].name == name)
        };
        items.known.iter().any(is_it) && !self.is_type_of_error(name) && !self.files.iter().any(has_class)
    }

    /// Whether an application error of the program says that this is its type.
    fn is_type_of_error(&self, text: Name) -> bool {
        let errors = self.sdk_calls().iter().filter(|call| call.callee == "temporalio.exceptions.ApplicationError");
        errors.into_iter().any(|error| {
            let said = error.argument("type").and_then(|given| self.constant_of(error, given));
            said == Some(Constant::Text(text))
        })
    }

    /// Whether an argument is a list that holds values of one kind alone.
    #[must_use]
    pub fn holds(&self, argument: &SdkArgument, wanted: Shape) -> bool {
        let is_list = shape(self.evaluator, &argument.values) == Some(Shape::Sequence);
        is_list && shape(self.evaluator, &self.evaluator.item_of(&argument.values)) == Some(wanted)
    }

    /// Whether an argument is a dict with a value that is known and no list.
    #[must_use]
    pub fn holds_no_list(&self, argument: &SdkArgument) -> bool {
        let Some(Value::Table(entries)) = argument.values.only().map(|table| self.evaluator.get(table)) else {
            return false;
        };
        let is_no_list = |values: &Values| {
            let shape = shape(self.evaluator, values);
            values.rest == Rest::Nothing
                && shape.is_some_and(|shape| !matches!(shape, Shape::Sequence | Shape::Outside(_)))
        };
        entries.iter().any(|(_, values)| is_no_list(values))
    }

    /// Whether a list that an argument is, or the name that it is, stands for, is written with coroutines in it.
    #[must_use]
    pub fn holds_coroutines(&self, call: &SdkCall, argument: &SdkArgument) -> bool {
        let Some(expr) = argument.expr else { return false };
        let (expr, place) = self.written_at(expr, Place { file: call.span.file, frame: None });
        let module = self.project.module(place.file);
        let parts: Vec<ExprId> = match module[expr] {
            Expr::List(items) | Expr::Tuple(items) | Expr::Set(items) => module.list(items).to_vec(),
            Expr::Comprehension(comprehension) => vec![module[comprehension].element],
            _ => return false,
        };
        parts.iter().any(|part| {
            let Expr::Call { callee, .. } = module[*part] else { return false };
            match self.evaluator.value(callee, place).only().map(|callee| self.evaluator.get(callee)) {
                Some(Value::Function(callable)) => {
                    let function = callable.function;
                    self.project.module(function.file)[function.function].is_async
                }
                Some(Value::Outside(name)) => sdk_signature(name.as_str()).is_some_and(|signature| signature.is_async),
                _ => false,
            }
        })
    }

    /// Whether an object of a class of the project can be gone through as a sequence is.
    #[must_use]
    pub fn is_sequence(&self, argument: &SdkArgument) -> bool {
        argument.values.known.iter().any(|value| self.evaluator.may_have_method(*value, &["__iter__", "__getitem__"]))
    }

    /// What is written for a value: where the expression is a name that one place alone gives its value, what stands there.
    #[must_use]
    pub(super) fn written_at(&self, expr: ExprId, place: Place) -> (ExprId, Place) {
        written_at(self.evaluator, expr, place)
    }

    /// Where a value is written that a call is given by a name: `TIMEOUT = 300`. Nothing where the name is one of the call's own
    /// function, or the value stands in the call.
    #[must_use]
    pub fn constant_behind(&self, call: &SdkCall, argument: &SdkArgument) -> Option<Span> {
        let own = Place { file: call.span.file, frame: None };
        let (expr, place) = self.written_at(argument.expr?, own);
        let module = self.project.module(place.file);
        let is_local = module.block_of_expression(expr).is_none_or(|block| module[block].function.is_some());
        (!is_local && (place.file, expr) != (own.file, argument.expr?))
            .then(|| Span { file: place.file, range: module.span(expr) })
    }

    /// Whether an argument is a `timedelta` of days that are not named: `timedelta(60)`.
    #[must_use]
    pub fn is_nameless_timedelta(&self, call: &SdkCall, argument: &SdkArgument) -> bool {
        let module = self.project.module(call.span.file);
        let Some(Expr::Call { arguments, .. }) = argument.expr.map(|expr| module[expr]) else { return false };
        matches!(module.list(arguments), [only] if only.kind == ArgumentKind::Positional)
            && matches!(self.constant_of(call, argument), Some(Constant::Duration(_)))
    }

    /// How the code of an argument reads.
    #[must_use]
    pub fn text_of(&self, call: &SdkCall, range: TextRange) -> &str {
        self.project.source(call.span.file).slice(range)
    }

    /// What a call is given by position, as it is written.
    #[must_use]
    pub fn written_by_position(&self, call: &SdkCall) -> Vec<String> {
        let module = self.project.module(call.span.file);
        let Expr::Call { arguments, .. } = module[call.expr] else { return Vec::new() };
        let text = |given: &Argument| self.text_of(call, module.span(given.value));
        let arguments = module.list(arguments).iter();
        arguments
            .filter_map(|given| match given.kind {
                ArgumentKind::Positional => Some(text(given).to_owned()),
                ArgumentKind::Star => Some(format!("*{}", text(given))),
                ArgumentKind::Keyword(_) | ArgumentKind::DoubleStar => None,
            })
            .collect()
    }

    /// The calls of the SDK, by what they call.
    #[must_use]
    pub fn sdk_calls_by_callee(&self) -> FxHashMap<Name, Vec<&SdkCall>> {
        let mut by_callee: FxHashMap<Name, Vec<&SdkCall>> = FxHashMap::default();
        self.sdk_calls().iter().for_each(|call| by_callee.entry(call.callee).or_default().push(call));
        by_callee
    }
}
