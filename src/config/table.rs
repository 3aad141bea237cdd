//! Configuration files as written.
//!
//! Knows: where they are looked for, their keys, what a key's value has to be, and how one file builds on another. Does
//! not know: which files a configuration holds for, or what the command line says.

use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::de::value::StrDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place};
use super::extensions::{self, NoTables};
use super::keys::{self, CONFIDENCES, FAIL_ON, KEYS, LEVELS, PRESETS};
use super::options::{absolute, suggestion};
use super::settings::{FailOn, Preset};
use super::unmatched::Written;
use crate::diagnostic::{Confidence, Severity};
use crate::registry::{self, Extension, RuleSelection};
use crate::source::{Patterns, PythonVersion, Required, Version, read_at_most};

/// The file that holds our table among others'.
const PROJECT_FILE: &str = "pyproject.toml";

/// The file that is ours alone; in a folder with both, it counts.
const OWN_FILE: &str = "temporal-py-lint.toml";

/// Names of files that read like [`OWN_FILE`] and are read by nobody.
const LIKE_OWN_FILE: [&str; 2] = [".temporal-py-lint.toml", "temporal_py_lint.toml"];

/// The table below `[tool]`.
const TABLE: &str = "temporal-py-lint";

/// The largest configuration file that is read, in bytes.
const MAX_SIZE: u64 = 1024 * 1024;

/// How many files may build on one another.
const MAX_DEPTH: usize = 16;

/// What most keys take.
const STRINGS: &str = "an array of strings";

/// The names of the output formats.
pub const FORMATS: &[&str] =
    &["full", "concise", "json", "json-lines", "sarif", "github", "gitlab", "junit", "rdjson", "markdown", "agent"];

/// A configuration as written, with the ones that it builds on.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The file; none where there is no configuration.
    pub file: Option<Utf8PathBuf>,
    /// What holds where nothing else is said.
    pub preset: Option<Preset>,
    /// Selectors that replace the default set.
    pub select: Option<Vec<String>>,
    /// Selectors added to it.
    pub extend_select: Vec<String>,
    /// Selectors taken out.
    pub ignore: Option<Vec<String>>,
    /// Rules that are off for some files.
    pub per_file_ignores: Vec<(Patterns, RuleSelection)>,
    /// Selectors with the severity of their rules' findings; `None` turns the rules off.
    pub severity: Vec<(String, Option<Severity>)>,
    /// Findings below it are not shown.
    pub confidence: Option<Confidence>,
    /// Which findings make a run fail.
    pub fail_on: Option<FailOn>,
    /// What is not checked.
    pub exclude: Option<Patterns>,
    /// What is not checked besides.
    pub extend_exclude: Vec<Patterns>,
    /// Import roots, absolute.
    pub src: Option<Vec<Utf8PathBuf>>,
    /// The file of findings that are accepted, absolute.
    pub baseline: Option<Utf8PathBuf>,
    /// The file of what workflows did that may be running, absolute.
    pub replay_baseline: Option<Utf8PathBuf>,
    /// The revision of what workflows did that may be running.
    pub replay_since: Option<String>,
    /// Tables of the project's own, by path.
    pub extensions: Vec<Arc<Extension>>,
    /// The version of the SDK.
    pub sdk_version: Option<Required>,
    /// The oldest Python that the code runs on.
    pub python_version: Option<PythonVersion>,
    /// How findings are printed.
    pub output_format: Option<String>,
    /// Where each key that counts was written.
    pub origins: Vec<Origin>,
    /// The patterns that count, as written.
    pub written: Vec<Written>,
    /// What looks wrong.
    pub warnings: Vec<ConfigError>,
}

/// Where a key was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The key.
    pub key: &'static str,
    /// Its value as it stands in the file.
    pub written: String,
    /// The place.
    pub place: Place,
}

impl Table {
    /// Selectors in place of the default rules, by the preset where nothing is selected.
    pub(super) fn selected(&self) -> Vec<String> {
        self.select.clone().unwrap_or_else(|| self.preset.unwrap_or_default().select())
    }

