use rustc_hash::FxHashMap;

use crate::diagnostic::{Confidence, Diagnostic, Unit};
use crate::registry::schema::Fact;
use crate::registry::{sdk_class, sdk_name_like};
use crate::rules::context::{Finding, RuleContext};
use crate::source::Span;
use crate::temporal::meant_by_use;
use crate::temporal::repair::meant;

/// A name that no version of the SDK has, in any code: it raises when it is read, in a workflow over and over. The reads of
/// one name in a file are one finding.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for &file in &context.analysis.files {
        let mut first: FxHashMap<_, Span> = FxHashMap::default();
        for unknown in context.analysis.unknown_names().get(&file).into_iter().flatten() {
            let (module, name) = (unknown.module.as_str(), unknown.name.as_str());
            // What another module has under the name is no method of the object.
            let like = sdk_name_like(module, name).filter(|_| sdk_class(module).is_none());
            let like = meant_by_use(context.analysis, file, unknown).map(str::to_owned).or(like);
            let mut facts = match unknown.read_as {
                Some(_) => vec![Fact::Spelling],
                None => like.iter().map(|_| Fact::Alike).collect(),
            };
            let fix = like
                .as_deref()
                .and_then(|like| meant(context.analysis, Span { file, range: unknown.range }, module, like));
            let raised = unknown.raises_at(context.analysis, file);
            facts.extend(raised.into_iter().flat_map(|at| context.facts_of_raising(at)));
            let mut words = vec![("module", module.to_owned()), ("name", name.to_owned())];
            words.extend(unknown.read_as.map(|read_as| ("what", read_as.to_string())));
            words.extend(like.map(|like| ("use", like)));
            let span = Span { file, range: unknown.range };
            let unit = Unit {
                span: *first.entry((unknown.module, unknown.name)).or_insert(span),
                place: "place",
                whole: "file",
            };
            let confidence = unknown.is_doubtful.then_some(Confidence::Medium);
            let finding =
                Finding { range: unknown.range, words, facts, confidence, fix, unit: Some(unit), ..Finding::default() };
            context.report_plain(span, finding, out);
        }
    }
}
