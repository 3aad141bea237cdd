//! Loops: written out where their items are known, else gone through for what changes in them.
//!
//! Knows: how often a loop runs, and what a variable is while it does. Does not know: what the code inside does.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::build::{Builder, State};
use super::step::{Step, Text, any_step};
use super::term::{Item, Term, Truth};
use crate::semantic::{Expr, ExprId, Loop, Module, Name, Stmt, Suite, VariableId};
use crate::source::{FileId, TextRange};

/// Up to how many items a loop is written out.
const MOST_UNROLLED: usize = 12;

/// What changes while code is gone through.
pub(super) struct Mark {
    state: State,
    counts: FxHashMap<String, u32>,
    draws: Vec<String>,
    patches: FxHashSet<String>,
    made: usize,
    writes: bool,
    out: usize,
    returns: usize,
}

impl Builder<'_, '_, '_> {
    pub(super) fn while_loop(&mut self, looped: Loop, range: TextRange) -> bool {
        let module = self.module();
        if !matches!(module[looped.head], Expr::Bool(true)) && !leaves_loop(module, looped.body) {
            let mark = self.mark();
            match self.counted_loop(looped) {
                Some(falls) => return falls,
                None => self.back_to(mark),
            }
        }
        self.loop_with(looped.body, None, range, &mut |this| match this.test(looped.head) {
            Truth::Always(true) => Some(Text::plain("True")),
            Truth::Always(false) => None,
            Truth::When(test) => Some(test.text()),
        }) && self.suite(looped.orelse)
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
            made: self.made,
            writes: self.writes,
            out: self.out.len(),
            returns: self.here.returns.len(),
        }
    }

    pub(super) fn back_to(&mut self, mark: Mark) {
        (self.env, self.heap) = mark.state;
        (self.counts, self.draws, self.patches) = (mark.counts, mark.draws, mark.patches);
        (self.made, self.writes) = (mark.made, mark.writes);
        self.out.truncate(mark.out);
        self.here.returns.truncate(mark.returns);
    }

    pub(super) fn for_loop(&mut self, looped: Loop, range: TextRange) -> bool {
        let module = self.module();
        let iterable = self.eval(looped.head);
        let is_short = |items: &Vec<Item>| items.len() <= MOST_UNROLLED && !leaves_loop(module, looped.body);
        let items = iterable.spread().filter(is_short);
        if let Some(items) = items {
            for item in items.iter() {
                let bind = |this: &mut Self| {
                    if let Some(target) = looped.target {
                        this.assign(target, item.term.clone());
                    }
                    this.suite(looped.body)
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
        let text = self.text(&iterable);
        let head = super::sdk::head(&iterable, &text);
        let element = self.element(&iterable, &text);
        if let Some(target) = looped.target {
            self.assign(target, element.clone());
        }
        self.loop_with(looped.body, looped.target.map(|target| (target, element)), range, &mut |_| Some(head.clone()))
            && self.suite(looped.orelse)
    }

    /// Goes through a loop's body: once for what changes in it, and once for what it does.
    fn loop_with(
        &mut self,
        body: Suite,
        target: Option<(ExprId, Term)>,
        range: TextRange,
        head: &mut dyn FnMut(&mut Self) -> Option<Text>,
    ) -> bool {
        let module = self.module();
        let named = super::super::code::bound_in(module, body);
        let file = self.here.file;
        let mut variables: Vec<VariableId> = named.variables.clone();
        variables.extend(filled_in(module, body));
        variables.sort_unstable();
        variables.dedup();
        let attributes: Vec<Name> = named.attributes.clone();
        let before = self.state();
        self.widen(file, &variables, &attributes, &before, None);
        let mut waits = true;
        if self.tries < 2 {
            self.tries += 1;
            let mark = self.mark();
            let (steps, ()) = self.captured(|this| {
                head(this);
                this.suite(body);
            });
            waits = any_step(&steps, &lets_handlers_run);
            self.tries -= 1;
            let after = self.state();
            self.back_to(Mark { state: before.clone(), ..mark });
            self.widen(file, &variables, &attributes, &before, Some(&after));
        }
        if waits {
            // Each time but the first, handlers may have changed the state since.
            self.forget_shared();
        }
        if let Some((target, element)) = target {
            self.assign(target, element);
        }
        let mut text = None;
        let (mut steps, ()) = self.captured(|this| text = head(this));
        let Some(mut head) = text else { return true };
        let popped = self.popped.len();
        let is_endless = &*head.name == "True" && !leaves_loop(module, body);
        let (mut inner, _) = self.captured(|this| this.suite(body));
        steps.append(&mut inner);
        if self.popped[popped..].contains(&head) {
            head = Text::joined(&[&head], |parts| format!("each of {}", parts[0]));
        }
        let after = self.state();
        (self.env, self.heap) = before.clone();
        self.widen(file, &variables, &attributes, &before, Some(&after));
        if waits {
            self.forget_shared();
        }
        if !steps.is_empty() {
            let at = self.site(range);
            self.emit(Step::Loop { head, body: steps, at });
        }
        !is_endless
    }

    /// What a loop changes is, while and after it, what it begins with and what is made of it each time.
    fn widen(
        &mut self,
        file: FileId,
        variables: &[VariableId],
        attributes: &[Name],
        before: &State,
        after: Option<&State>,
    ) {
        let changed = |this: &Self, first: Option<&Term>, next: Option<&Term>| -> Term {
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
            let (first, next) = (text(first), text(next));
            Term::other(Text::joined(&[&first, &next], |parts| format!("loop({}; {})", parts[0], parts[1])))
        };
        for variable in variables {
            let key = (file, *variable);
            let term = changed(self, before.0.get(&key), after.and_then(|after| after.0.get(&key)));
            self.env.insert(key, term);
        }
        let objects: Vec<(u32, Name)> =
            before.1.keys().filter(|(_, name)| attributes.contains(name)).copied().collect();
        for key in objects {
            let term = changed(self, before.1.get(&key), after.and_then(|after| after.1.get(&key)));
            self.heap.insert(key, term);
        }
    }
}

/// Whether handlers may run at a step.
pub(super) fn lets_handlers_run(step: &Step) -> bool {
    matches!(step, Step::Wait(_) | Step::Unknown { .. })
}

/// Whether a loop's body has a `break` or `continue` of its own.
fn leaves_loop(module: &Module, body: Suite) -> bool {
    module.list(body).iter().any(|statement| match module[*statement] {
        Stmt::Break | Stmt::Continue => true,
        Stmt::While(_) | Stmt::For(_) | Stmt::Function(_) | Stmt::Class(_) => false,
        _ => {
            let mut found = false;
            module.each_suite(*statement, &mut |inner| found = found || leaves_loop(module, inner));
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
        let fills = matches!(name.as_str(), "append" | "add" | "extend" | "insert" | "appendleft" | "update" | "pop");
        fills.then(|| super::super::code::variable_of(module, value)).flatten()
    };
    calls.into_iter().filter_map(|(_, call)| collection(call)).collect()
}
