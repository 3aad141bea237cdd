//! Files that are loaded once in a process, outside the code that imports them.

use camino::Utf8PathBuf;

use super::super::project::Project;
use crate::source::FileId;

/// Files of the project that code which runs finds loaded, or has loaded outside itself, once in its process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoadedOutside {
    /// Whether it is all of them.
    pub everything: bool,
    /// Modules.
    pub files: Vec<FileId>,
    /// Packages, with all that is below them.
    pub folders: Vec<Utf8PathBuf>,
}

impl LoadedOutside {
    /// Whether a file is one of them.
    #[must_use]
    pub fn holds(&self, project: &Project<'_>, file: FileId) -> bool {
        let is_below = || {
            let path = project.source(file).path();
            self.folders.iter().any(|folder| path.starts_with(folder))
        };
        self.everything || self.files.contains(&file) || is_below()
    }
}
