//! Which exceptions a handler takes.
//!
//! Knows: the classes that handlers name, and what classes of the project and the SDK's derive from. Does not know: what is raised, or
//! what a handler does with it.

use crate::python::{Ancestor, ClassRef, Evaluator, Place, Rest, Value, ValueId};
use crate::semantic::{ExprId, Module, Name, TryId};

pub(super) const EVERYTHING: &str = "builtins.BaseException";
/// What asyncio raises in a coroutine that is cancelled.
pub(super) const CANCELLED: &str = "asyncio.CancelledError";
/// What the SDK raises in a cancelled thread, and what is the cause of the failure of a cancelled command.
pub(super) const SDK_CANCELLED: &str = "temporalio.exceptions.CancelledError";
/// What a workflow gets where an activity fails that it waits for.
pub(in crate::temporal) const ACTIVITY_FAILED: &str = "temporalio.exceptions.ActivityError";
/// What it gets where a child workflow fails.
pub(in crate::temporal) const CHILD_FAILED: &str = "temporalio.exceptions.ChildWorkflowError";
/// What it gets where a Nexus operation fails.
pub(in crate::temporal) const OPERATION_FAILED: &str = "temporalio.exceptions.NexusOperationError";

/// The classes that a handler or `suppress` names.
#[derive(Debug, Clone, Default)]
pub(in crate::temporal) struct Kinds {
    pub classes: Vec<ValueId>,
    /// There are others that cannot be told.
    pub open: bool,
}

impl Kinds {
    /// The classes of a handler; a bare one takes all.
    pub(in crate::temporal) fn of(evaluator: &Evaluator<'_>, kind: Option<ExprId>, place: Place) -> Self {
        let mut kinds = Self::default();
        match kind {
            Some(kind) => kinds.take(evaluator, kind, place),
            None => kinds.classes.push(evaluator.store().id(Value::Outside(Name::new(EVERYTHING)))),
        }
        kinds
    }

    /// The classes of each handler of a `try`.
    pub(in crate::temporal) fn of_try<'a>(
        evaluator: &'a Evaluator<'_>,
        module: &'a Module,
        tried: TryId,
        place: Place,
    ) -> impl Iterator<Item = Self> + 'a {
        module.list(module[tried].handlers).iter().map(move |handler| Self::of(evaluator, handler.kind, place))
    }

    /// Takes in the classes that an expression names, alone or in a tuple.
    pub(in crate::temporal) fn take(&mut self, evaluator: &Evaluator<'_>, expr: ExprId, place: Place) {
        self.add(evaluator, &evaluator.value(expr, place));
    }

    fn add(&mut self, evaluator: &Evaluator<'_>, values: &crate::python::Values) {
        self.open |= values.rest == Rest::Anything;
        for value in &values.known {
            match evaluator.get(*value) {
                Value::Class(..) | Value::Outside(_) | Value::DynamicClass(_) => self.classes.push(*value),
                Value::Items(_, items) => items.iter().for_each(|item| self.add(evaluator, item)),
                Value::Many(_, item) => {
                    self.open = true;
                    self.add(evaluator, item);
                }
                _ => self.open = true,
            }
        }
    }

    /// Whether one of the classes is this one itself.
    pub(in crate::temporal) fn names(&self, evaluator: &Evaluator<'_>, wanted: &str) -> bool {
        self.classes.iter().any(|class| matches!(evaluator.get(*class), Value::Outside(name) if *name == wanted))
    }

    /// Whether all classes are outside the project, and of such a name.
    pub(in crate::temporal) fn all_named(&self, evaluator: &Evaluator<'_>, is_such: impl Fn(Name) -> bool) -> bool {
        self.classes.iter().all(|class| match evaluator.get(*class) {
            Value::Outside(name) => is_such(*name),
            _ => false,
        })
    }

    /// Whether all exceptions are taken but those that are none of the program's own, such as a cancellation.
    pub(in crate::temporal) fn takes_all(&self, evaluator: &Evaluator<'_>) -> bool {
        [EVERYTHING, "builtins.Exception"].iter().any(|class| self.names(evaluator, class))
    }

    /// Whether objects of a class are taken; `None` where it cannot be told.
    pub(in crate::temporal) fn take_class(&self, evaluator: &Evaluator<'_>, class: ValueId) -> Option<bool> {
        let lineage = Lineage::of(evaluator, class);
        let answers = self.classes.iter().map(|kind| lineage.derives_from(evaluator.get(*kind)));
        any_of(answers, self.open)
    }

    /// Whether objects of a class outside the project are taken.
    pub(in crate::temporal) fn take_outside(&self, evaluator: &Evaluator<'_>, class: &str) -> Option<bool> {
        self.take_class(evaluator, evaluator.store().id(Value::Outside(Name::new(class))))
    }
}

