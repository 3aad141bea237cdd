//! Steps as histories see them that have the marks of patches.
//!
//! Knows: which side of a condition is left where patches are marked. Does not know: which are.

use super::normal::settled;
use super::simple::simple;
use super::step::{Condition, Step, Text};

/// Steps under the assumption that histories have the marks of some patches, which are then compared no more; nor are the
/// marks of deprecated ones, which replay never misses.
#[must_use]
pub(super) fn assumed(steps: Vec<Step>, ids: &rustc_hash::FxHashSet<String>) -> Vec<Step> {
    let is_mark = |step: &Step| match step {
        Step::Command(command) => match command.kind {
            super::step::CommandKind::DeprecatePatch => true,
            super::step::CommandKind::Patch => ids.contains(&*command.name.name),
            _ => false,
        },
        _ => false,
    };
    let mut done = Vec::new();
    for step in steps {
        if is_mark(&step) {
            continue;
        }
        match step {
            Step::Branch { condition, then, orelse, at } => match decided(&condition, ids) {
                Decided::Always(holds) => done.extend(assumed(if holds { then } else { orelse }, ids)),
                Decided::When(condition) => {
                    done.push(Step::Branch { condition, then: assumed(then, ids), orelse: assumed(orelse, ids), at });
                }
            },
            Step::Loop { head, body, at } => done.push(Step::Loop { head, body: assumed(body, ids), at }),
            Step::Beside(steps) => done.push(Step::Beside(assumed(steps, ids))),
            Step::Failed { handlers, of, at } => {
                let handlers = handlers.into_iter().map(|(kind, steps)| (kind, assumed(steps, ids))).collect();
                done.push(Step::Failed { handlers, of, at });
            }
            other => done.push(other),
        }
    }
    simple(settled(done))
}

enum Decided {
    Always(bool),
    When(Condition),
}

/// A condition, where patches are known to be marked.
fn decided(condition: &Condition, ids: &rustc_hash::FxHashSet<String>) -> Decided {
    let patch = |text: &str| text.strip_prefix("patched ").is_some_and(|id| ids.contains(id));
    let Some(parts) = condition.text.name.strip_prefix("all of (").and_then(|text| text.strip_suffix(')')) else {
        return if patch(&condition.text.name) { Decided::Always(true) } else { Decided::When(condition.clone()) };
    };
    let parts: Vec<&str> = parts.split("; ").collect();
    if parts.iter().any(|part| part.strip_prefix("not ").is_some_and(patch)) {
        return Decided::Always(false);
    }
    if !parts.iter().any(|part| patch(part)) {
        return Decided::When(condition.clone());
    }
    let without = |text: &str| {
        let inner = text.strip_prefix("all of (").and_then(|text| text.strip_suffix(')')).unwrap_or(text);
        let left: Vec<&str> = inner.split("; ").filter(|part| !patch(part)).collect();
        match left.as_slice() {
            [only] => (*only).to_owned(),
            _ => format!("all of ({})", left.join("; ")),
        }
    };
    let (name, shape) = (without(&condition.text.name), without(&condition.text.shape));
    if name == "all of ()" {
        return Decided::Always(true);
    }
    let text = Text { name: name.into(), shape: shape.into(), is_shared: condition.text.is_shared };
    Decided::When(Condition::plain(text))
}
