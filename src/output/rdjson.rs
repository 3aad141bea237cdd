use std::io;

use serde_json::{Value, json};

use super::Style;
use super::place::{Location, repository, rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::Report;
use crate::registry;
use crate::source::Span;

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
        json!({
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
        })
    };
    let diagnostics: Vec<Value> = report.diagnostics.iter().map(finding).collect();
    let source = json!({ "name": "temporal-py-lint", "url": env!("CARGO_PKG_REPOSITORY") });
    serde_json::to_writer_pretty(&mut *out, &json!({ "source": source, "diagnostics": diagnostics }))?;
    writeln!(out)
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
