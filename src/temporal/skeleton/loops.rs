//! Loops: written out where their items are known, else gone through for what changes in them.
//!
//! Knows: how often a loop runs, and what a variable is while it does. Does not know: what the code inside does.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::build::{Builder, Stacks, State};
use super::reading::{arguments, both, counted, counted_down, positions};
use super::sdk::POSITION;
use super::step::{Exit, Step, Text, any_step};
use super::term::{Item, Term, Test, Truth, is_same};
use crate::semantic::{
    BindingKind, BoolOp, Clause, ComprehensionKind, Expr, ExprId, Loop, Module, Name, Operator, ScopeKind, Stmt, Suite,
    Use, VariableId,
};
use crate::source::{FileId, TextRange};

/// Up to how many items a loop is written out.
const MOST_UNROLLED: usize = 12;

/// What changes while code is gone through.
pub(super) struct Mark {
    state: State,
    counts: FxHashMap<String, u32>,
    draws: Vec<String>,
    patches: FxHashSet<String>,
    stacks: Stacks,
    made: usize,
    writes: bool,
    out: usize,
    returns: usize,
}

/// What a loop goes through, or its condition.
struct Head {
    text: Text,
    test: Option<Test>,
}

impl Head {
    fn plain(text: Text) -> Self {
        Self { text, test: None }
    }
}

/// What makes the items of a loop.
#[derive(Clone, Copy)]
pub(super) struct Made {
    clause: Clause,
    element: ExprId,
}

/// The target of a loop and what it goes through, or those of the comprehension that makes its items.
pub(super) fn gone_over(looped: Loop, made: Option<Made>) -> (Option<ExprId>, ExprId) {
    match made {
        Some(Made { clause, .. }) => (Some(clause.target), clause.iterable),
        None => (looped.target, looped.head),
    }
}

/// How often a loop's body is gone through for what changes in it.
const MOST_ROUNDS: usize = 3;

/// What a loop changes.
struct Changing {
    variables: Vec<(FileId, VariableId)>,
    attributes: Vec<(u32, Name)>,
}

/// What going through a loop for what changes in it has shown.
struct Tried {
    /// What was known before the loop.
    before: State,
    changing: Changing,
    /// Whether a round may wait, so that handlers run.
    waits: bool,
    /// The lists that each round adds something to that was started.
    gathers: Vec<(FileId, VariableId)>,
}

