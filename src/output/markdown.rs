use std::io;

use super::place::{Location, repository, rule, tally};
use super::{Style, printable};
use crate::diagnostic::Diagnostic;
use crate::lint::Report;
use crate::registry;

/// How many findings are listed: a job summary has a limit.
const MOST_FINDINGS: usize = 500;

/// A heading with the counts and a table of the findings.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let top = repository(&style.cwd);
    writeln!(out, "## temporal-py-lint: {}\n", tally(report))?;
    if !report.accepted.is_empty() {
        writeln!(out, "{} more accepted by the baseline.\n", report.accepted.len())?;
    }
    if report.diagnostics.is_empty() {
        return Ok(());
    }
    writeln!(out, "| place | rule | what |\n|---|---|---|")?;
    for diagnostic in report.diagnostics.iter().take(MOST_FINDINGS) {
        let Location { path, start, .. } = Location::new(report, diagnostic.primary.span, &top);
        let place = escaped(&format!("{path}:{}", start.row));
        writeln!(out, "| {place} | {} | {} |", linked(diagnostic), message(&diagnostic.message))?;
    }
    match report.diagnostics.len().saturating_sub(MOST_FINDINGS) {
        0 => Ok(()),
        more => writeln!(out, "\nand {more} more"),
    }
}

fn linked(diagnostic: &Diagnostic) -> String {
    match rule(diagnostic) {
        Some(rule) => format!("[{}]({}) {}", diagnostic.code, registry::url(rule), diagnostic.severity),
        None => diagnostic.code.to_owned(),
    }
}

/// A message with its code in backticks left as it is.
fn message(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let shown = parts.map(|(index, part)| match index % 2 {
        0 => escaped(part),
        _ => format!("`{}`", printable(part).replace('|', "\\|")),
    });
    shown.collect()
}

/// Text that means nothing to Markdown.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for char in printable(text).chars() {
        if "\\`*_{}[]()<>#+!|~@".contains(char) {
            shown.push('\\');
        }
        shown.push(char);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_code_is_markdown() {
        assert_eq!(message("`a|b_c` reads *x* <b>"), "`a\\|b_c` reads \\*x\\* \\<b\\>");
        assert_eq!(escaped("a[b](c)|d"), "a\\[b\\]\\(c\\)\\|d");
    }
}
