//! Rules about changing workflows that are at work.

pub(super) mod ignored_patch_result;
pub(super) mod ineffective_mock;
