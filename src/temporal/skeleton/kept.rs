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
use crate::python::{Code, FunctionRef, Place, Value, ValueId};
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
        let module = self.evaluator.project().module(file);
        let Expr::Name { name, .. } = module[value] else { return None };
        let function = module.function_around(module[block].scope)?;
        let is_it = |entry: &EntryPoint| {
            let known = FunctionRef { file, function };
            super::handles(entry.role).is_some() && matches!(entry.root.code, Code::Function(code) if code == known)
        };
        self.analysis.definitions.entry_points.iter().any(is_it).then_some(())?;
        let bindings = super::super::code::bindings_of(module, value);
        let is_given = matches!(bindings, [only] if matches!(module[*only].kind, BindingKind::Parameter { .. }));
        let is_asked_for = |parameter: &Parameter| parameter.name == name && parameter.default.is_none();
        let is_parameter = module.parameters(function).iter().skip(1).any(is_asked_for);
        let object = self.evaluator.value(value, Place { file, frame: None }).single()?;
        (is_given && is_parameter && matches!(self.evaluator.get(object), Value::Instance(_))).then_some(object)
    }

    /// Whether a field of what messages bring is given no value by code: neither where its object is made nor later.
    pub(super) fn stays_as_it_came(&self, object: ValueId, field: Name) -> bool {
        let Value::Instance(instance) = self.evaluator.get(object) else { return false };
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
        !self.evaluator.runs_on_fields(instance.class, instance.outer) && !project.built().into_iter().any(is_stored)
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
