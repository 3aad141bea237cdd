//! A map as a picture.
//!
//! Knows: what boxes and lines look like; colours and letters are in `page/diagram.css`. Does not know: where they stand
//! ([`layout`](super::layout)).

use std::fmt::Write as _;
use std::io;

use camino::Utf8Path;

use super::label;
use super::layout::{Frame, LABEL_WIDEST, Layout, Route, layout};
use crate::diagnostic::Severity;
use crate::lint::{LinkKind, Map};

/// Colours and letters, which the page has, too.
pub(super) const STYLE: &str = include_str!("page/diagram.css");

/// A picture that stands for itself.
pub(super) fn render(map: &Map, from: &Utf8Path, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "{}", picture(map, from, true).text)
}

/// A picture.
pub(super) struct Picture {
    pub text: String,
    /// What is to be said of it.
    pub note: Option<String>,
}

/// That lines of some boxes are faint.
fn note(laid: &Layout) -> Option<String> {
    match laid.set_apart {
        0 => None,
        1 => Some(
            "The lines of the box with most of them are drawn faintly: too many boxes hang together by it.".to_owned(),
        ),
        many => Some(format!(
            "The lines of the {many} boxes with most of them are drawn faintly: too many boxes hang together by these."
        )),
    }
}

/// The picture; without its style where the page has that.
pub(super) fn picture(map: &Map, from: &Utf8Path, has_style: bool) -> Picture {
    let laid = layout(map, from);
    let note = note(&laid);
    let mut text = String::new();
    let (width, height) = (laid.width.ceil(), laid.height.ceil());
    let what = format!("Map of {} nodes and {} edges", map.nodes.len(), map.edges.len());
    // A String takes all.
    let _ = writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"map\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"group\" aria-label=\"{what}\">"
    );
    if has_style {
        let _ =
            writeln!(text, "<style>\n{STYLE}</style>\n<rect class=\"ground\" width=\"{width}\" height=\"{height}\"/>");
    }
    text.push_str("<defs>\n");
    for group in GROUPS {
        let _ = writeln!(
            text,
            "<marker id=\"end-{group}\" class=\"end {group}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0.5 L7.5 4 L0 7.5 z\"/></marker>"
        );
    }
    text.push_str("</defs>\n<g class=\"lines\">\n");
    laid.routes.iter().for_each(|route| line(map, &laid, route, &mut text));
    text.push_str("</g>\n<g class=\"nodes\">\n");
    (0..map.nodes.len()).for_each(|node| frame(map, node, &laid.frames[node], from, &mut text));
    text.push_str("</g>\n");
    // The page says it above the picture.
    if let Some(note) = note.as_ref().filter(|_| has_style) {
        let _ = writeln!(text, "<text class=\"note\" x=\"20\" y=\"{:.1}\">{note}</text>", height - 6.0);
    }
    text.push_str("</svg>");
    Picture { text, note }
}

/// The kinds of lines that look alike.
const GROUPS: [&str; 4] = ["work", "message", "schedule", "plumbing"];

fn group(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Polls | LinkKind::Registers | LinkKind::SendsTo => "plumbing",
        LinkKind::Signals | LinkKind::Queries | LinkKind::Updates | LinkKind::CallsOperation => "message",
        LinkKind::Creates => "schedule",
        LinkKind::Starts
        | LinkKind::StartsChild
        | LinkKind::ContinuesAs
        | LinkKind::Executes
        | LinkKind::ExecutesLocally => "work",
    }
}

fn line(map: &Map, laid: &Layout, route: &Route, text: &mut String) {
    let edges: Vec<_> = route.edges.iter().map(|edge| &map.edges[*edge]).collect();
    let Some(group) =
        edges.iter().map(|edge| group(edge.kind)).min_by_key(|group| GROUPS.iter().position(|known| known == group))
    else {
        return;
    };
    let faint = if route.is_faint && route.from != route.to { " faint" } else { "" };
    let unsure = if edges.iter().any(|edge| edge.is_sure) { "" } else { " unsure" };
    let names = (label::name(&map.nodes[route.from]), label::name(&map.nodes[route.to]));
    let told: Vec<String> = edges.iter().map(|edge| label::edge(edge)).collect();
    let title = format!("{} {} {}", names.0, told.join(", "), names.1);
    let path = match route.points.as_slice() {
        [] => around(&laid.frames[route.from]),
        [start, end] => swung(*start, *end),
        points => curved(points),
    };
    let (from, to) = (route.from, route.to);
    let _ = writeln!(
        text,
        "<g class=\"line {group}{faint}{unsure}\" data-from=\"{from}\" data-to=\"{to}\"><title>{}</title><path d=\"{path}\" marker-end=\"url(#end-{group})\"/>",
        escaped(&title)
    );
    if let Some((x, y)) = route.label_at {
        let first = y - 5.5 * (f64::from(u32::try_from(told.len()).unwrap_or(1)) - 1.0) + 3.0;
        for (row, told) in (0_u32..).zip(&told) {
            let y = f64::from(row).mul_add(11.0, first);
            let short: String = told.chars().take(LABEL_WIDEST).collect();
            let _ = writeln!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&short));
        }
    }
    text.push_str("</g>\n");
}

