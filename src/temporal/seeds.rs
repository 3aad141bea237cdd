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

/// Names through which other files can use Temporal without naming it.
#[derive(Debug, Default)]
pub struct Provided<'a> {
    /// What the globals of a file bind to the SDK's modules and decorators.
    pub exports: FxHashSet<&'a str>,
    /// The project's own functions and names that stand for decorators of the SDK.
    pub wrappers: FxHashSet<&'a str>,
    /// The files that provide them.
    pub files: Vec<FileId>,
}

impl<'a> Provided<'a> {
    /// Adds what files provide.
    pub fn extend(&mut self, evaluator: &Evaluator<'_, 'a>, files: &[FileId]) {
        for &file in files {
            let mut provides = false;
            let module = evaluator.project().module(file);
            let place = Place { file, scope: module.global(), frame: None };
            for (name, ids) in &module.scope(module.global()).names {
                let Some(&id) = ids.last() else { continue };
                let binding = module.binding(id);
                let value = || evaluator.name(name, binding.holds_from, place);
                match &binding.kind {
                    BindingKind::ImportFrom { .. } | BindingKind::Import { .. } => {
                        if matches!(value(), Value::External(found) if found.starts_with("temporalio")) {
                            provides = true;
                            self.exports.insert(name);
                        }
                    }
                    BindingKind::Function(function) => {
                        let text = evaluator.project().source(file).slice(module.function(*function).range());
                        if applies_decorators(text) {
                            provides = true;
                            self.wrappers.insert(name);
                        }
                    }
                    BindingKind::Assignment { .. } => {
                        if matches!(value(), Value::External(found) | Value::ExternalInstance(found)
                            if DECORATOR_MODULES.iter().any(|module| found.starts_with(module)))
                        {
                            provides = true;
                            self.wrappers.insert(name);
                        }
                    }
                    _ => {}
                }
            }
            if provides {
                self.files.push(file);
            }
        }
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exports.len() + self.wrappers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn contains(&self, name: &str) -> bool {
        self.exports.contains(name) || self.wrappers.contains(name)
    }
}

const DECORATOR_MODULES: &[&str] = &["temporalio.workflow.", "temporalio.activity."];

/// Whether a text applies a decorator of the SDK other than with `@`, to a definition of its own.
#[must_use]
pub fn applies_decorators(text: &str) -> bool {
    const NAMES: &[&str] = &["defn(", ".defn", "workflow.run", "workflow.signal", "workflow.query", "workflow.update"];
    text.lines().any(|line| !line.trim_start().starts_with('@') && NAMES.iter().any(|name| line.contains(name)))
}

/// The import statements of a text, a line each, for [`uses_provided`]: all that has to be kept of a file that does not
/// name the SDK.
#[must_use]
pub fn import_lines(text: &str) -> String {
    let mut found = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim_start();
        if !(line.starts_with("import ") || (line.starts_with("from ") && line.contains(" import "))) {
            continue;
        }
        found.push_str(line);
        let mut open = line.contains('(') && !line.contains(')');
        while open {
            let Some(more) = lines.next() else { break };
            found.push_str(more.trim());
            open = !more.contains(')');
        }
        found.push('\n');
    }
    found
}

/// Whether a file imports one of the provided names, judged by its [`import_lines`].
#[must_use]
pub fn uses_provided(imports: &str, provided: &Provided<'_>, modules: &FxHashSet<&str>) -> bool {
    imports.lines().any(|line| {
        if let Some(rest) = line.strip_prefix("import ") {
            // `import common` and then `common.workflow`.
            return rest.split(',').any(|module| modules.contains(last_part(module)));
        }
        let Some((module, names)) = line.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) else {
            return false;
        };
        let module = last_part(module);
        let known_module = modules.contains(module) || module.is_empty();
        known_module
            && names
                .split([',', '(', ')'])
                .map(|name| name.split_whitespace().next().unwrap_or(""))
                .any(|name| name == "*" || provided.contains(name) || modules.contains(name))
    })
}

fn last_part(module: &str) -> &str {
    let module = module.split_whitespace().next().unwrap_or("");
    module.rsplit('.').next().unwrap_or(module)
}
