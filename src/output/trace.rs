use camino::Utf8Path;
use unicode_width::UnicodeWidthStr;

use super::{Paint, Style, display_path, printable};
use crate::diagnostic::Frame;
use crate::source::{LineColumn, Sources};

/// One step of a call chain with its place spelt out; its fields are those of the JSON formats.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Hop {
    /// The function.
    pub function: String,
    /// The absolute path.
    pub filename: String,
    /// Where the function calls the next one, or does what is reported.
    pub location: LineColumn,
}

impl Hop {
    /// Spells a frame out.
    #[must_use]
    pub fn new(frame: &Frame, sources: &Sources) -> Self {
        let file = sources.get(frame.span.file);
        let location = file.line_column(frame.span.range.start());
        Self { function: frame.function.clone(), filename: file.path().to_string(), location }
    }
}

/// Columns that a function's name may take before places are no longer aligned behind it.
const LONGEST_NAME: usize = 44;

/// Lines of a numbered call chain, entry point first, places aligned.
#[must_use]
pub fn render_trace(hops: &[Hop], style: &Style) -> Vec<String> {
    let paint = Paint { color: style.color };
    let digits = hops.len().to_string().len();
    let names: Vec<_> = hops.iter().map(|hop| printable(&hop.function)).collect();
    let widest = names.iter().map(|name| name.width()).filter(|&width| width <= LONGEST_NAME).max().unwrap_or(0);
    let line = |(index, hop): (usize, &Hop)| {
        let name = &names[index];
        let place = format!("{}:{}", display_path(Utf8Path::new(&hop.filename), &style.cwd), hop.location.row);
        let gap = " ".repeat(widest.saturating_sub(name.width()) + 3);
        format!("{:>digits$}. {}{gap}{}", index + 1, paint.bold(name), paint.place(&place))
    };
    hops.iter().enumerate().map(line).collect()
}