impl Builder<'_, '_, '_> {
    pub(super) fn while_loop(&mut self, looped: Loop, range: TextRange) -> bool {
        if let Some(over) = self.taken_one_by_one(looped) {
            let falls = self.for_loop(over, range);
            let list = self.eval(looped.head);
            // The loop goes on until nothing is left.
            let left = match breaks(self.module(), looped.body) {
                true => self.changed(&list),
                false => Term::Items(Arc::default()),
            };
            self.replace(looped.head, left);
            return falls;
        }
        if self.is_on_path() {
            return self.while_on_path(looped);
        }
        let module = self.module();
        if !matches!(module[looped.head], Expr::Bool(true)) && !is_left(module, looped.body) {
            let mark = self.mark();
            match self.counted_loop(looped) {
                Some(falls) => return falls,
                None => self.back_to(mark),
            }
        }
        let (first, late) = self.asked_when(looped);
        let at = (self.here.file, looped.head);
        self.late.insert(at, late);
        let falls = self.loop_with((looped, None), None, range, &mut |this| match this.tested_in_turn(
            looped.head,
            BoolOp::And,
            &first,
        ) {
            Truth::Always(true) => Some(Head::plain(Text::plain("True"))),
            Truth::Always(false) => None,
            Truth::When(test) => Some(Head { text: test.text(), test: Some(test) }),
        });
        self.late.remove(&at);
        falls && self.otherwise(looped, range)
    }

    /// `while rest: item = rest.pop(0)`, as a loop over the same list, where nothing else in it names that.
    fn taken_one_by_one(&self, looped: Loop) -> Option<Loop> {
        let module = self.module();
        let variable = super::super::code::variable_of(module, looped.head)
            .filter(|_| matches!(module[looped.head], Expr::Name { .. }) && self.held_as(looped.head) == looped.head)?;
        let Stmt::Assign { targets, value } = module[*module.list(looped.body).first()?] else { return None };
        let ([target], Expr::Call { callee, arguments }) = (module.list(targets), module[value]) else { return None };
        let Expr::Attribute { value: list, name } = module[callee] else { return None };
        let is_first = match (name.as_str(), module.list(arguments)) {
            ("popleft", []) => true,
            ("pop", [at]) => matches!(module[at.value], Expr::Int(0)),
            _ => false,
        };
        let is_it = |expr: Expr| match expr {
            Expr::Name { name, block, .. } => module.variable_read(name, block) == Some(variable),
            Expr::Target(binding) => module[binding].variable == variable,
            _ => false,
        };
        let mentions = super::super::code::expressions(module, looped.body, is_it).len();
        // What handlers fill goes on to grow.
        let is_list = match self.env.get(&(self.here.file, variable)) {
            Some(Term::Items(_) | Term::Many(..)) => true,
            Some(Term::Other(text, _)) => !text.is_shared,
            _ => false,
        };
        let is_alone = || mentions == 1 && is_it(module[list]) && self.is_own_list(variable);
        (is_first && is_list && is_alone()).then(|| Loop { target: Some(*target), body: looped.body.rest(), ..looped })
    }

    /// Whether a variable holds nothing but a list that its function makes there, of which only this function knows, and by no
    /// other name.
    fn is_own_list(&self, variable: VariableId) -> bool {
        let module = self.module();
        let [binding] = module[variable].bindings.as_slice() else { return false };
        let BindingKind::Assign { value, path, .. } = &module[*binding].kind else { return false };
        let outside =
            |callee: ExprId| self.engine(callee).single().and_then(|known| self.evaluator.outside_name(known));
        let is_made = match module[*value] {
            Expr::List(_) => true,
            Expr::Comprehension(made) => module[made].kind == ComprehensionKind::List,
            Expr::Call { callee, .. } => outside(callee)
                .is_some_and(|name| matches!(name.as_str(), "builtins.list" | "builtins.sorted" | "collections.deque")),
            _ => false,
        };
        let owner = module.function_around(module[variable].scope);
        let is_looked_at = |read: ExprId| match module.uses().use_of(read) {
            Use::Argument { call, .. } => {
                matches!(module[call], Expr::Call { callee, .. } if outside(callee).is_some())
            }
            Use::Discarded(_)
            | Use::Asserted(_)
            | Use::AttributeOf(..)
            | Use::ItemOf(_)
            | Use::LoopedOver(_)
            | Use::ComprehendedOver(_)
            | Use::WhileTest(_)
            | Use::IfTest(_)
            | Use::ConditionalTest(_)
            | Use::Operand(_)
            | Use::Compared(_)
            | Use::Unpacked(_)
            | Use::Formatted(_) => true,
            _ => false,
        };
        let is_own = |read: ExprId| match module[read] {
            Expr::Name { block, .. } => module.function_around(module[block].scope) == owner && is_looked_at(read),
            _ => false,
        };
        is_made && path.is_empty() && !module[variable].is_bound_inside && module.reads_of(*binding).all(is_own)
    }

    /// The parts of a loop's condition that are asked before each round, and those that surely hold before the first: to ask these
    /// behind each round comes to the same.
    fn asked_when(&mut self, looped: Loop) -> (Vec<ExprId>, Vec<ExprId>) {
        let module = self.module();
        let parts = match module[looped.head] {
            Expr::BoolOp { op: BoolOp::And, operands } => module.list(operands).to_vec(),
            _ => vec![looped.head],
        };
        if !module.list(looped.orelse).is_empty() || goes_on_early(module, looped.body) {
            return (parts, Vec::new());
        }
        let changed = super::super::code::bound_in(module, looped.body);
        let asked = |this: &mut Self, part: &ExprId| {
            let mark = this.mark();
            let (steps, truth) = this.captured(|this| this.test(*part));
            this.back_to(mark);
            (!steps.is_empty(), matches!(truth, Truth::Always(true)))
        };
        let each: Vec<(bool, bool)> = parts.iter().map(|part| asked(self, part)).collect();
        // What is done while another part is asked is done before these are.
        if each.iter().any(|(acts, _)| *acts) {
            return (parts, Vec::new());
        }
        // What counts says how often there is a round.
        let is_late =
            |part: ExprId, holds: bool| holds && changed.are_in(module, part) && !counts(module, looped.body, part);
        let (late, first): (Vec<_>, Vec<_>) =
            parts.into_iter().zip(each).partition(|(part, (_, holds))| is_late(*part, *holds));
        let [first, late] = [first, late].map(|all| all.into_iter().map(|(part, _)| part).collect());
        (first, late)
    }

    /// What is asked behind a round: a loop is left where it does not hold.
    fn asked_late(&mut self, looped: Loop, range: TextRange) -> bool {
        let late = self.late.get(&(self.here.file, looped.head)).cloned().unwrap_or_default();
        let leaves = |this: &mut Self| {
            let at = this.site(range);
            this.emit(Step::Exit(Exit::Break, at));
            false
        };
        match self.tested_in_turn(looped.head, BoolOp::And, &late) {
            Truth::Always(true) => true,
            Truth::Always(false) => leaves(self),
            Truth::When(test) => self.branch(&test, range, |_| true, leaves),
        }
    }

    /// The `else` of a loop: what leaves the loop by `break` passes it over.
    fn otherwise(&mut self, looped: Loop, range: TextRange) -> bool {
        let module = self.module();
        if module.list(looped.orelse).is_empty() || !breaks(module, looped.body) {
            return self.suite(looped.orelse);
        }
        let text = Text { is_shared: true, ..Text::plain("the loop is left") };
        let is_left = Test { condition: self.condition(text), holds: true };
        self.branch(&is_left, range, |_| true, |this| this.suite(looped.orelse))
    }

    /// Goes through a loop as often as it runs, where each of its tests is decided.
    fn counted_loop(&mut self, looped: Loop) -> Option<bool> {
        for _ in 0..=MOST_UNROLLED {
            match self.test(looped.head) {
                Truth::Always(true) if !self.suite(looped.body) => return Some(false),
                Truth::Always(true) => {}
                Truth::Always(false) => return Some(self.suite(looped.orelse)),
                Truth::When(_) => return None,
            }
        }
        None
    }

    /// Where it stands, to come back to if a way of going through code leads nowhere.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            state: self.state(),
            counts: self.counts.clone(),
            draws: self.draws.clone(),
            patches: self.patches.clone(),
            stacks: self.stacks.clone(),
            made: self.made,
            writes: self.writes,
            out: self.out.len(),
            returns: self.here.returns.len(),
        }
    }

    pub(super) fn back_to(&mut self, mark: Mark) {
        (self.env, self.heap) = mark.state;
        (self.counts, self.draws, self.patches) = (mark.counts, mark.draws, mark.patches);
        (self.made, self.writes, self.stacks) = (mark.made, mark.writes, mark.stacks);
        self.out.truncate(mark.out);
        self.here.returns.truncate(mark.returns);
    }

    pub(super) fn for_loop(&mut self, looped: Loop, range: TextRange) -> bool {
        let module = self.module();
        if self.is_on_path() {
            return self.for_on_path(looped, range);
        }
        if self.is_generated(looped) {
            return self.generated_loop(looped, range) && self.otherwise(looped, range);
        }
        let made = self.made_of(looped);
        let (target, iterable) = gone_over(looped, made);
        let iterable = self.eval(iterable);
        let iterable = self.gone_through(iterable);
        let iterable = self.awaited_in_turn(looped, iterable);
        let is_short = |items: &Vec<Item>| items.len() <= MOST_UNROLLED && !is_left(module, looped.body);
        let items = iterable.spread().filter(is_short);
        if let Some(items) = items {
            for item in items.iter() {
                let bind = |this: &mut Self| {
                    if let Some(target) = target {
                        this.assign(target, item.term.clone());
                    }
                    this.round_of(looped, made, range)
                };
                let falls = match &item.when {
                    None => bind(self),
                    Some(test) => self.branch(&test.clone(), range, bind, |_| true),
                };
                if !falls {
                    return false;
                }
            }
            return self.suite(looped.orelse);
        }
        let shifted = self.shifted(&iterable);
        let (head, element) = match iterable.spread().as_deref().and_then(in_a_row) {
            Some((first, count)) => self.numbered(first, count),
            None if let Some(shifted) = shifted => shifted,
            None => {
                let text = self.text(&iterable);
                (super::sdk::head(&iterable, &text), self.element(&iterable, &text))
            }
        };
        if let Some(target) = target {
            self.assign(target, element.clone());
        }
        self.loop_with((looped, made), target.map(|target| (target, element)), range, &mut |_| {
            Some(Head::plain(head.clone()))
        }) && self.otherwise(looped, range)
    }

    /// Of tasks that a loop awaits one after the other, but for one all are left alone where what waits for them is cancelled.
    pub(super) fn awaited_in_turn(&mut self, looped: Loop, tasks: Term) -> Term {
        let module = self.module();
        let Some(Expr::Target(binding)) = looped.target.map(|target| module[target]) else { return tasks };
        let is_it = |expr: ExprId| super::super::code::variable_of(module, expr) == Some(module[binding].variable);
        let awaits = |expr: Expr| matches!(expr, Expr::Await(task) if is_it(task));
        let are_several = match &tasks {
            Term::Items(items) => items.len() > 1 && items.iter().all(|item| matches!(item.term, Term::Started(_))),
            Term::Many(_, items) => items.iter().all(|item| matches!(item, Term::Started(_))),
            _ => false,
        };
        match are_several && !super::super::code::expressions(module, looped.body, awaits).is_empty() {
            true => self.left_alone(tasks),
            false => tasks,
        }
    }

    /// What a comprehension makes that a loop goes through, where it comes to the same to make each item in its round: nothing that
    /// the loop or other code changes has a part in it.
    pub(super) fn made_of(&self, looped: Loop) -> Option<Made> {
        let module = self.module();
        let Expr::Comprehension(comprehension) = module[looped.head] else { return None };
        let comprehension = module[comprehension];
        let is_plain = matches!(comprehension.kind, ComprehensionKind::List | ComprehensionKind::Generator);
        let ([clause], true) = (module.list(comprehension.clauses), is_plain) else { return None };
        let mut changed = super::super::code::bound_in(module, looped.body);
        changed.variables.extend(filled_in(module, looped.body));
        let conditions = module.list(clause.conditions);
        let mut is_same = !clause.is_async;
        for part in conditions.iter().chain([&comprehension.element]) {
            is_same &= !changed.are_in(module, *part);
            super::super::code::each_within(module, *part, &mut |part| {
                is_same &= match module[part] {
                    Expr::Await(_) | Expr::Named { .. } | Expr::Lambda(_) => false,
                    Expr::Attribute { name, .. } => !self.shared.attributes.contains(&name),
                    _ => true,
                }
            });
        }
        is_same.then_some(Made { clause: *clause, element: comprehension.element })
    }

    /// A round of a loop.
    pub(super) fn round_of(&mut self, looped: Loop, made: Option<Made>, range: TextRange) -> bool {
        let Some(Made { clause, element }) = made else {
            return self.suite(looped.body) && self.asked_late(looped, range);
        };
        let module = self.module();
        let mut truth = Truth::Always(true);
        for condition in module.list(clause.conditions) {
            truth = truth.and(self.test(*condition));
        }
        let round = |this: &mut Self| {
            let item = this.eval(element);
            if let Some(target) = looped.target {
                this.assign(target, item);
            }
            this.suite(looped.body)
        };
        match truth {
            Truth::Always(true) => round(self),
            Truth::Always(false) => true,
            Truth::When(test) => self.branch(&test, range, round, |_| true),
        }
    }

    /// Goes through a loop's body: once for what changes in it, and once for what it does.
    fn loop_with(
        &mut self,
        looped: (Loop, Option<Made>),
        target: Option<(ExprId, Term)>,
        range: TextRange,
        head: &mut dyn FnMut(&mut Self) -> Option<Head>,
    ) -> bool {
        self.perhaps += 1;
        let falls = self.rounds(looped, target, range, head);
        self.perhaps -= 1;
        falls
    }

    fn rounds(
        &mut self,
        (looped, made): (Loop, Option<Made>),
        target: Option<(ExprId, Term)>,
        range: TextRange,
        head: &mut dyn FnMut(&mut Self) -> Option<Head>,
    ) -> bool {
        let (module, body) = (self.module(), looped.body);
        let tried = self.tried_rounds((looped, made), target.is_some(), range, head);
        let Tried { before, changing, waits, gathers } = tried;
        if waits {
            // Each time but the first, handlers may have changed the state since.
            self.forget_shared();
        }
        let range_of = match &target {
            None if !continues(module, body) => self.range_of(&changing, head),
            _ => None,
        };
        if let Some((target, element)) = target {
            self.assign(target, element);
        }
        let mut asked = None;
        let (mut steps, ()) = self.captured(|this| asked = head(this));
        let Some(Head { text: mut head, test }) = asked else { return true };
        if let Some(range_of) = range_of {
            head = range_of;
        }
        let popped = self.popped.len();
        let is_left_late = self.late.get(&(self.here.file, looped.head)).is_some_and(|late| !late.is_empty());
        let is_endless = &*head.name == "True" && !leaves_loop(module, body) && !is_left_late;
        // What is done before each question is done before the last one, too.
        if let Some(Test { condition, holds }) = test.filter(|_| !steps.is_empty()) {
            let (stays, leaves) = (Vec::new(), vec![Step::Exit(Exit::Break, None)]);
            let (then, orelse) = if holds { (stays, leaves) } else { (leaves, stays) };
            steps.push(Step::Branch { condition, then, orelse, at: self.site(range) });
            head = Text::plain("True");
        }
        let stacks = self.stacks.clone();
        let (mut inner, _) = self.captured(|this| this.round_of(looped, made, range));
        steps.append(&mut inner);
        self.called_for_each_round(&stacks, &head);
        if self.popped[popped..].contains(&head) {
            head = Text::joined(&[&head], |parts| format!("each of {}", parts[0]));
        }
        let after = self.state();
        (self.env, self.heap) = before.clone();
        self.widen(&changing, &before, Some(&after));
        for key in gathers {
            if let Some(Term::Many(_, items)) = self.env.get(&key)
                && let Some(last) = items.last().cloned()
            {
                self.env.insert(key, Term::Many(head.clone(), Arc::new(vec![last])));
            }
        }
        if waits {
            self.forget_shared();
        }
        if !steps.is_empty() {
            let at = self.site(range);
            self.emit(Step::Loop { head, body: steps, at });
        }
        !is_endless
    }

    /// Goes through a loop's rounds for what changes in them, and leaves all as it was.
    fn tried_rounds(
        &mut self,
        (looped, made): (Loop, Option<Made>),
        has_target: bool,
        range: TextRange,
        head: &mut dyn FnMut(&mut Self) -> Option<Head>,
    ) -> Tried {
        let (module, body) = (self.module(), looped.body);
        let mut before = self.state();
        let mut changing = self.named_in(body, &before);
        self.widen(&changing, &before, None);
        let mut waits = true;
        let mut gathers = Vec::new();
        if self.tries >= 2 {
            return Tried { before, changing, waits, gathers };
        }
        for round in 1.. {
            self.tries += 1;
            let mark = self.mark();
            let (steps, ()) = self.captured(|this| {
                head(this);
                this.round_of(looped, made, range);
            });
            waits = any_step(&steps, &lets_handlers_run);
            self.tries -= 1;
            let after = self.state();
            self.back_to(Mark { state: before.clone(), ..mark });
            if round == 1 && has_target && !is_left(module, body) {
                gathers = gathered(&changing, &before, &after);
            }
            // What calls change is seen only where they are gone through, and may lead to more that changes.
            let has_more = self.first_written(&mut before, &after, &mut changing);
            if !(self.changed_in(&before, &after, &mut changing) || has_more) || round == MOST_ROUNDS {
                self.widen(&changing, &before, Some(&after));
                break;
            }
            self.widen(&changing, &before, None);
        }
        Tried { before, changing, waits, gathers }
    }

    /// What each round gives an exit stack is called once for each; `before` is what the stacks held.
    fn called_for_each_round(&mut self, before: &Stacks, head: &Text) {
        for (stack, calls) in &mut self.stacks {
            let known = before.get(stack).map_or(0, Vec::len);
            for (callee, _) in calls.iter_mut().skip(known) {
                *callee = Term::Many(head.clone(), Arc::new(vec![callee.clone()]));
            }
        }
    }

    /// How a loop reads that counts up to something which stays as it is, as one over a `range`; its counter is an item of that.
    fn range_of(&mut self, changing: &Changing, head: &mut dyn FnMut(&mut Self) -> Option<Head>) -> Option<Text> {
        let mark = self.mark();
        let (_, asked) = self.captured(|this| head(this));
        self.back_to(mark);
        let asked = asked.map(|asked| asked.text).filter(|asked| !asked.is_shared)?;
        if let (Some(range), Some(shape)) = (counted_down(&asked.name), counted_down(&asked.shape)) {
            let each = |range: String| format!("each of {range}").into();
            return Some(Text { name: each(range), shape: each(shape), is_shared: false });
        }
        let ((range, counter), (shape, _)) = (counted(&asked.name)?, counted(&asked.shape)?);
        let range = Text { name: range.into(), shape: shape.into(), is_shared: false };
        let is_counter = |term: &Term| matches!(term, Term::Other(text, _) if &*text.name == counter);
        let mut counters = changing.variables.iter().filter(|key| self.env.get(key).is_some_and(is_counter));
        let (Some(only), None) = (counters.next().copied(), counters.next()) else { return None };
        if let Some((first, count)) = numbers_of(&range.name) {
            let (head, counter) = self.numbered(first, count);
            self.env.insert(only, counter);
            return Some(head);
        }
        if let Some((head, counter)) = self.shifted(&Term::other(range.clone())) {
            self.env.insert(only, counter);
            return Some(head);
        }
        // The positions of a list's items, as `enumerate` gives them.
        let (of, word) = both(&range, positions).map_or((range, "item of "), |of| (of, POSITION));
        self.env.insert(only, Term::other(Text::joined(&[&of], |parts| format!("{word}{}", parts[0]))));
        Some(Text::joined(&[&of], |parts| format!("each of {}", parts[0])))
    }

    /// How a loop reads that goes through so many whole numbers in a row, and how a number of them does: as one from 0 on, with what is
    /// added to it.
    fn numbered(&mut self, first: i64, count: i64) -> (Text, Term) {
        let range = format!("builtins.range({count})");
        let number = Term::other(Text::plain(&format!("item of {range}")));
        let first = Term::constant(&first.to_string());
        (Text::plain(&format!("each of {range}")), self.operation(Operator::Add, &number, &first))
    }

    /// How a loop over numbers from one other than 0 on reads that are as many as something says: as one from 0 on, with what is added
    /// to each.
    fn shifted(&mut self, iterable: &Term) -> Option<(Text, Term)> {
        let Term::Other(text, None) = iterable else { return None };
        let (name, first) = shifted_range(&text.name)?;
        let (shape, _) = shifted_range(&text.shape).filter(|(_, same)| *same == first)?;
        let range = Text { name: name.into(), shape: shape.into(), is_shared: text.is_shared };
        let number = Term::other(Text::joined(&[&range], |parts| format!("item of {}", parts[0])));
        let number = self.operation(Operator::Add, &number, &Term::constant(&first.to_string()));
        Some((Text::joined(&[&range], |parts| format!("each of {}", parts[0])), number))
    }

    /// What a loop's body names as changed.
    fn named_in(&self, body: Suite, before: &State) -> Changing {
        let module = self.module();
        let named = super::super::code::bound_in(module, body);
        let mut variables: Vec<VariableId> = named.variables.clone();
        // An object's methods are gone through.
        let is_object =
            |variable: &VariableId| matches!(before.0.get(&(self.here.file, *variable)), Some(Term::Object(..)));
        variables.extend(filled_in(module, body).into_iter().filter(|variable| !is_object(variable)));
        variables.sort_unstable();
        variables.dedup();
        let attributes = before.1.keys().filter(|(_, name)| named.attributes.contains(name)).copied();
        Changing {
            variables: variables.into_iter().map(|variable| (self.here.file, variable)).collect(),
            attributes: attributes.collect(),
        }
    }

    /// What is another after a round of a loop: attributes of objects, and variables of the functions around. Says whether
    /// anything is that was not known.
    fn changed_in(&self, before: &State, after: &State, changing: &mut Changing) -> bool {
        let known = changing.variables.len() + changing.attributes.len();
        let project = self.evaluator.project();
        let is_around = |(file, variable): &(FileId, VariableId)| {
            let module = project.module(*file);
            match module[module[*variable].scope].kind {
                ScopeKind::Function(function) => {
                    self.running.iter().any(|running| running.file == *file && running.function == function)
                }
                _ => false,
            }
        };
        for (key, term) in &before.0 {
            if after.0.get(key).is_some_and(|after| !is_same(term, after))
                && !changing.variables.contains(key)
                && is_around(key)
            {
                changing.variables.push(*key);
            }
        }
        for (key, term) in &before.1 {
            if after.1.get(key).is_some_and(|after| !is_same(term, after)) && !changing.attributes.contains(key) {
                changing.attributes.push(*key);
            }
        }
        changing.variables.len() + changing.attributes.len() > known
    }

    /// What a round puts first of all code into attributes of what the flow was given.
    fn first_written(&self, before: &mut State, after: &State, changing: &mut Changing) -> bool {
        let is_new = |key: &&(u32, Name)| !before.1.contains_key(key);
        let new: Vec<_> = after.1.keys().filter(is_new).filter_map(|key| Some((*key, self.as_given(*key)?))).collect();
        let has_more = !new.is_empty();
        changing.attributes.extend(new.iter().map(|(key, _)| *key));
        before.1.extend(new);
        has_more
    }

    /// Whether a variable is one of a function, which nothing binds but what is gone through.
    fn is_of_function(&self, (file, variable): (FileId, VariableId)) -> bool {
        let module = self.evaluator.project().module(file);
        matches!(module[module[variable].scope].kind, ScopeKind::Function(_))
    }

    /// What a loop changes is, while and after it, what it begins with and what is made of it each time.
    fn widen(&mut self, changing: &Changing, before: &State, after: Option<&State>) {
        // Where a variable was not bound before, it is what a round has bound, or nothing comes there.
        let changed = |this: &mut Self, is_bound: bool, first: Option<&Term>, next: Option<&Term>| -> Term {
            if let (Some(Term::Items(items)), _) | (_, Some(Term::Items(items))) = (first, next)
                && items.iter().any(|item| !item.term.tokens().is_empty())
            {
                let text = Text::plain("collected");
                let all = items.iter().map(|item| item.term.clone()).collect();
                return Term::Many(text, Arc::new(all));
            }
            if let Some(Term::Many(text, items)) = next {
                return Term::Many(text.clone(), Arc::clone(items));
            }
            if let Some(Term::Items(items)) = first
                && next.is_none()
            {
                let all = items.iter().map(|item| item.term.clone()).collect();
                return Term::Many(Text::plain("collected"), Arc::new(all));
            }
            let text = |term: Option<&Term>| term.map_or_else(|| Text::plain("·"), |term| this.text(term));
            let is_some = |term: Option<&Term>| match term {
                Some(Term::Other(text, _)) => this.never_none.contains(&text.name),
                _ => false,
            };
            let is_never_none = (is_some(first) || first.is_none() && !is_bound) && is_some(next);
            let (first, next) = (text(first), text(next));
            let text = Text::joined(&[&first, &next], |parts| format!("loop({}; {})", parts[0], parts[1]));
            if is_never_none {
                this.never_none.insert(Arc::clone(&text.name));
            }
            Term::other(text)
        };
        for key in &changing.variables {
            let (first, next) = (before.0.get(key), after.and_then(|after| after.0.get(key)));
            let term = match fields_in(first, next, before, after) {
                // Another object each time: what its fields hold changes.
                Some((class, fields)) => {
                    self.objects += 1;
                    let object = self.objects;
                    for (name, first, next) in fields {
                        let term = match &next {
                            Some(next) if is_same(&first, next) => first,
                            next => changed(self, true, Some(&first), next.as_ref()),
                        };
                        self.heap.insert((object, name), term);
                    }
                    Term::Object(object, class)
                }
                None => changed(self, !self.is_of_function(*key), first, next),
            };
            self.env.insert(*key, term);
        }
        for key in &changing.attributes {
            let term = changed(self, true, before.1.get(key), after.and_then(|after| after.1.get(key)));
            self.heap.insert(*key, term);
        }
    }
}

