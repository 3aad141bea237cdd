//! Classes: which classes an object's names are looked up in, and what a class body defines.
//!
//! Knows: bases, metaclasses, the order of look-up, members, enumerations, generated constructors. Does not know: objects
//! (`eval::attribute`), or what a library's bases do but by asking the [`World`](super::World).

mod fields;
mod made;
mod member;
mod search;

use std::cell::{Cell, RefCell};
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

pub use fields::Field;
pub(in crate::python) use made::Maker;
pub(super) use member::Member;
pub use member::MethodKind;
use search::Search;

use super::eval::{Evaluator, Place};
use super::memo::Basis;
use super::sources::SourcesId;
use super::value::{ClassRef, FrameId, FunctionRef, Value, ValueId, Values};
use super::world::Generated;
use crate::semantic::{ArgumentKind, Expr, ExprId, FunctionId, Name, Stmt};
use crate::source::FileId;

/// A class in a method resolution order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ancestor {
    /// A class of the project.
    Project(ClassRef, Option<FrameId>),
    /// A class made by a call of `type`.
    Dynamic(ValueId),
    /// A class outside, by its qualified name.
    Outside(Name),
    /// A base that cannot be told.
    Unknown,
}

/// A method resolution order, the class itself first.
pub type Order = Arc<[Ancestor]>;

/// What was found out, and what that rests on.
type Known<T> = (T, Basis);

/// Classes with their bases.
type Bases = Vec<(Ancestor, Vec<Ancestor>)>;

/// The classes that derive from one, and what the search for them rests on that may change.
type Derived = (Arc<[ClassRef]>, SourcesId);

/// What has been found out about classes.
///
/// An order that rests on an answer that does not stand yet is not kept: it would depend on which question came first. It
/// is known to the question at hand all the same, or diamonds of classes would be gone through again and again.
#[derive(Default)]
pub struct Classes {
    orders: RefCell<FxHashMap<Ancestor, Known<Order>>>,
    /// Orders that are not kept, as long as one is being worked out.
    passing: RefCell<FxHashMap<Ancestor, Known<Order>>>,
    /// The last orders that were worked out and not kept, each with the classes that it was made from and their bases: as
    /// long as those are the same, the order is.
    made: RefCell<FxHashMap<Ancestor, Arc<(Bases, Order)>>>,
    /// The classes whose order is being worked out, each for the one before.
    open: RefCell<Vec<Ancestor>>,
    /// The lowest place among those that were come back to.
    came_back: Cell<Option<usize>>,
    generators: RefCell<FxHashMap<ClassRef, Known<Option<Name>>>>,
    /// The classes near a function that are decorated by something of its name.
    decorated: RefCell<FxHashMap<FunctionRef, Arc<[ClassRef]>>>,
    /// The search goes through all files in sight, and is not done again for a question that is asked again.
    implementers: RefCell<FxHashMap<ClassRef, Derived>>,
}

impl Classes {
    pub(super) fn order(&self, evaluator: &Evaluator<'_>, class: ClassRef, outer: Option<FrameId>) -> Order {
        self.order_of(evaluator, Ancestor::Project(class, outer))
    }

    fn order_of(&self, evaluator: &Evaluator<'_>, class: Ancestor) -> Order {
        if let Some(known) = [&self.orders, &self.passing].into_iter().find_map(|all| kept(evaluator, all, class)) {
            return known;
        }
        let is_open = self.open.borrow().iter().position(|open| *open == class);
        if let Some(place) = is_open {
            self.came_back.set(Some(self.came_back.get().map_or(place, |lowest| lowest.min(place))));
            return Arc::from([class]);
        }
        let place = self.open.borrow().len();
        if place == 0
            && let Some(order) = self.made_before(evaluator, class)
        {
            return order;
        }
        self.open.borrow_mut().push(class);
        let before = self.came_back.take();
        let (order, basis): (Order, Basis) = evaluator.watched(|| {
            let bases = evaluator.bases(class);
            let orders: Vec<Order> = bases.iter().map(|base| self.order_of(evaluator, *base)).collect();
            // Python knows no class that derives from itself. What is said of one depends on nothing but who derives from whom.
            match orders.iter().any(|order| order.contains(&class)) {
                true => with_bases(evaluator, class).into_iter().map(|(class, _)| class).collect(),
                false => linearised(class, &bases, &orders).into(),
            }
        });
        self.open.borrow_mut().truncate(place);
        let leads_below = self.came_back.get().filter(|lowest| *lowest < place);
        let orders = if basis.stands() && leads_below.is_none() { &self.orders } else { &self.passing };
        orders.borrow_mut().insert(class, (Arc::clone(&order), basis));
        self.came_back.set([before, leads_below].into_iter().flatten().min());
        if place == 0 {
            self.passing.borrow_mut().clear();
            if !basis.stands() {
                let made = Arc::new((with_bases(evaluator, class), Arc::clone(&order)));
                self.made.borrow_mut().insert(class, made);
            }
        }
        order
    }

