//! Settings out of the command line and what lies above the working directory.
//!
//! Knows: which layer says what, and how paths and selectors of several layers are put together. Does not know: how
//! configuration files are read ([`table`](super::table)).

use std::sync::Arc;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::error::ConfigError;
use super::roots;
use super::settings::{FailOn, Preset, Settings};
use super::table::{Origin, Table};
use super::tree::{CommandLine, Configurations};
use crate::diagnostic::Confidence;
use crate::registry::{self, RuleSelection};
use crate::source::{InvalidPattern, Patterns};

/// The command line as typed.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Files and folders to check; empty for the working directory.
    pub paths: Vec<Utf8PathBuf>,
    /// What holds where nothing else is said; replaces the configured one.
    pub preset: Option<Preset>,
    /// Selectors that replace whatever is configured.
    pub select: Option<Vec<String>>,
    /// Selectors added.
    pub extend_select: Vec<String>,
    /// Selectors taken out.
    pub ignore: Vec<String>,
    /// Import roots; replace the configured ones.
    pub src: Vec<Utf8PathBuf>,
    /// Patterns of what is not checked; replace the configured ones.
    pub exclude: Option<Vec<String>>,
    /// Patterns of what is not checked besides.
    pub extend_exclude: Vec<String>,
    /// What was named is checked although it is excluded.
    pub no_force_exclude: bool,
    /// Findings below it are counted, not shown.
    pub confidence: Option<Confidence>,
    /// Which findings make a run fail.
    pub fail_on: Option<FailOn>,
    /// The file of findings that are accepted.
    pub baseline: Option<Utf8PathBuf>,
    /// No finding is accepted, whatever is configured.
    pub no_baseline: bool,
    /// The user's home folder, which is no project even if it is under version control.
    pub home: Option<Utf8PathBuf>,
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
    /// The configuration file that holds for the folder that the paths have in common, if there is one.
    pub config_file: Option<Utf8PathBuf>,
    /// Where its keys were written.
    pub origins: Vec<Origin>,
    /// The output format that it names.
    pub output_format: Option<String>,
    /// The file of what workflows did that may be running, which it names.
    pub replay_baseline: Option<Utf8PathBuf>,
    /// The revision of what workflows did that may be running, which it names.
    pub replay_since: Option<String>,
}

/// Name under which nameless standard input is reported.
const STDIN_NAME: &str = "<stdin>";

/// Makes settings from the command line and the configuration files around the paths.
///
/// # Errors
///
/// Where a path does not exist, a configuration file cannot be read or understood, or a selector selects nothing. What
/// is wrong in files below the paths is told by [`Configurations::take_problems`] once they were read.
pub fn resolve(options: &Options, cwd: &Utf8Path) -> Result<Resolved, ConfigError> {
    let stdin = options.stdin.as_ref().map(|input| {
        let name = input.path.as_deref().unwrap_or(Utf8Path::new(STDIN_NAME));
        (absolute(cwd, name), input.bytes.clone())
    });
    let paths = if stdin.is_some() { Vec::new() } else { requested_paths(options, cwd)? };
    check_selectors(options)?;
    let starts: Vec<&Utf8Path> = stdin.iter().map(|(path, _)| path).chain(&paths).map(|path| folder_of(path)).collect();
    let (project_root, projects) = roots::around(&starts, cwd, options.home.as_deref());
    let configurations = Configurations::new(command_line(options, cwd, &paths)?);
    let scope = configurations.scope(&roots::common(&starts).unwrap_or_else(|| cwd.to_owned()));
    if let Some(problem) = configurations.take_problems().into_iter().next() {
        return Err(problem.seen_from(cwd));
    }
    let settings = Settings {
        project_root,
        projects,
        paths,
        src: options.src.iter().map(|path| absolute(cwd, path)).collect(),
        configurations: Arc::new(configurations),
        confidence: None,
        threads: options.threads,
        unsaved: stdin.into_iter().collect(),
    };
    let table = &scope.table;
    let (origins, output_format) = (table.origins.clone(), table.output_format.clone());
    Ok(Resolved {
        settings,
        config_file: table.file.clone(),
        origins,
        output_format,
        replay_baseline: table.replay_baseline.clone(),
        replay_since: table.replay_since.clone(),
    })
}

