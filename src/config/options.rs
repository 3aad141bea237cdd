//! Settings out of the command line and what lies above the working directory.
//!
//! Knows: which layer says what, and how paths and selectors of several layers are put together. Does not know: how
//! `pyproject.toml` is read ([`pyproject`](super::pyproject)).

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::error::ConfigError;
use super::pyproject::{self, Table};
use super::settings::Settings;
use crate::diagnostic::Confidence;
use crate::registry::{self, RuleSelection};

/// The command line as typed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders to check; empty for the working directory.
    pub paths: Vec<Utf8PathBuf>,
    /// Selectors that replace whatever is configured.
    pub select: Option<Vec<String>>,
    /// Selectors added.
    pub extend_select: Vec<String>,
    /// Selectors taken out.
    pub ignore: Vec<String>,
    /// Import roots; replace the configured ones.
    pub src: Vec<Utf8PathBuf>,
    /// Findings below it are counted, not shown.
    pub confidence: Option<Confidence>,
    /// Worker threads.
    pub threads: Option<usize>,
    /// Configuration files are not read.
    pub isolated: bool,
    /// A file given on standard input; `paths` are then left alone.
    pub stdin: Option<StandardInput>,
}

/// A file given on standard input.
#[derive(Debug, Clone, Default)]
pub struct StandardInput {
    /// The path it stands for.
    pub path: Option<Utf8PathBuf>,
    /// What was read.
    pub bytes: Vec<u8>,
}

/// Settings, and what they were made from.
#[derive(Debug)]
pub struct Resolved {
    /// What the run is to do.
    pub settings: Settings,
    /// The rules that are on.
    pub selection: RuleSelection,
    /// The configuration file that was read, if one was.
    pub config_file: Option<Utf8PathBuf>,
}

/// Name under which nameless standard input is reported.
const STDIN_NAME: &str = "<stdin>";

/// Makes settings from the command line and the nearest `pyproject.toml` that has something to say.
///
/// # Errors
///
/// Where a path does not exist, a configuration file cannot be read or understood, or a selector selects nothing.
pub fn resolve(options: &Options, cwd: &Utf8Path) -> Result<Resolved, ConfigError> {
    let stdin = options.stdin.as_ref().map(|input| {
        let name = input.path.as_deref().unwrap_or(Utf8Path::new(STDIN_NAME));
        (absolute(cwd, name), input.bytes.clone())
    });
    let paths = if stdin.is_some() { Vec::new() } else { requested_paths(options, cwd)? };
    let start = stdin.as_ref().map(|(path, _)| path).or(paths.first());
    let start = start.map_or(cwd, |path| if path.is_dir() { path } else { path.parent().unwrap_or(cwd) });
    let found = pyproject::find(start, options.isolated).map_err(|error| error.seen_from(cwd))?;
    let root = found.root.unwrap_or_else(|| if start.starts_with(cwd) { cwd } else { start }.to_owned());
    let (config_file, table) = found.config.unzip();
    let table = table.unwrap_or_default();
    let src = if options.src.is_empty() {
        table.src.iter().map(|path| absolute(&root, path)).collect()
    } else {
        options.src.iter().map(|path| absolute(cwd, path)).collect()
    };
    check_selectors(options)?;
    let Selectors { select, extend_select, ignore } = Selectors::merge(&table, options);
    let selection = RuleSelection::resolve(&select, &extend_select, &ignore).map_err(|unknown| {
        ConfigError::Selector { help: suggestion(unknown.suggestion), selector: unknown.selector }
    })?;
    let settings = Settings {
        project_root: root,
        paths,
        src,
        exclude: table.exclude,
        select,
        extend_select,
        ignore,
        confidence: options.confidence.unwrap_or(Confidence::Medium),
        threads: options.threads,
        stdin,
    };
    Ok(Resolved { settings, selection, config_file })
}

