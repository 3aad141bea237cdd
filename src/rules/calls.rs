//! What rules about calls of the SDK share: how sure a finding is, where it stands, and in what code.

use super::context::RuleContext;
use crate::diagnostic::Confidence;
use crate::registry::schema::Fact;
use crate::source::{Span, TextRange};
use crate::temporal::SdkCall;

impl RuleContext<'_, '_, '_> {
    /// Where a call runs, as far as that chooses the words of a finding.
    pub(super) fn facts_of(&self, call: &SdkCall) -> Vec<Fact> {
        let sides = self.analysis.sides_of(call.function);
        match (sides.workflow, sides.activity) {
            (true, false) => vec![Fact::Workflow],
            (false, true) => vec![Fact::Activity],
            _ => Vec::new(),
        }
    }
}

impl SdkCall {
    /// How sure a finding about the call can be: less, where something else may be called.
    pub(super) fn certainty(&self) -> Option<Confidence> {
        self.is_doubtful.then_some(Confidence::Medium)
    }

    /// A place in the call's file.
    pub(super) fn at(&self, range: TextRange) -> Span {
        Span { file: self.span.file, range }
    }
}
