//! How findings are mended: changes of source text that follow from facts and places.
//!
//! Knows: what stands where, which name means what there, and what code a place belongs to. Does not know: which rule
//! asks, or what is done with a change. No change is found by looking at text; text is read for the ends of lines alone.

mod arguments;
mod awaits;
mod calls;
mod definitions;
mod draft;
mod forms;
mod imports;
mod patched;
mod said;

pub use arguments::{as_args, as_duration, as_member_of, by_name, in_list, in_seconds};
pub use awaits::{awaited, entered_async, not_awaited};
pub use calls::{rewritten_in_activity, rewritten_in_workflow};
pub use definitions::{decorated_like, first_by_name, made_async, made_plain, made_workflow, not_called};
pub use draft::Draft;
pub use forms::{as_predicate, by_own_logger, called, meant, unpacked};
pub use imports::passed_through;
pub use patched::{Lines, Patched, behind_patch};
pub use said::Library;
