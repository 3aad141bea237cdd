//! What a read of a name or attribute leads to: properties, descriptors, and the initialisers that made what is read.
//!
//! Knows: which code computed a module's name, a class attribute or an object's field at import. Does not know: which of the
//! module's statements count ([`import_time`](super::import_time)).

use rustc_hash::FxHashSet;

use super::super::eval::{Found, Place};
use super::super::value::{Arguments, FrameId, Value, ValueId};
use super::reach::{Code, EventKind};
use super::walk::Walker;
use crate::semantic::{
    ArgumentKind, BindingId, BindingKind, BlockId, CmpOp, Expr, ExprId, Module, Name, Path, ScopeKind, Step, Use,
    VariableId,
};
use crate::source::{FileId, TextRange};

impl Walker<'_, '_> {
    /// A read of an attribute: properties run, class attributes and constants were computed.
    pub(super) fn attribute_read(&mut self, expr: ExprId, watch: bool) {
        let module = self.module();
        let Expr::Attribute { value, name } = module[expr] else { return };
        let owners = self.value(value);
        let site = module.span(expr);
        let doubtful = owners.known.len() > 1;
        for owner in &owners.known {
            match self.get(*owner) {
                Value::Instance(_)
                | Value::Class(..)
                | Value::Super(..)
                | Value::DynamicInstance(_)
                | Value::Member(..) => self.object_read(*owner, name, site, doubtful),
                Value::Module(file) => {
                    if let Some(hook) = self.evaluator().module_hook(file, name) {
                        let arguments = self.evaluator().asked_for(name);
                        self.run(&hook, &arguments, site, doubtful);
                    }
                    let asked = Asked { site, part: self.part_asked_of(expr) };
                    self.global_read(file, name, asked, None);
                }
                Value::Outside(owner) if watch => self.watched(Name::new(&format!("{owner}.{name}")), expr),
                Value::OutsideInstance { class: owner, .. } if watch => {
                    self.watched(Name::new(&format!("{owner}.{name}")), expr);
                }
                _ => {}
            }
        }
    }

    pub(super) fn object_read(&mut self, owner: ValueId, name: Name, site: TextRange, doubtful: bool) {
        match self.evaluator().find(owner, name) {
            Some(Found::Property(getter)) => self.run(&getter, &Arguments::default(), site, doubtful),
            Some(Found::Static(value, place, held)) => {
                self.initialiser(name, value, place, site);
                self.special(&held, "__get__", site);
                self.chosen_in_class(owner, name, site);
                self.stored_at_import(owner, name, site);
            }
            Some(Found::Value(_)) => {
                if matches!(self.evaluator().get(owner), Value::Class(..)) {
                    self.chosen_in_class(owner, name, site);
                }
                self.stored_at_import(owner, name, site);
            }
            None if matches!(self.evaluator().get(owner), Value::Instance(_)) && !name.as_str().starts_with("__") => {
                if let Some(hook) = self.evaluator().method(owner, Name::new("__getattr__")) {
                    let arguments = self.evaluator().asked_for(name);
                    self.run(&hook, &arguments, site, doubtful);
                }
            }
            None => {}
        }
    }

    pub(super) fn watched(&mut self, name: Name, expr: ExprId) {
        let world = self.evaluator().world();
        let canonical = world.canonical(name);
        if world.is_watched(canonical) {
            let range = self.module().span(expr);
            self.event(range, Some(expr), EventKind::Read { name: canonical });
        }
    }

    /// A read of a bare name that may be a module's constant.
    pub(super) fn name_read(&mut self, expr: ExprId) {
        if !self.reach.follows_initialisers {
            return;
        }
        let module = self.module();
        let Expr::Name { name, block, mark } = module[expr] else { return };
        let start = module[block].scope;
        let mut local = None;
        for scope in module.scopes_around(start) {
            if scope == module.global() {
                break;
            }
            let visible = !matches!(module[scope].kind, ScopeKind::Class(_)) || scope == start;
            if visible && !module[scope].globals.contains(&name) {
                local = module.variable(scope, name);
            }
            if local.is_some() {
                break;
            }
        }
        let is_global = local.is_none();
        // At import the module's own names are being made: the walk of the module sees them itself.
        let in_module = module[block].function.is_none() && matches!(self.reach.node(self.node).code, Code::Module(_));
        if is_global && !in_module {
            let range = module.span(expr);
            let asked = Asked { site: range, part: self.part_asked_of(expr) };
            let own_code = module[block].function.is_none();
            self.global_read(self.place.file, name, asked, own_code.then_some((block, mark)));
        }
        if let Some(local) = local {
            if matches!(self.reach.node(self.node).code, Code::Initialiser { .. }) {
                self.local_of_initialiser(expr);
            }
            self.imported_read(local, expr);
        }
    }

