//! Statements behind a patch: what is new for executions that begin now, what was before for those that run.
//!
//! Knows: how lines are put into a suite of their own. Does not know: which statements are new, or what was before.

use super::calls::WORKFLOW;
use super::draft::Draft;
use super::said::{Library, newline};
use crate::diagnostic::Fix;
use crate::python::FunctionRef;
use crate::semantic::{Body, FunctionId, Module, StmtId};
use crate::source::{FileId, TextRange, TextSize};
use crate::temporal::analysis::Analysis;

/// Whole lines of a text.
#[derive(Debug, Clone)]
pub struct Lines<'t> {
    text: &'t str,
    range: TextRange,
    /// How the first of them is indented.
    indent: &'t str,
    /// The strings that go over more than one of them.
    strings: Vec<TextRange>,
}

impl<'t> Lines<'t> {
    /// The lines of statements; nothing where they share a line with others.
    #[must_use]
    pub fn of(text: &'t str, statements: TextRange, strings: Vec<TextRange>) -> Option<Self> {
        let (start, end) = (statements.start().to_usize(), statements.end().to_usize());
        let first = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(end..)?;
        let last = end + rest.find('\n').unwrap_or(rest.len());
        let last = first + text.get(first..last)?.trim_end().len();
        let indent = text.get(first..start)?;
        let behind = text.get(end..last)?.trim_start();
        let is_whole = indent.trim().is_empty() && (behind.is_empty() || behind.starts_with('#'));
        let range = TextRange::new(TextSize::try_from(first).ok()?, TextSize::try_from(last).ok()?);
        is_whole.then_some(Self { text, range, indent, strings })
    }

    /// Where each line begins, what it holds, and whether it begins within a string.
    fn each(&self) -> impl Iterator<Item = (TextSize, &'t str, bool)> + '_ {
        let text = self.text.get(std::ops::Range::<usize>::from(self.range)).unwrap_or_default();
        let mut at = self.range.start();
        text.split_inclusive('\n').map(move |line| {
            let start = at;
            at += TextSize::of(line);
            let in_string = self.strings.iter().any(|string| string.start() < start && start < string.end());
            (start, line, in_string)
        })
    }

    /// The lines with another indentation.
    fn indented(&self, indent: &str, newline: &str) -> String {
        let mut done = String::new();
        for (_, line, in_string) in self.each() {
            let bare = line.trim_end_matches(['\n', '\r']);
            if !done.is_empty() {
                done.push_str(newline);
            }
            match bare.strip_prefix(self.indent) {
                _ if in_string => done.push_str(bare),
                _ if bare.trim().is_empty() => {}
                Some(rest) => done.extend([indent, rest]),
                None => done.extend([indent, bare.trim_start()]),
            }
        }
        done
    }
}

/// Where statements are put behind a patch.
#[derive(Debug, Clone)]
pub enum Patched<'t> {
    /// Around these, which are new.
    Around(Lines<'t>),
    /// Behind these, where something is gone.
    Behind(Lines<'t>),
    /// In front of these, where something is gone.
    Before(Lines<'t>),
}

/// Puts what is new behind a patch of this id, and what was before, if there was anything, where it is not patched. Nothing
/// where the place is in code that runs outside of workflows too.
#[must_use]
pub fn behind_patch(
    analysis: &Analysis<'_, '_>,
    file: FileId,
    place: &Patched<'_>,
    old: Option<&Lines<'_>>,
    id: &str,
) -> Option<Fix> {
    let (Patched::Around(lines) | Patched::Behind(lines) | Patched::Before(lines)) = place;
    let module = analysis.project.module(file);
    let function = function_around(module, lines.range)?;
    if !super::calls::is_for_workflows(analysis, FunctionRef { file, function }) {
        return None;
    }
    let block = module.block_of(statement_at(module, lines)?);
    let mut draft = Draft::new(analysis.project, file);
    let (said, _) = draft.say(Library { module: WORKFLOW, member: None }, block)?;
    let (text, indent) = (lines.text, lines.indent);
    let (newline, step) = (newline(text), step(text, module, function, indent));
    let deeper = format!("{indent}{step}");
    let asked = format!("{said}.patched(\"{id}\")");
    let old = old.map(|old| old.indented(&deeper, newline));
    match (place, old) {
        (Patched::Around(_), old) => {
            let mut head = format!("{indent}if {asked}:{newline}");
            for (start, line, in_string) in lines.each() {
                if !in_string && !line.trim().is_empty() {
                    draft.insert(start, format!("{}{step}", std::mem::take(&mut head)));
                }
            }
            if let Some(old) = old {
                draft.insert(lines.range.end(), format!("{newline}{indent}else:{newline}{old}"));
            }
        }
        (Patched::Behind(_), old) => {
            draft.insert(lines.range.end(), format!("{newline}{indent}if not {asked}:{newline}{}", old?));
        }
        (Patched::Before(_), old) => {
            draft.insert(lines.range.start(), format!("{indent}if not {asked}:{newline}{}{newline}", old?));
        }
    }
    draft.caution("running executions keep the old code, and the patch has to be taken out again once they have ended");
    draft.finish(format!("keep the old way for running executions: `{asked}`"))
}

/// The innermost function around a place.
fn function_around(module: &Module, range: TextRange) -> Option<FunctionId> {
    let around = |function: &FunctionId| module[*function].range.contains_range(range);
    module.function_ids().filter(around).min_by_key(|function| module[*function].range.len())
}

/// The first statement of lines.
fn statement_at(module: &Module, lines: &Lines<'_>) -> Option<StmtId> {
    let starts = |statement: &StmtId| lines.range.contains(module.statement_span(*statement).start());
    module.statement_ids().filter(starts).min_by_key(|statement| module.statement_span(*statement).start())
}

/// By how much a suite is indented in a function.
fn step(text: &str, module: &Module, function: FunctionId, indent: &str) -> String {
    let indent_at = |range: TextRange| {
        let before = text.get(..range.start().to_usize()).unwrap_or_default();
        &before[before.rfind('\n').map_or(0, |at| at + 1)..]
    };
    let outer = indent_at(module[function].range);
    let Body::Statements(body) = module[function].body else { return "    ".to_owned() };
    let first = module.list(body).first().map(|first| indent_at(module.statement_span(*first)));
    let inner = first.and_then(|inner| inner.strip_prefix(outer));
    let is_blank = |inner: &&str| !inner.is_empty() && inner.trim().is_empty();
    let usual = if indent.starts_with('\t') { "\t" } else { "    " };
    inner.filter(is_blank).unwrap_or(usual).to_owned()
}
