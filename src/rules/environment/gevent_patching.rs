use crate::diagnostic::{Confidence, Diagnostic};
use crate::project::{Place, Value};
use crate::rules::context::{Finding, RuleContext};
use crate::source::ast::{Ranged, Stmt, TextRange};
use crate::source::{FileId, Span};

/// gevent and eventlet replace what asyncio and the SDK's threads stand on; the SDK's README calls gevent incompatible.
/// Patching is reported anywhere in the project, an import only next to Temporal code.
pub(crate) fn check(context: &RuleContext<'_, '_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for &file in &context.analysis.files {
        let text = context.analysis.project.source(file).text();
        if !text.contains("gevent") && !text.contains("eventlet") {
            continue;
        }
        let before = out.len();
        patching(context, file, out);
        if out.len() == before && imports_temporal(context, file) {
            imports(context, file, out);
        }
    }
}

fn patching(context: &RuleContext<'_, '_, '_, '_>, file: FileId, out: &mut Vec<Diagnostic>) {
    let module = context.analysis.project.module(file);
    for &(call, scope) in &module.calls {
        let place = Place { file, scope, frame: None };
        if let Value::External(name) = context.analysis.evaluator.value(&call.func, place)
            && (name.starts_with("gevent.monkey.patch_")
                || &*name == "eventlet.monkey_patch"
                || &*name == "eventlet.patcher.monkey_patch")
        {
            report(context, file, call.range(), &name, Confidence::High, out);
        }
    }
}

fn imports(context: &RuleContext<'_, '_, '_, '_>, file: FileId, out: &mut Vec<Diagnostic>) {
    let module = context.analysis.project.module(file);
    for import in &module.imports {
        let name = match import.statement {
            Stmt::Import(import) => {
                import.names.iter().map(|alias| alias.name.as_str()).find(|name| is_greenlets(name))
            }
            Stmt::ImportFrom(import) if import.level == 0 => {
                import.module.as_ref().map(|module| module.as_str()).filter(|name| is_greenlets(name))
            }
            _ => None,
        };
        let Some(name) = name else { continue };
        let value = context.analysis.evaluator.imported_module(file, name, 0);
        if matches!(value, Value::External(_)) {
            report(context, file, import.statement.range(), name, Confidence::Medium, out);
        }
    }
}

fn is_greenlets(module: &str) -> bool {
    matches!(module.split('.').next(), Some("gevent" | "eventlet"))
}

fn imports_temporal(context: &RuleContext<'_, '_, '_, '_>, file: FileId) -> bool {
    let module = context.analysis.project.module(file);
    module.imported_modules().any(|(name, level)| level == 0 && name.split('.').next() == Some("temporalio"))
}

fn report(
    context: &RuleContext<'_, '_, '_, '_>,
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
