//! `[tool.temporal-py-lint]` as it is written in a `pyproject.toml`.
//!
//! Knows: where the file is looked for, the keys and what each takes, and the places of what is wrong. Does not know:
//! what the command line says, or which of the two counts.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use ignore::gitignore::GitignoreBuilder;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place};
use super::options::suggestion;
use crate::registry::RuleSelection;

/// The file that is looked for.
const FILE_NAME: &str = "pyproject.toml";

/// The table below `[tool]`.
const TABLE: &str = "temporal-py-lint";

/// What every key takes.
const STRINGS: &str = "an array of strings";

/// `[tool.temporal-py-lint]` as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table {
    /// Selectors that replace the default set.
    pub select: Option<Vec<String>>,
    /// Selectors added to it.
    pub extend_select: Vec<String>,
    /// Selectors taken out.
    pub ignore: Vec<String>,
    /// `.gitignore`-style patterns, relative to the file's folder.
    pub exclude: Vec<String>,
    /// Import roots, relative to the file's folder.
    pub src: Vec<Utf8PathBuf>,
}

/// What lies above a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The nearest `pyproject.toml` with a table of ours, and the table.
    pub config: Option<(Utf8PathBuf, Table)>,
    /// The folder of that file, else that of the nearest `pyproject.toml`, else that of the nearest `.git`.
    pub root: Option<Utf8PathBuf>,
}

/// Looks from `start` upward. `isolated` reads no file.
pub(super) fn find(start: &Utf8Path, isolated: bool) -> Result<Found, ConfigError> {
    let mut found = Found::default();
    for folder in start.ancestors() {
        let path = folder.join(FILE_NAME);
        if !path.is_file() {
            continue;
        }
        found.root.get_or_insert_with(|| folder.to_owned());
        if isolated {
            break;
        }
        if let Some(table) = read(&path)? {
            return Ok(Found { config: Some((path, table)), root: Some(folder.to_owned()) });
        }
    }
    if found.root.is_none() {
        found.root = start.ancestors().find(|folder| folder.join(".git").exists()).map(Utf8Path::to_owned);
    }
    Ok(found)
}

fn read(path: &Utf8Path) -> Result<Option<Table>, ConfigError> {
    let bytes = std::fs::read(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        Document { path, text: &text }.error(&(before..before), "not valid UTF-8".to_owned(), None)
    })?;
    Document { path, text: text.strip_prefix('\u{feff}').unwrap_or(&text) }.table()
}

/// A file being read: what errors need to tell their place.
#[derive(Clone, Copy)]
struct Document<'a> {
    path: &'a Utf8Path,
    text: &'a str,
}

/// A key's value with the place of both.
type Entry<'a, 'i> = (&'a str, Range<usize>, &'a Spanned<DeValue<'i>>);

impl Document<'_> {
    fn error(self, range: &Range<usize>, message: String, help: Option<String>) -> ConfigError {
        ConfigError::InFile { message, place: Place::new(self.path, self.text, range), help }
    }

    fn table(self) -> Result<Option<Table>, ConfigError> {
        let root = DeTable::parse(self.text)
            .map_err(|error| self.error(&error.span().unwrap_or(0..0), error.message().to_owned(), None))?;
        let Some(value) = root.get_ref().get("tool").and_then(|tool| tool.get_ref().as_table()?.get(TABLE)) else {
            return Ok(None);
        };
        let Some(entries) = value.get_ref().as_table() else {
            return Err(self.wrong_type(&format!("`tool.{TABLE}`"), "a table", value));
        };
        let mut table = Table::default();
        for (key, value) in entries {
            self.entry(&mut table, (key.get_ref(), key.span(), value))?;
        }
        Ok(Some(table))
    }

    fn entry(self, table: &mut Table, (key, key_range, value): Entry<'_, '_>) -> Result<(), ConfigError> {
        match key {
            "select" => table.select = Some(self.select(value)?),
            "extend-select" => table.extend_select = self.selectors(key, value)?,
            "ignore" => table.ignore = self.selectors(key, value)?,
            "exclude" => table.exclude = self.patterns(key, value)?,
            "src" => table.src = self.strings(key, value)?.into_iter().map(|(path, _)| path.into()).collect(),
            _ => return Err(self.unknown_key(key, &key_range)),
        }
        Ok(())
    }

    fn unknown_key(self, key: &str, range: &Range<usize>) -> ConfigError {
        let keys = ["exclude", "extend-select", "ignore", "select", "src"];
        let help = suggestion(nearest(key, &keys)).unwrap_or_else(|| format!("the keys are `{}`", keys.join("`, `")));
        self.error(range, format!("unknown key `{key}` in `[tool.{TABLE}]`"), Some(help))
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

    fn strings(self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<(String, Range<usize>)>, ConfigError> {
        let array = value.get_ref().as_array().ok_or_else(|| self.wrong_type(&format!("`{key}`"), STRINGS, value))?;
        let text = |element: &Spanned<DeValue<'_>>| match element.get_ref().as_str() {
            Some(text) => Ok((text.to_owned(), element.span())),
            None => Err(self.wrong_type(&format!("`{key}`"), "strings", element)),
        };
        array.iter().map(text).collect()
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
        let known = |(selector, range): (String, Range<usize>)| match RuleSelection::resolve(
            std::slice::from_ref(&selector),
            &[],
            &[],
        ) {
            Ok(_) => Ok(selector),
            Err(unknown) => {
                let message = format!("unknown rule selector `{selector}` in `{key}`");
                Err(self.error(&range, message, suggestion(unknown.suggestion)))
            }
        };
        self.strings(key, value)?.into_iter().map(known).collect()
    }

    fn patterns(self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, ConfigError> {
        let valid = |(pattern, range): (String, Range<usize>)| match GitignoreBuilder::new("").add_line(None, &pattern)
        {
            Ok(_) => Ok(pattern),
            Err(error) => Err(self.error(&range, format!("invalid pattern in `{key}`: {error}"), None)),
        };
        self.strings(key, value)?.into_iter().map(valid).collect()
    }
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
        Document { path: Utf8Path::new("pyproject.toml"), text }.table().map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_without_the_table_says_nothing() {
        assert_eq!(parse("[project]\nname = 'x'\n[tool.ruff]\nselect = 3\n"), Ok(None));
        assert_eq!(parse("tool = 3\n"), Ok(None));
        assert_eq!(parse("[tool.temporal-py-lint]\n"), Ok(Some(Table::default())));
    }

    #[test]
    fn every_key_is_read() {
        let table = parse(
            "[tool.temporal-py-lint]\nselect = ['TPY1']\nextend-select = ['TPY201']\nignore = ['TPY101']\n\
             exclude = ['gen/']\nsrc = ['lib']\n",
        );
        let expected = Table {
            select: Some(vec!["TPY1".to_owned()]),
            extend_select: vec!["TPY201".to_owned()],
            ignore: vec!["TPY101".to_owned()],
            exclude: vec!["gen/".to_owned()],
            src: vec!["lib".into()],
        };
        assert_eq!(table, Ok(Some(expected)));
    }

    #[test]
    fn close_words_are_suggested_and_others_are_not() {
        let keys = ["exclude", "extend-select", "ignore", "select", "src"];
        assert_eq!(nearest("selct", &keys), Some("select"));
        assert_eq!(nearest("extend_select", &keys), Some("extend-select"));
        assert_eq!(nearest("line-length", &keys), None);
    }
}
