//! Which node a finding belongs to.
//!
//! Knows: the code of each node, and the way that leads to a finding. Does not know: why it is one.

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use super::join::Joined;
use super::{MapFinding, NodeKind, Report, Spot};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, TextRange};

/// Gives each finding to the nodes that hold it, and to that whose code the way to it begins with.
pub(super) fn attach(joined: &mut Joined, report: &Report) {
    let held = Held::of(joined);
    for diagnostic in &report.diagnostics {
        let begins = diagnostic.call_chain.frames.first().map(|frame| frame.span);
        let places = std::iter::once(diagnostic.primary.span).chain(begins);
        let mut nodes: Vec<usize> = places.flat_map(|span| held.around(report, span)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let finding = finding(report, diagnostic);
        for node in &nodes {
            joined.nodes[*node].findings.push(finding.clone());
        }
        if nodes.is_empty() {
            joined.findings.push(finding);
        }
    }
}

/// By file, the code of the nodes that stand in it.
struct Held {
    by_path: FxHashMap<Utf8PathBuf, Vec<(TextRange, usize)>>,
}

impl Held {
    fn of(joined: &Joined) -> Self {
        let mut by_path: FxHashMap<Utf8PathBuf, Vec<(TextRange, usize)>> = FxHashMap::default();
        for (position, node) in joined.nodes.iter().enumerate() {
            if let Some(spot) = node.spot.as_ref().filter(|_| node.is_resolved && node.kind != NodeKind::TaskQueue) {
                let all =
                    std::iter::once((spot, node.range)).chain(node.also.iter().map(|(spot, range)| (spot, *range)));
                all.for_each(|(spot, range)| by_path.entry(spot.path.clone()).or_default().push((range, position)));
            }
        }
        Self { by_path }
    }

    /// The nodes with the least code that holds a place.
    fn around(&self, report: &Report, span: Span) -> Vec<usize> {
        let path: &Utf8Path = report.sources.get(span.file).path();
        let all = self.by_path.get(path).into_iter().flatten();
        let around: Vec<_> = all.filter(|(range, _)| range.contains_range(span.range)).collect();
        let least = around.iter().map(|(range, _)| range.len()).min();
        around.into_iter().filter(|(range, _)| Some(range.len()) == least).map(|(_, node)| *node).collect()
    }
}

fn finding(report: &Report, diagnostic: &Diagnostic) -> MapFinding {
    let span = diagnostic.primary.span;
    let source = report.sources.get(span.file);
    let at = source.line_column(span.range.start());
    let spot = Spot {
        path: source.path().to_owned(),
        at,
        line: crate::temporal::map::shown_line(source, at.row),
        is_requested: source.is_requested(),
    };
    MapFinding {
        code: diagnostic.code,
        name: diagnostic.name,
        severity: diagnostic.severity,
        confidence: diagnostic.confidence,
        message: diagnostic.message.clone(),
        spot,
    }
}
