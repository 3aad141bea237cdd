//! Which configuration holds for which file.
//!
//! The nearest configuration file above a file holds for it, however the file was reached; patterns of `exclude` hold
//! for all that lies below their file. Knows: the command line's part in that, and what was read already. Does not
//! know: how a configuration file is written.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, RwLock};

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::error::ConfigError;
use super::options::Selectors;
use super::settings::{FailOn, FileRules, Preset};
use super::table::{self, Table};
use super::unmatched::{self, Written};
use crate::diagnostic::Confidence;
use crate::registry::{REPLAY_RULES, RuleSelection};
use crate::source::{Exclude, Patterns};

/// What the command line says of every file.
#[derive(Debug, Clone, Default)]
pub(super) struct CommandLine {
    pub select: Option<Vec<String>>,
    pub extend_select: Vec<String>,
    pub ignore: Vec<String>,
    pub preset: Option<Preset>,
    pub confidence: Option<Confidence>,
    pub fail_on: Option<FailOn>,
    pub baseline: Option<Utf8PathBuf>,
    pub no_baseline: bool,
    /// In place of what files say.
    pub exclude: Option<Patterns>,
    pub extend_exclude: Option<Patterns>,
    /// What was named is checked although it is excluded.
    pub named_anyway: Vec<Utf8PathBuf>,
    pub isolated: bool,
}

/// What holds in each folder. It is looked up when first asked for, by any thread.
#[derive(Debug)]
pub struct Configurations {
    line: CommandLine,
    /// In place of what the command line and files say.
    fixed: Option<RuleSelection>,
    folders: RwLock<FxHashMap<Utf8PathBuf, Arc<Scope>>>,
    problems: Mutex<Vec<ConfigError>>,
    warnings: Mutex<Vec<ConfigError>>,
}

/// What holds in a folder.
#[derive(Debug)]
pub(super) struct Scope {
    pub rules: Arc<FileRules>,
    pub table: Table,
    exclude: Vec<Patterns>,
    above: Option<Arc<Scope>>,
}

impl Scope {
    fn around(&self) -> impl Iterator<Item = &Scope> {
        std::iter::successors(Some(self), |scope| scope.above.as_deref())
    }
}

impl Configurations {
    pub(super) fn new(line: CommandLine) -> Self {
        Self { line, fixed: None, folders: RwLock::default(), problems: Mutex::default(), warnings: Mutex::default() }
    }

    /// The same rules for every file; no configuration file is read.
    #[must_use]
    pub fn fixed(selection: RuleSelection) -> Self {
        let line = CommandLine { isolated: true, ..CommandLine::default() };
        Self { fixed: Some(selection), ..Self::new(line) }
    }

    /// What holds for a file.
    #[must_use]
    pub fn of_file(&self, path: &Utf8Path) -> Arc<FileRules> {
        Arc::clone(&self.scope(path.parent().unwrap_or(path)).rules)
    }

