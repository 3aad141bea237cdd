//! Flags that an object keeps as its constructor was given them, or worked them out, those that tell classes apart, fields that
//! nobody sets, and functions that others give an attribute which begins as nothing.
//!
//! Knows: which assignments there are to attributes of a name, and of which class a parameter is declared whose attribute is
//! set. Does not know: what `setattr` and `__dict__` do.

use std::sync::Arc;

use super::{Evaluator, Place};
use crate::python::class::Ancestor;
use crate::python::limits::Limit;
use crate::python::value::{ClassRef, FrameId, FunctionRef, Instance, Rest, Value, ValueId, Values};
use crate::python::world::Generated;
use crate::semantic::{
    ArgumentKind, AttributeStore, BindingId, BindingKind, BlockId, ClassId, Expr, ExprId, Module, Name, ParameterKind,
    ScopeKind,
};
use crate::source::FileId;

/// How many assignments from outside to attributes of one name are looked at for what they give.
const GIVERS: usize = 32;

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

    /// Whether objects of a class keep the fields that they were made with: a named tuple, `@dataclass(frozen=True)`. Not
    /// where a method goes around that: `object.__setattr__(self, …)`.
    pub(super) fn is_frozen(&self, class: ClassRef) -> bool {
        let is_it = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(class, _) => {
                let module = self.project.module(class.file);
                let decorators = module.list(module[class.class].decorators);
                decorators.iter().any(|decorator| self.freezes(*decorator, Place { file: class.file, frame: None }))
            }
            Ancestor::Outside(name) => self.world.freezes(*name),
            _ => false,
        };
        let order = self.order(class, None);
        let goes_around = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(class, _) => sets_around(self.project.module(class.file), class.class),
            _ => false,
        };
        order.iter().any(is_it) && !order.iter().any(goes_around)
    }

    fn freezes(&self, decorator: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let named = self.value(module.named_by(decorator), place);
        let Some(name) = named.single().and_then(|named| self.outside_name(named)) else { return false };
        let Expr::Call { arguments, .. } = module[decorator] else { return self.world.freezes(name) };
        let frozen = module.list(arguments).iter().find_map(|given| match given.kind {
            ArgumentKind::Keyword(keyword) if keyword == "frozen" => {
                Some(matches!(module[given.value], Expr::Bool(true)))
            }
            _ => None,
        });
        match frozen {
            Some(frozen) => frozen && self.world.generates(name) != Generated::No,
            None => self.world.freezes(name),
        }
    }

    /// Whether some file sets an attribute of this name on what is no method's own object.
    pub(super) fn is_set_from_outside(&self, name: Name) -> bool {
        !self.setters(name).is_empty()
    }

    /// Who sets attributes of this name on what is no method's own object. Texts answer: this is asked while values are worked
    /// out, and must not depend on any.
    fn setters(&self, name: Name) -> Arc<[Setter]> {
        if let Some(known) = self.set_from_outside.borrow().get(&name) {
            return known.clone();
        }
        let setter = |(file, store): (FileId, &AttributeStore)| {
            let module = self.project.module(file);
            let annotation = match module[store.object] {
                Expr::Name { name, block, .. } => annotation_of(module, name, block),
                _ => None,
            };
            annotation.map_or(Setter::Anyone, |annotation| Setter::Of(file, annotation))
        };
        let found: Arc<[Setter]> = self.stores_from_outside(name).map(setter).collect();
        self.set_from_outside.borrow_mut().insert(name, found.clone());
        found
    }

    /// The assignments to attributes of this name of what is no method's own object.
    fn stores_from_outside(&self, name: Name) -> impl Iterator<Item = (FileId, &AttributeStore)> {
        let named = self.files_in_sight().into_iter().filter(move |file| self.project.may_name(*file, name));
        named.flat_map(move |file| {
            let module = self.project.module(file);
            let stores = module.attribute_stores(name);
            let is_from_outside = |store: &&AttributeStore| module.method_of_object(store.object).is_none();
            stores.filter(is_from_outside).map(move |store| (file, store))
        })
    }

    /// Whether code that knows an object from outside sets an attribute of it: nobody does, only where a declaration is wrong, or
    /// anybody may.
    pub(super) fn set_by_others(&self, name: Name, instance: &Instance) -> Rest {
        let setters = self.setters(name);
        let mut found = Rest::Nothing;
        if setters.is_empty() || self.is_frozen(instance.class) {
            return found;
        }
        for setter in setters.iter() {
            found = found.max(match *setter {
                Setter::Anyone => Rest::Anything,
                Setter::Of(file, annotation) if self.is_of_others(annotation, file, instance) => Rest::Declared,
                Setter::Of(..) => Rest::Anything,
            });
        }
        found
    }

    /// The functions that code which knows an object from outside gives one of its attributes that begins as nothing:
    /// `machine.on_enter = announce`.
    pub(super) fn given_from_outside(&self, name: Name, instance: &Instance, held: &Values) -> Values {
        let begins_empty =
            !held.known.is_empty() && held.known.iter().all(|value| matches!(self.get(*value), Value::None));
        if !begins_empty || self.givers(name).is_empty() || self.set_by_others(name, instance) == Rest::Nothing {
            return Values::NEVER;
        }
        let is_one = |object: &ValueId| match self.get(*object) {
            // Of two that are made in two places, one is not given what the other is.
            Value::Instance(other) => {
                let is_it = |known: &Ancestor| matches!(known, Ancestor::Project(class, _) if *class == instance.class);
                other.may_be(instance) && self.order(other.class, other.outer).iter().any(is_it)
            }
            _ => false,
        };
        let mut found = Values::NEVER;
        for &(file, store) in self.givers(name).iter() {
            let place = Place { file, frame: None };
            if self.value(store.object, place).known.iter().any(is_one)
                && let Some(value) = store.value
            {
                let given = self.value(value, place);
                let functions = given.known.iter().filter(|given| matches!(self.get(**given), Value::Function(_)));
                functions.for_each(|function| found.add(*function));
            }
        }
        found
    }

    /// The assignments of what is named like a function to attributes of this name of what is no method's own object, the first
    /// ones of a program.
    fn givers(&self, name: Name) -> Arc<[(FileId, AttributeStore)]> {
        if let Some(known) = self.given_from_outside.borrow().get(&name) {
            return known.clone();
        }
        let may_give = |(file, store): &(FileId, &AttributeStore)| {
            let module = self.project.module(*file);
            store.path.is_empty() && store.value.is_some_and(|value| names_function(module, value))
        };
        let giving = self.stores_from_outside(name).filter(may_give).map(|(file, store)| (file, *store));
        let mut found: Vec<(FileId, AttributeStore)> = giving.take(GIVERS + 1).collect();
        if found.len() > GIVERS {
            let around = |&(file, store): &(FileId, AttributeStore)| {
                let module = self.project.module(file);
                let function = module.function_around(module[store.block].scope)?;
                Some(FunctionRef { file, function })
            };
            if let Some(function) = found.iter().find_map(around) {
                self.note_cut(Limit::Ways, function);
            }
            found.truncate(GIVERS);
        }
        let found: Arc<[(FileId, AttributeStore)]> = found.into();
        self.given_from_outside.borrow_mut().insert(name, found.clone());
        found
    }

    /// Whether objects of a class have an attribute that begins as nothing, and that code which knows them from outside gives a
    /// function: what one is given, another is not.
    pub(in crate::python) fn is_given_functions(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        self.order(class, outer).iter().any(|ancestor| match ancestor {
            Ancestor::Project(owner, _) => self.gives_functions(*owner),
            _ => false,
        })
    }

    fn gives_functions(&self, class: ClassRef) -> bool {
        if let Some(known) = self.given_functions.borrow().get(&class) {
            return *known;
        }
        let module = self.project.module(class.file);
        let begins_empty = |store: &&AttributeStore| {
            store.value.is_some_and(|value| matches!(module[value], Expr::None))
                && module.method_of_object(store.object).is_some_and(|(_, owner)| owner == class.class)
        };
        let is_nothing = |binding: &BindingId| matches!(module[*binding].kind, BindingKind::Assign { value, .. } if matches!(module[value], Expr::None));
        let declared = module.variables_of(module[class.class].scope);
        let declared = declared.filter(|(_, variable)| variable.bindings.iter().any(is_nothing));
        let declared = declared.map(|(_, variable)| variable.name);
        let set = module.all_attribute_stores().iter().filter(begins_empty).map(|store| store.name);
        let found = declared.chain(set).any(|name| !self.givers(name).is_empty());
        self.given_functions.borrow_mut().insert(class, found);
        found
    }

    /// Whether an annotation names classes of which an object is surely none, nor they of its own.
    fn is_of_others(&self, annotation: ExprId, file: FileId, instance: &Instance) -> bool {
        let declared = self.annotated(annotation, Place { file, frame: None });
        let own = self.order(instance.class, instance.outer);
        let is_other = |value: &ValueId| match self.get(*value) {
            Value::None => true,
            Value::Instance(other) => {
                let order = self.order(other.class, other.outer);
                let is_there = |order: &[Ancestor], class: ClassRef| {
                    order.iter().any(|ancestor| matches!(ancestor, Ancestor::Project(known, _) if *known == class))
                };
                let is_known = |ancestor: &Ancestor| match ancestor {
                    Ancestor::Project(..) => true,
                    Ancestor::Outside(name) => !self.world.is_protocol(*name),
                    _ => false,
                };
                !is_there(&own, other.class) && !is_there(&order, instance.class) && order.iter().all(is_known)
            }
            _ => false,
        };
        declared.rest != Rest::Anything && !declared.known.is_empty() && declared.known.iter().all(is_other)
    }
}

