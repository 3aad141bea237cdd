//! What code puts into attributes, and takes out of them, without naming them as such.
//!
//! Knows: `setattr`, `getattr`, `__setattr__`, `__dict__` and `vars`; what is made of a collection that an attribute holds, so that another
//! name may stand for it; and what runs where data are made into an object. Does not know: names that are worked out.
//!
//! ```python
//! setattr(self, field, value)         # any attribute
//! notes = self.notes                  # what is put into `notes` is in `self.notes`
//! ```

use super::build::Builder;
use crate::python::{Ancestor, ClassRef, FunctionRef, Place, Value, ValueId};
use crate::semantic::{Argument, ArgumentKind, Expr, ExprId, Module, Name, Use};
use crate::source::{FileId, TextRange};

/// What attributes are set with by texts that name them.
const SETTERS: [&str; 4] = ["__setattr__", "setattr", "update", "vars"];

/// The methods of a dict that give none of it away as such, and put nothing into it.
const READING: [&str; 8] = ["clear", "copy", "get", "items", "keys", "pop", "popitem", "values"];

/// The functions of the language that take a dict and keep nothing of it.
const LOOKING: [&str; 15] = [
    "all",
    "any",
    "bool",
    "dict",
    "enumerate",
    "frozenset",
    "len",
    "list",
    "max",
    "min",
    "repr",
    "set",
    "sorted",
    "str",
    "tuple",
];

