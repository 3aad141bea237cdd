use rustc_hash::FxHashSet;

use crate::project::{Evaluator, Place, Value};
use crate::second::temporal::{DECORATOR_MODULES, applies_decorators};
use crate::semantic::BindingKind;
use crate::source::FileId;

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

    /// Whether a name is one of them.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.exports.contains(name) || self.wrappers.contains(name)
    }
}
