//! What rules about calls of the SDK share: how a finding in a call is reported.

use super::context::{Finding, RuleContext};
use crate::diagnostic::{Confidence, Diagnostic};
use crate::registry::schema::Fact;
use crate::source::Span;
use crate::temporal::{Context, RaisedAt, Refusals, SdkCall};

impl RuleContext<'_, '_, '_> {
    /// The function that holds a call, by the place of its name.
    pub(super) fn function_around(&self, call: &SdkCall) -> Option<Span> {
        let function = call.function?;
        let range = self.analysis.project.module(function.file)[function.function].name_range;
        Some(Span { file: function.file, range })
    }

    /// Reports a finding in a call: where something else may be called it is less sure, and after its own facts those count
    /// that say where the call runs.
    pub(super) fn report_call(&self, call: &SdkCall, mut finding: Finding<'_>, out: &mut Vec<Diagnostic>) {
        finding.facts.extend(self.facts_of_raising(call.raises_at()));
        finding.confidence = finding.confidence.or(call.is_doubtful.then_some(Confidence::Medium));
        self.report_plain(Span { file: call.span.file, range: finding.range }, finding, out);
    }

    /// Where code runs that raises for what it is given or does not have, and whether a handler takes that in workflow code.
    pub(super) fn facts_of_raising(&self, at: RaisedAt) -> Vec<Fact> {
        let sides = self.analysis.sides_of(at.function);
        let mut workflows = self.analysis.context(Context::Workflow);
        let mut is_taken = || workflows.all(|reached| Refusals::new(self.analysis, reached).takes_refused(at));
        let caught = (sides.workflow && is_taken()).then_some(Fact::Caught);
        let side = match (sides.workflow, sides.activity) {
            (true, false) => Some(Fact::Workflow),
            (false, true) => Some(Fact::Activity),
            _ => None,
        };
        caught.into_iter().chain(side).collect()
    }
}
