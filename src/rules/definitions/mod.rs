//! Rules about how workflows, handlers and activities are defined.

pub(super) mod annotation_missing_at_run_time;
pub(super) mod clashing_handlers;
pub(super) mod handler_state_cleared_after_wait;
pub(super) mod handler_state_reset_in_run;
pub(super) mod handler_waits_for_itself;
pub(super) mod malformed_activity_definition;
pub(super) mod malformed_dynamic_definition;
pub(super) mod malformed_run_method;
pub(super) mod malformed_update_validator;
pub(super) mod malformed_workflow_init;
pub(super) mod misused_decorator;
pub(super) mod state_change_in_read_only_handler;
pub(super) mod undecorated_override;
pub(super) mod undecorated_workflow_class;
pub(super) mod unfinished_handlers;
pub(super) mod uninitialised_handler_attribute;
pub(super) mod unsupported_parameters;
pub(super) mod wrapper_hides_definition;

use crate::diagnostic::{Annotation, Confidence, Diagnostic, Fix};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;

/// A finding at a definition, in the making.
struct At<'t> {
    span: Span,
    fact: Fact,
    words: Vec<(&'t str, String)>,
    other: Option<(Span, &'t str)>,
    confidence: Confidence,
    fix: Option<Fix>,
}

impl<'t> At<'t> {
    fn new(span: Span, fact: Fact) -> Self {
        Self { span, fact, words: Vec::new(), other: None, confidence: Confidence::High, fix: None }
    }

    fn word(mut self, name: &'t str, word: impl Into<String>) -> Self {
        self.words.push((name, word.into()));
        self
    }

    /// A further place that the finding is about.
    fn other(mut self, span: Span, label: &'t str) -> Self {
        self.other = Some((span, label));
        self
    }

    /// How to mend it.
    fn fix(self, fix: Option<Fix>) -> Self {
        Self { fix, ..self }
    }

    fn medium(self) -> Self {
        Self { confidence: Confidence::Medium, ..self }
    }

    /// Where only test code has to do with it.
    fn low_if(self, in_tests: bool) -> Self {
        if in_tests { Self { confidence: Confidence::Low, ..self } } else { self }
    }

    fn report(self, context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
        let secondary = self.other.map(|(span, label)| Annotation { span, label: label.to_owned() });
        let finding = Finding {
            range: self.span.range,
            words: self.words,
            facts: vec![self.fact],
            secondary: secondary.into_iter().collect(),
            confidence: Some(self.confidence),
            fix: self.fix,
            ..Finding::default()
        };
        context.report_plain(self.span, finding, out);
    }
}
