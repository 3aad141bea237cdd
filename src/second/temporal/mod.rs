//! What a program means to Temporal: which classes are workflows, which functions are activities, where their code
//! runs, and what calls do there.
//!
//! Knows: the SDK's decorators, guards and contexts, and the tables of what symbols outside the project do. Does not
//! know: which of it is a finding.
//!
//! ```python
//! @workflow.defn                      # Workflow
//! class Order:
//!     @workflow.run                   # EntryPoint, Role::Run
//!     async def run(self) -> str:
//!         return stamp()              # reached from it: runs in Context::Workflow
//! ```

mod analysis;
mod by_name;
mod definitions;
mod determinism;
mod effects;
mod exceptions;
pub mod libraries;
mod seeds;
pub(crate) mod stdlib;
mod symbol;
mod wiring;
mod world;

pub use crate::second::python::{Edge, NodeId, OrderUse, Reach};
pub use analysis::{Analysis, Context, ReachedCode, Worlds, analyse};
pub use definitions::{Activity, Definitions, EntryPoint, Role, Workflow, is_test_path};
pub use determinism::{
    Identity, ImportTimeValue, SetOrder, identities, import_time_values, is_seen_at_import, naive_timestamps,
    set_orders,
};
pub(crate) use effects::through_bases;
pub use effects::{Reached, blocking_of, effect_of, holds, sandbox_at_import};
pub use exceptions::{Catch, CatchKind, Escape, EscapeCondition, Guarded, Matters, Raiser, catches, escapes};
pub(crate) use seeds::DECORATOR_MODULES;
pub use seeds::{Mention, Offer, Provided, applies_decorators, mentions, takes};
pub use wiring::{FailureTypes, Sandbox, Worker};
pub use world::{Side, TemporalWorld};
