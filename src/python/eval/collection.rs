//! Collections that are filled piece by piece: lists that are appended to, tables that functions and decorators register
//! something in.
//!
//! Knows: the statements that put something into a collection of a name, and the calls of the functions that hold them. A
//! collection holds all that is ever put into it. Does not know: in which order things happen.
//!
//! The calls that are known grow while code is followed; whoever follows it asks again once they have grown
//! ([`Evaluator::grown`]).

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::own_items::is_assigned_twice;
use super::{Evaluator, Place};
use crate::python::class::Ancestor;
use crate::python::limits::Limit;
use crate::python::value::{
    Arguments, Callable, ClassRef, FrameId, FunctionRef, Rest, Sequence, Value, ValueId, Values,
};
use crate::semantic::{
    ArgumentKind, BindingKind, Expr, ExprId, FunctionId, ImportId, Module, Name, ScopeId, ScopeKind, Stmt, Store,
    StoreKind,
};
use crate::source::FileId;

/// How many files are searched for uses of one registering function.
const FILES_SEARCHED: usize = 400;

/// How many calls of one function that fills collections are told apart.
const CALLS_KEPT: usize = 256;

/// How many pairs of alternatives are compared for which of them says more.
const COMPARED: usize = 1_024;

impl Evaluator<'_> {
    /// A collection that a name stands for, with what statements put into it.
    pub(super) fn filled_name(&self, values: Values, name: Name, scope: ScopeId, place: Place) -> Values {
        if !self.may_be_filled(&values) {
            return values;
        }
        let module = self.project.module(place.file);
        let is_own = scope != module.global();
        let stores: Vec<(FileId, Store)> = module
            .stores(name)
            .filter(|store| {
                matches!(root(module, store.collection), Some(Root::Name(name, block)) if {
                    binding_scope(module, module[block].scope, name) == Some(scope)
                })
            })
            .map(|store| (place.file, *store))
            .collect();
        let frame = is_own.then_some(place.frame);
        self.filled(values, &stores, frame, None, &|| self.name_holds_own(name, scope, place))
    }

    /// A collection that an attribute of an object or class holds, with what statements put into it.
    pub(super) fn filled_attribute(&self, values: Values, name: Name, owner: ValueId) -> Values {
        if !self.may_be_filled(&values) {
            return values;
        }
        let Some(order) = self.order_of(owner) else { return values };
        let mut stores: Vec<(FileId, Store)> = Vec::new();
        for ancestor in order.iter() {
            let Ancestor::Project(class, _) = ancestor else { continue };
            let module = self.project.module(class.file);
            for store in module.stores(name) {
                let fills = match root(module, store.collection) {
                    Some(Root::Attribute(object, block)) => {
                        object == module[class.class].name || is_receiver(module, module[block].scope, *class, object)
                    }
                    _ => false,
                };
                let is_it = |(file, known): &(FileId, Store)| {
                    *file == class.file && known.value == store.value && known.key == store.key
                };
                if fills && !stores.iter().any(is_it) {
                    stores.push((class.file, *store));
                }
            }
        }
        self.filled(values, &stores, None, Some(owner), &|| self.attribute_holds_own(name, &order))
    }

    pub(super) fn may_be_filled(&self, values: &Values) -> bool {
        values.known.iter().any(|value| self.kind_of(*value).is_some())
    }

    fn filled(
        &self,
        values: Values,
        stores: &[(FileId, Store)],
        own_frame: Option<Option<FrameId>>,
        owner: Option<ValueId>,
        holds_own: &dyn Fn() -> bool,
    ) -> Values {
        if stores.is_empty() {
            return values;
        }
        if own_frame.is_none() {
            self.find_registrations(stores);
        }
        let mut stored: Stored = Stored::default();
        for (file, store) in stores {
            self.stored(*file, store, own_frame, owner, &mut stored);
        }
        if stored.entries.is_empty() && stored.inner.is_empty() {
            return values;
        }
        // What is put under one key may stand under another as well.
        let is_shared = || stored.shared || is_assigned_twice(stores) || !holds_own();
        if stored.inner.iter().any(|(key, _)| key.is_some()) && is_shared() {
            stored.inner.iter_mut().for_each(|(key, _)| *key = None);
        }
        self.each(&values, |id, _| match self.kind_of(id) {
            Some(kind) => self.with_stored(id, kind, &stored),
            None => Values::of(id),
        })
    }

    fn kind_of(&self, value: ValueId) -> Option<Kind> {
        match self.get(value) {
            Value::Items(..) | Value::Many(..) => Some(Kind::Sequence),
            Value::Table(_) => Some(Kind::Table),
            Value::Set { .. } => Some(Kind::Set),
            Value::OutsideInstance { class, .. } => self.world.is_container(*class).then_some(Kind::Outside),
            _ => None,
        }
    }

    fn with_stored(&self, id: ValueId, kind: Kind, stored: &Stored) -> Values {
        // What an annotation says of the items holds for what is put in as well.
        let most = if self.declares_items(id) { Rest::Declared } else { Rest::Anything };
        let limited = |values: &Values| Values { rest: values.rest.min(most), ..values.clone() };
        let added = Values::union(stored.entries.iter().map(|(_, values)| limited(values)));
        match (kind, self.get(id)) {
            (Kind::Table, Value::Table(entries)) => {
                let mut all = entries.clone();
                // An annotation names a base of what is put in; what is put in says more.
                for (_, own) in &mut all {
                    self.leave_special(own, &added);
                }
                all.retain(|(_, own)| !own.is_never());
                for (key, values) in &stored.entries {
                    match all.iter_mut().find(|(known, _)| known == key && key.is_some()) {
                        Some((_, known)) => _ = known.join(&limited(values)),
                        None => all.push((*key, limited(values))),
                    }
                }
                self.fill_entries(&mut all, stored);
                self.only(Value::Table(all))
            }
            (Kind::Sequence, Value::Items(sequence, _) | Value::Many(sequence, _)) => {
                let mut items = self.with_items(id, &added);
                stored.inner.iter().for_each(|(_, put)| items = self.with_inner(&items, put, stored.open));
                self.only(Value::Many(*sequence, items))
            }
            (Kind::Set, Value::Set { hashed, .. }) => {
                let item = self.with_items(id, &added);
                // A set that begins empty is what is put into it.
                let is_empty = self.item_of(&Values::of(id)).is_never();
                let alike = (!hashed || is_empty && !stored.open) && self.all_hash_alike(&item);
                self.only(Value::Set { hashed: !alike, item })
            }
            (Kind::Outside, Value::OutsideInstance { class, of, besides }) => {
                let mut of = of.clone();
                match of.first_mut() {
                    Some(first) => {
                        let mut joined = first.clone();
                        self.leave_special(&mut joined, &added);
                        joined.join(&added);
                        *first = joined;
                    }
                    None => of.push(added),
                }
                self.only(Value::OutsideInstance { class: *class, of, besides: *besides })
            }
            _ => Values::of(id),
        }
    }

    /// Sets to which the items of another are added: one of a single item may have an order then.
    pub(in crate::python) fn with_more(&self, sets: &Values, added: &Values) -> Values {
        self.each(sets, |id, value| match value {
            Value::Set { item, hashed: false } => {
                let alike = self.all_hash_alike(&Values::union([item.clone(), self.item_of(added)]));
                self.only(Value::Set { item: item.clone(), hashed: !alike })
            }
            _ => Values::of(id),
        })
    }

    /// Whether it is an annotation that says what a collection holds.
    fn declares_items(&self, id: ValueId) -> bool {
        match self.get(id) {
            Value::Table(entries) => entries.iter().any(|(key, held)| key.is_none() && held.rest == Rest::Declared),
            Value::Many(_, item) | Value::Set { item, .. } => item.rest == Rest::Declared,
            _ => false,
        }
    }

    /// What is put into what a table holds: `groups[key].add(value)`. Where the key is known, only what stands under it is filled.
    fn fill_entries(&self, entries: &mut Vec<(Option<ValueId>, Values)>, stored: &Stored) {
        let is_told = |key: &Option<ValueId>| key.is_none_or(|key| !self.may_equal_others(key));
        let all_told = entries.iter().all(|(key, _)| is_told(key));
        let (keyed, others): (Vec<_>, Vec<_>) = stored.inner.iter().partition(|(key, _)| key.is_some() && all_told);
        let made_for_any = Values::union(entries.iter().filter(|(key, _)| key.is_none()).map(|(_, made)| made.clone()));
        let mut positions: FxHashMap<Option<ValueId>, Vec<usize>> = FxHashMap::default();
        for (at, (key, _)) in entries.iter().enumerate().filter(|(_, (key, _))| key.is_some()) {
            positions.entry(key.map(|key| self.as_key(key))).or_default().push(at);
        }
        for (key, put) in keyed {
            let at = positions.entry(*key).or_default();
            for at in at.iter() {
                let held = &mut entries[*at].1;
                *held = self.filled_inner(held, put, stored.open);
            }
            if at.is_empty() {
                at.push(entries.len());
                entries.push((*key, self.filled_inner(&made_for_any, put, stored.open)));
            }
        }
        if !stored.open && others.is_empty() && entries.iter().any(|(key, _)| key.is_some()) {
            entries.iter_mut().filter(|(key, _)| key.is_none()).for_each(|(_, made)| *made = self.as_filled(made));
        }
        for (_, put) in others {
            let mut found = entries.is_empty();
            for (_, held) in entries.iter_mut() {
                found |= held.known.is_empty();
                *held = self.with_inner(held, put, stored.open);
            }
            if found {
                entries.push((None, self.only(Value::Many(Sequence::Untold, put.clone()))));
            }
        }
    }

    /// What stands under a key, with what is put into it: a collection of that alone where nothing is known of it.
    fn filled_inner(&self, held: &Values, put: &Values, open: bool) -> Values {
        match held.known.is_empty() {
            true => self.only(Value::Many(Sequence::Untold, put.clone())),
            false => self.with_inner(held, put, open),
        }
    }

    /// Of lists whose items are unknown, what is put in says what they are: here it is put under other keys.
    fn as_filled(&self, held: &Values) -> Values {
        self.each(held, |id, value| match value {
            Value::Many(kind, item) if item.known.is_empty() && item.rest == Rest::Anything => {
                self.only(Value::Many(*kind, Values::NEVER.with_rest(Rest::Declared)))
            }
            _ => Values::of(id),
        })
    }

    /// Collections that a collection holds, with what is put into one of them.
    fn with_inner(&self, held: &Values, put: &Values, open: bool) -> Values {
        let stored = Stored { entries: vec![(None, put.clone())], inner: Vec::new(), open, shared: false };
        self.each(held, |id, _| match self.kind_of(id) {
            Some(kind) => self.with_stored(id, kind, &stored),
            // `counts[key] += 1`.
            None => self.counted_on(&Values::of(id)),
        })
    }

    /// Drops what says less than something that is added. Where there is very much of both, all is kept.
    fn leave_special(&self, own: &mut Values, added: &Values) {
        if own.known.len() * added.known.len() <= COMPARED {
            own.known.retain(|own| !added.known.iter().any(|put| put != own && self.is_special(*put, *own)));
        }
    }

    fn with_items(&self, id: ValueId, added: &Values) -> Values {
        let mut items = self.item_of(&Values::of(id));
        self.leave_special(&mut items, added);
        let began_unknown = items.rest == Rest::Anything;
        items.join(added);
        // Of what began unknown, what is put in says what it is.
        if began_unknown && !added.known.is_empty() && added.rest != Rest::Anything {
            items.rest = Rest::Declared;
        }
        items
    }

    /// What one statement puts into a collection.
    fn stored(
        &self,
        file: FileId,
        store: &Store,
        own_frame: Option<Option<FrameId>>,
        owner: Option<ValueId>,
        into: &mut Stored,
    ) {
        let module = self.project.module(file);
        let function = module.function_around(module[store.block].scope);
        let frames: SmallVec<[Option<FrameId>; 2]> = match (own_frame, function) {
            (Some(frame), _) => SmallVec::from_slice(&[frame]),
            (None, Some(function)) => {
                let function = FunctionRef { file, function };
                let mut calls = self.calls_with(function, owner);
                let making = self.frames_of_making(function);
                let is_called = !calls.is_empty() || self.has_calls(function) || !making.is_empty();
                let ran = |frame: &Option<FrameId>| self.may_run(store.block, Place { file, frame: *frame });
                let new: Vec<_> = making.into_iter().filter(ran).filter(|frame| !calls.contains(frame)).collect();
                calls.extend(new);
                if is_called { calls } else { SmallVec::from_slice(&[None]) }
            }
            (None, None) => SmallVec::from_slice(&[None]),
        };
        for frame in frames {
            let place = Place { file, frame };
            if owner.is_some_and(|owner| self.is_held_elsewhere(store.collection, owner, place)) {
                continue;
            }
            let values = self.value(store.value, place);
            if values.is_never() {
                continue;
            }
            into.open |= values.rest == Rest::Anything;
            let nested = !is_plain(module, store.collection);
            let constant = |key: ExprId| self.constant(&self.value(key, place));
            let key = match nested {
                true => key_of_inner(module, store.collection).and_then(constant).and_then(|key| self.text_key(key)),
                false => {
                    into.shared |= store.kind != StoreKind::Item && self.may_share(store, &values, place);
                    store.key.and_then(constant)
                }
            };
            self.put(store.kind, key, values, nested, into);
        }
    }

    /// Whether `cls.known`, into which something is put, is surely not what an owner has under that name: each of the two classes
    /// has it from a class of its own.
    fn is_held_elsewhere(&self, collection: ExprId, owner: ValueId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let Expr::Attribute { value, name } = module[collection] else { return false };
        let Some(object) = self.value(value, place).only() else { return false };
        let holder = |id: ValueId| match self.get(id) {
            Value::Class(class, outer) => self.class_that_holds(*class, *outer, name),
            _ => None,
        };
        let (Some(one), Some(other)) = (holder(object), holder(self.class_of(owner))) else { return false };
        one != other
    }

    fn put(&self, kind: StoreKind, key: Option<ValueId>, values: Values, nested: bool, into: &mut Stored) {
        let inner_key = key;
        let mut take = |key: Option<ValueId>, values: Values| {
            if nested { into.inner.push((inner_key, values)) } else { into.entries.push((key, values)) }
        };
        match kind {
            StoreKind::All => {
                for value in &values.known {
                    match self.get(*value) {
                        Value::Table(entries) => entries.iter().for_each(|(key, values)| take(*key, values.clone())),
                        _ => take(None, self.item_of(&Values::of(*value))),
                    }
                }
                if values.rest == Rest::Anything {
                    take(None, Values::anything());
                }
            }
            StoreKind::Entry => take(key, values),
            StoreKind::Item => take(None, values),
        }
    }

    fn has_calls(&self, function: FunctionRef) -> bool {
        self.rest_on_calls(function);
        self.calls.borrow().get(&function).is_some_and(|calls| !calls.is_empty())
    }

    /// The frames in which a function was called; on an object, if one is given.
    pub(super) fn calls_with(&self, function: FunctionRef, owner: Option<ValueId>) -> SmallVec<[Option<FrameId>; 2]> {
        self.rest_on_calls(function);
        let calls = self.calls.borrow();
        let known = calls.get(&function).map_or(&[][..], Vec::as_slice);
        known.iter().copied().filter(|frame| self.is_on(*frame, function, owner)).collect()
    }

    /// Whether a call of a method, or of a function inside one that has its object from there, may be one on an object.
    fn is_on(&self, frame: Option<FrameId>, function: FunctionRef, owner: Option<ValueId>) -> bool {
        let (Some(frame), Some(owner)) = (frame, owner) else { return true };
        let module = self.project.module(function.file);
        let Some((method, _)) = module.method_around(module[function.function].scope) else { return true };
        let Some(first) = module.parameters(method).first() else { return true };
        let Some(frame) = self.store.frame_of(frame, FunctionRef { file: function.file, function: method }) else {
            return true;
        };
        match self.store.frame(frame).parameters.iter().find(|(name, _)| *name == first.name) {
            Some((_, receivers)) => {
                receivers.known.is_empty() || receivers.known.iter().any(|receiver| self.may_be_same(*receiver, owner))
            }
            None => true,
        }
    }

    fn may_be_same(&self, one: ValueId, other: ValueId) -> bool {
        match (self.get(one), self.get(other)) {
            (Value::Instance(one), Value::Instance(other)) => one.may_be(other),
            _ => true,
        }
    }

    /// Notes a call of a function that fills collections.
    pub(in crate::python) fn note_call(&self, function: FunctionRef, frame: Option<FrameId>) {
        let mut calls = self.calls.borrow_mut();
        let known = calls.entry(function).or_default();
        if known.contains(&frame) {
            return;
        }
        match known.len() < CALLS_KEPT {
            true => known.push(frame),
            false => self.note_cut(Limit::Ways, function),
        }
    }

    /// Sees to it that what modules do at import to fill a collection has been looked at: decorators, and calls that
    /// stand alone.
    fn find_registrations(&self, stores: &[(FileId, Store)]) {
        for (file, store) in stores {
            let module = self.project.module(*file);
            let Some(function) = module.function_around(module[store.block].scope) else { continue };
            if !self.registered.borrow_mut().insert(FunctionRef { file: *file, function }) {
                continue;
            }
            let names = names_around(module, function);
            self.register_in(*file, &names);
            let users = self.users_of(*file);
            if users.len() > FILES_SEARCHED {
                self.note_cut(Limit::Users, FunctionRef { file: *file, function });
            }
            users.iter().take(FILES_SEARCHED).for_each(|user| self.register_in(*user, &names));
            self.register_objects(FunctionRef { file: *file, function });
        }
    }

    /// Looks at the objects that modules make at import of the class of a constructor, or of one that derives from it.
    fn register_objects(&self, function: FunctionRef) {
        let module = self.project.module(function.file);
        let (Some(class), "__init__") = (module[function.function].class, module[function.function].name.as_str())
        else {
            return;
        };
        let class = ClassRef { file: function.file, class };
        let classes: Vec<ClassRef> = std::iter::once(class).chain(self.subclasses(class)).collect();
        let names: Vec<Name> = classes.iter().map(|class| self.project.module(class.file)[class.class].name).collect();
        let users = self.users_of(function.file);
        for file in std::iter::once(function.file).chain(users.iter().take(FILES_SEARCHED).copied()) {
            let module = self.project.module(file);
            let (names, place) = (names_in(module, &names), Place { file, frame: None });
            for call in module.calls() {
                let Expr::Call { callee, arguments } = module[*call] else { continue };
                let is_at_import = module.block_of_call(*call).is_some_and(|block| module[block].function.is_none());
                if !is_at_import || !is_called_one_of(module, callee, &names) {
                    continue;
                }
                for made in &self.value(*call, place).known {
                    let Value::Instance(instance) = self.get(*made) else { continue };
                    let Some(init) = self.constructor(instance.class, instance.outer, "__init__") else { continue };
                    // One that derives from it hands on what it likes.
                    let is_own = init.function == function;
                    let given = if is_own { self.arguments(arguments, place) } else { Arguments::open() };
                    let init = Callable { function, receiver: Some(*made), outer: init.outer };
                    let frame = self.bind(&init, &given).0;
                    self.note_call(function, frame);
                }
            }
        }
    }

    /// Looks at the decorators, and the calls that stand alone, of functions of these names.
    fn register_in(&self, file: FileId, names: &[Name]) {
        let module = self.project.module(file);
        let names = &names_in(module, names);
        let registers = |decorator: &ExprId| is_called_one_of(module, *decorator, names);
        for id in module.function_ids() {
            if module.list(module[id].decorators).iter().any(registers) {
                self.defined_function(file, id, None);
            }
        }
        for id in module.class_ids() {
            if module.list(module[id].decorators).iter().any(registers) {
                self.defined_class(file, id, None);
            }
        }
        let place = Place { file, frame: None };
        for statement in module.list(module.body()) {
            if let Stmt::Expr(value) = module[*statement]
                && is_called_one_of(module, value, names)
            {
                self.value(value, place);
            }
        }
    }

    /// The files in sight that import a file. Which these are does not change: each function of the file asks for the same.
    pub(in crate::python) fn users_of(&self, file: FileId) -> Arc<[FileId]> {
        if let Some(known) = self.users.borrow().get(&file) {
            return known.clone();
        }
        let path = self.project.source(file).path();
        let stem = path.file_stem().filter(|stem| *stem != "__init__").or_else(|| path.parent()?.file_name());
        let names = |candidate: &FileId| stem.is_some_and(|stem| self.project.import_lines(*candidate).contains(stem));
        let is_user = |candidate: &FileId| self.imports_of(*candidate).contains(&file);
        let others = self.files_in_sight().into_iter().filter(|candidate| *candidate != file);
        let found: Arc<[FileId]> = others.filter(names).filter(is_user).take(FILES_SEARCHED + 1).collect();
        self.users.borrow_mut().insert(file, found.clone());
        found
    }

    /// The files of the project that a file's import statements name.
    pub(in crate::python) fn imports_of(&self, file: FileId) -> Arc<[FileId]> {
        if let Some(known) = self.imports.borrow().get(&file) {
            return known.clone();
        }
        let module = self.project.module(file);
        let mut found: Vec<FileId> = Vec::new();
        for import in module.import_ids() {
            found.extend(self.files_of(file, import));
        }
        let found: Arc<[FileId]> = found.into();
        self.imports.borrow_mut().insert(file, found.clone());
        found
    }

    /// The files of the project that an import statement loads: the modules that it names, and the packages around them.
    #[must_use]
    pub fn files_of(&self, file: FileId, import: ImportId) -> Vec<FileId> {
        let ImportedFiles { mut modules, names } = self.imported_files(file, import);
        modules.extend(names);
        modules
    }

    /// The files of the project that an import statement names.
    #[must_use]
    pub fn imported_files(&self, file: FileId, import: ImportId) -> ImportedFiles {
        let module = self.project.module(file);
        let statement = module[import];
        let mut found = ImportedFiles::default();
        match statement.from {
            None => {
                for alias in module.list(statement.names) {
                    found.modules.extend(self.files_around(file, alias.name.as_str()));
                }
            }
            Some(from) => {
                let source = self.import_source(file, from, statement.level);
                if statement.level == 0 {
                    found.modules.extend(self.files_around(file, from.as_str()));
                } else {
                    found.modules.extend(source.single().and_then(|source| self.module_file(source)));
                }
                let Some(source) = source.single() else { return found };
                let parent = match self.get(source) {
                    Value::Module(file) => crate::python::Imported::Module(*file),
                    Value::Namespace(path) => crate::python::Imported::Namespace(*path),
                    _ => return found,
                };
                for alias in module.list(statement.names) {
                    if let Some(crate::python::Imported::Module(below)) =
                        self.project.submodule(parent, alias.name.as_str())
                    {
                        found.names.push(below);
                    }
                }
            }
        }
        found
    }

    fn files_around(&self, importer: FileId, name: &str) -> Vec<FileId> {
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        let modules = ends.map(|end| self.import_source(importer, Name::new(&name[..end]), 0));
        modules.filter_map(|module| self.module_file(module.single()?)).collect()
    }

    fn module_file(&self, value: ValueId) -> Option<FileId> {
        match self.get(value) {
            Value::Module(file) => Some(*file),
            _ => None,
        }
    }
}