    /// The order that was worked out before, if all that it was made from is as it was.
    ///
    /// Who asks rests on the bases by having looked at them again.
    fn made_before(&self, evaluator: &Evaluator<'_>, class: Ancestor) -> Option<Order> {
        let made = self.made.borrow().get(&class).cloned()?;
        let (bases, order) = &*made;
        let are_as_before = || bases.iter().all(|(class, before)| evaluator.bases(*class) == *before);
        let (are_as_before, basis) = evaluator.watched(are_as_before);
        // What stands by now is kept, and looked at no more.
        (are_as_before && !basis.stands()).then(|| Arc::clone(order))
    }
}

/// What is kept and may be used.
fn kept<K: Copy + Eq + Hash, T: Clone>(
    evaluator: &Evaluator<'_>,
    all: &RefCell<FxHashMap<K, Known<T>>>,
    key: K,
) -> Option<T> {
    let (known, basis) = all.borrow().get(&key).cloned()?;
    evaluator.rest_on_basis(&basis).then_some(known)
}

/// A class and all from which it derives, each once and with its bases, as they are met.
fn with_bases(evaluator: &Evaluator<'_>, class: Ancestor) -> Bases {
    let (mut order, mut seen) = (Vec::new(), FxHashSet::default());
    let mut todo = vec![class];
    while let Some(next) = todo.pop() {
        if seen.insert(next) {
            let bases = evaluator.bases(next);
            todo.extend(bases.iter().rev());
            order.push((next, bases));
        }
    }
    order
}

/// Python's order (C3); where the bases contradict each other, one in which each class stands once.
fn linearised(class: Ancestor, bases: &[Ancestor], orders: &[Order]) -> Vec<Ancestor> {
    let mut lists: Vec<std::collections::VecDeque<Ancestor>> =
        orders.iter().map(|order| order.iter().copied().collect()).collect();
    lists.push(bases.iter().copied().collect());
    let mut in_tails: FxHashMap<Ancestor, usize> = FxHashMap::default();
    for list in &lists {
        list.iter().skip(1).for_each(|ancestor| *in_tails.entry(*ancestor).or_default() += 1);
    }
    let mut order = vec![class];
    let mut seen: FxHashSet<Ancestor> = order.iter().copied().collect();
    loop {
        lists.retain(|list| !list.is_empty());
        let heads = || lists.iter().filter_map(|list| list.front().copied());
        let is_free = |head: &Ancestor| in_tails.get(head).copied().unwrap_or(0) == 0;
        let Some(next) = heads().find(is_free).or_else(|| heads().next()) else { return order };
        if seen.insert(next) {
            order.push(next);
        }
        for list in &mut lists {
            while list.front() == Some(&next) {
                list.pop_front();
                // What was second is no longer in a tail.
                if let Some(front) = list.front() {
                    in_tails.entry(*front).and_modify(|count| *count = count.saturating_sub(1));
                }
            }
        }
    }
}

