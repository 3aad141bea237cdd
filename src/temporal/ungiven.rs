//! Code of activities that runs only if they are called, or their objects made, otherwise than the program does it.
//!
//! Knows: parameters of activities that each call leaves at a default which is false, and what the constructor of an
//! activity's object keeps of a parameter that each construction gives; tests of both. Does not know: other programs that call
//! the activity; so it is no proof that the code never runs.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::analysis::{Analysis, ReachedCode};
use super::code::answer_of_logical;
use super::factories::calls_by_name;
use super::sdk_calls::{Presence, SdkCall};
use super::sent::definition_of;
use super::signatures::Sdk;
use super::targets::Target;
use crate::python::{Ancestor, ClassRef, Code, FunctionRef, NodeId, Value};
use crate::semantic::{BlockId, CmpOp, Condition, Expr, ExprId, FunctionId, Module, Name, UnaryOp, given_for};
use crate::source::TextRange;

/// Parameters of activities that no call gives.
pub(super) type Ungiven = RefCell<FxHashMap<FunctionRef, Rc<[Left]>>>;

/// A parameter that is left at a default which is false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    name: Name,
    is_none: bool,
}

/// Whether code runs only if an activity is called, or its object made, otherwise than the program does it: every way to it, or
/// its own block, lies behind a test of what is left away, or of the absence of what is given.
#[must_use]
pub fn runs_otherwise_only(
    analysis: &Analysis<'_, '_>,
    reached: &ReachedCode<'_>,
    node: NodeId,
    range: TextRange,
) -> bool {
    let reach = &reached.reach;
    let is_such = |node: NodeId, block: Option<BlockId>| {
        block.is_some_and(|block| Asker::of(analysis, reached, node).is_some_and(|asker| asker.leaves_out(block)))
    };
    let event = reach.node(node).events.iter().find(|event| event.range == range);
    event.is_some_and(|event| is_such(node, event.block))
        || reach.all_ways_have(node, &|edge| is_such(edge.from, edge.block))
}

/// What is known of a value that a test asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is there.
    There,
    /// It is false, and perhaps `None`.
    Away { is_none: bool },
}

/// Asks what the tests of a function answer, as the program calls it.
struct Asker<'a, 'e, 'p, 'r> {
    analysis: &'a Analysis<'e, 'p>,
    reached: &'a ReachedCode<'r>,
    node: NodeId,
    function: FunctionRef,
    module: &'p Module,
    left: Rc<[Left]>,
}

impl<'a, 'e, 'p, 'r> Asker<'a, 'e, 'p, 'r> {
    fn of(analysis: &'a Analysis<'e, 'p>, reached: &'a ReachedCode<'r>, node: NodeId) -> Option<Self> {
        let code = reached.reach.node(node);
        let Code::Function(function) = code.code else { return None };
        let is_called_by_the_sdk = !code.roots.is_empty() && analysis.activity_of(function).is_some();
        let left = if is_called_by_the_sdk { ungiven(analysis, function) } else { Rc::default() };
        let module = analysis.project.module(function.file);
        Some(Self { analysis, reached, node, function, module, left })
    }

    /// Whether control does not come to a block.
    fn leaves_out(&self, block: BlockId) -> bool {
        self.module.guards(block).any(|(_, condition)| match condition {
            Condition::Test(test, holds) => self.truth(test) == Some(!holds),
            _ => false,
        })
    }

    /// What a test answers.
    fn truth(&self, test: ExprId) -> Option<bool> {
        let module = self.module;
        match module[test] {
            Expr::Name { .. } | Expr::Attribute { .. } => self.state(test).map(|state| state == State::There),
            Expr::Unary { op: UnaryOp::Not, operand } => self.truth(operand).map(|truth| !truth),
            Expr::Compare { left, rest } => {
                let [only] = module.list(rest) else { return None };
                if !matches!(module[only.right], Expr::None) {
                    return None;
                }
                let is_none = match self.state(left)? {
                    State::There => false,
                    State::Away { is_none } => is_none,
                };
                match only.op {
                    CmpOp::Is | CmpOp::Eq => Some(is_none),
                    CmpOp::IsNot | CmpOp::NotEq => Some(!is_none),
                    _ => None,
                }
            }
            Expr::BoolOp { op, operands } => {
                answer_of_logical(op, module.list(operands).iter().map(|operand| self.truth(*operand)))
            }
            _ => None,
        }
    }

    fn state(&self, expr: ExprId) -> Option<State> {
        match self.module[expr] {
            Expr::Name { name, .. } => {
                let left = self.left.iter().find(|left| left.name == name)?;
                Some(State::Away { is_none: left.is_none })
            }
            Expr::Attribute { value, name } => {
                let Expr::Name { name: object, .. } = self.module[value] else { return None };
                self.is_always_given(object, name).then_some(State::There)
            }
            _ => None,
        }
    }

