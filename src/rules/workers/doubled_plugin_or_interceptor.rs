use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{PlacementFault, misplaced_items};

/// A plugin or interceptor that a worker has from its client already, or that stands with what cannot use it.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for misplaced in misplaced_items(context.analysis) {
        let fact = match misplaced.kind {
            PlacementFault::Plugin => None,
            PlacementFault::Interceptor => Some(Fact::Interceptor),
            PlacementFault::NoneOfClients => Some(Fact::NoneOfClients),
            PlacementFault::NoneOfWorkers => Some(Fact::NoneOfWorkers),
        };
        let other = misplaced.other.map(|span| Annotation { span, label: "the client has it".to_owned() });
        let finding = Finding {
            range: misplaced.span.range,
            words: vec![("name", misplaced.class)],
            facts: fact.into_iter().collect(),
            secondary: other.into_iter().collect(),
            ..Finding::default()
        };
        context.report_plain(misplaced.span, finding, out);
    }
}