impl Builder<'_, '_, '_> {
    /// Whether code may put something into an attribute of this name, of an object of a class, by a text that says which it is.
    pub(super) fn is_set_by_text(&self, name: Name, class: Option<ClassRef>) -> bool {
        let project = self.evaluator.project();
        self.files_that_set_by_text().iter().any(|&file| {
            let module = project.module(file);
            let given = |call: &ExprId| match module[*call] {
                Expr::Call { arguments, .. } => module.list(arguments),
                _ => &[],
            };
            let is_other = |argument: Option<&Argument>| {
                class.zip(argument).is_some_and(|(class, object)| self.is_of_other(file, object.value, class))
            };
            // What names it by a constant is an assignment to it.
            let sets = |call: &ExprId| !is_text(module, given(call).get(1)) && !is_other(given(call).first());
            let sets_around = |call: &ExprId| match given(call).iter().take(2).find_map(|given| text_of(module, given))
            {
                Some(text) => text == name,
                None => true,
            };
            let updates = |call: &ExprId| {
                let is_named = |argument: &Argument| match argument.kind {
                    ArgumentKind::Keyword(known) => known == name,
                    _ => true,
                };
                is_of_entries(module, *call) && given(call).iter().any(is_named)
            };
            module.calls_named(Name::new("setattr")).iter().any(sets)
                || module.calls_named(Name::new("__setattr__")).iter().any(sets_around)
                || module.calls_named(Name::new("update")).iter().any(updates)
                || module.calls_named(Name::new("vars")).iter().any(|call| is_taken(module, *call))
                || module
                    .stores(Name::new("__dict__"))
                    .any(|store| store.key.is_none_or(|key| !matches!(module[key], Expr::Str(_))))
        })
    }

    /// The files in which code names attributes by texts.
    fn files_that_set_by_text(&self) -> &[FileId] {
        self.set_by_text.get_or_init(|| {
            let project = self.evaluator.project();
            let is_one = |file: &FileId| {
                let module = project.module(*file);
                SETTERS.iter().any(|name| !module.calls_named(Name::new(name)).is_empty())
                    || module.stores(Name::new("__dict__")).next().is_some()
                    || module.attribute_stores(Name::new("__dict__")).next().is_some()
            };
            project.built().into_iter().filter(is_one).collect()
        })
    }

    /// Whether an expression is an object of another class of the project, and of none that a class derives from or that derives from it.
    fn is_of_other(&self, file: FileId, object: ExprId, class: ClassRef) -> bool {
        let object = self.evaluator.value(object, Place { file, frame: None }).single();
        let Some(Value::Instance(other)) = object.map(|object| self.evaluator.get(object)) else { return false };
        let derives = |one: ClassRef, from: ClassRef| {
            let is_it = |ancestor: &Ancestor| match ancestor {
                Ancestor::Project(known, _) => *known == from,
                Ancestor::Outside(_) => false,
                Ancestor::Dynamic(_) | Ancestor::Unknown => true,
            };
            self.evaluator.order(one, None).iter().any(is_it)
        };
        !derives(other.class, class) && !derives(class, other.class)
    }

    /// Whether no other name stands for the dict that an attribute of this name holds, so that all that is put into it is put into the
    /// attribute.
    pub(super) fn has_one_name(&self, name: Name) -> bool {
        let project = self.evaluator.project();
        project.built().into_iter().all(|file| {
            let module = project.module(file);
            let is_other = |call: &ExprId| match module[*call] {
                Expr::Call { arguments, .. } => module
                    .list(arguments)
                    .get(1)
                    .and_then(|given| text_of(module, given))
                    .is_some_and(|text| text != name),
                _ => false,
            };
            let is_seen = |expr: ExprId| match module[expr] {
                Expr::Attribute { name: known, .. } if known == name => self.is_in_sight(file, expr),
                _ => true,
            };
            module.calls_named(Name::new("getattr")).iter().all(is_other) && module.expression_ids().all(is_seen)
        })
    }

    /// Whether what becomes of a dict where it is read is in sight: nothing is put into it but by its name.
    fn is_in_sight(&self, file: FileId, expr: ExprId) -> bool {
        let module = self.evaluator.project().module(file);
        let mut found = module.uses().use_of(expr);
        while let Use::Logical(whole) = found {
            found = module.uses().use_of(whole);
        }
        let is_direct = !matches!(module.uses().use_of(expr), Use::Logical(_));
        match found {
            Use::IfTest(_) | Use::WhileTest(_) | Use::ConditionalTest(_) | Use::FilterOf(_) => true,
            Use::Compared(_) | Use::Operand(_) | Use::Formatted(_) | Use::Unpacked(_) => true,
            Use::LoopedOver(_) | Use::ComprehendedOver(_) => true,
            Use::Target(_) | Use::Deleted(_) => is_direct,
            Use::ItemOf(entry) => is_direct && is_plainly_put(module, expr, entry),
            Use::AttributeOf(method, name) => is_direct && is_plainly_called(module, method, name),
            // What a query gives is written down.
            Use::Returned(_) => self.is_given_to_the_sdk(file, expr),
            Use::Argument { call, .. } => {
                let Expr::Call { callee, .. } = module[call] else { return false };
                let callee = self.evaluator.value(callee, Place { file, frame: None }).only();
                let name = callee.and_then(|callee| self.evaluator.outside_name(callee));
                let short = name.and_then(|name| name.as_str().strip_prefix("builtins."));
                short.is_some_and(|short| LOOKING.contains(&short))
            }
            _ => false,
        }
    }

    /// Whether an expression stands in a function that the SDK calls.
    fn is_given_to_the_sdk(&self, file: FileId, expr: ExprId) -> bool {
        let module = self.evaluator.project().module(file);
        let block = module.block_of_expression(expr);
        let function = block.and_then(|block| module.function_around(module[block].scope));
        let mut entries = self.analysis.definitions.entry_points.iter();
        function.is_some_and(|function| entries.any(|entry| entry.runs(FunctionRef { file, function })))
    }

    /// Whether code that runs once an object like this one, of a class, is made of data may put something into a field.
    pub(super) fn is_put_by_hooks(&self, object: ValueId, class: ClassRef, field: Name) -> bool {
        if !self.evaluator.runs_on_fields(class, None) {
            return false;
        }
        let project = self.evaluator.project();
        let is_named = |module: &Module| {
            let is_it = |expr: ExprId| matches!(module[expr], Expr::Str(text) if text == field || text == "*");
            module.expression_ids().any(is_it)
        };
        let is_named_by = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(owner, _) => is_named(project.module(owner.file)),
            Ancestor::Outside(_) => false,
            Ancestor::Dynamic(_) | Ancestor::Unknown => true,
        };
        self.is_given_later(object, field) || self.evaluator.order(class, None).iter().any(is_named_by)
    }
}

/// The text that an argument is.
fn text_of(module: &Module, argument: &Argument) -> Option<Name> {
    match module[argument.value] {
        Expr::Str(text) => Some(text),
        _ => None,
    }
}

/// Whether an argument is a text as it stands there.
fn is_text(module: &Module, argument: Option<&Argument>) -> bool {
    argument.is_some_and(|argument| text_of(module, argument).is_some())
}

