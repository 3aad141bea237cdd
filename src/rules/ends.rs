//! Findings behind a call that surely raises or never comes back, as another finding says.
//!
//! Knows: which findings say so, and what comments and the selection of rules hold back of them. Does not know: where control
//! goes ([`Behind`]).
//!
//! What a wrong call of the SDK or a client ends comes to run once that is mended, perhaps as other code, perhaps elsewhere:
//! what lies behind it is less sure. A call of the project's own that does not take its arguments ends no way: no finding says
//! so. A call that the sandbox refuses is one of those that a workflow may not make, and the next of them is as wrong, and so is
//! how the code around is written; less sure are calls that only matter in a workflow that runs on.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::context::{Comments, RuleContext};
use super::weighing;
use crate::diagnostic::Confidence;
use crate::registry::schema::{Check, Fact};
use crate::registry::{EffectKind, Rule, RuleSelection};
use crate::source::{Span, TextRange};
use crate::temporal::{
    Analysis, Behind, Context, End, Event, NodeId, REFUSED_BY_THE_LOOP, REFUSED_BY_THE_SANDBOX, Reached, ReachedCode,
    Refusals, WRONG_ARGUMENTS, effect_of, refused_calls, unknown_names_in,
};

/// The rules that say of calls of the SDK that they raise.
const HANDED_ON: &str = "mismatched-call-arguments";
const REFUSED: &str = "refused-sdk-arguments";
const UNKNOWN: &str = "unknown-sdk-name";
/// What is raised for an attribute that is not there.
const NO_ATTRIBUTE: &str = "builtins.AttributeError";

/// What ends a way, and what lies behind it, as far as the findings of the selected rules say so.
pub(super) struct Ends<'c, 'e, 'p> {
    analysis: &'c Analysis<'e, 'p>,
    comments: &'c dyn Comments,
    rules: Vec<&'static Rule>,
    found: RefCell<FxHashMap<*const (), Rc<Ended>>>,
}

/// What lies behind the ends of some reached code.
pub(super) struct Ended {
    /// Behind what is not taken, is not there, or never comes back.
    of_mistakes: Behind,
    /// Behind these, and what the sandbox or the workflow's event loop refuses.
    of_all: Behind,
}

impl Ended {
    /// Whether a finding of a rule lies behind another, which is mended first.
    fn hides(&self, rule: &Rule, reached: &ReachedCode<'_>, node: NodeId, range: TextRange) -> bool {
        let is_about_a_call = matches!(rule.check, Some(Check::ForbiddenEffect { .. } | Check::Blocking { .. }))
            || rule.name == "plain-logging-in-workflow";
        self.of_mistakes.holds(reached, node, range)
            || is_about_a_call && !self.of_all.is_end(node, range) && self.of_all.holds(reached, node, range)
    }
}

impl<'c, 'e, 'p> Ends<'c, 'e, 'p> {
    pub(super) fn new(analysis: &'c Analysis<'e, 'p>, selection: &RuleSelection, comments: &'c dyn Comments) -> Self {
        Self { analysis, comments, rules: selection.iter().collect(), found: RefCell::default() }
    }

    /// Whether a finding of a rule in reached code lies behind another, which is mended first.
    pub(super) fn hides(&self, rule: &Rule, reached: &ReachedCode<'p>, node: NodeId, range: TextRange) -> bool {
        let key = std::ptr::from_ref(reached).cast::<()>();
        let known = self.found.borrow().get(&key).cloned();
        let ended = known.unwrap_or_else(|| {
            let ended = Rc::new(self.in_reached(reached));
            self.found.borrow_mut().insert(key, Rc::clone(&ended));
            ended
        });
        ended.hides(rule, reached, node, range)
    }

    fn in_reached(&self, reached: &ReachedCode<'p>) -> Ended {
        let mut mistakes = self.wrong_calls(reached);
        let mut refused: Vec<End> = Vec::new();
        if reached.context == Context::Workflow {
            for (end, kind) in self.forbidden(reached) {
                if kind == EffectKind::Client { mistakes.push(end) } else { refused.push(end) }
            }
        }
        refused.extend(&mistakes);
        Ended { of_mistakes: Behind::of(reached, mistakes), of_all: Behind::of(reached, refused) }
    }

