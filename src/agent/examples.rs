//! The Python examples in an agent's text.
//!
//! Knows: fenced blocks, and what the comment above one promises of it. Does not know: what a rule finds in one, or
//! what else stands in the file.

use camino::Utf8Path;

use super::check::Problem;
use crate::config::Settings;
use crate::diagnostic::Severity;
use crate::lint;
use crate::registry;
use crate::source;

/// What the info string of a fenced block calls Python.
const PYTHON: [&str; 3] = ["python", "py", "python3"];

/// A Python block of a Markdown text.
#[derive(Debug, PartialEq, Eq)]
struct Example {
    promise: Promise,
    /// The line of the marker, or of the fence where there is none.
    row: usize,
    /// The line of the first line of code.
    first_row: usize,
    /// Columns that every line is indented by.
    indent: usize,
    code: String,
}

/// What the comment above a block promises of it.
#[derive(Debug, PartialEq, Eq)]
enum Promise {
    /// Nothing.
    None,
    /// `<!-- right -->`: no finding. What may stand behind it, `: module orders`, is for whoever runs the example.
    Right,
    /// `<!-- wrong: TPY101, TPY102 -->`: findings of exactly these codes.
    Wrong(Vec<String>),
    /// `<!-- fragment: right -->`: no module of its own, but it parses.
    Fragment,
    /// A comment that begins like one of these, and is none.
    Unclear(String),
}

/// A finding in an example.
struct Found {
    code: &'static str,
    message: String,
    help: String,
    row: usize,
    column: usize,
}

/// Checks the Python blocks of a Markdown text whose first line is line `first_row` of the file: each by itself, as a
/// module whose imports lead nowhere.
pub(super) fn check(text: &str, first_row: usize, path: &Utf8Path) -> Vec<Problem> {
    examples(text, first_row).iter().flat_map(|example| example.problems(path)).collect()
}

/// The codes of rules that a text names and that do not exist.
pub(super) fn unknown_codes(text: &str, first_row: usize) -> Vec<Problem> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for (at, _) in line.match_indices("TPY") {
            let digits = line[at + 3..].chars().take_while(char::is_ascii_digit).count();
            let code = &line[at..at + 3 + digits];
            if digits == 3 && registry::find(code).is_none() {
                let column = line[..at].chars().count() + 1;
                let message = format!("there is no rule `{code}`");
                found.push(Problem::error(
                    first_row + index,
                    column,
                    message,
                    "`temporal-py-lint rules` lists all rules",
                ));
            }
        }
    }
    found
}

/// An open fence: its character, how many of them, and its indentation.
struct Fence {
    char: char,
    length: usize,
    indent: usize,
}

impl Fence {
    /// The fence that a line opens, with what follows it.
    fn opened(line: &str) -> Option<(Self, &str)> {
        let text = line.trim_start();
        let char = text.chars().next().filter(|char| matches!(char, '`' | '~'))?;
        let length = text.chars().take_while(|next| *next == char).count();
        let info = text[length..].trim();
        let opens = length >= 3 && !(char == '`' && info.contains('`'));
        opens.then_some((Self { char, length, indent: line.len() - text.len() }, info))
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let text = line.trim();
        text.chars().all(|char| char == self.char) && text.len() >= self.length
    }

    /// A line of the block without the fence's indentation.
    fn dedented<'t>(&self, line: &'t str) -> &'t str {
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        &line[self.indent.min(blank)..]
    }
}

fn examples(text: &str, first_row: usize) -> Vec<Example> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    let mut above: Option<(usize, &str)> = None;
    while let Some((index, line)) = lines.next() {
        let Some((fence, info)) = Fence::opened(line) else {
            if !line.trim().is_empty() {
                above = Some((index, line));
            }
            continue;
        };
        let block = lines.by_ref().take_while(|(_, line)| !fence.is_closed_by(line));
        let code: String = block.map(|(_, line)| format!("{}\n", fence.dedented(line))).collect();
        let language = info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase();
        let marker = above.take().and_then(|(index, line)| Some((index, promise(line)?)));
        if PYTHON.contains(&language.as_str()) {
            let (row, promise) = marker.unwrap_or((index, Promise::None));
            let (row, first_row) = (first_row + row, first_row + index + 1);
            found.push(Example { promise, row, first_row, indent: fence.indent, code });
        }
    }
    found
}

/// What a line promises of the block below it, if it is a comment that begins with a word of ours.
fn promise(line: &str) -> Option<Promise> {
    let comment = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    let word = comment.split(|char: char| !char.is_alphabetic()).next().unwrap_or_default();
    let rest = comment[word.len()..].trim();
    let rest = if rest.is_empty() { Some("") } else { rest.strip_prefix(':').map(str::trim) };
    let unclear = || Promise::Unclear(comment.to_owned());
    let promise = match (word, rest) {
        ("right", Some(_)) => Promise::Right,
        ("fragment", Some("right")) => Promise::Fragment,
        ("wrong", Some(codes)) if codes.split(',').all(is_code) => {
            Promise::Wrong(codes.split(',').map(|code| code.trim().to_owned()).collect())
        }
        ("right" | "wrong" | "fragment", _) => unclear(),
        _ => return None,
    };
    Some(promise)
}

