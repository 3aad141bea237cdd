//! What a name means where it is read.
//!
//! Knows: scopes, imports, star imports and builtins. Does not know: the order of bindings in one control flow ([`flow`]).

use super::{Evaluator, Place, Query};
use crate::python::project::Imported;
use crate::python::value::{BUILTINS, FunctionRef, Value, Values, builtin};
use crate::semantic::{BindingId, BindingKind, BlockId, Name, ScopeId, ScopeKind, VariableId};
use crate::source::{FileId, first_part};

impl Evaluator<'_> {
    /// What a name means at a place.
    pub(in crate::python) fn name(&self, name: Name, block: BlockId, mark: BindingId, place: Place) -> Values {
        let module = self.project.module(place.file);
        let start = module[block].scope;
        let mut own = true;
        for scope in module.scopes_around(start) {
            let found = &module[scope];
            if found.globals.contains(&name) {
                return self.global_rebound(place.file, name, block, mark, place);
            }
            let visible = !matches!(found.kind, ScopeKind::Class(_)) || scope == start;
            if visible && let Some(variable) = module.variable(scope, name) {
                let values = self.variable_at(variable, scope, own, block, mark, place);
                if let Some(values) = values {
                    return self.filled_name(values, name, scope, place);
                }
            }
            if visible && let Some(value) = self.starred(place.file, scope, name) {
                return value;
            }
            own = own && !matches!(found.kind, ScopeKind::Function(_));
        }
        self.builtin_name(name)
    }

    fn builtin_name(&self, name: Name) -> Values {
        if super::builtins::is_builtin(name.as_str()) {
            self.outside(builtin(name.as_str()))
        } else {
            Values::anything()
        }
    }

    /// What a variable is at a place; `None` where it is surely not bound there and the next scope is asked.
    fn variable_at(
        &self,
        variable: VariableId,
        scope: ScopeId,
        own: bool,
        block: BlockId,
        mark: BindingId,
        place: Place,
    ) -> Option<Values> {
        let module = self.project.module(place.file);
        if scope == module.global() && module[block].function.is_some() {
            return Some(self.global(place.file, module[variable].name)).filter(|values| !values.is_never());
        }
        let values = if own {
            let mut values = self.reading(variable, block, mark, place);
            if module[variable].is_bound_inside {
                values.join(&self.bound_inside(variable, scope, place));
            }
            values
        } else {
            // A function inside: it runs when any of the bindings may hold.
            let here = Place { file: place.file, frame: self.frame_around(scope, place) };
            let bindings = module[variable].bindings.iter();
            Values::union(bindings.map(|binding| self.live_binding(*binding, here)))
        };
        let falls_through = matches!(module[scope].kind, ScopeKind::Class(_) | ScopeKind::Module);
        if values.is_never() && falls_through {
            return None;
        }
        Some(values)
    }

    /// What functions inside the one whose variable it is bind it to, by `nonlocal`: they may have run.
    fn bound_inside(&self, variable: VariableId, scope: ScopeId, place: Place) -> Values {
        let module = self.project.module(place.file);
        let ScopeKind::Function(own) = module[scope].kind else { return Values::NEVER };
        let is_inside =
            |binding: &&BindingId| module[module[**binding].block].function.is_some_and(|function| function != own);
        let bindings = module[variable].bindings.iter().filter(is_inside);
        Values::union(bindings.map(|binding| self.live_binding(*binding, place)))
    }

    /// The frame of the function whose scope this is, seen from a place in a function inside it.
    fn frame_around(&self, scope: ScopeId, place: Place) -> Option<crate::python::FrameId> {
        let module = self.project.module(place.file);
        let function = module.function_around(scope)?;
        self.frame_of(place.frame, FunctionRef { file: place.file, function })
    }

    /// A module's name that a function rebinds by `global`: what it bound itself, or what others bound.
    fn global_rebound(&self, file: FileId, name: Name, block: BlockId, mark: BindingId, place: Place) -> Values {
        let module = self.project.module(file);
        let Some(variable) = module.variable(module.global(), name) else { return self.global(file, name) };
        let here = self.reading(variable, block, mark, place);
        let known_here = module.last_in_block(variable, block, mark).is_some();
        if known_here { here } else { Values::union([here, self.global(file, name)]) }
    }

    /// A module's name as others see it: what it is when the module has run, or what functions make of it later.
    pub(in crate::python) fn global(&self, file: FileId, name: Name) -> Values {
        if self.is_outside(file) {
            return Values::anything();
        }
        self.ask(Query::Global(file, name))
    }

    pub(super) fn made_global(&self, file: FileId, name: Name) -> Values {
        let module = self.project.module(file);
        let place = Place { file, frame: None };
        let mut found = Values::NEVER;
        if let Some(variable) = module.variable(module.global(), name) {
            let exit = module[module.global()].exit;
            found.join(&self.reading(variable, exit, BindingId::END, place));
            for &binding in &module[variable].bindings {
                if module[module[binding].block].function.is_some() {
                    found.join(&self.live_binding(binding, place));
                }
            }
            // A module that does not come to its end, such as one that ends in `sys.exit(main())`, has bound its names
            // by then.
            if found.is_never() {
                module[variable]
                    .bindings
                    .iter()
                    .for_each(|binding| _ = found.join(&self.live_binding(*binding, place)));
            }
        }
        if found.is_never() {
            return self.starred(file, module.global(), name).unwrap_or(found);
        }
        self.filled_name(found, name, module.global(), place)
    }

    /// A module's name as others see it.
    #[must_use]
    pub fn global_name(&self, file: FileId, name: Name) -> Values {
        self.global(file, name)
    }

    /// What a package takes from itself, `from . import name`, after a star import that brings it.
    pub(super) fn starred_before(&self, file: FileId, source: &Values, name: Name) -> Option<Values> {
        let is_own = matches!(self.get(source.only()?), Value::Module(own) if *own == file);
        let module = self.project.module(file);
        let is_bound_once = module.bindings_of(module.global(), name).len() == 1;
        (is_own && is_bound_once).then(|| self.starred(file, module.global(), name)).flatten()
    }

    fn starred(&self, file: FileId, scope: ScopeId, name: Name) -> Option<Values> {
        let module = self.project.module(file);
        if module[scope].stars.is_empty() {
            return None;
        }
        module[scope].stars.iter().rev().find_map(|&(source, level)| {
            let source = self.import_source(file, source, level);
            match source.single().map(|source| self.get(source)) {
                Some(Value::Module(origin)) if *origin != file && !self.is_outside(*origin) => {
                    let found = self.exported(*origin, name);
                    (!found.is_never() && !found.is_unknown()).then_some(found)
                }
                // What an outside star brings is not known; only what the tables name is taken for its own.
                Some(Value::Outside(package)) => {
                    let candidate = Name::new(&format!("{package}.{name}"));
                    self.world.knows(candidate).then(|| self.outside(candidate))
                }
                _ => None,
            }
        })
    }

    /// What `from module import *` brings for a name.
    fn exported(&self, file: FileId, name: Name) -> Values {
        self.ask(Query::Starred(file, name))
    }

    pub(super) fn made_exported(&self, file: FileId, name: Name) -> Values {
        let module = self.project.module(file);
        let bound = module.variable(module.global(), name).is_some() || !module[module.global()].stars.is_empty();
        if module.exports(name) && bound { self.global(file, name) } else { Values::NEVER }
    }

    /// What a module of this name is, imported from a file.
    pub fn import_source(&self, file: FileId, module: Name, level: u32) -> Values {
        let text = module.as_str();
        let imported = if level > 0 {
            self.project.import_relative(file, level, text)
        } else if self.world.is_always_outside(first_part(text)) {
            Imported::Outside
        } else {
            self.project.import(file, text, &|top| self.world.is_library(top))
        };
        match imported {
            Imported::Outside => self.outside(module),
            found => self.imported(found),
        }
    }

    pub(super) fn imported(&self, found: Imported) -> Values {
        match found {
            Imported::Module(file) => self.only(Value::Module(file)),
            Imported::Namespace(path) => self.only(Value::Namespace(path)),
            Imported::Outside | Imported::Nowhere => Values::anything(),
        }
    }

    /// `name` imported from a module.
    pub(super) fn imported_name(&self, source: &Values, name: Name) -> Values {
        self.each(source, |id, module| match module {
            Value::Module(_) | Value::Namespace(_) => self.attribute(&Values::of(id), name),
            Value::Outside(module) => self.outside(Name::new(&format!("{module}.{name}"))),
            _ => Values::anything(),
        })
    }

    /// Something outside the project, under its canonical name.
    pub(in crate::python) fn outside(&self, name: Name) -> Values {
        self.only(Value::Outside(self.world.canonical(name)))
    }

    /// The qualified name of something outside.
    #[must_use]
    pub fn outside_name(&self, value: crate::python::ValueId) -> Option<Name> {
        match self.get(value) {
            Value::Outside(name) | Value::OutsideMethod { name, .. } => Some(*name),
            _ => None,
        }
    }

    /// Whether a name is that of a builtin of this name.
    pub(in crate::python) fn is_builtin(&self, name: Name, short: &str) -> bool {
        name.as_str().strip_prefix(BUILTINS).and_then(|rest| rest.strip_prefix('.')) == Some(short)
    }

    /// The kind of binding that a name has in its module, for rules about definitions.
    #[must_use]
    pub fn binding_kind(&self, file: FileId, binding: BindingId) -> BindingKind {
        self.project.module(file)[binding].kind
    }
}
