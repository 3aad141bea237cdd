//! Rules about how code uses the SDK itself.

pub(super) mod unknown_sdk_name;
