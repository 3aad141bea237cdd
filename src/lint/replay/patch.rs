//! The patch that lets running executions go on: the new code where it is asked for, the old one where it is not.
//!
//! Knows: which functions a difference leads through, and when a change of one is local: one run of whole statements, of which
//! the old ones name nothing that is gone. Does not know: how statements are compared ([`change`](super::change)), or how they
//! are put behind a patch (`repair`). Whether the fix mends the difference is tried out afterwards: see
//! [`Comparison::finished`](super::Comparison::finished).

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::change::{Change, Wanted, change, function_of, statement_around};
use super::names::Names;
use super::{Earlier, Known};
use crate::diagnostic::Fix;
use crate::source::ast::{Stmt, StmtFunctionDef};
use crate::source::{FileId, Parsed, Span, TextRange, TextSize, parse};
use crate::temporal::Analysis;
use crate::temporal::repair::{Lines, Patched, behind_patch};
use crate::temporal::skeleton::{Difference, DifferenceKind, Site, Skeleton, Verdict};

/// A patch of a difference.
#[derive(Debug, Clone)]
pub(super) struct Patch {
    pub id: String,
    pub fix: Fix,
}

/// Makes patches for the differences of one program.
pub(super) struct Patches<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    base: &'a Utf8Path,
    /// The ids that are in use.
    taken: BTreeSet<String>,
    /// The patches that were made, each with its place.
    made: Vec<(Span, Patch)>,
}

/// A file as it was.
struct Before<'v> {
    text: &'v str,
    parsed: Parsed,
}

impl<'a, 'e, 'p> Patches<'a, 'e, 'p> {
    /// None yet; `now` and `before` say which ids are in use.
    pub(super) fn new(analysis: &'a Analysis<'e, 'p>, base: &'a Utf8Path, now: &[Skeleton], before: &Earlier) -> Self {
        let all = now.iter().chain(before.workflows.iter().map(|known| &known.skeleton));
        let taken = all.flat_map(|skeleton| skeleton.patches()).map(|(_, id)| id).collect();
        Self { analysis, base, taken, made: Vec::new() }
    }

    /// The patch of a difference, where the change is local.
    pub(super) fn of(&mut self, known: &Known, difference: &Difference) -> Option<Patch> {
        use DifferenceKind as Kind;
        let is_of_code = !matches!(
            difference.kind,
            Kind::PatchRemoved
                | Kind::PatchDeprecated
                | Kind::DeprecationRemoved
                | Kind::PatchReused
                | Kind::HandlerRemoved
                | Kind::WorkflowRemoved
        );
        if !is_of_code || !matches!(difference.verdict, Verdict::Unsafe | Verdict::Depends) {
            return None;
        }
        let frames = self.frames(known, difference);
        let by_sources = frames.iter().find_map(|frame| self.of_change(known, difference, frame));
        let is_addition = matches!(difference.kind, Kind::Added | Kind::Condition);
        by_sources.or_else(|| {
            let frames = if is_addition { frames } else { Vec::new() };
            frames.iter().find_map(|frame| self.of_addition(known, difference, frame))
        })
    }

    /// The functions that a difference leads through, innermost first: those of the version in which it is seen before others.
    fn frames(&self, known: &Known, difference: &Difference) -> Vec<Frame> {
        let way = |site: &Option<Site>| site.iter().flat_map(|site| site.way.to_vec()).rev().collect::<Vec<_>>();
        let (new, old) = (way(&difference.after_at), way(&difference.before_at));
        let mut frames: Vec<Frame> = Vec::new();
        for (function, span) in &new {
            frames.push(Frame { function: function.clone(), file: span.file, new: Some(span.range), old: None });
        }
        let mut only_old = Vec::new();
        for (function, span) in old {
            let Some(file) = self.file_now(known, span) else { continue };
            let start = Some(span.range.start());
            match frames.iter_mut().find(|frame| (&frame.function, frame.file) == (&function, file)) {
                Some(frame) => frame.old = frame.old.or(start),
                None => only_old.push(Frame { function, file, new: None, old: start }),
            }
        }
        match difference.kind {
            DifferenceKind::Removed => only_old.into_iter().chain(frames).collect(),
            _ => frames.into_iter().chain(only_old).collect(),
        }
    }