    /// A read of a name that a function imports from a module. Where the module is loaded for the function, its code is seen
    /// as such.
    fn imported_read(&mut self, variable: VariableId, expr: ExprId) {
        let module = self.module();
        for &binding in &module[variable].bindings {
            let BindingKind::ImportFrom { module: from, level, name } = module[binding].kind else { continue };
            let Some(origin) = self.module_named(self.place.file, from, level) else { continue };
            if self.finds_loaded(origin, module[binding].block) {
                let asked = Asked { site: module.span(expr), part: self.part_asked_of(expr) };
                self.global_read(origin, name, asked, None);
            }
        }
    }

    /// What is asked of the value that an expression reads.
    fn part_asked_of(&self, expr: ExprId) -> Part {
        let module = self.module();
        match module.uses().use_of(expr) {
            Use::LoopedOver(_) | Use::ComprehendedOver(_) => Part::Keys,
            Use::Argument { call, kind: ArgumentKind::Positional, position: 0 } if self.counts(call) => Part::Size,
            Use::AttributeOf(_, name) => Part::Field(name),
            Use::Compared(comparison) => match module[comparison] {
                Expr::Compare { rest, .. } => match module.list(rest) {
                    [only] if only.right == expr && matches!(only.op, CmpOp::In | CmpOp::NotIn) => Part::Keys,
                    _ => Part::All,
                },
                _ => Part::All,
            },
            _ => match module.uses().parent(expr).map(|parent| module[parent]) {
                Some(Expr::Subscript { value, index }) if value == expr => {
                    self.evaluator().constant(&self.value(index)).map_or(Part::All, Part::Item)
                }
                _ => Part::All,
            },
        }
    }

    /// Whether a call only counts what it is given.
    fn counts(&self, call: ExprId) -> bool {
        matches!(self.module()[call], Expr::Call { callee, .. } if self.is_builtin_callee(callee, self.place, "len"))
    }

    /// Whether what is called is a builtin of this name.
    pub(super) fn is_builtin_callee(&self, callee: ExprId, place: Place, short: &str) -> bool {
        let callee = self.evaluator().value(callee, place).only();
        let name = callee.and_then(|callee| self.evaluator().outside_name(callee));
        name.is_some_and(|name| self.evaluator().is_builtin(name, short))
    }

    pub(super) fn global_read(
        &mut self,
        file: FileId,
        name: Name,
        asked: Asked,
        seen_from: Option<(BlockId, BindingId)>,
    ) {
        if !self.reach.follows_initialisers {
            return;
        }
        let mut open = vec![(file, name, seen_from)];
        let mut seen: FxHashSet<(FileId, Name)> = FxHashSet::default();
        while let Some((file, name, seen_from)) = open.pop() {
            if seen.insert((file, name)) && !self.evaluator().is_outside(file) {
                let further = self.made_in_module(file, name, asked, seen_from);
                open.extend(further.into_iter().map(|(file, name)| (file, name, None)));
            }
        }
    }

    /// Notes what a module itself made of a name at import, and gives the names of other modules that it stands for.
    fn made_in_module(
        &mut self,
        file: FileId,
        name: Name,
        asked: Asked,
        seen_from: Option<(BlockId, BindingId)>,
    ) -> Vec<(FileId, Name)> {
        let module = self.evaluator().project().module(file);
        let mut further = Vec::new();
        let bindings = self.reach.bound_at_import(file, name, seen_from);
        let is_alike = self.all_give_the_same(file, &bindings);
        for (binding, frames) in bindings.iter() {
            match module[*binding].kind {
                kind @ (BindingKind::Assign { value, .. } | BindingKind::Augment { value, .. }) => {
                    let value = match kind {
                        BindingKind::Assign { path, .. } => item_at(module, value, path),
                        _ => value,
                    };
                    if !is_alike {
                        self.decided_at_import(file, name, module[*binding].block, asked.site);
                    }
                    for frame in frames {
                        self.computed_of_part(name, value, Place { file, frame: *frame }, asked);
                    }
                }
                BindingKind::Function(_) | BindingKind::Class(_) => {
                    self.decided_at_import(file, name, module[*binding].block, asked.site);
                }
                BindingKind::ImportFrom { module, level, name } => {
                    further.extend(self.module_named(file, module, level).map(|origin| (origin, name)));
                }
                _ => {}
            }
        }
        self.filled_at_import(file, name, asked);
        self.filled_by_called(file, name, asked);
        self.set_by_others(file, name, asked.site);
        if bindings.is_empty() {
            let stars = module[module.global()].stars.iter();
            let origins = stars.filter_map(|(source, level)| self.module_named(file, *source, *level));
            further.extend(origins.map(|origin| (origin, name)));
        }
        further
    }