/// The first of whole numbers in a row, and how many they are.
fn in_a_row(items: &[Item]) -> Option<(i64, i64)> {
    let number = |item: &Item| match &item.term {
        Term::Constant(text) if item.when.is_none() => text.parse::<i64>().ok(),
        _ => None,
    };
    let first = number(items.first()?)?;
    let is_next = |(next, item): (i64, &Item)| number(item) == Some(next);
    (first..).zip(items).all(is_next).then(|| Some((first, i64::try_from(items.len()).ok()?))).flatten()
}

/// The first number of a `range` of which both ends are known, and how many there are.
fn numbers_of(range: &str) -> Option<(i64, i64)> {
    let ends: Vec<i64> =
        arguments(range, "builtins.range")?.into_iter().map(|end| end.parse().ok()).collect::<Option<_>>()?;
    match ends.as_slice() {
        [end] => Some((0, *end)),
        [first, end] => Some((*first, end.checked_sub(*first)?)),
        _ => None,
    }
}

/// `range(a, x + a)` as one from 0 on, and with what it begins.
fn shifted_range(range: &str) -> Option<(String, i64)> {
    let ends = arguments(range, "builtins.range")?;
    let [first, end] = ends.as_slice() else { return None };
    let first = first.parse::<i64>().ok().filter(|first| *first != 0)?;
    let (base, more) = super::reading::offset(end);
    (more == first && !base.is_empty()).then(|| (format!("builtins.range({base})"), first))
}

