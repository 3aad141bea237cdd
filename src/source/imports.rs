//! Import statements as the text shows them, without a syntax tree: more than enough to say which files may have to do
//! with each other, and far cheaper.
//!
//! Knows: what an import statement looks like. Does not know whether a line is one: a line of a docstring may read the
//! same.

use memchr::memmem;

/// What one statement imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextImport<'t> {
    /// `import a.b as c`, one for each module of the statement.
    Module {
        /// The module.
        module: &'t str,
        /// The name that the statement binds.
        bound: &'t str,
    },
    /// `from ..a import b, c as d`.
    From {
        /// The dots.
        level: u32,
        /// What stands behind them; may be empty.
        module: &'t str,
        /// The names, as written.
        names: &'t str,
    },
}

impl<'t> TextImport<'t> {
    /// The names that a `from` import takes, each with the name that it is bound to.
    pub fn names(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        let names = if let TextImport::From { names, .. } = self { names } else { "" };
        names.split([',', '(', ')']).filter_map(|name| {
            let mut words = name.split_whitespace();
            let name = words.next()?;
            Some((name, words.last().unwrap_or(name)))
        })
    }
}

/// The import statements of a text, a line each, for [`text_imports`]: all that has to be kept of a file of which no
/// more may be needed.
#[must_use]
pub fn import_lines(text: &str) -> String {
    let mut found = String::new();
    let mut lines = Lines { text, at: 0 };
    while let Some(line) = lines.next_with_import() {
        let line = line.trim_start();
        if !(line.starts_with("import ") || (line.starts_with("from ") && line.contains(" import "))) {
            continue;
        }
        let mut line = without_comment(line);
        let mut open = line.contains('(') && !line.contains(')');
        loop {
            let continued = line.strip_suffix('\\');
            found.push_str(continued.unwrap_or(line));
            if !open && continued.is_none() {
                break;
            }
            let Some(more) = lines.next() else { break };
            line = without_comment(more);
            open &= !line.contains(')');
        }
        found.push('\n');
    }
    found
}

/// The lines of a text from some place on.
struct Lines<'t> {
    text: &'t str,
    /// Where the next line begins.
    at: usize,
}

impl<'t> Lines<'t> {
    /// The next line that holds the word of import statements. To look for it is far cheaper than to look at each line.
    fn next_with_import(&mut self) -> Option<&'t str> {
        let rest = &self.text.as_bytes()[self.at..];
        let word = memmem::find(rest, b"import ")?;
        self.at += memchr::memrchr(b'\n', &rest[..word]).map_or(0, |end| end + 1);
        self.next()
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.at = (self.at + end + 1).min(self.text.len());
        Some(rest[..end].strip_suffix('\r').unwrap_or(&rest[..end]))
    }
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or(line).trim()
}

/// What [`import_lines`] import.
pub fn text_imports(lines: &str) -> impl Iterator<Item = TextImport<'_>> {
    lines.lines().flat_map(|line| {
        let from = line.strip_prefix("from ").and_then(|rest| rest.split_once(" import "));
        let modules = if from.is_none() { line.strip_prefix("import ").unwrap_or("") } else { "" };
        from.map(|(module, names)| from_import(module.trim(), names))
            .into_iter()
            .chain(modules.split(',').filter_map(module_import))
    })
}

fn module_import(written: &str) -> Option<TextImport<'_>> {
    let mut words = written.split_whitespace();
    let module = words.next()?;
    let bound = words.last().or_else(|| module.split('.').next()).unwrap_or(module);
    Some(TextImport::Module { module, bound })
}

fn from_import<'t>(written: &'t str, names: &'t str) -> TextImport<'t> {
    let module = written.trim_start_matches('.');
    let level = u32::try_from(written.len() - module.len()).unwrap_or(u32::MAX);
    TextImport::From { level, module: module.trim(), names }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(text: &str) -> Vec<String> {
        let lines = import_lines(text);
        let shown = |import: TextImport<'_>| match import {
            TextImport::Module { module, bound } => format!("{module}={bound}"),
            TextImport::From { level, module, .. } => {
                let names: Vec<String> = import.names().map(|(name, bound)| format!("{name}={bound}")).collect();
                format!("{level}:{module}:{}", names.join(","))
            }
        };
        text_imports(&lines).map(shown).collect()
    }

    #[test]
    fn all_forms_of_imports_are_read() {
        let text = "import a.b, c as d\nfrom a import b\nif x:\n    from ..p.q import (  # why\n        r,  # one\n        \
                    s as t,\n    )\nfrom . import u, \\\n    v\nfrom m import *\n";
        let expected = ["a.b=a", "c=d", "0:a:b=b", "2:p.q:r=r,s=t", "1::u=u,v=v", "0:m:*=*"];
        assert_eq!(imports(text), expected);
    }

    #[test]
    fn what_only_sounds_like_an_import_is_left_alone() {
        assert_eq!(imports("importer = 1\nfrom_x = 2\n# import a\nyield from b\n"), Vec::<String>::new());
        assert_eq!(imports("from x import (a,"), ["0:x:a=a"]);
    }
}
