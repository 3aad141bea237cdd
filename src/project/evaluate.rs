use std::cell::{Cell, RefCell};

use elsa::FrozenVec;
use rustc_hash::{FxHashMap, FxHashSet};

use super::World;
use super::modules::Project;
use super::stores::Filled;
use super::value::{Frame, FrameId, Literal, Place, Value};
use crate::second::python::is_builtin;
use crate::semantic::{BindingId, BindingKind, BlockId, ScopeId, ScopeKind, TargetPath};
use crate::source::FileId;
use crate::source::ast::{self, Expr, Operator, Ranged, TextRange, TextSize};

/// How deep evaluation goes before it answers [`Value::Unknown`].
const DEPTH_LIMIT: u32 = 60;

/// How many evaluations one question may cost before it is answered with [`Value::Unknown`].
const FUEL: u32 = 20_000;

/// What was evaluated already: by file, place of the expression or function, and frame.
type Memo<'a> = MemoOf<TextRange, Value<'a>>;

/// What was decided already of a part of a file in a frame.
type MemoOf<Part, Answer> = RefCell<FxHashMap<(FileId, Part, Option<FrameId>), Answer>>;

/// A method resolution order.
pub(super) type Order<'a> = std::rc::Rc<[super::Ancestor<'a>]>;

/// Evaluates expressions of a project as seen from one kind of code.
///
/// What guards such as `workflow.in_workflow()` answer depends on where the code runs, and so do values: each kind of
/// code has an evaluator of its own.
pub struct Evaluator<'p, 'a> {
    pub(super) project: &'p Project<'a>,
    pub(super) world: &'p dyn World,
    frames: FrozenVec<Box<Frame<'a>>>,
    frame_ids: RefCell<FxHashMap<Frame<'a>, FrameId>>,
    /// The frames of each function.
    pub(super) frames_of: RefCell<FxHashMap<(FileId, ScopeId), Vec<FrameId>>>,
    /// The files that each file imports.
    pub(super) imports: RefCell<FxHashMap<FileId, std::rc::Rc<[FileId]>>>,
    /// The files that import each file, as far as they were known when it was asked.
    pub(super) users: RefCell<FxHashMap<FileId, std::rc::Rc<[FileId]>>>,
    /// Functions that fill collections, and whose uses at import have been looked for.
    pub(super) registered: RefCell<FxHashSet<super::FunctionRef>>,
    memo: Memo<'a>,
    pub(super) results: Memo<'a>,
    pub(super) asked: RefCell<FxHashMap<super::FunctionRef, u32>>,
    pub(super) orders: RefCell<FxHashMap<(super::ClassRef, Option<FrameId>), Order<'a>>>,
    pub(super) generated: RefCell<FxHashMap<super::ClassRef, bool>>,
    /// The only files that are looked into, where not all are.
    within: Option<FxHashSet<FileId>>,
    /// Whether guards let a block run.
    alive: MemoOf<BlockId, bool>,
    bindings: MemoOf<BindingId, Value<'a>>,
    depth: Cell<u32>,
    fuel: Cell<u32>,
}

impl<'p, 'a> Evaluator<'p, 'a> {
    /// An evaluator for one kind of code.
    #[must_use]
    pub fn new(project: &'p Project<'a>, world: &'p dyn World) -> Self {
        Self {
            project,
            world,
            frames: FrozenVec::new(),
            frame_ids: RefCell::default(),
            frames_of: RefCell::default(),
            imports: RefCell::default(),
            users: RefCell::default(),
            registered: RefCell::default(),
            memo: RefCell::default(),
            results: RefCell::default(),
            asked: RefCell::default(),
            orders: RefCell::default(),
            generated: RefCell::default(),
            within: None,
            alive: RefCell::default(),
            bindings: RefCell::default(),
            depth: Cell::new(0),
            fuel: Cell::new(FUEL),
        }
    }

    /// An evaluator that looks into no files but these: what is imported from others is unknown, and they stay unparsed.
    #[must_use]
    pub fn within(project: &'p Project<'a>, world: &'p dyn World, files: &[FileId]) -> Self {
        Self { within: Some(files.iter().copied().collect()), ..Self::new(project, world) }
    }

