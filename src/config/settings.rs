//! Settings as meant: paths absolute, files and command line merged.
//!
//! Knows: what a run is to do, and what one configuration says of its files. Does not know: how either was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::tree::Configurations;
use crate::diagnostic::{Confidence, Severity};
use crate::registry::{self, Extension, RuleSelection};
use crate::source::{Patterns, PythonVersion, Required};

/// What a run is to do, as meant: paths absolute, files and command line merged.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that the run is about: that of the repository, or of the outermost project around the paths, or what
    /// the paths have in common. Reported paths are relative to the working directory, test folders to this one.
    pub project_root: Utf8PathBuf,
    /// Projects around the paths. All of their files are read: what is asked for is judged by what the others do with
    /// it.
    pub projects: Vec<Utf8PathBuf>,
    /// Files and folders to check, absolute.
    pub paths: Vec<Utf8PathBuf>,
    /// Import roots, absolute, before those that are found and those of configuration files; where there are some, the
    /// latter do not count.
    pub src: Vec<Utf8PathBuf>,
    /// What holds for each file.
    pub configurations: Arc<Configurations>,
    /// Findings below it are counted, not shown; `None` for what each file's configuration says.
    pub confidence: Option<Confidence>,
    /// Worker threads; `None` for one a core.
    pub threads: Option<usize>,
    /// Files whose text is not the one on disk: their paths (absolute) and their bytes. They are checked, whatever the
    /// paths say.
    pub unsaved: BTreeMap<Utf8PathBuf, Vec<u8>>,
}

impl Settings {
    /// Settings that check a folder as a project of its own, by the default rules and without any configuration file.
    #[must_use]
    pub fn of_folder(root: Utf8PathBuf) -> Self {
        Self {
            paths: vec![root.clone()],
            projects: Vec::new(),
            project_root: root,
            src: Vec::new(),
            configurations: Arc::new(Configurations::fixed(RuleSelection::default())),
            confidence: None,
            threads: None,
            unsaved: BTreeMap::new(),
        }
    }
}

/// Which findings make a run fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Errors.
    Error,
    /// Errors and warnings.
    #[default]
    Warning,
    /// None.
    Never,
}

impl FailOn {
    /// Whether a finding of a severity makes a run fail.
    #[must_use]
    pub fn fails(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Never => false,
        }
    }
}

/// What holds where neither the command line nor a configuration file says anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The default rules, and what is certain enough to act on.
    #[default]
    Recommended,
    /// All rules, and also what is less certain.
    Strict,
}

impl Preset {
    /// Selectors in place of the default rules.
    pub(super) fn select(self) -> Vec<String> {
        match self {
            Self::Recommended => Vec::new(),
            Self::Strict => vec!["ALL".to_owned()],
        }
    }

    /// Findings below it are counted, not shown.
    pub(super) fn confidence(self) -> Confidence {
        match self {
            Self::Recommended => Confidence::Medium,
            Self::Strict => Confidence::Low,
        }
    }
}

/// What one configuration says of the files that it holds for.
#[derive(Debug, Clone)]
pub struct FileRules {
    /// The configuration file, if there is one.
    pub file: Option<Utf8PathBuf>,
    /// The rules that are on, apart from what is said of single files.
    pub selection: RuleSelection,
    /// Rules that are off for some files.
    pub(super) per_file: Vec<(Patterns, RuleSelection)>,
    /// Selectors with the severity of their rules' findings.
    pub(super) severity: Vec<(String, Severity)>,
    /// Findings below it are counted, not shown.
    pub confidence: Confidence,
    /// Which findings make a run fail.
    pub fail_on: FailOn,
    /// The file of findings that are accepted.
    pub baseline: Option<Utf8PathBuf>,
    /// Import roots.
    pub src: Vec<Utf8PathBuf>,
    /// Tables of the project's own.
    pub extensions: Vec<Arc<Extension>>,
    /// The version of the SDK, in place of what lock files say.
    pub sdk_version: Option<Required>,
    /// The oldest Python that the code runs on.
    pub python_version: Option<PythonVersion>,
}

impl FileRules {
    pub(super) fn of(selection: RuleSelection) -> Self {
        Self {
            file: None,
            selection,
            per_file: Vec::new(),
            severity: Vec::new(),
            confidence: Confidence::Medium,
            fail_on: FailOn::default(),
            baseline: None,
            src: Vec::new(),
            extensions: Vec::new(),
            sdk_version: None,
            python_version: None,
        }
    }

    /// Whether the rule of a code is on for a file.
    #[must_use]
    pub fn is_enabled(&self, code: &str, path: &Utf8Path) -> bool {
        let off = |(files, rules): &(Patterns, RuleSelection)| rules.is_enabled(code) && files.cover(path, false);
        self.selection.is_enabled(code) && !self.per_file.iter().any(off)
    }

    /// The severity of a rule's findings: what the longest selector that matches the rule says, else the rule's own.
    #[must_use]
    pub fn severity(&self, code: &str, own: Severity) -> Severity {
        let said = self.severity.iter().filter_map(|(selector, severity)| {
            let strength = registry::strength(selector, code)?;
            Some((strength, *severity))
        });
        said.max_by_key(|(strength, _)| *strength).map_or(own, |(_, severity)| severity)
    }
}
