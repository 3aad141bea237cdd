//! What an editor offers to do about findings.
//!
//! Knows: fixes, and comments that hold a finding back. Does not know: how a fix was made. Nothing is offered for text
//! that is not the one that was looked at.

use camino::Utf8Path;
use serde_json::{Value, json};

use super::findings::{Place, SOURCE, places};
use super::look::Look;
use super::place::Encoding;
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::fix::applied;
use crate::lint::with_comment;
use crate::source::{SourceFile, Span, TextRange, TextSize};

const QUICK_FIX: &str = "quickfix";
const FIX_ALL: &str = "source.fixAll";

/// What an action is asked for: the document, its address, the place, and the kinds that are wanted.
pub(super) struct Asked<'a> {
    pub path: &'a Utf8Path,
    pub uri: &'a str,
    pub range: TextRange,
    pub only: Option<Vec<&'a str>>,
    pub encoding: Encoding,
}

impl Asked<'_> {
    /// Whether actions of a kind are wanted: kinds are words joined by dots, and a kind stands for those below it.
    fn wants(&self, kind: &str) -> bool {
        let is_above = |only: &&str| kind == *only || kind.strip_prefix(only).is_some_and(|rest| rest.starts_with('.'));
        self.only.as_ref().is_none_or(|only| only.iter().any(is_above))
    }

    fn edit<'e>(&self, file: &SourceFile, edits: impl Iterator<Item = &'e Edit>) -> Value {
        let edits: Vec<Value> = edits
            .map(|edit| json!({ "range": self.encoding.range(file, edit.span.range), "newText": edit.content }))
            .collect();
        json!({ "changes": { self.uri: edits } })
    }
}

/// The actions for a place.
pub(super) fn actions(look: &Look, asked: &Asked<'_>) -> Vec<Value> {
    let mut found = Vec::new();
    if asked.wants(QUICK_FIX) {
        let here: Vec<Place<'_>> = places(look, Some(asked.path)).filter(|place| meets(place, asked.range)).collect();
        found.extend(here.iter().filter_map(|place| quick_fix(place, asked)));
        found.extend(here.iter().filter_map(|place| ignore(place, asked)));
    }
    // It is only made where it is asked for by name: it has nothing to do with the place.
    if asked.only.is_some() && asked.wants(&format!("{FIX_ALL}.{SOURCE}")) {
        found.extend(fix_all(look, asked));
    }
    found
}

fn meets(place: &Place<'_>, range: TextRange) -> bool {
    place.span.range.intersect(range).is_some()
}

fn is_within(fix: &Fix, place: &Place<'_>) -> bool {
    fix.edits.iter().all(|edit| edit.span.file == place.span.file)
}

fn quick_fix(place: &Place<'_>, asked: &Asked<'_>) -> Option<Value> {
    let fix = place.fix.filter(|fix| is_within(fix, place))?;
    let file = place.report.sources.get(place.span.file);
    if !applied(file.text(), place.span.file, &[fix], is_stub(file)).taken[0] {
        return None;
    }
    let code = place.diagnostic.code;
    let title = match fix.caution.as_str() {
        "" => format!("{code}: {}", fix.message),
        caution => format!("{code}: {} ({caution})", fix.message),
    };
    Some(json!({
        "title": title,
        "kind": QUICK_FIX,
        "diagnostics": [place.shown(asked.encoding)],
        "isPreferred": fix.applicability == Applicability::Safe,
        "edit": asked.edit(file, fix.edits.iter()),
    }))
}

/// A comment that holds the finding back where it stands.
fn ignore(place: &Place<'_>, asked: &Asked<'_>) -> Option<Value> {
    let file = place.report.sources.get(place.span.file);
    let code = place.diagnostic.code;
    let after = with_comment(place.report, code, place.span, "TODO: say why")?;
    let (range, content) = difference(file.text(), &after);
    let edit = Edit { span: Span { file: place.span.file, range }, content: content.to_owned() };
    Some(json!({
        "title": format!("{code}: ignore it here, with a reason"),
        "kind": QUICK_FIX,
        "diagnostics": [place.shown(asked.encoding)],
        "edit": asked.edit(file, std::iter::once(&edit)),
    }))
}

/// What of a text is another in a second one, and what stands there.
fn difference<'t>(before: &str, after: &'t str) -> (TextRange, &'t str) {
    let same = |one: &mut dyn Iterator<Item = char>, other: &mut dyn Iterator<Item = char>| -> usize {
        one.zip(other).take_while(|(one, other)| one == other).map(|(char, _)| char.len_utf8()).sum()
    };
    let start = same(&mut before.chars(), &mut after.chars());
    let end = same(&mut before[start..].chars().rev(), &mut after[start..].chars().rev());
    let size = |offset: usize| TextSize::try_from(offset).unwrap_or_default();
    (TextRange::new(size(start), size(before.len() - end)), &after[start..after.len() - end])
}

/// All safe fixes of a document.
fn fix_all(look: &Look, asked: &Asked<'_>) -> Option<Value> {
    let safe = |place: &Place<'_>| place.fix.is_some_and(|fix| fix.applicability == Applicability::Safe);
    let here: Vec<Place<'_>> = places(look, Some(asked.path)).filter(safe).collect();
    let first = here.first()?;
    let file = first.report.sources.get(first.span.file);
    let fixes: Vec<&Fix> =
        here.iter().filter(|place| place.span.file == first.span.file).filter_map(|place| place.fix).collect();
    let taken = applied(file.text(), first.span.file, &fixes, is_stub(file)).taken;
    let mut edits: Vec<&Edit> = Vec::new();
    for (fix, _) in fixes.iter().zip(taken).filter(|(_, taken)| *taken) {
        edits.extend(fix.edits.iter().filter(|edit| !edits.contains(edit)).collect::<Vec<_>>());
    }
    (!edits.is_empty()).then(|| {
        json!({
            "title": format!("Fix all that {SOURCE} can fix safely"),
            "kind": format!("{FIX_ALL}.{SOURCE}"),
            "edit": asked.edit(file, edits.into_iter()),
        })
    })
}

fn is_stub(file: &SourceFile) -> bool {
    file.path().extension() == Some("pyi")
}
