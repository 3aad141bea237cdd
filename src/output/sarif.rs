//! SARIF 2.1.0, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>.
//!
//! Knows: which parts of a finding go where in a log. Does not know: who shows it. Paths are relative to the repository,
//! which is named as `SRCROOT`; columns count characters.

use std::collections::BTreeMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use super::Style;
use super::place::{path_from, repository};
use crate::diagnostic::{Confidence, Diagnostic, Fix, Frame, Severity};
use crate::lint::Report;
use crate::registry::{self, Rule};
use crate::source::{FileId, Span, encoded};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The name of a result's fingerprint; a new way to make it gets a new number.
const FINGERPRINT: &str = "temporalPyLint/v1";

/// One log with one run.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let log = Log::new(report, &style.cwd).value();
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// What keeps a finding from counting.
#[derive(Clone, Copy)]
enum Held<'r> {
    No,
    /// A baseline accepts it.
    ByBaseline,
    /// A comment holds it back, with this reason.
    ByComment(&'r str),
}

impl Held<'_> {
    fn suppressions(self) -> Value {
        match self {
            Self::No => json!([]),
            Self::ByBaseline => {
                json!([{ "kind": "external", "status": "accepted", "justification": "accepted by the baseline" }])
            }
            Self::ByComment("") => json!([{ "kind": "inSource" }]),
            Self::ByComment(reason) => json!([{ "kind": "inSource", "justification": reason }]),
        }
    }
}

/// All findings, those that do not count behind the others.
fn all(report: &Report) -> impl Iterator<Item = (&Diagnostic, Held<'_>)> {
    let found = report.diagnostics.iter().map(|diagnostic| (diagnostic, Held::No));
    let accepted = report.accepted.iter().map(|diagnostic| (diagnostic, Held::ByBaseline));
    let suppressed = report.suppressed.iter().map(|(diagnostic, reason)| (diagnostic, Held::ByComment(reason)));
    found.chain(accepted).chain(suppressed)
}

struct Log<'r> {
    report: &'r Report,
    top: Utf8PathBuf,
    /// Position of each rule that found something.
    rules: BTreeMap<&'static str, usize>,
}

impl<'r> Log<'r> {
    fn new(report: &'r Report, cwd: &Utf8Path) -> Self {
        let mut rules: BTreeMap<&'static str, usize> =
            all(report).map(|(diagnostic, _)| (diagnostic.code, 0)).collect();
        rules.values_mut().enumerate().for_each(|(position, at)| *at = position);
        Self { report, top: repository(cwd), rules }
    }

    fn value(&self) -> Value {
        let rules: Vec<Value> = self.rules.keys().filter_map(|code| registry::find(code)).map(descriptor).collect();
        let failed = !self.report.stats.internal_errors.is_empty();
        json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "temporal-py-lint",
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                } },
                "invocations": [{ "executionSuccessful": !failed }],
                "originalUriBaseIds": { "SRCROOT": { "uri": format!("file://{}/", encoded(self.top.as_str())) } },
                "columnKind": "unicodeCodePoints",
                "results": self.results(),
            }],
        })
    }

    fn results(&self) -> Vec<Value> {
        let all: Vec<_> = all(self.report).collect();
        let fingerprints = self.report.fingerprints(all.iter().map(|(diagnostic, _)| *diagnostic), &self.top);
        let results = all.into_iter().zip(fingerprints);
        results.map(|((diagnostic, held), fingerprint)| self.result(diagnostic, held, &fingerprint)).collect()
    }

    fn result(&self, diagnostic: &Diagnostic, held: Held<'_>, fingerprint: &str) -> Value {
        let mut message = diagnostic.message.clone();
        if !diagnostic.help.is_empty() {
            message = format!("{message}\n\n{}", diagnostic.help);
        }
        let mut location = self.location(diagnostic.primary.span, None);
        if let Some(frame) = diagnostic.call_chain.frames.last() {
            location["logicalLocations"] = json!([{ "fullyQualifiedName": frame.function, "kind": "function" }]);
        }
        let explaining = diagnostic.secondary.iter().map(|place| (place.span, &place.label));
        let others = explaining.chain(diagnostic.related.iter().map(|place| (place.span, &place.label)));
        let related: Vec<Value> = others.map(|(span, label)| self.location(span, Some(label))).collect();
        let mut result = json!({
            "ruleId": diagnostic.code,
            "ruleIndex": self.rules.get(diagnostic.code),
            "level": level(diagnostic.severity),
            "message": { "text": message },
            "locations": [location],
            "partialFingerprints": { FINGERPRINT: fingerprint },
            "suppressions": held.suppressions(),
            "properties": { "confidence": diagnostic.confidence },
        });
        if !related.is_empty() {
            result["relatedLocations"] = related.into();
        }
        let fixes: Vec<Value> = diagnostic.fixes().map(|fix| self.fix(fix)).collect();
        if !fixes.is_empty() {
            result["fixes"] = fixes.into();
        }
        if !diagnostic.call_chain.frames.is_empty() {
            result["codeFlows"] = json!([self.code_flow(&diagnostic.call_chain.frames)]);
        }
        result
    }

    /// The call chain, entry point first.
    fn code_flow(&self, frames: &[Frame]) -> Value {
        let step = |frame: &Frame| json!({ "location": self.location(frame.span, Some(&frame.function)) });
        json!({ "threadFlows": [{ "locations": frames.iter().map(step).collect::<Vec<Value>>() }] })
    }

    /// Edits of one file each; all of a fix are meant to be made together.
    fn fix(&self, fix: &Fix) -> Value {
        let mut files: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
        for edit in &fix.edits {
            let inserted = json!({ "text": edit.content });
            let change = json!({ "deletedRegion": self.region(edit.span), "insertedContent": inserted });
            files.entry(edit.span.file).or_default().push(change);
        }
        let changes: Vec<Value> = files
            .into_iter()
            .map(|(file, edits)| json!({ "artifactLocation": self.artifact(file), "replacements": edits }))
            .collect();
        let text = match fix.caution.as_str() {
            "" => fix.message.clone(),
            caution => format!("{} (to be read first: {caution})", fix.message),
        };
        json!({ "description": { "text": text }, "artifactChanges": changes })
    }

    fn artifact(&self, file: FileId) -> Value {
        let path = self.report.path(file);
        match path.starts_with(&self.top) {
            true => json!({ "uri": encoded(&path_from(&self.top, &path)), "uriBaseId": "SRCROOT" }),
            false => json!({ "uri": format!("file://{}", encoded(path.as_str())) }),
        }
    }

    fn region(&self, span: Span) -> Value {
        let (start, end) = self.report.location(span);
        json!({ "startLine": start.row, "startColumn": start.column, "endLine": end.row, "endColumn": end.column })
    }

    fn location(&self, span: Span, message: Option<&str>) -> Value {
        let (artifact, region) = (self.artifact(span.file), self.region(span));
        let mut location = json!({ "physicalLocation": { "artifactLocation": artifact, "region": region } });
        if let Some(message) = message.filter(|message| !message.is_empty()) {
            location["message"] = json!({ "text": message });
        }
        location
    }
}

fn descriptor(rule: &'static Rule) -> Value {
    let precision = match rule.confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.docs.why },
        "help": { "text": rule.docs.why, "markdown": rule.docs.why },
        "helpUri": registry::url(rule),
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": [rule.category, "temporal"], "precision": precision },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
