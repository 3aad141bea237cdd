//! What was computed, stored and decided while modules were imported, as seen from code that reads it later.
//!
//! Knows: the statements of a module that change what a name of it stands for, the functions that it calls meanwhile, the
//! tests that decided which of them ran, and what the constructor of an object assigned. Does not know: what any of it does;
//! that is walked as an initialiser.

use super::super::class::Ancestor;
use super::super::eval::{Evaluator, Place};
use super::super::value::{ClassRef, FrameId, FunctionRef, Value, ValueId};
use super::reach::Code;
use super::read::Asked;
use super::walk::Walker;
use crate::semantic::{BindingId, BindingKind, BlockId, Condition, Expr, ExprId, Module, Name};
use crate::source::{FileId, TextRange};

impl Walker<'_, '_> {
    /// The tests at import that decided whether a statement of a module ran.
    pub(super) fn decided_at_import(&mut self, file: FileId, name: Name, block: BlockId, site: TextRange) {
        let module = self.evaluator().project().module(file);
        if module[block].function.is_some() {
            return;
        }
        let tests: Vec<ExprId> = module
            .guards(block)
            .filter_map(|(_, condition)| match condition {
                Condition::Test(test, _) => Some(test),
                _ => None,
            })
            .collect();
        for test in tests {
            self.computed_at_import(name, test, Place { file, frame: None }, site);
        }
    }

    /// What a name of a module was bound to at import; of a display of entries only what the key that is asked for leads to.
    pub(super) fn computed_under_key(&mut self, name: Name, value: ExprId, place: Place, asked: Asked) {
        let module = self.evaluator().project().module(place.file);
        let (Some(wanted), Expr::Dict(items)) = (asked.key, module[value]) else {
            return self.computed_at_import(name, value, place, asked.site);
        };
        for item in module.list(items) {
            let key = item.key.and_then(|key| self.evaluator().constant(&self.evaluator().value(key, place)));
            if key.is_none_or(|key| key == wanted) {
                self.computed_at_import(name, item.value, place, asked.site);
            }
        }
    }

    /// What statements of a module, and functions that it calls at import, put into the collection of a name.
    pub(super) fn filled_at_import(&mut self, file: FileId, name: Name, asked: Asked) {
        let module = self.evaluator().project().module(file);
        let stores: Vec<_> =
            module.stores(name).filter(|store| is_own_global(module, store.collection, name)).copied().collect();
        for store in stores {
            for frame in self.evaluator().frames_at_import(file, store.block) {
                let place = Place { file, frame };
                if !self.evaluator().may_run(store.block, place) {
                    continue;
                }
                let key = store.key.and_then(|key| self.evaluator().constant(&self.evaluator().value(key, place)));
                if asked.key.is_some() && key.is_some() && key != asked.key {
                    continue;
                }
                self.decided_at_import(file, name, store.block, asked.site);
                self.computed_at_import(name, store.value, place, asked.site);
            }
        }
    }

    /// What a constructor that ran at import, or a statement of a module, assigned to an attribute.
    pub(super) fn stored_at_import(&mut self, owner: ValueId, name: Name, site: TextRange) {
        if !self.reach.follows_initialisers {
            return;
        }
        for (value, place) in self.evaluator().assigned_at_import(owner, name) {
            self.computed_at_import(name, value, place, site);
        }
        if let Value::Member(class, member) = self.get(owner)
            && matches!(name.as_str(), "value" | "_value_")
            && let Some((value, place)) = self.evaluator().member_value(class, member)
        {
            self.computed_at_import(member, value, place, site);
        }
    }

    /// What a name stands for that an initialiser inside a function reads: the function computed it in the same call.
    pub(super) fn local_of_initialiser(&mut self, expr: ExprId) {
        let module = self.module();
        let Expr::Name { name, block, .. } = module[expr] else { return };
        let scope = module[block].scope;
        let site = module.span(expr);
        for &binding in module.bindings_of(scope, name) {
            if let BindingKind::Assign { value, .. } = module[binding].kind
                && module[module[binding].block].function.is_some()
                && self.node_code() != (Code::Initialiser { name, value, file: self.place.file })
            {
                self.computed_at_import(name, value, self.place, site);
            }
        }
    }
}

