//! What values are of the state that a workflow holds.
//!
//! Knows: names, attributes, items, own functions and their parameters, and which calls give a new container with the same
//! items. Does not know: what is done with them ([`access`](super::access)).
//!
//! ```python
//! waiting = self.orders              # what `orders` holds
//! waiting.append(order)              # changes it
//! copied = list(self.orders)         # a new list of the same items
//! copied[0].seen = True              # changes what it holds
//! ```

use std::cell::Cell;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::super::code::Graph;
use crate::python::{Callable, ClassRef, Code, Edge, FunctionRef, NodeId, Origin, Special, Value, ValueId, Values};
use crate::semantic::{
    Argument, ArgumentKind, BindingId, BindingKind, Body, DictItem, Expr, ExprId, List, Name, ParameterKind, Step,
};
use crate::source::TextRange;

/// Through how many expressions a value is followed.
const DEEP: usize = 24;

/// How many expressions are looked at for one question.
const MOST_STEPS: usize = 500;

/// How many containers around what the workflow holds are told apart.
const MOST_COPIES: u8 = 3;

/// Of how many attributes something may be.
const MOST_HELD: usize = 12;

/// What a value is to a workflow: its object, what one of its attributes holds, or a container that is not part of it, with
/// such things in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    /// The attribute; none for the workflow's object itself.
    pub attribute: Option<Name>,
    /// Whether it is something in what the attribute holds.
    pub below: bool,
    /// How many containers are around it that the workflow does not hold.
    pub copies: u8,
}

impl Held {
    pub(super) const OBJECT: Self = Self { attribute: None, below: false, copies: 0 };

    /// Something in it.
    fn inside(self) -> Self {
        match self.copies {
            0 => Self { below: true, ..self },
            copies => Self { copies: copies - 1, ..self },
        }
    }

    /// A new container with it in it.
    fn around(self) -> Option<Self> {
        (self.copies < MOST_COPIES).then_some(Self { copies: self.copies + 1, ..self })
    }

    /// A new container with the same items.
    fn copied(self) -> Option<Self> {
        self.inside().around()
    }
}

/// What a value may be of the state.
pub(super) type HeldSet = SmallVec<[Held; 2]>;

fn add(set: &mut HeldSet, held: Held) -> bool {
    let is_new = !set.contains(&held) && set.len() < MOST_HELD;
    if is_new {
        set.push(held);
    }
    is_new
}

fn join(mut left: HeldSet, right: HeldSet) -> HeldSet {
    right.into_iter().for_each(|held| _ = add(&mut left, held));
    left
}

/// What the values of reached code are of the state of the workflows that some entry points belong to.
pub(super) struct Holdings<'g, 'r, 'p> {
    pub graph: &'g Graph<'r, 'p>,
    /// The code that may do something with the state, in the order in which it was found.
    pub nodes: Vec<NodeId>,
    seen: FxHashSet<NodeId>,
    of_function: FxHashMap<FunctionRef, Vec<NodeId>>,
    parameters: FxHashMap<(NodeId, Name), HeldSet>,
    objects: FxHashSet<ClassRef>,
    /// What is left of the budget of the question at hand.
    budget: Cell<usize>,
}

impl<'g, 'r, 'p> Holdings<'g, 'r, 'p> {
    /// Follows the objects of workflows of these classes from some nodes on.
    pub(super) fn follow(graph: &'g Graph<'r, 'p>, roots: &[NodeId], objects: FxHashSet<ClassRef>) -> Self {
        let mut holdings = Self {
            graph,
            nodes: Vec::new(),
            seen: FxHashSet::default(),
            of_function: FxHashMap::default(),
            parameters: FxHashMap::default(),
            objects,
            budget: Cell::new(0),
        };
        let mut todo: Vec<NodeId> = roots.iter().rev().copied().collect();
        roots.iter().for_each(|root| holdings.enter(*root));
        while let Some(node) = todo.pop() {
            for (edge, to) in graph.leads_on(node) {
                if graph.reach.node(*to).at_import {
                    continue;
                }
                let has_grown = holdings.bind(node, edge, *to);
                let is_new = !holdings.seen.contains(to) && holdings.may_touch(*to);
                if is_new {
                    holdings.enter(*to);
                }
                if is_new || has_grown {
                    todo.push(*to);
                }
            }
        }
        holdings
    }

    fn enter(&mut self, node: NodeId) {
        if self.seen.insert(node) {
            self.nodes.push(node);
            if let Code::Function(function) = self.graph.reach.node(node).code {
                self.of_function.entry(function).or_default().push(node);
            }
        }
    }

