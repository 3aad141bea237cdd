//! How code makes `ApplicationError`s.
//!
//! Knows: the SDK's class, classes of the project that derive from it, and what their constructors hand on. Does not know:
//! which of it is a finding.
//!
//! The class of an exception does not travel: what the other side, and a retry policy, sees of it is its `type`
//! (temporalio/converter/_failure_converter.py). `ApplicationError` takes it by name alone; what else is given by position
//! are details.

use rustc_hash::FxHashSet;

use super::analysis::Analysis;
use super::constants::Constant;
use super::sdk_calls::{SdkCall, Shape};
use crate::python::{Ancestor, ClassRef, Place, Rest, Value};
use crate::semantic::{Argument, ArgumentKind, BindingKind, Expr, ExprId, Module, Name};
use crate::source::{FileId, Span};

/// What is wrong with an `ApplicationError`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorFault {
    /// What is meant for its type is given by position.
    TypeByPosition(&'static str),
    /// What is meant for `non_retryable` is given by position.
    FlagByPosition,
    /// It is not retried, and says when it is to be.
    DelayWithoutRetry,
    /// It is an object of a class of its own, and has no type.
    NoType(String),
}

/// An `ApplicationError` that is not what it says.
#[derive(Debug, Clone)]
pub struct FaultyError {
    /// Where.
    pub span: Span,
    /// What is wrong.
    pub fault: ErrorFault,
    /// The class, where it is the project's.
    pub class: Option<Span>,
}

const ERROR: &str = "temporalio.exceptions.ApplicationError";

/// The `ApplicationError`s of all files that are not what they say.
#[must_use]
pub fn faulty_errors(analysis: &Analysis<'_, '_>) -> Vec<FaultyError> {
    let calls = analysis.sdk_calls().iter().filter(|call| call.callee == ERROR && !call.is_doubtful);
    let mut found: Vec<FaultyError> = calls.filter_map(|call| of_call(analysis, call)).collect();
    for &file in &analysis.files {
        found.extend(of_own_classes(analysis, file));
    }
    found
}

fn of_call(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<FaultyError> {
    let fault = by_position(analysis, call).or_else(|| {
        let is_final = analysis.constant_of(call, call.argument("non_retryable")?) == Some(Constant::Bool(true));
        let delay = analysis.shape_of(call, call.argument("next_retry_delay")?);
        (is_final && delay == Some(Shape::Duration)).then_some(ErrorFault::DelayWithoutRetry)
    })?;
    Some(FaultyError { span: call.span, fault, class: None })
}

/// The first detail, where it looks like a type: `ApplicationError("no stock", "OutOfStock")`.
fn by_position(analysis: &Analysis<'_, '_>, call: &SdkCall) -> Option<ErrorFault> {
    let mut positional = call.arguments.iter().filter(|argument| argument.keyword.is_none() && argument.expr.is_some());
    let detail = positional.nth(1)?;
    match analysis.constant_of(call, detail)? {
        Constant::Text(text) if call.lacks("type") && looks_like_type(text.as_str()) => {
            Some(ErrorFault::TypeByPosition(text.as_str()))
        }
        Constant::Bool(_) if call.lacks("non_retryable") && positional.next().is_none() => {
            Some(ErrorFault::FlagByPosition)
        }
        _ => None,
    }
}

/// `OutOfStock`, `OUT_OF_STOCK`, `OutOfStockError`: one word that names a class or a kind.
fn looks_like_type(text: &str) -> bool {
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && text.len() > 3;
    let begins = text.starts_with(|c: char| c.is_ascii_uppercase());
    let has_lower = text.contains(|c: char| c.is_ascii_lowercase());
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    let inner_upper = text.chars().skip(1).any(|c| c.is_ascii_uppercase());
    is_word
        && begins
        && !has_digit
        && (has_lower && inner_upper || !has_lower && text.contains('_') || text.ends_with("Error"))
}

/// The calls by which a file makes objects of the project's own classes without a type: the first of each class.
fn of_own_classes(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<FaultyError> {
    let module = analysis.project.module(file);
    let evaluator = analysis.evaluator;
    let place = Place { file, frame: None };
    let mut seen: FxHashSet<ClassRef> = FxHashSet::default();
    let mut found = Vec::new();
    for &call in module.calls() {
        let Expr::Call { callee, arguments } = module[call] else { continue };
        if !may_name_class(module, callee) {
            continue;
        }
        let values = evaluator.value(callee, place);
        let Some(Value::Class(class, outer)) = values.single().map(|value| evaluator.get(value)) else { continue };
        if values.rest == Rest::Anything || !evaluator.derives_from(*class, *outer, &|name| name == ERROR) {
            continue;
        }
        let Some(block) = module.block_of_call(call) else { continue };
        if !evaluator.may_run(block, place) || seen.contains(class) {
            continue;
        }
        if lacks_type(analysis, *class, module.list(arguments)) {
            seen.insert(*class);
            let definition = &analysis.project.module(class.file)[class.class];
            found.push(FaultyError {
                span: Span { file, range: module.span(call) },
                fault: ErrorFault::NoType(definition.name.as_str().to_owned()),
                class: Some(Span { file: class.file, range: definition.name_range }),
            });
        }
    }
    found
}

/// Most calls are of functions and methods; a class is mostly named with a capital.
fn may_name_class(module: &Module, callee: ExprId) -> bool {
    match module[callee] {
        Expr::Name { name, .. } | Expr::Attribute { name, .. } => {
            name.as_str().trim_start_matches('_').starts_with(char::is_uppercase)
        }
        _ => false,
    }
}

/// Whether an object that is made with these arguments surely has no type.
fn lacks_type(analysis: &Analysis<'_, '_>, class: ClassRef, arguments: &[Argument]) -> bool {
    let evaluator = analysis.evaluator;
    for ancestor in evaluator.order(class, None).iter() {
        let Ancestor::Project(class, _) = ancestor else {
            return matches!(ancestor, Ancestor::Outside(name) if *name == ERROR) && !gives_type(arguments);
        };
        let module = evaluator.project().module(class.file);
        let scope = module[class.class].scope;
        // A type may be a property or attribute of the class.
        if !module.bindings_of(scope, Name::new("type")).is_empty() || sets_type(module) {
            return false;
        }
        let Some(init) = module.bindings_of(scope, Name::new("__init__")).last() else { continue };
        let BindingKind::Function(function) = module[*init].kind else { return false };
        let crate::semantic::Body::Statements(body) = module[function].body else { return false };
        return hands_on_no_type(module, body);
    }
    false
}

fn gives_type(arguments: &[Argument]) -> bool {
    arguments.iter().any(|given| match given.kind {
        ArgumentKind::Keyword(name) => name == "type",
        ArgumentKind::Star | ArgumentKind::DoubleStar => true,
        ArgumentKind::Positional => false,
    })
}

/// Whether code of a file sets the type that an error keeps.
fn sets_type(module: &Module) -> bool {
    ["_type", "type"].iter().any(|name| module.attribute_stores(Name::new(name)).next().is_some())
}

/// Whether a constructor calls that of its base, and always without a type.
fn hands_on_no_type(module: &Module, body: crate::semantic::Suite) -> bool {
    let (mut calls, mut typed) = (0, false);
    super::exceptions::each_call_in(module, body, &mut |call| {
        let Expr::Call { callee, arguments } = module[call] else { return };
        if matches!(module[callee], Expr::Attribute { name, .. } if name == "__init__") {
            calls += 1;
            typed |= gives_type(module.list(arguments));
        }
    });
    calls > 0 && !typed
}
