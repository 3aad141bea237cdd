//! Which definitions of a program are one thing to the server, which knows names alone.
//!
//! Knows: workers and the task queues that they poll. What has the same name behind the same queue is one workflow or activity,
//! and so is what no worker registers (a stub for callers) with the one that workers do. Does not know: other programs; a
//! repository often holds several programs that use the same names.

use std::collections::{BTreeMap, BTreeSet};

use crate::temporal::map::{End, LinkKind, NodeKind, ProgramMap};

/// For each piece of a program, the piece that stands for it.
pub(super) fn one_by_name(program: &ProgramMap) -> Vec<usize> {
    let mut stands_for: Vec<usize> = (0..program.pieces.len()).collect();
    let behind = behind(program);
    let mut by_name: BTreeMap<(NodeKind, &str, bool), Vec<usize>> = BTreeMap::new();
    for (position, piece) in program.pieces.iter().enumerate() {
        if piece.is_wire_name && matches!(piece.kind, NodeKind::Workflow | NodeKind::Activity) {
            by_name.entry((piece.kind, &piece.name, piece.in_tests)).or_default().push(position);
        }
    }
    for alike in by_name.into_values().filter(|alike| alike.len() > 1) {
        let (registered, others): (Vec<usize>, Vec<usize>) =
            alike.into_iter().partition(|position| behind.contains_key(position));
        let mut groups: Vec<(usize, BTreeSet<usize>)> = Vec::new();
        for position in registered {
            let own = &behind[&position];
            match groups.iter_mut().find(|(_, queues)| !queues.is_disjoint(own)) {
                Some((first, queues)) => {
                    stands_for[position] = *first;
                    queues.extend(own);
                }
                None => groups.push((position, own.clone())),
            }
        }
        if let [(only, _)] = groups.as_slice() {
            others.into_iter().for_each(|other| stands_for[other] = *only);
        }
    }
    stands_for
}

/// By what workers register, these workers and the task queues that they poll.
fn behind(program: &ProgramMap) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut polled: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for link in program.links.iter().filter(|link| link.kind == LinkKind::Polls) {
        if let End::Piece(queue) = link.to {
            polled.entry(link.from).or_default().insert(queue);
        }
    }
    let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for link in program.links.iter().filter(|link| link.kind == LinkKind::Registers) {
        if let End::Piece(registered) = link.to {
            let behind = found.entry(registered).or_default();
            behind.insert(link.from);
            behind.extend(polled.get(&link.from).into_iter().flatten());
        }
    }
    found
}
