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
mod world;

// What says nothing of an engine is the second one's, and the first takes it from there.
pub use crate::second::temporal::{
    Context, Mention, Offer, Role, Side, applies_decorators, mentions, sandbox_at_import, takes,
};
pub use analysis::{Analysis, ReachedCode, analyse};
pub use definitions::{Activity, Definitions, EntryPoint, FailureTypes, Workflow, is_test_path};
pub use effects::{Reached, blocking_of, effect_of, holds};
pub use seeds::Provided;
pub use world::TemporalWorld;
