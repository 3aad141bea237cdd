use camino::Utf8Path;
use rustc_hash::FxHashSet;

use super::definitions::{Definitions, EntryPoint, Finder};
use super::world::TemporalWorld;
use super::{Context, Role, Side};
use crate::project::{Code, Evaluator, NodeId, Place, Project, Reach, Root, Value};
use crate::semantic::ImportStatement;
use crate::source::FileId;
use crate::source::ast::{self, Expr, Stmt};

/// One context's entry points and everything they reach.
pub struct ReachedCode<'e, 'p, 'a> {
    /// The context.
    pub context: Context,
    /// The entry points; roots of `reach` by position. For [`Context::Import`] there are none, the roots are modules.
    pub entries: Vec<EntryPoint<'a>>,
    /// The code.
    pub reach: Reach<'e, 'p, 'a>,
}

impl<'a> ReachedCode<'_, '_, 'a> {
    /// Whether every entry point that reaches a node stands in test code.
    #[must_use]
    pub fn only_from_tests(&self, id: NodeId) -> bool {
        let roots = self.reach.roots_of(id);
        !self.entries.is_empty() && !roots.is_empty() && roots.iter().all(|root| self.entries[*root].in_tests)
    }

    /// The entry points that reach a node.
    pub fn entries_of(&self, id: NodeId) -> impl Iterator<Item = &EntryPoint<'a>> {
        self.reach.roots_of(id).into_iter().filter_map(|root| self.entries.get(root))
    }
}

/// What is known about a project once everything is followed.
pub struct Analysis<'e, 'p, 'a> {
    /// The project.
    pub project: &'p Project<'a>,
    /// An evaluator for code of which it is not said where it runs.
    pub evaluator: &'e Evaluator<'p, 'a>,
    /// What the project defines.
    pub definitions: Definitions<'a>,
    /// The files that were looked at for definitions.
    pub files: Vec<FileId>,
    /// The folder that test paths are relative to.
    pub root: &'e Utf8Path,
    /// What each context reaches.
    pub reached: Vec<ReachedCode<'e, 'p, 'a>>,
    /// The files that the sandbox loads, so that its restrictions hold in them.
    pub sandboxed: FxHashSet<FileId>,
}

impl<'e, 'p, 'a> Analysis<'e, 'p, 'a> {
    /// What a context reaches.
    pub fn context(&self, context: Context) -> impl Iterator<Item = &ReachedCode<'e, 'p, 'a>> {
        self.reached.iter().filter(move |reached| reached.context == context)
    }

    /// Whether a file is test code.
    #[must_use]
    pub fn is_test(&self, file: FileId) -> bool {
        let path = self.project.source(file).path();
        super::is_test_path(path.strip_prefix(self.root).unwrap_or(path))
    }
}

/// Finds what files define, follows it, and hands the result to `judge`.
pub fn analyse<'a, R>(
    project: &Project<'a>,
    files: &[FileId],
    root: &Utf8Path,
    judge: impl for<'e, 'p> FnOnce(&Analysis<'e, 'p, 'a>) -> R,
) -> R {
    let worlds = [Side::Any, Side::Workflow, Side::Activity, Side::Import].map(TemporalWorld::new);
    let [any, workflow, activity, import] = worlds.each_ref().map(|world| Evaluator::new(project, world));
    let definitions = Finder::find(&any, files, root);
    let entries = |wanted: &dyn Fn(Role) -> bool| -> Vec<EntryPoint<'_>> {
        definitions.entry_points.iter().filter(|entry| wanted(entry.role)).cloned().collect()
    };
    let follow = |context, evaluator, entries: Vec<EntryPoint<'a>>| {
        let roots: Vec<Root<'a>> = entries.iter().map(|entry| rebased(entry, &any, evaluator)).collect();
        let reach = Reach::run(evaluator, &roots, context == Context::Workflow);
        ReachedCode { context, entries, reach }
    };
    let on_the_loop = |role| matches!(role, Role::AsyncActivity | Role::ActivityInterceptor);
    let modules = sandboxed_modules(&any, &definitions, false);
    let sandboxed = sandboxed_modules(&any, &definitions, true).into_iter().collect();
    let roots: Vec<Root<'a>> =
        modules.into_iter().map(|file| Root { code: Code::Module(file), receiver: None, outer: None }).collect();
    let reached = vec![
        follow(Context::Workflow, &workflow, entries(&Role::is_workflow)),
        follow(Context::AsyncActivity, &activity, entries(&on_the_loop)),
        follow(Context::SyncActivity, &activity, entries(&|role| role == Role::SyncActivity)),
        ReachedCode { context: Context::Import, entries: Vec::new(), reach: Reach::run(&import, &roots, false) },
    ];
    let analysis = Analysis { project, evaluator: &any, definitions, files: files.to_vec(), root, reached, sandboxed };
    judge(&analysis)
}

