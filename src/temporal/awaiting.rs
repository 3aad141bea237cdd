//! What callables outside the project do with the coroutines, tasks and futures that they are given.

use crate::registry::behaviour;
use crate::registry::schema::AwaitKind;
use crate::semantic::{Argument, ArgumentKind, Expr, Module, Name};

/// What a callable does with what it is given.
pub(super) fn await_kind(name: Name) -> Option<AwaitKind> {
    behaviour().awaits(name.as_str())
}

/// Whether `gather` gives exceptions among its results instead of raising them, if that is known.
pub(super) fn keeps_exceptions(module: &Module, arguments: &[Argument]) -> Option<bool> {
    for given in arguments {
        match given.kind {
            ArgumentKind::Keyword(name) if name == "return_exceptions" => {
                return match module[given.value] {
                    Expr::Bool(keeps) => Some(keeps),
                    _ => None,
                };
            }
            ArgumentKind::DoubleStar => return None,
            _ => {}
        }
    }
    Some(false)
}
