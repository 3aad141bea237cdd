//! What was computed, stored and decided while modules were imported, as seen from code that reads it later.
//!
//! Knows: the statements of a module that change what a name of it stands for, the functions that it calls meanwhile, the
//! tests that decided which of them ran, and what the constructor of an object assigned. Does not know: what any of it does;
//! that is walked as an initialiser.

use rustc_hash::FxHashSet;

use super::super::call::Defaulted;
use super::super::class::Ancestor;
use super::super::eval::{Evaluator, Place};
use super::super::value::{ClassRef, FrameId, FunctionRef, Value, ValueId, builtin};
use super::super::world::{Generated, Special};
use super::reach::Code;
use super::read::{Asked, Part};
use super::walk::Walker;
use crate::semantic::{
    Argument, ArgumentKind, BindingId, BindingKind, BlockId, Condition, DictItem, Expr, ExprId, FunctionId, List,
    Module, Name, Stmt, given_for,
};
use crate::source::{FileId, TextRange};

impl Walker<'_, '_> {
    /// The tests at import that decided whether a statement of a module ran.
    pub(super) fn decided_at_import(&mut self, file: FileId, name: Name, block: BlockId, site: TextRange) {
        let module = self.evaluator().project().module(file);
        if module[block].function.is_some() {
            return;
        }
        let tests = self.reach.deciding.entry((file, block)).or_insert_with(|| deciding(module, block).collect());
        for test in tests.clone().iter() {
            self.computed_at_import(name, *test, Place { file, frame: None }, site);
        }
    }

    /// What decided at import which value a name of a class has, and the values where there are several.
    pub(super) fn chosen_in_class(&mut self, owner: ValueId, name: Name, site: TextRange) {
        if !self.reach.follows_initialisers {
            return;
        }
        let Some(order) = self.evaluator().order_of(owner) else { return };
        for ancestor in order.iter() {
            let Ancestor::Project(class, _) = ancestor else { continue };
            let bindings = self.evaluator().class_bindings(*class, name);
            let module = self.evaluator().project().module(class.file);
            for binding in &bindings {
                self.decided_at_import(class.file, name, module[*binding].block, site);
                if let BindingKind::Assign { value, .. } = module[*binding].kind
                    && bindings.len() > 1
                {
                    self.computed_at_import(name, value, Place { file: class.file, frame: None }, site);
                }
            }
            if !bindings.is_empty() {
                break;
            }
        }
    }

    /// What other modules assigned to a name of a module while they were imported: `limits.page_size = 5`.
    pub(super) fn set_by_others(&mut self, file: FileId, name: Name, site: TextRange) {
        let is_module = |value: &Value| matches!(value, Value::Module(known) if *known == file);
        for (value, place) in self.evaluator().assigned_by_users(file, name, &is_module) {
            self.computed_at_import(name, value, place, site);
        }
    }

    /// What a name of a module was bound to at import; of a display of entries, or of an object made of fields, only the part
    /// that is asked for.
    pub(super) fn computed_of_part(&mut self, name: Name, value: ExprId, place: Place, asked: Asked) {
        if let Some(original) = self.copied_for(value, place, asked.part) {
            return self.global_read(place.file, original, asked, None);
        }
        match self.parts_asked(value, place, asked.part) {
            Some(parts) if parts.is_empty() => {
                if let Some(default) = self.default_of_field(value, place, asked.part) {
                    self.field_default(&default, asked.site, false, true);
                }
            }
            Some(parts) => parts.into_iter().for_each(|part| self.computed_at_import(name, part, place, asked.site)),
            None => self.computed_at_import(name, value, place, asked.site),
        }
    }

    /// The name of what a copy has a field from, where the call that makes it names another one: `replace(BASE, retries=5)`.
    fn copied_for(&self, value: ExprId, place: Place, asked: Part) -> Option<Name> {
        let (Part::Field(field), module) = (asked, self.evaluator().project().module(place.file)) else { return None };
        let Expr::Call { arguments, .. } = module[value] else { return None };
        let arguments = self.replaced_by(value, place).map(|_| module.list(arguments))?;
        let is_given = |given: &Argument| match given.kind {
            ArgumentKind::Keyword(name) => name == field,
            ArgumentKind::DoubleStar => true,
            _ => false,
        };
        match module[arguments.first()?.value] {
            Expr::Name { name, .. } if !arguments.iter().any(is_given) => Some(name),
            _ => None,
        }
    }

