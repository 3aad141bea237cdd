use crate::diagnostic::Diagnostic;
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::repair::{called, unpacked};
use crate::temporal::{Misuse, misused_settings};

/// Settings of the sandbox that raise, or that do nothing.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for setting in misused_settings(context.analysis) {
        let facts = match setting.misuse {
            Misuse::NotCalled => vec![Fact::NotCalled],
            Misuse::OtherStatement => Vec::new(),
            Misuse::Dropped => vec![Fact::Unused],
            Misuse::OneList => vec![Fact::OneList],
            Misuse::LeafWithoutSelf => vec![Fact::Leaf],
            Misuse::JoinedUnlike => vec![Fact::Unlike],
        };
        let fix = match setting.misuse {
            Misuse::NotCalled => called(context.analysis, setting.span),
            Misuse::OneList => unpacked(context.analysis, setting.span),
            _ => None,
        };
        let words = vec![("name", setting.name)];
        let finding = Finding { range: setting.span.range, words, facts, fix, ..Finding::default() };
        context.report_plain(setting.span, finding, out);
    }
}
