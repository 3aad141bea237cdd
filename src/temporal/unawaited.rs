//! Coroutines that are never awaited, or are used in place of what they give.
//!
//! Knows: calls of the SDK's coroutine functions and, in workflow and activity code, of the project's own; what becomes of the coroutine
//! in the function that makes it. Does not know: which of it is a finding. A coroutine that goes elsewhere, to a collection that
//! something reads, an attribute or an unknown function, may be awaited there.

use rustc_hash::FxHashSet;

use super::analysis::{Analysis, Context};
use super::fates::{Fate, fates_of, fates_of_binding, is_kept_unread};
use super::sdk_calls::SdkCall;
use super::targets::Target;
use crate::python::{Code, FunctionRef, Place, Rest, Value, Values};
use crate::registry::sdk_signature;
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Name, Use};
use crate::source::{FileId, Span, TextRange};

/// Through how many functions and partials a coroutine is passed on.
const PASSED_ON: usize = 4;

/// How a coroutine is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoroutineUse {
    /// Nothing looks at it.
    Dropped,
    /// It is bound to a name that nothing reads.
    NeverRead,
    /// Its truth decides.
    Tested,
    /// It is compared.
    Compared,
    /// An operator takes it.
    Operand,
    /// It becomes text.
    Shown,
    /// A loop or unpacking goes through it.
    GoneThrough,
    /// This attribute is read from it.
    Attribute(Name),
    /// An item is taken from it.
    Item,
    /// A `with` enters it.
    Entered,
    /// This callable is given it, and takes no coroutine.
    Given(Name),
    /// It is the result of a workflow, handler or activity.
    Result,
}

/// What makes a coroutine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// A coroutine function.
    Itself,
    /// A function or `partial` that passes on what a coroutine function gives.
    PassedOn,
    /// `map`, one for each item.
    Map,
}

/// A coroutine that is not awaited.
#[derive(Debug, Clone)]
pub struct Unawaited {
    /// Where the coroutine is made, or read.
    pub span: Span,
    /// What makes it, as it is written.
    pub callee: TextRange,
    /// How it is used.
    pub used: CoroutineUse,
    /// Where it is used.
    pub place: Option<TextRange>,
    /// What is called may be something else.
    pub doubtful: bool,
    /// What makes it.
    pub maker: Maker,
    /// Whether it stands in a function that is not `async def`.
    pub in_plain_function: bool,
}

/// The coroutines of all files that are never awaited.
#[must_use]
pub fn unawaited(analysis: &Analysis<'_, '_>) -> Vec<Unawaited> {
    let finder = Finder::new(analysis);
    let mut found = Vec::new();
    for call in analysis.sdk_calls() {
        let runs_coroutine = || call.callee == ENVIRONMENT_RUN && finder.is_of_async_activity(call);
        if call.signature.is_async || runs_coroutine() {
            finder.coroutine(call.span.file, call.expr, Maker::Itself, call.is_doubtful, &mut found);
        } else if call.callee == "temporalio.workflow.as_completed" {
            finder.each_completed(call.span.file, call.expr, &mut found);
        }
    }
    finder.own(&mut found);
    found.sort_by_key(|unawaited| (unawaited.span.file, unawaited.span.range.start()));
    found
}

const ENVIRONMENT_RUN: &str = "temporalio.testing.ActivityEnvironment.run";

struct Finder<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    /// What the SDK calls and awaits: what these return is encoded.
    entries: FxHashSet<FunctionRef>,
    /// The functions that workflows run.
    in_workflows: FxHashSet<FunctionRef>,
    /// The functions that activities run.
    in_activities: FxHashSet<FunctionRef>,
    /// The calls of the SDK's coroutine functions.
    of_sdk: FxHashSet<(FileId, ExprId)>,
}

/// Whose coroutine it is.
enum Giver {
    /// One of a coroutine function of the project.
    Own(FunctionRef),
    /// One of the SDK.
    Sdk,
}

impl<'a, 'e, 'p> Finder<'a, 'e, 'p> {
    fn new(analysis: &'a Analysis<'e, 'p>) -> Self {
        let function = |code: &Code| match code {
            Code::Function(function) => Some(*function),
            _ => None,
        };
        let entries = analysis.definitions.entry_points.iter().filter_map(|entry| function(&entry.root.code)).collect();
        let in_context = |context| {
            let nodes = analysis.context(context).flat_map(|reached| reached.reach.nodes());
            nodes.filter(|(_, node)| !node.at_import).filter_map(|(_, node)| function(&node.code))
        };
        let in_workflows = in_context(Context::Workflow).collect();
        let in_activities = in_context(Context::AsyncActivity).chain(in_context(Context::SyncActivity)).collect();
        let is_sure = |call: &&SdkCall| call.signature.is_async && !call.is_doubtful;
        let of_sdk = analysis.sdk_calls().iter().filter(is_sure).map(|call| (call.span.file, call.expr)).collect();
        Self { analysis, entries, in_workflows, in_activities, of_sdk }
    }

