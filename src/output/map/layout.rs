//! Where the boxes and lines of a map are drawn.
//!
//! Knows: how much room text takes, roughly, and that boxes of one program stand in layers, the layout of which is dagre's.
//! Does not know: what a box looks like.
//!
//! In a map of more than a few boxes, all lines to and from workers and task queues would cross all others: there they have no
//! part in the layout, and are drawn faintly from box to box. What is then not connected is laid out by itself, and packed. Where
//! too many boxes are connected, those that most lines lead to lose theirs in the same way, until the rest falls apart.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use dugong::graphlib::{Graph, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, NodeLabel, RankDir};
use unicode_width::UnicodeWidthStr;

use super::label;
use crate::lint::{LinkKind, Map, MapEdge};

/// Up to so many boxes all lines decide the layout, and say what they are.
const FEW: usize = 45;

/// So many boxes that belong together are laid out in layers: beyond that it takes too long, and nobody could read it.
const MOST: usize = 500;

/// The most characters of a line in a box.
const WIDEST: usize = 38;

/// Pixels of a character, of a line of text, around text, and between things.
const CHARACTER: f64 = 6.9;
const BOLD: f64 = 7.8;
const LINE: f64 = 15.0;
const PADDING: f64 = 12.0;
const GAP: f64 = 14.0;
const LAYER_GAP: f64 = 70.0;
const LABEL: f64 = 5.4;
const BETWEEN: f64 = 2.0 * GAP;
const MARGIN: f64 = 20.0;

/// The most characters that a line says.
pub(super) const LABEL_WIDEST: usize = 28;

/// A box: its place, and what stands in it.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub lines: Vec<String>,
}

/// A line from box to box, for all edges between the two in one direction.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub from: usize,
    pub to: usize,
    /// The edges, by their positions.
    pub edges: Vec<usize>,
    /// By which points it goes; for a box's line to itself there are none.
    pub points: Vec<(f64, f64)>,
    /// Where its text stands, if it has some.
    pub label_at: Option<(f64, f64)>,
    /// Whether it is one of very many.
    pub is_faint: bool,
}

/// Everything in its place.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub width: f64,
    pub height: f64,
    pub frames: Vec<Frame>,
    pub routes: Vec<Route>,
    /// How many boxes have all their lines drawn faintly, since too much hangs together by them.
    pub set_apart: usize,
}

/// Lays a map out.
pub(super) fn layout(map: &Map, from: &Utf8Path) -> Layout {
    let mut frames: Vec<Frame> = (0..map.nodes.len()).map(|node| frame(map, node, from)).collect();
    let is_small = frames.len() <= FEW;
    let mut routes = routes(map, is_small);
    let set_apart = set_apart(frames.len(), &mut routes);
    let mut blocks: Vec<Block> = Vec::new();
    let mut alone: Vec<usize> = Vec::new();
    for group in groups(frames.len(), &routes) {
        match group.as_slice() {
            [only] => alone.push(*only),
            _ => blocks.push(block(map, &group, &frames, &mut routes, is_small)),
        }
    }
    blocks.sort_by(|one, other| (other.width * other.height).total_cmp(&(one.width * one.height)));
    let (width, height) = pack(blocks, &alone, &mut frames, &mut routes);
    for route in routes.iter_mut().filter(|route| route.is_faint && route.from != route.to) {
        route.points = straight(&frames[route.from], &frames[route.to]);
    }
    Layout { width, height, frames, routes, set_apart }
}

fn frame(map: &Map, node: usize, from: &Utf8Path) -> Frame {
    let place = map.nodes[node].spot.as_ref().map(|spot| label::place(spot, from));
    // Of a path its end says most.
    let short = |line: String| if Some(&line) == place.as_ref() { cut_before(&line) } else { cut(&line) };
    let lines: Vec<String> = label::lines(map, node, from).into_iter().map(short).collect();
    // The name is written bold.
    let name = lines.first().map_or(0.0, |name| count(name.width()) * BOLD);
    let widest = count(lines.iter().map(|line| line.width()).max().unwrap_or_default().max(10));
    // The kind stands above the name.
    let height = count(lines.len() + 1).mul_add(LINE, PADDING);
    Frame { x: 0.0, y: 0.0, width: (widest * CHARACTER).max(name) + 2.0 * PADDING, height, lines }
}