    /// Whether a file is not to be looked into.
    pub(super) fn is_outside(&self, file: FileId) -> bool {
        self.within.as_ref().is_some_and(|files| !files.contains(&file))
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &'p Project<'a> {
        self.project
    }

    /// What is known about code outside the project.
    #[must_use]
    pub fn world(&self) -> &'p dyn World {
        self.world
    }

    /// The same frame always has the same id.
    pub(super) fn intern(&self, frame: Frame<'a>) -> FrameId {
        if let Some(id) = self.frame_ids.borrow().get(&frame) {
            return *id;
        }
        let id = FrameId(u32::try_from(self.frames.len()).unwrap_or(u32::MAX));
        self.frames.push(Box::new(frame.clone()));
        self.frames_of.borrow_mut().entry((frame.file, frame.scope)).or_default().push(id);
        self.frame_ids.borrow_mut().insert(frame, id);
        id
    }

    /// A frame.
    ///
    /// # Panics
    ///
    /// Where the id comes from another evaluator.
    #[must_use]
    pub fn frame(&self, id: FrameId) -> &Frame<'a> {
        self.frames.get(id.0 as usize).expect("a FrameId belongs to the evaluator that made it")
    }

    /// The frame, among a frame and those around it, of a function's scope.
    pub(super) fn frame_of(&self, frame: Option<FrameId>, file: FileId, scope: ScopeId) -> Option<FrameId> {
        let mut next = frame;
        while let Some(id) = next {
            let found = self.frame(id);
            if found.scope == scope && found.file == file {
                return Some(id);
            }
            next = found.outer;
        }
        None
    }

    /// Gives a fresh question its full allowance.
    pub fn refuel(&self) {
        self.fuel.set(FUEL);
    }

    /// Does something that belongs to no question at hand, and costs it nothing.
    pub(super) fn afresh(&self, work: impl FnOnce()) {
        let (depth, fuel) = (self.depth.replace(0), self.fuel.replace(FUEL));
        work();
        self.depth.set(depth);
        self.fuel.set(fuel);
    }

    /// Runs an evaluation one level deeper; [`Value::Unknown`] where it goes too deep or costs too much.
    pub(super) fn deeper(&self, evaluate: impl FnOnce() -> Value<'a>) -> Value<'a> {
        let depth = self.depth.get();
        let fuel = self.fuel.get();
        if depth >= DEPTH_LIMIT || fuel == 0 {
            return Value::Unknown;
        }
        self.fuel.set(fuel - 1);
        self.depth.set(depth + 1);
        let value = evaluate();
        self.depth.set(depth);
        value
    }

    /// What an expression evaluates to.
    pub fn value(&self, expression: &'a Expr, place: Place) -> Value<'a> {
        match expression {
            Expr::NoneLiteral(_) => return Value::NONE,
            Expr::BooleanLiteral(literal) => return Value::Literal(Literal::Bool(literal.value)),
            Expr::NumberLiteral(_) => return Value::Literal(Literal::Number),
            Expr::StringLiteral(literal) => return string_value(literal),
            _ => {}
        }
        let key = (place.file, expression.range(), place.frame);
        if let Some(known) = self.memo.borrow().get(&key) {
            return known.clone();
        }
        // A value that depends on itself is unknown while it is being made.
        self.memo.borrow_mut().insert(key, Value::Unknown);
        let value = self.deeper(|| self.evaluate(expression, place));
        self.memo.borrow_mut().insert(key, value.clone());
        value
    }

    fn evaluate(&self, expression: &'a Expr, place: Place) -> Value<'a> {
        match expression {
            Expr::Name(name) => self.name(name.id.as_str(), name.range().start(), place),
            Expr::Attribute(attribute) => {
                let value = self.value(&attribute.value, place);
                self.attribute(&value, attribute.attr.as_str())
            }
            Expr::Call(call) => self.call_value(call, place),
            Expr::Await(awaited) => self.value(&awaited.value, place),
            Expr::Named(named) => self.value(&named.value, place),
            Expr::Starred(starred) => self.value(&starred.value, place),
            Expr::Lambda(lambda) => self.lambda(lambda, place),
            Expr::If(conditional) => match self.truth(&conditional.test, place) {
                Some(true) => self.value(&conditional.body, place),
                Some(false) => self.value(&conditional.orelse, place),
                None => Value::union([self.value(&conditional.body, place), self.value(&conditional.orelse, place)]),
            },
            Expr::BoolOp(operation) => self.boolean(operation, place),
            Expr::UnaryOp(_) | Expr::Compare(_) => {
                self.truth(expression, place).map_or(Value::Unknown, |truth| Value::Literal(Literal::Bool(truth)))
            }
            Expr::BinOp(operation) => self.binary(operation, place),
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                self.items(elts, place)
            }
            Expr::Dict(dict) => self.table(dict, place),
            Expr::Set(set) => Value::Set { hashed: !set.elts.iter().all(hashes_alike) },
            Expr::SetComp(comp) => Value::Set { hashed: !hashes_alike(&comp.elt) },
            Expr::ListComp(ast::ExprListComp { elt, .. }) | Expr::Generator(ast::ExprGenerator { elt, .. }) => {
                let scope = self.project.module(place.file).comprehension_scope(expression.range());
                let inner = Place { scope: scope.unwrap_or(place.scope), ..place };
                Value::Many(self.value(elt, inner).into())
            }
            Expr::DictComp(comp) => {
                let scope = self.project.module(place.file).comprehension_scope(expression.range());
                let inner = Place { scope: scope.unwrap_or(place.scope), ..place };
                Value::Table([(None, self.value(&comp.value, inner))].into())
            }
            Expr::Subscript(subscript) => self.subscript(subscript, place),
            Expr::FString(_) => Value::ExternalInstance("builtins.str".into()),
            _ => Value::Unknown,
        }
    }

    fn lambda(&self, lambda: &'a ast::ExprLambda, place: Place) -> Value<'a> {
        match self.project.module(place.file).lambda(lambda) {
            Some(function) => self.closure(place.file, function, place.frame),
            None => Value::Unknown,
        }
    }

    fn boolean(&self, operation: &'a ast::ExprBoolOp, place: Place) -> Value<'a> {
        let stops_at = matches!(operation.op, ast::BoolOp::Or);
        let mut values = Vec::new();
        for operand in &operation.values {
            let truth = self.truth(operand, place);
            if truth != Some(!stops_at) {
                values.push(self.value(operand, place));
            }
            if truth == Some(stops_at) {
                return Value::union(values);
            }
        }
        // No operand decides: the last is the result.
        if values.is_empty() {
            return operation.values.last().map_or(Value::Unknown, |last| self.value(last, place));
        }
        values.push(operation.values.last().map_or(Value::Unknown, |last| self.value(last, place)));
        Value::union(values)
    }

    fn binary(&self, operation: &'a ast::ExprBinOp, place: Place) -> Value<'a> {
        let left = self.value(&operation.left, place);
        match operation.op {
            Operator::BitOr | Operator::BitAnd | Operator::BitXor | Operator::Sub => {
                let right = self.value(&operation.right, place);
                if is_key_view(&left) || is_key_view(&right) {
                    return Value::Set { hashed: true };
                }
                match (&left, &right) {
                    (Value::Set { hashed: a }, Value::Set { hashed: b }) => Value::Set { hashed: *a || *b },
                    (Value::Set { hashed }, _) => Value::Set { hashed: *hashed },
                    (Value::ExternalInstance(_), _) => left,
                    _ => Value::Unknown,
                }
            }
            Operator::Add | Operator::Div | Operator::Mod => match (&left, self.value(&operation.right, place)) {
                (Value::Items(a), Value::Items(b)) => Value::Items(a.iter().chain(b.iter()).cloned().collect()),
                (Value::Many(_), _) => left,
                (Value::Literal(Literal::Str(_)), _) => Value::ExternalInstance("builtins.str".into()),
                (Value::ExternalInstance(class), right) => match self.operator_result(class, &right) {
                    Some(value) => value,
                    None => left,
                },
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    /// `timedelta + datetime` is a `datetime`.
    fn operator_result(&self, left: &str, right: &Value<'a>) -> Option<Value<'a>> {
        match right {
            Value::ExternalInstance(right) if left == "datetime.timedelta" && right.starts_with("datetime.date") => {
                Some(Value::ExternalInstance(right.clone()))
            }
            _ => None,
        }
    }

    fn items(&self, elements: &'a [Expr], place: Place) -> Value<'a> {
        let mut items = Vec::with_capacity(elements.len().min(64));
        for element in elements.iter().take(64) {
            match element {
                Expr::Starred(starred) => match self.value(&starred.value, place) {
                    Value::Items(inner) => items.extend(inner.iter().cloned()),
                    other => return Value::Many(self.item_of(&other).into()),
                },
                other => items.push(self.value(other, place)),
            }
        }
        if elements.len() > 64 { Value::Many(Value::union(items).into()) } else { Value::Items(items.into()) }
    }

    fn table(&self, dict: &'a ast::ExprDict, place: Place) -> Value<'a> {
        let entries = dict.items.iter().take(64).map(|item| match &item.key {
            Some(Expr::StringLiteral(key)) => (Some(key.value.to_str()), self.value(&item.value, place)),
            Some(_) => (None, self.value(&item.value, place)),
            None => (None, self.item_of(&self.value(&item.value, place))),
        });
        Value::Table(entries.collect())
    }

    fn subscript(&self, subscript: &'a ast::ExprSubscript, place: Place) -> Value<'a> {
        let value = self.value(&subscript.value, place);
        let key = &*subscript.slice;
        value.map(|value| match value {
            Value::Items(items) => match index_of(key) {
                Some(index) if index < items.len() => items[index].clone(),
                _ => Value::union(items.iter().cloned()),
            },
            Value::Table(entries) => match self.value(key, place) {
                Value::Literal(Literal::Str(key)) => table_entry(entries, Some(key)),
                _ => table_entry(entries, None),
            },
            Value::Many(item) => (**item).clone(),
            Value::Instance(_) => self.call_method(value, "__getitem__"),
            Value::ExternalInstance(class) => match self.world.returns(&format!("{class}.__getitem__")) {
                Some(class) => self.external_instance(class),
                None => Value::Unknown,
            },
            Value::Class(..) if self.method(value, "__class_getitem__").is_some() => {
                self.call_method(value, "__class_getitem__")
            }
            // `Generic[T]`, `list[str]`: the class itself.
            Value::Class(..) | Value::External(_) => value.clone(),
            _ => Value::Unknown,
        })
    }

    /// What a name means at a place.
    pub fn name(&self, name: &str, at: TextSize, place: Place) -> Value<'a> {
        let module = self.project.module(place.file);
        let mut scope = Some(place.scope);
        // The function scope in which the name is used: there, and in its comprehensions, order matters.
        let mut own = true;
        while let Some(id) = scope {
            let found = module.scope(id);
            if found.globals.contains(&name) {
                return self.global(place.file, name, None);
            }
            let visible = !matches!(found.kind, ScopeKind::Class(_)) || id == place.scope;
            if visible && found.names.contains_key(name) {
                if id == module.global() {
                    let at = (place.scope == id || own).then_some(at);
                    return self.global(place.file, name, at);
                }
                let ids = if own {
                    module.reaching(id, name, at)
                } else {
                    module.bindings_of(id, name).iter().copied().collect()
                };
                let here = Place { scope: id, ..place };
                if !ids.is_empty() {
                    return self.filled(self.bound(&ids, here), name, &Filled::Name(here));
                }
                if !matches!(found.kind, ScopeKind::Class(_)) {
                    return Value::Unknown;
                }
            }
            if visible && let Some(value) = self.starred(place.file, id, name) {
                return value;
            }
            own = own && matches!(found.kind, ScopeKind::Comprehension);
            scope = found.parent;
        }
        if is_builtin(name) { Value::external(&format!("builtins.{name}")) } else { Value::Unknown }
    }

    /// A module's name, at the end of its import or, for code that runs during the import, at a place.
    pub(super) fn global(&self, file: FileId, name: &str, at: Option<TextSize>) -> Value<'a> {
        if self.is_outside(file) {
            return Value::Unknown;
        }
        let module = self.project.module(file);
        let scope = module.global();
        let end = TextSize::of(self.project.source(file).text());
        let mut ids = module.reaching(scope, name, at.unwrap_or(end));
        if at.is_none() {
            // Functions may rebind it with `global`; those bindings stand in other blocks.
            for &id in module.bindings_of(scope, name) {
                if !ids.contains(&id) && self.is_rebound_by_function(file, id) {
                    ids.push(id);
                }
            }
        }
        let place = Place { file, scope, frame: None };
        if ids.is_empty() {
            return self.starred(file, scope, name).unwrap_or(Value::Unknown);
        }
        self.filled(self.bound(&ids, place), name, &Filled::Name(place))
    }

    fn is_rebound_by_function(&self, file: FileId, id: BindingId) -> bool {
        let module = self.project.module(file);
        let binding = module.binding(id);
        matches!(binding.kind, BindingKind::Assignment { .. })
            && module.functions.iter().any(|function| function.range().contains_range(binding.range))
    }

    fn starred(&self, file: FileId, scope: ScopeId, name: &str) -> Option<Value<'a>> {
        let module = self.project.module(file);
        let stars = module.scope(scope).stars.iter().rev();
        stars.map(|(source, level, _)| self.import_source(file, source, *level)).find_map(|source| match source {
            Value::Module(origin) if origin != file && !self.is_outside(origin) => {
                let exported = self.project.module(origin);
                let bound = exported.scope(exported.global()).names.contains_key(name)
                    || !exported.scope(exported.global()).stars.is_empty();
                let known = exported.exports(name) && bound;
                let value = if known { self.deeper(|| self.global(origin, name, None)) } else { Value::Unknown };
                (!value.is_unknown()).then_some(value)
            }
            // What an external star brings is not known; only what the tables name is taken for its own.
            Value::External(package) => {
                let candidate = format!("{package}.{name}");
                self.world.knows(&candidate).then(|| self.external(&candidate))
            }
            _ => None,
        })
    }

    pub(super) fn import_source(&self, file: FileId, module: &str, level: u32) -> Value<'a> {
        if level > 0 {
            self.project.import_relative(file, level, module)
        } else if self.world.is_always_outside(module.split('.').next().unwrap_or(module)) {
            Value::external(module)
        } else {
            self.project.import(file, module, &|top| self.world.is_library(top))
        }
    }

    fn bound(&self, ids: &[BindingId], place: Place) -> Value<'a> {
        let module = self.project.module(place.file);
        let live = ids.iter().filter(|id| {
            let block = module.binding(**id).block;
            let key = (place.file, block, place.frame);
            if let Some(known) = self.alive.borrow().get(&key) {
                return *known;
            }
            // A guard may read the very name; until it is known the binding counts.
            self.alive.borrow_mut().insert(key, true);
            let live = module
                .guards(block)
                .all(|(test, expected)| self.truth(test, place).is_none_or(|truth| truth == expected));
            self.alive.borrow_mut().insert(key, live);
            live
        });
        Value::union(live.map(|id| self.binding(*id, place)).collect::<Vec<_>>())
    }

    fn binding(&self, id: BindingId, place: Place) -> Value<'a> {
        let key = (place.file, id, place.frame);
        if let Some(known) = self.bindings.borrow().get(&key) {
            return known.clone();
        }
        // As in `value`: a binding that depends on itself is unknown while it is being made.
        self.bindings.borrow_mut().insert(key, Value::Unknown);
        let value = self.bind_value(id, place);
        self.bindings.borrow_mut().insert(key, value.clone());
        value
    }

    fn bind_value(&self, id: BindingId, place: Place) -> Value<'a> {
        let module = self.project.module(place.file);
        let binding = module.binding(id);
        match &binding.kind {
            BindingKind::Import { module } => self.import_source(place.file, module, 0),
            BindingKind::ImportFrom { module, level, name } => {
                let source = self.import_source(place.file, module, *level);
                self.deeper(|| self.imported(&source, name))
            }
            BindingKind::Function(function) => self.defined_function(place.file, *function, place.frame),
            BindingKind::Class(class) => self.defined_class(place.file, *class, place.frame),
            BindingKind::Assignment { value, annotation, path } => {
                let assigned = value.map_or(Value::Unknown, |value| self.value(value, place));
                let taken = self.follow(&assigned, path);
                match annotation {
                    Some(annotation) if path.is_empty() && says_little(&taken) => {
                        self.declared(annotation, place, taken)
                    }
                    _ => taken,
                }
            }
            BindingKind::Augmented { .. } => self.deeper(|| self.name(binding.name, binding.range.start(), place)),
            BindingKind::Parameter { index } => self.parameter(place, *index),
            BindingKind::Loop { iterable, path } => {
                let items = self.value(iterable, place);
                self.follow(&self.item_of(&items), path)
            }
            BindingKind::With { manager, is_async, path } => {
                let manager = self.value(manager, place);
                self.follow(&self.entered(&manager, *is_async), path)
            }
            BindingKind::Except { kind } => {
                let classes = kind.map_or(Value::Unknown, |kind| self.value(kind, place));
                self.instance_of(&classes)
            }
            BindingKind::Opaque => Value::Unknown,
        }
    }

    /// `name` imported from a module.
    fn imported(&self, source: &Value<'a>, name: &'a str) -> Value<'a> {
        match source {
            Value::Module(_) | Value::Namespace(_) => self.attribute(source, name),
            Value::External(module) => self.external(&format!("{module}.{name}")),
            _ => Value::Unknown,
        }
    }

    /// Something outside the project, under its canonical name.
    pub(super) fn external(&self, name: &str) -> Value<'a> {
        Value::External(self.world.canonical(name).into())
    }

    /// An object of a class outside the project.
    pub(super) fn external_instance(&self, class: &str) -> Value<'a> {
        let class = self.world.canonical(class);
        match &*class {
            "builtins.set" | "builtins.frozenset" => Value::Set { hashed: true },
            "builtins.None" => Value::NONE,
            _ => Value::ExternalInstance(class.into()),
        }
    }

    fn follow(&self, value: &Value<'a>, path: &[TargetPath]) -> Value<'a> {
        let Some((first, rest)) = path.split_first() else { return value.clone() };
        let step = value.map(|value| match (first, value) {
            (TargetPath::Item(index), Value::Items(items)) => items.get(*index).cloned().unwrap_or(Value::Unknown),
            (TargetPath::Item(_), Value::Set { .. }) => Value::Unknown,
            (TargetPath::Item(_), other) => self.item_of(other),
            (TargetPath::Rest, other) => Value::Many(self.item_of(other).into()),
        });
        self.follow(&step, rest)
    }

    /// What iterating a value gives.
    pub(super) fn item_of(&self, value: &Value<'a>) -> Value<'a> {
        value.map(|value| match value {
            Value::Items(items) => Value::union(items.iter().cloned()),
            Value::Many(item) => (**item).clone(),
            Value::Instance(_) => {
                let iterator = self.call_method(value, "__iter__");
                match iterator {
                    Value::Instance(_) => self.call_method(&iterator, "__next__"),
                    Value::Unknown => Value::Unknown,
                    other => self.item_of(&other),
                }
            }
            // Members of an enumeration, and of any class that defines iteration in its metaclass.
            Value::Class(class, outer) if self.is_enum(*class) => self.instance(*class),
            _ => Value::Unknown,
        })
    }

    /// What `with value as name` binds.
    fn entered(&self, manager: &Value<'a>, is_async: bool) -> Value<'a> {
        manager.map(|manager| match manager {
            Value::Instance(_) => {
                let method = if is_async { "__aenter__" } else { "__enter__" };
                match self.call_method(manager, method) {
                    Value::Unknown => manager.clone(),
                    entered => entered,
                }
            }
            Value::Many(item) => (**item).clone(),
            other => other.clone(),
        })
    }

    /// What an annotation says, where the value itself says less.
    pub(super) fn declared(&self, annotation: &'a Expr, place: Place, value: Value<'a>) -> Value<'a> {
        match self.annotated(annotation, place) {
            Value::Unknown => value,
            declared => declared,
        }
    }

    /// What an annotation says a value is.
    pub(super) fn annotated(&self, annotation: &'a Expr, place: Place) -> Value<'a> {
        self.deeper(|| match annotation {
            Expr::StringLiteral(text) => self.annotated_text(text.value.to_str(), place, annotation.range().start()),
            Expr::Subscript(subscript) => self.annotated_generic(subscript, place),
            Expr::BinOp(operation) if operation.op == Operator::BitOr => {
                Value::union([self.annotated(&operation.left, place), self.annotated(&operation.right, place)])
            }
            Expr::Name(_) | Expr::Attribute(_) => self.instance_of(&self.value(annotation, place)),
            _ => Value::Unknown,
        })
    }

    fn annotated_text(&self, text: &'a str, place: Place, at: TextSize) -> Value<'a> {
        let alternatives = text.split('|').map(str::trim).map(|text| {
            let text = text.strip_prefix("Optional[").and_then(|text| text.strip_suffix(']')).unwrap_or(text);
            let mut parts = text.split('.');
            let first = parts.next().unwrap_or(text);
            let end = self.project.source(place.file).text().len();
            // A quoted name may be defined further down.
            let at = TextSize::try_from(end).unwrap_or(at);
            parts.fold(self.name(first, at, place), |value, part| self.attribute(&value, part))
        });
        let classes: Vec<_> = alternatives.map(|class| self.instance_of(&class)).collect();
        Value::union(classes)
    }

    fn annotated_generic(&self, subscript: &'a ast::ExprSubscript, place: Place) -> Value<'a> {
        let Value::External(name) = self.value(&subscript.value, place) else {
            return self.instance_of(&self.value(&subscript.value, place));
        };
        let arguments: &'a [Expr] = match &*subscript.slice {
            Expr::Tuple(tuple) => &tuple.elts,
            single => std::slice::from_ref(single),
        };
        let short = name.rsplit('.').next().unwrap_or(&name);
        let inner = |index: usize| arguments.get(index).map_or(Value::Unknown, |item| self.annotated(item, place));
        match short {
            "Optional" | "Annotated" | "Final" | "ClassVar" | "Awaitable" | "Required" | "NotRequired" => inner(0),
            "Union" => Value::union(arguments.iter().map(|item| self.annotated(item, place)).collect::<Vec<_>>()),
            "Coroutine" => inner(2),
            "list" | "List" | "Sequence" | "MutableSequence" | "Iterable" | "Iterator" | "Collection" | "deque"
            | "Deque" | "Generator" | "AsyncIterator" | "AsyncIterable" | "AsyncGenerator" | "tuple" | "Tuple" => {
                Value::Many(inner(0).into())
            }
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "defaultdict" | "OrderedDict" => {
                Value::Table([(None, inner(1))].into())
            }
            "set" | "Set" | "frozenset" | "FrozenSet" | "AbstractSet" | "MutableSet" => {
                let item = arguments.first().map_or(Value::Unknown, |item| self.value(item, place));
                let alike = matches!(&item, Value::External(name) if &**name == "builtins.int");
                Value::Set { hashed: !alike }
            }
            "type" | "Type" => arguments.first().map_or(Value::Unknown, |item| self.value(item, place)),
            "Callable" | "Literal" => Value::Unknown,
            _ => self.external_instance(&name),
        }
    }

    /// An object of a class, of each class of a tuple or union.
    pub(super) fn instance_of(&self, class: &Value<'a>) -> Value<'a> {
        class.map(|class| match class {
            Value::Class(class, _) => self.instance(*class),
            Value::External(name) => match &**name {
                "typing.Any" | "builtins.object" | "typing.Callable" | "builtins.None" => Value::Unknown,
                name if name.starts_with("typing.") => match name {
                    "typing.Set" | "typing.FrozenSet" | "typing.AbstractSet" => Value::Set { hashed: true },
                    _ => Value::Unknown,
                },
                name => self.external_instance(name),
            },
            Value::Items(classes) => {
                Value::union(classes.iter().map(|class| self.instance_of(class)).collect::<Vec<_>>())
            }
            _ => Value::Unknown,
        })
    }
}

fn string_value<'a>(literal: &'a ast::ExprStringLiteral) -> Value<'a> {
    Value::Literal(Literal::Str(literal.value.to_str()))
}

/// Whether a value says less than an annotation would: nothing, or that a container is empty for now.
pub(super) fn says_little(value: &Value<'_>) -> bool {
    match value {
        Value::Unknown => true,
        Value::Items(items) => items.is_empty(),
        Value::Table(entries) => entries.is_empty(),
        Value::Many(item) => item.is_unknown(),
        Value::Set { .. } => true,
        _ => false,
    }
}

fn is_key_view(value: &Value<'_>) -> bool {
    matches!(value, Value::ExternalInstance(class) if &**class == "builtins.dict_keys")
}

/// Whether an item of a set hashes the same in every process: numbers do; strings, bytes and most objects do not.
fn hashes_alike(item: &Expr) -> bool {
    match item {
        Expr::NumberLiteral(_) | Expr::BooleanLiteral(_) => true,
        Expr::UnaryOp(operation) => hashes_alike(&operation.operand),
        Expr::Tuple(tuple) => tuple.elts.iter().all(hashes_alike),
        Expr::BinOp(operation) => hashes_alike(&operation.left) && hashes_alike(&operation.right),
        _ => false,
    }
}

fn index_of(key: &Expr) -> Option<usize> {
    match key {
        Expr::NumberLiteral(ast::ExprNumberLiteral { value: ast::Number::Int(number), .. }) => number.as_usize(),
        _ => None,
    }
}

/// The entry of a key; all entries where the key is unknown or not listed by name.
pub(super) fn table_entry<'a>(entries: &[(Option<&'a str>, Value<'a>)], key: Option<&str>) -> Value<'a> {
    let exact = key.and_then(|key| entries.iter().rev().find(|(name, _)| *name == Some(key)));
    match exact {
        Some((_, value)) => value.clone(),
        None => Value::union(entries.iter().map(|(_, value)| value.clone())),
    }
}

impl<'a> Evaluator<'_, 'a> {
    /// What an import of a module gives in a file; `level` counts leading dots.
    #[must_use]
    pub fn imported_module(&self, file: FileId, module: &str, level: u32) -> Value<'a> {
        self.import_source(file, module, level)
    }

    /// A frame as another evaluator knows it.
    #[must_use]
    pub fn transfer_frame(&self, id: FrameId, to: &Evaluator<'_, 'a>) -> Option<FrameId> {
        let frame = self.frame(id);
        let outer = frame.outer.and_then(|outer| self.transfer_frame(outer, to));
        let parameters = frame.parameters.iter().map(|(name, value)| (*name, self.transfer(value, to))).collect();
        Some(to.intern(to.framed(frame.file, frame.scope, parameters, outer)))
    }

    /// A value as another evaluator knows it.
    #[must_use]
    pub fn transfer(&self, value: &Value<'a>, to: &Evaluator<'_, 'a>) -> Value<'a> {
        let named = |entries: &[(&'a str, Value<'a>)]| -> Vec<(&'a str, Value<'a>)> {
            entries.iter().map(|(name, value)| (*name, self.transfer(value, to))).collect()
        };
        let frame = |id: Option<FrameId>| id.and_then(|id| self.transfer_frame(id, to));
        match value {
            Value::Function(callable) => {
                let receiver = callable.receiver.as_ref().map(|receiver| self.transfer(receiver, to));
                let outer = frame(callable.outer);
                Value::Function(super::Callable { function: callable.function, receiver, outer }.into())
            }
            Value::Class(class, outer) => Value::Class(*class, frame(*outer)),
            Value::Instance(instance) => {
                let init = frame(instance.init);
                let fields = named(&instance.fields);
                Value::Instance(super::Instance { class: instance.class, init, fields }.into())
            }
            Value::Partial(partial) => {
                let callee = self.transfer(&partial.callee, to);
                let arguments = super::Arguments {
                    positional: partial.arguments.positional.iter().map(|value| self.transfer(value, to)).collect(),
                    named: named(&partial.arguments.named),
                    open: partial.arguments.open,
                };
                Value::Partial(super::Partial { callee, arguments }.into())
            }
            Value::DynamicClass(class) => Value::DynamicClass(self.transfer_class(class, to)),
            Value::DynamicInstance(class) => Value::DynamicInstance(self.transfer_class(class, to)),
            Value::Items(items) => Value::Items(items.iter().map(|item| self.transfer(item, to)).collect()),
            Value::Union(items) => Value::Union(items.iter().map(|item| self.transfer(item, to)).collect()),
            Value::Many(item) => Value::Many(self.transfer(item, to).into()),
            Value::Table(entries) => {
                Value::Table(entries.iter().map(|(key, value)| (*key, self.transfer(value, to))).collect())
            }
            Value::Super(receiver, after) => Value::Super(self.transfer(receiver, to).into(), *after),
            other => other.clone(),
        }
    }

    fn transfer_class(
        &self,
        class: &super::DynamicClass<'a>,
        to: &Evaluator<'_, 'a>,
    ) -> std::rc::Rc<super::DynamicClass<'a>> {
        let bases = class.bases.iter().map(|base| self.transfer(base, to)).collect();
        let members = class.members.iter().map(|(name, value)| (*name, self.transfer(value, to))).collect();
        super::DynamicClass { file: class.file, range: class.range, bases, members }.into()
    }
}