impl Evaluator<'_> {
    pub(super) fn bases(&self, class: Ancestor) -> Vec<Ancestor> {
        let values: Vec<Values> = match class {
            Ancestor::Project(class, outer) => {
                let module = self.project.module(class.file);
                let place = Place { file: class.file, frame: outer };
                let arguments = module.list(module[class.class].arguments).iter();
                let bases =
                    arguments.filter(|argument| matches!(argument.kind, ArgumentKind::Positional | ArgumentKind::Star));
                bases.map(|base| self.value(base.value, place)).collect()
            }
            Ancestor::Dynamic(class) => match self.get(class) {
                Value::DynamicClass(class) => class.bases.clone(),
                _ => Vec::new(),
            },
            Ancestor::Outside(name) => return self.world.base(name).into_iter().map(Ancestor::Outside).collect(),
            Ancestor::Unknown => return Vec::new(),
        };
        values.iter().map(|base| self.base(base)).collect()
    }

    fn base(&self, base: &Values) -> Ancestor {
        let Some(value) = base.single() else { return Ancestor::Unknown };
        match self.get(value) {
            Value::Class(class, outer) => Ancestor::Project(*class, *outer),
            Value::DynamicClass(_) => Ancestor::Dynamic(value),
            Value::Outside(name) => Ancestor::Outside(*name),
            Value::Parametrised { class: Some(class), .. } => self.base(&Values::of(*class)),
            _ => Ancestor::Unknown,
        }
    }

    pub(super) fn dynamic_order(&self, class: ValueId) -> Order {
        self.classes.order_of(self, Ancestor::Dynamic(class))
    }

    /// The order of a class value; none for what is no class of the project.
    #[must_use]
    pub fn order_of_value(&self, class: ValueId) -> Order {
        self.order_of(class).unwrap_or_else(|| Arc::from([]))
    }

    /// Whether a class of the project derives from a class outside it.
    pub fn derives_from(&self, class: ClassRef, outer: Option<FrameId>, is_wanted: &dyn Fn(Name) -> bool) -> bool {
        self.order(class, outer).iter().any(|ancestor| matches!(ancestor, Ancestor::Outside(base) if is_wanted(*base)))
    }

    pub(in crate::python) fn is_enumeration(&self, class: ClassRef) -> bool {
        self.derives_from(class, None, &|name| self.world.is_enumeration(name))
    }

    /// The metaclass of a class, if it is one of the project.
    pub(in crate::python) fn metaclass(&self, class: ClassRef, outer: Option<FrameId>) -> Option<ClassRef> {
        let own = |ancestor: &Ancestor| self.own_metaclass(ancestor)?.map(|(metaclass, _)| metaclass);
        self.order(class, outer).iter().find_map(own)
    }

    /// The metaclass that a class itself names, if it names one, and if that is one of the project.
    fn own_metaclass(&self, class: &Ancestor) -> Option<Option<(ClassRef, Option<FrameId>)>> {
        let Ancestor::Project(class, outer) = class else { return None };
        let module = self.project.module(class.file);
        let named = module.list(module[class.class].arguments).iter().find(|given| given.is_named("metaclass"))?;
        let metaclass = self.value(named.value, Place { file: class.file, frame: *outer }).single();
        Some(match metaclass.map(|metaclass| self.get(metaclass)) {
            Some(Value::Class(metaclass, outer)) => Some((*metaclass, *outer)),
            _ => None,
        })
    }

    /// Whether a class, or one that it derives from, has a metaclass from outside, or one that derives from such: `ABCMeta`.
    pub(in crate::python) fn has_outside_metaclass(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        let is_plain = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(..) => true,
            Ancestor::Outside(base) => ["type", "object"].iter().any(|short| self.is_builtin(*base, short)),
            Ancestor::Dynamic(_) | Ancestor::Unknown => false,
        };
        let is_outside = |(metaclass, outer)| !self.order(metaclass, outer).iter().all(is_plain);
        let order = self.order(class, outer);
        order.iter().filter_map(|ancestor| self.own_metaclass(ancestor)).any(|own| own.is_none_or(is_outside))
    }

    /// A method of a class's metaclass, bound to the class.
    pub(in crate::python) fn metaclass_method(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        name: &str,
    ) -> Option<super::value::Callable> {
        let metaclass = self.metaclass(class, outer)?;
        let receiver = self.store.id(Value::Class(class, outer));
        self.order(metaclass, None).iter().find_map(|ancestor| {
            let Ancestor::Project(owner, _) = ancestor else { return None };
            match self.class_member(*owner, None, Name::new(name))? {
                Member::Method(function, _) => Some(super::value::Callable {
                    function: super::value::FunctionRef { file: owner.file, function },
                    receiver: Some(receiver),
                    outer: None,
                }),
                _ => None,
            }
        })
    }

    /// Whether a class is only a base: it derives from `ABC` or `Protocol` itself, or has abstract methods.
    pub(super) fn is_abstract(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        let direct = self.bases(Ancestor::Project(class, outer));
        let by_base =
            direct.iter().any(|base| matches!(base, Ancestor::Outside(name) if self.world.is_abstract_base(*name)));
        by_base || self.has_placeholder_methods(class)
    }

    fn has_placeholder_methods(&self, class: ClassRef) -> bool {
        let module = self.project.module(class.file);
        module.list(module[class.class].body).iter().any(|statement| match module[*statement] {
            Stmt::Function(function) => {
                module.list(module[function].decorators).iter().any(|decorator| {
                    let named = module.named_by(*decorator);
                    matches!(module[named], Expr::Name { name, .. } | Expr::Attribute { name, .. } if name == "abstractmethod")
                }) || self.is_placeholder(class.file, function)
            }
            _ => false,
        })
    }

    /// `raise NotImplementedError` and nothing else.
    #[must_use]
    pub fn is_placeholder(&self, file: FileId, function: FunctionId) -> bool {
        let module = self.project.module(file);
        let crate::semantic::Body::Statements(body) = module[function].body else { return false };
        let mut said = module.list(body).iter().filter(|id| !matches!(module[**id], Stmt::Nothing));
        let (Some(first), None) = (said.next(), said.next()) else { return false };
        let Stmt::Raise { exception: Some(exception), .. } = module[*first] else { return false };
        let named = module.named_by(exception);
        matches!(module[named], Expr::Name { name, .. } if name == "NotImplementedError")
    }

    /// The classes derived from a class, in the files that were looked at and those that they import.
    pub(super) fn subclasses(&self, base: ClassRef) -> Vec<ClassRef> {
        self.implementers_of(base).to_vec()
    }

    /// The classes that implement an abstract one: those derived from it that are not abstract themselves, and, for a
    /// protocol, those that have all its methods.
    pub(super) fn implementers(&self, base: ClassRef) -> Vec<ClassRef> {
        let derived = self.implementers_of(base);
        derived.iter().copied().filter(|class| !self.is_abstract(*class, None)).collect()
    }

    fn implementers_of(&self, base: ClassRef) -> Arc<[ClassRef]> {
        if let Some((known, sources)) = self.classes.implementers.borrow().get(&base) {
            self.rest_on(*sources);
            return known.clone();
        }
        // While it is being found out there are none.
        self.classes.implementers.borrow_mut().insert(base, (Arc::from([]), SourcesId::NONE));
        let (found, basis): Known<Arc<[ClassRef]>> = self.watched(|| {
            let mut search = Search::new(self, base);
            search.derived();
            if let Some(methods) = self.protocol_methods(base) {
                search.implementing(&methods);
            }
            search.found.into_iter().map(|(_, class)| class).collect()
        });
        self.classes.implementers.borrow_mut().insert(base, (found.clone(), basis.sources));
        found
    }

    /// The files in which classes and users are looked for, in the order of their paths.
    pub(super) fn files_in_sight(&self) -> Vec<FileId> {
        match self.only_files() {
            Some(mut files) => {
                files.sort_by(|a, b| {
                    self.project.source(*a).path().as_str().cmp(self.project.source(*b).path().as_str())
                });
                files
            }
            None => self.project.in_sight(self.world).to_vec(),
        }
    }

    /// The methods that a protocol asks for; none for a class that is no protocol.
    fn protocol_methods(&self, class: ClassRef) -> Option<Vec<Name>> {
        let is_protocol = self
            .bases(Ancestor::Project(class, None))
            .iter()
            .any(|base| matches!(base, Ancestor::Outside(name) if self.world.is_protocol(*name)));
        if !is_protocol {
            return None;
        }
        let module = self.project.module(class.file);
        let methods: Vec<Name> = module.methods_of(class.class).map(|method| module[method].name).collect();
        (!methods.is_empty()).then_some(methods)
    }

    fn has_all(&self, class: ClassRef, methods: &[Name]) -> bool {
        let module = self.project.module(class.file);
        let scope = module[class.class].scope;
        methods.iter().all(|method| module.variable(scope, *method).is_some()) && !self.is_abstract(class, None)
    }

    /// The attribute by which a class pattern takes the item of a position.
    #[must_use]
    pub fn match_argument(&self, object: ValueId, index: u32) -> Option<Name> {
        let Value::Instance(instance) = self.get(object) else { return None };
        let listed = self.class_attribute(object, Name::new("__match_args__"));
        if let Some(Value::Items(_, items)) = listed.only().map(|value| self.get(value))
            && let Some(Value::Str(name)) = items.get(index as usize)?.only().map(|value| self.get(value))
        {
            return Some(*name);
        }
        let fields = self.fields(instance.class, instance.outer);
        fields.get(index as usize).map(|field| field.name)
    }

    /// All members of an enumeration.
    pub(super) fn all_members(&self, class: ClassRef, outer: Option<FrameId>) -> Values {
        let names = self.member_names(class);
        if names.is_empty() {
            return Values::of(self.plain_instance(class, outer));
        }
        let names = names.iter().map(|name| self.first_of_aliases(class, *name, &names));
        names.map(|name| self.store.id(Value::Member(class, name))).collect()
    }

    /// The names of an enumeration's members, in order.
    #[must_use]
    pub fn member_names(&self, class: ClassRef) -> Vec<Name> {
        let module = self.project.module(class.file);
        let scope = module[class.class].scope;
        let is_member = |variable: &crate::semantic::Variable| {
            !variable.name.as_str().starts_with('_')
                && variable
                    .bindings
                    .iter()
                    .any(|id| matches!(module[*id].kind, crate::semantic::BindingKind::Assign { .. }))
        };
        module
            .variables_of(scope)
            .filter(|(_, variable)| is_member(variable))
            .map(|(_, variable)| variable.name)
            .collect()
    }

    /// The member of an enumeration that a class attribute stands for; a function there is a method.
    pub(super) fn enumeration_member(&self, owner: ClassRef, name: Name, value: ExprId, place: Place) -> Values {
        let given = self.value(value, place);
        if given.known.iter().any(|value| matches!(self.get(*value), Value::Function(_))) {
            return given;
        }
        self.only(self.member(owner, name))
    }

    /// A member of an enumeration, by a name of it.
    pub(super) fn member(&self, class: ClassRef, name: Name) -> Value {
        Value::Member(class, self.first_of_aliases(class, name, &self.member_names(class)))
    }

    /// The name that a member has first: one that is given the value of an earlier one is another name of that.
    fn first_of_aliases(&self, class: ClassRef, name: Name, names: &[Name]) -> Name {
        let module = self.project.module(class.file);
        let scope = module[class.class].scope;
        let given = |name: Name| match module[*module.bindings_of(scope, name).last()?].kind {
            crate::semantic::BindingKind::Assign { value, .. } => Some(module[value]),
            _ => None,
        };
        let is_first = |other: &&Name| match given(name) {
            Some(Expr::Name { name: value, .. }) => **other == value,
            Some(value @ (Expr::Int(_) | Expr::Str(_))) => given(**other) == Some(value),
            _ => false,
        };
        let first = names.iter().take_while(|other| **other != name).find(is_first).copied();
        first.filter(|_| self.keeps_values(class)).unwrap_or(name)
    }

    /// Whether the members of an enumeration have the values that they are given: what a class of its own makes of these is not
    /// known.
    fn keeps_values(&self, class: ClassRef) -> bool {
        let is_unknown = |ancestor: &Ancestor| matches!(ancestor, Ancestor::Unknown | Ancestor::Dynamic(_));
        !self.order(class, None).iter().any(is_unknown)
            && ["__init__", "__new__"].iter().all(|method| self.constructor(class, None, method).is_none())
            && self.metaclass(class, None).is_none()
    }

    /// An attribute of a member of an enumeration.
    pub(super) fn member_attribute(
        &self,
        id: ValueId,
        class: ClassRef,
        member: Name,
        name: Name,
    ) -> Option<super::eval::Found> {
        use super::eval::Found;
        if name == "name" || name == "_name_" {
            return Some(Found::Value(self.only(Value::Str(member))));
        }
        if name == "value" || name == "_value_" {
            let set = self.assigned_by_member(class, member, Name::new("_value_"));
            return set.or_else(|| self.value_of_member(class, member)).map(Found::Value);
        }
        let order = self.order(class, None);
        if let Some(assigned) = self.assigned_by_member(class, member, name) {
            return Some(Found::Value(assigned));
        }
        self.find_in(&order, id, name)
    }

    /// What the name of a member of an enumeration is bound to.
    pub(super) fn value_of_member(&self, class: ClassRef, member: Name) -> Option<Values> {
        let Some(Member::Value { value, place, .. }) = self.class_member(class, None, member) else { return None };
        Some(self.value(value, place))
    }

    /// What `__init__` or `__new__` of an enumeration assigns to an attribute of a member.
    fn assigned_by_member(&self, class: ClassRef, member: Name, name: Name) -> Option<Values> {
        let module = self.project.module(class.file);
        module.attribute_stores(name).next()?;
        let Some(Member::Value { value, place, .. }) = self.class_member(class, None, member) else { return None };
        let given = self.value(value, place);
        let positional = match given.only().map(|value| self.get(value)) {
            Some(Value::Items(_, items)) => items.clone(),
            _ => vec![given],
        };
        ["__init__", "__new__"].into_iter().find_map(|method| {
            let made = self.constructor(class, None, method).filter(|made| made.function.file == class.file)?;
            let mut store = module
                .attribute_stores(name)
                .filter(|store| module.function_around(module[store.block].scope) == Some(made.function.function));
            let value = store.next()?.value?;
            let frame = self.bind(&made, &super::Arguments::positional(positional.clone())).0;
            Some(self.value(value, Place { file: class.file, frame }))
        })
    }

    /// How the constructor of a class is made, where nobody wrote it.
    pub fn generated(&self, class: ClassRef, outer: Option<FrameId>) -> Generated {
        self.generator(class, outer).map_or(Generated::No, |generator| self.world.generates(generator))
    }

    /// The methods that a constructor which nobody wrote runs beside validators, in their order.
    #[must_use]
    pub fn constructor_hooks(&self, class: ClassRef, outer: Option<FrameId>) -> &[Name] {
        self.generator(class, outer).map_or(&[], |generator| self.world.constructor_hooks(generator))
    }

    /// The decorator or base that generates the constructor of a class.
    fn generator(&self, class: ClassRef, outer: Option<FrameId>) -> Option<Name> {
        if let Some(known) = kept(self, &self.classes.generators, class) {
            return known;
        }
        let (found, basis) = self.watched(|| self.find_generator(class, outer));
        if basis.stands() {
            self.classes.generators.borrow_mut().insert(class, (found, basis));
        }
        found
    }

    fn find_generator(&self, class: ClassRef, outer: Option<FrameId>) -> Option<Name> {
        let generates = |name: &Name| self.world.generates(*name) != Generated::No;
        for ancestor in self.order(class, outer).iter() {
            let found = match ancestor {
                Ancestor::Project(class, _) => {
                    let module = self.project.module(class.file);
                    let place = Place { file: class.file, frame: None };
                    let decorators = module.list(module[class.class].decorators).iter();
                    decorators
                        .filter_map(|decorator| {
                            let named = self.value(module.named_by(*decorator), place);
                            self.outside_name(named.single()?)
                        })
                        .find(generates)
                }
                Ancestor::Outside(name) => Some(*name).filter(generates),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}