    /// Whether code may do something with the state: it is given some of it, or stands in code that is.
    fn may_touch(&self, node: NodeId) -> bool {
        let Code::Function(function) = self.graph.reach.node(node).code else { return false };
        let module = self.graph.module(node);
        let is_given = |name: Name| self.parameters.contains_key(&(node, name)) || self.is_given_object(node, name);
        module.parameters(function.function).iter().any(|parameter| is_given(parameter.name))
            || module.function_around(module[function.function].parent).is_some_and(|around| {
                self.of_function.contains_key(&FunctionRef { file: function.file, function: around })
            })
    }

    fn is_given_object(&self, node: NodeId, parameter: Name) -> bool {
        let reach = self.graph.reach;
        let Some(frame) = reach.node(node).frame else { return false };
        let frame = reach.evaluator().store().frame(frame);
        frame.parameters.iter().any(|(name, values)| *name == parameter && self.has_object(values))
    }

    fn has_object(&self, values: &Values) -> bool {
        values.known.iter().any(|value| self.is_object(*value))
    }

    fn is_object(&self, value: ValueId) -> bool {
        match self.graph.reach.evaluator().get(value) {
            Value::Instance(instance) => self.objects.contains(&instance.class),
            Value::Super(receiver, _) => self.is_object(*receiver),
            _ => false,
        }
    }

    // ---- what functions are given

    /// Notes what a call gives to the parameters of the code that it leads to. Says whether that was new.
    fn bind(&mut self, from: NodeId, edge: &Edge, to: NodeId) -> bool {
        let Code::Function(function) = self.graph.reach.node(to).code else { return false };
        let mut has_grown = false;
        for (position, held) in self.given(from, edge.site, function) {
            let module = self.graph.module(to);
            let parameters = module.parameters(function.function);
            let name = match position {
                Given::Position(position) => parameters.get(position).map(|parameter| (parameter.name, parameter.kind)),
                Given::Name(name) => parameters
                    .iter()
                    .find(|parameter| parameter.name == name)
                    .map(|parameter| (parameter.name, parameter.kind)),
            };
            let Some((name, kind)) = name else { continue };
            let set = self.parameters.entry((to, name)).or_default();
            for held in held {
                let held = if kind == ParameterKind::Rest { held.around() } else { Some(held) };
                has_grown |= held.is_some_and(|held| add(set, held));
            }
            if set.is_empty() {
                self.parameters.remove(&(to, name));
            }
        }
        has_grown
    }

    /// What a site gives to a function that it leads to, where that is part of the state.
    fn given(&self, from: NodeId, site: TextRange, function: FunctionRef) -> Vec<(Given, HeldSet)> {
        let module = self.graph.module(from);
        let Some(expr) = self.graph.expression_at(from, site) else { return Vec::new() };
        let mut given = Vec::new();
        match module[expr] {
            Expr::Call { callee, arguments } => {
                for value in self.graph.value(callee, from).known {
                    match self.graph.reach.evaluator().get(value) {
                        Value::Function(callable) if callable.function == function => {
                            self.given_directly(from, callee, *callable, arguments, &mut given);
                        }
                        Value::Class(..) => self.given_by_position(from, arguments, 1, &mut given),
                        _ => {}
                    }
                }
                for argument in module.list(arguments) {
                    self.given_with_method(from, argument.value, function, &mut given);
                }
            }
            // A property, or a special method of what is entered, gone through or taken an item of.
            Expr::Attribute { value, .. } | Expr::Subscript { value, .. } => {
                given.push((Given::Position(0), self.of(from, value)));
            }
            _ => given.push((Given::Position(0), self.of(from, expr))),
        }
        given.retain(|(_, held)| !held.is_empty());
        given
    }

    fn given_directly(
        &self,
        from: NodeId,
        callee: ExprId,
        callable: Callable,
        arguments: List<Argument>,
        given: &mut Vec<(Given, HeldSet)>,
    ) {
        let is_bound = callable.receiver.is_some();
        if is_bound && let Expr::Attribute { value, .. } = self.graph.module(from)[callee] {
            given.push((Given::Position(0), self.of(from, value)));
        }
        self.given_by_position(from, arguments, usize::from(is_bound), given);
    }

