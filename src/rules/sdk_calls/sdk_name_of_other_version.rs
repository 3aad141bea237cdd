use rustc_hash::FxHashSet;

use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::source::{Required, Version};
use crate::temporal::VersionFault;

/// A name or parameter that the project's version of the SDK does not have. What only the lowest version that is allowed
/// lacks is there for whoever installs a newer one.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    let mut said = FxHashSet::default();
    for other in context.analysis.other_versions() {
        // One finding a name in a file: the first use.
        if !said.insert((other.span.file, other.name.clone())) {
            continue;
        }
        let (fact, what) = match &other.fault {
            VersionFault::Since(since) => (Fact::Default, since.clone()),
            VersionFault::Until(until) => (Fact::Replaced, until.clone()),
            VersionFault::Moved(package) => (Fact::Elsewhere, package.clone()),
        };
        // What is gone from the lowest version that is allowed is gone from later ones.
        let is_gone = |required: &Required| match &other.fault {
            VersionFault::Until(until) => Version::parse(until).is_some_and(|until| until < required.version),
            _ => false,
        };
        let is_sure = other.required.as_ref().is_some_and(|required| required.is_exact || is_gone(required));
        let version = other.required.as_ref().map_or_else(|| "whichever is installed".to_owned(), Required::shown);
        let finding = Finding {
            range: other.span.range,
            words: vec![("name", other.name.clone()), ("what", what), ("word", version)],
            facts: vec![fact],
            confidence: Some(if is_sure { Confidence::High } else { Confidence::Medium }),
            severity: (!is_sure).then_some(Severity::Warning),
            ..Finding::default()
        };
        context.report_plain(other.span, finding, out);
    }
}
