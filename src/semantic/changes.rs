//! Where what a variable is may change.
//!
//! That is where it is bound, where a test about it was passed, and where ways meet on which it changed differently. At any
//! other place it is what it was at the nearest such place that control always passes before. So a question about a variable
//! skips all code that has nothing to do with it.
//!
//! Knows: bindings, edges and their tests, and the dominators of blocks. Does not know: what a test says about the variable,
//! or which ways are dead.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use super::cfg::Condition;
use super::expr::Expr;
use super::ids::{BindingId, BlockId, ExprId, VariableId};
use super::module::Module;

/// The nearest place before a block at which a variable may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was bound.
    Bound(BindingId),
    /// Control came into this block by a test, or on several ways.
    Entered(BlockId),
}

/// Where variables may change, for all variables of a module.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The place of each block in a walk through the tree of dominators, and the end of what lies below it.
    walk: Vec<(u32, u32)>,
    /// By variable, in the order of the walk.
    of: Vec<Box<[Event]>>,
}

/// A block in which a variable may change.
#[derive(Debug, Clone, Copy)]
struct Event {
    /// Its place in the walk.
    at: u32,
    block: BlockId,
    /// It may change where control comes in, not only by what the block binds.
    entered: bool,
    /// The position of the next event around, or of itself where there is none.
    around: u32,
}

impl Changes {
    pub(super) fn of(module: &Module) -> Self {
        let walk = walk(module);
        let frontiers = frontiers(module);
        let mut tested: FxHashMap<VariableId, Vec<BlockId>> = FxHashMap::default();
        for block in module.block_ids() {
            for edge in module.edges(block) {
                each_tested(module, edge.condition, &mut |variable| tested.entry(variable).or_default().push(block));
            }
        }
        let events = (0..module.variables.len()).map(|index| {
            let variable = VariableId::from_index(index);
            events(module, variable, tested.remove(&variable).unwrap_or_default(), &frontiers, &walk)
        });
        Self { of: events.collect(), walk }
    }

    /// The nearest event that holds where a block begins.
    fn before(&self, variable: VariableId, block: BlockId) -> Option<Event> {
        let events = &self.of[variable.index()];
        let at = self.walk[block.index()].0;
        let after = events.partition_point(|event| event.at <= at);
        let mut index = after.checked_sub(1)?;
        loop {
            let event = events[index];
            let contains = at < self.walk[event.block.index()].1;
            if contains && (event.block != block || event.entered) {
                return Some(event);
            }
            let around = event.around as usize;
            if around == index {
                return None;
            }
            index = around;
        }
    }
}

impl Module {
    /// The nearest place at which a variable may have changed before control is at the beginning of a block. None where
    /// nothing has bound it.
    #[must_use]
    pub fn change_before(&self, variable: VariableId, block: BlockId) -> Option<Change> {
        let event = self.changes().before(variable, block)?;
        if event.block != block
            && let Some(binding) = self.last_in_block(variable, event.block, BindingId::END)
        {
            return Some(Change::Bound(binding));
        }
        Some(Change::Entered(event.block))
    }
}

