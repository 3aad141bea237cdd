//! Tables that hold a collection of their own under each key: what is put under one key is not under another.
//!
//! Knows: displays, comprehensions and what makes something anew for each key, and all that a name or attribute is bound to. Does
//! not know: what is put into the collections ([`collection`](super::collection)).

use rustc_hash::FxHashSet;

use super::{Evaluator, Place};
use crate::python::class::Ancestor;
use crate::python::value::{Rest, Value, ValueId, Values};
use crate::semantic::{
    AttributeStore, BindingKind, Body, ComprehensionKind, Expr, ExprId, Name, ScopeId, Store, StoreKind,
};
use crate::source::FileId;

impl Evaluator<'_> {
    /// Whether what is put into a table may stand in it under another key, or elsewhere, as well: a collection that is not made
    /// on the spot.
    pub(super) fn may_share(&self, store: &Store, values: &Values, place: Place) -> bool {
        let is_own = match store.kind {
            StoreKind::All => self.holds_own(store.value, place),
            _ => self.is_made_here(store.value, place),
        };
        !is_own && (values.rest == Rest::Anything || self.may_be_filled(values))
    }

    /// Whether all that a name is bound to are tables that hold collections of their own under each key.
    pub(super) fn name_holds_own(&self, name: Name, scope: ScopeId, place: Place) -> bool {
        let module = self.project.module(place.file);
        let bindings = module.bindings_of(scope, name);
        !bindings.is_empty() && bindings.iter().all(|binding| self.binds_own(module[*binding].kind, place))
    }

    /// The same of an attribute of objects or classes with these bases.
    pub(super) fn attribute_holds_own(&self, name: Name, order: &[Ancestor]) -> bool {
        let mut is_bound = false;
        for ancestor in order {
            let Ancestor::Project(class, _) = ancestor else { continue };
            let module = self.project.module(class.file);
            let place = Place { file: class.file, frame: None };
            let bindings = module.bindings_of(module[class.class].scope, name);
            let stores: Vec<&AttributeStore> = module.attribute_stores(name).collect();
            is_bound |= !bindings.is_empty() || !stores.is_empty();
            let is_own = |store: &AttributeStore| match store.value {
                Some(value) => store.path.is_empty() && self.holds_own(value, place),
                None => store.annotation.is_some(),
            };
            let all_own = bindings.iter().all(|binding| self.binds_own(module[*binding].kind, place));
            if !all_own || !stores.into_iter().all(is_own) {
                return false;
            }
        }
        is_bound && !self.is_set_from_outside(name)
    }

    fn binds_own(&self, kind: BindingKind, place: Place) -> bool {
        match kind {
            BindingKind::Assign { value, path, .. } => path.is_empty() && self.holds_own(value, place),
            BindingKind::Declare { .. } => true,
            _ => false,
        }
    }

    /// Whether an expression makes a table that has under each key a collection of its own: `{"a": [], "b": []}`,
    /// `defaultdict(list)`.
    fn holds_own(&self, table: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        match module[table] {
            Expr::Dict(items) => {
                let mut items = module.list(items).iter();
                items.all(|item| item.key.is_some() && self.is_made_here(item.value, place))
            }
            Expr::Comprehension(comprehension) => {
                let comprehension = module[comprehension];
                comprehension.kind == ComprehensionKind::Dict && self.is_made_here(comprehension.element, place)
            }
            Expr::Call { callee, arguments } => {
                let is_outside = |value: ValueId| matches!(self.get(value), Value::Outside(_));
                let made = self.value(table, place);
                let is_empty = |value: &ValueId| match self.get(*value) {
                    Value::Table(entries) => entries.iter().all(|(key, _)| key.is_none()),
                    _ => false,
                };
                self.value(callee, place).only().is_some_and(is_outside)
                    && made.known.iter().all(is_empty)
                    && module.list(arguments).iter().all(|given| self.makes_anew(given.value, place))
            }
            _ => false,
        }
    }

    /// Whether each call of something makes a collection of its own: `list`, `lambda: []`.
    fn makes_anew(&self, factory: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        if let Expr::Lambda(function) = module[factory] {
            return matches!(module[function].body, Body::Expression(body) if self.is_made_here(body, place));
        }
        let name = self.value(factory, place).only().and_then(|factory| self.outside_name(factory));
        name.is_some_and(|name| ["list", "dict", "set"].iter().any(|kind| self.is_builtin(name, kind)))
    }

    /// Whether an expression makes a collection, or something else, that nothing else holds.
    fn is_made_here(&self, made: ExprId, place: Place) -> bool {
        let module = self.project.module(place.file);
        match module[made] {
            Expr::List(_) | Expr::Set(_) | Expr::Dict(_) | Expr::Comprehension(_) => true,
            Expr::Call { callee, .. } => self.makes_anew(callee, place),
            _ => false,
        }
    }
}

/// Whether one statement puts the same under several keys: `hooks["start"] = hooks["stop"] = []`.
pub(super) fn is_assigned_twice(stores: &[(FileId, Store)]) -> bool {
    let mut seen: FxHashSet<(FileId, ExprId)> = FxHashSet::default();
    let mut entries = stores.iter().filter(|(_, store)| store.kind == StoreKind::Entry);
    !entries.all(|(file, store)| seen.insert((*file, store.value)))
}
