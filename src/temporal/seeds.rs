//! Which files have to do with Temporal, judged by their text before any is parsed.
//!
//! Knows: the words that matter, and the names through which other files may use the SDK: rather too many than too few.
//! Does not know: what a definition is (`definitions`).

use memchr::memmem;
use rustc_hash::FxHashSet;

use super::known::Known;
use crate::python::{Evaluator, Value};
use crate::semantic::{BindingKind, Name};
use crate::source::{FileId, TextImport, last_part, text_imports};

/// What a file's bytes say about whether it has to be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mention {
    /// `temporalio` occurs elsewhere than in a line that is a comment.
    pub temporal: bool,
    /// `workflow` or `activity` occurs, so that it may use a wrapper of the SDK.
    pub perhaps: bool,
    /// `temporalio` does not, but a method that only clients have is called: most programs get their client from a helper, so that the files that use it
    /// name the SDK nowhere.
    pub clients: bool,
    /// `gevent` or `eventlet` occurs.
    pub greenlets: bool,
    /// Besides `temporalio`, the word that declares workflows and activities.
    pub defines: bool,
    /// A module is imported by a call.
    pub imports_by_call: bool,
}

/// Looks for the words that matter. `packages` stand for the SDK.
#[must_use]
pub fn mentions(bytes: &[u8], packages: &[&str]) -> Mention {
    let finds = |word: &str| memmem::find(bytes, word.as_bytes()).is_some();
    let through = packages.iter().any(|package| finds(package));
    let temporal = through || names_sdk(bytes);
    let workflow = finds("workflow");
    Mention {
        temporal,
        perhaps: temporal || workflow || finds("activity"),
        clients: !temporal && workflow && CLIENT_METHODS.iter().any(|method| finds(method)),
        greenlets: finds("gevent") || finds("eventlet"),
        defines: through || temporal && finds("defn"),
        imports_by_call: imports_by_call(bytes),
    }
}

/// Whether the SDK is named as a word of its own elsewhere than in comments that have a line for themselves: what a comment
/// says of it changes nothing.
fn names_sdk(bytes: &[u8]) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    memmem::find_iter(bytes, SDK.as_bytes()).any(|at| {
        let (before, after) = (&bytes[..at], bytes.get(at + SDK.len()));
        let line = memchr::memrchr(b'\n', before).map_or(before, |end| &before[end + 1..]);
        !is_word(after) && !is_word(before.last()) && !line.trim_ascii_start().starts_with(b"#")
    })
}

const SDK: &str = "temporalio";

/// Calls of methods of clients whose names hardly anything else has.
const CLIENT_METHODS: &[&str] = &[
    ".start_workflow(",
    ".execute_workflow(",
    ".get_workflow_handle(",
    ".get_workflow_handle_for(",
    ".start_update_with_start_workflow(",
    ".execute_update_with_start_workflow(",
];

/// Names through which other files may use Temporal, read off a file's text: more than [`Provided`] finds, and cheaper.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// What its import statements bind to parts of the SDK.
    pub exports: Vec<Box<str>>,
    /// Its top-level names, if it applies the SDK's decorators other than with `@`.
    pub wrappers: Vec<Box<str>>,
    /// Whether it imports the SDK by a call, so that any of its names may give a module of it.
    pub gives_modules: bool,
    /// Whether it imports something of the SDK, by a statement or by a call.
    pub brings_sdk: bool,
}

impl Offer {
    /// What a text offers, given its [`import_lines`](crate::source::import_lines). `packages` stand for the SDK.
    #[must_use]
    pub fn of(text: &str, imports: &str, packages: &[&str]) -> Self {
        let is_sdk = |module: &str| module.split('.').next().is_some_and(|top| top == SDK || packages.contains(&top));
        let mut exports = Vec::new();
        let mut brings_sdk = imports_any_of(text, packages);
        for import in text_imports(imports) {
            let (TextImport::Module { module, .. } | TextImport::From { module, .. }) = import;
            brings_sdk |= is_sdk(module);
            match import {
                TextImport::Module { module, bound } if is_sdk(module) => exports.push(bound.into()),
                TextImport::From { level: 0, module, .. } if is_sdk(module) => {
                    exports.extend(import.names().map(|(_, bound)| Box::from(bound)));
                }
                _ => {}
            }
        }
        // A module that is imported by a call can be bound to any name, and given by any function.
        let gives_modules = memmem::find(text.as_bytes(), SDK.as_bytes()).is_some() && imports_by_call(text.as_bytes());
        if gives_modules {
            exports.extend(text.lines().filter_map(top_level_name));
            brings_sdk = true;
        }
        let wrappers =
            if applies_decorators(text) { text.lines().filter_map(top_level_name).collect() } else { vec![] };
        Self { exports, wrappers, gives_modules, brings_sdk }
    }
}

