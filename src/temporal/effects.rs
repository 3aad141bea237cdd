//! What reached calls do to the world outside, and how they block.
//!
//! Knows: what the tables say of a symbol and of the bases of its class, and the conditions on a call's arguments. Does not know:
//! which of it is a finding.

use super::known::Known;
use crate::python::{Event, EventKind, Given, GivenArguments};
use crate::registry::schema::When;
use crate::registry::{Blocking, BlockingKind, Effect, SandboxAt, Tables, tables};
use crate::semantic::Name;
use crate::source::last_part;

/// How many bases are asked for a method.
const MAX_BASES: usize = 6;

/// Something outside the project that reached code calls or reads.
#[derive(Debug, Clone, Copy)]
pub struct Reached<'e> {
    /// Its qualified name.
    pub name: Name,
    /// With what it is called; absent for a read.
    pub arguments: Option<&'e GivenArguments>,
    /// Something else calls it.
    pub handed: bool,
    /// The result is awaited on the spot.
    pub awaited: bool,
    /// Nothing looks at the result.
    pub unused: bool,
    /// It was chosen among several.
    pub doubtful: bool,
}

impl<'e> Reached<'e> {
    /// The call or read that an event is, if it is one.
    #[must_use]
    pub fn of(event: &'e Event) -> Option<Self> {
        match &event.kind {
            EventKind::Call { callee, arguments, handed, awaited, unused, doubtful, .. } => Some(Self {
                name: *callee,
                arguments: Some(arguments),
                handed: *handed,
                awaited: *awaited,
                unused: *unused,
                doubtful: *doubtful,
            }),
            EventKind::Read { name } => Some(Self {
                name: *name,
                arguments: None,
                handed: false,
                awaited: false,
                unused: false,
                doubtful: false,
            }),
            _ => None,
        }
    }

    /// What an event asks the signature of, as if it were called, and what asks.
    #[must_use]
    pub fn inspected(event: &'e Event) -> Option<(Self, Name)> {
        let EventKind::Inspected { name, arguments, by } = &event.kind else { return None };
        let called = Self {
            name: *name,
            arguments: Some(arguments),
            handed: true,
            awaited: false,
            unused: false,
            doubtful: false,
        };
        Some((called, *by))
    }

    /// Whether it is only read.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.arguments.is_none()
    }
}

/// What a call or read does that a workflow may not.
#[must_use]
pub fn effect_of(known: &Known, reached: Reached<'_>) -> Option<&'static Effect> {
    let tables = known.tables;
    let effect = through_bases(tables, reached.name.as_str(), |name| tables.effect(name))?;
    if reached.is_read() && !effect.read {
        return None;
    }
    match effect.when.as_ref().is_none_or(|when| reached.is_read() || holds(when, reached)) {
        true => Some(effect),
        false => effect.otherwise.as_deref(),
    }
}

/// What making an object does of the class whose method something is.
#[must_use]
pub fn effect_of_owner(known: &Known, reached: Reached<'_>) -> Option<&'static Effect> {
    let (owner, _) = reached.name.as_str().rsplit_once('.')?;
    known.tables.effect(owner)
}

/// How a call blocks the thread it runs on.
#[must_use]
pub fn blocking_of(known: &Known, reached: Reached<'_>) -> Option<&'static Blocking> {
    if reached.is_read() || reached.awaited {
        return None;
    }
    let tables = known.tables;
    let blocking = through_bases(tables, reached.name.as_str(), |name| tables.blocking(name))?;
    let waits = matches!(blocking.kind, BlockingKind::Wait | BlockingKind::Process);
    if waits && reached.arguments.is_some_and(does_not_wait) {
        return None;
    }
    blocking.when.as_ref().is_none_or(|when| holds(when, reached)).then_some(blocking)
}

/// `get(block=False)`, `acquire(blocking=False)`, `acquire(False)`, `shutdown(wait=False)`, `wait(timeout=0)`, `join(0)`,
/// `select(…, …, …, 0)`, `flock(file, LOCK_EX | LOCK_NB)`.
fn does_not_wait(arguments: &GivenArguments) -> bool {
    let is_false = |given: Option<Given>| given == Some(Given::Bool(false));
    let fails_at_once = |given: &Given| match given {
        Given::Flags(names) => names.as_str().split('|').any(|name| last_part(name) == "LOCK_NB"),
        _ => false,
    };
    let is_zero = |position: usize| arguments.positional.get(position) == Some(&Given::Int(0));
    is_false(arguments.positional.first().copied())
        || is_zero(0)
        || is_zero(SELECT_TIMEOUT)
        || arguments.positional.get(1).is_some_and(fails_at_once)
        || is_false(arguments.get(None, "block"))
        || is_false(arguments.get(None, "blocking"))
        || is_false(arguments.get(None, "wait"))
        || arguments.get(None, "timeout") == Some(Given::Int(0))
}

/// Where `select.select` takes its timeout.
const SELECT_TIMEOUT: usize = 3;

/// Looks a symbol up, and where it is a method, in the bases of its class.
pub(super) fn through_bases<T>(tables: &Tables, name: &str, look_up: impl Fn(&str) -> Option<T>) -> Option<T> {
    if let Some(found) = look_up(name) {
        return Some(found);
    }
    let (mut owner, member) = name.rsplit_once('.')?;
    for _ in 0..MAX_BASES {
        owner = tables.base(owner)?;
        if let Some(found) = look_up(&format!("{owner}.{member}")) {
            return Some(found);
        }
    }
    None
}

fn is_missing(arguments: &GivenArguments, name: &str, position: usize) -> bool {
    matches!(arguments.get(Some(position), name), None | Some(Given::None))
}

/// Whether a condition on a call holds. Where they cannot be told, it does not.
#[must_use]
pub fn holds(when: &When, reached: Reached<'_>) -> bool {
    let Some(arguments) = reached.arguments else { return false };
    match when {
        When::NoArguments => !arguments.open && arguments.all().all(|given| given == Given::None),
        When::Missing { name, position } => is_missing(arguments, name, *position),
        When::Present { name, position } => !is_missing(arguments, name, *position),
        When::Given { name, position } => {
            !matches!(arguments.get(Some(*position), name), None | Some(Given::None | Given::Unknown))
        }
        // What an argument is called is asked where there is code to look at.
        When::Named { .. } => false,
        When::ResultUsed => !reached.unused,
        When::Equals { position, value } => {
            matches!(arguments.get(Some(*position), ""), Some(Given::Str(text)) if text == value.as_str())
        }
    }
}

/// Whether the default sandbox refuses a symbol while it imports a workflow's module.
#[must_use]
pub fn sandbox_at_import(name: &str) -> bool {
    through_bases(tables(), name, |name| tables().sandbox(name)) == Some(SandboxAt::Import)
}

/// Whether the default sandbox refuses a symbol when code in it runs.
#[must_use]
pub fn is_restricted(name: &str) -> bool {
    through_bases(tables(), name, |name| tables().sandbox(name)).is_some()
}
