//! Of which class a term is, and what is known of its attributes by their names alone.
//!
//! Knows: constants, collections, and objects of the project's classes. Does not know: what annotations say.

use super::build::Builder;
use super::expression::shown;
use super::kept::{Held, ITEM, Into};
use super::step::FlowKind;
use super::term::{Term, Truth, is_same, unquoted};
use crate::python::{Ancestor, ClassRef, Evaluator, Field, FunctionRef, Place, Value, ValueId};
use crate::semantic::{BlockId, Expr, ExprId, Name};
use crate::source::FileId;
use crate::temporal::constants::{Constant, constant};
use crate::temporal::definitions::{EntryPoint, Role};

impl Builder<'_, '_, '_> {
    /// `isinstance(term, class)`, where that is known.
    pub(super) fn is_instance(&self, term: &Term, class: &Term) -> Option<Truth> {
        if let Term::Choice(choice) = term {
            let (then, orelse) = (self.is_instance(&choice.then, class)?, self.is_instance(&choice.orelse, class)?);
            let chosen = Term::choice(choice.condition.clone(), Term::of_truth(then), Term::of_truth(orelse));
            return Some(self.truth(&chosen));
        }
        if let Term::Items(classes) = class {
            let mut none = Truth::Always(true);
            for class in classes.iter() {
                none = none.and(self.is_instance(term, &class.term)?.not());
            }
            return Some(none.not());
        }
        let Term::Known(class) = class else { return None };
        match self.evaluator.get(*class) {
            Value::Outside(class) => {
                let given = || match term {
                    Term::Other(text, _) => is_of_plain(self.plain.get(&text.name)?, class.as_str()),
                    _ => None,
                };
                is_of_library(term, class.as_str()).or_else(given).map(Truth::Always)
            }
            Value::Class(class, _) => {
                let object = match term {
                    Term::Object(_, object) => self.evaluator.get(*object),
                    // It is made into what is annotated, or into an object of a class that derives from that, if anything came.
                    Term::Other(text, Some(object))
                        if self.never_none.contains(&text.name) && self.is_object_of(*object, *class) =>
                    {
                        return Some(Truth::Always(true));
                    }
                    // So are the items of a list that handlers fill with what messages bring.
                    Term::Other(text, _)
                        if text.name.starts_with(ITEM)
                            && self.class_of_kept(text).is_some_and(|kept| self.is_object_of(kept, *class)) =>
                    {
                        return Some(Truth::Always(true));
                    }
                    Term::Constant(_) | Term::Items(_) | Term::Table(_) | Term::Written(_) => {
                        return Some(Truth::Always(false));
                    }
                    _ => return None,
                };
                let Value::Instance(object) = object else { return None };
                let order = self.evaluator.order(object.class, object.outer);
                let is_it = |ancestor: &Ancestor| matches!(ancestor, Ancestor::Project(known, _) if known == class);
                let is_known = order.iter().all(|ancestor| !matches!(ancestor, Ancestor::Unknown));
                order.iter().any(is_it).then_some(true).or(is_known.then_some(false)).map(Truth::Always)
            }
            _ => None,
        }
    }

    /// Whether an object is one of a class of the project or of one that derives from it.
    fn is_object_of(&self, object: ValueId, class: ClassRef) -> bool {
        let Value::Instance(object) = self.evaluator.get(object) else { return false };
        let order = self.evaluator.order(object.class, object.outer);
        order.iter().any(|ancestor| matches!(ancestor, Ancestor::Project(known, _) if *known == class))
    }

    /// `getattr(object, "name")` of what the version before did not have, or of an object that code at hand made.
    pub(super) fn attribute_at_hand(&mut self, object: &Term, name: &Term) -> Option<Term> {
        let Term::Constant(name) = name else { return None };
        let name = Name::new(unquoted(name));
        match object {
            Term::Object(object, _) => self.heap.get(&(*object, name)).cloned(),
            Term::Other(text, Some(class)) => self.default_of_new_field(*class, text, name),
            _ => None,
        }
    }

    /// The constant that an attribute of the workflow is to histories of the version before: all that is put there is the same,
    /// but for what a patch or a handler puts that it did not have.
    pub(super) fn constant_attribute(&self, name: Name) -> Option<Term> {
        let class = self.receiver.and_then(|receiver| match self.evaluator.get(receiver) {
            Value::Instance(instance) => Some(instance.class),
            _ => None,
        })?;
        let project = self.evaluator.project();
        for ancestor in self.evaluator.order(class, None).iter() {
            if let Ancestor::Project(owner, _) = ancestor
                && let module = project.module(owner.file)
                && !module.bindings_of(module[owner.class].scope, name).is_empty()
            {
                return None;
            }
        }
        let (mut found, mut is_of_lens): (Option<Term>, bool) = (None, false);
        for Held { file, value, block, into } in self.all_held(name)? {
            if self.is_of_new_handler(file, block) {
                is_of_lens = true;
                continue;
            }
            let given = self.default_given(file, value, block).or_else(|| self.new_argument(file, value, block));
            is_of_lens |= given.is_some() || matches!(project.module(file)[value], Expr::Call { .. });
            let term = given.or_else(|| self.settled_constant(file, value)).filter(|_| into == Into::Whole)?;
            match &found {
                Some(known) if !is_same(known, &term) => return None,
                _ => found = Some(term),
            }
        }
        found.filter(|_| is_of_lens)
    }

    /// `None`, `True`, `False`, a number or text, or a patch that the version before did not ask for.
    fn settled_constant(&self, file: FileId, value: ExprId) -> Option<Term> {
        let module = self.evaluator.project().module(file);
        match module[value] {
            Expr::None => Some(Term::none()),
            Expr::Bool(truth) => Some(Term::truth(truth)),
            Expr::Int(_) | Expr::Str(_) => {
                let constant = constant(self.evaluator, value, Place { file, frame: None })?;
                Some(Term::constant(&shown(constant)))
            }
            Expr::Call { callee, arguments } => {
                let place = Place { file, frame: None };
                let callee = self.evaluator.value(callee, place).only()?;
                self.evaluator.outside_name(callee).filter(|name| *name == "temporalio.workflow.patched")?;
                let id = self.evaluator.value(module.list(arguments).first()?.value, place).only()?;
                let Value::Str(id) = self.evaluator.get(id) else { return None };
                self.lens.is_new_patch(id.as_str()).then(|| Term::truth(false))
            }
            _ => None,
        }
    }

    /// The default of an argument of the workflow that the version before did not take, where an expression is that as it came.
    fn new_argument(&self, file: FileId, value: ExprId, block: BlockId) -> Option<Term> {
        let begins =
            |entry: &EntryPoint| entry.workflow == Some(self.workflow) && matches!(entry.role, Role::Init | Role::Run);
        let (position, parameter) = self.parameter_given(file, value, block, &begins)?;
        let is_new = self.lens.arity(FlowKind::Run, "").is_some_and(|known| position >= known);
        let default = parameter.default.filter(|_| is_new)?;
        let constant = constant(self.evaluator, default, Place { file, frame: None })?;
        Some(Term::constant(&shown(constant)))
    }

    /// Whether code stands in a handler that the version before did not have.
    fn is_of_new_handler(&self, file: FileId, block: BlockId) -> bool {
        let module = self.evaluator.project().module(file);
        let Some(function) = module.function_around(module[block].scope) else { return false };
        let function = FunctionRef { file, function };
        let is_it = |entry: &&EntryPoint| entry.runs(function);
        let mut entries = self.analysis.definitions.entry_points.iter().filter(is_it);
        entries.any(|entry| {
            super::handles(entry.role)
                .is_some_and(|kind| self.lens.is_new_flow(kind, &super::message_of(self.analysis, entry)))
        })
    }
}