/// The lists that are empty before a loop and to which each round adds one thing that is done, whatever decides.
fn gathered(changing: &Changing, before: &State, after: &State) -> Vec<(FileId, VariableId)> {
    let is_gathered = |key: &&(FileId, VariableId)| match (before.0.get(key), after.0.get(key)) {
        (Some(Term::Items(none)), Some(Term::Many(_, items))) => {
            let is_done = |item: &Term| matches!(item, Term::Lazy(_)) || !item.tokens().is_empty();
            none.is_empty() && matches!(items.as_slice(), [only] if is_done(only))
        }
        _ => false,
    };
    changing.variables.iter().filter(is_gathered).copied().collect()
}

/// A field of an object: its name, what it holds before a loop, and what after a round.
type Field = (Name, Term, Option<Term>);

/// The fields of an object that a loop puts another in the place of, with its class.
fn fields_in(
    first: Option<&Term>,
    next: Option<&Term>,
    before: &State,
    after: Option<&State>,
) -> Option<(crate::python::ValueId, Vec<Field>)> {
    let Some(Term::Object(object, class)) = first else { return None };
    let mut fields: Vec<(Name, &Term)> =
        before.1.iter().filter(|((of, _), _)| of == object).map(|((_, name), term)| (*name, term)).collect();
    fields.sort_by_key(|(name, _)| name.as_str());
    let field = |(name, term): (Name, &Term)| {
        let next = match (next, after) {
            (Some(next), Some(after)) => Some(field_of(next, name, after)?),
            _ => None,
        };
        Some((name, term.clone(), next))
    };
    let fields: Vec<Field> = fields.into_iter().map(field).collect::<Option<_>>()?;
    (*object != 0 && !fields.is_empty()).then_some((*class, fields))
}

