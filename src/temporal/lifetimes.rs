//! When workers run: never, twice, after one another, or no longer when somebody waits for their work.
//!
//! Knows: workers that are made and run in one function, those that a function makes and returns, and attributes that nobody
//! reads. Does not know: what else becomes of a worker that is handed on or kept; nothing is said of it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::python::{Place, ValueId};
use crate::semantic::{
    ArgumentKind, BindingId, BlockId, Condition, Expr, ExprId, FunctionId, Module, RegionKind, ScopeKind, Use, WithId,
};
use crate::source::{FileId, Span, TextRange};

use super::analysis::Analysis;
use super::definitions::Located;
use super::factories::{bound_to, calls_of, factory};
use super::making::made_by;
use super::queues::Queue;
use super::unread::is_kept_unread;
use super::wiring::{Worker, WorkerKind};

/// Something about when a worker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Where it shows.
    pub span: Span,
    /// What it is.
    pub kind: LifetimeKind,
    /// What it is about: where the worker is made, or where it or another one is run before.
    pub other: Span,
}

/// What is wrong with when a worker runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifetimeKind {
    /// It is made and never run.
    Never,
    /// As `Never`, and no name is given to it where it is tried, or one after the other: perhaps that was to see whether it can
    /// be made.
    PerhapsTried,
    /// It is run while or after it runs already.
    Twice,
    /// It is run once another one has ended, which does not end by itself.
    AfterAnother,
    /// A workflow's result is waited for when the worker has ended.
    Ended,
}

/// Where workers are run never, twice, too late, or not long enough.
#[must_use]
pub fn lifetimes(analysis: &Analysis<'_, '_>) -> Vec<Lifetime> {
    let made: Vec<Made> =
        analysis.definitions.worker_calls().flat_map(|worker| Made::all_of(analysis, worker)).collect();
    let mut found = Vec::new();
    let mut waits = Waits { analysis, by_file: FxHashMap::default() };
    for worker in &made {
        found.extend(worker.never_run(&mut waits));
        found.extend(worker.run_twice(analysis));
        found.extend(made.iter().filter_map(|other| other.run_after(worker, analysis)));
    }
    found.extend(waits_after_end(&mut waits, &made));
    found
}

/// A worker whose whole life is in one function.
struct Made {
    span: Span,
    call: Located,
    function: FunctionId,
    /// The one name that it is bound to; none where it is used as it is made.
    binding: Option<BindingId>,
    /// Whether it goes anywhere that is not looked at.
    is_handed_on: bool,
    starts: Vec<Start>,
}

/// Where a worker is run.
#[derive(Clone, Copy)]
struct Start {
    range: TextRange,
    block: BlockId,
    how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// `async with worker:`.
    Managed(WithId),
    /// `await worker.run()` as a statement of its own.
    Awaited,
    /// `worker.run()` in some other way: in a task, with others.
    Called,
}

impl Made {
    /// The worker of a call where it is made, or everywhere where the function is called that returns it.
    fn all_of(analysis: &Analysis<'_, '_>, worker: &Worker) -> Vec<Self> {
        let at = worker.at();
        // What a syntax error hides may run it.
        let is_whole = analysis.project.source(at.file).syntax_problems().is_empty();
        if worker.kind == WorkerKind::Replayer || worker.is_expected_to_fail || !is_whole {
            return Vec::new();
        }
        match factory(analysis, at) {
            Some(function) => {
                calls_of(analysis, function).into_iter().filter_map(|call| Self::of(analysis, call)).collect()
            }
            None => Self::of(analysis, at).into_iter().collect(),
        }
    }

    fn of(analysis: &Analysis<'_, '_>, call: Located) -> Option<Self> {
        let module = analysis.project.module(call.file);
        let block = module.block_of_call(call.expr)?;
        let function = module[block].function?;
        let span = Span { file: call.file, range: module.span(call.expr) };
        let mut made = Self { span, call, function, binding: None, is_handed_on: false, starts: Vec::new() };
        match module.uses().use_of(call.expr) {
            Use::Discarded(_) => {}
            Use::Bound(_) => match bound_to(module, function, call.expr) {
                Some(binding) => {
                    let variable = &module[module[binding].variable];
                    if !matches!(module[variable.scope].kind, ScopeKind::Function(_)) {
                        return None;
                    }
                    made.binding = Some(binding);
                    made.is_handed_on |= variable.bindings.len() > 1;
                    for read in module.reads_of(binding) {
                        made.note(module, read);
                    }
                }
                None => made.is_handed_on = !is_kept_unread(analysis, call),
            },
            _ => made.note(module, call.expr),
        }
        Some(made)
    }

