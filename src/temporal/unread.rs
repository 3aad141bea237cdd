//! Objects that are kept as an attribute which nobody reads.
//!
//! Knows: attributes by their names, in all files that are looked at. Does not know: `getattr`, or whose attribute is read.

use crate::python::{ClassRef, Value};
use crate::semantic::{AttributeStore, Expr, ExprId, Module};

use super::analysis::Analysis;
use super::definitions::Located;
use super::factories::calls_by_name;

/// Whether a call's value is kept as an attribute that no file reads, of a class of which objects are made.
pub(super) fn is_kept_unread(analysis: &Analysis<'_, '_>, call: Located) -> bool {
    let module = analysis.project.module(call.file);
    let is_it = |store: &&AttributeStore| store.value == Some(call.expr) && store.path.is_empty();
    let Some(name) = module.all_attribute_stores().iter().find(is_it).map(|store| store.name) else { return false };
    // What is not assigned to is read.
    let is_read = |module: &Module| {
        let is_it = |expr: &ExprId| matches!(module[*expr], Expr::Attribute { name: other, .. } if other == name);
        module.expression_ids().filter(is_it).count() > module.attribute_stores(name).count()
    };
    is_constructed(analysis, call) && !analysis.files.iter().any(|file| is_read(analysis.project.module(*file)))
}

/// Whether an object of the class is made whose method holds a call: else its user stands elsewhere.
fn is_constructed(analysis: &Analysis<'_, '_>, call: Located) -> bool {
    let module = analysis.project.module(call.file);
    let function = module.block_of_call(call.expr).and_then(|block| module[block].function);
    let Some(class) = function.and_then(|function| module[function].class) else { return false };
    let class = ClassRef { file: call.file, class };
    let is_it = |value: &Value| matches!(value, Value::Class(made, _) if *made == class);
    calls_by_name(analysis, module[class.class].name, &is_it).next().is_some()
}