/// A line that is no wider than a box may be.
fn cut(line: &str) -> String {
    if line.width() <= WIDEST {
        return line.to_owned();
    }
    let mut short: String = String::new();
    for char in line.chars() {
        if short.width() >= WIDEST - 1 {
            break;
        }
        short.push(char);
    }
    format!("{short}…")
}

/// The end of a line that is no wider than a box may be.
fn cut_before(line: &str) -> String {
    let reversed = |line: &str| line.chars().rev().collect::<String>();
    reversed(&cut(&reversed(line)))
}

/// A number that is small.
fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// One line for each pair of boxes.
fn routes(map: &Map, is_small: bool) -> Vec<Route> {
    let mut by_ends: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (position, edge) in map.edges.iter().enumerate() {
        by_ends.entry((edge.from, edge.to)).or_default().push(position);
    }
    let is_plumbing = |edge: &MapEdge| matches!(edge.kind, LinkKind::Registers | LinkKind::SendsTo);
    by_ends
        .into_iter()
        .map(|((from, to), edges)| {
            let is_faint = from == to || !is_small && edges.iter().all(|edge| is_plumbing(&map.edges[*edge]));
            Route { from, to, edges, points: Vec::new(), label_at: None, is_faint }
        })
        .collect()
}

/// The boxes that lines connect which decide the layout.
fn groups(nodes: usize, routes: &[Route]) -> Vec<Vec<usize>> {
    let mut group: Vec<usize> = (0..nodes).collect();
    let find = |group: &mut [usize], mut node: usize| {
        while group[node] != node {
            group[node] = group[group[node]];
            node = group[node];
        }
        node
    };
    for route in routes.iter().filter(|route| !route.is_faint) {
        let (one, other) = (find(&mut group, route.from), find(&mut group, route.to));
        group[one.max(other)] = one.min(other);
    }
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in 0..nodes {
        found.entry(find(&mut group, node)).or_default().push(node);
    }
    found.into_values().collect()
}

/// Draws the lines of the boxes that have most faintly, until no more boxes hang together than are laid out in layers. Says how
/// many boxes these are.
fn set_apart(nodes: usize, routes: &mut [Route]) -> usize {
    let mut found = 0;
    loop {
        let large: BTreeSet<usize> =
            groups(nodes, routes).into_iter().filter(|group| group.len() > MOST).flatten().collect();
        if large.is_empty() {
            return found;
        }
        let mut lines: BTreeMap<usize, usize> = BTreeMap::new();
        for route in routes.iter().filter(|route| !route.is_faint && large.contains(&route.from)) {
            *lines.entry(route.from).or_default() += 1;
            *lines.entry(route.to).or_default() += 1;
        }
        let mut by_lines: Vec<(usize, usize)> = lines.into_iter().collect();
        by_lines.sort_by_key(|(node, lines)| (std::cmp::Reverse(*lines), *node));
        // Of very many some are taken at once: each round goes through all.
        by_lines.truncate((large.len() / MOST).max(1));
        let hubs: BTreeSet<usize> = by_lines.into_iter().map(|(node, _)| node).collect();
        routes
            .iter_mut()
            .filter(|route| hubs.contains(&route.from) || hubs.contains(&route.to))
            .for_each(|route| route.is_faint = true);
        found += hubs.len();
    }
}

/// Boxes that are laid out together.
struct Block {
    width: f64,
    height: f64,
    nodes: Vec<usize>,
    /// The places of the boxes in it.
    places: Vec<(f64, f64)>,
    routes: Vec<usize>,
}

/// From so many boxes on that only one box leads to, and that lead nowhere, they stand in columns beside it.
const MANY_LEAVES: usize = 8;

/// By box, those that only it leads to, and that lead nowhere.
fn leaves(group: &[usize], own: &[usize], routes: &[Route]) -> BTreeMap<usize, Vec<usize>> {
    let mut ends: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for route in own {
        ends.entry(routes[*route].from).or_default().push(*route);
        ends.entry(routes[*route].to).or_default().push(*route);
    }
    let mut found: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in group {
        if let Some([only]) = ends.get(node).map(Vec::as_slice)
            && routes[*only].to == *node
        {
            found.entry(routes[*only].from).or_default().push(*node);
        }
    }
    found.retain(|_, leaves| leaves.len() >= MANY_LEAVES);
    found
}

