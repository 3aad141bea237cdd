//! What ran while a class was made: decorators, the hooks of its bases and its metaclass, and of what its body assigns.
//!
//! Knows: which functions of the project that is, and with what they were called. Does not know: what they did.

use std::sync::Arc;

use super::super::eval::{Evaluator, Place, is_called_one_of, names_around, names_in};
use super::super::value::{Arguments, Callable, ClassRef, FrameId, FunctionRef, Value, Values, builtin};
use crate::semantic::{ArgumentKind, BindingKind, ClassId, Expr, Module};
use crate::source::FileId;

/// A function that ran while a class was made, in this frame.
pub(in crate::python) type Maker = (FunctionRef, Option<FrameId>);

impl Evaluator<'_> {
    /// Finds the functions of the project that ran while a class was made: each stands as if the frame that it ran in were
    /// around it.
    pub(in crate::python) fn find_makers(&self, class: ClassRef) -> Values {
        let module = self.project.module(class.file);
        let definition = &module[class.class];
        let place = Place { file: class.file, frame: None };
        let mut found = Values::NEVER;
        let mut ran = |callable: &Callable, given: &Arguments| {
            let frame = self.bind(callable, given).0;
            let run = Callable { function: callable.function, receiver: None, outer: frame };
            found.add(self.store.id(Value::Function(run)));
        };
        let mut keywords = Arguments::default();
        for given in module.list(definition.arguments) {
            match given.kind {
                ArgumentKind::Keyword(name) if name == "metaclass" => {}
                ArgumentKind::Keyword(name) => keywords.named.push((name, self.value(given.value, place))),
                ArgumentKind::DoubleStar => keywords.open = true,
                _ => {}
            }
        }
        let name = self.only(Value::Str(definition.name));
        let given = Arguments { positional: vec![name, Values::anything(), Values::anything()], ..keywords.clone() };
        for method in ["__new__", "__init__"] {
            if let Some(hook) = self.metaclass_method(class, None, method) {
                ran(&hook, &given);
            }
        }
        let value = Values::of(self.store.id(Value::Class(class, None)));
        for (_, variable) in module.variables_of(definition.scope) {
            let Some(BindingKind::Assign { value: held, path, .. }) =
                variable.bindings.last().map(|last| module[*last].kind)
            else {
                continue;
            };
            if !path.is_empty() || !self.makes_named(module, held, place) {
                continue;
            }
            let name = self.only(Value::Str(variable.name));
            for held in &self.value(held, place).known {
                if let Some(hook) = self.method(*held, crate::semantic::Name::new("__set_name__")) {
                    ran(&hook, &Arguments::positional(vec![value.clone(), name.clone()]));
                }
            }
        }
        if let Some(hook) = self.subclass_hook(class) {
            ran(&hook, &keywords);
        }
        for decorator in module.list(definition.decorators).iter().rev() {
            for known in &self.value(*decorator, place).known {
                if let Value::Function(callable) = self.get(*known) {
                    ran(callable, &Arguments::positional(vec![value.clone()]));
                }
            }
        }
        found
    }

    /// Whether an expression makes an object that is told the name under which a class body keeps it.
    fn makes_named(&self, module: &Module, expr: crate::semantic::ExprId, place: Place) -> bool {
        let Expr::Call { callee, .. } = module[expr] else { return false };
        self.value(callee, place).known.iter().any(|callee| match self.get(*callee) {
            Value::Class(class, outer) => self.constructor(*class, *outer, "__set_name__").is_some(),
            _ => false,
        })
    }

    /// The frames in which a function ran while classes of modules were made.
    pub(in crate::python) fn frames_of_making(&self, function: FunctionRef) -> Vec<Option<FrameId>> {
        let module = self.project.module(function.file);
        let definition = &module[function.function];
        let own = definition.class.map(|class| ClassRef { file: function.file, class });
        let classes = match (definition.name.as_str(), own) {
            ("__init_subclass__", Some(own)) => self.subclasses(own),
            ("__set_name__", Some(_)) => self.classes_near(function.file, &|_, _| true),
            ("__new__" | "__init__", Some(own)) => {
                let is_metaclass =
                    self.derives_from(own, None, &|base| self.with_bases(base).any(|base| base == builtin("type")));
                if is_metaclass { self.classes_near(function.file, &has_arguments) } else { Vec::new() }
            }
            (_, Some(_)) => Vec::new(),
            (_, None) => self.decorated_by_name(function).to_vec(),
        };
        let of_modules = classes.into_iter().filter(|class| {
            let module = self.project.module(class.file);
            module.function_around(module[class.class].scope).is_none()
        });
        let ran = of_modules.flat_map(|class| self.makers(class)).filter(|(maker, _)| *maker == function);
        let mut frames: Vec<Option<FrameId>> = ran.map(|(_, frame)| frame).collect();
        frames.sort_unstable();
        frames.dedup();
        frames
    }

    /// The classes near a function that have a decorator which is called as it is, or as one around it.
    fn decorated_by_name(&self, function: FunctionRef) -> Arc<[ClassRef]> {
        if let Some(known) = self.classes.decorated.borrow().get(&function) {
            return known.clone();
        }
        let names = names_around(self.project.module(function.file), function.function);
        let mut found = Vec::new();
        for file in self.files_near(function.file) {
            let module = self.project.module(file);
            let names = names_in(module, &names);
            let is_decorated = |class: &ClassId| {
                let mut decorators = module.list(module[*class].decorators).iter();
                decorators.any(|decorator| is_called_one_of(module, *decorator, &names))
            };
            found.extend(module.class_ids().filter(is_decorated).map(|class| ClassRef { file, class }));
        }
        let found: Arc<[ClassRef]> = found.into();
        self.classes.decorated.borrow_mut().insert(function, found.clone());
        found
    }

    /// A file, and those that import it.
    fn files_near(&self, file: FileId) -> Vec<FileId> {
        std::iter::once(file).chain(self.users_of(file).iter().copied()).collect()
    }

    /// The classes of a file, and of those that import it.
    fn classes_near(&self, file: FileId, is_such: &dyn Fn(&Module, ClassId) -> bool) -> Vec<ClassRef> {
        let classes = self.files_near(file).into_iter().flat_map(|file| {
            let module = self.project.module(file);
            let such = module.class_ids().filter(|class| is_such(module, *class));
            such.map(|class| ClassRef { file, class }).collect::<Vec<_>>()
        });
        classes.collect()
    }
}

fn has_arguments(module: &Module, class: ClassId) -> bool {
    !module.list(module[class].arguments).is_empty()
}