fn folder_of(path: &Utf8Path) -> &Utf8Path {
    if path.is_dir() { path } else { path.parent().unwrap_or(path) }
}

fn command_line(options: &Options, cwd: &Utf8Path, paths: &[Utf8PathBuf]) -> Result<CommandLine, ConfigError> {
    let patterns = |patterns: &[String]| {
        let invalid = |wrong: InvalidPattern| ConfigError::Pattern {
            pattern: patterns.get(wrong.position).cloned().unwrap_or_default(),
            message: wrong.message,
        };
        Patterns::new(cwd, patterns).map_err(invalid)
    };
    Ok(CommandLine {
        select: options.select.clone(),
        extend_select: options.extend_select.clone(),
        ignore: options.ignore.clone(),
        preset: options.preset,
        confidence: options.confidence,
        fail_on: options.fail_on,
        baseline: options.baseline.as_ref().map(|path| absolute(cwd, path)),
        no_baseline: options.no_baseline,
        exclude: options.exclude.as_deref().map(patterns).transpose()?,
        extend_exclude: Some(patterns(&options.extend_exclude)?).filter(|_| !options.extend_exclude.is_empty()),
        named_anyway: if options.no_force_exclude { paths.to_vec() } else { Vec::new() },
        isolated: options.isolated,
    })
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
pub(super) struct Selectors {
    pub select: Vec<String>,
    pub extend_select: Vec<String>,
    pub ignore: Vec<String>,
}

impl Selectors {
    /// Merges as ruff does: `--select` forgets the file's selectors; otherwise what the command line selects or
    /// ignores wins over the file, however specific the file's selectors are.
    pub(super) fn merge(file: &Table, line: &CommandLine) -> Self {
        if let Some(select) = &line.select {
            let (extend_select, ignore) = (line.extend_select.clone(), line.ignore.clone());
            return Self { select: select.clone(), extend_select, ignore };
        }
        let preset = line.preset.or(file.preset).unwrap_or_default();
        let select = file.select.clone().unwrap_or_else(|| preset.select());
        let covered = |selectors: &[String], by: &[String]| -> Vec<String> {
            selectors.iter().filter(|&selector| by.iter().any(|wide| covers(wide, selector))).cloned().collect()
        };
        let ignored = file.ignore.clone().unwrap_or_default();
        let kept = covered(&ignored, &line.extend_select);
        let mut ignore: Vec<String> = ignored.into_iter().filter(|selector| !kept.contains(selector)).collect();
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
        let file = Table { select: Some(strings(&["TPY2"])), ignore: Some(strings(&["TPY101"])), ..Table::default() };
        let line = CommandLine { select: Some(strings(&["TPY1"])), ..CommandLine::default() };
        let merged = Selectors::merge(&file, &line);
        assert_eq!((merged.select, merged.ignore), (strings(&["TPY1"]), vec![]));
    }

    #[test]
    fn ignore_on_the_command_line_wins_over_a_narrower_select_of_the_file() {
        let file = Table { select: Some(strings(&["TPY101", "TPY2"])), ..Table::default() };
        let line = CommandLine { ignore: strings(&["TPY1"]), ..CommandLine::default() };
        let merged = Selectors::merge(&file, &line);
        assert_eq!(merged.select, strings(&["TPY101", "TPY2"]));
        assert_eq!(merged.ignore, strings(&["TPY1", "TPY101"]));
    }

    #[test]
    fn extend_select_on_the_command_line_wins_over_an_ignore_of_the_file() {
        let file = Table { ignore: Some(strings(&["wall-clock-in-workflow", "TPY2"])), ..Table::default() };
        let line = CommandLine { extend_select: strings(&["TPY101"]), ..CommandLine::default() };
        let merged = Selectors::merge(&file, &line);
        assert_eq!((merged.extend_select, merged.ignore), (strings(&["TPY101"]), strings(&["TPY2"])));
    }
}
