//! Calls that only log: what they show is for people, and what a logger does to write is its own business.
//!
//! Knows: the methods of loggers, and the names that people give to loggers of which it is not known what made them. Does not
//! know: which classes are those of loggers; the [`World`](super::super::World) says so.

use super::super::value::{Callable, ClassRef, Value, ValueId, Values};
use super::walk::Walker;
use crate::semantic::{Expr, ExprId, Module, Name};

impl Walker<'_, '_> {
    /// Whether a function is a method of a logger by which something is logged. What a logger does to write is its own
    /// business, and nothing that the code around it can see.
    pub(super) fn logs(&self, callable: &Callable) -> bool {
        let module = self.evaluator().project().module(callable.function.file);
        let function = &module[callable.function.function];
        let Some(class) = function.class.filter(|_| LOGGING_METHODS.contains(&function.name.as_str())) else {
            return false;
        };
        let class_ref = ClassRef { file: callable.function.file, class };
        let world = self.evaluator().world();
        self.evaluator().derives_from(class_ref, None, &|name| world.is_logger(name))
    }

    /// `logger.info(…)`, `workflow.logger.debug(…)`, `log.warning(…)`.
    pub(super) fn is_logging_call(&self, callee: ExprId, callees: &Values) -> bool {
        let module = self.module();
        let Expr::Attribute { value, name } = module[callee] else { return false };
        if !LOGGING_METHODS.contains(&name.as_str()) {
            return false;
        }
        let named = says_something(name) && is_named_like_logger(module, value);
        let world = self.evaluator().world();
        let is_logger = |callee: &ValueId| match self.evaluator().get(*callee) {
            Value::OutsideMethod { receiver, .. } => {
                matches!(self.evaluator().get(*receiver), Value::OutsideInstance { class, .. } if world.is_logger(*class))
            }
            _ => false,
        };
        named || callees.known.iter().any(is_logger)
    }
}

/// Whether something is logged by a method of this name.
#[must_use]
pub fn says_something(method: Name) -> bool {
    LEVELS.contains(&method.as_str())
}

/// Whether an expression is a name or attribute as people give them to loggers: `log`, `logger`, `_audit_logger`. What a
/// logger is made by is often unknown.
#[must_use]
pub fn is_named_like_logger(module: &Module, expr: ExprId) -> bool {
    let (Expr::Name { name, .. } | Expr::Attribute { name, .. }) = module[expr] else { return false };
    let name = name.as_str().to_ascii_lowercase();
    name.ends_with("logger") || name.rsplit('_').next() == Some("log")
}

/// Methods that log at a level.
const LEVELS: &[&str] =
    &["trace", "success", "debug", "info", "warning", "warn", "error", "exception", "critical", "log"];

/// Methods of loggers, handlers and formatters that run when something is logged.
const LOGGING_METHODS: &[&str] = &[
    "trace",
    "success",
    "debug",
    "info",
    "warning",
    "warn",
    "error",
    "exception",
    "critical",
    "log",
    "process",
    "emit",
    "format",
    "handle",
    "filter",
];
