//! Messages of a handler that is gone, and of whose kind a dynamic handler takes those of all names.
//!
//! Knows: it is given the message's name first, and what came with it behind that. Does not know: what it makes of that.

use rustc_hash::FxHashSet;

use super::walk::Walk;
use super::{Difference, Flow, FlowKind};
use crate::temporal::skeleton::effects::INPUT;
use crate::temporal::skeleton::expression::quoted;
use crate::temporal::skeleton::marks::assumed;
use crate::temporal::skeleton::step::{Condition, OneOf, Step, Text};

/// How what a message brings reads once a dynamic handler takes it.
const BROUGHT: &str = "message.";

/// Whether a flow of the version after takes the messages of one that is gone.
pub(super) fn takes_over(gone: &Flow, other: &Flow) -> bool {
    gone.kind != FlowKind::Run && other.kind == gone.kind && other.name.is_empty()
}

/// How a dynamic handler differs from the one whose messages it takes; `ids` are those of patches of which only the new side
/// counts.
pub(super) fn compared(walk: &Walk<'_>, other: &Flow, ids: &FxHashSet<String>) -> Option<Difference> {
    let mut before = assumed(walk.flow.steps.clone(), ids);
    before.iter_mut().for_each(|step| step.each_mut(&brought));
    let after = assumed(other.steps.clone(), ids);
    let found = walk.named(&quoted(&walk.flow.name), &before, &after)?;
    Some(Difference { definition: other.at, ..found })
}

/// Says of what a handler was given that it came with the message.
fn brought(step: &mut Step) {
    let words = |text: &str| text.replace(INPUT, BROUGHT).into();
    let told = |text: &mut Text| {
        if text.name.contains(INPUT) || text.shape.contains(INPUT) {
            (text.name, text.shape) = (words(&text.name), words(&text.shape));
        }
    };
    match step {
        Step::Branch { condition: Condition { text, compares }, .. } => {
            told(text);
            if let Some(OneOf { of, .. }) = compares {
                *of = words(of);
            }
        }
        Step::Loop { head, .. } => told(head),
        Step::Command(command) => {
            told(&mut command.name);
            command.id.iter_mut().for_each(told);
        }
        _ => {}
    }
}
