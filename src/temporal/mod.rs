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
mod definitions;
mod effects;
mod seeds;
mod stdlib;
mod world;

pub use analysis::{Analysis, Context, ReachedCode, analyse};
pub use definitions::{Activity, Definitions, EntryPoint, FailureTypes, Role, Workflow, is_test_path};
pub use effects::{Reached, blocking_of, effect_of, holds, sandbox_at_import};
pub use seeds::{Mention, Offer, Provided, applies_decorators, mentions, takes};
pub use world::{Side, TemporalWorld};