    fn given_by_position(
        &self,
        from: NodeId,
        arguments: List<Argument>,
        first: usize,
        given: &mut Vec<(Given, HeldSet)>,
    ) {
        for (position, argument) in self.graph.module(from).list(arguments).iter().enumerate() {
            match argument.kind {
                ArgumentKind::Positional => {
                    given.push((Given::Position(first + position), self.of(from, argument.value)));
                }
                ArgumentKind::Keyword(name) => given.push((Given::Name(name), self.of(from, argument.value))),
                ArgumentKind::Star | ArgumentKind::DoubleStar => break,
            }
        }
    }

    /// A method that is handed over keeps its object.
    fn given_with_method(
        &self,
        from: NodeId,
        argument: ExprId,
        function: FunctionRef,
        given: &mut Vec<(Given, HeldSet)>,
    ) {
        let Expr::Attribute { value, .. } = self.graph.module(from)[argument] else { return };
        let evaluator = self.graph.reach.evaluator();
        let is_it = |value: &ValueId| {
            matches!(evaluator.get(*value), Value::Function(callable)
                if callable.function == function && callable.receiver.is_some())
        };
        if self.graph.value(argument, from).known.iter().any(is_it) {
            given.push((Given::Position(0), self.of(from, value)));
        }
    }

    // ---- what expressions are

    /// What an expression of a node may be of the state.
    pub(super) fn of(&self, node: NodeId, expr: ExprId) -> HeldSet {
        self.budget.set(MOST_STEPS);
        self.within(node, expr, DEEP)
    }

    fn within(&self, node: NodeId, expr: ExprId, depth: usize) -> HeldSet {
        let (Some(depth), Some(budget)) = (depth.checked_sub(1), self.budget.get().checked_sub(1)) else {
            return HeldSet::new();
        };
        self.budget.set(budget);
        let module = self.graph.module(node);
        let of = |part: ExprId| self.within(node, part, depth);
        match module[expr] {
            Expr::Name { .. } => self.named(node, expr, depth),
            Expr::Attribute { value, name } => self.attribute(node, (expr, value, name), depth),
            Expr::Subscript { value, index } => {
                if let Some(item) = self.written_item(node, value, index) {
                    return of(item);
                }
                let is_slice = matches!(module[index], Expr::Slice(_));
                let taken = |held: Held| if is_slice { held.copied() } else { Some(held.inside()) };
                state(of(value)).filter_map(taken).collect()
            }
            Expr::Call { callee, arguments } => self.called(node, (expr, callee, arguments), depth),
            Expr::Await(value) | Expr::Named { value, .. } => of(value),
            Expr::Starred(value) => state(of(value)).map(Held::inside).collect(),
            Expr::Conditional { body, orelse, .. } => join(of(body), of(orelse)),
            Expr::BoolOp { operands, .. } => {
                module.list(operands).iter().fold(HeldSet::new(), |held, operand| join(held, of(*operand)))
            }
            Expr::Tuple(items) | Expr::List(items) | Expr::Set(items) => {
                let all = module.list(items).iter().flat_map(|item| of(*item));
                all.filter_map(Held::around).fold(HeldSet::new(), with)
            }
            Expr::Dict(items) => {
                let value = |item: &DictItem| match item.key {
                    Some(_) => of(item.value),
                    None => state(of(item.value)).map(Held::inside).collect(),
                };
                module.list(items).iter().flat_map(value).filter_map(Held::around).fold(HeldSet::new(), with)
            }
            Expr::Comprehension(comprehension) => {
                of(module[comprehension].element).into_iter().filter_map(Held::around).collect()
            }
            Expr::Binary { left, right, .. } => join(of(left), of(right))
                .into_iter()
                .filter(|held| held.attribute.is_some())
                .filter_map(Held::copied)
                .collect(),
            _ => HeldSet::new(),
        }
    }

    /// What stands under a string in a dict that is written down in the same code, once: `info["ages"]` is not what the dict
    /// has under another key.
    fn written_item(&self, node: NodeId, dict: ExprId, key: ExprId) -> Option<ExprId> {
        let (module, place) = (self.graph.module(node), self.graph.place(node));
        let Expr::Str(wanted) = module[key] else { return None };
        let dict = match self.graph.reach.evaluator().origin(dict, place) {
            Some(Origin::Value(value, origin)) if origin == place => value,
            Some(_) => return None,
            None => dict,
        };
        let Expr::Dict(items) = module[dict] else { return None };
        let items = module.list(items);
        let is_it =
            |item: &DictItem| matches!(item.key.map(|key| module[key]), Some(Expr::Str(name)) if name == wanted);
        let is_open = |item: &DictItem| !matches!(item.key.map(|key| module[key]), Some(Expr::Str(_)));
        (!items.iter().any(is_open)).then(|| items.iter().rev().find(|item| is_it(item)))?.map(|item| item.value)
    }

