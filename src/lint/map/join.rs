//! The maps of several programs joined to one: what one program starts by name, another defines.
//!
//! Knows: names on the wire. Where the own program defines a name, no other is asked; where several definitions have it, an
//! edge leads to each and says that it is not sure. Does not know: what is found ([`findings`](super::findings)), or what is
//! to be said of a node ([`marks`](super::marks)).

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::ids::name_nodes;
use super::named::one_by_name;
use super::{LinkKind, Map, MapEdge, MapFinding, MapMember, MapNode, Mark, NodeKind, Spot};
use crate::source::{TextRange, TextSize};
use crate::temporal::map::{End, Link, Member, Piece, ProgramMap};

/// To how many workflows a message may go of which nothing but the name is known; beyond that nothing is said by it.
const MOST_TAKING: usize = 3;

/// A map while it is made.
#[derive(Default)]
pub(super) struct Joined {
    pub nodes: Vec<Node>,
    pub edges: BTreeMap<EdgeKey, EdgeData>,
    pub findings: Vec<MapFinding>,
    left_out: usize,
}

/// A node while it is made.
pub(super) struct Node {
    pub kind: NodeKind,
    pub name: String,
    code_name: Option<String>,
    pub spot: Option<Spot>,
    /// The bytes of its code.
    pub range: TextRange,
    /// Further definitions of the same name, with the bytes of their code.
    pub also: Vec<(Spot, TextRange)>,
    /// The name of a task queue that is a variable, unless it is told another.
    default: Option<String>,
    /// Whether code hands it on as a value, to what may execute it.
    pub is_handed_on: bool,
    pub is_resolved: bool,
    pub takes_any: bool,
    in_tests: bool,
    members: Vec<MapMember>,
    pub findings: Vec<MapFinding>,
    pub marks: Vec<Mark>,
    /// Of a worker: it may register further workflows, further activities.
    pub is_open: (bool, bool),
    /// The program that it belongs to; none for what is known by its name alone.
    pub program: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EdgeKey {
    pub from: usize,
    pub to: usize,
    pub kind: LinkKind,
    pub member: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct EdgeData {
    is_sure: bool,
    spots: Vec<Spot>,
}

/// Joins the maps of programs. What stands in test code is left out unless it is asked for.
pub(super) fn joined(mut programs: Vec<ProgramMap>, tests: bool) -> Joined {
    let first = |program: &ProgramMap| program.pieces.iter().filter_map(|piece| piece.spot.clone()).min();
    programs.sort_by_cached_key(first);
    let mut joiner = Joiner::default();
    let places: Vec<Vec<Option<usize>>> =
        programs.iter_mut().enumerate().map(|(number, program)| joiner.pieces(program, number, tests)).collect();
    for (number, program) in programs.into_iter().enumerate() {
        let told: FxHashSet<(usize, LinkKind, Spot)> =
            program.links.iter().filter(|link| joiner.tells(link, &places[number])).map(at).collect();
        for link in program.links {
            let Some(from) = places[number][link.from].filter(|_| tests || !link.in_tests) else { continue };
            // One way of calling a function says what another leaves open.
            if !joiner.tells(&link, &places[number]) && told.contains(&at(&link)) {
                continue;
            }
            let (ends, is_one) = match link.to {
                End::Piece(piece) => (places[number][piece].into_iter().collect(), true),
                End::Named(kind, name) => joiner.named(kind, &name, number, (&link.spot, link.in_tests)),
                End::Taking(message, name) => joiner.taking(message, &name, number, &link.spot),
                End::Unknown(kind, text) => (vec![joiner.unresolved(kind, text, &link.spot, Some(number))], false),
            };
            for to in ends {
                let key = EdgeKey { from, to, kind: link.kind, member: link.member.clone() };
                let edge = joiner.joined.edges.entry(key).or_default();
                edge.is_sure |= link.is_sure && is_one;
                edge.spots.push(link.spot.clone());
            }
        }
    }
    joiner.joined
}

/// What a link is of: who does what in which line.
fn at(link: &Link) -> (usize, LinkKind, Spot) {
    (link.from, link.kind, link.spot.clone())
}

#[derive(Default)]
struct Joiner {
    joined: Joined,
    /// What is one thing wherever it is named.
    by_name: FxHashMap<(NodeKind, String), usize>,
    /// What several programs have in common.
    by_place: FxHashMap<(NodeKind, Spot), usize>,
    /// By kind and name on the wire, what is defined so.
    wires: FxHashMap<(NodeKind, String), Vec<usize>>,
    unresolved: FxHashMap<(NodeKind, String, Option<Utf8PathBuf>), usize>,
}

impl Joiner {
    /// Whether it is known where a link leads.
    fn tells(&self, link: &Link, places: &[Option<usize>]) -> bool {
        match link.to {
            End::Piece(piece) => places[piece].is_none_or(|node| self.joined.nodes[node].is_resolved),
            End::Named(..) | End::Taking(..) => true,
            End::Unknown(..) => false,
        }
    }

    /// The nodes of a program's pieces; none for what is left out.
    fn pieces(&mut self, program: &mut ProgramMap, number: usize, tests: bool) -> Vec<Option<usize>> {
        let stands_for = one_by_name(program);
        let mut further: Vec<(usize, Piece)> = Vec::new();
        let mut places = Vec::with_capacity(stands_for.len());
        for (position, piece) in std::mem::take(&mut program.pieces).into_iter().enumerate() {
            let is_first = stands_for[position] == position;
            places.push(if is_first {
                self.piece(piece, number, tests)
            } else {
                further.push((position, piece));
                None
            });
        }
        for (position, piece) in further {
            places[position] = places[stands_for[position]];
            if let Some(node) = places[position] {
                self.further(node, piece);
            }
        }
        places
    }

    /// The node of a piece; none where it is left out.
    fn piece(&mut self, piece: Piece, program: usize, tests: bool) -> Option<usize> {
        if piece.in_tests && !tests {
            let counts = !matches!(piece.kind, NodeKind::Client | NodeKind::Code);
            self.joined.left_out += usize::from(counts);
            return None;
        }
        let is_name = piece.kind == NodeKind::TaskQueue && piece.is_wire_name;
        let known = match (&piece.spot, is_name) {
            (_, true) => self.by_name.get(&(piece.kind, piece.name.clone())),
            (Some(spot), _) => self.by_place.get(&(piece.kind, spot.clone())),
            (None, _) => None,
        };
        if let Some(known) = known {
            return Some(*known);
        }
        let node = self.joined.nodes.len();
        match &piece.spot {
            _ if is_name => _ = self.by_name.insert((piece.kind, piece.name.clone()), node),
            Some(spot) => _ = self.by_place.insert((piece.kind, spot.clone()), node),
            None => {}
        }
        if piece.is_wire_name {
            self.wires.entry((piece.kind, piece.name.clone())).or_default().push(node);
        }
        self.joined.nodes.push(Node {
            kind: piece.kind,
            name: piece.name,
            code_name: piece.code_name,
            spot: piece.spot,
            range: piece.range,
            also: Vec::new(),
            default: piece.default,
            is_handed_on: piece.is_handed_on,
            is_resolved: piece.kind != NodeKind::TaskQueue || piece.is_wire_name,
            takes_any: piece.takes_any,
            in_tests: piece.in_tests,
            members: piece.members.into_iter().map(map_member).collect(),
            findings: Vec::new(),
            marks: Vec::new(),
            is_open: piece.is_open,
            program: (!is_name).then_some(program),
        });
        Some(node)
    }

    /// Takes one more definition of what a node stands for.
    fn further(&mut self, node: usize, piece: Piece) {
        if let Some(spot) = &piece.spot {
            self.by_place.insert((piece.kind, spot.clone()), node);
        }
        let node = &mut self.joined.nodes[node];
        node.also.extend(piece.spot.map(|spot| (spot, piece.range)));
        node.is_handed_on |= piece.is_handed_on;
        for member in piece.members.into_iter().map(map_member) {
            if !node.members.iter().any(|known| known.kind == member.kind && known.name == member.name) {
                node.members.push(member);
            }
        }
        node.members
            .sort_by(|one, other| (one.kind, &one.name, &one.spot).cmp(&(other.kind, &other.name, &other.spot)));
    }

    /// What has a name on the wire, and whether it is the only one. Tests mean what tests define, other code what that does,
    /// where there is the choice.
    fn named(
        &mut self,
        kind: NodeKind,
        name: &str,
        program: usize,
        (spot, in_tests): (&Spot, bool),
    ) -> (Vec<usize>, bool) {
        let all = self.wires.get(&(kind, name.to_owned())).cloned().unwrap_or_default();
        let own: Vec<usize> = all.iter().copied().filter(|node| self.is_of(*node, program)).collect();
        let found = if own.is_empty() { all } else { own };
        let alike = |node: &usize| self.joined.nodes[*node].in_tests == in_tests;
        let same: Vec<usize> = found.iter().copied().filter(alike).collect();
        let found = if same.is_empty() { found } else { same };
        if !found.is_empty() {
            let is_one = found.len() == 1;
            return (found, is_one);
        }
        let takes_any = |node: &usize| {
            let candidate = &self.joined.nodes[*node];
            candidate.kind == kind && candidate.takes_any && self.is_of(*node, program)
        };
        let any: Vec<usize> = (0..self.joined.nodes.len()).filter(takes_any).collect();
        match any.is_empty() {
            true => (vec![self.unresolved(kind, name.to_owned(), spot, None)], true),
            false => (any, false),
        }
    }

    /// The workflows that take a message of a name.
    fn taking(&mut self, message: &'static str, name: &str, program: usize, spot: &Spot) -> (Vec<usize>, bool) {
        let takes = |node: &usize| {
            let members = &self.joined.nodes[*node].members;
            members.iter().any(|member| member.kind == message && member.name.as_deref() == Some(name))
        };
        let all: Vec<usize> = (0..self.joined.nodes.len()).filter(takes).collect();
        let own: Vec<usize> = all.iter().copied().filter(|node| self.is_of(*node, program)).collect();
        let found = if own.is_empty() { all } else { own };
        if (1..=MOST_TAKING).contains(&found.len()) {
            return (found, false);
        }
        let text = format!("any that takes {message} {name}");
        (vec![self.unresolved(NodeKind::Workflow, text, spot, None)], false)
    }

    fn is_of(&self, node: usize, program: usize) -> bool {
        self.joined.nodes[node].program == Some(program)
    }

    /// What is named and not found. Names are the same everywhere; what cannot be told is so within its file alone.
    fn unresolved(&mut self, kind: NodeKind, name: String, spot: &Spot, program: Option<usize>) -> usize {
        let within = program.map(|_| spot.path.clone());
        let key = (kind, name.clone(), within);
        if let Some(known) = self.unresolved.get(&key) {
            let node = &mut self.joined.nodes[*known];
            if node.spot.as_ref().is_some_and(|first| spot < first) {
                node.spot = Some(spot.clone());
            }
            return *known;
        }
        let node = self.joined.nodes.len();
        self.joined.nodes.push(Node {
            kind,
            name,
            code_name: None,
            spot: Some(spot.clone()),
            range: TextRange::empty(TextSize::new(0)),
            also: Vec::new(),
            default: None,
            is_handed_on: false,
            is_resolved: false,
            takes_any: false,
            in_tests: false,
            members: Vec::new(),
            findings: Vec::new(),
            marks: Vec::new(),
            is_open: (false, false),
            program,
        });
        self.unresolved.insert(key, node);
        node
    }
}

impl Joined {
    /// The map, with what was asked for and its neighbours, sorted, and with ids; paths in these begin at the root.
    pub(super) fn into_map(mut self, root: &Utf8Path) -> Map {
        self.note_used_members();
        self.place_queues();
        let keeps = self.asked_for();
        let mut order: Vec<usize> = (0..self.nodes.len()).filter(|node| keeps[*node]).collect();
        let key = |node: &Node| (node.kind, node.name.clone(), !node.is_resolved, node.spot.clone());
        order.sort_by_cached_key(|node| key(&self.nodes[*node]));
        let mut places = vec![None; self.nodes.len()];
        for (place, node) in order.iter().enumerate() {
            places[*node] = Some(place);
        }
        let mut nodes: Vec<Option<Node>> = self.nodes.into_iter().map(Some).collect();
        let nodes = order.iter().filter_map(|node| nodes[*node].take()).map(Node::into_map_node).collect();
        let mut edges: Vec<MapEdge> = self
            .edges
            .into_iter()
            .filter_map(|(key, mut data)| {
                data.spots.sort();
                data.spots.dedup();
                let (from, to) = (places[key.from]?, places[key.to]?);
                Some(MapEdge { from, to, kind: key.kind, member: key.member, is_sure: data.is_sure, spots: data.spots })
            })
            .collect();
        edges.sort_by(|one, other| {
            (one.from, one.to, one.kind, &one.member).cmp(&(other.from, other.to, other.kind, &other.member))
        });
        let mut map = Map { nodes, edges, findings: self.findings, left_out: self.left_out };
        name_nodes(&mut map.nodes, root);
        map
    }

    /// A task queue that is not resolved, and no variable, stands where it is first named, in code that is shown.
    fn place_queues(&mut self) {
        let mut first: FxHashMap<usize, &Spot> = FxHashMap::default();
        for (key, data) in &self.edges {
            for spot in &data.spots {
                let known = first.entry(key.to).or_insert(spot);
                *known = (*known).min(spot);
            }
        }
        for (position, node) in self.nodes.iter_mut().enumerate() {
            if node.kind == NodeKind::TaskQueue && !node.is_resolved && node.code_name.is_none() {
                node.spot = first.get(&position).map(|spot| (*spot).clone());
            }
        }
    }

    fn note_used_members(&mut self) {
        for key in self.edges.keys() {
            let sends = match key.kind {
                LinkKind::Signals => "signal",
                LinkKind::Queries => "query",
                LinkKind::Updates => "update",
                LinkKind::CallsOperation => "operation",
                _ => continue,
            };
            for member in &mut self.nodes[key.to].members {
                member.is_used |= member.kind == sends && (member.name.is_none() || member.name == key.member);
            }
        }
    }

    /// Which nodes stand in what was asked for, or are next to one that does. Code that leads nowhere is none of them, nor is a
    /// task queue that nobody uses.
    fn asked_for(&self) -> Vec<bool> {
        let is_requested =
            |node: &Node| node.program.is_some() && node.spot.as_ref().is_some_and(|spot| spot.is_requested);
        let stands_alone = |node: &Node| {
            node.is_resolved && !matches!(node.kind, NodeKind::Client | NodeKind::Code | NodeKind::TaskQueue)
        };
        let requested: Vec<bool> = self.nodes.iter().map(is_requested).collect();
        let mut keeps: Vec<bool> =
            self.nodes.iter().zip(&requested).map(|(node, requested)| *requested && stands_alone(node)).collect();
        for (key, data) in &self.edges {
            let is_asked_for =
                requested[key.from] || requested[key.to] || data.spots.iter().any(|spot| spot.is_requested);
            keeps[key.from] |= is_asked_for;
            keeps[key.to] |= is_asked_for;
        }
        keeps
    }
}

fn map_member(member: Member) -> MapMember {
    MapMember { kind: member.kind, name: member.name, spot: member.spot, is_used: false }
}

impl Node {
    fn into_map_node(self) -> MapNode {
        MapNode {
            id: String::new(),
            kind: self.kind,
            name: self.name,
            code_name: self.code_name,
            spot: self.spot,
            also: self.also.into_iter().map(|(spot, _)| spot).collect(),
            default: self.default,
            is_resolved: self.is_resolved,
            takes_any: self.takes_any,
            in_tests: self.in_tests,
            marks: self.marks,
            members: self.members,
            findings: self.findings,
        }
    }
}