/// What the SDK's exceptions derive from that fail a workflow (temporalio/exceptions.py, `FailureError`).
const FAILURE: &str = "temporalio.exceptions.FailureError";

/// The class of what is raised, which is an object or the class itself, if it is one of those that fail a workflow.
pub(in crate::temporal) fn failure_class(evaluator: &Evaluator<'_>, raised: ValueId) -> Option<ValueId> {
    let class = match evaluator.get(raised) {
        Value::OutsideInstance { class, .. } => evaluator.store().id(Value::Outside(*class)),
        Value::Instance(instance) => evaluator.store().id(Value::Class(instance.class, instance.outer)),
        Value::Outside(_) | Value::Class(..) => raised,
        _ => return None,
    };
    Lineage::of(evaluator, class).has(&[FAILURE]).then_some(class)
}

/// Whether one of several holds, where some may not be known.
fn any_of(answers: impl Iterator<Item = Option<bool>>, open: bool) -> Option<bool> {
    let mut found = if open { None } else { Some(false) };
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            None => found = None,
            Some(false) => {}
        }
    }
    found
}

/// A class with all that it derives from.
#[derive(Debug, Clone, Default)]
pub(super) struct Lineage {
    outside: Vec<Name>,
    project: Vec<ClassRef>,
    /// There are bases that cannot be told.
    open: bool,
}

impl Lineage {
    pub(super) fn of(evaluator: &Evaluator<'_>, class: ValueId) -> Self {
        let mut lineage = Self::default();
        match evaluator.get(class) {
            Value::Outside(name) => lineage.up_from(evaluator, *name),
            Value::Class(..) | Value::DynamicClass(_) => {
                for ancestor in evaluator.order_of_value(class).iter() {
                    match ancestor {
                        Ancestor::Project(class, _) => lineage.project.push(*class),
                        Ancestor::Outside(name) => lineage.up_from(evaluator, *name),
                        Ancestor::Unknown => lineage.open = true,
                        Ancestor::Dynamic(_) => {}
                    }
                }
            }
            _ => lineage.open = true,
        }
        lineage
    }

    fn up_from(&mut self, evaluator: &Evaluator<'_>, start: Name) {
        let world = evaluator.world();
        let mut at = world.canonical(start);
        while !self.outside.contains(&at) {
            self.outside.push(at);
            match world.base(at) {
                Some(base) => at = base,
                None => {
                    let is_root = at == EVERYTHING || at == "builtins.object" || world.is_plain_base(at);
                    self.open |= !is_root && at != "enum.Enum" && at != "builtins.str";
                    return;
                }
            }
        }
    }

    /// Whether the class is another one or derives from it; `None` where it cannot be told.
    pub(super) fn derives_from(&self, ancestor: &Value) -> Option<bool> {
        let found = match ancestor {
            Value::Class(class, _) => self.project.contains(class),
            Value::Outside(name) => self.outside.contains(name),
            _ => return None,
        };
        if found { Some(true) } else { (!self.open).then_some(false) }
    }

    /// Whether the class surely derives from one of these.
    pub(super) fn has(&self, names: &[&str]) -> bool {
        self.outside.iter().any(|known| names.contains(&known.as_str()))
    }

    /// Whether the class may derive from others than are known.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }
}
