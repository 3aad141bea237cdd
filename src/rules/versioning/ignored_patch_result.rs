use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{PatchUse, idle_patches};

/// `patched` says which code to run, `deprecate_patch` says nothing.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for patch in idle_patches(context.analysis) {
        let facts = if patch.used == PatchUse::Tested { vec![Fact::Used] } else { Vec::new() };
        let finding = Finding { range: patch.span.range, facts, ..Finding::default() };
        context.report_plain(patch.span, finding, out);
    }
}