/// What a field of an object holds, or of one of two.
fn field_of(term: &Term, name: Name, state: &State) -> Option<Term> {
    match term {
        Term::Object(object, _) => state.1.get(&(*object, name)).cloned(),
        Term::Choice(choice) => {
            let (then, orelse) = (field_of(&choice.then, name, state)?, field_of(&choice.orelse, name, state)?);
            Some(match is_same(&then, &orelse) {
                true => then,
                false => Term::choice(choice.condition.clone(), then, orelse),
            })
        }
        _ => None,
    }
}

/// Whether handlers may run at a step.
pub(super) fn lets_handlers_run(step: &Step) -> bool {
    matches!(step, Step::Wait(_) | Step::Unknown { .. })
}

/// Whether a loop may end, or a round of it, before its body does.
pub(super) fn is_left(module: &Module, body: Suite) -> bool {
    leaves_loop(module, body) || returns(module, body)
}

/// Whether a loop's body has a `break` or `continue` of its own.
fn leaves_loop(module: &Module, body: Suite) -> bool {
    any_statement(module, body, false, &|statement| matches!(statement, Stmt::Break | Stmt::Continue))
}

/// Whether a loop's body counts with something that an expression names.
fn counts(module: &Module, body: Suite, expr: ExprId) -> bool {
    let name_of = |expr: ExprId| match module[expr] {
        Expr::Name { name, .. } | Expr::Attribute { name, .. } => Some(name),
        Expr::Target(binding) => Some(module[module[binding].variable].name),
        _ => None,
    };
    let mut named: Vec<Name> = Vec::new();
    super::super::code::each_within(module, expr, &mut |part| named.extend(name_of(part)));
    let is_named = |expr: ExprId| name_of(expr).is_some_and(|name| named.contains(&name));
    any_statement(module, body, true, &|statement| match statement {
        Stmt::Augment { target, value, .. } => is_named(*target) && matches!(module[*value], Expr::Int(_)),
        Stmt::Assign { targets, value } => {
            let adds = matches!(module[*value], Expr::Binary { right, .. } if matches!(module[right], Expr::Int(_)));
            adds && module.list(*targets).iter().any(|target| is_named(*target))
        }
        _ => false,
    })
}