    /// What any of these files is checked for.
    pub fn selection<'p>(&self, files: impl Iterator<Item = &'p Utf8Path>) -> RuleSelection {
        let mut all = RuleSelection::none();
        self.of_folders(files).iter().for_each(|rules| all.add(&rules.selection));
        all
    }

    /// The import roots that the configurations of these files name.
    pub fn import_roots<'p>(&self, files: impl Iterator<Item = &'p Utf8Path>) -> Vec<Utf8PathBuf> {
        let rules = self.of_files(files);
        let mut roots: Vec<Utf8PathBuf> = Vec::new();
        for root in rules.iter().flat_map(|rules| &rules.src) {
            if !roots.contains(root) {
                roots.push(root.clone());
            }
        }
        roots
    }

    /// The baselines of these files, sorted.
    pub fn baselines<'p>(&self, files: impl Iterator<Item = &'p Utf8Path>) -> Vec<Utf8PathBuf> {
        let rules = self.of_folders(files);
        let found: BTreeSet<Utf8PathBuf> = rules.iter().filter_map(|rules| rules.baseline.clone()).collect();
        found.into_iter().collect()
    }

    /// What the configurations of these files say, each once, by the path of the configuration.
    pub fn of_files<'p>(&self, files: impl Iterator<Item = &'p Utf8Path>) -> Vec<Arc<FileRules>> {
        let mut rules = self.of_folders(files);
        rules.sort_by(|one, other| one.file.cmp(&other.file));
        rules
    }

    fn of_folders<'p>(&self, files: impl Iterator<Item = &'p Utf8Path>) -> Vec<Arc<FileRules>> {
        let folders: FxHashSet<&Utf8Path> = files.filter_map(Utf8Path::parent).collect();
        let mut found: Vec<Arc<FileRules>> = Vec::new();
        for folder in folders {
            let rules = &self.scope(folder).rules;
            if !found.iter().any(|known| Arc::ptr_eq(known, rules)) {
                found.push(Arc::clone(rules));
            }
        }
        found
    }

    /// Whether findings in a file are left out since the file is excluded.
    #[must_use]
    pub fn excludes(&self, path: &Utf8Path) -> bool {
        self.leaves_out_named(path, false)
    }

    /// What is wrong in configuration files that were read so far, each told once.
    #[must_use]
    pub fn take_problems(&self) -> Vec<ConfigError> {
        self.problems.lock().map(|mut problems| std::mem::take(&mut *problems)).unwrap_or_default()
    }

    /// What looks wrong in configuration files that were read so far, each told once.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<ConfigError> {
        self.warnings.lock().map(|mut warnings| std::mem::take(&mut *warnings)).unwrap_or_default()
    }

    /// A warning for each pattern, of the configuration files that were read so far, that nothing on disk matches.
    #[must_use]
    pub fn unmatched(&self) -> Vec<ConfigError> {
        let mut scopes: Vec<Arc<Scope>> =
            self.folders.read().map(|folders| folders.values().cloned().collect()).unwrap_or_default();
        scopes.sort_by_key(Arc::as_ptr);
        scopes.dedup_by(|one, other| Arc::ptr_eq(one, other));
        let mut written: Vec<Written> = Vec::new();
        for pattern in scopes.iter().flat_map(|scope| &scope.table.written) {
            if !written.contains(pattern) {
                written.push(pattern.clone());
            }
        }
        let place = |written: &Written| (written.place.path.clone(), written.place.row, written.place.column);
        written.sort_by_key(place);
        unmatched::warnings(&written)
    }

    pub(super) fn scope(&self, folder: &Utf8Path) -> Arc<Scope> {
        if let Some(known) = self.folders.read().ok().and_then(|folders| folders.get(folder).cloned()) {
            return known;
        }
        let above = folder.parent().map(|above| self.scope(above));
        let found = self.look(folder, above);
        match self.folders.write() {
            Ok(mut folders) => Arc::clone(folders.entry(folder.to_owned()).or_insert(found)),
            Err(_) => found,
        }
    }

    fn look(&self, folder: &Utf8Path, above: Option<Arc<Scope>>) -> Arc<Scope> {
        let read = if self.line.isolated { Ok(None) } else { table::in_folder(folder) };
        let table = read.unwrap_or_else(|error| {
            let told = if table::is_foreign(&error) { &self.warnings } else { &self.problems };
            told.lock().map(|mut told| told.push(error)).unwrap_or_default();
            None
        });
        if !self.line.isolated {
            let misnamed = table::misnamed(folder);
            self.warnings.lock().map(|mut told| told.extend(misnamed)).unwrap_or_default();
        }
        match (table, above) {
            (None, Some(above)) => above,
            (table, above) => Arc::new(self.scope_of(table.unwrap_or_default(), above)),
        }
    }

    fn scope_of(&self, mut table: Table, above: Option<Arc<Scope>>) -> Scope {
        let warnings = std::mem::take(&mut table.warnings);
        self.warnings.lock().map(|mut told| told.extend(warnings)).unwrap_or_default();
        let exclude = table.exclude.iter().filter(|_| self.line.exclude.is_none()).chain(&table.extend_exclude);
        Scope { rules: Arc::new(self.rules(&table)), exclude: exclude.cloned().collect(), table, above }
    }

    fn rules(&self, table: &Table) -> FileRules {
        if let Some(selection) = &self.fixed {
            return FileRules::of(selection.clone());
        }
        let line = &self.line;
        let preset = line.preset.or(table.preset).unwrap_or_default();
        let Selectors { select, mut extend_select, mut ignore } = Selectors::merge(table, line);
        if table.replay_baseline.is_some() || table.replay_since.is_some() {
            extend_select.push(REPLAY_RULES.to_owned());
        }
        ignore.extend(table.severity.iter().filter(|(_, level)| level.is_none()).map(|(selector, _)| selector.clone()));
        // Selectors were checked where they were read.
        let selection = RuleSelection::resolve(&select, &extend_select, &ignore).unwrap_or_default();
        FileRules {
            file: table.file.clone(),
            per_file: table.per_file_ignores.clone(),
            severity: table.severity.iter().filter_map(|(rule, level)| Some((rule.clone(), (*level)?))).collect(),
            confidence: line.confidence.or(table.confidence).unwrap_or_else(|| preset.confidence()),
            fail_on: line.fail_on.or(table.fail_on).unwrap_or_default(),
            baseline: line.baseline.clone().or_else(|| table.baseline.clone()).filter(|_| !line.no_baseline),
            src: table.src.clone().unwrap_or_default(),
            extensions: table.extensions.clone(),
            sdk_version: table.sdk_version.clone(),
            python_version: table.python_version,
            ..FileRules::of(selection)
        }
    }

    /// The patterns that count for what lies in a folder.
    fn any_pattern(&self, path: &Utf8Path, matches: impl Fn(&Patterns) -> bool) -> bool {
        let line = self.line.exclude.iter().chain(&self.line.extend_exclude);
        let scope = self.scope(path.parent().unwrap_or(path));
        line.chain(scope.around().flat_map(|scope| &scope.exclude)).any(matches)
    }
}

impl Exclude for Configurations {
    fn leaves_out(&self, path: &Utf8Path, is_folder: bool) -> bool {
        self.any_pattern(path, |patterns| patterns.matches(path, is_folder))
    }

    fn leaves_out_named(&self, path: &Utf8Path, is_folder: bool) -> bool {
        !self.line.named_anyway.iter().any(|named| path.starts_with(named))
            && self.any_pattern(path, |patterns| patterns.cover(path, is_folder))
    }
}
