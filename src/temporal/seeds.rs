use memchr::memmem;
use rustc_hash::FxHashSet;

use crate::project::{Evaluator, Place, Value};
use crate::semantic::BindingKind;
use crate::source::FileId;

/// What a file's bytes say about whether it has to be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mention {
    /// `temporalio` occurs.
    pub temporal: bool,
    /// `workflow` or `activity` occurs, so that it may use a wrapper of the SDK.
    pub perhaps: bool,
    /// `gevent` or `eventlet` occurs.
    pub greenlets: bool,
}

/// Looks for the words that matter.
#[must_use]
pub fn mentions(bytes: &[u8]) -> Mention {
    let finds = |word: &str| memmem::find(bytes, word.as_bytes()).is_some();
    let temporal = finds("temporalio");
    Mention {
        temporal,
        perhaps: temporal || finds("workflow") || finds("activity"),
        greenlets: finds("gevent") || finds("eventlet"),
    }
}

/// Names through which other files can use Temporal without naming it: what the globals of a file bind to the SDK's
/// modules and decorators, and its own functions that apply them.
pub fn provided_names<'a>(evaluator: &Evaluator<'_, 'a>, files: &[FileId]) -> FxHashSet<&'a str> {
    let mut names = FxHashSet::default();
    for &file in files {
        let module = evaluator.project().module(file);
        let place = Place { file, scope: module.global(), frame: None };
        for (name, ids) in &module.scope(module.global()).names {
            let Some(&id) = ids.last() else { continue };
            let provides = match &module.binding(id).kind {
                BindingKind::ImportFrom { .. } | BindingKind::Import { .. } => {
                    let end = module.binding(id).holds_from;
                    matches!(evaluator.name(name, end, place), Value::External(found) if found.starts_with("temporalio"))
                }
                // A function that names the SDK may wrap a decorator; whether it does is decided where it is used.
                BindingKind::Function(function) => {
                    let text = evaluator.project().source(file).slice(module.function(*function).range());
                    text.contains(".defn") || text.contains("workflow.") || text.contains("activity.")
                }
                BindingKind::Assignment { .. } => {
                    let end = module.binding(id).holds_from;
                    match evaluator.name(name, end, place) {
                        Value::External(found) | Value::ExternalInstance(found) => found.starts_with("temporalio."),
                        _ => false,
                    }
                }
                _ => false,
            };
            if provides {
                names.insert(*name);
            }
        }
    }
    names
}

/// Whether a file imports one of the provided names, judged by the text of its import statements.
#[must_use]
pub fn uses_provided(text: &str, provided: &FxHashSet<&str>, modules: &FxHashSet<&str>) -> bool {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if let Some(rest) = line.strip_prefix("import ") {
            // `import common` and then `common.workflow`.
            if rest.split(',').any(|module| modules.contains(last_part(module))) {
                return true;
            }
            continue;
        }
        let Some((module, names)) = line.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) else {
            continue;
        };
        let module = last_part(module);
        let known_module = modules.contains(module) || module.is_empty();
        let mut names = names.to_owned();
        if names.trim_start().starts_with('(') {
            for more in lines.by_ref() {
                if names.contains(')') {
                    break;
                }
                names.push_str(more);
            }
        }
        let uses = names.split([',', '(', ')']).map(|name| name.split_whitespace().next().unwrap_or("")).any(|name| {
            (name == "*" && known_module) || provided.contains(name) || (modules.contains(name) && known_module)
        });
        if uses {
            return true;
        }
    }
    false
}

fn last_part(module: &str) -> &str {
    let module = module.split_whitespace().next().unwrap_or("");
    module.rsplit('.').next().unwrap_or(module)
}