    /// Takes note of how a read of the worker, or the call that makes it, is used.
    fn note(&mut self, module: &Module, read: ExprId) {
        let Some(block) = module.block_of_call(read) else { return self.is_handed_on = true };
        let start = |how| Start { range: module.span(read), block, how };
        match module.uses().use_of(read) {
            Use::Managed(with) => {
                self.starts.push(start(How::Managed(with)));
                // `async with worker as …`: it gives itself.
                let item = module.list(module[with].items).iter().find(|item| item.manager == read);
                if let Some(Expr::Target(binding)) = item.and_then(|item| item.target).map(|target| module[target]) {
                    module.reads_of(binding).for_each(|read| self.note(module, read));
                }
            }
            Use::AttributeOf(attribute, name) if name == "run" => match module.uses().use_of(attribute) {
                Use::Called(run) => {
                    let range = module.span(run);
                    self.starts.push(Start { range, block, how: how_called(module, run) });
                }
                _ => self.is_handed_on = true,
            },
            Use::AttributeOf(_, name) if name == "task_queue" => {}
            _ => self.is_handed_on = true,
        }
    }

    fn file(&self) -> FileId {
        self.call.file
    }

    fn at(&self, range: TextRange) -> Span {
        Span { file: self.file(), range }
    }

    fn never_run(&self, waits: &mut Waits<'_, '_, '_>) -> Option<Lifetime> {
        let is_dropped = self.starts.is_empty() && !self.is_handed_on;
        // Tests also make workers only to see whether that works; not where the same function waits for a workflow.
        let is_needed = is_dropped
            && (!waits.analysis.is_test(self.file())
                || waits.in_file(self.file()).iter().any(|wait| wait.function == Some(self.function)));
        let is_tried = is_needed && self.is_perhaps_tried(waits.analysis);
        let kind = if is_tried { LifetimeKind::PerhapsTried } else { LifetimeKind::Never };
        is_needed.then_some(Lifetime { span: self.span, kind, other: self.span })
    }

    /// Whether it is made by a statement of its own, inside a `try` that handles what comes or inside a loop.
    fn is_perhaps_tried(&self, analysis: &Analysis<'_, '_>) -> bool {
        let module = analysis.project.module(self.file());
        let Use::Discarded(statement) = module.uses().use_of(self.call.expr) else { return false };
        let block = module.block_of(statement);
        module.may_be_handled(block) || module.is_in_loop(block)
    }

    fn run_twice(&self, analysis: &Analysis<'_, '_>) -> Option<Lifetime> {
        let module = analysis.project.module(self.file());
        if self.is_handed_on {
            return None;
        }
        let (first, second) = self.starts.iter().enumerate().find_map(|(position, first)| {
            let second = self.starts[position + 1..]
                .iter()
                .find(|second| is_within(module, first, second) || comes_after(module, first, second))?;
            Some((first, second))
        })?;
        Some(Lifetime { span: self.at(second.range), kind: LifetimeKind::Twice, other: self.at(first.range) })
    }

    /// Where this worker is first run once another one has ended.
    fn run_after(&self, other: &Self, analysis: &Analysis<'_, '_>) -> Option<Lifetime> {
        let is_same_function = self.file() == other.file() && self.function == other.function;
        if !is_same_function || self.span == other.span || other.is_handed_on {
            return None;
        }
        let module = analysis.project.module(self.file());
        let mut pairs = other.starts.iter().filter(|first| first.how == How::Awaited).filter_map(|first| {
            let second = self.starts.first()?;
            is_after(module, first, second).then_some((first, second))
        });
        let (first, second) = pairs.next()?;
        Some(Lifetime { span: self.at(second.range), kind: LifetimeKind::AfterAnother, other: self.at(first.range) })
    }
}

fn how_called(module: &Module, run: ExprId) -> How {
    let Use::Awaited(awaited) = module.uses().use_of(run) else { return How::Called };
    match module.uses().use_of(awaited) {
        Use::Discarded(_) => How::Awaited,
        _ => How::Called,
    }
}

/// Whether a start stands in the block that another one runs for.
fn is_within(module: &Module, first: &Start, second: &Start) -> bool {
    let How::Managed(with) = first.how else { return false };
    module.regions_around(second.block).any(|(_, region)| region.kind == RegionKind::With(with))
}

