use std::io;

use serde::Serialize;

use super::{Hop, Skip, Trace};
use crate::diagnostic::{Applicability, Confidence, Diagnostic, Edit, Fix, Further, Severity};
use crate::lint::Report;
use crate::registry;
use crate::source::LineColumn;

/// A finding as ruff prints its own, and with what ruff's have not: `severity`, `confidence`, `consequence`, `help`, `trace`,
/// `trace_left_out`, `related`.
#[derive(Serialize)]
struct Finding<'a> {
    code: &'a str,
    name: &'a str,
    severity: Severity,
    confidence: Confidence,
    message: &'a str,
    /// What happens at run time if nothing is done.
    consequence: Option<&'a str>,
    help: Option<&'a str>,
    filename: String,
    location: LineColumn,
    end_location: LineColumn,
    url: Option<String>,
    fix: Option<FixObject<'a>>,
    trace: Vec<Hop>,
    /// Where in a long trace calls are missing, and how many.
    trace_left_out: Option<Skip>,
    related: Vec<Related<'a>>,
}

/// A further place of a finding.
#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    filename: String,
    location: LineColumn,
    end_location: LineColumn,
    fix: Option<FixObject<'a>>,
}

/// As ruff's, and with `caution`: what else changes, where the fix is not safe.
#[derive(Serialize)]
struct FixObject<'a> {
    applicability: &'static str,
    message: &'a str,
    caution: Option<&'a str>,
    edits: Vec<EditObject<'a>>,
}

#[derive(Serialize)]
struct EditObject<'a> {
    content: &'a str,
    location: LineColumn,
    end_location: LineColumn,
}

/// An array of findings, and nothing else.
pub(super) fn render(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let findings: Vec<Finding<'_>> = report.diagnostics.iter().map(|diagnostic| finding(report, diagnostic)).collect();
    serde_json::to_writer_pretty(&mut *out, &findings)?;
    writeln!(out)
}

/// The same objects, one a line.
pub(super) fn render_lines(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for diagnostic in &report.diagnostics {
        serde_json::to_writer(&mut *out, &finding(report, diagnostic))?;
        writeln!(out)?;
    }
    Ok(())
}

fn finding<'a>(report: &Report, diagnostic: &'a Diagnostic) -> Finding<'a> {
    let (location, end_location) = report.location(diagnostic.primary.span);
    let trace = Trace::new(&diagnostic.call_chain, &report.sources);
    Finding {
        code: diagnostic.code,
        name: diagnostic.name,
        severity: diagnostic.severity,
        confidence: diagnostic.confidence,
        message: &diagnostic.message,
        consequence: Some(diagnostic.consequence.as_str()).filter(|consequence| !consequence.is_empty()),
        help: Some(diagnostic.help.as_str()).filter(|help| !help.is_empty()),
        filename: report.path(diagnostic.primary.span.file).into_string(),
        location,
        end_location,
        url: registry::find(diagnostic.code).map(registry::url),
        fix: diagnostic.fix.as_ref().map(|fix| fix_object(report, fix)),
        trace: trace.hops,
        trace_left_out: trace.left_out,
        related: diagnostic.related.iter().map(|place| related(report, place)).collect(),
    }
}

fn related<'a>(report: &Report, place: &'a Further) -> Related<'a> {
    let (location, end_location) = report.location(place.span);
    let fix = place.fix.as_ref().map(|fix| fix_object(report, fix));
    Related { message: &place.label, filename: report.path(place.span.file).into_string(), location, end_location, fix }
}

fn fix_object<'a>(report: &Report, fix: &'a Fix) -> FixObject<'a> {
    let applicability = match fix.applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
    };
    let edit = |edit: &'a Edit| {
        let (location, end_location) = report.location(edit.span);
        EditObject { content: &edit.content, location, end_location }
    };
    let caution = Some(fix.caution.as_str()).filter(|caution| !caution.is_empty());
    FixObject { applicability, message: &fix.message, caution, edits: fix.edits.iter().map(edit).collect() }
}
