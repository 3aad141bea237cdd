use camino::{Utf8Path, Utf8PathBuf};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Patterns as in `.gitignore`, relative to a folder.
#[derive(Debug, Clone)]
pub struct Patterns {
    folder: Utf8PathBuf,
    matcher: Gitignore,
}

/// A pattern that has no meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPattern {
    /// Which of them.
    pub position: usize,
    /// Why.
    pub message: String,
}

impl Patterns {
    /// Patterns that are meant from a folder.
    ///
    /// # Errors
    ///
    /// The first pattern that has no meaning.
    pub fn new(folder: &Utf8Path, patterns: &[impl AsRef<str>]) -> Result<Self, InvalidPattern> {
        let mut builder = GitignoreBuilder::new(folder);
        for (position, pattern) in patterns.iter().enumerate() {
            let added = builder.add_line(None, pattern.as_ref());
            added.map_err(|error| InvalidPattern { position, message: error.to_string() })?;
        }
        let position = patterns.len().saturating_sub(1);
        let matcher = builder.build().map_err(|error| InvalidPattern { position, message: error.to_string() })?;
        Ok(Self { folder: folder.to_owned(), matcher })
    }

    /// Whether they match a path itself.
    #[must_use]
    pub fn matches(&self, path: &Utf8Path, is_folder: bool) -> bool {
        path.starts_with(&self.folder) && self.matcher.matched(path, is_folder).is_ignore()
    }

    /// Whether they match a path or a folder above it.
    #[must_use]
    pub fn cover(&self, path: &Utf8Path, is_folder: bool) -> bool {
        path.starts_with(&self.folder) && self.matcher.matched_path_or_any_parents(path, is_folder).is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_meant_from_their_folder() {
        let patterns = Patterns::new(Utf8Path::new("/p"), &["/old", "*_pb2.py", "!keep_pb2.py"]).expect("patterns");
        let covered = |path: &str| patterns.cover(Utf8Path::new(path), false);
        assert!(covered("/p/old/a/b.py") && covered("/p/x/a_pb2.py"));
        assert!(!covered("/p/x/old/b.py") && !covered("/p/keep_pb2.py") && !covered("/q/old/a.py") && !covered("/"));
        assert!(!patterns.matches(Utf8Path::new("/p/old/a.py"), false));
        assert!(patterns.matches(Utf8Path::new("/p/old"), true));
    }

    #[test]
    fn a_pattern_without_meaning_is_told_by_its_position() {
        let wrong = Patterns::new(Utf8Path::new("/p"), &["a", "b{c"]).expect_err("unclosed");
        assert_eq!(wrong.position, 1);
    }
}