/// Whether control that comes by the first start always comes by the second one later, and only so.
fn is_after(module: &Module, first: &Start, second: &Start) -> bool {
    first.range.start() < second.range.start()
        && module[first.block].function == module[second.block].function
        && always_follows(module, first.block, second.block)
}

/// Whether control that comes by the second start always came by the first one before.
fn comes_after(module: &Module, first: &Start, second: &Start) -> bool {
    let passed = conditions(module, second.block);
    first.range.start() < second.range.start()
        && module[first.block].function == module[second.block].function
        && conditions(module, first.block).iter().all(|condition| passed.contains(condition))
        && regions(module, second.block).ends_with(&regions(module, first.block))
}

/// Whether control that comes to the first of two blocks always comes to the second one, and only so.
pub(super) fn always_follows(module: &Module, first: BlockId, second: BlockId) -> bool {
    conditions(module, first) == conditions(module, second) && regions(module, first) == regions(module, second)
}

pub(super) fn conditions(module: &Module, block: BlockId) -> Vec<Condition> {
    let is_test = |condition: &Condition| !matches!(condition, Condition::Returns(_));
    module.guards(block).map(|(_, condition)| condition).filter(is_test).collect()
}

fn regions(module: &Module, block: BlockId) -> Vec<RegionKind> {
    module.regions_around(block).map(|(_, region)| region.kind).collect()
}

/// Calls that wait for a workflow's result on a task queue whose worker has ended.
fn waits_after_end(waits: &mut Waits<'_, '_, '_>, made: &[Made]) -> Vec<Lifetime> {
    let analysis = waits.analysis;
    let mut found = Vec::new();
    let files: FxHashSet<FileId> = made.iter().map(Made::file).collect();
    let mut files: Vec<FileId> = files.into_iter().collect();
    files.sort_unstable();
    for file in files {
        let module = analysis.project.module(file);
        for wait in waits.in_file(file) {
            let Some(function) = wait.function else { continue };
            let here: Vec<&Made> =
                made.iter().filter(|worker| worker.file() == file && worker.function == function).collect();
            if let Some(ended) = ended_before(analysis, &here, wait.call, wait.block) {
                found.push(Lifetime {
                    span: Span { file, range: module.span(wait.call) },
                    kind: LifetimeKind::Ended,
                    other: ended,
                });
            }
        }
    }
    found
}

/// A call that is awaited at once, and comes back when a workflow has ended: `client.execute_workflow`, or `handle.result()`
/// where nothing was awaited before that may have waited for that workflow already.
struct Wait {
    call: ExprId,
    block: BlockId,
    function: Option<FunctionId>,
}

/// The calls that wait for a workflow, file by file.
struct Waits<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    by_file: FxHashMap<FileId, Vec<Wait>>,
}

impl Waits<'_, '_, '_> {
    fn in_file(&mut self, file: FileId) -> &[Wait] {
        self.by_file.entry(file).or_insert_with(|| waits_in(self.analysis, file))
    }
}