/// A root as another evaluator knows it: values that hold frames of the first are looked up again.
fn rebased<'a>(entry: &EntryPoint<'a>, from: &Evaluator<'_, 'a>, to: &Evaluator<'_, 'a>) -> Root<'a> {
    let root = &entry.root;
    let receiver = root.receiver.as_ref().map(|receiver| from.transfer(receiver, to));
    let outer = root.outer.and_then(|outer| from.transfer_frame(outer, to));
    Root { code: root.code, receiver, outer }
}

/// The modules that the sandbox loads anew for each workflow: those that define sandboxed workflows, and what they
/// import other than through the sandbox; with `at_run_time`, also what functions in them import.
fn sandboxed_modules<'a>(
    evaluator: &Evaluator<'_, 'a>,
    definitions: &Definitions<'a>,
    at_run_time: bool,
) -> Vec<FileId> {
    let mut seen = FxHashSet::default();
    let mut order = Vec::new();
    if definitions.unsandboxed_worker {
        return order;
    }
    let defining = definitions.workflows.iter().filter(|workflow| !workflow.unsandboxed);
    let mut level: Vec<FileId> = defining.map(|workflow| workflow.span.file).collect();
    loop {
        level.retain(|file| seen.insert(*file));
        order.extend(&level);
        if level.is_empty() || definitions.passes_all_through {
            return order;
        }
        evaluator.project().prepare(&level);
        level = level.iter().flat_map(|file| loaded_by(evaluator, *file, definitions, at_run_time)).collect();
    }
}

/// The files that a file imports other than through the sandbox.
fn loaded_by<'a>(
    evaluator: &Evaluator<'_, 'a>,
    file: FileId,
    definitions: &Definitions<'a>,
    at_run_time: bool,
) -> Vec<FileId> {
    let module = evaluator.project().module(file);
    let is_loaded = |import: &&ImportStatement<'a>| {
        let passed = import.with.is_some_and(|with| passes_through(evaluator, with, file));
        let checked_only = module.guards(import.block).any(|(test, expected)| {
            let place = Place { file, scope: import.scope, frame: None };
            evaluator.truth(test, place).is_some_and(|truth| truth != expected)
        });
        (at_run_time || import.scope == module.global()) && !passed && !checked_only
    };
    let loaded = module.imports.iter().filter(is_loaded);
    loaded.flat_map(|import| imported_files(evaluator, file, import.statement, definitions)).collect()
}

fn passes_through<'a>(evaluator: &Evaluator<'_, 'a>, with: &'a ast::StmtWith, file: FileId) -> bool {
    let module = evaluator.project().module(file);
    let place = Place { file, scope: module.global(), frame: None };
    with.items.iter().any(|item| match &item.context_expr {
        Expr::Call(call) => matches!(evaluator.value(&call.func, place),
            Value::External(name) if &*name == "temporalio.workflow.unsafe.imports_passed_through"),
        _ => false,
    })
}

/// The files of the project that an import statement loads.
fn imported_files<'a>(
    evaluator: &Evaluator<'_, 'a>,
    file: FileId,
    statement: &'a Stmt,
    definitions: &Definitions<'a>,
) -> Vec<FileId> {
    let through = |name: &str| {
        definitions.passed_through.iter().any(|passed| {
            name.strip_prefix(passed.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    };
    let mut found = Vec::new();
    match statement {
        Stmt::Import(import) => {
            for alias in &import.names {
                if !through(alias.name.as_str()) {
                    found.extend(modules_of(evaluator, file, alias.name.as_str()));
                }
            }
        }
        Stmt::ImportFrom(import) => {
            let name = import.module.as_ref().map_or("", |module| module.as_str());
            if import.level == 0 && through(name) {
                return found;
            }
            let source = evaluator.imported_module(file, name, import.level);
            match source {
                _ if import.level == 0 => found.extend(modules_of(evaluator, file, name)),
                Value::Module(file) => found.push(file),
                _ => {}
            }
            for alias in &import.names {
                if let Some(Value::Module(file)) = evaluator.project().submodule(&source, alias.name.as_str()) {
                    found.push(file);
                }
            }
        }
        _ => {}
    }
    found
}

/// The files that `import name` loads: the module, and the packages around it before.
fn modules_of(evaluator: &Evaluator<'_, '_>, importer: FileId, name: &str) -> Vec<FileId> {
    let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
    ends.filter_map(|end| match evaluator.imported_module(importer, &name[..end], 0) {
        Value::Module(file) => Some(file),
        _ => None,
    })
    .collect()
}
