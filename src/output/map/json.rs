//! A map for programs, and the schema that it keeps.
//!
//! Knows: the form, which is only added to while [`VERSION`] stays. Does not know: how a map is made.

use std::io;

use camino::Utf8Path;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::place::path_from;
use crate::diagnostic::{Confidence, Severity};
use crate::lint::{LinkKind, Map, MapEdge, MapFinding, MapMember, MapNode, Mark, NodeKind, Spot};

/// The version of the form.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Whole<'m> {
    version: u32,
    nodes: Vec<NodeObject<'m>>,
    edges: Vec<EdgeObject<'m>>,
    findings: Vec<FindingObject<'m>>,
}

#[derive(Serialize)]
struct NodeObject<'m> {
    id: &'m str,
    kind: &'static str,
    name: &'m str,
    code_name: Option<&'m str>,
    place: Option<Place<'m>>,
    also: Vec<Place<'m>>,
    default: Option<&'m str>,
    resolved: bool,
    dynamic: bool,
    in_tests: bool,
    marks: Vec<&'static str>,
    members: Vec<MemberObject<'m>>,
    findings: Vec<FindingObject<'m>>,
}

#[derive(Serialize)]
struct MemberObject<'m> {
    kind: &'static str,
    name: Option<&'m str>,
    place: Place<'m>,
    used: bool,
}

#[derive(Serialize)]
struct EdgeObject<'m> {
    from: &'m str,
    to: &'m str,
    kind: &'static str,
    member: Option<&'m str>,
    sure: bool,
    places: Vec<Place<'m>>,
}

#[derive(Serialize)]
struct FindingObject<'m> {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    confidence: Confidence,
    message: &'m str,
    place: Place<'m>,
}

#[derive(Serialize)]
struct Place<'m> {
    file: String,
    line: usize,
    column: usize,
    text: &'m str,
}

/// Prints an object with all nodes and edges.
pub(super) fn render(map: &Map, from: &Utf8Path, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &whole(map, from))?;
    writeln!(out)
}

/// A map in one line.
pub(super) fn line(map: &Map, from: &Utf8Path) -> io::Result<String> {
    Ok(serde_json::to_string(&whole(map, from))?)
}

fn whole<'m>(map: &'m Map, from: &Utf8Path) -> Whole<'m> {
    Whole {
        version: VERSION,
        nodes: map.nodes.iter().map(|node| node_object(node, from)).collect(),
        edges: map.edges.iter().map(|edge| edge_object(map, edge, from)).collect(),
        findings: map.findings.iter().map(|finding| finding_object(finding, from)).collect(),
    }
}

fn node_object<'m>(node: &'m MapNode, from: &Utf8Path) -> NodeObject<'m> {
    NodeObject {
        id: &node.id,
        kind: node.kind.key(),
        name: &node.name,
        code_name: node.code_name.as_deref(),
        place: node.spot.as_ref().map(|spot| place(spot, from)),
        also: node.also.iter().map(|spot| place(spot, from)).collect(),
        default: node.default.as_deref(),
        resolved: node.is_resolved,
        dynamic: node.takes_any,
        in_tests: node.in_tests,
        marks: node.marks.iter().map(|mark| mark.key()).collect(),
        members: node.members.iter().map(|member| member_object(member, from)).collect(),
        findings: node.findings.iter().map(|finding| finding_object(finding, from)).collect(),
    }
}

fn member_object<'m>(member: &'m MapMember, from: &Utf8Path) -> MemberObject<'m> {
    let name = member.name.as_deref();
    MemberObject { kind: member.kind, name, place: place(&member.spot, from), used: member.is_used }
}

fn edge_object<'m>(map: &'m Map, edge: &'m MapEdge, from: &Utf8Path) -> EdgeObject<'m> {
    EdgeObject {
        from: &map.nodes[edge.from].id,
        to: &map.nodes[edge.to].id,
        kind: edge.kind.key(),
        member: edge.member.as_deref(),
        sure: edge.is_sure,
        places: edge.spots.iter().map(|spot| place(spot, from)).collect(),
    }
}

fn finding_object<'m>(finding: &'m MapFinding, from: &Utf8Path) -> FindingObject<'m> {
    FindingObject {
        code: finding.code,
        name: finding.name,
        severity: finding.severity,
        confidence: finding.confidence,
        message: &finding.message,
        place: place(&finding.spot, from),
    }
}

