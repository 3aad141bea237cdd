//! Where the value of a name is written down.
//!
//! Knows: assignments, type aliases and imports, followed to the one place that gives a name its value. Does not know: what
//! that value is; names that several places bind have no such place.

use super::{Evaluator, Place};
use crate::python::value::Value;
use crate::semantic::{BindingId, BindingKind, Expr, ExprId, Name};
use crate::source::FileId;

/// Through how many names a name is followed. Real chains have two or three: a module, a package's `__init__`, an alias.
const HOPS: usize = 16;

/// What is written where a name gets its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `name = value`.
    Value(ExprId, Place),
    /// `type name = value`.
    TypeAlias(ExprId, Place),
    /// A type parameter, with its bound.
    TypeParameter(Option<ExprId>, Place),
    /// A definition: a class, function or module.
    Definition,
}

impl Evaluator<'_> {
    /// Where a name, or an attribute of a module, gets its value, if one place alone gives it.
    #[must_use]
    pub fn origin(&self, expr: ExprId, place: Place) -> Option<Origin> {
        self.origin_within(expr, place, HOPS)
    }

    fn origin_within(&self, expr: ExprId, place: Place, hops: usize) -> Option<Origin> {
        let hops = hops.checked_sub(1)?;
        let module = self.project.module(place.file);
        match module[expr] {
            Expr::Name { name, block, .. } => {
                let variable = module.variable_read(name, block)?;
                self.origin_of_bindings(&module[variable].bindings, place, hops)
            }
            Expr::Attribute { value, name } => match self.get(self.value(value, place).single()?) {
                Value::Module(file) => self.origin_of_global(*file, name, hops),
                _ => None,
            },
            _ => None,
        }
    }

    fn origin_of_global(&self, file: FileId, name: Name, hops: usize) -> Option<Origin> {
        let module = self.project.module(file);
        let place = Place { file, frame: None };
        self.origin_of_bindings(module.bindings_of(module.global(), name), place, hops)
    }

    fn origin_of_bindings(&self, bindings: &[BindingId], place: Place, hops: usize) -> Option<Origin> {
        let hops = hops.checked_sub(1)?;
        let module = self.project.module(place.file);
        let mut live = bindings.iter().filter(|binding| {
            !matches!(module[**binding].kind, BindingKind::Declare { .. })
                && self.may_run(module[**binding].block, place)
        });
        let (Some(binding), None) = (live.next(), live.next()) else { return None };
        match module[*binding].kind {
            BindingKind::Assign { value, path, .. } if path.is_empty() => match module[value] {
                // `Alias = Name` says no more than `Name`.
                Expr::Name { .. } | Expr::Attribute { .. } => {
                    self.origin_within(value, place, hops).or(Some(Origin::Value(value, place)))
                }
                _ => Some(Origin::Value(value, place)),
            },
            BindingKind::ImportFrom { module: source, level, name } => {
                match self.get(self.import_source(place.file, source, level).single()?) {
                    Value::Module(origin) => self.origin_of_global(*origin, name, hops),
                    _ => None,
                }
            }
            BindingKind::TypeAlias { value } => Some(Origin::TypeAlias(value, place)),
            BindingKind::TypeParameter { bound } => Some(Origin::TypeParameter(bound, place)),
            BindingKind::Function(_) | BindingKind::Class(_) | BindingKind::Import { .. } => Some(Origin::Definition),
            _ => None,
        }
    }
}
