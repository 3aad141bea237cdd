//! Calls of the SDK's own loggers that `logging` refuses.
//!
//! Knows: `workflow.logger` and `activity.logger` under any name, the keywords of logging methods, and the keys that a
//! `LogRecord` owns. Does not know: where the code runs.

use super::analysis::Analysis;
use crate::python::{Evaluator, EventKind, Place, Value, Values};
use crate::semantic::{ArgumentKind, Expr, ExprId, Name};
use crate::source::{FileId, Span};

/// A call that raises once its level is enabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedLogCall {
    /// Where the call stands.
    pub span: Span,
    /// How the method is called: `workflow.logger.info`.
    pub callee: String,
    /// Keywords that logging methods do not have.
    pub fields: Vec<&'static str>,
    /// Keys of `extra` that a `LogRecord` owns.
    pub reserved: Vec<&'static str>,
}

impl RefusedLogCall {
    /// Whether the level is one that production rarely enables.
    #[must_use]
    pub fn is_debug(&self) -> bool {
        self.callee.ends_with(".debug")
    }
}

/// The calls in all files, in the order of the files and their text.
#[must_use]
pub fn refused_log_calls(analysis: &Analysis<'_, '_>) -> Vec<RefusedLogCall> {
    let mut found: Vec<RefusedLogCall> = Vec::new();
    for &file in &analysis.files {
        found.extend(in_file(analysis, file));
    }
    for reached in &analysis.reached {
        for (id, node) in reached.reach.nodes() {
            for event in &node.events {
                let EventKind::Call { callee, .. } = event.kind else { continue };
                let Some(call) = event.expr.filter(|_| method_of(callee).is_some()) else { continue };
                found.extend(refused(reached.reach.evaluator(), call, reached.reach.place(id), callee));
            }
        }
    }
    found.sort_by_key(|call| (call.span.file, call.span.range.start()));
    found.dedup_by_key(|call| call.span);
    found
}

/// How a method of one of the SDK's loggers is called, by its qualified name.
fn method_of(callee: Name) -> Option<&'static str> {
    let method = callee.as_str().strip_prefix("temporalio.")?;
    let last = method.strip_prefix("workflow.logger.").or_else(|| method.strip_prefix("activity.logger."))?;
    METHODS.contains(&last).then_some(method)
}

fn in_file(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<RefusedLogCall> {
    let module = analysis.project.module(file);
    let place = Place { file, frame: None };
    let has_keywords = |call: &ExprId| {
        let Expr::Call { callee, arguments } = module[*call] else { return None };
        let Expr::Attribute { name, .. } = module[callee] else { return None };
        let is_named = |kind| matches!(kind, ArgumentKind::Keyword(_) | ArgumentKind::DoubleStar);
        let may_be_refused =
            METHODS.contains(&name.as_str()) && module.list(arguments).iter().any(|argument| is_named(argument.kind));
        may_be_refused.then_some((*call, callee))
    };
    let calls = module.calls().iter().filter_map(has_keywords);
    calls
        .filter_map(|(call, callee)| {
            let value = analysis.evaluator.value(callee, place).single()?;
            refused(analysis.evaluator, call, place, analysis.evaluator.outside_name(value)?)
        })
        .collect()
}

fn refused(evaluator: &Evaluator<'_>, call: ExprId, place: Place, callee: Name) -> Option<RefusedLogCall> {
    let method = method_of(callee)?;
    let module = evaluator.project().module(place.file);
    let Expr::Call { arguments, .. } = module[call] else { return None };
    let (mut fields, mut reserved) = (Vec::new(), Vec::new());
    for argument in module.list(arguments) {
        match argument.kind {
            ArgumentKind::Keyword(name) if name == "extra" => {
                let keys = keys_of(evaluator, &evaluator.value(argument.value, place));
                reserved.extend(keys.into_iter().filter(|key| OWNED.contains(&key.as_str())));
            }
            ArgumentKind::Keyword(name) => fields.push(name),
            ArgumentKind::DoubleStar => fields.extend(keys_of(evaluator, &evaluator.value(argument.value, place))),
            ArgumentKind::Positional | ArgumentKind::Star => {}
        }
    }
    fields.retain(|name| !KEYWORDS.contains(&name.as_str()));
    let span = Span { file: place.file, range: module.span(call) };
    let is_refused = !fields.is_empty() || !reserved.is_empty();
    let text = |names: Vec<Name>| names.into_iter().map(Name::as_str).collect();
    is_refused.then(|| RefusedLogCall {
        span,
        callee: method.to_owned(),
        fields: text(fields),
        reserved: text(reserved),
    })
}

/// The keys that a dict surely has.
fn keys_of(evaluator: &Evaluator<'_>, values: &Values) -> Vec<Name> {
    let Some(Value::Table(entries)) = values.only().map(|value| evaluator.get(value)) else { return Vec::new() };
    let name = |key: &Option<crate::python::ValueId>| match key.map(|key| evaluator.get(key)) {
        Some(Value::Str(name)) => Some(*name),
        _ => None,
    };
    entries.iter().filter_map(|(key, _)| name(key)).collect()
}

const METHODS: &[&str] = &["critical", "debug", "error", "exception", "fatal", "info", "log", "warn", "warning"];

/// What logging methods take by keyword (`logging.Logger._log`); `level` and `msg` are their own parameters.
const KEYWORDS: &[&str] = &["exc_info", "extra", "level", "msg", "stack_info", "stacklevel"];

/// What `logging.Logger.makeRecord` refuses in `extra`: the attributes of a `LogRecord` that are set by then, and two that a
/// formatter sets. (`taskName` only since Python 3.12.)
const OWNED: &[&str] = &[
    "args",
    "asctime",
    "created",
    "exc_info",
    "exc_text",
    "filename",
    "funcName",
    "levelname",
    "levelno",
    "lineno",
    "message",
    "module",
    "msecs",
    "msg",
    "name",
    "pathname",
    "process",
    "processName",
    "relativeCreated",
    "stack_info",
    "thread",
    "threadName",
];
