//! Flags that an object keeps as its constructor was given them, or worked them out, and those that tell classes apart.

use super::Evaluator;
use crate::python::class::Ancestor;
use crate::python::value::{ClassRef, FrameId, Instance, Value, Values};
use crate::semantic::{AttributeStore, Expr, Module, Name};

impl Evaluator<'_> {
    /// Whether a constructor's assignment makes a flag what it stays: `self.live = live`, in a call that is known, and nothing
    /// that knows the object from outside sets it. `self.done = False` is where an object's state begins.
    pub(super) fn keeps_flag(
        &self,
        instance: &Instance,
        owner: ClassRef,
        store: &AttributeStore,
        values: &Values,
    ) -> bool {
        let module = self.project.module(owner.file);
        let is_written = store.value.is_none_or(|value| matches!(module[value], Expr::Bool(_) | Expr::None));
        let says_yes_or_no = values.known.iter().all(|value| matches!(self.get(*value), Value::Bool(_)));
        let in_constructor = module[store.block].function.is_some_and(|function| module[function].name == "__init__");
        !is_written
            && says_yes_or_no
            && in_constructor
            && instance.init.is_some()
            && !self.is_set_from_outside(store.name)
    }

    /// Whether a class sets a flag that a base of it has, and nothing sets it later: what tells objects of the one from those of
    /// the other. A flag of one class alone is changed by hand.
    pub(super) fn tells_classes_apart(&self, owner: ClassRef, outer: Option<FrameId>, name: Name) -> bool {
        let has = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(base, _) => {
                let module = self.project.module(base.file);
                !module.bindings_of(module[base.class].scope, name).is_empty()
            }
            _ => false,
        };
        self.order(owner, outer).iter().skip(1).any(has) && !self.is_set_from_outside(name)
    }

    /// Whether some file sets an attribute of this name on what is no method's own object. Texts answer: this is asked while
    /// values are worked out, and must not depend on any.
    pub(super) fn is_set_from_outside(&self, name: Name) -> bool {
        if let Some(known) = self.set_from_outside.borrow().get(&name) {
            return *known;
        }
        let files = self.files_in_sight();
        let mut named = files.iter().filter(|file| self.project.may_name(**file, name));
        let found = named.any(|file| sets_of_others(self.project.module(*file), name));
        self.set_from_outside.borrow_mut().insert(name, found);
        found
    }
}

/// Whether a file sets an attribute of something that is not the first parameter of the method around.
fn sets_of_others(module: &Module, name: Name) -> bool {
    module.attribute_stores(name).any(|store| {
        let Expr::Name { name: object, .. } = module[store.object] else { return true };
        let method = module.method_around(module[store.block].scope);
        let own = method.and_then(|(function, _)| module.parameters(function).first());
        own.is_none_or(|own| own.name != object)
    })
}