    /// `ActivityEnvironment.run` gives what the activity gives: of an `async def` activity a coroutine.
    fn is_of_async_activity(&self, call: &SdkCall) -> bool {
        let target = call.argument("fn").and_then(|given| self.analysis.target_of(call, given));
        matches!(target, Some(Target::Activity(activity)) if self.analysis.definitions.activities[activity].is_async)
    }

    fn module(&self, file: FileId) -> &'p Module {
        self.analysis.project.module(file)
    }

    /// The project's coroutine functions that workflow or activity code calls, and those of the SDK and of `asyncio` in files that
    /// do not import it. What the SDK calls is not called by hand, or
    /// another matter; but to activities, one of them is a function like others.
    fn own(&self, found: &mut Vec<Unawaited>) {
        let holders = self.in_workflows.iter().chain(&self.in_activities);
        let mut files: Vec<FileId> = holders.map(|function| function.file).collect();
        files.sort_unstable();
        files.dedup();
        for file in files {
            let module = self.module(file);
            for &call in module.calls() {
                let Expr::Call { callee, .. } = module[call] else { continue };
                // Most are awaited on the spot.
                if matches!(module.uses().use_of(call), Use::Awaited(_)) {
                    continue;
                }
                let Some(block) = module.block_of_call(call) else { continue };
                let holder = module[block].function.map(|function| FunctionRef { file, function });
                let is_in = |code: &FxHashSet<FunctionRef>| holder.is_some_and(|holder| code.contains(&holder));
                let in_workflow = is_in(&self.in_workflows);
                if !in_workflow && !is_in(&self.in_activities) {
                    continue;
                }
                let place = Place { file, frame: None };
                let values = self.analysis.evaluator.value(callee, place);
                let (callable, is_map) = match self.mapped(file, call, &values) {
                    Some(mapped) => (mapped, true),
                    None => (values, false),
                };
                let Some((giver, is_passed_on)) = self.coroutine_given(&callable, PASSED_ON) else { continue };
                let is_another_matter = match giver {
                    Giver::Own(function) => self.is_called_by_sdk(function, in_workflow),
                    Giver::Sdk => self.of_sdk.contains(&(file, call)),
                };
                if is_another_matter {
                    continue;
                }
                if is_map {
                    self.each_mapped(file, call, found);
                } else if !self.analysis.evaluator.cannot_bind(call, place) {
                    // Arguments that are not taken raise before there is a coroutine.
                    let maker = if is_passed_on { Maker::PassedOn } else { Maker::Itself };
                    self.coroutine(file, call, maker, false, found);
                }
            }
        }
    }

    /// Whether it is not called by hand, or that is another matter.
    fn is_called_by_sdk(&self, function: FunctionRef, in_workflow: bool) -> bool {
        match self.analysis.activity_of(function) {
            Some(_) => in_workflow,
            None => self.entries.contains(&function),
        }
    }

    /// What `map(…)` calls for each item.
    fn mapped(&self, file: FileId, call: ExprId, callee: &Values) -> Option<Values> {
        let module = self.module(file);
        let Expr::Call { arguments, .. } = module[call] else { return None };
        let name = self.analysis.evaluator.outside_name(callee.only()?)?;
        let first = module.list(arguments).first().filter(|given| given.kind == ArgumentKind::Positional)?;
        (name == "builtins.map").then(|| self.analysis.evaluator.value(first.value, Place { file, frame: None }))
    }

    /// Coroutines that `map` makes and whose collection is dropped, or which a loop only goes through.
    fn each_mapped(&self, file: FileId, call: ExprId, found: &mut Vec<Unawaited>) {
        let module = self.module(file);
        let fates = match module.uses().use_of(call) {
            Use::LoopedOver(_) => match fates_in_loop(module, call) {
                Some(fates) => fates,
                None => return,
            },
            Use::Argument { call: outer, kind: ArgumentKind::Positional, .. } => {
                let is_collection = |name: Name| matches!(name.as_str(), "list" | "tuple");
                let collection = self.takes_values(file, outer).is_some_and(is_collection);
                let fates = if collection { fates_of(module, outer) } else { return };
                if !fates.iter().all(|fate| matches!(fate, Fate::Dropped | Fate::NeverRead)) {
                    return;
                }
                fates
            }
            _ => return,
        };
        self.misused(file, call, &fates, (Maker::Map, false), found);
    }

    /// Whose coroutine a callable gives, and whether a plain function or a `partial` passes it on.
    fn coroutine_given(&self, callable: &Values, depth: usize) -> Option<(Giver, bool)> {
        if callable.rest == Rest::Anything {
            return None;
        }
        let passed_on = |(giver, _)| (giver, true);
        let function = match self.analysis.evaluator.get(callable.single()?) {
            Value::Function(callable) => callable.function,
            Value::Partial { callee, .. } => {
                return self.coroutine_given(callee, depth.checked_sub(1)?).map(passed_on);
            }
            Value::Outside(name) => {
                return sdk_signature(name.as_str()).filter(|known| known.is_async).map(|_| (Giver::Sdk, false));
            }
            _ => return None,
        };
        let definition = &self.module(function.file)[function.function];
        if definition.is_generator {
            return None;
        }
        if definition.is_async {
            return Some((Giver::Own(function), false));
        }
        self.coroutine_returned(function, depth.checked_sub(1)?).map(passed_on)
    }

    /// Whose coroutine a plain function passes on by its one `return`.
    fn coroutine_returned(&self, function: FunctionRef, depth: usize) -> Option<(Giver, bool)> {
        let FunctionRef { file, function } = function;
        let module = self.module(file);
        let definition = &module[function];
        let [only] = definition.returns.as_slice() else { return None };
        let exit = module[definition.scope].exit;
        if module.edges(exit).iter().any(|edge| edge.from != only.block) {
            return None;
        }
        let call = only.value?;
        if self.of_sdk.contains(&(file, call)) {
            return Some((Giver::Sdk, true));
        }
        let Expr::Call { callee, .. } = module[call] else { return None };
        self.coroutine_given(&self.analysis.evaluator.value(callee, Place { file, frame: None }), depth)
    }

    fn coroutine(&self, file: FileId, call: ExprId, maker: Maker, doubtful: bool, found: &mut Vec<Unawaited>) {
        let module = self.module(file);
        let mut fates = fates_of(module, call);
        // What makes a list of coroutines drops them all with it.
        if let Use::ElementOf(outer) | Use::Item(outer) = module.uses().use_of(call) {
            let of_list = fates_of(module, outer);
            if of_list.iter().all(|fate| matches!(fate, Fate::Dropped | Fate::NeverRead)) {
                fates = of_list;
            }
        }
        if is_kept_unread(module, call) {
            fates = vec![Fate::NeverRead];
        }
        self.misused(file, call, &fates, (maker, doubtful), found);
    }

    fn misused(
        &self,
        file: FileId,
        call: ExprId,
        fates: &[Fate],
        (maker, doubtful): (Maker, bool),
        found: &mut Vec<Unawaited>,
    ) {
        let module = self.module(file);
        let Expr::Call { callee, .. } = module[call] else { return };
        let Some((used, place)) = self.misuse(file, call, fates) else { return };
        let (span, callee) = (Span { file, range: module.span(call) }, module.span(callee));
        let function = module.block_of_call(call).and_then(|block| module[block].function);
        let in_plain_function = function.is_some_and(|function| !module[function].is_async);
        found.push(Unawaited {
            span,
            callee,
            used,
            place: place.map(|place| module.span(place)),
            doubtful,
            maker,
            in_plain_function,
        });
    }

    /// `args=[load(order)]`: what a command is given is encoded.
    fn item(&self, file: FileId, list: ExprId) -> Option<(CoroutineUse, ExprId)> {
        let module = self.module(file);
        match module.uses().use_of(list) {
            Use::Argument { call, kind: ArgumentKind::Keyword(name), .. } if name == "args" => {
                Some((CoroutineUse::Given(self.takes_values(file, call)?), call))
            }
            _ => None,
        }
    }

    /// How a coroutine is misused: an attribute is read that it does not have, or no way leads to an `await`.
    fn misuse(&self, file: FileId, call: ExprId, fates: &[Fate]) -> Option<(CoroutineUse, Option<ExprId>)> {
        let read = fates.iter().find_map(|fate| match *fate {
            Fate::Attribute(at) => Some((CoroutineUse::Attribute(self.attribute(file, at)?), Some(at))),
            _ => None,
        });
        if read.is_some() {
            return read;
        }
        let mut first = None;
        for fate in fates {
            let found = match *fate {
                Fate::Dropped => (CoroutineUse::Dropped, None),
                Fate::NeverRead => (CoroutineUse::NeverRead, None),
                Fate::Tested(at) => (CoroutineUse::Tested, Some(at)),
                Fate::Compared(at) => (CoroutineUse::Compared, Some(at)),
                Fate::Operand(at) => (CoroutineUse::Operand, Some(at)),
                Fate::Shown(at) => (CoroutineUse::Shown, Some(at)),
                Fate::GoneThrough(at) => (CoroutineUse::GoneThrough, Some(at)),
                Fate::Item(at) => (CoroutineUse::Item, Some(at)),
                // Where it is made, it is a matter of `async with await`.
                Fate::Entered(at) if at != call => (CoroutineUse::Entered, Some(at)),
                Fate::Listed(list) => self.item(file, list).map(|(used, at)| (used, Some(at)))?,
                Fate::Argument(at) => (self.argument(file, at)?, Some(at)),
                Fate::Returned(at) if self.is_in_entry(file, call) => (CoroutineUse::Result, Some(at)),
                Fate::Nothing => continue,
                Fate::Attribute(_) | Fate::Entered(_) | Fate::Returned(_) | Fate::Awaited(_) | Fate::Elsewhere => {
                    return None;
                }
            };
            first.get_or_insert(found);
        }
        first
    }

    fn attribute(&self, file: FileId, read: ExprId) -> Option<Name> {
        let Expr::Attribute { name, .. } = self.module(file)[read] else { return None };
        let is_own = matches!(name.as_str(), "close" | "send" | "throw")
            || name.as_str().starts_with("cr_")
            || name.as_str().starts_with("__");
        (!is_own).then_some(name)
    }

    fn argument(&self, file: FileId, given: ExprId) -> Option<CoroutineUse> {
        let module = self.module(file);
        let Use::Argument { call, kind, .. } = module.uses().use_of(given) else { return None };
        if matches!(kind, ArgumentKind::Star | ArgumentKind::DoubleStar) {
            return Some(CoroutineUse::GoneThrough);
        }
        self.takes_values(file, call).map(CoroutineUse::Given)
    }

    /// The callable of a call that takes values and no coroutines: commands, requests, and what shows or counts.
    fn takes_values(&self, file: FileId, call: ExprId) -> Option<Name> {
        let module = self.module(file);
        let Expr::Call { callee, .. } = module[call] else { return None };
        let evaluator = self.analysis.evaluator;
        let values = evaluator.value(callee, Place { file, frame: None });
        let name = evaluator.outside_name(values.only()?)?;
        let last = name.last_part();
        let is_command = name.as_str().starts_with("temporalio.workflow.")
            && (last.starts_with("execute_")
                || last.starts_with("start_")
                || matches!(last, "continue_as_new" | "signal"))
            || name.as_str().starts_with("temporalio.client.")
                && (last.starts_with("execute_") || last.starts_with("start_") || matches!(last, "signal" | "query"))
            || name == "temporalio.activity.heartbeat";
        let is_logging =
            (name.as_str().starts_with("logging.") || name.as_str().contains(".logger.")) && LOGGING.contains(&last);
        let shows = name.as_str().strip_prefix("builtins.").is_some_and(|name| BUILTINS.contains(&name));
        (is_command || is_logging || shows || name == "json.dumps").then(|| Name::new(last))
    }

    fn is_in_entry(&self, file: FileId, call: ExprId) -> bool {
        let module = self.module(file);
        let Some(block) = module.block_of_call(call) else { return false };
        let Some(function) = module[block].function else { return false };
        module[function].is_async && self.entries.contains(&FunctionRef { file, function })
    }

    /// What a loop over `as_completed` binds is a coroutine each.
    fn each_completed(&self, file: FileId, call: ExprId, found: &mut Vec<Unawaited>) {
        let module = self.module(file);
        let Some(fates) = fates_in_loop(module, call) else { return };
        if let Some((used, Some(place))) = self.misuse(file, call, &fates) {
            let (span, callee) = (Span { file, range: module.span(place) }, module.span(place));
            let (maker, doubtful, in_plain_function) = (Maker::Itself, false, false);
            found.push(Unawaited { span, callee, used, place: None, doubtful, maker, in_plain_function });
        }
    }
}

/// What becomes of each thing that a plain loop takes from what it goes through, where it binds that to a name.
fn fates_in_loop(module: &Module, gone_through: ExprId) -> Option<Vec<Fate>> {
    let Use::LoopedOver(looped) = module.uses().use_of(gone_through) else { return None };
    let target = module[looped].target.filter(|_| !module[looped].is_async)?;
    match module[target] {
        Expr::Target(binding) => Some(fates_of_binding(module, binding)),
        _ => None,
    }
}

/// Builtins that take values.
const BUILTINS: &[&str] =
    &["print", "str", "repr", "len", "bool", "int", "float", "list", "set", "tuple", "sum", "min", "max", "sorted"];

/// Methods of loggers.
const LOGGING: &[&str] = &["debug", "info", "warning", "warn", "error", "exception", "critical", "log"];