    /// Whether an attribute of the method's object is a parameter of its constructor, which the program gives wherever it makes
    /// an object of a class whose activities come here.
    fn is_always_given(&self, object: Name, attribute: Name) -> bool {
        let Some(class) = self.module[self.function.function].class else { return false };
        let owner = ClassRef { file: self.function.file, class };
        let is_object = self.module.parameters(self.function.function).first().is_some_and(|own| own.name == object);
        let Some((constructor, parameter)) = kept_by_constructor(self.module, owner, attribute) else { return false };
        let mut classes: Vec<ClassRef> = Vec::new();
        for entry in self.reached.entries_of(self.node) {
            let Code::Function(activity) = entry.root.code else { return false };
            let Some(class) = self.analysis.project.module(activity.file)[activity.function].class else {
                return false;
            };
            classes.push(ClassRef { file: activity.file, class });
        }
        classes.sort_unstable();
        classes.dedup();
        is_object
            && !classes.is_empty()
            && classes.into_iter().all(|class| {
                self.constructs_by(class, owner, constructor)
                    && self.is_given(class, owner.file, constructor, parameter)
            })
    }

    /// Whether objects of a class are made by the constructor of one of its bases.
    fn constructs_by(&self, class: ClassRef, owner: ClassRef, constructor: FunctionId) -> bool {
        let evaluator = self.analysis.evaluator;
        let made = evaluator.class_attribute(evaluator.object(class), Name::new("__init__"));
        made.single().is_some_and(|made| {
            let function = FunctionRef { file: owner.file, function: constructor };
            matches!(evaluator.get(made), Value::Function(callable) if callable.function == function)
        }) && evaluator
            .order(class, None)
            .iter()
            .any(|base| matches!(base, Ancestor::Project(base, _) if *base == owner))
    }

    /// Whether each construction of a class, of which there is one, gives a parameter.
    fn is_given(&self, class: ClassRef, file: crate::source::FileId, constructor: FunctionId, parameter: Name) -> bool {
        let analysis = self.analysis;
        let name = analysis.project.module(class.file)[class.class].name;
        let is_it = |value: &Value| matches!(value, Value::Class(made, _) if *made == class);
        let parameters = analysis.project.module(file).parameters(constructor);
        let position = parameters.iter().skip(1).position(|own| own.name == parameter);
        let mut calls = calls_by_name(analysis, name, &is_it).peekable();
        calls.peek().is_some()
            && calls.all(|call| {
                let module = analysis.project.module(call.file);
                let Expr::Call { arguments, .. } = module[call.expr] else { return false };
                given_for(module.list(arguments), parameter.as_str(), position)
                    .is_some_and(|given| !matches!(module[given], Expr::None))
            })
    }
}

/// The constructor of a class that keeps one of its parameters, of which the default is `None`, as an attribute that nothing
/// else sets.
fn kept_by_constructor(module: &Module, owner: ClassRef, attribute: Name) -> Option<(FunctionId, Name)> {
    let mut stores = module.attribute_stores(attribute);
    let (store, others) = (stores.next()?, stores.next());
    let (function, class) = module.method_around(module[store.block].scope)?;
    let Expr::Name { name, .. } = module[store.value?] else { return None };
    let parameter = module.parameters(function).iter().find(|parameter| parameter.name == name)?;
    let is_left_away = matches!(module[parameter.default?], Expr::None);
    let is_constructor = class == owner.class && module[function].name == "__init__";
    let is_bound_once = module.bindings_of(module[function].scope, name).len() == 1;
    (others.is_none() && is_constructor && is_left_away && is_bound_once).then_some((function, name))
}

fn ungiven(analysis: &Analysis<'_, '_>, function: FunctionRef) -> Rc<[Left]> {
    if let Some(known) = analysis.ungiven.borrow().get(&function) {
        return known.clone();
    }
    let found: Rc<[Left]> = left_away(analysis, function).unwrap_or_default().into();
    analysis.ungiven.borrow_mut().insert(function, found.clone());
    found
}

/// The parameters of an activity that each of its calls leaves away; nothing where a call is not understood, or there is none.
fn left_away(analysis: &Analysis<'_, '_>, function: FunctionRef) -> Option<Vec<Left>> {
    let definition = definition_of(analysis, function)?;
    let module = analysis.project.module(function.file);
    let scope = module[function.function].scope;
    let false_default = |name: Name| {
        let default = module.parameters(function.function).iter().find(|parameter| parameter.name == name)?.default?;
        let is_bound_once = module.bindings_of(scope, name).len() == 1;
        let is_none = match module[default] {
            Expr::None => true,
            Expr::Bool(false) | Expr::Int(0) => false,
            _ => return None,
        };
        is_bound_once.then_some(Left { name, is_none })
    };
    let mut most = None;
    for call in analysis.sdk_calls() {
        let Some(given) = call.argument("activity") else {
            // What it calls is not seen.
            if call.signature.parameter("activity").is_some() {
                return None;
            }
            continue;
        };
        let is_it = match analysis.target_of(call, given)? {
            Target::Activity(activity) => analysis.definitions.activities[activity].function == function,
            Target::Name(name) => analysis.functions_named(Sdk::Activity, name).contains(&function),
            _ => false,
        };
        if is_it {
            most = most.max(Some(analysis.handed_on(call)?));
        }
    }
    let parameters = definition.parameters().iter().skip(most?);
    Some(parameters.filter_map(|parameter| false_default(parameter.name)).collect())
}

impl Analysis<'_, '_> {
    /// How many arguments a call hands on; nothing where that cannot be told.
    #[must_use]
    pub fn handed_on(&self, call: &SdkCall) -> Option<usize> {
        match (call.given("arg"), call.given("args")) {
            (Presence::Argument(_), Presence::Absent) => Some(1),
            (Presence::Absent, Presence::Argument(args)) => self.items_written(call, args),
            (Presence::Absent, Presence::Absent) => Some(0),
            _ => None,
        }
    }
}
