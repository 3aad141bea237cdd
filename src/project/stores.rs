//! Collections that are filled piece by piece: lists that are appended to, tables that functions and decorators register
//! something in.
//!
//! Knows: the statements that put something into a collection of a name, and the calls seen so far of the functions that
//! hold them. Does not know: in which order things happen; a collection holds all that is ever put into it.

use std::rc::Rc;

use smallvec::SmallVec;

use super::classes::Ancestor;
use super::evaluate::Evaluator;
use super::value::{ClassRef, FrameId, FunctionRef, Place, Value};
use crate::semantic::{BindingKind, FunctionId, Module, ScopeKind, Store};
use crate::source::FileId;
use crate::source::ast::{self, Expr, Stmt};

/// How many values are looked at for one collection.
const STORES_LIMIT: usize = 32;

/// How many calls of the function that fills a collection are looked at.
const CALLS_LIMIT: usize = 32;

/// How many files that are imported somewhere are read for what they register.
const FILES_LIMIT: usize = 200;

/// Which collection is asked for.
pub(super) enum Filled<'o, 'a> {
    /// That of a name which this scope binds.
    Name(Place),
    /// That of an attribute of a class or its objects, by the classes in the order of look-up.
    Attribute(&'o [Ancestor<'a>]),
}

impl<'a> Evaluator<'_, 'a> {
    /// A collection with what statements elsewhere put into it.
    pub(super) fn filled(&self, value: Value<'a>, name: &str, which: &Filled<'_, 'a>) -> Value<'a> {
        if let Value::Union(_) = value {
            return value.map(|value| self.filled(value.clone(), name, which));
        }
        let Some(kind) = kind_of(&value) else { return value };
        let files: SmallVec<[FileId; 2]> = match which {
            Filled::Name(place) => [place.file].into_iter().collect(),
            Filled::Attribute(order) => order.iter().filter_map(project_class).map(|class| class.file).collect(),
        };
        let mut stores: Vec<(FileId, Store<'a>)> = Vec::new();
        for file in files {
            let module = self.project.module(file);
            let own = module.stores(name).iter().filter(|store| self.fills(store, module, name, which));
            let new = own.filter(|store| !stores.iter().any(|(_, known)| std::ptr::eq(known.value, store.value)));
            stores.extend(new.map(|store| (file, *store)).collect::<Vec<_>>());
        }
        if stores.is_empty() {
            return value;
        }
        self.find_registrations(&stores, which);
        let stored = stores.iter().take(STORES_LIMIT).flat_map(|(file, store)| self.stored(*file, store, which));
        let stored: Vec<(Option<&'a str>, Value<'a>)> = stored.collect();
        let mut all = entries_of(&value);
        // An annotation names a base of what is put in; what is put in says more.
        all.retain(|(_, own)| !stored.iter().any(|(_, put)| self.is_special(put, own)));
        all.extend(stored);
        kind.of(all, value)
    }

    /// Whether a value is an object of a class derived from another object's.
    fn is_special(&self, value: &Value<'a>, general: &Value<'a>) -> bool {
        let Value::Instance(instance) = value else { return false };
        self.ancestors(instance.class, None).iter().skip(1).any(|ancestor| match (ancestor, general) {
            (Ancestor::Project(class, _), Value::Instance(general)) => *class == general.class,
            (Ancestor::External(class), Value::ExternalInstance(general)) => class == general,
            _ => false,
        })
    }

    /// Whether a statement fills the collection that is meant.
    fn fills(&self, store: &Store<'a>, module: &Module<'a>, name: &str, which: &Filled<'_, 'a>) -> bool {
        match (which, store.owner) {
            (Filled::Name(place), None) => binding_scope(module, store, name) == Some(place.scope),
            (Filled::Attribute(order), Some(owner)) => {
                let classes = order.iter().filter_map(project_class).filter(|class| class.file == module.file);
                classes.into_iter().any(|class| {
                    module.class(class.class).node.name.as_str() == owner || is_receiver(module, store, class, owner)
                })
            }
            _ => false,
        }
    }

    /// What one statement puts into the collection.
    fn stored(&self, file: FileId, store: &Store<'a>, which: &Filled<'_, 'a>) -> Vec<(Option<&'a str>, Value<'a>)> {
        let module = self.project.module(file);
        let function = module.function_around(store.scope);
        let here = match (which, function) {
            // A function's own collection is filled by the call at hand.
            (Filled::Name(place), _) if place.scope != module.global() => vec![place.frame],
            (_, Some(function)) => self.calls_of(file, function),
            (_, None) => vec![None],
        };
        let mut found = Vec::new();
        if let Some(subclasses) = function.and_then(|function| self.subclasses_taken(file, function, store)) {
            found.extend(subclasses);
        }
        found.extend(here.into_iter().map(|frame| self.value(store.value, Place { file, scope: store.scope, frame })));
        found.retain(|value| !value.is_unknown());
        found.into_iter().flat_map(|value| self.put(store, value)).collect()
    }

    /// The entries that a statement makes of a value.
    fn put(&self, store: &Store<'a>, value: Value<'a>) -> Vec<(Option<&'a str>, Value<'a>)> {
        let entries = match value {
            Value::Table(entries) if store.unpacked => entries.to_vec(),
            value if store.unpacked => vec![(None, self.item_of(&value))],
            value => vec![(store.key, value)],
        };
        let nested = |item: Value<'a>| if store.nested { Value::Many(item.into()) } else { item };
        entries.into_iter().map(|(key, item)| (key, nested(item))).collect()
    }

    fn calls_of(&self, file: FileId, function: FunctionId) -> Vec<Option<FrameId>> {
        let scope = self.project.module(file).function(function).scope;
        let frames = self.frames_of.borrow();
        let known = frames.get(&(file, scope)).into_iter().flatten();
        let mut calls: Vec<Option<FrameId>> = known.take(CALLS_LIMIT).map(|frame| Some(*frame)).collect();
        if calls.is_empty() {
            calls.push(None);
        }
        calls
    }

    /// `__init_subclass__` is called with each subclass.
    fn subclasses_taken(&self, file: FileId, function: FunctionId, store: &Store<'a>) -> Option<Vec<Value<'a>>> {
        let module = self.project.module(file);
        let definition = module.function(function);
        let class = ClassRef { file, class: definition.class.filter(|_| definition.name == "__init_subclass__")? };
        let first = definition.parameters()?.iter().next()?.name().as_str();
        let takes_class = matches!(store.value, Expr::Name(name) if name.id.as_str() == first);
        takes_class.then(|| self.subclasses(class))
    }

    /// The classes derived from a class, in the files that were looked at.
    fn subclasses(&self, base: ClassRef) -> Vec<Value<'a>> {
        let mut found = Vec::new();
        for file in self.project.built().into_iter().filter(|file| !self.is_outside(*file)) {
            for class in self.project.module(file).class_ids() {
                let class = ClassRef { file, class };
                let derives = |ancestor: &Ancestor<'a>| project_class(ancestor) == Some(base);
                if class != base && self.ancestors(class, None).iter().any(derives) {
                    found.push(Value::Class(class, None));
                }
            }
        }
        found
    }

    /// Sees to it that what modules do at import to fill a collection has been looked at: decorators, and calls that
    /// stand alone.
    fn find_registrations(&self, stores: &[(FileId, Store<'a>)], which: &Filled<'_, 'a>) {
        for (file, store) in stores {
            let module = self.project.module(*file);
            let is_own = matches!(which, Filled::Name(place) if place.scope != module.global());
            let Some(function) = module.function_around(store.scope).filter(|_| !is_own) else { continue };
            if !self.registered.borrow_mut().insert(FunctionRef { file: *file, function }) {
                continue;
            }
            let names = names_around(module, function);
            self.afresh(|| {
                self.register_in(*file, &names);
                self.users_of(*file).iter().for_each(|user| self.register_in(*user, &names));
            });
        }
    }

    /// Looks at the decorators, and the calls that stand alone, of functions of these names. What else happens at
    /// import is left alone: the question at hand may be about it.
    fn register_in(&self, file: FileId, names: &[&str]) {
        let module = self.project.module(file);
        let registers = |decorator: &ast::Decorator| is_called_one_of(&decorator.expression, names);
        for id in module.function_ids().filter(|id| module.function(*id).decorators().iter().any(registers)) {
            self.defined_function(file, id, None);
        }
        for id in module.class_ids().filter(|id| module.class(*id).node.decorator_list.iter().any(registers)) {
            self.defined_class(file, id, None);
        }
        let place = Place { file, scope: module.global(), frame: None };
        for statement in module.body {
            if let Stmt::Expr(statement) = statement
                && is_called_one_of(&statement.value, names)
            {
                self.value(&statement.value, place);
            }
        }
    }

    /// The files that import a file, among those looked at and those that these import.
    fn users_of(&self, file: FileId) -> Rc<[FileId]> {
        if let Some(known) = self.users.borrow().get(&file) {
            return known.clone();
        }
        let found: Rc<[FileId]> = self.find_users(file).into();
        self.users.borrow_mut().insert(file, found.clone());
        found
    }

    fn find_users(&self, file: FileId) -> Vec<FileId> {
        let built = self.project.built();
        let imported = built.iter().flat_map(|importer| self.imports_of(*importer).to_vec());
        let mut candidates: Vec<FileId> = built.iter().copied().chain(imported).collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates.retain(|candidate| *candidate != file && !self.is_outside(*candidate));
        let path = self.project.source(file).path();
        let stem = path.file_stem().filter(|stem| *stem != "__init__").or_else(|| path.parent()?.file_name());
        let names = |candidate: &FileId| stem.is_some_and(|stem| self.project.source(*candidate).text().contains(stem));
        let is_user = |candidate: &FileId| self.imports_of(*candidate).contains(&file);
        candidates.into_iter().take(FILES_LIMIT).filter(names).filter(is_user).collect()
    }

    /// The files of the project that a file's import statements name.
    fn imports_of(&self, file: FileId) -> Rc<[FileId]> {
        if let Some(known) = self.imports.borrow().get(&file) {
            return known.clone();
        }
        let found: Rc<[FileId]> = self.find_imports(file).into();
        self.imports.borrow_mut().insert(file, found.clone());
        found
    }

    fn find_imports(&self, file: FileId) -> Vec<FileId> {
        let mut found = Vec::new();
        for import in &self.project.module(file).imports {
            let sources: Vec<Value<'a>> = match import.statement {
                Stmt::Import(import) => {
                    import.names.iter().map(|alias| self.import_source(file, alias.name.as_str(), 0)).collect()
                }
                Stmt::ImportFrom(import) => {
                    let name = import.module.as_ref().map_or("", |module| module.as_str());
                    let source = self.import_source(file, name, import.level);
                    let below = import.names.iter().filter_map(|alias| self.project.submodule(&source, &alias.name));
                    below.chain([source.clone()]).collect()
                }
                _ => Vec::new(),
            };
            found.extend(sources.iter().filter_map(|source| match source {
                Value::Module(file) => Some(*file),
                _ => None,
            }));
        }
        found
    }
}

/// What kind of collection a value is, if it is one that can be filled.
#[derive(Clone, Copy)]
enum Kind {
    Sequence,
    Table,
}

fn kind_of(value: &Value<'_>) -> Option<Kind> {
    match value {
        Value::Items(_) | Value::Many(_) => Some(Kind::Sequence),
        Value::Table(_) => Some(Kind::Table),
        Value::ExternalInstance(class) => match &**class {
            "builtins.list" | "collections.deque" | "asyncio.Queue" => Some(Kind::Sequence),
            "builtins.dict" | "collections.OrderedDict" | "collections.defaultdict" => Some(Kind::Table),
            _ => None,
        },
        _ => None,
    }
}

impl Kind {
    /// A collection of these items; `known` where they say nothing.
    fn of<'a>(self, items: Vec<(Option<&'a str>, Value<'a>)>, known: Value<'a>) -> Value<'a> {
        match self {
            Kind::Table => Value::Table(items.into_iter().take(2 * STORES_LIMIT).collect()),
            Kind::Sequence => match Value::union(items.into_iter().map(|(_, item)| item)) {
                Value::Unknown => known,
                item => Value::Many(item.into()),
            },
        }
    }
}

