//! Programs to rewrite, and what is found in them in terms of their first text.

use std::collections::BTreeMap;
use std::path::Path;

use temporal_py_lint::diagnostic::Diagnostic;
use temporal_py_lint::lint::Report;
use temporal_py_lint::registry::rules;
use temporal_py_lint::source::decode;

use super::super::checked::{Files, fixtures, report, settings, utf8};
use super::super::fixtures::{Fixture, all};
use super::text::Text;

/// A program: its name, and its files.
pub(super) struct Program {
    pub name: String,
    pub files: Vec<(String, Vec<u8>)>,
}

/// All fixtures, those with tests of their own included, and the examples of the rules' pages.
pub(super) fn programs() -> Vec<Program> {
    let apart = ["cases", "metamorphic"].iter().flat_map(|folder| {
        walkdir::WalkDir::new(fixtures().join(folder)).min_depth(2).max_depth(2).sort_by_file_name()
    });
    let apart = apart.map(|entry| Fixture { path: entry.expect("fixtures are readable").into_path(), rule: None });
    let of_fixture = |fixture: Fixture| Program {
        name: fixture.path.strip_prefix(fixtures()).expect("below fixtures").to_string_lossy().replace('\\', "/"),
        files: fixture.files(),
    };
    let mut found: Vec<Program> = all().into_iter().chain(apart).map(of_fixture).collect();
    for rule in rules() {
        for (which, text) in [("bad", &rule.docs.bad), ("good", &rule.docs.good)] {
            let files = vec![("workflows.py".to_owned(), text.clone().into_bytes())];
            found.push(Program { name: format!("{} {which}", rule.code), files });
        }
    }
    found
}

/// One finding: file, line, code, what else is said of it. The line is that of the first text; one that was put in has
/// none, and says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    file: String,
    line: Option<usize>,
    code: &'static str,
    confidence: String,
    message: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = self.line.map_or_else(|| "added".to_owned(), |line| line.to_string());
        write!(f, "{}:{line} {} ({}) {}", self.file, self.code, self.confidence, self.message)
    }
}

/// A program as it is rewritten, and how it is checked.
pub(super) struct Rewritten {
    /// The text of each file; none where the bytes are no plain UTF-8 and stay as they are.
    pub texts: BTreeMap<String, Text>,
    as_they_are: Vec<(String, Vec<u8>)>,
    /// New local names, with the old ones.
    pub renamed: BTreeMap<String, String>,
    /// Files of other programs.
    pub beside: Vec<(String, String)>,
    pub threads: usize,
    /// Files are written and named last one first, instead of by their folder.
    pub backwards: bool,
}

impl Rewritten {
    /// Not rewritten yet.
    pub(super) fn new(program: &Program) -> Self {
        let mut texts = BTreeMap::new();
        let mut as_they_are = Vec::new();
        for (name, bytes) in &program.files {
            let text = decode(bytes.clone()).ok().map(|text| text.to_string());
            match text.filter(|text| text.as_bytes() == bytes) {
                Some(text) => _ = texts.insert(name.clone(), Text::new(text)),
                None => as_they_are.push((name.clone(), bytes.clone())),
            }
        }
        Self { texts, as_they_are, renamed: BTreeMap::new(), beside: Vec::new(), threads: 1, backwards: false }
    }

    /// What is found, sorted.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut files: Vec<(&str, &[u8])> = Vec::new();
        files.extend(self.texts.iter().map(|(name, text)| (name.as_str(), text.content().as_bytes())));
        files.extend(self.as_they_are.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        files.extend(self.beside.iter().map(|(name, text)| (name.as_str(), text.as_bytes())));
        files.sort();
        if self.backwards {
            files.reverse();
        }
        let project = Files::new(&[]);
        files.iter().for_each(|(name, bytes)| project.write(name, bytes));
        let root = project.root();
        let mut settings = settings(&root);
        settings.threads = Some(self.threads);
        if self.backwards {
            settings.paths = files.iter().map(|(name, _)| utf8(&root.join(name))).collect();
        }
        let report = report(&settings);
        let mut found: Vec<Finding> =
            report.diagnostics.iter().filter_map(|each| self.finding(each, &report, &root)).collect();
        found.sort();
        found
    }

    fn finding(&self, diagnostic: &Diagnostic, report: &Report, root: &Path) -> Option<Finding> {
        let span = diagnostic.primary.span;
        let path = report.path(span.file);
        let file = path.strip_prefix(utf8(root)).map_or_else(|_| path.to_string(), ToString::to_string);
        if self.beside.iter().any(|(name, _)| *name == file) {
            return None;
        }
        let row = report.location(span).0.row;
        let line = self.texts.get(&file).map_or(Some(row), |text| text.original_line(row));
        Some(Finding {
            file,
            line,
            code: diagnostic.code,
            confidence: diagnostic.confidence.to_string(),
            message: self.with_old_names(&diagnostic.message),
        })
    }

    /// A message with the local names of the first text.
    fn with_old_names(&self, message: &str) -> String {
        let mut out = String::new();
        let mut rest = message;
        while !rest.is_empty() {
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            out.push_str(self.renamed.get(&rest[..word]).map_or(&rest[..word], String::as_str));
            rest = &rest[word..];
            let between = rest.find(|c: char| c.is_alphanumeric() || c == '_').unwrap_or(rest.len());
            out.push_str(&rest[..between]);
            rest = &rest[between..];
        }
        out
    }
}
