//! Statements that decide where control goes.
//!
//! Knows: the blocks and edges of branches, loops, `with`, `try` and `match`, and under which condition an edge is taken. Does not
//! know: which conditions hold.

use smallvec::SmallVec;

use super::{Exits, LoopFrame, Lowering, list};
use crate::semantic::binding::{BindingKind, Capture, Step};
use crate::semantic::cfg::{Condition, Edge, RegionKind};
use crate::semantic::expr::Expr;
use crate::semantic::ids::{BlockId, ExprId, List, LoopId, MatchId, PatternId, StmtId, TryId, WithId};
use crate::semantic::name::Name;
use crate::semantic::stmt::{Branch, Case, Handler, Loop, Match, Pattern, Stmt, Suite, Try, With, WithItem};
use crate::source::TextRange;
use crate::source::ast::{self, Ranged};

fn always(from: BlockId) -> Edge {
    Edge { from, condition: Condition::Always }
}

impl<'t> Lowering<'t> {
    pub(super) fn branches(&mut self, statement: &'t ast::StmtIf) -> Stmt {
        let before = self.block;
        let mut branches: SmallVec<[Branch; 2]> = SmallVec::new();
        let mut ends = Exits::new();
        let first = (Some(statement.test.as_ref()), statement.body.as_slice());
        let rest = statement.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), clause.body.as_slice()));
        // Where the test before failed, and where that began.
        let mut open: Option<(Exits, BlockId)> = None;
        for (test, body) in std::iter::once(first).chain(rest) {
            if let Some((fails, began)) = open.take() {
                self.block = self.join(fails, began);
            }
            let test = test.map(|test| {
                let outcome = self.condition(test);
                self.block = self.join(outcome.holds, outcome.began);
                open = Some((outcome.fails, outcome.began));
                outcome.expr
            });
            let body = self.suite(body);
            branches.push(Branch { test, body });
            ends.push(always(self.block));
        }
        ends.extend(open.into_iter().flat_map(|(fails, _)| fails));
        self.block = self.join(ends, before);
        Stmt::If(list(&mut self.module.lists.branches, branches))
    }

    fn in_loop(&mut self, head: BlockId, body: &'t [ast::Stmt]) -> (Suite, Vec<Edge>) {
        self.loops.push(LoopFrame { head, breaks: Vec::new() });
        let suite = self.in_region(RegionKind::Loop, |lowering| lowering.suite(body));
        self.edge(self.block, Condition::Always, head);
        let breaks = self.loops.pop().map_or_else(Vec::new, |frame| frame.breaks);
        (suite, breaks)
    }

    fn end_of_loop(&mut self, head: BlockId, breaks: Vec<Edge>, looped: Loop) -> LoopId {
        let mut ends = Exits::from_vec(breaks);
        ends.push(always(self.block));
        self.block = self.join(ends, head);
        let id = LoopId::from_index(self.module.loops.len());
        self.module.loops.push(looped);
        id
    }

    pub(super) fn while_loop(&mut self, statement: &'t ast::StmtWhile) -> Stmt {
        let head = self.block_after(self.block, Condition::Always);
        self.block = head;
        let outcome = self.condition(&statement.test);
        self.block = self.join(outcome.holds, outcome.began);
        let (body, breaks) = self.in_loop(head, &statement.body);
        self.block = self.join(outcome.fails, outcome.began);
        let orelse = self.suite(&statement.orelse);
        let looped = Loop { target: None, head: outcome.expr, body, orelse, is_async: false };
        Stmt::While(self.end_of_loop(head, breaks, looped))
    }

    pub(super) fn for_loop(&mut self, statement: &'t ast::StmtFor) -> Stmt {
        let iterable = self.expr(&statement.iter);
        let head = self.block_after(self.block, Condition::Always);
        self.block = self.block_after(head, Condition::Always);
        let make = |path| BindingKind::Loop { iterable, path };
        let target = self.target(&statement.target, &mut Vec::new(), &make);
        let (body, breaks) = self.in_loop(head, &statement.body);
        self.block = self.block_after(head, Condition::Always);
        let orelse = self.suite(&statement.orelse);
        let looped = Loop { target: Some(target), head: iterable, body, orelse, is_async: statement.is_async };
        Stmt::For(self.end_of_loop(head, breaks, looped))
    }

    pub(super) fn break_loop(&mut self) -> Stmt {
        let from = always(self.block);
        if let Some(frame) = self.loops.last_mut() {
            frame.breaks.push(from);
            self.stop();
        }
        Stmt::Break
    }

    pub(super) fn continue_loop(&mut self) -> Stmt {
        if let Some(head) = self.loops.last().map(|frame| frame.head) {
            self.edge(self.block, Condition::Always, head);
            self.stop();
        }
        Stmt::Continue
    }

    pub(super) fn with(&mut self, statement: &'t ast::StmtWith, id: StmtId) -> Stmt {
        let mut items: SmallVec<[WithItem; 1]> = SmallVec::new();
        for item in &statement.items {
            let manager = self.expr(&item.context_expr);
            let make = |path| BindingKind::With { manager, is_async: statement.is_async, path };
            let target = item.optional_vars.as_deref().map(|target| self.target(target, &mut Vec::new(), &make));
            items.push(WithItem { manager, target });
        }
        let with = WithId::from_index(self.module.withs.len());
        let items = list(&mut self.module.lists.with_items, items);
        self.module.withs.push(With { items, body: List::EMPTY, is_async: statement.is_async, statement: id });
        let before = self.block;
        let first = self.module.blocks.len();
        let body = self.in_region(RegionKind::With(with), |lowering| lowering.suite(&statement.body));
        self.module.withs[with.index()].body = body;
        let swallowed = |from| Edge { from, condition: Condition::Suppresses(with) };
        let mut ends = Exits::from_iter([always(self.block), swallowed(before)]);
        // What is swallowed may be raised anywhere in the body.
        let inner = (first..self.module.blocks.len())
            .filter(|block| self.module.blocks[*block].function == self.function && !self.edges[*block].is_empty());
        ends.extend(inner.map(|block| swallowed(BlockId::from_index(block))));
        self.block = self.join(ends, before);
        Stmt::With(with)
    }

    pub(super) fn tried(&mut self, statement: &'t ast::StmtTry, id: StmtId) -> Stmt {
        let tried = TryId::from_index(self.module.tries.len());
        self.module.tries.push(Try {
            body: List::EMPTY,
            handlers: List::EMPTY,
            orelse: List::EMPTY,
            finally: List::EMPTY,
            normal_exits: List::EMPTY,
            finally_end: None,
            is_star: statement.is_star,
            statement: id,
        });
        let before = self.block;
        let first = self.module.blocks.len();
        let body = self.in_region(RegionKind::Try(tried), |lowering| lowering.suite(&statement.body));
        let after_body = self.block;
        let raised = self.entered_from(before, first, Condition::Raises(tried));
        self.block = after_body;
        let orelse = self.suite(&statement.orelse);
        let mut exits = vec![self.block];
        let mut handlers: SmallVec<[Handler; 2]> = SmallVec::new();
        for (position, ast::ExceptHandler::ExceptHandler(handler)) in (0..).zip(&statement.handlers) {
            self.block = self.block_after(raised, Condition::Always);
            handlers.push(self.handler(tried, position, handler));
            exits.push(self.block);
        }
        let normal_exits = list(&mut self.module.lists.blocks, exits.iter().copied());
        let finally = if statement.finalbody.is_empty() {
            let exits = exits.into_iter().map(always).collect();
            self.block = self.join(exits, before);
            List::EMPTY
        } else {
            let exits = exits.into_iter().map(|from| Edge { from, condition: Condition::Completes(tried) }).collect();
            self.finally(tried, (before, first), &statement.finalbody, exits)
        };
        let handlers = list(&mut self.module.lists.handlers, handlers);
        let lowered = &mut self.module.tries[tried.index()];
        (lowered.body, lowered.orelse, lowered.finally) = (body, orelse, finally);
        (lowered.handlers, lowered.normal_exits) = (handlers, normal_exits);
        Stmt::Try(tried)
    }

    /// The block to which control may come from the one before and from any since `first`.
    fn entered_from(&mut self, before: BlockId, first: usize, condition: Condition) -> BlockId {
        let end = self.module.blocks.len();
        let entered = self.block_after(before, condition);
        for block in first..end {
            let from = BlockId::from_index(block);
            if self.module.blocks[block].function == self.function && !self.edges[block].is_empty() {
                self.edge(from, condition, entered);
            }
        }
        entered
    }

    fn handler(&mut self, tried: TryId, position: u32, handler: &'t ast::ExceptHandlerExceptHandler) -> Handler {
        let kind = handler.type_.as_deref().map(|kind| self.expr(kind));
        let end = handler.name.as_ref().map_or(handler.type_.as_deref().map(Ranged::end), |name| Some(name.end()));
        let head_end = end.unwrap_or(handler.start() + crate::source::TextSize::new(6));
        self.in_region(RegionKind::Handler(tried, position), |lowering| {
            let block = lowering.block;
            let bind = |lowering: &mut Self, name: &ast::Identifier| {
                lowering.bind(name.as_str(), name.range(), BindingKind::Except { kind })
            };
            let binding = handler.name.as_ref().map(|name| bind(lowering, name));
            let body = lowering.suite(&handler.body);
            Handler { kind, binding, body, block, head: TextRange::new(handler.start(), head_end) }
        })
    }

    /// A `finally`, and where control is behind it if it came there from the ends of the statement.
    fn finally(&mut self, tried: TryId, from: (BlockId, usize), body: &'t [ast::Stmt], exits: Exits) -> Suite {
        let (before, first) = from;
        // However the statement ends, by its end, an exception or a jump: its `finally` runs.
        let entered = self.entered_from(before, first, Condition::Always);
        self.block = entered;
        let mark = self.mark();
        let finally = self.in_region(RegionKind::Finally(tried), |lowering| lowering.suite(body));
        let end = self.block;
        self.module.tries[tried.index()].finally_end = Some(end);
        // One that binds no name and asks nothing leaves each name as it was at the end that control came from. It is not told
        // apart otherwise how control came into it.
        self.block = if self.mark() == mark && self.leads_straight(entered, end) {
            self.join(exits, before)
        } else {
            self.block_after(end, Condition::Completes(tried))
        };
        finally
    }

    /// Whether control comes from one block to another on one way, and is not asked anything there.
    fn leads_straight(&self, from: BlockId, to: BlockId) -> bool {
        let mut at = to;
        while at != from {
            let [Edge { from, condition: Condition::Always | Condition::Returns(_) }] =
                self.edges[at.index()].as_slice()
            else {
                return false;
            };
            at = *from;
        }
        true
    }

    pub(super) fn matched(&mut self, statement: &'t ast::StmtMatch) -> Stmt {
        let subject = self.expr(&statement.subject);
        let before = self.block;
        let matched = MatchId::from_index(self.module.matches.len());
        self.module.matches.push(Match { subject, cases: List::EMPTY });
        let mut cases: SmallVec<[Case; 4]> = SmallVec::new();
        let mut ends = Exits::new();
        for (position, case) in (0..).zip(&statement.cases) {
            let asked = self.block;
            let outcome = |holds| Condition::Case { matched, case: position, holds };
            self.block = self.block_after(asked, outcome(true));
            let pattern = self.pattern(&case.pattern, matched, &mut Vec::new());
            let mut open = Exits::from_iter([Edge { from: asked, condition: outcome(false) }]);
            let guard = case.guard.as_deref().map(|guard| {
                let outcome = self.condition(guard);
                self.block = self.join(outcome.holds, outcome.began);
                open.extend(outcome.fails);
                outcome.expr
            });
            let body = self.suite(&case.body);
            cases.push(Case { pattern, guard, body });
            ends.push(always(self.block));
            self.block = self.join(open, asked);
        }
        ends.push(always(self.block));
        self.block = self.join(ends, before);
        self.module.matches[matched.index()].cases = list(&mut self.module.lists.cases, cases);
        Stmt::Match(matched)
    }

    fn add_pattern(&mut self, pattern: Pattern) -> PatternId {
        let id = PatternId::from_index(self.module.patterns.len());
        self.module.patterns.push(pattern);
        id
    }

    fn capture(&mut self, name: Option<&ast::Identifier>, matched: MatchId, steps: &[Step]) -> Option<Capture> {
        let name = name?;
        let path = self.path(steps);
        let binding = self.bind(name.as_str(), name.range(), BindingKind::Capture { matched, path });
        Some(Capture { binding })
    }

    fn pattern(&mut self, pattern: &'t ast::Pattern, matched: MatchId, steps: &mut Vec<Step>) -> PatternId {
        let left_out = self.add_pattern(Pattern::Star);
        self.deeper(pattern.range(), left_out, |lowering| lowering.lower_pattern(pattern, matched, steps))
    }

    fn patterns(
        &mut self,
        patterns: impl IntoIterator<Item = (Step, &'t ast::Pattern)>,
        matched: MatchId,
        steps: &mut Vec<Step>,
    ) -> List<PatternId> {
        let mut lowered: SmallVec<[PatternId; 4]> = SmallVec::new();
        for (step, inner) in patterns {
            steps.push(step);
            lowered.push(self.pattern(inner, matched, steps));
            steps.pop();
        }
        list(&mut self.module.lists.patterns, lowered)
    }

    /// Lowers a pattern. One arm for each form of the tree.
    #[expect(clippy::too_many_lines, reason = "an arm for each form")]
    fn lower_pattern(&mut self, pattern: &'t ast::Pattern, matched: MatchId, steps: &mut Vec<Step>) -> PatternId {
        let lowered = match pattern {
            ast::Pattern::MatchValue(value) => Pattern::Value(self.expr(&value.value)),
            ast::Pattern::MatchSingleton(singleton) => {
                let value = match singleton.value {
                    ast::Singleton::None => Expr::None,
                    ast::Singleton::True => Expr::Bool(true),
                    ast::Singleton::False => Expr::Bool(false),
                };
                Pattern::Singleton(self.add(value, singleton.range()))
            }
            ast::Pattern::MatchSequence(sequence) => {
                let star = sequence.patterns.iter().position(|inner| matches!(inner, ast::Pattern::MatchStar(_)));
                let step = |index: usize| Step::among(index, star, sequence.patterns.len());
                let inner = sequence.patterns.iter().enumerate().map(|(index, inner)| (step(index), inner));
                Pattern::Sequence(self.patterns(inner, matched, steps))
            }
            ast::Pattern::MatchMapping(mapping) => {
                let keys: SmallVec<[ExprId; 4]> = mapping.keys.iter().map(|key| self.expr(key)).collect();
                let inner = keys.iter().map(|key| Step::Key(*key)).zip(&mapping.patterns).collect::<Vec<_>>();
                let patterns = self.patterns(inner, matched, steps);
                steps.push(Step::RestOfMapping);
                self.capture(mapping.rest.as_ref(), matched, steps);
                steps.pop();
                Pattern::Mapping { keys: list(&mut self.module.lists.exprs, keys), patterns }
            }
            ast::Pattern::MatchClass(class) => {
                let id = self.expr(&class.cls);
                steps.push(Step::InstanceOf(id));
                let positional = (0..).map(Step::Positional).zip(&class.arguments.patterns);
                let named = class
                    .arguments
                    .keywords
                    .iter()
                    .map(|keyword| (Step::Attribute(Name::new(keyword.attr.as_str())), &keyword.pattern));
                let inner: Vec<_> = positional.chain(named).collect();
                let takes: SmallVec<[Step; 4]> = inner.iter().map(|(step, _)| *step).collect();
                let patterns = self.patterns(inner, matched, steps);
                steps.pop();
                Pattern::Class { class: id, patterns, takes: list(&mut self.module.lists.steps, takes) }
            }
            ast::Pattern::MatchStar(star) => {
                self.capture(star.name.as_ref(), matched, steps);
                Pattern::Star
            }
            ast::Pattern::MatchAs(capture) => {
                let inner = capture.pattern.as_deref().map(|inner| self.pattern(inner, matched, steps));
                let class = inner.and_then(|inner| match self.module.patterns[inner.index()] {
                    Pattern::Class { class, .. } => Some(class),
                    _ => None,
                });
                steps.extend(class.map(Step::InstanceOf));
                let bound = self.capture(capture.name.as_ref(), matched, steps);
                if class.is_some() {
                    steps.pop();
                }
                Pattern::As { pattern: inner, capture: bound }
            }
            ast::Pattern::MatchOr(or) => {
                let lowered: SmallVec<[PatternId; 4]> =
                    or.patterns.iter().map(|inner| self.pattern(inner, matched, steps)).collect();
                Pattern::Or(list(&mut self.module.lists.patterns, lowered))
            }
        };
        self.add_pattern(lowered)
    }
}
