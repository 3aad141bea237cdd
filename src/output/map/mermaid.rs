use std::fmt::Write as _;
use std::io;

use camino::Utf8Path;

use super::label;
use crate::diagnostic::Severity;
use crate::lint::{Map, MapNode, NodeKind};

/// A flowchart. Boxes are called by numbers, so that no name of the code is ever part of the syntax.
pub(super) fn render(map: &Map, from: &Utf8Path, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (position, node) in map.nodes.iter().enumerate() {
        let lines: Vec<String> = label::lines(map, position, from).iter().map(|line| escaped(line)).collect();
        let (open, close) = shape(node.kind);
        writeln!(out, "    n{position}{open}\"{}\"{close}:::{}", lines.join("<br/>"), class(map, position))?;
    }
    for edge in &map.edges {
        let arrow = if edge.is_sure { "-->" } else { "-.->" };
        writeln!(out, "    n{} {arrow}|\"{}\"| n{}", edge.from, escaped(&label::edge(edge)), edge.to)?;
    }
    for (class, style) in CLASSES {
        writeln!(out, "    classDef {class} {style}")?;
    }
    Ok(())
}

/// Colours that can be read on light and on dark ground, as text and frame are given, too.
const CLASSES: [(&str, &str); 5] = [
    ("plain", "fill:#eef2ff,stroke:#4f5b93,color:#1b1f3b"),
    ("unresolved", "fill:#f4f4f4,stroke:#777777,color:#333333,stroke-dasharray:4 3"),
    ("marked", "fill:#fff7e0,stroke:#9a6700,color:#3d2a00"),
    ("warned", "fill:#fff7e0,stroke:#9a6700,color:#3d2a00,stroke-width:2px"),
    ("failing", "fill:#ffebe9,stroke:#cf222e,color:#4c0b10,stroke-width:2px"),
];

fn class(map: &Map, position: usize) -> &'static str {
    let node: &MapNode = &map.nodes[position];
    match map.severity(position) {
        _ if !node.is_resolved => "unresolved",
        Some(Severity::Error) => "failing",
        Some(Severity::Warning) => "warned",
        _ if !node.marks.is_empty() => "marked",
        _ => "plain",
    }
}

fn shape(kind: NodeKind) -> (&'static str, &'static str) {
    match kind {
        NodeKind::Client => ("{{", "}}"),
        NodeKind::Schedule => ("((", "))"),
        NodeKind::Worker => ("[[", "]]"),
        NodeKind::TaskQueue => ("[(", ")]"),
        NodeKind::Workflow => ("([", "])"),
        NodeKind::NexusService => ("[/", "/]"),
        NodeKind::Activity => ("[", "]"),
        NodeKind::Code => ("(", ")"),
    }
}

/// What ends text within quotes, or begins an entity, a tag, a directive or Markdown.
const SPECIAL: &str = "\"#<>&`\\%;*[]{}|~";

/// Text within quotes: what may end it, begin an entity, a tag, Markdown or a directive stands there as an entity.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    let is_word = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|char| char.is_alphanumeric());
    for (at, char) in chars.iter().enumerate() {
        let is_plain = match char {
            '_' => is_word(at.checked_sub(1)) && is_word(Some(at + 1)),
            '-' | '+' | '.' | ')' => at > 1,
            other => !SPECIAL.contains(*other),
        };
        if is_plain {
            escaped.push(*char);
        } else {
            // A String takes all.
            let _ = write!(escaped, "#{};", u32::from(*char));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_quotes_or_begins_anything() {
        assert_eq!(escaped("a\"]:::x"), "a#34;#93;:::x");
        assert_eq!(
            escaped("<img src=x>#quot;`%%{init}%%"),
            "#60;img src=x#62;#35;quot#59;#96;#37;#37;#123;init#125;#37;#37;"
        );
        assert_eq!(escaped("größe_時 a-b 1.5"), "größe_時 a-b 1.5");
        assert_eq!(escaped("__init__"), "#95;#95;init#95;#95;");
        assert_eq!((escaped("- a"), escaped("1. a")), ("#45; a".to_owned(), "1#46; a".to_owned()), "no list begins");
    }
}