/// Whether a loop's body has a `continue` of its own, wherever it stands.
fn goes_on_early(module: &Module, body: Suite) -> bool {
    any_statement(module, body, false, &|statement| matches!(statement, Stmt::Continue))
}

/// Whether a loop's body has a `break` of its own.
fn breaks(module: &Module, body: Suite) -> bool {
    any_statement(module, body, false, &|statement| matches!(statement, Stmt::Break))
}

/// Whether a loop's body has a `continue` of its own on a way on which nothing fails.
fn continues(module: &Module, body: Suite) -> bool {
    module.list(body).iter().any(|statement| match module[*statement] {
        Stmt::Continue => true,
        Stmt::While(_) | Stmt::For(_) | Stmt::Function(_) | Stmt::Class(_) => false,
        // What handlers do is the way from a failure on, and compared as such.
        Stmt::Try(tried) => {
            let tried = module[tried];
            [tried.body, tried.orelse, tried.finally].iter().any(|suite| continues(module, *suite))
        }
        _ => {
            let mut found = false;
            module.each_suite(*statement, &mut |inner| found = found || continues(module, inner));
            found
        }
    })
}

/// Whether a suite has a `return`.
pub(super) fn returns(module: &Module, body: Suite) -> bool {
    any_statement(module, body, true, &|statement| matches!(statement, Stmt::Return(_)))
}

