use std::io;

use super::{Paint, Style, display_path, printable};
use crate::lint::Report;

/// `path:row:column: CODE [severity] message`, one line a finding.
pub(super) fn render(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint { color: style.color };
    for diagnostic in &report.diagnostics {
        let (start, _) = report.location(diagnostic.primary.span);
        let path = paint.bold(&display_path(&report.path(diagnostic.primary.span.file), &style.cwd));
        let code = paint.severity(diagnostic.severity, diagnostic.code);
        let (severity, message) = (diagnostic.severity, printable(&diagnostic.message));
        writeln!(out, "{path}:{}:{}: {code} [{severity}] {message}", start.row, start.column)?;
    }
    Ok(())
}
