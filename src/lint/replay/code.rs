//! What tells code from other code, for workflows of which it cannot be told what they do.
//!
//! Knows: statements, whatever their layout and comments. Does not know: what they do, or which of them a workflow leads to.

use std::hash::{Hash, Hasher};

use crate::source::ast::comparable::ComparableStmt;
use crate::source::{Fnv, parse};
use crate::temporal::Analysis;
use crate::temporal::skeleton::Skeleton;

/// Notes beside the workflows that cannot be told which code they are made of: where that is as it was, they do what they did.
pub(super) fn note_code(workflows: &mut [Skeleton], analysis: &Analysis<'_, '_>) {
    if workflows.iter().all(|workflow| workflow.cannot.is_none()) {
        return;
    }
    let of_file = |file| {
        let text = analysis.project.source(file).text_once();
        let mut hasher = Fnv::default();
        parse(&text, false).body().iter().for_each(|statement| ComparableStmt::from(statement).hash(&mut hasher));
        hasher.finish()
    };
    let mut files: Vec<u64> = analysis.project.built().into_iter().map(of_file).collect();
    files.sort_unstable();
    let mut all = Fnv::default();
    files.iter().for_each(|file| all.write(&file.to_le_bytes()));
    for workflow in workflows.iter_mut().filter(|workflow| workflow.cannot.is_some()) {
        workflow.code = Some(format!("{:016x}", all.finish()));
    }
}
