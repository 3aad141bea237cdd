//! Names that are read from modules and objects of the SDK and that these do not have.
//!
//! Knows: attributes and imports, the methods of objects whose class is known, and what asks first whether a name is there.
//! Does not know: which version of the SDK a project has: a name of any version is one.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::python::{FunctionRef, Place, Rest, Value, Values};
use crate::registry::schema::SdkClass;
use crate::registry::{sdk_class, sdk_module_has, sdk_object};
use crate::semantic::{
    ArgumentKind, Binding, BindingKind, BlockId, Expr, ExprId, ImportId, Module, Name, RegionKind, ScopeKind, Stmt,
    StmtId, Suite, Use,
};
use crate::source::{FileId, TextRange, first_part};

use super::analysis::Analysis;
use super::code::{bindings_of, first_block};
use super::exceptions::RaisedAt;

/// A name that a module of the SDK does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownName {
    /// Where it is read or imported.
    pub range: TextRange,
    /// The module, or the class of the object.
    pub module: Name,
    /// The name.
    pub name: Name,
    /// Whether only an annotation says of which class the object is, or the code goes on without the name.
    pub is_doubtful: bool,
    /// How Python reads the name, where that is another one than is written.
    pub read_as: Option<Name>,
}

impl UnknownName {
    /// Where reading it raises; none for an import.
    #[must_use]
    pub fn raises_at(&self, analysis: &Analysis<'_, '_>, file: FileId) -> Option<RaisedAt> {
        let module = analysis.project.module(file);
        let block = first_block(module, module.expression_at(self.range)?)?;
        let function = module[block].function.map(|function| FunctionRef { file, function });
        Some(RaisedAt { function, block })
    }
}

impl Analysis<'_, '_> {
    /// By file, the names that its code reads or imports from modules of the SDK without their having them.
    #[must_use]
    pub fn unknown_names(&self) -> &FxHashMap<FileId, Vec<UnknownName>> {
        self.unknown_names.get_or_init(|| self.files.iter().map(|file| (*file, unknown_names(self, *file))).collect())
    }
}

/// The qualified name that the use of an unknown name says is meant, where another one is nearer by its spelling.
#[must_use]
pub fn meant_by_use(analysis: &Analysis<'_, '_>, file: FileId, unknown: &UnknownName) -> Option<&'static str> {
    if unknown.module != "temporalio.workflow" && unknown.name != "TimeoutError" {
        return None;
    }
    match unknown.name.as_str() {
        "TimeoutError" => is_timeout_of_a_wait(analysis, file, unknown.range).then_some("asyncio.TimeoutError"),
        "wait_for" | "wait_until" => {
            is_given_a_condition(analysis, file, unknown.range).then_some("temporalio.workflow.wait_condition")
        }
        _ => None,
    }
}

/// Whether what stands in a place is called with a condition: a lambda, or one argument alone, where `asyncio.wait_for` needs
/// two.
fn is_given_a_condition(analysis: &Analysis<'_, '_>, file: FileId, range: TextRange) -> bool {
    let module = analysis.project.module(file);
    let Some(Use::Called(call)) = module.expression_at(range).map(|expr| module.uses().use_of(expr)) else {
        return false;
    };
    let Expr::Call { arguments, .. } = module[call] else { return false };
    match module.list(arguments) {
        [first, ..] if matches!(module[first.value], Expr::Lambda(_)) => true,
        [only] => only.kind == ArgumentKind::Positional && !matches!(module[only.value], Expr::Call { .. }),
        _ => false,
    }
}

/// Whether a name of a class that handlers take stands for the timeout of `wait_condition`: what they guard waits for that, and
/// for no activity or child.
fn is_timeout_of_a_wait(analysis: &Analysis<'_, '_>, file: FileId, range: TextRange) -> bool {
    let module = analysis.project.module(file);
    let caught = |expr: ExprId| match module.uses().use_of(expr) {
        Use::Caught(statement) => Some(statement),
        _ => None,
    };
    let Some(Stmt::Try(tried)) = module.expression_at(range).and_then(caught).map(|statement| module[statement]) else {
        return false;
    };
    let body = module.list(module[tried].body).iter().map(|statement| module.statement_span(*statement));
    let body: Vec<TextRange> = body.collect();
    let calls = analysis.sdk_calls().iter().filter(|call| call.span.file == file);
    let mut names = calls
        .filter(|call| body.iter().any(|range| range.contains_range(call.span.range)))
        .filter_map(|call| call.callee.as_str().strip_prefix("temporalio.workflow."))
        .peekable();
    names.peek().is_some() && names.all(|name| name == "wait_condition")
}

