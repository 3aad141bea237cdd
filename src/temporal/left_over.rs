//! Files that nothing loads: `activities copy 2.py`, `workflows (old).py`.
//!
//! Knows: names that no `import` statement can say, what running the file as a script would do, and whether the program loads
//! files by their paths. Does not know: what other programs, or scripts in other languages, load.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::analysis::Analysis;
use crate::python::Place;
use crate::semantic::{Expr, ExprId, Module, Stmt};
use crate::source::FileId;

/// Which files nothing loads, as far as it was asked.
#[derive(Default)]
pub(super) struct LeftOver {
    known: RefCell<FxHashMap<FileId, bool>>,
}

impl Analysis<'_, '_> {
    /// Whether nothing loads a file: no `import` can name it, as a script it would only define things, and the program has what
    /// it needs without it.
    #[must_use]
    pub fn is_left_over(&self, file: FileId) -> bool {
        if self.can_be_imported(file) {
            return false;
        }
        if let Some(known) = self.left_over.known.borrow().get(&file) {
            return *known;
        }
        let found = !self.does_something(file) && self.is_done_without(file) && !self.is_loaded_by_path(file);
        self.left_over.known.borrow_mut().insert(file, found);
        found
    }

    fn can_be_imported(&self, file: FileId) -> bool {
        is_identifier(self.project.source(file).path().file_stem().unwrap_or_default())
    }

    /// Whether another file of the folder can be imported and uses the SDK. What stands alone is what is asked about.
    fn is_done_without(&self, itself: FileId) -> bool {
        let uses_sdk = |file: &FileId| self.project.source(*file).text_once().contains("temporalio");
        self.neighbours(itself).filter(|file| self.can_be_imported(*file)).any(|file| uses_sdk(&file))
    }

    /// The other files of a file's folder.
    fn neighbours(&self, itself: FileId) -> impl Iterator<Item = FileId> + '_ {
        let sources = self.project.sources();
        let folder = sources.get(itself).path().parent();
        sources.ids().filter(move |file| *file != itself && sources.get(*file).path().parent() == folder)
    }

    /// Whether a file runs code of the project, or anything else but what sets its process up, where it is run.
    fn does_something(&self, file: FileId) -> bool {
        let module = self.project.module(file);
        let is_name = |expr: ExprId| matches!(module[expr], Expr::Name { name, .. } if name == "__name__");
        module.expression_ids().any(is_name)
            || module.statement_ids().any(|statement| match module[statement] {
                Stmt::Expr(value) => self.is_run_at_import(module, file, value),
                _ => false,
            })
    }

    /// Whether a statement's expression is a call that a module itself makes, and not one that sets a process up.
    fn is_run_at_import(&self, module: &Module, file: FileId, value: ExprId) -> bool {
        let call = match module[value] {
            Expr::Await(inner) => inner,
            _ => value,
        };
        let Expr::Call { callee, .. } = module[call] else { return false };
        let is_at_import = module.block_of_call(call).is_some_and(|block| module[block].function.is_none());
        is_at_import && !self.sets_up(callee, file)
    }

    fn sets_up(&self, callee: ExprId, file: FileId) -> bool {
        let evaluator = self.evaluator;
        let callee = evaluator.value(callee, Place { file, frame: None });
        let name = callee.only().and_then(|value| evaluator.outside_name(value));
        name.is_some_and(|name| SETS_UP.iter().any(|known| name.as_str().starts_with(known)))
    }

    /// Whether the program, or a file of the folder, says the name of a file, or loads files by their paths.
    fn is_loaded_by_path(&self, itself: FileId) -> bool {
        let stem = self.project.source(itself).path().file_stem().unwrap_or_default();
        let says = |file: FileId| {
            let text = self.project.source(file).text_once();
            LOADERS.iter().chain([&stem]).any(|said| text.contains(said))
        };
        let program = self.files.iter().copied().filter(|file| *file != itself);
        program.chain(self.neighbours(itself)).any(says)
    }
}

/// What sets a process up and runs nothing: by the beginnings of names.
const SETS_UP: &[&str] = &["builtins.list.", "dotenv.", "logging.", "nest_asyncio.", "sys.path.", "warnings."];

/// What loads a file by its path.
const LOADERS: &[&str] = &["SourceFileLoader", "run_path", "spec_from_file_location"];

fn is_identifier(stem: &str) -> bool {
    let is_part = |sign: char| sign == '_' || sign.is_alphanumeric();
    !stem.is_empty() && stem.chars().all(is_part) && !stem.starts_with(|sign: char| sign.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::is_identifier;

    #[test]
    fn what_an_import_can_name() {
        assert!(["flows", "_flows2", "naïve"].iter().all(|stem| is_identifier(stem)));
        assert!(["flows copy", "flows (1)", "2flows", "my-flows", "a.b", ""].iter().all(|stem| !is_identifier(stem)));
    }
}