/// Whether a line may import the SDK, or one of the packages that stand for it, in whatever form.
fn imports_any_of(text: &str, packages: &[&str]) -> bool {
    let is_import = |word: &str| {
        memmem::find_iter(text.as_bytes(), word).any(|at| {
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            memmem::find(&text.as_bytes()[start..end], b"import").is_some()
        })
    };
    is_import(SDK) || packages.iter().any(|package| is_import(package))
}

/// Whether a text may import a module by a call.
fn imports_by_call(text: &[u8]) -> bool {
    IMPORTERS.iter().any(|word| memmem::find(text, word.as_bytes()).is_some())
}

/// What imports a module by a call.
const IMPORTERS: &[&str] = &["import_module", "__import__"];

/// The name that a line without indentation defines or assigns.
fn top_level_name(line: &str) -> Option<Box<str>> {
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("def ").unwrap_or(line);
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    let binds = rest.len() < line.len() || after.trim_start().starts_with(['=', ':']);
    (binds && !name.is_empty()).then(|| name.into())
}

/// Names through which other files can use Temporal without naming it.
#[derive(Debug, Default)]
pub struct Provided {
    /// What the globals of a file bind to the SDK's modules and decorators, and the functions that may give one of its modules.
    pub exports: FxHashSet<&'static str>,
    /// The project's own functions and names that stand for decorators of the SDK.
    pub wrappers: FxHashSet<&'static str>,
    /// The files that provide them.
    pub files: Vec<FileId>,
    /// Files that import modules by calls: any of their functions may give a module of the SDK.
    importers: FxHashSet<FileId>,
}

impl Provided {
    /// Adds what files provide.
    pub fn extend(&mut self, evaluator: &Evaluator<'_>, files: &[FileId], known: &Known) {
        for &file in files {
            let (before, mut hands_on) = (self.len(), false);
            let module = evaluator.project().module(file);
            if IMPORTERS.iter().any(|word| evaluator.project().may_name(file, Name::new(word))) {
                self.importers.insert(file);
            }
            for (_, variable) in module.variables_of(module.global()) {
                let Some(&binding) = variable.bindings.last() else { continue };
                let kind = module[binding].kind;
                let is_import = matches!(kind, BindingKind::ImportFrom { .. });
                if is_import && self.is_of_importer(evaluator, file, variable.name) {
                    // Most often it has the same name as there.
                    self.exports.insert(variable.name.as_str());
                    hands_on = true;
                } else {
                    self.add(evaluator, file, variable.name, kind, known);
                }
            }
            if self.len() > before || hands_on {
                self.files.push(file);
            }
        }
    }

    fn add(&mut self, evaluator: &Evaluator<'_>, file: FileId, name: Name, kind: BindingKind, known: &Known) {
        let starts = |value: &Value, with: &[&str]| match value {
            Value::Outside(found) | Value::ResultOf(found) => {
                with.iter().any(|start| found.as_str().starts_with(start))
            }
            _ => false,
        };
        let names = |with: &[&str]| {
            let values = evaluator.global_name(file, name);
            values.known.iter().any(|value| starts(evaluator.get(*value), with))
        };
        let names_sdk = || {
            let values = evaluator.global_name(file, name);
            let is_sdk = |value: &Value| matches!(value, Value::Outside(found) | Value::ResultOf(found) if known.is_sdk(found.as_str()));
            values.known.iter().any(|value| is_sdk(evaluator.get(*value)))
        };
        let names_module = || {
            let values = evaluator.global_name(file, name);
            let is_module = |value: &Value| matches!(value, Value::Outside(found) if MODULES.contains(&found.as_str()));
            values.known.iter().any(|value| is_module(evaluator.get(*value)))
        };
        match kind {
            BindingKind::Function(_) if self.importers.contains(&file) => {
                self.exports.insert(name.as_str());
            }
            BindingKind::ImportFrom { .. } | BindingKind::Import { .. } if names_sdk() => {
                self.exports.insert(name.as_str());
            }
            BindingKind::Function(function) => {
                let module = evaluator.project().module(file);
                let text = evaluator.project().source(file).slice(module[function].range);
                if applies_decorators(text) {
                    self.wrappers.insert(name.as_str());
                }
            }
            BindingKind::Assign { .. } if names_module() => {
                self.exports.insert(name.as_str());
            }
            BindingKind::Assign { .. } if names(DECORATOR_MODULES) => {
                self.wrappers.insert(name.as_str());
            }
            _ => {}
        }
    }