fn unknown_names(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<UnknownName> {
    let module = analysis.project.module(file);
    let mut found = imported(analysis, file);
    found.extend(read(analysis, file));
    found.extend(called(analysis, file));
    found.extend(mangled(module));
    if found.is_empty() {
        return found;
    }
    let asked_for = asked_for(module);
    let set: FxHashSet<Name> = module.all_attribute_stores().iter().map(|store| store.name).collect();
    found.retain(|unknown| !asked_for.contains(&unknown.name) && !set.contains(&unknown.name));
    found.sort_by_key(|unknown| unknown.range.start());
    found
}

/// What the SDK sets on definitions, with two underscores in front.
const SET_ON_DEFINITIONS: &[&str] = &[
    "__temporal_activity_definition",
    "__temporal_query_definition",
    "__temporal_signal_definition",
    "__temporal_update_definition",
    "__temporal_workflow_definition",
];

/// Names that the SDK sets on definitions, read inside a class: Python puts the name of that class in front.
fn mangled(module: &Module) -> Vec<UnknownName> {
    let unknown = |expr| {
        let Expr::Attribute { value, name } = module[expr] else { return None };
        if !SET_ON_DEFINITIONS.contains(&name.as_str()) {
            return None;
        }
        let Expr::Name { name: owner, block, .. } = module[value] else { return None };
        let class = module.scopes_around(module[block].scope).find_map(|scope| match module[scope].kind {
            ScopeKind::Class(class) => Some(module[class].name),
            _ => None,
        })?;
        let read_as = Name::new(&format!("_{}{name}", class.as_str().trim_start_matches('_')));
        let is_unknown = !is_tried(module, block);
        is_unknown.then(|| UnknownName {
            range: module.span(expr),
            module: owner,
            name,
            is_doubtful: false,
            read_as: Some(read_as),
        })
    };
    module.expression_ids().filter_map(unknown).collect()
}

/// Whether a module of the SDK surely lacks a name.
fn lacks(module: Name, name: Name) -> bool {
    sdk_module_has(module.as_str(), name.as_str()) == Some(false)
}

/// Attributes of modules and classes of the SDK, and those of its objects that are not called: `workflow.info().run`.
fn read(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<UnknownName> {
    let (module, evaluator) = (analysis.project.module(file), analysis.evaluator);
    let place = Place { file, frame: None };
    let from_sdk = names_from_sdk(module);
    let unknown = |expr| {
        let Expr::Attribute { value, name } = module[expr] else { return None };
        // Most attributes are of other things; what their owners are need not be worked out.
        let block = sdk_root(module, value, &from_sdk, ROOTS_DEEP)?;
        let values = evaluator.value(value, place);
        let owner = match values.only().map(|owner| evaluator.get(owner)) {
            Some(Value::Outside(owner)) if sdk_object(owner.as_str()).is_none() => {
                Some(*owner).filter(|owner| lacks(*owner, name) || lacks_in_class(*owner, name))
            }
            _ if matches!(module.uses().use_of(expr), Use::Called(_) | Use::Target(_)) => None,
            _ if name.as_str().starts_with('_') => None,
            _ => class_without(analysis, &values, name),
        };
        let is_doubtful = values.rest != Rest::Nothing;
        let is_unknown = evaluator.may_run(block, place) && !is_tried(module, block);
        owner.filter(|_| is_unknown).map(|owner| UnknownName {
            range: module.span(expr),
            module: owner,
            name,
            is_doubtful,
            read_as: None,
        })
    };
    module.expression_ids().filter_map(unknown).collect()
}

/// Whether a class of the SDK surely has no such attribute itself.
fn lacks_in_class(owner: Name, name: Name) -> bool {
    !name.as_str().starts_with('_') && sdk_class(owner.as_str()).is_some_and(|class| has_not(class, name))
}

/// Whether all that a class has is told, and an attribute is not among it.
fn has_not(class: &SdkClass, name: Name) -> bool {
    let has = class.values.contains_key(name.as_str()) || class.members.iter().any(|member| name == member.as_str());
    !class.open && !class.members.is_empty() && !has
}

/// Through how many names the root of an attribute is followed.
const ROOTS_DEEP: usize = 3;

/// The block that reads the root of an expression, where that is something of the SDK, or a name that is bound to what such
/// an expression gives.
fn sdk_root(module: &Module, expr: ExprId, from_sdk: &FxHashSet<Name>, depth: usize) -> Option<BlockId> {
    match module[expr] {
        Expr::Attribute { value, .. } => sdk_root(module, value, from_sdk, depth),
        Expr::Call { callee, .. } => sdk_root(module, callee, from_sdk, depth),
        Expr::Name { name, block, .. } if from_sdk.contains(&name) => Some(block),
        Expr::Name { block, .. } if depth > 0 => match bindings_of(module, expr) {
            [only] => match module[*only].kind {
                BindingKind::Assign { value, path, .. } if path.is_empty() => {
                    sdk_root(module, value, from_sdk, depth - 1).map(|_| block)
                }
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Methods that are called on objects of the SDK: `handle.approve()`, `workflow.logger.success()`.
fn called(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<UnknownName> {
    let (module, evaluator) = (analysis.project.module(file), analysis.evaluator);
    if names_from_sdk(module).is_empty() {
        return Vec::new();
    }
    let place = Place { file, frame: None };
    let unknown = |call: &ExprId| {
        let Expr::Call { callee, .. } = module[*call] else { return None };
        let Expr::Attribute { value, name } = module[callee] else { return None };
        if name.as_str().starts_with('_') {
            return None;
        }
        let values = evaluator.value(value, place);
        let class = class_without(analysis, &values, name)?;
        let block = module.block_of_call(*call)?;
        let is_unknown = evaluator.may_run(block, place) && !is_tried(module, block);
        let is_doubtful = values.rest != Rest::Nothing;
        is_unknown.then(|| UnknownName { range: module.span(callee), module: class, name, is_doubtful, read_as: None })
    };
    module.calls().iter().filter_map(unknown).collect()
}

/// The one class of the SDK of which values are objects, where these have no such attribute.
fn class_without(analysis: &Analysis<'_, '_>, values: &Values, name: Name) -> Option<Name> {
    if values.rest == Rest::Anything {
        return None;
    }
    let mut found: Option<Name> = None;
    for value in &values.known {
        let class = match analysis.evaluator.get(*value) {
            Value::None => continue,
            Value::OutsideInstance { class, .. } => *class,
            Value::Outside(object) => Name::new(sdk_object(object.as_str())?),
            _ => return None,
        };
        if found.is_some_and(|known| known != class) {
            return None;
        }
        found = Some(class);
    }
    let class = sdk_class(found?.as_str())?;
    // Members of enumerations have more than the class.
    (class.values.is_empty() && has_not(class, name)).then_some(found?)
}

fn imported(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<UnknownName> {
    let module = analysis.project.module(file);
    let place = Place { file, frame: None };
    let mut found = Vec::new();
    for import in module.import_ids() {
        let statement = module[import];
        let Some(from) = statement.from.filter(|_| statement.level == 0) else { continue };
        let is_tried = is_tried(module, statement.block);
        if is_tried && !is_beside_the_sdk(module, import) || !analysis.evaluator.may_run(statement.block, place) {
            continue;
        }
        let source = analysis.evaluator.import_source(file, from, 0);
        if !source.only().is_some_and(|source| matches!(analysis.evaluator.get(source), Value::Outside(_))) {
            continue;
        }
        let names = module.list(statement.names).iter().map(|alias| alias.name);
        let range = module.statement_span(statement.statement);
        found.extend(names.filter(|name| *name != "*" && lacks(from, *name)).map(|name| UnknownName {
            range,
            module: from,
            name,
            is_doubtful: is_tried,
            read_as: None,
        }));
    }
    found
}

/// Whether an import stands in a `try` beside others from the SDK: where that is not there they fail as well, so that a handler
/// which is for its absence is not for one name that it lacks.
fn is_beside_the_sdk(module: &Module, import: ImportId) -> bool {
    let tried_around = |import: ImportId| {
        module.regions_around(module[import].block).find_map(|(_, region)| match region.kind {
            RegionKind::Try(tried) => Some(tried),
            _ => None,
        })
    };
    let is_of_sdk = |other: ImportId| {
        let from = module[other].from.filter(|_| module[other].level == 0);
        from.is_some_and(|from| first_part(from.as_str()) == "temporalio")
    };
    let has_all = |other: ImportId| {
        let names = module.list(module[other].names);
        module[other].from.is_some_and(|from| names.iter().all(|alias| !lacks(from, alias.name)))
    };
    let around = tried_around(import);
    around.is_some()
        && module
            .import_ids()
            .any(|other| other != import && is_of_sdk(other) && has_all(other) && tried_around(other) == around)
}

/// The names that a file's import statements bind to something of the SDK.
pub(super) fn names_from_sdk(module: &Module) -> FxHashSet<Name> {
    let bound = |binding: &Binding| {
        let (BindingKind::Import { module: source } | BindingKind::ImportFrom { module: source, .. }) = binding.kind
        else {
            return None;
        };
        let is_sdk = first_part(source.as_str()) == "temporalio";
        is_sdk.then(|| module[binding.variable].name)
    };
    module.all_bindings().iter().filter_map(bound).collect()
}

pub(super) fn root_name(module: &Module, expr: ExprId) -> Option<Name> {
    match module[expr] {
        Expr::Attribute { value, .. } => root_name(module, value),
        Expr::Name { name, .. } => Some(name),
        _ => None,
    }
}

/// The block that reads the name at the root of `temporalio.workflow`.
pub(super) fn root_block(module: &Module, expr: ExprId) -> Option<BlockId> {
    match module[expr] {
        Expr::Attribute { value, .. } => root_block(module, value),
        Expr::Name { block, .. } => Some(block),
        _ => None,
    }
}

/// The exceptions that say that something is not there.
const ABSENCE: &[&str] = &["ImportError", "ModuleNotFoundError", "AttributeError"];

/// The exceptions by which all that goes wrong is caught.
const ALL: &[&str] = &["Exception", "BaseException"];

/// Whether code is tried for the case that something is not there: a handler names that case, or catches all that one
/// statement or some imports may raise and does not raise it again. What catches all around more code has other faults in
/// mind.
pub(super) fn is_tried(module: &Module, block: BlockId) -> bool {
    module.regions_around(block).any(|(_, region)| {
        let RegionKind::Try(tried) = region.kind else { return false };
        let is_small = is_small(module, module[tried].body);
        module.list(module[tried].handlers).iter().any(|handler| {
            let catches_all = handler.kind.is_none_or(|kind| mentions(module, kind, ALL));
            let names_absence = handler.kind.is_some_and(|kind| mentions(module, kind, ABSENCE));
            names_absence || catches_all && is_small && !raises_again(module, handler.body)
        })
    })
}

fn mentions(module: &Module, kind: ExprId, names: &[&str]) -> bool {
    match module[kind] {
        Expr::Name { name, .. } => names.contains(&name.as_str()),
        Expr::Tuple(kinds) => module.list(kinds).iter().any(|kind| mentions(module, *kind, names)),
        _ => false,
    }
}

/// Whether a suite is one statement, or imports and says what came of them.
fn is_small(module: &Module, suite: Suite) -> bool {
    let statements = module.list(suite);
    let imports = |statement: &StmtId| matches!(module[*statement], Stmt::Import(_) | Stmt::Assign { .. });
    statements.len() == 1 || statements.iter().all(imports)
}

/// Whether a suite ends with a bare `raise`.
fn raises_again(module: &Module, suite: Suite) -> bool {
    let last = module.list(suite).last();
    last.is_some_and(|last| matches!(module[*last], Stmt::Raise { exception: None, .. }))
}

/// The names that `hasattr` and `getattr` ask for in a file: whoever asks knows that they may be absent.
pub(super) fn asked_for(module: &Module) -> FxHashSet<Name> {
    let asked = |call: &ExprId| {
        let Expr::Call { callee, arguments } = module[*call] else { return None };
        let Expr::Name { name, .. } = module[callee] else { return None };
        let second = module.list(arguments).get(1).filter(|_| matches!(name.as_str(), "hasattr" | "getattr"))?;
        match module[second.value] {
            Expr::Str(asked) => Some(asked),
            _ => None,
        }
    };
    module.calls().iter().filter_map(asked).collect()
}