    fn asked(&self, name: &str) -> Option<&'static Rule> {
        self.rules.iter().find(|rule| rule.name == name).copied()
    }

    fn says(&self, name: &str, at: Span) -> bool {
        self.asked(name).is_some_and(|rule| !self.comments.hold_back(&rule.code, at))
    }

    /// The calls that do not take what they are given, and the reads of what it does not have.
    fn wrong_calls(&self, reached: &ReachedCode<'_>) -> Vec<End> {
        let end = |node, range, block, class| End { node, range, block, raises: Some(class) };
        let mut ends = Vec::new();
        let asks_for_calls = [HANDED_ON, REFUSED].iter().any(|rule| self.asked(rule).is_some());
        let calls = if asks_for_calls { refused_calls(self.analysis, reached) } else { Vec::new() };
        for (node, call) in calls {
            let rule = if call.is_handing_on_too_many() { HANDED_ON } else { REFUSED };
            if call.refused_at().any(|range| self.says(rule, reached.reach.span(node, range))) {
                ends.push(end(node, call.span.range, call.block, WRONG_ARGUMENTS));
            }
        }
        let asks_for_names = self.asked(UNKNOWN).is_some();
        let names = if asks_for_names { unknown_names_in(self.analysis, reached) } else { Vec::new() };
        for (node, range, block) in names {
            if self.says(UNKNOWN, reached.reach.span(node, range)) {
                ends.push(end(node, range, block, NO_ATTRIBUTE));
            }
        }
        ends
    }

    /// The uses of clients that never come back, and the calls that the sandbox or the event loop refuses.
    fn forbidden(&self, reached: &ReachedCode<'p>) -> Vec<(End, EffectKind)> {
        let refusals = Refusals::new(self.analysis, reached);
        let mut ends = Vec::new();
        for (node, found) in reached.reach.nodes().filter(|(_, node)| !node.at_import) {
            for event in found.events.iter().filter(|event| !event.unlikely) {
                let Some((rule, kind, raises)) = self.ending(reached, node, event, &refusals) else { continue };
                let at = reached.reach.span(node, event.range);
                if let Some(block) = event.block.filter(|_| !self.comments.hold_back(&rule.code, at)) {
                    ends.push((End { node, range: event.range, block, raises: Some(raises) }, kind));
                }
            }
        }
        ends
    }

    /// What a call or read does that surely ends the way, what it raises, and the rule that says so.
    fn ending(
        &self,
        reached: &ReachedCode<'p>,
        node: NodeId,
        event: &Event,
        refusals: &Refusals<'_, 'e, 'p>,
    ) -> Option<(&'static Rule, EffectKind, &'static str)> {
        let call = Reached::of(event).filter(|call| !call.doubtful && !call.handed)?;
        let effect = effect_of(reached.known, call)?;
        let kind = effect.kind;
        let is_asked = |rule: &&&'static Rule| match &rule.check {
            Some(Check::ForbiddenEffect { effects }) => effects.contains(&kind.to_string()),
            _ => false,
        };
        let rule = *self.rules.iter().find(is_asked)?;
        let is_lazy = || call.arguments.is_some_and(|given| given.open || given.get(None, "lazy").is_some());
        if kind == EffectKind::Client {
            return (call.awaited && !is_lazy()).then_some((rule, kind, REFUSED_BY_THE_LOOP));
        }
        if effect.asks_loop {
            return call.awaited.then_some((rule, kind, REFUSED_BY_THE_LOOP));
        }
        let context = RuleContext { rule, analysis: self.analysis, comments: self.comments, ends: None };
        let weighed = weighing::effect(&context, reached, node, event, call, effect, refusals)?;
        let is_refused = |fact: &Fact| STOPPED.contains(fact);
        let is_sure = weighed.confidence == Confidence::High && kind != EffectKind::EventLoop;
        (is_sure && weighed.facts.iter().any(is_refused)).then_some((rule, kind, REFUSED_BY_THE_SANDBOX))
    }
}

/// What is said of a call that the sandbox stops.
const STOPPED: &[Fact] =
    &[Fact::Stopped, Fact::QueryStopped, Fact::ValidatorStopped, Fact::Caught, Fact::PerhapsCaught, Fact::Unread];
