use std::io;

use serde_json::{Value, json};

use super::Style;
use super::place::{Location, repository, rule};
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::lint::Report;
use crate::registry;
use crate::source::{FileId, Span};

/// What reviewdog reads: <https://github.com/reviewdog/reviewdog/tree/master/proto/rdf>.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let top = repository(&style.cwd);
    let finding = |diagnostic: &Diagnostic| {
        let location = Location::new(report, diagnostic.primary.span, &top);
        let (start, end) = byte_columns(report, diagnostic.primary.span);
        let severity = match diagnostic.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Info => "INFO",
        };
        let mut message = diagnostic.message.clone();
        if !diagnostic.help.is_empty() {
            message = format!("{message}\n{}", diagnostic.help);
        }
        let mut said = json!({
            "message": message,
            "location": {
                "path": location.path,
                "range": {
                    "start": { "line": location.start.row, "column": start },
                    "end": { "line": location.end.row, "column": end },
                },
            },
            "severity": severity,
            "code": { "value": diagnostic.code, "url": rule(diagnostic).map(registry::url) },
        });
        let suggested = diagnostic.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe);
        if let Some(suggestions) = suggested.and_then(|fix| suggestions(report, diagnostic.primary.span.file, fix)) {
            said["suggestions"] = suggestions;
        }
        said
    };
    let diagnostics: Vec<Value> = report.diagnostics.iter().map(finding).collect();
    let source = json!({ "name": "temporal-py-lint", "url": env!("CARGO_PKG_REPOSITORY") });
    serde_json::to_writer_pretty(&mut *out, &json!({ "source": source, "diagnostics": diagnostics }))?;
    writeln!(out)
}

/// A safe fix as changes of the finding's file, which a review offers to take over.
fn suggestions(report: &Report, file: FileId, fix: &Fix) -> Option<Value> {
    let text = report.sources.get(file);
    let suggestion = |edit: &Edit| {
        let (start, end) = byte_columns(report, edit.span);
        let row = |offset| text.line_column(offset).row;
        json!({
            "range": {
                "start": { "line": row(edit.span.range.start()), "column": start },
                "end": { "line": row(edit.span.range.end()), "column": end },
            },
            "text": edit.content,
        })
    };
    let is_here = fix.edits.iter().all(|edit| edit.span.file == file);
    is_here.then(|| fix.edits.iter().map(suggestion).collect())
}

/// Columns in bytes, as this format counts.
fn byte_columns(report: &Report, span: Span) -> (usize, usize) {
    let text = report.sources.get(span.file).text();
    let column = |offset: usize| {
        let before = text.get(..offset).unwrap_or_default();
        offset - before.rfind('\n').map_or(0, |newline| newline + 1) + 1
    };
    (column(span.range.start().into()), column(span.range.end().into()))
}
