use std::io;

use similar::{ChangeTag, TextDiff};

use super::{Paint, Style, display_path};
use crate::lint::Edited;
use crate::source::visible;

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;

/// What changes in a file, as a unified diff.
///
/// # Errors
///
/// Where `out` takes nothing.
pub fn render_diff(file: &Edited, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let paint = Paint { color: style.color };
    let path = display_path(&file.path, &style.cwd);
    let diff = TextDiff::from_lines(&file.before, &file.after);
    writeln!(out, "{}\n{}", paint.dim(&format!("--- {path}")), paint.dim(&format!("+++ {path}")))?;
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        writeln!(out, "{}", paint.accent(&hunk.header().to_string()))?;
        for change in hunk.iter_changes() {
            let (sign, colour): (char, fn(Paint, &str) -> String) = match change.tag() {
                ChangeTag::Delete => ('-', removed),
                ChangeTag::Insert => ('+', added),
                ChangeTag::Equal => (' ', unchanged),
            };
            let line = change.value();
            let content = line.trim_end_matches(['\r', '\n']);
            let shown: String = content.chars().map(|c| if c == '\t' { c } else { visible(c) }).collect();
            write!(out, "{}{}", colour(paint, &format!("{sign}{shown}")), &line[content.len()..])?;
            if change.missing_newline() {
                writeln!(out, "\n\\ No newline at end of file")?;
            }
        }
    }
    Ok(())
}

fn removed(paint: Paint, text: &str) -> String {
    paint.severity(crate::diagnostic::Severity::Error, text)
}

fn added(paint: Paint, text: &str) -> String {
    paint.good(text)
}

fn unchanged(_: Paint, text: &str) -> String {
    text.to_owned()
}