    /// The arguments of a call that makes a copy of an object of its first one, with other fields.
    fn replaced_by(&self, value: ExprId, place: Place) -> Option<List<Argument>> {
        let Expr::Call { callee, arguments } = self.evaluator().project().module(place.file)[value] else {
            return None;
        };
        let name =
            self.evaluator().value(callee, place).only().and_then(|callee| self.evaluator().outside_name(callee))?;
        (self.evaluator().world().special(name) == Some(Special::Replaces)).then_some(arguments)
    }

    /// The parts of what an expression makes on which what is asked of it depends, where they stand apart.
    fn parts_asked(&self, value: ExprId, place: Place, asked: Part) -> Option<Vec<ExprId>> {
        let module = self.evaluator().project().module(place.file);
        match (module[value], asked) {
            (Expr::Dict(items), Part::Item(wanted)) => {
                let is_asked = |item: &&DictItem| {
                    let key = item.key.and_then(|key| self.evaluator().constant(&self.evaluator().value(key, place)));
                    key.is_none_or(|key| key == wanted)
                };
                Some(module.list(items).iter().filter(is_asked).map(|item| item.value).collect())
            }
            (Expr::Dict(items), Part::Keys | Part::Size) => {
                Some(module.list(items).iter().map(|item| item.key.unwrap_or(item.value)).collect())
            }
            (Expr::List(items) | Expr::Tuple(items), Part::Size) => {
                let is_spread = |item: &ExprId| matches!(module[*item], Expr::Starred(_));
                Some(module.list(items).iter().copied().filter(is_spread).collect())
            }
            (Expr::Call { callee, arguments }, Part::Keys | Part::Size) => {
                let is_named = |given: &Argument| matches!(given.kind, ArgumentKind::Keyword(_));
                let only_named = module.list(arguments).iter().all(is_named);
                (only_named && self.is_builtin_callee(callee, place, "dict")).then(Vec::new)
            }
            (Expr::Call { .. }, Part::Field(field)) if let Some(arguments) = self.replaced_by(value, place) => {
                let arguments = module.list(arguments);
                let named = arguments.iter().find(|given| given.kind == ArgumentKind::Keyword(field))?;
                Some(vec![named.value])
            }
            (Expr::Call { callee, arguments }, Part::Field(field)) => self
                .given_for_field(callee, module.list(arguments), place, field)
                .map(|given| given.into_iter().collect()),
            _ => None,
        }
    }

    /// The default of the field that is asked for of an object, where the call of the class that makes it gives none.
    fn default_of_field(&self, made: ExprId, place: Place, asked: Part) -> Option<Defaulted> {
        let Part::Field(name) = asked else { return None };
        let Expr::Call { callee, .. } = self.evaluator().project().module(place.file)[made] else { return None };
        let Value::Class(class, outer) = self.get(self.evaluator().value(callee, place).only()?) else { return None };
        let field = self.evaluator().fields(class, outer).into_iter().find(|field| field.name == name)?;
        Some(Defaulted { name, default: field.default?, place: field.place })
    }

