//! What is found out ahead, side by side, instead of one after the other when rules ask for it.
//!
//! Knows: facts that take long, and on which evaluator alone each rests: that of one context's code, or that of which it is
//! not said where it runs. Does not know: who asks for them. A fact is the same whether it was found out ahead or not.

use std::collections::BTreeSet;
use std::sync::mpsc;

use super::analysis::{Analysis, Context, ReachedCode};
use super::elsewhere::Unfollowed;
use super::state::State;
use crate::python::{Evaluator, LoadedOutside, Reach, Root};

/// A fact that takes long to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ahead {
    /// [`Analysis::sdk_calls`].
    SdkCalls,
    /// [`Analysis::unknown_names`].
    UnknownNames,
    /// [`Analysis::other_versions`].
    OtherVersions,
    /// [`Analysis::without_context`].
    WithoutContext,
    /// [`State::accesses`], of each workflow's parts.
    State,
    /// [`State::waiting_loops`].
    WaitingLoops,
    /// [`ReachedCode::mixed_times`].
    MixedTimes,
    /// [`ReachedCode::replay_branches`].
    ReplayBranches,
    /// [`ReachedCode::catches`].
    Catches,
}

impl Ahead {
    /// Finds it out where it rests on the code of one context alone.
    fn of_code(self, reached: &ReachedCode<'_>) {
        match (self, reached.context) {
            (_, Context::AsyncOperation | Context::Import | Context::Elsewhere) => {}
            (Self::Catches, _) => _ = reached.catches(),
            (Self::State, Context::Workflow) => {
                let workflows: BTreeSet<usize> = reached.entries.iter().filter_map(|entry| entry.workflow).collect();
                let state = State::of(reached);
                workflows.into_iter().for_each(|workflow| _ = state.uses(workflow));
            }
            (Self::WaitingLoops, Context::Workflow) => _ = State::of(reached).waiting_loops(),
            (Self::MixedTimes, Context::Workflow) => _ = reached.mixed_times(),
            (Self::ReplayBranches, Context::Workflow) => _ = reached.replay_branches(),
            _ => {}
        }
    }
}

/// A context's code that is to be followed.
pub(super) struct Task<'p> {
    pub context: Context,
    pub entries: Vec<super::definitions::EntryPoint>,
    pub evaluator: Evaluator<'p>,
    pub roots: Vec<Root>,
    /// For each workflow, what is loaded outside its code.
    pub outside: Vec<LoadedOutside>,
    pub known: &'static super::known::Known,
}

impl<'p> Task<'p> {
    fn follow(self, ahead: &[Ahead]) -> ReachedCode<'p> {
        let reach = Reach::run(self.evaluator, &self.roots, self.context == Context::Workflow, self.outside);
        let reached = ReachedCode::new(self.context, self.entries, reach, self.known);
        ahead.iter().for_each(|fact| fact.of_code(&reached));
        reached
    }
}

/// Follows each context on a thread of its own, as far as there are threads, and does other work meanwhile.
pub(super) fn followed<'p, T>(
    tasks: Vec<Task<'p>>,
    ahead: &[Ahead],
    meanwhile: impl FnOnce() -> T,
) -> (Vec<ReachedCode<'p>>, T) {
    let work = |task: Task<'p>| task.follow(ahead);
    beside(tasks, &work, meanwhile)
}

/// Finds out on this thread what rests on the evaluator for code of which it is not said where it runs, and follows code that
/// knows of no workflow and no activity on another.
pub(super) fn find(analysis: &Analysis<'_, '_>, ahead: &[Ahead]) {
    let unfollowed: Vec<Unfollowed<'_>> =
        ahead.iter().filter(|fact| **fact == Ahead::WithoutContext).map(|_| analysis.code_without_context()).collect();
    let (followed, ()) = beside(unfollowed, &Unfollowed::follow, || {
        if ahead.contains(&Ahead::UnknownNames) {
            _ = analysis.unknown_names();
        }
        if ahead.contains(&Ahead::OtherVersions) {
            _ = analysis.other_versions();
        }
    });
    followed.into_iter().for_each(|elsewhere| analysis.take_without_context(elsewhere));
}

/// Works on each item on some thread, and does something else on this one meanwhile. The results are in the order of the
/// items.
fn beside<I: Send, R: Send, T>(
    items: Vec<I>,
    work: &(dyn Fn(I) -> R + Sync),
    meanwhile: impl FnOnce() -> T,
) -> (Vec<R>, T) {
    let (sender, receiver) = mpsc::channel();
    let done = rayon::in_place_scope(|scope| {
        for (position, item) in items.into_iter().enumerate() {
            let sender = sender.clone();
            // Nobody listens only where this thread has panicked.
            scope.spawn(move |_| _ = sender.send((position, work(item))));
        }
        meanwhile()
    });
    drop(sender);
    let mut results: Vec<(usize, R)> = receiver.into_iter().collect();
    results.sort_by_key(|(position, _)| *position);
    (results.into_iter().map(|(_, result)| result).collect(), done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items_and_this_thread_does_its_own_work() {
        let this = std::thread::current().id();
        let (results, here) = beside((0..50).collect(), &|item: i32| item * 2, || std::thread::current().id());
        assert_eq!(results, (0..50).map(|item| item * 2).collect::<Vec<i32>>());
        assert_eq!(here, this);
    }
}
