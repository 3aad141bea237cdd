//! What stands in the boxes and at the arrows of a diagram.

use camino::Utf8Path;

use super::super::place::path_from;
use super::super::text::printable;
use crate::diagnostic::Severity;
use crate::lint::{Map, MapEdge, MapNode, NodeKind, Spot};

/// How many messages or operations a box lists.
const MOST_MEMBERS: usize = 6;

/// The lines of a node's box, the name first. They hold no character that steers anything.
pub(super) fn lines(map: &Map, position: usize, from: &Utf8Path) -> Vec<String> {
    let node = &map.nodes[position];
    let mut lines = vec![name(node)];
    match node.kind {
        NodeKind::Client | NodeKind::Worker | NodeKind::Code => {
            lines.extend(node.spot.as_ref().map(|spot| place(spot, from)));
        }
        _ => {}
    }
    let shown = node.members.iter().take(MOST_MEMBERS);
    lines.extend(shown.map(|member| match &member.name {
        Some(name) => printable(&format!("{} {name}", member.kind)).into_owned(),
        None => format!("any {}", member.kind),
    }));
    if let Some(more) = node.members.len().checked_sub(MOST_MEMBERS).filter(|more| *more > 0) {
        lines.push(format!("and {more} more"));
    }
    lines.extend(node.default.as_ref().map(|default| printable(&format!("{default} by default")).into_owned()));
    let mut notes: Vec<String> = Vec::new();
    if !node.also.is_empty() {
        notes.push(format!("{} definitions", node.also.len() + 1));
    }
    if !node.is_resolved && node.default.is_none() {
        notes.push("not resolved".to_owned());
    }
    notes.extend(node.marks.iter().map(|mark| mark.key().to_owned()));
    notes.extend(found(node));
    if !notes.is_empty() {
        lines.push(notes.join(", "));
    }
    lines
}

/// How a node is called, with what it is where its shape alone does not say that.
pub(super) fn name(node: &MapNode) -> String {
    let name = if node.takes_any { format!("{} (any name)", node.name) } else { node.name.clone() };
    printable(&name).into_owned()
}

/// A file and line.
pub(super) fn place(spot: &Spot, from: &Utf8Path) -> String {
    printable(&format!("{}:{}", path_from(from, &spot.path), spot.at.row)).into_owned()
}

/// How many findings of each severity a node has, in words.
fn found(node: &MapNode) -> Vec<String> {
    let words = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "remark")];
    let count = |severity| node.findings.iter().filter(|finding| finding.severity == severity).count();
    words
        .into_iter()
        .filter_map(|(severity, word)| match count(severity) {
            0 => None,
            1 => Some(format!("1 {word}")),
            number => Some(format!("{number} {word}s")),
        })
        .collect()
}

/// What stands at an arrow.
pub(super) fn edge(edge: &MapEdge) -> String {
    let text = match &edge.member {
        Some(member) => format!("{} {member}", edge.kind.verb()),
        None => edge.kind.verb().to_owned(),
    };
    printable(&text).into_owned()
}

/// Whether a character steers a terminal or changes the direction of text.
pub(super) fn steers(char: char) -> bool {
    crate::source::visible(char) == '\u{fffd}' && char != '\u{fffd}'
}