    /// What a call of a class that is made of its fields gives for one of them; nothing where the field has its default.
    fn given_for_field(
        &self,
        callee: ExprId,
        arguments: &[Argument],
        place: Place,
        field: Name,
    ) -> Option<Option<ExprId>> {
        let Value::Class(class, outer) = self.get(self.evaluator().value(callee, place).only()?) else { return None };
        let is_plain = self.evaluator().generated(class, outer) == Generated::Fields
            && self.evaluator().constructor(class, outer, "__init__").is_none()
            && self.evaluator().constructor(class, outer, "__post_init__").is_none();
        let is_spread = |given: &Argument| matches!(given.kind, ArgumentKind::Star | ArgumentKind::DoubleStar);
        if !is_plain || arguments.iter().any(is_spread) {
            return None;
        }
        let position = self.evaluator().fields(class, outer).iter().position(|known| known.name == field)?;
        Some(given_for(arguments, field.as_str(), Some(position)))
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
                let wanted = asked.part.key();
                if wanted.is_some() && key.is_some() && key != wanted {
                    continue;
                }
                self.decided_at_import(file, name, store.block, asked.site);
                match store.key.filter(|_| matches!(asked.part, Part::Keys | Part::Size)) {
                    Some(key) => self.computed_at_import(name, key, place, asked.site),
                    None => self.computed_at_import(name, store.value, place, asked.site),
                }
            }
        }
    }

    /// What functions, to which a module's own statements hand the collection of a name, put into it.
    pub(super) fn filled_by_called(&mut self, file: FileId, name: Name, asked: Asked) {
        let module = self.evaluator().project().module(file);
        let place = Place { file, frame: None };
        for statement in module.list(module.body()) {
            let Stmt::Expr(call) = module[*statement] else { continue };
            let Expr::Call { callee, arguments } = module[call] else { continue };
            let is_it = |given: &Argument| matches!(module[given.value], Expr::Name { name: read, .. } if read == name);
            let Some(position) = module.list(arguments).iter().position(is_it) else { continue };
            for value in &self.evaluator().value(callee, place).known {
                let Value::Function(callable) = self.get(*value) else { continue };
                let given = self.evaluator().arguments(arguments, place);
                let frame = self.evaluator().bind(&callable, &given).0;
                let FunctionRef { file, function } = callable.function;
                let called = self.evaluator().project().module(file);
                let (is_bound, kind) = (callable.receiver.is_some(), module.list(arguments)[position].kind);
                let Some(index) = called.parameter_taking(function, is_bound, kind, position) else { continue };
                let parameter = called.parameters(function)[index].name;
                if self.put_into_parameter(callable.function, frame, parameter, (name, asked.site)) {
                    // What it puts there it has from what it is given beside it.
                    for given in module.list(arguments) {
                        self.computed_at_import(name, given.value, place, asked.site);
                    }
                }
            }
        }
    }

    /// What a function puts into the collection that one of its parameters is. Says whether it puts something there.
    fn put_into_parameter(
        &mut self,
        function: FunctionRef,
        frame: Option<FrameId>,
        parameter: Name,
        (name, site): (Name, TextRange),
    ) -> bool {
        let module = self.evaluator().project().module(function.file);
        let place = Place { file: function.file, frame };
        let mut puts = false;
        for store in module.stores(parameter) {
            let is_own = module[store.block].function == Some(function.function);
            if is_own && self.evaluator().may_run(store.block, place) {
                self.computed_at_import(name, store.value, place, site);
                puts = true;
            }
        }
        puts
    }

    /// What a constructor that ran at import, or a statement of a module, assigned to an attribute.
    pub(super) fn stored_at_import(&mut self, owner: ValueId, name: Name, site: TextRange) {
        if !self.reach.follows_initialisers {
            return;
        }
        for (value, place) in self.evaluator().assigned_at_import(owner, name) {
            self.computed_at_import(name, value, place, site);
        }
        // A member of an enumeration of numbers or texts is what it was given.
        if let Value::Class(class, _) = self.get(owner)
            && self.evaluator().holds_plain_values(class)
            && let Some((value, place)) = self.evaluator().member_value(class, name)
        {
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
    /// each call of it in code of the module that ran then.
    pub(super) fn frames_at_import(&self, file: FileId, block: BlockId) -> Vec<Option<FrameId>> {
        self.frames_by_calls(file, block, &mut Vec::new())
    }

    fn frames_by_calls(&self, file: FileId, block: BlockId, inside: &mut Vec<FunctionId>) -> Vec<Option<FrameId>> {
        let module = self.project().module(file);
        let Some(function) = module[block].function else { return vec![None] };
        let mut frames = self.frames_of_making(FunctionRef { file, function });
        let is_too_deep = inside.len() >= CALLS_DEEP || inside.contains(&function);
        if is_too_deep || !module.called_at_import().contains(&function) {
            return frames;
        }
        inside.push(function);
        for call in module.calls_named(module[function].name) {
            let Expr::Call { callee, arguments } = module[*call] else { continue };
            let Some(block) = module.block_of_call(*call) else { continue };
            for frame in self.frames_by_calls(file, block, inside) {
                let place = Place { file, frame };
                if !self.may_run(block, place) {
                    continue;
                }
                for value in &self.value(callee, place).known {
                    // A generator's body runs once something is asked of it.
                    if let Value::Function(callable) = self.get(*value)
                        && callable.function == (FunctionRef { file, function })
                        && !module[function].is_generator
                    {
                        let given = self.arguments(arguments, place);
                        frames.push(self.bind(callable, &given).0);
                    }
                }
            }
        }
        inside.pop();
        frames.sort_unstable();
        frames.dedup();
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
        for store in module.attribute_stores(name) {
            let Some(value) = store.value else { continue };
            for frame in self.frames_at_import(file, store.block) {
                let place = Place { file, frame };
                if self.value(store.object, place).known.contains(&owner) && self.may_run(store.block, place) {
                    found.push((value, place));
                }
            }
        }
        if let Value::Class(class, None) = self.get(owner) {
            self.assigned_by_makers(*class, name, &mut found);
        }
        let value = self.get(owner);
        found.extend(self.assigned_by_users(file, name, &|object| object == value));
        found
    }

    /// What functions of other modules assigned to an attribute of a class while it was made.
    fn assigned_by_makers(&self, class: ClassRef, name: Name, found: &mut Vec<(ExprId, Place)>) {
        for (maker, frame) in self.makers(class).into_iter().filter(|(maker, _)| maker.file != class.file) {
            for (value, place) in self.stored_by_maker((maker, frame), class, name) {
                found.push((value, place));
            }
        }
    }

    /// What modules that import a file assigned at import to an attribute of what satisfies a condition.
    fn assigned_by_users(&self, file: FileId, name: Name, is_owner: &dyn Fn(&Value) -> bool) -> Vec<(ExprId, Place)> {
        let mut found = Vec::new();
        for user in self.users_of(file).iter().filter(|user| self.project().may_name(**user, name)) {
            let module = self.project().module(*user);
            for store in module.attribute_stores(name) {
                let Some(value) = store.value else { continue };
                for frame in self.frames_at_import(*user, store.block) {
                    let place = Place { file: *user, frame };
                    let objects = self.value(store.object, place);
                    let is_it = objects.known.iter().any(|object| is_owner(self.get(*object)));
                    if is_it && self.may_run(store.block, place) {
                        found.push((value, place));
                    }
                }
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
                let Some(function) = self.storing_method(*class, store.object) else { continue };
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

    /// Whether the members of an enumeration are numbers or texts themselves.
    fn holds_plain_values(&self, class: ClassRef) -> bool {
        let is_plain = |base: Name| ["int", "str", "float"].into_iter().any(|name| base == builtin(name));
        self.is_enumeration(class) && self.derives_from(class, None, &is_plain)
    }

    /// What gives a member of an enumeration its value.
    fn member_value(&self, class: ClassRef, member: Name) -> Option<(ExprId, Place)> {
        match self.class_member(class, None, member) {
            Some(super::super::class::Member::Value { value, place, .. }) => Some((value, place)),
            _ => None,
        }
    }

    /// Whether an object was made while a module was imported: by the code of the module or of a class body, or by a function
    /// that only such code calls.
    pub(in crate::python) fn is_made_at_import(&self, (file, call): (FileId, ExprId)) -> bool {
        let module = self.project().module(file);
        let Some(block) = module.block_of_call(call) else { return false };
        module[block].function.is_none_or(|function| self.runs_at_import_alone(FunctionRef { file, function }))
    }

    /// Whether a function is called by its module's own code and named nowhere else, as far as texts show: this is asked while
    /// values are worked out, and must not depend on any.
    fn runs_at_import_alone(&self, function: FunctionRef) -> bool {
        if let Some(known) = self.at_import_alone.borrow().get(&function) {
            return *known;
        }
        let module = self.project().module(function.file);
        let name = module[function.function].name;
        let in_function =
            |expr: ExprId| module.block_of_call(expr).is_none_or(|block| module[block].function.is_some());
        let is_mention = |expr: &ExprId| matches!(module[*expr], Expr::Name { name: read, .. } | Expr::Attribute { name: read, .. } if read == name);
        let is_called = module.calls_named(name).iter().any(|call| !in_function(*call));
        let alone = is_called
            && !module.expression_ids().filter(is_mention).any(in_function)
            && self.files_in_sight().iter().all(|file| *file == function.file || !self.project().may_name(*file, name));
        self.at_import_alone.borrow_mut().insert(function, alone);
        alone
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
        let mut seen: FxHashSet<FileId> = found.iter().copied().collect();
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

/// The tests of a module that decide whether a block of it runs. Where the module cannot be loaded any other way, nothing is
/// decided.
fn deciding(module: &Module, block: BlockId) -> impl Iterator<Item = ExprId> {
    let mut subjects: FxHashSet<ExprId> = FxHashSet::default();
    module.guards(block).filter_map(move |(_, condition)| match condition {
        Condition::Test(test, truth) => goes_on_after(module, Condition::Test(test, !truth)).then_some(test),
        Condition::Case { matched, case, holds } => {
            let subject = module[matched].subject;
            let otherwise = Condition::Case { matched, case, holds: !holds };
            (goes_on_after(module, otherwise) && subjects.insert(subject)).then_some(subject)
        }
        _ => None,
    })
}

/// Whether control may come to the end of a module where a condition holds.
fn goes_on_after(module: &Module, condition: Condition) -> bool {
    let is_arm = |block: &BlockId| module.edges(*block).iter().any(|edge| edge.condition == condition);
    let exit = module[module.global()].exit;
    let mut open: Vec<BlockId> = module.block_ids().filter(is_arm).collect();
    let mut seen: FxHashSet<BlockId> = open.iter().copied().collect();
    while let Some(block) = open.pop() {
        if block == exit {
            return true;
        }
        open.extend(module.successors(block).iter().copied().filter(|next| seen.insert(*next)));
    }
    false
}

/// How many functions that call each other at import are gone through from a module's own code.
const CALLS_DEEP: usize = 2;

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