/// A curve by points.
fn curved(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    let last = points.len().saturating_sub(1);
    for (at, (x, y)) in points.iter().enumerate() {
        let _ = match at {
            0 => write!(path, "M{x:.1} {y:.1}"),
            at if at == last => write!(path, " L{x:.1} {y:.1}"),
            at => {
                let next = points[at + 1];
                write!(path, " Q{x:.1} {y:.1} {:.1} {:.1}", f64::midpoint(*x, next.0), f64::midpoint(*y, next.1))
            }
        };
    }
    path
}

/// A curve from side to side.
fn swung((x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> String {
    let swing = ((to_x - x).abs() / 2.0).max(40.0) * if to_x < x { -1.0 } else { 1.0 };
    format!("M{x:.1} {y:.1} C{:.1} {y:.1} {:.1} {to_y:.1} {to_x:.1} {to_y:.1}", x + swing, to_x - swing)
}

/// A small loop at a box's upper edge.
fn around(frame: &Frame) -> String {
    let (x, y) = (frame.x + frame.width - 34.0, frame.y);
    format!("M{x:.1} {y:.1} C{x:.1} {:.1} {:.1} {:.1} {:.1} {y:.1}", y - 16.0, x + 22.0, y - 16.0, x + 22.0)
}

fn frame(map: &Map, position: usize, frame: &Frame, from: &Utf8Path, text: &mut String) {
    let node = &map.nodes[position];
    let mut classes = format!("node {}", node.kind.key());
    if !node.is_resolved {
        classes.push_str(" unresolved");
    }
    if !node.marks.is_empty() {
        classes.push_str(" marked");
    }
    match map.severity(position) {
        Some(Severity::Error) => classes.push_str(" failing"),
        Some(Severity::Warning) => classes.push_str(" warned"),
        _ => {}
    }
    let Frame { x, y, width, height, lines } = frame;
    let title = label::lines(map, position, from).join(", ");
    let _ = writeln!(
        text,
        "<g class=\"{classes}\" data-node=\"{position}\"><title>{} {}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\"/><rect class=\"bar\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"5\" height=\"{height:.1}\" rx=\"2.5\"/>",
        node.kind.noun(),
        escaped(&title)
    );
    let (left, mut top) = (x + 12.0, y + 15.0);
    let _ = writeln!(text, "<text class=\"kind\" x=\"{left:.1}\" y=\"{top:.1}\">{}</text>", node.kind.noun());
    let has_note = !node.is_resolved || !node.marks.is_empty() || !node.findings.is_empty();
    for (row, line) in lines.iter().enumerate() {
        top += 15.0;
        let class = match row {
            0 => "name",
            row if has_note && row + 1 == lines.len() => "note",
            _ => "more",
        };
        let _ = writeln!(text, "<text class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\">{}</text>", escaped(line));
    }
    text.push_str("</g>\n");
}

/// Text for elements and attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // What XML has no place for.
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_begins_a_tag_or_ends_an_attribute() {
        assert_eq!(escaped("</title><script>\"'&\u{1b}"), "&lt;/title&gt;&lt;script&gt;&quot;&#39;&amp;\u{fffd}");
    }

    #[test]
    fn lines_go_by_their_points() {
        assert_eq!(curved(&[(0.0, 0.0), (10.0, 0.0), (20.0, 10.0)]), "M0.0 0.0 Q10.0 0.0 15.0 5.0 L20.0 10.0");
        assert_eq!(curved(&[(0.0, 1.0), (2.0, 3.0)]), "M0.0 1.0 L2.0 3.0");
    }
}
