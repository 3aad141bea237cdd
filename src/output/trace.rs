use camino::Utf8Path;
use unicode_width::UnicodeWidthStr;

use super::text::shortened;
use super::{Paint, Style, display_path, printable};
use crate::diagnostic::{CallChain, Frame, LeftOut};
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

/// A call chain with its places spelt out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The steps, entry point first.
    pub hops: Vec<Hop>,
    /// The calls between them that are not told.
    pub left_out: Option<Skip>,
}

/// Calls that a trace does not tell; its fields are those of the JSON formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Skip {
    /// How many steps stand before them.
    pub after: usize,
    /// How many they are.
    pub calls: usize,
}

impl Trace {
    /// Spells a chain out.
    #[must_use]
    pub fn new(chain: &CallChain, sources: &Sources) -> Self {
        let hops = chain.frames.iter().map(|frame| Hop::new(frame, sources)).collect();
        let skip = |left_out: &LeftOut| Skip { after: left_out.after, calls: left_out.calls };
        Self { hops, left_out: chain.left_out.as_ref().map(skip) }
    }
}

/// Columns between the longest name and the places behind it.
const GAP: usize = 3;

/// Lines of a numbered call chain, entry point first, for so many columns. Places stand in a column behind the names, or
/// each below its name where not all lines have room for both. A place is never cut: it is there to be opened.
#[must_use]
pub fn render_trace(trace: &Trace, width: usize, style: &Style) -> Vec<String> {
    let paint = Paint { color: style.color };
    let skip = trace.left_out.unwrap_or(Skip { after: trace.hops.len(), calls: 0 });
    let digits = (trace.hops.len() + skip.calls).to_string().len();
    let indent = digits + 2;
    let room = width.saturating_sub(indent);
    let place = |hop: &Hop| format!("{}:{}", display_path(Utf8Path::new(&hop.filename), &style.cwd), hop.location.row);
    let rows: Vec<_> = trace.hops.iter().map(|hop| (printable(&hop.function), place(hop))).collect();
    let widest = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let is_beside = rows.iter().all(|(_, place)| widest + GAP + place.width() <= room);
    let mut lines = Vec::new();
    for (index, (name, place)) in rows.iter().enumerate() {
        if index == skip.after {
            lines.push(format!("{:indent$}{}", "", paint.dim(&format!("({} calls left out)", skip.calls))));
        }
        let number = if index < skip.after { index + 1 } else { index + skip.calls + 1 };
        let (short, place) = (shortened(name, room, style), paint.place(place));
        let line = format!("{number:>digits$}. {}", paint.bold(&short));
        if is_beside {
            lines.push(format!("{line}{:gap$}{place}", "", gap = widest - name.width() + GAP));
        } else {
            lines.extend([line, format!("{:indent$}{place}", "")]);
        }
    }
    lines
}
