use crate::diagnostic::{Confidence, Diagnostic};
use crate::rules::context::{Finding, RuleContext};
use crate::source::{FileId, Span, TextRange};
use crate::temporal::libraries;

/// gevent and eventlet replace what asyncio and the SDK's threads stand on; the SDK's README calls gevent incompatible.
/// Patching is reported anywhere in the project, an import only next to Temporal code.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for &file in &context.analysis.files {
        let imports = libraries::greenlet_imports(context.analysis, file);
        if imports.is_empty() {
            continue;
        }
        let patching = libraries::patching_calls(context.analysis, file);
        for (range, name) in &patching {
            report(context, file, *range, name.as_str(), Confidence::High, out);
        }
        if patching.is_empty() && libraries::imports_temporal(context.analysis, file) {
            for import in imports {
                report(context, file, import.range, import.module.as_str(), Confidence::Medium, out);
            }
        }
    }
}

fn report(
    context: &RuleContext<'_, '_, '_>,
    file: FileId,
    range: TextRange,
    callee: &str,
    confidence: Confidence,
    out: &mut Vec<Diagnostic>,
) {
    let words = vec![("callee", callee.to_owned())];
    let finding = Finding { range, words, confidence: Some(confidence), ..Finding::default() };
    context.report_plain(Span { file, range }, finding, out);
}
