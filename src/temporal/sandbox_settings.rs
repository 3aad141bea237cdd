//! Settings of the sandbox that do not do what they say.
//!
//! Knows: `imports_passed_through` blocks, and how restrictions are derived from others. Does not know: which of it is meant.

use super::analysis::{Analysis, ReachedCode};
use super::sandboxed::is_passed_through;
use crate::python::{Evaluator, Event, NodeId, Place, Value};
use crate::registry::{EffectKind, tables};
use crate::semantic::{ArgumentKind, Expr, ExprId, Module, Name, ScopeKind, Stmt, StmtId, Suite, Use, given_for};
use crate::source::{FileId, Span, TextRange};

/// What is wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misuse {
    /// `with workflow.unsafe.imports_passed_through:` without the call.
    NotCalled,
    /// A statement in such a block that does what a workflow may not do.
    OtherStatement,
    /// Restrictions that are made from others, and that nobody looks at.
    Dropped,
    /// A list or set of modules where each is an argument of its own.
    OneList,
    /// A message or warning for a member that is not matched itself.
    LeafWithoutSelf,
    /// A matcher for all times joined with one that only counts at run time.
    JoinedUnlike,
}

/// A misused setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MisusedSetting {
    /// Where it stands.
    pub span: Span,
    /// What is wrong.
    pub misuse: Misuse,
    /// How what is misused is called.
    pub name: String,
}

/// The misused settings of all files.
#[must_use]
pub fn misused_settings(analysis: &Analysis<'_, '_>) -> Vec<MisusedSetting> {
    let mut found: Vec<MisusedSetting> = analysis.files.iter().flat_map(|file| in_file(analysis, *file)).collect();
    found.sort_by_key(|setting| (setting.span.file, setting.span.range.start(), setting.misuse));
    found
}

/// Whether something happens in a module's own `imports_passed_through()` block.
#[must_use]
pub fn is_in_passing_block(reached: &ReachedCode<'_>, node: NodeId, event: &Event) -> bool {
    let place = reached.reach.place(node);
    let evaluator = reached.reach.evaluator();
    let module = evaluator.project().module(place.file);
    event.block.is_some_and(|block| module[block].function.is_none() && is_passed_through(evaluator, place.file, block))
}

const PASSING: &str = "temporalio.workflow.unsafe.imports_passed_through";
const RESTRICTIONS: &str = "temporalio.worker.workflow_sandbox.SandboxRestrictions";
const MATCHER: &str = "temporalio.worker.workflow_sandbox.SandboxMatcher";

fn in_file(analysis: &Analysis<'_, '_>, file: FileId) -> Vec<MisusedSetting> {
    let module = analysis.project.module(file);
    let reader = Reader { evaluator: analysis.evaluator, module, place: Place { file, frame: None } };
    let mut found = Vec::new();
    for statement in module.statement_ids() {
        if let Stmt::With(with) = module[statement] {
            for item in module.list(module[with].items) {
                reader.block(item.manager, module[with].body, &mut found);
            }
        }
    }
    for call in module.calls() {
        reader.call(*call, &mut found);
    }
    for expr in module.expression_ids() {
        if let Expr::Binary { left, right, .. } = module[expr] {
            reader.joined(expr, left, right, &mut found);
        }
    }
    found
}

struct Reader<'e, 'p> {
    evaluator: &'e Evaluator<'p>,
    module: &'p Module,
    place: Place,
}

impl Reader<'_, '_> {
    fn note(&self, range: TextRange, misuse: Misuse, name: &str, found: &mut Vec<MisusedSetting>) {
        found.push(MisusedSetting { span: Span { file: self.place.file, range }, misuse, name: name.to_owned() });
    }

    /// Whether the last name of an expression is one of these: what it is need not be worked out otherwise.
    fn is_called(&self, expr: ExprId, names: &[&str]) -> bool {
        match self.module[expr] {
            Expr::Attribute { name, .. } | Expr::Name { name, .. } => names.contains(&name.as_str()),
            Expr::Call { callee, .. } => self.is_called(callee, names),
            _ => false,
        }
    }

    fn outside(&self, expr: ExprId) -> Option<Name> {
        self.evaluator.outside_name(self.evaluator.value(expr, self.place).single()?)
    }

    fn block(&self, manager: ExprId, body: Suite, found: &mut Vec<MisusedSetting>) {
        if !self.is_called(manager, &["imports_passed_through"]) {
            return;
        }
        let is_call = matches!(self.module[manager], Expr::Call { .. });
        let callee = self.module.named_by(manager);
        if self.outside(callee).is_none_or(|name| name != PASSING) {
            return;
        }
        if !is_call {
            self.note(self.module.span(manager), Misuse::NotCalled, "imports_passed_through", found);
            return;
        }
        for statement in self.module.list(body) {
            if self.does_something(*statement) {
                let range = self.module.statement_span(*statement);
                self.note(range, Misuse::OtherStatement, "imports_passed_through", found);
            }
        }
    }

    /// Whether a statement of a module does something that a workflow may not do. Imports, also tried ones, plain values and
    /// loggers are as good inside the block as outside.
    fn does_something(&self, statement: StmtId) -> bool {
        let module = self.module;
        if module[module.block_of(statement)].function.is_some() {
            return false;
        }
        let mut does = false;
        if !matches!(module[statement], Stmt::Class(_) | Stmt::Function(_)) {
            module.each_expression(statement, &mut |expr| does |= self.has_effect(expr));
            module.each_suite(statement, &mut |suite| {
                does |= module.list(suite).iter().any(|inner| self.does_something(*inner));
            });
        }
        does
    }

