//! What messages brought and the state keeps: objects in attributes and in collections of the workflow's object.
//!
//! Knows: the attributes that hold nothing but what handlers were given, as it came. Does not know: when it is put there.
//!
//! ```python
//! self.verdict = verdict          # of the handler's parameter: `self.verdict.reason` is a field of what was recorded
//! self.trades.append(trade)       # and so is `trade.venue` in a loop over `self.trades`
//! ```

use super::build::Builder;
use super::reading::same_items;
use super::step::Text;
use super::term::Term;
use crate::python::{Ancestor, ClassRef, FunctionRef, Place, Value, ValueId};
use crate::semantic::{BindingKind, BlockId, Expr, ExprId, Name, Parameter, StoreKind};
use crate::source::FileId;
use crate::temporal::definitions::EntryPoint;

/// How an item of a collection reads.
pub(super) const ITEM: &str = "item of ";

impl Builder<'_, '_, '_> {
    /// An object of the class of which something is that the state keeps as messages brought it.
    pub(super) fn class_of_kept(&self, text: &Text) -> Option<ValueId> {
        self.lens.looks_back().then_some(())?;
        let (of, is_item) = match text.name.strip_prefix(ITEM) {
            Some(of) => (of.split(", number ").next().unwrap_or(of), true),
            None => (&*text.name, false),
        };
        let of = same_items(of.strip_suffix("[slice()]").unwrap_or(of));
        let name = of.strip_prefix("self.").filter(|name| !name.contains(['.', '(', '[', ' ']))?;
        let name = Name::new(name);
        let mut found = None;
        for held in self.all_held(name)? {
            let Held { file, value, block, into } = held;
            match (into, is_item) {
                (Into::Whole, true) => self.holds_nothing(file, value, name).then_some(())?,
                (Into::Whole, false) if matches!(self.evaluator.project().module(file)[value], Expr::None) => {}
                (Into::Whole, false) | (Into::Item, true) => {
                    note_kept(&mut found, self.class_of_given(file, value, block)?)?;
                }
                (Into::Part, true) => self.holds_nothing(file, value, name).then_some(())?,
                _ => return None,
            }
        }
        found
    }

    /// All that code puts into an attribute of this name, of whatever object, and into a collection that it holds; nothing where that is
    /// not known.
    pub(super) fn all_held(&self, name: Name) -> Option<Vec<Held>> {
        if self.is_set_by_text(name, self.class_of_receiver()) {
            return None;
        }
        let mut found = Vec::new();
        for file in self.evaluator.project().built() {
            let module = self.evaluator.project().module(file);
            for store in module.attribute_stores(name) {
                // What only declares puts nothing there. What counts, or is given by a loop, is not known.
                let value = match store.value {
                    None if store.annotation.is_some() => continue,
                    value => value?,
                };
                let into = if store.path.is_empty() { Into::Whole } else { Into::Part };
                found.push(Held { file, value, block: store.block, into });
            }
            for store in module.stores(name).filter(|store| matches!(module[store.collection], Expr::Attribute { .. }))
            {
                let into = if store.kind == StoreKind::Item { Into::Item } else { Into::Inside };
                found.push(Held { file, value: store.value, block: store.block, into });
            }
        }
        Some(found)
    }

    /// Whether code that names attributes by texts may give the one a value that is asked about.
    pub(super) fn is_named_by_text(&self, asked: &Text) -> bool {
        let name = asked.name.strip_prefix("self.").unwrap_or_default();
        let end = name.find(|next: char| !(next.is_alphanumeric() || next == '_')).unwrap_or(name.len());
        self.is_set_by_text(Name::new(&name[..end]), self.class_of_receiver())
    }

    /// The workflow's class.
    fn class_of_receiver(&self) -> Option<ClassRef> {
        self.receiver.and_then(|receiver| match self.evaluator.get(receiver) {
            Value::Instance(instance) => Some(instance.class),
            _ => None,
        })
    }

    /// Whether the body of a class of the workflow binds a name, which stands there where nothing has put anything.
    fn is_of_class_body(&self, name: Name) -> bool {
        let Some(class) = self.class_of_receiver() else { return true };
        self.evaluator.order(class, None).iter().any(|ancestor| match ancestor {
            Ancestor::Project(owner, _) => {
                let module = self.evaluator.project().module(owner.file);
                !module.bindings_of(module[owner.class].scope, name).is_empty()
            }
            Ancestor::Outside(_) => false,
            Ancestor::Dynamic(_) | Ancestor::Unknown => true,
        })
    }

    /// Whether nothing but texts is put into an attribute of this name: constants, and what handlers are given as such.
    pub(super) fn holds_texts(&self, name: Name) -> bool {
        let is_text = |held: &Held| {
            let module = self.evaluator.project().module(held.file);
            let place = Place { file: held.file, frame: None };
            held.into == Into::Whole
                && match module[held.value] {
                    Expr::Str(_) | Expr::Formatted(_) => true,
                    Expr::Name { .. } => {
                        let hint = self.hint_given(held);
                        hint.and_then(|hint| super::kinds::plain_class(self.evaluator, hint, place)) == Some("str")
                    }
                    _ => false,
                }
        };
        !self.is_of_class_body(name)
            && self.all_held(name).is_some_and(|held| !held.is_empty() && held.iter().all(is_text))
    }

    /// Whether something is the entry of a key in a dict of the state into which nothing is put that may be `None`.
    pub(super) fn is_entry_of_something(&self, text: &Text) -> bool {
        let name =
            text.name.strip_prefix("self.").and_then(|text| Some((text.split_once('[')?.0, text.strip_suffix(']')?)));
        let is_one = |name: &str| name.chars().all(|next| next.is_alphanumeric() || next == '_');
        let Some((name, _)) = name.filter(|(name, entry)| is_one(name) && !entry.contains("][")) else {
            return false;
        };
        let name = Name::new(name);
        let is_something = |held: &Held| {
            let module = self.evaluator.project().module(held.file);
            let place = Place { file: held.file, frame: None };
            match held.into {
                Into::Whole => matches!(module[held.value], Expr::Dict(items) if module.list(items).is_empty()),
                Into::Item | Into::Inside => match module[held.value] {
                    Expr::Str(_) | Expr::Formatted(_) | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) => true,
                    Expr::Name { .. } => {
                        let hint = self.hint_given(held);
                        hint.is_some_and(|hint| super::kinds::is_never_none(self.evaluator, hint, place))
                    }
                    _ => false,
                },
                Into::Part => false,
            }
        };
        !self.is_of_class_body(name)
            && self.all_held(name).is_some_and(|held| !held.is_empty() && held.iter().all(is_something))
            && self.has_one_name(name)
    }

    /// The annotation of the parameter that something is as the SDK always gives it to a handler.
    fn hint_given(&self, held: &Held) -> Option<ExprId> {
        let parameter = self.parameter_of_handler(held.file, held.value, held.block)?;
        parameter.annotation.filter(|_| parameter.default.is_none())
    }

    /// The parameter that an expression is as the SDK gives it to a handler.
    fn parameter_of_handler(&self, file: FileId, value: ExprId, block: BlockId) -> Option<&Parameter> {
        let is_handler = |entry: &EntryPoint| super::handles(entry.role).is_some();
        self.parameter_given(file, value, block, &is_handler).map(|(_, parameter)| parameter)
    }

    /// The parameter that an expression is as the SDK gives it to some entry points, with its position behind the object.
    pub(super) fn parameter_given(
        &self,
        file: FileId,
        value: ExprId,
        block: BlockId,
        is_wanted: &dyn Fn(&EntryPoint) -> bool,
    ) -> Option<(usize, &Parameter)> {
        let module = self.evaluator.project().module(file);
        let Expr::Name { name, .. } = module[value] else { return None };
        let function = module.function_around(module[block].scope)?;
        let is_it = |entry: &EntryPoint| is_wanted(entry) && entry.runs(FunctionRef { file, function });
        self.analysis.definitions.entry_points.iter().any(is_it).then_some(())?;
        let bindings = super::super::code::bindings_of(module, value);
        let is_given = matches!(bindings, [only] if matches!(module[*only].kind, BindingKind::Parameter { .. }));
        let mut parameters = module.parameters(function).iter().skip(1).enumerate();
        parameters.find(|(_, parameter)| is_given && parameter.name == name)
    }

    /// Whether a value is an empty collection, or one of several of which each is one or what the attribute held.
    fn holds_nothing(&self, file: FileId, value: ExprId, name: Name) -> bool {
        let module = self.evaluator.project().module(file);
        match module[value] {
            Expr::List(items) | Expr::Set(items) => module.list(items).is_empty(),
            Expr::Tuple(items) => module.list(items).iter().all(|item| {
                matches!(module[*item], Expr::Attribute { name: held, .. } if held == name)
                    || self.holds_nothing(file, *item, name)
            }),
            Expr::Call { callee, arguments } => {
                let callee = self.evaluator.value(callee, Place { file, frame: None });
                let is_outside = callee.single().is_some_and(|callee| self.evaluator.outside_name(callee).is_some());
                is_outside && module.list(arguments).is_empty()
            }
            _ => false,
        }
    }

    /// An object of the class of a parameter that the SDK gives a handler, where an expression is that parameter as it came.
    fn class_of_given(&self, file: FileId, value: ExprId, block: BlockId) -> Option<ValueId> {
        self.parameter_of_handler(file, value, block).filter(|parameter| parameter.default.is_none())?;
        let object = self.evaluator.value(value, Place { file, frame: None }).single()?;
        matches!(self.evaluator.get(object), Value::Instance(_)).then_some(object)
    }

    /// Whether a field of what messages bring is given no value by code: neither where its object is made nor later.
    pub(super) fn stays_as_it_came(&self, object: ValueId, field: Name) -> bool {
        let Value::Instance(instance) = self.evaluator.get(object) else { return false };
        !self.evaluator.runs_on_fields(instance.class, instance.outer) && !self.is_given_later(object, field)
    }

    /// Whether code may give a field of an object like this one a value once that is made.
    pub(super) fn is_given_later(&self, object: ValueId, field: Name) -> bool {
        let Value::Instance(instance) = self.evaluator.get(object) else { return true };
        let project = self.evaluator.project();
        // An attribute of another class may be called alike.
        let is_other = |file, object: ExprId| {
            let object = self.evaluator.value(object, Place { file, frame: None }).single();
            object.is_some_and(|object| match self.evaluator.get(object) {
                Value::Instance(other) => other.class != instance.class,
                _ => false,
            })
        };
        let is_stored = |file| project.module(file).attribute_stores(field).any(|store| !is_other(file, store.object));
        project.built().into_iter().any(is_stored) || self.is_set_by_text(field, Some(instance.class))
    }

    /// The default of a field that no recorded message had, where an expression reads it of what a handler was given.
    pub(super) fn default_given(&self, file: FileId, value: ExprId, block: BlockId) -> Option<Term> {
        let Expr::Attribute { value: object, name } = self.evaluator.project().module(file)[value] else { return None };
        let class = self.class_of_given(file, object, block).filter(|class| self.stays_as_it_came(*class, name))?;
        self.default_of_new_field(class, &Text::plain("message"), name)
    }
}

/// What code puts into an attribute.
pub(super) struct Held {
    pub file: FileId,
    pub value: ExprId,
    pub block: BlockId,
    pub into: Into,
}

/// How something is put into an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Into {
    /// It is what the attribute holds.
    Whole,
    /// A part of it is, or an item.
    Part,
    /// It is one more item of a collection that the attribute holds.
    Item,
    /// It gets somewhere into such a collection.
    Inside,
}

/// Takes down the class of something that is kept; nothing where another has been.
fn note_kept(found: &mut Option<ValueId>, class: ValueId) -> Option<()> {
    (*found.get_or_insert(class) == class).then_some(())
}
