use camino::{Utf8Path, Utf8PathBuf};

use super::known::Known;
use crate::source::{OldestPython, Required};

/// What configurations state of a program, in place of what its files show.
#[derive(Clone)]
pub struct Stated {
    /// What is known of code outside the project.
    pub known: &'static Known,
    /// The oldest Python that the program runs on.
    pub python: Option<OldestPython>,
    /// By the folder of each configuration that holds for a file: the SDK's version, if it says it.
    pub sdk: Vec<(Utf8PathBuf, Option<Required>)>,
}

impl Default for Stated {
    fn default() -> Self {
        Self { known: Known::usual(), python: None, sdk: Vec::new() }
    }
}

impl Stated {
    /// The SDK's version that the configuration of a file states.
    #[must_use]
    pub fn sdk_version(&self, file: &Utf8Path) -> Option<&Required> {
        let around = self.sdk.iter().filter(|(folder, _)| file.starts_with(folder));
        around.max_by_key(|(folder, _)| folder.as_str().len()).and_then(|(_, version)| version.as_ref())
    }
}