fn place<'m>(spot: &'m Spot, from: &Utf8Path) -> Place<'m> {
    Place { file: path_from(from, &spot.path), line: spot.at.row, column: spot.at.column, text: &spot.line }
}

/// The JSON Schema of `map --format json`.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a line for each field")]
pub fn map_schema() -> Value {
    let kinds: Vec<&str> = NodeKind::ALL.iter().map(|kind| kind.key()).collect();
    let links: Vec<&str> = LinkKind::ALL.iter().map(|kind| kind.key()).collect();
    let marks: Vec<&str> = Mark::ALL.iter().map(|mark| mark.key()).collect();
    let text = |what: &str| json!({"type": "string", "description": what});
    let flag = |what: &str| json!({"type": "boolean", "description": what});
    let perhaps = |what: &str| json!({"anyOf": [{"type": "string"}, {"type": "null"}], "description": what});
    let list = |of: &str, what: &str| json!({"type": "array", "items": {"$ref": format!("#/definitions/{of}")}, "description": what});
    let spot = json!({"$ref": "#/definitions/place"});
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/schemas/map.schema.json"),
        "title": "temporal-py-lint map",
        "description": "What `temporal-py-lint map --format json` prints. While the version stays, fields and kinds are only added.",
        "type": "object",
        "required": ["version", "nodes", "edges", "findings"],
        "properties": {
            "version": {"type": "integer", "enum": [VERSION], "description": "The version of this form."},
            "nodes": list("node", "Sorted by kind, name and place."),
            "edges": list("edge", "Sorted by the nodes that they lead from and to."),
            "findings": list("finding", "Findings that belong to none of the nodes."),
        },
        "definitions": {
            "place": {
                "type": "object",
                "required": ["file", "line", "column", "text"],
                "properties": {
                    "file": text("From the working directory, with `/`; whole where it lies elsewhere."),
                    "line": {"type": "integer", "description": "From 1."},
                    "column": {"type": "integer", "description": "From 1, in characters."},
                    "text": text("What the line says, without its indentation."),
                },
            },
            "node": {
                "type": "object",
                "required": ["id", "kind", "name", "code_name", "place", "also", "default", "resolved", "dynamic", "in_tests", "marks", "members", "findings"],
                "properties": {
                    "id": text("Different for each node, and the same in each run while the names and files stay."),
                    "kind": {"enum": kinds},
                    "name": text("On the wire, where it has such a name; else as the code calls it, or as the code reads."),
                    "code_name": perhaps("The class or function, with those around it."),
                    "place": {"anyOf": [spot, {"type": "null"}], "description": "Where it is defined; where it is first used, if it is not resolved."},
                    "also": list("place", "Where else something of this name is defined: the server knows the name alone."),
                    "default": perhaps("The name of a task queue that is a variable, unless it is told another."),
                    "resolved": flag("Whether it is known what is meant."),
                    "dynamic": flag("Whether it stands for all names that nothing else has."),
                    "in_tests": flag("Whether it stands in test code."),
                    "marks": {"type": "array", "items": {"enum": marks}},
                    "members": list("member", "The messages that a workflow takes, the operations of a Nexus service."),
                    "findings": list("finding", "What is found in it, or in code that it leads to."),
                },
            },
            "member": {
                "type": "object",
                "required": ["kind", "name", "place", "used"],
                "properties": {
                    "kind": {"enum": ["signal", "query", "update", "operation"]},
                    "name": perhaps("None for one that takes all names."),
                    "place": spot,
                    "used": flag("Whether something in the project sends or calls it."),
                },
            },
            "edge": {
                "type": "object",
                "required": ["from", "to", "kind", "member", "sure", "places"],
                "properties": {
                    "from": text("The id of a node."),
                    "to": text("The id of a node."),
                    "kind": {"enum": links},
                    "member": perhaps("The message or operation."),
                    "sure": flag("Whether it surely leads there: the target is known, and is the only one."),
                    "places": list("place", "The calls, or the places in a worker's lists."),
                },
            },
            "finding": {
                "type": "object",
                "required": ["code", "name", "severity", "confidence", "message", "place"],
                "properties": {
                    "code": text("The rule's code."),
                    "name": text("The rule's name."),
                    "severity": {"enum": ["error", "warning", "info"]},
                    "confidence": {"enum": ["high", "medium", "low"]},
                    "message": text("What is wrong."),
                    "place": spot,
                },
            },
        },
    })
}