/// Whether an annotation names a class, so that what it stands at is not `None` if it is true. Inside of objects the SDK's
/// converter holds it; what is `None` as a whole passes for any annotation, as it does where Python runs the code.
pub(super) fn is_never_none(evaluator: &Evaluator<'_>, annotation: ExprId, place: Place) -> bool {
    let module = evaluator.project().module(place.file);
    let named = match module[annotation] {
        Expr::Subscript { value, .. } => value,
        _ => annotation,
    };
    if !matches!(module[named], Expr::Name { .. }) {
        return false;
    }
    let Some(value) = evaluator.value(named, place).single() else { return false };
    match evaluator.get(value) {
        Value::Class(..) => named == annotation,
        Value::Outside(name) => {
            let plain = name.as_str().strip_prefix("builtins.");
            plain.is_some_and(|plain| PLAIN.contains(&plain))
                || matches!(name.as_str(), "typing.Dict" | "typing.List" | "typing.Set" | "typing.Tuple")
        }
        _ => false,
    }
}

/// The class of data that an annotation names: the SDK's converter makes nothing else for it.
pub(super) fn plain_class(evaluator: &Evaluator<'_>, annotation: ExprId, place: Place) -> Option<&'static str> {
    let module = evaluator.project().module(place.file);
    let named = match module[annotation] {
        Expr::Subscript { value, .. } => value,
        _ => annotation,
    };
    let name = evaluator.value(named, place).single().and_then(|named| evaluator.outside_name(named))?;
    let plain = name.as_str().strip_prefix("builtins.")?;
    PLAIN.iter().find(|known| **known == plain).copied()
}

/// Whether what stands in for a parameter that is not given is of a class of data: for one that has no default nothing does.
pub(super) fn is_default_of(
    evaluator: &Evaluator<'_>,
    default: Option<ExprId>,
    place: Place,
    plain: &'static str,
) -> bool {
    let Some(default) = default else { return true };
    let class = match evaluator.project().module(place.file)[default] {
        Expr::Float(_) => Some("float"),
        Expr::List(_) => Some("list"),
        Expr::Tuple(_) => Some("tuple"),
        Expr::Set(_) => Some("set"),
        Expr::Dict(_) => Some("dict"),
        Expr::Bytes => Some("bytes"),
        _ => match constant(evaluator, default, place) {
            Some(Constant::Bool(_)) => Some("bool"),
            Some(Constant::Number(number)) if number.fract() == 0.0 => Some("int"),
            Some(Constant::Text(_)) => Some("str"),
            _ => None,
        },
    };
    class == Some(plain)
}

/// Whether what stands in for a field that is not given is of a class of data.
pub(super) fn is_default_of_field(evaluator: &Evaluator<'_>, field: &Field, plain: &'static str) -> bool {
    match evaluator.empty_default(field) {
        Some(Value::Items(sequence, _)) => return sequence.class() == Some(plain),
        Some(Value::Table(_)) => return plain == "dict",
        _ => {}
    }
    match evaluator.plain_default(field) {
        Some(default) => is_default_of(evaluator, default, field.place, plain),
        None => false,
    }
}

/// Whether an object of a class of data is one of another class.
fn is_of_plain(plain: &str, class: &str) -> Option<bool> {
    let class = class.strip_prefix("builtins.")?;
    let is_it = plain == class || class == "object" || (plain, class) == ("bool", "int");
    (is_it || PLAIN.contains(&class)).then_some(is_it)
}

/// The classes of data.
const PLAIN: [&str; 9] = ["bool", "int", "float", "str", "bytes", "dict", "list", "tuple", "set"];

/// Whether a term is an object of a class of the language's library, where that is known.
fn is_of_library(term: &Term, class: &str) -> Option<bool> {
    let of: &[&str] = match term {
        Term::Constant(text) => match &**text {
            "None" => return Some(matches!(class, "builtins.object" | "types.NoneType")),
            "True" | "False" => &["builtins.bool", "builtins.int"],
            text if text.starts_with('\'') => &["builtins.str"],
            text if text.parse::<i64>().is_ok() => &["builtins.int"],
            text if text.parse::<f64>().is_ok() => &["builtins.float"],
            _ => return None,
        },
        Term::Written(_) => &["builtins.str"],
        Term::Table(_) => &["builtins.dict"],
        _ => return None,
    };
    match of.contains(&class) || class == "builtins.object" {
        true => Some(true),
        false => PLAIN.iter().any(|plain| class.strip_prefix("builtins.") == Some(plain)).then_some(false),
    }
}
