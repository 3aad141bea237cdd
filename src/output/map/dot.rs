use std::io;

use camino::Utf8Path;

use super::label;
use crate::diagnostic::Severity;
use crate::lint::{Map, NodeKind};

/// A graph for Graphviz. Boxes are called by numbers, so that no name of the code is ever part of the syntax.
pub(super) fn render(map: &Map, from: &Utf8Path, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(out, "digraph temporal {{")?;
    writeln!(out, "    rankdir=LR;")?;
    writeln!(
        out,
        "    node [fontname=\"Helvetica\", fontsize=11, style=filled, fillcolor=\"#eef2ff\", color=\"#4f5b93\"];"
    )?;
    writeln!(out, "    edge [fontname=\"Helvetica\", fontsize=9, color=\"#6b7280\"];")?;
    for (position, node) in map.nodes.iter().enumerate() {
        let lines: Vec<String> = label::lines(map, position, from).iter().map(|line| escaped(line)).collect();
        let style = match map.severity(position) {
            _ if !node.is_resolved => ", style=\"filled,dashed\", fillcolor=\"#f4f4f4\", color=\"#777777\"",
            Some(Severity::Error) => ", fillcolor=\"#ffebe9\", color=\"#cf222e\"",
            Some(Severity::Warning) => ", fillcolor=\"#fff7e0\", color=\"#9a6700\"",
            _ if !node.marks.is_empty() => ", fillcolor=\"#fff7e0\", color=\"#9a6700\"",
            _ => "",
        };
        writeln!(out, "    n{position} [label=\"{}\", shape={}{style}];", lines.join("\\n"), shape(node.kind))?;
    }
    for edge in &map.edges {
        let style = if edge.is_sure { "" } else { ", style=dashed" };
        writeln!(out, "    n{} -> n{} [label=\"{}\"{style}];", edge.from, edge.to, escaped(&label::edge(edge)))?;
    }
    writeln!(out, "}}")
}

fn shape(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Client => "hexagon",
        NodeKind::Schedule => "circle",
        NodeKind::Worker => "component",
        NodeKind::TaskQueue => "cylinder",
        NodeKind::Workflow => "ellipse",
        NodeKind::NexusService => "parallelogram",
        NodeKind::Activity => "box",
        NodeKind::Code => "note",
    }
}

/// Text within quotes: backslashes, which would stand for something, and quotes are marked.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_quotes_or_stands_for_something_else() {
        assert_eq!(escaped("a\\\"]; b -> c \\N"), "a\\\\\\\"]; b -> c \\\\N");
    }
}