    /// Takes from the configuration that this one builds on what it does not say itself. Lists that add something add up.
    fn build_on(&mut self, base: Self) {
        let adds = ["extend-select", "per-file-ignores", "severity", "extend-exclude", "extend-rules"];
        let counts =
            |origin: &Origin| adds.contains(&origin.key) || !self.origins.iter().any(|own| own.key == origin.key);
        let inherited: Vec<Origin> = base.origins.into_iter().filter(counts).collect();
        self.origins.extend(inherited);
        let replaced = self.exclude.is_some();
        self.written.extend(base.written.into_iter().filter(|written| written.key != "exclude" || !replaced));
        self.preset = self.preset.or(base.preset);
        self.select = self.select.take().or(base.select);
        self.ignore = self.ignore.take().or(base.ignore);
        self.confidence = self.confidence.or(base.confidence);
        self.fail_on = self.fail_on.or(base.fail_on);
        self.exclude = self.exclude.take().or(base.exclude);
        self.src = self.src.take().or(base.src);
        self.baseline = self.baseline.take().or(base.baseline);
        self.replay_baseline = self.replay_baseline.take().or(base.replay_baseline);
        self.replay_since = self.replay_since.take().or(base.replay_since);
        self.output_format = self.output_format.take().or(base.output_format);
        self.sdk_version = self.sdk_version.take().or(base.sdk_version);
        self.python_version = self.python_version.or(base.python_version);
        self.extensions.extend(base.extensions);
        self.extend_select.extend(base.extend_select);
        self.extend_exclude.extend(base.extend_exclude);
        self.per_file_ignores.extend(base.per_file_ignores);
        let own = |selector: &str| self.severity.iter().any(|(known, _)| known == selector);
        let inherited: Vec<_> = base.severity.into_iter().filter(|(selector, _)| !own(selector)).collect();
        self.severity.extend(inherited);
        self.warnings.extend(base.warnings);
    }
}

/// The configuration that stands in a folder, if one does.
pub(super) fn in_folder(folder: &Utf8Path) -> Result<Option<Table>, ConfigError> {
    let (own, project) = (folder.join(OWN_FILE), folder.join(PROJECT_FILE));
    let mut table = match own.is_file() {
        true => read(&own, &mut Vec::new())?,
        false => None,
    };
    let beside = if project.is_file() { read(&project, &mut Vec::new())? } else { None };
    match (&mut table, beside) {
        (Some(table), Some(beside)) => table.warnings.extend(shadowed(&project, &beside)),
        (None, beside) => table = beside,
        (Some(_), None) => {}
    }
    Ok(table)
}

/// Whether what is wrong is in a project's file that does not name our table, such as a template of one: it says nothing to us.
pub(super) fn is_foreign(error: &ConfigError) -> bool {
    let ConfigError::InFile { place, .. } = error else { return false };
    // A name that only reads like ours is a mistake.
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    place.path.file_name() == Some(PROJECT_FILE)
        && text(&place.path).is_ok_and(|text| !plain(&text).contains(&plain(TABLE)))
}

/// What is said where a folder has both files, since one of them does not count.
fn shadowed(project: &Utf8Path, beside: &Table) -> Option<ConfigError> {
    let place = beside.origins.iter().find(|origin| origin.place.path == project)?.place.clone();
    let message = format!("`[tool.{TABLE}]` does not count, since `{OWN_FILE}` stands beside it");
    Some(ConfigError::InFile { message, place, help: Some("move its keys there, and take the table out".to_owned()) })
}

/// Files of a folder that read like ours.
pub(super) fn misnamed(folder: &Utf8Path) -> Vec<ConfigError> {
    let names = LIKE_OWN_FILE.into_iter().map(|name| folder.join(name)).filter(|path| path.is_file());
    let told = |path: Utf8PathBuf| ConfigError::InFile {
        message: "this file is not read: its name reads like ours, and is another".to_owned(),
        place: Place::new(&path, "", &(0..0)),
        help: Some(format!("name it `{OWN_FILE}`")),
    };
    names.map(told).collect()
}

/// Reads a file, and those that it builds on; `seen` are the files that build on it.
fn read(path: &Utf8Path, seen: &mut Vec<Utf8PathBuf>) -> Result<Option<Table>, ConfigError> {
    let text = text(path)?;
    let document = Document { path, text: text.strip_prefix('\u{feff}').unwrap_or(&text) };
    let Some((mut table, extend)) = document.table()? else { return Ok(None) };
    table.file = Some(path.to_owned());
    seen.push(path.to_owned());
    if let Some((base, range)) = extend {
        let base = absolute(document.folder(), Utf8Path::new(&base));
        table.build_on(document.base(&base, &range, seen)?);
    }
    Ok(Some(table))
}

