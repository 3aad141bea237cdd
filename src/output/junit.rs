use std::collections::BTreeMap;
use std::io;

use super::Style;
use super::place::{Location, repository};
use crate::diagnostic::Diagnostic;
use crate::lint::Report;
use crate::source::visible;

/// A test suite a file, in which each finding is a test that failed; one test that passed where there is none.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let top = repository(&style.cwd);
    let mut files: BTreeMap<String, Vec<(&Diagnostic, Location)>> = BTreeMap::new();
    for diagnostic in &report.diagnostics {
        let location = Location::new(report, diagnostic.primary.span, &top);
        files.entry(location.path.clone()).or_default().push((diagnostic, location));
    }
    let number = report.diagnostics.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="temporal-py-lint" tests="{}" failures="{number}" errors="0">"#, number.max(1))?;
    if number == 0 {
        writeln!(out, r#"  <testsuite name="temporal-py-lint" tests="1" failures="0" errors="0">"#)?;
        writeln!(out, "    <testcase name=\"no findings\" classname=\"temporal-py-lint\"/>\n  </testsuite>")?;
    }
    for (path, findings) in &files {
        let (name, number) = (escaped(path), findings.len());
        writeln!(out, r#"  <testsuite name="{name}" tests="{number}" failures="{number}" errors="0">"#)?;
        for (diagnostic, Location { start, .. }) in findings {
            let place = format!("{}:{}:{}", name, start.row, start.column);
            let (code, rule) = (diagnostic.code, diagnostic.name);
            writeln!(
                out,
                r#"    <testcase name="{code} {rule} {}:{}" classname="{name}" file="{name}" line="{}">"#,
                start.row, start.column, start.row
            )?;
            let (message, kind) = (escaped(&diagnostic.message), diagnostic.severity);
            writeln!(out, r#"      <failure type="{kind}" message="{message}">{place}: {message}"#)?;
            for said in [&diagnostic.consequence, &diagnostic.help].into_iter().filter(|said| !said.is_empty()) {
                writeln!(out, "{}", escaped(said))?;
            }
            writeln!(out, "</failure>\n    </testcase>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// Text within XML, without characters that it cannot hold.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars().map(visible) {
        match char {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => shown.push('\u{fffd}'),
            char => shown.push(char),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_made_visible() {
        assert_eq!(escaped("a<b>&\"\u{1b}\u{ffff}\n"), "a&lt;b&gt;&amp;&quot;\u{fffd}\u{fffd} ");
    }
}