    /// The file now of a place before.
    fn file_now(&self, known: &Known, span: Span) -> Option<FileId> {
        let path = known.sources.as_ref()?.get(span.file).path().strip_prefix(known.base()?).ok()?;
        let (path, sources) = (self.base.join(path), self.analysis.project.sources());
        sources.ids().find(|file| sources.get(*file).path() == path)
    }

    /// The file before of one now.
    fn before<'v>(&self, known: &'v Known, file: FileId) -> Option<Before<'v>> {
        let path = self.analysis.project.source(file).path().strip_prefix(self.base).ok()?;
        let (path, sources) = (known.base()?.join(path), known.sources.as_ref()?);
        let file = sources.get(sources.ids().find(|file| sources.get(*file).path() == path)?);
        Some(Before { text: file.text(), parsed: parse(file.text(), file.path().extension() == Some("pyi")) })
    }

    /// What is new and what was before, where both versions of a function are at hand.
    fn of_change(&mut self, known: &Known, difference: &Difference, frame: &Frame) -> Option<Patch> {
        let before = self.before(known, frame.file)?;
        let text = self.analysis.project.source(frame.file).text_once();
        let now = parse(&text, false);
        let (new, old) = (function_of(&now, &frame.function)?, function_of(&before.parsed, &frame.function)?);
        let whole = matches!(difference.kind, DifferenceKind::Reordered | DifferenceKind::Later);
        let wanted = Wanted { old: frame.old, new: frame.new.map(TextRange::start), whole };
        let change = change(&old.body, &new.body, wanted)?;
        let scopes = Scopes { new, new_file: now.body(), old: Some((old, before.parsed.body())) };
        scopes.allow(&change).then(|| self.patch(difference, frame.file, &text, &change, Some(before.text)))?
    }

    /// Whether a function reads as it did, where what was before is at hand.
    fn is_as_before(&self, known: &Known, frame: &Frame, now: &str) -> bool {
        self.before(known, frame.file).is_some_and(|before| {
            let old = function_of(&before.parsed, &frame.function);
            old.is_some_and(|old| &before.text[old.range.to_std_range()] == now)
        })
    }

    /// The statement that issues what is new, where what was before is not at hand.
    fn of_addition(&mut self, known: &Known, difference: &Difference, frame: &Frame) -> Option<Patch> {
        let text = self.analysis.project.source(frame.file).text_once();
        let now = parse(&text, false);
        let new = function_of(&now, &frame.function)?;
        // What stands there as it did is not what is new.
        if self.is_as_before(known, frame, &text[new.range.to_std_range()]) {
            return None;
        }
        let change = statement_around(&new.body, frame.new?)?;
        let scopes = Scopes { new, new_file: now.body(), old: None };
        scopes.allow(&change).then(|| self.patch(difference, frame.file, &text, &change, None))?
    }

    fn patch(
        &mut self,
        difference: &Difference,
        file: FileId,
        text: &str,
        change: &Change,
        before: Option<&str>,
    ) -> Option<Patch> {
        let lines = |range: TextRange| Lines::of(text, range, Vec::new());
        let place = match (change.new.range(), change.behind, change.before) {
            (Some(new), _, _) => Patched::Around(Lines::of(text, new, change.new.long_strings(text))?),
            (None, Some(behind), _) => Patched::Behind(lines(behind)?),
            (None, None, before) => Patched::Before(lines(before?)?),
        };
        let old = match (change.old.range(), before) {
            (Some(old), Some(before)) => Some(Lines::of(before, old, change.old.long_strings(before))?),
            _ => None,
        };
        let range = change.new.range().or(change.behind).or(change.before)?;
        let span = Span { file, range };
        if let Some((_, known)) = self.made.iter().find(|(place, _)| *place == span) {
            return Some(known.clone());
        }
        let id = self.id(difference, change);
        let fix = behind_patch(self.analysis, file, &place, old.as_ref(), &id)?;
        self.taken.insert(id.clone());
        let patch = Patch { id, fix };
        self.made.push((span, patch.clone()));
        Some(patch)
    }

    /// An id that is not in use and says what changes.
    fn id(&self, difference: &Difference, change: &Change) -> String {
        let [old, new] = difference.commands.each_ref().map(|name| name.as_deref().and_then(dashed));
        let is_gone = change.new.statements.is_empty();
        let workflow = || dashed(&difference.workflow).unwrap_or_else(|| "workflow".to_owned());
        let first = match (old, new) {
            (Some(old), _) if is_gone => format!("no-{old}"),
            (old, Some(new)) if change.old.statements.is_empty() || old.as_ref() != Some(&new) => new,
            (_, Some(new)) => format!("{new}-changed"),
            (_, None) => format!("{}-changed", workflow()),
        };
        let more = (2..).map(|number| format!("{first}-{number}"));
        std::iter::once(first.clone()).chain(more).find(|id| !self.taken.contains(id)).unwrap_or(first)
    }
}