    fn named(&self, node: NodeId, name: ExprId, depth: usize) -> HeldSet {
        if self.has_object(&self.graph.value(name, node)) {
            return HeldSet::from_slice(&[Held::OBJECT]);
        }
        let module = self.graph.module(node);
        let Expr::Name { name, block, mark } = module[name] else { return HeldSet::new() };
        let Some(variable) = module.variable_read(name, block) else { return HeldSet::new() };
        let Code::Function(own) = self.graph.reach.node(node).code else { return HeldSet::new() };
        let Some(holder) = module.function_around(module[variable].scope) else { return HeldSet::new() };
        if holder == own.function {
            let bindings = module.reaching(variable, block, mark);
            return bindings
                .into_iter()
                .flat_map(|binding| self.bound(node, binding, depth))
                .fold(HeldSet::new(), with);
        }
        // A name of a function around.
        let around = self.of_function.get(&FunctionRef { file: own.file, function: holder });
        let mut held = HeldSet::new();
        for outer in around.into_iter().flatten() {
            for binding in &module[variable].bindings {
                held = join(held, self.bound(*outer, *binding, depth));
            }
        }
        held
    }

    fn bound(&self, node: NodeId, binding: BindingId, depth: usize) -> HeldSet {
        let module = self.graph.module(node);
        let of = |expr: ExprId| self.within(node, expr, depth);
        let (held, path) = match module[binding].kind {
            BindingKind::Assign { value, path, .. } => (of(value), path),
            BindingKind::Augment { target, .. } => return of(target),
            BindingKind::Loop { iterable, path } => (state(of(iterable)).map(Held::inside).collect(), path),
            BindingKind::Capture { matched, path } => (of(module[matched].subject), path),
            BindingKind::Parameter { .. } => {
                let name = module[module[binding].variable].name;
                return self.parameters.get(&(node, name)).cloned().unwrap_or_default();
            }
            _ => return HeldSet::new(),
        };
        let inside = |step: &&Step| !matches!(step, Step::InstanceOf(_) | Step::Rest { .. } | Step::RestOfMapping);
        let steps = module.list(path).iter().filter(inside).count();
        held.into_iter().map(|held| (0..steps).fold(held, |held, _| held.inside())).collect()
    }

    fn attribute(&self, node: NodeId, (expr, value, name): (ExprId, ExprId, Name), depth: usize) -> HeldSet {
        let owners = self.within(node, value, depth);
        if owners.is_empty() {
            return owners;
        }
        let evaluator = self.graph.reach.evaluator();
        let found = self.graph.value(expr, node);
        let is_method = |value: &ValueId| {
            matches!(evaluator.get(*value), Value::Function(_) | Value::OutsideMethod { .. } | Value::Class(..))
        };
        if !found.known.is_empty() && found.known.iter().all(is_method) {
            return HeldSet::new();
        }
        let site = self.graph.module(node).span(expr);
        if let Some(getters) = self.getters(node, site, name) {
            return getters.into_iter().flat_map(|getter| self.returned(getter, depth)).fold(HeldSet::new(), with);
        }
        let taken = |held: Held| match held.attribute {
            None if held.copies == 0 => Held { attribute: Some(name), ..held },
            _ => held.inside(),
        };
        owners.into_iter().map(taken).collect()
    }

    /// The code of the properties that a read of an attribute runs.
    fn getters(&self, node: NodeId, site: TextRange, name: Name) -> Option<Vec<NodeId>> {
        let is_getter = |(edge, to): &&(Edge, NodeId)| {
            edge.site == site
                && matches!(self.graph.reach.node(*to).code, Code::Function(function)
                    if self.graph.module(*to)[function.function].name == name)
        };
        let getters: Vec<NodeId> = self.graph.leads_on(node).iter().filter(is_getter).map(|(_, to)| *to).collect();
        (!getters.is_empty()).then_some(getters)
    }

    /// What a function of the project gives.
    fn returned(&self, node: NodeId, depth: usize) -> HeldSet {
        let Code::Function(function) = self.graph.reach.node(node).code else { return HeldSet::new() };
        let module = self.graph.module(node);
        let returned = match module[function.function].body {
            Body::Expression(value) => return self.within(node, value, depth),
            Body::Statements(_) => module[function.function].returns.iter().filter_map(|ret| ret.value),
        };
        returned.flat_map(|value| self.within(node, value, depth)).fold(HeldSet::new(), with)
    }