fn text(path: &Utf8Path) -> Result<String, ConfigError> {
    let bytes = read_at_most(path, MAX_SIZE, "take out what no tool needs").map_err(ConfigError::Read)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        Document { path, text: &text }.error(&(before..before), "not valid UTF-8".to_owned(), None)
    })
}

/// A file being read: what errors need to tell their place.
#[derive(Clone, Copy)]
struct Document<'a> {
    path: &'a Utf8Path,
    text: &'a str,
}

/// A key's value with the place of both.
type Entry<'a, 'i> = (&'a str, Range<usize>, &'a Spanned<DeValue<'i>>);

/// What a file builds on, and where it says so.
type Extend = Option<(String, Range<usize>)>;

impl<'a> Document<'a> {
    fn error(self, range: &Range<usize>, message: String, help: Option<String>) -> ConfigError {
        ConfigError::InFile { message, place: Place::new(self.path, self.text, range), help }
    }

    fn folder(self) -> &'a Utf8Path {
        self.path.parent().unwrap_or(self.path)
    }

    /// The configuration that this file builds on.
    fn base(self, base: &Utf8Path, range: &Range<usize>, seen: &mut Vec<Utf8PathBuf>) -> Result<Table, ConfigError> {
        let wrong = |message: String, help: Option<&str>| self.error(range, message, help.map(str::to_owned));
        if seen.iter().any(|known| known == base) || seen.len() >= MAX_DEPTH {
            return Err(wrong("`extend` comes back to this file".to_owned(), None));
        }
        if !base.is_file() {
            let message = format!("`extend` names a file that is not there: `{base}`");
            return Err(wrong(message, Some("the path is relative to this file's folder")));
        }
        let found = read(base, seen)?;
        found.ok_or_else(|| wrong(format!("`{base}` has no table `[tool.{TABLE}]` to build on"), None))
    }

    fn table(self) -> Result<Option<(Table, Extend)>, ConfigError> {
        let root = DeTable::parse(self.text)
            .map_err(|error| self.error(&error.span().unwrap_or(0..0), error.message().to_owned(), None))?;
        if self.path.file_name() == Some(OWN_FILE) {
            return self.entries(root.get_ref()).map(Some);
        }
        if let Some(wrong) = root.get_ref().keys().find_map(|key| self.meant("", key.get_ref(), &key.span())) {
            return Err(wrong);
        }
        let Some(tools) = root.get_ref().get("tool").and_then(|tool| tool.get_ref().as_table()) else {
            return Ok(None);
        };
        let others = tools.keys().filter(|key| key.get_ref() != TABLE);
        if let Some(wrong) = others.into_iter().find_map(|key| self.meant("tool.", key.get_ref(), &key.span())) {
            return Err(wrong);
        }
        let Some(value) = tools.get(TABLE) else { return Ok(None) };
        match value.get_ref().as_table() {
            Some(entries) => self.entries(entries).map(Some),
            None => Err(self.wrong_type(&format!("`tool.{TABLE}`"), "a table", value)),
        }
    }

    /// A table whose name reads like ours.
    fn meant(self, above: &str, name: &str, range: &Range<usize>) -> Option<ConfigError> {
        let spelt = name.to_ascii_lowercase().replace(['_', '.', ' '], "-");
        let is_like = strsim::damerau_levenshtein(&spelt, TABLE) <= 2;
        let message = || format!("`[{above}{name}]` is read by no tool that we know");
        is_like.then(|| self.error(range, message(), Some(format!("did you mean `[tool.{TABLE}]`?"))))
    }

    fn entries(self, entries: &DeTable<'_>) -> Result<(Table, Extend), ConfigError> {
        let (mut table, mut extend) = (Table::default(), None);
        for (key, value) in entries {
            self.entry(&mut table, &mut extend, (key.get_ref(), key.span(), value))?;
        }
        self.contradictions(&mut table, entries);
        if extend.is_none() {
            self.idle_ignores(&mut table, entries);
        }
        Ok((table, extend))
    }

    fn entry(self, table: &mut Table, extend: &mut Extend, entry: Entry<'_, '_>) -> Result<(), ConfigError> {
        let (key, key_range, value) = entry;
        match key {
            "extend" => *extend = Some((self.string(key, value)?.to_owned(), value.span())),
            "preset" => table.preset = Some(self.word(key, value, PRESETS)?),
            "select" => table.select = Some(self.select(value)?),
            "extend-select" => table.extend_select = self.selectors(key, value)?,
            "ignore" => table.ignore = Some(self.selectors(key, value)?),
            "per-file-ignores" => table.per_file_ignores = self.per_file_ignores(value, &mut table.written)?,
            "severity" => table.severity = self.severity(value)?,
            "confidence" => table.confidence = Some(self.word(key, value, CONFIDENCES)?),
            "fail-on" => table.fail_on = Some(self.word(key, value, FAIL_ON)?),
            "exclude" => table.exclude = Some(self.patterns("exclude", value, &mut table.written)?),
            "extend-exclude" => {
                table.extend_exclude = vec![self.patterns("extend-exclude", value, &mut table.written)?];
            }
            "src" => table.src = Some(self.roots(value, &mut table.warnings)?),
            "baseline" => table.baseline = Some(absolute(self.folder(), Utf8Path::new(self.string(key, value)?))),
            "replay-baseline" => {
                table.replay_baseline = Some(absolute(self.folder(), Utf8Path::new(self.string(key, value)?)));
            }
            "replay-since" => table.replay_since = Some(self.string(key, value)?.to_owned()),
            "extend-rules" => table.extensions = self.extensions(key, value, &mut table.warnings)?,
            "sdk-version" => table.sdk_version = Some(self.sdk_version(key, value)?),
            "python-version" => table.python_version = Some(self.python_version(key, value)?),
            "output-format" => table.output_format = Some(self.word(key, value, FORMATS)?),
            _ => return Err(self.unknown_key(key, &key_range)),
        }
        if let Some(key) = keys::key(key).map(|known| known.name) {
            let written = self.text.get(value.span()).unwrap_or_default();
            let written = written.split_whitespace().collect::<Vec<_>>().join(" ");
            table.origins.push(Origin { key, written, place: Place::new(self.path, self.text, &key_range) });
        }
        Ok(())
    }

    /// Selectors that are selected and ignored at once.
    fn contradictions(self, table: &mut Table, entries: &DeTable<'_>) {
        let selected: Vec<&String> = table.select.iter().flatten().chain(&table.extend_select).collect();
        let ignored = entries.get("ignore").and_then(|value| value.get_ref().as_array());
        for element in ignored.into_iter().flatten() {
            let Some(ignored) = element.get_ref().as_str() else { continue };
            if selected.iter().any(|selector| same_rules(selector, ignored)) {
                let message = format!("`{ignored}` is selected and ignored at once, so it is off");
                let help = Some("take it out of one of the two lists".to_owned());
                table.warnings.push(self.error(&element.span(), message, help));
            }
        }
    }

    /// What is ignored although nothing of it is on.
    fn idle_ignores(self, table: &mut Table, entries: &DeTable<'_>) {
        let on = RuleSelection::resolve(&table.selected(), &table.extend_select, &[]);
        let (Ok(on), Some(ignored)) = (on, entries.get("ignore").and_then(|value| value.get_ref().as_array())) else {
            return;
        };
        for element in ignored {
            let Some(selector) = element.get_ref().as_str() else { continue };
            if !on.iter().any(|rule| registry::strength(selector, &rule.code).is_some()) {
                let message = format!("`{selector}` in `ignore` turns nothing off: it is off as it is");
                let help = Some("take it out".to_owned());
                table.warnings.push(self.error(&element.span(), message, help));
            }
        }
    }

    fn unknown_key(self, key: &str, range: &Range<usize>) -> ConfigError {
        if self.path.file_name() == Some(OWN_FILE) && (key == "tool" || key == TABLE) {
            let help = format!("write the keys at the top of the file, without `[tool.{TABLE}]`");
            return self.error(range, format!("`{OWN_FILE}` has no tables around its keys"), Some(help));
        }
        let names = KEYS.map(|key| key.name);
        let help = suggestion(nearest(key, &names)).unwrap_or_else(|| format!("the keys are `{}`", names.join("`, `")));
        let table = if self.path.file_name() == Some(OWN_FILE) { OWN_FILE } else { "[tool.temporal-py-lint]" };
        self.error(range, format!("unknown key `{key}` in `{table}`"), Some(help))
    }

    fn wrong_type(self, subject: &str, wanted: &str, value: &Spanned<DeValue<'_>>) -> ConfigError {
        let given = match value.get_ref().type_str() {
            "array" => "an array".to_owned(),
            "integer" => "an integer".to_owned(),
            other => format!("a {other}"),
        };
        let text = value.get_ref().as_str().filter(|_| wanted == STRINGS);
        let help = text.map(|text| format!("write `[\"{text}\"]`"));
        self.error(&value.span(), format!("{subject} takes {wanted}, not {given}"), help)
    }

    fn string<'v>(self, key: &str, value: &'v Spanned<DeValue<'_>>) -> Result<&'v str, ConfigError> {
        value.get_ref().as_str().ok_or_else(|| self.wrong_type(&format!("`{key}`"), "a string", value))
    }

    fn strings(self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<(String, Range<usize>)>, ConfigError> {
        let array = value.get_ref().as_array().ok_or_else(|| self.wrong_type(&format!("`{key}`"), STRINGS, value))?;
        let text = |element: &Spanned<DeValue<'_>>| match element.get_ref().as_str() {
            Some(text) => Ok((text.to_owned(), element.span())),
            None => Err(self.wrong_type(&format!("`{key}`"), "strings", element)),
        };
        array.iter().map(text).collect()
    }

    /// One of a few words.
    fn word<T: serde::de::DeserializeOwned>(
        self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        words: &[&str],
    ) -> Result<T, ConfigError> {
        let written = self.string(key, value)?;
        let read = |word| T::deserialize(StrDeserializer::<serde::de::value::Error>::new(word)).ok();
        let known = words.iter().find(|word| **word == written).copied();
        known.and_then(read).ok_or_else(|| {
            let listed = format!("it takes one of `{}`", words.join("`, `"));
            let help = suggestion(nearest(written, words)).unwrap_or(listed);
            self.error(&value.span(), format!("`{written}` is nothing that `{key}` takes"), Some(help))
        })
    }

    fn select(self, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, ConfigError> {
        let selectors = self.selectors("select", value)?;
        if selectors.is_empty() {
            let help = "name at least one rule, or leave the key out for the default rules".to_owned();
            return Err(self.error(&value.span(), "`select` selects no rule".to_owned(), Some(help)));
        }
        Ok(selectors)
    }

    fn selectors(self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, ConfigError> {
        let strings = self.strings(key, value)?.into_iter();
        strings.map(|(selector, range)| self.selector(key, selector, &range)).collect()
    }

    fn selector(self, key: &str, selector: String, range: &Range<usize>) -> Result<String, ConfigError> {
        match RuleSelection::resolve(std::slice::from_ref(&selector), &[], &[]) {
            Ok(_) => Ok(selector),
            Err(unknown) => {
                let message = format!("unknown rule selector `{selector}` in `{key}`");
                Err(self.error(range, message, suggestion(unknown.suggestion)))
            }
        }
    }

    fn patterns(
        self,
        key: &'static str,
        value: &Spanned<DeValue<'_>>,
        written: &mut Vec<Written>,
    ) -> Result<Patterns, ConfigError> {
        let (patterns, ranges): (Vec<String>, Vec<Range<usize>>) = self.strings(key, value)?.into_iter().unzip();
        let found = Patterns::new(self.folder(), &patterns).map_err(|wrong| {
            let message = format!("invalid pattern in `{key}`: {}", wrong.message);
            self.error(ranges.get(wrong.position).unwrap_or(&value.span()), message, None)
        })?;
        written.extend(patterns.into_iter().zip(&ranges).map(|(pattern, range)| self.written(key, pattern, range)));
        Ok(found)
    }

    fn written(self, key: &'static str, pattern: String, range: &Range<usize>) -> Written {
        let place = Place::new(self.path, self.text, range);
        Written { key, pattern, folder: self.folder().to_owned(), place }
    }

    fn per_file_ignores(
        self,
        value: &Spanned<DeValue<'_>>,
        written: &mut Vec<Written>,
    ) -> Result<Vec<(Patterns, RuleSelection)>, ConfigError> {
        let key = "per-file-ignores";
        let wrong = || self.wrong_type(&format!("`{key}`"), "a table of patterns, each with an array of rules", value);
        let mut found = Vec::new();
        for (pattern, rules) in value.get_ref().as_table().ok_or_else(wrong)? {
            let patterns = Patterns::new(self.folder(), &[pattern.get_ref()]).map_err(|wrong| {
                self.error(&pattern.span(), format!("invalid pattern in `{key}`: {}", wrong.message), None)
            })?;
            written.push(self.written(key, pattern.get_ref().to_string(), &pattern.span()));
            let selectors = self.selectors(&format!("{key}.{}", pattern.get_ref()), rules)?;
            let rules = match selectors.as_slice() {
                [] => RuleSelection::none(),
                some => RuleSelection::resolve(some, &[], &[]).unwrap_or_default(),
            };
            found.push((patterns, rules));
        }
        Ok(found)
    }

    fn severity(self, value: &Spanned<DeValue<'_>>) -> Result<Vec<(String, Option<Severity>)>, ConfigError> {
        let wrong = || self.wrong_type("`severity`", "a table of rules, each with a level", value);
        let mut found = Vec::new();
        for (rule, level) in value.get_ref().as_table().ok_or_else(wrong)? {
            let selector = self.selector("severity", rule.get_ref().to_string(), &rule.span())?;
            let key = format!("severity.{selector}");
            let level: String = self.word(&key, level, LEVELS)?;
            let level = match level.as_str() {
                "error" => Some(Severity::Error),
                "warning" => Some(Severity::Warning),
                "info" => Some(Severity::Info),
                _ => None,
            };
            found.push((selector, level));
        }
        Ok(found)
    }

    fn sdk_version(self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Required, ConfigError> {
        let written = self.string(key, value)?;
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_version = (2..=3).contains(&written.split('.').count()) && written.split('.').all(is_number);
        match Version::parse(written).filter(|_| is_version) {
            Some(version) => Ok(Required { version, is_exact: true, below: None, file: self.path.to_owned() }),
            None => {
                let help = Some("write it as `\"1.18.0\"`".to_owned());
                Err(self.error(&value.span(), format!("`{written}` is no version of the SDK"), help))
            }
        }
    }

    fn python_version(self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<PythonVersion, ConfigError> {
        let written = self.string(key, value)?;
        PythonVersion::parse(written).filter(|version| version.0 == 3).ok_or_else(|| {
            let help = Some("write the oldest one that the code runs on, as `\"3.10\"`".to_owned());
            self.error(&value.span(), format!("`{written}` is no version of Python 3"), help)
        })
    }

    /// Tables of the project's own: the files that are named, and those in the folders that are.
    fn extensions(
        self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        warnings: &mut Vec<ConfigError>,
    ) -> Result<Vec<Arc<Extension>>, ConfigError> {
        let mut found = Vec::new();
        for (written, range) in self.strings(key, value)? {
            let path = absolute(self.folder(), Utf8Path::new(&written));
            let told = |message: String, help: Option<String>| self.error(&range, message, help);
            let files = extensions::files(&path).map_err(|fault| match fault {
                NoTables::Missing => {
                    told(format!("`{key}` names what is not there: `{written}`"), suggestion(sibling(&path)))
                }
                NoTables::TooMany(most) => told(format!("`{written}` holds more than {most} files"), None),
            })?;
            if files.is_empty() {
                let help = Some("files of tables end in `.yaml` or `.yml`".to_owned());
                warnings.push(told(format!("`{written}` in `{key}` holds no file of tables"), help));
            }
            for file in files {
                found.push(Arc::new(extensions::read(&file)?));
            }
        }
        Ok(found)
    }

    /// Import roots; those that are not there are told.
    fn roots(
        self,
        value: &Spanned<DeValue<'_>>,
        warnings: &mut Vec<ConfigError>,
    ) -> Result<Vec<Utf8PathBuf>, ConfigError> {
        let mut roots = Vec::new();
        for (written, range) in self.strings("src", value)? {
            let root = absolute(self.folder(), Utf8Path::new(&written));
            if !root.is_dir() {
                let help = suggestion(sibling(&root));
                warnings.push(self.error(&range, format!("`src` names a folder that is not there: `{written}`"), help));
            }
            roots.push(root);
        }
        Ok(roots)
    }
}

/// Whether two selectors name the same rules.
fn same_rules(one: &str, other: &str) -> bool {
    let code =
        |selector: &str| registry::find(selector).map_or(selector.trim(), |rule| &rule.code).to_ascii_uppercase();
    code(one) == code(other)
}

/// The folder beside a missing one whose name is close to its name.
pub(super) fn sibling(missing: &Utf8Path) -> Option<String> {
    let beside = missing.parent()?.read_dir_utf8().ok()?.flatten();
    let mut names: Vec<String> =
        beside.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().to_owned()).collect();
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    nearest(missing.file_name()?, &names).map(str::to_owned)
}

/// The candidate that a misspelt word is close to.
fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = word.replace('_', "-");
    let distance = |candidate: &&str| strsim::damerau_levenshtein(&word, candidate);
    candidates.iter().copied().min_by_key(distance).filter(|candidate| distance(candidate) <= candidate.len() / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<Table>, String> {
        let read = Document { path: Utf8Path::new("/p/pyproject.toml"), text }.table();
        read.map(|table| table.map(|(table, _)| table)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_without_the_table_says_nothing() {
        assert!(parse("[project]\nname = 'x'\n[tool.ruff]\nselect = 3\n").is_ok_and(|table| table.is_none()));
        assert!(parse("tool = 3\n").is_ok_and(|table| table.is_none()));
        assert!(parse("[tool.temporal-py-lint]\n").is_ok_and(|table| table.is_some()));
    }

    #[test]
    fn every_key_is_read() {
        let table = parse(
            "[tool.temporal-py-lint]\npreset = 'strict'\nselect = ['TPY1']\nextend-select = ['TPY201']\nignore = ['TPY102']\n\
             exclude = ['gen/']\nextend-exclude = ['old/']\nsrc = ['lib']\nconfidence = 'high'\nfail-on = 'error'\n\
             baseline = 'b.json'\noutput-format = 'concise'\nseverity = { TPY101 = 'warning', TPY2 = 'off' }\n\
             replay-baseline = 'r.txt'\nreplay-since = 'main'\nextend-rules = []\nsdk-version = '1.18'\n\
             python-version = '3.11'\nper-file-ignores = { 'tests/**' = ['TPY1'] }\n",
        );
        let table = table.expect("a table that is right").expect("our table");
        assert_eq!(table.select, Some(vec!["TPY1".to_owned()]));
        assert_eq!((table.extend_select, table.ignore), (vec!["TPY201".to_owned()], Some(vec!["TPY102".to_owned()])));
        assert!(table.exclude.is_some_and(|patterns| patterns.cover("/p/gen/a.py".into(), false)));
        assert!(table.extend_exclude[0].cover("/p/x/old/a.py".into(), false));
        assert_eq!((table.replay_baseline, table.replay_since), (Some("/p/r.txt".into()), Some("main".to_owned())));
        assert_eq!((table.src, table.baseline), (Some(vec!["/p/lib".into()]), Some("/p/b.json".into())));
        assert_eq!((table.confidence, table.fail_on), (Some(Confidence::High), Some(FailOn::Error)));
        assert_eq!(table.output_format.as_deref(), Some("concise"));
        assert_eq!(
            table.sdk_version.map(|required| (required.version, required.is_exact)),
            Some((Version(1, 18, 0), true))
        );
        assert_eq!((table.python_version, table.extensions.len()), (Some(PythonVersion(3, 11)), 0));
        let severity = [("TPY101".to_owned(), Some(Severity::Warning)), ("TPY2".to_owned(), None)];
        assert_eq!(table.severity, severity);
        let (files, rules) = &table.per_file_ignores[0];
        assert!(
            files.cover("/p/tests/a/b.py".into(), false) && rules.is_enabled("TPY101") && !rules.is_enabled("TPY201")
        );
        let missing = table.warnings.iter().map(ToString::to_string).collect::<String>();
        assert!(missing.contains("`src` names a folder that is not there: `lib`"), "{missing}");
        assert_eq!(table.origins.len(), KEYS.len() - 1, "all but `extend`");
        assert_eq!(table.preset, Some(Preset::Strict));
    }

    #[test]
    fn close_words_are_suggested_and_others_are_not() {
        let keys = ["exclude", "extend-select", "ignore", "select", "src"];
        assert_eq!(nearest("selct", &keys), Some("select"));
        assert_eq!(nearest("extend_select", &keys), Some("extend-select"));
        assert_eq!(nearest("line-length", &keys), None);
    }
}
