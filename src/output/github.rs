use std::io;

use super::place::{Location, repository};
use super::{Style, printable};
use crate::diagnostic::Severity;
use crate::lint::Report;

/// A workflow command a finding, which GitHub shows beside the line:
/// `::error file=…,line=…,endLine=…,title=…::message`.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let top = repository(&style.cwd);
    for diagnostic in &report.diagnostics {
        let Location { path, start, end } = Location::new(report, diagnostic.primary.span, &top);
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        // Columns are understood within one line alone.
        let columns = match start.row == end.row {
            true => format!(",col={},endColumn={}", start.column, end.column),
            false => String::new(),
        };
        let title = property(&format!("{} {}", diagnostic.code, diagnostic.name));
        let place = format!("file={},line={},endLine={}{columns}", property(&path), start.row, end.row);
        let mut text = printable(&diagnostic.message).into_owned();
        for (heading, said) in [("why", &diagnostic.consequence), ("help", &diagnostic.help)] {
            if !said.is_empty() {
                text = format!("{text}\n{heading}: {}", printable(said));
            }
        }
        if let [first, .., last] = diagnostic.call_chain.frames.as_slice() {
            text = format!("{text}\nreached from {} through {}", printable(&first.function), printable(&last.function));
        }
        writeln!(out, "::{command} {place},title={title}::{}", data(&text))?;
    }
    Ok(())
}

/// What stands behind the `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands behind a `=`.
fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_or_a_path_ends_the_command() {
        assert_eq!(data("50%\na\r::b"), "50%25%0Aa%0D::b");
        assert_eq!(property("a,b::c\n%.py"), "a%2Cb%3A%3Ac %25.py");
    }
}