fn is_code(text: &str) -> bool {
    let digits = text.trim().strip_prefix("TPY");
    digits.is_some_and(|digits| digits.len() == 3 && digits.chars().all(|char| char.is_ascii_digit()))
}

impl Example {
    fn problems(&self, path: &Utf8Path) -> Vec<Problem> {
        match &self.promise {
            Promise::Unclear(comment) => {
                let help = "write `<!-- right -->`, `<!-- wrong: TPY101 -->` or `<!-- fragment: right -->`";
                vec![Problem::error(self.row, 1, format!("marker not understood: `{comment}`"), help.to_owned())]
            }
            Promise::Fragment => {
                self.syntax_error().into_iter().map(|found| self.told(found, Severity::Error)).collect()
            }
            Promise::Right => self.findings(path).into_iter().map(|found| self.told(found, Severity::Error)).collect(),
            Promise::None => self.findings(path).into_iter().map(|found| self.told(found, Severity::Warning)).collect(),
            Promise::Wrong(codes) => self.against(codes, self.findings(path)),
        }
    }

    /// Holds findings against the codes that were promised.
    fn against(&self, codes: &[String], findings: Vec<Found>) -> Vec<Problem> {
        let mut problems = Vec::new();
        for code in codes {
            // A code that does not exist is told with all others in the text.
            let exists = registry::find(code).is_some();
            if exists && !findings.iter().any(|found| found.code == code) {
                let message = format!("the example is marked wrong for {code}, which is not found in it");
                let help = "make it wrong by itself, with its imports, or correct the marker".to_owned();
                problems.push(Problem::error(self.row, 1, message, help));
            }
        }
        let unexpected = findings.into_iter().filter(|found| !codes.iter().any(|code| code == found.code));
        problems.extend(unexpected.map(|found| self.told(found, Severity::Error)));
        problems
    }

    fn told(&self, found: Found, severity: Severity) -> Problem {
        Problem {
            row: self.first_row + found.row - 1,
            column: self.indent + found.column,
            severity,
            message: format!("{} {}", found.code, found.message),
            help: found.help,
        }
    }

    /// The first thing that does not parse.
    fn syntax_error(&self) -> Option<Found> {
        let file = source::SourceFile::new("example.py".into(), self.code.clone(), true);
        let problem = file.syntax_problems().first()?;
        let place = file.line_column(problem.range.start());
        let (message, help) = (problem.message.clone(), String::new());
        Some(Found { code: "TPY001", message, help, row: place.row, column: place.column })
    }

    fn findings(&self, path: &Utf8Path) -> Vec<Found> {
        let report = lint::check(&settings(path, &self.code), &|_| ());
        let found = |diagnostic: &crate::diagnostic::Diagnostic| {
            let (start, _) = report.location(diagnostic.primary.span);
            Found {
                code: diagnostic.code,
                message: diagnostic.message.clone(),
                help: diagnostic.help.clone(),
                row: start.row,
                column: start.column,
            }
        };
        report.diagnostics.iter().map(found).collect()
    }
}

/// Settings to check code by itself. Its folder would lie below a file, so that there is nothing to import from it.
fn settings(path: &Utf8Path, code: &str) -> Settings {
    let nowhere = path.join("examples");
    Settings {
        paths: Vec::new(),
        threads: Some(1),
        unsaved: [(nowhere.join("example.py"), code.as_bytes().to_vec())].into(),
        ..Settings::of_folder(nowhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_their_promises() {
        let text = "\
Text.

<!-- right: module orders -->
```python
x = 1
```

1. In a list:

   <!-- wrong: TPY101, TPY102 -->

   ~~~py title=a
   if x:
       y

   ~~~

```sh
ls
```
````markdown
```python
not_this
```
````
<!-- unrelated -->
```Python
z
```
<!-- wrong -->
```python
open to the end
";
        let found = examples(text, 11);
        let shown: Vec<_> = found.iter().map(|e| (&e.promise, e.row, e.first_row, e.indent, e.code.as_str())).collect();
        let wrong = Promise::Wrong(vec!["TPY101".to_owned(), "TPY102".to_owned()]);
        let unclear = Promise::Unclear("wrong".to_owned());
        assert_eq!(
            shown,
            [
                (&Promise::Right, 13, 15, 0, "x = 1\n"),
                (&wrong, 20, 23, 3, "if x:\n    y\n\n"),
                (&Promise::None, 37, 38, 0, "z\n"),
                (&unclear, 40, 42, 0, "open to the end\n"),
            ]
        );
    }

    #[test]
    fn markers_that_are_none_of_ours_are_comments() {
        for line in ["right", "<!-- rightly so -->", "<!-- TODO: wrong -->", "<!-- x -->"] {
            assert_eq!(promise(line), None, "{line}");
        }
        for line in [
            "<!-- wrong -->",
            "<!-- wrong TPY101 -->",
            "<!-- wrong: ASYNC1 -->",
            "<!-- fragment -->",
            "<!--right or not-->",
        ] {
            assert!(matches!(promise(line), Some(Promise::Unclear(_))), "{line}");
        }
        assert_eq!(promise("  <!--fragment: right-->"), Some(Promise::Fragment));
    }
}