/// What dagre calls a box.
fn name(node: usize) -> String {
    node.to_string()
}

/// What dagre calls the boxes that only this one leads to, which are one to it.
fn grid_name(node: usize) -> String {
    format!("leaves of {node}")
}

/// A graph from left to right, with room for what lines say.
fn empty_graph(has_labels: bool) -> Graph<NodeLabel, EdgeLabel, GraphLabel> {
    let mut graph = Graph::new(GraphOptions { multigraph: false, compound: false, directed: true });
    let ranksep = if has_labels { LAYER_GAP / 4.0 } else { LAYER_GAP };
    graph.set_graph(GraphLabel {
        rankdir: RankDir::LR,
        nodesep: GAP,
        edgesep: GAP / 2.0,
        ranksep,
        ..GraphLabel::default()
    });
    graph
}

/// The line for some edges, with room for what they say.
fn line(map: &Map, edges: &[usize], has_labels: bool) -> EdgeLabel {
    let longest = edges.iter().map(|edge| label::edge(&map.edges[*edge]).width().min(LABEL_WIDEST)).max();
    let width = if has_labels { LABEL.mul_add(count(longest.unwrap_or_default()), GAP) } else { 0.0 };
    let height = if has_labels { 11.0 * count(edges.len()) } else { 0.0 };
    let labelpos = dugong::LabelPos::C;
    EdgeLabel { width, height, labelpos, minlen: 1, weight: 1.0, ..EdgeLabel::default() }
}

/// Boxes that belong together, in layers.
fn block(map: &Map, group: &[usize], frames: &[Frame], routes: &mut [Route], has_labels: bool) -> Block {
    let is_own = |route: &usize| !routes[*route].is_faint && group.binary_search(&routes[*route].from).is_ok();
    let own: Vec<usize> = (0..routes.len()).filter(is_own).collect();
    let folded = if has_labels { BTreeMap::new() } else { leaves(group, &own, routes) };
    let grids: BTreeMap<usize, Block> =
        folded.iter().map(|(parent, leaves)| (*parent, grid(leaves, frames, ASPECT / 2.0))).collect();
    let is_leaf = |node: usize| folded.values().any(|leaves| leaves.contains(&node));
    let mut graph = empty_graph(has_labels);
    for node in group.iter().filter(|node| !is_leaf(**node)) {
        let Frame { width, height, .. } = frames[*node];
        graph.set_node(name(*node), NodeLabel { width, height, ..NodeLabel::default() });
    }
    for (parent, Block { width, height, .. }) in &grids {
        graph.set_node(grid_name(*parent), NodeLabel { width: *width, height: *height, ..NodeLabel::default() });
        let label = EdgeLabel { minlen: 1, weight: 1.0, ..EdgeLabel::default() };
        graph.set_edge_with_label(name(*parent), grid_name(*parent), label);
    }
    for route in own.iter().filter(|route| !is_leaf(routes[**route].to)) {
        let Route { from, to, edges, .. } = &routes[*route];
        graph.set_edge_with_label(name(*from), name(*to), line(map, edges, has_labels));
    }
    dugong::layout_dagreish(&mut graph);
    let corner = |id: &str, width: f64, height: f64| {
        let label = graph.node(id);
        let middle = label.map_or((0.0, 0.0), |at| (at.x.unwrap_or_default(), at.y.unwrap_or_default()));
        (middle.0 - width / 2.0, middle.1 - height / 2.0)
    };
    let mut places: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for node in group.iter().filter(|node| !is_leaf(**node)) {
        places.insert(*node, corner(&name(*node), frames[*node].width, frames[*node].height));
    }
    for (parent, grid) in &grids {
        let (x, y) = corner(&grid_name(*parent), grid.width, grid.height);
        let within = grid.nodes.iter().zip(&grid.places);
        places.extend(within.map(|(node, place)| (*node, (x + place.0, y + place.1))));
    }
    let placed = |node: usize| {
        let (x, y) = places.get(&node).copied().unwrap_or_default();
        Frame { x, y, ..frames[node].clone() }
    };
    for route in &own {
        let (from, to) = (routes[*route].from, routes[*route].to);
        match graph.edge(&name(from), &name(to), None) {
            Some(label) => {
                routes[*route].points = label.points.iter().map(|point| (point.x, point.y)).collect();
                routes[*route].label_at = has_labels.then_some(label.x.zip(label.y)).flatten();
            }
            None => routes[*route].points = straight(&placed(from), &placed(to)),
        }
    }
    let GraphLabel { width, height, .. } = graph.graph();
    let places = group.iter().map(|node| places.get(node).copied().unwrap_or_default()).collect();
    Block { width: *width, height: *height, nodes: group.to_vec(), places, routes: own }
}