/// Whether an expression names a function of its module, one that may be imported, or a method, or is one itself.
fn names_function(module: &Module, value: ExprId) -> bool {
    let may_be_one = |binding: &BindingId| {
        matches!(module[*binding].kind, BindingKind::Function(_) | BindingKind::ImportFrom { .. })
    };
    match module[value] {
        Expr::Lambda(_) => true,
        Expr::Name { name, block, .. } => {
            let variable = module.variable_read(name, block);
            let bindings = variable.map_or(&[][..], |variable| &module[variable].bindings);
            bindings.iter().any(may_be_one)
        }
        Expr::Attribute { name, .. } => {
            module.function_ids().any(|function| module[function].name == name && module[function].class.is_some())
        }
        _ => false,
    }
}

/// Who sets an attribute of an object that is not its method's own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Setter {
    /// Something of which nothing is said.
    Anyone,
    /// A parameter with this annotation.
    Of(FileId, ExprId),
}

/// The annotation of the parameter that a name is, where nothing else binds it.
fn annotation_of(module: &Module, name: Name, block: BlockId) -> Option<ExprId> {
    let variable = &module[module.variable_read(name, block)?];
    let ([binding], ScopeKind::Function(function)) = (variable.bindings.as_slice(), module[variable.scope].kind) else {
        return None;
    };
    let BindingKind::Parameter { index } = module[*binding].kind else { return None };
    let parameter = module.parameters(function).get(index as usize)?;
    match parameter.kind {
        ParameterKind::Rest | ParameterKind::KeywordRest => None,
        _ => parameter.annotation,
    }
}

/// Whether a method of a class calls `__setattr__` by name.
fn sets_around(module: &Module, class: ClassId) -> bool {
    module.calls().iter().any(|call| {
        let Expr::Call { callee, .. } = module[*call] else { return false };
        let Expr::Attribute { name, .. } = module[callee] else { return false };
        name == "__setattr__"
            && module
                .block_of_call(*call)
                .and_then(|block| module.method_around(module[block].scope))
                .is_some_and(|(_, around)| around == class)
    })
}