/// A path as seen from a folder, absolute, with `.` and `..` taken out by name.
#[must_use]
pub fn absolute(from: &Utf8Path, path: &Utf8Path) -> Utf8PathBuf {
    let mut result = Utf8PathBuf::new();
    for component in from.join(path).components() {
        match component {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

fn requested_paths(options: &Options, cwd: &Utf8Path) -> Result<Vec<Utf8PathBuf>, ConfigError> {
    if options.paths.is_empty() {
        return Ok(vec![cwd.to_owned()]);
    }
    let existing = |path: &Utf8PathBuf| {
        let full = absolute(cwd, path);
        if full.exists() { Ok(full) } else { Err(ConfigError::NoSuchPath { path: path.clone(), help: None }) }
    };
    options.paths.iter().map(existing).collect()
}

fn check_selectors(options: &Options) -> Result<(), ConfigError> {
    let typed = options.select.iter().flatten().chain(&options.extend_select).chain(&options.ignore);
    for selector in typed {
        RuleSelection::resolve(std::slice::from_ref(selector), &[], &[]).map_err(|unknown| ConfigError::Selector {
            selector: selector.clone(),
            help: suggestion(unknown.suggestion),
        })?;
    }
    Ok(())
}

/// The help for something misspelt.
pub(super) fn suggestion(meant: Option<impl ToString>) -> Option<String> {
    meant.map(|meant| format!("did you mean `{}`?", meant.to_string()))
}

/// Selectors of all layers in one.
struct Selectors {
    select: Vec<String>,
    extend_select: Vec<String>,
    ignore: Vec<String>,
}

impl Selectors {
    /// Merges as ruff does: `--select` forgets the file's selectors; otherwise what the command line selects or
    /// ignores wins over the file, however specific the file's selectors are.
    fn merge(file: &Table, line: &Options) -> Self {
        if let Some(select) = &line.select {
            let (extend_select, ignore) = (line.extend_select.clone(), line.ignore.clone());
            return Self { select: select.clone(), extend_select, ignore };
        }
        let select = file.select.clone().unwrap_or_default();
        let covered = |selectors: &[String], by: &[String]| -> Vec<String> {
            selectors.iter().filter(|&selector| by.iter().any(|wide| covers(wide, selector))).cloned().collect()
        };
        let kept = covered(&file.ignore, &line.extend_select);
        let mut ignore: Vec<String> = file.ignore.iter().filter(|s| !kept.contains(s)).cloned().collect();
        ignore.extend(line.ignore.iter().cloned());
        // A selector that is ignored as it stands is off, whereas one that is only ignored by a wider one is on.
        ignore.extend(covered(&select, &line.ignore));
        ignore.extend(covered(&file.extend_select, &line.ignore));
        let extend_select = file.extend_select.iter().chain(&line.extend_select).cloned().collect();
        Self { select, extend_select, ignore }
    }
}

/// Whether every rule that `narrow` selects is selected by `wide` too.
fn covers(wide: &str, narrow: &str) -> bool {
    let code = |selector: &str| {
        let code = registry::find(selector).map_or(selector.trim(), |rule| &rule.code);
        code.to_ascii_uppercase()
    };
    let wide = code(wide);
    wide == "ALL" || code(narrow).starts_with(&wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(values: &[&str]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn paths_are_made_absolute_by_name() {
        let from = Utf8Path::new("/a/b");
        assert_eq!(absolute(from, Utf8Path::new("../c/./d")), "/a/c/d");
        assert_eq!(absolute(from, Utf8Path::new("/x/../y")), "/y");
        assert_eq!(absolute(from, Utf8Path::new(".")), "/a/b");
        assert_eq!(absolute(from, Utf8Path::new("../../../..")), "/");
    }

    #[test]
    fn select_on_the_command_line_forgets_the_file() {
        let file = Table { select: Some(strings(&["TPY2"])), ignore: strings(&["TPY101"]), ..Table::default() };
        let line = Options { select: Some(strings(&["TPY1"])), ..Options::default() };
        let merged = Selectors::merge(&file, &line);
        assert_eq!((merged.select, merged.ignore), (strings(&["TPY1"]), vec![]));
    }

    #[test]
    fn ignore_on_the_command_line_wins_over_a_narrower_select_of_the_file() {
        let file = Table { select: Some(strings(&["TPY101", "TPY2"])), ..Table::default() };
        let line = Options { ignore: strings(&["TPY1"]), ..Options::default() };
        let merged = Selectors::merge(&file, &line);
        assert_eq!(merged.select, strings(&["TPY101", "TPY2"]));
        assert_eq!(merged.ignore, strings(&["TPY1", "TPY101"]));
    }

    #[test]
    fn extend_select_on_the_command_line_wins_over_an_ignore_of_the_file() {
        let file = Table { ignore: strings(&["wall-clock-in-workflow", "TPY2"]), ..Table::default() };
        let line = Options { extend_select: strings(&["TPY101"]), ..Options::default() };
        let merged = Selectors::merge(&file, &line);
        assert_eq!((merged.extend_select, merged.ignore), (strings(&["TPY101"]), strings(&["TPY2"])));
    }
}
