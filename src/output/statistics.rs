use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::{OutputFormat, Paint, Style};
use crate::diagnostic::Severity;
use crate::lint::Report;

#[derive(Serialize)]
struct Count {
    code: &'static str,
    name: &'static str,
    count: usize,
    places: usize,
    #[serde(skip)]
    severity: Severity,
}

/// Prints how often each rule found something instead of the findings, most frequent first: tabs between count, code
/// and name, and the number of places behind the name where findings have several; or an array of objects where the
/// format is JSON.
///
/// # Errors
///
/// Those of `out`.
pub fn render_statistics(
    format: OutputFormat,
    report: &Report,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let counts = counts(report);
    if format == OutputFormat::Json {
        serde_json::to_writer_pretty(&mut *out, &counts)?;
        return writeln!(out);
    }
    let paint = Paint { color: style.color };
    let width = counts.first().map_or(0, |most| most.count.to_string().len());
    for Count { code, name, count, places, severity } in counts {
        let places = if places > count { format!(" ({places} places)") } else { String::new() };
        let number = paint.bold(&format!("{count:>width$}"));
        writeln!(out, "{number}\t{}\t{name}{}", paint.severity(severity, code), paint.dim(&places))?;
    }
    Ok(())
}

fn counts(report: &Report) -> Vec<Count> {
    let mut by_code: BTreeMap<&str, Count> = BTreeMap::new();
    for diagnostic in &report.diagnostics {
        let first =
            Count { code: diagnostic.code, name: diagnostic.name, count: 0, places: 0, severity: diagnostic.severity };
        let count = by_code.entry(diagnostic.code).or_insert(first);
        count.count += 1;
        count.places += 1 + diagnostic.related.len();
    }
    let mut counts: Vec<Count> = by_code.into_values().collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.count));
    counts
}