/// What a collection holds, with keys that are spelled out.
fn entries_of<'a>(collection: &Value<'a>) -> Vec<(Option<&'a str>, Value<'a>)> {
    match collection {
        Value::Items(items) => items.iter().map(|item| (None, item.clone())).collect(),
        Value::Many(item) => vec![(None, (**item).clone())],
        Value::Table(entries) => entries.to_vec(),
        _ => Vec::new(),
    }
}

/// The name of a function, and of those around it.
fn names_around<'a>(module: &Module<'a>, function: FunctionId) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut next = Some(function);
    while let Some(function) = next {
        names.push(module.function(function).name);
        next = module.function_around(module.function(function).parent);
    }
    names
}

/// Whether the function that an expression calls, or is, has one of these names.
fn is_called_one_of(expression: &Expr, names: &[&str]) -> bool {
    match expression {
        Expr::Call(call) => is_called_one_of(&call.func, names),
        Expr::Name(name) => names.contains(&name.id.as_str()),
        Expr::Attribute(attribute) => names.contains(&attribute.attr.as_str()),
        _ => false,
    }
}

fn project_class(ancestor: &Ancestor<'_>) -> Option<ClassRef> {
    match ancestor {
        Ancestor::Project(class, _) => Some(*class),
        _ => None,
    }
}

/// The scope that binds the name of the collection which a statement fills.
fn binding_scope(module: &Module<'_>, store: &Store<'_>, name: &str) -> Option<crate::semantic::ScopeId> {
    let mut scope = Some(store.scope);
    while let Some(id) = scope {
        let found = module.scope(id);
        if found.globals.contains(&name) {
            return Some(module.global());
        }
        let visible = !matches!(found.kind, ScopeKind::Class(_)) || id == store.scope;
        if visible && found.names.contains_key(name) {
            return Some(id);
        }
        scope = found.parent;
    }
    None
}

/// Whether a name is what the method of a class around a statement calls its own object or class.
fn is_receiver(module: &Module<'_>, store: &Store<'_>, class: ClassRef, name: &str) -> bool {
    let mut scope = Some(store.scope);
    while let Some(id) = scope {
        let found = module.scope(id);
        if let ScopeKind::Function(function) = found.kind
            && module.function(function).class == Some(class.class)
        {
            let ids = module.bindings_of(id, name);
            return ids.iter().any(|id| matches!(module.binding(*id).kind, BindingKind::Parameter { index: 0 }));
        }
        scope = found.parent;
    }
    false
}
