use std::collections::BTreeMap;

use camino::Utf8Path;

use super::MapNode;

/// Gives each node an id: its kind and name; the file's name, its path from the root, the line and a number are added as far as
/// there is need.
pub(super) fn name_nodes(nodes: &mut [MapNode], root: &Utf8Path) {
    let path = |node: &MapNode| {
        let path = node.spot.as_ref().map_or(Utf8Path::new(""), |spot| &spot.path);
        path.strip_prefix(root).unwrap_or(path).as_str().replace('\\', "/")
    };
    let short = |node: &MapNode| {
        let mark = if node.is_resolved { "" } else { "?" };
        format!("{}:{}{mark}", node.kind.key(), node.name)
    };
    let tail = |node: &MapNode, parts: usize| {
        let path = path(node);
        let start = path.rmatch_indices('/').nth(parts - 1).map_or(0, |(at, _)| at + 1);
        path[start..].to_owned()
    };
    let row = |node: &MapNode| node.spot.as_ref().map_or(0, |spot| spot.at.row);
    let column = |node: &MapNode| node.spot.as_ref().map_or(0, |spot| spot.at.column);
    type Namer<'n> = Box<dyn Fn(&MapNode) -> String + 'n>;
    let mut namers: Vec<Namer<'_>> = vec![Box::new(short)];
    for parts in 1..=4 {
        namers.push(Box::new(move |node| format!("{}@{}", short(node), tail(node, parts))));
    }
    namers.push(Box::new(move |node| format!("{}@{}:{}", short(node), tail(node, 4), row(node))));
    namers.push(Box::new(move |node| format!("{}@{}:{}:{}", short(node), path(node), row(node), column(node))));
    let mut open: Vec<usize> = (0..nodes.len()).collect();
    for namer in &namers {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for node in open.drain(..) {
            by_name.entry(namer(&nodes[node])).or_default().push(node);
        }
        for (name, of) in by_name {
            match of.as_slice() {
                [only] => nodes[*only].id = name,
                _ => open.extend(of),
            }
        }
        open.sort_unstable();
    }
    for (number, node) in open.into_iter().enumerate() {
        nodes[node].id = format!("{}#{}", short(&nodes[node]), number + 1);
    }
}