/// Whether a call is one of a method of `__dict__`, or of what `vars` gives.
fn is_of_entries(module: &Module, call: ExprId) -> bool {
    let Expr::Call { callee, .. } = module[call] else { return false };
    let Expr::Attribute { value, .. } = module[callee] else { return false };
    match module[value] {
        Expr::Attribute { name, .. } => name == "__dict__",
        Expr::Call { callee, .. } => is_name(module, callee, "vars"),
        _ => false,
    }
}

/// Whether more is made of what `vars` gives than to look at it.
fn is_taken(module: &Module, call: ExprId) -> bool {
    match module.uses().use_of(call) {
        Use::AttributeOf(method, name) => !is_plainly_called(module, method, name),
        Use::ItemOf(_) | Use::Bound(_) | Use::Named(_) | Use::Target(_) => true,
        _ => false,
    }
}

/// Whether an entry of a dict is read, or given a value by an assignment that says which.
fn is_plainly_put(module: &Module, dict: ExprId, entry: ExprId) -> bool {
    let mut part = entry;
    loop {
        part = match module.uses().use_of(part) {
            Use::Item(whole) | Use::Unpacked(whole) => whole,
            Use::Target(_) | Use::Header => return is_stored(module, dict),
            _ => return true,
        };
    }
}

/// Whether a statement that says what puts something into a dict.
fn is_stored(module: &Module, dict: ExprId) -> bool {
    let Expr::Attribute { name, .. } = module[dict] else { return false };
    module.stores(name).any(|store| store.collection == dict)
}

/// Whether a method of a dict is called that only looks at it, or puts into it what it is given.
fn is_plainly_called(module: &Module, method: ExprId, name: Name) -> bool {
    let Use::Called(call) = module.uses().use_of(method) else { return false };
    let Expr::Call { arguments, .. } = module[call] else { return false };
    let puts_something = || {
        let given = module.list(arguments);
        given.len() == 2 && given.iter().all(|argument| argument.kind == ArgumentKind::Positional)
    };
    READING.contains(&name.as_str()) || name == "setdefault" && puts_something()
}

/// The attributes that code in some places names by texts; nothing where these may be any.
pub(super) fn named_by_texts(module: &Module, ranges: &[TextRange]) -> Option<Vec<Name>> {
    let is_inside = |expr: ExprId| ranges.iter().any(|range| range.contains_range(module.span(expr)));
    let mut found = Vec::new();
    for call in module.calls().iter().filter(|call| is_inside(**call)) {
        named_by_call(module, *call, &mut found)?;
    }
    for expr in module.expression_ids().filter(|expr| is_inside(*expr)) {
        let is_all = matches!(module[expr], Expr::Attribute { name, .. } if name == "__dict__")
            || matches!(module[expr], Expr::Call { callee, .. } if is_name(module, callee, "vars"));
        match module.uses().use_of(expr) {
            Use::ItemOf(entry) if is_all => found.push(key_of(module, entry)?),
            Use::Bound(_) | Use::Named(_) | Use::Target(_) if is_all => return None,
            _ => {}
        }
    }
    Some(found)
}

/// What a call names by a text as an attribute; nothing where that may be any.
fn named_by_call(module: &Module, call: ExprId, found: &mut Vec<Name>) -> Option<()> {
    let Expr::Call { callee, arguments } = module[call] else { return Some(()) };
    let given = module.list(arguments);
    let second = || given.get(1).and_then(|name| text_of(module, name));
    match module[callee] {
        // What is read by a name that is worked out is most often called.
        Expr::Name { name, .. } if name == "getattr" => found.extend(second()),
        Expr::Name { name, .. } if name == "setattr" => found.push(second()?),
        Expr::Attribute { name, .. } if name == "__setattr__" => {
            found.push(given.iter().take(2).find_map(|given| text_of(module, given))?);
        }
        Expr::Attribute { name, .. } if name == "update" && is_of_entries(module, call) => {
            for argument in given {
                let ArgumentKind::Keyword(name) = argument.kind else { return None };
                found.push(name);
            }
        }
        _ => {}
    }
    Some(())
}

/// The text by which an entry is read or set.
fn key_of(module: &Module, entry: ExprId) -> Option<Name> {
    match module[entry] {
        Expr::Subscript { index, .. } => match module[index] {
            Expr::Str(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn is_name(module: &Module, expr: ExprId, wanted: &str) -> bool {
    matches!(module[expr], Expr::Name { name, .. } if name == wanted)
}