/// Whether a suite has a statement of a kind, functions and classes inside left aside, and loops where it is said.
fn any_statement(module: &Module, body: Suite, in_loops: bool, is_such: &dyn Fn(&Stmt) -> bool) -> bool {
    module.list(body).iter().any(|statement| match &module[*statement] {
        found if is_such(found) => true,
        Stmt::While(_) | Stmt::For(_) if !in_loops => false,
        Stmt::Function(_) | Stmt::Class(_) => false,
        _ => {
            let mut found = false;
            module.each_suite(*statement, &mut |inner| {
                found = found || any_statement(module, inner, in_loops, is_such);
            });
            found
        }
    })
}

/// The variables whose collections a suite fills.
fn filled_in(module: &Module, body: Suite) -> Vec<VariableId> {
    let calls = super::super::code::expressions(module, body, |expr| matches!(expr, Expr::Call { .. }));
    let collection = |call: ExprId| {
        let Expr::Call { callee, .. } = module[call] else { return None };
        let Expr::Attribute { value, name } = module[callee] else { return None };
        let fills = matches!(
            name.as_str(),
            "append" | "add" | "extend" | "insert" | "appendleft" | "update" | "pop" | "setdefault"
        );
        // What an entry gets the dict has got.
        let holder = match module[value] {
            Expr::Subscript { value, .. } => value,
            _ => value,
        };
        fills.then(|| super::super::code::variable_of(module, holder)).flatten()
    };
    calls.into_iter().filter_map(|(_, call)| collection(call)).collect()
}