/// A function on the way to a difference, with the places in it that lead on.
struct Frame {
    function: String,
    file: FileId,
    new: Option<TextRange>,
    old: Option<TextSize>,
}

/// What names mean around a change.
struct Scopes<'v> {
    new: &'v StmtFunctionDef,
    new_file: &'v [Stmt],
    old: Option<(&'v StmtFunctionDef, &'v [Stmt])>,
}

impl Scopes<'_> {
    /// Whether what is new and what was before can stand beside each other: the old names nothing that is gone, and what
    /// follows needs nothing that the new alone makes.
    fn allow(&self, change: &Change) -> bool {
        let (at_new, at_old) = (change.new.range(), change.old.range());
        let (new, old) = (Names::of(&change.new.statements, None), Names::of(&change.old.statements, None));
        let around = Names::of_function(self.new, at_new);
        let is_needed =
            |name: &String| !old.bound.contains(name) && around.used.contains(name) && !around.bound.contains(name);
        if new.declares || old.declares || new.bound.iter().any(is_needed) {
            return false;
        }
        if change.new.statements.len().max(change.old.statements.len()) > MOST {
            return false;
        }
        let Some((old_function, old_file)) = self.old else { return true };
        // What waits can stand in no plain function.
        if old_function.is_async && !self.new.is_async && !change.old.statements.is_empty() {
            return false;
        }
        let old_around = Names::of_function(old_function, None);
        let (old_file, new_file) = (Names::of(old_file, at_old), Names::of(self.new_file, at_new));
        let is_there = |name: &String| match old_around.bound.contains(name) {
            true => around.bound.contains(name),
            false => new_file.bound.contains(name) || !old_file.bound.contains(name),
        };
        let has_attribute = |name: &String| new_file.attributes.contains(name) || !old_file.attributes.contains(name);
        old.used.iter().all(|name| old.bound.contains(name) || is_there(name))
            && old.attributes.iter().all(has_attribute)
    }
}

/// Up to how many statements are put behind a patch: more is no local change.
const MOST: usize = 12;

/// The longest name that an id is made of.
const LONGEST: usize = 40;

/// A name in lower case, its words parted by dashes; nothing where it is none.
fn dashed(name: &str) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    if name.len() > LONGEST || !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(is_name) {
        return None;
    }
    let mut done = String::new();
    let mut last = ' ';
    for c in name.chars() {
        let begins_word = c.is_ascii_uppercase() && (last.is_ascii_lowercase() || last.is_ascii_digit());
        if (begins_word || !c.is_ascii_alphanumeric()) && !done.is_empty() && !done.ends_with('-') {
            done.push('-');
        }
        if c.is_ascii_alphanumeric() {
            done.push(c.to_ascii_lowercase());
        }
        last = c;
    }
    Some(done.trim_end_matches('-').to_owned())
}

#[cfg(test)]
mod tests {
    use super::dashed;

    #[test]
    fn ids_are_words_with_dashes() {
        let told = |name: &str| dashed(name).unwrap_or_default();
        assert_eq!(
            [told("notify"), told("send_mail"), told("SendMail"), told("orders.sendMail2")].join(" "),
            "notify send-mail send-mail orders-send-mail2"
        );
        assert_eq!(dashed("input.0 or `x`"), None);
        assert_eq!(dashed(""), None);
    }
}