fn waits_in(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<Wait> {
    let module = analysis.project.module(file);
    let mut awaits: Option<Vec<TextRange>> = None;
    let waits =
        module.calls().iter().filter_map(|call| {
            let Expr::Call { callee, .. } = module[*call] else { return None };
            let Expr::Attribute { name, .. } = module[callee] else { return None };
            let wanted = match name.as_str() {
                "execute_workflow" => "temporalio.client.Client.execute_workflow",
                "result" => "temporalio.client.WorkflowHandle.result",
                _ => return None,
            };
            if !matches!(module.uses().use_of(*call), Use::Awaited(_)) {
                return None;
            }
            let callees = analysis.evaluator.value(callee, Place { file, frame: None });
            let is_it = |callee: &ValueId| analysis.evaluator.outside_name(*callee).is_some_and(|name| name == wanted);
            let block = callees.known.iter().any(is_it).then(|| module.block_of_call(*call)).flatten()?;
            let awaits = awaits.get_or_insert_with(|| awaits_in(module));
            (name == "execute_workflow" || is_first_wait(analysis, Located { expr: *call, file }, awaits))
                .then(|| Wait { call: *call, block, function: module[block].function })
        });
    waits.collect()
}

/// Where a file awaits something, in the order of the text.
fn awaits_in(module: &Module) -> Vec<TextRange> {
    let awaits = module.expression_ids().filter(|expr| matches!(module[*expr], Expr::Await(_)));
    let mut awaits: Vec<TextRange> = awaits.map(|expr| module.span(expr)).collect();
    awaits.sort_by_key(|at| at.start());
    awaits
}

/// Whether nothing is awaited between the start of a workflow and a wait for its result.
fn is_first_wait(analysis: &Analysis<'_, '_>, wait: Located, awaits: &[TextRange]) -> bool {
    let module = analysis.project.module(wait.file);
    let Some(start) = started_by(analysis, wait) else { return false };
    let (start, wait) = (module.span(start.expr), module.span(wait.expr));
    // What begins before the start ends before it too, or holds it.
    let first = awaits.partition_point(|at| at.start() < start.start());
    let end = awaits.partition_point(|at| at.start() <= wait.end());
    let between = awaits.get(first..end).unwrap_or_default();
    between.iter().all(|at| at.end() <= start.end() || at.contains_range(wait) || at.contains_range(start))
}

/// The call that starts the workflow whose handle `handle.result()` asks, in the same file.
fn started_by(analysis: &Analysis<'_, '_>, wait: Located) -> Option<Located> {
    let module = analysis.project.module(wait.file);
    let Expr::Call { callee, .. } = module[wait.expr] else { return None };
    let Expr::Attribute { value, .. } = module[callee] else { return None };
    let start = made_by(analysis.evaluator, Located { expr: value, file: wait.file })?;
    let Expr::Call { callee, .. } = module[start.expr] else { return None };
    let is_start = matches!(module[callee], Expr::Attribute { name, .. } if name == "start_workflow");
    (start.file == wait.file && is_start).then_some(start)
}

/// The worker of a call's queue, where every worker of the function has ended before the call.
fn ended_before(analysis: &Analysis<'_, '_>, workers: &[&Made], call: ExprId, block: BlockId) -> Option<Span> {
    let file = workers.first()?.file();
    let module = analysis.project.module(file);
    let at = module.span(call);
    let has_ended = |worker: &&&Made| {
        !worker.is_handed_on
            && matches!(worker.starts.as_slice(), [start] if matches!(start.how, How::Managed(with)
                if module.statement_span(module[with].statement).end() <= at.start()
                    && !module.regions_around(block).any(|(_, region)| region.kind == RegionKind::With(with))))
    };
    if workers.len() != workers.iter().filter(has_ended).count() {
        return None;
    }
    let asked = Located { expr: call, file };
    let queue = queue_of(analysis, started_by(analysis, asked).unwrap_or(asked));
    workers.iter().find(|worker| queue_of(analysis, worker.call).is(queue)).map(|worker| worker.span)
}

fn queue_of(analysis: &Analysis<'_, '_>, call: Located) -> Queue {
    let module = analysis.project.module(call.file);
    let Expr::Call { arguments, .. } = module[call.expr] else { return Queue::Unknown };
    let given = module.list(arguments).iter().find_map(|argument| match argument.kind {
        ArgumentKind::Keyword(name) if name == "task_queue" => Some(argument.value),
        _ => None,
    });
    given.map_or(Queue::Unknown, |given| Queue::of(analysis.evaluator, given, call.file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::lower;
    use crate::source::parse;

    /// Whether the block of the second call of a function always follows that of the first one.
    fn follows(body: &str) -> bool {
        let code = format!("def f(a, b):\n    {}\n", body.replace('\n', "\n    "));
        let parsed = parse(&code, false);
        let module = lower(parsed.body(), &code);
        let blocks: Vec<BlockId> = module.calls().iter().filter_map(|call| module.block_of_call(*call)).collect();
        let [first, second] = blocks.as_slice() else { panic!("two calls: {code}") };
        always_follows(&module, *first, *second)
    }

    #[test]
    fn what_stands_under_the_same_conditions_always_follows() {
        assert!(follows("run()\nrun()"));
        assert!(follows("if a:\n    run()\n    run()"));
        assert!(follows("if a:\n    return\nrun()\nrun()"));
        assert!(!follows("run()\nif a:\n    run()"));
        assert!(!follows("if a:\n    run()\nelse:\n    run()"));
        assert!(!follows("try:\n    run()\nexcept ValueError:\n    run()"));
        assert!(!follows("with a:\n    run()\nrun()"), "what is around decides, too");
    }
}