impl Evaluator<'_> {
    /// In which frames code of a block ran while its module was imported: the module's own once, that of a function for
    /// each call of it that stands in the module's own code.
    pub(super) fn frames_at_import(&self, file: FileId, block: BlockId) -> Vec<Option<FrameId>> {
        let module = self.project().module(file);
        let Some(function) = module[block].function else { return vec![None] };
        let name = module[function].name;
        let mut frames = Vec::new();
        for call in module.calls_at_import(name) {
            let Expr::Call { callee, arguments } = module[*call] else { continue };
            let Expr::Name { block, .. } = module[callee] else { continue };
            let place = Place { file, frame: None };
            if !self.may_run(block, place) {
                continue;
            }
            for value in &self.value(callee, place).known {
                if let Value::Function(callable) = self.get(*value)
                    && callable.function == (FunctionRef { file, function })
                {
                    let given = self.arguments(arguments, place);
                    frames.push(self.bind(callable, &given).0);
                }
            }
        }
        frames
    }

    /// The bindings that may have given a module's name its value while the module was imported, as seen from a place in its
    /// own code, or once it is loaded; each with the frames in which it was made.
    pub(super) fn bound_at_import(
        &self,
        file: FileId,
        name: Name,
        seen_from: Option<(BlockId, BindingId)>,
    ) -> Vec<(BindingId, Vec<Option<FrameId>>)> {
        let module = self.project().module(file);
        let Some(variable) = module.variable(module.global(), name) else { return Vec::new() };
        let (block, mark) = seen_from.unwrap_or((module[module.global()].exit, BindingId::END));
        let mut bindings = module.reaching(variable, block, mark);
        let in_functions = module[variable].bindings.iter().copied();
        bindings.extend(in_functions.filter(|binding| module[module[*binding].block].function.is_some()));
        bindings.sort_unstable();
        bindings.dedup();
        let place = Place { file, frame: None };
        bindings.retain(|binding| self.may_run(module[*binding].block, place));
        let with_frames = bindings.into_iter().map(|id| (id, self.frames_at_import(file, module[id].block)));
        with_frames.filter(|(_, frames)| !frames.is_empty()).collect()
    }

    /// What was assigned at import to an attribute of an object that was made then, or of a class.
    fn assigned_at_import(&self, owner: ValueId, name: Name) -> Vec<(ExprId, Place)> {
        let mut found = Vec::new();
        let file = match self.get(owner) {
            Value::Instance(instance) => match instance.made.filter(|made| self.is_made_at_import(*made)) {
                Some((file, _)) => {
                    self.assigned_by_constructor(owner, name, &mut found);
                    file
                }
                None => return found,
            },
            Value::Class(class, None) => class.file,
            _ => return found,
        };
        let module = self.project().module(file);
        let place = Place { file, frame: None };
        for store in module.attribute_stores(name).filter(|store| module[store.block].function.is_none()) {
            let Some(value) = store.value else { continue };
            if self.value(store.object, place).known.contains(&owner) && self.may_run(store.block, place) {
                found.push((value, place));
            }
        }
        found
    }

    fn assigned_by_constructor(&self, owner: ValueId, name: Name, found: &mut Vec<(ExprId, Place)>) {
        let Value::Instance(instance) = self.get(owner) else { return };
        for ancestor in self.order(instance.class, instance.outer).iter() {
            let Ancestor::Project(class, outer) = ancestor else { continue };
            let module = self.project().module(class.file);
            for store in module.attribute_stores(name) {
                let Some(value) = store.value else { continue };
                let Some(function) = self.storing_method(*class, store.object, store.block) else { continue };
                if module[function].name != "__init__" {
                    continue;
                }
                for frame in self.frames_of_store(instance, owner, *class, function, *outer) {
                    let place = Place { file: class.file, frame };
                    if self.may_run(store.block, place) {
                        found.push((value, place));
                    }
                }
            }
        }
    }

    /// What gives a member of an enumeration its value.
    fn member_value(&self, class: ClassRef, member: Name) -> Option<(ExprId, Place)> {
        match self.class_member(class, None, member) {
            Some(super::super::class::Member::Value { value, place, .. }) => Some((value, place)),
            _ => None,
        }
    }

    /// Whether an object was made by the code of a module or class body.
    pub(in crate::python) fn is_made_at_import(&self, (file, call): (FileId, ExprId)) -> bool {
        let module = self.project().module(file);
        module.block_of_call(call).is_some_and(|block| module[block].function.is_none())
    }

    /// The files that are loaded once a file is: itself, the packages that it stands in, and those that their import statements
    /// outside functions lead to.
    pub(super) fn loaded_with(&self, file: FileId) -> std::sync::Arc<[FileId]> {
        if let Some(known) = self.loaded.borrow().get(&file) {
            return known.clone();
        }
        let start = file;
        let mut found = vec![file];
        found.extend(self.project().packages_around(file));
        let mut seen: rustc_hash::FxHashSet<FileId> = found.iter().copied().collect();
        let mut next = 0;
        while let Some(&file) = found.get(next) {
            next += 1;
            if self.is_outside(file) {
                continue;
            }
            let module = self.project().module(file);
            let place = Place { file, frame: None };
            for import in module.import_ids() {
                let block = module[import].block;
                if module[block].function.is_some() || !self.may_run(block, place) {
                    continue;
                }
                for loaded in self.files_of(file, import) {
                    if seen.insert(loaded) {
                        found.push(loaded);
                    }
                }
            }
        }
        let found: std::sync::Arc<[FileId]> = found.into();
        self.loaded.borrow_mut().insert(start, found.clone());
        found
    }
}

/// Whether a collection is what a module's own name of this kind stands for, or an item of it.
fn is_own_global(module: &Module, collection: ExprId, name: Name) -> bool {
    let mut at = collection;
    loop {
        at = match module[at] {
            Expr::Name { name: read, block, .. } => {
                let scopes = module.scopes_around(module[block].scope);
                let bound = scopes
                    .into_iter()
                    .find(|scope| module[*scope].globals.contains(&name) || module.variable(*scope, name).is_some());
                let is_global =
                    bound.is_none_or(|scope| scope == module.global() || module[scope].globals.contains(&name));
                return read == name && is_global;
            }
            Expr::Subscript { value, .. } => value,
            Expr::Call { callee, .. } => match module[callee] {
                Expr::Attribute { value, .. } => value,
                _ => return false,
            },
            _ => return false,
        };
    }
}
