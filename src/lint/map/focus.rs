//! A part of a map: some nodes and what is near them.
//!
//! Knows: how nodes are named, and through which no way leads on: all work goes through task queues and workers. Does not
//! know: how a map is made.

use std::collections::BTreeSet;

use super::{Map, MapEdge, MapNode, NodeKind};

/// A name that no node has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the map has nothing that is called `{name}`{}", guessed(.alike))]
pub struct NoSuchName {
    /// The name.
    pub name: String,
    /// Those that may be meant.
    pub alike: Vec<String>,
}

fn guessed(alike: &[String]) -> String {
    match alike {
        [] => String::new(),
        [one] => format!("\n  help: did you mean `{one}`?"),
        several => format!(
            "\n  help: did you mean one of {}?",
            several.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// How alike a name has to be to be meant.
const ALIKE: f64 = 0.6;

/// How alike it has to be for no other to be meant.
const SURELY_ALIKE: f64 = 0.85;

/// How many names are offered.
const MOST_OFFERED: usize = 3;

impl Map {
    /// The nodes of some names and what is at most `depth` edges away, in whichever direction.
    ///
    /// # Errors
    ///
    /// Where no node has one of the names.
    pub fn around(&self, names: &[String], depth: usize) -> Result<Self, NoSuchName> {
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for name in names {
            let of_name = self.of_name(name);
            if of_name.is_empty() {
                return Err(NoSuchName { name: name.clone(), alike: self.alike(name) });
            }
            found.extend(of_name);
        }
        let focus = found.clone();
        for _ in 0..depth {
            let leads_on = |node: usize| {
                focus.contains(&node) || !matches!(self.nodes[node].kind, NodeKind::Worker | NodeKind::TaskQueue)
            };
            let from = |node: usize| found.contains(&node) && leads_on(node);
            let next: Vec<usize> = self
                .edges
                .iter()
                .flat_map(|edge| {
                    [from(edge.from).then_some(edge.to), from(edge.to).then_some(edge.from)].into_iter().flatten()
                })
                .collect();
            let before = found.len();
            found.extend(next);
            if found.len() == before {
                break;
            }
        }
        Ok(self.part(&found))
    }

    /// The nodes of a name: as it is written if one is, else whatever the case.
    fn of_name(&self, name: &str) -> Vec<usize> {
        let matching = |is_it: &dyn Fn(&str) -> bool| -> Vec<usize> {
            let of = |node: &MapNode| names_of(node).any(is_it);
            (0..self.nodes.len()).filter(|node| of(&self.nodes[*node])).collect()
        };
        let exact = matching(&|own| own == name);
        if exact.is_empty() { matching(&|own| own.eq_ignore_ascii_case(name)) } else { exact }
    }

    fn alike(&self, name: &str) -> Vec<String> {
        let wanted = name.to_lowercase();
        let all: BTreeSet<&str> = self.nodes.iter().flat_map(names_of).filter(|name| !name.contains(':')).collect();
        let mut near: Vec<(f64, &str)> = all
            .into_iter()
            .map(|own| {
                let own_lower = own.to_lowercase();
                let likeness = strsim::normalized_damerau_levenshtein(&wanted, &own_lower);
                let is_part = wanted.len() > 2 && own_lower.contains(&wanted);
                (if is_part { likeness.max(ALIKE) } else { likeness }, own)
            })
            .filter(|(likeness, _)| *likeness >= ALIKE)
            .collect();
        near.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        // One that is surely meant stands alone.
        let most = if near.first().is_some_and(|(likeness, _)| *likeness >= SURELY_ALIKE) { 1 } else { MOST_OFFERED };
        near.into_iter().take(most).map(|(_, name)| name.to_owned()).collect()
    }

    fn part(&self, nodes: &BTreeSet<usize>) -> Self {
        let place = |node: usize| nodes.range(..node).count();
        let is_in = |edge: &&MapEdge| nodes.contains(&edge.from) && nodes.contains(&edge.to);
        let edges = self.edges.iter().filter(is_in);
        let edges = edges.map(|edge| MapEdge { from: place(edge.from), to: place(edge.to), ..edge.clone() }).collect();
        let nodes = nodes.iter().map(|node| self.nodes[*node].clone()).collect();
        Self { nodes, edges, findings: Vec::new(), left_out: self.left_out }
    }
}

/// The names by which a node is known: those of what it takes included.
fn names_of(node: &MapNode) -> impl Iterator<Item = &str> {
    let last = node.code_name.as_deref().and_then(|name| name.rsplit('.').next());
    [Some(node.name.as_str()), node.code_name.as_deref(), last, Some(node.id.as_str()), node.default.as_deref()]
        .into_iter()
        .flatten()
        .chain(node.members.iter().filter_map(|member| member.name.as_deref()))
}
