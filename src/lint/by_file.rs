use std::cell::RefCell;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::FxHashMap;

use crate::config::{FileRules, Settings};

/// What the configuration says of each file, looked up once for each folder.
pub(super) struct FilesRules<'s> {
    settings: &'s Settings,
    folders: RefCell<FxHashMap<Utf8PathBuf, Arc<FileRules>>>,
}

impl<'s> FilesRules<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self { settings, folders: RefCell::default() }
    }

    pub(super) fn of(&self, path: &Utf8Path) -> Arc<FileRules> {
        let folder = path.parent().unwrap_or(path);
        if let Some(known) = self.folders.borrow().get(folder) {
            return Arc::clone(known);
        }
        let rules = self.settings.configurations.of_file(path);
        self.folders.borrow_mut().insert(folder.to_owned(), Arc::clone(&rules));
        rules
    }

    /// Whether a finding of a rule in a file is wanted at all.
    pub(super) fn wants(&self, code: &str, path: &Utf8Path) -> bool {
        self.of(path).is_enabled(code, path) && !self.settings.configurations.excludes(path)
    }
}
