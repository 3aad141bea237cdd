//! Findings as the protocol has them.
//!
//! Knows: a look's findings, place by place, and what is said of one. Does not know: which documents have changed since.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::look::Look;
use super::place::Encoding;
use super::uri;
use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lint::Report;
use crate::registry;
use crate::source::{Span, printable};

/// What findings are said to come from.
pub(super) const SOURCE: &str = "temporal-py-lint";

/// A place of a finding.
#[derive(Clone, Copy)]
pub(super) struct Place<'l> {
    pub report: &'l Report,
    pub diagnostic: &'l Diagnostic,
    pub span: Span,
    message: &'l str,
    pub fix: Option<&'l Fix>,
}

/// The places of all findings, or of those in a file.
pub(super) fn places<'l>(look: &'l Look, file: Option<&'l Utf8Path>) -> impl Iterator<Item = Place<'l>> {
    let all = look.reports.iter().flat_map(|report| report.diagnostics.iter().map(move |found| (report, found)));
    let places = all.flat_map(|(report, diagnostic)| {
        let (own, message) = (diagnostic.primary.span, diagnostic.message.as_str());
        let own = Place { report, diagnostic, span: own, message, fix: diagnostic.fix.as_ref() };
        let further = diagnostic.related.iter().map(move |place| {
            let (span, message, fix) = (place.span, place.label.as_str(), place.fix.as_ref());
            Place { report, diagnostic, span, message, fix }
        });
        std::iter::once(own).chain(further)
    });
    places.filter(move |place| file.is_none_or(|file| place.path() == file))
}

/// What is to be shown in each file.
pub(super) fn shown(look: &Look, encoding: Encoding) -> BTreeMap<Utf8PathBuf, Vec<Value>> {
    let mut shown: BTreeMap<Utf8PathBuf, Vec<Value>> = BTreeMap::new();
    for place in places(look, None) {
        shown.entry(place.path().to_owned()).or_default().push(place.shown(encoding));
    }
    shown
}

impl Place<'_> {
    pub(super) fn path(&self) -> &Utf8Path {
        self.report.sources.get(self.span.file).path()
    }

    pub(super) fn range(&self, encoding: Encoding) -> Value {
        encoding.range(self.report.sources.get(self.span.file), self.span.range)
    }

    /// As an editor shows it.
    pub(super) fn shown(&self, encoding: Encoding) -> Value {
        let Diagnostic { code, severity, consequence, help, .. } = self.diagnostic;
        let parts = [self.message, consequence.as_str(), help.as_str()];
        let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).map(sentence).collect();
        let mut shown = json!({
            "range": self.range(encoding),
            "severity": match severity {
                Severity::Error => 1,
                Severity::Warning => 2,
                Severity::Info => 3,
            },
            "code": code,
            "source": SOURCE,
            "message": said.join("\n"),
            "relatedInformation": self.related(encoding),
        });
        if let Some(url) = registry::find(code).map(registry::url) {
            shown["codeDescription"] = json!({ "href": url });
        }
        shown
    }

    /// The calls that lead there, and the places that explain it.
    fn related(&self, encoding: Encoding) -> Vec<Value> {
        let location = |span: Span| {
            let file = self.report.sources.get(span.file);
            json!({ "uri": uri::of_path(file.path()), "range": encoding.range(file, span.range) })
        };
        let (_, calls) = self.diagnostic.call_chain.frames.split_last().unzip();
        let calls = calls.into_iter().flatten().map(|frame| {
            json!({ "location": location(frame.span), "message": format!("reached through `{}`", printable(&frame.function)) })
        });
        let others = self.diagnostic.secondary.iter().filter(|place| !place.label.is_empty());
        let others =
            others.map(|place| json!({ "location": location(place.span), "message": printable(&place.label) }));
        calls.chain(others).collect()
    }

    /// The explanation, in Markdown.
    pub(super) fn explanation(&self) -> String {
        let Diagnostic { code, name, consequence, help, .. } = self.diagnostic;
        let mut text = format!("**{code} {name}**\n\n{}\n", sentence(self.message));
        for part in [consequence, help].into_iter().filter(|part| !part.is_empty()) {
            text.push_str(&format!("\n{}\n", sentence(part)));
        }
        if let Some(rule) = registry::find(code) {
            text.push_str(&format!("\n---\n\n{}\n\n[{name}]({})\n", rule.docs.why.trim(), registry::url(rule)));
        }
        text
    }
}

/// Words as a sentence.
fn sentence(words: &str) -> String {
    let words = printable(words);
    let mut chars = words.chars();
    let start: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{start}{}.", chars.as_str())
}