    fn has_effect(&self, expr: ExprId) -> bool {
        if let Expr::Call { callee, .. } = self.module[expr]
            && let Some(name) = self.outside(callee)
        {
            let effect = tables().effect(name.as_str()).map(|effect| effect.kind);
            let is_quiet = matches!(effect, None | Some(EffectKind::Logging | EffectKind::Metrics | EffectKind::Code));
            if !is_quiet {
                return true;
            }
        }
        let mut has = false;
        self.module.each_part(expr, &mut |part| has |= self.has_effect(part));
        has
    }

    fn call(&self, call: ExprId, found: &mut Vec<MisusedSetting>) {
        let Expr::Call { callee, arguments } = self.module[call] else { return };
        let deriving = ["with_passthrough_modules", "with_passthrough_all_modules"];
        if self.is_called(callee, &deriving) {
            let Some(name) = self.outside(callee).filter(|name| name.as_str().starts_with(RESTRICTIONS)) else {
                return;
            };
            let last = name.last_part();
            for argument in self.module.list(arguments) {
                if argument.kind == ArgumentKind::Positional && self.is_list(argument.value) {
                    self.note(self.module.span(call), Misuse::OneList, last, found);
                }
            }
            if self.is_dropped(call) {
                self.note(self.module.span(call), Misuse::Dropped, last, found);
            }
        } else if self.is_called(callee, &["SandboxMatcher"])
            && self.outside(callee).is_some_and(|name| name == MATCHER)
        {
            let given = |name: &str| given_for(self.module.list(arguments), name, None);
            let open = self.module.list(arguments).iter().any(|given| !matches!(given.kind, ArgumentKind::Keyword(_)));
            let leaf = ["leaf_message", "leaf_warning"]
                .into_iter()
                .find(|leaf| given(leaf).is_some_and(|given| !matches!(self.module[given], Expr::None)));
            let matches_self =
                given("match_self").is_some_and(|given| !matches!(self.module[given], Expr::Bool(false)));
            if let Some(leaf) = leaf.filter(|_| !matches_self && !open) {
                self.note(self.module.span(call), Misuse::LeafWithoutSelf, leaf, found);
            }
        }
    }

    fn is_list(&self, expr: ExprId) -> bool {
        let is_display = matches!(self.module[expr], Expr::List(_) | Expr::Set(_) | Expr::Comprehension(_));
        is_display
            || self.evaluator.value(expr, self.place).only().is_some_and(|value| {
                matches!(self.evaluator.get(value), Value::Set { .. })
                    || matches!(self.evaluator.get(value), Value::Items(..)) && self.is_bound_to_list(expr)
            })
    }

    /// Whether a name is bound to a list and to nothing else. (A tuple can be hashed, and so is taken in silence.)
    fn is_bound_to_list(&self, expr: ExprId) -> bool {
        let Expr::Name { name, block, .. } = self.module[expr] else { return false };
        let Some(variable) = self.module.variable_read(name, block) else { return false };
        let bindings = &self.module[variable].bindings;
        !bindings.is_empty()
            && bindings.iter().all(|binding| match self.module[*binding].kind {
                crate::semantic::BindingKind::Assign { value, path, .. } => {
                    path.is_empty() && matches!(self.module[value], Expr::List(_))
                }
                _ => false,
            })
    }

    /// Whether nobody looks at what a call gives.
    fn is_dropped(&self, call: ExprId) -> bool {
        let module = self.module;
        match module.uses().use_of(call) {
            Use::Discarded(_) => true,
            Use::Bound(statement) => {
                let Stmt::Assign { targets, .. } = module[statement] else { return false };
                module.list(targets).iter().all(|target| match module[*target] {
                    Expr::Target(binding) => {
                        let scope = module[module[binding].variable].scope;
                        matches!(module[scope].kind, ScopeKind::Function(_))
                            && module.reads_of(binding).next().is_none()
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// `SandboxMatcher.all_uses | SandboxMatcher.all_uses_runtime`.
    fn joined(&self, expr: ExprId, left: ExprId, right: ExprId, found: &mut Vec<MisusedSetting>) {
        let (Some(left), Some(right)) = (self.only_at_run_time(left), self.only_at_run_time(right)) else { return };
        if left != right {
            self.note(self.module.span(expr), Misuse::JoinedUnlike, "SandboxMatcher", found);
        }
    }

    /// Whether a matcher only counts at run time, where it is one of those that the SDK names, or made on the spot.
    fn only_at_run_time(&self, expr: ExprId) -> Option<bool> {
        match self.module[expr] {
            Expr::Attribute { value, name } => {
                let is_named = matches!(name.as_str(), "all" | "all_runtime" | "all_uses" | "all_uses_runtime");
                let is_matcher = is_named && self.outside(value).is_some_and(|class| class == MATCHER);
                is_matcher.then(|| name.as_str().ends_with("_runtime"))
            }
            Expr::Call { callee, arguments } if self.is_called(callee, &["SandboxMatcher"]) => {
                if self.outside(callee).is_none_or(|class| class != MATCHER) {
                    return None;
                }
                let mut only = Some(false);
                for argument in self.module.list(arguments) {
                    match argument.kind {
                        ArgumentKind::Keyword(name) if name == "only_runtime" => {
                            only = match self.module[argument.value] {
                                Expr::Bool(only) => Some(only),
                                _ => None,
                            };
                        }
                        ArgumentKind::Keyword(_) => {}
                        _ => return None,
                    }
                }
                only
            }
            _ => None,
        }
    }
}
