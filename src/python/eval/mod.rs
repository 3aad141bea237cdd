//! What an expression may be.
//!
//! Knows: how each form of expression gets its value from its parts. Does not know: names ([`flow`]), attributes
//! ([`attribute`]), annotations ([`annotation`]), or what a call gives (`call`).
//!
//! Every answer goes through one [`Memo`], so that what depends on itself is solved and not guessed.

mod annotation;
mod asked;
mod attribute;
mod builtins;
mod collection;
mod compared;
mod flow;
mod hash;
mod kept_flags;
mod keyed;
mod names;
mod narrow;
mod origin;
mod own_items;
mod query;
mod shown;
mod transfer;
mod truth;
mod type_variables;

use std::cell::RefCell;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use attribute::ConstructorCall;
pub(super) use attribute::{Factory, Found, LONGEST_NAME};
pub use collection::ImportedFiles;
pub(in crate::python) use collection::{is_called_one_of, names_around, names_in};
pub use flow::Likelihood;
pub use origin::Origin;
use query::Key;
pub(super) use query::Query;
pub use truth::Truth;

use super::class::{Classes, Maker, Order};
use super::limits::Cut;
use super::memo::{Answer, Basis, How, Memo};
use super::project::Project;
use super::sources::SourcesId;
use super::store::Store;
use super::value::{
    Besides, Callable, ClassRef, FrameId, FunctionRef, Instance, NONE_TYPE, Rest, Sequence, Value, ValueId, Values,
    builtin,
};
use super::world::World;
use crate::semantic::{
    AttributeStore, BlockId, BoolOp, ComprehensionKind, Conversion, Edge, Expr, ExprId, FunctionId, Name, Operator,
    UnaryOp,
};
use crate::source::FileId;

/// How deep questions nest before one is answered with "anything".
const QUESTIONS_DEEP: usize = 700;

/// How long a text may be that is put together of others.
const TEXT_LENGTH: usize = 200;

/// How many bases of a class from outside are looked at.
const MAX_BASES: usize = 12;

/// How many items of a display are told apart.
const DISPLAY_ITEMS: usize = 512;

/// Where an expression is evaluated: its file, and what is known about the call of the function around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The frame, if anything is known.
    pub frame: Option<FrameId>,
}

/// Of which functions the calls were asked for, each with a number.
#[derive(Default)]
pub(super) struct AskedCalls {
    numbers: FxHashMap<FunctionRef, u32>,
    /// By number: the function, and the fewest calls that were known when an answer that stands asked for them.
    known: Vec<(FunctionRef, Option<usize>)>,
}

