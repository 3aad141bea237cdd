use crate::project::{Event, EventKind};
use crate::registry::schema::When;
use crate::registry::{Blocking, BlockingKind, Effect, tables};
use crate::second::temporal::through_bases;
use crate::source::ast::{self, Expr};

/// Something outside the project that reached code calls or reads.
#[derive(Debug, Clone, Copy)]
pub struct Reached<'e, 'a> {
    /// Its qualified name.
    pub name: &'e str,
    /// The call; absent for a read, and where something else calls it.
    pub call: Option<&'a ast::ExprCall>,
    /// Where something else calls it: with how many positional arguments, if that is known.
    pub handed: Option<usize>,
    /// It is only read.
    pub is_read: bool,
    /// The result is awaited on the spot.
    pub awaited: bool,
    /// It was chosen among several.
    pub doubtful: bool,
}

impl<'e, 'a> Reached<'e, 'a> {
    /// The call or read that an event is, if it is one.
    #[must_use]
    pub fn of(event: &'e Event<'a>) -> Option<Self> {
        match &event.kind {
            EventKind::Call { callee, call, handed, awaited, doubtful } => Some(Self {
                name: callee,
                call: *call,
                handed: *handed,
                is_read: false,
                awaited: *awaited,
                doubtful: *doubtful,
            }),
            EventKind::Read { name } => {
                Some(Self { name, call: None, handed: None, is_read: true, awaited: false, doubtful: false })
            }
            _ => None,
        }
    }
}

/// What a call or read does that a workflow may not.
#[must_use]
pub fn effect_of(reached: Reached<'_, '_>) -> Option<&'static Effect> {
    let effect = through_bases(reached.name, |name| tables().effect(name))?;
    if reached.is_read && !effect.read {
        return None;
    }
    effect.when.as_ref().is_none_or(|when| reached.is_read || holds(when, reached)).then_some(effect)
}

/// How a call blocks the thread it runs on.
#[must_use]
pub fn blocking_of(reached: Reached<'_, '_>) -> Option<&'static Blocking> {
    if reached.is_read || reached.awaited {
        return None;
    }
    let blocking = through_bases(reached.name, |name| tables().blocking(name))?;
    if blocking.kind == BlockingKind::Wait && reached.call.is_some_and(does_not_wait) {
        return None;
    }
    blocking.when.as_ref().is_none_or(|when| holds(when, reached)).then_some(blocking)
}

/// `get(block=False)`, `acquire(blocking=False)`, `acquire(False)`, `wait(timeout=0)`.
fn does_not_wait(call: &ast::ExprCall) -> bool {
    let is_false = |value: &Expr| matches!(value, Expr::BooleanLiteral(literal) if !literal.value);
    let is_zero = |value: &Expr| {
        matches!(value, Expr::NumberLiteral(ast::ExprNumberLiteral { value: ast::Number::Int(number), .. })
            if number.as_u8() == Some(0))
    };
    let arguments = &call.arguments;
    arguments.find_positional(0).is_some_and(is_false)
        || arguments.keywords.iter().any(|keyword| match keyword.arg.as_deref() {
            Some("block" | "blocking") => is_false(&keyword.value),
            Some("timeout") => is_zero(&keyword.value),
            _ => false,
        })
}

/// Whether a condition on the arguments of a call holds. Where they cannot be told, it does not.
#[must_use]
pub fn holds(when: &When, reached: Reached<'_, '_>) -> bool {
    let Some(call) = reached.call else {
        // Called by something else, such as a field's `default_factory`.
        return match when {
            When::NoArguments => reached.handed == Some(0),
            When::Missing { position, .. } => reached.handed.is_some_and(|given| given <= *position),
            When::Equals { .. } => false,
        };
    };
    let arguments = &call.arguments;
    let starred = arguments.args.iter().any(Expr::is_starred_expr)
        || arguments.keywords.iter().any(|keyword| keyword.arg.is_none());
    match when {
        When::NoArguments => arguments.is_empty() || (!starred && only_none(arguments)),
        When::Missing { name, position } => {
            !starred && arguments.find_argument_value(name, *position).is_none_or(Expr::is_none_literal_expr)
        }
        When::Equals { position, value } => match arguments.find_positional(*position) {
            Some(Expr::StringLiteral(text)) => text.value.to_str() == value,
            _ => false,
        },
    }
}

fn only_none(arguments: &ast::Arguments) -> bool {
    arguments.args.iter().chain(arguments.keywords.iter().map(|keyword| &keyword.value)).all(Expr::is_none_literal_expr)
}
