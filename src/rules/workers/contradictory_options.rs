use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Contradiction, ContradictionKind, start_contradictions, worker_contradictions};

/// Options of a worker that it refuses or drops.
pub(crate) fn of_workers(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    report(context, worker_contradictions(context.analysis), out);
}

/// Options of a client's call that the client or the server refuses or drops.
pub(crate) fn of_starts(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    report(context, start_contradictions(context.analysis), out);
}

fn report(context: &RuleContext<'_, '_, '_>, found: Vec<Contradiction>, out: &mut Vec<Diagnostic>) {
    for contradiction in found {
        let fact = match contradiction.kind {
            ContradictionKind::Nothing => Some(Fact::Nothing),
            ContradictionKind::Excludes => None,
            ContradictionKind::Needs => Some(Fact::Needs),
            ContradictionKind::Dropped => Some(Fact::Dropped),
            ContradictionKind::Refused => Some(Fact::Refused),
            ContradictionKind::LocalClass => Some(Fact::LocalClass),
            ContradictionKind::Callback => Some(Fact::Callback),
            ContradictionKind::Behavior => Some(Fact::Behavior),
            ContradictionKind::UsedTwice => Some(Fact::Twice),
        };
        let finding = Finding {
            range: contradiction.span.range,
            words: vec![("one", contradiction.one), ("other", contradiction.other)],
            facts: fact.into_iter().collect(),
            ..Finding::default()
        };
        context.report_plain(contradiction.span, finding, out);
    }
}