    fn called(
        &self,
        node: NodeId,
        (call, callee, arguments): (ExprId, ExprId, List<Argument>),
        depth: usize,
    ) -> HeldSet {
        if self.has_object(&self.graph.value(call, node)) {
            return HeldSet::from_slice(&[Held::OBJECT]);
        }
        let mut held = HeldSet::new();
        let evaluator = self.graph.reach.evaluator();
        let module = self.graph.module(node);
        for value in self.graph.value(callee, node).known {
            let found = match evaluator.get(value) {
                Value::Function(callable) => {
                    let is_it = |(edge, to): &&(Edge, NodeId)| {
                        edge.site == module.span(call)
                            && self.graph.reach.node(*to).code == Code::Function(callable.function)
                    };
                    let led_to = self.graph.leads_on(node).iter().filter(is_it);
                    led_to.flat_map(|(_, to)| self.returned(*to, depth)).fold(HeldSet::new(), with)
                }
                _ => match evaluator.outside_name(value) {
                    Some(name) => self.given_by(node, name, callee, arguments, depth),
                    None => HeldSet::new(),
                },
            };
            held = join(held, found);
        }
        held
    }

    /// What a callable outside the project gives of what it is given or called on.
    fn given_by(&self, node: NodeId, name: Name, callee: ExprId, arguments: List<Argument>, depth: usize) -> HeldSet {
        let module = self.graph.module(node);
        let argument = |position: usize| match module.list(arguments).get(position) {
            Some(argument) if argument.kind == ArgumentKind::Positional => self.within(node, argument.value, depth),
            _ => HeldSet::new(),
        };
        let receiver = || match module[callee] {
            Expr::Attribute { value, .. } => self.within(node, value, depth),
            _ => HeldSet::new(),
        };
        let each = |held: HeldSet, change: &dyn Fn(Held) -> Option<Held>| -> HeldSet {
            state(held).filter_map(change).fold(HeldSet::new(), with)
        };
        let pairs = |held: Held| held.inside().around()?.around();
        let copies_all = name == "copy.deepcopy" || module.list(arguments).iter().any(|given| given.is_named("deep"));
        match self.graph.reach.evaluator().world().special(name) {
            _ if copies_all => HeldSet::new(),
            Some(Special::First) if makes_copy(name) => each(argument(0), &Held::copied),
            Some(Special::Itself) if makes_copy(name) => each(receiver(), &Held::copied),
            Some(Special::First) => argument(0),
            Some(Special::Cast) => argument(1),
            Some(Special::Itself) => receiver(),
            Some(Special::Set | Special::Sequence | Special::Dict | Special::Replaces) => {
                each(argument(0), &Held::copied)
            }
            Some(Special::Copies) => each(receiver(), &Held::copied),
            Some(Special::Filter) => each(argument(1), &Held::copied),
            Some(Special::Enumerate | Special::Zip) => each(argument(0), &pairs),
            Some(Special::Item) => each(argument(0), &|held| Some(held.inside())),
            Some(Special::TakesItem | Special::TakesValue) => each(receiver(), &|held| Some(held.inside())),
            Some(Special::Values) => each(receiver(), &Held::copied),
            Some(Special::Pairs) => each(receiver(), &pairs),
            Some(Special::GetAttr) => self.read_by_name(argument(0), node, arguments),
            _ => HeldSet::new(),
        }
    }

    /// `getattr(self, "orders")`.
    fn read_by_name(&self, owners: HeldSet, node: NodeId, arguments: List<Argument>) -> HeldSet {
        let Some(name) = self.graph.text_argument(node, arguments, 1) else { return HeldSet::new() };
        let taken = |held: Held| match held.attribute {
            None if held.copies == 0 => Held { attribute: Some(name), ..held },
            _ => held.inside(),
        };
        owners.into_iter().map(taken).collect()
    }
}

/// Whether what a callable gives is as what it is given, and not the same.
fn makes_copy(name: Name) -> bool {
    let last = name.last_part();
    matches!(last, "copy" | "replace" | "evolve" | "union" | "difference" | "intersection" | "symmetric_difference")
}

/// Where a value is given.
enum Given {
    Position(usize),
    Name(Name),
}

/// What of this is state: the workflow's object is no container.
fn state(held: HeldSet) -> impl Iterator<Item = Held> {
    held.into_iter().filter(|held| held.attribute.is_some() || held.copies > 0)
}

fn with(mut set: HeldSet, held: Held) -> HeldSet {
    add(&mut set, held);
    set
}