    /// Whether whatever decided between several bindings decided nothing: all give the same constant.
    fn all_give_the_same(&self, file: FileId, bindings: &[(BindingId, Vec<Option<FrameId>>)]) -> bool {
        let evaluator = self.evaluator();
        let given = |binding: BindingId, frame: Option<FrameId>| {
            evaluator.constant(&evaluator.binding(binding, Place { file, frame }))
        };
        let mut all = bindings.iter().flat_map(|(binding, frames)| frames.iter().map(|frame| given(*binding, *frame)));
        let first = all.next().flatten();
        bindings.len() > 1 && first.is_some() && all.all(|other| other == first)
    }

    fn module_named(&self, file: FileId, name: Name, level: u32) -> Option<FileId> {
        let source = self.evaluator().import_source(file, name, level);
        match self.get(source.single()?) {
            Value::Module(origin) => Some(origin),
            _ => None,
        }
    }

    pub(super) fn initialiser(&mut self, name: Name, value: ExprId, place: Place, site: TextRange) {
        let module = self.evaluator().project().module(place.file);
        // What stands inside a function was computed when that ran, and is seen there.
        let in_function = first_block(module, value).is_some_and(|block| module[block].function.is_some());
        if self.reach.follows_initialisers && can_have_effects(module, value) && !in_function {
            let code = Code::Initialiser { name, value, file: place.file };
            let edge = self.edge(site, false);
            self.reach.initialised(code, place.frame, edge);
        }
    }

    /// Notes that what is read was computed at import, wherever the code that computed it stands.
    pub(super) fn computed_at_import(&mut self, name: Name, value: ExprId, place: Place, site: TextRange) {
        let module = self.evaluator().project().module(place.file);
        if self.reach.follows_initialisers && can_have_effects(module, value) {
            let edge = self.edge(site, false);
            self.reach.initialised(Code::Initialiser { name, value, file: place.file }, place.frame, edge);
        }
    }

    pub(super) fn node_code(&self) -> Code {
        self.reach.node(self.node).code
    }
}

/// A read of a module's name.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// Where it is read.
    pub site: TextRange,
    /// What of it is asked.
    pub part: Part,
}

/// What is asked of a value that a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All that it is.
    All,
    /// The item under a constant key.
    Item(ValueId),
    /// What a dict has as keys; the items of what is no dict.
    Keys,
    /// How many items it has.
    Size,
    /// An attribute.
    Field(Name),
}

impl Part {
    /// The key of the only item that is asked for.
    pub(super) fn key(self) -> Option<ValueId> {
        match self {
            Part::Item(key) => Some(key),
            _ => None,
        }
    }
}

/// The part of a tuple or list, written as such, that a name is bound to which stands at a place in it.
fn item_at(module: &Module, value: ExprId, path: Path) -> ExprId {
    module.list(path).iter().fold(value, |value, step| match (module[value], step) {
        (Expr::Tuple(items) | Expr::List(items), Step::Item(position)) => {
            let items = module.list(items);
            let is_plain = !items.iter().any(|item| matches!(module[*item], Expr::Starred(_)));
            items.get(*position as usize).filter(|_| is_plain).copied().unwrap_or(value)
        }
        _ => value,
    })
}

/// The block that evaluates the first name in an expression.
pub(super) fn first_block(module: &Module, expr: ExprId) -> Option<BlockId> {
    if let Expr::Name { block, .. } = module[expr] {
        return Some(block);
    }
    if let Expr::Target(binding) = module[expr] {
        return Some(module[binding].block);
    }
    let mut found = None;
    module.each_part(expr, &mut |part| {
        if found.is_none() {
            found = first_block(module, part);
        }
    });
    found
}

/// Whether evaluating an expression can do anything but read names.
fn can_have_effects(module: &Module, value: ExprId) -> bool {
    !matches!(
        module[value],
        Expr::Str(_)
            | Expr::Text
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Bool(_)
            | Expr::None
            | Expr::Bytes
            | Expr::Ellipsis
            | Expr::Lambda(_)
    )
}
