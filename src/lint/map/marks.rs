//! What no worker registers, what nothing starts, and which task queues no worker polls.
//!
//! Knows: that of a program in which a worker may register more than is known, or something may start more, nothing can be
//! said. Does not know: what lies outside the project: a workflow that nothing here starts may be started by hand.

use rustc_hash::FxHashSet;

use super::join::{EdgeKey, Joined, Node};
use super::{LinkKind, Mark, NodeKind};

/// Says what is to be said.
pub(super) fn mark(joined: &mut Joined) {
    let marks: Vec<Vec<Mark>> = {
        let seen = Seen::of(joined);
        (0..joined.nodes.len()).map(|node| seen.marks(node)).collect()
    };
    for (node, marks) in joined.nodes.iter_mut().zip(marks) {
        node.marks = marks;
    }
}

struct Seen<'j> {
    joined: &'j Joined,
    registered: FxHashSet<usize>,
    used: FxHashSet<usize>,
    polled: FxHashSet<usize>,
}

impl<'j> Seen<'j> {
    fn of(joined: &'j Joined) -> Self {
        let ends =
            |is_it: &dyn Fn(&EdgeKey) -> bool| joined.edges.keys().filter(|key| is_it(key)).map(|key| key.to).collect();
        Self {
            joined,
            registered: ends(&|key| key.kind == LinkKind::Registers),
            // What only starts itself is started by nothing.
            used: ends(&|key| (key.kind.is_use() || key.kind == LinkKind::ContinuesAs) && key.from != key.to),
            polled: ends(&|key| key.kind == LinkKind::Polls),
        }
    }

    fn workers(&self) -> impl Iterator<Item = &'j Node> {
        self.joined.nodes.iter().filter(|node| node.kind == NodeKind::Worker)
    }

    fn marks(&self, position: usize) -> Vec<Mark> {
        let node = &self.joined.nodes[position];
        if !node.is_resolved {
            return Vec::new();
        }
        let mut marks = Vec::new();
        match node.kind {
            NodeKind::Workflow | NodeKind::Activity => {
                if !self.registered.contains(&position) && self.registers_all(node) {
                    marks.push(Mark::Unregistered);
                }
                if !node.takes_any && !node.is_handed_on && !self.used.contains(&position) && self.tells_all_uses(node)
                {
                    marks.push(Mark::Unused);
                }
            }
            NodeKind::NexusService if !self.used.contains(&position) && self.tells_all_uses(node) => {
                marks.push(Mark::Unused);
            }
            NodeKind::TaskQueue if !self.polled.contains(&position) && self.polls_all() => marks.push(Mark::Unserved),
            _ => {}
        }
        marks
    }

    /// Whether all is known that workers register which may register a node.
    fn registers_all(&self, node: &Node) -> bool {
        let is_open = |worker: &Node| if node.kind == NodeKind::Activity { worker.is_open.1 } else { worker.is_open.0 };
        let mut own = self.workers().filter(|worker| worker.program == node.program).peekable();
        match own.peek() {
            Some(_) => !own.any(is_open),
            None => self.workers().next().is_some() && !self.workers().any(is_open),
        }
    }

    /// Whether it is known what each call starts that may start a node.
    fn tells_all_uses(&self, node: &Node) -> bool {
        let is_unknown = |key: &EdgeKey| {
            let to = &self.joined.nodes[key.to];
            key.kind.is_use() && !to.is_resolved && to.kind == node.kind && to.program.is_some()
        };
        let from = |key: &EdgeKey| self.joined.nodes[key.from].program;
        !self
            .joined
            .edges
            .keys()
            .any(|key| is_unknown(key) && (from(key) == node.program || node.kind != NodeKind::Activity))
    }

    /// Whether it is known which task queue each worker polls.
    fn polls_all(&self) -> bool {
        let polls_known = |worker: usize| {
            self.joined
                .edges
                .keys()
                .any(|key| key.from == worker && key.kind == LinkKind::Polls && self.joined.nodes[key.to].is_resolved)
        };
        let nodes = self.joined.nodes.iter().enumerate();
        let mut workers = nodes.filter(|(_, node)| node.kind == NodeKind::Worker).peekable();
        workers.peek().is_some() && workers.all(|(worker, _)| polls_known(worker))
    }
}
