//! What runs when a function or class is defined, or a module imported.
//!
//! Knows: decorators, defaults, bases, metaclasses, `__init_subclass__`, `__set_name__`, and which imported modules are loaded
//! anew. Does not know: what was computed at an import that is long over ([`import_time`](super::import_time)).

use super::super::value::{Arguments, ClassRef, Value};
use super::reach::Code;
use super::walk::Walker;
use crate::semantic::{BindingKind, BlockId, ClassId, ExprId, FunctionId, ImportId, RegionKind};
use crate::source::{FileId, TextRange};

impl Walker<'_, '_> {
    /// A module that is imported when code runs is loaded then, if it was not before.
    pub(super) fn imported(&mut self, import: ImportId) {
        if !self.reach.follows_initialisers {
            return;
        }
        // What an initialiser's module imports was loaded before.
        if self.at_import && !matches!(self.node_code(), Code::Module(_)) {
            return;
        }
        let module = self.module();
        let site = module.statement_span(module[import].statement);
        let passes = self.passes_through(module[import].block);
        let loaded = self.reach.loaded_before(self.node);
        // Where a module is loaded, so is what it imports.
        let before = self.reach.node(self.node).at_import;
        for file in self.evaluator().files_of(self.place.file, import) {
            if file != self.place.file && !self.evaluator().is_outside(file) && !loaded.contains(&file) {
                let edge = self.edge(site, false);
                let at_import = before || passes || self.reach.loads_outside(file);
                self.reach.loaded(file, at_import, edge);
            }
        }
    }

    /// Whether a file that a statement of a function imports is not loaded anew for it.
    pub(super) fn finds_loaded(&mut self, file: FileId, block: BlockId) -> bool {
        self.passes_through(block)
            || self.reach.loads_outside(file)
            || self.reach.loaded_before(self.node).contains(&file)
    }

    /// Whether what a block imports is loaded outside the code at hand.
    fn passes_through(&self, block: BlockId) -> bool {
        let module = self.module();
        module.regions_around(block).any(|(_, region)| match region.kind {
            RegionKind::With(with) => {
                module.list(module[with].items).iter().any(|item| self.loads_outside(item.manager))
            }
            _ => false,
        })
    }

    /// Whether what is imported below a context manager runs outside the code at hand.
    fn loads_outside(&self, manager: ExprId) -> bool {
        let values = self.value(manager);
        values.known.iter().any(|value| match self.evaluator().get(*value) {
            Value::ResultOf(name) => self.evaluator().world().imports_outside(*name),
            _ => false,
        })
    }

    /// A definition of a function runs its decorators and the defaults of its parameters.
    pub(super) fn defined_function(&mut self, function: FunctionId) {
        let module = self.module();
        for decorator in module.list(module[function].decorators) {
            self.visit(*decorator);
            if self.at_import || matches!(self.node_code(), Code::Module(_)) {
                self.decorated_at_import(*decorator, function);
            }
        }
        for parameter in module.parameters(function) {
            parameter.default.into_iter().for_each(|default| self.visit(default));
        }
    }

    /// Applying a project's decorator runs the decorator.
    fn decorated_at_import(&mut self, decorator: ExprId, function: FunctionId) {
        let values = self.value(decorator);
        let site = self.module().span(decorator);
        let inner = self.evaluator().closure(self.place.file, function, None);
        for value in &values.known {
            if matches!(self.evaluator().get(*value), Value::Function(_)) {
                self.invoke(*value, &Arguments::positional(vec![inner.clone()]), site, false);
            }
        }
    }

    /// A definition of a class runs its decorators, bases and body, and what the bases do about it.
    pub(super) fn defined_class(&mut self, class: ClassId) {
        let module = self.module();
        module.list(module[class].decorators).iter().for_each(|decorator| self.visit(*decorator));
        module.list(module[class].arguments).iter().for_each(|base| self.visit(base.value));
        self.suite(module[class].body);
        self.made_by_metaclass(class);
    }

    /// `__new__` and `__init__` of a metaclass, and `__init_subclass__` of bases, run when a class is made.
    fn made_by_metaclass(&mut self, class: ClassId) {
        let module = self.module();
        let class_ref = ClassRef { file: self.place.file, class };
        let site = module[class].name_range;
        for name in ["__prepare__", "__new__", "__init__"] {
            if let Some(hook) = self.evaluator().metaclass_method(class_ref, None, name) {
                self.run(&hook, &Arguments::open(), site, false);
            }
        }
        self.named_by_class(class, site);
        if let Some(hook) = self.evaluator().subclass_hook(class_ref) {
            self.run(&hook, &Arguments::open(), site, false);
        }
    }

    /// `__set_name__` of what a class body assigns.
    fn named_by_class(&mut self, class: ClassId, site: TextRange) {
        let module = self.module();
        for (_, variable) in module.variables_of(module[class].scope) {
            let Some(last) = variable.bindings.last() else { continue };
            if let BindingKind::Assign { value, path, .. } = module[*last].kind
                && path.is_empty()
            {
                let held = self.value(value);
                self.special(&held, "__set_name__", site);
            }
        }
    }
}
