//! Rules about what is sent, and how it is encoded and decoded.

pub(super) mod datetime_in_sandboxed_payload;
pub(super) mod pydantic_without_converter;
pub(super) mod undecodable_payload_type;
pub(super) mod unserialisable_payload;
pub(super) mod untyped_payload;
pub(super) mod untyped_result;
