use super::catches::Finder;
use super::code::{expressions, function_of};
use super::waits::awaits;
use crate::python::NodeId;
use crate::semantic::{Expr, Module, Suite};
use crate::source::TextRange;
use crate::temporal::analysis::Context;
use crate::temporal::effects::{Reached, blocking_of};

/// What stands under the protection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guarded {
    /// An `await`, `async for` or `async with`, or the body of a `with` statement that is managed here.
    pub waits: bool,
    /// A call by which the SDK ends the code: `continue_as_new()`, `raise_complete_async()`.
    pub ends: bool,
    /// A call at which the cancellation of a thread can arrive: a heartbeat, a sleep, one that blocks.
    pub is_interruptible: bool,
}

impl Finder<'_, '_, '_> {
    /// What stands in a protected suite.
    pub(super) fn guarded(&self, node: NodeId, suite: Suite) -> Guarded {
        let module = self.module(node);
        let Some(range) = suite_range(module, suite) else { return Guarded::default() };
        let function = function_of(self.graph.reach.node(node));
        let is_generator = function.is_some_and(|function| module[function.function].is_generator);
        let yields = is_generator && !expressions(module, suite, |expr| matches!(expr, Expr::Yield(_))).is_empty();
        let calls = self.graph.calls_within(node, range);
        let names = || calls.iter().filter_map(|event| Reached::of(event));
        let ends = names().any(|call| ENDS.contains(&call.name.as_str()));
        let is_interruptible = self.reached.context == Context::SyncActivity
            && names().any(|call| {
                INTERRUPTS.contains(&call.name.as_str()) || blocking_of(self.reached.known, call).is_some()
            });
        Guarded { waits: yields || !awaits(module, suite).is_empty(), ends, is_interruptible }
    }
}

/// Calls by which the SDK ends the code: it raises through it.
const ENDS: &[&str] = &["temporalio.workflow.continue_as_new", "temporalio.activity.raise_complete_async"];

/// Calls at which a cancelled thread gets its exception.
const INTERRUPTS: &[&str] = &[
    "temporalio.activity.heartbeat",
    "temporalio.activity.wait_for_cancelled_sync",
    "temporalio.activity.wait_for_worker_shutdown_sync",
    "time.sleep",
];

fn suite_range(module: &Module, suite: Suite) -> Option<TextRange> {
    let list = module.list(suite);
    let (first, last) = (list.first()?, list.last()?);
    Some(TextRange::new(module.statement_span(*first).start(), module.statement_span(*last).end()))
}
