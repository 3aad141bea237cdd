//! Rules about what is sent and comes back as data.

pub(super) mod untyped_result;
