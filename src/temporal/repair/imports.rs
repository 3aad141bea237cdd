//! Imports passed through the sandbox.

use super::calls::WORKFLOW;
use super::draft::Draft;
use super::said::{Library, newline};
use crate::diagnostic::Fix;
use crate::semantic::{BindingId, Module, Stmt, StmtId};
use crate::source::{TextRange, TextSize};
use crate::temporal::analysis::Analysis;
use crate::temporal::libraries::LibraryImport;
use crate::temporal::sandboxed::is_passed_through;

/// An import at the top of a module, moved below `workflow.unsafe.imports_passed_through()`: into the block that is there,
/// else into one behind the import of `workflow`. Nothing but imports may stand between.
#[must_use]
pub fn passed_through(analysis: &Analysis<'_, '_>, import: &LibraryImport) -> Option<Fix> {
    let module = analysis.project.module(import.file);
    let text = analysis.project.source(import.file).text_once();
    let body = module.list(module.body());
    let position = |statement: StmtId| body.iter().position(|other| *other == statement);
    let from = position(module[import.import].statement)?;
    let line = own_line(&text, import.range)?;
    let written = text[std::ops::Range::<usize>::from(line)].trim();
    let mut draft = Draft::new(analysis.project, import.file);
    let (said, is_new) = draft.say(Library { module: WORKFLOW, member: None }, module.entry())?;
    if is_new || written.contains('\n') {
        return None;
    }
    let newline = newline(&text);
    let (to, at, moved) = match body.iter().position(|id| passes(analysis, import, module, *id)) {
        Some(block) => {
            let first = module.list(suite_of(module, body[block])?).first()?;
            let at = module.statement_span(*first).start();
            let before = &text[..at.to_usize()];
            let indent = &before[before.rfind('\n')? + 1..];
            if !indent.trim().is_empty() {
                return None;
            }
            (block, at, format!("{written}{newline}{indent}"))
        }
        None => {
            let workflow = body.iter().position(|id| binds_workflow(module, *id))?;
            let at = own_line(&text, module.statement_span(body[workflow]))?.end();
            let block = format!("with {said}.unsafe.imports_passed_through():{newline}    {written}{newline}");
            (workflow, at, format!("{newline}{block}"))
        }
    };
    let between = &body[from.min(to)..from.max(to)];
    let is_import = |id: &StmtId| matches!(module[*id], Stmt::Import(_)) || passes(analysis, import, module, *id);
    if !between.iter().all(is_import) {
        return None;
    }
    draft.remove(line);
    draft.insert(at, moved);
    draft.finish(format!("pass it through the sandbox: `{said}.unsafe.imports_passed_through()`"))
}

fn suite_of(module: &Module, statement: StmtId) -> Option<crate::semantic::Suite> {
    match module[statement] {
        Stmt::With(with) => Some(module[with].body),
        _ => None,
    }
}

/// Whether a statement is a block that passes imports through.
fn passes(analysis: &Analysis<'_, '_>, import: &LibraryImport, module: &Module, statement: StmtId) -> bool {
    let first = suite_of(module, statement).and_then(|suite| module.list(suite).first().copied());
    first.is_some_and(|first| is_passed_through(analysis.evaluator, import.file, module.block_of(first)))
}

/// Whether a statement imports the SDK's `workflow`.
fn binds_workflow(module: &Module, statement: StmtId) -> bool {
    let Stmt::Import(import) = module[statement] else { return false };
    let (first, end) = module[import].bindings;
    (first.index()..end.index()).map(BindingId::from_index).zip(module.list(module[import].names)).any(|(_, alias)| {
        match module[import].from {
            Some(from) => format!("{from}.{}", alias.name) == WORKFLOW,
            None => alias.name == WORKFLOW,
        }
    })
}

/// The line of a statement with its comment and its end, where no other statement stands there.
fn own_line(text: &str, statement: TextRange) -> Option<TextRange> {
    let (start, end) = (statement.start().to_usize(), statement.end().to_usize());
    let is_first = start == 0 || text[..start].ends_with('\n');
    let rest = text[end..].find('\n')? + 1;
    let behind = text[end..end + rest].trim();
    let is_last = behind.is_empty() || behind.starts_with('#');
    (is_first && is_last)
        .then(|| TextRange::new(statement.start(), statement.end() + TextSize::of(&text[end..end + rest])))
}