/// Boxes side by side, in rows, those of a kind together; the whole is so many times wider than high.
fn grid(nodes: &[usize], frames: &[Frame], aspect: f64) -> Block {
    let area: f64 = nodes.iter().map(|node| (frames[*node].width + GAP) * (frames[*node].height + GAP)).sum();
    let widest = nodes.iter().map(|node| frames[*node].width).fold(0.0, f64::max);
    let columns = ((area * aspect).sqrt() / (widest + GAP)).round().max(1.0);
    let wanted = columns * (widest + GAP);
    let (mut x, mut y, mut row, mut width) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f64);
    let places = nodes
        .iter()
        .map(|node| {
            if x > 0.0 && x + widest > wanted {
                (x, y, row) = (0.0, y + row + GAP, 0.0);
            }
            let place = (x, y);
            width = width.max(x + frames[*node].width);
            x += widest + GAP;
            row = row.max(frames[*node].height);
            place
        })
        .collect();
    Block { width, height: y + row, nodes: nodes.to_vec(), places, routes: Vec::new() }
}

/// How wide the whole is to be, in relation to its height.
const ASPECT: f64 = 1.35;

/// Puts blocks beside and below each other, and says how large the whole is.
fn pack(mut blocks: Vec<Block>, alone: &[usize], frames: &mut [Frame], routes: &mut [Route]) -> (f64, f64) {
    if !alone.is_empty() {
        blocks.push(grid(alone, frames, ASPECT));
    }
    // The columns that make the whole largest where it is shown.
    let total: f64 = blocks.iter().map(|block| block.height + BETWEEN).sum();
    let tallest = blocks.iter().map(|block| block.height).fold(0.0, f64::max);
    let room = |(width, height): (f64, f64)| (width / ASPECT).max(height);
    let limits = (0_u32..=16).map(|step| tallest + (total - tallest) * f64::from(step) / 16.0);
    let all = limits.map(|limit| columns(&blocks, limit));
    let Some((corners, size)) = all.min_by(|one, other| room(one.1).total_cmp(&room(other.1))) else {
        return (2.0 * MARGIN, 2.0 * MARGIN);
    };
    for (block, (x, y)) in blocks.iter().zip(corners) {
        for (node, place) in block.nodes.iter().zip(&block.places) {
            (frames[*node].x, frames[*node].y) = (x + place.0, y + place.1);
        }
        for route in &block.routes {
            let moved = |point: &mut (f64, f64)| *point = (point.0 + x, point.1 + y);
            routes[*route].points.iter_mut().for_each(moved);
            routes[*route].label_at.iter_mut().for_each(moved);
        }
    }
    size
}

/// The corners of blocks that stand in columns of this height, and the size of the whole.
fn columns(blocks: &[Block], limit: f64) -> (Vec<(f64, f64)>, (f64, f64)) {
    let (mut x, mut y, mut column, mut size) = (MARGIN, MARGIN, 0.0_f64, (0.0_f64, 0.0_f64));
    let corners = blocks
        .iter()
        .map(|block| {
            if y > MARGIN && y + block.height > limit + MARGIN {
                (x, y, column) = (x + column + BETWEEN, MARGIN, 0.0);
            }
            let corner = (x, y);
            column = column.max(block.width);
            size = (size.0.max(x + block.width + MARGIN), size.1.max(y + block.height + MARGIN));
            y += block.height + BETWEEN;
            corner
        })
        .collect();
    (corners, size)
}

/// From the right side of one box to the left side of another, whatever lies between.
fn straight(from: &Frame, to: &Frame) -> Vec<(f64, f64)> {
    let is_behind = to.x < from.x + from.width;
    let start = if is_behind { from.x } else { from.x + from.width };
    let end = if is_behind { to.x + to.width } else { to.x };
    vec![(start, from.y + from.height / 2.0), (end, to.y + to.height / 2.0)]
}