    /// Whether a name of a file is a function of one that imports modules by calls.
    fn is_of_importer(&self, evaluator: &Evaluator<'_>, file: FileId, name: Name) -> bool {
        let is_importer = |value: &Value| match value {
            Value::Function(callable) => self.importers.contains(&callable.function.file),
            _ => false,
        };
        let named = || evaluator.global_name(file, name);
        !self.importers.is_empty() && named().known.iter().any(|value| is_importer(evaluator.get(*value)))
    }

    /// Whether something may hand on functions that give modules of the SDK without a word of workflows: a package.
    #[must_use]
    pub fn gives_modules(&self) -> bool {
        !self.importers.is_empty()
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

    /// Whether a name is one of them.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.exports.contains(name) || self.wrappers.contains(name)
    }
}

/// The SDK's modules that have decorators, and what they lie in.
const MODULES: &[&str] = &["temporalio", "temporalio.workflow", "temporalio.activity"];

const DECORATOR_MODULES: &[&str] = &["temporalio.workflow.", "temporalio.activity."];

/// Whether a text applies a decorator of the SDK other than with `@`, to a definition of its own.
#[must_use]
pub fn applies_decorators(text: &str) -> bool {
    let at_decorator =
        |at: usize| text[..at].rsplit('\n').next().is_some_and(|line| line.trim_start().starts_with('@'));
    let names_defn = |at: usize| text[..at].ends_with('.') || text[at + "defn".len()..].starts_with('(');
    let names_handler = |at: usize| HANDLERS.iter().any(|name| text[at + "workflow.".len()..].starts_with(name));
    let found = |word: &str, counts: &dyn Fn(usize) -> bool| {
        memmem::find_iter(text.as_bytes(), word).any(|at| counts(at) && !at_decorator(at))
    };
    found("defn", &names_defn) || found("workflow.", &names_handler)
}

/// The SDK's decorators of handlers.
const HANDLERS: &[&str] = &["run", "signal", "query", "update"];

/// Whether a file takes one of the offered names from one of the modules, given by the last part of their names; judged
/// by its [`import_lines`](crate::source::import_lines).
#[must_use]
pub fn takes(imports: &str, is_offered: &dyn Fn(&str) -> bool, modules: &FxHashSet<&str>) -> bool {
    text_imports(imports).any(|import| match import {
        // `import common` and then `common.workflow`.
        TextImport::Module { module, .. } => modules.contains(last_part(module)),
        TextImport::From { module, .. } => {
            let known_module = module.is_empty() || modules.contains(last_part(module));
            let is_taken = |name: &str| name == "*" || is_offered(name) || modules.contains(name);
            known_module && import.names().any(|(name, _)| is_taken(name))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::import_lines;

    fn brings(text: &str) -> bool {
        Offer::of(text, &import_lines(text), &["company_flows"]).brings_sdk
    }

    #[test]
    fn neither_comments_nor_other_names_name_the_sdk() {
        let names = |text: &str| mentions(text.as_bytes(), &[]).temporal;
        assert!(names("from temporalio import workflow\n"));
        assert!(names("x = 1  # temporalio\n"), "what stands before the comment is not looked at");
        assert!(!names("    # Loggers of temporalio are quiet.\ntemporalio_stub = object()\n"));
    }

    #[test]
    fn the_sdk_is_brought_by_imports_of_all_forms() {
        for text in [
            "import temporalio.client as client\n",
            "import os; from temporalio import workflow\n",
            "try: import temporalio\nexcept ImportError: pass\n",
            "from importlib import import_module\nsdk = import_module(NAME)  # \"temporalio\"\n",
            "import os\rfrom temporalio import workflow\r",
            "from company_flows import workflow\n",
        ] {
            assert!(brings(text), "{text}");
        }
        assert!(!brings("import logging\n\nlogging.getLogger(\"temporalio.activity\").setLevel(30)\n"));
    }
}
