use std::io;

use serde_json::{Value, json};

use super::Style;
use super::place::{Location, repository};
use crate::diagnostic::Severity;
use crate::lint::Report;

/// GitLab's Code Quality report: an array of objects, with paths from the repository's root.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let top = repository(&style.cwd);
    let fingerprints = report.fingerprints(&report.diagnostics, &top);
    let findings: Vec<Value> = report
        .diagnostics
        .iter()
        .zip(fingerprints)
        .map(|(diagnostic, fingerprint)| {
            let Location { path, start, end } = Location::new(report, diagnostic.primary.span, &top);
            let severity = match diagnostic.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
                Severity::Info => "info",
            };
            json!({
                "description": format!("{}: {}", diagnostic.code, diagnostic.message),
                "check_name": diagnostic.code,
                "fingerprint": fingerprint,
                "severity": severity,
                "location": { "path": path, "lines": { "begin": start.row, "end": end.row } },
                "content": { "body": diagnostic.help },
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &findings)?;
    writeln!(out)
}