impl Module {
    /// The bindings of a variable that may be the last one before a place in its control flow, in the order of the text.
    #[must_use]
    pub fn reaching(&self, variable: VariableId, block: BlockId, mark: BindingId) -> Vec<BindingId> {
        let mut found = Vec::new();
        let mut entered: FxHashSet<BlockId> = FxHashSet::default();
        let mut open = vec![(block, mark)];
        while let Some((block, mark)) = open.pop() {
            if let Some(binding) = self.last_in_block(variable, block, mark) {
                found.push(binding);
                continue;
            }
            match self.change_before(variable, block) {
                Some(Change::Bound(binding)) => found.push(binding),
                Some(Change::Entered(met)) if entered.insert(met) => {
                    open.extend(self.edges(met).iter().map(|edge| (edge.from, BindingId::END)));
                }
                Some(Change::Entered(_)) | None => {}
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Numbers blocks so that those that a block dominates follow it without a gap. A block comes after its dominator in the
/// module's list.
fn walk(module: &Module) -> Vec<(u32, u32)> {
    let mut sizes = vec![1_u32; module.block_count()];
    for block in module.block_ids().collect::<Vec<_>>().into_iter().rev() {
        let dominator = module[block].dominator;
        if dominator != block {
            sizes[dominator.index()] += sizes[block.index()];
        }
    }
    let mut next_below = vec![0_u32; module.block_count()];
    let mut next_root = 0;
    let mut walk = Vec::with_capacity(module.block_count());
    for block in module.block_ids() {
        let dominator = module[block].dominator;
        let size = sizes[block.index()];
        let next = if dominator == block { &mut next_root } else { &mut next_below[dominator.index()] };
        let at = *next;
        *next += size;
        next_below[block.index()] = at + 1;
        walk.push((at, at + size));
    }
    walk
}

/// For each block, those at which what it dominates ends: where ways meet.
fn frontiers(module: &Module) -> Vec<SmallVec<[BlockId; 2]>> {
    let mut frontiers: Vec<SmallVec<[BlockId; 2]>> = vec![SmallVec::new(); module.block_count()];
    for block in module.block_ids() {
        let end = module[block].dominator;
        for edge in module.edges(block) {
            let mut at = edge.from;
            while at != end {
                let frontier = &mut frontiers[at.index()];
                // All further out have it, too.
                if frontier.last() == Some(&block) {
                    break;
                }
                frontier.push(block);
                let dominator = module[at].dominator;
                if dominator == at {
                    break;
                }
                at = dominator;
            }
        }
    }
    frontiers
}

/// The events of a variable: where it is bound, where it is tested, and where ways from these meet others.
fn events(
    module: &Module,
    variable: VariableId,
    tests: Vec<BlockId>,
    frontiers: &[SmallVec<[BlockId; 2]>],
    walk: &[(u32, u32)],
) -> Box<[Event]> {
    let event = |block: BlockId, entered| Event { at: walk[block.index()].0, block, entered, around: 0 };
    let bound = module[variable].bindings.iter().map(|binding| module[*binding].block);
    let mut open: Vec<BlockId> = bound.clone().chain(tests.iter().copied()).collect();
    let mut events: Vec<Event> = bound.map(|block| event(block, false)).collect();
    events.extend(tests.into_iter().map(|block| event(block, true)));
    let mut meeting: FxHashSet<BlockId> = FxHashSet::default();
    while let Some(block) = open.pop() {
        for met in &frontiers[block.index()] {
            if meeting.insert(*met) {
                events.push(event(*met, true));
                open.push(*met);
            }
        }
    }
    events.sort_unstable_by_key(|event| (event.at, !event.entered));
    // The first of a block is the one that says whether it may change where control comes in.
    events.dedup_by_key(|event| event.at);
    let mut around: Vec<u32> = Vec::new();
    for index in 0..events.len() {
        let at = events[index].at;
        while around.last().is_some_and(|outer| at >= walk[events[*outer as usize].block.index()].1) {
            around.pop();
        }
        let own = u32::try_from(index).unwrap_or(u32::MAX);
        events[index].around = around.last().copied().unwrap_or(own);
        around.push(own);
    }
    events.into_boxed_slice()
}

/// Looks at each variable that a condition may say something about.
fn each_tested(module: &Module, condition: Condition, look: &mut dyn FnMut(VariableId)) {
    match condition {
        Condition::Test(test, _) => each_subject(module, test, look),
        Condition::Case { matched, .. } => each_subject(module, module[matched].subject, look),
        Condition::Always
        | Condition::Returns(_)
        | Condition::Raises(_)
        | Condition::Completes(_)
        | Condition::Suppresses(_) => {}
    }
}

/// Looks at each variable that a test may be about: itself, compared, or given to a call such as `isinstance`.
fn each_subject(module: &Module, test: ExprId, look: &mut dyn FnMut(VariableId)) {
    match module[test] {
        Expr::Name { name, block, .. } => {
            module.variable_read(name, block).into_iter().for_each(look);
        }
        Expr::Named { target, value } => {
            if let Expr::Target(binding) = module[target] {
                look(module[binding].variable);
            }
            each_subject(module, value, look);
        }
        Expr::Compare { left, rest } => {
            each_subject(module, left, look);
            module.list(rest).iter().for_each(|comparison| each_subject(module, comparison.right, look));
        }
        Expr::Call { arguments, .. } => {
            for argument in module.list(arguments) {
                if matches!(module[argument.value], Expr::Name { .. } | Expr::Named { .. }) {
                    each_subject(module, argument.value, look);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::Name;
    use crate::semantic::lower;
    use crate::source::parse;

    /// What a function's variable was changed by before each read of it, in the order of the text: the line of the binding,
    /// or `meet` and `test` for a block that is entered.
    fn changes(code: &str, name: &str) -> Vec<String> {
        let parsed = parse(code, false);
        let module = lower(parsed.body(), code);
        let name = Name::new(name);
        let reads = module.expression_ids().filter_map(|id| match module[id] {
            Expr::Name { name: read, block, mark } if read == name => {
                let variable = module.variable_read(name, block)?;
                if module.last_in_block(variable, block, mark).is_some() {
                    return Some("own".to_owned());
                }
                Some(match module.change_before(variable, block) {
                    None => "nothing".to_owned(),
                    Some(Change::Bound(binding)) => {
                        let start = module[binding].range.start().to_usize();
                        (code[..start].matches('\n').count() + 1).to_string()
                    }
                    Some(Change::Entered(block)) if module.edges(block).len() > 1 => "meet".to_owned(),
                    Some(Change::Entered(_)) => "test".to_owned(),
                })
            }
            _ => None,
        });
        reads.collect()
    }

    #[test]
    fn code_that_does_not_touch_a_variable_is_skipped() {
        let code = "def f(a, b):\n    x = a\n    if b:\n        g()\n    for i in b:\n        g()\n    return x\n";
        assert_eq!(changes(code, "x"), ["2"]);
    }

    #[test]
    fn ways_meet_where_they_changed_it() {
        let code = "def f(b):\n    x = 1\n    if b:\n        x = 2\n    g()\n    if b:\n        g()\n    return x\n";
        assert_eq!(changes(code, "x"), ["meet"]);
    }

    #[test]
    fn a_loop_meets_itself() {
        let code = "def f(b):\n    x = 1\n    for i in b:\n        g(x)\n        x = i\n    return x\n";
        assert_eq!(changes(code, "x"), ["meet", "meet"]);
    }

    #[test]
    fn a_test_about_it_counts_and_where_its_outcomes_meet() {
        let code = "def f(x, b):\n    if b:\n        g(x)\n    if x is None:\n        h(x)\n    return x\n";
        assert_eq!(changes(code, "x"), ["1", "1", "test", "meet"]);
    }

    #[test]
    fn an_exception_comes_from_anywhere_in_the_body() {
        let code =
            "def f():\n    x = 1\n    try:\n        g()\n        x = 2\n        h()\n    except E:\n        k(x)\n";
        assert_eq!(changes(code, "x"), ["meet"]);
    }

    #[test]
    fn what_nothing_binds_before_is_nothing() {
        let code = "def f():\n    g(x)\n    x = 1\n";
        assert_eq!(changes(code, "x"), ["nothing"]);
    }
}
