//! What the code of workflows does with the state that a workflow's object holds.
//!
//! Knows: which attributes it reads, sets, deletes and changes, also through own methods, helpers, other names and what the
//! attributes hold, and whether that is before it first waits. Does not know: which of it is a finding.

mod access;
mod cleared;
mod held;
mod initial;
mod loops;
mod order;

pub(super) use access::KnownAccesses;
pub use access::{Access, AccessKind, Assigned, State};
pub use cleared::Cleared;
pub use initial::{Reset, UnsetRead};
pub use loops::{LoopKind, WaitingLoop};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::Project;
    use crate::source::{ImportRoots, Sources};
    use crate::temporal::{Context, Role, Worlds, analyse};

    /// A workflow with these methods, and with handlers.
    fn program(methods: &str) -> String {
        format!("from temporalio import workflow\n\n\n@workflow.defn\nclass Order:\n{methods}")
    }

    /// Asks for something of the state of one file's workflows, in the lines of the file.
    fn told(code: &str, ask: impl Fn(&State<'_, '_>, &dyn Fn(&Access) -> String) -> Vec<String>) -> Vec<String> {
        let sources = Sources::new();
        let root = camino::Utf8PathBuf::from("/project");
        let roots = ImportRoots::new(root.clone(), Vec::new(), std::slice::from_ref(&root));
        let project = Project::new(&sources, &roots, std::slice::from_ref(&root));
        let worlds = Worlds::default();
        let file = project.add(root.join("order.py"), code.to_owned(), true);
        analyse(&project, &worlds, &[file], &root, &[], |analysis| {
            let reached = analysis.context(Context::Workflow).next().expect("workflows are always followed");
            let shown = |access: &Access| {
                let row = project.source(file).line_column(access.range.start()).row;
                let kind = match access.kind {
                    AccessKind::Read { tolerant } => if tolerant { "asks for" } else { "reads" }.to_owned(),
                    AccessKind::Set(given) => format!("sets {given:?}"),
                    AccessKind::Delete => "deletes".to_owned(),
                    AccessKind::Change(by) => by.map_or("changes".to_owned(), |by| format!("changes by {by}")),
                };
                format!("{row}: {kind} {}", access.attribute)
            };
            ask(&State::of(reached), &shown)
        })
    }

    fn of_queries(methods: &str) -> Vec<String> {
        told(&program(methods), |state, shown| {
            let accesses = state.accesses(&|entry| entry.role == Role::Query);
            accesses.iter().map(shown).filter(|told| !told.contains("reads")).collect()
        })
    }

    #[test]
    fn what_is_held_is_changed_under_other_names_and_in_what_is_called() {
        let methods = "    def __init__(self):\n        self.lines = []\n        self.names = {}\n\n    @workflow.query\n    \
                       def ask(self):\n        mine = self.lines\n        mine.append(1)\n        self.take(self.names)\n\n    \
                       def take(self, names):\n        names['a'] = 1\n        del names['b']\n";
        assert_eq!(of_queries(methods), ["13: changes by append lines", "17: changes names", "18: changes names"]);
    }

    #[test]
    fn a_copy_is_not_held_but_its_items_are() {
        let methods = "    def __init__(self):\n        self.lines = [[]]\n\n    @workflow.query\n    def ask(self):\n        \
                       copied = list(self.lines)\n        copied.append([])\n        copied[0].append(1)\n        \
                       for line in sorted(self.lines):\n            line.clear()\n";
        assert_eq!(of_queries(methods), ["13: changes by append lines", "15: changes by clear lines"]);
    }

    #[test]
    fn what_is_assigned_is_told_apart() {
        let methods = "    @workflow.query\n    def ask(self, given):\n        self.a = None\n        self.b = []\n        \
                       self.c = 'new'\n        self.d = given\n        self.e = self.e + 1\n        self.f += 1\n        \
                       getattr(self, 'g', 0)\n        del self.h\n";
        assert_eq!(
            of_queries(methods),
            [
                "8: sets None a",
                "9: sets Empty b",
                "10: sets Constant c",
                "11: sets Parameter d",
                "12: sets Changed e",
                "13: sets Changed f",
                "14: asks for g",
                "15: deletes h"
            ]
        );
    }

    #[test]
    fn what_comes_before_the_first_wait_is_told_through_what_is_called() {
        let methods = "    @workflow.run\n    async def run(self, x):\n        self.a = 1\n        await self.prepare()\n        \
                       if x:\n            self.b = 1\n            await workflow.sleep(1)\n        self.c = 1\n\n    \
                       async def prepare(self):\n        self.d = 1\n";
        let early = |always: bool| {
            told(&program(methods), move |state, shown| {
                let is_run = |entry: &crate::temporal::EntryPoint| entry.role == Role::Run;
                let accesses = state.accesses(&is_run);
                let found = match always {
                    true => state.always_before_first_wait(&accesses, &is_run),
                    false => state.before_first_wait(&accesses, &is_run),
                };
                found.into_iter().map(shown).filter(|told| told.contains("sets")).collect()
            })
        };
        assert_eq!(
            early(false),
            ["8: sets Constant a", "11: sets Constant b", "13: sets Constant c", "16: sets Constant d"]
        );
        assert_eq!(early(true), ["8: sets Constant a", "13: sets Constant c", "16: sets Constant d"]);
    }
}