/// The files of the project that an import statement names.
#[derive(Debug, Clone, Default)]
pub struct ImportedFiles {
    /// The modules, each after the packages that it stands in.
    pub modules: Vec<FileId>,
    /// The modules below the last of them whose names the statement takes from there: `from orders import payments`.
    pub names: Vec<FileId>,
}

/// What statements put into a collection.
#[derive(Default)]
struct Stored {
    /// Into the collection itself, with the key where there is one.
    entries: Vec<(Option<ValueId>, Values)>,
    /// Into a collection that it holds, with the key under which it does where that is known.
    inner: Vec<(Option<ValueId>, Values)>,
    /// Something of which nothing is known is put into it, or into one that it holds.
    open: bool,
    /// A collection that is put into it may stand there under other keys too.
    shared: bool,
}

/// What kind of collection a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sequence,
    Table,
    Set,
    Outside,
}

/// By what a collection is reached.
enum Root {
    /// A plain name.
    Name(Name, crate::semantic::BlockId),
    /// An attribute of a plain name: that name.
    Attribute(Name, crate::semantic::BlockId),
}

fn root(module: &Module, collection: ExprId) -> Option<Root> {
    match module[collection] {
        Expr::Name { name, block, .. } => Some(Root::Name(name, block)),
        Expr::Attribute { value, .. } => match module[value] {
            Expr::Name { name, block, .. } => Some(Root::Attribute(name, block)),
            _ => None,
        },
        Expr::Subscript { value, .. } => root(module, value),
        Expr::Call { callee, .. } => match module[callee] {
            Expr::Attribute { value, .. } => root(module, value),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a collection is reached by a name or an attribute alone.
fn is_plain(module: &Module, collection: ExprId) -> bool {
    matches!(module[collection], Expr::Name { .. } | Expr::Attribute { .. })
}

/// The key under which a table that is reached so holds a collection: `hooks[kind]`, `hooks.setdefault(kind, [])`.
fn key_of_inner(module: &Module, collection: ExprId) -> Option<ExprId> {
    match module[collection] {
        Expr::Subscript { value, index } if is_plain(module, value) => Some(index),
        Expr::Call { callee, arguments } => {
            let Expr::Attribute { value, name } = module[callee] else { return None };
            let gives_one = matches!(name.as_str(), "setdefault" | "get") && is_plain(module, value);
            let first = module.list(arguments).first().filter(|first| first.kind == ArgumentKind::Positional)?;
            gives_one.then_some(first.value)
        }
        _ => None,
    }
}

/// The scope that binds a name as seen from a scope.
fn binding_scope(module: &Module, from: ScopeId, name: Name) -> Option<ScopeId> {
    for scope in module.scopes_around(from) {
        let found = &module[scope];
        if found.globals.contains(&name) {
            return Some(module.global());
        }
        let visible = !matches!(found.kind, ScopeKind::Class(_)) || scope == from;
        if visible && module.variable(scope, name).is_some() {
            return Some(scope);
        }
    }
    None
}

/// Whether a name is what the method of a class around a scope calls its own object or class.
fn is_receiver(module: &Module, scope: ScopeId, class: ClassRef, name: Name) -> bool {
    module.scopes_around(scope).any(|scope| match module[scope].kind {
        ScopeKind::Function(function) => {
            module[function].class == Some(class.class)
                && module.parameters(function).first().is_some_and(|first| first.name == name)
        }
        _ => false,
    })
}

/// The name of a function, and of those around it.
pub(in crate::python) fn names_around(module: &Module, function: FunctionId) -> Vec<Name> {
    let mut names = Vec::new();
    let mut next = Some(function);
    while let Some(function) = next {
        names.push(module[function].name);
        next = module.function_around(module[function].parent);
    }
    names
}

/// Some names, and what a file calls those of them that it imports or binds again by another one.
pub(in crate::python) fn names_in(module: &Module, names: &[Name]) -> Vec<Name> {
    let mut all = names.to_vec();
    for binding in module.all_bindings() {
        let original = match binding.kind {
            BindingKind::ImportFrom { name, .. } => name,
            BindingKind::Assign { value, path, .. } if path.is_empty() => match module[value] {
                Expr::Name { name, .. } | Expr::Attribute { name, .. } => name,
                _ => continue,
            },
            _ => continue,
        };
        let other = module[binding.variable].name;
        if names.contains(&original) && !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// Whether the function that an expression calls, or is, has one of these names.
pub(in crate::python) fn is_called_one_of(module: &Module, expression: ExprId, names: &[Name]) -> bool {
    match module[module.named_by(expression)] {
        Expr::Name { name, .. } | Expr::Attribute { name, .. } => names.contains(&name),
        Expr::Call { .. } => is_called_one_of(module, module.named_by(expression), names),
        _ => false,
    }
}
