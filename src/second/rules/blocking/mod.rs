//! Rules about what blocks the event loop.

pub(super) mod blocking_import;