impl AskedCalls {
    fn ask(&mut self, function: FunctionRef, known: usize) -> u32 {
        let number = *self.numbers.entry(function).or_insert_with(|| {
            self.known.push((function, None));
            u32::try_from(self.known.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some((_, fewest)) = self.known.get_mut(number as usize) {
            *fewest = Some(fewest.map_or(known, |fewest| fewest.min(known)));
        }
        number
    }

    /// By number: whether there are more calls than an answer knew.
    fn grown(&self, calls: &FxHashMap<FunctionRef, Vec<Option<FrameId>>>) -> Vec<bool> {
        let all = |function: &FunctionRef| calls.get(function).map_or(0, Vec::len);
        self.known.iter().map(|(function, fewest)| fewest.is_some_and(|fewest| all(function) > fewest)).collect()
    }

    fn forget(&mut self, grown: &[bool]) {
        let changed = self.known.iter_mut().zip(grown).filter(|(_, grown)| **grown);
        changed.for_each(|((_, fewest), _)| *fewest = None);
    }
}

/// What stands under a constant key of a table: its last entry, and what entries without a key that come after it may have
/// put in its place.
pub(super) fn under(entries: &[(Option<ValueId>, Values)], key: ValueId) -> Option<Values> {
    let at = entries.iter().rposition(|(known, _)| *known == Some(key))?;
    let later = entries[at + 1..].iter().filter(|(key, _)| key.is_none());
    Some(Values::union(std::iter::once(&entries[at]).chain(later).map(|(_, values)| values.clone())))
}

impl Answer for Values {
    fn least() -> Self {
        Self::NEVER
    }

    fn greatest() -> Self {
        Self::anything()
    }

    fn grow(&mut self, other: &Self) {
        self.join(other);
    }
}

/// Ways on which control may come into a block, and whether the frame was looked at for them.
type TakenEdges = (std::sync::Arc<[Edge]>, bool);

/// Statements that give an attribute a value, each with its file.
type GivenAttributes = std::sync::Arc<[(FileId, AttributeStore)]>;

/// What is kept beside the answers, with what it rests on.
type Kept<Q, A> = RefCell<FxHashMap<Q, (A, SourcesId)>>;

/// Evaluates expressions of a project as seen from one kind of code.
///
/// What guards such as `in_workflow()` answer depends on where the code runs, and so do values: each kind of code has an
/// evaluator of its own.
pub struct Evaluator<'p> {
    pub(super) project: &'p Project<'p>,
    pub(super) world: &'p dyn World,
    pub(super) store: Store,
    memo: Memo<Key, Values>,
    pub(super) classes: Classes,
    /// What looking up names on objects and classes found, with what that rests on: code reads the same attribute often.
    found: Kept<(ValueId, Name), Option<Found>>,
    /// The ways on which control may come into blocks with many, and whether the frame was looked at for them, with what that
    /// rests on: each variable's value asks for them.
    taken_edges: Kept<(FileId, BlockId, Option<FrameId>), TakenEdges>,
    /// The calls of `__init__` methods in the code of functions, each with its callee and arguments.
    constructor_calls: RefCell<FxHashMap<FunctionRef, std::sync::Arc<[ConstructorCall]>>>,
    /// The frames in which functions that fill collections were called.
    pub(super) calls: RefCell<FxHashMap<FunctionRef, Vec<Option<FrameId>>>>,
    /// Of which functions the calls were asked for.
    pub(super) asked_calls: RefCell<AskedCalls>,
    /// Functions whose uses at import have been looked for.
    pub(super) registered: RefCell<FxHashSet<FunctionRef>>,
    /// In how many frames each function was called.
    pub(super) ways: RefCell<FxHashMap<FunctionRef, FxHashSet<Option<FrameId>>>>,
    /// Where limits cut what is known of functions.
    pub(super) cuts: RefCell<BTreeSet<Cut>>,
    /// Functions that are only named where they are handed to something unknown.
    pub(super) references: RefCell<FxHashSet<FunctionRef>>,
    /// Whether functions run while their modules are imported, and at no other time.
    pub(super) at_import_alone: RefCell<FxHashMap<FunctionRef, bool>>,
    /// Whether some file sets attributes of these names on what is no method's own object.
    set_from_outside: RefCell<FxHashMap<Name, std::sync::Arc<[kept_flags::Setter]>>>,
    /// What is assigned to attributes of these names of what is no method's own object, where it may be a function.
    given_from_outside: RefCell<FxHashMap<Name, GivenAttributes>>,
    /// Whether attributes of an object of a class may be assigned functions so.
    given_functions: RefCell<FxHashMap<ClassRef, bool>>,
    /// The only files that are looked into, where not all are.
    within: Option<FxHashSet<FileId>>,
    /// The files that each file imports.
    pub(super) imports: RefCell<FxHashMap<FileId, std::sync::Arc<[FileId]>>>,
    /// The files in sight by which a file is imported, as far as they are searched.
    pub(super) users: RefCell<FxHashMap<FileId, std::sync::Arc<[FileId]>>>,
    /// The files that are loaded once each file is.
    pub(super) loaded: RefCell<FxHashMap<FileId, std::sync::Arc<[FileId]>>>,
}

impl<'p> Evaluator<'p> {
    /// An evaluator for one kind of code.
    #[must_use]
    pub fn new(project: &'p Project<'p>, world: &'p dyn World) -> Self {
        Self {
            project,
            world,
            store: Store::default(),
            memo: Memo::new(QUESTIONS_DEEP),
            classes: Classes::default(),
            found: RefCell::default(),
            taken_edges: RefCell::default(),
            constructor_calls: RefCell::default(),
            calls: RefCell::default(),
            asked_calls: RefCell::default(),
            registered: RefCell::default(),
            ways: RefCell::default(),
            cuts: RefCell::default(),
            references: RefCell::default(),
            at_import_alone: RefCell::default(),
            set_from_outside: RefCell::default(),
            given_from_outside: RefCell::default(),
            given_functions: RefCell::default(),
            within: None,
            imports: RefCell::default(),
            users: RefCell::default(),
            loaded: RefCell::default(),
        }
    }

    /// An evaluator that looks into no files but these: what is imported from others is unknown, and they stay unparsed.
    #[must_use]
    pub fn within(project: &'p Project<'p>, world: &'p dyn World, files: &[FileId]) -> Self {
        Self { within: Some(files.iter().copied().collect()), ..Self::new(project, world) }
    }

    /// Whether a file is not to be looked into.
    pub(super) fn is_outside(&self, file: FileId) -> bool {
        self.within.as_ref().is_some_and(|files| !files.contains(&file))
    }

    /// The only files that are looked into, where not all are.
    pub(super) fn only_files(&self) -> Option<Vec<FileId>> {
        self.within.as_ref().map(|files| files.iter().copied().collect())
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &'p Project<'p> {
        self.project
    }

    /// Says that functions are only named where they are handed to something unknown.
    pub fn take_references(&self, functions: impl IntoIterator<Item = FunctionRef>) {
        self.references.borrow_mut().extend(functions);
    }

    /// What is known about code outside the project.
    #[must_use]
    pub fn world(&self) -> &'p dyn World {
        self.world
    }

    /// Where values are kept.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The questions whose answers were cut.
    pub(super) fn questions_cut(&self) -> Vec<Query> {
        self.memo.cut().iter().map(|key| key.query()).collect()
    }

    /// The functions that fill collections and were called in ways that were not known when their collections were asked
    /// for.
    pub(super) fn grown(&self) -> Vec<FunctionRef> {
        let asked = self.asked_calls.borrow();
        let grown = asked.grown(&self.calls.borrow());
        asked.known.iter().zip(grown).filter(|(_, grown)| *grown).map(|((function, _), _)| *function).collect()
    }

    /// Forgets all answers that rest on calls of functions of which there are more now. Gives a function that says whether
    /// something rests on such.
    pub(super) fn ask_again(&mut self) -> impl Fn(SourcesId) -> bool + use<> {
        let grown = self.asked_calls.get_mut().grown(self.calls.get_mut());
        let has_changed = self.memo.forget(&|source| grown.get(source as usize).copied().unwrap_or(true));
        self.asked_calls.get_mut().forget(&grown);
        self.classes = Classes::default();
        self.taken_edges.get_mut().retain(|_, (_, rests_on)| !has_changed(*rests_on));
        self.found.get_mut().retain(|_, (_, rests_on)| !has_changed(*rests_on));
        self.registered.get_mut().clear();
        has_changed
    }

    /// Takes note that the answer at hand rests on the calls of a function that are known.
    pub(super) fn rest_on_calls(&self, function: FunctionRef) {
        let known = self.calls.borrow().get(&function).map_or(0, Vec::len);
        let source = self.asked_calls.borrow_mut().ask(function, known);
        self.memo.rest_on_source(source);
    }

    /// Takes note that the answer at hand rests on what something else rests on.
    pub(super) fn rest_on(&self, sources: SourcesId) {
        self.memo.rest_on(sources);
    }

    /// See [`Memo::watched`].
    pub(super) fn watched<T>(&self, work: impl FnOnce() -> T) -> (T, Basis) {
        self.memo.watched(work)
    }

    /// See [`Memo::rest_on_basis`].
    pub(super) fn rest_on_basis(&self, basis: &Basis) -> bool {
        self.memo.rest_on_basis(basis)
    }

    /// See [`Memo::look`].
    pub(super) fn look_at_frame(&self) {
        self.memo.look();
    }

    /// See [`Memo::begin_watch`].
    pub(super) fn begin_watch(&self) -> SourcesId {
        self.memo.begin_watch()
    }

    /// See [`Memo::end_watch`].
    pub(super) fn end_watch(&self, before: SourcesId) -> SourcesId {
        self.memo.end_watch(before)
    }

    pub(super) fn ask(&self, query: Query) -> Values {
        let how = How { answer: &|key: &Key| self.answer(key.query()), bounded: &|found| self.store.widened(found) };
        self.memo.ask(&query.key(), &how)
    }

    /// Whether a question that is answered with `True` or nothing is answered with `True`.
    pub(super) fn asks(&self, query: Query) -> bool {
        !self.ask(query).is_never()
    }

    /// The functions of the project that ran while a class was made, each with the frame that it ran in.
    pub(in crate::python) fn makers(&self, class: ClassRef) -> Vec<Maker> {
        let ran = self.ask(Query::Makers(class.file, class.class));
        let maker = |value: &ValueId| match self.get(*value) {
            Value::Function(callable) => Some((callable.function, callable.outer)),
            _ => None,
        };
        ran.known.iter().filter_map(maker).collect()
    }

    fn answer(&self, query: Query) -> Values {
        let holds = |truth: bool| if truth { self.only(Value::Bool(true)) } else { Values::NEVER };
        let at = |file, frame| Place { file, frame };
        match query {
            Query::Expr(file, expr, frame) => self.evaluate(expr, at(file, frame)),
            Query::Binding(file, binding, frame) => self.bound(binding, at(file, frame)),
            Query::Entering(file, block, variable, frame) => self.met(variable, block, at(file, frame)),
            Query::Reached(file, block, frame) => holds(self.is_reached(block, at(file, frame))),
            Query::Result(function, frame) => self.given_by(function, frame),
            Query::Attribute(value, name) => self.single_attribute(value, name),
            Query::Global(file, name) => self.made_global(file, name),
            Query::Starred(file, name) => self.made_exported(file, name),
            Query::Returns(function, frame) => holds(self.may_return(function, at(function.file, frame))),
            Query::Annotation(file, annotation, frame) => self.read_annotation(annotation, at(file, frame)),
            Query::Function(file, function, frame) => self.made_function(file, function, frame),
            Query::Class(file, class, frame) => self.made_class(file, class, frame),
            Query::Default(file, default, frame) => self.made_default(default, at(file, frame)),
            Query::Makers(file, class) => self.find_makers(ClassRef { file, class }),
        }
    }

    /// The value of an id.
    #[must_use]
    pub fn get(&self, value: ValueId) -> &Value {
        self.store.get(value)
    }

    /// One value.
    pub(super) fn only(&self, value: Value) -> Values {
        self.store.only(value)
    }

    /// Applies a function to each known value; what else there may be gives anything, if `rest` is not nothing.
    pub(in crate::python) fn each(&self, values: &Values, mut apply: impl FnMut(ValueId, &Value) -> Values) -> Values {
        let mut found = Values::NEVER;
        for value in &values.known {
            found.join(&apply(*value, self.get(*value)));
        }
        found.rest = found.rest.max(values.rest);
        found
    }

    /// What an expression may be.
    pub fn value(&self, expr: ExprId, place: Place) -> Values {
        let module = self.project.module(place.file);
        match module[expr] {
            Expr::None => self.only(Value::None),
            Expr::Bool(truth) => self.only(Value::Bool(truth)),
            Expr::Int(number) => self.only(Value::Int(number)),
            Expr::Str(text) => self.only(Value::Str(text)),
            Expr::Float(number) => self.float(number),
            Expr::Text => self.builtin_object("str"),
            Expr::Bytes => self.builtin_object("bytes"),
            Expr::Ellipsis | Expr::Invalid => Values::anything(),
            _ => self.ask(Query::Expr(place.file, expr, place.frame)),
        }
    }

    /// An object of a builtin class.
    pub(in crate::python) fn builtin_object(&self, class: &str) -> Values {
        self.outside_object(builtin(class), Vec::new())
    }

    /// An object of a class outside the project; that of `NoneType` is `None`.
    pub(in crate::python) fn outside_object(&self, class: Name, of: Vec<Values>) -> Values {
        if self.is_builtin(class, NONE_TYPE) {
            return self.only(Value::None);
        }
        self.only(Value::OutsideInstance { class, of, besides: Besides::Nothing })
    }

    /// An object of a class outside the project that counts as true.
    pub(in crate::python) fn true_object(&self, class: Name, of: Vec<Values>) -> Values {
        self.only(Value::OutsideInstance { class, of, besides: Besides::True })
    }

    /// A number with a fraction.
    fn float(&self, number: f32) -> Values {
        let besides = Besides::Number(number.to_bits());
        self.only(Value::OutsideInstance { class: builtin("float"), of: Vec::new(), besides })
    }

    /// What an attribute or a place of a container holds: another object of the same class may be put there, unless it is a
    /// module's.
    fn as_kept(&self, values: Values, objects: &Values) -> Values {
        let is_module = |object: &ValueId| matches!(self.get(*object), Value::Module(_));
        if objects.known.iter().all(is_module) { values } else { self.as_objects(values) }
    }

    /// The same values, of which nothing is known besides their classes where these are of other libraries.
    pub(in crate::python) fn as_objects(&self, values: Values) -> Values {
        if values.known.iter().all(|value| self.store.without_besides(*value) == *value) {
            return values;
        }
        let general: Values = values.known.iter().map(|value| self.store.without_besides(*value)).collect();
        general.with_rest(values.rest)
    }

    fn evaluate(&self, expr: ExprId, place: Place) -> Values {
        let module = self.project.module(place.file);
        match module[expr] {
            Expr::Name { name, block, mark } => self.name(name, block, mark, place),
            Expr::Target(binding) => self.binding(binding, place),
            Expr::Attribute { value, name } => {
                let objects = self.value(value, place);
                let found = self.as_kept(self.attribute(&objects, name), &objects);
                self.narrowed_attribute(expr, found, place)
            }
            Expr::Subscript { value, index } => {
                self.as_kept(self.subscript(value, index, place), &self.value(value, place))
            }
            Expr::Call { callee, arguments } => self.call_value(expr, callee, arguments, place),
            Expr::Await(value) => self.awaited(&self.value(value, place)),
            Expr::Named { value, .. } | Expr::Starred(value) => self.value(value, place),
            Expr::Lambda(function) => self.closure(place.file, function, place.frame),
            Expr::Conditional { test, body, orelse } => match self.truth(test, place) {
                Truth::Known(true) => self.value(body, place),
                Truth::Known(false) => self.value(orelse, place),
                _ => Values::union([self.value(body, place), self.value(orelse, place)]),
            },
            Expr::BoolOp { op, operands } => self.logical(op, module.list(operands), place),
            Expr::Unary { op: UnaryOp::Not, .. } | Expr::Compare { .. } => match self.truth(expr, place) {
                Truth::Known(truth) => self.only(Value::Bool(truth)),
                _ => self.builtin_object("bool"),
            },
            Expr::Unary { op, operand } => self.unary(op, &self.value(operand, place)),
            Expr::Binary { op, left, right } => self.binary(op, left, right, place),
            Expr::Tuple(items) => self.display(Sequence::Tuple, module.list(items), place),
            Expr::List(items) => self.display(Sequence::List, module.list(items), place),
            Expr::Set(items) => {
                let items = module.list(items);
                // One item has no order.
                let is_one = matches!(items, [only] if !matches!(module[*only], Expr::Starred(_)));
                let hashed = !is_one && !items.iter().all(|item| self.hashes_alike(*item, place));
                let item = Values::union(items.iter().map(|item| self.value(*item, place)));
                self.only(Value::Set { item, hashed })
            }
            Expr::Dict(items) => self.table(module.list(items), place),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, place),
            Expr::Formatted(shown) => match self.formatted(module.list(shown), place) {
                Some(text) => self.only(Value::Str(text)),
                None => self.builtin_object("str"),
            },
            Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Slice(_) => Values::anything(),
            // Answered before.
            _ => Values::anything(),
        }
    }

    fn logical(&self, op: BoolOp, operands: &[ExprId], place: Place) -> Values {
        let decisive = op == BoolOp::Or;
        let mut found = Values::NEVER;
        for (position, operand) in operands.iter().enumerate() {
            let values = self.value(*operand, place);
            let last = position + 1 == operands.len();
            match self.truth(*operand, place) {
                _ if last => _ = found.join(&values),
                Truth::Known(truth) if truth == decisive => {
                    found.join(&values);
                    return found;
                }
                Truth::Known(_) => {}
                // The operand is the outcome only where it decides.
                _ => _ = found.join(&self.with_truth(&values, decisive)),
            }
        }
        found
    }

    /// The text that an f-string of known texts is.
    fn formatted(&self, shown: &[crate::semantic::Interpolation], place: Place) -> Option<Name> {
        let module = self.project.module(place.file);
        let is_open = |piece: &crate::semantic::Interpolation| matches!(module[piece.value], Expr::Text);
        if shown.iter().any(is_open) {
            return None;
        }
        let mut text = String::new();
        for piece in shown {
            if !matches!(piece.conversion, Conversion::None | Conversion::Str) {
                return None;
            }
            match self.get(self.value(piece.value, place).only()?) {
                Value::Str(known) => text.push_str(known.as_str()),
                _ => return None,
            }
        }
        (text.len() < TEXT_LENGTH).then(|| Name::new(&text))
    }

    fn unary(&self, op: UnaryOp, operand: &Values) -> Values {
        let Some(method) = super::graph::unary_operator_name(op) else { return Values::anything() };
        self.each(operand, |id, value| match (op, value) {
            (_, Value::Instance(_)) => self.call_method(id, method),
            (UnaryOp::USub, Value::Int(number)) => self.only(Value::Int(number.saturating_neg())),
            (UnaryOp::USub, Value::OutsideInstance { besides: Besides::Number(bits), .. }) => {
                self.float(-f32::from_bits(*bits))
            }
            (UnaryOp::USub | UnaryOp::UAdd, Value::OutsideInstance { .. }) => self.only(value.clone()),
            (_, Value::OutsideInstance { class, of, .. }) => self.outside_object(*class, of.clone()),
            _ => Values::anything(),
        })
    }

    fn binary(&self, op: Operator, left: ExprId, right: ExprId, place: Place) -> Values {
        self.operated(op, &self.value(left, place), &self.value(right, place))
    }

    /// What an operator makes of two values.
    pub(in crate::python) fn operated(&self, op: Operator, lefts: &Values, rights: &Values) -> Values {
        let found = self.each(lefts, |id, value| self.operation(op, id, value, rights));
        if found.known.is_empty() { Values::anything() } else { found }
    }

    /// What an operator makes of a value and each of what stands on its right.
    fn operation(&self, op: Operator, id: ValueId, left: &Value, rights: &Values) -> Values {
        let known = rights.known.iter().map(|right| Values::of(*right));
        let rest = Values { rest: rights.rest, ..Values::NEVER };
        let is_more = rights.known.is_empty() || rights.rest != Rest::Nothing;
        let each = known.chain(is_more.then_some(rest));
        Values::union(each.map(|right| self.operation_with(op, id, left, &right)))
    }

    /// What an operator makes of two values, where the right one is one that is known or none.
    fn operation_with(&self, op: Operator, id: ValueId, left: &Value, rights: &Values) -> Values {
        match op {
            Operator::BitOr | Operator::BitAnd | Operator::BitXor | Operator::Sub => {
                self.set_operation(op, id, left, rights)
            }
            Operator::Add => self.added(id, left, rights),
            _ => match left {
                Value::Items(kind, _) | Value::Many(kind, _) if op == Operator::Mult => {
                    self.only(Value::Many(*kind, self.item_of(&Values::of(id))))
                }
                Value::Instance(_) => self.operator_method(id, op, rights),
                Value::Str(_) if op == Operator::Mod => self.builtin_object("str"),
                Value::Int(_) => self.builtin_object("int"),
                Value::OutsideInstance { .. } => self.outside_operation(id, left, self.first_known(rights)),
                _ => Values::anything(),
            },
        }
    }

    fn first_known(&self, values: &Values) -> Option<&Value> {
        values.known.first().map(|value| self.get(*value))
    }

    /// What `|`, `&`, `^` and `-` make: of sets, of tables, of classes in a type.
    fn set_operation(&self, op: Operator, id: ValueId, left: &Value, rights: &Values) -> Values {
        let right = self.first_known(rights);
        match (left, right) {
            (Value::Set { item: a, hashed: x }, Some(Value::Set { item: b, hashed: y })) => {
                // What both have is among what either has.
                let (item, hashed) = match op {
                    Operator::BitAnd if b.rest == Rest::Nothing => (b.clone(), *y),
                    Operator::BitAnd if a.rest == Rest::Nothing => (a.clone(), *x),
                    Operator::Sub => (a.clone(), *x),
                    _ => {
                        let item = Values::union([a.clone(), b.clone()]);
                        let hashed = *x || *y || !self.all_hash_alike(&item);
                        (item, hashed)
                    }
                };
                self.only(Value::Set { item, hashed })
            }
            (Value::Set { .. }, _) => Values::of(id),
            (Value::Table(a), Some(Value::Table(b))) if op == Operator::BitOr => {
                self.only(Value::Table(a.iter().chain(b).cloned().collect()))
            }
            // Of what gives items, the pairs of a dict alone can be joined like sets.
            (Value::Many(_, item), _) => {
                self.only(Value::Set { item: item.clone(), hashed: !self.all_hash_alike(item) })
            }
            (Value::OutsideInstance { class, .. }, _) if *class == builtin("dict_keys") => {
                self.only(Value::Set { item: Values::anything(), hashed: true })
            }
            // `X | None` of classes, as an annotation or for `isinstance`.
            (Value::Class(..) | Value::Outside(_) | Value::None, _) if op == Operator::BitOr => {
                self.only(Value::Items(Sequence::Untold, vec![Values::of(id), rights.clone()]))
            }
            (Value::Items(_, items), Some(Value::Class(..) | Value::Outside(_) | Value::None))
                if op == Operator::BitOr =>
            {
                self.only(Value::Items(Sequence::Untold, items.iter().cloned().chain([rights.clone()]).collect()))
            }
            (Value::OutsideInstance { .. }, _) => self.outside_operation(id, left, right),
            (Value::Instance(_), _) => self.operator_method(id, op, rights),
            _ => Values::anything(),
        }
    }

    /// What `+` makes.
    fn added(&self, id: ValueId, left: &Value, rights: &Values) -> Values {
        let right = self.first_known(rights);
        match (left, right) {
            (Value::Items(one, a), Some(Value::Items(other, b))) if a.len() + b.len() <= DISPLAY_ITEMS => {
                self.only(Value::Items(one.or(*other), a.iter().chain(b).cloned().collect()))
            }
            (Value::Items(one, _) | Value::Many(one, _), _) => {
                let item = Values::union([self.item_of(&Values::of(id)), self.item_of(rights)]);
                let other = match right {
                    Some(Value::Items(other, _) | Value::Many(other, _)) => *other,
                    _ => Sequence::Untold,
                };
                self.only(Value::Many(one.or(other), item))
            }
            (Value::Str(a), Some(Value::Str(b))) if a.as_str().len() + b.as_str().len() < TEXT_LENGTH => {
                self.only(Value::Str(Name::new(&format!("{a}{b}"))))
            }
            (Value::Str(_), _) => self.builtin_object("str"),
            (Value::Instance(_), _) => self.operator_method(id, Operator::Add, rights),
            (Value::OutsideInstance { .. }, _) => self.outside_operation(id, left, right),
            (Value::Int(_), Some(Value::Int(_))) => self.builtin_object("int"),
            _ => Values::anything(),
        }
    }

    /// An operator on an object from outside gives one of its class, or, where the tables say so, of the other's.
    fn outside_operation(&self, id: ValueId, left: &Value, right: Option<&Value>) -> Values {
        if let (Value::OutsideInstance { class: a, .. }, Some(Value::OutsideInstance { class: b, .. })) = (left, right)
            && let Some(class) = self.world.returns(Name::new(&format!("{a}.__op__.{b}")))
        {
            return self.outside_object(class, Vec::new());
        }
        Values::of(self.store.without_besides(id))
    }

    fn operator_method(&self, id: ValueId, op: Operator, rights: &Values) -> Values {
        let (_, plain) = super::graph::operator_names(op);
        match self.method(id, Name::new(plain)) {
            Some(method) => {
                let arguments = super::Arguments::positional(vec![rights.clone()]);
                self.function_result(&method, &arguments)
            }
            None => Values::anything(),
        }
    }

    fn display(&self, kind: Sequence, items: &[ExprId], place: Place) -> Values {
        let module = self.project.module(place.file);
        let mut known: Vec<Values> = Vec::with_capacity(items.len().min(DISPLAY_ITEMS));
        for item in items {
            match module[*item] {
                Expr::Starred(inner) => {
                    let inner = self.value(inner, place);
                    match inner.only().map(|value| self.get(value)) {
                        Some(Value::Items(_, more)) => known.extend(more.iter().cloned()),
                        _ => {
                            let rest = items.iter().filter(|other| *other != item).map(|item| self.value(*item, place));
                            let all = Values::union(rest.chain([self.item_of(&inner)]));
                            return self.only(Value::Many(kind, all));
                        }
                    }
                }
                _ => known.push(self.value(*item, place)),
            }
        }
        if known.len() > DISPLAY_ITEMS {
            self.only(Value::Many(kind, Values::union(known)))
        } else {
            self.only(Value::Items(kind, known))
        }
    }

    fn table(&self, items: &[crate::semantic::DictItem], place: Place) -> Values {
        let mut entries: Vec<(Option<ValueId>, Values)> = Vec::with_capacity(items.len());
        for item in items {
            let values = self.value(item.value, place);
            match item.key {
                Some(key) => {
                    let key = self.constant(&self.value(key, place));
                    entries.push((key, values));
                }
                None => match values.only().map(|value| self.get(value)) {
                    Some(Value::Table(more)) => entries.extend(more.iter().cloned()),
                    _ => entries.push((None, Values::anything())),
                },
            }
        }
        self.only(Value::Table(entries))
    }

    /// What stands under a string in a table.
    #[must_use]
    pub fn under_name(&self, entries: &[(Option<ValueId>, Values)], name: &str) -> Option<Values> {
        under(entries, self.store.id(Value::Str(Name::new(name))))
    }

    /// The constant that a key is, if it can be nothing else.
    pub(in crate::python) fn constant(&self, values: &Values) -> Option<ValueId> {
        values.only().filter(|value| self.is_constant(*value))
    }

    pub(in crate::python) fn is_constant(&self, value: ValueId) -> bool {
        match self.get(value) {
            Value::None
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Str(_)
            | Value::Member(..)
            | Value::Class(..)
            | Value::Outside(_) => true,
            Value::Function(callable) => callable.receiver.is_none(),
            // A tuple, as keys are.
            Value::Items(_, items) => !items.is_empty() && items.iter().all(|item| self.constant(item).is_some()),
            _ => false,
        }
    }

    /// A class from outside and its bases, as far as they matter.
    pub(in crate::python) fn with_bases(&self, class: Name) -> impl Iterator<Item = Name> {
        std::iter::successors(Some(class), |base| self.world.base(*base)).take(MAX_BASES)
    }

    /// The text or number that a key is as well: a member of an enumeration of those is equal to it.
    fn equal_key(&self, key: ValueId) -> Option<ValueId> {
        let Value::Member(class, member) = self.get(key) else { return None };
        let is_equal = self.is_enumeration_of_constants(*class);
        let value = is_equal.then(|| self.value_of_member(*class, *member)).flatten()?;
        self.constant(&value)
    }

    /// A key, as that to which it is equal.
    pub(super) fn as_key(&self, key: ValueId) -> ValueId {
        self.equal_key(key).unwrap_or(key)
    }

    /// The text that a key is, or is equal to: what else is equal to it is known.
    pub(super) fn text_key(&self, key: ValueId) -> Option<ValueId> {
        Some(self.as_key(key)).filter(|key| matches!(self.get(*key), Value::Str(_)))
    }

    /// Whether a key may be equal to a constant that is another value here: something from outside, a member whose text or
    /// number is not known.
    pub(super) fn may_equal_others(&self, key: ValueId) -> bool {
        match self.get(key) {
            Value::Outside(name) => !name.as_str().starts_with(super::value::BUILTINS),
            Value::Member(class, _) => self.is_enumeration_of_constants(*class) && self.equal_key(key).is_none(),
            _ => false,
        }
    }

    /// Whether the members of an enumeration are texts or numbers.
    fn is_enumeration_of_constants(&self, class: ClassRef) -> bool {
        let is_plain = |name: &Name| self.is_builtin(*name, "str") || self.is_builtin(*name, "int");
        self.derives_from(class, None, &|base| self.with_bases(base).any(|base| is_plain(&base)))
    }

    fn comprehension(&self, id: crate::semantic::ComprehensionId, place: Place) -> Values {
        let comprehension = self.project.module(place.file)[id];
        let element = self.value(comprehension.element, place);
        match comprehension.kind {
            ComprehensionKind::List => self.only(Value::Many(Sequence::List, element)),
            ComprehensionKind::Generator => self.only(Value::Many(Sequence::Untold, element)),
            ComprehensionKind::Set => {
                let hashed = !self.hashes_alike(comprehension.element, place);
                self.only(Value::Set { item: element, hashed })
            }
            ComprehensionKind::Dict => {
                if let Some(entries) = self.table_of_items(&comprehension, place) {
                    return self.only(Value::Table(entries));
                }
                let key = comprehension.key.map_or_else(Values::anything, |key| self.value(key, place));
                let keys: Vec<Option<ValueId>> = if key.rest == Rest::Nothing && key.known.len() > 1 {
                    key.known.iter().map(|key| Some(*key).filter(|key| self.is_constant(*key))).collect()
                } else {
                    vec![None]
                };
                self.only(Value::Table(keys.into_iter().map(|key| (key, element.clone())).collect()))
            }
        }
    }

    /// What `value[index]` gives.
    fn subscript(&self, value: ExprId, index: ExprId, place: Place) -> Values {
        let module = self.project.module(place.file);
        let values = self.value(value, place);
        if let Expr::Slice(_) = module[index] {
            return self.each(&values, |id, value| match value {
                Value::Items(kind, _) => self.only(Value::Many(*kind, self.item_of(&Values::of(id)))),
                Value::Instance(_) => self.call_method(id, "__getitem__"),
                _ => Values::of(id),
            });
        }
        self.each(&values, |id, value| match value {
            Value::Outside(_) => {
                let object = self.annotated_parts(id, index, place);
                self.only(Value::Parametrised { class: Some(id), object })
            }
            // A hook of its own gives what it gives.
            Value::Class(class, _)
                if !self.is_enumeration(*class) && self.method(id, Name::new("__class_getitem__")).is_none() =>
            {
                match self.parametrised(id, index, place) {
                    Some(object) => self.only(Value::Parametrised { class: Some(id), object }),
                    None => self.item_at(id, value, &self.value(index, place)),
                }
            }
            _ => self.item_at(id, value, &self.value(index, place)),
        })
    }

    /// What `value[key]` gives.
    pub(in crate::python) fn item_at(&self, id: ValueId, value: &Value, key: &Values) -> Values {
        match value {
            Value::Items(_, items) => match key.only().map(|key| self.get(key)) {
                Some(Value::Int(index)) => {
                    let index = if *index < 0 { *index + items.len() as i32 } else { *index };
                    match usize::try_from(index).ok().and_then(|index| items.get(index)) {
                        Some(item) => item.clone(),
                        None => Values::union(items.iter().cloned()),
                    }
                }
                _ => Values::union(items.iter().cloned()),
            },
            Value::Table(entries) => self.entry(entries, key),
            Value::Many(_, item) => item.clone(),
            Value::Instance(_) => {
                let arguments = super::Arguments::positional(vec![key.clone()]);
                match self.method(id, Name::new("__getitem__")) {
                    Some(method) => self.function_result(&method, &arguments),
                    None => self.item_of_declared(id, key),
                }
            }
            Value::OutsideInstance { class, of, .. } => {
                match self.world.returns(Name::new(&format!("{class}.__getitem__"))) {
                    Some(class) => self.returned(class),
                    None => of.last().cloned().unwrap_or_else(Values::anything),
                }
            }
            Value::Class(class, _) if self.is_enumeration(*class) => self.members_named(*class, key),
            Value::Class(..) => match self.method(id, Name::new("__class_getitem__")) {
                Some(method) => self.function_result(&method, &super::Arguments::positional(vec![key.clone()])),
                // `Generic[T]`: the class itself.
                None => Values::of(id),
            },
            _ => Values::anything(),
        }
    }

    /// An item of an object whose class declares its items: those of a typed table by key, of a named tuple by position.
    fn item_of_declared(&self, id: ValueId, key: &Values) -> Values {
        let key = key.only().map(|key| self.get(key));
        let name = match key {
            Some(Value::Str(name)) if self.derives(id, &|base| self.world.is_typed_table(base)) => Some(*name),
            Some(Value::Int(index)) => u32::try_from(*index).ok().and_then(|index| self.tuple_field(id, index)),
            _ => None,
        };
        name.map_or_else(Values::anything, |name| self.attribute(&Values::of(id), name))
    }

    fn derives(&self, id: ValueId, is_wanted: &dyn Fn(Name) -> bool) -> bool {
        match self.get(id) {
            Value::Instance(instance) => self.derives_from(instance.class, instance.outer, is_wanted),
            _ => false,
        }
    }

    /// The field that stands at a position of an object that is a named tuple.
    pub(super) fn tuple_field(&self, id: ValueId, index: u32) -> Option<Name> {
        let Value::Instance(instance) = self.get(id) else { return None };
        if !self.derives(id, &|base| self.world.is_named_tuple(base)) {
            return None;
        }
        self.fields(instance.class, instance.outer).get(index as usize).map(|field| field.name)
    }

    fn members_named(&self, class: ClassRef, key: &Values) -> Values {
        self.each(key, |_, key| match key {
            Value::Str(name) => self.only(self.member(class, *name)),
            _ => self.only(Value::Instance(Box::new(Instance::plain(class, None)))),
        })
    }

    /// The entries under a key; all entries where the key is not known or not listed.
    pub(super) fn entry(&self, entries: &[(Option<ValueId>, Values)], key: &Values) -> Values {
        let all = || Values::union(entries.iter().map(|(_, values)| values.clone()));
        if key.rest == Rest::Anything || key.known.is_empty() {
            return all();
        }
        let mut found = Values::NEVER;
        for key in &key.known {
            match under(entries, *key).or_else(|| under(entries, self.listed_as(entries, *key)?)) {
                Some(values) => _ = found.join(&values),
                None if !self.is_constant(*key) || self.may_equal_others(*key) => return all(),
                None => {
                    let unnamed = entries.iter().filter(|(key, _)| key.is_none());
                    unnamed.for_each(|(_, values)| _ = found.join(values));
                }
            }
        }
        if found.is_never() { all().with_rest(Rest::Anything) } else { found }
    }

    /// The key of a table to which another is equal.
    fn listed_as(&self, entries: &[(Option<ValueId>, Values)], key: ValueId) -> Option<ValueId> {
        let equal = self.as_key(key);
        entries.iter().filter_map(|(known, _)| *known).find(|known| self.as_key(*known) == equal)
    }

    /// What going through a value gives.
    pub fn item_of(&self, values: &Values) -> Values {
        self.each(values, |id, value| match value {
            Value::Items(_, items) => Values::union(items.iter().cloned()),
            Value::Many(_, item) | Value::Set { item, .. } => item.clone(),
            Value::Table(entries) => {
                let keys: Values = entries.iter().filter_map(|(key, _)| *key).collect();
                let open = entries.iter().any(|(key, _)| key.is_none());
                if open { keys.with_rest(Rest::Anything) } else { keys }
            }
            Value::Instance(_) => {
                let iterator = self.call_method(id, "__iter__");
                let next = self.each(&iterator, |id, value| match value {
                    Value::Instance(_) => self.call_method(id, "__next__"),
                    _ => self.item_of(&Values::of(id)),
                });
                let next = if iterator.known.is_empty() { self.call_method(id, "__next__") } else { next };
                if next.is_never() { Values::anything() } else { next }
            }
            Value::Class(class, outer) if self.is_enumeration(*class) => self.all_members(*class, *outer),
            Value::OutsideInstance { class, of, .. } => {
                match self.world.returns(Name::new(&format!("{class}.__iter__"))) {
                    Some(class) => self.returned(class),
                    None => of.first().cloned().unwrap_or_else(Values::anything),
                }
            }
            _ => Values::anything(),
        })
    }

    /// What a mapping has under a key, whichever that is.
    pub(in crate::python) fn value_in(&self, mappings: &Values) -> Values {
        self.each(mappings, |_, mapping| match mapping {
            Value::Table(entries) => Values::union(entries.iter().map(|(_, values)| values.clone())),
            Value::OutsideInstance { of, .. } => of.last().cloned().unwrap_or_else(Values::anything),
            _ => Values::anything(),
        })
    }

    /// What `async for` gives.
    pub(super) fn async_item_of(&self, values: &Values) -> Values {
        self.each(values, |id, value| match value {
            Value::Instance(_) => {
                let iterator = self.call_method(id, "__aiter__");
                self.each(&iterator, |id, value| match value {
                    Value::Instance(_) => self.awaited(&self.call_method(id, "__anext__")),
                    _ => self.item_of(&Values::of(id)),
                })
            }
            _ => self.item_of(&Values::of(id)),
        })
    }

    /// What awaiting a value gives.
    pub(super) fn awaited(&self, values: &Values) -> Values {
        self.each(values, |id, value| match value {
            Value::Awaitable { result, .. } => result.clone(),
            Value::OutsideInstance { class, of, .. } if self.gives_its_argument(*class) => match of.as_slice() {
                [given] => given.clone(),
                _ => Values::anything(),
            },
            Value::Instance(_) => {
                let iterator = self.call_method(id, "__await__");
                if iterator.known.is_empty() { Values::anything() } else { self.item_of(&iterator) }
            }
            _ => Values::of(id),
        })
    }

    fn gives_its_argument(&self, class: Name) -> bool {
        matches!(self.world.generic(class), super::Generic::Awaitable | super::Generic::Coroutine)
    }

    /// The function value of a definition before its decorators.
    pub(super) fn closure(&self, file: FileId, function: FunctionId, frame: Option<FrameId>) -> Values {
        let module = self.project.module(file);
        // Only functions inside functions depend on a frame.
        let around = module.function_around(module[function].parent);
        let outer = around.and_then(|around| self.frame_of(frame, FunctionRef { file, function: around }));
        let function = FunctionRef { file, function };
        self.only(Value::Function(Callable { function, receiver: None, outer }))
    }

    /// The frame, among the frame at hand and those around it, of a function.
    pub(super) fn frame_of(&self, frame: Option<FrameId>, function: FunctionRef) -> Option<FrameId> {
        self.memo.look();
        self.store.frame_of(frame?, function)
    }

    /// The method resolution order of a class.
    pub fn order(&self, class: ClassRef, outer: Option<FrameId>) -> Order {
        self.classes.order(self, class, outer)
    }
}
