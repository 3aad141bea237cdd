//! What an entry point reaches, by which way, and what happens there.
//!
//! Knows: which statements and expressions run what. Does not know: what any of what happens is good for.
//!
//! [`Reach`] keeps the pieces of code and the edges between them. [`walk`] goes through one piece, statement by statement;
//! [`expression`] through each expression; [`definition`], [`read`], [`call`] and [`construct`] are what these lead to;
//! [`nested`] is what validation makes of data besides; [`lazy`] are bodies that calls do not run; [`implicit`] is what runs without
//! a call that one can see; [`handed`] is what becomes of functions that are handed over; [`order`] says where the order of what is
//! gone through cannot be told from outside.

mod apart;
mod call;
mod construct;
mod definition;
mod expression;
mod handed;
mod implicit;
mod import_time;
mod lazy;
mod logger;
mod nested;
mod order;
mod outside;
mod reach;
mod read;
mod walk;

pub use implicit::{operator_names, unary_operator_name};
pub use logger::{is_named_like_logger, says_something};
pub use outside::LoadedOutside;
pub use reach::{Code, Edge, Event, EventKind, Given, GivenArguments, MODULE, Node, NodeId, OrderUse, Reach, Root};
